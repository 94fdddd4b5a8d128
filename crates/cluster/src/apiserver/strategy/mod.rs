//! What the API server does with objects of each kind: defaults, admission, validation, and which
//! fields may change (upstream: `pkg/registry/*/strategy.go`, `pkg/apis/*/{defaults,validation}.go`,
//! and the admission plugins that are on by default).

mod names;
mod pod;
mod replicaset;
mod service;
mod statefulset;
mod storage_class;
pub(super) mod volume;

pub(super) use names::labels;
pub(crate) use volume::{CLAIM_PROTECTION, VOLUME_PROTECTION};

use std::rc::Rc;

use serde_json::Value;

use super::status::FieldError;
use crate::Config;
use crate::object::{
    self, ControllerRevision, EndpointSlice, Endpoints, Event, HasMetadata, Node, Object,
    ObjectMeta,
};
use crate::random::Random;
use crate::store::Store;

/// What admission may look at.
pub(crate) struct Admission<'a> {
    pub(crate) store: &'a mut Store,
    pub(crate) config: &'a Config,
}

/// How the API server treats a kind. What is called `old` is an object of the same kind.
pub(crate) trait Strategy: HasMetadata {
    /// Whether `metadata.generation` counts changes of the spec.
    fn counts_generations(&self) -> bool {
        false
    }

    /// Whether a deleted object is marked first, even if it gets no time to end.
    fn deletes_gracefully(&self) -> bool {
        false
    }

    /// Fills in what was not given.
    fn fill_defaults(&mut self, _config: &Config) {}

    /// What is added to a new object before it is validated.
    fn admit(&mut self, _admission: &mut Admission<'_>) {}

    /// Every field with a value that the kind doesn't allow.
    fn validate(&self, _config: &Config) -> Vec<FieldError> {
        names::validate(self.metadata(), names::subdomain)
    }

    /// Every field of a valid new object that asks for what another object has already.
    fn conflicts(&self, _store: &Store) -> Vec<FieldError> {
        Vec::new()
    }

    /// Every field that differs from `old` and must not.
    fn validate_update(&self, _old: &Object, _config: &Config) -> Vec<FieldError> {
        Vec::new()
    }

    /// Whether the desired state differs from that of `old`.
    fn spec_differs(&self, _old: &Object) -> bool {
        false
    }

    /// The seconds an object gets to end when it is deleted.
    fn grace_seconds(&self, _asked: Option<i64>) -> i64 {
        0
    }

    /// Forgets the status that somebody sent with a new object, and gives it the first one.
    fn reset_status(&mut self) {}

    /// Keeps the status of `old`: people change the spec, components the status.
    fn keep_status(&mut self, _old: &Object) {}
}

impl Strategy for ControllerRevision {}
impl Strategy for EndpointSlice {}
impl Strategy for Endpoints {}
impl Strategy for Event {}

impl Strategy for Node {
    fn keep_status(&mut self, old: &Object) {
        self.status = old.typed::<Self>().status.clone();
    }
}

/// How the API server treats an object.
pub(super) fn of(object: &Object) -> &dyn Strategy {
    match object {
        Object::ControllerRevision(object) => &**object,
        Object::EndpointSlice(object) => &**object,
        Object::Endpoints(object) => &**object,
        Object::Event(object) => &**object,
        Object::Node(object) => &**object,
        Object::PersistentVolume(object) => &**object,
        Object::PersistentVolumeClaim(object) => &**object,
        Object::Pod(object) => &**object,
        Object::ReplicaSet(object) => &**object,
        Object::Service(object) => &**object,
        Object::StatefulSet(object) => &**object,
        Object::StorageClass(object) => &**object,
    }
}

/// The same, to change the object. Whoever shares it keeps it as it is.
pub(super) fn of_mut(object: &mut Object) -> &mut dyn Strategy {
    match object {
        Object::ControllerRevision(object) => Rc::<object::ControllerRevision>::make_mut(object),
        Object::EndpointSlice(object) => Rc::<object::EndpointSlice>::make_mut(object),
        Object::Endpoints(object) => Rc::<object::Endpoints>::make_mut(object),
        Object::Event(object) => Rc::<object::Event>::make_mut(object),
        Object::Node(object) => Rc::<object::Node>::make_mut(object),
        Object::PersistentVolume(object) => Rc::<object::PersistentVolume>::make_mut(object),
        Object::PersistentVolumeClaim(object) => {
            Rc::<object::PersistentVolumeClaim>::make_mut(object)
        }
        Object::Pod(object) => Rc::<object::Pod>::make_mut(object),
        Object::ReplicaSet(object) => Rc::<object::ReplicaSet>::make_mut(object),
        Object::Service(object) => Rc::<object::Service>::make_mut(object),
        Object::StatefulSet(object) => Rc::<object::StatefulSet>::make_mut(object),
        Object::StorageClass(object) => Rc::<object::StorageClass>::make_mut(object),
    }
}

/// Carries over what people can't change: identity, times, and the status.
pub(super) fn keep_what_the_server_owns(new: &mut Object, old: &Object) {
    of_mut(new).keep_status(old);
    let (new, old) = (new.metadata_mut(), old.metadata());
    new.uid.clone_from(&old.uid);
    new.namespace.clone_from(&old.namespace);
    new.creation_timestamp = old.creation_timestamp;
    new.deletion_timestamp = old.deletion_timestamp;
    new.deletion_grace_period_seconds = old.deletion_grace_period_seconds;
    new.generation = old.generation;
    new.resource_version = old.resource_version;
}

/// Completes a name from `generateName` with five characters that spell no words
/// (`staging/src/k8s.io/apiserver/pkg/storage/names/generate.go`).
pub(super) fn name_generated(metadata: &mut ObjectMeta, random: &mut Random) {
    const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    if !metadata.name.is_empty() {
        return;
    }
    if let Some(base) = &metadata.generate_name {
        let kept = base.get(..58).unwrap_or(base);
        let suffix = (0..5).map(|_| char::from(ALPHABET[random.below(27) as usize]));
        metadata.name = kept.chars().chain(suffix).collect();
    }
}

/// Puts a field that is not simulated to its default, if it is not there.
fn default_other(other: &mut crate::object::meta::Other, field: &str, value: impl Into<Value>) {
    if !other.contains_key(field) {
        other.insert(field.to_owned(), value.into());
    }
}

/// Puts a field to its default, if it is absent or empty.
fn default_text(field: &mut Option<String>, value: &str) {
    if field.as_deref().unwrap_or_default().is_empty() {
        *field = Some(value.to_owned());
    }
}
