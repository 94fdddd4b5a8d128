//! The network from outside: names, virtual IPs, requests, and what programs store.

mod support;

use cluster::network::dns::{Answer, Question, RecordType, ResponseCode};
use cluster::network::http::{ConnectError, HttpError, HttpRequest, HttpResponse};
use cluster::network::{Answered, Asked, Caller, LookupError};
use cluster::object::{Kind, Pod, Service};
use cluster::property::{Property, Watch};
use cluster::{Actor, Config, DnsCache, PropagationPolicy, Reason, Step, Version};
use serde_json::{Value, json};
use support::Play;

const SET: &str = "demo-statefulset";
const HEADLESS: &str = "demo-statefulset-headless-service";
const SERVICE: &str = "demo-statefulset-service";
const PODS: &str = "/api/v1/namespaces/default/pods";
const SERVICES: &str = "/api/v1/namespaces/default/services";
const NOTHING_STORED: &str = "还没有任何数据被存储至后台文件系统";

fn pod_name(ordinal: usize) -> String {
    format!("{SET}-{ordinal}")
}

fn domain(ordinal: usize) -> String {
    format!("{SET}-{ordinal}.{HEADLESS}.default.svc.cluster.local.")
}

fn volume(name: &str, policy: &str) -> Value {
    let mut volume = support::volume(name);
    volume["spec"]["persistentVolumeReclaimPolicy"] = json!(policy);
    volume
}

fn service(name: &str, spec: Value) -> Value {
    let mut spec = spec;
    spec["selector"] = json!({"app": "demo"});
    json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec})
}

fn stateful_set(image: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": SET}, "spec": {
        "serviceName": HEADLESS, "replicas": 2,
        "selector": {"matchLabels": {"app": "demo"}},
        "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {
            "resources": {"requests": {"storage": "1Mi"}}, "accessModes": ["ReadWriteOnce"]}}],
        "template": {"metadata": {"labels": {"app": "demo"}}, "spec": {"containers": [{
            "name": "main", "image": image, "imagePullPolicy": "Never",
            "ports": [{"name": "http", "containerPort": 8080}],
            "volumeMounts": [{"name": "data", "mountPath": "/var/data"}]}]}}}})
}

fn box_pod(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": {
        "containers": [{"name": "main", "image": "dnsutils"}]}})
}

/// The chapter's cluster at rest: three volumes, both Services, the set, and a pod to ask from.
fn chapter_with(config: Config, image: &str, policy: &str) -> Play {
    chapter_on(|name| volume(name, policy), config, image)
}

fn chapter_on(volume: impl Fn(&str) -> Value, config: Config, image: &str) -> Play {
    let mut play = Play::new(config);
    for name in ["pv-a", "pv-b", "pv-c"] {
        play.create(volume(name));
    }
    let headless = json!({"clusterIP": "None", "ports": [{"name": "http", "port": 80}]});
    play.create(service(HEADLESS, headless));
    let ordinary = json!({"ports": [{"name": "http", "port": 80, "targetPort": 8080}]});
    play.create(service(SERVICE, ordinary));
    play.create(stateful_set(image));
    play.create(box_pod("dnsutils"));
    play.run(30);
    play
}

fn chapter() -> Play {
    chapter_with(Config::default(), "demo-statefulset-node-image", "Retain")
}

/// The answer to a request through the API server that stores nothing.
fn api(play: &mut Play, path: &str) -> HttpResponse {
    let (response, step) = play
        .cluster
        .http(&Caller::ApiClient, &HttpRequest::get(path));
    assert_eq!(step, None, "a question changes nothing");
    response.expect("the API server answers")
}

fn get(play: &mut Play, pod: usize) -> String {
    api(play, &format!("{PODS}/{}/proxy/", pod_name(pod))).body
}

fn post(play: &mut Play, pod: usize, body: &str) -> (HttpResponse, Option<Step>) {
    let url = format!("{PODS}/{}/proxy/", pod_name(pod));
    let (response, step) = play
        .cluster
        .http(&Caller::ApiClient, &HttpRequest::post(&url, body));
    (response.expect("the API server answers"), step)
}

fn holds(pod: usize, data: &str) -> String {
    format!("访问 pod 为: {}\n获得数据为: {data}\n", pod_name(pod))
}

fn from_box(play: &mut Play, url: &str) -> Result<HttpResponse, HttpError> {
    let caller = Caller::Pod("dnsutils".to_owned());
    play.cluster.http(&caller, &HttpRequest::get(url)).0
}

fn ip(play: &Play, pod: &str) -> String {
    let pod = play
        .cluster
        .store()
        .get::<Pod>(pod)
        .expect("the pod is there");
    pod.status.pod_ip.clone().expect("it has an address")
}

fn ask(play: &Play, name: &str, record_type: RecordType) -> Answer {
    play.cluster.dns(&Question {
        name: name.to_owned(),
        record_type,
    })
}

/// The code, and the records of the answer as `name data`.
fn told(answer: &Answer) -> (ResponseCode, Vec<String>) {
    let lines = answer
        .answers
        .iter()
        .map(|record| format!("{} {}", record.name, record.data));
    (answer.code, lines.collect())
}

fn replace(play: &mut Play, pod: &str) {
    play.delete(Kind::Pod, pod, PropagationPolicy::Background);
    play.run(20);
}

