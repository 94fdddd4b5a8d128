//! Pods: core/v1 Pod, PodTemplateSpec and what they are made of.

use serde_json::Value;

use super::fields::object;
use super::meta::{Condition, ObjectMeta, Other, condition};
use super::node::Taint;
use crate::time::Time;

object! {
    /// core/v1 Pod.
    pub struct Pod {
        pub metadata: ObjectMeta,
        pub spec: PodSpec,
        pub status: PodStatus,
    }

    /// core/v1 PodTemplateSpec.
    pub struct PodTemplateSpec {
        pub metadata: ObjectMeta,
        pub spec: PodSpec,
    }

    /// core/v1 PodSpec.
    pub struct PodSpec {
        pub active_deadline_seconds: Option<i64>,
        pub containers: Vec<Container>,
        pub hostname: Option<String>,
        /// Set once, by the scheduler; a pod never moves.
        pub node_name: Option<String>,
        pub restart_policy: Option<String>,
        pub subdomain: Option<String>,
        pub termination_grace_period_seconds: Option<i64>,
        pub tolerations: Vec<Toleration>,
        pub volumes: Vec<Volume>,
        pub other: Other = rest,
    }

    /// core/v1 Container.
    pub struct Container {
        pub image: String,
        pub image_pull_policy: Option<String>,
        pub name: String,
        pub ports: Vec<ContainerPort>,
        pub volume_mounts: Vec<VolumeMount>,
        pub other: Other = rest,
    }

    /// core/v1 ContainerPort.
    pub struct ContainerPort {
        pub container_port: i32,
        pub name: Option<String>,
        pub protocol: Option<String>,
        pub other: Other = rest,
    }

    /// core/v1 VolumeMount.
    pub struct VolumeMount {
        pub mount_path: String,
        pub name: String,
        pub other: Other = rest,
    }

    /// core/v1 Volume. Sources other than a claim are kept and mounted empty.
    pub struct Volume {
        pub name: String,
        pub persistent_volume_claim: Option<PersistentVolumeClaimVolumeSource>,
        pub other: Other = rest,
    }

    /// core/v1 PersistentVolumeClaimVolumeSource.
    pub struct PersistentVolumeClaimVolumeSource {
        pub claim_name: String,
        pub read_only: Option<bool>,
    }

    /// core/v1 Toleration.
    pub struct Toleration {
        pub effect: Option<String>,
        pub key: Option<String>,
        pub operator: Option<String>,
        pub toleration_seconds: Option<i64>,
        pub value: Option<String>,
    }
}

impl Toleration {
    /// Whether the pod puts up with the taint, for however long
    /// (`ToleratesTaint`; reference/node-and-pod-lifecycle.md §5).
    pub fn tolerates(&self, taint: &Taint) -> bool {
        let text = |field: &'_ Option<String>| field.clone().unwrap_or_default();
        let (effect, key) = (text(&self.effect), text(&self.key));
        let exists = self.operator.as_deref() == Some("Exists");
        (effect.is_empty() || effect == taint.effect)
            && (key == taint.key || (key.is_empty() && exists))
            && (exists || text(&self.value) == text(&taint.value))
    }
}

object! {
    /// core/v1 PodStatus.
    pub struct PodStatus {
        pub conditions: Vec<Condition>,
        pub container_statuses: Vec<ContainerStatus>,
        pub host_ip: Option<String>,
        pub message: Option<String>,
        /// `Pending`, `Running`, `Succeeded`, `Failed`; empty before the API server has seen the pod.
        pub phase: String = omitempty,
        pub pod_ip: Option<String>,
        pub pod_ips: Vec<PodIp>,
        pub qos_class: Option<String>,
        pub reason: Option<String>,
        pub start_time: Option<Time>,
        pub other: Other = rest,
    }

    /// One entry of `status.podIPs`.
    pub struct PodIp {
        pub ip: String,
    }

    /// core/v1 ContainerStatus.
    pub struct ContainerStatus {
        pub container_id: Option<String>,
        pub image: String,
        pub image_id: String,
        pub last_state: ContainerState,
        pub name: String,
        pub ready: bool,
        pub restart_count: i32,
        pub started: Option<bool>,
        pub state: ContainerState,
    }

    /// core/v1 ContainerState: at most one of the three is there.
    pub struct ContainerState {
        pub running: Option<ContainerStateRunning>,
        pub terminated: Option<ContainerStateTerminated>,
        pub waiting: Option<ContainerStateWaiting>,
    }

