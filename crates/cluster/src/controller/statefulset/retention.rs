//! Who owns the claims of a pod: reference/statefulset-controller.md §5.1
//! (`pkg/controller/statefulset/stateful_set_utils.go`).
//!
//! The controller only writes owner references; the garbage collector deletes the claims.

use super::identity;
use crate::object::{Kind, OwnerReference, PersistentVolumeClaim, Pod, StatefulSet};
use crate::sort::sort;
use crate::{Config, Version};

/// `spec.persistentVolumeClaimRetentionPolicy`: what is deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Policy {
    when_scaled: bool,
    when_deleted: bool,
}

fn policy(set: &StatefulSet, config: &Config) -> Policy {
    let given = set.spec.persistent_volume_claim_retention_policy.as_ref();
    let given = given.filter(|_| config.version >= Version::V1_27);
    let deletes = |word: Option<&String>| word.is_some_and(|word| word == "Delete");
    Policy {
        when_scaled: deletes(given.and_then(|policy| policy.when_scaled.as_ref())),
        when_deleted: deletes(given.and_then(|policy| policy.when_deleted.as_ref())),
    }
}

/// The owners that a claim should have, or nothing if it has them already
/// (`isClaimOwnerUpToDate`, `updateClaimOwnerRefForSetAndPod`). The pod has no uid if it is only
/// about to be created.
pub(super) fn owners(
    claim: &PersistentVolumeClaim,
    set: &StatefulSet,
    pod: &Pod,
    config: &Config,
) -> Option<Vec<OwnerReference>> {
    let (set_uid, pod_uid) = (&set.metadata.uid, &pod.metadata.uid);
    let refs = &claim.metadata.owner_references;
    // Left by an earlier set or pod of the name: the garbage collector's affair.
    let stale = |owner: &OwnerReference| {
        (names_set(owner, set) && owner.uid != *set_uid)
            || (names_pod(owner, pod) && owner.uid != *pod_uid)
    };
    if refs.iter().any(stale) {
        return None;
    }
    let mut wanted: Vec<OwnerReference> = refs
        .iter()
        .filter(|owner| !names_set(owner, set) && !names_pod(owner, pod))
        .cloned()
        .collect();
    if !conflicts(claim, set, pod, config) {
        wanted.extend(controller(set, pod, policy(set, config)));
    }
    let order = |refs: &[OwnerReference]| {
        let mut keys: Vec<(String, bool)> = refs
            .iter()
            .map(|owner| (owner.uid.clone(), owner.controller == Some(true)))
            .collect();
        sort(&mut keys);
        keys
    };
    (order(&wanted) != order(refs)).then_some(wanted)
}

/// The owner that the policy asks for: the table of §5.1.
fn controller(set: &StatefulSet, pod: &Pod, policy: Policy) -> Option<OwnerReference> {
    let condemned = policy.when_scaled && !in_range(set, &pod.metadata.name);
    if condemned {
        let metadata = &pod.metadata;
        let owner = OwnerReference::controller(Kind::Pod, &metadata.name, &metadata.uid);
        return Some(owner);
    }
    policy.when_deleted.then(|| identity::owner(set))
}

fn in_range(set: &StatefulSet, pod: &str) -> bool {
    let start = set.start_ordinal();
    identity::ordinal_in(set, pod)
        .is_some_and(|ordinal| ordinal >= start && ordinal - start < set.replicas())
}

/// Whether something else manages the claim, so that the policy is ignored for it
/// (`hasUnexpectedController`).
pub(super) fn conflicts(
    claim: &PersistentVolumeClaim,
    set: &StatefulSet,
    pod: &Pod,
    config: &Config,
) -> bool {
    let policy = policy(set, config);
    if !policy.when_scaled && !policy.when_deleted {
        return false;
    }
    claim.metadata.owner_references.iter().any(|owner| {
        if names_set(owner, set) {
            owner.uid != set.metadata.uid
        } else if names_pod(owner, pod) {
            owner.uid != pod.metadata.uid
        } else {
            owner.controller == Some(true)
        }
    })
}

/// Whether the claim belongs to an earlier pod of the name and is about to be deleted with it
/// (`PodClaimIsStale`): no new pod until it is gone.
pub(super) fn is_stale(
    claim: &PersistentVolumeClaim,
    set: &StatefulSet,
    pod: &Pod,
    config: &Config,
) -> bool {
    policy(set, config).when_scaled
        && claim
            .metadata
            .owner_references
            .iter()
            .any(|owner| names_pod(owner, pod) && owner.uid != pod.metadata.uid)
}

fn names_set(owner: &OwnerReference, set: &StatefulSet) -> bool {
    owner.kind == Kind::StatefulSet.name()
        && owner.api_version == Kind::StatefulSet.api_version()
        && owner.name == set.metadata.name
}

