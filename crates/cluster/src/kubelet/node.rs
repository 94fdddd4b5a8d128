//! What a kubelet says of its node. reference/node-and-pod-lifecycle.md §5, §8.

use crate::Config;
use crate::apiserver::Api;
use crate::controller::Outcome;
use crate::map::gather;
use crate::object::meta::ObjectMeta;
use crate::object::node::{NodeAddress, NodeSystemInfo};
use crate::object::{Condition, Name, Node, Quantity};
use crate::step::Reason;
use crate::time::Time;

/// The name of the machine with this index, from 0.
pub(crate) fn machine(index: usize) -> Name {
    format!("node-{}", index + 1).into()
}

/// One turn of a kubelet about its node: it says that all is well. A node that nobody knows (any
/// more) is registered, as a kubelet does when it starts.
pub(crate) fn heartbeat(name: &Name, api: &mut Api<'_>) -> Outcome {
    let (now, config) = (api.now, api.config);
    let written = if api.get::<Node>(name).is_some() {
        api.modify::<Node>(name, |node| {
            for healthy in healthy(now) {
                report(&mut node.status.conditions, healthy);
            }
        })
    } else if let Some(index) = (0..config.nodes).find(|index| machine(*index) == *name) {
        api.create(register(name, index, config, now))
    } else {
        return Outcome::nothing();
    };
    match written {
        Ok(_) if api.change.is_some() => {
            Outcome::because(Reason::NodeReports { node: name.clone() })
        }
        _ => Outcome::nothing(),
    }
}

/// Puts a condition in place of the one of its type; the time of transition moves only if the
/// status differs. A heartbeat that says nothing new is not written.
fn report(conditions: &mut Vec<Condition>, mut wanted: Condition) {
    match conditions
        .iter_mut()
        .find(|present| present.r#type == wanted.r#type)
    {
        None => conditions.push(wanted),
        Some(present) if present.status == wanted.status => {
            wanted.last_transition_time = present.last_transition_time;
            wanted.other.clone_from(&present.other);
            *present = wanted;
        }
        Some(present) => *present = wanted,
    }
}

/// The conditions of a node that is well.
fn healthy(now: Time) -> [Condition; 4] {
    let condition = |kind: &str, status: &str, reason: &str, message: &str| {
        let mut condition = Condition {
            last_transition_time: Some(now),
            message: Some(message.to_owned()),
            reason: Some(reason.to_owned()),
            status: status.to_owned(),
            r#type: kind.to_owned(),
            ..Condition::default()
        };
        let heard = now.to_string().into();
        condition
            .other
            .insert("lastHeartbeatTime".to_owned(), heard);
        condition
    };
    [
        condition(
            "MemoryPressure",
            "False",
            "KubeletHasSufficientMemory",
            "kubelet has sufficient memory available",
        ),
        condition(
            "DiskPressure",
            "False",
            "KubeletHasNoDiskPressure",
            "kubelet has no disk pressure",
        ),
        condition(
            "PIDPressure",
            "False",
            "KubeletHasSufficientPID",
            "kubelet has sufficient PID available",
        ),
        condition(
            "Ready",
            "True",
            "KubeletReady",
            "kubelet is posting ready status",
        ),
    ]
}

/// The Node object that a kubelet registers.
pub(crate) fn register(name: &str, index: usize, config: &Config, now: Time) -> Node {
    let mut node = Node {
        metadata: ObjectMeta {
            name: name.to_owned(),
            ..ObjectMeta::default()
        },
        ..Node::default()
    };
    let labels = [
        ("beta.kubernetes.io/arch", "amd64"),
        ("beta.kubernetes.io/os", "linux"),
        ("kubernetes.io/arch", "amd64"),
        ("kubernetes.io/hostname", name),
        ("kubernetes.io/os", "linux"),
    ];
    let pairs = labels.map(|(key, value)| (key.to_owned(), value.to_owned()));
    node.metadata.labels = gather(pairs);
    let ttl = ("node.alpha.kubernetes.io/ttl".to_owned(), "0".to_owned());
    node.metadata.annotations = gather([ttl]);
    let amounts = [
        ("cpu", "4"),
        ("ephemeral-storage", "50Gi"),
        ("memory", "8Gi"),
        ("pods", "110"),
    ];
    let amounts =
        amounts.map(|(what, text)| (what.to_owned(), Quantity::parse(text).expect("a quantity")));
    node.status.capacity = amounts.clone().into_iter().collect();
    node.status.allocatable = amounts.into_iter().collect();
    let address = |kind: &str, address: String| NodeAddress {
        r#type: kind.to_owned(),
        address,
    };
    node.status.addresses = vec![
        address("InternalIP", format!("172.18.0.{}", index + 2)),
        address("Hostname", name.to_owned()),
    ];
    node.status.conditions = healthy(now).to_vec();
    let version = config.version.to_string();
    node.status.node_info = NodeSystemInfo {
        architecture: "amd64".to_owned(),
        container_runtime_version: "containerd://2.1.4".to_owned(),
        kernel_version: "6.12.0".to_owned(),
        kube_proxy_version: version.clone(),
        kubelet_version: version,
        operating_system: "linux".to_owned(),
        os_image: "Simulated Linux".to_owned(),
        ..NodeSystemInfo::default()
    };
    node
}
