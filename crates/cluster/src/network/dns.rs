//! The cluster's DNS server: names computed from Services and their endpoints.
//! reference/services-and-dns.md §3 (kubernetes/dns specification 1.1.0, CoreDNS `plugin/kubernetes`,
//! `plugin/backend_lookup.go`).

use std::collections::BTreeSet;
use std::fmt;

use super::endpoints::{self, Endpoint};
use crate::object::Service;
use crate::object::service::ServicePort;
use crate::random::Random;
use crate::store::Store;
use crate::time::{EPOCH_SECONDS, Time};

/// The zone that the server answers for.
pub const ZONE: &str = "cluster.local.";

/// The server's address: the Service `kube-dns` in the namespace `kube-system`.
pub const SERVER: &str = "10.96.0.10";

/// Seconds that answers, and the absence of one, may be remembered: `ttl 30` in the Corefile.
pub const TTL_SECONDS: u32 = 30;

/// The namespaces of every cluster. Objects of `default` alone are simulated.
const NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "named as in the DNS")]
pub enum RecordType {
    A,
    Aaaa,
    Cname,
    Ptr,
    Soa,
    Srv,
    Txt,
}

impl RecordType {
    /// The type of this name, in any case: `srv`.
    pub fn parse(name: &str) -> Option<RecordType> {
        use RecordType::*;
        let mut all = [A, Aaaa, Cname, Ptr, Soa, Srv, Txt].into_iter();
        all.find(|kind| kind.to_string().eq_ignore_ascii_case(name))
    }
}

impl fmt::Display for RecordType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RecordType::A => "A",
            RecordType::Aaaa => "AAAA",
            RecordType::Cname => "CNAME",
            RecordType::Ptr => "PTR",
            RecordType::Soa => "SOA",
            RecordType::Srv => "SRV",
            RecordType::Txt => "TXT",
        })
    }
}

/// A question to the server.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Question {
    /// A whole name; the dot at its end may be left out.
    pub name: String,
    /// What is asked for.
    pub record_type: RecordType,
}

/// One record of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The name it belongs to, with the dot at its end.
    pub name: String,
    /// Seconds that it may be remembered.
    pub ttl_seconds: u32,
    /// What it says.
    pub data: RecordData,
}

/// What a record says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordData {
    /// An IPv4 address.
    A(String),
    /// Another name for this one.
    Cname(String),
    /// The name of an address.
    Ptr(String),
    /// Who is responsible for the zone.
    Soa {
        /// Grows with time.
        serial: u32,
    },
    /// Where a service is served.
    Srv {
        /// 0: CoreDNS prefers none.
        priority: u16,
        /// 100 shared among all records found.
        weight: u16,
        /// The port of the endpoint, or of a Service with a virtual IP.
        port: u16,
        /// A name that has an address.
        target: String,
    },
    /// A text.
    Txt(String),
}

impl RecordData {
    /// The type of the record.
    pub fn record_type(&self) -> RecordType {
        match self {
            RecordData::A(_) => RecordType::A,
            RecordData::Cname(_) => RecordType::Cname,
            RecordData::Ptr(_) => RecordType::Ptr,
            RecordData::Soa { .. } => RecordType::Soa,
            RecordData::Srv { .. } => RecordType::Srv,
            RecordData::Txt(_) => RecordType::Txt,
        }
    }
}

/// The part of a record after its type, as `dig +short` prints it.
impl fmt::Display for RecordData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RecordData::A(text) | RecordData::Cname(text) | RecordData::Ptr(text) => {
                f.write_str(text)
            }
            RecordData::Soa { serial } => write!(
                f,
                "ns.dns.{ZONE} hostmaster.{ZONE} {serial} 7200 1800 86400 {TTL_SECONDS}"
            ),
            RecordData::Srv {
                priority,
                weight,
                port,
                target,
            } => {
                write!(f, "{priority} {weight} {port} {target}")
            }
            RecordData::Txt(text) => write!(f, "\"{text}\""),
        }
    }
}

/// How a question was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ResponseCode {
    /// The name is there, though it may have no record of the type.
    NoError,
    /// There is no such name.
    NxDomain,
    /// The server can't tell: the name is none of the cluster's, and nothing outside is simulated.
    ServFail,
}

/// As dig prints it.
impl fmt::Display for ResponseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ResponseCode::NoError => "NOERROR",
            ResponseCode::NxDomain => "NXDOMAIN",
            ResponseCode::ServFail => "SERVFAIL",
        })
    }
}

