//! What happens to machines and programs from outside: cables are cut and mended, programs crash.
//! reference/node-and-pod-lifecycle.md §5, §8.

use crate::agenda::Turn;
use crate::controller::node_lifecycle;
use crate::object::{Name, Pod, Resource};
use crate::step::{Actor, Reason, Step};
use crate::time::Time;
use crate::{Cluster, WATCH_LATENCY};

impl Cluster {
    /// Cuts a node off: its kubelet hears nothing and says nothing, and its processes run on.
    /// Nothing if there is no such machine, or if it is cut off already.
    pub fn partition(&mut self, node: &str) -> Option<Step> {
        if !self.kubelets.leases.cut(node, self.now) {
            return None;
        }
        let renewed = self.kubelets.leases.renewed(node, self.now)?;
        let noticed = node_lifecycle::silence_noticed(renewed, &self.config);
        self.agenda.wake(Turn::MonitorNodes, noticed.max(self.now));
        Some(self.external_step(Reason::NodeCutOff { node: node.into() }))
    }

    /// Ends a cut: the kubelet reports at once, and soon after compares what runs with what the
    /// API asks for. A node that was deleted meanwhile registers again. Nothing if the node is not
    /// cut off.
    pub fn heal(&mut self, node: &str) -> Option<Step> {
        let awake = self.now + self.config.kubelet.resync_ms;
        if !self.kubelets.leases.heal(node, self.now, awake) {
            return None;
        }
        let node: Name = node.into();
        let report = self.now + WATCH_LATENCY;
        self.agenda.wake(Turn::Heartbeat(node.clone()), report);
        let bound = self.store.list::<Pod>();
        let bound = bound.filter(|pod| pod.spec.node_name.as_deref() == Some(&*node));
        let mut pods = self.kubelets.on_node(&node);
        pods.extend(bound.map(|pod| (pod.name().into(), pod.metadata.uid.as_str().into())));
        for (pod, pod_uid) in pods {
            self.wake_kubelet(node.clone(), pod, pod_uid, awake);
        }
        Some(self.external_step(Reason::NodeHealed { node }))
    }

    /// Whether the node is cut off.
    pub fn is_partitioned(&self, node: &str) -> bool {
        self.kubelets.leases.is_cut(node)
    }

    /// When the node's kubelet last renewed its Lease; nothing if there is no such machine.
    pub fn lease_renewed(&self, node: &str) -> Option<Time> {
        self.kubelets.leases.renewed(node, self.now)
    }

    /// The program in the first container of a pod ends by itself with this exit code. Of several
    /// processes of one pod name it is that of the pod that the API knows. Nothing if none runs.
    pub fn crash(&mut self, pod: &str, exit_code: i32) -> Option<Step> {
        let known = self.store.get::<Pod>(pod);
        let known = known.map(|pod| pod.metadata.uid.clone());
        let look = self.now + self.config.kubelet.restart_ms;
        let pod: Name = pod.into();
        let (node, uid) = self
            .kubelets
            .crash(&pod, known.as_deref(), exit_code, self.now, look)?;
        self.wake_kubelet(node, pod.clone(), uid, self.now + WATCH_LATENCY);
        Some(self.external_step(Reason::ContainerCrashed { pod, exit_code }))
    }

    fn wake_kubelet(&mut self, node: Name, pod: Name, pod_uid: Name, at: Time) {
        let turn = Turn::Kubelet { node, pod, pod_uid };
        self.agenda.wake(turn, at);
    }

    fn external_step(&self, reason: Reason) -> Step {
        Step {
            time: self.now,
            actor: Actor::World,
            change: None,
            reason: reason.into(),
        }
    }
}
