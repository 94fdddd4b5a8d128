//! What happened, who did it, and why.

use std::fmt;
use std::rc::Rc;

use crate::object::{Kind, Name, Object};
use crate::said;
use crate::store::Change;
use crate::time::Time;

/// One frame of the film: a component took its turn.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// When.
    pub time: Time,
    /// Who.
    pub actor: Actor,
    /// What it wrote; nothing if it found a reason to wait.
    pub change: Option<Change>,
    /// Why.
    pub reason: Rc<Reason>,
}

said! {
    /// Who acts on a cluster.
    #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
    #[allow(missing_docs, reason = "the names say it")]
    pub enum Actor {
        /// Whoever types or clicks.
        User,
        StatefulSetController,
        ReplicaSetController,
        PersistentVolumeController,
        ClaimProtectionController,
        /// The provisioner of a storage class, by its own name.
        Provisioner(name: Name),
        VolumeProtectionController,
        /// The API server itself.
        ApiServer,
        EndpointsController,
        EndpointSliceController,
        GarbageCollector,
        Scheduler,
        NodeLifecycleController,
        TaintEvictionController,
        /// Its events alone: the kubelets do its work.
        AttachDetachController,
        PodGarbageCollector,
        /// The kubelet of this node.
        Kubelet(node: Name),
        /// The program in the pod of this name.
        Program(pod: Name),
        /// The part of a component that writes its events.
        EventRecorder,
        /// The world outside the API: a readiness switch, a cut cable.
        World,
    }
}

impl fmt::Display for Actor {
    /// The name of the program or controller, as events give it in `source.component`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Actor::User => "kubectl",
            Actor::StatefulSetController => "statefulset-controller",
            Actor::ReplicaSetController => "replicaset-controller",
            Actor::PersistentVolumeController => "persistentvolume-controller",
            Actor::Provisioner(name) => name,
            Actor::ClaimProtectionController => "pvc-protection-controller",
            Actor::VolumeProtectionController => "pv-protection-controller",
            Actor::ApiServer => "kube-apiserver",
            Actor::EndpointsController => "endpoint-controller",
            Actor::EndpointSliceController => "endpoint-slice-controller",
            Actor::GarbageCollector => "garbage-collector",
            Actor::Scheduler => "default-scheduler",
            Actor::NodeLifecycleController => "node-controller",
            Actor::TaintEvictionController => "taint-eviction-controller",
            Actor::AttachDetachController => "attachdetach-controller",
            Actor::PodGarbageCollector => "pod-garbage-collector",
            Actor::Kubelet(_) => "kubelet",
            Actor::Program(_) => "program",
            Actor::EventRecorder => "event-recorder",
            Actor::World => "world",
        })
    }
}

/// An object that a reason speaks of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Subject {
    /// Its kind.
    pub kind: Kind,
    /// Its name.
    pub name: Name,
}

impl Subject {
    /// The object of this kind and name.
    pub fn new(kind: Kind, name: &str) -> Subject {
        Subject {
            kind,
            name: name.into(),
        }
    }

    /// This object.
    pub fn of(object: &Object) -> Subject {
        Subject::new(object.kind(), object.name())
    }
}

said! {
    /// What keeps a pod from counting as healthy.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub enum PodTrouble {
        /// It doesn't exist (yet).
        Missing,
        /// It is being deleted.
        Terminating,
        /// It is not yet running, or not ready.
        NotReady,
        /// Ready, but not yet for `minReadySeconds`.
        NotAvailable,
    }
}

said! {
    /// Why a ReplicaSet deletes just this pod: reference/replicaset-contrast.md §3, in this order.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    pub enum Preference {
        /// None is to stay.
        AllGo,
        /// It has no node yet.
        Unassigned,
        /// Its phase is behind that of the others.
        Pending,
        /// It is not ready.
        NotReady,
        /// Its annotation `controller.kubernetes.io/pod-deletion-cost` is lower.
        LowerCost,
        /// It has not been ready for as long.
        ReadyForLess,
        /// One of its containers restarted more often.
        RestartedMore,
        /// It is newer.
        Newer,
        /// Nothing tells it from the others.
        Chance,
    }
}

said! {
    /// What the user did.
    #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
    #[allow(missing_docs, reason = "the names say it")]
    pub enum Verb {
        Create,
        Update,
        Delete,
    }
}

