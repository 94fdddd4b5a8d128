//! Random users and faults: whatever they do, every property holds after every step, nothing
//! panics, and in the end the cluster comes to rest or only tries again now and then.
//!
//! A failure shrinks to a short list of moves and is printed as a recording.

#[path = "support/openapi.rs"]
mod openapi;
mod support;

use cluster::model::{self, Action};
use cluster::object::Kind;
use cluster::property::{Violation, Watch, at_rest, converged};
use cluster::{
    Cluster, Config, DeleteOptions, LocalImages, Patch, PropagationPolicy, Request, Step, Time,
    WriteOptions,
};
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config as ProptestConfig, TestCaseError, TestRunner};
use serde_json::{Value, json};
use support::{stateful_set_with_claims, template, volume};

/// Sequences in each test; twelve tests.
const SEQUENCES: u32 = 850;
/// Of so many seeds the objects of one run are read as the Kubernetes API's.
const READ_EVERY: u64 = 10;
/// Simulated seconds after the last move within which things settle.
const SETTLING_SECONDS: u64 = 1_800;
/// Steps that a sequence takes at most; retries double their back-off, so few suffice.
const STEPS: usize = 5_000;

/// Turns in a row that come to nothing at most.
const SPINS: usize = 10_000;

/// What somebody does. Numbers are ordinals unless they say otherwise.
#[derive(Clone, Debug)]
enum Move {
    Scale(i32),
    Image(u8),
    Partition(i32),
    Strategy(bool),
    Start(i32),
    Retention(bool, bool),
    MinReady(i32),
    Delete(i32),
    Force(i32),
    Ready(i32, bool),
    DeleteClaim(i32),
    Cordon(usize, bool),
    Relabel(i32, bool),
    DeleteSet(u8),
    CreateSet,
    AddVolume(u8),
    DeleteVolume(u8),
    Cut(usize),
    Heal(usize),
    Crash(i32),
}

/// The kinds of moves of which a sequence is made: each test has its own mix.
#[derive(Clone, Copy, Debug)]
struct Mix {
    parallel: bool,
    when_scaled: &'static str,
    when_deleted: &'static str,
    moves: fn() -> BoxedStrategy<Move>,
}

/// One sequence: moves, each after so many steps.
#[derive(Clone, Debug)]
struct Plan {
    seed: u64,
    replicas: i32,
    moves: Vec<(usize, Move)>,
}

fn scaling() -> BoxedStrategy<Move> {
    prop_oneof![
        3 => (0..5).prop_map(Move::Scale),
        3 => (0..5).prop_map(Move::Delete),
        3 => (0..5, any::<bool>()).prop_map(|(ordinal, ready)| Move::Ready(ordinal, ready)),
        1 => (0..3).prop_map(Move::Start),
    ]
    .boxed()
}

fn updating() -> BoxedStrategy<Move> {
    prop_oneof![
        4 => (0..4u8).prop_map(Move::Image),
        2 => (0..5).prop_map(Move::Partition),
        1 => any::<bool>().prop_map(Move::Strategy),
        1 => (0..20).prop_map(Move::MinReady),
        3 => scaling(),
    ]
    .boxed()
}

fn storing() -> BoxedStrategy<Move> {
    prop_oneof![
        3 => (0..5).prop_map(Move::DeleteClaim),
        1 => (any::<bool>(), any::<bool>()).prop_map(|(a, b)| Move::Retention(a, b)),
        2 => (0..6u8).prop_map(Move::AddVolume),
        1 => (0..6u8).prop_map(Move::DeleteVolume),
        4 => scaling(),
    ]
    .boxed()
}

fn owning() -> BoxedStrategy<Move> {
    prop_oneof![
        2 => (0..3u8).prop_map(Move::DeleteSet),
        2 => Just(Move::CreateSet),
        2 => (0..5, any::<bool>()).prop_map(|(ordinal, fits)| Move::Relabel(ordinal, fits)),
        3 => updating(),
    ]
    .boxed()
}

fn failing() -> BoxedStrategy<Move> {
    prop_oneof![
        3 => (0..3usize).prop_map(Move::Cut),
        3 => (0..3usize).prop_map(Move::Heal),
        3 => (0..5).prop_map(Move::Crash),
        1 => (0..3usize, any::<bool>()).prop_map(|(node, on)| Move::Cordon(node, on)),
        5 => updating(),
    ]
    .boxed()
}

