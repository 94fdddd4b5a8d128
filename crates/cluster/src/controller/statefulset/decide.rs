//! What one synchronisation of a StatefulSet comes to: a pure function from what there is to the
//! writes to make, each with its reason (`pkg/controller/statefulset/stateful_set_control.go`).
//!
//! The phases and their order are those of reference/statefulset-controller.md §8. Nothing here
//! writes; [`super`] makes the writes, one a turn.

mod claims;
mod history;
mod update;

use std::rc::Rc;

use self::history::{revisions_of, template_of, update_revision};
use super::census::Census;
use super::identity;
use crate::map::Map;
use crate::object::statefulset::StatefulSetStatus;
use crate::object::{
    ControllerRevision, Name, PersistentVolumeClaim, Pod, PodTemplateSpec, StatefulSet,
};
use crate::step::{PodTrouble, Reason, Subject};
use crate::store::Store;
use crate::time::Time;
use crate::{Config, Version};

/// Seats that are looked at beyond the number of pods there are: as many as upstream creates at once
/// with `Parallel`. A set may ask for two thousand million replicas.
const SEATS_AHEAD: i32 = 500;

/// One write that the controller wants to make.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Write {
    AdoptRevision(Name),
    AdoptPod(Name),
    ReleasePod(Name),
    CreateRevision(Rc<ControllerRevision>),
    RenumberRevision(Name, i64),
    CreateClaim {
        claim: Rc<PersistentVolumeClaim>,
        pod: Name,
    },
    CreatePod(Rc<Pod>),
    RepairPod {
        pod: Name,
        ordinal: i32,
    },
    DeletePod(Name),
    /// Gives the pod's claim the owners that the retention policy asks for.
    OwnClaim {
        claim: Name,
        pod: Rc<Pod>,
        /// Whether that is told as an update of the pod.
        told: bool,
    },
    /// Creating the pod fails before anything is sent: a claim of it is being deleted.
    Fail {
        pod: Name,
        message: String,
    },
    UpdateStatus(StatefulSetStatus),
    DeleteRevision(Name),
}

/// The outcome of one look at a set.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Plan {
    /// What to write, in this order, with the reason for each.
    pub(crate) writes: Vec<(Write, Rc<Reason>)>,
    /// Why nothing more is done now, if something is still to be done.
    pub(crate) waiting: Option<Rc<Reason>>,
    /// Milliseconds until a ready pod becomes available, if any is going to.
    pub(crate) look_again: Option<u64>,
}

/// A pod of the set, or the place where one should be.
struct Slot {
    ordinal: i32,
    /// The pod that is there.
    pod: Option<Rc<Pod>>,
}

/// Everything that one look takes in.
struct Look<'a> {
    store: &'a Store,
    config: &'a Config,
    now: Time,
    set: &'a StatefulSet,
    name: Name,
    /// Template and name of the revision that the set had, and of the one it is to have.
    collisions: i32,
    current: (PodTemplateSpec, String),
    update: (PodTemplateSpec, String),
    census: &'a Census,
    /// Replicas that a look may do something about, by ordinal.
    replicas: Vec<Slot>,
    /// Pods out of range that a look may do something about, the highest ordinal first.
    condemned: Vec<Slot>,
    status: StatefulSetStatus,
    plan: Plan,
}

/// A phase ended the synchronisation early.
struct Exit;

/// Decides what to do about a set. `wanted` is the revision of its present template, unnumbered;
/// the census knows all its pods as they are now.
pub(crate) fn decide(
    store: &Store,
    config: &Config,
    now: Time,
    set: &StatefulSet,
    wanted: &ControllerRevision,
    census: &mut Census,
) -> Plan {
    let mut plan = Plan::default();
    let revisions = revisions_of(store, set, &mut plan);
    claim_pods(store, set, census, &mut plan);
    let (update_name, collisions) = update_revision(store, set, wanted, &revisions, &mut plan);
    census.expect_revision(&update_name);
    let current_name = set.status.current_revision.clone().unwrap_or_default();
    let current = revisions
        .iter()
        .find(|revision| revision.metadata.name == current_name);
    let update = (set.spec.template.clone(), update_name.clone());
    let current = match current {
        Some(revision) if current_name != update_name => (template_of(revision), current_name),
        _ => update.clone(),
    };
    let mut look = Look {
        store,
        config,
        now,
        set,
        name: set.metadata.name.as_str().into(),
        collisions,
        current,
        update,
        census,
        replicas: Vec::new(),
        condemned: Vec::new(),
        status: StatefulSetStatus::default(),
        plan,
    };
    look.seat();
    look.count();
    if !set.metadata.terminating() {
        // An early exit only means that the later phases have to wait.
        let _: Result<(), Exit> = look.work();
    }
    look.finish(&revisions);
    look.plan
}

