//! What can happen next, and the search through all of it.

mod support;

use cluster::model::{Action, Bounds, Exploration, Repertoire, explore, next};
use cluster::object::{Kind, Pod};
use cluster::property::Property;
use cluster::{Cluster, Config, Turn};
use serde_json::json;
use support::{Play, stateful_set, template};

/// A cluster of one node in which a set of so many replicas was just created.
fn tiny(replicas: i32) -> Cluster {
    let mut play = Play::new(Config {
        nodes: 1,
        ..Config::default()
    });
    play.create(stateful_set(replicas));
    play.cluster
}

/// A cluster of one node in which a set of so many replicas is ready.
fn ready(replicas: i32) -> Cluster {
    ready_on(1, replicas)
}

fn ready_on(nodes: usize, replicas: i32) -> Cluster {
    let mut play = Play::new(Config {
        nodes,
        ..Config::default()
    });
    play.create(stateful_set(replicas));
    play.run(30);
    assert_eq!(play.living_pods().len(), replicas as usize);
    play.cluster
}

fn sizes(found: &Exploration) -> (usize, usize, usize) {
    assert!(found.exhausted, "{found:?}");
    assert_eq!(found.counterexample, None);
    (found.states, found.transitions, found.depth)
}

const ALL: Bounds = Bounds {
    interventions: 1,
    states: 60_000,
};

/// All properties that hold whatever is in these repertoires.
fn unforced() -> Vec<Property> {
    let all = Property::ALL.iter().copied();
    all.filter(|property| *property != Property::ClaimOwners)
        .collect()
}

#[test]
fn what_nobody_asked_for_cannot_happen() {
    let cluster = ready(1);
    let check = |action: Action, possible: bool| {
        assert_eq!(next(&cluster, &action).is_some(), possible, "{action:?}");
    };
    check(Action::Turn(Turn::StatefulSet("web".into())), false);
    check(
        Action::DeletePod {
            pod: "web-0".into(),
        },
        true,
    );
    check(
        Action::DeletePod {
            pod: "web-1".into(),
        },
        false,
    );
    let scale = |replicas| Action::Scale {
        set: "web".into(),
        replicas,
    };
    check(scale(2), true);
    check(scale(1), false);
    let readiness = |ready| Action::SwitchReadiness {
        pod: "web-0".into(),
        ready,
    };
    check(readiness(false), true);
    check(readiness(true), false);
    let cordon = |cordoned| Action::Cordon {
        node: "node-1".into(),
        cordoned,
    };
    check(cordon(true), true);
    check(cordon(false), false);
}

#[test]
fn the_next_step_leaves_the_cluster_as_it_was() {
    let cluster = tiny(1);
    let turn = cluster.turns().next().expect("a turn").1.clone();
    let (after, steps) = next(&cluster, &Action::Turn(turn)).expect("it is due");
    assert_eq!(steps.len(), 1);
    assert_eq!(
        cluster.store().list_objects(Kind::ControllerRevision).len(),
        0
    );
    assert_eq!(
        after.store().list_objects(Kind::ControllerRevision).len(),
        1
    );
}

/// Every intervention of the repertoire is offered, and each is possible.
#[test]
fn what_is_offered_is_possible() {
    let cluster = ready(2);
    let everything = Repertoire {
        replicas: vec![0, 1, 3],
        images: vec!["demo-statefulset-node-image:2".to_owned()],
        partitions: vec![1],
        delete_pods: true,
        force_delete_pods: true,
        delete_claims: true,
        switch_readiness: true,
        cordon: true,
        cut_nodes: true,
        crash: true,
        break_disks: true,
        window_ms: 0,
    };
    let actions = everything.actions(&cluster);
    assert_eq!(
        actions.len(),
        3 + 1 + 1 + 2 + 2 + 2 + 2 + 1 + 1,
        "{actions:?}"
    );
    for action in actions {
        assert!(next(&cluster, &action).is_some(), "{action:?}");
    }
}

/// The exact size of all that can happen while one pod comes up: whoever changes the number of
/// turns or their interleavings changes these numbers, and should know why.
#[test]
fn one_pod_coming_up_has_so_many_states() {
    let repertoire = Repertoire {
        window_ms: 1_000,
        ..Repertoire::default()
    };
    let found = explore(&tiny(1), &repertoire, &unforced(), ALL);
    assert_eq!(sizes(&found), ONE_POD);
}

const ONE_POD: (usize, usize, usize) = (30, 47, 9);

