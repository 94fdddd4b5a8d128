//! core/v1 Event: what a component wanted people to know about an object.

use super::fields::object;
use super::meta::{ObjectMeta, Other};
use super::volume::ObjectReference;
use crate::time::Time;

object! {
    /// core/v1 Event.
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
        pub other: Other = rest,
    }

    /// core/v1 EventSource.
    pub struct EventSource {
        pub component: String,
        pub host: Option<String>,
    }
}
