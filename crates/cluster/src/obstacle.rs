//! Why not? What keeps an object from becoming what it should be: a pod from getting a node, from
//! being ready or from going, a claim from being bound, a volume from being free again, a rollout
//! from moving. Each answer names the rule and what stands in the way; all are read off the cluster as
//! it is now, and nothing is remembered for them.

use crate::controller::statefulset::identity;
use crate::controller::volume_binder::fit;
use crate::object::{
    Kind, Name, Node, PersistentVolume, PersistentVolumeClaim, Pod, StatefulSet, StorageClass,
};
use crate::{Cluster, Reason, Subject, parent_and_ordinal, said};

said! {
    /// What of a volume doesn't suit a claim: reference/storage.md §2, in this order.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub enum Mismatch {
        /// It is smaller than what is asked for.
        TooSmall,
        /// It is of another storage class, or of one where none is wanted.
        OtherClass,
        /// A block device instead of a file system, or the other way round.
        OtherMode,
        /// It lacks an access mode.
        OtherAccess,
        /// The claim's selector doesn't match its labels.
        OtherLabels,
    }
}

said! {
    /// What stands in an object's way.
    #[derive(Clone, Debug, PartialEq, Eq)]
    #[allow(missing_docs, reason = "the fields are the objects the rule names")]
    pub enum Obstacle {
        // A pod without a node (reference/node-and-pod-lifecycle.md §1)
        /// Nothing is placed before its claims are bound.
        ClaimUnbound { pod: Name, claim: Name },
        /// The pod names a claim that doesn't exist.
        ClaimMissing { pod: Name, claim: Name },
        /// No node fits; the scheduler's message says why.
        NoNodeFits { pod: Name, message: String },

        // A pod on a node (reference/node-and-pod-lifecycle.md §2–§5)
        /// The image can't be had.
        ImageMissing { pod: Name, image: String },
        /// Its program ends again and again.
        CrashLoop { pod: Name, restarts: i32 },
        /// A disk for one node at a time hangs on another node: reference/storage.md §8.
        DiskElsewhere { pod: Name, volume: Name, node: Name },
        /// Its readiness probe fails.
        ProbeFails { pod: Name },
        /// Its node is not heard of, so nobody vouches for the pod.
        NodeSilent { pod: Name, node: Name },

        // An object that is being deleted
        /// §4.4: only the kubelet says that a pod has stopped, and this one is not heard of.
        NobodyConfirms { pod: Name, node: Name },
        /// §4.2: its program is given so many seconds to end.
        Stopping { pod: Name, seconds: u64 },
        /// A finalizer that nobody here removes.
        FinalizerHolds { subject: Subject, finalizer: String },
        /// reference/storage.md §7: a pod uses the claim.
        ClaimInUse { claim: Name, pod: Name },
        /// reference/storage.md §7: the volume is bound.
        VolumeInUse { volume: Name, claim: Name },

        // A claim without a volume (reference/storage.md §2–§4)
        /// There is no volume at all, and no class that makes one.
        NoVolumes { claim: Name },
        /// The volume belongs to another claim.
        VolumeTaken { volume: Name, by: Name },
        /// The volume's claim is gone, and it waits to be made free.
        VolumeReleased { volume: Name, by: Name },
        /// The volume isn't what the claim asks for.
        VolumeDiffers { volume: Name, mismatch: Mismatch },
        /// The class binds only when a pod that uses the claim is scheduled.
        ConsumerAwaited { claim: Name, class: Name },
        /// There is no such class.
        ClassMissing { claim: Name, class: Name },

        // A rollout that doesn't move (reference/statefulset-controller.md §10)
        /// `OnDelete`: the pod is replaced when somebody deletes it.
        UpdatesOnDelete { set: Name, pod: Name },
        /// All pods of the old revision are below the partition.
        BelowPartition { set: Name, partition: i32 },
        /// §10.4: the controller stops at an unready pod of an old revision before it comes to
        /// replacing any, so that a new template doesn't heal it.
        BrokenPodFirst { set: Name, pod: Name },
    }
}

