//! What surprised in the recordings of a real control plane of v1.20, by its number there, as far
//! as no other file has it. What has changed since is shown beside it.

mod support;

use cluster::object::{Kind, Pod};
use cluster::{Config, LocalImages, PropagationPolicy, Request, Step, Version};
use serde_json::{Value, json};
use support::{Play, stateful_set, stateful_set_with_claims, template, volume};

const CLAIMS: Kind = Kind::PersistentVolumeClaim;
const CLAIM: &str = "data-web-0";

fn new(version: Version) -> Play {
    Play::new(Config {
        version,
        local_images: LocalImages::All,
        ..Config::default()
    })
}

fn old() -> Play {
    new(Version::V1_20)
}

fn status(play: &Play, field: &str) -> Value {
    play.get(Kind::StatefulSet, "web")["status"][field].clone()
}

/// Reason and message of all events about the set, in the order in which they were written.
fn events(play: &Play) -> Vec<String> {
    let events = play.cluster.store().list_objects(Kind::Event);
    let mut events: Vec<Value> = events.iter().map(|event| event.to_value()).collect();
    events.retain(|event| event["involvedObject"]["kind"] == "StatefulSet");
    let number = |event: &Value| {
        let number = event["metadata"]["resourceVersion"].as_str();
        number
            .and_then(|number| number.parse().ok())
            .unwrap_or(0u64)
    };
    events.sort_by_key(number);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let told = events.iter();
    told.map(|event| format!("{}: {}", text(&event["reason"]), text(&event["message"])))
        .collect()
}

fn delete(play: &mut Play, kind: Kind, name: &str) {
    play.delete(kind, name, PropagationPolicy::Background);
}

/// A pod that takes a name of the set's, and that the set does not adopt.
fn stranger(name: &str) -> Value {
    let mut pod = template("demo-statefulset-node-image");
    pod["apiVersion"] = json!("v1");
    pod["kind"] = json!("Pod");
    pod["metadata"] = json!({"name": name});
    pod
}

/// What the API server answers to the creation of an object.
fn refusal(play: &mut Play, object: Value) -> Option<String> {
    let options = Default::default();
    let request = Request::Create { object, options };
    let (result, step) = play.cluster.request(&request);
    play.steps.extend(step);
    result.err().map(|status| status.to_string())
}

#[test]
fn surprise_03_the_status_follows_while_an_unready_pod_blocks() {
    let mut play = old();
    play.create(stateful_set(3));
    play.run(30);
    play.ready("web-0", false);
    play.run(5);
    play.scale(Kind::StatefulSet, "web", 1);
    play.run(10);
    assert_eq!(play.names(Kind::Pod).len(), 3, "blocked");
    assert_eq!(status(&play, "readyReplicas"), 2, "READY 2/1");
    assert_eq!(status(&play, "observedGeneration"), 2);
}

/// The second pod's name is taken. Before v1.26 the status stays at its first values, READY 0/2,
/// though a pod is ready.
#[test]
fn surprise_07_status_is_not_written_while_creation_fails() {
    for (version, ready) in [(Version::V1_20, json!(null)), (Version::V1_36, json!(1))] {
        let mut play = new(version);
        play.create(stranger("web-1"));
        play.create(stateful_set(2));
        play.run(20);
        let pods = play.cluster.store().list::<Pod>();
        let ready_pods = pods.filter(|pod| pod.metadata.name == "web-0" && pod.ready());
        assert_eq!(ready_pods.count(), 1, "{version}");
        assert_eq!(status(&play, "readyReplicas"), ready, "{version}");
        delete(&mut play, Kind::Pod, "web-1");
        play.run(60);
        assert_eq!(status(&play, "readyReplicas"), 2, "{version}");
    }
}

