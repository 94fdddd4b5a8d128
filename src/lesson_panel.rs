//! The lesson: its table of contents, the beat being looked at, and how to go on.

use std::rc::Rc;

use lesson::pack::tame;
use lesson::{Heading, Lesson};
use web_sys::HtmlInputElement;
use words::Lang;
use yew::prelude::*;

use crate::explain::rich;
use crate::page;
use crate::question;
use crate::run::BeatState;
use crate::state::{HINTS, Msg};

/// What [`LessonPanel`] needs.
#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    /// Language of the page.
    pub(crate) lang: Lang,
    /// The lesson.
    pub(crate) lesson: Rc<Lesson>,
    /// All lessons.
    pub(crate) contents: Rc<Vec<Heading>>,
    /// The lesson after this one.
    pub(crate) next: Option<Heading>,
    /// Number of the beat.
    pub(crate) beat: usize,
    /// How far it has come.
    pub(crate) beat_state: BeatState,
    /// Whether it was over before, so that nothing is given away by its text.
    pub(crate) explained: bool,
    /// Whether it was played before and lies ahead again.
    pub(crate) rewound: bool,
    /// Whether the question of the beat can still be answered.
    pub(crate) asks: bool,
    /// What was answered.
    pub(crate) answer: String,
    /// What happened, as an answer to the question.
    pub(crate) right: Option<String>,
    /// How many hints were given.
    pub(crate) hints: usize,
    /// What was done from outside at the beginning of the beat.
    pub(crate) deed: Option<String>,
    /// Whether the goals of a sandbox are put away.
    pub(crate) just_play: bool,
    /// The lesson that was opened from a file last.
    pub(crate) from_file: Option<Heading>,
    /// Whether nothing is left to happen.
    pub(crate) at_rest: bool,
    /// Whether time goes on.
    pub(crate) playing: bool,
    /// Whether something could not be loaded.
    pub(crate) problem: bool,
    /// Takes messages.
    pub(crate) send: Callback<Msg>,
}

/// The lesson.
#[component]
pub(crate) fn LessonPanel(props: &Props) -> Html {
    let words = props.lang.words();
    let lesson = &*props.lesson;
    let state = match props.beat_state {
        BeatState::Ahead => "ahead",
        BeatState::Going => "going",
        BeatState::Done => "done",
    };
    let Some(beat) = lesson.beats.get(props.beat) else {
        return Html::default();
    };
    let last = props.beat + 1 == lesson.beats.len();
    let over = last && props.beat_state == BeatState::Done;
    html! {
        <section id="lesson" class={classes!("lesson-panel", big(props).map(|_| "big"))} aria-labelledby="lesson-title" tabindex="-1"
            data-lesson={lesson.id.clone()} data-beat={beat.id.clone()} data-beat-state={state}>
            {contents(props)}
            <div class="lesson-text" tabindex="0" role="group" aria-labelledby="lesson-title"
                lang={(lesson.lang != props.lang.code()).then(|| lesson.lang.clone())}>
                <h2 id="lesson-title">{&lesson.title}</h2>
                if props.beat == 0 {
                    <div class="intro">{prose(&lesson.intro)}</div>
                }
                {sandbox(props)}
                if !put_away(props) {
                {progress(props)}
                <div class="told" aria-live="polite">
                    <h3 id="beat-title" class="beat-title" key={beat.id.clone()}>{title(props)}</h3>
                    if let Some(asked) = &beat.predict {
                        {question::ask(props, asked)}
                    }
                    if let Some(challenge) = &beat.challenge {
                        {question::challenge(props, challenge)}
                    }
                </div>
                {command(props)}
                <div class="told" aria-live="polite">
                    if let (Some(asked), Some(right)) = (&beat.predict, &props.right) {
                        {question::verdict(props, asked, right)}
                    }
                </div>
                if props.explained {
                    <div class="prose">{prose(&beat.text)}</div>
                } else if beat.challenge.is_none() && beat.big.is_none() {
                    <p class="hint">{if beat.run.is_some() && props.beat_state == BeatState::Ahead { words.before_run } else { words.watch }}</p>
                }
                if over && !lesson.sandbox {
                    <p class="hint">{words.lesson_done}</p>
                }
                }
                if props.problem {
                    <p class="hint" role="alert">
                        {words.load_failed}{" "}
                        <button type="button" onclick={props.send.reform(|_| Msg::Retry)}>{words.retry}</button>
                    </p>
                }
            </div>
            {navigation(props)}
        </section>
    }
}

