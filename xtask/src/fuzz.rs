//! `cargo xtask fuzz`: lets LLVM's libFuzzer look for inputs that break something.
//!
//! The targets are in `fuzz/`, as cargo-fuzz lays them out. Coverage is counted by a pass of LLVM that the stable
//! compiler has too, so that neither a nightly compiler nor cargo-fuzz is needed; without unsafe code, a sanitizer of
//! memory would find nothing.

use crate::args::Args;
use crate::system::{self, Need};
use crate::{Result, process, workspace};
use std::fs;

/// The targets, in the order in which they run.
const TARGETS: [&str; 3] = ["yaml", "api", "command"];

/// How long each target runs, if nothing else is asked for.
const MINUTES: u64 = 10;

/// Counters for libFuzzer, in this project's code and in all that it is linked with.
const FLAGS: &str = "--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
    -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
    -Cllvm-args=-sanitizer-coverage-trace-compares";

/// Seconds after which an input takes too long, and bytes of the longest.
const TIMEOUT: &str = "-timeout=10";
const LENGTH_MAX: &str = "-max_len=4096";

/// Runs the command.
pub(crate) fn run(mut args: Args) -> Result {
    let minutes = match args.value("--minutes")? {
        None => MINUTES,
        Some(text) => match text.parse() {
            Ok(minutes) if minutes > 0 => minutes,
            _ => return Err(format!("`{text}` is no number of minutes")),
        },
    };
    let targets = choose(&args.operands()?)?;
    system::ensure(&[Need::CppCompiler])?;
    // Elsewhere than other builds, which have other flags.
    let builds = workspace::target().join("fuzz");
    // With a target, build scripts and macros, which have no libFuzzer, are spared the flags.
    let host = host().ok_or("`rustc -vV` does not say what it compiles for")?;
    let mut build = process::cargo(&["build", "--package", "fuzz", "--features", "libfuzzer"]);
    build
        .args([
            "--bins",
            "--profile",
            "fuzz",
            "--target",
            &host,
            "--target-dir",
        ])
        .arg(&builds)
        .env("RUSTFLAGS", FLAGS);
    process::run(&mut build)?;
    for target in targets {
        let found = builds.join("corpus").join(target);
        let broken = builds.join("broken");
        for folder in [&found, &broken] {
            fs::create_dir_all(folder)
                .map_err(|error| format!("cannot make {}: {error}", folder.display()))?;
        }
        let program = builds.join(&host).join("fuzz").join(target);
        // What is found goes to the first folder; the others are only read.
        let mut fuzz = process::command(program, &[TIMEOUT, LENGTH_MAX, "-print_final_stats=1"]);
        fuzz.arg(format!("-max_total_time={}", minutes * 60))
            .arg(format!("-artifact_prefix={}/{target}-", broken.display()))
            .arg(&found)
            .arg(workspace::root().join("fuzz/corpus").join(target));
        process::run(&mut fuzz)
            .map_err(|error| format!("{error}; the input is in {}", broken.display()))?;
    }
    Ok(())
}

/// What the compiler compiles for by itself: `x86_64-unknown-linux-gnu`.
fn host() -> Option<String> {
    let version = process::output(&mut process::command("rustc", &["-vV"]))?;
    let mut lines = version.lines();
    lines.find_map(|line| Some(line.strip_prefix("host: ")?.to_owned()))
}

/// The named targets, or all.
fn choose(names: &[String]) -> Result<Vec<&'static str>> {
    if let Some(unknown) = names.iter().find(|name| !TARGETS.contains(&name.as_str())) {
        let known = TARGETS.join(", ");
        return Err(format!(
            "there is no target `{unknown}`; the targets are {known}"
        ));
    }
    let chosen = |target: &&str| names.is_empty() || names.iter().any(|name| name == target);
    Ok(TARGETS.into_iter().filter(chosen).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_chosen_by_name() {
        let check = |names: &[&str], expected: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            assert_eq!(choose(&names), Ok(expected.to_vec()));
        };
        check(&[], &TARGETS);
        check(&["command", "yaml"], &["yaml", "command"]);
        assert!(choose(&["yml".to_owned()]).is_err());
    }

    #[test]
    fn every_target_has_a_program_and_a_corpus() {
        for target in TARGETS {
            let fuzz = workspace::root().join("fuzz");
            assert!(fuzz.join(format!("fuzz_targets/{target}.rs")).is_file());
            assert!(fuzz.join("corpus").join(target).is_dir());
        }
    }
}
