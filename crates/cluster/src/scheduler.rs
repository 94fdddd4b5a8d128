//! The scheduler: gives each new pod a node, once.
//! reference/node-and-pod-lifecycle.md §1, reference/storage.md §4 (`pkg/scheduler`).

use crate::map::{Map, Set};
use crate::sort::sort;
use std::rc::Rc;

use crate::Version;
use crate::apiserver::Api;
use crate::choices::Choices;
use crate::controller::Outcome;
use crate::controller::provisioner::SELECTED_NODE;
use crate::controller::volume_binder::BOUND_BY_CONTROLLER;
use crate::controller::volume_binder::fit::{may_hold, size};
use crate::object::meta::set_condition;
use crate::object::{
    Name, Node, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass, Taint, reference_to,
};
use crate::random::Random;
use crate::recorder::Tone;
use crate::step::{Actor, Reason};
use crate::store::Change;
use crate::time::Time;

const ACTOR: Actor = Actor::Scheduler;

/// Back-off after a failed attempt, in milliseconds: it doubles from 1 s to 10 s
/// (`pkg/scheduler/backend/queue`).
const BACKOFF_FIRST: u64 = 1_000;
const BACKOFF_LAST: u64 = 10_000;

/// Milliseconds between two writes about one pod.
const WRITE_LATENCY: u64 = 6;

/// What the scheduler remembers between its turns.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scheduler {
    /// Pods that no node fitted: how often they were tried, and when they may be tried again.
    waiting: Rc<Map<Name, (u32, Time)>>,
    /// The waiting pods by the claims they use.
    by_claim: Rc<Map<Name, Set<Name>>>,
    /// Nodes chosen for pods whose volumes are still to be bound there, by pod.
    chosen: Rc<Map<Name, Name>>,
    /// How many pods there are, by node and by the uid of their owner, which may be empty.
    placed: Rc<Map<(Name, Name), usize>>,
}

/// The node of a pod, and the uid of its owner.
fn placement(pod: Option<&Rc<Pod>>) -> Option<(Name, Name)> {
    let node = pod?.spec.node_name.as_deref()?;
    let owner = pod?.metadata.controller();
    let owner = owner.map_or("", |owner| owner.uid.as_str());
    Some((node.into(), owner.into()))
}

impl Scheduler {
    /// Counts the pods of each node.
    pub(crate) fn observe(&mut self, change: &Change) {
        let Some((before, after)) = change.sides::<Pod>() else {
            return;
        };
        let (before, after) = (placement(before), placement(after));
        if before == after {
            return;
        }
        let placed = Rc::make_mut(&mut self.placed);
        if let Some(before) = before {
            let pods = placed.or_insert(before, 0);
            *pods = pods.saturating_sub(1);
        }
        if let Some(after) = after {
            *placed.or_insert(after, 0) += 1;
        }
        placed.retain(|_, pods| *pods > 0);
    }

    /// Pods of the same owner on the node, and pods.
    fn crowd(&self, pod: &Pod, node: &str) -> (usize, usize) {
        let owner = pod.metadata.controller();
        let mut counts = (0, 0);
        for ((_, uid), pods) in self.placed.iter().filter(|((at, _), _)| **at == *node) {
            if owner.is_some_and(|owner| *owner.uid == **uid) {
                counts.0 += pods;
            }
            counts.1 += pods;
        }
        counts
    }

    /// Waiting pods that may fit now that something happened to the claim, with the time from
    /// which each may be tried.
    pub(crate) fn waiting_for_claim(&self, claim: &str) -> Vec<(Name, Time)> {
        let pods = self.by_claim.get(claim).into_iter().flat_map(Set::iter);
        pods.filter_map(|pod| Some((pod.clone(), self.waiting.get(pod)?.1)))
            .collect()
    }

    /// All waiting pods, with the time from which each may be tried.
    pub(crate) fn waiting(&self) -> Vec<(Name, Time)> {
        self.waiting
            .iter()
            .map(|(pod, (_, from))| (pod.clone(), *from))
            .collect()
    }

    /// One attempt to place a pod.
    pub(crate) fn turn(
        &mut self,
        name: &Name,
        api: &mut Api<'_>,
        choices: &Choices,
        random: &mut Random,
    ) -> Outcome {
        let pod = api
            .get::<Pod>(name)
            .filter(|pod| pod.spec.node_name.is_none());
        let Some(pod) = pod.filter(|pod| !pod.terminating()).cloned() else {
            self.forget(name);
            return Outcome::nothing();
        };
        if let Some(node) = self.chosen.get(name).cloned() {
            return self.bind_volumes(&pod, name, &node, api);
        }
        match place(&pod, self, api, choices, random) {
            Ok(node) if delayed_claims(&pod, api).next().is_some() => {
                Rc::make_mut(&mut self.chosen).insert(name.clone(), node.clone());
                self.bind_volumes(&pod, name, &node, api)
            }
            Ok(node) => {
                self.forget(name);
                bind(&pod, &node, api)
            }
            Err(message) => {
                self.wait(&pod, name, api);
                refuse(&pod, message, api)
            }
        }
    }

