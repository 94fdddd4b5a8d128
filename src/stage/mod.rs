//! The picture: a pure function of one frame. Nodes are racks, identities are columns; below a pod
//! are its claim and its volume, and these stay when the pod goes.

mod cards;
pub(crate) mod floor;
mod motion;
pub(crate) mod state;
mod talk;
pub(crate) mod tools;

use std::ops::RangeInclusive;
use std::rc::Rc;

use cluster::Subject;
use cluster::object::{
    Kind, Node, PersistentVolume, PersistentVolumeClaim, Pod, ReplicaSet, Service, StatefulSet,
};
use lesson::{Frame, Timeline};
use words::{Lang, What};
use yew::prelude::*;

use crate::explain::explain;
use crate::state::Msg;
use cards::Look;
use floor::Floor;
use motion::Places;
use tools::Tool;

/// A frame to look at. Two are equal only if they are the same.
#[derive(Clone, Debug)]
pub(crate) struct Moment {
    /// The frame.
    pub(crate) frame: Rc<Frame>,
    /// Milliseconds that passed since the frame before it.
    pub(crate) gap_ms: u64,
}

impl Moment {
    /// The frame that a timeline shows.
    pub(crate) fn of(timeline: &Timeline) -> Moment {
        Moment::at(timeline.frames(), timeline.cursor())
    }

    /// The frame of this number.
    pub(crate) fn at(frames: &[Rc<Frame>], number: usize) -> Moment {
        let frame = Rc::clone(&frames[number]);
        let before = &frames[number.saturating_sub(1)];
        Moment {
            gap_ms: frame.cluster.now().since(before.cluster.now()),
            frame,
        }
    }

    /// The one object to look at.
    fn changed(&self) -> Option<Subject> {
        let step = self.frame.step.as_ref()?;
        let (subject, what) = explain(step);
        if subject.kind == Kind::EndpointSlice {
            // Slices are drawn as what their Service leads to.
            let labels = &step.change.as_ref()?.object().metadata().labels;
            let service = labels.get("kubernetes.io/service-name")?;
            return Some(Subject::new(Kind::Service, service));
        }
        (what != What::Removed).then_some(subject)
    }

    /// The pod that this step removed: it is still shown going.
    fn leaving(&self) -> Option<Rc<Pod>> {
        let change = self.frame.step.as_ref()?.change.as_ref()?;
        match change.sides::<Pod>()? {
            (Some(pod), None) => Some(Rc::clone(pod)),
            _ => None,
        }
    }
}

impl PartialEq for Moment {
    fn eq(&self, other: &Moment) -> bool {
        Rc::ptr_eq(&self.frame, &other.frame)
    }
}

/// What [`Stage`] needs.
#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    /// Language of the page.
    pub(crate) lang: Lang,
    /// The frame.
    pub(crate) moment: Moment,
    /// The frame of another branch that this one is held against; then nothing can be done here.
    #[prop_or_default]
    pub(crate) beside: Option<Moment>,
    /// The object being inspected.
    #[prop_or_default]
    pub(crate) selected: Option<Subject>,
    /// Names of the objects that answer a question when they are clicked.
    pub(crate) asked: Vec<String>,
    /// Name of the object that a hint points at.
    #[prop_or_default]
    pub(crate) pointed_at: Option<String>,
    /// Those of them that were chosen, with a space between two.
    pub(crate) answer: String,
    /// The tool in hand.
    #[prop_or_default]
    pub(crate) tool: Option<Tool>,
    /// Takes messages.
    pub(crate) send: Callback<Msg>,
}

/// The picture.
#[derive(Debug, Default)]
pub(crate) struct Stage {
    root: NodeRef,
    /// Where everything was, to move it from there.
    places: Places,
    /// The frame whose answers flew last.
    flown: Option<Moment>,
    /// The tool that was in hand.
    tool: Option<Tool>,
}

impl Component for Stage {
    type Message = ();
    type Properties = Props;

    fn create(_: &Context<Stage>) -> Stage {
        Stage::default()
    }

