//! What a kubelet writes of a pod: the states of its containers, and the conditions.
//! reference/node-and-pod-lifecycle.md §2, §3.

use super::containers::Run;
use crate::Version;
use crate::object::Pod;
use crate::object::meta::set_condition;
use crate::object::pod::{Container, ContainerState, ContainerStateWaiting, ContainerStatus};
use crate::time::Time;

pub(super) fn waiting(reason: &str, message: Option<&str>) -> ContainerState {
    let waiting = ContainerStateWaiting {
        message: message.map(str::to_owned),
        reason: Some(reason.to_owned()),
    };
    ContainerState {
        waiting: Some(waiting),
        ..ContainerState::default()
    }
}

pub(super) fn container_status(container: &Container, state: ContainerState) -> ContainerStatus {
    ContainerStatus {
        image: container.image.clone(),
        name: container.name.clone(),
        state,
        started: Some(false),
        ..ContainerStatus::default()
    }
}

/// The conditions of a pod whose node has taken it: ready if all its containers are.
pub(super) fn set_conditions(pod: &mut Pod, version: Version, now: Time) {
    let statuses = pod.status.container_statuses.iter();
    let unready: Vec<&str> = statuses
        .filter(|status| !status.ready)
        .map(|status| status.name.as_str())
        .collect();
    let ready = unready.is_empty();
    let message = format!("containers with unready status: [{}]", unready.join(" "));
    let (reason, message) = match pod.status.phase.as_str() {
        "Succeeded" => (Some("PodCompleted"), None),
        "Failed" => (Some("PodFailed"), None),
        _ if ready => (None, None),
        _ => (Some("ContainersNotReady"), Some(message.as_str())),
    };
    let conditions = &mut pod.status.conditions;
    if version >= Version::V1_29 {
        let sandbox = pod.status.pod_ip.is_some();
        let kind = "PodReadyToStartContainers";
        set_condition(conditions, kind, sandbox, None, None, now);
    }
    set_condition(conditions, "Initialized", true, None, None, now);
    set_condition(conditions, "Ready", ready, reason, message, now);
    set_condition(conditions, "ContainersReady", ready, reason, message, now);
    // The kubelet puts what the scheduler wrote behind its own.
    let scheduled = conditions
        .iter()
        .position(|known| known.r#type == "PodScheduled");
    if let Some(at) = scheduled {
        let last = conditions.remove(at);
        conditions.push(last);
    }
}

/// Writes down how the containers are, and what follows for the pod.
pub(super) fn write(pod: &mut Pod, runs: &[Run], may_be_ready: bool, version: Version, now: Time) {
    let uid = &pod.metadata.uid;
    let full_name = format!("{}_default({uid})", pod.metadata.name);
    for status in &mut pod.status.container_statuses {
        let Some(run) = runs.iter().find(|run| *run.name == *status.name) else {
            continue;
        };
        run.write(status, may_be_ready, &full_name);
        status.container_id = Some(match run.restarts {
            0 => format!("containerd://{uid}"),
            restarts => format!("containerd://{uid}-{restarts}"),
        });
        status.image_id = format!("sha256:{}", uid.replace('-', ""));
    }
    let over = runs
        .iter()
        .all(|run| run.terminated().is_some() && run.look().is_none());
    pod.status.phase = match over && !pod.terminating() {
        true => finished_phase(pod).to_owned(),
        false => "Running".to_owned(),
    };
    set_conditions(pod, version, now);
}

/// The phase of a pod whose containers have all ended for good.
pub(super) fn finished_phase(pod: &Pod) -> &'static str {
    let mut statuses = pod.status.container_statuses.iter();
    let failed = statuses.any(|status| {
        let terminated = status.state.terminated.as_ref();
        terminated.is_some_and(|terminated| terminated.exit_code != 0)
    });
    if failed { "Failed" } else { "Succeeded" }
}

/// The messages of the events Created and Started.
pub(super) fn started_messages(container: &str, version: Version) -> (String, String) {
    if version >= Version::V1_35 {
        return (
            "Container created".to_owned(),
            "Container started".to_owned(),
        );
    }
    let colon = if version >= Version::V1_32 { ":" } else { "" };
    (
        format!("Created container{colon} {container}"),
        format!("Started container {container}"),
    )
}
