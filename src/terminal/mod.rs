//! The terminal: commands and what they printed, as of the frame being looked at; and the line being
//! typed, which knows a shell's keys, completes words and remembers what was typed before.

mod line;
pub(crate) mod log;

use std::collections::VecDeque;
use std::rc::Rc;

use gloo::events::{EventListener, EventListenerOptions};
use kubectl::{Completion, Files, Shell};
use lesson::Entry;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement, MouseEvent};
use words::Lang;
use yew::prelude::*;

use crate::page;
use crate::stage::Moment;
use crate::state::Msg;
use line::{Edit, Line};

/// What [`Terminal`] needs.
#[derive(Properties)]
pub(crate) struct Props {
    /// Language of the page.
    pub(crate) lang: Lang,
    /// What was done up to the frame being looked at.
    pub(crate) entries: Vec<Rc<Entry>>,
    /// All lines that were typed on this branch.
    pub(crate) history: Rc<Vec<String>>,
    /// The shell at the frame being looked at, and the lesson's files.
    pub(crate) shell: Shell,
    pub(crate) files: Rc<Files>,
    /// That frame.
    pub(crate) moment: Moment,
    /// Its number.
    pub(crate) cursor: usize,
    /// Whether a later frame is known.
    pub(crate) past: bool,
    /// Whether a command goes on.
    pub(crate) busy: bool,
    /// Whether time goes on.
    pub(crate) playing: bool,
    /// The command that the lesson asks for next.
    pub(crate) wanted: Option<String>,
    /// Whether tables are shown as such.
    pub(crate) tables: bool,
    /// Takes messages.
    pub(crate) send: Callback<Msg>,
}

impl PartialEq for Props {
    fn eq(&self, other: &Props) -> bool {
        let flags = |props: &Props| {
            let Props {
                cursor,
                past,
                busy,
                playing,
                tables,
                ..
            } = *props;
            (props.lang, cursor, past, busy, playing, tables)
        };
        let same = |(a, b): (&Rc<Entry>, &Rc<Entry>)| Rc::ptr_eq(a, b);
        flags(self) == flags(other)
            && self.moment == other.moment
            && self.shell == other.shell
            && self.wanted == other.wanted
            && self.history.len() == other.history.len()
            && self.entries.len() == other.entries.len()
            && self.entries.iter().zip(&other.entries).all(same)
    }
}

/// The terminal.
#[derive(Debug, Default)]
pub(crate) struct Terminal {
    line: Line,
    /// The caret is to be put where the line says.
    moved: bool,
    /// What was cut last.
    killed: String,
    /// The line of the history that is shown, and what had been typed before.
    back: Option<(usize, String)>,
    /// What is searched in the history, and the line found.
    search: Option<(Line, Option<usize>)>,
    /// What the last Tab could not decide between; shown after the second.
    choices: Vec<String>,
    listed: bool,
    /// Escape was pressed: Tab leaves.
    leaving: bool,
    /// Pasted commands, before and after they were agreed to.
    pasted: Vec<String>,
    asking: bool,
    queue: VecDeque<String>,
    /// Entries cleared away: those before this number.
    cleared: usize,
    /// What is told to those who can't see it.
    said: String,
    input: NodeRef,
    /// What agrees to run pasted lines.
    agree: NodeRef,
    log: NodeRef,
    /// Lines on screen, to scroll when there are more.
    shown: usize,
    _clicks: Option<EventListener>,
}

/// What can happen to the terminal.
#[derive(Debug)]
pub(crate) enum Input {
    /// The line is this now.
    Line(Line),
    /// A key was pressed in it.
    Key(Key, Line),
    /// A proposed word was chosen.
    Word(String),
    /// The line is to be run.
    Run,
    /// Stop what goes on.
    Interrupt,
    /// Many lines were pasted.
    Pasted(Vec<String>),
    /// They shall be run, or not.
    Agreed(bool),
}

