//! Volumes and claims, from outside: reference/storage.md.

mod support;

use cluster::object::Kind;
use cluster::{Config, DeleteOptions, PropagationPolicy, Request};
use serde_json::{Value, json};
use support::{Play, stateful_set_with_claims, volume};

fn recyclable(name: &str) -> Value {
    let mut volume = volume(name);
    volume["spec"]["persistentVolumeReclaimPolicy"] = json!("Recycle");
    volume
}

/// A set of one pod on one volume, scaled to nothing, its claim deleted.
fn released(volume: Value) -> Play {
    let mut play = Play::new(Config::default());
    play.create(volume);
    play.create(stateful_set_with_claims(1, "Retain", "Retain"));
    play.run(30);
    play.scale(Kind::StatefulSet, "web", 0);
    play.run(30);
    play.delete(
        Kind::PersistentVolumeClaim,
        "data-web-0",
        PropagationPolicy::Background,
    );
    play.run(30);
    play
}

fn phase(play: &Play, volume: &str) -> Value {
    play.get(Kind::PersistentVolume, volume)["status"]["phase"].clone()
}

/// §6, surprise 17: Released, a pod that empties the volume, Available, and claimed again.
#[test]
fn surprise_17_a_recycled_volume_serves_again() {
    let mut play = released(recyclable("pv-a"));
    let recycler = ["recycler-for-pv-a added", "recycler-for-pv-a gone"];
    let lives = play.lives(Kind::Pod, 0);
    assert_eq!(lives[lives.len() - 2..], recycler);
    assert_eq!(phase(&play, "pv-a"), "Available");
    assert_eq!(
        play.get(Kind::PersistentVolume, "pv-a")["spec"]["claimRef"],
        Value::Null
    );
    play.scale(Kind::StatefulSet, "web", 1);
    play.run(30);
    assert_eq!(phase(&play, "pv-a"), "Bound");
}

/// §5: the claim that a released volume names is dead, and a new one of its name isn't it.
#[test]
fn a_retained_volume_is_not_given_out_again() {
    let mut play = released(volume("pv-a"));
    assert_eq!(phase(&play, "pv-a"), "Released");
    play.scale(Kind::StatefulSet, "web", 1);
    play.run(60);
    assert_eq!(phase(&play, "pv-a"), "Released");
    assert_eq!(
        play.get(Kind::PersistentVolumeClaim, "data-web-0")["status"]["phase"],
        "Pending"
    );
    play.patch(
        Kind::PersistentVolume,
        "pv-a",
        json!({"spec": {"claimRef": null}}),
    );
    play.run(60);
    assert_eq!(
        phase(&play, "pv-a"),
        "Bound",
        "bound at the next look of the binder"
    );
}

/// A claim on pv-a, whose claimRef a user then takes away.
fn freed() -> Play {
    let mut play = Play::new(Config::default());
    play.create(volume("pv-a"));
    play.create(stateful_set_with_claims(1, "Retain", "Retain"));
    play.run(30);
    let free = json!({"spec": {"claimRef": null}});
    play.patch(Kind::PersistentVolume, "pv-a", free);
    play.run(1);
    assert_eq!(phase(&play, "pv-a"), "Available");
    play
}

/// `syncBoundClaim`: a bound claim takes its volume again at the next look of the binder.
#[test]
fn a_bound_claim_takes_its_freed_volume_again() {
    let mut play = freed();
    play.run(20);
    assert_eq!(phase(&play, "pv-a"), "Bound");
    assert_eq!(
        play.get(Kind::PersistentVolume, "pv-a")["spec"]["claimRef"]["uid"],
        claim(&play, "data-web-0")["metadata"]["uid"]
    );
}

/// The volume is deleted before: nothing tells the binder of its claim, which is lost at the next
/// look.
#[test]
fn a_claim_is_lost_at_the_next_look_after_its_freed_volume() {
    let mut play = freed();
    play.delete(
        Kind::PersistentVolume,
        "pv-a",
        PropagationPolicy::Background,
    );
    play.run(1);
    assert_eq!(claim(&play, "data-web-0")["status"]["phase"], "Bound");
    play.run(20);
    assert_eq!(claim(&play, "data-web-0")["status"]["phase"], "Lost");
    let told = said(&play, "data-web-0");
    assert!(
        told.contains(
            &"ClaimLost: Bound claim has lost its PersistentVolume. Data on the volume is lost!"
                .to_owned()
        )
    );
}

