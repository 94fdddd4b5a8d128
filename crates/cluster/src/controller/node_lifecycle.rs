//! The node lifecycle controller: notices that a kubelet is silent, says so on the node and its
//! pods, and taints the node. reference/node-and-pod-lifecycle.md §5
//! (`pkg/controller/nodelifecycle/node_lifecycle_controller.go`).
//!
//! It looks at all nodes every 5 s. Only looks that may find something are on the agenda, so that a
//! cluster whose nodes are well comes to rest.

use crate::map::Map;
use std::rc::Rc;

use super::Outcome;
use crate::agenda::Turn;
use crate::apiserver::Api;
use crate::lease::Leases;
use crate::object::meta::condition;
use crate::object::{Condition, Name, Node, ObjectReference, Pod, Resource, Taint};
use crate::recorder::Tone;
use crate::step::{Actor, Reason};
use crate::store::{Change, ChangeType, Store};
use crate::time::Time;
use crate::{Config, Version};

const ACTOR: Actor = Actor::NodeLifecycleController;

/// Milliseconds between two looks at all nodes (`--node-monitor-period`).
const PERIOD: u64 = 5_000;
/// Milliseconds that a new node has to report for the first time
/// (`--node-startup-grace-period`).
const STARTUP_GRACE: u64 = 60_000;
/// Milliseconds between two nodes that get the NoExecute taint (`--node-eviction-rate` 0.1/s,
/// `--secondary-node-eviction-rate` 0.01/s).
const NO_EXECUTE_INTERVAL: u64 = 10_000;
const NO_EXECUTE_INTERVAL_PARTIAL: u64 = 100_000;
/// Clusters up to this many nodes taint none more in a partial disruption
/// (`--large-cluster-size-threshold`).
const SMALL_CLUSTER_NODES: usize = 50;
/// Milliseconds until the controller has heard for certain that a node is back.
const HEARD_AFTER: u64 = 100;
/// Milliseconds between two writes of one look.
const WRITE_LATENCY: u64 = 8;

const NOT_READY: &str = "node.kubernetes.io/not-ready";
const UNREACHABLE: &str = "node.kubernetes.io/unreachable";
const UNSCHEDULABLE: &str = "node.kubernetes.io/unschedulable";

/// The conditions that only a kubelet can speak of (`nodeConditionTypes`).
const REPORTED: [&str; 4] = ["Ready", "MemoryPressure", "DiskPressure", "PIDPressure"];

/// What the controller remembers between its looks.
#[derive(Clone, Debug, Default)]
pub(crate) struct NodeLifecycle {
    /// The nodes it has seen, with their uids.
    known: Rc<Map<Name, Name>>,
    /// Whether the last look found no node ready.
    disrupted: bool,
    /// When the first node came back after that.
    resumed: Time,
    /// When the next node may get the NoExecute taint.
    next_no_execute: Time,
}

/// How many of the nodes are unready (`ComputeZoneState`; the cluster is one zone).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Disruption {
    None,
    /// More than two, and 55 % or more.
    Partial,
    /// All: the fault is more likely the controller's own, so nothing is evicted at all.
    Full,
}

impl NodeLifecycle {
    /// The nodes that are there from the start.
    pub(crate) fn know(&mut self, store: &Store) {
        let nodes = store.list::<Node>();
        let named = nodes.map(|node| (node.name().into(), node.metadata.uid.as_str().into()));
        self.known = Rc::new(named.collect());
    }

    /// One look at all nodes: the next write that is due, or when to look again.
    pub(crate) fn turn(&mut self, leases: &Leases, api: &mut Api<'_>) -> Outcome {
        self.meet_nodes(api);
        let nodes: Vec<Rc<Node>> = api.list::<Node>().cloned().collect();
        let silent = nodes.iter().find(|node| {
            let since = unready_from(node, leases, api.now, api.config);
            since <= api.now && node.ready_status_told() != Some("Unknown")
        });
        if let Some(node) = silent {
            return mark_unknown(node, leases, api).again(WRITE_LATENCY);
        }
        let unready = nodes.iter().filter(|node| is_unready(node));
        for node in unready {
            if let Some(outcome) = mark_pod(node, api) {
                return outcome.again(WRITE_LATENCY);
            }
        }
        if let Some(outcome) = self.taint(&nodes, api) {
            return outcome.again(WRITE_LATENCY);
        }
        match self.next_look(&nodes, leases, api) {
            Some(at) => Outcome::nothing().again(at.since(api.now)),
            None => Outcome::nothing(),
        }
    }

