//! What must be true of every cluster, watched from outside: nothing here is asked by a component,
//! and nothing here changes one.
//!
//! A [`Property`] is a name and a check of one step. What it asks for holds only as long as nobody
//! breaks its [`Premise`]s; a [`Watch`] looks at every step of a run and keeps account of that.
//! Words for those that the page shows are in `static/words`.

mod rest;
mod sets;
mod sound;

pub use rest::{at_rest, converged};

use crate::map::Set;

use crate::object::{Node, PersistentVolume, PersistentVolumeClaim, Pod, StatefulSet};
use crate::step::{Actor, Reason, Step, Subject};
use crate::store::{Change, ChangeType, Store};
use crate::time::Time;
use crate::{Cluster, kubelet};

/// Something that is true after every step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Property {
    /// With `OrderedReady` a pod is made only when all before it are ready.
    PredecessorsFirst,
    /// With `OrderedReady` pods come without a gap, and the highest goes first, alone.
    OrdinalsWithoutGap,
    /// A pod has a volume for each claim template, named as its identity asks for.
    ClaimForEachTemplate,
    /// A pod's claims are there as soon as it is. With policy `Retain`.
    ClaimsBeforePods,
    /// Name, hostname and labels of a pod spell its ordinal.
    IdentityMatches,
    /// The owners of a set's claims are those that the retention policy asks for. At rest.
    ClaimOwners,
    /// Pods are made of the revision that strategy and partition say, and a rolling update goes
    /// from the highest ordinal down, each only when all above are updated and ready.
    RevisionsInOrder,
    /// No two pods of a set have one ordinal.
    OnePodAnOrdinal,
    /// Nobody writes what is there already.
    NoIdleWrites,
    /// Of one identity at most one process runs, whatever the API knows.
    AtMostOneProcess,
    /// Nobody but a user deletes a claim that has no owner.
    ClaimsAreKept,
    /// No claim goes while a pod on a node uses it.
    ClaimsInUseStay,
    /// What was stored for a claim is there as long as the claim has its volume: no file is lost or
    /// emptied but by who writes it anew.
    DataIsKept,
    /// A bound claim has its volume, and the volume names the claim.
    BoundClaimsKeepVolumes,
    /// No two objects have one uid.
    UniqueUids,
    /// Every write raises the resource version by one and is stamped with it; only writes do.
    VersionsGrow,
    /// No status is of a generation that is still to come.
    GenerationsObserved,
    /// Counts in a status are not negative and not above the number of pods.
    CountsInRange,
    /// When nothing is left to do, each set is as desired or names what it waits for.
    Converged,
}

/// What a property takes for granted of users and administrators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Premise {
    /// No pod was removed while it may have been running: not by force, not with a grace period of
    /// 0, not with its node.
    NoForceDeletion,
    /// Nobody deleted or changed a claim by hand.
    ClaimsUntouched,
    /// Nobody deleted or changed a volume by hand.
    VolumesUntouched,
    /// No disk was lost, and none was full.
    DisksSound,
}

/// A property that does not hold, and the objects at fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// What does not hold.
    pub property: Property,
    /// Since when.
    pub time: Time,
    /// What it was seen on.
    pub at_fault: Vec<Subject>,
}

/// The outcome of one check: the objects at fault.
type Check = Result<(), Vec<Subject>>;

