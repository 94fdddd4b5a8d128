//! Deleting a set and what becomes of its pods: reference/statefulset-controller.md §11, and
//! what the recordings of scenario 11 show.

mod support;

use cluster::object::{Kind, StatefulSet};
use cluster::{Config, PropagationPolicy, Reason, Version};
use serde_json::{Value, json};
use support::{Play, stateful_set, template};

fn up(replicas: i32) -> Play {
    let mut play = Play::new(Config::default());
    play.create(stateful_set(replicas));
    play.run(30);
    assert_eq!(play.living_pods().len(), replicas as usize);
    play
}

/// Surprise 38: background deletion marks all pods at the same moment, in no order, and the set is
/// gone first.
#[test]
fn surprise_38_background_deletion_marks_all_pods_at_once_in_no_order() {
    let mut play = up(5);
    let from = play.steps.len();
    let start = play.cluster.now();
    play.delete(Kind::StatefulSet, "web", PropagationPolicy::Background);
    play.run(1);
    let sets = play.lives(Kind::StatefulSet, from);
    assert_eq!(sets, ["web gone"]);
    let pods = play.lives(Kind::Pod, from);
    assert_eq!(pods.len(), 5, "{pods:?}");
    assert!(pods.iter().all(|life| life.ends_with("marked")));
    let mut ordered = pods.clone();
    ordered.sort();
    let descending: Vec<_> = ordered.iter().rev().cloned().collect();
    assert_ne!(pods, ordered);
    assert_ne!(pods, descending);
    let marks = play.steps[from..].iter().filter(
        |step| matches!(&*step.reason, Reason::OwnerIsGone { subject } if subject.kind == Kind::Pod),
    );
    assert!(marks.clone().count() == 5);
    assert!(marks.map(|step| step.time.0).max() < Some(start.0 + 100));
    play.run(10);
    assert_eq!(play.names(Kind::Pod), [""; 0]);
    assert_eq!(play.names(Kind::ControllerRevision), [""; 0]);
}

/// Surprise 39: an orphaning set lingers with the finalizer `orphan`, generation 2; then pods and
/// revisions have no owner.
#[test]
fn surprise_39_orphaning_removes_the_owner_from_pods_and_revisions() {
    let mut play = up(2);
    let from = play.steps.len();
    play.delete(Kind::StatefulSet, "web", PropagationPolicy::Orphan);
    let set = play.get(Kind::StatefulSet, "web");
    assert_eq!(set["metadata"]["finalizers"], json!(["orphan"]));
    assert_eq!(set["metadata"]["generation"], 2);
    play.run(10);
    assert_eq!(play.names(Kind::StatefulSet), [""; 0]);
    assert_eq!(play.lives(Kind::Pod, from), [""; 0]);
    for (kind, count) in [(Kind::Pod, 2), (Kind::ControllerRevision, 1)] {
        let names = play.names(kind);
        assert_eq!(names.len(), count);
        for name in names {
            let owners = &play.get(kind, &name)["metadata"]["ownerReferences"];
            assert!(owners.is_null(), "{name}: {owners}");
        }
    }
}

/// Surprise 39: a new set of the same name and template adopts the pods without a restart.
#[test]
fn surprise_39_a_new_set_adopts_orphans_without_a_restart() {
    let mut play = up(2);
    play.delete(Kind::StatefulSet, "web", PropagationPolicy::Orphan);
    play.run(10);
    let from = play.steps.len();
    play.create(stateful_set(2));
    play.run(10);
    assert_eq!(play.lives(Kind::Pod, from), [""; 0]);
    assert_eq!(play.lives(Kind::ControllerRevision, from), [""; 0]);
    let set = play.get(Kind::StatefulSet, "web");
    let owner = play.get(Kind::Pod, "web-0")["metadata"]["ownerReferences"][0]["uid"].clone();
    assert_eq!(owner, set["metadata"]["uid"]);
    assert_eq!(set["status"]["readyReplicas"], 2);
    assert_eq!(set["status"]["currentReplicas"], 2);
}

/// Surprise 39: with another template a rolling update follows; `currentRevision` is the new one at
/// once, and the counts are low for a while.
#[test]
fn surprise_39_adopting_pods_of_another_revision_starts_a_rolling_update() {
    let mut play = up(2);
    play.delete(Kind::StatefulSet, "web", PropagationPolicy::Orphan);
    play.run(10);
    let from = play.steps.len();
    let mut set = stateful_set(2);
    set["spec"]["template"] = template("demo-statefulset-node-image:2");
    play.create(set);
    play.run_until("status", |step| {
        matches!(*step.reason, Reason::StatusCounted { .. })
    });
    let status = play.get(Kind::StatefulSet, "web")["status"].clone();
    assert_eq!(status["currentRevision"], status["updateRevision"]);
    assert_eq!(status["currentReplicas"], Value::Null);
    assert_eq!(status["readyReplicas"], 2);
    play.run(30);
    let lives = play.lives(Kind::Pod, from);
    assert_eq!(lives[..2], ["web-1 marked", "web-1 gone"], "{lives:?}");
}

