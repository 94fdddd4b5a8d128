//! What the controller knows of a set's pods from one look to the next, as an informer's cache with
//! indexes: so that a look at ten thousand pods goes only through those that ask for something.
//!
//! A pod is *settled* if a look would do nothing about it but count it. Everything here follows from
//! the objects; [`Census::refresh`] only looks again at what changed.

use std::rc::Rc;

use super::{identity, retention};
use crate::Config;
use crate::map::{Map, Set};
use crate::object::{Name, PersistentVolumeClaim, Pod, Resource, StatefulSet};
use crate::store::{Change, Store};
use crate::time::Time;

/// The pods of one set.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Census {
    /// The uid and the generation of the set that it was taken for.
    of: (String, i64),
    /// The revision that pods should be of.
    update: String,
    /// The claimed pods by ordinal. Names may spell one ordinal in several ways.
    members: Map<(i32, Name), Member>,
    /// Pods to adopt or to release.
    strays: Set<Name>,
    /// Members that are not settled.
    restless: Set<(i32, Name)>,
    /// Members of another revision.
    outdated: Set<(i32, Name)>,
    revisions: Vec<Revision>,
    ready: i32,
    /// Whether a name may spell its ordinal in another way than the controller does.
    odd_names: bool,
}

/// What is counted of a pod.
#[derive(Clone, Debug, PartialEq)]
struct Member {
    ready: bool,
    terminating: bool,
    /// Place in [`Census::revisions`].
    revision: usize,
}

/// How many pods are of a revision.
#[derive(Clone, Debug, PartialEq)]
struct Revision {
    name: String,
    pods: i32,
    /// Without those that are terminating.
    staying: i32,
}

/// The pod of a set that a change concerns: itself, or that of a claim.
pub(super) fn concerned(change: &Change, set: &str, set_uid: &str) -> Option<Name> {
    let name = change.object().name();
    if let Some((before, after)) = change.sides::<Pod>() {
        let owned =
            |pod: Option<&Rc<Pod>>| pod.is_some_and(|pod| pod.metadata.controlled_by(set_uid));
        let named = identity::parent_and_ordinal(name).is_some_and(|(parent, _)| parent == set);
        return (named || owned(before) || owned(after)).then(|| name.into());
    }
    change.sides::<PersistentVolumeClaim>()?;
    let (parent, _) = identity::parent_and_ordinal(name)?;
    let template = parent.strip_suffix(set)?;
    template
        .ends_with('-')
        .then(|| name[template.len()..].into())
}

/// What a census is taken from.
pub(super) struct Scope<'a> {
    pub(super) store: &'a Store,
    pub(super) config: &'a Config,
    pub(super) now: Time,
    pub(super) set: &'a StatefulSet,
}

/// Whether and how a pod is the set's: §2.
enum Bond {
    None,
    Claimed,
    /// Claimed, and still to be adopted.
    Orphan,
    /// Owned, but no longer selected.
    Released,
}

impl Scope<'_> {
    fn bond(&self, pod: &Pod) -> Bond {
        let metadata = &self.set.metadata;
        let selector = self.set.spec.selector.as_ref();
        let fits = selector.is_some_and(|selector| selector.matches(&pod.metadata.labels))
            && identity::ordinal_in(self.set, pod.name()).is_some();
        match pod.metadata.controller() {
            Some(owner) if owner.uid != metadata.uid => Bond::None,
            Some(_) if fits => Bond::Claimed,
            Some(_) if metadata.terminating() || selector.is_none() => Bond::None,
            Some(_) => Bond::Released,
            None if fits && !pod.terminating() && !metadata.terminating() => Bond::Orphan,
            None => Bond::None,
        }
    }

    /// Whether a look has nothing to do about the pod, and nothing to wait for.
    fn settled(&self, pod: &Pod, ordinal: i32) -> bool {
        let claims = &self.set.spec.volume_claim_templates;
        pod.running_and_ready()
            && !pod.terminating()
            && pod.available(self.set.min_ready_seconds(), self.now)
            && identity::matches(self.set, pod, ordinal)
            && claims.iter().all(|template| {
                let claim = identity::claim_name(self.set, template, ordinal);
                let claim = self.store.get::<PersistentVolumeClaim>(&claim);
                claim.is_none_or(|claim| {
                    retention::owners(claim, self.set, pod, self.config).is_none()
                })
            })
    }
}

