//! One computation, natively and in wasm: for the proof that both give the same, and for the benchmark.
//!
//! The example `probe` of the crate `lesson` exports functions of `u64`s that return a `u64`; built natively, it is a
//! program that takes the function's name and its arguments and prints what `e2e/probe.mjs` prints for the wasm module:
//! the result, and the milliseconds that the call took.

use crate::{Result, process, tools, workspace};
use std::{path::PathBuf, process::Command};

const EXAMPLE: [&str; 4] = ["--package", "lesson", "--example", "probe"];
const TARGET: &str = "wasm32-unknown-unknown";

/// What one call gave.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Answer {
    /// What the function returned.
    pub(crate) result: u64,
    /// How long the call took.
    pub(crate) milliseconds: f64,
}

/// The two builds of the probe.
pub(crate) struct Probe {
    native: PathBuf,
    wasm: PathBuf,
}

impl Probe {
    /// Builds both, in the release profile.
    pub(crate) fn build() -> Result<Self> {
        tools::ensure_wasm_target()?;
        process::run(process::cargo(&["build", "--release"]).args(EXAMPLE))?;
        process::run(process::cargo(&["build", "--release", "--target", TARGET]).args(EXAMPLE))?;
        let target = workspace::target();
        let program = format!("probe{}", std::env::consts::EXE_SUFFIX);
        Ok(Self {
            native: target.join("release/examples").join(program),
            wasm: target.join(TARGET).join("release/examples/probe.wasm"),
        })
    }

    /// Calls the function natively.
    pub(crate) fn call_native(&self, function: &str, arguments: &[u64]) -> Result<Answer> {
        ask(process::command(&self.native, &[function]), arguments)
    }

    /// Calls the function in wasm, in Node.
    pub(crate) fn call_wasm(&self, function: &str, arguments: &[u64]) -> Result<Answer> {
        let mut node = process::command("node", &["e2e/probe.mjs"]);
        node.arg(&self.wasm).arg(function);
        ask(node, arguments)
    }
}

fn ask(mut command: Command, arguments: &[u64]) -> Result<Answer> {
    command.args(arguments.iter().map(u64::to_string));
    let text = process::output(&mut command).ok_or_else(|| format!("{command:?} failed"))?;
    parse(&text).ok_or_else(|| format!("{command:?} printed `{text}`"))
}

fn parse(text: &str) -> Option<Answer> {
    let (result, milliseconds) = text.split_once(' ')?;
    Some(Answer {
        result: result.parse().ok()?,
        milliseconds: milliseconds.parse().ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_a_result_and_a_time() {
        let answer = Answer {
            result: u64::MAX,
            milliseconds: 1.5,
        };
        assert_eq!(parse("18446744073709551615 1.5"), Some(answer));
        assert_eq!(parse("7"), None);
    }
}
