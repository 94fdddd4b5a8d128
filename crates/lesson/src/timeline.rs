//! The film of a cluster: every step a frame, forwards and backwards; acting in the past begins a
//! branch and keeps the old one.

use std::rc::Rc;

use cluster::{Cluster, Config, Request, Response, Status, Step, Time};
use kubectl::{Chunk, Files, Follow, Server};

use crate::recording::{Action, Recording};

/// One moment: the cluster after a step.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The cluster at this moment.
    pub cluster: Cluster,
    /// What led here; nothing for the first frame.
    pub step: Option<Step>,
    /// Events that were written down on the way here; they make no frame of their own.
    pub recorded: Vec<Step>,
}

/// Something that was done, and what the terminal shows of it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Number of the frame after which it was done.
    pub at: usize,
    /// What was done.
    pub action: Action,
    /// Number of the first frame at which its output is complete, but for what follows.
    pub done_at: usize,
    /// What a command printed at once.
    pub output: Vec<Chunk>,
    /// Exit code of a command that ended at once.
    pub exit_code: Option<i32>,
    /// The command goes on after `done_at`: as it was then, and as it is now.
    began: Option<Follow>,
    follow: Option<Follow>,
    /// What it printed later: number of the frame, and the text.
    later: Vec<(usize, Vec<Chunk>)>,
    /// Number of the frame at which a command that went on ended, and its exit code.
    ended: Option<(usize, i32)>,
}

/// One course of events.
#[derive(Clone, Debug)]
struct Branch {
    /// The branch and the frame it left.
    parent: Option<(usize, usize)>,
    frames: Vec<Rc<Frame>>,
    entries: Vec<Rc<Entry>>,
}

/// All that happened, and the frame being looked at. Cloning it is cheap: frames are shared.
#[derive(Clone, Debug)]
pub struct Timeline {
    lesson: String,
    seed: u64,
    files: Rc<Files>,
    branches: Vec<Branch>,
    branch: usize,
    cursor: usize,
    /// Objects of all frames that were made.
    weight: usize,
}

/// Exit code of a command stopped by Ctrl-C.
const INTERRUPTED: i32 = 130;

/// Events after which, if nothing else happened meanwhile, nothing else is expected to happen.
const EVENTS_MAX: usize = 200;

/// The most frames a branch may have; then time stands still.
pub const FRAMES_MAX: usize = 20_000;

/// The most objects that all frames may hold together, so that a set of thousands does not use up
/// the browser's memory; then time stands still as well.
pub const WEIGHT_MAX: usize = 12_000_000;

impl Timeline {
    /// A new cluster of this configuration, nothing done yet. `lesson` names it in recordings.
    pub fn new(lesson: &str, config: Config, files: Files) -> Timeline {
        let seed = config.seed;
        let first = Frame {
            cluster: Cluster::new(config),
            step: None,
            recorded: Vec::new(),
        };
        let branch = Branch {
            parent: None,
            frames: vec![Rc::new(first)],
            entries: Vec::new(),
        };
        Timeline {
            lesson: lesson.to_owned(),
            seed,
            files: Rc::new(files),
            branches: vec![branch],
            branch: 0,
            cursor: 0,
            weight: 0,
        }
    }

    /// Plays a recording again, to its last frame.
    pub fn replay(recording: &Recording, config: Config, files: Files) -> Timeline {
        let mut timeline = Timeline::new(&recording.lesson, config, files);
        for (at, action) in &recording.actions {
            while timeline.cursor < *at && timeline.forward() {}
            timeline.act(action.clone());
        }
        while timeline.cursor + 1 < recording.frames && timeline.forward() {}
        timeline
    }

    /// What it takes to play this branch again.
    pub fn recording(&self) -> Recording {
        let branch = &self.branches[self.branch];
        Recording {
            lesson: self.lesson.clone(),
            seed: self.seed,
            actions: branch
                .entries
                .iter()
                .map(|e| (e.at, e.action.clone()))
                .collect(),
            frames: branch.frames.len(),
        }
    }

    /// The files of the terminal.
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// The frame being looked at.
    pub fn frame(&self) -> &Rc<Frame> {
        &self.branches[self.branch].frames[self.cursor]
    }

    /// The frame before the one being looked at.
    pub fn previous(&self) -> Option<&Rc<Frame>> {
        self.cursor
            .checked_sub(1)
            .map(|index| &self.branches[self.branch].frames[index])
    }

    /// All frames of the branch being looked at.
    pub fn frames(&self) -> &[Rc<Frame>] {
        &self.branches[self.branch].frames
    }

    /// Number of the frame being looked at.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// How many branches there are.
    pub fn branch_count(&self) -> usize {
        self.branches.len()
    }

