//! Playing a lesson without a page, to see that what it says does happen.

use std::iter;

use kubectl::Chunk;

use crate::document::{Beat, Lesson, begin};
use crate::entry::Entry;
use crate::recording::Action;
use crate::timeline::Timeline;

/// Frames that one beat may take; more means that it never comes to its end.
const FRAMES_MAX: usize = 5_000;

/// Plays a lesson to its end. Gives the run, and the number of the frame at which each beat ended.
///
/// # Errors
/// The first command that fails, or beat that never comes to its end: file, key, and what happened.
pub fn rehearse(lesson: &Lesson) -> Result<(Timeline, Vec<usize>), String> {
    let mut timeline = begin(lesson);
    for (index, entry) in timeline.entries().enumerate() {
        if entry.exit_code_at(timeline.cursor()) != Some(0) {
            let at = format!("{}/lesson.yaml: setup[{index}]", lesson.id);
            return Err(failure(&at, entry, &timeline));
        }
    }
    let mut ends = Vec::new();
    let mut meant_to_fail = Vec::new();
    for (index, beat) in lesson.beats.iter().enumerate() {
        let at = format!("{}/lesson.yaml: beats[{index}] (`{}`)", lesson.id, beat.id);
        if beat.fails {
            meant_to_fail.push(timeline.entries().count());
        }
        if lesson.sandbox {
            // In any order: each goal is to be missing, and reached, from the beginning.
            timeline = begin(lesson);
            meant_to_fail.clear();
        }
        let start = timeline.cursor();
        play(beat, &mut timeline).map_err(|what| format!("{at}.{what}"))?;
        if let Some(asked) = &beat.predict {
            let (before, frames) = timeline.frames().split_at(start + 1);
            let line = beat.run.as_deref().unwrap_or_default();
            let printed = timeline.printed_by(line, start);
            let right = asked.right(&before[start], frames, &printed);
            if let Some(what) = asked.problem(right.as_deref()) {
                return Err(format!("{at}.predict ({}): {what}", lesson.lang));
            }
        }
        // A command that goes on may fail in a later beat.
        let mut ended = timeline.entries().enumerate().filter(|(number, entry)| {
            let code = entry.exit_code_at(timeline.cursor());
            code.is_some_and(|code| (code != 0) != meant_to_fail.contains(number))
        });
        if let Some((_, entry)) = ended.next() {
            return Err(failure(&at, entry, &timeline));
        }
        ends.push(timeline.cursor());
    }
    Ok((timeline, ends))
}

fn play(beat: &Beat, timeline: &mut Timeline) -> Result<(), String> {
    if beat.run.is_some() && timeline.busy() {
        return Err("run: the command before is still going on".to_owned());
    }
    if beat.challenge.is_some() && beat.until.reached(&timeline.frame().cluster) {
        return Err("challenge: its goal is met before anything is done".to_owned());
    }
    match beat.action(&timeline.frame().cluster) {
        Some(action) => {
            timeline.act(action);
        }
        None if beat.deed.is_some() => return Err("do: there is no such node".to_owned()),
        None => {}
    }
    for _ in 0..FRAMES_MAX {
        if beat.until.reached(&timeline.frame().cluster) {
            return Ok(());
        }
        if !timeline.forward() {
            break;
        }
    }
    match beat.until.reached(&timeline.frame().cluster) {
        true => Ok(()),
        false => Err(format!("until: {:?} never comes true", beat.until)),
    }
}

fn failure(at: &str, entry: &Entry, timeline: &Timeline) -> String {
    let Action::Command(line) = &entry.action else {
        return format!("{at} fails");
    };
    let printed: String = entry
        .output_at(timeline.cursor())
        .map(|Chunk { text, .. }| text.as_str())
        .collect();
    let fails = match entry.exit_code_at(timeline.cursor()) {
        Some(0) => "does not fail",
        _ => "fails",
    };
    let lines = iter::once(format!("{at}.run: `{line}` {fails}:"));
    lines
        .chain(printed.lines().map(str::to_owned))
        .collect::<Vec<_>>()
        .join("\n    ")
}
