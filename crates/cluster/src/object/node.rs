//! core/v1 Node.

use super::fields::object;
use super::meta::{Condition, ObjectMeta, Other, condition};
use super::volume::ResourceList;
use crate::time::Time;

object! {
    /// core/v1 Node.
    pub struct Node {
        pub metadata: ObjectMeta,
        pub spec: NodeSpec,
        pub status: NodeStatus,
    }

    /// core/v1 NodeSpec.
    pub struct NodeSpec {
        pub taints: Vec<Taint>,
        pub unschedulable: Option<bool>,
        pub other: Other = rest,
    }

    /// core/v1 Taint.
    pub struct Taint {
        /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
        pub effect: String,
        pub key: String,
        pub time_added: Option<Time>,
        pub value: Option<String>,
    }

    /// core/v1 NodeStatus.
    pub struct NodeStatus {
        pub addresses: Vec<NodeAddress>,
        pub allocatable: ResourceList = omitempty,
        pub capacity: ResourceList = omitempty,
        pub conditions: Vec<Condition>,
        pub node_info: NodeSystemInfo,
        pub other: Other = rest,
    }

    /// core/v1 NodeAddress.
    pub struct NodeAddress {
        pub address: String,
        pub r#type: String,
    }

    /// core/v1 NodeSystemInfo.
    pub struct NodeSystemInfo {
        pub architecture: String,
        pub boot_id: String,
        pub container_runtime_version: String,
        pub kernel_version: String,
        pub kube_proxy_version: String,
        pub kubelet_version: String,
        pub machine_id: String,
        pub operating_system: String,
        pub os_image: String,
        pub system_uuid: String,
    }
}

impl Node {
    /// The status of its `Ready` condition: `True`, `False` or `Unknown`.
    pub fn ready_status(&self) -> &str {
        self.ready_status_told().unwrap_or("Unknown")
    }

    /// The status of its `Ready` condition, if anybody ever spoke of it.
    pub fn ready_status_told(&self) -> Option<&str> {
        condition(&self.status.conditions, "Ready").map(|ready| ready.status.as_str())
    }

    /// Its address inside the cluster.
    pub fn internal_ip(&self) -> Option<&str> {
        let addresses = self.status.addresses.iter();
        addresses
            .filter(|a| a.r#type == "InternalIP")
            .map(|a| a.address.as_str())
            .next()
    }
}