impl Cluster {
    /// What stands in the way of this object now; nothing if nothing does, or if it isn't there. Of
    /// a StatefulSet, what stops its rollout; what it waits for otherwise tells [`Cluster::waiting`].
    pub fn obstacles(&self, subject: &Subject) -> Vec<Obstacle> {
        let store = self.store();
        let name = &*subject.name;
        let found = match subject.kind {
            Kind::Pod => store.get::<Pod>(name).map(|pod| self.of_pod(pod)),
            Kind::PersistentVolumeClaim => store.get(name).map(|claim| self.of_claim(claim)),
            Kind::PersistentVolume => store.get(name).map(|volume| of_volume(volume)),
            Kind::StatefulSet => store.get(name).map(|set| self.of_rollout(set)),
            _ => None,
        };
        found.unwrap_or_default()
    }

    fn of_pod(&self, pod: &Pod) -> Vec<Obstacle> {
        let name: Name = pod.metadata.name.as_str().into();
        if pod.finished() && !pod.terminating() {
            return Vec::new();
        }
        let Some(node) = pod.spec.node_name.as_deref().map(Name::from) else {
            return self.of_unplaced(pod, name);
        };
        let heard_of = self.store().get::<Node>(&node);
        let silent = heard_of.is_none_or(|node| node.ready_status() != "True");
        if pod.terminating() {
            return vec![self.of_terminating(pod, name, node, silent)];
        }
        if silent {
            return vec![Obstacle::NodeSilent { pod: name, node }];
        }
        if let Some(obstacle) = self.of_containers(pod, &name) {
            return vec![obstacle];
        }
        match pod.status.phase == "Running" && !self.may_be_ready(&name) {
            true => vec![Obstacle::ProbeFails { pod: name }],
            false => Vec::new(),
        }
    }

    fn of_unplaced(&self, pod: &Pod, name: Name) -> Vec<Obstacle> {
        let mut found = Vec::new();
        for claim in pod.claim_names().map(Name::from) {
            let pod = name.clone();
            match self.store().get::<PersistentVolumeClaim>(&claim) {
                None => found.push(Obstacle::ClaimMissing { pod, claim }),
                Some(there) if !there.bind_completed() => {
                    found.push(Obstacle::ClaimUnbound { pod, claim });
                }
                Some(_) => {}
            }
        }
        let message = pod
            .condition("PodScheduled")
            .and_then(|condition| condition.message.clone());
        if let Some(message) = message.filter(|_| found.is_empty()) {
            found.push(Obstacle::NoNodeFits { pod: name, message });
        }
        found
    }

    fn of_terminating(&self, pod: &Pod, name: Name, node: Name, silent: bool) -> Obstacle {
        if silent || !self.reachable(&node) {
            return Obstacle::NobodyConfirms { pod: name, node };
        }
        let deadline = pod.metadata.deletion_timestamp.unwrap_or(self.now());
        match pod.metadata.finalizers.first() {
            Some(finalizer) if deadline <= self.now() => Obstacle::FinalizerHolds {
                subject: Subject::new(Kind::Pod, &name),
                finalizer: finalizer.clone(),
            },
            _ => Obstacle::Stopping {
                pod: name,
                seconds: deadline.since(self.now()).div_ceil(1000),
            },
        }
    }

    fn of_containers(&self, pod: &Pod, name: &Name) -> Option<Obstacle> {
        let pod_name = || name.clone();
        for container in &pod.status.container_statuses {
            let waiting = container.state.waiting.as_ref();
            match waiting.and_then(|waiting| waiting.reason.as_deref()) {
                Some("ErrImagePull" | "ImagePullBackOff") => {
                    return Some(Obstacle::ImageMissing {
                        pod: pod_name(),
                        image: container.image.clone(),
                    });
                }
                Some("CrashLoopBackOff") => {
                    return Some(Obstacle::CrashLoop {
                        pod: pod_name(),
                        restarts: container.restart_count,
                    });
                }
                _ => {}
            }
        }
        let (volume, node) = self.kubelets.disk_elsewhere(pod, self.store())?;
        Some(Obstacle::DiskElsewhere {
            pod: pod_name(),
            volume,
            node,
        })
    }

