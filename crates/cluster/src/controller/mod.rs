//! The controllers: each watches some objects and moves the cluster towards what they ask for.
//! They meet only in objects; none calls another.

pub(crate) mod endpoint_slices;
pub(crate) mod endpoints;
pub(crate) mod garbage_collector;
pub(crate) mod node_lifecycle;
pub(crate) mod pod_gc;
pub(crate) mod protection;
pub(crate) mod provisioner;
pub(crate) mod recycler;
pub(crate) mod replicaset;
pub mod statefulset;
pub(crate) mod taint_eviction;
pub(crate) mod volume_binder;

use std::rc::Rc;

use crate::step::Reason;

/// What a component's turn came to. The write, if there was one, is in [`crate::apiserver::Api`].
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Why it wrote, or waits; nothing if there was nothing to do.
    pub(crate) reason: Option<Rc<Reason>>,
    /// Milliseconds until the component wants the same turn again.
    pub(crate) again: Option<u64>,
}

impl Outcome {
    /// There was nothing to do.
    pub(crate) fn nothing() -> Outcome {
        Outcome::default()
    }

    /// It wrote, or waits, for this reason.
    pub(crate) fn because(reason: impl Into<Rc<Reason>>) -> Outcome {
        Outcome {
            reason: Some(reason.into()),
            again: None,
        }
    }

    /// It wants the same turn again in so many milliseconds.
    pub(crate) fn again(mut self, milliseconds: u64) -> Outcome {
        self.again = Some(milliseconds);
        self
    }

    /// It wants the same turn again, under a condition.
    pub(crate) fn again_if(self, wanted: bool, milliseconds: u64) -> Outcome {
        if wanted {
            self.again(milliseconds)
        } else {
            self
        }
    }
}
