//! Containers that were started: they run, end, and are started again.
//! reference/node-and-pod-lifecycle.md §2 (`pkg/kubelet/kuberuntime/kuberuntime_manager.go`,
//! `client-go/util/flowcontrol/backoff.go`).

use crate::object::Name;
use crate::object::pod::{
    ContainerState, ContainerStateRunning, ContainerStateTerminated, ContainerStateWaiting,
    ContainerStatus,
};
use crate::time::Time;

/// Back-off between two restarts, in milliseconds: it doubles from 10 s to 300 s.
const BACKOFF_FIRST: u64 = 10_000;
const BACKOFF_LAST: u64 = 300_000;
/// After so many milliseconds without a restart the next one is as the first: at once.
const BACKOFF_FORGOTTEN: u64 = 2 * BACKOFF_LAST;

/// One container of a pod that was started at least once.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// The container's name.
    pub name: Name,
    /// The image it runs, or last ran.
    pub image: String,
    /// How often it was started again.
    pub restarts: i32,
    /// What it does.
    pub state: RunState,
    /// How it last ended.
    pub(super) last: Option<ContainerStateTerminated>,
    /// The back-off of the last restart, and when that was.
    backoff: Option<(u64, Time)>,
}

/// What a container does.
#[derive(Clone, Debug, PartialEq)]
pub enum RunState {
    /// Running since this time.
    Up(Time),
    /// Told to stop, as its image changed; running since the first time, stopped at the second.
    Ending(Time, Time),
    /// Ended.
    Exited {
        /// Running since.
        started: Time,
        /// Until.
        at: Time,
        /// What it said.
        exit_code: i32,
        /// Whether the kubelet waits before it starts the container again.
        backing_off: bool,
        /// When the kubelet next looks at it; never if it is not to run again.
        look: Option<Time>,
    },
    /// Its image can't be had.
    NoImage {
        /// Why not.
        waiting: ContainerStateWaiting,
        /// When the kubelet next looks at it.
        look: Option<Time>,
    },
}

/// What a kubelet does next about an ended container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Restart {
    /// Starts it.
    Now,
    /// Waits for the whole back-off, in milliseconds, since the container ended.
    BackOff(u64),
}

impl Run {
    /// Just started for the first time.
    pub(super) fn new(name: &str, image: &str, now: Time) -> Run {
        Run {
            name: name.into(),
            image: image.to_owned(),
            restarts: 0,
            state: RunState::Up(now),
            last: None,
            backoff: None,
        }
    }

    /// Whether its program runs.
    pub fn running(&self) -> bool {
        matches!(self.state, RunState::Up(_) | RunState::Ending(..))
    }

    /// The program ends by itself. Says whether it ran.
    pub(super) fn exit(&mut self, exit_code: i32, now: Time, look: Option<Time>) -> bool {
        let (RunState::Up(started) | RunState::Ending(started, _)) = self.state else {
            return false;
        };
        self.state = RunState::Exited {
            started,
            at: now,
            exit_code,
            backing_off: false,
            look,
        };
        true
    }

    /// Whether an ended container may be started again, or for how long it has to wait
    /// (`doBackOff`). The first restart is immediate.
    pub(super) fn restart(&self, ended: Time, now: Time) -> Restart {
        match self.backoff {
            Some((backoff, since))
                if ended.since(since) <= BACKOFF_FORGOTTEN && now.since(ended) < backoff =>
            {
                Restart::BackOff(backoff)
            }
            _ => Restart::Now,
        }
    }

    /// Started again.
    pub(super) fn start_again(&mut self, image: &str, now: Time) {
        if let RunState::Exited { at, .. } = self.state {
            self.last = self.terminated();
            let backoff = match self.backoff {
                Some((backoff, since)) if at.since(since) <= BACKOFF_FORGOTTEN => {
                    (backoff * 2).min(BACKOFF_LAST)
                }
                _ => BACKOFF_FIRST,
            };
            self.backoff = Some((backoff, now));
        }
        // The back-off is kept by what the container is: another image starts afresh.
        if self.image != image {
            self.backoff = None;
        }
        self.image = image.to_owned();
        self.restarts += 1;
        self.state = RunState::Up(now);
    }

    /// It can't be started: its image is not to be had.
    pub(super) fn lacks_image(
        &mut self,
        image: &str,
        waiting: ContainerStateWaiting,
        look: Option<Time>,
    ) {
        self.last = self.terminated().or(self.last.take());
        self.image = image.to_owned();
        self.state = RunState::NoImage { waiting, look };
    }

