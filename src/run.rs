//! A lesson being played: its timeline, and how far its beats have come on each branch.

mod asked;
mod branches;
mod saved;
#[cfg(test)]
mod tests;
mod watched;

use std::rc::Rc;

use cluster::{Step, Subject, Time};
use lesson::document::begin;
use lesson::{Action, Entry, Lesson, Timeline};
use serde::Serialize;

use crate::explain::explain;
use crate::promises::WATCHED;
pub(crate) use saved::Saved;

/// How far a beat has come at the frame being looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BeatState {
    /// Not begun.
    Ahead,
    /// Begun, and what it waits for has not come true.
    Going,
    /// Over.
    Done,
}

/// The frames of one beat on one branch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Span {
    start: usize,
    /// The first frame at which it was over, if it came so far.
    end: Option<usize>,
}

/// A lesson being played.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    timeline: Timeline,
    beat: usize,
    /// Beats by branch.
    spans: Vec<Vec<Option<Span>>>,
    /// What was predicted, by beat; empty if nothing was.
    answers: Vec<String>,
    /// The beat for which hints were given, and how many.
    hints: (usize, usize),
    /// By branch: how many frames were watched, and the first at which each property was broken.
    watched: Vec<(usize, [Option<usize>; WATCHED.len()])>,
    /// Frame on this branch after which nothing is left to happen, once that was found.
    rest: Option<(usize, usize)>,
    /// Two branches are looked at side by side: a frame of this one, and how many frames further the
    /// other one is looked at than it would be at the same time.
    beside: Option<(usize, usize)>,
}

/// Frames that are made in one go at most, when somebody skips to the end of a beat.
const SKIP_MAX: usize = 5_000;

impl Run {
    /// A new run, the lesson's setup done.
    pub(crate) fn new(lesson: &Lesson) -> Run {
        let mut run = Run {
            timeline: begin(lesson),
            beat: 0,
            spans: vec![vec![None; lesson.beats.len()]],
            answers: vec![String::new(); lesson.beats.len()],
            hints: (0, 0),
            watched: Vec::new(),
            rest: None,
            beside: None,
        };
        run.find_rest();
        run.begin_challenge(lesson);
        run
    }

    /// All that happened, and the frame being looked at.
    pub(crate) fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// Number of the beat being looked at.
    pub(crate) fn beat(&self) -> usize {
        self.beat
    }

    /// The time of the frame being looked at.
    pub(crate) fn now(&self) -> Time {
        self.timeline.frame().cluster.now()
    }

    /// Whether the last frame is being looked at and nothing is left to happen.
    pub(crate) fn at_rest(&self) -> bool {
        self.rests() && !self.beside_is_next()
    }

    fn rests(&self) -> bool {
        self.timeline.at_end()
            && self.rest == Some((self.timeline.branch(), self.timeline.cursor()))
    }

    /// Goes one frame on. False if nothing is left to happen.
    pub(crate) fn forward(&mut self, lesson: &Lesson) -> bool {
        if self.beside_forward() {
            return true;
        }
        let moved = self.timeline.forward();
        self.catch_up();
        self.find_rest();
        self.check_beat(lesson);
        moved
    }

    /// Goes one frame back. False at the beginning.
    pub(crate) fn back(&mut self) -> bool {
        self.beside_back()
    }

    /// Looks at another frame.
    pub(crate) fn seek(&mut self, cursor: usize) {
        self.timeline.seek(cursor);
    }

    /// Looks at another branch.
    pub(crate) fn switch_branch(&mut self, branch: usize) {
        self.timeline.switch_branch(branch);
        self.catch_up();
        self.find_rest();
    }

    /// Does something now, and looks at the first thing it wrote. Gives whether a new branch began.
    pub(crate) fn act(&mut self, lesson: &Lesson, action: Action) -> bool {
        self.finish_writes();
        let branches = self.timeline.branch_count();
        let entry = self.timeline.act(action.clone());
        let (at, done_at) = (entry.at, entry.done_at);
        let forked = self.timeline.branch_count() > branches;
        if forked {
            let parent = self.timeline.parent(self.timeline.branch());
            let left = parent.map_or(0, |(branch, _)| branch);
            let kept = self.spans[left].iter().map(|span| kept(*span, at));
            self.spans.push(kept.collect());
            self.begin_challenge_at(lesson, at);
        }
        if let Action::Command(line) = &action {
            self.begin_beat_by(lesson, line, at);
        }
        if done_at > at {
            self.timeline.seek(at + 1);
        }
        self.find_rest();
        self.check_beat(lesson);
        forked
    }

