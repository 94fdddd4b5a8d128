//! The one table of kubectl's commands and flags. Reading a command line, help and completion are
//! all driven by it; what is not in it, kubectl does not have.

use crate::args::Args;
use crate::session::{Done, Session};

mod table;

pub use table::{GLOBAL_FLAGS, VERBS};

/// A command of kubectl that is simulated.
pub struct Verb {
    /// `get`, or with its group `rollout status`.
    pub name: &'static str,
    /// What goes after it, for the usage line.
    pub usage: &'static str,
    /// What it does.
    pub about: &'static str,
    /// What its words are.
    pub takes: Takes,
    /// The flags that are simulated; [`GLOBAL_FLAGS`] come on top.
    pub flags: &'static [Flag],
    /// Names of real flags that are not simulated; a value follows where one ends in `=`.
    pub flags_not_simulated: &'static [&'static str],
    pub(crate) run: fn(&Args, &mut Session<'_>) -> Done,
}

/// What the words of a command are, for completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// None.
    Nothing,
    /// `pods`, `pods,svc`, `sts web`, `sts/web pod/web-0`.
    Resources,
    /// As [`Takes::Resources`], then `key=value` pairs.
    ResourcesAndPairs,
    /// Names of nodes.
    Nodes,
    /// The name of a pod, or `TYPE/NAME`.
    Pods,
    /// Names of commands.
    Commands,
}

/// A flag.
#[derive(Clone, Copy, Debug)]
pub struct Flag {
    /// Its name, without `--`.
    pub long: &'static str,
    /// Its letter, if it has one.
    pub short: Option<char>,
    /// What follows it.
    pub value: FlagValue,
    /// What it does.
    pub about: &'static str,
}

/// What follows a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlagValue {
    /// Nothing, or `=true` or `=false`.
    Switch,
    /// A value; the ones worth proposing.
    Text(&'static [&'static str]),
    /// `=` and a value, or nothing, which means the first of these values.
    Optional(&'static [&'static str]),
    /// A whole number.
    Number,
    /// The name of a file.
    File,
}

/// Flags that every command really has; a value follows where one ends in `=`.
pub const GLOBAL_FLAGS_NOT_SIMULATED: &[&str] = &[
    "as=",
    "as-group=",
    "as-uid=",
    "cache-dir=",
    "certificate-authority=",
    "client-certificate=",
    "client-key=",
    "cluster=",
    "context=",
    "disable-compression",
    "insecure-skip-tls-verify",
    "kubeconfig=",
    "kuberc=",
    "log-flush-frequency=",
    "match-server-version",
    "password=",
    "profile=",
    "profile-output=",
    "request-timeout=",
    "server=s",
    "tls-server-name=",
    "token=",
    "user=",
    "username=",
    "v=v",
    "vmodule=",
    "warnings-as-errors",
];

/// Commands that only group others.
pub const GROUPS: &[&str] = &["auth", "config", "rollout", "set", "top"];

/// Commands that kubectl has and the simulation does not.
pub const NOT_SIMULATED: &[&str] = &[
    "alpha",
    "auth reconcile",
    "auth whoami",
    "certificate",
    "completion",
    "config set-context",
    "config use-context",
    "kustomize",
    "options",
    "plugin",
    "set selector",
    "set serviceaccount",
    "set subject",
];

/// The command of this name.
pub fn verb(name: &str) -> Option<&'static Verb> {
    VERBS.iter().find(|verb| verb.name == name)
}

impl Verb {
    /// The flag of this name.
    pub fn flag(&self, long: &str) -> Option<&'static Flag> {
        self.all_flags().find(|flag| flag.long == long)
    }

    /// The flag of this letter.
    pub fn short_flag(&self, short: char) -> Option<&'static Flag> {
        self.all_flags().find(|flag| flag.short == Some(short))
    }

    /// Its flags and the global ones.
    pub fn all_flags(&self) -> impl Iterator<Item = &'static Flag> {
        self.flags.iter().chain(GLOBAL_FLAGS)
    }

    /// A real flag that is not simulated, by name or letter, and whether a value follows it.
    pub(crate) fn flag_not_simulated(&self, given: &str) -> Option<(&'static str, bool)> {
        let known = self.flags_not_simulated.iter();
        known.chain(GLOBAL_FLAGS_NOT_SIMULATED).find_map(|entry| {
            let (name, rest) = entry.split_once('=').unwrap_or((entry, ""));
            let value = entry.contains('=');
            (given == name || (!rest.is_empty() && given == rest)).then_some((name, value))
        })
    }
}