    /// Events about nodes that came or went.
    fn meet_nodes(&mut self, api: &mut Api<'_>) {
        let mut present = NodeLifecycle::default();
        present.know(api.store);
        if present.known == self.known {
            return;
        }
        let tell = |name: &Name, uid: &Name, reason: &str, what: String, api: &mut Api<'_>| {
            let node = ObjectReference {
                api_version: Some("v1".to_owned()),
                kind: Some("Node".to_owned()),
                name: Some(name.to_string()),
                uid: Some(uid.to_string()),
                ..ObjectReference::default()
            };
            let message = format!("Node {name} event: {what} Controller");
            api.record_part(&ACTOR, node, None, Tone::Normal, reason, message);
        };
        let news = |name: &Name, uid: &Name, other: &Map<Name, Name>| {
            other.get(name).is_none_or(|known| known != uid)
        };
        for (name, uid) in self.known.iter() {
            if news(name, uid, &present.known) {
                let what = format!("Removing Node {name} from");
                tell(name, uid, "RemovingNode", what, api);
            }
        }
        for (name, uid) in present.known.iter() {
            if news(name, uid, &self.known) {
                let what = format!("Registered Node {name} in");
                tell(name, uid, "RegisteredNode", what, api);
            }
        }
        self.known = present.known;
    }

    /// The next NoExecute taint that has to come or go.
    fn taint(&mut self, nodes: &[Rc<Node>], api: &mut Api<'_>) -> Option<Outcome> {
        let disruption = disruption(nodes);
        if disruption == Disruption::Full {
            self.disrupted = true;
            let node = nodes.iter().find(|node| has_no_execute(node))?;
            let reason = Reason::AllNodesUnready { node: name(node) };
            return set_no_execute(node, None, reason, api);
        }
        if self.disrupted {
            self.disrupted = false;
            self.resumed = api.now;
            self.next_no_execute = api.now;
        }
        let this_look = Time(api.now.0 / PERIOD * PERIOD);
        let back = nodes.iter().find(|node| {
            let heard = changed_at(node).is_some_and(|since| since + HEARD_AFTER <= this_look);
            !is_unready(node) && has_no_execute(node) && heard
        });
        if let Some(node) = back {
            let reason = Reason::NodeIsBack { node: name(node) };
            return set_no_execute(node, None, reason, api);
        }
        let rested = this_look > self.resumed && api.now >= self.next_no_execute;
        let interval = no_execute_interval(nodes);
        if !rested || interval.is_none() {
            return None;
        }
        // What this look found out itself counts from the next one on.
        let node = nodes.iter().find(|node| {
            lacks_no_execute(node) && changed_at(node).is_some_and(|since| since < this_look)
        })?;
        self.next_no_execute = api.now + interval?;
        let key = no_execute_key(node)?;
        let reason = Reason::NodeStaysAway { node: name(node) };
        set_no_execute(node, Some(key), reason, api)
    }

    /// When the next look may find something.
    fn next_look(&self, nodes: &[Rc<Node>], leases: &Leases, api: &Api<'_>) -> Option<Time> {
        let next = next_look_after(api.now);
        let tainting = no_execute_interval(nodes).is_some();
        let looks = nodes.iter().filter_map(|node| {
            if node.ready_status_told() != Some("Unknown") && !reports(node, leases) {
                return Some(unready_from(node, leases, api.now, api.config).max(next));
            }
            let back = !is_unready(node) && has_no_execute(node);
            (back || tainting && lacks_no_execute(node)).then_some(next)
        });
        looks.min()
    }
}

/// The looks that a change makes due.
pub(crate) fn wakes(change: &Change, now: Time) -> Vec<(Turn, Time)> {
    let Some((before, after)) = change.sides::<Node>() else {
        return Vec::new();
    };
    let mut turns = Vec::new();
    let came_or_went = change.change_type() != ChangeType::Modified;
    let matters = |node: &Rc<Node>| is_unready(node) || has_no_execute(node);
    if came_or_went || before.is_some_and(matters) || after.is_some_and(matters) {
        turns.push((Turn::MonitorNodes, next_look_after(now)));
    }
    if let Some(node) = after
        && no_schedule_taints(node, now) != node.spec.taints
    {
        turns.push((Turn::TaintNode(name(node)), Time(0)));
    }
    turns
}

