//! Strict decoding: every field that is given exists in the API and has the right type.
//!
//! `schema.txt` has a line for each type of the API of v1.36: its name, then `field:type` for each
//! field. A type is one letter (`s` text, `b` boolean, `i` and `l` integers of 32 and 64 bits, `q`
//! quantity, `t` time, `p` port number or name, `o` anything) or the name of another line; `[`
//! before it makes a list, `{` a map. A `!` after it marks a field that must be given, a `~` at the end
//! one that is kept and shown back, but not simulated. `tests/api_schema.rs` derives the file and keeps it true.
//!
//! The words of the errors are those of upstream's decoder (`sigs.k8s.io/json`).

use serde_json::Value;

use super::Status;
use crate::object::{Kind, Quantity};
use crate::time;

const SCHEMA: &str = include_str!("schema.txt");

/// Fields that are kept, with the value that says nothing new because everyone has it.
const USUAL: [(&str, &str); 16] = [
    ("dnsPolicy", "\"ClusterFirst\""),
    ("enableServiceLinks", "true"),
    ("internalTrafficPolicy", "\"Cluster\""),
    ("ipFamilies", "[\"IPv4\"]"),
    ("ipFamilyPolicy", "\"SingleStack\""),
    ("preemptionPolicy", "\"PreemptLowerPriority\""),
    ("priority", "0"),
    ("readOnly", "false"),
    ("resources", "{}"),
    ("schedulerName", "\"default-scheduler\""),
    ("securityContext", "{}"),
    ("serviceAccount", "\"default\""),
    ("serviceAccountName", "\"default\""),
    ("sessionAffinity", "\"None\""),
    ("terminationMessagePath", "\"/dev/termination-log\""),
    ("terminationMessagePolicy", "\"File\""),
];

/// What a check found besides errors.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Findings {
    /// Paths of fields that Kubernetes doesn't have, in the order in which they stand.
    pub(crate) unknown: Vec<String>,
    /// Paths of fields that are kept, but not simulated.
    pub(crate) not_simulated: Vec<String>,
}

/// A value of the wrong type.
#[derive(Debug, PartialEq)]
pub(crate) struct Mismatch {
    /// In the words of the decoder.
    pub(crate) message: String,
    /// The type it should have had, as Go spells it.
    pub(crate) wanted: String,
}

/// Checks names and types of all fields of an object, and takes unknown fields out of it.
///
/// # Errors
/// The first value of a wrong type.
pub(crate) fn check(kind: Kind, object: &mut Value) -> Result<Findings, Mismatch> {
    let mut walk = Walk {
        findings: Findings::default(),
        path: String::new(),
        go_path: String::new(),
        holder: kind.name(),
    };
    walk.value(kind.name(), object, false)?;
    Ok(walk.findings)
}

/// What a strict decoder says of an object, for whoever writes one: paths and messages.
pub fn complaints(kind: Kind, object: &Value) -> Vec<(String, String)> {
    let mut walk = Walk {
        findings: Findings::default(),
        path: String::new(),
        go_path: String::new(),
        holder: kind.name(),
    };
    let wrong = walk.value(kind.name(), &mut object.clone(), false);
    let told = |path: String| (path.clone(), format!("unknown field \"{path}\""));
    let mut complaints: Vec<_> = walk.findings.unknown.into_iter().map(told).collect();
    // The walk stands where it stopped.
    complaints.extend(wrong.err().map(|mismatch| (walk.path, mismatch.message)));
    complaints
}

/// The names of the fields that may stand where this path leads; none if it leads nowhere.
pub fn siblings(kind: Kind, path: &str) -> Vec<&'static str> {
    let mut known = fields_of(kind.name());
    let mut steps = path.split('.').peekable();
    while let Some(step) = steps.next() {
        if steps.peek().is_none() {
            break;
        }
        let name = step.split('[').next().unwrap_or_default();
        let code = known.and_then(|known| Some(field(known, name)?.0));
        known = code.and_then(|code| fields_of(code.trim_start_matches('[')));
    }
    let words = known.unwrap_or_default().split(' ');
    words
        .filter_map(|word| Some(word.split_once(':')?.0))
        .collect()
}

/// The error for an object that could not be decoded.
pub(crate) fn undecodable(kind: Kind, why: &str) -> Status {
    let version = kind.api_version().rsplit('/').next().unwrap_or_default();
    let name = kind.name();
    Status::bad_request(format!(
        "{name} in version \"{version}\" cannot be handled as a {name}: {why}"
    ))
}

/// The error that lists unknown fields.
pub(crate) fn strict_error(unknown: &[String]) -> String {
    let list: Vec<String> = unknown
        .iter()
        .map(|path| format!("unknown field \"{path}\""))
        .collect();
    format!("strict decoding error: {}", list.join(", "))
}

struct Walk {
    findings: Findings,
    /// Where the walk is, as errors about unknown fields say it: `spec.containers[0].image`.
    path: String,
    /// The same without the places in lists, as errors about types say it.
    go_path: String,
    /// The type that has the field at hand.
    holder: &'static str,
}

