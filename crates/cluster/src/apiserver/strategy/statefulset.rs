//! StatefulSets: reference/statefulset-controller.md §15
//! (`pkg/apis/apps/v1/defaults.go`, `pkg/apis/apps/validation/validation.go`).

use serde_json::{Value, json};

use super::{Strategy, default_text, names, pod, volume};
use crate::apiserver::FieldError;
use crate::object::statefulset::{
    RollingUpdateStatefulSetStrategy, StatefulSetPersistentVolumeClaimRetentionPolicy,
    StatefulSetStatus,
};
use crate::object::{LabelSelector, Object, StatefulSet};
use crate::{Config, Version};

impl Strategy for StatefulSet {
    fn counts_generations(&self) -> bool {
        true
    }

    fn fill_defaults(&mut self, config: &Config) {
        let spec = &mut self.spec;
        default_text(&mut spec.pod_management_policy, "OrderedReady");
        spec.replicas.get_or_insert(1);
        spec.revision_history_limit.get_or_insert(10);
        let strategy = &mut spec.update_strategy;
        if strategy.r#type.as_deref().unwrap_or_default().is_empty() {
            strategy.r#type = Some("RollingUpdate".to_owned());
            strategy.rolling_update.get_or_insert_default();
        }
        if let Some(rolling_update) = &mut strategy.rolling_update {
            rolling_update.partition.get_or_insert(0);
            let unavailable = &mut rolling_update.other;
            match config.max_unavailable_stateful_set {
                true => super::default_other(unavailable, "maxUnavailable", 1),
                // Without the gate the field is dropped without a word.
                false => drop(unavailable.remove("maxUnavailable")),
            }
        }
        if config.version >= Version::V1_36 {
            let policy = spec
                .persistent_volume_claim_retention_policy
                .get_or_insert_default();
            default_text(&mut policy.when_deleted, "Retain");
            default_text(&mut policy.when_scaled, "Retain");
        }
        pod::default_template(&mut spec.template);
        for template in &mut spec.volume_claim_templates {
            default_text(&mut template.api_version, "v1");
            default_text(&mut template.kind, "PersistentVolumeClaim");
            volume::default_claim(template);
        }
    }

    fn validate(&self, config: &Config) -> Vec<FieldError> {
        let rule = if config.version >= Version::V1_36 {
            names::label
        } else {
            names::subdomain
        };
        let mut errors = names::validate(&self.metadata, rule);
        errors.extend(validate_spec(self, config));
        errors
    }

    fn validate_update(&self, old: &Object, config: &Config) -> Vec<FieldError> {
        let old = old.typed::<Self>();
        let mut errors = Vec::new();
        if self.spec != old.spec {
            errors.extend(validate_spec(self, config));
        }
        let current = self.status.current_replicas;
        at_least_zero(&mut errors, "status.currentReplicas", Some(current));
        let mut fixed = self.spec.clone();
        fixed.replicas = old.spec.replicas;
        fixed.template.clone_from(&old.spec.template);
        fixed.update_strategy.clone_from(&old.spec.update_strategy);
        let mut others = "'replicas', 'template', and 'updateStrategy' are forbidden".to_owned();
        if config.version >= Version::V1_36 {
            fixed.ordinals.clone_from(&old.spec.ordinals);
            fixed.min_ready_seconds = old.spec.min_ready_seconds;
            fixed.revision_history_limit = old.spec.revision_history_limit;
            fixed
                .persistent_volume_claim_retention_policy
                .clone_from(&old.spec.persistent_volume_claim_retention_policy);
            others = "'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden".to_owned();
        }
        if fixed != old.spec {
            let why = format!("updates to statefulset spec for fields other than {others}");
            errors.push(FieldError::forbidden("spec", &why));
        }
        errors
    }

    fn spec_differs(&self, old: &Object) -> bool {
        self.spec != old.typed::<Self>().spec
    }

    fn reset_status(&mut self) {
        self.status = StatefulSetStatus::default();
    }

    fn keep_status(&mut self, old: &Object) {
        self.status = old.typed::<Self>().status.clone();
    }
}

