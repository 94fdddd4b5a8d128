//! A line as the shell sees it: words, quotes, operators, loops. What a shell can do beyond that is
//! refused in clear words, never done halfway.

use std::iter::Peekable;
use std::rc::Rc;
use std::str::Chars;

use crate::note::Note;
use crate::script::Inside;

/// A command of a line, its words still as they were typed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Command {
    pub(crate) words: Vec<String>,
    /// Operator and file.
    pub(crate) redirects: Vec<(&'static str, String)>,
}

/// Commands with `|` between them, and what has to be so for them to be run.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Item {
    /// `&&` or `||`; anything else means that it is run in any case.
    pub(crate) connector: &'static str,
    pub(crate) commands: Vec<Command>,
    /// Whether `&` follows.
    pub(crate) background: bool,
    /// The pod in which it is run, if it isn't the learner's own shell.
    pub(crate) inside: Option<Rc<Inside>>,
    /// It is a loop; the commands are those that its output goes through.
    pub(crate) each: Option<Rc<Loop>>,
}

/// `for NAME in WORDS; do BODY; done`
#[derive(Debug, PartialEq)]
pub(crate) struct Loop {
    pub(crate) name: String,
    /// As they were typed.
    pub(crate) words: Vec<String>,
    pub(crate) body: Vec<Item>,
}

/// The most commands that a loop may come to.
pub(crate) const ITEMS_MAX: usize = 500;

/// Why a line can't be read.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fault {
    /// It asks for what this shell cannot do.
    Note(Note),
    /// The word that bash stumbles over.
    Unexpected(String),
    /// A here document goes on in the next line.
    Unfinished,
}

