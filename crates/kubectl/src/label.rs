//! `kubectl label` and `kubectl annotate` (`pkg/cmd/label`, `pkg/cmd/annotate`).

use cluster::object::{Labels, Object};
use cluster::{FieldValidation, Patch, Request};
use serde_json::{Map, Value, json};

use crate::args::Args;
use crate::create::{DryRun, written};
use crate::errors::Problem;
use crate::resource;
use crate::session::{Done, Session, qualified, write_options};
use cluster::map::gather;

pub(crate) const VALUE_RULE: &str = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";

/// What is changed: `metadata.labels` or `metadata.annotations`.
struct What {
    field: &'static str,
    singular: &'static str,
    done: &'static str,
}

const LABELS: What = What {
    field: "labels",
    singular: "label",
    done: "labeled",
};

const ANNOTATIONS: What = What {
    field: "annotations",
    singular: "annotation",
    done: "annotated",
};

impl What {
    fn of<'a>(&self, object: &'a Object) -> &'a Labels {
        let metadata = object.metadata();
        match self.field {
            "labels" => &metadata.labels,
            _ => &metadata.annotations,
        }
    }
}

/// Keys with their new values; none removes the key.
type Changes = cluster::map::Map<String, Option<String>>;

pub(crate) fn label(args: &Args, session: &mut Session<'_>) -> Done {
    change(args, session, &LABELS)
}

pub(crate) fn annotate(args: &Args, session: &mut Session<'_>) -> Done {
    change(args, session, &ANNOTATIONS)
}

fn change(args: &Args, session: &mut Session<'_>, what: &What) -> Done {
    let dry_run = DryRun::of(args)?;
    let (words, pairs) = split(&args.words, what.singular)?;
    let lists = args.switch("list");
    if lists && args.given("output") {
        return Err(Problem::plain(
            "--list and --output may not be specified together",
        ));
    }
    if lists && pairs.is_empty() {
        return list(args, words, what, session);
    }
    let changes = changes(pairs, what)?;
    let objects = resource::chosen(args, words, session)?;
    for object in objects {
        match change_one(args, &object, &changes, what, dry_run, session) {
            Ok(text) => session.out(&text),
            Err(problem) => session.complain(problem),
        }
    }
    Ok(None)
}

/// `--list`: what is there.
fn list(args: &Args, words: &[String], what: &What, session: &mut Session<'_>) -> Done {
    let objects = resource::chosen(args, words, session)?;
    let several = objects.len() > 1 || args.switch("all") || args.given("selector");
    for object in objects {
        let kind = object.kind();
        if several {
            let (field, name) = (what.field, object.name());
            let told = [
                "Listing ",
                field,
                " for ",
                kind.name(),
                ".",
                kind.group(),
                "/",
                name,
                ":\n",
            ];
            session.out(&told.concat());
        }
        for (key, value) in what.of(&object) {
            let space = if several { " " } else { "" };
            session.out(&[space, key, "=", value, "\n"].concat());
        }
    }
    Ok(None)
}

/// Words that name objects, and then pairs (`GetResourcesAndPairs`).
///
/// # Errors
/// A name after a pair; no pair at all.
pub(crate) fn split<'a>(
    words: &'a [String],
    singular: &str,
) -> Result<(&'a [String], &'a [String]), Problem> {
    let is_pair = |word: &String| word.contains('=') || (word.ends_with('-') && word.len() > 1);
    let begin = words.iter().position(is_pair).unwrap_or(words.len());
    let (names, pairs) = words.split_at(begin);
    if let Some(word) = pairs.iter().find(|word| !is_pair(word)) {
        return Err(Problem::plain(format!(
            "all resources must be specified before {singular} changes: {word}"
        )));
    }
    Ok((names, pairs))
}

fn changes(pairs: &[String], what: &What) -> Result<Changes, Problem> {
    let singular = what.singular;
    if pairs.is_empty() {
        return Err(Problem::plain(format!(
            "at least one {singular} update is required"
        )));
    }
    let mut changes = Changes::new();
    for pair in pairs {
        let (key, value) = match pair.split_once('=') {
            Some((key, value)) => (key, Some(value.to_owned())),
            None => (pair.trim_end_matches('-'), None),
        };
        if key.is_empty() {
            return Err(Problem::plain(format!("invalid {singular} format: {pair}")));
        }
        if what.field == "labels" && value.as_deref().is_some_and(|value| !is_label_value(value)) {
            return Err(Problem::plain(format!(
                "invalid label value: \"{pair}\": {VALUE_RULE}"
            )));
        }
        let removes = value.is_none();
        if let Some(other) = changes.insert(key.to_owned(), value)
            && other.is_none() != removes
        {
            return Err(Problem::plain(format!(
                "can not both modify and remove {} {singular} in the same command",
                if singular == "annotation" { "an" } else { "a" }
            )));
        }
    }
    Ok(changes)
}

fn is_label_value(value: &str) -> bool {
    let edge = |c: Option<char>| c.is_none_or(|c| c.is_ascii_alphanumeric());
    value.len() <= 63
        && value
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c))
        && edge(value.chars().next())
        && edge(value.chars().last())
}

fn change_one(
    args: &Args,
    object: &Object,
    changes: &Changes,
    what: &What,
    dry_run: DryRun,
    session: &mut Session<'_>,
) -> Result<String, Problem> {
    let now = what.of(object);
    let overwrite = args.switch("overwrite");
    if !overwrite {
        refuse_overwriting(now, changes, what)?;
    }
    let mut then = now.clone();
    for (key, value) in changes.iter() {
        match value {
            Some(value) => {
                then.insert(key.clone(), value.clone());
            }
            None => {
                if then.remove(key).is_none() && what.field == "labels" {
                    session.out(&format!("label \"{key}\" not found.\n"));
                }
            }
        }
    }
    let length =
        |labels: &Labels| -> usize { labels.iter().map(|(k, v)| k.len() + v.len() + 6).sum() };
    let operation = match what.field {
        "labels" if then == *now => "not labeled",
        "labels" if !overwrite && length(&then) < length(now) => "unlabeled",
        _ => what.done,
    };
    let mut value = object.to_value();
    if dry_run != DryRun::Client && then != *now {
        let fields: Map<String, Value> = gather(
            changes
                .iter()
                .map(|(key, value)| (key.clone(), json!(value))),
        );
        let request = Request::Patch {
            kind: object.kind(),
            name: object.name().to_owned(),
            patch: Patch::Merge(json!({"metadata": {what.field: fields}})),
            options: write_options(dry_run == DryRun::Server, FieldValidation::Warn),
        };
        let response = session.request(&request).map_err(Problem::refused)?;
        value = response.object.to_value();
    }
    let operation = format!("{operation}{}", dry_run.suffix());
    written(
        args,
        &qualified(object.kind(), object.name()),
        &operation,
        &value,
    )
}

/// A value that is already there is only changed with `--overwrite`.
fn refuse_overwriting(now: &Labels, changes: &Changes, what: &What) -> Result<(), Problem> {
    let clashes = changes.iter().filter_map(|(key, value)| {
        let value = value.as_ref()?;
        let present = now.get(key).filter(|present| *present != value)?;
        Some(format!("'{key}' already has a value ({present})"))
    });
    let clashes: Vec<String> = clashes.collect();
    if clashes.is_empty() {
        return Ok(());
    }
    Err(Problem::plain(match what.field {
        "labels" => format!("{}, and --overwrite is false", clashes[0]),
        _ => format!(
            "--overwrite is false but found the following declared annotation(s): {}",
            clashes.join("; ")
        ),
    }))
}
