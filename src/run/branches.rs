//! The branches of a run, and where two of them differ.

use cluster::Time;

use super::Run;

impl Run {
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
}
