//! The kubelets: each runs the pods of its node and is alone in saying how they are.
//! reference/node-and-pod-lifecycle.md §2–§4.
//!
//! What runs on a node ([`Process`]) is kept apart from what the API says of it: a pod object can
//! go while its process runs on, and that is how two of one identity come to be.

mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::apiserver::{Api, DeleteOptions};
use crate::controller::Outcome;
use crate::object::meta::{ObjectMeta, set_condition};
use crate::object::node::{NodeAddress, NodeSystemInfo};
use crate::object::pod::{
    Container, ContainerState, ContainerStateRunning, ContainerStateTerminated,
    ContainerStateWaiting, ContainerStatus, PodIp,
};
use crate::object::{Condition, Name, Node, Pod, Quantity, reference_to};
use crate::recorder::Tone;
use crate::step::{Actor, Reason};
use crate::time::Time;
use crate::{Config, LocalImages, Version};

/// Milliseconds for the second write of a start or a stop.
const WRITE_LATENCY: u64 = 20;

/// All kubelets: what runs on their nodes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kubelets {
    /// By the uid of the pod that asked for it.
    processes: Rc<BTreeMap<Name, Process>>,
    /// Pods, by name, whose readiness was switched off from outside, in this and later lives.
    unready: Rc<BTreeSet<Name>>,
    /// Images that were pulled, by node.
    pulled: Rc<BTreeSet<(Name, String)>>,
    addresses_given: u32,
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
    pub(crate) fn processes(&self) -> &BTreeMap<Name, Process> {
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

    /// One turn of a node's kubelet about one pod.
    pub(crate) fn turn(
        &mut self,
        node: &Name,
        pod_name: &Name,
        uid: &Name,
        api: &mut Api<'_>,
    ) -> Outcome {
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
            (None, Some(process)) => {
                worker.end();
                Outcome::because(Reason::ContainersStopped { pod: process.pod })
            }
            (Some(pod), None) if pod.terminating() => worker.confirm(&pod),
            (Some(pod), None) if pod.finished() => Outcome::nothing(),
            (Some(pod), None) => worker.see(&pod),
            (Some(pod), Some(process)) if pod.terminating() => worker.stop(&pod, process.stage),
            (Some(pod), Some(process)) => worker.run(&pod, process.stage),
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
        let process = Process {
            pod: pod.metadata.name.as_str().into(),
            node: self.node.clone(),
            stage,
        };
        Rc::make_mut(&mut self.kubelets.processes).insert(self.uid.clone(), process);
    }

    fn end(&mut self) {
        Rc::make_mut(&mut self.kubelets.processes).remove(self.uid);
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
            set_started_conditions(pod, false, version, now);
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
    fn run(&mut self, pod: &Pod, stage: Stage) -> Outcome {
        match stage {
            Stage::Creating(due) if self.api.now < due => {
                Outcome::nothing().again(due.since(self.api.now))
            }
            Stage::Creating(_) => self.start(pod),
            Stage::Running(since) => match program::ends_after(pod) {
                Some(takes) if self.api.now >= since + takes => self.finish(pod),
                Some(takes) => Outcome::nothing().again((since + takes).since(self.api.now)),
                None => self.report_readiness(pod),
            },
            Stage::Stuck => self.back_off(pod),
            Stage::Stopping(..) | Stage::Stopped => Outcome::nothing(),
        }
    }

    fn start(&mut self, pod: &Pod) -> Outcome {
        for container in &pod.spec.containers {
            let never = container.image_pull_policy.as_deref() == Some("Never");
            let local = match &self.api.config.local_images {
                LocalImages::All => available(&container.image),
                LocalImages::Named(images) => images.contains(&container.image),
            };
            if never && !local || !available(&container.image) {
                return self.no_image(pod, container, never);
            }
        }
        let (now, version) = (self.api.now, self.api.config.version);
        for container in &pod.spec.containers {
            let image = &container.image;
            let pulled = match self.must_pull(container) {
                true => {
                    let seconds = self.api.config.kubelet.pull_ms as f64 / 1000.0;
                    Rc::make_mut(&mut self.kubelets.pulled)
                        .insert((self.node.clone(), image.clone()));
                    format!(
                        "Successfully pulled image \"{image}\" in {seconds}s ({seconds}s including waiting). Image size: 67000000 bytes."
                    )
                }
                false => format!("Container image \"{image}\" already present on machine"),
            };
            self.record(pod, container, Tone::Normal, "Pulled", pulled);
            let (created, started) = started_messages(&container.name, version);
            self.record(pod, container, Tone::Normal, "Created", created);
            self.record(pod, container, Tone::Normal, "Started", started);
        }
        self.kubelets.addresses_given += 1;
        let number = self.kubelets.addresses_given + 1;
        let ip = format!(
            "172.{}.{}.{}",
            17 + (number >> 16),
            (number >> 8) & 255,
            number & 255
        );
        self.set_stage(pod, Stage::Running(now));
        let ready = self.kubelets.may_be_ready(&pod.metadata.name);
        let started = self.api.modify::<Pod>(&pod.metadata.name, |pod| {
            pod.status.phase = "Running".to_owned();
            pod.status.pod_ip = Some(ip.clone());
            pod.status.pod_ips = vec![PodIp { ip }];
            for status in &mut pod.status.container_statuses {
                let running = ContainerStateRunning {
                    started_at: Some(now),
                };
                status.state = ContainerState {
                    running: Some(running),
                    ..Default::default()
                };
                status.container_id = Some(format!("containerd://{}", pod.metadata.uid));
                status.image_id = format!("sha256:{}", pod.metadata.uid.replace('-', ""));
                status.started = Some(true);
                status.ready = ready;
            }
            set_started_conditions(pod, ready, version, now);
        });
        let ends = program::ends_after(pod);
        match started {
            Ok(pod) => Outcome::because(Reason::ContainerStarted {
                pod: name_of(&pod),
                ready,
            })
            .again_if(ends.is_some(), ends.unwrap_or_default()),
            Err(_) => Outcome::nothing(),
        }
    }

    /// The program has ended by itself, and the pod is not one to be started again.
    fn finish(&mut self, pod: &Pod) -> Outcome {
        self.end();
        let now = self.api.now;
        let written = self.api.modify::<Pod>(&pod.metadata.name, |pod| {
            pod.status.phase = "Succeeded".to_owned();
            for status in &mut pod.status.container_statuses {
                let started_at = status
                    .state
                    .running
                    .take()
                    .and_then(|running| running.started_at);
                status.state.terminated = Some(ContainerStateTerminated {
                    exit_code: 0,
                    finished_at: Some(now),
                    reason: Some("Completed".to_owned()),
                    started_at,
                });
                status.ready = false;
                status.started = Some(false);
            }
            for kind in ["Ready", "ContainersReady"] {
                let conditions = &mut pod.status.conditions;
                set_condition(conditions, kind, false, Some("PodCompleted"), None, now);
            }
        });
        match written {
            Ok(pod) => Outcome::because(Reason::ProgramEnded { pod: name_of(&pod) }),
            Err(_) => Outcome::nothing(),
        }
    }

    /// The image is not there: waits for ever, or tries again after a back-off.
    fn no_image(&mut self, pod: &Pod, container: &Container, never: bool) -> Outcome {
        let image = &container.image;
        let (reason, message) = match never {
            true => (
                "ErrImageNeverPull",
                format!("Container image \"{image}\" is not present with pull policy of Never"),
            ),
            false => {
                let failed = format!("Failed to pull image \"{image}\": not found");
                self.record(pod, container, Tone::Warning, "Failed", failed.clone());
                ("ErrImagePull", failed)
            }
        };
        self.record(
            pod,
            container,
            Tone::Warning,
            "Failed",
            format!("Error: {reason}"),
        );
        self.set_stage(pod, Stage::Stuck);
        let outcome = self.report_waiting(pod, reason, &message, image);
        outcome.again_if(!never, self.api.config.kubelet.pull_backoff_ms)
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
        self.report_waiting(pod, "ImagePullBackOff", &message, &container.image)
    }

    fn report_waiting(&mut self, pod: &Pod, reason: &str, message: &str, image: &str) -> Outcome {
        let written = self.api.modify::<Pod>(&pod.metadata.name, |pod| {
            for status in &mut pod.status.container_statuses {
                if status.image == image {
                    status.state = waiting(reason, Some(message));
                }
            }
        });
        match written {
            Ok(pod) => Outcome::because(Reason::ImageTrouble {
                pod: name_of(&pod),
                image: image.to_owned(),
            }),
            Err(_) => Outcome::nothing(),
        }
    }

    fn report_readiness(&mut self, pod: &Pod) -> Outcome {
        let ready = self.kubelets.may_be_ready(&pod.metadata.name);
        if pod.ready() == ready {
            return Outcome::nothing();
        }
        let (now, version) = (self.api.now, self.api.config.version);
        let written = self.api.modify::<Pod>(&pod.metadata.name, |pod| {
            pod.status
                .container_statuses
                .iter_mut()
                .for_each(|status| status.ready = ready);
            set_started_conditions(pod, ready, version, now);
        });
        match written {
            Ok(pod) => Outcome::because(Reason::ReadinessChanged {
                pod: name_of(&pod),
                ready,
            }),
            Err(_) => Outcome::nothing(),
        }
    }

    /// A pod that is to stop: signal, wait, report, and only then let the object go.
    fn stop(&mut self, pod: &Pod, stage: Stage) -> Outcome {
        let now = self.api.now;
        let grace = pod
            .metadata
            .deletion_grace_period_seconds
            .unwrap_or(30)
            .unsigned_abs()
            * 1000;
        match stage {
            Stage::Creating(_) | Stage::Stuck => {
                self.end();
                self.confirm(pod)
            }
            Stage::Running(since) => {
                for container in &pod.spec.containers {
                    let message = format!("Stopping container {}", container.name);
                    self.record(pod, container, Tone::Normal, "Killing", message);
                }
                let takes = self.api.config.kubelet.terminate_ms.min(grace);
                self.set_stage(pod, Stage::Stopping(since, now + takes));
                let reason = Reason::StopSignalSent { pod: name_of(pod) };
                Outcome::because(reason).again(takes)
            }
            Stage::Stopping(_, due) if now < due => Outcome::nothing().again(due.since(now)),
            Stage::Stopping(since, _) => self.report_stopped(pod, since),
            Stage::Stopped => {
                self.end();
                self.confirm(pod)
            }
        }
    }

    fn report_stopped(&mut self, pod: &Pod, since: Time) -> Outcome {
        let (now, version) = (self.api.now, self.api.config.version);
        self.set_stage(pod, Stage::Stopped);
        let written = self.api.modify::<Pod>(&pod.metadata.name, |pod| {
            for status in &mut pod.status.container_statuses {
                let terminated = ContainerStateTerminated {
                    exit_code: 0,
                    finished_at: Some(now),
                    reason: Some("Completed".to_owned()),
                    started_at: Some(since),
                };
                status.state = ContainerState {
                    terminated: Some(terminated),
                    ..Default::default()
                };
                status.ready = false;
                status.started = Some(false);
            }
            if version >= Version::V1_27 {
                pod.status.phase = "Succeeded".to_owned();
            }
            set_started_conditions(pod, false, version, now);
        });
        match written {
            Ok(pod) => Outcome::because(Reason::ContainersStopped { pod: name_of(&pod) })
                .again(WRITE_LATENCY),
            Err(_) => Outcome::nothing(),
        }
    }

    /// Nothing of the pod runs any more: its object, of just this uid, may go.
    fn confirm(&mut self, pod: &Pod) -> Outcome {
        let options = DeleteOptions {
            grace_period_seconds: Some(0),
            uid: Some(pod.metadata.uid.clone()),
            ..DeleteOptions::default()
        };
        match self.api.delete::<Pod>(&pod.metadata.name, &options) {
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
    pod.metadata.name.as_str().into()
}

fn waiting(reason: &str, message: Option<&str>) -> ContainerState {
    let waiting = ContainerStateWaiting {
        message: message.map(str::to_owned),
        reason: Some(reason.to_owned()),
    };
    ContainerState {
        waiting: Some(waiting),
        ..ContainerState::default()
    }
}

fn container_status(container: &Container, state: ContainerState) -> ContainerStatus {
    ContainerStatus {
        image: container.image.clone(),
        name: container.name.clone(),
        state,
        started: Some(false),
        ..ContainerStatus::default()
    }
}

/// The conditions of a pod whose node has taken it.
fn set_started_conditions(pod: &mut Pod, ready: bool, version: Version, now: Time) {
    let containers = pod
        .spec
        .containers
        .iter()
        .map(|container| container.name.as_str());
    let unready = format!(
        "containers with unready status: [{}]",
        containers.collect::<Vec<_>>().join(" ")
    );
    let (reason, message) = match ready {
        true => (None, None),
        false => (Some("ContainersNotReady"), Some(unready.as_str())),
    };
    let conditions = &mut pod.status.conditions;
    if version >= Version::V1_29 {
        let sandbox = pod.status.pod_ip.is_some();
        set_condition(
            conditions,
            "PodReadyToStartContainers",
            sandbox,
            None,
            None,
            now,
        );
    }
    set_condition(conditions, "Initialized", true, None, None, now);
    set_condition(conditions, "Ready", ready, reason, message, now);
    set_condition(conditions, "ContainersReady", ready, reason, message, now);
}

/// The messages of the events Created and Started.
fn started_messages(container: &str, version: Version) -> (String, String) {
    if version >= Version::V1_35 {
        return (
            "Container created".to_owned(),
            "Container started".to_owned(),
        );
    }
    let colon = if version >= Version::V1_32 { ":" } else { "" };
    (
        format!("Created container{colon} {container}"),
        format!("Started container {container}"),
    )
}

/// The Node object that a kubelet registers.
pub(crate) fn register(name: &str, index: usize, config: &Config, now: Time) -> Node {
    let mut node = Node {
        metadata: ObjectMeta {
            name: name.to_owned(),
            ..ObjectMeta::default()
        },
        ..Node::default()
    };
    let labels = [
        ("beta.kubernetes.io/arch", "amd64"),
        ("beta.kubernetes.io/os", "linux"),
        ("kubernetes.io/arch", "amd64"),
        ("kubernetes.io/hostname", name),
        ("kubernetes.io/os", "linux"),
    ];
    node.metadata.labels = labels
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into_iter()
        .collect();
    let amounts = [
        ("cpu", "4"),
        ("ephemeral-storage", "50Gi"),
        ("memory", "8Gi"),
        ("pods", "110"),
    ];
    let amounts =
        amounts.map(|(what, text)| (what.to_owned(), Quantity::parse(text).expect("a quantity")));
    node.status.capacity = amounts.clone().into_iter().collect();
    node.status.allocatable = amounts.into_iter().collect();
    let address = |kind: &str, address: String| NodeAddress {
        r#type: kind.to_owned(),
        address,
    };
    node.status.addresses = vec![
        address("InternalIP", format!("172.18.0.{}", index + 2)),
        address("Hostname", name.to_owned()),
    ];
    node.status.conditions = vec![Condition {
        last_transition_time: Some(now),
        message: Some("kubelet is posting ready status".to_owned()),
        reason: Some("KubeletReady".to_owned()),
        status: "True".to_owned(),
        r#type: "Ready".to_owned(),
        ..Condition::default()
    }];
    let version = config.version.to_string();
    node.status.node_info = NodeSystemInfo {
        architecture: "amd64".to_owned(),
        container_runtime_version: "containerd://2.1.4".to_owned(),
        kernel_version: "6.12.0".to_owned(),
        kube_proxy_version: version.clone(),
        kubelet_version: version,
        operating_system: "linux".to_owned(),
        os_image: "Simulated Linux".to_owned(),
        ..NodeSystemInfo::default()
    };
    node
}
