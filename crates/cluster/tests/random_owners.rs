//! Random courses of creations, deletions and changes: whatever happens, the cluster comes to rest
//! with nothing left that has lost its owner, and with what its sets ask for.

mod support;

use cluster::object::{
    EndpointSlice, Kind, Object, PersistentVolumeClaim, Pod, ReplicaSet, Service, StatefulSet,
};
use cluster::random::Random;
use cluster::{Config, LocalImages, PropagationPolicy, Request, Version};
use serde_json::{Value, json};
use support::{Play, replica_set, stateful_set_with_claims};

const SEEDS: u64 = 600;
const ACTIONS: u32 = 14;

/// What somebody does next; refusals are part of the game.
fn act(play: &mut Play, random: &mut Random) {
    let pick =
        |random: &mut Random, list: &[&'static str]| list[random.below(list.len() as u32) as usize];
    let replicas = random.below(5) as i32;
    let kind = [Kind::StatefulSet, Kind::ReplicaSet][random.below(2) as usize];
    let name = if kind == Kind::StatefulSet {
        "web"
    } else {
        "rs"
    };
    let request = match random.below(9) {
        0 => {
            let policies = ["Retain", "Delete"];
            let (scaled, deleted) = (pick(random, &policies), pick(random, &policies));
            let mut set = stateful_set_with_claims(replicas, scaled, deleted);
            set["spec"]["podManagementPolicy"] = json!(pick(random, &["OrderedReady", "Parallel"]));
            create(set)
        }
        1 => {
            let mut set = replica_set(replicas);
            set["spec"]["selector"] = json!({"matchLabels": {"app": "rs"}});
            set["spec"]["template"]["metadata"]["labels"] = json!({"app": "rs"});
            create(set)
        }
        2 => create(
            json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "peers"},
            "spec": {"clusterIP": "None", "selector": {"app": "web"}, "ports": [{"port": 80}]}}),
        ),
        3 => delete(kind, name, random),
        4 => delete(Kind::Service, "peers", random),
        5 | 6 => match any_pod(play, random) {
            Some(pod) => delete(Kind::Pod, &pod, random),
            None => return,
        },
        7 => patch(kind, name, json!({"spec": {"replicas": replicas}})),
        _ => {
            let image = pick(random, &["web:1", "web:2", "web:bad"]);
            let template = support::template(image);
            let spec = template["spec"].clone();
            patch(kind, name, json!({"spec": {"template": {"spec": spec}}}))
        }
    };
    let (_, step) = play.cluster.request(&request);
    play.steps.extend(step);
}

fn create(object: Value) -> Request {
    Request::Create {
        object,
        options: Default::default(),
    }
}

fn patch(kind: Kind, name: &str, patch: Value) -> Request {
    Request::Patch {
        kind,
        name: name.to_owned(),
        patch: cluster::Patch::Merge(patch),
        options: Default::default(),
    }
}

fn delete(kind: Kind, name: &str, random: &mut Random) -> Request {
    use PropagationPolicy::{Background, Foreground, Orphan};
    let policy = [None, Some(Background), Some(Foreground), Some(Orphan)][random.below(4) as usize];
    let options = cluster::DeleteOptions {
        propagation_policy: policy,
        grace_period_seconds: (random.below(4) == 0).then_some(0),
        ..Default::default()
    };
    Request::Delete {
        kind,
        name: name.to_owned(),
        options,
    }
}

fn any_pod(play: &Play, random: &mut Random) -> Option<String> {
    let pods = play.names(Kind::Pod);
    let count = u32::try_from(pods.len()).ok().filter(|count| *count > 0)?;
    Some(pods[random.below(count) as usize].clone())
}

/// Every object there is.
fn all(play: &Play) -> Vec<Object> {
    let kinds = Kind::ALL.iter();
    kinds
        .flat_map(|kind| play.cluster.store().list_objects(*kind))
        .collect()
}

