//! One card for each object.

use cluster::object::{
    Endpoints, Kind, Node, PersistentVolume, PersistentVolumeClaim, Pod, ReplicaSet, Service,
    StatefulSet,
};
use cluster::{Cluster, Reason, Subject, parent_and_ordinal};
use words::Lang;
use yew::prelude::*;

use super::floor::{Identity, Stray, of_pod};
use super::state::{PodState, claim_state, volume_state};
use super::tools::Tool;
use crate::explain::rich;
use crate::state::Msg;

/// What all names of Services end with.
pub(super) const DOMAIN: &str = ".default.svc.cluster.local";

/// How the objects are looked at.
#[derive(Debug)]
pub(super) struct Look<'a> {
    pub(super) lang: Lang,
    pub(super) cluster: &'a Cluster,
    /// The cluster of another branch that this one is held against.
    pub(super) other: Option<&'a Cluster>,
    /// The object that the step changed.
    pub(super) changed: Option<Subject>,
    /// The object being inspected.
    pub(super) selected: Option<Subject>,
    /// Names of the objects that answer a question when they are clicked.
    pub(super) asked: &'a [String],
    /// Name of the object that a hint points at.
    pub(super) pointed_at: Option<&'a str>,
    /// Those of them that were chosen.
    pub(super) answer: &'a str,
    /// The tool in hand.
    pub(super) tool: Option<Tool>,
    pub(super) send: &'a Callback<Msg>,
}

