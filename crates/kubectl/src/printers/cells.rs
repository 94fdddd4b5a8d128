//! What the columns of each kind say.

use cluster::object::Object;
use cluster::{Cluster, Version};
use serde_json::Value;

use super::Fields;
use crate::age;

/// The cells of an object's own columns.
pub(super) fn of(object: &Object, wide: bool, cluster: &Cluster) -> Vec<String> {
    let value = object.to_value();
    let fields = Fields(&value);
    let now = cluster.now();
    let version = cluster.config().version;
    let name = object.name().to_owned();
    let age = age::since(object.metadata().creation_timestamp, now);
    match object.kind().name() {
        "Pod" => pod(object, fields, name, age, wide, cluster),
        "StatefulSet" => {
            let ready = fields.number("/status/readyReplicas");
            let wanted = fields.number("/spec/replicas");
            let mut cells = vec![name, format!("{ready}/{wanted}"), age];
            cells.extend(wide.then(|| containers(fields)).into_iter().flatten());
            cells
        }
        "ReplicaSet" => {
            let counts = [
                "/spec/replicas",
                "/status/replicas",
                "/status/readyReplicas",
            ];
            let mut cells = vec![name];
            cells.extend(counts.map(|count| fields.number(count)));
            cells.push(age);
            if wide {
                cells.extend(containers(fields));
                cells.push(selector(fields, "/spec/selector/matchLabels"));
            }
            cells
        }
        "PersistentVolumeClaim" => claim(fields, name, age, wide, version),
        "PersistentVolume" => volume(fields, name, age, wide, version),
        "StorageClass" => storage_class(fields, name, age),
        "Service" => service(fields, name, age, wide),
        "Endpoints" => vec![name, endpoints(fields), age],
        "EndpointSlice" => endpoint_slice(fields, name, age),
        "Node" => node(fields, name, age, wide),
        "Event" => event(fields, name, wide, cluster),
        "ControllerRevision" => {
            let owner = object.metadata().controller().map(|owner| {
                let group = owner.api_version.split_once('/').map(|(group, _)| group);
                let dot_group = group.map_or(String::new(), |group| format!(".{group}"));
                format!(
                    "{}{dot_group}/{}",
                    owner.kind.to_ascii_lowercase(),
                    owner.name
                )
            });
            let owner = owner.unwrap_or_else(|| "<none>".to_owned());
            vec![name, owner, fields.number("/revision"), age]
        }
        _ => vec![name, age],
    }
}

pub(super) fn or_none(text: String) -> String {
    or(text, "<none>")
}

fn or(text: String, other: &str) -> String {
    if text.is_empty() {
        other.to_owned()
    } else {
        text
    }
}

fn pod(
    object: &Object,
    fields: Fields<'_>,
    name: String,
    age: String,
    wide: bool,
    cluster: &Cluster,
) -> Vec<String> {
    let Object::Pod(pod) = object else {
        return vec![name, age];
    };
    let (ready, total) = pod.ready_containers();
    let terminal_phase_shown = cluster.config().version >= Version::V1_32;
    let statuses = || fields.list("/status/containerStatuses");
    let restarts: i64 = statuses()
        .filter_map(|status| status.0.get("restartCount")?.as_i64())
        .sum();
    let last = statuses()
        .map(|status| status.text("/lastState/terminated/finishedAt"))
        .max()
        .filter(|last| restarts > 0 && !last.is_empty());
    let restarts = match last {
        Some(last) => format!(
            "{restarts} ({} ago)",
            age::since_text(Some(last), cluster.now())
        ),
        None => restarts.to_string(),
    };
    let mut cells = vec![
        name,
        format!("{ready}/{total}"),
        pod.display_status(terminal_phase_shown),
        restarts,
        age,
    ];
    if wide {
        let none = || "<none>".to_owned();
        cells.push(or_none(fields.text("/status/podIP").to_owned()));
        cells.push(or_none(fields.text("/spec/nodeName").to_owned()));
        cells.extend([none(), none()]);
    }
    cells
}

/// CONTAINERS and IMAGES of a pod template.
fn containers(fields: Fields<'_>) -> [String; 2] {
    ["/name", "/image"].map(|field| {
        let containers = fields.list("/spec/template/spec/containers");
        let words: Vec<&str> = containers.map(|container| container.text(field)).collect();
        words.join(",")
    })
}

fn selector(fields: Fields<'_>, pointer: &str) -> String {
    let labels = fields.0.pointer(pointer).and_then(Value::as_object);
    let list: Vec<String> = labels
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
        .collect();
    or_none(list.join(","))
}

