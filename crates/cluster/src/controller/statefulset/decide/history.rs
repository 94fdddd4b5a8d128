//! The set's revisions: which there are, which the template is, and which may go:
//! reference/statefulset-controller.md §3.

use std::rc::Rc;

use super::super::revision;
use super::{Look, Plan, Write};
use crate::object::{ControllerRevision, Kind, Name, PodTemplateSpec, StatefulSet, from_value};
use crate::sort::sort_by;
use crate::step::{Reason, Subject};
use crate::store::Store;

/// The set's revisions, oldest first; orphans with its labels are adopted.
pub(super) fn revisions_of(
    store: &Store,
    set: &StatefulSet,
    plan: &mut Plan,
) -> Vec<Rc<ControllerRevision>> {
    let Some(selector) = &set.spec.selector else {
        return Vec::new();
    };
    let mut revisions = Vec::new();
    for revision in store.list::<ControllerRevision>() {
        if revision.metadata.controlled_by(&set.metadata.uid) {
            revisions.push(Rc::clone(revision));
        } else if revision.metadata.controller().is_none()
            && selector.matches(&revision.metadata.labels)
            && !set.metadata.terminating()
        {
            revisions.push(Rc::clone(revision));
            let name: Name = revision.metadata.name.as_str().into();
            let subject = Subject::new(Kind::ControllerRevision, &name);
            let reason = Reason::OrphanMatches {
                set: set.metadata.name.as_str().into(),
                subject,
            };
            plan.writes
                .push((Write::AdoptRevision(name), reason.into()));
        }
    }
    sort_by(&mut revisions, |a, b| {
        let order = |r: &ControllerRevision| (r.revision, r.metadata.creation_timestamp);
        order(a)
            .cmp(&order(b))
            .then_with(|| a.metadata.name.cmp(&b.metadata.name))
    });
    revisions
}

/// Finds, renumbers or creates the revision of the present template: §3.7. Gives its name, and how
/// often a name was taken.
pub(super) fn update_revision(
    store: &Store,
    set: &StatefulSet,
    wanted: &ControllerRevision,
    revisions: &[Rc<ControllerRevision>],
    plan: &mut Plan,
) -> (String, i32) {
    let collisions = revision::collisions(set);
    let newest = revisions.last().map_or(0, |revision| revision.revision);
    let set_name: Name = set.metadata.name.as_str().into();
    let equal = revisions
        .iter()
        .rev()
        .find(|revision| revision.data == wanted.data);
    match equal {
        Some(revision) => {
            let name: Name = revision.metadata.name.as_str().into();
            if revision.revision != newest {
                let reason = Reason::TemplateIsKnown {
                    set: set_name,
                    revision: name.clone(),
                };
                plan.writes
                    .push((Write::RenumberRevision(name, newest + 1), reason.into()));
            }
            (revision.metadata.name.clone(), collisions)
        }
        None => {
            let mut revision = wanted.clone();
            revision.revision = newest + 1;
            let (name, collisions) = free_name(store, set, wanted, collisions);
            revision.metadata.name.clone_from(&name);
            if store.get::<ControllerRevision>(&name).is_some() {
                return (name, collisions);
            }
            let reason = Reason::TemplateIsNew {
                set: set_name,
                revision: name.as_str().into(),
            };
            plan.writes
                .push((Write::CreateRevision(Rc::new(revision)), reason.into()));
            (name, collisions)
        }
    }
}

/// A name for a new revision that nothing with other contents has, and the collisions it took: §3.8.
fn free_name(
    store: &Store,
    set: &StatefulSet,
    wanted: &ControllerRevision,
    mut collisions: i32,
) -> (String, i32) {
    loop {
        let name = revision::name(set, wanted, collisions);
        let present = store.get::<ControllerRevision>(&name);
        if present.is_none_or(|present| present.data == wanted.data) {
            return (name, collisions);
        }
        collisions += 1;
    }
}

/// The pod template that a revision stores.
pub(super) fn template_of(revision: &ControllerRevision) -> PodTemplateSpec {
    let mut template = revision
        .data
        .pointer("/spec/template")
        .cloned()
        .unwrap_or_default();
    crate::object::prune(&mut template);
    from_value(template)
}

impl Look<'_> {
    /// Deletes the oldest revisions that nothing refers to, above the limit: §3.10.
    pub(super) fn truncate_history(&mut self, revisions: &[Rc<ControllerRevision>]) {
        let limit = self.set.spec.revision_history_limit.unwrap_or(10);
        let Ok(limit) = usize::try_from(limit) else {
            return;
        };
        if revisions.len() <= limit {
            return;
        }
        let live =
            |name: &str| name == self.current.1 || name == self.update.1 || self.census.uses(name);
        let dead = revisions.iter().filter(|r| !live(&r.metadata.name));
        let dead: Vec<Name> = dead.map(|r| r.metadata.name.as_str().into()).collect();
        for name in dead.iter().take(dead.len().saturating_sub(limit)) {
            let reason = Reason::HistoryTruncated {
                set: self.name.clone(),
                revision: name.clone(),
            };
            self.plan
                .writes
                .push((Write::DeleteRevision(name.clone()), reason.into()));
        }
    }
}
