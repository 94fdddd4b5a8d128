//! Reads the files of languages, looks for mistakes, and compiles them for the page.

use std::collections::{BTreeMap, BTreeSet};

use crate::keys::{FINGERPRINT, GROUPS};

/// Begins an argument in a compiled text; its number follows.
pub(crate) const OPEN: char = '{';
/// Stands between the variants of a compiled text.
pub(crate) const NEXT: char = '\t';
/// Stands before and after the condition of a variant.
pub(crate) const IF: char = '?';

/// The language that others are compared with, and that is shown to whoever speaks none of them.
pub const FIRST: &str = "en";

/// What follows the name of an argument if the kind of the object is meant.
const KIND: &str = ".kind";

/// A language as it is written: its code, and the content of `static/words/<code>.txt`.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    /// The file's name without `.txt`.
    pub code: &'a str,
    /// Its content.
    pub text: &'a str,
}

/// One line: the condition if it has one, as argument and value, and the text.
struct Line<'a> {
    number: usize,
    condition: Option<(&'a str, &'a str)>,
    text: &'a str,
}

type Lines<'a> = BTreeMap<&'a str, Vec<Line<'a>>>;

/// Compiles all languages, in this order. Each result knows the names of all of them.
///
/// # Errors
/// Every mistake, with its file and line.
pub fn compile(sources: &[Source]) -> Result<Vec<String>, Vec<String>> {
    let mut problems = Vec::new();
    let files: Vec<Lines> = sources
        .iter()
        .map(|source| lines(source, &mut problems))
        .collect();
    let names: Vec<[&str; 3]> = sources
        .iter()
        .zip(&files)
        .map(|(source, lines)| {
            let about = |key| lines.get(key).map_or("", |lines| lines[0].text);
            [source.code, about("language.tag"), about("language.name")]
        })
        .collect();
    let names = names.concat().join(&NEXT.to_string());
    let mut compiled = Vec::new();
    for (source, lines) in sources.iter().zip(&files) {
        let mut out = vec![FINGERPRINT.to_string(), names.clone()];
        out.extend(texts(source, lines, &files[0], &mut problems));
        compiled.push(out.join("\n"));
    }
    match problems.is_empty() {
        true => Ok(compiled),
        false => Err(problems),
    }
}

/// The names of all arguments of all keys, by key.
fn arguments() -> BTreeMap<String, Vec<&'static str>> {
    keys().into_iter().collect()
}

/// All keys, in order, with the names of their arguments.
fn keys() -> Vec<(String, Vec<&'static str>)> {
    let all = GROUPS.iter().flat_map(|group| {
        group.keys.iter().map(|(name, own)| {
            let key = [group.prefix, name].concat();
            (key, [group.first, own].concat())
        })
    });
    all.collect()
}

/// Names of the fixed texts.
pub fn fixed() -> Vec<&'static str> {
    GROUPS[0].keys.iter().map(|(name, _)| *name).collect()
}

/// Names of the texts with something in them.
pub fn phrases() -> Vec<&'static str> {
    GROUPS[1].keys.iter().map(|(name, _)| *name).collect()
}

fn lines<'a>(source: &Source<'a>, problems: &mut Vec<String>) -> Lines<'a> {
    let known = arguments();
    let mut found = Lines::new();
    for (index, line) in source.text.lines().enumerate() {
        let number = index + 1;
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let mut wrong = |what: String| problems.push(place(source, number) + &what);
        let Some((key, text)) = line.split_once(": ") else {
            wrong("neither `key: text` nor a comment".to_owned());
            continue;
        };
        let (key, condition) = match key.split_once(" [") {
            None => (key, None),
            Some((key, condition)) => {
                let condition = condition.strip_suffix(']');
                let pair = condition.and_then(|condition| condition.split_once('='));
                if pair.is_none() {
                    wrong(format!("`{key}`: a condition is `[name=value]`"));
                }
                (key, pair)
            }
        };
        if !known.contains_key(key) && !key.starts_with("language.") {
            wrong(format!("nothing asks for `{key}`"));
        }
        if text.contains(NEXT) || text.starts_with(IF) {
            wrong(format!(
                "`{key}`: a text has no tab, and no `?` at its beginning"
            ));
        }
        let variants = found.entry(key).or_default();
        if variants.iter().any(|other| other.condition == condition) {
            wrong(format!("`{key}` is there twice"));
        }
        variants.push(Line {
            number,
            condition,
            text,
        });
    }
    for key in ["language.name", "language.tag"] {
        if !found.contains_key(key) {
            problems.push(format!(
                "static/words/{}.txt: `{key}` is missing",
                source.code
            ));
        }
    }
    found
}

fn place(source: &Source, number: usize) -> String {
    format!("static/words/{}.txt, line {number}: ", source.code)
}

