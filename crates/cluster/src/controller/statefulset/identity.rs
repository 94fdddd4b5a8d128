//! Who a pod of a StatefulSet is: reference/statefulset-controller.md §4 and §5
//! (`pkg/controller/statefulset/stateful_set_utils.go`).

use crate::object::pod::PersistentVolumeClaimVolumeSource;
use crate::object::volume::PersistentVolumeClaimStatus;
use crate::object::{
    Kind, ObjectMeta, OwnerReference, PersistentVolumeClaim, Pod, PodTemplateSpec, StatefulSet,
    Volume,
};
use crate::{Config, Version};

/// The pod's own name as a label, so that a Service can select one pod.
pub(crate) const POD_NAME_LABEL: &str = "statefulset.kubernetes.io/pod-name";
/// The ordinal as a label (v1.28).
const POD_INDEX_LABEL: &str = "apps.kubernetes.io/pod-index";
/// Name of the revision that the pod was made from.
pub(crate) const REVISION_LABEL: &str = "controller-revision-hash";

/// The name of the pod with this ordinal.
pub(crate) fn pod_name(set: &StatefulSet, ordinal: i32) -> String {
    format!("{}-{ordinal}", set.metadata.name)
}

/// Set and ordinal that a pod's name spells: `(.*)-([0-9]+)$`, greedy. An ordinal that is too large
/// for 32 bits is −1.
pub fn parent_and_ordinal(pod: &str) -> Option<(&str, i32)> {
    let (parent, digits) = pod.rsplit_once('-')?;
    let all_digits = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    all_digits.then(|| (parent, digits.parse().unwrap_or(-1)))
}

/// The ordinal of a pod of this set; `None` if the name is not one of the set's.
pub(crate) fn ordinal_in(set: &StatefulSet, pod: &str) -> Option<i32> {
    let (parent, ordinal) = parent_and_ordinal(pod)?;
    (parent == set.metadata.name && ordinal >= 0).then_some(ordinal)
}

/// The name of the claim made from a template for the pod with this ordinal.
pub(crate) fn claim_name(
    set: &StatefulSet,
    template: &PersistentVolumeClaim,
    ordinal: i32,
) -> String {
    format!("{}-{}-{ordinal}", template.metadata.name, set.metadata.name)
}

/// Names of the claims made from the set's templates for this pod.
pub(super) fn claims_of<'a>(set: &'a StatefulSet, pod: &Pod) -> impl Iterator<Item = String> + 'a {
    let ordinal = ordinal_in(set, &pod.metadata.name);
    let templates = set.spec.volume_claim_templates.iter();
    templates.filter_map(move |template| Some(claim_name(set, template, ordinal?)))
}

/// The name of the revision a pod was made from; empty if it carries none.
pub(crate) fn revision_of(pod: &Pod) -> &str {
    pod.metadata
        .labels
        .get(REVISION_LABEL)
        .map_or("", String::as_str)
}

/// A new pod: the template, dressed with the identity of the ordinal.
pub(crate) fn new_pod(
    set: &StatefulSet,
    template: &PodTemplateSpec,
    ordinal: i32,
    revision: &str,
    config: &Config,
) -> Pod {
    let name = pod_name(set, ordinal);
    let mut pod = Pod {
        metadata: ObjectMeta {
            name: name.clone(),
            generate_name: Some(format!("{}-", set.metadata.name)),
            labels: template.metadata.labels.clone(),
            annotations: template.metadata.annotations.clone(),
            finalizers: template.metadata.finalizers.clone(),
            owner_references: vec![owner(set)],
            ..ObjectMeta::default()
        },
        spec: template.spec.clone(),
        ..Pod::default()
    };
    pod.spec.hostname = Some(name);
    pod.spec.subdomain = Some(set.service_name().to_owned()).filter(|name| !name.is_empty());
    dress(set, &mut pod, ordinal, config);
    pod.metadata
        .labels
        .insert(REVISION_LABEL.to_owned(), revision.to_owned());
    pod
}

/// The reference by which the set owns what it made.
pub(crate) fn owner(set: &StatefulSet) -> OwnerReference {
    OwnerReference::controller(Kind::StatefulSet, &set.metadata.name, &set.metadata.uid)
}

/// Gives the pod the labels and the claims of its ordinal (`updateIdentity`, `updateStorage`).
pub(crate) fn dress(set: &StatefulSet, pod: &mut Pod, ordinal: i32, config: &Config) {
    pod.metadata
        .labels
        .insert(POD_NAME_LABEL.to_owned(), pod_name(set, ordinal));
    if config.version >= Version::V1_28 {
        pod.metadata
            .labels
            .insert(POD_INDEX_LABEL.to_owned(), ordinal.to_string());
    }
    let claimed = set
        .spec
        .volume_claim_templates
        .iter()
        .map(|template| Volume {
            name: template.metadata.name.clone(),
            persistent_volume_claim: Some(PersistentVolumeClaimVolumeSource {
                claim_name: claim_name(set, template, ordinal),
                read_only: None,
            }),
            ..Volume::default()
        });
    let mut volumes: Vec<Volume> = claimed.collect();
    let own = |volume: &Volume| {
        set.spec
            .volume_claim_templates
            .iter()
            .any(|t| t.metadata.name == volume.name)
    };
    volumes.extend(
        pod.spec
            .volumes
            .iter()
            .filter(|volume| !own(volume))
            .cloned(),
    );
    pod.spec.volumes = volumes;
}

/// Whether label and claims fit the ordinal (`identityMatches`, `storageMatches`).
pub(crate) fn matches(set: &StatefulSet, pod: &Pod, ordinal: i32) -> bool {
    pod.metadata.labels.get(POD_NAME_LABEL).map(String::as_str) == Some(&pod.metadata.name)
        && set.spec.volume_claim_templates.iter().all(|template| {
            let wanted = claim_name(set, template, ordinal);
            pod.spec.volumes.iter().any(|volume| {
                volume.name == template.metadata.name
                    && volume
                        .persistent_volume_claim
                        .as_ref()
                        .is_some_and(|s| s.claim_name == wanted)
            })
        })
}

/// A new claim for the ordinal.
pub(crate) fn new_claim(
    set: &StatefulSet,
    template: &PersistentVolumeClaim,
    ordinal: i32,
) -> PersistentVolumeClaim {
    let mut claim = template.clone();
    claim.api_version = None;
    claim.kind = None;
    claim.status = PersistentVolumeClaimStatus::default();
    claim.metadata.name = claim_name(set, template, ordinal);
    if let Some(selector) = &set.spec.selector {
        claim.metadata.labels.extend(selector.match_labels.clone());
    }
    claim
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parent_and_ordinal_are_in_the_name() {
        let check = |name, expected| assert_eq!(parent_and_ordinal(name), expected, "{name}");
        check("web-0", Some(("web", 0)));
        check("a-b-10", Some(("a-b", 10)));
        check("web-0-1", Some(("web-0", 1)));
        check("web", None);
        check("web-", None);
        check("web-x1", None);
        check("web-99999999999", Some(("web", -1)));
    }
}
