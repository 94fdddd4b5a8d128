//! JSONPath as client-go has it (`util/jsonpath`): `{.items[*].metadata.name}`, ranges, filters.

use serde_json::Value;

use crate::errors::Problem;

/// A template: text, and paths in braces.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq)]
enum Part {
    Text(String),
    Path(Path),
    Range(Path, Vec<Part>),
}

/// A path to values.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Path(Vec<Segment>);

#[derive(Clone, Debug, PartialEq)]
enum Segment {
    /// Back to the outermost value.
    Root,
    Field(String),
    Index(i64),
    All,
    Below,
    Filter {
        left: Path,
        operator: String,
        right: Option<Value>,
    },
}

/// Levels of `{range}` in each other.
const DEPTH_MAX: usize = 16;

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// `error parsing jsonpath …`.
    pub(crate) fn parse(text: &str) -> Result<Template, Problem> {
        let wrong = |why: String| Problem::plain(format!("error parsing jsonpath {text}, {why}"));
        let mut open: Vec<(Path, Vec<Part>)> = Vec::new();
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some(begin) = rest.find('{') {
            if begin > 0 {
                parts.push(Part::Text(rest[..begin].to_owned()));
            }
            let inside = &rest[begin + 1..];
            let end = closing_brace(inside).ok_or_else(|| wrong("unclosed action".to_owned()))?;
            let action = inside[..end].trim();
            rest = &inside[end + 1..];
            if let Some(path) = action.strip_prefix("range ") {
                if open.len() == DEPTH_MAX {
                    return Err(wrong("too many ranges in each other".to_owned()));
                }
                let path = Path::read(path.trim()).map_err(wrong)?;
                open.push((path, std::mem::take(&mut parts)));
            } else if action == "end" {
                let Some((path, outer)) = open.pop() else {
                    return Err(wrong("not in range, nothing to end".to_owned()));
                };
                let inner = std::mem::replace(&mut parts, outer);
                parts.push(Part::Range(path, inner));
            } else if action.starts_with(['"', '\'']) {
                let literal = unquote(action)
                    .ok_or_else(|| wrong("unterminated quoted string".to_owned()))?;
                parts.push(Part::Text(literal));
            } else {
                parts.push(Part::Path(Path::read(action).map_err(wrong)?));
            }
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest.to_owned()));
        }
        match open.is_empty() {
            true => Ok(Template(parts)),
            false => Err(wrong("unterminated range".to_owned())),
        }
    }

    /// The template filled in.
    pub(crate) fn print(&self, value: &Value) -> String {
        let mut text = String::new();
        print_parts(&self.0, value, value, &mut text);
        text
    }
}

fn print_parts(parts: &[Part], root: &Value, value: &Value, text: &mut String) {
    for part in parts {
        match part {
            Part::Text(literal) => text.push_str(literal),
            Part::Path(path) => {
                let found: Vec<String> = path.find(root, value).iter().map(|v| shown(v)).collect();
                text.push_str(&found.join(" "));
            }
            Part::Range(path, inner) => {
                for element in path.find(root, value) {
                    print_parts(inner, root, element, text);
                }
            }
        }
    }
}

/// Text as it is, anything else as JSON.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

fn closing_brace(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), _) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '}') => return Some(at),
            (None, _) => {}
        }
    }
    None
}

fn unquote(text: &str) -> Option<String> {
    let quote = text.chars().next()?;
    let inside = text.strip_prefix(quote)?.strip_suffix(quote)?;
    let mut plain = String::new();
    let mut letters = inside.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => plain.push(match letters.next()? {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                other => other,
            }),
            _ => plain.push(letter),
        }
    }
    Some(plain)
}

impl Path {
    /// Reads a path as `--sort-by` and `custom-columns` take it: with or without braces and the
    /// first point.
    ///
    /// # Errors
    /// `unexpected path string, …`.
    pub(crate) fn parse_relaxed(text: &str) -> Result<Path, Problem> {
        let inner = match text.strip_prefix('{') {
            Some(inner) => inner.strip_suffix('}'),
            None => Some(text),
        };
        let path = inner.map(|inner| inner.strip_prefix('.').unwrap_or(inner));
        let read = path.and_then(|path| Path::read(&format!(".{path}")).ok());
        read.ok_or_else(|| {
            Problem::plain(format!(
                "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{{name1.name2}}' or '{{.name1.name2}}', got '{text}'"
            ))
        })
    }

