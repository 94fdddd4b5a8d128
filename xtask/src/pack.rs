//! `cargo xtask pack`: compiles the lessons, Markdown and all, into what the page fetches. Trunk runs
//! it after every build and names the folder in `TRUNK_STAGING_DIR`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lesson::document::{Heading, LANGUAGES, Lesson};
use lesson::source::{Source, compile};

use crate::args::Args;
use crate::{Result, workspace};

/// Writes `lessons/<id>.<lang>.json` and `lessons/index.<lang>.json`.
pub(crate) fn run(args: Args) -> Result {
    let target = match args.operands()?.first() {
        Some(folder) => PathBuf::from(folder),
        None => std::env::var_os("TRUNK_STAGING_DIR")
            .map_or_else(|| workspace::root().join("dist"), PathBuf::from),
    };
    let folder = target.join("lessons");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for lang in LANGUAGES {
        let lessons = lessons(lang)?;
        let contents: Vec<Heading> = lessons
            .iter()
            .map(|lesson| Heading {
                id: lesson.id.clone(),
                title: lesson.title.clone(),
            })
            .collect();
        write(&folder.join(format!("index.{lang}.json")), &contents)?;
        for lesson in &lessons {
            write(&folder.join(format!("{}.{lang}.json", lesson.id)), lesson)?;
        }
    }
    Ok(())
}

/// All lessons in one language, in order.
pub(crate) fn lessons(lang: &str) -> Result<Vec<Lesson>> {
    let root = workspace::root().join("static");
    let manifests = files(&root.join("manifests"))?;
    let mut lessons = BTreeMap::new();
    let mut problems = Vec::new();
    for folder in folders(&root.join("lessons"))? {
        let id = name_of(&folder);
        let source = Source {
            id: &id,
            structure: &read(&folder.join("lesson.yaml"))?,
            lang,
            prose: &read(&folder.join(format!("{lang}.md")))?,
            manifests: &manifests,
        };
        match compile(source, &html) {
            Ok((order, lesson)) => {
                lessons.insert((order, id), lesson);
            }
            Err(found) => problems.extend(found),
        }
    }
    match problems.is_empty() {
        true => Ok(lessons.into_values().collect()),
        false => Err(problems.join("\n")),
    }
}

/// Markdown as HTML.
fn html(markdown: &str) -> String {
    let mut html = String::new();
    let options = pulldown_cmark::Options::ENABLE_TABLES;
    pulldown_cmark::html::push_html(
        &mut html,
        pulldown_cmark::Parser::new_ext(markdown, options),
    );
    html.trim().to_owned()
}

fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn write(path: &Path, value: &impl serde::Serialize) -> Result {
    let text = serde_json::to_string(value).map_err(|error| error.to_string())?;
    fs::write(path, text).map_err(|error| format!("{}: {error}", path.display()))
}

fn folders(path: &Path) -> Result<Vec<PathBuf>> {
    let mut folders: Vec<PathBuf> = entries(path)?
        .into_iter()
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    Ok(folders)
}

/// Every file of a folder, by name.
fn files(path: &Path) -> Result<BTreeMap<String, String>> {
    let mut files = BTreeMap::new();
    for path in entries(path)?.into_iter().filter(|path| path.is_file()) {
        files.insert(name_of(&path), read(&path)?);
    }
    Ok(files)
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

fn entries(path: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect())
}
