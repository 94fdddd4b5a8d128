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

    /// Looks at two branches side by side, or at one again.
    pub(crate) fn compare(&mut self, on: bool) {
        self.beside = on.then_some((0, 0));
        self.catch_up();
    }

    /// Lets the other branch, if it is looked at as well, go on for as long as this one has.
    pub(super) fn catch_up(&mut self) {
        let Some((other, _)) = self.common() else {
            return;
        };
        let timeline = &mut self.timeline;
        let (branch, cursor) = (timeline.branch(), timeline.cursor());
        timeline.seek(usize::MAX);
        let end = timeline.frame().cluster.now();
        timeline.switch_branch(other);
        timeline.seek(usize::MAX);
        while timeline.next_time().is_some_and(|next| next <= end) && timeline.forward() {}
        timeline.switch_branch(branch);
        timeline.seek(cursor);
    }

    /// The branch that this one is looked at beside, and how many frames the two have in common.
    fn common(&self) -> Option<(usize, usize)> {
        self.beside?;
        let (other, differs) = self.other()?;
        let most = self.timeline.frames_of(other).len();
        Some((other, differs.unwrap_or(most).min(most)))
    }

    /// What is looked at beside this branch: the other one, and the number of its frame. As long as
    /// the same happens on both it is the same frame; then the last one until this time, and further
    /// on if what happens between two frames here is looked at.
    pub(crate) fn beside(&self) -> Option<(usize, usize)> {
        let (other, common) = self.common()?;
        let (cursor, now) = (self.timeline.cursor(), self.now());
        let frames = self.timeline.frames_of(other);
        let mut number = cursor.min(common - 1);
        if cursor >= common {
            let later = frames[common..].iter();
            number += later.take_while(|there| there.cluster.now() <= now).count();
        }
        if let Some((_, ahead)) = self.beside.filter(|(of, _)| *of == cursor) {
            number += ahead;
        }
        Some((other, number.min(frames.len() - 1)))
    }

    /// Goes on on the other branch, if that is where something happens next.
    pub(super) fn beside_forward(&mut self) -> bool {
        let goes = self.beside_is_next();
        if goes {
            self.ahead(1);
        }
        goes
    }

    fn ahead(&mut self, more: usize) {
        let cursor = self.timeline.cursor();
        let before = self.beside.filter(|(of, _)| *of == cursor);
        self.beside = Some((cursor, before.map_or(0, |(_, ahead)| ahead) + more));
    }

    /// Whether what happens next happens on the other branch.
    pub(super) fn beside_is_next(&self) -> bool {
        let next = || {
            let (other, common) = self.common()?;
            let (_, number) = self.beside()?;
            let frames = self.timeline.frames_of(other);
            let next = frames.get(number + 1)?.cluster.now();
            (self.timeline.cursor() + 1 >= common).then_some(next)
        };
        let sooner = |next| self.timeline.next_time().is_none_or(|here| next < here);
        next().is_some_and(|next| self.rests() || sooner(next))
    }

    /// Goes one frame back: on the other branch, if what it did was looked at last.
    pub(super) fn beside_back(&mut self) -> bool {
        let cursor = self.timeline.cursor();
        match &mut self.beside {
            Some((of, ahead)) if *of == cursor && *ahead > 0 => {
                *ahead -= 1;
                return true;
            }
            _ => {}
        }
        let time = self.now();
        let moved = self.timeline.back();
        // What the other one did before that is what happened last again.
        if let (Some((other, common)), Some((_, number))) = (self.common(), self.beside())
            && cursor >= common
        {
            let later = self.timeline.frames_of(other)[number + 1..].iter();
            let meanwhile = later.take_while(|there| there.cluster.now() < time);
            self.ahead(meanwhile.count());
        }
        moved
    }
}
