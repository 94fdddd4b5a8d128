//! Scaling a StatefulSet: reference/statefulset-controller.md §6, §8 and §9, and what the recordings
//! of scenarios 02, 03 and 06 show.

mod support;

use cluster::object::Kind;
use cluster::{Config, PropagationPolicy};
use serde_json::{Value, json};
use support::{Play, stateful_set};

fn up(replicas: i32, spec: Value) -> Play {
    let mut play = Play::new(Config::default());
    let mut set = stateful_set(replicas);
    for (field, value) in spec.as_object().unwrap() {
        set["spec"][field] = value.clone();
    }
    play.create(set);
    play.run(60);
    play
}

fn status(play: &Play, field: &str) -> Value {
    play.get(Kind::StatefulSet, "web")["status"][field].clone()
}

/// The whole table of §9: replicas 5 → 2, which pods are ready, and which are left.
#[test]
fn scale_down_follows_the_truth_table() {
    let check = |policy: &str, ready: [bool; 5], left: &[u32]| {
        let mut play = up(5, json!({"podManagementPolicy": policy}));
        for (ordinal, ready) in ready.iter().enumerate() {
            play.ready(&format!("web-{ordinal}"), *ready);
        }
        play.run(5);
        play.scale(Kind::StatefulSet, "web", 2);
        play.run(60);
        let left: Vec<String> = left
            .iter()
            .map(|ordinal| format!("web-{ordinal}"))
            .collect();
        assert_eq!(play.names(Kind::Pod), left, "{policy} {ready:?}");
    };
    let (y, n) = (true, false);
    check("OrderedReady", [y, y, y, y, y], &[0, 1]);
    check("OrderedReady", [y, y, y, y, n], &[0, 1]);
    check("OrderedReady", [y, y, n, y, y], &[0, 1]);
    check("OrderedReady", [y, y, y, n, n], &[0, 1, 2, 3, 4]);
    check("OrderedReady", [n, y, y, y, y], &[0, 1, 2, 3, 4]);
    check("OrderedReady", [y, n, y, y, y], &[0, 1, 2, 3, 4]);
    for ready in [[y, y, y, y, y], [n, y, y, y, y], [y, y, y, n, n]] {
        check("Parallel", ready, &[0, 1]);
    }
}

/// Surprise 2: two unready pods that are to go block each other; the lower one ready, both go, from
/// the top.
#[test]
fn two_unready_condemned_pods_block() {
    let mut play = up(3, json!({}));
    play.ready("web-1", false);
    play.ready("web-2", false);
    play.run(5);
    let from = play.steps.len();
    play.scale(Kind::StatefulSet, "web", 1);
    play.run(30);
    assert_eq!(play.lives(Kind::Pod, from), [""; 0]);
    // Surprise 3: the status follows all the same.
    assert_eq!(status(&play, "observedGeneration"), 2);
    play.ready("web-1", true);
    play.run(30);
    let lives = play.lives(Kind::Pod, from);
    assert_eq!(
        lives,
        ["web-2 marked", "web-2 gone", "web-1 marked", "web-1 gone"]
    );
}

/// §9: highest ordinal first, each gone before the next is marked; upwards each ready before the
/// next is created.
#[test]
fn ordered_scaling_goes_one_by_one() {
    let mut play = up(3, json!({}));
    let from = play.steps.len();
    play.scale(Kind::StatefulSet, "web", 0);
    play.run(60);
    let mut expected: Vec<String> = Vec::new();
    for pod in ["web-2", "web-1", "web-0"] {
        expected.extend([format!("{pod} marked"), format!("{pod} gone")]);
    }
    assert_eq!(play.lives(Kind::Pod, from), expected);
    play.ready("web-1", false);
    play.scale(Kind::StatefulSet, "web", 3);
    play.run(60);
    assert_eq!(play.names(Kind::Pod), ["web-0", "web-1"]);
    play.ready("web-1", true);
    play.run(60);
    assert_eq!(play.names(Kind::Pod), ["web-0", "web-1", "web-2"]);
}

/// Surprise 4: with all deleted at once they come back strictly from the bottom, each waiting for the
/// one before.
#[test]
fn all_deleted_at_once_come_back_in_order() {
    let mut play = up(3, json!({}));
    let from = play.steps.len();
    for pod in ["web-0", "web-1", "web-2"] {
        play.delete(Kind::Pod, pod, PropagationPolicy::Background);
    }
    play.run(60);
    let added: Vec<String> = play
        .lives(Kind::Pod, from)
        .into_iter()
        .filter(|life| life.ends_with("added"))
        .collect();
    assert_eq!(added, ["web-0 added", "web-1 added", "web-2 added"]);
}

