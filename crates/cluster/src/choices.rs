//! Where a real control plane chooses at random, a recording can say what it chose.
//!
//! Empty in every ordinary run. A replay of a recording sets, before the choice is due, which node
//! a pod or which volume a claim got; the choice is taken only if it is among the equally good ones.

use crate::map::Map;
use std::rc::Rc;

use crate::object::Name;

/// Recorded choices, by the name of the object they are for.
#[derive(Clone, Debug, Default)]
pub struct Choices {
    nodes: Rc<Map<Name, Name>>,
    volumes: Rc<Map<Name, Name>>,
    going: Rc<Vec<Name>>,
}

impl Choices {
    /// The next pod of this name goes to this node.
    pub fn choose_node(&mut self, pod: &str, node: &str) {
        Rc::make_mut(&mut self.nodes).insert(pod.into(), node.into());
    }

    /// The next claim of this name gets this volume.
    pub fn choose_volume(&mut self, claim: &str, volume: &str) {
        Rc::make_mut(&mut self.volumes).insert(claim.into(), volume.into());
    }

    /// Of pods of a ReplicaSet that nothing tells apart these go first, in this order.
    pub fn choose_going(&mut self, pods: Vec<Name>) {
        self.going = Rc::new(pods);
    }

    /// How late a pod goes among its equals.
    pub(crate) fn goes(&self, pod: &str) -> usize {
        let mut going = self.going.iter();
        going
            .position(|going| **going == *pod)
            .unwrap_or(usize::MAX)
    }

    pub(crate) fn node(&self, pod: &str) -> Option<&str> {
        self.nodes.get(pod).map(|node| &**node)
    }

    pub(crate) fn volume(&self, claim: &str) -> Option<&str> {
        self.volumes.get(claim).map(|volume| &**volume)
    }

    /// Claims that are to get the volume.
    pub(crate) fn takers<'a>(&'a self, volume: &'a str) -> impl Iterator<Item = &'a Name> {
        let chosen = self
            .volumes
            .iter()
            .filter(move |(_, chosen)| &***chosen == volume);
        chosen.map(|(claim, _)| claim)
    }
}