#[test]
fn names_lead_to_addresses() {
    let mut play = chapter();
    let (zero, one) = (ip(&play, &pod_name(0)), ip(&play, &pod_name(1)));
    let service_ip = play.get(Kind::Service, SERVICE)["spec"]["clusterIP"].clone();
    let service_ip = service_ip.as_str().unwrap().to_owned();
    // A Service that has the pods' labels but doesn't govern them, and one without ports.
    let unnamed = json!({"clusterIP": "None", "ports": [{"port": 80}]});
    play.create(service("unnamed", unnamed));
    play.create(service("portless", json!({"clusterIP": "None"})));
    play.create(
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "empty"}, "spec": {
        "clusterIP": "None", "selector": {"app": "nobody"}, "ports": [{"port": 80}]}}),
    );
    play.create(
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "empty-ip"}, "spec": {
        "clusterIP": "10.96.7.7", "selector": {"app": "nobody"}, "ports": [{"port": 80}]}}),
    );
    play.run(2);
    let dashed = zero.replace('.', "-");
    let both = vec![zero.clone(), one.clone()];
    let check = |name: &str, record_type: &str, code: ResponseCode, data: &[String]| {
        let answer = ask(&play, name, RecordType::parse(record_type).unwrap());
        let found: Vec<String> = answer.answers.iter().map(|r| r.data.to_string()).collect();
        assert_eq!(
            (answer.code, found.as_slice()),
            (code, data),
            "{name} {record_type}"
        );
        let absent = data.is_empty() && answer.authoritative;
        assert_eq!(
            answer.authority.len(),
            usize::from(absent),
            "{name}: SOA with an absence"
        );
    };
    use ResponseCode::{NoError, NxDomain, ServFail};
    let svc = |name: &str| format!("{name}.default.svc.cluster.local");
    check(
        &svc(SERVICE),
        "A",
        NoError,
        std::slice::from_ref(&service_ip),
    );
    check(&svc(HEADLESS), "A", NoError, &both);
    check(&svc(&HEADLESS.to_uppercase()), "A", NoError, &both);
    check(&domain(0), "A", NoError, std::slice::from_ref(&zero));
    check(&domain(2), "A", NxDomain, &[]);
    check(&svc(HEADLESS), "AAAA", NoError, &[]);
    check(&domain(0), "AAAA", NoError, &[]);
    check(&svc("nope"), "A", NxDomain, &[]);
    check("nginx.nope.svc.cluster.local", "A", NxDomain, &[]);
    check("svc.cluster.local", "A", NoError, &[]);
    check("default.svc.cluster.local", "A", NoError, &[]);
    check("nope.svc.cluster.local", "A", NxDomain, &[]);
    // Without endpoints a headless name is gone; a virtual IP is not.
    check(&svc("empty"), "A", NxDomain, &[]);
    check(&svc("empty"), "AAAA", NxDomain, &[]);
    check(&svc("empty"), "SRV", NxDomain, &[]);
    check(&svc("empty-ip"), "A", NoError, &["10.96.7.7".to_owned()]);
    // Pods have names by a Service that governs them; elsewhere by their address.
    check(
        &svc(&format!("{dashed}.unnamed")),
        "A",
        NoError,
        std::slice::from_ref(&zero),
    );
    check(
        &svc(&format!("{}.unnamed", pod_name(0))),
        "A",
        NxDomain,
        &[],
    );
    check(&svc(&format!("{dashed}.{HEADLESS}")), "A", NxDomain, &[]);
    check(&svc("portless"), "A", NoError, &both);
    check(
        "10-244-0-7.default.pod.cluster.local",
        "A",
        NoError,
        &["10.244.0.7".to_owned()],
    );
    check("10-244-0.default.pod.cluster.local", "A", NxDomain, &[]);
    // Ports.
    let srv = |weight: u16, port: u16, target: &str| format!("0 {weight} {port} {target}");
    let peers = [srv(50, 80, &domain(0)), srv(50, 80, &domain(1))];
    check(&svc(HEADLESS), "SRV", NoError, &peers);
    check(
        &svc(&format!("_http._tcp.{HEADLESS}")),
        "SRV",
        NoError,
        &peers,
    );
    check(
        &svc(&format!("http.tcp.{HEADLESS}")),
        "SRV",
        NoError,
        &peers,
    );
    check(
        &svc(&format!("_http._udp.{HEADLESS}")),
        "SRV",
        NxDomain,
        &[],
    );
    check(&svc(&format!("_web._tcp.{HEADLESS}")), "SRV", NxDomain, &[]);
    check(&svc("_http._tcp.unnamed"), "SRV", NxDomain, &[]);
    check(&svc("portless"), "SRV", NoError, &[]);
    check(&domain(0), "SRV", NoError, &[srv(100, 80, &domain(0))]);
    check(&format!("_http._tcp.{}", domain(0)), "SRV", NxDomain, &[]);
    let own = format!("{SERVICE}.default.svc.cluster.local.");
    check(&svc(SERVICE), "SRV", NoError, &[srv(100, 80, &own)]);
    // Names of addresses.
    let reversed = |ip: &str| {
        let mut parts: Vec<&str> = ip.split('.').collect();
        parts.reverse();
        format!("{}.in-addr.arpa", parts.join("."))
    };
    check(&reversed(&one), "PTR", NoError, &[domain(1)]);
    check(&reversed(&service_ip), "PTR", NoError, &[own]);
    let server = "kube-dns.kube-system.svc.cluster.local.".to_owned();
    check("10.0.96.10.in-addr.arpa", "PTR", NoError, &[server]);
    check(&reversed("10.1.2.3"), "PTR", NxDomain, &[]);
    check(
        "dns-version.cluster.local",
        "TXT",
        NoError,
        &["\"1.1.0\"".to_owned()],
    );
    check("example.org", "A", ServFail, &[]);
}

#[test]
fn answers_may_be_kept_for_thirty_seconds() {
    let play = chapter();
    let answer = ask(&play, &domain(0), RecordType::Srv);
    let records = answer.answers.iter().chain(&answer.additional);
    assert!(records.clone().all(|record| record.ttl_seconds == 30));
    assert_eq!(records.count(), 2, "the target's address comes along");
    let absent = ask(&play, &domain(7), RecordType::A);
    let soa = &absent.authority[0];
    let text = format!("{} {} {}", soa.name, soa.ttl_seconds, soa.data);
    assert!(
        text.starts_with("cluster.local. 30 ns.dns.cluster.local. hostmaster.cluster.local. ")
            && text.ends_with(" 7200 1800 86400 30"),
        "{text}"
    );
}

#[test]
fn weights_are_shared_among_all_that_is_found() {
    let check = |pods: usize, weight: u16| {
        let mut play = Play::new(Config::default());
        let spec = json!({"clusterIP": "None", "ports": [{"name": "http", "port": 80}]});
        play.create(service("s", spec));
        for number in 0..pods {
            let mut pod = box_pod(&format!("p-{number}"));
            pod["metadata"]["labels"] = json!({"app": "demo"});
            play.create(pod);
        }
        play.run(20);
        let answer = ask(&play, "s.default.svc.cluster.local", RecordType::Srv);
        let weights = answer.answers.iter().map(|record| record.data.to_string());
        let expected = format!("0 {weight} 80 ");
        assert!(
            weights.clone().all(|data| data.starts_with(&expected)),
            "{weights:?}"
        );
        assert_eq!(answer.answers.len(), pods);
    };
    check(1, 100);
    check(2, 50);
    check(3, 33);
    check(6, 16);
    check(101, 1);
}

#[test]
fn only_the_ready_have_names_unless_the_service_publishes_all() {
    let mut play = chapter();
    let all = json!({"clusterIP": "None", "publishNotReadyAddresses": true,
        "ports": [{"name": "http", "port": 80}]});
    play.create(service("all", all));
    play.ready(&pod_name(1), false);
    play.run(5);
    let zero = ip(&play, &pod_name(0));
    let one = ip(&play, &pod_name(1));
    let count = |play: &Play, name: &str| {
        let name = format!("{name}.default.svc.cluster.local");
        ask(play, &name, RecordType::A).answers.len()
    };
    assert_eq!(count(&play, HEADLESS), 1);
    assert_eq!(count(&play, "all"), 2);
    assert_eq!(
        told(&ask(&play, &domain(1), RecordType::A)).0,
        ResponseCode::NxDomain
    );
    // A terminating pod loses its name at once, though it still serves.
    play.delete(Kind::Pod, &pod_name(0), PropagationPolicy::Background);
    play.run(1);
    assert_eq!(count(&play, HEADLESS), 0);
    assert_eq!(get(&mut play, 0), holds(0, NOTHING_STORED));
    let dashed = |ip: &str| format!("{}.all.default.svc.cluster.local", ip.replace('.', "-"));
    assert_eq!(ask(&play, &dashed(&zero), RecordType::A).answers.len(), 1);
    assert_eq!(ask(&play, &dashed(&one), RecordType::A).answers.len(), 1);
}

/// What pictures show of the zone is what it answers.
#[test]
fn the_names_of_services_are_those_that_are_answered() {
    let mut play = chapter();
    let names = |play: &Play, service: &str| -> Vec<String> {
        let service = play.cluster.store().get::<Service>(service).unwrap();
        let names = play.cluster.service_names(service);
        for name in &names {
            let (_, told) = told(&ask(play, &name.name, RecordType::A));
            let line = format!("{} {}", name.name, name.address);
            assert_eq!(told.contains(&line), name.given, "{told:?}");
        }
        let short = |name: &str| name.split('.').next().unwrap().to_owned();
        let given = names.iter().filter(|name| name.given);
        given
            .map(|name| format!("{} {:?}", short(&name.name), name.ports))
            .collect()
    };
    let headless =
        json!({"clusterIP": "None", "ports": [{"name": "http", "port": 80, "targetPort": 8080}]});
    play.create(service("to-pods", headless));
    play.run(1);
    let of_pods = names(&play, HEADLESS);
    assert_eq!(of_pods.len(), 2);
    assert_eq!(names(&play, SERVICE), [format!("{SERVICE} [80]")]);
    assert!(
        names(&play, "to-pods")
            .iter()
            .all(|name| name.ends_with("[8080]"))
    );
    play.cluster.switch_readiness(&pod_name(1), false);
    play.run(1);
    assert_eq!(names(&play, HEADLESS), of_pods[..1]);
    let external = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "out"},
        "spec": {"type": "ExternalName", "externalName": "example.org"}});
    play.create(external);
    let service = play.cluster.store().get::<Service>("out").unwrap();
    let names = play.cluster.service_names(service);
    assert_eq!(names[0].address, "example.org.");
}

