//! `-o go-template=…`: what the API's objects need of Go's `text/template`. Variables, `if`, `range`,
//! `with`, pipes, and the functions that compare, count, pick and print. It is filled in while it is
//! read; what is not to be printed is read as well.

use std::cmp::Ordering;

use serde_json::Value;

/// A template that can be understood.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct GoTemplate(String);

/// What something comes to. Numbers of objects are floating point numbers for Go, and no others
/// are equal to them.
#[derive(Clone)]
enum Item {
    Missing,
    Int(i64),
    Json(Value),
}

/// Blocks and brackets in each other.
const DEPTH_MAX: usize = 16;

/// Bytes that a template may print.
const PRINTED_MAX: usize = 1 << 20;

const FUNCTIONS: &[&str] = &[
    "and", "eq", "ge", "gt", "index", "le", "len", "lt", "ne", "not", "or", "print", "printf",
    "println",
];

impl GoTemplate {
    /// Reads a template.
    ///
    /// # Errors
    /// What Go says of it.
    pub(crate) fn parse(text: &str) -> Result<GoTemplate, String> {
        let mut run = Run::new(text, &Value::Null);
        match run.whole(false) {
            Ok(()) => Ok(GoTemplate(text.to_owned())),
            Err(why) => {
                let line = run.place(run.rest).0;
                Err(format!("template: output:{line}: {why}"))
            }
        }
    }

    /// The template filled in.
    ///
    /// # Errors
    /// What is printed before it fails, and what Go says.
    pub(crate) fn print(&self, value: &Value) -> Result<String, (String, String)> {
        let template = self.0.as_str();
        let mut run = Run::new(template, value);
        let Err(why) = run.whole(true) else {
            return Ok(run.text);
        };
        let mut told = run.text;
        let data = value.to_string();
        told.push_str(&format!(
            "Error executing template: {why}. Printing more information for debugging the template:\n\ttemplate was:\n\t\t{template}\n\traw data was:\n\t\t{data}\n\tobject given to template engine was:\n\t\t"
        ));
        show(value, &mut told);
        told.push_str("\n\n");
        let quoted = Value::from(template);
        Err((told, format!("error executing template {quoted}: {why}")))
    }
}

/// A template that is being filled in.
struct Run<'a> {
    template: &'a str,
    /// What is still to be read.
    rest: &'a str,
    depth: usize,
    root: &'a Value,
    variables: Vec<(&'a str, Item)>,
    text: String,
}

fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

fn quoted(before: &str, what: &str, after: &str) -> String {
    [before, "\"", what, "\"", after].concat()
}