    /// Number of the branch being looked at.
    pub fn branch(&self) -> usize {
        self.branch
    }

    /// The branch and frame that a branch left.
    pub fn parent(&self, branch: usize) -> Option<(usize, usize)> {
        self.branches.get(branch)?.parent
    }

    /// Whether the last frame known is being looked at.
    pub fn at_end(&self) -> bool {
        self.cursor + 1 == self.frames().len()
    }

    /// When the next step will happen, if the last known frame is being looked at; nothing if all
    /// is at rest. Otherwise the time of the next frame.
    pub fn next_time(&self) -> Option<Time> {
        match self.frames().get(self.cursor + 1) {
            Some(frame) => Some(frame.cluster.now()),
            None => self.frame().cluster.next_time(),
        }
    }

    /// Goes one frame on, making it if need be. False if nothing is left to happen.
    pub fn forward(&mut self) -> bool {
        if !self.at_end() {
            self.cursor += 1;
            return true;
        }
        if self.frames().len() >= FRAMES_MAX || self.weight >= WEIGHT_MAX {
            return false;
        }
        let mut cluster = self.frame().cluster.clone();
        let mut recorded = Vec::new();
        loop {
            match cluster.step() {
                Some(step) if step.is_event() && recorded.len() < EVENTS_MAX => recorded.push(step),
                // Components that retry without end write the same events again and again.
                Some(step) if step.is_event() => return false,
                None if recorded.is_empty() => return false,
                step => {
                    self.push(Frame {
                        cluster,
                        step,
                        recorded,
                    });
                    return true;
                }
            }
        }
    }

    /// Goes one frame back. False at the beginning.
    pub fn back(&mut self) -> bool {
        let moved = self.cursor > 0;
        self.cursor = self.cursor.saturating_sub(1);
        moved
    }

    /// Looks at another frame of this branch; the last one if there are fewer.
    pub fn seek(&mut self, cursor: usize) {
        self.cursor = cursor.min(self.frames().len() - 1);
    }

    /// Looks at another branch, at the same frame or its last one.
    pub fn switch_branch(&mut self, branch: usize) {
        if branch < self.branches.len() {
            self.branch = branch;
            self.seek(self.cursor);
        }
    }

    /// Does something at the frame being looked at. In the past this begins a new branch; the old
    /// one is kept. Gives the entry it made.
    pub fn act(&mut self, action: Action) -> &Rc<Entry> {
        if !self.at_end() {
            self.fork();
        }
        let at = self.cursor;
        let mut entry = Entry {
            at,
            action: action.clone(),
            done_at: at,
            output: Vec::new(),
            exit_code: None,
            began: None,
            follow: None,
            later: Vec::new(),
            ended: None,
        };
        match action {
            Action::Command(line) => {
                let mut desk = Desk {
                    cluster: self.frame().cluster.clone(),
                    frames: Vec::new(),
                };
                let outcome = kubectl::run(&line, &self.files, &mut desk);
                for (cluster, step) in desk.frames {
                    self.push(Frame {
                        cluster,
                        step: Some(step),
                        recorded: Vec::new(),
                    });
                }
                entry.output = outcome.output;
                entry.exit_code = outcome.exit_code;
                entry.began.clone_from(&outcome.follow);
                entry.follow = outcome.follow;
            }
            Action::Interrupt => self.interrupt(),
            Action::SwitchReadiness { pod, ready } => {
                self.meddle(|cluster| cluster.switch_readiness(&pod, ready));
                entry.exit_code = Some(0);
            }
            Action::Partition { node } => {
                self.meddle(|cluster| cluster.partition(&node));
                entry.exit_code = Some(0);
            }
            Action::Heal { node } => {
                self.meddle(|cluster| cluster.heal(&node));
                entry.exit_code = Some(0);
            }
            Action::Crash { pod, exit_code } => {
                self.meddle(|cluster| cluster.crash(&pod, exit_code));
                entry.exit_code = Some(0);
            }
        }
        entry.done_at = self.cursor;
        let entries = &mut self.branches[self.branch].entries;
        entries.push(Rc::new(entry));
        entries.last().expect("just pushed")
    }

    /// Does something to the cluster from outside; a frame, if it made a difference.
    fn meddle(&mut self, what: impl FnOnce(&mut Cluster) -> Option<Step>) {
        let mut cluster = self.frame().cluster.clone();
        let step = what(&mut cluster);
        if step.is_some() {
            self.push(Frame {
                cluster,
                step,
                recorded: Vec::new(),
            });
        }
    }

    /// What was done up to the frame being looked at.
    pub fn entries(&self) -> impl Iterator<Item = &Rc<Entry>> {
        let cursor = self.cursor;
        self.branches[self.branch]
            .entries
            .iter()
            .filter(move |entry| entry.seen_at(cursor))
    }

