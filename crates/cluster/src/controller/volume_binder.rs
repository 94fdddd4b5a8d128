//! The persistent volume controller, for volumes that are there already: it finds a volume for each
//! claim, binds the two in four writes, and notices when one of them is gone.
//! reference/storage.md §2, §3, §5, §6 (`pkg/controller/volume/persistentvolume/pv_controller.go`).

use std::rc::Rc;

use super::Outcome;
use super::recycler::Recycler;
use crate::apiserver::{Api, DeleteOptions};
use crate::choices::Choices;
use crate::object::{
    Name, PersistentVolume, PersistentVolumeClaim, reference_to, volume::ObjectReference,
};
use crate::random::Random;
use crate::recorder::Tone;
use crate::step::{Actor, Reason};
use crate::store::Store;

const ACTOR: Actor = Actor::PersistentVolumeController;
const BIND_COMPLETED: &str = "pv.kubernetes.io/bind-completed";
const BOUND_BY_CONTROLLER: &str = "pv.kubernetes.io/bound-by-controller";

/// Milliseconds between looks at everything that still waits (`PVClaimBinderSyncPeriod`).
pub(crate) const RESYNC_PERIOD: u64 = 15_000;

/// Milliseconds between two writes about one binding.
const WRITE_LATENCY: u64 = 6;

/// One turn about a volume: its phase follows its claim.
pub(crate) fn volume_turn(name: &Name, api: &mut Api<'_>, recycler: &mut Recycler) -> Outcome {
    let Some(volume) = api.get::<PersistentVolume>(name).cloned() else {
        return Outcome::nothing();
    };
    let Some(reference) = &volume.spec.claim_ref else {
        return set_phase(
            api,
            &volume,
            "Available",
            Reason::VolumeIsFree {
                volume: name.clone(),
            },
        );
    };
    // A volume reserved by name only waits for its claim.
    let Some(uid) = &reference.uid else {
        return set_phase(
            api,
            &volume,
            "Available",
            Reason::VolumeIsFree {
                volume: name.clone(),
            },
        );
    };
    let claim = reference
        .name
        .as_deref()
        .and_then(|claim| api.get::<PersistentVolumeClaim>(claim));
    match claim.filter(|claim| claim.metadata.uid == *uid).cloned() {
        Some(claim) => {
            let claim_name: Name = claim.metadata.name.as_str().into();
            let reason = Reason::BindingGoesOn {
                claim: claim_name,
                volume: name.clone(),
            };
            set_phase(api, &volume, "Bound", reason)
        }
        None if matches!(volume.status.phase.as_str(), "Released" | "Failed") => {
            reclaim(api, &volume, recycler)
        }
        None => {
            let reason = Reason::ClaimIsGone {
                volume: name.clone(),
            };
            set_phase(api, &volume, "Released", reason).again(WRITE_LATENCY)
        }
    }
}

fn set_phase(api: &mut Api<'_>, volume: &PersistentVolume, phase: &str, reason: Reason) -> Outcome {
    if volume.status.phase == phase {
        return Outcome::nothing();
    }
    match api
        .modify::<PersistentVolume>(&volume.metadata.name, |v| v.status.phase = phase.to_owned())
    {
        Ok(_) => Outcome::because(reason),
        Err(_) => Outcome::nothing().again(WRITE_LATENCY),
    }
}

/// What happens to a volume whose claim is gone: reference/storage.md §6.
fn reclaim(api: &mut Api<'_>, volume: &PersistentVolume, recycler: &mut Recycler) -> Outcome {
    let name = &volume.metadata.name;
    match volume.spec.persistent_volume_reclaim_policy.as_deref() {
        _ if volume.metadata.terminating() => Outcome::nothing(),
        Some("Recycle") => recycler.turn(volume, api),
        Some("Delete") => match api.delete::<PersistentVolume>(name, &DeleteOptions::default()) {
            Ok(_) => Outcome::because(Reason::Reclaimed {
                volume: name.as_str().into(),
                policy: "Delete".to_owned(),
            }),
            Err(_) => Outcome::nothing(),
        },
        _ => Outcome::nothing(),
    }
}

/// One turn about a claim: finds it a volume, or makes the next write of its binding.
pub(crate) fn claim_turn(
    name: &Name,
    api: &mut Api<'_>,
    choices: &Choices,
    random: &mut Random,
) -> Outcome {
    let Some(claim) = api.get::<PersistentVolumeClaim>(name).cloned() else {
        return Outcome::nothing();
    };
    if claim.bind_completed() {
        return sync_bound(&claim, api);
    }
    if let Some(wanted) = claim.volume_name().map(str::to_owned) {
        return sync_named(&claim, &wanted, api);
    }
    match find_volume(&claim, api.store, choices, random) {
        Some((volume, why)) => bind(&claim, &volume, why, api),
        None => no_volume(&claim, api),
    }
}