#[test]
fn a_pod_looks_names_up_with_its_search_list() {
    let mut play = chapter();
    let one = ip(&play, &pod_name(1));
    let mut check = |name: &str, found: &str, missed: usize| {
        let lookup = play
            .cluster
            .resolve("dnsutils", name, RecordType::A)
            .unwrap();
        assert_eq!(
            (lookup.name.as_str(), lookup.missed.len()),
            (found, missed),
            "{name}"
        );
        assert_eq!(
            lookup.found(),
            lookup.answer.addresses().next() == Some(&*one)
        );
    };
    let whole = domain(1);
    check(&format!("{}.{HEADLESS}", pod_name(1)), &whole, 0);
    check(&format!("{}.{HEADLESS}.default", pod_name(1)), &whole, 1);
    check(whole.trim_end_matches('.'), &whole, 0);
    check(&whole, &whole, 0);
    // The list does not have the governing Service.
    check(&pod_name(1), &format!("{}.", pod_name(1)), 4);
    let dig = |play: &mut Play, name: &str| {
        let question = Question {
            name: name.to_owned(),
            record_type: RecordType::A,
        };
        play.cluster.query("dnsutils", &question).unwrap()
    };
    assert_eq!(
        dig(&mut play, HEADLESS).code,
        ResponseCode::ServFail,
        "dig searches nothing"
    );
    assert!(
        play.cluster
            .resolve("nobody", HEADLESS, RecordType::A)
            .is_err()
    );
}

#[test]
fn addresses_come_in_any_order() {
    let mut play = chapter();
    let name = format!("{HEADLESS}.default.svc.cluster.local");
    let question = Question {
        name,
        record_type: RecordType::A,
    };
    let mut orders = std::collections::BTreeSet::new();
    for _ in 0..20 {
        let answer = play.cluster.query("dnsutils", &question).unwrap();
        orders.insert(answer.addresses().map(str::to_owned).collect::<Vec<_>>());
    }
    assert_eq!(orders.len(), 2, "both orders of two addresses");
}

/// A name asked for before its pod is ready stays away for those who remember the answer.
#[test]
fn an_absence_is_remembered() {
    let check = |dns_cache: DnsCache, asked_first: &str, found_early: bool| {
        let config = Config {
            dns_cache,
            ..Config::default()
        };
        let mut play = chapter_with(config, "demo-statefulset-node-image", "Retain");
        play.create(box_pod("other"));
        play.scale(Kind::StatefulSet, SET, 3);
        play.run_until(
            "the third pod",
            |step| matches!(&*step.reason, Reason::PodSeen { pod } if **pod == *pod_name(2)),
        );
        play.run_until("the other box", |step| {
            matches!(&*step.reason, Reason::ContainerStarted { .. })
        });
        let name = format!("{}.{HEADLESS}", pod_name(2));
        let found = |play: &mut Play, from: &str| {
            play.cluster
                .resolve(from, &name, RecordType::A)
                .unwrap()
                .found()
        };
        assert!(!found(&mut play, asked_first), "not ready yet");
        play.run(5);
        assert_eq!(
            found(&mut play, "dnsutils"),
            found_early,
            "{dns_cache:?} {asked_first}"
        );
        play.run(30);
        assert!(found(&mut play, "dnsutils"));
    };
    check(DnsCache::Off, "dnsutils", true);
    check(DnsCache::Server, "dnsutils", false);
    check(DnsCache::Server, &pod_name(0), false);
    check(DnsCache::Pods, "dnsutils", false);
    check(DnsCache::Pods, &pod_name(0), true);
}

#[test]
fn a_remembered_address_outlives_its_pod() {
    let config = Config {
        dns_cache: DnsCache::Server,
        ..Config::default()
    };
    let mut play = chapter_with(config, "demo-statefulset-node-image", "Retain");
    let name = format!("{}.{HEADLESS}", pod_name(0));
    let old = ip(&play, &pod_name(0));
    let resolve = |play: &mut Play| {
        let lookup = play
            .cluster
            .resolve("dnsutils", &name, RecordType::A)
            .unwrap();
        let record = lookup.answer.answers[0].clone();
        (
            record.data.to_string(),
            record.ttl_seconds,
            lookup.answer.authoritative,
        )
    };
    assert_eq!(resolve(&mut play), (old.clone(), 30, true));
    replace(&mut play, &pod_name(0));
    assert_eq!(resolve(&mut play), (old.clone(), 10, false), "20 s later");
    let url = format!("http://{name}:8080/");
    let why = ConnectError::NoRoute;
    let expected = HttpError::Connect {
        ip: old,
        port: 8080,
        why,
    };
    assert_eq!(from_box(&mut play, &url), Err(expected));
    play.run(15);
    assert_eq!(
        from_box(&mut play, &url).unwrap().body,
        holds(0, NOTHING_STORED)
    );
}

/// The story of the notes: what is stored with one pod is there for the pod that replaces it.
#[test]
fn e2e_clustered_apps_data_outlives_the_pod() {
    let mut play = chapter();
    assert_eq!(get(&mut play, 0), holds(0, NOTHING_STORED));
    let (response, step) = post(&mut play, 0, "lalalala");
    assert_eq!(
        response.body,
        format!("post 所传输数据已被存储至 pod {}\n", pod_name(0))
    );
    assert_eq!(
        (response.status, response.content_type.as_str()),
        (200, "text/plain; charset=utf-8")
    );
    let step = step.expect("a disk has changed");
    let claim = play.get(
        Kind::PersistentVolumeClaim,
        &format!("data-{}", pod_name(0)),
    );
    let volume = claim["spec"]["volumeName"].as_str().unwrap().to_owned();
    assert_eq!(step.actor, Actor::Program(pod_name(0).into()));
    let expected = Reason::FileWritten {
        pod: pod_name(0).into(),
        volume: Some(volume.as_str().into()),
        path: "/var/data/test.txt".into(),
    };
    assert_eq!(*step.reason, expected);
    assert_eq!(get(&mut play, 0), holds(0, "lalalala"));
    assert_eq!(get(&mut play, 1), holds(1, NOTHING_STORED));
    // While it terminates it still answers; so does its successor, elsewhere, from the same disk.
    let old = ip(&play, &pod_name(0));
    play.delete(Kind::Pod, &pod_name(0), PropagationPolicy::Background);
    assert_eq!(get(&mut play, 0), holds(0, "lalalala"));
    play.run(20);
    assert_ne!(ip(&play, &pod_name(0)), old);
    assert_eq!(get(&mut play, 0), holds(0, "lalalala"));
    let files = play.cluster.volume_files(&volume);
    assert_eq!(&*files[0].1["test.txt"], "lalalala");
    let (_, _) = post(&mut play, 0, "new");
    assert_eq!(get(&mut play, 0), holds(0, "new"), "the file is replaced");
}

