//! What an author writes in `lesson.yaml`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::document::{Deed, Until};

/// The whole file.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Structure {
    /// Place among the lessons.
    pub(super) order: u32,
    pub(super) seed: u64,
    #[serde(default = "three")]
    pub(super) nodes: usize,
    #[serde(default)]
    pub(super) files: Vec<String>,
    #[serde(default)]
    pub(super) setup: Vec<String>,
    /// Whether the beats are goals and questions to play with, in any order.
    #[serde(default)]
    pub(super) sandbox: bool,
    /// Each a [`BeatStructure`]; read one by one, so that an error names the beat.
    pub(super) beats: Vec<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct BeatStructure {
    pub(super) id: String,
    pub(super) run: Option<String>,
    #[serde(default)]
    pub(super) fails: bool,
    /// A [`Deed`]; read by itself, so that an error names it.
    #[serde(rename = "do")]
    pub(super) deed_value: Option<Value>,
    #[serde(skip)]
    pub(super) deed: Option<Deed>,
    /// An [`Until`]; read by itself, so that an error names it.
    #[serde(rename = "until")]
    pub(super) until_value: Option<Value>,
    #[serde(skip)]
    pub(super) until: Until,
    pub(super) predict: Option<PredictStructure>,
    /// Name of the object that the second hint points at.
    pub(super) challenge: Option<String>,
    /// Whether one large button begins it.
    #[serde(default)]
    pub(super) big: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct PredictStructure {
    /// Names to choose from.
    #[serde(default)]
    pub(super) choose: Vec<String>,
    /// Names to put in order.
    #[serde(default)]
    pub(super) order: Vec<String>,
    /// Statements to choose from: an id, and when it is right.
    #[serde(default)]
    pub(super) cases: BTreeMap<String, Until>,
    /// Statements to choose from: an id, and what the command prints when it is right. The first that
    /// fits is.
    #[serde(default)]
    pub(super) prints: BTreeMap<String, String>,
    /// Where the right answer is found.
    #[serde(default)]
    pub(super) answer: String,
    /// Wrong answers that are replied to; those of `choose` and `cases` need not be listed.
    #[serde(default)]
    pub(super) wrong: Vec<String>,
}

fn three() -> usize {
    3
}
