//! Machines that fall silent: reference/node-and-pod-lifecycle.md §5, §6, §8, and what a real
//! control plane was seen to do.

use cluster::object::{Event, Kind, Node, Pod, StatefulSet};
use cluster::{
    Actor, Cluster, Config, DeleteOptions, Patch, Request, Step, Time, Version, WriteOptions,
};
use serde_json::{Value, json};

const UNREACHABLE: &str = "node.kubernetes.io/unreachable";

/// A set `web` of two pods, `web-0` on `node-1` and `web-1` on `node-2`, of a cluster of three.
fn web(version: Version, grace_period_seconds: i64) -> Cluster {
    let mut cluster = Cluster::new(Config {
        version,
        ..Config::default()
    });
    place(&mut cluster, "web-0", "node-1");
    place(&mut cluster, "web-1", "node-2");
    let object = json!({"apiVersion": "apps/v1", "kind": "StatefulSet",
        "metadata": {"name": "web"}, "spec": {
            "serviceName": "web", "replicas": 2, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {
                "terminationGracePeriodSeconds": grace_period_seconds,
                "containers": [{"name": "main", "image": "demo-statefulset-node-image"}]}}}});
    let options = WriteOptions::default();
    ask(&mut cluster, Request::Create { object, options });
    rest(&mut cluster);
    cluster
}

fn place(cluster: &mut Cluster, pod: &str, node: &str) {
    cluster.choices_mut().choose_node(pod, node);
}

fn ask(cluster: &mut Cluster, request: Request) {
    cluster.request(&request).0.unwrap();
}

fn delete(cluster: &mut Cluster, kind: Kind, name: &str, grace_period_seconds: Option<i64>) {
    let options = DeleteOptions {
        grace_period_seconds,
        ..DeleteOptions::default()
    };
    let name = name.to_owned();
    ask(
        cluster,
        Request::Delete {
            kind,
            name,
            options,
        },
    );
}

fn patch(cluster: &mut Cluster, kind: Kind, name: &str, change: Value) {
    let request = Request::Patch {
        kind,
        name: name.to_owned(),
        patch: Patch::Merge(change),
        options: WriteOptions::default(),
    };
    ask(cluster, request);
}

/// All steps until nothing is left to do.
fn rest(cluster: &mut Cluster) -> Vec<Step> {
    let steps: Vec<Step> = std::iter::from_fn(|| cluster.step()).take(1_000).collect();
    assert!(steps.len() < 1_000, "the cluster never comes to rest");
    steps
}

/// All steps that are due within so many seconds.
fn pass(cluster: &mut Cluster, seconds: u64) {
    let until = cluster.now() + seconds * 1000;
    while cluster.step_until(until).is_some() {}
    cluster.wait_until(until);
}

/// What the controllers of nodes did, with the whole second in which they did it.
fn told(steps: &[Step]) -> Vec<String> {
    let tellers = [
        Actor::NodeLifecycleController,
        Actor::TaintEvictionController,
        Actor::PodGarbageCollector,
    ];
    let told = steps.iter().filter(|step| tellers.contains(&step.actor));
    told.map(|step| {
        let reason = format!("{:?}", step.reason);
        let what = reason.split([' ', '{']).next().unwrap_or_default();
        format!("{} {what}", step.time.0 / 1000)
    })
    .collect()
}

fn pod<'a>(cluster: &'a Cluster, name: &str) -> &'a Pod {
    cluster.store().get::<Pod>(name).expect("the pod is there")
}

/// STATUS, READY and node of a pod.
fn shown(cluster: &Cluster, name: &str) -> String {
    let pod = pod(cluster, name);
    let (ready, all) = pod.ready_containers();
    let node = pod.spec.node_name.as_deref().unwrap_or("-");
    format!("{} {ready}/{all} {node}", pod.display_status(true))
}

fn ready_replicas(cluster: &Cluster) -> i32 {
    let set = cluster.store().get::<StatefulSet>("web").unwrap();
    set.status.ready_replicas
}

/// The taints of a node, without the common part of their keys.
fn taints(cluster: &Cluster, node: &str) -> Vec<String> {
    let node = cluster.store().get::<Node>(node).unwrap();
    let short = |key: &str| key.trim_start_matches("node.kubernetes.io/").to_owned();
    let taints = node.spec.taints.iter();
    taints
        .map(|taint| format!("{}:{}", short(&taint.key), taint.effect))
        .collect()
}

