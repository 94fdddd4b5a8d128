//! What every object has: names, labels, owners, times.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Kind;
use crate::time::Time;

/// Fields that Kubernetes has and the simulation does not act on, kept as they came.
pub type Other = Map<String, Value>;

/// Labels, annotations or a selector's `matchLabels`.
pub type Labels = BTreeMap<String, String>;

/// `metadata` (meta/v1 ObjectMeta).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs, reason = "named as in the Kubernetes API")]
pub struct ObjectMeta {
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: Labels,
    pub creation_timestamp: Option<Time>,
    pub deletion_grace_period_seconds: Option<i64>,
    /// When the object will be removed at the latest; set, the object is terminating.
    pub deletion_timestamp: Option<Time>,
    pub finalizers: Vec<String>,
    pub generate_name: Option<String>,
    /// Counts changes of the spec; 0 (not shown) for kinds that don't count.
    #[serde(skip_serializing_if = "is_zero")]
    pub generation: i64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: Labels,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub name: String,
    pub namespace: Option<String>,
    pub owner_references: Vec<OwnerReference>,
    /// Number of the store's write that made this state; a string of digits in JSON.
    #[serde(with = "digits", skip_serializing_if = "is_zero_u64")]
    pub resource_version: u64,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub uid: String,
    #[serde(flatten)]
    pub other: Other,
}

fn is_zero(value: &i64) -> bool {
    *value == 0
}

fn is_zero_u64(value: &u64) -> bool {
    *value == 0
}

/// A number that the API writes as a string.
mod digits {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    pub(super) fn serialize<S: Serializer>(value: &u64, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.is_empty() {
            return Ok(0);
        }
        text.parse()
            .map_err(|_| D::Error::custom(format!("invalid resource version \"{text}\"")))
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

/// One entry of `metadata.ownerReferences`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs, reason = "named as in the Kubernetes API")]
pub struct OwnerReference {
    pub api_version: String,
    pub block_owner_deletion: Option<bool>,
    pub controller: Option<bool>,
    pub kind: String,
    pub name: String,
    pub uid: String,
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

/// `spec.selector` (meta/v1 LabelSelector).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct LabelSelector {
    /// Every one of these labels must have exactly this value.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub match_labels: Labels,
    /// Every one of these requirements must hold.
    pub match_expressions: Vec<LabelSelectorRequirement>,
}

/// One of a selector's `matchExpressions`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs, reason = "named as in the Kubernetes API")]
pub struct LabelSelectorRequirement {
    pub key: String,
    /// `In`, `NotIn`, `Exists` or `DoesNotExist`.
    pub operator: String,
    pub values: Vec<String>,
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

/// One entry of a `status.conditions` list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[allow(missing_docs, reason = "named as in the Kubernetes API")]
pub struct Condition {
    pub last_transition_time: Option<Time>,
    pub message: Option<String>,
    pub reason: Option<String>,
    /// `True`, `False` or `Unknown`.
    pub status: String,
    pub r#type: String,
    #[serde(flatten)]
    pub other: Other,
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