/// Says that nothing fits, and is asked again at the next resync.
fn no_volume(claim: &PersistentVolumeClaim, api: &mut Api<'_>) -> Outcome {
    let name: Name = claim.metadata.name.as_str().into();
    let message = "no persistent volumes available for this claim and no storage class is set";
    if claim
        .spec
        .storage_class_name
        .as_deref()
        .unwrap_or_default()
        .is_empty()
    {
        api.record(
            &ACTOR,
            claim,
            Tone::Normal,
            "FailedBinding",
            message.to_owned(),
        );
    } else {
        let class = claim.spec.storage_class_name.as_deref().unwrap_or_default();
        let message = format!("storageclass.storage.k8s.io \"{class}\" not found");
        api.record(&ACTOR, claim, Tone::Warning, "ProvisioningFailed", message);
    }
    Outcome::because(Reason::NoVolumeFits { claim: name })
}

/// The four writes: claimRef on the volume, its phase, volumeName on the claim, its phase. Each
/// turn makes the first one that is missing (surprise 14 of the recordings).
fn bind(
    claim: &Rc<PersistentVolumeClaim>,
    volume: &Rc<PersistentVolume>,
    why: Reason,
    api: &mut Api<'_>,
) -> Outcome {
    let names = (&claim.metadata.name, &volume.metadata.name);
    let goes_on = Reason::BindingGoesOn {
        claim: names.0.as_str().into(),
        volume: names.1.as_str().into(),
    };
    let reserved = volume
        .spec
        .claim_ref
        .as_ref()
        .is_some_and(|r| r.uid.is_some());
    let written = if !reserved {
        let chosen = volume.spec.claim_ref.is_none();
        api.modify::<PersistentVolume>(names.1, |volume| {
            volume.spec.claim_ref = Some(claim_reference(claim));
            if chosen {
                let annotations = &mut volume.metadata.annotations;
                annotations.insert(BOUND_BY_CONTROLLER.to_owned(), "yes".to_owned());
            }
        })
        .map(|_| why)
    } else if volume.status.phase != "Bound" {
        api.modify::<PersistentVolume>(names.1, |v| v.status.phase = "Bound".to_owned())
            .map(|_| goes_on)
    } else {
        let chosen = claim.spec.volume_name.is_none();
        api.modify::<PersistentVolumeClaim>(names.0, |claim| {
            claim.spec.volume_name = Some(names.1.clone());
            let annotations = &mut claim.metadata.annotations;
            annotations.insert(BIND_COMPLETED.to_owned(), "yes".to_owned());
            if chosen {
                annotations.insert(BOUND_BY_CONTROLLER.to_owned(), "yes".to_owned());
            }
        })
        .map(|_| goes_on)
    };
    match written {
        Ok(reason) => Outcome::because(reason).again(WRITE_LATENCY),
        Err(_) => Outcome::nothing().again(WRITE_LATENCY),
    }
}

fn claim_reference(claim: &PersistentVolumeClaim) -> ObjectReference {
    reference_to(claim)
}

/// The claim names its volume: the last write, or the volume is lost.
fn sync_bound(claim: &PersistentVolumeClaim, api: &mut Api<'_>) -> Outcome {
    let claim_name: Name = claim.metadata.name.as_str().into();
    let volume_name: Name = claim.volume_name().unwrap_or_default().into();
    let Some(volume) = api.get::<PersistentVolume>(&volume_name).cloned() else {
        if claim.status.phase == "Lost" {
            return Outcome::nothing();
        }
        let message = "Bound claim has lost its PersistentVolume. Data on the volume is lost!";
        api.record(
            &ACTOR,
            claim,
            Tone::Warning,
            "ClaimLost",
            message.to_owned(),
        );
        let lost = api.modify::<PersistentVolumeClaim>(&claim_name, |claim| {
            claim.status.phase = "Lost".to_owned();
            claim.status.capacity.clear();
            claim.status.access_modes.clear();
        });
        return match lost {
            Ok(_) => Outcome::because(Reason::VolumeIsLost {
                claim: claim_name,
                volume: volume_name,
            }),
            Err(_) => Outcome::nothing(),
        };
    };
    let reason = Reason::BindingGoesOn {
        claim: claim_name.clone(),
        volume: volume_name,
    };
    let before = api.store.version();
    let written = api.modify::<PersistentVolumeClaim>(&claim_name, |claim| {
        claim.status.phase = "Bound".to_owned();
        claim
            .status
            .access_modes
            .clone_from(&volume.spec.access_modes);
        claim.status.capacity.clone_from(&volume.spec.capacity);
    });
    match written {
        Ok(_) if api.store.version() != before => Outcome::because(reason),
        _ => Outcome::nothing(),
    }
}

