//! Lessons and recordings out of JSON, as `serde` writes them. The page reads them with this, as derived
//! code weighs ten times as much; whoever has room reads the same with `serde`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::document::{Beat, Deed, Heading, Lesson, Until};
use crate::question::{Challenge, Prediction};
use crate::recording::{Action, DiskFault, Recording};

/// What can be read out of JSON.
pub trait FromJson: Sized {
    /// The value; nothing if this is not one. What is absent is `null`.
    fn from_json(value: Value) -> Option<Self>;
}

/// Reads a text.
pub fn parse<T: FromJson>(text: &str) -> Option<T> {
    T::from_json(serde_json::from_str(text).ok()?)
}

/// The fields of an object.
pub struct Fields(Map<String, Value>);

impl Fields {
    /// Those of this object; nothing if it is none.
    pub fn of(value: Value) -> Option<Fields> {
        match value {
            Value::Object(map) => Some(Fields(map)),
            _ => None,
        }
    }

    /// The field of this name.
    pub fn take<T: FromJson>(&mut self, name: &str) -> Option<T> {
        T::from_json(self.0.remove(name).unwrap_or_default())
    }
}

/// Reads a struct: each of its fields, with its name in JSON.
#[macro_export]
macro_rules! from_json {
    ($Type:ident { $($field:ident: $name:literal),* $(,)? }) => {
        impl $crate::json::FromJson for $Type {
            fn from_json(value: serde_json::Value) -> Option<$Type> {
                let mut fields = $crate::json::Fields::of(value)?;
                Some($Type { $($field: fields.take($name)?),* })
            }
        }
    };
}

from_json!(Lesson {
    id: "id",
    lang: "lang",
    title: "title",
    intro: "intro",
    seed: "seed",
    nodes: "nodes",
    files: "files",
    setup: "setup",
    beats: "beats",
    sandbox: "sandbox",
});

from_json!(Beat {
    id: "id",
    title: "title",
    text: "text",
    run: "run",
    fails: "fails",
    deed: "do",
    until: "until",
    predict: "predict",
    challenge: "challenge",
    big: "big",
});

from_json!(Prediction {
    question: "question",
    choices: "choices",
    labels: "labels",
    ordered: "ordered",
    answer: "answer",
    cases: "cases",
    prints: "prints",
    replies: "replies",
});

from_json!(Challenge {
    goal: "goal",
    nudge: "nudge",
    point: "point",
    at: "at",
});

from_json!(Heading {
    id: "id",
    title: "title",
    number: "number",
});

from_json!(Recording {
    lesson: "lesson",
    seed: "seed",
    actions: "actions",
    frames: "frames",
});

/// The name of an enum's variant, and what it has: `"heal"`, or `{"crash": …}`.
fn variant(value: Value) -> Option<(String, Value)> {
    match value {
        Value::String(name) => Some((name, Value::Null)),
        Value::Object(map) => map.into_iter().next(),
        _ => None,
    }
}

impl FromJson for Deed {
    fn from_json(value: Value) -> Option<Deed> {
        let (name, value) = variant(value)?;
        if name == "heal" {
            return Some(Deed::Heal);
        }
        // A pod, or the claim of a disk.
        let pod = String::from_json(value)?;
        Some(match name.as_str() {
            "cutNodeOf" => Deed::CutNodeOf(pod),
            "unready" => Deed::Unready(pod),
            "ready" => Deed::Ready(pod),
            "crash" => Deed::Crash(pod),
            "fillDisk" => Deed::FillDisk(pod),
            "freeDisk" => Deed::FreeDisk(pod),
            "loseDisk" => Deed::LoseDisk(pod),
            _ => return None,
        })
    }
}

impl FromJson for Until {
    fn from_json(value: Value) -> Option<Until> {
        let (name, value) = variant(value)?;
        match name.as_str() {
            "settled" => return Some(Until::Settled),
            "now" => return Some(Until::Now),
            "nodesReady" => return Some(Until::NodesReady(FromJson::from_json(value)?)),
            "all" => return Some(Until::All(FromJson::from_json(value)?)),
            _ => {}
        }
        let object = String::from_json(value)?;
        Some(match name.as_str() {
            "podExists" => Until::PodExists(object),
            "podReady" => Until::PodReady(object),
            "podUnready" => Until::PodUnready(object),
            "podRunsTwice" => Until::PodRunsTwice(object),
            "podTerminating" => Until::PodTerminating(object),
            "podGone" => Until::PodGone(object),
            "claimExists" => Until::ClaimExists(object),
            "claimBound" => Until::ClaimBound(object),
            "claimTerminating" => Until::ClaimTerminating(object),
            "claimGone" => Until::ClaimGone(object),
            "setWaits" => Until::SetWaits(object),
            "setGone" => Until::SetGone(object),
            _ => return None,
        })
    }
}

