//! The StatefulSet's own tests upstream, from outside: the table of
//! `stateful_set_control_test.go`. Each test carries the name of its row.

mod support;

use cluster::object::Kind;
use cluster::{Config, LocalImages, PropagationPolicy, Request};
use serde_json::{Value, json};
use support::{Play, stateful_set, stateful_set_with_claims, template, volume};

const POLICIES: [&str; 2] = ["OrderedReady", "Parallel"];
const OLD: &str = "demo-statefulset-node-image";
const NEW: &str = "demo-statefulset-node-image:2";

fn config() -> Config {
    Config {
        local_images: LocalImages::All,
        ..Config::default()
    }
}

/// A set that the fields of `spec` are merged into, and that had time to come up.
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

fn policy(name: &str) -> Value {
    json!({"podManagementPolicy": name})
}

fn set(play: &mut Play, spec: Value) {
    play.patch(Kind::StatefulSet, "web", json!({ "spec": spec }));
}

fn image(play: &mut Play, image: &str) {
    set(play, json!({"template": template(image)}));
}

fn delete_pod(play: &mut Play, pod: &str) {
    play.delete(Kind::Pod, pod, PropagationPolicy::Background);
}

/// `replicas/readyReplicas/updatedReplicas`.
fn counts(play: &Play) -> String {
    let status = play.get(Kind::StatefulSet, "web")["status"].clone();
    let count = |field: &str| status[field].as_i64().unwrap_or(0);
    let (ready, updated) = (count("readyReplicas"), count("updatedReplicas"));
    format!("{}/{ready}/{updated}", count("replicas"))
}

fn status(play: &Play, field: &str) -> Value {
    play.get(Kind::StatefulSet, "web")["status"][field].clone()
}

/// The image of each pod, in the order of the pods' names: `old`, `new`, or as it is.
fn images(play: &Play) -> String {
    let names = play.names(Kind::Pod);
    let images = names.iter().map(|name| {
        let pod = play.get(Kind::Pod, name);
        match pod["spec"]["containers"][0]["image"].as_str() {
            Some(OLD) => "old".to_owned(),
            Some(NEW) => "new".to_owned(),
            other => format!("{other:?}"),
        }
    });
    images.collect::<Vec<_>>().join(" ")
}

/// Numbers of all revisions, lowest first.
fn revisions(play: &Play) -> Vec<i64> {
    let names = play.names(Kind::ControllerRevision);
    let numbers = names.iter().map(|name| {
        let revision = play.get(Kind::ControllerRevision, name);
        revision["revision"].as_i64().unwrap_or_default()
    });
    let mut numbers: Vec<i64> = numbers.collect();
    numbers.sort_unstable();
    numbers
}

#[test]
fn creates_pods() {
    for name in POLICIES {
        let play = up(3, policy(name));
        assert_eq!(counts(&play), "3/3/3", "{name}");
        for ordinal in 0..3 {
            let pod = play.get(Kind::Pod, &format!("web-{ordinal}"));
            let index = &pod["metadata"]["labels"]["apps.kubernetes.io/pod-index"];
            assert_eq!(*index, ordinal.to_string());
        }
    }
}

#[test]
fn scales_up_and_down() {
    for name in POLICIES {
        let mut play = up(3, policy(name));
        play.scale(Kind::StatefulSet, "web", 4);
        play.run(60);
        assert_eq!(counts(&play), "4/4/4", "{name}");
        play.scale(Kind::StatefulSet, "web", 0);
        play.run(60);
        assert_eq!(counts(&play), "0/0/0", "{name}");
    }
}

