//! Volumes and claims: reference/storage.md §1, §7, §11.

use serde_json::json;

use super::{Admission, Strategy, default_text, names};
use crate::apiserver::{Fault, FieldError};
use crate::object::storage_class::default_class;
use crate::object::volume::{PersistentVolumeClaimStatus, PersistentVolumeStatus};
use crate::object::{Object, PersistentVolume, PersistentVolumeClaim, Quantity, StorageClass};
use crate::{Config, Version};

/// Keeps a claim while a pod uses it.
pub(crate) const CLAIM_PROTECTION: &str = "kubernetes.io/pvc-protection";
/// Keeps a volume while it is bound.
pub(crate) const VOLUME_PROTECTION: &str = "kubernetes.io/pv-protection";

/// The last one came with v1.22.
const ACCESS_MODES: [&str; 4] = [
    "ReadOnlyMany",
    "ReadWriteMany",
    "ReadWriteOnce",
    "ReadWriteOncePod",
];

/// Whether a bound claim asks for more than before. Nothing here can grow, and so the admission
/// plugin PersistentVolumeClaimResize refuses it.
pub(in crate::apiserver) fn grows(
    old: &PersistentVolumeClaim,
    new: &PersistentVolumeClaim,
) -> bool {
    let storage = |claim: &PersistentVolumeClaim| {
        let amount = claim.spec.resources.requests.get("storage");
        amount.map_or(0, Quantity::bytes)
    };
    old.status.phase == "Bound" && storage(new) > storage(old)
}

/// Fields of a volume's spec that are not the place where it lies.
const NOT_A_SOURCE: [&str; 3] = ["mountOptions", "nodeAffinity", "volumeAttributesClassName"];

impl Strategy for PersistentVolume {
    fn fill_defaults(&mut self, _config: &Config) {
        default_text(&mut self.spec.persistent_volume_reclaim_policy, "Retain");
        default_text(&mut self.spec.volume_mode, "Filesystem");
        if let Some(host_path) = self
            .spec
            .other
            .get_mut("hostPath")
            .and_then(|p| p.as_object_mut())
        {
            host_path.entry("type").or_insert_with(|| json!(""));
        }
    }

    /// Admission plugin StorageObjectInUseProtection.
    fn admit(&mut self, _admission: &mut Admission<'_>) {
        if !self.metadata.has_finalizer(VOLUME_PROTECTION) {
            self.metadata.finalizers.push(VOLUME_PROTECTION.to_owned());
        }
        self.reset_status();
    }

    fn validate(&self, config: &Config) -> Vec<FieldError> {
        let mut errors = names::validate(&self.metadata, names::subdomain);
        access_modes(&self.spec.access_modes, config, &mut errors);
        if self.spec.capacity.is_empty() {
            errors.push(FieldError::required("spec.capacity", ""));
        }
        if !self.spec.capacity.contains_key("storage") {
            errors.push(FieldError {
                field: "spec.capacity".to_owned(),
                fault: Fault::Unsupported {
                    value: serde_json::Value::Null,
                    supported: vec!["storage"],
                },
            });
        } else if self.storage_bytes() <= 0 {
            let amount = self.spec.capacity["storage"].as_str();
            let why = "must be greater than zero";
            errors.push(FieldError::invalid("spec.capacity[storage]", amount, why));
        }
        if !self
            .spec
            .other
            .keys()
            .any(|field| !NOT_A_SOURCE.contains(&field.as_str()))
        {
            errors.push(FieldError::required("spec", "must specify a volume type"));
        }
        if let Some(policy) = self.spec.persistent_volume_reclaim_policy.as_deref()
            && !matches!(policy, "Delete" | "Recycle" | "Retain")
        {
            let field = "spec.persistentVolumeReclaimPolicy";
            errors.push(FieldError::unsupported(
                field,
                policy,
                &["Delete", "Recycle", "Retain"],
            ));
        }
        errors
    }

