//! `cargo xtask test`: every check, in order, each with its time.

use crate::{
    Result,
    args::Args,
    determinism, dist, golden, lessons, process, size,
    system::{self, Need},
    tools::Tools,
    workspace,
};
use std::{
    fs,
    time::{Duration, Instant, SystemTime},
};

/// One check.
struct Stage {
    /// Its name on the command line.
    name: &'static str,
    title: &'static str,
    /// What it needs from the system.
    needs: &'static [Need],
    /// Whether `--fast` includes it.
    fast: bool,
    run: fn() -> Result,
}

/// All stages, in the order in which they run: cheap ones first, and a stage after those whose results it uses.
const STAGES: &[Stage] = &[
    Stage {
        name: "fmt",
        title: "The code is formatted",
        needs: &[],
        fast: true,
        run: fmt,
    },
    Stage {
        name: "clippy",
        title: "No lint complains, natively or for the browser",
        needs: &[],
        fast: true,
        run: clippy,
    },
    Stage {
        name: "unit",
        title: "Tests of the crates",
        needs: &[],
        fast: true,
        run: unit,
    },
    Stage {
        name: "lessons",
        title: "Every lesson comes to its end",
        needs: &[],
        fast: true,
        run: lessons::check,
    },
    Stage {
        name: "golden",
        title: "Recordings of a real control plane are matched",
        needs: &[],
        fast: true,
        run: compare_recordings,
    },
    Stage {
        name: "determinism",
        title: "The same seed gives the same steps, natively and in wasm",
        needs: &[Need::Node],
        fast: false,
        run: determinism::check,
    },
    Stage {
        name: "dist",
        title: "The site builds",
        needs: &[Need::Node],
        fast: false,
        run: build,
    },
    Stage {
        name: "size",
        title: "The first load has not grown",
        needs: &[],
        fast: false,
        run: measure,
    },
    Stage {
        name: "e2e",
        title: "Tests in a real browser",
        needs: &[Need::Node, Need::Chromium, Need::ChineseFont],
        fast: false,
        run: e2e,
    },
];

/// How a stage ended, and after how long.
struct Outcome {
    name: &'static str,
    result: Option<Result>,
    time: Duration,
}

/// Runs the command.
pub(crate) fn run(mut args: Args) -> Result {
    let fast = args.flag("--fast");
    let keep_going = args.flag("--keep-going");
    let stages = choose(&args.operands()?, fast)?;
    let needs: Vec<Need> = stages
        .iter()
        .flat_map(|stage| stage.needs)
        .copied()
        .collect();
    system::ensure(&needs)?;

    let mut outcomes: Vec<Outcome> = Vec::new();
    for stage in stages {
        let stop = !keep_going && outcomes.iter().any(Outcome::failed);
        outcomes.push(if stop {
            Outcome::not_run(stage)
        } else {
            perform(stage)
        });
    }
    summarize(&outcomes)
}

/// The named stages, or all, in the order in which they run.
fn choose(names: &[String], fast: bool) -> Result<Vec<&'static Stage>> {
    if let Some(unknown) = names
        .iter()
        .find(|name| STAGES.iter().all(|stage| stage.name != *name))
    {
        let known: Vec<_> = STAGES.iter().map(|stage| stage.name).collect();
        return Err(format!(
            "there is no stage `{unknown}`; the stages are {}",
            known.join(", ")
        ));
    }
    let chosen = |stage: &&Stage| names.is_empty() || names.iter().any(|name| name == stage.name);
    Ok(STAGES
        .iter()
        .filter(chosen)
        .filter(|stage| stage.fast || !fast)
        .collect())
}

fn perform(stage: &Stage) -> Outcome {
    println!("\n── {}: {} ──", stage.name, stage.title);
    let start = Instant::now();
    let result = (stage.run)();
    let time = start.elapsed();
    match &result {
        Ok(()) => println!("── {} passed in {} ──", stage.name, seconds(time)),
        Err(message) => println!(
            "── {} failed after {}: {message} ──",
            stage.name,
            seconds(time)
        ),
    }
    Outcome {
        name: stage.name,
        result: Some(result),
        time,
    }
}

impl Outcome {
    fn not_run(stage: &Stage) -> Self {
        Self {
            name: stage.name,
            result: None,
            time: Duration::ZERO,
        }
    }

    fn failed(&self) -> bool {
        matches!(self.result, Some(Err(_)))
    }
}