#[test]
fn replaces_pods() {
    for name in POLICIES {
        let mut play = up(5, policy(name));
        let from = play.steps.len();
        ["web-0", "web-2", "web-4"]
            .iter()
            .for_each(|pod| delete_pod(&mut play, pod));
        play.run(60);
        assert_eq!(counts(&play), "5/5/5", "{name}");
        let lives = play.lives(Kind::Pod, from);
        let added: Vec<_> = lives
            .iter()
            .filter(|life| life.ends_with("added"))
            .collect();
        assert_eq!(
            added,
            ["web-0 added", "web-2 added", "web-4 added"],
            "{name}"
        );
    }
}

/// A claim that is deleted under a pending pod is made again at the next look.
#[test]
fn recreates_pvc_for_pending_pod() {
    for name in POLICIES {
        let mut set = stateful_set_with_claims(1, "Retain", "Retain");
        set["spec"]["podManagementPolicy"] = json!(name);
        let mut play = Play::new(config());
        play.create(set);
        play.run(30);
        let claim = |play: &Play| {
            let claim = play.get(Kind::PersistentVolumeClaim, "data-web-0");
            claim["metadata"]["uid"].clone()
        };
        let first = claim(&play);
        play.delete(
            Kind::PersistentVolumeClaim,
            "data-web-0",
            PropagationPolicy::Background,
        );
        play.run(1);
        // Any news of the pod or the set makes the controller look.
        let annotated = json!({"metadata": {"annotations": {"note": "look"}}});
        play.patch(Kind::StatefulSet, "web", annotated);
        play.run(30);
        assert!(claim(&play).is_string(), "{name}");
        assert_ne!(claim(&play), first, "{name}");
    }
}

#[test]
fn creates_pods_with_start_ordinal() {
    for name in POLICIES {
        let play = up(
            3,
            json!({"podManagementPolicy": name, "ordinals": {"start": 2}}),
        );
        assert_eq!(play.names(Kind::Pod), ["web-2", "web-3", "web-4"], "{name}");
        assert_eq!(counts(&play), "3/3/3", "{name}");
    }
}

#[test]
fn get_set_revisions() {
    let mut play = up(1, json!({}));
    assert_eq!(revisions(&play), [1], "initial");
    let first = status(&play, "currentRevision");
    assert_eq!(first, status(&play, "updateRevision"));
    set(
        &mut play,
        json!({"updateStrategy": {"rollingUpdate": {"partition": 1}}}),
    );
    image(&mut play, NEW);
    play.run(30);
    assert_eq!(revisions(&play), [1, 2], "creates on update");
    assert_eq!(status(&play, "currentRevision"), first);
    let second = status(&play, "updateRevision");
    assert_ne!(second, first);
    image(&mut play, NEW);
    play.run(30);
    assert_eq!(revisions(&play), [1, 2], "not recreated");
    image(&mut play, "demo-statefulset-node-image:3");
    play.run(30);
    assert_eq!(revisions(&play), [1, 2, 3]);
    image(&mut play, NEW);
    play.run(30);
    assert_eq!(revisions(&play), [1, 3, 4], "rollback");
    assert_eq!(status(&play, "updateRevision"), second);
}

/// Image alone, with a scale up, with a scale down.
#[test]
fn rolling_update() {
    for name in POLICIES {
        for (before, after) in [(3, 3), (3, 5), (5, 3)] {
            let mut play = up(before, policy(name));
            set(
                &mut play,
                json!({"template": template(NEW), "replicas": after}),
            );
            play.run(120);
            let expected = vec!["new"; after as usize].join(" ");
            assert_eq!(images(&play), expected, "{name} {before} {after}");
            assert_eq!(counts(&play), format!("{after}/{after}/{after}"));
            assert_eq!(
                status(&play, "currentRevision"),
                status(&play, "updateRevision")
            );
        }
    }
}