impl Property {
    /// All of them.
    pub const ALL: &'static [Property] = &[
        Property::PredecessorsFirst,
        Property::OrdinalsWithoutGap,
        Property::ClaimForEachTemplate,
        Property::ClaimsBeforePods,
        Property::IdentityMatches,
        Property::ClaimOwners,
        Property::RevisionsInOrder,
        Property::OnePodAnOrdinal,
        Property::NoIdleWrites,
        Property::AtMostOneProcess,
        Property::ClaimsAreKept,
        Property::ClaimsInUseStay,
        Property::DataIsKept,
        Property::BoundClaimsKeepVolumes,
        Property::UniqueUids,
        Property::VersionsGrow,
        Property::GenerationsObserved,
        Property::CountsInRange,
        Property::Converged,
    ];

    /// A name for addresses and tests that never changes.
    pub const fn id(self) -> &'static str {
        match self {
            Property::PredecessorsFirst => "predecessors-first",
            Property::OrdinalsWithoutGap => "ordinals-without-gap",
            Property::ClaimForEachTemplate => "claim-for-each-template",
            Property::ClaimsBeforePods => "claims-before-pods",
            Property::IdentityMatches => "identity-matches",
            Property::ClaimOwners => "claim-owners",
            Property::RevisionsInOrder => "revisions-in-order",
            Property::OnePodAnOrdinal => "one-pod-an-ordinal",
            Property::NoIdleWrites => "no-idle-writes",
            Property::AtMostOneProcess => "at-most-one-process",
            Property::ClaimsAreKept => "claims-are-kept",
            Property::ClaimsInUseStay => "claims-in-use-stay",
            Property::DataIsKept => "data-is-kept",
            Property::BoundClaimsKeepVolumes => "bound-claims-keep-volumes",
            Property::UniqueUids => "unique-uids",
            Property::VersionsGrow => "versions-grow",
            Property::GenerationsObserved => "generations-observed",
            Property::CountsInRange => "counts-in-range",
            Property::Converged => "converged",
        }
    }

    /// What must not have happened before. What a set's own fields decide (`OrderedReady`,
    /// `RollingUpdate`, `Retain`) the check looks up itself.
    pub const fn premises(self) -> &'static [Premise] {
        match self {
            Property::AtMostOneProcess => &[Premise::NoForceDeletion],
            Property::ClaimsBeforePods => &[Premise::ClaimsUntouched],
            Property::ClaimOwners => &[Premise::ClaimsUntouched],
            Property::DataIsKept => &[Premise::DisksSound, Premise::VolumesUntouched],
            Property::BoundClaimsKeepVolumes => &[Premise::VolumesUntouched],
            _ => &[],
        }
    }

    /// Whether the property holds after a step, given the cluster before it. Without one, what
    /// compares the two is not checked.
    ///
    /// # Errors
    /// The [`Violation`], with the objects at fault.
    pub fn check(
        self,
        cluster: &Cluster,
        previous: Option<&Cluster>,
        step: &Step,
    ) -> Result<(), Violation> {
        let checked = self.rule().check(cluster, previous, step);
        checked.map_err(|at_fault| Violation {
            property: self,
            time: cluster.now(),
            at_fault,
        })
    }

    /// How it is checked. Whoever takes the rules of a few properties at compile time does not carry
    /// the code of all others around.
    pub const fn rule(self) -> Rule {
        Rule(match self {
            Property::PredecessorsFirst => sets::predecessors_first,
            Property::OrdinalsWithoutGap => sets::ordinals_without_gap,
            Property::ClaimForEachTemplate => sets::claim_for_each_template,
            Property::ClaimsBeforePods => sets::claims_before_pods,
            Property::IdentityMatches => sets::identity_matches,
            Property::ClaimOwners => |scene| rest::claim_owners(scene.cluster),
            Property::RevisionsInOrder => sets::revisions_in_order,
            Property::OnePodAnOrdinal => sets::one_pod_an_ordinal,
            Property::NoIdleWrites => sound::no_idle_writes,
            Property::AtMostOneProcess => sound::at_most_one_process,
            Property::ClaimsAreKept => sound::claims_are_kept,
            Property::ClaimsInUseStay => sound::claims_in_use_stay,
            Property::DataIsKept => sound::data_is_kept,
            Property::BoundClaimsKeepVolumes => sound::bound_claims_keep_volumes,
            Property::UniqueUids => sound::unique_uids,
            Property::VersionsGrow => sound::versions_grow,
            Property::GenerationsObserved => sound::generations_observed,
            Property::CountsInRange => sound::counts_in_range,
            Property::Converged => |scene| rest::sets_converged(scene.cluster),
        })
    }
}

