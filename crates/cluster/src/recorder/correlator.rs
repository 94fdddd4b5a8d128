//! What becomes of an event: a new object, one more on the count of an old one, or nothing
//! (client-go `tools/record/events_cache.go`).
//!
//! Equal events are counted. The tenth of several that differ only in their message, and those after
//! it, are counted as one "combined from similar events". A component may write 25 events about one
//! object, and then one in five minutes: what comes on top is dropped.

use crate::map::{Map, Set};
use std::rc::Rc;

use crate::object::Event;
use crate::time::Time;

/// So many similar events with different messages are combined.
const SIMILAR_MAX: usize = 10;
/// Milliseconds of silence after which events are no longer taken for similar.
const SIMILAR_MS: u64 = 600_000;
/// Events that a component may write about one object at once.
const BURST: u64 = 25;
/// Milliseconds after which it may write one more.
const REFILL_MS: u64 = 300_000;

type Key = Rc<str>;

/// What is remembered of the events so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Correlator {
    similar: Rc<Map<Key, Similar>>,
    observed: Rc<Map<Key, Observed>>,
    budgets: Rc<Map<Key, Budget>>,
}

/// Events that differ only in their message.
#[derive(Clone, Debug)]
struct Similar {
    messages: Set<Key>,
    last: Time,
}

/// An event that was written: its object, and how often it happened.
#[derive(Clone, Debug)]
struct Observed {
    name: Key,
    count: i32,
}

/// What a component may still write about an object, in milliseconds of refilling.
#[derive(Clone, Copy, Debug)]
struct Budget {
    left: u64,
    last: Time,
}

/// What to do about an event.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    /// Write it as a new object.
    Create(Box<Event>),
    /// Set count, message and time of this one.
    Count {
        name: Rc<str>,
        count: i32,
        message: String,
    },
    /// Nothing.
    Drop,
}

impl Correlator {
    /// Decides about the next event.
    pub(super) fn correlate(&mut self, mut event: Event, now: Time) -> Verdict {
        let group = group(&event);
        let key: Key = match self.combines(&group, &event.message, now) {
            true => {
                event.message = format!("(combined from similar events): {}", event.message);
                group.into()
            }
            false => {
                let part = event
                    .involved_object
                    .field_path
                    .as_deref()
                    .unwrap_or_default();
                format!("{group}\n{part}\n{}", event.message).into()
            }
        };
        let spender = spender(&event);
        let observed = Rc::make_mut(&mut self.observed);
        let known = observed.get_mut(&key).map(|known| {
            known.count += 1;
            known.clone()
        });
        if known.is_none() {
            let name = event.metadata.name.as_str().into();
            observed.insert(key, Observed { name, count: 1 });
        }
        match known {
            _ if !self.may_spend(spender, now) => Verdict::Drop,
            Some(Observed { name, count }) => Verdict::Count {
                name,
                count,
                message: event.message,
            },
            None => Verdict::Create(Box::new(event)),
        }
    }

    /// Whether the event is one too many of its group.
    fn combines(&mut self, group: &str, message: &str, now: Time) -> bool {
        let similar = Rc::make_mut(&mut self.similar);
        let fresh = Similar {
            messages: Set::new(),
            last: now,
        };
        let known = similar.or_insert(group.into(), fresh.clone());
        if now.since(known.last) > SIMILAR_MS {
            *known = fresh;
        }
        known.last = now;
        known.messages.insert(message.into());
        let combines = known.messages.len() >= SIMILAR_MAX;
        if combines {
            known.messages.pop_first();
        }
        combines
    }

    fn may_spend(&mut self, spender: Key, now: Time) -> bool {
        let full = Budget {
            left: BURST * REFILL_MS,
            last: now,
        };
        let budget = Rc::make_mut(&mut self.budgets).or_insert(spender, full);
        budget.left = (budget.left + now.since(budget.last)).min(full.left);
        budget.last = now;
        let may = budget.left >= REFILL_MS;
        if may {
            budget.left -= REFILL_MS;
        }
        may
    }
}

/// Who says something about which object.
fn spender(event: &Event) -> Key {
    let about = &event.involved_object;
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    let source = &event.source;
    [
        source.component.clone(),
        text(&source.host),
        text(&about.kind),
        text(&about.name),
        text(&about.uid),
    ]
    .join("\n")
    .into()
}

/// What similar events have in common.
fn group(event: &Event) -> String {
    format!("{}\n{}\n{}", spender(event), event.r#type, event.reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(name: &str, message: &str) -> Event {
        let mut event = Event {
            message: message.to_owned(),
            ..Event::default()
        };
        event.metadata.name = name.to_owned();
        event
    }

    fn created(name: &str, message: &str) -> Verdict {
        Verdict::Create(Box::new(event(name, message)))
    }

    fn count(name: &str, count: i32, message: &str) -> Verdict {
        Verdict::Count {
            name: name.into(),
            count,
            message: message.to_owned(),
        }
    }

    #[test]
    fn equal_events_are_counted() {
        let mut correlator = Correlator::default();
        let mut next = |name: &str| correlator.correlate(event(name, "again"), Time(0));
        assert_eq!(next("a"), created("a", "again"));
        assert_eq!(next("b"), count("a", 2, "again"));
        assert_eq!(next("c"), count("a", 3, "again"));
    }

    #[test]
    fn the_tenth_of_its_like_is_combined() {
        let mut correlator = Correlator::default();
        let mut next = |number: u64, at: u64| {
            correlator.correlate(
                event(&number.to_string(), &format!("pod {number}")),
                Time::seconds(at),
            )
        };
        for number in 1..10 {
            let message = format!("pod {number}");
            assert_eq!(next(number, 0), created(&number.to_string(), &message));
        }
        let combined = "(combined from similar events): pod";
        assert_eq!(next(10, 1), created("10", &format!("{combined} 10")));
        assert_eq!(next(11, 1), count("10", 2, &format!("{combined} 11")));
        assert_eq!(
            next(12, 602),
            created("12", "pod 12"),
            "after a long silence"
        );
    }

    #[test]
    fn too_many_are_dropped() {
        let mut correlator = Correlator::default();
        let mut next = |at: u64| correlator.correlate(event("a", "again"), Time::seconds(at));
        let written = (0..30).filter(|_| next(0) != Verdict::Drop).count();
        assert_eq!(written, 25);
        assert_eq!(next(299), Verdict::Drop);
        assert_eq!(
            next(300),
            count("a", 32, "again"),
            "what was dropped is counted all the same"
        );
        assert_eq!(next(301), Verdict::Drop);
    }
}
