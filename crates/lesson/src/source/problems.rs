//! What is wrong with a lesson, as it is found: each with file, line and key.

use std::collections::BTreeMap;

use kubectl::yaml::{Fault, Node};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Source;
use super::prose::Prose;
use super::structure::{BeatStructure, PredictStructure, Structure};
use crate::document::{Deed, Until};
use crate::question::is_answer;

/// What is wrong with a lesson, as it is found.
pub(super) struct Problems<'a> {
    source: Source<'a>,
    /// `lesson.yaml`, once it is read.
    root: Option<Node>,
    pub(super) found: Vec<String>,
}

impl<'a> Problems<'a> {
    pub(super) fn new(source: Source<'a>) -> Problems<'a> {
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

    pub(super) fn read_structure(&mut self) -> Option<(Structure, Vec<BeatStructure>)> {
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

    pub(super) fn manifests(&mut self, names: &[String]) -> BTreeMap<String, String> {
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

    pub(super) fn check_prose(&mut self, prose: &Prose<'_>, beats: &[BeatStructure]) {
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
    pub(super) fn check_questions(&mut self, prose: &Prose<'_>, beats: &[BeatStructure]) {
        for (index, beat) in beats.iter().enumerate() {
            let key = format!("beats[{index}]");
            let mut wanted: Vec<(&str, &str)> = Vec::new();
            if let Some(asked) = &beat.predict {
                self.check_prediction(&format!("{key}.predict"), asked);
                wanted.push(("ask", ""));
                let stated = asked.cases.keys().chain(asked.prints.keys());
                wanted.extend(stated.map(|id| ("choice", id.as_str())));
                wanted.extend(asked.wrong.iter().map(|wrong| ("wrong", wrong.as_str())));
                if asked.choose.is_empty() && asked.cases.is_empty() && asked.prints.is_empty() {
                    wanted.push(("wrong", ""));
                }
            }
            if beat.challenge.is_some() {
                wanted.extend([("goal", ""), ("nudge", ""), ("point", "")]);
                if beat.run.is_none() && beat.deed.is_none() {
                    self.at_key(
                        &format!("{key}.challenge"),
                        "there is no model solution in `run` or `do`",
                    );
                }
            }
            if beat.big {
                wanted.push(("big", ""));
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
                            || asked.prints.contains_key(part.of)
                            || asked.choose.iter().any(|choice| choice == part.of))
                });
                if !chosen && !wanted.contains(&(part.key, part.of)) {
                    let what = format!("nothing asks for `### {}`", name(part.key, part.of));
                    self.in_prose(part.line, what);
                }
                let said = if matches!(part.key, "ask" | "choice" | "big") {
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
            !asked.prints.is_empty(),
        ];
        if kinds.into_iter().filter(|there| *there).count() > 1 {
            self.at_key(
                key,
                "only one of `choose`, `order`, `cases` and `prints` can be asked",
            );
        }
        let known = is_answer(&asked.answer);
        match (asked.cases.is_empty() && asked.prints.is_empty(), known) {
            (true, false) => {
                let what = format!("there is no answer `{}`", asked.answer);
                self.at_key(&format!("{key}.answer"), &what);
            }
            (false, _) if !asked.answer.is_empty() => {
                self.at_key(
                    &format!("{key}.answer"),
                    "`cases` or `prints` say what is right",
                );
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
