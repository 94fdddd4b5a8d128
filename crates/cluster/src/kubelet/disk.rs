//! Disks and the files on them: what outlives a pod, and what goes with it.
//! reference/storage.md §6, §9.

use crate::map::{Map, Set};
use std::rc::Rc;

use serde_json::Value;

use crate::object::meta::Other;
use crate::object::pod::VolumeMount;
use crate::object::{Name, PersistentVolume, PersistentVolumeClaim, Pod, Volume};
use crate::store::{Change, Store};

/// Where files lie.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A directory of a node: a pod that comes to another node finds another one there.
    HostPath {
        /// The node's name.
        node: Name,
        /// The directory.
        path: Name,
    },
    /// A disk in the network, by what its volume says of it: the same from every node.
    Network(Name),
    /// A directory that is made for one pod and goes with it (`emptyDir` and the like).
    Pod {
        /// The pod's uid.
        uid: Name,
        /// The volume's name in the pod.
        volume: Name,
    },
}

/// Files by their path within the place, with `/` between directories.
pub type Files = Map<String, Rc<str>>;

/// All disks that were ever written to. Cloning it shares everything.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Disks {
    places: Rc<Map<Place, Rc<Files>>>,
    /// Disks without a byte of room, whatever the node.
    full: Rc<Set<Place>>,
}

/// A directory of a container that lies on a disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The directory in the container, such as `/var/data`.
    pub path: String,
    /// The volume's name in the pod.
    pub volume: Name,
    /// The PersistentVolume behind it, if it is one.
    pub persistent_volume: Option<Name>,
    /// Where the files lie.
    pub place: Place,
    /// The directory within the place that is mounted; empty for all of it (`subPath`).
    pub sub_path: String,
    /// Whether writing is refused.
    pub read_only: bool,
}

/// Why a file can't be written, in the words of the C library.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WriteError {
    /// Nothing is mounted there. What an image holds itself is not simulated.
    NoSuchDirectory,
    /// The volume is mounted read-only.
    ReadOnly,
    /// The disk is full. The file is there, and empty if it was to be replaced: to open it takes no
    /// room.
    NoSpace,
}

impl std::fmt::Display for WriteError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            WriteError::NoSuchDirectory => "No such file or directory",
            WriteError::ReadOnly => "Read-only file system",
            WriteError::NoSpace => "No space left on device",
        })
    }
}

impl Disks {
    /// Whether these are the very same files.
    pub(crate) fn same(&self, other: &Disks) -> bool {
        Rc::ptr_eq(&self.places, &other.places)
    }

    /// Every place that was written to, with what is there now.
    pub(crate) fn places(&self) -> impl Iterator<Item = (&Place, &Files)> {
        self.places.iter().map(|(place, files)| (place, &**files))
    }

    /// The files that lie there.
    pub(crate) fn files(&self, place: &Place) -> impl Iterator<Item = (&String, &Rc<str>)> {
        self.places
            .get(place)
            .into_iter()
            .flat_map(|files| files.iter())
    }

    /// Writes a file, in place of one that is there or at its end. On a full disk it is opened all
    /// the same, and what is replaced is gone by then.
    ///
    /// # Errors
    /// [`WriteError::NoSpace`] if there is something to write and no room for it.
    pub(crate) fn write(
        &mut self,
        place: &Place,
        file: &str,
        content: &str,
        append: bool,
    ) -> Result<(), WriteError> {
        let full = self.is_full(place);
        let places = Rc::make_mut(&mut self.places);
        let files = Rc::make_mut(places.or_insert(place.clone(), Rc::default()));
        let old = files.get(file).filter(|_| append);
        let mut text = old.map_or_else(String::new, |old| old.to_string());
        if !full {
            text.push_str(content);
        }
        files.insert(file.to_owned(), text.into());
        match full && !content.is_empty() {
            true => Err(WriteError::NoSpace),
            false => Ok(()),
        }
    }

    /// Removes all files that lie there, and what else took its room.
    pub(crate) fn wipe(&mut self, place: &Place) {
        if self.places.contains_key(place) {
            Rc::make_mut(&mut self.places).remove(place);
        }
        self.set_full(place, false);
    }

    /// Whether there is no room on the disk.
    pub(crate) fn is_full(&self, place: &Place) -> bool {
        !self.full.is_empty() && self.full.contains(&anywhere(place))
    }

    /// Fills a disk, or gives it room again; says whether that made a difference.
    pub(crate) fn set_full(&mut self, place: &Place, full: bool) -> bool {
        let differs = self.is_full(place) != full;
        if differs {
            let places = Rc::make_mut(&mut self.full);
            match full {
                true => places.insert(anywhere(place)),
                false => places.remove(&anywhere(place)),
            };
        }
        differs
    }

