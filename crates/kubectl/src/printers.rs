//! What the columns of each kind say (`pkg/printers/internalversion/printers.go`;
//! reference/kubectl-formats.md §1 and §3). They read the JSON of an object, so that a new kind
//! needs a line here and nothing else.

use cluster::object::{Kind, Labels, Object};
use cluster::{Cluster, Version};
use serde_json::Value;

use crate::age;

/// How rows are printed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Columns {
    /// `-o wide`
    pub(crate) wide: bool,
    /// `-A`: the namespace first.
    pub(crate) namespace: bool,
    /// The type before the name.
    pub(crate) kind: bool,
    /// `-L`: these labels as columns.
    pub(crate) labels: Vec<String>,
    /// `--show-labels`
    pub(crate) all_labels: bool,
    /// `--output-watch-events`
    pub(crate) event: bool,
}

impl Columns {
    /// The names of the columns.
    pub(crate) fn headers(&self, kind: Kind, version: Version) -> Vec<String> {
        let mut headers = Vec::new();
        if self.event {
            headers.push("EVENT".to_owned());
        }
        if self.namespace && kind.info().namespaced {
            headers.push("NAMESPACE".to_owned());
        }
        let own = own_headers(kind, self.wide, version);
        headers.extend(own.into_iter().map(str::to_owned));
        for label in &self.labels {
            let name = label.rsplit('/').next().unwrap_or(label);
            headers.push(name.to_uppercase());
        }
        if self.all_labels {
            headers.push("LABELS".to_owned());
        }
        headers
    }

    /// One object as a row.
    pub(crate) fn row(&self, object: &Object, event: &str, cluster: &Cluster) -> Vec<String> {
        let metadata = object.metadata();
        let mut row = Vec::new();
        if self.event {
            row.push(event.to_owned());
        }
        if self.namespace && object.kind().info().namespaced {
            row.push(metadata.namespace.clone().unwrap_or_default());
        }
        let mut own = own_cells(object, self.wide, cluster);
        // The name of an event is its last column, and only a wide row has it.
        let named = match object.kind() {
            Kind::Event if self.wide => own.last_mut(),
            Kind::Event => None,
            _ => own.first_mut(),
        };
        if let Some(name) = named.filter(|_| self.kind) {
            *name = format!("{}/{name}", object.kind().qualified_singular());
        }
        row.extend(own);
        for label in &self.labels {
            row.push(metadata.labels.get(label).cloned().unwrap_or_default());
        }
        if self.all_labels {
            row.push(pairs(&metadata.labels));
        }
        row
    }
}

/// `k=v,k=v`, or `<none>`.
pub(crate) fn pairs(labels: &Labels) -> String {
    let list: Vec<String> = labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
    or_none(list.join(","))
}

