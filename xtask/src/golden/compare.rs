//! What must be equal between a recording and its replay, from strict to lax:
//!
//! 1. the last state of every object, but for what a real control plane chooses at random: nodes,
//!    addresses, which of several equal volumes, the order of a pod's claims, what the scheduler said at its
//!    last try, and the uids and virtual IPs that the recorder left out;
//! 2. for each pod the sequence of its life (present, deleting, deleted) with its STATUS and READY
//!    columns, and whether it has a node; for each claim and volume the sequence of its phases; for each node that of its condition,
//!    taints and cordon; for each set and Service whether it is there, marked or gone;
//! 3. the order in which the pods of one owner were added, marked for deletion and deleted, chance aside:
//!    what a kubelet, the garbage collector or the ReplicaSet controller does within 100 ms of what is done
//!    about another pod, in the recording or in the replay;
//! 4. the status of every StatefulSet and what all Endpoints lead to, whenever a `settle` step ended;
//! 5. the statuses that each StatefulSet went through, in order; but for those that stood less than
//!    700 ms, which the other may have passed over: its controller counted only after the change that came next;
//! 6. the events that each component recorded about each object, in order, repeats left out; but for those
//!    that come by chance ([`history::events`]), and but for the order of those that a component records within
//!    100 ms: it hands each to a thread of its own;
//! 7. for each pod name what ran on the nodes: starts, stops and crashes of the containers of its incarnations,
//!    in order.
//!
//! The text of commands is compared by `cargo xtask golden --transcripts`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use cluster::Time;

use super::history::{self, Act, Change, Histories, Said};
use super::recording::Recording;
use super::replay::{Courses, Replayed, note_ran, recorded_change};

/// Compares; the first difference if there is one, else what was compared.
pub(super) fn compare(recording: &Recording, replayed: &Replayed) -> Result<String, String> {
    let recorded: Vec<Change> = recording.events.iter().map(recorded_change).collect();
    let settled = same_at_rest(recording, replayed)?;
    let histories = same_histories(&recorded, &replayed.changes)?;
    same_orders(&recorded, &replayed.changes)?;
    let statuses = same_statuses(&recorded, &replayed.changes)?;
    let events = same_events(&recorded, &replayed.changes)?;
    let ran = same_containers(recording, replayed)?;
    let objects = same_last(recording, replayed)?;
    Ok(format!(
        "{histories} histories, {settled} rests, {statuses} statuses, {events} events, {ran} starts and ends of containers, {objects} objects at the end"
    ))
}

/// The state of some kind of objects after these changes, by id.
type Look = fn(&[Change]) -> BTreeMap<String, Value>;

/// 4: what must be equal whenever the cluster is at rest.
fn same_at_rest(recording: &Recording, replayed: &Replayed) -> Result<usize, String> {
    let looks: [(&str, Look); 2] = [
        ("status", history::statuses),
        ("endpoints", history::endpoints),
    ];
    for (step, changes) in &replayed.settled {
        let end = recording.position(step + 1);
        let before: Vec<Change> = recording
            .events
            .iter()
            .filter(|event| event.seq < end)
            .map(recorded_change)
            .collect();
        for (what, look) in looks {
            let (expected, found) = (look(&before), look(&replayed.changes[..*changes]));
            if expected != found {
                return Err(format!(
                    "{what} after step {step} (settle): {}, recorded {}",
                    text(&found),
                    text(&expected)
                ));
            }
        }
    }
    Ok(replayed.settled.len())
}

/// 5: what each StatefulSet said of itself.
fn same_statuses(recorded: &[Change], simulated: &[Change]) -> Result<usize, String> {
    let expected = history::status_courses(recorded);
    let found = history::status_courses(simulated);
    for (id, expected) in &expected {
        let found = found.get(id).map_or(&[] as &[Said], Vec::as_slice);
        if !same_but_for_passing(expected, found) {
            let lines = |course: &[Said]| -> Vec<String> {
                course.iter().map(|said| said.line.clone()).collect()
            };
            same_course(
                &format!("the status of {id}"),
                &lines(expected),
                &lines(found),
            )?;
        }
    }
    Ok(expected.values().map(Vec::len).sum())
}

