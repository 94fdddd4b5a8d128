//! How the API server says no (apimachinery `api/errors`, `util/validation/field`).

use std::fmt;

use serde_json::{Value, json};

use crate::Version;
use crate::object::Kind;

/// A refusal: meta/v1 Status with `status: Failure`.
#[derive(Clone, Debug, PartialEq)]
pub struct Status {
    /// HTTP status code.
    pub code: u16,
    /// One word for programs.
    pub reason: StatusReason,
    /// One sentence for people.
    pub message: String,
    /// The kind the request was about.
    pub kind: Option<Kind>,
    /// The name of the object the request was about.
    pub name: String,
    /// With [`StatusReason::Invalid`]: the fields at fault.
    pub causes: Vec<FieldError>,
}

/// `status.reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "named as in the Kubernetes API")]
pub enum StatusReason {
    AlreadyExists,
    BadRequest,
    Conflict,
    Forbidden,
    Invalid,
    MethodNotAllowed,
    NotFound,
    ServerTimeout,
    ServiceUnavailable,
}

impl Status {
    /// 404: there is no such object.
    pub fn not_found(kind: Kind, name: &str) -> Status {
        Status::about(kind, name, 404, StatusReason::NotFound, "not found")
    }

    /// 409: the name is taken.
    pub fn already_exists(kind: Kind, name: &str) -> Status {
        Status::about(
            kind,
            name,
            409,
            StatusReason::AlreadyExists,
            "already exists",
        )
    }

    /// The name is taken, and the object came with a `generateName`, as pods of a StatefulSet do:
    /// 409 today, 500 before v1.22 (`CheckGeneratedNameError`).
    pub fn no_name_generated(kind: Kind, name: &str, version: Version) -> Status {
        if version >= Version::V1_22 {
            let why =
                "already exists, the server was not able to generate a unique name for the object";
            return Status::about(kind, name, 409, StatusReason::AlreadyExists, why);
        }
        Status {
            code: 500,
            reason: StatusReason::ServerTimeout,
            message: format!(
                "The POST operation against {} could not be completed at this time, please try again.",
                kind.name()
            ),
            kind: Some(kind),
            name: name.to_owned(),
            causes: Vec::new(),
        }
    }

    /// 409: the object is no longer the one the caller looked at.
    pub fn conflict(kind: Kind, name: &str, why: &str) -> Status {
        Status {
            code: 409,
            reason: StatusReason::Conflict,
            message: format!(
                "Operation cannot be fulfilled on {} \"{name}\": {why}",
                kind.qualified_plural()
            ),
            kind: Some(kind),
            name: name.to_owned(),
            causes: Vec::new(),
        }
    }

    /// 403: admission refuses.
    pub fn forbidden(kind: Kind, name: &str, why: &str) -> Status {
        Status::about(
            kind,
            name,
            403,
            StatusReason::Forbidden,
            &format!("is forbidden: {why}"),
        )
    }

    /// 422: fields have values that the kind doesn't allow.
    pub fn invalid(kind: Kind, name: &str, causes: Vec<FieldError>) -> Status {
        let list: Vec<String> = causes.iter().map(FieldError::to_string).collect();
        let told = match list.as_slice() {
            [only] => only.clone(),
            several => format!("[{}]", several.join(", ")),
        };
        let group = kind.group();
        let dot = if group.is_empty() { "" } else { "." };
        Status {
            code: 422,
            reason: StatusReason::Invalid,
            message: format!("{}{dot}{group} \"{name}\" is invalid: {told}", kind.name()),
            kind: Some(kind),
            name: name.to_owned(),
            causes,
        }
    }

    /// 400: the request can't be understood.
    pub fn bad_request(message: String) -> Status {
        Status {
            code: 400,
            reason: StatusReason::BadRequest,
            message,
            kind: None,
            name: String::new(),
            causes: Vec::new(),
        }
    }

