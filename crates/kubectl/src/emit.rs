//! `-o yaml` and `-o json`: the bytes that `sigs.k8s.io/yaml` and Go's `encoding/json` write.

use serde_json::Value;

use crate::yaml;

/// Columns after which a long plain or quoted text is broken at a space.
const BEST_WIDTH: usize = 80;

/// A document in YAML, ended by a newline.
pub(crate) fn to_yaml(value: &Value) -> String {
    let mut emitter = Emitter {
        text: String::new(),
    };
    match value {
        Value::Object(fields) if !fields.is_empty() => emitter.map(fields, 0),
        Value::Array(elements) if !elements.is_empty() => emitter.list(elements, 0),
        scalar => {
            emitter.scalar(scalar, 0);
            emitter.text.push('\n');
        }
    }
    emitter.text
}

/// JSON indented by four spaces, ended by a newline.
pub(crate) fn to_json(value: &Value) -> String {
    let mut text = String::new();
    json(value, 0, &mut text);
    text.push('\n');
    text
}

/// JSON in one line.
pub(crate) fn to_compact_json(value: &Value) -> String {
    escape_html(&value.to_string())
}

/// Go writes these three as escapes, so that JSON can stand in HTML.
fn escape_html(text: &str) -> String {
    text.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
}

fn json(value: &Value, depth: usize, text: &mut String) {
    let line = |text: &mut String, depth: usize| {
        text.push('\n');
        text.push_str(&"    ".repeat(depth));
    };
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            text.push('{');
            for (index, (key, field)) in fields.iter().enumerate() {
                text.push_str(if index > 0 { "," } else { "" });
                line(text, depth + 1);
                text.push_str(&escape_html(&Value::from(key.as_str()).to_string()));
                text.push_str(": ");
                json(field, depth + 1, text);
            }
            line(text, depth);
            text.push('}');
        }
        Value::Array(elements) if !elements.is_empty() => {
            text.push('[');
            for (index, element) in elements.iter().enumerate() {
                text.push_str(if index > 0 { "," } else { "" });
                line(text, depth + 1);
                json(element, depth + 1, text);
            }
            line(text, depth);
            text.push(']');
        }
        scalar => text.push_str(&escape_html(&scalar.to_string())),
    }
}

struct Emitter {
    text: String,
}

impl Emitter {
    fn indent(&mut self, indent: usize) {
        self.text.extend(std::iter::repeat_n(' ', indent));
    }

    fn column(&self) -> usize {
        let line = self.text.rfind('\n').map_or(0, |at| at + 1);
        self.text[line..].chars().count()
    }

    fn map(&mut self, fields: &serde_json::Map<String, Value>, indent: usize) {
        for (index, (key, value)) in fields.iter().enumerate() {
            if index > 0 {
                self.indent(indent);
            }
            self.string(key, indent, true);
            self.text.push(':');
            self.value(value, indent);
        }
    }

    /// What follows `key:`, with the end of its line. A list stands at the key's own indentation.
    fn value(&mut self, value: &Value, indent: usize) {
        match value {
            Value::Object(fields) if !fields.is_empty() => {
                self.text.push('\n');
                self.indent(indent + 2);
                self.map(fields, indent + 2);
            }
            Value::Array(elements) if !elements.is_empty() => {
                self.text.push('\n');
                self.indent(indent);
                self.list(elements, indent);
            }
            scalar => {
                self.text.push(' ');
                self.scalar(scalar, indent);
                self.text.push('\n');
            }
        }
    }

    fn list(&mut self, elements: &[Value], indent: usize) {
        for (index, element) in elements.iter().enumerate() {
            if index > 0 {
                self.indent(indent);
            }
            self.text.push_str("- ");
            match element {
                Value::Object(fields) if !fields.is_empty() => self.map(fields, indent + 2),
                Value::Array(elements) if !elements.is_empty() => self.list(elements, indent + 2),
                scalar => {
                    self.scalar(scalar, indent);
                    self.text.push('\n');
                }
            }
        }
    }

    fn scalar(&mut self, value: &Value, indent: usize) {
        match value {
            Value::String(text) => self.string(text, indent, false),
            Value::Object(_) => self.text.push_str("{}"),
            Value::Array(_) => self.text.push_str("[]"),
            other => self.text.push_str(&other.to_string()),
        }
    }

    fn string(&mut self, text: &str, indent: usize, key: bool) {
        let look = Look::at(text);
        if text.contains('\n') && look.literal && !key {
            self.literal(text, indent + 2);
        } else if !text.contains('\n') && !means_something_else(text) {
            if look.plain {
                self.folded(text, indent + 2, key, "", |letter| letter.to_string());
            } else if look.single {
                let double =
                    |letter: char| letter.to_string().repeat(1 + usize::from(letter == '\''));
                self.folded(text, indent + 2, key, "'", double);
            } else {
                self.double_quoted(text, indent + 2, key);
            }
        } else {
            self.double_quoted(text, indent + 2, key);
        }
    }

