//! `cargo xtask commands`: `docs/COMMANDS.md`, from the table that also drives parsing, completion and help.

use crate::{Result, args::Args, workspace};
use kubectl::grammar::{self, Flag, FlagValue};
use std::{fmt::Write as _, fs};

const FILE: &str = "docs/COMMANDS.md";

const HEAD: &str = "\
# The commands of kubectl

What can be typed after `kubectl` (or `k`). This page is written by `cargo xtask commands` from the table in
`crates/kubectl/src/grammar/table.rs`, which also drives parsing, completion, help and the suggestions for mistyped
commands. What the real program has and the simulation has not is named, so that it can be refused in words.
";

/// Runs the command.
pub(crate) fn run(args: Args) -> Result {
    args.finish()?;
    let file = workspace::root().join(FILE);
    fs::write(file, page()).map_err(|error| format!("cannot write {FILE}: {error}"))
}

fn page() -> String {
    let mut page = HEAD.to_owned();
    let mut write = |text: &str| page.push_str(text);
    for verb in grammar::VERBS {
        let usage = format!("{} {}", verb.name, verb.usage);
        write(&format!(
            "\n## {}\n\n`kubectl {}`\n\n{}.\n",
            verb.name,
            usage.trim_end(),
            verb.about
        ));
        if !verb.flags.is_empty() {
            write("\n| flag | what it does |\n|---|---|\n");
            verb.flags.iter().for_each(|flag| write(&row(flag)));
        }
        let names = verb.flags_not_simulated.iter();
        let names: Vec<String> = names.map(|name| dashed(name)).collect();
        if !names.is_empty() {
            write(&format!("\nNot simulated: {}.\n", names.join(", ")));
        }
    }
    write("\n## Flags of every command\n\n| flag | what it does |\n|---|---|\n");
    grammar::GLOBAL_FLAGS
        .iter()
        .for_each(|flag| write(&row(flag)));
    let names = grammar::GLOBAL_FLAGS_NOT_SIMULATED.iter();
    let names: Vec<String> = names.map(|name| dashed(name)).collect();
    write(&format!("\nNot simulated: {}.\n", names.join(", ")));
    let names = grammar::NOT_SIMULATED.iter();
    let names: Vec<String> = names.map(|name| format!("`{name}`")).collect();
    write(&format!(
        "\n## Commands that are not simulated\n\n{}.\n",
        names.join(", ")
    ));
    page
}

fn row(flag: &Flag) -> String {
    let mut text = String::from("| `");
    if let Some(short) = flag.short {
        write!(text, "-{short}`, `").expect("a String takes everything");
    }
    let words = |words: &[&str]| words.join("\\|");
    let value = match flag.value {
        FlagValue::Switch => String::new(),
        FlagValue::Text([]) => "=TEXT".to_owned(),
        FlagValue::Text(values) => format!("={}", words(values)),
        FlagValue::Optional(values) => format!("[={}]", words(values)),
        FlagValue::Number => "=NUMBER".to_owned(),
        FlagValue::File => "=FILE".to_owned(),
    };
    text + &format!("--{}{value}` | {} |\n", flag.long, flag.about)
}

/// `kustomize=k` as it is typed.
fn dashed(name: &str) -> String {
    let (name, _) = name.split_once('=').unwrap_or((name, ""));
    format!("`--{name}`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_what_the_table_says() {
        let file = fs::read_to_string(workspace::root().join(FILE)).expect("it can be read");
        let same = file == page();
        assert!(same, "`cargo xtask commands` writes {FILE} anew");
    }
}