/// Keys that are ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    Enter,
    Earlier,
    Later,
    Interrupt,
    Clear,
    Tab,
    Escape,
    Search,
    Exit,
    Edit(Edit),
}

/// Words proposed at most, and told at most.
const WORDS_MAX: usize = 8;
const TOLD_MAX: usize = 20;

impl Component for Terminal {
    type Message = Input;
    type Properties = Props;

    fn create(_: &Context<Terminal>) -> Terminal {
        Terminal {
            _clicks: listen_to_clicks(),
            ..Terminal::default()
        }
    }

    fn changed(&mut self, ctx: &Context<Terminal>, old: &Props) -> bool {
        let props = ctx.props();
        // Lines that wait were meant for the time at which they were pasted: it is asked again
        // whether they are to be run at an earlier one, or in another lesson.
        if props.past || props.history.len() < old.history.len() {
            self.pasted.extend(self.queue.drain(..));
        }
        self.run_next(props);
        true
    }

    fn update(&mut self, ctx: &Context<Terminal>, input: Input) -> bool {
        let props = ctx.props();
        match input {
            Input::Line(line) => self.typed(line, props),
            Input::Key(key, line) => {
                match &mut self.search {
                    Some((query, _)) => *query = line,
                    None => self.line = line,
                }
                self.key(key, props);
            }
            Input::Word(word) => {
                let completion = complete(&self.line, props);
                self.put(completion.from, &word);
            }
            Input::Run => self.run(props),
            Input::Interrupt => {
                self.queue.clear();
                props.send.emit(Msg::Interrupt);
            }
            Input::Pasted(lines) => {
                self.pasted = lines;
                self.asking = true;
            }
            Input::Agreed(agreed) => {
                let lines = std::mem::take(&mut self.pasted);
                if !agreed {
                    self.queue.clear();
                } else if lines.is_empty() {
                    props.send.emit(Msg::TogglePlay);
                } else {
                    self.queue.extend(lines);
                    self.run_next(props);
                }
                self.moved = true;
                self.focus();
            }
        }
        true
    }

    fn view(&self, ctx: &Context<Terminal>) -> Html {
        let props = ctx.props();
        let (lang, words) = (props.lang, props.lang.words());
        let entries = props.entries.iter();
        let entries = entries.skip(self.cleared.min(props.entries.len()));
        let blocks =
            entries.filter_map(|entry| log::block(lang, entry, props.cursor, props.tables));
        let hint = match (props.busy, props.playing, props.past) {
            (true, true, _) => Some(words.goes_on),
            (true, false, _) => Some(words.goes_on_paused),
            (false, _, true) => Some(words.in_the_past),
            _ => None,
        };
        html! {
            <section id="terminal" class="terminal" aria-labelledby="terminal-title">
                <h2 id="terminal-title" class="unseen">{words.terminal}</h2>
                <div class="screen" ref={&self.log} tabindex="0" role="log" aria-live="off" aria-labelledby="terminal-title" data-own-keys="">
                    <ol id="terminal-log" class="log">{for blocks}</ol>
                    if self.listed {
                        <ul id="terminal-choices" class="choices" lang="en" translate="no">{for self.choices.iter().map(|word| html! { <li>{word}</li> })}</ul>
                    }
                </div>
                {self.question(ctx)}
                {self.prompt(ctx, hint.is_some())}
                {self.words(ctx)}
                if let Some(hint) = hint {
                    <p id="terminal-hint" class="hint">{hint}</p>
                }
                <p id="terminal-help" class="unseen">{words.tab_leaves}</p>
                <p id="terminal-said" class="unseen" role="status">{&self.said}</p>
            </section>
        }
    }

