//! `kubectl logs` (`pkg/cmd/logs/logs.go`).

use std::rc::Rc;

use cluster::object::{Pod, Resource};
use cluster::{Cluster, Status, Time};

use crate::age;
use crate::args::Args;
use crate::errors::Problem;
use crate::exec::{default_container, find, reach};
use crate::selector::Selector;
use crate::session::{Done, Printed, Session};
use crate::{Follow, FollowKind, Progress, Stream};

/// A log that is read on.
#[derive(Clone, Debug)]
pub(crate) struct Following {
    pod: Rc<str>,
    pod_uid: Rc<str>,
    container: Rc<str>,
    /// Lines that were printed.
    seen: usize,
    timestamps: bool,
}

pub(crate) fn logs(args: &Args, session: &mut Session<'_>) -> Done {
    let since = since(args, session.now())?;
    if args.number("tail").is_some_and(|tail| tail < -1) {
        return Err(Problem::plain("--tail must be greater than or equal to -1"));
    }
    let pods = pods(args, session)?;
    let several = pods.len() > 1;
    for pod in &pods {
        let container = match (several, args.words.get(1)) {
            (false, Some(name)) => Some(name.clone()),
            _ => default_container(pod, args, session),
        };
        if let Err(problem) = print(pod, container.as_deref(), args, (several, since), session) {
            session.complain(problem);
        }
    }
    let [pod] = pods.as_slice() else {
        return Ok(None);
    };
    if !args.switch("follow") || !session.is_well() {
        return Ok(None);
    }
    let container = args
        .value("container")
        .unwrap_or(&pod.spec.containers[0].name);
    let seen = session
        .cluster()
        .logs(pod.name(), container, false)
        .map_or(0, <[_]>::len);
    Ok(Some(Follow::new(FollowKind::Logs(Following {
        pod: pod.name().into(),
        pod_uid: pod.metadata.uid.as_str().into(),
        container: container.into(),
        seen,
        timestamps: args.switch("timestamps"),
    }))))
}

const USAGE: &str = "expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'.\nPOD or TYPE/NAME is a required argument for the logs command";

fn pods(args: &Args, session: &mut Session<'_>) -> Result<Vec<Rc<Pod>>, Problem> {
    let selector = Selector::parse(args.value("selector").unwrap_or_default())?;
    match args.words.first() {
        _ if args.words.len() > 2 => Err(args.usage_error(USAGE)),
        Some(_) if args.words.len() == 2 && args.given("container") => {
            Err(args.usage_error("only one of -c or an inline [CONTAINER] arg is allowed"))
        }
        Some(_) if !selector.is_empty() => {
            Err(args.usage_error("only a selector (-l) or a POD name is allowed"))
        }
        Some(name) => Ok(vec![find(name, args, session)?]),
        None if selector.is_empty() => Err(args.usage_error(USAGE)),
        None => {
            let all = session.cluster().store().list::<Pod>();
            let chosen: Vec<Rc<Pod>> = all
                .filter(|pod| selector.matches(&pod.metadata.labels))
                .cloned()
                .collect();
            if chosen.is_empty() {
                session.err("No resources found in default namespace.\n");
            }
            Ok(chosen)
        }
    }
}

/// The time from which on lines are printed.
fn since(args: &Args, now: Time) -> Result<Time, Problem> {
    match (args.value("since"), args.value("since-time")) {
        (Some(_), Some(_)) => Err(Problem::plain(
            "at most one of `sinceTime` or `sinceSeconds` may be specified",
        )),
        (Some(given), None) => match age::parse_milliseconds(given) {
            Some(..0) => Err(Problem::plain("--since must be greater than 0")),
            Some(since) => Ok(Time(now.0.saturating_sub(since.unsigned_abs()))),
            None => Err(Problem::plain(format!(
                "invalid argument \"{given}\" for \"--since\" flag: time: invalid duration \"{given}\"\nSee 'kubectl logs --help' for usage."
            ))),
        },
        (None, Some(given)) => age::parse_time(given).ok_or_else(|| {
            Problem::plain(format!(
                "parsing time \"{given}\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"{given}\" as \"2006\""
            ))
        }),
        (None, None) => Ok(Time(0)),
    }
}

