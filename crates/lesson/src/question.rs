//! What the reader is asked: a prediction before a beat is played, or a challenge instead of its
//! command. What was right is always found in the frames, never taken from the text.

use std::rc::Rc;

use cluster::network::dns::{Question, RecordType};
use cluster::object::{PersistentVolumeClaim, Pod};
use cluster::{Cluster, Step};
use serde::{Deserialize, Serialize};

use crate::document::Until;
use crate::timeline::Frame;

/// The answer when nothing of the kind happens.
pub const NONE: &str = "none";

/// A question that is asked before a beat is played. With choices, one of them is the answer, or all of
/// them in some order; without, a name or a number is typed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Prediction {
    /// The question, as HTML.
    pub question: String,
    /// What there is to choose from: names of objects, or ids of `cases`.
    pub choices: Vec<String>,
    /// What the choices say, as HTML, in the same order; for objects nothing.
    pub labels: Vec<String>,
    /// Whether the choices are to be put in order.
    pub ordered: bool,
    /// Where the right answer is found: see [`right`](Prediction::right).
    pub answer: String,
    /// For each choice when it is right, instead of `answer`.
    pub cases: Vec<Until>,
    /// For each choice a text that the command of the beat prints then, instead of `answer`.
    #[serde(default)]
    pub prints: Vec<String>,
    /// What is said to a wrong answer, as HTML; `""` stands for all others.
    pub replies: Vec<(String, String)>,
}

/// A beat that the reader solves: its goal is what the beat is played until, its model solution the
/// beat's command.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Challenge {
    /// What is to be achieved, as HTML.
    pub goal: String,
    /// The first hint, as HTML.
    pub nudge: String,
    /// The second hint, as HTML.
    pub point: String,
    /// Name of the object that the second hint points at.
    pub at: String,
}

/// Whether something happened to a pod, from before and after a step.
type Event = fn(Option<&Pod>, Option<&Pod>) -> bool;
/// Counts something in a cluster.
type Count = fn(&Cluster) -> usize;

/// What can happen to a pod in one step, by the end of the words that ask for it.
const EVENTS: [(&str, Event); 4] = [
    ("Created", |before, _| before.is_none()),
    ("Deleted", |before, after| {
        before.is_some_and(|pod| !pod.terminating()) && after.is_none_or(Pod::terminating)
    }),
    ("Gone", |_, after| after.is_none()),
    ("Ready", |before, after| {
        !before.is_some_and(Pod::ready) && after.is_some_and(Pod::ready)
    }),
];

/// What can be counted.
const COUNTS: [(&str, Count); 4] = [
    ("pods", |cluster| cluster.store().count::<Pod>()),
    ("readyPods", |cluster| {
        let pods = cluster.store().list::<Pod>();
        pods.filter(|pod| pod.ready()).count()
    }),
    ("claims", |cluster| {
        cluster.store().count::<PersistentVolumeClaim>()
    }),
    ("boundClaims", |cluster| {
        let claims = cluster.store().list::<PersistentVolumeClaim>();
        let bound = claims.filter(|claim| claim.status.phase == "Bound");
        bound.count()
    }),
];

/// Whether there is such an expression for the right answer.
pub(crate) fn is_answer(answer: &str) -> bool {
    let event = ["next", "order"].iter().any(|word| {
        let event = answer.strip_prefix(word);
        event.is_some_and(|event| EVENTS.iter().any(|(name, _)| *name == event))
    });
    event || COUNTS.iter().any(|(name, _)| *name == answer) || answer.starts_with("dnsName ")
}

