//! discovery.k8s.io/v1 EndpointSlice. What that group calls as the core group does has its name
//! in front.

use super::fields::object;
use super::meta::{ObjectMeta, Other};
use super::volume::ObjectReference;

object! {
    /// discovery.k8s.io/v1 EndpointSlice: some of the endpoints of a Service that have the same ports.
    pub struct EndpointSlice {
        /// `IPv4`.
        pub address_type: String,
        pub endpoints: Vec<DiscoveryEndpoint>,
        pub metadata: ObjectMeta,
        pub ports: Vec<DiscoveryEndpointPort>,
    }

    /// discovery.k8s.io/v1 Endpoint.
    pub struct DiscoveryEndpoint {
        pub addresses: Vec<String>,
        pub conditions: DiscoveryEndpointConditions,
        /// Only in slices of the governing Service.
        pub hostname: Option<String>,
        pub node_name: Option<String>,
        pub target_ref: Option<ObjectReference>,
        pub other: Other = rest,
    }

    /// discovery.k8s.io/v1 EndpointConditions.
    pub struct DiscoveryEndpointConditions {
        /// Serving and not terminating; always, if the Service publishes addresses that are not ready.
        pub ready: Option<bool>,
        /// The pod is ready, terminating or not.
        pub serving: Option<bool>,
        pub terminating: Option<bool>,
    }

    /// discovery.k8s.io/v1 EndpointPort.
    pub struct DiscoveryEndpointPort {
        pub app_protocol: Option<String>,
        /// Empty if the Service's port has no name.
        pub name: Option<String>,
        pub port: Option<i32>,
        pub protocol: Option<String>,
    }
}

impl EndpointSlice {
    /// Name of the Service whose endpoints these are, if a label says it.
    pub fn service_name(&self) -> Option<&str> {
        self.metadata
            .labels
            .get("kubernetes.io/service-name")
            .map(String::as_str)
    }
}
