//! Objects in files, as `-f` names them (`cli-runtime/pkg/resource`).

use std::rc::Rc;

use cluster::object::Kind;
use cluster::{Request, Status, Version};
use serde_json::Value;

use crate::args::Args;
use crate::errors::Problem;
use crate::note::Note;
use crate::required;
use crate::resource;
use crate::session::Session;
use crate::yaml::{self, Node};

/// An object in a file.
#[derive(Clone, Debug)]
pub(crate) struct Manifest {
    /// The file, or `STDIN`.
    pub(crate) source: Rc<str>,
    pub(crate) kind: Kind,
    /// `metadata.name`; empty if it is to be generated or is missing.
    pub(crate) name: String,
    /// The object, its namespace filled in.
    pub(crate) value: Value,
    /// Where it stands.
    node: Rc<Node>,
    /// A character in the file that may be the reason for a refusal.
    suspicion: Option<Note>,
}

/// The longest text that is read, in bytes.
const LENGTH_MAX: usize = 1 << 20;

/// The objects of all files given. What is wrong is complained of; the rest is given all the same.
pub(crate) fn load(args: &Args, session: &mut Session<'_>) -> Vec<Manifest> {
    let mut manifests = Vec::new();
    let paths: Vec<String> = args
        .values("filename")
        .flat_map(|list| list.split(','))
        .map(str::to_owned)
        .collect();
    for path in paths {
        match files(&path, session) {
            Ok(files) => {
                for (source, text) in files {
                    load_text(&source, &text, args, session, &mut manifests);
                }
            }
            Err(problem) => session.complain(problem),
        }
    }
    manifests
}

/// Name and text of the files that a path means: one, or those of the folder.
fn files(path: &str, session: &Session<'_>) -> Result<Vec<(String, String)>, Problem> {
    if path == "-" {
        return match &session.stdin {
            Some(text) => Ok(vec![("STDIN".to_owned(), text.clone())]),
            None => Err(Problem::note(Note::ShellNotSimulated {
                what: "Standard input (-f -)".to_owned(),
            })),
        };
    }
    if path.starts_with("http://") || path.starts_with("https://") {
        return Err(Problem::note(Note::ShellNotSimulated {
            what: "The internet".to_owned(),
        }));
    }
    let name = path.strip_prefix("./").unwrap_or(path);
    let matches = |file: &str| match name {
        "" | "." => ["yaml", "yml", "json"].iter().any(|end| {
            file.strip_suffix(end)
                .is_some_and(|rest| rest.ends_with('.'))
        }),
        _ => fits(name, file),
    };
    let mut found = session.shell.file_names(session.files);
    found.retain(|file| matches(file));
    let text = |file: String| Some((file.clone(), session.file(&file)?.to_owned()));
    let found: Vec<(String, String)> = found.into_iter().filter_map(text).collect();
    match found.is_empty() {
        true => Err(Problem::plain(format!(
            "the path \"{path}\" does not exist"
        ))),
        false => Ok(found),
    }
}

