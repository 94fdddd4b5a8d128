//! The claims of one ordinal: which are missing, going, or someone else's:
//! reference/statefulset-controller.md §5.

use std::rc::Rc;

use super::super::{identity, retention};
use super::{Look, Write};
use crate::object::{Name, PersistentVolumeClaim, Pod};
use crate::step::Reason;

impl Look<'_> {
    /// Gives the claims of the pod the owners that the retention policy asks for: §5.1. A claim
    /// that is only about to be created has none yet.
    pub(super) fn own_claims(&mut self, pod: &Rc<Pod>, ordinal: i32) {
        for template in &self.set.spec.volume_claim_templates {
            let name = identity::claim_name(self.set, template, ordinal);
            let claim = self.store.get::<PersistentVolumeClaim>(&name);
            let new = || Rc::new(identity::new_claim(self.set, template, ordinal));
            let claim = match claim {
                Some(claim) => Rc::clone(claim),
                None if pod.metadata.uid.is_empty() => new(),
                None => continue,
            };
            let Some(owners) = retention::owners(&claim, self.set, pod, self.config) else {
                continue;
            };
            let claim = Name::from(name);
            let owner = owners.iter().find(|owner| owner.controller == Some(true));
            let reason = Reason::RetentionPolicy {
                set: self.name.clone(),
                claim: claim.clone(),
                owner: owner.map(|owner| owner.name.as_str().into()),
            };
            let pod = Rc::clone(pod);
            let told = false;
            self.plan
                .writes
                .push((Write::OwnClaim { claim, pod, told }, reason.into()));
        }
    }

    pub(super) fn missing_claims(&self, ordinal: i32) -> Vec<PersistentVolumeClaim> {
        let templates = self.set.spec.volume_claim_templates.iter();
        let missing = templates.filter(|template| {
            let name = identity::claim_name(self.set, template, ordinal);
            self.store.get::<PersistentVolumeClaim>(&name).is_none()
        });
        missing
            .map(|template| identity::new_claim(self.set, template, ordinal))
            .collect()
    }

    /// The error about claims of the ordinal that are being deleted, if there are any: §5.5.
    pub(super) fn terminating_claims(&self, ordinal: i32) -> Option<String> {
        let templates = self.set.spec.volume_claim_templates.iter();
        let names = templates.map(|t| identity::claim_name(self.set, t, ordinal));
        let errors: Vec<String> = names
            .filter(|name| {
                let claim = self.store.get::<PersistentVolumeClaim>(name);
                claim.is_some_and(|claim| claim.metadata.terminating())
            })
            .map(|name| format!("pvc {name} is being deleted"))
            .collect();
        match errors.as_slice() {
            [] => None,
            [only] => Some(only.clone()),
            several => Some(format!("[{}]", several.join(", "))),
        }
    }

    /// A claim that still belongs to the ordinal's former pod, and goes with it: §5.1.3.
    pub(super) fn stale_claim(&self, pod: &Pod, ordinal: i32) -> Option<Name> {
        let templates = self.set.spec.volume_claim_templates.iter();
        let mut names = templates.map(|t| identity::claim_name(self.set, t, ordinal));
        let stale = names.find(|name| {
            let claim = self.store.get::<PersistentVolumeClaim>(name);
            claim.is_some_and(|claim| retention::is_stale(claim, self.set, pod, self.config))
        });
        stale.map(Name::from)
    }
}
