//! The cluster's DNS server: names computed from Services and their endpoints.
//! reference/services-and-dns.md §3 (kubernetes/dns specification 1.1.0, CoreDNS `plugin/kubernetes`,
//! `plugin/backend_lookup.go`).

use crate::map::Set;

use super::dns::{
    Answer, Question, Record, RecordData, RecordType, ResponseCode, SERVER, TTL_SECONDS, ZONE,
};
use super::endpoints::{self, Endpoint};
use crate::object::Service;
use crate::object::service::ServicePort;
use crate::store::Store;
use crate::time::{EPOCH_SECONDS, Time};

/// The namespaces of every cluster. Objects of `default` alone are simulated.
const NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// What a name of the cluster leads to.
struct Target {
    /// The name that has the address.
    name: String,
    host: Host,
    /// Nothing for endpoints of a Service without ports.
    port: Option<u16>,
}

enum Host {
    Address(String),
    /// `spec.externalName`.
    Name(String),
}

/// There is no such name: unlike a name without records.
struct NoSuchName;

/// Answers from what is in the store, in the server's own order: that of the endpoints. Nothing
/// is drawn and nothing remembered, so a picture may ask too.
pub(super) fn answer(store: &Store, now: Time, question: &Question) -> Answer {
    let asked = format!("{}.", question.name.trim_end_matches('.'));
    let name = asked.to_ascii_lowercase();
    if let Some(reversed) = name.strip_suffix(".in-addr.arpa.") {
        return reverse(store, &asked, reversed, question.record_type);
    }
    if name.ends_with(".ip6.arpa.") {
        return Answer::empty(ResponseCode::NxDomain);
    }
    let Some(rest) = name.strip_suffix(ZONE) else {
        return Answer::empty(ResponseCode::ServFail);
    };
    let labels: Vec<&str> = match rest.strip_suffix('.') {
        None if rest.is_empty() => Vec::new(),
        None => return Answer::empty(ResponseCode::ServFail),
        Some(rest) => rest.split('.').collect(),
    };
    let soa = soa(now);
    let mut answer = Answer::empty(ResponseCode::NoError);
    answer.authoritative = true;
    match special(&labels, question.record_type, &soa) {
        Some(records) => answer.answers = records,
        None => match targets(store, &labels) {
            Err(NoSuchName) => answer.code = ResponseCode::NxDomain,
            Ok(targets) => fill(&mut answer, &asked, question.record_type, &targets),
        },
    }
    for record in &mut answer.answers {
        record.name.clone_from(&asked);
    }
    if answer.answers.is_empty() {
        answer.authority.push(soa);
    }
    answer
}

/// The names of the zone itself.
fn special(labels: &[&str], record_type: RecordType, soa: &Record) -> Option<Vec<Record>> {
    let only = |record: Option<Record>| Some(record.into_iter().collect());
    match (labels, record_type) {
        ([], RecordType::Soa) => only(Some(soa.clone())),
        ([], _) => only(None),
        (["dns-version"], RecordType::Txt) => only(Some(Record {
            ttl_seconds: 28_800,
            ..record(RecordData::Txt("1.1.0".to_owned()))
        })),
        (["ns", "dns"], RecordType::A) => only(Some(record(RecordData::A(SERVER.to_owned())))),
        (["ns", "dns"], RecordType::Aaaa) => only(None),
        _ => None,
    }
}

fn record(data: RecordData) -> Record {
    Record {
        name: ZONE.to_owned(),
        ttl_seconds: TTL_SECONDS,
        data,
    }
}

fn soa(now: Time) -> Record {
    let serial = EPOCH_SECONDS as u64 + now.0 / 1000;
    record(RecordData::Soa {
        serial: serial as u32,
    })
}

/// What a name leads to: `[endpoint.|_port._protocol.]service.namespace.svc`, or an address as
/// `a-b-c-d.namespace.pod`.
fn targets(store: &Store, labels: &[&str]) -> Result<Vec<Target>, NoSuchName> {
    let mut labels = labels.to_vec();
    let kind = labels.pop();
    let namespace = labels.pop();
    let known = namespace.is_none_or(|namespace| NAMESPACES.contains(&namespace));
    match (kind, labels.pop()) {
        (Some("svc" | "pod"), None) if known => Ok(Vec::new()),
        (Some("svc"), Some(service)) if known && labels.len() <= 2 => {
            let service = find(store, namespace.unwrap_or_default(), service).ok_or(NoSuchName)?;
            service_targets(store, &service, &labels)
        }
        (Some("pod"), Some(pod)) if known && labels.len() <= 2 => {
            let address = pod.replace('-', ".");
            address
                .parse::<std::net::Ipv4Addr>()
                .map_err(|_| NoSuchName)?;
            Ok(vec![Target {
                name: format!("{pod}.{}.pod.{ZONE}", namespace.unwrap_or_default()),
                host: Host::Address(address),
                port: Some(0),
            }])
        }
        _ => Err(NoSuchName),
    }
}