said! {
    /// Why a step happened, with the objects that were looked at. Words for these, in every language,
    /// are in `static/words`; the rule behind each is in the reference section named.
    #[derive(Debug)]
    #[allow(missing_docs, reason = "the fields are the objects the rule names")]
    pub enum Reason {
        /// Somebody asked for it.
        Requested { verb: Verb, subject: Subject },
        /// A readiness switch was turned from outside.
        ReadinessSwitched { pod: Name, ready: bool },
        /// A node was cut off: its kubelet hears nothing and says nothing; its processes run on.
        NodeCutOff { node: Name },
        /// A node that was cut off can be reached again.
        NodeHealed { node: Name },
        /// A container's program ended by itself.
        ContainerCrashed { pod: Name, exit_code: i32 },
        /// The disk behind a volume has no room left.
        DiskFilled { volume: Name },
        /// There is room again.
        DiskFreed { volume: Name },
        /// The disk is lost; an empty one is in its place.
        DiskLost { volume: Name },

        // StatefulSet controller (reference/statefulset-controller.md)
        /// §3: the template has no stored revision yet.
        TemplateIsNew { set: Name, revision: Name },
        /// §3.7: the template equals that of an older revision, which becomes the newest.
        TemplateIsKnown { set: Name, revision: Name },
        /// §2: the selector matches the orphan, and its name fits.
        OrphanMatches { set: Name, subject: Subject },
        /// §2.3: the pod's labels no longer match the selector.
        NoLongerMatches { set: Name, pod: Name },
        /// §5.3: a claim from the template is created before its pod.
        ClaimBeforePod { set: Name, pod: Name, claim: Name },
        /// §5.1: the retention policy says whose the claim is; nobody's if nothing is to delete it.
        RetentionPolicy {
            set: Name,
            claim: Name,
            owner: Option<Name>,
        },
        /// §5.1.3: the claim of the ordinal's former pod is still to be deleted with it.
        WaitsForStaleClaim { set: Name, pod: Name, claim: Name },
        /// §5.6: a pending pod's claim is missing and made again.
        ClaimOfPendingPod { set: Name, pod: Name, claim: Name },
        /// §9: the next ordinal; all before it are ready. `predecessor` is the one just before.
        NextOrdinal {
            set: Name,
            pod: Name,
            predecessor: Option<Name>,
        },
        /// `Parallel`: missing ordinals are created without waiting.
        MissingOrdinal { set: Name, pod: Name },
        /// §14: the old pod of this name is gone; its identity may be given again.
        ReplacesLost { set: Name, pod: Name },
        /// §9: more pods than replicas; the highest ordinal goes first.
        HighestOrdinalCondemned { set: Name, pod: Name, replicas: i32 },
        /// §8: a finished pod is deleted so that its name is free again.
        PodFinished { set: Name, pod: Name },
        /// §10: the pod is of another revision than the template.
        OutdatedRevision {
            set: Name,
            pod: Name,
            revision: Name,
        },
        /// §4.5: name label or claims of the pod do not match its identity.
        IdentityRepaired { set: Name, pod: Name },
        /// §12: what the controller counted differs from the status.
        StatusCounted { set: Name },
        /// §3.10: more old revisions than `revisionHistoryLimit`.
        HistoryTruncated { set: Name, revision: Name },
        /// §9: nothing is created or deleted while this pod is not healthy.
        WaitsForPod {
            set: Name,
            pod: Name,
            trouble: PodTrouble,
        },
        /// §9: a condemned pod must be gone before the next one is deleted.
        WaitsForCondemned { set: Name, pod: Name },
        /// §9: an unhealthy condemned pod waits for a lower unhealthy one.
        CondemnedBlocked { set: Name, pod: Name, blocker: Name },
        /// §10.1: the rolling update waits for the pod it replaced last.
        UpdateWaitsForPod {
            set: Name,
            pod: Name,
            trouble: PodTrouble,
        },
        /// §1.8: the API refused a write; the controller tries again.
        RetryAfterError { set: Name, message: String },

        // ReplicaSet controller (reference/replicaset-contrast.md)
        /// §2.2: the selector matches the orphan, whatever its name.
        ReplicaAdopted { set: Name, pod: Name },
        /// §2.2: the pod's labels no longer match the selector.
        ReplicaReleased { set: Name, pod: Name },
        /// §2.3: fewer active pods than replicas; pods that are being deleted don't count.
        TooFewReplicas {
            set: Name,
            active: i32,
            replicas: i32,
        },
        /// §3: more active pods than replicas; of them this one is preferred for deletion.
        TooManyReplicas {
            set: Name,
            pod: Name,
            replicas: i32,
            preference: Preference,
        },
        /// §4: what the controller counted differs from the status.
        ReplicasCounted { set: Name },

        // Persistent volume controller (reference/storage.md)
        /// §5: nobody has claimed the volume.
        VolumeIsFree { volume: Name },
        /// §2.5: the smallest free volume that fits the claim.
        SmallestFit { claim: Name, volume: Name },
        /// §2.3: the volume names this claim already.
        Reserved { claim: Name, volume: Name },
        /// §2.7: the next of the four writes that bind a claim to its volume.
        BindingGoesOn { claim: Name, volume: Name },
        /// §3: no volume fits.
        NoVolumeFits { claim: Name },
        /// §1: a default class came, and the claim that waits without one gets it.
        DefaultClassGiven { claim: Name, class: Name },
        /// §4: the class binds only once a pod that uses the claim is being scheduled.
        WaitsForConsumer { claim: Name, class: Name },
        /// §3: nothing there fits, so the class's provisioner is asked to make a volume.
        ProvisionerAsked { claim: Name, class: Name },
        /// §3: the provisioner made a volume for the claim.
        VolumeProvisioned {
            claim: Name,
            volume: Name,
            class: Name,
        },
        /// §4: the scheduler chose a node, and the volume is to be had there.
        NodeSelected { claim: Name, pod: Name, node: Name },
        /// §5: the claim is gone, the volume keeps its data.
        ClaimIsGone { volume: Name },
        /// §6: what the reclaim policy says.
        Reclaimed { volume: Name, policy: String },
        /// §6: policy `Recycle`: a pod is made to empty the volume.
        RecyclerNeeded { volume: Name, pod: Name },
        /// §6: the recycler pod has ended, and goes.
        RecyclerDone { volume: Name, pod: Name },
        /// §6: the volume could not be emptied.
        RecycleFailed { volume: Name },
        /// §5: the volume of a bound claim is gone.
        VolumeIsLost { claim: Name, volume: Name },
        /// §7: nothing uses the object any more: its finalizer goes.
        NoLongerInUse { subject: Subject },
        /// §7: a pod still uses the claim, or a claim the volume.
        StillInUse { subject: Subject, user: Name },

        // Scheduler (reference/node-and-pod-lifecycle.md §1)
        /// The node fits; among those that do, it has the fewest pods of the same owner.
        NodeFits { pod: Name, node: Name },
        /// No node fits; the scheduler's message says why.
        NoNodeFits { pod: Name, message: String },

        // Kubelet (reference/node-and-pod-lifecycle.md §2–§4)
        /// The kubelet saw the pod and prepares its containers.
        PodSeen { pod: Name },
        /// The container runs; `ready` if nothing says otherwise.
        ContainerStarted { pod: Name, ready: bool },
        /// §2: the program came to its end, and its pod is never restarted.
        ProgramEnded { pod: Name },
        /// The image can't be had.
        ImageTrouble { pod: Name, image: String },
        /// The readiness of the running container changed.
        ReadinessChanged { pod: Name, ready: bool },
        /// The kubelet was told to stop the pod.
        StopSignalSent { pod: Name },
        /// The containers have stopped.
        ContainersStopped { pod: Name },
        /// §4.4: containers stopped, so the object may go and the name is free.
        TerminationConfirmed { pod: Name },
        /// §8: the API has no pod with this uid any more; what still ran of it was killed.
        PodIsGone { pod: Name },
        /// §2: the container ended by itself.
        ContainerExited { pod: Name, exit_code: i32 },
        /// §2: a container that ended is started again, in the same pod.
        ContainerRestarted { pod: Name, restarts: i32 },
        /// §2: the container ended too often; it is started again after so many seconds.
        RestartBacksOff { pod: Name, seconds: u64 },
        /// §3.3: the pod asks for another image; its container is replaced, the pod stays.
        ImageReplaced { pod: Name, image: String },
        /// §8: the kubelet says that its node is well.
        NodeReports { node: Name },

        // Node lifecycle controller (reference/node-and-pod-lifecycle.md §5)
        /// Nothing was heard of the node's kubelet for so many seconds.
        HeartbeatsMissing { node: Name, seconds: u64 },
        /// The node is unready, and so nobody knows how its pods are: none counts as ready.
        NodeIsUnready { pod: Name, node: Name },
        /// The node's condition or its cordon keeps new pods away (NoSchedule).
        NodeRepelsPods { node: Name, key: String },
        /// Nothing keeps new pods away any more.
        NodeTakesPods { node: Name },
        /// The node is still unready: its pods are to leave when their patience ends (NoExecute).
        NodeStaysAway { node: Name },
        /// The node is ready again: its pods may stay.
        NodeIsBack { node: Name },
        /// No node is ready: nothing is evicted, as the fault is more likely elsewhere.
        AllNodesUnready { node: Name },

        // Taint eviction controller (reference/node-and-pod-lifecycle.md §5)
        /// The pod tolerates its node's taint for so long.
        ToleratesTaintFor { pod: Name, node: Name, seconds: u64 },
        /// The taint went before the pod's patience ended, or the pod did.
        EvictionCancelled { pod: Name },
        /// The pod's condition says why it is about to be deleted.
        EvictionAnnounced { pod: Name },
        /// The pod does not tolerate its node's taint, or no longer.
        NoLongerTolerated { pod: Name, node: Name },

        // Pod garbage collector (reference/node-and-pod-lifecycle.md §6)
        /// The pod's node has been missing for long enough: nobody will ever stop it properly.
        NodeIsGone { pod: Name, node: Name },
        /// Somebody vouches that the node is powered off, so its terminating pods may go.
        NodeOutOfService { pod: Name, node: Name },

        // Endpoints controller (reference/services-and-dns.md §2)
        /// The set of ready pods that the Service selects changed.
        AddressesChanged { service: Name },
        /// The pods that the Service selects changed, ready or not.
        SliceFollowsPods { service: Name },
        /// §1: the API server always has its Service, and makes it again every ten seconds if need be.
        OwnServiceIsMissing { service: Name },
        /// The Service is gone.
        ServiceIsGone { service: Name },

        // Garbage collector (reference/statefulset-controller.md §11)
        /// §11.1: the owner is gone, and with it what it owned.
        OwnerIsGone { subject: Subject },
        /// §11: one of several owners is gone.
        OwnerForgotten { subject: Subject, owner: Name },
        /// §11.2: the owner is deleted in the foreground, and waits until this object is gone.
        BlocksOwner { subject: Subject, owner: Name },
        /// §11.2: nothing blocks the owner any more.
        DependentsAreGone { subject: Subject },
        /// §11.3: the owner is deleted alone; the object stays, without an owner.
        Orphaned { subject: Subject, owner: Name },
        /// §11.3: all dependents are without an owner now, so the owner may go.
        OrphansAreFree { subject: Subject },

        // Programs (reference/storage.md §9)
        /// The program, or somebody in its pod, wrote a file to a disk: that of a volume, or one that
        /// goes with the pod.
        FileWritten {
            pod: Name,
            volume: Option<Name>,
            path: Name,
        },

        /// A file was opened on a full disk, and nothing could be written; `ended`: the program
        /// that wrote it doesn't handle that, and ended.
        NoSpaceLeft {
            pod: Name,
            volume: Name,
            path: Name,
            ended: bool,
        },

        /// An event was written down.
        EventRecorded { subject: Subject },
    }
}

// Derived code would compare field by field, in a hundred ways.
impl PartialEq for Reason {
    fn eq(&self, other: &Reason) -> bool {
        self.number() == other.number() && self.said() == other.said()
    }
}

impl Eq for Reason {}

impl Reason {
    /// The pod that a StatefulSet waits for.
    pub fn blocker(&self) -> Option<&Name> {
        match self {
            Reason::WaitsForPod { pod, .. }
            | Reason::UpdateWaitsForPod { pod, .. }
            | Reason::WaitsForCondemned { pod, .. }
            | Reason::CondemnedBlocked { blocker: pod, .. } => Some(pod),
            _ => None,
        }
    }
}

impl Step {
    /// Whether this step only tells that somebody waits.
    pub fn is_wait(&self) -> bool {
        self.change.is_none()
    }

    /// Whether this step only writes an Event: of interest to `kubectl get events`, not to a film.
    pub fn is_event(&self) -> bool {
        self.actor == Actor::EventRecorder
    }
}
