//! Storage classes: reference/storage.md §1, §4, §6.

use super::{Strategy, default_text, names};
use crate::Config;
use crate::apiserver::FieldError;
use crate::object::Object;
use crate::object::StorageClass;

impl Strategy for StorageClass {
    fn fill_defaults(&mut self, _config: &Config) {
        default_text(&mut self.reclaim_policy, "Delete");
        default_text(&mut self.volume_binding_mode, "Immediate");
    }

    fn validate(&self, _config: &Config) -> Vec<FieldError> {
        let mut errors = names::validate(&self.metadata, names::subdomain);
        if self.provisioner.is_empty() {
            errors.push(FieldError::required("provisioner", ""));
        }
        let words: [(&str, &Option<String>, &[&str]); 2] = [
            ("reclaimPolicy", &self.reclaim_policy, &["Delete", "Retain"]),
            (
                "volumeBindingMode",
                &self.volume_binding_mode,
                &["Immediate", "WaitForFirstConsumer"],
            ),
        ];
        for (field, word, supported) in words {
            let word = word.as_deref().unwrap_or_default();
            if !supported.contains(&word) {
                errors.push(FieldError::unsupported(field, word, supported));
            }
        }
        errors
    }

    /// Only whether volumes may grow can change.
    fn validate_update(&self, old: &Object, _config: &Config) -> Vec<FieldError> {
        let old = old.typed::<Self>();
        let mut errors = Vec::new();
        if self.other.get("parameters") != old.other.get("parameters") {
            let why = "updates to parameters are forbidden.";
            errors.push(FieldError::forbidden("parameters", why));
        }
        if self.provisioner != old.provisioner {
            let why = "updates to provisioner are forbidden.";
            errors.push(FieldError::forbidden("provisioner", why));
        }
        if self.reclaim_policy != old.reclaim_policy {
            let why = "updates to reclaimPolicy are forbidden.";
            errors.push(FieldError::forbidden("reclaimPolicy", why));
        }
        if self.volume_binding_mode != old.volume_binding_mode {
            let mode = self.volume_binding_mode.as_deref().unwrap_or_default();
            errors.push(FieldError::invalid(
                "volumeBindingMode",
                mode,
                "field is immutable",
            ));
        }
        errors
    }
}
