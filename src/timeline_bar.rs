//! The timeline: where we are, what there is to go to, and how fast.

use web_sys::{HtmlInputElement, HtmlSelectElement};
use words::Lang;
use yew::prelude::*;

use crate::explain::{plain, sentence};
use crate::settings::SPEEDS;
use crate::stage::Moment;
use crate::state::Msg;

/// What [`TimelineBar`] needs.
#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    /// Language of the page.
    pub(crate) lang: Lang,
    /// The frame being looked at.
    pub(crate) moment: Moment,
    /// Its number.
    pub(crate) cursor: usize,
    /// How many frames there are.
    pub(crate) frames: usize,
    /// Frames of note, and their classes: a beat began, something was done, another branch differs.
    pub(crate) marks: Vec<(usize, &'static str)>,
    /// Names of the branches.
    pub(crate) branches: Vec<String>,
    /// Number of the branch being looked at.
    pub(crate) branch: usize,
    /// Whether time goes on.
    pub(crate) playing: bool,
    /// Whether nothing is left to happen.
    pub(crate) at_rest: bool,
    /// Index into [`SPEEDS`].
    pub(crate) speed: usize,
    /// What belongs below the bar.
    pub(crate) children: Html,
    /// Takes messages.
    pub(crate) send: Callback<Msg>,
}

/// The timeline.
#[component]
pub(crate) fn TimelineBar(props: &Props) -> Html {
    let words = props.lang.words();
    let play = if props.playing {
        words.pause
    } else {
        words.play
    };
    html! {
        <section id="timeline" class="timeline-bar" aria-label={words.timeline}>
            <div class="transport">
                {button(props, "to-start", words.to_start, "Home", Msg::Start, TO_START, props.cursor == 0)}
                {button(props, "step-back", words.step_back, "←", Msg::Back, BACK, props.cursor == 0)}
                <button type="button" id="play" class="primary" title={[play, " (Space)"].concat()} aria-pressed={props.playing.to_string()}
                    aria-disabled={(props.at_rest && !props.playing).to_string()} onclick={props.send.reform(|_| Msg::TogglePlay)}>
                    {icon(if props.playing { PAUSE } else { PLAY })}<span>{play}</span>
                </button>
                {button(props, "step-forward", words.step_forward, "→", Msg::Forward, FORWARD, props.at_rest)}
                {button(props, "to-end", words.to_end, "End", Msg::End, TO_END, props.cursor + 1 == props.frames)}
            </div>
            {scrubber(props)}
            <p id="clock" class="clock" translate="no">{props.lang.time(props.moment.frame.cluster.now())}</p>
            {speed(props)}
            {branches(props)}
            {props.children.clone()}
        </section>
    }
}

const TO_START: &str = "M3 3v10M13 3 6 8l7 5z";
const BACK: &str = "M11 3 5 8l6 5";
const PLAY: &str = "M4 2.5v11L13 8z";
const PAUSE: &str = "M4 3h3v10H4zM9 3h3v10H9z";
const FORWARD: &str = "M5 3l6 5-6 5";
const TO_END: &str = "M13 3v10M3 3l7 5-7 5z";

fn icon(path: &'static str) -> Html {
    html! { <svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d={path} /></svg> }
}

fn button(
    props: &Props,
    id: &'static str,
    name: &'static str,
    key: &str,
    msg: Msg,
    path: &'static str,
    disabled: bool,
) -> Html {
    let title = [name, " (", key, ")"].concat();
    html! {
        <button type="button" {id} {title} aria-label={name} aria-disabled={disabled.to_string()} onclick={props.send.reform(move |_| msg.clone())}>
            {icon(path)}
        </button>
    }
}

fn scrubber(props: &Props) -> Html {
    let lang = props.lang;
    let last = props.frames.saturating_sub(1);
    let time = lang.time(props.moment.frame.cluster.now());
    let step = props.moment.frame.step.as_ref();
    let value = step.map_or(time.clone(), |step| {
        lang.comma(&time, &plain(&sentence(lang, step)))
    });
    let seek = props.send.reform(|event: InputEvent| {
        let value = event.target_unchecked_into::<HtmlInputElement>().value();
        Msg::Seek(value.parse().unwrap_or(0))
    });
    let place = |frame: usize| {
        let tenths = frame * 1000 / last.max(1);
        format!("left:{}.{}%", tenths / 10, tenths % 10)
    };
    let mark = |&(frame, class): &(usize, &'static str)| {
        html! { <i {class} style={place(frame)} /> }
    };
    html! {
        <div class="track">
            <div class="marks" aria-hidden="true">{for props.marks.iter().map(mark)}</div>
            <input type="range" id="scrubber" min="0" max={last.to_string()} step="1" value={props.cursor.to_string()}
                aria-label={lang.words().timeline} aria-valuetext={value} oninput={seek} />
        </div>
    }
}

fn speed(props: &Props) -> Html {
    let words = props.lang.words();
    let choose = props.send.reform(|event: Event| {
        let value = event.target_unchecked_into::<HtmlSelectElement>().value();
        let found = SPEEDS.iter().position(|(name, _)| *name == value);
        Msg::Speed(found.unwrap_or(2))
    });
    let option = |(index, (name, _)): (usize, &(&'static str, u64))| {
        html! { <option value={*name} selected={index == props.speed}>{[name, "×"].concat()}</option> }
    };
    html! {
        <label class="choice">
            <span>{words.speed}</span>
            <select id="speed" title="< >" onchange={choose}>{for SPEEDS.iter().enumerate().map(option)}</select>
        </label>
    }
}

fn branches(props: &Props) -> Html {
    if props.branches.len() < 2 {
        return Html::default();
    }
    let choose = props.send.reform(|event: Event| {
        let value = event.target_unchecked_into::<HtmlSelectElement>().value();
        Msg::Branch(value.parse().unwrap_or(0))
    });
    let option = |(number, name): (usize, &String)| {
        html! { <option value={number.to_string()} selected={number == props.branch}>{name}</option> }
    };
    html! {
        <label class="choice">
            <span>{props.lang.words().branch}</span>
            <select id="branches" onchange={choose}>{for props.branches.iter().enumerate().map(option)}</select>
        </label>
    }
}
