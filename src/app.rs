//! The root of the app: hands messages to the reducer, does what it asks for outside, and lays out
//! the panels.

use std::cell::Cell;
use std::rc::Rc;

use gloo::events::{EventListener, EventListenerOptions};
use gloo::timers::callback::Timeout;
use lesson::pack::{self, Refused};
use wasm_bindgen::JsCast;
use web_sys::KeyboardEvent;
use words::Lang;
use yew::prelude::*;

use crate::caption::Caption;
use crate::compare::{difference, names, sides};
use crate::editor::Editor;
use crate::explain::rich;
use crate::header::Header;
use crate::help::Help;
use crate::inspector::{Inspector, Last};
use crate::keys::Focus;
use crate::lanes::{Lanes, lanes};
use crate::lesson_panel::LessonPanel;
use crate::promises::Promises;
use crate::run::Run;
use crate::stage::{Moment, Stage};
use crate::state::{Effect, Msg, Notice, State};
use crate::terminal::Terminal;
use crate::timeline_bar::TimelineBar;
use crate::{keys, page, store};

/// Milliseconds between two announcements.
const ANNOUNCE_EVERY: u32 = 1_500;
/// Sentences of one announcement at most.
const ANNOUNCED_MAX: usize = 3;
/// Milliseconds from a change to its being stored.
const SAVE_AFTER: u32 = 300;

/// The root component.
pub(crate) struct App {
    state: State,
    /// Sends a message here; the same callback always, so that panels see no change in it.
    send: Callback<Msg>,
    tick: Option<Timeout>,
    save: Option<Timeout>,
    announce: Option<Timeout>,
    /// What is announced at present.
    said: String,
    /// What the shortcuts need to know of the settings.
    chosen: Rc<Cell<(bool, usize)>>,
    _keys: Option<EventListener>,
    _leaving: Option<EventListener>,
    _drops: Option<[EventListener; 2]>,
}

/// What [`App`] needs.
#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    /// The language to begin with.
    pub(crate) lang: Lang,
}

/// A message of the reducer, or one about the root itself.
#[derive(Debug)]
pub(crate) enum Event {
    /// For the reducer.
    Msg(Msg),
    /// Time to store the run, if it has changed.
    Save,
    /// Time to announce what has not been said.
    Announce,
}

impl Component for App {
    type Message = Event;
    type Properties = Props;

    fn create(ctx: &Context<App>) -> App {
        let (state, effects) = State::new(page::settings(), ctx.props().lang);
        let send = ctx.link().callback(Event::Msg);
        let chosen = Rc::default();
        let mut app = App {
            state,
            send: send.clone(),
            tick: None,
            save: None,
            announce: None,
            said: String::new(),
            chosen: Rc::clone(&chosen),
            _drops: page::listen_to_drops(send.clone()),
            _leaving: page::listen_to_leaving(ctx.link().callback(|()| Event::Save)),
            _keys: listen_to_keys(send, chosen),
        };
        app.perform(ctx, effects);
        app
    }

    fn update(&mut self, ctx: &Context<App>, event: Event) -> bool {
        match event {
            Event::Msg(msg) => {
                let retime = !matches!(
                    msg,
                    Msg::Words(..)
                        | Msg::Lang(_)
                        | Msg::Theme(_)
                        | Msg::Select(_)
                        | Msg::Tool(_)
                        | Msg::NextTool
                );
                let effects = self.state.update(msg);
                self.perform(ctx, effects);
                if retime {
                    self.plan_tick(ctx);
                }
                self.plan_announcement(ctx);
                true
            }
            Event::Save => {
                if self.save.take().is_some() {
                    self.store(ctx);
                }
                false
            }
            Event::Announce => {
                self.announce = None;
                self.announce()
            }
        }
    }

    fn view(&self, _: &Context<App>) -> Html {
        let state = &self.state;
        let words = state.lang().words();
        let run = state.run.as_ref();
        let timeline = run.map(Run::timeline);
        html! {
            <div class="app" data-app="" data-playing={state.playing.to_string()}
                data-frame={timeline.map(|t| t.cursor().to_string())}
                data-frames={timeline.map(|t| t.frames().len().to_string())}
                data-branch={timeline.map(|t| t.branch().to_string())}
                data-rest={run.map(|run| run.at_rest().to_string())}>
                <a class="skip" href="#lesson">{words.skip_to_lesson}</a>
                <Header lang={state.lang()} theme={state.settings.theme} send={&self.send} />
                {self.main()}
                <Help lang={state.lang()} open={state.help} single_keys={state.settings.single_keys} send={&self.send} />
                <p id="narration" class="unseen" role="log" aria-live="polite">{&self.said}</p>
            </div>
        }
    }
}