fn forcing() -> BoxedStrategy<Move> {
    prop_oneof![
        2 => (0..5).prop_map(Move::Force),
        2 => failing(),
        3 => storing(),
        2 => updating(),
    ]
    .boxed()
}

fn plan(moves: fn() -> BoxedStrategy<Move>) -> impl Strategy<Value = Plan> {
    let moves = prop::collection::vec((0..40usize, moves()), 1..9);
    (any::<u16>(), 0..4i32, moves).prop_map(|(seed, replicas, moves)| Plan {
        seed: u64::from(seed),
        replicas,
        moves,
    })
}

fn image(number: u8) -> String {
    match number {
        3 => "bad-image".to_owned(),
        _ => format!("demo-statefulset-node-image:{number}"),
    }
}

fn set_of(mix: Mix, replicas: i32) -> Value {
    let mut set = stateful_set_with_claims(replicas, mix.when_scaled, mix.when_deleted);
    if mix.parallel {
        set["spec"]["podManagementPolicy"] = json!("Parallel");
    }
    set
}

fn patch(kind: Kind, name: &str, patch: Value) -> Request {
    Request::Patch {
        kind,
        name: name.to_owned(),
        patch: Patch::Merge(patch),
        options: WriteOptions::default(),
    }
}

fn delete(kind: Kind, name: String, policy: PropagationPolicy) -> Request {
    let options = DeleteOptions {
        propagation_policy: Some(policy),
        ..DeleteOptions::default()
    };
    Request::Delete {
        kind,
        name,
        options,
    }
}

/// Makes a move; what it asks for may be refused, and then nothing happens.
fn make(cluster: &mut Cluster, mix: Mix, what: &Move) -> Option<Step> {
    let pod = |ordinal: i32| format!("web-{ordinal}");
    let word = |deleted: bool| if deleted { "Delete" } else { "Retain" };
    let set = |spec: Value| patch(Kind::StatefulSet, "web", json!({ "spec": spec }));
    let request = match what {
        Move::Scale(replicas) => set(json!({"replicas": replicas})),
        Move::Image(number) => set(json!({"template": template(&image(*number))})),
        Move::Partition(partition) => set(json!({"updateStrategy":
            {"type": "RollingUpdate", "rollingUpdate": {"partition": partition}}})),
        Move::Strategy(true) => set(json!({"updateStrategy":
            {"type": "OnDelete", "rollingUpdate": null}})),
        Move::Strategy(false) => set(json!({"updateStrategy":
            {"type": "RollingUpdate", "rollingUpdate": null}})),
        Move::Start(start) => set(json!({"ordinals": {"start": start}})),
        Move::Retention(scaled, deleted) => set(json!({"persistentVolumeClaimRetentionPolicy":
            {"whenScaled": word(*scaled), "whenDeleted": word(*deleted)}})),
        Move::MinReady(seconds) => set(json!({"minReadySeconds": seconds})),
        Move::Delete(ordinal) => delete(Kind::Pod, pod(*ordinal), PropagationPolicy::Background),
        Move::Ready(ordinal, ready) => {
            return cluster.switch_readiness(&pod(*ordinal), *ready);
        }
        Move::Force(ordinal) => {
            let mut steps = Vec::new();
            let pod = pod(*ordinal).as_str().into();
            model::act(cluster, &Action::ForceDeletePod { pod }, &mut steps);
            return steps.pop();
        }
        Move::DeleteClaim(ordinal) => delete(
            Kind::PersistentVolumeClaim,
            format!("data-web-{ordinal}"),
            PropagationPolicy::Background,
        ),
        Move::Cordon(node, cordoned) => patch(
            Kind::Node,
            &format!("node-{}", node + 1),
            json!({"spec": {"unschedulable": cordoned}}),
        ),
        Move::Relabel(ordinal, fits) => {
            let app = if *fits { "web" } else { "other" };
            let labels = json!({"metadata": {"labels": {"app": app}}});
            patch(Kind::Pod, &pod(*ordinal), labels)
        }
        Move::DeleteSet(how) => {
            let policy = match how {
                0 => PropagationPolicy::Background,
                1 => PropagationPolicy::Foreground,
                _ => PropagationPolicy::Orphan,
            };
            delete(Kind::StatefulSet, "web".to_owned(), policy)
        }
        Move::CreateSet => Request::Create {
            object: set_of(mix, 2),
            options: WriteOptions::default(),
        },
        Move::AddVolume(number) => Request::Create {
            object: volume(&format!("pv-{number}")),
            options: WriteOptions::default(),
        },
        Move::Cut(node) => return cluster.partition(&format!("node-{}", node + 1)),
        Move::Heal(node) => return cluster.heal(&format!("node-{}", node + 1)),
        Move::Crash(ordinal) => return cluster.crash(&pod(*ordinal), 1),
        Move::DeleteVolume(number) => delete(
            Kind::PersistentVolume,
            format!("pv-{number}"),
            PropagationPolicy::Background,
        ),
    };
    cluster.request(&request).1
}