/// On which nodes a program of a pod of this name runs.
fn running(cluster: &Cluster, pod: &str) -> Vec<String> {
    let processes = cluster.processes();
    let running = processes.filter(|(_, process)| *process.pod == *pod && process.running());
    let mut nodes: Vec<String> = running
        .map(|(_, process)| process.node.to_string())
        .collect();
    nodes.sort();
    nodes
}

/// The events about an object: reason and message.
fn events(cluster: &Cluster, name: &str) -> Vec<String> {
    let events = cluster.store().list::<Event>();
    let about = events.filter(|event| event.involved_object.name.as_deref() == Some(name));
    let mut about: Vec<&Event> = about.map(|event| &**event).collect();
    about.sort_by_key(|event| event.last_timestamp);
    let lines = about.into_iter();
    lines
        .map(|event| format!("{}: {}", event.reason, event.message))
        .collect()
}

#[test]
fn nodes_that_are_well_cost_nothing() {
    let mut cluster = web(Version::V1_36, 30);
    assert_eq!(cluster.next_time(), None);
    cluster.wait_until(Time::seconds(100_000));
    assert!(cluster.step().is_none());
    let renewed = cluster.lease_renewed("node-1").unwrap();
    assert!(cluster.now().since(renewed) < 10_000);
}

#[test]
fn surprise_31_a_silent_node_is_noticed_then_tainted_then_emptied() {
    let check = |version, expected: &[&str]| {
        let mut cluster = web(version, 30);
        cluster.wait_until(Time::seconds(12));
        assert!(cluster.partition("node-1").is_some());
        assert!(
            cluster.partition("node-1").is_none(),
            "it is cut off already"
        );
        assert_eq!(told(&rest(&mut cluster)), expected, "{version}");
    };
    check(
        Version::V1_20,
        &[
            "50 HeartbeatsMissing",
            "50 NodeIsUnready",
            "50 NodeRepelsPods",
            "55 NodeStaysAway",
            "55 ToleratesTaintFor",
            "355 NoLongerTolerated",
        ],
    );
    check(
        Version::V1_36,
        &[
            "60 HeartbeatsMissing",
            "60 NodeIsUnready",
            "60 NodeRepelsPods",
            "65 NodeStaysAway",
            "65 ToleratesTaintFor",
            "365 EvictionAnnounced",
            "365 NoLongerTolerated",
        ],
    );
}

#[test]
fn surprise_31_the_pod_of_a_silent_node_shows_running_though_it_is_unready() {
    let mut cluster = web(Version::V1_36, 30);
    cluster.partition("node-1");
    pass(&mut cluster, 100);
    assert_eq!(shown(&cluster, "web-0"), "Running 1/1 node-1");
    assert!(!pod(&cluster, "web-0").ready());
    assert_eq!(ready_replicas(&cluster), 1);
    assert_eq!(
        taints(&cluster, "node-1"),
        ["unreachable:NoSchedule", "unreachable:NoExecute"]
    );
    let node = cluster.store().get::<Node>("node-1").unwrap();
    for condition in &node.status.conditions {
        assert_eq!(condition.status, "Unknown");
        assert_eq!(condition.reason.as_deref(), Some("NodeStatusUnknown"));
    }
    let noticed = "NodeNotReady: Node node-1 status is now: NodeNotReady";
    assert_eq!(events(&cluster, "node-1"), [noticed]);
}

#[test]
fn surprise_32_an_evicted_pod_terminates_for_ever_and_is_not_replaced() {
    let mut cluster = web(Version::V1_36, 30);
    cluster.partition("node-1");
    rest(&mut cluster);
    assert_eq!(shown(&cluster, "web-0"), "Terminating 1/1 node-1");
    let disruption = pod(&cluster, "web-0")
        .condition("DisruptionTarget")
        .unwrap();
    assert_eq!(disruption.reason.as_deref(), Some("DeletionByTaintManager"));
    let told = events(&cluster, "web-0");
    let tail: Vec<&str> = told.iter().rev().take(2).map(String::as_str).collect();
    let evicted = "TaintManagerEviction: Marking for deletion Pod default/web-0";
    assert_eq!(tail, [evicted, "NodeNotReady: Node is not ready"]);
    // Deleting it once more changes nothing.
    delete(&mut cluster, Kind::Pod, "web-0", None);
    rest(&mut cluster);
    assert_eq!(shown(&cluster, "web-0"), "Terminating 1/1 node-1");
}

