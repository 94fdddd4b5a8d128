//! Who looks when what changes: the watches of the components.

use crate::Cluster;
use crate::agenda::Turn;
use crate::apiserver::key;
use crate::controller::statefulset::parent_and_ordinal;
use crate::controller::{
    garbage_collector, node_lifecycle, pod_gc, provisioner, recycler, taint_eviction,
};
use crate::object::meta::includes;
use crate::object::{
    EndpointSlice, Event, LabelSelector, Name, Node, PersistentVolume, PersistentVolumeClaim, Pod,
    ReplicaSet, Resource, Service, StatefulSet,
};
use crate::scheduler::Scheduler;
use crate::store::{Change, ChangeType, Store};
use crate::time::Time;

/// The turns that a change makes due. The times of the scheduler's are the earliest allowed by its
/// back-off, those of controllers that look now and then their next look; all others are due as
/// soon as their component has heard of it.
pub(crate) fn turns(change: &Change, cluster: &Cluster) -> Vec<(Turn, Time)> {
    let (store, config, now) = (&cluster.store, &cluster.config, cluster.now);
    let mut turns = objects(change, store, &cluster.scheduler);
    turns.extend(node_lifecycle::wakes(change, now));
    turns.extend(taint_eviction::wakes(change, store));
    turns.extend(pod_gc::wakes(change, store, config, now));
    turns
}

fn objects(change: &Change, store: &Store, scheduler: &Scheduler) -> Vec<(Turn, Time)> {
    let mut turns = Vec::new();
    if let Some((before, after)) = change.sides::<Pod>() {
        pod_changed(before.map(|p| &**p), after.map(|p| &**p), store, &mut turns);
        if let Some(gone) = before.filter(|_| after.is_none_or(|pod| pod.finished())) {
            let claims = gone.claim_names();
            turns.extend(claims.flat_map(|claim| later(scheduler.waiting_for_claim(claim))));
        }
    } else if let Some((before, after)) = change.sides::<PersistentVolumeClaim>() {
        let name = key(change.object().name());
        turns.extend(later(scheduler.waiting_for_claim(&name)));
        match after {
            Some(claim) => {
                if claim.metadata.terminating() {
                    now(&mut turns, Turn::ProtectClaim(name.clone()));
                }
                if let Some(provisioner) = provisioner::provisioner_of(claim) {
                    let (provisioner, claim) = (key(provisioner), name.clone());
                    now(&mut turns, Turn::Provision { provisioner, claim });
                }
                now(&mut turns, Turn::BindClaim(name));
            }
            None => {
                volumes_of_claim(&name, store, &mut turns);
                turns.extend(before.and_then(|claim| stale_claim_gone(claim)));
            }
        }
    } else if let Some((before, after)) = change.sides::<PersistentVolume>() {
        volume_changed(before.map(|v| &**v), after.map(|v| &**v), &mut turns);
    } else if change.object().kind() == Service::KIND {
        now(&mut turns, Turn::Endpoints(key(change.object().name())));
        now(
            &mut turns,
            Turn::EndpointSlices(key(change.object().name())),
        );
    } else if let Some((before, after)) = change.sides::<EndpointSlice>() {
        let slices = [before, after].into_iter().flatten();
        let services = slices.filter_map(|slice| slice.service_name());
        turns.extend(services.map(|name| (Turn::EndpointSlices(key(name)), Time(0))));
    } else if change.object().kind() == StatefulSet::KIND {
        now(&mut turns, Turn::StatefulSet(key(change.object().name())));
    } else if change.object().kind() == Event::KIND {
        let name = change.object().name();
        if recycler::volume_of(name).is_some() && change.change_type() == ChangeType::Added {
            now(&mut turns, Turn::MirrorRecyclerEvent(key(name)));
        }
    } else if change.object().kind() == ReplicaSet::KIND {
        now(&mut turns, Turn::ReplicaSet(key(change.object().name())));
    } else if change.object().kind() == Node::KIND {
        turns.extend(later(scheduler.waiting()));
    }
    for turn in garbage_collector::turns(change, store) {
        now(&mut turns, turn);
    }
    turns
}

fn now(turns: &mut Vec<(Turn, Time)>, turn: Turn) {
    turns.push((turn, Time(0)));
}

fn later(pods: Vec<(Name, Time)>) -> impl Iterator<Item = (Turn, Time)> {
    pods.into_iter()
        .map(|(pod, from)| (Turn::Schedule(pod), from))
}

