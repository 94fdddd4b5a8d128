//! `kubectl get` (`pkg/cmd/get/get.go`).

use cluster::Version;
use cluster::network::Caller;
use cluster::network::http::HttpRequest;
use cluster::object::{Kind, Object};
use serde_json::{Value, json};

use crate::args::Args;
use crate::discovery;
use crate::emit;
use crate::errors::Problem;
use crate::manifest;
use crate::order::sorted_by_key;
use crate::path::{Path, Template, shown};
use crate::printers::Columns;
use crate::resource::{self, Target};
use crate::run;
use crate::selector::{FieldSelector, Selector};
use crate::session::{Done, Session, qualified};
use crate::table::Widths;
use crate::template::GoTemplate;
use crate::watch::Watch;
use crate::{Follow, FollowKind};

/// `-o`
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Format {
    Table,
    Name,
    Yaml,
    Json,
    JsonPath(Template),
    Go(GoTemplate),
    /// Name and path of each column.
    Custom(Vec<(String, Path)>),
}

const FORMATS: &str = "custom-columns,custom-columns-file,go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,wide,yaml";

/// What is asked for, apart from the objects.
struct Query {
    format: Format,
    columns: Columns,
    headers: bool,
    selector: Selector,
    fields: FieldSelector,
}

pub(crate) fn get(args: &Args, session: &mut Session<'_>) -> Done {
    if let Some(path) = args.value("raw") {
        return raw(path, session);
    }
    let query = query(args)?;
    if let Some(word) = args.words.first()
        && discovery::is_namespaces(word)
    {
        return discovery::namespaces(args, &query.format, &query.selector, session);
    }
    let watching = args.switch("watch") || args.switch("watch-only");
    let targets = targets(args, session)?;
    if watching {
        return watch(args, &query, &targets, session);
    }
    let mut objects = found(args, &query, &targets, session)?;
    if let Some(field) = args.value("sort-by") {
        let path = Path::parse_relaxed(field)?;
        let leads = |object: &Object| {
            let value = object.to_value();
            !path.find(&value, &value).is_empty()
        };
        if !objects.is_empty() && !objects.iter().any(leads) {
            let path = field.trim_matches(['{', '}']);
            let path = path.strip_prefix('.').unwrap_or(path);
            return Err(Problem::plain(format!(
                "couldn't find any field with path \"{{.{path}}}\" in the list of objects"
            )));
        }
        objects = sorted(objects, &path);
    }
    warn_of_endpoints(&targets, session);
    let single = targets.len() == 1 && targets[0].name.is_some();
    match &query.format {
        Format::Table => print_tables(args, &query, &targets, &objects, session),
        Format::Custom(columns) => {
            let rows = custom_rows(columns, &objects, query.headers);
            session.out(&Widths::default().print(&rows));
        }
        Format::Name => {
            for object in &objects {
                session.out(&format!("{}\n", qualified(object.kind(), object.name())));
            }
        }
        _ => {
            // A single object that isn't there leaves nothing to print.
            if session.is_well() || !single {
                let value = whole(&objects, single);
                let (text, failed) = printed(&query.format, value);
                session.out(&text);
                if let Some(why) = failed {
                    return Err(Problem::plain(why));
                }
            }
        }
    }
    Ok(None)
}

/// `--raw`: the body of the answer, or the refusal that it tells of.
fn raw(path: &str, session: &mut Session<'_>) -> Done {
    if let Some(value) = run::raw_object(path, session).filter(|value| !value.is_null()) {
        session.out(&format!("{value}\n"));
        return Ok(None);
    }
    let request = HttpRequest {
        user_agent: "kubectl".to_owned(),
        ..HttpRequest::get(path)
    };
    let mut answer = None;
    session.act(&mut |cluster| {
        let (result, step) = cluster.http(&Caller::ApiClient, &request);
        answer = result.ok();
        step
    });
    let Some(answer) = answer else {
        return Ok(None);
    };
    let status: Value = serde_json::from_str(&answer.body).unwrap_or_default();
    match (answer.status, status["message"].as_str()) {
        (..400, _) => session.out(&answer.body),
        (_, Some(message)) => {
            let reason = status["reason"].as_str().unwrap_or_default();
            return Err(Problem::from_server(format!(" ({reason}): {message}")));
        }
        _ => {
            let message = " (NotFound): the server could not find the requested resource";
            return Err(Problem::from_server(message.to_owned()));
        }
    }
    Ok(None)
}

fn query(args: &Args) -> Result<Query, Problem> {
    let output = args.value("output").unwrap_or_default();
    // A template stands for itself, or for what `-o` leaves open.
    let with_template = match (args.value("template"), output) {
        (Some(template), "") => ["go-template=", template].concat(),
        (Some(template), "go-template" | "jsonpath") => [output, "=", template].concat(),
        _ => output.to_owned(),
    };
    let labels = args
        .values("label-columns")
        .flat_map(|list| list.split(','));
    Ok(Query {
        format: format(&with_template)?,
        columns: Columns {
            wide: output == "wide",
            namespace: args.switch("all-namespaces"),
            kind: args.switch("show-kind"),
            labels: labels.map(str::to_owned).collect(),
            all_labels: args.switch("show-labels"),
            event: args.switch("output-watch-events"),
        },
        headers: !args.switch("no-headers"),
        selector: Selector::parse(args.value("selector").unwrap_or_default())?,
        fields: FieldSelector::parse(args.value("field-selector").unwrap_or_default())?,
    })
}

