//! Why not? Each question a learner may ask about something that doesn't happen has one answer, read
//! off the cluster.

mod support;

use cluster::object::Kind;
use cluster::{Config, DeleteOptions, Mismatch, Obstacle, PropagationPolicy, Request, Subject};
use serde_json::{Value, json};
use support::{Play, stateful_set, stateful_set_with_claims, template, volume};

fn obstacles(play: &Play, kind: Kind, name: &str) -> Vec<Obstacle> {
    play.cluster.obstacles(&Subject::new(kind, name))
}

fn with_claims() -> Value {
    stateful_set_with_claims(1, "Retain", "Retain")
}

fn play_with(objects: impl IntoIterator<Item = Value>) -> Play {
    let mut play = Play::new(Config::default());
    objects.into_iter().for_each(|object| play.create(object));
    play.run(60);
    play
}

const CLAIM: &str = "data-web-0";

/// reference/storage.md §2–§4: for each volume, why the claim doesn't get it.
#[test]
fn why_a_claim_is_not_bound() {
    let check = |others: Vec<Value>, class: Option<&str>, expected: Vec<Obstacle>| {
        let mut set = with_claims();
        if let Some(class) = class {
            set["spec"]["volumeClaimTemplates"][0]["spec"]["storageClassName"] = json!(class);
        }
        let play = play_with(others.into_iter().chain([set]));
        let found = obstacles(&play, Kind::PersistentVolumeClaim, CLAIM);
        assert_eq!(found, expected);
        let expected = Obstacle::ClaimUnbound {
            pod: "web-0".into(),
            claim: CLAIM.into(),
        };
        assert_eq!(obstacles(&play, Kind::Pod, "web-0"), [expected]);
    };
    let claim = || CLAIM.into();
    check(vec![], None, vec![Obstacle::NoVolumes { claim: claim() }]);

    let changed = |field: &str, value: Value| {
        let mut volume = volume("pv-a");
        volume["spec"][field] = value;
        volume
    };
    let differs = |mismatch: Mismatch| {
        let volume = "pv-a".into();
        vec![Obstacle::VolumeDiffers { volume, mismatch }]
    };
    let small = changed("capacity", json!({"storage": "1Ki"}));
    check(vec![small], None, differs(Mismatch::TooSmall));
    let classed = changed("storageClassName", json!("fast"));
    check(vec![classed], None, differs(Mismatch::OtherClass));
    let block = changed("volumeMode", json!("Block"));
    check(vec![block], None, differs(Mismatch::OtherMode));
    let read_only = changed("accessModes", json!(["ReadOnlyMany"]));
    check(vec![read_only], None, differs(Mismatch::OtherAccess));

    let class = |mode: &str| {
        json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "slow"},
            "provisioner": "kubernetes.io/no-provisioner", "volumeBindingMode": mode})
    };
    let missing = Obstacle::ClassMissing {
        claim: claim(),
        class: "slow".into(),
    };
    check(vec![], Some("slow"), vec![missing]);
    let awaited = Obstacle::ConsumerAwaited {
        claim: claim(),
        class: "slow".into(),
    };
    check(
        vec![class("WaitForFirstConsumer")],
        Some("slow"),
        vec![awaited],
    );
}

#[test]
fn why_a_claim_whose_labels_are_asked_for_is_not_bound() {
    let mut set = with_claims();
    set["spec"]["volumeClaimTemplates"][0]["spec"]["selector"] =
        json!({"matchLabels": {"disk": "fast"}});
    let play = play_with([volume("pv-a"), set]);
    let expected = Obstacle::VolumeDiffers {
        volume: "pv-a".into(),
        mismatch: Mismatch::OtherLabels,
    };
    assert_eq!(
        obstacles(&play, Kind::PersistentVolumeClaim, CLAIM),
        [expected]
    );
}

