//! Playing a lesson without a page, to see that what it says does happen.

use std::iter;

use kubectl::Chunk;

use crate::document::{Beat, Lesson, begin};
use crate::recording::Action;
use crate::timeline::{Entry, Timeline};

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
    for (index, beat) in lesson.beats.iter().enumerate() {
        let at = format!("{}/lesson.yaml: beats[{index}] (`{}`)", lesson.id, beat.id);
        play(beat, &mut timeline).map_err(|what| format!("{at}.{what}"))?;
        let mut failed = timeline.entries().filter(|entry| {
            entry
                .exit_code_at(timeline.cursor())
                .is_some_and(|code| code != 0)
        });
        if let Some(entry) = failed.next() {
            return Err(failure(&at, entry, &timeline));
        }
        ends.push(timeline.cursor());
    }
    Ok((timeline, ends))
}

fn play(beat: &Beat, timeline: &mut Timeline) -> Result<(), String> {
    if let Some(command) = &beat.run {
        if timeline.busy() {
            return Err("run: the command before is still going on".to_owned());
        }
        timeline.act(Action::Command(command.clone()));
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
    let lines = iter::once(format!("{at}.run: `{line}` fails:"));
    lines
        .chain(printed.lines().map(str::to_owned))
        .collect::<Vec<_>>()
        .join("\n    ")
}
