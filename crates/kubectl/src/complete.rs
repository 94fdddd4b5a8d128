//! What may be typed next: the table of commands read forwards.

use cluster::map::Set;

use cluster::Cluster;
use cluster::object::Kind;

use crate::Files;
use crate::grammar::{self, Flag, FlagValue, Takes, Verb};
use crate::resource;

/// Proposals for the word at the end of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// Where that word begins, in bytes.
    pub from: usize,
    /// The words it may become, in order. One that ends in `=` or `/` is to be gone on with.
    pub words: Vec<String>,
}

const PROGRAMS: &[&str] = &[
    "cat", "clear", "curl", "echo", "help", "k", "kubectl", "ls", "sleep",
];

/// What the last word of the line may become.
pub fn complete(line: &str, files: &Files, cluster: &Cluster) -> Completion {
    let from = line.rfind([' ', '\t']).map_or(0, |at| at + 1);
    let word = &line[from..];
    let before: Vec<&str> = line[..from].split_whitespace().collect();
    let names = || files.keys().filter(|name| *name != "-").cloned();
    let found: Set<String> = match before.split_first() {
        None => PROGRAMS.iter().map(|name| (*name).to_owned()).collect(),
        Some((&("ls" | "cat"), _)) => names().collect(),
        Some((&("kubectl" | "k"), rest)) => {
            let mut command = Command {
                cluster,
                files: names().collect(),
                word,
                found: Set::new(),
            };
            command.propose(rest);
            command.found
        }
        Some(_) => Set::new(),
    };
    let mut words: Vec<String> = found.iter().cloned().collect();
    words.retain(|proposal| proposal.starts_with(word));
    Completion { from, words }
}

struct Command<'a> {
    cluster: &'a Cluster,
    files: Vec<String>,
    word: &'a str,
    found: Set<String>,
}

impl Command<'_> {
    fn add(&mut self, words: impl IntoIterator<Item = impl Into<String>>) {
        self.found.extend(words.into_iter().map(Into::into));
    }

    fn propose(&mut self, rest: &[&str]) {
        let Some((verb, rest)) = known_verb(rest) else {
            let group = rest.iter().find(|word| !word.starts_with('-'));
            let names = grammar::VERBS.iter().filter_map(|verb| match group {
                None => verb.name.split(' ').next(),
                Some(group) => verb.name.strip_prefix(*group)?.strip_prefix(' '),
            });
            return self.add(names);
        };
        if let Some(flag) = rest.last().and_then(|word| awaits_value(verb, word)) {
            return self.values(flag, "");
        }
        if let Some((name, _)) = self.word.split_once('=')
            && let Some(flag) = name.strip_prefix("--").and_then(|name| verb.flag(name))
        {
            return self.values(flag, &format!("{name}="));
        }
        if self.word.starts_with('-') {
            return self.add(verb.all_flags().map(|flag| match flag.value {
                FlagValue::Switch | FlagValue::Optional(_) => format!("--{}", flag.long),
                _ => format!("--{}=", flag.long),
            }));
        }
        self.words(verb, &positional(verb, rest));
    }

    fn values(&mut self, flag: &Flag, prefix: &str) {
        match flag.value {
            FlagValue::File => {
                let files = std::mem::take(&mut self.files);
                self.add(files.iter().map(|file| format!("{prefix}{file}")));
            }
            FlagValue::Text(values) | FlagValue::Optional(values) => {
                self.add(values.iter().map(|value| format!("{prefix}{value}")));
            }
            FlagValue::Switch => self.add([format!("{prefix}true"), format!("{prefix}false")]),
            FlagValue::Number => {}
        }
    }

    fn words(&mut self, verb: &Verb, before: &[&str]) {
        match verb.takes {
            Takes::Nothing => {}
            Takes::Commands => self.add(grammar::VERBS.iter().map(|verb| verb.name)),
            Takes::Nodes => self.names(Kind::Node, ""),
            Takes::Pods if !self.word.contains('/') => {
                if before.is_empty() {
                    self.names(Kind::Pod, "");
                }
            }
            Takes::Pods | Takes::Resources | Takes::ResourcesAndPairs => {
                if let Some((kind, _)) = self.word.split_once('/') {
                    if let Ok(known) = resource::kind_of(kind) {
                        self.names(known, &format!("{kind}/"));
                    }
                } else if let Some(kind) = before.first() {
                    if let Ok(known) = resource::kind_of(kind) {
                        self.names(known, "");
                    }
                } else {
                    let (list, _) = self.word.rsplit_once(',').unwrap_or(("", ""));
                    let comma = if list.is_empty() { "" } else { "," };
                    let kinds = Kind::ALL.iter();
                    self.add(kinds.map(|kind| format!("{list}{comma}{}", kind.info().plural)));
                }
            }
        }
    }

    fn names(&mut self, kind: Kind, prefix: &str) {
        let objects = self.cluster.store().list_objects(kind);
        self.add(
            objects
                .iter()
                .map(|object| format!("{prefix}{}", object.name())),
        );
    }
}

