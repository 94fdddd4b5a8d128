//! The shell around kubectl: `ls`, `cat`, `echo`, `help`.

use cluster::map::Set;

use crate::args::{self, Args};
use crate::errors::Problem;
use crate::grammar::{self, Verb};
use crate::help;
use crate::note::Note;
use crate::session::Session;
use crate::words;
use crate::{Files, Outcome, Server};

/// Programs that a real shell has, and people may try here.
const NOT_SIMULATED: &[&str] = &[
    "bash", "cd", "curl", "dig", "docker", "grep", "head", "helm", "less", "minikube", "more",
    "nano", "nslookup", "ping", "sed", "sh", "sleep", "ssh", "sudo", "tail", "vi", "vim", "watch",
    "wget",
];

const HELP: &str = "kubectl COMMAND   work with the cluster; k for short, kubectl help for more\nls                list the files\ncat FILE          print a file\necho TEXT         print a text\nhelp              print this\n";

/// Exit code of a program that isn't there.
const NOT_FOUND: i32 = 127;

pub(crate) fn run(line: &str, files: &Files, server: &mut dyn Server) -> Outcome {
    let mut session = Session::new(files, server);
    let words = match words::split(line) {
        Ok(words) => words,
        Err(note) => return session.finish(Err(Problem::note(note))),
    };
    let Some((program, rest)) = words.split_first() else {
        return session.finish(Ok(None));
    };
    match program.as_str() {
        "kubectl" | "k" => kubectl(rest, session),
        "ls" => {
            let code = ls(rest, &mut session);
            ended(session, code)
        }
        "cat" => {
            let code = cat(rest, &mut session);
            ended(session, code)
        }
        "echo" => {
            session.out(&format!("{}\n", rest.join(" ")));
            session.finish(Ok(None))
        }
        "help" => {
            session.out(HELP);
            session.finish(Ok(None))
        }
        "clear" | "true" | ":" => session.finish(Ok(None)),
        _ if NOT_SIMULATED.contains(&program.as_str()) => {
            session.finish(Err(Problem::note(Note::CommandNotSimulated {
                command: program.clone(),
            })))
        }
        _ => {
            session.err(&format!("bash: {program}: command not found\n"));
            ended(session, NOT_FOUND)
        }
    }
}

fn ended(session: Session<'_>, exit_code: i32) -> Outcome {
    Outcome {
        exit_code: Some(exit_code),
        ..session.finish(Ok(None))
    }
}

fn ls(words: &[String], session: &mut Session<'_>) -> i32 {
    let names: Vec<String> = session
        .files
        .keys()
        .filter(|name| *name != "-")
        .cloned()
        .collect();
    let asked: Vec<&String> = words.iter().filter(|word| !word.starts_with('-')).collect();
    let mut code = 0;
    for name in names.iter().filter(|_| asked.is_empty()) {
        session.out(&format!("{name}\n"));
    }
    for name in asked {
        let plain = name.strip_prefix("./").unwrap_or(name);
        if matches!(plain, "." | "") {
            names
                .iter()
                .for_each(|name| session.out(&format!("{name}\n")));
        } else if names.iter().any(|known| known == plain) {
            session.out(&format!("{name}\n"));
        } else {
            session.err(&format!(
                "ls: cannot access '{name}': No such file or directory\n"
            ));
            code = 2;
        }
    }
    code
}

fn cat(words: &[String], session: &mut Session<'_>) -> i32 {
    let mut code = 0;
    if words.is_empty() {
        let what = "Standard input".to_owned();
        session.output.note(Note::ShellNotSimulated { what });
        return 1;
    }
    for name in words {
        let plain = name.strip_prefix("./").unwrap_or(name);
        match session.files.get(plain).filter(|_| plain != "-") {
            Some(text) => {
                let text = text.clone();
                session.out(&text);
                if !text.is_empty() && !text.ends_with('\n') {
                    session.out("\n");
                }
            }
            None => {
                session.err(&format!("cat: {name}: No such file or directory\n"));
                code = 1;
            }
        }
    }
    code
}

