//! ReplicaSets as a whole: reference/replicaset-contrast.md, and what the recordings of scenario
//! 10 show.

mod support;

use cluster::object::{Event, Kind, Pod, ReplicaSet};
use cluster::{Config, Preference, PropagationPolicy, Reason};
use serde_json::{Value, json};
use support::{Play, replica_set, volume};

fn up(replicas: i32) -> Play {
    let mut play = Play::new(Config::default());
    play.create(replica_set(replicas));
    play.run(30);
    assert_eq!(play.living_pods().len(), replicas as usize);
    play
}

fn status(play: &Play) -> Value {
    play.get(Kind::ReplicaSet, "rs")["status"].clone()
}

fn messages(play: &Play, reason: &str) -> Vec<String> {
    let events = play.cluster.store().list::<Event>();
    events
        .filter(|event| {
            event.reason == reason && event.involved_object.kind.as_deref() == Some("ReplicaSet")
        })
        .map(|event| event.message.clone())
        .collect()
}

/// §1: five characters out of 27, never an ordinal.
#[test]
fn names_end_in_five_random_characters() {
    let play = up(5);
    for name in play.living_pods() {
        let suffix = name.strip_prefix("rs-").unwrap();
        assert_eq!(suffix.len(), 5);
        assert!(
            suffix
                .chars()
                .all(|c| "bcdfghjklmnpqrstvwxz2456789".contains(c))
        );
        let pod = play.get(Kind::Pod, &name);
        assert_eq!(pod["metadata"]["generateName"], "rs-");
        assert_eq!(pod["metadata"]["ownerReferences"][0]["kind"], "ReplicaSet");
        assert!(pod["spec"]["hostname"].is_null());
        assert!(messages(&play, "SuccessfulCreate").contains(&format!("Created pod: {name}")));
    }
    let expected = json!({"replicas": 5, "readyReplicas": 5, "availableReplicas": 5,
        "fullyLabeledReplicas": 5, "observedGeneration": 1, "terminatingReplicas": 0});
    assert_eq!(status(&play), expected);
}

/// §2.3: all at once, without waiting for readiness.
#[test]
fn pods_are_created_without_waiting() {
    let mut play = Play::new(Config::default());
    play.create(replica_set(5));
    play.run_until("fifth pod", |step| {
        matches!(
            *step.reason,
            Reason::TooFewReplicas {
                active: 4,
                replicas: 5,
                ..
            }
        )
    });
    assert!(play.cluster.now().0 < 100);
    assert!(play.cluster.store().list::<Pod>().all(|pod| !pod.ready()));
}

/// Surprise 10: the replacement is created as soon as the old pod is marked for deletion.
#[test]
fn surprise_10_a_pod_is_replaced_as_soon_as_it_is_marked() {
    let mut play = up(2);
    let from = play.steps.len();
    let victim = play.living_pods()[0].clone();
    play.delete(Kind::Pod, &victim, PropagationPolicy::Background);
    play.run(30);
    let lives = play.lives(Kind::Pod, from);
    assert_eq!(lives.len(), 3, "{lives:?}");
    assert_eq!(lives[0], format!("{victim} marked"));
    assert!(lives[1].ends_with("added"), "{lives:?}");
    assert_eq!(lives[2], format!("{victim} gone"));
}

/// §4: terminating pods are left out of `replicas`, unlike a StatefulSet's.
#[test]
fn terminating_pods_are_not_counted() {
    let mut play = up(3);
    play.scale(Kind::ReplicaSet, "rs", 1);
    play.run(1);
    assert_eq!(status(&play)["replicas"], 1);
    assert_eq!(status(&play)["terminatingReplicas"], 2);
    play.run(10);
    assert_eq!(status(&play)["terminatingReplicas"], 0);
}

/// §3, surprise 37: unready first.
#[test]
fn surprise_37_the_unready_pod_is_deleted_first() {
    let mut play = up(3);
    let unready = play.living_pods()[1].clone();
    play.ready(&unready, false);
    play.run(2);
    let from = play.steps.len();
    play.scale(Kind::ReplicaSet, "rs", 2);
    play.run(1);
    assert_eq!(play.lives(Kind::Pod, from), [format!("{unready} marked")]);
    assert!(play.steps[from..].iter().any(|step| matches!(
        *step.reason,
        Reason::TooManyReplicas {
            preference: Preference::NotReady,
            ..
        }
    )));
    assert_eq!(
        messages(&play, "SuccessfulDelete"),
        [format!("Deleted pod: {unready}")]
    );
}

