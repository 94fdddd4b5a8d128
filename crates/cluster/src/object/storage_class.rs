//! storage.k8s.io/v1 StorageClass.

use std::cmp::Reverse;
use std::rc::Rc;

use super::fields::object;
use super::meta::{ObjectMeta, Other};

/// Marks the class that claims without one get.
const IS_DEFAULT: [&str; 2] = [
    "storageclass.kubernetes.io/is-default-class",
    "storageclass.beta.kubernetes.io/is-default-class",
];

/// The provisioner of classes whose volumes are made by hand.
const NO_PROVISIONER: &str = "kubernetes.io/no-provisioner";

object! {
    /// storage.k8s.io/v1 StorageClass.
    pub struct StorageClass {
        pub allow_volume_expansion: Option<bool>,
        pub metadata: ObjectMeta,
        pub provisioner: String,
        /// `Delete` or `Retain`: what its volumes get.
        pub reclaim_policy: Option<String>,
        /// `Immediate` or `WaitForFirstConsumer`.
        pub volume_binding_mode: Option<String>,
        pub other: Other = rest,
    }
}

impl StorageClass {
    /// Whether claims without a class get this one.
    pub fn is_default(&self) -> bool {
        let annotations = &self.metadata.annotations;
        IS_DEFAULT
            .iter()
            .any(|key| annotations.get(*key).is_some_and(|value| value == "true"))
    }

    /// Whether a claim stays unbound until a pod that uses it is being scheduled.
    pub fn waits_for_consumer(&self) -> bool {
        self.volume_binding_mode.as_deref() == Some("WaitForFirstConsumer")
    }

    /// Whether volumes of this class can be made on demand.
    pub fn provisions(&self) -> bool {
        self.provisioner != NO_PROVISIONER
    }
}

/// The default class: the newest if several are marked, the first by name among the newest.
pub fn default_class<'a>(
    classes: impl Iterator<Item = &'a Rc<StorageClass>>,
) -> Option<&'a Rc<StorageClass>> {
    classes
        .filter(|class| class.is_default())
        .min_by_key(|class| {
            (
                Reverse(class.metadata.creation_timestamp),
                &class.metadata.name,
            )
        })
}
