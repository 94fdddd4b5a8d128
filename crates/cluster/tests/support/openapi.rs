//! The `k8s-openapi` crate as the judge of our objects: it must read each, and write back all of it.

use cluster::object::{Kind, Object};
use k8s_openapi::api::{apps::v1 as apps, core::v1 as core, discovery::v1 as discovery};
use k8s_openapi::api::{autoscaling::v1 as autoscaling, storage::v1 as storage};
use k8s_openapi::serde::Serialize;
use k8s_openapi::serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads an object as the API sends it.
///
/// # Errors
/// What the crate can't read, or the first field that it doesn't know or reads as something else.
pub(crate) fn read(object: &Object) -> Result<(), String> {
    let value = object.to_value();
    let lost = match object.kind() {
        Kind::ControllerRevision => lost::<apps::ControllerRevision>(&value),
        Kind::EndpointSlice => lost::<discovery::EndpointSlice>(&value),
        Kind::Endpoints => lost::<core::Endpoints>(&value),
        Kind::Event => lost::<core::Event>(&value),
        Kind::Node => lost::<core::Node>(&value),
        Kind::PersistentVolume => lost::<core::PersistentVolume>(&value),
        Kind::PersistentVolumeClaim => lost::<core::PersistentVolumeClaim>(&value),
        Kind::Pod => lost::<core::Pod>(&value),
        Kind::ReplicaSet => lost::<apps::ReplicaSet>(&value),
        Kind::Service => lost::<core::Service>(&value),
        Kind::StatefulSet => lost::<apps::StatefulSet>(&value),
        Kind::StorageClass => lost::<storage::StorageClass>(&value),
    };
    lost.map_err(|why| format!("{:?} {}: {why}", object.kind(), object.name()))
}

/// Reads the subresource `scale`.
#[allow(dead_code, reason = "not every test asks for one")]
pub(crate) fn read_scale(value: &Value) -> Result<(), String> {
    lost::<autoscaling::Scale>(value)
}

fn lost<T: DeserializeOwned + Serialize>(value: &Value) -> Result<(), String> {
    let read: T = serde_json::from_value(value.clone()).map_err(|why| why.to_string())?;
    let written = serde_json::to_value(&read).map_err(|why| why.to_string())?;
    kept(value, &written, "")
}

/// Whether all of `ours` is in `theirs`.
fn kept(ours: &Value, theirs: &Value, path: &str) -> Result<(), String> {
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => ours.iter().try_for_each(|(key, field)| {
            let path = format!("{path}.{key}");
            match theirs.get(key) {
                Some(other) => kept(field, other, &path),
                None => Err(format!("{path} is not known")),
            }
        }),
        (Value::Array(ours), Value::Array(theirs)) if ours.len() == theirs.len() => ours
            .iter()
            .zip(theirs)
            .try_for_each(|(our, their)| kept(our, their, path)),
        _ if ours == theirs => Ok(()),
        _ => Err(format!("{path}: {ours} is read as {theirs}")),
    }
}
