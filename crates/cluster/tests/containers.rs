//! Programs that end by themselves: reference/node-and-pod-lifecycle.md §2, §3.

use cluster::object::{Event, Kind, Pod, StatefulSet};
use cluster::{Cluster, Config, DeleteOptions, Patch, Request, Version, WriteOptions};
use serde_json::json;

/// A pod `web-0` of a set, which runs.
fn web(version: Version) -> Cluster {
    let mut cluster = Cluster::new(Config {
        version,
        ..Config::default()
    });
    let object = json!({"apiVersion": "apps/v1", "kind": "StatefulSet",
        "metadata": {"name": "web"}, "spec": {
            "serviceName": "web", "replicas": 1, "selector": {"matchLabels": {"app": "web"}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {
                "containers": [{"name": "main", "image": "demo-statefulset-node-image"}]}}}});
    create(&mut cluster, object);
    rest(&mut cluster);
    cluster
}

fn create(cluster: &mut Cluster, object: serde_json::Value) {
    let options = WriteOptions::default();
    let request = Request::Create { object, options };
    cluster.request(&request).0.unwrap();
}

/// The states that the pod went through until nothing was left to do: second since the beginning
/// of this, STATUS, READY and RESTARTS.
fn rest(cluster: &mut Cluster) -> Vec<String> {
    let began = cluster.now();
    let mut states: Vec<String> = Vec::new();
    for _ in 0..500 {
        let Some(step) = cluster.step() else {
            return states;
        };
        let Some(change) = &step.change else { continue };
        let Some((_, Some(pod))) = change.sides::<Pod>() else {
            continue;
        };
        let (ready, all) = pod.ready_containers();
        let restarts = pod.status.container_statuses.iter();
        let restarts: i32 = restarts.map(|status| status.restart_count).sum();
        let seconds = step.time.since(began) / 1000;
        let status = pod.display_status(true);
        states.push(format!("{seconds} {status} {ready}/{all} {restarts}"));
    }
    panic!("the cluster never comes to rest");
}

fn pod(cluster: &Cluster) -> &Pod {
    cluster
        .store()
        .get::<Pod>("web-0")
        .expect("the pod is there")
}

#[test]
fn a_container_that_ends_is_restarted_ever_more_slowly() {
    let mut cluster = web(Version::V1_36);
    let uid = pod(&cluster).metadata.uid.clone();
    assert!(cluster.crash("web-0", 1).is_some());
    assert_eq!(rest(&mut cluster), ["0 Error 0/1 0", "0 Running 1/1 1"]);
    for (restarts, seconds) in [
        (1, 10),
        (2, 20),
        (3, 40),
        (4, 80),
        (5, 160),
        (6, 300),
        (7, 300),
    ] {
        cluster.crash("web-0", 1);
        let expected = [
            format!("0 Error 0/1 {restarts}"),
            format!("0 CrashLoopBackOff 0/1 {restarts}"),
            format!("{seconds} Running 1/1 {}", restarts + 1),
        ];
        assert_eq!(rest(&mut cluster), expected);
    }
    cluster.wait_until(cluster.now() + 601_000);
    cluster.crash("web-0", 0);
    assert_eq!(rest(&mut cluster), ["0 Completed 0/1 8", "0 Running 1/1 9"]);
    assert_eq!(pod(&cluster).metadata.uid, uid, "the pod stays");
    let last = &pod(&cluster).status.container_statuses[0].last_state;
    assert_eq!(last.terminated.as_ref().unwrap().exit_code, 0);
}

#[test]
fn the_set_waits_for_a_crashed_container_and_does_not_delete_its_pod() {
    let mut cluster = web(Version::V1_36);
    cluster.crash("web-0", 1);
    rest(&mut cluster);
    cluster.crash("web-0", 1);
    let until = cluster.now() + 5_000;
    while cluster.step_until(until).is_some() {}
    assert_eq!(pod(&cluster).status.phase, "Running");
    assert!(!pod(&cluster).terminating());
    let set = cluster.store().get::<StatefulSet>("web").unwrap();
    assert_eq!(set.status.ready_replicas, 0);
}

