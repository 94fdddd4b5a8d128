//! The taint eviction controller: deletes pods from nodes with NoExecute taints, each when it no
//! longer tolerates them. reference/node-and-pod-lifecycle.md §5
//! (`pkg/controller/tainteviction`; before v1.29 part of the node lifecycle controller).

use crate::map::Map;
use std::rc::Rc;

use super::Outcome;
use crate::Version;
use crate::agenda::Turn;
use crate::apiserver::{Api, DeleteOptions};
use crate::object::meta::set_condition;
use crate::object::pod::Toleration;
use crate::object::{Kind, Name, Node, ObjectReference, Pod, Resource, Taint};
use crate::recorder::Tone;
use crate::step::{Actor, Reason};
use crate::store::{Change, Store};
use crate::time::Time;

const ACTOR: Actor = Actor::TaintEvictionController;

/// Milliseconds between the two writes of an eviction.
const WRITE_LATENCY: u64 = 8;

/// What the controller remembers: the evictions it planned, by the uid of the pod.
#[derive(Clone, Debug, Default)]
pub(crate) struct TaintEviction {
    planned: Rc<Map<Name, Eviction>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Eviction {
    /// To be carried out at this time.
    At(Time),
    /// Carried out; not to be done again.
    Done,
}

/// How long a pod puts up with taints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tolerance {
    No,
    Milliseconds(u64),
    Forever,
}

impl TaintEviction {
    /// One turn about a pod.
    pub(crate) fn turn(&mut self, name: &Name, uid: &Name, api: &mut Api<'_>) -> Outcome {
        let pod = api.get::<Pod>(name).filter(|pod| pod.metadata.uid == **uid);
        let Some(pod) = pod.cloned() else {
            return self.cancel(name, uid, api);
        };
        let planned = self.planned.get(uid).copied();
        if let Some(Eviction::At(due)) = planned
            && due <= api.now
        {
            return self.evict(&pod, uid, api);
        }
        let node = pod.spec.node_name.as_deref();
        let Some(node) = node.and_then(|node| api.get::<Node>(node)).cloned() else {
            // What was planned before the node went stays planned.
            return wait(planned, api.now);
        };
        let taints: Vec<&Taint> = no_execute(&node).collect();
        if taints.is_empty() {
            return self.cancel(name, uid, api);
        }
        match (tolerance(&pod.spec.tolerations, &taints), planned) {
            (_, Some(Eviction::Done)) => Outcome::nothing(),
            (Tolerance::Forever, _) => self.cancel(name, uid, api),
            (Tolerance::No, _) => {
                self.cancel(name, uid, api);
                self.evict(&pod, uid, api)
            }
            (Tolerance::Milliseconds(_), Some(_)) => wait(planned, api.now),
            (Tolerance::Milliseconds(left), None) => {
                self.plan(uid, Eviction::At(api.now + left));
                let reason = Reason::ToleratesTaintFor {
                    pod: name.clone(),
                    node: node.name().into(),
                    seconds: left / 1000,
                };
                Outcome::because(reason).again(left)
            }
        }
    }

    fn plan(&mut self, uid: &Name, eviction: Eviction) {
        Rc::make_mut(&mut self.planned).insert(uid.clone(), eviction);
    }

    /// Nothing is to be done any more; told if something was.
    fn cancel(&mut self, name: &Name, uid: &Name, api: &mut Api<'_>) -> Outcome {
        if !self.planned.contains_key(uid) {
            return Outcome::nothing();
        }
        let planned = Rc::make_mut(&mut self.planned).remove(uid);
        if !matches!(planned, Some(Eviction::At(_))) {
            return Outcome::nothing();
        }
        record(name, "Cancelling deletion of", api);
        Outcome::because(Reason::EvictionCancelled { pod: name.clone() })
    }

    /// Says why, where the release has a condition for that, and then deletes the pod.
    fn evict(&mut self, pod: &Pod, uid: &Name, api: &mut Api<'_>) -> Outcome {
        let name: Name = pod.name().into();
        let told = pod.condition("DisruptionTarget").is_some();
        if api.config.version >= Version::V1_26 && !told {
            record(&name, "Marking for deletion", api);
            self.plan(uid, Eviction::At(api.now));
            let now = api.now;
            let marked = api.modify::<Pod>(&name, |pod| {
                set_condition(
                    &mut pod.status.conditions,
                    "DisruptionTarget",
                    true,
                    Some("DeletionByTaintManager"),
                    Some("Taint manager: deleting due to NoExecute taint"),
                    now,
                );
            });
            return match marked {
                Ok(_) => {
                    Outcome::because(Reason::EvictionAnnounced { pod: name }).again(WRITE_LATENCY)
                }
                Err(_) => Outcome::nothing(),
            };
        }
        if !told {
            record(&name, "Marking for deletion", api);
        }
        self.plan(uid, Eviction::Done);
        if pod.terminating() {
            return Outcome::nothing();
        }
        match api.delete(Kind::Pod, &name, &DeleteOptions::default()) {
            Ok(_) => Outcome::because(Reason::NoLongerTolerated {
                pod: name,
                node: pod.spec.node_name.as_deref().unwrap_or_default().into(),
            }),
            Err(_) => Outcome::nothing(),
        }
    }
}