    fn rendered(&mut self, ctx: &Context<Terminal>, _: bool) {
        let props = ctx.props();
        if std::mem::take(&mut self.moved)
            && let Some(input) = self.input.cast::<HtmlInputElement>()
        {
            let units = self.shown_line().units();
            let _ = input.set_selection_range(units, units);
        }
        if std::mem::take(&mut self.asking)
            && let Some(agree) = self.agree.cast::<HtmlElement>()
        {
            let _ = agree.focus();
        }
        let chunks = |entry: &Rc<Entry>| entry.output_at(props.cursor).count() + 1;
        let shown = props.entries.iter().map(chunks).sum::<usize>() + usize::from(self.listed);
        if shown != self.shown {
            self.shown = shown;
            if let Some(log) = self.log.cast::<Element>() {
                page::scroll_to_end(&log);
            }
        }
    }
}

// What is seen.
impl Terminal {
    /// The line that is in the field: what is typed, or searched.
    fn shown_line(&self) -> &Line {
        self.search.as_ref().map_or(&self.line, |(query, _)| query)
    }

    fn prompt(&self, ctx: &Context<Terminal>, hint: bool) -> Html {
        let (props, link) = (ctx.props(), ctx.link());
        let words = props.lang.words();
        let typed =
            link.callback(|event: InputEvent| Input::Line(line_of(&event.target_unchecked_into())));
        // Prevented here and now: the message comes too late for that.
        let tab = !self.leaving && !self.line.text.trim().is_empty() && self.search.is_none();
        let searching = self.search.is_some();
        let pressed = link.batch_callback(move |event: KeyboardEvent| {
            let key = meaning(&event, searching).filter(|key| *key != Key::Tab || tab)?;
            if key != Key::Escape {
                event.prevent_default();
            }
            Some(Input::Key(key, line_of(&event.target_unchecked_into())))
        });
        let pasted = link.batch_callback(|event: Event| {
            let event = event.dyn_into::<web_sys::ClipboardEvent>().ok()?;
            let text = event.clipboard_data()?.get_data("text").ok()?;
            let commands = line::commands(&text);
            if commands.len() < 2 && !text.trim().contains('\n') {
                return None;
            }
            event.prevent_default();
            Some(Input::Pasted(commands))
        });
        let found = self.search.as_ref().map(|(_, found)| {
            let line = found.and_then(|place| props.history.get(place));
            line.cloned().unwrap_or_default()
        });
        let described = if hint {
            "terminal-help terminal-hint"
        } else {
            "terminal-help"
        };
        html! {
            <div class="prompt">
                <label for="terminal-input">
                    if searching {
                        <span lang="en">{"(reverse-i-search)`"}</span>
                    } else {
                        <span aria-hidden="true">{props.shell.prompt()}</span>
                    }
                    <span class="unseen">{words.command}</span>
                </label>
                <input id="terminal-input" type="text" ref={&self.input} value={self.shown_line().text.clone()}
                    oninput={typed} onkeydown={pressed} onpaste={pasted} placeholder="kubectl get pods" aria-describedby={described}
                    autocomplete="off" autocapitalize="off" autocorrect="off" spellcheck="false" enterkeyhint="go" translate="no" lang="en" />
                if let Some(found) = found {
                    <output id="terminal-found" lang="en" translate="no">{"': "}{found}</output>
                }
                if props.busy {
                    <button type="button" id="interrupt" onclick={link.callback(|_| Input::Interrupt)}>{words.stop}<kbd>{"Ctrl-C"}</kbd></button>
                }
            </div>
        }
    }

