//! Bodies sent to the API server: objects of all kinds, and patches of the three kinds.
//!
//! An input is text, a request in JSON on each line; what isn't JSON is skipped:
//!
//! ```json
//! {"create": {"apiVersion": "v1", "kind": "Pod"}}
//! {"replace": {"apiVersion": "v1", "kind": "Pod"}, "validate": "Ignore", "dryRun": true}
//! {"patch": {"spec": {"replicas": 1}}, "type": "Merge", "kind": "StatefulSet", "name": "web"}
//! {"delete": {"gracePeriodSeconds": 0, "policy": "Orphan"}, "kind": "Pod", "name": "web-0"}
//! {"get": "/api/v1/namespaces/default/pods/web-0/proxy/"}
//! {"get": "http://web-0.web/", "from": "web-1", "body": "POST it"}
//! {"wait": 5}
//! {"cut": "node-1"}
//! ```

use std::cell::OnceCell;

use cluster::network::Caller;
use cluster::network::http::HttpRequest;
use cluster::object::Kind;
use cluster::property::Property;
use cluster::{
    Cluster, DeleteOptions, FieldValidation, Patch, PropagationPolicy, Request, WriteOptions,
};
use serde_json::{Map, Value, json};

use crate::dice::Dice;
use crate::{chapter, objects_are_sound, wait};

/// Requests of one input that are sent; the others are left out.
const REQUESTS_MAX: usize = 12;

thread_local! {
    static START: OnceCell<Cluster> = const { OnceCell::new() };
}

/// Sends the requests to a cluster in which the chapter's set is ready, and lets time pass.
///
/// # Panics
/// If something is wrong with the code that is tested.
pub fn run(text: &str) {
    let mut cluster = START.with(|start| start.get_or_init(chapter).clone());
    let lines = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok());
    for line in lines.take(REQUESTS_MAX) {
        send(&line, &mut cluster);
    }
    objects_are_sound(&mut cluster);
    wait(&mut cluster, 15);
    objects_are_sound(&mut cluster);
}

fn send(line: &Value, cluster: &mut Cluster) {
    let text = |key: &str| line.get(key).and_then(Value::as_str).unwrap_or_default();
    if let Some(seconds) = line.get("wait").and_then(Value::as_u64) {
        return wait(cluster, seconds.min(60));
    }
    if line.get("get").is_some() {
        let caller = match text("from") {
            "" => Caller::ApiClient,
            pod => Caller::Pod(pod.to_owned()),
        };
        let body = text("body");
        let request = match body.is_empty() {
            true => HttpRequest::get(text("get")),
            false => HttpRequest::post(text("get"), body),
        };
        let _: (Result<_, _>, _) = cluster.http(&caller, &request);
        return;
    }
    if line.get("cut").is_some() {
        cluster.partition(text("cut"));
    } else if line.get("heal").is_some() {
        cluster.heal(text("heal"));
    } else if line.get("crash").is_some() {
        cluster.crash(text("crash"), 1);
    } else if line.get("unready").is_some() {
        cluster.switch_readiness(text("unready"), false);
    }
    let Some(request) = request(line) else {
        return;
    };
    let before = cluster.clone();
    let (_, step) = cluster.request(&request);
    match step {
        None => assert_eq!(before.store().version(), cluster.store().version()),
        Some(step) => {
            for property in [
                Property::NoIdleWrites,
                Property::UniqueUids,
                Property::VersionsGrow,
            ] {
                let held = property.check(cluster, Some(&before), &step);
                assert_eq!(held, Ok(()), "{request:?}");
            }
        }
    }
}

