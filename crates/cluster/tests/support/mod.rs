//! What the tests from outside share: the chapter's objects, and a cluster that is played and
//! looked at as a reader would.

#![allow(dead_code, reason = "each test file uses its own part")]

use cluster::apiserver::subresources::{Subresource, SubresourceRequest};
use cluster::object::{Kind, Pod};
use cluster::{
    ChangeType, Cluster, Config, DeleteOptions, Patch, PropagationPolicy, Request, Step, Time,
};
use serde_json::{Value, json};

/// A cluster and every step it took.
pub(crate) struct Play {
    pub(crate) cluster: Cluster,
    pub(crate) steps: Vec<Step>,
}

impl Play {
    pub(crate) fn new(config: Config) -> Play {
        Play {
            cluster: Cluster::new(config),
            steps: Vec::new(),
        }
    }

    pub(crate) fn request(&mut self, request: &Request) {
        let (result, step) = self.cluster.request(request);
        result.unwrap_or_else(|status| panic!("{request:?}: {status}"));
        self.steps.extend(step);
    }

    pub(crate) fn create(&mut self, object: Value) {
        self.request(&Request::Create {
            object,
            options: Default::default(),
        });
    }

    pub(crate) fn patch(&mut self, kind: Kind, name: &str, patch: Value) {
        self.request(&Request::Patch {
            kind,
            name: name.to_owned(),
            patch: Patch::Merge(patch),
            options: Default::default(),
        });
    }

    pub(crate) fn scale(&mut self, kind: Kind, name: &str, replicas: i32) {
        self.patch(kind, name, json!({"spec": {"replicas": replicas}}));
    }

    pub(crate) fn delete(&mut self, kind: Kind, name: &str, policy: PropagationPolicy) {
        let options = DeleteOptions {
            propagation_policy: Some(policy),
            ..DeleteOptions::default()
        };
        self.request(&Request::Delete {
            kind,
            name: name.to_owned(),
            options,
        });
    }

    /// The kubelet, or somebody in its place, writes a part of the status.
    pub(crate) fn patch_status(&mut self, kind: Kind, name: &str, status: Value) {
        let patch = Patch::Merge(json!({ "status": status }));
        let request = SubresourceRequest::Patch(patch);
        let status = Subresource::Status;
        let cluster = &mut self.cluster;
        let (result, step) = cluster.request_subresource((kind, name), status, &request);
        result.unwrap_or_else(|status| panic!("{request:?}: {status}"));
        self.steps.extend(step);
    }

    pub(crate) fn ready(&mut self, pod: &str, ready: bool) {
        let step = self.cluster.switch_readiness(pod, ready);
        self.steps.extend(step);
    }

    /// Lets everything happen that is going to within so many seconds.
    pub(crate) fn run(&mut self, seconds: u64) {
        let limit = Time(self.cluster.now().0 + seconds * 1000);
        while let Some(step) = self.cluster.step_until(limit) {
            self.steps.push(step);
            assert!(self.steps.len() < 100_000, "never comes to rest");
        }
        self.cluster.wait_until(limit);
    }

    /// Lets things happen until the next change that `wanted` accepts.
    pub(crate) fn run_until(&mut self, what: &str, wanted: impl Fn(&Step) -> bool) {
        for _ in 0..10_000 {
            let Some(step) = self.cluster.step() else {
                break;
            };
            let found = wanted(&step);
            self.steps.push(step);
            if found {
                return;
            }
        }
        panic!("no {what}");
    }

    /// Names of all objects of the kind.
    pub(crate) fn names(&self, kind: Kind) -> Vec<String> {
        let objects = self.cluster.store().list_objects(kind);
        objects.iter().map(|o| o.name().to_owned()).collect()
    }

    /// The object as the API sends it, or null.
    pub(crate) fn get(&self, kind: Kind, name: &str) -> Value {
        let object = self.cluster.store().get_object(kind, name);
        object.map_or(Value::Null, |object| object.to_value())
    }

    /// Names of the pods that are not marked for deletion.
    pub(crate) fn living_pods(&self) -> Vec<String> {
        let pods = self.cluster.store().list::<Pod>();
        pods.filter(|pod| !pod.terminating())
            .map(|pod| pod.metadata.name.clone())
            .collect()
    }

    /// From the step `from`, the life of the objects of a kind: `name added`, `name marked`,
    /// `name gone`.
    pub(crate) fn lives(&self, kind: Kind, from: usize) -> Vec<String> {
        let mut lives = Vec::new();
        for change in self.steps[from..].iter().filter_map(|s| s.change.as_ref()) {
            let object = change.object();
            if object.kind() != kind {
                continue;
            }
            let terminating = |side: &Option<cluster::object::Object>| {
                side.as_ref()
                    .is_some_and(|object| object.metadata().terminating())
            };
            let what = match change.change_type() {
                ChangeType::Added => "added",
                ChangeType::Deleted => "gone",
                ChangeType::Modified
                    if terminating(&change.after) && !terminating(&change.before) =>
                {
                    "marked"
                }
                ChangeType::Modified => continue,
            };
            lives.push(format!("{} {what}", object.name()));
        }
        lives
    }
}

/// The chapter's StatefulSet, with two replicas.
pub(crate) fn stateful_set(replicas: i32) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "web"}, "spec": {
        "serviceName": "peers", "replicas": replicas,
        "selector": {"matchLabels": {"app": "web"}},
        "template": template("demo-statefulset-node-image")}})
}

/// The StatefulSet with a claim template, kept or deleted by this policy.
pub(crate) fn stateful_set_with_claims(
    replicas: i32,
    when_scaled: &str,
    when_deleted: &str,
) -> Value {
    let mut set = stateful_set(replicas);
    set["spec"]["volumeClaimTemplates"] = json!([{"metadata": {"name": "data"}, "spec": {
        "resources": {"requests": {"storage": "1Mi"}}, "accessModes": ["ReadWriteOnce"]}}]);
    set["spec"]["persistentVolumeClaimRetentionPolicy"] =
        json!({"whenScaled": when_scaled, "whenDeleted": when_deleted});
    set
}

/// A pod template with this image.
pub(crate) fn template(image: &str) -> Value {
    json!({"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [
        {"name": "web", "image": image, "imagePullPolicy": "Never"}]}})
}

pub(crate) fn volume(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": {
        "capacity": {"storage": "1Mi"}, "accessModes": ["ReadWriteOnce"],
        "persistentVolumeReclaimPolicy": "Retain", "hostPath": {"path": format!("/tmp/{name}")}}})
}

/// A ReplicaSet over the chapter's image, without a volume.
pub(crate) fn replica_set(replicas: i32) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "rs"}, "spec": {
        "replicas": replicas, "selector": {"matchLabels": {"app": "web"}},
        "template": template("demo-statefulset-node-image")}})
}
