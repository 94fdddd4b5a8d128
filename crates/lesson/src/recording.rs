//! What is saved and shared of a run: never its state, only how to come to it again.

use serde::{Deserialize, Serialize};

/// Something that somebody did to a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// A line typed into the terminal.
    Command(String),
    /// The command that goes on in the terminal is stopped (Ctrl-C).
    Interrupt,
    /// What the readiness probe of pods of this name finds is switched.
    SwitchReadiness {
        /// Name of the pod.
        pod: String,
        /// What the probe finds from now on.
        ready: bool,
    },
}

/// One run: played again, it gives the same frames.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recording {
    /// Id of the lesson it began with.
    pub lesson: String,
    /// Seed of the cluster.
    pub seed: u64,
    /// What was done, with the number of the frame after which it was done.
    pub actions: Vec<(usize, Action)>,
    /// How many frames the run has.
    pub frames: usize,
}
