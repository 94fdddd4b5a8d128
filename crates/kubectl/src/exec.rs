//! `kubectl exec` (`pkg/cmd/exec/exec.go`), and leaving the shell that it opened.

use std::rc::Rc;

use cluster::object::{Kind, Pod, Resource};
use cluster::{DeleteOptions, Request, Status};

use crate::args::Args;
use crate::errors::Problem;
use crate::inside;
use crate::resource::{self, Target};
use crate::script::Inside;
use crate::session::{Done, Session};
use crate::shell::ended;
use crate::{Outcome, shell};

pub(crate) fn exec(args: &Args, session: &mut Session<'_>) -> Done {
    if args.before_dash.is_none() && args.words.len() > 1 {
        return Err(args.usage_error(
            "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead",
        ));
    }
    let named = args.words.split_first();
    let Some((name, mut command)) = named.filter(|_| args.before_dash != Some(0)) else {
        return Err(Problem::plain(
            "pod, type/name or --filename must be specified",
        ));
    };
    if command.is_empty() {
        return Err(Problem::plain(
            "you must specify at least one command for the container",
        ));
    }
    let pod = find(name, args, session)?;
    if pod.finished() {
        return Err(Problem::plain(format!(
            "cannot exec into a container in a completed pod; current phase is {}",
            pod.status.phase
        )));
    }
    let container = default_container(&pod, args, session);
    let Some(inside) = Inside::new(&pod, container.as_deref()) else {
        return Err(Problem::refused(Status::bad_request(format!(
            "container {} is not valid for pod {}",
            container.unwrap_or_default(),
            pod.name()
        ))));
    };
    reach(&pod, session)?;
    if !inside.runs(session.cluster()) {
        return Err(Problem::plain(format!(
            "Internal error occurred: unable to upgrade connection: container not found (\"{}\")",
            inside.container
        )));
    }
    let inside = Rc::new(inside);
    let program = command[0].rsplit('/').next().unwrap_or_default();
    if command.len() == 1 && matches!(program, "sh" | "bash") && inside::has(&inside.image, program)
    {
        if args.switch("tty") && args.switch("stdin") {
            session.shell.inside = Some(inside);
            return Ok(None);
        }
        command = &[];
    }
    let outcome = told(run(command, &inside, session));
    session.take(outcome.output);
    session.exit_code = outcome.exit_code;
    Ok(outcome.follow)
}

/// Runs a program in a container, without a shell.
pub(crate) fn run(command: &[String], inside: &Rc<Inside>, session: &mut Session<'_>) -> Outcome {
    let stdin = session.stdin.take();
    let name = command
        .first()
        .map_or("", |name| name.rsplit('/').next().unwrap_or(name));
    let known = inside::PROGRAMS.contains(&name) && name != "exit";
    let builtin = matches!(
        name,
        "" | "echo" | "grep" | "head" | "sleep" | "sort" | "tail" | "true" | "false" | "wc"
    );
    let mut runner = session.runner();
    let mut within = Session::new(&mut runner, Some(Rc::clone(inside)));
    within.stdin = stdin;
    if !(known && inside::has(&inside.image, name) || builtin) {
        let name = &command[0];
        within.err(&format!("error: Internal error occurred: error executing command in container: failed to exec in container: failed to start exec: OCI runtime exec failed: exec failed: unable to start container process: exec: \"{name}\": executable file not found in $PATH\n"));
        if !known {
            within.output.note(crate::Note::ProgramNotSimulated {
                program: name.clone(),
            });
        }
        return ended(within, 1);
    }
    shell::program(command, within)
}

/// What kubectl adds to a program's end.
fn told(mut outcome: Outcome) -> Outcome {
    if let Some(code) = outcome.exit_code.filter(|code| *code != 0) {
        let text = format!("command terminated with exit code {code}\n");
        let known = outcome
            .output
            .iter()
            .any(|chunk| chunk.text.starts_with("error: Internal"));
        if !known {
            let mut printed = crate::session::Printed(outcome.output);
            printed.push(crate::Stream::Stderr, &text);
            outcome.output = printed.0;
        }
    }
    outcome
}