fn validate_spec(set: &StatefulSet, config: &Config) -> Vec<FieldError> {
    let spec = &set.spec;
    let mut errors = Vec::new();
    at_least_zero(&mut errors, "spec.replicas", spec.replicas);
    at_least_zero(&mut errors, "spec.minReadySeconds", spec.min_ready_seconds);
    let start = spec.ordinals.as_ref().map(|ordinals| ordinals.start);
    at_least_zero(&mut errors, "spec.ordinals.start", start);
    if let Some(policy) = spec.pod_management_policy.as_deref()
        && !matches!(policy, "OrderedReady" | "Parallel")
    {
        let why = "must be 'OrderedReady' or 'Parallel'";
        errors.push(FieldError::invalid("spec.podManagementPolicy", policy, why));
    }
    validate_strategy(set, &mut errors);
    if let Some(policy) = &spec.persistent_volume_claim_retention_policy {
        validate_retention(policy, &mut errors);
    }
    if let Some(name) = spec.service_name.as_deref()
        && config.version >= Version::V1_36
        && !name.is_empty()
        && let Some(why) = names::label(name)
    {
        errors.push(FieldError::invalid("spec.serviceName", name, why));
    }
    if validate_selector(set, &mut errors) {
        validate_pods(set, config, &mut errors);
    }
    validate_template(set, &mut errors);
    errors
}

fn at_least_zero(errors: &mut Vec<FieldError>, field: &str, value: Option<i32>) {
    if let Some(value) = value.filter(|value| *value < 0) {
        errors.push(FieldError::invalid(
            field,
            value,
            "must be greater than or equal to 0",
        ));
    }
}

fn validate_strategy(set: &StatefulSet, errors: &mut Vec<FieldError>) {
    let strategy = &set.spec.update_strategy;
    match strategy.r#type.as_deref().unwrap_or_default() {
        "RollingUpdate" => {
            let partition = strategy
                .rolling_update
                .as_ref()
                .and_then(|rolling| rolling.partition);
            at_least_zero(
                errors,
                "spec.updateStrategy.rollingUpdate.partition",
                partition,
            );
            let given = strategy.rolling_update.as_ref();
            let unavailable = given.and_then(|rolling| rolling.other.get("maxUnavailable"));
            if let Some(unavailable) = unavailable
                && let Some(why) = wrong_max_unavailable(unavailable)
            {
                let field = "spec.updateStrategy.rollingUpdate.maxUnavailable";
                errors.push(FieldError::invalid(field, unavailable.clone(), why));
            }
        }
        "OnDelete" => {
            if let Some(rolling_update) = &strategy.rolling_update {
                errors.push(FieldError::invalid_json(
                    "spec.updateStrategy.rollingUpdate".to_owned(),
                    internal_rolling_update(rolling_update),
                    "only allowed for updateStrategy 'RollingUpdate'".to_owned(),
                ));
            }
        }
        other => {
            let rolling_update = match &strategy.rolling_update {
                Some(given) => internal_rolling_update(given),
                None => "null".to_owned(),
            };
            errors.push(FieldError::invalid_json(
                "spec.updateStrategy".to_owned(),
                format!(
                    "{{\"Type\":{},\"RollingUpdate\":{rolling_update}}}",
                    json!(other)
                ),
                "must be 'RollingUpdate' or 'OnDelete'".to_owned(),
            ));
        }
    }
}

/// What is wrong with a number of pods or a percentage of them.
fn wrong_max_unavailable(value: &Value) -> Option<&'static str> {
    let percent = value.as_str().map(|text| text.strip_suffix('%'));
    let percent = percent.map(|digits| digits?.parse().ok());
    match percent.unwrap_or(value.as_i64()) {
        None => Some(
            "a valid percent string must be a numeric string followed by an ending '%' (e.g. '1%', regex used for validation is '[0-9]+%')",
        ),
        Some(..0) => Some("must be greater than or equal to 0"),
        Some(0) => Some("cannot be 0"),
        Some(101..) if percent.is_some() => Some("must not be greater than 100%"),
        Some(_) => None,
    }
}

