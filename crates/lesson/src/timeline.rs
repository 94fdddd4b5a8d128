//! The film of a cluster: every step a frame, forwards and backwards; acting in the past begins a
//! branch and keeps the old one.

use std::rc::Rc;

use cluster::{Cluster, Config, Step, Time};
use kubectl::{Files, Follow, Shell};

use crate::desk::Desk;
use crate::entry::Entry;
use crate::recording::{Action, Recording};

/// One moment: the cluster after a step.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The cluster at this moment.
    pub cluster: Cluster,
    /// What led here; nothing for the first frame.
    pub step: Option<Step>,
    /// Events that were written down on the way here; they make no frame of their own.
    pub recorded: Vec<Step>,
}

/// One course of events.
#[derive(Clone, Debug)]
struct Branch {
    /// The branch and the frame it left.
    parent: Option<(usize, usize)>,
    frames: Vec<Rc<Frame>>,
    entries: Vec<Rc<Entry>>,
    /// What the shell remembers, by the first frame at which it did.
    shells: Vec<(usize, Shell)>,
}

/// All that happened, and the frame being looked at. Cloning it is cheap: frames are shared.
#[derive(Clone, Debug)]
pub struct Timeline {
    lesson: String,
    seed: u64,
    files: Rc<Files>,
    branches: Vec<Branch>,
    branch: usize,
    cursor: usize,
    /// Objects of all frames that were made.
    weight: usize,
}

/// Exit code of a command stopped by Ctrl-C.
const INTERRUPTED: i32 = 130;

/// Events after which, if nothing else happened meanwhile, nothing else is expected to happen.
const EVENTS_MAX: usize = 200;

/// The most frames a branch may have; then time stands still.
pub const FRAMES_MAX: usize = 20_000;

/// The most objects that all frames may hold together, so that a set of thousands does not use up
/// the browser's memory; then time stands still as well.
pub const WEIGHT_MAX: usize = 12_000_000;

impl Timeline {
    /// A new cluster of this configuration, nothing done yet. `lesson` names it in recordings.
    pub fn new(lesson: &str, config: Config, files: Files) -> Timeline {
        let seed = config.seed;
        let first = Frame {
            cluster: Cluster::new(config),
            step: None,
            recorded: Vec::new(),
        };
        let branch = Branch {
            parent: None,
            frames: vec![Rc::new(first)],
            entries: Vec::new(),
            shells: Vec::new(),
        };
        Timeline {
            lesson: lesson.to_owned(),
            seed,
            files: Rc::new(files),
            branches: vec![branch],
            branch: 0,
            cursor: 0,
            weight: 0,
        }
    }

    /// Plays a recording again, to its last frame.
    pub fn replay(recording: &Recording, config: Config, files: Files) -> Timeline {
        let mut timeline = Timeline::new(&recording.lesson, config, files);
        for (at, action) in &recording.actions {
            while timeline.cursor < *at && timeline.forward() {}
            timeline.act(action.clone());
        }
        while timeline.cursor + 1 < recording.frames && timeline.forward() {}
        timeline
    }

    /// What it takes to play this branch again.
    pub fn recording(&self) -> Recording {
        let branch = &self.branches[self.branch];
        Recording {
            lesson: self.lesson.clone(),
            seed: self.seed,
            actions: branch
                .entries
                .iter()
                .map(|e| (e.at, e.action.clone()))
                .collect(),
            frames: branch.frames.len(),
        }
    }

    /// The files of the terminal.
    pub fn files(&self) -> &Rc<Files> {
        &self.files
    }

    /// The frame being looked at.
    pub fn frame(&self) -> &Rc<Frame> {
        &self.branches[self.branch].frames[self.cursor]
    }

    /// The frame before the one being looked at.
    pub fn previous(&self) -> Option<&Rc<Frame>> {
        self.cursor
            .checked_sub(1)
            .map(|index| &self.branches[self.branch].frames[index])
    }

    /// All frames of the branch being looked at.
    pub fn frames(&self) -> &[Rc<Frame>] {
        &self.branches[self.branch].frames
    }

    /// All frames of a branch; none if there is no such branch.
    pub fn frames_of(&self, branch: usize) -> &[Rc<Frame>] {
        let branch = self.branches.get(branch);
        branch.map_or(&[], |branch| &branch.frames)
    }

    /// Number of the frame being looked at.
    pub fn cursor(&self) -> usize {
        self.cursor
    }

