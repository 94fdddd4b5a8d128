//! What every object has: names, labels, owners, times.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Kind;
use super::fields::object;
use crate::time::Time;

/// Fields that Kubernetes has and the simulation does not act on, kept as they came.
pub type Other = Map<String, Value>;

/// Labels, annotations or a selector's `matchLabels`.
pub type Labels = BTreeMap<String, String>;

object! {
    /// `metadata` (meta/v1 ObjectMeta).
    pub struct ObjectMeta {
        pub annotations: Labels = omitempty,
        pub creation_timestamp: Option<Time>,
        pub deletion_grace_period_seconds: Option<i64>,
        /// When the object will be removed at the latest; set, the object is terminating.
        pub deletion_timestamp: Option<Time>,
        pub finalizers: Vec<String>,
        pub generate_name: Option<String>,
        /// Counts changes of the spec; 0 (not shown) for kinds that don't count.
        pub generation: i64 = omitempty,
        pub labels: Labels = omitempty,
        pub name: String = omitempty,
        pub namespace: Option<String>,
        pub owner_references: Vec<OwnerReference>,
        /// Number of the store's write that made this state; a string of digits in JSON.
        pub resource_version: u64,
        pub uid: String = omitempty,
        pub other: Other = rest,
    }
}

impl ObjectMeta {
    /// Marked for deletion.
    pub fn terminating(&self) -> bool {
        self.deletion_timestamp.is_some()
    }

    /// The owner that manages this object, if any.
    pub fn controller(&self) -> Option<&OwnerReference> {
        self.owner_references
            .iter()
            .find(|owner| owner.controller == Some(true))
    }

    /// Whether the managing owner is the object with this uid.
    pub fn controlled_by(&self, uid: &str) -> bool {
        self.controller().is_some_and(|owner| owner.uid == uid)
    }

    /// Whether the finalizer is there.
    pub fn has_finalizer(&self, finalizer: &str) -> bool {
        self.finalizers.iter().any(|present| present == finalizer)
    }
}

object! {
    /// One entry of `metadata.ownerReferences`.
    pub struct OwnerReference {
        pub api_version: String,
        pub block_owner_deletion: Option<bool>,
        pub controller: Option<bool>,
        pub kind: String,
        pub name: String,
        pub uid: String,
    }
}

impl OwnerReference {
    /// The reference with which a controller marks what it made.
    pub fn controller(kind: Kind, name: &str, uid: &str) -> OwnerReference {
        OwnerReference {
            api_version: kind.api_version().to_owned(),
            block_owner_deletion: Some(true),
            controller: Some(true),
            kind: kind.name().to_owned(),
            name: name.to_owned(),
            uid: uid.to_owned(),
        }
    }
}

object! {
    /// `spec.selector` (meta/v1 LabelSelector).
    pub struct LabelSelector {
        /// Every one of these labels must have exactly this value.
        pub match_labels: Labels = omitempty,
        /// Every one of these requirements must hold.
        pub match_expressions: Vec<LabelSelectorRequirement>,
    }

    /// One of a selector's `matchExpressions`.
    pub struct LabelSelectorRequirement {
        pub key: String,
        /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
        pub operator: String,
        pub values: Vec<String>,
    }
}

impl LabelSelector {
    /// Whether nothing is asked for; such a selector matches everything.
    pub fn is_empty(&self) -> bool {
        self.match_labels.is_empty() && self.match_expressions.is_empty()
    }

    /// Whether an object with these labels is selected.
    pub fn matches(&self, labels: &Labels) -> bool {
        includes(labels, &self.match_labels)
            && self
                .match_expressions
                .iter()
                .all(|requirement| requirement.matches(labels))
    }
}

impl LabelSelectorRequirement {
    /// Whether an object with these labels meets it.
    pub fn matches(&self, labels: &Labels) -> bool {
        let value = labels.get(&self.key);
        match self.operator.as_str() {
            "In" => value.is_some_and(|value| self.values.contains(value)),
            "NotIn" => value.is_none_or(|value| !self.values.contains(value)),
            "Exists" => value.is_some(),
            "DoesNotExist" => value.is_none(),
            _ => false,
        }
    }
}

/// Whether `labels` has every pair of `wanted`.
pub fn includes(labels: &Labels, wanted: &Labels) -> bool {
    wanted
        .iter()
        .all(|(key, value)| labels.get(key) == Some(value))
}

object! {
    /// One entry of a `status.conditions` list.
    pub struct Condition {
        pub last_transition_time: Option<Time>,
        pub message: Option<String>,
        pub reason: Option<String>,
        /// `True`, `False` or `Unknown`.
        pub status: String,
        pub r#type: String,
        pub other: Other = rest,
    }
}

/// The condition of this type.
pub fn condition<'a>(conditions: &'a [Condition], kind: &str) -> Option<&'a Condition> {
    conditions.iter().find(|condition| condition.r#type == kind)
}

/// Sets a condition; the time of transition moves only if the status differs from before.
/// Says whether anything changed.
pub fn set_condition(
    conditions: &mut Vec<Condition>,
    kind: &str,
    status: bool,
    reason: Option<&str>,
    message: Option<&str>,
    now: Time,
) -> bool {
    let mut wanted = Condition {
        last_transition_time: Some(now),
        message: message.map(str::to_owned),
        reason: reason.map(str::to_owned),
        status: if status { "True" } else { "False" }.to_owned(),
        r#type: kind.to_owned(),
        other: Other::new(),
    };
    let Some(present) = conditions
        .iter_mut()
        .find(|condition| condition.r#type == kind)
    else {
        conditions.push(wanted);
        return true;
    };
    if present.status == wanted.status {
        wanted.last_transition_time = present.last_transition_time;
    }
    wanted.other.clone_from(&present.other);
    let changed = *present != wanted;
    *present = wanted;
    changed
}