    /// Whether a command is going on in the terminal at the frame being looked at.
    pub fn busy(&self) -> bool {
        self.entries().any(|entry| entry.running(self.cursor))
    }

    /// Leaves the branch being looked at. A command is done or not: in the midst of one, the new
    /// branch begins after it.
    fn fork(&mut self) {
        let old = &self.branches[self.branch];
        let midst = |entry: &&Rc<Entry>| entry.at < self.cursor && self.cursor < entry.done_at;
        if let Some(entry) = old.entries.iter().find(midst) {
            self.cursor = entry.done_at;
        }
        let done = old
            .entries
            .iter()
            .filter(|entry| entry.done_at <= self.cursor);
        let branch = Branch {
            parent: Some((self.branch, self.cursor)),
            frames: old.frames[..=self.cursor].to_vec(),
            entries: done
                .map(|entry| Rc::new(entry.as_of(self.cursor, &old.frames)))
                .collect(),
        };
        self.branches.push(branch);
        self.branch = self.branches.len() - 1;
    }

    fn interrupt(&mut self) {
        let cursor = self.cursor;
        for entry in &mut self.branches[self.branch].entries {
            if entry.running(cursor) {
                Rc::make_mut(entry).ended = Some((cursor, INTERRUPTED));
            }
        }
    }

    fn push(&mut self, frame: Frame) {
        let branch = &mut self.branches[self.branch];
        let number = branch.frames.len();
        for entry in &mut branch.entries {
            if entry.follow.is_some() && entry.ended.is_none() {
                Rc::make_mut(entry).feed(number, &frame);
            }
        }
        self.weight += frame.cluster.store().len();
        branch.frames.push(Rc::new(frame));
        self.cursor = number;
    }
}

impl Entry {
    /// What the terminal shows of it at a frame.
    pub fn output_at(&self, frame: usize) -> impl Iterator<Item = &Chunk> {
        let later = self.later.iter().filter(move |(at, _)| *at <= frame);
        self.output
            .iter()
            .chain(later.flat_map(|(_, chunks)| chunks))
    }

    /// Whether it had been done at a frame: at once if it wrote nothing, else from its first write.
    fn seen_at(&self, frame: usize) -> bool {
        frame > self.at || (frame == self.at && self.done_at == self.at)
    }

    /// Whether the command is still going on at a frame.
    pub fn running(&self, frame: usize) -> bool {
        self.follow.is_some() && self.ended.is_none_or(|(at, _)| at > frame)
    }

    /// The exit code, if it had ended by then.
    pub fn exit_code_at(&self, frame: usize) -> Option<i32> {
        self.exit_code.or(self
            .ended
            .filter(|(at, _)| *at <= frame)
            .map(|(_, code)| code))
    }

    fn feed(&mut self, number: usize, frame: &Frame) {
        let Some(follow) = &mut self.follow else {
            return;
        };
        let mut printed = Vec::new();
        for step in frame.recorded.iter().chain(&frame.step) {
            let progress = follow.step(step, &frame.cluster);
            printed.extend(progress.output);
            if let Some(code) = progress.exit_code {
                self.ended = Some((number, code));
                break;
            }
        }
        if !printed.is_empty() {
            self.later.push((number, printed));
        }
    }

    /// The entry as it was at a frame, for a branch that leaves there.
    fn as_of(&self, cursor: usize, frames: &[Rc<Frame>]) -> Entry {
        let mut entry = self.clone();
        if self.running(cursor) {
            entry.follow.clone_from(&self.began);
            entry.later.clear();
            entry.ended = None;
            let numbered = frames.iter().enumerate().take(cursor + 1);
            for (number, frame) in numbered.skip(self.done_at + 1) {
                entry.feed(number, frame);
            }
        }
        entry
    }
}

/// A cluster at which a command works, with a frame for each write.
struct Desk {
    cluster: Cluster,
    frames: Vec<(Cluster, Step)>,
}

impl Server for Desk {
    fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    fn request(&mut self, request: &Request) -> Result<Response, Status> {
        let (result, step) = self.cluster.request(request);
        if let Some(step) = step {
            self.frames.push((self.cluster.clone(), step));
        }
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_that_nothing_fits_is_retried_without_end_and_time_comes_to_rest() {
        let set = include_str!("../../../static/manifests/demo-statefulset.yaml");
        let files = Files::from([("set.yaml".to_owned(), set.to_owned())]);
        let mut timeline = Timeline::new("test", Config::default(), files);
        timeline.act(Action::Command("kubectl create -f set.yaml".to_owned()));
        let frames = (0..500).take_while(|_| timeline.forward()).count();
        assert!(frames < 500, "it goes on for ever");
    }
}