    fn of_claim(&self, claim: &PersistentVolumeClaim) -> Vec<Obstacle> {
        let store = self.store();
        let name: Name = claim.metadata.name.as_str().into();
        if claim.metadata.terminating() {
            let mut pods = store.list::<Pod>();
            let user = pods.find(|pod| pod.spec.uses_claim(&name) && !pod.finished());
            return user
                .map(|pod| Obstacle::ClaimInUse {
                    claim: name.clone(),
                    pod: pod.metadata.name.as_str().into(),
                })
                .into_iter()
                .collect();
        }
        if claim.status.phase != "Pending" || claim.volume_name().is_some() {
            return Vec::new();
        }
        let class = claim.class().unwrap_or_default();
        match store.get::<StorageClass>(class) {
            None if !class.is_empty() => {
                let class = class.into();
                return vec![Obstacle::ClassMissing { claim: name, class }];
            }
            Some(there) if there.waits_for_consumer() => {
                let class = class.into();
                return vec![Obstacle::ConsumerAwaited { claim: name, class }];
            }
            _ => {}
        }
        let volumes = store.list::<PersistentVolume>();
        let found: Vec<Obstacle> = volumes
            .filter_map(|volume| unsuitable(volume, claim))
            .collect();
        let any = store.list::<PersistentVolume>().next().is_some();
        match any {
            true => found,
            false => vec![Obstacle::NoVolumes { claim: name }],
        }
    }

    /// What keeps pods of an old revision from being replaced.
    fn of_rollout(&self, set: &StatefulSet) -> Vec<Obstacle> {
        let newest = set.status.update_revision.as_deref().unwrap_or_default();
        let name: Name = set.metadata.name.as_str().into();
        let outdated = |pod: &Pod| {
            pod.metadata.controlled_by(&set.metadata.uid) && identity::revision_of(pod) != newest
        };
        let mut pods: Vec<&str> = Vec::new();
        for pod in self.store().list::<Pod>().filter(|pod| outdated(pod)) {
            pods.push(&pod.metadata.name);
        }
        // The next one in turn is the highest.
        let ordinal = |pod: &str| parent_and_ordinal(pod).map_or(0, |(_, ordinal)| ordinal);
        let Some(next) = pods.iter().copied().max_by_key(|pod| ordinal(pod)) else {
            return Vec::new();
        };
        if set.updates_on_delete() {
            let pod = next.into();
            return vec![Obstacle::UpdatesOnDelete { set: name, pod }];
        }
        let partition = set.partition();
        if ordinal(next) < set.start_ordinal().saturating_add(partition) {
            return vec![Obstacle::BelowPartition {
                set: name,
                partition,
            }];
        }
        match self.waiting(&name) {
            Some(Reason::WaitsForPod { pod, .. }) if pods.contains(&&**pod) => {
                let pod = pod.clone();
                vec![Obstacle::BrokenPodFirst { set: name, pod }]
            }
            _ => Vec::new(),
        }
    }
}

/// Why a volume isn't given to a claim that waits: reference/storage.md §2.
fn unsuitable(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> Option<Obstacle> {
    let name: Name = volume.metadata.name.as_str().into();
    let by = volume.spec.claim_ref.as_ref();
    let by = by.and_then(|by| by.name.as_deref()).map(Name::from);
    match (by, volume.status.phase.as_str()) {
        (Some(by), "Released") => Some(Obstacle::VolumeReleased { volume: name, by }),
        (Some(by), _) if *by != *claim.metadata.name => {
            Some(Obstacle::VolumeTaken { volume: name, by })
        }
        _ => {
            let selector = claim.spec.selector.as_ref();
            let labels = selector.filter(|wanted| !wanted.matches(&volume.metadata.labels));
            let mismatch = fit::mismatch(claim, volume).or(labels.map(|_| Mismatch::OtherLabels))?;
            Some(Obstacle::VolumeDiffers {
                volume: name,
                mismatch,
            })
        }
    }
}

fn of_volume(volume: &PersistentVolume) -> Vec<Obstacle> {
    let name: Name = volume.metadata.name.as_str().into();
    let claim = volume.spec.claim_ref.as_ref();
    let Some(claim) = claim
        .and_then(|claim| claim.name.as_deref())
        .map(Name::from)
    else {
        return Vec::new();
    };
    match volume.status.phase.as_str() {
        "Released" => vec![Obstacle::VolumeReleased {
            volume: name,
            by: claim,
        }],
        "Bound" if volume.metadata.terminating() => vec![Obstacle::VolumeInUse {
            volume: name,
            claim,
        }],
        _ => Vec::new(),
    }
}