/// Without force, no order of turns and no deletion makes two of one identity.
#[test]
fn at_most_one_holds_without_force() {
    let repertoire = Repertoire {
        delete_pods: true,
        switch_readiness: true,
        replicas: vec![1],
        window_ms: 1_000,
        ..Repertoire::default()
    };
    let found = explore(&ready(2), &repertoire, &unforced(), ALL);
    sizes(&found);
    assert!(found.states > 200, "{found:?}");
}

/// With force, two of one identity run for a while: the old one is not yet told to stop.
#[test]
fn force_breaks_at_most_one() {
    let repertoire = Repertoire {
        delete_pods: true,
        force_delete_pods: true,
        window_ms: 5_000,
        ..Repertoire::default()
    };
    let found = explore(&ready(1), &repertoire, &[Property::AtMostOneProcess], ALL);
    let counterexample = found
        .counterexample
        .clone()
        .unwrap_or_else(|| panic!("no way to break it: {found:?}"));
    let force = Action::ForceDeletePod {
        pod: "web-0".into(),
    };
    assert_eq!(counterexample.actions[0], force);
    let (made, placed, seen_and_started) = (
        Action::Turn(Turn::StatefulSet("web".into())),
        Action::Turn(Turn::Schedule("web-0".into())),
        &counterexample.actions[3..],
    );
    assert_eq!(counterexample.actions[1..3], [made, placed]);
    let kubelet = |action: &Action| matches!(action, Action::Turn(Turn::Kubelet { .. }));
    assert_eq!(seen_and_started.len(), 2);
    assert!(seen_and_started.iter().all(kubelet));
    // The way can be gone again.
    let mut cluster = ready(1);
    for action in &counterexample.actions {
        cluster = next(&cluster, action).expect("it was possible").0;
    }
    let twins = cluster
        .processes()
        .filter(|(_, process)| &*process.pod == "web-0");
    assert_eq!(twins.count(), 2);
    assert_eq!(cluster.store().list::<Pod>().count(), 1);
}

/// A name that is taken is tried for ever and without a word: a step without a limit comes to an
/// end all the same.
#[test]
fn trying_for_ever_comes_to_an_end() {
    let mut play = Play::new(Config::default());
    let mut pod = template("demo-statefulset-node-image");
    pod["metadata"] = json!({"name": "web-0", "labels": {"app": "other"}});
    pod["apiVersion"] = json!("v1");
    pod["kind"] = json!("Pod");
    play.create(pod);
    play.create(stateful_set(1));
    play.run(60);
    assert!(play.cluster.next_time().is_some(), "it is tried again");
    assert!((0..100).any(|_| play.cluster.step().is_none()));
}

/// Two replicas, a node that is cut off and mended, a deletion, in every order of turns that are at
/// most 20 ms apart: never two of one identity.
#[test]
fn at_most_one_holds_on_a_cut_node() {
    let repertoire = Repertoire {
        delete_pods: true,
        cut_nodes: true,
        window_ms: 20,
        ..Repertoire::default()
    };
    let bounds = Bounds {
        interventions: 2,
        states: 30_000,
    };
    let found = explore(&ready_on(2, 2), &repertoire, &unforced(), bounds);
    sizes(&found);
    assert!(found.states > 1_000, "{found:?}");
}

/// Even if every component is in time: cut off the node, and delete the pod by force.
#[test]
fn force_on_a_cut_node_breaks_at_most_one() {
    let repertoire = Repertoire {
        force_delete_pods: true,
        cut_nodes: true,
        ..Repertoire::default()
    };
    let start = ready_on(2, 2);
    let search = |interventions| {
        let bounds = Bounds {
            interventions,
            states: 30_000,
        };
        explore(&start, &repertoire, &[Property::AtMostOneProcess], bounds)
    };
    sizes(&search(1));
    let counterexample = search(2).counterexample.expect("a way to break it");
    let interventions = counterexample
        .actions
        .iter()
        .filter(|action| !matches!(action, Action::Turn(_)));
    let interventions: Vec<_> = interventions.collect();
    assert!(matches!(
        interventions[..],
        [Action::Partition { .. }, Action::ForceDeletePod { .. }]
            | [Action::ForceDeletePod { .. }, Action::Partition { .. }]
    ));
    let at_fault = &counterexample.violation.at_fault;
    assert_eq!(at_fault.len(), 3, "the pod and two nodes: {at_fault:?}");
    assert_ne!(at_fault[1], at_fault[2]);
}
