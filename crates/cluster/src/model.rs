//! What can happen next: to any cluster, by any component in any order, and by the hand of users
//! and faults. With a bounded search through all of it.
//!
//! The cluster's own event loop takes turns in the order of their times. Real components are as
//! fast or as slow as they please; [`Repertoire::actions`] therefore offers every turn that is due
//! within a window of time, and [`explore`] tries them all.

mod fingerprint;

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::agenda::Turn;
use crate::apiserver::{DeleteOptions, Patch, Request, WriteOptions};
use crate::object::{
    Kind, Name, Node, PersistentVolume, PersistentVolumeClaim, Pod, Resource, StatefulSet,
};
use crate::property::{Property, Violation};
use crate::step::Step;
use crate::{Cluster, Time};

pub use fingerprint::Fingerprints;

/// Something that can happen to a cluster.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// A component takes the turn it asked for.
    Turn(Turn),
    /// Somebody changes `spec.replicas`.
    Scale {
        /// The StatefulSet.
        set: Name,
        /// The new number.
        replicas: i32,
    },
    /// Somebody changes the image of the first container in the template.
    SetImage {
        /// The StatefulSet.
        set: Name,
        /// The new image.
        image: String,
    },
    /// Somebody changes `spec.updateStrategy.rollingUpdate.partition`.
    SetPartition {
        /// The StatefulSet.
        set: Name,
        /// The new partition.
        partition: i32,
    },
    /// Somebody deletes a pod.
    DeletePod {
        /// The pod.
        pod: Name,
    },
    /// Somebody deletes a pod by force: `--force --grace-period=0`.
    ForceDeletePod {
        /// The pod.
        pod: Name,
    },
    /// Somebody deletes a claim.
    DeleteClaim {
        /// The claim.
        claim: Name,
    },
    /// What the readiness probe of pods of this name finds is switched.
    SwitchReadiness {
        /// The pod.
        pod: Name,
        /// What it finds from now on.
        ready: bool,
    },
    /// Somebody cordons a node, or ends that.
    Cordon {
        /// The node.
        node: Name,
        /// Whether it takes no new pods.
        cordoned: bool,
    },
    /// A node is cut off: its kubelet hears nothing and says nothing, its processes run on.
    Partition {
        /// The node.
        node: Name,
    },
    /// A node that was cut off can be reached again.
    Heal {
        /// The node.
        node: Name,
    },
    /// The program in the first container of a pod ends by itself, with exit code 1.
    Crash {
        /// The pod.
        pod: Name,
    },
    /// The disk behind a volume is full, or no longer.
    FillDisk {
        /// The volume.
        volume: Name,
        /// Whether it is full from now on.
        full: bool,
    },
    /// The disk behind a volume is lost, and an empty one is in its place.
    LoseDisk {
        /// The volume.
        volume: Name,
    },
}

/// What users and faults may do, and how slow components may be.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repertoire {
    /// Numbers of replicas that a set may be scaled to.
    pub replicas: Vec<i32>,
    /// Images that a set may be given.
    pub images: Vec<String>,
    /// Partitions that a set may be given.
    pub partitions: Vec<i32>,
    /// Whether pods are deleted.
    pub delete_pods: bool,
    /// Whether pods are deleted by force.
    pub force_delete_pods: bool,
    /// Whether claims are deleted.
    pub delete_claims: bool,
    /// Whether readiness is switched.
    pub switch_readiness: bool,
    /// Whether nodes are cordoned.
    pub cordon: bool,
    /// Whether nodes are cut off, and can be reached again.
    pub cut_nodes: bool,
    /// Whether programs crash.
    pub crash: bool,
    /// Whether the disks of bound volumes fill up, are freed and are lost.
    pub break_disks: bool,
    /// How much later than another a component may be: a turn may be taken before those that were
    /// due at most so many milliseconds earlier.
    pub window_ms: u64,
}