fn summarize(outcomes: &[Outcome]) -> Result {
    println!("\n── Summary ──");
    for Outcome { name, result, time } in outcomes {
        match result {
            Some(Ok(())) => println!("passed   {name:11} {:>8}", seconds(*time)),
            Some(Err(message)) => {
                let first = message.lines().next().unwrap_or_default();
                println!("FAILED   {name:11} {:>8}  {first}", seconds(*time));
            }
            None => println!("not run  {name}"),
        }
    }
    let total = outcomes.iter().map(|outcome| outcome.time).sum();
    let failed: Vec<_> = outcomes
        .iter()
        .filter(|outcome| outcome.failed())
        .map(|outcome| outcome.name)
        .collect();
    if failed.is_empty() {
        println!("Everything passed in {}", seconds(total));
        Ok(())
    } else {
        Err(format!(
            "{} failed, after {} in all",
            failed.join(", "),
            seconds(total)
        ))
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f32())
}

fn fmt() -> Result {
    ensure_component("fmt", "rustfmt")?;
    process::run(&mut process::cargo(&["fmt", "--all", "--check"]))
}

fn clippy() -> Result {
    ensure_component("clippy", "clippy")?;
    let strict = ["--", "-D", "warnings"];
    process::run(process::cargo(&["clippy", "--workspace", "--all-targets"]).args(strict))?;
    crate::tools::ensure_wasm_target()?;
    let browser = [
        "clippy",
        "--package",
        "ordinal",
        "--target",
        "wasm32-unknown-unknown",
    ];
    process::run(process::cargo(&browser).args(strict))
}

/// Rust's minimal installation has neither rustfmt nor clippy.
fn ensure_component(subcommand: &str, component: &str) -> Result {
    if process::output(&mut process::cargo(&[subcommand, "--version"])).is_some() {
        return Ok(());
    }
    process::run(&mut process::command(
        "rustup",
        &["component", "add", component],
    ))
}

fn unit() -> Result {
    process::run(&mut process::cargo(&["test", "--workspace"]))
}

/// Those in the project's own folder.
fn compare_recordings() -> Result {
    golden::run(Args::new(std::iter::empty()))?;
    golden::run(Args::new(["--transcripts".to_owned()].into_iter()))
}

fn build() -> Result {
    dist::build(&Tools::ensure()?)
}

fn measure() -> Result {
    size::hold(&workspace::dist())
}

fn e2e() -> Result {
    let folder = workspace::e2e();
    if !workspace::dist().join("index.html").exists() {
        build()?;
    }
    if modified(&folder.join("node_modules/.package-lock.json"))
        < modified(&folder.join("package-lock.json"))
    {
        process::run(process::npm(&["ci", "--no-audit", "--no-fund"]).current_dir(&folder))?;
    }
    // What measures has the machine for itself. The others wait for their browser half of the time.
    let (alone, others): (Vec<String>, Vec<String>) = e2e_files()?
        .into_iter()
        .partition(|name| name == "speed.test.mjs");
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    in_browser(&alone, 1)?;
    in_browser(&others, cores.min(4))
}

/// The names of the files of tests, sorted.
fn e2e_files() -> Result<Vec<String>> {
    let entries = fs::read_dir(workspace::e2e()).map_err(|error| format!("e2e: {error}"))?;
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".test.mjs")).collect();
    names.sort();
    Ok(names)
}

/// Runs files of tests, so many at a time.
fn in_browser(files: &[String], at_a_time: usize) -> Result {
    let mut tests = process::command("node", &["--test", "--test-reporter=spec"]);
    tests.arg(format!("--test-concurrency={at_a_time}"));
    tests.args(files).current_dir(workspace::e2e());
    if let Some(chromium) = system::chromium() {
        tests.env("CHROME", chromium);
    }
    process::run(&mut tests)
}

/// When a file was last written; nothing, which is before every time, if there is none.
fn modified(file: &std::path::Path) -> Option<SystemTime> {
    fs::metadata(file).and_then(|data| data.modified()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str], fast: bool) -> Result<Vec<&'static str>> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        Ok(choose(&names, fast)?
            .iter()
            .map(|stage| stage.name)
            .collect())
    }

    #[test]
    fn stages_run_in_their_own_order() {
        assert_eq!(names(&["e2e", "fmt"], false), Ok(vec!["fmt", "e2e"]));
        assert_eq!(names(&[], false).map(|all| all.len()), Ok(STAGES.len()));
    }

    #[test]
    fn fast_needs_nothing_from_the_system() {
        let chosen = choose(&[], true).expect("no name can be wrong");
        assert!(!chosen.is_empty() && chosen.iter().all(|stage| stage.needs.is_empty()));
    }

    #[test]
    fn the_readme_names_every_stage() {
        let stages: Vec<_> = STAGES
            .iter()
            .map(|stage| format!("`{}`", stage.name))
            .collect();
        let readme = include_str!("../../README.md");
        assert!(readme.contains(&stages.join(", ")), "{}", stages.join(", "));
    }

    #[test]
    fn a_stage_that_does_not_exist_is_an_error() {
        let message = names(&["unti"], false).expect_err("there is no such stage");
        assert!(
            message.contains("unti") && message.contains("unit"),
            "{message}"
        );
    }
}
