//! Two branches side by side: the same picture twice, and what differs between them.

use words::Lang;
use yew::prelude::*;

use crate::caption::Caption;
use crate::explain::{rich, sentence};
use crate::run::Run;
use crate::stage::{Moment, Stage};
use crate::state::Msg;

/// Names of the branches.
pub(crate) fn names(lang: Lang, run: &Run) -> Vec<String> {
    let names = run.forks().into_iter().enumerate();
    names
        .map(|(branch, from)| lang.branch_name(branch + 1, from))
        .collect()
}

/// Both branches at the same moment, if they are compared. Whoever clicks an object goes to it.
pub(crate) fn sides(lang: Lang, run: &Run, names: &[String], send: &Callback<Msg>) -> Option<Html> {
    let (other, number) = run.beside()?;
    let timeline = run.timeline();
    let sides = [(timeline.branch(), timeline.cursor()), (other, number)];
    let moments = sides.map(|(branch, frame)| Moment::at(timeline.frames_of(branch), frame));
    let side = |at: usize| {
        let (branch, frame) = sides[at];
        let moment = moments[at].clone();
        let here = send.clone();
        let go = Callback::from(move |msg: Msg| {
            here.emit(Msg::GoTo(branch, frame));
            here.emit(msg);
        });
        let name = &names[branch];
        let time = lang.time(moment.frame.cluster.now());
        html! {
            <section class="side" key={branch} data-side={branch.to_string()} data-at={frame.to_string()} aria-label={name.clone()}>
                <h3>{name}<small class="clock" translate="no">{time}</small></h3>
                <Caption {lang} moment={moment.clone()} at_rest={false} />
                <Stage {lang} {moment} beside={moments[1 - at].clone()} asked={Vec::new()} answer="" send={go} />
            </section>
        }
    };
    Some(html! { <div id="compare" class="compare">{side(0)}{side(1)}</div> })
}

/// Where two branches first differ, in words, as a mark to go to; and the switch to see both.
pub(crate) fn difference(lang: Lang, run: &Run, names: &[String], send: &Callback<Msg>) -> Html {
    let Some((branch, differs)) = run.other() else {
        return Html::default();
    };
    let words = lang.words();
    let timeline = run.timeline();
    let told = |branch: usize| {
        let frame = timeline.frames_of(branch).get(differs?)?;
        let step = frame.step.as_ref()?;
        Some(html! { <li><b>{&names[branch]}</b>{" "}{rich(&sentence(lang, step))}</li> })
    };
    let both = run.beside().is_some();
    html! {
        <div id="difference">
            <button type="button" id="side-by-side" aria-pressed={both.to_string()} onclick={send.reform(move |_| Msg::Compare(!both))}>{words.side_by_side}</button>
            if let Some(frame) = differs {
                <button type="button" id="to-difference" class="quiet" onclick={send.reform(move |_| Msg::Seek(frame))}>{words.first_difference}</button>
            }
            <ul>{for [timeline.branch(), branch].into_iter().filter_map(told)}</ul>
        </div>
    }
}
