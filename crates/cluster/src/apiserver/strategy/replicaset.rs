//! ReplicaSets: reference/replicaset-contrast.md
//! (`pkg/apis/apps/v1/defaults.go`, `pkg/apis/apps/validation/validation.go`).

use serde_json::json;

use super::{Strategy, names, pod};
use crate::Config;
use crate::apiserver::FieldError;
use crate::object::Object;
use crate::object::ReplicaSet;
use crate::object::replicaset::ReplicaSetStatus;

impl Strategy for ReplicaSet {
    fn counts_generations(&self) -> bool {
        true
    }

    fn fill_defaults(&mut self, _config: &Config) {
        self.spec.replicas.get_or_insert(1);
        pod::default_template(&mut self.spec.template);
    }

    fn validate(&self, _config: &Config) -> Vec<FieldError> {
        let mut errors = names::validate(&self.metadata, names::subdomain);
        errors.extend(validate_spec(self));
        errors
    }

    fn validate_update(&self, old: &Object, _config: &Config) -> Vec<FieldError> {
        let old = old.typed::<Self>();
        if self.spec == old.spec {
            return Vec::new();
        }
        let mut errors = validate_spec(self);
        if self.spec.selector != old.spec.selector {
            errors.push(FieldError::invalid(
                "spec.selector",
                crate::object::fields(&self.spec.selector),
                "field is immutable",
            ));
        }
        errors
    }

    fn spec_differs(&self, old: &Object) -> bool {
        self.spec != old.typed::<Self>().spec
    }

    fn reset_status(&mut self) {
        self.status = ReplicaSetStatus::default();
    }

    fn keep_status(&mut self, old: &Object) {
        self.status = old.typed::<Self>().status.clone();
    }
}

fn validate_spec(set: &ReplicaSet) -> Vec<FieldError> {
    let spec = &set.spec;
    let mut errors = Vec::new();
    let counts = [
        ("spec.replicas", spec.replicas),
        ("spec.minReadySeconds", spec.min_ready_seconds),
    ];
    for (field, count) in counts {
        if let Some(count) = count.filter(|count| *count < 0) {
            let why = "must be greater than or equal to 0";
            errors.push(FieldError::invalid(field, count, why));
        }
    }
    validate_selector(set, &mut errors);
    let template = &spec.template;
    let labels = names::labels(&template.metadata.labels, "spec.template.metadata.labels");
    errors.extend(labels);
    errors.extend(pod::validate_spec(
        &template.spec,
        "spec.template.spec",
        &[],
    ));
    let restart_policy = template.spec.restart_policy.as_deref();
    if let Some(policy) = restart_policy.filter(|policy| *policy != "Always") {
        let at = "spec.template.spec.restartPolicy";
        errors.push(FieldError::unsupported(at, policy, &["Always"]));
    }
    if template.spec.active_deadline_seconds.is_some() {
        errors.push(FieldError::forbidden(
            "spec.template.spec.activeDeadlineSeconds",
            "activeDeadlineSeconds in ReplicaSet is not Supported",
        ));
    }
    errors
}

fn validate_selector(set: &ReplicaSet, errors: &mut Vec<FieldError>) {
    let labels = &set.spec.template.metadata.labels;
    let selected = match &set.spec.selector {
        None => {
            errors.push(FieldError::required("spec.selector", ""));
            labels.is_empty()
        }
        Some(selector) if selector.is_empty() => {
            // Upstream's words, for ReplicaSets as well.
            let why = "empty selector is invalid for deployment";
            errors.push(FieldError::invalid("spec.selector", json!({}), why));
            true
        }
        Some(selector) => {
            let at = "spec.selector.matchLabels";
            errors.extend(names::labels(&selector.match_labels, at));
            selector.matches(labels)
        }
    };
    if !selected {
        errors.push(FieldError::invalid(
            "spec.template.metadata.labels",
            json!(labels),
            "`selector` does not match template `labels`",
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;

    #[test]
    fn refuses_as_upstream() {
        let check = |change: fn(&mut Value), expected: &[&str]| {
            let mut set = json!({"metadata": {"name": "web"}, "spec": {
                "selector": {"matchLabels": {"app": "web"}},
                "template": {"metadata": {"labels": {"app": "web"}},
                    "spec": {"containers": [{"name": "web", "image": "web"}]}}}});
            change(&mut set);
            let mut set: ReplicaSet = crate::object::from_value(set);
            set.fill_defaults(&Config::default());
            let errors = set.validate(&Config::default());
            let found: Vec<String> = errors.iter().map(ToString::to_string).collect();
            assert_eq!(found, expected);
        };
        check(|_| {}, &[]);
        check(
            |set| set["spec"]["replicas"] = json!(-1),
            &["spec.replicas: Invalid value: -1: must be greater than or equal to 0"],
        );
        check(
            |set| set["spec"]["selector"] = json!({}),
            &["spec.selector: Invalid value: {}: empty selector is invalid for deployment"],
        );
        check(
            |set| set["spec"]["selector"]["matchLabels"]["app"] = json!("other"),
            &[
                "spec.template.metadata.labels: Invalid value: {\"app\":\"web\"}: `selector` does not match template `labels`",
            ],
        );
        check(
            |set| set["spec"]["template"]["spec"]["restartPolicy"] = json!("Never"),
            &[
                "spec.template.spec.restartPolicy: Unsupported value: \"Never\": supported values: \"Always\"",
            ],
        );
    }

    #[test]
    fn the_selector_is_fixed() {
        let labelled = |value: &str| {
            let mut set = ReplicaSet::default();
            let labels = [("app".to_owned(), value.to_owned())];
            set.spec.selector = Some(crate::object::LabelSelector {
                match_labels: labels.clone().into(),
                match_expressions: Vec::new(),
            });
            set.spec.template.metadata.labels = labels.into();
            set
        };
        let old = Object::ReplicaSet(labelled("a").into());
        let errors = labelled("b").validate_update(&old, &Config::default());
        let last = errors.last().unwrap().to_string();
        assert_eq!(
            last,
            r#"spec.selector: Invalid value: {"matchLabels":{"app":"b"}}: field is immutable"#
        );
    }
}