impl FromJson for Action {
    fn from_json(value: Value) -> Option<Action> {
        let (name, value) = variant(value)?;
        match name.as_str() {
            "command" => return Some(Action::Command(FromJson::from_json(value)?)),
            "interrupt" => return Some(Action::Interrupt),
            _ => {}
        }
        let mut fields = Fields::of(value)?;
        Some(match name.as_str() {
            "save" => Action::Save {
                file: fields.take("file")?,
                text: fields.take("text")?,
            },
            "switchReadiness" => Action::SwitchReadiness {
                pod: fields.take("pod")?,
                ready: fields.take("ready")?,
            },
            "partition" => Action::Partition {
                node: fields.take("node")?,
            },
            "heal" => Action::Heal {
                node: fields.take("node")?,
            },
            "crash" => Action::Crash {
                pod: fields.take("pod")?,
                exit_code: fields.take("exitCode")?,
            },
            "disk" => Action::Disk {
                volume: fields.take("volume")?,
                fault: fields.take("fault")?,
            },
            _ => return None,
        })
    }
}

impl FromJson for DiskFault {
    fn from_json(value: Value) -> Option<DiskFault> {
        Some(match value.as_str()? {
            "fill" => DiskFault::Fill,
            "free" => DiskFault::Free,
            "lose" => DiskFault::Lose,
            _ => return None,
        })
    }
}

impl FromJson for String {
    fn from_json(value: Value) -> Option<String> {
        match value {
            Value::String(text) => Some(text),
            _ => None,
        }
    }
}

impl FromJson for bool {
    /// What is absent is not so.
    fn from_json(value: Value) -> Option<bool> {
        match value {
            Value::Null => Some(false),
            value => value.as_bool(),
        }
    }
}

impl FromJson for u64 {
    fn from_json(value: Value) -> Option<u64> {
        value.as_u64()
    }
}

impl FromJson for usize {
    fn from_json(value: Value) -> Option<usize> {
        usize::try_from(value.as_u64()?).ok()
    }
}

impl FromJson for i32 {
    fn from_json(value: Value) -> Option<i32> {
        i32::try_from(value.as_i64()?).ok()
    }
}

impl<T: FromJson> FromJson for Option<T> {
    fn from_json(value: Value) -> Option<Option<T>> {
        match value {
            Value::Null => Some(None),
            value => T::from_json(value).map(Some),
        }
    }
}

impl<T: FromJson> FromJson for Vec<T> {
    fn from_json(value: Value) -> Option<Vec<T>> {
        let values = match value {
            Value::Array(values) => values,
            // As with fields that files of earlier versions don't have.
            Value::Null => Vec::new(),
            _ => return None,
        };
        let mut all = Vec::with_capacity(values.len());
        for value in values {
            all.push(T::from_json(value)?);
        }
        Some(all)
    }
}

impl<A: FromJson, B: FromJson> FromJson for (A, B) {
    fn from_json(value: Value) -> Option<(A, B)> {
        let Value::Array(values) = value else {
            return None;
        };
        let [first, second] = values.try_into().ok()?;
        Some((A::from_json(first)?, B::from_json(second)?))
    }
}

