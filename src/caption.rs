//! What happened at the frame being looked at, who did it, and why.

use cluster::Time;
use words::Lang;
use yew::prelude::*;

use crate::explain::{headline, rich};
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
        None if props.moment.gap_ms == 0 => html! { <p class="what">{words.nothing_yet}</p> },
        None => html! { <p class="what">{words.time_passed}</p> },
        Some(step) => {
            let (who, reason) = (lang.actor(&step.actor), lang.reason(&step.reason));
            let (did, why) = match headline(lang, step) {
                Some(did) => (did, Some(reason)),
                None => (reason, None),
            };
            html! {
                <>
                    <p class="what"><span class="who">{rich(&who)}</span><span class="did">{rich(&did)}</span></p>
                    if let Some(why) = why {
                        <p class="why"><span class="label">{words.why}</span><span>{rich(&why)}</span></p>
                    }
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