/// A status that stands for less than so many milliseconds may be passed over.
const PASSING_MS: u64 = 700;

/// Whether two courses are the same but for states in passing. Of all ways to lay them side by side one
/// has to leave out nothing else.
fn same_but_for_passing(expected: &[Said], found: &[Said]) -> bool {
    let stands = |course: &[Said], at: usize| {
        let next = course.get(at + 1);
        next.is_none_or(|next| next.time.since(course[at].time) >= PASSING_MS)
    };
    // One that stands may be the one before again, with nothing but states in passing between them.
    let again = |course: &[Said], at: usize| {
        let mut before = (0..at).rev();
        let found =
            before.find(|&index| course[index].line == course[at].line || stands(course, index));
        found.is_some_and(|index| course[index].line == course[at].line)
    };
    let passing = |course: &[Said], at: usize| !stands(course, at) || again(course, at);
    // Whether what comes before these places can be laid side by side.
    let mut reached = vec![vec![false; found.len() + 1]; expected.len() + 1];
    reached[0][0] = true;
    for a in 0..=expected.len() {
        for b in 0..=found.len() {
            reached[a][b] |= (a > 0 && reached[a - 1][b] && passing(expected, a - 1))
                || (b > 0 && reached[a][b - 1] && passing(found, b - 1))
                || (a > 0
                    && b > 0
                    && reached[a - 1][b - 1]
                    && expected[a - 1].line == found[b - 1].line);
        }
    }
    reached[expected.len()][found.len()]
}

/// 6: what each component said about each object, in its order.
fn same_events(recorded: &[Change], simulated: &[Change]) -> Result<usize, String> {
    let (expected, found) = (history::events(recorded), history::events(simulated));
    let all: BTreeSet<&String> = expected.keys().chain(found.keys()).collect();
    let none = Vec::new();
    for key in all {
        let said = |events: &BTreeMap<String, Vec<Said>>| {
            let said = events.get(key).unwrap_or(&none).iter();
            said.map(|said| said.line.clone()).collect::<Vec<_>>()
        };
        let times = found.get(key).unwrap_or(&none);
        let (expected, found) = (said(&expected), said(&found));
        let race = |a: usize, b: usize| near(times[a].time, times[b].time);
        if !same_but_for_races(&expected, &found, race) {
            same_course(&format!("events ({key})"), &expected, &found)?;
        }
    }
    Ok(expected.values().map(Vec::len).sum())
}

/// 7: what ran, whatever the API said of it.
fn same_containers(recording: &Recording, replayed: &Replayed) -> Result<usize, String> {
    let Some(log) = &recording.container_log else {
        return Ok(0);
    };
    let mut recorded = Courses::new();
    for ran in log {
        note_ran(&mut recorded, &ran.pod, &ran.what);
    }
    let found = &replayed.ran;
    let all: BTreeSet<&String> = recorded.keys().chain(found.keys()).collect();
    let none = Vec::new();
    for name in all {
        let course = |courses: &Courses| courses.get(name).unwrap_or(&none).clone();
        let what = format!("what ran of {name}");
        same_course(&what, &course(&recorded), &course(found))?;
    }
    Ok(log.len())
}

