//! Faults as tools: one is picked up and used on something in the picture.

use cluster::object::{Kind, PersistentVolume, Pod};
use cluster::{Cluster, Subject};
use lesson::{Action, DiskFault};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use words::Words;
use yew::prelude::*;

use super::cards::Look;
use crate::state::Msg;

/// A tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    /// Cuts a node's cable, or mends it.
    Cable,
    /// Breaks a pod's readiness probe, or mends it.
    Probe,
    /// Ends a pod's program.
    Kill,
    /// Fills a volume's disk, or makes room on it.
    Fill,
    /// Loses a volume's disk.
    Lose,
}

/// Every tool, its name for tests and style sheets, and its shape.
const TOOLS: [(Tool, &str, &str); 5] = [
    (
        Tool::Cable,
        "cable",
        "M1 11h4M11 5h4M5 11l2.5-6M8.5 11 11 5",
    ),
    (Tool::Probe, "probe", "M2 8.5l3 3 5-6M10 9l4 4M14 9l-4 4"),
    (Tool::Kill, "kill", "M9 1.5 4 9h4l-1 5.5L12 7H8z"),
    (Tool::Fill, "fill", "M3 3v10h10V3M3 6h10M3 9h10M3 12h10"),
    (Tool::Lose, "lose", "M3 4h10v9H3zM1 1l14 14"),
];

impl Tool {
    /// The tool after this one; nothing after the last.
    pub(crate) fn next(tool: Option<Tool>) -> Option<Tool> {
        let at = TOOLS.iter().position(|(known, ..)| Some(*known) == tool);
        TOOLS.get(at.map_or(0, |at| at + 1)).map(|(tool, ..)| *tool)
    }

    /// What it does to an object; nothing if it can't be used on it.
    pub(crate) fn action(self, cluster: &Cluster, subject: &Subject) -> Option<Action> {
        let name = subject.name.to_string();
        let volume = || cluster.store().get::<PersistentVolume>(&name).is_some();
        Some(match (self, subject.kind) {
            (Tool::Cable, Kind::Node) if cluster.is_partitioned(&name) => {
                Action::Heal { node: name }
            }
            (Tool::Cable, Kind::Node) => Action::Partition { node: name },
            (Tool::Probe, Kind::Pod) if cluster.store().get::<Pod>(&name).is_some() => {
                Action::SwitchReadiness {
                    ready: !cluster.may_be_ready(&name),
                    pod: name,
                }
            }
            (Tool::Kill, Kind::Pod) => {
                let mut processes = cluster.processes();
                // What runs on without its pod is called by its uid.
                processes.find(|(uid, it)| {
                    (*it.pod == *subject.name || ***uid == *subject.name) && it.running()
                })?;
                Action::Crash {
                    pod: name,
                    exit_code: 1,
                }
            }
            (Tool::Fill | Tool::Lose, Kind::PersistentVolume) if volume() => Action::Disk {
                fault: match self {
                    Tool::Lose => DiskFault::Lose,
                    _ if cluster.disk_is_full(&name) => DiskFault::Free,
                    _ => DiskFault::Fill,
                },
                volume: name,
            },
            _ => return None,
        })
    }

    /// What it does, and what it is used on.
    fn words(self, words: &Words) -> (&'static str, &'static str) {
        match self {
            Tool::Cable => (words.tool_cable, words.pick_node),
            Tool::Probe => (words.tool_probe, words.pick_pod),
            Tool::Kill => (words.tool_kill, words.pick_pod),
            Tool::Fill => (words.tool_fill, words.pick_volume),
            Tool::Lose => (words.tool_lose, words.pick_volume),
        }
    }
}

/// The toolbox.
pub(super) fn toolbox(look: &Look<'_>) -> Html {
    let words = look.lang.words();
    let button = |&(tool, name, path): &(Tool, &'static str, &'static str)| {
        let held = look.tool == Some(tool);
        html! {
            <button type="button" data-tool={name} aria-pressed={held.to_string()} onclick={look.send.reform(move |_| Msg::Tool(Some(tool)))}>
                <svg class="glyph" viewBox="0 0 16 16" aria-hidden="true"><path d={path} /></svg>{tool.words(words).0}
            </button>
        }
    };
    html! {
        <div class="toolbox" role="group" aria-label={words.faults}>
            <span class="hint" aria-hidden="true">{words.faults}</span>
            {for TOOLS.iter().map(button)}
        </div>
    }
}