fn names_pod(owner: &OwnerReference, pod: &Pod) -> bool {
    owner.kind == Kind::Pod.name()
        && owner.api_version == Kind::Pod.api_version()
        && owner.name == pod.metadata.name
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object::statefulset::StatefulSetPersistentVolumeClaimRetentionPolicy;

    fn set(when_scaled: &str, when_deleted: &str) -> StatefulSet {
        let mut set = StatefulSet::default();
        set.metadata.name = "web".to_owned();
        set.metadata.uid = "set-1".to_owned();
        set.spec.replicas = Some(2);
        set.spec.persistent_volume_claim_retention_policy =
            Some(StatefulSetPersistentVolumeClaimRetentionPolicy {
                when_deleted: Some(when_deleted.to_owned()),
                when_scaled: Some(when_scaled.to_owned()),
            });
        set
    }

    fn pod(name: &str) -> Pod {
        let mut pod = Pod::default();
        pod.metadata.name = name.to_owned();
        pod.metadata.uid = "pod-1".to_owned();
        pod
    }

    fn claim(owners: &[&str]) -> PersistentVolumeClaim {
        let mut claim = PersistentVolumeClaim::default();
        claim.metadata.owner_references = owners.iter().map(|owner| reference(owner)).collect();
        claim
    }

    /// `Kind/name/uid`, with a `~` at the end if it is not the managing owner.
    fn reference(text: &str) -> OwnerReference {
        let plain = text.strip_suffix('~');
        let parts: Vec<&str> = plain.unwrap_or(text).split('/').collect();
        let kind = Kind::ALL.iter().find(|kind| kind.name() == parts[0]);
        let mut owner = OwnerReference::controller(*kind.unwrap(), parts[1], parts[2]);
        owner.controller = Some(plain.is_none());
        owner
    }

    /// The table of §5.1, and what its numbered rules add.
    #[test]
    fn owners_follow_the_policy() {
        let check =
            |policy: (&str, &str), name: &str, present: &[&str], expected: Option<&[&str]>| {
                let found = owners(
                    &claim(present),
                    &set(policy.0, policy.1),
                    &pod(name),
                    &Config::default(),
                );
                let expected =
                    expected.map(|list| list.iter().map(|o| reference(o)).collect::<Vec<_>>());
                assert_eq!(found, expected, "{policy:?} {name} {present:?}");
            };
        const SET: &str = "StatefulSet/web/set-1";
        const POD0: &str = "Pod/web-0/pod-1";
        const POD5: &str = "Pod/web-5/pod-1";
        let (keep, delete) = ("Retain", "Delete");
        // Whole table: in range, out of range.
        check((keep, keep), "web-0", &[], None);
        check((keep, keep), "web-5", &[], None);
        check((keep, delete), "web-0", &[], Some(&[SET]));
        check((keep, delete), "web-5", &[], Some(&[SET]));
        check((delete, keep), "web-0", &[], None);
        check((delete, keep), "web-5", &[], Some(&[POD5]));
        check((delete, delete), "web-0", &[], Some(&[SET]));
        check((delete, delete), "web-5", &[SET], Some(&[POD5]));
        // Up to date.
        check((keep, delete), "web-0", &[SET], None);
        check((delete, delete), "web-5", &[POD5], None);
        // A changed policy: what it no longer asks for goes.
        check((keep, keep), "web-0", &[SET], Some(&[]));
        check((keep, delete), "web-0", &[POD0], Some(&[SET]));
        check((delete, keep), "web-0", &[POD0], Some(&[]));
        // Rule 1: plain references are rewritten.
        check(
            (keep, delete),
            "web-0",
            &["StatefulSet/web/set-1~"],
            Some(&[SET]),
        );
        // Rule 3: stale references are left alone.
        check((delete, delete), "web-5", &["Pod/web-5/pod-0"], None);
        check((keep, delete), "web-0", &["StatefulSet/web/set-0"], None);
        // Rule 4: another manager; ours go.
        check((keep, delete), "web-0", &["Service/x/1"], None);
        check(
            (keep, delete),
            "web-0",
            &["Service/x/1", SET],
            Some(&["Service/x/1"]),
        );
        // Another owner that manages nothing stays.
        check(
            (keep, delete),
            "web-0",
            &["Pod/x/1~"],
            Some(&["Pod/x/1~", SET]),
        );
    }

    #[test]
    fn claims_of_earlier_pods_are_stale() {
        let check = |when_scaled: &str, owner: &str, expected| {
            let set = set(when_scaled, "Retain");
            let found = is_stale(&claim(&[owner]), &set, &pod("web-1"), &Config::default());
            assert_eq!(found, expected, "{when_scaled} {owner}");
        };
        check("Delete", "Pod/web-1/pod-0", true);
        check("Delete", "Pod/web-1/pod-1", false);
        check("Delete", "Pod/web-0/pod-0", false);
        check("Retain", "Pod/web-1/pod-0", false);
    }
}