impl Walk {
    /// Checks one value. `kept`: it lies inside a field that is only kept.
    fn value(&mut self, code: &'static str, value: &mut Value, kept: bool) -> Result<(), Mismatch> {
        if value.is_null() {
            return Ok(());
        }
        if let Some(element) = code.strip_prefix('[') {
            let Value::Array(elements) = value else {
                return Err(self.mismatch(code, value));
            };
            for (index, element_value) in elements.iter_mut().enumerate() {
                let length = self.path.len();
                self.path.push_str(&format!("[{index}]"));
                self.value(element, element_value, kept)?;
                self.path.truncate(length);
            }
            return Ok(());
        }
        if let Some(element) = code.strip_prefix('{') {
            let Value::Object(fields) = value else {
                return Err(self.mismatch(code, value));
            };
            return fields
                .values_mut()
                .try_for_each(|value| self.value(element, value, kept));
        }
        match (code, &*value) {
            ("o", _) | ("s", Value::String(_)) | ("b", Value::Bool(_)) => Ok(()),
            ("i", Value::Number(number))
                if number
                    .as_i64()
                    .is_some_and(|number| i32::try_from(number).is_ok()) =>
            {
                Ok(())
            }
            ("l", Value::Number(number)) if number.as_i64().is_some() => Ok(()),
            ("p", Value::Number(_) | Value::String(_)) => Ok(()),
            ("q", Value::Number(_) | Value::String(_)) => quantity(value),
            ("t", Value::String(text)) => moment(text),
            _ => match (fields_of(code), value) {
                (Some(fields), Value::Object(given)) => self.fields(code, fields, given, kept),
                (_, value) => Err(self.mismatch(code, value)),
            },
        }
    }

    fn fields(
        &mut self,
        holder: &'static str,
        known: &'static str,
        given: &mut serde_json::Map<String, Value>,
        kept: bool,
    ) -> Result<(), Mismatch> {
        let outer = std::mem::replace(&mut self.holder, holder);
        let (length, go_length) = (self.path.len(), self.go_path.len());
        let mut unknown = Vec::new();
        for (name, value) in given.iter_mut() {
            for path in [&mut self.path, &mut self.go_path] {
                if !path.is_empty() {
                    path.push('.');
                }
                path.push_str(name);
            }
            match field(known, name) {
                None => {
                    self.findings.unknown.push(self.path.clone());
                    unknown.push(name.clone());
                }
                Some((code, marked)) => {
                    // What people send as a status is not theirs to say.
                    let is_status = self.path == "status" || self.path.starts_with("status.");
                    if marked && !kept && !is_status && says_something(name, value) {
                        self.findings.not_simulated.push(self.path.clone());
                    }
                    self.value(code, value, kept || marked)?;
                }
            }
            self.path.truncate(length);
            self.go_path.truncate(go_length);
        }
        unknown.iter().for_each(|name| drop(given.remove(name)));
        self.holder = outer;
        Ok(())
    }

    fn mismatch(&self, code: &str, value: &Value) -> Mismatch {
        let found = match value {
            Value::Bool(_) => "bool".to_owned(),
            Value::Number(number) if matches!(code, "i" | "l") => format!("number {number}"),
            Value::Number(_) => "number".to_owned(),
            Value::String(_) => "string".to_owned(),
            Value::Array(_) => "array".to_owned(),
            _ => "object".to_owned(),
        };
        let wanted = go_type(code);
        let (holder, path) = (self.holder, &self.go_path);
        Mismatch {
            message: format!(
                "json: cannot unmarshal {found} into Go struct field {holder}.{path} of type {wanted}"
            ),
            wanted,
        }
    }
}

/// The fields of a type of the API, or of a kind, as they stand in the schema (above).
pub fn fields_of(name: &str) -> Option<&'static str> {
    SCHEMA
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
}

/// Type of a field and whether it is only kept.
fn field(known: &'static str, name: &str) -> Option<(&'static str, bool)> {
    let code = known
        .split(' ')
        .find_map(|word| word.strip_prefix(name)?.strip_prefix(':'))?;
    let kept = code.ends_with('~');
    Some((code.trim_end_matches(['!', '~']), kept))
}

fn says_something(field: &str, value: &Value) -> bool {
    let empty = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
    let written = value.to_string();
    let usual = USUAL.contains(&(field, written.as_str()));
    !empty && !usual && field != "managedFields" && field != "selfLink"
}

fn go_type(code: &str) -> String {
    if let Some(element) = code.strip_prefix('[') {
        return format!("[]{}", go_type(element));
    }
    if let Some(element) = code.strip_prefix('{') {
        return format!("map[string]{}", go_type(element));
    }
    match code {
        "s" => "string".to_owned(),
        "b" => "bool".to_owned(),
        "i" => "int32".to_owned(),
        "l" => "int64".to_owned(),
        "q" => "resource.Quantity".to_owned(),
        "t" => "v1.Time".to_owned(),
        "p" => "intstr.IntOrString".to_owned(),
        name => format!("v1.{name}"),
    }
}

