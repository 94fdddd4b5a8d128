//! Keeping the containers of a pod running: restarts, back-off, changed images.
//! reference/node-and-pod-lifecycle.md §2, §3.3.

use super::containers::{Restart, Run, RunState};
use super::status::write;
use super::{Worker, name_of, program};
use crate::Version;
use crate::controller::Outcome;
use crate::object::Pod;
use crate::object::pod::{Container, ContainerStateWaiting};
use crate::recorder::Tone;
use crate::step::Reason;
use crate::time::Time;

impl Worker<'_, '_> {
    /// One look at a pod whose containers were started: does what is due, and writes what differs
    /// from what the API has.
    pub(super) fn keep_running(&mut self, pod: &Pod, mut runs: Vec<Run>) -> Outcome {
        if pod.finished() {
            return Outcome::nothing();
        }
        let before = runs.clone();
        let mut reason = None;
        for run in &mut runs {
            let mut containers = pod.spec.containers.iter();
            if let Some(container) = containers.find(|container| *container.name == *run.name) {
                reason = self.look_at(pod, container, run).or(reason);
            }
        }
        let ends = runs.iter().filter_map(|run| program_ends(pod, run)).min();
        let look = runs.iter().filter_map(Run::look).chain(ends).min();
        if runs != before {
            self.set_containers(runs.clone());
        }
        let outcome = self.report(pod, &runs, reason);
        match look {
            Some(at) => outcome.again(at.since(self.api.now).max(1)),
            None => outcome,
        }
    }

    /// Writes how the containers are, if the API has it otherwise. What was done is the reason; else
    /// it is what the API did not know.
    fn report(&mut self, pod: &Pod, runs: &[Run], reason: Option<Reason>) -> Outcome {
        let may_be_ready = self.kubelets.may_be_ready(&pod.metadata.name);
        if is_known(pod, runs, may_be_ready) {
            return reason.map_or_else(Outcome::nothing, Outcome::because);
        }
        let (now, version) = (self.api.now, self.api.config.version);
        let written = self.api.modify::<Pod>(&pod.metadata.name, |pod| {
            write(pod, runs, may_be_ready, version, now);
        });
        let Ok(new) = written else {
            return Outcome::nothing();
        };
        if self.api.change.is_none() {
            return reason.map_or_else(Outcome::nothing, Outcome::because);
        }
        Outcome::because(reason.unwrap_or_else(|| match unknown_end(pod, runs) {
            Some(exit_code) => Reason::ContainerExited {
                pod: name_of(pod),
                exit_code,
            },
            None => Reason::ReadinessChanged {
                pod: name_of(pod),
                ready: new.ready(),
            },
        }))
    }

    /// Does what is due about one container; tells if that was more than looking.
    fn look_at(&mut self, pod: &Pod, container: &Container, run: &mut Run) -> Option<Reason> {
        let now = self.api.now;
        let changed = run.image != container.image;
        match run.state.clone() {
            RunState::Up(_) if program_ends(pod, run).is_some_and(|end| end <= now) => {
                run.exit(0, now, None);
                self.scrub();
                Some(Reason::ProgramEnded { pod: name_of(pod) })
            }
            RunState::Up(since) if changed => {
                let name = &container.name;
                let message = format!("Container {name} definition changed, will be restarted");
                self.record(pod, container, Tone::Normal, "Killing", message);
                let until = now + self.termination_ms(pod);
                run.state = RunState::Ending(since, until);
                Some(Reason::ImageReplaced {
                    pod: name_of(pod),
                    image: container.image.clone(),
                })
            }
            RunState::Ending(_, until) if until <= now => {
                run.exit(0, now, Some(now));
                Some(self.start_again(pod, container, run))
            }
            RunState::Exited { exit_code, .. } if !self.restarts(pod, exit_code) => {
                if let RunState::Exited { look, .. } = &mut run.state {
                    *look = None;
                }
                None
            }
            RunState::Exited { at, look, .. } if look.is_some_and(|look| look <= now) => {
                match run.restart(at, now) {
                    Restart::Now => Some(self.start_again(pod, container, run)),
                    Restart::BackOff(_) if changed => Some(self.start_again(pod, container, run)),
                    Restart::BackOff(backoff) => Some(self.wait(pod, container, run, backoff)),
                }
            }
            RunState::NoImage { .. } if changed => Some(self.start_again(pod, container, run)),
            RunState::NoImage { look, .. } if look.is_some_and(|look| look <= now) => {
                let image = &container.image;
                let message = format!("Back-off pulling image \"{image}\"");
                self.record(pod, container, Tone::Normal, "BackOff", message.clone());
                let error = "Error: ImagePullBackOff".to_owned();
                self.record(pod, container, Tone::Warning, "Failed", error);
                run.lacks_image(image, waiting("ImagePullBackOff", message), None);
                Some(self.trouble(pod, image))
            }
            _ => None,
        }
    }

