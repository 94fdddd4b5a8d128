//! Lessons as data: what an author writes, checked and made ready for the page.
//!
//! A lesson is a folder with `lesson.yaml` (structure) and one Markdown file a language, keyed by the
//! beats' ids. [`compile`] turns both into a [`Lesson`], or says what is wrong, with file and key;
//! [`rehearse`] plays it without a page and says what doesn't happen.

use std::collections::{BTreeMap, BTreeSet};

use cluster::object::Pod;
use cluster::{Cluster, Config};
use kubectl::Files;
use serde::{Deserialize, Serialize};

use crate::recording::Action;
use crate::timeline::Timeline;

/// The languages that every lesson has, as in file names.
pub const LANGUAGES: [&str; 2] = ["en", "zh"];

/// A lesson in one language, ready to be played.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Lesson {
    /// Its folder's name.
    pub id: String,
    /// Language of the texts: `en` or `zh`.
    pub lang: String,
    /// Its title.
    pub title: String,
    /// What it is about, as HTML.
    pub intro: String,
    /// Seed of its cluster.
    pub seed: u64,
    /// How many nodes the cluster has.
    pub nodes: usize,
    /// The files of the terminal, by name.
    pub files: BTreeMap<String, String>,
    /// Commands that were run before it begins, each to rest.
    pub setup: Vec<String>,
    /// Its beats, in order.
    pub beats: Vec<Beat>,
}

/// One beat: something is done, played until it is over, and explained.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Beat {
    /// Unique in the lesson; the text is keyed by it.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its text, as HTML.
    pub text: String,
    /// The command that the learner runs in this beat, if any.
    pub run: Option<String>,
    /// How far to play after it.
    pub until: Until,
}

/// How far a beat is played.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Until {
    /// Until nothing is left to happen.
    #[default]
    Settled,
    /// Not at all.
    Now,
    /// Until the pod of this name exists.
    PodExists(String),
    /// Until the pod of this name is ready.
    PodReady(String),
    /// Until the pod of this name is being deleted.
    PodTerminating(String),
    /// Until no pod of this name exists.
    PodGone(String),
}

impl Until {
    /// Whether it has come true.
    pub fn reached(&self, cluster: &Cluster) -> bool {
        let pod = |name: &str| cluster.store().get::<Pod>(name);
        match self {
            Until::Settled => cluster.next_time().is_none(),
            Until::Now => true,
            Until::PodExists(name) => pod(name).is_some(),
            Until::PodReady(name) => pod(name).is_some_and(|pod| pod.ready() && !pod.terminating()),
            Until::PodTerminating(name) => pod(name).is_some_and(|pod| pod.terminating()),
            Until::PodGone(name) => pod(name).is_none(),
        }
    }
}

/// One line of a table of contents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Heading {
    /// The lesson's id.
    pub id: String,
    /// Its title in the language of the table.
    pub title: String,
}

/// What an author writes in `lesson.yaml`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Structure {
    /// Place among the lessons.
    order: u32,
    seed: u64,
    #[serde(default = "three")]
    nodes: usize,
    #[serde(default)]
    files: Vec<String>,
    #[serde(default)]
    setup: Vec<String>,
    beats: Vec<BeatStructure>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BeatStructure {
    id: String,
    run: Option<String>,
    #[serde(default)]
    until: Until,
}

fn three() -> usize {
    3
}

/// Where the parts of a lesson come from.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The folder's name.
    pub id: &'a str,
    /// Text of `lesson.yaml`.
    pub structure: &'a str,
    /// Language of `prose`.
    pub lang: &'a str,
    /// Text of `<lang>.md`.
    pub prose: &'a str,
    /// Every manifest that a lesson may put into its terminal, by name.
    pub manifests: &'a Files,
}

