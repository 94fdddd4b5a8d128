//! The format of recordings (format 1): what is read of it.

use std::collections::BTreeMap;

use cluster::{Config, KubeletTiming, LocalImages, Version};
use serde::Deserialize;
use serde_json::Value;

use super::effects;

/// One recording of a real control plane.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Recording {
    pub(super) name: String,
    format: u32,
    kubernetes_version: String,
    nodes: Vec<String>,
    /// Flags beyond the defaults, by program.
    #[serde(default)]
    cluster_flags: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    fake_kubelet: FakeKubelet,
    pub(super) inputs: Inputs,
    pub(super) events: Vec<Event>,
    #[serde(default)]
    pub(super) transcripts: Vec<Transcript>,
    /// What ran on the nodes, if that was recorded.
    pub(super) container_log: Option<Vec<Ran>>,
    /// The last state of all objects, by kind and id, if that was recorded.
    #[serde(rename = "final")]
    pub(super) last: Option<BTreeMap<String, BTreeMap<String, Value>>>,
    /// The random names that commands have, by what the rest of the recording calls them.
    #[serde(default)]
    pub(super) generated_names: BTreeMap<String, String>,
}

/// The delays of the recorder's kubelets, in seconds.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct FakeKubelet {
    start_ack: f64,
    start: f64,
    terminate: f64,
    probe: f64,
    pull_backoff: f64,
    restart: f64,
    heal_sync: f64,
}

impl Default for FakeKubelet {
    fn default() -> FakeKubelet {
        FakeKubelet {
            start_ack: 0.2,
            start: 1.0,
            terminate: 1.5,
            probe: 0.1,
            pull_backoff: 1.0,
            restart: 0.5,
            heal_sync: 0.5,
        }
    }
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
    /// When it began, in seconds since the recording did.
    #[serde(default)]
    pub(super) t: f64,
    pub(super) after_seq: Option<usize>,
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

/// What a command printed.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Transcript {
    /// When it began and when it ended, in seconds since the recording began.
    pub(super) t: f64,
    pub(super) t_end: f64,
    pub(super) after_seq: usize,
    /// The release of kubectl, or `http` for a bare request.
    pub(super) client: String,
    pub(super) cmd: String,
    pub(super) stdout: String,
    pub(super) stderr: String,
    /// Nothing if it was interrupted.
    pub(super) exit_code: Option<i32>,
    /// The step that ran it, if one did.
    pub(super) step: Option<usize>,
    pub(super) stdin: Option<String>,
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
    /// Reads a recording; nothing if the text is some other JSON.
    pub(super) fn parse(text: &str) -> Result<Option<Recording>, String> {
        let any: Value = serde_json::from_str(text).map_err(|error| format!("no JSON: {error}"))?;
        if any.get("events").is_none() || any.get("inputs").is_none() {
            return Ok(None);
        }
        let mut recording: Recording =
            serde_json::from_value(any).map_err(|error| format!("not a recording: {error}"))?;
        if recording.format != 1 {
            return Err(format!("format {} is not known", recording.format));
        }
        effects::fill_in(&mut recording.inputs.steps, &recording.events);
        Ok(Some(recording))
    }

    /// A cluster like the recorded one.
    pub(super) fn config(&self) -> Result<Config, String> {
        let version = match self.kubernetes_version.as_str() {
            version if version.starts_with("v1.20.") => Version::V1_20,
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
                // Whether it matters is for the comparison to say.
                _ => eprintln!("flag {flag} is not simulated"),
            }
        }
        Ok(seconds)
    }

    /// Number of the event before which a step took effect: its own first one, unless that of a
    /// later step came first, as when a command follows right upon the switch of a kubelet.
    pub(super) fn position(&self, step: usize) -> usize {
        let steps = self.inputs.steps.iter().skip(step);
        let positions = steps.map(|step| {
            (step.effect_seq.first().copied())
                .or(step.after_seq)
                .unwrap_or_else(|| self.events_before(step.t))
        });
        positions.min().unwrap_or(usize::MAX)
    }

    /// How long after a step the next one began.
    pub(super) fn seconds_to_next(&self, step: usize) -> f64 {
        let t = |step: usize| self.inputs.steps.get(step).map(|step| step.t);
        let next = t(step + 1).zip(t(step));
        next.map_or(0.0, |(next, t)| (next - t).max(0.0))
    }

    /// For how many seconds nothing but Events and Nodes had changed when the step after this one took
    /// effect: less than the rest that was waited for, if a retry came just then.
    pub(super) fn silence(&self, step: usize) -> f64 {
        let end = self.position(step + 1);
        let Some(next) = self.events.get(end) else {
            return f64::INFINITY;
        };
        let mut before = self.events[..end].iter().rev();
        let last = before.find(|event| !matches!(event.kind.as_str(), "Event" | "Node"));
        last.map_or(f64::INFINITY, |last| (next.t - last.t).max(0.0))
    }

    /// How many events had happened at this time.
    pub(super) fn events_before(&self, t: f64) -> usize {
        self.events.partition_point(|event| event.t < t)
    }
}
