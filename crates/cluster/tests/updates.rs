//! Rolling updates: reference/statefulset-controller.md §7 and §10, the edge cases of
//! reference/conformance-checklist.md, and what the recordings of scenario 07 show.

mod support;

use cluster::object::{Kind, Pod};
use cluster::{Config, LocalImages, PropagationPolicy, Reason, Version};
use serde_json::{Value, json};
use support::{Play, stateful_set};

/// A set of three at image 1, all ready, with these fields in its spec.
fn up_with(version: Version, spec: Value) -> Play {
    let mut play = Play::new(Config {
        version,
        local_images: LocalImages::All,
        ..Config::default()
    });
    let mut set = stateful_set(3);
    set["spec"]["template"] = template("1");
    for (field, value) in spec.as_object().unwrap() {
        set["spec"][field] = value.clone();
    }
    play.create(set);
    play.run(60);
    assert_eq!(pods(&play), ["web-0:1", "web-1:1", "web-2:1"]);
    play
}

fn up(spec: Value) -> Play {
    up_with(Version::V1_36, spec)
}

fn template(image: &str) -> Value {
    support::template(&format!("web:{image}"))
}

fn update(play: &mut Play, image: &str) {
    let template = template(image);
    play.patch(
        Kind::StatefulSet,
        "web",
        json!({"spec": {"template": template}}),
    );
}

fn partition(play: &mut Play, partition: i32) {
    let strategy = json!({"type": "RollingUpdate", "rollingUpdate": {"partition": partition}});
    play.patch(
        Kind::StatefulSet,
        "web",
        json!({"spec": {"updateStrategy": strategy}}),
    );
}

fn delete(play: &mut Play, pod: &str) {
    play.delete(Kind::Pod, pod, PropagationPolicy::Background);
}

/// `name:image`, with a `!` if it is not ready, for each pod.
fn pods(play: &Play) -> Vec<String> {
    let pods = play.cluster.store().list::<Pod>();
    pods.map(|pod| {
        let image = &pod.spec.containers[0].image;
        let image = image.strip_prefix("web:").unwrap_or(image);
        let ready = if pod.ready() { "" } else { "!" };
        format!("{}:{image}{ready}", pod.metadata.name)
    })
    .collect()
}

fn status(play: &Play, field: &str) -> Value {
    play.get(Kind::StatefulSet, "web")["status"][field].clone()
}

/// RollingUpdate: from the highest ordinal down, one at a time, each ready before the next.
#[test]
fn pods_are_replaced_from_the_top_one_at_a_time() {
    for policy in ["OrderedReady", "Parallel"] {
        let mut play = up(json!({"podManagementPolicy": policy}));
        let from = play.steps.len();
        update(&mut play, "2");
        play.run(60);
        let expected: Vec<String> = ["web-2", "web-1", "web-0"]
            .iter()
            .flat_map(|pod| ["marked", "gone", "added"].map(|what| format!("{pod} {what}")))
            .collect();
        assert_eq!(play.lives(Kind::Pod, from), expected, "{policy}");
        assert_eq!(pods(&play), ["web-0:2", "web-1:2", "web-2:2"]);
    }
}

/// Surprise 22: an unready pod, even one that the update has not reached, stops an OrderedReady
/// update from starting; a Parallel one starts.
#[test]
fn an_unready_pod_stops_an_ordered_update_before_it_starts() {
    let mut play = up(json!({}));
    play.ready("web-0", false);
    play.run(2);
    update(&mut play, "2");
    play.run(30);
    assert_eq!(pods(&play), ["web-0:1!", "web-1:1", "web-2:1"]);
    play.ready("web-0", true);
    play.run(60);
    assert_eq!(pods(&play), ["web-0:2", "web-1:2", "web-2:2"]);

    let mut play = up(json!({"podManagementPolicy": "Parallel"}));
    play.ready("web-0", false);
    play.run(2);
    update(&mut play, "2");
    play.run(60);
    assert_eq!(pods(&play), ["web-0:2!", "web-1:2", "web-2:2"]);
}

/// Surprise 22: with Parallel an unready pod of the old revision is deleted straight away, one of
/// the new revision blocks.
#[test]
fn a_parallel_update_is_blocked_by_an_unready_new_pod_alone() {
    let mut play = up(json!({"podManagementPolicy": "Parallel"}));
    play.ready("web-1", false);
    play.run(2);
    update(&mut play, "2");
    play.run(60);
    assert_eq!(pods(&play), ["web-0:1", "web-1:2!", "web-2:2"]);
}