/// A Service by namespace and name. Outside `default` there is only the server's own.
fn find(store: &Store, namespace: &str, name: &str) -> Option<Service> {
    match (namespace, name) {
        ("default", name) => store
            .get::<Service>(name)
            .map(|service| Service::clone(service)),
        ("kube-system", "kube-dns") => Some(own_service()),
        _ => None,
    }
}

/// The Service by which pods reach this server.
fn own_service() -> Service {
    let port = |name: &str, protocol: &str, port: i32| ServicePort {
        name: Some(name.to_owned()),
        port,
        protocol: Some(protocol.to_owned()),
        ..ServicePort::default()
    };
    let mut service = Service::default();
    service.metadata.name = "kube-dns".to_owned();
    service.metadata.namespace = Some("kube-system".to_owned());
    service.spec.cluster_ip = Some(SERVER.to_owned());
    service.spec.ports = vec![
        port("dns", "UDP", 53),
        port("dns-tcp", "TCP", 53),
        port("metrics", "TCP", 9153),
    ];
    service
}

/// What of a Service is asked for; all of it if nothing stands before its name.
#[derive(Default)]
struct Wanted<'a> {
    endpoint: Option<&'a str>,
    /// A port's name, and its protocol.
    port: Option<(&'a str, &'a str)>,
}

impl Wanted<'_> {
    /// Whether the endpoint of this name is meant.
    fn endpoint(&self, hostname: &str) -> bool {
        self.endpoint
            .is_none_or(|endpoint| endpoint.eq_ignore_ascii_case(hostname))
    }

    /// Whether this port is meant.
    fn port(&self, name: &str, protocol: &str) -> bool {
        self.port.is_none_or(|wanted| {
            wanted.0.eq_ignore_ascii_case(name) && wanted.1.eq_ignore_ascii_case(protocol)
        })
    }
}

/// `labels` is what stands before the Service's name: nothing, an endpoint, or a port and a
/// protocol.
fn service_targets(
    store: &Store,
    service: &Service,
    labels: &[&str],
) -> Result<Vec<Target>, NoSuchName> {
    let mut wanted = Wanted::default();
    match labels {
        [] => {}
        [endpoint] => wanted.endpoint = Some(*endpoint),
        [port, protocol] => wanted.port = Some((bare(port), bare(protocol))),
        _ => return Err(NoSuchName),
    }
    let targets = if let Some(external) = external_name(service) {
        vec![Target {
            name: domain(service),
            host: Host::Name(external),
            port: Some(0),
        }]
    } else if service.headless() || wanted.endpoint.is_some() {
        endpoint_targets(store, service, &wanted)
    } else {
        virtual_targets(service, &wanted)
    };
    match targets.is_empty() {
        true => Err(NoSuchName),
        false => Ok(targets),
    }
}

/// One for each port of each ready endpoint; one without port if the Service has none.
fn endpoint_targets(store: &Store, service: &Service, wanted: &Wanted<'_>) -> Vec<Target> {
    let domain = domain(service);
    let mut targets = Vec::new();
    for ready in ready_endpoints(store, service) {
        let hostname = hostname(&ready);
        if !wanted.endpoint(&hostname) {
            continue;
        }
        let mut push = |port| {
            targets.push(Target {
                name: format!("{hostname}.{domain}"),
                host: Host::Address(ready.ip.to_owned()),
                port,
            });
        };
        if ready.ports.is_empty() && wanted.port.is_none() {
            push(None);
        }
        let ports = ready.ports.iter();
        let meant = ports.filter(|port| wanted.port(port.name, port.protocol));
        meant.for_each(|port| push(Some(port.number)));
    }
    targets
}

/// One for each port of a Service that has a virtual IP.
fn virtual_targets(service: &Service, wanted: &Wanted<'_>) -> Vec<Target> {
    let meant = service.spec.ports.iter().filter(|port| {
        let name = port.name.as_deref().unwrap_or_default();
        wanted.port(name, port.protocol.as_deref().unwrap_or("TCP"))
    });
    meant
        .map(|port| Target {
            name: domain(service),
            host: Host::Address(service.spec.cluster_ip.clone().unwrap_or_default()),
            port: Some(port.port as u16),
        })
        .collect()
}

/// `_http` is asked for the port `http`; the underscore may be left out.
fn bare(label: &str) -> &str {
    label.strip_prefix('_').unwrap_or(label)
}

fn domain(service: &Service) -> String {
    let namespace = service.metadata.namespace.as_deref().unwrap_or("default");
    format!("{}.{namespace}.svc.{ZONE}", service.metadata.name)
}

fn external_name(service: &Service) -> Option<String> {
    let external = service.spec.r#type.as_deref() == Some("ExternalName");
    let name = service
        .spec
        .other
        .get("externalName")
        .filter(|_| external)?;
    Some(format!("{}.", name.as_str()?.trim_end_matches('.')))
}

