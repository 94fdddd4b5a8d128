//! Every word on screen, in each language.
//!
//! [`Words`] has a field for each fixed text and each language fills in all of them; what depends on
//! the cluster is an exhaustive match for each language. So a word that is missing in one language
//! does not compile. Names of objects stand in backticks and become code on the page.

mod en;
mod zh;

use cluster::property::Property;
use cluster::{Actor, Reason, Subject, Time};
use serde::{Deserialize, Serialize};

use crate::explain::What;

/// A language of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names say it")]
pub(crate) enum Lang {
    #[default]
    En,
    Zh,
}

/// Lines of output that are read out; of longer ones only the number is told.
const PRINTED_MAX: usize = 10;

/// The fixed texts of one language.
#[allow(missing_docs, reason = "the texts say it")]
pub(crate) struct Words {
    pub(crate) title: &'static str,
    pub(crate) tagline: &'static str,
    pub(crate) skip_to_lesson: &'static str,
    pub(crate) language: &'static str,
    pub(crate) theme: &'static str,
    pub(crate) theme_system: &'static str,
    pub(crate) theme_light: &'static str,
    pub(crate) theme_dark: &'static str,
    pub(crate) help: &'static str,
    pub(crate) close: &'static str,
    pub(crate) dismiss: &'static str,

    pub(crate) back_to_old: &'static str,

    pub(crate) lessons: &'static str,
    pub(crate) loading: &'static str,
    pub(crate) load_failed: &'static str,
    pub(crate) retry: &'static str,
    pub(crate) start_over: &'static str,
    pub(crate) run_it: &'static str,
    pub(crate) run_again: &'static str,
    pub(crate) ran: &'static str,
    pub(crate) before_run: &'static str,
    pub(crate) watch: &'static str,
    pub(crate) previous: &'static str,
    pub(crate) next: &'static str,
    pub(crate) play_on: &'static str,
    pub(crate) skip_to_end: &'static str,
    pub(crate) lesson_done: &'static str,
    pub(crate) next_lesson: &'static str,

    pub(crate) skip_question: &'static str,
    pub(crate) try_answer: &'static str,
    pub(crate) type_answer: &'static str,
    pub(crate) order_answer: &'static str,
    pub(crate) point_answer: &'static str,
    pub(crate) choose_answer: &'static str,
    pub(crate) none_of_them: &'static str,
    pub(crate) you_said: &'static str,
    pub(crate) it_was: &'static str,
    pub(crate) answer_right: &'static str,
    pub(crate) answer_wrong: &'static str,
    pub(crate) goal: &'static str,
    pub(crate) goal_met: &'static str,
    pub(crate) hint: &'static str,
    pub(crate) show_me: &'static str,

    pub(crate) stage: &'static str,
    pub(crate) not_scheduled: &'static str,
    pub(crate) node: &'static str,
    pub(crate) claims: &'static str,
    pub(crate) volumes: &'static str,
    pub(crate) free_volumes: &'static str,
    pub(crate) services: &'static str,
    pub(crate) headless: &'static str,
    pub(crate) no_selector: &'static str,
    pub(crate) no_endpoints: &'static str,
    pub(crate) ready: &'static str,
    pub(crate) not_ready: &'static str,
    pub(crate) desired: &'static str,
    pub(crate) pods: &'static str,
    pub(crate) waits: &'static str,
    pub(crate) probe_broken: &'static str,

    pub(crate) what_happened: &'static str,
    pub(crate) why: &'static str,
    pub(crate) nothing_yet: &'static str,

    pub(crate) timeline: &'static str,
    pub(crate) lanes: &'static str,
    pub(crate) promises: &'static str,
    pub(crate) first_difference: &'static str,
    pub(crate) controllers: &'static str,
    pub(crate) why_absent: &'static str,
    pub(crate) stray: &'static str,
    pub(crate) stray_title: &'static str,
    pub(crate) play: &'static str,
    pub(crate) pause: &'static str,
    pub(crate) step_forward: &'static str,
    pub(crate) step_back: &'static str,
    pub(crate) to_start: &'static str,
    pub(crate) to_end: &'static str,
    pub(crate) speed: &'static str,
    pub(crate) at_rest: &'static str,
    pub(crate) in_the_past: &'static str,
    pub(crate) branch: &'static str,