fn own_headers(kind: Kind, wide: bool, version: Version) -> Vec<&'static str> {
    let attributes = version >= Version::V1_29;
    let (narrow, more): (&[&str], &[&str]) = match kind.name() {
        "Pod" => (
            &["NAME", "READY", "STATUS", "RESTARTS", "AGE"],
            &["IP", "NODE", "NOMINATED NODE", "READINESS GATES"],
        ),
        "StatefulSet" => (&["NAME", "READY", "AGE"], &["CONTAINERS", "IMAGES"]),
        "ReplicaSet" => (
            &["NAME", "DESIRED", "CURRENT", "READY", "AGE"],
            &["CONTAINERS", "IMAGES", "SELECTOR"],
        ),
        "PersistentVolumeClaim" if attributes => (
            &[
                "NAME",
                "STATUS",
                "VOLUME",
                "CAPACITY",
                "ACCESS MODES",
                "STORAGECLASS",
                "VOLUMEATTRIBUTESCLASS",
                "AGE",
            ],
            &["VOLUMEMODE"],
        ),
        "PersistentVolumeClaim" => (
            &[
                "NAME",
                "STATUS",
                "VOLUME",
                "CAPACITY",
                "ACCESS MODES",
                "STORAGECLASS",
                "AGE",
            ],
            &["VOLUMEMODE"],
        ),
        "PersistentVolume" if attributes => (
            &[
                "NAME",
                "CAPACITY",
                "ACCESS MODES",
                "RECLAIM POLICY",
                "STATUS",
                "CLAIM",
                "STORAGECLASS",
                "VOLUMEATTRIBUTESCLASS",
                "REASON",
                "AGE",
            ],
            &["VOLUMEMODE"],
        ),
        "PersistentVolume" => (
            &[
                "NAME",
                "CAPACITY",
                "ACCESS MODES",
                "RECLAIM POLICY",
                "STATUS",
                "CLAIM",
                "STORAGECLASS",
                "REASON",
                "AGE",
            ],
            &["VOLUMEMODE"],
        ),
        "StorageClass" => (
            &[
                "NAME",
                "PROVISIONER",
                "RECLAIMPOLICY",
                "VOLUMEBINDINGMODE",
                "ALLOWVOLUMEEXPANSION",
                "AGE",
            ],
            &[],
        ),
        "Service" => (
            &[
                "NAME",
                "TYPE",
                "CLUSTER-IP",
                "EXTERNAL-IP",
                "PORT(S)",
                "AGE",
            ],
            &["SELECTOR"],
        ),
        "Endpoints" => (&["NAME", "ENDPOINTS", "AGE"], &[]),
        "EndpointSlice" => (&["NAME", "ADDRESSTYPE", "PORTS", "ENDPOINTS", "AGE"], &[]),
        "Node" => (
            &["NAME", "STATUS", "ROLES", "AGE", "VERSION"],
            &[
                "INTERNAL-IP",
                "EXTERNAL-IP",
                "OS-IMAGE",
                "KERNEL-VERSION",
                "CONTAINER-RUNTIME",
            ],
        ),
        "Event" if wide => (
            &[
                "LAST SEEN",
                "TYPE",
                "REASON",
                "OBJECT",
                "SUBOBJECT",
                "SOURCE",
                "MESSAGE",
            ],
            &["FIRST SEEN", "COUNT", "NAME"],
        ),
        "Event" => (&["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"], &[]),
        "ControllerRevision" => (&["NAME", "CONTROLLER", "REVISION", "AGE"], &[]),
        _ => (&["NAME", "AGE"], &[]),
    };
    let mut headers = narrow.to_vec();
    headers.extend(more.iter().filter(|_| wide));
    headers
}

fn own_cells(object: &Object, wide: bool, cluster: &Cluster) -> Vec<String> {
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
                format!("{}{dot_group}/{}", owner.kind.to_lowercase(), owner.name)
            });
            let owner = owner.unwrap_or_else(|| "<none>".to_owned());
            vec![name, owner, fields.number("/revision"), age]
        }
        _ => vec![name, age],
    }
}

/// Fields of an object, by JSON pointer.
#[derive(Clone, Copy)]
pub(crate) struct Fields<'a>(pub(crate) &'a Value);

impl<'a> Fields<'a> {
    /// The text there; empty if there is none.
    pub(crate) fn text(self, pointer: &str) -> &'a str {
        let value = self.0.pointer(pointer);
        value.and_then(Value::as_str).unwrap_or_default()
    }

    /// The number there as text; `0` if there is none.
    pub(crate) fn number(self, pointer: &str) -> String {
        let value = self.0.pointer(pointer).and_then(Value::as_i64);
        value.unwrap_or(0).to_string()
    }

    /// The elements of the list there.
    pub(crate) fn list(
        self,
        pointer: &str,
    ) -> impl DoubleEndedIterator<Item = Fields<'a>> + use<'a> {
        let list = self.0.pointer(pointer).and_then(Value::as_array);
        list.map(Vec::as_slice)
            .unwrap_or_default()
            .iter()
            .map(Fields)
    }

    fn has(self, pointer: &str) -> bool {
        self.0
            .pointer(pointer)
            .is_some_and(|value| !value.is_null())
    }
}

fn or_none(text: String) -> String {
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
    let about = fields.text("/involvedObject/kind").to_lowercase();
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
