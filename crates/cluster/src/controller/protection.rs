//! Claims stay while a pod uses them, volumes while a claim is bound to them:
//! reference/storage.md §7 (`pkg/controller/volume/{pvcprotection,pvprotection}`).

use super::Outcome;
use crate::apiserver::{Api, CLAIM_PROTECTION, VOLUME_PROTECTION};
use crate::object::{Kind, Name, PersistentVolume, PersistentVolumeClaim, Pod, Resource};
use crate::step::{Reason, Subject};

/// Releases a claim that is being deleted once no pod on a node refers to it.
pub(crate) fn claim_turn(name: &Name, api: &mut Api<'_>) -> Outcome {
    let Some(claim) = api.get::<PersistentVolumeClaim>(name) else {
        return Outcome::nothing();
    };
    if !claim.metadata.terminating() || !claim.metadata.has_finalizer(CLAIM_PROTECTION) {
        return Outcome::nothing();
    }
    let user = api.list::<Pod>().find(|pod| {
        pod.spec.node_name.is_some() && pod.claim_names().any(|claim| *claim == **name)
    });
    match user.map(|pod| Name::from(pod.name())) {
        Some(user) => Outcome::because(Reason::StillInUse {
            subject: Subject::new(PersistentVolumeClaim::KIND, name),
            user,
        }),
        None => release(Kind::PersistentVolumeClaim, name, CLAIM_PROTECTION, api),
    }
}

/// Releases a volume that is being deleted once it is not bound.
pub(crate) fn volume_turn(name: &Name, api: &mut Api<'_>) -> Outcome {
    let Some(volume) = api.get::<PersistentVolume>(name) else {
        return Outcome::nothing();
    };
    if !volume.metadata.terminating() || !volume.metadata.has_finalizer(VOLUME_PROTECTION) {
        return Outcome::nothing();
    }
    if volume.status.phase != "Bound" {
        return release(Kind::PersistentVolume, name, VOLUME_PROTECTION, api);
    }
    let claim = volume
        .spec
        .claim_ref
        .as_ref()
        .and_then(|reference| reference.name.as_deref());
    let user = claim.unwrap_or_default().into();
    Outcome::because(Reason::StillInUse {
        subject: Subject::new(PersistentVolume::KIND, name),
        user,
    })
}

fn release(kind: Kind, name: &Name, finalizer: &str, api: &mut Api<'_>) -> Outcome {
    let released = api.modify_metadata(kind, name, |metadata| {
        metadata.finalizers.retain(|present| present != finalizer);
    });
    match released {
        Ok(_) => Outcome::because(Reason::NoLongerInUse {
            subject: Subject::new(kind, name),
        }),
        Err(_) => Outcome::nothing(),
    }
}
