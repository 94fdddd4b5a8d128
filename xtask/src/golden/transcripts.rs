//! `cargo xtask golden --transcripts [DIR…]`: what recorded commands printed, against what the
//! simulation prints at the same state; one line per recording with the share that matches.
//!
//! Equal, but for what is chance or time (see [`plain`]), and for what the recorded client of v1.20
//! says otherwise than that of v1.36, which is the one that is simulated: [`renewed`]. What
//! changed in between on the server's side is told by the cluster's version. Where v1.36 prints
//! another text altogether, `renewals` has it, and it must be printed to the letter.

use std::path::PathBuf;

use kubectl::{Chunk, Stream};

use super::recording::{Recording, Transcript};
use super::renewals::{self, RENEWALS};
use super::replay::{self, Said};

/// The least share of transcripts, in thousandths, that has to match. It is only ever raised.
const FLOOR_PER_MILLE: usize = 985;

/// Lines of ours that the recorded client of v1.20 did not print yet, by how they begin.
const NOT_IN_OLD_CLIENT: &[&str] = &[
    "Service Account:",
    "  Node-Selectors:",
    "  Tolerations:",
    "Flag --record",
    "Warning: resource statefulsets/demo-statefulset was previously managed",
];

/// Lines that the new client got wrong, as the old server has no v1 EndpointSlices for it.
const NOT_FOR_NEW_CLIENT: &[&str] = &["Endpoints:"];

/// Kinds whose deletion is told without a namespace.
const CLUSTER_SCOPED: &[&str] = &["persistentvolume ", "node ", "storageclass"];

/// The recording in which the garbage collector deletes pods: in no order.
const COLLECTED: &str = "11-delete-statefulset";

/// What the client of v1.20 printed, in the words of v1.36.
fn renewed(line: &str) -> String {
    let named = CLUSTER_SCOPED.iter().any(|kind| line.starts_with(kind));
    match line
        .strip_suffix("deleted")
        .filter(|rest| rest.contains('"') && !named)
    {
        Some(_) => format!("{line} from default namespace"),
        None => {
            let line = match line.starts_with("  Namespace ") {
                true => line.replace("AGE", "Age"),
                false => line.to_owned(),
            };
            line.replace("warning: Immediate", "Warning: Immediate")
        }
    }
}

/// Compares all recordings; an error if too few commands match.
pub(super) fn run(files: &[PathBuf], differences: bool) -> crate::Result {
    let (mut matched, mut all) = (0, 0);
    let mut renewed = [0; RENEWALS.len()];
    for file in files {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        let text = std::fs::read_to_string(file).map_err(|error| format!("{name}: {error}"))?;
        let Some(recording) = Recording::parse(&text)? else {
            continue;
        };
        // Some keep only what was typed.
        if recording
            .transcripts
            .iter()
            .all(|typed| typed.client.is_empty())
        {
            continue;
        }
        let said = replay::listen(&recording)?;
        let mut same = 0;
        for said in &said {
            let transcript = believed(&recording, said.number);
            let stdin = transcript.stdin.as_deref().unwrap_or_default();
            let rule = renewals::of(&name, &transcript.cmd, stdin);
            let different = match rule {
                None => difference(transcript, said, &recording),
                Some((at, rule)) => {
                    renewed[at] += 1;
                    let printed: String = [Stream::Stdout, Stream::Stderr]
                        .map(|stream| printed(&said.output, stream))
                        .concat();
                    (printed != rule.text).then(|| {
                        let (wanted, why) = (rule.text, rule.why);
                        format!("  v1.36 ({why}):\n    - {wanted}    + {printed}")
                    })
                }
            };
            match different {
                None => same += 1,
                Some(told) if differences => println!("{name}: $ {}\n{told}", transcript.cmd),
                Some(_) => {}
            }
        }
        matched += same;
        all += said.len();
        println!("{name}: {same} of {}", said.len());
    }
    if all == 0 {
        return Err("no transcripts in these recordings".to_owned());
    }
    let share = matched * 1000 / all;
    println!(
        "{matched} of {all} commands print the same ({}.{} %)",
        share / 10,
        share % 10
    );
    let used = renewed.iter().filter(|count| **count > 0).count();
    println!(
        "{} of them as v1.36 prints them, by {used} of {} rules",
        renewed.iter().sum::<usize>(),
        RENEWALS.len()
    );
    match share < FLOOR_PER_MILLE {
        true => Err(format!(
            "less than {} % print the same",
            FLOOR_PER_MILLE as f64 / 10.0
        )),
        false => Ok(()),
    }
}

