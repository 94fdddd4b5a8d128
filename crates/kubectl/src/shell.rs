//! The programs besides kubectl: what a machine with a shell has, and a pod.

use std::rc::Rc;

use cluster::map::Set;

use crate::args::{self, Args};
use crate::errors::Problem;
use crate::grammar::{self, Verb};
use crate::help;
use crate::note::Note;
use crate::session::Session;
use crate::{Follow, FollowKind, Outcome, age, curl, filter, inside, repeat};

/// Programs that a real shell has, and people may try here.
const NOT_SIMULATED: &[&str] = &[
    "apk", "apt", "apt-get", "awk", "bash", "cd", "chmod", "cut", "docker", "export", "find",
    "helm", "jq", "kill", "less", "minikube", "mkdir", "more", "ping", "ps", "sed", "sh", "ssh",
    "sudo", "tee", "top", "tr", "uniq", "xargs",
];

const HELP: &str = "kubectl COMMAND   work with the cluster; k for short, kubectl help for more\ncurl URL          ask a server, such as what kubectl proxy opens\nwatch COMMAND     run a command again and again\nls cat cp mv rm touch   the files; COMMAND > FILE writes one\nedit FILE         open it in the editor; vi and nano do the same\necho TEXT         print a text\ngrep head tail wc sort   after a |: choose, count and order lines\nsleep SECONDS     wait\nhistory           list what was typed; !! does the last again\nman kubectl       print help on a program\nhelp              print this\n";

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
        ("cp" | "mv" | "rm" | "touch", None) => files(base, rest, &mut session),
        ("curl", None) => curl::curl(rest, &mut session),
        ("man", None) => man(rest, &mut session),
        ("watch", None) => return repeat::begin(rest, session),
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
    let mut texts = Vec::new();
    let mut failed = false;
    for file in files {
        match file_text(file, session) {
            Some(found) => texts.push((file.as_str(), found)),
            None => {
                let open = if matches!(name, "head" | "tail" | "sort") {
                    if name == "sort" {
                        "cannot read: "
                    } else {
                        "cannot open '"
                    }
                } else {
                    ""
                };
                let close = if open.ends_with('\'') {
                    "' for reading"
                } else {
                    ""
                };
                session.err(&format!(
                    "{name}: {open}{file}{close}: No such file or directory\n"
                ));
                failed = true;
            }
        }
    }
    if files.is_empty() {
        match session.stdin.take() {
            Some(stdin) => texts.push(("", stdin)),
            None => return no_stdin(session),
        }
    } else if texts.is_empty() {
        return if name == "wc" || name == "head" || name == "tail" {
            1
        } else {
            2
        };
    }
    let mut complaint = String::new();
    let (text, code) = filter::through(name, flags, &texts, &mut complaint);
    session.err(&complaint);
    session.out(&text);
    if failed { code.max(1) } else { code }
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

/// `rm`, `touch`, `cp` and `mv` of files in the one folder that there is.
fn files(name: &str, words: &[String], session: &mut Session<'_>) -> i32 {
    let (flags, names): (Vec<&String>, Vec<&String>) = words
        .iter()
        .partition(|word| word.starts_with('-') && word.len() > 1);
    let forced = flags.iter().any(|flag| flag.contains('f'));
    if names.is_empty() {
        if forced {
            return 0;
        }
        let what = if matches!(name, "cp" | "mv") {
            "file operand"
        } else {
            "operand"
        };
        let what = if name == "touch" {
            "file operand"
        } else {
            what
        };
        session.err(&format!(
            "{name}: missing {what}\nTry '{name} --help' for more information.\n"
        ));
        return 1;
    }
    if matches!(name, "cp" | "mv") {
        return copied(name, &names, session);
    }
    let mut code = 0;
    for file in names {
        let there = session.file(file).is_some();
        let done = match name {
            "rm" if there => {
                session.shell.remove(file);
                Ok(())
            }
            "rm" if forced => Ok(()),
            "rm" => Err("No such file or directory"),
            _ if there => Ok(()),
            _ => session.shell.save(file, ""),
        };
        if let Err(why) = done {
            let doing = if name == "rm" { "remove" } else { "touch" };
            session.err(&format!("{name}: cannot {doing} '{file}': {why}\n"));
            code = 1;
        }
    }
    code
}