/// The move as a line of a recording.
fn told(mix: Mix, what: &Move) -> Value {
    let command = |line: String| json!({"command": format!("kubectl {line}")});
    let set = |spec: Value| command(format!("patch sts web -p '{}'", json!({"spec": spec})));
    match what {
        Move::Scale(replicas) => command(format!("scale sts web --replicas={replicas}")),
        Move::Image(number) => command(format!("set image sts/web web={}", image(*number))),
        Move::Partition(partition) => set(json!({"updateStrategy":
            {"type": "RollingUpdate", "rollingUpdate": {"partition": partition}}})),
        Move::Strategy(on_delete) => {
            let name = if *on_delete {
                "OnDelete"
            } else {
                "RollingUpdate"
            };
            set(json!({"updateStrategy": {"type": name, "rollingUpdate": null}}))
        }
        Move::Start(start) => set(json!({"ordinals": {"start": start}})),
        Move::Retention(scaled, deleted) => {
            let word = |deleted: bool| if deleted { "Delete" } else { "Retain" };
            set(json!({"persistentVolumeClaimRetentionPolicy":
                {"whenScaled": word(*scaled), "whenDeleted": word(*deleted)}}))
        }
        Move::MinReady(seconds) => set(json!({"minReadySeconds": seconds})),
        Move::Delete(ordinal) => command(format!("delete pod web-{ordinal} --wait=false")),
        Move::Force(ordinal) => {
            command(format!("delete pod web-{ordinal} --force --grace-period=0"))
        }
        Move::Ready(ordinal, ready) => {
            json!({"switchReadiness": {"pod": format!("web-{ordinal}"), "ready": ready}})
        }
        Move::DeleteClaim(ordinal) => {
            command(format!("delete pvc data-web-{ordinal} --wait=false"))
        }
        Move::Cordon(node, true) => command(format!("cordon node-{}", node + 1)),
        Move::Cordon(node, false) => command(format!("uncordon node-{}", node + 1)),
        Move::Relabel(ordinal, fits) => {
            let app = if *fits { "web" } else { "other" };
            command(format!("label pod web-{ordinal} app={app} --overwrite"))
        }
        Move::DeleteSet(how) => {
            let cascade = ["background", "foreground", "orphan"][usize::from(*how).min(2)];
            command(format!("delete sts web --cascade={cascade} --wait=false"))
        }
        Move::CreateSet => {
            json!({"command": "kubectl create -f -", "stdin": set_of(mix, 2)})
        }
        Move::AddVolume(number) => {
            let volume = volume(&format!("pv-{number}"));
            json!({"command": "kubectl create -f -", "stdin": volume})
        }
        Move::Cut(node) => json!({"partition": {"node": format!("node-{}", node + 1)}}),
        Move::Heal(node) => json!({"heal": {"node": format!("node-{}", node + 1)}}),
        Move::Crash(ordinal) => {
            json!({"crash": {"pod": format!("web-{ordinal}"), "exitCode": 1}})
        }
        Move::DeleteVolume(number) => command(format!("delete pv pv-{number} --wait=false")),
    }
}

/// A run of a plan: the cluster, who watches it, and what was done after which frame.
struct Run {
    mix: Mix,
    cluster: Cluster,
    watch: Watch,
    frames: usize,
    actions: Vec<(usize, Value)>,
    /// Draws and step after every frame, if they are to be compared.
    log: Option<Vec<String>>,
}

impl Run {
    fn new(mix: Mix, plan: &Plan, logged: bool) -> Run {
        let mut cluster = Cluster::new(Config {
            seed: plan.seed,
            local_images: LocalImages::All,
            ..Config::default()
        });
        let mut run = |object: Value| {
            let options = WriteOptions::default();
            let (result, _) = cluster.request(&Request::Create { object, options });
            result.expect("the first objects are valid");
        };
        for name in ["pv-0", "pv-1", "pv-2"] {
            run(volume(name));
        }
        run(set_of(mix, plan.replicas));
        Run {
            mix,
            cluster,
            watch: Watch::default(),
            frames: 0,
            actions: Vec::new(),
            log: logged.then(Vec::new),
        }
    }