/// The request that a line asks for, if it is one.
fn request(line: &Value) -> Option<Request> {
    let text = |key: &str| line.get(key).and_then(Value::as_str).unwrap_or_default();
    let kind = Kind::ALL.iter().find(|kind| kind.name() == text("kind"));
    let options = WriteOptions {
        dry_run: line.get("dryRun") == Some(&Value::Bool(true)),
        field_validation: match text("validate") {
            "Ignore" => FieldValidation::Ignore,
            "Warn" => FieldValidation::Warn,
            _ => FieldValidation::Strict,
        },
    };
    let name = text("name").to_owned();
    let body = |key: &str| line.get(key).cloned();
    if let Some(object) = body("create") {
        return Some(Request::Create { object, options });
    }
    if let Some(object) = body("replace") {
        return Some(Request::Replace { object, options });
    }
    if let Some(patch) = body("patch") {
        let patch = match text("type") {
            "Json" => Patch::Json(patch),
            "Strategic" => Patch::Strategic(patch),
            _ => Patch::Merge(patch),
        };
        return Some(Request::Patch {
            kind: *kind?,
            name,
            patch,
            options,
        });
    }
    let deletion = line.get("delete")?;
    let word = |key: &str| deletion.get(key).and_then(Value::as_str);
    let options = DeleteOptions {
        grace_period_seconds: deletion.get("gracePeriodSeconds").and_then(Value::as_i64),
        uid: word("uid").map(str::to_owned),
        propagation_policy: match word("policy") {
            Some("Orphan") => Some(PropagationPolicy::Orphan),
            Some("Foreground") => Some(PropagationPolicy::Foreground),
            Some("Background") => Some(PropagationPolicy::Background),
            _ => None,
        },
    };
    Some(Request::Delete {
        kind: *kind?,
        name,
        options,
    })
}

/// Names of things that are there.
const NAMES: &[(Kind, &str)] = &[
    (Kind::StatefulSet, "demo-statefulset"),
    (Kind::Pod, "demo-statefulset-0"),
    (Kind::Pod, "demo-statefulset-1"),
    (Kind::PersistentVolumeClaim, "data-demo-statefulset-0"),
    (Kind::PersistentVolume, "pv-a"),
    (Kind::Service, "demo-statefulset-headless-service"),
    (Kind::Service, "kubernetes"),
    (Kind::Node, "node-1"),
    (Kind::Endpoints, "kubernetes"),
    (Kind::ReplicaSet, "rs"),
    (Kind::StorageClass, "standard"),
];

/// Values that mean something somewhere.
fn value(dice: &mut Dice) -> Value {
    let values = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(1),
        json!(3),
        json!(i32::MAX),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(1.5),
        json!(""),
        json!("x"),
        json!("Delete"),
        json!("Retain"),
        json!("Recycle"),
        json!("Parallel"),
        json!("OnDelete"),
        json!("Never"),
        json!("None"),
        json!("10.96.0.1"),
        json!("1Mi"),
        json!("-1Gi"),
        json!("1e400"),
        json!("node-1"),
        json!("2026-01-01T00:00:00Z"),
        json!("9999-99-99T99:99:99Z"),
        json!([]),
        json!({}),
        json!(["a/b"]),
        json!(["kubernetes"]),
        json!({"app": "demo-statefulset-pod-label"}),
        json!([{"name": "a", "image": "demo-statefulset-node-image"}]),
        json!([{"apiVersion": "v1", "kind": "Node", "name": "node-1", "uid": "x", "controller": true}]),
        json!([{"key": "a", "operator": "NotIn", "values": ["b"]}]),
        json!([{"op": "move", "from": "/spec", "path": "/status"}]),
        json!([{"key": "x", "effect": "NoExecute", "tolerationSeconds": -5}]),
        json!("x".repeat(300)),
        json!("名"),
        json!("%"),
    ];
    values[dice.below(values.len())].clone()
}

/// Fields that mean something somewhere.
const FIELDS: &[&str] = &[
    "metadata",
    "name",
    "generateName",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "finalizers",
    "ownerReferences",
    "labels",
    "annotations",
    "deletionTimestamp",
    "spec",
    "status",
    "replicas",
    "selector",
    "matchLabels",
    "matchExpressions",
    "template",
    "containers",
    "volumes",
    "volumeMounts",
    "volumeClaimTemplates",
    "updateStrategy",
    "rollingUpdate",
    "partition",
    "podManagementPolicy",
    "persistentVolumeClaimRetentionPolicy",
    "whenScaled",
    "whenDeleted",
    "ordinals",
    "start",
    "minReadySeconds",
    "revisionHistoryLimit",
    "serviceName",
    "clusterIP",
    "ports",
    "nodePort",
    "type",
    "nodeName",
    "terminationGracePeriodSeconds",
    "tolerations",
    "taints",
    "unschedulable",
    "capacity",
    "accessModes",
    "claimRef",
    "volumeName",
    "storageClassName",
    "volumeMode",
    "hostPath",
    "phase",
    "conditions",
    "restartPolicy",
    "readinessProbe",
    "image",
    "hostname",
    "subdomain",
    "publishNotReadyAddresses",
    "x",
];

