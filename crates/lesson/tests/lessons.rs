//! What the texts of the lessons say does happen: checked frame by frame, whatever the seed does.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use cluster::object::{PersistentVolumeClaim, Pod};
use cluster::{Cluster, Reason};
use kubectl::Files;
use lesson::rehearsal::rehearse;
use lesson::source::{Source, compile};
use lesson::{Frame, Lesson, Timeline};

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../static")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn manifests() -> Files {
    let files = fs::read_dir(folder().join("manifests")).unwrap();
    files
        .map(|entry| {
            let entry = entry.unwrap();
            (
                entry.file_name().into_string().unwrap(),
                read(&entry.path()),
            )
        })
        .collect()
}

fn lesson(id: &str, lang: &str) -> Lesson {
    let folder = folder().join("lessons").join(id);
    let structure = read(&folder.join("lesson.yaml"));
    let prose = read(&folder.join(format!("{lang}.md")));
    let manifests = manifests();
    let source = Source {
        id,
        structure: &structure,
        lang,
        prose: &prose,
        manifests: &manifests,
    };
    compile(source, &|markdown| markdown.to_owned()).unwrap().1
}

/// A run of a lesson, and the frame at which each beat ended.
fn played(id: &str) -> (Timeline, BTreeMap<String, usize>) {
    let lesson = lesson(id, "en");
    let (timeline, ends) = rehearse(&lesson).unwrap();
    let ids = lesson.beats.into_iter().map(|beat| beat.id);
    (timeline, ids.zip(ends).collect())
}

fn pod<'a>(cluster: &'a Cluster, name: &str) -> Option<&'a Pod> {
    cluster.store().get::<Pod>(name).map(AsRef::as_ref)
}

/// The volume that a claim is bound to.
fn volume(cluster: &Cluster, claim: &str) -> Option<String> {
    let claim = cluster.store().get::<PersistentVolumeClaim>(claim)?;
    (claim.status.phase == "Bound").then(|| claim.volume_name().unwrap_or_default().to_owned())
}

fn first(timeline: &Timeline, holds: impl Fn(&Frame) -> bool) -> usize {
    let found = timeline.frames().iter().position(|frame| holds(frame));
    found.expect("it happens at some frame")
}

#[test]
fn both_languages_have_the_same_beats() {
    for id in ["ordered-creation", "scale-down-and-up", "same-identity"] {
        let (en, zh) = (lesson(id, "en"), lesson(id, "zh"));
        assert!(
            (4..=8).contains(&en.beats.len()),
            "{id}: {}",
            en.beats.len()
        );
        for (en, zh) in en.beats.iter().zip(&zh.beats) {
            assert_eq!(
                (&en.id, &en.run, &en.until),
                (&zh.id, &zh.run, &zh.until),
                "{id}"
            );
            assert_ne!(en.text, zh.text, "{id}: {}", en.id);
        }
    }
}

#[test]
fn ordered_creation() {
    let (timeline, ends) = played("ordered-creation");
    for frame in timeline.frames() {
        let ready = |name: &str| pod(&frame.cluster, name).is_some_and(Pod::ready);
        let exists = |name: &str| pod(&frame.cluster, name).is_some();
        let claim = |name: &str| {
            frame
                .cluster
                .store()
                .get::<PersistentVolumeClaim>(name)
                .is_some()
        };
        assert!(!exists("demo-statefulset-1") || ready("demo-statefulset-0"));
        for ordinal in 0..2 {
            let pod = format!("demo-statefulset-{ordinal}");
            assert!(
                !exists(&pod) || claim(&format!("data-{pod}")),
                "{pod} has a claim first"
            );
        }
    }
    let at = |beat: &str| &timeline.frames()[ends[beat]].cluster;
    assert!(
        pod(at("claim"), "demo-statefulset-0").is_none(),
        "claim before pod"
    );
    assert_eq!(
        pod(at("pod-0"), "demo-statefulset-0")
            .unwrap()
            .spec
            .node_name,
        None
    );
    // "The scheduler had already tried to place the pod, and put it aside."
    let refused = first(&timeline, |frame| {
        let reason = frame.step.as_ref().map(|step| &step.reason);
        matches!(reason, Some(Reason::NoNodeFits { .. }))
    });
    assert!(refused <= ends["pod-0"], "{refused} {}", ends["pod-0"]);
    let waiting = pod(at("waiting"), "demo-statefulset-0").unwrap();
    assert!(waiting.spec.node_name.is_some() && !waiting.ready());
    assert!(pod(at("ready-0"), "demo-statefulset-1").is_none());
    assert!(pod(at("both"), "demo-statefulset-1").is_some_and(Pod::ready));
}

#[test]
fn scale_down_and_up() {
    let (timeline, ends) = played("scale-down-and-up");
    let at = |beat: &str| &timeline.frames()[ends[beat]].cluster;
    let exist = |cluster: &Cluster| -> Vec<bool> {
        let there = |ordinal| pod(cluster, &format!("demo-statefulset-{ordinal}")).is_some();
        (0..3).map(there).collect()
    };
    assert_eq!(exist(at("three")), [true, true, true]);
    assert_eq!(exist(at("one-at-a-time")), [true, true, false]);
    assert!(
        !pod(at("one-at-a-time"), "demo-statefulset-1")
            .unwrap()
            .terminating()
    );
    assert_eq!(exist(at("claims-kept")), [true, false, false]);
    assert_eq!(exist(at("up-again")), [true, true, false]);
    assert_eq!(exist(at("found-again")), [true, true, true]);
    // From the first beat on, each claim keeps its volume.
    for frame in &timeline.frames()[ends["three"]..] {
        for ordinal in 0..3 {
            let claim = format!("data-demo-statefulset-{ordinal}");
            let before = volume(at("three"), &claim);
            assert!(
                before.is_some() && volume(&frame.cluster, &claim) == before,
                "{claim}"
            );
        }
        let terminating = frame
            .cluster
            .store()
            .list::<Pod>()
            .filter(|pod| pod.terminating());
        assert!(terminating.count() <= 1, "one pod at a time");
    }
}

#[test]
fn same_identity() {
    const POD: &str = "demo-statefulset-0";
    let (timeline, ends) = played("same-identity");
    let at = |beat: &str| &timeline.frames()[ends[beat]].cluster;
    let before = pod(at("before"), POD).unwrap();
    assert!(pod(at("at-most-one"), POD).unwrap().terminating());
    assert!(pod(at("gone"), POD).is_none());
    let replaced = pod(at("replaced"), POD).unwrap();
    assert_ne!(replaced.metadata.uid, before.metadata.uid);
    assert_eq!(replaced.spec.node_name, None);
    assert_eq!(replaced.spec.hostname, before.spec.hostname);
    let after = pod(at("after"), POD).unwrap();
    assert!(after.ready());
    assert_ne!(after.status.pod_ip, before.status.pod_ip);
    assert_eq!(
        after.claim_names().collect::<Vec<_>>(),
        before.claim_names().collect::<Vec<_>>()
    );
    let neighbour = |beat: &str| {
        pod(at(beat), "demo-statefulset-1")
            .unwrap()
            .metadata
            .uid
            .clone()
    };
    for frame in &timeline.frames()[ends["before"]..] {
        let claim = "data-demo-statefulset-0";
        assert_eq!(volume(&frame.cluster, claim), volume(at("before"), claim));
    }
    assert_eq!(neighbour("before"), neighbour("disk"));
}
