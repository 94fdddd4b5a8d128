//! What is asked of a DNS server, and what it answers. reference/services-and-dns.md §3.

use std::fmt;

use crate::random::Random;

/// The zone that the server answers for.
pub const ZONE: &str = "cluster.local.";

/// The server's address: the Service `kube-dns` in the namespace `kube-system`.
pub const SERVER: &str = "10.96.0.10";

/// Seconds that answers, and the absence of one, may be remembered: `ttl 30` in the Corefile.
pub const TTL_SECONDS: u32 = 30;

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

    /// Without any record.
    pub(super) fn empty(code: ResponseCode) -> Answer {
        Answer {
            code,
            authoritative: false,
            answers: Vec::new(),
            authority: Vec::new(),
            additional: Vec::new(),
        }
    }
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
