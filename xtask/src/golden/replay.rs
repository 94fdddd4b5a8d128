//! Plays a recording's steps on the simulation, in lock-step with the recorded course of events.

use std::collections::{BTreeMap, VecDeque};

use cluster::{Cluster, Patch, Request, Response, Status, Step, Time};
use kubectl::{Files, Server};
use serde_json::Value;

use super::history::{self, Change, Histories};
use super::projection::{Ids, project};
use super::recording::{RecordedStep, Recording};

/// The simulated course of events.
pub(super) struct Replayed {
    /// Every change of a recorded kind, in order.
    pub(super) changes: Vec<Change>,
    /// The last state of every object, by kind and id.
    pub(super) last: BTreeMap<String, BTreeMap<String, Value>>,
    /// Where in `changes` each `settle` step ended, by number of the step.
    pub(super) settled: BTreeMap<usize, usize>,
}

/// Steps that may happen between two steps of a recording; more means that it never rests.
const STEPS_MAX: usize = 200_000;

/// Milliseconds of silence after which nothing more is expected: an eviction comes after 300 s.
const LONGEST_SILENCE: u64 = 400_000;

/// Plays the whole recording.
///
/// # Errors
/// The first thing that can't be done, or that ends otherwise than recorded.
pub(super) fn replay(recording: &Recording) -> Result<Replayed, String> {
    let mut stage = Stage::new(recording)?;
    for (number, step) in recording.inputs.steps.iter().enumerate() {
        stage.advance_to(recording.position(number))?;
        stage.apply(number, step)?;
        if step.op == "settle" {
            stage.advance_to(recording.position(number + 1).min(recording.events.len()))?;
            stage.settle(step.quiet.unwrap_or(1.0))?;
            stage
                .replayed
                .settled
                .insert(number, stage.replayed.changes.len());
        }
    }
    stage.advance_to(recording.events.len())?;
    Ok(stage.replayed)
}

struct Stage<'a> {
    recording: &'a Recording,
    cluster: Cluster,
    files: Files,
    ids: Ids,
    replayed: Replayed,
    /// What the simulation has come to, and what the recording had come to at `reached`.
    simulated: Histories,
    recorded: Histories,
    reached: usize,
    /// Where in the recording the writes of the command at hand that are still to come are, how many
    /// came already, and when the last one did, in seconds.
    effects: VecDeque<usize>,
    effects_done: usize,
    last_effect: Option<f64>,
    /// When something other than an Event or a Node last changed.
    last_change: Time,
}

impl<'a> Stage<'a> {
    fn new(recording: &'a Recording) -> Result<Stage<'a>, String> {
        let mut stage = Stage {
            recording,
            cluster: Cluster::new(recording.config()?),
            files: recording.inputs.manifests.clone(),
            ids: Ids::default(),
            replayed: Replayed {
                changes: Vec::new(),
                last: BTreeMap::new(),
                settled: BTreeMap::new(),
            },
            simulated: Histories::new(),
            recorded: Histories::new(),
            reached: 0,
            effects: VecDeque::new(),
            effects_done: 0,
            last_effect: None,
            last_change: Time(0),
        };
        for kind in [cluster::object::Kind::Node, cluster::object::Kind::Service] {
            for object in stage.cluster.store().list_objects(kind) {
                stage.note(&cluster::Change {
                    before: None,
                    after: Some(object),
                });
            }
        }
        stage.replayed.changes.clear();
        Ok(stage)
    }

    /// Lets the simulation go on until it has come as far as the recording had before `seq`; or as
    /// far as it goes.
    fn advance_to(&mut self, seq: usize) -> Result<(), String> {
        let events = &self.recording.events;
        while self.reached < events.len() && events[self.reached].seq < seq {
            let event = &events[self.reached];
            history::add(&mut self.recorded, &recorded_change(event));
            self.reached += 1;
        }
        self.last_change = self.cluster.now();
        for _ in 0..STEPS_MAX {
            if self.caught_up() {
                return Ok(());
            }
            let Some(step) = self.cluster.step_until(self.last_change + LONGEST_SILENCE) else {
                return Ok(());
            };
            self.observe(&step);
        }
        Err("the simulation never comes to rest".to_owned())
    }

    /// Whether every object has come at least as far as in the recording.
    fn caught_up(&self) -> bool {
        self.recorded.iter().all(|(id, recorded)| {
            self.simulated
                .get(id)
                .is_some_and(|simulated| simulated.len() >= recorded.len())
        })
    }

    /// Waits until nothing but Events and Nodes changed for so many seconds.
    fn settle(&mut self, quiet: f64) -> Result<(), String> {
        let quiet = (quiet * 1000.0) as u64;
        self.last_change = self.cluster.now();
        for _ in 0..STEPS_MAX {
            let limit = self.last_change + quiet;
            let Some(step) = self.cluster.step_until(limit) else {
                self.cluster.wait_until(limit);
                return Ok(());
            };
            self.observe(&step);
        }
        Err("the simulation never comes to rest".to_owned())
    }

    fn apply(&mut self, number: usize, step: &RecordedStep) -> Result<(), String> {
        match step.op.as_str() {
            "kubectl" => self.command(number, step),
            "readiness" => {
                let pod = self.with_own_names(step.pod.as_deref().unwrap_or_default());
                if let Some(step) = self
                    .cluster
                    .switch_readiness(&pod, step.ready == Some(true))
                {
                    self.observe(&step);
                }
                Ok(())
            }
            "settle" | "sleep" | "wait" => Ok(()),
            other => Err(format!("step {number}: `{other}` is not simulated")),
        }
    }

    fn command(&mut self, number: usize, step: &RecordedStep) -> Result<(), String> {
        let line = &self.with_own_names(step.cmd.as_deref().unwrap_or_default());
        let mut files = self.files.clone();
        let stdin = self.recording.stdin(number);
        files.extend(stdin.map(|text| ("-".to_owned(), text.to_owned())));
        self.effects = step.effect_seq.iter().copied().collect();
        self.effects_done = 0;
        let outcome = kubectl::run(line, &files, self);
        // A command that goes on has done all its writing.
        let exit_code = outcome.exit_code.unwrap_or(0);
        if step.exit_code.is_some_and(|recorded| recorded != exit_code) {
            let said: String = outcome
                .output
                .iter()
                .map(|chunk| chunk.text.as_str())
                .collect();
            return Err(format!(
                "step {number}: `{line}` exits with {exit_code}, recorded {:?}: {}",
                step.exit_code,
                said.trim_end()
            ));
        }
        Ok(())
    }

    /// The text with the simulation's random names instead of the recorded ones.
    fn with_own_names(&self, text: &str) -> String {
        let names = self.recording.generated_names.iter();
        names.fold(text.to_owned(), |text, (name, recorded)| {
            match self.ids.random_name(name) {
                Some(own) => text.replace(recorded, own),
                None => text,
            }
        })
    }

    fn observe(&mut self, step: &Step) {
        if let Some(change) = &step.change {
            self.note(change);
        }
    }

    fn note(&mut self, change: &cluster::Change) {
        let object = change.object();
        let is_event = object.kind() == cluster::object::Kind::Event;
        let id = if is_event {
            String::new()
        } else {
            self.ids.of(object)
        };
        let Some(obj) = project(change, &self.ids) else {
            return;
        };
        let kind = object.kind().name().to_owned();
        let r#type = match change.change_type() {
            cluster::ChangeType::Added => "ADDED",
            cluster::ChangeType::Modified => "MODIFIED",
            cluster::ChangeType::Deleted => "DELETED",
        };
        let id = match obj["objectId"].as_str() {
            Some(about) if is_event => about.to_owned(),
            _ => id,
        };
        if !is_event {
            self.choose(&id, object.name(), r#type);
            let objects = self.replayed.last.entry(kind.clone()).or_default();
            match r#type {
                "DELETED" => objects.remove(&id),
                _ => objects.insert(id.clone(), obj.clone()),
            };
            if kind != "Node" {
                self.last_change = self.cluster.now();
            }
        }
        let change = Change {
            r#type: r#type.to_owned(),
            kind,
            id,
            obj,
        };
        history::add(&mut self.simulated, &change);
        self.replayed.changes.push(change);
    }

