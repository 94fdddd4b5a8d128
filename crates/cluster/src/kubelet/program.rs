//! What runs in the containers, as far as it matters from outside.

use crate::object::Pod;

/// Milliseconds that it takes to empty a volume.
const SCRUB_MS: u64 = 1_000;

/// Milliseconds after which the pod's program ends by itself; nothing for one that runs on. Only a
/// pod that is never restarted comes to its end so, and of those only the recycler is simulated.
pub(super) fn ends_after(pod: &Pod) -> Option<u64> {
    let never = pod.spec.restart_policy.as_deref() == Some("Never");
    let scrubs = pod.spec.containers.iter().any(|container| {
        container
            .volume_mounts
            .iter()
            .any(|mount| mount.mount_path == "/scrub")
    });
    (never && scrubs).then_some(SCRUB_MS)
}
