//! Reclaim policy `Recycle`: a pod empties the volume, then the volume may be claimed again.
//! reference/storage.md §6 (`pkg/volume/util/recyclerclient`, `pkg/volume/plugins.go`).

use crate::map::Map;
use crate::map::gather;
use std::rc::Rc;

use serde_json::json;

use super::Outcome;
use crate::Version;
use crate::apiserver::{Api, DeleteOptions};
use crate::object::pod::{Container, PodSpec, VolumeMount};
use crate::object::{Event, Kind, Name, ObjectMeta, PersistentVolume, Pod, Volume};
use crate::recorder::Tone;
use crate::step::{Actor, Reason};

const ACTOR: Actor = Actor::PersistentVolumeController;
const POD_PREFIX: &str = "recycler-for-";
const SCRUB: &str = "test -e /scrub && rm -rf /scrub/..?* /scrub/.[!.]* /scrub/* && test -z \"$(ls -A /scrub)\" || exit 1";

/// Milliseconds between two writes about one volume.
const WRITE_LATENCY: u64 = 6;

/// How far the emptying of each volume is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Recycler {
    underway: Rc<Map<Name, Progress>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Progress {
    /// No pod used the volume when it was released.
    Free,
    /// The pod was created.
    Scrubbing,
    /// The pod did its work and was deleted.
    Scrubbed,
}

/// The volume that a pod of this name empties.
pub(crate) fn volume_of(pod: &str) -> Option<&str> {
    pod.strip_prefix(POD_PREFIX)
}

/// Events about a recycler pod are told of its volume too. `event` is the name of one.
pub(crate) fn mirror_turn(event: &Name, api: &mut Api<'_>) -> Outcome {
    let Some(event) = api.get::<Event>(event).cloned() else {
        return Outcome::nothing();
    };
    let pod = event.involved_object.name.as_deref().unwrap_or_default();
    if let Some(volume) = volume_of(pod)
        .and_then(|name| api.get::<PersistentVolume>(name))
        .cloned()
    {
        let tone = if event.r#type == "Warning" {
            Tone::Warning
        } else {
            Tone::Normal
        };
        let message = format!("Recycler pod: {}", event.message);
        api.record(&ACTOR, &*volume, tone, "RecyclerPod", message);
    }
    Outcome::nothing()
}

impl Recycler {
    /// One turn about a released volume whose policy is `Recycle`.
    pub(crate) fn turn(&mut self, volume: &PersistentVolume, api: &mut Api<'_>) -> Outcome {
        let name: Name = volume.metadata.name.as_str().into();
        let pod = api.get::<Pod>(&format!("{POD_PREFIX}{name}")).cloned();
        match (self.underway.get(&name), pod) {
            (Some(Progress::Free), None) => self.begin(volume, name, api),
            (None, None) => match self.look(volume, api) {
                true => self.begin(volume, name, api),
                false => Outcome::nothing(),
            },
            (None | Some(Progress::Free | Progress::Scrubbing), Some(pod)) => {
                self.watch(volume, name, &pod, api)
            }
            (Some(Progress::Scrubbing), None) => {
                self.forget(&name);
                fail(volume, "Recycle failed: recycler pod was deleted", api)
            }
            (Some(Progress::Scrubbed), _) => {
                self.forget(&name);
                release(volume, name, api)
            }
        }
    }

    /// Looks whether any pod still uses the volume that is, or is just being, released.
    pub(crate) fn look(&mut self, volume: &PersistentVolume, api: &mut Api<'_>) -> bool {
        let users = users(volume, api);
        if users.is_empty() {
            self.set(&volume.metadata.name.as_str().into(), Progress::Free);
            return true;
        }
        let message = format!("Volume is used by pods: {}", users.join(","));
        api.record(&ACTOR, volume, Tone::Normal, "VolumeFailedRecycle", message);
        false
    }

    fn set(&mut self, volume: &Name, progress: Progress) {
        Rc::make_mut(&mut self.underway).insert(volume.clone(), progress);
    }

    fn forget(&mut self, volume: &Name) {
        Rc::make_mut(&mut self.underway).remove(volume);
    }

    fn begin(&mut self, volume: &PersistentVolume, name: Name, api: &mut Api<'_>) -> Outcome {
        if !["hostPath", "nfs"]
            .iter()
            .any(|source| volume.spec.other.contains_key(*source))
        {
            return fail(volume, "No recycler plugin found for the volume!", api);
        }
        let pod = pod_for(volume, api.config.version);
        let reason = Reason::RecyclerNeeded {
            volume: name.clone(),
            pod: pod.metadata.name.as_str().into(),
        };
        match api.create(pod) {
            Ok(_) => {
                self.set(&name, Progress::Scrubbing);
                Outcome::because(reason)
            }
            Err(_) => Outcome::nothing(),
        }
    }

