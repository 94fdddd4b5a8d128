//! Which names and labels are allowed (apimachinery `util/validation`).

use crate::apiserver::FieldError;
use crate::object::{Labels, ObjectMeta};

/// Checks the name with the rule of the kind, and the labels.
pub(super) fn validate(
    metadata: &ObjectMeta,
    rule: fn(&str) -> Option<&'static str>,
) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if metadata.name.is_empty() {
        let why = "name or generateName is required";
        errors.push(FieldError::required("metadata.name", why));
    } else if let Some(why) = rule(&metadata.name) {
        errors.push(FieldError::invalid(
            "metadata.name",
            metadata.name.as_str(),
            why,
        ));
    }
    errors.extend(labels(&metadata.labels, "metadata.labels"));
    errors
}

/// Every label whose key or value is not allowed.
pub(in crate::apiserver) fn labels(labels: &Labels, field: &str) -> Vec<FieldError> {
    let keys = labels
        .keys()
        .filter_map(|key| label_key(key).map(|why| FieldError::invalid(field, key.as_str(), why)));
    let values = labels.values().filter_map(|value| {
        label_value(value).map(|why| FieldError::invalid(field, value.as_str(), why))
    });
    keys.chain(values).collect()
}

fn label_key(key: &str) -> Option<&'static str> {
    let name = match key.split_once('/') {
        Some((prefix, _)) if subdomain(prefix).is_some() => return subdomain(prefix),
        Some((_, name)) => name,
        None => key,
    };
    if name.is_empty() || name.len() > 63 || !qualified(name) {
        return Some(
            "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
        );
    }
    None
}

fn label_value(value: &str) -> Option<&'static str> {
    if value.len() > 63 {
        return Some("must be no more than 63 bytes");
    }
    if !value.is_empty() && !qualified(value) {
        return Some(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
        );
    }
    None
}

fn qualified(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.last().is_some_and(u8::is_ascii_alphanumeric)
        && bytes
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

fn is_label(text: &str) -> bool {
    let bytes = text.as_bytes();
    let end = |byte: &u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    bytes.first().is_some_and(end)
        && bytes.last().is_some_and(end)
        && bytes.iter().all(|byte| end(byte) || *byte == b'-')
}

/// DNS-1123 label: what is wrong with the name, if anything.
pub(super) fn label(name: &str) -> Option<&'static str> {
    if name.len() > 63 {
        return Some("must be no more than 63 bytes");
    }
    (!is_label(name)).then_some(
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    )
}

/// The name of a container's port (IANA service name): everything that is wrong with it.
pub(super) fn port_name(name: &str) -> Vec<&'static str> {
    let mut faults = Vec::new();
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name.len() > 15 {
        faults.push("must be no more than 15 characters");
    }
    if name.is_empty() || !name.bytes().all(allowed) {
        faults.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
    }
    if !name.bytes().any(|byte| byte.is_ascii_lowercase()) {
        faults.push("must contain at least one letter (a-z)");
    }
    if name.contains("--") {
        faults.push("must not contain consecutive hyphens");
    }
    if name.starts_with('-') || name.ends_with('-') {
        faults.push("must not begin or end with a hyphen");
    }
    faults
}

/// DNS-1035 label, as Services want it: what is wrong with the name, if anything.
pub(super) fn label_1035(name: &str) -> Option<&'static str> {
    if name.len() > 63 {
        return Some("must be no more than 63 bytes");
    }
    let letter_first = name
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_lowercase());
    (!letter_first || !is_label(name)).then_some(
        "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
    )
}

/// DNS-1123 subdomain: what is wrong with the name, if anything.
pub(super) fn subdomain(name: &str) -> Option<&'static str> {
    if name.len() > 253 {
        return Some("must be no more than 253 bytes");
    }
    (!name.split('.').all(is_label)).then_some(
        "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    )
}

/// The name of a port (`IsValidPortName`): everything that is wrong with it.
pub(super) fn port(name: &str) -> Vec<&'static str> {
    let mut errors = Vec::new();
    if name.len() > 15 {
        errors.push("must be no more than 15 characters");
    }
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !name.bytes().all(fits) || name.is_empty() {
        errors.push("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)");
    }
    if !name.bytes().any(|byte| byte.is_ascii_lowercase()) {
        errors.push("must contain at least one letter (a-z)");
    }
    if name.contains("--") {
        errors.push("must not contain consecutive hyphens");
    }
    if name.starts_with('-') || name.ends_with('-') {
        errors.push("must not begin or end with a hyphen");
    }
    errors
}
