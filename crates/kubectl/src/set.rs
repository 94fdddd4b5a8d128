//! `kubectl set image`, `cordon`, `uncordon` and `taint`.

use cluster::object::{Kind, Object};
use cluster::{FieldValidation, Patch, Request};
use serde_json::{Value, json};

use crate::args::Args;
use crate::create::{DryRun, written};
use crate::errors::Problem;
use crate::label::split;
use crate::resource;
use crate::session::{Done, Session, qualified, write_options};

/// The annotation that `rollout history` shows.
pub(crate) const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";

pub(crate) fn image(args: &Args, session: &mut Session<'_>) -> Done {
    let dry_run = DryRun::of(args)?;
    if args.switch("record") {
        session.err("Flag --record has been deprecated, --record will be removed in the future\n");
    }
    let (words, pairs) = split(&args.words, "image")?;
    if pairs.is_empty() {
        return Err(Problem::plain("at least one image update is required"));
    }
    let images = pairs.iter().map(|pair| pair.split_once('='));
    let Some(images) = images.collect::<Option<Vec<(&str, &str)>>>() else {
        return Err(Problem::plain(format!(
            "invalid image format: {}",
            pairs[0]
        )));
    };
    for object in resource::chosen(args, words, session)? {
        match set_image(args, &object, &images, dry_run, session) {
            Ok(text) => session.out(&text),
            Err(problem) => session.complain(problem),
        }
    }
    Ok(None)
}

fn set_image(
    args: &Args,
    object: &Object,
    images: &[(&str, &str)],
    dry_run: DryRun,
    session: &mut Session<'_>,
) -> Result<String, Problem> {
    let value = object.to_value();
    let template = match object.kind() {
        Kind::Pod => "",
        _ => "/template",
    };
    let containers = value.pointer(&format!("/spec{template}/spec/containers"));
    let containers = match object.kind() {
        Kind::Pod => value.pointer("/spec/containers"),
        _ => containers,
    };
    let Some(containers) = containers.and_then(Value::as_array) else {
        return Err(Problem::plain(format!(
            "the object is not a pod or does not have a pod template: *v1.{}",
            object.kind().name()
        )));
    };
    let mut changes = Vec::new();
    for (name, image) in images {
        let named = containers
            .iter()
            .filter(|container| *name == "*" || container["name"] == *name);
        let named: Vec<&Value> = named.collect();
        if named.is_empty() {
            return Err(Problem::plain(format!(
                "unable to find container named \"{name}\""
            )));
        }
        let changed = named
            .iter()
            .filter(|container| container["image"] != *image);
        changes.extend(changed.map(|c| json!({"name": c["name"], "image": image})));
    }
    if changes.is_empty() {
        return Ok(String::new());
    }
    let mut patch = match object.kind() {
        Kind::Pod => json!({"spec": {"containers": changes}}),
        _ => json!({"spec": {"template": {"spec": {"containers": changes}}}}),
    };
    if args.switch("record") {
        let cause = format!("kubectl set image {} --record=true", args.words.join(" "));
        patch["metadata"] = json!({"annotations": {CHANGE_CAUSE: cause}});
    }
    let value = match dry_run {
        DryRun::Client => value,
        _ => send(object, Patch::Strategic(patch), dry_run, session)?,
    };
    let operation = format!("image updated{}", dry_run.suffix());
    written(
        args,
        &qualified(object.kind(), object.name()),
        &operation,
        &value,
    )
}

fn send(
    object: &Object,
    patch: Patch,
    dry_run: DryRun,
    session: &mut Session<'_>,
) -> Result<Value, Problem> {
    let request = Request::Patch {
        kind: object.kind(),
        name: object.name().to_owned(),
        patch,
        options: write_options(dry_run == DryRun::Server, FieldValidation::Warn),
    };
    let response = session.request(&request).map_err(Problem::refused)?;
    Ok(response.object.to_value())
}

pub(crate) fn cordon(args: &Args, session: &mut Session<'_>) -> Done {
    set_unschedulable(args, session, true)
}

pub(crate) fn uncordon(args: &Args, session: &mut Session<'_>) -> Done {
    set_unschedulable(args, session, false)
}

