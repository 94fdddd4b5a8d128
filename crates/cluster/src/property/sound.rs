//! Properties of every object, of storage and of what runs.

use crate::map::Map;

use super::{Check, Scene, runs};
use crate::Cluster;
use crate::object::{Kind, PersistentVolume, PersistentVolumeClaim, Pod, Resource, StatefulSet};
use crate::step::{Actor, Reason, Subject};
use crate::store::{Change, ChangeType};

fn fault(kind: Kind, name: &str) -> Check {
    Err(vec![Subject::new(kind, name)])
}

pub(super) fn no_idle_writes(scene: &Scene<'_>) -> Check {
    let Some(change) = scene.change() else {
        return Ok(());
    };
    let object = change.object();
    let idle = same(change);
    match idle {
        true => Err(vec![Subject::of(object)]),
        false => Ok(()),
    }
}

/// Whether the write changed nothing but the resource version.
fn same(change: &Change) -> bool {
    let (Some(before), Some(after)) = (&change.before, &change.after) else {
        return false;
    };
    let mut before = before.clone();
    before.metadata_mut().resource_version = after.metadata().resource_version;
    before == *after
}

pub(super) fn at_most_one_process(scene: &Scene<'_>) -> Check {
    let mut running: Map<&str, &str> = Map::new();
    for (_, process) in scene.cluster.processes() {
        if !runs(process) {
            continue;
        }
        if let Some(other) = running.insert(&process.pod, &process.node) {
            return Err(vec![
                Subject::new(Kind::Pod, &process.pod),
                Subject::new(Kind::Node, other),
                Subject::new(Kind::Node, &process.node),
            ]);
        }
    }
    Ok(())
}

pub(super) fn claims_are_kept(scene: &Scene<'_>) -> Check {
    let sides = scene
        .change()
        .and_then(Change::sides::<PersistentVolumeClaim>);
    let Some((Some(before), after)) = sides else {
        return Ok(());
    };
    let goes = after.is_none_or(|after| after.metadata.terminating());
    let marked_before = before.metadata.terminating();
    let owned = !before.metadata.owner_references.is_empty();
    // What is removed in one write carries the mark in its last state.
    let asked = marked_before
        && scene.previous.is_none_or(|cluster| {
            let claim = cluster.store().get::<PersistentVolumeClaim>(before.name());
            claim.is_some_and(|claim| claim.metadata.terminating())
        });
    if goes && !asked && !owned && scene.step.actor != Actor::User {
        return fault(Kind::PersistentVolumeClaim, before.name());
    }
    Ok(())
}

pub(super) fn claims_in_use_stay(scene: &Scene<'_>) -> Check {
    let sides = scene
        .change()
        .and_then(Change::sides::<PersistentVolumeClaim>);
    let (Some((Some(claim), None)), Some(previous)) = (sides, scene.previous) else {
        return Ok(());
    };
    if scene.step.actor == Actor::User {
        return Ok(());
    }
    let user = previous.store().list::<Pod>().find(|pod| {
        let used = pod.spec.uses_claim(claim.name());
        used && pod.spec.node_name.is_some() && !pod.finished()
    });
    match user {
        Some(pod) => Err(vec![
            Subject::new(Kind::PersistentVolumeClaim, claim.name()),
            Subject::new(Kind::Pod, pod.name()),
        ]),
        None => Ok(()),
    }
}