    /// The likeliest next words, to be tapped; and what else there is to press.
    fn words(&self, ctx: &Context<Terminal>) -> Html {
        let (props, link) = (ctx.props(), ctx.link());
        let words = props.lang.words();
        let completion = complete(&self.line, props);
        let mut likely: Vec<&str> = completion.likeliest();
        let wanted = props.wanted.as_deref().and_then(|wanted| {
            let rest = wanted.strip_prefix(self.line.before())?;
            let end = rest.find(' ').unwrap_or(rest.len());
            let word = &wanted[completion.from..wanted.len() - rest.len() + end];
            (end > 0).then_some(word)
        });
        likely.retain(|word| Some(*word) != wanted);
        let chips = wanted.into_iter().chain(likely).take(WORDS_MAX).map(|word| {
            let chosen = word.to_owned();
            // The focus stays where it is, and so does the keyboard of a phone.
            let stay = |event: MouseEvent| event.prevent_default();
            let choose = link.callback(move |_| Input::Word(chosen.clone()));
            html! { <li key={word.to_owned()}><button type="button" tabindex="-1" lang="en" translate="no" onmousedown={stay} onclick={choose}>{word.to_owned()}</button></li> }
        });
        let open = props.send.reform(|_| Msg::EditFile(Some(String::new())));
        let tables = !props.tables;
        html! {
            <div class="tools">
                <ul id="terminal-words" class="next-words" aria-label={words.next_words}>{for chips}</ul>
                <button type="button" id="terminal-run" class="touch" onclick={link.callback(|_| Input::Run)}>{words.run_it}</button>
                <button type="button" id="tables" aria-pressed={props.tables.to_string()} onclick={props.send.reform(move |_| Msg::Tables(tables))}>{words.as_tables}</button>
                <button type="button" id="edit-files" onclick={open}>{words.files}</button>
            </div>
        }
    }

    /// Whether pasted lines are to be run, or go on to be run where time has stopped.
    fn question(&self, ctx: &Context<Terminal>) -> Html {
        let (props, link) = (ctx.props(), ctx.link());
        let lang = props.lang;
        let stopped = props.busy && !props.playing;
        let waiting = self.queue.iter().filter(|_| stopped);
        let lines: Vec<&String> = self.pasted.iter().chain(waiting).collect();
        if lines.is_empty() {
            return Html::default();
        }
        let count = lines.len();
        let lines = lines.into_iter().map(|line| html! { <li>{line}</li> });
        let keys = link.batch_callback(|event: KeyboardEvent| {
            (event.key() == "Escape").then_some(Input::Agreed(false))
        });
        html! {
            <div id="pasted" class="pasted" role="group" aria-labelledby="pasted-title" onkeydown={keys}>
                <p id="pasted-title">{lang.pasted(count)}</p>
                <ol lang="en" translate="no" tabindex="0" aria-labelledby="pasted-title">{for lines}</ol>
                <button type="button" id="pasted-run" class="primary" ref={&self.agree} onclick={link.callback(|_| Input::Agreed(true))}>{lang.words().run_it}</button>
                <button type="button" id="pasted-drop" onclick={link.callback(|_| Input::Agreed(false))}>{lang.words().cancel}</button>
            </div>
        }
    }
}

// What keys do.
impl Terminal {
    fn typed(&mut self, line: Line, props: &Props) {
        self.forget();
        match &mut self.search {
            Some((query, found)) => {
                *query = line;
                let text = query.text.clone();
                *found = line::earlier(&props.history, props.history.len(), "", |known| {
                    known.contains(&text)
                });
                self.tell_found(props);
            }
            None => {
                self.line = line;
                self.back = None;
            }
        }
    }

    /// What was proposed has been dealt with.
    fn forget(&mut self) {
        self.choices.clear();
        self.listed = false;
        self.leaving = false;
    }

    fn key(&mut self, key: Key, props: &Props) {
        if key != Key::Tab {
            self.forget();
        }
        self.moved = true;
        if self.search.is_some() && self.search_key(key, props) {
            return;
        }
        match key {
            Key::Enter => self.run(props),
            Key::Earlier => self.earlier(props),
            Key::Later => self.later(props),
            Key::Interrupt => {
                self.line = Line::default();
                self.back = None;
                self.queue.clear();
                if props.busy {
                    props.send.emit(Msg::Interrupt);
                }
            }
            Key::Clear => self.cleared = props.entries.len(),
            Key::Tab => self.complete(props),
            Key::Escape => self.leaving = true,
            Key::Search => self.search = Some((Line::default(), None)),
            Key::Exit if self.line.text.is_empty() && !props.busy && props.shell.is_inside() => {
                props.send.emit(Msg::Command("exit".to_owned()));
            }
            Key::Exit => {}
            Key::Edit(edit) => self.line.edit(edit, &mut self.killed),
        }
    }