/// The volume is another's by the time the binder looks.
#[test]
fn a_claim_whose_freed_volume_is_anothers_is_lost() {
    let mut play = freed();
    let other =
        json!({"spec": {"claimRef": {"namespace": "default", "name": "other", "uid": "u"}}});
    play.patch(Kind::PersistentVolume, "pv-a", other);
    play.run(20);
    assert_eq!(claim(&play, "data-web-0")["status"]["phase"], "Lost");
    let told = said(&play, "data-web-0");
    assert!(told.iter().any(|told| told.starts_with("ClaimMisbound:")));
}

/// §6: a volume that no plugin can empty.
#[test]
fn only_some_volumes_can_be_recycled() {
    let mut other = recyclable("pv-a");
    other["spec"]["hostPath"].take();
    other["spec"]["csi"] = json!({"driver": "csi.example", "volumeHandle": "1"});
    let play = released(other);
    assert_eq!(phase(&play, "pv-a"), "Failed");
    let events = play.cluster.store().list_objects(Kind::Event);
    let told = events
        .iter()
        .map(|event| event.to_value()["message"].clone());
    assert!(
        told.into_iter()
            .any(|message| message == "No recycler plugin found for the volume!")
    );
}

/// §6: as long as a pod names the claim, the volume isn't touched.
#[test]
fn a_volume_in_use_waits_to_be_recycled() {
    let mut play = released(volume("pv-a"));
    play.scale(Kind::StatefulSet, "web", 1);
    play.run(5);
    let policy = json!({"spec": {"persistentVolumeReclaimPolicy": "Recycle"}});
    play.patch(Kind::PersistentVolume, "pv-a", policy);
    play.run(40);
    assert_eq!(phase(&play, "pv-a"), "Released");
    play.scale(Kind::StatefulSet, "web", 0);
    play.run(40);
    assert_eq!(
        phase(&play, "pv-a"),
        "Bound",
        "by the claim that was left waiting"
    );
}

fn class(name: &str, provisioner: &str, mode: &str, default: bool) -> Value {
    let annotations = match default {
        true => json!({"storageclass.kubernetes.io/is-default-class": "true"}),
        false => json!({}),
    };
    json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
        "metadata": {"name": name, "annotations": annotations},
        "provisioner": provisioner, "volumeBindingMode": mode})
}

fn claim(play: &Play, name: &str) -> Value {
    play.get(Kind::PersistentVolumeClaim, name)
}

fn said(play: &Play, about: &str) -> Vec<String> {
    let events = play
        .cluster
        .store()
        .list_objects(Kind::Event)
        .into_iter()
        .map(|e| e.to_value());
    let about = events.filter(|event| event["involvedObject"]["name"] == about);
    about
        .map(|event| format!("{}: {}", event["reason"], event["message"]).replace('"', ""))
        .collect()
}

/// §1.1, §3: a claim without a class gets the default one, and a volume made for it, which goes
/// with it (policy Delete).
#[test]
fn a_default_class_makes_volumes() {
    let mut play = Play::new(Config::default());
    play.create(class(
        "standard",
        "k8s.io/minikube-hostpath",
        "Immediate",
        true,
    ));
    play.create(volume("pv-a"));
    play.create(stateful_set_with_claims(2, "Retain", "Retain"));
    play.run(60);
    let bound = claim(&play, "data-web-1");
    assert_eq!(bound["status"]["phase"], "Bound");
    assert_eq!(bound["spec"]["storageClassName"], "standard");
    let made = format!("pvc-{}", bound["metadata"]["uid"].as_str().unwrap());
    assert_eq!(bound["spec"]["volumeName"], made.as_str());
    assert_eq!(
        phase(&play, "pv-a"),
        "Available",
        "a volume without a class never matches"
    );
    let told = said(&play, "data-web-1");
    assert!(told.contains(&format!(
        "ProvisioningSucceeded: Successfully provisioned volume {made}"
    )));
    play.scale(Kind::StatefulSet, "web", 1);
    play.run(30);
    play.delete(
        Kind::PersistentVolumeClaim,
        "data-web-1",
        PropagationPolicy::Background,
    );
    play.run(30);
    assert_eq!(play.get(Kind::PersistentVolume, &made), Value::Null);
}