/// Surprise 23, "forced rollback": neither going back nor a newer good template frees a pod that is
/// broken in the new revision; deleting it does, and it comes back from the right revision.
#[test]
fn a_broken_pod_must_be_deleted_by_hand() {
    for image in ["1", "3"] {
        let mut play = up(json!({}));
        update(&mut play, "bad");
        play.run(60);
        assert_eq!(pods(&play), ["web-0:1", "web-1:1", "web-2:bad!"]);
        update(&mut play, image);
        play.run(60);
        assert_eq!(pods(&play), ["web-0:1", "web-1:1", "web-2:bad!"]);
        delete(&mut play, "web-2");
        play.run(60);
        let expected = ["web-0", "web-1", "web-2"].map(|pod| format!("{pod}:{image}"));
        assert_eq!(pods(&play), expected);
    }
}

/// §10.6: with Parallel going back is enough.
#[test]
fn with_parallel_going_back_frees_the_broken_pod() {
    let mut play = up(json!({"podManagementPolicy": "Parallel"}));
    update(&mut play, "bad");
    play.run(60);
    assert_eq!(pods(&play), ["web-0:1", "web-1:1", "web-2:bad!"]);
    update(&mut play, "1");
    play.run(60);
    assert_eq!(pods(&play), ["web-0:1", "web-1:1", "web-2:1"]);
}

/// Surprise 24: scaling down past the broken pod sets the update going again, and breaks the next.
#[test]
fn scaling_past_the_broken_pod_breaks_the_next() {
    let mut play = up(json!({}));
    update(&mut play, "bad");
    play.run(60);
    play.scale(Kind::StatefulSet, "web", 2);
    play.run(60);
    assert_eq!(pods(&play), ["web-0:1", "web-1:bad!"]);
}

/// Surprise 25: `currentRevision` changes only when all pods are updated and ready, and with it
/// `currentReplicas` jumps from 0 to all.
#[test]
fn the_current_revision_changes_at_the_end() {
    let mut play = up(json!({}));
    let old = status(&play, "currentRevision");
    let from = play.steps.len();
    update(&mut play, "2");
    play.run(60);
    let sets = play.steps[from..].iter().filter_map(|step| {
        let object = step.change.as_ref()?.after.as_ref()?;
        (object.kind() == Kind::StatefulSet).then(|| object.to_value()["status"].clone())
    });
    let counted: Vec<(bool, Value, Value)> = sets
        .map(|status| {
            let current = status["currentReplicas"].clone();
            (
                status["currentRevision"] == old,
                current,
                status["updatedReplicas"].clone(),
            )
        })
        .collect();
    let (last, before) = (&counted[counted.len() - 1], &counted[counted.len() - 2]);
    assert_eq!(*last, (false, json!(3), json!(3)));
    assert_eq!(*before, (true, Value::Null, json!(3)));
}

/// Surprise 27: below the partition a deleted pod comes back in the old revision, a new ordinal
/// above it in the new one; raising it later touches no running pod.
#[test]
fn a_partition_holds_back_the_lower_ordinals() {
    let mut play = up(json!({}));
    partition(&mut play, 2);
    update(&mut play, "2");
    play.run(60);
    assert_eq!(pods(&play), ["web-0:1", "web-1:1", "web-2:2"]);
    delete(&mut play, "web-1");
    play.run(30);
    play.scale(Kind::StatefulSet, "web", 4);
    play.run(30);
    assert_eq!(pods(&play), ["web-0:1", "web-1:1", "web-2:2", "web-3:2"]);
    partition(&mut play, 4);
    play.run(30);
    assert_eq!(pods(&play), ["web-0:1", "web-1:1", "web-2:2", "web-3:2"]);
    delete(&mut play, "web-2");
    play.run(30);
    assert_eq!(pods(&play), ["web-0:1", "web-1:1", "web-2:1", "web-3:2"]);
    partition(&mut play, 0);
    play.run(90);
    assert_eq!(pods(&play), ["web-0:2", "web-1:2", "web-2:2", "web-3:2"]);
    assert_eq!(
        status(&play, "currentRevision"),
        status(&play, "updateRevision")
    );
}

/// Surprise 28: with OnDelete a deleted pod and a new ordinal come in the new revision, and
/// `currentRevision` never catches up.
#[test]
fn on_delete_replaces_what_is_deleted() {
    let mut play = up(json!({"updateStrategy": {"type": "OnDelete"}}));
    update(&mut play, "2");
    play.run(30);
    assert_eq!(pods(&play), ["web-0:1", "web-1:1", "web-2:1"]);
    delete(&mut play, "web-1");
    play.run(30);
    play.scale(Kind::StatefulSet, "web", 4);
    play.run(30);
    assert_eq!(pods(&play), ["web-0:1", "web-1:2", "web-2:1", "web-3:2"]);
    for pod in ["web-0", "web-2"] {
        delete(&mut play, pod);
        play.run(30);
    }
    assert_eq!(status(&play, "updatedReplicas"), 4);
    assert_ne!(
        status(&play, "currentRevision"),
        status(&play, "updateRevision")
    );
}

