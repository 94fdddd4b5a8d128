//! `kubectl rollout` (`pkg/polymorphichelpers`; reference/kubectl-formats.md §6).

use std::rc::Rc;

use cluster::object::{ControllerRevision, Kind, Name, Object, StatefulSet};
use cluster::{Cluster, FieldValidation, Patch, Request, Time};
use serde_json::{Value, json};

use crate::apply::LAST_APPLIED;
use crate::args::Args;
use crate::create::{DryRun, written};
use crate::delete::milliseconds;
use crate::describe;
use crate::errors::{Problem, tell};
use crate::order::sorted_by_key;
use crate::resource::{self, Target};
use crate::session::{Done, Printed, Session, qualified, write_options};
use crate::set::CHANGE_CAUSE;
use crate::{Follow, FollowKind, Progress, Stream};

/// A rollout that is watched to its end.
#[derive(Clone, Debug)]
pub(crate) struct Watching {
    set: Name,
    uid: Rc<str>,
    /// The state that was looked at last.
    version: u64,
    pub(crate) deadline: Option<Time>,
}

/// The objects named; there must be words.
fn objects(args: &Args, session: &mut Session<'_>) -> Result<Vec<Object>, Problem> {
    if args.words.is_empty() {
        return Err(args.usage_error("required resource not specified"));
    }
    let named = resource::targets(&args.words)?.into_iter();
    let mut objects = Vec::new();
    for target in named {
        match &target.name {
            Some(name) => match resource::look_up(&target, name, args, session) {
                Ok(object) => objects.push(object),
                Err(problem) => session.complain(problem),
            },
            None => objects.extend(all_of(&target, args, session)?),
        }
    }
    Ok(objects)
}

fn all_of(target: &Target, args: &Args, session: &Session<'_>) -> Result<Vec<Object>, Problem> {
    let selector = args.value("selector").unwrap_or_default();
    let selector = crate::selector::Selector::parse(selector)?;
    let all = session.list(target.kind).into_iter();
    Ok(all
        .filter(|object| selector.matches(&object.metadata().labels))
        .collect())
}

/// The set's revisions, oldest first.
fn revisions(set: &StatefulSet, cluster: &Cluster) -> Vec<Rc<ControllerRevision>> {
    let all = cluster.store().list::<ControllerRevision>();
    let own = all.filter(|revision| revision.metadata.controlled_by(&set.metadata.uid));
    sorted_by_key(own.cloned(), |revision| revision.revision)
}

pub(crate) fn history(args: &Args, session: &mut Session<'_>) -> Done {
    for object in objects(args, session)? {
        let Object::StatefulSet(set) = &object else {
            session.complain(Problem::plain(format!(
                "no history viewer has been implemented for \"{}\"",
                object.kind().name()
            )));
            continue;
        };
        if let Some(number) = args.number("revision").filter(|number| *number > 0) {
            match template(set, number, session.cluster()) {
                Some(text) => session.out(&format!(
                    "{} with revision #{number}\n{text}\n",
                    qualified(object.kind(), object.name())
                )),
                None => {
                    let told = "unable to find the specified revision";
                    session.complain(Problem::plain(told));
                }
            }
            continue;
        }
        let mut rows = vec![("REVISION".to_owned(), "CHANGE-CAUSE".to_owned())];
        for revision in revisions(set, session.cluster()) {
            let cause = revision.metadata.annotations.get(CHANGE_CAUSE);
            let cause = cause.filter(|cause| !cause.is_empty()).cloned();
            let cause = cause.unwrap_or_else(|| "<none>".to_owned());
            rows.push((revision.revision.to_string(), cause));
        }
        let width = rows
            .iter()
            .map(|(number, _)| number.len())
            .max()
            .unwrap_or(0)
            + 2;
        let lines: String = rows
            .iter()
            .map(|(number, cause)| format!("{number:width$}{cause}\n"))
            .collect();
        let name = qualified(object.kind(), object.name());
        session.out(&format!("{name} \n{lines}\n"));
    }
    Ok(None)
}

/// The pod template of a revision, as `describe` tells it.
fn template(set: &StatefulSet, number: i32, cluster: &Cluster) -> Option<String> {
    let revisions = revisions(set, cluster);
    let mut revisions = revisions.iter();
    let revision = revisions.find(|revision| revision.revision == i64::from(number))?;
    let object = Object::ControllerRevision(Rc::clone(revision));
    Some(describe::template(&object, &revision.data, cluster))
}

