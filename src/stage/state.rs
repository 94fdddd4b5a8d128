//! What an object's state looks like: a word, and the word is also the name of a shape and a colour
//! in the style sheet.

use cluster::object::{PersistentVolume, PersistentVolumeClaim, Pod};
use yew::prelude::*;

/// The state of a pod, as far as the picture tells states apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PodState {
    /// No node has been found.
    Pending,
    /// It has a node, and its container doesn't run yet.
    ContainerCreating,
    /// Its container runs and isn't ready.
    Running,
    /// Its container runs and is ready.
    Ready,
    /// It is being deleted.
    Terminating,
    /// Its node can't be asked.
    Unknown,
    /// It ended badly, or can't begin.
    Failed,
    /// It ended well.
    Succeeded,
}

impl PodState {
    /// The state of this pod.
    pub(crate) fn of(pod: &Pod) -> PodState {
        let mut containers = pod
            .status
            .container_statuses
            .iter()
            .map(|status| &status.state);
        let image_missing = containers.any(|state| {
            let reason = state
                .waiting
                .as_ref()
                .and_then(|waiting| waiting.reason.as_deref());
            reason.is_some_and(|reason| reason.contains("Image") || reason.contains("BackOff"))
        });
        if pod.terminating() {
            PodState::Terminating
        } else if pod.status.phase == "Succeeded" {
            PodState::Succeeded
        } else if pod.status.phase == "Failed" || image_missing {
            PodState::Failed
        } else if pod.status.phase == "Unknown" {
            PodState::Unknown
        } else if pod.running_and_ready() {
            PodState::Ready
        } else if pod.status.phase == "Running" {
            PodState::Running
        } else if pod.spec.node_name.is_some() {
            PodState::ContainerCreating
        } else {
            PodState::Pending
        }
    }

    /// Its name, for style sheets and tests.
    pub(crate) fn name(self) -> &'static str {
        match self {
            PodState::Pending => "Pending",
            PodState::ContainerCreating => "ContainerCreating",
            PodState::Running => "Running",
            PodState::Ready => "Ready",
            PodState::Terminating => "Terminating",
            PodState::Unknown => "Unknown",
            PodState::Failed => "Failed",
            PodState::Succeeded => "Succeeded",
        }
    }

    /// The word on the pod: what `kubectl get` prints where that says more.
    pub(crate) fn word(self, pod: &Pod) -> String {
        match self {
            PodState::Failed | PodState::Unknown => pod.display_status(true),
            state => state.name().to_owned(),
        }
    }

    /// A shape for each state, for those who don't see colours.
    pub(crate) fn glyph(self) -> Html {
        let (path, filled) = match self {
            PodState::Pending => ("M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2", false),
            PodState::ContainerCreating => ("M8 2v6h6A6 6 0 1 1 8 2M10.5 2.5a6 6 0 0 1 3 3", false),
            PodState::Running => ("M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2", true),
            PodState::Ready | PodState::Succeeded => ("M2.5 8.5 6.5 12.5 13.5 4", false),
            PodState::Terminating => ("M8 2a6 6 0 1 1 0 12A6 6 0 0 1 8 2M4 12 12 4", false),
            PodState::Unknown => (
                "M5.5 6a2.5 2.5 0 1 1 3.5 2.3c-.7.4-1 .8-1 1.7M8 12.6v.4",
                false,
            ),
            PodState::Failed => ("M3.5 3.5l9 9M12.5 3.5l-9 9", false),
        };
        html! {
            <svg class={classes!("glyph", filled.then_some("filled"))} viewBox="0 0 16 16" aria-hidden="true"><path d={path} /></svg>
        }
    }
}

/// The phase of a claim, or that it is being deleted.
pub(crate) fn claim_state(claim: &PersistentVolumeClaim) -> &str {
    state(claim.metadata.terminating(), &claim.status.phase)
}

/// The phase of a volume, or that it is being deleted.
pub(crate) fn volume_state(volume: &PersistentVolume) -> &str {
    state(volume.metadata.terminating(), &volume.status.phase)
}

fn state(terminating: bool, phase: &str) -> &str {
    match (terminating, phase) {
        (true, _) => "Terminating",
        (false, "") => "Pending",
        (false, phase) => phase,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn a_pod_has_one_state() {
        let check = |pod: Value, expected: PodState| {
            let pod: Pod = cluster::object::from_value(pod);
            assert_eq!(PodState::of(&pod), expected, "{pod:?}");
        };
        let ready = json!([{"type": "Ready", "status": "True"}]);
        let no_image = json!([{"state": {"waiting": {"reason": "ErrImageNeverPull"}}}]);
        check(json!({"status": {"phase": "Pending"}}), PodState::Pending);
        check(
            json!({"spec": {"nodeName": "n"}, "status": {"phase": "Pending"}}),
            PodState::ContainerCreating,
        );
        check(
            json!({"spec": {"nodeName": "n"}, "status": {"phase": "Pending", "containerStatuses": no_image}}),
            PodState::Failed,
        );
        check(
            json!({"spec": {"nodeName": "n"}, "status": {"phase": "Running"}}),
            PodState::Running,
        );
        check(
            json!({"status": {"phase": "Running", "conditions": ready}}),
            PodState::Ready,
        );
        check(
            json!({"metadata": {"deletionTimestamp": "2026-05-05T12:00:00Z"}, "status": {"phase": "Running", "conditions": ready}}),
            PodState::Terminating,
        );
        check(json!({"status": {"phase": "Failed"}}), PodState::Failed);
        check(
            json!({"status": {"phase": "Succeeded"}}),
            PodState::Succeeded,
        );
    }
}
