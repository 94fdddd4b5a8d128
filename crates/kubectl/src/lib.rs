//! The command line of the simulated cluster: words → requests → exactly what the real program
//! prints.
//!
//! [`run`] takes one line. A command that goes on (`-w`, a `delete` that waits) gives a [`Follow`],
//! which is fed with the steps of the cluster and says what is printed at each; so a terminal can be
//! shown as of any step.

pub mod yaml;

use std::collections::BTreeMap;

use cluster::{Cluster, Request, Response, Status, Step};

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

/// The files in the shell's folder, by name.
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

/// A piece of output: whole lines, each ended by a newline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chunk {
    /// Where it belongs.
    pub stream: Stream,
    /// The text.
    pub text: String,
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

/// A command that goes on.
#[derive(Clone, Debug)]
pub struct Follow {}

impl Follow {
    /// The next step of the cluster, and the cluster after it.
    pub fn step(&mut self, _step: &Step, _cluster: &Cluster) -> Progress {
        Progress::default()
    }
}

/// Runs one line of the shell.
pub fn run(_line: &str, _files: &Files, _server: &mut dyn Server) -> Outcome {
    Outcome::default()
}
