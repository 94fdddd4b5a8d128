//! The terminal: commands and what they printed, as of the frame being looked at.

use std::rc::Rc;

use kubectl::Stream;
use lesson::{Action, Entry};
use web_sys::{Element, HtmlInputElement};
use words::Lang;
use yew::prelude::*;

use crate::page;
use crate::state::Msg;

/// What [`Terminal`] needs.
#[derive(Properties)]
pub(crate) struct Props {
    /// Language of the page.
    pub(crate) lang: Lang,
    /// What stands before the line to be typed.
    pub(crate) prompt: String,
    /// What was done up to the frame being looked at.
    pub(crate) entries: Vec<Rc<Entry>>,
    /// Number of that frame.
    pub(crate) cursor: usize,
    /// Whether a later frame is known.
    pub(crate) past: bool,
    /// Whether a command goes on.
    pub(crate) busy: bool,
    /// Whether time goes on.
    pub(crate) playing: bool,
    /// Takes messages.
    pub(crate) send: Callback<Msg>,
}

impl PartialEq for Props {
    fn eq(&self, other: &Props) -> bool {
        let flags = |props: &Props| {
            (
                props.lang,
                props.cursor,
                props.past,
                props.busy,
                props.playing,
            )
        };
        let same = |(a, b): (&Rc<Entry>, &Rc<Entry>)| Rc::ptr_eq(a, b);
        flags(self) == flags(other)
            && self.prompt == other.prompt
            && self.entries.len() == other.entries.len()
            && self.entries.iter().zip(&other.entries).all(same)
    }
}

/// The terminal.
#[derive(Debug, Default)]
pub(crate) struct Terminal {
    /// The line being typed.
    line: String,
    /// How many lines back in the history we are; 0 is the line being typed.
    back: usize,
    /// Entries cleared away: those before this number.
    cleared: usize,
    log: NodeRef,
    /// Lines on screen, to scroll when there are more.
    shown: usize,
}

/// What can happen to the terminal.
#[derive(Debug)]
pub(crate) enum Input {
    /// The line is this now.
    Line(String),
    /// A key was pressed in it.
    Key(KeyboardEvent),
    /// Stop what goes on.
    Interrupt,
}

impl Component for Terminal {
    type Message = Input;
    type Properties = Props;

    fn create(_: &Context<Terminal>) -> Terminal {
        Terminal::default()
    }

    fn update(&mut self, ctx: &Context<Terminal>, input: Input) -> bool {
        match input {
            Input::Line(line) => self.line = line,
            Input::Interrupt => ctx.props().send.emit(Msg::Interrupt),
            Input::Key(key) => self.key(ctx, &key),
        }
        true
    }

    fn view(&self, ctx: &Context<Terminal>) -> Html {
        let props = ctx.props();
        let (link, words) = (ctx.link(), props.lang.words());
        let entries = props
            .entries
            .iter()
            .skip(self.cleared.min(props.entries.len()));
        let blocks = entries.filter_map(|entry| block(props.lang, entry, props.cursor));
        let typed = link.callback(|event: InputEvent| {
            Input::Line(event.target_unchecked_into::<HtmlInputElement>().value())
        });
        // Prevented here and now: the message comes too late for that.
        let pressed = link.callback(|key: KeyboardEvent| {
            if is_ours(&key) {
                key.prevent_default();
            }
            Input::Key(key)
        });
        let hint = match (props.busy, props.playing, props.past) {
            (true, true, _) => Some(words.goes_on),
            (true, false, _) => Some(words.goes_on_paused),
            (false, _, true) => Some(words.in_the_past),
            _ => None,
        };
        html! {
            <section id="terminal" class="terminal" aria-labelledby="terminal-title">
                <h2 id="terminal-title" class="unseen">{words.terminal}</h2>
                <div class="screen" ref={&self.log} tabindex="0" role="group" aria-labelledby="terminal-title" data-own-keys="">
                    <ol id="terminal-log" class="log">{for blocks}</ol>
                </div>
                <div class="prompt">
                    <label for="terminal-input"><span aria-hidden="true">{&props.prompt}</span><span class="unseen">{words.command}</span></label>
                    <input id="terminal-input" type="text" value={self.line.clone()} oninput={typed} onkeydown={pressed}
                        placeholder="kubectl get pods" aria-describedby={hint.map(|_| "terminal-hint")}
                        autocomplete="off" autocapitalize="off" autocorrect="off" spellcheck="false" enterkeyhint="go" translate="no" lang="en" />
                    if props.busy {
                        <button type="button" id="interrupt" onclick={link.callback(|_| Input::Interrupt)}>{words.stop}<kbd>{"Ctrl-C"}</kbd></button>
                    }
                </div>
                if let Some(hint) = hint {
                    <p id="terminal-hint" class="hint">{hint}</p>
                }
            </section>
        }
    }

