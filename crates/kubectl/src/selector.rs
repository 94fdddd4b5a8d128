//! `-l app=web,tier!=front` and `--field-selector status.phase=Running`
//! (apimachinery `pkg/labels`, `pkg/fields`).

use cluster::object::{Labels, Object};
use serde_json::Value;

use crate::errors::Problem;

/// A label selector: every requirement must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Selector(Vec<Requirement>);

#[derive(Clone, Debug, PartialEq)]
struct Requirement {
    key: String,
    operator: Operator,
    values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Operator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
    Greater,
    Less,
}

impl Selector {
    /// Reads `a=b,c!=d,e in (f,g),h notin (i),j,!k`.
    ///
    /// # Errors
    /// `unable to parse requirement: …`.
    pub(crate) fn parse(text: &str) -> Result<Selector, Problem> {
        let parts = split_outside_brackets(text);
        let parts = parts.iter().map(|part| part.trim());
        let requirements: Option<Vec<Requirement>> = parts
            .filter(|part| !part.is_empty())
            .map(requirement)
            .collect();
        match requirements {
            Some(requirements) => Ok(Selector(requirements)),
            None => Err(Problem::plain(format!(
                "unable to parse requirement: found '{}', expected: a label selector such as app=web, app!=web, app in (a,b), app or !app",
                text.trim()
            ))),
        }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether an object with these labels is meant.
    pub(crate) fn matches(&self, labels: &Labels) -> bool {
        self.0.iter().all(|requirement| {
            let value = labels.get(&requirement.key);
            let listed = value.is_some_and(|value| requirement.values.contains(value));
            let number = |text: &String| text.parse::<i64>().ok();
            let bound = requirement.values.first().and_then(number);
            match requirement.operator {
                Operator::In => listed,
                Operator::NotIn => !listed,
                Operator::Exists => value.is_some(),
                Operator::DoesNotExist => value.is_none(),
                Operator::Greater => value.and_then(number).is_some_and(|v| Some(v) > bound),
                Operator::Less => value
                    .and_then(number)
                    .is_some_and(|v| bound.is_some_and(|b| v < b)),
            }
        })
    }
}

fn split_outside_brackets(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut depth = 0_u32;
    for letter in text.chars() {
        match letter {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        if let Some(part) = parts.last_mut() {
            part.push(letter);
        }
    }
    parts
}

fn requirement(text: &str) -> Option<Requirement> {
    let made = |key: &str, operator, values: Vec<String>| {
        let key = key.trim();
        let valid = |text: &str, more: &str| {
            let inside = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
            text.chars().all(inside)
        };
        let fits =
            !key.is_empty() && valid(key, "-_./") && values.iter().all(|value| valid(value, "-_."));
        fits.then(|| Requirement {
            key: key.to_owned(),
            operator,
            values,
        })
    };
    let one = |value: &str| vec![value.trim().to_owned()];
    let set = |rest: &str| {
        let list = rest.trim().strip_prefix('(')?.strip_suffix(')')?;
        Some(
            list.split(',')
                .map(|value| value.trim().to_owned())
                .collect(),
        )
    };
    if let Some((key, rest)) = text.split_once(" notin") {
        return made(key, Operator::NotIn, set(rest)?);
    }
    if let Some((key, rest)) = text.split_once(" in") {
        return made(key, Operator::In, set(rest)?);
    }
    if let Some((key, value)) = text.split_once("!=") {
        return made(key, Operator::NotIn, one(value));
    }
    if let Some((key, value)) = text.split_once("==").or_else(|| text.split_once('=')) {
        return made(key, Operator::In, one(value));
    }
    if let Some((key, value)) = text.split_once('>') {
        return made(key, Operator::Greater, one(value));
    }
    if let Some((key, value)) = text.split_once('<') {
        return made(key, Operator::Less, one(value));
    }
    match text.strip_prefix('!') {
        Some(key) => made(key, Operator::DoesNotExist, Vec::new()),
        None => made(text, Operator::Exists, Vec::new()),
    }
}

/// A field selector: every pair must hold.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct FieldSelector(Vec<(String, bool, String)>);

impl FieldSelector {
    /// Reads `metadata.name=web-0,status.phase!=Running`.
    ///
    /// # Errors
    /// `invalid field selector: …`.
    pub(crate) fn parse(text: &str) -> Result<FieldSelector, Problem> {
        let mut terms = Vec::new();
        for term in text.split(',').filter(|term| !term.is_empty()) {
            let (field, equal, value) = if let Some((field, value)) = term.split_once("!=") {
                (field, false, value)
            } else if let Some((field, value)) =
                term.split_once("==").or_else(|| term.split_once('='))
            {
                (field, true, value)
            } else {
                return Err(Problem::plain(format!(
                    "invalid selector: '{text}'; can't understand '{term}'"
                )));
            };
            terms.push((field.to_owned(), equal, value.to_owned()));
        }
        Ok(FieldSelector(terms))
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the object is meant.
    pub(crate) fn matches(&self, object: &Object) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let value = object.to_value();
        self.0.iter().all(|(field, equal, wanted)| {
            let pointer = format!("/{}", field.replace('.', "/"));
            let found = match value.pointer(&pointer) {
                None | Some(Value::Null) => String::new(),
                Some(Value::String(text)) => text.clone(),
                Some(other) => other.to_string(),
            };
            (found == *wanted) == *equal
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn label_selectors() {
        let labels: Labels = [("app", "web"), ("n", "7"), ("x.io/tier", "a")]
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .into();
        let check = |text: &str, expected: bool| {
            let selector = Selector::parse(text).unwrap();
            assert_eq!(selector.matches(&labels), expected, "{text}");
        };
        check("", true);
        check("app=web", true);
        check("app==web", true);
        check("app=web,n=8", false);
        check("app!=web", false);
        check("other!=web", true);
        check("app in (a, web)", true);
        check("app notin (a,b),app", true);
        check("app notin (web)", false);
        check("!other", true);
        check("!app", false);
        check("n>6,n<8", true);
        check("n>7", false);
        check("app>7", false);
        check("x.io/tier=a", true);
        for wrong in ["app=a=b", "=x", "app in a", "app in (a", "a b", "“app”=web"] {
            assert!(Selector::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn field_selectors() {
        let cluster = cluster::Cluster::new(cluster::Config::default());
        let node = cluster
            .store()
            .get_object(cluster::object::Kind::Node, "node-1")
            .unwrap();
        let check = |text: &str, expected: bool| {
            assert_eq!(
                FieldSelector::parse(text).unwrap().matches(&node),
                expected,
                "{text}"
            );
        };
        check("metadata.name=node-1", true);
        check("metadata.name!=node-1", false);
        check("metadata.name==node-1,spec.nope=", true);
        assert!(FieldSelector::parse("metadata.name").is_err());
    }
}
