//! YAML as kubectl reads it: a stream cut at `---` lines, each document converted to JSON with the
//! rules of YAML 1.1 (`sigs.k8s.io/yaml`), every node with its line and column.
//!
//! Whatever is read, reading ends: nesting, and what aliases may grow to, have limits.

use cluster::map::{self, gather};
use std::borrow::Cow;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};
use serde_json::Value;

mod fault;
mod scalar;

pub use fault::Fault;

/// A place in a file, both counted from 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names say it")]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    /// Where it begins.
    pub position: Position,
    /// What it is.
    pub content: Content,
}

/// What a node can be.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Null, a boolean, a number or text.
    Scalar(Value),
    /// A sequence.
    List(Vec<Node>),
    /// A mapping in the order of the text; of two equal keys the later one counts.
    Map(Vec<Entry>),
}

/// One pair of a mapping.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// The key, which in JSON is always text.
    pub key: String,
    /// Where the key stands.
    pub position: Position,
    /// What it stands for.
    pub value: Node,
}

/// What a text came to: the documents before the first fault, and the fault.
#[derive(Clone, Debug, PartialEq)]
pub struct Stream {
    /// The documents that are not empty.
    pub documents: Vec<Document>,
    /// What ended the reading early.
    pub fault: Option<Fault>,
}

/// One document.
#[derive(Clone, Debug, PartialEq)]
pub struct Document {
    /// The outermost node.
    pub root: Node,
    /// Keys that stand twice in one mapping, which kubectl takes without a word.
    pub duplicates: Vec<(String, Position)>,
}

/// Levels of nesting that are followed.
const DEPTH_MAX: usize = 120;

/// Nodes that the aliases of a document may add up to.
const ALIASED_MAX: usize = 10_000;

/// All documents of a stream, empty ones left out.
///
/// # Errors
/// What is wrong, with line and column; also a key that stands twice in one mapping.
pub fn to_values(text: &str) -> Result<Vec<Value>, String> {
    let stream = read(text);
    let at = |position: Position| format!("line {}, column {}", position.line, position.column);
    if let Some(fault) = stream.fault {
        return Err(format!("{}: {}", at(fault.position), fault.problem));
    }
    let mut values = Vec::new();
    for document in stream.documents {
        if let Some((key, position)) = document.duplicates.first() {
            return Err(format!("{}: key \"{key}\" is there twice", at(*position)));
        }
        values.push(document.root.to_value());
    }
    Ok(values)
}

/// What a plain scalar means; nothing if JSON has no such value.
pub(crate) fn plain_value(text: &str) -> Option<Value> {
    scalar::resolve(text, true, None).ok()
}

/// Reads a stream as kubectl does: document by document, up to the first fault.
pub fn read(text: &str) -> Stream {
    let mut stream = Stream {
        documents: Vec::new(),
        fault: None,
    };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    for (line, chunk) in chunks(text) {
        match read_document(chunk, line) {
            Ok(Some(document)) => stream.documents.push(document),
            Ok(None) => {}
            Err(fault) => {
                stream.fault = Some(fault);
                break;
            }
        }
    }
    stream
}

/// The parts between lines `---`, each with the number of lines before it. As in apimachinery's
/// YAMLReader such a line is left out, unless nothing stands before it.
fn chunks(text: &str) -> Vec<(usize, &str)> {
    let mut chunks = Vec::new();
    let (mut begin, mut first, mut at) = (0, 0, 0);
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let end = at + line.len();
        let separates = line.strip_prefix("---").is_some_and(|rest| {
            let rest = rest.trim();
            rest.is_empty() || rest.starts_with('#')
        });
        if separates && begin < at {
            chunks.push((first, &text[begin..at]));
            (begin, first) = (end, number + 1);
        }
        at = end;
    }
    chunks.push((first, &text[begin..]));
    chunks
}