    /// Looks at a step that was taken.
    fn see(&mut self, before: &Cluster, step: &Step) -> Result<(), TestCaseError> {
        self.frames += 1;
        if let Some(log) = &mut self.log {
            let draws = self.cluster.draws();
            log.push(format!("{draws:?} {step:?}"));
        }
        // Reading takes longer than all the rest: every so many runs are read.
        if self.cluster.config().seed.is_multiple_of(READ_EVERY)
            && let Some(change) = &step.change
        {
            openapi::read(change.object()).map_err(|why| self.failure(&why))?;
        }
        let violations = self.watch.observe(&self.cluster, Some(before), step);
        self.refuse(&violations)
    }

    fn refuse(&self, violations: &[Violation]) -> Result<(), TestCaseError> {
        if violations.is_empty() {
            return Ok(());
        }
        Err(self.failure(&format!("{violations:?}")))
    }

    fn failure(&self, what: &str) -> TestCaseError {
        let recording = json!({"lesson": "", "seed": self.cluster.config().seed,
            "actions": self.actions, "frames": self.frames});
        TestCaseError::fail(format!("{what}\nrecording: {recording}"))
    }

    fn make(&mut self, what: &Move) -> Result<(), TestCaseError> {
        let before = self.cluster.clone();
        self.actions.push((self.frames, told(self.mix, what)));
        match make(&mut self.cluster, self.mix, what) {
            Some(step) => self.see(&before, &step),
            None => Ok(()),
        }
    }

    /// Takes one step, if one is due by then.
    fn step(&mut self, limit: Time) -> Result<bool, TestCaseError> {
        let before = self.cluster.clone();
        // As `Cluster::step_until`, which would never return if turns that come to nothing went on
        // without time going on.
        for _ in 0..SPINS {
            let next = self.cluster.turns().next();
            let Some((_, turn)) = next.filter(|(at, _)| *at <= limit) else {
                return Ok(false);
            };
            let turn = turn.clone();
            if let Some(step) = self.cluster.take_turn(&turn) {
                return self.see(&before, &step).map(|()| true);
            }
        }
        let turns: Vec<_> = self.cluster.turns().take(3).collect();
        Err(self.failure(&format!("turns that come to nothing: {turns:?}")))
    }

    fn settle(&mut self) -> Result<(), TestCaseError> {
        let limit = Time(self.cluster.now().0 + SETTLING_SECONDS * 1_000);
        while self.step(limit)? {
            if self.frames > STEPS {
                return Err(self.failure("never comes to rest"));
            }
        }
        if at_rest(&self.cluster) {
            let violations = converged(&self.cluster);
            let held = violations
                .into_iter()
                .filter(|violation| self.watch.holds(violation.property));
            return self.refuse(&held.collect::<Vec<_>>());
        }
        Ok(())
    }
}

fn play(mix: Mix, plan: &Plan, logged: bool) -> Result<Run, TestCaseError> {
    let mut run = Run::new(mix, plan, logged);
    for (pause, what) in &plan.moves {
        for _ in 0..*pause {
            let limit = run.cluster.now() + SETTLING_SECONDS * 1_000;
            if !run.step(limit)? {
                break;
            }
        }
        run.make(what)?;
    }
    run.settle()?;
    Ok(run)
}

fn runner(sequences: u32) -> TestRunner {
    TestRunner::new(ProptestConfig {
        cases: sequences,
        failure_persistence: None,
        max_shrink_iters: 300,
        ..ProptestConfig::default()
    })
}

fn check(mix: Mix) {
    let played = runner(SEQUENCES).run(&plan(mix.moves), |plan| play(mix, &plan, false).map(drop));
    if let Err(failure) = played {
        panic!("{mix:?}\n{failure}");
    }
}

const ORDERED: Mix = Mix {
    parallel: false,
    when_scaled: "Retain",
    when_deleted: "Retain",
    moves: scaling,
};

const PARALLEL: Mix = Mix {
    parallel: true,
    ..ORDERED
};

#[test]
fn ordered_sets_are_scaled() {
    check(ORDERED);
}

#[test]
fn ordered_sets_are_updated() {
    check(Mix {
        moves: updating,
        ..ORDERED
    });
}

#[test]
fn ordered_sets_lose_claims_and_volumes() {
    check(Mix {
        moves: storing,
        ..ORDERED
    });
}

