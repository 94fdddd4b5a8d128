//! Transcripts: what is typed, and what is read. `KUBECTL_UPDATE=1 cargo test -p kubectl` writes
//! down what is printed now; look at the difference before you keep it.
//!
//! Lines of a transcript: `$ …` is typed, and after it `> …` in a here document; `% settle` lets everything happen until it is quiet, `% steps N` so many
//! steps, `% seconds N` so much time, `% ready POD true` turns a readiness switch, `% interrupt`
//! ends the command that goes on. What is printed to standard error begins with `2> `, a remark with
//! `* `; `% nodes N`, at the beginning, gives the cluster N nodes instead of three; `[n]` is an exit code that is not 0, `[…]` a command that goes on.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use cluster::object::Kind;
use cluster::object::PersistentVolumeClaim;
use cluster::{Cluster, Config, Step, Time};
use kubectl::{Chunk, Files, Follow, Progress, Shell, Stream};

struct Stage {
    cluster: Cluster,
    shell: Shell,
    files: Files,
    follow: Option<Follow>,
    text: String,
}

fn cluster_of(nodes: usize) -> Cluster {
    Cluster::new(Config {
        nodes,
        local_images: cluster::LocalImages::All,
        ..Config::default()
    })
}

impl Stage {
    fn new() -> Stage {
        Stage {
            cluster: cluster_of(Config::default().nodes),
            shell: Shell::default(),
            files: files(),
            follow: None,
            text: String::new(),
        }
    }

    fn play(&mut self, line: &str) {
        writeln!(self.text, "{line}").unwrap();
        if let Some(command) = line.strip_prefix("$ ").or(line.strip_prefix("> ")) {
            self.type_line(command);
        } else if let Some((_, command)) = line
            .split_once(":/# ")
            .filter(|_| line.starts_with("root@"))
        {
            self.type_line(command);
        } else if let Some(direction) = line.strip_prefix("% ") {
            self.direct(direction);
        } else {
            assert!(
                line.is_empty() || line.starts_with('#'),
                "not understood: {line}"
            );
        }
    }

    fn type_line(&mut self, command: &str) {
        let outcome = kubectl::run_in(&mut self.shell, command, &self.files, &mut self.cluster);
        self.print(&outcome.output);
        assert_eq!(
            outcome.exit_code.is_none(),
            outcome.follow.is_some(),
            "{command}"
        );
        match outcome.exit_code {
            Some(0) => {}
            Some(code) => writeln!(self.text, "[{code}]").unwrap(),
            None => writeln!(self.text, "[…]").unwrap(),
        }
        self.follow = outcome.follow;
    }

    fn direct(&mut self, direction: &str) {
        let words: Vec<&str> = direction.split(' ').collect();
        match words.as_slice() {
            ["settle"] => self.settle(),
            ["steps", count] => {
                for _ in 0..count.parse().unwrap() {
                    self.step(Time(u64::MAX));
                }
            }
            ["seconds", count] => {
                let limit = self.cluster.now() + count.parse::<u64>().unwrap() * 1000;
                while self.step(limit) {}
                self.cluster.wait_until(limit);
            }
            ["ready", pod, ready] => {
                self.cluster.switch_readiness(pod, *ready == "true");
            }
            [word @ ("fill" | "free"), claim] => {
                let claim = self.cluster.store().get::<PersistentVolumeClaim>(claim);
                let volume = claim.unwrap().volume_name().unwrap().to_owned();
                match *word {
                    "fill" => self.cluster.fill_disk(&volume),
                    _ => self.cluster.free_disk(&volume),
                };
            }
            ["interrupt"] => self.follow = None,
            ["nodes", count] => self.cluster = cluster_of(count.parse().unwrap()),
            _ => panic!("no such direction: {direction}"),
        }
    }

