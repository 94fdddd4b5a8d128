//! A small Kubernetes as a value.
//!
//! A [`Cluster`] can be cloned for next to nothing, compared, thrown away, and advanced one step at
//! a time; the same seed and the same requests always give the same cluster.
//!
//! ```
//! use cluster::{Cluster, Config};
//! let mut cluster = Cluster::new(Config::default());
//! assert!(cluster.step().is_none(), "an empty cluster has nothing to do");
//! ```
//!
//! # Where things are
//!
//! | module | what |
//! |---|---|
//! | [`object`] | the objects of the Kubernetes API |
//! | [`store`] | all objects; anyone reads, only the API server writes |
//! | [`apiserver`] | the only door to the store: decoding, defaults, admission, validation, deletion |
//! | [`agenda`] | who is to act, and when |
//! | `watch` | who looks when what changes |
//! | [`controller`] | StatefulSet, ReplicaSet, persistent volumes, protection, endpoints, nodes, garbage collector |
//! | `scheduler` | gives each pod a node |
//! | [`kubelet`] | runs pods on nodes; their programs, and the disks they write to |
//! | [`network`] | names, virtual IPs, requests to programs and through the API server |
//! | `lease` | when each kubelet was last heard |
//! | `world` | what happens to machines and programs from outside |
//! | `recorder` | writes Events |
//! | [`step`] | what happened, who did it, and why |
//! | [`obstacle`] | what stands in the way of what does not happen |
//! | [`model`] | what can happen next, and a search through it |
//! | [`property`] | what must be true, watched from outside |
//! | [`choices`] | what a recording says a real control plane chose at random |
//! | [`time`], [`random`] | integer time, one seeded generator a component |

pub mod agenda;
pub mod apiserver;
pub mod choices;
pub mod controller;
pub mod kubelet;
mod lease;
pub mod map;
pub mod model;
pub mod network;
pub mod object;
pub mod obstacle;
pub mod property;
pub mod random;
mod recorder;
pub mod said;
mod scheduler;
pub mod sort;
pub mod step;
pub mod store;
pub mod time;
mod watch;
mod world;

#[cfg(test)]
extern crate self as cluster;
#[cfg(test)]
mod tests;

use crate::map::Map;
use std::fmt;
use std::rc::Rc;

pub use agenda::Turn;
pub use apiserver::{
    DeleteOptions, FieldValidation, Patch, PropagationPolicy, Request, Response, Status,
    WriteOptions,
};
pub use choices::Choices;
pub use controller::statefulset::parent_and_ordinal;
pub use obstacle::{Mismatch, Obstacle};
pub use step::{Actor, PodTrouble, Preference, Reason, Step, Subject, Verb};
pub use store::{Change, ChangeType, Store};
pub use time::Time;

use agenda::Agenda;
use apiserver::Api;
use controller::garbage_collector::GarbageCollector;
use controller::provisioner::Provisioner;
use controller::recycler::{self, Recycler};
use controller::{
    Outcome, endpoint_slices, endpoints, node_lifecycle, pod_gc, protection, taint_eviction,
    volume_binder,
};
use kubelet::{Kubelets, Process};
use network::Network;
use object::{Kind, Name, Object, PersistentVolumeClaim};
use random::Random;
use recorder::Recorder;
use scheduler::Scheduler;

/// A release of Kubernetes, for the few things that differ between releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the names are the releases")]
pub enum Version {
    V1_20,
    V1_22,
    V1_26,
    V1_27,
    V1_28,
    V1_29,
    V1_32,
    V1_33,
    V1_34,
    V1_35,
    V1_36,
}

impl Version {
    /// Before v1.26 a synchronisation counted the pods it had just made or deleted itself.
    pub(crate) fn counts_own_writes(self) -> bool {
        self < Version::V1_26
    }
}

/// As `kubectl get nodes` prints it.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Version::V1_20 => "v1.20.2",
            Version::V1_22 => "v1.22.17",
            Version::V1_26 => "v1.26.4",
            Version::V1_27 => "v1.27.16",
            Version::V1_28 => "v1.28.15",
            Version::V1_29 => "v1.29.14",
            Version::V1_32 => "v1.32.13",
            Version::V1_33 => "v1.33.13",
            Version::V1_34 => "v1.34.9",
            Version::V1_35 => "v1.35.6",
            Version::V1_36 => "v1.36.2",
        })
    }
}