#[test]
fn surprise_33_scaling_up_is_stuck_while_a_pod_is_unreachable() {
    let mut cluster = web(Version::V1_36, 30);
    cluster.partition("node-1");
    pass(&mut cluster, 100);
    patch(
        &mut cluster,
        Kind::StatefulSet,
        "web",
        json!({"spec": {"replicas": 3}}),
    );
    rest(&mut cluster);
    assert!(cluster.store().get::<Pod>("web-2").is_none());
}

#[test]
fn surprise_34_force_makes_two_of_one_identity_until_the_node_is_back() {
    let mut cluster = web(Version::V1_36, 30);
    cluster.partition("node-1");
    rest(&mut cluster);
    place(&mut cluster, "web-0", "node-3");
    delete(&mut cluster, Kind::Pod, "web-0", Some(0));
    rest(&mut cluster);
    assert_eq!(shown(&cluster, "web-0"), "Running 1/1 node-3");
    assert_eq!(running(&cluster, "web-0"), ["node-1", "node-3"]);
    assert!(cluster.heal("node-1").is_some());
    rest(&mut cluster);
    assert_eq!(running(&cluster, "web-0"), ["node-3"]);
    assert_eq!(taints(&cluster, "node-1"), [] as [&str; 0]);
    assert!(cluster.heal("node-1").is_none(), "it is not cut off");
}

#[test]
fn surprise_50_without_grace_every_deletion_is_forced() {
    let mut cluster = web(Version::V1_36, 0);
    cluster.partition("node-1");
    place(&mut cluster, "web-0", "node-3");
    delete(&mut cluster, Kind::Pod, "web-0", None);
    pass(&mut cluster, 5);
    assert_eq!(running(&cluster, "web-0"), ["node-1", "node-3"]);
    cluster.heal("node-1");
    rest(&mut cluster);
    assert_eq!(running(&cluster, "web-0"), ["node-3"]);
}

#[test]
fn surprise_35_a_node_that_is_back_before_the_eviction_keeps_its_pod() {
    let mut cluster = web(Version::V1_36, 30);
    let uid = pod(&cluster, "web-0").metadata.uid.clone();
    cluster.partition("node-1");
    pass(&mut cluster, 100);
    cluster.heal("node-1");
    pass(&mut cluster, 1);
    assert_eq!(taints(&cluster, "node-1"), ["unreachable:NoExecute"]);
    assert!(pod(&cluster, "web-0").ready());
    rest(&mut cluster);
    assert_eq!(taints(&cluster, "node-1"), [] as [&str; 0]);
    assert_eq!(pod(&cluster, "web-0").metadata.uid, uid);
    assert_eq!(ready_replicas(&cluster), 2);
    let cancelled = "TaintManagerEviction: Cancelling deletion of Pod default/web-0";
    assert_eq!(events(&cluster, "web-0").last().unwrap(), cancelled);
}

#[test]
fn a_short_cut_is_not_noticed() {
    let mut cluster = web(Version::V1_36, 30);
    cluster.partition("node-1");
    pass(&mut cluster, 20);
    cluster.heal("node-1");
    assert_eq!(told(&rest(&mut cluster)), [] as [&str; 0]);
    // The next cut counts from the report at its end.
    cluster.partition("node-1");
    let cut = cluster.now();
    let noticed = rest(&mut cluster)[0].time;
    assert!((40_000..55_000).contains(&noticed.since(cut)));
}

#[test]
fn surprise_35_a_node_that_is_back_after_the_eviction_finishes_the_deletion() {
    let mut cluster = web(Version::V1_36, 30);
    let uid = pod(&cluster, "web-0").metadata.uid.clone();
    cluster.partition("node-1");
    rest(&mut cluster);
    cluster.heal("node-1");
    rest(&mut cluster);
    assert_eq!(shown(&cluster, "web-0"), "Running 1/1 node-1");
    assert_ne!(pod(&cluster, "web-0").metadata.uid, uid);
    assert_eq!(running(&cluster, "web-0"), ["node-1"]);
}

