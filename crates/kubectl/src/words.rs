//! A line as the shell sees it: words, quotes, comments. What a shell can do beyond that is refused
//! in clear words, never done halfway.

use crate::note::Note;

/// The words of a line.
///
/// # Errors
/// A remark on what this shell cannot do.
pub(crate) fn split(line: &str) -> Result<Vec<String>, Note> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' | '\t' | '\r' | '\n' => words.extend(word.take()),
            '#' if word.is_none() => break,
            '\'' => {
                let word = word.get_or_insert_default();
                loop {
                    match letters.next() {
                        Some('\'') => break,
                        Some(letter) => word.push(letter),
                        None => return Err(Note::UnclosedQuote { quote: '\'' }),
                    }
                }
            }
            '"' => quoted(&mut letters, word.get_or_insert_default())?,
            '\\' => match letters.next() {
                Some('\n') | None => {}
                Some(letter) => word.get_or_insert_default().push(letter),
            },
            '$' if expands(letters.peek()) => return Err(expansion(letters.peek())),
            '`' => return Err(not_simulated("Command substitution (`…`)")),
            '|' => return Err(not_simulated("A pipe (|)")),
            '<' | '>' => return Err(not_simulated("Redirection (< or >)")),
            ';' => return Err(not_simulated("Several commands in one line (;)")),
            '&' => return Err(not_simulated("&")),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    Ok(words)
}

/// Between double quotes, `\` protects only what would have a meaning there.
fn quoted(
    letters: &mut std::iter::Peekable<std::str::Chars<'_>>,
    word: &mut String,
) -> Result<(), Note> {
    loop {
        match letters.next() {
            Some('"') => return Ok(()),
            Some('\\') => match letters.next() {
                Some(letter @ ('"' | '\\' | '$' | '`')) => word.push(letter),
                Some('\n') => {}
                Some(letter) => word.extend(['\\', letter]),
                None => return Err(Note::UnclosedQuote { quote: '"' }),
            },
            Some('$') if expands(letters.peek()) => return Err(expansion(letters.peek())),
            Some('`') => return Err(not_simulated("Command substitution (`…`)")),
            Some(letter) => word.push(letter),
            None => return Err(Note::UnclosedQuote { quote: '"' }),
        }
    }
}

/// Whether `$` before this character has a meaning.
fn expands(next: Option<&char>) -> bool {
    next.is_some_and(|next| next.is_ascii_alphanumeric() || "_({?@*#$!-".contains(*next))
}

fn expansion(next: Option<&char>) -> Note {
    not_simulated(match next {
        Some('(') => "Command substitution ($(…))",
        _ => "A variable ($…)",
    })
}

fn not_simulated(what: &str) -> Note {
    Note::ShellNotSimulated {
        what: what.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_split_as_bash_splits_them() {
        let check = |line: &str, expected: &[&str]| {
            assert_eq!(split(line).unwrap(), expected, "{line:?}");
        };
        check("", &[]);
        check("  kubectl\tget   pods  ", &["kubectl", "get", "pods"]);
        check("get pods # all of them", &["get", "pods"]);
        check("a#b '#' \\#", &["a#b", "#", "#"]);
        check("-p '{\"a\": \"b c\"}'", &["-p", "{\"a\": \"b c\"}"]);
        check("-p \"{\\\"a\\\": 1}\"", &["-p", "{\"a\": 1}"]);
        check("a'b'\"c\"d", &["abcd"]);
        check("'' \"\"", &["", ""]);
        check("\"a\\nb\"", &["a\\nb"]);
        check("a\\ b", &["a b"]);
        check("*=image:2", &["*=image:2"]);
        check("cost$ $", &["cost$", "$"]);
        check("'$HOME | x > y'", &["$HOME | x > y"]);
        check("名前 “x”", &["名前", "“x”"]);
    }

    #[test]
    fn what_it_cannot_do_it_says() {
        let check = |line: &str, expected: &str| {
            assert_eq!(split(line).unwrap_err().to_string(), expected, "{line:?}");
        };
        check("a | b", "A pipe (|) is not simulated in this shell.");
        check(
            "a > b",
            "Redirection (< or >) is not simulated in this shell.",
        );
        check(
            "cat <<EOF",
            "Redirection (< or >) is not simulated in this shell.",
        );
        check(
            "a; b",
            "Several commands in one line (;) is not simulated in this shell.",
        );
        check("a && b", "& is not simulated in this shell.");
        check(
            "echo $(date)",
            "Command substitution ($(…)) is not simulated in this shell.",
        );
        check(
            "echo \"$HOME\"",
            "A variable ($…) is not simulated in this shell.",
        );
        check(
            "echo `date`",
            "Command substitution (`…`) is not simulated in this shell.",
        );
        check("echo 'x", "A ' is opened and never closed.");
        check("echo \"x", "A \" is opened and never closed.");
        check("echo \"x\\", "A \" is opened and never closed.");
    }
}