impl From<Note> for Fault {
    fn from(note: Note) -> Fault {
        Fault::Note(note)
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Operator(&'static str),
}

/// The longest come first.
const OPERATORS: &[&str] = &[
    "<<<", "<<", "&>", "&&", "||", ">>", ";;", ";", "|", "&", ">", "<", "(", ")",
];

/// Words that begin what is not simulated.
const KEYWORDS: &[&str] = &[
    "if", "while", "until", "case", "function", "select", "{", "!", "[[",
];

/// What a line is to do.
///
/// # Errors
/// What this shell cannot do or understand.
pub(crate) fn parse(line: &str) -> Result<Vec<Item>, Fault> {
    let tokens = tokens(line)?;
    let mut items = Vec::new();
    let mut rest = tokens.as_slice();
    list(&mut rest, "", &mut items)?;
    Ok(items)
}

/// Reads commands up to the word `end`.
fn list(rest: &mut &[Token], end: &str, items: &mut Vec<Item>) -> Result<(), Fault> {
    let mut connector = "";
    loop {
        match rest.first() {
            Some(Token::Operator(";")) => *rest = &rest[1..],
            None if end.is_empty() => return Ok(()),
            None => return Err(unexpected("newline")),
            Some(Token::Word(word)) if !end.is_empty() && word == end => {
                *rest = &rest[1..];
                return Ok(());
            }
            Some(Token::Word(word)) if word == "for" => {
                *rest = &rest[1..];
                let mut item = repeat(rest)?;
                item.connector = connector;
                match rest.first() {
                    Some(Token::Operator("|")) => {
                        *rest = &rest[1..];
                        item.commands = pipeline(rest, "", &[])?.commands;
                    }
                    // As if it went through `cat`.
                    Some(Token::Operator(">" | ">>")) => {
                        item.commands = pipeline(rest, "", &["cat"])?.commands;
                    }
                    Some(Token::Operator("2>" | "&>" | "<")) => {
                        return Err(not_simulated("This redirection of a whole loop").into());
                    }
                    _ => {}
                }
                items.push(item);
            }
            Some(Token::Word(word)) if KEYWORDS.contains(&word.as_str()) => {
                return Err(not_simulated(&format!("`{word}`")).into());
            }
            Some(_) => items.push(pipeline(rest, connector, &[])?),
        }
        connector = match rest.first() {
            Some(Token::Operator(operator @ ("&&" | "||"))) => {
                *rest = &rest[1..];
                if rest.is_empty() {
                    return Err(unexpected("newline"));
                }
                operator
            }
            Some(Token::Operator(operator)) if *operator != ";" => {
                return Err(unexpected(operator));
            }
            _ => "",
        };
    }
}

/// `for NAME in WORDS; do …; done`: its commands once for each word.
fn repeat(rest: &mut &[Token]) -> Result<Item, Fault> {
    let [Token::Word(name), Token::Word(within), ..] = rest else {
        return Err(unexpected("for"));
    };
    if within != "in" || !is_name(name) {
        return Err(unexpected(within));
    }
    *rest = &rest[2..];
    let mut words = Vec::new();
    while let Some(Token::Word(word)) = rest.first() {
        words.push(word.clone());
        *rest = &rest[1..];
    }
    while let Some(Token::Operator(";")) = rest.first() {
        *rest = &rest[1..];
    }
    match rest.first() {
        Some(Token::Word(word)) if word == "do" => *rest = &rest[1..],
        _ => return Err(unexpected("for")),
    }
    let mut body = Vec::new();
    list(rest, "done", &mut body)?;
    Ok(Item {
        each: Some(Rc::new(Loop {
            name: name.clone(),
            words,
            body,
        })),
        ..Item::default()
    })
}

/// Commands with pipes between them; the first one may have words already.
fn pipeline(rest: &mut &[Token], connector: &'static str, first: &[&str]) -> Result<Item, Fault> {
    let words = first.iter().map(|word| (*word).to_owned()).collect();
    let command = Command {
        words,
        ..Command::default()
    };
    let mut item = Item {
        connector,
        commands: vec![command],
        ..Item::default()
    };
    while let Some(token) = rest.first() {
        let after = &rest[1..];
        let command = item.commands.last_mut().expect("there is one");
        match token {
            Token::Word(word) => command.words.push(word.clone()),
            Token::Operator("|") if !command.words.is_empty() && !after.is_empty() => {
                item.commands.push(Command::default());
            }
            Token::Operator("&") if !command.words.is_empty() => {
                item.background = true;
                *rest = after;
                break;
            }
            Token::Operator(
                operator @ (">" | ">>" | "<" | "<<" | "<<<" | "2>" | "2>>" | "2>&1" | "&>"),
            ) => {
                let target = match after.first() {
                    _ if *operator == "2>&1" => String::new(),
                    Some(Token::Word(target)) => {
                        *rest = after;
                        target.clone()
                    }
                    _ => return Err(unexpected("newline")),
                };
                command.redirects.push((operator, target));
            }
            Token::Operator("(") => return Err(not_simulated("( … )").into()),
            Token::Operator(operator) if command.words.is_empty() => {
                return Err(unexpected(operator));
            }
            Token::Operator(_) => break,
        }
        *rest = &rest[1..];
    }
    Ok(item)
}

fn tokens(line: &str) -> Result<Vec<Token>, Fault> {
    let mut tokens = Vec::new();
    let mut word: Option<String> = None;
    // The last token up to which here documents have been read.
    let mut read = 0;
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            ' ' | '\t' | '\r' => tokens.extend(word.take().map(Token::Word)),
            '\n' => {
                tokens.extend(word.take().map(Token::Word));
                here_documents(&mut tokens[read..], &mut letters)?;
                tokens.push(Token::Operator(";"));
                read = tokens.len();
            }
            '#' if word.is_none() => while letters.next_if(|letter| *letter != '\n').is_some() {},
            '\'' | '"' => {
                let word = word.get_or_insert_default();
                word.push(letter);
                quoted(letter, &mut letters, word)?;
            }
            '\\' => match letters.next() {
                Some('\n') | None => {}
                Some(letter) => word.get_or_insert_default().extend(['\\', letter]),
            },
            '`' => return Err(not_simulated("Command substitution (`…`)").into()),
            '$' => {
                let word = word.get_or_insert_default();
                word.push('$');
                substitution(&mut letters, word)?;
            }
            '>' if matches!(word.as_deref(), Some("1" | "2")) => {
                let errors = word.take().as_deref() == Some("2");
                let operator = match (letters.next_if_eq(&'>'), errors) {
                    (Some(_), true) => "2>>",
                    (Some(_), false) => ">>",
                    (None, false) => ">",
                    (None, true) if letters.next_if_eq(&'&').is_some() => {
                        letters.next_if_eq(&'1');
                        "2>&1"
                    }
                    (None, true) => "2>",
                };
                tokens.push(Token::Operator(operator));
            }
            _ => {
                let rest = letters.clone();
                let two = |known: &str| {
                    let mut known = known.chars();
                    let first = known.next() == Some(letter);
                    first
                        && known.all({
                            let mut rest = rest.clone();
                            move |wanted| rest.next() == Some(wanted)
                        })
                };
                match OPERATORS.iter().find(|operator| two(operator)) {
                    Some(operator) => {
                        tokens.extend(word.take().map(Token::Word));
                        tokens.push(Token::Operator(operator));
                        operator.chars().skip(1).for_each(|_| {
                            letters.next();
                        });
                    }
                    None => word.get_or_insert_default().push(letter),
                }
            }
        }
    }
    tokens.extend(word.map(Token::Word));
    here_documents(&mut tokens[read..], &mut letters)?;
    Ok(tokens)
}

