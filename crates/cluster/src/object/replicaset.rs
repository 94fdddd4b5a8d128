//! apps/v1 ReplicaSet.

use super::fields::object;
use super::meta::{Condition, LabelSelector, ObjectMeta};
use super::pod::PodTemplateSpec;

object! {
    /// apps/v1 ReplicaSet.
    pub struct ReplicaSet {
        pub metadata: ObjectMeta,
        pub spec: ReplicaSetSpec,
        pub status: ReplicaSetStatus,
    }

    /// apps/v1 ReplicaSetSpec.
    pub struct ReplicaSetSpec {
        pub min_ready_seconds: Option<i32>,
        pub replicas: Option<i32>,
        pub selector: Option<LabelSelector>,
        pub template: PodTemplateSpec,
    }

    /// apps/v1 ReplicaSetStatus.
    pub struct ReplicaSetStatus {
        pub available_replicas: i32 = omitempty,
        /// Only `ReplicaFailure`, while pods can't be created or deleted.
        pub conditions: Vec<Condition>,
        /// Pods that have all labels of the template.
        pub fully_labeled_replicas: i32 = omitempty,
        pub observed_generation: i64 = omitempty,
        pub ready_replicas: i32 = omitempty,
        /// Active pods: those that are neither finished nor being deleted.
        pub replicas: i32,
        /// Pods that are being deleted (v1.35).
        pub terminating_replicas: Option<i32>,
    }
}

impl ReplicaSet {
    /// `spec.replicas`, 1 if not given.
    pub fn replicas(&self) -> i32 {
        self.spec.replicas.unwrap_or(1)
    }

    /// `spec.minReadySeconds`, 0 if not given.
    pub fn min_ready_seconds(&self) -> i32 {
        self.spec.min_ready_seconds.unwrap_or(0)
    }
}