/// §1.2: a default class that comes late is given to the claims that wait.
#[test]
fn a_late_default_class_helps_waiting_claims() {
    let mut play = Play::new(Config::default());
    play.create(stateful_set_with_claims(1, "Retain", "Retain"));
    play.run(20);
    assert_eq!(claim(&play, "data-web-0")["status"]["phase"], "Pending");
    play.create(class(
        "standard",
        "k8s.io/minikube-hostpath",
        "Immediate",
        true,
    ));
    play.run(60);
    assert_eq!(claim(&play, "data-web-0")["status"]["phase"], "Bound");
    assert!(play.living_pods().contains(&"web-0".to_owned()));
}

/// §4.2: the volume is made where the pod is to run, and keeps the pod there.
#[test]
fn a_class_may_wait_for_the_first_consumer() {
    let mut play = Play::new(Config::default());
    play.create(class(
        "standard",
        "rancher.io/local-path",
        "WaitForFirstConsumer",
        true,
    ));
    play.create(
        json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "lonely"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}}),
    );
    play.create(stateful_set_with_claims(1, "Retain", "Retain"));
    play.run(60);
    assert_eq!(claim(&play, "lonely")["status"]["phase"], "Pending");
    let waits = "WaitForFirstConsumer: waiting for first consumer to be created before binding";
    assert_eq!(said(&play, "lonely"), [waits]);
    assert_eq!(claim(&play, "data-web-0")["status"]["phase"], "Bound");
    let node = play.get(Kind::Pod, "web-0")["spec"]["nodeName"].clone();
    assert!(node.is_string());
    play.patch(
        Kind::Node,
        node.as_str().unwrap(),
        json!({"spec": {"unschedulable": true}}),
    );
    play.delete(Kind::Pod, "web-0", PropagationPolicy::Background);
    play.run(30);
    let refused = "0/3 nodes are available: 1 node(s) were unschedulable, 2 node(s) didn't match PersistentVolume's node affinity. preemption: 0/3 nodes are available: 3 Preemption is not helpful for scheduling.";
    assert!(said(&play, "web-0").contains(&format!("FailedScheduling: {refused}")));
}

/// §4.2: volumes made by hand, each on its node.
#[test]
fn local_volumes_bind_where_the_pod_fits() {
    let mut play = Play::new(Config::default());
    play.create(class(
        "local",
        "kubernetes.io/no-provisioner",
        "WaitForFirstConsumer",
        true,
    ));
    let mut local = volume("pv-local");
    let host = json!({"key": "kubernetes.io/hostname", "operator": "In", "values": ["node-2"]});
    local["spec"]["nodeAffinity"] =
        json!({"required": {"nodeSelectorTerms": [{"matchExpressions": [host]}]}});
    local["spec"]["storageClassName"] = json!("local");
    play.create(local);
    play.create(stateful_set_with_claims(2, "Retain", "Retain"));
    play.run(60);
    assert_eq!(play.get(Kind::Pod, "web-0")["spec"]["nodeName"], "node-2");
    assert_eq!(phase(&play, "pv-local"), "Bound");
    let refused = "FailedScheduling: 0/3 nodes are available: 3 node(s) didn't find available persistent volumes to bind.";
    assert!(
        said(&play, "web-1")
            .iter()
            .any(|told| told.starts_with(refused))
    );
}

/// A disk in the network that a driver attaches, or with `hostPath` a directory.
fn disk(source: &str, mode: &str) -> Value {
    let mut disk = volume("pv-a");
    let spec = disk["spec"].as_object_mut().expect("a spec");
    spec.remove("hostPath");
    spec["accessModes"] = json!([mode]);
    let source_of = match source {
        "csi" => json!({"driver": "example.com/disks", "volumeHandle": "a"}),
        _ => json!({"path": "/a"}),
    };
    spec.insert(source.to_owned(), source_of);
    disk
}

