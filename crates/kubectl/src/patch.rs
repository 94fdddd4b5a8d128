//! `kubectl patch` (`pkg/cmd/patch/patch.go`).

use cluster::apiserver::subresources::{Subresource, SubresourceRequest};
use cluster::object::Object;
use cluster::{Cluster, FieldValidation, Patch, Request};
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
    let subresource = match args.value("subresource") {
        None | Some("") => None,
        Some("scale") => Some(Subresource::Scale),
        Some("status") => Some(Subresource::Status),
        Some(other) => {
            return Err(Problem::plain(format!(
                "invalid subresource value: \"{other}\". Must be one of [status scale resize]"
            )));
        }
    };
    let objects = resource::chosen(args, &args.words, session)?;
    if objects.is_empty() && session.is_well() {
        return Err(Problem::plain("no objects passed to patch"));
    }
    for object in objects {
        let name = qualified(object.kind(), object.name());
        if let Some(subresource) = subresource {
            match patch_part(&object, subresource, &patch, dry_run, session) {
                Ok(value) => {
                    // A Scale is printed by its own kind.
                    let name = match subresource {
                        Subresource::Scale => format!("scale.autoscaling/{}", object.name()),
                        Subresource::Status => name,
                    };
                    let operation = ["patched", dry_run.suffix()].concat();
                    let text = written(args, &name, &operation, &value)?;
                    session.out(&text);
                }
                Err(problem) => session.complain(problem),
            }
            continue;
        }
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

fn patch_part(
    object: &Object,
    subresource: Subresource,
    patch: &Patch,
    dry_run: DryRun,
    session: &mut Session<'_>,
) -> Result<Value, Problem> {
    let mut answer = Ok(Value::Null);
    let request = SubresourceRequest::Patch(patch.clone());
    let mut ask = |cluster: &mut Cluster| {
        let what = (object.kind(), object.name());
        let (result, step) = cluster.request_subresource(what, subresource, &request);
        answer = result;
        step
    };
    if dry_run == DryRun::None {
        session.act(&mut ask);
    } else {
        ask(&mut session.cluster().clone());
    }
    answer.map_err(Problem::refused)
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
