//! Properties of a cluster in which nothing is left to do.

use std::rc::Rc;

use super::{Check, Property, Violation, index_of};
use crate::Cluster;
use crate::agenda::Turn;
use crate::controller::statefulset::identity::{claim_name, ordinal_in, pod_name, revision_of};
use crate::object::{Kind, OwnerReference, PersistentVolumeClaim, Pod, Resource, StatefulSet};
use crate::step::Subject;

/// Whether nobody is to take a turn.
pub fn at_rest(cluster: &Cluster) -> bool {
    cluster.next_time().is_none()
}

/// Everything that is wrong with a cluster at rest: sets that are not as desired and name no
/// reason, claims with other owners than the policy asks for, controllers that would write again
/// if they looked once more. Empty if the cluster is not at rest.
pub fn converged(cluster: &Cluster) -> Vec<Violation> {
    let violation = |(property, check): (Property, Check)| {
        let at_fault = check.err()?;
        Some(Violation {
            property,
            time: cluster.now(),
            at_fault,
        })
    };
    [
        (Property::Converged, sets_converged(cluster)),
        (Property::ClaimOwners, claim_owners(cluster)),
        (Property::NoIdleWrites, nothing_to_write(cluster)),
    ]
    .into_iter()
    .filter_map(violation)
    .collect()
}

/// The set, if anything about it is not as desired without a reason.
fn fault(set: &StatefulSet, pod: Option<&str>) -> Check {
    let mut at_fault = vec![Subject::new(Kind::StatefulSet, set.name())];
    at_fault.extend(pod.map(|pod| Subject::new(Kind::Pod, pod)));
    Err(at_fault)
}

/// The sets that neither wait nor are being deleted.
fn settled(cluster: &Cluster) -> impl Iterator<Item = &StatefulSet> {
    let sets = cluster.store().list::<StatefulSet>();
    let at_rest = at_rest(cluster);
    sets.map(|set| &**set).filter(move |set| {
        at_rest && cluster.waiting(set.name()).is_none() && !set.metadata.terminating()
    })
}

pub(super) fn sets_converged(cluster: &Cluster) -> Check {
    settled(cluster).try_for_each(|set| {
        pods_as_desired(cluster, set)?;
        status_as_counted(cluster, set)
    })
}

fn pods_as_desired(cluster: &Cluster, set: &StatefulSet) -> Check {
    let store = cluster.store();
    let start = set.start_ordinal();
    for ordinal in start..start.saturating_add(set.replicas()) {
        let name = pod_name(set, ordinal);
        let pod = store
            .get::<Pod>(&name)
            .filter(|pod| pod.metadata.controlled_by(&set.metadata.uid));
        // Without order nobody waits for a pod, so nobody names a reason.
        let healthy = |pod: &&Rc<Pod>| !pod.terminating() && pod.running_and_ready();
        let Some(pod) = pod.filter(|pod| !set.ordered() || healthy(pod)) else {
            return fault(set, Some(&name));
        };
        if !pod.terminating() && outdated(set, pod, ordinal - start) {
            return fault(set, Some(&name));
        }
    }
    let pods = store.list_prefixed::<Pod>(set.name());
    let mut own = pods.filter(|pod| pod.metadata.controlled_by(&set.metadata.uid));
    let surplus = own.find(|pod| {
        let ordinal = ordinal_in(set, pod.name());
        // What is on its way out needs nobody to act.
        !pod.terminating() && ordinal.is_none_or(|ordinal| index_of(set, ordinal).is_none())
    });
    match surplus {
        Some(pod) => fault(set, Some(pod.name())),
        None => Ok(()),
    }
}

/// Whether a rolling update should have replaced the pod.
fn outdated(set: &StatefulSet, pod: &Pod, index: i32) -> bool {
    let rolling_update = set.spec.update_strategy.rolling_update.as_ref();
    let partition = rolling_update
        .and_then(|rolling_update| rolling_update.partition)
        .unwrap_or(0);
    let wanted = set.status.update_revision.as_deref();
    !set.updates_on_delete() && index >= partition && Some(revision_of(pod)) != wanted
}

fn status_as_counted(cluster: &Cluster, set: &StatefulSet) -> Check {
    let pods = cluster.store().list_prefixed::<Pod>(set.name());
    let own = pods.filter(|pod| pod.metadata.controlled_by(&set.metadata.uid));
    let (mut replicas, mut ready) = (0, 0);
    for pod in own.filter(|pod| ordinal_in(set, pod.name()).is_some()) {
        replicas += 1;
        ready += i32::from(pod.running_and_ready());
    }
    let status = &set.status;
    let counted = (status.replicas, status.ready_replicas) == (replicas, ready)
        && status.observed_generation == set.metadata.generation;
    match counted {
        true => Ok(()),
        false => fault(set, None),
    }
}

/// I6: the table of reference/statefulset-controller.md §5.1, for the pods in range.
pub(super) fn claim_owners(cluster: &Cluster) -> Check {
    settled(cluster).try_for_each(|set| {
        let start = set.start_ordinal();
        let ordinals = start..start.saturating_add(set.replicas());
        for ordinal in ordinals {
            let name = pod_name(set, ordinal);
            let pod = cluster.store().get::<Pod>(&name);
            let Some(pod) = pod.filter(|pod| pod.running_and_ready() && !pod.terminating()) else {
                continue;
            };
            for template in &set.spec.volume_claim_templates {
                let claim = claim_name(set, template, ordinal);
                let claim = cluster.store().get::<PersistentVolumeClaim>(&claim);
                let wrong = claim.is_some_and(|claim| {
                    !owned_as_asked(set, pod, &claim.metadata.owner_references)
                });
                if wrong {
                    let claim = claim_name(set, template, ordinal);
                    return Err(vec![Subject::new(Kind::PersistentVolumeClaim, &claim)]);
                }
            }
        }
        Ok(())
    })
}

fn owned_as_asked(set: &StatefulSet, pod: &Pod, owners: &[OwnerReference]) -> bool {
    let names = |owner: &OwnerReference, kind: Kind, name: &str| {
        owner.kind == kind.name() && owner.name == name
    };
    let of_set = |owner: &&OwnerReference| names(owner, Kind::StatefulSet, set.name());
    let of_pod = |owner: &&OwnerReference| names(owner, Kind::Pod, pod.name());
    // An earlier set's or pod's claim, or one that something else manages, is left alone.
    let theirs = |owner: &OwnerReference| {
        of_set(&owner) && owner.uid != set.metadata.uid
            || of_pod(&owner) && owner.uid != pod.metadata.uid
            || !of_set(&owner) && !of_pod(&owner) && owner.controller == Some(true)
    };
    if owners.iter().any(theirs) {
        return true;
    }
    let policy = set.spec.persistent_volume_claim_retention_policy.as_ref();
    let deleted = policy.is_some_and(|policy| policy.when_deleted.as_deref() == Some("Delete"));
    owners.iter().filter(of_set).count() == usize::from(deleted)
        && !owners.iter().any(|owner| of_pod(&owner))
}

/// I9: another look of the StatefulSet controller finds nothing to write.
fn nothing_to_write(cluster: &Cluster) -> Check {
    if !at_rest(cluster) {
        return Ok(());
    }
    for set in cluster.store().list::<StatefulSet>() {
        let mut again = cluster.clone();
        let turn = Turn::StatefulSet(set.name().into());
        again.agenda.wake(turn.clone(), again.now);
        let step = again.take_turn(&turn);
        if step.is_some_and(|step| step.change.is_some()) {
            return fault(set, None);
        }
    }
    Ok(())
}
