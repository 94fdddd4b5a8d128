//! Plays a recording's steps on the simulation, in lock-step with the recorded course of events.

mod lockstep;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use cluster::object::Name;
use cluster::{Cluster, Patch, Reason, Request, Response, Status, Step, Time, Turn};
use kubectl::{Chunk, Files, Follow, Outcome, Server};
use serde_json::Value;

use super::history::{self, Change, Histories};
use super::projection::{Ids, project};
use super::recording::{RecordedStep, Recording, Transcript};

/// The simulated course of events.
pub(super) struct Replayed {
    /// Every change of a recorded kind, in order.
    pub(super) changes: Vec<Change>,
    /// The last state of every object, by kind and id.
    pub(super) last: BTreeMap<String, BTreeMap<String, Value>>,
    /// Where in `changes` each `settle` step ended, by number of the step.
    pub(super) settled: BTreeMap<usize, usize>,
    /// What containers did, by name of the pod, in order.
    pub(super) ran: Courses,
}

/// What happened to something, by its name: what, and to which incarnation.
pub(super) type Courses = BTreeMap<String, Vec<String>>;

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
            stage.settle(recording.silence(number).min(step.quiet.unwrap_or(1.0)))?;
            stage
                .replayed
                .settled
                .insert(number, stage.replayed.changes.len());
        } else if step.op != "sleep" {
            stage.read_to(recording.position(number + 1));
            stage.sleep(recording.seconds_to_next(number))?;
        }
    }
    stage.advance_to(recording.events.len())?;
    Ok(stage.replayed)
}

/// Seconds by which the recorder may have heard of a change after it could be read. On the busy
/// machine that it ran on, lists were printed that lacked pods whose deletion it noted 1.2 s later.
const LATE_SECONDS: f64 = 1.5;

/// What a command printed in the simulation.
pub(super) struct Said {
    /// Number of the transcript.
    pub(super) number: usize,
    pub(super) output: Vec<Chunk>,
    /// What one that reads would have printed at the other states that the recorded one can have
    /// seen: it took a moment to reach the API, and which it saw is chance.
    pub(super) later: Vec<Vec<Chunk>>,
    /// Nothing if it was still going on when the recorded one ended.
    pub(super) exit_code: Option<i32>,
    follow: Option<Follow>,
    reading: Option<Reading>,
}

/// A command that reads, and how far the recording may have come when it did.
struct Reading {
    line: String,
    files: Files,
    until: usize,
}

impl Reading {
    fn look(&mut self, mut cluster: Cluster) -> Vec<Chunk> {
        kubectl::run(&self.line, &self.files, &mut cluster).output
    }
}

/// Plays the whole recording, every recorded command with it: those that change nothing at the
/// state in which they were typed. Gives what they printed, in the words of the recording where it
/// comes to random names.
///
/// # Errors
/// As [`replay`].
pub(super) fn listen(recording: &Recording) -> Result<Vec<Said>, String> {
    let mut stage = Stage::new(recording)?;
    stage.said = Some(Vec::new());
    for (number, step) in recording.inputs.steps.iter().enumerate() {
        stage.speak_before(step.t)?;
        stage.advance_to(recording.position(number))?;
        stage.apply(number, step)?;
        if step.op == "settle" {
            stage.advance_to(recording.position(number + 1).min(recording.events.len()))?;
            stage.settle(recording.silence(number).min(step.quiet.unwrap_or(1.0)))?;
        }
    }
    stage.speak_before(f64::MAX)?;
    stage.advance_to(recording.events.len())?;
    let mut said = stage.said.unwrap_or_default();
    for (name, own) in recording
        .generated_names
        .keys()
        .filter_map(|name| Some((name, stage.ids.random_name(name)?)))
    {
        let chunks = said.iter_mut().flat_map(|said| {
            let later = said.later.iter_mut().flatten();
            said.output.iter_mut().chain(later)
        });
        for chunk in chunks {
            chunk.text = chunk.text.replace(own, name);
        }
    }
    Ok(said)
}

