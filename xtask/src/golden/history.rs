//! What is looked at of a course of events, recorded or simulated: for each object the sequence of
//! states that matter.

use std::collections::{BTreeMap, BTreeSet};

use cluster::Time;
use serde_json::Value;

/// One change, in the recorder's words.
#[derive(Clone, Debug)]
pub(super) struct Change {
    /// `ADDED`, `MODIFIED` or `DELETED`.
    pub(super) r#type: String,
    pub(super) kind: String,
    /// Such as `pod/web-0#2`.
    pub(super) id: String,
    pub(super) obj: Value,
    /// When the simulation made it; a recorded one is coarse, good to about 100 ms.
    pub(super) time: Time,
}

/// Something that happened to one of an owner's pods.
#[derive(Clone, Debug)]
pub(super) struct Act {
    /// Such as `pod/web-0#2`.
    pub(super) pod: String,
    /// `added`, `marked` or `deleted`.
    pub(super) what: &'static str,
    pub(super) time: Time,
    /// Whether it has no order among other such acts about other pods at about the same time: each
    /// pod goes when its own kubelet has stopped it; the garbage collector has no order, nor has
    /// whatever becomes of a ReplicaSet's pods, which are handled in parallel.
    pub(super) by_chance: bool,
}

/// Whether the change is the mark of a deletion that gives no time: the API server removes the
/// object in the same request, which is one write in the simulation and two in a recording.
fn marks_without_grace(change: &Change) -> bool {
    change.r#type == "MODIFIED" && change.obj.get("graceSeconds") == Some(&Value::from(0))
}

/// For each object (by id) the states it went through, repeats left out.
pub(super) type Histories = BTreeMap<String, Vec<String>>;

/// The state of an object that is compared in sequence; nothing for kinds without one.
///
/// * pods: added, marked for deletion or deleted, with the STATUS and READY columns, and whether they
///   have a node;
/// * claims and volumes: their phase, whether they name each other, and whether they are marked or
///   deleted;
/// * nodes: their condition, taints and cordon;
/// * sets, their revisions and Services: whether they are there, marked or deleted.
pub(super) fn state(change: &Change) -> Option<String> {
    let text = |key: &str| {
        change
            .obj
            .get(key)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    let life = match change.r#type.as_str() {
        "DELETED" => "deleted",
        _ if deleting(change) => "deleting",
        _ => "present",
    };
    match change.kind.as_str() {
        _ if marks_without_grace(change) => None,
        "Pod" => {
            let bound = change.obj["nodeName"].is_string();
            let bound = if bound { "" } else { ", on no node" };
            Some(format!(
                "{life} {} {}{bound}",
                text("display"),
                text("ready")
            ))
        }
        "PersistentVolumeClaim" | "PersistentVolume" => {
            let other = ["volumeName", "claimRef"].map(|key| change.obj.get(key));
            let taken = other.into_iter().flatten().any(|other| !other.is_null());
            let taken = if taken { ", taken" } else { "" };
            Some(format!("{life} {}{taken}", text("phase")))
        }
        "Node" => {
            let cordon = change.obj["unschedulable"] == Value::Bool(true);
            let cordon = if cordon { "cordoned" } else { "open" };
            let (ready, taints) = (text("ready"), &change.obj["taints"]);
            Some(format!(
                "{life} {ready} {} {cordon} {taints}",
                text("readyReason")
            ))
        }
        "StatefulSet" | "ReplicaSet" | "Service" => Some(life.to_owned()),
        // How often one comes back while its set is deleted in the foreground is chance.
        "ControllerRevision" if change.id.ends_with("#1") => Some(life.to_owned()),
        _ => None,
    }
}

/// Adds a change to the histories. Says whether it was news.
pub(super) fn add(histories: &mut Histories, change: &Change) -> bool {
    let Some(state) = state(change) else {
        return false;
    };
    let history = histories.entry(change.id.clone()).or_default();
    let news = history.last() != Some(&state);
    if news {
        history.push(state);
    }
    news
}

/// The order in which the pods of each owner were added, marked and deleted.
pub(super) fn order(changes: &[Change]) -> BTreeMap<String, Vec<Act>> {
    let mut orders: BTreeMap<String, Vec<Act>> = BTreeMap::new();
    let mut marked: BTreeSet<&str> = BTreeSet::new();
    let mut ownerless: BTreeSet<&str> = BTreeSet::new();
    for change in changes {
        if change.kind != "Pod" {
            if change.r#type == "DELETED" || deleting(change) {
                ownerless.insert(&change.id);
            }
            continue;
        }
        let owner = change.obj["owner"].as_str().unwrap_or("nobody");
        let what = match change.r#type.as_str() {
            "ADDED" => "added",
            _ if marks_without_grace(change) => continue,
            "DELETED" => "deleted",
            _ if deleting(change) && marked.insert(&change.id) => "marked",
            _ => continue,
        };
        let random_name = change.id.contains("-~");
        let order = orders.entry(owner.to_owned()).or_default();
        order.push(Act {
            pod: change.id.clone(),
            what,
            time: change.time,
            by_chance: what == "deleted" || random_name || ownerless.contains(owner),
        });
    }
    orders
}

fn deleting(change: &Change) -> bool {
    change.obj.get("deleting") == Some(&Value::Bool(true))
}