    fn rendered(&mut self, ctx: &Context<Terminal>, _: bool) {
        let props = ctx.props();
        let chunks = |entry: &Rc<Entry>| entry.output_at(props.cursor).count() + 1;
        let shown = props.entries.iter().map(chunks).sum();
        if shown != self.shown {
            self.shown = shown;
            if let Some(log) = self.log.cast::<Element>() {
                page::scroll_to_end(&log);
            }
        }
    }
}

impl Terminal {
    fn key(&mut self, ctx: &Context<Terminal>, key: &KeyboardEvent) {
        let props = ctx.props();
        match meaning(key) {
            Some(Key::Enter) if !props.busy => {
                let line = std::mem::take(&mut self.line);
                self.back = 0;
                match line.trim() {
                    "" => {}
                    "clear" => self.cleared = props.entries.len(),
                    line => props.send.emit(Msg::Command(line.to_owned())),
                }
            }
            Some(Key::Earlier) => self.recall(props, self.back + 1),
            Some(Key::Later) => self.recall(props, self.back.saturating_sub(1)),
            Some(Key::Interrupt) => {
                self.line.clear();
                self.back = 0;
                if props.busy {
                    props.send.emit(Msg::Interrupt);
                }
            }
            Some(Key::Clear) => self.cleared = props.entries.len(),
            _ => {}
        }
    }

    fn recall(&mut self, props: &Props, back: usize) {
        let lines: Vec<&str> = props
            .entries
            .iter()
            .rev()
            .filter_map(|entry| command(entry))
            .collect();
        if back == 0 {
            self.line.clear();
            self.back = 0;
        } else if let Some(line) = lines.get(back - 1) {
            self.line = (*line).to_owned();
            self.back = back;
        }
    }
}

enum Key {
    Enter,
    Earlier,
    Later,
    Interrupt,
    Clear,
}

fn meaning(key: &KeyboardEvent) -> Option<Key> {
    // Enter that ends a composition belongs to the input method.
    if key.is_composing() || key.alt_key() || key.meta_key() {
        return None;
    }
    match (key.key().as_str(), key.ctrl_key()) {
        ("Enter", false) => Some(Key::Enter),
        ("ArrowUp", false) => Some(Key::Earlier),
        ("ArrowDown", false) => Some(Key::Later),
        ("c", true) if !selects_text(key) => Some(Key::Interrupt),
        ("l", true) => Some(Key::Clear),
        _ => None,
    }
}

fn is_ours(key: &KeyboardEvent) -> bool {
    meaning(key).is_some()
}

/// Ctrl-C copies where text is selected.
fn selects_text(key: &KeyboardEvent) -> bool {
    let input: HtmlInputElement = key.target_unchecked_into();
    input.selection_start().ok().flatten() != input.selection_end().ok().flatten()
}

/// The line of an entry that is a command.
fn command(entry: &Entry) -> Option<&str> {
    match &entry.action {
        Action::Command(line) => Some(line),
        _ => None,
    }
}

/// A command and what it has printed so far.
fn block(lang: Lang, entry: &Entry, cursor: usize) -> Option<Html> {
    let words = lang.words();
    let line = command(entry)?;
    let chunk = |chunk: &kubectl::Chunk| {
        let text = chunk.text.trim_end_matches('\n').to_owned();
        match chunk.stream {
            Stream::Stdout => {
                html! { <pre data-stream="stdout" lang="en" translate="no">{text}</pre> }
            }
            Stream::Stderr => html! {
                <pre data-stream="stderr" lang="en" translate="no"><span class="unseen">{words.errors}{": "}</span>{text}</pre>
            },
            Stream::Note => {
                html! { <p class="note" data-stream="note"><strong>{words.note}</strong>{" "}{text}</p> }
            }
        }
    };
    Some(html! {
        <li data-command={line.to_owned()} data-exit={entry.exit_code_at(cursor).map(|code| code.to_string())}>
            <p class="line" lang="en" translate="no"><span aria-hidden="true">{&entry.prompt}{" "}</span>{line}</p>
            {for merged(entry, cursor).iter().map(chunk)}
        </li>
    })
}

/// What was printed, neighbours of one stream put together, so that a table is one text.
fn merged(entry: &Entry, cursor: usize) -> Vec<kubectl::Chunk> {
    let mut merged: Vec<kubectl::Chunk> = Vec::new();
    for chunk in entry.output_at(cursor) {
        match merged.last_mut().filter(|last| last.stream == chunk.stream) {
            Some(last) => last.text.push_str(&chunk.text),
            None => merged.push(chunk.clone()),
        }
    }
    merged
}
