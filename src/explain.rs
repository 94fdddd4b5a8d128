//! What a step did to an object, found by comparing the object before and after; and how texts with
//! names in them come onto the page.

use cluster::object::{
    Endpoints, Kind, Name, PersistentVolume, PersistentVolumeClaim, Pod, Resource, StatefulSet,
};
use cluster::{Actor, Change, ChangeType, Reason, Step, Subject};
use words::{Lang, What};
use yew::prelude::*;

/// The object a step is about, and what happened to it.
pub(crate) fn explain(step: &Step) -> (Subject, What) {
    let Some(change) = &step.change else {
        let what = match *step.reason {
            Reason::ReadinessSwitched { ready, .. } => What::Switched { ready },
            _ => What::Waits,
        };
        return (subject(&step.reason), what);
    };
    let mut about = Subject::of(change.object());
    if about.kind == Kind::Endpoints {
        about.kind = Kind::Service;
    }
    (about, what(change))
}

/// What happened, in a few words; nothing if the reason says it all: somebody did something that
/// changed no object, such as cutting a cable or writing a file.
pub(crate) fn headline(lang: Lang, step: &Step) -> Option<String> {
    match (explain(step), &step.actor) {
        ((_, What::Waits), Actor::User | Actor::World | Actor::Program(_)) => None,
        ((_, What::Waits), _) => Some(lang.words().waits.to_owned()),
        ((about, what), _) => Some(lang.what(&about, &what)),
    }
}

/// A step in one sentence, names in backticks.
pub(crate) fn sentence(lang: Lang, step: &Step) -> String {
    let (about, what) = explain(step);
    match what {
        What::Waits => lang.reason(&step.reason),
        what => lang.what(&about, &what),
    }
}

/// The object that is waited for, or that a switch is about.
fn subject(reason: &Reason) -> Subject {
    match reason {
        Reason::ReadinessSwitched { pod, .. }
        | Reason::WaitsForPod { pod, .. }
        | Reason::WaitsForCondemned { pod, .. }
        | Reason::CondemnedBlocked { pod, .. }
        | Reason::UpdateWaitsForPod { pod, .. }
        | Reason::NoNodeFits { pod, .. }
        | Reason::FileWritten { pod, .. }
        | Reason::NoSpaceLeft { pod, .. }
        | Reason::ContainerCrashed { pod, .. }
        | Reason::ImageTrouble { pod, .. } => Subject::new(Kind::Pod, pod),
        Reason::NodeCutOff { node } | Reason::NodeHealed { node } => Subject::new(Kind::Node, node),
        Reason::DiskFilled { volume }
        | Reason::DiskFreed { volume }
        | Reason::DiskLost { volume } => Subject::new(Kind::PersistentVolume, volume),
        Reason::NoVolumeFits { claim } => Subject::new(Kind::PersistentVolumeClaim, claim),
        Reason::StillInUse { subject, .. } => subject.clone(),
        Reason::RetryAfterError { set, .. } => Subject::new(Kind::StatefulSet, set),
        _ => Subject {
            kind: Kind::Node,
            name: Name::from(""),
        },
    }
}

fn what(change: &Change) -> What {
    let Some((before, after)) = change.before.as_ref().zip(change.after.as_ref()) else {
        return match (change.change_type(), change.object().kind()) {
            (_, Kind::Endpoints) => addresses(change),
            (ChangeType::Added, _) => What::Created,
            _ => What::Removed,
        };
    };
    if !before.metadata().terminating() && after.metadata().terminating() {
        return What::MarkedForDeletion;
    }
    if before.metadata().finalizers.len() > after.metadata().finalizers.len() {
        return What::FinalizerRemoved;
    }
    match after.kind() {
        Kind::Pod => both(change).map(|(a, b)| pod(a, b)),
        Kind::PersistentVolume => both(change).map(|(a, b)| volume(a, b)),
        Kind::PersistentVolumeClaim => both(change).map(|(a, b)| claim(a, b)),
        Kind::StatefulSet => both(change).map(|(a, b)| stateful_set(a, b)),
        Kind::Endpoints => Some(addresses(change)),
        _ => None,
    }
    .unwrap_or(What::Updated)
}

fn both<T: Resource>(change: &Change) -> Option<(&T, &T)> {
    let (before, after) = change.sides::<T>()?;
    Some((before?, after?))
}

fn pod(before: &Pod, after: &Pod) -> What {
    if before.spec.node_name.is_none()
        && let Some(node) = &after.spec.node_name
    {
        return What::Scheduled { node: node.clone() };
    }
    let running = |pod: &Pod| any_container(pod, |state| state.running.is_some());
    let ended = |pod: &Pod| any_container(pod, |state| state.terminated.is_some());
    match (before.ready(), after.ready()) {
        (false, true) => return What::Ready,
        (true, false) if !ended(after) => return What::NotReady,
        _ => {}
    }
    if !running(before) && running(after) {
        What::Running
    } else if !ended(before) && ended(after) {
        What::Stopped
    } else if image_missing(after) && !image_missing(before) {
        What::ImageMissing
    } else if before.status.container_statuses.is_empty()
        && !after.status.container_statuses.is_empty()
    {
        What::Preparing
    } else if before.status.phase != after.status.phase {
        What::Phase(after.status.phase.clone())
    } else {
        What::Updated
    }
}