/// Surprise 5: a changed mind doesn't save a pod that is already terminating.
#[test]
fn a_terminating_pod_is_not_saved() {
    let mut play = up(3, json!({}));
    let uid = |play: &Play| play.get(Kind::Pod, "web-2")["metadata"]["uid"].clone();
    let before = uid(&play);
    play.scale(Kind::StatefulSet, "web", 1);
    play.run_until("mark", |step| {
        let object = step
            .change
            .as_ref()
            .and_then(|change| change.after.as_ref());
        object.is_some_and(|object| object.metadata().terminating())
    });
    play.scale(Kind::StatefulSet, "web", 3);
    play.run(60);
    assert_eq!(play.names(Kind::Pod), ["web-0", "web-1", "web-2"]);
    assert_ne!(uid(&play), before);
}

/// Surprise 6: right after a deletion the pod still counts in `replicas` and `readyReplicas`, no
/// longer in `currentReplicas` and `updatedReplicas`.
#[test]
fn a_terminating_pod_counts_in_some_places() {
    let mut play = up(3, json!({}));
    play.delete(Kind::Pod, "web-1", PropagationPolicy::Background);
    play.run(1);
    let counts = [
        "replicas",
        "readyReplicas",
        "currentReplicas",
        "updatedReplicas",
    ];
    assert_eq!(
        counts.map(|field| status(&play, field)),
        [3, 3, 2, 2].map(Value::from)
    );
}

/// Conformance "BlocksScaling": scaled up while pod 0 is terminating, nothing is created until it is
/// gone; then pod 0 comes first.
#[test]
fn a_terminating_pod_blocks_scaling() {
    let mut play = up(3, json!({}));
    let from = play.steps.len();
    play.delete(Kind::Pod, "web-0", PropagationPolicy::Background);
    play.scale(Kind::StatefulSet, "web", 5);
    play.run(60);
    let lives = play.lives(Kind::Pod, from);
    let expected = [
        "web-0 marked",
        "web-0 gone",
        "web-0 added",
        "web-3 added",
        "web-4 added",
    ];
    assert_eq!(lives, expected);
}

/// `ordinals.start`: set, increased, decreased, removed; what falls out of the range is condemned,
/// after the new range is ready.
#[test]
fn the_first_ordinal_may_move() {
    let mut play = up(2, json!({}));
    let mut check = |ordinals: Value, replicas: i32, expected: &[&str]| {
        let spec = json!({"ordinals": ordinals, "replicas": replicas});
        play.patch(Kind::StatefulSet, "web", json!({"spec": spec}));
        play.run(90);
        assert_eq!(play.names(Kind::Pod), expected);
    };
    check(json!({"start": 2}), 3, &["web-2", "web-3", "web-4"]);
    check(json!({"start": 4}), 2, &["web-4", "web-5"]);
    check(json!({"start": 2}), 2, &["web-2", "web-3"]);
    check(Value::Null, 2, &["web-0", "web-1"]);
}

/// Conformance "ScaleDownRespectsMinReadySeconds", and availability that follows readiness.
#[test]
fn scaling_down_waits_for_availability() {
    let mut play = up(3, json!({}));
    play.patch(
        Kind::StatefulSet,
        "web",
        json!({"spec": {"minReadySeconds": 3600}}),
    );
    play.scale(Kind::StatefulSet, "web", 1);
    play.run(60);
    assert_eq!(play.names(Kind::Pod).len(), 3);
    assert_eq!(status(&play, "readyReplicas"), 3);
    assert_eq!(status(&play, "availableReplicas"), 0);
    play.run(3600);
    assert_eq!(play.names(Kind::Pod), ["web-0"]);
}

/// §8: a Parallel set creates and deletes all at once.
#[test]
fn a_parallel_set_waits_for_nothing() {
    let mut play = Play::new(Config::default());
    let mut set = stateful_set(5);
    set["spec"]["podManagementPolicy"] = json!("Parallel");
    play.create(set);
    play.run(1);
    assert_eq!(play.names(Kind::Pod).len(), 5);
    play.run(30);
    play.scale(Kind::StatefulSet, "web", 1);
    play.run(1);
    assert_eq!(play.living_pods(), ["web-0"]);
}

/// Conformance "list order": names sort as text, surprise 9.
#[test]
fn surprise_09_names_sort_as_text() {
    let play = up(11, json!({"podManagementPolicy": "Parallel"}));
    let names = play.names(Kind::Pod);
    assert_eq!(names[1..4], ["web-1", "web-10", "web-2"]);
}

/// However many are wanted, only so many seats are looked at; a pod far out is no condemned one.
#[test]
fn two_thousand_million_replicas_do_no_harm() {
    for policy in ["OrderedReady", "Parallel"] {
        let mut play = Play::new(Config::default());
        let mut set = stateful_set(i32::MAX);
        set["spec"]["podManagementPolicy"] = json!(policy);
        let mut far = json!({"apiVersion": "v1", "kind": "Pod"});
        far["metadata"] = json!({"name": "web-2000000000", "labels": {"app": "web"}});
        far["spec"] = set["spec"]["template"]["spec"].clone();
        play.create(far);
        play.create(set);
        play.run(3);
        assert!(play.living_pods().contains(&"web-0".to_owned()), "{policy}");
        assert!(
            play.living_pods().contains(&"web-2000000000".to_owned()),
            "{policy}"
        );
    }
}
