//! What the texts of the lessons say does happen: checked frame by frame, whatever the seed does.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use cluster::object::{PersistentVolumeClaim, Pod, Resource};
use cluster::{Cluster, Reason};
use kubectl::Files;
use lesson::rehearsal::rehearse;
use lesson::source::{Source, compile};
use lesson::{Action, Frame, Lesson, Timeline};

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
fn the_page_reads_every_lesson_as_it_was_written() {
    for entry in fs::read_dir(folder().join("lessons")).unwrap() {
        let id = entry.unwrap().file_name().into_string().unwrap();
        for lang in ["en", "zh"] {
            let lesson = lesson(&id, lang);
            let text = serde_json::to_string(&lesson).unwrap();
            assert_eq!(lesson::json::parse(&text), Some(lesson), "{id} ({lang})");
        }
    }
}

#[test]
fn both_languages_have_the_same_beats() {
    for entry in fs::read_dir(folder().join("lessons")).unwrap() {
        let id = &entry.unwrap().file_name().into_string().unwrap();
        let (en, zh) = (lesson(id, "en"), lesson(id, "zh"));
        assert!(
            (4..=9).contains(&en.beats.len()),
            "{id}: {}",
            en.beats.len()
        );
        for (en, zh) in en.beats.iter().zip(&zh.beats) {
            assert_eq!(
                (&en.id, &en.run, &en.deed, &en.until),
                (&zh.id, &zh.run, &zh.deed, &zh.until),
                "{id}"
            );
            assert_ne!(en.text, zh.text, "{id}: {}", en.id);
        }
    }
}

/// Ordinals of a set's pods that exist: web-0 and web-2 are `[0, 2]`.
fn ordinals(cluster: &Cluster, set: &str) -> Vec<u32> {
    let names = cluster.store().list::<Pod>().map(|pod| pod.name());
    let ordinals = names.filter_map(|name| name.strip_prefix(set)?.strip_prefix('-')?.parse().ok());
    let mut ordinals: Vec<u32> = ordinals.collect();
    ordinals.sort_unstable();
    ordinals
}

/// What the command of a beat printed, until that beat ended.
fn printed(
    timeline: &Timeline,
    lesson: &Lesson,
    ends: &BTreeMap<String, usize>,
    id: &str,
) -> String {
    let beat = lesson.beats.iter().find(|beat| beat.id == id).unwrap();
    let run = Action::Command(beat.run.clone().unwrap());
    let index = lesson
        .beats
        .iter()
        .position(|other| other.id == id)
        .unwrap();
    let began = index
        .checked_sub(1)
        .map_or(0, |before| ends[&lesson.beats[before].id]);
    let entry = timeline
        .entries()
        .find(|entry| entry.action == run && entry.at >= began)
        .unwrap();
    entry
        .output_at(ends[id])
        .map(|chunk| chunk.text.as_str())
        .collect()
}

/// Each of these beats' commands printed this.
fn check_printed(id: &str, expected: &[(&str, &str)]) {
    let (timeline, ends) = played(id);
    let lesson = lesson(id, "en");
    for (beat, text) in expected {
        let printed = printed(&timeline, &lesson, &ends, beat);
        assert!(printed.contains(text), "{id}, {beat}: {printed}");
    }
}

#[test]
fn shared_claim() {
    let (timeline, ends) = played("shared-claim");
    let at = |beat: &str| &timeline.frames()[ends[beat]].cluster;
    for (beat, pods) in [("three-writers", 3), ("more", 5)] {
        let mut claims: Vec<String> = Vec::new();
        for pod in at(beat).store().list::<Pod>() {
            assert!(pod.ready(), "{beat}");
            claims.extend(pod.claim_names().map(|claim| claim.to_string()));
        }
        assert_eq!(claims, vec!["shared-data"; pods], "{beat}");
        assert_eq!(at(beat).store().count::<PersistentVolumeClaim>(), 1);
    }
    // Several pods answer, all with the one piece of data.
    let read = printed(&timeline, &lesson("shared-claim", "en"), &ends, "read");
    let mut answered: Vec<&str> = read.lines().filter(|line| line.contains("访问")).collect();
    answered.sort_unstable();
    answered.dedup();
    assert!(
        answered.len() > 1 && read.matches("获得数据为: mine").count() == 6,
        "{read}"
    );
}

