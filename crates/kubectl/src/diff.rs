//! `kubectl diff -f` (`pkg/cmd/diff/diff.go`): what `apply` would change, as `diff -u -N` prints it.

use serde_json::Value;

use crate::apply;
use crate::args::Args;
use crate::create::{DryRun, need_files};
use crate::emit;
use crate::get;
use crate::manifest::{self, Manifest};
use crate::session::{Done, Session, write_options};

/// Equal lines around a difference.
const CONTEXT: usize = 3;

/// The most pairs of lines that are compared; what is longer differs as a whole.
const PAIRS_MAX: usize = 4_000_000;

pub(crate) fn diff(args: &Args, session: &mut Session<'_>) -> Done {
    session.exit_code = Some(2);
    need_files(args)?;
    let time = stamp(session);
    let mut differs = false;
    for manifest in manifest::load(args, session) {
        let live = session.get(manifest.kind, &manifest.name);
        let options = write_options(true, cluster::FieldValidation::Strict);
        // What was applied last is kept as it is (`GetModifiedConfiguration` with `annotate` off).
        let modified = apply::without_last_applied(&manifest.value);
        match apply::apply_one(&manifest, modified, DryRun::Server, options, session) {
            Ok((_, merged)) => {
                let live = live.map(|live| text(get::as_shown(&live)));
                let lines = unified(&live.unwrap_or_default(), &text(merged));
                if !lines.is_empty() {
                    differs = true;
                    session.out(&(header(&manifest, &time) + &lines));
                }
            }
            Err(problem) => session.complain(problem),
        }
    }
    if session.is_well() {
        session.exit_code = Some(i32::from(differs));
    }
    Ok(None)
}

fn text(mut object: Value) -> String {
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
    }
    emit::to_yaml(&object)
}

/// `2026-05-05 12:00:00.000000000 +0000`
fn stamp(session: &Session<'_>) -> String {
    let c = session.now().civil();
    format!(
        "{}-{:02}-{:02} {:02}:{:02}:{:02}.{:03}000000 +0000",
        c.year,
        c.month,
        c.day,
        c.hour,
        c.minute,
        c.second,
        session.now().0 % 1000
    )
}

/// The command that the real program runs, and the names of the two files. The numbers in the names
/// of its folders are drawn by lot.
fn header(manifest: &Manifest, time: &str) -> String {
    let kind = manifest.kind;
    let namespace = match kind.info().namespaced {
        true => "default",
        false => "",
    };
    let (group, version) = kind
        .api_version()
        .split_once('/')
        .map_or(("", kind.api_version()), |(group, version)| {
            (group, version)
        });
    let dot = if group.is_empty() { "" } else { "." };
    let name = format!(
        "{group}{dot}{version}.{}.{namespace}.{}",
        kind.name(),
        manifest.name
    );
    let (live, merged) = (
        format!("/tmp/LIVE-1957268504/{name}"),
        format!("/tmp/MERGED-3104875021/{name}"),
    );
    format!("diff -u -N {live} {merged}\n--- {live}\t{time}\n+++ {merged}\t{time}\n")
}

/// The differences of two texts in hunks; empty if there are none.
pub(crate) fn unified(old: &str, new: &str) -> String {
    let (a, b): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let script = script(&a, &b);
    let changed: Vec<usize> = (0..script.len())
        .filter(|&at| script[at].0 != ' ')
        .collect();
    let mut text = String::new();
    let mut rest = changed.as_slice();
    while let Some(&first) = rest.first() {
        let near = rest
            .windows(2)
            .take_while(|two| two[1] - two[0] <= 2 * CONTEXT + 1);
        let count = near.count() + 1;
        let last = rest[count - 1];
        rest = &rest[count..];
        let from = first.saturating_sub(CONTEXT);
        let to = (last + CONTEXT + 1).min(script.len());
        let counted =
            |range: &[(char, &str)], sign: char| range.iter().filter(|(s, _)| *s != sign).count();
        let range = |sign: char| {
            let (before, within) = (
                counted(&script[..from], sign),
                counted(&script[from..to], sign),
            );
            match within {
                0 => format!("{before},0"),
                1 => (before + 1).to_string(),
                _ => format!("{},{within}", before + 1),
            }
        };
        text.push_str(&format!("@@ -{} +{} @@\n", range('+'), range('-')));
        for (sign, line) in &script[from..to] {
            text.push(*sign);
            text.extend([*line, "\n"]);
        }
    }
    text
}

/// All lines of both texts in order, with `-` or `+` before those of one alone.
fn script<'a>(a: &[&'a str], b: &[&'a str]) -> Vec<(char, &'a str)> {
    let same = |pair: &(&&str, &&str)| pair.0 == pair.1;
    let head = a.iter().zip(b).take_while(same).count();
    let (a_rest, b_rest) = (&a[head..], &b[head..]);
    let tail = a_rest
        .iter()
        .rev()
        .zip(b_rest.iter().rev())
        .take_while(same)
        .count();
    let (x, y) = (
        &a_rest[..a_rest.len() - tail],
        &b_rest[..b_rest.len() - tail],
    );
    let mut script: Vec<(char, &str)> = a[..head].iter().map(|line| (' ', *line)).collect();
    let width = y.len() + 1;
    // How many lines are common to what is left of both from here on.
    let mut common = Vec::new();
    if (x.len() + 1) * width <= PAIRS_MAX {
        common = vec![0_u32; (x.len() + 1) * width];
        for i in (0..x.len()).rev() {
            for j in (0..y.len()).rev() {
                common[i * width + j] = match x[i] == y[j] {
                    true => common[(i + 1) * width + j + 1] + 1,
                    false => common[(i + 1) * width + j].max(common[i * width + j + 1]),
                };
            }
        }
    }
    let left = |i: usize, j: usize| common.get(i * width + j).copied().unwrap_or(0);
    let (mut i, mut j) = (0, 0);
    while i < x.len() || j < y.len() {
        if i < x.len() && j < y.len() && x[i] == y[j] && !common.is_empty() {
            script.push((' ', x[i]));
            (i, j) = (i + 1, j + 1);
        } else if i < x.len() && (j == y.len() || left(i + 1, j) >= left(i, j + 1)) {
            script.push(('-', x[i]));
            i += 1;
        } else {
            script.push(('+', y[j]));
            j += 1;
        }
    }
    script.extend(a[a.len() - tail..].iter().map(|line| (' ', *line)));
    script
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_come_in_hunks() {
        let check = |old: &str, new: &str, expected: &str| {
            let lines = |text: &str| text.replace(' ', "\n");
            let found = unified(&lines(old), &lines(new));
            assert_eq!(found.replace('\n', "|"), expected, "{old} → {new}");
        };
        check("a b", "a b", "");
        check("a b c", "a x c", "@@ -1,3 +1,3 @@| a|-b|+x| c|");
        check("", "a b", "@@ -0,0 +1,2 @@|+a|+b|");
        check("a", "", "@@ -1 +0,0 @@|-a|");
        check(
            "a 1 2 3 4 5 6 7 8 z",
            "b 1 2 3 4 5 6 7 8 y",
            "@@ -1,4 +1,4 @@|-a|+b| 1| 2| 3|@@ -7,4 +7,4 @@| 6| 7| 8|-z|+y|",
        );
        check("a b c d", "b c e d", "@@ -1,4 +1,4 @@|-a| b| c|+e| d|");
    }
}