impl App {
    fn main(&self) -> Html {
        let state = &self.state;
        let (lang, words) = (state.lang(), state.lang().words());
        let (Some(run), Some(lesson)) = (&state.run, &state.lesson) else {
            return html! { <main class="loading">{self.loading()}</main> };
        };
        let timeline = run.timeline();
        let moment = Moment::of(timeline);
        let names = names(lang, run);
        let sides = sides(lang, run, &names, &self.send);
        html! {
            <main class={classes!("panels", sides.is_some().then_some("comparing"), state.selected.is_some().then_some("inspecting"), (state.editor.is_some() || timeline.editing().is_some()).then_some("editing"))}>
                <LessonPanel {lang} lesson={lesson.clone()} contents={state.contents()} next={state.next_lesson()}
                    beat={run.beat()} beat_state={run.beat_state()} explained={run.explained()} rewound={run.rewound()}
                    asks={run.asks(lesson)} answer={run.answer().to_owned()} right={run.right(lesson)} hints={run.hints()} at_rest={run.at_rest()}
                    deed={run.deed(lesson).map(|step| lang.reason(&step.reason))} just_play={state.settings.just_play} from_file={state.settings.from_file.clone()}
                    playing={state.playing} problem={state.problem.is_some()} send={&self.send} />
                <section id="stage" class="stage-panel" aria-labelledby="stage-title">
                    <h2 id="stage-title" class="unseen">{words.stage}</h2>
                    if let Some(sides) = sides.clone() {
                        {sides}
                    } else {
                        <Stage {lang} moment={moment.clone()} selected={state.selected.clone()}
                            asked={run.pointable(lesson).to_vec()} pointed_at={run.pointed_at(lesson).map(str::to_owned)} answer={run.answer().to_owned()} tool={state.tool} send={&self.send} />
                    }
                    if let Some(subject) = state.selected.clone() {
                        <Inspector {lang} last={run.last_about(&subject).map(|number| (number, Rc::clone(&timeline.frames()[number]))).map(Last)} {subject} moment={moment.clone()} send={&self.send} />
                    }
                </section>
                if sides.is_none() {
                    <Caption {lang} moment={moment.clone()} at_rest={run.at_rest()} />
                }
                {self.notice()}
                <TimelineBar {lang} {moment} cursor={timeline.cursor()} frames={timeline.frames().len()}
                    marks={run.marks()} branches={names.clone()} branch={timeline.branch()}
                    playing={state.playing} at_rest={run.at_rest()} speed={state.speed()} send={&self.send}>
                    <Promises {lang} promises={run.promises()} send={&self.send} />
                    <Lanes {lang} lanes={lanes(timeline.frames())} cursor={timeline.cursor()} frames={timeline.frames().len()} differs={run.other().and_then(|(_, differs)| differs)} />
                    {difference(lang, run, &names, &self.send)}
                </TimelineBar>
                {self.editor(run)}
                <Terminal {lang} entries={timeline.entries().cloned().collect::<Vec<_>>()} history={Rc::new(timeline.lines().map(str::to_owned).collect::<Vec<_>>())}
                    shell={timeline.shell()} files={Rc::clone(timeline.files())} moment={Moment::of(timeline)} cursor={timeline.cursor()}
                    past={!timeline.at_end()} busy={timeline.busy()} playing={state.playing} wanted={run.wanted(lesson)} tables={state.settings.tables} send={&self.send} />
            </main>
        }
    }

    /// The editor, if a command waits for it or a file is open in it.
    fn editor(&self, run: &Run) -> Html {
        let timeline = run.timeline();
        let waited = timeline
            .editing()
            .map(|(file, text)| (file.to_owned(), text.to_owned(), Vec::new()));
        let open = waited.or_else(|| {
            let file = self.state.editor.clone()?;
            let text = timeline.file(&file).unwrap_or_default();
            Some((file, text, timeline.file_names()))
        });
        open.map_or_else(Html::default, |(file, text, files)| html! {
            <Editor lang={self.state.lang()} {file} {text} {files} moment={Moment::of(timeline)} busy={timeline.busy()} send={&self.send} />
        })
    }

    fn loading(&self) -> Html {
        let words = self.state.lang().words();
        match &self.state.problem {
            None => html! { <p role="status">{words.loading}</p> },
            Some(problem) => html! {
                <div role="alert">
                    <p>{words.load_failed}</p>
                    <pre>{problem}</pre>
                    <button type="button" class="primary" onclick={self.on(Msg::Retry)}>{words.retry}</button>
                </div>
            },
        }
    }

    fn notice(&self) -> Html {
        let lang = self.state.lang();
        let words = lang.words();
        let text = self.state.notice.as_ref().map(|notice| match notice {
            Notice::Forked { at, .. } => lang.forked(*at),
            Notice::StoreDamaged => words.store_damaged.to_owned(),
            Notice::Crashed => words.crashed.to_owned(),
            Notice::StoreFull => words.store_full.to_owned(),
            Notice::Refused(file, Refused::NoLesson(problem)) => lang.no_lesson(file, problem),
            Notice::Refused(file, Refused::OtherVersion(format)) => {
                lang.other_version(file, format)
            }
        });
        let old = match self.state.notice {
            Some(Notice::Forked { old, .. }) => Some(old),
            _ => None,
        };
        html! {
            <div id="notice" class="notice" role="status" hidden={text.is_none()}>
                if let Some(text) = text {
                    <p>{rich(&text)}</p>
                    if let Some(old) = old {
                        <button type="button" onclick={self.on(Msg::Branch(old))}>{words.back_to_old}</button>
                    }
                    <button type="button" onclick={self.on(Msg::Dismiss)}>{words.dismiss}</button>
                }
            </div>
        }
    }

