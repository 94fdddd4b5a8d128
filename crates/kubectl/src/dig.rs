//! `dig`, `nslookup` and `host` in pods, in the layout of the real ones.
//! reference/services-and-dns.md §5.

use std::fmt::Write as _;

use cluster::network::dns::{Answer, Question, Record, RecordType, ResponseCode, SERVER};
use cluster::network::{Lookup, LookupError};

use crate::age;
use crate::note::Note;
use crate::session::Session;

const UNREACHABLE: &str = ";; communications error to 10.96.0.10#53: timed out\n";

/// Asks for exactly this name.
fn query(session: &mut Session<'_>, pod: &str, question: &Question) -> Result<Answer, LookupError> {
    let mut answer = Err(LookupError::NotRunning);
    session.act(&mut |cluster| {
        answer = cluster.query(pod, question);
        None
    });
    answer
}

/// Looks a name up with the search list.
fn look_up(
    session: &mut Session<'_>,
    pod: &str,
    name: &str,
    record_type: RecordType,
) -> Result<Lookup, LookupError> {
    let mut answer = Err(LookupError::NotRunning);
    session.act(&mut |cluster| {
        answer = cluster.resolve(pod, name, record_type);
        None
    });
    answer
}

/// How a name is missing. Outside the cluster nothing is simulated; a name that can't be one of the
/// internet's is not there either.
fn code(name: &str, lookup: &Lookup, session: &mut Session<'_>) -> ResponseCode {
    const OUTSIDE: &[&str] = &["cn", "com", "dev", "io", "net", "org"];
    let last = name
        .trim_end_matches('.')
        .rsplit('.')
        .next()
        .unwrap_or_default();
    if lookup.answer.code != ResponseCode::ServFail {
        return lookup.answer.code;
    }
    if !OUTSIDE.contains(&last) {
        return ResponseCode::NxDomain;
    }
    session.output.note(Note::ShellNotSimulated {
        what: "The internet".to_owned(),
    });
    ResponseCode::ServFail
}

/// The name to ask for to learn the name of an address.
fn reversed(ip: &str) -> Option<String> {
    let ip: std::net::Ipv4Addr = ip.parse().ok()?;
    let [a, b, c, d] = ip.octets();
    Some(format!("{d}.{c}.{b}.{a}.in-addr.arpa"))
}

/// What is printed of an answer.
struct Shown {
    short: bool,
    comments: bool,
    answers: bool,
}

pub(crate) fn dig(words: &[String], pod: &str, session: &mut Session<'_>) -> i32 {
    let mut shown = Shown {
        short: false,
        comments: true,
        answers: true,
    };
    let mut record_type = None;
    let mut names: Vec<(String, Option<RecordType>)> = Vec::new();
    let mut search = false;
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match word.as_str() {
            "+short" => shown.short = true,
            "+noall" => (shown.comments, shown.answers) = (false, false),
            "+answer" => shown.answers = true,
            "+search" => search = true,
            "-x" => {
                let ip = rest.next().map_or("", String::as_str);
                let name = reversed(ip).unwrap_or_else(|| ip.to_owned());
                names.push((name, Some(RecordType::Ptr)));
            }
            "-t" => record_type = rest.next().and_then(|name| RecordType::parse(name)),
            "IN" | "in" => {}
            word if word.starts_with(['+', '@', '-']) => {}
            word => match RecordType::parse(word) {
                // The type may stand before the name or after it.
                Some(known) => match names.last_mut() {
                    Some((_, last @ None)) => *last = Some(known),
                    _ => record_type = Some(known),
                },
                None => names.push((word.to_owned(), record_type.take())),
            },
        }
    }
    if names.is_empty() {
        names.push((".".to_owned(), Some(RecordType::Soa)));
    }
    for (name, record_type) in names {
        let record_type = record_type.unwrap_or(RecordType::A);
        let question = Question { name, record_type };
        let found = match search {
            true => look_up(session, pod, &question.name, record_type)
                .map(|lookup| (lookup.name, lookup.answer)),
            false => query(session, pod, &question).map(|answer| (question.name.clone(), answer)),
        };
        let Ok((name, answer)) = found else {
            session.out(&UNREACHABLE.repeat(3));
            session.out(&format!(
                "\n; <<>> DiG 9.18.24 <<>> {}\n;; global options: +cmd\n;; no servers could be reached\n\n",
                words.join(" ")
            ));
            return 9;
        };
        let text = match shown.short {
            true => lines(&answer.answers, |record| record.data.to_string()),
            false => page(words, &shown, &name, record_type, &answer, session),
        };
        session.out(&text);
    }
    0
}