impl Repertoire {
    /// Everything that may happen next: turns first, soonest first, then what people may do.
    pub fn actions(&self, cluster: &Cluster) -> Vec<Action> {
        let mut actions: Vec<Action> = self.turns(cluster).map(Action::Turn).collect();
        actions.extend(self.interventions(cluster));
        actions
    }

    /// The turns that may be taken next. Events are written at once ([`next`]): nobody waits for
    /// them.
    fn turns(&self, cluster: &Cluster) -> impl Iterator<Item = Turn> {
        let last = cluster
            .next_time()
            .map_or(Time(0), |first| first + self.window_ms);
        let due = cluster.turns().take_while(move |(at, _)| *at <= last);
        due.map(|(_, turn)| turn.clone())
    }

    /// What users and faults may do next.
    pub fn interventions(&self, cluster: &Cluster) -> Vec<Action> {
        let mut actions = Vec::new();
        for set in cluster.store().list::<StatefulSet>() {
            self.change_set(set, &mut actions);
        }
        for pod in cluster.store().list::<Pod>() {
            let name: Name = pod.name().into();
            if self.delete_pods && !pod.terminating() {
                actions.push(Action::DeletePod { pod: name.clone() });
            }
            if self.force_delete_pods {
                actions.push(Action::ForceDeletePod { pod: name.clone() });
            }
            if self.switch_readiness {
                let (pod, ready) = (name.clone(), !cluster.may_be_ready(&name));
                actions.push(Action::SwitchReadiness { pod, ready });
            }
            if self.crash && pod.status.phase == "Running" {
                actions.push(Action::Crash { pod: name });
            }
        }
        if self.delete_claims {
            let claims = cluster.store().list::<PersistentVolumeClaim>();
            let kept = claims.filter(|claim| !claim.metadata.terminating());
            actions.extend(kept.map(|claim| Action::DeleteClaim {
                claim: claim.name().into(),
            }));
        }
        if self.break_disks {
            for volume in cluster.store().list::<PersistentVolume>() {
                if volume.status.phase == "Bound" {
                    let volume: Name = volume.name().into();
                    let full = !cluster.disk_is_full(&volume);
                    let lost = volume.clone();
                    actions.push(Action::FillDisk { volume, full });
                    actions.push(Action::LoseDisk { volume: lost });
                }
            }
        }
        for node in cluster.store().list::<Node>() {
            let name: Name = node.name().into();
            if self.cordon {
                let cordoned = node.spec.unschedulable != Some(true);
                let node = name.clone();
                actions.push(Action::Cordon { node, cordoned });
            }
            if self.cut_nodes {
                actions.push(match cluster.is_partitioned(&name) {
                    true => Action::Heal { node: name },
                    false => Action::Partition { node: name },
                });
            }
        }
        actions
    }

    fn change_set(&self, set: &StatefulSet, actions: &mut Vec<Action>) {
        let name: Name = set.name().into();
        for &replicas in &self.replicas {
            if replicas != set.replicas() {
                let set = name.clone();
                actions.push(Action::Scale { set, replicas });
            }
        }
        let container = set.spec.template.spec.containers.first();
        for image in &self.images {
            if container.is_some_and(|container| container.image != *image) {
                let (set, image) = (name.clone(), image.clone());
                actions.push(Action::SetImage { set, image });
            }
        }
        let rolling_update = set.spec.update_strategy.rolling_update.as_ref();
        for &partition in &self.partitions {
            if rolling_update.is_some_and(|rolling| rolling.partition != Some(partition)) {
                let set = name.clone();
                actions.push(Action::SetPartition { set, partition });
            }
        }
    }
}

/// Does what an action says: the cluster after it, and the steps that came of it. Nothing if the
/// action is not possible or changes nothing. Events that are waiting are written down at once.
pub fn next(cluster: &Cluster, action: &Action) -> Option<(Cluster, Vec<Step>)> {
    let mut next = cluster.clone();
    let mut steps = Vec::new();
    if !act(&mut next, action, &mut steps) {
        return None;
    }
    while next.turns().any(|(_, turn)| *turn == Turn::RecordEvent) {
        steps.extend(next.take_turn(&Turn::RecordEvent));
    }
    Some((next, steps))
}