/// The transcript that says what is to be printed: of two clients at the same state the newer one.
fn believed(recording: &Recording, number: usize) -> &Transcript {
    let own = &recording.transcripts[number];
    let mut near = recording.transcripts.iter();
    let newer = near.find(|other| {
        (&other.cmd, &other.stdin, other.after_seq) == (&own.cmd, &own.stdin, own.after_seq)
            && other.client.starts_with("1.3")
    });
    newer.unwrap_or(own)
}

fn printed(output: &[Chunk], stream: Stream) -> String {
    let chunks = output.iter().filter(|chunk| chunk.stream == stream);
    chunks.map(|chunk| chunk.text.as_str()).collect()
}

/// Where a command prints something else than was recorded.
fn difference(transcript: &Transcript, said: &Said, recording: &Recording) -> Option<String> {
    let told = difference_of(transcript, &said.output, said.exit_code, recording)?;
    let mut later = said.later.iter();
    let same =
        later.any(|output| difference_of(transcript, output, said.exit_code, recording).is_none());
    (!same).then_some(told)
}

fn difference_of(
    transcript: &Transcript,
    output: &[Chunk],
    exit_code: Option<i32>,
    recording: &Recording,
) -> Option<String> {
    let printed = |stream: Stream| printed(output, stream);
    let old = transcript.client.starts_with("1.20");
    let expected = |text: &str| match old {
        true => text.lines().map(|line| renewed(line) + "\n").collect(),
        false => text.to_owned(),
    };
    let sides = |expected: String, found: String| {
        let ignored = match old {
            true => NOT_IN_OLD_CLIENT,
            false => NOT_FOR_NEW_CLIENT,
        };
        let [expected, found] = [expected, found].map(|text| json(&text, &transcript.cmd));
        // The simulation has not all kinds, but those that it has look the same.
        let expected = match transcript.cmd.contains("api-resources") {
            true => {
                let lines = expected.lines().filter(|line| {
                    let name = line.split(' ').next().unwrap_or_default();
                    found.lines().any(|own| own.split(' ').next() == Some(name))
                });
                let lines = lines.map(|line| line.replace("/v1beta1 ", "/v1 ") + "\n");
                lines.collect()
            }
            false => expected,
        };
        [expected, found].map(|text| {
            let plain = plain(&text, &transcript.cmd, recording);
            let kept = plain
                .into_iter()
                .filter(|line| !ignored.iter().any(|start| line.starts_with(start)));
            kept.collect::<Vec<_>>()
        })
    };
    let code = |code: Option<i32>| vec![format!("{code:?}")];
    let pairs = [
        (
            "stdout",
            sides(expected(&transcript.stdout), printed(Stream::Stdout)),
        ),
        (
            "stderr",
            sides(expected(&transcript.stderr), printed(Stream::Stderr)),
        ),
        ("exit code", [code(transcript.exit_code), code(exit_code)]),
    ];
    let (what, [expected, found]) = pairs
        .into_iter()
        .find(|(_, [expected, found])| expected != found)?;
    let length = expected.len().max(found.len());
    let first = (0..length).find(|&at| expected.get(at) != found.get(at))?;
    let lines = |lines: &[String], sign: &str| -> String {
        let lines = lines.iter().skip(first).take(3);
        lines.map(|line| format!("    {sign} {line}\n")).collect()
    };
    let told = lines(&expected, "-") + &lines(&found, "+");
    Some(format!(
        "  {what} line {first} ({}):\n{told}",
        transcript.client
    ))
}