#[test]
fn e2e_basic_identity_data_survives_scaling() {
    let mut play = chapter();
    post(&mut play, 1, "kept");
    play.scale(Kind::StatefulSet, SET, 1);
    play.run(20);
    play.scale(Kind::StatefulSet, SET, 2);
    play.run(20);
    assert_eq!(get(&mut play, 1), holds(1, "kept"));
}

/// What becomes of the files when the claim goes: by policy, whether they are still there.
#[test]
fn the_reclaim_policy_says_what_becomes_of_files() {
    let check = |policy: &str, kept: usize| {
        let image = "demo-statefulset-node-image";
        let mut play = chapter_with(Config::default(), image, policy);
        post(&mut play, 1, "x");
        play.scale(Kind::StatefulSet, SET, 1);
        play.run(20);
        assert_eq!(play.cluster.disks().count(), 1, "{policy}");
        let claim = format!("data-{}", pod_name(1));
        play.delete(
            Kind::PersistentVolumeClaim,
            &claim,
            PropagationPolicy::Background,
        );
        play.run(60);
        assert_eq!(play.cluster.disks().count(), kept, "{policy}");
    };
    check("Retain", 1);
    check("Recycle", 0);
    check("Delete", 0);
}

/// reference/storage.md §9: a directory of a node stays behind when the pod moves.
#[test]
fn a_moved_pod_finds_another_directory() {
    let config = Config::default();
    let mut play = chapter_with(config, "demo-statefulset-node-image", "Retain");
    let node = |play: &Play| {
        let pod = play.get(Kind::Pod, &pod_name(0));
        pod["spec"]["nodeName"].as_str().unwrap().to_owned()
    };
    post(&mut play, 0, "lalalala");
    let before = node(&play);
    let cordon = |play: &mut Play, on: bool| {
        play.patch(Kind::Node, &before, json!({"spec": {"unschedulable": on}}));
    };
    cordon(&mut play, true);
    replace(&mut play, &pod_name(0));
    let after = node(&play);
    assert_ne!(after, before);
    assert_eq!(get(&mut play, 0), holds(0, NOTHING_STORED));

    cordon(&mut play, false);
    for other in ["node-1", "node-2", "node-3"] {
        play.patch(
            Kind::Node,
            other,
            json!({"spec": {"unschedulable": other != before}}),
        );
    }
    replace(&mut play, &pod_name(0));
    assert_eq!(node(&play), before);
    assert_eq!(
        get(&mut play, 0),
        holds(0, "lalalala"),
        "it lay there all the time"
    );
}

/// The recycler's pod empties the directory of the node that it comes to, and of no other.
#[test]
fn a_recycler_may_come_to_another_node() {
    let check = |cordoned: bool, kept: usize| {
        let config = Config::default();
        let mut play = chapter_with(config, "demo-statefulset-node-image", "Recycle");
        post(&mut play, 1, "x");
        let node = play.get(Kind::Pod, &pod_name(1))["spec"]["nodeName"].clone();
        for name in ["node-1", "node-2", "node-3"] {
            let unschedulable = (name == node) == cordoned;
            play.patch(
                Kind::Node,
                name,
                json!({"spec": {"unschedulable": unschedulable}}),
            );
        }
        play.scale(Kind::StatefulSet, SET, 1);
        play.run(20);
        let claim = format!("data-{}", pod_name(1));
        play.delete(
            Kind::PersistentVolumeClaim,
            &claim,
            PropagationPolicy::Background,
        );
        play.run(60);
        assert_eq!(play.cluster.disks().count(), kept);
    };
    check(true, 1);
    check(false, 0);
}

#[test]
fn a_directory_made_for_a_pod_goes_with_it() {
    let mut play = Play::new(Config::default());
    let pod = json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {
        "volumes": [{"name": "scratch", "emptyDir": {}}],
        "containers": [{"name": "main", "image": "demo-statefulset-node-image", "volumeMounts": [
            {"name": "scratch", "mountPath": "/var/data", "subPath": "a"},
            {"name": "scratch", "mountPath": "/all", "readOnly": true}]}]}});
    play.create(pod.clone());
    play.run(5);
    let post = HttpRequest::post(&format!("{PODS}/p:8080/proxy/"), "x");
    assert_eq!(
        play.cluster
            .http(&Caller::ApiClient, &post)
            .0
            .unwrap()
            .status,
        200
    );
    let files = play.cluster.files("p").unwrap();
    assert_eq!(&*files["/var/data/test.txt"], "x");
    assert_eq!(&*files["/all/a/test.txt"], "x");
    let refused = |play: &mut Play, path: &str| {
        play.cluster
            .write_file("p", path, "y", false)
            .unwrap()
            .0
            .unwrap_err()
            .to_string()
    };
    assert_eq!(refused(&mut play, "/all/b"), "Read-only file system");
    assert_eq!(refused(&mut play, "/opt/b"), "No such file or directory");
    assert!(
        play.cluster
            .write_file("p", "/var/data/b", "y", false)
            .unwrap()
            .0
            .is_ok()
    );
    replace(&mut play, "p");
    assert_eq!(play.cluster.disks().count(), 0);
    assert_eq!(play.cluster.files("p"), None);
    play.create(pod);
    play.run(5);
    assert!(
        !play
            .cluster
            .files("p")
            .unwrap()
            .contains_key("/var/data/test.txt")
    );
}

/// A program that can't open its file ends with an error, no answer is sent, and it is restarted.
#[test]
fn without_a_disk_a_post_has_no_answer() {
    let mut play = Play::new(Config::default());
    let mut pod = box_pod("p");
    pod["spec"]["containers"][0]["image"] = json!("demo-statefulset-node-image");
    play.create(pod);
    play.run(5);
    let url = format!("{PODS}/p:8080/proxy/");
    let (response, step) = play
        .cluster
        .http(&Caller::ApiClient, &HttpRequest::post(&url, "x"));
    let body = response.unwrap().body;
    assert!(
        body.contains("error trying to reach service: EOF"),
        "{body}"
    );
    let reason = step.expect("the program has ended").reason;
    let printed = play.cluster.logs("p", "main", false).unwrap();
    assert_eq!(
        printed[1].text,
        "Error: ENOENT: no such file or directory, open '/var/data/test.txt'"
    );
    let crashed = Reason::ContainerCrashed {
        pod: "p".into(),
        exit_code: 1,
    };
    assert_eq!(*reason, crashed);
    let refused = api(&mut play, &url);
    assert!(
        refused.body.contains("connection refused"),
        "{}",
        refused.body
    );
    play.run(5);
    assert_eq!(api(&mut play, &url).status, 200);
    let status = play.get(Kind::Pod, "p")["status"]["containerStatuses"][0].clone();
    assert_eq!(status["restartCount"], 1);
}

