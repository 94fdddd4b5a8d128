//! External provisioners: each makes volumes for the claims of its classes.
//! reference/storage.md §3, §10 (`sigs.k8s.io/sig-storage-lib-external-provisioner`).

use crate::map::Map;
use crate::map::gather;
use std::rc::Rc;

use serde_json::{Value, json};

use super::Outcome;
use crate::apiserver::{Api, VOLUME_PROTECTION};
use crate::object::volume::PersistentVolumeSpec;
use crate::object::{
    Name, ObjectMeta, PersistentVolume, PersistentVolumeClaim, Resource, StorageClass, reference_to,
};
use crate::recorder::Tone;
use crate::step::{Actor, Reason};
use crate::time::Time;

/// Who is to make a volume for the claim.
pub(crate) const PROVISIONER: &str = "volume.kubernetes.io/storage-provisioner";
/// The node that the scheduler wants the volume for.
pub(crate) const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";
const PROVISIONED_BY: &str = "pv.kubernetes.io/provisioned-by";

/// Milliseconds that it takes to make a volume.
const PROVISION_MS: u64 = 1_000;

/// Volumes being made: when each is done, by the uid of its claim.
#[derive(Clone, Debug, Default)]
pub(crate) struct Provisioner {
    underway: Rc<Map<Name, Time>>,
}

/// Who makes the claim's volume, if somebody is to.
pub(crate) fn provisioner_of(claim: &PersistentVolumeClaim) -> Option<&str> {
    let named = claim.metadata.annotations.get(PROVISIONER)?;
    (!claim.bind_completed() && !claim.metadata.terminating()).then_some(named)
}

impl Provisioner {
    /// One turn about a claim that waits for its volume to be made.
    pub(crate) fn turn(&mut self, name: &Name, api: &mut Api<'_>) -> Outcome {
        let claim = api.get::<PersistentVolumeClaim>(name).cloned();
        let Some(claim) = claim.filter(|claim| provisioner_of(claim).is_some()) else {
            return Outcome::nothing();
        };
        let class = claim
            .class()
            .and_then(|class| api.get::<StorageClass>(class))
            .cloned();
        let Some(class) = class else {
            return Outcome::nothing();
        };
        let uid: Name = claim.metadata.uid.as_str().into();
        let volume_name = format!("pvc-{uid}");
        if api.get::<PersistentVolume>(&volume_name).is_some() {
            return Outcome::nothing();
        }
        let actor = Actor::Provisioner(class.provisioner.as_str().into());
        match self.underway.get(&uid) {
            None => {
                let claim_name = &claim.metadata.name;
                let message = format!(
                    "External provisioner is provisioning volume for claim \"default/{claim_name}\""
                );
                api.record(&actor, &*claim, Tone::Normal, "Provisioning", message);
                Rc::make_mut(&mut self.underway).insert(uid, api.now + PROVISION_MS);
                Outcome::nothing().again(PROVISION_MS)
            }
            Some(done) if api.now < *done => Outcome::nothing().again(done.since(api.now)),
            Some(_) => {
                Rc::make_mut(&mut self.underway).remove(&uid);
                make(&claim, &class, volume_name, &actor, api)
            }
        }
    }
}

fn make(
    claim: &Rc<PersistentVolumeClaim>,
    class: &StorageClass,
    name: String,
    actor: &Actor,
    api: &mut Api<'_>,
) -> Outcome {
    let node = claim.metadata.annotations.get(SELECTED_NODE);
    let mut spec = PersistentVolumeSpec {
        access_modes: claim.spec.access_modes.clone(),
        capacity: claim.spec.resources.requests.clone(),
        claim_ref: Some(reference_to(&**claim)),
        persistent_volume_reclaim_policy: class.reclaim_policy.clone(),
        storage_class_name: Some(class.metadata.name.clone()),
        volume_mode: claim.spec.volume_mode.clone(),
        ..PersistentVolumeSpec::default()
    };
    let (field, source) = source(class, claim, &name);
    spec.other.insert(field.to_owned(), source);
    if let Some(node) = node.filter(|_| class.provisioner == "rancher.io/local-path") {
        let host = json!({"key": "kubernetes.io/hostname", "operator": "In", "values": [node]});
        let affinity = json!({"required": {"nodeSelectorTerms": [{"matchExpressions": [host]}]}});
        spec.other.insert("nodeAffinity".to_owned(), affinity);
    }
    let metadata = ObjectMeta {
        annotations: gather([(PROVISIONED_BY.to_owned(), class.provisioner.clone())]),
        finalizers: vec![VOLUME_PROTECTION.to_owned()],
        name: name.clone(),
        ..ObjectMeta::default()
    };
    let volume = PersistentVolume {
        metadata,
        spec,
        ..PersistentVolume::default()
    };
    if api.create(volume).is_err() {
        return Outcome::nothing();
    }
    let message = format!("Successfully provisioned volume {name}");
    api.record(
        actor,
        &**claim,
        Tone::Normal,
        "ProvisioningSucceeded",
        message,
    );
    Outcome::because(Reason::VolumeProvisioned {
        claim: claim.name().into(),
        volume: name.as_str().into(),
        class: class.name().into(),
    })
}

/// Where a provisioner that people meet puts its volumes: reference/storage.md §10.
fn source(
    class: &StorageClass,
    claim: &PersistentVolumeClaim,
    volume: &str,
) -> (&'static str, Value) {
    let claim = &claim.metadata.name;
    match class.provisioner.as_str() {
        "k8s.io/minikube-hostpath" => {
            let path = format!("/tmp/hostpath-provisioner/default/{claim}");
            ("hostPath", json!({"path": path, "type": ""}))
        }
        "rancher.io/local-path" => {
            let path = format!("/var/local-path-provisioner/{volume}_default_{claim}");
            (
                "hostPath",
                json!({"path": path, "type": "DirectoryOrCreate"}),
            )
        }
        driver => ("csi", json!({"driver": driver, "volumeHandle": volume})),
    }
}
