//! Disks that one node at a time may have: reference/storage.md §8
//! (`pkg/controller/volume/attachdetach`). A disk hangs on a node as long as a pod's containers are
//! there; what upstream's controller writes down of it in between is not simulated.

use super::sandbox::Sandbox;
use super::{Kubelets, Worker};
use crate::apiserver::Api;
use crate::object::{Name, Node, PersistentVolume, PersistentVolumeClaim, Pod, reference_to};
use crate::recorder::Tone;
use crate::step::Actor;
use crate::store::Store;
use std::rc::Rc;

/// Milliseconds between two looks at a disk that hangs elsewhere.
const LOOK_AGAIN: u64 = 1_000;

/// Milliseconds after which a disk is taken from a node that is not well
/// (`ReconcilerMaxWaitForUnmountDuration`).
const FORCE_DETACH: u64 = 360_000;

const ACTOR: Actor = Actor::AttachDetachController;

/// The pod's volumes that are attached to a node, and to one alone: disks behind a driver, without
/// an access mode for many nodes. `hostPath`, `local` and `nfs` are not attached.
pub(super) fn disks(pod: &Pod, store: &Store) -> Vec<Name> {
    let bound = pod.claim_names().filter_map(|claim| {
        let claim = store.get::<PersistentVolumeClaim>(claim)?;
        store.get::<PersistentVolume>(claim.volume_name()?)
    });
    let single = |volume: &&Rc<PersistentVolume>| {
        let modes = &volume.spec.access_modes;
        let many = |mode: &String| mode == "ReadWriteMany" || mode == "ReadOnlyMany";
        volume.spec.other.contains_key("csi") && !modes.iter().any(many)
    };
    let names = bound.filter(single).map(|volume| &*volume.metadata.name);
    names.map(Name::from).collect()
}

impl Kubelets {
    /// The disk that a pod waits for, and the node on which it hangs instead.
    pub(crate) fn disk_elsewhere(&self, pod: &Pod, store: &Store) -> Option<(Name, Name)> {
        if !self.detained.contains(&*pod.metadata.uid) {
            return None;
        }
        let node = pod.spec.node_name.as_deref();
        disks(pod, store).into_iter().find_map(|disk| {
            let mut others = self.sandboxes.values();
            let holds =
                |other: &&Rc<Sandbox>| Some(&*other.node) != node && other.disks.contains(&disk);
            let node = others.find(holds)?.node.clone();
            Some((disk, node))
        })
    }
}

impl Worker<'_, '_> {
    /// Attaches the pod's disks, or says in how many milliseconds to look again, if one hangs on
    /// another node.
    pub(super) fn attach(&mut self, pod: &Pod) -> Option<u64> {
        let disks = disks(pod, self.api.store);
        for disk in &disks {
            if let Some(user) = self.user_elsewhere(disk, pod) {
                self.tell_multi_attach(pod, disk, &user);
                return Some(LOOK_AGAIN);
            }
        }
        Rc::make_mut(&mut self.kubelets.detained).remove(self.uid);
        for disk in &disks {
            let mut others = self.kubelets.sandboxes.values();
            if !others.any(|other| other.node == *self.node && other.disks.contains(disk)) {
                let message = format!("AttachVolume.Attach succeeded for volume \"{disk}\" ");
                record(
                    self.api,
                    pod,
                    Tone::Normal,
                    "SuccessfulAttachVolume",
                    message,
                );
            }
        }
        None
    }

    /// The pod on whose node the disk hangs, if that is another node.
    fn user_elsewhere(&self, disk: &Name, pod: &Pod) -> Option<Rc<Pod>> {
        let mut all = self.kubelets.sandboxes.values();
        let holding = all.find(|other| {
            let holds = other.node != *self.node && other.disks.contains(disk);
            holds && !self.is_taken_from(&other.node, &other.pod, pod)
        })?;
        Some(Rc::clone(&holding.pod))
    }

    /// Whether the disk is taken from a node by force: nobody in the API wants it there any more,
    /// and the node is vouched to be off, or has not been well for long enough.
    fn is_taken_from(&self, node: &str, user: &Pod, pod: &Pod) -> bool {
        let known = self.api.get::<Pod>(&user.metadata.name);
        if known.is_some_and(|known| known.metadata.uid == user.metadata.uid) {
            return false;
        }
        let node = self.api.get::<Node>(node);
        if node.is_some_and(|node| node.ready_status() == "True") {
            return false;
        }
        let off = node.is_some_and(|node| {
            let mut taints = node.spec.taints.iter();
            taints.any(|taint| taint.key == "node.kubernetes.io/out-of-service")
        });
        let since = pod.status.start_time.unwrap_or(self.api.now);
        off || self.api.now.since(since) >= FORCE_DETACH
    }

    /// Told once for a pod, as upstream does.
    fn tell_multi_attach(&mut self, pod: &Pod, disk: &str, user: &Pod) {
        if !Rc::make_mut(&mut self.kubelets.detained).insert(self.uid.clone()) {
            return;
        }
        let known = self.api.get::<Pod>(&user.metadata.name);
        let known = known.filter(|known| known.metadata.uid == user.metadata.uid);
        let why = match known {
            Some(user) => format!("Volume is already used by pod(s) {}", user.metadata.name),
            None => "Volume is already exclusively attached to one node and can't be attached to another".to_owned(),
        };
        let message = format!("Multi-Attach error for volume \"{disk}\" {why}");
        record(self.api, pod, Tone::Warning, "FailedAttachVolume", message);
    }
}

fn record(api: &mut Api<'_>, pod: &Pod, tone: Tone, reason: &str, message: String) {
    api.record_part(&ACTOR, reference_to(pod), None, tone, reason, message);
}
