//! What the fuzzers run: manifests, API bodies and command lines, whatever is in them, are answered
//! without a panic and in time, and leave a cluster that can go on.
//!
//! `cargo xtask fuzz` builds the programs in `fuzz_targets/` with libFuzzer and lets each look for
//! inputs that reach code no other input reached. The tests of this crate run the same targets on
//! `corpus/` and on inputs made from it by [`yaml::mutated`] and its like, without libFuzzer.

pub mod api;
pub mod command;
mod dice;
pub mod yaml;

use cluster::object::Kind;
use cluster::{Cluster, Config, FieldValidation, Request, Time, WriteOptions};
use kubectl::{Files, Shell};

pub use dice::Dice;

/// Steps that one input may cause at most.
const STEPS_MAX: usize = 400;

/// The chapter's volumes, Services and StatefulSet.
const MANIFESTS: [&str; 3] = [
    include_str!("../../static/manifests/demo-statefulset-persistent-volume.yaml"),
    include_str!("../../static/manifests/demo-statefulset-headless-service.yaml"),
    include_str!("../../static/manifests/demo-statefulset.yaml"),
];

/// Types a line in a new shell.
fn play(line: &str, files: &Files, cluster: &mut Cluster) {
    type_line(&mut Shell::default(), line, files, cluster);
}

/// Types a line in a shell that remembers those before it, and lets a command that goes on see a few
/// steps and end.
fn type_line(shell: &mut Shell, line: &str, files: &Files, cluster: &mut Cluster) {
    let outcome = kubectl::run_in(shell, line, files, cluster);
    let goes_on = outcome.exit_code.is_none();
    assert_eq!(goes_on, outcome.follow.is_some(), "{line}");
    let Some(mut follow) = outcome.follow else {
        return;
    };
    for _ in 0..10 {
        let Some(step) = cluster.step() else {
            return;
        };
        let mut progress = follow.step(&step, cluster);
        if progress.exit_code.is_none() && follow.is_due() {
            progress = follow.resume(shell, files, cluster);
        }
        if progress.exit_code.is_some() {
            return;
        }
    }
}

/// A cluster in which the chapter's set is ready.
fn chapter() -> Cluster {
    let mut cluster = Cluster::new(Config::default());
    for text in MANIFESTS {
        let files = Files::from([("a.yaml".to_owned(), text.to_owned())]);
        play("kubectl create -f a.yaml", &files, &mut cluster);
    }
    wait(&mut cluster, 20);
    cluster
}

/// Lets so many seconds pass, or as many steps as one input may cause.
fn wait(cluster: &mut Cluster, seconds: u64) {
    let limit = Time(cluster.now().0.saturating_add(seconds * 1000));
    for _ in 0..STEPS_MAX {
        if cluster.step_until(limit).is_none() {
            break;
        }
    }
    cluster.wait_until(limit);
}

/// Every object is understood by the server that printed it, and is what it was.
fn objects_are_sound(cluster: &mut Cluster) {
    for kind in Kind::ALL {
        for object in cluster.store().list_objects(*kind) {
            let value = object.to_value();
            let options = WriteOptions {
                dry_run: true,
                field_validation: FieldValidation::Strict,
            };
            let (answer, _) = cluster.request(&Request::Replace {
                object: value.clone(),
                options,
            });
            match answer {
                Ok(answer) => assert_eq!(answer.object.to_value(), value, "sent back as it came"),
                Err(status) => panic!("{kind:?} can't be sent back: {status}\n{value}"),
            }
        }
    }
}

/// Writes a mutated text where libFuzzer wants it: as much of it as there is room for.
pub fn fill(data: &mut [u8], max_size: usize, text: &str) -> usize {
    let size = text.len().min(max_size).min(data.len());
    data[..size].copy_from_slice(&text.as_bytes()[..size]);
    size
}