    /// Makes the next write that binds a volume on the chosen node, waits for those made, and in
    /// the end places the pod: reference/storage.md §4.2.
    fn bind_volumes(&mut self, pod: &Pod, name: &Name, node: &Name, api: &mut Api<'_>) -> Outcome {
        let unbound: Vec<Rc<PersistentVolumeClaim>> = delayed_claims(pod, api).cloned().collect();
        if unbound.is_empty() {
            self.forget(name);
            return bind(pod, node, api);
        }
        self.listen(pod, name, api.now);
        let asked = |claim: &PersistentVolumeClaim| {
            claim.metadata.annotations.contains_key(SELECTED_NODE)
                || api
                    .list::<PersistentVolume>()
                    .any(|volume| volume.reserved_for(claim))
        };
        let Some(claim) = unbound.iter().find(|claim| !asked(claim)) else {
            return Outcome::nothing();
        };
        let claim_name: Name = claim.metadata.name.as_str().into();
        let object = api.get::<Node>(node).cloned();
        let volume = object.and_then(|node| volume_on(&node, claim, api));
        let written = match volume {
            Some(volume) => api
                .modify::<PersistentVolume>(&volume, |volume| {
                    volume.spec.claim_ref = Some(reference_to(&**claim));
                    let annotations = &mut volume.metadata.annotations;
                    annotations.insert(BOUND_BY_CONTROLLER.to_owned(), "yes".to_owned());
                })
                .map(drop),
            None => api
                .modify::<PersistentVolumeClaim>(&claim_name, |claim| {
                    let annotations = &mut claim.metadata.annotations;
                    annotations.insert(SELECTED_NODE.to_owned(), node.to_string());
                })
                .map(drop),
        };
        let reason = Reason::NodeSelected {
            claim: claim_name,
            pod: name.clone(),
            node: node.clone(),
        };
        match written {
            Ok(()) => Outcome::because(reason).again(WRITE_LATENCY),
            Err(_) => Outcome::nothing(),
        }
    }

    /// Something happening to one of the pod's claims is to wake it from `from` on.
    fn listen(&mut self, pod: &Pod, name: &Name, from: Time) {
        let tried = self.waiting.get(name).map_or(0, |(tried, _)| *tried);
        Rc::make_mut(&mut self.waiting).insert(name.clone(), (tried, from));
        let by_claim = Rc::make_mut(&mut self.by_claim);
        for claim in pod.claim_names() {
            let pods = by_claim.or_insert(claim.into(), Set::new());
            pods.insert(name.clone());
        }
    }

    fn forget(&mut self, pod: &Name) {
        if self.chosen.contains_key(pod) {
            Rc::make_mut(&mut self.chosen).remove(pod);
        }
        if self.waiting.contains_key(pod) {
            Rc::make_mut(&mut self.waiting).remove(pod);
            Rc::make_mut(&mut self.by_claim).retain(|_, pods| {
                pods.remove(pod);
                !pods.is_empty()
            });
        }
    }

    fn wait(&mut self, pod: &Pod, name: &Name, api: &Api<'_>) {
        let tried = self.waiting.get(name).map_or(0, |(tried, _)| *tried);
        // Since v1.33 a pod need not sit out its back-off while the scheduler has nothing else to do.
        let backoff = match api.config.version < Version::V1_33 {
            true => (BACKOFF_FIRST << tried.min(8)).min(BACKOFF_LAST),
            false => 0,
        };
        self.listen(pod, name, api.now + backoff);
        if let Some(entry) = Rc::make_mut(&mut self.waiting).get_mut(name) {
            entry.0 = tried + 1;
        }
    }
}

