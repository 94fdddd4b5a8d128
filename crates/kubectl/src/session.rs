//! What a command works with: the files, the server, and what it has printed so far.

use std::rc::Rc;

use cluster::object::{Kind, Object};
use cluster::{Cluster, FieldValidation, Request, Response, Status, Step, Time, WriteOptions};

use crate::errors::{Problem, tell};
use crate::note::Note;
use crate::script::{Inside, Runner, Shell};
use crate::{Chunk, Files, Follow, Outcome, Server, Stream};

/// A command at work.
pub(crate) struct Session<'a> {
    pub(crate) files: &'a Files,
    pub(crate) shell: &'a mut Shell,
    server: &'a mut dyn Server,
    depth: u8,
    /// The pod in which it runs, if it isn't the learner's own machine.
    pub(crate) inside: Option<Rc<Inside>>,
    /// What it reads.
    pub(crate) stdin: Option<String>,
    /// Whether a pipe stands before or after it.
    pub(crate) piped: bool,
    pub(crate) output: Printed,
    problems: Vec<Problem>,
    /// What it ends with: at least 1 if something went wrong.
    pub(crate) exit_code: Option<i32>,
    /// Given fields without effect, told once at the end.
    not_simulated: Vec<String>,
}

/// How a command ends: at once, or by going on. A [`Problem`] ends it where it stands; problems
/// that don't are given to [`Session::complain`].
pub(crate) type Done = Result<Option<Follow>, Problem>;

/// Pieces of output; neighbours of one stream are joined.
#[derive(Clone, Debug, Default)]
pub(crate) struct Printed(pub(crate) Vec<Chunk>);

impl Printed {
    /// Prints text that ends its lines itself.
    pub(crate) fn push(&mut self, stream: Stream, text: &str) {
        if text.is_empty() {
            return;
        }
        match self.0.last_mut() {
            Some(last) if last.stream == stream && stream != Stream::Note => {
                last.text.push_str(text);
            }
            _ => self.0.push(Chunk {
                stream,
                text: text.to_owned(),
                note: None,
            }),
        }
    }

    /// What was printed elsewhere.
    pub(crate) fn append(&mut self, chunks: impl IntoIterator<Item = Chunk>) {
        for chunk in chunks {
            match chunk.note {
                Some(note) => self.note(note),
                None => self.push(chunk.stream, &chunk.text),
            }
        }
    }

    /// A remark of the tutorial.
    pub(crate) fn note(&mut self, note: Note) {
        let said = self
            .0
            .iter()
            .any(|chunk| chunk.note.as_ref() == Some(&note));
        if !said {
            self.0.push(Chunk {
                stream: Stream::Note,
                text: format!("{note}\n"),
                note: Some(note),
            });
        }
    }
}

impl<'a> Session<'a> {
    pub(crate) fn new(runner: &'a mut Runner<'_>, inside: Option<Rc<Inside>>) -> Session<'a> {
        Session {
            files: runner.files,
            shell: runner.shell,
            server: runner.server,
            depth: runner.depth,
            inside,
            stdin: runner.files.get("-").cloned(),
            piped: false,
            output: Printed::default(),
            problems: Vec::new(),
            exit_code: None,
            not_simulated: Vec::new(),
        }
    }

    /// Runs a line within this command, in a pod.
    pub(crate) fn line(&mut self, line: &str, inside: &Rc<Inside>) -> Outcome {
        self.runner().line(line, Some(Rc::clone(inside)))
    }

    /// For what is run within this command.
    pub(crate) fn runner(&mut self) -> Runner<'_> {
        Runner {
            shell: self.shell,
            files: self.files,
            server: self.server,
            depth: self.depth + 1,
        }
    }

    /// The text of a file of the learner's own machine.
    pub(crate) fn file(&self, name: &str) -> Option<&str> {
        self.shell.file(name, self.files)
    }

    /// Lets something happen that is no request to the API server.
    pub(crate) fn act(&mut self, work: &mut dyn FnMut(&mut Cluster) -> Option<Step>) {
        self.server.act(work);
    }

    /// As what a command printed that was run within this one.
    pub(crate) fn take(&mut self, output: Vec<Chunk>) {
        self.output.append(output);
    }

    /// Prints lines.
    pub(crate) fn out(&mut self, text: &str) {
        self.output.push(Stream::Stdout, text);
    }

    /// Prints lines to standard error.
    pub(crate) fn err(&mut self, text: &str) {
        self.output.push(Stream::Stderr, text);
    }

    /// Something went wrong and the command goes on; it will be told at the end.
    pub(crate) fn complain(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// Whether nothing went wrong so far.
    pub(crate) fn is_well(&self) -> bool {
        self.problems.is_empty()
    }

    pub(crate) fn cluster(&self) -> &Cluster {
        self.server.cluster()
    }

    pub(crate) fn now(&self) -> Time {
        self.cluster().now()
    }

    /// The object of this kind and name.
    ///
    /// # Errors
    /// `NotFound`.
    pub(crate) fn get(&self, kind: Kind, name: &str) -> Result<Object, Status> {
        self.cluster()
            .store()
            .get_object(kind, name)
            .ok_or_else(|| Status::not_found(kind, name))
    }

    /// All objects of a kind, by name.
    pub(crate) fn list(&self, kind: Kind) -> Vec<Object> {
        self.cluster().store().list_objects(kind)
    }

    /// Asks the API server; its warnings are printed and what it does not simulate is remembered.
    ///
    /// # Errors
    /// The status with which it refuses.
    pub(crate) fn request(&mut self, request: &Request) -> Result<Response, Status> {
        let response = self.server.request(request)?;
        for warning in &response.warnings {
            self.err(&format!("Warning: {warning}\n"));
        }
        for field in &response.not_simulated {
            if !self.not_simulated.contains(field) {
                self.not_simulated.push(field.clone());
            }
        }
        Ok(response)
    }

    /// Given fields without effect are not to be told.
    pub(crate) fn forget_not_simulated(&mut self) {
        self.not_simulated.clear();
    }

    /// Ends as something did that was run within this command.
    pub(crate) fn pass_on(mut self, outcome: Outcome) -> Outcome {
        self.take(outcome.output);
        self.exit_code = outcome.exit_code;
        self.finish(Ok(outcome.follow))
    }

    /// Ends the command.
    pub(crate) fn finish(mut self, done: Done) -> Outcome {
        let follow = done.unwrap_or_else(|problem| {
            self.problems.push(problem);
            None
        });
        let told = tell(&self.problems);
        self.err(&told);
        let failed = !self.problems.is_empty();
        let notes = self.problems.into_iter().flat_map(|problem| problem.notes);
        notes.for_each(|note| self.output.note(note));
        if !self.not_simulated.is_empty() {
            self.output.note(Note::FieldsNotSimulated {
                fields: self.not_simulated,
            });
        }
        let follow = follow.filter(|_| !failed);
        Outcome {
            output: self.output.0,
            exit_code: match follow {
                Some(_) => None,
                None if failed => Some(self.exit_code.unwrap_or(1).max(1)),
                None => Some(self.exit_code.unwrap_or_default()),
            },
            follow,
        }
    }
}

/// How a command writes: `--dry-run=server` and `--validate`.
pub(crate) fn write_options(dry_run: bool, field_validation: FieldValidation) -> WriteOptions {
    WriteOptions {
        dry_run,
        field_validation,
    }
}

/// What kubectl calls an object: `statefulset.apps/web`.
pub(crate) fn qualified(kind: Kind, name: &str) -> String {
    format!("{}/{name}", kind.qualified_singular())
}
