//! Which volume fits a claim, and which of several it gets: reference/storage.md §2
//! (`pkg/controller/volume/persistentvolume/index.go`).

use std::rc::Rc;

use crate::choices::Choices;
use crate::object::{Name, PersistentVolume, PersistentVolumeClaim};
use crate::obstacle::Mismatch;
use crate::random::Random;
use crate::step::Reason;
use crate::store::Store;

/// The volume for a claim: one that names it already, else the smallest free one that fits, taken
/// from those with the fewest access modes. Among equals it is arbitrary (reference/storage.md §2).
pub(super) fn find_volume(
    claim: &PersistentVolumeClaim,
    store: &Store,
    choices: &Choices,
    random: &mut Random,
) -> Option<(Rc<PersistentVolume>, Reason)> {
    if let Some(reserved) = reserved_volume(claim, store) {
        return Some(reserved);
    }
    let name: Name = claim.metadata.name.as_str().into();
    let fits = |volume: &&Rc<PersistentVolume>| may_hold(volume, claim);
    let fitting: Vec<_> = store
        .list::<PersistentVolume>()
        .filter(fits)
        .filter(|volume| !promised(volume, &name, store, choices))
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

/// A volume that names the claim already.
pub(super) fn reserved_volume(
    claim: &PersistentVolumeClaim,
    store: &Store,
) -> Option<(Rc<PersistentVolume>, Reason)> {
    let mut volumes = store.list::<PersistentVolume>();
    let reserved =
        volumes.find(|volume| !volume.metadata.terminating() && volume.reserved_for(claim))?;
    let reason = Reason::Reserved {
        claim: claim.metadata.name.as_str().into(),
        volume: reserved.metadata.name.as_str().into(),
    };
    Some((Rc::clone(reserved), reason))
}

/// Whether the volume is chosen for another claim that waits: which of several gets it is chance.
pub(super) fn promised(
    volume: &PersistentVolume,
    claim: &Name,
    store: &Store,
    choices: &Choices,
) -> bool {
    let mut takers = choices.takers(&volume.metadata.name);
    takers.any(|taker| *taker != *claim && unbound(store).any(|c| *c.metadata.name == **taker))
}

/// Whether the free volume is what the claim asks for: reference/storage.md §2.
pub(crate) fn may_hold(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> bool {
    let selector = claim.spec.selector.as_ref();
    !volume.metadata.terminating()
        && volume.spec.claim_ref.is_none()
        && volume.status.phase == "Available"
        && mismatch(claim, volume).is_none()
        && selector.is_none_or(|selector| selector.matches(&volume.metadata.labels))
}

/// What of the volume doesn't suit the claim. A volume that a claim names need not match its selector.
pub(crate) fn mismatch(
    claim: &PersistentVolumeClaim,
    volume: &PersistentVolume,
) -> Option<Mismatch> {
    if volume.storage_bytes() < claim.requested_bytes() {
        Some(Mismatch::TooSmall)
    } else if volume.class() != claim.class().unwrap_or_default() {
        Some(Mismatch::OtherClass)
    } else if volume.volume_mode() != claim.volume_mode() {
        Some(Mismatch::OtherMode)
    } else if !allows_modes(volume, claim) {
        Some(Mismatch::OtherAccess)
    } else {
        None
    }
}

fn allows_modes(volume: &PersistentVolume, claim: &PersistentVolumeClaim) -> bool {
    claim
        .spec
        .access_modes
        .iter()
        .all(|mode| volume.spec.access_modes.contains(mode))
}

/// In the words of the event.
pub(super) fn told(mismatch: Mismatch) -> &'static str {
    match mismatch {
        Mismatch::TooSmall => "requested PV is too small",
        Mismatch::OtherClass => "storageClassName does not match",
        Mismatch::OtherMode => "incompatible volumeMode",
        Mismatch::OtherAccess => "incompatible accessMode",
        Mismatch::OtherLabels => "selector does not match",
    }
}

/// By which the smallest fitting volume is found: access modes before size.
pub(crate) fn size(volume: &PersistentVolume) -> (usize, i128) {
    (volume.spec.access_modes.len(), volume.storage_bytes())
}

/// Claims that have no volume yet.
fn unbound(store: &Store) -> impl Iterator<Item = &Rc<PersistentVolumeClaim>> {
    store
        .list::<PersistentVolumeClaim>()
        .filter(|claim| !claim.bind_completed())
}