    fn validate_update(&self, old: &Object, _config: &Config) -> Vec<FieldError> {
        let old = old.typed::<Self>();
        let source = |volume: &Self| -> Vec<_> {
            let fields = volume.spec.other.clone().into_iter();
            fields
                .filter(|(field, _)| !NOT_A_SOURCE.contains(&field.as_str()))
                .collect()
        };
        if source(self) == source(old) {
            return Vec::new();
        }
        let why = "spec.persistentvolumesource is immutable after creation";
        vec![FieldError::forbidden("spec.persistentvolumesource", why)]
    }

    fn reset_status(&mut self) {
        self.status = PersistentVolumeStatus {
            phase: "Pending".to_owned(),
            ..Default::default()
        };
    }

    fn keep_status(&mut self, old: &Object) {
        self.status = old.typed::<Self>().status.clone();
    }
}

impl Strategy for PersistentVolumeClaim {
    fn fill_defaults(&mut self, _config: &Config) {
        default_claim(self);
    }

    /// Admission plugins StorageObjectInUseProtection and DefaultStorageClass.
    fn admit(&mut self, admission: &mut Admission<'_>) {
        if self.class().is_none()
            && let Some(class) = default_class(admission.store.list::<StorageClass>())
        {
            self.spec.storage_class_name = Some(class.metadata.name.clone());
        }
        if !self.metadata.has_finalizer(CLAIM_PROTECTION) {
            self.metadata.finalizers.push(CLAIM_PROTECTION.to_owned());
        }
        self.reset_status();
    }

    fn validate(&self, config: &Config) -> Vec<FieldError> {
        let mut errors = names::validate(&self.metadata, names::subdomain);
        access_modes(&self.spec.access_modes, config, &mut errors);
        let storage = self.spec.resources.requests.get("storage");
        match storage {
            None => errors.push(FieldError::required("spec.resources[storage]", "")),
            Some(amount) if amount.bytes() <= 0 => errors.push(FieldError::invalid(
                "spec.resources[storage]",
                amount.as_str(),
                "must be greater than zero",
            )),
            Some(_) => {}
        }
        errors
    }

    /// §11: nothing of the spec may change but the request of a bound claim; with no StorageClass
    /// that allows it, growing is forbidden too. Binding fills in `volumeName` once.
    fn validate_update(&self, old: &Object, _config: &Config) -> Vec<FieldError> {
        let old = old.typed::<Self>();
        let mut allowed = self.spec.clone();
        if old.spec.volume_name.is_none() {
            allowed.volume_name = None;
            // A default class that comes later is still given to a claim that waits (v1.28).
            if old.spec.storage_class_name.is_none() {
                allowed.storage_class_name = None;
            }
        }
        if grows(old, self) {
            allowed.resources.clone_from(&old.spec.resources);
        }
        if allowed == old.spec {
            return Vec::new();
        }
        let why = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
        vec![FieldError::forbidden("spec", why)]
    }

    fn reset_status(&mut self) {
        self.status = PersistentVolumeClaimStatus {
            phase: "Pending".to_owned(),
            ..Default::default()
        };
    }

    fn keep_status(&mut self, old: &Object) {
        self.status = old.typed::<Self>().status.clone();
    }
}

/// Defaults of a claim, also inside a StatefulSet.
pub(super) fn default_claim(claim: &mut PersistentVolumeClaim) {
    default_text(&mut claim.spec.volume_mode, "Filesystem");
    if claim.status.phase.is_empty() {
        claim.status.phase = "Pending".to_owned();
    }
}

fn access_modes(modes: &[String], config: &Config, errors: &mut Vec<FieldError>) {
    if modes.is_empty() {
        let why = "at least 1 access mode is required";
        errors.push(FieldError::required("spec.accessModes", why));
    }
    let known = match config.version < Version::V1_22 {
        true => &ACCESS_MODES[..3],
        false => &ACCESS_MODES[..],
    };
    for mode in modes.iter().filter(|mode| !known.contains(&mode.as_str())) {
        errors.push(FieldError::unsupported("spec.accessModes", mode, known));
    }
}