/// The node for a pod: of those that fit, one with the fewest pods of the same owner, then the
/// fewest pods; among equals any. Or the scheduler's message if none fits.
fn place(
    pod: &Pod,
    scheduler: &Scheduler,
    api: &Api<'_>,
    choices: &Choices,
    random: &mut Random,
) -> Result<Name, String> {
    let nodes: Vec<&Rc<Node>> = api.list::<Node>().collect();
    if nodes.is_empty() {
        return Err("no nodes available to schedule pods".to_owned());
    }
    claims_are_bound(pod, api).map_err(|why| no_node(&why, nodes.len(), api.config.version))?;
    let mut refusals: Map<String, usize> = Map::new();
    let mut fitting = Vec::new();
    for node in &nodes {
        match fits(pod, node, api) {
            Ok(()) => fitting.push(node.metadata.name.as_str()),
            Err(why) => *refusals.or_insert(why, 0) += 1,
        }
    }
    if fitting.is_empty() {
        let mut list: Vec<String> = refusals
            .iter()
            .map(|(why, count)| format!("{count} {why}"))
            .collect();
        sort(&mut list);
        return Err(no_node(
            &Refusal::Nodes(list.join(", ")),
            nodes.len(),
            api.config.version,
        ));
    }
    if let Some(chosen) = choices
        .node(&pod.metadata.name)
        .filter(|node| fitting.contains(node))
    {
        return Ok(chosen.into());
    }
    let score = |node: &&str| scheduler.crowd(pod, node);
    let best = fitting.iter().map(score).min().unwrap_or_default();
    fitting.retain(|node| score(node) == best);
    Ok(fitting[random.below(u32::try_from(fitting.len()).unwrap_or(1)) as usize].into())
}

/// Why no node was found.
enum Refusal {
    /// The pod can't be placed anywhere (a PreFilter plugin).
    Pod(String),
    /// Counts and reasons of the nodes.
    Nodes(String),
}

fn claims_are_bound(pod: &Pod, api: &Api<'_>) -> Result<(), Refusal> {
    for name in pod.claim_names() {
        let Some(claim) = api.get::<PersistentVolumeClaim>(name) else {
            return Err(Refusal::Pod(format!(
                "persistentvolumeclaim \"{name}\" not found"
            )));
        };
        if claim.metadata.terminating() {
            return Err(Refusal::Pod(format!(
                "persistentvolumeclaim \"{name}\" is being deleted"
            )));
        }
        if claim.status.phase == "Lost" {
            let volume = claim.volume_name().unwrap_or_default();
            return Err(Refusal::Pod(format!(
                "persistentvolumeclaim \"{name}\" bound to non-existent persistentvolume \"{volume}\""
            )));
        }
        if claim.status.phase != "Bound" && delayed_class(claim, api).is_none() {
            let why = "pod has unbound immediate PersistentVolumeClaims";
            return Err(Refusal::Pod(why.to_owned()));
        }
    }
    Ok(())
}

fn no_node(why: &Refusal, nodes: usize, version: Version) -> String {
    let preemption = format!(
        " preemption: 0/{nodes} nodes are available: {nodes} Preemption is not helpful for scheduling."
    );
    let (why, preemption) = match why {
        // Before PreFilter reasons had a place of their own, each node gave the reason, but for
        // a claim that is missing or going.
        Refusal::Pod(why)
            if version < Version::V1_26 && why.starts_with("persistentvolumeclaim") =>
        {
            return why.clone();
        }
        Refusal::Pod(why) if version < Version::V1_26 => (format!("{nodes} {why}"), String::new()),
        Refusal::Nodes(list) if version < Version::V1_26 => (list.clone(), String::new()),
        Refusal::Pod(why) | Refusal::Nodes(why) => (why.clone(), preemption),
    };
    format!("0/{nodes} nodes are available: {why}.{preemption}")
}

/// The class of a claim that is to be bound only when its pod is being scheduled.
fn delayed_class<'a>(claim: &PersistentVolumeClaim, api: &'a Api<'_>) -> Option<&'a StorageClass> {
    let class = api.get::<StorageClass>(claim.class()?)?;
    class.waits_for_consumer().then_some(&**class)
}

/// Claims of the pod that have no volume yet and get one on the pod's node.
fn delayed_claims<'a>(
    pod: &'a Pod,
    api: &'a Api<'_>,
) -> impl Iterator<Item = &'a Rc<PersistentVolumeClaim>> {
    let claims = pod
        .claim_names()
        .filter_map(|name| api.get::<PersistentVolumeClaim>(name));
    claims.filter(|claim| claim.status.phase != "Bound" && delayed_class(claim, api).is_some())
}

/// The smallest free volume on the node that the claim may have.
fn volume_on(node: &Node, claim: &PersistentVolumeClaim, api: &Api<'_>) -> Option<String> {
    let volumes = api.list::<PersistentVolume>();
    let fitting = volumes.filter(|volume| may_hold(volume, claim) && volume.reaches(node));
    let smallest = fitting.min_by_key(|volume| size(volume))?;
    Some(smallest.metadata.name.clone())
}