#[test]
fn surprise_36_forced_too_early_the_replacement_hangs_on_the_same_dead_node() {
    let mut cluster = web(Version::V1_36, 30);
    cluster.partition("node-1");
    delete(&mut cluster, Kind::Pod, "web-0", Some(0));
    pass(&mut cluster, 30);
    assert_eq!(shown(&cluster, "web-0"), "Pending 0/1 node-1");
    cluster.heal("node-1");
    rest(&mut cluster);
    assert_eq!(shown(&cluster, "web-0"), "Running 1/1 node-1");
    assert_eq!(running(&cluster, "web-0"), ["node-1"]);
}

#[test]
fn a_stop_that_a_cut_interrupts_is_finished_after_it() {
    let mut cluster = web(Version::V1_36, 30);
    delete(&mut cluster, Kind::Pod, "web-0", None);
    pass(&mut cluster, 1);
    cluster.partition("node-1");
    rest(&mut cluster);
    assert_eq!(shown(&cluster, "web-0"), "Terminating 1/1 node-1");
    cluster.heal("node-1");
    rest(&mut cluster);
    assert!(!pod(&cluster, "web-0").terminating());
}

#[test]
fn a_taint_given_by_hand_evicts_at_once() {
    let mut cluster = web(Version::V1_36, 30);
    let taint = json!({"spec": {"taints": [{"key": "a", "value": "b", "effect": "NoExecute"}]}});
    patch(&mut cluster, Kind::Node, "node-1", taint);
    let told = told(&rest(&mut cluster));
    assert_eq!(told, ["2 EvictionAnnounced", "2 NoLongerTolerated"]);
    assert_ne!(shown(&cluster, "web-0"), "Running 1/1 node-1");
    assert!(pod(&cluster, "web-0").ready());
}

#[test]
fn taints_that_nobody_tolerates_are_told_in_the_words_of_the_release() {
    let check = |version, expected: &str| {
        let mut cluster = web(version, 30);
        let taint =
            json!({"spec": {"taints": [{"key": "a", "value": "b", "effect": "NoSchedule"}]}});
        for node in ["node-1", "node-2", "node-3"] {
            patch(&mut cluster, Kind::Node, node, taint.clone());
        }
        delete(&mut cluster, Kind::Pod, "web-0", None);
        pass(&mut cluster, 60);
        let scheduled = pod(&cluster, "web-0").condition("PodScheduled").unwrap();
        let message = scheduled.message.as_deref().unwrap();
        assert!(message.starts_with(expected), "{message}");
    };
    check(
        Version::V1_20,
        "0/3 nodes are available: 3 node(s) had taint {a: b}, that the pod didn't tolerate.",
    );
    check(
        Version::V1_26,
        "0/3 nodes are available: 3 node(s) had untolerated taint {a: b}.",
    );
    check(
        Version::V1_36,
        "0/3 nodes are available: 3 node(s) had untolerated taint(s).",
    );
}

#[test]
fn surprise_36_the_pods_of_a_deleted_node_are_collected() {
    let check = |version, expected: &[&str]| {
        let mut cluster = web(version, 30);
        place(&mut cluster, "web-0", "node-3");
        cluster.wait_until(Time::seconds(12));
        cluster.partition("node-1");
        delete(&mut cluster, Kind::Node, "node-1", None);
        assert_eq!(told(&rest(&mut cluster)), expected, "{version}");
        assert_eq!(shown(&cluster, "web-0"), "Running 1/1 node-3");
        assert_eq!(running(&cluster, "web-0"), ["node-1", "node-3"]);
        let removed = "RemovingNode: Node node-1 event: Removing Node node-1 from Controller";
        assert_eq!(events(&cluster, "node-1"), [removed]);
        cluster.heal("node-1");
        rest(&mut cluster);
        assert_eq!(running(&cluster, "web-0"), ["node-3"]);
        let node = cluster.store().get::<Node>("node-1").unwrap();
        assert_eq!(node.ready_status(), "True");
    };
    check(Version::V1_20, &["60 NodeIsGone"]);
    check(Version::V1_36, &["60 NodeIsGone", "60 NodeIsGone"]);
}