pub(super) fn data_is_kept(scene: &Scene<'_>) -> Check {
    let Some(previous) = scene.previous else {
        return Ok(());
    };
    let (before, after) = (&previous.kubelets.disks, &scene.cluster.kubelets.disks);
    if before.same(after) || matches!(*scene.step.reason, Reason::FileWritten { .. }) {
        return Ok(());
    }
    for claim in scene.cluster.store().list::<PersistentVolumeClaim>() {
        let volume = claim.volume_name().unwrap_or_default();
        let known = |cluster: &Cluster| cluster.store().get::<PersistentVolume>(volume).cloned();
        let (Some(volume), Some(_)) = (known(scene.cluster), known(previous)) else {
            continue;
        };
        for (place, files) in before.of_volume(&volume) {
            let kept = |name: &str| {
                let mut left = after.files(place);
                left.any(|(file, text)| file == name && !text.is_empty())
            };
            if files
                .iter()
                .any(|(file, text)| !text.is_empty() && !kept(file))
            {
                return Err(vec![
                    Subject::new(Kind::PersistentVolume, volume.name()),
                    Subject::new(Kind::PersistentVolumeClaim, claim.name()),
                ]);
            }
        }
    }
    Ok(())
}

pub(super) fn bound_claims_keep_volumes(scene: &Scene<'_>) -> Check {
    let Some(change) = scene.change() else {
        return Ok(());
    };
    let kind = change.object().kind();
    if !matches!(kind, Kind::PersistentVolume | Kind::PersistentVolumeClaim) {
        return Ok(());
    }
    let store = scene.cluster.store();
    for claim in store.list::<PersistentVolumeClaim>() {
        if claim.status.phase != "Bound" {
            continue;
        }
        let volume = claim.spec.volume_name.as_deref().unwrap_or_default();
        let named = store.get::<PersistentVolume>(volume).and_then(|volume| {
            let reference = volume.spec.claim_ref.as_ref()?;
            reference.uid.as_ref()
        });
        if named != Some(&claim.metadata.uid) {
            return Err(vec![
                Subject::new(Kind::PersistentVolumeClaim, claim.name()),
                Subject::new(Kind::PersistentVolume, volume),
            ]);
        }
    }
    Ok(())
}

pub(super) fn unique_uids(scene: &Scene<'_>) -> Check {
    let added = scene
        .change()
        .filter(|change| change.change_type() == ChangeType::Added);
    let Some(added) = added.map(Change::object) else {
        return Ok(());
    };
    for kind in Kind::ALL.iter().filter(|kind| **kind != Kind::Event) {
        let mut objects = scene.cluster.store().objects(*kind);
        let twin = objects.find(|object| {
            let itself = *kind == added.kind() && object.name() == added.name();
            object.uid() == added.uid() && !itself
        });
        if let Some(twin) = twin {
            return Err(vec![Subject::of(added), Subject::of(twin)]);
        }
    }
    Ok(())
}

pub(super) fn versions_grow(scene: &Scene<'_>) -> Check {
    let Some(previous) = scene.previous else {
        return Ok(());
    };
    let (before, after) = (previous.store().version(), scene.cluster.store().version());
    match scene.change() {
        None if before == after => Ok(()),
        None => Err(Vec::new()),
        Some(change) => {
            let stamped = change
                .after
                .as_ref()
                .is_none_or(|object| object.metadata().resource_version == after);
            if after == before + 1 && stamped {
                return Ok(());
            }
            Err(vec![Subject::of(change.object())])
        }
    }
}

pub(super) fn generations_observed(scene: &Scene<'_>) -> Check {
    let set = scene.change().and_then(Change::sides::<StatefulSet>);
    match set {
        Some((_, Some(set))) if set.status.observed_generation > set.metadata.generation => {
            fault(Kind::StatefulSet, set.name())
        }
        _ => Ok(()),
    }
}

pub(super) fn counts_in_range(scene: &Scene<'_>) -> Check {
    let set = scene.change().and_then(Change::sides::<StatefulSet>);
    let Some((_, Some(set))) = set else {
        return Ok(());
    };
    let status = &set.status;
    let available = status.available_replicas.unwrap_or(0);
    let within = |count: i32, all: i32| (0..=all).contains(&count);
    let sound = status.replicas >= 0
        && within(status.ready_replicas, status.replicas)
        && within(available, status.ready_replicas)
        && within(status.current_replicas, status.replicas)
        && within(status.updated_replicas, status.replicas);
    match sound {
        true => Ok(()),
        false => fault(Kind::StatefulSet, set.name()),
    }
}
