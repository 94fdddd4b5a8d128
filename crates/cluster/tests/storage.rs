//! Volumes and claims, from outside: reference/storage.md.

mod support;

use cluster::object::Kind;
use cluster::{Config, PropagationPolicy};
use serde_json::{Value, json};
use support::{Play, stateful_set_with_claims, volume};

fn recyclable(name: &str) -> Value {
    let mut volume = volume(name);
    volume["spec"]["persistentVolumeReclaimPolicy"] = json!("Recycle");
    volume
}

/// A set of one pod on one volume, scaled to nothing, its claim deleted.
fn released(volume: Value) -> Play {
    let mut play = Play::new(Config::default());
    play.create(volume);
    play.create(stateful_set_with_claims(1, "Retain", "Retain"));
    play.run(30);
    play.scale(Kind::StatefulSet, "web", 0);
    play.run(30);
    play.delete(
        Kind::PersistentVolumeClaim,
        "data-web-0",
        PropagationPolicy::Background,
    );
    play.run(30);
    play
}

fn phase(play: &Play, volume: &str) -> Value {
    play.get(Kind::PersistentVolume, volume)["status"]["phase"].clone()
}

/// §6, surprise 17: Released, a pod that empties the volume, Available, and claimed again.
#[test]
fn a_recycled_volume_serves_again() {
    let mut play = released(recyclable("pv-a"));
    let recycler = ["recycler-for-pv-a added", "recycler-for-pv-a gone"];
    let lives = play.lives(Kind::Pod, 0);
    assert_eq!(lives[lives.len() - 2..], recycler);
    assert_eq!(phase(&play, "pv-a"), "Available");
    assert_eq!(
        play.get(Kind::PersistentVolume, "pv-a")["spec"]["claimRef"],
        Value::Null
    );
    play.scale(Kind::StatefulSet, "web", 1);
    play.run(30);
    assert_eq!(phase(&play, "pv-a"), "Bound");
}

/// §5: the claim that a released volume names is dead, and a new one of its name isn't it.
#[test]
fn a_retained_volume_is_not_given_out_again() {
    let mut play = released(volume("pv-a"));
    assert_eq!(phase(&play, "pv-a"), "Released");
    play.scale(Kind::StatefulSet, "web", 1);
    play.run(60);
    assert_eq!(phase(&play, "pv-a"), "Released");
    assert_eq!(
        play.get(Kind::PersistentVolumeClaim, "data-web-0")["status"]["phase"],
        "Pending"
    );
    play.patch(
        Kind::PersistentVolume,
        "pv-a",
        json!({"spec": {"claimRef": null}}),
    );
    play.run(60);
    assert_eq!(
        phase(&play, "pv-a"),
        "Bound",
        "bound at the next look of the binder"
    );
}

/// §6: a volume that no plugin can empty.
#[test]
fn only_some_volumes_can_be_recycled() {
    let mut other = recyclable("pv-a");
    other["spec"]["hostPath"].take();
    other["spec"]["csi"] = json!({"driver": "csi.example", "volumeHandle": "1"});
    let play = released(other);
    assert_eq!(phase(&play, "pv-a"), "Failed");
    let events = play.cluster.store().list_objects(Kind::Event);
    let told = events
        .iter()
        .map(|event| event.to_value()["message"].clone());
    assert!(
        told.into_iter()
            .any(|message| message == "No recycler plugin found for the volume!")
    );
}

/// §6: as long as a pod names the claim, the volume isn't touched.
#[test]
fn a_volume_in_use_waits_to_be_recycled() {
    let mut play = released(volume("pv-a"));
    play.scale(Kind::StatefulSet, "web", 1);
    play.run(5);
    let policy = json!({"spec": {"persistentVolumeReclaimPolicy": "Recycle"}});
    play.patch(Kind::PersistentVolume, "pv-a", policy);
    play.run(40);
    assert_eq!(phase(&play, "pv-a"), "Released");
    play.scale(Kind::StatefulSet, "web", 0);
    play.run(40);
    assert_eq!(
        phase(&play, "pv-a"),
        "Bound",
        "by the claim that was left waiting"
    );
}
