//! One computation, natively and in wasm: for the proof that both give the same, and for the benchmark.
//!
//! Built for `wasm32-unknown-unknown`, it exports functions of `u64`s that return a `u64`. Natively it is
//! a program that takes the name of a function and its arguments, and prints the result and the
//! milliseconds that the call took. `cargo xtask test determinism` and `cargo xtask bench` run both.
#![expect(
    unsafe_code,
    reason = "a name that is the same outside needs `no_mangle`, which can clash with another and so is called unsafe"
)]

use std::fmt::{self, Write};
use std::hint::black_box;

use cluster::agenda::Turn;
use cluster::object::Pod;
use cluster::{Cluster, Config, Request};
use kubectl::Files;
use lesson::{Action, Timeline};
use serde_json::{Value, json};

/// Plays the chapter's scenario from a seed; a hash of every step, and of all that was printed.
#[unsafe(no_mangle)]
pub extern "C" fn scenario(seed: u64) -> u64 {
    let timeline = chapter(seed);
    let mut hash = Fnv::default();
    for frame in timeline.frames() {
        for step in frame.recorded.iter().chain(&frame.step) {
            writeln!(hash, "{step:?}").expect("hashing always works");
        }
    }
    for entry in timeline.entries() {
        let output: Vec<_> = entry.output_at(timeline.cursor()).collect();
        writeln!(hash, "{:?} {output:?}", entry.action).expect("hashing always works");
    }
    hash.0
}

/// How many steps the scenario of a seed has.
#[unsafe(no_mangle)]
pub extern "C" fn scenario_steps(seed: u64) -> u64 {
    chapter(seed).frames().len() as u64 - 1
}

/// Lets a StatefulSet of so many replicas come up, with a claim for each if `claims` is 1, `Parallel`
/// if `parallel` is 1; the number of steps that it took. Zero if not all came up.
#[unsafe(no_mangle)]
pub extern "C" fn scale_up(replicas: u64, claims: u64, parallel: u64) -> u64 {
    let (cluster, steps) = come_up(replicas, claims == 1, parallel == 1);
    let pods = cluster.store().list::<Pod>();
    let ready = pods.filter(|pod| pod.ready()).count() as u64;
    if ready == replicas { steps } else { 0 }
}

/// Clones a cluster of exactly so many objects, so many times; the number of its objects.
#[unsafe(no_mangle)]
pub extern "C" fn clones(objects: u64, times: u64) -> u64 {
    let (mut cluster, _) = come_up(3, true, false);
    let missing = objects.saturating_sub(cluster.store().len() as u64);
    for index in 0..missing {
        create(&mut cluster, volume(1_000 + index));
    }
    for _ in 0..times {
        black_box(cluster.clone());
    }
    cluster.store().len() as u64
}

/// Lets controllers look again at what is as it should be, so many times: a turn that is asked for, taken,
/// and finds nothing to write. The number of steps that came of it, which is none.
#[unsafe(no_mangle)]
pub extern "C" fn looks(times: u64) -> u64 {
    let (mut cluster, _) = come_up(3, true, false);
    let claim = |index| Turn::ProtectClaim(format!("data-web-{index}").into());
    let turns = [claim(0), claim(1), claim(2)];
    let mut steps = 0;
    for _ in 0..times / turns.len() as u64 {
        for turn in &turns {
            cluster.look_again(turn.clone());
        }
        steps += u64::from(cluster.step_until(cluster.now()).is_some());
    }
    steps
}

/// Looks at frames all over the scenario's time line, so many times; the number of its frames.
#[unsafe(no_mangle)]
pub extern "C" fn seeks(times: u64) -> u64 {
    let mut timeline = chapter(1);
    let frames = timeline.frames().len() as u64;
    for index in 0..times {
        // A stride without a common factor with most lengths comes by every frame.
        timeline.seek((index * 7919 % frames) as usize);
        black_box(timeline.frame());
    }
    frames
}

/// Plays the scenario again from its recording, so many times, as a page does that is loaded again;
/// the number of its frames.
#[unsafe(no_mangle)]
pub extern "C" fn replays(times: u64) -> u64 {
    let timeline = chapter(1);
    let recording = timeline.recording();
    for _ in 0..times {
        black_box(Timeline::replay(&recording, Config::default(), files()));
    }
    timeline.frames().len() as u64
}

/// What the chapter does with its StatefulSet, and a little more.
fn chapter(seed: u64) -> Timeline {
    const COMMANDS: [&str; 9] = [
        "kubectl create -f demo-statefulset-persistent-volume.yaml",
        "kubectl create -f demo-statefulset-headless-service.yaml",
        "kubectl create -f demo-statefulset.yaml",
        "kubectl get pods -w",
        "kubectl scale sts demo-statefulset --replicas=3",
        "kubectl get pods,pvc,pv -o wide",
        "kubectl delete pod demo-statefulset-0",
        "kubectl scale sts demo-statefulset --replicas=1",
        "kubectl get sts demo-statefulset -o yaml",
    ];
    let config = Config {
        seed,
        ..Config::default()
    };
    let mut timeline = Timeline::new("probe", config, files());
    for command in COMMANDS {
        timeline.act(Action::Command(command.to_owned()));
        while timeline.forward() {}
        timeline.act(Action::Interrupt);
    }
    for ready in [false, true] {
        let pod = "demo-statefulset-0".to_owned();
        timeline.act(Action::SwitchReadiness { pod, ready });
        while timeline.forward() {}
    }
    timeline
}