fn kubectl(words: &[String], mut session: Session<'_>) -> Outcome {
    let (verb, rest) = match find_verb(words) {
        Found::Verb(verb, rest) => (verb, rest),
        Found::Help(name, exit_code) => {
            session.out(&help::of(&name).unwrap_or_default());
            return ended(session, exit_code);
        }
        Found::Problem(problem) => return session.finish(Err(problem)),
    };
    if rest.iter().any(|word| word == "--help" || word == "-h") {
        session.out(&help::of(verb.name).unwrap_or_default());
        return session.finish(Ok(None));
    }
    // `create deployment …` has flags of its own.
    let words = rest.iter().position(|word| !word.starts_with('-'));
    if verb.name == "create" && words == Some(0) {
        let command = format!("kubectl create {}", rest[0]);
        return session.finish(Err(Problem::note(Note::CommandNotSimulated { command })));
    }
    let done = args::parse(verb, &rest).and_then(|args: Args| (verb.run)(&args, &mut session));
    session.finish(done)
}

enum Found {
    Verb(&'static Verb, Vec<String>),
    Help(String, i32),
    Problem(Problem),
}

/// The command, which may stand after global flags, and the words without it.
fn find_verb(words: &[String]) -> Found {
    let mut rest = words.to_vec();
    let Some(at) = first_word(&rest) else {
        return match words
            .iter()
            .find(|word| !matches!(word.as_str(), "-h" | "--help"))
        {
            Some(flag) if flag.starts_with('-') && !flag.starts_with("--n") && *flag != "-n" => {
                Found::Problem(Problem::plain(format!(
                    "unknown flag: {flag}\nSee 'kubectl --help' for usage."
                )))
            }
            _ => Found::Help(String::new(), 0),
        };
    };
    let name = rest.remove(at);
    if let Some(verb) = grammar::verb(&name) {
        return Found::Verb(verb, rest);
    }
    if grammar::GROUPS.contains(&name.as_str()) {
        return in_group(&name, at, rest);
    }
    if grammar::NOT_SIMULATED.contains(&name.as_str()) {
        return Found::Problem(Problem::note(Note::CommandNotSimulated {
            command: format!("kubectl {name}"),
        }));
    }
    let similar = similar(&name);
    Found::Problem(Problem::plain(format!(
        "unknown command \"{name}\" for \"kubectl\"{similar}"
    )))
}

/// The first word that is neither a flag nor the value of a global one.
fn first_word(words: &[String]) -> Option<usize> {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        match word.as_str() {
            "-n" | "--namespace" => at += 2,
            word if word.starts_with('-') => at += 1,
            _ => return Some(at),
        }
    }
    None
}

/// `rollout status`, `set image`.
fn in_group(group: &str, at: usize, mut rest: Vec<String>) -> Found {
    let after = first_word(&rest[at.min(rest.len())..]).map(|next| at + next);
    let Some(next) = after else {
        let asked = rest.iter().any(|word| word == "-h" || word == "--help");
        return Found::Help(group.to_owned(), i32::from(!asked));
    };
    let name = rest.remove(next);
    let full = format!("{group} {name}");
    if let Some(verb) = grammar::verb(&full) {
        return Found::Verb(verb, rest);
    }
    if grammar::NOT_SIMULATED.contains(&full.as_str()) {
        return Found::Problem(Problem::note(Note::CommandNotSimulated {
            command: format!("kubectl {full}"),
        }));
    }
    Found::Problem(Problem::plain(format!(
        "unknown command \"{name}\"\nSee 'kubectl {group} -h' for help and examples"
    )))
}

/// What may have been meant (`cobra`'s suggestions).
fn similar(name: &str) -> String {
    let lower = name.to_lowercase();
    let verbs = grammar::VERBS.iter().map(|verb| verb.name);
    let known = verbs.chain(grammar::NOT_SIMULATED.iter().copied());
    let close = known
        .chain(grammar::GROUPS.iter().copied())
        .filter(|known| !known.contains(' '))
        .filter(|known| known.starts_with(&lower) || distance(&lower, known) <= 2);
    let names: Set<&str> = close.collect();
    if names.is_empty() {
        return String::new();
    }
    let list: Vec<String> = names.iter().map(|name| format!("\t{name}")).collect();
    format!("\n\nDid you mean this?\n{}", list.join("\n"))
}

/// Levenshtein's distance; long words are far from everything.
fn distance(a: &str, b: &str) -> usize {
    const LENGTH_MAX: usize = 32;
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.len() > LENGTH_MAX {
        return a.len();
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(x != y);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}
