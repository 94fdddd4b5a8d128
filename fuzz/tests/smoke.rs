//! The targets without libFuzzer: on the corpus, and on some inputs made from it.

use std::path::Path;

/// Runs the target on the corpus, and on so many inputs made from each file of it.
fn check(target: &str, run: fn(&str), mutated: fn(&str, u32) -> String, times: u32) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("corpus")
        .join(target);
    let mut files: Vec<_> = folder
        .read_dir()
        .expect("there is a corpus")
        .map(|entry| entry.expect("it can be read").path())
        .collect();
    files.sort();
    assert!(files.len() > 2, "{target} has no corpus");
    for file in files {
        let bytes = std::fs::read(&file).expect("a file of the corpus can be read");
        let text = String::from_utf8_lossy(&bytes);
        run(&text);
        for seed in 0..times {
            // Each a little further from what is known.
            let once = mutated(&text, seed);
            run(&once);
            run(&mutated(&once, seed + times));
        }
    }
}

#[test]
fn no_manifest_is_too_strange() {
    check("yaml", fuzz::yaml::run, fuzz::yaml::mutated, TIMES);
}

#[test]
fn no_body_is_too_strange() {
    check("api", fuzz::api::run, fuzz::api::mutated, TIMES);
}

#[test]
fn no_line_is_too_strange() {
    check("command", fuzz::command::run, fuzz::command::mutated, TIMES);
}

const TIMES: u32 = 10;
