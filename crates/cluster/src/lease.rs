//! Leases: when each kubelet last said that it lives.
//! reference/node-and-pod-lifecycle.md §5 (`pkg/kubelet` and its Lease objects).
//!
//! A kubelet renews its Lease every 10 s. Writing those down would drown everything else, so the
//! renewals are computed: only that a node was cut off, or came back, is kept.

use crate::map::Map;
use std::rc::Rc;

use crate::object::Name;
use crate::time::Time;

/// Milliseconds between two renewals.
const RENEWAL_PERIOD: u64 = 10_000;

/// The leases of all machines, by the name of their node.
#[derive(Clone, Debug, Default)]
pub(crate) struct Leases {
    leases: Rc<Map<Name, Lease>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lease {
    /// A renewal; others are a multiple of the period away.
    renewed: Time,
    /// Whether the machine is cut off: then `renewed` was the last one.
    cut: bool,
    /// From when the kubelet looks after its pods.
    awake: Time,
}

impl Leases {
    /// A machine joins: its kubelet is alive.
    pub(crate) fn join(&mut self, node: &Name, now: Time) {
        let lease = Lease {
            renewed: now,
            cut: false,
            awake: now,
        };
        Rc::make_mut(&mut self.leases).insert(node.clone(), lease);
    }

    /// Whether there is such a machine.
    pub(crate) fn knows(&self, node: &str) -> bool {
        self.leases.contains_key(node)
    }

    /// Whether the machine is cut off.
    pub(crate) fn is_cut(&self, node: &str) -> bool {
        self.leases.get(node).is_some_and(|lease| lease.cut)
    }

    /// From when the kubelet looks after its pods; nothing while the machine is cut off.
    pub(crate) fn awake(&self, node: &str) -> Option<Time> {
        match self.leases.get(node) {
            Some(lease) if lease.cut => None,
            Some(lease) => Some(lease.awake),
            None => Some(Time(0)),
        }
    }

    /// When the lease was last renewed; nothing if no machine has this name.
    pub(crate) fn renewed(&self, node: &str, now: Time) -> Option<Time> {
        let lease = self.leases.get(node)?;
        if lease.cut {
            return Some(lease.renewed);
        }
        let periods = now.since(lease.renewed) / RENEWAL_PERIOD;
        Some(lease.renewed + periods * RENEWAL_PERIOD)
    }

    /// Cuts the machine off. Says whether it was not.
    pub(crate) fn cut(&mut self, node: &str, now: Time) -> bool {
        let renewed = self.renewed(node, now);
        let lease = Rc::make_mut(&mut self.leases).get_mut(node);
        let (Some(lease), Some(renewed)) = (lease, renewed) else {
            return false;
        };
        let news = !lease.cut;
        lease.renewed = renewed;
        lease.cut = true;
        news
    }

    /// Ends the cut: the lease is renewed at once, and the kubelet looks after its pods from
    /// `awake`. Says whether the machine was cut off.
    pub(crate) fn heal(&mut self, node: &str, now: Time, awake: Time) -> bool {
        if !self.is_cut(node) {
            return false;
        }
        if let Some(lease) = Rc::make_mut(&mut self.leases).get_mut(node) {
            *lease = Lease {
                renewed: now,
                cut: false,
                awake,
            };
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_renewal_is_before_the_cut() {
        let check = |joined: u64, cut: u64, later: u64, renewed: u64| {
            let mut leases = Leases::default();
            leases.join(&"node-1".into(), Time::seconds(joined));
            assert!(leases.cut("node-1", Time::seconds(cut)));
            assert!(!leases.cut("node-1", Time::seconds(later)));
            let found = leases.renewed("node-1", Time::seconds(later));
            assert_eq!(found, Some(Time::seconds(renewed)));
        };
        check(0, 0, 100, 0);
        check(0, 9, 100, 0);
        check(0, 10, 100, 10);
        check(0, 37, 100, 30);
        check(3, 37, 100, 33);
    }

    #[test]
    fn healing_renews_at_once() {
        let mut leases = Leases::default();
        leases.join(&"node-1".into(), Time(0));
        let (cut, healed) = (Time::seconds(12), Time::seconds(77));
        assert!(!leases.heal("node-1", cut, cut));
        leases.cut("node-1", cut);
        assert_eq!(leases.awake("node-1"), None);
        assert!(leases.heal("node-1", healed, healed + 500));
        assert_eq!(leases.awake("node-1"), Some(healed + 500));
        let found = leases.renewed("node-1", Time::seconds(99));
        assert_eq!(found, Some(Time::seconds(97)));
        assert_eq!(leases.renewed("node-9", healed), None);
        assert!(!leases.cut("node-9", healed));
    }
}
