//! The kubelets: each runs the pods of its node and is alone in saying how they are.
//! reference/node-and-pod-lifecycle.md §2–§4.
//!
//! What runs on a node ([`Process`]) is kept apart from what the API says of it: a pod object can
//! go while its process runs on, and that is how two of one identity come to be.

mod attach;
mod containers;
pub mod disk;
mod log;
mod node;
mod program;
mod restart;
mod sandbox;
mod status;

use crate::map::{Map, Set};
use std::rc::Rc;

pub use containers::{Run, RunState};
pub use log::LogLine;
pub(crate) use node::{heartbeat, machine, register};
pub use program::DATA_FILE;
pub(crate) use program::{PORT as PROGRAM_PORT, Program, Reaction, STORED, collected};
pub(crate) use sandbox::Sandbox;

use self::disk::Disks;
use self::log::Logs;
use self::status::{
    container_status, finished_phase, set_conditions, started_messages, waiting, write,
};
use crate::apiserver::{Api, DeleteOptions};
use crate::controller::Outcome;
use crate::lease::Leases;
use crate::object::pod::{Container, PodIp};
use crate::object::{Kind, Name, Node, ObjectReference, Pod, Resource, reference_to};
use crate::recorder::Tone;
use crate::step::{Actor, Reason};
use crate::time::Time;
use crate::{LocalImages, Version};

/// Milliseconds for the second write of a start or a stop.
const WRITE_LATENCY: u64 = 20;

/// All kubelets: what runs on their nodes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kubelets {
    /// By the uid of the pod that asked for it.
    processes: Rc<Map<Name, Process>>,
    /// Pods, by name, whose readiness was switched off from outside, in this and later lives.
    unready: Rc<Set<Name>>,
    /// Pods, by uid, whose disks hang on another node.
    detained: Rc<Set<Name>>,
    /// Images that were pulled, by node.
    pulled: Rc<Set<(Name, String)>>,
    addresses_given: u32,
    /// What is around the containers, by the uid of their pod.
    sandboxes: Rc<Map<Name, Rc<Sandbox>>>,
    /// The disks, whose files programs write.
    pub(crate) disks: Disks,
    /// What programs printed.
    pub(crate) logs: Logs,
    /// Which machines there are, and which are cut off.
    pub(crate) leases: Leases,
}

/// The containers of one pod on one node, whether or not the API still knows the pod.
#[derive(Clone, Debug, PartialEq)]
pub struct Process {
    /// The pod's name.
    pub pod: Name,
    /// The node it runs on.
    pub node: Name,
    /// How far it is.
    pub stage: Stage,
    /// Its containers, once they were started, in the order of the pod's spec.
    pub containers: Vec<Run>,
}

impl Process {
    /// Whether a program of the pod runs.
    pub fn running(&self) -> bool {
        !matches!(self.stage, Stage::Stopped) && self.containers.iter().any(Run::running)
    }
}

/// How far the containers of a pod are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// The kubelet prepares volumes and images; done at this time.
    Creating(Time),
    /// The image can't be had.
    Stuck,
    /// Running since this time.
    Running(Time),
    /// Told to stop; running since the first time, stopped at the second.
    Stopping(Time, Time),
    /// Stopped; the API does not know it yet.
    Stopped,
}

impl Kubelets {
    /// What runs, by the uid of the pod that asked for it.
    pub(crate) fn processes(&self) -> &Map<Name, Process> {
        &self.processes
    }

    /// Turns the readiness of a pod, by name, in this and later lives. Says whether it changed.
    pub(crate) fn switch_readiness(&mut self, pod: &Name, ready: bool) -> bool {
        let unready = Rc::make_mut(&mut self.unready);
        if ready {
            unready.remove(pod)
        } else {
            unready.insert(pod.clone())
        }
    }

    /// Whether nothing keeps a pod of this name from being ready.
    pub(crate) fn may_be_ready(&self, pod: &str) -> bool {
        !self.unready.contains(pod)
    }

    /// The program of a pod's first container ends by itself. Of several pods of one name it is
    /// that of the one with this uid, if it runs. Says on which node, and the uid of its pod.
    pub(crate) fn crash(
        &mut self,
        pod: &str,
        uid: Option<&str>,
        exit_code: i32,
        now: Time,
        look: Time,
    ) -> Option<(Name, Name)> {
        let running = |process: &Process| *process.pod == *pod && process.running();
        let known = uid.filter(|uid| self.processes.get(*uid).is_some_and(running));
        let any = |(uid, process): (&Name, &Process)| running(process).then(|| uid.clone());
        let uid: Name = match known {
            Some(uid) => uid.into(),
            None => self.processes.iter().find_map(any)?,
        };
        let process = Rc::make_mut(&mut self.processes).get_mut(&uid)?;
        let run = process.containers.iter_mut().find(|run| run.running())?;
        run.exit(exit_code, now, Some(look));
        Some((process.node.clone(), uid))
    }

