//! A lesson as a single file, to be given away and opened in the page; and prose made safe, as anybody
//! may have written such a file.
//!
//! The first line is `ordinal-lesson 1`; each other line is the lesson in one language, as JSON.

use crate::document::Lesson;

/// Raised whenever older files can't be read any more.
pub const FORMAT: u32 = 1;
const MARK: &str = "ordinal-lesson ";

/// What the ids of lessons from files begin with, so that they never are those of the page's own.
pub const PREFIX: &str = "file-";

const NODES_MAX: usize = 20;
const BEATS_MAX: usize = 100;

/// Why a file is not opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// It is no lesson, or one that can't be played: what is wrong.
    NoLesson(String),
    /// It was packed by a version that writes this other format.
    OtherVersion(String),
}

/// The file of a lesson, given in each of its languages.
///
/// # Errors
/// What JSON can't hold.
pub fn write(lessons: &[Lesson]) -> Result<String, serde_json::Error> {
    let mut text = format!("{MARK}{FORMAT}\n");
    for lesson in lessons {
        text.push_str(&serde_json::to_string(lesson)?);
        text.push('\n');
    }
    Ok(text)
}

/// The lesson of a file, in each of its languages; at least one.
///
/// # Errors
/// Why it is not opened.
pub fn read(text: &str) -> Result<Vec<Lesson>, Refused> {
    let no_lesson = |what: &str| Refused::NoLesson(what.to_owned());
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let format = first.strip_prefix(MARK);
    let format = format.ok_or_else(|| no_lesson("it does not begin with `ordinal-lesson`"))?;
    if format.trim().parse() != Ok(FORMAT) {
        return Err(Refused::OtherVersion(
            format.trim().chars().take(20).collect(),
        ));
    }
    let mut lessons: Vec<Lesson> = Vec::new();
    for line in lines.filter(|line| !line.trim().is_empty()) {
        let lesson = crate::json::parse(line);
        let lesson =
            lesson.ok_or_else(|| no_lesson("a line of it is not as this page knows it"))?;
        lessons.push(playable(lesson).map_err(no_lesson)?);
    }
    let Some(id) = lessons.first().map(|lesson| &lesson.id) else {
        return Err(no_lesson("nothing is in it"));
    };
    match lessons.iter().all(|lesson| lesson.id == *id) {
        true => Ok(lessons),
        false => Err(no_lesson("there are several in it")),
    }
}

/// The lesson in this language, or in the first that it has.
pub fn choose<'a>(lessons: &'a [Lesson], lang: &str) -> Option<&'a Lesson> {
    let wanted = lessons.iter().find(|lesson| lesson.lang == lang);
    wanted.or(lessons.first())
}

/// What could make the page slow, or take the place of something else, is refused.
fn playable(mut lesson: Lesson) -> Result<Lesson, &'static str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if !(1..=64).contains(&lesson.id.len()) || !lesson.id.bytes().all(plain) {
        return Err("its `id` is not made of letters, digits and `-`");
    }
    if !(1..=NODES_MAX).contains(&lesson.nodes) {
        return Err("it has no nodes, or more than 20");
    }
    if !(1..=BEATS_MAX).contains(&lesson.beats.len()) {
        return Err("it has no beats, or more than 100");
    }
    lesson.id.insert_str(0, PREFIX);
    Ok(lesson)
}

/// All elements that prose is made of. None can do or load anything.
const ELEMENTS: [&str; 18] = [
    "p",
    "em",
    "strong",
    "code",
    "pre",
    "ul",
    "ol",
    "li",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "br",
    "hr",
    "del",
    "blockquote",
];

