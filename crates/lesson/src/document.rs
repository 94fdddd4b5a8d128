//! Lessons as the page gets them: compiled by [`crate::source`], played by a [`Timeline`].

use std::collections::BTreeMap;

use cluster::object::{PersistentVolumeClaim, Pod};
use cluster::{Cluster, Config};
use serde::{Deserialize, Serialize};

use crate::recording::Action;
use crate::timeline::Timeline;

/// The languages that every lesson has, as in file names.
pub const LANGUAGES: [&str; 2] = ["en", "zh"];

/// A lesson in one language, ready to be played.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lesson {
    /// Its folder's name.
    pub id: String,
    /// Language of the texts: `en` or `zh`.
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
}

/// One beat: something is done, played until it is over, and explained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// How far to play after it.
    pub until: Until,
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
    /// Until the pod of this name is being deleted.
    PodTerminating(String),
    /// Until no pod of this name exists.
    PodGone(String),
    /// Until the claim of this name exists.
    ClaimExists(String),
    /// Until the claim of this name is bound to a volume.
    ClaimBound(String),
    /// Until the controller of the StatefulSet of this name has found a reason to wait.
    SetWaits(String),
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
            Until::PodTerminating(name) => pod(name).is_some_and(|pod| pod.terminating()),
            Until::PodGone(name) => pod(name).is_none(),
            Until::ClaimExists(name) => claim(name).is_some(),
            Until::ClaimBound(name) => {
                claim(name).is_some_and(|claim| claim.status.phase == "Bound")
            }
            Until::SetWaits(name) => cluster.waiting(name).is_some(),
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