/// The errors of `resource.ParseQuantity`.
fn quantity(value: &Value) -> Result<(), Mismatch> {
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if Quantity::parse(&text).is_some() {
        return Ok(());
    }
    let number = text.trim_start_matches(['+', '-']);
    let suffix = number.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
    let numeric = number.len() > suffix.len();
    let spelled = suffix
        .bytes()
        .all(|byte| b"eEinumkKMGTP0123456789+-".contains(&byte));
    let message = match numeric && spelled && number.len() - suffix.len() < 18 {
        true => "unable to parse quantity's suffix",
        false => {
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
        }
    };
    Err(Mismatch {
        message: message.to_owned(),
        wanted: go_type("q"),
    })
}

fn moment(text: &str) -> Result<(), Mismatch> {
    if time::parse(text).is_some() {
        return Ok(());
    }
    let layout = "2006-01-02T15:04:05Z07:00";
    let message =
        format!("parsing time {text:?} as \"{layout}\": cannot parse {text:?} as \"2006\"");
    Err(Mismatch {
        message,
        wanted: go_type("t"),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn checked(spec: Value) -> Result<Findings, Mismatch> {
        check(
            Kind::StatefulSet,
            &mut json!({"apiVersion": "apps/v1", "spec": spec}),
        )
    }

    #[test]
    fn every_line_of_the_schema_leads_somewhere() {
        for line in SCHEMA.lines() {
            for word in line.split(' ').skip(1) {
                let code = word.split_once(':').unwrap().1;
                let code = code.trim_end_matches(['!', '~']);
                let name = code.trim_start_matches(['[', '{']);
                let known = matches!(name, "s" | "b" | "i" | "l" | "q" | "t" | "p" | "o");
                assert!(known || fields_of(name).is_some(), "{word} in {line}");
            }
        }
        for kind in Kind::ALL {
            assert!(fields_of(kind.name()).is_some(), "{kind:?}");
        }
    }

    #[test]
    fn wrong_types_are_refused_in_the_decoders_words() {
        let refused = |spec: Value, expected: &str| {
            assert_eq!(checked(spec).unwrap_err().message, expected);
        };
        let field = "json: cannot unmarshal";
        refused(
            json!({"replicas": "three"}),
            &format!(
                "{field} string into Go struct field StatefulSetSpec.spec.replicas of type int32"
            ),
        );
        refused(
            json!({"replicas": 2.5}),
            &format!(
                "{field} number 2.5 into Go struct field StatefulSetSpec.spec.replicas of type int32"
            ),
        );
        refused(
            json!({"replicas": 3_000_000_000_i64}),
            &format!(
                "{field} number 3000000000 into Go struct field StatefulSetSpec.spec.replicas of type int32"
            ),
        );
        refused(
            json!({"template": {"metadata": {"labels": {"a": 5}}}}),
            &format!(
                "{field} number into Go struct field ObjectMeta.spec.template.metadata.labels of type string"
            ),
        );
        refused(
            json!({"template": {"spec": {"containers": {"name": "a"}}}}),
            &format!(
                "{field} object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container"
            ),
        );
        refused(
            json!({"template": {"spec": {"containers": [{"name": ["a"]}]}}}),
            &format!(
                "{field} array into Go struct field Container.spec.template.spec.containers.name of type string"
            ),
        );
        refused(
            json!({"volumeClaimTemplates": [{"spec": {"resources": {"requests": {"storage": "1MM"}}}}]}),
            "unable to parse quantity's suffix",
        );
        refused(
            json!({"volumeClaimTemplates": [{"spec": {"resources": {"requests": {"storage": "big"}}}}]}),
            "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
        );
    }

    #[test]
    fn unknown_fields_are_found_and_taken_out() {
        let mut object = json!({"spec": {"replica": 1, "replicas": 1, "template": {"spec": {"containers": [
            {"name": "a", "imagePullPolice": "Never", "env": [{"name": "A", "valu": "b"}]}]}}}});
        let findings = check(Kind::StatefulSet, &mut object).unwrap();
        assert_eq!(
            findings.unknown,
            [
                "spec.replica",
                "spec.template.spec.containers[0].env[0].valu",
                "spec.template.spec.containers[0].imagePullPolice",
            ]
        );
        assert!(object.pointer("/spec/replica").is_none());
        assert!(
            object
                .pointer("/spec/template/spec/containers/0/imagePullPolice")
                .is_none()
        );
        assert_eq!(
            strict_error(&findings.unknown[..2]),
            "strict decoding error: unknown field \"spec.replica\", unknown field \"spec.template.spec.containers[0].env[0].valu\""
        );
    }

    #[test]
    fn what_is_only_kept_is_named() {
        let findings = checked(json!({"template": {"spec": {
            "dnsPolicy": "ClusterFirst", "nodeSelector": {"a": "b"}, "initContainers": [],
            "containers": [{"name": "a", "readinessProbe": {"httpGet": {"port": 80}}}]}}}))
        .unwrap();
        assert_eq!(
            findings.not_simulated,
            [
                "spec.template.spec.containers[0].readinessProbe",
                "spec.template.spec.nodeSelector",
            ]
        );
        let findings = checked(json!({"replicas": null})).unwrap();
        assert!(findings.not_simulated.is_empty() && findings.unknown.is_empty());
    }
}
