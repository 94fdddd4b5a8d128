//! What happened at the frame being looked at, who did it, and why.

use cluster::Time;
use words::{Lang, What};
use yew::prelude::*;

use crate::explain::{explain, rich};
use crate::stage::Moment;

/// What [`Caption`] needs.
#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    /// Language of the page.
    pub(crate) lang: Lang,
    /// The frame.
    pub(crate) moment: Moment,
    /// Whether nothing is left to happen.
    pub(crate) at_rest: bool,
}

/// Milliseconds of silence that are told, because playing skips over them.
const LONG_GAP_MS: u64 = 2_000;

/// What happened, and why.
#[component]
pub(crate) fn Caption(props: &Props) -> Html {
    let (lang, words) = (props.lang, props.lang.words());
    let text = match &props.moment.frame.step {
        None => html! { <p class="what">{words.nothing_yet}</p> },
        Some(step) => {
            let (about, what) = explain(step);
            let waits = what == What::Waits;
            let done = match waits {
                true => words.waits.to_owned(),
                false => lang.what(&about, &what),
            };
            html! {
                <>
                    <p class="what"><span class="who">{rich(&lang.actor(&step.actor))}</span><span class="did">{rich(&done)}</span></p>
                    <p class="why"><span class="label">{words.why}</span><span>{rich(&lang.reason(&step.reason))}</span></p>
                </>
            }
        }
    };
    html! {
        <section id="caption" class="caption" aria-label={words.what_happened}>
            <div>{text}</div>
            if props.moment.gap_ms >= LONG_GAP_MS {
                <p class="gap">{lang.later(Time(props.moment.gap_ms))}</p>
            }
            if props.at_rest {
                <p class="rest">{words.at_rest}</p>
            }
        </section>
    }
}