#[test]
fn why_a_taken_or_released_volume_is_not_given() {
    let mut set = with_claims();
    set["spec"]["replicas"] = json!(2);
    let mut play = play_with([volume("pv-a"), set]);
    let second = "data-web-1";
    let taken = Obstacle::VolumeTaken {
        volume: "pv-a".into(),
        by: CLAIM.into(),
    };
    assert_eq!(
        obstacles(&play, Kind::PersistentVolumeClaim, second),
        [taken]
    );
    assert_eq!(obstacles(&play, Kind::PersistentVolume, "pv-a"), []);

    play.scale(Kind::StatefulSet, "web", 0);
    play.run(60);
    play.delete(
        Kind::PersistentVolumeClaim,
        CLAIM,
        PropagationPolicy::Background,
    );
    play.run(5);
    let released = Obstacle::VolumeReleased {
        volume: "pv-a".into(),
        by: CLAIM.into(),
    };
    let of = |kind, name| obstacles(&play, kind, name);
    let released = [released];
    assert_eq!(of(Kind::PersistentVolume, "pv-a"), released);
    assert_eq!(of(Kind::PersistentVolumeClaim, second), released);
}

#[test]
fn why_a_pod_has_no_node() {
    let mut play = play_with([volume("pv-a")]);
    for node in ["node-1", "node-2", "node-3"] {
        play.patch(Kind::Node, node, json!({"spec": {"unschedulable": true}}));
    }
    play.create(with_claims());
    play.run(60);
    let found = obstacles(&play, Kind::Pod, "web-0");
    let [Obstacle::NoNodeFits { message, .. }] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert!(
        message.contains("3 node(s) were unschedulable"),
        "{message}"
    );
}

#[test]
fn why_a_pod_is_not_ready() {
    let mut play = play_with([stateful_set(1)]);
    assert_eq!(obstacles(&play, Kind::Pod, "web-0"), []);
    play.ready("web-0", false);
    play.run(5);
    let pod = || "web-0".into();
    let fails = Obstacle::ProbeFails { pod: pod() };
    assert_eq!(obstacles(&play, Kind::Pod, "web-0"), [fails]);
    play.ready("web-0", true);
    play.run(5);

    let node = play.get(Kind::Pod, "web-0")["spec"]["nodeName"].clone();
    let node = node.as_str().expect("a node");
    let step = play.cluster.partition(node);
    play.steps.extend(step);
    assert_eq!(obstacles(&play, Kind::Pod, "web-0"), [], "nobody knows yet");
    play.run(60);
    let silent = Obstacle::NodeSilent {
        pod: pod(),
        node: node.into(),
    };
    assert_eq!(obstacles(&play, Kind::Pod, "web-0"), [silent]);
}