    /// The pods, by name and uid, that run on a node.
    pub(crate) fn on_node(&self, node: &str) -> Vec<(Name, Name)> {
        let all = self.processes.iter();
        all.filter(|(_, process)| *process.node == *node)
            .map(|(uid, process)| (process.pod.clone(), uid.clone()))
            .collect()
    }

    /// One turn of a node's kubelet about one pod. While the node is cut off, its kubelet hears
    /// nothing and does nothing; its processes run on.
    pub(crate) fn turn(
        &mut self,
        node: &Name,
        pod_name: &Name,
        uid: &Name,
        api: &mut Api<'_>,
    ) -> Outcome {
        match self.leases.awake(node) {
            None => return Outcome::nothing(),
            Some(awake) if api.now < awake => {
                return Outcome::nothing().again(awake.since(api.now));
            }
            Some(_) => {}
        }
        let pod = api
            .get::<Pod>(pod_name)
            .filter(|pod| pod.metadata.uid == **uid)
            .cloned();
        let process = self.processes.get(uid).cloned();
        let mut worker = Worker {
            kubelets: self,
            node,
            uid,
            actor: Actor::Kubelet(node.clone()),
            api,
        };
        match (pod, process) {
            (None, None) => Outcome::nothing(),
            (None, Some(process)) => worker.kill(&process),
            (Some(pod), None) if pod.terminating() => worker.confirm(&pod),
            (Some(pod), None) if pod.finished() => Outcome::nothing(),
            (Some(pod), None) => worker.see(&pod),
            (Some(pod), Some(process)) if pod.terminating() => worker.stop(&pod, process),
            (Some(pod), Some(process)) if pod.finished() && process.running() => {
                worker.finish(&pod, &process)
            }
            (Some(pod), Some(process)) => worker.run(&pod, process),
        }
    }
}

/// One kubelet at work on one pod.
struct Worker<'a, 'b> {
    kubelets: &'a mut Kubelets,
    node: &'a Name,
    uid: &'a Name,
    actor: Actor,
    api: &'a mut Api<'b>,
}

impl Worker<'_, '_> {
    fn set_stage(&mut self, pod: &Pod, stage: Stage) {
        let processes = Rc::make_mut(&mut self.kubelets.processes);
        let fresh = Process {
            pod: name_of(pod),
            node: self.node.clone(),
            stage,
            containers: Vec::new(),
        };
        let process = processes.or_insert(self.uid.clone(), fresh);
        process.stage = stage;
    }

    fn set_containers(&mut self, containers: Vec<Run>) {
        if let Some(process) = Rc::make_mut(&mut self.kubelets.processes).get_mut(self.uid) {
            process.containers = containers;
        }
    }

    fn end(&mut self) {
        Rc::make_mut(&mut self.kubelets.processes).remove(self.uid);
        self.tear_down();
    }

    fn record(
        &mut self,
        pod: &Pod,
        container: &Container,
        tone: Tone,
        reason: &str,
        message: String,
    ) {
        let part = Some(format!("spec.containers{{{}}}", container.name));
        self.api
            .record_part(&self.actor, reference_to(pod), part, tone, reason, message);
    }

    /// The first sight of a pod: ContainerCreating.
    fn see(&mut self, pod: &Pod) -> Outcome {
        let timing = &self.api.config.kubelet;
        let mut left = timing.start_ms.saturating_sub(timing.start_ack_ms);
        for container in &pod.spec.containers {
            if self.must_pull(container) && available(&container.image) {
                left += self.api.config.kubelet.pull_ms;
                let message = format!("Pulling image \"{}\"", container.image);
                self.record(pod, container, Tone::Normal, "Pulling", message);
            }
        }
        let now = self.api.now;
        self.set_stage(pod, Stage::Creating(now + left));
        let host = self
            .api
            .get::<Node>(self.node)
            .and_then(|n| n.internal_ip().map(str::to_owned));
        let version = self.api.config.version;
        let seen = self.api.modify::<Pod>(&pod.metadata.name, |pod| {
            pod.status.host_ip = host;
            pod.status.start_time = Some(now);
            let waiting = waiting("ContainerCreating", None);
            pod.status.container_statuses = pod
                .spec
                .containers
                .iter()
                .map(|c| container_status(c, waiting.clone()))
                .collect();
            set_conditions(pod, version, now);
        });
        match seen {
            Ok(pod) => Outcome::because(Reason::PodSeen { pod: name_of(&pod) }).again(left),
            Err(_) => Outcome::nothing(),
        }
    }

