//! Until v1.26 kubectl itself looked for missing fields, with the server's API description, before
//! it asked; since then the server alone decides (`--validate`).

use cluster::Version;
use serde_json::Value;

/// Type of an object and the fields it can't do without; where such objects stand, by kind.
struct Rule {
    kinds: &'static [&'static str],
    /// `/` leads to a field, `[]` to each element of the list there.
    path: &'static str,
    definition: &'static str,
    required: &'static [&'static str],
}

const RULES: &[Rule] = &[
    Rule {
        kinds: &["StatefulSet"],
        path: "spec",
        definition: "io.k8s.api.apps.v1.StatefulSetSpec",
        required: &["selector", "serviceName", "template"],
    },
    Rule {
        kinds: &["ReplicaSet"],
        path: "spec",
        definition: "io.k8s.api.apps.v1.ReplicaSetSpec",
        required: &["selector"],
    },
    Rule {
        kinds: &["StatefulSet", "ReplicaSet"],
        path: "spec/template/spec",
        definition: "io.k8s.api.core.v1.PodSpec",
        required: &["containers"],
    },
    Rule {
        kinds: &["StatefulSet", "ReplicaSet"],
        path: "spec/template/spec/containers[]",
        definition: "io.k8s.api.core.v1.Container",
        required: &["name"],
    },
    Rule {
        kinds: &["Pod"],
        path: "spec",
        definition: "io.k8s.api.core.v1.PodSpec",
        required: &["containers"],
    },
    Rule {
        kinds: &["Pod"],
        path: "spec/containers[]",
        definition: "io.k8s.api.core.v1.Container",
        required: &["name"],
    },
    Rule {
        kinds: &["Service"],
        path: "spec/ports[]",
        definition: "io.k8s.api.core.v1.ServicePort",
        required: &["port"],
    },
];

/// The fields that are missing, told as that kubectl tells them.
///
/// # Errors
/// What goes after `error validating data: `.
pub(crate) fn check(object: &Value, version: Version) -> Result<(), String> {
    if version >= Version::V1_27 {
        return Ok(());
    }
    let kind = object["kind"].as_str().unwrap_or_default();
    let rules = RULES.iter().filter(|rule| rule.kinds.contains(&kind));
    let mut missing = Vec::new();
    for rule in rules {
        for (path, part) in parts(object, kind, rule.path) {
            let absent = rule
                .required
                .iter()
                .filter(|field| part.get(**field).is_none());
            let definition = rule.definition;
            missing.extend(absent.map(|field| {
                format!(
                    "ValidationError({path}): missing required field \"{field}\" in {definition}"
                )
            }));
        }
    }
    match missing.as_slice() {
        [] => Ok(()),
        [only] => Err(only.clone()),
        several => Err(format!("[{}]", several.join(", "))),
    }
}

/// The objects at a path, each with its path as it is told.
fn parts<'a>(object: &'a Value, kind: &str, path: &str) -> Vec<(String, &'a Value)> {
    let mut parts = vec![(kind.to_owned(), object)];
    for step in path.split('/') {
        let (name, each) = match step.strip_suffix("[]") {
            Some(name) => (name, true),
            None => (step, false),
        };
        parts = parts
            .into_iter()
            .filter_map(|(told, part)| Some((format!("{told}.{name}"), part.get(name)?)))
            .flat_map(|(told, part)| match part {
                Value::Array(list) if each => {
                    let list = list.iter().enumerate();
                    list.map(|(index, part)| (format!("{told}[{index}]"), part))
                        .collect()
                }
                part => vec![(told, part)],
            })
            .filter(|(_, part)| part.is_object())
            .collect();
    }
    parts
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn missing_fields() {
        let check = |object: Value, expected: Result<(), &str>| {
            let expected = expected.map_err(str::to_owned);
            assert_eq!(check(&object, Version::V1_20), expected);
            assert_eq!(super::check(&object, Version::V1_36), Ok(()));
        };
        check(json!({"kind": "PersistentVolume"}), Ok(()));
        check(
            json!({"kind": "StatefulSet", "spec": {"selector": {}, "template": {}}}),
            Err(
                "ValidationError(StatefulSet.spec): missing required field \"serviceName\" in io.k8s.api.apps.v1.StatefulSetSpec",
            ),
        );
        let spec = json!({"containers": [{"name": "a"}, {"image": "b"}]});
        check(
            json!({"kind": "ReplicaSet", "spec": {"selector": {}, "template": {"spec": spec}}}),
            Err(
                "ValidationError(ReplicaSet.spec.template.spec.containers[1]): missing required field \"name\" in io.k8s.api.core.v1.Container",
            ),
        );
        check(
            json!({"kind": "Pod", "spec": {}}),
            Err(
                "ValidationError(Pod.spec): missing required field \"containers\" in io.k8s.api.core.v1.PodSpec",
            ),
        );
        check(
            json!({"kind": "ReplicaSet", "spec": {"template": {"spec": {}}}}),
            Err(
                "[ValidationError(ReplicaSet.spec): missing required field \"selector\" in io.k8s.api.apps.v1.ReplicaSetSpec, ValidationError(ReplicaSet.spec.template.spec): missing required field \"containers\" in io.k8s.api.core.v1.PodSpec]",
            ),
        );
    }
}