    fn view(&self, ctx: &Context<Stage>) -> Html {
        let props = ctx.props();
        let look = Look {
            lang: props.lang,
            cluster: &props.moment.frame.cluster,
            other: props.beside.as_ref().map(|moment| &moment.frame.cluster),
            changed: props.moment.changed(),
            selected: props.selected.clone(),
            asked: &props.asked,
            pointed_at: props.pointed_at.as_deref(),
            answer: &props.answer,
            tool: props.tool,
            send: &props.send,
        };
        let floor = Floor::of(look.cluster);
        // The more columns, the wider the stage must be for something beside them.
        let over = |count: usize, class: &'static str| (floor.seats.len() > count).then_some(class);
        let crowd = classes!(
            "ground",
            over(3, "over-3"),
            over(5, "over-5"),
            over(8, "over-8")
        );
        let root = self.root.clone();
        let on_key = Callback::from(move |event: KeyboardEvent| {
            if let Some(root) = root.cast::<web_sys::Element>() {
                tools::on_key(&root, &event);
            }
        });
        html! {
            <div class="stage" ref={&self.root} onkeydown={props.tool.is_some().then_some(on_key)}><div class={crowd}>
                {sets(&look)}
                <div class="site">
                    if look.other.is_none() {
                        {tools::toolbox(&look)}
                    }
                    <div class="floor" style={columns(&floor)}>
                        {seats(&floor)}
                        {rows(&look, &floor, props.moment.leaving())}
                        {wires(&look, &floor)}
                        {twins(&look, &floor)}
                    </div>
                    if floor.more > 0 {
                        <p class="hint">{props.lang.more(floor.more)}</p>
                    }
                    {free_volumes(&look, &floor)}
                </div>
                {services(&look)}
            </div>
            if look.other.is_none() {
                {tools::hint(&look)}
            }
            {talk::talks(&look)}
            {talk::marks(&talk::flights(look.cluster))}
            </div>
        }
    }

    fn rendered(&mut self, ctx: &Context<Stage>, first: bool) {
        let Some(root) = self.root.cast::<web_sys::Element>() else {
            return;
        };
        self.places.moved(&root, first);
        let props = ctx.props();
        if self.flown.as_ref() != Some(&props.moment) {
            motion::fly(&root);
            self.flown = Some(props.moment.clone());
        }
        if self.tool != props.tool {
            tools::lead_focus(&root, self.tool, props.tool);
            self.tool = props.tool;
        }
    }
}

/// Columns that are laid out at least, so that the racks keep their size while the first pods come.
const SEATS_MIN: usize = 3;

fn columns(floor: &Floor) -> String {
    ["--seats:", &floor.seats.len().max(SEATS_MIN).to_string()].concat()
}

/// Where a thing stands on the floor, for the style sheet; lines of the grid are counted from 1.
fn at(seat: usize) -> String {
    across(seat..=seat)
}

fn across(seats: RangeInclusive<usize>) -> String {
    format!("--from:{};--to:{}", seats.start() + 1, seats.end() + 2)
}

// Rows of the grid: heads of columns, tray, then nodes, claims and volumes.
const SEATS_ROW: usize = 1;
const TRAY_ROW: usize = 2;
const NODES_ROW: usize = 3;

fn row(number: usize) -> String {
    ["grid-row:", &number.to_string()].concat()
}

fn claims_row(look: &Look<'_>) -> usize {
    NODES_ROW + look.cluster.store().count::<Node>()
}

/// The heads of the columns, and where the nodes' cables come from.
fn seats(floor: &Floor) -> Html {
    let head = |(seat, identity): (usize, &floor::Identity)| {
        let digit = identity.ordinal().map(|ordinal| ordinal.to_string());
        html! { <span class={classes!("seat", identity.class())} style={at(seat)}>{digit}</span> }
    };
    html! { <><div class="seats" style={row(SEATS_ROW)} aria-hidden="true"><span class="api">{"API server"}</span><div>{for floor.seats.iter().enumerate().map(head)}</div></div></> }
}

