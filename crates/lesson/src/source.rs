//! Lessons as an author writes them, checked and made ready for the page.
//!
//! A lesson is a folder with `lesson.yaml` (structure) and one Markdown file a language, keyed by the
//! beats' ids. [`compile`] turns both into a [`Lesson`], or says what is wrong, with file, line and key.

mod problems;
mod prose;
mod structure;
#[cfg(test)]
mod tests;

use kubectl::Files;

use crate::document::{Beat, Lesson, Until};
use crate::question::{Challenge, Prediction};
use problems::Problems;
use prose::{Prose, Section};
use structure::PredictStructure;

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
/// Everything that is wrong, each with file, line and key.
pub fn compile(
    source: Source<'_>,
    render: &dyn Fn(&str) -> String,
) -> Result<(u32, Lesson), Vec<String>> {
    let mut problems = Problems::new(source);
    let Some((structure, beats)) = problems.read_structure() else {
        return Err(problems.found);
    };
    let prose = Prose::parse(source.prose);
    problems.check_prose(&prose, &beats);
    problems.check_questions(&prose, &beats);
    let lesson = Lesson {
        id: source.id.to_owned(),
        lang: source.lang.to_owned(),
        title: prose.title.to_owned(),
        intro: render(&prose.intro),
        seed: structure.seed,
        nodes: structure.nodes,
        files: problems.manifests(&structure.files),
        setup: structure.setup,
        sandbox: structure.sandbox,
        beats: beats
            .into_iter()
            .filter_map(|beat| {
                let section = prose.sections.get(beat.id.as_str())?;
                Some(Beat {
                    title: section.title.to_owned(),
                    text: render(&section.text),
                    predict: beat.predict.map(|asked| prediction(asked, section, render)),
                    challenge: beat.challenge.map(|at| challenge(at, section, render)),
                    big: section.part("big", "").map(|part| part.title.to_owned()),
                    id: beat.id,
                    run: beat.run,
                    fails: beat.fails,
                    deed: beat.deed,
                    until: beat.until,
                })
            })
            .collect(),
    };
    match problems.found.is_empty() {
        true => Ok((structure.order, lesson)),
        false => Err(problems.found),
    }
}

fn prediction(
    asked: PredictStructure,
    section: &Section<'_>,
    render: &dyn Fn(&str) -> String,
) -> Prediction {
    let ordered = !asked.order.is_empty();
    let (ids, cases): (Vec<String>, Vec<Until>) = asked.cases.into_iter().unzip();
    let (printing, prints): (Vec<String>, Vec<String>) = asked.prints.into_iter().unzip();
    let choices: Vec<String> = ids
        .into_iter()
        .chain(printing)
        .chain(asked.choose)
        .chain(asked.order)
        .collect();
    let label = |id: &String| section.part("choice", id).map(|part| render(part.title));
    let labels = match cases.is_empty() && prints.is_empty() {
        true => Vec::new(),
        false => choices.iter().filter_map(label).collect(),
    };
    let ask = section.part("ask", "");
    let wrong = section.parts.iter().filter(|part| part.key == "wrong");
    Prediction {
        question: ask.map_or_else(String::new, |part| {
            render(&[part.title, "\n\n", &part.text].concat())
        }),
        choices,
        labels,
        ordered,
        answer: asked.answer,
        cases,
        prints,
        replies: wrong
            .map(|part| (part.of.to_owned(), render(&part.text)))
            .collect(),
    }
}

fn challenge(at: String, section: &Section<'_>, render: &dyn Fn(&str) -> String) -> Challenge {
    let text = |key| {
        let part = section.part(key, "");
        part.map_or_else(String::new, |part| render(&part.text))
    };
    Challenge {
        goal: text("goal"),
        nudge: text("nudge"),
        point: text("point"),
        at,
    }
}