/// 2: each object's own course.
fn same_histories(recorded: &[Change], simulated: &[Change]) -> Result<usize, String> {
    let histories = |changes: &[Change]| {
        let mut histories = Histories::new();
        for change in changes {
            history::add(&mut histories, change);
        }
        histories
    };
    // Volumes are told apart by chance: as a whole they must have the same courses.
    let (volumes, recorded): (Histories, Histories) = histories(recorded)
        .into_iter()
        .partition(|(id, _)| id.starts_with("pv/"));
    let (simulated_volumes, simulated): (Histories, Histories) = histories(simulated)
        .into_iter()
        .partition(|(id, _)| id.starts_with("pv/"));
    for (id, expected) in &recorded {
        let Some(found) = simulated.get(id) else {
            return Err(format!("{id} never exists"));
        };
        same_course(id, expected, found)?;
    }
    if let Some(id) = simulated.keys().find(|id| !recorded.contains_key(*id)) {
        return Err(format!("{id} exists, and was not recorded"));
    }
    let sorted = |volumes: &Histories| {
        let mut courses: Vec<Vec<String>> = volumes.values().cloned().collect();
        courses.sort();
        courses
    };
    let (expected, found) = (sorted(&volumes), sorted(&simulated_volumes));
    if expected.len() != found.len() {
        return Err(format!(
            "{} volumes, recorded {}",
            found.len(),
            expected.len()
        ));
    }
    for (expected, found) in expected.iter().zip(&found) {
        same_course("a volume", expected, found)?;
    }
    Ok(recorded.len() + volumes.len())
}

fn same_course(id: &str, expected: &[String], found: &[String]) -> Result<(), String> {
    let state = |course: &[String], index: usize| {
        course
            .get(index)
            .cloned()
            .unwrap_or_else(|| "nothing more".to_owned())
    };
    let longest = expected.len().max(found.len());
    match (0..longest).find(|&index| expected.get(index) != found.get(index)) {
        None => Ok(()),
        Some(index) => Err(format!(
            "{id} is `{}` as its state {}, recorded `{}`",
            state(found, index),
            index + 1,
            state(expected, index)
        )),
    }
}

/// 3: the order among pods of one owner.
fn same_orders(recorded: &[Change], simulated: &[Change]) -> Result<(), String> {
    let (expected, found) = (history::order(recorded), history::order(simulated));
    for (owner, expected) in &expected {
        let found = found.get(owner).map_or(&[] as &[Act], Vec::as_slice);
        let lines = |acts: &[Act]| -> Vec<String> {
            let acts = acts.iter();
            acts.map(|act| format!("{} {}", act.pod, act.what))
                .collect()
        };
        let recorded = |act: &Act| {
            let mut same = expected.iter();
            same.find(|other| other.pod == act.pod && other.what == act.what)
                .map_or(act.time, |other| other.time)
        };
        let race = |first: usize, second: usize| {
            let (first, second) = (&found[first], &found[second]);
            (first.by_chance || second.by_chance)
                && first.pod != second.pod
                && (near(first.time, second.time) || near(recorded(first), recorded(second)))
        };
        if !same_but_for_races(&lines(expected), &lines(found), race) {
            let what = format!("the order of the pods of {owner}");
            same_course(&what, &lines(expected), &lines(found))?;
        }
    }
    Ok(())
}

/// What two programs do within so many milliseconds may come in any order.
const RACE_MS: u64 = 100;

fn near(a: Time, b: Time) -> bool {
    a.0.abs_diff(b.0) <= RACE_MS
}

/// Whether both have the same lines, and in the same order but for races. `race` says of two
/// positions in what was found, the earlier first, whether their order is chance.
fn same_but_for_races(
    expected: &[String],
    found: &[String],
    race: impl Fn(usize, usize) -> bool,
) -> bool {
    let positions: Option<Vec<usize>> = found
        .iter()
        .map(|line| expected.iter().position(|other| other == line))
        .collect();
    let Some(positions) = positions.filter(|_| expected.len() == found.len()) else {
        return false;
    };
    (0..found.len()).all(|later| {
        (0..later).all(|earlier| positions[earlier] < positions[later] || race(earlier, later))
    })
}

