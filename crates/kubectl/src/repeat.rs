//! `watch COMMAND` (procps): a command once more every two seconds. A terminal has its screen
//! overwritten each time; a log gets a new picture only if something has happened in the cluster
//! since the last one.

use cluster::{Cluster, Step, Time};

use crate::age;
use crate::script::Runner;
use crate::session::{Done, Printed, Session};
use crate::words;
use crate::{Chunk, Follow, FollowKind, Progress, Stream};

/// Columns of the screen, for the line at the top.
const WIDTH: usize = 80;

/// The longest pause, in milliseconds: what procps allows.
const PAUSE_MAX: u64 = 4_294_967_295;

/// The shortest pause, in milliseconds: less is not to be had.
const PAUSE_MIN: u64 = 100;

/// A command that is run again and again.
#[derive(Clone, Debug)]
pub(crate) struct Repeating {
    line: String,
    /// From one picture to the next, in milliseconds.
    pause: u64,
    /// Whether there is a line at the top.
    title: bool,
    /// When it is to be run next.
    next: Time,
    /// Whether something has happened since it was run.
    stale: bool,
    /// Whether it is to be run now.
    pub(crate) due: bool,
}

impl Repeating {
    pub(crate) fn step(&mut self, step: Option<&Step>, cluster: &Cluster) -> Progress {
        self.stale |= step.is_some_and(|step| step.change.is_some());
        self.due = self.stale && cluster.now() >= self.next;
        Progress::default()
    }

    /// When it is run next, if it is to be run at all.
    pub(crate) fn deadline(&self) -> Option<Time> {
        self.stale.then_some(self.next)
    }
}

/// Begins; what goes wrong with the flags is told with an exit code.
pub(crate) fn watch(given: &[String], session: &mut Session<'_>) -> Result<Follow, i32> {
    let mut rest = given;
    let (mut pause, mut title) = (2_000, true);
    while let Some((flag, after)) = rest.split_first().filter(|(flag, _)| flag.starts_with('-')) {
        rest = after;
        match flag.as_str() {
            "-t" | "--no-title" => title = false,
            "-d" | "--differences" | "-c" | "--color" | "-x" | "--exec" => {}
            flag => {
                title &= !flag.starts_with("-t");
                let value = ["-n", "-tn", "--interval="]
                    .iter()
                    .find_map(|name| flag.strip_prefix(name));
                let value = match value {
                    Some("") => rest.split_first().map(|(value, after)| {
                        rest = after;
                        value.as_str()
                    }),
                    value => value,
                };
                let Some(value) = value else {
                    session.err(&format!(
                        "watch: invalid option -- '{}'\n",
                        flag.trim_start_matches('-')
                    ));
                    return Err(1);
                };
                match milliseconds(value) {
                    Some(given) => pause = given.clamp(PAUSE_MIN, PAUSE_MAX),
                    None => {
                        session.err(&format!("watch: failed to parse argument: '{value}'\n"));
                        return Err(1);
                    }
                }
            }
        }
    }
    if rest.is_empty() {
        session.err("\nUsage:\n watch [options] command\n");
        return Err(1);
    }
    Ok(Follow::new(FollowKind::Repeat(Repeating {
        line: rest.join(" "),
        pause,
        title,
        next: session.now(),
        stale: true,
        due: true,
    })))
}

/// Seconds with a fraction, as milliseconds; negative ones are none at all. Reckoned by hand, as the
/// code that reads floating point numbers weighs 10 kB.
fn milliseconds(text: &str) -> Option<u64> {
    let digits = text.trim_start_matches(['+', '-']);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all = [whole, fraction].concat();
    if all.is_empty() || !all.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths: String = fraction.chars().chain("000".chars()).take(3).collect();
    let value = [whole, &thousandths].concat().parse().unwrap_or(PAUSE_MAX);
    Some(if text.starts_with('-') { 0 } else { value })
}

/// The first picture comes at once.
pub(crate) fn begin(given: &[String], mut session: Session<'_>) -> crate::Outcome {
    match watch(given, &mut session) {
        Err(code) => crate::shell::ended(session, code),
        Ok(mut follow) => {
            let (output, code) = frame(&mut follow, &mut session.runner());
            session.take(output);
            session.exit_code = code;
            let done: Done = Ok(code.is_none().then_some(follow));
            session.finish(done)
        }
    }
}

/// Runs the command; an exit code ends it all.
pub(crate) fn frame(follow: &mut Follow, runner: &mut Runner<'_>) -> (Vec<Chunk>, Option<i32>) {
    let FollowKind::Repeat(repeating) = &mut follow.kind else {
        return (Vec::new(), Some(0));
    };
    let (now, before) = (
        runner.server.cluster().now(),
        runner.server.cluster().store().version(),
    );
    let mut printed = Printed::default();
    if repeating.title {
        let tenths = (repeating.pause + 50) / 100;
        let left = format!("Every {}.{}s: {}", tenths / 10, tenths % 10, repeating.line);
        // As `ctime` has it: without the time zone.
        let right = format!("localhost: {}", age::date(now).replace(" UTC", ""));
        let gap = WIDTH
            .saturating_sub(left.chars().count() + right.len())
            .max(1);
        let gap = " ".repeat(gap);
        printed.push(Stream::Stdout, &[&left, &gap, &right, "\n\n"].concat());
    }
    let outcome = runner.line(&repeating.line, None);
    printed.append(outcome.output);
    let store = runner.server.cluster().store();
    let refused = if outcome.follow.is_some() {
        Some("`watch` of a command that goes on")
    } else if store.version() != before {
        Some("`watch` of a command that changes something")
    } else {
        None
    };
    if let Some(what) = refused {
        printed.note(words::not_simulated(what));
        return (printed.0, Some(1));
    }
    printed.push(Stream::Stdout, "\n");
    repeating.next = now + repeating.pause;
    repeating.stale = false;
    repeating.due = false;
    (printed.0, None)
}
