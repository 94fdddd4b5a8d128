//! core/v1 Event: what a component wanted people to know about an object.

use serde::{Deserialize, Serialize};

use super::meta::{ObjectMeta, Other};
use super::volume::ObjectReference;
use crate::time::Time;

/// core/v1 Event.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs, reason = "named as in the Kubernetes API")]
pub struct Event {
    /// How often it happened; repeats of one event are counted, not listed.
    pub count: i32,
    pub first_timestamp: Option<Time>,
    pub involved_object: ObjectReference,
    pub last_timestamp: Option<Time>,
    pub message: String,
    pub metadata: ObjectMeta,
    pub reason: String,
    pub reporting_component: String,
    pub source: EventSource,
    /// `Normal` or `Warning`.
    pub r#type: String,
    #[serde(flatten)]
    pub other: Other,
}

/// core/v1 EventSource.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs, reason = "named as in the Kubernetes API")]
pub struct EventSource {
    pub component: String,
    pub host: Option<String>,
}