    /// Between two writes of one command as much time passes as it did when it was recorded.
    fn await_effect(&mut self) {
        let Some(effect) = self.effects.pop_front() else {
            return;
        };
        let (before, after) = (
            self.last_effect,
            self.recording.events.get(effect).map(|e| e.t),
        );
        self.last_effect = after;
        if self.effects_done > 0
            && let (Some(before), Some(after)) = (before, after)
        {
            let limit = self.cluster.now() + ((after - before).max(0.0) * 1000.0) as u64;
            while let Some(step) = self.cluster.step_until(limit) {
                self.observe(&step);
            }
            self.cluster.wait_until(limit);
        }
        self.effects_done += 1;
    }

    /// `rollout restart` writes down the time of day, of which a revision's name is made: the
    /// recorded clock is read instead of the simulation's.
    fn at_the_recorded_time(&self, request: &Request) -> Request {
        const RESTARTED_AT: &str =
            "/spec/template/metadata/annotations/kubectl.kubernetes.io~1restartedAt";
        let mut request = request.clone();
        let later = self.recording.events.iter().skip(self.reached);
        let mut read = later.filter_map(|event| event.obj.get("data")?.pointer(RESTARTED_AT));
        if let Request::Patch {
            patch: Patch::Strategic(patch) | Patch::Merge(patch),
            ..
        } = &mut request
            && let Some(time) = patch.pointer_mut(RESTARTED_AT)
            && let Some(recorded) = read.next()
        {
            time.clone_from(recorded);
        }
        request
    }

    /// Feeds what the real control plane chose for this incarnation: a node, a volume.
    fn choose(&mut self, id: &str, name: &str, r#type: &str) {
        if r#type != "ADDED" {
            return;
        }
        let recorded = |field: &str| {
            let mut events = self.recording.events.iter().filter(|event| {
                event.id == id
                    && event.kind != "Event"
                    && event.obj.get("message").is_none_or(Value::is_null)
            });
            events.find_map(|event| event.obj.get(field)?.as_str().map(str::to_owned))
        };
        if id.starts_with("pod/")
            && let Some(node) = recorded("nodeName")
        {
            self.cluster.choices_mut().choose_node(name, &node);
        } else if id.starts_with("pvc/")
            && let Some(volume) = recorded("volumeName")
        {
            self.cluster.choices_mut().choose_volume(name, &volume);
        }
    }
}

/// A recorded event as a change.
pub(super) fn recorded_change(event: &super::recording::Event) -> Change {
    Change {
        r#type: event.r#type.clone(),
        kind: event.kind.clone(),
        id: event.id.clone(),
        obj: event.obj.clone(),
    }
}

impl Server for Stage<'_> {
    fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    fn request(&mut self, request: &Request) -> Result<Response, Status> {
        let request = self.at_the_recorded_time(request);
        self.await_effect();
        let (result, step) = self.cluster.request(&request);
        if let Some(step) = step {
            self.observe(&step);
        }
        result
    }
}
