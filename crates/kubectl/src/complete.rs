//! What may be typed next: the table of commands read forwards.

use cluster::Cluster;
use cluster::map::Set;
use cluster::object::{Kind, Object};

use crate::grammar::{self, Flag, FlagValue, Takes, Verb};
use crate::script::Shell;
use crate::shell::{EDITORS, FILTERS};
use crate::{Files, inside, resource};

/// Proposals for the word at the end of a line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// Where that word begins, in bytes.
    pub from: usize,
    /// The words it may become, in order. One that ends in `=` or `/` is to be gone on with.
    pub words: Vec<String>,
}

const PROGRAMS: &[&str] = &[
    "cat", "clear", "curl", "echo", "edit", "help", "history", "kubectl", "ls", "sleep",
];

/// Words that are typed most, the likeliest first.
const LIKELY: &[&str] = &[
    "kubectl",
    "get",
    "describe",
    "apply",
    "delete",
    "scale",
    "edit",
    "rollout",
    "logs",
    "exec",
    "pods",
    "statefulsets",
    "persistentvolumeclaims",
    "services",
    "-f",
    "--",
    "--replicas=",
    "ls",
];

/// What a command can't do without once its objects are named.
const NEEDS: &[(&str, &str)] = &[
    ("apply", "-f"),
    ("create", "-f"),
    ("exec", "--"),
    ("expose", "--port="),
    ("replace", "-f"),
    ("scale", "--replicas="),
    ("wait", "--for="),
];

impl Completion {
    /// The proposals, the likeliest first.
    pub fn likeliest(&self) -> Vec<&str> {
        let place = |word: &&str| LIKELY.iter().position(|likely| likely == word);
        let likely = LIKELY.iter().copied();
        let first = likely.filter(|word| self.words.iter().any(|known| known == word));
        let rest = self.words.iter().map(String::as_str);
        first
            .chain(rest.filter(|word| place(word).is_none()))
            .collect()
    }

    /// What all proposals have in common from [`Completion::from`] on.
    pub fn common(&self) -> &str {
        let Some((first, rest)) = self.words.split_first() else {
            return "";
        };
        let same = |word: &String| {
            let pairs = first.char_indices().zip(word.chars());
            let alike = pairs.take_while(|((_, a), b)| a == b);
            alike
                .last()
                .map_or(0, |((at, letter), _)| at + letter.len_utf8())
        };
        &first[..rest.iter().map(same).min().unwrap_or(first.len())]
    }
}

/// What the last word of the line may become.
pub fn complete(line: &str, shell: &Shell, files: &Files, cluster: &Cluster) -> Completion {
    let (start, from, quote) = last_word(line);
    let word = &line[from..];
    let before: Vec<&str> = {
        let typed = line[start..from].trim_end_matches(['"', '\'']);
        typed.split_whitespace().collect()
    };
    let files = shell.file_names(files);
    let piped = line[..start].ends_with('|') && !line[..start].ends_with("||");
    let of = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    let found: Set<String> = match (before.split_first(), &shell.inside) {
        (None, _) if piped => of(FILTERS),
        (None, Some(_)) => of(inside::PROGRAMS),
        (None, None) => of(PROGRAMS),
        (Some((&("kubectl" | "k"), rest)), None) => {
            let mut command = Command {
                cluster,
                files,
                word,
                found: Set::new(),
            };
            command.propose(rest);
            command.found
        }
        (Some((program, _)), None)
            if matches!(*program, "ls" | "cat")
                || EDITORS.contains(program)
                || FILTERS.contains(program) =>
        {
            files.into_iter().collect()
        }
        _ => Set::new(),
    };
    let mut words: Vec<String> = found.iter().cloned().collect();
    words.retain(|proposal| proposal.starts_with(word));
    for proposal in &mut words {
        let open = proposal.ends_with(['=', '/']);
        proposal.extend(quote.filter(|_| !open));
    }
    Completion { from, words }
}

