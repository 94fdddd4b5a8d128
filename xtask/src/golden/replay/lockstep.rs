//! Lets the simulation go on in lock-step with the recorded course of events: never ahead of it, but
//! for what would show a rule to be wrong.

use std::collections::BTreeSet;

use cluster::{Step, Time, Turn};
use serde_json::Value;

use super::super::history::{self, Histories};
use super::super::projection::project;
use super::{Stage, described, recorded_change};

/// Steps that may happen between two steps of a recording; more means that it never rests.
const STEPS_MAX: usize = 200_000;

/// Milliseconds of silence after which nothing more is expected: an eviction comes after 300 s.
const LONGEST_SILENCE: u64 = 400_000;

/// Milliseconds by which a component may be slower than in the simulation, on a busy machine.
const SLOW_MS: u64 = 1_000;

/// Milliseconds that a StatefulSet's controller may need until it has written its status.
const COUNTING_MS: u64 = 50;

/// Milliseconds between two tries of the scheduler, the volume binder, or a set that fails.
const RETRY_MS: u64 = 20_000;

impl Stage<'_> {
    /// Lets the simulation go on until it has come as far as the recording had before `seq`; or as
    /// far as it goes.
    pub(super) fn advance_to(&mut self, seq: usize) -> Result<(), String> {
        self.read_to(seq);
        self.last_change = self.cluster.now();
        let mut arrived = None;
        self.arrivals.clear();
        for _ in 0..STEPS_MAX {
            self.follow();
            let mut limit = self.last_change + LONGEST_SILENCE;
            if self.reached >= self.target && self.caught_up() {
                if self.said.is_some() {
                    self.arrivals.push(self.cluster.clone());
                }
                if self.statuses_agree() {
                    return Ok(());
                }
                // A controller that has yet to count what it sees gets a moment to do so.
                limit = *arrived.get_or_insert(self.cluster.now() + COUNTING_MS);
            }
            let Some(step) = self.step(limit) else {
                return Ok(());
            };
            self.observe(&step);
        }
        Err("the simulation never comes to rest".to_owned())
    }

    /// The next step that is due by `limit`. How soon a component hears of a change is nobody's
    /// promise: one that would bring an object further than the recording has come is held back for
    /// a while, and others go first. Nothing if there are none.
    pub(super) fn step(&mut self, limit: Time) -> Option<Step> {
        let mut back = BTreeSet::new();
        self.follow();
        loop {
            let turns = self.cluster.turns().map(|(at, turn)| {
                let held = self.held.get(turn).filter(|_| back.contains(turn));
                (held.copied().unwrap_or(at), turn)
            });
            let (at, turn) = turns.min_by_key(|(at, _)| *at)?;
            if at > limit {
                return None;
            }
            let turn = turn.clone();
            let before = self.cluster.clone();
            let step = self.cluster.take_turn(&turn);
            let patient = !back.contains(&turn);
            match step {
                Some(step) if patient && self.leads(&step) => {
                    let until = step.time + self.patience(&turn);
                    self.cluster = before;
                    self.held.entry(turn.clone()).or_insert(until);
                    back.insert(turn);
                }
                step => {
                    self.held.remove(&turn);
                    if step.is_some() {
                        return step;
                    }
                }
            }
        }
    }

    /// Milliseconds for which a turn may be held back: what looks again only now and then, or after a
    /// back-off, may come that much later; all others are a little slow at most.
    fn patience(&self, turn: &Turn) -> u64 {
        match turn {
            Turn::Schedule(_) | Turn::BindClaim(_) | Turn::BindVolume(_) => RETRY_MS,
            // How long a silence already was when its kubelet was cut off is chance.
            Turn::MonitorNodes | Turn::EvictTainted { .. } | Turn::CollectPods => RETRY_MS,
            Turn::StatefulSet(set) if self.failed.contains(set) => RETRY_MS,
            _ => SLOW_MS,
        }
    }

    /// Reads what the recording had come to before `seq`: event by event, as the simulation comes to
    /// it.
    pub(super) fn read_to(&mut self, seq: usize) {
        let events = &self.recording.events;
        self.target = self.target.max(seq.min(events.len()));
        self.follow();
    }

    fn follow(&mut self) {
        while self.reached < self.target && self.caught_up() {
            let event = &self.recording.events[self.reached];
            let change = recorded_change(event);
            if change.kind == "StatefulSet" {
                self.statuses
                    .insert(change.id.clone(), change.obj["status"].clone());
            }
            history::add(&mut self.recorded, &change);
            self.reached += 1;
        }
    }

    /// Whether every object has come at least as far as in the recording, or is gone.
    fn caught_up(&self) -> bool {
        self.recorded.iter().all(|(id, recorded)| {
            self.simulated.get(id).is_some_and(|simulated| {
                let gone = simulated.last().is_some_and(|s| s.starts_with("deleted"));
                gone || simulated.len() >= recorded.len()
            })
        })
    }

    /// Whether every StatefulSet that is there has the status that it was recorded to have.
    fn statuses_agree(&self) -> bool {
        let sets = self.replayed.last.get("StatefulSet").into_iter().flatten();
        sets.into_iter().all(|(id, set)| {
            let recorded = self.statuses.get(id);
            recorded.is_none_or(|status| *status == set["status"])
        })
    }

    /// Waits until nothing but Events and Nodes changed for so many seconds. A retry of the real
    /// cluster that came only after the silence is not there yet.
    pub(super) fn settle(&mut self, quiet: f64) -> Result<(), String> {
        let quiet = (quiet * 1000.0) as u64;
        self.last_change = self.cluster.now();
        for _ in 0..STEPS_MAX {
            let limit = self.last_change + quiet;
            let Some(step) = self.step(limit) else {
                self.cluster.wait_until(limit);
                return Ok(());
            };
            self.observe(&step);
        }
        Err("the simulation never comes to rest".to_owned())
    }

    /// Lets so many seconds pass, but no more than the recording shows of what is compared: whoever
    /// is slower there is waited for later.
    pub(super) fn sleep(&mut self, seconds: f64) -> Result<(), String> {
        let limit = self.cluster.now() + (seconds * 1000.0) as u64;
        for _ in 0..STEPS_MAX {
            let Some(step) = self.step(limit) else {
                self.cluster.wait_until(limit);
                return Ok(());
            };
            self.observe(&step);
        }
        Err("the simulation never comes to rest".to_owned())
    }

    /// Whether the step brings an object further than the recording has come, or elsewhere.
    fn leads(&self, step: &Step) -> bool {
        let Some(change) = &step.change else {
            return false;
        };
        let id = self.ids.clone().of(change.object());
        let Some(obj) = project(change, &self.ids) else {
            return false;
        };
        let known = self
            .simulated
            .get(&id)
            .map_or(&[] as &[String], Vec::as_slice);
        let mut history = Histories::new();
        if let Some(last) = known.last() {
            history.insert(id.clone(), vec![last.clone()]);
        }
        let change = described(change, id.clone(), obj, step.time);
        let recorded = self.recorded.get(&id);
        let recorded = recorded.and_then(|recorded| recorded.get(known.len()));
        history::add(&mut history, &change)
            && recorded.is_none_or(|state| history[&id].last() != Some(state))
    }

    /// Which of equal pods of a ReplicaSet go is chance: those go first that were recorded to.
    pub(super) fn choose_going(&mut self, id: &str, name: &str) {
        let mut events = self.recording.events.iter();
        let marked = events
            .find(|event| event.id == id && event.obj.get("deleting") == Some(&Value::Bool(true)));
        let Some(marked) = marked else {
            return;
        };
        self.going.push((marked.seq, name.into()));
        self.going.sort();
        let going = self.going.iter().map(|(_, name)| name.clone()).collect();
        self.cluster.choices_mut().choose_going(going);
    }
}
