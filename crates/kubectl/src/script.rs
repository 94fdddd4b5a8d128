//! Running what a line says, one command after the other. A command that goes on holds up those
//! after it; they are kept with it, and run when it has ended.

use std::collections::VecDeque;
use std::rc::Rc;

use cluster::kubelet::disk::WriteError;
use cluster::map::Set;
use cluster::object::{Pod, Resource};
use cluster::{Cluster, Step};

use crate::filter;
use crate::inside;
use crate::note::Note;
use crate::repeat;
use crate::session::{Printed, Session};
use crate::shell;
use crate::words::{self, Command, Expansion, Fault, Item, Loop};
use crate::{Chunk, Files, Follow, FollowKind, Outcome, Progress, Server, Stream};

/// What a shell remembers from one line to the next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shell {
    /// The port at which `kubectl proxy` listens in the background.
    pub(crate) proxy: Option<u16>,
    pub(crate) variables: Vec<(String, String)>,
    /// `$?`
    pub(crate) exit_code: i32,
    /// The pod in which lines are typed, after `kubectl exec -it … -- sh`.
    pub(crate) inside: Option<Rc<Inside>>,
    /// What was typed.
    pub(crate) history: Rc<Vec<String>>,
    /// Files that were written here; they go before those that were there from the beginning.
    written: Rc<Files>,
    /// Lines that wait for the end of a here document.
    unfinished: Rc<str>,
    /// Commands that the line at hand has run.
    ran: u32,
}

/// A container in which commands run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Inside {
    pub(crate) pod: String,
    pub(crate) pod_uid: String,
    pub(crate) container: String,
    pub(crate) image: String,
    /// Whether the shell is the container's own program (`kubectl run -it`): it ends with it.
    pub(crate) main: bool,
    /// Whether the pod is deleted then (`--rm`).
    pub(crate) remove: bool,
}

impl Inside {
    /// The container of this name, or the first one.
    pub(crate) fn new(pod: &Pod, container: Option<&str>) -> Option<Inside> {
        let mut containers = pod.spec.containers.iter();
        let found = containers.find(|found| container.is_none_or(|name| name == found.name))?;
        Some(Inside {
            pod: pod.name().to_owned(),
            pod_uid: pod.metadata.uid.clone(),
            container: found.name.clone(),
            image: found.image.clone(),
            main: false,
            remove: false,
        })
    }

    /// Whether its shell is that of busybox.
    fn is_busybox(&self) -> bool {
        inside::image_name(&self.image).starts_with("busybox")
    }

    /// Whether the container still runs.
    pub(crate) fn runs(&self, cluster: &Cluster) -> bool {
        let pod = cluster.store().get::<Pod>(&self.pod);
        pod.is_some_and(|pod| pod.metadata.uid == self.pod_uid) && cluster.env(&self.pod).is_some()
    }
}

impl Shell {
    /// What stands before the line to be typed: `$`, or in a pod `root@web-0:/#`.
    pub fn prompt(&self) -> String {
        match &self.inside {
            _ if !self.unfinished.is_empty() => ">".to_owned(),
            None => "$".to_owned(),
            Some(inside) => format!("root@{}:/#", inside.pod),
        }
    }

    /// Whether lines are typed in a pod.
    pub fn is_inside(&self) -> bool {
        self.inside.is_some()
    }

    /// The text of a file; `given` are those that were there from the beginning.
    pub fn file<'a>(&'a self, name: &str, given: &'a Files) -> Option<&'a str> {
        let name = name.strip_prefix("./").unwrap_or(name);
        let found = self.written.get(name).or_else(|| given.get(name));
        let found = found.filter(|text| name != "-" && *text != REMOVED);
        found.map(String::as_str)
    }

    /// The names of all files, in their order.
    pub fn file_names(&self, given: &Files) -> Vec<String> {
        let all = given.keys().chain(self.written.keys());
        let there = all.filter(|name| self.file(name, given).is_some());
        let names: Set<String> = there.cloned().collect();
        names.iter().cloned().collect()
    }

