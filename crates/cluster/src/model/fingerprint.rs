//! When two clusters are the same to an explorer: what there is, what runs, what is due and what is
//! half done, whatever the time and however often it happened before.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::Value;

use crate::Cluster;
use crate::kubelet::Stage;
use crate::object::{Kind, Node, Object, PersistentVolume, Pod, Resource};

/// FNV-1a, 64 bits.
#[derive(Clone, Copy)]
struct Hash(u64);

impl Hash {
    fn new() -> Hash {
        Hash(0xcbf2_9ce4_8422_2325)
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// A text and its end.
    fn text(&mut self, text: &str) {
        self.bytes(text.as_bytes());
        self.bytes(&[0xff]);
    }
}

impl std::fmt::Write for Hash {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        self.bytes(text.as_bytes());
        Ok(())
    }
}

/// Takes fingerprints, and remembers those of objects, which clusters share.
#[derive(Debug, Default)]
pub struct Fingerprints {
    /// By the address of the object, which is kept so that no other gets the address.
    objects: BTreeMap<usize, (Object, u64)>,
}

/// What tells nothing: times, numbers that only grow, and what stands for them.
const IGNORED: [&str; 19] = [
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "lastTransitionTime",
    "lastProbeTime",
    "lastHeartbeatTime",
    "startTime",
    "startedAt",
    "finishedAt",
    "timeAdded",
    "podIP",
    "podIPs",
    "containerID",
    "imageID",
    "restartCount",
    "lastState",
    "generation",
    "observedGeneration",
    "revision",
];

impl Fingerprints {
    /// The fingerprint of a cluster. Not in it are Events and Endpoints, which no component of a
    /// StatefulSet's life looks at.
    pub fn of(&mut self, cluster: &Cluster) -> u64 {
        let mut hash = Hash::new();
        for kind in Kind::ALL {
            if matches!(kind, Kind::Event | Kind::Endpoints) {
                continue;
            }
            for object in cluster.store().list_objects(*kind) {
                hash.bytes(&self.of_object(&object).to_le_bytes());
            }
        }
        processes(cluster, &mut hash);
        for (_, turn) in cluster.turns() {
            // Turns about former pods of a name differ in uid only.
            match turn {
                crate::Turn::Kubelet { node, pod, pod_uid } => {
                    let known = lives(cluster, pod, pod_uid);
                    let _ = write!(hash, "kubelet {node} {pod} {known};");
                }
                other => {
                    let _ = write!(hash, "{other:?};");
                }
            }
        }
        cluster.stateful_sets.describe_underway(&mut hash);
        hash.0
    }

    fn of_object(&mut self, object: &Object) -> u64 {
        let address = std::ptr::from_ref(object.metadata()) as usize;
        if let Some((_, known)) = self.objects.get(&address) {
            return *known;
        }
        let mut hash = Hash::new();
        let value = object.to_value();
        let field = |path: &str| value.pointer(path).and_then(Value::as_i64);
        let observed = field("/metadata/generation") == field("/status/observedGeneration");
        hash.bytes(&[u8::from(observed)]);
        walk(&value, &mut hash);
        self.objects.insert(address, (object.clone(), hash.0));
        hash.0
    }
}

fn walk(value: &Value, hash: &mut Hash) {
    match value {
        Value::Object(map) => {
            for (key, field) in map {
                if IGNORED.contains(&key.as_str()) {
                    continue;
                }
                hash.text(key);
                match key.as_str() {
                    "deletionTimestamp" => hash.bytes(&[1]),
                    _ => walk(field, hash),
                }
            }
            hash.bytes(&[0xfe]);
        }
        Value::Array(list) => {
            list.iter().for_each(|item| walk(item, hash));
            hash.bytes(&[0xfd]);
        }
        Value::String(text) => hash.text(text),
        other => {
            let _ = write!(hash, "{other};");
        }
    }
}

fn processes(cluster: &Cluster, hash: &mut Hash) {
    let mut lines: Vec<String> = Vec::new();
    for (uid, process) in cluster.processes() {
        let stage = match process.stage {
            Stage::Creating(_) => "creating",
            Stage::Stuck => "stuck",
            Stage::Running(_) => "running",
            Stage::Stopping(..) => "stopping",
            Stage::Stopped => "stopped",
        };
        let known = lives(cluster, &process.pod, uid);
        let (pod, node) = (&process.pod, &process.node);
        lines.push(format!("{pod} {node} {stage} {known}"));
    }
    lines.sort();
    lines.iter().for_each(|line| hash.text(line));
    for node in cluster.store().list::<Node>() {
        hash.bytes(&[u8::from(cluster.is_partitioned(node.name()))]);
    }
    for volume in cluster.store().list::<PersistentVolume>() {
        hash.bytes(&[u8::from(cluster.disk_is_full(volume.name()))]);
    }
    for pod in cluster.store().list::<Pod>() {
        hash.bytes(&[u8::from(cluster.may_be_ready(pod.name()))]);
    }
}

/// Whether the API knows a pod of this name and uid.
fn lives(cluster: &Cluster, pod: &str, uid: &str) -> bool {
    let pod = cluster.store().get::<Pod>(pod);
    pod.is_some_and(|pod| pod.metadata.uid == *uid)
}
