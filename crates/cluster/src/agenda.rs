//! Who is to act, and when: the queue that the event loop takes turns from.

use std::collections::BTreeMap;
use std::rc::Rc;

use crate::object::Name;
use crate::time::Time;

/// A turn of one component about one thing. Like a key in a controller's work queue, it is there
/// at most once.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Turn {
    /// StatefulSet controller: synchronise the set.
    StatefulSet(Name),
    /// ReplicaSet controller: synchronise the set.
    ReplicaSet(Name),
    /// Persistent volume controller: synchronise the claim.
    BindClaim(Name),
    /// Persistent volume controller: synchronise the volume.
    BindVolume(Name),
    /// Persistent volume controller: look at everything that still waits.
    BinderResync,
    /// Persistent volume controller: tell the volume of this event about its recycler pod.
    MirrorRecyclerEvent(Name),
    /// External provisioner of this name: make a volume for the claim.
    Provision {
        /// The provisioner's name.
        provisioner: Name,
        /// The claim's name.
        claim: Name,
    },
    /// Claim protection controller: release the claim once nobody uses it.
    ProtectClaim(Name),
    /// Volume protection controller: release the volume once it is free.
    ProtectVolume(Name),
    /// Endpoints controller: synchronise the Service.
    Endpoints(Name),
    /// EndpointSlice controller: synchronise the Service.
    EndpointSlices(Name),
    /// Garbage collector: do what the deletion of this owner (by uid) asks for.
    CollectGarbage(Name),
    /// Scheduler: try to place the pod.
    Schedule(Name),
    /// Kubelet of the node: synchronise the pod with this uid.
    Kubelet {
        /// The node's name.
        node: Name,
        /// The pod's name.
        pod: Name,
        /// The pod's uid.
        pod_uid: Name,
    },
    /// Kubelet of the node: say how the node is.
    Heartbeat(Name),
    /// Node lifecycle controller: look at all nodes.
    MonitorNodes,
    /// Node lifecycle controller: bring the node's NoSchedule taints up to date.
    TaintNode(Name),
    /// Taint eviction controller: look whether the pod with this uid may stay.
    EvictTainted {
        /// The pod's name.
        pod: Name,
        /// The pod's uid.
        pod_uid: Name,
    },
    /// Pod garbage collector: look for pods that no kubelet will remove.
    CollectPods,
    /// API server: bring back the Service by which pods reach it.
    RestoreService,
    /// Event recorders: write the oldest event not yet written.
    RecordEvent,
}

/// Turns by the time they are due; those due at once in the order they were asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Agenda {
    due: Rc<BTreeMap<(Time, u64), Turn>>,
    pending: Rc<BTreeMap<Turn, (Time, u64)>>,
    asked: u64,
}

impl Agenda {
    /// Asks for a turn at `at`, or earlier if it is already due earlier.
    pub(crate) fn wake(&mut self, turn: Turn, at: Time) {
        if let Some(&slot) = self.pending.get(&turn) {
            if slot.0 <= at {
                return;
            }
            Rc::make_mut(&mut self.due).remove(&slot);
        }
        let slot = (at, self.asked);
        self.asked += 1;
        Rc::make_mut(&mut self.due).insert(slot, turn.clone());
        Rc::make_mut(&mut self.pending).insert(turn, slot);
    }

    /// When the next turn is due.
    pub(crate) fn next_time(&self) -> Option<Time> {
        self.due.keys().next().map(|&(at, _)| at)
    }

    /// Takes the next turn.
    pub(crate) fn pop(&mut self) -> Option<(Time, Turn)> {
        self.next_time()?;
        let ((at, _), turn) = Rc::make_mut(&mut self.due).pop_first()?;
        Rc::make_mut(&mut self.pending).remove(&turn);
        Some((at, turn))
    }

    /// Takes this turn, whether or not others are due before: when it is due, if it was asked for.
    pub(crate) fn take(&mut self, turn: &Turn) -> Option<Time> {
        let slot = *self.pending.get(turn)?;
        Rc::make_mut(&mut self.pending).remove(turn);
        Rc::make_mut(&mut self.due).remove(&slot);
        Some(slot.0)
    }

    /// Every turn asked for, soonest first.
    pub(crate) fn turns(&self) -> impl Iterator<Item = (Time, &Turn)> {
        self.due.iter().map(|(&(at, _), turn)| (at, turn))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_is_there_once_and_keeps_its_earliest_time() {
        let mut agenda = Agenda::default();
        agenda.wake(Turn::Schedule("b".into()), Time(5));
        agenda.wake(Turn::Schedule("a".into()), Time(5));
        agenda.wake(Turn::Schedule("b".into()), Time(9));
        agenda.wake(Turn::RecordEvent, Time(7));
        agenda.wake(Turn::RecordEvent, Time(1));
        let order: Vec<_> = std::iter::from_fn(|| agenda.pop()).collect();
        assert_eq!(
            order,
            [
                (Time(1), Turn::RecordEvent),
                (Time(5), Turn::Schedule("b".into())),
                (Time(5), Turn::Schedule("a".into())),
            ]
        );
    }
}
