//! `kubectl set`, `cordon`, `uncordon` and `taint`.

use cluster::object::{Kind, Object};
use cluster::{FieldValidation, Patch, Request};
use serde_json::{Value, json};

use crate::args::Args;
use crate::create::{DryRun, written};
use crate::errors::Problem;
use crate::label::split;
use crate::resource;
use crate::selector::{KEY_RULE, Selector};
use crate::session::{Done, Session, qualified, write_options};

/// The annotation that `rollout history` shows.
pub(crate) const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";

pub(crate) fn image(args: &Args, session: &mut Session<'_>) -> Done {
    DryRun::of(args)?;
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
        let value = object.to_value();
        let parts = containers_of(&object, &value).and_then(|list| with_images(list, &images));
        match parts {
            Ok(parts) => change_containers(args, &object, "image", &parts, session),
            Err(problem) => session.complain(problem),
        }
    }
    Ok(None)
}

/// The parts of containers that have another image now.
fn with_images(containers: &[Value], images: &[(&str, &str)]) -> Result<Vec<Value>, Problem> {
    let mut parts = Vec::new();
    for (name, image) in images {
        let named = containers.iter();
        let mut named = named
            .filter(|c| *name == "*" || c["name"] == *name)
            .peekable();
        if named.peek().is_none() {
            return Err(Problem::plain(format!(
                "unable to find container named \"{name}\""
            )));
        }
        let changed = named.filter(|container| container["image"] != *image);
        parts.extend(changed.map(|c| json!({"name": c["name"], "image": image})));
    }
    Ok(parts)
}

/// Changes parts of the containers of an object.
fn change_containers(
    args: &Args,
    object: &Object,
    what: &str,
    parts: &[Value],
    session: &mut Session<'_>,
) {
    match changed(args, object, what, parts, session) {
        Ok(text) => session.out(&text),
        Err(problem) => session.complain(problem),
    }
}

fn changed(
    args: &Args,
    object: &Object,
    what: &str,
    parts: &[Value],
    session: &mut Session<'_>,
) -> Result<String, Problem> {
    let dry_run = DryRun::of(args)?;
    if parts.is_empty() {
        return Ok(String::new());
    }
    let mut patch = match object.kind() {
        Kind::Pod => json!({"spec": {"containers": parts}}),
        _ => json!({"spec": {"template": {"spec": {"containers": parts}}}}),
    };
    if args.switch("record") {
        let cause = format!("kubectl set image {} --record=true", args.words.join(" "));
        patch["metadata"] = json!({"annotations": {CHANGE_CAUSE: cause}});
    }
    let value = match dry_run {
        DryRun::Client => object.to_value(),
        _ => send(object, Patch::Strategic(patch), dry_run, session)?,
    };
    let operation = [what, " updated", dry_run.suffix()].concat();
    let name = qualified(object.kind(), object.name());
    written(args, &name, &operation, &value)
}

/// The containers of a pod or of a template for pods.
fn containers_of<'a>(object: &Object, value: &'a Value) -> Result<&'a [Value], Problem> {
    let path = match object.kind() {
        Kind::Pod => "/spec/containers",
        _ => "/spec/template/spec/containers",
    };
    let containers = value.pointer(path).and_then(Value::as_array);
    containers.map(Vec::as_slice).ok_or_else(|| {
        Problem::plain(format!(
            "the object is not a pod or does not have a pod template: *v1.{}",
            object.kind().name()
        ))
    })
}

/// The containers that `-c` names, if the object has any; complains if it has none.
fn chosen_containers<'a>(
    args: &Args,
    object: &Object,
    value: &'a Value,
    session: &mut Session<'_>,
) -> Option<Vec<&'a Value>> {
    match containers_of(object, value) {
        Ok(containers) => Some(selected(args, object, containers, session)),
        Err(problem) => {
            session.complain(problem);
            None
        }
    }
}

/// The containers that `-c` names, which may have `*` at its end; all if it isn't given.
fn selected<'a>(
    args: &Args,
    object: &Object,
    containers: &'a [Value],
    session: &mut Session<'_>,
) -> Vec<&'a Value> {
    let wanted = args.value("containers").unwrap_or("*");
    let chosen = containers.iter().filter(|container| {
        let name = container["name"].as_str().unwrap_or_default();
        match wanted.strip_suffix('*') {
            Some(begin) => name.starts_with(begin),
            None => name == wanted,
        }
    });
    let chosen: Vec<&Value> = chosen.collect();
    if chosen.is_empty() {
        let (plural, name) = (object.kind().info().plural, object.name());
        session.err(&format!(
            "warning: {plural}/{name} does not have any containers matching \"{wanted}\"\n"
        ));
    }
    chosen
}