#[test]
fn out_of_service_frees_the_identity_within_seconds() {
    let mut cluster = web(Version::V1_36, 30);
    cluster.partition("node-1");
    pass(&mut cluster, 100);
    place(&mut cluster, "web-0", "node-3");
    let taints = json!({"spec": {"taints": [
        {"key": "node.kubernetes.io/out-of-service", "value": "nodeshutdown", "effect": "NoExecute"},
        {"key": UNREACHABLE, "effect": "NoSchedule"},
        {"key": UNREACHABLE, "effect": "NoExecute"}]}});
    patch(&mut cluster, Kind::Node, "node-1", taints);
    let steps = rest(&mut cluster);
    let expected = [
        "EvictionAnnounced",
        "NoLongerTolerated",
        "NodeOutOfService",
        "NodeOutOfService",
    ];
    let told = told(&steps);
    let without_time = told.iter().filter_map(|line| line.split(' ').nth(1));
    let found: Vec<&str> = without_time.collect();
    assert_eq!(found, expected);
    assert_eq!(shown(&cluster, "web-0"), "Running 1/1 node-3");
}

#[test]
fn if_no_node_is_ready_nothing_is_evicted() {
    let mut cluster = web(Version::V1_36, 30);
    for node in ["node-1", "node-2", "node-3"] {
        cluster.partition(node);
    }
    rest(&mut cluster);
    assert_eq!(taints(&cluster, "node-1"), ["unreachable:NoSchedule"]);
    assert_eq!(shown(&cluster, "web-0"), "Running 1/1 node-1");
    assert_eq!(ready_replicas(&cluster), 0);
    // The first node that comes back starts all clocks anew.
    cluster.heal("node-3");
    let told = told(&rest(&mut cluster));
    let evicted = told
        .iter()
        .filter(|line| line.ends_with("NoLongerTolerated"));
    assert_eq!(evicted.count(), 2);
    assert_eq!(shown(&cluster, "web-0"), "Terminating 1/1 node-1");
}

#[test]
fn the_last_node_to_fall_silent_saves_all_pods() {
    let mut cluster = web(Version::V1_36, 30);
    cluster.partition("node-1");
    pass(&mut cluster, 100);
    cluster.partition("node-2");
    cluster.partition("node-3");
    let told = told(&rest(&mut cluster));
    assert!(told.iter().any(|line| line.ends_with("AllNodesUnready")));
    assert_eq!(taints(&cluster, "node-1"), ["unreachable:NoSchedule"]);
    assert_eq!(shown(&cluster, "web-0"), "Running 1/1 node-1");
}

#[test]
fn a_cordoned_node_keeps_its_pods_and_gets_no_new_ones() {
    let mut cluster = web(Version::V1_20, 30);
    patch(
        &mut cluster,
        Kind::Node,
        "node-1",
        json!({"spec": {"unschedulable": true}}),
    );
    rest(&mut cluster);
    assert_eq!(taints(&cluster, "node-1"), ["unschedulable:NoSchedule"]);
    assert_eq!(shown(&cluster, "web-0"), "Running 1/1 node-1");
    delete(&mut cluster, Kind::Pod, "web-0", None);
    rest(&mut cluster);
    assert_ne!(shown(&cluster, "web-0"), "Running 1/1 node-1");
    patch(
        &mut cluster,
        Kind::Node,
        "node-1",
        json!({"spec": {"unschedulable": null}}),
    );
    rest(&mut cluster);
    assert_eq!(taints(&cluster, "node-1"), [] as [&str; 0]);
}

#[test]
fn a_pod_that_fits_nowhere_waits_for_a_node() {
    let mut cluster = web(Version::V1_36, 30);
    for node in ["node-1", "node-2", "node-3"] {
        patch(
            &mut cluster,
            Kind::Node,
            node,
            json!({"spec": {"unschedulable": true}}),
        );
    }
    delete(&mut cluster, Kind::Pod, "web-0", None);
    rest(&mut cluster);
    assert_eq!(shown(&cluster, "web-0"), "Pending 0/1 -");
    patch(
        &mut cluster,
        Kind::Node,
        "node-3",
        json!({"spec": {"unschedulable": null}}),
    );
    rest(&mut cluster);
    assert_eq!(shown(&cluster, "web-0"), "Running 1/1 node-3");
}