fn set_unschedulable(args: &Args, session: &mut Session<'_>, wanted: bool) -> Done {
    let dry_run = DryRun::of(args)?;
    if args.words.is_empty() {
        let name = args.verb.name;
        return Err(args.usage_error(&format!("USAGE: {name} NODE [flags]")));
    }
    for word in &args.words {
        let name = word.strip_prefix("node/").or(word.strip_prefix("nodes/"));
        let node = match session.get(Kind::Node, name.unwrap_or(word)) {
            Ok(node) => node,
            Err(status) => {
                session.complain(Problem::refused(status));
                continue;
            }
        };
        let value = node.to_value();
        let already = value.pointer("/spec/unschedulable") == Some(&Value::Bool(true));
        let operation = if wanted { "cordoned" } else { "uncordoned" };
        let name = qualified(node.kind(), node.name());
        if already == wanted {
            session.out(&format!("{name} already {operation}{}\n", dry_run.suffix()));
            continue;
        }
        if dry_run != DryRun::Client {
            let unschedulable = if wanted { json!(true) } else { Value::Null };
            let patch = Patch::Merge(json!({"spec": {"unschedulable": unschedulable}}));
            if let Err(problem) = send(&node, patch, dry_run, session) {
                session.complain(problem);
                continue;
            }
        }
        session.out(&format!("{name} {operation}{}\n", dry_run.suffix()));
    }
    Ok(None)
}

/// `key=value:Effect`, or with `-` at its end what is to go.
struct TaintChange {
    key: String,
    value: String,
    effect: String,
    remove: bool,
}

pub(crate) fn taint(args: &Args, session: &mut Session<'_>) -> Done {
    let dry_run = DryRun::of(args)?;
    let is_taint = |word: &&String| word.contains([':', '=']) || word.ends_with('-');
    let begin = args.words.iter().position(|word| is_taint(&word));
    let (words, taints) = args.words.split_at(begin.unwrap_or(args.words.len()));
    if taints.is_empty() {
        return Err(Problem::plain("at least one taint update is required"));
    }
    let changes: Vec<TaintChange> = taints
        .iter()
        .map(|word| taint_change(word))
        .collect::<Result<_, _>>()?;
    if let Some(kind) = words.first().filter(|word| !word.contains('/'))
        && resource::kind_of(kind)? != Kind::Node
    {
        return Err(Problem::plain(format!(
            "invalid resource type {kind}, only node(s) is supported"
        )));
    }
    for node in resource::chosen(args, words, session)? {
        match taint_one(args, &node, &changes, dry_run, session) {
            Ok(operation) => {
                let name = qualified(node.kind(), node.name());
                session.out(&format!("{name} {operation}{}\n", dry_run.suffix()));
            }
            Err(problem) => session.complain(problem),
        }
    }
    Ok(None)
}

fn taint_change(word: &str) -> Result<TaintChange, Problem> {
    let (spec, remove) = match word.strip_suffix('-') {
        Some(spec) => (spec, true),
        None => (word, false),
    };
    let (pair, effect) = spec.split_once(':').unwrap_or((spec, ""));
    let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
    if key.is_empty() || (effect.is_empty() && !remove) {
        return Err(Problem::plain(format!("invalid taint spec: {word}")));
    }
    if !effect.is_empty() && !["NoSchedule", "PreferNoSchedule", "NoExecute"].contains(&effect) {
        return Err(Problem::plain(format!(
            "invalid taint effect: {effect}, unsupported taint effect"
        )));
    }
    Ok(TaintChange {
        key: key.to_owned(),
        value: value.to_owned(),
        effect: effect.to_owned(),
        remove,
    })
}

fn taint_one(
    args: &Args,
    node: &Object,
    changes: &[TaintChange],
    dry_run: DryRun,
    session: &mut Session<'_>,
) -> Result<&'static str, Problem> {
    let value = node.to_value();
    let taints = value.pointer("/spec/taints").and_then(Value::as_array);
    let mut taints = taints.cloned().unwrap_or_default();
    let same = |taint: &Value, change: &TaintChange| {
        taint["key"] == change.key && (change.effect.is_empty() || taint["effect"] == change.effect)
    };
    let (mut added, mut removed) = (false, false);
    for change in changes {
        let present = taints.iter().any(|taint| same(taint, change));
        if change.remove && !present {
            let effect = match change.effect.as_str() {
                "" => String::new(),
                effect => format!(":{effect}"),
            };
            return Err(Problem::plain(format!(
                "taint \"{}{effect}\" not found",
                change.key
            )));
        }
        if !change.remove && present && !args.switch("overwrite") {
            return Err(Problem::plain(format!(
                "node {} already has {} taint(s) with same effect(s) and --overwrite is false",
                node.name(),
                change.key
            )));
        }
        taints.retain(|taint| !same(taint, change));
        if change.remove {
            removed = true;
            continue;
        }
        added = true;
        let mut taint = json!({"key": change.key, "effect": change.effect});
        if !change.value.is_empty() {
            taint["value"] = change.value.as_str().into();
        }
        taints.push(taint);
    }
    if dry_run != DryRun::Client {
        let patch = Patch::Merge(json!({"spec": {"taints": taints}}));
        send(node, patch, dry_run, session)?;
    }
    Ok(match (added, removed) {
        (true, true) => "modified",
        (false, true) => "untainted",
        _ => "tainted",
    })
}
