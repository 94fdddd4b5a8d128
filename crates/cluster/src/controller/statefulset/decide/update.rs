//! Phase D, the rolling update: which outdated pod goes next, what it waits for, and when the update
//! is complete: reference/statefulset-controller.md §10.

use super::super::identity;
use super::{Exit, Look, Slot, Write};
use crate::Version;
use crate::object::Name;
use crate::step::{PodTrouble, Reason};

impl Look<'_> {
    /// Phase D: §10.1.
    pub(super) fn rolling_update(&mut self) -> Result<(), Exit> {
        let first = self
            .set
            .start_ordinal()
            .saturating_add(self.set.partition());
        if self.config.max_unavailable_stateful_set {
            return self.update_several(first);
        }
        for index in (0..self.replicas.len()).rev() {
            if self.replicas[index].ordinal < first {
                break;
            }
            let pod = self.replicas[index].pod.clone();
            let name = identity::pod_name(self.set, self.replicas[index].ordinal);
            let (set, name) = (self.name.clone(), Name::from(name));
            if let Some(pod) = &pod
                && identity::revision_of(pod) != self.update.1
                && !pod.terminating()
            {
                let revision = self.update.1.as_str().into();
                let reason = Reason::OutdatedRevision {
                    set,
                    pod: name.clone(),
                    revision,
                };
                self.write(Write::DeletePod(name), reason);
                self.status.current_replicas -= 1;
                return Err(Exit);
            }
            // Before v1.34 minReadySeconds did not hold up the update.
            let trouble = self.trouble(pod.as_ref()).filter(|trouble| {
                *trouble != PodTrouble::NotAvailable || self.config.version >= Version::V1_34
            });
            if let Some(trouble) = trouble {
                self.wait(Reason::UpdateWaitsForPod {
                    set,
                    pod: name,
                    trouble,
                });
                return Err(Exit);
            }
        }
        Ok(())
    }

    /// Phase D with the gate MaxUnavailableStatefulSet: §10.2. Unavailable pods count wherever they
    /// are, below the partition too.
    fn update_several(&mut self, first: i32) -> Result<(), Exit> {
        let seats = self.replicas.iter().rev();
        let troubled = |slot: &Slot| Some((slot.ordinal, self.trouble(slot.pod.as_ref())?));
        let troubled: Vec<(i32, PodTrouble)> = seats.filter_map(troubled).collect();
        let unavailable = i32::try_from(troubled.len()).unwrap_or(i32::MAX);
        let mut left = self.set.max_unavailable().saturating_sub(unavailable);
        let set = self.name.clone();
        for index in (0..self.replicas.len()).rev() {
            if self.replicas[index].ordinal < first {
                break;
            }
            let outdated = self.replicas[index]
                .pod
                .as_ref()
                .filter(|pod| identity::revision_of(pod) != self.update.1 && !pod.terminating());
            let Some(name) = outdated.map(|pod| Name::from(pod.metadata.name.as_str())) else {
                continue;
            };
            if left <= 0 {
                if let Some((ordinal, trouble)) = troubled.first() {
                    let pod = identity::pod_name(self.set, *ordinal).as_str().into();
                    let trouble = *trouble;
                    self.wait(Reason::UpdateWaitsForPod { set, pod, trouble });
                }
                return Err(Exit);
            }
            let revision = self.update.1.as_str().into();
            let (set, pod) = (set.clone(), name.clone());
            let reason = Reason::OutdatedRevision { set, pod, revision };
            self.write(Write::DeletePod(name), reason);
            self.status.current_replicas -= 1;
            left -= 1;
        }
        Ok(())
    }

    /// All pods are updated and ready: the update revision becomes the current one. §10.5. Long ago
    /// those that were missing didn't count.
    pub(super) fn complete_update(&mut self) {
        let status = &mut self.status;
        let all_there = status.replicas == self.set.replicas();
        if !self.set.updates_on_delete()
            && status.updated_replicas == status.replicas
            && status.ready_replicas == status.replicas
            && (all_there || self.config.version == Version::V1_20)
        {
            status.current_replicas = status.updated_replicas;
            status.current_revision.clone_from(&status.update_revision);
        }
    }
}