/// Surprise 40: the set stays, with the finalizer `foregroundDeletion`, until the pods are gone, goes
/// on updating its status, and makes its ControllerRevision again each time the collector has
/// deleted it.
#[test]
fn surprise_40_foreground_deletion_keeps_the_set_until_its_pods_are_gone() {
    let mut play = up(2);
    let from = play.steps.len();
    play.delete(Kind::StatefulSet, "web", PropagationPolicy::Foreground);
    let set = play.get(Kind::StatefulSet, "web");
    assert_eq!(set["metadata"]["finalizers"], json!(["foregroundDeletion"]));
    play.run_until("pod gone", |step| {
        step.change
            .as_ref()
            .is_some_and(|change| change.after.is_none() && change.object().kind() == Kind::Pod)
    });
    play.run_until("status", |step| {
        matches!(*step.reason, Reason::StatusCounted { .. })
    });
    let status = &play.get(Kind::StatefulSet, "web")["status"];
    assert_eq!(status["observedGeneration"], 2);
    assert_eq!(status["replicas"], 1);
    play.run(30);
    assert_eq!(play.names(Kind::StatefulSet), [""; 0]);
    let pods = play.lives(Kind::Pod, from);
    let sets = play.lives(Kind::StatefulSet, from);
    assert_eq!(sets, ["web marked", "web gone"]);
    assert_eq!(pods.iter().filter(|life| life.ends_with("gone")).count(), 2);
    assert!(!pods.iter().any(|life| life.ends_with("added")), "{pods:?}");
    let revisions = play.lives(Kind::ControllerRevision, from);
    let again = revisions.iter().filter(|life| life.ends_with("added"));
    assert!(again.count() >= 1, "{revisions:?}");
    assert_eq!(play.names(Kind::ControllerRevision), [""; 0]);
}

/// The set is the last to go.
#[test]
fn foreground_deletion_removes_the_set_last() {
    let mut play = up(3);
    let from = play.steps.len();
    play.delete(Kind::StatefulSet, "web", PropagationPolicy::Foreground);
    play.run(30);
    let gone = |kind| {
        play.steps[from..].iter().rposition(|step| {
            step.change
                .as_ref()
                .is_some_and(|c| c.after.is_none() && c.object().kind() == kind)
        })
    };
    assert!(gone(Kind::Pod) < gone(Kind::StatefulSet));
}

/// A deletion in the foreground that is overtaken by one in the background ends at once.
#[test]
fn background_overtakes_foreground() {
    let mut play = up(2);
    play.delete(Kind::StatefulSet, "web", PropagationPolicy::Foreground);
    play.delete(Kind::StatefulSet, "web", PropagationPolicy::Background);
    assert_eq!(play.names(Kind::StatefulSet), [""; 0]);
    play.run(30);
    assert_eq!(play.names(Kind::Pod), [""; 0]);
}

/// The rules are the same in the oldest release.
#[test]
fn foreground_deletion_in_the_oldest_release() {
    let mut play = Play::new(Config {
        version: Version::V1_20,
        ..Config::default()
    });
    play.create(stateful_set(2));
    play.run(30);
    play.delete(Kind::StatefulSet, "web", PropagationPolicy::Foreground);
    play.run(30);
    assert_eq!(play.cluster.store().count::<StatefulSet>(), 0);
    assert_eq!(play.names(Kind::Pod), [""; 0]);
}

/// A pod that is deleted in the foreground keeps the finalizer only until the collector has seen
/// that it owns nothing; it ends as any other.
#[test]
fn a_pod_deleted_in_the_foreground_ends() {
    let mut play = up(2);
    let from = play.steps.len();
    play.delete(Kind::Pod, "web-1", PropagationPolicy::Foreground);
    let pod = play.get(Kind::Pod, "web-1");
    assert_eq!(pod["metadata"]["finalizers"], json!(["foregroundDeletion"]));
    play.run(30);
    let lives = play.lives(Kind::Pod, from);
    assert_eq!(lives, ["web-1 marked", "web-1 gone", "web-1 added"]);
}

/// Somebody's own finalizer keeps an object, marked, until somebody takes it away.
#[test]
fn a_finalizer_of_ones_own_keeps_the_object() {
    let mut play = up(1);
    let finalizers = |list: Value| json!({"metadata": {"finalizers": list}});
    play.patch(
        Kind::StatefulSet,
        "web",
        finalizers(json!(["example.com/mine"])),
    );
    play.delete(Kind::StatefulSet, "web", PropagationPolicy::Background);
    play.run(30);
    let set = play.get(Kind::StatefulSet, "web");
    assert!(set["metadata"]["deletionTimestamp"].is_string());
    assert_eq!(play.living_pods(), ["web-0"], "its owner is still there");
    play.patch(Kind::StatefulSet, "web", finalizers(Value::Null));
    play.run(30);
    assert_eq!(play.names(Kind::StatefulSet), [""; 0]);
    assert_eq!(play.names(Kind::Pod), [""; 0]);
}

/// An object with two owners is deleted with the last; when the first goes, it forgets it.
#[test]
fn an_object_with_two_owners_outlives_the_first() {
    let mut play = up(1);
    let uid = |play: &Play, kind, name: &str| play.get(kind, name)["metadata"]["uid"].clone();
    play.create(
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "peers"},
        "spec": {"clusterIP": "None"}}),
    );
    let owner = |api_version: &str, kind: &str, name: &str, uid: Value| json!({"apiVersion": api_version, "kind": kind, "name": name, "uid": uid});
    let owners = json!([
        owner(
            "apps/v1",
            "StatefulSet",
            "web",
            uid(&play, Kind::StatefulSet, "web")
        ),
        owner("v1", "Service", "peers", uid(&play, Kind::Service, "peers"))
    ]);
    play.create(json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": "shared", "ownerReferences": owners},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}}}));
    play.delete(Kind::StatefulSet, "web", PropagationPolicy::Background);
    play.run(30);
    let left =
        play.get(Kind::PersistentVolumeClaim, "shared")["metadata"]["ownerReferences"].clone();
    assert_eq!(left.as_array().map(Vec::len), Some(1), "{left}");
    assert_eq!(left[0]["name"], "peers");
    play.delete(Kind::Service, "peers", PropagationPolicy::Background);
    play.run(30);
    assert_eq!(play.names(Kind::PersistentVolumeClaim), [""; 0]);
}
