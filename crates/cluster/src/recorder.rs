//! How components write Events: one at a time, repeats counted instead of listed
//! (client-go `tools/record`).

mod correlator;

use std::collections::VecDeque;
use std::rc::Rc;

use crate::Version;
use crate::apiserver::Api;
use crate::controller::Outcome;
use crate::object::{Event, EventSource, Name, ObjectReference, Resource, reference_to};
use crate::step::{Actor, Reason, Subject};

use self::correlator::{Correlator, Verdict};

/// Events that were recorded and are not yet written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recorder {
    waiting: Rc<VecDeque<Rc<Event>>>,
    recorded: u64,
    correlator: Correlator,
}

/// Whether an event is good news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tone {
    Normal,
    Warning,
}

impl Recorder {
    /// Whether something waits to be written.
    pub(crate) fn is_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    fn push(&mut self, mut event: Event) {
        self.recorded += 1;
        let object = event.involved_object.name.clone().unwrap_or_default();
        event.metadata.name = format!("{object}.{:016x}", 0x1889_0000_0000_0000 + self.recorded);
        Rc::make_mut(&mut self.waiting).push_back(Rc::new(event));
    }
}

impl Api<'_> {
    /// Records an event about an object; it is written in a later turn.
    pub(crate) fn record<T: Resource>(
        &mut self,
        actor: &Actor,
        about: &T,
        tone: Tone,
        reason: &str,
        message: String,
    ) {
        self.record_part(actor, reference_to(about), None, tone, reason, message);
    }

    /// Records an event about a part of an object, such as one container of a pod.
    pub(crate) fn record_part(
        &mut self,
        actor: &Actor,
        mut about: ObjectReference,
        field_path: Option<String>,
        tone: Tone,
        reason: &str,
        message: String,
    ) {
        about.field_path = field_path;
        let host = match actor {
            Actor::Kubelet(node) => Some(node.to_string()),
            _ => None,
        };
        let component = component(actor, self.config.version);
        self.recorder.push(Event {
            count: 1,
            first_timestamp: Some(self.now),
            involved_object: about,
            last_timestamp: Some(self.now),
            message,
            reason: reason.to_owned(),
            reporting_component: component.clone(),
            source: EventSource { component, host },
            r#type: match tone {
                Tone::Normal => "Normal",
                Tone::Warning => "Warning",
            }
            .to_owned(),
            ..Event::default()
        });
    }
}

/// The name under which a component writes events.
fn component(actor: &Actor, version: Version) -> String {
    match actor {
        Actor::TaintEvictionController if version < Version::V1_29 => "taint-controller".to_owned(),
        actor => actor.to_string(),
    }
}

/// Writes the oldest event: a new object, or one more on the count of an old one.
pub(crate) fn turn(api: &mut Api<'_>) -> Outcome {
    let Some(event) = Rc::make_mut(&mut api.recorder.waiting).pop_front() else {
        return Outcome::nothing();
    };
    let about = &event.involved_object;
    let subject = crate::object::Kind::from_api(
        about.api_version.as_deref().unwrap_or_default(),
        about.kind.as_deref().unwrap_or_default(),
    )
    .map(|kind| Subject {
        kind,
        name: Name::from(about.name.as_deref().unwrap_or_default()),
    });
    let now = event.last_timestamp.unwrap_or(api.now);
    let written = match api.recorder.correlator.correlate(Event::clone(&event), now) {
        Verdict::Create(event) => api.create(*event).is_ok(),
        Verdict::Count {
            name,
            count,
            message,
        } => api
            .modify::<Event>(&name, |event| {
                event.count = count;
                event.message = message;
                event.last_timestamp = Some(now);
            })
            .is_ok(),
        Verdict::Drop => false,
    };
    let more = api.recorder.is_waiting();
    match (written, subject) {
        (true, Some(subject)) => {
            Outcome::because(Reason::EventRecorded { subject }).again_if(more, 1)
        }
        _ => Outcome::nothing().again_if(more, 1),
    }
}
