//! Who sits where. Every identity has a column, so that a replacement takes the seat of the pod it
//! replaces, and finds its claim and its volume below it.

use std::ops::RangeInclusive;
use std::rc::Rc;

use cluster::map::Map;
use cluster::object::{Kind, Name, PersistentVolume, PersistentVolumeClaim, Pod, StatefulSet};
use cluster::{Cluster, parent_and_ordinal};

/// What a column stands for. The order is that of the columns.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Identity {
    /// The pod of this ordinal of a StatefulSet, whichever incarnation.
    Ordinal {
        /// Name of the StatefulSet.
        set: String,
        /// The ordinal.
        ordinal: i32,
    },
    /// A pod or claim that belongs to no StatefulSet.
    Alone(String),
}

impl Identity {
    /// The ordinal, if it has one.
    pub(crate) fn ordinal(&self) -> Option<i32> {
        match self {
            Identity::Ordinal { ordinal, .. } => Some(*ordinal),
            Identity::Alone(_) => None,
        }
    }

    /// The class that gives it its colour.
    pub(crate) fn class(&self) -> &'static str {
        match self.ordinal() {
            Some(ordinal) => COLOURS[ordinal.rem_euclid(COLOURS.len() as i32) as usize],
            None => "id-none",
        }
    }
}

const COLOURS: [&str; 8] = [
    "id-0", "id-1", "id-2", "id-3", "id-4", "id-5", "id-6", "id-7",
];

/// Columns that are drawn at most.
pub(crate) const SEATS_MAX: usize = 24;

/// A program that runs although the API server has no such pod any more: the node was cut off when
/// the pod was deleted by force.
#[derive(Debug)]
pub(crate) struct Stray {
    /// The pod's uid, its name, and the node.
    pub(crate) uid: Name,
    pub(crate) pod: Name,
    pub(crate) node: Name,
}

/// The seats and who sits on them.
#[derive(Debug, Default)]
pub(crate) struct Floor {
    /// What each column stands for, from the left.
    pub(crate) seats: Vec<Identity>,
    /// How many more columns there would be.
    pub(crate) more: usize,
    pods: Map<Identity, Vec<Rc<Pod>>>,
    claims: Map<Identity, Vec<Rc<PersistentVolumeClaim>>>,
    volumes: Map<Identity, Vec<Rc<PersistentVolume>>>,
    strays: Map<Identity, Vec<Stray>>,
    /// Volumes that belong to no column.
    pub(crate) free: Vec<Rc<PersistentVolume>>,
}

impl Floor {
    /// Everybody in this cluster.
    pub(crate) fn of(cluster: &Cluster) -> Floor {
        let mut floor = Floor::default();
        let store = cluster.store();
        for pod in store.list::<Pod>() {
            let seat = of_pod(pod);
            floor.pods.or_insert(seat, Vec::new()).push(Rc::clone(pod));
        }
        for claim in store.list::<PersistentVolumeClaim>() {
            let seat = floor.of_claim(cluster, &claim.metadata.name);
            floor
                .claims
                .or_insert(seat, Vec::new())
                .push(Rc::clone(claim));
        }
        for volume in store.list::<PersistentVolume>() {
            match floor.of_volume(cluster, volume) {
                Some(seat) => floor
                    .volumes
                    .or_insert(seat, Vec::new())
                    .push(Rc::clone(volume)),
                None => floor.free.push(Rc::clone(volume)),
            }
        }
        for (uid, process) in cluster.processes() {
            let pod = store.get::<Pod>(&process.pod);
            let known = pod.is_some_and(|pod| *pod.metadata.uid == **uid);
            if process.running() && !known {
                let seat = floor.of_stray(cluster, &process.pod);
                floor.strays.or_insert(seat, Vec::new()).push(Stray {
                    uid: uid.clone(),
                    pod: process.pod.clone(),
                    node: process.node.clone(),
                });
            }
        }
        let mut seats: Vec<Identity> = wanted(cluster);
        let there = floor.pods.keys().chain(floor.claims.keys());
        seats.extend(there.chain(floor.strays.keys()).cloned());
        cluster::sort::sort(&mut seats);
        seats.dedup();
        // Pods on one disk sit side by side.
        cluster::sort::sort_by(&mut seats, |a, b| floor.disk(a).cmp(&floor.disk(b)));
        floor.more = seats.len().saturating_sub(SEATS_MAX);
        seats.truncate(SEATS_MAX);
        floor.seats = seats;
        floor
    }

    /// Pods of the column at `seat`.
    pub(crate) fn pods(&self, seat: usize) -> &[Rc<Pod>] {
        self.pods.get(&self.seats[seat]).map_or(&[], Vec::as_slice)
    }

    /// Claims of the column at `seat`.
    pub(crate) fn claims(&self, seat: usize) -> &[Rc<PersistentVolumeClaim>] {
        self.claims
            .get(&self.seats[seat])
            .map_or(&[], Vec::as_slice)
    }