    /// How many branches there are.
    pub fn branch_count(&self) -> usize {
        self.branches.len()
    }

    /// Number of the branch being looked at.
    pub fn branch(&self) -> usize {
        self.branch
    }

    /// The branch and frame that a branch left.
    pub fn parent(&self, branch: usize) -> Option<(usize, usize)> {
        self.branches.get(branch)?.parent
    }

    /// Whether the last frame known is being looked at.
    pub fn at_end(&self) -> bool {
        self.cursor + 1 == self.frames().len()
    }

    /// When the next step will happen, if the last known frame is being looked at; nothing if all
    /// is at rest. Otherwise the time of the next frame.
    pub fn next_time(&self) -> Option<Time> {
        match self.frames().get(self.cursor + 1) {
            Some(frame) => Some(frame.cluster.now()),
            None => {
                let next = self.frame().cluster.next_time();
                next.into_iter().chain(self.deadline()).min()
            }
        }
    }

    /// Goes one frame on, making it if need be. False if nothing is left to happen.
    pub fn forward(&mut self) -> bool {
        if !self.at_end() {
            self.cursor += 1;
            return true;
        }
        if self.frames().len() >= FRAMES_MAX || self.weight >= WEIGHT_MAX {
            return false;
        }
        let mut cluster = self.frame().cluster.clone();
        let mut recorded = Vec::new();
        let deadline = self.deadline();
        loop {
            let step = match deadline {
                Some(deadline) => cluster.step_until(deadline),
                None => cluster.step(),
            };
            match step {
                None if deadline.is_some_and(|deadline| cluster.now() < deadline) => {
                    cluster.wait_until(deadline.expect("just looked"));
                    self.push(Frame {
                        cluster,
                        step: None,
                        recorded,
                    });
                    self.resume();
                    return true;
                }
                Some(step) if step.is_event() && recorded.len() < EVENTS_MAX => recorded.push(step),
                // Components that retry without end write the same events again and again.
                Some(step) if step.is_event() => return false,
                None if recorded.is_empty() => return false,
                step => {
                    self.push(Frame {
                        cluster,
                        step,
                        recorded,
                    });
                    self.resume();
                    return true;
                }
            }
        }
    }

    /// When a command that goes on ends or gives up, whatever happens.
    fn deadline(&self) -> Option<Time> {
        let running = self.entries().filter(|entry| entry.running(self.cursor));
        let deadlines = running.filter_map(|entry| entry.follow.as_ref()?.deadline());
        deadlines
            .filter(|deadline| *deadline > self.frame().cluster.now())
            .min()
    }

    /// Goes one frame back. False at the beginning.
    pub fn back(&mut self) -> bool {
        let moved = self.cursor > 0;
        self.cursor = self.cursor.saturating_sub(1);
        moved
    }

    /// Looks at another frame of this branch; the last one if there are fewer.
    pub fn seek(&mut self, cursor: usize) {
        self.cursor = cursor.min(self.frames().len() - 1);
    }

    /// Looks at another branch, at the same frame or its last one.
    pub fn switch_branch(&mut self, branch: usize) {
        if branch < self.branches.len() {
            self.branch = branch;
            self.seek(self.cursor);
        }
    }

    /// Does something at the frame being looked at. In the past this begins a new branch; the old
    /// one is kept. Gives the entry it made.
    pub fn act(&mut self, action: Action) -> &Rc<Entry> {
        if !self.at_end() {
            self.fork();
        }
        let at = self.cursor;
        let mut entry = Entry {
            at,
            action: action.clone(),
            prompt: self.shell().prompt(),
            done_at: at,
            output: Vec::new(),
            exit_code: None,
            began: Vec::new(),
            follow: None,
            busy: Vec::new(),
            later: Vec::new(),
            ended: None,
        };
        match action {
            Action::Command(line) => {
                let mut shell = self.shell();
                let files = Rc::clone(&self.files);
                let outcome =
                    self.at_the_desk(|desk| kubectl::run_in(&mut shell, &line, &files, desk));
                self.remember(shell);
                entry.output = outcome.output;
                entry.exit_code = outcome.exit_code;
                let began = outcome.follow.clone();
                entry
                    .began
                    .extend(began.map(|follow| (self.cursor, follow)));
                entry.follow = outcome.follow;
            }
            Action::Save { file, text } => {
                self.save(&file, &text);
                entry.exit_code = Some(0);
            }
            Action::Interrupt => self.interrupt(),
            fault => {
                self.meddle(&fault);
                entry.exit_code = Some(0);
            }
        }
        entry.done_at = self.cursor;
        let entries = &mut self.branches[self.branch].entries;
        entries.push(Rc::new(entry));
        self.resume();
        let entries = &self.branches[self.branch].entries;
        entries.last().expect("just pushed")
    }