/// Surprise 29: a second update abandons the first, and pods of three revisions exist; deleting
/// one of the middle revision counts one current pod too few for one write.
#[test]
fn surprise_29_a_second_update_abandons_the_first() {
    let mut play = up(json!({}));
    update(&mut play, "2");
    play.run_until(
        "pod of image 2",
        |step| matches!(&*step.reason, Reason::ContainerStarted { pod, .. } if &**pod == "web-2"),
    );
    update(&mut play, "3");
    let from = play.steps.len();
    play.run(60);
    assert_eq!(pods(&play), ["web-0:3", "web-1:3", "web-2:3"]);
    let statuses = play.steps[from..].iter().filter_map(|step| {
        let object = step.change.as_ref()?.after.as_ref()?;
        let counted = matches!(*step.reason, Reason::StatusCounted { .. });
        counted.then(|| object.to_value()["status"]["currentReplicas"].clone())
    });
    let current: Vec<Value> = statuses.take(2).collect();
    assert_eq!(current, [json!(1), json!(2)]);
}

/// §7: with `type: RollingUpdate` and no block, a low ordinal that dies in the middle of a rollout
/// comes back in the old revision; with the block it comes back in the new one.
#[test]
fn without_the_block_low_ordinals_come_back_old() {
    let check = |strategy: Value, expected: &str| {
        let mut play = up(json!({"updateStrategy": strategy}));
        update(&mut play, "bad");
        play.run(30);
        delete(&mut play, "web-0");
        play.run(30);
        assert_eq!(pods(&play)[0], expected, "{strategy}");
    };
    check(json!({"type": "RollingUpdate"}), "web-0:1");
    check(
        json!({"type": "RollingUpdate", "rollingUpdate": {}}),
        "web-0:bad!",
    );
    check(json!({}), "web-0:bad!");
}

/// §10.1: `minReadySeconds` hold up an update since v1.34.
#[test]
fn min_ready_seconds_hold_up_the_update_since_v1_34() {
    let check = |version, expected: &[&str]| {
        let spec = json!({"minReadySeconds": 30, "podManagementPolicy": "Parallel"});
        let mut play = up_with(version, spec);
        play.run(60);
        update(&mut play, "2");
        play.run(20);
        assert_eq!(pods(&play), expected, "{version}");
    };
    check(Version::V1_36, &["web-0:1", "web-1:1", "web-2:2"]);
    check(Version::V1_33, &["web-0:2", "web-1:2", "web-2:2"]);
}

/// §10: the gate MaxUnavailableStatefulSet is off: the field is dropped without a word.
#[test]
fn max_unavailable_is_dropped() {
    let strategy = json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 2}});
    let play = up(json!({"updateStrategy": strategy}));
    let stored = play.get(Kind::StatefulSet, "web")["spec"]["updateStrategy"].clone();
    assert_eq!(
        stored,
        json!({"type": "RollingUpdate", "rollingUpdate": {"partition": 0}})
    );
}

/// Edge case 3: scaling to 0 under a partition completes the rollout.
#[test]
fn scaling_to_zero_under_a_partition_completes_the_rollout() {
    let mut play = up(json!({}));
    partition(&mut play, 3);
    update(&mut play, "2");
    play.run(30);
    play.scale(Kind::StatefulSet, "web", 0);
    play.run(60);
    play.scale(Kind::StatefulSet, "web", 3);
    play.run(60);
    assert_eq!(pods(&play), ["web-0:2", "web-1:2", "web-2:2"]);
}

/// §9, e2e "should not deadlock when a pod's predecessor fails".
#[test]
fn a_lower_pod_comes_back_without_waiting_for_a_higher_one() {
    let mut play = up(json!({}));
    play.ready("web-1", false);
    play.run(2);
    delete(&mut play, "web-0");
    play.run(30);
    assert_eq!(pods(&play), ["web-0:1", "web-1:1!", "web-2:1"]);
}

/// Edge case 8: an image edited on a pod is not reverted.
#[test]
fn an_image_edited_on_a_pod_stays() {
    let mut play = up(json!({}));
    let containers = json!([{"name": "web", "image": "web:9", "imagePullPolicy": "Never"}]);
    let patch = cluster::Patch::Strategic(json!({"spec": {"containers": containers}}));
    play.request(&cluster::Request::Patch {
        kind: Kind::Pod,
        name: "web-1".to_owned(),
        patch,
        options: Default::default(),
    });
    play.run(30);
    assert_eq!(pods(&play), ["web-0:1", "web-1:9", "web-2:1"]);
}

/// §10.1: the wait is told, with the pod that is waited for.
#[test]
fn waiting_is_told() {
    let mut play = up(json!({}));
    update(&mut play, "bad");
    play.run(30);
    let waiting = play.cluster.waiting("web");
    assert!(
        matches!(waiting, Some(Reason::WaitsForPod { pod, .. }) if &**pod == "web-2"),
        "{waiting:?}"
    );
}