impl<'a> Run<'a> {
    fn new(template: &'a str, root: &'a Value) -> Run<'a> {
        Run {
            template,
            rest: template,
            depth: 0,
            root,
            variables: Vec::new(),
            text: String::new(),
        }
    }

    fn whole(&mut self, live: bool) -> Result<(), String> {
        let root = self.root;
        match self.list(root, live)? {
            "" => Ok(()),
            end => Err(["unexpected {{", end, "}}"].concat()),
        }
    }

    /// Line and column of what is left from there on.
    fn place(&self, rest: &str) -> (usize, usize) {
        let read = &self.template[..self.template.len() - rest.len()];
        let line = read.matches('\n').count() + 1;
        (line, read.len() - read.rfind('\n').map_or(0, |at| at + 1))
    }

    /// Why what begins there, and is read by now, fails.
    fn fails(&self, place: &str, begin: &'a str, why: &str) -> String {
        let (line, column) = self.place(place);
        let written = begin[..begin.len() - self.rest.len()].trim_end();
        format!("template: output:{line}:{column}: executing \"output\" at <{written}>: {why}")
    }

    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn takes(&mut self, sign: &str) -> bool {
        let after = self.rest.strip_prefix(sign);
        self.rest = after.unwrap_or(self.rest);
        after.is_some()
    }

    /// A word, if there is one.
    fn word(&mut self) -> &'a str {
        let end = self.rest.find(|letter| !is_word(letter));
        let (word, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        word
    }

    /// Up to `end` or `else`, or to the end of the text.
    fn list(&mut self, dot: &Value, live: bool) -> Result<&'a str, String> {
        loop {
            let begin = self.rest.find("{{").unwrap_or(self.rest.len());
            let (mut text, rest) = self.rest.split_at(begin);
            self.rest = rest;
            let opened = self.takes("{{");
            if opened && self.rest.starts_with("- ") {
                self.rest = &self.rest[2..];
                text = text.trim_end();
            }
            if live {
                self.text.push_str(text);
            }
            if !opened {
                return Ok("");
            }
            if self.text.len() > PRINTED_MAX {
                return Err("the output is too long".to_owned());
            }
            self.space();
            if self.takes("/*") {
                let end = self.rest.find("*/").ok_or("unclosed comment")?;
                self.rest = &self.rest[end + 2..];
            } else {
                let before = self.rest;
                match self.word() {
                    word @ ("end" | "else") => return Ok(word),
                    word @ ("if" | "range" | "with") => {
                        self.block(word, dot, live)?;
                        continue;
                    }
                    _ => self.rest = before,
                }
                let (names, item) = self.pipe("command", dot, live)?;
                match names.first() {
                    Some(name) => self.variables.push((name, item)),
                    None if live => self.text.push_str(&shown(&item)),
                    None => {}
                }
            }
            self.close()?;
        }
    }

    /// `}}`, and the space after it if there is a sign for that.
    fn close(&mut self) -> Result<(), String> {
        self.space();
        let trims = self.rest.starts_with("-}}") && self.takes("-");
        if self.takes("}}") {
            if trims {
                self.space();
            }
            return Ok(());
        }
        Err(match self.rest.get(..1) {
            None => "unclosed action".to_owned(),
            Some(letter) => quoted("unexpected ", letter, " in operand"),
        })
    }

    fn deeper(&mut self) -> Result<(), String> {
        self.depth += 1;
        match self.depth > DEPTH_MAX {
            true => Err("exceeded maximum depth".to_owned()),
            false => Ok(()),
        }
    }

    fn block(&mut self, name: &str, dot: &Value, live: bool) -> Result<(), String> {
        self.deeper()?;
        let known = self.variables.len();
        self.space();
        let begin = self.rest;
        let (names, item) = self.pipe(name, dot, live)?;
        let why = match &item {
            Item::Missing | Item::Json(Value::Array(_) | Value::Object(_) | Value::Null) => None,
            other => Some(["range can't iterate over ", &shown(other)].concat()),
        };
        if let Some(why) = why.filter(|_| live && name == "range") {
            return Err(self.fails(begin, begin, &why));
        }
        self.close()?;
        let body = self.rest;
        let taken = live && item.holds();
        let mut end = "";
        if taken && name == "range" {
            let Item::Json(whole) = &item else {
                return Ok(());
            };
            let mut at = 0;
            while let Some((key, value)) = element(whole, at) {
                match names.as_slice() {
                    [first, second] => {
                        self.variables.push((first, key));
                        self.variables.push((second, Item::Json(value.clone())));
                    }
                    [only] => self.variables.push((only, Item::Json(value.clone()))),
                    _ => {}
                }
                self.rest = body;
                end = self.list(value, true)?;
                self.variables.truncate(known);
                at += 1;
            }
        } else {
            self.variables
                .extend(names.iter().map(|name| (*name, item.clone())));
            let inner = match &item {
                Item::Json(value) if name == "with" => value,
                _ => dot,
            };
            end = self.list(inner, taken)?;
        }
        if end == "else" {
            self.space();
            let before = self.rest;
            if self.word() == name && name != "range" {
                self.block(name, dot, live && !taken)?;
                self.variables.truncate(known);
                self.depth -= 1;
                return Ok(());
            }
            self.rest = before;
            self.close()?;
            end = self.list(dot, live && !taken)?;
        }
        match end {
            "end" => self.close()?,
            "" => return Err("unexpected EOF".to_owned()),
            _ => return Err("unexpected {{else}}".to_owned()),
        }
        self.variables.truncate(known);
        self.depth -= 1;
        Ok(())
    }

    /// `$i, $e := .items`, `.a | len`: the variables that are set, and what it comes to.
    fn pipe(&mut self, of: &str, dot: &Value, live: bool) -> Result<(Vec<&'a str>, Item), String> {
        let mut names = Vec::new();
        self.space();
        let before = self.rest;
        while self.takes("$") {
            names.push(self.word());
            self.space();
            if self.takes(":=") || self.takes("=") {
                break;
            }
            if !(of == "range" && names.len() == 1 && self.takes(",")) {
                self.rest = before;
                names.clear();
                break;
            }
            self.space();
        }
        let mut last = None;
        loop {
            self.space();
            let begin = self.rest;
            let word = self.word();
            let function = FUNCTIONS.contains(&word);
            if !function {
                self.rest = begin;
            }
            let mut items = Vec::new();
            self.space();
            while let Some(item) = self.term(dot, live)? {
                items.push(item);
                self.space();
            }
            if items.is_empty() && !function {
                return Err(["missing value for ", of].concat());
            }
            items.extend(last);
            last = Some(match function {
                true if live => call(word, &items).map_err(|why| {
                    self.fails(begin, begin, &["error calling ", word, ": ", &why].concat())
                })?,
                false if live && items.len() > 1 => {
                    let first = begin.split(' ').next().unwrap_or_default();
                    let why = ["can't give argument to non-function ", first].concat();
                    return Err(self.fails(begin, begin, &why));
                }
                _ => items.pop().unwrap_or(Item::Missing),
            });
            if !self.takes("|") {
                return Ok((names, last.unwrap_or(Item::Missing)));
            }
        }
    }

    /// The next operand; nothing where a command ends.
    fn term(&mut self, dot: &Value, live: bool) -> Result<Option<Item>, String> {
        let begin = self.rest;
        let Some(letter) = begin.chars().next() else {
            return Err("unclosed action".to_owned());
        };
        let item = match letter {
            '"' | '`' | '\'' => return self.literal(letter).map(Some),
            '.' => Item::Missing,
            '$' => {
                self.rest = &begin[1..];
                let name = self.word();
                let known = self
                    .variables
                    .iter()
                    .rev()
                    .find(|(known, _)| *known == name);
                match known {
                    Some((_, item)) => item.clone(),
                    None if name.is_empty() => Item::Json(self.root.clone()),
                    None => return Err(quoted("undefined variable ", &["$", name].concat(), "")),
                }
            }
            '(' => {
                self.rest = &begin[1..];
                self.deeper()?;
                let (_, item) = self.pipe("command", dot, live)?;
                self.space();
                self.depth -= 1;
                if !self.takes(")") {
                    return Err("unclosed left paren".to_owned());
                }
                item
            }
            '-' if !begin[1..].starts_with(|next: char| next.is_ascii_digit()) => return Ok(None),
            '-' | '0'..='9' => {
                let end = begin[1..].find(|letter| !is_word(letter) && letter != '.');
                let (number, rest) = begin.split_at(end.map_or(begin.len(), |at| at + 1));
                self.rest = rest;
                return match number.parse() {
                    Ok(number) => Ok(Some(Item::Int(number))),
                    Err(_) => Err(quoted("bad number syntax: ", number, "")),
                };
            }
            letter if is_word(letter) => {
                return Ok(Some(match self.word() {
                    word @ ("true" | "false") => Item::Json((word == "true").into()),
                    "nil" => Item::Json(Value::Null),
                    word => return Err(quoted("function ", word, " not defined")),
                }));
            }
            _ => return Ok(None),
        };
        let is_dot = letter == '.';
        let mut value = match &item {
            _ if is_dot => Some(dot),
            Item::Json(value) => Some(value),
            _ => None,
        };
        // Go names the place of the second part of a chain.
        let (mut place, mut fields) = (begin, 0);
        while self.rest.starts_with('.') {
            if fields == usize::from(is_dot) {
                place = self.rest;
            }
            self.rest = &self.rest[1..];
            let field = self.word();
            if field.is_empty() {
                match is_dot && fields == 0 {
                    true => break,
                    false => return Err("unexpected . after term".to_owned()),
                }
            }
            fields += 1;
            value = match value {
                None | Some(Value::Null) => None,
                Some(Value::Object(object)) => object.get(field),
                Some(_) if !live => None,
                Some(_) => {
                    // All of the chain is told.
                    while self.rest.starts_with('.') {
                        self.rest = &self.rest[1..];
                        self.word();
                    }
                    let why = ["can't evaluate field ", field, " in type interface {}"].concat();
                    return Err(self.fails(place, begin, &why));
                }
            };
        }
        Ok(Some(match value.cloned() {
            _ if fields == 0 && !is_dot => item,
            Some(value) => Item::Json(value),
            None => Item::Missing,
        }))
    }

    fn literal(&mut self, quote: char) -> Result<Item, String> {
        let mut text = String::new();
        let mut letters = self.rest[1..].char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                letter if letter == quote => {
                    self.rest = &self.rest[at + 2..];
                    return Ok(Item::Json(text.into()));
                }
                '\\' if quote != '`' => match letters.next() {
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, 't')) => text.push('\t'),
                    other => text.extend(other.map(|(_, letter)| letter)),
                },
                '\n' if quote != '`' => break,
                letter => text.push(letter),
            }
        }
        Err("unterminated quoted string".to_owned())
    }
}