    /// A command writes several things, which are looked at one by one; what comes next comes after
    /// the last of them.
    fn finish_writes(&mut self) {
        let last = self.timeline.entries().last().map(|entry| entry.done_at);
        if last.is_some_and(|done_at| done_at + 1 == self.timeline.frames().len()) {
            let cursor = last.unwrap_or_default().max(self.timeline.cursor());
            self.timeline.seek(cursor);
        }
    }

    /// A typed command that is the one of the beat begins the beat.
    fn begin_beat_by(&mut self, lesson: &Lesson, line: &str, at: usize) {
        let wanted = lesson
            .beats
            .get(self.beat)
            .and_then(|beat| beat.run.as_deref());
        let same =
            wanted.is_some_and(|wanted| wanted.split_whitespace().eq(line.split_whitespace()));
        if same && self.span().is_none() {
            self.set_span(Span {
                start: at,
                end: None,
            });
        }
    }

    fn span(&self) -> Option<Span> {
        *self.spans.get(self.timeline.branch())?.get(self.beat)?
    }

    fn set_span(&mut self, span: Span) {
        let spans = self.spans.get_mut(self.timeline.branch());
        if let Some(slot) = spans.and_then(|spans| spans.get_mut(self.beat)) {
            *slot = Some(span);
        }
    }

    /// How far the beat being looked at has come.
    pub(crate) fn beat_state(&self) -> BeatState {
        let cursor = self.timeline.cursor();
        match self.span() {
            Some(Span { end: Some(end), .. }) if cursor >= end => BeatState::Done,
            Some(Span { start, .. }) if cursor > start => BeatState::Going,
            Some(Span { start, .. }) if cursor == start && self.timeline.at_end() => {
                BeatState::Going
            }
            _ => BeatState::Ahead,
        }
    }

    /// Whether the beat was played to its end before and lies ahead again.
    pub(crate) fn rewound(&self) -> bool {
        self.span().is_some() && self.beat_state() == BeatState::Ahead
    }

    /// Whether the frame being looked at is the one at which its beat was over.
    pub(crate) fn at_beat_end(&self) -> bool {
        self.span()
            .is_some_and(|span| span.end == Some(self.timeline.cursor()))
    }

    /// Begins the beat being looked at: runs its command, or goes back to where it was run. Gives
    /// whether a new branch began.
    pub(crate) fn begin_beat(&mut self, lesson: &Lesson) -> bool {
        if let Some(span) = self.span() {
            self.timeline.seek(span.start + 1);
            return false;
        }
        let Some(beat) = lesson.beats.get(self.beat) else {
            return false;
        };
        if beat.run.is_none() {
            self.set_span(Span {
                start: self.timeline.cursor(),
                end: None,
            });
        }
        match beat.action(&self.timeline.frame().cluster) {
            Some(action) => self.act(lesson, action),
            None => {
                self.check_beat(lesson);
                false
            }
        }
    }

    /// Plays the beat to its end at once.
    pub(crate) fn finish_beat(&mut self, lesson: &Lesson) {
        for _ in 0..SKIP_MAX {
            if self.beat_state() == BeatState::Done || !self.forward(lesson) {
                break;
            }
        }
    }

    /// Looks at the next beat. One without a command begins at once. False after the last.
    pub(crate) fn next_beat(&mut self, lesson: &Lesson) -> bool {
        if self.beat + 1 >= lesson.beats.len() {
            return false;
        }
        self.beat += 1;
        if lesson.sandbox {
            self.begin_challenge(lesson);
            return true;
        }
        match self.span() {
            // It was begun on this branch before: back to where that was.
            Some(span) => self.timeline.seek(span.start),
            None if lesson.beats[self.beat].run.is_none() && !self.asks(lesson) => {
                self.begin_beat(lesson);
            }
            None => self.begin_challenge(lesson),
        }
        true
    }

    /// Goes back to where the beat began; from there, to where the one before began.
    pub(crate) fn previous_beat(&mut self) {
        let cursor = self.timeline.cursor();
        match self.span() {
            Some(span) if cursor > span.start => self.timeline.seek(span.start),
            _ if self.beat > 0 => {
                self.beat -= 1;
                if let Some(span) = self.span() {
                    self.timeline.seek(span.start);
                }
            }
            _ => {}
        }
    }

    /// Looks at any beat, and at the frame where it began if it did.
    pub(crate) fn go_to_beat(&mut self, lesson: &Lesson, beat: usize) {
        self.beat = beat.min(lesson.beats.len().saturating_sub(1));
        match self.span() {
            // What was done in a sandbox stays, whichever goal is looked at.
            Some(span) if !lesson.sandbox => self.timeline.seek(span.start),
            _ => self.begin_challenge(lesson),
        }
    }

    /// The command that is to be run next, unless to find it is the task.
    pub(crate) fn wanted(&self, lesson: &Lesson) -> Option<String> {
        let beat = lesson.beats.get(self.beat)?;
        let ahead = self.span().is_none() && beat.challenge.is_none();
        beat.run.clone().filter(|_| ahead)
    }