/// A cut cable: nothing goes to the node or comes from it, and its pods still reach each other.
#[test]
fn a_node_that_is_cut_off_is_not_reached() {
    let mut play = chapter();
    let node = play.get(Kind::Pod, &pod_name(0))["spec"]["nodeName"].clone();
    let node = node.as_str().unwrap().to_owned();
    let other = ["node-1", "node-2"]
        .into_iter()
        .find(|other| *other != node)
        .unwrap();
    for (name, node) in [("inside", node.as_str()), ("outside", other)] {
        let mut pod = box_pod(name);
        pod["spec"]["nodeName"] = json!(node);
        play.create(pod);
    }
    play.run(5);
    let ip = ip(&play, &pod_name(0));
    let url = format!("http://{ip}:8080/");
    assert!(play.cluster.partition(&node).is_some());
    assert!(!play.cluster.reachable(&node));
    let ask = |play: &mut Play, pod: &str| {
        let caller = Caller::Pod(pod.to_owned());
        play.cluster.http(&caller, &HttpRequest::get(&url)).0
    };
    let timed_out = HttpError::Connect {
        ip: ip.clone(),
        port: 8080,
        why: ConnectError::TimedOut,
    };
    assert_eq!(ask(&mut play, "outside"), Err(timed_out));
    assert_eq!(
        ask(&mut play, "inside").unwrap().body,
        holds(0, NOTHING_STORED)
    );
    let proxied = api(&mut play, &format!("{PODS}/{}/proxy/", pod_name(0)));
    let told = format!("error trying to reach service: dial tcp {ip}:8080: i/o timeout");
    assert!(proxied.body.contains(&told), "{}", proxied.body);
    let lookup = |play: &mut Play, pod: &str| play.cluster.resolve(pod, HEADLESS, RecordType::A);
    assert_eq!(lookup(&mut play, "inside"), Err(LookupError::TimedOut));
    assert!(lookup(&mut play, "outside").is_ok());
    play.cluster.heal(&node);
    assert!(ask(&mut play, "outside").is_ok());
}

/// Two of one identity: the one that runs on where nobody sees it still has its disk. On a
/// directory of its node it is alone; on a disk in the network both write to the same files.
#[test]
fn a_forgotten_process_still_answers_where_it_is() {
    let check = |source: Option<Value>, expected: &str| {
        let on = |name: &str| {
            let mut volume = volume(name, "Retain");
            if let Some(source) = &source {
                let spec = volume["spec"].as_object_mut().unwrap();
                spec.remove("hostPath");
                spec.insert("nfs".to_owned(), source.clone());
                volume["spec"]["nfs"]["path"] = json!(format!("/{name}"));
            }
            volume
        };
        let mut play = chapter_on(on, Config::default(), "demo-statefulset-node-image");
        let node = play.get(Kind::Pod, &pod_name(0))["spec"]["nodeName"].clone();
        let node = node.as_str().unwrap().to_owned();
        let old = ip(&play, &pod_name(0));
        let mut inside = box_pod("inside");
        inside["spec"]["nodeName"] = json!(node);
        play.create(inside);
        play.run(5);
        play.cluster.partition(&node);
        play.run(60);
        play.request(&cluster::Request::Delete {
            kind: Kind::Pod,
            name: pod_name(0),
            options: cluster::DeleteOptions {
                grace_period_seconds: Some(0),
                ..Default::default()
            },
        });
        play.run(20);
        assert_ne!(ip(&play, &pod_name(0)), old);
        post(&mut play, 0, "from outside");
        let caller = Caller::Pod("inside".to_owned());
        let request = HttpRequest::get(&format!("http://{old}:8080/"));
        let seen = play.cluster.http(&caller, &request).0.unwrap().body;
        assert_eq!(seen, holds(0, expected));
    };
    check(None, NOTHING_STORED);
    check(Some(json!({"server": "filer"})), "from outside");
}

#[test]
fn a_service_leads_to_one_ready_pod_or_another() {
    let mut play = chapter();
    post(&mut play, 0, "zero");
    post(&mut play, 1, "one");
    let url = format!("http://{SERVICE}/");
    let seen = |play: &mut Play| {
        let bodies = (0..30).map(|_| from_box(play, &url).unwrap().body);
        bodies.collect::<std::collections::BTreeSet<String>>()
    };
    let both = [holds(0, "zero"), holds(1, "one")];
    assert_eq!(seen(&mut play).into_iter().collect::<Vec<_>>(), both);
    play.ready(&pod_name(0), false);
    play.run(5);
    assert_eq!(seen(&mut play).into_iter().collect::<Vec<_>>(), both[1..]);
}

#[test]
fn connections_fail_as_they_really_would() {
    let mut play = chapter();
    play.create(
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "empty"}, "spec": {
        "selector": {"app": "nobody"}, "ports": [{"port": 80}]}}),
    );
    let closed = json!({"ports": [{"port": 80, "targetPort": 81}]});
    play.create(service("closed", closed));
    play.run(2);
    let pod = ip(&play, &pod_name(0));
    let mut check = |url: &str, expected: &str| {
        let told = match from_box(&mut play, url) {
            Ok(response) => response.status.to_string(),
            Err(HttpError::Connect { why, .. }) => why.to_string(),
            Err(other) => other.to_string(),
        };
        assert_eq!(told, expected, "{url}");
    };
    let refused = "connect: connection refused";
    check(&format!("http://{pod}:8080/"), "200");
    check(&format!("http://{pod}/"), refused);
    check(&format!("http://{SERVICE}/"), "200");
    check(&format!("http://{SERVICE}.default.svc/"), "200");
    check(&format!("http://{SERVICE}:8080/"), "i/o timeout");
    // The headless Service's port is no port of its pods.
    check(&format!("http://{HEADLESS}/"), refused);
    check(&format!("http://{HEADLESS}:8080/"), "200");
    check("http://empty/", refused);
    check("http://closed/", refused);
    check("http://172.17.99.99:8080/", "connect: no route to host");
    check("http://10.1.2.3/", "i/o timeout");
    check("http://localhost:8080/", refused);
    check("http://nope/", "dial tcp: lookup nope: no such host");
    check(
        &format!("https://{SERVICE}:80/"),
        "http: server gave HTTP response to HTTPS client",
    );
    check("http://", "http: no Host in request URL");
    let nobody = Caller::Pod("nobody".to_owned());
    let asked = play.cluster.http(&nobody, &HttpRequest::get("http://x/")).0;
    assert_eq!(asked, Err(HttpError::NotRunning));
}

/// `ProxyTerminatingEndpoints`: rather a pod that is going than none.
#[test]
fn pods_that_are_going_serve_if_there_is_no_other() {
    let check = |version: Version, works: bool| {
        let config = Config {
            version,
            ..Config::default()
        };
        let mut play = chapter_with(config, "demo-statefulset-node-image", "Retain");
        play.scale(Kind::StatefulSet, SET, 1);
        play.run(20);
        play.delete(Kind::Pod, &pod_name(0), PropagationPolicy::Background);
        play.run(1);
        let answered = from_box(&mut play, &format!("http://{SERVICE}/")).is_ok();
        assert_eq!(answered, works, "{version}");
    };
    check(Version::V1_20, false);
    check(Version::V1_36, true);
}

/// Bodies that a real API server of v1.20.2 gave, for a set with two ready pods.
#[test]
fn refusals_are_those_of_the_real_server() {
    let mut play = chapter();
    let mut check = |path: &str, status: u16, body: &str| {
        let response = api(&mut play, path);
        assert_eq!(
            (response.status, response.body.as_str()),
            (status, body),
            "{path}"
        );
        assert_eq!(response.content_type, "application/json");
    };
    let unavailable = |id: &str| {
        format!(
            "{{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{{}},\"status\":\"Failure\",\"message\":\"no endpoints available for service \\\"{id}\\\"\",\"reason\":\"ServiceUnavailable\",\"code\":503}}\n"
        )
    };
    let not_found = |kind: &str| {
        format!(
            "{{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{{}},\"status\":\"Failure\",\"message\":\"{kind} \\\"nope\\\" not found\",\"reason\":\"NotFound\",\"details\":{{\"name\":\"nope\",\"kind\":\"{kind}\"}},\"code\":404}}\n"
        )
    };
    check(
        &format!("{SERVICES}/{SERVICE}/proxy/"),
        503,
        &unavailable(SERVICE),
    );
    check(
        &format!("{SERVICES}/{SERVICE}/proxy"),
        503,
        &unavailable(SERVICE),
    );
    let wrong_port = format!("{SERVICE}:nope");
    check(
        &format!("{SERVICES}/{wrong_port}/proxy/"),
        503,
        &unavailable(&wrong_port),
    );
    check(
        &format!("{SERVICES}/nope/proxy/"),
        404,
        &not_found("services"),
    );
    check(&format!("{PODS}/nope/proxy/"), 404, &not_found("pods"));
}