#[test]
fn why_a_container_does_not_run() {
    let mut set = stateful_set(1);
    set["spec"]["template"] = template("bad:1");
    set["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] = json!("Always");
    let play = play_with([set]);
    let missing = Obstacle::ImageMissing {
        pod: "web-0".into(),
        image: "bad:1".into(),
    };
    assert_eq!(obstacles(&play, Kind::Pod, "web-0"), [missing]);

    let mut play = play_with([stateful_set(1)]);
    let found = (0..200).find_map(|_| {
        let step = play.cluster.crash("web-0", 1);
        play.steps.extend(step);
        play.run(2);
        obstacles(&play, Kind::Pod, "web-0").pop()
    });
    assert!(
        matches!(found, Some(Obstacle::CrashLoop { restarts, .. }) if restarts > 0),
        "{found:?}"
    );
}

/// reference/node-and-pod-lifecycle.md §4: who has to say that a pod is gone.
#[test]
fn why_a_pod_does_not_go() {
    let delete = |play: &mut Play| {
        play.request(&Request::Delete {
            kind: Kind::Pod,
            name: "web-0".to_owned(),
            options: DeleteOptions::default(),
        });
    };
    let mut play = play_with([stateful_set(1)]);
    delete(&mut play);
    let stopping = Obstacle::Stopping {
        pod: "web-0".into(),
        seconds: 30,
    };
    assert_eq!(obstacles(&play, Kind::Pod, "web-0"), [stopping]);

    let mut play = play_with([stateful_set(1)]);
    let node = play.get(Kind::Pod, "web-0")["spec"]["nodeName"].clone();
    let node = node.as_str().expect("a node");
    let step = play.cluster.partition(node);
    play.steps.extend(step);
    delete(&mut play);
    play.run(1000);
    let nobody = Obstacle::NobodyConfirms {
        pod: "web-0".into(),
        node: node.into(),
    };
    assert_eq!(obstacles(&play, Kind::Pod, "web-0"), [nobody]);

    let mut play = play_with([stateful_set(1)]);
    let finalizer = "example.com/wait";
    play.patch(
        Kind::Pod,
        "web-0",
        json!({"metadata": {"finalizers": [finalizer]}}),
    );
    delete(&mut play);
    play.run(100);
    let held = Obstacle::FinalizerHolds {
        subject: Subject::new(Kind::Pod, "web-0"),
        finalizer: finalizer.to_owned(),
    };
    assert_eq!(obstacles(&play, Kind::Pod, "web-0"), [held]);
}

#[test]
fn why_a_claim_or_a_volume_does_not_go() {
    let mut play = play_with([volume("pv-a"), with_claims()]);
    let delete = |play: &mut Play, kind, name| {
        play.delete(kind, name, PropagationPolicy::Background);
        play.run(5);
    };
    delete(&mut play, Kind::PersistentVolumeClaim, CLAIM);
    let used = Obstacle::ClaimInUse {
        claim: CLAIM.into(),
        pod: "web-0".into(),
    };
    assert_eq!(obstacles(&play, Kind::PersistentVolumeClaim, CLAIM), [used]);
    delete(&mut play, Kind::PersistentVolume, "pv-a");
    let bound = Obstacle::VolumeInUse {
        volume: "pv-a".into(),
        claim: CLAIM.into(),
    };
    assert_eq!(obstacles(&play, Kind::PersistentVolume, "pv-a"), [bound]);
}

/// reference/statefulset-controller.md §10: what stops a rollout, and what its name is.
#[test]
fn why_a_rollout_does_not_move() {
    let check = |strategy: Value, image: &str, expected: Option<Obstacle>| {
        let mut set = stateful_set(2);
        set["spec"]["updateStrategy"] = strategy;
        let mut play = play_with([set]);
        let image_of = |image: &str| json!({"spec": {"template": template(image)}});
        let mut patch = image_of(image);
        patch["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] = json!("Always");
        play.patch(Kind::StatefulSet, "web", patch);
        play.run(100);
        play.patch(
            Kind::StatefulSet,
            "web",
            image_of("demo-statefulset-node-image-v2"),
        );
        play.run(100);
        let found = obstacles(&play, Kind::StatefulSet, "web");
        assert_eq!(found, Vec::from_iter(expected));
    };
    let set = || "web".into();
    let rolling = |partition: i32| json!({"type": "RollingUpdate", "rollingUpdate": {"partition": partition}});
    check(rolling(0), "demo-statefulset-node-image-v2", None);
    let pod = || "web-1".into();
    let broken = Obstacle::BrokenPodFirst {
        set: set(),
        pod: pod(),
    };
    check(rolling(0), "bad:1", Some(broken));
    let below = Obstacle::BelowPartition {
        set: set(),
        partition: 2,
    };
    check(rolling(2), "demo-statefulset-node-image-v2", Some(below));
    let by_hand = Obstacle::UpdatesOnDelete {
        set: set(),
        pod: pod(),
    };
    let strategy = json!({"type": "OnDelete"});
    check(strategy, "demo-statefulset-node-image-v2", Some(by_hand));
}

/// reference/storage.md §8: a disk for one node at a time that hangs on a node that is cut off.
#[test]
fn why_a_pod_waits_for_its_disk() {
    let mut disk = volume("pv-a");
    let spec = disk["spec"].as_object_mut().expect("a spec");
    spec.remove("hostPath");
    spec.insert(
        "csi".to_owned(),
        json!({"driver": "example.com/disks", "volumeHandle": "a"}),
    );
    let mut play = play_with([disk, with_claims()]);
    let node = play.get(Kind::Pod, "web-0")["spec"]["nodeName"].clone();
    let node = node.as_str().expect("a node");
    let step = play.cluster.partition(node);
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
    let elsewhere = Obstacle::DiskElsewhere {
        pod: "web-0".into(),
        volume: "pv-a".into(),
        node: node.into(),
    };
    assert_eq!(obstacles(&play, Kind::Pod, "web-0"), [elsewhere]);
}