/// Text made of Markdown ahead of time. Anybody may have written it: see [`tame`].
pub(crate) fn prose(text: &str) -> Html {
    Html::from_html_unchecked(AttrValue::from(tame(text)))
}

fn contents(props: &Props) -> Html {
    let words = props.lang.words();
    let entry = |heading: &Heading| {
        let shown = heading.id == props.lesson.id;
        let id = heading.id.clone();
        let open = props
            .send
            .reform(move |_: MouseEvent| Msg::Open(id.clone()));
        html! {
            <li>
                <button type="button" data-open={heading.id.clone()} aria-current={shown.then_some("true")} onclick={open}>
                    <span class="number">if heading.number > 0 { {heading.number} }</span>{&heading.title}
                </button>
            </li>
        }
    };
    let send = props.send.clone();
    let open_file = Callback::from(move |event: Event| {
        let input = event.target_unchecked_into::<HtmlInputElement>();
        page::read_file(input.files(), send.clone());
        // The same file may be chosen again, once it was mended.
        input.set_value("");
    });
    html! {
        <details id="contents" class="contents">
            <summary>{words.lessons}</summary>
            <ol>{for props.contents.iter().chain(&props.from_file).map(entry)}</ol>
            <div class="from-file">
                <label class="file">{words.open_file}<input id="lesson-file" class="unseen" type="file" accept=".ordinal" onchange={open_file} /></label>
                <span class="hint">{words.drop_file}</span>
            </div>
        </details>
    }
}

/// One dot a beat, and in words where we are.
fn progress(props: &Props) -> Html {
    let beats = &props.lesson.beats;
    let dot = |(number, beat): (usize, &lesson::Beat)| {
        let here = number == props.beat;
        let go = props
            .send
            .reform(move |_: MouseEvent| Msg::GoToBeat(number));
        let title = [&(number + 1).to_string(), ". ", &beat.title].concat();
        let class = classes!(
            (number < props.beat).then_some("past"),
            here.then_some("here")
        );
        html! {
            <li><button type="button" {class} title={title.clone()} aria-label={title} aria-current={here.then_some("step")} onclick={go} /></li>
        }
    };
    let words = props.lang.words();
    html! {
        <nav class="progress" aria-label={words_of(props)}>
            <p>
                {words_of(props)}
                <button type="button" id="start-over" class="quiet" onclick={props.send.reform(|_| Msg::StartOver)}>{words.start_over}</button>
            </p>
            <ol>{for beats.iter().enumerate().map(dot)}</ol>
        </nav>
    }
}

fn words_of(props: &Props) -> String {
    props.lang.beat_of(props.beat + 1, props.lesson.beats.len())
}

/// The command of the beat.
fn command(props: &Props) -> Html {
    let words = props.lang.words();
    let beat = &props.lesson.beats[props.beat];
    let hidden = beat.challenge.is_some() && props.hints < HINTS && !props.explained;
    if let Some(deed) = &props.deed {
        return html! { <p id="deed" class="deed"><span class="label">{words.done_outside}</span>{rich(deed)}</p> };
    }
    let Some(run) = beat.run.as_ref().filter(|_| !hidden) else {
        return Html::default();
    };
    if beat.challenge.is_some() || big(props).is_some() {
        return html! { <div class="command"><pre tabindex="0"><code lang="en" translate="no">{run}</code></pre></div> };
    }
    let ahead = props.beat_state == BeatState::Ahead;
    let label = match (ahead, props.rewound) {
        (true, false) => words.run_it,
        (true, true) => words.run_again,
        _ => words.ran,
    };
    html! {
        <div class="command">
            <pre tabindex="0"><code lang="en" translate="no">{run}</code></pre>
            <button type="button" id="run-beat" class={ahead.then_some("primary")} aria-disabled={(!ahead).to_string()} onclick={props.send.reform(|_| Msg::RunBeat)}>
                {label}
            </button>
        </div>
    }
}

