//! What stands after a `|`: `grep`, `head`, `tail`, `wc`, `sort`.

use crate::order::sorted_by_key;

/// The flags of such a command, with their values and grep's pattern, and the names of files after
/// them.
pub(crate) fn flags<'a>(name: &str, words: &'a [String]) -> (&'a [String], &'a [String]) {
    let mut at = 0;
    let mut pattern = name != "grep";
    while let Some(word) = words.get(at) {
        let takes_value = match name {
            "head" | "tail" => matches!(word.as_str(), "-n" | "-c"),
            "sort" => word == "-k",
            "grep" => matches!(word.as_str(), "-A" | "-B" | "-C" | "-m" | "-e"),
            _ => false,
        };
        if word.starts_with('-') && word.len() > 1 {
            pattern |= word == "-e";
            at += if takes_value { 2 } else { 1 };
        } else if pattern {
            break;
        } else {
            pattern = true;
            at += 1;
        }
    }
    words.split_at(at.min(words.len()))
}

/// Sends a text through a command: what comes out, and the exit code.
pub(crate) fn run(words: &[String], text: &str, complaint: &mut String) -> (String, i32) {
    let name = words.first().map_or("", String::as_str);
    let given = words.get(1..).unwrap_or_default();
    match name {
        "grep" => grep(given, text, complaint),
        "head" | "tail" => part(name == "head", given, text, complaint),
        "sort" => (sort(given, text), 0),
        "wc" => (wc(given, text), 0),
        "cat" => (text.to_owned(), 0),
        _ => {
            complaint.push_str(&format!("bash: {name}: command not found\n"));
            (String::new(), 127)
        }
    }
}

/// Whether a letter was given among flags such as `-in`.
fn has(words: &[String], letter: char) -> bool {
    let mut flags = words
        .iter()
        .filter(|word| word.starts_with('-') && !word.starts_with("--"));
    flags.any(|word| word.contains(letter))
}

fn grep(words: &[String], text: &str, complaint: &mut String) -> (String, i32) {
    let number = |flags: [&str; 2]| {
        let at = words.iter().position(|word| flags.contains(&word.as_str()));
        let value = at.and_then(|at| words.get(at + 1)?.parse::<usize>().ok());
        value.unwrap_or(0)
    };
    let mut plain = words.iter().enumerate().filter(|(at, word)| {
        let valued = ["-A", "-B", "-C", "-m"];
        let value = at
            .checked_sub(1)
            .is_some_and(|at| valued.contains(&words[at].as_str()));
        !value && (!word.starts_with('-') || word.len() == 1)
    });
    let Some((_, pattern)) = plain.next() else {
        complaint.push_str(
            "Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.\n",
        );
        return (String::new(), 2);
    };
    let (fold, invert) = (has(words, 'i'), has(words, 'v'));
    let pattern = match fold {
        true => pattern.to_ascii_lowercase(),
        false => pattern.clone(),
    };
    // What grep itself calls basic is read as if it were extended: `\|` and `|` are both "or".
    let pattern = pattern.replace("\\|", "|").replace("\\+", "+");
    let choices: Vec<Vec<char>> = match has(words, 'F') {
        true => vec![pattern.chars().flat_map(|letter| ['\\', letter]).collect()],
        false => pattern
            .split('|')
            .map(|choice| choice.chars().collect())
            .collect(),
    };
    let lines: Vec<&str> = text.lines().collect();
    let hits: Vec<bool> = lines
        .iter()
        .map(|line| {
            let line = match fold {
                true => line.to_ascii_lowercase(),
                false => (*line).to_owned(),
            };
            let letters: Vec<char> = line.chars().collect();
            choices
                .iter()
                .any(|choice| found(choice, &letters, has(words, 'w')))
                != invert
        })
        .collect();
    let count = hits.iter().filter(|hit| **hit).count();
    let code = i32::from(count == 0);
    if has(words, 'c') {
        return (format!("{count}\n"), code);
    }
    if has(words, 'q') {
        return (String::new(), code);
    }
    let (after, before) = (number(["-A", "-C"]), number(["-B", "-C"]));
    let mut out = String::new();
    for (at, line) in lines.iter().enumerate() {
        let from = at.saturating_sub(after);
        let to = (at + before).min(lines.len() - 1);
        if hits[from..=to].contains(&true) {
            out.push_str(line);
            out.push('\n');
        }
    }
    (out, code)
}