#[test]
fn on_delete_update() {
    for name in POLICIES {
        let check = |before: i32, after: i32, then: &str| {
            let mut play = up(
                before,
                json!({"podManagementPolicy": name, "updateStrategy": {"type": "OnDelete"}}),
            );
            set(
                &mut play,
                json!({"template": template(NEW), "replicas": after}),
            );
            play.run(120);
            assert_eq!(images(&play), then, "{name} {before} {after}");
            for ordinal in 0..before.min(after) {
                delete_pod(&mut play, &format!("web-{ordinal}"));
            }
            play.run(120);
            let expected = vec!["new"; after as usize].join(" ");
            assert_eq!(images(&play), expected, "{name} {before} {after}");
        };
        check(3, 3, "old old old");
        check(3, 5, "old old old new new");
        check(5, 3, "old old old");
    }
}

#[test]
fn rolling_update_with_partition() {
    for name in POLICIES {
        let check = |before: i32, after: i32, then: &str| {
            let mut play = up(
                before,
                json!({"podManagementPolicy": name, "updateStrategy":
                    {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}}),
            );
            set(
                &mut play,
                json!({"template": template(NEW), "replicas": after}),
            );
            play.run(120);
            assert_eq!(images(&play), then, "{name} {before} {after}");
        };
        check(3, 3, "old old new");
        check(3, 4, "old old new new");
        check(4, 3, "old old new");
        check(2, 2, "old old");
    }
}

/// 10 updates leave at most two revisions more than the limit says; a negative limit, all.
#[test]
fn control_limits_history() {
    let check = |limit: Option<i32>, expected: usize| {
        let spec = match limit {
            Some(limit) => json!({"revisionHistoryLimit": limit}),
            None => json!({}),
        };
        let mut play = up(1, spec);
        for number in 0..13 {
            image(&mut play, &format!("demo-statefulset-node-image:{number}"));
            play.run(20);
        }
        assert_eq!(revisions(&play).len(), expected, "{limit:?}");
    };
    check(Some(0), 1);
    check(Some(5), 6);
    check(None, 11);
    check(Some(-1), 14);
}

#[test]
fn rollback() {
    for name in POLICIES {
        for (before, after) in [(3, 3), (3, 5), (5, 3)] {
            let mut play = up(before, policy(name));
            let first = status(&play, "updateRevision");
            set(
                &mut play,
                json!({"template": template(NEW), "replicas": after}),
            );
            play.run(120);
            image(&mut play, OLD);
            play.run(120);
            let expected = vec!["old"; after as usize].join(" ");
            assert_eq!(images(&play), expected, "{name} {before} {after}");
            assert_eq!(status(&play, "updateRevision"), first);
            assert_eq!(revisions(&play), [2, 3]);
        }
    }
}

/// Ready for two hours counts as available after one hour, ready for half an hour doesn't.
#[test]
fn availability() {
    let mut play = up(1, json!({"minReadySeconds": 3600}));
    play.run(1_800);
    assert_eq!(status(&play, "readyReplicas"), 1);
    assert_eq!(status(&play, "availableReplicas"), 0);
    play.run(5_400);
    assert_eq!(status(&play, "availableReplicas"), 1);
}

#[test]
fn parallel_scale() {
    for (from, to) in [(3, 30), (10, 1), (501, 0), (0, 1000)] {
        let mut play = up(0, policy("Parallel"));
        // More pods than the nodes take exist all the same, and go.
        play.scale(Kind::StatefulSet, "web", from);
        play.run(60);
        assert_eq!(play.names(Kind::Pod).len(), from as usize);
        play.scale(Kind::StatefulSet, "web", to);
        play.run(60);
        assert_eq!(play.names(Kind::Pod).len(), to as usize, "{from} {to}");
    }
}

#[test]
fn rolling_update_respects_min_ready_seconds() {
    for name in POLICIES {
        let mut play = up(
            2,
            json!({"podManagementPolicy": name, "minReadySeconds": 30}),
        );
        play.run(60);
        assert_eq!(status(&play, "availableReplicas"), 2, "{name}");
        let from = play.steps.len();
        image(&mut play, NEW);
        play.run(25);
        let one = ["web-1 marked", "web-1 gone", "web-1 added"];
        assert_eq!(play.lives(Kind::Pod, from), one, "{name}");
        assert_eq!(status(&play, "readyReplicas"), 2);
        assert_eq!(status(&play, "availableReplicas"), 1);
        play.run(60);
        assert_eq!(images(&play), "new new", "{name}");
        assert_eq!(status(&play, "availableReplicas"), 2);
    }
}

