//! Changing parts of an object: merge patch (RFC 7386) and the strategic merge of lists by key
//! (apimachinery `util/strategicpatch`), as far as the simulated kinds need it, and JSON Patch.

use serde_json::Value;

use super::{FieldError, Status, json_patch};

/// A change to parts of an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Patch {
    /// `application/merge-patch+json`: objects merge, `null` removes, anything else replaces.
    Merge(Value),
    /// `application/strategic-merge-patch+json`: as merge, but lists of named things merge by name.
    Strategic(Value),
    /// `application/json-patch+json` (RFC 6902): a list of operations.
    Json(Value),
}

/// The field by which the elements of a list are told apart, if they are.
/// (`patchMergeKey` in the API types; the ports of a Service differ from those of a container.)
fn merge_key(field: &str, elements: &[Value]) -> Option<&'static str> {
    let of_container = |port: &Value| port.get("containerPort").is_some();
    match field {
        "containers" | "initContainers" | "volumes" | "env" | "imagePullSecrets" => Some("name"),
        "volumeMounts" => Some("mountPath"),
        "ports" if elements.iter().any(of_container) => Some("containerPort"),
        "ports" => Some("port"),
        "ownerReferences" => Some("uid"),
        "conditions" => Some("type"),
        _ => None,
    }
}

impl Patch {
    /// Changes the object.
    ///
    /// # Errors
    /// `BadRequest` if the patch has the wrong form, `Invalid` if an operation can't be done.
    pub(super) fn apply(&self, object: &mut Value) -> Result<(), Status> {
        match self {
            Patch::Merge(patch @ Value::Object(_)) => merge(object, patch, false, ""),
            Patch::Strategic(patch @ Value::Object(_)) => merge(object, patch, true, ""),
            Patch::Json(Value::Array(operations)) => {
                json_patch::apply(object, operations).map_err(|_| Status::rejected())?;
            }
            Patch::Json(_) => return Err(malformed("[]jsonpatch.Operation")),
            _ => return Err(malformed("map[string]interface {}")),
        }
        Ok(())
    }

    /// The error for a patch that makes a field another type than `wanted`; `why` is the decoder's
    /// word for it (apiserver `pkg/endpoints/handlers/patch.go`).
    pub(super) fn undecodable(&self, wanted: &str, why: &str) -> Status {
        let (patch, why) = match self {
            Patch::Strategic(patch) => (go_text(patch), format!("unrecognized type: {wanted}")),
            Patch::Merge(patch) | Patch::Json(patch) => (patch.to_string(), why.to_owned()),
        };
        Status {
            causes: vec![FieldError::invalid("patch", patch, why)],
            ..Status::rejected()
        }
    }
}

fn malformed(wanted: &str) -> Status {
    Status::bad_request(format!(
        "error decoding patch: json: cannot unmarshal into Go value of type {wanted}"
    ))
}

/// A value as Go's `%v` prints it.
fn go_text(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(elements) => {
            let list: Vec<String> = elements.iter().map(go_text).collect();
            format!("[{}]", list.join(" "))
        }
        Value::Object(fields) => {
            let list: Vec<String> = fields
                .iter()
                .map(|(name, value)| format!("{name}:{}", go_text(value)))
                .collect();
            format!("map[{}]", list.join(" "))
        }
        plain => plain.to_string(),
    }
}

fn merge(target: &mut Value, patch: &Value, strategic: bool, field: &str) {
    match patch {
        Value::Object(changes) => {
            if !target.is_object() {
                *target = Value::Object(serde_json::Map::new());
            }
            let Value::Object(fields) = target else {
                return;
            };
            for (name, change) in changes {
                if change.is_null() {
                    fields.remove(name);
                } else {
                    merge(
                        fields.entry(name.clone()).or_insert(Value::Null),
                        change,
                        strategic,
                        name,
                    );
                }
            }
        }
        Value::Array(changes) => match merge_key(field, changes).filter(|_| strategic) {
            Some(key) => merge_list(target, changes, key),
            None => *target = patch.clone(),
        },
        other => *target = other.clone(),
    }
}

fn merge_list(target: &mut Value, changes: &[Value], key: &str) {
    if !target.is_array() {
        *target = Value::Array(Vec::new());
    }
    let Value::Array(elements) = target else {
        return;
    };
    for change in changes {
        let same =
            |element: &Value| change.get(key).is_some() && element.get(key) == change.get(key);
        if change.get("$patch").and_then(Value::as_str) == Some("delete") {
            elements.retain(|element| !same(element));
        } else if let Some(element) = elements.iter_mut().find(|element| same(element)) {
            merge(element, change, true, "");
        } else {
            elements.push(change.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn merge_and_strategic_merge() {
        let check = |patch: Patch, expected: Value| {
            let mut object = json!({"spec": {"replicas": 2, "paused": true, "containers": [
                {"name": "a", "image": "x"}, {"name": "b", "image": "y"}]}});
            patch.apply(&mut object).unwrap();
            assert_eq!(object, expected);
        };
        check(
            Patch::Merge(json!({"spec": {"replicas": 3, "paused": null, "containers": []}})),
            json!({"spec": {"replicas": 3, "containers": []}}),
        );
        check(
            Patch::Strategic(json!({"spec": {"paused": null, "containers": [
                {"name": "b", "image": "z"}, {"name": "a", "$patch": "delete"}]}})),
            json!({"spec": {"replicas": 2, "containers": [{"name": "b", "image": "z"}]}}),
        );
        let mut service = json!({"ports": [{"port": 80, "name": "http"}, {"port": 443}]});
        let patch = Patch::Strategic(json!({"ports": [{"port": 80, "targetPort": 8080}]}));
        patch.apply(&mut service).unwrap();
        let http = json!({"port": 80, "name": "http", "targetPort": 8080});
        assert_eq!(service, json!({"ports": [http, {"port": 443}]}));
        assert!(Patch::Merge(json!(3)).apply(&mut json!({})).is_err());
    }
}