/// An element of a list or map by its place, and its number or name.
fn element(whole: &Value, at: usize) -> Option<(Item, &Value)> {
    match whole {
        Value::Array(list) => {
            let number = Item::Int(i64::try_from(at).unwrap_or_default());
            Some((number, list.get(at)?))
        }
        Value::Object(fields) => {
            let (key, value) = fields.iter().nth(at)?;
            Some((Item::Json(key.as_str().into()), value))
        }
        _ => None,
    }
}

impl Item {
    fn json(&self) -> Option<&Value> {
        match self {
            Item::Json(value) => Some(value),
            _ => None,
        }
    }

    /// Whether it is not empty.
    fn holds(&self) -> bool {
        match self {
            Item::Missing | Item::Json(Value::Null) => false,
            Item::Int(number) => *number != 0,
            Item::Json(Value::Bool(value)) => *value,
            Item::Json(Value::Number(number)) => number.as_i64() != Some(0),
            Item::Json(value) => length(value) != Some(0),
        }
    }
}

fn length(value: &Value) -> Option<usize> {
    match value {
        Value::String(text) => Some(text.len()),
        Value::Array(list) => Some(list.len()),
        Value::Object(fields) => Some(fields.len()),
        _ => None,
    }
}

fn call(name: &str, items: &[Item]) -> Result<Item, String> {
    let few = |wanted: &str| {
        let given = items.len();
        Err(format!(
            "wrong number of args for {name}: want {wanted} got {given}"
        ))
    };
    let truth = |value: bool| Ok(Item::Json(value.into()));
    match (name, items) {
        ("not", [item]) => truth(!item.holds()),
        ("not" | "len", _) if items.len() != 1 => few("1"),
        ("and" | "or" | "index" | "printf", []) => few("at least 1"),
        ("and" | "or", [.., last]) => {
            let decides = items.iter().find(|item| item.holds() == (name == "or"));
            Ok(decides.unwrap_or(last).clone())
        }
        ("len", [item]) => match item.json().and_then(length) {
            Some(length) => Ok(Item::Int(i64::try_from(length).unwrap_or_default())),
            None => Err(format!("len of type {}", type_of(item))),
        },
        ("index", [first, keys @ ..]) => {
            let mut item = first.clone();
            for key in keys {
                item = index(&item, key)?;
            }
            Ok(item)
        }
        ("print" | "println", _) => {
            let shown: Vec<String> = items.iter().map(shown).collect();
            let text = match name {
                "print" => shown.concat(),
                _ => shown.join(" ") + "\n",
            };
            Ok(Item::Json(text.into()))
        }
        ("printf", [format, values @ ..]) => match format {
            Item::Json(Value::String(format)) => Ok(Item::Json(printf(format, values).into())),
            other => Err(format!(
                "wrong type for value; expected string; got {}",
                type_of(other)
            )),
        },
        ("eq", [first, others @ ..]) if !others.is_empty() => {
            for other in others {
                if order(first, other)?.is_some_and(Ordering::is_eq) {
                    return truth(true);
                }
            }
            truth(false)
        }
        (_, [a, b]) => {
            let order = order(a, b)?;
            truth(match name {
                "ne" => order.is_none_or(Ordering::is_ne),
                "lt" => order.is_some_and(Ordering::is_lt),
                "le" => order.is_some_and(Ordering::is_le),
                "gt" => order.is_some_and(Ordering::is_gt),
                _ => order.is_some_and(Ordering::is_ge),
            })
        }
        ("eq", _) => Err("missing argument for comparison".to_owned()),
        _ => few("2"),
    }
}

