//! What the tests of several modules need, and the test that no message can make the page stop.

use lesson::{Beat, Lesson, Until};

use words::{Lang, source};

use crate::settings::Settings;
use crate::state::{Effect, Msg, State};

/// The words of a language, as the page gets them.
fn compiled(code: &str) -> String {
    let sources = [
        ("en", include_str!("../static/words/en.txt")),
        ("zh", include_str!("../static/words/zh.txt")),
    ];
    let all = source::compile(&sources.map(|(code, text)| source::Source { code, text }));
    let index = sources.iter().position(|source| source.0 == code);
    all.expect("there are no mistakes")[index.expect("it is one of them")].clone()
}

/// A language whose words are there.
pub(crate) fn lang(code: &str) -> Lang {
    Lang::read(code, compiled(code)).expect("it was compiled for this version")
}

/// A lesson in three beats, over the chapter's own manifests.
pub(crate) fn lesson() -> Lesson {
    let beat = |id: &str, run: Option<&str>, until: Until| Beat {
        id: id.to_owned(),
        title: id.to_owned(),
        text: String::new(),
        run: run.map(str::to_owned),
        until,
        ..Beat::default()
    };
    let file = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let volumes = include_str!("../static/manifests/demo-statefulset-persistent-volume.yaml");
    let set = include_str!("../static/manifests/demo-statefulset.yaml");
    Lesson {
        id: "test".to_owned(),
        lang: "en".to_owned(),
        title: "Test".to_owned(),
        intro: String::new(),
        seed: 1,
        nodes: 3,
        files: [file("volumes.yaml", volumes), file("set.yaml", set)].into(),
        setup: Vec::new(),
        sandbox: false,
        beats: vec![
            beat(
                "volumes",
                Some("kubectl create -f volumes.yaml"),
                Until::Settled,
            ),
            beat(
                "set",
                Some("kubectl create -f set.yaml"),
                Until::PodExists("demo-statefulset-0".to_owned()),
            ),
            beat("ready", None, Until::Settled),
        ],
    }
}

fn started() -> State {
    let settings = Settings {
        lesson: Some("test".to_owned()),
        ..Settings::default()
    };
    let (mut state, _) = State::new(settings, lang("en"));
    state.update(Msg::Lesson("test".to_owned(), "en", Ok(Box::new(lesson()))));
    state
}

#[test]
fn next_leads_through_the_lesson() {
    let mut state = started();
    let mut presses = 0;
    loop {
        let run = state.run.as_ref().expect("the lesson is there");
        let over = run.beat() == 2 && run.beat_state() == crate::run::BeatState::Done;
        if over {
            break;
        }
        state.update(Msg::NextBeat);
        presses += 1;
        assert!(presses < 20, "it never ends");
    }
    assert!(!state.playing);
}

#[test]
fn another_language_changes_only_the_words() {
    let mut state = started();
    state.update(Msg::NextBeat);
    let before = state.run.as_ref().map(|run| run.save());
    let effects = state.update(Msg::Lang("zh"));
    assert!(effects.contains(&Effect::FetchLesson("test".to_owned(), "zh")));
    assert!(effects.contains(&Effect::FetchWords("zh")));
    assert_eq!(state.lang().code(), "en", "until the words are there");
    state.update(Msg::Words("zh", Ok(compiled("zh"))));
    assert_eq!(state.lang().code(), "zh");
    let translated = Lesson {
        title: "测试".to_owned(),
        ..lesson()
    };
    state.update(Msg::Lesson(
        "test".to_owned(),
        "zh",
        Ok(Box::new(translated)),
    ));
    assert_eq!(state.run.as_ref().map(|run| run.save()), before);
    assert_eq!(
        state.lesson.as_ref().map(|lesson| lesson.title.as_str()),
        Some("测试")
    );
    let effects = state.update(Msg::Lang("en"));
    assert_eq!(state.lang().code(), "en", "words are kept");
    assert!(!effects.contains(&Effect::FetchWords("en")));
}

#[test]
fn words_that_did_not_come_can_be_asked_for_again() {
    let check = |came: Result<String, String>| {
        let mut state = started();
        state.update(Msg::Lang("zh"));
        state.update(Msg::Words("zh", came));
        assert!(state.problem.is_some());
        let translated = Ok(Box::new(lesson()));
        state.update(Msg::Lesson("test".to_owned(), "zh", translated));
        assert!(state.problem.is_some(), "a lesson alone is not enough");
        assert_eq!(state.lang().code(), "en");
        let effects = state.update(Msg::Retry);
        assert_eq!(
            effects,
            [Effect::FetchWords("zh"), Effect::FetchContents("zh")]
        );
        state.update(Msg::Words("zh", Ok(compiled("zh"))));
        assert_eq!((state.lang().code(), state.problem), ("zh", None));
    };
    check(Err("words/zh.txt: Failed to fetch".to_owned()));
    check(Ok("<!DOCTYPE html>".to_owned()));
    check(Ok(String::new()));
    check(Ok(compiled("zh").replacen(
        |digit: char| digit.is_ascii_digit(),
        "x",
        1,
    )));
}

