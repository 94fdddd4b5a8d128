//! `kubectl apply -f`: a three-way merge between what the file said last time, what it says now,
//! and what is there (`pkg/cmd/apply`; apimachinery `util/strategicpatch`).

use cluster::{Patch, Request};
use serde_json::{Map, Value, json};

use crate::args::Args;
use crate::create::{DryRun, need_files, options, written};
use crate::emit;
use crate::errors::Problem;
use crate::manifest::{self, Manifest};
use crate::session::{Done, Session, qualified};

/// The annotation in which kubectl keeps what the file said.
pub(crate) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

pub(crate) fn apply(args: &Args, session: &mut Session<'_>) -> Done {
    need_files(args)?;
    let (dry_run, options) = options(args)?;
    let manifests = manifest::load(args, session);
    if manifests.is_empty() && session.is_well() {
        return Err(Problem::plain("no objects passed to apply"));
    }
    for manifest in manifests {
        let applied = match check(&manifest) {
            Ok(()) => {
                let modified = with_last_applied(&manifest.value);
                apply_one(&manifest, modified, dry_run, options, session)
            }
            Err(problem) => Err(problem),
        };
        match applied {
            Ok((operation, value)) => {
                let operation = format!("{operation}{}", dry_run.suffix());
                let name = qualified(manifest.kind, &manifest.name);
                let text = written(args, &name, &operation, &value)?;
                session.out(&text);
            }
            Err(problem) => session.complain(problem),
        }
    }
    Ok(None)
}

/// An object is applied by its name.
fn check(manifest: &Manifest) -> Result<(), Problem> {
    if !manifest.name.is_empty() {
        return Ok(());
    }
    if let Some(generated) = manifest.value.pointer("/metadata/generateName") {
        let generated = generated.as_str().unwrap_or_default();
        return Err(Problem::plain(format!(
            "from {generated}: cannot use generate name with apply"
        )));
    }
    Err(Problem::plain(format!(
        "error when retrieving current configuration of:\n{}\nfrom server for: {}: resource name may not be empty",
        described(manifest),
        manifest.quoted_source()
    )))
}

/// How messages name the object.
fn described(manifest: &Manifest) -> String {
    let kind = manifest.kind;
    let (api_version, plural) = (kind.api_version(), kind.info().plural);
    let namespace = manifest.value.pointer("/metadata/namespace");
    format!(
        "Resource: \"{api_version}, Resource={plural}\", GroupVersionKind: \"{api_version}, Kind={}\"\nName: \"{}\", Namespace: \"{}\"",
        kind.name(),
        manifest.name,
        namespace.and_then(Value::as_str).unwrap_or_default()
    )
}

/// Makes the object as `modified` says, which is the file's text with or without what keeps it.
pub(crate) fn apply_one(
    manifest: &Manifest,
    modified: Value,
    dry_run: DryRun,
    options: cluster::WriteOptions,
    session: &mut Session<'_>,
) -> Result<(&'static str, Value), Problem> {
    let Ok(current) = session.get(manifest.kind, &manifest.name) else {
        if dry_run == DryRun::Client {
            return Ok(("created", modified));
        }
        let doing = format!("error when creating {}: ", manifest.quoted_source());
        let request = Request::Create {
            object: modified,
            options,
        };
        let response = manifest.request(&request, &doing, session)?;
        return Ok(("created", response.object.to_value()));
    };
    let keeps = modified.pointer("/metadata/annotations");
    if keeps.is_some_and(|keeps| keeps.get(LAST_APPLIED).is_some()) {
        warn(manifest, &current, session);
    }
    let current = current.to_value();
    let original = last_applied(&current);
    let desired = three_way(original.as_ref(), &modified, &current);
    let patch = difference(&current, &desired);
    if !desired_differs(original.as_ref(), &modified, &current, "") {
        return Ok(("unchanged", current));
    }
    if dry_run == DryRun::Client {
        return Ok(("configured", desired));
    }
    let doing = format!(
        "error when applying patch:\n{}\nto:\n{}\nfor: {}: error when patching {}: ",
        emit::to_compact_json(&patch),
        described(manifest),
        manifest.quoted_source(),
        manifest.quoted_source()
    );
    let request = Request::Patch {
        kind: manifest.kind,
        name: manifest.name.clone(),
        patch: Patch::Merge(patch),
        options,
    };
    let response = manifest.request(&request, &doing, session)?;
    Ok(("configured", response.object.to_value()))
}

