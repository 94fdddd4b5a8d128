//! The objects of the Kubernetes API, named and nested as there.
//!
//! Each type has the fields that are simulated, and [`meta::Other`] maps for the fields that are
//! only kept. A kind is added in one place: the `kinds!` list below.

pub mod endpoint_slice;
pub mod event;
pub(crate) mod fields;
pub mod meta;
pub mod node;
pub mod pod;
pub mod quantity;
pub mod replicaset;
pub mod service;
pub mod statefulset;
pub mod storage_class;
pub mod volume;

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use serde_json::Value;

use fields::{Field, Fields};

pub use endpoint_slice::EndpointSlice;
pub use event::{Event, EventSource};
pub use meta::{Condition, LabelSelector, Labels, ObjectMeta, OwnerReference};
pub use node::{Node, Taint};
pub use pod::{Container, Pod, PodTemplateSpec, Volume};
pub use quantity::Quantity;
pub use replicaset::ReplicaSet;
pub use service::{Endpoints, Service};
pub use statefulset::{ControllerRevision, StatefulSet, StatefulSetStatus};
pub use storage_class::StorageClass;
pub use volume::{ObjectReference, PersistentVolume, PersistentVolumeClaim};

/// An object's name, cheap to clone.
pub type Name = Rc<str>;

/// What has metadata.
pub trait HasMetadata {
    /// Its metadata.
    fn metadata(&self) -> &ObjectMeta;
    /// Its metadata, to change.
    fn metadata_mut(&mut self) -> &mut ObjectMeta;
}

/// A kind of object of which the store keeps a table.
pub trait Resource:
    HasMetadata + Clone + Default + fmt::Debug + PartialEq + Fields + 'static
{
    /// Which kind it is.
    const KIND: Kind;
    /// The same object without its type.
    fn erase(this: &Rc<Self>) -> Object;
    /// The typed object, if this is one.
    fn from_object(object: &Object) -> Option<&Rc<Self>>;
    /// The typed object, if this is one, to change.
    fn from_object_mut(object: &mut Object) -> Option<&mut Rc<Self>>;

    /// `metadata.name`.
    fn name(&self) -> &str {
        &self.metadata().name
    }
}

/// What is fixed about a kind.
#[derive(Debug)]
pub struct KindInfo {
    /// `StatefulSet`
    pub name: &'static str,
    /// `apps/v1`
    pub api_version: &'static str,
    /// `statefulsets`
    pub plural: &'static str,
    /// `sts`; empty if there is none
    pub short: &'static str,
    /// False for nodes and volumes, which belong to the whole cluster.
    pub namespaced: bool,
}

macro_rules! kinds {
    ($($kind:ident $api_version:literal $plural:literal $short:literal $namespaced:literal;)*) => {
        /// The kinds of objects that the cluster has.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "named as in the Kubernetes API")]
        pub enum Kind { $($kind),* }

        impl Kind {
            /// All kinds.
            pub const ALL: &'static [Kind] = &[$(Kind::$kind),*];

            /// What is fixed about this kind.
            pub const fn info(self) -> &'static KindInfo {
                match self {
                    $(Kind::$kind => &KindInfo {
                        name: stringify!($kind),
                        api_version: $api_version,
                        plural: $plural,
                        short: $short,
                        namespaced: $namespaced,
                    },)*
                }
            }
        }

        /// An object of any kind; cloning it shares it.
        #[derive(Clone, Debug, PartialEq)]
        #[allow(missing_docs, reason = "named as in the Kubernetes API")]
        pub enum Object { $($kind(Rc<$kind>)),* }

        impl Object {
            /// Its kind.
            pub fn kind(&self) -> Kind {
                match self { $(Object::$kind(_) => Kind::$kind),* }
            }

            /// Its metadata.
            pub fn metadata(&self) -> &ObjectMeta {
                match self { $(Object::$kind(object) => &object.metadata),* }
            }

            /// Its metadata, to change. Whoever shares the object keeps it as it is.
            pub(crate) fn metadata_mut(&mut self) -> &mut ObjectMeta {
                match self { $(Object::$kind(object) => &mut Rc::make_mut(object).metadata),* }
            }

            /// One without anything in it.
            fn empty(kind: Kind) -> Object {
                match kind { $(Kind::$kind => Object::$kind(Rc::default())),* }
            }

            fn fields(&self) -> &dyn Fields {
                match self { $(Object::$kind(object) => &**object),* }
            }

            fn fields_mut(&mut self) -> &mut dyn Fields {
                match self { $(Object::$kind(object) => Rc::<$kind>::make_mut(object)),* }
            }
        }

        $(impl HasMetadata for $kind {
            fn metadata(&self) -> &ObjectMeta { &self.metadata }
            fn metadata_mut(&mut self) -> &mut ObjectMeta { &mut self.metadata }
        }

        impl Resource for $kind {
            const KIND: Kind = Kind::$kind;
            fn erase(this: &Rc<Self>) -> Object { Object::$kind(Rc::clone(this)) }
            fn from_object(object: &Object) -> Option<&Rc<Self>> {
                match object { Object::$kind(typed) => Some(typed), _ => None }
            }
            fn from_object_mut(object: &mut Object) -> Option<&mut Rc<Self>> {
                match object { Object::$kind(typed) => Some(typed), _ => None }
            }
        })*
    };
}