    /// Removes what was made for a pod that is gone.
    pub(crate) fn wipe_pod(&mut self, pod_uid: &str) {
        let of_pod = |place: &Place| matches!(place, Place::Pod { uid, .. } if **uid == *pod_uid);
        if self.places.keys().any(of_pod) {
            Rc::make_mut(&mut self.places).retain(|place, _| !of_pod(place));
        }
    }

    /// A volume that goes takes its files along if it is to be deleted with its claim: the policy
    /// `Delete`, once its claim was released. With `Retain` they stay where they are.
    pub(crate) fn observe(&mut self, change: &Change) {
        let Some((Some(volume), None)) = change.sides::<PersistentVolume>() else {
            return;
        };
        let policy = volume.spec.persistent_volume_reclaim_policy.as_deref();
        if policy != Some("Delete") || volume.status.phase != "Released" {
            return;
        }
        let places: Vec<Place> = self
            .of_volume(volume)
            .map(|(place, _)| place.clone())
            .collect();
        places.iter().for_each(|place| self.wipe(place));
        self.set_full(&source_of(volume), false);
    }

    /// Whether the volume's disk is full.
    pub(crate) fn volume_is_full(&self, volume: &PersistentVolume) -> bool {
        self.is_full(&source_of(volume))
    }

    /// The places that a volume leads to, on any node.
    pub(crate) fn of_volume(
        &self,
        volume: &PersistentVolume,
    ) -> impl Iterator<Item = (&Place, &Files)> {
        let wanted = source_of(volume);
        self.places()
            .filter(move |(place, _)| anywhere(place) == wanted)
    }
}

/// The disk that a volume leads to, whatever the node.
pub(crate) fn source_of(volume: &PersistentVolume) -> Place {
    place_of(&volume.spec.other, &volume.metadata.name, &Name::default())
}

/// The same place on whichever node.
fn anywhere(place: &Place) -> Place {
    match place {
        Place::HostPath { path, .. } => Place::HostPath {
            node: Name::default(),
            path: path.clone(),
        },
        place => place.clone(),
    }
}

/// The directories of a pod's containers that lie on disks, for a pod on this node. A claim leads
/// to the volume it is bound to now.
pub(super) fn mounts(pod: &Pod, node: &Name, store: &Store) -> Vec<Mount> {
    let mut mounts: Vec<Mount> = Vec::new();
    for container in &pod.spec.containers {
        for mount in &container.volume_mounts {
            let volume = pod
                .spec
                .volumes
                .iter()
                .find(|volume| volume.name == mount.name);
            mounts.extend(volume.and_then(|volume| mounted(pod, volume, mount, node, store)));
        }
    }
    mounts
}

fn mounted(
    pod: &Pod,
    volume: &Volume,
    mount: &VolumeMount,
    node: &Name,
    store: &Store,
) -> Option<Mount> {
    let claim = volume.persistent_volume_claim.as_ref();
    let (place, persistent_volume) = match claim {
        Some(source) => {
            let claim = store.get::<PersistentVolumeClaim>(&source.claim_name)?;
            let bound = store.get::<PersistentVolume>(claim.volume_name()?)?;
            let name = &bound.metadata.name;
            let place = place_of(&bound.spec.other, name, node);
            (place, Some(name.as_str().into()))
        }
        None if source(&volume.other).is_some() => {
            (place_of(&volume.other, &volume.name, node), None)
        }
        None => {
            let (uid, volume) = (&pod.metadata.uid, &volume.name);
            let (uid, volume) = (uid.as_str().into(), volume.as_str().into());
            (Place::Pod { uid, volume }, None)
        }
    };
    let text = |field: &str| mount.other.get(field).and_then(Value::as_str);
    let flag = |field: &str| mount.other.get(field) == Some(&Value::Bool(true));
    Some(Mount {
        path: mount.mount_path.trim_end_matches('/').to_owned(),
        volume: volume.name.as_str().into(),
        persistent_volume,
        place,
        sub_path: text("subPath")
            .unwrap_or_default()
            .trim_matches('/')
            .to_owned(),
        read_only: flag("readOnly") || claim.is_some_and(|claim| claim.read_only == Some(true)),
    })
}

/// The sources of volumes that lie outside the pod, with the field that says where.
const SOURCES: [(&str, &[&str]); 4] = [
    ("hostPath", &["path"]),
    ("local", &["path"]),
    ("nfs", &["server", "path"]),
    ("csi", &["driver", "volumeHandle"]),
];

fn source(fields: &Other) -> Option<(&'static str, String)> {
    let (kind, parts) = SOURCES
        .iter()
        .find(|(kind, _)| fields.contains_key(*kind))?;
    let part = |name: &&str| {
        fields[*kind]
            .get(*name)
            .and_then(Value::as_str)
            .unwrap_or_default()
    };
    Some((kind, parts.iter().map(part).collect::<Vec<_>>().join(":")))
}

