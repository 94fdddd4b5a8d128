//! The subresources `scale` and `status`: parts of an object that are asked for and written apart
//! from the rest (upstream: `pkg/registry/apps/statefulset/storage`, `pkg/registry/*/strategy.go`).

use serde_json::{Value, json};

use super::strategy::{self, keep_what_the_server_owns};
use super::{Patch, Status, StatusReason, WriteOptions, decode};
use crate::Cluster;
use crate::object::{Kind, Object};
use crate::step::{Actor, Reason, Step, Subject, Verb};

/// A part of an object with an address of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subresource {
    /// `autoscaling/v1` Scale: how many replicas there are to be, and how many there are.
    Scale,
    /// The object again, of which only the status can be written.
    Status,
}

/// What is asked of a subresource.
#[derive(Clone, Debug, PartialEq)]
pub enum SubresourceRequest {
    /// GET.
    Get,
    /// PUT: the Scale, or the object with the new status.
    Replace(Value),
    /// PATCH.
    Patch(Patch),
}

impl Cluster {
    /// Asks for a subresource of an object; the answer is a Scale, or the object.
    ///
    /// # Errors
    /// `NotFound` if there is no such object or its kind has no such subresource, and whatever
    /// refuses the change itself.
    pub fn request_subresource(
        &mut self,
        (kind, name): (Kind, &str),
        subresource: Subresource,
        request: &SubresourceRequest,
    ) -> (Result<Value, Status>, Option<Step>) {
        let (result, change) = self.with_api(|api, _| {
            let old = api.existing(kind, name)?;
            let shown = shown(&old, subresource)?;
            let wanted = match request {
                SubresourceRequest::Get => return Ok(shown),
                SubresourceRequest::Replace(value) => value.clone(),
                SubresourceRequest::Patch(patch) => {
                    let mut value = shown;
                    patch.apply(&mut value)?;
                    value
                }
            };
            let new = match subresource {
                Subresource::Scale => scaled(&old, &wanted)?,
                Subresource::Status => with_status(&old, wanted)?,
            };
            let stored = api.replace(&old, new)?;
            self::shown(&stored, subresource)
        });
        let step = change.map(|change| {
            let subject = Subject::of(change.object());
            let verb = Verb::Update;
            let reason = Reason::Requested { verb, subject };
            self.happened(Actor::User, change, reason.into())
        });
        (result, step)
    }
}

/// The subresource as the API sends it.
fn shown(object: &Object, subresource: Subresource) -> Result<Value, Status> {
    let value = object.to_value();
    match subresource {
        Subresource::Status => Ok(value),
        Subresource::Scale if matches!(object.kind(), Kind::StatefulSet | Kind::ReplicaSet) => {
            let mut metadata = json!({});
            for field in [
                "name",
                "namespace",
                "uid",
                "resourceVersion",
                "creationTimestamp",
            ] {
                metadata[field] = value["metadata"][field].clone();
            }
            let labels = value["spec"]["selector"]["matchLabels"].as_object();
            let labels = labels.into_iter().flatten();
            let labels: Vec<String> = labels
                .map(|(key, label)| format!("{key}={}", label.as_str().unwrap_or_default()))
                .collect();
            Ok(
                json!({"apiVersion": "autoscaling/v1", "kind": "Scale", "metadata": metadata,
                "spec": {"replicas": value["spec"]["replicas"]},
                "status": {"replicas": value["status"]["replicas"], "selector": labels.join(",")}}),
            )
        }
        Subresource::Scale => Err(Status {
            code: 404,
            reason: StatusReason::NotFound,
            message: "the server could not find the requested resource".to_owned(),
            ..Status::not_found(object.kind(), object.name())
        }),
    }
}

/// The object with as many replicas as the Scale asks for.
fn scaled(old: &Object, scale: &Value) -> Result<Object, Status> {
    let mut value = old.to_value();
    value["spec"]["replicas"] = json!(scale["spec"]["replicas"].as_i64().unwrap_or(0));
    let (mut new, _) = decode(old.kind(), value, WriteOptions::default())?;
    keep_what_the_server_owns(&mut new, old);
    Ok(new)
}

/// The object with the status that was sent. Of the rest only labels and annotations change with it.
fn with_status(old: &Object, sent: Value) -> Result<Object, Status> {
    let (sent, _) = decode(old.kind(), sent, WriteOptions::default())?;
    let mut new = old.clone();
    strategy::of_mut(&mut new).keep_status(&sent);
    let metadata = new.metadata_mut();
    metadata.labels.clone_from(&sent.metadata().labels);
    metadata
        .annotations
        .clone_from(&sent.metadata().annotations);
    Ok(new)
}