/// Puts the lines of a here document in the place of the word that ends it: in quotation marks, so
/// that it is expanded if that word stands without any.
fn here_documents(tokens: &mut [Token], letters: &mut Peekable<Chars<'_>>) -> Result<(), Fault> {
    for at in 1..tokens.len() {
        let (before, Token::Word(typed)) = (&tokens[at - 1], &tokens[at]) else {
            continue;
        };
        if *before != Token::Operator("<<") {
            continue;
        }
        // `<<-` leaves out tabulators.
        let (tabs, mark) = match typed.strip_prefix('-') {
            Some(mark) => (true, mark),
            None => (false, typed.as_str()),
        };
        let quoted = mark.contains(['\'', '"', '\\']);
        let end = literal(mark).join(" ");
        let mut text = String::new();
        loop {
            if letters.peek().is_none() {
                return Err(Fault::Unfinished);
            }
            let line: String = letters.by_ref().take_while(|l| *l != '\n').collect();
            let line = match tabs {
                true => line.trim_start_matches('\t'),
                false => &line,
            };
            if line == end {
                break;
            }
            text.push_str(line);
            text.push('\n');
        }
        tokens[at] = Token::Word(match quoted {
            true => quoted_word(&text),
            false => format!(
                "\"{}\"",
                text.replace("\\\"", "\\\\\"").replace('"', "\\\"")
            ),
        });
    }
    Ok(())
}

/// Copies what is between quotation marks, the last one included.
fn quoted(quote: char, letters: &mut Peekable<Chars<'_>>, word: &mut String) -> Result<(), Note> {
    while let Some(letter) = letters.next() {
        word.push(letter);
        match letter {
            _ if letter == quote => return Ok(()),
            '\\' if quote == '"' => word.extend(letters.next()),
            '`' if quote == '"' => return Err(not_simulated("Command substitution (`…`)")),
            '$' if quote == '"' => substitution(letters, word)?,
            _ => {}
        }
    }
    Err(Note::UnclosedQuote { quote })
}

/// After a `$`: copies `(…)` as a whole.
fn substitution(letters: &mut Peekable<Chars<'_>>, word: &mut String) -> Result<(), Note> {
    if letters.next_if_eq(&'(').is_none() {
        return Ok(());
    }
    if letters.peek() == Some(&'(') {
        return Err(not_simulated("Arithmetic ($((…)))"));
    }
    word.push('(');
    let mut depth = 1;
    while let Some(letter) = letters.next() {
        word.push(letter);
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            '\'' | '"' => {
                while let Some(within) = letters.next() {
                    word.push(within);
                    if within == letter {
                        break;
                    }
                    if within == '\\' && letter == '"' {
                        word.extend(letters.next());
                    }
                }
            }
            '\\' => word.extend(letters.next()),
            _ => {}
        }
        if depth == 0 {
            return Ok(());
        }
    }
    Err(Note::UnclosedQuote { quote: '(' })
}