/// Where the last command begins, and its last word: after the quotation mark that it has.
fn last_word(line: &str) -> (usize, usize, Option<char>) {
    let (mut start, mut from) = (0, 0);
    let mut quote = None;
    for (at, letter) in line.char_indices() {
        let after = at + letter.len_utf8();
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => {
                quote = Some(letter);
                if from == at {
                    from = after;
                }
            }
            (None, '|' | ';' | '&') => (start, from) = (after, after),
            (None, ' ' | '\t') => from = after,
            _ => {}
        }
    }
    (start, from, quote)
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
        if let Some(dash) = rest.iter().position(|word| *word == "--") {
            if dash + 1 == rest.len() {
                self.add(inside::PROGRAMS.iter().copied());
            }
            return;
        }
        let before = positional(verb, rest);
        if let Some(flag) = rest.last().and_then(|word| awaits_value(verb, word)) {
            return self.values(flag, "", &before);
        }
        if let Some((name, _)) = self.word.split_once('=')
            && let Some(flag) = name.strip_prefix("--").and_then(|name| verb.flag(name))
        {
            return self.values(flag, &format!("{name}="), &before);
        }
        if self.word.starts_with('-') && self.word != "-f" {
            return self.add(verb.all_flags().map(|flag| match flag.value {
                FlagValue::Switch | FlagValue::Optional(_) => format!("--{}", flag.long),
                _ => format!("--{}=", flag.long),
            }));
        }
        self.words(verb, &before);
        let named = match verb.takes {
            Takes::Nothing => true,
            Takes::Pods => !before.is_empty(),
            _ => before.len() > 1 || before.iter().any(|word| word.contains('/')),
        };
        let missing = |need: &str| !rest.iter().any(|word| word.starts_with(need));
        let needs = NEEDS.iter().filter(|(name, _)| *name == verb.name && named);
        self.add(needs.map(|(_, need)| *need).filter(|need| missing(need)));
    }

    fn values(&mut self, flag: &Flag, prefix: &str, before: &[&str]) {
        match (flag.value, flag.long) {
            (FlagValue::File, _) => {
                let files = std::mem::take(&mut self.files);
                self.add(files.iter().map(|file| format!("{prefix}{file}")));
            }
            (_, "namespace") => self.add([format!("{prefix}default")]),
            (_, "selector") => {
                let kind = before.first().and_then(|word| resource::kind_of(word).ok());
                let objects = self.cluster.store().list_objects(kind.unwrap_or(Kind::Pod));
                let labels = objects
                    .iter()
                    .flat_map(|object| object.metadata().labels.iter());
                let labels: Vec<String> = labels
                    .map(|(key, value)| format!("{prefix}{key}={value}"))
                    .collect();
                self.add(labels);
            }
            (_, "container") => {
                let names = self.containers(before);
                self.add(names.iter().map(|name| format!("{prefix}{name}")));
            }
            (FlagValue::Text(values) | FlagValue::Optional(values), _) => {
                self.add(values.iter().map(|value| format!("{prefix}{value}")));
            }
            (FlagValue::Switch, _) => self.add([format!("{prefix}true"), format!("{prefix}false")]),
            (FlagValue::Number, _) => {}
        }
    }

    /// The containers of the object that was named.
    fn containers(&self, before: &[&str]) -> Vec<String> {
        let words: Vec<String> = match before {
            [pod] if !pod.contains('/') => vec!["pod".to_owned(), (*pod).to_owned()],
            words => words.iter().map(|word| (*word).to_owned()).collect(),
        };
        let targets = resource::targets(&words).unwrap_or_default();
        let object = targets.first().and_then(|target| {
            let name = target.name.as_deref()?;
            self.cluster.store().get_object(target.kind, name)
        });
        let value = object.as_ref().map(Object::to_value).unwrap_or_default();
        let places = ["/spec/containers", "/spec/template/spec/containers"];
        let lists = places
            .iter()
            .filter_map(|place| value.pointer(place)?.as_array());
        let names = lists
            .flatten()
            .filter_map(|container| container["name"].as_str());
        names.map(str::to_owned).collect()
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
                    let known = resource::kind_of(kind).ok();
                    known.into_iter().for_each(|known| self.names(known, ""));
                    for name in before {
                        self.found.remove(*name);
                    }
                    if verb.name == "set image" {
                        let names = self.containers(before);
                        self.add(names.iter().map(|name| format!("{name}=")));
                    }
                } else {
                    self.kinds();
                }
            }
        }
    }

    /// Names of kinds; the short ones only where nothing else fits.
    fn kinds(&mut self) {
        let (list, word) = match self.word.rsplit_once(',') {
            Some((list, word)) => (format!("{list},"), word),
            None => (String::new(), self.word),
        };
        let kinds = Kind::ALL.iter().map(|kind| kind.info());
        let long: Vec<&str> = kinds.clone().map(|info| info.plural).collect();
        let fits = long.iter().any(|name| name.starts_with(word));
        let short = kinds.flat_map(|info| info.short.split(','));
        let short = short.filter(|name| !fits && !name.is_empty());
        self.add(
            long.iter()
                .copied()
                .chain(short)
                .map(|name| [&list, name].concat()),
        );
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
        let mut cluster = Cluster::new(Config::default());
        let made = "kubectl label node node-1 disk=fast; kubectl create -f set.yaml";
        let set = include_str!("../../../static/manifests/demo-statefulset.yaml");
        let set = Files::from([("set.yaml".into(), set.into())]);
        crate::run(made, &set, &mut cluster);
        let mut shell = Shell::default();
        shell.write("new.yaml", "");
        let files = Files::from(["web.yaml", "pv.yaml", "-"].map(|name| (name.into(), "".into())));
        let check = |line: &str, from: usize, expected: &[&str]| {
            let completion = complete(line, &shell, &files, &cluster);
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
        check("cat ", 4, &["new.yaml", "pv.yaml", "web.yaml"]);
        check("vi n", 3, &["new.yaml"]);
        check("k get pods | gr", 13, &["grep"]);
        check("ls; cat w", 8, &["web.yaml"]);
        check("kubectl des", 8, &["describe"]);
        check("k ro", 2, &["rollout"]);
        check("k rollout re", 10, &["restart", "resume"]);
        check("k get no", 6, &["nodes"]);
        check("k get pods,no", 6, &["pods,nodes"]);
        check(
            "k get nodes \"node-",
            13,
            &["node-1\"", "node-2\"", "node-3\""],
        );
        check("k get nodes 'node-1", 13, &["node-1'"]);
        check("echo 'a; b'; cat w", 17, &["web.yaml"]);
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
        check("k get sv", 6, &["svc"]);
        check("k describe st", 11, &["statefulsets", "storageclasses"]);
        check("k get nodes node-1 node-", 19, &["node-2", "node-3"]);
        check("k get nodes -l d", 15, &["disk=fast"]);
        check("k get pods -n ", 14, &["default"]);
        check("k apply ", 8, &["-f"]);
        check("k apply -f", 8, &["-f"]);
        check("k edit sts/d", 7, &["sts/demo-statefulset"]);
        check("k scale sts demo-statefulset --r", 29, &["--replicas="]);
        check(
            "k set image sts/demo-statefulset demo-statefulset-p",
            33,
            &["demo-statefulset-pod="],
        );
        check("k exec web-0 -- hostn", 16, &["hostname"]);
        check("foo b", 4, &[]);
        check("k get “名", 6, &[]);
    }
}
