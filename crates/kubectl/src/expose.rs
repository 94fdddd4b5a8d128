//! `kubectl expose` and `kubectl autoscale`: objects made from another object.

use cluster::object::{Kind, Object};
use cluster::{FieldValidation, Request};
use serde_json::{Value, json};

use crate::args::Args;
use crate::create::{DryRun, written};
use crate::errors::Problem;
use crate::note::Note;
use crate::resource;
use crate::session::{Done, Session, qualified, write_options};

pub(crate) fn expose(args: &Args, session: &mut Session<'_>) -> Done {
    let dry_run = DryRun::of(args)?;
    for object in resource::chosen(args, &args.words, session)? {
        match expose_one(args, &object, dry_run, session) {
            Ok(text) => session.out(&text),
            Err(problem) => session.complain(problem),
        }
    }
    Ok(None)
}

fn expose_one(
    args: &Args,
    object: &Object,
    dry_run: DryRun,
    session: &mut Session<'_>,
) -> Result<String, Problem> {
    let service = service(args, object)?;
    let name = service["metadata"]["name"].as_str().unwrap_or_default();
    let name = qualified(Kind::Service, name);
    let operation = format!("exposed{}", dry_run.suffix());
    if dry_run == DryRun::Client {
        return written(args, &name, &operation, &service);
    }
    let request = Request::Create {
        object: service,
        options: write_options(dry_run == DryRun::Server, FieldValidation::Strict),
    };
    let response = session.request(&request).map_err(Problem::refused)?;
    written(args, &name, &operation, &response.object.to_value())
}

/// The Service that sends to the pods of an object.
fn service(args: &Args, object: &Object) -> Result<Value, Problem> {
    let value = object.to_value();
    let labels = |pointer: &str| value.pointer(pointer).filter(|labels| labels.is_object());
    let selector = match object.kind().name() {
        "Pod" => labels("/metadata/labels"),
        "Service" => labels("/spec/selector"),
        "ReplicaSet" => labels("/spec/selector/matchLabels"),
        kind => {
            let dot = if object.kind().group().is_empty() {
                ""
            } else {
                "."
            };
            let group = object.kind().group();
            return Err(Problem::plain(format!(
                "cannot expose a {kind}{dot}{group}"
            )));
        }
    };
    let Some(selector) = selector else {
        let kind = object.kind().name().to_ascii_lowercase();
        return Err(Problem::plain(format!(
            "couldn't retrieve selectors via --selector flag or introspection: the {kind} has no labels and cannot be exposed"
        )));
    };
    let metadata = object.metadata();
    Ok(json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": args.value("name").unwrap_or(&metadata.name),
            "labels": metadata.labels,
        },
        "spec": {
            "ports": ports(args, &value)?,
            "selector": selector,
            "type": args.value("type"),
            "clusterIP": args.value("cluster-ip"),
        },
    }))
}

fn ports(args: &Args, value: &Value) -> Result<Value, Problem> {
    let given: Vec<&str> = args
        .values("port")
        .flat_map(|list| list.split(','))
        .collect();
    let wanted: Result<Vec<i64>, _> = given.iter().map(|port| port.parse::<i64>()).collect();
    let mut numbers = wanted.map_err(|_| {
        let first = given.first().copied().unwrap_or_default();
        Problem::plain(format!("strconv.Atoi: parsing \"{first}\": invalid syntax"))
    })?;
    if numbers.is_empty() {
        for containers in ["/spec/containers", "/spec/template/spec/containers"] {
            let containers = value.pointer(containers).and_then(Value::as_array);
            for container in containers.into_iter().flatten() {
                let ports = container["ports"].as_array().into_iter().flatten();
                numbers.extend(ports.filter_map(|port| port["containerPort"].as_i64()));
            }
        }
        let ports = value.pointer("/spec/ports").and_then(Value::as_array);
        let ports = ports.into_iter().flatten();
        numbers.extend(ports.filter_map(|port| port["port"].as_i64()));
    }
    if numbers.is_empty() {
        return Err(Problem::plain(
            "couldn't find port via --port flag or introspection",
        ));
    }
    let several = numbers.len() > 1;
    let target = args
        .value("target-port")
        .map(|port| match port.parse::<i64>() {
            Ok(number) => json!(number),
            Err(_) => json!(port),
        });
    let ports = numbers.iter().enumerate().map(|(index, number)| {
        json!({
            "name": several.then(|| format!("port-{}", index + 1)),
            "port": number,
            "protocol": args.value("protocol").unwrap_or("TCP"),
            "targetPort": target.clone().unwrap_or_else(|| json!(number)),
        })
    });
    Ok(ports.collect())
}

/// There are no autoscalers here; only what never reaches the server can be done.
pub(crate) fn autoscale(args: &Args, session: &mut Session<'_>) -> Done {
    if args.number("max").is_none() {
        return Err(Problem::plain("required flag(s) \"max\" not set"));
    }
    let dry_run = DryRun::of(args)?;
    for object in resource::chosen(args, &args.words, session)? {
        let scalable = object.to_value().pointer("/spec/replicas").is_some();
        if !scalable {
            let kind = object.kind().name();
            session.complain(Problem::plain(format!("cannot autoscale a {kind}")));
        } else if dry_run == DryRun::Client {
            let name = args.value("name").unwrap_or(object.name());
            session.out(&format!(
                "horizontalpodautoscaler.autoscaling/{name} created (dry run)\n"
            ));
        } else {
            return Err(Problem::note(Note::KindNotSimulated {
                kind: "horizontalpodautoscalers".to_owned(),
            }));
        }
    }
    Ok(None)
}
