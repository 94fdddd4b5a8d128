//! A lesson's text in one language, cut at its headings.

use std::collections::BTreeMap;

/// A lesson's text, cut at its headings: `# Title`, then `## id: Title of the beat`, and within a beat
/// `### key: Text` for questions.
pub(super) struct Prose<'a> {
    pub(super) title: &'a str,
    pub(super) intro: String,
    pub(super) sections: BTreeMap<&'a str, Section<'a>>,
    /// Line and id of sections whose id was there before.
    pub(super) repeated: Vec<(usize, &'a str)>,
    /// How many lines there are.
    pub(super) lines: usize,
}

pub(super) struct Section<'a> {
    pub(super) line: usize,
    pub(super) title: &'a str,
    pub(super) text: String,
    pub(super) parts: Vec<Part<'a>>,
}

/// What is said about a question.
pub(super) struct Part<'a> {
    pub(super) line: usize,
    /// `ask`, `choice`, `wrong`, `goal`, `nudge` or `point`.
    pub(super) key: &'a str,
    /// The answer that it is about, if it is about one.
    pub(super) of: &'a str,
    pub(super) title: &'a str,
    pub(super) text: String,
}

impl<'a> Section<'a> {
    pub(super) fn part(&self, key: &str, of: &str) -> Option<&Part<'a>> {
        let mut parts = self.parts.iter();
        parts.find(|part| part.key == key && part.of == of)
    }

    /// A new part, begun by a heading.
    fn begin(&mut self, line: usize, heading: &'a str) {
        let (head, title) = heading.split_once(':').unwrap_or((heading, ""));
        let (key, of) = head.trim().split_once(' ').unwrap_or((head.trim(), ""));
        self.parts.push(Part {
            line,
            key,
            of: of.trim(),
            title: title.trim(),
            text: String::new(),
        });
    }
}

impl<'a> Prose<'a> {
    pub(super) fn parse(text: &'a str) -> Prose<'a> {
        let mut prose = Prose {
            title: "",
            intro: String::new(),
            sections: BTreeMap::new(),
            repeated: Vec::new(),
            lines: text.lines().count().max(1),
        };
        let mut current: Option<&str> = None;
        for (index, line) in text.lines().enumerate() {
            if let Some(title) = line.strip_prefix("# ")
                && index == 0
            {
                prose.title = title.trim();
            } else if let Some(heading) = line.strip_prefix("## ") {
                current = Some(prose.begin(index + 1, heading));
            } else {
                let section = current.and_then(|id| prose.sections.get_mut(id));
                if let Some(heading) = line.strip_prefix("### ")
                    && let Some(section) = section
                {
                    section.begin(index + 1, heading);
                    continue;
                }
                let text = match section {
                    None => &mut prose.intro,
                    Some(section) => match section.parts.last_mut() {
                        None => &mut section.text,
                        Some(part) => &mut part.text,
                    },
                };
                text.push_str(line);
                text.push('\n');
            }
        }
        prose
    }

    /// A new section; gives its id.
    fn begin(&mut self, line: usize, heading: &'a str) -> &'a str {
        let (id, title) = heading.split_once(':').unwrap_or((heading, ""));
        let section = Section {
            line,
            title: title.trim(),
            text: String::new(),
            parts: Vec::new(),
        };
        let id = id.trim();
        if self.sections.insert(id, section).is_some() {
            self.repeated.push((line, id));
        }
        id
    }
}
