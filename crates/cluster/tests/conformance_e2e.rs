//! The StatefulSet's end-to-end tests upstream (`test/e2e/apps/statefulset.go`) that need no
//! network, the edge cases that follow from the controller's code, and what surprised in the
//! recordings of a real control plane. Each test carries the name of its row.

mod support;

use cluster::apiserver::subresources::{Subresource, SubresourceRequest};
use cluster::object::Kind;
use cluster::{
    Config, DeleteOptions, LocalImages, Patch, PodTrouble, PropagationPolicy, Reason, Request,
};
use serde_json::{Value, json};
use support::{Play, stateful_set, stateful_set_with_claims, template, volume};

const OLD: &str = "demo-statefulset-node-image";
const NEW: &str = "demo-statefulset-node-image:2";

fn config() -> Config {
    Config {
        local_images: LocalImages::All,
        ..Config::default()
    }
}

fn up(replicas: i32, spec: Value) -> Play {
    let mut set = stateful_set(replicas);
    for (field, value) in spec.as_object().into_iter().flatten() {
        set["spec"][field] = value.clone();
    }
    let mut play = Play::new(config());
    play.create(set);
    play.run(60);
    play
}

fn set(play: &mut Play, spec: Value) {
    play.patch(Kind::StatefulSet, "web", json!({ "spec": spec }));
}

fn image(play: &mut Play, image: &str) {
    set(play, json!({"template": template(image)}));
}

fn partition(play: &mut Play, partition: i32) {
    let strategy = json!({"type": "RollingUpdate", "rollingUpdate": {"partition": partition}});
    set(play, json!({"updateStrategy": strategy}));
}

fn delete_pod(play: &mut Play, pod: &str) {
    play.delete(Kind::Pod, pod, PropagationPolicy::Background);
}

fn force(play: &mut Play, pod: &str) {
    play.request(&Request::Delete {
        kind: Kind::Pod,
        name: pod.to_owned(),
        options: DeleteOptions {
            grace_period_seconds: Some(0),
            ..DeleteOptions::default()
        },
    });
}

fn images(play: &Play) -> String {
    let names = play.names(Kind::Pod);
    let images = names.iter().map(|name| {
        let pod = play.get(Kind::Pod, name);
        match pod["spec"]["containers"][0]["image"].as_str() {
            Some(OLD) => "old".to_owned(),
            Some(NEW) => "new".to_owned(),
            _ => "bad".to_owned(),
        }
    });
    images.collect::<Vec<_>>().join(" ")
}

fn status(play: &Play, field: &str) -> Value {
    play.get(Kind::StatefulSet, "web")["status"][field].clone()
}

