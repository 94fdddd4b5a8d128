//! The chapter's own scenario, from outside.

use cluster::{Cluster, Config, Request};
use serde_json::json;

fn create(cluster: &mut Cluster, object: serde_json::Value) {
    let (result, _) = cluster.request(&Request::Create { object });
    result.unwrap();
}

#[test]
fn comes_up() {
    let mut cluster = Cluster::new(Config::default());
    for name in ["pv-a", "pv-b", "pv-c"] {
        create(
            &mut cluster,
            json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": {
            "capacity": {"storage": "1Mi"}, "accessModes": ["ReadWriteOnce"], "persistentVolumeReclaimPolicy": "Recycle",
            "hostPath": {"path": format!("/tmp/{name}")}}}),
        );
    }
    create(
        &mut cluster,
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "demo-statefulset-headless-service"}, "spec": {
        "clusterIP": "None", "selector": {"app": "demo-statefulset-pod-label"}, "ports": [{"name": "http", "port": 80}]}}),
    );
    create(
        &mut cluster,
        json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "demo-statefulset"}, "spec": {
        "serviceName": "demo-statefulset-headless-service", "replicas": 2,
        "selector": {"matchLabels": {"app": "demo-statefulset-pod-label"}},
        "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {"resources": {"requests": {"storage": "1Mi"}}, "accessModes": ["ReadWriteOnce"]}}],
        "template": {"metadata": {"labels": {"app": "demo-statefulset-pod-label"}}, "spec": {"containers": [{
            "name": "demo-statefulset-pod", "imagePullPolicy": "Never", "image": "demo-statefulset-node-image",
            "ports": [{"name": "http", "containerPort": 8080}], "volumeMounts": [{"name": "data", "mountPath": "/var/data"}]}]}}}}),
    );
    let mut n = 0;
    while let Some(step) = cluster.step() {
        n += 1;
        println!(
            "{} {:?} {:?} {:?}",
            step.time.0,
            step.actor,
            step.change.as_ref().map(|c| (
                c.change_type(),
                c.object().kind(),
                c.object().name().to_owned()
            )),
            step.reason
        );
        assert!(n < 500);
    }
}