/// Steps that a pattern may take on a line, so that no pattern takes for ever.
const STEPS_MAX: u32 = 20_000;

/// Whether a pattern of letters, `.`, `*`, `+`, `?`, `[…]`, `^` and `$` is found in a line.
fn found(pattern: &[char], line: &[char], whole_words: bool) -> bool {
    let (pattern, anchored) = match pattern.split_first() {
        Some(('^', rest)) => (rest, true),
        _ => (pattern, false),
    };
    let mut steps = STEPS_MAX;
    let is_word = |at: Option<&char>| at.is_some_and(|c| c.is_ascii_alphanumeric() || *c == '_');
    (0..=line.len())
        .take(if anchored { 1 } else { usize::MAX })
        .any(|at| {
            let before = at.checked_sub(1).and_then(|at| line.get(at));
            (!whole_words || !is_word(before))
                && matches(pattern, &line[at..], &mut steps, &|rest: &[char]| {
                    !whole_words || !is_word(rest.first())
                })
        })
}

/// Whether the line begins as the pattern says, and goes on as `end` says.
fn matches(
    pattern: &[char],
    line: &[char],
    steps: &mut u32,
    end: &dyn Fn(&[char]) -> bool,
) -> bool {
    *steps = steps.saturating_sub(1);
    let Some((first, _)) = pattern.split_first() else {
        return end(line);
    };
    if *steps == 0 {
        return false;
    }
    if *first == '$' && pattern.len() == 1 {
        return line.is_empty() && end(line);
    }
    let length = match first {
        '\\' => pattern.len().min(2),
        '[' => {
            let close = pattern.iter().skip(2).position(|letter| *letter == ']');
            close.map_or(1, |at| at + 3)
        }
        _ => 1,
    };
    let (atom, rest) = pattern.split_at(length);
    let fits = |letter: char| match atom {
        ['.'] => true,
        ['\\', wanted] => letter == *wanted,
        ['[', '^', set @ .., ']'] => !in_set(set, letter),
        ['[', set @ .., ']'] => in_set(set, letter),
        [wanted, ..] => letter == *wanted,
        [] => false,
    };
    let (least, most, rest) = match rest.split_first() {
        Some(('*', rest)) => (0, usize::MAX, rest),
        Some(('+', rest)) => (1, usize::MAX, rest),
        Some(('?', rest)) => (0, 1, rest),
        _ => (1, 1, rest),
    };
    let mut taken = line
        .iter()
        .take(most)
        .take_while(|letter| fits(**letter))
        .count();
    loop {
        if taken < least {
            return false;
        }
        if matches(rest, &line[taken..], steps, end) {
            return true;
        }
        if taken == 0 {
            return false;
        }
        taken -= 1;
    }
}

fn in_set(set: &[char], letter: char) -> bool {
    set.contains(&letter)
        || set
            .windows(3)
            .any(|range| range[1] == '-' && (range[0]..=range[2]).contains(&letter))
}

/// `head` and `tail`, with `-n N` or `-N`; `tail -n +N` begins with that line.
fn part(head: bool, words: &[String], text: &str, complaint: &mut String) -> (String, i32) {
    let given = match words {
        [flag, number, ..] if flag == "-n" => Some(number.as_str()),
        [flag, ..] => Some(
            flag.strip_prefix("-n")
                .or(flag.strip_prefix('-'))
                .unwrap_or(flag),
        ),
        [] => None,
    };
    let name = if head { "head" } else { "tail" };
    let given = given.unwrap_or("10");
    let Ok(number) = given.trim_start_matches(['+', '-']).parse::<usize>() else {
        complaint.push_str(&format!("{name}: invalid number of lines: '{given}'\n"));
        return (String::new(), 1);
    };
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let (from, to) = match head {
        true if given.starts_with('-') => (0, lines.len().saturating_sub(number)),
        true => (0, number.min(lines.len())),
        false if given.starts_with('+') => (number.saturating_sub(1).min(lines.len()), lines.len()),
        false => (lines.len().saturating_sub(number), lines.len()),
    };
    (lines[from..to].concat(), 0)
}

