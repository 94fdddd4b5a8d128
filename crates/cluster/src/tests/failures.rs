//! What the StatefulSet controller does when the API server fails it: the rows of
//! `stateful_set_control_test.go` that inject errors. Each test carries the name of its row.

use serde_json::{Value, json};

use super::support::{Play, stateful_set, template};
use crate::apiserver::behind::Failing;
use crate::object::Kind;
use crate::step::Verb;
use crate::{Config, LocalImages, Reason};

const POLICIES: [&str; 2] = ["OrderedReady", "Parallel"];

fn new(policy: &str, replicas: i32) -> Play {
    let mut play = Play::new(Config {
        local_images: LocalImages::All,
        ..Config::default()
    });
    let mut set = stateful_set(replicas);
    set["spec"]["podManagementPolicy"] = json!(policy);
    play.create(set);
    play
}

fn up(policy: &str, replicas: i32) -> Play {
    let mut play = new(policy, replicas);
    play.run(60);
    play
}

/// From now on, so many of these requests pass, and the next fails.
fn fail(play: &mut Play, verb: Verb, kind: Kind, after: usize) {
    let times = 1;
    play.cluster.failing.push(Failing {
        verb,
        kind,
        after,
        times,
    });
}

/// Whether all that was to fail has failed.
fn all_failed(play: &Play) -> bool {
    play.cluster
        .failing
        .iter()
        .all(|failing| failing.times == 0)
}

fn status(play: &Play, field: &str) -> Value {
    play.get(Kind::StatefulSet, "web")["status"][field].clone()
}

/// `replicas/readyReplicas/updatedReplicas`.
fn counts(play: &Play) -> String {
    let count = |field: &str| status(play, field).as_i64().unwrap_or(0);
    let (ready, updated) = (count("readyReplicas"), count("updatedReplicas"));
    format!("{}/{ready}/{updated}", count("replicas"))
}

/// How often the controller ended a synchronisation by an error since the step `from`.
fn errors(play: &Play, from: usize) -> usize {
    let steps = play.steps[from..].iter();
    steps
        .filter(|step| matches!(*step.reason, Reason::RetryAfterError { .. }))
        .count()
}

/// Lives of the set's pods since the step `from`, without marks.
fn lives(play: &Play, from: usize) -> Vec<String> {
    let lives = play.lives(Kind::Pod, from).into_iter();
    lives.filter(|life| !life.ends_with("marked")).collect()
}

fn recreates_after_delete_failure(phase: &str) {
    for policy in POLICIES {
        let mut play = new(policy, 3);
        play.run_until(
            "pod",
            |step| matches!(&*step.reason, Reason::PodSeen { pod } if &**pod == "web-0"),
        );
        play.run(0);
        let from = play.steps.len();
        fail(&mut play, Verb::Delete, Kind::Pod, 0);
        play.patch_status(Kind::Pod, "web-0", json!({ "phase": phase }));
        play.run(60);
        assert!(all_failed(&play));
        assert_eq!(errors(&play, from), 1, "{policy}");
        let all = lives(&play, from);
        let first: Vec<&String> = all.iter().filter(|life| life.contains("web-0")).collect();
        assert_eq!(first, ["web-0 gone", "web-0 added"], "{policy}");
        assert_eq!(counts(&play), "3/3/3", "{policy}");
    }
}

#[test]
fn recreates_failed_pod_with_delete_failure() {
    recreates_after_delete_failure("Failed");
}

#[test]
fn recreates_succeeded_pod_with_delete_failure() {
    recreates_after_delete_failure("Succeeded");
}

/// The second pod can't be created once; the set gets there all the same.
#[test]
fn create_pod_failure() {
    for policy in POLICIES {
        let mut play = new(policy, 3);
        fail(&mut play, Verb::Create, Kind::Pod, 1);
        play.run(60);
        assert!(all_failed(&play));
        assert_eq!(errors(&play, 0), 1, "{policy}");
        assert_eq!(counts(&play), "3/3/3", "{policy}");
        let told = play.cluster.store.list::<crate::object::Event>();
        let told = told.filter(|event| event.reason == "FailedCreate");
        assert_eq!(told.count(), 1, "{policy}");
    }
}

/// A pod whose identity was tampered with is repaired, at the second attempt.
#[test]
fn update_pod_failure() {
    const LABEL: &str = "statefulset.kubernetes.io/pod-name";
    for policy in POLICIES {
        let mut play = up(policy, 3);
        let from = play.steps.len();
        let labels = json!({"metadata": {"labels": {LABEL: "goo-0"}}});
        play.patch(Kind::Pod, "web-0", labels);
        fail(&mut play, Verb::Update, Kind::Pod, 0);
        play.run(60);
        assert!(all_failed(&play));
        assert_eq!(errors(&play, from), 1, "{policy}");
        let pod = play.get(Kind::Pod, "web-0");
        assert_eq!(pod["metadata"]["labels"][LABEL], "web-0", "{policy}");
        assert_eq!(counts(&play), "3/3/3", "{policy}");
    }
}

