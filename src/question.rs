//! What is asked in the lesson: predictions and what became of them, challenges and their hints.

use lesson::question::{NONE, tidy};
use lesson::{Challenge, Prediction};
use web_sys::HtmlInputElement;
use yew::prelude::*;

use crate::lesson_panel::{Props, prose};
use crate::state::Msg;

/// The question, with what can be answered. Pointing at the stage does the same as its buttons.
pub(crate) fn ask(props: &Props, asked: &Prediction) -> Html {
    if !props.asks {
        return Html::default();
    }
    let words = props.lang.words();
    let how = match (
        asked.choices.is_empty(),
        asked.ordered,
        asked.objects().is_empty(),
    ) {
        (true, ..) => words.type_answer,
        (_, true, _) => words.order_answer,
        (_, _, false) => words.point_answer,
        _ => words.choose_answer,
    };
    let body = match asked.choices.is_empty() {
        true => field(props),
        false => {
            html! { <ol class="answers">{for (0..asked.choices.len()).map(|index| choice(props, asked, index))}</ol> }
        }
    };
    html! {
        <section id="question" class="question" aria-labelledby="question-text">
            <div id="question-text">{prose(&asked.question)}</div>
            <p class="hint">{how}</p>
            {body}
        </section>
    }
}

fn choice(props: &Props, asked: &Prediction, index: usize) -> Html {
    let id = asked.choices[index].clone();
    let place = props.answer.split(' ').position(|part| part == id);
    let number = place.filter(|_| asked.ordered).map(|place| place + 1);
    let choose = id.clone();
    html! {
        <li><button type="button" data-choice={id.clone()} aria-pressed={place.is_some().to_string()}
            onclick={props.send.reform(move |_| Msg::Answer(choose.clone()))}>
            if let Some(number) = number { <b>{number}{". "}</b> }
            {label(props, asked, &id)}
        </button></li>
    }
}

/// A name or a number to be typed; Enter goes on.
fn field(props: &Props) -> Html {
    let typed = props.send.reform(|event: InputEvent| {
        Msg::Answer(event.target_unchecked_into::<HtmlInputElement>().value())
    });
    let send = props.send.clone();
    let entered = Callback::from(move |key: KeyboardEvent| {
        if key.key() == "Enter" {
            send.emit(Msg::NextBeat);
        }
    });
    html! {
        <input id="answer" type="text" value={props.answer.clone()} oninput={typed} onkeydown={entered} aria-labelledby="question-text"
            autocomplete="off" autocapitalize="off" spellcheck="false" enterkeyhint="go" translate="no" lang="en" />
    }
}

/// An answer as it is shown: a statement, or names.
fn label(props: &Props, asked: &Prediction, answer: &str) -> Html {
    let case = asked.choices.iter().position(|choice| choice == answer);
    if let Some(label) = case.and_then(|case| asked.labels.get(case)) {
        return prose(label);
    }
    if answer == NONE {
        return html! { {props.lang.words().none_of_them} };
    }
    html! { <code lang="en" translate="no">{answer.replace(' ', " → ")}</code> }
}

/// What was answered against what happened.
pub(crate) fn verdict(props: &Props, asked: &Prediction, right: &str) -> Html {
    let words = props.lang.words();
    let answer = match asked.choices.is_empty() {
        true => tidy(&props.answer),
        false => props.answer.clone(),
    };
    let (result, mark) = match answer.as_str() {
        "" => ("skipped", "•"),
        answer if answer == right => ("right", "✓"),
        _ => ("wrong", "✗"),
    };
    let line = |term: &'static str, answer: &str| html! { <p><span class="label">{term}</span>{label(props, asked, answer)}</p> };
    let reply = (result == "wrong").then(|| asked.reply(&answer)).flatten();
    html! {
        <section id="verdict" class={classes!("question", result)} data-result={result} data-right={right.to_owned()}>
            <div>{prose(&asked.question)}</div>
            if result != "skipped" {
                {line(words.you_said, &answer)}
            }
            {line(words.it_was, right)}
            if result != "skipped" {
                <p class="mark"><span aria-hidden="true">{mark}</span>{" "}{if result == "right" { words.answer_right } else { words.answer_wrong }}</p>
            }
            if let Some(reply) = reply {
                {prose(reply)}
            }
        </section>
    }
}

/// What is to be achieved, and the hints given so far. The command comes with the third.
pub(crate) fn challenge(props: &Props, challenge: &Challenge) -> Html {
    let words = props.lang.words();
    let hints = [&challenge.nudge, &challenge.point];
    let hint = |text: &&String| html! { <li>{prose(text)}</li> };
    html! {
        <section id="challenge" class="question" aria-labelledby="challenge-title" data-hints={props.hints.to_string()} data-met={props.explained.to_string()}>
            <h4 id="challenge-title">{if props.explained { words.goal_met } else { words.goal }}</h4>
            {prose(&challenge.goal)}
            if props.hints > 0 {
                <ol class="hints" aria-label={words.hint}>{for hints.iter().take(props.hints).map(hint)}</ol>
            }
        </section>
    }
}
