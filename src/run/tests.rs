use lesson::Prediction;

use super::*;
use crate::tests::lesson;

/// Plays the beat to its end.
fn play(run: &mut Run, lesson: &Lesson) {
    run.begin_beat(lesson);
    run.finish_beat(lesson);
    assert_eq!(run.beat_state(), BeatState::Done, "beat {}", run.beat());
}

fn played(beats: usize) -> (Lesson, Run) {
    let lesson = lesson();
    let mut run = Run::new(&lesson);
    for beat in 0..beats {
        if beat > 0 {
            assert!(run.next_beat(&lesson));
        }
        play(&mut run, &lesson);
    }
    (lesson, run)
}

#[test]
fn a_beat_lies_ahead_then_goes_on_then_is_over() {
    let lesson = lesson();
    let mut run = Run::new(&lesson);
    assert_eq!(run.beat_state(), BeatState::Ahead);
    run.begin_beat(&lesson);
    assert_eq!(run.beat_state(), BeatState::Going);
    assert_eq!(
        run.timeline().cursor(),
        1,
        "the first write is looked at first"
    );
    run.finish_beat(&lesson);
    assert_eq!(run.beat_state(), BeatState::Done);
    assert!(run.at_beat_end() && run.explained());
}

#[test]
fn previous_goes_to_where_the_beat_began_and_then_to_the_one_before() {
    let (lesson, mut run) = played(2);
    let frames = run.timeline().frames().len();
    run.previous_beat();
    assert_eq!((run.beat(), run.beat_state()), (1, BeatState::Ahead));
    assert!(run.rewound() && run.explained());
    run.previous_beat();
    assert_eq!((run.beat(), run.timeline().cursor()), (0, 0));
    // Playing it again shows the same frames and makes no new ones.
    play(&mut run, &lesson);
    run.next_beat(&lesson);
    play(&mut run, &lesson);
    assert_eq!(run.timeline().frames().len(), frames);
    assert_eq!(run.timeline().branch_count(), 1);
}

#[test]
fn a_typed_command_begins_the_beat_it_belongs_to() {
    let lesson = lesson();
    let mut run = Run::new(&lesson);
    run.act(
        &lesson,
        Action::Command("kubectl  create -f volumes.yaml ".to_owned()),
    );
    assert_eq!(run.beat_state(), BeatState::Going);
    let mut run = Run::new(&lesson);
    run.act(&lesson, Action::Command("kubectl get nodes".to_owned()));
    assert_eq!(run.beat_state(), BeatState::Ahead);
}

#[test]
fn commands_one_after_the_other_begin_no_branch() {
    let lesson = lesson();
    let mut run = Run::new(&lesson);
    run.act(
        &lesson,
        Action::Command("kubectl create -f volumes.yaml".to_owned()),
    );
    assert!(
        !run.timeline().at_end(),
        "its writes are looked at one by one"
    );
    let forked = run.act(&lesson, Action::Command("kubectl get pv".to_owned()));
    assert!(!forked && run.timeline().branch_count() == 1);
}

#[test]
fn a_branch_keeps_the_beats_that_were_over_before_it() {
    let (lesson, mut run) = played(3);
    let third = run.span().expect("it was begun").start;
    run.seek(third);
    let forked = run.act(&lesson, Action::Command("kubectl get pods".to_owned()));
    assert!(forked);
    assert_eq!((run.beat(), run.beat_state()), (2, BeatState::Ahead));
    run.go_to_beat(&lesson, 1);
    assert!(
        run.explained(),
        "the second beat was over before the branch"
    );
    run.switch_branch(0);
    run.go_to_beat(&lesson, 2);
    assert!(run.explained(), "the old branch is as it was");
}

#[test]
fn two_branches_are_compared_where_they_first_differ() {
    let (lesson, mut run) = played(3);
    assert_eq!(run.other(), None);
    run.seek(9);
    run.act(
        &lesson,
        Action::Command("kubectl delete pv pv-a".to_owned()),
    );
    assert_eq!(run.other(), Some((0, Some(10))));
    run.switch_branch(0);
    assert_eq!(run.other(), Some((1, Some(10))));
}

#[test]
fn what_is_saved_is_restored_with_all_branches() {
    let (lesson, mut run) = played(3);
    run.seek(9);
    run.act(&lesson, Action::Command("kubectl get pods".to_owned()));
    run.forward(&lesson);
    run.seek(4);
    run.act(
        &lesson,
        Action::Command("kubectl delete pv pv-a".to_owned()),
    );
    let text = serde_json::to_string(&run.save()).expect("it is plain data");
    let saved: Saved = lesson::json::parse(&text).expect("it can be read back");
    let back = Run::restore(&lesson, &saved).expect("it fits");
    assert_eq!(back.save(), run.save());
    assert_eq!(back.timeline().branch_count(), 3);
    assert_eq!(back.beat_state(), run.beat_state());
}

