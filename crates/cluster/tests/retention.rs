//! persistentVolumeClaimRetentionPolicy as a whole: reference/statefulset-controller.md §5.1.

mod support;

use cluster::object::{Event, Kind, PersistentVolumeClaim};
use cluster::{Config, PropagationPolicy};
use serde_json::json;
use support::{Play, stateful_set_with_claims, volume};

fn up(replicas: i32, when_scaled: &str, when_deleted: &str) -> Play {
    let mut play = Play::new(Config::default());
    for name in ["pv-a", "pv-b", "pv-c", "pv-d", "pv-e"] {
        play.create(volume(name));
    }
    play.create(stateful_set_with_claims(
        replicas,
        when_scaled,
        when_deleted,
    ));
    play.run(60);
    assert_eq!(play.living_pods().len(), replicas as usize);
    play
}

/// `claim: Kind/owner`, for every claim.
fn owners(play: &Play) -> Vec<String> {
    let claims = play.cluster.store().list::<PersistentVolumeClaim>();
    claims
        .map(|claim| {
            let owners = claim.metadata.owner_references.iter();
            let owners: Vec<String> = owners
                .map(|owner| format!(" {}/{}", owner.kind, owner.name))
                .collect();
            format!("{}:{}", claim.metadata.name, owners.concat())
        })
        .collect()
}

#[test]
fn claims_are_owned_as_the_policy_says() {
    let check = |when_scaled, when_deleted, expected: [&str; 2]| {
        let found = owners(&up(2, when_scaled, when_deleted));
        assert_eq!(found, expected, "{when_scaled}/{when_deleted}");
    };
    check("Retain", "Retain", ["data-web-0:", "data-web-1:"]);
    check("Delete", "Retain", ["data-web-0:", "data-web-1:"]);
    let by_set = ["data-web-0: StatefulSet/web", "data-web-1: StatefulSet/web"];
    check("Retain", "Delete", by_set);
    check("Delete", "Delete", by_set);
}

/// What is left of three claims after scaling to one and after deleting the set.
#[test]
fn claims_go_as_the_policy_says() {
    let check = |when_scaled, when_deleted, scaled: &[&str], deleted: &[&str]| {
        let mut play = up(3, when_scaled, when_deleted);
        play.scale(Kind::StatefulSet, "web", 1);
        play.run(60);
        let claims = Kind::PersistentVolumeClaim;
        assert_eq!(play.names(claims), scaled, "{when_scaled}/{when_deleted}");
        play.delete(Kind::StatefulSet, "web", PropagationPolicy::Background);
        play.run(60);
        assert_eq!(play.names(claims), deleted, "{when_scaled}/{when_deleted}");
    };
    let all = ["data-web-0", "data-web-1", "data-web-2"];
    check("Retain", "Retain", &all, &all);
    check("Delete", "Retain", &all[..1], &all[..1]);
    check("Retain", "Delete", &all, &[]);
    check("Delete", "Delete", &all[..1], &[]);
}

/// Rule 2: a changed policy is stamped on existing claims, told as an update of the pod.
#[test]
fn a_changed_policy_is_stamped_on_the_claims() {
    let mut play = up(2, "Retain", "Retain");
    let policy = json!({"whenScaled": "Retain", "whenDeleted": "Delete"});
    play.patch(
        Kind::StatefulSet,
        "web",
        json!({"spec": {"persistentVolumeClaimRetentionPolicy": policy}}),
    );
    play.run(5);
    assert!(owners(&play).iter().all(|o| o.ends_with("StatefulSet/web")));
    let told = |name: &str| {
        let message = format!("Update Pod {name} in StatefulSet web successful");
        let mut events = play.cluster.store().list::<Event>();
        events.any(|event| event.message == message && event.reason == "SuccessfulUpdate")
    };
    assert!(told("web-0") && told("web-1"));
}

/// Rule 3: a pod whose old claim is still to go with its predecessor waits, and gets an empty one.
#[test]
fn stale_claim_blocks_creation() {
    let mut play = up(3, "Delete", "Retain");
    let old = play.get(Kind::PersistentVolumeClaim, "data-web-2")["metadata"]["uid"].clone();
    play.scale(Kind::StatefulSet, "web", 2);
    play.run(1);
    play.scale(Kind::StatefulSet, "web", 3);
    play.run(60);
    let new = play.get(Kind::PersistentVolumeClaim, "data-web-2")["metadata"]["uid"].clone();
    assert!(new.is_string() && new != old);
    assert_eq!(play.living_pods(), ["web-0", "web-1", "web-2"]);
}