    /// What was done from outside at the beginning of the beat: the step that it made.
    pub(crate) fn deed(&self, lesson: &Lesson) -> Option<&Step> {
        lesson.beats.get(self.beat)?.deed.as_ref()?;
        let frame = self.timeline.frames().get(self.span()?.start + 1)?;
        frame.step.as_ref()
    }

    /// Whether the beat was played to its end on this branch, wherever we look now.
    pub(crate) fn explained(&self) -> bool {
        self.span().is_some_and(|span| span.end.is_some())
    }

    /// Frames at which beats began on this branch.
    fn beat_starts(&self) -> impl Iterator<Item = usize> {
        let spans = self.spans.get(self.timeline.branch());
        spans.into_iter().flatten().flatten().map(|span| span.start)
    }

    /// Frames of this branch of note, and why: something was done, a beat began, another branch differs.
    pub(crate) fn marks(&self) -> Vec<(usize, &'static str)> {
        let actions = self.timeline.recording().actions;
        let mut marks: Vec<_> = actions.iter().map(|(at, _)| (*at, "act")).collect();
        marks.extend(self.beat_starts().map(|start| (start, "beat")));
        let differs = self.other().and_then(|(_, differs)| differs);
        marks.extend(differs.map(|frame| (frame, "differs")));
        marks
    }

    /// Back to where the lesson began. What was played is still there.
    pub(crate) fn start_over(&mut self) {
        self.beat = 0;
        self.seek_start();
    }

    /// Looks at the frame at which the first beat began.
    pub(crate) fn seek_start(&mut self) {
        let first = self.beat_starts().min();
        if let Some(start) = first {
            self.timeline.seek(start);
        }
    }

    /// Notes the first frame at which the beat is over.
    fn check_beat(&mut self, lesson: &Lesson) {
        let Some(span) = self.span().filter(|span| span.end.is_none()) else {
            return;
        };
        let cursor = self.timeline.cursor();
        let started = self.timeline.entries().find(|entry| entry.at == span.start);
        let writes_left = started.is_some_and(|entry| cursor < entry.done_at);
        if cursor < span.start || writes_left {
            return;
        }
        let Some(beat) = lesson.beats.get(self.beat) else {
            return;
        };
        if beat.until.reached(&self.timeline.frame().cluster)
            || (beat.challenge.is_none() && self.rests())
        {
            self.set_span(Span {
                end: Some(cursor),
                ..span
            });
        }
    }

    /// Finds out whether anything is left to happen after the last frame. Components that are due
    /// may turn out to have nothing to do, so only trying tells.
    fn find_rest(&mut self) {
        self.watch();
        if self.timeline.at_end() && !self.timeline.clone().forward() {
            self.rest = Some((self.timeline.branch(), self.timeline.cursor()));
        }
    }

    /// The last step about an object up to the frame being looked at: its frame.
    pub(crate) fn last_about(&self, subject: &Subject) -> Option<usize> {
        let frames = &self.timeline.frames()[..=self.timeline.cursor()];
        frames.iter().rposition(|frame| {
            let step = frame.step.as_ref();
            step.is_some_and(|step| explain(step).0 == *subject)
        })
    }

    /// Milliseconds of simulated time until the next frame; nothing if there is none.
    pub(crate) fn until_next(&self) -> Option<u64> {
        let next = self.timeline.next_time()?;
        Some(next.since(self.now()))
    }

    /// What the last command has printed so far.
    pub(crate) fn printed(&self) -> Option<String> {
        let is_command = |entry: &&Rc<Entry>| matches!(entry.action, Action::Command(_));
        let last = self.timeline.entries().rev().find(is_command)?;
        let chunks = last.output_at(self.timeline.cursor());
        Some(chunks.map(|chunk| chunk.text.as_str()).collect())
    }

    /// Whether what was done last went well.
    pub(crate) fn succeeded(&self) -> bool {
        let last = self.timeline.entries().last();
        last.is_some_and(|entry| entry.exit_code == Some(0))
    }

    /// Whether the last command wrote something or goes on.
    pub(crate) fn stirred(&self) -> bool {
        let last = self.timeline.entries().last();
        self.timeline.busy() || last.is_some_and(|entry| entry.done_at > entry.at)
    }

    /// The step that led to the frame being looked at.
    pub(crate) fn step(&self) -> Option<&Step> {
        self.timeline.frame().step.as_ref()
    }
}

/// A beat on a branch that leaves at a frame.
fn kept(span: Option<Span>, at: usize) -> Option<Span> {
    let span =
        span.filter(|span| span.start < at || span.end == Some(span.start) && span.start <= at)?;
    Some(Span {
        end: span.end.filter(|end| *end <= at),
        ..span
    })
}
