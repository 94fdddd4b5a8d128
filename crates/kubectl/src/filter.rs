//! What stands after a `|`: `grep`, `head`, `tail`, `wc`, `sort`.

use crate::order::sorted_by_key;

/// Letters of flags that a value follows.
fn valued(name: &str) -> &'static str {
    match name {
        "head" | "tail" => "nc",
        "sort" => "kto",
        "grep" => "ABCme",
        _ => "",
    }
}

/// Whether the word after this flag is its value.
fn takes_next(name: &str, word: &str) -> bool {
    let letters = word.strip_prefix('-').unwrap_or_default();
    !letters.starts_with('-') && letters.ends_with(|letter| valued(name).contains(letter))
}

/// The flags of such a command, with their values and grep's pattern, and the names of files after
/// them.
pub(crate) fn flags<'a>(name: &str, words: &'a [String]) -> (&'a [String], &'a [String]) {
    let mut at = 0;
    let mut pattern = name != "grep";
    while let Some(word) = words.get(at) {
        if word.starts_with('-') && word.len() > 1 {
            pattern |= name == "grep" && word.contains('e') && takes_next(name, word);
            at += if takes_next(name, word) { 2 } else { 1 };
        } else if pattern {
            break;
        } else {
            pattern = true;
            at += 1;
        }
    }
    words.split_at(at.min(words.len()))
}

/// Sends files through a command, each under its name if there are several: what comes out, and the
/// exit code.
pub(crate) fn through(
    name: &str,
    flags: &[String],
    texts: &[(&str, String)],
    complaint: &mut String,
) -> (String, i32) {
    let mut words = vec![name.to_owned()];
    words.extend(flags.iter().cloned());
    let several = texts.len() > 1;
    if name == "sort" {
        let all: String = texts.iter().map(|(_, text)| text.as_str()).collect();
        return run(&words, &all, complaint);
    }
    let mut out = String::new();
    let mut code = if name == "grep" { 1 } else { 0 };
    for (number, (file, text)) in texts.iter().enumerate() {
        let (found, ended) = run(&words, text, complaint);
        match name {
            "grep" if ended == 0 => code = 0,
            _ if ended > 1 => return (out, ended),
            "grep" => {}
            _ => code = code.max(ended),
        }
        match name {
            "grep" if has(flags, 'l') => {
                if ended == 0 {
                    out.extend([file, "\n"]);
                }
            }
            "grep" if several && !has(flags, 'h') => {
                found
                    .lines()
                    .for_each(|line| out.extend([file, ":", line, "\n"]));
            }
            "head" | "tail" if several => {
                let gap = if number > 0 { "\n" } else { "" };
                out.push_str(&format!("{gap}==> {file} <==\n{found}"));
            }
            "wc" if !file.is_empty() => out.extend([found.trim_end(), " ", file, "\n"]),
            _ => out.push_str(&found),
        }
    }
    if name == "wc" && several {
        let all: String = texts.iter().map(|(_, text)| text.as_str()).collect();
        out.extend([run(&words, &all, complaint).0.trim_end(), " total\n"]);
    }
    (out, code)
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

/// The value after a flag: `-A 2`, `-A2`, `-nA2`.
fn value<'a>(name: &str, words: &'a [String], letter: char) -> Option<&'a str> {
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        let letters = word.strip_prefix('-').unwrap_or_default();
        if let Some(at) = letters.find(letter).filter(|_| !letters.starts_with('-')) {
            let after = letters[at + letter.len_utf8()..].trim_start_matches('=');
            return match after {
                "" => rest.next().map(String::as_str),
                after => Some(after),
            };
        }
        if takes_next(name, word) {
            rest.next();
        }
    }
    None
}

