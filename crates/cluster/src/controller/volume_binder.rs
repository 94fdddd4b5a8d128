//! The persistent volume controller, for volumes that are there already: it finds a volume for each
//! claim, binds the two in four writes, and notices when one of them is gone.
//! reference/storage.md §2, §3, §5, §6 (`pkg/controller/volume/persistentvolume/pv_controller.go`).

pub(crate) mod fit;

use std::rc::Rc;

use self::fit::{find_volume, mismatch, promised, reserved_volume, told};
use super::Outcome;
use super::provisioner::{PROVISIONER, SELECTED_NODE};
use super::recycler::Recycler;
use crate::apiserver::{Api, DeleteOptions};
use crate::choices::Choices;
use crate::object::storage_class::default_class;
use crate::object::volume::ObjectReference;
use crate::object::{
    Kind, Name, PersistentVolume, PersistentVolumeClaim, Pod, StorageClass, reference_to,
};
use crate::random::Random;
use crate::recorder::Tone;
use crate::step::{Actor, Reason};
use crate::store::Store;

const ACTOR: Actor = Actor::PersistentVolumeController;
const BIND_COMPLETED: &str = "pv.kubernetes.io/bind-completed";
pub(crate) const BOUND_BY_CONTROLLER: &str = "pv.kubernetes.io/bound-by-controller";

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
        Some(claim) if claim.volume_name().is_some_and(|own| *own != **name) => {
            unbind(&volume, api)
        }
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
            let policy = volume.spec.persistent_volume_reclaim_policy.as_deref();
            let goes_on = policy != Some("Recycle") || recycler.look(&volume, api);
            let reason = Reason::ClaimIsGone {
                volume: name.clone(),
            };
            set_phase(api, &volume, "Released", reason).again_if(goes_on, WRITE_LATENCY)
        }
    }
}