fn uid(play: &Play, kind: Kind, name: &str) -> String {
    let object = play.get(kind, name);
    object["metadata"]["uid"]
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

fn settled_on(play: &Play, revision: &str) -> bool {
    status(play, "currentRevision") == revision && status(play, "updateRevision") == revision
}

/// Messages of all events of this reason.
fn events(play: &Play, reason: &str) -> Vec<String> {
    let events = play.cluster.store().list_objects(Kind::Event);
    let values = events.iter().map(|event| event.to_value());
    let told = values.filter(|event| event["reason"] == reason);
    told.map(|event| event["message"].as_str().unwrap_or_default().to_owned())
        .collect()
}

fn processes(play: &Play, pod: &str) -> usize {
    let processes = play.cluster.processes();
    processes
        .filter(|(_, process)| &*process.pod == pod && process.running())
        .count()
}

/// A deleted predecessor is made again without waiting for an unready successor.
#[test]
fn e2e_not_deadlock_when_a_pods_predecessor_fails() {
    let mut play = Play::new(config());
    play.ready("web-1", false);
    play.create(stateful_set(2));
    play.run(30);
    let from = play.steps.len();
    delete_pod(&mut play, "web-0");
    play.run(30);
    let lives = play.lives(Kind::Pod, from);
    assert_eq!(lives, ["web-0 marked", "web-0 gone", "web-0 added"]);
    play.ready("web-1", true);
    play.run(30);
    assert_eq!(status(&play, "readyReplicas"), 2);
}

#[test]
fn e2e_rolling_updates_and_roll_backs() {
    let mut play = up(3, json!({}));
    let first = status(&play, "currentRevision");
    let order = ["web-2 marked", "web-1 marked", "web-0 marked"];
    for wanted in [NEW, OLD] {
        let from = play.steps.len();
        image(&mut play, wanted);
        play.run(120);
        let lives = play.lives(Kind::Pod, from);
        let marked = lives.iter().filter(|life| life.ends_with("marked"));
        assert_eq!(marked.collect::<Vec<_>>(), order);
    }
    assert!(settled_on(&play, first.as_str().unwrap()));
    assert_eq!(play.names(Kind::ControllerRevision).len(), 2);
}

#[test]
fn e2e_canary_and_phased_updates_with_a_partition() {
    let mut play = up(3, json!({}));
    let first = status(&play, "currentRevision");
    partition(&mut play, 4);
    image(&mut play, NEW);
    play.run(60);
    assert_eq!(images(&play), "old old old");
    assert_ne!(status(&play, "updateRevision"), first);
    partition(&mut play, 2);
    play.run(60);
    assert_eq!(images(&play), "old old new");
    for pod in ["web-0", "web-2"] {
        delete_pod(&mut play, pod);
    }
    play.run(60);
    assert_eq!(images(&play), "old old new", "each comes back as it was");
    partition(&mut play, 1);
    play.run(60);
    assert_eq!(images(&play), "old new new");
    assert_eq!(status(&play, "currentRevision"), first);
    partition(&mut play, 0);
    play.run(60);
    assert_eq!(images(&play), "new new new");
    assert!(settled_on(
        &play,
        status(&play, "updateRevision").as_str().unwrap()
    ));
}

/// With and without a new revision that never gets ready.
#[test]
fn e2e_partition1_and_delete_pod0() {
    for (wanted, shown) in [(NEW, "new"), ("bad-image", "bad")] {
        let mut play = up(2, json!({}));
        partition(&mut play, 1);
        image(&mut play, wanted);
        play.run(60);
        assert_eq!(images(&play), format!("old {shown}"));
        delete_pod(&mut play, "web-0");
        play.run(60);
        assert_eq!(images(&play), format!("old {shown}"));
        let conditions = play.get(Kind::Pod, "web-0")["status"]["phase"].clone();
        assert_eq!(conditions, "Running");
    }
}

#[test]
fn e2e_legacy_replacement_on_delete() {
    let mut play = up(3, json!({"updateStrategy": {"type": "OnDelete"}}));
    delete_pod(&mut play, "web-1");
    play.run(30);
    assert_eq!(images(&play), "old old old");
    image(&mut play, NEW);
    play.run(30);
    delete_pod(&mut play, "web-1");
    play.run(30);
    assert_eq!(images(&play), "old new old");
}

#[test]
fn e2e_predictable_order_and_halt_if_unhealthy() {
    let mut play = up(1, json!({}));
    let from = play.steps.len();
    play.ready("web-0", false);
    play.run(5);
    play.scale(Kind::StatefulSet, "web", 3);
    play.run(30);
    assert_eq!(play.lives(Kind::Pod, from), [""; 0], "halts");
    play.ready("web-0", true);
    play.run(30);
    assert_eq!(play.lives(Kind::Pod, from), ["web-1 added", "web-2 added"]);
    let from = play.steps.len();
    for pod in ["web-0", "web-1", "web-2"] {
        play.ready(pod, false);
    }
    play.run(5);
    play.scale(Kind::StatefulSet, "web", 0);
    play.run(30);
    assert_eq!(play.lives(Kind::Pod, from), [""; 0], "halts");
    for pod in ["web-0", "web-1", "web-2"] {
        play.ready(pod, true);
    }
    play.run(30);
    let lives = play.lives(Kind::Pod, from);
    let gone: Vec<_> = lives.iter().filter(|life| life.ends_with("gone")).collect();
    assert_eq!(gone, ["web-2 gone", "web-1 gone", "web-0 gone"]);
}

#[test]
fn e2e_burst_scaling_with_unhealthy_pods() {
    let mut play = up(1, json!({"podManagementPolicy": "Parallel"}));
    play.ready("web-0", false);
    play.run(5);
    play.scale(Kind::StatefulSet, "web", 3);
    play.run(30);
    assert_eq!(play.names(Kind::Pod).len(), 3);
    play.ready("web-2", false);
    play.run(5);
    play.scale(Kind::StatefulSet, "web", 0);
    play.run(30);
    assert_eq!(play.names(Kind::Pod), [""; 0]);
}

/// The new pod can't be placed, its claim is deleted and made again, and with the node open the pod
/// becomes ready.
#[test]
fn e2e_pvc_recreated_for_a_pending_pod() {
    let mut play = Play::new(Config {
        nodes: 1,
        ..config()
    });
    play.create(volume("pv-a"));
    play.create(volume("pv-b"));
    play.create(stateful_set_with_claims(1, "Retain", "Retain"));
    play.run(30);
    let first = uid(&play, Kind::PersistentVolumeClaim, "data-web-0");
    let cordon = |play: &mut Play, on: Value| {
        play.patch(Kind::Node, "node-1", json!({"spec": {"unschedulable": on}}));
    };
    cordon(&mut play, json!(true));
    delete_pod(&mut play, "web-0");
    play.run(30);
    assert_eq!(play.get(Kind::Pod, "web-0")["status"]["phase"], "Pending");
    play.delete(
        Kind::PersistentVolumeClaim,
        "data-web-0",
        PropagationPolicy::Background,
    );
    play.run(30);
    cordon(&mut play, Value::Null);
    play.run(60);
    let second = uid(&play, Kind::PersistentVolumeClaim, "data-web-0");
    assert!(!second.is_empty() && second != first);
    assert_eq!(status(&play, "readyReplicas"), 1);
}

/// Set, increase, decrease and remove the first ordinal.
#[test]
fn e2e_start_ordinal() {
    let mut play = up(2, json!({}));
    let mut check = |start: Value, replicas: i32, expected: &[&str]| {
        set(&mut play, json!({"ordinals": start, "replicas": replicas}));
        play.run(120);
        assert_eq!(play.names(Kind::Pod), expected, "{start} {replicas}");
    };
    check(Value::Null, 2, &["web-0", "web-1"]);
    check(json!({"start": 2}), 3, &["web-2", "web-3", "web-4"]);
    check(json!({"start": 2}), 2, &["web-2", "web-3"]);
    check(json!({"start": 4}), 2, &["web-4", "web-5"]);
    check(json!({"start": 3}), 2, &["web-3", "web-4"]);
    check(json!({"start": 2}), 2, &["web-2", "web-3"]);
    check(Value::Null, 2, &["web-0", "web-1"]);
}

/// Edge case 1, surprises 1 and 2: which unready pods hold up `5 → 2`.
#[test]
fn surprise_02_edge1_scale_down_truth_table() {
    let check = |unready: &[i32], expected: &[&str]| {
        let mut play = up(5, json!({}));
        for ordinal in unready {
            play.ready(&format!("web-{ordinal}"), false);
        }
        play.run(5);
        let from = play.steps.len();
        play.scale(Kind::StatefulSet, "web", 2);
        play.run(60);
        let lives = play.lives(Kind::Pod, from);
        let gone: Vec<_> = lives.iter().filter(|life| life.ends_with("gone")).collect();
        assert_eq!(gone, expected, "{unready:?}");
    };
    let all = ["web-4 gone", "web-3 gone", "web-2 gone"];
    check(&[], &all);
    check(&[4], &all);
    check(&[2], &all);
    check(&[3, 4], &[]);
    check(&[2, 3], &["web-4 gone"]);
    check(&[0], &[]);
    check(&[1], &[]);
}

#[test]
fn surprise_01_scaling_down_waits_for_pods_that_stay() {
    let mut play = up(3, json!({}));
    play.ready("web-0", false);
    play.run(5);
    let from = play.steps.len();
    play.scale(Kind::StatefulSet, "web", 1);
    play.run(30);
    assert_eq!(play.lives(Kind::Pod, from), [""; 0]);
    // Surprise 3: the status follows all the same.
    let generation = play.get(Kind::StatefulSet, "web")["metadata"]["generation"].clone();
    assert_eq!(status(&play, "observedGeneration"), generation);
    assert_eq!(status(&play, "readyReplicas"), 2);
    play.ready("web-0", true);
    play.run(30);
    assert_eq!(play.names(Kind::Pod), ["web-0"]);
}

#[test]
fn surprise_04_a_terminating_pod_below_blocks_everything_above() {
    let mut play = up(3, json!({}));
    let from = play.steps.len();
    for pod in ["web-0", "web-1", "web-2"] {
        delete_pod(&mut play, pod);
    }
    play.run(60);
    let lives = play.lives(Kind::Pod, from);
    let added: Vec<_> = lives
        .iter()
        .filter(|life| life.ends_with("added"))
        .collect();
    assert_eq!(added, ["web-0 added", "web-1 added", "web-2 added"]);
}

#[test]
fn surprise_05_a_change_of_mind_does_not_save_the_terminating_pod() {
    let mut play = up(3, json!({}));
    let before = uid(&play, Kind::Pod, "web-2");
    play.scale(Kind::StatefulSet, "web", 1);
    play.run(1);
    play.scale(Kind::StatefulSet, "web", 3);
    play.run(30);
    assert_eq!(play.names(Kind::Pod).len(), 3);
    assert_ne!(uid(&play, Kind::Pod, "web-2"), before);
}

#[test]
fn surprise_06_counts_treat_terminating_pods_differently() {
    let mut play = up(3, json!({}));
    delete_pod(&mut play, "web-1");
    play.run_until("status", |step| {
        matches!(*step.reason, Reason::StatusCounted { .. })
    });
    let counts = [
        "replicas",
        "readyReplicas",
        "currentReplicas",
        "updatedReplicas",
    ];
    let counts = counts.map(|field| status(&play, field));
    assert_eq!(counts, [3, 3, 2, 2]);
}

#[test]
fn surprise_08_a_pod_without_a_node_goes_at_once() {
    let mut play = Play::new(config());
    play.create(stateful_set_with_claims(1, "Retain", "Retain"));
    play.run(20);
    let from = play.steps.len();
    delete_pod(&mut play, "web-0");
    assert_eq!(play.lives(Kind::Pod, from), ["web-0 gone"]);
}

/// Surprise 10: the replacement is made as soon as the old object is gone, never before.
#[test]
fn surprise_10_the_replacement_comes_with_the_end_of_the_old() {
    let mut play = up(2, json!({}));
    delete_pod(&mut play, "web-1");
    let gone = |change: Option<cluster::ChangeType>, step: &cluster::Step| {
        let change_of = step.change.as_ref();
        let pod = change_of.filter(|change| change.object().name() == "web-1");
        pod.map(|change| change.change_type()) == change
    };
    play.run_until("end", |step| gone(Some(cluster::ChangeType::Deleted), step));
    let at = play.cluster.now();
    play.run_until("pod", |step| gone(Some(cluster::ChangeType::Added), step));
    assert!(play.cluster.now().since(at) < 50);
}

#[test]
fn surprise_12_parallel_is_about_scaling_only() {
    let mut play = up(3, json!({"podManagementPolicy": "Parallel"}));
    let from = play.steps.len();
    image(&mut play, NEW);
    play.run(60);
    let lives = play.lives(Kind::Pod, from);
    assert_eq!(lives[..3], ["web-2 marked", "web-2 gone", "web-2 added"]);
    assert_eq!(lives[3], "web-1 marked");
}

/// Edge case 5, surprise 15: the claim of a running pod goes with the pod, and a new, empty one is
/// made.
#[test]
fn surprise_15_edge5_a_claim_deleted_in_use_goes_with_its_pod() {
    let mut play = Play::new(config());
    play.create(volume("pv-a"));
    play.create(volume("pv-b"));
    play.create(stateful_set_with_claims(1, "Retain", "Retain"));
    play.run(30);
    let claim = |play: &Play| play.get(Kind::PersistentVolumeClaim, "data-web-0");
    let before = claim(&play);
    play.delete(
        Kind::PersistentVolumeClaim,
        "data-web-0",
        PropagationPolicy::Background,
    );
    play.run(30);
    assert_eq!(claim(&play)["metadata"]["uid"], before["metadata"]["uid"]);
    assert!(claim(&play)["metadata"]["deletionTimestamp"].is_string());
    delete_pod(&mut play, "web-0");
    play.run(60);
    assert_ne!(claim(&play)["metadata"]["uid"], before["metadata"]["uid"]);
    assert_ne!(
        claim(&play)["spec"]["volumeName"],
        before["spec"]["volumeName"]
    );
    assert_eq!(status(&play, "readyReplicas"), 1);
}

#[test]
fn surprise_18_the_claim_of_a_pod_scaled_away_takes_the_next_volume() {
    let mut play = Play::new(config());
    play.create(stateful_set_with_claims(1, "Retain", "Retain"));
    play.run(20);
    play.scale(Kind::StatefulSet, "web", 0);
    play.run(20);
    play.create(volume("pv-a"));
    play.run(40);
    let claim = play.get(Kind::PersistentVolumeClaim, "data-web-0");
    assert_eq!(claim["status"]["phase"], "Bound");
    assert_eq!(play.names(Kind::Pod), [""; 0]);
}

#[test]
fn surprise_20_the_smallest_volume_that_fits_is_taken() {
    let mut play = Play::new(config());
    let sized = |name: &str, size: &str, mode: &str| {
        let mut volume = volume(name);
        volume["spec"]["capacity"]["storage"] = json!(size);
        volume["spec"]["accessModes"] = json!([mode]);
        volume
    };
    play.create(sized("pv-big", "9Mi", "ReadWriteOnce"));
    play.create(sized("pv-middle", "5Mi", "ReadWriteOnce"));
    play.create(sized("pv-shared", "1Mi", "ReadWriteMany"));
    play.create(stateful_set_with_claims(1, "Retain", "Retain"));
    play.run(30);
    let claim = play.get(Kind::PersistentVolumeClaim, "data-web-0");
    assert_eq!(claim["spec"]["volumeName"], "pv-middle");
    assert_eq!(claim["status"]["capacity"]["storage"], "5Mi");
}

#[test]
fn surprise_21_a_deleted_bound_volume_stays_until_its_claim_is_gone() {
    let mut play = Play::new(config());
    play.create(volume("pv-a"));
    play.create(stateful_set_with_claims(1, "Retain", "Retain"));
    play.run(30);
    play.delete(
        Kind::PersistentVolume,
        "pv-a",
        PropagationPolicy::Background,
    );
    play.run(30);
    let volume = play.get(Kind::PersistentVolume, "pv-a");
    assert!(volume["metadata"]["deletionTimestamp"].is_string());
    play.scale(Kind::StatefulSet, "web", 0);
    play.run(30);
    play.delete(
        Kind::PersistentVolumeClaim,
        "data-web-0",
        PropagationPolicy::Background,
    );
    play.run(30);
    assert_eq!(play.names(Kind::PersistentVolume), [""; 0]);
}

#[test]
fn surprise_22_an_unready_pod_keeps_an_ordered_update_from_starting() {
    for (policy, starts) in [("OrderedReady", false), ("Parallel", true)] {
        let mut play = up(3, json!({"podManagementPolicy": policy}));
        play.ready("web-0", false);
        play.run(5);
        let from = play.steps.len();
        image(&mut play, NEW);
        play.run(60);
        let lives = play.lives(Kind::Pod, from);
        assert_eq!(
            lives.contains(&"web-2 marked".to_owned()),
            starts,
            "{policy}"
        );
    }
}

/// Edge case 4, surprise 23: rolling back does not free a pod that is broken in the new revision;
/// deleting it does.
#[test]
fn surprise_23_edge4_a_forced_rollback() {
    let mut play = up(3, json!({}));
    image(&mut play, "bad-image");
    play.run(60);
    assert_eq!(images(&play), "old old bad");
    image(&mut play, OLD);
    play.run(60);
    assert_eq!(images(&play), "old old bad", "still");
    let stuck = Reason::WaitsForPod {
        set: "web".into(),
        pod: "web-2".into(),
        trouble: PodTrouble::NotReady,
    };
    assert_eq!(play.cluster.waiting("web"), Some(&stuck));
    delete_pod(&mut play, "web-2");
    play.run(60);
    assert_eq!(images(&play), "old old old");
    assert_eq!(status(&play, "readyReplicas"), 3);
}

#[test]
fn surprise_24_scaling_past_the_broken_pod_breaks_the_next() {
    let mut play = up(3, json!({}));
    image(&mut play, "bad-image");
    play.run(60);
    play.scale(Kind::StatefulSet, "web", 2);
    play.run(60);
    assert_eq!(images(&play), "old bad");
}

#[test]
fn surprise_25_current_revision_changes_last() {
    let mut play = up(2, json!({}));
    image(&mut play, NEW);
    let mut seen = Vec::new();
    let from = play.steps.len();
    play.run(60);
    for step in &play.steps[from..] {
        let set = step.change.as_ref().map(|change| change.object());
        let set = set.filter(|object| object.kind() == Kind::StatefulSet);
        seen.extend(set.map(|set| set.to_value()["status"].clone()));
    }
    let first_done = seen
        .iter()
        .position(|status| status["currentRevision"] == status["updateRevision"]);
    let done = &seen[first_done.expect("it ends")];
    assert_eq!(done["currentReplicas"], 2);
    assert_eq!(done["readyReplicas"], 2);
    let before = &seen[first_done.unwrap_or_default() - 1];
    assert_eq!(before["currentReplicas"], Value::Null);
}

#[test]
fn surprise_27_a_pod_below_the_partition_comes_back_old() {
    let mut play = up(3, json!({}));
    partition(&mut play, 2);
    image(&mut play, NEW);
    play.run(60);
    partition(&mut play, 3);
    play.run(30);
    assert_eq!(images(&play), "old old new", "running pods are left alone");
    delete_pod(&mut play, "web-2");
    play.run(30);
    assert_eq!(images(&play), "old old old");
}

#[test]
fn surprise_28_on_delete_never_catches_up() {
    let mut play = up(2, json!({"updateStrategy": {"type": "OnDelete"}}));
    let first = status(&play, "currentRevision");
    image(&mut play, NEW);
    play.run(30);
    for pod in ["web-0", "web-1"] {
        delete_pod(&mut play, pod);
        play.run(30);
    }
    assert_eq!(images(&play), "new new");
    assert_eq!(status(&play, "currentRevision"), first);
}

#[test]
fn surprise_30_only_the_template_makes_a_revision() {
    let mut play = up(2, json!({}));
    play.scale(Kind::StatefulSet, "web", 3);
    partition(&mut play, 1);
    let labels = json!({"metadata": {"labels": {"tier": "x"}}});
    play.patch(Kind::StatefulSet, "web", labels);
    play.run(30);
    assert_eq!(play.names(Kind::ControllerRevision).len(), 1);
}

/// Edge case 2: without the block, a low ordinal comes back old in the middle of an update.
#[test]
fn edge2_nil_rolling_update_block_recreates_low_ordinals_old() {
    let mut play = up(3, json!({"updateStrategy": {"type": "RollingUpdate"}}));
    image(&mut play, NEW);
    play.ready("web-2", false);
    play.run(20);
    assert_eq!(images(&play), "old old new");
    delete_pod(&mut play, "web-0");
    play.run(20);
    assert_eq!(images(&play), "old old new");
    let mut play = up(3, json!({}));
    image(&mut play, NEW);
    play.ready("web-2", false);
    play.run(20);
    delete_pod(&mut play, "web-0");
    play.run(20);
    assert_eq!(images(&play), "new old new", "with the block, new");
}

/// Edge case 3: nothing is left that is old, so the update is complete, partition or not.
#[test]
fn edge3_scaling_to_0_under_a_partition_completes_the_rollout() {
    let mut play = up(3, json!({}));
    partition(&mut play, 2);
    image(&mut play, NEW);
    play.run(60);
    assert_eq!(images(&play), "old old new");
    play.scale(Kind::StatefulSet, "web", 0);
    play.run(60);
    assert_eq!(
        status(&play, "currentRevision"),
        status(&play, "updateRevision")
    );
    play.scale(Kind::StatefulSet, "web", 3);
    play.run(60);
    assert_eq!(images(&play), "new new new");
}

/// Edge case 6, surprise 44: the name is accepted; the pods' revision label is too long.
#[test]
fn surprise_44_edge6_names_above_52_characters() {
    let name = "w".repeat(55);
    let mut set = stateful_set(1);
    set["metadata"]["name"] = json!(name);
    let mut play = Play::new(config());
    play.create(set);
    play.run(5);
    assert_eq!(play.names(Kind::Pod), [""; 0]);
    let failed = events(&play, "FailedCreate");
    assert!(
        failed
            .iter()
            .any(|message| message.contains("must be no more than 63")),
        "{failed:?}"
    );
}

/// Edge case 7, surprises 33 and 34: while a pod is unreachable the set stands still; by force a
/// second process of its identity is started, until the node is back.
#[test]
fn surprise_34_edge7_force_on_a_cut_node_makes_two_of_one_identity() {
    let mut play = up(2, json!({}));
    let pod = play.get(Kind::Pod, "web-1");
    let node = pod["spec"]["nodeName"].as_str().unwrap().to_owned();
    let step = play.cluster.partition(&node);
    play.steps.extend(step);
    play.run(60);
    assert_eq!(status(&play, "readyReplicas"), 1);
    play.scale(Kind::StatefulSet, "web", 3);
    play.run(600);
    assert_eq!(play.names(Kind::Pod), ["web-0", "web-1"], "stuck");
    assert_eq!(processes(&play, "web-1"), 1);
    force(&mut play, "web-1");
    play.run(30);
    assert_eq!(processes(&play, "web-1"), 2);
    assert_ne!(play.get(Kind::Pod, "web-1")["spec"]["nodeName"], node);
    let step = play.cluster.heal(&node);
    play.steps.extend(step);
    play.run(30);
    assert_eq!(processes(&play, "web-1"), 1);
    assert_eq!(status(&play, "readyReplicas"), 3);
}

/// Surprise 36: a force delete before the node is known to be unready may place the replacement on
/// the very same node, where it is bound and never started.
#[test]
fn surprise_36_too_early_a_force_delete() {
    let mut play = Play::new(Config {
        nodes: 1,
        ..config()
    });
    play.create(stateful_set(1));
    play.run(30);
    let step = play.cluster.partition("node-1");
    play.steps.extend(step);
    force(&mut play, "web-0");
    play.run(120);
    let pod = play.get(Kind::Pod, "web-0");
    assert_eq!(pod["status"]["phase"], "Pending");
    assert_eq!(pod["spec"]["nodeName"], "node-1");
    assert_eq!(processes(&play, "web-0"), 1, "the old one");
}

/// Edge case 8: the image of a pod is the kubelet's affair; the set does not change it back.
#[test]
fn edge8_an_image_edited_on_a_pod_stays() {
    let mut play = up(2, json!({}));
    let before = uid(&play, Kind::Pod, "web-1");
    let containers = json!([{"name": "web", "image": NEW, "imagePullPolicy": "Never"}]);
    play.patch(
        Kind::Pod,
        "web-1",
        json!({"spec": {"containers": containers}}),
    );
    play.run(60);
    assert_eq!(images(&play), "old new");
    assert_eq!(uid(&play, Kind::Pod, "web-1"), before);
}

/// Pods are named, numbered and placed as their ordinals say.
#[test]
fn e2e_basic_identity() {
    let mut play = up(3, json!({}));
    play.scale(Kind::StatefulSet, "web", 0);
    play.run(30);
    play.scale(Kind::StatefulSet, "web", 3);
    play.run(30);
    assert_eq!(
        play.get(Kind::StatefulSet, "web")["spec"]["serviceName"],
        "peers"
    );
    for ordinal in 0..3 {
        let name = format!("web-{ordinal}");
        let pod = play.get(Kind::Pod, &name);
        assert_eq!(pod["spec"]["hostname"], *name);
        assert_eq!(pod["spec"]["subdomain"], "peers");
        let labels = &pod["metadata"]["labels"];
        assert_eq!(labels["apps.kubernetes.io/pod-index"], *ordinal.to_string());
    }
}

/// Never are more pods unavailable than allowed, and in the end all are updated.
#[test]
fn e2e_rolling_updates_with_max_unavailable() {
    let mut set = stateful_set(4);
    set["spec"]["updateStrategy"] =
        json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2}});
    let mut play = Play::new(Config {
        max_unavailable_stateful_set: true,
        ..config()
    });
    play.create(set);
    play.run(60);
    image(&mut play, NEW);
    let mut fewest = 4;
    for _ in 0..600 {
        play.run(0);
        let limit = play.cluster.now() + 100;
        while let Some(step) = play.cluster.step_until(limit) {
            play.steps.push(step);
        }
        play.cluster.wait_until(limit);
        let pods = play.cluster.store().list::<cluster::object::Pod>();
        fewest = fewest.min(pods.filter(|pod| pod.ready() && !pod.terminating()).count());
    }
    assert_eq!(fewest, 2, "as many as allowed, and no more");
    assert_eq!(images(&play), "new new new new");
    let update = status(&play, "updateRevision");
    assert!(settled_on(&play, update.as_str().unwrap()));
}

