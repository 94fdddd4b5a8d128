//! `cargo xtask pack`: compiles the words of all languages and the lessons, Markdown and all, into what
//! the page fetches. Trunk runs it after every build and names the folder in `TRUNK_STAGING_DIR`.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use lesson::document::{Heading, Lesson};
use lesson::pack::tame;
use words::source::{FIRST, Source, compile as compile_words};

use crate::args::Args;
use crate::{Result, offline, shrink, workspace};

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
        // The opening and the sandboxes are no lessons of the course.
        let mut number = 0;
        let contents: Vec<Heading> = lessons
            .iter()
            .map(|lesson| {
                let plays = lesson.sandbox || lesson.beats.iter().any(|beat| beat.big.is_some());
                number += usize::from(!plays);
                Heading {
                    id: lesson.id.clone(),
                    title: lesson.title.clone(),
                    number: if plays { 0 } else { number },
                }
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
    shrink::shrink(&target)?;
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
        match compile(&folder, lang, &manifests) {
            Ok((order, lesson)) => {
                lessons.insert((order, id), lesson);
            }
            Err(found) => problems.push(found),
        }
    }
    match problems.is_empty() {
        true => Ok(lessons.into_values().collect()),
        false => Err(problems.join("\n")),
    }
}

/// `cargo xtask lesson pack DIR [FILE]`: the lesson in a folder, in each of its languages, played and
/// found to be in order, as a single file that the page opens.
pub(crate) fn one(args: Args) -> Result {
    let operands = args.operands()?;
    let ("pack", [folder, file @ ..]) = (
        operands.first().map_or("", String::as_str),
        operands.get(1..).unwrap_or_default(),
    ) else {
        return Err("usage: cargo xtask lesson pack DIR [FILE]".to_owned());
    };
    let (id, text) = packed(Path::new(folder))?;
    let file = file
        .first()
        .map_or_else(|| PathBuf::from(format!("{id}.ordinal")), PathBuf::from);
    write(&file, &text)?;
    println!(
        "{} ({} bytes): open it in the page, under its lessons",
        file.display(),
        text.len()
    );
    Ok(())
}

/// Id of the lesson in a folder, and the file of it. Its own manifests, which lie beside its text, go
/// before those of the course.
fn packed(folder: &Path) -> Result<(String, String)> {
    let folder =
        fs::canonicalize(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut manifests = files(&workspace::root().join("static/manifests"))?;
    let own = files(&folder)?;
    let languages: Vec<String> = own
        .keys()
        .filter_map(|name| name.strip_suffix(".md").map(str::to_owned))
        .collect();
    manifests.extend(own);
    let mut lessons = Vec::new();
    for lang in &languages {
        let (_, lesson) = compile(&folder, lang, &manifests)?;
        lesson::rehearsal::rehearse(&lesson)?;
        lessons.push(lesson);
    }
    let text = lesson::pack::write(&lessons).map_err(|error| error.to_string())?;
    // What the page would refuse is refused here.
    match lesson::pack::read(&text) {
        Ok(_) => Ok((name_of(&folder), text)),
        Err(refused) => Err(format!("{}: {refused:?}", folder.display())),
    }
}

/// The lesson in a folder, in one language, and its place among the others.
fn compile(
    folder: &Path,
    lang: &str,
    manifests: &BTreeMap<String, String>,
) -> Result<(u32, Lesson)> {
    let id = name_of(folder);
    let source = lesson::source::Source {
        id: &id,
        structure: &read(&folder.join("lesson.yaml"))?,
        lang,
        prose: &read(&folder.join(format!("{lang}.md")))?,
        manifests,
    };
    let lost = RefCell::new(Vec::new());
    let render = |markdown: &str| {
        let html = html(markdown);
        let tags = |html: &str| html.matches('<').count();
        if tags(&tame(&html)) != tags(&html) {
            lost.borrow_mut().push(format!(
                "{id}/{lang}.md: the page shows no links, pictures, headings or HTML: {html}"
            ));
        }
        html
    };
    let compiled = lesson::source::compile(source, &render);
    let lost = lost.into_inner();
    match compiled {
        Ok(lesson) if lost.is_empty() => Ok(lesson),
        Ok(_) => Err(lost.join("\n")),
        Err(found) => Err(found.join("\n")),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lesson_becomes_one_file_with_all_its_languages() {
        let (id, text) = packed(&workspace::root().join("static/lessons/opening")).unwrap();
        let lessons = lesson::pack::read(&text).unwrap();
        let languages: Vec<&str> = lessons.iter().map(|lesson| lesson.lang.as_str()).collect();
        assert_eq!((id.as_str(), languages), ("opening", vec!["en", "zh"]));
        assert!(lessons[0].beats[0].text.starts_with("<p><code>"));
    }

    #[test]
    fn what_the_page_would_not_show_is_refused() {
        let check = |added: &str, expected: &str| {
            let folder =
                std::env::temp_dir().join(format!("ordinal-lesson-{}", std::process::id()));
            fs::create_dir_all(&folder).unwrap();
            let structure = "order: 1\nseed: 1\nbeats:\n- id: look\n  run: kubectl get nodes\n";
            write(&folder.join("lesson.yaml"), structure).unwrap();
            let prose = format!("# T\n\n## look: L\n\nText {added}\n");
            write(&folder.join("en.md"), &prose).unwrap();
            let found = packed(&folder);
            fs::remove_dir_all(&folder).unwrap();
            let found = found.map_or_else(|problem| problem, |(_, text)| text);
            assert!(found.contains(expected), "{found}");
        };
        check("*here*", "<em>here</em>");
        check("<b>here</b>", "en.md: the page shows no links");
        check("[here](there)", "en.md: the page shows no links");
    }
}
