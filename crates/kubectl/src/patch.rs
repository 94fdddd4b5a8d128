//! `kubectl patch` (`pkg/cmd/patch/patch.go`).

use cluster::{FieldValidation, Patch, Request};
use serde_json::Value;

use crate::args::Args;
use crate::create::{DryRun, written};
use crate::errors::Problem;
use crate::resource;
use crate::session::{Done, Session, qualified, write_options};
use crate::yaml;

pub(crate) fn patch(args: &Args, session: &mut Session<'_>) -> Done {
    let dry_run = DryRun::of(args)?;
    let patch = given(args, session)?;
    let objects = resource::chosen(args, &args.words, session)?;
    if objects.is_empty() && session.is_well() {
        return Err(Problem::plain("no objects passed to patch"));
    }
    for object in objects {
        let name = qualified(object.kind(), object.name());
        let request = Request::Patch {
            kind: object.kind(),
            name: object.name().to_owned(),
            patch: patch.clone(),
            options: write_options(dry_run != DryRun::None, FieldValidation::Warn),
        };
        match session.request(&request) {
            Ok(response) => {
                let changed = response.changed || dry_run != DryRun::None;
                let operation = if changed {
                    "patched"
                } else {
                    "patched (no change)"
                };
                let operation = format!("{operation}{}", dry_run.suffix());
                let text = written(args, &name, &operation, &response.object.to_value())?;
                session.out(&text);
            }
            Err(status) => session.complain(Problem::refused(status)),
        }
    }
    Ok(None)
}

/// The patch that `-p` or `--patch-file` gives, of the type that `--type` says.
fn given(args: &Args, session: &Session<'_>) -> Result<Patch, Problem> {
    let kind = args
        .value("type")
        .unwrap_or("strategic")
        .to_ascii_lowercase();
    if !["json", "merge", "strategic"].contains(&kind.as_str()) {
        return Err(args.usage_error(&format!(
            "--type must be one of [json merge strategic], not \"{kind}\""
        )));
    }
    let text = match (args.value("patch"), args.value("patch-file")) {
        (Some(_), Some(_)) => {
            return Err(args.usage_error("cannot specify --patch and --patch-file together"));
        }
        (Some(text), None) if !text.is_empty() => text.to_owned(),
        (None, Some(file)) => session.file(file).map(str::to_owned).ok_or_else(|| {
            Problem::plain(format!(
                "unable to read patch file: open {file}: no such file or directory"
            ))
        })?,
        _ => {
            return Err(args.usage_error(
                "must specify --patch or --patch-file containing the contents of the patch",
            ));
        }
    };
    let value = read(&text)?;
    Ok(match kind.as_str() {
        "json" => Patch::Json(value),
        "merge" => Patch::Merge(value),
        _ => Patch::Strategic(value),
    })
}

fn read(text: &str) -> Result<Value, Problem> {
    let stream = yaml::read(text);
    if let Some(fault) = stream.fault {
        let quoted = Value::from(text);
        return Err(Problem::plain(format!(
            "unable to parse {quoted}: yaml: {}",
            fault.told
        )));
    }
    let first = stream.documents.first();
    Ok(first.map_or(Value::Null, |document| document.root.to_value()))
}