/// §3, surprise 37: then the younger, whatever the nodes. The first two share a node, as two of the
/// three are cordoned; the third, alone on its own, goes: only the sets of a Deployment look at how
/// crowded nodes are.
#[test]
fn surprise_37_the_younger_pod_is_deleted_first() {
    let mut play = up(0);
    let cordon = |play: &mut Play, node: &str, off: bool| {
        play.patch(Kind::Node, node, json!({"spec": {"unschedulable": off}}));
    };
    cordon(&mut play, "node-2", true);
    cordon(&mut play, "node-3", true);
    play.scale(Kind::ReplicaSet, "rs", 2);
    play.run(60);
    let old = play.living_pods();
    cordon(&mut play, "node-1", true);
    cordon(&mut play, "node-2", false);
    play.scale(Kind::ReplicaSet, "rs", 3);
    play.run(30);
    assert_eq!(play.living_pods().len(), 3);
    play.scale(Kind::ReplicaSet, "rs", 2);
    play.run(30);
    assert_eq!(play.living_pods(), old);
}

/// §6: taking a label away releases the pod, and a new one is created at once.
#[test]
fn a_pod_without_the_label_is_released_and_replaced() {
    let mut play = up(2);
    let from = play.steps.len();
    let name = play.living_pods()[0].clone();
    play.patch(
        Kind::Pod,
        &name,
        json!({"metadata": {"labels": {"app": "quarantine"}}}),
    );
    play.run(10);
    assert!(play.get(Kind::Pod, &name)["metadata"]["ownerReferences"].is_null());
    assert_eq!(play.living_pods().len(), 3);
    assert_eq!(play.lives(Kind::Pod, from).len(), 1);
    assert_eq!(status(&play)["replicas"], 2);
}

/// §6: any matching orphan is adopted, whatever its name, and counts.
#[test]
fn a_matching_orphan_is_adopted_and_may_be_one_too_many() {
    let mut play = Play::new(Config::default());
    let mut pod = support::template("demo-statefulset-node-image");
    pod["apiVersion"] = json!("v1");
    pod["kind"] = json!("Pod");
    pod["metadata"]["name"] = json!("by-hand");
    play.create(pod);
    play.run(10);
    play.create(replica_set(2));
    play.run(10);
    assert_eq!(play.living_pods().len(), 2);
    let owner = play.get(Kind::Pod, "by-hand")["metadata"]["ownerReferences"][0].clone();
    assert_eq!(owner["name"], "rs");
    play.scale(Kind::ReplicaSet, "rs", 0);
    play.run(10);
    assert_eq!(play.names(Kind::Pod), [""; 0]);
}

/// §6, §2.5: orphans are adopted by a new set; a set that is being deleted makes no replacements.
#[test]
fn orphans_are_adopted_and_a_set_being_deleted_replaces_nothing() {
    let mut play = up(2);
    let pods = play.living_pods();
    play.delete(Kind::ReplicaSet, "rs", PropagationPolicy::Orphan);
    play.run(10);
    assert_eq!(play.living_pods(), pods);
    assert_eq!(play.cluster.store().count::<ReplicaSet>(), 0);
    play.create(replica_set(2));
    play.run(10);
    assert_eq!(play.living_pods(), pods, "adopted");
    play.delete(Kind::ReplicaSet, "rs", PropagationPolicy::Foreground);
    play.run(1);
    assert_eq!(play.cluster.store().count::<ReplicaSet>(), 1);
    assert_eq!(play.living_pods(), [""; 0], "no replacement");
    play.run(10);
    assert_eq!(play.cluster.store().count::<ReplicaSet>(), 0);
    assert_eq!(play.names(Kind::Pod), [""; 0]);
}

