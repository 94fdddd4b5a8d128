//! `kubectl help`: what commands there are, and their flags.

use crate::args::Args;
use crate::errors::Problem;
use crate::grammar::{self, FlagValue, GLOBAL_FLAGS, Verb};
use crate::note::Note;
use crate::session::{Done, Session};

pub(crate) fn help(args: &Args, session: &mut Session<'_>) -> Done {
    let name = args.words.join(" ");
    let text = of(&name).ok_or_else(|| match grammar::NOT_SIMULATED.contains(&name.as_str()) {
        true => Problem::note(Note::CommandNotSimulated {
            command: format!("kubectl {name}"),
        }),
        false => Problem::plain(format!("unknown command \"{name}\" for \"kubectl\"")),
    })?;
    session.out(&text);
    Ok(None)
}

/// The help of a command, a group of commands, or with an empty name of kubectl.
pub(crate) fn of(name: &str) -> Option<String> {
    if name.is_empty() {
        return Some(format!(
            "kubectl controls the simulated cluster.\n\nCommands:\n{}\nUse \"kubectl COMMAND --help\" for more about a command.\n",
            list("")
        ));
    }
    if grammar::GROUPS.contains(&name) {
        let list = list(&format!("{name} "));
        return Some(format!(
            "Usage:\n  kubectl {name} COMMAND\n\nCommands:\n{list}"
        ));
    }
    grammar::verb(name).map(of_verb)
}

fn list(group: &str) -> String {
    let verbs = grammar::VERBS.iter();
    let verbs = verbs.filter(|verb| verb.name.starts_with(group));
    verbs
        .map(|verb| format!("  {:<23}{}\n", verb.name, verb.about))
        .collect()
}

fn of_verb(verb: &Verb) -> String {
    let usage = match verb.usage {
        "" => String::new(),
        usage => format!(" {usage}"),
    };
    let mut text = format!(
        "{}.\n\nUsage:\n  kubectl {}{usage}\n\nFlags:\n",
        verb.about, verb.name
    );
    for flag in verb.flags.iter().chain(GLOBAL_FLAGS) {
        let short = flag
            .short
            .map_or("    ".to_owned(), |short| format!("-{short}, "));
        let value = match flag.value {
            FlagValue::Switch => "",
            FlagValue::Optional(_) => "[=WORD]",
            FlagValue::Number => "=NUMBER",
            FlagValue::File => "=FILE",
            FlagValue::Text(_) => "=TEXT",
        };
        let name = format!("--{}{value}", flag.long);
        text.push_str(&format!("  {short}{name:<30}{}\n", flag.about));
    }
    text
}
