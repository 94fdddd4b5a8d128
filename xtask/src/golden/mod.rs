//! `cargo xtask golden [DIR…]`: replays recordings of a real control plane on the simulation and
//! compares, one line per recording. Exit code 1 if any differs.
//!
//! The recording's steps are applied in lock-step: each when the simulation has come as far as the
//! real cluster had. Where the real one chose at random (a node, one of several equal volumes), the
//! recorded choice is fed to the simulation, and nothing else. What is compared, strict to lax, is in
//! [`compare`]; it is the same for every recording.

mod compare;
mod effects;
mod history;
mod projection;
mod recording;
mod renewals;
mod replay;
mod transcripts;

use std::path::{Path, PathBuf};

use crate::args::Args;
use crate::workspace;

/// Replays every recording in the folders given, or those of the project.
pub(crate) fn run(mut args: Args) -> crate::Result {
    let transcripts = args.flag("--transcripts");
    let differences = args.flag("--differences");
    let mut given: Vec<PathBuf> = args.operands()?.into_iter().map(PathBuf::from).collect();
    if given.is_empty() {
        given.push(workspace::root().join("xtask/recordings"));
    }
    let mut files = Vec::new();
    for path in &given {
        files.extend(recordings_in(path)?);
    }
    if files.is_empty() {
        return Err("no recordings (*.json) found".to_owned());
    }
    if transcripts {
        return transcripts::run(&files, differences);
    }
    let (mut failed, mut matched) = (0, 0);
    for file in &files {
        let name = file
            .file_stem()
            .map(|stem| stem.to_string_lossy().into_owned())
            .unwrap_or_default();
        match check(file) {
            Ok(None) => println!("skipped {name}: not a recording"),
            Ok(Some(facts)) => {
                matched += 1;
                println!("ok      {name}: {facts}");
            }
            Err(difference) => {
                failed += 1;
                println!("differs {name}: {difference}");
            }
        }
    }
    println!("{matched} of {} recordings match", matched + failed);
    match (matched, failed) {
        (0, 0) => Err("no recordings among the files".to_owned()),
        (_, 0) => Ok(()),
        _ => Err(format!("{failed} recordings differ")),
    }
}

/// The recordings in a folder, by name; or the one file given.
fn recordings_in(path: &Path) -> crate::Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    let entries =
        std::fs::read_dir(path).map_err(|error| format!("{}: {error}", path.display()))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    files.sort();
    Ok(files)
}

/// Replays one recording; the first difference, if there is one. Nothing for other JSON, such as an
/// index of recordings.
fn check(file: &Path) -> Result<Option<String>, String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let Some(recording) = recording::Recording::parse(&text)? else {
        return Ok(None);
    };
    let replayed = replay::replay(&recording)?;
    compare::compare(&recording, &replayed).map(Some)
}
