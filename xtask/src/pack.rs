//! `cargo xtask pack`: compiles the words of all languages and the lessons, Markdown and all, into what
//! the page fetches. Trunk runs it after every build and names the folder in `TRUNK_STAGING_DIR`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lesson::document::{Heading, Lesson};
use words::source::{FIRST, Source, compile as compile_words};

use crate::args::Args;
use crate::{Result, offline, workspace};

/// Writes `words/<lang>.txt`, `lessons/<id>.<lang>.json`, `lessons/index.<lang>.json`, and `worker.js`,
/// which knows all of them.
pub(crate) fn run(args: Args) -> Result {
    let target = match args.operands()?.first() {
        Some(folder) => PathBuf::from(folder),
        None => std::env::var_os("TRUNK_STAGING_DIR")
            .map_or_else(|| workspace::root().join("dist"), PathBuf::from),
    };
    let languages = words()?;
    let folder = create(target.join("words"))?;
    for (lang, words) in &languages {
        write(&folder.join(format!("{lang}.txt")), words)?;
    }
    let folder = create(target.join("lessons"))?;
    for lang in languages.keys() {
        let lessons = lessons(lang)?;
        let contents: Vec<Heading> = lessons
            .iter()
            .map(|lesson| Heading {
                id: lesson.id.clone(),
                title: lesson.title.clone(),
            })
            .collect();
        write(
            &folder.join(format!("index.{lang}.json")),
            &json(&contents)?,
        )?;
        for lesson in &lessons {
            let path = folder.join(format!("{}.{lang}.json", lesson.id));
            write(&path, &json(lesson)?)?;
        }
    }
    offline::write_worker(&target)
}

/// The words of all languages, compiled, by code: every file in `static/words` is one.
pub(crate) fn words() -> Result<BTreeMap<String, String>> {
    let root = workspace::root();
    let mut texts = Vec::new();
    for (name, text) in files(&root.join("static/words"))? {
        if let Some(code) = name.strip_suffix(".txt") {
            texts.push((code.to_owned(), text));
        }
    }
    // The others are compared with the first one.
    texts.sort_by_key(|(code, _)| (code != FIRST, code.clone()));
    let codes: Vec<&str> = texts.iter().map(|(code, _)| code.as_str()).collect();
    let named = format!(r#"<meta name="languages" content="{}" />"#, codes.join(" "));
    if !read(&root.join("index.html"))?.contains(&named) {
        return Err(format!("index.html has to name all languages: {named}"));
    }
    let sources = texts.iter().map(|(code, text)| Source { code, text });
    let compiled = compile_words(&sources.collect::<Vec<_>>()).map_err(|found| found.join("\n"))?;
    Ok(texts
        .into_iter()
        .map(|(code, _)| code)
        .zip(compiled)
        .collect())
}

/// All lessons in one language, in order; in English those that it lacks.
pub(crate) fn lessons(lang: &str) -> Result<Vec<Lesson>> {
    let root = workspace::root().join("static");
    let manifests = files(&root.join("manifests"))?;
    let mut lessons = BTreeMap::new();
    let mut problems = Vec::new();
    for folder in folders(&root.join("lessons"))? {
        let id = name_of(&folder);
        // Who translates the page need not begin with the lessons.
        let translated = folder.join(format!("{lang}.md")).is_file();
        let lang = if translated { lang } else { FIRST };
        let source = lesson::source::Source {
            id: &id,
            structure: &read(&folder.join("lesson.yaml"))?,
            lang,
            prose: &read(&folder.join(format!("{lang}.md")))?,
            manifests: &manifests,
        };
        match lesson::source::compile(source, &html) {
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

fn json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| error.to_string())
}

fn create(folder: PathBuf) -> Result<PathBuf> {
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    Ok(folder)
}

fn write(path: &Path, text: &str) -> Result {
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