/// Where a volume's files lie, by its source: two volumes of one source share them. A source that
/// is not known is a disk of its own.
fn place_of(fields: &Other, volume: &str, node: &Name) -> Place {
    match source(fields) {
        Some(("hostPath" | "local", path)) => Place::HostPath {
            node: node.clone(),
            path: path.into(),
        },
        Some((kind, at)) => Place::Network(format!("{kind}:{at}").into()),
        None => Place::Network(format!("volume:{volume}").into()),
    }
}

/// The mount that a path of a container lies on, and the path within its place: the deepest mount
/// that holds it.
pub(super) fn locate<'a>(mounts: &'a [Mount], path: &str) -> Option<(&'a Mount, String)> {
    let inside = |mount: &&Mount| {
        let rest = path.strip_prefix(&mount.path);
        rest.is_some_and(|rest| rest.starts_with('/'))
    };
    let mount = mounts
        .iter()
        .filter(inside)
        .max_by_key(|mount| mount.path.len())?;
    let within = path[mount.path.len()..].trim_start_matches('/');
    Some(match mount.sub_path.as_str() {
        "" => (mount, within.to_owned()),
        sub_path => (mount, format!("{sub_path}/{within}")),
    })
}

/// The path in the container of a file of a mount's place; nothing for one outside `subPath`.
pub(super) fn path_in_container(mount: &Mount, file: &str) -> Option<String> {
    let within = match mount.sub_path.as_str() {
        "" => file,
        sub_path => file.strip_prefix(sub_path)?.strip_prefix('/')?,
    };
    Some(format!("{}/{within}", mount.path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mount(path: &str, volume: &str, sub_path: &str) -> Mount {
        Mount {
            path: path.to_owned(),
            volume: volume.into(),
            persistent_volume: None,
            place: Place::Network(volume.into()),
            sub_path: sub_path.to_owned(),
            read_only: false,
        }
    }

    #[test]
    fn a_path_lies_on_its_deepest_mount() {
        let mounts = [
            mount("/var", "outer", ""),
            mount("/var/data", "inner", ""),
            mount("/srv", "part", "a/b"),
        ];
        let check = |path: &str, expected: Option<(&str, &str)>| {
            let found = locate(&mounts, path);
            let found = found
                .as_ref()
                .map(|(mount, file)| (&*mount.volume, file.as_str()));
            assert_eq!(found, expected, "{path}");
        };
        check("/var/data/test.txt", Some(("inner", "test.txt")));
        check("/var/database", Some(("outer", "database")));
        check("/var/data", Some(("outer", "data")));
        check("/srv/x", Some(("part", "a/b/x")));
        check("/etc/hosts", None);
        assert_eq!(
            path_in_container(&mounts[2], "a/b/x").as_deref(),
            Some("/srv/x")
        );
        assert_eq!(path_in_container(&mounts[2], "other/x"), None);
        assert_eq!(
            path_in_container(&mounts[1], "x").as_deref(),
            Some("/var/data/x")
        );
    }

    #[test]
    fn volumes_of_one_source_share_their_files() {
        let check = |source: serde_json::Value, expected: Place| {
            let fields = source.as_object().expect("an object").clone();
            assert_eq!(place_of(&fields, "pv", &"node-1".into()), expected);
        };
        let directory = |path: &str| Place::HostPath {
            node: "node-1".into(),
            path: path.into(),
        };
        check(
            serde_json::json!({"hostPath": {"path": "/tmp/pv-a"}}),
            directory("/tmp/pv-a"),
        );
        check(
            serde_json::json!({"local": {"path": "/mnt/x"}}),
            directory("/mnt/x"),
        );
        let nfs = serde_json::json!({"nfs": {"server": "filer", "path": "/vol"}});
        check(nfs, Place::Network("nfs:filer:/vol".into()));
        let csi = serde_json::json!({"csi": {"driver": "d", "volumeHandle": "h"}});
        check(csi, Place::Network("csi:d:h".into()));
        check(serde_json::json!({}), Place::Network("volume:pv".into()));
    }

    #[test]
    fn what_was_made_for_a_pod_goes_with_it() {
        let mut disks = Disks::default();
        let own = |uid: &str| Place::Pod {
            uid: uid.into(),
            volume: "scratch".into(),
        };
        disks.write(&own("1"), "a", "x", false).unwrap();
        disks.write(&own("2"), "a", "y", false).unwrap();
        let copy = disks.clone();
        disks.wipe_pod("1");
        assert_eq!(disks.places().count(), 1);
        assert_eq!(disks.files(&own("2")).count(), 1);
        assert_eq!(copy.places().count(), 2, "a clone keeps what it had");
    }
}
