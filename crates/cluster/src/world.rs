//! What happens to machines and programs from outside: cables are cut and mended, programs crash,
//! disks fill up and are lost.
//! reference/node-and-pod-lifecycle.md §5, §8.

use crate::agenda::Turn;
use crate::controller::node_lifecycle;
use crate::kubelet::disk;
use crate::object::{Name, PersistentVolume, Pod, Resource};
use crate::step::{Actor, Reason, Step};
use crate::time::Time;
use crate::{Cluster, WATCH_LATENCY};

impl Cluster {
    /// Cuts a node off: its kubelet hears nothing and says nothing, and its processes run on.
    /// Nothing if there is no such machine, or if it is cut off already.
    pub fn partition(&mut self, node: &str) -> Option<Step> {
        if !self.kubelets.leases.cut(node, self.now) {
            return None;
        }
        let renewed = self.kubelets.leases.renewed(node, self.now)?;
        let noticed = node_lifecycle::silence_noticed(renewed, &self.config);
        self.agenda.wake(Turn::MonitorNodes, noticed.max(self.now));
        Some(self.external_step(Reason::NodeCutOff { node: node.into() }))
    }

    /// Ends a cut: the kubelet reports at once, and soon after compares what runs with what the
    /// API asks for. A node that was deleted meanwhile registers again. Nothing if the node is not
    /// cut off.
    pub fn heal(&mut self, node: &str) -> Option<Step> {
        let awake = self.now + self.config.kubelet.resync_ms;
        if !self.kubelets.leases.heal(node, self.now, awake) {
            return None;
        }
        let node: Name = node.into();
        let report = self.now + WATCH_LATENCY;
        self.agenda.wake(Turn::Heartbeat(node.clone()), report);
        let bound = self.store.list::<Pod>();
        let bound = bound.filter(|pod| pod.spec.node_name.as_deref() == Some(&*node));
        let mut pods = self.kubelets.on_node(&node);
        pods.extend(bound.map(|pod| (pod.name().into(), pod.metadata.uid.as_str().into())));
        for (pod, pod_uid) in pods {
            self.wake_kubelet(node.clone(), pod, pod_uid, awake);
        }
        Some(self.external_step(Reason::NodeHealed { node }))
    }

    /// Whether the node is cut off.
    pub fn is_partitioned(&self, node: &str) -> bool {
        self.kubelets.leases.is_cut(node)
    }

    /// When the node's kubelet last renewed its Lease; nothing if there is no such machine.
    pub fn lease_renewed(&self, node: &str) -> Option<Time> {
        self.kubelets.leases.renewed(node, self.now)
    }

    /// The program in the first container of a pod ends by itself with this exit code. Of several
    /// processes of one pod name it is that of the pod that the API knows. Nothing if none runs.
    pub fn crash(&mut self, pod: &str, exit_code: i32) -> Option<Step> {
        let known = self.store.get::<Pod>(pod);
        let known = known.map(|pod| pod.metadata.uid.clone());
        let look = self.now + self.config.kubelet.restart_ms;
        let (node, pod, uid) =
            self.kubelets
                .crash(pod, known.as_deref(), exit_code, self.now, look)?;
        self.wake_kubelet(node, pod.clone(), uid, self.now + WATCH_LATENCY);
        Some(self.external_step(Reason::ContainerCrashed { pod, exit_code }))
    }

    /// Fills the disk behind a volume: something else takes every byte that becomes free on it.
    /// Reading goes on. Nothing if there is no such volume, or if its disk is full.
    pub fn fill_disk(&mut self, volume: &str) -> Option<Step> {
        self.set_disk_full(volume, true)
    }

    /// There is room on the disk behind a volume again; the files stay as they are. Nothing if
    /// there is no such volume, or if its disk is not full.
    pub fn free_disk(&mut self, volume: &str) -> Option<Step> {
        self.set_disk_full(volume, false)
    }

    fn set_disk_full(&mut self, volume: &str, full: bool) -> Option<Step> {
        let place = disk::source_of(self.store.get::<PersistentVolume>(volume)?);
        if !self.kubelets.disks.set_full(&place, full) {
            return None;
        }
        let volume = volume.into();
        Some(self.external_step(match full {
            true => Reason::DiskFilled { volume },
            false => Reason::DiskFreed { volume },
        }))
    }

    /// The disk behind a volume is lost, and an empty one is in its place: the directory of a node
    /// was made again. The API knows nothing of it. Nothing if there is no such volume.
    pub fn lose_disk(&mut self, volume: &str) -> Option<Step> {
        let object = self.store.get::<PersistentVolume>(volume)?;
        let places = self.kubelets.disks.of_volume(object);
        let mut places: Vec<_> = places.map(|(place, _)| place.clone()).collect();
        places.push(disk::source_of(object));
        for place in &places {
            self.kubelets.disks.wipe(place);
        }
        let volume = volume.into();
        Some(self.external_step(Reason::DiskLost { volume }))
    }

    /// Whether the disk behind a volume is full.
    pub fn disk_is_full(&self, volume: &str) -> bool {
        let volume = self.store.get::<PersistentVolume>(volume);
        volume.is_some_and(|volume| self.kubelets.disks.volume_is_full(volume))
    }

    fn wake_kubelet(&mut self, node: Name, pod: Name, pod_uid: Name, at: Time) {
        let turn = Turn::Kubelet { node, pod, pod_uid };
        self.agenda.wake(turn, at);
    }

    fn external_step(&self, reason: Reason) -> Step {
        Step {
            time: self.now,
            actor: Actor::World,
            change: None,
            reason: reason.into(),
        }
    }
}