    fn read(text: &str) -> Result<Path, String> {
        let mut segments = Vec::new();
        let mut rest = text;
        if let Some(after) = rest.strip_prefix('$') {
            segments.push(Segment::Root);
            rest = after;
        }
        rest = rest.strip_prefix('@').unwrap_or(rest);
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix("..") {
                segments.push(Segment::Below);
                // What follows may be `name` or `[…]`.
                let (name, after) = field(after);
                if !name.is_empty() {
                    segments.push(step(name));
                }
                rest = after;
            } else if let Some(after) = rest.strip_prefix('.') {
                let (name, after) = field(after);
                if !name.is_empty() {
                    segments.push(step(name));
                } else if !after.is_empty() && !after.starts_with('[') {
                    let letter = after.chars().next().unwrap_or('.');
                    let code = u32::from(letter);
                    return Err(format!(
                        "unrecognized character in action: U+{code:04X} '{letter}'"
                    ));
                }
                rest = after;
            } else if rest.starts_with('[') {
                let end = closing_bracket(rest).ok_or("unterminated array")?;
                segments.push(bracket(&rest[1..end])?);
                rest = &rest[end + 1..];
            } else {
                let (name, after) = field(rest);
                if name.is_empty() || !segments.is_empty() {
                    return Err(format!("unrecognized identifier {rest}"));
                }
                return Err(match after {
                    "" => format!("unrecognized identifier {name}"),
                    _ => format!("unrecognized identifier {rest}"),
                });
            }
        }
        Ok(Path(segments))
    }

    /// Everything the path leads to. What is missing is left out.
    pub(crate) fn find<'a>(&self, root: &'a Value, value: &'a Value) -> Vec<&'a Value> {
        let mut found = vec![value];
        for segment in &self.0 {
            found = match segment {
                Segment::Root => vec![root],
                _ => found
                    .into_iter()
                    .flat_map(|value| segment.take(root, value))
                    .collect(),
            };
        }
        found
    }
}

impl Segment {
    fn take<'a>(&self, root: &'a Value, value: &'a Value) -> Vec<&'a Value> {
        match self {
            Segment::Root => vec![root],
            Segment::Field(name) => value.get(name).into_iter().collect(),
            Segment::Index(index) => {
                let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
                let at = match index {
                    0.. => usize::try_from(*index).ok(),
                    _ => list.len().checked_sub(index.unsigned_abs() as usize),
                };
                at.and_then(|at| list.get(at)).into_iter().collect()
            }
            Segment::All => children(value),
            Segment::Below => {
                let mut all = vec![value];
                let mut at = 0;
                while let Some(next) = all.get(at) {
                    let inner = children(next);
                    all.extend(inner);
                    at += 1;
                }
                all
            }
            Segment::Filter {
                left,
                operator,
                right,
            } => {
                let holds = |element: &&Value| {
                    left.find(root, element)
                        .first()
                        .is_some_and(|found| compare(found, operator, right.as_ref()))
                };
                let list = value.as_array().map(Vec::as_slice).unwrap_or_default();
                list.iter().filter(holds).collect()
            }
        }
    }
}

fn children(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(list) => list.iter().collect(),
        Value::Object(fields) => fields.values().collect(),
        _ => Vec::new(),
    }
}

fn compare(found: &Value, operator: &str, wanted: Option<&Value>) -> bool {
    let Some(wanted) = wanted else {
        return true;
    };
    let order = match (found.as_f64(), wanted.as_f64()) {
        (Some(found), Some(wanted)) => found.partial_cmp(&wanted),
        _ => Some(shown(found).cmp(&shown(wanted))),
    };
    order.is_some_and(|order| match operator {
        "==" => order.is_eq(),
        "!=" => order.is_ne(),
        "<" => order.is_lt(),
        ">" => order.is_gt(),
        "<=" => order.is_le(),
        _ => order.is_ge(),
    })
}

/// The name at the beginning, `\.` being a point in it, and the rest.
fn field(text: &str) -> (String, &str) {
    let mut name = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => name.extend(letters.next().map(|(_, letter)| letter)),
            '.' | '[' | ']' | ' ' | '}' | '=' | '!' | '<' | '>' | ')' => {
                return (name, &text[at..]);
            }
            _ => name.push(letter),
        }
    }
    (name, "")
}