/// What stands after a `$`.
pub(crate) enum Expansion<'a> {
    Variable(&'a str),
    Command(&'a str),
}

/// The words that a typed word comes to; `value` says what an expansion comes to.
///
/// # Errors
/// A remark on what this shell cannot do.
pub(crate) fn expand(
    typed: &str,
    value: &mut dyn FnMut(Expansion<'_>) -> Result<String, Note>,
) -> Result<Vec<String>, Note> {
    let mut fields = Vec::new();
    for typed in braces(typed) {
        let mut word: Option<String> = None;
        let mut rest = typed.as_str();
        while let Some(letter) = rest.chars().next() {
            rest = &rest[letter.len_utf8()..];
            match letter {
                '\'' => {
                    let (quoted, after) = rest.split_once('\'').unwrap_or((rest, ""));
                    word.get_or_insert_default().push_str(quoted);
                    rest = after;
                }
                '"' => double_quoted(&mut rest, word.get_or_insert_default(), value)?,
                '\\' => {
                    let letter = rest.chars().next();
                    word.get_or_insert_default().extend(letter);
                    rest = &rest[letter.map_or(0, char::len_utf8)..];
                }
                '$' => match expansion(&mut rest)? {
                    None => word.get_or_insert_default().push('$'),
                    Some(what) => {
                        let text = value(what)?;
                        split(&text, &mut word, &mut fields);
                    }
                },
                letter => word.get_or_insert_default().push(letter),
            }
        }
        fields.extend(word);
    }
    Ok(fields)
}

/// Blanks in what comes of an expansion end words.
fn split(text: &str, word: &mut Option<String>, fields: &mut Vec<String>) {
    for (number, part) in text.split([' ', '\t', '\n']).enumerate() {
        if number > 0 {
            fields.extend(word.take());
        }
        if !part.is_empty() {
            word.get_or_insert_default().push_str(part);
        }
    }
}

/// Between double quotes, `\` protects only what would have a meaning there.
fn double_quoted(
    rest: &mut &str,
    word: &mut String,
    value: &mut dyn FnMut(Expansion<'_>) -> Result<String, Note>,
) -> Result<(), Note> {
    while let Some(letter) = rest.chars().next() {
        *rest = &rest[letter.len_utf8()..];
        match letter {
            '"' => return Ok(()),
            '\\' => {
                let Some(next) = rest.chars().next() else {
                    break;
                };
                *rest = &rest[next.len_utf8()..];
                match next {
                    '"' | '\\' | '$' | '`' => word.push(next),
                    '\n' => {}
                    _ => word.extend(['\\', next]),
                }
            }
            '$' => match expansion(rest)? {
                None => word.push('$'),
                Some(what) => word.push_str(&value(what)?),
            },
            letter => word.push(letter),
        }
    }
    Ok(())
}

/// Takes what stands after a `$`, if that has a meaning.
fn expansion<'a>(rest: &mut &'a str) -> Result<Option<Expansion<'a>>, Note> {
    let all = *rest;
    if let Some(after) = all.strip_prefix('(') {
        let mut word = String::new();
        let mut letters = all.chars().peekable();
        substitution(&mut letters, &mut word)?;
        let inner = word.len() - 2;
        *rest = &all[word.len()..];
        return Ok(Some(Expansion::Command(&after[..inner])));
    }
    if let Some(after) = all.strip_prefix('{') {
        let (name, after) = after.split_once('}').unwrap_or((after, ""));
        if !is_name(name) {
            return Err(not_simulated(&format!("${{{name}}}")));
        }
        *rest = after;
        return Ok(Some(Expansion::Variable(name)));
    }
    let length = match all.chars().next() {
        Some('?' | '@' | '*' | '#' | '$' | '!' | '-' | '0'..='9') => 1,
        _ => all
            .find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_')
            .unwrap_or(all.len()),
    };
    let (name, after) = all.split_at(length);
    *rest = after;
    Ok((length > 0).then_some(Expansion::Variable(name)))
}

/// `web-{0,1}`, `{0..4}`: the words that braces come to, in words without quotation marks.
fn braces(word: &str) -> Vec<String> {
    let one = || vec![word.to_owned()];
    if word.contains(['\'', '"', '\\', '$']) {
        return one();
    }
    let Some((before, rest)) = word.split_once('{') else {
        return one();
    };
    let Some((inner, after)) = rest.split_once('}') else {
        return one();
    };
    let parts: Vec<String> = match inner.split_once("..") {
        _ if inner.contains(',') => inner.split(',').map(str::to_owned).collect(),
        Some((from, to)) => match (from.parse::<i32>(), to.parse::<i32>()) {
            (Ok(from), Ok(to))
                if from <= to && i64::from(to) - i64::from(from) < ITEMS_MAX as i64 =>
            {
                (from..=to).map(|number| number.to_string()).collect()
            }
            _ => return one(),
        },
        None => return one(),
    };
    let ends = braces(after);
    if parts.len() * ends.len() > ITEMS_MAX {
        return one();
    }
    let whole = |part: &String| {
        let ends = ends.iter();
        ends.map(|end| format!("{before}{part}{end}"))
            .collect::<Vec<_>>()
    };
    parts.iter().flat_map(whole).collect()
}

/// Whether this may be the name of a variable.
pub(crate) fn is_name(text: &str) -> bool {
    let letter = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    text.chars().all(letter)
        && !text.starts_with(|letter: char| letter.is_ascii_digit())
        && !text.is_empty()
}

pub(crate) fn not_simulated(what: &str) -> Note {
    Note::ShellNotSimulated {
        what: what.to_owned(),
    }
}

/// A word that comes to this text, whatever stands in it.
pub(crate) fn quoted_word(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn unexpected(token: &str) -> Fault {
    Fault::Unexpected(token.to_owned())
}

/// The words that a typed word comes to if nothing in it is expanded.
pub(crate) fn literal(typed: &str) -> Vec<String> {
    expand(typed, &mut |_| Ok(String::new())).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words of a line of one command, `$x` being `a b`.
    fn split(line: &str) -> Result<Vec<String>, Fault> {
        let items = parse(line)?;
        let words = items
            .iter()
            .flat_map(|item| &item.commands)
            .flat_map(|command| &command.words);
        let mut all = Vec::new();
        for word in words {
            all.extend(expand(word, &mut |expansion| match expansion {
                Expansion::Variable("x") => Ok("a b".to_owned()),
                Expansion::Variable(name) => Ok(format!("<{name}>")),
                Expansion::Command(line) => Ok(format!("({line})")),
            })?);
        }
        Ok(all)
    }

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
        check(
            "$x \"$x\" -$x- ${x}c '$x'",
            &["a", "b", "a b", "-a", "b-", "a", "bc", "$x"],
        );
        check("$? $name.y", &["<?>", "<name>.y"]);
        check(
            "\"$(a 'b)' \"c\")\" $(d | e)f",
            &["(a 'b)' \"c\")", "(d", "|", "e)f"],
        );
        check(
            "web-{0..2} {a,b}{c,d}",
            &["web-0", "web-1", "web-2", "ac", "ad", "bc", "bd"],
        );
        check(
            "{.items[*].name} {a..b} '{a,b}'",
            &["{.items[*].name}", "{a..b}", "{a,b}"],
        );
    }

    #[test]
    fn lines_are_lists_of_pipes() {
        let check = |line: &str, expected: &str| {
            fn told(item: &Item) -> String {
                let command = |command: &Command| {
                    let redirects = command.redirects.iter();
                    let redirects: String =
                        redirects.map(|(op, to)| format!(" {op}{to}")).collect();
                    command.words.join(" ") + &redirects
                };
                if let Some(each) = &item.each {
                    let body: Vec<String> = each.body.iter().map(told).collect();
                    let words = each.words.join(" ");
                    return format!("for {} in {words} {{{}}}", each.name, body.join("; "));
                }
                let commands: Vec<String> = item.commands.iter().map(command).collect();
                let end = if item.background { " &" } else { "" };
                format!("{}{}{end}", item.connector, commands.join(" | "))
            }
            let told: Vec<String> = parse(line).unwrap().iter().map(told).collect();
            assert_eq!(told.join("; "), expected, "{line}");
        };
        check("a; b", "a; b");
        check("a && b || c;", "a; &&b; ||c");
        check("a|b | c", "a | b | c");
        check("a >x 2>&1 b 2>/dev/null", "a b >x 2>&1 2>/dev/null");
        check("a<x>>y", "a <x >>y");
        check("a & b", "a &; b");
        check("a\nb", "a; b");
        check(
            "for i in 0 $x; do a $i | b; done; c",
            "for i in 0 $x {a $i | b}; c",
        );
        check("for i in {0..1}\ndo a\ndone", "for i in {0..1} {a}");
        check("a <<E\nx \"y\"\nE\nb", "a <<\"x \\\"y\\\"\n\"; b");
        check("a <<-'E' | b\n\tit's\n\tE", "a <<'it'\\''s\n' | b");
        check("a <<<x", "a <<<x");
    }

    #[test]
    fn what_it_cannot_do_it_says() {
        let check = |line: &str, expected: &str| {
            let told = match split(line).unwrap_err() {
                Fault::Note(note) => note.to_string(),
                Fault::Unexpected(token) => format!("unexpected {token}"),
                Fault::Unfinished => "unfinished".to_owned(),
            };
            assert_eq!(told, expected, "{line:?}");
        };
        check("cat <<EOF", "unfinished");
        check("cat <<EOF\nx", "unfinished");
        check(
            "while true; do a; done",
            "`while` is not simulated in this shell.",
        );
        check("(a; b)", "( … ) is not simulated in this shell.");
        check(
            "echo `date`",
            "Command substitution (`…`) is not simulated in this shell.",
        );
        check(
            "echo $((1+1))",
            "Arithmetic ($((…))) is not simulated in this shell.",
        );
        check("echo ${x:-y}", "${x:-y} is not simulated in this shell.");
        check("echo 'x", "A ' is opened and never closed.");
        check("echo \"x", "A \" is opened and never closed.");
        check("echo \"x\\", "A \" is opened and never closed.");
        check("a $(b", "A ( is opened and never closed.");
        check("| a", "unexpected |");
        check("a |", "unexpected |");
        check("a && ", "unexpected newline");
        check("a >", "unexpected newline");
        check("for i in a; b", "unexpected for");
    }
}