    /// 422: the request is understood and can't be done; the server says no more than that.
    pub fn rejected() -> Status {
        Status {
            code: 422,
            reason: StatusReason::Invalid,
            message: "the server rejected our request due to an error in our request".to_owned(),
            kind: None,
            name: String::new(),
            causes: Vec::new(),
        }
    }

    fn about(kind: Kind, name: &str, code: u16, reason: StatusReason, told: &str) -> Status {
        Status {
            code,
            reason,
            message: format!("{} \"{name}\" {told}", kind.qualified_plural()),
            kind: Some(kind),
            name: name.to_owned(),
            causes: Vec::new(),
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// One field at fault.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldError {
    /// Path of the field, such as `spec.template.spec.containers[0].name`.
    pub field: String,
    /// What is wrong with it.
    pub fault: Fault,
}

/// What can be wrong with a field.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs, reason = "named as in upstream's field.ErrorType")]
pub enum Fault {
    Required(String),
    Invalid {
        /// As JSON, the fields in the order in which upstream declares them.
        value: String,
        why: String,
    },
    Unsupported {
        value: Value,
        supported: Vec<&'static str>,
    },
    Forbidden(String),
    NotFound {
        value: Value,
    },
    Duplicate {
        value: Value,
    },
}

impl FieldError {
    /// The field must be given.
    pub fn required(field: impl Into<String>, why: &str) -> FieldError {
        FieldError {
            field: field.into(),
            fault: Fault::Required(why.to_owned()),
        }
    }

    /// The field's value breaks a rule.
    pub fn invalid(
        field: impl Into<String>,
        value: impl Into<Value>,
        why: impl Into<String>,
    ) -> FieldError {
        FieldError::invalid_json(field.into(), value.into().to_string(), why.into())
    }

    /// As [`FieldError::invalid`], of a value that is JSON already.
    pub(crate) fn invalid_json(field: String, value: String, why: String) -> FieldError {
        FieldError {
            field,
            fault: Fault::Invalid { value, why },
        }
    }

    /// The field's value is none of the words it may be.
    pub fn unsupported(
        field: impl Into<String>,
        value: &str,
        supported: &[&'static str],
    ) -> FieldError {
        let fault = Fault::Unsupported {
            value: json!(value),
            supported: supported.to_vec(),
        };
        FieldError {
            field: field.into(),
            fault,
        }
    }

    /// The field must not be given or changed.
    pub fn forbidden(field: impl Into<String>, why: &str) -> FieldError {
        FieldError {
            field: field.into(),
            fault: Fault::Forbidden(why.to_owned()),
        }
    }

    /// The field names something that isn't there.
    pub fn not_found(field: impl Into<String>, value: &str) -> FieldError {
        FieldError {
            field: field.into(),
            fault: Fault::NotFound {
                value: json!(value),
            },
        }
    }

    /// The value is there twice.
    pub fn duplicate(field: impl Into<String>, value: &str) -> FieldError {
        FieldError {
            field: field.into(),
            fault: Fault::Duplicate {
                value: json!(value),
            },
        }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.field)?;
        match &self.fault {
            Fault::Required(why) if why.is_empty() => f.write_str("Required value"),
            Fault::Required(why) => write!(f, "Required value: {why}"),
            Fault::Invalid { value, why } if why.is_empty() => {
                write!(f, "Invalid value: {value}")
            }
            Fault::Invalid { value, why } => write!(f, "Invalid value: {value}: {why}"),
            Fault::Unsupported { value, supported } => {
                let list: Vec<String> =
                    supported.iter().map(|word| format!("\"{word}\"")).collect();
                write!(
                    f,
                    "Unsupported value: {value}: supported values: {}",
                    list.join(", ")
                )
            }
            Fault::Forbidden(why) => write!(f, "Forbidden: {why}"),
            Fault::NotFound { value } => write!(f, "Not found: {value}"),
            Fault::Duplicate { value } => write!(f, "Duplicate value: {value}"),
        }
    }
}