/// The command that the words begin with, and the words after it.
fn known_verb<'a, 'b>(words: &'b [&'a str]) -> Option<(&'static Verb, &'b [&'a str])> {
    let (first, rest) = words.split_first()?;
    if let Some(verb) = grammar::verb(first) {
        return Some((verb, rest));
    }
    let (second, rest) = rest.split_first()?;
    Some((grammar::verb(&format!("{first} {second}"))?, rest))
}

/// The flag whose value is to follow this word.
fn awaits_value(verb: &Verb, word: &str) -> Option<&'static Flag> {
    let flag = match word.strip_prefix("--") {
        Some(long) => verb.flag(long)?,
        None => {
            let mut letters = word.strip_prefix('-')?.chars().rev();
            verb.short_flag(letters.next()?)?
        }
    };
    let alone = matches!(flag.value, FlagValue::Switch | FlagValue::Optional(_));
    (!alone).then_some(flag)
}

/// The words that are neither flags nor their values.
fn positional<'a>(verb: &Verb, words: &[&'a str]) -> Vec<&'a str> {
    let mut found = Vec::new();
    let mut value = false;
    for word in words {
        if !std::mem::take(&mut value) && !word.starts_with('-') {
            found.push(*word);
        }
        value = awaits_value(verb, word).is_some();
    }
    found
}

#[cfg(test)]
mod tests {
    use cluster::Config;

    use super::*;

    #[test]
    fn words_are_proposed() {
        let cluster = Cluster::new(Config::default());
        let files = Files::from(["web.yaml", "pv.yaml", "-"].map(|name| (name.into(), "".into())));
        let check = |line: &str, from: usize, expected: &[&str]| {
            let completion = complete(line, &files, &cluster);
            assert_eq!(
                (completion.from, completion.words.as_slice()),
                (
                    from,
                    expected
                        .iter()
                        .map(|w| (*w).to_owned())
                        .collect::<Vec<_>>()
                        .as_slice()
                ),
                "{line:?}"
            );
        };
        check("ku", 0, &["kubectl"]);
        check("cat ", 4, &["pv.yaml", "web.yaml"]);
        check("kubectl des", 8, &["describe"]);
        check("k ro", 2, &["rollout"]);
        check("k rollout re", 10, &["restart", "resume"]);
        check("k get no", 6, &["nodes"]);
        check("k get pods,no", 6, &["pods,nodes"]);
        check("k get nodes node-", 12, &["node-1", "node-2", "node-3"]);
        check("k get -o wide node/node-1", 14, &["node/node-1"]);
        check("k get -o w", 9, &["wide"]);
        check("k get pods --output=y", 11, &["--output=yaml"]);
        check("k get pods --wat", 11, &["--watch", "--watch-only"]);
        check("k create -f w", 12, &["web.yaml"]);
        check("k apply --filename=p", 8, &["--filename=pv.yaml"]);
        check("k cordon node-2", 9, &["node-2"]);
        check("k scale sts web --rep", 16, &["--replicas="]);
        check("k get nope x", 11, &[]);
        check("foo b", 4, &[]);
        check("k get “名", 6, &[]);
    }
}
