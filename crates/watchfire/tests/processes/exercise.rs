//! Exercises in virtual time: what they leave depends on file, build and seed alone.

use std::path::Path;

use crate::common::{short_scenario, watchfire, watchfire_with};

/// Turns off the instructions that the system's mathematics chooses its variants by, as on an older processor.
const OLD_PROCESSOR: (&str, &str) =
    ("GLIBC_TUNABLES", "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX512F,-AVX2_Usable,-FMA_Usable");

fn digest(scenario: &Path, seed: &str, out: &Path, environment: &[(&str, &str)]) -> String {
    let (scenario, folder) = (scenario.display().to_string(), out.display().to_string());
    let ran = watchfire_with(["exercise", "run", &scenario, "--seed", seed, "--out", &folder], environment);
    assert_eq!(ran.status, Some(0), "{}", ran.err);
    let summary = std::fs::read_to_string(out.join("summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_str(&summary).unwrap();
    let digest = summary["digest"].as_str().unwrap().to_owned();
    assert!(ran.out.contains(&format!("digest {digest}")), "{}", ran.out);
    assert!(summary["invariants"]["checked"].as_u64().unwrap() > 0);
    digest
}

#[test]
fn the_digest_follows_from_scenario_and_seed_whatever_the_processor() {
    let temporary = tempfile::tempdir().unwrap();
    let scenario = short_scenario(temporary.path(), "digest", 230);
    let run = |name: &str, seed: &str, environment: &[_]| {
        digest(&scenario, seed, &temporary.path().join(name), environment)
    };
    let first = run("first", "7", &[]);
    assert_eq!(first, run("again", "7", &[]));
    assert_ne!(first, run("other", "8", &[]));
    assert_eq!(first, run("old", "7", &[OLD_PROCESSOR]));
    // The second processor type counts for something only where the system's own functions differ there.
    let [here, there] = [vec![], vec![OLD_PROCESSOR]].map(|environment| {
        let program = std::env::current_exe().unwrap();
        let control = "exercise::prints_what_the_system_makes_of_elementary_functions";
        let mut command = std::process::Command::new(program);
        command.args(["--exact", control, "--ignored", "--nocapture"]).envs(environment);
        let output = String::from_utf8(command.output().unwrap().stdout).unwrap();
        output
            .lines()
            .find(|line| line.contains("system's functions"))
            .expect("the control's line")
            .to_owned()
    });
    if here == there {
        println!(
            "the system's functions do not differ here without AVX2 and FMA: the comparison shows little"
        );
    }
}

/// The control of the test above, in a process of its own.
#[test]
#[ignore = "the test of the digest runs it in two processes"]
#[expect(clippy::disallowed_methods, reason = "the system's functions are what is looked at")]
fn prints_what_the_system_makes_of_elementary_functions() {
    let mut bits = 0_u64;
    for index in 1..200_000 {
        let x = std::hint::black_box(f64::from(index) * 1.000_37e-3);
        for value in [x.sin(), (-x * 0.1).exp(), x.ln(), x.powf(1.3), x.tan()] {
            bits = bits.rotate_left(5) ^ value.to_bits();
        }
    }
    println!("system's functions {bits:016x}");
}

#[test]
fn what_cannot_be_run_is_one_line() {
    let temporary = tempfile::tempdir().unwrap();
    let out = temporary.path().join("out").display().to_string();
    let run = |file: &str, speed: &str| watchfire(["exercise", "run", file, "--speed", speed, "--out", &out]);
    assert!(run("no-such.toml", "max").refused(2).contains("no-such.toml: no such file or scenario"));
    assert!(run("2022-10-04", "fast").refused(2).contains("--speed fast: expected `max` or a number"));
    let bad = short_scenario(temporary.path(), "bad", 230);
    let text = std::fs::read_to_string(&bad).unwrap().replace("launch_s = 30", "launch_s = nan");
    std::fs::write(&bad, text).unwrap();
    assert!(run(&bad.display().to_string(), "max").refused(2).contains("bad.toml"));
    assert!(!Path::new(&out).exists(), "something was half-written");
}

#[test]
fn faults_of_another_file_are_read_with_any_scenario() {
    let temporary = tempfile::tempdir().unwrap();
    let out = temporary.path().join("out").display().to_string();
    let faults = temporary.path().join("faults.toml");
    let given = faults.display().to_string();
    let run = |speed: &str| {
        watchfire(["exercise", "run", "2022-10-04", "--faults", &given, "--speed", speed, "--out", &out])
    };
    assert!(run("max").refused(2).contains("faults.toml: "), "there is none");
    std::fs::write(&faults, "[[faults]]\nat_s = 100\nkind = \"stop\"\nnation = \"fra\"\nfor_s = 3\n")
        .unwrap();
    assert!(run("max").refused(2).contains("faults.toml: line 4: expected one of this scenario's nations"));
    std::fs::write(&faults, "[[faults]]\nat_s = 100\nkind = \"stop\"\nnation = \"jpn\"\nfor_s = 3\n")
        .unwrap();
    assert!(run("20").refused(2).contains("faults are played in virtual time only"));
    assert!(!Path::new(&out).exists(), "something was half-written");
    let checked = watchfire(["exercise", "check", "2022-11-03", "--faults", &given, "--seeds", "2"]);
    assert_eq!(checked.status, Some(0), "{}", checked.err);
    assert!(checked.out.contains("2 of 2 seeds fly so"), "{}", checked.out);
    assert!(checked.out.contains("9 sensors, 1 faults"), "{}", checked.out);
}

#[test]
fn the_list_names_each_scenario_and_what_is_special() {
    let listed = watchfire(["exercise", "list"]);
    assert_eq!(listed.status, Some(0), "{}", listed.err);
    // 13 reported launches and a satellite, two lines each.
    assert_eq!(listed.out.lines().count(), 2 * 14, "{}", listed.out);
    for name in ["2022-10-04", "2022-06-05", "2023-11-21", "satellite-pass"] {
        assert!(listed.out.lines().any(|line| line.starts_with(name)), "{name}");
    }
}
