//! Every word on screen, in each language.
//!
//! A language is a text file, `static/words/<code>.txt`, which [`source`] compiles when the site is
//! built: one line a key, in the order of the keys, so that the page needs no names of keys. The page
//! fetches the one it needs. Fixed texts are fields of [`Words`]; texts with something in them are
//! methods of [`Lang`]. Names of objects stand in backticks.

pub mod source;
pub mod what;

mod keys;

use cluster::said::Said;
use cluster::{Actor, Obstacle, Reason, Subject, Time};

pub use keys::Words;
pub use what::What;

/// Lines of output that are read out; of longer ones only the number is told.
pub const PRINTED_MAX: usize = 10;

/// A language that the page can speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name {
    /// As in addresses and file names: `zh`.
    pub code: &'static str,
    /// As in `lang` attributes: `zh-Hans`.
    pub tag: &'static str,
    /// What it calls itself.
    pub name: &'static str,
}

/// A language whose words are there. They are never forgotten, so that this is as good as a name.
#[derive(Clone, Copy, Debug)]
pub struct Lang(&'static Language);

#[derive(Debug)]
struct Language {
    name: Name,
    /// All there are.
    names: Vec<Name>,
    words: Words,
    /// The texts with something in them, by number.
    texts: Vec<&'static str>,
}

impl PartialEq for Lang {
    fn eq(&self, other: &Lang) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Lang {
    /// Reads what [`source::compile`] made of the language with this code.
    ///
    /// # Errors
    /// That the text belongs to another version of the page.
    pub fn read(code: &str, compiled: String) -> Result<Lang, String> {
        let mut lines = compiled.leak().split('\n');
        let fits = next(&mut lines).parse() == Ok(keys::FINGERPRINT);
        let names: Vec<Name> = names(next(&mut lines));
        let name = names.iter().find(|name| name.code == code).copied();
        let Some(name) = name.filter(|_| fits) else {
            return Err("not of this version of the page".to_owned());
        };
        let words = Words::read(&mut lines);
        Ok(Lang(Box::leak(Box::new(Language {
            name,
            names,
            words,
            texts: lines.collect(),
        }))))
    }

    /// Where the words of the language with this code are, relative to the page. No cache has another
    /// version under this address.
    pub fn address(code: &str) -> String {
        ["words/", code, ".txt?", &keys::FINGERPRINT.to_string()].concat()
    }

    /// As in addresses and file names: `zh`.
    pub fn code(self) -> &'static str {
        self.0.name.code
    }

    /// As in `lang` attributes: `zh-Hans`.
    pub fn tag(self) -> &'static str {
        self.0.name.tag
    }

    /// All languages that the page can speak.
    pub fn names(self) -> &'static [Name] {
        &self.0.names
    }

    /// The fixed texts.
    pub fn words(self) -> &'static Words {
        &self.0.words
    }

    /// Who did it.
    pub fn actor(self, actor: &Actor) -> String {
        self.say(keys::ACTORS + actor.number(), &actor.said())
    }

    /// What happened to an object, as a sentence without its full stop.
    pub fn what(self, subject: &Subject, what: &What) -> String {
        let mut arguments = vec![Said::Subject(subject)];
        arguments.extend(what.said());
        self.say(keys::WHATS + what.number(), &arguments)
    }

    /// Why it happened, as a sentence with its full stop.
    pub fn reason(self, reason: &Reason) -> String {
        self.say(keys::REASONS + reason.number(), &reason.said())
    }

    /// What stands in an object's way, as a sentence with its full stop.
    pub fn obstacle(self, obstacle: &Obstacle) -> String {
        let mut arguments = Vec::new();
        obstacle.arguments(&mut |argument| arguments.push(argument.said()));
        self.say(keys::OBSTACLES + obstacle.number(), &arguments)
    }

    /// A moment: `12.0 s`.
    pub fn time(self, time: Time) -> String {
        self.seconds(time.0 / 1000, time.0 / 100 % 10)
    }

    /// The lane of an identity: the states of its pods and claims now.
    pub fn lane(self, name: &str, pods: &[String], claims: &[String]) -> String {
        let [pods, claims] = [pods, claims].map(|states| match states {
            [] => self.words().none.to_owned(),
            states => states.join(" + "),
        });
        self.lane_of(name, &pods, &claims)
    }

    /// What a command printed, for who can't see it: tables become a number of lines.
    pub fn printed(self, text: &str) -> String {
        match text.lines().count() {
            many if many > PRINTED_MAX => self.lines_printed(many),
            _ => text.trim_end().to_owned(),
        }
    }

    /// Puts sentences that stand without full stop into one text.
    pub fn join(self, sentences: &[String]) -> String {
        let mut rest = sentences.iter();
        let first = rest.next().cloned().unwrap_or_default();
        rest.fold(first, |all, sentence| self.semicolon(&all, sentence))
    }

    /// The text of this number, with the arguments in it.
    fn say(self, number: usize, arguments: &[Said]) -> String {
        let text = self.0.texts.get(number).copied().unwrap_or_default();
        let mut out = String::new();
        let mut parts = self.variant(text, arguments).split(source::OPEN);
        out.push_str(parts.next().unwrap_or_default());
        for part in parts {
            // An argument's number, as a digit, or as a letter if the object's kind is meant.
            let which = part.as_bytes().first().copied().unwrap_or_default();
            match arguments.get(usize::from(which & 15)) {
                Some(Said::Subject(subject)) if which & 0x40 != 0 => {
                    out.push_str(subject.kind.name());
                }
                Some(argument) => out.push_str(&self.value(argument)),
                None => {}
            }
            out.push_str(part.get(1..).unwrap_or_default());
        }
        out
    }

    /// The first variant of a text whose condition holds, such as `?0true?…`. The last has none.
    fn variant(self, text: &'static str, arguments: &[Said]) -> &'static str {
        let variants = text.split(source::NEXT);
        let mut fitting = variants.filter_map(|variant| {
            let Some(condition) = variant.strip_prefix(source::IF) else {
                return Some(variant);
            };
            let (condition, text) = condition.split_once(source::IF)?;
            let which = usize::from(condition.as_bytes().first()? & 15);
            let value = self.value(arguments.get(which)?);
            (condition.get(1..)? == value).then_some(text)
        });
        fitting.next().unwrap_or_default()
    }

    fn value(self, argument: &Said) -> String {
        let part = |number: usize| (*self.0.texts.get(number).unwrap_or(&"")).to_owned();
        match *argument {
            Said::Nothing => String::new(),
            Said::Text(text) => text.to_owned(),
            Said::Number(number) => number.to_string(),
            Said::Flag(flag) => (if flag { "true" } else { "false" }).to_owned(),
            Said::Time(time) => self.time(time),
            Said::Subject(subject) => subject.name.to_string(),
            Said::Verb(number) => part(keys::VERBS + number),
            Said::PodTrouble(number) => part(keys::TROUBLES + number),
            Said::Preference(number) => part(keys::PREFERENCES + number),
            Said::Mismatch(number) => part(keys::MISMATCHES + number),
        }
    }
}

/// A function of its own, so that the code of each of hundred lines is no more than a call.
#[inline(never)]
pub(crate) fn next(lines: &mut std::str::Split<'static, char>) -> &'static str {
    lines.next().unwrap_or_default()
}

/// The languages there are, each as three parts.
fn names(line: &'static str) -> Vec<Name> {
    let mut parts = line.split(source::NEXT);
    let mut names = Vec::new();
    while let (Some(code), Some(tag), Some(name)) = (parts.next(), parts.next(), parts.next()) {
        names.push(Name { code, tag, name });
    }
    names
}