/// Found at random: a set has made its first revision when it adopts one of its predecessor, which
/// has the same number.
#[test]
fn a_set_adopts_a_revision_of_the_number_of_its_own() {
    let mix = Mix {
        moves: owning,
        ..ORDERED
    };
    let plan = Plan {
        seed: 3790,
        replicas: 2,
        moves: vec![
            (30, Move::DeleteSet(2)),
            (6, Move::DeleteSet(2)),
            (0, Move::Image(1)),
            (2, Move::DeleteSet(0)),
            (0, Move::CreateSet),
            (0, Move::CreateSet),
        ],
    };
    play(mix, &plan, false).expect("no property is violated");
}

#[test]
fn ordered_sets_are_orphaned_and_adopted() {
    check(Mix {
        moves: owning,
        ..ORDERED
    });
}

#[test]
fn ordered_sets_lose_pods_by_force() {
    check(Mix {
        moves: forcing,
        ..ORDERED
    });
}

/// Without force, no cut node and no crash makes two of one identity.
#[test]
fn ordered_sets_lose_nodes_and_programs() {
    check(Mix {
        moves: failing,
        ..ORDERED
    });
}

#[test]
fn parallel_sets_lose_nodes_and_programs() {
    check(Mix {
        moves: failing,
        ..PARALLEL
    });
}

#[test]
fn parallel_sets_are_scaled() {
    check(PARALLEL);
}

#[test]
fn parallel_sets_are_updated() {
    check(Mix {
        moves: updating,
        ..PARALLEL
    });
}

#[test]
fn parallel_sets_are_orphaned_and_adopted() {
    check(Mix {
        moves: owning,
        ..PARALLEL
    });
}

#[test]
fn claims_go_with_scaled_sets() {
    check(Mix {
        moves: storing,
        when_scaled: "Delete",
        ..ORDERED
    });
}

#[test]
fn claims_go_with_deleted_sets() {
    check(Mix {
        moves: forcing,
        when_scaled: "Delete",
        when_deleted: "Delete",
        ..PARALLEL
    });
}

/// Found at random: what was marked under `Delete` goes, whatever the policy says by then.
#[test]
fn a_claim_that_is_going_is_not_kept_by_a_new_policy() {
    let mix = Mix {
        moves: forcing,
        when_scaled: "Delete",
        when_deleted: "Delete",
        ..PARALLEL
    };
    let plan = Plan {
        seed: 869,
        replicas: 3,
        moves: vec![
            (4, Move::Force(0)),
            (0, Move::Scale(0)),
            (6, Move::Retention(false, false)),
        ],
    };
    play(mix, &plan, false).expect("no property is violated");
}

/// The same seed and moves: the same steps, and the same number of draws of every generator after
/// each of them.
#[test]
fn a_second_run_draws_the_same() {
    let mix = Mix {
        moves: forcing,
        ..ORDERED
    };
    let compared = runner(150).run(&plan(mix.moves), |plan| {
        let log = |run: Run| run.log.unwrap_or_default();
        let first = log(play(mix, &plan, true)?);
        let second = log(play(mix, &plan, true)?);
        let differs = first.iter().zip(&second).position(|(a, b)| a != b);
        prop_assert!(!first.is_empty());
        prop_assert_eq!(differs, None, "the first draw that differs");
        prop_assert_eq!(first.len(), second.len());
        Ok(())
    });
    if let Err(failure) = compared {
        panic!("{failure}");
    }
}

/// The moves reach what they are meant to reach: without this, a test that nothing violates
/// could be one in which nothing happens.
#[test]
fn sequences_reach_the_rare_cases() {
    let mut log = Vec::new();
    let mut runner = TestRunner::deterministic();
    for moves in [scaling, updating, storing, owning, forcing] {
        for number in 0..100 {
            let mix = Mix {
                moves,
                parallel: number % 3 == 0,
                ..ORDERED
            };
            let plan = plan(moves).new_tree(&mut runner).expect("a plan").current();
            let run = play(mix, &plan, true).unwrap_or_else(|failure| panic!("{failure}"));
            log.extend(run.log.unwrap_or_default());
        }
    }
    for mark in [
        "CondemnedBlocked",
        "NoLongerMatches",
        "OrphanMatches",
        "RetryAfterError",
        "TemplateIsKnown",
        "UpdateWaitsForPod",
    ] {
        let told = format!("reason: {mark}");
        assert!(log.iter().any(|line| line.contains(&told)), "{mark}");
    }
}
