//! The editor: one of the lesson's files, or the object that `kubectl edit` opened, with what is wrong
//! in it and what applying it would change.

use cluster::Cluster;
use kubectl::{Finding, lint};
use web_sys::{Element, HtmlTextAreaElement};
use words::Lang;
use yew::prelude::*;

use crate::explain::rich;
use crate::page;
use crate::stage::Moment;
use crate::state::Msg;

/// What [`Editor`] needs.
#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    /// Language of the page.
    pub(crate) lang: Lang,
    /// The file.
    pub(crate) file: String,
    /// What is in it at the frame being looked at.
    pub(crate) text: String,
    /// The files there are; none while a command waits for this one.
    pub(crate) files: Vec<String>,
    /// That frame.
    pub(crate) moment: Moment,
    /// Whether a command goes on.
    pub(crate) busy: bool,
    /// Takes messages.
    pub(crate) send: Callback<Msg>,
}

/// The editor.
#[derive(Debug, Default)]
pub(crate) struct Editor {
    draft: String,
    findings: Vec<Finding>,
    /// What applying the draft would change of each object, if that was asked for.
    changes: Option<Vec<(String, String)>>,
    /// Escape was pressed: Tab leaves.
    leaving: bool,
    place: NodeRef,
    sheet: NodeRef,
}

/// What can happen to the editor.
#[derive(Debug)]
pub(crate) enum Input {
    Text(String),
    Leaving(bool),
    /// The caret shall go to this finding.
    Show(usize),
    Compare,
    /// Save, and then apply or go on with the command that waits.
    Apply,
    /// Another file.
    Open(String),
    Close,
}

impl Component for Editor {
    type Message = Input;
    type Properties = Props;

    fn create(ctx: &Context<Editor>) -> Editor {
        let mut editor = Editor::default();
        editor.set(ctx.props().text.clone(), ctx.props());
        editor
    }

    fn changed(&mut self, ctx: &Context<Editor>, old: &Props) -> bool {
        let props = ctx.props();
        let untouched = self.draft == old.text;
        let other = props.file != old.file || props.files.is_empty() != old.files.is_empty();
        if other || props.text != old.text && (untouched || props.files.is_empty()) {
            self.set(props.text.clone(), props);
        } else if props.moment != old.moment {
            self.findings = lint(&self.draft, cluster(props));
            self.changes = None;
        }
        if props.file != old.file {
            self.focus();
        }
        true
    }

    fn update(&mut self, ctx: &Context<Editor>, input: Input) -> bool {
        let props = ctx.props();
        match input {
            Input::Text(text) => self.set(text, props),
            Input::Leaving(leaving) => self.leaving = leaving,
            Input::Show(number) => self.show(number),
            Input::Compare => self.changes = Some(kubectl::compare(&self.draft, cluster(props))),
            Input::Apply => self.apply(props),
            Input::Open(file) => {
                self.keep(props);
                props.send.emit(Msg::EditFile(Some(file)));
            }
            Input::Close => self.close(props),
        }
        true
    }

    fn view(&self, ctx: &Context<Editor>) -> Html {
        let (props, link) = (ctx.props(), ctx.link());
        let (lang, words) = (props.lang, props.lang.words());
        let file = |name: &String| {
            let open = name.clone();
            let pressed = (*name == props.file).to_string();
            let open = link.callback(move |_| Input::Open(open.clone()));
            html! { <li><button type="button" lang="en" translate="no" aria-pressed={pressed} onclick={open}>{name}</button></li> }
        };
        let waits = props.files.is_empty();
        html! {
            <section id="editor" class="editor" aria-labelledby="editor-title" data-file={props.file.clone()}>
                <div class="editor-top">
                    <h2 id="editor-title"><span class="unseen">{words.editor}{": "}</span><code lang="en" translate="no">{&props.file}</code></h2>
                    <button type="button" id="editor-close" onclick={link.callback(|_| Input::Close)}>{words.close}</button>
                </div>
                if !waits {
                    <ul class="files" aria-label={words.files}>{for props.files.iter().map(file)}</ul>
                }
                {self.sheet(ctx)}
                <div class="actions">
                    <button type="button" id="editor-apply" class="primary" aria-disabled={(props.busy && !waits).to_string()} onclick={link.callback(|_| Input::Apply)}>
                        {if waits { words.save_and_close } else { words.save_and_apply }}<kbd>{"Ctrl-S"}</kbd>
                    </button>
                    <button type="button" id="editor-compare" onclick={link.callback(|_| Input::Compare)}>{words.compare}<kbd>{"Ctrl-Enter"}</kbd></button>
                </div>
                <p id="editor-state" class="hint" role="status">{lang.problems(self.findings.len())}</p>
                {self.errors(ctx)}
                {self.difference(ctx)}
                <p id="editor-keys" class="hint">{words.editor_keys}</p>
            </section>
        }
    }

