//! INVARIANT (crate edges): a crate names only the crates that ARCHITECTURE.md lets it name, and the core builds
//! without an async runtime.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// Crate → the project's crates that it may name. `sim` and `watchfire` may name all above them.
const EDGES: [(&str, &[&str]); 9] = [
    ("physics", &[]),
    ("statement", &["physics"]),
    ("picture", &["physics", "statement"]),
    ("release", &["statement"]),
    ("exchange", &["release", "statement"]),
    ("formats", &["statement", "physics"]),
    ("warning", &["exchange", "formats", "physics", "statement"]),
    ("gateway", &["exchange"]),
    ("node", &["physics", "statement", "picture", "release", "exchange", "formats", "warning", "gateway"]),
];

/// Crates below the shell: no sockets, no runtime, no random numbers of their own.
const CORE: [&str; 7] = ["physics", "statement", "picture", "release", "exchange", "formats", "warning"];
const NOT_IN_CORE: [&str; 6] = ["tokio", "async-std", "axum", "hyper", "tonic", "rusqlite"];

fn cargo(arguments: &[&str]) -> String {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(root).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn named() -> BTreeMap<String, BTreeSet<String>> {
    let text = cargo(&["metadata", "--no-deps", "--offline", "--format-version", "1"]);
    let metadata: serde_json::Value = serde_json::from_str(&text).unwrap();
    let mut named = BTreeMap::new();
    for package in metadata["packages"].as_array().unwrap() {
        // What only its tests or its build script name is no edge.
        let dependencies = package["dependencies"].as_array().unwrap().iter();
        let normal = dependencies.filter(|dependency| dependency["kind"].is_null());
        let names = normal.map(|dependency| dependency["name"].as_str().unwrap().to_owned()).collect();
        named.insert(package["name"].as_str().unwrap().to_owned(), names);
    }
    named
}

#[test]
fn crates_name_only_what_they_may() {
    let named = named();
    let own: BTreeSet<&String> = named.keys().collect();
    assert_eq!(named.len(), EDGES.len() + 5, "a crate was added: say in this test what it may name: {own:?}");
    for (name, may) in EDGES {
        let names = named[name].iter().filter(|dependency| own.contains(dependency));
        let beyond: Vec<&String> = names.filter(|dependency| !may.contains(&dependency.as_str())).collect();
        assert!(beyond.is_empty(), "{name} names {beyond:?}; ARCHITECTURE.md lets it name {may:?}");
    }
    // What tries the product is no part of it.
    let product = named.iter().filter(|(name, _)| !["fuzz", "torture"].contains(&name.as_str()));
    for (name, names) in product {
        assert!(!names.contains("fuzz") && !names.contains("torture"), "{name} names what tries it");
    }
    assert!(named["xtask"].iter().all(|dependency| !own.contains(dependency)));
    assert!(!named["sim"].contains("watchfire"));
}

#[test]
fn the_core_has_no_runtime_and_no_socket() {
    for name in CORE {
        let tree = cargo(&["tree", "--offline", "--package", name, "--edges", "normal", "--prefix", "none"]);
        let packages: BTreeSet<&str> = tree.lines().filter_map(|line| line.split(' ').next()).collect();
        for banned in NOT_IN_CORE {
            assert!(!packages.contains(banned), "{name} depends on {banned}");
        }
    }
}
