//! What one synchronisation of a ReplicaSet comes to: reference/replicaset-contrast.md §2
//! (`pkg/controller/replicaset/replica_set.go`). Nothing here writes.

use std::rc::Rc;

use super::ranking;
use crate::choices::Choices;
use crate::object::meta::includes;
use crate::object::replicaset::ReplicaSetStatus;
use crate::object::{Name, Pod, ReplicaSet};
use crate::step::Reason;
use crate::store::Store;
use crate::time::Time;
use crate::{Config, Version};

/// Pods that one synchronisation creates or deletes at most.
const BURST: usize = 500;

/// One write that the controller wants to make.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Write {
    Adopt(Name),
    Release(Name),
    /// Creates a pod. Pods of one batch are created whatever becomes of the others; if one fails,
    /// later batches are not begun.
    Create {
        batch: u32,
    },
    Delete(Name),
}

/// The outcome of one look at a set.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Plan {
    /// What to write, in this order, with the reason for each.
    pub(super) writes: Vec<(Write, Rc<Reason>)>,
    /// What was counted, before these writes. Conditions are left as they were.
    pub(super) status: ReplicaSetStatus,
    /// Milliseconds until a ready pod becomes available, if any is going to.
    pub(super) look_again: Option<u64>,
}

/// Decides what to do about a set.
pub(super) fn decide(
    store: &Store,
    config: &Config,
    now: Time,
    set: &ReplicaSet,
    choices: &Choices,
) -> Plan {
    let mut writes = Vec::new();
    let active = claim(store, set, &mut writes);
    if !set.metadata.terminating() {
        manage(set, &active, now, config, choices, &mut writes);
    }
    Plan {
        writes,
        status: count(store, set, &active, now, config),
        look_again: next_availability(set, &active, now),
    }
}

/// Adopts active orphans that match, whatever their names, and releases pods that no longer do:
/// §2.1, §2.2. Gives the set's active pods.
fn claim(store: &Store, set: &ReplicaSet, writes: &mut Vec<(Write, Rc<Reason>)>) -> Vec<Rc<Pod>> {
    let Some(selector) = &set.spec.selector else {
        return Vec::new();
    };
    let set_name = Name::from(set.metadata.name.as_str());
    let mut claimed = Vec::new();
    for pod in store.list::<Pod>() {
        if pod.terminating() || pod.finished() {
            continue;
        }
        let matches = selector.matches(&pod.metadata.labels);
        let (set_name, name) = (set_name.clone(), Name::from(pod.metadata.name.as_str()));
        match pod.metadata.controller() {
            Some(owner) if owner.uid != set.metadata.uid => {}
            Some(_) if matches => claimed.push(Rc::clone(pod)),
            _ if set.metadata.terminating() => {}
            Some(_) => {
                let reason = Reason::ReplicaReleased {
                    set: set_name,
                    pod: name.clone(),
                };
                writes.push((Write::Release(name), reason.into()));
            }
            None if matches => {
                claimed.push(Rc::clone(pod));
                let reason = Reason::ReplicaAdopted {
                    set: set_name,
                    pod: name.clone(),
                };
                writes.push((Write::Adopt(name), reason.into()));
            }
            None => {}
        }
    }
    claimed
}

/// Creates what is missing, in batches that double, or deletes what is too much: §2.3.
fn manage(
    set: &ReplicaSet,
    active: &[Rc<Pod>],
    now: Time,
    config: &Config,
    choices: &Choices,
    writes: &mut Vec<(Write, Rc<Reason>)>,
) {
    let set_name = Name::from(set.metadata.name.as_str());
    let replicas = set.replicas();
    let wanted = usize::try_from(replicas).unwrap_or(0);
    let missing = wanted.saturating_sub(active.len()).min(BURST);
    for index in 0..missing {
        let reason = Reason::TooFewReplicas {
            set: set_name.clone(),
            active: i32::try_from(active.len() + index).unwrap_or(i32::MAX),
            replicas,
        };
        // Batches of 1, 2, 4, 8 …
        let batch = (index + 1).ilog2();
        writes.push((Write::Create { batch }, reason.into()));
    }
    let surplus = active.len().saturating_sub(wanted).min(BURST);
    for (pod, preference) in ranking::victims(active, surplus, now, config, choices) {
        let name = Name::from(pod.metadata.name.as_str());
        let reason = Reason::TooManyReplicas {
            set: set_name.clone(),
            pod: name.clone(),
            replicas,
            preference,
        };
        writes.push((Write::Delete(name), reason.into()));
    }
}

/// Counts the active pods: §4.
fn count(
    store: &Store,
    set: &ReplicaSet,
    active: &[Rc<Pod>],
    now: Time,
    config: &Config,
) -> ReplicaSetStatus {
    let number = |wanted: &dyn Fn(&Pod) -> bool| {
        let count = active.iter().filter(|pod| wanted(pod)).count();
        i32::try_from(count).unwrap_or(i32::MAX)
    };
    let labels = &set.spec.template.metadata.labels;
    let terminating = || {
        let pods = store.list::<Pod>().filter(|pod| {
            let selector = set.spec.selector.as_ref();
            pod.terminating()
                && !pod.finished()
                && pod.metadata.controlled_by(&set.metadata.uid)
                && selector.is_some_and(|selector| selector.matches(&pod.metadata.labels))
        });
        i32::try_from(pods.count()).unwrap_or(i32::MAX)
    };
    ReplicaSetStatus {
        available_replicas: number(&|pod| pod.available(set.min_ready_seconds(), now)),
        conditions: set.status.conditions.clone(),
        fully_labeled_replicas: number(&|pod| includes(&pod.metadata.labels, labels)),
        observed_generation: set.metadata.generation,
        ready_replicas: number(&Pod::ready),
        replicas: number(&|_| true),
        terminating_replicas: (config.version >= Version::V1_35).then(terminating),
    }
}

/// Milliseconds until the first ready pod has been ready for `minReadySeconds`.
fn next_availability(set: &ReplicaSet, active: &[Rc<Pod>], now: Time) -> Option<u64> {
    let wanted = u64::from(set.min_ready_seconds().unsigned_abs()) * 1000;
    let unavailable = active
        .iter()
        .filter(|pod| pod.ready() && !pod.available(set.min_ready_seconds(), now));
    let since = unavailable.filter_map(|pod| pod.condition("Ready")?.last_transition_time);
    since
        .map(|since| wanted.saturating_sub(now.since(since)).max(1))
        .min()
}