    /// The columns from the first to the last whose pods use this claim, which has its card in the
    /// column at `seat`: below all of them it lies. Many pods may write to one disk.
    pub(crate) fn users(&self, seat: usize, claim: &str) -> RangeInclusive<usize> {
        let uses = |seat: &usize| {
            let mut pods = self.pods(*seat).iter();
            pods.any(|pod| pod.spec.uses_claim(claim))
        };
        let mut users = (0..self.seats.len()).filter(uses);
        let first = users.next().unwrap_or(seat);
        first.min(seat)..=users.next_back().unwrap_or(first).max(seat)
    }

    /// Volumes of the column at `seat`.
    pub(crate) fn volumes(&self, seat: usize) -> &[Rc<PersistentVolume>] {
        self.volumes
            .get(&self.seats[seat])
            .map_or(&[], Vec::as_slice)
    }

    /// Programs without a pod in the column at `seat`.
    pub(crate) fn strays(&self, seat: usize) -> &[Stray] {
        self.strays
            .get(&self.seats[seat])
            .map_or(&[], Vec::as_slice)
    }

    /// The first claim of a pod that stands alone, or its own name.
    fn disk<'a>(&'a self, seat: &'a Identity) -> Option<&'a str> {
        let Identity::Alone(name) = seat else {
            return None;
        };
        let mut pods = self.pods.get(seat).into_iter().flatten();
        let claim = pods.find_map(|pod| pod.claim_names().next());
        Some(claim.unwrap_or(name))
    }

    /// A program without a pod sits where the pod of its name sits or would sit.
    fn of_stray(&self, cluster: &Cluster, pod: &str) -> Identity {
        let ordinal = parent_and_ordinal(pod).map(|(set, ordinal)| Identity::Ordinal {
            set: set.to_owned(),
            ordinal,
        });
        let known = |seat: &Identity| {
            self.claims.contains_key(seat)
                || self.pods.contains_key(seat)
                || wanted(cluster).contains(seat)
        };
        ordinal
            .filter(known)
            .unwrap_or_else(|| Identity::Alone(pod.to_owned()))
    }

    /// A claim sits where the pod sits that it was made for, or the first one that uses it.
    fn of_claim(&self, cluster: &Cluster, claim: &str) -> Identity {
        if let Some(seat) = made_for(cluster, claim) {
            return seat;
        }
        let mut pods = self.pods.iter();
        let user = pods.find(|(_, pods)| pods.iter().any(|pod| pod.spec.uses_claim(claim)));
        if let Some((seat, _)) = user {
            return seat.clone();
        }
        // The set may be gone while its claims stay: their names still say whose they were.
        let parts = claim
            .split_once('-')
            .and_then(|(_, pod)| parent_and_ordinal(pod));
        match parts {
            Some((set, ordinal)) => Identity::Ordinal {
                set: set.to_owned(),
                ordinal,
            },
            None => Identity::Alone(claim.to_owned()),
        }
    }

    /// A volume sits where the claim sits that it names.
    fn of_volume(&self, cluster: &Cluster, volume: &PersistentVolume) -> Option<Identity> {
        let claim = volume.spec.claim_ref.as_ref()?.name.as_deref()?;
        let seat = self.of_claim(cluster, claim);
        // A volume whose claim and pod are long gone gets no column of its own.
        let known = self.claims.contains_key(&seat) || self.pods.contains_key(&seat);
        (known || wanted(cluster).contains(&seat)).then_some(seat)
    }
}

/// The identity of a pod.
pub(crate) fn of_pod(pod: &Pod) -> Identity {
    let owner = pod
        .metadata
        .controller()
        .filter(|owner| owner.kind == Kind::StatefulSet.name());
    let parts = parent_and_ordinal(&pod.metadata.name);
    match (owner, parts) {
        (Some(owner), Some((set, ordinal))) if set == owner.name => Identity::Ordinal {
            set: set.to_owned(),
            ordinal,
        },
        _ => Identity::Alone(pod.metadata.name.clone()),
    }
}

/// The identity that a claim with this name is made for by a StatefulSet that is there.
pub(crate) fn made_for(cluster: &Cluster, claim: &str) -> Option<Identity> {
    let (template_and_set, ordinal) = parent_and_ordinal(claim)?;
    let mut sets = cluster.store().list::<StatefulSet>();
    let set = sets.find(|set| {
        let templates = set.spec.volume_claim_templates.iter();
        let template = template_and_set
            .strip_suffix(set.metadata.name.as_str())
            .and_then(|rest| rest.strip_suffix('-'));
        template.is_some_and(|name| templates.clone().any(|claim| claim.metadata.name == name))
    })?;
    Some(Identity::Ordinal {
        set: set.metadata.name.clone(),
        ordinal,
    })
}

/// The identities that StatefulSets want to exist.
fn wanted(cluster: &Cluster) -> Vec<Identity> {
    let mut wanted = Vec::new();
    for set in cluster.store().list::<StatefulSet>() {
        let start = set.start_ordinal();
        let count = set.replicas().clamp(0, SEATS_MAX as i32 * 2);
        wanted.extend(
            (start..start.saturating_add(count)).map(|ordinal| Identity::Ordinal {
                set: set.metadata.name.clone(),
                ordinal,
            }),
        );
    }
    wanted
}
