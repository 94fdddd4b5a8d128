//! The StatefulSet controller: reference/statefulset-controller.md.
//!
//! [`decide`] looks at a set once and says what to write; this module makes those writes, one a
//! turn, so that a synchronisation keeps the view it began with, as upstream's does.

mod census;
mod decide;
pub(crate) mod identity;
mod retention;
pub(crate) mod revision;

use crate::map::{Map, Set};
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;

use self::census::{Census, Scope, concerned};
use self::decide::{Plan, Write};
pub use self::identity::parent_and_ordinal;
use super::Outcome;
use crate::Version;
use crate::apiserver::{Api, DeleteOptions, Status, StatusReason};
use crate::object::{
    ControllerRevision, Kind, Name, PersistentVolumeClaim, Pod, StatefulSet, StatefulSetStatus,
};
use crate::recorder::Tone;
use crate::step::{Actor, Reason};
use crate::store::{Change, Store};

const ACTOR: Actor = Actor::StatefulSetController;

/// Milliseconds between two writes of one synchronisation.
const WRITE_LATENCY: u64 = 8;

/// Back-off after a failed synchronisation, in milliseconds: it doubles from 5 to 1000 s.
const BACKOFF_FIRST: u64 = 5;
const BACKOFF_LAST: u64 = 1_000_000;

/// Objects up to which a synchronisation keeps what it was looked at in, for the properties.
const SEEN_OBJECTS: usize = 2_000;

/// Pods up to which tests compare what is known of them with what is there, at every look.
const CHECKED_PODS: usize = 100;

/// What the controller remembers between its turns.
#[derive(Clone, Debug, Default)]
pub(crate) struct Controller {
    /// Synchronisations under way, by set.
    underway: Rc<Map<Name, Sync>>,
    /// Sets that changed while they were being synchronised.
    again: Rc<Set<Name>>,
    /// Failed synchronisations in a row, by set.
    failures: Rc<Map<Name, u32>>,
    /// Why each set last waited, so that the same wait is told once.
    waiting: Rc<Map<Name, Rc<Reason>>>,
    /// The revision of each set's template, by set, with the uid and generation it was made from.
    revisions: Rc<Map<Name, CachedRevision>>,
    /// What is known of each set's pods, and the pods that something happened to since.
    pods: Rc<Map<Name, Known>>,
}

/// What was known at the last look, and the pods that something happened to since.
type Known = (Rc<Census>, Vec<Name>);

type CachedRevision = (String, i64, Rc<ControllerRevision>);

/// The writes that are left of one synchronisation.
#[derive(Clone, Debug)]
struct Sync {
    /// The uid of the set that was looked at.
    set_uid: String,
    writes: VecDeque<(Write, Rc<Reason>)>,
    /// What it was looked at in, unless that is large: kept, it would have to be copied.
    seen: Option<Store>,
    look_again: Option<u64>,
    failed: bool,
}

impl Controller {
    /// Why the set waits, if it does.
    pub(crate) fn waiting(&self, set: &str) -> Option<&Reason> {
        self.waiting.get(set).map(Rc::as_ref)
    }

    /// All objects as the synchronisation of the set that is under way found them; within it,
    /// nothing if there were too many to keep.
    pub(crate) fn looked_at(&self, set: &str) -> Option<Option<&Store>> {
        self.underway.get(set).map(|sync| sync.seen.as_ref())
    }

    /// What is left of the synchronisations under way, without numbers that only grow.
    pub(crate) fn describe_underway(&self, out: &mut impl fmt::Write) {
        // The writer is a hash or a text, which can't fail.
        let mut tell = |text: fmt::Arguments<'_>| out.write_fmt(text).unwrap_or_default();
        for (set, sync) in self.underway.iter() {
            tell(format_args!("{set} {}:", sync.failed));
            for (write, reason) in &sync.writes {
                tell(format_args!("{reason:?}"));
                if let Write::UpdateStatus(status) = write {
                    let observed_generation = 0;
                    let status = StatefulSetStatus {
                        observed_generation,
                        ..status.clone()
                    };
                    tell(format_args!("{status:?}"));
                }
            }
        }
        tell(format_args!("{:?}{:?}", self.again, self.waiting));
    }

    /// Something about the set changed.
    pub(crate) fn changed(&mut self, set: &Name) {
        if self.underway.contains_key(set) {
            Rc::make_mut(&mut self.again).insert(set.clone());
        }
    }