    /// Writes a file.
    pub fn write(&mut self, name: &str, text: &str) {
        let name = name.strip_prefix("./").unwrap_or(name);
        Rc::make_mut(&mut self.written).insert(name.to_owned(), text.to_owned());
    }

    /// Removes a file.
    pub(crate) fn remove(&mut self, name: &str) {
        self.write(name, REMOVED);
    }

    /// Writes a file that a command names.
    ///
    /// # Errors
    /// Why it can't be, in the system's words.
    pub(crate) fn save(&mut self, name: &str, text: &str) -> Result<(), &'static str> {
        let plain = name.strip_prefix("./").unwrap_or(name);
        let folder = !plain.starts_with("/tmp/") && plain.contains('/');
        if folder || plain.is_empty() || plain == "-" {
            return Err("No such file or directory");
        }
        if matches!(plain, "." | ".." | "/tmp/") {
            return Err("Is a directory");
        }
        if text.len() > FILE_MAX {
            return Err("File too large");
        }
        self.write(plain, text);
        Ok(())
    }

    fn set(&mut self, name: &str, value: String) {
        self.variables.retain(|(known, _)| known != name);
        self.variables.push((name.to_owned(), value));
    }
}

/// Where a script runs.
pub(crate) struct Runner<'a> {
    pub(crate) shell: &'a mut Shell,
    pub(crate) files: &'a Files,
    pub(crate) server: &'a mut dyn Server,
    /// How many shells have started one another.
    pub(crate) depth: u8,
}

/// The longest line that is read, in bytes.
const LENGTH_MAX: usize = 1 << 16;

/// What is written in the place of a file that was removed.
const REMOVED: &str = "\0";

/// The longest file that a command may write, in bytes.
const FILE_MAX: usize = 1 << 20;

/// The most commands that a line may come to with its loops.
const COMMANDS_MAX: u32 = 2_000;

/// Shells that may start one another.
const DEPTH_MAX: u8 = 8;

/// Runs one line of the shell.
pub(crate) fn run(line: &str, runner: &mut Runner<'_>) -> Outcome {
    Rc::make_mut(&mut runner.shell.history).push(line.to_owned());
    let inside = runner.shell.inside.clone();
    if let Some(inside) = &inside
        && !inside.runs(runner.server.cluster())
    {
        runner.shell.inside = None;
        runner.shell.exit_code = 137;
        let mut printed = Printed::default();
        printed.push(Stream::Stderr, "command terminated with exit code 137\n");
        return Outcome::ended(printed, 137);
    }
    runner.shell.ran = 0;
    let whole = match runner.shell.unfinished.is_empty() {
        true => line.to_owned(),
        false => [&*runner.shell.unfinished, "\n", line].concat(),
    };
    runner.shell.unfinished = "".into();
    if words::parse(&whole) == Err(Fault::Unfinished) && whole.len() <= LENGTH_MAX {
        runner.shell.unfinished = whole.into();
        return Outcome::ended(Printed::default(), 0);
    }
    runner.line(&whole, inside)
}