    /// Lets a command work with the cluster of the last frame; a frame for each thing it does. What
    /// is done without one, such as a question to the DNS server, changes the last frame's cluster:
    /// what comes next must depend on it.
    fn at_the_desk<R>(&mut self, work: impl FnOnce(&mut Desk) -> R) -> R {
        let mut desk = Desk {
            cluster: self.frame().cluster.clone(),
            frames: Vec::new(),
            touched: false,
        };
        desk.cluster.forget_talks();
        let result = work(&mut desk);
        for (cluster, step) in desk.frames {
            self.push(Frame {
                cluster,
                step: Some(step),
                recorded: Vec::new(),
            });
        }
        if desk.touched {
            let frame = &mut self.branches[self.branch].frames[self.cursor];
            let frame = Rc::make_mut(frame);
            frame.cluster = desk.cluster;
        }
        result
    }

    /// What the shell remembers at the frame being looked at.
    pub fn shell(&self) -> Shell {
        let shells = self.branches[self.branch].shells.iter();
        let known = shells.rev().find(|(at, _)| *at <= self.cursor);
        known.map(|(_, shell)| shell.clone()).unwrap_or_default()
    }

    fn remember(&mut self, shell: Shell) {
        if shell != self.shell() {
            let shells = &mut self.branches[self.branch].shells;
            shells.push((self.cursor, shell));
        }
    }

    /// Lets commands whose time has come go on: in the pod that runs now, or with the rest of
    /// their line.
    fn resume(&mut self) {
        let entries = &self.branches[self.branch].entries;
        for number in 0..entries.len() {
            let entry = &self.branches[self.branch].entries[number];
            let due = |entry: &Entry| {
                let follow = entry.follow.as_ref().filter(|follow| follow.is_due());
                follow.filter(|_| entry.ended.is_none()).cloned()
            };
            if let Some(follow) = due(entry) {
                self.go_on(number, follow, None);
            }
        }
    }

    /// Lets a command go on with what it does in one go: with the text that its editor left, if it
    /// has one.
    fn go_on(&mut self, number: usize, mut follow: Follow, saved: Option<&str>) {
        let mut shell = self.shell();
        let files = Rc::clone(&self.files);
        // The frames that come of it are none of its own business.
        Rc::make_mut(&mut self.branches[self.branch].entries[number]).follow = None;
        let from = self.cursor;
        let progress = self.at_the_desk(|desk| match saved {
            Some(text) => follow.save(text, &mut shell, &files, desk),
            None => follow.resume(&mut shell, &files, desk),
        });
        self.remember(shell);
        let done = self.cursor;
        let entry = Rc::make_mut(&mut self.branches[self.branch].entries[number]);
        entry.began.push((done, follow.clone()));
        entry.follow = Some(follow);
        entry.busy.push((from, done));
        if !progress.output.is_empty() {
            entry.later.push((done, progress.output));
        }
        entry.ended = progress.exit_code.map(|code| (done, code));
    }

    /// A file is written: what a command's editor was open for, or one of the terminal's.
    fn save(&mut self, file: &str, text: &str) {
        let entries = &self.branches[self.branch].entries;
        let open = |entry: &Rc<Entry>| {
            let follow = entry.follow.as_ref().filter(|_| entry.ended.is_none());
            follow.is_some_and(|follow| follow.editing().is_some_and(|(name, _)| name == file))
        };
        let number = entries.iter().position(open);
        let follow = number.and_then(|number| Some((number, entries[number].follow.clone()?)));
        match follow {
            Some((number, follow)) => self.go_on(number, follow, Some(text)),
            None => {
                let mut shell = self.shell();
                shell.write(file, text);
                self.remember(shell);
            }
        }
    }

    /// Name and text of the file that a command has opened an editor for, at the frame being looked
    /// at.
    pub fn editing(&self) -> Option<(&str, &str)> {
        let mut running = self.entries().filter(|entry| entry.running(self.cursor));
        running.find_map(|entry| {
            let began = entry.began.iter().rev();
            let (_, follow) = began.clone().find(|(at, _)| *at <= self.cursor)?;
            follow.editing()
        })
    }