/// When the first look happens that finds the node silent, if its machine is cut off now.
pub(crate) fn silence_noticed(renewed: Time, config: &Config) -> Time {
    let seen = round_up(renewed);
    round_up(seen + grace(config))
}

/// One turn about a node's NoSchedule taints: they follow its conditions and its cordon at once
/// (`doNoScheduleTaintingPass`).
pub(crate) fn no_schedule_turn(node_name: &Name, api: &mut Api<'_>) -> Outcome {
    let Some(node) = api.get::<Node>(node_name).cloned() else {
        return Outcome::nothing();
    };
    let wanted = no_schedule_taints(&node, api.now);
    if wanted == node.spec.taints {
        return Outcome::nothing();
    }
    let new = wanted
        .iter()
        .find(|taint| !node.spec.taints.contains(taint));
    let node = node_name.clone();
    let reason = match new.map(|taint| taint.key.clone()) {
        Some(key) => Reason::NodeRepelsPods { node, key },
        None => Reason::NodeTakesPods { node },
    };
    match api.modify::<Node>(node_name, |node| node.spec.taints = wanted) {
        Ok(_) => Outcome::because(reason),
        Err(_) => Outcome::nothing(),
    }
}

fn grace(config: &Config) -> u64 {
    match config.version < Version::V1_32 {
        true => 40_000,
        false => 50_000,
    }
}

fn round_up(time: Time) -> Time {
    Time(time.0.div_ceil(PERIOD) * PERIOD)
}

fn next_look_after(now: Time) -> Time {
    Time((now.0 / PERIOD + 1) * PERIOD)
}

fn name(node: &Node) -> Name {
    node.metadata.name.as_str().into()
}

/// Whether the node's kubelet is alive and heard.
fn reports(node: &Node, leases: &Leases) -> bool {
    leases.knows(&node.metadata.name) && !leases.is_cut(&node.metadata.name)
}

/// From which look on the node counts as silent.
fn unready_from(node: &Node, leases: &Leases, now: Time, config: &Config) -> Time {
    match leases.renewed(&node.metadata.name, now) {
        Some(_) if reports(node, leases) => Time(u64::MAX),
        Some(renewed) => silence_noticed(renewed, config),
        None => {
            let created = node.metadata.creation_timestamp.unwrap_or_default();
            round_up(created + STARTUP_GRACE)
        }
    }
}

/// Said not to be ready, by its kubelet or for its silence.
fn is_unready(node: &Node) -> bool {
    node.ready_status_told().is_some_and(|told| told != "True")
}

/// Since when the node is as ready, or unready, as it is.
fn changed_at(node: &Node) -> Option<Time> {
    condition(&node.status.conditions, "Ready")?.last_transition_time
}

/// The key of the NoExecute taint that fits the node's condition.
fn no_execute_key(node: &Node) -> Option<&'static str> {
    match node.ready_status_told()? {
        "True" => None,
        "False" => Some(NOT_READY),
        _ => Some(UNREACHABLE),
    }
}

fn is_no_execute(taint: &Taint) -> bool {
    taint.effect == "NoExecute" && (taint.key == NOT_READY || taint.key == UNREACHABLE)
}

fn has_no_execute(node: &Node) -> bool {
    node.spec.taints.iter().any(is_no_execute)
}

fn lacks_no_execute(node: &Node) -> bool {
    no_execute_key(node).is_some_and(|key| {
        let mut taints = node.spec.taints.iter().filter(|taint| is_no_execute(taint));
        !taints.any(|taint| taint.key == key)
    })
}

fn disruption(nodes: &[Rc<Node>]) -> Disruption {
    let unready = nodes
        .iter()
        .filter(|node| node.ready_status() != "True")
        .count();
    match (unready, nodes.len()) {
        (0, _) => Disruption::None,
        (unready, all) if unready == all => Disruption::Full,
        (unready, all) if unready > 2 && unready * 100 >= all * 55 => Disruption::Partial,
        _ => Disruption::None,
    }
}