impl Said {
    /// The recorded command ended about now: it may go on for as long as it would wait, or a
    /// little, to end here as well.
    fn finish(&mut self, cluster: &Cluster) {
        const LATER: u64 = 3_000;
        let mut cluster = cluster.clone();
        while let Some(follow) = &mut self.follow {
            let deadline = follow.deadline();
            let limit = deadline.unwrap_or(cluster.now() + LATER);
            let progress = match cluster.step_until(limit) {
                Some(step) => follow.step(&step, &cluster),
                None => {
                    cluster.wait_until(limit);
                    follow.pass(&cluster)
                }
            };
            self.output.extend(progress.output);
            self.exit_code = progress.exit_code;
            if progress.exit_code.is_some() || cluster.now() >= limit {
                self.follow = None;
            }
        }
    }
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
    /// The status of each StatefulSet at `reached`.
    statuses: BTreeMap<String, Value>,
    /// How far it is to be read.
    target: usize,
    /// Where in the recording the writes of the command at hand that are still to come are, how many
    /// came already, and when the last one did, in seconds.
    effects: VecDeque<usize>,
    effects_done: usize,
    last_effect: Option<f64>,
    /// What runs on the nodes, by the uid of the pod: its id, and how often it was started.
    running: BTreeMap<String, (String, i32)>,
    /// When something other than an Event or a Node last changed.
    last_change: Time,
    /// What commands printed, if anybody listens, and the first transcript that is still to come.
    said: Option<Vec<Said>>,
    next: usize,
    /// The states since the recorded position was reached last, if anybody listens: after it a
    /// controller may still count what it sees.
    arrivals: Vec<Cluster>,
    /// Turns that are held back, and until when.
    held: BTreeMap<Turn, Time>,
    /// StatefulSets whose last event was a failure.
    failed: BTreeSet<Name>,
    /// Pods of ReplicaSets by when they were recorded to be marked for deletion.
    going: Vec<(usize, Name)>,
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
                ran: Courses::new(),
            },
            simulated: Histories::new(),
            recorded: Histories::new(),
            reached: 0,
            statuses: BTreeMap::new(),
            target: 0,
            effects: VecDeque::new(),
            effects_done: 0,
            last_effect: None,
            running: BTreeMap::new(),
            last_change: Time(0),
            said: None,
            next: 0,
            arrivals: Vec::new(),
            held: BTreeMap::new(),
            failed: BTreeSet::new(),
            going: Vec::new(),
        };
        for kind in [cluster::object::Kind::Node, cluster::object::Kind::Service] {
            for object in stage.cluster.store().list_objects(kind) {
                stage.note(&cluster::Change {
                    before: None,
                    after: Some(object),
                });
            }
        }
        // What was there from the start is not among the recorded changes either.
        stage.replayed.changes.clear();
        stage.simulated.clear();
        Ok(stage)
    }

    /// Runs the commands that were typed before this time and are no steps, and ends those that had
    /// ended.
    fn speak_before(&mut self, t: f64) -> Result<(), String> {
        while let Some(transcript) = self.recording.transcripts.get(self.next)
            && transcript.t < t
        {
            let number = self.next;
            self.next += 1;
            if transcript.step.is_some() || !transcript.cmd.starts_with("kubectl") {
                continue;
            }
            self.end_before(transcript.t)?;
            self.advance_to(transcript.after_seq)?;
            let line = self.with_own_names(&transcript.cmd);
            let mut files = self.files.clone();
            let stdin = transcript.stdin.clone();
            files.extend(stdin.map(|text| ("-".to_owned(), text)));
            let outcome = kubectl::run(&line, &files, &mut self.cluster.clone());
            self.hear(number, outcome);
            let reads = ["kubectl get ", "kubectl describe "];
            if transcript.exit_code.is_none() || !reads.iter().any(|verb| line.starts_with(verb)) {
                continue;
            }
            let mut reading = Reading {
                line,
                files,
                until: self
                    .recording
                    .events_before(transcript.t_end + LATE_SECONDS),
            };
            let said = self.said.as_mut().and_then(|said| said.last_mut());
            let said = said.expect("just heard");
            let seen = std::mem::take(&mut self.arrivals);
            said.later
                .extend(seen.into_iter().map(|cluster| reading.look(cluster)));
            said.reading = Some(reading);
            self.advance_to(self.recording.events_before(transcript.t_end))?;
        }
        self.end_before(t)
    }

    /// The next command that is no step.
    fn next_typed(&self) -> Option<&Transcript> {
        let mut typed = self.recording.transcripts.iter().skip(self.next);
        typed.find(|typed| typed.step.is_none() && typed.cmd.starts_with("kubectl"))
    }

    /// Ends the commands that had ended before this time.
    fn end_before(&mut self, t: f64) -> Result<(), String> {
        let ends = |said: &Said| {
            let end = self.recording.transcripts[said.number].t_end;
            (said.follow.is_some() && end <= t).then_some(end)
        };
        let ended: Vec<f64> = self.said.iter().flatten().filter_map(ends).collect();
        for end in ended {
            self.advance_to(self.recording.events_before(end))?;
            for said in self.said.iter_mut().flatten() {
                let transcript = &self.recording.transcripts[said.number];
                if transcript.t_end <= end {
                    if transcript.exit_code.is_some() {
                        said.finish(&self.cluster);
                    }
                    said.follow = None;
                }
            }
        }
        Ok(())
    }

    fn hear(&mut self, number: usize, outcome: Outcome) {
        let said = Said {
            number,
            output: outcome.output,
            later: Vec::new(),
            reading: None,
            exit_code: outcome.exit_code,
            follow: outcome.follow,
        };
        self.said.as_mut().expect("somebody listens").push(said);
    }

    fn apply(&mut self, number: usize, step: &RecordedStep) -> Result<(), String> {
        let pod = self.with_own_names(step.pod.as_deref().unwrap_or_default());
        let node = step.node.as_deref().unwrap_or_default();
        let done = match step.op.as_str() {
            "kubectl" => return self.command(number, step),
            "settle" | "wait" => return Ok(()),
            "sleep" => {
                let mut target = self.recording.position(number + 1);
                // What is typed next sees no more than it did.
                if let Some(typed) = self.next_typed().filter(|_| self.said.is_some()) {
                    target = target.min(typed.after_seq);
                }
                self.read_to(target);
                return self.sleep(step.seconds.unwrap_or_default());
            }
            "readiness" => {
                // A switch that is turned to where it is already does nothing.
                let ready = step.ready == Some(true);
                if let Some(step) = self.cluster.switch_readiness(&pod, ready) {
                    self.observe(&step);
                }
                return Ok(());
            }
            "partition" => self.cluster.partition(node),
            "heal" => self.cluster.heal(node),
            "crash" => self.cluster.crash(&pod, step.exit_code.unwrap_or(1)),
            other => {
                eprintln!("step {number}: `{other}` is not simulated");
                return Ok(());
            }
        };
        // Nothing to crash, or a node that is cut off already: the real one shrugged as well.
        if let Some(done) = done {
            self.observe(&done);
        }
        Ok(())
    }

    fn command(&mut self, number: usize, step: &RecordedStep) -> Result<(), String> {
        let line = &self.with_own_names(step.cmd.as_deref().unwrap_or_default());
        let mut files = self.files.clone();
        let stdin = self.recording.stdin(number);
        files.extend(stdin.map(|text| ("-".to_owned(), text.to_owned())));
        self.effects = step.effect_seq.iter().copied().collect();
        self.effects_done = 0;
        let mut outcome = kubectl::run(line, &files, self);
        let transcripts = &self.recording.transcripts;
        let transcript = transcripts
            .iter()
            .position(|typed| typed.step == Some(number));
        if let Some(transcript) = transcript.filter(|_| self.said.is_some()) {
            let heard = Outcome {
                output: outcome.output.clone(),
                exit_code: outcome.exit_code,
                follow: outcome.follow.take(),
            };
            self.hear(transcript, heard);
        }
        // A command that goes on has done all its writing; how it ends is told in its text.
        let Some(exit_code) = outcome.exit_code else {
            return Ok(());
        };
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
        for said in self.said.iter_mut().flatten() {
            said.reading.take_if(|reading| self.reached > reading.until);
            if let Some(reading) = &mut said.reading {
                said.later.push(reading.look(self.cluster.clone()));
            }
            let Some(follow) = &mut said.follow else {
                continue;
            };
            let progress = follow.step(step, &self.cluster);
            said.output.extend(progress.output);
            if progress.exit_code.is_some() {
                said.exit_code = progress.exit_code;
                said.follow = None;
            }
        }
        if let Some(change) = &step.change {
            self.note(change);
        }
        self.look_at_nodes(matches!(*step.reason, Reason::ContainerCrashed { .. }));
    }

    /// Notes what started and what ended on the nodes.
    fn look_at_nodes(&mut self, crashed: bool) {
        let processes = self.cluster.processes();
        let running = processes.filter(|(_, process)| process.running());
        let running: BTreeMap<String, (String, i32)> = running
            .filter_map(|(uid, process)| {
                let starts = process.containers.iter().map(|run| 1 + run.restarts).sum();
                Some((uid.to_string(), (self.ids.known(uid)?.to_owned(), starts)))
            })
            .collect();
        if running == self.running {
            return;
        }
        let before = std::mem::replace(&mut self.running, running);
        let ran = &mut self.replayed.ran;
        let end = if crashed { "crash" } else { "stop" };
        for (uid, (id, starts)) in &before {
            if self.running.get(uid).is_none_or(|(_, now)| now != starts) {
                note_ran(ran, id, end);
            }
        }
        for (uid, (id, starts)) in &self.running {
            if before.get(uid).is_none_or(|(_, before)| before != starts) {
                note_ran(ran, id, "start");
            }
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
        let id = match obj["objectId"].as_str() {
            Some(about) if is_event => about.to_owned(),
            _ => id,
        };
        if let cluster::object::Object::Event(event) = object
            && event.source.component == "statefulset-controller"
        {
            let name = event.involved_object.name.as_deref().unwrap_or_default();
            if event.reason.starts_with("Failed") {
                self.failed.insert(name.into());
            } else {
                self.failed.remove(name);
            }
        }
        let change = described(change, id, obj, self.cluster.now());
        if !is_event {
            self.choose(&change.id, object.name(), &change.r#type);
            let objects = self.replayed.last.entry(change.kind.clone()).or_default();
            match change.r#type.as_str() {
                "DELETED" => objects.remove(&change.id),
                _ => objects.insert(change.id.clone(), change.obj.clone()),
            };
            if change.kind != "Node" {
                self.last_change = self.cluster.now();
            }
        }
        history::add(&mut self.simulated, &change);
        self.replayed.changes.push(change);
    }

    /// Between two writes of one command as much time passes as it did when it was recorded.
    fn await_effect(&mut self) {
        let Some(effect) = self.effects.pop_front() else {
            return;
        };
        self.read_to(effect);
        let (before, after) = (
            self.last_effect,
            self.recording.events.get(effect).map(|e| e.t),
        );
        self.last_effect = after;
        if self.effects_done > 0
            && let (Some(before), Some(after)) = (before, after)
        {
            let limit = self.cluster.now() + ((after - before).max(0.0) * 1000.0) as u64;
            while let Some(step) = self.step(limit) {
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
        if id.contains("-~") {
            self.choose_going(id, name);
        }
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

/// Adds to what the containers of a pod did.
pub(super) fn note_ran(ran: &mut Courses, id: &str, what: &str) {
    let name = id.split('#').next().unwrap_or_default();
    let course = ran.entry(name.to_owned()).or_default();
    course.push(format!("{what} of {id}"));
}

/// A simulated change in the recorder's words.
fn described(change: &cluster::Change, id: String, obj: Value, time: Time) -> Change {
    let r#type = match change.change_type() {
        cluster::ChangeType::Added => "ADDED",
        cluster::ChangeType::Modified => "MODIFIED",
        cluster::ChangeType::Deleted => "DELETED",
    };
    Change {
        r#type: r#type.to_owned(),
        kind: change.object().kind().name().to_owned(),
        id,
        obj,
        time,
    }
}

/// A recorded event as a change.
pub(super) fn recorded_change(event: &super::recording::Event) -> Change {
    Change {
        r#type: event.r#type.clone(),
        kind: event.kind.clone(),
        id: event.id.clone(),
        obj: event.obj.clone(),
        time: Time((event.t * 1000.0) as u64),
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

    fn act(&mut self, work: &mut dyn FnMut(&mut Cluster) -> Option<Step>) {
        if let Some(step) = work(&mut self.cluster) {
            self.observe(&step);
        }
    }
}
