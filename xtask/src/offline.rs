//! The service worker's list of files: all that a visitor needs to read on without a network.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::Hasher;
use std::path::{Path, PathBuf};

use crate::{Result, workspace};

/// Writes `worker.js` into the built site in `folder`: `static/worker.js` with the site's files, and a
/// version that changes with any of them.
pub(crate) fn write_worker(folder: &Path) -> Result {
    let source = workspace::root().join("static/worker.js");
    let source = fs::read_to_string(&source).map_err(|error| failed(&source, &error))?;
    let mut files = Vec::new();
    list(folder, folder, &mut files)?;
    files.retain(|file| file != WORKER);
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in &files {
        let path = folder.join(file);
        hasher.write(&fs::read(&path).map_err(|error| failed(&path, &error))?);
    }
    // A host answers for the folder with its index.html, and may lead away from the file's own name.
    let addresses: Vec<&str> = files
        .iter()
        .map(|file| match file.as_str() {
            "index.html" => "./",
            file => file,
        })
        .collect();
    let addresses = serde_json::to_string(&addresses).map_err(|error| error.to_string())?;
    let worker = filled(&source, &addresses, &format!("{:016x}", hasher.finish()))?;
    let path = folder.join(WORKER);
    fs::write(&path, worker).map_err(|error| failed(&path, &error))
}

const WORKER: &str = "worker.js";

/// The worker with its two lines put in place.
fn filled(source: &str, addresses: &str, version: &str) -> Result<String> {
    let mut worker = source.to_owned();
    for (line, value) in [
        ("const FILES = [];", format!("const FILES = {addresses};")),
        (
            "const VERSION = '';",
            format!("const VERSION = '{version}';"),
        ),
    ] {
        if worker.matches(line).count() != 1 {
            return Err(format!("static/worker.js has to have one line `{line}`"));
        }
        worker = worker.replace(line, &value);
    }
    Ok(worker)
}

/// All files below `folder`, by their paths from `root`, with `/` between folders.
fn list(root: &Path, folder: &Path, files: &mut Vec<String>) -> Result {
    for entry in fs::read_dir(folder).map_err(|error| failed(folder, &error))? {
        let path: PathBuf = entry.map_err(|error| failed(folder, &error))?.path();
        if path.is_dir() {
            list(root, &path, files)?;
        } else if let Ok(relative) = path.strip_prefix(root) {
            let parts = relative.iter().map(|part| part.to_string_lossy());
            files.push(parts.collect::<Vec<_>>().join("/"));
        }
    }
    Ok(())
}

fn failed(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_worker_is_filled_in_once() {
        let source = fs::read_to_string(workspace::root().join("static/worker.js")).unwrap();
        let worker = filled(&source, r#"["./","a.js"]"#, "0123").unwrap();
        assert!(worker.contains(r#"const FILES = ["./","a.js"];"#));
        assert!(worker.contains("const VERSION = '0123';"));
        assert!(filled(&worker, "[]", "1").is_err());
    }
}