/// Milliseconds from one node's NoExecute taint to the next one's; nothing if no more are tainted.
fn no_execute_interval(nodes: &[Rc<Node>]) -> Option<u64> {
    match disruption(nodes) {
        Disruption::None => Some(NO_EXECUTE_INTERVAL),
        Disruption::Partial if nodes.len() > SMALL_CLUSTER_NODES => {
            Some(NO_EXECUTE_INTERVAL_PARTIAL)
        }
        Disruption::Partial | Disruption::Full => None,
    }
}

/// The kubelet is silent: nobody knows how the node is.
fn mark_unknown(node: &Node, leases: &Leases, api: &mut Api<'_>) -> Outcome {
    let now = api.now;
    let was_ready = node.ready_status_told() == Some("True");
    let marked = api.modify::<Node>(&node.metadata.name, |node| {
        for kind in REPORTED {
            make_unknown(&mut node.status.conditions, kind, now);
        }
    });
    let Ok(marked) = marked else {
        return Outcome::nothing();
    };
    if was_ready {
        let message = format!("Node {} status is now: NodeNotReady", node.metadata.name);
        api.record(&ACTOR, &*marked, Tone::Normal, "NodeNotReady", message);
    }
    let heard = leases.renewed(&node.metadata.name, now);
    Outcome::because(Reason::HeartbeatsMissing {
        node: name(node),
        seconds: now.since(heard.unwrap_or_default()) / 1000,
    })
}

