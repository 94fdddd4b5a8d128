//! apps/v1 StatefulSet and ControllerRevision.

use serde_json::Value;

use super::fields::object;
use super::meta::{Condition, LabelSelector, ObjectMeta, Other};
use super::pod::PodTemplateSpec;
use super::volume::PersistentVolumeClaim;

object! {
    /// apps/v1 StatefulSet.
    pub struct StatefulSet {
        pub metadata: ObjectMeta,
        pub spec: StatefulSetSpec,
        pub status: StatefulSetStatus,
    }

    /// apps/v1 StatefulSetSpec.
    pub struct StatefulSetSpec {
        pub min_ready_seconds: Option<i32>,
        pub ordinals: Option<StatefulSetOrdinals>,
        pub persistent_volume_claim_retention_policy: Option<StatefulSetPersistentVolumeClaimRetentionPolicy>,
        /// `OrderedReady` or `Parallel`.
        pub pod_management_policy: Option<String>,
        pub replicas: Option<i32>,
        pub revision_history_limit: Option<i32>,
        pub selector: Option<LabelSelector>,
        pub service_name: Option<String>,
        pub template: PodTemplateSpec,
        pub update_strategy: StatefulSetUpdateStrategy,
        pub volume_claim_templates: Vec<PersistentVolumeClaim>,
    }

    /// apps/v1 StatefulSetOrdinals.
    pub struct StatefulSetOrdinals {
        pub start: i32,
    }

    /// apps/v1 StatefulSetPersistentVolumeClaimRetentionPolicy: `Retain` or `Delete`.
    pub struct StatefulSetPersistentVolumeClaimRetentionPolicy {
        pub when_deleted: Option<String>,
        pub when_scaled: Option<String>,
    }

    /// apps/v1 StatefulSetUpdateStrategy.
    pub struct StatefulSetUpdateStrategy {
        pub rolling_update: Option<RollingUpdateStatefulSetStrategy>,
        /// `RollingUpdate` or `OnDelete`.
        pub r#type: Option<String>,
    }

    /// apps/v1 RollingUpdateStatefulSetStrategy.
    pub struct RollingUpdateStatefulSetStrategy {
        pub partition: Option<i32>,
        pub other: Other = rest,
    }

    /// apps/v1 StatefulSetStatus.
    pub struct StatefulSetStatus {
        pub available_replicas: Option<i32>,
        pub collision_count: Option<i32>,
        /// No component writes any; whoever writes the subresource `status` can.
        pub conditions: Vec<Condition>,
        pub current_replicas: i32 = omitempty,
        pub current_revision: Option<String>,
        pub observed_generation: i64 = omitempty,
        pub ready_replicas: i32 = omitempty,
        pub replicas: i32,
        pub update_revision: Option<String>,
        pub updated_replicas: i32 = omitempty,
    }
}

impl StatefulSet {
    /// `spec.replicas`, 1 if not given.
    pub fn replicas(&self) -> i32 {
        self.spec.replicas.unwrap_or(1)
    }

    /// The first ordinal: `spec.ordinals.start`, 0 if not given.
    pub fn start_ordinal(&self) -> i32 {
        self.spec
            .ordinals
            .as_ref()
            .map_or(0, |ordinals| ordinals.start)
    }

    /// Whether `podManagementPolicy` is `OrderedReady` ("monotonic" upstream).
    pub fn ordered(&self) -> bool {
        self.spec.pod_management_policy.as_deref() != Some("Parallel")
    }

    /// Whether `updateStrategy.type` is `OnDelete`.
    pub fn updates_on_delete(&self) -> bool {
        self.spec.update_strategy.r#type.as_deref() == Some("OnDelete")
    }

    /// How many ordinals, from the first, a rolling update leaves alone; at least 0.
    pub fn partition(&self) -> i32 {
        let rolling_update = self.spec.update_strategy.rolling_update.as_ref();
        let partition = rolling_update.and_then(|rolling_update| rolling_update.partition);
        partition.unwrap_or(0).max(0)
    }

    /// How many pods a rolling update may leave unavailable: 1, unless `maxUnavailable` is more; of
    /// a percentage of the replicas the whole pods. With the gate MaxUnavailableStatefulSet.
    pub fn max_unavailable(&self) -> i32 {
        let rolling_update = self.spec.update_strategy.rolling_update.as_ref();
        let given = rolling_update.and_then(|rolling| rolling.other.get("maxUnavailable"));
        let percent = given.and_then(|given| given.as_str()?.strip_suffix('%')?.parse().ok());
        let pods = match percent {
            Some(percent) => i64::from(self.replicas()).saturating_mul(percent) / 100,
            None => given.and_then(Value::as_i64).unwrap_or(1),
        };
        i32::try_from(pods).unwrap_or(i32::MAX).max(1)
    }

    /// `spec.minReadySeconds`, 0 if not given.
    pub fn min_ready_seconds(&self) -> i32 {
        self.spec.min_ready_seconds.unwrap_or(0)
    }

    /// Name of the governing Service; empty if there is none.
    pub fn service_name(&self) -> &str {
        self.spec.service_name.as_deref().unwrap_or_default()
    }
}

object! {
    /// apps/v1 ControllerRevision: one state of a StatefulSet's pod template.
    pub struct ControllerRevision {
        pub data: Value,
        pub metadata: ObjectMeta,
        pub revision: i64,
    }
}