/// The texts in the order of the keys, compiled.
fn texts(source: &Source, lines: &Lines, first: &Lines, problems: &mut Vec<String>) -> Vec<String> {
    let mut texts = Vec::new();
    for (key, arguments) in keys() {
        let Some(variants) = lines.get(key.as_str()) else {
            problems.push(format!(
                "static/words/{}.txt: `{key}` is missing",
                source.code
            ));
            continue;
        };
        let here = place(source, variants[0].number);
        if !variants.iter().any(|line| line.condition.is_none()) {
            problems.push(format!(
                "{here}`{key}` needs a line without a condition too"
            ));
        }
        let theirs = first.get(key.as_str()).map(|lines| used(lines));
        if theirs.is_some_and(|theirs| theirs != used(variants)) {
            problems.push(format!(
                "{here}`{key}` does not name what it names in {FIRST}.txt"
            ));
        }
        let mut sorted: Vec<&Line> = variants.iter().collect();
        sorted.sort_by_key(|line| line.condition.is_none());
        let compiled = sorted.into_iter().map(|line| {
            variant(line, &arguments).unwrap_or_else(|wrong| {
                problems.push(format!("{}`{key}`: {wrong}", place(source, line.number)));
                String::new()
            })
        });
        let compiled: Vec<String> = compiled.collect();
        texts.push(compiled.join(&NEXT.to_string()));
    }
    texts
}

/// What stands between braces in any of the variants.
fn used<'a>(lines: &[Line<'a>]) -> BTreeSet<&'a str> {
    let parts = lines.iter().flat_map(|line| line.text.split(OPEN).skip(1));
    parts
        .filter_map(|part| Some(part.split_once('}')?.0))
        .collect()
}

fn variant(line: &Line, arguments: &[&str]) -> Result<String, String> {
    let mut out = String::new();
    if let Some((name, value)) = line.condition {
        let value = if value == "none" { "" } else { value };
        out.push(IF);
        out.push(digit(name, arguments)?);
        out.push_str(value);
        out.push(IF);
    }
    let mut parts = line.text.split(OPEN);
    out.push_str(parts.next().unwrap_or_default());
    for part in parts {
        let (name, rest) = part.split_once('}').ok_or("a `{` without its `}`")?;
        out.push(OPEN);
        out.push(digit(name, arguments)?);
        out.push_str(rest);
    }
    match out.contains('}') {
        true => Err("a `}` without its `{`".to_owned()),
        false => Ok(out),
    }
}

/// The number of an argument: `0`, or `@` if its kind is meant, `1` or `A`, and so on.
fn digit(name: &str, arguments: &[&str]) -> Result<char, String> {
    let (plain, base) = match name.strip_suffix(KIND) {
        Some(plain) => (plain, b'@'),
        None => (name, b'0'),
    };
    match arguments.iter().position(|argument| *argument == plain) {
        Some(index) => Ok(char::from(base + index as u8)),
        None => Err(format!(
            "there is no `{name}` here, only: {}",
            arguments.join(", ")
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ENGLISH: &str = include_str!("../../../static/words/en.txt");

    /// What is wrong if the line of English that begins with `key` is replaced in another language.
    fn wrong(key: &str, line: &str) -> Vec<String> {
        let lines = ENGLISH.lines();
        let other: Vec<&str> = lines
            .map(|old| if old.starts_with(key) { line } else { old })
            .collect();
        let other = other.join("\n");
        let source = |code, text| Source { code, text };
        compile(&[source(FIRST, ENGLISH), source("xx", &other)])
            .err()
            .unwrap_or_default()
    }

    #[test]
    fn mistakes_are_found() {
        let check = |key: &str, line: &str, expected: &str| {
            let wrong = wrong(key, line);
            assert!(
                wrong.iter().any(|wrong| wrong.ends_with(expected)),
                "{line}: {wrong:?}"
            );
        };
        check("next:", "", "xx.txt: `next` is missing");
        check("next:", "next", "neither `key: text` nor a comment");
        check("next:", "naxt: Next", "nothing asks for `naxt`");
        check("next:", "stop: Next", "`stop` is there twice");
        check(
            "next:",
            "next: To {it}",
            "`next`: there is no `it` here, only: ",
        );
        check(
            "next:",
            "next: ?",
            "a text has no tab, and no `?` at its beginning",
        );
        check(
            "more:",
            "more: Some more",
            "`more` does not name what it names in en.txt",
        );
        check("more:", "more: {count}}", "`more`: a `}` without its `{`");
        check("more:", "more: {count", "`more`: a `{` without its `}`");
        check(
            "more:",
            "more: {name}",
            "`more`: there is no `name` here, only: count",
        );
        check(
            "more:",
            "more [count]: {count}",
            "`more`: a condition is `[name=value]`",
        );
        check(
            "more:",
            "more [count=1]: {count}",
            "`more` needs a line without a condition too",
        );
        check("language.name:", "", "xx.txt: `language.name` is missing");
    }

    #[test]
    fn a_language_has_the_variants_that_it_needs() {
        let check =
            |key: &str, line: &str| assert_eq!(wrong(key, line), Vec::<String>::new(), "{line}");
        check("What.Addresses [count=0]:", "# none");
        check(
            "What.Addresses [count=0]:",
            "What.Addresses [count=2]: two of `{subject}`",
        );
        check("next:", "next: Any text, with any : or [ or =");
    }
}
