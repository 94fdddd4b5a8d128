//! What a StatefulSet promises, watched at every frame: kept, or broken by a step to go to.

use cluster::Time;
use cluster::object::Name;
use cluster::property::Property;
use words::Lang;
use yew::prelude::*;

use crate::explain::plain;
use crate::state::Msg;

/// The properties that are watched.
pub(crate) const WATCHED: [Property; 6] = [
    Property::AtMostOneProcess,
    Property::PredecessorsFirst,
    Property::OrdinalsWithoutGap,
    Property::ClaimsBeforePods,
    Property::ClaimsAreKept,
    Property::DataIsKept,
];

/// A property that is watched, in a few words.
fn name(lang: Lang, property: Property) -> &'static str {
    let words = lang.words();
    match property {
        Property::AtMostOneProcess => words.one_process,
        Property::PredecessorsFirst => words.predecessors_first,
        Property::OrdinalsWithoutGap => words.ordinals_without_gap,
        Property::ClaimsBeforePods => words.claims_before_pods,
        Property::ClaimsAreKept => words.claims_are_kept,
        Property::DataIsKept => words.data_is_kept,
        other => other.id(),
    }
}

/// A property was broken first: the frame, its time, and the object at fault.
pub(crate) type Broken = (usize, Time, Name);

/// What [`Promises`] needs.
#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    /// Language of the page.
    pub(crate) lang: Lang,
    /// The properties, and how each was broken first.
    pub(crate) promises: Vec<(Property, Option<Broken>)>,
    /// Takes messages.
    pub(crate) send: Callback<Msg>,
}

/// The promises, one chip each.
#[component]
pub(crate) fn Promises(props: &Props) -> Html {
    if props.promises.is_empty() {
        return Html::default();
    }
    let chip = |(property, broken): &(Property, Option<Broken>)| {
        let text = name(props.lang, *property);
        let id = property.id();
        match broken {
            None => {
                html! { <li class="chip" data-property={id} data-holds="true"><span aria-hidden="true">{"✓ "}</span>{text}</li> }
            }
            Some((frame, time, name)) => {
                let (frame, when) = (*frame, plain(&props.lang.broken(name, *time)));
                html! {
                    <li data-property={id} data-holds="false"><button type="button" class="chip" onclick={props.send.reform(move |_| Msg::Seek(frame))}>
                        <span aria-hidden="true">{"✗ "}</span>{text}<span class="when">{when}</span>
                    </button></li>
                }
            }
        }
    };
    html! {
        <ul id="promises" class="promises" aria-label={props.lang.words().promises}>{for props.promises.iter().map(chip)}</ul>
    }
}
