//! What becomes of the objects that a deleted one owns: reference/statefulset-controller.md §11
//! (`staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go`).

use crate::object::ObjectMeta;

/// Keeps an owner until the dependents that block its deletion are gone.
pub(crate) const FOREGROUND_DELETION: &str = "foregroundDeletion";
/// Keeps an owner until its dependents have forgotten it.
pub(crate) const ORPHAN: &str = "orphan";

/// meta/v1 DeletionPropagation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PropagationPolicy {
    /// The object goes at once, and the garbage collector deletes what it owned.
    Background,
    /// What it owns is deleted first.
    Foreground,
    /// What it owns stays, without an owner.
    Orphan,
}

/// The finalizers of an object that is deleted with this policy
/// (`deletionFinalizersForGarbageCollection`).
pub(super) fn finalizers(metadata: &ObjectMeta, policy: Option<PropagationPolicy>) -> Vec<String> {
    let wanted = match policy {
        None => return metadata.finalizers.clone(),
        Some(PropagationPolicy::Background) => None,
        Some(PropagationPolicy::Foreground) => Some(FOREGROUND_DELETION),
        Some(PropagationPolicy::Orphan) => Some(ORPHAN),
    };
    let collectors = |finalizer: &str| matches!(finalizer, FOREGROUND_DELETION | ORPHAN);
    let others = metadata.finalizers.iter().filter(|f| !collectors(f));
    others.cloned().chain(wanted.map(str::to_owned)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn policies_set_finalizers() {
        use PropagationPolicy::{Background, Foreground, Orphan};
        let check = |present: &[&str], policy, expected: &[&str]| {
            let metadata = ObjectMeta {
                finalizers: present.iter().map(|f| (*f).to_owned()).collect(),
                ..ObjectMeta::default()
            };
            assert_eq!(finalizers(&metadata, policy), expected, "{policy:?}");
        };
        check(&[], None, &[]);
        check(&[], Some(Background), &[]);
        check(&[], Some(Foreground), &["foregroundDeletion"]);
        check(&[], Some(Orphan), &["orphan"]);
        check(&["a", "orphan"], None, &["a", "orphan"]);
        check(&["a", "orphan"], Some(Background), &["a"]);
        check(
            &["a", "orphan"],
            Some(Foreground),
            &["a", "foregroundDeletion"],
        );
        check(&["foregroundDeletion"], Some(Orphan), &["orphan"]);
    }
}