impl Census {
    /// The uid of the set.
    pub(super) fn set_uid(&self) -> &str {
        &self.of.0
    }

    /// Looks again at what changed, or at all pods if the set did.
    pub(super) fn refresh(&mut self, scope: &Scope<'_>, changed: &[Name]) {
        let metadata = &scope.set.metadata;
        if self.of.0 != metadata.uid || self.of.1 != metadata.generation {
            *self = Census {
                of: (metadata.uid.clone(), metadata.generation),
                update: std::mem::take(&mut self.update),
                ..Census::default()
            };
            for pod in scope.store.list::<Pod>() {
                self.look_at(&pod.name().into(), scope);
            }
            return;
        }
        // Time alone makes a pod available.
        let mut again: Vec<Name> = Vec::new();
        if scope.set.min_ready_seconds() > 0 {
            again.extend(self.restless.iter().map(|(_, name)| name.clone()));
        }
        for name in changed.iter().chain(&again) {
            self.look_at(name, scope);
        }
    }

    fn look_at(&mut self, name: &Name, scope: &Scope<'_>) {
        let ordinal = identity::ordinal_in(scope.set, name);
        let key = (ordinal.unwrap_or(-1), name.clone());
        self.strays.remove(name);
        if let Some(member) = self.members.remove(&key) {
            self.tally(&member, -1);
            self.restless.remove(&key);
            self.outdated.remove(&key);
        }
        let Some(pod) = scope.store.get::<Pod>(name) else {
            return;
        };
        let bond = scope.bond(pod);
        if matches!(bond, Bond::Orphan | Bond::Released) {
            self.strays.insert(name.clone());
        }
        if !matches!(bond, Bond::Claimed | Bond::Orphan) {
            return;
        }
        let member = Member {
            ready: pod.running_and_ready(),
            terminating: pod.terminating(),
            revision: self.place_of(identity::revision_of(pod)),
        };
        self.tally(&member, 1);
        if self.revisions[member.revision].name != self.update {
            self.outdated.insert(key.clone());
        }
        if !scope.settled(pod, key.0) {
            self.restless.insert(key.clone());
        }
        self.odd_names |= **name != *identity::pod_name(scope.set, key.0);
        self.members.insert(key, member);
    }

    fn place_of(&mut self, revision: &str) -> usize {
        let mut known = self.revisions.iter();
        known
            .position(|known| known.name == revision)
            .unwrap_or_else(|| {
                self.revisions.push(Revision {
                    name: revision.to_owned(),
                    pods: 0,
                    staying: 0,
                });
                self.revisions.len() - 1
            })
    }

    fn tally(&mut self, member: &Member, by: i32) {
        self.ready += by * i32::from(member.ready);
        let revision = &mut self.revisions[member.revision];
        revision.pods += by;
        revision.staying += by * i32::from(!member.terminating);
    }

    /// From now on pods should be of this revision.
    pub(super) fn expect_revision(&mut self, update: &str) {
        if self.update == update {
            return;
        }
        update.clone_into(&mut self.update);
        let revisions = &self.revisions;
        let members = self.members.iter();
        let outdated = members.filter(|(_, member)| revisions[member.revision].name != update);
        self.outdated = outdated.map(|(key, _)| key.clone()).collect();
    }

    /// Pods to adopt or to release, by name.
    pub(super) fn strays(&self) -> impl Iterator<Item = &Name> {
        self.strays.iter()
    }