/// `RWO,ROX`
pub(crate) fn access_modes(fields: Fields<'_>, pointer: &str) -> String {
    let modes = fields.list(pointer).filter_map(|mode| mode.0.as_str());
    let short = modes.map(|mode| match mode {
        "ReadWriteOnce" => "RWO",
        "ReadOnlyMany" => "ROX",
        "ReadWriteMany" => "RWX",
        "ReadWriteOncePod" => "RWOP",
        other => other,
    });
    short.collect::<Vec<_>>().join(",")
}

fn phase(fields: Fields<'_>) -> String {
    match fields.has("/metadata/deletionTimestamp") {
        true => "Terminating".to_owned(),
        false => fields.text("/status/phase").to_owned(),
    }
}

fn attributes_class(fields: Fields<'_>, version: Version) -> Option<String> {
    let class = fields.text("/spec/volumeAttributesClassName").to_owned();
    (version >= Version::V1_29).then(|| or(class, "<unset>"))
}

fn claim(
    fields: Fields<'_>,
    name: String,
    age: String,
    wide: bool,
    version: Version,
) -> Vec<String> {
    let volume = fields.text("/spec/volumeName").to_owned();
    let (capacity, modes) = if volume.is_empty() {
        (String::new(), String::new())
    } else {
        let capacity = fields.text("/status/capacity/storage").to_owned();
        (
            or(capacity, "0"),
            access_modes(fields, "/status/accessModes"),
        )
    };
    let class = fields.text("/spec/storageClassName").to_owned();
    let mut cells = vec![name, phase(fields), volume, capacity, modes, class];
    cells.extend(attributes_class(fields, version));
    cells.push(age);
    cells.extend(wide.then(|| or(fields.text("/spec/volumeMode").to_owned(), "<unset>")));
    cells
}

fn volume(
    fields: Fields<'_>,
    name: String,
    age: String,
    wide: bool,
    version: Version,
) -> Vec<String> {
    let claim = match fields.text("/spec/claimRef/name") {
        "" => String::new(),
        claim => format!("{}/{claim}", fields.text("/spec/claimRef/namespace")),
    };
    let mut cells = vec![
        name,
        fields.text("/spec/capacity/storage").to_owned(),
        access_modes(fields, "/spec/accessModes"),
        fields
            .text("/spec/persistentVolumeReclaimPolicy")
            .to_owned(),
        phase(fields),
        claim,
        fields.text("/spec/storageClassName").to_owned(),
    ];
    cells.extend(attributes_class(fields, version));
    cells.push(fields.text("/status/reason").to_owned());
    cells.push(age);
    cells.extend(wide.then(|| or(fields.text("/spec/volumeMode").to_owned(), "<unset>")));
    cells
}

fn storage_class(fields: Fields<'_>, name: String, age: String) -> Vec<String> {
    let default = "/metadata/annotations/storageclass.kubernetes.io~1is-default-class";
    let expands = fields
        .0
        .get("allowVolumeExpansion")
        .and_then(Value::as_bool);
    vec![
        match fields.text(default) {
            "true" => format!("{name} (default)"),
            _ => name,
        },
        fields.text("/provisioner").to_owned(),
        or(fields.text("/reclaimPolicy").to_owned(), "Delete"),
        or(fields.text("/volumeBindingMode").to_owned(), "Immediate"),
        expands.unwrap_or(false).to_string(),
        age,
    ]
}

fn service(fields: Fields<'_>, name: String, age: String, wide: bool) -> Vec<String> {
    let kind = or(fields.text("/spec/type").to_owned(), "ClusterIP");
    let external = match kind.as_str() {
        "LoadBalancer" => "<pending>".to_owned(),
        "ExternalName" => fields.text("/spec/externalName").to_owned(),
        _ => {
            let ips: Vec<&str> = fields
                .list("/spec/externalIPs")
                .filter_map(|ip| ip.0.as_str())
                .collect();
            or_none(ips.join(","))
        }
    };
    let ports: Vec<String> = fields.list("/spec/ports").map(service_port).collect();
    let mut cells = vec![
        name,
        kind,
        or_none(fields.text("/spec/clusterIP").to_owned()),
        external,
        or_none(ports.join(",")),
        age,
    ];
    cells.extend(wide.then(|| selector(fields, "/spec/selector")));
    cells
}

fn service_port(port: Fields<'_>) -> String {
    let protocol = or(port.text("/protocol").to_owned(), "TCP");
    let number = port.number("/port");
    match port.number("/nodePort").as_str() {
        "0" => format!("{number}/{protocol}"),
        node_port => format!("{number}:{node_port}/{protocol}"),
    }
}