impl Look<'_> {
    /// Classes and click of the card of an object.
    fn card(
        &self,
        class: &'static str,
        subject: &Subject,
    ) -> (Classes, bool, Callback<MouseEvent>) {
        let changed = self.changed.as_ref() == Some(subject);
        let selected = self.selected.as_ref() == Some(subject);
        let asked = self.asked.iter().any(|name| **name == *subject.name);
        let chosen = asked && self.answer.split(' ').any(|name| *name == *subject.name);
        let selected = if asked { chosen } else { selected };
        let used = self
            .tool
            .and_then(|tool| tool.action(self.cluster, subject));
        let classes = classes!(
            class,
            used.is_some().then_some("target"),
            (asked || self.pointed_at == Some(&*subject.name)).then_some("asked"),
            changed.then_some("changed"),
            selected.then_some("selected")
        );
        let chosen = subject.clone();
        let msg = used.map_or_else(|| Msg::Select(Some(chosen)), Msg::Do);
        let select = self.send.reform(move |_: MouseEvent| msg.clone());
        (classes, selected, select)
    }

    /// That an object is not as on the other branch, or not there at all.
    pub(super) fn unlike(&self, kind: Kind, name: &str) -> Option<Html> {
        let other = self.other?;
        let there = face(other, kind, name);
        let word = match there {
            None => self.lang.words().only_here,
            there if there != face(self.cluster, kind, name) => self.lang.words().differs,
            _ => return None,
        };
        Some(html! { <span class="unlike" lang={self.lang.tag()}>{"≠ "}{word}</span> })
    }

    /// A plain button that selects an object.
    pub(super) fn pick(&self, kind: Kind, name: &str, content: Html) -> Html {
        let (class, selected, select) = self.card("pick", &Subject::new(kind, name));
        html! {
            <button type="button" {class} aria-pressed={selected.to_string()} onclick={select} lang="en" translate="no">{content}</button>
        }
    }

    pub(super) fn pod(&self, pod: &Pod, identity: &Identity) -> Html {
        let name = &pod.metadata.name;
        let state = PodState::of(pod);
        let word = state.word(pod);
        let (class, selected, select) = self.card("pod", &Subject::new(Kind::Pod, name));
        let place = self.lang.place(pod.spec.node_name.as_deref());
        let broken = state == PodState::Running && !self.cluster.may_be_ready(name);
        html! {
            <button type="button" class={classes!(class, identity.class())} data-pod={name.clone()} data-state={state.name()} data-uid={pod.metadata.uid.clone()}
                data-move={pod.metadata.uid.clone()} aria-pressed={selected.to_string()} title={name.clone()} onclick={select}>
                {pod_inside(pod, state, &word)}
                <span class="unseen">{place}</span>
                if broken {
                    <span class="probe">{self.lang.words().probe_broken}</span>
                }
                {self.unlike(Kind::Pod, name)}
            </button>
        }
    }

    /// A pod that is gone, as it last was.
    pub(super) fn ghost(&self, pod: &Pod) -> Html {
        let state = PodState::of(pod);
        html! {
            <div class={classes!("pod", of_pod(pod).class())} data-state={state.name()}>{pod_inside(pod, state, &state.word(pod))}</div>
        }
    }

    /// A program that runs on although its pod is gone.
    pub(super) fn stray(&self, stray: &Stray, identity: &Identity) -> Html {
        let words = self.lang.words();
        // Only its program can be reached; the name is that of its replacement as well.
        let called = match self.tool {
            Some(Tool::Kill) => &stray.uid,
            _ => &stray.pod,
        };
        let (class, _, select) = self.card("pod", &Subject::new(Kind::Pod, called));
        html! {
            <button type="button" class={classes!(class, "stray", identity.class())} data-stray={stray.pod.to_string()} data-state="Unknown" title={words.stray_title} onclick={select}>
                <span class="digit" aria-hidden="true">{identity.ordinal().map(|ordinal| ordinal.to_string())}</span>
                <span class="body">
                    <span class="name" lang="en" translate="no">{stray.pod.to_string()}</span>
                    <span class="state">{PodState::Unknown.glyph()}<span>{words.stray}</span></span>
                    <span class="unseen">{words.stray_title}</span>
                </span>
            </button>
        }
    }

    pub(super) fn claim(&self, claim: &PersistentVolumeClaim, identity: &Identity) -> Html {
        let name = &claim.metadata.name;
        let state = claim_state(claim).to_owned();
        let (class, selected, select) =
            self.card("claim", &Subject::new(Kind::PersistentVolumeClaim, name));
        html! {
            <button type="button" class={classes!(class, identity.class())} data-claim={name.clone()} data-state={state.clone()}
                aria-pressed={selected.to_string()} title={name.clone()} onclick={select} lang="en" translate="no">
                <span class="name">{name}</span><span class="state">{state}</span>
                {self.unlike(Kind::PersistentVolumeClaim, name)}
            </button>
        }
    }

    pub(super) fn volume(&self, volume: &PersistentVolume, identity: Option<&Identity>) -> Html {
        let name = &volume.metadata.name;
        let state = volume_state(volume).to_owned();
        let (class, selected, select) =
            self.card("volume", &Subject::new(Kind::PersistentVolume, name));
        html! {
            <button type="button" class={classes!(class, identity.map_or("id-none", Identity::class))} data-volume={name.clone()} data-state={state.clone()}
                data-move={name.clone()} aria-pressed={selected.to_string()} title={name.clone()} onclick={select} lang="en" translate="no">
                <span class="name">{name}</span><span class="state">{state}</span>
                if self.cluster.disk_is_full(name) {
                    <span class="probe" lang={self.lang.tag()}>{self.lang.words().disk_full}</span>
                }
                {self.unlike(Kind::PersistentVolume, name)}
            </button>
        }
    }

    pub(super) fn stateful_set(&self, set: &StatefulSet) -> Html {
        let name = &set.metadata.name;
        let status = &set.status;
        let counts = [set.replicas(), status.replicas, status.ready_replicas];
        self.set(Kind::StatefulSet, name, counts, self.cluster.waiting(name))
    }

    pub(super) fn replica_set(&self, set: &ReplicaSet) -> Html {
        let status = &set.status;
        let counts = [set.replicas(), status.replicas, status.ready_replicas];
        self.set(Kind::ReplicaSet, &set.metadata.name, counts, None)
    }

    /// How many pods are wanted, there, and ready.
    fn set(&self, kind: Kind, name: &str, counts: [i32; 3], waits: Option<&Reason>) -> Html {
        let words = self.lang.words();
        let (class, selected, select) = self.card("set", &Subject::new(kind, name));
        let [replicas, pods, ready] = counts;
        let of = |wanted: Kind| (kind == wanted).then(|| name.to_owned());
        let count = |number: i32, word: &'static str| html! { <span class="count">{word}{" "}<b>{number}</b></span> };
        html! {
            <div class={class} data-stateful-set={of(Kind::StatefulSet)} data-replica-set={of(Kind::ReplicaSet)} data-replicas={replicas.to_string()} data-ready={ready.to_string()}>
                <button type="button" class="pick" aria-pressed={selected.to_string()} onclick={select} lang="en" translate="no">
                    <span class="kind">{kind.name()}</span>{" "}{name}
                </button>
                <p class="counts">
                    {count(replicas, words.desired)}
                    {count(pods, words.pods)}
                    {count(ready, words.ready)}
                </p>
                {self.unlike(kind, name)}
                if let Some(reason) = waits {
                    <p class="waits"><span class="label">{words.waits}</span>{rich(&self.lang.reason(reason))}</p>
                }
            </div>
        }
    }

    pub(super) fn service(&self, service: &Service) -> Html {
        let words = self.lang.words();
        let name = &service.metadata.name;
        let (class, selected, select) = self.card("service", &Subject::new(Kind::Service, name));
        html! {
            <div class={class} data-service={name.clone()}>
                <button type="button" class="pick" aria-pressed={selected.to_string()} onclick={select} lang="en" translate="no">{name}</button>
                if service.headless() {
                    <p class="ip">{words.headless}</p>
                }
                {self.unlike(Kind::Service, name)}
                {self.endpoints(service)}
                {self.records(service)}
            </div>
        }
    }

    /// The names of a Service in the DNS; those that the server keeps back, with the reason.
    fn records(&self, service: &Service) -> Html {
        let words = self.lang.words();
        let mut srv = Vec::new();
        let mut records = Vec::new();
        let own = &service.metadata.name;
        let mut names = self.cluster.service_names(service);
        cluster::sort::sort_by(&mut names, |a, b| a.name.cmp(&b.name));
        for entry in names {
            let mut pods = self.cluster.store().list::<Pod>();
            let pod = pods.find(|pod| pod.status.pod_ip.as_deref() == Some(&entry.address));
            let going = pod.is_some_and(|pod| pod.terminating());
            let identity = pod.map(|pod| of_pod(pod));
            let class = identity.as_ref().map_or("id-none", Identity::class);
            let pod = pod.map(|pod| pod.metadata.name.clone());
            let digit = identity.and_then(|identity| identity.ordinal());
            let digit = digit.map_or_else(|| "•".to_owned(), |ordinal| ordinal.to_string());
            let digit = pod.as_ref().map(|_| digit);
            let name = entry.name.trim_end_matches('.');
            let short = name.strip_suffix(DOMAIN).unwrap_or(name).to_owned();
            if entry.given && service.headless() {
                srv.extend(entry.ports.iter().map(|port| html! {
                    <span class={class} data-record={own.clone()} data-type="SRV" data-pod={pod.clone()}>
                        if let Some(digit) = &digit {
                            <b class="digit">{digit}</b>
                        }
                        {":"}{*port}
                    </span>
                }));
            }
            // The service's own part of a name may be cut off, what is before it not.
            let at = short
                .find('.')
                .unwrap_or(if *short == **own { 0 } else { short.len() });
            let (first, rest) = short.split_at(at);
            let (first, rest) = (first.to_owned(), rest.to_owned());
            records.push(html! {
                <li key={[name, " ", &entry.address, if entry.given { "" } else { " -" }].concat()} class={classes!("record", class)} title={name.to_owned()}
                    data-record={short.clone()} data-type="A" data-pod={pod} data-given={entry.given.to_string()}>
                    if let Some(digit) = digit {
                        <span class="digit" aria-hidden="true">{digit}</span>
                    }
                    <code lang="en" translate="no">{first}<i>{rest}</i></code>
                    if entry.given {
                        <code class="to" lang="en" translate="no">{"→ "}{entry.address}</code>
                    } else {
                        <span class="word">{rich(if going { words.no_record_going } else { words.no_record })}</span>
                    }
                </li>
            });
        }
        if !srv.is_empty() {
            records.push(html! {
                <li key="srv" class="record id-none" lang="en" translate="no"><code>{"SRV "}<i>{own}</i></code><span class="to">{"→ "}{for srv}</span></li>
            });
        }
        html! { <ul class="records" aria-label="DNS">{for records}</ul> }
    }

    /// Where a Service leads.
    fn endpoints(&self, service: &Service) -> Html {
        let words = self.lang.words();
        if service.spec.selector.is_empty() {
            return html! { <p class="hint">{words.no_selector}</p> };
        }
        let endpoints = self
            .cluster
            .store()
            .get::<Endpoints>(&service.metadata.name);
        let mut chips = Vec::new();
        for subset in endpoints.iter().flat_map(|endpoints| &endpoints.subsets) {
            let ready = subset.addresses.iter().map(|address| (address, true));
            let not_ready = subset
                .not_ready_addresses
                .iter()
                .map(|address| (address, false));
            for (address, ready) in ready.chain(not_ready) {
                let target = address
                    .target_ref
                    .as_ref()
                    .and_then(|target| target.name.clone());
                chips.push((target.unwrap_or_default(), address.ip.clone(), ready));
            }
        }
        if chips.is_empty() {
            return html! { <p class="hint">{words.no_endpoints}</p> };
        }
        cluster::sort::sort(&mut chips);
        let chip = |(pod, ip, ready): (String, String, bool)| {
            let known = self.cluster.store().get::<Pod>(&pod);
            let class = known.map_or("id-none", |pod| of_pod(pod).class());
            let digit = parent_and_ordinal(&pod)
                .map_or_else(|| "•".to_owned(), |(_, ordinal)| ordinal.to_string());
            html! {
                <li class={classes!("endpoint", class)} data-endpoint={pod.clone()} data-ready={ready.to_string()} title={pod.clone()}>
                    <span class="digit" aria-hidden="true">{digit}</span><span class="unseen">{&pod}{" "}</span>
                    <code lang="en" translate="no">{ip}</code>
                    <span class="word">{if ready { words.ready } else { words.not_ready }}</span>
                </li>
            }
        };
        html! { <ul class="endpoints">{for chips.into_iter().map(chip)}</ul> }
    }
}