/// Checks a lesson in one language and makes it ready. `render` turns Markdown into HTML. Gives the
/// lesson and its place among the others.
///
/// # Errors
/// Everything that is wrong, each with file and key.
pub fn compile(
    source: Source<'_>,
    render: &dyn Fn(&str) -> String,
) -> Result<(u32, Lesson), Vec<String>> {
    let at = |file: &str, what: String| format!("{}/{file}: {what}", source.id);
    let structure =
        read_structure(source.structure).map_err(|what| vec![at("lesson.yaml", what)])?;
    let prose_file = format!("{}.md", source.lang);
    let prose = Prose::parse(source.prose);
    let mut problems = Vec::new();
    let mut files = BTreeMap::new();
    for name in &structure.files {
        match source.manifests.get(name) {
            Some(text) => {
                files.insert(name.clone(), text.clone());
            }
            None => problems.push(at(
                "lesson.yaml",
                format!("files: there is no manifest `{name}`"),
            )),
        }
    }
    let mut ids = BTreeSet::new();
    let mut beats = Vec::new();
    for (index, beat) in structure.beats.into_iter().enumerate() {
        if !ids.insert(beat.id.clone()) {
            let what = format!("beats[{index}].id: `{}` is there twice", beat.id);
            problems.push(at("lesson.yaml", what));
        }
        let Some((title, text)) = prose.sections.get(beat.id.as_str()) else {
            let what = format!("there is no section `## {}: …`", beat.id);
            problems.push(at(&prose_file, what));
            continue;
        };
        if text.trim().is_empty() {
            problems.push(at(
                &prose_file,
                format!("section `{}` has no text", beat.id),
            ));
        }
        beats.push(Beat {
            id: beat.id,
            title: (*title).to_owned(),
            text: render(text),
            run: beat.run,
            until: beat.until,
        });
    }
    if beats.is_empty() && problems.is_empty() {
        problems.push(at(
            "lesson.yaml",
            "beats: a lesson has at least one beat".to_owned(),
        ));
    }
    if prose.title.is_empty() {
        problems.push(at(
            &prose_file,
            "the first line is not `# Title`".to_owned(),
        ));
    }
    for id in prose.sections.keys().filter(|id| !ids.contains(**id)) {
        problems.push(at(
            &prose_file,
            format!("section `{id}` belongs to no beat"),
        ));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let lesson = Lesson {
        id: source.id.to_owned(),
        lang: source.lang.to_owned(),
        title: prose.title.to_owned(),
        intro: render(&prose.intro),
        seed: structure.seed,
        nodes: structure.nodes,
        files,
        setup: structure.setup,
        beats,
    };
    Ok((structure.order, lesson))
}

fn read_structure(text: &str) -> Result<Structure, String> {
    let mut documents = kubectl::yaml::to_values(text)?;
    if documents.len() != 1 {
        return Err(format!("one document is expected, not {}", documents.len()));
    }
    serde_json::from_value(documents.remove(0)).map_err(|error| error.to_string())
}

/// A lesson's text, cut at its headings: `# Title`, then `## id: Title of the beat`.
struct Prose<'a> {
    title: &'a str,
    intro: String,
    /// Title and text by id.
    sections: BTreeMap<&'a str, (&'a str, String)>,
}

