//! `src/apiserver/schema.txt` is the API of v1.36 as the `k8s-openapi` crate describes it, and its
//! marks say the truth about our own types.
//!
//! `UPDATE_SCHEMA=1 cargo test -p cluster --test api_schema` writes it anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use k8s_openapi::api::{apps::v1 as apps, core::v1 as core, storage::v1 as storage};
use serde_json::Value;

const SCHEMA: &str = include_str!("../src/apiserver/schema.txt");

/// The sources of our types: a field of the API that no struct here has is only kept.
const OUR_TYPES: &[&str] = &[
    include_str!("../src/object/endpoint_slice.rs"),
    include_str!("../src/object/event.rs"),
    include_str!("../src/object/meta.rs"),
    include_str!("../src/object/node.rs"),
    include_str!("../src/object/pod.rs"),
    include_str!("../src/object/replicaset.rs"),
    include_str!("../src/object/service.rs"),
    include_str!("../src/object/statefulset.rs"),
    include_str!("../src/object/storage_class.rs"),
    include_str!("../src/object/volume.rs"),
    include_str!("../src/apiserver/mod.rs"),
];

/// Fields that are acted on although they lie among the kept ones: where a volume's data is, and what
/// programs find in their environment.
const ACTED_ON: [(&str, &str); 4] = [
    ("Container", "env"),
    ("PersistentVolumeSpec", "hostPath"),
    ("HostPathVolumeSource", "path"),
    ("HostPathVolumeSource", "type"),
];

/// Fields of types that are acted on, but for these.
const ONLY_KEPT: [(&str, &str); 4] = [
    ("EnvVarSource", "configMapKeyRef"),
    ("EnvVarSource", "fileKeyRef"),
    ("EnvVarSource", "resourceFieldRef"),
    ("EnvVarSource", "secretKeyRef"),
];

#[test]
fn the_schema_is_that_of_the_api() {
    let expected = schema();
    if std::env::var_os("UPDATE_SCHEMA").is_some() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/apiserver/schema.txt");
        std::fs::write(path, &expected).unwrap();
        return;
    }
    for (found, expected) in SCHEMA.lines().zip(expected.lines()) {
        assert_eq!(found, expected, "run with UPDATE_SCHEMA=1");
    }
    assert_eq!(SCHEMA.len(), expected.len(), "run with UPDATE_SCHEMA=1");
}

/// Types of which objects' status is made: that is the components' to write, not anyone's to give.
const STATUS_ONLY: [&str; 3] = [
    "ContainerStateTerminated",
    "ContainerStatus",
    "NodeSystemInfo",
];

#[test]
fn nothing_that_is_given_gets_lost() {
    let ours = our_fields();
    let mut losing = Vec::new();
    for line in SCHEMA.lines() {
        let mut words = line.split(' ');
        let name = words.next().unwrap();
        let Some(fields) = ours.get(name) else {
            continue;
        };
        // A type with fields that it lacks must have a place where they are kept.
        let lacks = words.any(|word| word.ends_with('~'));
        if lacks && !fields.contains("other") && !STATUS_ONLY.contains(&name) {
            losing.push(name);
        }
    }
    assert!(
        losing.is_empty(),
        "these types would lose fields: {losing:?}"
    );
}