fn rows(look: &Look<'_>, floor: &Floor, leaving: Option<Rc<Pod>>) -> Html {
    let words = look.lang.words();
    let pods_on = |node: Option<&str>| -> Vec<Html> {
        let here = |pod: &Rc<Pod>| pod.spec.node_name.as_deref() == node;
        let mut cards = Vec::new();
        for seat in 0..floor.seats.len() {
            if node.is_none() {
                cards.extend(absent(look, floor, seat));
            }
            let pods = floor.pods(seat).iter().filter(|pod| here(pod));
            cards.extend(pods.map(|pod| html! {
                <li key={pod.metadata.uid.clone()} style={at(seat)}>{look.pod(pod, &floor.seats[seat])}</li>
            }));
            let gone = leaving
                .iter()
                .filter(|pod| here(pod) && floor::of_pod(pod) == floor.seats[seat]);
            let strays = floor
                .strays(seat)
                .iter()
                .filter(|stray| Some(&*stray.node) == node);
            cards.extend(strays.map(|stray| html! {
                <li key={[&stray.uid, " stray"].concat()} style={at(seat)}>{look.stray(stray, &floor.seats[seat])}</li>
            }));
            cards.extend(gone.map(|pod| html! {
                <li key={format!("{} gone", pod.metadata.uid)} class="ghost" aria-hidden="true" style={at(seat)}>{look.ghost(pod)}</li>
            }));
        }
        cards
    };
    let unscheduled = pods_on(None);
    let node = |(number, node): (usize, &Rc<Node>)| {
        let name = node.metadata.name.clone();
        // What the API thinks of it, and what is: the two differ for a while.
        let ready = node.ready_status() == "True";
        let cut = look.cluster.is_partitioned(&name);
        html! {
            <section class={classes!("rack", (!ready).then_some("down"), cut.then_some("cut"))} key={name.clone()} style={row(NODES_ROW + number)} data-node={name.clone()} data-ready={ready.to_string()} data-cut={cut.to_string()} aria-label={[words.node, " ", &name].concat()}>
                <i class="cable" aria-hidden="true" />
                <h3>{look.pick(Kind::Node, &name, html! {
                    <>
                        {&name}<small>{if ready { "Ready" } else { "NotReady" }}</small>
                        if cut {
                            <b class="cut-word" lang={look.lang.tag()}>{cross()}{words.cable_cut}</b>
                        }
                        {look.unlike(Kind::Node, &name)}
                    </>
                })}</h3>
                <ul>{for pods_on(Some(&name))}</ul>
            </section>
        }
    };
    html! {
        <>
            <section class="rack tray" style={row(TRAY_ROW)} aria-label={words.not_scheduled}>
                <h3>{words.not_scheduled}</h3>
                <ul>{for unscheduled}</ul>
            </section>
            {for look.cluster.store().list::<Node>().enumerate().map(node)}
            {claims(look, floor)}
            {volumes(look, floor)}
        </>
    }
}

fn cross() -> Html {
    state::PodState::Failed.glyph()
}

/// Around a column in which programs of one identity run on several nodes: what must never be.
fn twins(look: &Look<'_>, floor: &Floor) -> Html {
    let node_of = |uid: &str| {
        let process = look.cluster.processes().find(|(known, _)| ***known == *uid);
        let process = process.filter(|(_, process)| process.running())?.1;
        let mut nodes = look.cluster.store().list::<Node>();
        nodes.position(|node| *node.metadata.name == *process.node)
    };
    let frame = |seat: usize| {
        let strays = floor.strays(seat);
        let pods = floor.pods(seat).iter().map(|pod| &*pod.metadata.uid);
        let uids = pods.chain(strays.iter().map(|stray| &*stray.uid));
        let nodes: Vec<usize> = uids.filter_map(node_of).collect();
        let last = nodes.iter().max().filter(|_| nodes.len() > 1)?;
        let name = &strays.first()?.pod;
        let rows = format!(
            "--seat:{seat};grid-row:{SEATS_ROW}/{}",
            NODES_ROW + last + 1
        );
        Some(html! {
            <p class="twins" style={rows} data-twins={name.to_string()}><b lang="en" translate="no">{nodes.len()}{" × "}{&**name}</b></p>
        })
    };
    html! { <>{for (0..floor.seats.len()).filter_map(frame)}</> }
}

/// The place of a pod that is wanted and not there, to ask why.
fn absent(look: &Look<'_>, floor: &Floor, seat: usize) -> Option<Html> {
    let floor::Identity::Ordinal { set, ordinal } = &floor.seats[seat] else {
        return None;
    };
    let owner = look.cluster.store().get::<StatefulSet>(set)?;
    let wanted = ordinal.checked_sub(owner.start_ordinal())? < owner.replicas();
    if !wanted || !floor.pods(seat).is_empty() {
        return None;
    }
    let name = [set, "-", &ordinal.to_string()].concat();
    let words = look.lang.words();
    let ask = html! { <><span class="unseen">{&name}{" "}</span><span lang={look.lang.tag()}>{words.why_absent}</span></> };
    Some(html! {
        <li key={["absent ", &name].concat()} class="absent" data-absent={name.clone()} style={at(seat)}>{look.pick(Kind::Pod, &name, ask)}</li>
    })
}

fn claims(look: &Look<'_>, floor: &Floor) -> Html {
    let cards = (0..floor.seats.len()).flat_map(|seat| {
        floor.claims(seat).iter().map(move |claim| html! {
            <li key={claim.metadata.uid.clone()} style={across(floor.users(seat, &claim.metadata.name))}>{look.claim(claim, &floor.seats[seat])}</li>
        })
    });
    html! {
        <section class="row claims" style={row(claims_row(look))} aria-label={look.lang.words().claims}>
            <h3>{look.lang.words().claims}</h3>
            <ul>{for cards}</ul>
        </section>
    }
}

