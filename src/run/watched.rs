//! What a StatefulSet promises, checked at every frame.

use cluster::Time;
use cluster::object::StatefulSet;
use cluster::property::{Property, Rule};

use super::Run;
use crate::promises::WATCHED;

/// How they are checked: known when this is compiled, so that the page has no other properties.
const RULES: [Rule; WATCHED.len()] = {
    let mut rules = [WATCHED[0].rule(); WATCHED.len()];
    let mut index = 1;
    while index < rules.len() {
        rules[index] = WATCHED[index].rule();
        index += 1;
    }
    rules
};

impl Run {
    /// Checks the frames that were not checked yet.
    pub(super) fn watch(&mut self) {
        let count = self.timeline.branch_count();
        self.watched.resize(count, (1, [None; WATCHED.len()]));
        let (seen, broken) = &mut self.watched[self.timeline.branch()];
        let frames = self.timeline.frames();
        for number in *seen..frames.len() {
            let (before, frame) = (&frames[number - 1], &frames[number]);
            let Some(step) = &frame.step else { continue };
            for (rule, broken) in RULES.iter().zip(broken.iter_mut()) {
                let check = || rule.check(&frame.cluster, Some(&before.cluster), step);
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
}