// Kind, apiVersion, plural, short name, namespaced.
kinds! {
    ControllerRevision "apps/v1" "controllerrevisions" "" true;
    EndpointSlice "discovery.k8s.io/v1" "endpointslices" "" true;
    Endpoints "v1" "endpoints" "ep" true;
    Event "v1" "events" "ev" true;
    Node "v1" "nodes" "no" false;
    PersistentVolume "v1" "persistentvolumes" "pv" false;
    PersistentVolumeClaim "v1" "persistentvolumeclaims" "pvc" true;
    Pod "v1" "pods" "po" true;
    ReplicaSet "apps/v1" "replicasets" "rs" true;
    Service "v1" "services" "svc" true;
    StatefulSet "apps/v1" "statefulsets" "sts" true;
    StorageClass "storage.k8s.io/v1" "storageclasses" "sc" false;
}

/// Objects of one kind, by name. Shared until changed. The tables of all kinds are of one type, and
/// so of one copy of the map's code.
pub(crate) type Table = Rc<BTreeMap<Name, Object>>;

/// A table for each kind.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tables([Table; Kind::ALL.len()]);

impl Tables {
    pub(crate) fn of(&self, kind: Kind) -> &Table {
        &self.0[kind as usize]
    }

    pub(crate) fn of_mut(&mut self, kind: Kind) -> &mut Table {
        &mut self.0[kind as usize]
    }
}

impl Kind {
    /// `StatefulSet`
    pub const fn name(self) -> &'static str {
        self.info().name
    }

    /// `apps/v1`
    pub const fn api_version(self) -> &'static str {
        self.info().api_version
    }

    /// `apps`; empty for the core group.
    pub fn group(self) -> &'static str {
        self.api_version()
            .split_once('/')
            .map_or("", |(group, _)| group)
    }

    /// `statefulsets.apps`, or `pods` in the core group.
    pub fn qualified_plural(self) -> String {
        match self.group() {
            "" => self.info().plural.to_owned(),
            group => format!("{}.{group}", self.info().plural),
        }
    }

    /// `statefulset.apps`, or `pod` in the core group: as kubectl names an object it changed.
    pub fn qualified_singular(self) -> String {
        let singular = self.name().to_ascii_lowercase();
        match self.group() {
            "" => singular,
            group => format!("{singular}.{group}"),
        }
    }

    /// The kind with this `kind` and `apiVersion`.
    pub fn from_api(api_version: &str, name: &str) -> Option<Kind> {
        let mut all = Kind::ALL.iter().copied();
        all.find(|kind| kind.name() == name && kind.api_version() == api_version)
    }
}

impl Object {
    /// One of this kind with the fields that are given; names and types are not checked.
    pub(crate) fn from_value(kind: Kind, value: Value) -> Object {
        let mut object = Object::empty(kind);
        fields::read(object.fields_mut(), value);
        object
    }

    /// As the API sends it: `apiVersion`, `kind` and the fields, absent ones left out.
    pub fn to_value(&self) -> Value {
        to_value_of(self.kind(), self.fields())
    }

    /// The object as this type, which it is known to be.
    pub(crate) fn typed<T: Resource>(&self) -> &Rc<T> {
        T::from_object(self).expect("the object is of this kind")
    }

    /// `metadata.name`.
    pub fn name(&self) -> &str {
        &self.metadata().name
    }

    /// `metadata.uid`.
    pub fn uid(&self) -> &str {
        &self.metadata().uid
    }
}

/// As the API sends it: `apiVersion`, `kind` and the fields, absent ones left out.
pub fn to_value<T: Resource>(object: &T) -> Value {
    to_value_of(T::KIND, object)
}

fn to_value_of(kind: Kind, object: &dyn Fields) -> Value {
    let mut value = fields::write(object);
    if let Value::Object(map) = &mut value {
        map.insert("apiVersion".to_owned(), kind.api_version().into());
        map.insert("kind".to_owned(), kind.name().into());
    }
    prune(&mut value);
    value
}

/// The fields of anything in an object, absent ones left out.
pub fn fields(part: &dyn Field) -> Value {
    let mut value = part.write();
    prune(&mut value);
    value
}

/// An object, or anything in one, with the fields that are given. Their names and types are not
/// checked; one with a wrong type counts as not given.
pub fn from_value<T: Field + Default>(value: Value) -> T {
    let mut part = T::default();
    part.read(value);
    part
}

/// Removes what the API treats as not given: `null` and empty lists.
pub fn prune(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, field| {
                prune(field);
                !field.is_null() && field.as_array().is_none_or(|list| !list.is_empty())
            });
        }
        Value::Array(list) => list.iter_mut().for_each(prune),
        _ => {}
    }
}

/// A reference to the object, as events and endpoints carry it.
pub fn reference_to<T: Resource>(object: &T) -> ObjectReference {
    let metadata = object.metadata();
    ObjectReference {
        api_version: Some(T::KIND.api_version().to_owned()),
        kind: Some(T::KIND.name().to_owned()),
        name: Some(metadata.name.clone()),
        namespace: metadata.namespace.clone(),
        uid: Some(metadata.uid.clone()),
        resource_version: Some(metadata.resource_version.to_string()),
        field_path: None,
    }
}
