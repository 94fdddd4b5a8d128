//! The reducer: what the page knows, and what each message changes. It knows no browser; what is to
//! be done outside comes back as effects.

mod fetched;

use std::rc::Rc;

use cluster::map::Map;

use cluster::Subject;
use lesson::pack::Refused;
use lesson::{Action, Heading, Lesson};
use words::{Lang, PRINTED_MAX};

use crate::compare::names;
use crate::explain::{plain, sentence};
use crate::run::{BeatState, Run, Saved};
use crate::settings::{SPEEDS, Settings, Theme};
use crate::stage::tools::Tool;
use crate::terminal::log::{Part, parts};

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
