//! Every kind of object, in every state that a story brings it to, is one of the Kubernetes API. The
//! objects of random runs are read in `random.rs`.

#[path = "support/openapi.rs"]
mod openapi;
mod support;

use cluster::apiserver::subresources::{Subresource, SubresourceRequest};
use cluster::object::{Kind, Object};
use cluster::{Config, LocalImages, PropagationPolicy, Version};
use serde_json::{Value, json};
use support::{Play, replica_set, stateful_set_with_claims, template, volume};

/// Reads every state that an object was in since the play began, and counts them by kind.
fn read_all(play: &Play) -> Vec<(Kind, usize)> {
    let changes = play.steps.iter().filter_map(|step| step.change.as_ref());
    let sides = changes.flat_map(|change| [&change.before, &change.after]);
    let mut objects: Vec<Object> = sides.flatten().cloned().collect();
    for kind in Kind::ALL {
        objects.extend(play.cluster.store().list_objects(*kind));
    }
    let mut counts: Vec<(Kind, usize)> = Kind::ALL.iter().map(|kind| (*kind, 0)).collect();
    for object in objects {
        openapi::read(&object).unwrap_or_else(|why| panic!("{why}"));
        let count = counts.iter_mut().find(|(kind, _)| *kind == object.kind());
        count.expect("all kinds are there").1 += 1;
    }
    counts
}

fn class() -> Value {
    json!({"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
        "metadata": {"name": "disks", "annotations":
            {"storageclass.kubernetes.io/is-default-class": "true"}},
        "provisioner": "example.com/disks", "allowVolumeExpansion": false})
}

/// Everything that the simulation knows happens to one set and its neighbours.
fn story(version: Version) -> Play {
    let mut play = Play::new(Config {
        version,
        local_images: LocalImages::All,
        ..Config::default()
    });
    let mut recycled = volume("pv-a");
    recycled["spec"]["persistentVolumeReclaimPolicy"] = json!("Recycle");
    play.create(recycled);
    for (name, spec) in [
        (
            "peers",
            json!({"clusterIP": "None", "publishNotReadyAddresses": true}),
        ),
        ("web", json!({})),
    ] {
        let mut service = json!({"apiVersion": "v1", "kind": "Service",
            "metadata": {"name": name}, "spec": spec});
        service["spec"]["selector"] = json!({"app": "web"});
        service["spec"]["ports"] = json!([{"name": "http", "port": 80, "targetPort": 8080}]);
        play.create(service);
    }
    let mut set = stateful_set_with_claims(3, "Retain", "Delete");
    set["spec"]["ordinals"] = json!({"start": 0});
    set["spec"]["minReadySeconds"] = json!(2);
    set["spec"]["template"]["spec"]["containers"][0]["readinessProbe"] =
        json!({"httpGet": {"path": "/", "port": 8080}});
    set["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] =
        json!([{"name": "data", "mountPath": "/var/data"}]);
    play.create(set);
    play.run(30);
    // The second claim found no volume; the third pod was not made.
    play.create(volume("pv-b"));
    play.create(class());
    play.run(60);
    let mut others = replica_set(2);
    others["spec"]["template"]["metadata"]["labels"] = json!({"app": "other"});
    others["spec"]["selector"]["matchLabels"] = json!({"app": "other"});
    play.create(others);
    play.run(20);
    for exit_code in [1, 2] {
        let step = play.cluster.crash("web-0", exit_code);
        play.steps.extend(step);
        play.run(5);
    }
    play.ready("web-1", false);
    play.run(5);
    play.ready("web-1", true);
    play.run(60);
    play.patch_status(
        Kind::Pod,
        "web-1",
        json!({"phase": "Failed", "reason": "Evicted"}),
    );
    play.run(30);
    let bad = json!({"spec": {"template": template("bad-image")}});
    play.patch(Kind::StatefulSet, "web", bad);
    play.run(60);
    let step = play.cluster.partition("node-1");
    play.steps.extend(step);
    play.run(500);
    let step = play.cluster.heal("node-1");
    play.steps.extend(step);
    play.run(60);
    play.delete(Kind::StatefulSet, "web", PropagationPolicy::Foreground);
    play.run(60);
    for claim in play.names(Kind::PersistentVolumeClaim) {
        play.delete(
            Kind::PersistentVolumeClaim,
            &claim,
            PropagationPolicy::Background,
        );
    }
    play.run(60);
    play
}

#[test]
fn every_kind_is_of_the_api() {
    for version in [Version::V1_36, Version::V1_33, Version::V1_20] {
        let counts = read_all(&story(version));
        let slices = version > Version::V1_20;
        for (kind, count) in counts {
            let wanted = slices || kind != Kind::EndpointSlice;
            assert_eq!(count > 0, wanted, "{version} {kind:?}");
        }
    }
}

#[test]
fn a_scale_is_of_the_api() {
    let mut play = story(Version::V1_36);
    play.create(support::stateful_set(1));
    play.run(30);
    for (kind, name) in [(Kind::StatefulSet, "web"), (Kind::ReplicaSet, "rs")] {
        let get = SubresourceRequest::Get;
        let (scale, _) = play
            .cluster
            .request_subresource((kind, name), Subresource::Scale, &get);
        let scale = scale.expect("it can be scaled");
        assert_eq!(openapi::read_scale(&scale), Ok(()));
    }
}

/// The judge judges: what the API lacks, or has as another type, is found out.
#[test]
fn what_is_not_of_the_api_is_found_out() {
    let play = story(Version::V1_36);
    let node = play.cluster.store().get::<cluster::object::Node>("node-1");
    let mut node = cluster::object::Node::clone(node.expect("it is there"));
    openapi::read(&Object::Node(node.clone().into())).expect("a node");
    let other = &mut node.spec.other;
    other.insert("favouriteColour".to_owned(), json!("blue"));
    let found = openapi::read(&Object::Node(node.into()));
    let expected = "Node node-1: .spec.favouriteColour is not known";
    assert_eq!(found, Err(expected.to_owned()));
}