/// A pod that its node turns away is made again and again, until the node takes it.
#[test]
fn e2e_recreate_evicted() {
    let mut play = up(2, json!({}));
    let mut uids = vec![uid(&play, Kind::Pod, "web-0")];
    for _ in 0..3 {
        let evicted = json!({"phase": "Failed", "reason": "Evicted",
            "message": "The node was low on resource: memory. "});
        play.patch_status(Kind::Pod, "web-0", evicted);
        assert_eq!(processes(&play, "web-0"), 1, "still");
        play.run(20);
        uids.push(uid(&play, Kind::Pod, "web-0"));
    }
    assert!(uids.windows(2).all(|two| two[0] != two[1]), "{uids:?}");
    assert_eq!(processes(&play, "web-0"), 1);
    assert_eq!(status(&play, "readyReplicas"), 2);
}

/// What the API server answers about a part of the set.
fn ask(play: &mut Play, part: Subresource, request: SubresourceRequest) -> Value {
    let (result, step) =
        play.cluster
            .request_subresource((Kind::StatefulSet, "web"), part, &request);
    play.steps.extend(step);
    result.unwrap_or_else(|status| panic!("{request:?}: {status}"))
}

#[test]
fn e2e_scale_subresource() {
    let mut play = up(1, json!({}));
    let mut scale = ask(&mut play, Subresource::Scale, SubresourceRequest::Get);
    assert_eq!(scale["kind"], "Scale");
    assert_eq!(scale["apiVersion"], "autoscaling/v1");
    assert_eq!(scale["spec"]["replicas"], 1);
    assert_eq!(
        scale["status"],
        json!({"replicas": 1, "selector": "app=web"})
    );
    scale["spec"]["replicas"] = json!(2);
    let put = SubresourceRequest::Replace(scale);
    let put = ask(&mut play, Subresource::Scale, put);
    assert_eq!(put["spec"]["replicas"], 2);
    let set = play.get(Kind::StatefulSet, "web");
    assert_eq!(set["spec"]["replicas"], 2);
    assert_eq!(set["metadata"]["generation"], 2);
    play.run(30);
    let patch = Patch::Strategic(json!({"spec": {"replicas": 4}}));
    let patched = SubresourceRequest::Patch(patch);
    let patched = ask(&mut play, Subresource::Scale, patched);
    assert_eq!(patched["spec"]["replicas"], 4);
    assert_eq!(patched["status"]["replicas"], 2);
    play.run(30);
    assert_eq!(play.names(Kind::Pod).len(), 4);
    let less = Patch::Merge(json!({"spec": {"replicas": -1}}));
    let less = SubresourceRequest::Patch(less);
    let set = (Kind::StatefulSet, "web");
    let refused = play
        .cluster
        .request_subresource(set, Subresource::Scale, &less);
    assert!(refused.0.is_err() && refused.1.is_none());
    let pod = (Kind::Pod, "web-0");
    let get = SubresourceRequest::Get;
    let none = play
        .cluster
        .request_subresource(pod, Subresource::Scale, &get);
    assert_eq!(none.0.map_err(|status| status.code), Err(404));
}

