//! What comes from outside: words, tables of contents and lessons that were asked for, files that a
//! reader opens, and what was stored.

use std::rc::Rc;

use lesson::pack::{self, Refused};
use lesson::{Heading, Lesson};
use words::Lang;

use super::{Effect, Notice, State};
use crate::run::{Run, Saved};

impl State {
    pub(super) fn words_came(
        &mut self,
        code: &'static str,
        result: Result<String, String>,
    ) -> Vec<Effect> {
        match result.and_then(|words| Lang::read(code, words)) {
            Ok(lang) => self.langs.push(lang),
            Err(problem) if code == self.wanted => self.problem = Some(problem),
            Err(_) => {}
        }
        self.speak_wanted();
        vec![Effect::Settings]
    }

    /// Speaks the wanted language if its words are there.
    pub(super) fn speak_wanted(&mut self) -> bool {
        let found = self.langs.iter().find(|lang| lang.code() == self.wanted);
        self.lang = found.copied().unwrap_or(self.lang);
        self.unsaid.clear();
        found.is_some()
    }

    pub(super) fn contents_came(
        &mut self,
        lang: &'static str,
        result: Result<Vec<Heading>, String>,
    ) -> Vec<Effect> {
        match result {
            Err(problem) => {
                self.problem.get_or_insert(problem);
                Vec::new()
            }
            Ok(contents) => {
                let first = contents.first().map(|heading| heading.id.clone());
                let known = |id: &String| contents.iter().any(|heading| heading.id == *id);
                let there = |id: &String| known(id) || id.starts_with(pack::PREFIX);
                let wanted = self.settings.lesson.as_ref().is_some_and(there);
                self.contents.insert(lang, Rc::new(contents));
                match first {
                    // No lesson was asked for, or one that isn't there.
                    Some(first) if !wanted => self.open(first),
                    _ => Vec::new(),
                }
            }
        }
    }

    pub(super) fn lesson_came(
        &mut self,
        id: String,
        lang: &'static str,
        result: Result<Box<Lesson>, String>,
    ) -> Vec<Effect> {
        let wanted = self.settings.lesson.as_ref() == Some(&id);
        let lesson = match result {
            Ok(lesson) => Rc::from(lesson),
            // The browser has lost the file.
            Err(_) if wanted && id.starts_with(pack::PREFIX) => {
                self.settings.from_file = None;
                self.settings.lesson = None;
                let first = self.contents().first().map(|heading| heading.id.clone());
                return first.map(|first| self.open(first)).unwrap_or_default();
            }
            Err(problem) => {
                if wanted {
                    self.problem = Some(problem);
                }
                return Vec::new();
            }
        };
        self.lessons.insert((id, lang), Rc::clone(&lesson));
        if !wanted || lang != self.wanted {
            return Vec::new();
        }
        if self.lang.code() == self.wanted {
            self.problem = None;
        }
        let same = self
            .lesson
            .as_ref()
            .is_some_and(|shown| shown.id == lesson.id);
        if same {
            // The same lesson in another language: the run goes on.
            self.lesson = Some(lesson);
            return Vec::new();
        }
        self.playing = false;
        self.paused = false;
        self.selected = None;
        self.notice = None;
        self.run = Some(Run::new(&lesson));
        self.lesson = Some(lesson);
        vec![Effect::Opened]
    }

    pub(super) fn restored(
        &mut self,
        saved: Option<&Saved>,
        notice: Option<Notice>,
    ) -> Vec<Effect> {
        self.notice = notice;
        let (Some(saved), Some(lesson)) = (saved, &self.lesson) else {
            return Vec::new();
        };
        match Run::restore(lesson, saved) {
            Some(run) => {
                self.run = Some(run);
                Vec::new()
            }
            None => {
                self.notice = Some(Notice::StoreDamaged);
                vec![Effect::SetAside(lesson.id.clone())]
            }
        }
    }

    /// Shows a lesson, fetching it if need be.
    pub(super) fn open(&mut self, id: String) -> Vec<Effect> {
        self.settings.lesson = Some(id.clone());
        let mut effects = vec![Effect::Settings];
        effects.extend(self.want_lesson(id));
        effects
    }

    /// Opens the lesson of a file, or says why not; then everything stays as it is.
    pub(super) fn file_came(&mut self, name: String, text: Result<String, String>) -> Vec<Effect> {
        let read = text.map_err(Refused::NoLesson);
        let read = read.and_then(|text| Ok((pack::read(&text)?, text)));
        let (lessons, text) = match read {
            Ok(read) => read,
            Err(refused) => {
                self.notice = Some(Notice::Refused(name, refused));
                return Vec::new();
            }
        };
        let Some(lesson) = pack::choose(&lessons, self.wanted) else {
            return Vec::new();
        };
        let id = lesson.id.clone();
        // There may have been another file of the same lesson.
        self.lessons.retain(|(known, _), _| *known != id);
        self.settings.from_file = Some(Heading {
            id: id.clone(),
            title: lesson.title.clone(),
            number: 0,
        });
        self.settings.lesson = Some(id.clone());
        self.lesson = None;
        let mut effects = vec![Effect::KeepFile(text), Effect::Settings];
        effects.extend(self.lesson_came(id, self.wanted, Ok(Box::new(lesson.clone()))));
        effects
    }

    pub(super) fn want_lesson(&mut self, id: String) -> Vec<Effect> {
        let lang = self.wanted;
        match self.lessons.get(&(id.clone(), lang)).cloned() {
            Some(lesson) => self.lesson_came(id, lang, Ok(Box::new((*lesson).clone()))),
            None => vec![Effect::FetchLesson(id, lang)],
        }
    }

    pub(super) fn retry(&mut self) -> Vec<Effect> {
        self.problem = None;
        let mut effects = Vec::new();
        if !self.speak_wanted() {
            effects.push(Effect::FetchWords(self.wanted));
        }
        if !self.contents.contains_key(&self.wanted) {
            effects.push(Effect::FetchContents(self.wanted));
        }
        if let Some(id) = self.settings.lesson.clone() {
            effects.extend(self.want_lesson(id));
        }
        effects
    }

    pub(super) fn speak(&mut self, code: &'static str) -> Vec<Effect> {
        self.wanted = code;
        self.settings.lang = code.to_owned();
        let mut effects = self.retry();
        effects.push(Effect::Settings);
        effects
    }
}