/// A pod that is deleted in the foreground waits for the claim that goes with it, and the claim is
/// protected until the pod is gone: the rules of the garbage collector and of claim protection
/// leave no way out, in the real thing either.
fn is_locked(play: &Play) -> bool {
    let claims = play.cluster.store().list::<PersistentVolumeClaim>();
    let mut owners = claims.flat_map(|claim| &claim.metadata.owner_references);
    owners.any(|owner| {
        let pod = play.cluster.store().get::<Pod>(&owner.name);
        pod.is_some_and(|pod| {
            owner.uid == pod.metadata.uid && pod.metadata.has_finalizer("foregroundDeletion")
        })
    })
}

/// What must hold when nothing happens any more.
fn check(play: &Play, seed: u64) {
    if is_locked(play) {
        return;
    }
    let objects = all(play);
    for object in &objects {
        for owner in &object.metadata().owner_references {
            let found = objects.iter().any(|other| other.uid() == owner.uid);
            assert!(
                found,
                "seed {seed}: {} has lost {}",
                object.name(),
                owner.name
            );
        }
        // A claim stays as long as a pod, an orphan perhaps, uses it.
        let mut pods = play.cluster.store().list::<Pod>();
        let used = pods.any(|pod| pod.spec.uses_claim(object.name()));
        let going = object.metadata().terminating() && !used;
        assert!(!going, "seed {seed}: {} never goes", object.name());
    }
    let store = play.cluster.store();
    if let Some(set) = store.get::<ReplicaSet>("rs") {
        assert_eq!(set.status.replicas, set.replicas(), "seed {seed}");
    }
    let owned = |uid: &str| {
        let pods = store.list::<Pod>();
        i32::try_from(pods.filter(|pod| pod.metadata.controlled_by(uid)).count()).unwrap()
    };
    if let Some(set) = store.get::<StatefulSet>("web") {
        assert_eq!(set.status.replicas, owned(&set.metadata.uid), "seed {seed}");
    }
    // Deleted alone, a Service leaves its slices behind.
    if store.get::<Service>("peers").is_some() {
        let selected = store.list::<Pod>().filter(|pod| {
            let labelled = pod
                .metadata
                .labels
                .get("app")
                .is_some_and(|app| app == "web");
            labelled && pod.status.pod_ip.is_some() && !pod.finished()
        });
        let slices = store.list::<EndpointSlice>();
        let endpoints: usize = slices.map(|slice| slice.endpoints.len()).sum();
        assert_eq!(endpoints, selected.count(), "seed {seed}");
    }
}

#[test]
fn whatever_happens_nothing_is_left_without_its_owner() {
    let versions = [Version::V1_36, Version::V1_33, Version::V1_27];
    for seed in 0..SEEDS {
        let mut play = Play::new(Config {
            seed,
            version: versions[(seed % 3) as usize],
            local_images: LocalImages::All,
            ..Config::default()
        });
        for number in 0..6 {
            play.create(support::volume(&format!("pv-{number}")));
        }
        let mut random = Random::child(seed, "actions");
        for _ in 0..ACTIONS {
            act(&mut play, &mut random);
            // From a moment within one synchronisation to the end of everything.
            let pause = [0, 0, 1, 3, 20][random.below(5) as usize];
            match pause {
                0 => {
                    for _ in 0..random.below(12) {
                        let step = play.cluster.step();
                        play.steps.extend(step);
                    }
                }
                seconds => play.run(seconds),
            }
        }
        play.run(600);
        check(&play, seed);
    }
}

#[test]
fn the_same_seed_gives_the_same_course() {
    let course = |seed: u64| {
        let mut play = Play::new(Config::default());
        let mut random = Random::child(seed, "actions");
        for _ in 0..ACTIONS {
            act(&mut play, &mut random);
            play.run(2);
        }
        play.steps
    };
    for seed in 0..20 {
        assert_eq!(course(seed), course(seed), "seed {seed}");
    }
}