impl Runner<'_> {
    /// Runs a line, in a pod or in the learner's own shell.
    pub(crate) fn line(&mut self, line: &str, inside: Option<Rc<Inside>>) -> Outcome {
        let mut printed = Printed::default();
        let parsed = match line.len() > LENGTH_MAX || self.depth >= DEPTH_MAX {
            true => Err(words::not_simulated("So long a line").into()),
            false => words::parse(line),
        };
        match parsed {
            Ok(mut items) => {
                for item in &mut items {
                    item.inside.clone_from(&inside);
                }
                self.go(items.into(), printed)
            }
            Err(fault) => {
                self.shell.exit_code = match fault {
                    Fault::Note(note) => {
                        printed.note(note);
                        1
                    }
                    Fault::Unexpected(token) => {
                        let told = format!("bash: syntax error near unexpected token `{token}'\n");
                        printed.push(Stream::Stderr, &told);
                        2
                    }
                    Fault::Unfinished => {
                        printed.note(words::not_simulated("A here document without an end"));
                        1
                    }
                };
                Outcome::ended(printed, self.shell.exit_code)
            }
        }
    }

    /// Runs commands until one goes on.
    fn go(&mut self, mut items: VecDeque<Item>, mut printed: Printed) -> Outcome {
        while let Some(item) = items.pop_front() {
            let wanted = match item.connector {
                "&&" => self.shell.exit_code == 0,
                "||" => self.shell.exit_code != 0,
                _ => true,
            };
            if !wanted {
                continue;
            }
            self.shell.ran += 1;
            if self.shell.ran > COMMANDS_MAX {
                printed.note(words::not_simulated("So long a loop"));
                return Outcome::ended(printed, 1);
            }
            if let Some(each) = &item.each {
                match self.unrolled(each, &item, &mut printed) {
                    Ok(unrolled) if !by_line(each, &item.commands) => {
                        let outcome = self.through(unrolled, &item);
                        printed.append(outcome.output);
                        self.shell.exit_code = outcome.exit_code.unwrap_or_default();
                    }
                    Ok(mut unrolled) => {
                        for inner in &mut unrolled {
                            inner.commands.extend(item.commands.iter().cloned());
                        }
                        unrolled.append(&mut items);
                        items = unrolled;
                    }
                    Err(note) => {
                        printed.note(note);
                        self.shell.exit_code = 1;
                    }
                }
                continue;
            }
            let outcome = self.pipeline(&item, None);
            printed.append(outcome.output);
            if let Some(mut follow) = outcome.follow {
                follow.rest.extend(items);
                return Outcome {
                    output: printed.0,
                    exit_code: None,
                    follow: Some(follow),
                };
            }
            self.shell.exit_code = outcome.exit_code.unwrap_or_default();
        }
        Outcome::ended(printed, self.shell.exit_code)
    }

    /// What a loop comes to: its commands once for each word.
    fn unrolled(
        &mut self,
        each: &Loop,
        item: &Item,
        printed: &mut Printed,
    ) -> Result<VecDeque<Item>, Note> {
        let mut items = VecDeque::new();
        for word in &each.words {
            for value in self.expand(word, item, printed)? {
                let set = Command {
                    words: vec![format!("{}={}", each.name, words::quoted_word(&value))],
                    ..Command::default()
                };
                items.push_back(Item {
                    commands: vec![set],
                    ..Item::default()
                });
                items.extend(each.body.iter().cloned());
                if items.len() > words::ITEMS_MAX {
                    return Err(words::not_simulated("So long a loop"));
                }
            }
        }
        for unrolled in &mut items {
            unrolled.inside.clone_from(&item.inside);
        }
        Ok(items)
    }

    /// Runs a loop, and then what all of its output goes through.
    fn through(&mut self, unrolled: VecDeque<Item>, item: &Item) -> Outcome {
        self.depth += 1;
        let outcome = match self.depth > DEPTH_MAX {
            true => Outcome::default(),
            false => self.go(unrolled, Printed::default()),
        };
        self.depth -= 1;
        let mut printed = Printed::default();
        if outcome.exit_code.is_none() {
            printed.note(words::not_simulated("A pipe after a loop that goes on"));
            return Outcome::ended(printed, 1);
        }
        let (text, other) = divide(outcome.output);
        printed.append(other);
        let outcome = self.pipeline(item, Some(text));
        printed.append(outcome.output);
        Outcome {
            output: printed.0,
            ..outcome
        }
    }

    /// Runs commands with pipes between them. One that goes on takes those after it along.
    fn pipeline(&mut self, item: &Item, mut stdin: Option<String>) -> Outcome {
        let mut printed = Printed::default();
        let mut exit_code = 0;
        for (number, command) in item.commands.iter().enumerate() {
            let mut outcome = match self.command(command, item, stdin.take(), number) {
                Ok(outcome) => outcome,
                Err(note) => {
                    printed.note(note);
                    return Outcome::ended(printed, 1);
                }
            };
            let after = &item.commands[number + 1..];
            if let Some(mut follow) = outcome.follow.take() {
                for command in after {
                    follow.pipe(command);
                }
                let output = std::mem::take(&mut outcome.output);
                printed.append(follow.filter(output));
                return Outcome {
                    output: printed.0,
                    exit_code: None,
                    follow: Some(follow),
                };
            }
            exit_code = outcome.exit_code.unwrap_or_default();
            if !after.is_empty() {
                let (out, other) = divide(outcome.output);
                stdin = Some(out);
                outcome.output = other;
            }
            printed.append(outcome.output);
        }
        Outcome::ended(printed, exit_code)
    }

    fn command(
        &mut self,
        command: &Command,
        item: &Item,
        stdin: Option<String>,
        number: usize,
    ) -> Result<Outcome, Note> {
        let mut complaints = Printed::default();
        let mut given = Vec::new();
        for (at, word) in command.words.iter().enumerate() {
            let assigned = word
                .split_once('=')
                .filter(|(name, _)| words::is_name(name));
            match assigned {
                Some((name, value)) if at == 0 => {
                    if command.words.len() > 1 {
                        return Err(words::not_simulated("A variable for one command"));
                    }
                    let value = self.expand(value, item, &mut complaints)?;
                    self.shell.set(name, value.join(" "));
                }
                _ => given.extend(self.expand(word, item, &mut complaints)?),
            }
        }
        let mut stdin = stdin;
        let mut targets = Vec::new();
        for (operator, target) in &command.redirects {
            let target = self.expand(target, item, &mut complaints)?.join(" ");
            match *operator {
                "<<" => stdin = Some(target),
                "<<<" => stdin = Some(target + "\n"),
                "<" if item.inside.is_none() && self.shell.file(&target, self.files).is_none() => {
                    let told = format!("bash: {target}: No such file or directory\n");
                    complaints.push(Stream::Stderr, &told);
                    return Ok(Outcome::ended(complaints, 1));
                }
                "<" => stdin = Some(self.read(&target, item.inside.as_deref())?),
                operator => targets.push((operator, target)),
            }
        }
        if item.background && given.get(1).map(String::as_str) != Some("proxy") {
            return Err(words::not_simulated("&"));
        }
        let mut session = Session::new(self, item.inside.clone());
        session.stdin = stdin.or(session.stdin);
        session.piped = number > 0 || item.commands.len() > 1 || item.each.is_some();
        let mut outcome = shell::program(&given, session);
        if !targets.is_empty() {
            let program = given.first().map_or("", String::as_str);
            self.redirect(&mut outcome, program, &targets, item.inside.as_deref())?;
        }
        complaints.append(outcome.output);
        outcome.output = complaints.0;
        Ok(outcome)
    }

    /// What a typed word comes to.
    fn expand(
        &mut self,
        typed: &str,
        item: &Item,
        complaints: &mut Printed,
    ) -> Result<Vec<String>, Note> {
        words::expand(typed, &mut |expansion| match expansion {
            Expansion::Variable("?") => Ok(self.shell.exit_code.to_string()),
            Expansion::Variable(name) => Ok(self.variable(name, item.inside.as_deref())),
            Expansion::Command(line) => {
                self.depth += 1;
                let outcome = self.line(line, item.inside.clone());
                self.depth -= 1;
                if outcome.follow.is_some() {
                    return Err(words::not_simulated("$(…) of a command that goes on"));
                }
                let (text, other) = divide(outcome.output);
                complaints.append(other);
                Ok(text.trim_end_matches('\n').to_owned())
            }
        })
    }

    fn variable(&self, name: &str, inside: Option<&Inside>) -> String {
        let own = self.shell.variables.iter().find(|(known, _)| known == name);
        if let Some((_, value)) = own {
            return value.clone();
        }
        let env = inside.and_then(|inside| self.server.cluster().env(&inside.pod));
        let mut env = env.into_iter().flatten();
        env.find(|(known, _)| known == name)
            .map(|(_, value)| value)
            .unwrap_or_default()
    }

    /// The text of a file that is read in place of what is typed.
    fn read(&self, name: &str, inside: Option<&Inside>) -> Result<String, Note> {
        let text = match inside {
            None => self.shell.file(name, self.files).map(str::to_owned),
            Some(inside) => {
                let files = self.server.cluster().files(&inside.pod);
                files.and_then(|files| files.get(name).map(|text| text.to_string()))
            }
        };
        text.ok_or_else(|| words::not_simulated(&format!("< {name}")))
    }

    /// Sends what was printed elsewhere: nowhere, or in a pod into a file.
    fn redirect(
        &mut self,
        outcome: &mut Outcome,
        program: &str,
        targets: &[(&'static str, String)],
        inside: Option<&Inside>,
    ) -> Result<(), Note> {
        for (operator, target) in targets {
            let taken = |stream: Stream| match *operator {
                "2>" | "2>>" => stream == Stream::Stderr,
                "&>" => stream != Stream::Note,
                _ => stream == Stream::Stdout,
            };
            let output = std::mem::take(&mut outcome.output);
            if *operator == "2>&1" {
                outcome.output = output;
                for chunk in &mut outcome.output {
                    if chunk.stream == Stream::Stderr {
                        chunk.stream = Stream::Stdout;
                    }
                }
                continue;
            }
            let (sent, kept): (Vec<Chunk>, Vec<Chunk>) =
                output.into_iter().partition(|chunk| taken(chunk.stream));
            outcome.output = kept;
            if target == "/dev/null" {
                continue;
            }
            let text: String = sent.into_iter().map(|chunk| chunk.text).collect();
            let append = operator.ends_with(">>");
            let Some(inside) = inside else {
                let before = self.shell.file(target, self.files).filter(|_| append);
                let text = [before.unwrap_or_default(), &text].concat();
                if let Err(why) = self.shell.save(target, &text) {
                    let mut printed = Printed(std::mem::take(&mut outcome.output));
                    printed.push(Stream::Stderr, &format!("bash: {target}: {why}\n"));
                    outcome.output = printed.0;
                    outcome.exit_code = Some(1);
                }
                continue;
            };
            let mut written = Ok(());
            self.server.act(&mut |cluster| {
                let (result, step) = cluster.write_file(&inside.pod, target, &text, append)?;
                written = result;
                step
            });
            if let Err(why) = written {
                let mut printed = Printed(std::mem::take(&mut outcome.output));
                let told = match (why, program) {
                    // The shell has opened the file; who writes to it is the program. `echo` is
                    // the shell itself: dash has few words for it, busybox has more.
                    (WriteError::NoSpace, "echo") if !inside.is_busybox() => {
                        "sh: 1: echo: echo: I/O error\n".to_owned()
                    }
                    (WriteError::NoSpace, "echo") => format!("sh: write error: {why}\n"),
                    (WriteError::NoSpace, program) => format!("{program}: write error: {why}\n"),
                    _ => format!("sh: {target}: {why}\n"),
                };
                printed.push(Stream::Stderr, &told);
                outcome.output = printed.0;
                outcome.exit_code = Some(1);
            }
        }
        Ok(())
    }
}

/// Whether what a loop prints is to go through the commands piece by piece, because it may go on.
fn by_line(each: &Loop, commands: &[Command]) -> bool {
    let is = |command: &Command, known: &[&str]| {
        let name = command.words.first();
        name.is_some_and(|name| known.contains(&name.as_str()))
    };
    let mut body = each.body.iter().flat_map(|item| &item.commands);
    let goes_on = body.any(|command| is(command, &["sleep", "watch", "kubectl", "k"]));
    commands.is_empty() || goes_on && commands.iter().all(|command| is(command, &["grep"]))
}

/// What went to standard output, and the rest.
fn divide(output: Vec<Chunk>) -> (String, Vec<Chunk>) {
    let (out, other): (Vec<Chunk>, Vec<Chunk>) = output
        .into_iter()
        .partition(|chunk| chunk.stream == Stream::Stdout);
    (out.into_iter().map(|chunk| chunk.text).collect(), other)
}

impl Follow {
    /// What it prints goes through another command.
    fn pipe(&mut self, command: &Command) {
        self.filters.push(command.words.clone());
        for item in &mut self.rest {
            item.commands.push(command.clone());
        }
    }

    /// What is left of its output after the pipe: at once if every command of it takes line by
    /// line, else at the end.
    fn filter(&mut self, output: Vec<Chunk>) -> Vec<Chunk> {
        if self.filters.is_empty() {
            return output;
        }
        let mut printed = Printed::default();
        for chunk in output {
            match chunk.stream {
                Stream::Stdout => self.held.push_str(&chunk.text),
                _ => printed.append([chunk]),
            }
        }
        let mut filters = self.filters.iter();
        if filters.all(|words| words.first().is_some_and(|name| name == "grep")) {
            self.flush(&mut printed);
        }
        printed.0
    }

    fn flush(&mut self, printed: &mut Printed) -> i32 {
        let mut text = std::mem::take(&mut self.held);
        let mut code = 0;
        for typed in &self.filters {
            let words: Vec<String> = typed.iter().flat_map(|word| words::literal(word)).collect();
            let mut complaint = String::new();
            (text, code) = filter::run(&words, &text, &mut complaint);
            printed.push(Stream::Stderr, &complaint);
        }
        printed.push(Stream::Stdout, &text);
        code
    }

    /// The next step of the cluster, and the cluster after it.
    pub fn step(&mut self, step: &Step, cluster: &Cluster) -> Progress {
        self.progress(Some(step), cluster)
    }

    /// Time has passed, and nothing happened.
    pub fn pass(&mut self, cluster: &Cluster) -> Progress {
        self.progress(None, cluster)
    }

    fn progress(&mut self, step: Option<&Step>, cluster: &Cluster) -> Progress {
        if self.is_due() {
            return Progress::default();
        }
        let mut progress = self.advance(step, cluster);
        if self.filters.is_empty() && self.rest.is_empty() {
            return progress;
        }
        let mut printed = Printed(self.filter(std::mem::take(&mut progress.output)));
        if let Some(code) = &mut progress.exit_code
            && !self.filters.is_empty()
        {
            *code = self.flush(&mut printed);
        }
        progress.output = printed.0;
        if !self.rest.is_empty() {
            self.ended = progress.exit_code.take();
        }
        progress
    }

    /// Whether [`Follow::resume`] is to be called before the next step.
    pub fn is_due(&self) -> bool {
        self.ended.is_some() || self.arrived()
    }

    /// Goes on with what has to be done now that the command at hand is over.
    pub fn resume(
        &mut self,
        shell: &mut Shell,
        files: &Files,
        server: &mut dyn Server,
    ) -> Progress {
        let mut runner = Runner {
            shell,
            files,
            server,
            depth: 0,
        };
        runner.shell.ran = 0;
        let mut printed = Printed::default();
        let code = match self.ended.take() {
            Some(code) => code,
            None if matches!(self.kind, FollowKind::Repeat(_)) => {
                let (output, code) = repeat::frame(self, &mut runner);
                let output = self.filter(output);
                if self.rest.is_empty() || code.is_none() {
                    return Progress {
                        output,
                        exit_code: code,
                    };
                }
                printed.append(output);
                code.unwrap_or_default()
            }
            None => {
                let outcome = crate::run::attach(self, &mut runner);
                printed.append(self.filter(outcome.output));
                if let Some(mut next) = outcome.follow {
                    next.rest.append(&mut self.rest);
                    next.filters.append(&mut self.filters);
                    *self = next;
                    return Progress {
                        output: printed.0,
                        exit_code: None,
                    };
                }
                match self.filters.is_empty() {
                    true => outcome.exit_code.unwrap_or_default(),
                    false => self.flush(&mut printed),
                }
            }
        };
        runner.shell.exit_code = code;
        let outcome = runner.go(std::mem::take(&mut self.rest), printed);
        if let Some(follow) = outcome.follow {
            *self = follow;
        }
        Progress {
            output: outcome.output,
            exit_code: outcome.exit_code,
        }
    }
}
