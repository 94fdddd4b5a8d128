use super::*;
use crate::rehearsal::rehearse;

const STRUCTURE: &str =
    "order: 1\nseed: 7\nbeats:\n- id: look\n  run: kubectl get nodes\n  until: now\n";
const PROSE: &str = "# Nodes\n\nAbout nodes.\n\n## look: Three of them\n\nCount.\n";

fn compiled(structure: &str, prose: &str) -> Result<(u32, Lesson), Vec<String>> {
    let manifests = Files::new();
    let source = Source {
        id: "demo",
        structure,
        lang: "en",
        prose,
        manifests: &manifests,
    };
    compile(source, &|markdown| markdown.trim().to_owned())
}

#[test]
fn a_lesson_is_structure_and_prose() {
    let (order, lesson) = compiled(STRUCTURE, PROSE).unwrap();
    assert_eq!(order, 1);
    assert_eq!(
        (lesson.title.as_str(), lesson.intro.as_str()),
        ("Nodes", "About nodes.")
    );
    assert_eq!(lesson.beats[0].title, "Three of them");
    assert_eq!(lesson.beats[0].until, Until::Now);
    assert!(rehearse(&lesson).is_ok());
}

#[test]
fn problems_of_the_text_name_file_line_and_section() {
    let check = |prose: &str, expected: &[&str]| {
        assert_eq!(compiled(STRUCTURE, prose).unwrap_err(), expected);
    };
    check("# N\n", &["demo/en.md:1: there is no section `## look: …`"]);
    check(
        "\n## look: L\nx\n## lok: L\nx\n",
        &[
            "demo/en.md:1: the first line is not `# Title`",
            "demo/en.md:4: section `lok` belongs to no beat",
        ],
    );
    check(
        "# N\n## look: L\n\n",
        &["demo/en.md:2: section `look` has no text"],
    );
    check(
        "# N\n## look\nx\n",
        &["demo/en.md:2: section `look` has no title"],
    );
    check(
        "# N\n## look: L\nx\n## look: L\nx\n",
        &["demo/en.md:4: section `look` is there twice"],
    );
}

#[test]
fn problems_of_the_structure_name_file_line_and_key() {
    let check = |old: &str, new: &str, expected: &str| {
        assert!(STRUCTURE.contains(old), "{old}");
        let found = compiled(&STRUCTURE.replace(old, new), PROSE).unwrap_err();
        assert!(
            found.len() == 1 && found[0].starts_with(expected),
            "{found:?} should be {expected}"
        );
    };
    check("seed: 7\n", "", "demo/lesson.yaml:1: missing field `seed`");
    check(
        "seed: 7\n",
        "seed: 7\nsede: 8\n",
        "demo/lesson.yaml:3: unknown field `sede`",
    );
    check(
        "order: 1\n",
        "order: 1\norder: 2\n",
        "demo/lesson.yaml:2: `order` is there twice",
    );
    check(
        "  until: now\n",
        "  untill: now\n",
        "demo/lesson.yaml:6: beats[0]: unknown field `untill`",
    );
    check(
        "  until: now\n",
        "- id: b\n  until: later\n",
        "demo/lesson.yaml:7: beats[1].until: unknown variant `later`",
    );
    check(
        "- id: look\n",
        "- name: look\n",
        "demo/lesson.yaml:4: beats[0]: unknown field `name`",
    );
    check(
        "  run: kubectl get nodes\n",
        "  do:\n    unredy: web-0\n",
        "demo/lesson.yaml:6: beats[0].do: unknown variant `unredy`",
    );
    check(
        "  until: now\n",
        "  do:\n    ready: web-0\n",
        "demo/lesson.yaml:6: beats[0].do: a beat has `run` or `do`, not both",
    );
    check(
        "  run: kubectl get nodes\n",
        "  fails: true\n",
        "demo/lesson.yaml:5: beats[0].fails: there is no command to fail",
    );
    check(
        "  until: now\n",
        "  until: now\n- id: look\n",
        "demo/lesson.yaml:7: beats[1].id: `look` is there twice",
    );
    check(
        "beats:\n",
        "files:\n- a.yaml\nbeats:\n",
        "demo/lesson.yaml:4: files[0]: there is no manifest `a.yaml`",
    );
    check("beats:\n", "beats: [\n", "demo/lesson.yaml:4: ");
    check(
        "order: 1\n",
        "order: one\n",
        "demo/lesson.yaml:1: invalid type: string \"one\"",
    );
}

