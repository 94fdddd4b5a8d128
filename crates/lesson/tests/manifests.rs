//! The chapter's manifests, as the pages of the book's notes print them, go through the cluster.

use std::fs;
use std::path::PathBuf;

use cluster::Config;
use kubectl::Files;
use lesson::{Action, Timeline};

fn manifest(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../static/manifests");
    fs::read_to_string(folder.join(name)).unwrap()
}

/// Nobody may tidy them up: each has exactly these many bytes, and this hash (FNV-1a).
#[test]
fn are_kept_byte_for_byte() {
    let check = |name: &str, length: usize, hash: u64| {
        let text = manifest(name);
        let fnv = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        let found = text.bytes().fold(0xcbf2_9ce4_8422_2325, fnv);
        assert_eq!((text.len(), found), (length, hash), "{name}: {found:#018x}");
    };
    check(
        "demo-statefulset-persistent-volume.yaml",
        717,
        0x5083_ae24_3857_1c35,
    );
    check(
        "demo-statefulset-headless-service.yaml",
        190,
        0x788b_21e3_1de0_9daf,
    );
    check("demo-statefulset.yaml", 943, 0xd2d1_dbf0_e606_b2fc);
    check("demo-statefulset-service.yaml", 184, 0x73e5_3396_8d45_9026);
}

#[test]
fn are_accepted_with_the_real_answers() {
    let check = |name: &str, expected: &str| {
        let files = Files::from([(name.to_owned(), manifest(name))]);
        let mut timeline = Timeline::new("manifests", Config::default(), files);
        let command = format!("kubectl create -f {name}");
        let entry = timeline.act(Action::Command(command));
        let printed: String = entry.output.iter().map(|c| c.text.as_str()).collect();
        assert_eq!(
            (printed.as_str(), entry.exit_code),
            (expected, Some(0)),
            "{name}"
        );
    };
    check(
        "demo-statefulset-persistent-volume.yaml",
        "persistentvolume/pv-a created\npersistentvolume/pv-b created\npersistentvolume/pv-c created\n",
    );
    check(
        "demo-statefulset-headless-service.yaml",
        "service/demo-statefulset-headless-service created\n",
    );
    check(
        "demo-statefulset.yaml",
        "statefulset.apps/demo-statefulset created\n",
    );
    check(
        "demo-statefulset-service.yaml",
        "service/demo-statefulset-service created\n",
    );
}