pub(crate) fn pause(args: &Args, session: &mut Session<'_>) -> Done {
    not_supported(args, session, "pausing")
}

pub(crate) fn resume(args: &Args, session: &mut Session<'_>) -> Done {
    not_supported(args, session, "resuming")
}

fn not_supported(args: &Args, session: &mut Session<'_>, what: &str) -> Done {
    for object in objects(args, session)? {
        session.complain(unsupported(&object, what));
    }
    Ok(None)
}

fn unsupported(object: &Object, what: &str) -> Problem {
    let plural = object.kind().qualified_plural();
    let name = object.name();
    Problem::plain(format!("{plural} \"{name}\" {what} is not supported"))
}

pub(crate) fn restart(args: &Args, session: &mut Session<'_>) -> Done {
    for object in objects(args, session)? {
        match restart_one(args, &object, session) {
            Ok(text) => session.out(&text),
            Err(problem) => session.complain(problem),
        }
    }
    Ok(None)
}

fn restart_one(args: &Args, object: &Object, session: &mut Session<'_>) -> Result<String, Problem> {
    const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";
    if object.kind() != Kind::StatefulSet {
        return Err(unsupported(object, "restarting"));
    }
    let now = session.now().to_string();
    let annotation = "/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt";
    if object
        .to_value()
        .pointer(annotation)
        .and_then(Value::as_str)
        == Some(&now)
    {
        return Err(Problem::plain(format!(
            "failed to create patch for {}: if restart has already been triggered within the past second, please wait before attempting to trigger another",
            object.name()
        )));
    }
    let patch = json!({"spec": {"template": {"metadata": {"annotations": {RESTARTED_AT: now}}}}});
    let request = Request::Patch {
        kind: object.kind(),
        name: object.name().to_owned(),
        patch: Patch::Merge(patch),
        options: write_options(false, FieldValidation::Warn),
    };
    let response = session.request(&request).map_err(Problem::refused)?;
    let name = qualified(object.kind(), object.name());
    written(args, &name, "restarted", &response.object.to_value())
}

pub(crate) fn undo(args: &Args, session: &mut Session<'_>) -> Done {
    let dry_run = DryRun::of(args)?;
    let to = i64::from(args.number("to-revision").unwrap_or(0));
    for object in objects(args, session)? {
        if object.metadata().annotations.contains_key(LAST_APPLIED) {
            let (plural, name) = (object.kind().info().plural, object.name());
            session.err(&format!(
                "Warning: resource {plural}/{name} was previously managed with 'kubectl apply'. Rolling back will not update the {LAST_APPLIED} annotation, which may cause unexpected behavior on future 'kubectl apply' operations. Consider using 'kubectl apply' with your previous configuration file instead.\n"
            ));
        }
        match undo_one(&object, to, dry_run, session) {
            Ok(what) => {
                let name = qualified(object.kind(), object.name());
                session.out(&format!("{name} {what}{}\n", dry_run.suffix()));
            }
            Err(problem) => session.complain(problem),
        }
    }
    Ok(None)
}

fn undo_one(
    object: &Object,
    to: i64,
    dry_run: DryRun,
    session: &mut Session<'_>,
) -> Result<String, Problem> {
    let Object::StatefulSet(set) = object else {
        return Err(Problem::plain(format!(
            "no rollbacker has been implemented for \"{}\"",
            object.kind().name()
        )));
    };
    if to < 0 {
        return Err(Problem::plain(format!(
            "unable to find specified revision {to} in history"
        )));
    }
    let revisions = revisions(set, session.cluster());
    let revision = match (to, revisions.as_slice()) {
        (0, [.., before, _]) => Rc::clone(before),
        (0, _) => return Err(Problem::plain("no last revision to roll back to")),
        (to, all) => {
            let mut all = all.iter();
            let found = all.find(|revision| revision.revision == to);
            Rc::clone(found.ok_or_else(|| {
                Problem::plain(format!("unable to find specified revision {to} in history"))
            })?)
        }
    };
    let mut value = object.to_value();
    let mut template = revision
        .data
        .pointer("/spec/template")
        .cloned()
        .unwrap_or_default();
    if let Some(template) = template.as_object_mut() {
        template.remove("$patch");
    }
    if pruned(&value["spec"]["template"]) == pruned(&template) {
        let number = revision.revision;
        return Ok(format!(
            "skipped rollback (current template already matches revision {number})"
        ));
    }
    value["spec"]["template"] = template;
    let request = Request::Replace {
        object: value,
        options: write_options(dry_run != DryRun::None, FieldValidation::Ignore),
    };
    session.request(&request).map_err(Problem::refused)?;
    Ok("rolled back".to_owned())
}

