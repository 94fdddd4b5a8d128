//! How a pod stops: signalled, waited for, reported, and only then confirmed; and what becomes of a
//! program whose pod is gone: reference/node-and-pod-lifecycle.md §4.

use super::status::{finished_phase, set_conditions, write};
use super::{Process, Run, Stage, WRITE_LATENCY, Worker, name_of};
use crate::Version;
use crate::apiserver::DeleteOptions;
use crate::controller::Outcome;
use crate::object::{Kind, ObjectReference, Pod};
use crate::recorder::Tone;
use crate::step::Reason;

impl Worker<'_, '_> {
    /// A pod that is to stop: signal, wait, report, and only then let the object go.
    pub(super) fn stop(&mut self, pod: &Pod, process: Process) -> Outcome {
        let now = self.api.now;
        match process.stage {
            Stage::Running(since) if process.running() => {
                for container in &pod.spec.containers {
                    let message = format!("Stopping container {}", container.name);
                    self.record(pod, container, Tone::Normal, "Killing", message);
                }
                let takes = self.termination_ms(pod);
                self.set_stage(pod, Stage::Stopping(since, now + takes));
                let reason = Reason::StopSignalSent { pod: name_of(pod) };
                Outcome::because(reason).again(takes)
            }
            Stage::Stopping(_, due) if now < due => Outcome::nothing().again(due.since(now)),
            Stage::Stopping(..) => self.report_stopped(pod, process.containers),
            Stage::Creating(_) | Stage::Stuck | Stage::Running(_) | Stage::Stopped => {
                self.end();
                self.confirm(pod)
            }
        }
    }

    /// Milliseconds from the signal to the end of the containers.
    pub(super) fn termination_ms(&self, pod: &Pod) -> u64 {
        let grace = pod.metadata.deletion_grace_period_seconds;
        let grace = grace.or(pod.spec.termination_grace_period_seconds);
        let grace = grace.unwrap_or(30).unsigned_abs() * 1000;
        self.api.config.kubelet.terminate_ms.min(grace)
    }

    fn report_stopped(&mut self, pod: &Pod, mut runs: Vec<Run>) -> Outcome {
        let (now, version) = (self.api.now, self.api.config.version);
        for run in &mut runs {
            run.exit(0, now, None);
        }
        self.set_stage(pod, Stage::Stopped);
        self.set_containers(runs.clone());
        let written = self.api.modify::<Pod>(&pod.metadata.name, |pod| {
            write(pod, &runs, false, version, now);
            if version >= Version::V1_27 {
                pod.status.phase = finished_phase(pod).to_owned();
                set_conditions(pod, version, now);
            }
        });
        match written {
            Ok(pod) => Outcome::because(Reason::ContainersStopped { pod: name_of(&pod) })
                .again(WRITE_LATENCY),
            Err(_) => Outcome::nothing(),
        }
    }

    /// The API has no such pod (any more): nobody waits for what still runs.
    pub(super) fn kill(&mut self, process: &Process) -> Outcome {
        self.end();
        if !process.running() {
            return Outcome::nothing();
        }
        for run in process.containers.iter().filter(|run| run.running()) {
            let about = ObjectReference {
                api_version: Some("v1".to_owned()),
                kind: Some("Pod".to_owned()),
                name: Some(process.pod.to_string()),
                namespace: Some("default".to_owned()),
                uid: Some(self.uid.to_string()),
                ..ObjectReference::default()
            };
            let part = Some(format!("spec.containers{{{}}}", run.name));
            let message = format!("Stopping container {}", run.name);
            let actor = &self.actor;
            self.api
                .record_part(actor, about, part, Tone::Normal, "Killing", message);
        }
        Outcome::because(Reason::PodIsGone {
            pod: process.pod.clone(),
        })
    }

    /// The API says that the pod is over, as after an eviction: nothing of it may run on.
    pub(super) fn finish(&mut self, pod: &Pod, process: &Process) -> Outcome {
        self.kill(process);
        Outcome::because(Reason::ContainersStopped { pod: name_of(pod) })
    }

    /// Nothing of the pod runs any more: its object, of just this uid, may go.
    pub(super) fn confirm(&mut self, pod: &Pod) -> Outcome {
        let options = DeleteOptions {
            grace_period_seconds: Some(0),
            uid: Some(pod.metadata.uid.clone()),
            ..DeleteOptions::default()
        };
        match self.api.delete(Kind::Pod, &pod.metadata.name, &options) {
            Ok(_) => Outcome::because(Reason::TerminationConfirmed { pod: name_of(pod) }),
            Err(_) => Outcome::nothing(),
        }
    }
}