fn make_unknown(conditions: &mut Vec<Condition>, kind: &str, now: Time) {
    let present = conditions.iter_mut().find(|present| present.r#type == kind);
    let (reason, message) = match present {
        Some(_) => ("NodeStatusUnknown", "Kubelet stopped posting node status."),
        None => (
            "NodeStatusNeverUpdated",
            "Kubelet never posted node status.",
        ),
    };
    let unknown = Condition {
        last_transition_time: Some(now),
        message: Some(message.to_owned()),
        reason: Some(reason.to_owned()),
        status: "Unknown".to_owned(),
        r#type: kind.to_owned(),
        ..Condition::default()
    };
    match present {
        Some(present) if present.status == "Unknown" => {}
        Some(present) => {
            let other = std::mem::take(&mut present.other);
            *present = Condition { other, ..unknown };
        }
        None => conditions.push(unknown),
    }
}

/// The next pod of an unready node that still counts as ready no longer does
/// (`MarkPodsNotReady`): phase and container statuses stay as the kubelet last wrote them.
fn mark_pod(node: &Node, api: &mut Api<'_>) -> Option<Outcome> {
    let on_node = |pod: &&Rc<Pod>| pod.spec.node_name.as_deref() == Some(&node.metadata.name);
    let pod = api
        .list::<Pod>()
        .filter(on_node)
        .find(|pod| pod.ready())?
        .clone();
    let now = api.now;
    let marked = api.modify::<Pod>(&pod.metadata.name, |pod| {
        let conditions = pod.status.conditions.iter_mut();
        for ready in conditions.filter(|condition| condition.r#type == "Ready") {
            ready.status = "False".to_owned();
            ready.last_transition_time = Some(now);
        }
    });
    let marked = marked.ok()?;
    let message = "Node is not ready".to_owned();
    api.record(&ACTOR, &*marked, Tone::Warning, "NodeNotReady", message);
    Some(Outcome::because(Reason::NodeIsUnready {
        pod: pod.name().into(),
        node: name(node),
    }))
}

/// Gives the node the NoExecute taint of this key, or none.
fn set_no_execute(
    node: &Node,
    key: Option<&str>,
    reason: Reason,
    api: &mut Api<'_>,
) -> Option<Outcome> {
    let now = api.now;
    let written = api.modify::<Node>(&node.metadata.name, |node| {
        node.spec.taints.retain(|taint| !is_no_execute(taint));
        node.spec
            .taints
            .extend(key.map(|key| taint(key, "NoExecute", now)));
    });
    written.ok().map(|_| Outcome::because(reason))
}

fn taint(key: &str, effect: &str, now: Time) -> Taint {
    Taint {
        effect: effect.to_owned(),
        key: key.to_owned(),
        time_added: Some(now),
        value: None,
    }
}

/// The node's taints with just the NoSchedule taints that its conditions and its cordon ask for.
fn no_schedule_taints(node: &Node, now: Time) -> Vec<Taint> {
    let cordoned = node.spec.unschedulable == Some(true);
    let wanted: Vec<&str> = no_execute_key(node)
        .into_iter()
        .chain(cordoned.then_some(UNSCHEDULABLE))
        .collect();
    let managed = |taint: &Taint| {
        let keys = [NOT_READY, UNREACHABLE, UNSCHEDULABLE];
        taint.effect == "NoSchedule" && keys.contains(&taint.key.as_str())
    };
    let kept = node.spec.taints.iter();
    let kept = kept.filter(|taint| !managed(taint) || wanted.contains(&taint.key.as_str()));
    let mut taints: Vec<Taint> = kept.cloned().collect();
    for key in wanted {
        if !taints
            .iter()
            .any(|taint| managed(taint) && taint.key == key)
        {
            taints.push(taint(key, "NoSchedule", now));
        }
    }
    taints
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(ready: &str, taints: &[&str], unschedulable: bool) -> Rc<Node> {
        let mut node = Node::default();
        node.spec.unschedulable = Some(unschedulable);
        node.spec.taints = taints
            .iter()
            .filter_map(|text| text.split_once(':'))
            .map(|(key, effect)| taint(key, effect, Time(0)))
            .collect();
        if !ready.is_empty() {
            node.status.conditions.push(Condition {
                status: ready.to_owned(),
                r#type: "Ready".to_owned(),
                ..Condition::default()
            });
        }
        Rc::new(node)
    }

    #[test]
    fn no_schedule_follows_the_condition_and_the_cordon() {
        let check = |ready: &str, cordoned: bool, before: &[&str], expected: &[&str]| {
            let taints = no_schedule_taints(&node(ready, before, cordoned), Time(7));
            let found: Vec<String> = taints
                .iter()
                .map(|taint| format!("{}:{}", taint.key, taint.effect))
                .collect();
            assert_eq!(found, expected, "{ready} {cordoned} {before:?}");
        };
        let not_ready = "node.kubernetes.io/not-ready:NoSchedule";
        let unreachable = "node.kubernetes.io/unreachable:NoSchedule";
        let evicting = "node.kubernetes.io/unreachable:NoExecute";
        let cordon = "node.kubernetes.io/unschedulable:NoSchedule";
        check("True", false, &[], &[]);
        check("", false, &[], &[]);
        check("Unknown", false, &[], &[unreachable]);
        check("Unknown", false, &[evicting], &[evicting, unreachable]);
        check("False", false, &[unreachable], &[not_ready]);
        check("True", false, &[unreachable, evicting], &[evicting]);
        check("True", true, &[], &[cordon]);
        check("True", false, &[cordon, "a:NoSchedule"], &["a:NoSchedule"]);
        check("Unknown", true, &[cordon], &[cordon, unreachable]);
    }

    #[test]
    fn disruption_by_count_of_unready_nodes() {
        let check = |unready: usize, all: usize, expected: Disruption| {
            let ready = |index| if index < unready { "Unknown" } else { "True" };
            let nodes: Vec<Rc<Node>> = (0..all).map(|i| node(ready(i), &[], false)).collect();
            assert_eq!(disruption(&nodes), expected, "{unready} of {all}");
        };
        check(0, 3, Disruption::None);
        check(0, 0, Disruption::None);
        check(1, 3, Disruption::None);
        check(2, 3, Disruption::None);
        check(3, 3, Disruption::Full);
        check(1, 1, Disruption::Full);
        check(3, 5, Disruption::Partial);
        check(3, 6, Disruption::None);
        check(4, 6, Disruption::Partial);
        check(40, 60, Disruption::Partial);
    }

    #[test]
    fn silence_is_noticed_by_the_first_look_after_the_grace_period() {
        let check = |version: Version, renewed: u64, expected: u64| {
            let config = Config {
                version,
                ..Config::default()
            };
            let found = silence_noticed(Time::seconds(renewed), &config);
            assert_eq!(found, Time::seconds(expected), "{version} {renewed}");
        };
        check(Version::V1_20, 0, 40);
        check(Version::V1_20, 13, 55);
        check(Version::V1_29, 20, 60);
        check(Version::V1_32, 20, 70);
        check(Version::V1_36, 20, 70);
        check(Version::V1_36, 21, 75);
    }
}