/// HTML with nothing in it but the elements of prose, without attributes. Other tags are left out, and
/// what is between them stays, as text: no `<` comes through that does not begin one of the elements.
/// Code is marked as not to be translated.
pub fn tame(html: &str) -> String {
    let mut tamed = String::with_capacity(html.len() + 64);
    let mut rest = html;
    while let Some((text, after)) = rest.split_once('<') {
        tamed.push_str(text);
        let Some((tag, after_tag)) = after.split_once('>') else {
            tamed.push_str("&lt;");
            rest = after;
            continue;
        };
        rest = after_tag;
        let (slash, inside) = match tag.strip_prefix('/') {
            Some(inside) => ("/", inside),
            None => ("", tag),
        };
        let end = inside.find(|c: char| c.is_ascii_whitespace() || c == '/');
        let name = &inside[..end.unwrap_or(inside.len())];
        if let Some(name) = ELEMENTS.iter().find(|element| **element == name) {
            let marked = *name == "code" && slash.is_empty();
            let attributes = if marked {
                " lang=\"en\" translate=\"no\""
            } else {
                ""
            };
            for part in ["<", slash, name, attributes, ">"] {
                tamed.push_str(part);
            }
        }
    }
    tamed.push_str(rest);
    tamed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Beat;

    fn lesson() -> Lesson {
        Lesson {
            id: "mine".to_owned(),
            lang: "en".to_owned(),
            title: "Mine".to_owned(),
            intro: String::new(),
            seed: 1,
            nodes: 3,
            files: Default::default(),
            setup: Vec::new(),
            beats: vec![Beat::default()],
            sandbox: false,
        }
    }

    #[test]
    fn what_is_packed_can_be_read_in_its_languages() {
        let chinese = Lesson {
            lang: "zh".to_owned(),
            ..lesson()
        };
        let read = read(&write(&[lesson(), chinese]).unwrap()).unwrap();
        assert_eq!(read.len(), 2);
        let check = |lang: &str, expected: &str| {
            let chosen = choose(&read, lang).unwrap();
            assert_eq!(
                (chosen.id.as_str(), chosen.lang.as_str()),
                ("file-mine", expected)
            );
        };
        check("en", "en");
        check("zh", "zh");
        check("fr", "en");
    }

    #[test]
    fn what_is_no_lesson_is_refused_and_said_to_be() {
        let check = |text: &str, expected: &str| {
            let refused = read(text).unwrap_err();
            assert!(format!("{refused:?}").contains(expected), "{refused:?}");
        };
        let packed = |change: fn(&mut Lesson)| {
            let mut lesson = lesson();
            change(&mut lesson);
            write(&[lesson]).unwrap()
        };
        check("", "does not begin with");
        check("PK\u{3}\u{4}", "does not begin with");
        check("ordinal-lesson 2\n{}", "OtherVersion(\"2\")");
        check("ordinal-lesson 1\n", "nothing is in it");
        check("ordinal-lesson 1\n{}", "not as this page knows it");
        check(&packed(|lesson| lesson.id = "../x".to_owned()), "its `id`");
        check(&packed(|lesson| lesson.id.clear()), "its `id`");
        check(&packed(|lesson| lesson.nodes = usize::MAX), "more than 20");
        check(&packed(|lesson| lesson.beats.clear()), "no beats");
        let two = [
            packed(|_| {}),
            packed(|lesson| lesson.id.push('2'))
                .split_once('\n')
                .unwrap()
                .1
                .to_owned(),
        ];
        check(&two.concat(), "several");
    }

    #[test]
    fn only_the_elements_of_prose_come_through() {
        let check = |html: &str, expected: &str| assert_eq!(tame(html), expected, "{html}");
        check("<p>a &lt; b</p>", "<p>a &lt; b</p>");
        check(
            "<code>x</code>",
            "<code lang=\"en\" translate=\"no\">x</code>",
        );
        check("<p onclick=\"steal()\">x</p >", "<p>x</p>");
        check("<ol start=\"2\"><li>x</li></ol>", "<ol><li>x</li></ol>");
        check("a<br />b<hr/>", "a<br>b<hr>");
        check("<img src=x onerror=alert(1)>x", "x");
        check("<script>alert(1)</script>", "alert(1)");
        check("<svg/onload=alert(1)>", "");
        check("<P><SCRIPT>x</SCRIPT>", "x");
        check("<<script>script>x", "script>x");
        check("<p title='>'><img src=x>", "<p>'>");
        check("<!-- <p> --> x", " --> x");
        check("a < b", "a &lt; b");
        check("<p", "&lt;p");
        check("<a href=\"javascript:x\">go</a>", "go");
        check("<style>p{}</style><template><p>", "p{}<p>");
    }
}
