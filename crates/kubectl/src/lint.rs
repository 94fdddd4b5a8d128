//! What is wrong with a manifest while it is written: in the words of kubectl and of the server, and
//! with the place, which neither of them knows.

use cluster::apiserver::schema;
use cluster::object::{Kind, Object};
use cluster::{Cluster, FieldValidation, Patch, Request};
use serde_json::Value;

use crate::diff::unified;
use crate::manifest::wide_character;
use crate::note::Note;
use crate::session::{qualified, write_options};
use crate::shell::distance;
use crate::yaml::{self, Node, Position};
use crate::{apply, emit};

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Where.
    pub position: Position,
    /// What, in the real program's words.
    pub message: String,
    /// What may have been meant.
    pub suggestion: Option<String>,
}

/// What is wrong with a text, in the order in which it stands.
pub fn lint(text: &str, cluster: &Cluster) -> Vec<Finding> {
    let mut findings = Vec::new();
    let stream = yaml::read(text);
    let mut add = |position: Position, message: &str, suggestion: Option<&str>| {
        findings.push(Finding {
            position,
            message: message.to_owned(),
            suggestion: suggestion.map(str::to_owned),
        });
    };
    if let Some(Note::WideCharacter {
        position,
        found,
        wanted,
        ..
    }) = wide_character("", text)
    {
        add(position, &found.to_string(), Some(&wanted.to_string()));
    }
    for document in &stream.documents {
        for (key, position) in &document.duplicates {
            add(
                *position,
                &["key \"", key, "\" already set in map"].concat(),
                None,
            );
        }
        let whole = document.root.to_value();
        let items = document.root.get("items");
        match (items.map(|items| &items.content), whole.get("items")) {
            (Some(yaml::Content::List(nodes)), Some(Value::Array(values))) => {
                let pairs = nodes.iter().zip(values);
                pairs.for_each(|(node, value)| object(value, node, cluster, &mut add));
            }
            _ => object(&whole, &document.root, cluster, &mut add),
        }
    }
    if let Some(fault) = &stream.fault {
        add(fault.position, &fault.problem, None);
        if let Some((bracket, position)) = fault.unclosed {
            add(position, &bracket.to_string(), None);
        }
    }
    findings.sort_by_key(|finding| finding.position);
    findings
}

type Add<'a> = &'a mut dyn FnMut(Position, &str, Option<&str>);

fn object(value: &Value, node: &Node, cluster: &Cluster, add: Add<'_>) {
    let text = |key: &str| value.get(key).and_then(Value::as_str);
    let (api_version, kind) = (text("apiVersion"), text("kind"));
    for (key, found) in [("apiVersion", api_version), ("kind", kind)] {
        if found.is_none() {
            add(node.position, &[key, " not set"].concat(), None);
        }
    }
    let (Some(api_version), Some(kind)) = (api_version, kind) else {
        return;
    };
    let Some(known) = Kind::from_api(api_version, kind) else {
        let message = format!("no matches for kind \"{kind}\" in version \"{api_version}\"");
        let same = Kind::ALL.iter().find(|known| known.name() == kind);
        let (field, suggestion) = match same {
            Some(known) => ("apiVersion", Some(known.api_version())),
            None => (
                "kind",
                nearest(kind, Kind::ALL.iter().map(|kind| kind.name())),
            ),
        };
        return add(node.locate(field), &message, suggestion);
    };
    let complaints = schema::complaints(known, value);
    for (path, message) in &complaints {
        let name = path.rsplit('.').next().unwrap_or_default();
        let known = schema::siblings(known, path);
        let unknown = !known.contains(&name);
        let suggestion = nearest(name, known.into_iter()).filter(|_| unknown);
        add(node.locate(path), message, suggestion);
    }
    if complaints.is_empty() {
        ask(known, value, node, cluster, add);
    }
}

/// What `kubectl apply` would change of each object of a text: its name, and what differs in hunks,
/// empty if nothing does. Objects that would be refused are left out.
pub fn compare(text: &str, cluster: &Cluster) -> Vec<(String, String)> {
    let mut changes = Vec::new();
    for document in yaml::read(text).documents {
        let mut value = document.root.to_value();
        let objects = match value.get_mut("items") {
            Some(Value::Array(items)) => std::mem::take(items),
            _ => vec![value],
        };
        for object in objects {
            let text = |key: &str| object.get(key).and_then(Value::as_str).unwrap_or_default();
            let Some(kind) = Kind::from_api(text("apiVersion"), text("kind")) else {
                continue;
            };
            let (request, current) = applied(kind, &object, cluster);
            let Ok(response) = cluster.clone().request(&request).0 else {
                continue;
            };
            let name = qualified(kind, response.object.name());
            let shown = |object: &Object| emit::to_yaml(&without_status(object.to_value()));
            let live = current.map(|current| shown(&current)).unwrap_or_default();
            changes.push((name, unified(&live, &shown(&response.object))));
        }
    }
    changes
}