    /// The names of the terminal's files, at the frame being looked at.
    pub fn file_names(&self) -> Vec<String> {
        self.shell().file_names(&self.files)
    }

    /// The text of a file of the terminal, at the frame being looked at.
    pub fn file(&self, name: &str) -> Option<String> {
        let shell = self.shell();
        shell.file(name, &self.files).map(str::to_owned)
    }

    /// The lines that were typed on this branch, before and after the frame being looked at.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &str> {
        let entries = self.branches[self.branch].entries.iter();
        entries.filter_map(|entry| match &entry.action {
            Action::Command(line) => Some(line.as_str()),
            _ => None,
        })
    }

    /// Does something to the cluster from outside; a frame, if it made a difference.
    fn meddle(&mut self, fault: &Action) {
        let mut cluster = self.frame().cluster.clone();
        cluster.forget_talks();
        let step = fault.meddle(&mut cluster);
        if step.is_some() {
            self.push(Frame {
                cluster,
                step,
                recorded: Vec::new(),
            });
        }
    }

    /// What was done up to the frame being looked at.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Rc<Entry>> + Clone {
        let cursor = self.cursor;
        self.branches[self.branch]
            .entries
            .iter()
            .filter(move |entry| entry.seen_at(cursor))
    }

    /// What the command of this line, given at a frame, has printed so far.
    pub fn printed_by(&self, line: &str, frame: usize) -> String {
        let same = |entry: &&Rc<Entry>| match &entry.action {
            Action::Command(given) => {
                entry.at == frame && given.split_whitespace().eq(line.split_whitespace())
            }
            _ => false,
        };
        let entry = self.entries().rfind(same);
        let chunks = entry
            .into_iter()
            .flat_map(|entry| entry.output_at(self.cursor));
        chunks.map(|chunk| chunk.text.as_str()).collect()
    }

    /// Whether a command is going on in the terminal at the frame being looked at.
    pub fn busy(&self) -> bool {
        self.entries().any(|entry| entry.running(self.cursor))
    }

    /// Leaves the branch being looked at. A command is done or not: in the midst of one, the new
    /// branch begins after it.
    fn fork(&mut self) {
        let old = &self.branches[self.branch];
        let cursor = self.cursor;
        let spans = old.entries.iter().flat_map(|entry| {
            let first = (entry.at, entry.done_at);
            entry.busy.iter().copied().chain([first])
        });
        let mut midst = spans.filter(|(from, to)| *from < cursor && cursor < *to);
        if let Some((_, to)) = midst.next() {
            self.cursor = to;
        }
        let done = old
            .entries
            .iter()
            .filter(|entry| entry.done_at <= self.cursor);
        let branch = Branch {
            parent: Some((self.branch, self.cursor)),
            frames: old.frames[..=self.cursor].to_vec(),
            entries: done
                .map(|entry| Rc::new(entry.as_of(self.cursor, &old.frames)))
                .collect(),
            shells: old
                .shells
                .iter()
                .filter(|(at, _)| *at <= self.cursor)
                .cloned()
                .collect(),
        };
        self.branches.push(branch);
        self.branch = self.branches.len() - 1;
    }

    fn interrupt(&mut self) {
        let cursor = self.cursor;
        for entry in &mut self.branches[self.branch].entries {
            if entry.running(cursor) {
                Rc::make_mut(entry).ended = Some((cursor, INTERRUPTED));
            }
        }
    }

    fn push(&mut self, frame: Frame) {
        let branch = &mut self.branches[self.branch];
        let number = branch.frames.len();
        for entry in &mut branch.entries {
            if entry.follow.is_some() && entry.ended.is_none() {
                Rc::make_mut(entry).feed(number, &frame);
            }
        }
        self.weight += frame.cluster.store().len();
        branch.frames.push(Rc::new(frame));
        self.cursor = number;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_that_nothing_fits_is_retried_without_end_and_time_comes_to_rest() {
        let set = include_str!("../../../static/manifests/demo-statefulset.yaml");
        let files = Files::from([("set.yaml".to_owned(), set.to_owned())]);
        let mut timeline = Timeline::new("test", Config::default(), files);
        timeline.act(Action::Command("kubectl create -f set.yaml".to_owned()));
        let frames = (0..500).take_while(|_| timeline.forward()).count();
        assert!(frames < 500, "it goes on for ever");
    }

    const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: c, image: demo-statefulset-node-image, ports: [{containerPort: 8080}], volumeMounts: [{name: d, mountPath: /var/data}]}], volumes: [{name: d, emptyDir: {}}]}\n";

    fn timeline() -> Timeline {
        let files = [("a.yaml".to_owned(), POD.to_owned())].into();
        let mut timeline = Timeline::new("shell", Config::default(), files);
        typed(&mut timeline, "kubectl apply -f a.yaml");
        while timeline.forward() {}
        timeline
    }

    fn typed(timeline: &mut Timeline, line: &str) -> (String, Option<i32>) {
        timeline.act(Action::Command(line.to_owned()));
        shown(timeline)
    }

    /// What the last command has printed by now, and its exit code.
    fn shown(timeline: &Timeline) -> (String, Option<i32>) {
        let entry = timeline.entries().last().unwrap();
        let at = timeline.cursor();
        let text = entry.output_at(at).filter(|chunk| chunk.note.is_none());
        (
            text.map(|chunk| chunk.text.as_str()).collect(),
            entry.exit_code_at(at),
        )
    }

    #[test]
    fn a_shell_remembers_as_of_the_frame() {
        let mut timeline = timeline();
        let url = "curl -s 127.0.0.1:8001/api/v1/namespaces/default/pods/a/proxy/";
        let before = timeline.cursor();
        assert_eq!(typed(&mut timeline, url).1, Some(7));
        typed(&mut timeline, "kubectl proxy");
        let post = format!("{url} -d data");
        assert_eq!(typed(&mut timeline, &post).1, Some(0));
        assert!(timeline.cursor() > before, "what is stored is a frame");
        assert!(typed(&mut timeline, url).0.contains("data"));
        let recording = timeline.recording();
        let files = (**timeline.files()).clone();
        let again = Timeline::replay(&recording, Config::default(), files);
        assert_eq!(shown(&again), shown(&timeline));
        timeline.seek(before - 1);
        assert_eq!(
            typed(&mut timeline, url).1,
            Some(7),
            "the proxy was not yet started"
        );
    }

    #[test]
    fn a_line_goes_on_when_its_command_has_ended() {
        let mut timeline = timeline();
        let line =
            "kubectl delete pod a && kubectl apply -f a.yaml; sleep 5; kubectl get pod -o name";
        assert_eq!(typed(&mut timeline, line).1, None);
        let start = timeline.cursor();
        while timeline.busy() {
            assert!(timeline.forward());
        }
        let told = "pod \"a\" deleted from default namespace\npod/a created\npod/a\n";
        assert_eq!(shown(&timeline), (told.to_owned(), Some(0)));
        let end = timeline.cursor();
        for cursor in start..end {
            // A fork in the midst comes to the same end.
            timeline.seek(cursor);
            timeline.act(Action::SwitchReadiness {
                pod: "b".to_owned(),
                ready: true,
            });
            while timeline.busy() {
                assert!(timeline.forward(), "{cursor}");
            }
            let printed: String = timeline
                .entries()
                .flat_map(|entry| entry.output_at(timeline.cursor()))
                .filter(|chunk| chunk.note.is_none())
                .map(|chunk| chunk.text.as_str())
                .collect();
            assert!(printed.ends_with(told), "{cursor}: {printed}");
            timeline.switch_branch(0);
        }
    }

    fn saved(timeline: &mut Timeline, file: &str, text: &str) {
        let (file, text) = (file.to_owned(), text.to_owned());
        timeline.act(Action::Save { file, text });
    }

    #[test]
    fn a_file_is_as_it_was_at_the_frame() {
        let mut timeline = timeline();
        let changed = POD.replace("name: a}", "name: b}");
        saved(&mut timeline, "a.yaml", &changed);
        assert_eq!(timeline.file("a.yaml").as_ref(), Some(&changed));
        let at = timeline.cursor();
        typed(&mut timeline, "kubectl apply -f a.yaml");
        while timeline.forward() {}
        assert_eq!(
            typed(&mut timeline, "kubectl get pods -o name").0,
            "pod/a\npod/b\n"
        );
        saved(&mut timeline, "new.yaml", "x\n");
        assert_eq!(
            typed(&mut timeline, "ls; cat new.yaml").0,
            "a.yaml\nnew.yaml\nx\n"
        );
        let again = Timeline::replay(
            &timeline.recording(),
            Config::default(),
            (**timeline.files()).clone(),
        );
        assert_eq!(shown(&again), shown(&timeline));
        timeline.seek(at - 1);
        assert_eq!(timeline.file("a.yaml").as_deref(), Some(POD));
        assert_eq!(typed(&mut timeline, "ls").0, "a.yaml\n");
    }

    #[test]
    fn an_edit_goes_on_until_its_editor_is_closed() {
        let mut timeline = timeline();
        let before = timeline.cursor();
        let opened = |timeline: &mut Timeline| {
            assert_eq!(typed(timeline, "kubectl edit pod a && echo done").1, None);
            let (file, text) = timeline.editing().expect("an editor is open");
            (file.to_owned(), text.to_owned())
        };
        let last = |timeline: &Timeline| {
            let entries = timeline.entries().rev();
            let entry = entries.clone().nth(1).unwrap();
            let at = timeline.cursor();
            let text = entry.output_at(at).filter(|chunk| chunk.note.is_none());
            let text: String = text.map(|chunk| chunk.text.as_str()).collect();
            (text, entry.exit_code_at(at))
        };
        let check =
            |timeline: &mut Timeline, change: &dyn Fn(&str) -> String, expected: &str, code| {
                let (file, text) = opened(timeline);
                saved(timeline, &file, &change(&text));
                let expected = expected.replace("FILE", &format!("\"{file}\""));
                assert_eq!(last(timeline), (expected, Some(code)));
                assert_eq!(timeline.editing(), None);
            };
        check(
            &mut timeline,
            &str::to_owned,
            "Edit cancelled, no changes made.\ndone\n",
            0,
        );
        check(
            &mut timeline,
            &|_| "# nothing\n".to_owned(),
            "Edit cancelled, saved file was empty.\ndone\n",
            0,
        );
        check(
            &mut timeline,
            &|text| text.replace("name: a\n", "name: b\n"),
            "A copy of your changes has been stored to FILE\nerror: At least one of apiVersion, kind and name was changed\n",
            1,
        );
        let labelled = |text: &str| text.replace("  name: a\n", "  labels:\n    x: z\n  name: a\n");
        check(&mut timeline, &labelled, "pod/a edited\ndone\n", 0);
        assert!(timeline.cursor() > before, "the change is a frame");

        // What is refused comes back with the reason above it.
        let (file, text) = opened(&mut timeline);
        let wrong = text.replace("containerPort: 8080", "containerPort: 8081");
        saved(&mut timeline, &file, &wrong);
        let (_, text) = timeline.editing().expect("it is opened again");
        assert!(
            text.contains("# pods \"a\" was not valid:\n# * spec: Forbidden: "),
            "{text}"
        );
        assert!(text.contains("containerPort: 8081"));
        let text = text.to_owned();
        saved(&mut timeline, &file, &text);
        assert_eq!(timeline.editing(), None);
        let again = Timeline::replay(
            &timeline.recording(),
            Config::default(),
            (**timeline.files()).clone(),
        );
        let all = |timeline: &Timeline| {
            let at = timeline.cursor();
            let chunks = timeline
                .entries()
                .flat_map(|entry| entry.output_at(at).cloned());
            chunks.collect::<Vec<_>>()
        };
        assert_eq!(all(&again), all(&timeline));
        // Where the one that succeeded was still open, it can end otherwise.
        timeline.seek(before);
        let (file, text) = timeline.editing().expect("it was open then");
        let (file, text) = (file.to_owned(), text.to_owned());
        saved(&mut timeline, &file, &text);
        assert_eq!(timeline.branch_count(), 2);
        let told = "Edit cancelled, no changes made.\ndone\n".to_owned();
        assert_eq!(last(&timeline), (told, Some(0)));
    }

    #[test]
    fn lines_are_typed_in_the_pod_that_was_waited_for() {
        let mut timeline = timeline();
        let line = "kubectl run x --image=busybox:1.28 --rm -it --restart=Never -- sh";
        assert_eq!(typed(&mut timeline, line).1, None);
        while timeline.busy() {
            assert!(timeline.forward());
        }
        assert_eq!(timeline.shell().prompt(), "root@x:/#");
        assert_eq!(typed(&mut timeline, "hostname").0, "x\n");
        assert_eq!(
            typed(&mut timeline, "exit").0,
            "pod \"x\" deleted from default namespace\n"
        );
        assert_eq!(timeline.shell().prompt(), "$");
    }
}