/// The last status of each StatefulSet, by id.
pub(super) fn statuses(changes: &[Change]) -> BTreeMap<String, Value> {
    let mut statuses = BTreeMap::new();
    for change in changes.iter().filter(|change| change.kind == "StatefulSet") {
        if change.r#type == "DELETED" {
            statuses.remove(&change.id);
        } else {
            statuses.insert(change.id.clone(), change.obj["status"].clone());
        }
    }
    statuses
}

/// The statuses that each StatefulSet went through, by id, repeats left out; empty once it is gone.
pub(super) fn status_courses(changes: &[Change]) -> BTreeMap<String, Vec<Said>> {
    let mut courses: BTreeMap<String, Vec<Said>> = BTreeMap::new();
    for change in changes.iter().filter(|change| change.kind == "StatefulSet") {
        let course = courses.entry(change.id.clone()).or_default();
        let mut status = change.obj["status"].clone();
        if deleting(change) {
            // It is lost as soon as the garbage collector has deleted that revision.
            status["currentRevision"] = Value::Null;
        }
        let line = match change.r#type == "DELETED" {
            true => String::new(),
            false => status.to_string(),
        };
        if course.last().is_none_or(|last| last.line != line) {
            let time = change.time;
            course.push(Said { line, time });
        }
    }
    courses
}

/// Reasons of events that come or not by chance: two writers met, or a pod was looked at while its
/// claim was just being bound.
const RACY_REASONS: [&str; 3] = [
    "FailedScheduling",
    "FailedToUpdateEndpoint",
    "FailedToUpdateEndpointSlices",
];

/// Reasons of what kubelets say about an image that they don't have.
const IMAGE_REASONS: [&str; 4] = ["BackOff", "ErrImageNeverPull", "Failed", "Pulling"];

/// One thing that a component said about an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Said {
    /// Type, reason, part of the object, message.
    pub(super) line: String,
    /// When the simulation said it.
    pub(super) time: Time,
}

/// What each component said about each object, in order, repeats left out; by `id, component`.
pub(super) fn events(changes: &[Change]) -> BTreeMap<String, Vec<Said>> {
    let mut events: BTreeMap<String, Vec<Said>> = BTreeMap::new();
    for change in changes.iter().filter(|change| change.kind == "Event") {
        let text = |key: &str| change.obj[key].as_str().unwrap_or_default();
        // Whether the set or the protection of its claim hears first that the pod is gone; whether the
        // set looks once more before it hears of the pod that it made.
        let too_soon = ["is being deleted", "please try again."];
        let too_soon = too_soon.iter().any(|end| text("message").ends_with(end));
        if too_soon && text("reason") == "FailedCreate" || RACY_REASONS.contains(&text("reason")) {
            continue;
        }
        let said = events
            .entry(format!("{}, {}", text("objectId"), text("source")))
            .or_default();
        let reason = text("reason");
        let mut part = change.obj["fieldPath"].as_str().unwrap_or("-");
        // After ten similar events, which of the next are told as one of many is chance: upstream
        // forgets a random one.
        let mut message = text("message").trim_start_matches("(combined from similar events): ");
        // The recorder's kubelets don't say which container lacks its image, and have no container
        // runtime whose words could be compared.
        if text("source") == "kubelet" && IMAGE_REASONS.contains(&reason) {
            part = "-";
            if message.starts_with("Failed to pull image") {
                message = message.split("\": ").next().unwrap_or_default();
            }
        }
        let line = format!("{} {reason} {part} {message}", text("type"));
        if said.iter().all(|said| said.line != line) {
            let time = change.time;
            said.push(Said { line, time });
        }
        // A ReplicaSet's pods come and go in parallel.
        if text("source") == "replicaset-controller" {
            said.sort();
        }
    }
    for said in events.values_mut() {
        sort_claims(said);
    }
    events
}

/// The claims of one pod are created in any order, one after the other.
fn sort_claims(said: &mut [Said]) {
    let pod = |said: &Said| {
        let (_, claim_and_pod) = said.line.split_once("create Claim ")?;
        claim_and_pod
            .split_once(" Pod ")
            .map(|(_, pod)| pod.to_owned())
    };
    for run in said.chunk_by_mut(|a, b| pod(a).is_some() && pod(a) == pod(b)) {
        run.sort();
    }
}

/// The last state of the Endpoints of each Service, by id: what leads where, without the addresses.
pub(super) fn endpoints(changes: &[Change]) -> BTreeMap<String, Value> {
    let mut endpoints = BTreeMap::new();
    for change in changes.iter().filter(|change| change.kind == "Endpoints") {
        if change.r#type == "DELETED" {
            endpoints.remove(&change.id);
        } else {
            endpoints.insert(change.id.clone(), without_addresses(&change.obj));
        }
    }
    endpoints
}

/// Endpoints without what is chosen by chance: addresses, nodes, and the order that they make.
pub(super) fn without_addresses(endpoints: &Value) -> Value {
    let mut endpoints = endpoints.clone();
    for subset in endpoints["subsets"].as_array_mut().into_iter().flatten() {
        for list in ["ready", "notReady"] {
            let Some(addresses) = subset[list].as_array_mut() else {
                continue;
            };
            for address in addresses.iter_mut() {
                address["ip"] = Value::Null;
                address["node"] = Value::Null;
            }
            addresses.sort_by_key(|address| address["target"].to_string());
        }
    }
    endpoints
}