#[test]
fn e2e_list_patch_delete_collection() {
    let mut play = up(1, json!({}));
    let mut other = stateful_set(0);
    other["metadata"]["name"] = json!("other");
    play.create(other);
    assert_eq!(play.names(Kind::StatefulSet), ["other", "web"]);
    set(&mut play, json!({"replicas": 2, "template": template(NEW)}));
    play.run(60);
    assert_eq!(images(&play), "new new");
    for name in ["other", "web"] {
        play.delete(Kind::StatefulSet, name, PropagationPolicy::Background);
    }
    play.run(30);
    assert_eq!(play.names(Kind::StatefulSet), [""; 0]);
    assert_eq!(play.names(Kind::Pod), [""; 0]);
}

/// Conditions can be put and patched, and nothing of the spec with them.
#[test]
fn e2e_status_endpoints() {
    let mut play = up(1, json!({}));
    let before = play.get(Kind::StatefulSet, "web");
    let condition = |kind: &str| json!([{"type": kind, "status": "True", "reason": "E2E"}]);
    let mut sent = before.clone();
    sent["status"]["conditions"] = condition("StatusUpdate");
    sent["spec"]["replicas"] = json!(7);
    let put = SubresourceRequest::Replace(sent);
    let put = ask(&mut play, Subresource::Status, put);
    assert_eq!(put["status"]["conditions"], condition("StatusUpdate"));
    assert_eq!(put["spec"], before["spec"]);
    let patch = Patch::Merge(json!({"metadata": {"labels": {"seen": "yes"}},
        "status": {"conditions": condition("StatusPatched")}}));
    let patched = SubresourceRequest::Patch(patch);
    let patched = ask(&mut play, Subresource::Status, patched);
    assert_eq!(patched["status"]["conditions"], condition("StatusPatched"));
    assert_eq!(patched["metadata"]["labels"]["seen"], "yes");
    assert_eq!(
        patched["metadata"]["generation"],
        before["metadata"]["generation"]
    );
    play.run(30);
    // The controller does not look at them, but its next status is without them.
    assert_eq!(status(&play, "conditions"), condition("StatusPatched"));
    play.scale(Kind::StatefulSet, "web", 2);
    play.run(30);
    assert_eq!(status(&play, "conditions"), Value::Null);
    // What people send to the object itself changes no status.
    let sent = json!({"status": {"readyReplicas": 9}});
    play.patch(Kind::StatefulSet, "web", sent);
    assert_eq!(status(&play, "readyReplicas"), 2);
}

#[test]
fn e2e_min_ready_seconds_available_replicas() {
    let mut play = up(
        2,
        json!({"podManagementPolicy": "Parallel", "minReadySeconds": 100}),
    );
    assert_eq!(status(&play, "readyReplicas"), 2);
    assert_eq!(status(&play, "availableReplicas"), 0);
    play.run(60);
    assert_eq!(status(&play, "availableReplicas"), 2);
}