/// What the tool in hand can be used on, in words.
pub(super) fn hint(look: &Look<'_>) -> Html {
    let words = look.lang.words();
    let hint = look.tool.map(|tool| tool.words(words).1);
    html! { <p id="tool-hint" role="status">{hint}</p> }
}

/// What the tool in hand can be used on.
fn targets(root: &Element) -> Vec<HtmlElement> {
    let Ok(list) = root.query_selector_all(".target") else {
        return Vec::new();
    };
    let all = (0..list.length()).filter_map(|index| list.get(index));
    all.filter_map(|node| node.dyn_into().ok()).collect()
}

/// Arrow keys lead from target to target.
pub(super) fn on_key(root: &Element, event: &KeyboardEvent) {
    let key = event.key();
    let forward = matches!(key.as_str(), "ArrowRight" | "ArrowDown");
    if !forward && !matches!(key.as_str(), "ArrowLeft" | "ArrowUp") {
        return;
    }
    let targets = targets(root);
    let focus: Option<Element> = event.target().and_then(|target| target.dyn_into().ok());
    let at = targets
        .iter()
        .position(|target| focus.as_ref() == Some(target));
    let count = targets.len();
    let next = match at {
        _ if count == 0 => return,
        None => 0,
        Some(at) if forward => (at + 1) % count,
        Some(at) => (at + count - 1) % count,
    };
    event.prevent_default();
    let _ = targets[next].focus();
}

/// Leads the focus to the first target of a tool that was picked up, and back to the tool that was
/// put down.
pub(super) fn lead_focus(root: &Element, before: Option<Tool>, now: Option<Tool>) {
    let target = match (before, now) {
        (_, Some(_)) => targets(root).into_iter().next(),
        (Some(tool), None) => {
            let name = TOOLS.iter().find(|(known, ..)| *known == tool);
            let selector = name.map(|(_, name, _)| ["[data-tool=", name, "]"].concat());
            let found = selector.and_then(|selector| root.query_selector(&selector).ok()?);
            found.and_then(|found| found.dyn_into().ok())
        }
        (None, None) => None,
    };
    if let Some(target) = target {
        let _ = target.focus();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cluster::{Config, Request};

    #[test]
    fn a_tool_is_used_on_what_it_fits() {
        let mut cluster = Cluster::new(Config::default());
        let volume = serde_json::json!({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "pv-a"},
            "spec": {"capacity": {"storage": "1Mi"}, "accessModes": ["ReadWriteOnce"], "hostPath": {"path": "/a"}}});
        let (created, _) = cluster.request(&Request::Create {
            object: volume,
            options: Default::default(),
        });
        created.expect("it is valid");
        let check = |cluster: &Cluster, tool: Tool, kind: Kind, name: &str, expected: &str| {
            let action = tool.action(cluster, &Subject::new(kind, name));
            let text = serde_json::to_string(&action).expect("it is plain data");
            assert_eq!(text, expected, "{tool:?} {name}");
        };
        let node = Kind::Node;
        check(
            &cluster,
            Tool::Cable,
            node,
            "node-1",
            r#"{"partition":{"node":"node-1"}}"#,
        );
        check(&cluster, Tool::Kill, node, "node-1", "null");
        check(&cluster, Tool::Probe, Kind::Pod, "web-0", "null");
        check(&cluster, Tool::Kill, Kind::Pod, "web-0", "null");
        let volume = Kind::PersistentVolume;
        check(
            &cluster,
            Tool::Fill,
            volume,
            "pv-a",
            r#"{"disk":{"volume":"pv-a","fault":"fill"}}"#,
        );
        check(&cluster, Tool::Lose, volume, "pv-b", "null");
        cluster.partition("node-1");
        cluster.fill_disk("pv-a");
        check(
            &cluster,
            Tool::Cable,
            node,
            "node-1",
            r#"{"heal":{"node":"node-1"}}"#,
        );
        check(
            &cluster,
            Tool::Fill,
            volume,
            "pv-a",
            r#"{"disk":{"volume":"pv-a","fault":"free"}}"#,
        );
    }

    #[test]
    fn one_key_leads_through_all_tools() {
        let mut tool = None;
        for (expected, ..) in TOOLS {
            tool = Tool::next(tool);
            assert_eq!(tool, Some(expected));
        }
        assert_eq!(Tool::next(tool), None);
    }
}