/// How two things of one type compare; nothing if one isn't there.
fn order(a: &Item, b: &Item) -> Result<Option<Ordering>, String> {
    Ok(match (a, b) {
        (Item::Int(a), Item::Int(b)) => Some(a.cmp(b)),
        (Item::Json(Value::String(a)), Item::Json(Value::String(b))) => Some(a.cmp(b)),
        (Item::Json(Value::Bool(a)), Item::Json(Value::Bool(b))) => Some(a.cmp(b)),
        (Item::Json(Value::Number(a)), Item::Json(Value::Number(b))) => {
            Some(a.as_i64().cmp(&b.as_i64()))
        }
        (Item::Missing, Item::Missing) => Some(Ordering::Equal),
        (Item::Missing, _) | (_, Item::Missing) => None,
        (Item::Json(a), Item::Json(b)) if a == b => Some(Ordering::Equal),
        _ => return Err("incompatible types for comparison".to_owned()),
    })
}

fn index(item: &Item, key: &Item) -> Result<Item, String> {
    let found = match (item, key) {
        (Item::Json(Value::Object(fields)), Item::Json(Value::String(key))) => fields.get(key),
        (Item::Json(Value::Array(list)), Item::Int(at)) => {
            let found = usize::try_from(*at).ok().and_then(|at| list.get(at));
            Some(found.ok_or_else(|| format!("index out of range: {at}"))?)
        }
        (Item::Json(Value::Array(_)), key) => {
            return Err(format!(
                "cannot index slice/array with type {}",
                type_of(key)
            ));
        }
        (Item::Json(Value::Object(_)), key) => {
            return Err(format!("value has type {}; should be string", type_of(key)));
        }
        (Item::Missing | Item::Json(Value::Null), _) => {
            return Err("index of untyped nil".to_owned());
        }
        (other, _) => return Err(format!("can't index item of type {}", type_of(other))),
    };
    Ok(found.cloned().map_or(Item::Missing, Item::Json))
}