fn read_document(chunk: &str, lines_before: usize) -> Result<Option<Document>, Fault> {
    let mut builder = Builder {
        source: chunk,
        lines_before,
        open: Vec::new(),
        anchors: map::Map::new(),
        aliased: 0,
        duplicates: Vec::new(),
        root: None,
    };
    for event in Parser::new(StrInput::new(chunk)) {
        let (event, span) = event.map_err(|error| builder.scan_fault(&error))?;
        if matches!(event, Event::DocumentEnd | Event::StreamEnd) {
            break;
        }
        builder.take(event, span)?;
    }
    let empty = |root: &Node| matches!(root.content, Content::Scalar(Value::Null));
    Ok(builder
        .root
        .filter(|root| !empty(root))
        .map(|root| Document {
            root,
            duplicates: builder.duplicates,
        }))
}

/// Puts a tree together from the parser's events.
struct Builder<'a> {
    source: &'a str,
    lines_before: usize,
    open: Vec<Open>,
    /// Finished nodes with an anchor, and how many nodes each is.
    anchors: map::Map<usize, (Node, usize)>,
    aliased: usize,
    duplicates: Vec<(String, Position)>,
    root: Option<Node>,
}

/// A collection that has begun.
struct Open {
    anchor: usize,
    position: Position,
    kind: OpenKind,
}

enum OpenKind {
    List(Vec<Node>),
    Map {
        entries: Entries,
        /// The key whose value is awaited, where it stands, and whether it is a merge key.
        key: Option<(String, Position, bool)>,
    },
}