    /// Plain and single-quoted text; long lines are broken at single spaces.
    fn folded(
        &mut self,
        text: &str,
        indent: usize,
        key: bool,
        quote: &str,
        write: impl Fn(char) -> String,
    ) {
        self.text.push_str(quote);
        let letters: Vec<char> = text.chars().collect();
        let mut column = self.column();
        let mut after_space = false;
        for (at, &letter) in letters.iter().enumerate() {
            let inside = quote.is_empty() || (at > 0 && at + 1 < letters.len());
            let alone = letter == ' ' && !after_space && letters.get(at + 1) != Some(&' ');
            if alone && !key && inside && column > BEST_WIDTH {
                self.text.push('\n');
                self.indent(indent);
                column = indent;
            } else {
                let written = write(letter);
                column += written.chars().count();
                self.text.push_str(&written);
            }
            after_space = letter == ' ';
        }
        self.text.push_str(quote);
    }

    fn double_quoted(&mut self, text: &str, indent: usize, key: bool) {
        self.text.push('"');
        let letters: Vec<char> = text.chars().collect();
        let mut column = self.column();
        let mut after_space = false;
        for (at, &letter) in letters.iter().enumerate() {
            let fold = letter == ' ' && !after_space && at > 0 && at + 1 < letters.len();
            if fold && !key && column > BEST_WIDTH {
                self.text.push('\n');
                self.indent(indent);
                column = indent;
                if letters.get(at + 1) == Some(&' ') {
                    self.text.push('\\');
                    column += 1;
                }
                after_space = true;
                continue;
            }
            after_space = letter == ' ';
            let written = escaped(letter);
            column += written.chars().count();
            self.text.push_str(&written);
        }
        self.text.push('"');
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.text.push('|');
        if text.starts_with([' ', '\n']) {
            self.text.push('2');
        }
        if !text.ends_with('\n') {
            self.text.push('-');
        } else if text == "\n" || text.ends_with("\n\n") {
            self.text.push('+');
        }
        for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
            self.text.push('\n');
            if !line.is_empty() {
                self.indent(indent);
                self.text.push_str(line);
            }
        }
    }
}

fn escaped(letter: char) -> String {
    match letter {
        '"' => "\\\"".to_owned(),
        '\\' => "\\\\".to_owned(),
        '\0' => "\\0".to_owned(),
        '\x07' => "\\a".to_owned(),
        '\x08' => "\\b".to_owned(),
        '\t' => "\\t".to_owned(),
        '\n' => "\\n".to_owned(),
        '\x0b' => "\\v".to_owned(),
        '\x0c' => "\\f".to_owned(),
        '\r' => "\\r".to_owned(),
        '\x1b' => "\\e".to_owned(),
        '\u{85}' => "\\N".to_owned(),
        '\u{a0}' => "\\_".to_owned(),
        '\u{2028}' => "\\L".to_owned(),
        '\u{2029}' => "\\P".to_owned(),
        '\u{feff}' => "\\uFEFF".to_owned(),
        _ if printable(letter) => letter.to_string(),
        _ => match u32::from(letter) {
            code @ 0..=0xff => format!("\\x{code:02X}"),
            code @ 0x100..=0xffff => format!("\\u{code:04X}"),
            code => format!("\\U{code:08X}"),
        },
    }
}

fn printable(letter: char) -> bool {
    matches!(letter, '\n' | '\x20'..='\x7e' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
        && letter != '\u{feff}'
}

/// Whether the text, unquoted, would be read as something other than text.
fn means_something_else(text: &str) -> bool {
    text == "<<"
        || !matches!(yaml::plain_value(text), Some(Value::String(_)))
        || is_timestamp(text)
        || is_base_60(text)
}

/// `2026-05-05`, with or without a time.
fn is_timestamp(text: &str) -> bool {
    let (date, time) = match text.find(['T', 't', ' ']) {
        Some(at) => (&text[..at], Some(&text[at + 1..])),
        None => (text, None),
    };
    let numbers = |text: &str, separator: char, highest: [u32; 3]| {
        let parts: Vec<&str> = text.split(separator).collect();
        parts.len() == 3
            && parts.iter().zip(highest).all(|(part, highest)| {
                part.bytes().all(|byte| byte.is_ascii_digit())
                    && part.parse::<u32>().is_ok_and(|number| number <= highest)
            })
    };
    let day = date.find('-') == Some(4) && numbers(date, '-', [9999, 12, 31]);
    day && time.is_none_or(|time| {
        let end = time.find(['Z', '+', '-', '.']).unwrap_or(time.len());
        numbers(&time[..end], ':', [23, 59, 59])
    })
}

/// `12:30:45`, which YAML 1.1 reads as a number.
fn is_base_60(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let mut parts = digits.split(':');
    let whole = parts.next().unwrap_or_default();
    let mut sixtieths = parts.peekable();
    whole.starts_with(|c: char| c.is_ascii_digit())
        && whole
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'_')
        && sixtieths.peek().is_some()
        && sixtieths.all(|part| {
            let part = part.split_once('.').map_or(part, |(whole, _)| whole);
            matches!(part.len(), 1 | 2) && part.parse::<u32>().is_ok_and(|number| number < 60)
        })
}

