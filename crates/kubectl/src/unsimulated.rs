//! Commands that only refuse here: what the real program says of wrong arguments, and a remark that
//! the rest is not simulated (`pkg/cmd/attach`, `cp`, `debug`, `portforward`).

use crate::args::Args;
use crate::errors::Problem;
use crate::exec::find;
use crate::note::Note;
use crate::resource;
use crate::session::{Done, Session};

/// What is left to do is not done.
fn rest(args: &Args) -> Done {
    Err(Problem::note(Note::CommandNotSimulated {
        command: ["kubectl ", args.verb.name].concat(),
    }))
}

pub(crate) fn attach(args: &Args, session: &mut Session<'_>) -> Done {
    let name = match args.words.as_slice() {
        [] => return Err(args.usage_error("at least 1 argument is required for attach")),
        [name] => name.clone(),
        [kind, name] => [kind.as_str(), "/", name].concat(),
        words => {
            let count = words.len();
            return Err(args.usage_error(&format!(
                "expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw {count}: [{}]",
                words.join(" ")
            )));
        }
    };
    let pod = find(&name, args, session)?;
    if pod.finished() {
        return Err(Problem::plain(format!(
            "cannot attach a container in a completed pod; current phase is {}",
            pod.status.phase
        )));
    }
    rest(args)
}

pub(crate) fn cp(args: &Args, session: &mut Session<'_>) -> Done {
    let [from, to] = args.words.as_slice() else {
        return Err(Problem::plain("source and destination are required"));
    };
    // `[NAMESPACE/]POD:PATH`; a path may have a colon of its own.
    let remote = |word: &str| match word.split_once(':') {
        Some((pod, file)) if !pod.starts_with(['.', '/']) => {
            (Some(pod.to_owned()), file.is_empty())
        }
        _ => (None, word.is_empty()),
    };
    let ((source, no_file), (target, no_target)) = (remote(from), remote(to));
    let pod = match (source, target) {
        (Some(_), Some(_)) => {
            return Err(Problem::plain(
                "one of src or dest must be a local file specification",
            ));
        }
        _ if no_file || no_target => return Err(Problem::plain("filepath can not be empty")),
        (None, None) => {
            return Err(Problem::plain(
                "one of src or dest must be a remote file specification",
            ));
        }
        (None, Some(_)) if session.file(from).is_none() => {
            return Err(Problem::plain(format!(
                "{from} doesn't exist in local filesystem"
            )));
        }
        (Some(pod), None) | (None, Some(pod)) => pod,
    };
    let name = pod.split_once('/').map_or(pod.as_str(), |(_, name)| name);
    find(name, args, session)?;
    rest(args)
}

pub(crate) fn debug(args: &Args, session: &mut Session<'_>) -> Done {
    if !args.given("copy-to") && !args.given("image") {
        return Err(Problem::plain(
            "you must specify --image when not using --copy-to.",
        ));
    }
    let names = &args.words[..args.before_dash.unwrap_or(args.words.len())];
    if names.is_empty() {
        return Err(Problem::plain("NAME is required for debug"));
    }
    for word in names {
        match word.contains('/') {
            true => drop(resource::chosen(args, std::slice::from_ref(word), session)?),
            false => drop(find(word, args, session)?),
        }
    }
    match session.is_well() {
        true => rest(args),
        false => Ok(None),
    }
}

pub(crate) fn port_forward(args: &Args, session: &mut Session<'_>) -> Done {
    let [name, ports @ ..] = args.words.as_slice() else {
        return Err(args.usage_error("TYPE/NAME and list of ports are required for port-forward"));
    };
    if ports.is_empty() {
        return Err(args.usage_error("TYPE/NAME and list of ports are required for port-forward"));
    }
    let pod = find(name, args, session)?;
    if pod.status.phase != "Running" {
        return Err(Problem::plain(format!(
            "unable to forward port because pod is not running. Current status={}",
            pod.status.phase
        )));
    }
    for port in ports {
        let (local, remote) = port.split_once(':').unwrap_or((port, port));
        for (which, number) in [("local", local), ("remote", remote)] {
            let may_be_open = which == "local" && number.is_empty();
            if !may_be_open && number.parse::<u16>().is_err() {
                return Err(Problem::plain(format!(
                    "error parsing {which} port '{number}': strconv.ParseUint: parsing \"{number}\": invalid syntax"
                )));
            }
        }
    }
    rest(args)
}