impl Prediction {
    /// The right answer, once the frames of the beat are there; `before` them the cluster was so, and
    /// `printed` is what its command printed.
    ///
    /// `next…` is the first pod to which it happened or [`NONE`], `order…` all of them with a space
    /// between two, `dnsName POD` the pod's name in DNS; everything else counts at the end.
    pub fn right(&self, before: &Frame, frames: &[Rc<Frame>], printed: &str) -> Option<String> {
        if let Some(case) = self
            .prints
            .iter()
            .position(|text| printed.contains(&**text))
        {
            return self.choices.get(case).cloned();
        }
        let cluster = &frames.last().map_or(before, |frame| frame).cluster;
        if !self.cases.is_empty() {
            let case = self.cases.iter().position(|case| case.reached(cluster))?;
            return self.choices.get(case).cloned();
        }
        let answer = self.answer.as_str();
        if let Some((_, count)) = COUNTS.iter().find(|(name, _)| *name == answer) {
            return Some(count(cluster).to_string());
        }
        if let Some(pod) = answer.strip_prefix("dnsName ") {
            return dns_name(cluster, pod);
        }
        let first = answer.strip_prefix("next");
        let event = first.or(answer.strip_prefix("order"))?;
        let (_, holds) = EVENTS.iter().find(|(name, _)| *name == event)?;
        let mut pods: Vec<String> = Vec::new();
        for step in frames.iter().filter_map(|frame| frame.step.as_ref()) {
            let pod = happened(step, *holds).filter(|pod| !pods.contains(pod));
            pods.extend(pod);
        }
        match first {
            Some(_) => Some(pods.into_iter().next().unwrap_or_else(|| NONE.to_owned())),
            None => Some(pods.join(" ")),
        }
    }

    /// The choices that are objects.
    pub fn objects(&self) -> &[String] {
        match self.labels.is_empty() {
            true => &self.choices,
            false => &[],
        }
    }

    /// What is said to an answer that isn't right.
    pub fn reply(&self, answer: &str) -> Option<&str> {
        let exact = self.replies.iter().find(|(wrong, _)| wrong == answer);
        let any = self.replies.iter().find(|(wrong, _)| wrong.is_empty());
        exact.or(any).map(|(_, reply)| reply.as_str())
    }

    /// What is wrong with the question, given the right answer.
    pub(crate) fn problem(&self, right: Option<&str>) -> Option<String> {
        let Some(right) = right else {
            return Some("nothing that happens is the right answer".to_owned());
        };
        if self.replies.iter().any(|(wrong, _)| wrong == right) {
            return Some(format!("`{right}` is right, but is replied to as wrong"));
        }
        if self.ordered {
            let mut all: Vec<&str> = right.split(' ').collect();
            let mut choices: Vec<&str> = self.choices.iter().map(String::as_str).collect();
            all.sort_unstable();
            choices.sort_unstable();
            return (all != choices).then(|| format!("`{right}` does not order the choices"));
        }
        if self.choices.is_empty() {
            return None;
        }
        if !self.choices.iter().any(|choice| choice == right) {
            return Some(format!("the right answer is `{right}`, which is no choice"));
        }
        let mut wrong = self.choices.iter().filter(|choice| **choice != right);
        let silent = wrong.find(|choice| self.reply(choice).is_none())?;
        Some(format!("there is no `### wrong {silent}:` to reply"))
    }
}

/// A typed answer as it is compared: names without case, and without the dot of the root.
pub fn tidy(answer: &str) -> String {
    answer.trim().trim_end_matches('.').to_ascii_lowercase()
}

/// The pod to which something happened in a step.
fn happened(step: &Step, holds: Event) -> Option<String> {
    let (before, after) = step.change.as_ref()?.sides::<Pod>()?;
    let (before, after) = (before.map(|pod| &**pod), after.map(|pod| &**pod));
    let pod = after.or(before)?;
    holds(before, after).then(|| pod.metadata.name.clone())
}

fn dns_name(cluster: &Cluster, pod: &str) -> Option<String> {
    let spec = &cluster.store().get::<Pod>(pod)?.spec;
    let (host, service) = (spec.hostname.as_deref()?, spec.subdomain.as_deref()?);
    let question = Question {
        name: [host, ".", service, ".default.svc.cluster.local"].concat(),
        record_type: RecordType::A,
    };
    let known = cluster.dns(&question).addresses().next().is_some();
    known.then_some(question.name)
}