    pub(crate) terminal: &'static str,
    pub(crate) command: &'static str,
    pub(crate) errors: &'static str,
    pub(crate) note: &'static str,
    pub(crate) stop: &'static str,
    pub(crate) goes_on: &'static str,
    pub(crate) goes_on_paused: &'static str,

    pub(crate) gone: &'static str,
    pub(crate) break_readiness: &'static str,
    pub(crate) mend_readiness: &'static str,
    pub(crate) readiness_help: &'static str,
    pub(crate) delete: &'static str,

    pub(crate) keys: &'static str,
    pub(crate) single_keys: &'static str,
    pub(crate) key_play: &'static str,
    pub(crate) key_steps: &'static str,
    pub(crate) key_beats: &'static str,
    pub(crate) key_ends: &'static str,
    pub(crate) key_speed: &'static str,
    pub(crate) key_help: &'static str,
    pub(crate) key_history: &'static str,
    pub(crate) key_interrupt: &'static str,
    pub(crate) key_clear: &'static str,
    pub(crate) about: &'static str,

    pub(crate) store_damaged: &'static str,
    pub(crate) crashed: &'static str,
    pub(crate) store_full: &'static str,
}

impl Lang {
    /// All languages.
    pub(crate) const ALL: [Lang; 2] = [Lang::En, Lang::Zh];