/// How a property is checked.
#[derive(Clone, Copy, Debug)]
pub struct Rule(fn(&Scene<'_>) -> Check);

impl Rule {
    /// Whether the property holds after a step, as in [`Property::check`].
    ///
    /// # Errors
    /// The objects at fault.
    pub fn check(
        self,
        cluster: &Cluster,
        previous: Option<&Cluster>,
        step: &Step,
    ) -> Result<(), Vec<Subject>> {
        let scene = Scene {
            cluster,
            previous,
            step,
        };
        self.0(&scene)
    }
}

/// One step, with the cluster before and after it.
struct Scene<'a> {
    cluster: &'a Cluster,
    previous: Option<&'a Cluster>,
    step: &'a Step,
}

impl<'a> Scene<'a> {
    /// The write, if it was of such an object: before and after.
    fn change(&self) -> Option<&'a Change> {
        self.step.change.as_ref()
    }

    /// What the controller knew of a set when it decided on this step: the store at the beginning
    /// of the synchronisation that is under way. Nothing if that was too large to be kept.
    fn view(&self, set: &str) -> Option<&'a Store> {
        let previous = self.previous?;
        match previous.stateful_sets.looked_at(set) {
            Some(seen) => seen,
            None => Some(previous.store()),
        }
    }
}

/// Watches a run: looks at every step, and remembers which premises are broken.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    broken: Set<Premise>,
}

impl Watch {
    /// Looks at the next step. Properties of which a premise is broken are left out.
    pub fn observe(
        &mut self,
        cluster: &Cluster,
        previous: Option<&Cluster>,
        step: &Step,
    ) -> Vec<Violation> {
        self.broken.extend(broken_by(step, previous));
        let held = Property::ALL
            .iter()
            .filter(|property| self.holds(**property));
        held.filter_map(|property| property.check(cluster, previous, step).err())
            .collect()
    }

    /// Whether nothing happened yet that excuses a violation of the property.
    pub fn holds(&self, property: Property) -> bool {
        let mut premises = property.premises().iter();
        premises.all(|premise| !self.broken.contains(premise))
    }
}

/// The premises that a step breaks.
fn broken_by(step: &Step, previous: Option<&Cluster>) -> Vec<Premise> {
    let Some(change) = &step.change else {
        let disk = matches!(
            *step.reason,
            Reason::DiskFilled { .. } | Reason::DiskLost { .. }
        );
        return disk.then_some(Premise::DisksSound).into_iter().collect();
    };
    let user = step.actor == Actor::User;
    let mut broken = Vec::new();
    if let Some((Some(pod), None)) = change.sides::<Pod>()
        && !matches!(step.actor, Actor::Kubelet(_))
        && (user || unstoppable(pod, previous))
    {
        broken.push(Premise::NoForceDeletion);
    }
    if user && let Some((Some(_), None)) = change.sides::<Node>() {
        broken.push(Premise::NoForceDeletion);
    }
    let changed = user && change.change_type() != ChangeType::Added;
    if changed && change.sides::<PersistentVolumeClaim>().is_some() {
        broken.push(Premise::ClaimsUntouched);
    }
    if changed && change.sides::<PersistentVolume>().is_some() {
        broken.push(Premise::VolumesUntouched);
    }
    broken
}

/// Whether the API lets the pod go without asking its kubelet.
fn unstoppable(pod: &Pod, previous: Option<&Cluster>) -> bool {
    let node = pod.spec.node_name.as_deref();
    let node = node.and_then(|node| previous?.store().get::<Node>(node));
    pod.spec.termination_grace_period_seconds == Some(0)
        || node.is_none_or(|node| {
            let taints = &node.spec.taints;
            taints
                .iter()
                .any(|taint| taint.key == "node.kubernetes.io/out-of-service")
        })
}

/// Whether a container of the process really runs.
fn runs(process: &kubelet::Process) -> bool {
    matches!(
        process.stage,
        kubelet::Stage::Running(_) | kubelet::Stage::Stopping(..)
    )
}

/// The index of an ordinal among the set's replicas; nothing if it is out of range.
fn index_of(set: &StatefulSet, ordinal: i32) -> Option<i32> {
    let index = ordinal.checked_sub(set.start_ordinal())?;
    (0..set.replicas()).contains(&index).then_some(index)
}
