//! The ReplicaSet controller, for contrast with the StatefulSet's:
//! reference/replicaset-contrast.md (`pkg/controller/replicaset`).
//!
//! [`decide`] looks at a set once and says what to write; this module makes those writes, one a
//! turn. The status tells what was counted at the beginning, as upstream's does.

mod decide;
mod ranking;

use crate::map::{Map, Set};
use std::collections::VecDeque;
use std::rc::Rc;

use self::decide::{Plan, Write};
use super::Outcome;
use crate::apiserver::{Api, DeleteOptions, Status, StatusReason};
use crate::choices::Choices;
use crate::object::meta::{condition, set_condition};
use crate::object::replicaset::ReplicaSetStatus;
use crate::object::{Kind, Name, ObjectMeta, OwnerReference, Pod, ReplicaSet};
use crate::recorder::Tone;
use crate::step::{Actor, Reason};
use crate::time::Time;

const ACTOR: Actor = Actor::ReplicaSetController;

/// Milliseconds between two writes of one synchronisation: upstream makes them in parallel.
const WRITE_LATENCY: u64 = 2;

/// Back-off after a failed synchronisation, in milliseconds: it doubles from 5 to 1000 s.
const BACKOFF_FIRST: u64 = 5;
const BACKOFF_LAST: u64 = 1_000_000;

const FAILURE: &str = "ReplicaFailure";

/// What the controller remembers between its turns.
#[derive(Clone, Debug, Default)]
pub(crate) struct Controller {
    /// Synchronisations under way, by set.
    underway: Rc<Map<Name, Sync>>,
    /// Sets that changed while they were being synchronised.
    again: Rc<Set<Name>>,
    /// Failed synchronisations in a row, by set.
    failures: Rc<Map<Name, u32>>,
}

/// What is left of one synchronisation.
#[derive(Clone, Debug)]
struct Sync {
    /// The uid of the set that was looked at.
    set_uid: String,
    writes: VecDeque<(Write, Rc<Reason>)>,
    status: ReplicaSetStatus,
    look_again: Option<u64>,
    /// What the first refused creation or deletion said.
    failure: Option<String>,
}

impl Controller {
    /// Something about the set changed.
    pub(crate) fn changed(&mut self, set: &Name) {
        if self.underway.contains_key(set) {
            Rc::make_mut(&mut self.again).insert(set.clone());
        }
    }

    /// One turn about a set: the next write of the synchronisation under way, or a new look.
    pub(crate) fn turn(&mut self, name: &Name, api: &mut Api<'_>, choices: &Choices) -> Outcome {
        let Some(set) = api.get::<ReplicaSet>(name).cloned() else {
            self.forget(name);
            return Outcome::nothing();
        };
        let underway = self.underway.get(name);
        if underway.is_none_or(|sync| sync.set_uid != set.metadata.uid) {
            let Plan {
                writes,
                status,
                look_again,
            } = decide::decide(api.store, api.config, api.now, &set, choices);
            let sync = Sync {
                set_uid: set.metadata.uid.clone(),
                writes: writes.into(),
                status,
                look_again,
                failure: None,
            };
            Rc::make_mut(&mut self.underway).insert(name.clone(), sync);
        }
        self.write_next(name, &set, api)
    }

    fn forget(&mut self, name: &Name) {
        if self.underway.contains_key(name) || self.failures.contains_key(name) {
            Rc::make_mut(&mut self.underway).remove(name);
            Rc::make_mut(&mut self.again).remove(name);
            Rc::make_mut(&mut self.failures).remove(name);
        }
    }

    /// The next write; the last is the status, if it differs.
    fn write_next(&mut self, name: &Name, set: &Rc<ReplicaSet>, api: &mut Api<'_>) -> Outcome {
        let underway = Rc::make_mut(&mut self.underway);
        let Some(sync) = underway.get_mut(name) else {
            return Outcome::nothing();
        };
        if let Some((write, mut reason)) = sync.writes.pop_front() {
            if let Err(status) = perform(&write, set, api) {
                reason = fail(sync, &write, name, &status).into();
            }
            return Outcome::because(reason).again(WRITE_LATENCY);
        }
        let status = told(set, sync, api.now);
        let mut reason = None;
        if status != set.status {
            let written = api.modify::<ReplicaSet>(name, |set| set.status = status);
            reason = written
                .ok()
                .map(|_| Rc::new(Reason::ReplicasCounted { set: name.clone() }));
        }
        Outcome {
            reason,
            again: self.end(name),
        }
    }

    /// The synchronisation is over: in how many milliseconds to look again, if at all.
    fn end(&mut self, name: &Name) -> Option<u64> {
        let ended = Rc::make_mut(&mut self.underway).remove(name)?;
        let changed = self.again.contains(name);
        if changed {
            Rc::make_mut(&mut self.again).remove(name);
        }
        if ended.failure.is_some() {
            let failures = Rc::make_mut(&mut self.failures).or_insert(name.clone(), 0);
            let delay = (BACKOFF_FIRST << (*failures).min(18)).min(BACKOFF_LAST);
            *failures += 1;
            return Some(delay);
        }
        if self.failures.contains_key(name) {
            Rc::make_mut(&mut self.failures).remove(name);
        }
        if changed {
            Some(WRITE_LATENCY)
        } else {
            ended.look_again
        }
    }
}

