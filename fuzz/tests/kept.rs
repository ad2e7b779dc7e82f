//! The kept corpus, the seeds and every past crash, without the engine: what once held still holds.

use fuzz::{kept, targets};

#[test]
fn the_kept_corpus_and_past_crashes_pass() {
    for target in targets::all() {
        let mut inputs = (target.seeds)();
        assert!(!inputs.is_empty(), "{} has no seed", target.name);
        inputs.extend(kept::read(target.name).unwrap());
        inputs.extend(kept::past(target.name).unwrap().into_iter().map(|(_, input)| input));
        for input in &inputs {
            // A panic names the target; the input is printed for `cargo xtask fuzz --replay`.
            let tried = std::panic::catch_unwind(|| (target.attempt)(input));
            assert!(tried.is_ok(), "{}: {}", target.name, hex::encode(input));
        }
        println!("{}: {} inputs", target.name, inputs.len());
    }
}

#[test]
fn every_kept_file_and_past_crash_is_of_a_target() {
    let names: Vec<&str> = targets::all().iter().map(|target| target.name).collect();
    for (folder, past) in [("corpus", false), ("past", true)] {
        let Ok(entries) = std::fs::read_dir(format!("{}/{folder}", env!("CARGO_MANIFEST_DIR"))) else {
            continue;
        };
        for entry in entries {
            let file = entry.unwrap().file_name().into_string().unwrap();
            let of = if past { file.split_once("--").map_or("", |(target, _)| target) } else { &file };
            assert!(names.contains(&of), "fuzz/{folder}/{file} is of no target");
        }
    }
}