fn type_of(item: &Item) -> &'static str {
    match item {
        Item::Int(_) => "int",
        Item::Missing | Item::Json(Value::Null) => "<nil>",
        Item::Json(Value::String(_)) => "string",
        Item::Json(Value::Bool(_)) => "bool",
        Item::Json(Value::Number(_)) => "float64",
        Item::Json(Value::Array(_)) => "[]interface {}",
        Item::Json(Value::Object(_)) => "map[string]interface {}",
    }
}

/// As `%v` prints it.
fn shown(item: &Item) -> String {
    match item {
        Item::Missing => "<no value>".to_owned(),
        Item::Int(number) => number.to_string(),
        Item::Json(value) => {
            let mut text = String::new();
            show(value, &mut text);
            text
        }
    }
}

fn show(value: &Value, text: &mut String) {
    let between = |at: usize| if at == 0 { "" } else { " " };
    match value {
        Value::Null => text.push_str("<nil>"),
        Value::String(letters) => text.push_str(letters),
        Value::Array(list) => {
            text.push('[');
            for (at, element) in list.iter().enumerate() {
                text.push_str(between(at));
                show(element, text);
            }
            text.push(']');
        }
        Value::Object(fields) => {
            text.push_str("map[");
            for (at, (key, element)) in fields.iter().enumerate() {
                text.extend([between(at), key, ":"]);
                show(element, text);
            }
            text.push(']');
        }
        other => text.push_str(&other.to_string()),
    }
}