fn files() -> Files {
    macro_rules! manifest {
        ($name:literal) => {
            (
                $name.to_owned(),
                include_str!(concat!("../../../static/manifests/", $name)).to_owned(),
            )
        };
    }
    Files::from([
        manifest!("demo-statefulset-persistent-volume.yaml"),
        manifest!("demo-statefulset-headless-service.yaml"),
        manifest!("demo-statefulset.yaml"),
    ])
}

/// A StatefulSet of so many replicas at rest, and the number of steps until then.
fn come_up(replicas: u64, claims: bool, parallel: bool) -> (Cluster, u64) {
    let mut cluster = Cluster::new(Config::default());
    if claims {
        for index in 0..replicas {
            create(&mut cluster, volume(index));
        }
    }
    let mut set = stateful_set(replicas, claims);
    if parallel {
        set["spec"]["podManagementPolicy"] = json!("Parallel");
    }
    create(&mut cluster, set);
    let mut steps = 0;
    while cluster.step().is_some() {
        steps += 1;
    }
    (cluster, steps)
}

fn create(cluster: &mut Cluster, object: Value) {
    let (answer, _) = cluster.request(&Request::Create {
        object,
        options: Default::default(),
    });
    answer.expect("the object is valid");
}

fn volume(index: u64) -> Value {
    json!({
        "apiVersion": "v1", "kind": "PersistentVolume",
        "metadata": {"name": format!("pv-{index}")},
        "spec": {
            "capacity": {"storage": "1Mi"}, "accessModes": ["ReadWriteOnce"],
            "hostPath": {"path": format!("/tmp/pv-{index}")},
        },
    })
}

fn stateful_set(replicas: u64, claims: bool) -> Value {
    let template = json!({
        "metadata": {"name": "data"},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}},
    });
    let mount = json!({"name": "data", "mountPath": "/var/data"});
    json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "web"},
        "spec": {
            "serviceName": "web", "replicas": replicas,
            "selector": {"matchLabels": {"app": "web"}},
            "volumeClaimTemplates": if claims { vec![template] } else { vec![] },
            "template": {
                "metadata": {"labels": {"app": "web"}},
                "spec": {"containers": [{
                    "name": "web", "image": "demo-statefulset-node-image", "imagePullPolicy": "Never",
                    "volumeMounts": if claims { vec![mount] } else { vec![] },
                }]},
            },
        },
    })
}

/// The hash FNV-1a of 64 bits, of text.
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }
}

impl Write for Fnv {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.0 = (self.0 ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
        Ok(())
    }
}

/// Bytes that a frame of the scenario's time line takes, on average: what is held with the time
/// line and not without it, by the allocator's own count.
#[cfg(not(target_family = "wasm"))]
fn frame_bytes() -> u64 {
    let before = counting::held();
    let timeline = chapter(1);
    let bytes = counting::held() - before;
    bytes / timeline.frames().len() as u64
}

/// Counts what is allocated.
#[cfg(not(target_family = "wasm"))]
mod counting {
    use std::alloc::{GlobalAlloc, Layout, System};
    use std::sync::atomic::{AtomicU64, Ordering};

    struct Counting;

    static HELD: AtomicU64 = AtomicU64::new(0);

    /// Bytes that are allocated now.
    pub(super) fn held() -> u64 {
        HELD.load(Ordering::Relaxed)
    }

    // SAFETY: the system's allocator does everything; what it is asked for is only counted.
    unsafe impl GlobalAlloc for Counting {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            HELD.fetch_add(layout.size() as u64, Ordering::Relaxed);
            unsafe { System.alloc(layout) }
        }

        unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
            HELD.fetch_sub(layout.size() as u64, Ordering::Relaxed);
            unsafe { System.dealloc(memory, layout) }
        }
    }

    #[global_allocator]
    static ALLOCATOR: Counting = Counting;
}

/// Calls the function named, and prints what it returned and how long it took.
#[expect(
    clippy::print_stdout,
    reason = "a program answers on its standard output"
)]
fn main() {
    let mut words = std::env::args().skip(1);
    let name = words.next().unwrap_or_default();
    let arguments: Vec<u64> = words
        .map(|word| word.parse().expect("an argument is a whole number"))
        .collect();
    let start = std::time::Instant::now();
    let result = match (name.as_str(), arguments.as_slice()) {
        ("scenario", &[seed]) => scenario(seed),
        ("scenario_steps", &[seed]) => scenario_steps(seed),
        ("scale_up", &[replicas, claims, parallel]) => scale_up(replicas, claims, parallel),
        ("clones", &[replicas, times]) => clones(replicas, times),
        ("looks", &[times]) => looks(times),
        ("seeks", &[times]) => seeks(times),
        #[cfg(not(target_family = "wasm"))]
        ("frame_bytes", &[]) => frame_bytes(),
        ("replays", &[times]) => replays(times),
        _ => panic!(
            "there is no function `{name}` of {} arguments",
            arguments.len()
        ),
    };
    println!("{result} {:.3}", start.elapsed().as_secs_f64() * 1000.0);
}
