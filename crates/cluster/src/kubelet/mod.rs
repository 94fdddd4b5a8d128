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
mod start;
mod status;
mod stop;

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
use self::start::image_changed;
use crate::apiserver::Api;
use crate::controller::Outcome;
use crate::lease::Leases;
use crate::object::pod::Container;
use crate::object::{Name, Pod, Resource, reference_to};
use crate::recorder::Tone;
use crate::step::Actor;
use crate::time::Time;

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
    ) -> Option<(Name, Name, Name)> {
        let running = |process: &Process| *process.pod == *pod && process.running();
        let this = |of: &Name, process: &Process| **of == *pod && process.running();
        let known = uid.filter(|uid| self.processes.get(*uid).is_some_and(running));
        let any = |(uid, process): (&Name, &Process)| {
            (running(process) || this(uid, process)).then(|| uid.clone())
        };
        let uid: Name = match known {
            Some(uid) => uid.into(),
            None => self.processes.iter().find_map(any)?,
        };
        let process = Rc::make_mut(&mut self.processes).get_mut(&uid)?;
        let run = process.containers.iter_mut().find(|run| run.running())?;
        run.exit(exit_code, now, Some(look));
        Some((process.node.clone(), process.pod.clone(), uid))
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
}

fn name_of(pod: &Pod) -> Name {
    pod.name().into()
}
