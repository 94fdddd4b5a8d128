//! `kubectl wait` (`pkg/cmd/wait/wait.go`).

use std::rc::Rc;

use cluster::object::{Kind, Name, Object};
use cluster::{Cluster, Time};
use serde_json::Value;

use crate::args::Args;
use crate::delete::milliseconds;
use crate::errors::{Problem, tell};
use crate::path::{Path, shown};
use crate::resource;
use crate::selector::Selector;
use crate::session::{Done, Printed, Session, qualified};
use crate::{Follow, FollowKind, Progress, Stream};

/// Milliseconds that are waited if nothing else is said.
const TIMEOUT: i64 = 30_000;

/// What is waited for, and for which objects, one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    objects: Rc<[(Kind, Name, Rc<str>)]>,
    met: usize,
    condition: Rc<Condition>,
    pub(crate) deadline: Time,
}

#[derive(Clone, Debug, PartialEq)]
enum Condition {
    Delete,
    Create,
    Status { kind: String, status: String },
    Path { path: Path, wanted: Option<String> },
}

pub(crate) fn wait(args: &Args, session: &mut Session<'_>) -> Done {
    let Some(condition) = args.value("for") else {
        return Err(Problem::plain("required flag(s) \"for\" not set"));
    };
    let condition = read_condition(condition)?;
    let timeout = match args.value("timeout") {
        None => TIMEOUT,
        Some(text) => milliseconds(args, text)?,
    };
    if args.words.is_empty() {
        return Err(resource::nothing_named());
    }
    let objects = objects(args, &condition, session)?;
    let now = session.now();
    let mut waiting = Waiting {
        objects: objects.into(),
        met: 0,
        condition: Rc::new(condition),
        // A negative time is a week.
        deadline: now + u64::try_from(timeout).unwrap_or(7 * 86_400_000),
    };
    let text = waiting.advance(session.cluster());
    session.out(&text);
    if waiting.met == waiting.objects.len() || !session.is_well() {
        return Ok(None);
    }
    if timeout == 0 {
        return Err(waiting.timed_out());
    }
    Ok(Some(Follow::new(FollowKind::Wait(waiting))))
}

fn read_condition(text: &str) -> Result<Condition, Problem> {
    if text.eq_ignore_ascii_case("delete") {
        return Ok(Condition::Delete);
    }
    if text.eq_ignore_ascii_case("create") {
        return Ok(Condition::Create);
    }
    if let Some(condition) = text.strip_prefix("condition=") {
        let (kind, status) = condition.split_once('=').unwrap_or((condition, "true"));
        return Ok(Condition::Status {
            kind: kind.to_owned(),
            status: status.to_owned(),
        });
    }
    if let Some(condition) = text.strip_prefix("jsonpath=") {
        let condition = condition.trim_matches('\'');
        let end = condition.rfind('}').map_or(condition.len(), |end| end + 1);
        let (path, wanted) = condition.split_at(end);
        let wanted = match wanted.strip_prefix('=') {
            Some("") => return Err(Problem::plain("jsonpath wait value cannot be empty")),
            wanted => wanted.map(str::to_owned),
        };
        return Ok(Condition::Path {
            path: Path::parse_relaxed(path)?,
            wanted,
        });
    }
    Err(Problem::plain(format!(
        "unrecognized condition: \"{text}\""
    )))
}

fn objects(
    args: &Args,
    condition: &Condition,
    session: &mut Session<'_>,
) -> Result<Vec<(Kind, Name, Rc<str>)>, Problem> {
    let selector = Selector::parse(args.value("selector").unwrap_or_default())?;
    let mut objects = Vec::new();
    let mut named = false;
    for target in resource::targets(&args.words)? {
        let Some(name) = &target.name else {
            if selector.is_empty() && !args.switch("all") {
                return Err(Problem::plain(
                    "resource(s) were provided, but no name was specified",
                ));
            }
            let all = session.list(target.kind).into_iter();
            let chosen = all.filter(|object| selector.matches(&object.metadata().labels));
            objects.extend(chosen.map(|object| known(&object)));
            continue;
        };
        named = true;
        match (resource::look_up(&target, name, args, session), condition) {
            (Ok(object), _) => objects.push(known(&object)),
            (Err(_), Condition::Delete) => {}
            (Err(_), Condition::Create) => {
                objects.push((target.kind, name.as_str().into(), "".into()));
            }
            (Err(problem), _) => session.complain(problem),
        }
    }
    if objects.is_empty() && !named {
        return Err(Problem::plain("no matching resources found"));
    }
    Ok(objects)
}

fn known(object: &Object) -> (Kind, Name, Rc<str>) {
    (object.kind(), object.name().into(), object.uid().into())
}

impl Condition {
    fn is_met(&self, object: Option<&Object>, uid: &str) -> bool {
        match (self, object) {
            (Condition::Delete, object) => object.is_none_or(|object| object.uid() != uid),
            (Condition::Create, object) => object.is_some(),
            (_, None) => false,
            (Condition::Status { kind, status }, Some(object)) => {
                let value = object.to_value();
                let conditions = value
                    .pointer("/status/conditions")
                    .and_then(Value::as_array);
                let mut conditions = conditions.into_iter().flatten();
                let same = |value: &Value, text: &str| {
                    value
                        .as_str()
                        .is_some_and(|value| value.eq_ignore_ascii_case(text))
                };
                conditions.any(|found| same(&found["type"], kind) && same(&found["status"], status))
            }
            (Condition::Path { path, wanted }, Some(object)) => {
                let value = object.to_value();
                let found = path.find(&value, &value);
                match wanted {
                    Some(wanted) => found.first().is_some_and(|found| shown(found) == *wanted),
                    None => !found.is_empty(),
                }
            }
        }
    }
}

impl Waiting {
    /// Goes on to the first object that is not yet so; a line for each that is.
    fn advance(&mut self, cluster: &Cluster) -> String {
        let mut text = String::new();
        while let Some((kind, name, uid)) = self.objects.get(self.met) {
            let object = cluster.store().get_object(*kind, name);
            if !self.condition.is_met(object.as_ref(), uid) {
                break;
            }
            text.push_str(&format!("{} condition met\n", qualified(*kind, name)));
            self.met += 1;
        }
        text
    }

    fn timed_out(&self) -> Problem {
        let (kind, name, _) = &self.objects[self.met];
        let plural = kind.info().plural;
        Problem::plain(format!(
            "timed out waiting for the condition on {plural}/{name}"
        ))
    }

    /// What is printed at a step.
    pub(crate) fn step(&mut self, cluster: &Cluster) -> Progress {
        let mut printed = Printed::default();
        printed.push(Stream::Stdout, &self.advance(cluster));
        let exit_code = if self.met == self.objects.len() {
            Some(0)
        } else if cluster.now() >= self.deadline {
            printed.push(Stream::Stderr, &tell(&[self.timed_out()]));
            Some(1)
        } else {
            None
        };
        Progress {
            output: printed.0,
            exit_code,
        }
    }
}
