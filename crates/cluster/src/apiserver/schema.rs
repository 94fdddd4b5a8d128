//! Strict decoding.

use serde_json::Value;

use super::Status;
use crate::object::Kind;

/// Checks names and types of all fields.
pub(crate) fn check(_kind: Kind, _given: &Value) -> Result<Vec<String>, Status> {
    Ok(Vec::new())
}

/// The error for an object that could not be decoded.
pub(crate) fn undecodable(kind: Kind, why: &str) -> Status {
    let version = kind.api_version().rsplit('/').next().unwrap_or_default();
    Status::bad_request(format!(
        "{} in version \"{version}\" cannot be handled as a {}: {why}",
        kind.name(),
        kind.name()
    ))
}