/// The server's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether the name is there.
    pub code: ResponseCode,
    /// Whether the server is responsible for the name.
    pub authoritative: bool,
    /// The records asked for; none with [`ResponseCode::NoError`] is what is called NODATA.
    pub answers: Vec<Record>,
    /// With an absence, the SOA record: how long the absence may be remembered.
    pub authority: Vec<Record>,
    /// The addresses of the targets of SRV records.
    pub additional: Vec<Record>,
}

impl Answer {
    /// The addresses in it.
    pub fn addresses(&self) -> impl Iterator<Item = &str> {
        self.answers.iter().filter_map(|record| match &record.data {
            RecordData::A(ip) => Some(ip.as_str()),
            _ => None,
        })
    }

    fn empty(code: ResponseCode) -> Answer {
        Answer {
            code,
            authoritative: false,
            answers: Vec::new(),
            authority: Vec::new(),
            additional: Vec::new(),
        }
    }
}

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
pub fn answer(store: &Store, now: Time, question: &Question) -> Answer {
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

/// `labels` is what stands before the Service's name: nothing, an endpoint, or a port and a
/// protocol.
fn service_targets(
    store: &Store,
    service: &Service,
    labels: &[&str],
) -> Result<Vec<Target>, NoSuchName> {
    let (endpoint, port, protocol) = match labels {
        [] => (None, None, None),
        [endpoint] => (Some(*endpoint), None, None),
        [port, protocol] => (None, Some(bare(port)), Some(bare(protocol))),
        _ => return Err(NoSuchName),
    };
    let wanted = |name: Option<&str>, spoken: Option<&str>| {
        let name = name.unwrap_or_default();
        let spoken = spoken.unwrap_or("TCP");
        port.is_none_or(|port| port.eq_ignore_ascii_case(name))
            && protocol.is_none_or(|protocol| protocol.eq_ignore_ascii_case(spoken))
    };
    let domain = domain(service);
    let mut targets = Vec::new();
    if let Some(external) = external_name(service) {
        return Ok(vec![Target {
            name: domain,
            host: Host::Name(external),
            port: Some(0),
        }]);
    }
    if service.headless() || endpoint.is_some() {
        for ready in ready_endpoints(store, service) {
            let hostname = hostname(&ready);
            if endpoint.is_some_and(|endpoint| !endpoint.eq_ignore_ascii_case(&hostname)) {
                continue;
            }
            let name = format!("{hostname}.{domain}");
            let mut push = |port| {
                targets.push(Target {
                    name: name.clone(),
                    host: Host::Address(ready.ip.to_owned()),
                    port,
                });
            };
            if ready.ports.is_empty() && port.is_none() && protocol.is_none() {
                push(None);
            }
            for port in &ready.ports {
                if wanted(Some(port.name), Some(port.protocol)) {
                    push(Some(port.number));
                }
            }
        }
    } else {
        for port in &service.spec.ports {
            if wanted(port.name.as_deref(), port.protocol.as_deref()) {
                targets.push(Target {
                    name: domain.clone(),
                    host: Host::Address(service.spec.cluster_ip.clone().unwrap_or_default()),
                    port: Some(port.port as u16),
                });
            }
        }
    }
    match targets.is_empty() {
        true => Err(NoSuchName),
        false => Ok(targets),
    }
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

/// The name of an endpoint: its hostname if the Service governs the pod, or else its address with
/// dashes.
fn hostname(endpoint: &Endpoint<'_>) -> String {
    match endpoint.hostname {
        Some(hostname) => hostname.to_owned(),
        None => endpoint.ip.replace('.', "-"),
    }
}

fn fill(answer: &mut Answer, asked: &str, record_type: RecordType, targets: &[Target]) {
    let mut seen = BTreeSet::new();
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
    let mut seen = BTreeSet::new();
    let mut addressed = BTreeSet::new();
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

/// Puts addresses into random order, as `loadbalance` does to each answer sent; SRV records stay
/// in the order of the endpoints.
pub(crate) fn shuffle(answer: &mut Answer, random: &mut Random) {
    let all_addresses = |records: &[Record]| {
        records
            .iter()
            .all(|record| record.data.record_type() == RecordType::A)
    };
    for records in [&mut answer.answers, &mut answer.additional] {
        if all_addresses(records) {
            for last in (1..records.len()).rev() {
                records.swap(last, random.below(last as u32 + 1) as usize);
            }
        }
    }
}
