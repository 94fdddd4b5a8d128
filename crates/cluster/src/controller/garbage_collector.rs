//! Deletes what a deleted owner left behind, in no order: reference/statefulset-controller.md §11
//! (`pkg/controller/garbagecollector`). Foreground deletion and orphaning are not simulated yet.

use super::Outcome;
use crate::apiserver::{Api, DeleteOptions};
use crate::object::{ControllerRevision, Name, PersistentVolumeClaim, Pod, Resource};
use crate::step::{Reason, Subject};
use crate::store::Store;

/// Deletes one object whose owner (by uid) is gone.
pub(crate) fn turn(owner: &Name, api: &mut Api<'_>) -> Outcome {
    let options = DeleteOptions::default();
    let subject = if let Some(name) = dependent::<Pod>(api.store, owner) {
        api.delete::<Pod>(&name, &options).ok();
        Subject::new(Pod::KIND, &name)
    } else if let Some(name) = dependent::<ControllerRevision>(api.store, owner) {
        api.delete::<ControllerRevision>(&name, &options).ok();
        Subject::new(ControllerRevision::KIND, &name)
    } else if let Some(name) = dependent::<PersistentVolumeClaim>(api.store, owner) {
        api.delete::<PersistentVolumeClaim>(&name, &options).ok();
        Subject::new(PersistentVolumeClaim::KIND, &name)
    } else {
        return Outcome::nothing();
    };
    Outcome::because(Reason::OwnerIsGone { subject }).again(1)
}

#[allow(private_bounds, reason = "tables are the store's own affair")]
fn dependent<T: Resource + crate::store::Tabled>(store: &Store, owner: &str) -> Option<String> {
    let mut left = store
        .list::<T>()
        .filter(|object| !object.metadata().terminating());
    let found = left.find(|object| {
        object
            .metadata()
            .owner_references
            .iter()
            .any(|o| o.uid == owner)
    });
    found.map(|object| object.name().to_owned())
}