#[test]
fn questions_have_their_words() {
    let structure = |asked: &str| STRUCTURE.replace("  until: now\n", asked);
    let prose = |parts: &str| [PROSE, parts].concat();
    let check = |asked: &str, parts: &str, expected: &str| {
        let found = compiled(&structure(asked), &prose(parts)).unwrap_err();
        assert!(
            found.len() == 1 && found[0].starts_with(expected),
            "{found:?}"
        );
    };
    let asked = "  predict:\n    choose: [a, none]\n    answer: nextCreated\n";
    let words = "### ask: Which?\n### wrong a:\nNot a.\n";
    let (_, lesson) = compiled(&structure(asked), &prose(words)).unwrap();
    let predict = lesson.beats[0].predict.as_ref().unwrap();
    assert_eq!(
        (predict.question.as_str(), predict.reply("a")),
        ("Which?", Some("Not a."))
    );
    assert_eq!(
        lesson.beats[0].text, "Count.",
        "the parts are no text of the beat"
    );
    assert!(rehearse(&lesson).is_ok());
    check(asked, "", "demo/en.md:5: section `look` has no `### ask:`");
    check(asked, "### ask:\n", "demo/en.md:8: `### ask:` says nothing");
    check(
        "",
        words.split_once('\n').unwrap().0,
        "demo/en.md:8: nothing asks for `### ask:`",
    );
    check(
        asked,
        &words.replace("wrong a", "wrong b"),
        "demo/en.md:9: nothing asks for `### wrong b:`",
    );
    check(
        "  predict: {answer: pods, wrong: ['3']}\n",
        "### ask: How many?\n### wrong:\nNo.\n",
        "demo/en.md:5: section `look` has no `### wrong 3:`",
    );
    check(
        "  predict: {answer: cows}\n",
        "### ask: How many?\n### wrong:\nNo.\n",
        "demo/lesson.yaml:6: beats[0].predict.answer: there is no answer `cows`",
    );
}

#[test]
fn what_is_right_is_found_by_playing() {
    let check = |asked: &str, parts: &str, expected: &str| {
        let structure = STRUCTURE.replace("  until: now\n", asked);
        let prose = [PROSE, "### ask: Which?\n", parts].concat();
        let found = rehearse(&compiled(&structure, &prose).unwrap().1).unwrap_err();
        assert!(found.ends_with(expected), "{found}");
    };
    let choose = "  predict: {choose: [a, none], answer: nextCreated}\n";
    check(choose, "", "there is no `### wrong a:` to reply");
    check(
        choose,
        "### wrong none:\nx\n",
        "`none` is right, but is replied to as wrong",
    );
    let pods = "  predict: {answer: pods, wrong: ['0']}\n";
    check(
        pods,
        "### wrong:\nx\n### wrong 0:\nx\n",
        "`0` is right, but is replied to as wrong",
    );
    let prints = "  predict:\n    prints: {four: node-4, three: node-3}\n";
    let words = "### choice four: Four\n### choice three: Three\n### wrong three:\nx\n";
    check(
        prints,
        words,
        "`three` is right, but is replied to as wrong",
    );
    check(
        &prints.replace("node-3", "node-5"),
        words,
        "nothing that happens is the right answer",
    );
    let cases = "  predict:\n    cases:\n      there: {podExists: a}\n      two: {nodesReady: 2}\n";
    let words = "### choice there: It is\n### choice two: Two\n### wrong:\nx\n";
    check(cases, words, "nothing that happens is the right answer");
}

#[test]
fn a_challenge_is_solved_by_its_command_and_by_nothing_else() {
    let words = "### goal:\nx\n### nudge:\nx\n### point:\nx\n";
    let played = |until: &str| {
        let structure = STRUCTURE.replace(
            "until: now",
            &["challenge: node-1\n  until: ", until].concat(),
        );
        rehearse(&compiled(&structure, &[PROSE, words].concat()).unwrap().1).map(|_| ())
    };
    let solved = played("{nodesReady: 3}").unwrap_err();
    assert!(
        solved.ends_with("challenge: its goal is met before anything is done"),
        "{solved}"
    );
    let never = played("{podExists: a}").unwrap_err();
    assert!(never.ends_with("never comes true"), "{never}");
}

#[test]
fn each_goal_of_a_sandbox_is_tried_from_the_beginning() {
    let words = "### goal:\nx\n### nudge:\nx\n### point:\nx\n";
    let goal = "- id: look\n  challenge: node-1\n  run: kubectl run web --image=nginx\n  until: {podReady: web}\n";
    let beats = [goal, &goal.replace("look", "again")].concat();
    let prose = [PROSE, words, "## again: Again\n\nx\n", words].concat();
    let played = |sandbox: &str| {
        let structure = format!("order: 1\nseed: 7\n{sandbox}beats:\n{beats}");
        rehearse(&compiled(&structure, &prose).unwrap().1).map(|(_, ends)| ends.len())
    };
    assert_eq!(played("sandbox: true\n"), Ok(2));
    let met = played("").unwrap_err();
    assert!(met.contains("its goal is met before"), "{met}");
}

#[test]
fn a_large_button_has_its_words() {
    let structure = [STRUCTURE, "  big: true\n"].concat();
    let found = compiled(&structure, PROSE).unwrap_err();
    assert_eq!(found, ["demo/en.md:5: section `look` has no `### big:`"]);
    let (_, lesson) = compiled(&structure, &[PROSE, "### big: Look\n"].concat()).unwrap();
    assert_eq!(lesson.beats[0].big.as_deref(), Some("Look"));
}