    /// Its end, if it has ended.
    pub(super) fn terminated(&self) -> Option<ContainerStateTerminated> {
        let RunState::Exited {
            started,
            at,
            exit_code,
            ..
        } = self.state
        else {
            return None;
        };
        let reason = if exit_code == 0 { "Completed" } else { "Error" };
        Some(ContainerStateTerminated {
            exit_code,
            finished_at: Some(at),
            reason: Some(reason.to_owned()),
            started_at: Some(started),
        })
    }

    /// When the kubelet has to look at it again.
    pub(super) fn look(&self) -> Option<Time> {
        match self.state {
            RunState::Up(_) => None,
            RunState::Ending(_, until) => Some(until),
            RunState::Exited { look, .. } | RunState::NoImage { look, .. } => look,
        }
    }

    /// Writes its state down. `pod` is the pod as in `web-0_default(<uid>)`.
    pub(super) fn write(&self, status: &mut ContainerStatus, may_be_ready: bool, pod: &str) {
        let state = self.state(pod);
        let ready = state.running.is_some() && may_be_ready;
        status.started = Some(state.running.is_some());
        status.ready = ready;
        status.last_state.terminated.clone_from(&self.last);
        if state.waiting.is_some() && self.terminated().is_some() {
            status.last_state.terminated = self.terminated();
        }
        status.state = state;
        status.restart_count = self.restarts;
        status.image.clone_from(&self.image);
    }

    fn state(&self, pod: &str) -> ContainerState {
        let mut state = ContainerState::default();
        match &self.state {
            RunState::Up(since) | RunState::Ending(since, _) => {
                state.running = Some(ContainerStateRunning {
                    started_at: Some(*since),
                });
            }
            RunState::Exited {
                backing_off: true, ..
            } => {
                let seconds = self.backoff.map_or(0, |(backoff, _)| backoff / 1000);
                let message = format!(
                    "back-off {} restarting failed container={} pod={pod}",
                    duration(seconds),
                    self.name
                );
                state.waiting = Some(ContainerStateWaiting {
                    message: Some(message),
                    reason: Some("CrashLoopBackOff".to_owned()),
                });
            }
            RunState::Exited { .. } => state.terminated = self.terminated(),
            RunState::NoImage { waiting, .. } => state.waiting = Some(waiting.clone()),
        }
        state
    }
}

/// As Go prints a duration of whole seconds: `10s`, `1m20s`, `5m0s`.
fn duration(seconds: u64) -> String {
    match seconds / 60 {
        0 => format!("{seconds}s"),
        minutes => format!("{minutes}m{}s", seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_off_doubles_and_is_forgotten() {
        let mut run = Run::new("a", "x", Time(0));
        let mut crash = |after_seconds: u64, expected: u64| {
            let RunState::Up(since) = run.state else {
                panic!("it runs");
            };
            let ended = since + after_seconds * 1000;
            assert!(run.exit(1, ended, Some(ended)));
            assert!(!run.exit(1, ended, None), "it ended already");
            let backoff = match run.restart(ended, ended) {
                Restart::Now => 0,
                Restart::BackOff(milliseconds) => milliseconds,
            };
            assert_eq!(backoff, expected * 1000);
            assert_eq!(run.restart(ended, ended + backoff), Restart::Now);
            run.start_again("x", ended + backoff);
        };
        for seconds in [0, 10, 20, 40, 80, 160, 300, 300] {
            crash(1, seconds);
        }
        crash(600, 300);
        crash(601, 0);
        crash(1, 10);
        assert_eq!(run.restarts, 11);
    }

    #[test]
    fn another_image_starts_afresh() {
        let mut run = Run::new("a", "x", Time(0));
        run.exit(1, Time(5), None);
        run.start_again("x", Time(5));
        run.exit(1, Time(9), None);
        assert_eq!(run.restart(Time(9), Time(9)), Restart::BackOff(10_000));
        run.start_again("y", Time(10_009));
        run.exit(1, Time(10_019), None);
        assert_eq!(run.restart(Time(10_019), Time(10_019)), Restart::Now);
        assert_eq!((run.image.as_str(), run.restarts), ("y", 2));
    }

    #[test]
    fn durations_as_go_prints_them() {
        let check = |seconds, expected| assert_eq!(duration(seconds), expected);
        check(10, "10s");
        check(80, "1m20s");
        check(300, "5m0s");
    }
}
