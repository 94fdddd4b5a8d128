//! What is saved and shared of a run: never its state, only how to come to it again.

use cluster::{Cluster, Step};
use serde::{Deserialize, Serialize};

/// Something that somebody did to a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Action {
    /// A line typed into the terminal.
    Command(String),
    /// The command that goes on in the terminal is stopped (Ctrl-C).
    Interrupt,
    /// A file is written in an editor: one of the terminal's files, or what the command that goes
    /// on there (`kubectl edit`) waits for.
    Save {
        /// Name of the file.
        file: String,
        /// All that is in it.
        text: String,
    },
    /// What the readiness probe of pods of this name finds is switched.
    SwitchReadiness {
        /// Name of the pod.
        pod: String,
        /// What the probe finds from now on.
        ready: bool,
    },
    /// A node is cut off: its kubelet hears nothing and says nothing, its processes run on.
    Partition {
        /// Name of the node.
        node: String,
    },
    /// A cut ends.
    Heal {
        /// Name of the node.
        node: String,
    },
    /// The program in a pod's first container ends by itself.
    Crash {
        /// Name of the pod; the uid of one that the API server does not know any more.
        pod: String,
        /// What the program ends with.
        #[serde(rename = "exitCode")]
        exit_code: i32,
    },
    /// Something happens to the disk behind a volume.
    Disk {
        /// Name of the volume.
        volume: String,
        /// What happens.
        fault: DiskFault,
    },
}

/// What can happen to a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DiskFault {
    /// It has no room left.
    Fill,
    /// It has room again.
    Free,
    /// It is lost; an empty one is in its place.
    Lose,
}

impl Action {
    /// Lets it happen to the machines and programs of a cluster; nothing if it makes no difference
    /// there, or if it is something done in the terminal.
    pub fn meddle(&self, cluster: &mut Cluster) -> Option<Step> {
        match self {
            Action::Command(_) | Action::Interrupt | Action::Save { .. } => None,
            Action::SwitchReadiness { pod, ready } => cluster.switch_readiness(pod, *ready),
            Action::Partition { node } => cluster.partition(node),
            Action::Heal { node } => cluster.heal(node),
            Action::Crash { pod, exit_code } => cluster.crash(pod, *exit_code),
            Action::Disk { volume, fault } => match fault {
                DiskFault::Fill => cluster.fill_disk(volume),
                DiskFault::Free => cluster.free_disk(volume),
                DiskFault::Lose => cluster.lose_disk(volume),
            },
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::timeline::Timeline;
    use cluster::Config;
    use kubectl::Files;

    #[test]
    fn what_is_done_to_machines_and_programs_is_kept_and_shown() {
        let check = |action: Action, json: &str, frames: usize| {
            let text = serde_json::to_string(&action).unwrap();
            assert_eq!(text, json);
            assert_eq!(serde_json::from_str::<Action>(&text).unwrap(), action);
            let mut timeline = Timeline::new("nodes", Config::default(), Files::default());
            let before = timeline.frames().len();
            timeline.act(action);
            assert_eq!(timeline.frames().len() - before, frames, "{json}");
        };
        let node = || "node-1".to_owned();
        check(
            Action::Partition { node: node() },
            r#"{"partition":{"node":"node-1"}}"#,
            1,
        );
        check(
            Action::Heal { node: node() },
            r#"{"heal":{"node":"node-1"}}"#,
            0,
        );
        let (pod, exit_code) = ("web-0".to_owned(), 1);
        check(
            Action::Crash { pod, exit_code },
            r#"{"crash":{"pod":"web-0","exitCode":1}}"#,
            0,
        );
        let (volume, fault) = ("pv-a".to_owned(), DiskFault::Fill);
        check(
            Action::Disk { volume, fault },
            r#"{"disk":{"volume":"pv-a","fault":"fill"}}"#,
            0,
        );
    }
}