    /// One turn about a set: the next write of the synchronisation under way, or a new look.
    pub(crate) fn turn(&mut self, name: &Name, api: &mut Api<'_>) -> Outcome {
        let Some(set) = api.get::<StatefulSet>(name).cloned() else {
            self.forget(name);
            return Outcome::nothing();
        };
        let underway = self.underway.get(name);
        if underway.is_some_and(|sync| sync.set_uid != set.metadata.uid) {
            self.forget(name);
        }
        if !self.underway.contains_key(name) {
            let wanted = self.revision(&set, api);
            let plan = self.look(name, &set, &wanted, api);
            if plan.writes.is_empty() {
                return self.idle(name, plan);
            }
            Rc::make_mut(&mut self.waiting).remove(name);
            let sync = Sync {
                set_uid: set.metadata.uid.clone(),
                writes: plan.writes.into(),
                seen: (api.store.len() <= SEEN_OBJECTS).then(|| api.store.clone()),
                look_again: plan.look_again,
                failed: false,
            };
            Rc::make_mut(&mut self.underway).insert(name.clone(), sync);
        }
        self.write_next(name, &set, api)
    }

    /// Takes note of a change to one of a set's pods or their claims.
    pub(crate) fn observe(&mut self, change: &Change) {
        let sets = self.pods.iter();
        let concerned = sets.filter_map(|(set, (census, _))| {
            Some((set.clone(), concerned(change, set, census.set_uid())?))
        });
        let concerned: Vec<(Name, Name)> = concerned.collect();
        for (set, pod) in concerned {
            if let Some((_, changed)) = Rc::make_mut(&mut self.pods).get_mut(&set) {
                changed.push(pod);
            }
        }
    }

    fn look(
        &mut self,
        name: &Name,
        set: &StatefulSet,
        wanted: &ControllerRevision,
        api: &Api<'_>,
    ) -> Plan {
        let (store, config, now) = (&*api.store, api.config, api.now);
        let scope = Scope {
            store,
            config,
            now,
            set,
        };
        let pods = Rc::make_mut(&mut self.pods);
        let (census, changed) = pods.or_insert(name.clone(), Default::default());
        let census = Rc::make_mut(census);
        census.refresh(&scope, &std::mem::take(changed));
        let plan = decide::decide(store, config, now, set, wanted, census);
        debug_assert!(
            store.count::<Pod>() > CHECKED_PODS || census.agrees(&scope),
            "what is known of {name} is not what is there"
        );
        plan
    }

    fn revision(&mut self, set: &StatefulSet, api: &Api<'_>) -> Rc<ControllerRevision> {
        let metadata = &set.metadata;
        if let Some((uid, generation, revision)) = self.revisions.get(metadata.name.as_str())
            && *uid == metadata.uid
            && *generation == metadata.generation
        {
            return Rc::clone(revision);
        }
        let revision = Rc::new(revision::of(set, api.config));
        let cached = (
            metadata.uid.clone(),
            metadata.generation,
            Rc::clone(&revision),
        );
        Rc::make_mut(&mut self.revisions).insert(metadata.name.as_str().into(), cached);
        revision
    }

    /// Nothing to write: tells why, if that is news.
    fn idle(&mut self, name: &Name, plan: Plan) -> Outcome {
        Rc::make_mut(&mut self.failures).remove(name);
        let outcome = match plan.waiting {
            Some(reason) if self.waiting.get(name) != Some(&reason) => {
                Rc::make_mut(&mut self.waiting).insert(name.clone(), reason.clone());
                Outcome::because(reason)
            }
            Some(_) => Outcome::nothing(),
            None => {
                if self.waiting.contains_key(name) {
                    Rc::make_mut(&mut self.waiting).remove(name);
                }
                Outcome::nothing()
            }
        };
        match plan.look_again {
            Some(milliseconds) => outcome.again(milliseconds),
            None => outcome,
        }
    }

    fn forget(&mut self, name: &Name) {
        Rc::make_mut(&mut self.waiting).remove(name);
        Rc::make_mut(&mut self.failures).remove(name);
        Rc::make_mut(&mut self.revisions).remove(name);
        Rc::make_mut(&mut self.underway).remove(name);
        Rc::make_mut(&mut self.again).remove(name);
        Rc::make_mut(&mut self.pods).remove(name);
    }

