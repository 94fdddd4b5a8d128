//! Pods: defaults of the template and of the pod, tolerations, what may change.

use serde_json::json;

use super::{Admission, Strategy, default_other, default_text, names};
use crate::Config;
use crate::apiserver::FieldError;
use crate::object::pod::{Container, ContainerPort, PodSpec, PodStatus, Toleration};
use crate::object::{Object, Pod, PodTemplateSpec};

impl Strategy for Pod {
    fn deletes_gracefully(&self) -> bool {
        true
    }

    fn fill_defaults(&mut self, _config: &Config) {
        default_spec(&mut self.spec);
        default_other(&mut self.spec.other, "enableServiceLinks", true);
    }

    /// Admission: default service account, priority, and the two tolerations of every pod
    /// (`plugin/pkg/admission/defaulttolerationseconds`).
    fn admit(&mut self, admission: &mut Admission<'_>) {
        let other = &mut self.spec.other;
        default_other(other, "serviceAccountName", "default");
        default_other(other, "serviceAccount", "default");
        default_other(other, "priority", 0);
        default_other(other, "preemptionPolicy", "PreemptLowerPriority");
        let seconds = admission.config.default_toleration_seconds;
        for key in [
            "node.kubernetes.io/not-ready",
            "node.kubernetes.io/unreachable",
        ] {
            add_toleration(&mut self.spec.tolerations, key, seconds);
        }
        self.reset_status();
    }

    fn validate(&self, _config: &Config) -> Vec<FieldError> {
        let mut errors = names::validate(&self.metadata, names::subdomain);
        errors.extend(validate_spec(&self.spec, "spec", &[]));
        errors
    }

    /// Only images, tolerations (more of them) and the deadline may change
    /// (`ValidatePodUpdate`).
    fn validate_update(&self, old: &Object, _config: &Config) -> Vec<FieldError> {
        let old = old.typed::<Self>();
        let mut allowed = self.spec.clone();
        for (container, old) in allowed.containers.iter_mut().zip(&old.spec.containers) {
            container.image.clone_from(&old.image);
        }
        allowed.active_deadline_seconds = old.spec.active_deadline_seconds;
        allowed.node_name.clone_from(&old.spec.node_name);
        if old
            .spec
            .tolerations
            .iter()
            .all(|kept| self.spec.tolerations.contains(kept))
        {
            allowed.tolerations.clone_from(&old.spec.tolerations);
        }
        if allowed == old.spec {
            return Vec::new();
        }
        vec![FieldError::forbidden(
            "spec",
            "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)",
        )]
    }

    /// reference/node-and-pod-lifecycle.md §4.1.
    fn grace_seconds(&self, asked: Option<i64>) -> i64 {
        if self.spec.node_name.is_none() || self.finished() {
            return 0;
        }
        let wished = asked
            .or(self.spec.termination_grace_period_seconds)
            .unwrap_or(30);
        if wished < 0 { 1 } else { wished }
    }

    fn reset_status(&mut self) {
        self.status = PodStatus {
            phase: "Pending".to_owned(),
            qos_class: Some("BestEffort".to_owned()),
            ..PodStatus::default()
        };
    }

    fn keep_status(&mut self, old: &Object) {
        self.status = old.typed::<Self>().status.clone();
    }
}

fn add_toleration(tolerations: &mut Vec<Toleration>, key: &str, seconds: i64) {
    let tolerated = tolerations.iter().any(|toleration| {
        toleration
            .key
            .as_deref()
            .is_none_or(|present| present == key)
            && toleration
                .effect
                .as_deref()
                .is_none_or(|effect| effect == "NoExecute")
    });
    if !tolerated {
        tolerations.push(Toleration {
            effect: Some("NoExecute".to_owned()),
            key: Some(key.to_owned()),
            operator: Some("Exists".to_owned()),
            toleration_seconds: Some(seconds),
            value: None,
        });
    }
}

/// Defaults of a pod template, in a StatefulSet or elsewhere
/// (`pkg/apis/core/v1/defaults.go`). They are part of what a revision is made of.
pub(super) fn default_template(template: &mut PodTemplateSpec) {
    default_spec(&mut template.spec);
}

fn default_spec(spec: &mut PodSpec) {
    default_text(&mut spec.restart_policy, "Always");
    spec.termination_grace_period_seconds.get_or_insert(30);
    default_other(&mut spec.other, "dnsPolicy", "ClusterFirst");
    default_other(&mut spec.other, "schedulerName", "default-scheduler");
    default_other(&mut spec.other, "securityContext", json!({}));
    for container in &mut spec.containers {
        let latest = !container
            .image
            .rsplit('/')
            .next()
            .unwrap_or_default()
            .contains(':')
            || container.image.ends_with(":latest");
        let policy = if latest { "Always" } else { "IfNotPresent" };
        default_text(&mut container.image_pull_policy, policy);
        default_other(&mut container.other, "resources", json!({}));
        default_other(
            &mut container.other,
            "terminationMessagePath",
            "/dev/termination-log",
        );
        default_other(&mut container.other, "terminationMessagePolicy", "File");
        for port in &mut container.ports {
            default_text(&mut port.protocol, "TCP");
        }
    }
}

