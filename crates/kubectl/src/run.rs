//! `kubectl run` (`pkg/cmd/run/run.go`) and `kubectl proxy`.

use std::rc::Rc;

use cluster::object::{Kind, Pod};
use cluster::{Cluster, FieldValidation, Request};
use serde_json::{Value, json};

use crate::args::Args;
use crate::create::DryRun;
use crate::errors::Problem;
use crate::exec;
use crate::inside;
use crate::note::Note;
use crate::script::{Inside, Runner};
use crate::session::{Done, Session, write_options};
use crate::{Follow, FollowKind, Outcome, Progress, Stream, emit};

/// A pod that is waited for, and what is run in it then.
#[derive(Clone, Debug)]
pub(crate) struct Attaching {
    pod: Rc<str>,
    command: Rc<[String]>,
    remove: bool,
    /// It runs.
    pub(crate) arrived: bool,
}

pub(crate) fn run(args: &Args, session: &mut Session<'_>) -> Done {
    let Some((name, command)) = args
        .words
        .split_first()
        .filter(|_| args.before_dash != Some(0))
    else {
        return Err(args.usage_error("NAME is required for run"));
    };
    let image = args.value("image").unwrap_or_default();
    if image.is_empty() {
        return Err(Problem::plain("required flag(s) \"image\" not set"));
    }
    let dry_run = DryRun::of(args)?;
    let attach = args.switch("stdin") || args.switch("attach");
    if args.switch("tty") && !args.switch("stdin") {
        return Err(Problem::plain(
            "-i/--stdin is required for containers with -t/--tty=true",
        ));
    }
    if args.switch("rm") && !attach {
        return Err(Problem::plain(
            "--rm should only be used for attached containers",
        ));
    }
    let object = pod(name, image, command, args)?;
    if dry_run == DryRun::Client {
        let text = match args.value("output") {
            Some("yaml") => emit::to_yaml(&object),
            Some("json") => emit::to_json(&object),
            _ => format!("pod/{name} created (dry run)\n"),
        };
        session.out(&text);
        return Ok(None);
    }
    let options = write_options(dry_run == DryRun::Server, FieldValidation::Strict);
    let request = Request::Create { object, options };
    session.request(&request).map_err(Problem::refused)?;
    // What is given to the program is simulated: here, and not by the cluster.
    session.forget_not_simulated();
    if !attach || dry_run == DryRun::Server {
        session.out(&format!("pod/{name} created{}\n", dry_run.suffix()));
        if !command.is_empty() && !matches!(command[0].as_str(), "sleep" | "tail") {
            session.output.note(Note::DetachedProgram);
        }
        return Ok(None);
    }
    Ok(Some(Follow::new(FollowKind::Attach(Attaching {
        pod: name.as_str().into(),
        command: command.into(),
        remove: args.switch("rm"),
        arrived: false,
    }))))
}

/// The pod as the command describes it.
fn pod(name: &str, image: &str, command: &[String], args: &Args) -> Result<Value, Problem> {
    let restart = args.value("restart").unwrap_or("Always");
    if !matches!(restart, "Always" | "OnFailure" | "Never") {
        return Err(Problem::plain(format!("invalid restart policy: {restart}")));
    }
    let mut container = json!({"image": image, "name": name, "resources": {}});
    if !command.is_empty() {
        let field = if args.switch("command") {
            "command"
        } else {
            "args"
        };
        container[field] = command.into();
    }
    for field in ["stdin", "tty"] {
        if args.switch(field) {
            container[field] = true.into();
        }
    }
    if args.switch("stdin") && restart != "Always" {
        container["stdinOnce"] = true.into();
    }
    let pairs = |flag: &str| -> Vec<(String, String)> {
        let pairs = args.values(flag).flat_map(|list| list.split(','));
        pairs
            .filter_map(|pair| pair.split_once('='))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect()
    };
    let env: Vec<Value> = pairs("env")
        .iter()
        .map(|(name, value)| json!({"name": name, "value": value}))
        .collect();
    if !env.is_empty() {
        container["env"] = env.into();
    }
    if let Some(policy) = args.value("image-pull-policy") {
        container["imagePullPolicy"] = policy.into();
    }
    if let Some(port) = args.number("port") {
        container["ports"] = json!([{"containerPort": port}]);
    }
    let mut labels = json!({});
    for (key, value) in pairs("labels") {
        labels[key] = value.into();
    }
    if !args.given("labels") {
        labels["run"] = name.into();
    }
    Ok(json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"labels": labels, "name": name},
        "spec": {"containers": [container], "dnsPolicy": "ClusterFirst", "restartPolicy": restart},
        "status": {},
    }))
}

