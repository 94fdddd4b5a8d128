//! What the columns of each kind say (`pkg/printers/internalversion/printers.go`;
//! reference/kubectl-formats.md §1 and §3). They read the JSON of an object, so that a new kind
//! needs a line here and nothing else.

use cluster::object::{Kind, Labels, Object};
use cluster::{Cluster, Version};
use serde_json::Value;

mod cells;

pub(crate) use cells::access_modes;

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
        headers.extend(own_headers(kind, self.wide, version));
        for label in &self.labels {
            let name = label.rsplit('/').next().unwrap_or(label);
            headers.push(name.to_ascii_uppercase());
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
        let mut own = cells::of(object, self.wide, cluster);
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
    cells::or_none(list.join(","))
}

/// Kind, its columns, and those that `-o wide` adds; the words are parted by bars.
const HEADERS: &[(&str, &str, &str)] = &[
    (
        "Pod",
        "NAME|READY|STATUS|RESTARTS|AGE",
        "IP|NODE|NOMINATED NODE|READINESS GATES",
    ),
    ("StatefulSet", "NAME|READY|AGE", "CONTAINERS|IMAGES"),
    (
        "ReplicaSet",
        "NAME|DESIRED|CURRENT|READY|AGE",
        "CONTAINERS|IMAGES|SELECTOR",
    ),
    (
        "PersistentVolumeClaim",
        "NAME|STATUS|VOLUME|CAPACITY|ACCESS MODES|STORAGECLASS|VOLUMEATTRIBUTESCLASS|AGE",
        "VOLUMEMODE",
    ),
    (
        "PersistentVolume",
        "NAME|CAPACITY|ACCESS MODES|RECLAIM POLICY|STATUS|CLAIM|STORAGECLASS|VOLUMEATTRIBUTESCLASS|REASON|AGE",
        "VOLUMEMODE",
    ),
    (
        "StorageClass",
        "NAME|PROVISIONER|RECLAIMPOLICY|VOLUMEBINDINGMODE|ALLOWVOLUMEEXPANSION|AGE",
        "",
    ),
    (
        "Service",
        "NAME|TYPE|CLUSTER-IP|EXTERNAL-IP|PORT(S)|AGE",
        "SELECTOR",
    ),
    ("Endpoints", "NAME|ENDPOINTS|AGE", ""),
    ("EndpointSlice", "NAME|ADDRESSTYPE|PORTS|ENDPOINTS|AGE", ""),
    (
        "Node",
        "NAME|STATUS|ROLES|AGE|VERSION",
        "INTERNAL-IP|EXTERNAL-IP|OS-IMAGE|KERNEL-VERSION|CONTAINER-RUNTIME",
    ),
    ("Event", "LAST SEEN|TYPE|REASON|OBJECT|MESSAGE", ""),
    ("ControllerRevision", "NAME|CONTROLLER|REVISION|AGE", ""),
    ("", "NAME|AGE", ""),
];

/// A wide event has its further columns in the middle, too.
const WIDE_EVENT: &str =
    "LAST SEEN|TYPE|REASON|OBJECT|SUBOBJECT|SOURCE|MESSAGE|FIRST SEEN|COUNT|NAME";

fn own_headers(kind: Kind, wide: bool, version: Version) -> Vec<String> {
    let known = HEADERS
        .iter()
        .find(|(name, ..)| *name == kind.name() || name.is_empty());
    let (narrow, more) = match known {
        Some(_) if kind == Kind::Event && wide => (WIDE_EVENT, ""),
        Some((_, narrow, more)) if wide => (*narrow, *more),
        Some((_, narrow, _)) => (*narrow, ""),
        None => ("", ""),
    };
    let words = narrow.split('|').chain(more.split('|'));
    words
        .filter(|word| !word.is_empty())
        .filter(|word| version >= Version::V1_29 || *word != "VOLUMEATTRIBUTESCLASS")
        .map(str::to_owned)
        .collect()
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