/// The 503 of the notes, as curl showed it then and would now.
#[test]
fn surprise_41_the_path_without_a_port_name_answers_503() {
    let check = |version: Version, metadata: &str| {
        let config = Config {
            version,
            ..Config::default()
        };
        let mut play = chapter_with(config, "demo-statefulset-node-image", "Retain");
        let mut request = HttpRequest::get(&format!("{SERVICES}/{SERVICE}/proxy/"));
        request.user_agent = "curl/8.5.0".to_owned();
        let body = play
            .cluster
            .http(&Caller::ApiClient, &request)
            .0
            .unwrap()
            .body;
        let expected = format!(
            "{{\n  \"kind\": \"Status\",\n  \"apiVersion\": \"v1\",\n  \"metadata\": {metadata},\n  \"status\": \"Failure\",\n  \"message\": \"no endpoints available for service \\\"{SERVICE}\\\"\",\n  \"reason\": \"ServiceUnavailable\",\n  \"code\": 503\n}}\n"
        );
        assert_eq!(body, expected, "{version}");
        let named = api(&mut play, &format!("{SERVICES}/{SERVICE}:http/proxy/"));
        assert_eq!(named.status, 200, "{version}");
    };
    check(Version::V1_20, "{\n    \n  }");
    check(Version::V1_36, "{}");
    let mut play = chapter();
    let missing = api(&mut play, &format!("{PODS}/nope/proxy/?pretty=1")).body;
    let details = "  \"details\": {\n    \"name\": \"nope\",\n    \"kind\": \"pods\"\n  },\n";
    assert!(missing.contains(details), "{missing}");
}

/// reference/apiserver-proxy.md §3: which ids lead to a port, by the ports of the Service.
#[test]
fn the_proxy_finds_ports_by_name_or_number() {
    let mut play = chapter();
    let unnamed = json!({"ports": [{"port": 93, "targetPort": 8080}]});
    play.create(service("u", unnamed));
    let named = json!({"ports": [{"name": "p", "port": 93, "targetPort": 8080},
        {"name": "q", "port": 76, "targetPort": 81}]});
    play.create(service("n", named));
    play.create(
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "e"}, "spec": {
        "selector": {"app": "nobody"}, "ports": [{"port": 93}]}}),
    );
    play.create(
        json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "bare"}, "spec": {
        "ports": [{"port": 93}]}}),
    );
    play.run(2);
    let mut check = |id: &str, status: u16, message: &str| {
        let response = api(&mut play, &format!("{SERVICES}/{id}/proxy/"));
        assert_eq!(response.status, status, "{id}: {}", response.body);
        let body: Value = serde_json::from_str(&response.body).unwrap_or_default();
        let told = body["message"].as_str().unwrap_or_default();
        assert!(told.starts_with(message), "{id}: {told}");
    };
    let none = "no endpoints available for service";
    let refused = "error trying to reach service: dial tcp 172.17.0.";
    for id in [
        "u", "u:", "http:u:", ":u:", "u:93", "n:93", "n:p", "http:n:p",
    ] {
        check(id, 200, "");
    }
    check("n", 503, &format!("{none} \"n\""));
    check("n:", 503, &format!("{none} \"n:\""));
    check("http:n:", 503, &format!("{none} \"http:n:\""));
    check("u:p", 503, &format!("{none} \"u:p\""));
    check("n:q", 503, refused);
    check("n:76", 503, refused);
    check(
        "n:8080",
        503,
        "no service port 8080 found for service \"n\"",
    );
    check("u:80", 503, "no service port 80 found for service \"u\"");
    check("nope:80", 404, "services \"nope\" not found");
    check("e", 503, &format!("{none} \"e\""));
    check("e:93", 503, &format!("{none} \"e\""));
    check("bare", 404, "services \"bare\" not found");
    check("https:n", 404, "services \"https\" not found");
    check(
        "https:n:p",
        503,
        "error trying to reach service: http: server gave HTTP",
    );
    check("ftp:n:p", 400, "invalid service request \"ftp:n:p\"");
    check("a:b:c:d", 400, "invalid service request \"a:b:c:d\"");
}

#[test]
fn no_endpoint_is_ready_and_none_is_there_read_alike() {
    let mut play = chapter();
    for ordinal in 0..2 {
        play.ready(&pod_name(ordinal), false);
    }
    play.run(5);
    let message = |play: &mut Play| {
        let response = api(play, &format!("{SERVICES}/{SERVICE}:http/proxy/"));
        let body: Value = serde_json::from_str(&response.body).unwrap();
        body["message"].as_str().unwrap().to_owned()
    };
    let whole = format!("no endpoints available for service \"{SERVICE}:http\"");
    assert_eq!(message(&mut play), whole);
    assert_eq!(
        get(&mut play, 0),
        holds(0, NOTHING_STORED),
        "the pod itself is reached"
    );
    for ordinal in 0..2 {
        play.ready(&pod_name(ordinal), true);
    }
    play.scale(Kind::StatefulSet, SET, 0);
    play.run(30);
    // Without any pod it is the name alone.
    assert_eq!(
        message(&mut play),
        format!("no endpoints available for service \"{SERVICE}\"")
    );
}

#[test]
fn the_proxy_reaches_pods() {
    let mut play = chapter();
    let mut waiting = box_pod("waiting");
    waiting["spec"]["volumes"] =
        json!([{"name": "v", "persistentVolumeClaim": {"claimName": "nope"}}]);
    play.create(waiting);
    play.run(2);
    let zero = pod_name(0);
    let mut check = |id: &str, status: u16, told: &str| {
        let response = api(&mut play, &format!("{PODS}/{id}/proxy/"));
        assert_eq!(response.status, status, "{id}: {}", response.body);
        assert!(response.body.contains(told), "{id}: {}", response.body);
    };
    check(&zero, 200, &zero);
    check(&format!("{zero}:8080"), 200, &zero);
    check(&format!("http:{zero}:"), 200, &zero);
    check(
        &format!("{zero}:80"),
        503,
        ":80: connect: connection refused\"",
    );
    // Names of ports mean nothing here, but for those that every machine knows.
    check(
        &format!("{zero}:http"),
        503,
        ":80: connect: connection refused\"",
    );
    check(
        &format!("{zero}:web"),
        503,
        "dial tcp: lookup tcp/web: unknown port\"",
    );
    check("dnsutils", 503, ":80: connect: connection refused\"");
    check(
        "waiting",
        400,
        "\"message\":\"address not allowed\",\"reason\":\"BadRequest\",\"code\":400",
    );
    check("a:b:c:d", 400, "invalid pod request \\\"a:b:c:d\\\"");
}

