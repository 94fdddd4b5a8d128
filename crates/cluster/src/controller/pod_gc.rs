//! The pod garbage collector: removes pods that no kubelet will ever remove.
//! reference/node-and-pod-lifecycle.md §6 (`pkg/controller/podgc/gc_controller.go`).
//!
//! It looks every 20 s; only looks that may find something are on the agenda.

use crate::map::Map;
use std::rc::Rc;

use super::Outcome;
use crate::agenda::Turn;
use crate::apiserver::{Api, DeleteOptions};
use crate::object::meta::set_condition;
use crate::object::{Kind, Name, Node, Pod, Resource};
use crate::step::Reason;
use crate::store::{Change, Store};
use crate::time::Time;
use crate::{Config, Version};

/// Milliseconds between two looks.
const PERIOD: u64 = 20_000;
/// Milliseconds for which a missing node may still show up.
const QUARANTINE: u64 = 40_000;
/// Milliseconds between two writes of one look.
const WRITE_LATENCY: u64 = 1;

const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";

/// What the collector remembers between its looks: which look first missed a node.
#[derive(Clone, Debug, Default)]
pub(crate) struct PodGc {
    missed: Rc<Map<Name, Time>>,
}

impl PodGc {
    /// One look: the next write that is due, or when to look again.
    pub(crate) fn turn(&mut self, api: &mut Api<'_>) -> Outcome {
        let this_look = Time(api.now.0 / PERIOD * PERIOD);
        let stuck = api
            .list::<Pod>()
            .find(|pod| out_of_service(pod, api.store, api.config));
        if let Some(pod) = stuck.cloned() {
            let reason = Reason::NodeOutOfService {
                pod: pod.name().into(),
                node: node_of(&pod),
            };
            return remove(&pod, false, reason, api);
        }
        self.miss_nodes(this_look, api.store);
        let overdue = api.list::<Pod>().find(|pod| {
            let missed = self.missed.get(&node_of(pod));
            may_be_removed(pod) && missed.is_some_and(|since| this_look.since(*since) >= QUARANTINE)
        });
        if let Some(pod) = overdue.cloned() {
            let reason = Reason::NodeIsGone {
                pod: pod.name().into(),
                node: node_of(&pod),
            };
            return remove(&pod, true, reason, api);
        }
        match self.missed.is_empty() {
            true => Outcome::nothing(),
            false => Outcome::nothing().again(next_look_after(api.now).since(api.now)),
        }
    }

    /// Notes which nodes are missing that pods are bound to.
    fn miss_nodes(&mut self, this_look: Time, store: &Store) {
        let orphans = store.list::<Pod>().filter(|pod| is_orphan(pod, store));
        let since = |node: &Name| self.missed.get(node).copied().unwrap_or(this_look);
        let missed = orphans.map(|pod| node_of(pod)).map(|node| {
            let since = since(&node);
            (node, since)
        });
        self.missed = Rc::new(missed.collect());
    }
}

/// The looks that a change makes due.
pub(crate) fn wakes(
    change: &Change,
    store: &Store,
    config: &Config,
    now: Time,
) -> Vec<(Turn, Time)> {
    let wanted = |pod: &Pod| is_orphan(pod, store) || out_of_service(pod, store, config);
    let due = if let Some((_, after)) = change.sides::<Pod>() {
        after.is_some_and(|pod| wanted(pod))
    } else if let Some((before, after)) = change.sides::<Node>() {
        let taints = |node: Option<&Rc<Node>>| node.map(|node| node.spec.taints.clone());
        let matters = after.is_none() || taints(before) != taints(after);
        matters && store.list::<Pod>().any(|pod| wanted(pod))
    } else {
        false
    };
    match due {
        true => vec![(Turn::CollectPods, next_look_after(now))],
        false => Vec::new(),
    }
}

fn next_look_after(now: Time) -> Time {
    Time((now.0 / PERIOD + 1) * PERIOD)
}

/// The node the pod is bound to; empty if none.
fn node_of(pod: &Pod) -> Name {
    pod.spec.node_name.as_deref().unwrap_or_default().into()
}

fn is_orphan(pod: &Pod, store: &Store) -> bool {
    let node = pod.spec.node_name.as_deref();
    may_be_removed(pod) && node.is_some_and(|node| store.get::<Node>(node).is_none())
}

/// A pod that is already deleted without grace is only held by a finalizer.
fn may_be_removed(pod: &Pod) -> bool {
    pod.metadata.deletion_grace_period_seconds != Some(0)
}

/// Being deleted on a node that somebody vouches is powered off: `NonGracefulNodeShutdown`,
/// on by default since v1.26.
fn out_of_service(pod: &Pod, store: &Store, config: &Config) -> bool {
    let node = pod.spec.node_name.as_deref();
    config.version >= Version::V1_26
        && pod.terminating()
        && may_be_removed(pod)
        && node
            .and_then(|node| store.get::<Node>(node))
            .is_some_and(|node| {
                let mut taints = node.spec.taints.iter();
                node.ready_status() != "True" && taints.any(|taint| taint.key == OUT_OF_SERVICE)
            })
}

/// Since v1.26 the pod is failed first, so that nobody takes it for running; then it is removed
/// without grace.
fn remove(pod: &Pod, condition: bool, reason: Reason, api: &mut Api<'_>) -> Outcome {
    if api.config.version >= Version::V1_26 && !pod.finished() {
        let now = api.now;
        let failed = api.modify::<Pod>(pod.name(), |pod| {
            pod.status.phase = "Failed".to_owned();
            if condition {
                set_condition(
                    &mut pod.status.conditions,
                    "DisruptionTarget",
                    true,
                    Some("DeletionByPodGC"),
                    Some("PodGC: node no longer exists"),
                    now,
                );
            }
        });
        return match failed {
            Ok(_) => Outcome::because(reason).again(WRITE_LATENCY),
            Err(_) => Outcome::nothing(),
        };
    }
    let options = DeleteOptions {
        grace_period_seconds: Some(0),
        ..DeleteOptions::default()
    };
    match api.delete(Kind::Pod, pod.name(), &options) {
        Ok(_) => Outcome::because(reason).again(WRITE_LATENCY),
        Err(_) => Outcome::nothing(),
    }
}