/// The claim of the volume has another one: the volume forgets it, or its uid if a user had named
/// the claim (`unbindVolume`).
fn unbind(volume: &PersistentVolume, api: &mut Api<'_>) -> Outcome {
    let name = &volume.metadata.name;
    let unbound = api.modify::<PersistentVolume>(name, |volume| {
        match volume.metadata.annotations.remove(BOUND_BY_CONTROLLER) {
            Some(_) => volume.spec.claim_ref = None,
            None => {
                let reference = volume.spec.claim_ref.iter_mut();
                reference.for_each(|reference| reference.uid = None);
            }
        }
    });
    let volume = name.as_str().into();
    match unbound {
        Ok(_) => Outcome::because(Reason::VolumeIsFree { volume }),
        Err(_) => Outcome::nothing().again(WRITE_LATENCY),
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
        Some("Delete") => match api.delete(Kind::PersistentVolume, name, &DeleteOptions::default())
        {
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
        return sync_bound(&claim, api, choices);
    }
    if let Some(wanted) = claim.volume_name().map(str::to_owned) {
        return sync_named(&claim, &wanted, api);
    }
    if claim.class().is_none()
        && let Some(class) = default_class(api.list::<StorageClass>())
    {
        return give_default_class(name, &class.metadata.name.clone(), api);
    }
    let class = claim
        .class()
        .and_then(|class| api.get::<StorageClass>(class))
        .cloned();
    let delayed = class
        .as_ref()
        .is_some_and(|class| class.waits_for_consumer());
    let found = match delayed {
        true => reserved_volume(&claim, api.store),
        false => find_volume(&claim, api.store, choices, random),
    };
    match (found, class) {
        (Some((volume, why)), _) => bind(&claim, &volume, why, api),
        (None, Some(class))
            if delayed && !claim.metadata.annotations.contains_key(SELECTED_NODE) =>
        {
            await_consumer(&claim, &class, api)
        }
        (None, Some(class)) if class.provisions() => ask_provisioner(&claim, &class, api),
        (None, _) => no_volume(&claim, api),
    }
}

/// reference/storage.md §1.2.
fn give_default_class(name: &Name, class: &str, api: &mut Api<'_>) -> Outcome {
    let given = api.modify::<PersistentVolumeClaim>(name, |claim| {
        claim.spec.storage_class_name = Some(class.to_owned());
    });
    let reason = Reason::DefaultClassGiven {
        claim: name.clone(),
        class: class.into(),
    };
    match given {
        Ok(_) => Outcome::because(reason),
        Err(_) => Outcome::nothing(),
    }
}

/// reference/storage.md §4.2: the scheduler has to choose a node first.
fn await_consumer(
    claim: &PersistentVolumeClaim,
    class: &StorageClass,
    api: &mut Api<'_>,
) -> Outcome {
    let name = &claim.metadata.name;
    let consumers = api
        .list::<Pod>()
        .filter(|pod| pod.spec.uses_claim(name) && !pod.finished());
    let consumers: Vec<&str> = consumers.map(|pod| pod.metadata.name.as_str()).collect();
    let (reason, message) = match consumers.as_slice() {
        [] => (
            "WaitForFirstConsumer",
            "waiting for first consumer to be created before binding".to_owned(),
        ),
        [pod] => (
            "WaitForPodScheduled",
            format!("waiting for pod {pod} to be scheduled"),
        ),
        pods => (
            "WaitForPodScheduled",
            format!("waiting for pods {} to be scheduled", pods.join(",")),
        ),
    };
    api.record(&ACTOR, claim, Tone::Normal, reason, message);
    Outcome::because(Reason::WaitsForConsumer {
        claim: name.as_str().into(),
        class: class.metadata.name.as_str().into(),
    })
}

/// reference/storage.md §3: the claim is marked for the provisioner of its class.
fn ask_provisioner(
    claim: &PersistentVolumeClaim,
    class: &StorageClass,
    api: &mut Api<'_>,
) -> Outcome {
    let name = &claim.metadata.name;
    let provisioner = &class.provisioner;
    let message = format!(
        "Waiting for a volume to be created either by the external provisioner '{provisioner}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered."
    );
    api.record(&ACTOR, claim, Tone::Normal, "ExternalProvisioning", message);
    let asked = api.modify::<PersistentVolumeClaim>(name, |claim| {
        for key in [PROVISIONER, "volume.beta.kubernetes.io/storage-provisioner"] {
            claim
                .metadata
                .annotations
                .insert(key.to_owned(), provisioner.clone());
        }
    });
    match asked {
        Ok(_) => Outcome::because(Reason::ProvisionerAsked {
            claim: name.as_str().into(),
            class: class.metadata.name.as_str().into(),
        }),
        Err(_) => Outcome::nothing(),
    }
}

/// Says that nothing fits, and is asked again at the next resync.
fn no_volume(claim: &PersistentVolumeClaim, api: &mut Api<'_>) -> Outcome {
    let name: Name = claim.metadata.name.as_str().into();
    let message = "no persistent volumes available for this claim and no storage class is set";
    let class = claim.class().unwrap_or_default();
    if class.is_empty() {
        api.record(
            &ACTOR,
            claim,
            Tone::Normal,
            "FailedBinding",
            message.to_owned(),
        );
    } else if api.get::<StorageClass>(class).is_none() {
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
fn sync_bound(claim: &Rc<PersistentVolumeClaim>, api: &mut Api<'_>, choices: &Choices) -> Outcome {
    let name: Name = claim.metadata.name.as_str().into();
    let volume_name: Name = claim.volume_name().unwrap_or_default().into();
    let Some(volume) = api.get::<PersistentVolume>(&volume_name).cloned() else {
        let message = "Bound claim has lost its PersistentVolume. Data on the volume is lost!";
        return lose(claim, volume_name, "ClaimLost", message, api);
    };
    let reason = Reason::BindingGoesOn {
        claim: name.clone(),
        volume: volume_name.clone(),
    };
    match &volume.spec.claim_ref {
        // A user freed it: whoever looks first has it.
        None if promised(&volume, &name, api.store, choices) => return Outcome::nothing(),
        None => return bind(claim, &volume, reason, api),
        Some(reference) if reference.uid.as_ref() != Some(&claim.metadata.uid) => {
            let message = "Two claims are bound to the same volume, this one is bound incorrectly";
            return lose(claim, volume_name, "ClaimMisbound", message, api);
        }
        Some(_) => {}
    }
    let before = api.store.version();
    let written = api.modify::<PersistentVolumeClaim>(&name, |claim| {
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

/// The claim's volume is gone, or is another's.
fn lose(
    claim: &PersistentVolumeClaim,
    volume: Name,
    event: &str,
    message: &str,
    api: &mut Api<'_>,
) -> Outcome {
    if claim.status.phase == "Lost" {
        return Outcome::nothing();
    }
    api.record(&ACTOR, claim, Tone::Warning, event, message.to_owned());
    let name: Name = claim.metadata.name.as_str().into();
    let lost = api.modify::<PersistentVolumeClaim>(&name, |claim| {
        claim.status.phase = "Lost".to_owned();
        claim.status.capacity.clear();
        claim.status.access_modes.clear();
    });
    match lost {
        Ok(_) => Outcome::because(Reason::VolumeIsLost {
            claim: name,
            volume,
        }),
        Err(_) => Outcome::nothing(),
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
        let why = told(why);
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

/// Volumes that wait to be emptied.
pub(crate) fn unrecycled(store: &Store) -> impl Iterator<Item = &Rc<PersistentVolume>> {
    store.list::<PersistentVolume>().filter(|volume| {
        let policy = volume.spec.persistent_volume_reclaim_policy.as_deref();
        policy == Some("Recycle") && volume.status.phase == "Released"
    })
}

/// Claims that the next look at everything may bring further: those without a volume, and those
/// whose volume is gone or knows nothing of them.
pub(crate) fn waiting(store: &Store) -> impl Iterator<Item = &Rc<PersistentVolumeClaim>> {
    store.list::<PersistentVolumeClaim>().filter(|claim| {
        let volume = claim.volume_name().filter(|_| claim.bind_completed());
        let Some(volume) = volume else {
            return !claim.bind_completed();
        };
        let lost = claim.status.phase == "Lost";
        match store.get::<PersistentVolume>(volume) {
            None => !lost,
            Some(volume) if volume.spec.claim_ref.is_none() => true,
            Some(volume) => !lost && !volume.reserved_for(claim),
        }
    })
}