/// Which images are on every node from the start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LocalImages {
    /// All that exist.
    All,
    /// These.
    Named(Vec<String>),
}

/// Who remembers DNS answers, and the absence of one, for as long as they allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DnsCache {
    /// Nobody.
    Off,
    /// The server itself, for all: kubeadm's Corefile before it excepted `cluster.local`.
    Server,
    /// Each pod for itself, as the JVM and nscd do.
    Pods,
}

/// How long a kubelet takes, in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KubeletTiming {
    /// From the pod's binding to its first status.
    pub start_ack_ms: u64,
    /// From the pod's binding to running containers, with the image there.
    pub start_ms: u64,
    /// From the signal to the end of the containers, unless the grace period is shorter.
    pub terminate_ms: u64,
    /// For a readiness switch to be noticed.
    pub probe_ms: u64,
    /// To pull an image.
    pub pull_ms: u64,
    /// From a failed pull to the next look at it.
    pub pull_backoff_ms: u64,
    /// From the end of a container to the next look at it: its first restart.
    pub restart_ms: u64,
    /// From the end of a cut to the first look at the pods.
    pub resync_ms: u64,
}

/// What a cluster is made of. Two clusters of one configuration are equal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Everything random follows from it.
    pub seed: u64,
    /// How many nodes: `node-1`, `node-2`, …
    pub nodes: usize,
    /// The release that is simulated.
    pub version: Version,
    /// How long kubelets take.
    pub kubelet: KubeletTiming,
    /// Seconds that a pod stays on a node that is not ready or unreachable.
    pub default_toleration_seconds: i64,
    /// Which images need not be pulled.
    pub local_images: LocalImages,
    /// Who remembers DNS answers.
    pub dns_cache: DnsCache,
    /// The feature gate `MaxUnavailableStatefulSet`: a rolling update may take several pods at
    /// once. Off in v1.36.
    pub max_unavailable_stateful_set: bool,
}

impl Default for Config {
    /// Three nodes of v1.36 that have the chapter's image.
    fn default() -> Config {
        Config {
            seed: 1,
            nodes: 3,
            version: Version::V1_36,
            kubelet: KubeletTiming {
                start_ack_ms: 200,
                start_ms: 1_000,
                terminate_ms: 1_500,
                probe_ms: 100,
                pull_ms: 2_000,
                pull_backoff_ms: 10_000,
                restart_ms: 500,
                resync_ms: 500,
            },
            default_toleration_seconds: 300,
            local_images: LocalImages::Named(vec![
                "demo-statefulset-node-image".to_owned(),
                "demo-statefulset-node-image-v2".to_owned(),
            ]),
            dns_cache: DnsCache::Off,
            max_unavailable_stateful_set: false,
        }
    }
}

/// A whole cluster, as a value.
#[derive(Clone, Debug)]
pub struct Cluster {
    config: Rc<Config>,
    now: Time,
    store: Store,
    agenda: Agenda,
    recorder: Recorder,
    stateful_sets: controller::statefulset::Controller,
    replica_sets: controller::replicaset::Controller,
    garbage_collector: GarbageCollector,
    provisioner: Provisioner,
    recycler: Recycler,
    scheduler: Scheduler,
    kubelets: Kubelets,
    network: Network,
    node_lifecycle: node_lifecycle::NodeLifecycle,
    taint_eviction: taint_eviction::TaintEviction,
    pod_gc: pod_gc::PodGc,
    choices: Choices,
    /// The last wait that each component told of, by its turn.
    waits: Rc<Map<Turn, Rc<Reason>>>,
    random: Generators,
    #[cfg(test)]
    failing: Vec<apiserver::behind::Failing>,
}

/// A generator for each component that draws.
#[derive(Clone, Debug)]
struct Generators {
    apiserver: Random,
    latency: Random,
    scheduler: Random,
    volume_binder: Random,
}

/// Turns in a row that come to nothing before [`Cluster::step`] takes it that none ever will.
const SILENT_TURNS: usize = 1_000;

/// Milliseconds until a component has heard of a change, without jitter.
const WATCH_LATENCY: u64 = 6;