fn copied(name: &str, names: &[&String], session: &mut Session<'_>) -> i32 {
    let told = match names {
        [from, to] => match session.file(from).map(str::to_owned) {
            None => format!("cannot stat '{from}': No such file or directory"),
            Some(_) if from == to => format!("'{from}' and '{to}' are the same file"),
            Some(text) => match session.shell.save(to, &text) {
                Ok(()) => {
                    if name == "mv" {
                        session.shell.remove(from);
                    }
                    return 0;
                }
                Err(why) => format!("cannot create regular file '{to}': {why}"),
            },
        },
        [only] => format!("missing destination file operand after '{only}'"),
        [.., last] => format!("target '{last}': No such file or directory"),
        [] => return 1,
    };
    session.err(&format!("{name}: {told}\n"));
    1
}

/// `man kubectl-get` is what `kubectl get --help` prints.
fn man(words: &[String], session: &mut Session<'_>) -> i32 {
    let Some(page) = words.first() else {
        session.err("What manual page do you want?\nFor example, try 'man man'.\n");
        return 1;
    };
    let command = words.join(" ").replace('-', " ");
    let text = match command.split_once(' ').unwrap_or((&command, "")) {
        ("kubectl" | "k", rest) => help::of(rest).or_else(|| help::of(&rest.replace(' ', "-"))),
        ("bash" | "sh" | "help", _) => Some(HELP.to_owned()),
        _ => None,
    };
    match text {
        Some(text) => {
            session.out(&text);
            0
        }
        None => {
            session.err(&format!("No manual entry for {page}\n"));
            16
        }
    }
}

fn ls(words: &[String], session: &mut Session<'_>) -> i32 {
    let all = session.shell.file_names(session.files);
    let long = words
        .iter()
        .any(|word| word.starts_with('-') && word.contains('l'));
    let asked: Vec<&String> = words.iter().filter(|word| !word.starts_with('-')).collect();
    let mut code = 0;
    let mut names = Vec::new();
    let folder = |name: &str| matches!(name.trim_end_matches('/'), "." | "");
    if asked.is_empty() || asked.iter().any(|name| folder(name)) {
        let here = all.iter().filter(|name| !name.contains('/'));
        names.extend(here.map(String::as_str));
    }
    for name in asked.iter().filter(|name| !folder(name)) {
        let plain = name.strip_prefix("./").unwrap_or(name);
        if all.iter().any(|known| known == plain) {
            names.push(name);
        } else {
            session.err(&format!(
                "ls: cannot access '{name}': No such file or directory\n"
            ));
            code = 2;
        }
    }
    let sizes = names
        .iter()
        .map(|name| session.file(name).map_or(0, str::len));
    let sizes: Vec<usize> = sizes.collect();
    if long && asked.is_empty() {
        // In blocks of 1 KiB, of which the system takes four at a time.
        let blocks: usize = sizes.iter().map(|size| size.div_ceil(4096) * 4).sum();
        session.out(&format!("total {blocks}\n"));
    }
    let width = sizes.iter().max().map_or(0, |size| size.to_string().len());
    let c = session.now().civil();
    let (_, month) = age::day_and_month(&c);
    for (name, size) in names.iter().zip(&sizes) {
        session.out(&match long {
            true => format!(
                "-rw-r--r-- 1 user user {size:width$} {month} {:2} 12:00 {name}\n",
                c.day
            ),
            false => format!("{name}\n"),
        });
    }
    code
}

pub(crate) fn cat(words: &[String], session: &mut Session<'_>) -> i32 {
    let (flags, names): (Vec<&String>, Vec<&String>) = words
        .iter()
        .partition(|word| word.starts_with('-') && word.len() > 1);
    let numbered = flags.iter().any(|flag| flag.contains('n'));
    let mut code = 0;
    let mut lines = 0;
    let mut print = |text: &str, session: &mut Session<'_>| {
        if !numbered {
            return session.out(text);
        }
        for line in text.split_inclusive('\n') {
            lines += 1;
            session.out(&format!("{lines:6}\t{line}"));
        }
    };
    if names.is_empty() {
        let Some(text) = session.stdin.take() else {
            return no_stdin(session);
        };
        print(&text, session);
    }
    for name in names {
        let text = match name.as_str() {
            "-" => session.stdin.take(),
            name => file_text(name, session),
        };
        match text {
            Some(mut text) => {
                if session.inside.is_none() && !text.is_empty() && !text.ends_with('\n') {
                    text.push('\n');
                }
                print(&text, session);
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
    let singular = match (group, name.as_str()) {
        ("top", "pods" | "po") => "pod",
        ("top", "nodes" | "no") => "node",
        _ => &name,
    };
    let full = format!("{group} {singular}");
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
