//! core/v1 PersistentVolume and PersistentVolumeClaim.

use serde_json::Value;

use super::fields::object;
use super::meta::{LabelSelector, LabelSelectorRequirement, ObjectMeta, Other};
use super::node::Node;
use super::quantity::Quantity;
use crate::map::{Map, gather};

/// Names the class of a claim or volume, in the days before the field.
const CLASS_ANNOTATION: &str = "volume.beta.kubernetes.io/storage-class";

/// Amounts by resource name, such as `storage: 1Mi`, as they were written.
pub type ResourceList = Map<String, Quantity>;

object! {
    /// core/v1 PersistentVolume.
    pub struct PersistentVolume {
        pub metadata: ObjectMeta,
        pub spec: PersistentVolumeSpec,
        pub status: PersistentVolumeStatus,
    }

    /// core/v1 PersistentVolumeSpec. The source of the volume (`hostPath`, `local`, `csi`) is among
    /// `other`: it is where the disk lies, which the simulation keys by the volume's name.
    pub struct PersistentVolumeSpec {
        pub access_modes: Vec<String>,
        pub capacity: ResourceList = omitempty,
        pub claim_ref: Option<ObjectReference>,
        /// `Retain`, `Delete` or `Recycle`.
        pub persistent_volume_reclaim_policy: Option<String>,
        pub storage_class_name: Option<String>,
        pub volume_mode: Option<String>,
        pub other: Other = rest,
    }

    /// core/v1 PersistentVolumeStatus.
    pub struct PersistentVolumeStatus {
        pub message: Option<String>,
        /// `Pending`, `Available`, `Bound`, `Released` or `Failed`.
        pub phase: String = omitempty,
        pub reason: Option<String>,
        pub other: Other = rest,
    }

    /// core/v1 PersistentVolumeClaim.
    pub struct PersistentVolumeClaim {
        /// Only given in a StatefulSet's claim templates.
        pub api_version: Option<String>,
        /// Only given in a StatefulSet's claim templates.
        pub kind: Option<String>,
        pub metadata: ObjectMeta,
        pub spec: PersistentVolumeClaimSpec,
        pub status: PersistentVolumeClaimStatus,
    }

    /// core/v1 PersistentVolumeClaimSpec.
    pub struct PersistentVolumeClaimSpec {
        pub access_modes: Vec<String>,
        pub resources: VolumeResourceRequirements,
        pub selector: Option<LabelSelector>,
        /// Absent and empty differ: reference/storage.md §1.
        pub storage_class_name: Option<String>,
        pub volume_mode: Option<String>,
        pub volume_name: Option<String>,
        pub other: Other = rest,
    }

    /// core/v1 VolumeResourceRequirements.
    pub struct VolumeResourceRequirements {
        pub limits: ResourceList = omitempty,
        pub requests: ResourceList = omitempty,
    }

    /// core/v1 PersistentVolumeClaimStatus.
    pub struct PersistentVolumeClaimStatus {
        pub access_modes: Vec<String>,
        pub capacity: ResourceList = omitempty,
        /// `Pending`, `Bound` or `Lost`.
        pub phase: String = omitempty,
        pub other: Other = rest,
    }

    /// core/v1 ObjectReference.
    #[derive(Eq, PartialOrd, Ord)]
    pub struct ObjectReference {
        pub api_version: Option<String>,
        pub field_path: Option<String>,
        pub kind: Option<String>,
        pub name: Option<String>,
        pub namespace: Option<String>,
        pub resource_version: Option<String>,
        pub uid: Option<String>,
    }
}

impl PersistentVolume {
    /// `spec.capacity.storage` in bytes; 0 if not given.
    pub fn storage_bytes(&self) -> i128 {
        self.spec.capacity.get("storage").map_or(0, Quantity::bytes)
    }

    /// The class it belongs to; empty if none.
    pub fn class(&self) -> &str {
        let annotated = self.metadata.annotations.get(CLASS_ANNOTATION);
        annotated
            .or(self.spec.storage_class_name.as_ref())
            .map_or("", String::as_str)
    }

    /// Whether pods on the node can use it (`spec.nodeAffinity`): reference/storage.md §9.
    pub fn reaches(&self, node: &Node) -> bool {
        let affinity = self.spec.other.get("nodeAffinity");
        let terms = affinity.and_then(|affinity| affinity.pointer("/required/nodeSelectorTerms"));
        let Some(terms) = terms.and_then(Value::as_array) else {
            return true;
        };
        terms.iter().any(|term| {
            let requirements = |field: &str| -> Vec<LabelSelectorRequirement> {
                let list = term.get(field).cloned().unwrap_or_default();
                super::from_value(list)
            };
            let name = gather([("metadata.name".to_owned(), node.metadata.name.clone())]);
            requirements("matchExpressions")
                .iter()
                .all(|r| r.matches(&node.metadata.labels))
                && requirements("matchFields").iter().all(|r| r.matches(&name))
        })
    }

    /// `Filesystem` unless `Block` was asked for.
    pub fn volume_mode(&self) -> &str {
        self.spec.volume_mode.as_deref().unwrap_or("Filesystem")
    }

    /// Whether `claimRef` names this claim, and with a uid of another incarnation doesn't.
    pub fn reserved_for(&self, claim: &PersistentVolumeClaim) -> bool {
        self.spec.claim_ref.as_ref().is_some_and(|reference| {
            reference.name.as_deref() == Some(&claim.metadata.name)
                && reference.namespace == claim.metadata.namespace
                && reference
                    .uid
                    .as_ref()
                    .is_none_or(|uid| *uid == claim.metadata.uid)
        })
    }
}

impl PersistentVolumeClaim {
    /// The class asked for: absent if none was, empty if none is wanted. The annotation of the
    /// days before the field still has the last word (reference/storage.md §1).
    pub fn class(&self) -> Option<&str> {
        let annotated = self.metadata.annotations.get(CLASS_ANNOTATION);
        annotated
            .or(self.spec.storage_class_name.as_ref())
            .map(String::as_str)
    }

    /// The storage asked for, in bytes; 0 if not given.
    pub fn requested_bytes(&self) -> i128 {
        self.spec
            .resources
            .requests
            .get("storage")
            .map_or(0, Quantity::bytes)
    }

    /// `Filesystem` unless `Block` was asked for.
    pub fn volume_mode(&self) -> &str {
        self.spec.volume_mode.as_deref().unwrap_or("Filesystem")
    }

    /// The volume this claim is bound to, or is being bound to.
    pub fn volume_name(&self) -> Option<&str> {
        self.spec
            .volume_name
            .as_deref()
            .filter(|name| !name.is_empty())
    }

    /// Both sides of the binding are done (annotation `pv.kubernetes.io/bind-completed`).
    pub fn bind_completed(&self) -> bool {
        self.metadata
            .annotations
            .contains_key("pv.kubernetes.io/bind-completed")
    }
}