fn lines(records: &[Record], line: impl Fn(&Record) -> String) -> String {
    records.iter().map(|record| line(record) + "\n").collect()
}

/// Everything that dig says about an answer.
fn page(
    words: &[String],
    shown: &Shown,
    name: &str,
    record_type: RecordType,
    answer: &Answer,
    session: &Session<'_>,
) -> String {
    if !shown.comments {
        return match shown.answers {
            true => lines(&answer.answers, row),
            false => String::new(),
        };
    }
    let now = session.now();
    let asked = format!("{}.", name.trim_end_matches('.'));
    let chance = asked.bytes().fold(now.0 ^ 0x9e37_79b9, |sum, byte| {
        (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let mut text = format!(
        "\n; <<>> DiG 9.18.24 <<>> {}\n;; global options: +cmd\n;; Got answer:\n",
        words.join(" ")
    );
    let (flags, warning) = match answer.authoritative {
        true => (
            "qr aa rd",
            ";; WARNING: recursion requested but not available\n",
        ),
        false => ("qr rd ra", ""),
    };
    let _ = write!(
        text,
        ";; ->>HEADER<<- opcode: QUERY, status: {}, id: {}\n;; flags: {flags}; QUERY: 1, ANSWER: {}, AUTHORITY: {}, ADDITIONAL: {}\n{warning}\n;; OPT PSEUDOSECTION:\n; EDNS: version: 0, flags:; udp: 1232\n; COOKIE: {chance:016x} (echoed)\n;; QUESTION SECTION:\n;",
        answer.code,
        chance >> 16 & 0xffff,
        answer.answers.len(),
        answer.authority.len(),
        answer.additional.len() + 1
    );
    let mut at = asked.len();
    text.push_str(&asked);
    indent(&mut text, &mut at, 32);
    text.push_str("IN");
    at += 2;
    indent(&mut text, &mut at, 40);
    let _ = writeln!(text, "{record_type}");
    let sections = [
        ("ANSWER", &answer.answers),
        ("AUTHORITY", &answer.authority),
        ("ADDITIONAL", &answer.additional),
    ];
    let mut size = 12 + wire(&asked) + 4 + 11;
    for (title, records) in sections {
        if !records.is_empty() {
            let _ = write!(text, "\n;; {title} SECTION:\n{}", lines(records, row));
        }
        size += records.iter().map(bytes).sum::<usize>();
    }
    let _ = write!(
        text,
        "\n;; Query time: {} msec\n;; SERVER: {SERVER}#53({SERVER}) (UDP)\n;; WHEN: {}\n;; MSG SIZE  rcvd: {size}\n\n",
        chance % 3,
        age::date(now)
    );
    text
}

/// Goes to a column, or at least one on: with tabs as far as they lead there.
fn indent(text: &mut String, at: &mut usize, column: usize) {
    let column = column.max(*at + 1);
    let tabs = column / 8 - *at / 8;
    text.push_str(&"\t".repeat(tabs));
    if tabs > 0 {
        *at = column / 8 * 8;
    }
    text.push_str(&" ".repeat(column - *at));
    *at = column;
}

/// A record in dig's columns.
fn row(record: &Record) -> String {
    let mut text = String::new();
    let mut at = 0;
    let cells = [
        (record.name.clone(), 24),
        (record.ttl_seconds.to_string(), 32),
        ("IN".to_owned(), 40),
        (record.data.record_type().to_string(), 48),
    ];
    for (cell, next) in cells {
        at += cell.len();
        text.push_str(&cell);
        indent(&mut text, &mut at, next);
    }
    text + &record.data.to_string()
}

/// Bytes of a name in a message.
fn wire(name: &str) -> usize {
    name.len() + 1
}

/// Bytes of a record in a message.
fn bytes(record: &Record) -> usize {
    let data = record.data.to_string();
    let last = data.rsplit(' ').next().unwrap_or_default();
    let data = match record.data.record_type() {
        RecordType::A => 4,
        RecordType::Srv => 6 + wire(last),
        RecordType::Soa => data.split(' ').take(2).map(wire).sum::<usize>() + 20,
        _ => wire(last),
    };
    wire(&record.name) + 10 + data
}

/// `nslookup` of busybox (up to 1.28), or of bind.
pub(crate) fn nslookup(
    words: &[String],
    busybox: bool,
    pod: &str,
    session: &mut Session<'_>,
) -> i32 {
    let mut record_type = RecordType::A;
    let mut name = None;
    for word in words {
        let typed = ["-type=", "-query=", "-q=", "-ty="]
            .iter()
            .find_map(|flag| word.strip_prefix(flag));
        match typed {
            Some(typed) => record_type = RecordType::parse(typed).unwrap_or(record_type),
            None if !word.starts_with('-') && name.is_none() => name = Some(word.clone()),
            None => {}
        }
    }
    let Some(name) = name else {
        return super::shell::no_stdin(session);
    };
    let reverse = reversed(&name);
    let found = match &reverse {
        Some(reverse) => look_up(session, pod, &format!("{reverse}."), RecordType::Ptr),
        None => look_up(session, pod, &name, record_type),
    };
    let Ok(lookup) = found else {
        session.out(match busybox {
            true => "nslookup: can't connect to remote host (10.96.0.10): Connection timed out\n",
            false => ";; connection timed out; no servers could be reached\n\n",
        });
        return 1;
    };
    if busybox {
        return of_busybox(&name, reverse.is_some(), &lookup, pod, session);
    }
    session.out(&format!("Server:\t\t{SERVER}\nAddress:\t{SERVER}#53\n\n"));
    if !lookup.found() {
        let text = match code(&name, &lookup, session) {
            ResponseCode::NoError => format!("*** Can't find {name}: No answer\n\n"),
            code => format!("** server can't find {name}: {code}\n\n"),
        };
        session.out(&text);
        return 1;
    }
    let text = lines(&lookup.answer.answers, |record| {
        let owner = record.name.trim_end_matches('.');
        match record.data.record_type() {
            RecordType::A => format!("Name:\t{owner}\nAddress: {}", record.data),
            RecordType::Srv => format!("{owner}\tservice = {}", record.data),
            RecordType::Ptr => format!("{owner}\tname = {}", record.data),
            _ => format!("{owner}\t{}", record.data),
        }
    });
    session.out(&format!("{text}\n"));
    0
}

fn of_busybox(
    name: &str,
    reverse: bool,
    lookup: &Lookup,
    pod: &str,
    session: &mut Session<'_>,
) -> i32 {
    session.out(&format!(
        "Server:    {SERVER}\nAddress 1: {SERVER} kube-dns.kube-system.svc.cluster.local\n\n"
    ));
    if !lookup.found() {
        session.err(&format!("nslookup: can't resolve '{name}'\n"));
        return 1;
    }
    let addresses: Vec<String> = match reverse {
        true => vec![name.to_owned()],
        false => lookup.answer.addresses().map(str::to_owned).collect(),
    };
    session.out(&format!("Name:      {name}\n"));
    for (number, ip) in addresses.iter().enumerate() {
        let question = Question {
            name: reversed(ip).unwrap_or_default(),
            record_type: RecordType::Ptr,
        };
        let names = query(session, pod, &question).map(|answer| answer.answers);
        let names = names.unwrap_or_default();
        let known = names
            .first()
            .map_or(String::new(), |record| format!(" {}", record.data));
        let known = known.trim_end_matches('.').to_owned();
        session.out(&format!("Address {}: {ip}{known}\n", number + 1));
    }
    0
}

pub(crate) fn host(words: &[String], pod: &str, session: &mut Session<'_>) -> i32 {
    let mut record_type = None;
    let mut name = None;
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match word.as_str() {
            "-t" => record_type = rest.next().and_then(|name| RecordType::parse(name)),
            word if word.starts_with('-') => {}
            word if name.is_none() => name = Some(word.to_owned()),
            _ => {}
        }
    }
    let Some(name) = name else {
        session.err("Usage: host [-t type] hostname [server]\n");
        return 1;
    };
    let found = match reversed(&name) {
        Some(reverse) => look_up(session, pod, &format!("{reverse}."), RecordType::Ptr),
        None => look_up(session, pod, &name, record_type.unwrap_or(RecordType::A)),
    };
    let Ok(lookup) = found else {
        session.out(";; connection timed out; no servers could be reached\n");
        return 1;
    };
    if !lookup.found() {
        let code = code(&name, &lookup, session);
        let number = match code {
            ResponseCode::NoError => {
                let wanted = record_type.unwrap_or(RecordType::A);
                session.out(&format!("{name} has no {wanted} record\n"));
                return i32::from(record_type.is_none());
            }
            ResponseCode::NxDomain => 3,
            ResponseCode::ServFail => 2,
        };
        session.out(&format!("Host {name} not found: {number}({code})\n"));
        return 1;
    }
    let text = lines(&lookup.answer.answers, |record| {
        let owner = record.name.trim_end_matches('.');
        match record.data.record_type() {
            RecordType::A => format!("{owner} has address {}", record.data),
            RecordType::Ptr => format!("{owner} domain name pointer {}", record.data),
            kind => format!("{owner} has {kind} record {}", record.data),
        }
    });
    session.out(&text);
    0
}