/// From 5 ms on the delay doubles and is not reset; when the way is free, the set idles until the
/// next attempt.
#[test]
fn surprise_11_failed_creation_backs_off_without_reset() {
    let mut play = old();
    play.create(stranger("web-0"));
    play.create(stateful_set(1));
    play.run(15);
    // Every attempt is told in an event.
    let tried = |step: &&Step| {
        let change = step.change.as_ref();
        change.is_some_and(|change| {
            let event = change.object().to_value();
            event["reason"] == "FailedCreate"
        })
    };
    let tries: Vec<u64> = play
        .steps
        .iter()
        .filter(tried)
        .map(|step| step.time.0)
        .collect();
    let delays: Vec<u64> = tries.windows(2).map(|two| two[1] - two[0]).collect();
    assert!(delays.len() >= 10, "{delays:?}");
    // The stranger's own progress wakes nobody: it is not the set's.
    for (number, delay) in delays.iter().enumerate() {
        let expected = 5 << number;
        assert!((expected..expected + 60).contains(delay), "{delays:?}");
    }
    delete(&mut play, Kind::Pod, "web-0");
    play.run(3);
    assert_eq!(
        play.names(Kind::Pod),
        [""; 0],
        "idle though nothing is in the way"
    );
    play.run(30);
    assert_eq!(play.names(Kind::Pod), ["web-0"]);
}

#[test]
fn surprise_11_a_pod_out_of_the_selector_keeps_its_name() {
    let mut play = old();
    play.create(stateful_set(1));
    play.run(20);
    let label = json!({"metadata": {"labels": {"app": "other"}}});
    play.patch(Kind::Pod, "web-0", label);
    play.run(5);
    let owners = &play.get(Kind::Pod, "web-0")["metadata"]["ownerReferences"];
    assert_eq!(*owners, Value::Null, "let go");
    let unhelpful =
        "The POST operation against Pod could not be completed at this time, please try again.";
    let told = events(&play);
    assert!(
        told.iter().any(|event| event.ends_with(unhelpful)),
        "{told:?}"
    );
}

#[test]
fn surprise_13_claims_come_first_and_stay() {
    let mut play = old();
    for name in ["pv-a", "pv-b"] {
        play.create(volume(name));
    }
    play.create(stateful_set_with_claims(2, "Retain", "Retain"));
    play.run(30);
    let created = play.steps.iter().filter_map(|step| {
        let object = step
            .change
            .as_ref()
            .filter(|change| change.before.is_none())?;
        let object = object.object();
        let of_set = matches!(object.kind(), Kind::Pod | Kind::PersistentVolumeClaim);
        of_set.then(|| object.name().to_owned())
    });
    let created: Vec<String> = created.collect();
    assert_eq!(created, ["data-web-0", "web-0", "data-web-1", "web-1"]);
    let expected = [
        "SuccessfulCreate: create Claim data-web-0 Pod web-0 in StatefulSet web success",
        "SuccessfulCreate: create Pod web-0 in StatefulSet web successful",
        "SuccessfulCreate: create Claim data-web-1 Pod web-1 in StatefulSet web success",
        "SuccessfulCreate: create Pod web-1 in StatefulSet web successful",
    ];
    assert_eq!(events(&play), expected);
    let metadata = play.get(CLAIMS, CLAIM)["metadata"].clone();
    assert_eq!(metadata["labels"], json!({"app": "web"}));
    assert_eq!(metadata["ownerReferences"], Value::Null);
    play.scale(Kind::StatefulSet, "web", 0);
    play.run(20);
    delete(&mut play, Kind::StatefulSet, "web");
    play.run(20);
    assert_eq!(play.names(CLAIMS), ["data-web-0", "data-web-1"]);
}

/// The claim's line shows its volume while it is still Pending.
#[test]
fn surprise_14_a_volume_is_reserved_write_by_write() {
    let mut play = old();
    play.create(volume("pv-a"));
    play.run(5);
    let from = play.steps.len();
    play.create(stateful_set_with_claims(1, "Retain", "Retain"));
    play.run(20);
    let written = play.steps[from..].iter().filter_map(|step| {
        let change = step.change.as_ref()?;
        let binding = change.object().kind() == Kind::PersistentVolume;
        let binding = binding || change.object().kind() == CLAIMS && change.before.is_some();
        let object = binding.then(|| change.object().to_value())?;
        let phase = object["status"]["phase"].as_str()?.to_owned();
        let linked = match object["kind"].as_str()? {
            "PersistentVolume" => object["spec"]["claimRef"]["name"].is_string(),
            _ => object["spec"]["volumeName"].is_string(),
        };
        Some(format!("{} {phase} {linked}", object["kind"].as_str()?))
    });
    let written: Vec<String> = written.collect();
    let expected = [
        "PersistentVolume Available true",
        "PersistentVolume Bound true",
        "PersistentVolumeClaim Pending true",
        "PersistentVolumeClaim Bound true",
    ];
    assert_eq!(written, expected);
}