/// A request about something that is there.
fn fresh(dice: &mut Dice) -> Value {
    let (kind, name) = NAMES[dice.below(NAMES.len())];
    let (kind, field, given) = (kind.name(), dice.pick(FIELDS), value(dice));
    match dice.below(10) {
        0 => json!({"delete": {}, "kind": kind, "name": name}),
        1 => json!({"delete": {"gracePeriodSeconds": 0}, "kind": kind, "name": name}),
        2 => json!({"delete": {"policy": "Foreground"}, "kind": kind, "name": name}),
        3 => json!({"delete": {"policy": "Orphan"}, "kind": kind, "name": name}),
        4 => json!({"wait": dice.below(40)}),
        5 => json!({"cut": "node-1"}),
        6 => {
            let operation = dice.pick(&["add", "remove", "replace", "test"]);
            let path = format!("/{}/{field}", dice.pick(&["spec", "metadata", "status"]));
            let operations = json!([{"op": operation, "path": path, "value": given}]);
            json!({"patch": operations, "type": "Json", "kind": kind, "name": name})
        }
        _ => {
            let (part, how) = (
                dice.pick(&["spec", "metadata", "status"]),
                dice.pick(&["Merge", "Strategic"]),
            );
            json!({"patch": {part: {field: given}}, "type": how, "kind": kind, "name": name})
        }
    }
}

/// The requests, changed in a few places.
pub fn mutated(text: &str, seed: u32) -> String {
    let mut dice = Dice::new(u64::from(seed));
    let mut lines: Vec<Value> = text
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .collect();
    for _ in 0..=dice.below(3) {
        let at = dice.below(lines.len() + 1);
        if at == lines.len() || dice.below(5) == 0 {
            lines.insert(at, fresh(&mut dice));
        } else if dice.below(8) == 0 {
            lines.remove(at);
        } else {
            change(&mut lines[at], &mut dice);
        }
    }
    let mut text: String = lines.iter().map(|line| format!("{line}\n")).collect();
    text.pop();
    text
}

/// Something somewhere in the value becomes something else.
fn change(value: &mut Value, dice: &mut Dice) {
    let deeper = dice.below(5) != 0;
    match value {
        Value::Object(fields) if deeper && !fields.is_empty() => {
            let at = dice.below(fields.len());
            if let Some(field) = fields.values_mut().nth(at) {
                change(field, dice);
            }
        }
        Value::Array(elements) if deeper && !elements.is_empty() => {
            let at = dice.below(elements.len());
            change(&mut elements[at], dice);
        }
        Value::Object(fields) => change_fields(fields, dice),
        Value::Array(elements) => match dice.below(3) {
            0 if !elements.is_empty() => {
                let twin = elements[dice.below(elements.len())].clone();
                elements.push(twin);
            }
            1 if !elements.is_empty() => drop(elements.remove(dice.below(elements.len()))),
            _ => elements.push(self::value(dice)),
        },
        Value::String(text) if deeper => {
            let at = crate::dice::place(dice, text);
            match dice.below(3) {
                0 => text.truncate(at),
                1 => text.insert(at, ['-', '.', '/', 'A', '0', ' ', '\0', 'é'][dice.below(8)]),
                _ => text.push_str(&text.clone()),
            }
        }
        plain => *plain = self::value(dice),
    }
}

fn change_fields(fields: &mut Map<String, Value>, dice: &mut Dice) {
    let at = dice.below(fields.len());
    let name = fields.keys().nth(at).cloned();
    match (dice.below(3), name) {
        (0, Some(name)) => drop(fields.remove(&name)),
        (1, Some(name)) => {
            if let Some(field) = fields.remove(&name) {
                fields.insert(dice.pick(FIELDS).to_owned(), field);
            }
        }
        _ => drop(fields.insert(dice.pick(FIELDS).to_owned(), value(dice))),
    }
}
