//! `kubectl scale` (`pkg/cmd/scale/scale.go`).

use cluster::object::Object;
use cluster::{FieldValidation, Patch, Request, Status};
use serde_json::{Value, json};

use crate::args::Args;
use crate::create::{DryRun, written};
use crate::errors::Problem;
use crate::resource;
use crate::session::{Done, Session, qualified, write_options};

pub(crate) fn scale(args: &Args, session: &mut Session<'_>) -> Done {
    let Some(replicas) = args.number("replicas") else {
        return Err(Problem::plain("required flag(s) \"replicas\" not set"));
    };
    if replicas < 0 {
        return Err(Problem::plain(
            "The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0",
        ));
    }
    let dry_run = DryRun::of(args)?;
    let objects = resource::chosen(args, &args.words, session)?;
    if objects.is_empty() && session.is_well() {
        return Err(Problem::plain("no objects passed to scale"));
    }
    for object in objects {
        match scale_one(args, &object, replicas, dry_run, session) {
            Ok(value) => {
                let name = qualified(object.kind(), object.name());
                let operation = format!("scaled{}", dry_run.suffix());
                let text = written(args, &name, &operation, &value)?;
                session.out(&text);
            }
            Err(problem) => session.complain(problem),
        }
    }
    Ok(None)
}

fn scale_one(
    args: &Args,
    object: &Object,
    replicas: i32,
    dry_run: DryRun,
    session: &mut Session<'_>,
) -> Result<Value, Problem> {
    let value = object.to_value();
    let Some(now) = value.pointer("/spec/replicas").and_then(Value::as_i64) else {
        let mut status = Status::not_found(object.kind(), object.name());
        status.message = "the server could not find the requested resource".to_owned();
        return Err(Problem::refused(status));
    };
    let wanted_now = args
        .number("current-replicas")
        .filter(|wanted| *wanted >= 0);
    if let Some(wanted) = wanted_now.filter(|wanted| i64::from(*wanted) != now) {
        return Err(Problem::plain(format!(
            "Expected replicas to be {wanted}, was {now}"
        )));
    }
    if dry_run == DryRun::Client {
        return Ok(value);
    }
    let request = Request::Patch {
        kind: object.kind(),
        name: object.name().to_owned(),
        patch: Patch::Merge(json!({"spec": {"replicas": replicas}})),
        options: write_options(dry_run == DryRun::Server, FieldValidation::Warn),
    };
    let response = session.request(&request).map_err(Problem::refused)?;
    Ok(response.object.to_value())
}
