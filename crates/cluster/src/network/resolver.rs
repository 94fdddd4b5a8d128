//! How a program in a pod looks a name up: its search list, and what somebody on the way may
//! remember. reference/services-and-dns.md §3.2, §4.

use crate::map::Map;
use std::rc::Rc;

use super::dns::{self, Answer, Question, RecordData, RecordType, ResponseCode, TTL_SECONDS};
use super::{Answered, Asked, Talk, zone};
use crate::DnsCache;
use crate::object::Name;
use crate::random::Random;
use crate::store::Store;
use crate::time::Time;

/// `options ndots`: a name with fewer dots is tried with the search list first.
const NDOTS: usize = 5;

/// The search list of pods in the namespace `default`.
const SEARCH: [&str; 3] = [
    "default.svc.cluster.local",
    "svc.cluster.local",
    "cluster.local",
];

/// `/etc/resolv.conf` of a pod with `dnsPolicy: ClusterFirst`.
pub(crate) fn resolv_conf() -> String {
    let (search, server) = (SEARCH.join(" "), dns::SERVER);
    format!("search {search}\nnameserver {server}\noptions ndots:{NDOTS}\n")
}

/// The whole names that are tried for a name, in order.
pub fn candidates(name: &str) -> Vec<String> {
    if name.ends_with('.') {
        return vec![name.to_owned()];
    }
    let whole = format!("{name}.");
    let searched = SEARCH.iter().map(|suffix| format!("{name}.{suffix}."));
    match name.matches('.').count() >= NDOTS {
        true => [whole].into_iter().chain(searched).collect(),
        false => searched.chain([whole]).collect(),
    }
}

/// What a look-up came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    /// The names that were tried without success.
    pub missed: Vec<(String, ResponseCode)>,
    /// The name that was answered; without success the one tried last.
    pub name: String,
    /// The answer to it. Without success: NODATA if one of the names is there, otherwise what the
    /// last one was answered with.
    pub answer: Answer,
}

impl Lookup {
    /// Whether it found something.
    pub fn found(&self) -> bool {
        !self.answer.answers.is_empty()
    }
}

/// What is remembered of earlier answers, by who remembers it: [`DnsCache`].
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    answers: Rc<Map<(Name, Question), Remembered>>,
    /// What was asked and answered lately.
    pub(super) seen: Rc<Vec<Talk>>,
}

#[derive(Clone, Debug)]
struct Remembered {
    since: Time,
    seconds: u32,
    answer: Answer,
}

/// A program's way to the server.
pub(crate) struct Resolver<'a> {
    pub(crate) store: &'a Store,
    pub(crate) now: Time,
    pub(crate) cache: DnsCache,
    /// The uid of the pod that asks, and its name.
    pub(crate) pod_uid: &'a str,
    pub(crate) pod: &'a str,
    pub(crate) random: &'a mut Random,
    pub(crate) memory: &'a mut Memory,
}

impl Resolver<'_> {
    /// Asks for exactly this name, as dig does.
    pub(crate) fn ask(&mut self, question: &Question) -> Answer {
        let mut answer = match self.cache {
            DnsCache::Off => zone::answer(self.store, self.now, question),
            DnsCache::Server => self.remember("", question),
            DnsCache::Pods => self.remember(self.pod_uid, question),
        };
        dns::shuffle(&mut answer, self.random);
        Rc::make_mut(&mut self.memory.seen).push(Talk {
            asker: Some(self.pod.into()),
            asked: Asked::Name(question.clone()),
            answer: Answered::Records(answer.clone()),
        });
        answer
    }

    /// Tries the names of the search list until one has a record of the type.
    pub(crate) fn look_up(&mut self, name: &str, record_type: RecordType) -> Lookup {
        let mut missed = Vec::new();
        let mut nodata = None;
        let mut last = None;
        for name in candidates(name) {
            let answer = self.ask(&Question {
                name: name.clone(),
                record_type,
            });
            if !answer.answers.is_empty() {
                return Lookup {
                    missed,
                    name,
                    answer,
                };
            }
            missed.push((name.clone(), answer.code));
            if answer.code == ResponseCode::NoError {
                nodata.get_or_insert_with(|| answer.clone());
            }
            last = Some((name, answer));
        }
        let (name, answer) = last.expect("there is a name to try");
        Lookup {
            missed,
            name,
            answer: nodata.unwrap_or(answer),
        }
    }

    /// An answer that is still remembered, or a new one to remember. An absence is remembered as
    /// long as the SOA record allows: a name asked for too early stays away for that long.
    fn remember(&mut self, who: &str, question: &Question) -> Answer {
        let name = question.name.trim_end_matches('.').to_ascii_lowercase();
        let key = (
            who.into(),
            Question {
                name,
                ..question.clone()
            },
        );
        if let Some(remembered) = self.memory.answers.get(&key) {
            let age = (self.now.since(remembered.since) / 1000) as u32;
            if age < remembered.seconds {
                let mut answer = remembered.answer.clone();
                age_by(&mut answer, age);
                return answer;
            }
        }
        let answer = zone::answer(self.store, self.now, question);
        if answer.authoritative {
            let ttls = answer.answers.iter().map(|record| record.ttl_seconds);
            let remembered = Remembered {
                since: self.now,
                seconds: ttls.min().unwrap_or(TTL_SECONDS),
                answer: answer.clone(),
            };
            let now = self.now;
            let memory = Rc::make_mut(&mut self.memory.answers);
            memory.retain(|_, old| now.since(old.since) < u64::from(old.seconds) * 1000);
            memory.insert(key, remembered);
        }
        answer
    }
}

/// What is left of the time that its records may be remembered. Only the server itself speaks with
/// authority.
fn age_by(answer: &mut Answer, seconds: u32) {
    answer.authoritative = false;
    let parts = [
        &mut answer.answers,
        &mut answer.authority,
        &mut answer.additional,
    ];
    for record in parts.into_iter().flatten() {
        record.ttl_seconds = record.ttl_seconds.saturating_sub(seconds);
    }
}

/// The targets of SRV records, with their ports, in the order of the answer.
pub(crate) fn srv_targets(answer: &Answer) -> impl Iterator<Item = (&str, u16)> {
    answer
        .answers
        .iter()
        .filter_map(|record| match &record.data {
            RecordData::Srv { target, port, .. } => Some((target.trim_end_matches('.'), *port)),
            _ => None,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_few_dots_are_searched_for_first() {
        let check = |name: &str, expected: &[&str]| assert_eq!(candidates(name), expected);
        check(
            "web-0.nginx",
            &[
                "web-0.nginx.default.svc.cluster.local.",
                "web-0.nginx.svc.cluster.local.",
                "web-0.nginx.cluster.local.",
                "web-0.nginx.",
            ],
        );
        check(
            "nginx.default.svc.cluster.local.",
            &["nginx.default.svc.cluster.local."],
        );
        check(
            "web-0.nginx.default.svc.cluster.local",
            &[
                "web-0.nginx.default.svc.cluster.local.",
                "web-0.nginx.default.svc.cluster.local.default.svc.cluster.local.",
                "web-0.nginx.default.svc.cluster.local.svc.cluster.local.",
                "web-0.nginx.default.svc.cluster.local.cluster.local.",
            ],
        );
    }
}