    fn rendered(&mut self, _: &Context<Editor>, first: bool) {
        if first {
            self.focus();
        }
    }
}

// What is seen.
impl Editor {
    /// The text, with the numbers of its lines.
    fn sheet(&self, ctx: &Context<Editor>) -> Html {
        let (props, link) = (ctx.props(), ctx.link());
        let typed = link.callback(|event: InputEvent| {
            Input::Text(event.target_unchecked_into::<HtmlTextAreaElement>().value())
        });
        let leaving = self.leaving;
        let pressed = link.batch_callback(move |event: KeyboardEvent| key(&event, leaving));
        let lines = self.draft.split('\n').count();
        let longest = self
            .draft
            .split('\n')
            .map(|line| line.chars().count())
            .max();
        let wrong = |line: usize| {
            self.findings
                .iter()
                .any(|finding| finding.position.line == line)
        };
        let number = |line: usize| {
            let class = wrong(line).then_some("wrong");
            html! { <span {class}>{line}{"\n"}</span> }
        };
        let invalid = (!self.findings.is_empty()).to_string();
        html! {
            <div class="sheet" ref={&self.sheet}>
                <pre class="numbers" aria-hidden="true">{for (1..=lines).map(number)}</pre>
                <textarea id="editor-text" ref={&self.place} value={self.draft.clone()} oninput={typed} onkeydown={pressed}
                    rows={lines.to_string()} cols={(longest.unwrap_or(0) + 2).to_string()} wrap="off"
                    aria-label={props.file.clone()} aria-invalid={invalid} aria-describedby="editor-state editor-errors editor-keys"
                    autocomplete="off" autocapitalize="off" autocorrect="off" spellcheck="false" translate="no" lang="en" />
            </div>
        }
    }

    fn errors(&self, ctx: &Context<Editor>) -> Html {
        let lang = ctx.props().lang;
        let item = |(number, finding): (usize, &Finding)| {
            let show = ctx.link().callback(move |_| Input::Show(number));
            let position = finding.position;
            html! {
                <li>
                    <button type="button" onclick={show}>{lang.line_and_column(position.line, position.column)}</button>{" "}
                    <span lang="en" translate="no">{&finding.message}</span>
                    if let Some(meant) = &finding.suggestion {
                        {" "}<strong>{rich(&lang.did_you_mean(meant))}</strong>
                    }
                </li>
            }
        };
        html! { <ol id="editor-errors" class="findings">{for self.findings.iter().enumerate().map(item)}</ol> }
    }

    fn difference(&self, ctx: &Context<Editor>) -> Html {
        let words = ctx.props().lang.words();
        let Some(changes) = self.changes.as_ref().filter(|changes| !changes.is_empty()) else {
            return Html::default();
        };
        let line = |line: &str| {
            let class = match line.bytes().next() {
                Some(b'-') => "out",
                Some(b'+') => "in",
                _ => "",
            };
            html! { <span {class}>{line.to_owned()}{"\n"}</span> }
        };
        let one = |(name, hunks): &(String, String)| {
            html! {
                <>
                    <h3 lang="en" translate="no">{name}</h3>
                    if hunks.is_empty() {
                        <p>{words.no_difference}</p>
                    } else {
                        <pre lang="en" translate="no" tabindex="0" aria-label={name.clone()}>{for hunks.lines().map(line)}</pre>
                    }
                </>
            }
        };
        html! {
            <div id="editor-diff" class="difference" role="group" aria-label={words.compare}>
                <p class="hint">{words.compare_legend}</p>
                {for changes.iter().map(one)}
            </div>
        }
    }
}

// What is done.
impl Editor {
    fn set(&mut self, text: String, props: &Props) {
        self.findings = lint(&text, cluster(props));
        self.draft = text;
        self.changes = None;
        self.leaving = false;
    }

    fn apply(&self, props: &Props) {
        let file = props.file.clone();
        let waits = props.files.is_empty();
        if waits || self.draft != props.text {
            props.send.emit(Msg::Save(file.clone(), self.draft.clone()));
        }
        if !waits && !props.busy {
            props
                .send
                .emit(Msg::Command(["kubectl apply -f ", &file].concat()));
        }
    }

    /// Saves what would be lost.
    fn keep(&self, props: &Props) {
        if self.draft != props.text {
            let (file, text) = (props.file.clone(), self.draft.clone());
            props.send.emit(Msg::Save(file, text));
        }
    }