pub(crate) fn format(output: &str) -> Result<Format, Problem> {
    let (name, argument) = match output.split_once('=') {
        Some((name, argument)) => (name, Some(argument)),
        None => (output, None),
    };
    match (name, argument) {
        ("" | "wide", None) => Ok(Format::Table),
        ("name", None) => Ok(Format::Name),
        ("yaml", None) => Ok(Format::Yaml),
        ("json", None) => Ok(Format::Json),
        ("jsonpath" | "go-template" | "template", None | Some("")) => Err(Problem::plain(
            "template format specified but no template given",
        )),
        ("jsonpath", Some(template)) => Template::parse(template).map(Format::JsonPath),
        ("go-template" | "template", Some(template)) => GoTemplate::parse(template)
            .map(Format::Go)
            .map_err(|why| Problem::plain(format!("error parsing template {template}, {why}\n"))),
        ("custom-columns", None | Some("")) => Err(Problem::plain(
            "custom-columns format specified but no custom columns given",
        )),
        ("custom-columns", Some(spec)) => custom_columns(spec).map(Format::Custom),
        _ if FORMATS.split(',').any(|known| known == name) => {
            Err(Problem::note(crate::Note::FlagNotSimulated {
                command: "kubectl get".to_owned(),
                flag: format!("-o {name}"),
            }))
        }
        _ => Err(no_printer(output, FORMATS)),
    }
}

/// The format is none of those that the command has.
pub(crate) fn no_printer(output: &str, formats: &str) -> Problem {
    Problem::plain(format!(
        "unable to match a printer suitable for the output format \"{output}\", allowed formats are: {formats}"
    ))
}

/// `NAME:.metadata.name,NODE:.spec.nodeName`
fn custom_columns(spec: &str) -> Result<Vec<(String, Path)>, Problem> {
    let column = |part: &str| match part.split_once(':') {
        Some((name, path)) if !path.is_empty() => Ok((name.to_owned(), Path::parse_relaxed(path)?)),
        _ => Err(Problem::plain(format!(
            "unexpected custom-columns spec: {part}, expected <header>:<json-path-expr>"
        ))),
    };
    spec.split(',').map(column).collect()
}

fn custom_rows(columns: &[(String, Path)], objects: &[Object], headers: bool) -> Vec<Vec<String>> {
    let names = columns.iter().map(|(name, _)| name.clone()).collect();
    let mut rows: Vec<Vec<String>> = headers.then_some(names).into_iter().collect();
    for object in objects {
        let value = object.to_value();
        let cell = |(_, path): &(String, Path)| {
            let found: Vec<String> = path.find(&value, &value).iter().map(|v| shown(v)).collect();
            match found.join(",") {
                text if text.is_empty() => "<none>".to_owned(),
                text => text,
            }
        };
        rows.push(columns.iter().map(cell).collect());
    }
    rows
}

fn targets(args: &Args, session: &mut Session<'_>) -> Result<Vec<Target>, Problem> {
    if args.given("filename") {
        if !args.words.is_empty() {
            return Err(Problem::plain(
                "when paths, URLs, or stdin is provided as input, you may not specify resource arguments as well",
            ));
        }
        let loaded = manifest::load(args, session).into_iter();
        return Ok(loaded
            .map(|manifest| Target {
                kind: manifest.kind,
                name: Some(manifest.name),
            })
            .collect());
    }
    if args.words.is_empty() {
        session.err("You must specify the type of resource to get. Use \"kubectl api-resources\" for a complete list of supported resources.\n\n");
        return Err(args.usage_error("Required resource not specified.\nUse \"kubectl explain <resource>\" for a detailed description of that resource (e.g. kubectl explain pods)."));
    }
    resource::targets(&args.words)
}

/// The objects that are there; what is named and isn't is complained of.
fn found(
    args: &Args,
    query: &Query,
    targets: &[Target],
    session: &mut Session<'_>,
) -> Result<Vec<Object>, Problem> {
    let selecting = !query.selector.is_empty() || !query.fields.is_empty();
    let mut objects = Vec::new();
    for target in targets {
        match &target.name {
            Some(_) if selecting && !args.given("filename") => {
                return Err(Problem::plain(
                    "name cannot be provided when a selector is specified",
                ));
            }
            Some(_) if args.switch("all-namespaces") => {
                return Err(Problem::plain(
                    "a resource cannot be retrieved by name across all namespaces",
                ));
            }
            Some(name) => match resource::look_up(target, name, args, session) {
                Ok(object) => objects.push(object),
                Err(_) if args.switch("ignore-not-found") => {}
                Err(problem) => session.complain(problem),
            },
            None if resource::visible(target.kind, args) => {
                let all = session.list(target.kind).into_iter();
                objects.extend(all.filter(|object| query.selects(object)));
            }
            None => {}
        }
    }
    Ok(objects)
}

