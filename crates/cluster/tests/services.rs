//! Services, their Endpoints and EndpointSlices: reference/services-and-dns.md §1 and §2.

mod support;

use cluster::object::{EndpointSlice, Endpoints, Kind};
use cluster::{Config, PropagationPolicy, Request, Version};
use serde_json::{Value, json};
use support::{Play, stateful_set};

fn service(name: &str, spec: &Value) -> Value {
    let mut service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name},
        "spec": {"selector": {"app": "web"}, "ports": [{"name": "http", "port": 80}]}});
    for (field, value) in spec.as_object().unwrap() {
        service["spec"][field] = value.clone();
    }
    service
}

/// A set of two with the governing Service `peers`, not ready yet.
fn started(spec: &Value) -> Play {
    let mut play = Play::new(Config::default());
    play.create(service("peers", spec));
    play.create(stateful_set(2));
    play
}

/// Each endpoint of the Service's slices: `hostname ready/serving/terminating`.
fn slices(play: &Play, service: &str) -> Vec<String> {
    let slices = play.cluster.store().list::<EndpointSlice>();
    let own = slices.filter(|slice| slice.service_name() == Some(service));
    own.flat_map(|slice| &slice.endpoints)
        .map(|endpoint| {
            let letter = |flag: Option<bool>| if flag == Some(true) { "T" } else { "F" };
            let conditions = &endpoint.conditions;
            format!(
                "{} {}/{}/{}",
                endpoint.hostname.as_deref().unwrap_or("-"),
                letter(conditions.ready),
                letter(conditions.serving),
                letter(conditions.terminating)
            )
        })
        .collect()
}

/// The pods in the Service's Endpoints, those that are not ready in brackets.
fn endpoints(play: &Play, service: &str) -> Vec<String> {
    let Some(endpoints) = play.cluster.store().get::<Endpoints>(service) else {
        return vec!["no Endpoints".to_owned()];
    };
    let name = |address: &cluster::object::service::EndpointAddress| {
        let target = address
            .target_ref
            .as_ref()
            .and_then(|target| target.name.clone());
        target.unwrap_or_default()
    };
    let subsets = endpoints.subsets.iter();
    let mut names: Vec<String> = subsets
        .flat_map(|subset| {
            let ready = subset.addresses.iter().map(name);
            let not_ready = subset
                .not_ready_addresses
                .iter()
                .map(|a| format!("({})", name(a)));
            ready.chain(not_ready)
        })
        .collect();
    names.sort();
    names
}

/// The table of §2, line by line.
#[test]
fn membership_follows_the_table() {
    let check = |spec: Value, expected: [(&[&str], &[&str]); 4]| {
        let mut play = started(&spec);
        play.ready("web-0", false);
        let mut seen = Vec::new();
        play.run(10);
        seen.push((endpoints(&play, "peers"), slices(&play, "peers")));
        play.ready("web-0", true);
        play.run(10);
        seen.push((endpoints(&play, "peers"), slices(&play, "peers")));
        play.delete(Kind::Pod, "web-1", PropagationPolicy::Background);
        play.run(1);
        seen.push((endpoints(&play, "peers"), slices(&play, "peers")));
        play.run(10);
        play.ready("web-1", false);
        play.run(5);
        play.delete(Kind::Pod, "web-1", PropagationPolicy::Background);
        play.run(1);
        seen.push((endpoints(&play, "peers"), slices(&play, "peers")));
        let expected: Vec<(Vec<String>, Vec<String>)> = expected
            .iter()
            .map(|(endpoints, slices)| {
                let owned = |list: &[&str]| list.iter().map(|s| (*s).to_owned()).collect();
                (owned(endpoints), owned(slices))
            })
            .collect();
        assert_eq!(seen, expected, "{spec}");
    };
    check(
        json!({"clusterIP": "None"}),
        [
            (&["(web-0)"], &["web-0 F/F/F"]),
            (&["web-0", "web-1"], &["web-0 T/T/F", "web-1 T/T/F"]),
            (&["web-0"], &["web-0 T/T/F", "web-1 F/T/T"]),
            (&["web-0"], &["web-0 T/T/F", "web-1 F/F/T"]),
        ],
    );
    check(
        json!({"clusterIP": "None", "publishNotReadyAddresses": true}),
        [
            (&["web-0"], &["web-0 T/F/F"]),
            (&["web-0", "web-1"], &["web-0 T/T/F", "web-1 T/T/F"]),
            (&["web-0", "web-1"], &["web-0 T/T/F", "web-1 T/T/T"]),
            (&["web-0", "web-1"], &["web-0 T/T/F", "web-1 T/F/T"]),
        ],
    );
}