pub(crate) fn env(args: &Args, session: &mut Session<'_>) -> Done {
    let is_pair = |word: &&String| word.contains('=') || (word.ends_with('-') && word.len() > 1);
    let begin = args.words.iter().position(|word| is_pair(&word));
    let (words, pairs) = args.words.split_at(begin.unwrap_or(args.words.len()));
    if let Some(word) = pairs.iter().find(|word| !is_pair(word)) {
        return Err(Problem::plain(format!(
            "all resources must be specified before environment changes: {word}"
        )));
    }
    let lists = args.switch("list");
    if pairs.is_empty() && !lists {
        return Err(Problem::plain(
            "at least one environment variable must be provided",
        ));
    }
    let mut changes = Vec::new();
    for pair in pairs {
        let change = match pair.split_once('=') {
            Some((name, value)) => json!({"name": name, "value": value}),
            None => json!({"name": pair.trim_end_matches('-'), "$patch": "delete"}),
        };
        let name = change["name"].as_str().unwrap_or_default();
        if name.is_empty() || name.contains(' ') {
            return Err(Problem::plain(format!(
                "environment variables must be of the form key=value: {pair}"
            )));
        }
        changes.push(change);
    }
    for object in resource::chosen(args, words, session)? {
        let value = object.to_value();
        let Some(chosen) = chosen_containers(args, &object, &value, session) else {
            continue;
        };
        if lists {
            list_env(&object, &chosen, session);
            continue;
        }
        let differs = |container: &Value, change: &Value| {
            let known = container["env"].as_array();
            let mut known = known.into_iter().flatten();
            let now = known.find(|variable| variable["name"] == change["name"]);
            match now {
                Some(now) => now != change,
                None => change.get("value").is_some(),
            }
        };
        let parts: Vec<Value> = chosen
            .iter()
            .filter_map(|container| {
                let due = changes.iter().filter(|change| differs(container, change));
                let due: Vec<&Value> = due.collect();
                (!due.is_empty()).then(|| json!({"name": container["name"], "env": due}))
            })
            .collect();
        change_containers(args, &object, "env", &parts, session);
    }
    Ok(None)
}

fn list_env(object: &Object, containers: &[&Value], session: &mut Session<'_>) {
    for container in containers {
        let (kind, name) = (object.kind().name(), object.name());
        let container_name = container["name"].as_str().unwrap_or_default();
        session.out(&format!("# {kind} {name}, container {container_name}\n"));
        for variable in container["env"].as_array().into_iter().flatten() {
            let name = variable["name"].as_str().unwrap_or_default();
            let field = variable.pointer("/valueFrom/fieldRef/fieldPath");
            let value = variable["value"].as_str().unwrap_or_default();
            let line = match field.and_then(Value::as_str) {
                Some(field) => ["# ", name, " from field path ", field, "\n"].concat(),
                None => [name, "=", value, "\n"].concat(),
            };
            session.out(&line);
        }
    }
}

pub(crate) fn resources(args: &Args, session: &mut Session<'_>) -> Done {
    let mut wanted = json!({});
    for field in ["limits", "requests"] {
        let given = args.value(field).filter(|given| !given.is_empty());
        for statement in given.into_iter().flat_map(|given| given.split(',')) {
            let Some((name, quantity)) = statement.split_once('=') else {
                return Err(Problem::plain(format!(
                    "Invalid argument syntax {statement}, expected <resource>=<value>"
                )));
            };
            if cluster::object::Quantity::parse(quantity).is_none() {
                return Err(Problem::plain(QUANTITY));
            }
            wanted[field][name] = quantity.into();
        }
    }
    if wanted == json!({}) {
        return Err(Problem::plain(
            "you must specify an update to requests or limits (in the form of --requests/--limits)",
        ));
    }
    for object in resource::chosen(args, &args.words, session)? {
        let value = object.to_value();
        let Some(chosen) = chosen_containers(args, &object, &value, session) else {
            continue;
        };
        let part = |container: &&Value| json!({"name": container["name"], "resources": wanted});
        let parts: Vec<Value> = chosen.iter().map(part).collect();
        change_containers(args, &object, "resource requirements", &parts, session);
    }
    Ok(None)
}

/// What is no quantity.
const QUANTITY: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

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

/// The nodes that are named, or have the labels asked for.
pub(crate) fn nodes(args: &Args, session: &mut Session<'_>) -> Result<Vec<Object>, Problem> {
    let selector = Selector::parse(args.value("selector").unwrap_or_default())?;
    if args.words.is_empty() && selector.is_empty() {
        let name = args.verb.name;
        return Err(args.usage_error(&format!("USAGE: {name} NODE [flags]")));
    }
    if !args.words.is_empty() && !selector.is_empty() {
        return Err(
            args.usage_error("error: cannot specify both a node name and a --selector option")
        );
    }
    let mut nodes = Vec::new();
    if !selector.is_empty() {
        nodes = session.list(Kind::Node);
        nodes.retain(|node| selector.matches(&node.metadata().labels));
    }
    for word in &args.words {
        let name = word.strip_prefix("node/").or(word.strip_prefix("nodes/"));
        match session.get(Kind::Node, name.unwrap_or(word)) {
            Ok(node) => nodes.push(node),
            Err(status) => session.complain(Problem::refused(status)),
        }
    }
    Ok(nodes)
}

fn set_unschedulable(args: &Args, session: &mut Session<'_>, wanted: bool) -> Done {
    let dry_run = DryRun::of(args)?;
    for node in nodes(args, session)? {
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
    if effect.is_empty() && !value.is_empty() {
        return Err(Problem::plain(format!(
            "invalid taint spec: {word}, {KEY_RULE}"
        )));
    }
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
