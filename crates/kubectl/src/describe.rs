//! `kubectl describe` (`pkg/describe/describe.go`; reference/kubectl-formats.md §7).

use cluster::object::{Event, Kind, Labels, Object};
use cluster::{Cluster, Status, Time};
use serde_json::Value;

use crate::age;
use crate::apply::LAST_APPLIED;
use crate::args::Args;
use crate::errors::Problem;
use crate::manifest;
use crate::note::Note;
use crate::order::sorted_by_key;
use crate::printers::Fields;
use crate::resource::{self, Target};
use crate::selector::Selector;
use crate::session::{Done, Session};
use cluster::map::gather;

mod network;
mod node;
mod pod;
mod storage;
mod tabs;
mod workload;

pub(crate) fn describe(args: &Args, session: &mut Session<'_>) -> Done {
    let selector = Selector::parse(args.value("selector").unwrap_or_default())?;
    let targets = if args.given("filename") {
        let manifests = manifest::load(args, session).into_iter();
        manifests
            .map(|manifest| Target {
                kind: manifest.kind,
                name: Some(manifest.name),
            })
            .collect()
    } else if args.words.is_empty() {
        return Err(Problem::plain(
            "You must specify the type of resource to describe. Use \"kubectl api-resources\" for a complete list of supported resources.",
        ));
    } else {
        resource::targets(&args.words)?
    };
    let mut objects = Vec::new();
    for target in &targets {
        match found(target, &selector, args, session) {
            Ok(found) => objects.extend(found),
            Err(problem) => session.complain(problem),
        }
    }
    let mut described = Vec::new();
    for object in &objects {
        match text(
            object,
            session.cluster(),
            args.switch_or("show-events", true),
        ) {
            Some(text) => described.push(text),
            None => session.complain(Problem::note(Note::CommandNotSimulated {
                command: format!("kubectl describe {}", object.kind().info().plural),
            })),
        }
    }
    session.out(&described.join("\n\n"));
    if objects.is_empty() && session.is_well() {
        let namespaced = targets.iter().all(|target| target.kind.info().namespaced);
        session.err(&match namespaced && !args.switch("all-namespaces") {
            true => format!("No resources found in {} namespace.\n", args.namespace()),
            false => "No resources found\n".to_owned(),
        });
    }
    Ok(None)
}

/// The objects of a target; a name that isn't there may be the beginning of others.
fn found(
    target: &Target,
    selector: &Selector,
    args: &Args,
    session: &Session<'_>,
) -> Result<Vec<Object>, Problem> {
    let all = match resource::visible(target.kind, args) {
        true => session.list(target.kind),
        false => Vec::new(),
    };
    let Some(name) = &target.name else {
        let chosen = all.into_iter();
        return Ok(chosen
            .filter(|object| selector.matches(&object.metadata().labels))
            .collect());
    };
    if let Some(object) = all.iter().find(|object| object.name() == name) {
        return Ok(vec![object.clone()]);
    }
    let begun: Vec<Object> = all
        .into_iter()
        .filter(|object| object.name().starts_with(name.as_str()))
        .collect();
    match begun.is_empty() {
        true => Err(Problem::refused(Status::not_found(target.kind, name))),
        false => Ok(begun),
    }
}

/// What `describe` prints about an object; nothing for kinds whose description is not simulated.
pub(crate) fn text(object: &Object, cluster: &Cluster, events: bool) -> Option<String> {
    let value = object.to_value();
    let mut page = Page {
        text: String::new(),
        object,
        fields: Fields(&value),
        cluster,
    };
    match object.kind().name() {
        "Pod" => pod::describe(&mut page),
        "StatefulSet" => workload::describe_stateful_set(&mut page),
        "ReplicaSet" => workload::describe_replica_set(&mut page),
        "PersistentVolumeClaim" => storage::describe_claim(&mut page),
        "PersistentVolume" => storage::describe_volume(&mut page),
        "StorageClass" => storage::describe_class(&mut page),
        "Service" => network::describe_service(&mut page),
        "Endpoints" => network::describe_endpoints(&mut page),
        "Node" => node::describe(&mut page),
        _ => return None,
    }
    if events {
        page.events();
    }
    Some(tabs::align(&page.text))
}

/// What `describe` prints about the pod template in what a revision keeps, its cells not aligned.
pub(crate) fn template(object: &Object, value: &Value, cluster: &Cluster) -> String {
    let mut page = Page {
        text: String::new(),
        object,
        fields: Fields(value),
        cluster,
    };
    workload::template(&mut page);
    page.text
}

/// A description in the making: lines of cells that end in tabs.
struct Page<'a> {
    text: String,
    object: &'a Object,
    fields: Fields<'a>,
    cluster: &'a Cluster,
}