    /// Closes the editor. A command that waits for it gets the file as it was.
    fn close(&self, props: &Props) {
        match props.files.is_empty() {
            true => {
                let (file, text) = (props.file.clone(), props.text.clone());
                props.send.emit(Msg::Save(file, text));
            }
            false => {
                self.keep(props);
                props.send.emit(Msg::EditFile(None));
            }
        }
        page::focus("terminal-input");
    }

    fn focus(&self) {
        if let Some(place) = self.place.cast::<HtmlTextAreaElement>() {
            let _ = place.focus();
            let _ = place.set_selection_range(0, 0);
            self.scroll(&place, 1);
        }
    }

    /// Brings a line into view.
    fn scroll(&self, place: &HtmlTextAreaElement, line: usize) {
        if let Some(sheet) = self.sheet.cast::<Element>() {
            let height = place.scroll_height() / self.draft.split('\n').count() as i32;
            sheet.set_scroll_top((line as i32 - 4) * height);
            sheet.set_scroll_left(0);
        }
    }

    /// Puts the caret where a finding is.
    fn show(&self, number: usize) {
        let (Some(finding), Some(place)) = (
            self.findings.get(number),
            self.place.cast::<HtmlTextAreaElement>(),
        ) else {
            return;
        };
        let (line, column) = (finding.position.line, finding.position.column);
        let before = self.draft.split_inclusive('\n').take(line - 1);
        let start: usize = before.map(|line| line.encode_utf16().count()).sum();
        let text = self.draft.lines().nth(line - 1).unwrap_or_default();
        let units = |text: String| text.encode_utf16().count();
        let indent = units(text.chars().take(column - 1).collect());
        let rest = text.chars().skip(column - 1);
        let word = units(
            rest.take_while(|letter| !letter.is_whitespace() && *letter != ':')
                .collect(),
        );
        let from = (start + indent) as u32;
        let _ = place.focus();
        let _ = place.set_selection_range(from, from + word as u32);
        self.scroll(&place, line);
    }
}

fn cluster(props: &Props) -> &Cluster {
    &props.moment.frame.cluster
}

/// What a key does; what is typed by it is typed here, so that the browser can undo it.
fn key(event: &KeyboardEvent, leaving: bool) -> Option<Input> {
    let name = event.key();
    let command = event.ctrl_key() || event.meta_key();
    if event.is_composing() || event.alt_key() {
        return None;
    }
    let place: HtmlTextAreaElement = event.target_unchecked_into();
    let meant = match (name.as_str(), command) {
        ("s", true) => Some(Input::Apply),
        ("Enter", true) => Some(Input::Compare),
        ("/", true) => {
            comment(&place);
            None
        }
        ("Tab", false) if !leaving && !event.shift_key() => {
            page::type_text("  ");
            None
        }
        ("Enter", false) => {
            page::type_text(&["\n", &indent(&place)].concat());
            None
        }
        ("Escape", false) => return Some(Input::Leaving(true)),
        _ => return None,
    };
    event.prevent_default();
    meant
}

/// Makes comments of the lines in which something is selected; or if they are, lines again.
fn comment(place: &HtmlTextAreaElement) {
    let at = |end: Result<Option<u32>, _>| end.ok().flatten().unwrap_or(0) as usize;
    let text: Vec<u16> = place.value().encode_utf16().collect();
    let (from, to) = (at(place.selection_start()), at(place.selection_end()));
    let newline = |unit: &u16| *unit == u16::from(b'\n');
    let from = text[..from]
        .iter()
        .rposition(newline)
        .map_or(0, |at| at + 1);
    let rest = text[to..].iter().position(newline);
    let to = rest.map_or(text.len(), |at| to + at);
    let chosen = String::from_utf16_lossy(&text[from..to]);
    let commented = chosen.lines().all(|line| line.starts_with('#'));
    let line = |line: &str| match commented {
        true => {
            let bare = line.strip_prefix("# ").or(line.strip_prefix('#'));
            bare.unwrap_or(line).to_owned()
        }
        false => ["# ", line].concat(),
    };
    let changed: Vec<String> = chosen.split('\n').map(line).collect();
    let _ = place.set_selection_range(from as u32, to as u32);
    page::type_text(&changed.join("\n"));
}

/// How far the line with the caret is indented; after a colon, the next one is further.
fn indent(place: &HtmlTextAreaElement) -> String {
    let caret = place.selection_start().ok().flatten().unwrap_or(0) as usize;
    let before: Vec<u16> = place.value().encode_utf16().take(caret).collect();
    let before = String::from_utf16_lossy(&before);
    let line = before.rsplit('\n').next().unwrap_or_default();
    let blanks = line.len() - line.trim_start_matches(' ').len();
    let deeper = if line.trim_end().ends_with(':') { 2 } else { 0 };
    " ".repeat(blanks + deeper)
}