/// The looks that a change makes due: at the pods of a node whose NoExecute taints changed, and at
/// a pod that came to, or left, a node that has some.
pub(crate) fn wakes(change: &Change, store: &Store) -> Vec<(Turn, Time)> {
    let look = |pod: &Pod| {
        let turn = Turn::EvictTainted {
            pod: pod.name().into(),
            pod_uid: pod.metadata.uid.as_str().into(),
        };
        (turn, Time(0))
    };
    if let Some((before, after)) = change.sides::<Node>() {
        let taints = |node: Option<&Rc<Node>>| -> Vec<Taint> {
            node.map_or(Vec::new(), |node| no_execute(node).cloned().collect())
        };
        let Some(node) = after.filter(|_| taints(before) != taints(after)) else {
            return Vec::new();
        };
        let pods = store.list::<Pod>();
        let on_node = pods.filter(|pod| pod.spec.node_name.as_deref() == Some(node.name()));
        return on_node.map(|pod| look(pod)).collect();
    }
    let Some((before, after)) = change.sides::<Pod>() else {
        return Vec::new();
    };
    let matter = |pod: Option<&Rc<Pod>>| {
        pod.map(|pod| (pod.spec.node_name.clone(), pod.spec.tolerations.clone()))
    };
    let Some(pod) = after.or(before) else {
        return Vec::new();
    };
    let tainted = pod.spec.node_name.as_deref().is_some_and(|node| {
        let node = store.get::<Node>(node);
        node.is_none_or(|node| no_execute(node).next().is_some())
    });
    match tainted && matter(before) != matter(after) {
        true => vec![look(pod)],
        false => Vec::new(),
    }
}

fn wait(planned: Option<Eviction>, now: Time) -> Outcome {
    match planned {
        Some(Eviction::At(due)) => Outcome::nothing().again(due.since(now)),
        _ => Outcome::nothing(),
    }
}

fn no_execute(node: &Node) -> impl Iterator<Item = &Taint> {
    let taints = node.spec.taints.iter();
    taints.filter(|taint| taint.effect == "NoExecute")
}

/// The shortest of the times for which the tolerations that apply hold
/// (`GetMatchingTolerations`, `getMinTolerationTime`).
fn tolerance(tolerations: &[Toleration], taints: &[&Taint]) -> Tolerance {
    let mut shortest = Tolerance::Forever;
    for taint in taints {
        let Some(matching) = tolerations.iter().find(|each| each.tolerates(taint)) else {
            return Tolerance::No;
        };
        let Some(seconds) = matching.toleration_seconds else {
            continue;
        };
        let left = u64::try_from(seconds).unwrap_or(0) * 1000;
        shortest = match shortest {
            Tolerance::Milliseconds(other) if other < left => shortest,
            _ => Tolerance::Milliseconds(left),
        };
    }
    shortest
}

/// The event names the pod without its uid, as upstream's does.
fn record(pod: &Name, what: &str, api: &mut Api<'_>) {
    let about = ObjectReference {
        api_version: Some("v1".to_owned()),
        kind: Some("Pod".to_owned()),
        name: Some(pod.to_string()),
        namespace: Some("default".to_owned()),
        ..ObjectReference::default()
    };
    let message = format!("{what} Pod default/{pod}");
    api.record_part(
        &ACTOR,
        about,
        None,
        Tone::Normal,
        "TaintManagerEviction",
        message,
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_matching_toleration_counts() {
        let check = |tolerations: &[(&str, Option<i64>)], taints: &[&str], expected: Tolerance| {
            let tolerations: Vec<Toleration> = tolerations
                .iter()
                .map(|(key, seconds)| Toleration {
                    effect: Some("NoExecute".to_owned()),
                    key: Some((*key).to_owned()),
                    operator: Some("Exists".to_owned()),
                    toleration_seconds: *seconds,
                    value: None,
                })
                .collect();
            let taints: Vec<Taint> = taints
                .iter()
                .map(|key| Taint {
                    effect: "NoExecute".to_owned(),
                    key: (*key).to_owned(),
                    ..Taint::default()
                })
                .collect();
            let taints: Vec<&Taint> = taints.iter().collect();
            assert_eq!(tolerance(&tolerations, &taints), expected);
        };
        let minute = Tolerance::Milliseconds(60_000);
        check(&[], &["a"], Tolerance::No);
        check(&[("b", None)], &["a"], Tolerance::No);
        check(&[("a", None)], &["a"], Tolerance::Forever);
        check(&[("a", Some(60))], &["a"], minute);
        check(&[("a", Some(-1))], &["a"], Tolerance::Milliseconds(0));
        check(&[("a", Some(60)), ("b", Some(300))], &["b", "a"], minute);
        check(&[("a", Some(60)), ("b", None)], &["a", "b"], minute);
        check(&[("a", Some(60))], &["a", "b"], Tolerance::No);
    }
}