/// Surprise 42: a terminating pod leaves the endpoints the moment it is marked; with
/// `publishNotReadyAddresses` it stays until the object is gone.
#[test]
fn surprise_42_a_terminating_pod_leaves_the_endpoints_at_once() {
    let mut play = started(&json!({"clusterIP": "None"}));
    play.create(service("all", &json!({"publishNotReadyAddresses": true})));
    play.run(20);
    play.delete(Kind::Pod, "web-1", PropagationPolicy::Background);
    play.run_until("endpoints", |step| {
        let change = step.change.as_ref();
        change.is_some_and(|change| change.object().kind() == Kind::Endpoints)
    });
    assert!(play.get(Kind::Pod, "web-1")["metadata"]["deletionTimestamp"].is_string());
    assert_eq!(endpoints(&play, "peers"), ["web-0"]);
    assert_eq!(endpoints(&play, "all"), ["web-0", "web-1"]);
}

/// Surprise 43: only the governing Service's endpoints carry hostnames; `targetPort` defaults to
/// `port`, and nothing checks it against the container.
#[test]
fn surprise_43_only_the_governing_service_names_its_pods() {
    let mut play = started(&json!({"clusterIP": "None"}));
    play.create(service("reads", &json!({})));
    play.run(20);
    assert_eq!(slices(&play, "peers"), ["web-0 T/T/F", "web-1 T/T/F"]);
    assert_eq!(slices(&play, "reads"), ["- T/T/F", "- T/T/F"]);
    let endpoints = play.get(Kind::Endpoints, "peers");
    assert_eq!(endpoints["subsets"][0]["ports"][0]["port"], 80);
}

/// Surprise 43: a set works without its Service; the Service may come later.
#[test]
fn surprise_43_a_service_may_come_after_its_set() {
    let mut play = Play::new(Config::default());
    play.create(stateful_set(2));
    play.run(20);
    let from = play.steps.len();
    play.create(service("peers", &json!({"clusterIP": "None"})));
    play.run(5);
    assert_eq!(endpoints(&play, "peers"), ["web-0", "web-1"]);
    assert_eq!(play.lives(Kind::Pod, from), [""; 0]);
}

/// §2.7: names, labels, owner and type of a slice.
#[test]
fn slices_are_dressed_as_upstream() {
    let mut play = started(&json!({"clusterIP": "None"}));
    play.run(20);
    let names = play.names(Kind::EndpointSlice);
    assert_eq!(names.len(), 1, "{names:?}");
    let suffix = names[0].strip_prefix("peers-").unwrap();
    assert_eq!(suffix.len(), 5);
    let slice = play.get(Kind::EndpointSlice, &names[0]);
    assert_eq!(slice["apiVersion"], "discovery.k8s.io/v1");
    assert_eq!(slice["addressType"], "IPv4");
    let labels = json!({"kubernetes.io/service-name": "peers",
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
        "service.kubernetes.io/headless": ""});
    assert_eq!(slice["metadata"]["labels"], labels);
    assert_eq!(slice["metadata"]["ownerReferences"][0]["kind"], "Service");
    assert_eq!(
        slice["ports"],
        json!([{"name": "http", "port": 80, "protocol": "TCP"}])
    );
    let endpoint = &slice["endpoints"][0];
    assert_eq!(endpoint["targetRef"]["kind"], "Pod");
    assert!(endpoint["nodeName"].as_str().unwrap().starts_with("node-"));
}

/// §2.9: deleting the Service deletes both.
#[test]
fn endpoints_and_slices_go_with_their_service() {
    let mut play = started(&json!({"clusterIP": "None"}));
    play.run(20);
    play.delete(Kind::Service, "peers", PropagationPolicy::Background);
    play.run(5);
    assert_eq!(play.names(Kind::EndpointSlice), [""; 0]);
    assert!(play.cluster.store().get::<Endpoints>("peers").is_none());
}

/// A slice that somebody deletes comes back.
#[test]
fn a_deleted_slice_comes_back() {
    let mut play = started(&json!({"clusterIP": "None"}));
    play.run(20);
    let name = play.names(Kind::EndpointSlice).remove(0);
    play.delete(Kind::EndpointSlice, &name, PropagationPolicy::Background);
    play.run(5);
    assert_eq!(slices(&play, "peers"), ["web-0 T/T/F", "web-1 T/T/F"]);
}