fn volumes(look: &Look<'_>, floor: &Floor) -> Html {
    // As wide as the claim that it is bound to.
    let below = |seat: usize, volume: &PersistentVolume| {
        let claim = volume
            .spec
            .claim_ref
            .as_ref()
            .and_then(|claim| claim.name.as_deref());
        claim.map_or(seat..=seat, |claim| floor.users(seat, claim))
    };
    let cards = (0..floor.seats.len()).flat_map(|seat| {
        floor.volumes(seat).iter().map(move |volume| html! {
            <li key={volume.metadata.uid.clone()} style={across(below(seat, volume))}>{look.volume(volume, Some(&floor.seats[seat]))}</li>
        })
    });
    html! {
        <section class="row volumes" style={row(claims_row(look) + 1)} aria-label={look.lang.words().volumes}>
            <h3>{look.lang.words().volumes}</h3>
            <ul>{for cards}</ul>
        </section>
    }
}

fn free_volumes(look: &Look<'_>, floor: &Floor) -> Html {
    if floor.free.is_empty() {
        return Html::default();
    }
    let card = |volume: &Rc<_>| look.volume(volume, None);
    html! {
        <section class="free" aria-label={look.lang.words().free_volumes}>
            <h3>{look.lang.words().free_volumes}</h3>
            <ul>{for floor.free.iter().map(|volume| html! { <li key={volume.metadata.uid.clone()}>{card(volume)}</li> })}</ul>
        </section>
    }
}

/// Lines from pods to their claims and on to their volumes.
fn wires(look: &Look<'_>, floor: &Floor) -> Html {
    let nodes: Vec<&str> = look
        .cluster
        .store()
        .list::<Node>()
        .map(|node| node.metadata.name.as_str())
        .collect();
    let row_of = |pod: &Pod| match pod.spec.node_name.as_deref() {
        None => Some(TRAY_ROW),
        Some(name) => Some(NODES_ROW + nodes.iter().position(|node| *node == name)?),
    };
    let claims = claims_row(look);
    let wire = |class: Classes, seat: usize, from: usize, to: usize| {
        let style = format!("--seat:{seat};grid-row:{from}/{}", to + 1);
        html! { <i class={classes!("wire", class)} {style} /> }
    };
    let mut all = Vec::new();
    for (seat, identity) in floor.seats.iter().enumerate() {
        let there = |name: &str| {
            look.cluster
                .store()
                .get::<PersistentVolumeClaim>(name)
                .is_some()
        };
        for pod in floor.pods(seat) {
            let tied = pod.claim_names().any(there);
            if let Some(row) = row_of(pod).filter(|_| tied) {
                all.push(wire(
                    classes!("pod-wire", identity.class()),
                    seat,
                    row,
                    claims,
                ));
            }
        }
        let named = |claim: &str| {
            let volume = &floor.volumes(seat);
            volume.iter().any(|volume| {
                let reference = volume.spec.claim_ref.as_ref();
                reference.and_then(|reference| reference.name.as_deref()) == Some(claim)
            })
        };
        for claim in floor
            .claims(seat)
            .iter()
            .filter(|claim| named(&claim.metadata.name))
        {
            let bound = claim.status.phase == "Bound";
            all.push(wire(
                classes!(identity.class(), (!bound).then_some("loose")),
                seat,
                claims,
                claims + 1,
            ));
        }
    }
    html! { <div class="wires" aria-hidden="true">{for all}</div> }
}

/// The StatefulSets: what is wanted, what is there, and what is waited for.
fn sets(look: &Look<'_>) -> Html {
    let sets = look.cluster.store().list::<StatefulSet>();
    let mut cards: Vec<Html> = sets
        .map(|set| html! { <li key={set.metadata.uid.clone()}>{look.stateful_set(set)}</li> })
        .collect();
    let sets = look.cluster.store().list::<ReplicaSet>();
    cards.extend(
        sets.map(|set| html! { <li key={set.metadata.uid.clone()}>{look.replica_set(set)}</li> }),
    );
    if cards.is_empty() {
        return Html::default();
    }
    html! {
        <section class="sets" aria-label={look.lang.words().controllers}>
            <h3>{look.lang.words().controllers}</h3>
            <ul>{for cards}</ul>
        </section>
    }
}

/// The Services, and what the DNS server has of each.
fn services(look: &Look<'_>) -> Html {
    let services = look.cluster.store().list::<Service>();
    let cards = services.map(
        |service| html! { <li key={service.metadata.uid.clone()}>{look.service(service)}</li> },
    );
    html! {
        <section class="services" aria-label={look.lang.words().services}>
            <h3>{look.lang.words().services}</h3>
            <ul>{for cards}</ul>
        </section>
    }
}
