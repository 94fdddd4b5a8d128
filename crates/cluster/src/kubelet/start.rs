//! How a pod starts: seen, its images pulled, its containers begun; and what is said when an image
//! can't be had: reference/node-and-pod-lifecycle.md §2.

use std::rc::Rc;

use super::status::{container_status, set_conditions, started_messages, waiting, write};
use super::{Run, Stage, Worker, name_of, program};
use crate::LocalImages;
use crate::controller::Outcome;
use crate::object::pod::{Container, PodIp};
use crate::object::{Node, Pod};
use crate::recorder::Tone;
use crate::step::Reason;

impl Worker<'_, '_> {
    /// The first sight of a pod: ContainerCreating.
    pub(super) fn see(&mut self, pod: &Pod) -> Outcome {
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

    /// Whether the image can't be had; if so, whether it may not even be pulled.
    pub(super) fn lacks_image(&self, container: &Container) -> Option<bool> {
        let never = container.image_pull_policy.as_deref() == Some("Never");
        let local = match &self.api.config.local_images {
            LocalImages::All => available(&container.image),
            LocalImages::Named(images) => images.contains(&container.image),
        };
        (never && !local || !available(&container.image)).then_some(never)
    }

    pub(super) fn start(&mut self, pod: &Pod) -> Outcome {
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
    pub(super) fn record_start(&mut self, pod: &Pod, container: &Container) {
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
    pub(super) fn record_no_image(
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

    pub(super) fn back_off(&mut self, pod: &Pod) -> Outcome {
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
}

/// Whether any registry has the image. Nothing is fetched: an image whose name says `bad` is the
/// one that nobody has.
fn available(image: &str) -> bool {
    !image.contains("bad")
}

/// Whether a container that could not start now asks for another image.
pub(super) fn image_changed(pod: &Pod) -> bool {
    let statuses = &pod.status.container_statuses;
    pod.spec.containers.iter().any(|container| {
        let status = statuses.iter().find(|status| status.name == container.name);
        status.is_some_and(|status| status.image != container.image)
    })
}