/// The pod that a word names: `web-0`, `pod/web-0`, or the first one of `sts/web`.
///
/// # Errors
/// There is none.
pub(crate) fn find(name: &str, args: &Args, session: &Session<'_>) -> Result<Rc<Pod>, Problem> {
    let target = match name.contains('/') {
        true => resource::targets(&[name.to_owned()])?.remove(0),
        false => Target {
            kind: Kind::Pod,
            name: Some(name.to_owned()),
        },
    };
    let name = target.name.clone().unwrap_or_default();
    let object = resource::look_up(&target, &name, args, session)?;
    let store = session.cluster().store();
    if target.kind == Kind::Pod {
        let pod = store.get::<Pod>(&name).cloned();
        return pod.ok_or_else(|| Problem::refused(Status::not_found(Kind::Pod, &name)));
    }
    let value = object.to_value();
    let labels = value
        .pointer("/spec/selector/matchLabels")
        .or(value.pointer("/spec/selector"))
        .and_then(serde_json::Value::as_object);
    let Some(labels) = labels.filter(|labels| !labels.is_empty()) else {
        return Err(Problem::plain(format!(
            "cannot attach to *v1.{}: selector for {} not implemented",
            target.kind.name(),
            target.kind.name()
        )));
    };
    let mut pods = store.list::<Pod>().filter(|pod| {
        labels
            .iter()
            .all(|(key, value)| pod.metadata.labels.get(key).map(String::as_str) == value.as_str())
    });
    pods.next()
        .cloned()
        .ok_or_else(|| Problem::plain("timed out waiting for the condition".to_owned()))
}

/// The container meant; if several could be, it is said which.
pub(crate) fn default_container(
    pod: &Pod,
    args: &Args,
    session: &mut Session<'_>,
) -> Option<String> {
    let given = args.value("container").map(str::to_owned);
    let names: Vec<&str> = pod
        .spec
        .containers
        .iter()
        .map(|c| c.name.as_str())
        .collect();
    if given.is_none() && names.len() > 1 {
        let all = names.join(", ");
        session.err(&format!(
            "Defaulted container \"{}\" out of: {all}\n",
            names[0]
        ));
    }
    given
}

/// The API server asks the kubelet of the pod's node.
///
/// # Errors
/// The pod has no node, or the node is cut off.
pub(crate) fn reach(pod: &Pod, session: &Session<'_>) -> Result<(), Problem> {
    let Some(node) = &pod.spec.node_name else {
        let message = format!("pod {} does not have a host assigned", pod.name());
        return Err(Problem::refused(Status::bad_request(message)));
    };
    if session.cluster().reachable(node) {
        return Ok(());
    }
    let node = session.cluster().store().get::<cluster::object::Node>(node);
    let ip = node.and_then(|node| node.internal_ip()).unwrap_or_default();
    Err(Problem::from_server(format!(
        ": error dialing backend: dial tcp {ip}:10250: i/o timeout"
    )))
}

/// `exit`: back to the learner's own shell.
pub(crate) fn leave(words: &[String], inside: &Rc<Inside>, mut session: Session<'_>) -> Outcome {
    let code = words
        .first()
        .and_then(|word| word.parse().ok())
        .unwrap_or(session.shell.exit_code);
    if session.shell.inside.take().is_none() {
        return ended(session, code);
    }
    if inside.main {
        end(inside, code, &mut session);
        if !inside.remove {
            session.out(&format!(
                "Session ended, resume using 'kubectl attach {} -c {} -i -t' command when the pod is running\n",
                inside.pod, inside.container
            ));
        }
    }
    if code != 0 {
        session.err(&format!("command terminated with exit code {code}\n"));
    }
    ended(session, code)
}

/// The program of a pod that was attached to has ended; with `--rm` the pod goes too.
pub(crate) fn end(inside: &Inside, code: i32, session: &mut Session<'_>) {
    session.act(&mut |cluster| cluster.crash(&inside.pod, code));
    if !inside.remove {
        return;
    }
    let request = Request::Delete {
        kind: Kind::Pod,
        name: inside.pod.clone(),
        options: DeleteOptions::default(),
    };
    match session.request(&request) {
        Ok(_) => session.out(&format!(
            "pod \"{}\" deleted from default namespace\n",
            inside.pod
        )),
        Err(status) => session.complain(Problem::refused(status)),
    }
}