#[test]
fn playing_stops_at_the_end_of_the_beat() {
    let mut state = started();
    state.update(Msg::NextBeat);
    let mut ticks = 0;
    while state.playing {
        state.update(Msg::Tick);
        ticks += 1;
        assert!(ticks < 100, "it never stops");
    }
    let run = state.run.as_ref().expect("the lesson is there");
    assert!(run.at_beat_end() && ticks > 2);
}

#[test]
fn time_stopped_by_hand_stays_stopped() {
    let mut state = started();
    state.update(Msg::Command("kubectl create -f volumes.yaml".to_owned()));
    assert!(state.playing, "a command lets time go on");
    state.update(Msg::TogglePlay);
    state.update(Msg::Command("kubectl create -f set.yaml".to_owned()));
    assert!(!state.playing);
    state.update(Msg::TogglePlay);
    assert!(state.playing);
}

#[test]
fn looking_does_not_let_time_go_on() {
    let mut state = started();
    state.update(Msg::NextBeat);
    state.update(Msg::NextBeat);
    assert!(!state.playing, "the beat was skipped to its end");
    state.update(Msg::NextBeat);
    state.update(Msg::NextBeat);
    while state.playing {
        state.update(Msg::Tick);
    }
    let run = state.run.as_ref().expect("the lesson is there");
    assert!(!run.at_rest());
    state.update(Msg::Command("kubectl get pods".to_owned()));
    assert!(!state.playing);
    state.update(Msg::Command(
        "kubectl delete pod demo-statefulset-0".to_owned(),
    ));
    assert!(state.playing);
}

/// What the editor that is open, or none, might save.
fn saved(state: &State, number: usize) -> Msg {
    let timeline = state.run.as_ref().expect("the lesson is there").timeline();
    let open = timeline.editing();
    let open = open.map(|(file, text)| (file.to_owned(), text.to_owned()));
    let (file, text) = open.unwrap_or_else(|| {
        let text = timeline.file("set.yaml").unwrap_or_default();
        ("set.yaml".to_owned(), text)
    });
    let text = match number {
        0 => text,
        1 => text.replace("replicas: ", "replicas: 1"),
        2 => text.replace("serviceName: ", "serviceName: a"),
        _ => ": [".to_owned(),
    };
    Msg::Save(file, text)
}

/// Messages in an order that nobody would think of.
#[test]
fn no_message_makes_the_page_stop() {
    let lines = [
        "kubectl create -f volumes.yaml",
        "kubectl create -f set.yaml",
        "kubectl get pods -w",
        "kubectl delete pod demo-statefulset-0",
        "kubectl scale sts demo-statefulset --replicas=3",
        "kubectl scale sts demo-statefulset --replicas=-1",
        "kubectl get all -o yaml",
        "kubectl edit sts demo-statefulset; vi set.yaml; history",
        "kubectl apply -f set.yaml",
        "kubectl '",
        "\u{0}\u{202e} ：|`$(",
        "",
    ];
    let mut state = started();
    let mut random: u64 = 7;
    let mut below = |limit: usize| {
        random = random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (random >> 33) as usize % limit
    };
    for _ in 0..1_500 {
        let msg = match below(21) {
            0 => Msg::Seek(below(400)),
            1 => Msg::Back,
            2 => Msg::Start,
            3 => Msg::End,
            4 => Msg::Branch(below(9)),
            5 => Msg::NextBeat,
            6 => Msg::PreviousBeat,
            7 => Msg::GoToBeat(below(5)),
            8 => Msg::StartOver,
            9 => Msg::Interrupt,
            10 => Msg::SwitchReadiness("demo-statefulset-1".to_owned(), below(2) == 0),
            11 => Msg::RunBeat,
            12 => Msg::TogglePlay,
            13 | 14 => Msg::Command(lines[below(lines.len())].to_owned()),
            15 => Msg::Speed(below(9)),
            16 => Msg::Answer(lines[below(lines.len())].to_owned()),
            17 => Msg::EditFile([None, Some(String::new())][below(2)].clone()),
            18 => saved(&state, below(4)),
            _ => Msg::Tick,
        };
        state.update(msg);
        assert!(state.pause_ms() > 0);
    }
    let run = state.run.as_ref().expect("the lesson is there");
    let back = crate::run::Run::restore(&lesson(), &run.save()).expect("it fits");
    assert_eq!(back.save(), run.save());
}
