//! Objects of the simulation, written down as the recorder writes real ones.

use std::collections::BTreeMap;

use cluster::Change;
use cluster::object::meta::Condition;
use cluster::object::pod::ContainerState;
use cluster::object::volume::ResourceList;
use cluster::object::{
    ControllerRevision, Endpoints, Event, Kind, Node, Object, PersistentVolume,
    PersistentVolumeClaim, Pod, Quantity, ReplicaSet, Service, StatefulSet,
};
use serde_json::{Value, json};

/// Which incarnation of its name each object is.
#[derive(Clone, Debug, Default)]
pub(super) struct Ids {
    /// Incarnations so far, by short kind and name.
    counts: BTreeMap<String, usize>,
    by_uid: BTreeMap<String, String>,
    /// What recordings call the random names, by the names themselves.
    generated: BTreeMap<String, String>,
}

impl Ids {
    /// The id of the object that a change is about, such as `pod/web-0#2`.
    pub(super) fn of(&mut self, object: &Object) -> String {
        if let Some(id) = self.by_uid.get(object.uid()) {
            return id.clone();
        }
        let name = self.name(object);
        let name = format!("{}/{name}", short(object.kind()));
        let count = self.counts.entry(name.clone()).or_default();
        *count += 1;
        let id = format!("{name}#{count}");
        self.by_uid.insert(object.uid().to_owned(), id.clone());
        id
    }

    /// The object's name; if it is random, with its number in order of creation instead, such as
    /// `rs-~1`.
    fn name(&mut self, object: &Object) -> String {
        let metadata = object.metadata();
        let random = metadata
            .controller()
            .is_some_and(|owner| owner.kind == "ReplicaSet");
        let Some(base) = metadata.generate_name.as_ref().filter(|_| random) else {
            return metadata.name.clone();
        };
        let count = self.counts.entry(base.clone()).or_default();
        *count += 1;
        let name = format!("{base}~{count}");
        self.generated.insert(metadata.name.clone(), name.clone());
        name
    }

    /// The text with random names as recordings call them.
    fn without_random_names(&self, text: &str) -> String {
        let names = self.generated.iter();
        names.fold(text.to_owned(), |text, (random, name)| {
            text.replace(random, name)
        })
    }

    /// The random name that a recording calls so, such as `rs-~1`.
    pub(super) fn random_name(&self, name: &str) -> Option<&str> {
        let mut names = self.generated.iter();
        names
            .find(|(_, known)| *known == name)
            .map(|(random, _)| random.as_str())
    }

    /// The id of an object that is or was there.
    pub(super) fn known(&self, uid: &str) -> Option<&str> {
        self.by_uid.get(uid).map(String::as_str)
    }

    fn of_uid(&self, uid: &str) -> Value {
        self.by_uid.get(uid).map_or(Value::Null, |id| json!(id))
    }
}

fn short(kind: Kind) -> &'static str {
    match kind {
        Kind::ControllerRevision => "rev",
        _ if kind.info().short.is_empty() => kind.info().plural,
        Kind::Pod => "pod",
        Kind::Node => "node",
        _ => kind.info().short,
    }
}

/// What is recorded of the object, or nothing for kinds that are not recorded.
pub(super) fn project(change: &Change, ids: &Ids) -> Option<Value> {
    Some(match change.object() {
        Object::Pod(pod) => project_pod(pod, ids),
        Object::PersistentVolumeClaim(claim) => project_claim(claim, ids),
        Object::PersistentVolume(volume) => project_volume(volume, ids),
        Object::ReplicaSet(set) => project_replica_set(set),
        Object::StatefulSet(set) => project_set(set),
        Object::ControllerRevision(revision) => project_revision(revision, ids),
        Object::Service(service) => project_service(service),
        Object::Endpoints(endpoints) => project_endpoints(endpoints, ids),
        Object::Node(node) => project_node(node),
        Object::EndpointSlice(_) | Object::StorageClass(_) => return None,
        Object::Event(event) => project_event(event, ids),
    })
}