/// A write failed: later batches of creations are dropped, as they would be refused too.
fn fail(sync: &mut Sync, failed: &Write, set: &Name, status: &Status) -> Reason {
    sync.failure.get_or_insert_with(|| status.message.clone());
    if let Write::Create { batch: failed } = failed {
        sync.writes
            .retain(|(write, _)| !matches!(write, Write::Create { batch } if batch > failed));
    }
    Reason::RetryAfterError {
        set: set.clone(),
        message: status.message.clone(),
    }
}

/// The status with the condition that tells of failures (`calculateStatus`).
fn told(set: &ReplicaSet, sync: &Sync, now: Time) -> ReplicaSetStatus {
    let mut status = sync.status.clone();
    let conditions = &mut status.conditions;
    match &sync.failure {
        Some(message) if condition(conditions, FAILURE).is_none() => {
            let reason = match status.replicas < set.replicas() {
                true => "FailedCreate",
                false => "FailedDelete",
            };
            set_condition(conditions, FAILURE, true, Some(reason), Some(message), now);
        }
        Some(_) => {}
        None => conditions.retain(|condition| condition.r#type != FAILURE),
    }
    status
}

/// Makes one write and records its event: §7.
fn perform(write: &Write, set: &ReplicaSet, api: &mut Api<'_>) -> Result<(), Status> {
    let metadata = &set.metadata;
    match write {
        Write::Adopt(name) => {
            let owner = owner(set);
            api.modify::<Pod>(name, |pod| pod.metadata.owner_references.push(owner))?;
        }
        Write::Release(name) => {
            api.modify::<Pod>(name, |pod| {
                let owners = &mut pod.metadata.owner_references;
                owners.retain(|owner| owner.uid != metadata.uid);
            })?;
        }
        Write::Create { .. } => match api.create(new_pod(set)) {
            Ok(pod) => {
                let message = format!("Created pod: {}", pod.metadata.name);
                api.record(&ACTOR, set, Tone::Normal, "SuccessfulCreate", message);
            }
            Err(status) => {
                let message = format!("Error creating: {status}");
                api.record(&ACTOR, set, Tone::Warning, "FailedCreate", message);
                return Err(status);
            }
        },
        Write::Delete(name) => match api.delete(Kind::Pod, name, &DeleteOptions::default()) {
            Ok(_) => {
                let message = format!("Deleted pod: {name}");
                api.record(&ACTOR, set, Tone::Normal, "SuccessfulDelete", message);
            }
            Err(status) if status.reason == StatusReason::NotFound => {}
            Err(status) => {
                let message = format!("Error deleting: {status}");
                api.record(&ACTOR, set, Tone::Warning, "FailedDelete", message);
                return Err(status);
            }
        },
    }
    Ok(())
}

fn owner(set: &ReplicaSet) -> OwnerReference {
    OwnerReference::controller(Kind::ReplicaSet, &set.metadata.name, &set.metadata.uid)
}

/// A new pod from the template; its name ends in five random characters: §1.1.
fn new_pod(set: &ReplicaSet) -> Pod {
    let template = &set.spec.template;
    Pod {
        metadata: ObjectMeta {
            generate_name: Some(format!("{}-", set.metadata.name)),
            labels: template.metadata.labels.clone(),
            annotations: template.metadata.annotations.clone(),
            finalizers: template.metadata.finalizers.clone(),
            owner_references: vec![owner(set)],
            ..ObjectMeta::default()
        },
        spec: template.spec.clone(),
        ..Pod::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sync(batches: &[u32]) -> Sync {
        let reason = || Reason::ReplicasCounted { set: "rs".into() };
        Sync {
            set_uid: String::new(),
            writes: batches
                .iter()
                .map(|batch| (Write::Create { batch: *batch }, reason().into()))
                .collect(),
            status: ReplicaSetStatus::default(),
            look_again: None,
            failure: None,
        }
    }

    /// §2.3: on the first failed batch the rest is skipped.
    #[test]
    fn a_failed_batch_is_the_last() {
        let check = |left: &[u32], failed, expected: &[u32]| {
            let mut sync = sync(left);
            let status = Status::bad_request("no".to_owned());
            fail(
                &mut sync,
                &Write::Create { batch: failed },
                &"rs".into(),
                &status,
            );
            let kept: Vec<u32> = sync
                .writes
                .iter()
                .filter_map(|(write, _)| match write {
                    Write::Create { batch } => Some(*batch),
                    _ => None,
                })
                .collect();
            assert_eq!(kept, expected);
            assert_eq!(sync.failure.as_deref(), Some("no"));
        };
        check(&[1, 1, 2, 2, 2, 2], 0, &[]);
        check(&[1, 2, 2, 2, 2], 1, &[1]);
        check(&[2, 2, 2], 2, &[2, 2, 2]);
    }

    /// §4: the condition `ReplicaFailure` comes with the first failure and goes with success.
    #[test]
    fn failures_are_told_in_a_condition() {
        let mut set = ReplicaSet::default();
        set.spec.replicas = Some(3);
        let mut failed = sync(&[]);
        failed.failure = Some("no".to_owned());
        let status = told(&set, &failed, Time(0));
        let failure = condition(&status.conditions, FAILURE).unwrap();
        assert_eq!(failure.reason.as_deref(), Some("FailedCreate"));
        assert_eq!(failure.message.as_deref(), Some("no"));
        let mut well = sync(&[]);
        well.status = status;
        assert!(told(&set, &well, Time(0)).conditions.is_empty());
    }
}