/// Ready addresses, three at most.
fn endpoints(fields: Fields<'_>) -> String {
    const SHOWN: usize = 3;
    if fields.list("/subsets").next().is_none() {
        return "<none>".to_owned();
    }
    let mut all = Vec::new();
    for subset in fields.list("/subsets") {
        let addresses = || subset.list("/addresses").map(|address| address.text("/ip"));
        let ports: Vec<String> = subset
            .list("/ports")
            .map(|port| port.number("/port"))
            .collect();
        if ports.is_empty() {
            all.extend(addresses().map(str::to_owned));
        }
        for port in ports {
            all.extend(addresses().map(|ip| format!("{ip}:{port}")));
        }
    }
    let shown = all[..all.len().min(SHOWN)].join(",");
    match all.len() {
        count if count > SHOWN => format!("{shown} + {} more...", count - SHOWN),
        _ => shown,
    }
}

fn endpoint_slice(fields: Fields<'_>, name: String, age: String) -> Vec<String> {
    let limited = |mut list: Vec<String>| {
        let more = list.len().saturating_sub(3);
        list.truncate(3);
        match more {
            0 => or(list.join(","), "<unset>"),
            more => format!("{} + {more} more...", list.join(",")),
        }
    };
    let ports = fields.list("/ports").map(|port| port.number("/port"));
    let addresses = fields.list("/endpoints").flat_map(|endpoint| {
        let list: Vec<String> = endpoint
            .list("/addresses")
            .filter_map(|address| address.0.as_str().map(str::to_owned))
            .collect();
        list
    });
    vec![
        name,
        fields.text("/addressType").to_owned(),
        limited(ports.collect()),
        limited(addresses.collect()),
        age,
    ]
}

fn node(fields: Fields<'_>, name: String, age: String, wide: bool) -> Vec<String> {
    let ready = fields
        .list("/status/conditions")
        .find(|condition| condition.text("/type") == "Ready");
    let mut status = match ready.map(|ready| ready.text("/status")) {
        Some("True") => "Ready",
        Some(_) => "NotReady",
        None => "Unknown",
    }
    .to_owned();
    if fields.0.pointer("/spec/unschedulable") == Some(&Value::Bool(true)) {
        status.push_str(",SchedulingDisabled");
    }
    let labels = fields
        .0
        .pointer("/metadata/labels")
        .and_then(Value::as_object);
    let roles: Vec<&str> = labels
        .into_iter()
        .flatten()
        .filter_map(|(label, _)| label.strip_prefix("node-role.kubernetes.io/"))
        .collect();
    let version = fields.text("/status/nodeInfo/kubeletVersion").to_owned();
    let mut cells = vec![name, status, or_none(roles.join(",")), age, version];
    if wide {
        let address = |wanted: &str| {
            let mut addresses = fields.list("/status/addresses");
            let found = addresses.find(|address| address.text("/type") == wanted);
            or_none(
                found
                    .map_or("", |address| address.text("/address"))
                    .to_owned(),
            )
        };
        cells.extend([address("InternalIP"), address("ExternalIP")]);
        let info = ["osImage", "kernelVersion", "containerRuntimeVersion"];
        cells.extend(info.map(|field| {
            or(
                fields.text(&format!("/status/nodeInfo/{field}")).to_owned(),
                "<unknown>",
            )
        }));
    }
    cells
}

fn event(fields: Fields<'_>, name: String, wide: bool, cluster: &Cluster) -> Vec<String> {
    let ago = |pointer: &str| {
        let time = fields.text(pointer);
        age::since_text((!time.is_empty()).then_some(time), cluster.now())
    };
    let about = fields.text("/involvedObject/kind").to_ascii_lowercase();
    let about = format!("{about}/{}", fields.text("/involvedObject/name"));
    let message = fields.text("/message").trim().to_owned();
    let mut cells = vec![
        ago("/lastTimestamp"),
        fields.text("/type").to_owned(),
        fields.text("/reason").to_owned(),
        about,
    ];
    if wide {
        cells.push(fields.text("/involvedObject/fieldPath").to_owned());
        cells.push(match fields.text("/source/host") {
            "" => fields.text("/source/component").to_owned(),
            host => format!("{}, {host}", fields.text("/source/component")),
        });
    }
    cells.push(message);
    if wide {
        cells.extend([ago("/firstTimestamp"), fields.number("/count"), name]);
    }
    cells
}
