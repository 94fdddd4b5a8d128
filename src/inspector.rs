//! The object that was clicked: its YAML, and what can be done to it.

use std::rc::Rc;

use cluster::object::{Kind, Pod};
use cluster::{Reason, Subject, parent_and_ordinal};
use kubectl::Files;
use lesson::Frame;
use web_sys::HtmlElement;
use words::Lang;
use yew::prelude::*;

use crate::explain::{headline, rich};
use crate::page;
use crate::stage::Moment;
use crate::state::Msg;

/// A frame and its number. Two are equal only if they are the same.
#[derive(Clone, Debug)]
pub(crate) struct Last(pub(crate) (usize, Rc<Frame>));

impl PartialEq for Last {
    fn eq(&self, other: &Last) -> bool {
        Rc::ptr_eq(&self.0.1, &other.0.1)
    }
}

/// What [`Inspector`] needs.
#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    /// Language of the page.
    pub(crate) lang: Lang,
    /// The object.
    pub(crate) subject: Subject,
    /// The frame being looked at.
    pub(crate) moment: Moment,
    /// The last frame with a step about the object.
    pub(crate) last: Option<Last>,
    /// Takes messages.
    pub(crate) send: Callback<Msg>,
}

/// The object that was clicked.
#[component]
pub(crate) fn Inspector(props: &Props) -> Html {
    let words = props.lang.words();
    let subject = &props.subject;
    let kind = subject.kind.name();
    let heading = use_node_ref();
    use_effect_with((subject.clone(), heading.clone()), |(_, heading)| {
        if let Some(heading) = heading.cast::<HtmlElement>() {
            let _ = heading.focus();
        }
    });
    let yaml = yaml(props);
    let name = subject.name.to_string();
    let insert = move |_: MouseEvent| page::type_in_terminal(&name);
    html! {
        <aside id="inspector" class="inspector" aria-labelledby="inspector-title" data-kind={kind} data-name={subject.name.to_string()}>
            <div class="inspector-top">
                <h3 id="inspector-title" ref={heading} tabindex="-1" lang="en" translate="no">
                    <span class="kind">{kind}</span>{" "}{&*subject.name}
                </h3>
                <button type="button" id="inspector-close" onclick={props.send.reform(|_| Msg::Select(None))}>{words.close}</button>
            </div>
            <p><button type="button" id="insert-name" onclick={insert}>{words.insert_name}</button></p>
            {actions(props)}
            {why(props)}
            if let Some(yaml) = yaml {
                <pre id="yaml" class="yaml" tabindex="0" lang="en" translate="no" data-own-keys="">{yaml}</pre>
            } else {
                <p class="hint">{words.gone}</p>
            }
        </aside>
    }
}

/// What the object, or its absence, is due to: what its controller waits for, what its probe finds,
/// and the last step about it.
fn why(props: &Props) -> Html {
    let (lang, words) = (props.lang, props.lang.words());
    let subject = &props.subject;
    let cluster = &props.moment.frame.cluster;
    let set = match subject.kind {
        Kind::StatefulSet => Some(&*subject.name),
        Kind::Pod => parent_and_ordinal(&subject.name).map(|(set, _)| set),
        _ => None,
    };
    let waits = set.and_then(|set| cluster.waiting(set));
    let mut obstacles = cluster.obstacles(subject);
    // The pod that everything waits for is asked as well.
    let blocker = waits
        .and_then(Reason::blocker)
        .filter(|pod| **pod != subject.name);
    obstacles.extend(
        blocker
            .into_iter()
            .flat_map(|pod| cluster.obstacles(&Subject::new(Kind::Pod, pod))),
    );
    let last = props.last.as_ref().and_then(|Last((number, frame))| {
        let step = frame.step.as_ref()?;
        let time = lang.time(frame.cluster.now());
        let did = headline(lang, step).unwrap_or_default();
        let number = *number;
        Some(html! {
            <>
                <p><button type="button" class="quiet" id="why-seek" onclick={props.send.reform(move |_| Msg::Seek(number))}>{time}</button>{" "}{rich(&did)}</p>
                <p>{rich(&lang.reason(&step.reason))}</p>
            </>
        })
    });
    if waits.is_none() && obstacles.is_empty() && last.is_none() {
        return Html::default();
    }
    html! {
        <section id="why" class="why-not" aria-labelledby="why-title">
            <h4 id="why-title">{words.why}</h4>
            if let Some(reason) = waits {
                <p><span class="label">{words.waits}</span>{rich(&lang.reason(reason))}</p>
            }
            {for obstacles.iter().map(|obstacle| html! { <p class="obstacle">{rich(&lang.obstacle(obstacle))}</p> })}
            {last}
        </section>
    }
}

/// The object as kubectl prints it; nothing if it isn't there.
fn yaml(props: &Props) -> Option<String> {
    let subject = &props.subject;
    let mut cluster = props.moment.frame.cluster.clone();
    cluster::find(&cluster, subject)?;
    let kind = subject.kind.info().plural;
    let line = ["kubectl get ", kind, " ", &subject.name, " -o yaml"].concat();
    let outcome = kubectl::run(&line, &Files::new(), &mut cluster);
    Some(outcome.output.into_iter().map(|chunk| chunk.text).collect())
}

fn actions(props: &Props) -> Html {
    let words = props.lang.words();
    let subject = &props.subject;
    let cluster = &props.moment.frame.cluster;
    if subject.kind != Kind::Pod || cluster.store().get::<Pod>(&subject.name).is_none() {
        return Html::default();
    }
    let ready = cluster.may_be_ready(&subject.name);
    let name = subject.name.to_string();
    let delete = ["kubectl delete pod ", &name, " --wait=false"].concat();
    let run = delete.clone();
    html! {
        <div class="actions">
            <button type="button" id="switch-readiness" aria-describedby="readiness-help"
                onclick={props.send.reform(move |_| Msg::SwitchReadiness(name.clone(), !ready))}>
                {if ready { words.break_readiness } else { words.mend_readiness }}
            </button>
            <button type="button" id="delete-object" title={delete} onclick={props.send.reform(move |_| Msg::Command(run.clone()))}>{words.delete}</button>
            <p id="readiness-help" class="hint">{words.readiness_help}</p>
        </div>
    }
}