impl FromJson for BTreeMap<String, String> {
    fn from_json(value: Value) -> Option<BTreeMap<String, String>> {
        let Fields(map) = Fields::of(value)?;
        let mut all = BTreeMap::new();
        for (key, value) in map {
            all.insert(key, String::from_json(value)?);
        }
        Some(all)
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Debug;

    use serde::Serialize;

    use super::*;

    /// Whoever adds a variant comes by here, and adds it to the reader and to the samples below.
    fn known(deed: &Deed, until: &Until, action: &Action) {
        match deed {
            Deed::CutNodeOf(_) | Deed::Heal | Deed::Unready(_) | Deed::Ready(_) => {}
            Deed::Crash(_) | Deed::FillDisk(_) | Deed::FreeDisk(_) | Deed::LoseDisk(_) => {}
        }
        match until {
            Until::Settled | Until::Now | Until::PodExists(_) | Until::PodReady(_) => {}
            Until::PodUnready(_) | Until::PodRunsTwice(_) | Until::PodTerminating(_) => {}
            Until::PodGone(_) | Until::ClaimExists(_) | Until::ClaimBound(_) => {}
            Until::ClaimTerminating(_) | Until::ClaimGone(_) | Until::NodesReady(_) => {}
            Until::SetWaits(_) | Until::SetGone(_) | Until::All(_) => {}
        }
        match action {
            Action::Command(_) | Action::Interrupt | Action::Save { .. } => {}
            Action::SwitchReadiness { .. } | Action::Partition { .. } | Action::Heal { .. } => {}
            Action::Crash { .. } | Action::Disk { .. } => {}
        }
    }

    fn disk(fault: DiskFault) -> Action {
        let volume = "pv-a".to_owned();
        Action::Disk { volume, fault }
    }

    #[test]
    fn what_serde_writes_is_read() {
        known(&Deed::Heal, &Until::Now, &Action::Interrupt);
        fn check<T: FromJson + Serialize + PartialEq + Debug>(values: impl IntoIterator<Item = T>) {
            for value in values {
                let text = serde_json::to_string(&value).unwrap();
                assert_eq!(parse(&text), Some(value), "{text}");
            }
        }
        let text = || "text".to_owned();
        check([
            Deed::CutNodeOf(text()),
            Deed::Heal,
            Deed::Unready(text()),
            Deed::Ready(text()),
            Deed::Crash(text()),
            Deed::FillDisk(text()),
            Deed::FreeDisk(text()),
            Deed::LoseDisk(text()),
        ]);
        check([
            Until::Settled,
            Until::Now,
            Until::PodExists(text()),
            Until::PodReady(text()),
            Until::PodUnready(text()),
            Until::PodRunsTwice(text()),
            Until::PodTerminating(text()),
            Until::PodGone(text()),
            Until::ClaimExists(text()),
            Until::ClaimBound(text()),
            Until::ClaimTerminating(text()),
            Until::ClaimGone(text()),
            Until::NodesReady(2),
            Until::SetWaits(text()),
            Until::SetGone(text()),
            Until::All(vec![Until::Now, Until::All(vec![Until::PodGone(text())])]),
        ]);
        let actions = [
            Action::Command(text()),
            Action::Interrupt,
            Action::Save {
                file: text(),
                text: text(),
            },
            Action::SwitchReadiness {
                pod: text(),
                ready: true,
            },
            Action::Partition { node: text() },
            Action::Heal { node: text() },
            Action::Crash {
                pod: text(),
                exit_code: -1,
            },
            disk(DiskFault::Fill),
            disk(DiskFault::Free),
            disk(DiskFault::Lose),
        ];
        check([Recording {
            lesson: text(),
            seed: u64::MAX,
            actions: (0..).zip(actions).collect(),
            frames: 7,
        }]);
        let beat = Beat {
            run: Some(text()),
            fails: true,
            deed: Some(Deed::Heal),
            predict: Some(Prediction {
                choices: vec![text(), String::new()],
                cases: vec![Until::Now],
                replies: vec![(text(), text())],
                ..Prediction::default()
            }),
            challenge: Some(Challenge::default()),
            big: Some(text()),
            ..Beat::default()
        };
        check([Lesson {
            id: text(),
            lang: text(),
            title: text(),
            intro: text(),
            seed: 1,
            nodes: 3,
            files: [(text(), text())].into(),
            setup: vec![text()],
            beats: vec![beat, Beat::default()],
            sandbox: true,
        }]);
        check([Heading {
            id: text(),
            title: text(),
            number: 4,
        }]);
    }

    #[test]
    fn what_is_something_else_is_refused() {
        let check = |text: &str| assert_eq!(parse::<Recording>(text), None, "{text}");
        check("");
        check("[]");
        check(r#"{"lesson":"a","seed":1,"actions":[]}"#);
        check(r#"{"lesson":"a","seed":-1,"actions":[],"frames":1}"#);
        check(r#"{"lesson":"a","seed":1,"actions":[[1]],"frames":1}"#);
        check(r#"{"lesson":"a","seed":1,"actions":[[1,"nothing"]],"frames":1}"#);
        check(
            r#"{"lesson":"a","seed":1,"actions":[[1,{"crash":{"pod":"a","exitCode":1e99}}]],"frames":1}"#,
        );
        check(r#"{"lesson":"a","seed":1,"actions":[[1,{"command":null}]],"frames":1}"#);
    }
}
