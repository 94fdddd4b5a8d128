//! Properties of what the StatefulSet controller does, one step at a time: I1 to I8 of the
//! invariants that upstream's own tests assert (`stateful_set_control_test.go`).
//!
//! The controller is held to what it knew when it decided ([`Scene::view`]); what happens between
//! its decision and its write is nobody's fault.

use std::rc::Rc;

use super::{Check, Scene, index_of};
use crate::Version;
use crate::controller::statefulset::identity::{
    POD_NAME_LABEL, claim_name, ordinal_in, pod_name, revision_of,
};
use crate::object::{ControllerRevision, Kind, PersistentVolumeClaim, Pod, Resource, StatefulSet};
use crate::step::{Actor, Subject};
use crate::store::{Change, Store};

/// A pod that the controller made or took away, the set, and what the controller knew.
struct Act<'a> {
    pod: &'a Rc<Pod>,
    ordinal: i32,
    set: &'a Rc<StatefulSet>,
    view: &'a Store,
}

fn pod_fault(name: &str) -> Check {
    Err(vec![Subject::new(Kind::Pod, name)])
}

/// The pod that the controller just made.
fn created<'a>(scene: &Scene<'a>) -> Option<Act<'a>> {
    match scene.change()?.sides::<Pod>()? {
        (None, Some(pod)) => act(scene, pod),
        _ => None,
    }
}

/// The pod that the controller just marked for deletion, or removed.
fn deleted<'a>(scene: &Scene<'a>) -> Option<Act<'a>> {
    let (before, after) = scene.change()?.sides::<Pod>()?;
    match (before, after) {
        (Some(before), Some(after)) if after.terminating() && !before.terminating() => {
            act(scene, before)
        }
        (Some(before), None) => act(scene, before),
        _ => None,
    }
}

fn act<'a>(scene: &Scene<'a>, pod: &'a Rc<Pod>) -> Option<Act<'a>> {
    if scene.step.actor != Actor::StatefulSetController {
        return None;
    }
    let owner = pod.metadata.controller()?;
    if owner.kind != Kind::StatefulSet.name() {
        return None;
    }
    let view = scene.view(&owner.name)?;
    let set = view
        .get::<StatefulSet>(&owner.name)
        .filter(|set| set.metadata.uid == owner.uid)?;
    let ordinal = ordinal_in(set, pod.name())?;
    Some(Act {
        pod,
        ordinal,
        set,
        view,
    })
}

impl Act<'_> {
    /// The pod with this ordinal, as the controller knew it.
    fn pod_at(&self, ordinal: i32) -> Option<&Rc<Pod>> {
        self.view.get::<Pod>(&pod_name(self.set, ordinal))
    }

    fn healthy(&self, ordinal: i32) -> bool {
        self.pod_at(ordinal)
            .is_some_and(|pod| pod.running_and_ready() && !pod.terminating())
    }

    /// The set's pods out of range, as the controller knew them.
    fn condemned(&self) -> impl Iterator<Item = (i32, &Rc<Pod>)> {
        let pods = self.view.list_prefixed::<Pod>(self.set.name());
        let owned = pods.filter(|pod| pod.metadata.controlled_by(&self.set.metadata.uid));
        let ordinals = owned.filter_map(|pod| Some((ordinal_in(self.set, pod.name())?, pod)));
        ordinals.filter(|(ordinal, _)| index_of(self.set, *ordinal).is_none())
    }
}

/// I1.
pub(super) fn predecessors_first(scene: &Scene<'_>) -> Check {
    let Some(act) = created(scene).filter(|act| act.set.ordered()) else {
        return Ok(());
    };
    let mut before = act.set.start_ordinal()..act.ordinal;
    match before.find(|ordinal| !act.healthy(*ordinal)) {
        Some(ordinal) => Err(vec![
            Subject::new(Kind::Pod, act.pod.name()),
            Subject::new(Kind::Pod, &pod_name(act.set, ordinal)),
        ]),
        None => Ok(()),
    }
}

/// I2: a pod is made within the range only; of the pods out of range the highest goes first, the
/// next when it is gone, and none unless all within the range are healthy.
pub(super) fn ordinals_without_gap(scene: &Scene<'_>) -> Check {
    if let Some(act) = created(scene)
        && index_of(act.set, act.ordinal).is_none()
    {
        return pod_fault(act.pod.name());
    }
    let ordered = deleted(scene).filter(|act| act.set.ordered());
    let Some(act) = ordered.filter(|act| index_of(act.set, act.ordinal).is_none()) else {
        return Ok(());
    };
    let mut others = act.condemned();
    let too_early = others.find(|(ordinal, _)| *ordinal > act.ordinal);
    if let Some((_, other)) = too_early {
        return Err(vec![
            Subject::new(Kind::Pod, act.pod.name()),
            Subject::new(Kind::Pod, other.name()),
        ]);
    }
    let start = act.set.start_ordinal();
    let mut range = start..start.saturating_add(act.set.replicas());
    match range.find(|ordinal| !act.healthy(*ordinal)) {
        Some(ordinal) => Err(vec![
            Subject::new(Kind::Pod, act.pod.name()),
            Subject::new(Kind::Pod, &pod_name(act.set, ordinal)),
        ]),
        None => Ok(()),
    }
}