/// §5.1: all replicas share the claim that the template names, so wherever its pods are, they write
/// to one volume.
#[test]
fn all_pods_share_one_claim() {
    let mut play = Play::new(Config::default());
    play.create(volume("pv-a"));
    play.create(json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": "shared"}, "spec": {"accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Mi"}}}}));
    let mut set = replica_set(3);
    set["spec"]["template"]["spec"]["volumes"] =
        json!([{"name": "data", "persistentVolumeClaim": {"claimName": "shared"}}]);
    play.create(set);
    play.run(30);
    let pods: Vec<_> = play.cluster.store().list::<Pod>().cloned().collect();
    assert_eq!(pods.len(), 3);
    for pod in &pods {
        assert!(pod.ready());
        assert_eq!(pod.claim_names().collect::<Vec<_>>(), ["shared"]);
    }
    assert_eq!(play.names(Kind::PersistentVolumeClaim), ["shared"]);
}

/// §5.2: a claim for one pod alone keeps the others waiting, wherever they would run.
#[test]
fn a_claim_for_one_pod_keeps_the_others_pending() {
    let mut play = Play::new(Config::default());
    let mut pv = volume("pv-a");
    pv["spec"]["accessModes"] = json!(["ReadWriteOncePod"]);
    play.create(pv);
    play.create(json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": {"name": "shared"}, "spec": {"accessModes": ["ReadWriteOncePod"],
        "resources": {"requests": {"storage": "1Mi"}}}}));
    let mut set = replica_set(2);
    set["spec"]["template"]["spec"]["volumes"] =
        json!([{"name": "data", "persistentVolumeClaim": {"claimName": "shared"}}]);
    play.create(set);
    play.run(30);
    let of_phase = |play: &Play, phase: &str| -> Vec<String> {
        let pods = play.cluster.store().list::<Pod>();
        let pods = pods.filter(|pod| pod.status.phase == phase);
        pods.map(|pod| pod.metadata.name.clone()).collect()
    };
    let (running, pending) = (of_phase(&play, "Running"), of_phase(&play, "Pending"));
    assert_eq!((running.len(), pending.len()), (1, 1));
    let told = &play.get(Kind::Pod, &pending[0])["status"]["conditions"][0]["message"];
    let expected = "3 node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod";
    assert!(told.as_str().unwrap().contains(expected), "{told}");
    play.delete(Kind::Pod, &running[0], PropagationPolicy::Background);
    play.run(30);
    let next = of_phase(&play, "Running");
    assert_eq!(next.len(), 1);
    assert_ne!(next, running);
}

/// Surprise 37: a ReplicaSet replaces the pod of a cut node as soon as it is marked, so two may run.
#[test]
fn surprise_37_a_pod_on_a_cut_node_is_replaced_while_it_still_runs() {
    let mut play = up(1);
    let old = play.living_pods()[0].clone();
    let node = play.get(Kind::Pod, &old)["spec"]["nodeName"].clone();
    let step = play.cluster.partition(node.as_str().unwrap());
    play.steps.extend(step);
    play.run(400);
    assert_eq!(play.names(Kind::Pod).len(), 2);
    let new = play.living_pods();
    assert_eq!(new.len(), 1);
    assert_ne!(new[0], old);
    assert!(play.cluster.store().get::<Pod>(&new[0]).unwrap().ready());
    let running = play
        .cluster
        .processes()
        .filter(|(_, process)| process.running());
    assert_eq!(running.count(), 2);
}

/// §1.1: the base of a long name is cut, so that pods fit into 63 characters.
#[test]
fn long_names_are_cut() {
    let mut play = Play::new(Config::default());
    let mut set = replica_set(2);
    set["metadata"]["name"] = json!("x".repeat(70));
    play.create(set);
    play.run(10);
    let names = play.living_pods();
    assert_eq!(names.len(), 2);
    assert!(names.iter().all(|name| name.len() == 63));
}

/// §4: ready is not yet available while `minReadySeconds` run.
#[test]
fn min_ready_seconds_delay_availability() {
    let mut play = Play::new(Config::default());
    let mut set = replica_set(1);
    set["spec"]["minReadySeconds"] = json!(20);
    play.create(set);
    play.run(10);
    assert_eq!(status(&play)["readyReplicas"], 1);
    assert!(status(&play)["availableReplicas"].is_null());
    play.run(20);
    assert_eq!(status(&play)["availableReplicas"], 1);
}
