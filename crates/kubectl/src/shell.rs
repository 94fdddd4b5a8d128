//! The programs besides kubectl: what a machine with a shell has, and a pod.

use std::rc::Rc;

use cluster::map::Set;

use crate::args::{self, Args};
use crate::errors::Problem;
use crate::grammar::{self, Verb};
use crate::help;
use crate::note::Note;
use crate::session::Session;
use crate::{Follow, FollowKind, Outcome, age, curl, filter, inside};

/// Programs that a real shell has, and people may try here.
const NOT_SIMULATED: &[&str] = &[
    "apk", "apt", "apt-get", "awk", "bash", "cd", "chmod", "cp", "cut", "docker", "export", "find",
    "helm", "jq", "kill", "less", "minikube", "mkdir", "more", "mv", "ping", "ps", "rm", "sed",
    "sh", "ssh", "sudo", "tee", "top", "touch", "tr", "uniq", "watch", "xargs",
];

const HELP: &str = "kubectl COMMAND   work with the cluster; k for short, kubectl help for more\ncurl URL          ask a server, such as what kubectl proxy opens\nls                list the files\ncat FILE          print a file\nedit FILE         open it in the editor; vi and nano do the same\necho TEXT         print a text\ngrep head tail wc sort   after a |: choose, count and order lines\nsleep SECONDS     wait\nhistory           list what was typed; !! does the last again\nhelp              print this\n";

/// Programs that open an editor for the file that they are given.
pub const EDITORS: &[&str] = &["edit", "nano", "vi", "vim"];

/// Programs that stand after a pipe.
pub(crate) const FILTERS: &[&str] = &["grep", "head", "sort", "tail", "wc"];

/// Exit code of a program that isn't there.
pub(crate) const NOT_FOUND: i32 = 127;

/// Runs a program. Which there are depends on where it is run.
pub(crate) fn program(words: &[String], mut session: Session<'_>) -> Outcome {
    let Some((name, rest)) = words.split_first() else {
        return session.finish(Ok(None));
    };
    let base = name.rsplit('/').next().unwrap_or(name);
    let place = session.inside.clone();
    let code = match (base, &place) {
        ("kubectl" | "k", None) => return kubectl(rest, session),
        ("help", None) => {
            session.out(HELP);
            0
        }
        ("ls", None) => ls(rest, &mut session),
        ("cat", None) => cat(rest, &mut session),
        ("curl", None) => curl::curl(rest, &mut session),
        ("sleep", _) => return sleep(rest, session),
        ("history", None) => {
            let lines = session.shell.history.iter().enumerate();
            let list: String = lines
                .map(|(number, line)| format!("{:5}  {line}\n", number + 1))
                .collect();
            session.out(&list);
            0
        }
        // The page opens a window beside the terminal for it, which is free at once.
        (name, None) if EDITORS.contains(&name) => 0,
        ("clear" | "true" | ":", _) => 0,
        ("false", _) => 1,
        ("date", None) => {
            let date = age::date(session.now());
            session.out(&format!("{date}\n"));
            0
        }
        ("echo", _) => {
            let text = echo(rest);
            session.out(&text);
            0
        }
        ("grep" | "head" | "sort" | "tail" | "wc", _) => filtered(base, rest, &mut session),
        (_, Some(place)) => return inside::program(base, rest, &Rc::clone(place), session),
        _ if NOT_SIMULATED.contains(&base) || is_of_pods(base) => {
            session.output.note(Note::CommandNotSimulated {
                command: name.clone(),
            });
            1
        }
        _ => {
            session.err(&format!("bash: {name}: command not found\n"));
            NOT_FOUND
        }
    };
    ended(session, code)
}

fn is_of_pods(name: &str) -> bool {
    inside::PROGRAMS.contains(&name)
}

pub(crate) fn ended(session: Session<'_>, exit_code: i32) -> Outcome {
    Outcome {
        exit_code: Some(exit_code),
        ..session.finish(Ok(None))
    }
}

/// `echo`, with `-n` and `-e`.
fn echo(words: &[String]) -> String {
    let mut rest = words;
    let (mut newline, mut escapes) = ("\n", false);
    while let Some((flag @ ("-n" | "-e" | "-ne" | "-en"), after)) = rest
        .split_first()
        .map(|(flag, after)| (flag.as_str(), after))
    {
        if flag.contains('n') {
            newline = "";
        }
        escapes |= flag.contains('e');
        rest = after;
    }
    let text = rest.join(" ");
    match escapes {
        true => text.replace("\\n", "\n").replace("\\t", "\t") + newline,
        false => text + newline,
    }
}

/// What stands in a pipe; with the names of files, what is in them.
fn filtered(name: &str, words: &[String], session: &mut Session<'_>) -> i32 {
    let (flags, files) = filter::flags(name, words);
    let mut text = String::new();
    for file in files {
        match file_text(file, session) {
            Some(found) => text.push_str(&found),
            None => {
                session.err(&format!("{name}: {file}: No such file or directory\n"));
                return 2;
            }
        }
    }
    if files.is_empty() {
        match session.stdin.take() {
            Some(stdin) => text = stdin,
            None => return no_stdin(session),
        }
    }
    let command: Vec<String> = [name.to_owned()]
        .into_iter()
        .chain(flags.iter().cloned())
        .collect();
    let mut complaint = String::new();
    let (text, code) = filter::run(&command, &text, &mut complaint);
    session.err(&complaint);
    session.out(&text);
    code
}

pub(crate) fn no_stdin(session: &mut Session<'_>) -> i32 {
    let what = "Standard input".to_owned();
    session.output.note(Note::ShellNotSimulated { what });
    1
}

/// The text of a file, where the command runs.
pub(crate) fn file_text(name: &str, session: &Session<'_>) -> Option<String> {
    match &session.inside {
        Some(inside) => {
            let files = session.cluster().files(&inside.pod)?;
            files.get(name).map(|text| text.to_string())
        }
        None => session.file(name).map(str::to_owned),
    }
}

fn sleep(words: &[String], mut session: Session<'_>) -> Outcome {
    let mut milliseconds = 0;
    for word in words {
        let Ok(seconds) = word.trim_end_matches('s').parse::<u32>() else {
            session.err(&format!("sleep: invalid time interval '{word}'\n"));
            return ended(session, 1);
        };
        milliseconds += u64::from(seconds) * 1000;
    }
    let until = session.now() + milliseconds;
    if milliseconds == 0 {
        return ended(session, 0);
    }
    session.finish(Ok(Some(Follow::new(FollowKind::Sleep(until)))))
}

fn ls(words: &[String], session: &mut Session<'_>) -> i32 {
    let names = session.shell.file_names(session.files);
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

pub(crate) fn cat(words: &[String], session: &mut Session<'_>) -> i32 {
    if words.is_empty() {
        let Some(text) = session.stdin.take() else {
            return no_stdin(session);
        };
        session.out(&text);
    }
    let mut code = 0;
    for name in words {
        match file_text(name, session) {
            Some(text) => {
                session.out(&text);
                if session.inside.is_none() && !text.is_empty() && !text.ends_with('\n') {
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
    let lower = name.to_ascii_lowercase();
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
pub(crate) fn distance(a: &str, b: &str) -> usize {
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