/// How an object is, as far as two branches are held against each other; nothing if it isn't there.
fn face(cluster: &Cluster, kind: Kind, name: &str) -> Option<String> {
    let store = cluster.store();
    Some(match kind {
        Kind::Pod => {
            let pod = store.get::<Pod>(name)?;
            let node = pod.spec.node_name.as_deref().unwrap_or_default();
            [PodState::of(pod).name(), node, &pod.metadata.uid].concat()
        }
        Kind::PersistentVolumeClaim => claim_state(store.get(name)?).to_owned(),
        Kind::PersistentVolume => volume_state(store.get(name)?).to_owned(),
        Kind::StatefulSet => {
            let set = store.get::<StatefulSet>(name)?;
            let status = &set.status;
            counts([set.replicas(), status.replicas, status.ready_replicas])
        }
        Kind::ReplicaSet => {
            let set = store.get::<ReplicaSet>(name)?;
            let status = &set.status;
            counts([set.replicas(), status.replicas, status.ready_replicas])
        }
        Kind::Service => {
            store.get::<Service>(name)?;
            let ends = store.get::<Endpoints>(name);
            let subsets = ends.iter().flat_map(|ends| &ends.subsets);
            let ready = subsets.flat_map(|subset| &subset.addresses);
            ready.map(|address| &*address.ip).collect()
        }
        _ => {
            let ready = store.get::<Node>(name)?.ready_status();
            [
                ready,
                if cluster.is_partitioned(name) {
                    "cut"
                } else {
                    ""
                },
            ]
            .concat()
        }
    })
}

fn counts(counts: [i32; 3]) -> String {
    counts.map(|count| count.to_string()).join(" ")
}

fn pod_inside(pod: &Pod, state: PodState, word: &str) -> Html {
    let digit = of_pod(pod)
        .ordinal()
        .map_or_else(|| "•".to_owned(), |ordinal| ordinal.to_string());
    html! {
        <>
            <span class="digit" aria-hidden="true">{digit}</span>
            <span class="body" lang="en" translate="no">
                <span class="name">{&pod.metadata.name}</span>
                <span class="state">{state.glyph()}<span>{breakable(word)}</span></span>
            </span>
        </>
    }
}

/// A long word of two, so that it can be broken where a person would.
fn breakable(word: &str) -> Html {
    match word.strip_prefix("Container") {
        Some(rest) => html! { <>{"Container"}<wbr />{rest.to_owned()}</> },
        None => html! { {word.to_owned()} },
    }
}
