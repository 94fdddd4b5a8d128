//! The lanes of the timeline: for each ordinal the pods that had it, one after the other, as bars, and
//! its claim as a thin bar that does not end when the pod does.

use std::rc::Rc;

use cluster::object::{PersistentVolumeClaim, Pod};
use lesson::Frame;
use words::Lang;
use yew::prelude::*;

use crate::page;
use crate::stage::floor::{Identity, made_for, of_pod};
use crate::stage::state::{PodState, claim_state};

/// Lanes that are drawn at most.
const LANES_MAX: usize = 8;

/// A time for which a pod or claim was in one state.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Bar {
    uid: String,
    /// As in the style sheet, and the word on the bar.
    state: String,
    /// Its first frame.
    from: usize,
    /// The first frame at which it no longer was.
    to: Option<usize>,
    /// 0, or higher if other pods of the same identity run at the same time.
    level: usize,
}

/// What became of one identity.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Lane {
    pub(crate) identity: Identity,
    pub(crate) pods: Vec<Bar>,
    pub(crate) claims: Vec<Bar>,
}

impl Lane {
    /// How many pods of the identity ran at once, at most.
    pub(crate) fn height(&self) -> usize {
        self.pods.iter().map(|bar| bar.level + 1).max().unwrap_or(1)
    }
}

/// The lanes of StatefulSets on a branch.
pub(crate) fn lanes(frames: &[Rc<Frame>]) -> Vec<Lane> {
    let mut lanes: Vec<Lane> = Vec::new();
    // Pods that the API no longer knows and whose programs run on.
    let mut left: Vec<(Identity, String)> = Vec::new();
    for (number, frame) in frames.iter().enumerate() {
        let runs = |uid: &str| {
            let mut processes = frame.cluster.processes();
            processes.any(|(of, process)| **of == *uid && process.running())
        };
        left.retain(|(identity, uid)| {
            let on = runs(uid);
            if !on {
                close(&mut lane(&mut lanes, identity).pods, uid, number);
            }
            on
        });
        let Some(change) = frame.step.as_ref().and_then(|step| step.change.as_ref()) else {
            continue;
        };
        if let Some((before, after)) = change.sides::<Pod>()
            && let Some(pod) = after.or(before)
        {
            let identity = of_pod(pod);
            let uid = &pod.metadata.uid;
            let state = match after {
                Some(pod) => Some(PodState::of(pod).name()),
                None if runs(uid) => {
                    left.push((identity.clone(), uid.clone()));
                    Some("Unknown")
                }
                None => None,
            };
            if identity.ordinal().is_some() {
                enter(&mut lane(&mut lanes, &identity).pods, uid, state, number);
            }
        }
        if let Some((before, after)) = change.sides::<PersistentVolumeClaim>()
            && let Some(claim) = after.or(before)
            && let Some(identity) = made_for(&frame.cluster, &claim.metadata.name)
        {
            let state = after.map(|claim| claim_state(claim));
            let bars = &mut lane(&mut lanes, &identity).claims;
            enter(bars, &claim.metadata.uid, state, number);
        }
    }
    cluster::sort::sort_by(&mut lanes, |a, b| a.identity.cmp(&b.identity));
    lanes
}

fn lane<'a>(lanes: &'a mut Vec<Lane>, identity: &Identity) -> &'a mut Lane {
    let known = lanes.iter().position(|lane| lane.identity == *identity);
    let place = known.unwrap_or_else(|| {
        lanes.push(Lane {
            identity: identity.clone(),
            pods: Vec::new(),
            claims: Vec::new(),
        });
        lanes.len() - 1
    });
    &mut lanes[place]
}

/// Something is in this state from this frame on, or no longer there.
fn enter(bars: &mut Vec<Bar>, uid: &str, state: Option<&str>, number: usize) {
    let open = bars.iter().find(|bar| bar.uid == uid && bar.to.is_none());
    if open.is_some_and(|bar| Some(bar.state.as_str()) == state) {
        return;
    }
    let level = open.map(|bar| bar.level);
    close(bars, uid, number);
    let Some(state) = state else { return };
    let taken = |level| {
        bars.iter()
            .any(|bar| bar.to.is_none() && bar.level == level)
    };
    let level = level.unwrap_or_else(|| (0..).find(|level| !taken(*level)).unwrap_or(0));
    bars.push(Bar {
        uid: uid.to_owned(),
        state: state.to_owned(),
        from: number,
        to: None,
        level,
    });
}

fn close(bars: &mut [Bar], uid: &str, number: usize) {
    let mut open = bars.iter_mut().filter(|bar| bar.to.is_none());
    if let Some(bar) = open.find(|bar| bar.uid == uid) {
        bar.to = Some(number);
    }
}

/// What [`Lanes`] needs.
#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    /// Language of the page.
    pub(crate) lang: Lang,
    /// The lanes.
    pub(crate) lanes: Vec<Lane>,
    /// Number of the frame being looked at.
    pub(crate) cursor: usize,
    /// How many frames there are.
    pub(crate) frames: usize,
    /// The first frame that is not so on the other branch.
    pub(crate) differs: Option<usize>,
}

