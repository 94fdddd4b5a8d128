//! What can be run in a pod. Which programs an image holds is known for the usual ones.

use std::rc::Rc;

use cluster::map::Set;

use crate::errors::Problem;
use crate::note::Note;
use crate::script::Inside;
use crate::session::Session;
use crate::shell::{NOT_FOUND, cat, ended};
use crate::{Outcome, age, curl, dig, exec};

/// Programs that are simulated in pods.
pub(crate) const PROGRAMS: &[&str] = &[
    "bash", "cat", "curl", "date", "dig", "env", "exit", "host", "hostname", "ls", "nslookup",
    "printenv", "pwd", "sh", "wget", "whoami",
];

/// What images of this name do not hold.
const MISSING: &[(&str, &[&str])] = &[
    ("busybox", &["bash", "curl", "dig", "host"]),
    ("curl", &["bash", "dig", "host"]),
    ("demo-statefulset-node-image", &["dig", "host", "nslookup"]),
    ("nginx", &["dig", "host", "nslookup", "wget"]),
    ("node", &["dig", "host", "nslookup"]),
];

pub(crate) fn image_name(image: &str) -> &str {
    let name = image.rsplit('/').next().unwrap_or(image);
    name.split([':', '@']).next().unwrap_or(name)
}

/// Whether the image holds the program.
pub(crate) fn has(image: &str, program: &str) -> bool {
    let name = image_name(image);
    let missing = MISSING.iter().find(|(known, _)| name.starts_with(known));
    missing.is_none_or(|(_, missing)| !missing.contains(&program))
}

/// Runs a program in a pod.
pub(crate) fn program(
    name: &str,
    words: &[String],
    inside: &Rc<Inside>,
    mut session: Session<'_>,
) -> Outcome {
    if !PROGRAMS.contains(&name) || !has(&inside.image, name) {
        session.err(&format!("sh: {name}: not found\n"));
        if PROGRAMS.contains(&name) {
            return ended(session, NOT_FOUND);
        }
        session.output.note(Note::ProgramNotSimulated {
            program: name.to_owned(),
        });
        return ended(session, NOT_FOUND);
    }
    let pod = inside.pod.as_str();
    let code = match name {
        "curl" => curl::curl(words, &mut session),
        "wget" => curl::wget(words, &mut session),
        "dig" => dig::dig(words, pod, &mut session),
        "nslookup" => {
            let busybox = image_name(&inside.image).starts_with("busybox");
            dig::nslookup(words, busybox, pod, &mut session)
        }
        "host" => dig::host(words, pod, &mut session),
        "cat" => {
            let code = cat(words, &mut session);
            if code != 0 {
                session.output.note(Note::ImageFiles);
            }
            code
        }
        "ls" => ls(words, pod, &mut session),
        "hostname" => hostname(words, pod, &mut session),
        "env" | "printenv" => env(words, pod, &mut session),
        "sh" | "bash" => return shell(words, inside, session),
        "exit" => return exec::leave(words, inside, session),
        _ => {
            let text = match name {
                "date" => age::date(session.now()),
                "pwd" => "/".to_owned(),
                _ => "root".to_owned(),
            };
            session.out(&format!("{text}\n"));
            0
        }
    };
    ended(session, code)
}

/// `hostname`, `hostname -f`, `hostname -i`: from what stands in `/etc/hosts`.
fn hostname(words: &[String], pod: &str, session: &mut Session<'_>) -> i32 {
    let files = session.cluster().files(pod).unwrap_or_default();
    let hosts = files.get("/etc/hosts").map_or("", |text| text);
    let own: Vec<&str> = hosts
        .lines()
        .last()
        .unwrap_or_default()
        .split('\t')
        .collect();
    let wanted = match words.first().map(String::as_str) {
        Some("-i" | "-I") => own.first(),
        Some("-f" | "--fqdn") => own.get(1),
        _ => own.last(),
    };
    let text = wanted.copied().unwrap_or_default().to_owned();
    session.out(&format!("{text}\n"));
    0
}

fn env(words: &[String], pod: &str, session: &mut Session<'_>) -> i32 {
    let variables = session.cluster().env(pod).unwrap_or_default();
    let mut code = 0;
    match words.first() {
        None => {
            let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n";
            session.out(path);
            let variables = variables
                .iter()
                .map(|(name, value)| format!("{name}={value}\n"));
            let text: String = variables.collect();
            session.out(&text);
            session.out("HOME=/root\n");
        }
        Some(name) => match variables.iter().find(|(known, _)| known == name) {
            Some((_, value)) => session.out(&format!("{value}\n")),
            None => code = 1,
        },
    }
    code
}

/// Directories that every image has.
const ROOT: &str = "bin dev etc home proc root sys tmp usr var";

fn ls(words: &[String], pod: &str, session: &mut Session<'_>) -> i32 {
    let files = session.cluster().files(pod).unwrap_or_default();
    let mounts = session.cluster().mounts(pod).unwrap_or_default();
    let mut paths: Set<String> = files.keys().cloned().collect();
    paths.extend(mounts.into_iter().map(|mount| format!("{}/", mount.path)));
    paths.extend(ROOT.split(' ').map(|name| format!("/{name}/")));
    let mut code = 0;
    let mut asked: Vec<&str> = words
        .iter()
        .map(String::as_str)
        .filter(|word| !word.starts_with('-'))
        .collect();
    if asked.is_empty() {
        asked.push("/");
    }
    for name in asked {
        let folder = format!("{}/", name.trim_end_matches('/'));
        if paths.contains(name) {
            session.out(&format!("{name}\n"));
            continue;
        }
        let within = paths.iter().filter_map(|path| path.strip_prefix(&folder));
        let names: Set<&str> = within.filter_map(|rest| rest.split('/').next()).collect();
        if names.is_empty() {
            session.err(&format!(
                "ls: cannot access '{name}': No such file or directory\n"
            ));
            session.output.note(Note::ImageFiles);
            code = 2;
        }
        for name in names.iter().filter(|name| !name.is_empty()) {
            session.out(&format!("{name}\n"));
        }
    }
    code
}

/// `sh -c LINE`; without a line, what it is given to read.
fn shell(words: &[String], inside: &Rc<Inside>, mut session: Session<'_>) -> Outcome {
    let mut rest = words
        .iter()
        .skip_while(|word| word.starts_with('-') && !word.ends_with('c'));
    let line = match rest.next() {
        Some(_) => rest.next().cloned(),
        None => session.stdin.take(),
    };
    match line {
        Some(line) => {
            let outcome = session.line(&line, inside);
            session.pass_on(outcome)
        }
        None if words.is_empty() => ended(session, 0),
        None => session.finish(Err(Problem::note(Note::ShellNotSimulated {
            what: "Such a shell".to_owned(),
        }))),
    }
}
