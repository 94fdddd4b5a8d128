//! Lessons as an author writes them, checked and made ready for the page.
//!
//! A lesson is a folder with `lesson.yaml` (structure) and one Markdown file a language, keyed by the
//! beats' ids. [`compile`] turns both into a [`Lesson`], or says what is wrong, with file, line and key.

use std::collections::BTreeMap;

use kubectl::Files;
use kubectl::yaml::{Fault, Node};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::document::{Beat, Deed, Lesson, Until};
use crate::question::{Challenge, Prediction, is_answer};

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
    /// Each a [`BeatStructure`]; read one by one, so that an error names the beat.
    beats: Vec<Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct BeatStructure {
    id: String,
    run: Option<String>,
    #[serde(default)]
    fails: bool,
    /// A [`Deed`]; read by itself, so that an error names it.
    #[serde(rename = "do")]
    deed_value: Option<Value>,
    #[serde(skip)]
    deed: Option<Deed>,
    /// An [`Until`]; read by itself, so that an error names it.
    #[serde(rename = "until")]
    until_value: Option<Value>,
    #[serde(skip)]
    until: Until,
    predict: Option<PredictStructure>,
    /// Name of the object that the second hint points at.
    challenge: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct PredictStructure {
    /// Names to choose from.
    #[serde(default)]
    choose: Vec<String>,
    /// Names to put in order.
    #[serde(default)]
    order: Vec<String>,
    /// Statements to choose from: an id, and when it is right.
    #[serde(default)]
    cases: BTreeMap<String, Until>,
    /// Where the right answer is found.
    #[serde(default)]
    answer: String,
    /// Wrong answers that are replied to; those of `choose` and `cases` need not be listed.
    #[serde(default)]
    wrong: Vec<String>,
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
        beats: beats
            .into_iter()
            .filter_map(|beat| {
                let section = prose.sections.get(beat.id.as_str())?;
                Some(Beat {
                    title: section.title.to_owned(),
                    text: render(&section.text),
                    predict: beat.predict.map(|asked| prediction(asked, section, render)),
                    challenge: beat.challenge.map(|at| challenge(at, section, render)),
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
    let choices: Vec<String> = ids
        .into_iter()
        .chain(asked.choose)
        .chain(asked.order)
        .collect();
    let label = |id: &String| section.part("choice", id).map(|part| render(part.title));
    let labels = match cases.is_empty() {
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

/// What is wrong with a lesson, as it is found.
struct Problems<'a> {
    source: Source<'a>,
    /// `lesson.yaml`, once it is read.
    root: Option<Node>,
    found: Vec<String>,
}

impl<'a> Problems<'a> {
    fn new(source: Source<'a>) -> Problems<'a> {
        Problems {
            source,
            root: None,
            found: Vec::new(),
        }
    }

    /// Something is wrong in `lesson.yaml`: at this line, if it is known.
    fn in_structure(&mut self, line: Option<usize>, what: String) {
        let line = line.map_or_else(String::new, |line| format!("{line}:"));
        let id = self.source.id;
        self.found.push(format!("{id}/lesson.yaml:{line} {what}"));
    }

    fn in_prose(&mut self, line: usize, what: String) {
        let Source { id, lang, .. } = self.source;
        self.found.push(format!("{id}/{lang}.md:{line}: {what}"));
    }

    fn read_structure(&mut self) -> Option<(Structure, Vec<BeatStructure>)> {
        let mut stream = kubectl::yaml::read(self.source.structure);
        if let Some(Fault {
            position, problem, ..
        }) = stream.fault
        {
            self.in_structure(Some(position.line), problem);
            return None;
        }
        if stream.documents.len() != 1 {
            let what = format!("one document is expected, not {}", stream.documents.len());
            self.in_structure(None, what);
            return None;
        }
        let document = stream.documents.remove(0);
        for (key, position) in &document.duplicates {
            self.in_structure(Some(position.line), format!("`{key}` is there twice"));
        }
        self.root = Some(document.root);
        let mut structure: Structure = self.decode(self.root.as_ref()?.to_value(), "")?;
        let beats = self.beats(std::mem::take(&mut structure.beats));
        self.found.is_empty().then_some((structure, beats))
    }

    fn beats(&mut self, values: Vec<Value>) -> Vec<BeatStructure> {
        if values.is_empty() {
            self.at_key("beats", "a lesson has at least one beat");
        }
        let mut beats: Vec<BeatStructure> = Vec::new();
        for (index, value) in values.into_iter().enumerate() {
            let key = format!("beats[{index}]");
            let Some(mut beat) = self.decode::<BeatStructure>(value, &key) else {
                continue;
            };
            if let Some(until) = beat.until_value.take() {
                let until = self.decode::<Until>(until, &format!("{key}.until"));
                beat.until = until.unwrap_or_default();
            }
            if let Some(deed) = beat.deed_value.take() {
                beat.deed = self.decode::<Deed>(deed, &format!("{key}.do"));
            }
            if beat.run.is_some() && beat.deed.is_some() {
                self.at_key(&format!("{key}.do"), "a beat has `run` or `do`, not both");
            }
            if beat.fails && beat.run.is_none() {
                self.at_key(&format!("{key}.fails"), "there is no command to fail");
            }
            if beats.iter().any(|other| other.id == beat.id) {
                self.at_key(
                    &format!("{key}.id"),
                    &format!("`{}` is there twice", beat.id),
                );
            }
            beats.push(beat);
        }
        beats
    }

    /// Reads what is at a key.
    fn decode<T: DeserializeOwned>(&mut self, value: Value, key: &str) -> Option<T> {
        match serde_json::from_value(value) {
            Ok(value) => Some(value),
            Err(error) => {
                let what = error.to_string();
                // serde names the field it stumbled over first, between backticks.
                let field = what.split('`').nth(1).unwrap_or_default();
                let line = self.line(&format!("{key}.{field}"));
                let separator = if key.is_empty() { "" } else { ": " };
                self.in_structure(line, format!("{key}{separator}{what}"));
                None
            }
        }
    }

    /// The line of a key, or of the nearest thing around it that is there.
    fn line(&self, key: &str) -> Option<usize> {
        self.root.as_ref().map(|root| root.locate(key).line)
    }

    fn at_key(&mut self, key: &str, what: &str) {
        self.in_structure(self.line(key), format!("{key}: {what}"));
    }

    fn manifests(&mut self, names: &[String]) -> BTreeMap<String, String> {
        let mut files = BTreeMap::new();
        for (index, name) in names.iter().enumerate() {
            match self.source.manifests.get(name) {
                Some(text) => {
                    files.insert(name.clone(), text.clone());
                }
                None => {
                    let what = format!("there is no manifest `{name}`");
                    self.at_key(&format!("files[{index}]"), &what);
                }
            }
        }
        files
    }

    fn check_prose(&mut self, prose: &Prose<'_>, beats: &[BeatStructure]) {
        if prose.title.is_empty() {
            self.in_prose(1, "the first line is not `# Title`".to_owned());
        }
        for (line, id) in &prose.repeated {
            self.in_prose(*line, format!("section `{id}` is there twice"));
        }
        for beat in beats {
            match prose.sections.get(beat.id.as_str()) {
                None => {
                    let what = format!("there is no section `## {}: …`", beat.id);
                    self.in_prose(prose.lines, what);
                }
                Some(section) if section.title.is_empty() => {
                    self.in_prose(section.line, format!("section `{}` has no title", beat.id));
                }
                Some(section) if section.text.trim().is_empty() => {
                    self.in_prose(section.line, format!("section `{}` has no text", beat.id));
                }
                Some(_) => {}
            }
        }
        for (id, section) in &prose.sections {
            if beats.iter().all(|beat| beat.id != *id) {
                let what = format!("section `{id}` belongs to no beat");
                self.in_prose(section.line, what);
            }
        }
    }
}

/// Questions.
impl Problems<'_> {
    /// Every question has its words, and no words are without a question.
    fn check_questions(&mut self, prose: &Prose<'_>, beats: &[BeatStructure]) {
        for (index, beat) in beats.iter().enumerate() {
            let key = format!("beats[{index}]");
            let mut wanted: Vec<(&str, &str)> = Vec::new();
            if let Some(asked) = &beat.predict {
                self.check_prediction(&format!("{key}.predict"), asked);
                wanted.push(("ask", ""));
                wanted.extend(asked.cases.keys().map(|id| ("choice", id.as_str())));
                wanted.extend(asked.wrong.iter().map(|wrong| ("wrong", wrong.as_str())));
                if asked.choose.is_empty() && asked.cases.is_empty() {
                    wanted.push(("wrong", ""));
                }
            }
            if beat.challenge.is_some() {
                wanted.extend([("goal", ""), ("nudge", ""), ("point", "")]);
                if beat.run.is_none() {
                    self.at_key(
                        &format!("{key}.challenge"),
                        "there is no model solution in `run`",
                    );
                }
            }
            let Some(section) = prose.sections.get(beat.id.as_str()) else {
                continue;
            };
            for (part, of) in &wanted {
                if section.part(part, of).is_none() {
                    let what = format!("section `{}` has no `### {}`", beat.id, name(part, of));
                    self.in_prose(section.line, what);
                }
            }
            for part in &section.parts {
                // What is wrong of the choices only playing tells.
                let chosen = beat.predict.as_ref().is_some_and(|asked| {
                    part.key == "wrong"
                        && (part.of.is_empty()
                            || asked.cases.contains_key(part.of)
                            || asked.choose.iter().any(|choice| choice == part.of))
                });
                if !chosen && !wanted.contains(&(part.key, part.of)) {
                    let what = format!("nothing asks for `### {}`", name(part.key, part.of));
                    self.in_prose(part.line, what);
                }
                let said = if matches!(part.key, "ask" | "choice") {
                    part.title
                } else {
                    part.text.trim()
                };
                if said.is_empty() {
                    let what = format!("`### {}` says nothing", name(part.key, part.of));
                    self.in_prose(part.line, what);
                }
            }
        }
    }

    fn check_prediction(&mut self, key: &str, asked: &PredictStructure) {
        let kinds = [
            !asked.choose.is_empty(),
            !asked.order.is_empty(),
            !asked.cases.is_empty(),
        ];
        if kinds.into_iter().filter(|there| *there).count() > 1 {
            self.at_key(
                key,
                "only one of `choose`, `order` and `cases` can be asked",
            );
        }
        let known = is_answer(&asked.answer);
        match (asked.cases.is_empty(), known) {
            (true, false) => {
                let what = format!("there is no answer `{}`", asked.answer);
                self.at_key(&format!("{key}.answer"), &what);
            }
            (false, _) if !asked.answer.is_empty() => {
                self.at_key(&format!("{key}.answer"), "`cases` say what is right");
            }
            _ => {}
        }
    }
}

/// The heading of a part: its key, and what it is about.
fn name(key: &str, of: &str) -> String {
    match of {
        "" => format!("{key}:"),
        of => format!("{key} {of}:"),
    }
}

/// A lesson's text, cut at its headings: `# Title`, then `## id: Title of the beat`, and within a beat
/// `### key: Text` for questions.
struct Prose<'a> {
    title: &'a str,
    intro: String,
    sections: BTreeMap<&'a str, Section<'a>>,
    /// Line and id of sections whose id was there before.
    repeated: Vec<(usize, &'a str)>,
    /// How many lines there are.
    lines: usize,
}

struct Section<'a> {
    line: usize,
    title: &'a str,
    text: String,
    parts: Vec<Part<'a>>,
}

/// What is said about a question.
struct Part<'a> {
    line: usize,
    /// `ask`, `choice`, `wrong`, `goal`, `nudge` or `point`.
    key: &'a str,
    /// The answer that it is about, if it is about one.
    of: &'a str,
    title: &'a str,
    text: String,
}

impl<'a> Section<'a> {
    fn part(&self, key: &str, of: &str) -> Option<&Part<'a>> {
        let mut parts = self.parts.iter();
        parts.find(|part| part.key == key && part.of == of)
    }

    /// A new part, begun by a heading.
    fn begin(&mut self, line: usize, heading: &'a str) {
        let (head, title) = heading.split_once(':').unwrap_or((heading, ""));
        let (key, of) = head.trim().split_once(' ').unwrap_or((head.trim(), ""));
        self.parts.push(Part {
            line,
            key,
            of: of.trim(),
            title: title.trim(),
            text: String::new(),
        });
    }
}

impl<'a> Prose<'a> {
    fn parse(text: &'a str) -> Prose<'a> {
        let mut prose = Prose {
            title: "",
            intro: String::new(),
            sections: BTreeMap::new(),
            repeated: Vec::new(),
            lines: text.lines().count().max(1),
        };
        let mut current: Option<&str> = None;
        for (index, line) in text.lines().enumerate() {
            if let Some(title) = line.strip_prefix("# ")
                && index == 0
            {
                prose.title = title.trim();
            } else if let Some(heading) = line.strip_prefix("## ") {
                current = Some(prose.begin(index + 1, heading));
            } else {
                let section = current.and_then(|id| prose.sections.get_mut(id));
                if let Some(heading) = line.strip_prefix("### ")
                    && let Some(section) = section
                {
                    section.begin(index + 1, heading);
                    continue;
                }
                let text = match section {
                    None => &mut prose.intro,
                    Some(section) => match section.parts.last_mut() {
                        None => &mut section.text,
                        Some(part) => &mut part.text,
                    },
                };
                text.push_str(line);
                text.push('\n');
            }
        }
        prose
    }

    /// A new section; gives its id.
    fn begin(&mut self, line: usize, heading: &'a str) -> &'a str {
        let (id, title) = heading.split_once(':').unwrap_or((heading, ""));
        let section = Section {
            line,
            title: title.trim(),
            text: String::new(),
            parts: Vec::new(),
        };
        let id = id.trim();
        if self.sections.insert(id, section).is_some() {
            self.repeated.push((line, id));
        }
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rehearsal::rehearse;

    const STRUCTURE: &str =
        "order: 1\nseed: 7\nbeats:\n- id: look\n  run: kubectl get nodes\n  until: now\n";
    const PROSE: &str = "# Nodes\n\nAbout nodes.\n\n## look: Three of them\n\nCount.\n";

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
        let (order, lesson) = compiled(STRUCTURE, PROSE).unwrap();
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
    fn problems_of_the_text_name_file_line_and_section() {
        let check = |prose: &str, expected: &[&str]| {
            assert_eq!(compiled(STRUCTURE, prose).unwrap_err(), expected);
        };
        check("# N\n", &["demo/en.md:1: there is no section `## look: …`"]);
        check(
            "\n## look: L\nx\n## lok: L\nx\n",
            &[
                "demo/en.md:1: the first line is not `# Title`",
                "demo/en.md:4: section `lok` belongs to no beat",
            ],
        );
        check(
            "# N\n## look: L\n\n",
            &["demo/en.md:2: section `look` has no text"],
        );
        check(
            "# N\n## look\nx\n",
            &["demo/en.md:2: section `look` has no title"],
        );
        check(
            "# N\n## look: L\nx\n## look: L\nx\n",
            &["demo/en.md:4: section `look` is there twice"],
        );
    }

    #[test]
    fn problems_of_the_structure_name_file_line_and_key() {
        let check = |old: &str, new: &str, expected: &str| {
            assert!(STRUCTURE.contains(old), "{old}");
            let found = compiled(&STRUCTURE.replace(old, new), PROSE).unwrap_err();
            assert!(
                found.len() == 1 && found[0].starts_with(expected),
                "{found:?} should be {expected}"
            );
        };
        check("seed: 7\n", "", "demo/lesson.yaml:1: missing field `seed`");
        check(
            "seed: 7\n",
            "seed: 7\nsede: 8\n",
            "demo/lesson.yaml:3: unknown field `sede`",
        );
        check(
            "order: 1\n",
            "order: 1\norder: 2\n",
            "demo/lesson.yaml:2: `order` is there twice",
        );
        check(
            "  until: now\n",
            "  untill: now\n",
            "demo/lesson.yaml:6: beats[0]: unknown field `untill`",
        );
        check(
            "  until: now\n",
            "- id: b\n  until: later\n",
            "demo/lesson.yaml:7: beats[1].until: unknown variant `later`",
        );
        check(
            "- id: look\n",
            "- name: look\n",
            "demo/lesson.yaml:4: beats[0]: unknown field `name`",
        );
        check(
            "  run: kubectl get nodes\n",
            "  do:\n    unredy: web-0\n",
            "demo/lesson.yaml:6: beats[0].do: unknown variant `unredy`",
        );
        check(
            "  until: now\n",
            "  do:\n    ready: web-0\n",
            "demo/lesson.yaml:6: beats[0].do: a beat has `run` or `do`, not both",
        );
        check(
            "  run: kubectl get nodes\n",
            "  fails: true\n",
            "demo/lesson.yaml:5: beats[0].fails: there is no command to fail",
        );
        check(
            "  until: now\n",
            "  until: now\n- id: look\n",
            "demo/lesson.yaml:7: beats[1].id: `look` is there twice",
        );
        check(
            "beats:\n",
            "files:\n- a.yaml\nbeats:\n",
            "demo/lesson.yaml:4: files[0]: there is no manifest `a.yaml`",
        );
        check("beats:\n", "beats: [\n", "demo/lesson.yaml:4: ");
        check(
            "order: 1\n",
            "order: one\n",
            "demo/lesson.yaml:1: invalid type: string \"one\"",
        );
    }

    #[test]
    fn questions_have_their_words() {
        let structure = |asked: &str| STRUCTURE.replace("  until: now\n", asked);
        let prose = |parts: &str| [PROSE, parts].concat();
        let check = |asked: &str, parts: &str, expected: &str| {
            let found = compiled(&structure(asked), &prose(parts)).unwrap_err();
            assert!(
                found.len() == 1 && found[0].starts_with(expected),
                "{found:?}"
            );
        };
        let asked = "  predict:\n    choose: [a, none]\n    answer: nextCreated\n";
        let words = "### ask: Which?\n### wrong a:\nNot a.\n";
        let (_, lesson) = compiled(&structure(asked), &prose(words)).unwrap();
        let predict = lesson.beats[0].predict.as_ref().unwrap();
        assert_eq!(
            (predict.question.as_str(), predict.reply("a")),
            ("Which?", Some("Not a."))
        );
        assert_eq!(
            lesson.beats[0].text, "Count.",
            "the parts are no text of the beat"
        );
        assert!(rehearse(&lesson).is_ok());
        check(asked, "", "demo/en.md:5: section `look` has no `### ask:`");
        check(asked, "### ask:\n", "demo/en.md:8: `### ask:` says nothing");
        check(
            "",
            words.split_once('\n').unwrap().0,
            "demo/en.md:8: nothing asks for `### ask:`",
        );
        check(
            asked,
            &words.replace("wrong a", "wrong b"),
            "demo/en.md:9: nothing asks for `### wrong b:`",
        );
        check(
            "  predict: {answer: pods, wrong: ['3']}\n",
            "### ask: How many?\n### wrong:\nNo.\n",
            "demo/en.md:5: section `look` has no `### wrong 3:`",
        );
        check(
            "  predict: {answer: cows}\n",
            "### ask: How many?\n### wrong:\nNo.\n",
            "demo/lesson.yaml:6: beats[0].predict.answer: there is no answer `cows`",
        );
    }

    #[test]
    fn what_is_right_is_found_by_playing() {
        let check = |asked: &str, parts: &str, expected: &str| {
            let structure = STRUCTURE.replace("  until: now\n", asked);
            let prose = [PROSE, "### ask: Which?\n", parts].concat();
            let found = rehearse(&compiled(&structure, &prose).unwrap().1).unwrap_err();
            assert!(found.ends_with(expected), "{found}");
        };
        let choose = "  predict: {choose: [a, none], answer: nextCreated}\n";
        check(choose, "", "there is no `### wrong a:` to reply");
        check(
            choose,
            "### wrong none:\nx\n",
            "`none` is right, but is replied to as wrong",
        );
        let pods = "  predict: {answer: pods, wrong: ['0']}\n";
        check(
            pods,
            "### wrong:\nx\n### wrong 0:\nx\n",
            "`0` is right, but is replied to as wrong",
        );
        let cases =
            "  predict:\n    cases:\n      there: {podExists: a}\n      two: {nodesReady: 2}\n";
        let words = "### choice there: It is\n### choice two: Two\n### wrong:\nx\n";
        check(cases, words, "nothing that happens is the right answer");
    }

    #[test]
    fn a_challenge_is_solved_by_its_command_and_by_nothing_else() {
        let words = "### goal:\nx\n### nudge:\nx\n### point:\nx\n";
        let played = |until: &str| {
            let structure = STRUCTURE.replace(
                "until: now",
                &["challenge: node-1\n  until: ", until].concat(),
            );
            rehearse(&compiled(&structure, &[PROSE, words].concat()).unwrap().1).map(|_| ())
        };
        let solved = played("{nodesReady: 3}").unwrap_err();
        assert!(
            solved.ends_with("challenge: its goal is met before anything is done"),
            "{solved}"
        );
        let never = played("{podExists: a}").unwrap_err();
        assert!(never.ends_with("never comes true"), "{never}");
    }
}
