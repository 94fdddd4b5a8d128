//! core/v1 Service and Endpoints.

use serde_json::Value;

use super::fields::{Field, object};
use super::meta::{Labels, ObjectMeta, Other};
use super::volume::ObjectReference;

object! {
    /// core/v1 Service.
    pub struct Service {
        pub metadata: ObjectMeta,
        pub spec: ServiceSpec,
        pub status: Value,
    }

    /// core/v1 ServiceSpec.
    pub struct ServiceSpec {
        /// A virtual IP, or `None` (the word) for a headless Service.
        pub cluster_ip: Option<String>,
        pub cluster_ips: Vec<String>,
        pub ports: Vec<ServicePort>,
        pub publish_not_ready_addresses: Option<bool>,
        pub selector: Labels = omitempty,
        pub r#type: Option<String>,
        pub other: Other = rest,
    }

    /// core/v1 ServicePort.
    pub struct ServicePort {
        pub app_protocol: Option<String>,
        pub name: Option<String>,
        pub port: i32,
        pub protocol: Option<String>,
        pub target_port: Option<IntOrString>,
        pub other: Other = rest,
    }
}

/// A port by number or by the container port's name.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "named as in the Kubernetes API")]
pub enum IntOrString {
    Int(i32),
    String(String),
}

impl Default for IntOrString {
    fn default() -> IntOrString {
        IntOrString::Int(0)
    }
}

impl Field for IntOrString {
    fn write(&self) -> Value {
        match self {
            IntOrString::Int(number) => Value::from(*number),
            IntOrString::String(text) => Value::from(text.as_str()),
        }
    }

    fn read(&mut self, value: Value) {
        *self = match value {
            Value::String(text) => IntOrString::String(text),
            other => IntOrString::Int(super::from_value(other)),
        };
    }
}

impl Service {
    /// Without a virtual IP: the name leads to the pods themselves.
    pub fn headless(&self) -> bool {
        self.spec.cluster_ip.as_deref() == Some("None")
    }

    /// Whether addresses are published before their pods are ready.
    pub fn publishes_not_ready(&self) -> bool {
        self.spec.publish_not_ready_addresses == Some(true)
    }
}

object! {
    /// core/v1 Endpoints.
    pub struct Endpoints {
        pub metadata: ObjectMeta,
        pub subsets: Vec<EndpointSubset>,
    }

    /// core/v1 EndpointSubset.
    #[derive(Eq, PartialOrd, Ord)]
    pub struct EndpointSubset {
        pub addresses: Vec<EndpointAddress>,
        pub not_ready_addresses: Vec<EndpointAddress>,
        pub ports: Vec<EndpointPort>,
    }

    /// core/v1 EndpointAddress.
    #[derive(Eq, PartialOrd, Ord)]
    pub struct EndpointAddress {
        pub hostname: Option<String>,
        pub ip: String,
        pub node_name: Option<String>,
        pub target_ref: Option<ObjectReference>,
    }

    /// core/v1 EndpointPort.
    #[derive(Eq, PartialOrd, Ord)]
    pub struct EndpointPort {
        pub app_protocol: Option<String>,
        pub name: Option<String>,
        pub port: i32,
        pub protocol: Option<String>,
    }
}