/// Whether a file's name fits a pattern in which `*` is any text.
fn fits(pattern: &str, name: &str) -> bool {
    let Some((begin, rest)) = pattern.split_once('*') else {
        return pattern == name;
    };
    let (middle, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    let inside = name
        .strip_prefix(begin)
        .and_then(|name| name.strip_suffix(end));
    let Some(mut inside) = inside else {
        return false;
    };
    for part in middle.split('*') {
        match inside.split_once(part) {
            Some((_, after)) => inside = after,
            None => return false,
        }
    }
    true
}

fn load_text(
    source: &str,
    text: &str,
    args: &Args,
    session: &mut Session<'_>,
    manifests: &mut Vec<Manifest>,
) {
    if text.len() > LENGTH_MAX {
        let limit = format!("error parsing {source}: more than {LENGTH_MAX} bytes");
        return session.complain(Problem::plain(limit));
    }
    let stream = yaml::read(text);
    let source: Rc<str> = source.into();
    let suspicion = wide_character(&source, text);
    let suspicious = |problem: Problem| match &suspicion {
        Some(note) => problem.with(note.clone()),
        None => problem,
    };
    for document in stream.documents {
        for (key, position) in document.duplicates {
            session.output.note(Note::DuplicateKey {
                file: source.to_string(),
                key,
                position,
            });
        }
        let value = document.root.to_value();
        let version = session.cluster().config().version;
        if let Err(why) = recognise(&value, args, version) {
            let validating = format!(
                "error validating \"{source}\": error validating data: {why}; if you choose to ignore these errors, turn validation off with --validate=false"
            );
            let place = Note::Place {
                file: source.to_string(),
                position: document.root.position,
            };
            session.complain(suspicious(Problem::plain(validating).with(place)));
            return;
        }
        for (value, node) in flattened(value, document.root) {
            match manifest(&source, value, node, args) {
                Ok(manifest) => manifests.push(Manifest {
                    suspicion: suspicion.clone(),
                    ..manifest
                }),
                Err(problem) => session.complain(suspicious(problem)),
            }
        }
    }
    if let Some(fault) = stream.fault {
        let problem = Problem::plain(format!(
            "error parsing {source}: error converting YAML to JSON: yaml: {}",
            fault.told
        ));
        let mut problem = problem.with(Note::Place {
            file: source.to_string(),
            position: fault.position,
        });
        if let Some((bracket, position)) = fault.unclosed {
            problem = problem.with(Note::OpenBracket {
                file: source.to_string(),
                bracket,
                position,
            });
        }
        session.complain(suspicious(problem));
    }
}

/// What kubectl looks at before it asks the server.
fn recognise(value: &Value, args: &Args, version: Version) -> Result<(), String> {
    if matches!(args.value("validate"), Some("false" | "ignore")) {
        return Ok(());
    }
    if !value.is_object() {
        return Err("invalid object to validate".to_owned());
    }
    let mut wrong = Vec::new();
    for key in ["apiVersion", "kind"] {
        match value.get(key) {
            None | Some(Value::Null) => wrong.push(format!("{key} not set")),
            Some(Value::String(_)) => {}
            Some(_) => wrong.push(format!("{key} isn't string type")),
        }
    }
    match wrong.as_slice() {
        [] => required::check(value, version),
        [only] => Err(only.clone()),
        several => Err(format!("[{}]", several.join(", "))),
    }
}

/// The items of a `List`, or the object itself.
fn flattened(mut value: Value, node: Node) -> Vec<(Value, Node)> {
    let kind = value.get("kind").and_then(Value::as_str);
    let kind = kind.unwrap_or_default().to_owned();
    let items = match value.get_mut("items") {
        Some(Value::Array(items)) if kind.ends_with("List") => std::mem::take(items),
        None if kind == "List" => Vec::new(),
        _ => return vec![(value, node)],
    };
    let nodes = match node.get("items") {
        Some(Node {
            content: yaml::Content::List(nodes),
            ..
        }) => nodes.clone(),
        _ => Vec::new(),
    };
    let pairs = items.into_iter().zip(nodes);
    pairs
        .flat_map(|(item, node)| flattened(item, node))
        .collect()
}

fn manifest(
    source: &Rc<str>,
    mut value: Value,
    node: Node,
    args: &Args,
) -> Result<Manifest, Problem> {
    let text = |value: &Value, pointer: &str| {
        let text = value.pointer(pointer).and_then(Value::as_str);
        text.unwrap_or_default().to_owned()
    };
    let (api_version, kind) = (text(&value, "/apiVersion"), text(&value, "/kind"));
    let name = text(&value, "/metadata/name");
    let namespace = text(&value, "/metadata/namespace");
    if kind.is_empty() || !value.is_object() {
        return Err(Problem::plain(format!(
            "unable to decode \"{source}\": Object 'Kind' is missing in '{value}'"
        )));
    }
    let Some(known) = Kind::from_api(&api_version, &kind) else {
        let group = api_version.split_once('/').map_or("", |(group, _)| group);
        if let Some(plural) = resource::real_plural(&kind, group) {
            return Err(Problem::note(Note::KindNotSimulated {
                kind: plural.to_owned(),
            }));
        }
        let problem = Problem::plain(format!(
            "resource mapping not found for name: \"{name}\" namespace: \"{namespace}\" from \"{source}\": no matches for kind \"{kind}\" in version \"{api_version}\"\nensure CRDs are installed first"
        ));
        let field = ["kind", "apiVersion"]
            .into_iter()
            .find(|field| node.get(field).is_some());
        return Err(match field {
            Some(field) => problem.with(place_of(source, &node, field)),
            None => problem,
        });
    };
    if known.info().namespaced {
        place_in_namespace(&mut value, &namespace, args)?;
    }
    Ok(Manifest {
        source: Rc::clone(source),
        kind: known,
        name,
        value,
        node: Rc::new(node),
        suspicion: None,
    })
}

/// Fills in the namespace, as kubectl does before it sends the object.
fn place_in_namespace(value: &mut Value, given: &str, args: &Args) -> Result<(), Problem> {
    let wanted = args.namespace();
    if args.given("namespace") && !given.is_empty() && given != wanted {
        return Err(Problem::plain(format!(
            "the namespace from the provided object \"{given}\" does not match the namespace \"{wanted}\". You must pass '--namespace={given}' to perform this operation."
        )));
    }
    if given.is_empty()
        && let Some(metadata) = value.get_mut("metadata").and_then(Value::as_object_mut)
    {
        metadata.insert("namespace".to_owned(), wanted.into());
    }
    Ok(())
}

impl Manifest {
    /// Asks the API server about this object; a refusal says what was being done and where the
    /// fields at fault stand.
    pub(crate) fn request(
        &self,
        request: &Request,
        doing: &str,
        session: &mut Session<'_>,
    ) -> Result<cluster::Response, Problem> {
        self.in_default_namespace(doing)?;
        session
            .request(request)
            .map_err(|status| self.problem(status, doing))
    }

    /// Only the namespace `default` is there; the others of a new cluster are not simulated.
    fn in_default_namespace(&self, doing: &str) -> Result<(), Problem> {
        let namespace = self
            .value
            .pointer("/metadata/namespace")
            .and_then(Value::as_str);
        match namespace {
            Some(namespace) if self.kind.info().namespaced && namespace != "default" => {
                let mut status = Status::not_found(self.kind, &self.name);
                status.message = format!("namespaces \"{namespace}\" not found");
                Err(Problem::refused_while(status, doing.to_owned()).with(Note::OneNamespace))
            }
            _ => Ok(()),
        }
    }

    /// A refusal of this object.
    pub(crate) fn problem(&self, status: Status, doing: &str) -> Problem {
        let mut fields: Vec<String> = status
            .causes
            .iter()
            .map(|cause| cause.field.clone())
            .collect();
        // `strict decoding error: unknown field "spec.foo", unknown field "spec.bar"`
        let quoted = status.message.split("unknown field \"").skip(1);
        fields.extend(quoted.filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())));
        let mut problem = Problem::refused_while(status, doing.to_owned());
        for field in fields {
            let note = place_of(&self.source, &self.node, &field);
            if !problem.notes.contains(&note) {
                problem = problem.with(note);
            }
        }
        problem.notes.extend(self.suspicion.clone());
        problem
    }

    /// `"web.yaml"`, quoted.
    pub(crate) fn quoted_source(&self) -> String {
        format!("\"{}\"", self.source)
    }
}