/// The rules of a pod's spec that are checked. `claim_templates` are volume names that a
/// StatefulSet will add (`ValidatePodSpec`).
pub(super) fn validate_spec(
    spec: &PodSpec,
    field: &str,
    claim_templates: &[&str],
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    for (index, volume) in spec.volumes.iter().enumerate() {
        let at = format!("{field}.volumes[{index}].name");
        if volume.name.is_empty() {
            errors.push(FieldError::required(at, ""));
        } else if let Some(why) = names::label(&volume.name) {
            errors.push(FieldError::invalid(at, volume.name.as_str(), why));
        } else if spec.volumes[..index]
            .iter()
            .any(|other| other.name == volume.name)
        {
            errors.push(FieldError::duplicate(at, &volume.name));
        }
    }
    if spec.containers.is_empty() {
        errors.push(FieldError::required(format!("{field}.containers"), ""));
    }
    for (index, container) in spec.containers.iter().enumerate() {
        let at = format!("{field}.containers[{index}]");
        let taken = spec.containers[..index]
            .iter()
            .any(|other| other.name == container.name);
        if taken && !container.name.is_empty() {
            errors.push(FieldError::duplicate(format!("{at}.name"), &container.name));
        }
        let volumes = spec.volumes.iter().map(|volume| volume.name.as_str());
        let volumes: Vec<&str> = volumes.chain(claim_templates.iter().copied()).collect();
        validate_container(container, &at, &volumes, &mut errors);
    }
    if let Some(policy) = spec.restart_policy.as_deref()
        && !matches!(policy, "Always" | "OnFailure" | "Never")
    {
        let at = format!("{field}.restartPolicy");
        errors.push(FieldError::unsupported(
            at,
            policy,
            &["Always", "OnFailure", "Never"],
        ));
    }
    errors
}

/// The rules of one container; `volumes` are the names that it may mount.
fn validate_container(
    container: &Container,
    at: &str,
    volumes: &[&str],
    errors: &mut Vec<FieldError>,
) {
    let name = container.name.as_str();
    if name.is_empty() {
        errors.push(FieldError::required(format!("{at}.name"), ""));
    } else if let Some(why) = names::label(name) {
        errors.push(FieldError::invalid(format!("{at}.name"), name, why));
    }
    if container.image.is_empty() {
        errors.push(FieldError::required(format!("{at}.image"), ""));
    }
    for (index, port) in container.ports.iter().enumerate() {
        validate_port(port, &format!("{at}.ports[{index}]"), errors);
    }
    for (index, mount) in container.volume_mounts.iter().enumerate() {
        let at = format!("{at}.volumeMounts[{index}]");
        if !volumes.contains(&mount.name.as_str()) {
            errors.push(FieldError::not_found(format!("{at}.name"), &mount.name));
        }
        let path = mount.mount_path.as_str();
        if path.is_empty() {
            errors.push(FieldError::required(format!("{at}.mountPath"), ""));
        } else if container.volume_mounts[..index]
            .iter()
            .any(|other| other.mount_path == path)
        {
            let at = format!("{at}.mountPath");
            errors.push(FieldError::invalid(at, path, "must be unique"));
        }
    }
    let policies = ["Always", "IfNotPresent", "Never"];
    if let Some(policy) = container.image_pull_policy.as_deref()
        && !policies.contains(&policy)
    {
        let at = format!("{at}.imagePullPolicy");
        errors.push(FieldError::unsupported(at, policy, &policies));
    }
}

fn validate_port(port: &ContainerPort, at: &str, errors: &mut Vec<FieldError>) {
    if let Some(name) = port.name.as_deref() {
        let faults = names::port_name(name).into_iter();
        errors.extend(faults.map(|why| FieldError::invalid(format!("{at}.name"), name, why)));
    }
    let number = port.container_port;
    if number == 0 {
        errors.push(FieldError::required(format!("{at}.containerPort"), ""));
    } else if !(1..=65_535).contains(&number) {
        let why = "must be between 1 and 65535, inclusive";
        errors.push(FieldError::invalid(
            format!("{at}.containerPort"),
            number,
            why,
        ));
    }
    let protocols = ["SCTP", "TCP", "UDP"];
    if let Some(protocol) = port.protocol.as_deref()
        && !protocols.contains(&protocol)
    {
        let at = format!("{at}.protocol");
        errors.push(FieldError::unsupported(at, protocol, &protocols));
    }
}