/// Rule 4: a claim that something else manages keeps its owner, and the set complains.
#[test]
fn e2e_pvc_owned_by_another_controller() {
    let mut play = Play::new(Config::default());
    play.create(volume("pv-a"));
    play.create(
        json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {
        "name": "data-web-0", "ownerReferences": [{"apiVersion": "example.com/v1", "kind": "Widget",
            "name": "boss", "uid": "1", "controller": true}]},
        "spec": {"resources": {"requests": {"storage": "1Mi"}}, "accessModes": ["ReadWriteOnce"]}}),
    );
    play.create(stateful_set_with_claims(1, "Retain", "Delete"));
    play.run(30);
    assert_eq!(owners(&play), ["data-web-0: Widget/boss"]);
    let told = play.cluster.store().list::<Event>().any(|event| {
        event.reason == "ConflictingController"
            && event.r#type == "Warning"
            && event
                .message
                .starts_with("PersistentVolumeClaim data-web-0 has a conflicting")
    });
    assert!(told);
    play.delete(Kind::StatefulSet, "web", PropagationPolicy::Background);
    play.run(30);
    assert_eq!(play.names(Kind::Pod), [""; 0]);
    assert_eq!(play.names(Kind::PersistentVolumeClaim), ["data-web-0"]);
}

/// Rule 5: orphaning takes the owner from the claims, so they stay.
#[test]
fn orphaning_keeps_the_claims() {
    let mut play = up(2, "Retain", "Delete");
    play.delete(Kind::StatefulSet, "web", PropagationPolicy::Orphan);
    play.run(10);
    assert_eq!(owners(&play), ["data-web-0:", "data-web-1:"]);
}

/// Rule 7: deleting a pod by hand, or an update, never deletes a claim.
#[test]
fn claims_survive_their_pods() {
    let mut play = up(2, "Delete", "Delete");
    let uid = |play: &Play| {
        play.get(Kind::PersistentVolumeClaim, "data-web-1")["metadata"]["uid"].clone()
    };
    let before = uid(&play);
    play.delete(Kind::Pod, "web-1", PropagationPolicy::Background);
    play.run(30);
    let template = support::template("demo-statefulset-node-image:2");
    play.patch(
        Kind::StatefulSet,
        "web",
        json!({"spec": {"template": template}}),
    );
    play.run(60);
    assert_eq!(uid(&play), before);
}

const CLAIMS: Kind = Kind::PersistentVolumeClaim;

#[test]
fn e2e_pvc_when_deleted() {
    let mut play = up(3, "Retain", "Delete");
    play.delete(Kind::StatefulSet, "web", PropagationPolicy::Background);
    play.run(30);
    assert_eq!(play.names(CLAIMS), [""; 0]);
}

#[test]
fn e2e_pvc_on_scaledown() {
    let mut play = up(3, "Delete", "Retain");
    play.scale(Kind::StatefulSet, "web", 1);
    play.run(30);
    assert_eq!(play.names(CLAIMS), ["data-web-0"]);
}

/// Pods that a new set of the same name adopts bring their claims along.
#[test]
fn e2e_pvc_after_adopting_pod() {
    let adopted = |when_scaled: &str, when_deleted: &str| {
        let mut play = up(3, "Retain", "Retain");
        play.delete(Kind::StatefulSet, "web", PropagationPolicy::Orphan);
        play.run(10);
        let from = play.steps.len();
        play.create(stateful_set_with_claims(3, when_scaled, when_deleted));
        play.run(20);
        assert_eq!(
            play.lives(Kind::Pod, from),
            [""; 0],
            "adopted, not made again"
        );
        play
    };
    let mut play = adopted("Retain", "Delete");
    assert!(owners(&play).iter().all(|o| o.ends_with("StatefulSet/web")));
    play.delete(Kind::StatefulSet, "web", PropagationPolicy::Background);
    play.run(30);
    assert_eq!(play.names(CLAIMS), [""; 0], "when deleted");
    let mut play = adopted("Delete", "Retain");
    play.scale(Kind::StatefulSet, "web", 2);
    play.run(30);
    let left = ["data-web-0", "data-web-1"];
    assert_eq!(play.names(CLAIMS), left, "when scaled");
}

/// Another's reference, and one to a set of the same name that is no more, are left alone; a
/// reference to this set that lacks the mark of a controller gets it.
#[test]
fn e2e_pvc_not_deleted_when_another_controller_owns_it() {
    let mut play = up(3, "Delete", "Delete");
    let uid = play.get(Kind::StatefulSet, "web")["metadata"]["uid"].clone();
    let own = |play: &mut Play, claim: &str, owner: serde_json::Value| {
        play.patch(
            CLAIMS,
            claim,
            json!({"metadata": {"ownerReferences": [owner]}}),
        );
    };
    let other = json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "other",
        "uid": "1", "controller": true});
    own(&mut play, "data-web-0", other.clone());
    let plain = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "web", "uid": uid});
    own(&mut play, "data-web-1", plain);
    let annotated = json!({"metadata": {"annotations": {"note": "look"}}});
    play.patch(Kind::StatefulSet, "web", annotated);
    play.run(1);
    let first = |play: &Play, claim: &str| {
        play.get(CLAIMS, claim)["metadata"]["ownerReferences"][0].clone()
    };
    assert_eq!(first(&play, "data-web-0")["uid"], "1");
    let repaired = first(&play, "data-web-1");
    assert_eq!(repaired["controller"], true);
    assert_eq!(repaired["uid"], uid);
}
