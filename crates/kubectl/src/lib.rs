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
//! | `words`, `script` | a line as commands and words; running them one after the other |
//! | `shell`, `filter`, `curl`, `dig`, `inside` | the programs besides kubectl: on the learner's machine, in pipes, in pods |
//! | [`grammar`], `args`, `complete` | the one table of commands and flags; reading a command line with it, backwards and forwards |
//! | `session`, `errors`, [`note`] | what a command works with; how refusals are told; what the tutorial adds |
//! | `resource`, `selector`, `path`, `template` | `sts/web`, `-l app=x`, `{.spec.replicas}`, `{{.spec.replicas}}` |
//! | [`yaml`], `manifest` | YAML with line and column; objects in files |
//! | `table`, `printers`, `age`, `emit` | columns; what a kind's columns say; `3m20s`; `-o yaml` and `-o json` |
//! | the rest | a command each |

mod age;
mod apply;
mod args;
mod complete;
mod create;
mod curl;
mod delete;
mod describe;
mod diff;
mod dig;
mod discovery;
mod drain;
mod edit;
mod emit;
mod errors;
mod events;
mod exec;
mod explain;
mod expose;
mod filter;
mod get;
pub mod grammar;
mod help;
mod inside;
mod label;
mod lint;
mod logs;
mod manifest;
pub mod note;
mod order;
mod patch;
mod path;
mod printers;
mod repeat;
mod required;
mod resource;
mod rollout;
mod run;
mod scale;
mod script;
mod selector;
mod session;
mod set;
mod shell;
mod table;
mod template;
mod unsimulated;
mod wait;
mod watch;
mod words;
pub mod yaml;

use std::collections::{BTreeMap, VecDeque};

use cluster::{Cluster, Request, Response, Status, Step};

pub use complete::{Completion, complete};
pub use lint::{Finding, compare, lint};
pub use note::Note;
pub use script::Shell;
pub use shell::EDITORS;

/// Where commands go: a cluster, or something that also keeps a film of it.
pub trait Server {
    /// The cluster as it is now.
    fn cluster(&self) -> &Cluster;

    /// Asks the API server for something.
    ///
    /// # Errors
    /// The [`Status`] with which it refuses.
    fn request(&mut self, request: &Request) -> Result<Response, Status>;

    /// Lets something else happen in the cluster: a program's request or question, time that
    /// passes. It gives the step, if what happened was one.
    fn act(&mut self, work: &mut dyn FnMut(&mut Cluster) -> Option<Step>);
}

impl Server for Cluster {
    fn cluster(&self) -> &Cluster {
        self
    }

    fn request(&mut self, request: &Request) -> Result<Response, Status> {
        Cluster::request(self, request).0
    }

    fn act(&mut self, work: &mut dyn FnMut(&mut Cluster) -> Option<Step>) {
        work(self);
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
    /// Commands that its output goes through, as they were typed, and what waits to go through
    /// them.
    pub(crate) filters: Vec<Vec<String>>,
    pub(crate) held: String,
    /// What is to be run afterwards.
    pub(crate) rest: VecDeque<words::Item>,
    /// It has ended with this, and the rest is due.
    pub(crate) ended: Option<i32>,
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
    /// `logs -f`
    Logs(logs::Following),
    /// `run -it`, until the pod runs.
    Attach(run::Attaching),
    /// `sleep`
    Sleep(cluster::Time),
    /// `watch`
    Repeat(repeat::Repeating),
    /// `edit`, until the editor is closed.
    Edit(Box<edit::Editing>),
}

impl Follow {
    pub(crate) fn new(kind: FollowKind) -> Follow {
        Follow {
            kind,
            filters: Vec::new(),
            held: String::new(),
            rest: VecDeque::new(),
            ended: None,
        }
    }

    /// A step, for the command at hand alone.
    pub(crate) fn advance(&mut self, step: Option<&Step>, cluster: &Cluster) -> Progress {
        match &mut self.kind {
            FollowKind::Watch(watch) => match step {
                Some(step) => watch.step(step, cluster),
                None => Progress::default(),
            },
            FollowKind::Delete(waiting) => waiting.step(cluster),
            FollowKind::Drain(waiting) => waiting.step(cluster),
            FollowKind::Rollout(watching) => watching.step(cluster),
            FollowKind::Wait(waiting) => waiting.step(cluster),
            FollowKind::Logs(following) => following.step(cluster),
            FollowKind::Attach(attaching) => attaching.step(cluster),
            FollowKind::Edit(_) => Progress::default(),
            FollowKind::Repeat(repeating) => repeating.step(step, cluster),
            FollowKind::Sleep(until) => Progress {
                output: Vec::new(),
                exit_code: (cluster.now() >= *until).then_some(0),
            },
        }
    }

    /// When it ends or gives up, even if nothing happens until then.
    pub fn deadline(&self) -> Option<cluster::Time> {
        match &self.kind {
            FollowKind::Delete(waiting) => waiting.deadline,
            FollowKind::Drain(waiting) => waiting.deadline,
            FollowKind::Rollout(watching) => watching.deadline,
            FollowKind::Wait(waiting) => Some(waiting.deadline),
            FollowKind::Sleep(until) => Some(*until),
            FollowKind::Repeat(repeating) => repeating.deadline(),
            _ => None,
        }
    }

    /// Whether it waits to go on in the pod that runs now, or to be run again.
    pub(crate) fn arrived(&self) -> bool {
        match &self.kind {
            FollowKind::Attach(attaching) => attaching.arrived,
            FollowKind::Repeat(repeating) => repeating.due,
            _ => false,
        }
    }
}

impl Outcome {
    /// Of a command that ended at once.
    pub(crate) fn ended(printed: session::Printed, exit_code: i32) -> Outcome {
        Outcome {
            output: printed.0,
            exit_code: Some(exit_code),
            follow: None,
        }
    }
}

/// Runs one line in a new shell.
pub fn run(line: &str, files: &Files, server: &mut dyn Server) -> Outcome {
    run_in(&mut Shell::default(), line, files, server)
}

/// Runs one line in a shell.
pub fn run_in(shell: &mut Shell, line: &str, files: &Files, server: &mut dyn Server) -> Outcome {
    script::run(
        line,
        &mut script::Runner {
            shell,
            files,
            server,
            depth: 0,
        },
    )
}
