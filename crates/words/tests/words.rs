//! The files of all languages, and the code that asks for their texts.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use cluster::object::Kind;
use cluster::{Actor, Reason, Subject, Time};
use words::source::{FIRST, Source, compile, fixed, phrases};
use words::{Lang, What};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// All languages, by code, the first one first.
fn languages() -> Vec<Lang> {
    let files = fs::read_dir(root().join("static/words")).expect("the folder is there");
    let mut texts: Vec<(String, String)> = files
        .map(|file| {
            let path = file.expect("the folder can be listed").path();
            let code = path
                .file_stem()
                .expect("a file has a name")
                .to_string_lossy();
            let text = fs::read_to_string(&path).expect("it is text");
            (code.into_owned(), text)
        })
        .collect();
    texts.sort_by_key(|(code, _)| (code != FIRST, code.clone()));
    let sources = texts.iter().map(|(code, text)| Source { code, text });
    let compiled = compile(&sources.collect::<Vec<_>>());
    let compiled = compiled.unwrap_or_else(|problems| panic!("{}", problems.join("\n")));
    let read = |((code, _), compiled): (&(String, String), String)| {
        Lang::read(code, compiled).expect("it is of this version")
    };
    texts.iter().zip(compiled).map(read).collect()
}

/// Everything that can be said of any reason, actor or change.
fn sentences(lang: Lang) -> Vec<(String, String)> {
    let subject = Subject::new(Kind::StatefulSet, "some-subject");
    let reasons = Reason::samples();
    let reasons = reasons
        .iter()
        .map(|it| (format!("{it:?}"), lang.reason(it)));
    let actors = Actor::samples();
    let actors = actors.iter().map(|it| (format!("{it:?}"), lang.actor(it)));
    let changes = What::samples();
    let changes = changes
        .iter()
        .map(|it| (format!("{it:?}"), lang.what(&subject, it)));
    reasons.chain(actors).chain(changes).collect()
}

#[test]
fn everything_that_happens_has_its_sentence_in_every_language() {
    for lang in languages() {
        for (what, told) in sentences(lang) {
            let wrong = told.trim() != told
                || told.is_empty()
                || told.contains(['{', '}', '?', '\t'])
                || told.contains("``")
                || told.matches('`').count() % 2 != 0;
            assert!(!wrong, "{}, {what}: {told:?}", lang.code());
        }
    }
}

/// What a sentence names is in it, whatever the language.
#[test]
fn all_languages_name_the_same_objects() {
    let named = |text: &str| -> BTreeSet<String> {
        let parts = text.split('`').skip(1).step_by(2);
        parts
            .filter(|part| part.contains("some-"))
            .map(str::to_owned)
            .collect()
    };
    let languages = languages();
    let first = sentences(languages[0]);
    for lang in &languages[1..] {
        for ((what, one), (_, other)) in first.iter().zip(sentences(*lang)) {
            assert_eq!(named(one), named(&other), "{}, {what}", lang.code());
        }
    }
}

#[test]
fn arguments_stand_where_the_text_has_them() {
    let languages = languages();
    let check = |told: &dyn Fn(Lang) -> String, expected: [&str; 2]| {
        let told: Vec<String> = languages[..2].iter().map(|lang| told(*lang)).collect();
        assert_eq!(told, expected);
    };
    let web = Subject::new(Kind::Service, "web");
    check(&|lang| lang.time(Time(0)), ["0.0 s", "0.0 秒"]);
    check(&|lang| lang.time(Time(12_049)), ["12.0 s", "12.0 秒"]);
    check(&|lang| lang.time(Time(305_960)), ["305.9 s", "305.9 秒"]);
    check(
        &|lang| lang.later(Time(2_000)),
        ["2.0 s later", "2.0 秒之后"],
    );
    check(
        &|lang| lang.place(None),
        [", not on a node", "，尚未分配节点"],
    );
    check(&|lang| lang.place(Some("a")), [", on a", "，在 a 上"]);
    check(&|lang| lang.join(&[]), ["", ""]);
    check(
        &|lang| lang.join(&["a", "b", "c"].map(str::to_owned)),
        ["a; b; c", "a；b；c"],
    );
    check(
        &|lang| lang.lane("web-0", &[], &["Bound".to_owned(), "Lost".to_owned()]),
        [
            "web-0: pod none, claim Bound + Lost",
            "web-0：Pod 没有，申领 Bound + Lost",
        ],
    );
    check(&|lang| lang.printed("a\nb\n"), ["a\nb", "a\nb"]);
    check(
        &|lang| lang.printed(&"a\n".repeat(11)),
        ["11 lines printed", "输出了 11 行"],
    );
    check(
        &|lang| lang.what(&web, &What::Addresses(1)),
        [
            "Service `web` leads to 1 ready pod",
            "Service `web` 指向 1 个就绪的 Pod",
        ],
    );
    check(
        &|lang| lang.what(&web, &What::Removed),
        ["Service `web` is gone", "Service `web` 消失了"],
    );
    let requested = Reason::Requested {
        verb: cluster::Verb::Update,
        subject: web.clone(),
    };
    check(
        &|lang| lang.reason(&requested),
        [
            "You asked the API server to change Service `web`.",
            "你请求 API 服务器修改 Service `web`。",
        ],
    );
}

/// All source of a crate, but for the files that the keys themselves are in.
fn source(folder: &str, but: &[&str]) -> String {
    let mut all = String::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the folder is there") {
            let path = entry.expect("the folder can be listed").path();
            if path.is_dir() {
                folders.push(path);
            } else if !but.iter().any(|name| path.ends_with(name)) {
                all.push_str(&fs::read_to_string(&path).expect("it is text"));
            }
        }
    }
    all
}

fn contains_word(text: &str, word: &str) -> bool {
    text.match_indices(word).any(|(at, _)| {
        let next = text[at + word.len()..].chars().next();
        !next.is_some_and(|next| next.is_alphanumeric() || next == '_')
    })
}

#[test]
fn no_text_is_unused() {
    let app = source("src", &[]) + &source("crates/words/src", &[]);
    let cluster = source("crates/cluster/src", &["step.rs"]);
    let mut unused = Vec::new();
    for name in fixed().into_iter().chain(phrases()) {
        if !contains_word(&app, &format!(".{name}")) {
            unused.push(name.to_owned());
        }
    }
    let enums = [
        ("Reason", Reason::SAID, &cluster),
        ("Actor", Actor::SAID, &cluster),
        ("Verb", cluster::Verb::SAID, &cluster),
        ("PodTrouble", cluster::PodTrouble::SAID, &cluster),
        ("Preference", cluster::Preference::SAID, &cluster),
        ("Obstacle", cluster::Obstacle::SAID, &cluster),
        ("Mismatch", cluster::Mismatch::SAID, &cluster),
        ("What", What::SAID, &app),
    ];
    for (name, variants, code) in enums {
        let made = variants
            .iter()
            .map(|(variant, _)| format!("{name}::{variant}"));
        unused.extend(made.filter(|made| !contains_word(code, made)));
    }
    assert!(unused.is_empty(), "nothing asks for {}", unused.join(", "));
}

#[test]
fn another_version_is_refused() {
    let check = |code: &str, compiled: &str| {
        let read = Lang::read(code, compiled.to_owned()).map(Lang::code);
        assert!(read.is_err(), "{code}: {read:?}");
    };
    check("en", "");
    check("en", "<!DOCTYPE html>");
    check("en", "1\nen\ten\tEnglish\nOrdinal");
}
