//! `cargo xtask lessons`: plays every lesson, in every language, without a page: one line each.

use lesson::document::Lesson;
use lesson::rehearsal::rehearse;

use crate::args::Args;
use crate::{Result, pack};

/// Runs the command.
pub(crate) fn run(args: Args) -> Result {
    args.finish()?;
    check()
}

/// Prints one line per lesson and language; fails if one can't be compiled or doesn't come to its end.
pub(crate) fn check() -> Result {
    let mut problems = Vec::new();
    for lang in pack::words()?.into_keys() {
        match pack::lessons(&lang) {
            Ok(lessons) if lessons.is_empty() => problems.push("there are no lessons".to_owned()),
            Ok(lessons) => problems.extend(lessons.iter().filter_map(|lesson| play(lesson).err())),
            Err(found) => problems.push(found),
        }
    }
    match problems.is_empty() {
        true => Ok(()),
        false => Err(problems.join("\n")),
    }
}

fn play(lesson: &Lesson) -> Result {
    let Lesson {
        id, lang, title, ..
    } = lesson;
    match rehearse(lesson) {
        Ok((timeline, _)) => {
            let (beats, frames) = (lesson.beats.len(), timeline.frames().len());
            println!("ok      {id} ({lang}): {title}: {beats} beats, {frames} frames");
            Ok(())
        }
        Err(what) => {
            println!("fails   {id} ({lang}): {title}");
            Err(what)
        }
    }
}