impl Cluster {
    /// A new cluster: its nodes are registered and the `kubernetes` Service is there.
    pub fn new(config: Config) -> Cluster {
        let seed = config.seed;
        let mut cluster = Cluster {
            now: Time(0),
            store: Store::default(),
            agenda: Agenda::default(),
            recorder: Recorder::default(),
            stateful_sets: Default::default(),
            replica_sets: Default::default(),
            garbage_collector: Default::default(),
            provisioner: Provisioner::default(),
            recycler: Recycler::default(),
            scheduler: Scheduler::default(),
            kubelets: Kubelets::default(),
            network: Network::new(seed),
            node_lifecycle: Default::default(),
            taint_eviction: Default::default(),
            pod_gc: Default::default(),
            choices: Choices::default(),
            waits: Rc::default(),
            random: Generators {
                apiserver: Random::child(seed, "apiserver"),
                latency: Random::child(seed, "latency"),
                scheduler: Random::child(seed, "scheduler"),
                volume_binder: Random::child(seed, "volume-binder"),
            },
            #[cfg(test)]
            failing: Vec::new(),
            config: Rc::new(config),
        };
        cluster.boot();
        cluster
    }

    fn boot(&mut self) {
        for index in 0..self.config.nodes {
            let name = kubelet::machine(index);
            self.kubelets.leases.join(&name, self.now);
            let node = kubelet::register(&name, index, &self.config, self.now);
            self.as_apiserver(|api| api.create(node).map(drop))
                .expect("a node is valid");
        }
        let service = apiserver::kubernetes_service();
        self.as_apiserver(|api| api.create(service).map(drop))
            .expect("the Service is valid");
        self.node_lifecycle.know(&self.store);
        // What is there at the start wakes nobody.
        self.agenda = Agenda::default();
    }

    /// What it is made of.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The time of the last step.
    pub fn now(&self) -> Time {
        self.now
    }

    /// All objects.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What runs on the nodes, by the uid of the pod that asked for it.
    pub fn processes(&self) -> impl Iterator<Item = (&Name, &Process)> {
        self.kubelets.processes().iter()
    }

    /// Whether nothing keeps a pod of this name from being ready.
    pub fn may_be_ready(&self, pod: &str) -> bool {
        self.kubelets.may_be_ready(pod)
    }

    /// Why the StatefulSet waits, if it does.
    pub fn waiting(&self, stateful_set: &str) -> Option<&Reason> {
        self.stateful_sets.waiting(stateful_set)
    }

    /// When the next turn is due; nothing if nobody has anything to do.
    pub fn next_time(&self) -> Option<Time> {
        self.agenda.next_time()
    }

    /// Every turn that is due, soonest first.
    pub fn turns(&self) -> impl Iterator<Item = (Time, &Turn)> {
        self.agenda.turns()
    }

    /// Recorded choices, to be set before they are due.
    pub fn choices_mut(&mut self) -> &mut Choices {
        &mut self.choices
    }

    /// Lets the next component that has something to do or to tell take its turn. Nothing is left
    /// to do if it returns `None`, or only what is tried again and again and never tells anything
    /// new.
    pub fn step(&mut self) -> Option<Step> {
        self.step_within(Time(u64::MAX), SILENT_TURNS)
    }

    /// As [`Cluster::step`], but only for turns due before or at `limit`.
    pub fn step_until(&mut self, limit: Time) -> Option<Step> {
        self.step_within(limit, usize::MAX)
    }

    fn step_within(&mut self, limit: Time, turns: usize) -> Option<Step> {
        for _ in 0..turns {
            if self.agenda.next_time()? > limit {
                return None;
            }
            let (at, turn) = self.agenda.pop()?;
            self.now = self.now.max(at);
            self.forget_talks();
            let step = self.take(turn);
            if step.is_some() {
                return step;
            }
        }
        None
    }

    /// Lets the component of this turn take it now, before others that are due sooner: how soon a
    /// component hears of a change is nobody's promise. Nothing if nobody asked for the turn, or if
    /// there is nothing to write or to tell.
    pub fn take_turn(&mut self, turn: &Turn) -> Option<Step> {
        let at = self.agenda.take(turn)?;
        self.now = self.now.max(at);
        self.take(turn.clone())
    }