    fn must_pull(&self, container: &Container) -> bool {
        let policy = container.image_pull_policy.as_deref();
        let local = match &self.api.config.local_images {
            LocalImages::All => available(&container.image),
            LocalImages::Named(images) => images.contains(&container.image),
        };
        let pulled = self
            .kubelets
            .pulled
            .contains(&(self.node.clone(), container.image.clone()));
        !local && policy != Some("Never") && (policy == Some("Always") || !pulled)
    }

    /// A pod that is to run: start it when it is due, then keep its readiness current.
    fn run(&mut self, pod: &Pod, process: Process) -> Outcome {
        match process.stage {
            Stage::Creating(due) if self.api.now < due => {
                Outcome::nothing().again(due.since(self.api.now))
            }
            Stage::Creating(_) => match self.attach(pod) {
                Some(milliseconds) => Outcome::nothing().again(milliseconds),
                None => self.start(pod),
            },
            Stage::Running(_) => self.keep_running(pod, process.containers),
            Stage::Stuck if image_changed(pod) => self.start(pod),
            Stage::Stuck => self.back_off(pod),
            Stage::Stopping(..) | Stage::Stopped => Outcome::nothing(),
        }
    }

    /// Whether the image can't be had; if so, whether it may not even be pulled.
    fn lacks_image(&self, container: &Container) -> Option<bool> {
        let never = container.image_pull_policy.as_deref() == Some("Never");
        let local = match &self.api.config.local_images {
            LocalImages::All => available(&container.image),
            LocalImages::Named(images) => images.contains(&container.image),
        };
        (never && !local || !available(&container.image)).then_some(never)
    }

    fn start(&mut self, pod: &Pod) -> Outcome {
        for container in &pod.spec.containers {
            if let Some(never) = self.lacks_image(container) {
                return self.no_image(pod, container, never);
            }
        }
        let (now, version) = (self.api.now, self.api.config.version);
        for container in &pod.spec.containers {
            self.record_start(pod, container);
        }
        let ip = self.address_of(pod);
        let containers = pod.spec.containers.iter();
        let runs: Vec<Run> = containers
            .map(|container| Run::new(&container.name, &container.image, now))
            .collect();
        self.set_stage(pod, Stage::Running(now));
        self.set_containers(runs.clone());
        let may_be_ready = self.kubelets.may_be_ready(&pod.metadata.name);
        let started = self.api.modify::<Pod>(&pod.metadata.name, |pod| {
            pod.status.pod_ip = Some(ip.clone());
            pod.status.pod_ips = vec![PodIp { ip }];
            write(pod, &runs, may_be_ready, version, now);
        });
        let ends = program::ends_after(pod);
        match started {
            Ok(pod) => {
                self.set_up(&pod);
                Outcome::because(Reason::ContainerStarted {
                    pod: name_of(&pod),
                    ready: pod.ready(),
                })
                .again_if(ends.is_some(), ends.unwrap_or_default())
            }
            Err(_) => Outcome::nothing(),
        }
    }

    /// A pod keeps its address, which it gets before its images are pulled.
    fn address_of(&mut self, pod: &Pod) -> String {
        let address = pod.status.pod_ip.clone();
        address.unwrap_or_else(|| self.new_address())
    }

    /// Addresses count up over the whole cluster and are never used again.
    fn new_address(&mut self) -> String {
        self.kubelets.addresses_given += 1;
        let number = self.kubelets.addresses_given + 1;
        format!(
            "172.{}.{}.{}",
            17 + (number >> 16),
            (number >> 8) & 255,
            number & 255
        )
    }

    /// The events of a container's start.
    fn record_start(&mut self, pod: &Pod, container: &Container) {
        let image = &container.image;
        let pulled = match self.must_pull(container) {
            true => {
                let milliseconds = self.api.config.kubelet.pull_ms;
                let seconds = format!("{}.{:03}", milliseconds / 1000, milliseconds % 1000);
                let seconds = seconds.trim_end_matches('0').trim_end_matches('.');
                Rc::make_mut(&mut self.kubelets.pulled).insert((self.node.clone(), image.clone()));
                format!(
                    "Successfully pulled image \"{image}\" in {seconds}s ({seconds}s including waiting). Image size: 67000000 bytes."
                )
            }
            false => format!("Container image \"{image}\" already present on machine"),
        };
        self.record(pod, container, Tone::Normal, "Pulled", pulled);
        let (created, started) = started_messages(&container.name, self.api.config.version);
        self.record(pod, container, Tone::Normal, "Created", created);
        self.record(pod, container, Tone::Normal, "Started", started);
        let now = self.api.now;
        let logs = &mut self.kubelets.logs;
        logs.begin(self.uid, &container.name, &container.image, now);
    }