/// The claim asks for one volume by name: reference/storage.md §2, end.
fn sync_named(claim: &Rc<PersistentVolumeClaim>, wanted: &str, api: &mut Api<'_>) -> Outcome {
    let Some(volume) = api.get::<PersistentVolume>(wanted).cloned() else {
        return Outcome::because(Reason::NoVolumeFits {
            claim: claim.metadata.name.as_str().into(),
        });
    };
    let names = (claim.metadata.name.as_str().into(), Name::from(wanted));
    let free = volume.spec.claim_ref.is_none();
    if !free && !volume.reserved_for(claim) {
        let message = format!("volume \"{wanted}\" already bound to a different claim.");
        api.record(&ACTOR, &**claim, Tone::Warning, "FailedBinding", message);
        return Outcome::because(Reason::NoVolumeFits { claim: names.0 });
    }
    if free && let Some(why) = mismatch(claim, &volume) {
        let message = format!("Cannot bind to requested volume \"{wanted}\": {why}");
        api.record(&ACTOR, &**claim, Tone::Warning, "VolumeMismatch", message);
        return Outcome::because(Reason::NoVolumeFits { claim: names.0 });
    }
    bind(
        claim,
        &volume,
        Reason::Reserved {
            claim: names.0,
            volume: names.1,
        },
        api,
    )
}

fn mismatch(claim: &PersistentVolumeClaim, volume: &PersistentVolume) -> Option<&'static str> {
    if volume.storage_bytes() < claim.requested_bytes() {
        Some("requested PV is too small")
    } else if class_of(volume.spec.storage_class_name.as_ref())
        != class_of(claim.spec.storage_class_name.as_ref())
    {
        Some("storageClassName does not match")
    } else if volume.volume_mode() != claim.volume_mode() {
        Some("incompatible volumeMode")
    } else if !allows_modes(volume, claim) {
        Some("incompatible accessMode")
    } else {
        None
    }
}

fn class_of(name: Option<&String>) -> &str {
    name.map_or("", String::as_str)
}

fn allows_modes(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> bool {
    claim
        .spec
        .access_modes
        .iter()
        .all(|mode| volume.spec.access_modes.contains(mode))
}

/// The volume for a claim: one that names it already, else the smallest free one that fits, taken
/// from those with the fewest access modes. Among equals it is arbitrary (reference/storage.md §2).
fn find_volume(
    claim: &PersistentVolumeClaim,
    store: &Store,
    choices: &Choices,
    random: &mut Random,
) -> Option<(Rc<PersistentVolume>, Reason)> {
    let name: Name = claim.metadata.name.as_str().into();
    let alive = |volume: &&Rc<PersistentVolume>| !volume.metadata.terminating();
    if let Some(volume) = store
        .list::<PersistentVolume>()
        .filter(alive)
        .find(|volume| volume.reserved_for(claim))
    {
        let reason = Reason::Reserved {
            claim: name,
            volume: volume.metadata.name.as_str().into(),
        };
        return Some((Rc::clone(volume), reason));
    }
    let fits = |volume: &&Rc<PersistentVolume>| {
        volume.spec.claim_ref.is_none()
            && volume.status.phase == "Available"
            && mismatch(claim, volume).is_none()
            && claim
                .spec
                .selector
                .as_ref()
                .is_none_or(|s| s.matches(&volume.metadata.labels))
    };
    let size = |volume: &PersistentVolume| (volume.spec.access_modes.len(), volume.storage_bytes());
    let fitting: Vec<_> = store
        .list::<PersistentVolume>()
        .filter(alive)
        .filter(fits)
        .collect();
    let best = fitting.iter().map(|volume| size(volume)).min()?;
    let equals: Vec<_> = fitting
        .into_iter()
        .filter(|volume| size(volume) == best)
        .collect();
    let chosen = choices
        .volume(&name)
        .and_then(|wanted| equals.iter().find(|volume| volume.metadata.name == wanted));
    let chosen = match chosen {
        Some(volume) => volume,
        None => equals[random.below(u32::try_from(equals.len()).unwrap_or(1)) as usize],
    };
    let reason = Reason::SmallestFit {
        claim: name,
        volume: chosen.metadata.name.as_str().into(),
    };
    Some((Rc::clone(chosen), reason))
}

/// Volumes that wait to be emptied.
pub(crate) fn unrecycled(store: &Store) -> impl Iterator<Item = &Rc<PersistentVolume>> {
    store.list::<PersistentVolume>().filter(|volume| {
        let policy = volume.spec.persistent_volume_reclaim_policy.as_deref();
        policy == Some("Recycle") && volume.status.phase == "Released"
    })
}

/// Claims that have no volume yet.
pub(crate) fn unbound(store: &Store) -> impl Iterator<Item = &Rc<PersistentVolumeClaim>> {
    store
        .list::<PersistentVolumeClaim>()
        .filter(|claim| !claim.bind_completed())
}