    /// Lets a component look again at what nobody changed, as controllers do when they list everything
    /// anew. At rest nothing follows from it.
    pub fn look_again(&mut self, turn: Turn) {
        self.agenda.wake(turn, self.now);
    }

    /// Lets time pass: the next steps happen at `time` or later, if none is due before.
    pub fn wait_until(&mut self, time: Time) {
        let next = self.agenda.next_time().unwrap_or(time);
        self.now = self.now.max(time.min(next));
    }

    /// Asks the API server for something, as kubectl does. At most one object is written; if one
    /// was, the step says so.
    ///
    /// # Errors
    /// The [`Status`] with which the API server refuses.
    pub fn request(&mut self, request: &Request) -> (Result<Response, Status>, Option<Step>) {
        let (result, change) = self.with_api(|api, _| api.handle(request));
        let verb = match request {
            Request::Create { .. } => Verb::Create,
            Request::Replace { .. } | Request::Patch { .. } => Verb::Update,
            Request::Delete { .. } => Verb::Delete,
        };
        let step = change.map(|change| {
            let reason = Reason::Requested {
                verb,
                subject: Subject::of(change.object()),
            };
            self.happened(Actor::User, change, reason.into())
        });
        (result, step)
    }

    /// Makes pods of this name ready, or not, in this and later lives: somebody switches what the
    /// readiness probe finds.
    pub fn switch_readiness(&mut self, pod: &str, ready: bool) -> Option<Step> {
        let pod: Name = pod.into();
        if !self.kubelets.switch_readiness(&pod, ready) {
            return None;
        }
        if let Some(object) = self.store.get::<object::Pod>(&pod)
            && let Some(node) = &object.spec.node_name
        {
            let pod_uid = object.metadata.uid.as_str().into();
            let turn = Turn::Kubelet {
                node: node.as_str().into(),
                pod: pod.clone(),
                pod_uid,
            };
            self.agenda
                .wake(turn, self.now + self.config.kubelet.probe_ms);
        }
        let reason = Reason::ReadinessSwitched { pod, ready };
        Some(Step {
            time: self.now,
            actor: Actor::World,
            change: None,
            reason: reason.into(),
        })
    }

