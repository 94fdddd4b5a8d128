//! Which recorded changes a command made itself, where the recorder could not say: it looks for the
//! objects that a command names, and `kubectl delete pod -l app=web` names none.

use std::collections::BTreeMap;

use serde_json::Value;

use super::recording::{Event, RecordedStep};

/// What a command does to objects of some kind.
enum Act {
    Marks(Option<&'static str>),
    Makes,
    Changes,
}

/// Fills in the effects of commands that succeeded and have none.
pub(super) fn fill_in(steps: &mut [RecordedStep], events: &[Event]) {
    let news = news(events);
    for number in 0..steps.len() {
        let after = |step: &RecordedStep| step.after_seq;
        let end = steps.get(number + 1).and_then(after);
        let step = &mut steps[number];
        let line = step.cmd.as_deref().unwrap_or_default();
        let (Some(start), Some(act)) = (step.after_seq, act(line)) else {
            continue;
        };
        if !step.effect_seq.is_empty() || step.exit_code.is_some_and(|code| code != 0) {
            continue;
        }
        let end = end.unwrap_or(events.len()).min(events.len());
        step.effect_seq = (start..end)
            .filter(|&seq| made_by(&act, &events[seq], &news[seq]))
            .collect();
    }
}

fn act(line: &str) -> Option<Act> {
    let mut words = line.split_whitespace().skip(1);
    Some(match words.next()? {
        _ if line.contains("--dry-run") => return None,
        "delete" => Act::Marks(match words.next()?.split(['/', ',']).next()? {
            "pod" | "pods" | "po" => Some("Pod"),
            "pvc" | "persistentvolumeclaim" => Some("PersistentVolumeClaim"),
            "pv" | "persistentvolume" => Some("PersistentVolume"),
            _ => None,
        }),
        "create" => Act::Makes,
        "apply" | "replace" | "scale" | "set" | "patch" | "rollout" | "edit" => Act::Changes,
        _ => return None,
    })
}

/// What an event brings.
#[derive(Clone, Copy, Default)]
struct News {
    marked: bool,
    generation: bool,
}

fn news(events: &[Event]) -> Vec<News> {
    let mut known: BTreeMap<&str, (bool, Option<i64>)> = BTreeMap::new();
    let news = events.iter().map(|event| {
        if event.kind == "Event" {
            return News::default();
        }
        let deleting = event.obj.get("deleting") == Some(&Value::Bool(true));
        let going = deleting || event.r#type == "DELETED";
        let generation = event.obj.get("generation").and_then(Value::as_i64);
        let before = known.insert(&event.id, (going, generation));
        News {
            marked: going && before.is_none_or(|(going, _)| !going),
            generation: before.is_some_and(|(_, before)| before != generation),
        }
    });
    news.collect()
}

/// Whether the event is the command's own doing. What controllers make has an owner, or is a
/// revision, Endpoints or a claim of a set.
fn made_by(act: &Act, event: &Event, news: &News) -> bool {
    let set = matches!(event.kind.as_str(), "StatefulSet" | "ReplicaSet");
    let made = event.r#type == "ADDED"
        && (set
            || matches!(event.kind.as_str(), "PersistentVolume" | "Service")
            || event.kind == "Pod" && event.obj.get("owner").is_none_or(Value::is_null));
    match act {
        Act::Marks(Some(kind)) => news.marked && event.kind == *kind,
        Act::Marks(None) => news.marked && (set || event.kind == "Service"),
        Act::Makes => made,
        Act::Changes => made || set && news.generation,
    }
}
