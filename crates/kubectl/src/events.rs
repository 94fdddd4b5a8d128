//! `kubectl events` (`pkg/cmd/events/events.go`), by time.

use cluster::object::Event;

use crate::age;
use crate::args::Args;
use crate::errors::Problem;
use crate::order::sorted_by_key;
use crate::resource;
use crate::session::{Done, Session};
use crate::table::Widths;

pub(crate) fn events(args: &Args, session: &mut Session<'_>) -> Done {
    if !args.words.is_empty() {
        return Err(args.usage_error("unexpected arguments"));
    }
    let about = match args.value("for") {
        None => None,
        Some(named) if named.contains('/') => {
            let target = resource::targets(&[named.to_owned()])?.remove(0);
            target.name.map(|name| (target.kind.name(), name))
        }
        Some(named) => {
            return Err(Problem::plain(format!(
                "--for must be in resource/name form: {named}"
            )));
        }
    };
    let wanted: Vec<&str> = args
        .values("types")
        .flat_map(|list| list.split(','))
        .collect();
    let all = session.cluster().store().list::<Event>();
    let chosen = all.filter(|event| {
        let object = &event.involved_object;
        let same = about.as_ref().is_none_or(|(kind, name)| {
            object.kind.as_deref() == Some(*kind) && object.name.as_ref() == Some(name)
        });
        let of_type = |wanted: &&str| wanted.eq_ignore_ascii_case(&event.r#type);
        same && (wanted.is_empty() || wanted.iter().any(of_type))
    });
    let chosen = sorted_by_key(chosen.cloned(), |event| event.last_timestamp);
    if chosen.is_empty() {
        session.err("No events found in default namespace.\n");
        return Ok(None);
    }
    let now = session.now();
    let mut rows = Vec::new();
    if !args.switch("no-headers") {
        let headers = ["LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE"];
        rows.push(headers.map(str::to_owned).to_vec());
    }
    rows.extend(chosen.iter().map(|event| {
        let mut age = age::since(event.last_timestamp, now);
        if event.count > 1 {
            let first = age::since(event.first_timestamp, now);
            age = format!("{age} (x{} over {first})", event.count);
        }
        let object = &event.involved_object;
        let (kind, name) = (object.kind.as_deref(), object.name.as_deref());
        vec![
            age,
            event.r#type.clone(),
            event.reason.clone(),
            format!("{}/{}", kind.unwrap_or_default(), name.unwrap_or_default()),
            event.message.trim().to_owned(),
        ]
    }));
    session.out(&Widths::default().print(&rows));
    Ok(None)
}
