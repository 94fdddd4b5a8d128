//! A lesson being played: its timeline, and how far its beats have come on each branch.

use cluster::object::StatefulSet;
use cluster::property::Property;
use cluster::{Step, Subject, Time};
use lesson::document::{begin, config};
use lesson::{Action, Lesson, Prediction, Recording, Timeline};
use serde::{Deserialize, Serialize};

use crate::explain::explain;
use crate::promises::WATCHED;

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
}

/// A run as it is stored: enough to play it again, branch by branch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Saved {
    branches: Vec<SavedBranch>,
    branch: usize,
    cursor: usize,
    beat: usize,
    #[serde(default)]
    answers: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct SavedBranch {
    /// The branch and frame that it left.
    parent: Option<(usize, usize)>,
    recording: Recording,
    spans: Vec<Option<Span>>,
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
        self.timeline.at_end()
            && self.rest == Some((self.timeline.branch(), self.timeline.cursor()))
    }

    /// Goes one frame on. False if nothing is left to happen.
    pub(crate) fn forward(&mut self, lesson: &Lesson) -> bool {
        let moved = self.timeline.forward();
        self.find_rest();
        self.check_beat(lesson);
        moved
    }

    /// Goes one frame back. False at the beginning.
    pub(crate) fn back(&mut self) -> bool {
        self.timeline.back()
    }

    /// Looks at another frame.
    pub(crate) fn seek(&mut self, cursor: usize) {
        self.timeline.seek(cursor);
    }

    /// Looks at another branch.
    pub(crate) fn switch_branch(&mut self, branch: usize) {
        self.timeline.switch_branch(branch);
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
            Some(span) => self.timeline.seek(span.start),
            None => self.begin_challenge(lesson),
        }
    }

    /// The question of the beat, whether or not it can still be answered.
    fn question<'a>(&self, lesson: &'a Lesson) -> Option<&'a Prediction> {
        lesson.beats.get(self.beat)?.predict.as_ref()
    }

    /// Whether something is asked that can still be answered: the beat has not begun.
    pub(crate) fn asks(&self, lesson: &Lesson) -> bool {
        self.question(lesson).is_some() && self.span().is_none()
    }

    /// The objects that can be pointed at to answer.
    pub(crate) fn pointable<'a>(&self, lesson: &'a Lesson) -> &'a [String] {
        let asked = self.question(lesson).filter(|_| self.asks(lesson));
        asked.map_or(&[], Prediction::objects)
    }

    /// The object that a hint points at.
    pub(crate) fn pointed_at<'a>(&self, lesson: &'a Lesson) -> Option<&'a str> {
        let challenge = lesson.beats.get(self.beat)?.challenge.as_ref()?;
        (self.hints() >= 2 && !self.explained()).then_some(challenge.at.as_str())
    }

    /// What was answered; empty if nothing was.
    pub(crate) fn answer(&self) -> &str {
        self.answers.get(self.beat).map_or("", String::as_str)
    }

    /// Chooses, or takes the choice back; puts a choice last in the order, or out of it; or types.
    /// False if nothing of the kind is asked.
    pub(crate) fn answer_with(&mut self, lesson: &Lesson, answer: &str) -> bool {
        let Some(asked) = self.question(lesson).filter(|_| self.asks(lesson)) else {
            return false;
        };
        let known = asked.choices.iter().any(|choice| choice == answer);
        if !asked.choices.is_empty() && !known {
            return false;
        }
        let old = &mut self.answers[self.beat];
        let mut order: Vec<&str> = old.split(' ').filter(|part| !part.is_empty()).collect();
        let place = order.iter().position(|part| *part == answer);
        let new = match place {
            _ if asked.choices.is_empty() => answer.to_owned(),
            Some(place) => {
                order.remove(place);
                order.join(" ")
            }
            None if asked.ordered => {
                order.push(answer);
                order.join(" ")
            }
            None => answer.to_owned(),
        };
        *old = new;
        true
    }

    /// What happened, as an answer to the question of the beat, once the beat is over.
    pub(crate) fn right(&self, lesson: &Lesson) -> Option<String> {
        let asked = self.question(lesson)?;
        let Span { start, end } = self.span()?;
        let frames = self.timeline.frames();
        asked.right(frames.get(start)?, frames.get(start + 1..=end?)?)
    }

    /// How many hints were given to this challenge.
    pub(crate) fn hints(&self) -> usize {
        match self.hints {
            (beat, count) if beat == self.beat => count,
            _ => 0,
        }
    }

    /// Gives another hint.
    pub(crate) fn hint(&mut self) {
        self.hints = (self.beat, self.hints() + 1);
    }

    fn is_challenge(&self, lesson: &Lesson) -> bool {
        let beat = lesson.beats.get(self.beat);
        beat.is_some_and(|beat| beat.challenge.is_some())
    }

    /// A challenge begins when it is looked at: everything that is done from then on counts.
    fn begin_challenge(&mut self, lesson: &Lesson) {
        self.begin_challenge_at(lesson, self.timeline.cursor());
    }

    fn begin_challenge_at(&mut self, lesson: &Lesson, start: usize) {
        if self.is_challenge(lesson) && self.span().is_none() {
            self.set_span(Span { start, end: None });
        }
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

    /// Frames of this branch at which a beat began (true) or something was done.
    pub(crate) fn marks(&self) -> Vec<(usize, bool)> {
        let actions = self.timeline.recording().actions;
        let mut marks: Vec<_> = actions.iter().map(|(at, _)| (*at, false)).collect();
        marks.extend(self.beat_starts().map(|start| (start, true)));
        marks
    }

    /// For each branch, the time at which it left another.
    pub(crate) fn forks(&self) -> Vec<Option<Time>> {
        let count = self.timeline.branch_count();
        if count == 1 {
            return vec![None];
        }
        let mut timeline = self.timeline.clone();
        let left = |branch| {
            let (_, frame) = self.timeline.parent(branch)?;
            timeline.switch_branch(branch);
            Some(timeline.frames().get(frame)?.cluster.now())
        };
        (0..count).map(left).collect()
    }

    /// The branch to compare this one with: the one it left, or the last that left it. And the first
    /// frame at which something else happened.
    pub(crate) fn other(&self) -> Option<(usize, Option<usize>)> {
        let here = self.timeline.branch();
        let parent = |branch| self.timeline.parent(branch).map(|(parent, _)| parent);
        let mut later = (0..self.timeline.branch_count()).rev();
        let other = parent(here).or_else(|| later.find(|branch| parent(*branch) == Some(here)))?;
        let there = self.timeline.frames_of(other).iter();
        let mut both = self.timeline.frames().iter().zip(there);
        Some((other, both.position(|(a, b)| a.step != b.step)))
    }

    /// Back to where the lesson began. What was played is still there.
    pub(crate) fn start_over(&mut self) {
        self.beat = 0;
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
            || (beat.challenge.is_none() && self.at_rest())
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

    /// Checks the frames that were not checked yet.
    fn watch(&mut self) {
        let count = self.timeline.branch_count();
        self.watched.resize(count, (1, [None; WATCHED.len()]));
        let (seen, broken) = &mut self.watched[self.timeline.branch()];
        let frames = self.timeline.frames();
        for number in *seen..frames.len() {
            let (before, frame) = (&frames[number - 1], &frames[number]);
            let Some(step) = &frame.step else { continue };
            for (property, broken) in WATCHED.iter().zip(broken.iter_mut()) {
                let check = || property.check(&frame.cluster, Some(&before.cluster), step);
                if broken.is_none() && check().is_err() {
                    *broken = Some(number);
                }
            }
        }
        *seen = frames.len();
    }

    /// The properties that are watched, with the frame and time at which each was broken first, if
    /// that lies before the frame being looked at. Nothing before there is a StatefulSet.
    pub(crate) fn promises(&self) -> Vec<(Property, Option<(usize, Time)>)> {
        let frames = self.timeline.frames();
        let cursor = self.timeline.cursor();
        let Some((_, broken)) = self.watched.get(self.timeline.branch()) else {
            return Vec::new();
        };
        let before = |frame: &Option<usize>| {
            let frame = frame.filter(|frame| *frame <= cursor)?;
            Some((frame, frames.get(frame)?.cluster.now()))
        };
        let all = WATCHED.iter().copied().zip(broken.iter().map(before));
        let set = frames[cursor].cluster.store().count::<StatefulSet>() > 0;
        all.filter(|(_, broken)| set || broken.is_some()).collect()
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
        let last = self.timeline.entries().last()?;
        let chunks = last.output_at(self.timeline.cursor());
        Some(chunks.map(|chunk| chunk.text.as_str()).collect())
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

    /// What it takes to come here again.
    pub(crate) fn save(&self) -> Saved {
        let mut timeline = self.timeline.clone();
        let branches = self.spans.iter().enumerate().map(|(branch, spans)| {
            timeline.switch_branch(branch);
            SavedBranch {
                parent: timeline.parent(branch),
                recording: timeline.recording(),
                spans: spans.clone(),
            }
        });
        Saved {
            branches: branches.collect(),
            branch: self.timeline.branch(),
            cursor: self.timeline.cursor(),
            beat: self.beat,
            answers: self.answers.clone(),
        }
    }

    /// Plays what was saved again. Nothing if it doesn't belong to this lesson or contradicts itself.
    pub(crate) fn restore(lesson: &Lesson, saved: &Saved) -> Option<Run> {
        let first = saved.branches.first()?;
        let fits = |branch: &SavedBranch| branch.spans.len() == lesson.beats.len();
        let same = first.recording.lesson == lesson.id && first.recording.seed == lesson.seed;
        if !same || !saved.branches.iter().all(fits) || saved.beat >= lesson.beats.len() {
            return None;
        }
        let files = lesson.files.clone();
        let mut timeline = Timeline::replay(&first.recording, config(lesson), files);
        for (number, branch) in saved.branches.iter().enumerate().skip(1) {
            replay_branch(&mut timeline, branch)?;
            if timeline.branch() != number {
                return None;
            }
        }
        timeline.switch_branch(saved.branch);
        timeline.seek(saved.cursor);
        let mut run = Run {
            timeline,
            beat: saved.beat,
            spans: saved
                .branches
                .iter()
                .map(|branch| branch.spans.clone())
                .collect(),
            answers: saved.answers.clone(),
            hints: (0, 0),
            watched: Vec::new(),
            rest: None,
        };
        run.answers.resize(lesson.beats.len(), String::new());
        run.find_rest();
        Some(run)
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

/// Goes to where the branch left, and does there what made it and what came after.
fn replay_branch(timeline: &mut Timeline, branch: &SavedBranch) -> Option<()> {
    let (parent, frame) = branch.parent?;
    if parent >= timeline.branch_count() {
        return None;
    }
    timeline.switch_branch(parent);
    timeline.seek(frame);
    let known = timeline.entries().count();
    for (at, action) in branch.recording.actions.iter().skip(known) {
        while timeline.cursor() < *at && timeline.forward() {}
        timeline.act(action.clone());
    }
    while timeline.cursor() + 1 < branch.recording.frames && timeline.forward() {}
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::lesson;

    /// Plays the beat to its end.
    fn play(run: &mut Run, lesson: &Lesson) {
        run.begin_beat(lesson);
        run.finish_beat(lesson);
        assert_eq!(run.beat_state(), BeatState::Done, "beat {}", run.beat());
    }

    fn played(beats: usize) -> (Lesson, Run) {
        let lesson = lesson();
        let mut run = Run::new(&lesson);
        for beat in 0..beats {
            if beat > 0 {
                assert!(run.next_beat(&lesson));
            }
            play(&mut run, &lesson);
        }
        (lesson, run)
    }

    #[test]
    fn a_beat_lies_ahead_then_goes_on_then_is_over() {
        let lesson = lesson();
        let mut run = Run::new(&lesson);
        assert_eq!(run.beat_state(), BeatState::Ahead);
        run.begin_beat(&lesson);
        assert_eq!(run.beat_state(), BeatState::Going);
        assert_eq!(
            run.timeline().cursor(),
            1,
            "the first write is looked at first"
        );
        run.finish_beat(&lesson);
        assert_eq!(run.beat_state(), BeatState::Done);
        assert!(run.at_beat_end() && run.explained());
    }

    #[test]
    fn previous_goes_to_where_the_beat_began_and_then_to_the_one_before() {
        let (lesson, mut run) = played(2);
        let frames = run.timeline().frames().len();
        run.previous_beat();
        assert_eq!((run.beat(), run.beat_state()), (1, BeatState::Ahead));
        assert!(run.rewound() && run.explained());
        run.previous_beat();
        assert_eq!((run.beat(), run.timeline().cursor()), (0, 0));
        // Playing it again shows the same frames and makes no new ones.
        play(&mut run, &lesson);
        run.next_beat(&lesson);
        play(&mut run, &lesson);
        assert_eq!(run.timeline().frames().len(), frames);
        assert_eq!(run.timeline().branch_count(), 1);
    }

    #[test]
    fn a_typed_command_begins_the_beat_it_belongs_to() {
        let lesson = lesson();
        let mut run = Run::new(&lesson);
        run.act(
            &lesson,
            Action::Command("kubectl  create -f volumes.yaml ".to_owned()),
        );
        assert_eq!(run.beat_state(), BeatState::Going);
        let mut run = Run::new(&lesson);
        run.act(&lesson, Action::Command("kubectl get nodes".to_owned()));
        assert_eq!(run.beat_state(), BeatState::Ahead);
    }

    #[test]
    fn commands_one_after_the_other_begin_no_branch() {
        let lesson = lesson();
        let mut run = Run::new(&lesson);
        run.act(
            &lesson,
            Action::Command("kubectl create -f volumes.yaml".to_owned()),
        );
        assert!(
            !run.timeline().at_end(),
            "its writes are looked at one by one"
        );
        let forked = run.act(&lesson, Action::Command("kubectl get pv".to_owned()));
        assert!(!forked && run.timeline().branch_count() == 1);
    }

    #[test]
    fn a_branch_keeps_the_beats_that_were_over_before_it() {
        let (lesson, mut run) = played(3);
        let third = run.span().expect("it was begun").start;
        run.seek(third);
        let forked = run.act(&lesson, Action::Command("kubectl get pods".to_owned()));
        assert!(forked);
        assert_eq!((run.beat(), run.beat_state()), (2, BeatState::Ahead));
        run.go_to_beat(&lesson, 1);
        assert!(
            run.explained(),
            "the second beat was over before the branch"
        );
        run.switch_branch(0);
        run.go_to_beat(&lesson, 2);
        assert!(run.explained(), "the old branch is as it was");
    }

    #[test]
    fn two_branches_are_compared_where_they_first_differ() {
        let (lesson, mut run) = played(3);
        assert_eq!(run.other(), None);
        run.seek(9);
        run.act(
            &lesson,
            Action::Command("kubectl delete pv pv-a".to_owned()),
        );
        assert_eq!(run.other(), Some((0, Some(10))));
        run.switch_branch(0);
        assert_eq!(run.other(), Some((1, Some(10))));
    }

    #[test]
    fn what_is_saved_is_restored_with_all_branches() {
        let (lesson, mut run) = played(3);
        run.seek(9);
        run.act(&lesson, Action::Command("kubectl get pods".to_owned()));
        run.forward(&lesson);
        run.seek(4);
        run.act(
            &lesson,
            Action::Command("kubectl delete pv pv-a".to_owned()),
        );
        let text = serde_json::to_string(&run.save()).expect("it is plain data");
        let saved: Saved = serde_json::from_str(&text).expect("it can be read back");
        let back = Run::restore(&lesson, &saved).expect("it fits");
        assert_eq!(back.save(), run.save());
        assert_eq!(back.timeline().branch_count(), 3);
        assert_eq!(back.beat_state(), run.beat_state());
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let (lesson, run) = played(2);
        let saved = run.save();
        let other = Lesson {
            id: "other".to_owned(),
            ..lesson.clone()
        };
        assert!(Run::restore(&other, &saved).is_none());
        let mut shorter = lesson.clone();
        shorter.beats.pop();
        assert!(Run::restore(&shorter, &saved).is_none());
        let none = Saved {
            branches: Vec::new(),
            ..saved.clone()
        };
        assert!(Run::restore(&lesson, &none).is_none());
        let far = Saved {
            branch: 7,
            cursor: 1_000_000,
            ..saved
        };
        assert!(
            Run::restore(&lesson, &far).is_some(),
            "what is out of range is brought into it"
        );
    }

    #[test]
    fn an_answer_is_kept_and_held_against_what_happened() {
        let mut lesson = lesson();
        lesson.beats[1].predict = Some(Prediction {
            choices: vec!["demo-statefulset-0".to_owned(), "none".to_owned()],
            answer: "nextCreated".to_owned(),
            ..Prediction::default()
        });
        let mut run = Run::new(&lesson);
        assert!(!run.answer_with(&lesson, "none"), "nothing is asked yet");
        play(&mut run, &lesson);
        run.next_beat(&lesson);
        assert!(run.asks(&lesson) && run.pointable(&lesson).len() == 2);
        assert!(!run.answer_with(&lesson, "pv-a"), "it is no choice");
        run.answer_with(&lesson, "none");
        run.answer_with(&lesson, "none");
        assert_eq!(run.answer(), "", "the choice was taken back");
        run.answer_with(&lesson, "none");
        assert_eq!(run.right(&lesson), None);
        play(&mut run, &lesson);
        assert!(!run.answer_with(&lesson, "demo-statefulset-0"), "too late");
        assert_eq!(run.right(&lesson).as_deref(), Some("demo-statefulset-0"));
        let back = Run::restore(&lesson, &run.save()).expect("it fits");
        assert_eq!(back.answer(), "none");
    }

    #[test]
    fn an_order_is_chosen_one_after_the_other() {
        let mut lesson = lesson();
        let pods = ["a", "b", "c"].map(str::to_owned);
        lesson.beats[0].predict = Some(Prediction {
            choices: pods.to_vec(),
            ordered: true,
            answer: "orderCreated".to_owned(),
            ..Prediction::default()
        });
        let mut run = Run::new(&lesson);
        for (choice, expected) in [("b", "b"), ("a", "b a"), ("b", "a"), ("c", "a c")] {
            run.answer_with(&lesson, choice);
            assert_eq!(run.answer(), expected);
        }
    }

    #[test]
    fn a_challenge_is_met_by_whatever_meets_its_goal() {
        let mut lesson = lesson();
        lesson.beats[0].challenge = Some(lesson::Challenge::default());
        lesson.beats[0].until = lesson::Until::ClaimExists("data-demo-statefulset-0".to_owned());
        let mut run = Run::new(&lesson);
        assert_eq!(run.beat_state(), BeatState::Going);
        let typed = |line: &str| Action::Command(line.to_owned());
        run.act(&lesson, typed("kubectl create -f volumes.yaml"));
        run.finish_beat(&lesson);
        assert_eq!(run.beat_state(), BeatState::Going, "rest is not enough");
        run.act(&lesson, typed("kubectl create -f set.yaml"));
        run.finish_beat(&lesson);
        assert_eq!(run.beat_state(), BeatState::Done);
    }
}
