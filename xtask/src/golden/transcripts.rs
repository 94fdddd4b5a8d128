//! `cargo xtask golden --transcripts [DIR…]`: what recorded commands printed, against what the
//! simulation prints at the same state; one line per recording with the share that matches.
//!
//! Equal, but for what is chance or time (see [`plain`]), and for what the recorded client of v1.20
//! says otherwise than that of v1.36, which is the one that is simulated: [`CLIENT_RULES`]. What
//! changed in between on the server's side is told by the cluster's version.

use std::path::PathBuf;

use kubectl::Stream;

use super::recording::{Recording, Transcript};
use super::replay::{self, Said};

/// The least share of transcripts, in thousandths, that has to match. It is only ever raised.
const FLOOR_PER_MILLE: usize = 0;

/// What the old client says, and what the new one says instead.
const CLIENT_RULES: &[(&str, &str)] = &[];

/// Compares all recordings; an error if too few commands match.
pub(super) fn run(files: &[PathBuf], differences: bool) -> crate::Result {
    let (mut matched, mut all) = (0, 0);
    for file in files {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        let text = std::fs::read_to_string(file).map_err(|error| format!("{name}: {error}"))?;
        let Some(recording) = Recording::parse(&text)? else {
            continue;
        };
        if recording.transcripts.is_empty() {
            continue;
        }
        let said = replay::listen(&recording)?;
        let mut same = 0;
        for said in &said {
            let transcript = &recording.transcripts[said.number];
            match difference(transcript, said, &recording) {
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
    match share < FLOOR_PER_MILLE {
        true => Err(format!(
            "less than {} % print the same",
            FLOOR_PER_MILLE as f64 / 10.0
        )),
        false => Ok(()),
    }
}

/// Where a command prints something else than was recorded.
fn difference(transcript: &Transcript, said: &Said, recording: &Recording) -> Option<String> {
    let printed = |stream: Stream| -> String {
        let chunks = said.output.iter().filter(|chunk| chunk.stream == stream);
        chunks.map(|chunk| chunk.text.as_str()).collect()
    };
    let old = transcript.client.starts_with("1.20");
    let expected = |text: &str| {
        let rules = CLIENT_RULES.iter().filter(|_| old);
        let text = rules.fold(text.to_owned(), |text, (from, to)| text.replace(from, to));
        plain(&text, recording)
    };
    let pairs = [
        (
            "stdout",
            expected(&transcript.stdout),
            plain(&printed(Stream::Stdout), recording),
        ),
        (
            "stderr",
            expected(&transcript.stderr),
            plain(&printed(Stream::Stderr), recording),
        ),
        (
            "exit code",
            format!("{:?}", transcript.exit_code),
            format!("{:?}", said.exit_code),
        ),
    ];
    let (what, expected, found) = pairs
        .into_iter()
        .find(|(_, expected, found)| expected != found)?;
    let lines = |text: &str, sign: &str, other: &str| -> String {
        let other: Vec<&str> = other.lines().collect();
        let different = text.lines().filter(|line| !other.contains(line)).take(8);
        different
            .map(|line| format!("    {sign} {line}\n"))
            .collect()
    };
    let told = lines(&expected, "-", &found) + &lines(&found, "+", &expected);
    Some(format!("  {what} ({}):\n{told}", transcript.client))
}

/// A text without what is chance or time: ages, times, addresses, uids, random names, and the widths
/// of columns that depend on them.
fn plain(text: &str, recording: &Recording) -> String {
    let mut text = text.to_owned();
    for (name, random) in &recording.generated_names {
        text = text.replace(random.as_str(), name);
    }
    let mut lines: Vec<String> = text.lines().map(plain_line).collect();
    // Rows of a watch that come twice.
    lines.dedup();
    lines.join("\n")
}

fn plain_line(line: &str) -> String {
    let mut out = String::new();
    let mut word = String::new();
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
    out.trim_end().to_owned()
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
