//! Ordinal's chores, as `cargo xtask <command>`. Each command is one module, with the text of its help beside it.
#![expect(
    clippy::print_stdout,
    reason = "a command-line program speaks on its standard output"
)]

mod args;
mod bench;
mod columns;
mod commands;
mod determinism;
mod dist;
mod doomed;
mod fuzz;
mod golden;
mod lessons;
mod module;
mod offline;
mod order;
mod pack;
mod process;
mod serve;
mod server;
mod shrink;
mod size;
mod system;
mod test;
mod tools;
mod unused;
mod wasm_probe;
mod workspace;

use args::Args;
use std::process::ExitCode;

/// What a chore gives back: nothing, or a message for the person who ran it.
pub(crate) type Result<T = ()> = std::result::Result<T, String>;

const HELP: &str = "\
Ordinal's chores

  cargo xtask serve [--port N] [--no-open] [--watch]
      build the site and open it in the browser (installs its own tools on first use);
      --watch rebuilds and reloads on every change, with a debug build
  cargo xtask test [--fast] [--keep-going] [STAGE…]
      run every check, or only the named stages; --fast: those without a browser
  cargo xtask dist
      build the site into dist/, ready for any static file host
  cargo xtask size
      print the size of every file in dist/; fails if the first load is over its budget
  cargo xtask golden [DIR…]
      replay recordings of a real control plane on the simulation, and compare
  cargo xtask golden --transcripts [--differences] [DIR…]
      compare what the recorded commands printed; fails if fewer print the same than before
  cargo xtask bench [--runs N] [--size]
      measure the simulation, natively and in wasm, and what the command line weighs; --size: only that
  cargo xtask commands
      write docs/COMMANDS.md, the table of kubectl's commands and flags
  cargo xtask fuzz [--minutes N] [TARGET…]
      look for manifests, API bodies and command lines that break something, for ten minutes each
  cargo xtask lessons
      play every lesson in every language; fails if what one says doesn't happen
  cargo xtask lesson pack DIR [FILE]
      make one file of the lesson in DIR, to be opened in the page
  cargo xtask pack [DIR]
      compile the lessons into DIR/lessons (dist/ by default); the build does it by itself
  cargo xtask help
";

fn main() -> ExitCode {
    match run(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(mut words: impl Iterator<Item = String>) -> Result {
    let command = words.next().unwrap_or_else(|| "help".into());
    let args = Args::new(words);
    match command.as_str() {
        "serve" => serve::run(args),
        "test" => test::run(args),
        "dist" => dist::run(args),
        "size" => size::run(args),
        "bench" => bench::run(args),
        "commands" => commands::run(args),
        "fuzz" => fuzz::run(args),
        "golden" => golden::run(args),
        "lessons" => lessons::run(args),
        "lesson" => pack::one(args),
        "pack" => pack::run(args),
        "help" | "--help" | "-h" => {
            print!("{HELP}");
            Ok(())
        }
        other => Err(format!(
            "there is no command `{other}`; `cargo xtask help` lists them"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const README: &str = include_str!("../../README.md");

    /// The word after each `cargo xtask`.
    fn commands(text: &str) -> impl Iterator<Item = &str> {
        text.split("cargo xtask ")
            .skip(1)
            .filter_map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric()).next())
    }

    #[test]
    fn the_help_lists_every_command() {
        for command in commands(README).chain(commands(HELP)) {
            let known = HELP.contains(&format!("  cargo xtask {command}"));
            assert!(known, "the help has no `{command}`");
        }
    }

    #[test]
    fn what_the_readme_says_of_versions_is_true() {
        let trunk = format!("Trunk {}", tools::TRUNK);
        assert!(README.contains(&trunk), "{trunk}");
        let rust = format!("{} or newer", env!("CARGO_PKG_RUST_VERSION"));
        assert!(README.contains(&rust), "{rust}");
    }
}
