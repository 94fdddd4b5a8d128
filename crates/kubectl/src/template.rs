//! `-o go-template=…`: what the API's objects need of Go's `text/template`. Variables, `if`, `range`,
//! `with`, pipes, and the functions that compare, count, pick and print.

use serde_json::Value;

/// A template that was understood.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct GoTemplate {
    text: String,
    nodes: Vec<Node>,
}

#[derive(Clone, Debug, PartialEq)]
enum Node {
    Text(String),
    /// `{{…}}`, or with a name `{{$x := …}}`.
    Print(Pipe),
    /// `if`, `with` or `range`: its beginning, what is done, and what else.
    Block(&'static str, Pipe, Vec<Node>, Vec<Node>),
}

/// Commands, each with the result of the one before as its last argument; variables that are set.
#[derive(Clone, Debug, Default, PartialEq)]
struct Pipe {
    names: Vec<String>,
    commands: Vec<(At, Vec<Term>)>,
}

#[derive(Clone, Debug, PartialEq)]
enum Term {
    Value(Item),
    Function(&'static str),
    /// Where a chain of fields begins, and how it is written.
    Chain(Base, Vec<String>, At),
}

/// What something comes to. Numbers of objects are floating point numbers for Go, and no others
/// are equal to them.
#[derive(Clone, Debug, PartialEq)]
enum Item {
    Missing,
    Int(i64),
    Json(Value),
}

#[derive(Clone, Debug, PartialEq)]
enum Base {
    Dot,
    Variable(String),
    Pipe(Pipe),
}

/// Where something is in the template: its line and column, and how it is written.
#[derive(Clone, Debug, PartialEq)]
struct At(String, String);

/// Blocks and brackets in each other.
const DEPTH_MAX: usize = 16;

/// Bytes that a template may print.
const PRINTED_MAX: usize = 1 << 20;

const BLOCKS: &[&str] = &["if", "range", "with"];

const FUNCTIONS: &[&str] = &[
    "and", "eq", "ge", "gt", "index", "le", "len", "lt", "ne", "not", "or", "print", "printf",
    "println",
];

/// Letters of which variables, fields and functions are made.
fn is_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || letter == '_'
}

/// The template's text and what of it is still to be read.
struct Reader<'a> {
    whole: &'a str,
    rest: &'a str,
    depth: usize,
    /// The variables that are known.
    names: Vec<String>,
}

impl GoTemplate {
    /// Reads a template.
    ///
    /// # Errors
    /// What Go says of it.
    pub(crate) fn parse(text: &str) -> Result<GoTemplate, String> {
        let mut reader = Reader {
            whole: text,
            rest: text,
            depth: 0,
            names: vec![String::new()],
        };
        let read = reader.list().and_then(|(nodes, end)| match end {
            "" => Ok(nodes),
            end => Err(format!("unexpected {{{{{end}}}}}")),
        });
        match read {
            Ok(nodes) => Ok(GoTemplate {
                text: text.to_owned(),
                nodes,
            }),
            Err(why) => {
                let line = reader.position(reader.rest).0;
                Err(format!("template: output:{line}: {why}"))
            }
        }
    }

    /// The template filled in.
    ///
    /// # Errors
    /// What is printed before it fails, and what Go says.
    pub(crate) fn print(&self, value: &Value) -> Result<String, (String, String)> {
        let mut run = Run {
            root: value,
            variables: Vec::new(),
            text: String::new(),
        };
        match run.list(&self.nodes, value) {
            Ok(()) => Ok(run.text),
            Err(why) => {
                let template = &self.text;
                let data = value.to_string();
                let mut shown = String::new();
                show(value, &mut shown);
                let told = format!(
                    "{}Error executing template: {why}. Printing more information for debugging the template:\n\ttemplate was:\n\t\t{template}\n\traw data was:\n\t\t{data}\n\tobject given to template engine was:\n\t\t{shown}\n\n",
                    run.text
                );
                let quoted = Value::from(template.as_str());
                Err((told, format!("error executing template {quoted}: {why}")))
            }
        }
    }
}