fn project_pod(pod: &Pod, ids: &Ids) -> Value {
    let (ready, total) = pod.ready_containers();
    let conditions: BTreeMap<&str, String> = pod
        .status
        .conditions
        .iter()
        .map(|c| (c.r#type.as_str(), told(c)))
        .collect();
    let containers: Vec<Value> = pod
        .spec
        .containers
        .iter()
        .map(|container| {
            let statuses = &pod.status.container_statuses;
            let status = statuses.iter().find(|status| status.name == container.name);
            json!({
                "name": container.name,
                "image": container.image,
                "state": status.map(|status| state(&status.state)),
                "ready": status.is_some_and(|status| status.ready),
                "restartCount": status.map_or(0, |status| status.restart_count),
            })
        })
        .collect();
    let tolerations: Vec<String> = pod
        .spec
        .tolerations
        .iter()
        .map(|toleration| {
            let text = |field: &Option<String>| field.clone().unwrap_or_default();
            let seconds = toleration
                .toleration_seconds
                .map(|s| s.to_string())
                .unwrap_or_default();
            format!(
                "{}:{}:{seconds}",
                text(&toleration.key),
                text(&toleration.effect)
            )
        })
        .collect();
    let restarts: i32 = pod
        .status
        .container_statuses
        .iter()
        .map(|s| s.restart_count)
        .sum();
    let scheduled = pod.condition("PodScheduled");
    json!({
        "phase": pod.status.phase,
        "display": pod.display_status(false),
        "ready": format!("{ready}/{total}"),
        "restarts": restarts,
        "conditions": conditions,
        "schedulerMessage": scheduled.and_then(|condition| condition.message.clone()),
        "reason": pod.status.reason,
        "nodeName": pod.spec.node_name,
        "podIP": pod.status.pod_ip,
        "deleting": pod.terminating(),
        "graceSeconds": pod.metadata.deletion_grace_period_seconds,
        "labels": pod.metadata.labels,
        "hostname": pod.spec.hostname,
        "subdomain": pod.spec.subdomain,
        "finalizers": pod.metadata.finalizers,
        "owner": pod.metadata.controller().map_or(Value::Null, |owner| ids.of_uid(&owner.uid)),
        "claims": pod.claim_names().collect::<Vec<_>>(),
        "containers": containers,
        "tolerations": tolerations,
    })
}

fn told(condition: &Condition) -> String {
    match &condition.reason {
        // ContainersReady is recorded without its reason.
        Some(reason) if condition.status != "True" && condition.r#type != "ContainersReady" => {
            format!("{}/{reason}", condition.status)
        }
        _ => condition.status.clone(),
    }
}

fn state(state: &ContainerState) -> Option<String> {
    if let Some(waiting) = &state.waiting {
        return Some(format!(
            "waiting:{}",
            waiting.reason.as_deref().unwrap_or_default()
        ));
    }
    if let Some(terminated) = &state.terminated {
        return Some(format!(
            "terminated:{}",
            terminated.reason.as_deref().unwrap_or_default()
        ));
    }
    state.running.as_ref().map(|_| "running".to_owned())
}

fn storage(list: &ResourceList) -> Option<&str> {
    list.get("storage").map(Quantity::as_str)
}

fn project_claim(claim: &PersistentVolumeClaim, ids: &Ids) -> Value {
    let annotated = |key: &str| claim.metadata.annotations.contains_key(key);
    let owner = claim.metadata.controller();
    json!({
        "phase": claim.status.phase,
        "volumeName": claim.spec.volume_name,
        "deleting": claim.metadata.terminating(),
        "finalizers": claim.metadata.finalizers,
        "labels": claim.metadata.labels,
        "storageClass": claim.spec.storage_class_name,
        "accessModes": claim.spec.access_modes,
        "requests": storage(&claim.spec.resources.requests),
        "capacity": storage(&claim.status.capacity),
        "owner": owner.map_or(Value::Null, |owner| ids.of_uid(&owner.uid)),
        "bindCompleted": annotated("pv.kubernetes.io/bind-completed"),
        "boundByController": annotated("pv.kubernetes.io/bound-by-controller"),
    })
}

fn project_volume(volume: &PersistentVolume, ids: &Ids) -> Value {
    let claim_ref = volume.spec.claim_ref.as_ref().map(|reference| {
        let namespace = reference.namespace.as_deref().unwrap_or_default();
        json!({
            "name": format!("{namespace}/{}", reference.name.as_deref().unwrap_or_default()),
            "id": reference.uid.as_deref().map(|uid| ids.of_uid(uid)),
        })
    });
    json!({
        "phase": volume.status.phase,
        "reason": volume.status.reason,
        "message": volume.status.message,
        "claimRef": claim_ref,
        "reclaimPolicy": volume.spec.persistent_volume_reclaim_policy,
        "storageClass": volume.spec.storage_class_name,
        "capacity": storage(&volume.spec.capacity),
        "deleting": volume.metadata.terminating(),
        "finalizers": volume.metadata.finalizers,
        "boundByController":
            volume.metadata.annotations.contains_key("pv.kubernetes.io/bound-by-controller"),
    })
}

/// Absent counts are 0, and the API leaves 0 out.
fn count(value: i32) -> Value {
    if value == 0 {
        Value::Null
    } else {
        json!(value)
    }
}

fn project_replica_set(set: &ReplicaSet) -> Value {
    let (spec, status) = (&set.spec, &set.status);
    let observed = status.observed_generation;
    json!({
        "replicas": spec.replicas,
        "generation": set.metadata.generation,
        "images": spec.template.spec.containers.iter().map(|c| &c.image).collect::<Vec<_>>(),
        "deleting": set.metadata.terminating(),
        "finalizers": set.metadata.finalizers,
        "status": {
            "observedGeneration": if observed == 0 { Value::Null } else { json!(observed) },
            "replicas": status.replicas,
            "fullyLabeledReplicas": count(status.fully_labeled_replicas),
            "readyReplicas": count(status.ready_replicas),
            "availableReplicas": count(status.available_replicas),
        },
    })
}

fn project_set(set: &StatefulSet) -> Value {
    let spec = &set.spec;
    let status = &set.status;
    let rolling_update = spec.update_strategy.rolling_update.as_ref();
    let observed = status.observed_generation;
    json!({
        "replicas": spec.replicas,
        "generation": set.metadata.generation,
        "images": spec.template.spec.containers.iter().map(|c| &c.image).collect::<Vec<_>>(),
        "podManagementPolicy": spec.pod_management_policy,
        "updateStrategy": spec.update_strategy.r#type,
        "partition": rolling_update.and_then(|rolling_update| rolling_update.partition),
        "serviceName": spec.service_name,
        "claimTemplates":
            spec.volume_claim_templates.iter().map(|t| &t.metadata.name).collect::<Vec<_>>(),
        "deleting": set.metadata.terminating(),
        "finalizers": set.metadata.finalizers,
        "status": {
            "observedGeneration": if observed == 0 { Value::Null } else { json!(observed) },
            "replicas": status.replicas,
            "readyReplicas": count(status.ready_replicas),
            "currentReplicas": count(status.current_replicas),
            "updatedReplicas": count(status.updated_replicas),
            "currentRevision": status.current_revision,
            "updateRevision": status.update_revision,
            "collisionCount": status.collision_count,
        },
    })
}

fn project_revision(revision: &ControllerRevision, ids: &Ids) -> Value {
    let metadata = &revision.metadata;
    json!({
        "revision": revision.revision,
        "hash": metadata.labels.get("controller.kubernetes.io/hash"),
        "owner": metadata.controller().map_or(Value::Null, |owner| ids.of_uid(&owner.uid)),
        "ownerCount": metadata.owner_references.len(),
        "deleting": metadata.terminating(),
        "labels": metadata.labels,
        "data": revision.data,
    })
}

fn project_service(service: &Service) -> Value {
    let spec = &service.spec;
    let ports: Vec<Value> = spec
        .ports
        .iter()
        .map(|port| {
            json!({
                "name": port.name,
                "port": port.port,
                "targetPort": cluster::object::fields(&port.target_port),
                "protocol": port.protocol,
            })
        })
        .collect();
    json!({
        "type": spec.r#type,
        "clusterIP": if service.headless() { "None" } else { "<ip>" },
        "selector": if spec.selector.is_empty() { Value::Null } else { json!(spec.selector) },
        "publishNotReadyAddresses": service.publishes_not_ready(),
        "ports": ports,
    })
}

fn project_endpoints(endpoints: &Endpoints, ids: &Ids) -> Value {
    let address = |address: &cluster::object::service::EndpointAddress| {
        let target = address
            .target_ref
            .as_ref()
            .and_then(|target| target.uid.as_deref());
        json!({
            "ip": address.ip,
            "hostname": address.hostname,
            "node": address.node_name,
            "target": target.map(|uid| ids.of_uid(uid)),
        })
    };
    let subsets: Vec<Value> = endpoints
        .subsets
        .iter()
        .map(|subset| {
            let ports: Vec<Value> = subset
                .ports
                .iter()
                .map(|p| json!({"name": p.name, "port": p.port, "protocol": p.protocol}))
                .collect();
            json!({
                "ports": ports,
                "ready": subset.addresses.iter().map(address).collect::<Vec<_>>(),
                "notReady": subset.not_ready_addresses.iter().map(address).collect::<Vec<_>>(),
            })
        })
        .collect();
    let headless = endpoints
        .metadata
        .labels
        .contains_key("service.kubernetes.io/headless");
    json!({"subsets": subsets, "headlessLabel": headless})
}

fn project_event(event: &Event, ids: &Ids) -> Value {
    let about = &event.involved_object;
    json!({
        "reason": event.reason,
        "type": event.r#type,
        "message": ids.without_random_names(&event.message),
        "source": event.source.component,
        "count": event.count,
        "objectId": ids.of_uid(about.uid.as_deref().unwrap_or_default()),
        "fieldPath": about.field_path,
    })
}

fn project_node(node: &Node) -> Value {
    let ready = cluster::object::meta::condition(&node.status.conditions, "Ready");
    let taints: Vec<String> = node
        .spec
        .taints
        .iter()
        .map(|taint| format!("{}:{}", taint.key, taint.effect))
        .collect();
    json!({
        "ready": node.ready_status(),
        "readyReason": ready.and_then(|ready| ready.reason.clone()),
        "taints": taints,
        "unschedulable": node.spec.unschedulable.unwrap_or(false),
    })
}