#[test]
fn what_does_not_fit_is_refused() {
    let (lesson, run) = played(2);
    let saved = run.save();
    let other = Lesson {
        id: "other".to_owned(),
        ..lesson.clone()
    };
    assert!(Run::restore(&other, &saved).is_none());
    let mut shorter = lesson.clone();
    shorter.beats.pop();
    assert!(Run::restore(&shorter, &saved).is_none());
    let none = Saved {
        branches: Vec::new(),
        ..saved.clone()
    };
    assert!(Run::restore(&lesson, &none).is_none());
    let far = Saved {
        branch: 7,
        cursor: 1_000_000,
        ..saved
    };
    assert!(
        Run::restore(&lesson, &far).is_some(),
        "what is out of range is brought into it"
    );
}

#[test]
fn an_answer_is_kept_and_held_against_what_happened() {
    let mut lesson = lesson();
    lesson.beats[1].predict = Some(Prediction {
        choices: vec!["demo-statefulset-0".to_owned(), "none".to_owned()],
        answer: "nextCreated".to_owned(),
        ..Prediction::default()
    });
    let mut run = Run::new(&lesson);
    assert!(!run.answer_with(&lesson, "none"), "nothing is asked yet");
    play(&mut run, &lesson);
    run.next_beat(&lesson);
    assert!(run.asks(&lesson) && run.pointable(&lesson).len() == 2);
    assert!(!run.answer_with(&lesson, "pv-a"), "it is no choice");
    run.answer_with(&lesson, "none");
    run.answer_with(&lesson, "none");
    assert_eq!(run.answer(), "", "the choice was taken back");
    run.answer_with(&lesson, "none");
    assert_eq!(run.right(&lesson), None);
    play(&mut run, &lesson);
    assert!(!run.answer_with(&lesson, "demo-statefulset-0"), "too late");
    assert_eq!(run.right(&lesson).as_deref(), Some("demo-statefulset-0"));
    let back = Run::restore(&lesson, &run.save()).expect("it fits");
    assert_eq!(back.answer(), "none");
}

#[test]
fn an_order_is_chosen_one_after_the_other() {
    let mut lesson = lesson();
    let pods = ["a", "b", "c"].map(str::to_owned);
    lesson.beats[0].predict = Some(Prediction {
        choices: pods.to_vec(),
        ordered: true,
        answer: "orderCreated".to_owned(),
        ..Prediction::default()
    });
    let mut run = Run::new(&lesson);
    for (choice, expected) in [("b", "b"), ("a", "b a"), ("b", "a"), ("c", "a c")] {
        run.answer_with(&lesson, choice);
        assert_eq!(run.answer(), expected);
    }
}

#[test]
fn a_challenge_is_met_by_whatever_meets_its_goal() {
    let mut lesson = lesson();
    lesson.beats[0].challenge = Some(lesson::Challenge::default());
    lesson.beats[0].until = lesson::Until::ClaimExists("data-demo-statefulset-0".to_owned());
    let mut run = Run::new(&lesson);
    assert_eq!(run.beat_state(), BeatState::Going);
    let typed = |line: &str| Action::Command(line.to_owned());
    run.act(&lesson, typed("kubectl create -f volumes.yaml"));
    run.finish_beat(&lesson);
    assert_eq!(run.beat_state(), BeatState::Going, "rest is not enough");
    run.act(&lesson, typed("kubectl create -f set.yaml"));
    run.finish_beat(&lesson);
    assert_eq!(run.beat_state(), BeatState::Done);
}

#[test]
fn side_by_side_every_frame_of_both_branches_is_looked_at_once_and_in_the_order_of_time() {
    let (lesson, mut run) = played(2);
    run.previous_beat();
    run.previous_beat();
    run.seek(1);
    let command = "kubectl delete pv pv-a".to_owned();
    assert!(run.act(&lesson, Action::Command(command)));
    while run.forward(&lesson) {}
    let (other, differs) = run.other().expect("there are two branches");
    let ends = [
        run.timeline().frames().len() - 1,
        run.timeline().frames_of(other).len() - 1,
    ];
    run.compare(true);
    let here = |run: &Run| {
        let (branch, number) = run.beside().expect("they are compared");
        assert_eq!(branch, other);
        (run.timeline().cursor(), number)
    };
    run.seek(0);
    let mut seen = vec![here(&run)];
    while run.forward(&lesson) {
        seen.push(here(&run));
    }
    assert!(run.at_rest());
    assert_eq!(seen.last().copied(), Some((ends[0], ends[1])));
    let differs = differs.expect("they differ");
    for pair in seen.windows(2) {
        let steps = (pair[1].0 - pair[0].0, pair[1].1 - pair[0].1);
        match pair[1].0 < differs && pair[1].1 < differs {
            true => assert_eq!(steps, (1, 1), "what happens on both is seen on both"),
            false => assert!(steps.0 + steps.1 >= 1 && steps.0 <= 1, "{pair:?}"),
        }
    }
    while run.back() {
        seen.pop();
        assert_eq!(Some(here(&run)), seen.last().copied());
    }
    assert_eq!(seen.len(), 1);
    run.compare(false);
    assert_eq!(run.beside(), None);
}