impl<'a> Prose<'a> {
    fn parse(text: &'a str) -> Prose<'a> {
        let mut prose = Prose {
            title: "",
            intro: String::new(),
            sections: BTreeMap::new(),
        };
        let mut current: Option<&str> = None;
        for line in text.lines() {
            if let Some(title) = line.strip_prefix("# ") {
                prose.title = title.trim();
            } else if let Some(heading) = line.strip_prefix("## ") {
                let (id, title) = heading.split_once(':').unwrap_or((heading, heading));
                prose
                    .sections
                    .insert(id.trim(), (title.trim(), String::new()));
                current = Some(id.trim());
            } else {
                let section = current.and_then(|id| prose.sections.get_mut(id));
                let text = section.map_or(&mut prose.intro, |(_, text)| text);
                text.push_str(line);
                text.push('\n');
            }
        }
        prose
    }
}

/// The cluster that a lesson begins with.
pub fn config(lesson: &Lesson) -> Config {
    Config {
        seed: lesson.seed,
        nodes: lesson.nodes,
        ..Config::default()
    }
}

/// A new run of a lesson, its setup done.
pub fn begin(lesson: &Lesson) -> Timeline {
    let mut timeline = Timeline::new(&lesson.id, config(lesson), lesson.files.clone());
    for command in &lesson.setup {
        timeline.act(Action::Command(command.clone()));
        while timeline.forward() {}
    }
    timeline
}

/// Frames that one beat may take; more means that it never comes to its end.
const FRAMES_MAX: usize = 5_000;

/// Plays a lesson to its end.
///
/// # Errors
/// The first command that fails, or beat that never comes to its end.
pub fn rehearse(lesson: &Lesson) -> Result<Timeline, String> {
    let mut timeline = begin(lesson);
    let failed = timeline
        .entries()
        .find(|entry| entry.exit_code_at(timeline.cursor()) != Some(0));
    if let Some(entry) = failed {
        return Err(format!(
            "{}: setup: {:?} fails: {:?}",
            lesson.id, entry.action, entry.output
        ));
    }
    for beat in &lesson.beats {
        let at = format!("{}: beat `{}`", lesson.id, beat.id);
        let mut ran = None;
        if let Some(command) = &beat.run {
            timeline.act(Action::Command(command.clone()));
            ran = timeline.entries().last().cloned();
        }
        for _ in 0..FRAMES_MAX {
            if beat.until.reached(&timeline.frame().cluster) || !timeline.forward() {
                break;
            }
        }
        if !beat.until.reached(&timeline.frame().cluster) {
            return Err(format!("{at}: {:?} never comes true", beat.until));
        }
        let failed = ran.is_some_and(|entry| entry.exit_code.is_some_and(|code| code != 0));
        if failed {
            return Err(format!(
                "{at}: `{}` fails",
                beat.run.as_deref().unwrap_or_default()
            ));
        }
    }
    Ok(timeline)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STRUCTURE: &str =
        "order: 1\nseed: 7\nbeats:\n- id: look\n  run: kubectl get nodes\n  until: now\n";

    fn compiled(structure: &str, prose: &str) -> Result<(u32, Lesson), Vec<String>> {
        let manifests = Files::new();
        let source = Source {
            id: "demo",
            structure,
            lang: "en",
            prose,
            manifests: &manifests,
        };
        compile(source, &|markdown| markdown.trim().to_owned())
    }

    #[test]
    fn a_lesson_is_structure_and_prose() {
        let prose = "# Nodes\n\nAbout nodes.\n\n## look: Three of them\n\nCount.\n";
        let (order, lesson) = compiled(STRUCTURE, prose).unwrap();
        assert_eq!(order, 1);
        assert_eq!(
            (lesson.title.as_str(), lesson.intro.as_str()),
            ("Nodes", "About nodes.")
        );
        assert_eq!(lesson.beats[0].title, "Three of them");
        assert_eq!(lesson.beats[0].until, Until::Now);
        assert!(rehearse(&lesson).is_ok());
    }

    #[test]
    fn problems_name_file_and_key() {
        let check = |structure: &str, prose: &str, expected: &[&str]| {
            assert_eq!(compiled(structure, prose).unwrap_err(), expected);
        };
        check(
            STRUCTURE,
            "# N\n",
            &["demo/en.md: there is no section `## look: …`"],
        );
        check(
            STRUCTURE,
            "## look: L\nx\n## lok: L\nx\n",
            &[
                "demo/en.md: the first line is not `# Title`",
                "demo/en.md: section `lok` belongs to no beat",
            ],
        );
        let missing = STRUCTURE.replace("seed: 7\n", "");
        check(
            &missing,
            "# N\n",
            &["demo/lesson.yaml: missing field `seed`"],
        );
    }
}