    /// core/v1 ContainerStateRunning.
    pub struct ContainerStateRunning {
        pub started_at: Option<Time>,
    }

    /// core/v1 ContainerStateTerminated.
    pub struct ContainerStateTerminated {
        pub exit_code: i32,
        pub finished_at: Option<Time>,
        pub reason: Option<String>,
        pub started_at: Option<Time>,
    }

    /// core/v1 ContainerStateWaiting.
    pub struct ContainerStateWaiting {
        pub message: Option<String>,
        pub reason: Option<String>,
    }
}

impl Pod {
    /// The API server knows it (`isCreated`).
    pub fn created(&self) -> bool {
        !self.status.phase.is_empty()
    }

    /// `Running` and its condition `Ready` is true (`isRunningAndReady`).
    pub fn running_and_ready(&self) -> bool {
        self.status.phase == "Running" && self.ready()
    }

    /// Its condition `Ready` is true, whatever its phase.
    pub fn ready(&self) -> bool {
        self.condition("Ready")
            .is_some_and(|ready| ready.status == "True")
    }

    /// Ready for at least `min_ready_seconds` (`podutil.IsPodAvailable`).
    pub fn available(&self, min_ready_seconds: i32, now: Time) -> bool {
        let Some(ready) = self
            .condition("Ready")
            .filter(|ready| ready.status == "True")
        else {
            return false;
        };
        min_ready_seconds == 0
            || ready.last_transition_time.is_some_and(|since| {
                now.since(since) >= u64::from(min_ready_seconds.unsigned_abs()) * 1000
            })
    }

    /// Its phase is `Failed` or `Succeeded`: its containers won't run again.
    pub fn finished(&self) -> bool {
        matches!(self.status.phase.as_str(), "Failed" | "Succeeded")
    }

    /// Marked for deletion.
    pub fn terminating(&self) -> bool {
        self.metadata.terminating()
    }

    /// The condition of this type.
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        condition(&self.status.conditions, kind)
    }

    /// Names of the claims that its volumes refer to.
    pub fn claim_names(&self) -> impl Iterator<Item = &str> {
        let sources = self
            .spec
            .volumes
            .iter()
            .filter_map(|v| v.persistent_volume_claim.as_ref());
        sources.map(|source| source.claim_name.as_str())
    }

    /// READY as `kubectl get` counts it: ready containers of all containers.
    pub fn ready_containers(&self) -> (usize, usize) {
        let ready = self
            .status
            .container_statuses
            .iter()
            .filter(|status| status.ready)
            .count();
        (ready, self.spec.containers.len())
    }

    /// STATUS as `kubectl get` shows it (`printPod`; reference/kubectl-formats.md §3).
    pub fn display_status(&self, terminal_phase_shown: bool) -> String {
        let mut status = match &self.status.reason {
            Some(reason) => reason.clone(),
            None => self.status.phase.clone(),
        };
        let mut running = false;
        for container in self.status.container_statuses.iter().rev() {
            let state = &container.state;
            if let Some(reason) = state
                .waiting
                .as_ref()
                .and_then(|waiting| waiting.reason.as_ref())
            {
                status.clone_from(reason);
            } else if let Some(terminated) = &state.terminated {
                status = match &terminated.reason {
                    Some(reason) => reason.clone(),
                    None => format!("ExitCode:{}", terminated.exit_code),
                };
            } else if container.ready && state.running.is_some() {
                running = true;
            }
        }
        if status == "Completed" && running {
            status = if self.ready() { "Running" } else { "NotReady" }.to_owned();
        }
        if !self.terminating() {
            return status;
        }
        if self.status.reason.as_deref() == Some("NodeLost") {
            "Unknown".to_owned()
        } else if terminal_phase_shown && self.finished() {
            status
        } else {
            "Terminating".to_owned()
        }
    }
}

impl PodSpec {
    /// Whether the pod uses the claim.
    pub fn uses_claim(&self, claim: &str) -> bool {
        self.volumes.iter().any(|volume| {
            volume
                .persistent_volume_claim
                .as_ref()
                .is_some_and(|source| source.claim_name == claim)
        })
    }

    /// A field that is kept but not simulated.
    pub fn other(&self, field: &str) -> Option<&Value> {
        self.other.get(field)
    }
}