/// `%v`, `%s`, `%d`, `%q`, `%f` and `%%`, with a width.
fn printf(format: &str, values: &[Item]) -> String {
    let mut text = String::new();
    let mut values = values.iter();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('%') {
        text.push_str(before);
        let end = after.find(|letter: char| !"-0123456789.".contains(letter));
        let Some(end) = end else {
            text.push_str("%!(NOVERB)");
            rest = "";
            break;
        };
        let (spec, verb) = after.split_at(end);
        let letter = verb.chars().next().unwrap_or_default();
        rest = &verb[letter.len_utf8()..];
        if letter == '%' {
            text.push('%');
            continue;
        }
        let Some(item) = values.next() else {
            text.extend(["%!", &letter.to_string(), "(MISSING)"]);
            continue;
        };
        let printed = match (letter, item) {
            ('v', item)
            | ('s', item @ Item::Json(Value::String(_)))
            | ('d', item @ Item::Int(_)) => shown(item),
            ('q', Item::Json(value @ Value::String(_))) => value.to_string(),
            ('f', item @ Item::Json(Value::Number(_))) => {
                let precision = spec.split_once('.').map(|(_, digits)| digits);
                let zeros = match precision {
                    None => 6,
                    Some(digits) => digits.parse().unwrap_or(0_usize).min(20),
                };
                let point = if zeros > 0 { "." } else { "" };
                [&shown(item), point, &"0".repeat(zeros)].concat()
            }
            (letter, item) => format!("%!{letter}({}={})", type_of(item), shown(item)),
        };
        let width = spec.trim_start_matches('-').split('.').next();
        let width = width
            .and_then(|digits| digits.parse().ok())
            .unwrap_or(0_usize);
        let missing = width.min(200).saturating_sub(printed.chars().count());
        let space = " ".repeat(missing);
        match spec.starts_with('-') {
            true => text.extend([printed, space]),
            false => text.extend([space, printed]),
        }
    }
    text + rest
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn filled_in(text: &str) -> String {
        let value = json!({"kind": "List", "items": [
            {"metadata": {"name": "a", "labels": {"x": "1", "y": "2"}}, "n": 1, "ok": true},
            {"metadata": {"name": "b"}, "n": 2, "list": ["p", "q"]}]});
        match GoTemplate::parse(text) {
            Err(why) => why,
            Ok(template) => template.print(&value).unwrap_or_else(|(_, why)| why),
        }
    }

    #[test]
    fn templates() {
        let check = |text: &str, expected: &str| assert_eq!(filled_in(text), expected, "{text}");
        check("text {{.kind}}", "text List");
        check("{{range .items}}{{.metadata.name}} {{end}}", "a b ");
        check(
            "{{range.items}}{{.metadata.name}}{{\"\\n\"}}{{end}}",
            "a\nb\n",
        );
        check("{{(index .items 1).metadata.name}}", "b");
        check("{{index (index .items 0).metadata.labels \"x\"}}", "1");
        check("{{.nope}} {{.no.pe}}", "<no value> <no value>");
        check("{{len .items}} {{.kind | len}}", "2 4");
        check(
            "{{range $i, $e := .items}}{{$i}}={{$e.n}},{{end}}",
            "0=1,1=2,",
        );
        check(
            "{{range $key, $value := (index .items 0).metadata.labels}}{{$key}}{{$value}}{{end}}",
            "x1y2",
        );
        check(
            "{{range .items}}{{if .ok}}yes{{else}}no{{end}}{{end}}",
            "yesno",
        );
        check(
            "{{range .items}}{{if eq .metadata.name \"b\"}}{{.n}}{{end}}{{end}}",
            "2",
        );
        check("{{if and .kind (not .nope)}}x{{end}}", "x");
        check("{{if .a}}a{{else if .kind}}k{{else}}z{{end}}", "k");
        check(
            "{{with .nope}}a{{else}}none{{end}}{{with .kind}}{{.}}{{end}}",
            "noneList",
        );
        check("{{range .nope}}a{{else}}empty{{end}}", "empty");
        check("a {{- .kind -}} b", "aListb");
        check(
            "{{/* a remark */}}{{$x := .kind}}{{$x}} {{$.kind}}",
            "List List",
        );
        check(
            "{{printf \"%-5s|%3v|%q\" .kind 7 .kind}}",
            "List |  7|\"List\"",
        );
        check(
            "{{range .items}}{{printf \"%d \" .n}}{{printf \"%.0f\" .n}}{{end}}",
            "%!d(float64=1) 1%!d(float64=2) 2",
        );
        check(
            "{{(index .items 1).list}} {{(index .items 0).metadata}}",
            "[p q] map[labels:map[x:1 y:2] name:a]",
        );
        check("{{println .kind 1}}", "List 1\n");
        check("{{if gt (len .items) 1}}several{{end}}", "several");
    }

    #[test]
    fn wrong_templates() {
        let parse = |text: &str, why: &str| {
            assert_eq!(filled_in(text), format!("template: output:{why}"), "{text}");
        };
        parse("{{.a", "1: unclosed action");
        parse("{{range .a}}", "1: unexpected EOF");
        parse("{{end}}", "1: unexpected {{end}}");
        parse("a\n{{foo}}", "2: function \"foo\" not defined");
        parse("{{}}", "1: missing value for command");
        parse("{{$x}}", "1: undefined variable \"$x\"");
        parse("{{\"a}}", "1: unterminated quoted string");
        parse("{{if}}a{{end}}", "1: missing value for if");
        let fails = |text: &str, why: &str| {
            let template = Value::from(text);
            let expected = format!("error executing template {template}: template: output:{why}");
            assert_eq!(filled_in(text), expected);
        };
        fails(
            "{{.kind.x}}",
            "1:7: executing \"output\" at <.kind.x>: can't evaluate field x in type interface {}",
        );
        fails(
            "{{index .items 5}}",
            "1:2: executing \"output\" at <index .items 5>: error calling index: index out of range: 5",
        );
        fails(
            "{{range .kind}}{{end}}",
            "1:8: executing \"output\" at <.kind>: range can't iterate over List",
        );
        fails(
            "{{if eq (index .items 0).n 1}}{{end}}",
            "1:5: executing \"output\" at <eq (index .items 0).n 1>: error calling eq: incompatible types for comparison",
        );
        for text in ["{{range .a}}", "{{(", "{{if .a}}{{else if .b}}"] {
            assert!(GoTemplate::parse(&text.repeat(1000)).is_err());
        }
    }
}