fn warn(manifest: &Manifest, current: &cluster::object::Object, session: &mut Session<'_>) {
    let metadata = current.metadata();
    let name = &manifest.name;
    if !metadata.annotations.contains_key(LAST_APPLIED) {
        let plural = manifest.kind.info().plural;
        session.err(&format!(
            "Warning: resource {plural}/{name} is missing the {LAST_APPLIED} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n"
        ));
    }
    if metadata.terminating() {
        session.err(&format!(
            "Warning: Detected changes to resource {name} which is currently being deleted.\n"
        ));
    }
}

/// The object without the annotation that keeps it, but with annotations.
pub(crate) fn without_last_applied(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        let annotations = metadata.remove("annotations").unwrap_or_default();
        let mut given = annotations.as_object().cloned().unwrap_or_default();
        given.remove(LAST_APPLIED);
        metadata.insert("annotations".to_owned(), Value::Object(given));
    }
    object
}

/// The object with the annotation that keeps it.
pub(crate) fn with_last_applied(object: &Value) -> Value {
    let mut object = without_last_applied(object);
    let kept = format!("{}\n", emit::to_compact_json(&object));
    if let Some(annotations) = object.pointer_mut("/metadata/annotations") {
        annotations[LAST_APPLIED] = kept.into();
    }
    object
}

/// What the file said last time.
pub(crate) fn last_applied(current: &Value) -> Option<Value> {
    let annotations = current.pointer("/metadata/annotations")?;
    serde_json::from_str(annotations.get(LAST_APPLIED)?.as_str()?).ok()
}

/// The fields by which elements of a list are told apart (`patchMergeKey` of the API types): the
/// first that the element has.
fn merge_keys(field: &str) -> &'static [&'static str] {
    match field {
        "containers"
        | "initContainers"
        | "ephemeralContainers"
        | "volumes"
        | "env"
        | "imagePullSecrets" => &["name"],
        "volumeMounts" => &["mountPath"],
        "volumeDevices" => &["devicePath"],
        "ports" => &["containerPort", "port"],
        "hostAliases" | "podIPs" => &["ip"],
        "ownerReferences" => &["uid"],
        "conditions" | "addresses" => &["type"],
        "topologySpreadConstraints" => &["topologyKey"],
        _ => &[],
    }
}

fn identity<'a>(field: &str, element: &'a Value) -> Option<&'a Value> {
    merge_keys(field).iter().find_map(|key| element.get(key))
}

/// The list as elements with their identities, if it is merged by them.
fn keyed<'a>(field: &str, list: &'a [Value]) -> Option<Vec<(&'a Value, &'a Value)>> {
    if merge_keys(field).is_empty() {
        return None;
    }
    let pairs = list
        .iter()
        .map(|element| Some((identity(field, element)?, element)));
    pairs.collect()
}

/// The object as it should be: what the file says over what is there, without what the file no
/// longer says.
pub(crate) fn three_way(original: Option<&Value>, modified: &Value, current: &Value) -> Value {
    merged(original, modified, Some(current), "")
}

fn merged(
    original: Option<&Value>,
    modified: &Value,
    current: Option<&Value>,
    field: &str,
) -> Value {
    match (modified, current) {
        (Value::Object(wanted), Some(Value::Object(present))) => {
            let before = original.and_then(Value::as_object);
            let mut result = present.clone();
            for key in before.into_iter().flat_map(Map::keys) {
                if !wanted.contains_key(key) {
                    result.remove(key);
                }
            }
            for (key, value) in wanted {
                if value.is_null() {
                    result.remove(key);
                    continue;
                }
                let old = before.and_then(|before| before.get(key));
                result.insert(key.clone(), merged(old, value, present.get(key), key));
            }
            Value::Object(result)
        }
        (Value::Array(wanted), Some(Value::Array(present))) => {
            let before = original.and_then(Value::as_array).map(Vec::as_slice);
            merged_list(before.unwrap_or_default(), wanted, present, field)
                .unwrap_or_else(|| modified.clone())
        }
        _ => modified.clone(),
    }
}