/// A claim that allows one pod alone, of which another pod was placed already: reference/storage.md
/// §4 and §8.
fn claim_is_taken(pod: &Pod, api: &Api<'_>) -> Result<(), String> {
    let alone = |name: &&str| {
        let claim = api.get::<PersistentVolumeClaim>(name);
        claim.is_some_and(|claim| {
            claim
                .spec
                .access_modes
                .iter()
                .any(|m| m == "ReadWriteOncePod")
        })
    };
    let taken = pod.claim_names().filter(alone).any(|claim| {
        api.list::<Pod>().any(|other| {
            other.spec.node_name.is_some()
                && !other.finished()
                && other.metadata.uid != pod.metadata.uid
                && other.spec.uses_claim(claim)
        })
    });
    match taken {
        false => Ok(()),
        true if api.config.version >= Version::V1_34 => Err(
            "node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod"
                .to_owned(),
        ),
        true => Err(
            "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod access mode"
                .to_owned(),
        ),
    }
}

/// Whether the pod's claims have, or can get, their volumes on the node.
fn volumes_fit(pod: &Pod, node: &Node, api: &Api<'_>) -> Result<(), String> {
    for claim in pod
        .claim_names()
        .filter_map(|name| api.get::<PersistentVolumeClaim>(name))
    {
        let volume = claim
            .volume_name()
            .and_then(|name| api.get::<PersistentVolume>(name));
        match (volume, delayed_class(claim, api)) {
            (Some(volume), _) if !volume.reaches(node) => {
                return Err("node(s) didn't match PersistentVolume's node affinity".to_owned());
            }
            (None, Some(class)) if !class.provisions() && volume_on(node, claim, api).is_none() => {
                return Err("node(s) didn't find available persistent volumes to bind".to_owned());
            }
            _ => {}
        }
    }
    Ok(())
}

fn fits(pod: &Pod, node: &Node, api: &Api<'_>) -> Result<(), String> {
    let version = api.config.version;
    let tolerated = |taint: &&Taint| pod.spec.tolerations.iter().any(|t| t.tolerates(taint));
    if node.spec.unschedulable == Some(true) {
        return Err("node(s) were unschedulable".to_owned());
    }
    let mut repelling = node
        .spec
        .taints
        .iter()
        .filter(|taint| taint.effect != "PreferNoSchedule");
    match repelling.find(|taint| !tolerated(taint)) {
        None => claim_is_taken(pod, api).and_then(|()| volumes_fit(pod, node, api)),
        Some(_) if version >= Version::V1_34 => Err("node(s) had untolerated taint(s)".to_owned()),
        Some(taint) => {
            let value = taint.value.as_deref().unwrap_or_default();
            let taint = format!("{{{}: {value}}}", taint.key);
            Err(match version >= Version::V1_26 {
                true => format!("node(s) had untolerated taint {taint}"),
                false => format!("node(s) had taint {taint}, that the pod didn't tolerate"),
            })
        }
    }
}

/// The Binding subresource: node and condition in one write.
fn bind(pod: &Pod, node: &Name, api: &mut Api<'_>) -> Outcome {
    let name: Name = pod.metadata.name.as_str().into();
    let now = api.now;
    let bound = api.modify::<Pod>(&name, |pod| {
        pod.spec.node_name = Some(node.to_string());
        set_condition(
            &mut pod.status.conditions,
            "PodScheduled",
            true,
            None,
            None,
            now,
        );
    });
    if bound.is_err() {
        return Outcome::nothing();
    }
    let message = format!("Successfully assigned default/{name} to {node}");
    api.record(&ACTOR, pod, Tone::Normal, "Scheduled", message);
    Outcome::because(Reason::NodeFits {
        pod: name,
        node: node.clone(),
    })
}

fn refuse(pod: &Pod, message: String, api: &mut Api<'_>) -> Outcome {
    let name: Name = pod.metadata.name.as_str().into();
    let now = api.now;
    let mut told = false;
    let marked = api.modify::<Pod>(&name, |pod| {
        told = set_condition(
            &mut pod.status.conditions,
            "PodScheduled",
            false,
            Some("Unschedulable"),
            Some(&message),
            now,
        );
    });
    api.record(
        &ACTOR,
        pod,
        Tone::Warning,
        "FailedScheduling",
        message.clone(),
    );
    match marked {
        Ok(_) if told => Outcome::because(Reason::NoNodeFits { pod: name, message }),
        _ => Outcome::nothing(),
    }
}