/// The block as the server's internal type prints in an error.
fn internal_rolling_update(rolling_update: &RollingUpdateStatefulSetStrategy) -> String {
    let partition = rolling_update.partition.unwrap_or(0);
    format!("{{\"Partition\":{partition},\"MaxUnavailable\":null}}")
}

fn validate_retention(
    policy: &StatefulSetPersistentVolumeClaimRetentionPolicy,
    errors: &mut Vec<FieldError>,
) {
    let words = [
        ("whenScaled", &policy.when_scaled),
        ("whenDeleted", &policy.when_deleted),
    ];
    for (field, word) in words {
        if let Some(word) = word
            .as_deref()
            .filter(|word| !matches!(*word, "Retain" | "Delete"))
        {
            let at = format!("spec.persistentVolumeClaimRetentionPolicy.{field}");
            errors.push(FieldError::unsupported(at, word, &["Retain", "Delete"]));
        }
    }
}

/// Gives whether the selector can be read; upstream looks no further at what it is for otherwise.
fn validate_selector(set: &StatefulSet, errors: &mut Vec<FieldError>) -> bool {
    let labels = &set.spec.template.metadata.labels;
    let mismatch = || {
        FieldError::invalid(
            "spec.template.metadata.labels",
            json!(labels),
            "`selector` does not match template `labels`",
        )
    };
    match &set.spec.selector {
        None => {
            errors.push(FieldError::required("spec.selector", ""));
            if !labels.is_empty() {
                errors.push(mismatch());
            }
        }
        Some(selector) if selector.is_empty() => errors.push(FieldError::invalid(
            "spec.selector",
            json!({}),
            "empty selector is invalid for statefulset",
        )),
        Some(selector) => {
            let wrong = names::labels(&selector.match_labels, "spec.selector.matchLabels");
            if !wrong.is_empty() {
                let field = "spec.selector".to_owned();
                let value = selector_json(selector);
                errors.extend(wrong);
                errors.push(FieldError::invalid_json(field, value, String::new()));
                return false;
            }
            if !selector.matches(labels) {
                errors.push(mismatch());
            }
        }
    }
    true
}

/// The selector with its fields in the order in which they are declared.
fn selector_json(selector: &LabelSelector) -> String {
    let mut fields = vec![format!("\"matchLabels\":{}", json!(selector.match_labels))];
    if !selector.match_expressions.is_empty() {
        let listed = crate::object::fields(&selector.match_expressions);
        fields.push(format!("\"matchExpressions\":{listed}"));
    }
    format!("{{{}}}", fields.join(","))
}

/// What the set makes pods of.
fn validate_pods(set: &StatefulSet, config: &Config, errors: &mut Vec<FieldError>) {
    errors.extend(names::labels(
        &set.spec.template.metadata.labels,
        "spec.template.metadata.labels",
    ));
    if config.version >= Version::V1_36 {
        let claims: Vec<&str> = set
            .spec
            .volume_claim_templates
            .iter()
            .map(|t| t.metadata.name.as_str())
            .collect();
        let spec = &set.spec.template.spec;
        errors.extend(pod::validate_spec(spec, "spec.template.spec", &claims));
    }
}

/// What a set's pods must be.
fn validate_template(set: &StatefulSet, errors: &mut Vec<FieldError>) {
    let spec = &set.spec.template.spec;
    if let Some(policy) = spec
        .restart_policy
        .as_deref()
        .filter(|policy| *policy != "Always")
    {
        let at = "spec.template.spec.restartPolicy";
        errors.retain(|error| error.field != at);
        errors.push(FieldError::unsupported(at, policy, &["Always"]));
    }
    if spec.active_deadline_seconds.is_some() {
        let why = "activeDeadlineSeconds in StatefulSet is not Supported";
        errors.push(FieldError::forbidden(
            "spec.template.spec.activeDeadlineSeconds",
            why,
        ));
    }
}
