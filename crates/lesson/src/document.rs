//! Lessons as the page gets them: compiled by [`crate::source`], played by a [`Timeline`].

use std::collections::BTreeMap;

use cluster::object::{Node, PersistentVolumeClaim, Pod, Resource, StatefulSet};
use cluster::{Cluster, Config};
use serde::{Deserialize, Serialize};

use crate::question::{Challenge, Prediction};
use crate::recording::{Action, DiskFault};
use crate::timeline::Timeline;

/// A lesson in one language, ready to be played.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lesson {
    /// Its folder's name.
    pub id: String,
    /// Code of the language of the texts, such as `en`.
    pub lang: String,
    /// Its title.
    pub title: String,
    /// What it is about, as HTML.
    pub intro: String,
    /// Seed of its cluster.
    pub seed: u64,
    /// How many nodes the cluster has.
    pub nodes: usize,
    /// The files of the terminal, by name.
    pub files: BTreeMap<String, String>,
    /// Commands that were run before it begins, each to rest.
    pub setup: Vec<String>,
    /// Its beats, in order.
    pub beats: Vec<Beat>,
    /// Whether the beats are goals and questions to play with, in any order.
    #[serde(default)]
    pub sandbox: bool,
}

/// One beat: something is done, played until it is over, and explained.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Beat {
    /// Unique in the lesson; the text is keyed by it.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its text, as HTML.
    pub text: String,
    /// The command that the learner runs in this beat, if any.
    pub run: Option<String>,
    /// Whether that command is meant to fail.
    #[serde(default)]
    pub fails: bool,
    /// What happens in this beat to machines and programs, if anything.
    #[serde(rename = "do", default)]
    pub deed: Option<Deed>,
    /// How far to play after it.
    pub until: Until,
    /// What is asked before it is played, if anything.
    #[serde(default)]
    pub predict: Option<Prediction>,
    /// Whether the reader is to find the command, and what helps.
    #[serde(default)]
    pub challenge: Option<Challenge>,
    /// What the one large button says that begins this beat, if it has one.
    #[serde(default)]
    pub big: Option<String>,
}

impl Beat {
    /// What is done at its beginning.
    pub fn action(&self, cluster: &Cluster) -> Option<Action> {
        match (&self.run, &self.deed) {
            (Some(line), _) => Some(Action::Command(line.clone())),
            (None, Some(deed)) => deed.action(cluster),
            (None, None) => None,
        }
    }
}

/// Something that happens to a machine or a program, named by what doesn't depend on the seed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Deed {
    /// The node that the pod of this name is on is cut off.
    CutNodeOf(String),
    /// The first node that is cut off no longer is.
    Heal,
    /// The readiness probe of the pod of this name finds from now on that it isn't ready.
    Unready(String),
    /// The readiness probe of the pod of this name finds from now on that it is ready.
    Ready(String),
    /// The program in the pod of this name ends with an error.
    Crash(String),
    /// The disk behind the volume that the claim of this name is bound to has no room left.
    FillDisk(String),
    /// It has room again.
    FreeDisk(String),
    /// It is lost; an empty one is in its place.
    LoseDisk(String),
}

impl Deed {
    /// As it is done to this cluster; nothing if there is no such node or volume.
    pub fn action(&self, cluster: &Cluster) -> Option<Action> {
        let switch = |pod: &str, ready| Action::SwitchReadiness {
            pod: pod.to_owned(),
            ready,
        };
        let disk = |claim: &str, fault| {
            let claim = cluster.store().get::<PersistentVolumeClaim>(claim)?;
            let volume = claim.volume_name()?.to_owned();
            Some(Action::Disk { volume, fault })
        };
        match self {
            Deed::FillDisk(claim) => disk(claim, DiskFault::Fill),
            Deed::FreeDisk(claim) => disk(claim, DiskFault::Free),
            Deed::LoseDisk(claim) => disk(claim, DiskFault::Lose),
            Deed::CutNodeOf(pod) => {
                let node = cluster.store().get::<Pod>(pod)?.spec.node_name.clone()?;
                Some(Action::Partition { node })
            }
            Deed::Heal => {
                let mut names = cluster.store().list::<Node>().map(|node| node.name());
                let node = names.find(|name| cluster.is_partitioned(name))?.to_owned();
                Some(Action::Heal { node })
            }
            Deed::Unready(pod) => Some(switch(pod, false)),
            Deed::Ready(pod) => Some(switch(pod, true)),
            Deed::Crash(pod) => Some(Action::Crash {
                pod: pod.clone(),
                exit_code: 1,
            }),
        }
    }
}