#[test]
fn four_workarounds() {
    let (timeline, ends) = played("four-workarounds");
    let at = |beat: &str| &timeline.frames()[ends[beat]].cluster;
    assert!(pod(at("by-hand"), "hand").is_some_and(Pod::ready));
    assert!(pod(at("service-whose"), "hand").is_none());
    assert!(volume(at("service-whose"), "data-hand").is_some());
    let on = |beat: &str, claim: &str| {
        let pods = at(beat).store().list::<Pod>();
        pods.filter(|pod| pod.claim_names().any(|name| name == claim))
            .count()
    };
    assert_eq!(
        (
            on("set-per-pod", "data-a"),
            on("set-per-pod-scaled", "data-a")
        ),
        (1, 2)
    );
    check_printed("four-workarounds", &[("directories-taken", "second\n")]);
    let lesson = lesson("four-workarounds", "en");
    let whose = printed(&timeline, &lesson, &ends, "service-whose");
    let mut answered: Vec<&str> = whose.lines().filter(|line| line.contains("访问")).collect();
    answered.sort_unstable();
    answered.dedup();
    assert_eq!(answered.len(), 2, "{whose}");
}

#[test]
fn pets_and_cattle() {
    let (timeline, ends) = played("pets-and-cattle");
    let at = |beat: &str| &timeline.frames()[ends[beat]].cluster;
    let cattle = |frame: &Frame| {
        let pods = frame.cluster.store().list::<Pod>();
        pods.filter(|pod| pod.name().starts_with("demo-replicaset-"))
            .count()
    };
    assert_eq!(ordinals(at("names"), "demo-statefulset"), [0, 1]);
    assert_eq!(ordinals(at("pet-replaced"), "demo-statefulset"), [0, 1]);
    // "It made two new ones at once, while the old ones were still stopping."
    let after = &timeline.frames()[ends["cattle-deleted"]..];
    assert_eq!(after.iter().map(|frame| cattle(frame)).max(), Some(4));
    assert_eq!(cattle(after.last().unwrap()), 2);
}

