//! A share of `cargo xtask torture`: nodes killed in the middle of traffic, again and again.

use std::path::Path;

use torture::kills::Death;

#[test]
fn twenty_kills_lose_nothing_and_use_no_number_twice() {
    let program = Path::new(env!("CARGO_BIN_EXE_watchfire"));
    let counts = torture::kills::run(program, Death::Kill, 20, 1, |_| {}).unwrap();
    println!("{counts:?}");
    assert_eq!(counts.wrong, Vec::<String>::new());
    assert_eq!((counts.lost, counts.reused, counts.kills), (0, 0, 20));
    assert!(
        counts.acknowledged > 0 && counts.replayed == 3,
        "nothing was acknowledged: the test shows nothing"
    );
}
