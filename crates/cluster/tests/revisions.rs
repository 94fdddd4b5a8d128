//! Revisions and their names: reference/statefulset-controller.md §3, and adoption: §2.

mod support;

use cluster::object::{ControllerRevision, Kind};
use cluster::{Config, LocalImages, PropagationPolicy, Reason};
use serde_json::json;
use support::{Play, stateful_set, template};

fn set_image(play: &mut Play, image: &str) {
    let template = template(image);
    play.patch(
        Kind::StatefulSet,
        "web",
        json!({"spec": {"template": template}}),
    );
}

/// `name number` of each revision, by number.
fn numbers(play: &Play) -> Vec<(i64, String)> {
    let revisions = play.cluster.store().list::<ControllerRevision>();
    let mut numbers: Vec<_> = revisions
        .map(|revision| (revision.revision, revision.metadata.name.clone()))
        .collect();
    numbers.sort();
    numbers
}

fn up() -> Play {
    let mut play = Play::new(Config {
        local_images: LocalImages::All,
        ..Config::default()
    });
    play.create(stateful_set(1));
    play.run(10);
    play
}

/// §3.8: the name is taken by something else: `collisionCount` goes up, and the name is another.
#[test]
fn a_taken_name_is_a_collision() {
    let name = numbers(&up())[0].1.clone();
    let mut play = Play::new(Config::default());
    play.create(
        json!({"apiVersion": "apps/v1", "kind": "ControllerRevision",
        "metadata": {"name": name}, "data": {"spec": {}}, "revision": 7}),
    );
    play.create(stateful_set(1));
    play.run(10);
    let status = play.get(Kind::StatefulSet, "web")["status"].clone();
    assert_eq!(status["collisionCount"], 1);
    assert_ne!(status["updateRevision"], name);
    assert_eq!(status["readyReplicas"], 1);
    assert_eq!(play.cluster.store().count::<ControllerRevision>(), 2);
}

/// §3.8: a revision of that name and contents is used, whoever made it.
#[test]
fn a_revision_of_the_same_contents_is_used() {
    let before = up();
    let revision = before.get(Kind::ControllerRevision, &numbers(&before)[0].1);
    let mut play = Play::new(Config::default());
    play.create(json!({"apiVersion": "apps/v1", "kind": "ControllerRevision",
        "metadata": {"name": revision["metadata"]["name"]}, "data": revision["data"], "revision": 1}));
    play.create(stateful_set(1));
    play.run(10);
    let status = play.get(Kind::StatefulSet, "web")["status"].clone();
    assert_eq!(status["collisionCount"], 0);
    assert_eq!(status["updateRevision"], revision["metadata"]["name"]);
    assert_eq!(play.cluster.store().count::<ControllerRevision>(), 1);
}

/// §3.7, surprise 26: going back makes no new revision; the old one gets the next number.
#[test]
fn surprise_26_going_back_renumbers_the_old_revision() {
    let mut play = up();
    let first = numbers(&play)[0].1.clone();
    set_image(&mut play, "demo-statefulset-node-image:2");
    play.run(20);
    let second = numbers(&play)[1].1.clone();
    set_image(&mut play, "demo-statefulset-node-image");
    play.run(20);
    assert_eq!(numbers(&play), [(2, second), (3, first)]);
}

/// Surprise 30: labels, replicas and partition make no revision.
#[test]
fn only_the_template_makes_revisions() {
    let mut play = up();
    let before = numbers(&play);
    play.scale(Kind::StatefulSet, "web", 2);
    play.patch(
        Kind::StatefulSet,
        "web",
        json!({"metadata": {"labels": {"a": "b"}},
            "spec": {"updateStrategy": {"rollingUpdate": {"partition": 1}}}}),
    );
    play.run(20);
    assert_eq!(numbers(&play), before);
}

/// §3.10: no more than the limit of revisions that nothing uses.
#[test]
fn old_revisions_are_truncated() {
    let mut play = up();
    play.patch(
        Kind::StatefulSet,
        "web",
        json!({"spec": {"revisionHistoryLimit": 1}}),
    );
    for number in 2..6 {
        set_image(&mut play, &format!("demo-statefulset-node-image:{number}"));
        play.run(20);
    }
    let left: Vec<i64> = numbers(&play)
        .into_iter()
        .map(|(number, _)| number)
        .collect();
    assert_eq!(left, [4, 5]);
}

/// §3.10: revisions that pods or the status still name are no history.
#[test]
fn revisions_in_use_are_kept() {
    let mut play = up();
    play.patch(
        Kind::StatefulSet,
        "web",
        json!({"spec": {"revisionHistoryLimit": 1}}),
    );
    set_image(&mut play, "demo-statefulset-node-image:bad");
    play.run(20);
    for number in 3..6 {
        set_image(&mut play, &format!("demo-statefulset-node-image:{number}"));
        play.run(20);
    }
    // The current one, that of the broken pod, one of history, and the newest.
    let left: Vec<i64> = numbers(&play)
        .into_iter()
        .map(|(number, _)| number)
        .collect();
    assert_eq!(left, [1, 2, 4, 5]);
}

/// §2: revisions are adopted before pods.
#[test]
fn revisions_are_adopted_before_pods() {
    let mut play = up();
    play.delete(Kind::StatefulSet, "web", PropagationPolicy::Orphan);
    play.run(10);
    let from = play.steps.len();
    play.create(stateful_set(1));
    play.run(10);
    let adopted: Vec<Kind> = play.steps[from..]
        .iter()
        .filter_map(|step| match &*step.reason {
            Reason::OrphanMatches { subject, .. } => Some(subject.kind),
            _ => None,
        })
        .collect();
    assert_eq!(adopted, [Kind::ControllerRevision, Kind::Pod]);
}