fn schema() -> String {
    let mut types = BTreeMap::new();
    let mut generator = schemars::SchemaGenerator::default();
    macro_rules! roots {
        ($($root:ty),*) => { $(generator.subschema_for::<$root>();)* };
    }
    roots!(
        apps::ControllerRevision,
        apps::ReplicaSet,
        apps::StatefulSet,
        core::Endpoints,
        core::Event,
        core::Node,
        core::PersistentVolume,
        core::PersistentVolumeClaim,
        core::Pod,
        core::Service,
        k8s_openapi::api::discovery::v1::EndpointSlice,
        storage::StorageClass
    );
    for (name, definition) in generator.take_definitions(true) {
        let Some(fields) = definition.get("properties").and_then(Value::as_object) else {
            continue;
        };
        // The crate asks for the metadata of every object; the API does not.
        let required = definition.get("required").and_then(Value::as_array);
        let required =
            |field: &str| required.is_some_and(|list| list.iter().any(|name| name == field));
        let fields: BTreeMap<String, String> = fields
            .iter()
            .map(|(field, schema)| {
                let mark = if required(field) && field != "metadata" {
                    "!"
                } else {
                    ""
                };
                (field.clone(), code(schema) + mark)
            })
            .collect();
        types.insert(short(&name), fields);
    }
    let ours = our_fields();
    let mut text = String::new();
    for (name, fields) in types {
        text.push_str(&name);
        for (field, code) in fields {
            let kept = ours
                .get(name.as_str())
                .is_some_and(|ours| !ours.contains(&field))
                && !ACTED_ON.contains(&(name.as_str(), field.as_str()))
                && !matches!(field.as_str(), "apiVersion" | "kind")
                || ONLY_KEPT.contains(&(name.as_str(), field.as_str()));
            let mark = if kept { "~" } else { "" };
            write!(text, " {field}:{code}{mark}").unwrap();
        }
        text.push('\n');
    }
    text
}

/// The type of a field in one letter, in brackets for a list, in braces for a map; or its name.
fn code(schema: &Value) -> String {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let name = short(reference.rsplit('/').next().unwrap());
        return match name.as_str() {
            "Quantity" => "q".to_owned(),
            "Time" | "MicroTime" => "t".to_owned(),
            "IntOrString" => "p".to_owned(),
            "RawExtension" | "FieldsV1" => "o".to_owned(),
            _ => name,
        };
    }
    if let Some(only) = schema.get("allOf").and_then(|all| all.get(0)) {
        return code(only);
    }
    let text = |key: &str| schema.get(key).and_then(Value::as_str).unwrap_or_default();
    match (text("type"), text("format")) {
        ("integer", "int32") => "i".to_owned(),
        ("integer", _) => "l".to_owned(),
        ("string", _) => "s".to_owned(),
        ("boolean", _) => "b".to_owned(),
        ("array", _) => format!("[{}", code(&schema["items"])),
        ("object", _) if schema.get("additionalProperties").is_some() => {
            format!("{{{}", code(&schema["additionalProperties"]))
        }
        _ => "o".to_owned(),
    }
}

/// `StatefulSet` of `io.k8s.api.apps.v1.StatefulSet`. What the group discovery.k8s.io calls as the
/// core group does is told apart.
fn short(name: &str) -> String {
    let last = name.rsplit('.').next().unwrap();
    match name.contains(".discovery.") && last != "EndpointSlice" {
        true => format!("Discovery{last}"),
        false => last.to_owned(),
    }
}

/// The fields of our own structs, as JSON spells them, by the struct's name.
fn our_fields() -> BTreeMap<&'static str, BTreeSet<String>> {
    let mut types = BTreeMap::new();
    for source in OUR_TYPES {
        let mut current: Option<&str> = None;
        for line in source.lines() {
            let line = line.strip_prefix("    ").unwrap_or(line);
            if let Some(rest) = line.strip_prefix("pub struct ") {
                current = rest.split([' ', '{', '<']).next();
                if let Some(name) = current {
                    types.insert(name, BTreeSet::new());
                }
            } else if line == "}" {
                current = None;
            } else if let Some(rest) = line.trim().strip_prefix("pub ")
                && let Some(fields) = current.and_then(|name| types.get_mut(name))
                && let Some((field, _)) = rest.split_once(':')
            {
                let field = field.trim_start_matches("r#");
                fields.insert(camel(field));
            }
        }
    }
    types.retain(|_, fields| !fields.is_empty());
    types
}

fn camel(snake: &str) -> String {
    let mut words = snake.split('_');
    let mut camel = words.next().unwrap_or_default().to_owned();
    for word in words {
        match word {
            "ip" | "id" | "uuid" => camel.push_str(&word.to_uppercase()),
            "ips" => camel.push_str("IPs"),
            _ => {
                camel.push_str(&word[..1].to_uppercase());
                camel.push_str(&word[1..]);
            }
        }
    }
    camel
}