/// Lines that are left out on both sides, by what stands in them, each with its reason.
const LEFT_OUT: &[(&str, &str)] = &[
    (
        "RegisteredNode",
        "the registration of the recorded nodes is no part of a scenario",
    ),
    (
        "default-token-",
        "tokens of service accounts are not simulated, and v1.36 mounts none of these",
    ),
    (
        "Type:  Secret (a volume populated by a Secret)",
        "the same token",
    ),
    ("  SecretName:", "the same token"),
    ("  Optional:  false", "the same token"),
    ("serviceaccount", "the same token"),
    (
        "creationTimestamp: null",
        "left out of templates since v1.34",
    ),
    ("Service Name:", "printed since v1.37"),
    ("Pod Management Policy:", "printed since v1.37"),
    ("IP Famil", "Services have it since v1.21"),
    ("Internal Traffic Policy:", "Services have it since v1.21"),
    ("internalTrafficPolicy:", "Services have it since v1.21"),
    ("Image ID:", "made up by the recorded kubelets"),
    ("Container ID:", "made up by the recorded kubelets"),
    ("imageID:", "made up by the recorded kubelets"),
    ("containerID:", "made up by the recorded kubelets"),
    ("last-change-trigger-time", "a time of day"),
    (
        "resourceVersion",
        "counts every write of the whole control plane",
    ),
    ("  readOnly: true", "the same token"),
    ("  secret:", "the same token"),
    ("defaultMode: 420", "the same token"),
    ("Kube-Proxy Version:", "nodes don't tell it since v1.33"),
    ("FailedToUpdateEndpoint", "two controllers that race"),
    (
        "spec update to be observed",
        "whether a command sees this moment is chance",
    ),
    (
        "  annotations:",
        "what stands in it is compared, this above it only when something does",
    ),
    ("Kernel Version:", "made up by the recorded kubelets"),
    (
        "Container Runtime Version:",
        "made up by the recorded kubelets",
    ),
];

/// A text without what is chance or time: ages, times, addresses, uids, random names, and the widths
/// of columns that depend on them.
fn plain(text: &str, cmd: &str, recording: &Recording) -> Vec<String> {
    let mut text = text.to_owned();
    for (name, random) in &recording.generated_names {
        text = text.replace(random.as_str(), name);
    }
    // The Events of nodes are those of their registration.
    if cmd.contains("describe node") {
        text.truncate(text.find("\nEvents:").unwrap_or(text.len()));
    }
    // Whether a pod is first marked so because its claim is not bound yet is chance.
    let unbound = "pod has unbound immediate PersistentVolumeClaims.";
    let races = cmd.contains("get events");
    let left_out = |line: &&str| {
        let chance = races && line.contains(unbound);
        chance || LEFT_OUT.iter().any(|(part, _)| line.contains(part))
    };
    let lines = without_managed_fields(&text);
    let lines = lines.into_iter().map(plain_line);
    let mut lines: Vec<String> = lines.filter(|line| !left_out(&line.as_str())).collect();
    // Rows of a watch that come twice.
    lines.dedup();
    if cmd.contains(" -w") {
        lines = without_repeated_rows(lines);
        if recording.name.starts_with(COLLECTED) {
            sort_neighbours(&mut lines);
        }
    }
    // Random names bring rows into random order.
    if cmd.contains("get events") || !recording.generated_names.is_empty() {
        lines.sort();
    }
    lines
}

/// Rows that say the same of different objects, one after the other, by the objects' names.
fn sort_neighbours(rows: &mut [String]) {
    let said = |row: &String| row.split_once(' ').map(|(_, said)| said.to_owned());
    let runs = rows.chunk_by_mut(|a, b| said(a) == said(b));
    runs.for_each(<[String]>::sort);
}

/// A watch without the rows that tell nothing new of their object: a change of something that has
/// no column.
fn without_repeated_rows(rows: Vec<String>) -> Vec<String> {
    let name = |row: &String| row.split(' ').next().unwrap_or_default().to_owned();
    let mut kept: Vec<String> = Vec::new();
    for row in rows {
        let last = kept.iter().rev().find(|other| name(other) == name(&row));
        if last != Some(&row) {
            kept.push(row);
        }
    }
    kept
}

/// `-o yaml` and `-o json` show who manages which field only before v1.21.
fn without_managed_fields(text: &str) -> Vec<&str> {
    let indentation = |line: &str| line.len() - line.trim_start_matches([' ', '-']).len();
    let mut within = None;
    let mut kept = Vec::new();
    for line in text.lines() {
        let begins = line.trim_start().starts_with("managedFields:")
            || line.trim_start().starts_with("\"managedFields\":");
        match within {
            Some(level) if indentation(line) > level || line.trim() == "]," => continue,
            Some(level) if indentation(line) == level && line.trim_start().starts_with('-') => {
                continue;
            }
            _ => within = begins.then(|| indentation(line)),
        }
        if !begins {
            kept.push(line);
        }
    }
    kept
}

/// JSON without the token that v1.20 mounts into every pod, and without what has long been left out.
fn json(text: &str, cmd: &str) -> String {
    let Some(mut value) = cmd
        .contains("-o json")
        .then(|| serde_json::from_str(text).ok())
        .flatten()
    else {
        return text.to_owned();
    };
    without_token(&mut value);
    serde_json::to_string_pretty(&value).unwrap_or_default()
}