/// Does what an action says; says whether it was possible.
pub fn act(cluster: &mut Cluster, action: &Action, steps: &mut Vec<Step>) -> bool {
    let step = match action {
        Action::Turn(turn) => {
            if !cluster.turns().any(|(_, asked)| asked == turn) {
                return false;
            }
            take(cluster, turn, steps);
            return true;
        }
        Action::SwitchReadiness { pod, ready } => cluster.switch_readiness(pod, *ready),
        Action::Scale { set, replicas } => {
            let patch = json!({"spec": {"replicas": replicas}});
            request(cluster, patch_of(Kind::StatefulSet, set, patch))
        }
        Action::SetImage { set, image } => set_image(cluster, set, image),
        Action::SetPartition { set, partition } => {
            let rolling_update = json!({"partition": partition});
            let patch = json!({"spec": {"updateStrategy": {"rollingUpdate": rolling_update}}});
            request(cluster, patch_of(Kind::StatefulSet, set, patch))
        }
        Action::DeletePod { pod } => request(cluster, deletion(Kind::Pod, pod, None)),
        Action::ForceDeletePod { pod } => request(cluster, deletion(Kind::Pod, pod, Some(0))),
        Action::DeleteClaim { claim } => {
            request(cluster, deletion(Kind::PersistentVolumeClaim, claim, None))
        }
        Action::Cordon { node, cordoned } => {
            let patch = json!({"spec": {"unschedulable": cordoned.then_some(true)}});
            request(cluster, patch_of(Kind::Node, node, patch))
        }
        Action::Partition { node } => cluster.partition(node),
        Action::Heal { node } => cluster.heal(node),
        Action::Crash { pod } => cluster.crash(pod, 1),
        Action::FillDisk { volume, full: true } => cluster.fill_disk(volume),
        Action::FillDisk { volume, .. } => cluster.free_disk(volume),
        Action::LoseDisk { volume } => cluster.lose_disk(volume),
    };
    let possible = step.is_some();
    steps.extend(step);
    possible
}

/// Lets a component take a turn, and again for as long as it only waits for time to pass. A turn
/// that comes to nothing is a turn all the same.
fn take(cluster: &mut Cluster, turn: &Turn, steps: &mut Vec<Step>) {
    for _ in 0..LOOKS {
        if let Some(step) = cluster.take_turn(turn) {
            steps.push(step);
            return;
        }
        if !cluster.turns().any(|(_, asked)| asked == turn) {
            return;
        }
    }
}

/// How often a component looks at most until what it waits for is due.
const LOOKS: usize = 10;

fn request(cluster: &mut Cluster, request: Request) -> Option<Step> {
    cluster.request(&request).1
}

fn patch_of(kind: Kind, name: &str, patch: Value) -> Request {
    Request::Patch {
        kind,
        name: name.to_owned(),
        patch: Patch::Merge(patch),
        options: WriteOptions::default(),
    }
}

fn deletion(kind: Kind, name: &str, grace_period_seconds: Option<i64>) -> Request {
    Request::Delete {
        kind,
        name: name.to_owned(),
        options: DeleteOptions {
            grace_period_seconds,
            ..DeleteOptions::default()
        },
    }
}

/// As `kubectl set image`: only the first container's image changes.
fn set_image(cluster: &mut Cluster, set: &str, image: &str) -> Option<Step> {
    let object = cluster.store().get_object(Kind::StatefulSet, set)?;
    let mut containers = object.to_value()["spec"]["template"]["spec"]["containers"].take();
    containers.get_mut(0)?["image"] = image.into();
    let patch = json!({"spec": {"template": {"spec": {"containers": containers}}}});
    request(cluster, patch_of(Kind::StatefulSet, set, patch))
}

/// Bounds of a search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// How often users and faults may intervene on one way.
    pub interventions: usize,
    /// How many different states are looked at.
    pub states: usize,
}