/// Adopts orphans that fit, releases pods that no longer match: §2.
fn claim_pods(store: &Store, set: &StatefulSet, census: &Census, plan: &mut Plan) {
    let name: Name = set.metadata.name.as_str().into();
    for pod_name in census.strays() {
        let pod = store.get::<Pod>(pod_name);
        let owned = pod.is_some_and(|pod| pod.metadata.controller().is_some());
        let (set, pod) = (name.clone(), pod_name.clone());
        plan.writes.push(if owned {
            let reason = Reason::NoLongerMatches {
                set,
                pod: pod.clone(),
            };
            (Write::ReleasePod(pod), reason.into())
        } else {
            let subject = Subject::new(crate::object::Kind::Pod, &pod);
            let reason = Reason::OrphanMatches { set, subject };
            (Write::AdoptPod(pod), reason.into())
        });
    }
}

impl Look<'_> {
    /// Finds the replicas and the condemned that ask for something: §6. All others are settled.
    fn seat(&mut self) {
        let (start, wanted) = (self.set.start_ordinal(), self.set.replicas().max(0));
        let end = self.end();
        let mut seats: Map<i32, Option<Name>> = Map::new();
        let restless = self.census.restless();
        for (ordinal, name) in restless.filter(|(ordinal, _)| (start..end).contains(ordinal)) {
            seats.insert(*ordinal, Some(name.clone()));
        }
        // In order, nothing happens before the first one is there.
        let limit = if self.set.ordered() { 1 } else { usize::MAX };
        for ordinal in self.census.gaps(start, end, limit) {
            seats.insert(ordinal, None);
        }
        let updated_from = start.saturating_add(self.set.partition());
        // The highest holds up all others, but for the gate MaxUnavailableStatefulSet.
        let limit = match self.config.max_unavailable_stateful_set {
            true => usize::MAX,
            false => 1,
        };
        for (ordinal, name) in self.census.outdated(updated_from, end).take(limit) {
            seats.insert(*ordinal, Some(name.clone()));
        }
        let slot = |ordinal: i32, name: Option<&Name>| Slot {
            ordinal,
            pod: name.and_then(|name| self.store.get::<Pod>(name).cloned()),
        };
        let replicas = seats.iter().map(|(at, name)| slot(*at, name.as_ref()));
        let replicas = replicas.collect();
        let out = (i64::from(start), i64::from(start) + i64::from(wanted));
        let condemned = self.census.out_of_range(out.0, out.1).enumerate();
        // In order, only the highest of those that are settled may go.
        let asking = condemned.filter(|(place, member)| {
            *place == 0 || !self.set.ordered() || !self.census.is_settled(member)
        });
        let condemned = asking.map(|(_, (ordinal, name))| slot(*ordinal, Some(name)));
        self.condemned = condemned.collect();
        self.replicas = replicas;
    }

    /// The end of the seats: of those wanted, so many that what comes behind has to wait.
    fn end(&self) -> i32 {
        let (pods, _) = self.census.pods();
        let wanted = self.set.replicas().max(0);
        let seats = wanted.min(pods.saturating_add(SEATS_AHEAD));
        self.set.start_ordinal().saturating_add(seats)
    }

    /// Counts the pods: §12.
    fn count(&mut self) {
        let (replicas, ready) = self.census.pods();
        let unavailable = || {
            let restless = self.census.restless();
            let pods = restless.filter_map(|(_, name)| self.store.get::<Pod>(name));
            let waiting = pods.filter(|pod| pod.running_and_ready() && !self.available(pod));
            waiting.count() as i32
        };
        let waits = self.set.min_ready_seconds() != 0;
        let available = ready - if waits { unavailable() } else { 0 };
        self.status = StatefulSetStatus {
            observed_generation: self.set.metadata.generation,
            replicas,
            ready_replicas: ready,
            current_replicas: self.census.staying(&self.current.1),
            updated_replicas: self.census.staying(&self.update.1),
            current_revision: Some(self.current.1.clone()),
            update_revision: Some(self.update.1.clone()),
            collision_count: Some(self.collisions),
            available_replicas: (self.config.version >= Version::V1_22).then_some(available),
            ..StatefulSetStatus::default()
        };
    }

    fn available(&self, pod: &Pod) -> bool {
        pod.available(self.set.min_ready_seconds(), self.now)
    }

    /// What is wrong with a pod, in the order in which the controller looks.
    fn trouble(&self, pod: Option<&Rc<Pod>>) -> Option<PodTrouble> {
        match pod {
            None => Some(PodTrouble::Missing),
            Some(pod) if pod.terminating() => Some(PodTrouble::Terminating),
            Some(pod) if !pod.running_and_ready() => Some(PodTrouble::NotReady),
            Some(pod) if !self.available(pod) => Some(PodTrouble::NotAvailable),
            Some(_) => None,
        }
    }

    /// Phases A to D, in order. With `Parallel`, no phase holds up another.
    fn work(&mut self) -> Result<(), Exit> {
        let ordered = self.set.ordered();
        for index in 0..self.replicas.len() {
            let done = self.replica(index);
            if ordered {
                done?;
            }
        }
        for index in 0..self.condemned.len() {
            if let Some(pod) = self.condemned[index].pod.clone() {
                self.own_claims(&pod, self.condemned[index].ordinal);
            }
        }
        for index in 0..self.condemned.len() {
            let done = self.condemned_pod(index);
            if ordered {
                done?;
            }
        }
        if self.set.updates_on_delete() {
            return Ok(());
        }
        self.rolling_update()
    }

    /// Phase A for one replica (`processReplica`).
    fn replica(&mut self, index: usize) -> Result<(), Exit> {
        let ordinal = self.replicas[index].ordinal;
        let Some(pod) = self.replicas[index].pod.clone() else {
            self.create(index);
            return Err(Exit);
        };
        let name: Name = pod.metadata.name.as_str().into();
        if pod.finished() && (self.config.version >= Version::V1_27 || pod.status.phase == "Failed")
        {
            if !pod.terminating() {
                let reason = Reason::PodFinished {
                    set: self.name.clone(),
                    pod: name.clone(),
                };
                self.write(Write::DeletePod(name), reason);
            } else if self.set.ordered() {
                self.wait(Reason::WaitsForPod {
                    set: self.name.clone(),
                    pod: name,
                    trouble: PodTrouble::Terminating,
                });
            }
            return Err(Exit);
        }
        if pod.status.phase == "Pending" && self.config.version >= Version::V1_27 {
            for claim in self.missing_claims(ordinal) {
                let reason = Reason::ClaimOfPendingPod {
                    set: self.name.clone(),
                    pod: name.clone(),
                    claim: claim.metadata.name.as_str().into(),
                };
                let write = Write::CreateClaim {
                    claim: Rc::new(claim),
                    pod: name.clone(),
                };
                self.write(write, reason);
            }
        }
        if self.set.ordered()
            && let Some(trouble) = self.trouble(Some(&pod))
        {
            self.wait(Reason::WaitsForPod {
                set: self.name.clone(),
                pod: name,
                trouble,
            });
            return Err(Exit);
        }
        self.repair(&pod, ordinal);
        Ok(())
    }

    /// Repairs what doesn't fit the pod's identity: the owners of its claims, then itself.
    fn repair(&mut self, pod: &Rc<Pod>, ordinal: i32) {
        let set = self.name.clone();
        let matches = identity::matches(self.set, pod, ordinal);
        let first = self.plan.writes.len();
        self.own_claims(pod, ordinal);
        if !matches {
            let name = Name::from(pod.metadata.name.as_str());
            let reason = Reason::IdentityRepaired {
                set,
                pod: name.clone(),
            };
            self.write(Write::RepairPod { pod: name, ordinal }, reason);
        } else if let Some((Write::OwnClaim { told, .. }, _)) = self.plan.writes[first..].last_mut()
        {
            *told = true;
        }
    }

    /// Claims first, then the pod: §5.3.
    fn create(&mut self, index: usize) {
        let ordinal = self.replicas[index].ordinal;
        let (template, revision) = self.revision_for(index);
        let pod = identity::new_pod(self.set, template, ordinal, revision, self.config);
        let counts = (*revision == self.current.1, *revision == self.update.1);
        let name: Name = pod.metadata.name.as_str().into();
        if let Some(claim) = self.stale_claim(&pod, ordinal) {
            let set = self.name.clone();
            self.wait(Reason::WaitsForStaleClaim {
                set,
                pod: name,
                claim,
            });
            return;
        }
        for claim in self.missing_claims(ordinal) {
            let reason = Reason::ClaimBeforePod {
                set: self.name.clone(),
                pod: name.clone(),
                claim: claim.metadata.name.as_str().into(),
            };
            let write = Write::CreateClaim {
                claim: Rc::new(claim),
                pod: name.clone(),
            };
            self.write(write, reason);
        }
        let terminating = self.terminating_claims(ordinal);
        if let Some(message) = terminating {
            let reason = Reason::RetryAfterError {
                set: self.name.clone(),
                message: message.clone(),
            };
            self.write(Write::Fail { pod: name, message }, reason);
            return;
        }
        let reason = self.why_create(index, &name);
        let pod = Rc::new(pod);
        self.write(Write::CreatePod(Rc::clone(&pod)), reason);
        self.own_claims(&pod, ordinal);
        if self.config.version.counts_own_writes() {
            self.status.replicas += 1;
            self.status.current_replicas += i32::from(counts.0);
            self.status.updated_replicas += i32::from(counts.1);
        }
    }

    fn why_create(&self, index: usize, pod: &Name) -> Reason {
        let set = self.name.clone();
        let pod = pod.clone();
        let ordinal = self.replicas[index].ordinal;
        let start = self.set.start_ordinal();
        let higher = self.census.highest(start, self.end()) > Some(ordinal);
        if higher || self.set.status.replicas > self.census.pods().0 {
            Reason::ReplacesLost { set, pod }
        } else if self.set.ordered() {
            let before = (ordinal > start).then(|| identity::pod_name(self.set, ordinal - 1));
            let predecessor = before.map(Name::from);
            Reason::NextOrdinal {
                set,
                pod,
                predecessor,
            }
        } else {
            Reason::MissingOrdinal { set, pod }
        }
    }

    /// Template and revision name for a new pod in this slot: §7.
    fn revision_for(&self, index: usize) -> (&PodTemplateSpec, &String) {
        let index = self.replicas[index].ordinal - self.set.start_ordinal();
        let old = match &self.set.spec.update_strategy.rolling_update {
            _ if self.set.updates_on_delete() => false,
            Some(rolling_update) => index < rolling_update.partition.unwrap_or(0),
            None => index < self.set.status.current_replicas,
        };
        let (template, name) = if old { &self.current } else { &self.update };
        (template, name)
    }

    /// Phase C for one condemned pod (`processCondemned`): §9.
    fn condemned_pod(&mut self, index: usize) -> Result<(), Exit> {
        let ordered = self.set.ordered();
        let Some(pod) = self.condemned[index].pod.clone() else {
            return Ok(());
        };
        let (set, name) = (self.name.clone(), Name::from(pod.metadata.name.as_str()));
        if pod.terminating() {
            if ordered {
                self.wait(Reason::WaitsForCondemned { set, pod: name });
            }
            return Err(Exit);
        }
        if ordered && self.trouble(Some(&pod)).is_some() {
            // The lowest unhealthy pod may go first; all replicas are healthy here.
            let unhealthy = |slot: &&Slot| self.trouble(slot.pod.as_ref()).is_some();
            let lowest = self.condemned.iter().rev().find(unhealthy);
            let lowest = lowest.map_or(self.condemned[index].ordinal, |slot| slot.ordinal);
            if lowest != self.condemned[index].ordinal {
                let blocker = identity::pod_name(self.set, lowest).as_str().into();
                self.wait(Reason::CondemnedBlocked {
                    set,
                    pod: name,
                    blocker,
                });
                return Err(Exit);
            }
        }
        if self.config.version.counts_own_writes() {
            let revision = identity::revision_of(&pod);
            self.status.current_replicas -= i32::from(revision == self.current.1);
            self.status.updated_replicas -= i32::from(revision == self.update.1);
        }
        let replicas = self.set.replicas();
        let reason = Reason::HighestOrdinalCondemned {
            set,
            pod: name.clone(),
            replicas,
        };
        self.write(Write::DeletePod(name), reason);
        Err(Exit)
    }

    fn write(&mut self, write: Write, reason: Reason) {
        self.plan.writes.push((write, reason.into()));
    }

    fn wait(&mut self, reason: Reason) {
        self.plan.waiting.get_or_insert(reason.into());
    }

    /// Status and history, at the end of every look.
    fn finish(&mut self, revisions: &[Rc<ControllerRevision>]) {
        self.complete_update();
        if differs(&self.set.status, &self.status) {
            let reason = Reason::StatusCounted {
                set: self.name.clone(),
            };
            self.write(Write::UpdateStatus(self.status.clone()), reason);
        }
        self.truncate_history(revisions);
        self.plan.look_again = self.next_availability();
    }

    /// Milliseconds until the first ready pod has been ready for `minReadySeconds`.
    fn next_availability(&self) -> Option<u64> {
        let wanted = u64::from(self.set.min_ready_seconds().unsigned_abs()) * 1000;
        let pods = self
            .replicas
            .iter()
            .chain(&self.condemned)
            .filter_map(|slot| slot.pod.as_ref());
        let unavailable = pods.filter(|pod| pod.running_and_ready() && !self.available(pod));
        let since = unavailable.filter_map(|pod| pod.condition("Ready")?.last_transition_time);
        since
            .map(|since| wanted.saturating_sub(self.now.since(since)).max(1))
            .min()
    }
}

/// Whether the new status is worth a write (`inconsistentStatus`).
pub(super) fn differs(old: &StatefulSetStatus, new: &StatefulSetStatus) -> bool {
    let mut seen = new.clone();
    seen.observed_generation = new.observed_generation.max(old.observed_generation);
    seen.collision_count = old.collision_count;
    seen.conditions.clone_from(&old.conditions);
    seen != *old
}