/// Without what the API treats as not given.
fn pruned(template: &Value) -> Value {
    let mut template = template.clone();
    cluster::object::prune(&mut template);
    template
}

pub(crate) fn status(args: &Args, session: &mut Session<'_>) -> Done {
    let timeout = match args.value("timeout") {
        None => 0,
        Some(text) => milliseconds(args, text)?,
    };
    let objects = objects(args, session)?;
    let object = match objects.as_slice() {
        [only] => only,
        [] => return Ok(None),
        several => {
            return Err(Problem::plain(format!(
                "rollout status is only supported on individual resources and resource collections - {} resources were found",
                several.len()
            )));
        }
    };
    let Object::StatefulSet(set) = object else {
        return Err(Problem::plain(format!(
            "no status viewer has been implemented for {}",
            object.kind().name()
        )));
    };
    let (text, done) = stage(set)?;
    session.out(&text);
    if done || !args.switch_or("watch", true) {
        return Ok(None);
    }
    let deadline = u64::try_from(timeout).ok().filter(|timeout| *timeout > 0);
    Ok(Some(Follow::new(FollowKind::Rollout(Watching {
        set: set.metadata.name.as_str().into(),
        uid: set.metadata.uid.as_str().into(),
        version: set.metadata.resource_version,
        deadline: deadline.map(|timeout| session.now() + timeout),
    }))))
}

/// How far a rollout is, and whether it is done.
fn stage(set: &StatefulSet) -> Result<(String, bool), Problem> {
    let (spec, status) = (&set.spec, &set.status);
    let replicas = set.replicas();
    if set.updates_on_delete() {
        return Err(Problem::plain(
            "rollout status is only available for RollingUpdate strategy type",
        ));
    }
    let observed = status.observed_generation;
    if observed == 0 || set.metadata.generation > observed {
        let text = "Waiting for statefulset spec update to be observed...\n";
        return Ok((text.to_owned(), false));
    }
    if status.ready_replicas < replicas {
        let missing = replicas - status.ready_replicas;
        return Ok((
            format!("Waiting for {missing} pods to be ready...\n"),
            false,
        ));
    }
    let updated = status.updated_replicas;
    if let Some(rolling) = &spec.update_strategy.rolling_update {
        let due = replicas.saturating_sub(rolling.partition.unwrap_or(replicas));
        if rolling.partition.is_some() && updated < due {
            return Ok((
                format!(
                    "Waiting for partitioned roll out to finish: {updated} out of {due} new pods have been updated...\n"
                ),
                false,
            ));
        }
        return Ok((
            format!("partitioned roll out complete: {updated} new pods have been updated...\n"),
            true,
        ));
    }
    let revision = |revision: &Option<String>| revision.clone().unwrap_or_default();
    if status.update_revision != status.current_revision {
        let revision = revision(&status.update_revision);
        return Ok((
            format!(
                "waiting for statefulset rolling update to complete {updated} pods at revision {revision}...\n"
            ),
            false,
        ));
    }
    let (current, revision) = (status.current_replicas, revision(&status.current_revision));
    Ok((
        format!("statefulset rolling update complete {current} pods at revision {revision}...\n"),
        true,
    ))
}

impl Watching {
    /// What is printed at a step: how far it is, each time the set has changed.
    pub(crate) fn step(&mut self, cluster: &Cluster) -> Progress {
        let mut printed = Printed::default();
        let outcome = self.look(cluster, &mut printed);
        let exit_code = outcome.unwrap_or_else(|problem| {
            printed.push(Stream::Stderr, &tell(&[problem]));
            Some(1)
        });
        Progress {
            output: printed.0,
            exit_code,
        }
    }

    fn look(&mut self, cluster: &Cluster, printed: &mut Printed) -> Result<Option<i32>, Problem> {
        let set = cluster.store().get::<StatefulSet>(&self.set);
        let set = set
            .filter(|set| set.metadata.uid == *self.uid)
            .ok_or_else(|| Problem::plain("object has been deleted"))?;
        if set.metadata.resource_version != self.version {
            self.version = set.metadata.resource_version;
            let (text, done) = stage(set)?;
            printed.push(Stream::Stdout, &text);
            if done {
                return Ok(Some(0));
            }
        }
        match self
            .deadline
            .is_some_and(|deadline| cluster.now() >= deadline)
        {
            true => Err(Problem::plain("timed out waiting for the condition")),
            false => Ok(None),
        }
    }
}