/// How a text may be written (`yaml_emitter_analyze_scalar`).
struct Look {
    plain: bool,
    single: bool,
    literal: bool,
}

impl Look {
    fn at(text: &str) -> Look {
        let letters: Vec<char> = text.chars().collect();
        let blank = |at: usize| {
            letters
                .get(at)
                .is_none_or(|c| matches!(c, ' ' | '\t' | '\n' | '\r'))
        };
        let mut indicators = text.starts_with("---") || text.starts_with("...");
        let mut special = false;
        let mut space_before_break = false;
        for (at, &letter) in letters.iter().enumerate() {
            let first = at == 0;
            indicators |= match letter {
                '#' => first || blank(at - 1),
                ':' => blank(at + 1),
                '-' | '?' => first && blank(at + 1),
                ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%'
                | '@' | '`' => first,
                _ => false,
            };
            special |= !printable(letter);
            space_before_break |= letter == ' ' && letters.get(at + 1) == Some(&'\n');
        }
        let edge = |c: Option<&char>| matches!(c, Some(' ' | '\n'));
        let space_at_edge = edge(letters.first()) || edge(letters.last());
        let trailing_space = letters.last() == Some(&' ');
        let broken = special || space_before_break;
        Look {
            plain: !broken && !indicators && !space_at_edge && !text.is_empty(),
            single: !broken,
            literal: !broken && !trailing_space,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn yaml_looks_as_kubectl_prints_it() {
        let check = |value: Value, expected: &str| assert_eq!(to_yaml(&value), expected);
        check(
            json!({"b": [{"y": 1, "x": {}}, [1, [2]], "s"], "a": {"n": null, "l": []}}),
            "a:\n  l: []\n  \"n\": null\nb:\n- x: {}\n  \"y\": 1\n- - 1\n  - - 2\n- s\n",
        );
        check(json!([]), "[]\n");
        check(json!("x"), "x\n");
        check(
            json!({"c": "{\"a\":1}\n", "d": "one\n\ntwo"}),
            "c: |\n  {\"a\":1}\nd: |-\n  one\n\n  two\n",
        );
    }

    #[test]
    fn strings_are_quoted_where_they_must_be() {
        let check = |text: &str, expected: &str| {
            assert_eq!(
                to_yaml(&json!({"k": text})),
                format!("k: {expected}\n"),
                "{text:?}"
            );
            let read = yaml::to_values(&to_yaml(&json!({"k": text}))).unwrap();
            assert_eq!(read, [json!({"k": text})], "{text:?} reads back");
        };
        check("plain text", "plain text");
        check("", "\"\"");
        check("188", "\"188\"");
        check("1Mi", "1Mi");
        check("true", "\"true\"");
        check("yes", "\"yes\"");
        check("null", "\"null\"");
        check("~", "\"~\"");
        check("0x1f", "\"0x1f\"");
        check("1.5", "\"1.5\"");
        check("2026-05-05T12:00:00Z", "\"2026-05-05T12:00:00Z\"");
        check("2026-05-05", "\"2026-05-05\"");
        check("12:30", "\"12:30\"");
        check("10.0.0.1:80", "10.0.0.1:80");
        check("a: b", "'a: b'");
        check("it's", "it's");
        check("'quoted'", "'''quoted'''");
        check("- x", "'- x'");
        check("-x", "-x");
        check("#x", "'#x'");
        check("a #b", "'a #b'");
        check("*x", "'*x'");
        check("[x", "'[x'");
        check("x]", "x]");
        check(" x", "' x'");
        check("x:", "'x:'");
        check("tab\there", "\"tab\\there\"");
        check("bell\u{7}", "\"bell\\a\"");
        check("中文", "中文");
        check("a \nb", "\"a \\nb\"");
        check("---x", "'---x'");
        check("<<", "\"<<\"");
    }

    #[test]
    fn long_lines_are_broken_at_spaces() {
        let words = |count: usize| vec!["0123456789"; count].join(" ");
        let check = |text: String, expected: String| {
            assert_eq!(to_yaml(&json!({"message": text})), expected);
        };
        check(words(9), format!("message: {}\n  {}\n", words(7), words(2)));
        check(
            format!("{}: x", words(9)),
            format!("message: '{}\n  {}: x'\n", words(7), words(2)),
        );
        check(
            format!("{}\t", words(9)),
            format!("message: \"{}\n  {}\\t\"\n", words(7), words(2)),
        );
    }

    #[test]
    fn json_looks_as_go_prints_it() {
        let value = json!({"b": [1, {"x": "<&>"}], "a": {}, "c": []});
        assert_eq!(
            to_json(&value),
            "{\n    \"a\": {},\n    \"b\": [\n        1,\n        {\n            \"x\": \"\\u003c\\u0026\\u003e\"\n        }\n    ],\n    \"c\": []\n}\n"
        );
        assert_eq!(to_compact_json(&json!({"x": "<"})), "{\"x\":\"\\u003c\"}");
    }
}