/// What a search found.
#[derive(Clone, Debug, PartialEq)]
pub struct Exploration {
    /// Different states that were reached.
    pub states: usize,
    /// Ways from one state to the next, those to known states included.
    pub transitions: usize,
    /// The largest number of actions that it takes to reach a state.
    pub depth: usize,
    /// Whether no state is left that was not looked at.
    pub exhausted: bool,
    /// The shortest way to break a property, if any was broken.
    pub counterexample: Option<Counterexample>,
}

/// How to break a property.
#[derive(Clone, Debug, PartialEq)]
pub struct Counterexample {
    /// What to do, in this order.
    pub actions: Vec<Action>,
    /// What it breaks.
    pub violation: Violation,
}

/// A state that was reached.
struct Visit {
    /// Dropped once its successors are known.
    cluster: Option<Cluster>,
    /// From which visit, and by what.
    from: Option<(usize, Action)>,
    interventions: usize,
    depth: usize,
}

/// Searches breadth first for a way to break one of the properties, whatever its premises: the
/// first one found is one of the shortest. States are told apart by their [`Fingerprints`].
///
/// The scheduler's dice are thrown, not branched on.
pub fn explore(
    start: &Cluster,
    repertoire: &Repertoire,
    properties: &[Property],
    bounds: Bounds,
) -> Exploration {
    let mut fingerprints = Fingerprints::default();
    let mut known = BTreeSet::from([(fingerprints.of(start), 0)]);
    let mut visits = vec![Visit {
        cluster: Some(start.clone()),
        from: None,
        interventions: 0,
        depth: 0,
    }];
    let mut found = Exploration {
        states: 1,
        transitions: 0,
        depth: 0,
        exhausted: true,
        counterexample: None,
    };
    let mut at = 0;
    while at < visits.len() {
        let Some(cluster) = visits[at].cluster.take() else {
            break;
        };
        let (spent, depth) = (visits[at].interventions, visits[at].depth + 1);
        let mut actions: Vec<(Action, usize)> = repertoire
            .turns(&cluster)
            .map(|turn| (Action::Turn(turn), spent))
            .collect();
        if spent < bounds.interventions {
            let more = repertoire.interventions(&cluster).into_iter();
            actions.extend(more.map(|action| (action, spent + 1)));
        }
        for (action, interventions) in actions {
            let Some((next, steps)) = next(&cluster, &action) else {
                continue;
            };
            found.transitions += 1;
            if let Some(violation) = violated(&cluster, &next, &steps, properties) {
                found.states = visits.len();
                found.depth = depth;
                found.exhausted = false;
                found.counterexample = Some(Counterexample {
                    actions: way(&visits, at, action),
                    violation,
                });
                return found;
            }
            if !known.insert((fingerprints.of(&next), interventions)) {
                continue;
            }
            if visits.len() == bounds.states {
                found.exhausted = false;
                continue;
            }
            found.depth = found.depth.max(depth);
            visits.push(Visit {
                cluster: Some(next),
                from: Some((at, action)),
                interventions,
                depth,
            });
        }
        at += 1;
    }
    found.states = visits.len();
    found
}

/// The first of the properties that one of the steps breaks. An action comes to at most one step
/// besides events, so that the clusters before and after are those of that step.
fn violated(
    before: &Cluster,
    after: &Cluster,
    steps: &[Step],
    properties: &[Property],
) -> Option<Violation> {
    let step = steps.iter().find(|step| !step.is_event())?;
    let single = steps.len() == 1;
    let checks = properties.iter().filter_map(|property| {
        // Events that were written along with it are writes of their own.
        let previous = (single || *property != Property::VersionsGrow).then_some(before);
        property.check(after, previous, step).err()
    });
    checks.into_iter().next()
}

/// The actions that lead to a visit, and one more.
fn way(visits: &[Visit], mut at: usize, last: Action) -> Vec<Action> {
    let mut actions = vec![last];
    while let Some((before, action)) = &visits[at].from {
        actions.push(action.clone());
        at = *before;
    }
    actions.reverse();
    actions
}
