use serde_json::json;

use super::*;

fn values(text: &str) -> Vec<Value> {
    let stream = read(text);
    assert_eq!(stream.fault, None, "{text:?}");
    stream
        .documents
        .iter()
        .map(|document| document.root.to_value())
        .collect()
}

#[test]
fn streams_of_documents() {
    let check = |text: &str, expected: Vec<Value>| assert_eq!(values(text), expected, "{text:?}");
    check("", vec![]);
    check("# nothing\n", vec![]);
    check("---\n---\n", vec![]);
    check("a: 1", vec![json!({"a": 1})]);
    check(
        "---\na: 1\n---\nb: 2\n",
        vec![json!({"a": 1}), json!({"b": 2})],
    );
    check(
        "a: 1\r\n---\r\nb: x\r\n",
        vec![json!({"a": 1}), json!({"b": "x"})],
    );
    check(
        "\u{feff}a: 1\n--- # next\nb: 2\n---",
        vec![json!({"a": 1}), json!({"b": 2})],
    );
    check(
        "{\"a\": [1, \"x\", null, true]}",
        vec![json!({"a": [1, "x", null, true]})],
    );
    check(
        "a: |\n  one\n  two\nb: >-\n  x\n  y\n",
        vec![json!({"a": "one\ntwo\n", "b": "x y"})],
    );
    check(
        "8080: x\ntrue: z\n",
        vec![json!({"8080": "x", "true": "z"})],
    );
    check(
        "a: &x {b: 1}\nc: *x\n",
        vec![json!({"a": {"b": 1}, "c": {"b": 1}})],
    );
    check(
        "base: &b {x: 1, z: 2}\nd:\n  <<: *b\n  z: 3\n",
        vec![json!({"base": {"x": 1, "z": 2}, "d": {"x": 1, "z": 3}})],
    );
    check(
        "d:\n  x: 3\n  <<: [{x: 1}, {z: 2}]\n",
        vec![json!({"d": {"x": 3, "z": 2}})],
    );
    check("a: 1\na: 2\n", vec![json!({"a": 2})]);
}

#[test]
fn faults_have_line_and_column() {
    let check = |text: &str, line: usize, column: usize, told: &str| {
        let fault = read(text)
            .fault
            .unwrap_or_else(|| panic!("no fault in {text:?}"));
        let Position { line: l, column: c } = fault.position;
        assert_eq!(
            (l, c, fault.told.as_str()),
            (line, column, told),
            "{text:?}"
        );
    };
    check(
        "a: 1\nb: c: d\n",
        2,
        5,
        "line 2: mapping values are not allowed in this context",
    );
    check(
        "a: b: c\n",
        1,
        5,
        "mapping values are not allowed in this context",
    );
    check(
        "a: 1\n---\nb: 1\nc: d: e\n",
        4,
        5,
        "line 2: mapping values are not allowed in this context",
    );
    check(
        "a:\n\tb: 1\n",
        2,
        1,
        "line 2: found character that cannot start any token",
    );
    check(
        "a: [1, 2\n",
        2,
        1,
        "line 1: did not find expected ',' or ']'",
    );
    check(
        "x: y\na: {b: 1\n",
        3,
        1,
        "line 2: did not find expected ',' or '}'",
    );
    check(
        "a: \"b\nc: d\n",
        1,
        4,
        "line 3: found unexpected end of stream",
    );
    check("a: *b\n", 1, 4, "unknown anchor 'b' referenced");
    check("a: &b [*b]\n", 1, 8, "anchor 'b' value contains itself");
    check(
        "a: 1\nb\nc: 2\n",
        3,
        1,
        "line 3: could not find expected ':'",
    );
    check(
        "a: 1\n b: 2\n",
        2,
        3,
        "line 2: mapping values are not allowed in this context",
    );
    check(
        "- a\nb: 1\n",
        2,
        1,
        "line 1: did not find expected '-' indicator",
    );
    check(
        "a: @x\n",
        1,
        4,
        "found character that cannot start any token",
    );
    check(
        "a: 1\n? [x]\n: 2\n",
        2,
        3,
        "invalid map key: a key is one word",
    );
    check("a: 1\n~: 2\n", 2, 1, "unsupported map key of type: null");
    check(
        "a:\n  <<: 3\n",
        2,
        3,
        "map merge requires map or sequence of maps as the value",
    );
    check("a: !!int x\n", 1, 4, "cannot decode !!str `x` as a !!int");
}

