//! The StatefulSet's own tests upstream, from outside: the table of
//! `stateful_set_control_test.go`. Each test carries the name of its row.

mod support;

use cluster::object::Kind;
use cluster::{Config, LocalImages, PropagationPolicy, Request};
use serde_json::{Value, json};
use support::{Play, stateful_set, stateful_set_with_claims, template, volume};

/// `podManagementPolicy`, then what becomes of claims when the set is scaled, and when it is
/// deleted.
const POLICIES: [&str; 8] = [
    "OrderedReady/Retain/Retain",
    "OrderedReady/Retain/Delete",
    "OrderedReady/Delete/Retain",
    "OrderedReady/Delete/Delete",
    "Parallel/Retain/Retain",
    "Parallel/Retain/Delete",
    "Parallel/Delete/Retain",
    "Parallel/Delete/Delete",
];
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
    // Claims get volumes of their own.
    play.create(
        json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata":
        {"name": "disks", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        "provisioner": "example.com/disks"}),
    );
    play.create(set);
    play.run(60);
    play
}

/// The fields of a policy; with policies for claims, a template for claims.
fn policy(name: &str) -> Value {
    policy_and(name, json!({}))
}

/// A policy, and other fields of the spec.
fn policy_and(name: &str, mut spec: Value) -> Value {
    let parts: Vec<&str> = name.split('/').collect();
    spec["podManagementPolicy"] = json!(parts[0]);
    if let [_, scaled, deleted] = parts[..] {
        let with_claims = stateful_set_with_claims(0, scaled, deleted)["spec"].clone();
        for field in [
            "volumeClaimTemplates",
            "persistentVolumeClaimRetentionPolicy",
        ] {
            spec[field] = with_claims[field].clone();
        }
    }
    spec
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
fn scales_up() {
    for name in POLICIES {
        let mut play = up(3, policy(name));
        play.scale(Kind::StatefulSet, "web", 4);
        play.run(60);
        assert_eq!(counts(&play), "4/4/4", "{name}");
    }
}

#[test]
fn scales_down() {
    for name in POLICIES {
        let mut play = up(3, policy(name));
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
        let mut set = stateful_set(1);
        for (field, value) in policy(name).as_object().into_iter().flatten() {
            set["spec"][field] = value.clone();
        }
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
        let play = up(3, policy_and(name, json!({"ordinals": {"start": 2}})));
        assert_eq!(play.names(Kind::Pod), ["web-2", "web-3", "web-4"], "{name}");
        assert_eq!(counts(&play), "3/3/3", "{name}");
    }
}

/// A set whose pods keep their first template, given these images one after another.
fn revised(images: &[&str]) -> Play {
    let mut play = up(1, json!({}));
    let held = json!({"rollingUpdate": {"partition": 1}});
    set(&mut play, json!({ "updateStrategy": held }));
    for wanted in images {
        image(&mut play, wanted);
        play.run(30);
    }
    play
}

#[test]
fn get_set_revisions_initial() {
    let play = revised(&[]);
    assert_eq!(revisions(&play), [1]);
    assert_eq!(
        status(&play, "currentRevision"),
        status(&play, "updateRevision")
    );
}

#[test]
fn get_set_revisions_creates_on_update() {
    let first = status(&revised(&[]), "currentRevision");
    let play = revised(&[NEW]);
    assert_eq!(revisions(&play), [1, 2]);
    assert_eq!(status(&play, "currentRevision"), first);
    assert_ne!(status(&play, "updateRevision"), first);
}

#[test]
fn get_set_revisions_not_recreated() {
    assert_eq!(revisions(&revised(&[NEW, NEW])), [1, 2]);
}

#[test]
fn get_set_revisions_rollback() {
    let third = "demo-statefulset-node-image:3";
    assert_eq!(revisions(&revised(&[NEW, third])), [1, 2, 3]);
    let second = status(&revised(&[NEW]), "updateRevision");
    let play = revised(&[NEW, third, NEW]);
    assert_eq!(revisions(&play), [1, 3, 4]);
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
                policy_and(name, json!({"updateStrategy": {"type": "OnDelete"}})),
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
                policy_and(
                    name,
                    json!({"updateStrategy":
                    {"type": "RollingUpdate", "rollingUpdate": {"partition": 2}}}),
                ),
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
        let mut play = up(2, policy_and(name, json!({"minReadySeconds": 30})));
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

/// A pod that is over is taken away once, and made again.
fn recreates(phase: &str) {
    for name in POLICIES {
        let mut play = up(3, policy(name));
        let from = play.steps.len();
        play.patch_status(Kind::Pod, "web-0", json!({ "phase": phase }));
        play.run(60);
        let lives = play.lives(Kind::Pod, from);
        assert_eq!(lives, ["web-0 gone", "web-0 added"], "{name}");
        assert_eq!(counts(&play), "3/3/3", "{name}");
        assert_eq!(images(&play), "old old old");
    }
}

#[test]
fn recreates_failed_pod() {
    recreates("Failed");
}

#[test]
fn recreates_succeeded_pod() {
    recreates("Succeeded");
}

/// Six pods, three of them below the partition, two to be unavailable at most.
fn up_with_gate(policy: &str, spec: Value) -> Play {
    let mut set = stateful_set(6);
    set["spec"]["podManagementPolicy"] = json!(policy);
    set["spec"]["updateStrategy"] = json!({"type": "RollingUpdate", "rollingUpdate": spec});
    let mut play = Play::new(Config {
        max_unavailable_stateful_set: true,
        ..config()
    });
    play.create(set);
    play.run(60);
    play
}

/// Names of the pods that were marked for deletion.
fn marked(play: &Play, from: usize) -> Vec<String> {
    let lives = play.lives(Kind::Pod, from).into_iter();
    let marked = lives.filter_map(|life| life.strip_suffix(" marked").map(str::to_owned));
    marked.collect()
}

#[test]
fn rolling_update_with_max_unavailable() {
    for policy in ["OrderedReady", "Parallel"] {
        let mut play = up_with_gate(policy, json!({"partition": 3, "maxUnavailable": 2}));
        let from = play.steps.len();
        image(&mut play, NEW);
        play.run(1);
        assert_eq!(marked(&play, from), ["web-5", "web-4"], "{policy}");
        for pod in ["web-4", "web-5"] {
            play.ready(pod, false);
        }
        play.run(20);
        let made: Vec<String> = play.lives(Kind::Pod, from);
        let made = made.iter().filter(|life| life.ends_with("added")).count();
        assert_eq!(made, if policy == "Parallel" { 2 } else { 1 }, "{policy}");
        assert_eq!(marked(&play, from).len(), 2, "{policy}: nothing more");
        play.ready("web-4", true);
        play.run(5);
        let third = policy == "Parallel";
        assert_eq!(
            marked(&play, from).contains(&"web-3".to_owned()),
            third,
            "{policy}"
        );
        play.ready("web-5", true);
        play.run(60);
        assert_eq!(images(&play), "old old old new new new", "{policy}");
        assert_eq!(marked(&play, from), ["web-5", "web-4", "web-3"], "{policy}");
    }
}

/// So many go at once as may be unavailable, less those that are, wherever they are.
#[test]
fn rolling_update_with_max_unavailable_in_ordered_mode_verify_invariant() {
    let check = |policy: &str, most: i32, unready: &[&str], expected: usize| {
        let mut play = up_with_gate(policy, json!({"partition": 3, "maxUnavailable": most}));
        unready.iter().for_each(|pod| play.ready(pod, false));
        play.run(5);
        let from = play.steps.len();
        image(&mut play, NEW);
        play.run(1);
        assert_eq!(
            marked(&play, from).len(),
            expected,
            "{policy} {most} {unready:?}"
        );
    };
    check("OrderedReady", 1, &[], 1);
    check("OrderedReady", 2, &[], 2);
    check("OrderedReady", 9, &[], 3);
    // All replicas are looked at before the update, so that one stops it.
    check("OrderedReady", 2, &["web-0"], 0);
    check("Parallel", 2, &["web-0"], 1);
    check("Parallel", 2, &["web-0", "web-5"], 0);
    check("Parallel", 1, &["web-2"], 0);
    check("Parallel", 3, &["web-2"], 2);
}

/// What the metrics count: how many may be unavailable, and how many are.
#[test]
fn stateful_set_metrics() {
    let check = |strategy: Value, replicas: i32, expected: i32| {
        let mut play = up_with_gate("Parallel", json!({}));
        set(
            &mut play,
            json!({"replicas": replicas, "updateStrategy": strategy}),
        );
        let stored = play
            .cluster
            .store()
            .get::<cluster::object::StatefulSet>("web");
        let stored = stored.expect("it is there");
        assert_eq!(stored.max_unavailable(), expected, "{strategy}");
    };
    let rolling = |most: Value| json!({"rollingUpdate": {"maxUnavailable": most}});
    check(rolling(Value::Null), 6, 1);
    check(rolling(json!(4)), 6, 4);
    check(rolling(json!("50%")), 5, 2);
    check(rolling(json!("10%")), 5, 1);
    check(rolling(json!("100%")), 5, 5);
    check(json!({"type": "OnDelete", "rollingUpdate": null}), 6, 1);
    let mut play = up(3, json!({}));
    play.ready("web-1", false);
    play.run(5);
    let count = |field| status(&play, field).as_i64().unwrap_or(0);
    assert_eq!(count("replicas") - count("availableReplicas"), 1);
}

/// What is no number of pods is refused.
#[test]
fn max_unavailable_is_checked() {
    let check = |most: Value, why: &str| {
        let mut set = stateful_set(1);
        set["spec"]["updateStrategy"] =
            json!({"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": most}});
        let mut play = Play::new(Config {
            max_unavailable_stateful_set: true,
            ..config()
        });
        let options = Default::default();
        let request = Request::Create {
            object: set,
            options,
        };
        let refused = play.cluster.request(&request).0.map(drop).unwrap_err();
        assert!(refused.to_string().ends_with(why), "{refused}");
    };
    check(json!(0), "Invalid value: 0: cannot be 0");
    check(json!("0%"), "Invalid value: \"0%\": cannot be 0");
    check(
        json!(-1),
        "Invalid value: -1: must be greater than or equal to 0",
    );
    check(
        json!("101%"),
        "Invalid value: \"101%\": must not be greater than 100%",
    );
    check(json!("x"), "regex used for validation is '[0-9]+%')");
}

/// `TestStatefulSetControl…Race`: a set that is being deleted adopts neither pods nor revisions.
#[test]
fn deletion_timestamp_race() {
    let mut play = up(1, json!({}));
    let revision = play.names(Kind::ControllerRevision)[0].clone();
    let disown = json!({"metadata": {"ownerReferences": null}});
    play.delete(Kind::StatefulSet, "web", PropagationPolicy::Foreground);
    play.patch(Kind::Pod, "web-0", disown.clone());
    play.patch(Kind::ControllerRevision, &revision, disown);
    play.run(30);
    for (kind, name) in [(Kind::Pod, "web-0"), (Kind::ControllerRevision, &*revision)] {
        let owners = &play.get(kind, name)["metadata"]["ownerReferences"];
        assert_eq!(*owners, Value::Null, "{name}");
    }
    assert_eq!(play.names(Kind::StatefulSet), [""; 0]);
}

/// Reason and message of all events about the set.
fn events(play: &Play) -> Vec<String> {
    let events = play.cluster.store().list_objects(Kind::Event);
    let mut events: Vec<Value> = events.iter().map(|event| event.to_value()).collect();
    events.retain(|event| event["involvedObject"]["kind"] == "StatefulSet");
    let told = events.iter();
    told.map(|event| format!("{} {}", event["reason"], event["message"]))
        .collect()
}

/// A claim that somebody made by hand.
fn claim(metadata: Value) -> Value {
    let set = stateful_set_with_claims(0, "Retain", "Retain");
    let spec = &set["spec"]["volumeClaimTemplates"][0]["spec"];
    json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": metadata, "spec": spec})
}

fn pods(play: &Play) -> Vec<String> {
    play.names(Kind::Pod)
}

/// A claim of an earlier pod that lingers holds its ordinal up, silently, until it is gone.
#[test]
fn stale_owner_ref_on_scaleup() {
    for management in ["OrderedReady", "Parallel"] {
        let mut play = up(2, policy(&format!("{management}/Delete/Retain")));
        play.create(claim(
            json!({"name": "data-web-2", "finalizers": ["example.com/keep"],
            "ownerReferences": [{"apiVersion": "v1", "kind": "Pod", "name": "web-2", "uid": "0",
                "controller": true}]}),
        ));
        play.scale(Kind::StatefulSet, "web", 3);
        play.run(60);
        assert_eq!(pods(&play), ["web-0", "web-1"], "{management}");
        assert!(!events(&play).iter().any(|event| event.contains("Failed")));
        let freed = json!({"metadata": {"finalizers": null}});
        play.patch(Kind::PersistentVolumeClaim, "data-web-2", freed);
        play.run(60);
        assert_eq!(pods(&play), ["web-0", "web-1", "web-2"], "{management}");
    }
}

/// A pod of a set that had the same name is none of this one's.
#[test]
fn set_with_another_uid() {
    let mut play = Play::new(config());
    let mut pod = template(OLD);
    pod["apiVersion"] = json!("v1");
    pod["kind"] = json!("Pod");
    pod["metadata"]["name"] = json!("web-0");
    pod["metadata"]["ownerReferences"] = json!([{"apiVersion": "apps/v1", "kind": "StatefulSet",
        "name": "web", "uid": "0", "controller": true}]);
    play.create(pod);
    let uid = |play: &Play| play.get(Kind::Pod, "web-0")["metadata"]["uid"].clone();
    let before = uid(&play);
    play.create(stateful_set(1));
    play.run(60);
    let owner = &play.get(Kind::Pod, "web-0")["metadata"]["ownerReferences"][0]["uid"];
    assert!(uid(&play) != before || *owner == "0", "it was adopted");
}

/// A name that is taken is tried again and makes no event.
#[test]
fn create_sinks_already_exists() {
    let mut play = Play::new(config());
    let mut pod = template(OLD);
    pod["apiVersion"] = json!("v1");
    pod["kind"] = json!("Pod");
    pod["metadata"] = json!({"name": "web-0"});
    play.create(pod);
    play.create(stateful_set(1));
    play.run(30);
    let retried =
        |step: &&cluster::Step| matches!(*step.reason, cluster::Reason::RetryAfterError { .. });
    assert!(play.steps.iter().any(|step| retried(&step)));
    assert_eq!(events(&play), [""; 0]);
}

#[test]
fn existing_claim_makes_no_event() {
    let mut play = up(0, policy("OrderedReady/Retain/Retain"));
    play.create(claim(json!({"name": "data-web-0"})));
    play.scale(Kind::StatefulSet, "web", 1);
    play.run(30);
    assert_eq!(counts(&play), "1/1/1");
    assert!(!events(&play).iter().any(|event| event.contains("Claim")));
}

#[test]
fn claim_terminating_fails_creation() {
    let mut play = up(0, policy("OrderedReady/Retain/Retain"));
    play.create(claim(
        json!({"name": "data-web-0", "finalizers": ["example.com/keep"]}),
    ));
    play.delete(
        Kind::PersistentVolumeClaim,
        "data-web-0",
        PropagationPolicy::Background,
    );
    play.scale(Kind::StatefulSet, "web", 1);
    play.run(30);
    assert_eq!(pods(&play), [""; 0]);
    let told = events(&play);
    assert!(
        told.iter()
            .any(|event| event.contains("pvc data-web-0 is being deleted")),
        "{told:?}"
    );
}

/// The pod goes between the decision to delete it and the deletion.
#[test]
fn deleting_a_missing_pod_is_success() {
    let mut play = up(2, policy("Parallel"));
    play.scale(Kind::StatefulSet, "web", 0);
    let condemned = |step: &cluster::Step| {
        matches!(
            *step.reason,
            cluster::Reason::HighestOrdinalCondemned { .. }
        )
    };
    play.run_until("deletion", condemned);
    let options = cluster::DeleteOptions {
        grace_period_seconds: Some(0),
        ..Default::default()
    };
    let (kind, name) = (Kind::Pod, "web-0".to_owned());
    play.request(&Request::Delete {
        kind,
        name,
        options,
    });
    play.run(30);
    let told = events(&play);
    let deleted = |pod: &str| {
        told.iter()
            .any(|e| e.contains(&format!("Delete Pod {pod} in")))
    };
    assert!(deleted("web-0") && deleted("web-1"), "{told:?}");
    assert!(!told.iter().any(|event| event.contains("Failed")));
    assert_eq!(counts(&play), "0/0/0");
}

#[test]
fn up_to_date_pod_is_not_written() {
    let mut play = up(2, policy("OrderedReady/Retain/Delete"));
    let from = play.steps.len();
    let annotated = json!({"metadata": {"annotations": {"note": "look"}}});
    play.patch(Kind::StatefulSet, "web", annotated);
    play.run(30);
    let written = play.steps[from..]
        .iter()
        .filter(|step| step.change.is_some());
    assert_eq!(written.count(), 1, "the annotation alone");
}
