//! `kubectl delete` (`pkg/cmd/delete/delete.go`), which waits until the objects are gone.

use std::rc::Rc;

use cluster::object::{Kind, Name, Object};
use cluster::{Cluster, DeleteOptions, PropagationPolicy, Request, Time};

use crate::age;
use crate::args::Args;
use crate::create::DryRun;
use crate::errors::{Problem, tell};
use crate::manifest;
use crate::resource;
use crate::selector::{FieldSelector, Selector};
use crate::session::{Done, Printed, Session, qualified};
use crate::{Follow, FollowKind, Progress, Stream};

const IMMEDIATE: &str = "Warning: Immediate deletion does not wait for confirmation that the running resource has been terminated. The resource may continue to run on the cluster indefinitely.\n";

/// Objects whose end is awaited.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    /// Kind, name and uid of each.
    objects: Rc<[(Kind, Name, Rc<str>)]>,
    /// How many of them are gone.
    gone: usize,
    pub(crate) deadline: Option<Time>,
}

pub(crate) fn delete(args: &Args, session: &mut Session<'_>) -> Done {
    let dry_run = DryRun::of(args)?;
    let options = options(args, session)?;
    let timeout = match args.value("timeout") {
        None => 0,
        Some(text) => milliseconds(args, text)?,
    };
    let Some(victims) = victims(args, session)? else {
        return Ok(None);
    };
    let mut going = Vec::new();
    for (kind, name) in victims {
        match delete_one(args, kind, &name, &options, dry_run, session) {
            Ok(object) => going.extend(object),
            Err(problem) => session.complain(problem),
        }
    }
    if !args.switch_or("wait", true) || dry_run != DryRun::None {
        return Ok(None);
    }
    let objects = going.iter().map(|object| {
        let (name, uid) = (object.name().into(), object.uid().into());
        (object.kind(), name, uid)
    });
    let mut waiting = Waiting {
        objects: objects.collect(),
        gone: 0,
        deadline: u64::try_from(timeout)
            .ok()
            .filter(|timeout| *timeout > 0)
            .map(|timeout| session.now() + timeout),
    };
    match waiting.is_over(session.cluster()) || !session.is_well() {
        true => Ok(None),
        false => Ok(Some(Follow::new(FollowKind::Delete(waiting)))),
    }
}

/// A duration given to a flag.
///
/// # Errors
/// It is none.
pub(crate) fn milliseconds(args: &Args, text: &str) -> Result<i64, Problem> {
    age::parse_milliseconds(text).ok_or_else(|| {
        let why = match text.ends_with(|c: char| c.is_ascii_digit()) {
            true => format!("time: missing unit in duration \"{text}\""),
            false => format!("time: invalid duration \"{text}\""),
        };
        Problem::plain(format!(
            "invalid argument \"{text}\" for \"--timeout\" flag: {why}\nSee 'kubectl {} --help' for usage.",
            args.verb.name
        ))
    })
}

fn options(args: &Args, session: &mut Session<'_>) -> Result<DeleteOptions, Problem> {
    let force = args.switch("force");
    let mut grace = args.number("grace-period").filter(|seconds| *seconds >= 0);
    if args.switch("now") {
        if grace.is_some() {
            return Err(Problem::plain(
                "--now and --grace-period cannot be specified together",
            ));
        }
        grace = Some(1);
    }
    if force && grace.is_some_and(|seconds| seconds > 0) {
        return Err(Problem::plain(
            "--force and --grace-period greater than 0 cannot be specified together",
        ));
    }
    if force {
        grace = Some(0);
    } else if grace == Some(0) {
        // Nothing is lost by accident: only --force deletes at once.
        grace = Some(1);
    }
    let propagation_policy = match args.value("cascade") {
        None | Some("background") => None,
        Some("foreground") => Some(PropagationPolicy::Foreground),
        Some("orphan") => Some(PropagationPolicy::Orphan),
        Some("true") => {
            session.err("warning: --cascade=true is deprecated (boolean value) and can be replaced with --cascade=background.\n");
            None
        }
        Some("false") => {
            session.err("warning: --cascade=false is deprecated (boolean value) and can be replaced with --cascade=orphan.\n");
            Some(PropagationPolicy::Orphan)
        }
        Some(other) => {
            return Err(Problem::plain(format!(
                "invalid cascade value ({other}). Must be \"background\", \"foreground\", or \"orphan\""
            )));
        }
    };
    Ok(DeleteOptions {
        grace_period_seconds: grace.map(i64::from),
        propagation_policy: propagation_policy.or(Some(PropagationPolicy::Background)),
        ..DeleteOptions::default()
    })
}