    /// The image is not there: waits for ever, or tries again after a back-off.
    fn no_image(&mut self, pod: &Pod, container: &Container, never: bool) -> Outcome {
        let (reason, message) = self.record_no_image(pod, container, never);
        self.set_stage(pod, Stage::Stuck);
        let outcome = self.report_waiting(pod, reason, &message, container);
        outcome.again_if(!never, self.api.config.kubelet.pull_backoff_ms)
    }

    /// The events of a container without image; its reason to wait, and the message.
    fn record_no_image(
        &mut self,
        pod: &Pod,
        container: &Container,
        never: bool,
    ) -> (&'static str, String) {
        let image = &container.image;
        let (reason, message) = match never {
            true => {
                let why =
                    format!("Container image \"{image}\" is not present with pull policy of Never");
                let reason = "ErrImageNeverPull";
                self.record(pod, container, Tone::Warning, reason, why.clone());
                (reason, why)
            }
            false => {
                let pulling = format!("Pulling image \"{image}\"");
                self.record(pod, container, Tone::Normal, "Pulling", pulling);
                let failed = format!("Failed to pull image \"{image}\": not found");
                self.record(pod, container, Tone::Warning, "Failed", failed.clone());
                ("ErrImagePull", failed)
            }
        };
        let error = format!("Error: {reason}");
        self.record(pod, container, Tone::Warning, "Failed", error);
        (reason, message)
    }

    fn back_off(&mut self, pod: &Pod) -> Outcome {
        let pulling = pod.status.container_statuses.iter().position(|status| {
            let waiting = status.state.waiting.as_ref();
            waiting.and_then(|waiting| waiting.reason.as_deref()) == Some("ErrImagePull")
        });
        let Some(container) = pulling.and_then(|index| pod.spec.containers.get(index)) else {
            return Outcome::nothing();
        };
        let message = format!("Back-off pulling image \"{}\"", container.image);
        self.record(pod, container, Tone::Normal, "BackOff", message.clone());
        let error = "Error: ImagePullBackOff".to_owned();
        self.record(pod, container, Tone::Warning, "Failed", error);
        self.report_waiting(pod, "ImagePullBackOff", &message, container)
    }

    fn report_waiting(
        &mut self,
        pod: &Pod,
        reason: &str,
        message: &str,
        container: &Container,
    ) -> Outcome {
        let image = &container.image;
        let ip = self.address_of(pod);
        let (now, version) = (self.api.now, self.api.config.version);
        let written = self.api.modify::<Pod>(&pod.metadata.name, |pod| {
            pod.status.pod_ip = Some(ip.clone());
            pod.status.pod_ips = vec![PodIp { ip }];
            for status in &mut pod.status.container_statuses {
                if status.name == container.name {
                    status.image.clone_from(image);
                    status.state = waiting(reason, Some(message));
                }
            }
            set_conditions(pod, version, now);
        });
        match written {
            Ok(pod) => Outcome::because(Reason::ImageTrouble {
                pod: name_of(&pod),
                image: image.clone(),
            }),
            Err(_) => Outcome::nothing(),
        }
    }

    /// A pod that is to stop: signal, wait, report, and only then let the object go.
    fn stop(&mut self, pod: &Pod, process: Process) -> Outcome {
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
    fn termination_ms(&self, pod: &Pod) -> u64 {
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
    fn kill(&mut self, process: &Process) -> Outcome {
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
    fn finish(&mut self, pod: &Pod, process: &Process) -> Outcome {
        self.kill(process);
        Outcome::because(Reason::ContainersStopped { pod: name_of(pod) })
    }

    /// Nothing of the pod runs any more: its object, of just this uid, may go.
    fn confirm(&mut self, pod: &Pod) -> Outcome {
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

/// Whether any registry has the image. Nothing is fetched: an image whose name says `bad` is the
/// one that nobody has.
fn available(image: &str) -> bool {
    !image.contains("bad")
}

fn name_of(pod: &Pod) -> Name {
    pod.name().into()
}

/// Whether a container that could not start now asks for another image.
fn image_changed(pod: &Pod) -> bool {
    let statuses = &pod.status.container_statuses;
    pod.spec.containers.iter().any(|container| {
        let status = statuses.iter().find(|status| status.name == container.name);
        status.is_some_and(|status| status.image != container.image)
    })
}