#[test]
fn paths_and_queries_are_passed_on() {
    let mut play = chapter();
    let at = format!("{PODS}/{}/proxy", pod_name(0));
    let mut check = |method: &str, url: String, status: u16, location: Option<String>| {
        let request = HttpRequest {
            method: method.to_owned(),
            url,
            ..HttpRequest::default()
        };
        let response = play.cluster.http(&Caller::ApiClient, &request).0.unwrap();
        assert_eq!(
            (response.status, &response.location),
            (status, &location),
            "{request:?}"
        );
        response.body
    };
    check("GET", at.clone(), 301, Some(format!("{at}/")));
    check("HEAD", format!("{at}?a=b"), 301, Some(format!("{at}/?a=b")));
    assert!(check("PUT", at.clone(), 200, None).contains("访问 pod 为"));
    assert!(check("GET", format!("{at}/any/path?a=b"), 200, None).contains("访问 pod 为"));
    assert_eq!(check("HEAD", format!("{at}/"), 200, None), "");
    let elsewhere = "/api/v1/namespaces/default/nodes/node-1/proxy/".to_owned();
    assert_eq!(check("GET", elsewhere, 404, None), "404 page not found\n");
    let other = format!("/api/v1/namespaces/other/pods/{}/proxy/", pod_name(0));
    check("GET", other, 404, None);
}

#[test]
fn e2e_clustered_apps_ask_their_peers() {
    let image = "demo-statefulset-node-image-v2";
    let mut play = chapter_with(Config::default(), image, "Retain");
    post(&mut play, 0, "zero");
    let lines = |play: &mut Play, pod: usize| {
        let body = get(play, pod);
        let mut lines: Vec<String> = body.lines().map(str::to_owned).collect();
        assert_eq!(lines.remove(0), format!("访问 pod 为: {}", pod_name(pod)));
        assert_eq!(lines.remove(0), "集群中存储的数据:");
        lines.sort();
        lines
    };
    let line = |pod: usize, data: &str| format!("- {}: {data}", domain(pod).trim_end_matches('.'));
    let expected = [line(0, "zero"), line(1, NOTHING_STORED)];
    for pod in 0..2 {
        assert_eq!(lines(&mut play, pod), expected);
    }
    let own = api(&mut play, &format!("{PODS}/{}/proxy/data", pod_name(0)));
    assert_eq!(own.body, "zero");
    // Who is not ready is not asked, be it the one who asks.
    play.ready(&pod_name(0), false);
    play.run(5);
    assert_eq!(lines(&mut play, 0), expected[1..]);
    play.ready(&pod_name(1), false);
    play.run(5);
    let why = format!("无法查询 SRV 记录: querySrv ENOTFOUND {HEADLESS}.default.svc.cluster.local");
    assert_eq!(lines(&mut play, 0), [why]);
}

#[test]
fn the_kubelet_writes_the_files_of_the_network() {
    let play = chapter();
    let zero = ip(&play, &pod_name(0));
    let files = play.cluster.files(&pod_name(0)).unwrap();
    assert_eq!(
        &*files["/etc/resolv.conf"],
        "search default.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n"
    );
    let name = pod_name(0);
    let own = format!("{zero}\t{name}.{HEADLESS}.default.svc.cluster.local\t{name}\n");
    assert!(
        files["/etc/hosts"].ends_with(&own),
        "{}",
        files["/etc/hosts"]
    );
    assert_eq!(&*files["/etc/hostname"], format!("{name}\n"));
    let files = play.cluster.files("dnsutils").unwrap();
    let alone = format!("{}\tdnsutils\n", ip(&play, "dnsutils"));
    assert!(
        files["/etc/hosts"].ends_with(&alone),
        "{}",
        files["/etc/hosts"]
    );
}

#[test]
fn programs_print_what_they_do() {
    let mut play = chapter();
    let lines = |play: &Play, pod: &str, previous: bool| {
        let lines = play.cluster.logs(pod, "main", previous)?;
        Some(
            lines
                .iter()
                .map(|line| line.text.clone())
                .collect::<Vec<_>>(),
        )
    };
    let starting = || Some(vec!["server starting".to_owned()]);
    let stored = Some(vec![
        "server starting".to_owned(),
        "post 请求的数据已存储至挂载卷对应文件中".to_owned(),
    ]);
    assert_eq!(lines(&play, &pod_name(0), false), starting());
    post(&mut play, 0, "x");
    assert_eq!(lines(&play, &pod_name(0), false), stored);
    assert_eq!(lines(&play, &pod_name(0), true), None);
    play.cluster.crash(&pod_name(0), 1);
    play.run(5);
    assert_eq!(lines(&play, &pod_name(0), false), starting());
    assert_eq!(lines(&play, &pod_name(0), true), stored);
    replace(&mut play, &pod_name(0));
    assert_eq!(
        lines(&play, &pod_name(0), true),
        None,
        "another pod, another log"
    );
    assert_eq!(lines(&play, "dnsutils", false), Some(Vec::new()));
    assert_eq!(play.cluster.logs("dnsutils", "other", false), None);
    assert_eq!(play.cluster.logs("nobody", "main", false), None);
}