fn step(name: String) -> Segment {
    match name.as_str() {
        "*" => Segment::All,
        _ => Segment::Field(name),
    }
}

fn closing_bracket(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut quote = None;
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(letter),
            (None, '[') => depth += 1,
            (None, ']') => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            (None, _) => {}
        }
    }
    None
}

fn bracket(text: &str) -> Result<Segment, String> {
    let text = text.trim();
    if text == "*" {
        return Ok(Segment::All);
    }
    if text.starts_with(['"', '\'']) {
        let name = unquote(text).ok_or("unterminated quoted string")?;
        return Ok(Segment::Field(name));
    }
    if let Some(filter) = text
        .strip_prefix("?(")
        .and_then(|text| text.strip_suffix(')'))
    {
        return filter_of(filter.trim());
    }
    text.parse()
        .map(Segment::Index)
        .map_err(|_| format!("invalid array index {text}"))
}

fn filter_of(text: &str) -> Result<Segment, String> {
    for operator in ["==", "!=", "<=", ">=", "<", ">"] {
        if let Some((left, right)) = text.split_once(operator) {
            let right = right.trim();
            let wanted = if right.starts_with(['"', '\'']) {
                unquote(right).map(Value::String)
            } else {
                serde_json::from_str(right).ok()
            };
            return Ok(Segment::Filter {
                left: Path::read(left.trim())?,
                operator: operator.to_owned(),
                right: Some(wanted.ok_or_else(|| format!("unrecognized identifier {right}"))?),
            });
        }
    }
    Ok(Segment::Filter {
        left: Path::read(text)?,
        operator: String::new(),
        right: None,
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::errors::tell;

    #[test]
    fn templates() {
        let value = json!({"kind": "List", "items": [
            {"metadata": {"name": "a", "labels": {"x.io/y": "1"}}, "n": 1},
            {"metadata": {"name": "b"}, "n": 2, "ok": true}]});
        let check = |text: &str, expected: &str| {
            let template = Template::parse(text).unwrap_or_else(|p| panic!("{text}: {p:?}"));
            assert_eq!(template.print(&value), expected, "{text}");
        };
        check("{.items[*].metadata.name}", "a b");
        check(
            "{range .items[*]}{.metadata.name}{\"\\t\"}{.n}{\"\\n\"}{end}",
            "a\t1\nb\t2\n",
        );
        check("{.nope}", "");
        check("{.items[0].metadata.name}, {$.kind}", "a, List");
        check("{.items[-1].n}", "2");
        check("{.items[9].n}", "");
        check("{.items[?(@.metadata.name==\"b\")].n}", "2");
        check("{.items[?(@.n>1)].metadata.name}", "b");
        check("{.items[?(@.ok)].metadata.name}", "b");
        check("{.items[0].metadata.labels.x\\.io/y}", "1");
        check("{.items[0].metadata.labels['x.io/y']}", "1");
        check("{..name}", "a b");
        check(
            "{.items[0].metadata}",
            "{\"labels\":{\"x.io/y\":\"1\"},\"name\":\"a\"}",
        );
        check("{['kind']}{'!'}", "List!");
        check("text", "text");
    }

    #[test]
    fn wrong_templates() {
        let check = |text: &str, why: &str| {
            let problem = Template::parse(text).unwrap_err();
            assert_eq!(
                tell(&[problem]),
                format!("error: error parsing jsonpath {text}, {why}\n")
            );
        };
        check("{.a", "unclosed action");
        check("{range .a}", "unterminated range");
        check("{end}", "not in range, nothing to end");
        check("{.a[}", "unterminated array");
        check("{.a[x]}", "invalid array index x");
        check("{foo}", "unrecognized identifier foo");
        assert!(Template::parse(&"{range .a}".repeat(100)).is_err());
    }

    #[test]
    fn relaxed_paths() {
        let value = json!({"a": {"b": 3}});
        for text in [".a.b", "a.b", "{.a.b}", "{a.b}"] {
            let path = Path::parse_relaxed(text).unwrap();
            assert_eq!(path.find(&value, &value), [&json!(3)], "{text}");
        }
        assert!(Path::parse_relaxed("{.a").is_err());
    }
}