    /// How many pods the set has, and how many of them are running and ready.
    pub(super) fn pods(&self) -> (i32, i32) {
        (self.members.len() as i32, self.ready)
    }

    /// How many pods are of the revision, without those that are terminating.
    pub(super) fn staying(&self, revision: &str) -> i32 {
        let known = self.revisions.iter().find(|known| known.name == revision);
        known.map_or(0, |known| known.staying)
    }

    /// Whether any pod is of the revision.
    pub(super) fn uses(&self, revision: &str) -> bool {
        let mut known = self.revisions.iter();
        known.any(|known| known.name == revision && known.pods > 0)
    }

    /// The members whose ordinals are at least `from` and below `to`, by ordinal.
    fn within(&self, from: i64, to: i64) -> &[((i32, Name), Member)] {
        let all = self.members.entries();
        let below =
            |limit: i64| all.partition_point(|((ordinal, _), _)| i64::from(*ordinal) < limit);
        let start = below(from);
        &all[start..below(to).max(start)]
    }

    /// The highest ordinal of a member from `start` on and below `end`.
    pub(super) fn highest(&self, start: i32, end: i32) -> Option<i32> {
        let ((ordinal, _), _) = self.within(start.into(), end.into()).last()?;
        Some(*ordinal)
    }

    /// Ordinals of the range that have no pod, so many at most.
    pub(super) fn gaps(&self, start: i32, end: i32, limit: usize) -> Vec<i32> {
        let there = self.within(start.into(), end.into());
        let after = self.highest(start, end).map_or(start, |last| last + 1);
        let mut gaps = Vec::new();
        if self.odd_names || i64::from(after) - i64::from(start) != there.len() as i64 {
            let mut there = there.iter().map(|((ordinal, _), _)| *ordinal).peekable();
            for ordinal in start..after {
                if there.peek() != Some(&ordinal) {
                    gaps.push(ordinal);
                }
                while there.next_if_eq(&ordinal).is_some() {}
            }
        }
        gaps.extend(after..end);
        gaps.truncate(limit);
        gaps
    }

    /// Members that are not settled.
    pub(super) fn restless(&self) -> impl Iterator<Item = &(i32, Name)> {
        self.restless.iter()
    }

    /// The members of another revision, of those in the range: the highest first.
    pub(super) fn outdated(&self, start: i32, end: i32) -> impl Iterator<Item = &(i32, Name)> {
        let outdated = self.outdated.iter().rev();
        outdated.filter(move |(ordinal, _)| (start..end).contains(ordinal))
    }

    /// Members below `start`, and from `end` on: the highest first.
    pub(super) fn out_of_range(&self, start: i64, end: i64) -> impl Iterator<Item = &(i32, Name)> {
        let (below, above) = (self.within(i64::MIN, start), self.within(end, i64::MAX));
        let members = below.iter().chain(above).rev();
        members.map(|(key, _)| key)
    }

    /// Whether the member is settled.
    pub(super) fn is_settled(&self, member: &(i32, Name)) -> bool {
        !self.restless.contains(member)
    }

    /// Whether a census of everything says the same: for tests.
    pub(super) fn agrees(&self, scope: &Scope<'_>) -> bool {
        let mut anew = Census::default();
        anew.refresh(scope, &[]);
        anew.expect_revision(&self.update);
        let told = |census: &Census| {
            let members = census.members.iter().map(|(key, member)| {
                let revision = census.revisions[member.revision].name.clone();
                (key.clone(), member.ready, member.terminating, revision)
            });
            members.collect::<Vec<_>>()
        };
        let counted = |census: &Census| {
            let mut counted: Vec<_> = census.revisions.clone();
            counted.retain(|revision| revision.pods > 0);
            counted.sort_by(|a, b| a.name.cmp(&b.name));
            counted
        };
        told(self) == told(&anew)
            && counted(self) == counted(&anew)
            && self.strays == anew.strays
            && self.restless == anew.restless
            && self.outdated == anew.outdated
            && self.ready == anew.ready
    }
}