#[test]
fn back_off_is_told_in_the_words_of_the_release() {
    let check = |version, event: &dyn Fn(&str) -> String| {
        let mut cluster = web(version);
        let uid = pod(&cluster).metadata.uid.clone();
        cluster.crash("web-0", 1);
        rest(&mut cluster);
        cluster.crash("web-0", 1);
        while cluster.step_until(cluster.now() + 1_000).is_some() {}
        let status = &pod(&cluster).status.container_statuses[0];
        let waiting = status.state.waiting.as_ref().unwrap();
        let expected =
            format!("back-off 10s restarting failed container=main pod=web-0_default({uid})");
        assert_eq!(waiting.message.as_deref(), Some(expected.as_str()));
        let mut events = cluster.store().list::<Event>();
        let told = events.find(|event| event.reason == "BackOff").unwrap();
        assert_eq!(
            (told.r#type.as_str(), told.message.clone()),
            ("Warning", event(&uid))
        );
        let part = told.involved_object.field_path.as_deref();
        assert_eq!(part, Some("spec.containers{main}"));
    };
    check(Version::V1_20, &|_| {
        "Back-off restarting failed container".to_owned()
    });
    check(Version::V1_36, &|uid| {
        format!("Back-off restarting failed container main in pod web-0_default({uid})")
    });
}

#[test]
fn a_crashed_pod_goes_at_once_when_it_is_deleted() {
    let mut cluster = web(Version::V1_36);
    let uid = pod(&cluster).metadata.uid.clone();
    cluster.crash("web-0", 1);
    rest(&mut cluster);
    cluster.crash("web-0", 1);
    while cluster.step_until(cluster.now() + 1_000).is_some() {}
    let request = Request::Delete {
        kind: Kind::Pod,
        name: "web-0".to_owned(),
        options: DeleteOptions::default(),
    };
    cluster.request(&request).0.unwrap();
    rest(&mut cluster);
    assert_ne!(pod(&cluster).metadata.uid, uid);
}

#[test]
fn another_image_replaces_the_container_and_keeps_the_pod() {
    let set_image = |cluster: &mut Cluster, image: &str| {
        let patch = Patch::Strategic(json!({"spec": {"containers": [
            {"name": "main", "image": image}]}}));
        let request = Request::Patch {
            kind: Kind::Pod,
            name: "web-0".to_owned(),
            patch,
            options: WriteOptions::default(),
        };
        cluster.request(&request).0.unwrap();
        rest(cluster)
    };
    let mut cluster = web(Version::V1_36);
    let before = pod(&cluster).clone();
    let states = set_image(&mut cluster, "nginx:1.27");
    assert_eq!(states, ["1 Running 1/1 1"]);
    let after = pod(&cluster);
    assert_eq!(after.metadata.uid, before.metadata.uid);
    assert_eq!(after.status.pod_ip, before.status.pod_ip);
    assert_eq!(after.status.container_statuses[0].image, "nginx:1.27");
    let states = set_image(&mut cluster, "bad");
    assert_eq!(
        states,
        ["1 ErrImagePull 0/1 1", "11 ImagePullBackOff 0/1 1"]
    );
    let states = set_image(&mut cluster, "nginx:1.28");
    assert_eq!(states, ["0 Running 1/1 2"]);
}

#[test]
fn a_crash_of_a_pod_that_was_not_ready_shows_too() {
    let mut cluster = web(Version::V1_36);
    cluster.switch_readiness("web-0", false);
    rest(&mut cluster);
    cluster.crash("web-0", 1);
    assert_eq!(rest(&mut cluster), ["0 Error 0/1 0", "0 Running 0/1 1"]);
}

#[test]
fn restart_policy_decides() {
    let check = |policy: &str, exit_code: i32, expected: &[&str]| {
        let mut cluster = Cluster::new(Config::default());
        create(
            &mut cluster,
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-0"}, "spec": {
                "restartPolicy": policy,
                "containers": [{"name": "main", "image": "demo-statefulset-node-image"}]}}),
        );
        rest(&mut cluster);
        cluster.crash("web-0", exit_code);
        assert_eq!(rest(&mut cluster), expected, "{policy} {exit_code}");
        pod(&cluster).status.phase.clone()
    };
    assert_eq!(
        check("Always", 0, &["0 Completed 0/1 0", "0 Running 1/1 1"]),
        "Running"
    );
    assert_eq!(
        check("OnFailure", 1, &["0 Error 0/1 0", "0 Running 1/1 1"]),
        "Running"
    );
    assert_eq!(check("OnFailure", 0, &["0 Completed 0/1 0"]), "Succeeded");
    assert_eq!(check("Never", 0, &["0 Completed 0/1 0"]), "Succeeded");
    assert_eq!(check("Never", 3, &["0 Error 0/1 0"]), "Failed");
}

#[test]
fn nothing_crashes_where_nothing_runs() {
    let mut cluster = web(Version::V1_36);
    assert!(cluster.crash("web-7", 1).is_none());
    assert!(cluster.partition("node-7").is_none());
    cluster.crash("web-0", 1);
    assert!(
        cluster.crash("web-0", 1).is_none(),
        "it has not started again"
    );
}