impl Attaching {
    /// Waits until the pod runs.
    pub(crate) fn step(&mut self, cluster: &Cluster) -> Progress {
        let mut progress = Progress::default();
        match cluster.store().get::<Pod>(&self.pod) {
            None => {
                let mut printed = crate::session::Printed::default();
                let name = &self.pod;
                printed.push(
                    Stream::Stderr,
                    &format!("Error from server (NotFound): pods \"{name}\" not found\n"),
                );
                progress.output = printed.0;
                progress.exit_code = Some(1);
            }
            Some(pod) => {
                self.arrived = pod.status.phase == "Running" && cluster.env(&self.pod).is_some()
            }
        }
        progress
    }
}

/// The pod runs: goes into its shell, or runs the command that it was made for.
pub(crate) fn attach(follow: &Follow, runner: &mut Runner<'_>) -> Outcome {
    let FollowKind::Attach(attaching) = &follow.kind else {
        return Outcome::default();
    };
    let mut session = Session::new(runner, None);
    let known = session.cluster().store().get::<Pod>(&attaching.pod);
    let Some(inside) = known.and_then(|pod| Inside::new(pod, None)) else {
        return session.finish(Ok(None));
    };
    let inside = Rc::new(Inside {
        main: true,
        remove: attaching.remove,
        ..inside
    });
    session.err("All commands and output from this session will be recorded in container logs, including credentials and sensitive information passed through the command prompt.\nIf you don't see a command prompt, try pressing enter.\n");
    let command = &attaching.command;
    let shell = match command.as_ref() {
        [] => true,
        [program] => matches!(program.rsplit('/').next(), Some("sh" | "bash" | "ash")),
        _ => false,
    };
    if shell {
        session.shell.inside = Some(inside);
        return session.finish(Ok(None));
    }
    let name = command[0].rsplit('/').next().unwrap_or_default();
    let outcome = exec::run(command, &inside, &mut session);
    if outcome.follow.is_some() {
        return session.pass_on(outcome);
    }
    let code = outcome.exit_code.unwrap_or_default();
    let code = if inside::has(&inside.image, name) {
        code
    } else {
        128
    };
    session.take(outcome.output);
    exec::end(&inside, code, &mut session);
    if code != 0 {
        session.err(&format!("pod default/{} terminated (Error)\n", inside.pod));
    }
    session.exit_code = Some(code);
    session.finish(Ok(None))
}

pub(crate) fn proxy(args: &Args, session: &mut Session<'_>) -> Done {
    let port = match args.value("port") {
        None => 8001,
        Some("0") => 41_237,
        Some(port) => port.parse::<u16>().map_err(|_| {
            args.usage_error(&format!(
                "invalid argument \"{port}\" for \"-p, --port\" flag"
            ))
        })?,
    };
    if session.shell.proxy == Some(port) {
        return Err(Problem::plain(format!(
            "listen tcp 127.0.0.1:{port}: bind: address already in use"
        )));
    }
    session.shell.proxy = Some(port);
    session.out(&format!("Starting to serve on 127.0.0.1:{port}\n"));
    session.output.note(Note::ProxyInBackground);
    Ok(None)
}

/// An object or all of a kind, as `curl` sees them; nothing if the path is that of something else,
/// null if there is no such object.
pub(crate) fn raw_object(path: &str, session: &Session<'_>) -> Option<Value> {
    let path = path.split('?').next()?.trim_end_matches('/');
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let (api_version, rest) = match parts.as_slice() {
        ["api", version, rest @ ..] => ((*version).to_owned(), rest),
        ["apis", group, version, rest @ ..] => (format!("{group}/{version}"), rest),
        _ => return None,
    };
    let (namespaced, rest) = match rest {
        ["namespaces", "default", rest @ ..] => (true, rest),
        rest => (false, rest),
    };
    let (plural, name) = match rest {
        [plural] => (*plural, None),
        [plural, name] if namespaced || *plural != "namespaces" => (*plural, Some(*name)),
        _ => return None,
    };
    let kind = *Kind::ALL
        .iter()
        .find(|kind| kind.info().plural == plural && kind.api_version() == api_version)?;
    if let Some(name) = name {
        return Some(match session.get(kind, name) {
            Ok(object) => object.to_value(),
            Err(_) => Value::Null,
        });
    }
    let items: Vec<Value> = session
        .list(kind)
        .iter()
        .map(|object| object.to_value())
        .collect();
    Some(json!({
        "kind": format!("{}List", kind.name()), "apiVersion": api_version,
        "metadata": {"resourceVersion": ""}, "items": items,
    }))
}