    fn write_next(&mut self, name: &Name, set: &Rc<StatefulSet>, api: &mut Api<'_>) -> Outcome {
        let underway = Rc::make_mut(&mut self.underway);
        let Some(sync) = underway.get_mut(name) else {
            return Outcome::nothing();
        };
        let Some((write, mut reason)) = sync.writes.pop_front() else {
            return Outcome {
                reason: None,
                again: self.end(name),
            };
        };
        if let Err(status) = perform(&write, set, api) {
            sync.writes.push_front((write, reason));
            fail(sync, set, api.config.version);
            reason = Rc::new(Reason::RetryAfterError {
                set: name.clone(),
                message: status.message,
            });
        }
        let again = if sync.writes.is_empty() {
            self.end(name)
        } else {
            Some(WRITE_LATENCY)
        };
        Outcome {
            reason: Some(reason),
            again,
        }
    }

    /// The synchronisation is over: in how many milliseconds to look again, if at all.
    fn end(&mut self, name: &Name) -> Option<u64> {
        let ended = Rc::make_mut(&mut self.underway).remove(name)?;
        let changed = Rc::make_mut(&mut self.again).remove(name);
        if ended.failed {
            let failures = Rc::make_mut(&mut self.failures).or_insert(name.clone(), 0);
            let delay = (BACKOFF_FIRST << (*failures).min(18)).min(BACKOFF_LAST);
            *failures += 1;
            return Some(delay);
        }
        Rc::make_mut(&mut self.failures).remove(name);
        if changed {
            Some(WRITE_LATENCY)
        } else {
            ended.look_again
        }
    }
}

/// The first write failed: it and the rest of the synchronisation are dropped, but old revisions
/// still go, and since v1.26 the status is written, without what the rolling update did not come to.
fn fail(sync: &mut Sync, set: &StatefulSet, version: Version) {
    sync.failed = true;
    let undone = sync.writes.iter().filter(|(write, reason)| {
        let updates = matches!(**reason, Reason::OutdatedRevision { .. });
        updates && matches!(write, Write::DeletePod(_))
    });
    let undone = i32::try_from(undone.count()).unwrap_or(i32::MAX);
    let failed = sync.writes.pop_front();
    let truncating = matches!(failed, Some((Write::DeleteRevision(_), _)));
    sync.writes.retain_mut(|(write, _)| match write {
        Write::DeleteRevision(_) => !truncating,
        Write::UpdateStatus(status) if version >= Version::V1_26 => {
            status.current_replicas += undone;
            decide::differs(&set.status, status)
        }
        _ => false,
    });
}

/// Makes one write and records its event: §13.
fn perform(write: &Write, set: &Rc<StatefulSet>, api: &mut Api<'_>) -> Result<(), Status> {
    match write {
        Write::AdoptRevision(name) => {
            let owner = identity::owner(set);
            api.modify::<ControllerRevision>(name, |revision| {
                revision.metadata.owner_references.push(owner);
            })?;
        }
        Write::AdoptPod(name) => {
            let owner = identity::owner(set);
            api.modify::<Pod>(name, |pod| pod.metadata.owner_references.push(owner))?;
        }
        Write::ReleasePod(name) => {
            api.modify::<Pod>(name, |pod| {
                pod.metadata
                    .owner_references
                    .retain(|owner| owner.uid != set.metadata.uid);
            })?;
        }
        Write::CreateRevision(revision) => {
            api.create(ControllerRevision::clone(revision))?;
        }
        Write::RenumberRevision(name, number) => {
            api.modify::<ControllerRevision>(name, |revision| revision.revision = *number)?;
        }
        Write::DeleteRevision(name) => {
            api.delete(Kind::ControllerRevision, name, &DeleteOptions::default())?;
        }
        Write::CreateClaim { claim, pod } => {
            if let Err(status) = create_claim(claim, pod, set, api) {
                let why = format!("failed to create PVC {}: {status}", claim.metadata.name);
                record_pod(api, set, "create", pod, Err(Status::bad_request(why)))?;
            }
        }
        Write::CreatePod(pod) => {
            let result = api.create(Pod::clone(pod)).map(drop);
            if result.is_ok() {
                warn_of_conflicts(set, pod, api);
            }
            record_pod(api, set, "create", &pod.metadata.name, result)?;
        }
        Write::OwnClaim { claim, pod, told } => own_claim(claim, pod, *told, set, api)?,
        Write::Fail { pod, message } => {
            let result = Err(Status::bad_request(message.clone()));
            record_pod(api, set, "create", pod, result)?;
        }
        Write::RepairPod { pod, ordinal } => {
            let config = api.config;
            let result = api
                .modify::<Pod>(pod, |pod| identity::dress(set, pod, *ordinal, config))
                .map(drop);
            record_pod(api, set, "update", pod, result)?;
        }
        Write::DeletePod(name) => {
            let result = match api.delete(Kind::Pod, name, &DeleteOptions::default()) {
                Err(status) if status.reason == StatusReason::NotFound => Ok(()),
                other => other.map(drop),
            };
            record_pod(api, set, "delete", name, result)?;
        }
        Write::UpdateStatus(status) => {
            api.modify::<StatefulSet>(&set.metadata.name, |set| set.status = status.clone())?;
        }
    }
    Ok(())
}