/// Prints what the container has printed.
fn print(
    pod: &Pod,
    container: Option<&str>,
    args: &Args,
    (several, since): (bool, Time),
    session: &mut Session<'_>,
) -> Result<(), Problem> {
    let (name, previous) = (pod.name(), args.switch("previous"));
    let mut containers = pod.spec.containers.iter();
    let Some(spec) = containers.find(|spec| container.is_none_or(|name| name == spec.name)) else {
        return Err(Problem::plain(format!(
            "container {} is not valid for pod {name}",
            container.unwrap_or_default()
        )));
    };
    let container = spec.name.as_str();
    let bad = |message: String| Err(Problem::refused(Status::bad_request(message)));
    let status = pod
        .status
        .container_statuses
        .iter()
        .find(|status| status.name == container);
    if pod.spec.node_name.is_none() {
        return bad(format!("pod {name} does not have a host assigned"));
    }
    if previous && session.cluster().logs(name, container, true).is_none() {
        return bad(format!(
            "previous terminated container \"{container}\" in pod \"{name}\" not found"
        ));
    }
    let waiting = status.and_then(|status| status.state.waiting.as_ref());
    let reason = waiting.and_then(|waiting| waiting.reason.as_deref());
    let started = session.cluster().logs(name, container, false).is_some();
    if !started {
        let why = match reason {
            Some("ErrImagePull") => "image can't be pulled",
            Some("ImagePullBackOff") => "trying and failing to pull image",
            Some(reason) => reason,
            None => "ContainerCreating",
        };
        return bad(format!(
            "container \"{container}\" in pod \"{name}\" is waiting to start: {why}"
        ));
    }
    reach(pod, session)?;
    let lines = session
        .cluster()
        .logs(name, container, previous)
        .unwrap_or_default();
    let lines = &lines[lines.partition_point(|line| line.time < since)..];
    let tail = args
        .number("tail")
        .and_then(|tail| usize::try_from(tail).ok());
    let tail = tail.unwrap_or(if several { 10 } else { lines.len() });
    let timestamps = args.switch("timestamps");
    let prefix = match args.switch("prefix") {
        true => format!("[pod/{name}/{container}] "),
        false => String::new(),
    };
    let text: String = lines[lines.len() - tail.min(lines.len())..]
        .iter()
        .map(|line| format!("{prefix}{}{}\n", stamp(line.time, timestamps), line.text))
        .collect();
    session.out(&text);
    Ok(())
}

fn stamp(time: Time, wanted: bool) -> String {
    match wanted {
        true => format!(
            "{} ",
            time.to_string()
                .replace('Z', &format!(".{:03}000000Z", time.0 % 1000))
        ),
        false => String::new(),
    }
}

impl Following {
    /// What was printed at a step.
    pub(crate) fn step(&mut self, cluster: &Cluster) -> Progress {
        let mut printed = Printed::default();
        let pod = cluster.store().get::<Pod>(&self.pod);
        let same = pod.is_some_and(|pod| pod.metadata.uid == *self.pod_uid);
        let lines = cluster
            .logs(&self.pod, &self.container, false)
            .filter(|_| same);
        let Some(lines) = lines else {
            return Progress {
                output: Vec::new(),
                exit_code: Some(0),
            };
        };
        // A container that was started again has a new log, which ends this one.
        if lines.len() < self.seen || cluster.env(&self.pod).is_none() {
            return Progress {
                output: Vec::new(),
                exit_code: Some(0),
            };
        }
        for line in &lines[self.seen..] {
            let text = format!("{}{}\n", stamp(line.time, self.timestamps), line.text);
            printed.push(Stream::Stdout, &text);
        }
        self.seen = lines.len();
        Progress {
            output: printed.0,
            exit_code: None,
        }
    }
}
