//! Deletes what deleted owners leave behind: reference/statefulset-controller.md §11
//! (`pkg/controller/garbagecollector`).
//!
//! * background: the owner is gone, and its dependents are deleted, in no order;
//! * foreground: the owner stays, with a finalizer, until the dependents that block it are gone;
//! * orphan: the owner stays until its dependents have forgotten it.

use crate::map::Map;
use std::rc::Rc;

use super::Outcome;
use crate::agenda::Turn;
use crate::apiserver::{Api, DeleteOptions, PropagationPolicy, Status};
use crate::apiserver::{FOREGROUND_DELETION, ORPHAN};
use crate::object::{Kind, Name, Object, ObjectMeta, OwnerReference};
use crate::step::{Reason, Subject};
use crate::store::{Change, ChangeType, Store};

/// Milliseconds between two writes about one owner.
const WRITE_LATENCY: u64 = 1;

/// Who depends on whom, as the collector knows it from what it has seen.
#[derive(Clone, Debug, Default)]
pub(crate) struct GarbageCollector {
    /// By the owner's uid.
    owners: Rc<Map<Name, Rc<Dependents>>>,
    /// Owners that wait for their dependents, by uid: those with one of the two finalizers.
    deleting: Rc<Map<Name, Subject>>,
}

/// The dependents of one owner, by their uids: an order that means nothing, as the real collector
/// has none.
#[derive(Clone, Debug, Default)]
struct Dependents {
    living: Map<Name, Subject>,
    /// Those already marked for deletion.
    terminating: Map<Name, Subject>,
}

impl GarbageCollector {
    /// Takes in a change of any object.
    pub(crate) fn observe(&mut self, change: &Change) {
        let (before, after) = (change.before.as_ref(), change.after.as_ref());
        let known = before.map(Object::metadata);
        let now = after.map(Object::metadata);
        if let Some(metadata) = now.or(known) {
            self.observe_owner(metadata, change);
        }
        let same = known.zip(now).is_some_and(|(known, now)| {
            known.owner_references == now.owner_references
                && known.terminating() == now.terminating()
        });
        if same {
            return;
        }
        if let Some(metadata) = known {
            for owner in &metadata.owner_references {
                self.forget(&owner.uid, &metadata.uid);
            }
        }
        if let Some(object) = after {
            for owner in &object.metadata().owner_references {
                self.remember(&owner.uid, object);
            }
        }
    }

    fn observe_owner(&mut self, metadata: &ObjectMeta, change: &Change) {
        let waits = change.after.is_some() && waits_for_dependents(metadata);
        if waits != self.deleting.contains_key(metadata.uid.as_str()) {
            let deleting = Rc::make_mut(&mut self.deleting);
            let uid = Name::from(metadata.uid.as_str());
            match waits {
                true => deleting.insert(uid, Subject::of(change.object())),
                false => deleting.remove(&uid),
            };
        }
    }

    fn remember(&mut self, owner: &str, dependent: &Object) {
        let owners = Rc::make_mut(&mut self.owners);
        let dependents = Rc::make_mut(owners.or_insert(owner.into(), Rc::default()));
        let list = match dependent.metadata().terminating() {
            true => &mut dependents.terminating,
            false => &mut dependents.living,
        };
        list.insert(dependent.uid().into(), Subject::of(dependent));
    }

    fn forget(&mut self, owner: &str, dependent: &str) {
        let owners = Rc::make_mut(&mut self.owners);
        let Some(dependents) = owners.get_mut(owner) else {
            return;
        };
        let list = Rc::make_mut(dependents);
        list.living.remove(dependent);
        list.terminating.remove(dependent);
        if list.living.is_empty() && list.terminating.is_empty() {
            owners.remove(owner);
        }
    }

    /// One turn about an owner, by its uid: the next write that its deletion asks for.
    pub(crate) fn turn(&self, uid: &Name, api: &mut Api<'_>) -> Outcome {
        let none = Rc::new(Dependents::default());
        let dependents = self.owners.get(uid).unwrap_or(&none);
        let Some(owner) = self.deleting.get(uid) else {
            return collect(uid, dependents, self, api);
        };
        let finalizers = api.store.get_object(owner.kind, &owner.name);
        match finalizers {
            Some(object) if object.metadata().has_finalizer(ORPHAN) => {
                orphan(owner, uid, dependents, api)
            }
            Some(_) => foreground(owner, uid, dependents, self, api),
            None => Outcome::nothing(),
        }
    }

    fn has_dependents(&self, uid: &str) -> bool {
        self.owners.contains_key(uid)
    }
}

fn waits_for_dependents(metadata: &ObjectMeta) -> bool {
    metadata.terminating()
        && (metadata.has_finalizer(FOREGROUND_DELETION) || metadata.has_finalizer(ORPHAN))
}

/// The turns that a change makes due: about the object itself if it is gone or waits for its
/// dependents, and about its owners if they are gone or wait for it.
pub(crate) fn turns<'a>(change: &'a Change, store: &'a Store) -> impl Iterator<Item = Turn> + 'a {
    let metadata = change.object().metadata();
    let gone = change.change_type() == ChangeType::Deleted;
    let own = (gone || waits_for_dependents(metadata)).then_some(metadata.uid.as_str());
    let sides = [change.before.as_ref(), change.after.as_ref()];
    let owners = sides
        .into_iter()
        .flatten()
        .flat_map(|object| &object.metadata().owner_references)
        .filter(|owner| !matches!(standing(owner, store), Standing::Solid))
        .map(|owner| owner.uid.as_str());
    own.into_iter()
        .chain(owners)
        .map(|uid| Turn::CollectGarbage(uid.into()))
}