impl Builder<'_> {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Fault> {
        let position = self.position(span.start);
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = style == ScalarStyle::Plain;
                let value = self.scalar(&text, plain, tag, position)?;
                let merge = plain && text == "<<";
                let node = Node {
                    position,
                    content: Content::Scalar(value),
                };
                self.finish(node, anchor, merge)
            }
            Event::SequenceStart(anchor, _) => self.begin(anchor, span, OpenKind::List(Vec::new())),
            Event::MappingStart(anchor, _) => self.begin(
                anchor,
                span,
                OpenKind::Map {
                    entries: Entries::default(),
                    key: None,
                },
            ),
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Alias(anchor) => self.alias(anchor, position),
            _ => Ok(()),
        }
    }

    fn position(&self, marker: Marker) -> Position {
        Position {
            line: self.lines_before + marker.line(),
            column: marker.col() + 1,
        }
    }

    fn scalar(
        &self,
        text: &str,
        plain: bool,
        tag: Option<Cow<'_, Tag>>,
        position: Position,
    ) -> Result<Value, Fault> {
        let tag = tag.filter(|tag| tag.is_yaml_core_schema());
        let tag = tag.as_deref().map(|tag| tag.suffix.as_str());
        scalar::resolve(text, plain, tag).map_err(|problem| Fault::new(position, problem))
    }

    fn begin(&mut self, anchor: usize, span: Span, kind: OpenKind) -> Result<(), Fault> {
        let position = self.position(span.start);
        if self.open.len() >= DEPTH_MAX {
            let problem = format!("exceeded max depth of {DEPTH_MAX}");
            return Err(Fault::new(position, problem));
        }
        self.open.push(Open {
            anchor,
            position,
            kind,
        });
        Ok(())
    }

    fn end(&mut self) -> Result<(), Fault> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let content = match open.kind {
            OpenKind::List(nodes) => Content::List(nodes),
            OpenKind::Map { entries, .. } => Content::Map(entries.list),
        };
        let node = Node {
            position: open.position,
            content,
        };
        self.finish(node, open.anchor, false)
    }

    /// A node is complete: it is an element, a key, a value or the whole document.
    fn finish(&mut self, node: Node, anchor: usize, merge: bool) -> Result<(), Fault> {
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), node.count()));
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match &mut open.kind {
            OpenKind::List(nodes) => nodes.push(node),
            OpenKind::Map { entries, key } => match key.take() {
                None => *key = Some((key_text(&node)?, node.position, merge)),
                Some((_, position, true)) => entries.merge(node, position)?,
                Some((text, position, false)) => {
                    let entry = Entry {
                        key: text.clone(),
                        position,
                        value: node,
                    };
                    if entries.put(entry) {
                        self.duplicates.push((text, position));
                    }
                }
            },
        }
        Ok(())
    }

    fn alias(&mut self, anchor: usize, position: Position) -> Result<(), Fault> {
        let Some((node, count)) = self.anchors.get(&anchor) else {
            let problem = format!("anchor '{}' value contains itself", self.name_at(position));
            return Err(Fault::new(position, problem));
        };
        self.aliased += count;
        if self.aliased > ALIASED_MAX {
            let problem = "document contains excessive aliasing".to_owned();
            return Err(Fault::new(position, problem));
        }
        let node = node.clone();
        if self.open.len() + node.depth() > DEPTH_MAX {
            let problem = format!("exceeded max depth of {DEPTH_MAX}");
            return Err(Fault::new(position, problem));
        }
        self.finish(node, 0, false)
    }

    /// The rest of the line from this place on.
    fn rest(&self, position: Position) -> &str {
        let line = self
            .source
            .lines()
            .nth(position.line - 1 - self.lines_before)
            .unwrap_or_default();
        let at = line.char_indices().nth(position.column - 1);
        at.and_then(|(at, _)| line.get(at..)).unwrap_or_default()
    }

    /// The name of the alias at this place.
    fn name_at(&self, position: Position) -> &str {
        let name = self.rest(position).trim_start_matches('*');
        let end = name.find(|c: char| c.is_whitespace() || ",[]{}".contains(c));
        &name[..end.unwrap_or(name.len())]
    }

    /// The first tab among the blanks at the beginning of a line, from this line on; or any tab in it.
    fn tab_from(&self, line: Position) -> Option<Position> {
        let first = line.line - 1 - self.lines_before;
        let mut lines = self.source.lines().skip(first).enumerate();
        let indented = lines.find_map(|(offset, text)| {
            let blanks = text.len() - text.trim_start_matches([' ', '\t']).len();
            let tab = text[..blanks].find('\t')?;
            Some((offset, tab))
        });
        let inside = || Some((0, self.rest(line).chars().position(|c| c == '\t')?));
        let (offset, tab) = indented.or_else(inside)?;
        Some(Position {
            line: line.line + offset,
            column: tab + 1,
        })
    }

    fn scan_fault(&self, error: &ScanError) -> Fault {
        let mut position = self.position(*error.marker());
        let lines = self.source.matches('\n').count() + 1;
        if position.line > self.lines_before + lines {
            // The parser ends every text with a newline of its own.
            let last = self.source.lines().last().unwrap_or_default();
            position = Position {
                line: self.lines_before + lines,
                column: last.chars().count() + 1,
            };
        }
        let line = Position {
            column: 1,
            ..position
        };
        if error.info().contains("tab") {
            position = self.tab_from(line).unwrap_or(position);
        }
        let unclosed = self.open.iter().rev().find_map(|open| {
            let first = self.rest(open.position).chars().next()?;
            matches!(first, '[' | '{').then_some((first, open.position))
        });
        let scanned = fault::Scanned {
            info: error.info(),
            line: position.line - self.lines_before,
            lines,
            alias: self.name_at(position),
        };
        scanned.fault(position, unclosed)
    }
}

/// Where entries stand that came by a merge key: an explicit key goes before them.
const MERGED: Position = Position { line: 0, column: 0 };

fn key_text(node: &Node) -> Result<String, Fault> {
    let problem = match &node.content {
        Content::Scalar(Value::String(text)) => return Ok(text.clone()),
        Content::Scalar(Value::Null) => "unsupported map key of type: null",
        Content::Scalar(value) => return Ok(value.to_string()),
        Content::List(_) | Content::Map(_) => "invalid map key: a key is one word",
    };
    Err(Fault::new(node.position, problem.to_owned()))
}