fn place_of(source: &str, node: &Node, field: &str) -> Note {
    Note::Field {
        file: source.to_owned(),
        field: field.to_owned(),
        position: node.locate(field),
    }
}

/// The first character of a Chinese keyboard outside quotes and comments.
pub(crate) fn wide_character(source: &str, text: &str) -> Option<Note> {
    for (number, line) in text.lines().enumerate() {
        let mut quote = None;
        let mut before = ' ';
        for (column, letter) in line.chars().enumerate() {
            match (quote, letter) {
                (Some(open), _) if open == letter => quote = None,
                (Some(_), _) => {}
                (None, '"' | '\'') => quote = Some(letter),
                (None, '#') if before.is_whitespace() => break,
                (None, _) => {
                    if let Some(wanted) = narrow(letter) {
                        return Some(Note::WideCharacter {
                            file: source.to_owned(),
                            position: yaml::Position {
                                line: number + 1,
                                column: column + 1,
                            },
                            found: letter,
                            wanted,
                        });
                    }
                }
            }
            before = letter;
        }
    }
    None
}

/// The ASCII character that was meant.
fn narrow(letter: char) -> Option<char> {
    Some(match letter {
        '“' | '”' => '"',
        '‘' | '’' => '\'',
        '、' => ',',
        '。' => '.',
        '【' => '[',
        '】' => ']',
        '—' => '-',
        '\u{3000}' | '\u{a0}' => ' ',
        // The block of full-width forms follows ASCII.
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(letter) - 0xff01 + 0x21)?,
        _ => return None,
    })
}
