//! A run as it is stored, and how it is played again.

use lesson::document::config;
use lesson::json::{Fields, FromJson};
use lesson::{Lesson, Recording, Timeline};
use serde::Serialize;
use serde_json::Value;

use super::{Run, Span};

/// A run as it is stored: enough to play it again, branch by branch.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Saved {
    pub(super) branches: Vec<SavedBranch>,
    pub(super) branch: usize,
    pub(super) cursor: usize,
    pub(super) beat: usize,
    pub(super) answers: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct SavedBranch {
    /// The branch and frame that it left.
    pub(super) parent: Option<(usize, usize)>,
    pub(super) recording: Recording,
    pub(super) spans: Vec<Option<Span>>,
}

impl FromJson for Saved {
    fn from_json(value: Value) -> Option<Saved> {
        let mut fields = Fields::of(value)?;
        Some(Saved {
            branches: fields.take("branches")?,
            branch: fields.take("branch")?,
            cursor: fields.take("cursor")?,
            beat: fields.take("beat")?,
            // Runs that were stored before there were predictions have none.
            answers: fields.take("answers").unwrap_or_default(),
        })
    }
}

lesson::from_json!(SavedBranch {
    parent: "parent",
    recording: "recording",
    spans: "spans",
});

lesson::from_json!(Span {
    start: "start",
    end: "end",
});

impl Run {
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
            beside: None,
        };
        run.answers.resize(lesson.beats.len(), String::new());
        run.find_rest();
        Some(run)
    }
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
