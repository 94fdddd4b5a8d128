//! The format of recordings (format 1): what is read of it.

use std::collections::BTreeMap;

use cluster::{Config, KubeletTiming, LocalImages, Version};
use serde::Deserialize;
use serde_json::Value;

/// One recording of a real control plane.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Recording {
    format: u32,
    kubernetes_version: String,
    nodes: Vec<String>,
    /// Flags beyond the defaults, by program.
    #[serde(default)]
    cluster_flags: BTreeMap<String, Vec<String>>,
    fake_kubelet: FakeKubelet,
    pub(super) inputs: Inputs,
    pub(super) events: Vec<Event>,
    #[serde(default)]
    transcripts: Vec<Transcript>,
    pub(super) container_log: Vec<Ran>,
    #[serde(rename = "final")]
    pub(super) last: BTreeMap<String, BTreeMap<String, Value>>,
    /// The random names that commands have, by what the rest of the recording calls them.
    #[serde(default)]
    pub(super) generated_names: BTreeMap<String, String>,
}

/// The delays of the recorder's kubelets, in seconds.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct FakeKubelet {
    start_ack: f64,
    start: f64,
    terminate: f64,
    probe: f64,
    pull_backoff: f64,
    restart: f64,
    heal_sync: f64,
}

/// What was done, and with which files.
#[derive(Debug, Deserialize)]
pub(super) struct Inputs {
    #[serde(default)]
    pub(super) manifests: BTreeMap<String, String>,
    pub(super) steps: Vec<RecordedStep>,
}

/// One thing that was done.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RecordedStep {
    pub(super) op: String,
    pub(super) after_seq: usize,
    #[serde(default)]
    pub(super) effect_seq: Vec<usize>,
    pub(super) cmd: Option<String>,
    pub(super) exit_code: Option<i32>,
    pub(super) pod: Option<String>,
    pub(super) node: Option<String>,
    pub(super) ready: Option<bool>,
    pub(super) quiet: Option<f64>,
    pub(super) seconds: Option<f64>,
}

/// What a container did on its node.
#[derive(Debug, Deserialize)]
pub(super) struct Ran {
    /// Such as `pod/web-0#2`.
    pub(super) pod: String,
    /// `start`, `stop` or `crash`.
    pub(super) what: String,
}

/// What was typed, of a command that a step ran.
#[derive(Debug, Deserialize)]
struct Transcript {
    step: Option<usize>,
    stdin: Option<String>,
}

/// One change of the store.
#[derive(Debug, Deserialize)]
pub(super) struct Event {
    pub(super) seq: usize,
    /// Seconds since the recording began.
    pub(super) t: f64,
    pub(super) r#type: String,
    pub(super) kind: String,
    pub(super) id: String,
    pub(super) obj: Value,
}

impl Recording {
    /// Reads a recording.
    pub(super) fn parse(text: &str) -> Result<Recording, String> {
        let recording: Recording =
            serde_json::from_str(text).map_err(|error| format!("not a recording: {error}"))?;
        if recording.format != 1 {
            return Err(format!("format {} is not known", recording.format));
        }
        Ok(recording)
    }

    /// A cluster like the recorded one.
    pub(super) fn config(&self) -> Result<Config, String> {
        let version = match self.kubernetes_version.as_str() {
            "v1.20.2" => Version::V1_20,
            other => return Err(format!("recordings of {other} are not known")),
        };
        let default_toleration_seconds = self.default_toleration_seconds()?;
        let ms = |seconds: f64| (seconds * 1000.0) as u64;
        let kubelet = &self.fake_kubelet;
        Ok(Config {
            seed: 1,
            nodes: self.nodes.len(),
            version,
            kubelet: KubeletTiming {
                start_ack_ms: ms(kubelet.start_ack),
                start_ms: ms(kubelet.start),
                terminate_ms: ms(kubelet.terminate),
                probe_ms: ms(kubelet.probe),
                pull_ms: 0,
                pull_backoff_ms: ms(kubelet.pull_backoff),
                restart_ms: ms(kubelet.restart),
                resync_ms: ms(kubelet.heal_sync),
            },
            local_images: LocalImages::All,
            default_toleration_seconds,
            ..Config::default()
        })
    }

    /// What was typed into the command of a step.
    pub(super) fn stdin(&self, step: usize) -> Option<&str> {
        let typed = self
            .transcripts
            .iter()
            .find(|transcript| transcript.step == Some(step));
        typed?.stdin.as_deref()
    }

    /// What the API server was told of the tolerations that every pod gets.
    fn default_toleration_seconds(&self) -> Result<i64, String> {
        let mut seconds = Config::default().default_toleration_seconds;
        for flag in self.cluster_flags.values().flatten() {
            let (name, value) = flag.split_once('=').unwrap_or((flag, ""));
            match name {
                "--default-not-ready-toleration-seconds"
                | "--default-unreachable-toleration-seconds" => {
                    seconds = value.parse().map_err(|_| format!("flag {flag}"))?;
                }
                _ => return Err(format!("flag {flag} is not simulated")),
            }
        }
        Ok(seconds)
    }

    /// Number of the event before which a step took effect.
    pub(super) fn position(&self, step: usize) -> usize {
        match self.inputs.steps.get(step) {
            None => usize::MAX,
            Some(step) => step.effect_seq.first().copied().unwrap_or(step.after_seq),
        }
    }
}