/// Only pods on nodes protect a claim. Before v1.27 nobody makes it again as long as the pod exists.
#[test]
fn surprise_16_a_claim_deleted_under_a_pending_pod_is_missed() {
    let message = |play: &Play| {
        let pod = play.get(Kind::Pod, "web-0");
        let conditions = pod["status"]["conditions"].as_array().cloned();
        let all = conditions.unwrap_or_default();
        let scheduled = all.into_iter().find(|c| c["type"] == "PodScheduled");
        scheduled.unwrap_or_default()["message"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    let mut play = old();
    play.create(stateful_set_with_claims(1, "Retain", "Retain"));
    play.run(10);
    delete(&mut play, CLAIMS, CLAIM);
    play.run(1);
    assert_eq!(play.names(CLAIMS), [""; 0], "gone at once");
    play.create(volume("pv-a"));
    play.run(60);
    assert_eq!(play.names(CLAIMS), [""; 0], "and not made again");
    let told = message(&play);
    assert!(
        told.contains("persistentvolumeclaim \"data-web-0\" not found"),
        "{told}"
    );
    delete(&mut play, Kind::Pod, "web-0");
    play.run(60);
    assert_eq!(play.get(CLAIMS, CLAIM)["status"]["phase"], "Bound");
    assert_eq!(status(&play, "readyReplicas"), 1);
}

/// The seconds until `done`.
fn seconds_until(play: &mut Play, done: impl Fn(&Play) -> bool) -> u64 {
    for second in 0..60 {
        if done(play) {
            return second;
        }
        play.run(1);
    }
    panic!("never");
}

fn phase(play: &Play, kind: Kind, name: &str) -> String {
    let phase = play.get(kind, name)["status"]["phase"].clone();
    phase.as_str().unwrap_or_default().to_owned()
}

/// Without its claimRef the volume is Available at once, but the claim that waits is bound at the
/// next look at all claims only, and the pod waits for the scheduler's next try.
#[test]
fn surprise_17_a_retained_volume_is_given_out_again_by_hand_only() {
    let mut play = old();
    play.create(volume("pv-a"));
    play.create(stateful_set_with_claims(1, "Retain", "Retain"));
    play.run(30);
    play.scale(Kind::StatefulSet, "web", 0);
    play.run(10);
    delete(&mut play, CLAIMS, CLAIM);
    play.run(6);
    assert_eq!(phase(&play, Kind::PersistentVolume, "pv-a"), "Released");
    play.scale(Kind::StatefulSet, "web", 1);
    play.run(45);
    assert_eq!(phase(&play, Kind::PersistentVolume, "pv-a"), "Released");
    let freed = json!({"spec": {"claimRef": null}});
    play.patch(Kind::PersistentVolume, "pv-a", freed);
    play.run(1);
    assert_eq!(phase(&play, Kind::PersistentVolume, "pv-a"), "Available");
    let bound = seconds_until(&mut play, |play| phase(play, CLAIMS, CLAIM) == "Bound");
    assert!((1..=15).contains(&bound), "{bound}");
    let runs = seconds_until(&mut play, |play| {
        phase(play, Kind::Pod, "web-0") == "Running"
    });
    assert!((1..=12).contains(&runs), "{runs}");
}

#[test]
fn surprise_19_a_new_volume_waits_for_the_next_look_at_the_claims() {
    let mut play = old();
    play.create(stateful_set_with_claims(1, "Retain", "Retain"));
    play.run(32);
    play.create(volume("pv-a"));
    play.run(1);
    assert_eq!(phase(&play, Kind::PersistentVolume, "pv-a"), "Available");
    assert_eq!(phase(&play, CLAIMS, CLAIM), "Pending");
    let bound = seconds_until(&mut play, |play| phase(play, CLAIMS, CLAIM) == "Bound");
    assert!((1..=15).contains(&bound), "{bound}");
}

/// What is wrong with the template shows when a pod is made of it.
#[test]
fn surprise_44_templates_are_hardly_checked() {
    let mut mounted = stateful_set(1);
    let mounts = json!([{"name": "nowhere", "mountPath": "/x"}]);
    mounted["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] = mounts;
    let mut pulled = stateful_set(1);
    pulled["spec"]["template"]["spec"]["containers"][0]["imagePullPolicy"] = json!("Sometimes");
    for (set, complaint) in [(mounted, "nowhere"), (pulled, "Sometimes")] {
        let mut play = old();
        assert_eq!(refusal(&mut play, set.clone()), None);
        play.run(5);
        assert_eq!(play.names(Kind::Pod), [""; 0]);
        let told = events(&play);
        let failed = |event: &&String| event.starts_with("FailedCreate: create Pod web-0");
        let failed: Vec<&String> = told.iter().filter(failed).collect();
        assert!(
            failed.iter().any(|event| event.contains(complaint)),
            "{told:?}"
        );
        // Since v1.34 the template is checked with the set.
        let refused = refusal(&mut new(Version::V1_36), set);
        assert!(refused.is_some_and(|why| why.contains(complaint)));
    }
}

/// It is kubectl that asks for it before v1.33.
#[test]
fn surprise_45_the_server_takes_a_set_without_service_name() {
    for version in [Version::V1_20, Version::V1_36] {
        let mut play = new(version);
        let mut set = stateful_set(1);
        set["spec"]["serviceName"] = Value::Null;
        assert_eq!(refusal(&mut play, set), None, "{version}");
        play.run(20);
        assert_eq!(status(&play, "readyReplicas"), 1, "{version}");
        let subdomain = &play.get(Kind::Pod, "web-0")["spec"]["subdomain"];
        assert_eq!(*subdomain, Value::Null);
    }
}

#[test]
fn surprise_46_few_fields_may_change_and_the_message_names_none() {
    let changes = [
        json!({"serviceName": "other"}),
        json!({"podManagementPolicy": "Parallel"}),
        json!({"minReadySeconds": 5}),
        json!({"revisionHistoryLimit": 5}),
    ];
    for spec in changes {
        let mut play = old();
        play.create(stateful_set(1));
        let request = Request::Patch {
            kind: Kind::StatefulSet,
            name: "web".to_owned(),
            patch: cluster::Patch::Merge(json!({ "spec": spec })),
            options: Default::default(),
        };
        let refused = play.cluster.request(&request).0;
        let why = refused.map(|_| ()).unwrap_err().to_string();
        let expected = "StatefulSet.apps \"web\" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'template', and 'updateStrategy' are forbidden";
        assert_eq!(why, expected);
    }
}

/// Everything of a file goes but the claims, which are not in it; and so the volumes hang.
#[test]
fn surprise_51_volumes_deleted_with_their_set_hang_on_the_claims() {
    let mut play = old();
    for name in ["pv-a", "pv-b"] {
        play.create(volume(name));
    }
    play.create(stateful_set_with_claims(2, "Retain", "Retain"));
    play.run(30);
    for name in ["pv-a", "pv-b"] {
        delete(&mut play, Kind::PersistentVolume, name);
    }
    delete(&mut play, Kind::StatefulSet, "web");
    play.run(60);
    for name in ["pv-a", "pv-b"] {
        let volume = play.get(Kind::PersistentVolume, name);
        assert!(
            volume["metadata"]["deletionTimestamp"].is_string(),
            "{name}"
        );
    }
    for name in ["data-web-0", "data-web-1"] {
        delete(&mut play, CLAIMS, name);
    }
    play.run(10);
    assert_eq!(play.names(Kind::PersistentVolume), [""; 0]);
}