fn merged_list(
    before: &[Value],
    wanted: &[Value],
    present: &[Value],
    field: &str,
) -> Option<Value> {
    let wanted_by_key = keyed(field, wanted)?;
    let present_by_key = keyed(field, present)?;
    let before_by_key = keyed(field, before)?;
    let find = |list: &[(&Value, &Value)], key: &Value| {
        let found = list.iter().find(|(other, _)| *other == key);
        found.map(|(_, element)| (*element).clone())
    };
    let mut result = Vec::new();
    for (key, element) in &wanted_by_key {
        let old = find(&before_by_key, key);
        let now = find(&present_by_key, key);
        result.push(merged(old.as_ref(), element, now.as_ref(), ""));
    }
    // What others added stays, after what the file says.
    for (key, element) in &present_by_key {
        let known = find(&wanted_by_key, key).is_some() || find(&before_by_key, key).is_some();
        if !known {
            result.push((*element).clone());
        }
    }
    Some(Value::Array(result))
}

/// Whether kubectl's patch would not be empty: something the file says is not so, or something it
/// said before is no longer in it. A list without keys must be equal as a whole, which a list with
/// defaults filled in never is.
fn desired_differs(
    original: Option<&Value>,
    modified: &Value,
    current: &Value,
    field: &str,
) -> bool {
    match (modified, current) {
        (Value::Object(wanted), Value::Object(present)) => {
            let before = original.and_then(Value::as_object);
            let dropped =
                before.is_some_and(|before| before.keys().any(|key| !wanted.contains_key(key)));
            dropped
                || wanted.iter().any(|(key, value)| match present.get(key) {
                    None => !value.is_null() && !empty(value),
                    Some(now) => {
                        let old = before.and_then(|before| before.get(key));
                        desired_differs(old, value, now, key)
                    }
                })
        }
        (Value::Array(wanted), Value::Array(present)) => {
            match (keyed(field, wanted), keyed(field, present)) {
                (Some(wanted), Some(present)) => {
                    let before = original.and_then(Value::as_array).map(Vec::as_slice);
                    let before = keyed(field, before.unwrap_or_default()).unwrap_or_default();
                    let find = |list: &[(&Value, &Value)], key: &Value| {
                        let found = list.iter().find(|(other, _)| *other == key);
                        found.map(|(_, element)| (*element).clone())
                    };
                    before.iter().any(|(key, _)| find(&wanted, key).is_none())
                        || wanted
                            .iter()
                            .any(|(key, element)| match find(&present, key) {
                                Some(now) => {
                                    desired_differs(find(&before, key).as_ref(), element, &now, "")
                                }
                                None => true,
                            })
                }
                _ => wanted != present,
            }
        }
        _ => modified != current,
    }
}

/// What the store leaves out, so that its absence is no difference.
fn empty(value: &Value) -> bool {
    match value {
        Value::Object(fields) => fields.values().all(empty),
        Value::Array(list) => list.is_empty(),
        _ => false,
    }
}