/// 1: the last state, chance aside.
fn same_last(recording: &Recording, replayed: &Replayed) -> Result<usize, String> {
    let mut objects = 0;
    for (kind, expected) in recording.last.iter().flatten() {
        let none = Default::default();
        let found = replayed.last.get(kind).unwrap_or(&none);
        if kind == "PersistentVolume" {
            let sorted = |volumes: &BTreeMap<String, Value>| {
                let mut all: Vec<String> = volumes
                    .values()
                    .map(|volume| without_chance(kind, volume).to_string())
                    .collect();
                all.sort();
                all
            };
            same_course("at the end a volume", &sorted(expected), &sorted(found))?;
        } else {
            // While its set is being deleted in the foreground a revision comes and goes, the more
            // often the slower the garbage collector is.
            let revisions = kind == "ControllerRevision";
            let (expected, found) = match revisions {
                true => (&by_name(expected), &by_name(found)),
                false => (expected, found),
            };
            for (id, expected) in expected {
                let Some(found) = found.get(id) else {
                    return Err(format!("at the end {id} is missing"));
                };
                same_fields(
                    id,
                    &without_chance(kind, expected),
                    &without_chance(kind, found),
                )?;
            }
            if let Some(id) = found.keys().find(|id| !expected.contains_key(*id)) {
                return Err(format!("at the end {id} is there, and was not recorded"));
            }
        }
        objects += expected.len();
    }
    Ok(objects)
}

/// Objects by their names instead of their ids.
fn by_name(objects: &BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    let name = |id: &String| id.split('#').next().unwrap_or_default().to_owned();
    let objects = objects.iter();
    objects
        .map(|(id, object)| (name(id), object.clone()))
        .collect()
}

/// The object without what is chosen at random.
fn without_chance(kind: &str, object: &Value) -> Value {
    let mut object = object.clone();
    match kind {
        "Pod" => {
            object["nodeName"] = Value::Null;
            object["podIP"] = Value::Null;
            // When the scheduler last tried, and the order of the claims of several templates.
            object["schedulerMessage"] = Value::Bool(!object["schedulerMessage"].is_null());
            if let Some(claims) = object["claims"].as_array_mut() {
                claims.sort_by_key(Value::to_string);
            }
        }
        "PersistentVolumeClaim" => {
            object["volumeName"] = Value::Bool(!object["volumeName"].is_null())
        }
        "PersistentVolume" => object["claimRef"] = Value::Bool(!object["claimRef"].is_null()),
        "Endpoints" => object = history::without_addresses(&object),
        _ => {}
    }
    object
}

fn same_fields(id: &str, expected: &Value, found: &Value) -> Result<(), String> {
    let none = serde_json::Map::new();
    let (expected, found) = (
        expected.as_object().unwrap_or(&none),
        found.as_object().unwrap_or(&none),
    );
    for (field, expected) in expected {
        let found = found.get(field).unwrap_or(&Value::Null);
        if found != expected {
            return Err(format!(
                "at the end {id} has {field} {found}, recorded {expected}"
            ));
        }
    }
    Ok(())
}

fn text(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A course from lines and the milliseconds at which they began.
    fn course(states: &[(&str, u64)]) -> Vec<Said> {
        let said = states.iter().map(|(line, time)| Said {
            line: (*line).to_owned(),
            time: Time(*time),
        });
        said.collect()
    }

    #[test]
    fn only_states_in_passing_may_be_passed_over() {
        let recorded = course(&[("a", 0), ("b", 1_000), ("c", 1_100), ("d", 5_000)]);
        let check = |found: &[(&str, u64)], same: bool| {
            assert_eq!(
                same_but_for_passing(&recorded, &course(found)),
                same,
                "{found:?}"
            );
        };
        check(&[("a", 0), ("b", 900), ("c", 990), ("d", 4_000)], true);
        check(&[("a", 0), ("c", 990), ("d", 4_000)], true);
        check(&[("a", 0), ("b", 900), ("d", 4_000)], false);
        check(&[("a", 0), ("c", 990)], false);
        check(&[("a", 0), ("c", 990), ("b", 1_500), ("d", 4_000)], false);
        check(&[("a", 0), ("x", 800), ("c", 990), ("d", 4_000)], true);
        check(&[("a", 0), ("x", 200), ("c", 990), ("d", 4_000)], false);
        let (there_and_back, stayed) = (
            course(&[("a", 0), ("b", 1_000), ("a", 1_050), ("d", 5_000)]),
            course(&[("a", 0), ("d", 4_000)]),
        );
        assert!(same_but_for_passing(&there_and_back, &stayed));
    }
}
