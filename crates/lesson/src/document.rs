//! Lessons as data.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

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
    /// Commands that were run before it begins, to rest.
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
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Until {
    /// Until nothing is left to happen.
    #[default]
    Settled,
    /// Not at all.
    Now,
    /// Until the pod of this name is ready.
    PodReady(String),
    /// Until the pod of this name is terminating.
    PodTerminating(String),
    /// Until the pod of this name does not exist.
    PodGone(String),
    /// Until the pod of this name exists.
    PodExists(String),
}
