//! The chapter's own scenario, from outside: three volumes, a headless Service, a StatefulSet.

use std::rc::Rc;

use cluster::agenda::Turn;
use cluster::object::{Name, PersistentVolumeClaim, Pod, StatefulSet};
use cluster::{ChangeType, Cluster, Config, Patch, PodTrouble, Reason, Request, WriteOptions};
use serde_json::{Value, json};

const SET: &str = "demo-statefulset";

fn create(cluster: &mut Cluster, object: Value) {
    let options = WriteOptions::default();
    cluster
        .request(&Request::Create { object, options })
        .0
        .unwrap();
}

fn volume(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": {
        "capacity": {"storage": "1Mi"}, "accessModes": ["ReadWriteOnce"],
        "persistentVolumeReclaimPolicy": "Recycle", "hostPath": {"path": format!("/tmp/{name}")}}})
}

fn service() -> Value {
    json!({"apiVersion": "v1", "kind": "Service",
        "metadata": {"name": "demo-statefulset-headless-service"},
        "spec": {"clusterIP": "None", "selector": {"app": "demo-statefulset-pod-label"},
            "ports": [{"name": "http", "port": 80}]}})
}

fn stateful_set() -> Value {
    json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": SET}, "spec": {
        "serviceName": "demo-statefulset-headless-service", "replicas": 2,
        "selector": {"matchLabels": {"app": "demo-statefulset-pod-label"}},
        "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {
            "resources": {"requests": {"storage": "1Mi"}}, "accessModes": ["ReadWriteOnce"]}}],
        "template": {"metadata": {"labels": {"app": "demo-statefulset-pod-label"}}, "spec": {
            "containers": [{"name": "demo-statefulset-pod", "imagePullPolicy": "Never",
                "image": "demo-statefulset-node-image",
                "ports": [{"name": "http", "containerPort": 8080}],
                "volumeMounts": [{"name": "data", "mountPath": "/var/data"}]}]}}}})
}

/// What was added and deleted of pods and claims until nothing is left to do.
fn lives(cluster: &mut Cluster) -> Vec<String> {
    let mut lives = Vec::new();
    for _ in 0..2_000 {
        let Some(step) = cluster.step() else {
            return lives;
        };
        let Some(change) = step.change else { continue };
        let of_interest =
            change.sides::<Pod>().is_some() || change.sides::<PersistentVolumeClaim>().is_some();
        if of_interest && change.change_type() != ChangeType::Modified {
            lives.push(format!(
                "{:?} {}",
                change.change_type(),
                change.object().name()
            ));
        }
    }
    panic!("the cluster never comes to rest");
}

fn chapter() -> Cluster {
    let mut cluster = Cluster::new(Config::default());
    for name in ["pv-a", "pv-b", "pv-c"] {
        create(&mut cluster, volume(name));
    }
    create(&mut cluster, service());
    create(&mut cluster, stateful_set());
    cluster
}

#[test]
fn claims_come_before_pods_and_pods_in_order() {
    let mut cluster = chapter();
    assert_eq!(
        lives(&mut cluster),
        [
            "Added data-demo-statefulset-0",
            "Added demo-statefulset-0",
            "Added data-demo-statefulset-1",
            "Added demo-statefulset-1",
        ]
    );
    let status = &cluster.store().get::<StatefulSet>(SET).unwrap().status;
    assert_eq!(
        (
            status.replicas,
            status.ready_replicas,
            status.available_replicas
        ),
        (2, 2, Some(2))
    );
}

#[test]
fn the_next_ordinal_waits_and_says_for_whom() {
    let mut cluster = chapter();
    cluster.switch_readiness("demo-statefulset-0", false);
    assert_eq!(
        lives(&mut cluster),
        ["Added data-demo-statefulset-0", "Added demo-statefulset-0"]
    );
    let expected = Reason::WaitsForPod {
        set: SET.into(),
        pod: "demo-statefulset-0".into(),
        trouble: PodTrouble::NotReady,
    };
    assert_eq!(cluster.waiting(SET), Some(&expected));
}

#[test]
fn scaling_down_keeps_the_claims_and_scaling_up_finds_them() {
    let mut cluster = chapter();
    lives(&mut cluster);
    let scale = |cluster: &mut Cluster, replicas: i32| {
        let patch = Patch::Merge(json!({"spec": {"replicas": replicas}}));
        let kind = cluster::object::Kind::StatefulSet;
        let options = WriteOptions::default();
        let request = Request::Patch {
            kind,
            name: SET.to_owned(),
            patch,
            options,
        };
        cluster.request(&request).0.unwrap();
    };
    let claim = |cluster: &Cluster| {
        let claim = cluster
            .store()
            .get::<PersistentVolumeClaim>("data-demo-statefulset-1");
        claim.map(|claim| (claim.metadata.uid.clone(), claim.spec.volume_name.clone()))
    };
    let before = claim(&cluster);
    scale(&mut cluster, 0);
    assert_eq!(
        lives(&mut cluster),
        ["Deleted demo-statefulset-1", "Deleted demo-statefulset-0"]
    );
    scale(&mut cluster, 2);
    assert_eq!(
        lives(&mut cluster),
        ["Added demo-statefulset-0", "Added demo-statefulset-1"]
    );
    assert!(before.is_some());
    assert_eq!(claim(&cluster), before);
}

#[test]
fn a_dry_run_changes_nothing() {
    let mut cluster = chapter();
    lives(&mut cluster);
    let version = cluster.store().version();
    let options = WriteOptions {
        dry_run: true,
        ..WriteOptions::default()
    };
    let (result, step) = cluster.request(&Request::Create {
        object: volume("pv-d"),
        options,
    });
    assert_eq!(result.unwrap().object.name(), "pv-d");
    assert!(step.is_none() && cluster.next_time().is_none());
    assert_eq!(cluster.store().version(), version);
}

#[test]
fn at_rest_nobody_finds_anything_to_do_however_often_it_looks() {
    let mut cluster = Cluster::new(Config::default());
    for name in ["pv-a", "pv-b"] {
        create(&mut cluster, volume(name));
    }
    create(&mut cluster, service());
    create(&mut cluster, stateful_set());
    lives(&mut cluster);
    let mut turns = vec![
        Turn::StatefulSet(SET.into()),
        Turn::Endpoints("demo-statefulset-headless-service".into()),
        Turn::EndpointSlices("demo-statefulset-headless-service".into()),
        Turn::BinderResync,
        Turn::MonitorNodes,
        Turn::CollectPods,
        Turn::RestoreService,
    ];
    for (pod, claim) in [
        ("demo-statefulset-0", "data-demo-statefulset-0"),
        ("demo-statefulset-1", "data-demo-statefulset-1"),
    ] {
        let found: Rc<Pod> = cluster.store().get::<Pod>(pod).unwrap().clone();
        let (pod, pod_uid): (Name, Name) = (pod.into(), found.metadata.uid.as_str().into());
        let node: Name = found.spec.node_name.as_deref().unwrap().into();
        turns.push(Turn::BindClaim(claim.into()));
        turns.push(Turn::ProtectClaim(claim.into()));
        turns.push(Turn::Schedule(pod.clone()));
        turns.push(Turn::EvictTainted {
            pod: pod.clone(),
            pod_uid: pod_uid.clone(),
        });
        turns.push(Turn::Kubelet { node, pod, pod_uid });
    }
    for turn in turns {
        let before = cluster.store().version();
        cluster.look_again(turn.clone());
        assert_eq!(cluster.step_until(cluster.now()), None, "{turn:?}");
        assert_eq!(cluster.store().version(), before, "{turn:?}");
    }
}
