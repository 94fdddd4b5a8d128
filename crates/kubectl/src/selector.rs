//! `-l app=web,tier!=front` and `--field-selector status.phase=Running`
//! (apimachinery `pkg/labels`, `pkg/fields`).

use cluster::object::{Labels, Object};
use serde_json::Value;

use crate::errors::Problem;
use crate::label::VALUE_RULE;

/// What the name of a label has to be.
pub(crate) const KEY_RULE: &str = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

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
        let mut tokens = Tokens(text);
        let mut requirements = Vec::new();
        let wrong = |found: &str, expected: &str| {
            Err(Problem::plain(format!(
                "found '{found}', expected: {expected}"
            )))
        };
        loop {
            match tokens.peek() {
                "" => break,
                token if token == "!" || is_word(token) => {}
                other => return wrong(other, "!, identifier, or 'end of string'"),
            }
            let read = requirement(&mut tokens);
            requirements.push(
                read.map_err(|why| Problem::plain(format!("unable to parse requirement: {why}")))?,
            );
            match tokens.next() {
                "" => break,
                "," => {
                    let next = tokens.peek();
                    if next != "!" && !is_word(next) {
                        return wrong(next, "identifier after ','");
                    }
                }
                other => return wrong(other, "',' or 'end of string'"),
            }
        }
        Ok(Selector(requirements))
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

/// What is still to be read; words, and signs.
struct Tokens<'a>(&'a str);

impl<'a> Tokens<'a> {
    /// The next token, empty at the end.
    fn next(&mut self) -> &'a str {
        let rest = self.0.trim_start();
        let is_sign = |letter: char| "=!(),><".contains(letter);
        let end = match rest.chars().next() {
            Some('=' | '!') if rest[1..].starts_with('=') => 2,
            Some(letter) if is_sign(letter) => 1,
            _ => rest
                .find(|letter: char| is_sign(letter) || letter.is_whitespace())
                .unwrap_or(rest.len()),
        };
        let (token, rest) = rest.split_at(end);
        self.0 = rest;
        token
    }

    fn peek(&self) -> &'a str {
        Tokens(self.0).next()
    }
}

fn is_word(token: &str) -> bool {
    !token.is_empty() && !token.starts_with(['=', '!', '(', ')', ',', '>', '<'])
}

/// `Parser.parseRequirement`, with its words.
fn requirement(tokens: &mut Tokens<'_>) -> Result<Requirement, String> {
    let wrong = |found: &str, expected: &str| Err(format!("found '{found}', expected: {expected}"));
    let absent = tokens.peek() == "!";
    if absent {
        tokens.next();
    }
    let key = tokens.next();
    if !is_word(key) {
        return wrong(key, "identifier");
    }
    let inside = |text: &str, more: &str| {
        let mut letters = text.chars();
        letters.all(|letter| letter.is_ascii_alphanumeric() || more.contains(letter))
    };
    if !inside(key, "-_./") {
        return Err(format!("key: Invalid value: \"{key}\": {KEY_RULE}"));
    }
    let made = |operator, values| Requirement {
        key: key.to_owned(),
        operator,
        values,
    };
    if absent {
        return Ok(made(Operator::DoesNotExist, Vec::new()));
    }
    if matches!(tokens.peek(), "" | ",") {
        return Ok(made(Operator::Exists, Vec::new()));
    }
    let sign = tokens.next();
    let operator = match sign {
        "in" | "=" | "==" => Operator::In,
        "notin" | "!=" => Operator::NotIn,
        ">" => Operator::Greater,
        "<" => Operator::Less,
        other => return wrong(other, "in, notin, =, ==, !=, gt, lt"),
    };
    let values = match sign {
        "in" | "notin" => listed(tokens)?,
        _ => match tokens.peek() {
            "" | "," => vec![String::new()],
            token if is_word(token) => vec![tokens.next().to_owned()],
            other => return wrong(other, "identifier"),
        },
    };
    if let Some((at, value)) = (values.iter().enumerate()).find(|(_, v)| !inside(v, "-_.")) {
        return Err(format!(
            "values[{at}][{key}]: Invalid value: \"{value}\": {VALUE_RULE}"
        ));
    }
    Ok(made(operator, values))
}

/// `(a, b)`
fn listed(tokens: &mut Tokens<'_>) -> Result<Vec<String>, String> {
    let wrong = |found: &str, expected: &str| Err(format!("found '{found}', expected: {expected}"));
    match tokens.next() {
        "(" => {}
        other => return Err(format!("found '{other}' expected: '('")),
    }
    if !matches!(tokens.peek(), "," | ")") && !is_word(tokens.peek()) {
        return wrong(tokens.peek(), "',', ')' or identifier");
    }
    let mut values = Vec::new();
    loop {
        let value = match tokens.peek() {
            "," | ")" => "",
            token if is_word(token) => tokens.next(),
            other => return wrong(other, "',', or identifier"),
        };
        values.push(value.to_owned());
        match tokens.next() {
            "," => {}
            ")" => return Ok(values),
            other => return wrong(other, "',' or ')'"),
        }
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
    use crate::errors::tell;

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
        let wrong = |text: &str, why: &str| {
            let problem = Selector::parse(text).unwrap_err();
            assert_eq!(tell(&[problem]), format!("error: {why}\n"), "{text}");
        };
        wrong("app=a=b", "found '=', expected: ',' or 'end of string'");
        wrong(
            "=x",
            "found '=', expected: !, identifier, or 'end of string'",
        );
        wrong(
            "app in a",
            "unable to parse requirement: found 'a' expected: '('",
        );
        wrong(
            "app in (a",
            "unable to parse requirement: found '', expected: ',' or ')'",
        );
        wrong(
            "app in (=)",
            "unable to parse requirement: found '=', expected: ',', ')' or identifier",
        );
        wrong(
            "a b",
            "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
        );
        wrong("a,", "found '', expected: identifier after ','");
        wrong(
            "!=a",
            "found '!=', expected: !, identifier, or 'end of string'",
        );
        assert!(Selector::parse("“app”=web").is_err());
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