    fn on(&self, msg: Msg) -> Callback<MouseEvent> {
        let send = self.send.clone();
        Callback::from(move |_| send.emit(msg.clone()))
    }

    fn perform(&mut self, ctx: &Context<App>, effects: Vec<Effect>) {
        let link = ctx.link();
        for effect in effects {
            match effect {
                Effect::FetchWords(lang) => link.send_future(async move {
                    let path = Lang::address(lang);
                    Event::Msg(Msg::Words(lang, page::fetch_text(&path).await))
                }),
                Effect::FetchContents(lang) => link.send_future(async move {
                    let path = ["lessons/index.", lang, ".json"].concat();
                    Event::Msg(Msg::Contents(lang, page::fetch(&path).await))
                }),
                Effect::KeepFile(text) => {
                    if !store::set_file(&text) {
                        link.send_message(Event::Msg(Msg::StoreFailed));
                    }
                }
                Effect::FetchLesson(id, lang) if id.starts_with(pack::PREFIX) => {
                    let lesson = store::file(&id, lang).map(Box::new);
                    let lesson = lesson.ok_or_else(String::new);
                    link.send_message(Event::Msg(Msg::Lesson(id, lang, lesson)));
                }
                Effect::FetchLesson(id, lang) => link.send_future(async move {
                    let path = ["lessons/", &id, ".", lang, ".json"].concat();
                    let lesson = page::fetch(&path).await.map(Box::new);
                    Event::Msg(Msg::Lesson(id, lang, lesson))
                }),
                Effect::Opened => {
                    let id = self.state.lesson.as_ref().map(|lesson| lesson.id.clone());
                    let (saved, notice) = store::run(&id.unwrap_or_default());
                    link.send_message(Event::Msg(Msg::Restored(saved, notice)));
                }
                Effect::Settings => {
                    let settings = &self.state.settings;
                    self.chosen.set((settings.single_keys, settings.speed));
                    store::set_settings(&self.state.settings);
                    page::apply(&self.state.settings, self.state.lang());
                }
                Effect::Save => {
                    if self.save.is_none() {
                        let link = link.clone();
                        let save = Timeout::new(SAVE_AFTER, move || link.send_message(Event::Save));
                        self.save = Some(save);
                    }
                }
                Effect::ShowStage => page::show("stage"),
                Effect::SetAside(lesson) => store::set_aside(&lesson),
            }
        }
    }

    fn store(&self, ctx: &Context<App>) {
        if let (Some(run), Some(lesson)) = (&self.state.run, &self.state.lesson)
            && !store::set_run(&lesson.id, run.save())
            && self.state.notice.is_none()
            && !self.state.store_failed
        {
            ctx.link().send_message(Event::Msg(Msg::StoreFailed));
        }
    }

    fn plan_tick(&mut self, ctx: &Context<App>) {
        self.tick = self.state.playing.then(|| {
            let link = ctx.link().clone();
            let pause = self.state.pause_ms() as u32;
            Timeout::new(pause, move || link.send_message(Event::Msg(Msg::Tick)))
        });
    }

    fn plan_announcement(&mut self, ctx: &Context<App>) {
        if self.announce.is_none() && !self.state.unsaid.is_empty() {
            let link = ctx.link().clone();
            let tell = move || link.send_message(Event::Announce);
            self.announce = Some(Timeout::new(ANNOUNCE_EVERY, tell));
        }
    }

    fn announce(&mut self) -> bool {
        let unsaid = std::mem::take(&mut self.state.unsaid);
        let first = unsaid.len().saturating_sub(ANNOUNCED_MAX);
        let said = self.state.lang().join(&unsaid[first..]);
        let changed = said != self.said;
        self.said = said;
        changed
    }
}

/// Shortcuts. `chosen` has what the reader chose about them: whether single characters are ones, and
/// the speed.
fn listen_to_keys(send: Callback<Msg>, chosen: Rc<Cell<(bool, usize)>>) -> Option<EventListener> {
    let document = web_sys::window()?.document()?;
    let options = EventListenerOptions::enable_prevent_default();
    let listen = move |event: &web_sys::Event| {
        let Some(key) = event.dyn_ref::<KeyboardEvent>() else {
            return;
        };
        if key.default_prevented() || key.ctrl_key() || key.alt_key() || key.meta_key() {
            return;
        }
        let (characters, speed) = chosen.get();
        let name = key.key();
        let focus = keys::focus(key);
        if let Some(msg) = keys::meaning(&name, focus, characters, speed) {
            // Escape also closes dialogs.
            if name != "Escape" {
                key.prevent_default();
            }
            if !key.repeat() || !keys::once(&msg) {
                send.emit(msg);
            }
        } else if key.repeat() && name == "Enter" && focus == Focus::Pressing {
            key.prevent_default();
        }
    };
    Some(EventListener::new_with_options(
        &document, "keydown", options, listen,
    ))
}