    fn watch(
        &mut self,
        volume: &PersistentVolume,
        name: Name,
        pod: &Pod,
        api: &mut Api<'_>,
    ) -> Outcome {
        let succeeded = pod.status.phase == "Succeeded";
        if !pod.finished() || pod.terminating() {
            self.set(&name, Progress::Scrubbing);
            return Outcome::nothing();
        }
        if api
            .delete(Kind::Pod, &pod.metadata.name, &DeleteOptions::default())
            .is_err()
        {
            return Outcome::nothing();
        }
        if succeeded {
            self.set(&name, Progress::Scrubbed);
        }
        let reason = Reason::RecyclerDone {
            volume: volume.metadata.name.as_str().into(),
            pod: pod.metadata.name.as_str().into(),
        };
        Outcome::because(reason).again(WRITE_LATENCY)
    }
}

/// Running pods that still refer to the claim that had the volume, as `namespace/name`.
fn users(volume: &PersistentVolume, api: &Api<'_>) -> Vec<String> {
    let claim = volume
        .spec
        .claim_ref
        .as_ref()
        .and_then(|claim| claim.name.as_deref());
    api.list::<Pod>()
        .filter(|pod| !pod.finished() && claim.is_some_and(|claim| pod.spec.uses_claim(claim)))
        .map(|pod| format!("default/{}", pod.metadata.name))
        .collect()
}

fn release(volume: &PersistentVolume, name: Name, api: &mut Api<'_>) -> Outcome {
    api.record(
        &ACTOR,
        volume,
        Tone::Normal,
        "VolumeRecycled",
        "Volume recycled".to_owned(),
    );
    let released = api.modify::<PersistentVolume>(&name, |volume| {
        volume.spec.claim_ref = None;
        volume
            .metadata
            .annotations
            .remove("pv.kubernetes.io/bound-by-controller");
    });
    match released {
        Ok(_) => Outcome::because(Reason::Reclaimed {
            volume: name,
            policy: "Recycle".to_owned(),
        }),
        Err(_) => Outcome::nothing(),
    }
}

/// The volume can't be emptied: it is marked, and stays.
fn fail(volume: &PersistentVolume, message: &str, api: &mut Api<'_>) -> Outcome {
    if volume.status.phase == "Failed" {
        return Outcome::nothing();
    }
    let name = &volume.metadata.name;
    api.record(
        &ACTOR,
        volume,
        Tone::Warning,
        "VolumeFailedRecycle",
        message.to_owned(),
    );
    let marked = api.modify::<PersistentVolume>(name, |volume| {
        volume.status.phase = "Failed".to_owned();
        volume.status.message = Some(message.to_owned());
    });
    match marked {
        Ok(_) => Outcome::because(Reason::RecycleFailed {
            volume: name.as_str().into(),
        }),
        Err(_) => Outcome::nothing(),
    }
}

/// The recycler pod: the volume's own source, mounted at `/scrub`.
fn pod_for(volume: &PersistentVolume, version: Version) -> Pod {
    let image = match version < Version::V1_22 {
        true => "busybox:1.27",
        false => "registry.k8s.io/debian-base:v2.0.0",
    };
    let mut scrubber = Container {
        image: image.to_owned(),
        name: "pv-recycler".to_owned(),
        volume_mounts: vec![VolumeMount {
            mount_path: "/scrub".to_owned(),
            name: "vol".to_owned(),
            ..VolumeMount::default()
        }],
        ..Container::default()
    };
    scrubber
        .other
        .insert("command".to_owned(), json!(["/bin/sh"]));
    scrubber
        .other
        .insert("args".to_owned(), json!(["-c", SCRUB]));
    let sources = volume
        .spec
        .other
        .iter()
        .filter(|(field, _)| matches!(field.as_str(), "hostPath" | "nfs"));
    let source = Volume {
        name: "vol".to_owned(),
        other: gather(sources.map(|(field, source)| (field.clone(), source.clone()))),
        ..Volume::default()
    };
    Pod {
        metadata: ObjectMeta {
            name: format!("{POD_PREFIX}{}", volume.metadata.name),
            ..ObjectMeta::default()
        },
        spec: PodSpec {
            active_deadline_seconds: Some(60),
            containers: vec![scrubber],
            restart_policy: Some("Never".to_owned()),
            volumes: vec![source],
            ..PodSpec::default()
        },
        ..Pod::default()
    }
}