    /// A key while the history is searched; false if it ends the search and has its usual meaning.
    fn search_key(&mut self, key: Key, props: &Props) -> bool {
        let Some((query, found)) = &mut self.search else {
            return false;
        };
        if key == Key::Search {
            let now = found.and_then(|place| props.history.get(place));
            let now = now.cloned().unwrap_or_default();
            let place = found.unwrap_or(props.history.len());
            let next = line::earlier(&props.history, place, &now, |known| {
                known.contains(&query.text)
            });
            *found = next.or(*found);
            self.tell_found(props);
            return true;
        }
        let line = found.and_then(|place| props.history.get(place)).cloned();
        self.search = None;
        if key != Key::Interrupt
            && let Some(line) = line
        {
            self.line = Line::new(line);
        }
        matches!(key, Key::Interrupt | Key::Escape | Key::Tab)
    }

    fn tell_found(&mut self, props: &Props) {
        let found = self
            .search
            .as_ref()
            .and_then(|(_, found)| props.history.get((*found)?));
        self.said = found.cloned().unwrap_or_default();
    }

    /// Runs the line.
    fn run(&mut self, props: &Props) {
        if props.busy {
            return;
        }
        let line = std::mem::take(&mut self.line);
        self.back = None;
        self.moved = true;
        self.queue.push_front(line.text);
        self.run_next(props);
    }

    /// Runs the next line that waits, if nothing goes on.
    fn run_next(&mut self, props: &Props) {
        if props.busy {
            return;
        }
        while let Some(line) = self.queue.pop_front() {
            match line.trim() {
                "" => {}
                "clear" => self.cleared = props.entries.len(),
                line => {
                    let line = line::expand(line, &props.history);
                    props.send.emit(Msg::Command(line));
                    return;
                }
            }
        }
    }

    fn earlier(&mut self, props: &Props) {
        let (place, typed) = match self.back.take() {
            Some((place, typed)) => (place, typed),
            None => (props.history.len(), self.line.text.clone()),
        };
        let found = line::earlier(&props.history, place, &self.line.text, |line| {
            line.starts_with(&typed)
        });
        if let Some(found) = found {
            self.line = Line::new(props.history[found].clone());
            self.said = self.line.text.clone();
        }
        self.back = Some((found.unwrap_or(place), typed));
    }

    fn later(&mut self, props: &Props) {
        let Some((place, typed)) = self.back.take() else {
            return;
        };
        let later = props.history.iter().enumerate().skip(place + 1);
        let mut later =
            later.filter(|(_, line)| line.starts_with(&typed) && **line != self.line.text);
        match later.next() {
            Some((found, line)) => {
                self.line = Line::new(line.clone());
                self.back = Some((found, typed));
            }
            None => self.line = Line::new(typed),
        }
        self.said = self.line.text.clone();
    }

    /// Tab: goes on with the word as far as it is clear; the second time shows what it may be.
    fn complete(&mut self, props: &Props) {
        if !self.choices.is_empty() {
            self.listed = true;
            return;
        }
        let completion = complete(&self.line, props);
        let common = completion.common().to_owned();
        match completion.words.as_slice() {
            [] => {}
            [_] => {
                self.put(completion.from, &common);
                self.said = common;
            }
            several => {
                let told = &several[..several.len().min(TOLD_MAX)];
                self.said = told.join(", ");
                self.choices = several.to_vec();
                self.line.put(completion.from, &common);
            }
        }
    }

    /// Puts a whole word in the place of what was begun.
    fn put(&mut self, from: usize, word: &str) {
        self.forget();
        let open = word.ends_with(['=', '/']);
        let blank = if open || self.line.text[self.line.caret..].starts_with(' ') {
            ""
        } else {
            " "
        };
        self.line.put(from, &[word, blank].concat());
        self.moved = true;
    }

