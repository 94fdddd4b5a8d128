//! `kubectl drain` (`pkg/drain`): a node is cordoned, then its pods are evicted. Nothing here keeps
//! a pod from being evicted, so that an eviction is a deletion with grace.

use std::rc::Rc;

use cluster::object::{Kind, Name, Object, Pod};
use cluster::{Cluster, DeleteOptions, FieldValidation, Patch, Request, Time};
use serde_json::json;

use crate::args::Args;
use crate::create::DryRun;
use crate::delete::milliseconds;
use crate::errors::{Problem, tell};
use crate::note::Note;
use crate::session::{Done, Printed, Session, qualified, write_options};
use crate::set;
use crate::{Follow, FollowKind, Progress, Stream};

/// Pods that were evicted and are not yet gone.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    node: Name,
    /// Name and uid of each.
    pods: Vec<(Name, Rc<str>)>,
    /// `evicted` or `deleted`.
    operation: &'static str,
    pub(crate) deadline: Option<Time>,
}

pub(crate) fn drain(args: &Args, session: &mut Session<'_>) -> Done {
    let dry_run = DryRun::of(args)?;
    let timeout = match args.value("timeout") {
        None => 0,
        Some(text) => milliseconds(args, text)?,
    };
    let nodes = set::nodes(args, session)?;
    let [node] = nodes.as_slice() else {
        return match nodes.is_empty() {
            true => Ok(None),
            false => Err(Problem::note(Note::FlagNotSimulated {
                command: "kubectl drain".to_owned(),
                flag: "NODE NODE".to_owned(),
            })),
        };
    };
    let name = node.name();
    cordon(node, dry_run, session)?;
    let pods = pods(name, session.cluster());
    refuse(args, name, &pods, session)?;
    let operation = match args.switch("disable-eviction") {
        true => "deleted",
        false => "evicted",
    };
    for pod in &pods {
        evict(args, &pod.metadata.name, operation, dry_run, session);
    }
    let uids = pods.iter().map(|pod| &pod.metadata);
    let mut waiting = Waiting {
        node: name.into(),
        pods: match dry_run {
            DryRun::None => uids
                .map(|m| (m.name.as_str().into(), m.uid.as_str().into()))
                .collect(),
            _ => Vec::new(),
        },
        operation,
        deadline: u64::try_from(timeout)
            .ok()
            .filter(|timeout| *timeout > 0)
            .map(|timeout| session.now() + timeout),
    };
    let text = waiting.advance(session.cluster());
    session.out(&text);
    if !session.is_well() {
        return Ok(None);
    }
    if waiting.pods.is_empty() {
        session.out(&format!("node/{name} drained{}\n", dry_run.suffix()));
        return Ok(None);
    }
    Ok(Some(Follow::new(FollowKind::Drain(waiting))))
}

fn cordon(node: &Object, dry_run: DryRun, session: &mut Session<'_>) -> Result<(), Problem> {
    let unschedulable = node.to_value()["spec"]["unschedulable"] == true;
    if !unschedulable && dry_run != DryRun::Client {
        let request = Request::Patch {
            kind: Kind::Node,
            name: node.name().to_owned(),
            patch: Patch::Merge(json!({"spec": {"unschedulable": true}})),
            options: write_options(dry_run == DryRun::Server, FieldValidation::Warn),
        };
        session.request(&request).map_err(Problem::refused)?;
    }
    let already = if unschedulable { "already " } else { "" };
    let name = qualified(Kind::Node, node.name());
    session.out(&format!("{name} {already}cordoned{}\n", dry_run.suffix()));
    Ok(())
}

fn evict(args: &Args, name: &str, operation: &str, dry_run: DryRun, session: &mut Session<'_>) {
    let doing = match operation {
        "deleted" => "deleting",
        _ => "evicting",
    };
    session.out(&format!("{doing} pod default/{name}{}\n", dry_run.suffix()));
    let grace = args.number("grace-period").filter(|seconds| *seconds >= 0);
    let request = Request::Delete {
        kind: Kind::Pod,
        name: name.to_owned(),
        options: DeleteOptions {
            grace_period_seconds: grace.map(i64::from),
            ..DeleteOptions::default()
        },
    };
    if dry_run == DryRun::None
        && let Err(status) = session.request(&request)
    {
        session.complain(Problem::refused(status));
    }
}

/// The pods on the node; finished ones go too.
fn pods(node: &str, cluster: &Cluster) -> Vec<Rc<Pod>> {
    let all = cluster.store().list::<Pod>();
    let here = all.filter(|pod| pod.spec.node_name.as_deref() == Some(node));
    here.cloned().collect()
}

/// Nothing is evicted if something would be lost that nobody asked to lose.
fn refuse(
    args: &Args,
    node: &str,
    pods: &[Rc<Pod>],
    session: &mut Session<'_>,
) -> Result<(), Problem> {
    let names = |chosen: &dyn Fn(&Pod) -> bool| {
        let chosen = pods.iter().filter(|pod| !pod.finished() && chosen(pod));
        let names: Vec<String> = chosen
            .map(|pod| format!("default/{}", pod.metadata.name))
            .collect();
        names.join(", ")
    };
    let mut reasons = Vec::new();
    let alone = names(&|pod| pod.metadata.controller().is_none());
    if !alone.is_empty() && !args.switch("force") {
        reasons.push(format!(
            "cannot delete Pods that declare no controller (use --force to override): {alone}"
        ));
    }
    let local = names(&|pod| {
        pod.spec
            .volumes
            .iter()
            .any(|v| v.other.contains_key("emptyDir"))
    });
    if !local.is_empty() && !args.switch("delete-emptydir-data") {
        reasons.push(format!(
            "cannot delete Pods with local storage (use --delete-emptydir-data to override): {local}"
        ));
    }
    if reasons.is_empty() {
        if !alone.is_empty() {
            session.err(&format!(
                "Warning: deleting Pods that declare no controller: {alone}\n"
            ));
        }
        return Ok(());
    }
    let told = match reasons.as_slice() {
        [only] => only.clone(),
        several => format!("[{}]", several.join(", ")),
    };
    Err(Problem::plain(format!(
        "unable to drain node \"{node}\" due to error: {told}, continuing command...\nThere are pending nodes to be drained:\n {node}\n{}",
        reasons.join("\n")
    )))
}

impl Waiting {
    /// A line for each pod that is gone; those that are left are waited for.
    fn advance(&mut self, cluster: &Cluster) -> String {
        let mut text = String::new();
        let operation = self.operation;
        self.pods.retain(|(name, uid)| {
            let pod = cluster.store().get::<Pod>(name);
            let there = pod.is_some_and(|pod| pod.metadata.uid == **uid);
            if !there {
                text.push_str(&format!("pod/{name} {operation}\n"));
            }
            there
        });
        text
    }

    /// What is printed at a step.
    pub(crate) fn step(&mut self, cluster: &Cluster) -> Progress {
        let mut printed = Printed::default();
        printed.push(Stream::Stdout, &self.advance(cluster));
        let exit_code = if self.pods.is_empty() {
            printed.push(Stream::Stdout, &format!("node/{} drained\n", self.node));
            Some(0)
        } else if self
            .deadline
            .is_some_and(|deadline| cluster.now() >= deadline)
        {
            let node = &self.node;
            let problem = Problem::plain(format!(
                "unable to drain node \"{node}\" due to error: drain did not complete within the timeout"
            ));
            printed.push(Stream::Stderr, &tell(&[problem]));
            Some(1)
        } else {
            None
        };
        Progress {
            output: printed.0,
            exit_code,
        }
    }
}