    /// Until nothing but Events and Nodes has changed for a while.
    fn settle(&mut self) {
        const QUIET: u64 = 20_000;
        let mut limit = self.cluster.now() + QUIET;
        if let Some(deadline) = self.follow.as_ref().and_then(Follow::deadline) {
            while self.follow.is_some() && self.step(deadline) {}
            self.pass(deadline);
            limit = self.cluster.now() + QUIET;
        }
        while let Some(step) = self.cluster.step_until(limit) {
            let kind = step.change.as_ref().map(|change| change.object().kind());
            if kind.is_some_and(|kind| !matches!(kind, Kind::Event | Kind::Node)) {
                limit = self.cluster.now() + QUIET;
            }
            self.feed(&step);
        }
    }

    fn step(&mut self, limit: Time) -> bool {
        let deadline = self.follow.as_ref().and_then(Follow::deadline);
        let soonest = deadline.map_or(limit, |deadline| deadline.min(limit));
        let Some(step) = self.cluster.step_until(soonest) else {
            return soonest < limit && self.pass(soonest);
        };
        self.feed(&step);
        true
    }

    /// Time goes on to here, and nothing happens.
    fn pass(&mut self, time: Time) -> bool {
        self.cluster.wait_until(time);
        let Some(follow) = &mut self.follow else {
            return false;
        };
        let progress = follow.pass(&self.cluster);
        self.progressed(&progress);
        self.resume();
        true
    }

    fn feed(&mut self, step: &Step) {
        let Some(follow) = &mut self.follow else {
            return;
        };
        let progress = follow.step(step, &self.cluster);
        self.progressed(&progress);
        self.resume();
    }

    fn resume(&mut self) {
        while let Some(follow) = self.follow.as_mut().filter(|follow| follow.is_due()) {
            let progress = follow.resume(&mut self.shell, &self.files, &mut self.cluster);
            self.progressed(&progress);
        }
    }

    fn progressed(&mut self, progress: &Progress) {
        self.print(&progress.output);
        if let Some(code) = progress.exit_code {
            writeln!(self.text, "[{code}]").unwrap();
            self.follow = None;
        }
    }

    fn print(&mut self, output: &[Chunk]) {
        for chunk in output {
            let prefix = match chunk.stream {
                Stream::Stdout => "",
                Stream::Stderr => "2> ",
                Stream::Note => "* ",
            };
            for line in chunk.text.lines() {
                writeln!(self.text, "{prefix}{line}").unwrap();
            }
        }
    }
}

/// The chapter's manifests, and those of the transcripts.
fn files() -> Files {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Files::new();
    for folder in ["../../static/manifests", "tests/manifests"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            files.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
    files
}

fn check(name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/transcripts");
    let path = folder.join(format!("{name}.txt"));
    let expected = fs::read_to_string(&path).unwrap();
    let mut stage = Stage::new();
    let played = |line: &&str| {
        ["$ ", "% ", "> ", "#"]
            .iter()
            .any(|start| line.starts_with(start))
            || line.starts_with("root@") && line.contains(":/# ")
            || line.is_empty()
    };
    // An empty line is played only between commands: the ones that were printed come by themselves.
    for line in expected.lines().filter(played) {
        if line.is_empty() {
            continue;
        }
        stage.play(line);
    }
    if std::env::var_os("KUBECTL_UPDATE").is_some() {
        fs::write(&path, &stage.text).unwrap();
    } else {
        let difference = stage
            .text
            .lines()
            .zip(expected.lines())
            .position(|(now, then)| now != then);
        let at =
            difference.unwrap_or_else(|| stage.text.lines().count().min(expected.lines().count()));
        assert_eq!(stage.text, expected, "{name}.txt, line {}", at + 1);
    }
}

macro_rules! transcripts {
    ($($name:ident)*) => {
        $(#[test]
        fn $name() {
            check(stringify!($name));
        })*
    };
}

transcripts! {
    chapter
    errors
    files_and_yaml
    formats
    changes
    shell
    describe
    replicaset
    programs
    notes
    basics
    discovery
    files_and_loops
}