fn without_status(mut value: Value) -> Value {
    if let Some(fields) = value.as_object_mut() {
        fields.remove("status");
    }
    value
}

/// What `kubectl apply` asks of the server for an object, only to see; and the object as it is.
fn applied(kind: Kind, value: &Value, cluster: &Cluster) -> (Request, Option<Object>) {
    let name = value.pointer("/metadata/name").and_then(Value::as_str);
    let current = cluster.store().get_object(kind, name.unwrap_or_default());
    let options = write_options(true, FieldValidation::Strict);
    let request = match &current {
        None => Request::Create {
            object: value.clone(),
            options,
        },
        Some(current) => {
            let current = current.to_value();
            let mut wanted = value.clone();
            // A copy of the live object may be older than it.
            if let Some(Value::Object(metadata)) = wanted.get_mut("metadata") {
                metadata.remove("resourceVersion");
            }
            let original = apply::last_applied(&current);
            let desired = apply::three_way(original.as_ref(), &wanted, &current);
            Request::Patch {
                kind,
                name: name.unwrap_or_default().to_owned(),
                patch: Patch::Merge(apply::difference(&current, &desired)),
                options,
            }
        }
    };
    (request, current)
}

/// Asks a copy of the server.
fn ask(kind: Kind, value: &Value, node: &Node, cluster: &Cluster, add: Add<'_>) {
    let (request, _) = applied(kind, value, cluster);
    let Err(status) = cluster.clone().request(&request).0 else {
        return;
    };
    for cause in &status.causes {
        add(node.locate(&cause.field), &cause.to_string(), None);
    }
    if status.causes.is_empty() {
        add(node.position, &status.message, None);
    }
}

/// The word that is nearly this one.
fn nearest(word: &str, known: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let lower = word.to_ascii_lowercase();
    let far = known.map(|known| (distance(&lower, &known.to_ascii_lowercase()), known));
    let (far, known) = far.min_by_key(|(far, _)| *far)?;
    (far <= 1 + word.len() / 5).then_some(known)
}

#[cfg(test)]
mod tests {
    use cluster::Config;

    use super::*;

    const SET: &str = include_str!("../../../static/manifests/demo-statefulset.yaml");

    #[test]
    fn what_is_wrong_is_told_with_its_place() {
        let mut cluster = Cluster::new(Config::default());
        let check = |text: &str, cluster: &Cluster, expected: &str| {
            let findings = lint(text, cluster);
            let told = findings.iter().map(|finding| {
                let meant = finding.suggestion.iter();
                let meant: String = meant.map(|word| format!(" -> {word}")).collect();
                format!("{} {}{meant}", finding.position, finding.message)
            });
            assert_eq!(told.collect::<Vec<_>>().join("\n"), expected, "{text}");
        };
        check(SET, &cluster, "");
        check("", &cluster, "");
        check(
            &SET.replace("volumeClaimTemplates", "volumeClaimTemplate"),
            &cluster,
            "13:3 unknown field \"spec.volumeClaimTemplate\" -> volumeClaimTemplates",
        );
        check(
            &SET.replace("replicas: 2", "replicas: two"),
            &cluster,
            "9:3 json: cannot unmarshal string into Go struct field StatefulSetSpec.spec.replicas of type int32",
        );
        check(
            &SET.replace("kind: StatefulSet", "kind: Statefulset"),
            &cluster,
            "2:1 no matches for kind \"Statefulset\" in version \"apps/v1\" -> StatefulSet",
        );
        check(
            &SET.replace("apps/v1", "v1"),
            &cluster,
            "1:1 no matches for kind \"StatefulSet\" in version \"v1\" -> apps/v1",
        );
        check(
            "a: 1\n",
            &cluster,
            "1:1 apiVersion not set\n1:1 kind not set",
        );
        check(
            "a: 1\na: 2\n",
            &cluster,
            "1:1 apiVersion not set\n1:1 kind not set\n2:1 key \"a\" already set in map",
        );
        let files = crate::Files::from([("set.yaml".to_owned(), SET.to_owned())]);
        crate::run("kubectl create -f set.yaml", &files, &mut cluster);
        check(SET, &cluster, "");
        check(
            &SET.replace("storage: 1Mi", "storage: 2Mi"),
            &cluster,
            "5:1 spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden",
        );
    }
}