impl Query {
    fn selects(&self, object: &Object) -> bool {
        self.selector.matches(&object.metadata().labels) && self.fields.matches(object)
    }
}

fn sorted(objects: Vec<Object>, path: &Path) -> Vec<Object> {
    sorted_by_key(objects, |object| {
        let value = object.to_value();
        let found = path.find(&value, &value);
        let first = found.first().copied().unwrap_or(&Value::Null);
        // Numbers before text, each by its own order.
        (first.as_i64(), first.is_string(), shown(first))
    })
}

/// Endpoints are old-fashioned since v1.33, and the server says so each time.
fn warn_of_endpoints(targets: &[Target], session: &mut Session<'_>) {
    let asked = targets.iter().any(|target| target.kind == Kind::Endpoints);
    if asked && session.cluster().config().version >= Version::V1_33 {
        session.err("Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice\n");
    }
}

/// A table for each run of objects of one kind, with an empty line between.
fn print_tables(
    args: &Args,
    query: &Query,
    targets: &[Target],
    objects: &[Object],
    session: &mut Session<'_>,
) {
    let mut columns = query.columns.clone();
    columns.kind |= resource::several_types(&args.words);
    columns.event = false;
    let mut text = String::new();
    for group in objects.chunk_by(|a, b| a.kind() == b.kind()) {
        let kind = group[0].kind();
        let version = session.cluster().config().version;
        if query.headers && !text.is_empty() {
            text.push('\n');
        }
        let headers = query.headers.then(|| columns.headers(kind, version));
        let rows = group
            .iter()
            .map(|object| columns.row(object, "", session.cluster()));
        let rows: Vec<Vec<String>> = headers.into_iter().chain(rows).collect();
        text.push_str(&Widths::default().print(&rows));
    }
    if text.is_empty() && session.is_well() && !args.switch("ignore-not-found") {
        let namespaced = targets.iter().all(|target| target.kind.info().namespaced);
        session.err(&match namespaced && !args.switch("all-namespaces") {
            true => format!("No resources found in {} namespace.\n", args.namespace()),
            false => "No resources found\n".to_owned(),
        });
    }
    session.out(&text);
}

/// An object with the nulls that the API server writes.
pub(crate) fn as_shown(object: &Object) -> Value {
    let mut value = object.to_value();
    let conditions = value
        .pointer_mut("/status/conditions")
        .filter(|_| object.kind() == Kind::Pod);
    for condition in conditions
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten()
    {
        condition["lastProbeTime"] = Value::Null;
    }
    value
}

/// One object as it is, several as a List.
fn whole(objects: &[Object], single: bool) -> Value {
    match objects {
        [only] if single => as_shown(only),
        several => json!({
            "apiVersion": "v1",
            "items": several.iter().map(as_shown).collect::<Vec<_>>(),
            "kind": "List",
            "metadata": {"resourceVersion": ""},
        }),
    }
}

pub(crate) fn print(format: &Format, value: Value) -> String {
    printed(format, value).0
}

/// The text, and what went wrong.
fn printed(format: &Format, value: Value) -> (String, Option<String>) {
    let text = match format {
        Format::Json => emit::to_json(&value),
        Format::JsonPath(template) => template.print(&value),
        Format::Go(template) => match template.print(&value) {
            Ok(text) => text,
            Err((text, why)) => return (text, Some(why)),
        },
        _ => emit::to_yaml(&value),
    };
    (text, None)
}

fn watch(args: &Args, query: &Query, targets: &[Target], session: &mut Session<'_>) -> Done {
    let [target] = targets else {
        let same = targets.iter().all(|target| target.kind == targets[0].kind);
        return Err(Problem::plain(match same {
            true => "you may only watch a single resource or type of resource at a time",
            false => "you may only specify a single resource type",
        }));
    };
    if query.format != Format::Table && args.given("sort-by") {
        session.err(
            "warning: --watch requested, --sort-by will be ignored for watch events received\n",
        );
    }
    let objects = found(args, query, targets, session)?;
    if !session.is_well() {
        return Ok(None);
    }
    let mut columns = query.columns.clone();
    columns.kind |= resource::several_types(&args.words);
    let mut watch = Watch {
        kind: target.kind,
        name: target.name.as_deref().map(Into::into),
        visible: resource::visible(target.kind, args),
        selector: query.selector.clone(),
        fields: query.fields.clone(),
        format: query.format.clone(),
        columns,
        widths: Widths::default(),
        headers: query.headers,
        printed: false,
    };
    if !args.switch("watch-only") {
        let text = watch.print(&objects, "ADDED", session.cluster());
        session.out(&text);
    }
    Ok(Some(Follow::new(FollowKind::Watch(Box::new(watch)))))
}