/// I3.
pub(super) fn claim_for_each_template(scene: &Scene<'_>) -> Check {
    let Some(act) = created(scene) else {
        return Ok(());
    };
    let missing = act.set.spec.volume_claim_templates.iter().find(|template| {
        let wanted = claim_name(act.set, template, act.ordinal);
        !act.pod.spec.volumes.iter().any(|volume| {
            let source = volume.persistent_volume_claim.as_ref();
            volume.name == template.metadata.name
                && source.is_some_and(|source| source.claim_name == wanted)
        })
    });
    match missing {
        Some(_) => pod_fault(act.pod.name()),
        None => Ok(()),
    }
}

/// I4.
pub(super) fn claims_before_pods(scene: &Scene<'_>) -> Check {
    let store = scene.cluster.store();
    if let Some(act) = created(scene).filter(|act| retains(act.set)) {
        let mut claims = act.pod.claim_names();
        let templates = &act.set.spec.volume_claim_templates;
        let made = |claim: &&str| {
            let mut names = templates
                .iter()
                .map(|t| claim_name(act.set, t, act.ordinal));
            names.any(|name| name == **claim)
        };
        let missing =
            claims.find(|claim| made(claim) && store.get::<PersistentVolumeClaim>(claim).is_none());
        return match missing {
            Some(claim) => Err(vec![
                Subject::new(Kind::Pod, act.pod.name()),
                Subject::new(Kind::PersistentVolumeClaim, claim),
            ]),
            None => Ok(()),
        };
    }
    // Judged when the claim is marked, or goes at once: what was marked under another policy still
    // goes. One that has owners is the garbage collector's, also when the policy has just changed
    // and its set has not taken them off yet.
    let sides = scene
        .change()
        .and_then(Change::sides::<PersistentVolumeClaim>);
    let Some((Some(claim), after)) = sides else {
        return Ok(());
    };
    let stays = after.is_some_and(|after| !after.metadata.terminating());
    if stays || claim.metadata.terminating() || !claim.metadata.owner_references.is_empty() {
        return Ok(());
    }
    let user = store.list::<Pod>().find(|pod| {
        let owner = pod.metadata.controller();
        let set = owner.and_then(|owner| store.get::<StatefulSet>(&owner.name));
        pod.spec.uses_claim(claim.name()) && set.is_some_and(|set| retains(set))
    });
    match user {
        Some(pod) => Err(vec![
            Subject::new(Kind::Pod, pod.name()),
            Subject::new(Kind::PersistentVolumeClaim, claim.name()),
        ]),
        None => Ok(()),
    }
}

fn retains(set: &StatefulSet) -> bool {
    let policy = set.spec.persistent_volume_claim_retention_policy.as_ref();
    policy.is_none_or(|policy| {
        [&policy.when_deleted, &policy.when_scaled]
            .iter()
            .all(|word| word.as_deref() != Some("Delete"))
    })
}

/// I5.
pub(super) fn identity_matches(scene: &Scene<'_>) -> Check {
    let Some(act) = created(scene) else {
        return Ok(());
    };
    let metadata = &act.pod.metadata;
    let label = |key: &str| metadata.labels.get(key).map(String::as_str);
    let ordinal = act.ordinal.to_string();
    let index = label("apps.kubernetes.io/pod-index");
    let indexed = scene.cluster.config().version < Version::V1_28 || index == Some(&ordinal);
    let named = metadata.name == pod_name(act.set, act.ordinal)
        && metadata.namespace == act.set.metadata.namespace
        && label(POD_NAME_LABEL) == Some(&metadata.name)
        && act.pod.spec.hostname.as_deref() == Some(&metadata.name);
    match named && indexed {
        true => Ok(()),
        false => pod_fault(&metadata.name),
    }
}

