//! Every key: what there are words for, in the order in which a compiled language has them.

use cluster::said::Argument;
use cluster::{Actor, Mismatch, Obstacle, PodTrouble, Preference, Reason, Time, Verb};

use crate::Lang;
use crate::what::What;

/// Names of keys, each with the names of its arguments.
type Keys = &'static [(&'static str, &'static [&'static str])];

/// Keys that belong together.
pub(crate) struct Group {
    /// What stands before each of them in the files.
    pub(crate) prefix: &'static str,
    /// The keys.
    pub(crate) keys: Keys,
    /// Arguments that all of them have before their own.
    pub(crate) first: &'static [&'static str],
}

/// Fixed texts: each is a field.
macro_rules! fixed {
    ($($name:ident),* $(,)?) => {
        /// The fixed texts of one language.
        #[derive(Debug)]
        #[allow(missing_docs, reason = "static/words/en.txt has the texts")]
        pub struct Words { $(pub $name: &'static str),* }

        pub(crate) const FIXED: Keys = &[ $((stringify!($name), &[])),* ];

        impl Words {
            /// All texts, in the order of their keys.
            pub(crate) fn read(lines: &mut std::str::Split<'static, char>) -> Words {
                Words { $($name: crate::next(lines)),* }
            }
        }
    };
}

/// Texts with something in them: each is a method of [`Lang`].
macro_rules! phrases {
    ($($(#[$doc:meta])* $name:ident($($argument:ident: $Type:ty),*);)*) => {
        pub(crate) const PHRASES: Keys = &[ $((stringify!($name), &[$(stringify!($argument)),*])),* ];

        #[allow(non_camel_case_types, reason = "methods are named like this")]
        enum Phrase { $($name),* }

        impl Lang {
            $(
                $(#[$doc])*
                pub fn $name(self, $($argument: $Type),*) -> String {
                    self.say(Phrase::$name as usize, &[$($argument.said()),*])
                }
            )*
        }
    };
}

fixed! {
    title, tagline, skip_to_lesson, language, theme, theme_system, theme_light, theme_dark,
    help, close, dismiss,

    back_to_old,

    lessons, loading, load_failed, retry, start_over, run_it, run_again, ran, before_run, watch,
    previous, next, play_on, skip_to_end, lesson_done, next_lesson,

    skip_question, try_answer, type_answer, order_answer, point_answer, choose_answer,
    none_of_them, you_said, it_was, answer_right, answer_wrong, goal, goal_met, hint, show_me,
    question_first, skip_goal, just_play, done_outside, open_file, drop_file,

    stage, not_scheduled, node, claims, volumes, free_volumes, services, headless, no_selector,
    no_endpoints, no_record, no_record_going, cable_cut, ready, not_ready, desired, pods, waits, probe_broken,

    what_happened, why, nothing_yet, time_passed,

    timeline, lanes, promises, first_difference, side_by_side, only_here, differs, controllers, why_absent, stray, stray_title,
    play, pause, step_forward, step_back, to_start, to_end, speed, at_rest, in_the_past, branch,

    terminal, command, errors, note, stop, goes_on, goes_on_paused,

    gone, break_readiness, mend_readiness, readiness_help, delete,

    keys, single_keys, key_play, key_steps, key_beats, key_ends, key_speed, key_help,
    key_history, key_interrupt, key_clear, about,

    key_complete, key_leave, key_search, key_caret, key_cut, key_insert, key_apply, key_compare,
    tab_leaves, next_words, as_tables, files, cancel, insert_name,
    editor, editor_keys, save_and_apply, save_and_close, compare, compare_legend, no_difference,

    store_damaged, crashed, store_full, none,

    faults, tool_cable, tool_probe, tool_kill, tool_fill, tool_lose, pick_node, pick_pod,
    pick_volume, disk_full, talks, key_tools,

    one_process, predecessors_first, ordinals_without_gap, claims_before_pods, claims_are_kept, data_is_kept,
}

phrases! {
    /// Seconds and tenths of seconds; [`Lang::time`] gives them from a time.
    seconds(seconds: u64, tenths: u64);
    /// That so much time passed before something happened.
    later(gap: Time);
    /// Where a pod is, after its name and state, for who can't see it.
    place(node: Option<&str>);
    /// Beat `number` of `count`.
    beat_of(number: usize, count: usize);
    /// That a new branch began at this time.
    forked(time: Time);
    /// That the file of this name is no lesson, and what is wrong with it.
    no_lesson(file: &str, problem: &str);
    /// That the file of this name has another format than this version reads.
    other_version(file: &str, format: &str);
    /// A branch's name; `from` is when it left another.
    branch_name(number: usize, from: Option<Time>);
    /// The object by which a property was broken, and when.
    broken(name: &str, time: Time);
    /// The lane of an identity: the states of its pods and of its claims.
    lane_of(name: &str, pods: &str, claims: &str);
    /// That so many more columns are there and not drawn.
    more(count: usize);
    /// How many lines a command printed.
    lines_printed(count: usize);
    /// How many rows a printed table has.
    table_rows(count: usize);
    /// How many pasted lines wait to be agreed to.
    pasted(count: usize);
    /// How many things are wrong with a text.
    problems(count: usize);
    /// A place in a text.
    line_and_column(line: usize, column: usize);
    /// What may have been meant.
    did_you_mean(word: &str);
    /// Two parts with a comma between them.
    comma(first: &str, second: &str);
    /// Two sentences without full stops, in one text.
    semicolon(first: &str, second: &str);
}

const NO_ARGUMENTS: &[&str] = &[];

/// All keys.
pub(crate) const GROUPS: [Group; 10] = [
    group("", FIXED),
    group("", PHRASES),
    group("Actor.", Actor::SAID),
    Group {
        prefix: "What.",
        keys: What::SAID,
        first: &["subject"],
    },
    group("Reason.", Reason::SAID),
    group("Verb.", Verb::SAID),
    group("PodTrouble.", PodTrouble::SAID),
    group("Preference.", Preference::SAID),
    group("Obstacle.", Obstacle::SAID),
    group("Mismatch.", Mismatch::SAID),
];

const fn group(prefix: &'static str, keys: Keys) -> Group {
    Group {
        prefix,
        keys,
        first: NO_ARGUMENTS,
    }
}

/// Where the texts of each group begin that are not fixed.
pub(crate) const ACTORS: usize = PHRASES.len();
pub(crate) const WHATS: usize = ACTORS + Actor::SAID.len();
pub(crate) const REASONS: usize = WHATS + What::SAID.len();
pub(crate) const VERBS: usize = REASONS + Reason::SAID.len();
pub(crate) const TROUBLES: usize = VERBS + Verb::SAID.len();
pub(crate) const PREFERENCES: usize = TROUBLES + PodTrouble::SAID.len();
pub(crate) const OBSTACLES: usize = PREFERENCES + Preference::SAID.len();
pub(crate) const MISMATCHES: usize = OBSTACLES + Obstacle::SAID.len();

/// A number that is another one when any key, or the order of the keys, is another one.
pub(crate) const FINGERPRINT: u32 = {
    let mut hash = 0x811c_9dc5;
    let mut group = 0;
    while group < GROUPS.len() {
        let keys = GROUPS[group].keys;
        let mut key = 0;
        while key < keys.len() {
            hash = fnv(hash, keys[key].0);
            let mut argument = 0;
            while argument < keys[key].1.len() {
                hash = fnv(hash, keys[key].1[argument]);
                argument += 1;
            }
            key += 1;
        }
        group += 1;
    }
    hash
};

/// FNV-1a, with an end mark.
const fn fnv(mut hash: u32, text: &str) -> u32 {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        hash = (hash ^ bytes[at] as u32).wrapping_mul(0x0100_0193);
        at += 1;
    }
    (hash ^ 0xff).wrapping_mul(0x0100_0193)
}