/// The lanes.
#[component]
pub(crate) fn Lanes(props: &Props) -> Html {
    if props.lanes.is_empty() {
        return Html::default();
    }
    let words = props.lang.words();
    let drawn = props.lanes.iter().take(LANES_MAX);
    html! {
        <details id="lanes" class="lanes" open={page::tall()}><summary>{words.lanes}</summary><ul>{for drawn.map(|lane| draw(props, lane))}</ul></details>
    }
}

/// A share of the whole, in per cent.
fn share(part: usize, whole: usize) -> String {
    let tenths = part * 1000 / whole.max(1);
    [
        &(tenths / 10).to_string(),
        ".",
        &(tenths % 10).to_string(),
        "%",
    ]
    .concat()
}

fn draw(props: &Props, lane: &Lane) -> Html {
    let whole = props.frames;
    let Identity::Ordinal { set, ordinal } = &lane.identity else {
        return Html::default();
    };
    let digit = ordinal.to_string();
    let bar = |class: &'static str, bar: &Bar| {
        let to = bar.to.unwrap_or(whole);
        let (left, width) = (
            share(bar.from, whole),
            share(to.saturating_sub(bar.from), whole),
        );
        let style = [
            "left:",
            &left,
            ";width:",
            &width,
            ";--level:",
            &bar.level.to_string(),
        ]
        .concat();
        html! { <i {class} data-state={bar.state.clone()} data-from={bar.from.to_string()} data-of={bar.uid.clone()} title={bar.state.clone()} {style}>{&bar.state}</i> }
    };
    let now = |bars: &[Bar]| -> Vec<String> {
        let here =
            |bar: &&Bar| bar.from <= props.cursor && bar.to.is_none_or(|to| to > props.cursor);
        bars.iter()
            .filter(here)
            .map(|bar| bar.state.clone())
            .collect()
    };
    let (pods, claims) = (now(&lane.pods), now(&lane.claims));
    let name = [set, "-", &digit].concat();
    let label = props.lang.lane(&name, &pods, &claims);
    let style = ["--levels:", &lane.height().to_string()].concat();
    let cursor = ["left:", &share(props.cursor, whole)].concat();
    html! {
        <li class={lane.identity.class()} data-lane={name} data-together={pods.len().to_string()}>
            <span class="seat" aria-hidden="true">{digit}</span>
            <div class="bars" role="img" aria-label={label} {style} lang="en" translate="no">
                {for lane.pods.iter().map(|of| bar("pod-bar", of))}
                {for lane.claims.iter().map(|of| bar("claim-bar", of))}
                if let Some(frame) = props.differs {
                    <i class="differs" style={["left:", &share(frame, whole)].concat()} />
                }
                <i class="cursor" style={cursor} />
            </div>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cluster::Config;
    use kubectl::Files;
    use lesson::{Action, Timeline};

    fn played(commands: &[&str]) -> Timeline {
        let volumes = include_str!("../static/manifests/demo-statefulset-persistent-volume.yaml");
        let set = include_str!("../static/manifests/demo-statefulset.yaml");
        let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
        let files = Files::from([file("volumes.yaml", volumes), file("set.yaml", set)]);
        let mut timeline = Timeline::new("lanes", Config::default(), files);
        for command in commands {
            match command.strip_prefix("cut the node of ") {
                Some(pod) => {
                    let cluster = &timeline.frame().cluster;
                    let pod = cluster.store().get::<Pod>(pod).expect("it is there");
                    let node = pod.spec.node_name.clone().expect("it has a node");
                    timeline.act(Action::Partition { node });
                }
                None => {
                    timeline.act(Action::Command((*command).to_owned()));
                    while timeline.forward() {}
                }
            }
        }
        timeline
    }

    fn at_once(lane: &Lane, frame: usize) -> usize {
        let here = |bar: &&Bar| bar.from <= frame && bar.to.is_none_or(|to| to > frame);
        lane.pods.iter().filter(here).count()
    }

    #[test]
    fn a_claim_goes_on_while_pods_come_and_go_one_after_the_other() {
        let timeline = played(&[
            "kubectl create -f volumes.yaml",
            "kubectl create -f set.yaml",
            "kubectl delete pod demo-statefulset-0",
        ]);
        let lanes = lanes(timeline.frames());
        assert_eq!(lanes.len(), 2);
        let zero = &lanes[0];
        let mut uids: Vec<&str> = zero.pods.iter().map(|bar| bar.uid.as_str()).collect();
        uids.dedup();
        assert_eq!((uids.len(), zero.height()), (2, 1));
        assert_eq!(
            zero.claims.last().map(|bar| (bar.state.as_str(), bar.to)),
            Some(("Bound", None))
        );
        for frame in 0..timeline.frames().len() {
            assert!(at_once(zero, frame) <= 1);
        }
    }

    #[test]
    fn after_a_forced_deletion_two_pods_of_one_identity_are_seen() {
        let timeline = played(&[
            "kubectl create -f volumes.yaml",
            "kubectl create -f set.yaml",
            "cut the node of demo-statefulset-0",
            "kubectl delete pod demo-statefulset-0 --force --grace-period=0",
        ]);
        let lanes = lanes(timeline.frames());
        assert_eq!(lanes[0].height(), 2);
        assert_eq!(at_once(&lanes[0], timeline.cursor()), 2);
        assert_eq!(lanes[1].height(), 1);
    }
}