/// I7, for the step that makes a pod and the one that replaces it.
pub(super) fn revisions_in_order(scene: &Scene<'_>) -> Check {
    let Some(previous) = scene.previous else {
        return Ok(());
    };
    if let Some(act) = created(scene) {
        // The collector takes the revisions of a set that goes, whatever its controller is at.
        let set = previous.store().get::<StatefulSet>(act.set.name());
        if set.is_none_or(|set| set.metadata.terminating()) {
            return Ok(());
        }
        // One of the same name and contents that an earlier set left serves as well.
        let Some(newest) = newest_revision(previous.store(), act.set) else {
            // It may have been collected since the controller looked.
            let name = revision_of(act.pod);
            let left = |store: &Store| store.get::<ControllerRevision>(name).is_some();
            return match left(previous.store()) || left(act.view) {
                true => Ok(()),
                false => pod_fault(act.pod.name()),
            };
        };
        let wanted = wanted_revision(&act, newest);
        // The controller may have made its own first revision before it adopts one of that number.
        let number = |name: &str| {
            let revision = previous.store().get::<ControllerRevision>(name);
            revision.map(|revision| revision.revision)
        };
        let made = revision_of(act.pod);
        let twin = wanted == newest && number(made).is_some_and(|of| Some(of) == number(newest));
        return match made == wanted || twin {
            true => Ok(()),
            false => pod_fault(act.pod.name()),
        };
    }
    let Some(act) = deleted(scene).filter(|act| !act.pod.finished()) else {
        return Ok(());
    };
    let Some(index) = index_of(act.set, act.ordinal) else {
        return Ok(());
    };
    let newest = newest_revision(previous.store(), act.set).unwrap_or_default();
    if act.set.updates_on_delete() || index < partition(act.set) || revision_of(act.pod) == newest {
        return pod_fault(act.pod.name());
    }
    // Several at once need not go in order.
    if scene.cluster.config().max_unavailable_stateful_set {
        return Ok(());
    }
    let end = act.set.start_ordinal().saturating_add(act.set.replicas());
    let mut above = act.ordinal.saturating_add(1)..end;
    let unfinished = above.find(|ordinal| {
        let updated = act
            .pod_at(*ordinal)
            .is_some_and(|pod| revision_of(pod) == newest);
        !updated || !act.healthy(*ordinal)
    });
    match unfinished {
        Some(ordinal) => Err(vec![
            Subject::new(Kind::Pod, act.pod.name()),
            Subject::new(Kind::Pod, &pod_name(act.set, ordinal)),
        ]),
        None => Ok(()),
    }
}

/// The revision that a new pod is to be of: reference/statefulset-controller.md §7.
fn wanted_revision<'a>(act: &'a Act<'_>, newest: &'a str) -> &'a str {
    let status = &act.set.status;
    let index = act.ordinal - act.set.start_ordinal();
    let old = match &act.set.spec.update_strategy.rolling_update {
        _ if act.set.updates_on_delete() => false,
        Some(_) => index < partition(act.set),
        None => index < status.current_replicas,
    };
    let current = status.current_revision.as_deref();
    let current = current.filter(|name| act.view.get::<ControllerRevision>(name).is_some());
    match current {
        Some(current) if old => current,
        _ => newest,
    }
}

fn partition(set: &StatefulSet) -> i32 {
    let rolling_update = set.spec.update_strategy.rolling_update.as_ref();
    rolling_update
        .and_then(|rolling_update| rolling_update.partition)
        .unwrap_or(0)
}

/// The set's revision with the highest number: that of its template once the controller saw it.
fn newest_revision<'a>(store: &'a Store, set: &StatefulSet) -> Option<&'a str> {
    let revisions = store.list::<ControllerRevision>();
    let own = revisions.filter(|revision| revision.metadata.controlled_by(&set.metadata.uid));
    let newest = own.max_by_key(|revision| revision.revision)?;
    Some(newest.name())
}

/// I8.
pub(super) fn one_pod_an_ordinal(scene: &Scene<'_>) -> Check {
    let Some((_, Some(pod))) = scene.change().and_then(Change::sides::<Pod>) else {
        return Ok(());
    };
    let store = scene.cluster.store();
    let owner = pod.metadata.controller();
    let Some(set) = owner.and_then(|owner| store.get::<StatefulSet>(&owner.name)) else {
        return Ok(());
    };
    let own = |pod: &Pod| pod.metadata.controlled_by(&set.metadata.uid);
    let Some(ordinal) = ordinal_in(set, pod.name()).filter(|_| own(pod)) else {
        return Ok(());
    };
    let twin = store.list_prefixed::<Pod>(set.name()).find(|other| {
        let same = ordinal_in(set, other.name()) == Some(ordinal);
        same && own(other) && other.name() != pod.name()
    });
    match twin {
        Some(twin) => Err(vec![
            Subject::new(Kind::Pod, pod.name()),
            Subject::new(Kind::Pod, twin.name()),
        ]),
        None => Ok(()),
    }
}
