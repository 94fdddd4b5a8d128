//! Revisions of the pod template: reference/statefulset-controller.md §3
//! (`pkg/controller/history/controller_history.go`).

use serde_json::{Value, json};

use crate::object::statefulset::{ControllerRevision, StatefulSet};
use crate::object::{Kind, ObjectMeta, OwnerReference, fields};
use crate::{Config, Version};

const HASH_LABEL: &str = "controller.kubernetes.io/hash";

/// The revision that the set's template is, or would be: its name and contents, numbered 0.
pub(crate) fn of(set: &StatefulSet, config: &Config) -> ControllerRevision {
    let mut template = fields(&set.spec.template);
    if let Some(template) = template.as_object_mut() {
        template.insert("$patch".to_owned(), "replace".into());
        // Before v1.34 an unset creation time was written as null; the hash covers it.
        if config.version < Version::V1_34
            && let Some(metadata) = template.get_mut("metadata").and_then(Value::as_object_mut)
        {
            metadata.insert("creationTimestamp".to_owned(), Value::Null);
        }
    }
    let data = json!({"spec": {"template": template}});
    let hash = hash(&data.to_string(), collisions(set));
    let mut labels = set.spec.template.metadata.labels.clone();
    labels.insert(HASH_LABEL.to_owned(), hash.clone());
    let name = &set.metadata.name;
    ControllerRevision {
        data,
        metadata: ObjectMeta {
            name: named(set, &hash),
            labels,
            annotations: set.metadata.annotations.clone(),
            owner_references: vec![OwnerReference::controller(
                Kind::StatefulSet,
                name,
                &set.metadata.uid,
            )],
            ..ObjectMeta::default()
        },
        revision: 0,
    }
}

/// How often a revision's name was taken by something else: §3.8.
pub(super) fn collisions(set: &StatefulSet) -> i32 {
    set.status.collision_count.unwrap_or(0)
}

/// The name of the revision after so many collisions.
pub(super) fn name(set: &StatefulSet, revision: &ControllerRevision, collisions: i32) -> String {
    named(set, &hash(&revision.data.to_string(), collisions))
}

fn named(set: &StatefulSet, hash: &str) -> String {
    let name = &set.metadata.name;
    format!("{}-{hash}", name.get(..223).unwrap_or(name))
}

/// FNV-1 (32 bit: multiply, then xor) over the JSON and the decimal collision count; the decimal
/// digits of the sum are spelled with letters that make no words.
fn hash(data: &str, collisions: i32) -> String {
    const ALPHABET: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
    let sum = data
        .bytes()
        .chain(collisions.to_string().bytes())
        .fold(0x811c_9dc5_u32, |hash, byte| {
            hash.wrapping_mul(0x0100_0193) ^ u32::from(byte)
        });
    let digits = sum.to_string();
    digits
        .bytes()
        .map(|digit| char::from(ALPHABET[usize::from(digit) % 27]))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vectors of reference/statefulset-controller.md §3.3.
    #[test]
    fn hashes_as_upstream() {
        let check = |data: &str, collisions, expected: &str| {
            assert_eq!(hash(data, collisions), expected);
        };
        check("", 0, "d8bfb7bc");
        check(
            r#"{"spec":{"template":{"$patch":"replace"}}}"#,
            0,
            "589f85db5b",
        );
        check(
            r#"{"spec":{"template":{"$patch":"replace"}}}"#,
            1,
            "589f85db5c",
        );
        check(
            r#"{"spec":{"template":{"$patch":"replace","metadata":{"labels":{"app":"nginx"}}}}}"#,
            0,
            "54b846858f",
        );
    }
}
