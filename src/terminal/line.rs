//! The line being typed, and the keys that a shell's reader of lines knows.

/// A line and where its caret is, in bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Line {
    pub(super) text: String,
    pub(super) caret: usize,
}

/// What a key does to the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub(crate) enum Edit {
    Start,
    End,
    WordBack,
    WordOn,
    KillBack,
    KillOn,
    KillWord,
    Yank,
}

impl Line {
    /// A line with the caret at its end.
    pub(super) fn new(text: impl Into<String>) -> Line {
        let text = text.into();
        Line {
            caret: text.len(),
            text,
        }
    }

    /// A line as the browser knows it: it counts in units of UTF-16.
    pub(super) fn in_browser(text: String, units: u32) -> Line {
        let mut left = units as usize;
        let caret = text.char_indices().find_map(|(at, letter)| {
            if left == 0 {
                return Some(at);
            }
            left = left.saturating_sub(letter.len_utf16());
            None
        });
        Line {
            caret: caret.unwrap_or(text.len()),
            text,
        }
    }

    /// Where the caret is, in units of UTF-16.
    pub(super) fn units(&self) -> u32 {
        self.before().encode_utf16().count() as u32
    }

    /// What stands before the caret.
    pub(super) fn before(&self) -> &str {
        &self.text[..self.caret]
    }

    /// Does what a key does; what it cuts is kept in `killed`.
    pub(super) fn edit(&mut self, edit: Edit, killed: &mut String) {
        let (back, on) = (self.word_back(), self.word_on());
        match edit {
            Edit::Start => self.caret = 0,
            Edit::End => self.caret = self.text.len(),
            Edit::WordBack => self.caret = back,
            Edit::WordOn => self.caret = on,
            Edit::KillBack => self.kill(0, self.caret, killed),
            Edit::KillOn => self.kill(self.caret, self.text.len(), killed),
            Edit::KillWord => self.kill(back, self.caret, killed),
            Edit::Yank => self.put(self.caret, killed),
        }
    }

    /// Puts a text in the place of what stands between here and the caret.
    pub(super) fn put(&mut self, from: usize, text: &str) {
        self.text.replace_range(from..self.caret, text);
        self.caret = from + text.len();
    }

    fn kill(&mut self, from: usize, to: usize, killed: &mut String) {
        *killed = self.text.drain(from..to).collect();
        self.caret = from;
    }

    fn word_back(&self) -> usize {
        let before = self.before().trim_end();
        let last = before
            .char_indices()
            .rfind(|(_, letter)| letter.is_whitespace());
        last.map_or(0, |(at, letter)| at + letter.len_utf8())
    }

    fn word_on(&self) -> usize {
        let after = &self.text[self.caret..];
        let blanks = after.len() - after.trim_start().len();
        let word = after[blanks..].find(char::is_whitespace);
        word.map_or(self.text.len(), |length| self.caret + blanks + length)
    }
}

/// `!!`, and `!word` at the beginning, as the lines of the history that they mean.
pub(super) fn expand(line: &str, history: &[String]) -> String {
    let mut recent = history.iter().rev();
    let line = match recent.clone().next() {
        Some(last) if line.contains("!!") => line.replace("!!", last),
        _ => line.to_owned(),
    };
    let number = |word: &str| word.parse::<usize>().ok()?.checked_sub(1);
    let found = match line.strip_prefix('!') {
        Some(word) if number(word).is_some() => number(word).and_then(|at| history.get(at)),
        Some(word) if !word.is_empty() => recent.find(|known| known.starts_with(word)),
        _ => None,
    };
    found.cloned().unwrap_or(line)
}

/// A line of the history before this place that begins with, or holds, a text; other than `now`.
pub(super) fn earlier(
    history: &[String],
    place: usize,
    now: &str,
    fits: impl Fn(&str) -> bool,
) -> Option<usize> {
    let lines = history.iter().enumerate().take(place);
    let mut lines = lines.filter(|(_, line)| fits(line) && *line != now);
    lines.next_back().map(|(place, _)| place)
}