    /// As in addresses and file names.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Zh => "zh",
        }
    }

    /// The language with this code.
    pub(crate) fn from_code(code: &str) -> Option<Lang> {
        Lang::ALL.into_iter().find(|lang| lang.code() == code)
    }

    /// As in `lang` attributes.
    pub(crate) fn tag(self) -> &'static str {
        match self {
            Lang::En => "en",
            Lang::Zh => "zh-Hans",
        }
    }

    /// Its own name.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Lang::En => "English",
            Lang::Zh => "中文",
        }
    }

    /// The fixed texts.
    pub(crate) fn words(self) -> &'static Words {
        match self {
            Lang::En => &en::WORDS,
            Lang::Zh => &zh::WORDS,
        }
    }

    /// Who did it.
    pub(crate) fn actor(self, actor: &Actor) -> String {
        match self {
            Lang::En => en::actor(actor),
            Lang::Zh => zh::actor(actor),
        }
    }

    /// What happened to an object, as a sentence without its full stop.
    pub(crate) fn what(self, subject: &Subject, what: &What) -> String {
        match self {
            Lang::En => en::what(subject, what),
            Lang::Zh => zh::what(subject, what),
        }
    }

    /// Why it happened, as a sentence with its full stop.
    pub(crate) fn reason(self, reason: &Reason) -> String {
        match self {
            Lang::En => en::reason(reason),
            Lang::Zh => zh::reason(reason),
        }
    }

    /// A moment: `12.0 s`.
    pub(crate) fn time(self, time: Time) -> String {
        let (seconds, tenths) = (time.0 / 1000, time.0 / 100 % 10);
        match self {
            Lang::En => format!("{seconds}.{tenths} s"),
            Lang::Zh => format!("{seconds}.{tenths} 秒"),
        }
    }

    /// That so much time passed before something happened.
    pub(crate) fn later(self, gap: Time) -> String {
        let gap = self.time(gap);
        match self {
            Lang::En => format!("{gap} later"),
            Lang::Zh => format!("{gap}之后"),
        }
    }

    /// Where a pod is, after its name and state, for who can't see it.
    pub(crate) fn place(self, node: Option<&str>) -> String {
        match (self, node) {
            (Lang::En, Some(node)) => format!(", on {node}"),
            (Lang::En, None) => ", not on a node".to_owned(),
            (Lang::Zh, Some(node)) => format!("，在 {node} 上"),
            (Lang::Zh, None) => "，尚未分配节点".to_owned(),
        }
    }

    /// Beat `number` of `count`.
    pub(crate) fn beat_of(self, number: usize, count: usize) -> String {
        match self {
            Lang::En => format!("Step {number} of {count}"),
            Lang::Zh => format!("第 {number} 步，共 {count} 步"),
        }
    }

    /// That a new branch began at this time.
    pub(crate) fn forked(self, time: Time) -> String {
        let time = self.time(time);
        match self {
            Lang::En => format!("New branch from {time}; the old one is kept."),
            Lang::Zh => format!("从 {time} 处开始了新的分支；原来的分支仍然保留。"),
        }
    }

    /// A branch's name; `from` is when it left another.
    pub(crate) fn branch_name(self, number: usize, from: Option<Time>) -> String {
        match (self, from.map(|time| self.time(time))) {
            (Lang::En, None) => "First course".to_owned(),
            (Lang::En, Some(time)) => format!("Branch {number}, from {time}"),
            (Lang::Zh, None) => "最初的进程".to_owned(),
            (Lang::Zh, Some(time)) => format!("分支 {number}，始于 {time}"),
        }
    }

    /// A property that is watched, in a few words.
    pub(crate) fn property(self, property: Property) -> &'static str {
        let (en, zh) = match property {
            Property::AtMostOneProcess => ("at most one of each runs", "同一序号最多一个"),
            Property::PredecessorsFirst => ("one after the other", "依次就绪"),
            Property::OrdinalsWithoutGap => ("no gap", "序号连续"),
            Property::ClaimsBeforePods => ("claims first", "先有申领"),
            Property::ClaimsAreKept => ("claims stay", "申领保留"),
            other => (other.id(), other.id()),
        };
        match self {
            Lang::En => en,
            Lang::Zh => zh,
        }
    }

    /// That a property was broken at this time.
    pub(crate) fn broken(self, time: Time) -> String {
        let time = self.time(time);
        match self {
            Lang::En => [": broken at ", &time].concat(),
            Lang::Zh => ["：在 ", &time, "时被打破"].concat(),
        }
    }

    /// The lane of an identity: the states of its pods and claims now.
    pub(crate) fn lane(self, name: &str, pods: &[String], claims: &[String]) -> String {
        let [pods, claims] = [pods, claims].map(|states| match (self, states.is_empty()) {
            (_, false) => states.join(" + "),
            (Lang::En, true) => "none".to_owned(),
            (Lang::Zh, true) => "没有".to_owned(),
        });
        match self {
            Lang::En => [name, ": pod ", &pods, ", claim ", &claims].concat(),
            Lang::Zh => [name, "：Pod ", &pods, "，申领 ", &claims].concat(),
        }
    }

    /// That so many more columns are there and not drawn.
    pub(crate) fn more(self, count: usize) -> String {
        match self {
            Lang::En => format!("{count} more are not drawn; the terminal lists them all."),
            Lang::Zh => format!("还有 {count} 个没有画出；在终端中可以全部列出。"),
        }
    }

    /// What a command printed, for who can't see it: tables become a number of lines.
    pub(crate) fn printed(self, text: &str) -> String {
        let count = text.lines().count();
        match (self, count <= PRINTED_MAX) {
            (_, true) => text.trim_end().to_owned(),
            (Lang::En, false) => format!("{count} lines printed"),
            (Lang::Zh, false) => format!("输出了 {count} 行"),
        }
    }

    /// Two parts with a comma between them.
    pub(crate) fn comma(self, first: &str, second: &str) -> String {
        match self {
            Lang::En => [first, ", ", second].concat(),
            Lang::Zh => [first, "，", second].concat(),
        }
    }

    /// Puts sentences that stand without full stop into one text.
    pub(crate) fn join(self, sentences: &[String]) -> String {
        match self {
            Lang::En => sentences.join("; "),
            Lang::Zh => sentences.join("；"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_have_one_digit_after_the_point() {
        let check = |milliseconds: u64, en: &str, zh: &str| {
            assert_eq!(Lang::En.time(Time(milliseconds)), en);
            assert_eq!(Lang::Zh.time(Time(milliseconds)), zh);
        };
        check(0, "0.0 s", "0.0 秒");
        check(12_049, "12.0 s", "12.0 秒");
        check(305_960, "305.9 s", "305.9 秒");
    }
}