#[test]
fn update_set_status_failure() {
    for policy in POLICIES {
        let mut play = new(policy, 3);
        for after in [0, 2] {
            fail(&mut play, Verb::Update, Kind::StatefulSet, after);
        }
        play.run(60);
        assert!(play.cluster.failing[0].times == 0);
        assert!(errors(&play, 0) >= 1, "{policy}");
        assert_eq!(counts(&play), "3/3/3", "{policy}");
    }
}

/// As long as the first pod can't be deleted, none counts as taken from the current revision.
#[test]
fn new_revision_delete_pod_failure() {
    for policy in POLICIES {
        let mut play = up(policy, 3);
        fail(&mut play, Verb::Delete, Kind::Pod, 0);
        let changed = template("demo-statefulset-node-image:2");
        play.patch(
            Kind::StatefulSet,
            "web",
            json!({"spec": {"template": changed}}),
        );
        let counted = |step: &crate::Step| matches!(*step.reason, Reason::StatusCounted { .. });
        play.run_until("status", counted);
        assert!(all_failed(&play), "{policy}");
        assert_ne!(
            status(&play, "currentRevision"),
            status(&play, "updateRevision")
        );
        assert_eq!(status(&play, "currentReplicas"), 3, "{policy}");
        play.run_until("status", counted);
        assert_eq!(status(&play, "currentReplicas"), 2, "{policy}");
        play.run(60);
        assert_eq!(counts(&play), "3/3/3", "{policy}");
    }
}

#[test]
fn scale_down_delete_error() {
    let mut play = up("OrderedReady", 3);
    let from = play.steps.len();
    fail(&mut play, Verb::Delete, Kind::Pod, 0);
    play.scale(Kind::StatefulSet, "web", 0);
    play.run(60);
    assert_eq!(errors(&play, from), 1);
    assert_eq!(
        lives(&play, from),
        ["web-2 gone", "web-1 gone", "web-0 gone"]
    );
    assert_eq!(counts(&play), "0/0/0");
}

/// However often the status can't be written, old revisions go.
#[test]
fn honor_revision_history_limit() {
    for policy in POLICIES {
        let mut play = new(policy, 2);
        // No pod is of a revision between the first and the last.
        let kept = json!({"spec": {"revisionHistoryLimit": 1, "updateStrategy":
            {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}}});
        play.patch(Kind::StatefulSet, "web", kept);
        play.run(60);
        play.cluster.failing.push(Failing {
            verb: Verb::Update,
            kind: Kind::StatefulSet,
            after: 0,
            times: 1_000_000,
        });
        for number in 0..10 {
            let changed = template(&format!("demo-statefulset-node-image:{number}"));
            play.patch(
                Kind::StatefulSet,
                "web",
                json!({"spec": {"template": changed}}),
            );
            play.run(2);
            let revisions = play.names(Kind::ControllerRevision).len();
            assert!(revisions <= 1 + 2, "{policy}: {revisions}");
        }
        assert!(errors(&play, 0) > 0);
    }
}

/// The status is written though a pod could not be created; if neither can be done, the pod is
/// what the controller complains of first.
#[test]
fn status_update() {
    for policy in POLICIES {
        let mut play = new(policy, 3);
        fail(&mut play, Verb::Create, Kind::Pod, 0);
        play.run_until("error", |step| {
            matches!(*step.reason, Reason::RetryAfterError { .. })
        });
        assert_eq!(status(&play, "observedGeneration"), Value::Null);
        let from = play.steps.len();
        play.run_until("pod", |step| {
            let change = step.change.as_ref();
            change.is_some_and(|change| change.object().kind() == Kind::Pod)
        });
        let counted = play.steps[from..]
            .iter()
            .filter(|step| matches!(*step.reason, Reason::StatusCounted { .. }));
        assert_eq!(counted.count(), 1, "{policy}: exactly once");
        assert_eq!(status(&play, "observedGeneration"), 1, "{policy}");
    }
    let mut play = new("OrderedReady", 1);
    fail(&mut play, Verb::Create, Kind::Pod, 0);
    fail(&mut play, Verb::Update, Kind::StatefulSet, 0);
    play.run(60);
    assert!(all_failed(&play));
    let mut told = play.steps.iter().filter_map(|step| match &*step.reason {
        Reason::RetryAfterError { message, .. } => Some(message.as_str()),
        _ => None,
    });
    assert_eq!(
        told.next(),
        Some("Internal error occurred: Create Pod failed")
    );
    assert_eq!(counts(&play), "1/1/1");
}