#[test]
fn scale_down_respects_min_ready_seconds() {
    let mut play = up(3, json!({}));
    let from = play.steps.len();
    set(&mut play, json!({"minReadySeconds": 3600, "replicas": 1}));
    play.run(60);
    assert_eq!(play.lives(Kind::Pod, from), [""; 0]);
    play.run(3_700);
    assert_eq!(play.names(Kind::Pod), ["web-0"]);
}

#[test]
fn on_delete_strategy_ignores_min_ready_seconds() {
    let mut play = up(
        2,
        json!({"updateStrategy": {"type": "OnDelete"}, "minReadySeconds": 3600}),
    );
    let first = status(&play, "updateRevision");
    let from = play.steps.len();
    image(&mut play, NEW);
    play.run(60);
    assert_ne!(status(&play, "updateRevision"), first);
    assert!(
        !play
            .lives(Kind::Pod, from)
            .iter()
            .any(|l| l.ends_with("marked"))
    );
}

#[test]
fn zero_min_ready_seconds() {
    let play = up(2, json!({"minReadySeconds": 0}));
    assert_eq!(status(&play, "availableReplicas"), 2);
}

#[test]
fn partition_rolling_update_with_min_ready_seconds() {
    let mut play = up(
        4,
        json!({"podManagementPolicy": "Parallel", "minReadySeconds": 3600, "updateStrategy":
            {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}}),
    );
    let from = play.steps.len();
    set(&mut play, json!({"replicas": 4}));
    image(&mut play, NEW);
    play.run(600);
    // The highest goes at once, whatever its health; the next when the new one is available.
    let one = ["web-3 marked", "web-3 gone", "web-3 added"];
    assert_eq!(play.lives(Kind::Pod, from), one);
    play.run(7_300);
    assert_eq!(images(&play), "old old new new");
}

/// `TestStatefulSetControlBlocksScaling`.
#[test]
fn blocks_scaling() {
    let mut play = up(3, json!({}));
    let from = play.steps.len();
    delete_pod(&mut play, "web-0");
    play.scale(Kind::StatefulSet, "web", 5);
    play.run(60);
    let expected = [
        "web-0 marked",
        "web-0 gone",
        "web-0 added",
        "web-3 added",
        "web-4 added",
    ];
    assert_eq!(play.lives(Kind::Pod, from), expected);
}

/// `TestStatefulSetControlRespectsTermination`: what is on its way out beyond the range is left
/// alone until it is gone.
#[test]
fn respects_termination() {
    let mut play = up(5, json!({}));
    let from = play.steps.len();
    delete_pod(&mut play, "web-3");
    delete_pod(&mut play, "web-4");
    play.scale(Kind::StatefulSet, "web", 2);
    play.run(60);
    let lives = play.lives(Kind::Pod, from);
    let marked = lives.iter().position(|life| life == "web-2 marked");
    let gone = ["web-3 gone", "web-4 gone"];
    let last = gone
        .iter()
        .filter_map(|g| lives.iter().position(|l| l == g));
    assert!(marked > last.max(), "{lives:?}");
    assert_eq!(play.names(Kind::Pod), ["web-0", "web-1"]);
}