    fn focus(&self) {
        if let Some(input) = self.input.cast::<HtmlInputElement>() {
            let _ = input.focus();
        }
    }
}

fn complete(line: &Line, props: &Props) -> Completion {
    kubectl::complete(
        line.before(),
        &props.shell,
        &props.files,
        &props.moment.frame.cluster,
    )
}

fn line_of(input: &HtmlInputElement) -> Line {
    let caret = input.selection_end().ok().flatten();
    Line::in_browser(input.value(), caret.unwrap_or(u32::MAX))
}

fn meaning(key: &KeyboardEvent, searching: bool) -> Option<Key> {
    // Enter that ends a composition belongs to the input method.
    if key.is_composing() || key.meta_key() {
        return None;
    }
    let name = key.key();
    if key.alt_key() {
        return match name.as_str() {
            "ArrowLeft" | "b" => Some(Key::Edit(Edit::WordBack)),
            "ArrowRight" | "f" => Some(Key::Edit(Edit::WordOn)),
            "Backspace" => Some(Key::Edit(Edit::KillWord)),
            _ => None,
        };
    }
    Some(match (name.as_str(), key.ctrl_key()) {
        ("Enter", false) => Key::Enter,
        ("Tab", false) if !key.shift_key() => Key::Tab,
        ("Escape", false) => Key::Escape,
        ("ArrowUp", false) | ("p", true) => Key::Earlier,
        ("ArrowDown", false) | ("n", true) => Key::Later,
        ("ArrowLeft" | "Home", false) if searching => Key::Edit(Edit::Start),
        ("ArrowRight" | "End", false) if searching => Key::Edit(Edit::End),
        ("g", true) if searching => Key::Interrupt,
        ("c", true) if !selects_text(key) => Key::Interrupt,
        ("l", true) => Key::Clear,
        ("r", true) => Key::Search,
        ("d", true) => Key::Exit,
        ("a", true) => Key::Edit(Edit::Start),
        ("e", true) => Key::Edit(Edit::End),
        ("u", true) => Key::Edit(Edit::KillBack),
        ("k", true) => Key::Edit(Edit::KillOn),
        ("w", true) => Key::Edit(Edit::KillWord),
        ("y", true) => Key::Edit(Edit::Yank),
        _ => return None,
    })
}

/// Ctrl-C copies where text is selected.
fn selects_text(key: &KeyboardEvent) -> bool {
    let input: HtmlInputElement = key.target_unchecked_into();
    input.selection_start().ok().flatten() != input.selection_end().ok().flatten()
}

/// A click on an object with Alt or Shift types its name.
fn listen_to_clicks() -> Option<EventListener> {
    const OBJECTS: &str = "#stage :is([data-pod], [data-claim], [data-volume], [data-service], [data-stateful-set], [data-replica-set], [data-node])";
    let document = web_sys::window()?.document()?;
    let options = EventListenerOptions {
        passive: false,
        ..EventListenerOptions::run_in_capture_phase()
    };
    let listen = |event: &web_sys::Event| {
        let Some(click) = event.dyn_ref::<MouseEvent>() else {
            return;
        };
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        let object = target.and_then(|target| target.closest(OBJECTS).ok().flatten());
        let (Some(object), true) = (object, click.alt_key() || click.shift_key()) else {
            return;
        };
        let kinds = [
            "pod",
            "claim",
            "volume",
            "service",
            "stateful-set",
            "replica-set",
            "node",
        ];
        let name = kinds
            .iter()
            .find_map(|kind| object.get_attribute(&["data-", kind].concat()));
        event.prevent_default();
        event.stop_propagation();
        page::type_in_terminal(&name.unwrap_or_default());
    };
    Some(EventListener::new_with_options(
        &document, "click", options, listen,
    ))
}
