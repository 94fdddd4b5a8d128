//! The reducer: what the page knows, and what each message changes. It knows no browser; what is to
//! be done outside comes back as effects.

use cluster::map::Map;
use std::rc::Rc;

use cluster::Subject;
use lesson::json::{Fields, FromJson};
use lesson::pack::{self, Refused};
use lesson::{Action, Heading, Lesson};
use serde::Serialize;
use serde_json::Value;
use words::{Lang, PRINTED_MAX};

use crate::compare::names;
use crate::explain::{plain, sentence};
use crate::run::{BeatState, Run, Saved};
use crate::stage::tools::Tool;
use crate::terminal::log::{Part, parts};

/// How light the page is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names say it")]
pub(crate) enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    /// All of them.
    pub(crate) const ALL: [Theme; 3] = [Theme::System, Theme::Light, Theme::Dark];

    /// As in the page's `data-theme`.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }
}

/// What a reader chose, whatever the lesson.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Settings {
    /// Code of the language of everything.
    pub(crate) lang: String,
    /// How light the page is.
    pub(crate) theme: Theme,
    /// Whether single keys are shortcuts (WCAG 2.1.4).
    pub(crate) single_keys: bool,
    /// Whether tables in the terminal are shown as such.
    pub(crate) tables: bool,
    /// Index into [`SPEEDS`].
    pub(crate) speed: usize,
    /// The lesson that was open last.
    pub(crate) lesson: Option<String>,
    /// The lesson that was opened from a file last.
    pub(crate) from_file: Option<Heading>,
    /// Whether the goals of sandboxes are put away.
    pub(crate) just_play: bool,
}

impl FromJson for Settings {
    /// What is missing, or can't be read, is as at first.
    fn from_json(value: Value) -> Option<Settings> {
        let mut fields = Fields::of(value)?;
        let first = Settings::default();
        let single_keys: Option<bool> = fields.take("single_keys").unwrap_or_default();
        let theme: String = fields.take("theme").unwrap_or_default();
        let theme = Theme::ALL.into_iter().find(|known| known.code() == theme);
        Some(Settings {
            lang: fields.take("lang").unwrap_or(first.lang),
            theme: theme.unwrap_or_default(),
            single_keys: single_keys.unwrap_or(first.single_keys),
            speed: fields.take("speed").unwrap_or(first.speed),
            tables: fields.take("tables").unwrap_or(first.tables),
            lesson: fields.take("lesson").unwrap_or(first.lesson),
            from_file: fields.take("from_file").unwrap_or(first.from_file),
            just_play: fields.take("just_play").unwrap_or(first.just_play),
        })
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            lang: String::new(),
            theme: Theme::default(),
            single_keys: true,
            tables: false,
            speed: 2,
            lesson: None,
            from_file: None,
            just_play: false,
        }
    }
}

/// Speeds of playing: a name, and the percentage.
pub(crate) const SPEEDS: [(&str, u64); 6] = [
    ("0.25", 25),
    ("0.5", 50),
    ("1", 100),
    ("2", 200),
    ("4", 400),
    ("8", 800),
];

/// Shortest pause between two frames, in milliseconds at speed 1: an eye must be able to follow.
const PAUSE_MIN: u64 = 420;
/// Longest pause: silence is skipped, the clock tells how long it was.
const PAUSE_MAX: u64 = 1_500;

/// Hints that a challenge has; then its solution is run.
pub(crate) const HINTS: usize = 3;

/// Something to tell the reader once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Notice {
    /// A new branch began at this time; the old one has this number.
    Forked { at: cluster::Time, old: usize },
    /// What was stored of the lesson can't be read.
    StoreDamaged,
    /// The page stopped at what was stored.
    Crashed,
    /// The browser refuses to store.
    StoreFull,
    /// The file of this name is not opened, and why.
    Refused(String, Refused),
}