#[test]
fn the_environment_has_the_pod_and_the_services() {
    let mut play = chapter();
    let mut pod = box_pod("p");
    pod["spec"]["containers"][0]["env"] = json!([
        {"name": "A", "value": "b"},
        {"name": "ME", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
        {"name": "APP", "valueFrom": {"fieldRef": {"fieldPath": "metadata.labels['app']"}}}]);
    pod["metadata"]["labels"] = json!({"app": "x"});
    play.create(pod);
    play.run(5);
    let env = play.cluster.env("p").unwrap();
    let check = |name: &str, expected: Option<&str>| {
        let found = env.iter().find(|(key, _)| key == name);
        assert_eq!(found.map(|(_, value)| value.as_str()), expected, "{name}");
    };
    check("HOSTNAME", Some("p"));
    check("A", Some("b"));
    check("ME", Some("p"));
    check("APP", Some("x"));
    check("KUBERNETES_SERVICE_HOST", Some("10.96.0.1"));
    check("KUBERNETES_SERVICE_PORT_HTTPS", Some("443"));
    check("DEMO_STATEFULSET_SERVICE_SERVICE_PORT", Some("80"));
    check("DEMO_STATEFULSET_HEADLESS_SERVICE_SERVICE_HOST", None);
}

/// Looking changes nothing: neither what happens later, nor where things are stored.
#[test]
fn questions_change_nothing() {
    let film = |curious: bool| {
        let mut play = chapter();
        let mut stored = Vec::new();
        for round in 0..10 {
            for _ in 0..round {
                if curious {
                    from_box(&mut play, &format!("http://{SERVICE}/")).unwrap();
                    let resolved = play.cluster.resolve("dnsutils", HEADLESS, RecordType::A);
                    assert!(resolved.unwrap().found());
                    get(&mut play, 0);
                }
            }
            let url = format!("{SERVICES}/{SERVICE}:http/proxy/");
            let request = HttpRequest::post(&url, &round.to_string());
            let (response, step) = play.cluster.http(&Caller::ApiClient, &request);
            stored.push(response.unwrap().body);
            play.steps.extend(step);
        }
        let different: std::collections::BTreeSet<&String> = stored.iter().collect();
        assert_eq!(
            different.len(),
            2,
            "a POST to the Service goes to either pod"
        );
        replace(&mut play, &pod_name(0));
        (play.steps, stored)
    };
    assert_eq!(film(false), film(true));
}

/// A clone has its own disks.
#[test]
fn what_is_stored_later_is_not_in_an_earlier_clone() {
    let mut play = chapter();
    let before = play.cluster.clone();
    post(&mut play, 0, "later");
    assert_eq!(before.disks().count(), 0);
    assert_eq!(play.cluster.disks().count(), 1);
}

/// The addresses of Endpoints are in the order of their text, as recorded.
#[test]
fn endpoints_are_sorted_by_the_text_of_their_address() {
    let mut play = Play::new(Config::default());
    play.create(service("s", json!({"ports": [{"port": 80}]})));
    for number in 0..10 {
        let mut pod = box_pod(&format!("p-{number}"));
        pod["metadata"]["labels"] = json!({"app": "demo"});
        play.create(pod);
    }
    play.run(20);
    let endpoints = play.get(Kind::Endpoints, "s");
    let addresses = endpoints["subsets"][0]["addresses"].as_array().unwrap();
    let ips: Vec<&str> = addresses
        .iter()
        .map(|address| address["ip"].as_str().unwrap())
        .collect();
    assert_eq!(ips[..3], ["172.17.0.10", "172.17.0.11", "172.17.0.2"]);
}

/// The volume that the claim of the set's pod is bound to.
fn volume_of(play: &Play, ordinal: usize) -> String {
    let claim = format!("data-{}", pod_name(ordinal));
    let claim = play.get(Kind::PersistentVolumeClaim, &claim);
    claim["spec"]["volumeName"].as_str().unwrap().to_owned()
}

/// The chapter's program opens its file, which empties it and takes no room, and answers at once;
/// that it can't write is an error that it doesn't handle.
#[test]
fn on_a_full_disk_a_post_is_answered_and_what_was_there_is_lost() {
    let mut play = chapter();
    post(&mut play, 0, "old");
    let volume = volume_of(&play, 0);
    let filled = play.cluster.fill_disk(&volume).expect("there was room");
    assert_eq!(
        (filled.actor, &*filled.reason),
        (
            Actor::World,
            &Reason::DiskFilled {
                volume: volume.as_str().into()
            }
        )
    );
    assert!(play.cluster.fill_disk(&volume).is_none(), "it is full");
    assert_eq!(get(&mut play, 0), holds(0, "old"), "reading goes on");
    let (response, step) = post(&mut play, 0, "new");
    assert_eq!(response.status, 200);
    let expected = Reason::NoSpaceLeft {
        pod: pod_name(0).into(),
        volume: volume.as_str().into(),
        path: "/var/data/test.txt".into(),
        ended: true,
    };
    assert_eq!(*step.expect("the file was emptied").reason, expected);
    play.run(5);
    let pod = play.get(Kind::Pod, &pod_name(0));
    let status = &pod["status"]["containerStatuses"][0];
    assert_eq!(status["restartCount"], 1);
    assert_eq!(status["lastState"]["terminated"]["exitCode"], 1);
    let container = pod["spec"]["containers"][0]["name"].as_str().unwrap();
    let printed = play.cluster.logs(&pod_name(0), container, true).unwrap();
    assert_eq!(
        printed.last().unwrap().text,
        "Error: ENOSPC: no space left on device, write"
    );
    assert_eq!(get(&mut play, 0), holds(0, ""));
    assert_eq!(get(&mut play, 1), holds(1, NOTHING_STORED));
    // Nothing to write needs no room; nor is any other disk full.
    assert_eq!(post(&mut play, 1, "other").0.status, 200);
    assert_eq!(get(&mut play, 1), holds(1, "other"));
    play.cluster.free_disk(&volume).expect("it was full");
    assert!(
        play.cluster.free_disk(&volume).is_none(),
        "there is room already"
    );
    post(&mut play, 0, "again");
    assert_eq!(get(&mut play, 0), holds(0, "again"));
}

/// What a shell writes in a pod: `>` empties the file first, `>>` leaves it as it is.
#[test]
fn on_a_full_disk_nothing_is_added_to_a_file() {
    let mut play = chapter();
    let path = "/var/data/notes";
    let pod = pod_name(0);
    let write = |play: &mut Play, text: &str, append: bool| {
        let (result, step) = play.cluster.write_file(&pod, path, text, append).unwrap();
        let written = play.cluster.files(&pod).unwrap()[path].to_string();
        assert!(step.is_some());
        (result.map_err(|why| why.to_string()), written)
    };
    let full = || Err("No space left on device".to_owned());
    assert_eq!(write(&mut play, "a", false), (Ok(()), "a".to_owned()));
    assert_eq!(write(&mut play, "b", true), (Ok(()), "ab".to_owned()));
    let volume = volume_of(&play, 0);
    play.cluster.fill_disk(&volume);
    assert_eq!(write(&mut play, "c", true), (full(), "ab".to_owned()));
    assert_eq!(write(&mut play, "", true), (Ok(()), "ab".to_owned()));
    assert_eq!(write(&mut play, "c", false), (full(), String::new()));
}

/// A lost disk: its files are gone, and nothing in the API says so.
#[test]
fn a_lost_disk_is_empty_and_its_claim_stays_bound() {
    let mut play = chapter();
    post(&mut play, 0, "kept?");
    let volume = volume_of(&play, 0);
    play.cluster.fill_disk(&volume);
    let before = play.cluster.clone();
    let step = play.cluster.lose_disk(&volume).expect("there is a disk");
    let lost = Reason::DiskLost {
        volume: volume.as_str().into(),
    };
    assert_eq!(*step.reason, lost);
    assert_eq!(play.cluster.store().version(), before.store().version());
    assert_eq!(get(&mut play, 0), holds(0, NOTHING_STORED));
    let claim = play.get(
        Kind::PersistentVolumeClaim,
        &format!("data-{}", pod_name(0)),
    );
    assert_eq!(claim["status"]["phase"], "Bound");
    // It is a fault that breaks the promise, and excuses it.
    let violation = Property::DataIsKept.check(&play.cluster, Some(&before), &step);
    assert_eq!(&*violation.unwrap_err().at_fault[0].name, &*volume);
    let mut watch = Watch::default();
    assert_eq!(watch.observe(&play.cluster, Some(&before), &step), []);
    // The replacement finds the same claim, and the new disk, on which there is room.
    replace(&mut play, &pod_name(0));
    assert_eq!(get(&mut play, 0), holds(0, NOTHING_STORED));
    post(&mut play, 0, "new");
    assert_eq!(get(&mut play, 0), holds(0, "new"));
    assert!(play.cluster.lose_disk("no-such-volume").is_none());
}

/// What was asked and answered is there to be shown, until something happens.
#[test]
fn what_goes_through_the_network_is_seen() {
    let mut play = chapter_with(
        Config::default(),
        "demo-statefulset-node-image-v2",
        "Retain",
    );
    assert_eq!(play.cluster.talks(), []);
    get(&mut play, 0);
    let told: Vec<String> = play
        .cluster
        .talks()
        .iter()
        .map(|talk| {
            let asked = match &talk.asked {
                Asked::Name(question) => format!("{} {}", question.record_type, question.name),
                Asked::Path(path) => path.clone(),
            };
            let answer = match &talk.answer {
                Answered::Records(answer) => format!("{} records", answer.answers.len()),
                Answered::Status(pod, status) => format!("{pod} {status}"),
                Answered::Nothing => "nothing".to_owned(),
            };
            let asker = talk.asker.as_deref().unwrap_or("-");
            format!("{asker}: {asked}: {answer}")
        })
        .collect();
    let peers = told.iter().filter(|line| line.contains("GET /data"));
    assert_eq!(peers.count(), 2, "{told:#?}");
    let looked_up = format!("{}: SRV ", pod_name(0));
    let found = told
        .iter()
        .any(|line| line.starts_with(&looked_up) && line.ends_with("2 records"));
    assert!(found, "{told:#?}");
    assert_eq!(
        told.last().unwrap(),
        &format!("-: GET /: {} 200", pod_name(0))
    );
    play.delete(Kind::Pod, &pod_name(1), PropagationPolicy::Background);
    play.run(1);
    assert_eq!(play.cluster.talks(), []);
}