/// Gives a claim the owners that the retention policy asks for: §5.1.
fn own_claim(
    name: &str,
    pod: &Pod,
    told: bool,
    set: &StatefulSet,
    api: &mut Api<'_>,
) -> Result<(), Status> {
    let Some(claim) = api.get::<PersistentVolumeClaim>(name).cloned() else {
        return Ok(());
    };
    if retention::conflicts(&claim, set, pod, api.config) {
        warn_of_conflict(set, name, api);
    }
    if let Some(owners) = retention::owners(&claim, set, pod, api.config) {
        api.modify::<PersistentVolumeClaim>(name, |claim| {
            claim.metadata.owner_references = owners;
        })?;
    }
    if told {
        record_pod(api, set, "update", &pod.metadata.name, Ok(()))?;
    }
    Ok(())
}

/// §5.1.4, for a pod whose claims were there before it and are managed by something else.
fn warn_of_conflicts(set: &StatefulSet, pod: &Pod, api: &mut Api<'_>) {
    for name in identity::claims_of(set, pod) {
        let claim = api.get::<PersistentVolumeClaim>(&name);
        let ignored = claim.is_some_and(|claim| {
            retention::conflicts(claim, set, pod, api.config)
                && retention::owners(claim, set, pod, api.config).is_none()
        });
        if ignored {
            warn_of_conflict(set, &name, api);
        }
    }
}

fn warn_of_conflict(set: &StatefulSet, claim: &str, api: &mut Api<'_>) {
    // Upstream's own spelling.
    let message = format!(
        "PersistentVolumeClaim {claim} has a conflicting OwnerReference that acts as a manging controller, the retention policy is ignored for this claim"
    );
    api.record(&ACTOR, set, Tone::Warning, "ConflictingController", message);
}

fn create_claim(
    claim: &PersistentVolumeClaim,
    pod: &str,
    set: &StatefulSet,
    api: &mut Api<'_>,
) -> Result<(), Status> {
    let result = api.create(claim.clone()).map(drop);
    let (claim, name) = (&claim.metadata.name, &set.metadata.name);
    let create = cased("create", api.config.version);
    match &result {
        Ok(()) => {
            let message = format!("{create} Claim {claim} Pod {pod} in StatefulSet {name} success");
            api.record(&ACTOR, set, Tone::Normal, "SuccessfulCreate", message);
        }
        Err(status) => {
            let message = format!(
                "{create} Claim {claim} for Pod {pod} in StatefulSet {name} failed error: {status}"
            );
            api.record(&ACTOR, set, Tone::Warning, "FailedCreate", message);
        }
    }
    result
}

/// The event about a pod that was created, updated or deleted, or could not be.
fn record_pod(
    api: &mut Api<'_>,
    set: &StatefulSet,
    verb: &str,
    pod: &str,
    result: Result<(), Status>,
) -> Result<(), Status> {
    let shown = cased(verb, api.config.version);
    let title = cased(verb, Version::V1_36);
    let name = &set.metadata.name;
    match &result {
        Ok(()) => {
            let message = format!("{shown} Pod {pod} in StatefulSet {name} successful");
            api.record(
                &ACTOR,
                set,
                Tone::Normal,
                &format!("Successful{title}"),
                message,
            );
        }
        // A name that is taken is only retried; it makes no event.
        Err(status) if status.reason == StatusReason::AlreadyExists => {}
        Err(status) => {
            let message = format!("{shown} Pod {pod} in StatefulSet {name} failed error: {status}");
            api.record(
                &ACTOR,
                set,
                Tone::Warning,
                &format!("Failed{title}"),
                message,
            );
        }
    }
    result
}

/// The verb as messages begin with it: capitalised since v1.35.
fn cased(verb: &str, version: Version) -> String {
    if version < Version::V1_35 {
        return verb.to_owned();
    }
    let (first, rest) = verb.split_at(1);
    [&first.to_ascii_uppercase(), rest].concat()
}