/// A pod out of the selector is let go; back in it, it is taken again.
#[test]
fn adopts_matching_orphans_and_releases_non_matching() {
    let mut play = up(1, json!({}));
    let owner = |play: &Play| {
        let pod = play.get(Kind::Pod, "web-0");
        pod["metadata"]["ownerReferences"][0]["name"].clone()
    };
    let label = |play: &mut Play, app: Value| {
        play.patch(
            Kind::Pod,
            "web-0",
            json!({"metadata": {"labels": {"app": app}}}),
        );
        play.run(10);
    };
    assert_eq!(owner(&play), "web");
    play.patch(
        Kind::Pod,
        "web-0",
        json!({"metadata": {"ownerReferences": null}}),
    );
    play.run(10);
    assert_eq!(owner(&play), "web", "re-adopted");
    label(&mut play, Value::Null);
    assert_eq!(owner(&play), Value::Null, "released");
    label(&mut play, json!("web"));
    assert_eq!(owner(&play), "web", "adopted");
}

/// A pod of another controller, or with a name that does not fit, is none of the set's.
#[test]
fn leaves_alone_what_does_not_fit() {
    let mut play = up(1, json!({}));
    let pod = |name: &str, owner: Value| {
        let mut pod = template(OLD);
        pod["apiVersion"] = json!("v1");
        pod["kind"] = json!("Pod");
        pod["metadata"]["name"] = json!(name);
        pod["metadata"]["ownerReferences"] = owner;
        pod
    };
    let other = json!([{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "other",
        "uid": "0", "controller": true}]);
    play.create(pod("web-x", Value::Null));
    play.create(pod("web", Value::Null));
    play.create(pod("web-7", other));
    play.run(20);
    assert_eq!(counts(&play), "1/1/1");
    let owners = &play.get(Kind::Pod, "web-x")["metadata"]["ownerReferences"];
    assert_eq!(*owners, Value::Null);
}

/// `TestUpdateStatefulPodIdentity…`: a pod whose name label was changed is put right.
#[test]
fn repairs_a_tampered_identity() {
    for name in POLICIES {
        let mut play = up(2, policy(name));
        let label = "statefulset.kubernetes.io/pod-name";
        let labels = json!({"metadata": {"labels": {label: "goo-0"}}});
        play.patch(Kind::Pod, "web-0", labels);
        play.run(10);
        let pod = play.get(Kind::Pod, "web-0");
        assert_eq!(pod["metadata"]["labels"][label], "web-0", "{name}");
    }
}

/// The claims carry the template's labels and the selector's; a volume of the same name in the
/// pod's template is replaced.
#[test]
fn claims_are_labelled_and_replace_volumes() {
    let mut set = stateful_set_with_claims(1, "Retain", "Retain");
    set["spec"]["volumeClaimTemplates"][0]["metadata"]["labels"] = json!({"tier": "data"});
    set["spec"]["template"]["spec"]["volumes"] = json!([{"name": "data", "emptyDir": {}}]);
    let mut play = Play::new(config());
    play.create(volume("pv-a"));
    play.create(set);
    play.run(30);
    let claim = play.get(Kind::PersistentVolumeClaim, "data-web-0");
    assert_eq!(
        claim["metadata"]["labels"],
        json!({"app": "web", "tier": "data"})
    );
    let volumes = &play.get(Kind::Pod, "web-0")["spec"]["volumes"];
    let claimed = volumes
        .as_array()
        .unwrap()
        .iter()
        .find(|v| v["name"] == "data");
    assert_eq!(
        claimed.unwrap()["persistentVolumeClaim"]["claimName"],
        "data-web-0"
    );
}

/// A set that is being deleted makes nothing.
#[test]
fn deletion_timestamp() {
    let mut play = Play::new(config());
    play.create(stateful_set(3));
    play.delete(Kind::StatefulSet, "web", PropagationPolicy::Foreground);
    play.run(30);
    assert_eq!(play.lives(Kind::Pod, 0), [""; 0]);
    let gone = Request::Delete {
        kind: Kind::StatefulSet,
        name: "web".to_owned(),
        options: Default::default(),
    };
    assert!(play.cluster.request(&gone).0.is_err());
}