/// The merge patch (RFC 7386) that makes `desired` of `current`.
pub(crate) fn difference(current: &Value, desired: &Value) -> Value {
    let (Value::Object(present), Value::Object(wanted)) = (current, desired) else {
        return desired.clone();
    };
    let mut patch = Map::new();
    for key in present.keys().filter(|key| !wanted.contains_key(*key)) {
        patch.insert(key.clone(), Value::Null);
    }
    for (key, value) in wanted {
        match present.get(key) {
            Some(now) if now == value => {}
            Some(now @ Value::Object(_)) if value.is_object() => {
                patch.insert(key.clone(), difference(now, value));
            }
            _ => {
                patch.insert(key.clone(), value.clone());
            }
        }
    }
    json!(patch)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_ways_meet() {
        let check = |original: Value, modified: Value, current: Value, expected: Value| {
            let desired = three_way(Some(&original), &modified, &current);
            assert_eq!(desired, expected);
            let mut patched = current.clone();
            merge_patch(&mut patched, &difference(&current, &desired));
            assert_eq!(patched, expected, "the patch leads there");
        };
        // Added by others and kept; changed; no longer said.
        check(
            json!({"a": 1, "b": 1}),
            json!({"a": 2}),
            json!({"a": 1, "b": 1, "c": 1}),
            json!({"a": 2, "c": 1}),
        );
        check(
            json!({"s": {"replicas": 3, "x": 1}}),
            json!({"s": {"x": 1}}),
            json!({"s": {"replicas": 5, "x": 1, "y": 2}}),
            json!({"s": {"x": 1, "y": 2}}),
        );
        // Lists of named things are merged, others replaced.
        check(
            json!({"containers": [{"name": "a", "image": "1"}, {"name": "b"}]}),
            json!({"containers": [{"name": "a", "image": "2"}]}),
            json!({"containers": [{"name": "b"}, {"name": "a", "image": "1", "p": "d"}, {"name": "c"}]}),
            json!({"containers": [{"name": "a", "image": "2", "p": "d"}, {"name": "c"}]}),
        );
        check(
            json!({"modes": ["x"]}),
            json!({"modes": ["y"]}),
            json!({"modes": ["x"]}),
            json!({"modes": ["y"]}),
        );
        check(
            json!({"ports": [{"port": 80}]}),
            json!({"ports": [{"port": 80, "targetPort": 8080}]}),
            json!({"ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}]}),
            json!({"ports": [{"port": 80, "protocol": "TCP", "targetPort": 8080}]}),
        );
    }

    fn merge_patch(target: &mut Value, patch: &Value) {
        let Value::Object(changes) = patch else {
            *target = patch.clone();
            return;
        };
        if !target.is_object() {
            *target = json!({});
        }
        for (key, change) in changes {
            if change.is_null() {
                target.as_object_mut().unwrap().remove(key);
            } else {
                merge_patch(&mut target[key], change);
            }
        }
    }

    #[test]
    fn an_empty_patch_changes_nothing() {
        let check = |original: Value, modified: Value, current: Value, expected: bool| {
            assert_eq!(
                desired_differs(Some(&original), &modified, &current, ""),
                expected
            );
        };
        let file = json!({"spec": {"replicas": 2, "ports": [{"port": 80}]}});
        let now =
            json!({"spec": {"replicas": 2, "ports": [{"port": 80, "protocol": "TCP"}], "x": 1}});
        check(file.clone(), file.clone(), now.clone(), false);
        check(
            file.clone(),
            json!({"spec": {"replicas": 3}}),
            now.clone(),
            true,
        );
        check(
            file.clone(),
            json!({"spec": {"replicas": 2}}),
            now.clone(),
            true,
        );
        check(
            file,
            json!({"spec": {"replicas": 2, "ports": [{"port": 81}]}}),
            now,
            true,
        );
        let templates = json!({"volumeClaimTemplates": [{"spec": {"a": 1}}]});
        let defaulted =
            json!({"volumeClaimTemplates": [{"spec": {"a": 1, "volumeMode": "Filesystem"}}]});
        check(templates.clone(), templates, defaulted, true);
    }

    #[test]
    fn the_annotation_keeps_what_the_file_says() {
        let object = json!({"kind": "Pod", "metadata": {"name": "a", "annotations": {"x": "<"}}});
        let applied = with_last_applied(&object);
        assert_eq!(
            applied["metadata"]["annotations"][LAST_APPLIED],
            "{\"kind\":\"Pod\",\"metadata\":{\"annotations\":{\"x\":\"\\u003c\"},\"name\":\"a\"}}\n"
        );
        assert_eq!(applied["metadata"]["annotations"]["x"], "<");
        assert_eq!(last_applied(&applied), Some(object));
    }
}