fn without_token(value: &mut serde_json::Value) {
    use serde_json::Value;
    let is_token = |value: &Value| {
        let name = value.get("name").and_then(Value::as_str);
        name.is_some_and(|name| name.starts_with("default-token-"))
    };
    match value {
        Value::Array(list) => {
            list.retain(|element| !is_token(element));
            list.iter_mut().for_each(without_token);
        }
        Value::Object(fields) => {
            fields.retain(|name, value| {
                let made_up = ["imageID", "containerID"].contains(&name.as_str());
                !(made_up
                    || name == "managedFields"
                    || name == "creationTimestamp" && value.is_null())
            });
            fields.values_mut().for_each(without_token);
        }
        _ => {}
    }
}

fn plain_line(line: &str) -> String {
    let line = &folders(line);
    let mut out = String::new();
    let mut word = String::new();
    let line = dates(line);
    for letter in line.chars().chain(['\n']) {
        if letter.is_ascii_alphanumeric() || ".-:_+".contains(letter) {
            word.push(letter);
            continue;
        }
        out.push_str(plain_word(&word));
        word.clear();
        // Columns are as far apart as their cells are wide.
        match letter {
            '\n' => {}
            ' ' | '\t' if out.ends_with("  ") => {}
            '\t' => out.push(' '),
            letter => out.push(letter),
        }
    }
    let out = out.trim_end().replace(" (AGE ago)", "");
    // How often an Event was repeated is chance.
    let out = match (out.find(" (x"), out.find(" over AGE)")) {
        (Some(from), Some(to)) if from < to => out[..from].to_owned() + &out[to + 10..],
        _ => out,
    };
    // The names of ports, and of what Events are about, are printed by newer clients.
    let out = match out.find("/TCP (").zip(out.rfind(')')) {
        Some((from, to)) if from < to => out[..from + 4].to_owned() + &out[to + 1..],
        _ => out,
    };
    let out = match (out.find("spec.containers{"), out.find("}: ")) {
        (Some(from), Some(to)) if from < to => out[..from].to_owned() + &out[to + 3..],
        _ => out,
    };
    // Values are told as JSON since v1.33.
    out.replace("map[string]string{", "{")
        .replace("[]string{\"IP\"}", "[\"IP\"]")
}

/// The folders in which `kubectl diff` puts what it compares have a number that is drawn by lot.
fn folders(line: &str) -> String {
    let mut text = line.to_owned();
    for name in ["LIVE", "MERGED"] {
        while let Some(from) = text.find(&format!("/tmp/{name}-")) {
            let to = text[from + 5..]
                .find('/')
                .map_or(text.len(), |at| from + 5 + at);
            text.replace_range(from..to, name);
        }
    }
    text
}

/// `Tue, 05 May 2026 12:00:00 +0000` as one word.
fn dates(line: &str) -> String {
    const LENGTH: usize = "Tue, 05 May 2026 12:00:00 +0000".len();
    let mut text = line.to_owned();
    while let Some(end) = text.find(" +0000") {
        let end = end + " +0000".len();
        match end
            .checked_sub(LENGTH)
            .filter(|start| text.is_char_boundary(*start))
        {
            Some(start) => text.replace_range(start..end, "DATE"),
            None => text.replace_range(end - 6..end, ""),
        }
    }
    text
}

/// A word, or what stands for it.
fn plain_word(word: &str) -> &str {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_age(word) {
        "AGE"
    } else if word.split('.').count() == 4 && word.split(['.', ':']).all(digits) {
        "IP"
    } else if word.len() == 36 && word.split('-').map(str::len).eq([8, 4, 4, 4, 12]) {
        "UID"
    } else if word.len() >= 19 && word.starts_with("20") && word.contains('T') && word.contains(':')
    {
        "TIME"
    } else if word.len() == 8 && word.split(':').count() == 3 && word.split(':').all(digits) {
        "CLOCK"
    } else {
        word
    }
}

/// `3m20s`
fn is_age(word: &str) -> bool {
    let parts: Vec<&str> = word
        .split_inclusive(|letter: char| letter.is_ascii_alphabetic())
        .collect();
    let part = |part: &&str| {
        let (number, unit) = part.split_at(part.len() - 1);
        !number.is_empty()
            && number.bytes().all(|byte| byte.is_ascii_digit())
            && "smhdy".contains(unit)
    };
    word.is_ascii() && !parts.is_empty() && parts.iter().all(part)
}