fn grep(words: &[String], text: &str, complaint: &mut String) -> (String, i32) {
    let number = |letter: char| value("grep", words, letter).and_then(|n| n.parse::<usize>().ok());
    let mut plain = None;
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        if !word.starts_with('-') || word.len() == 1 {
            plain = Some(word.as_str());
            break;
        }
        if takes_next("grep", word) {
            rest.next();
        }
    }
    let Some(pattern) = value("grep", words, 'e').or(plain) else {
        complaint.push_str(
            "Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.\n",
        );
        return (String::new(), 2);
    };
    let (fold, invert) = (has(words, 'i'), has(words, 'v'));
    let pattern = match fold {
        true => pattern.to_ascii_lowercase(),
        false => pattern.to_owned(),
    };
    let choices = match has(words, 'F') {
        true => vec![pattern.chars().flat_map(|letter| ['\\', letter]).collect()],
        false => choices(&pattern),
    };
    let whole_words = has(words, 'w');
    let lines: Vec<&str> = text.lines().collect();
    let mut hits: Vec<bool> = lines
        .iter()
        .map(|line| {
            let line = match fold {
                true => line.to_ascii_lowercase(),
                false => (*line).to_owned(),
            };
            let letters: Vec<char> = line.chars().collect();
            choices
                .iter()
                .any(|choice| found(choice, &letters, whole_words))
                != invert
        })
        .collect();
    if let Some(most) = number('m') {
        let later = hits.iter_mut().filter(|hit| **hit).skip(most);
        later.for_each(|hit| *hit = false);
    }
    let count = hits.iter().filter(|hit| **hit).count();
    let code = i32::from(count == 0);
    if has(words, 'q') || has(words, 'l') {
        return (String::new(), code);
    }
    if has(words, 'c') {
        return (format!("{count}\n"), code);
    }
    let around = number('C').unwrap_or(0);
    let (after, before) = (number('A').unwrap_or(around), number('B').unwrap_or(around));
    let mut out = String::new();
    let mut last = None;
    for (at, line) in lines.iter().enumerate() {
        let from = at.saturating_sub(after);
        let to = at.saturating_add(before).min(lines.len() - 1);
        if !hits[from..=to].contains(&true) {
            continue;
        }
        if after + before > 0 && last.is_some_and(|last| last + 1 < at) {
            out.push_str("--\n");
        }
        last = Some(at);
        if has(words, 'n') {
            let sign = if hits[at] { ':' } else { '-' };
            out.push_str(&format!("{}{sign}", at + 1));
        }
        out.extend([*line, "\n"]);
    }
    (out, code)
}

/// The most patterns that the bars of one come to.
const CHOICES_MAX: usize = 64;

/// The patterns without bars and groups that one comes to: `a(b|c)?` is `ab`, `ac` and `a`. What
/// grep itself calls basic is read as if it were extended: `\|` and `|` are both "or".
fn choices(pattern: &str) -> Vec<Vec<char>> {
    let pattern = ["|", "+", "?", "(", ")"]
        .iter()
        .fold(pattern.to_owned(), |text, sign| {
            text.replace(&format!("\\{sign}"), sign)
        });
    let mut done = Vec::new();
    let mut open = vec![pattern];
    while let Some(pattern) = open.pop() {
        if done.len() + open.len() > CHOICES_MAX {
            break;
        }
        // The innermost group first.
        let close = pattern.find(')');
        let group = close.and_then(|close| Some((pattern[..close].rfind('(')?, close)));
        match group {
            Some((begin, close)) => {
                let (before, inner) = (&pattern[..begin], &pattern[begin + 1..close]);
                let mut after = &pattern[close + 1..];
                let optional = after.strip_prefix('?');
                after = optional.unwrap_or(after);
                let inner = inner.split('|').chain(optional.map(|_| ""));
                open.extend(inner.map(|inner| [before, inner, after].concat()));
            }
            None if pattern.contains('|') => {
                open.extend(pattern.split('|').map(str::to_owned));
            }
            None => done.push(pattern.chars().collect()),
        }
    }
    done
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
    if let Some(bytes) = value(if head { "head" } else { "tail" }, words, 'c') {
        let Ok(number) = bytes.parse::<usize>() else {
            let name = if head { "head" } else { "tail" };
            complaint.push_str(&format!("{name}: invalid number of bytes: '{bytes}'\n"));
            return (String::new(), 1);
        };
        let at = if head {
            number.min(text.len())
        } else {
            text.len().saturating_sub(number)
        };
        let at = (0..=at)
            .rev()
            .find(|at| text.is_char_boundary(*at))
            .unwrap_or(0);
        return ((if head { &text[..at] } else { &text[at..] }).to_owned(), 0);
    }
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
        check("grep -n web-1", "3:web-10 0/1\n");
        check("grep -nB1 web-1", "2-web-0 1/1\n3:web-10 0/1\n");
        check("grep -A1 -e NAME", "NAME READY\nweb-0 1/1\n");
        check("grep -C 0 -m 1 web", "web-0 1/1\n");
        check("grep -A 0 -B 1 -E -e -0|-2$", "NAME READY\nweb-0 1/1\n");
        check("grep -B 1 -A 0 -e -0 ", "NAME READY\nweb-0 1/1\n");
        check("grep -E web-(0|2)", "web-0 1/1\nweb-2 1/1\n");
        check("grep web-\\(1\\)\\?0", "web-0 1/1\nweb-10 0/1\n");
        check("head -c 4", "NAME");
        check("tail -c 4", "1/1\n");
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