/// The oldest release has Endpoints alone.
#[test]
fn the_oldest_release_has_no_slices() {
    let mut play = Play::new(Config {
        version: Version::V1_20,
        ..Config::default()
    });
    play.create(service("peers", &json!({"clusterIP": "None"})));
    play.create(stateful_set(1));
    play.run(20);
    assert_eq!(endpoints(&play, "peers"), ["web-0"]);
    assert_eq!(play.names(Kind::EndpointSlice), [""; 0]);
}

/// What the API server says about a Service; nothing if it takes it.
#[test]
fn services_are_refused_as_upstream() {
    let check = |spec: Value, expected: &str| {
        let mut play = Play::new(Config::default());
        let request = Request::Create {
            object: service("peers", &spec),
            options: Default::default(),
        };
        let (result, _) = play.cluster.request(&request);
        let found = result
            .err()
            .map_or_else(String::new, |status| status.message);
        let prefix = "Service \"peers\" is invalid: ";
        let told = found.strip_prefix(prefix).unwrap_or(&found);
        assert_eq!(told, expected, "{spec}");
    };
    check(json!({}), "");
    check(json!({"clusterIP": "None", "ports": []}), "");
    check(json!({"ports": []}), "spec.ports: Required value");
    check(json!({"clusterIP": "10.96.7.7"}), "");
    check(
        json!({"clusterIP": "10.0.0.300"}),
        "spec.clusterIPs[0]: Invalid value: \"10.0.0.300\": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)",
    );
    check(
        json!({"clusterIP": "10.0.0.3"}),
        "spec.clusterIPs: Invalid value: [\"10.0.0.3\"]: failed to allocate IP 10.0.0.3: the provided IP (10.0.0.3) is not in the valid range. The range of valid IPs is 10.96.0.0/12",
    );
    check(
        json!({"clusterIP": "10.96.0.1"}),
        "spec.clusterIPs: Invalid value: [\"10.96.0.1\"]: failed to allocate IP 10.96.0.1: provided IP is already allocated",
    );
    check(json!({"type": "NodePort"}), "");
    check(
        json!({"type": "NodePort", "clusterIP": "None"}),
        "spec.clusterIPs[0]: Invalid value: \"None\": may not be set to 'None' for NodePort services",
    );
    check(
        json!({"type": "Cluster"}),
        "spec.type: Unsupported value: \"Cluster\": supported values: \"ClusterIP\", \"ExternalName\", \"LoadBalancer\", \"NodePort\"",
    );
    check(
        json!({"type": "ExternalName"}),
        "spec.externalName: Required value",
    );
    check(
        json!({"type": "ExternalName", "externalName": "example.com", "ports": []}),
        "",
    );
    check(
        json!({"ports": [{"port": 0}]}),
        "[spec.ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive, spec.ports[0].targetPort: Invalid value: 0: must be between 1 and 65535, inclusive]",
    );
    check(
        json!({"ports": [{"port": 80, "targetPort": "Web"}]}),
        "spec.ports[0].targetPort: Invalid value: \"Web\": must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)",
    );
    check(
        json!({"ports": [{"port": 80, "protocol": "HTTP"}]}),
        "spec.ports[0].protocol: Unsupported value: \"HTTP\": supported values: \"SCTP\", \"TCP\", \"UDP\"",
    );
    check(
        json!({"ports": [{"name": "a", "port": 80}, {"port": 81}]}),
        "spec.ports[1].name: Required value",
    );
    check(
        json!({"ports": [{"name": "a", "port": 80}, {"name": "a", "port": 81}]}),
        "spec.ports[1].name: Duplicate value: \"a\"",
    );
}

/// §1: a virtual IP is allocated once and may not change.
#[test]
fn a_virtual_ip_is_given_once() {
    let mut play = Play::new(Config::default());
    play.create(service("a", &json!({})));
    play.create(service("b", &json!({})));
    let ip = |play: &Play, name: &str| play.get(Kind::Service, name)["spec"]["clusterIP"].clone();
    assert!(ip(&play, "a").as_str().unwrap().starts_with("10.96."));
    assert_ne!(ip(&play, "a"), ip(&play, "b"));
    let request = Request::Patch {
        kind: Kind::Service,
        name: "a".to_owned(),
        patch: cluster::Patch::Merge(json!({"spec": {"clusterIP": "None"}})),
        options: Default::default(),
    };
    let message = play.cluster.request(&request).0.unwrap_err().message;
    assert_eq!(
        message,
        "Service \"a\" is invalid: spec.clusterIPs[0]: Invalid value: [\"None\"]: may not change once set"
    );
}