/// What a reference to an owner is worth (`classifyReferences`).
enum Standing {
    /// The owner lives, or is of a kind that the cluster doesn't know.
    Solid,
    /// There is no such owner any more.
    Dangling,
    /// The owner is deleted in the foreground and waits for this dependent, or lets it go.
    Waiting,
}

fn standing(owner: &OwnerReference, store: &Store) -> Standing {
    let Some(kind) = Kind::from_api(&owner.api_version, &owner.kind) else {
        return Standing::Solid;
    };
    match store.get_object(kind, &owner.name) {
        Some(object) if object.uid() == owner.uid => {
            if waits_for_dependents(object.metadata()) {
                Standing::Waiting
            } else {
                Standing::Solid
            }
        }
        _ => Standing::Dangling,
    }
}

/// The owner is gone: deletes a dependent that has no other owner; another one forgets this owner.
fn collect(
    uid: &Name,
    dependents: &Dependents,
    graph: &GarbageCollector,
    api: &mut Api<'_>,
) -> Outcome {
    let dangling = dependents.living.iter().find_map(|(dependent, subject)| {
        let object = api.store.get_object(subject.kind, &subject.name)?;
        let reference = reference_to(object.metadata(), uid)?.clone();
        matches!(standing(&reference, api.store), Standing::Dangling)
            .then_some((dependent, subject, reference, object))
    });
    let Some((dependent, subject, reference, object)) = dangling else {
        return Outcome::nothing();
    };
    let owners = &object.metadata().owner_references;
    let held = owners
        .iter()
        .any(|owner| matches!(standing(owner, api.store), Standing::Solid));
    let subject = subject.clone();
    let done = if held {
        let owner = reference.name.as_str().into();
        let result = disown(&subject, uid, api);
        result.map(|()| Reason::OwnerForgotten { subject, owner })
    } else {
        let waiting = owners
            .iter()
            .any(|owner| matches!(standing(owner, api.store), Standing::Waiting));
        let foreground = waiting && graph.has_dependents(dependent);
        let result = delete(&subject, dependent, foreground, api);
        result.map(|()| Reason::OwnerIsGone { subject })
    };
    told(done)
}

/// §11.2: deletes the dependents that block the owner; when they are gone, lets the owner go.
fn foreground(
    owner: &Subject,
    uid: &Name,
    dependents: &Dependents,
    graph: &GarbageCollector,
    api: &mut Api<'_>,
) -> Outcome {
    let blocks = |subject: &Subject| {
        let object = api.store.get_object(subject.kind, &subject.name);
        object.is_some_and(|object| {
            reference_to(object.metadata(), uid)
                .is_some_and(|reference| reference.block_owner_deletion == Some(true))
        })
    };
    let next = dependents
        .living
        .iter()
        .find(|(_, subject)| blocks(subject))
        .map(|(dependent, subject)| (dependent, subject.clone()));
    if let Some((dependent, subject)) = next {
        let foreground = graph.has_dependents(dependent);
        let result = delete(&subject, dependent, foreground, api);
        let owner = owner.name.clone();
        return told(result.map(|()| Reason::BlocksOwner { subject, owner }));
    }
    if dependents.terminating.values().any(blocks) {
        return Outcome::nothing();
    }
    let subject = owner.clone();
    told(
        unfinalize(&subject, FOREGROUND_DELETION, api)
            .map(|()| Reason::DependentsAreGone { subject }),
    )
}

/// §11.3: makes the dependents forget the owner; when they have, lets the owner go.
fn orphan(owner: &Subject, uid: &Name, dependents: &Dependents, api: &mut Api<'_>) -> Outcome {
    let mut all = dependents
        .living
        .values()
        .chain(dependents.terminating.values());
    if let Some(subject) = all.next().cloned() {
        let result = disown(&subject, uid, api);
        let owner = owner.name.clone();
        return told(result.map(|()| Reason::Orphaned { subject, owner }));
    }
    let subject = owner.clone();
    told(unfinalize(&subject, ORPHAN, api).map(|()| Reason::OrphansAreFree { subject }))
}

/// A write that failed, because the object changed or went meanwhile, needs no other try: that
/// change wakes the collector.
fn told(done: Result<Reason, Status>) -> Outcome {
    match done {
        Ok(reason) => Outcome::because(reason).again(WRITE_LATENCY),
        Err(_) => Outcome::nothing(),
    }
}

fn reference_to<'a>(metadata: &'a ObjectMeta, uid: &str) -> Option<&'a OwnerReference> {
    metadata
        .owner_references
        .iter()
        .find(|owner| owner.uid == uid)
}

fn delete(subject: &Subject, uid: &str, foreground: bool, api: &mut Api<'_>) -> Result<(), Status> {
    let options = DeleteOptions {
        uid: Some(uid.to_owned()),
        propagation_policy: foreground.then_some(PropagationPolicy::Foreground),
        ..DeleteOptions::default()
    };
    api.delete(subject.kind, &subject.name, &options).map(drop)
}

fn disown(subject: &Subject, owner: &str, api: &mut Api<'_>) -> Result<(), Status> {
    api.modify_metadata(subject.kind, &subject.name, |metadata| {
        metadata
            .owner_references
            .retain(|reference| reference.uid != owner);
    })
}

fn unfinalize(subject: &Subject, finalizer: &str, api: &mut Api<'_>) -> Result<(), Status> {
    api.modify_metadata(subject.kind, &subject.name, |metadata| {
        metadata.finalizers.retain(|present| present != finalizer);
    })
}