/// The endpoints that the server gives for a Service.
fn ready_endpoints<'a>(store: &'a Store, service: &Service) -> Vec<Endpoint<'a>> {
    // Those of its own Service are not simulated.
    if service.metadata.namespace.as_deref() == Some("kube-system") {
        return Vec::new();
    }
    let mut endpoints = endpoints::of_service(store, &service.metadata.name);
    endpoints.retain(|endpoint| endpoint.ready);
    endpoints
}

/// A name that a Service gives, for pictures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ServiceName {
    /// The whole name, with the dot at its end.
    pub name: String,
    /// The address, or for an external name that name.
    pub address: String,
    /// The ports that SRV records name for it.
    pub ports: Vec<u16>,
    /// Whether the server gives it: not if it is that of an endpoint which isn't ready.
    pub given: bool,
}

/// The names of a Service: its own, or if it is headless those of its endpoints.
pub(super) fn names_of(store: &Store, service: &Service) -> Vec<ServiceName> {
    let mut names: Vec<ServiceName> = Vec::new();
    if service.headless() && external_name(service).is_none() {
        for endpoint in endpoints::of_service(store, &service.metadata.name) {
            names.push(ServiceName {
                name: [&hostname(&endpoint), ".", &domain(service)].concat(),
                address: endpoint.ip.to_owned(),
                ports: endpoint.ports.iter().map(|port| port.number).collect(),
                given: endpoint.ready,
            });
        }
        return names;
    }
    for target in service_targets(store, service, &[]).unwrap_or_default() {
        if names.is_empty() {
            names.push(ServiceName {
                name: target.name,
                address: match target.host {
                    Host::Address(address) | Host::Name(address) => address,
                },
                ports: Vec::new(),
                given: true,
            });
        }
        names[0].ports.extend(target.port);
    }
    names
}

/// The name of an endpoint: its hostname if the Service governs the pod, or else its address with
/// dashes.
fn hostname(endpoint: &Endpoint<'_>) -> String {
    match endpoint.hostname {
        Some(hostname) => hostname.to_owned(),
        None => endpoint.ip.replace('.', "-"),
    }
}

fn fill(answer: &mut Answer, asked: &str, record_type: RecordType, targets: &[Target]) {
    let mut seen = Set::new();
    for target in targets {
        match (&target.host, record_type) {
            (Host::Name(name), RecordType::A | RecordType::Aaaa | RecordType::Cname) => {
                answer.answers.push(record(RecordData::Cname(name.clone())));
            }
            (Host::Address(ip), RecordType::A) if seen.insert(ip) => {
                answer.answers.push(record(RecordData::A(ip.clone())));
            }
            _ => {}
        }
    }
    if record_type == RecordType::Srv {
        fill_srv(answer, asked, targets);
    }
}

/// Weights are shared among all records found, before doubles are dropped.
fn fill_srv(answer: &mut Answer, asked: &str, targets: &[Target]) {
    let weight = (100 / targets.len().max(1)).max(1) as u16;
    let mut seen = Set::new();
    let mut addressed = Set::new();
    for target in targets {
        let Some(port) = target.port else { continue };
        let name = match &target.host {
            Host::Address(_) => &target.name,
            Host::Name(name) => name,
        };
        if seen.insert((name, port)) {
            answer.answers.push(Record {
                name: asked.to_owned(),
                ..record(RecordData::Srv {
                    priority: 0,
                    weight,
                    port,
                    target: name.clone(),
                })
            });
        }
        if let Host::Address(ip) = &target.host
            && addressed.insert((name, ip))
        {
            answer.additional.push(Record {
                name: name.clone(),
                ..record(RecordData::A(ip.clone()))
            });
        }
    }
}

/// The name of an address. First the virtual IPs, then the endpoints that have a hostname.
fn reverse(store: &Store, asked: &str, reversed: &str, record_type: RecordType) -> Answer {
    let mut parts: Vec<&str> = reversed.split('.').collect();
    parts.reverse();
    let ip = parts.join(".");
    let own = own_service();
    let virtual_ip = |service: &&Service| service.spec.cluster_ip.as_deref() == Some(&ip);
    let services = store.list::<Service>().map(|service| &**service);
    let mut services = services.chain([&own]);
    let names: Vec<String> = match services.find(virtual_ip) {
        Some(service) => vec![domain(service)],
        None => {
            let named = store.list::<Service>().flat_map(|service| {
                let ready = ready_endpoints(store, service).into_iter();
                let of_ip = ready.filter(|endpoint| endpoint.ip == ip);
                let hostnames = of_ip.filter_map(|endpoint| endpoint.hostname);
                hostnames.map(|hostname| format!("{hostname}.{}", domain(service)))
            });
            named.collect()
        }
    };
    // An address that is none of the cluster's falls through to the world outside, which knows
    // nothing of it either.
    if names.is_empty() {
        return Answer::empty(ResponseCode::NxDomain);
    }
    let mut answer = Answer::empty(ResponseCode::NoError);
    answer.authoritative = true;
    if record_type == RecordType::Ptr {
        answer.answers = names
            .into_iter()
            .map(|name| Record {
                name: asked.to_owned(),
                ..record(RecordData::Ptr(name))
            })
            .collect();
    }
    answer
}