    /// How many random numbers each component has drawn. Two runs of one seed and the same actions
    /// draw the same after every step; the first difference names who is not deterministic.
    pub fn draws(&self) -> [(&'static str, u64); 4] {
        let Generators {
            apiserver,
            latency,
            scheduler,
            volume_binder,
        } = &self.random;
        [
            ("apiserver", apiserver.drawn()),
            ("latency", latency.drawn()),
            ("scheduler", scheduler.drawn()),
            ("volume-binder", volume_binder.drawn()),
        ]
    }

    fn as_apiserver<R>(&mut self, work: impl FnOnce(&mut Api<'_>) -> R) -> R {
        self.with_api(|api, _| work(api)).0
    }

    /// Gives `work` the API server and the components' own memory, and returns the write made.
    fn with_api<R>(
        &mut self,
        work: impl FnOnce(&mut Api<'_>, &mut Components<'_>) -> R,
    ) -> (R, Option<Change>) {
        let mut api = Api {
            store: &mut self.store,
            config: &self.config,
            now: self.now,
            random: &mut self.random.apiserver,
            recorder: &mut self.recorder,
            change: None,
            dry_run: false,
            #[cfg(test)]
            failing: &mut self.failing,
        };
        let mut components = Components {
            stateful_sets: &mut self.stateful_sets,
            replica_sets: &mut self.replica_sets,
            garbage_collector: &self.garbage_collector,
            scheduler: &mut self.scheduler,
            kubelets: &mut self.kubelets,
            node_lifecycle: &mut self.node_lifecycle,
            taint_eviction: &mut self.taint_eviction,
            pod_gc: &mut self.pod_gc,
            choices: &self.choices,
            scheduler_random: &mut self.random.scheduler,
            provisioner: &mut self.provisioner,
            recycler: &mut self.recycler,
            volume_binder_random: &mut self.random.volume_binder,
        };
        let result = work(&mut api, &mut components);
        let change = api.change.take();
        (result, change)
    }

    /// One turn; a step if it wrote something or has something to tell.
    fn take(&mut self, turn: Turn) -> Option<Step> {
        let actor = actor_of(&turn);
        if turn == Turn::BinderResync {
            self.resync();
            return None;
        }
        let (outcome, change) = self.with_api(|api, components| components.take(&turn, api));
        if let Some(milliseconds) = outcome.again {
            self.agenda.wake(turn.clone(), self.now + milliseconds);
        }
        if self.recorder.is_waiting() {
            self.agenda.wake(Turn::RecordEvent, self.now + 2);
        }
        let reason = outcome.reason?;
        Some(match change {
            Some(change) => {
                if self.waits.contains_key(&turn) {
                    Rc::make_mut(&mut self.waits).remove(&turn);
                }
                self.happened(actor, change, reason)
            }
            None => {
                if actor == Actor::PersistentVolumeController {
                    self.plan_resync();
                }
                // A wait is told once, however often its component looks again.
                if self.waits.get(&turn) == Some(&reason) {
                    return None;
                }
                Rc::make_mut(&mut self.waits).insert(turn, reason.clone());
                Step {
                    time: self.now,
                    actor,
                    change: None,
                    reason,
                }
            }
        })
    }

    /// Wakes everyone who watches what was written.
    fn happened(&mut self, actor: Actor, change: Change, reason: Rc<Reason>) -> Step {
        self.garbage_collector.observe(&change);
        self.stateful_sets.observe(&change);
        self.scheduler.observe(&change);
        self.kubelets.disks.observe(&change);
        for (turn, earliest) in watch::turns(&change, self) {
            match &turn {
                Turn::StatefulSet(set) => self.stateful_sets.changed(set),
                Turn::ReplicaSet(set) => self.replica_sets.changed(set),
                _ => {}
            }
            let at = (self.now + self.latency(&turn)).max(earliest);
            self.agenda.wake(turn, at);
        }
        if change.object().kind() == Kind::Service {
            let period = apiserver::OWN_SERVICE_PERIOD;
            let next = Time((self.now.0 / period + 1) * period);
            if !apiserver::has_own_service(&self.store) {
                self.agenda.wake(Turn::RestoreService, next);
            }
        }
        if change.object().kind() == Kind::PersistentVolume {
            self.plan_resync();
        }
        Step {
            time: self.now,
            actor,
            change: Some(change),
            reason,
        }
    }

    /// How long the component of a turn takes to hear of a change.
    fn latency(&mut self, turn: &Turn) -> u64 {
        let jitter = u64::from(self.random.latency.below(WATCH_LATENCY as u32));
        match turn {
            Turn::Kubelet { pod_uid, .. } if !self.kubelets.processes().contains_key(pod_uid) => {
                self.config.kubelet.start_ack_ms
            }
            // It asks the API server for all pods before it lets a claim go.
            Turn::ProtectClaim(_) => 5 * WATCH_LATENCY + jitter,
            // One watch brings all of them, in their order.
            Turn::MirrorRecyclerEvent(_) => WATCH_LATENCY,
            _ => WATCH_LATENCY + jitter,
        }
    }

    /// The binder looks at what waits, claims and volumes, at every multiple of its period.
    fn plan_resync(&mut self) {
        let waits = volume_binder::waiting(&self.store).next().is_some()
            || volume_binder::unrecycled(&self.store).next().is_some();
        if waits {
            let period = volume_binder::RESYNC_PERIOD;
            let next = Time((self.now.0 / period + 1) * period);
            self.agenda.wake(Turn::BinderResync, next);
        }
    }

    fn resync(&mut self) {
        let claims: Vec<Name> = volume_binder::waiting(&self.store)
            .map(|claim: &Rc<PersistentVolumeClaim>| claim.metadata.name.as_str().into())
            .collect();
        for claim in claims {
            self.agenda.wake(Turn::BindClaim(claim), self.now);
        }
        let volumes: Vec<Name> = volume_binder::unrecycled(&self.store)
            .map(|volume| volume.metadata.name.as_str().into())
            .collect();
        if !volumes.is_empty() {
            self.plan_resync();
        }
        for volume in volumes {
            self.agenda.wake(Turn::BindVolume(volume), self.now);
        }
    }
}

/// The components' own memory during a turn.
struct Components<'a> {
    stateful_sets: &'a mut controller::statefulset::Controller,
    replica_sets: &'a mut controller::replicaset::Controller,
    garbage_collector: &'a GarbageCollector,
    scheduler: &'a mut Scheduler,
    kubelets: &'a mut Kubelets,
    node_lifecycle: &'a mut node_lifecycle::NodeLifecycle,
    taint_eviction: &'a mut taint_eviction::TaintEviction,
    pod_gc: &'a mut pod_gc::PodGc,
    choices: &'a Choices,
    scheduler_random: &'a mut Random,
    provisioner: &'a mut Provisioner,
    recycler: &'a mut Recycler,
    volume_binder_random: &'a mut Random,
}

impl Components<'_> {
    /// Lets the component of the turn act.
    fn take(&mut self, turn: &Turn, api: &mut Api<'_>) -> Outcome {
        match turn {
            Turn::StatefulSet(set) => self.stateful_sets.turn(set, api),
            Turn::ReplicaSet(set) => self.replica_sets.turn(set, api, self.choices),
            Turn::BindClaim(claim) => {
                volume_binder::claim_turn(claim, api, self.choices, self.volume_binder_random)
            }
            Turn::BindVolume(volume) => volume_binder::volume_turn(volume, api, self.recycler),
            Turn::Provision { claim, .. } => self.provisioner.turn(claim, api),
            Turn::MirrorRecyclerEvent(event) => recycler::mirror_turn(event, api),
            Turn::BinderResync => Outcome::nothing(),
            Turn::ProtectClaim(claim) => protection::claim_turn(claim, api),
            Turn::ProtectVolume(volume) => protection::volume_turn(volume, api),
            Turn::Endpoints(service) => endpoints::turn(service, api),
            Turn::EndpointSlices(service) => endpoint_slices::turn(service, api),
            Turn::CollectGarbage(owner) => self.garbage_collector.turn(owner, api),
            Turn::Schedule(pod) => {
                self.scheduler
                    .turn(pod, api, self.choices, self.scheduler_random)
            }
            Turn::Kubelet { node, pod, pod_uid } => self.kubelets.turn(node, pod, pod_uid, api),
            Turn::Heartbeat(node) if self.kubelets.leases.is_cut(node) => Outcome::nothing(),
            Turn::Heartbeat(node) => kubelet::heartbeat(node, api),
            Turn::MonitorNodes => self.node_lifecycle.turn(&self.kubelets.leases, api),
            Turn::TaintNode(node) => node_lifecycle::no_schedule_turn(node, api),
            Turn::EvictTainted { pod, pod_uid } => self.taint_eviction.turn(pod, pod_uid, api),
            Turn::CollectPods => self.pod_gc.turn(api),
            Turn::RestoreService => apiserver::restore_service(api),
            Turn::RecordEvent => recorder::turn(api),
        }
    }
}