/// The commands of a text of many lines: comments left out, lines that end in `\` joined, prompts
/// cut off; loops and here documents in one.
pub(super) fn commands(text: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    // The word that ends what has begun.
    let mut end: Option<String> = None;
    let mut joined = false;
    for line in text.lines() {
        let here = end.as_deref().is_some_and(|end| end != "done");
        let trimmed = line.trim();
        if !here && (trimmed.is_empty() || trimmed.starts_with('#')) {
            continue;
        }
        let shown = if here { line } else { trimmed };
        let shown = match shown.strip_prefix("$ ") {
            Some(command) if !here => command,
            _ => shown,
        };
        match commands.last_mut() {
            Some(last) if joined => last.push_str(shown),
            Some(last) if end.is_some() => last.extend(["\n", shown]),
            _ => commands.push(shown.to_owned()),
        }
        let ends = end.as_deref().is_some_and(|end| match here {
            true => trimmed == end,
            false => trimmed.split([' ', ';']).any(|word| word == end),
        });
        if ends {
            end = None;
        }
        let Some(last) = commands.last_mut() else {
            continue;
        };
        joined = !here && last.ends_with('\\');
        if joined {
            last.pop();
        } else if end.is_none() && !ends {
            end = opened(last);
        }
    }
    commands
}

/// The word that ends what a command opens: a here document or a loop.
fn opened(command: &str) -> Option<String> {
    if let Some((_, after)) = command
        .split_once("<<")
        .filter(|(_, after)| !after.starts_with('<'))
    {
        let word = after.trim_start_matches('-').split_whitespace().next()?;
        return Some(word.trim_matches(['"', '\'']).to_owned());
    }
    let mut words = command.split([' ', ';']);
    let open = command.starts_with("for ") && !words.any(|word| word == "done");
    open.then(|| "done".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_do_what_a_shells_do() {
        // `|` is the caret.
        let check = |line: &str, edit: Edit, expected: &str| {
            let mut edited = Line {
                caret: line.find('|').unwrap(),
                text: line.replace('|', ""),
            };
            let mut killed = "cut".to_owned();
            edited.edit(edit, &mut killed);
            edited.text.insert(edited.caret, '|');
            assert_eq!(edited.text, expected, "{line} {edit:?}");
        };
        check("get pods|", Edit::Start, "|get pods");
        check("get| pods", Edit::End, "get pods|");
        check("get pods |x", Edit::WordBack, "get |pods x");
        check("|get", Edit::WordBack, "|get");
        check("get| 名 pods", Edit::WordOn, "get 名| pods");
        check("get po|ds", Edit::KillBack, "|ds");
        check("get po|ds", Edit::KillOn, "get po|");
        check("get pods  |x", Edit::KillWord, "get |x");
        check("get |x", Edit::Yank, "get cut|x");
    }

    #[test]
    fn the_browser_counts_otherwise() {
        for (text, units, caret) in [("a🙂b", 3, 5), ("a🙂b", 0, 0), ("ab", 9, 2), ("名b", 1, 3)]
        {
            let line = Line::in_browser(text.to_owned(), units);
            assert_eq!(line.caret, caret, "{text}");
        }
        assert_eq!(Line::new("a🙂").units(), 3);
    }

    #[test]
    fn exclamation_marks_stand_for_earlier_lines() {
        let history = ["ls", "kubectl get pods"].map(str::to_owned);
        let check = |line: &str, expected: &str| assert_eq!(expand(line, &history), expected);
        check("!!", "kubectl get pods");
        check("!! -w", "kubectl get pods -w");
        check("!l", "ls");
        check("!1", "ls");
        check("!9", "!9");
        check("!x", "!x");
        check("echo hi!", "echo hi!");
        assert_eq!(expand("!!", &[]), "!!");
    }

    #[test]
    fn a_pasted_text_becomes_commands() {
        let check = |text: &str, expected: &[&str]| assert_eq!(commands(text), expected, "{text}");
        check("", &[]);
        check("a\n\n# no\n  b  \n", &["a", "b"]);
        check("$ a \\\n  b\n$ c", &["a b", "c"]);
        check(
            "for i in 0 1; do\n  echo $i\ndone\nls",
            &["for i in 0 1; do\necho $i\ndone", "ls"],
        );
        check(
            "for i in 0; do ls; done\nls",
            &["for i in 0; do ls; done", "ls"],
        );
        check(
            "cat <<EOF | kubectl apply -f -\na:\n  # b\n  c: 1\nEOF\nls",
            &[
                "cat <<EOF | kubectl apply -f -\na:\n  # b\n  c: 1\nEOF",
                "ls",
            ],
        );
        check("cat <<'X'\nls", &["cat <<'X'\nls"]);
    }
}