fn any_container(pod: &Pod, is: impl Fn(&cluster::object::pod::ContainerState) -> bool) -> bool {
    let mut statuses = pod.status.container_statuses.iter();
    statuses.any(|status| is(&status.state))
}

fn image_missing(pod: &Pod) -> bool {
    any_container(pod, |state| {
        let waiting = state.waiting.as_ref();
        let reason = waiting.and_then(|waiting| waiting.reason.as_deref());
        reason.is_some_and(|reason| reason.contains("Image"))
    })
}

fn volume(before: &PersistentVolume, after: &PersistentVolume) -> What {
    let claim_of = |volume: &PersistentVolume| {
        let reference = volume.spec.claim_ref.as_ref();
        reference.and_then(|reference| reference.name.clone())
    };
    if before.status.phase != after.status.phase {
        return What::Phase(after.status.phase.clone());
    }
    match claim_of(after) {
        Some(claim) if claim_of(before).as_ref() != Some(&claim) => What::Reserved { claim },
        _ => What::Updated,
    }
}

fn claim(before: &PersistentVolumeClaim, after: &PersistentVolumeClaim) -> What {
    if before.status.phase != after.status.phase {
        return What::Phase(after.status.phase.clone());
    }
    match after.volume_name() {
        Some(volume) if before.volume_name().is_none() => What::Named {
            volume: volume.to_owned(),
        },
        _ => What::Updated,
    }
}

fn stateful_set(before: &StatefulSet, after: &StatefulSet) -> What {
    let (from, to) = (before.replicas(), after.replicas());
    let (old, new) = (&before.status, &after.status);
    if from != to {
        What::Scaled { from, to }
    } else if (old.replicas, old.ready_replicas) != (new.replicas, new.ready_replicas) {
        What::Counted {
            replicas: new.replicas,
            ready: new.ready_replicas,
        }
    } else {
        What::Updated
    }
}

fn addresses(change: &Change) -> What {
    let sides = change.sides::<Endpoints>();
    let after = sides.and_then(|(_, after)| after);
    let ready = after.map_or(0, |endpoints| {
        let subsets = endpoints.subsets.iter();
        subsets.map(|subset| subset.addresses.len()).sum()
    });
    What::Addresses(ready)
}

/// A text with names in backticks, the names as code.
pub(crate) fn rich(text: &str) -> Html {
    let parts = text.split('`').enumerate();
    parts
        .map(|(index, part)| match index % 2 {
            0 => html! { {part.to_owned()} },
            _ => html! { <code lang="en" translate="no">{part.to_owned()}</code> },
        })
        .collect()
}

/// A text with names in backticks, without the backticks.
pub(crate) fn plain(text: &str) -> String {
    text.replace('`', "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use cluster::{Cluster, Config, Request};
    use serde_json::json;

    /// All sentences of a cluster in which `objects` are created, from first to last step.
    fn told(objects: &[serde_json::Value]) -> Vec<String> {
        let mut cluster = Cluster::new(Config::default());
        let mut told = Vec::new();
        let lang = crate::tests::lang("en");
        for object in objects {
            let request = Request::Create {
                object: object.clone(),
                options: Default::default(),
            };
            let (result, step) = cluster.request(&request);
            result.expect("the object is valid");
            told.extend(step.iter().map(|step| sentence(lang, step)));
        }
        while let Some(step) = cluster.step() {
            told.push(sentence(lang, &step));
        }
        told
    }

    #[test]
    fn a_pod_comes_up_in_words() {
        let told = told(&[
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"},
            "spec": {"containers": [{"name": "web", "image": "demo-statefulset-node-image", "imagePullPolicy": "Never"}]}}),
        ]);
        let expected = [
            "Pod `web` was created",
            "`web` was given the node",
            "`web` became Ready",
        ];
        let mut rest = told.iter();
        for sentence in expected {
            let found = rest.any(|told| told.starts_with(sentence));
            assert!(found, "{sentence:?} is not in {told:#?}, or too early");
        }
    }

    #[test]
    fn every_sentence_has_its_backticks_in_pairs() {
        let volume = json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "pv-a"},
            "spec": {"capacity": {"storage": "1Mi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/a"}}});
        for sentence in told(&[volume]) {
            assert_eq!(sentence.matches('`').count() % 2, 0, "{sentence}");
            assert!(!plain(&sentence).contains('`'));
        }
    }
}