    /// Whether the pod's policy lets an ended container run again.
    fn restarts(&self, pod: &Pod, exit_code: i32) -> bool {
        match pod.spec.restart_policy.as_deref() {
            Some("Never") => false,
            Some("OnFailure") => exit_code != 0,
            _ => true,
        }
    }

    fn start_again(&mut self, pod: &Pod, container: &Container, run: &mut Run) -> Reason {
        let now = self.api.now;
        if let Some(never) = self.lacks_image(container) {
            let (reason, message) = self.record_no_image(pod, container, never);
            let look = (!never).then(|| now + self.api.config.kubelet.pull_backoff_ms);
            run.lacks_image(&container.image, waiting(reason, message), look);
            return self.trouble(pod, &container.image);
        }
        self.record_start(pod, container);
        run.start_again(&container.image, now);
        Reason::ContainerRestarted {
            pod: name_of(pod),
            restarts: run.restarts,
        }
    }

    /// Waits out the back-off, and says so.
    fn wait(&mut self, pod: &Pod, container: &Container, run: &mut Run, backoff: u64) -> Reason {
        let mut message = "Back-off restarting failed container".to_owned();
        if self.api.config.version >= Version::V1_26 {
            let (name, uid) = (&pod.metadata.name, &pod.metadata.uid);
            message = format!("{message} {} in pod {name}_default({uid})", container.name);
        }
        self.record(pod, container, Tone::Warning, "BackOff", message);
        if let RunState::Exited {
            at,
            backing_off,
            look,
            ..
        } = &mut run.state
        {
            *backing_off = true;
            *look = Some(*at + backoff);
        }
        Reason::RestartBacksOff {
            pod: name_of(pod),
            seconds: backoff / 1000,
        }
    }

    fn trouble(&self, pod: &Pod, image: &str) -> Reason {
        Reason::ImageTrouble {
            pod: name_of(pod),
            image: image.to_owned(),
        }
    }
}

/// Whether the API has it that all containers run, and how ready they are: the usual case, for which
/// nothing need be written or copied.
fn is_known(pod: &Pod, runs: &[Run], may_be_ready: bool) -> bool {
    let statuses = &pod.status.container_statuses;
    let known = |run: &Run| {
        let status = statuses.iter().find(|status| *status.name == *run.name);
        status.is_some_and(|status| {
            run.running()
                && status.state.running.is_some()
                && status.ready == may_be_ready
                && status.restart_count == run.restarts
        })
    };
    pod.ready() == may_be_ready && runs.iter().all(known)
}

/// The exit code of a container that the API still takes for running.
fn unknown_end(pod: &Pod, runs: &[Run]) -> Option<i32> {
    let mut statuses = pod.status.container_statuses.iter();
    statuses.find_map(|status| {
        let run = runs.iter().find(|run| *run.name == *status.name)?;
        status.state.running.as_ref()?;
        Some(run.terminated()?.exit_code)
    })
}

/// When the program of a running container ends by itself, if it does.
fn program_ends(pod: &Pod, run: &Run) -> Option<Time> {
    match run.state {
        RunState::Up(since) => program::ends_after(pod).map(|takes| since + takes),
        _ => None,
    }
}

fn waiting(reason: &str, message: String) -> ContainerStateWaiting {
    ContainerStateWaiting {
        message: Some(message),
        reason: Some(reason.to_owned()),
    }
}