/// The entries of a mapping that has begun, found by key.
#[derive(Default)]
struct Entries {
    list: Vec<Entry>,
    places: map::Map<String, usize>,
}

impl Entries {
    /// Adds an entry or puts it in the place of one with its key; says whether that one was written
    /// down as well, and not merged in.
    fn put(&mut self, entry: Entry) -> bool {
        match self.places.get(&entry.key) {
            Some(place) => {
                let before = std::mem::replace(&mut self.list[*place], entry);
                before.position != MERGED
            }
            None => {
                self.places.insert(entry.key.clone(), self.list.len());
                self.list.push(entry);
                false
            }
        }
    }

    /// `<<: *base`: takes the entries that are not there yet.
    fn merge(&mut self, node: Node, position: Position) -> Result<(), Fault> {
        let wrong = || {
            let problem = "map merge requires map or sequence of maps as the value";
            Fault::new(position, problem.to_owned())
        };
        let sources = match node.content {
            Content::Map(merged) => vec![merged],
            Content::List(nodes) => {
                let maps = nodes.into_iter().map(|node| match node.content {
                    Content::Map(merged) => Ok(merged),
                    _ => Err(wrong()),
                });
                maps.collect::<Result<Vec<_>, _>>()?
            }
            Content::Scalar(_) => return Err(wrong()),
        };
        for mut entry in sources.into_iter().flatten() {
            if !self.places.contains_key(&entry.key) {
                entry.position = MERGED;
                self.put(entry);
            }
        }
        Ok(())
    }
}

impl Node {
    /// As JSON.
    pub fn to_value(&self) -> Value {
        match &self.content {
            Content::Scalar(value) => value.clone(),
            Content::List(nodes) => Value::Array(nodes.iter().map(Node::to_value).collect()),
            Content::Map(entries) => {
                let pairs = entries
                    .iter()
                    .map(|entry| (entry.key.clone(), entry.value.to_value()));
                Value::Object(gather(pairs))
            }
        }
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        match &self.content {
            Content::Map(entries) => {
                let mut entries = entries.iter();
                Some(&entries.find(|entry| entry.key == key)?.value)
            }
            _ => None,
        }
    }

    /// Where the field of this path stands, such as `spec.containers[0].image` or
    /// `metadata.labels[app]`; or the nearest thing around it that is there.
    pub fn locate(&self, path: &str) -> Position {
        let mut node = self;
        let mut position = node.position;
        for step in path.split(['.', '[']).filter(|step| !step.is_empty()) {
            let step = step.trim_end_matches(']');
            match &node.content {
                Content::Map(entries) => {
                    let Some(entry) = entries.iter().find(|entry| entry.key == step) else {
                        break;
                    };
                    if entry.position != MERGED {
                        position = entry.position;
                    }
                    node = &entry.value;
                }
                Content::List(nodes) => {
                    let index = step.parse::<usize>().ok();
                    let Some(element) = index.and_then(|index| nodes.get(index)) else {
                        break;
                    };
                    position = element.position;
                    node = element;
                }
                Content::Scalar(_) => break,
            }
        }
        position
    }

    fn count(&self) -> usize {
        match &self.content {
            Content::Scalar(_) => 1,
            Content::List(nodes) => nodes.iter().map(Node::count).sum::<usize>() + 1,
            Content::Map(entries) => entries.iter().map(|e| e.value.count()).sum::<usize>() + 1,
        }
    }

    fn depth(&self) -> usize {
        match &self.content {
            Content::Scalar(_) => 0,
            Content::List(nodes) => nodes.iter().map(Node::depth).max().unwrap_or(0) + 1,
            Content::Map(entries) => {
                let depths = entries.iter().map(|entry| entry.value.depth());
                depths.max().unwrap_or(0) + 1
            }
        }
    }
}

#[cfg(test)]
mod tests;