fn pod_changed(
    before: Option<&Pod>,
    after: Option<&Pod>,
    store: &Store,
    turns: &mut Vec<(Turn, Time)>,
) {
    sets_of(before, after, store, turns);
    for pod in [before, after].into_iter().flatten() {
        let selects = |service: &&std::rc::Rc<Service>| {
            let selector = &service.spec.selector;
            !selector.is_empty() && includes(&pod.metadata.labels, selector)
        };
        for service in store.list::<Service>().filter(selects) {
            now(turns, Turn::Endpoints(key(service.name())));
            now(turns, Turn::EndpointSlices(key(service.name())));
        }
    }
    let Some(pod) = after.or(before) else { return };
    let name = key(pod.name());
    if let Some(volume) = recycler::volume_of(pod.name()) {
        now(turns, Turn::BindVolume(key(volume)));
        // A new watch on the pod's name brings what is still known of its former lives.
        if before.is_none() {
            let prefix = format!("{name}.");
            let told = store.list_prefixed::<Event>(&prefix);
            turns.extend(told.map(|event| (Turn::MirrorRecyclerEvent(key(event.name())), Time(0))));
        }
    }
    match &pod.spec.node_name {
        Some(node) => {
            let pod_uid = key(&pod.metadata.uid);
            now(
                turns,
                Turn::Kubelet {
                    node: key(node),
                    pod: name,
                    pod_uid,
                },
            );
        }
        None if before.is_none() => now(turns, Turn::Schedule(name)),
        None => {}
    }
    if after.is_none() || pod.finished() {
        let going = pod.claim_names().filter(|claim| {
            let claim = store.get::<PersistentVolumeClaim>(claim);
            claim.is_some_and(|claim| claim.metadata.terminating())
        });
        turns.extend(going.map(|claim| (Turn::ProtectClaim(key(claim)), Time(0))));
    }
}

/// A claim that was deleted with its pod no longer keeps the set from making a new pod. Upstream
/// would notice at the next event about the set, or when its informers look again.
fn stale_claim_gone(claim: &PersistentVolumeClaim) -> Option<(Turn, Time)> {
    let owner = claim.metadata.controller()?;
    let (set, _) = parent_and_ordinal(&owner.name).filter(|_| owner.kind == Pod::KIND.name())?;
    Some((Turn::StatefulSet(key(set)), Time(0)))
}

/// The sets that a change of a pod concerns: its owner, and its former one; of an orphan that came
/// or was changed in its labels, all that select it. The end of an orphan concerns nobody.
fn sets_of(
    before: Option<&Pod>,
    after: Option<&Pod>,
    store: &Store,
    turns: &mut Vec<(Turn, Time)>,
) {
    let (was, is) = (
        before.and_then(|pod| pod.metadata.controller()),
        after.and_then(|pod| pod.metadata.controller()),
    );
    for owner in [was, is].into_iter().flatten() {
        let (kind, turn): (_, fn(Name) -> Turn) = match owner.kind.as_str() {
            "StatefulSet" => (StatefulSet::KIND, Turn::StatefulSet),
            "ReplicaSet" => (ReplicaSet::KIND, Turn::ReplicaSet),
            _ => continue,
        };
        // A set of the same name that came later is not its owner.
        let set = store.get_object(kind, &owner.name);
        if set.is_some_and(|set| set.uid() == owner.uid) {
            now(turns, turn(key(&owner.name)));
        }
    }
    let Some(pod) = after.filter(|_| is.is_none()) else {
        return;
    };
    if was.is_none() && before.is_some_and(|before| before.metadata.labels == pod.metadata.labels) {
        return;
    }
    let selects = |selector: &Option<LabelSelector>| {
        let selector = selector.as_ref();
        selector.is_some_and(|selector| selector.matches(&pod.metadata.labels))
    };
    for set in store.list::<StatefulSet>() {
        if selects(&set.spec.selector) {
            now(turns, Turn::StatefulSet(key(set.name())));
        }
    }
    for set in store.list::<ReplicaSet>() {
        if selects(&set.spec.selector) {
            now(turns, Turn::ReplicaSet(key(set.name())));
        }
    }
}

fn volumes_of_claim(claim: &str, store: &Store, turns: &mut Vec<(Turn, Time)>) {
    let claimed = store.list::<PersistentVolume>().filter(|volume| {
        let reference = volume.spec.claim_ref.as_ref();
        reference.and_then(|reference| reference.name.as_deref()) == Some(claim)
    });
    turns.extend(claimed.map(|volume| (Turn::BindVolume(key(volume.name())), Time(0))));
}

fn volume_changed(
    before: Option<&PersistentVolume>,
    after: Option<&PersistentVolume>,
    turns: &mut Vec<(Turn, Time)>,
) {
    let Some(volume) = after.or(before) else {
        return;
    };
    let name = key(volume.name());
    if let Some(claim) = volume
        .spec
        .claim_ref
        .as_ref()
        .and_then(|claim| claim.name.as_deref())
    {
        now(turns, Turn::BindClaim(key(claim)));
    }
    if after.is_some_and(|volume| volume.metadata.terminating()) {
        now(turns, Turn::ProtectVolume(name.clone()));
    }
    if after.is_some() {
        now(turns, Turn::BindVolume(name));
    }
}