/// How far a beat is played.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Until {
    /// Until nothing is left to happen.
    #[default]
    Settled,
    /// Not at all.
    Now,
    /// Until the pod of this name exists.
    PodExists(String),
    /// Until the pod of this name is ready.
    PodReady(String),
    /// Until the pod of this name exists and isn't ready.
    PodUnready(String),
    /// Until the program of the pod of this name runs on two nodes.
    PodRunsTwice(String),
    /// Until the pod of this name is being deleted.
    PodTerminating(String),
    /// Until no pod of this name exists.
    PodGone(String),
    /// Until the claim of this name exists.
    ClaimExists(String),
    /// Until the claim of this name is bound to a volume.
    ClaimBound(String),
    /// Until the claim of this name is being deleted.
    ClaimTerminating(String),
    /// Until no claim of this name exists.
    ClaimGone(String),
    /// Until exactly so many nodes are ready.
    NodesReady(usize),
    /// Until the controller of the StatefulSet of this name has found a reason to wait.
    SetWaits(String),
    /// Until no StatefulSet of this name exists.
    SetGone(String),
    /// Until all of them hold at once.
    All(Vec<Until>),
}

impl Until {
    /// Whether it has come true.
    pub fn reached(&self, cluster: &Cluster) -> bool {
        let pod = |name: &str| cluster.store().get::<Pod>(name);
        let claim = |name: &str| cluster.store().get::<PersistentVolumeClaim>(name);
        match self {
            // Components that are due may turn out to have nothing to do, so only trying tells.
            Until::Settled => cluster.clone().step().is_none(),
            Until::Now => true,
            Until::PodExists(name) => pod(name).is_some(),
            Until::PodReady(name) => pod(name).is_some_and(|pod| pod.ready() && !pod.terminating()),
            Until::PodUnready(name) => pod(name).is_some_and(|pod| !pod.ready()),
            Until::PodRunsTwice(name) => {
                let processes = cluster.processes().map(|(_, process)| process);
                let of_pod = processes.filter(|process| *process.pod == **name);
                of_pod.filter(|process| process.running()).count() == 2
            }
            Until::PodTerminating(name) => pod(name).is_some_and(|pod| pod.terminating()),
            Until::PodGone(name) => pod(name).is_none(),
            Until::ClaimExists(name) => claim(name).is_some(),
            Until::ClaimBound(name) => {
                claim(name).is_some_and(|claim| claim.status.phase == "Bound")
            }
            Until::ClaimTerminating(name) => {
                claim(name).is_some_and(|claim| claim.metadata.deletion_timestamp.is_some())
            }
            Until::ClaimGone(name) => claim(name).is_none(),
            Until::NodesReady(count) => {
                let nodes = cluster.store().list::<Node>();
                nodes.filter(|node| node.ready_status() == "True").count() == *count
            }
            Until::SetWaits(name) => cluster.waiting(name).is_some(),
            Until::SetGone(name) => cluster.store().get::<StatefulSet>(name).is_none(),
            Until::All(conditions) => conditions.iter().all(|until| until.reached(cluster)),
        }
    }
}

/// One line of a table of contents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heading {
    /// The lesson's id.
    pub id: String,
    /// Its title in the language of the table.
    pub title: String,
    /// Its place among the lessons; 0 for what is no lesson: the opening, and what is there to play with.
    #[serde(default)]
    pub number: usize,
}

/// The cluster that a lesson begins with.
pub fn config(lesson: &Lesson) -> Config {
    Config {
        seed: lesson.seed,
        nodes: lesson.nodes,
        ..Config::default()
    }
}

/// A new run of a lesson, its setup done.
pub fn begin(lesson: &Lesson) -> Timeline {
    let mut timeline = Timeline::new(&lesson.id, config(lesson), lesson.files.clone());
    for command in &lesson.setup {
        timeline.act(Action::Command(command.clone()));
        while timeline.forward() {}
    }
    timeline
}