fn navigation(props: &Props) -> Html {
    let words = props.lang.words();
    let beats = &props.lesson.beats;
    let challenge = beats[props.beat].challenge.is_some();
    let next = match (props.beat_state, beats.get(props.beat + 1), &props.next) {
        _ if put_away(props) => return Html::default(),
        _ if big(props).is_some() => big(props).unwrap_or_default(),
        (BeatState::Ahead, ..) if props.asks && props.answer.is_empty() => words.skip_question,
        (BeatState::Ahead, ..) if props.asks => words.try_answer,
        (BeatState::Going, ..) if challenge && props.at_rest && props.hints < HINTS => words.hint,
        (BeatState::Going, ..) if challenge && props.at_rest => words.show_me,
        (BeatState::Ahead, ..) if beats[props.beat].run.is_some() && !props.rewound => words.run_it,
        (BeatState::Ahead, ..) => words.play_on,
        (BeatState::Going, ..) if props.playing => words.skip_to_end,
        (BeatState::Going, ..) => words.play_on,
        (BeatState::Done, Some(_), _) => words.next,
        (BeatState::Done, None, _) => words.next_lesson,
    };
    let finished = props.beat_state == BeatState::Done && props.beat + 1 == beats.len();
    let nothing = finished && props.next.is_none();
    let after = (props.beat + 1) % beats.len();
    let skip = props.lesson.sandbox && props.beat_state != BeatState::Done;
    html! {
        <div class="beat-buttons">
            <a class="beat-name" href="#beat-title"><b>{props.beat + 1}{"/"}{beats.len()}</b>{" "}{title(props)}</a>
            if big(props).is_none() {
            <button type="button" id="previous-beat" title={[words.previous, " (P)"].concat()} onclick={props.send.reform(|_| Msg::PreviousBeat)}>
                {words.previous}
            </button>
            }
            if skip {
                <button type="button" id="skip-goal" onclick={props.send.reform(move |_| Msg::GoToBeat(after))}>{words.skip_goal}</button>
            }
            <button type="button" id="next-beat" class="primary" title={[next, " (N)"].concat()} aria-disabled={nothing.to_string()} onclick={props.send.reform(|_| Msg::NextBeat)}>
                {next}
            </button>
        </div>
    }
}

/// What the large button says that begins the beat, as long as it lies ahead.
fn big(props: &Props) -> Option<&str> {
    let big = props.lesson.beats.get(props.beat)?.big.as_deref();
    big.filter(|_| props.beat_state == BeatState::Ahead)
}

/// Whether there is nothing but the cluster to play with.
fn put_away(props: &Props) -> bool {
    props.lesson.sandbox && props.just_play
}

/// The switch of a sandbox.
fn sandbox(props: &Props) -> Html {
    let words = props.lang.words();
    if !props.lesson.sandbox {
        return Html::default();
    }
    let put_away = props.send.reform(|event: Event| {
        Msg::JustPlay(event.target_unchecked_into::<HtmlInputElement>().checked())
    });
    html! {
        <label class="check"><input id="just-play" type="checkbox" checked={props.just_play} onchange={put_away} />{words.just_play}</label>
    }
}

/// The title of the beat, which may give away what is asked.
fn title(props: &Props) -> &str {
    match props.asks {
        true => props.lang.words().question_first,
        false => &props.lesson.beats[props.beat].title,
    }
}
