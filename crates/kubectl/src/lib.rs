//! The command line of the simulated cluster: words → requests → exactly what the real program
//! prints.
//!
//! [`run`] takes one line. A command that goes on (`-w`, a `delete` that waits) gives a [`Follow`],
//! which is fed with the steps of the cluster and says what is printed at each; so a terminal can be
//! shown as of any step.
//!
//! # Where things are
//!
//! | module | what |
//! |---|---|
//! | `words`, `shell` | a line as words; `ls`, `cat`, `help` |
//! | [`grammar`], `args`, `complete` | the one table of commands and flags; reading a command line with it, backwards and forwards |
//! | `session`, `errors`, [`note`] | what a command works with; how refusals are told; what the tutorial adds |
//! | `resource`, `selector`, `path` | `sts/web`, `-l app=x`, `{.spec.replicas}` |
//! | [`yaml`], `manifest` | YAML with line and column; objects in files |
//! | `table`, `printers`, `age`, `emit` | columns; what a kind's columns say; `3m20s`; `-o yaml` and `-o json` |
//! | the rest | a command each |

mod age;
mod apply;
mod args;
mod complete;
mod create;
mod delete;
mod describe;
mod drain;
mod emit;
mod errors;
mod expose;
mod get;
pub mod grammar;
mod help;
mod label;
mod manifest;
pub mod note;
mod order;
mod patch;
mod path;
mod printers;
mod required;
mod resource;
mod rollout;
mod scale;
mod selector;
mod session;
mod set;
mod shell;
mod table;
mod wait;
mod watch;
mod words;
pub mod yaml;

use std::collections::BTreeMap;

use cluster::{Cluster, Request, Response, Status, Step};

pub use complete::{Completion, complete};
pub use note::Note;

/// Where commands go: a cluster, or something that also keeps a film of it.
pub trait Server {
    /// The cluster as it is now.
    fn cluster(&self) -> &Cluster;

    /// Asks the API server for something.
    ///
    /// # Errors
    /// The [`Status`] with which it refuses.
    fn request(&mut self, request: &Request) -> Result<Response, Status>;
}

impl Server for Cluster {
    fn cluster(&self) -> &Cluster {
        self
    }

    fn request(&mut self, request: &Request) -> Result<Response, Status> {
        Cluster::request(self, request).0
    }
}

/// The files in the shell's folder, by name. A file named `-` is what standard input holds.
pub type Files = BTreeMap<String, String>;

/// Where a piece of output belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// Not printed by the real program: what the tutorial has to add.
    Note,
}

/// A piece of output: whole lines, each ended by a newline (`-o jsonpath` may end without one).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Where it belongs.
    pub stream: Stream,
    /// The text; of a note, in English.
    pub text: String,
    /// With [`Stream::Note`]: what is said, to be put in other languages.
    pub note: Option<Note>,
}

/// What a command line came to.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// What was printed at once, in order.
    pub output: Vec<Chunk>,
    /// Exit code; nothing as long as the command goes on.
    pub exit_code: Option<i32>,
    /// The command goes on: feed it with steps.
    pub follow: Option<Follow>,
}

/// What a command that goes on printed at one step.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    /// What was printed.
    pub output: Vec<Chunk>,
    /// Exit code, if this step ended the command.
    pub exit_code: Option<i32>,
}

/// A command that goes on. It remembers little, and the same steps make it print the same.
#[derive(Clone, Debug)]
pub struct Follow {
    pub(crate) kind: FollowKind,
}

/// What it is that goes on.
#[derive(Clone, Debug)]
pub(crate) enum FollowKind {
    /// `get -w`
    Watch(Box<watch::Watch>),
    /// `delete`, until the objects are gone.
    Delete(delete::Waiting),
    /// `drain`, until the pods are gone.
    Drain(drain::Waiting),
    /// `rollout status`
    Rollout(rollout::Watching),
    /// `wait`
    Wait(wait::Waiting),
}

impl Follow {
    /// The next step of the cluster, and the cluster after it.
    pub fn step(&mut self, step: &Step, cluster: &Cluster) -> Progress {
        match &mut self.kind {
            FollowKind::Watch(watch) => watch.step(step, cluster),
            FollowKind::Delete(waiting) => waiting.step(cluster),
            FollowKind::Drain(waiting) => waiting.step(cluster),
            FollowKind::Rollout(watching) => watching.step(cluster),
            FollowKind::Wait(waiting) => waiting.step(cluster),
        }
    }
}

/// Runs one line of the shell.
pub fn run(line: &str, files: &Files, server: &mut dyn Server) -> Outcome {
    shell::run(line, files, server)
}