impl Page<'_> {
    /// A line with its indentation, two blanks a level.
    fn line(&mut self, level: usize, text: &str) {
        self.text.extend(std::iter::repeat_n("  ", level));
        self.text.push_str(text);
        self.text.push('\n');
    }

    /// `Key:  value`
    fn pair(&mut self, level: usize, key: &str, value: &str) {
        self.line(level, &format!("{key}:\t{value}"));
    }

    /// `Key:  value`, or nothing if the field is empty.
    fn pair_if_any(&mut self, level: usize, key: &str, pointer: &str) {
        let value = self.fields.text(pointer);
        if !value.is_empty() {
            self.pair(level, key, value);
        }
    }

    fn name(&mut self) {
        let metadata = self.object.metadata();
        self.pair(0, "Name", &metadata.name);
        if let Some(namespace) = &metadata.namespace {
            self.pair(0, "Namespace", namespace);
        }
    }

    /// One entry a line, the first one beside the title.
    fn lines(&mut self, indent: &str, title: &str, entries: &[String]) {
        let none = ["<none>".to_owned()];
        let entries = if entries.is_empty() { &none } else { entries };
        for (index, entry) in entries.iter().enumerate() {
            match index {
                0 => self.line(0, &format!("{indent}{title}:\t{entry}")),
                _ => self.line(0, &format!("{indent}\t{entry}")),
            }
        }
    }

    fn labels(&mut self, indent: &str, title: &str, labels: &Labels) {
        let entries: Vec<String> = labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
        self.lines(indent, title, &entries);
    }

    fn own_labels(&mut self) {
        let labels = &self.object.metadata().labels;
        self.labels("", "Labels", labels);
    }

    /// Annotations; what kubectl keeps for itself is left out, long values go on lines of their own.
    fn annotations(&mut self) {
        const LENGTH_MAX: usize = 140;
        let annotations = &self.object.metadata().annotations;
        let mut entries = Vec::new();
        for (key, value) in annotations.iter().filter(|(key, _)| *key != LAST_APPLIED) {
            let value = value.strip_suffix('\n').unwrap_or(value);
            if value.len() + key.len() + 2 < LENGTH_MAX && !value.contains('\n') {
                entries.push(format!("{key}: {value}"));
                continue;
            }
            entries.push(format!("{key}:"));
            for line in value.split('\n') {
                let short: String = line.chars().take(LENGTH_MAX - 2).collect();
                let dots = if short.len() < line.len() { "..." } else { "" };
                entries.push(format!("  {short}{dots}"));
            }
        }
        self.lines("", "Annotations", &entries);
    }

    /// `Events:`, oldest first.
    fn events(&mut self) {
        let uid = self.object.uid();
        let node = self.object.kind() == Kind::Node;
        let name = self.object.name();
        let all = self.cluster.store().list::<Event>();
        let events = all
            .filter(|event| {
                let about = &event.involved_object;
                // Nodes are referred to by name only.
                about.uid.as_deref() == Some(uid)
                    || (node
                        && about.kind.as_deref() == Some("Node")
                        && about.name.as_deref() == Some(name))
            })
            .cloned();
        let events = sorted_by_key(events, |event| event.last_timestamp);
        if events.is_empty() {
            return self.pair(0, "Events", "<none>");
        }
        self.line(0, "Events:");
        self.line(1, "Type\tReason\tAge\tFrom\tMessage");
        self.line(1, "----\t------\t----\t----\t-------");
        let now = self.cluster.now();
        for event in events {
            let first = age::since(event.first_timestamp, now);
            let age = match event.count {
                count if count > 1 => {
                    let last = age::since(event.last_timestamp, now);
                    format!("{last} (x{count} over {first})")
                }
                _ => first,
            };
            let path = event
                .involved_object
                .field_path
                .as_deref()
                .unwrap_or_default();
            let colon = if path.is_empty() { "" } else { ": " };
            let message = event.message.trim();
            self.line(
                1,
                &format!(
                    "{}\t{}\t{age}\t{}\t{path}{colon}{message}",
                    event.r#type, event.reason, event.source.component
                ),
            );
        }
    }

    /// The map of texts there.
    fn map(&self, pointer: &str) -> Labels {
        map(self.fields, pointer)
    }

    /// `Terminating (lasts 10s)`, if the object is being deleted.
    fn terminating(&self) -> Option<String> {
        let metadata = self.object.metadata();
        let until = metadata.deletion_timestamp?;
        Some(format!(
            "Terminating (lasts {})",
            lasts(until, self.cluster.now())
        ))
    }
}

/// How long ago a moment was, which may lie ahead.
fn lasts(until: Time, now: Time) -> String {
    let until = Time(until.0 / 1000 * 1000);
    match until.since(now) {
        ahead if ahead > 1000 => "<invalid>".to_owned(),
        _ => age::human(now.since(until) / 1000),
    }
}

/// The map of texts there.
fn map(fields: Fields<'_>, pointer: &str) -> Labels {
    let map = fields.0.pointer(pointer).and_then(Value::as_object);
    let pairs = map.into_iter().flatten();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    gather(pairs.map(|(key, value)| (key.clone(), text(value))))
}

/// `Tue, 05 May 2026 12:00:00 +0000`
fn rfc_1123(time: Option<Time>) -> String {
    let Some(time) = time else {
        return "<unset>".to_owned();
    };
    let c = time.civil();
    let (day, month) = age::day_and_month(&c);
    format!(
        "{day}, {:02} {month} {:04} {:02}:{:02}:{:02} +0000",
        c.day, c.year, c.hour, c.minute, c.second
    )
}

/// As [`rfc_1123`], for a time as the API writes it.
fn rfc_1123_of(text: &str) -> String {
    rfc_1123(age::parse_time(text))
}