fn actor_of(turn: &Turn) -> Actor {
    match turn {
        Turn::StatefulSet(_) => Actor::StatefulSetController,
        Turn::ReplicaSet(_) => Actor::ReplicaSetController,
        Turn::BindClaim(_)
        | Turn::BindVolume(_)
        | Turn::BinderResync
        | Turn::MirrorRecyclerEvent(_) => Actor::PersistentVolumeController,
        Turn::Provision { provisioner, .. } => Actor::Provisioner(provisioner.clone()),
        Turn::ProtectClaim(_) => Actor::ClaimProtectionController,
        Turn::ProtectVolume(_) => Actor::VolumeProtectionController,
        Turn::RestoreService => Actor::ApiServer,
        Turn::Endpoints(_) => Actor::EndpointsController,
        Turn::EndpointSlices(_) => Actor::EndpointSliceController,
        Turn::CollectGarbage(_) => Actor::GarbageCollector,
        Turn::Schedule(_) => Actor::Scheduler,
        Turn::Kubelet { node, .. } | Turn::Heartbeat(node) => Actor::Kubelet(node.clone()),
        Turn::MonitorNodes | Turn::TaintNode(_) => Actor::NodeLifecycleController,
        Turn::EvictTainted { .. } => Actor::TaintEvictionController,
        Turn::CollectPods => Actor::PodGarbageCollector,
        Turn::RecordEvent => Actor::EventRecorder,
    }
}

/// An object by kind and name.
pub fn find(cluster: &Cluster, subject: &Subject) -> Option<Object> {
    cluster.store.get_object(subject.kind, &subject.name)
}
