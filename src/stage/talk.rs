//! What is asked and answered in the network: in words, and as answers that fly.

use cluster::Cluster;
use cluster::network::dns::RecordData;
use cluster::network::{Answered, Asked, Talk};
use cluster::object::Pod;
use yew::prelude::*;

use super::cards::{DOMAIN, Look};
use super::floor::of_pod;

/// The first label of a name.
fn short(name: &str) -> String {
    let first = name.split('.').next().unwrap_or(name);
    first.to_owned()
}

/// Lines that are shown of what was asked at most.
const LINES_MAX: usize = 5;

/// What was asked and answered, in words.
pub(super) fn talks(look: &Look<'_>) -> Html {
    let all = look.cluster.talks();
    if all.is_empty() {
        return Html::default();
    }
    let shorter = |text: String| text.replace([DOMAIN, "."].concat().as_str(), "");
    let line = |talk: &Talk| {
        let (whom, asked) = match &talk.asked {
            Asked::Name(question) => (
                "DNS".to_owned(),
                shorter([&question.record_type.to_string(), " ", &question.name].concat()),
            ),
            Asked::Path(path) => match &talk.answer {
                Answered::Status(pod, _) => (pod.to_string(), path.clone()),
                _ => ("?".to_owned(), path.clone()),
            },
        };
        let answer: Vec<String> = match &talk.answer {
            Answered::Records(answer) if answer.answers.is_empty() => {
                vec![answer.code.to_string()]
            }
            Answered::Records(answer) => {
                let records = answer.answers.iter();
                records
                    .map(|record| shorter(record.data.to_string()))
                    .collect()
            }
            Answered::Status(_, status) => vec![status.to_string()],
            Answered::Nothing => vec!["∅".to_owned()],
        };
        let asker = talk.asker.as_deref().unwrap_or("kube-apiserver").to_owned();
        html! {
            <li><b>{asker}</b>{" → "}<b>{whom}</b>{" "}{asked}{" ⇒ "}{for answer.into_iter().map(|text| html! { <span>{text}</span> })}</li>
        }
    };
    // Names of the search list that nobody has are left out if something was found.
    let found = |talk: &Talk| !matches!(&talk.answer, Answered::Records(answer) if answer.answers.is_empty());
    let any = all.iter().any(found);
    let shown: Vec<&Talk> = all.iter().filter(|talk| !any || found(talk)).collect();
    let more = shown.len().saturating_sub(LINES_MAX);
    html! {
        <section class="talks" tabindex="0" aria-label={look.lang.words().talks}>
            <h3>{look.lang.words().talks}</h3>
            <ol lang="en" translate="no">{for shown.iter().take(LINES_MAX).map(|talk| line(talk))}
                if more > 0 { <li>{"+"}{more}</li> }
            </ol>
        </section>
    }
}

/// An answer on its way: selectors of where it comes from and where it goes, and the digit or text
/// on it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Flight {
    pub(super) from: String,
    pub(super) to: String,
    class: &'static str,
    text: String,
}

/// Answers that fly at most.
const FLIGHTS_MAX: usize = 9;

/// The answers that fly: from records and pods to whoever asked.
pub(super) fn flights(cluster: &Cluster) -> Vec<Flight> {
    let pod_card = |pod: &str| format!(".pod[data-pod=\"{pod}\"]");
    // The record of a pod, or if none is drawn its address behind a Service.
    let record = |kind: &str, pod: &str| {
        format!("[data-type={kind}][data-pod=\"{pod}\"]|[data-endpoint=\"{pod}\"]")
    };
    let mut flights = Vec::new();
    for talk in cluster.talks() {
        let to = match &talk.asker {
            Some(pod) => pod_card(pod),
            None => ".api".to_owned(),
        };
        let mut fly = |from: String, about: &str, text: String| {
            let pod = cluster.store().get::<Pod>(about);
            let class = pod.map_or("id-none", |pod| of_pod(pod).class());
            let to = to.clone();
            flights.push(Flight {
                from,
                to,
                class,
                text,
            });
        };
        match &talk.answer {
            Answered::Records(answer) => {
                for entry in &answer.answers {
                    match &entry.data {
                        RecordData::Srv { target, .. } => {
                            let pod = short(target);
                            fly(record("SRV", &pod), &pod, "SRV".to_owned());
                        }
                        RecordData::A(ip) => {
                            let mut pods = cluster.store().list::<Pod>();
                            let pod = pods.find(|pod| pod.status.pod_ip.as_ref() == Some(ip));
                            let pod = pod.map_or("", |pod| &pod.metadata.name);
                            let service = short(&entry.name);
                            let from = match pod {
                                "" => format!(
                                    "[data-type=A][data-record=\"{service}\"]|[data-service=\"{service}\"]"
                                ),
                                pod => record("A", pod),
                            };
                            fly(from, pod, "A".to_owned());
                        }
                        _ => {}
                    }
                }
            }
            Answered::Status(pod, status) => {
                fly(pod_card(pod), pod, status.to_string());
            }
            Answered::Nothing => {}
        }
    }
    flights.truncate(FLIGHTS_MAX);
    flights
}

/// Marks that fly, if motion is welcome; they are not seen otherwise.
pub(super) fn marks(flights: &[Flight]) -> Html {
    let mark = |(index, flight): (usize, &Flight)| {
        html! { <i key={index} class={classes!("flight", flight.class)} data-from={flight.from.clone()} data-to={flight.to.clone()}>{&flight.text}</i> }
    };
    html! { <div class="flights" aria-hidden="true">{for flights.iter().enumerate().map(mark)}</div> }
}

#[cfg(test)]
mod tests {
    use super::*;
    use lesson::document::begin;

    /// What flies when a pod of the chapter's clustered set looks for its peers.
    #[test]
    fn answers_fly_to_who_asked() {
        let mut lesson = crate::tests::lesson();
        let headless =
            include_str!("../../static/manifests/demo-statefulset-headless-service.yaml");
        let set = include_str!("../../static/manifests/demo-statefulset.yaml");
        let set = set.replace("-node-image", "-node-image-v2");
        lesson.files.extend([
            ("service.yaml".to_owned(), headless.to_owned()),
            ("set.yaml".to_owned(), set),
        ]);
        lesson.setup = ["volumes.yaml", "service.yaml", "set.yaml"]
            .map(|file| ["kubectl create -f ", file].concat())
            .to_vec();
        let timeline = begin(&lesson);
        let mut cluster = timeline.frame().cluster.clone();
        assert_eq!(flights(&cluster), []);
        let line = "kubectl exec demo-statefulset-0 -- curl -s localhost:8080";
        let outcome = kubectl::run(line, &kubectl::Files::new(), &mut cluster);
        assert_eq!(outcome.exit_code, Some(0));
        let all = flights(&cluster);
        let with = |text: &str| all.iter().filter(|flight| flight.text == text).count();
        assert_eq!((with("SRV"), with("200")), (2, 3), "{all:#?}");
        assert_eq!(
            all[1].from,
            "[data-type=SRV][data-pod=\"demo-statefulset-1\"]|[data-endpoint=\"demo-statefulset-1\"]"
        );
        let asker = ".pod[data-pod=\"demo-statefulset-0\"]";
        assert!(all.iter().all(|flight| flight.to == asker), "{all:#?}");
        while cluster.step().is_some() {}
        cluster.switch_readiness("demo-statefulset-1", false);
        cluster.step();
        assert_eq!(flights(&cluster), [], "a step later nothing flies");
    }
}
