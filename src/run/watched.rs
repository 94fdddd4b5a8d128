//! What a StatefulSet promises, checked at every frame.

use cluster::object::StatefulSet;
use cluster::property::{Property, Rule};

use super::Run;
use crate::promises::{Broken, WATCHED};

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

    /// The properties that are watched, and how each was broken first, if that lies before the frame
    /// being looked at. Nothing before there is a StatefulSet.
    pub(crate) fn promises(&self) -> Vec<(Property, Option<Broken>)> {
        let frames = self.timeline.frames();
        let cursor = self.timeline.cursor();
        let Some((_, broken)) = self.watched.get(self.timeline.branch()) else {
            return Vec::new();
        };
        let before = |(rule, frame): (&Rule, &Option<usize>)| {
            let number = frame.filter(|frame| *frame <= cursor)?;
            let frame = frames.get(number)?;
            let (before, step) = (&frames[number - 1].cluster, frame.step.as_ref()?);
            let at_fault = rule.check(&frame.cluster, Some(before), step).err()?;
            let name = at_fault.first()?.name.clone();
            Some((number, frame.cluster.now(), name))
        };
        let all = WATCHED
            .iter()
            .copied()
            .zip(RULES.iter().zip(broken).map(before));
        let set = frames[cursor].cluster.store().count::<StatefulSet>() > 0;
        all.filter(|(_, broken)| set || broken.is_some()).collect()
    }
}