/// Kind and name of what is to go; nothing if there is nothing to do and that was said.
fn victims(args: &Args, session: &mut Session<'_>) -> Result<Option<Vec<(Kind, String)>>, Problem> {
    let selector = Selector::parse(args.value("selector").unwrap_or_default())?;
    let fields = FieldSelector::parse(args.value("field-selector").unwrap_or_default())?;
    let all = args.switch("all");
    if all && !selector.is_empty() {
        return Err(Problem::plain(
            "cannot set --all and --selector at the same time",
        ));
    }
    if all && !fields.is_empty() {
        return Err(Problem::plain(
            "cannot set --all and --field-selector at the same time",
        ));
    }
    if args.given("filename") {
        if !args.words.is_empty() {
            return Err(Problem::plain(
                "when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well",
            ));
        }
        let manifests = manifest::load(args, session).into_iter();
        let named = manifests.map(|manifest| (manifest.kind, manifest.name));
        return Ok(Some(named.collect()));
    }
    if args.words.is_empty() {
        return Err(resource::nothing_named());
    }
    let everything = all || !selector.is_empty() || !fields.is_empty();
    let mut victims = Vec::new();
    for target in resource::targets(&args.words)? {
        match target.name {
            Some(_) if everything => {
                return Err(Problem::plain(
                    "name cannot be provided when a selector is specified",
                ));
            }
            Some(name) => victims.push((target.kind, name)),
            None if !everything => {
                return Err(Problem::plain(
                    "resource(s) were provided, but no name was specified",
                ));
            }
            None if resource::visible(target.kind, args) => {
                let chosen = session.list(target.kind).into_iter().filter(|object| {
                    selector.matches(&object.metadata().labels) && fields.matches(object)
                });
                victims.extend(chosen.map(|object| (target.kind, object.name().to_owned())));
            }
            None => {}
        }
    }
    if victims.is_empty() {
        session.out("No resources found\n");
        return Ok(None);
    }
    Ok(Some(victims))
}

fn delete_one(
    args: &Args,
    kind: Kind,
    name: &str,
    options: &DeleteOptions,
    dry_run: DryRun,
    session: &mut Session<'_>,
) -> Result<Option<Object>, Problem> {
    let ignored = args.switch_or("ignore-not-found", args.switch("all"));
    let target = resource::Target {
        kind,
        name: Some(name.to_owned()),
    };
    let found = resource::look_up(&target, name, args, session);
    if ignored && found.is_err() {
        return Ok(None);
    }
    let found = found?;
    let force = options.grace_period_seconds == Some(0);
    if force {
        session.err(IMMEDIATE);
    }
    if dry_run == DryRun::None {
        let request = Request::Delete {
            kind,
            name: name.to_owned(),
            options: options.clone(),
        };
        session.request(&request).map_err(Problem::refused)?;
    }
    session.out(&deleted(args, kind, name, force, dry_run)?);
    Ok(Some(found))
}

/// `pod "web-0" deleted from default namespace`
fn deleted(
    args: &Args,
    kind: Kind,
    name: &str,
    force: bool,
    dry_run: DryRun,
) -> Result<String, Problem> {
    match args.value("output") {
        None | Some("") => {}
        Some("name") => return Ok(format!("{}\n", qualified(kind, name))),
        Some(other) => {
            return Err(Problem::plain(format!(
                "unexpected -o output mode: {other}. We only support '-o name'"
            )));
        }
    }
    let operation = if force { "force deleted" } else { "deleted" };
    let from = match kind.info().namespaced {
        true => format!(" from {} namespace", args.namespace()),
        false => String::new(),
    };
    Ok(format!(
        "{} \"{name}\" {operation}{from}{}\n",
        kind.qualified_singular(),
        dry_run.suffix()
    ))
}

impl Waiting {
    /// Whether all are gone; an object of the same name with another uid is another object.
    fn is_over(&mut self, cluster: &Cluster) -> bool {
        while let Some((kind, name, uid)) = self.objects.get(self.gone) {
            let there = cluster.store().get_object(*kind, name);
            if there.is_some_and(|object| object.uid() == &**uid) {
                return false;
            }
            self.gone += 1;
        }
        true
    }

    /// What is printed at a step: nothing, unless time is over.
    pub(crate) fn step(&mut self, cluster: &Cluster) -> Progress {
        let mut printed = Printed::default();
        let exit_code = if self.is_over(cluster) {
            Some(0)
        } else if self
            .deadline
            .is_some_and(|deadline| cluster.now() >= deadline)
        {
            let left = self.objects[self.gone..].iter().map(|(kind, name, _)| {
                let plural = kind.info().plural;
                Problem::plain(format!(
                    "timed out waiting for the condition on {plural}/{name}"
                ))
            });
            printed.push(Stream::Stderr, &tell(&left.collect::<Vec<_>>()));
            Some(1)
        } else {
            None
        };
        Progress {
            output: printed.0,
            exit_code,
        }
    }
}