#[test]
fn what_blocks_scaling() {
    let (timeline, ends) = played("what-blocks-scaling");
    let check = |beat: &str, expected: &[u32]| {
        let cluster = &timeline.frames()[ends[beat]].cluster;
        assert_eq!(ordinals(cluster, "web"), expected, "{beat}");
    };
    check("blocked", &[0, 1, 2, 3, 4]);
    check("unblocked", &[0, 1, 2, 3]);
    check("two-broken", &[0, 1, 2, 3]);
    check("by-hand", &[0, 1]);
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
        let reason = frame.step.as_ref().map(|step| &*step.reason);
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

const NO_DATA: &str = "还没有任何数据被存储至后台文件系统";

#[test]
fn claims_outlive_pods() {
    let (timeline, ends) = played("claims-outlive-pods");
    let at = |beat: &str| &timeline.frames()[ends[beat]].cluster;
    let claims = |beat: &str| at(beat).store().count::<PersistentVolumeClaim>();
    let counts = ["down", "delete-claim", "up", "policy", "policy-down"].map(claims);
    assert_eq!(counts, [3, 2, 3, 3, 1]);
    assert!(volume(at("policy-down"), "data-demo-statefulset-0").is_some());
    check_printed("claims-outlive-pods", &[("empty", NO_DATA)]);
}

#[test]
fn data_on_its_own_disk() {
    check_printed(
        "data-on-its-own-disk",
        &[
            ("neighbour", NO_DATA),
            ("still-there", "获得数据为: lalalala"),
            ("any-pod", NO_DATA),
            ("any-pod", "获得数据为: lalalala"),
        ],
    );
}

#[test]
fn finding_peers() {
    let (timeline, ends) = played("finding-peers");
    let english = lesson("finding-peers", "en");
    let both = |beat: &str| {
        let text = printed(&timeline, &english, &ends, beat);
        [0, 1].map(|ordinal| text.contains(&format!("data of {ordinal}")))
    };
    assert_eq!(both("ask-all"), [true, true]);
    assert_eq!(both("not-found"), [true, false]);
    let orders = printed(&timeline, &english, &ends, "any-order");
    let mut orders: Vec<&str> = orders.trim().split("\n\n").collect();
    assert_eq!(orders.len(), 4);
    orders.sort_unstable();
    orders.dedup();
    assert_eq!(orders.len(), 2, "they come in changing order: {orders:?}");
}

/// The images of a set's pods, by ordinal; whether each is the second one of the chapter.
fn second_image(cluster: &Cluster, ordinals: std::ops::Range<u32>) -> Vec<bool> {
    let image = |ordinal| {
        let pod = pod(cluster, &format!("demo-statefulset-{ordinal}")).unwrap();
        pod.spec.containers[0].image.ends_with("-v2")
    };
    ordinals.map(image).collect()
}

#[test]
fn rolling_update() {
    let (timeline, ends) = played("rolling-update");
    let check = |beat: &str, expected: [bool; 3]| {
        let cluster = &timeline.frames()[ends[beat]].cluster;
        assert_eq!(second_image(cluster, 0..3), expected, "{beat}");
    };
    check("before", [false, false, false]);
    check("one-by-one", [false, false, true]);
    check("done", [true, true, true]);
    check("partition", [true, true, true]);
    check("canary", [true, true, false]);
    check("below", [true, true, false]);
    check("on-delete", [true, false, false]);
}

#[test]
fn stuck_rollout() {
    let (timeline, ends) = played("stuck-rollout");
    let ready = |beat: &str| {
        let cluster = &timeline.frames()[ends[beat]].cluster;
        [0, 1].map(|ordinal| {
            pod(cluster, &format!("demo-statefulset-{ordinal}")).is_some_and(Pod::ready)
        })
    };
    assert_eq!(ready("bad-image"), [true, false]);
    assert_eq!(ready("not-freed"), [true, false]);
    assert_eq!(ready("freed"), [true, true]);
    let stuck = &timeline.frames()[ends["stuck"]].cluster;
    assert_eq!(
        pod(stuck, "demo-statefulset-1").unwrap().status.phase,
        "Pending"
    );
}

#[test]
fn the_503() {
    const NONE: &str =
        r#""message": "no endpoints available for service \"demo-statefulset-service\"""#;
    check_printed(
        "the-503",
        &[
            ("endpoints", ":8080,"),
            ("the-503", NONE),
            ("by-name", "post 所传输数据已被存储至 pod demo-statefulset-"),
            ("by-number", "访问 pod 为: demo-statefulset-"),
            ("target-port", "no service port 8080 found"),
            ("bare", "访问 pod 为: demo-statefulset-"),
        ],
    );
}

#[test]
fn node_failure() {
    const POD: &str = "demo-statefulset-0";
    let (timeline, ends) = played("node-failure");
    let at = |beat: &str| &timeline.frames()[ends[beat]].cluster;
    let running = |beat: &str| {
        let processes = at(beat).processes().map(|(_, process)| process);
        processes
            .filter(|process| &*process.pod == POD && process.running())
            .count()
    };
    assert_eq!(
        ["cut", "for-ever", "two", "healed"].map(running),
        [1, 1, 2, 1]
    );
    let cut = at("cut").now();
    let silent_seconds = |beat: &str| at(beat).now().since(cut) / 1000;
    assert!((40..=55).contains(&silent_seconds("not-ready")));
    assert!((340..=360).contains(&silent_seconds("evicted")));
    let uid = |beat: &str| pod(at(beat), POD).unwrap().metadata.uid.clone();
    assert_eq!(uid("cut"), uid("for-ever"), "nothing is replaced");
    assert_ne!(uid("for-ever"), uid("two"));
    assert_eq!(uid("two"), uid("healed"), "the replacement stays");
    check_printed("node-failure", &[("looks-fine", "1/1     Running")]);
}

#[test]
fn storage_traps() {
    check_printed(
        "storage-traps",
        &[
            ("why", "pod has unbound immediate PersistentVolumeClaims"),
            ("enlarge", "are forbidden"),
            ("lost", NO_DATA),
        ],
    );
    let (timeline, ends) = played("storage-traps");
    let at = |beat: &str| &timeline.frames()[ends[beat]].cluster;
    assert!(pod(at("claim-deleted"), "demo-statefulset-0").is_some_and(Pod::ready));
}

#[test]
fn waiting_for_each_other() {
    let (timeline, ends) = played("waiting-for-each-other");
    let at = |beat: &str| &timeline.frames()[ends[beat]].cluster;
    let check = |beat: &str, expected: &[u32]| assert_eq!(ordinals(at(beat), "quorum"), expected);
    check("dead-lock", &[0]);
    check("immutable", &[0]);
    check("parallel", &[0, 1, 2]);
    let uid = |beat: &str| pod(at(beat), "quorum-0").unwrap().metadata.uid.clone();
    assert_eq!(
        uid("dead-lock"),
        uid("together"),
        "the pod stays and runs on"
    );
    check_printed(
        "waiting-for-each-other",
        &[
            ("no-name", "NXDOMAIN"),
            ("name", "Address: "),
            ("immutable", "are forbidden"),
        ],
    );
    let pods = at("together").store().list::<Pod>();
    assert!(pods.into_iter().all(|pod| pod.ready()));
}