#[test]
fn tabs_are_found() {
    let check = |text: &str, line: usize, column: usize, told: &str| {
        let fault = read(text).fault.unwrap();
        assert_eq!(fault.position, Position { line, column }, "{text:?}");
        assert_eq!(fault.told, told, "{text:?}");
    };
    check(
        "spec:\n  name: x\n\treplicas: 1\n",
        3,
        1,
        "line 3: found a tab character that violates indentation",
    );
    check(
        "a: 1\n\tb: 1\n",
        2,
        1,
        "line 2: found a tab character that violates indentation",
    );
}

#[test]
fn laughs_and_towers_are_refused() {
    let mut laughs = String::from("a: &a [x, x, x, x, x, x, x, x, x]\n");
    for (name, next) in [
        ('a', 'b'),
        ('b', 'c'),
        ('c', 'd'),
        ('d', 'e'),
        ('e', 'f'),
        ('f', 'g'),
    ] {
        let list = vec![format!("*{name}"); 9].join(", ");
        laughs.push_str(&format!("{next}: &{next} [{list}]\n"));
    }
    let fault = read(&laughs).fault.unwrap();
    assert_eq!(fault.problem, "document contains excessive aliasing");
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", ""), ("? ", "")] {
        let tower = open.repeat(2_000) + &close.repeat(2_000);
        assert!(read(&tower).fault.is_some(), "{open}");
    }
    let mut ladder = String::from("a0: &a0 [1]\n");
    for rung in 1..400 {
        ladder.push_str(&format!("a{rung}: &a{rung} [*a{}]\n", rung - 1));
    }
    assert!(read(&ladder).fault.is_some());
}

#[test]
fn to_values_refuses_what_kubectl_takes() {
    assert_eq!(
        to_values("a: 1\n---\nb: 2\n"),
        Ok(vec![json!({"a": 1}), json!({"b": 2})])
    );
    assert_eq!(
        to_values("a: 1\nb: 2\na: 3\n"),
        Err("line 3, column 1: key \"a\" is there twice".to_owned())
    );
    assert_eq!(
        to_values("a: 1\nb: c: d\n"),
        Err("line 2, column 5: mapping values are not allowed in this context".to_owned())
    );
}

#[test]
fn fields_are_located() {
    let text = "kind: Pod\nspec:\n  containers:\n  - name: a\n    image: x\n";
    let stream = read(text);
    let check = |path: &str, line: usize, column: usize| {
        let position = stream.documents[0].root.locate(path);
        assert_eq!(position, Position { line, column }, "{path}");
    };
    check("kind", 1, 1);
    check("spec.containers[0].image", 5, 5);
    check("spec.containers[0].nothing", 4, 5);
    check("spec.containers[7]", 3, 3);
    check("metadata.name", 1, 1);
}

#[test]
fn large_texts_are_read_in_time() {
    let keys: String = (0..60_000).map(|key| format!("k{key}: {key}\n")).collect();
    assert_eq!(values(&keys)[0].as_object().unwrap().len(), 60_000);
    let list = "- x\n".repeat(100_000);
    assert_eq!(values(&list)[0].as_array().unwrap().len(), 100_000);
    let documents = "a: 1\n---\n".repeat(20_000);
    assert_eq!(values(&documents).len(), 20_000);
    assert!(read(&format!("{keys}[")).fault.is_some());
}