impl<'a> Reader<'a> {
    /// Line and column of what is left.
    fn position(&self, rest: &str) -> (usize, usize) {
        let read = &self.whole[..self.whole.len() - rest.len()];
        let line = read.matches('\n').count() + 1;
        let begin = read.rfind('\n').map_or(0, |at| at + 1);
        (line, read.len() - begin)
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

    /// Nodes up to `end` or `else`, or to the end of the text.
    fn list(&mut self) -> Result<(Vec<Node>, &'static str), String> {
        let mut nodes = Vec::new();
        loop {
            let begin = self.rest.find("{{").unwrap_or(self.rest.len());
            let (mut text, rest) = self.rest.split_at(begin);
            self.rest = rest;
            let opened = self.takes("{{");
            if opened && self.rest.starts_with("- ") {
                self.rest = &self.rest[2..];
                text = text.trim_end();
            }
            if !text.is_empty() {
                nodes.push(Node::Text(text.to_owned()));
            }
            if !opened {
                return Ok((nodes, ""));
            }
            self.space();
            if self.takes("/*") {
                let end = self.rest.find("*/").ok_or("unclosed comment")?;
                self.rest = &self.rest[end + 2..];
            } else {
                let before = self.rest;
                let word = self.word();
                match word {
                    "end" | "else" => {
                        return Ok((nodes, if word == "end" { "end" } else { "else" }));
                    }
                    _ => {}
                }
                match BLOCKS.iter().find(|name| **name == word) {
                    Some(name) => {
                        nodes.push(self.block(name)?);
                        continue;
                    }
                    None => {
                        self.rest = before;
                        let pipe = self.pipe("command")?;
                        nodes.push(Node::Print(pipe));
                    }
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
        Err(match self.rest.chars().next() {
            None => "unclosed action".to_owned(),
            Some(letter) => format!("unexpected \"{letter}\" in operand"),
        })
    }

    fn block(&mut self, name: &'static str) -> Result<Node, String> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err("exceeded maximum depth".to_owned());
        }
        let known = self.names.len();
        let pipe = self.pipe(name)?;
        self.close()?;
        let (inner, mut end) = self.list()?;
        let mut other = Vec::new();
        if end == "else" {
            self.space();
            let before = self.rest;
            let word = self.word();
            let chained = BLOCKS.iter().find(|block| **block == word);
            match chained {
                Some(chained) if *chained == name && name != "range" => {
                    other.push(self.block(chained)?);
                    self.names.truncate(known);
                    self.depth -= 1;
                    return Ok(Node::Block(name, pipe, inner, other));
                }
                _ => self.rest = before,
            }
            self.close()?;
            (other, end) = self.list()?;
        }
        match end {
            "end" => self.close()?,
            "" => return Err("unexpected EOF".to_owned()),
            _ => return Err("unexpected {{else}}".to_owned()),
        };
        self.names.truncate(known);
        self.depth -= 1;
        Ok(Node::Block(name, pipe, inner, other))
    }

    /// `$i, $e := .items`, `.a | len`
    fn pipe(&mut self, of: &str) -> Result<Pipe, String> {
        let mut pipe = Pipe::default();
        self.space();
        let before = self.rest;
        while self.takes("$") {
            pipe.names.push(self.word().to_owned());
            self.space();
            if self.takes(":=") || self.takes("=") {
                break;
            }
            if !(of == "range" && pipe.names.len() == 1 && self.takes(",")) {
                self.rest = before;
                pipe.names.clear();
                break;
            }
            self.space();
        }
        loop {
            let mut command = Vec::new();
            self.space();
            let begin = self.rest;
            while let Some(term) = self.term()? {
                command.push(term);
                self.space();
            }
            let written = &begin[..begin.len() - self.rest.len()];
            let more = self.takes("|");
            if command.is_empty() {
                return Err(["missing value for ", of].concat());
            }
            let at = self.at(begin, written.trim_end());
            pipe.commands.push((at, command));
            if !more {
                break;
            }
        }
        self.names.extend(pipe.names.iter().cloned());
        Ok(pipe)
    }

    /// The next operand; nothing where a command ends.
    fn term(&mut self) -> Result<Option<Term>, String> {
        let begin = self.rest;
        let Some(letter) = begin.chars().next() else {
            return Err("unclosed action".to_owned());
        };
        let base = match letter {
            '"' | '`' | '\'' => return self.quoted(letter).map(Some),
            '.' => Base::Dot,
            '$' => {
                self.rest = &self.rest[1..];
                let name = self.word().to_owned();
                if !self.names.contains(&name) {
                    return Err(format!("undefined variable \"${name}\""));
                }
                Base::Variable(name)
            }
            '(' => {
                self.rest = &self.rest[1..];
                self.depth += 1;
                if self.depth > DEPTH_MAX {
                    return Err("exceeded maximum depth".to_owned());
                }
                let pipe = self.pipe("command")?;
                self.space();
                self.depth -= 1;
                if !self.takes(")") {
                    return Err("unclosed left paren".to_owned());
                }
                Base::Pipe(pipe)
            }
            '-' | '0'..='9' if !begin.starts_with("-}}") && !begin.starts_with("- ") => {
                let end = begin[1..].find(|letter| !is_word(letter) && letter != '.');
                let (number, rest) = begin.split_at(end.map_or(begin.len(), |at| at + 1));
                self.rest = rest;
                return match number.parse() {
                    Ok(number) => Ok(Some(Term::Value(Item::Int(number)))),
                    Err(_) => Err(format!("bad number syntax: \"{number}\"")),
                };
            }
            letter if is_word(letter) => {
                let word = self.word();
                return Ok(Some(match word {
                    "true" | "false" => Term::Value(Item::Json((word == "true").into())),
                    "nil" => Term::Value(Item::Json(Value::Null)),
                    _ => match FUNCTIONS.iter().find(|name| **name == word) {
                        Some(name) => Term::Function(name),
                        None => return Err(format!("function \"{word}\" not defined")),
                    },
                }));
            }
            _ => return Ok(None),
        };
        let mut fields = Vec::new();
        // Go names the place of the second part of a chain.
        let mut place = begin;
        loop {
            let before = self.rest;
            if !self.takes(".") {
                break;
            }
            if fields.len() == usize::from(matches!(base, Base::Dot)) {
                place = before;
            }
            match self.word() {
                "" if matches!(base, Base::Dot) && fields.is_empty() => break,
                "" => return Err("unexpected . after term".to_owned()),
                field => fields.push(field.to_owned()),
            }
        }
        let written = &begin[..begin.len() - self.rest.len()];
        let at = self.at(place, written);
        Ok(Some(Term::Chain(base, fields, at)))
    }

    fn at(&self, rest: &str, written: &str) -> At {
        let (line, column) = self.position(rest);
        At(format!("{line}:{column}"), written.to_owned())
    }

    fn quoted(&mut self, quote: char) -> Result<Term, String> {
        let mut text = String::new();
        let mut letters = self.rest[1..].char_indices();
        while let Some((at, letter)) = letters.next() {
            match letter {
                letter if letter == quote => {
                    self.rest = &self.rest[at + 2..];
                    return Ok(Term::Value(Item::Json(text.into())));
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

/// A template that is being filled in.
struct Run<'a> {
    root: &'a Value,
    variables: Vec<(String, Item)>,
    text: String,
}

impl At {
    fn fails(&self, why: &str) -> String {
        let At(place, written) = self;
        format!("template: output:{place}: executing \"output\" at <{written}>: {why}")
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

impl Run<'_> {
    fn list(&mut self, nodes: &[Node], dot: &Value) -> Result<(), String> {
        for node in nodes {
            match node {
                Node::Text(text) => self.text.push_str(text),
                Node::Print(pipe) => {
                    let item = self.pipe(pipe, dot)?;
                    if pipe.names.is_empty() {
                        self.text.push_str(&shown(&item));
                    } else {
                        self.set(&pipe.names[0], item);
                    }
                }
                Node::Block(name, pipe, inner, other) => {
                    let known = self.variables.len();
                    self.block(name, pipe, [inner, other], dot)?;
                    self.variables.truncate(known);
                }
            }
            if self.text.len() > PRINTED_MAX {
                return Err("the output is too long".to_owned());
            }
        }
        Ok(())
    }

    fn set(&mut self, name: &str, item: Item) {
        self.variables.push((name.to_owned(), item));
    }

    fn block(
        &mut self,
        name: &str,
        pipe: &Pipe,
        [inner, other]: [&[Node]; 2],
        dot: &Value,
    ) -> Result<(), String> {
        let item = self.pipe(pipe, dot)?;
        if name != "range" {
            if let [name] = pipe.names.as_slice() {
                self.set(name, item.clone());
            }
            return match (item.holds(), &item) {
                (true, Item::Json(value)) if name == "with" => self.list(inner, value),
                (true, _) => self.list(inner, dot),
                (false, _) => self.list(other, dot),
            };
        }
        let elements: Vec<(Item, &Value)> = match &item {
            Item::Missing | Item::Json(Value::Null) => Vec::new(),
            Item::Json(Value::Array(list)) => {
                let numbered = (0..).map(Item::Int).zip(list);
                numbered.collect()
            }
            Item::Json(Value::Object(fields)) => {
                let keyed = fields.iter();
                keyed
                    .map(|(key, value)| (Item::Json(key.as_str().into()), value))
                    .collect()
            }
            other => {
                let at = &pipe.commands[0].0;
                return Err(at.fails(&format!("range can't iterate over {}", shown(other))));
            }
        };
        if elements.is_empty() {
            return self.list(other, dot);
        }
        let known = self.variables.len();
        for (key, value) in elements {
            match pipe.names.as_slice() {
                [first, second] => {
                    self.set(first, key);
                    self.set(second, Item::Json(value.clone()));
                }
                [only] => self.set(only, Item::Json(value.clone())),
                _ => {}
            }
            self.list(inner, value)?;
            self.variables.truncate(known);
        }
        Ok(())
    }

    fn pipe(&self, pipe: &Pipe, dot: &Value) -> Result<Item, String> {
        let mut last = None;
        for (at, terms) in &pipe.commands {
            let mut items = Vec::new();
            let function = match terms.first() {
                Some(Term::Function(name)) => Some(*name),
                _ => None,
            };
            for term in terms.iter().skip(usize::from(function.is_some())) {
                items.push(self.term(term, dot)?);
            }
            items.extend(last);
            last = Some(match function {
                Some(name) => call(name, &items)
                    .map_err(|why| at.fails(&format!("error calling {name}: {why}")))?,
                None if items.len() == 1 => items.remove(0),
                None => {
                    let first = at.1.split(' ').next().unwrap_or_default();
                    return Err(at.fails(&format!("can't give argument to non-function {first}")));
                }
            });
        }
        Ok(last.unwrap_or(Item::Missing))
    }

    fn term(&self, term: &Term, dot: &Value) -> Result<Item, String> {
        let (base, fields, at) = match term {
            Term::Value(item) => return Ok(item.clone()),
            Term::Function(name) => return call(name, &[]),
            Term::Chain(base, fields, at) => (base, fields, at),
        };
        let piped;
        let begin = match base {
            Base::Dot => Some(dot),
            Base::Variable(name) if name.is_empty() => Some(self.root),
            Base::Variable(name) => {
                let mut known = self.variables.iter().rev();
                let found = known.find(|(known, _)| known == name);
                match found {
                    Some((_, item)) if fields.is_empty() => return Ok(item.clone()),
                    found => found.and_then(|(_, item)| item.json()),
                }
            }
            Base::Pipe(pipe) => {
                piped = self.pipe(pipe, dot)?;
                if fields.is_empty() {
                    return Ok(piped);
                }
                piped.json()
            }
        };
        let mut value = begin;
        for field in fields {
            value = match value {
                None | Some(Value::Null) => None,
                Some(Value::Object(object)) => object.get(field),
                Some(_) => {
                    let why = format!("can't evaluate field {field} in type interface {{}}");
                    return Err(at.fails(&why));
                }
            };
        }
        Ok(value.cloned().map_or(Item::Missing, Item::Json))
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
                if order(first, other)?.is_some_and(std::cmp::Ordering::is_eq) {
                    return truth(true);
                }
            }
            truth(false)
        }
        (_, [a, b]) => {
            let order = order(a, b)?;
            truth(match name {
                "ne" => order.is_none_or(std::cmp::Ordering::is_ne),
                "lt" => order.is_some_and(std::cmp::Ordering::is_lt),
                "le" => order.is_some_and(std::cmp::Ordering::is_le),
                "gt" => order.is_some_and(std::cmp::Ordering::is_gt),
                _ => order.is_some_and(std::cmp::Ordering::is_ge),
            })
        }
        ("eq", _) => Err("missing argument for comparison".to_owned()),
        _ => few("2"),
    }
}

/// How two things of one type compare; nothing if one isn't there.
fn order(a: &Item, b: &Item) -> Result<Option<std::cmp::Ordering>, String> {
    Ok(match (a, b) {
        (Item::Int(a), Item::Int(b)) => Some(a.cmp(b)),
        (Item::Json(Value::String(a)), Item::Json(Value::String(b))) => Some(a.cmp(b)),
        (Item::Json(Value::Bool(a)), Item::Json(Value::Bool(b))) => Some(a.cmp(b)),
        (Item::Json(Value::Number(a)), Item::Json(Value::Number(b))) => {
            Some(a.as_i64().cmp(&b.as_i64()))
        }
        (Item::Missing, _) | (_, Item::Missing) => (a == b).then_some(std::cmp::Ordering::Equal),
        _ if a == b => Some(std::cmp::Ordering::Equal),
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