/// A set of one pod on such a volume; its node is cut off and known to be, and the pod removed by
/// force. Gives the node too.
fn torn_away(source: &str, mode: &str) -> (Play, String) {
    let mut play = Play::new(Config::default());
    play.create(disk(source, mode));
    let mut set = stateful_set_with_claims(1, "Retain", "Retain");
    set["spec"]["volumeClaimTemplates"][0]["spec"]["accessModes"] = json!([mode]);
    play.create(set);
    play.run(30);
    let pod = play.get(Kind::Pod, "web-0");
    assert_eq!(pod["status"]["phase"], "Running");
    let node = pod["spec"]["nodeName"].as_str().expect("a node").to_owned();
    let step = play.cluster.partition(&node);
    play.steps.extend(step);
    play.run(100);
    play.request(&Request::Delete {
        kind: Kind::Pod,
        name: "web-0".to_owned(),
        options: DeleteOptions {
            grace_period_seconds: Some(0),
            ..DeleteOptions::default()
        },
    });
    play.run(20);
    (play, node)
}

fn runs(play: &Play) -> bool {
    play.get(Kind::Pod, "web-0")["status"]["phase"] == "Running"
}

const MULTI_ATTACH: &str = "FailedAttachVolume: Multi-Attach error for volume \\pv-a\\ Volume is already exclusively attached to one node and can't be attached to another";

/// §8: what is attached to the dead node keeps its successor from starting for six minutes; what is
/// not attached, or may be attached to many, doesn't.
#[test]
fn a_disk_hangs_on_its_dead_node_for_six_minutes() {
    let (mut play, _) = torn_away("csi", "ReadWriteOnce");
    assert!(!runs(&play));
    let told = said(&play, "web-0");
    assert_eq!(
        told.iter().filter(|event| *event == MULTI_ATTACH).count(),
        1,
        "{told:?}"
    );
    play.run(320);
    assert!(!runs(&play));
    play.run(30);
    assert!(runs(&play), "taken by force");
    let attached = "SuccessfulAttachVolume: AttachVolume.Attach succeeded for volume \\pv-a\\ ";
    assert!(said(&play, "web-0").iter().any(|event| event == attached));
    for (source, mode) in [("hostPath", "ReadWriteOnce"), ("csi", "ReadWriteMany")] {
        let (play, _) = torn_away(source, mode);
        assert!(runs(&play), "{source} {mode}");
    }
}

/// §8.2: with somebody's word that the machine is off, or when it is back, there is no waiting.
#[test]
fn a_disk_comes_off_when_its_node_is_back_or_vouched_to_be_off() {
    let (mut play, node) = torn_away("csi", "ReadWriteOnce");
    let mut taints = play.get(Kind::Node, &node)["spec"]["taints"].clone();
    let out = json!({"key": "node.kubernetes.io/out-of-service", "value": "nodeshutdown",
        "effect": "NoExecute"});
    taints.as_array_mut().expect("taints").push(out);
    play.patch(Kind::Node, &node, json!({"spec": {"taints": taints}}));
    play.run(5);
    assert!(runs(&play), "vouched");
    let (mut play, node) = torn_away("csi", "ReadWriteOnce");
    let step = play.cluster.heal(&node);
    play.steps.extend(step);
    play.run(5);
    assert!(runs(&play), "back");
}

/// A claim for one node is no claim for a pod on another, as long as the first pod is there.
#[test]
fn pods_on_two_nodes_cannot_share_a_disk() {
    let mut play = Play::new(Config::default());
    play.create(disk("csi", "ReadWriteOnce"));
    let set = stateful_set_with_claims(1, "Retain", "Retain");
    play.create(set.clone());
    play.run(30);
    let node = play.get(Kind::Pod, "web-0")["spec"]["nodeName"].clone();
    let mut other = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "other"}});
    other["spec"] = set["spec"]["template"]["spec"].clone();
    other["spec"]["volumes"] =
        json!([{"name": "data", "persistentVolumeClaim": {"claimName": "data-web-0"}}]);
    let elsewhere = if node == "node-1" { "node-2" } else { "node-1" };
    play.cluster.choices_mut().choose_node("other", elsewhere);
    play.create(other);
    play.run(500);
    assert_eq!(play.get(Kind::Pod, "other")["status"]["phase"], "Pending");
    let used = "FailedAttachVolume: Multi-Attach error for volume \\pv-a\\ Volume is already used by pod(s) web-0";
    assert!(said(&play, "other").iter().any(|event| event == used));
    play.scale(Kind::StatefulSet, "web", 0);
    play.run(20);
    assert_eq!(play.get(Kind::Pod, "other")["status"]["phase"], "Running");
}