/// What to do outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Fetch the words of the language of this code.
    FetchWords(&'static str),
    /// Fetch the table of contents in a language.
    FetchContents(&'static str),
    /// Keep the file of a lesson, so that it is there when the page is loaded again.
    KeepFile(String),
    /// Fetch a lesson in a language.
    FetchLesson(String, &'static str),
    /// The lesson that is shown changed: look for a stored run, show its address.
    Opened,
    /// Settings changed: store them, and tell the page around the app.
    Settings,
    /// The run changed: store it soon.
    Save,
    /// A beat began: bring the picture into view.
    ShowStage,
    /// What is stored of this lesson can't be used: keep it under another name.
    SetAside(String),
}

/// What can happen to the page.
#[derive(Clone, Debug)]
#[allow(missing_docs, reason = "the names say it")]
pub(crate) enum Msg {
    Words(&'static str, Result<String, String>),
    Contents(&'static str, Result<Vec<Heading>, String>),
    Lesson(String, &'static str, Result<Box<Lesson>, String>),
    Retry,
    Open(String),
    /// A file was read: its name, and what is in it.
    File(String, Result<String, String>),
    /// Whether the goals of sandboxes are put away.
    JustPlay(bool),
    /// A stored run was looked for, and how that went.
    Restored(Option<Saved>, Option<Notice>),
    StoreFailed,

    Lang(&'static str),
    Theme(Theme),
    SingleKeys(bool),
    Help(bool),
    Dismiss,

    /// It is time for the next frame.
    Tick,
    TogglePlay,
    Forward,
    Back,
    Seek(usize),
    Start,
    End,
    Speed(usize),
    Branch(usize),
    /// Whether two branches are looked at side by side.
    Compare(bool),
    /// One branch is looked at, at a frame.
    GoTo(usize, usize),

    RunBeat,
    NextBeat,
    PreviousBeat,
    GoToBeat(usize),
    StartOver,
    /// An answer to what is asked, or its choice taken back.
    Answer(String),

    Command(String),
    Interrupt,
    /// The editor opens this file, the first one if it has no name, or is closed.
    EditFile(Option<String>),
    /// The editor writes a file: its name and the text.
    Save(String, String),
    /// Whether tables in the terminal are shown as such.
    Tables(bool),
    /// Something is done from outside: with the tool in hand, or to solve a challenge.
    Do(Action),
    SwitchReadiness(String, bool),
    Select(Option<Subject>),
    /// A tool is picked up; the one in hand is put down.
    Tool(Option<Tool>),
    /// The next tool is picked up.
    NextTool,
}

/// What the page knows.
#[derive(Debug)]
pub(crate) struct State {
    /// What the reader chose.
    pub(crate) settings: Settings,
    /// The language that is shown.
    lang: Lang,
    /// Code of the one that is wanted; its words may still be on their way.
    wanted: &'static str,
    /// The languages whose words are there.
    langs: Vec<Lang>,
    /// Tables of contents, by language.
    contents: Map<&'static str, Rc<Vec<Heading>>>,
    /// Lessons fetched, by id and language.
    lessons: Map<(String, &'static str), Rc<Lesson>>,
    /// The lesson that is shown, in whatever language was there first.
    pub(crate) lesson: Option<Rc<Lesson>>,
    /// The run of it.
    pub(crate) run: Option<Run>,
    /// Whether time goes on by itself.
    pub(crate) playing: bool,
    /// Whether the reader stopped time by hand, so that commands don't start it again.
    paused: bool,
    /// The file in the editor.
    pub(crate) editor: Option<String>,
    /// The object being inspected.
    pub(crate) selected: Option<Subject>,
    /// The tool in hand.
    pub(crate) tool: Option<Tool>,
    /// Whether the help is open.
    pub(crate) help: bool,
    /// Something to tell.
    pub(crate) notice: Option<Notice>,
    /// Whether the reader was told that nothing can be stored.
    pub(crate) store_failed: bool,
    /// Why nothing can be shown.
    pub(crate) problem: Option<String>,
    /// What is to be announced: sentences of frames played since the last announcement.
    pub(crate) unsaid: Vec<String>,
}

impl State {
    /// A page with these settings, in this language; nothing else is fetched yet.
    pub(crate) fn new(mut settings: Settings, lang: Lang) -> (State, Vec<Effect>) {
        let wanted = lang.code();
        settings.lang = wanted.to_owned();
        let mut effects = vec![Effect::Settings, Effect::FetchContents(wanted)];
        if let Some(lesson) = &settings.lesson {
            effects.push(Effect::FetchLesson(lesson.clone(), wanted));
        }
        let state = State {
            settings,
            lang,
            wanted,
            langs: vec![lang],
            contents: Map::new(),
            lessons: Map::new(),
            lesson: None,
            run: None,
            playing: false,
            paused: false,
            editor: None,
            selected: None,
            tool: None,
            help: false,
            notice: None,
            store_failed: false,
            problem: None,
            unsaid: Vec::new(),
        };
        (state, effects)
    }

    /// The language of the page.
    pub(crate) fn lang(&self) -> Lang {
        self.lang
    }

    /// The table of contents, in whatever language is there.
    pub(crate) fn contents(&self) -> Rc<Vec<Heading>> {
        let wanted = self.contents.get(&self.wanted);
        let any = wanted.or_else(|| self.contents.values().next());
        any.cloned().unwrap_or_default()
    }

    /// The lesson after the one that is shown.
    pub(crate) fn next_lesson(&self) -> Option<Heading> {
        let contents = self.contents();
        let shown = &self.lesson.as_ref()?.id;
        let at = contents.iter().position(|heading| heading.id == *shown)?;
        contents.get(at + 1).cloned()
    }

    /// Milliseconds until the next frame is due.
    pub(crate) fn pause_ms(&self) -> u64 {
        let gap = self.run.as_ref().and_then(Run::until_next).unwrap_or(0);
        let pause = (PAUSE_MIN + gap).min(PAUSE_MAX);
        pause * 100 / SPEEDS[self.speed()].1
    }

    /// Index into [`SPEEDS`].
    pub(crate) fn speed(&self) -> usize {
        self.settings.speed.min(SPEEDS.len() - 1)
    }

    /// Lets a message change the state, and says what to do outside.
    pub(crate) fn update(&mut self, msg: Msg) -> Vec<Effect> {
        match msg {
            Msg::Words(code, result) => return self.words_came(code, result),
            Msg::Contents(lang, result) => return self.contents_came(lang, result),
            Msg::Lesson(id, lang, result) => return self.lesson_came(id, lang, result),
            Msg::Retry => return self.retry(),
            Msg::Open(id) => return self.open(id),
            Msg::File(name, text) => return self.file_came(name, text),
            Msg::JustPlay(on) => {
                self.settings.just_play = on;
                return vec![Effect::Settings];
            }
            Msg::Restored(saved, notice) => return self.restored(saved.as_ref(), notice),
            Msg::StoreFailed => {
                self.store_failed = true;
                self.notice = Some(Notice::StoreFull);
            }

            Msg::Lang(lang) => return self.speak(lang),
            Msg::Theme(theme) => {
                self.settings.theme = theme;
                return vec![Effect::Settings];
            }
            Msg::SingleKeys(on) => {
                self.settings.single_keys = on;
                return vec![Effect::Settings];
            }
            Msg::Speed(speed) => {
                self.settings.speed = speed.min(SPEEDS.len() - 1);
                return vec![Effect::Settings];
            }
            Msg::Tables(on) => {
                self.settings.tables = on;
                return vec![Effect::Settings];
            }
            Msg::EditFile(file) => self.edit(file),
            Msg::Help(open) => self.help = open,
            Msg::Dismiss => self.notice = None,
            Msg::Select(None) if self.tool.is_some() => self.tool = None,
            Msg::Select(None) if self.compares() => return self.play(Msg::Compare(false)),
            Msg::Select(subject) => return self.select(subject),
            Msg::Tool(tool) => self.tool = tool.filter(|_| self.tool != tool),
            Msg::NextTool => self.tool = Tool::next(self.tool),

            msg => return self.play(msg),
        }
        Vec::new()
    }

    /// The messages that change the run.
    fn play(&mut self, msg: Msg) -> Vec<Effect> {
        let (Some(run), Some(lesson)) = (&mut self.run, self.lesson.clone()) else {
            return Vec::new();
        };
        let lesson = &*lesson;
        let frame = (run.timeline().branch(), run.timeline().cursor());
        let beside = run.beside();
        let mut effects = vec![Effect::Save];
        let mut forked = false;
        let mut printed = None;
        if matches!(self.notice, Some(Notice::Forked { .. })) && !matches!(msg, Msg::Tick) {
            self.notice = None;
        }
        match msg {
            Msg::Tick if self.playing => {
                let moved = run.forward(lesson);
                self.playing = moved && !run.at_beat_end() && !run.at_rest();
            }
            // At rest there is nothing to play, and so nothing to stop by hand.
            Msg::TogglePlay if self.playing || !run.at_rest() => {
                self.playing = !self.playing;
                self.paused = !self.playing;
            }
            Msg::Forward => {
                self.paused |= self.playing;
                self.playing = false;
                run.forward(lesson);
            }
            Msg::Back => {
                self.paused |= self.playing;
                self.playing = false;
                run.back();
            }
            Msg::Seek(cursor) => {
                self.paused |= self.playing;
                self.playing = false;
                run.seek(cursor);
            }
            Msg::Start => {
                self.playing = false;
                run.seek(0);
            }
            Msg::End => {
                self.playing = false;
                run.seek(usize::MAX);
            }
            Msg::Branch(branch) => {
                self.playing = false;
                self.notice = None;
                run.switch_branch(branch);
                run.begin_challenge(lesson);
            }
            Msg::GoTo(branch, frame) => {
                run.compare(false);
                run.switch_branch(branch);
                run.seek(frame);
            }
            Msg::Compare(on) => {
                self.playing = false;
                self.selected = None;
                self.tool = None;
                run.compare(on);
                effects = vec![Effect::ShowStage];
            }
            Msg::RunBeat if run.beat_state() == BeatState::Ahead => {
                forked = run.begin_beat(lesson);
                self.playing = run.beat_state() != BeatState::Done;
                self.paused = false;
                effects.push(Effect::ShowStage);
            }
            Msg::NextBeat | Msg::PreviousBeat if lesson.sandbox && self.settings.just_play => {}
            Msg::NextBeat => return self.next_beat(),
            Msg::PreviousBeat if lesson.sandbox => {
                run.go_to_beat(lesson, run.beat().saturating_sub(1));
            }
            Msg::PreviousBeat => {
                self.playing = false;
                run.previous_beat();
            }
            Msg::GoToBeat(beat) if lesson.sandbox => run.go_to_beat(lesson, beat),
            Msg::GoToBeat(beat) => {
                self.playing = false;
                run.go_to_beat(lesson, beat);
            }
            Msg::StartOver => {
                self.playing = false;
                run.start_over();
            }
            Msg::Answer(answer) => {
                run.answer_with(lesson, &answer);
            }
            Msg::Command(line) => {
                let was_over = run.beat_state() == BeatState::Done;
                let opens = opened(&line);
                forked = run.act(lesson, Action::Command(line));
                printed = run.printed();
                if let Some(file) = opens.filter(|_| run.succeeded()) {
                    self.editor = Some(file);
                }
                let just_over = !was_over && run.beat_state() == BeatState::Done;
                // Looking at things does not let time go on.
                if run.stirred() {
                    self.playing = !self.paused && !just_over && !run.at_rest();
                }
            }
            Msg::Save(file, text) => {
                let waited = run.timeline().editing().is_some();
                forked = run.act(lesson, Action::Save { file, text });
                printed = run.printed().filter(|_| waited);
                if run.stirred() {
                    self.playing = !self.paused && !run.at_rest();
                }
            }
            Msg::Interrupt => forked = run.act(lesson, Action::Interrupt),
            Msg::Do(deed) => {
                self.tool = None;
                forked = run.act(lesson, deed);
                self.playing = !self.paused && !run.at_rest();
            }
            Msg::SwitchReadiness(pod, ready) => {
                forked = run.act(lesson, Action::SwitchReadiness { pod, ready });
                self.playing = !self.paused && !run.at_rest();
            }
            _ => {}
        }
        if forked {
            let timeline = run.timeline();
            let old = timeline.parent(timeline.branch());
            self.notice = Some(Notice::Forked {
                at: run.now(),
                old: old.map_or(0, |(branch, _)| branch),
            });
        }
        self.narrate(frame);
        self.narrate_beside(beside);
        if let Some(printed) = printed {
            self.unsaid.push(told(self.lang(), &printed));
        }
        effects
    }

    /// Next: at an unfinished beat it is played, or if it is playing its end is shown at once; then
    /// comes the next beat, and after the last one the next lesson.
    fn next_beat(&mut self) -> Vec<Effect> {
        let (Some(run), Some(lesson)) = (&mut self.run, self.lesson.clone()) else {
            return Vec::new();
        };
        match run.beat_state() {
            BeatState::Ahead => return self.play(Msg::RunBeat),
            BeatState::Going if self.playing => {
                let frame = (run.timeline().branch(), run.timeline().cursor());
                run.finish_beat(&lesson);
                self.playing = false;
                self.narrate(frame);
            }
            // Nothing happens by itself in a challenge: a hint, and at last the solution.
            BeatState::Going if run.at_rest() => {
                let beat = lesson.beats.get(run.beat());
                if run.hints() < HINTS {
                    run.hint();
                    return vec![Effect::Save];
                }
                // A sandbox may have come anywhere; from its start each solution leads to its goal.
                if lesson.sandbox {
                    run.seek_start();
                }
                if let Some(solution) =
                    beat.and_then(|beat| beat.action(&run.timeline().frame().cluster))
                {
                    return self.play(match solution {
                        Action::Command(line) => Msg::Command(line),
                        deed => Msg::Do(deed),
                    });
                }
            }
            BeatState::Going => {
                self.playing = true;
                self.paused = false;
            }
            BeatState::Done if run.next_beat(&lesson) => {
                self.playing = run.beat_state() == BeatState::Going;
                if self.playing {
                    return vec![Effect::Save, Effect::ShowStage];
                }
            }
            BeatState::Done => {
                if let Some(next) = self.next_lesson() {
                    return self.open(next.id);
                }
            }
        }
        vec![Effect::Save]
    }

    /// Opens a file in the editor, or closes it.
    fn edit(&mut self, file: Option<String>) {
        let first = || {
            let names = self.run.as_ref()?.timeline().file_names();
            Some(
                names
                    .into_iter()
                    .next()
                    .unwrap_or_else(|| "new.yaml".to_owned()),
            )
        };
        self.editor = match file {
            Some(name) if name.is_empty() => first(),
            file => file,
        };
    }

    /// Keeps what the frame now looked at says, to be announced.
    fn narrate(&mut self, before: (usize, usize)) {
        let Some(run) = &self.run else { return };
        let timeline = run.timeline();
        if (timeline.branch(), timeline.cursor()) == before {
            return;
        }
        let one_on = before.0 == timeline.branch() && before.1 + 1 == timeline.cursor();
        if !one_on {
            self.unsaid.clear();
        }
        if let Some(step) = run.step() {
            self.unsaid.push(plain(&sentence(self.lang, step)));
        }
    }

    /// Whether two branches are looked at side by side.
    fn compares(&self) -> bool {
        self.run.as_ref().is_some_and(|run| run.beside().is_some())
    }

    /// Keeps what another branch says that is looked at beside this one, if it is another frame than
    /// before.
    fn narrate_beside(&mut self, before: Option<(usize, usize)>) {
        let beside = self.run.as_ref().and_then(Run::beside);
        if let (Some(run), Some((branch, number))) =
            (&self.run, beside.filter(|_| beside != before))
            && let Some(frame) = run.timeline().frames_of(branch).get(number)
            && let Some(step) = &frame.step
        {
            let name = &names(self.lang, run)[branch];
            let told = plain(&sentence(self.lang, step));
            self.unsaid.push(self.lang.comma(name, &told));
        }
    }

    fn words_came(&mut self, code: &'static str, result: Result<String, String>) -> Vec<Effect> {
        match result.and_then(|words| Lang::read(code, words)) {
            Ok(lang) => self.langs.push(lang),
            Err(problem) if code == self.wanted => self.problem = Some(problem),
            Err(_) => {}
        }
        self.speak_wanted();
        vec![Effect::Settings]
    }

    /// Speaks the wanted language if its words are there.
    fn speak_wanted(&mut self) -> bool {
        let found = self.langs.iter().find(|lang| lang.code() == self.wanted);
        self.lang = found.copied().unwrap_or(self.lang);
        self.unsaid.clear();
        found.is_some()
    }

    fn contents_came(
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

    fn lesson_came(
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

    fn restored(&mut self, saved: Option<&Saved>, notice: Option<Notice>) -> Vec<Effect> {
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
    fn open(&mut self, id: String) -> Vec<Effect> {
        self.settings.lesson = Some(id.clone());
        let mut effects = vec![Effect::Settings];
        effects.extend(self.want_lesson(id));
        effects
    }

    /// Opens the lesson of a file, or says why not; then everything stays as it is.
    fn file_came(&mut self, name: String, text: Result<String, String>) -> Vec<Effect> {
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

    fn want_lesson(&mut self, id: String) -> Vec<Effect> {
        let lang = self.wanted;
        match self.lessons.get(&(id.clone(), lang)).cloned() {
            Some(lesson) => self.lesson_came(id, lang, Ok(Box::new((*lesson).clone()))),
            None => vec![Effect::FetchLesson(id, lang)],
        }
    }

    fn retry(&mut self) -> Vec<Effect> {
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

    fn speak(&mut self, code: &'static str) -> Vec<Effect> {
        self.wanted = code;
        self.settings.lang = code.to_owned();
        let mut effects = self.retry();
        effects.push(Effect::Settings);
        effects
    }

    fn select(&mut self, subject: Option<Subject>) -> Vec<Effect> {
        // While something is asked, pointing at an object answers.
        if let (Some(run), Some(lesson), Some(subject)) = (&mut self.run, &self.lesson, &subject)
            && run
                .pointable(lesson)
                .iter()
                .any(|name| **name == *subject.name)
        {
            run.answer_with(lesson, &subject.name);
            return vec![Effect::Save];
        }
        // Clicking what is selected lets go of it.
        let same = subject.is_some() && self.selected == subject;
        self.selected = subject.filter(|_| !same);
        Vec::new()
    }
}

/// The file that a line opens in the editor: `vi web.yaml`.
fn opened(line: &str) -> Option<String> {
    let mut words = line.split_whitespace();
    let program = words.next()?;
    let file = words.find(|word| !word.starts_with(['-', '+']))?;
    let file = file.strip_prefix("./").unwrap_or(file);
    kubectl::EDITORS.contains(&program).then(|| file.to_owned())
}

/// What a command printed, for who can't see it: of much only how much.
fn told(lang: Lang, printed: &str) -> String {
    let found = parts(printed);
    let rows = found.iter().map(|part| match part {
        Part::Table(rows) => rows.len() - 1,
        Part::Text(_) => 0,
    });
    let text = lang.printed(printed);
    match rows.sum() {
        rows if rows > 0 && printed.lines().count() > PRINTED_MAX => {
            lang.comma(&text, &lang.table_rows(rows))
        }
        _ => text,
    }
}
