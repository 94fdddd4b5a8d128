//! What was done, by typing or from outside, and what the terminal shows of it at each frame.

use std::rc::Rc;

use kubectl::{Chunk, Follow};

use crate::recording::Action;
use crate::timeline::Frame;

/// Something that was done, and what the terminal shows of it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Number of the frame after which it was done.
    pub at: usize,
    /// What was done.
    pub action: Action,
    /// What stood before the line that was typed.
    pub prompt: String,
    /// Number of the first frame at which its output is complete, but for what follows.
    pub done_at: usize,
    /// What a command printed at once.
    pub output: Vec<Chunk>,
    /// Exit code of a command that ended at once.
    pub exit_code: Option<i32>,
    /// The command goes on: as it is now.
    pub(crate) follow: Option<Follow>,
    /// As it was at the frames at which it had just done something: `done_at` is the first one.
    pub(crate) began: Vec<(usize, Follow)>,
    /// First and last frame of what it did later, in one go.
    pub(crate) busy: Vec<(usize, usize)>,
    /// What it printed later: number of the frame, and the text.
    pub(crate) later: Vec<(usize, Vec<Chunk>)>,
    /// Number of the frame at which a command that went on ended, and its exit code.
    pub(crate) ended: Option<(usize, i32)>,
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
    pub(crate) fn seen_at(&self, frame: usize) -> bool {
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

    pub(crate) fn feed(&mut self, number: usize, frame: &Frame) {
        let Some(follow) = &mut self.follow else {
            return;
        };
        let mut printed = Vec::new();
        let steps = frame.recorded.iter().chain(&frame.step).map(Some);
        let passes = frame.step.is_none().then_some(None);
        for step in steps.chain(passes) {
            let progress = match step {
                Some(step) => follow.step(step, &frame.cluster),
                None => follow.pass(&frame.cluster),
            };
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
    pub(crate) fn as_of(&self, cursor: usize, frames: &[Rc<Frame>]) -> Entry {
        let mut entry = self.clone();
        entry.busy.retain(|(_, to)| *to <= cursor);
        entry.began.retain(|(at, _)| *at <= cursor);
        let begun = entry.began.last().cloned();
        if let Some((at, follow)) = begun.filter(|_| self.running(cursor)) {
            entry.follow = Some(follow);
            entry.later.retain(|(printed, _)| *printed <= at);
            entry.ended = None;
            let numbered = frames.iter().enumerate().take(cursor + 1);
            for (number, frame) in numbered.skip(at + 1) {
                entry.feed(number, frame);
            }
        }
        entry
    }
}