/// `sort`, with `-r`, `-n`, `-u` and `-k N`.
fn sort(words: &[String], text: &str) -> String {
    let column = words.iter().enumerate().find_map(|(at, word)| {
        let rest = word.strip_prefix("-k")?;
        let number = if rest.is_empty() {
            words.get(at + 1)?
        } else {
            rest
        };
        number.split(',').next()?.parse::<usize>().ok()
    });
    let key = |line: &&str| {
        let from = match column {
            None => (*line).to_owned(),
            Some(column) => {
                let cells: Vec<&str> = line
                    .split_whitespace()
                    .skip(column.saturating_sub(1))
                    .collect();
                cells.join(" ")
            }
        };
        let digits: String = from
            .trim_start()
            .chars()
            .take_while(char::is_ascii_digit)
            .collect();
        let number = has(words, 'n').then(|| digits.parse::<u64>().unwrap_or(0));
        (number, from)
    };
    let mut lines = sorted_by_key(text.lines(), key);
    if has(words, 'r') {
        lines.reverse();
    }
    if has(words, 'u') {
        lines.dedup();
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// `wc`, with `-l`, `-w` and `-c`.
fn wc(words: &[String], text: &str) -> String {
    let counts = [
        ('l', text.matches('\n').count()),
        ('w', text.split_whitespace().count()),
        ('c', text.len()),
    ];
    let chosen = counts.iter().filter(|(letter, _)| has(words, *letter));
    let chosen: Vec<String> = chosen.map(|(_, count)| count.to_string()).collect();
    match chosen.is_empty() {
        true => {
            counts
                .iter()
                .map(|(_, count)| format!("{count:8}"))
                .collect::<String>()
                + "\n"
        }
        false => chosen.join(" ") + "\n",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_chosen_counted_and_ordered() {
        let text = "NAME READY\nweb-0 1/1\nweb-10 0/1\nweb-2 1/1\n";
        let check = |command: &str, expected: &str| {
            let words: Vec<String> = command.split(' ').map(str::to_owned).collect();
            assert_eq!(
                run(&words, text, &mut String::new()).0,
                expected,
                "{command}"
            );
        };
        check("grep web-1", "web-10 0/1\n");
        check("grep -v web", "NAME READY\n");
        check("grep -i READY", "NAME READY\n");
        check("grep -c web", "3\n");
        check("grep ^w.*2", "web-2 1/1\n");
        check("grep 1/1$", "web-0 1/1\nweb-2 1/1\n");
        check("grep -E web-[0-9]{2}", "");
        check("grep -E NAME|-2", "NAME READY\nweb-2 1/1\n");
        check("grep -w web-1", "");
        check("grep -A 1 NAME", "NAME READY\nweb-0 1/1\n");
        check("grep nope", "");
        check("head -n 1", "NAME READY\n");
        check("head -2", "NAME READY\nweb-0 1/1\n");
        check("tail -n +2", "web-0 1/1\nweb-10 0/1\nweb-2 1/1\n");
        check("tail -1", "web-2 1/1\n");
        check("wc -l", "4\n");
        check("wc", "       4       8      42\n");
        check("sort -r", "web-2 1/1\nweb-10 0/1\nweb-0 1/1\nNAME READY\n");
        check(
            "sort -k 2",
            "web-10 0/1\nweb-0 1/1\nweb-2 1/1\nNAME READY\n",
        );
        check("sort -nu", "NAME READY\nweb-0 1/1\nweb-10 0/1\nweb-2 1/1\n");
        let slow: Vec<String> = ["grep", &"a*".repeat(30)].map(str::to_owned).to_vec();
        run(&slow, &"a".repeat(200), &mut String::new());
    }
}
