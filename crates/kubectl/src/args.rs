//! Reading a command line with the table of commands (`spf13/pflag`): flags may stand anywhere,
//! `--` ends them.

use crate::errors::Problem;
use crate::grammar::{Flag, FlagValue, Verb};
use crate::note::Note;

/// A command line that was understood.
pub(crate) struct Args {
    pub(crate) verb: &'static Verb,
    /// What is neither flag nor value of one.
    pub(crate) words: Vec<String>,
    /// How many of them stand before `--`, if there is one.
    pub(crate) before_dash: Option<usize>,
    flags: Vec<(&'static str, String)>,
}

/// Reads what follows a command.
///
/// # Errors
/// Unknown flags, missing and malformed values in pflag's words; flags that are not simulated.
pub(crate) fn parse(verb: &'static Verb, given: &[String]) -> Result<Args, Problem> {
    let mut args = Args {
        verb,
        words: Vec::new(),
        before_dash: None,
        flags: Vec::new(),
    };
    let mut rest = given.iter();
    while let Some(word) = rest.next() {
        if word == "--" {
            args.before_dash = Some(args.words.len());
            args.words.extend(rest.by_ref().cloned());
        } else if let Some(long) = word.strip_prefix("--") {
            let (name, value) = match long.split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (long, None),
            };
            let Some(flag) = verb.flag(name) else {
                return Err(unknown(verb, name, &format!("unknown flag: --{name}")));
            };
            let value = match (value, flag.value) {
                (Some(value), _) => value,
                (None, FlagValue::Switch) => "true",
                (None, FlagValue::Optional(values)) => values[0],
                (None, _) => rest
                    .next()
                    .ok_or_else(|| usage(verb, &format!("flag needs an argument: --{name}")))?,
            };
            args.take(flag, value)?;
        } else if word.len() > 1 && word.starts_with('-') {
            args.short_flags(word, &mut rest)?;
        } else {
            args.words.push(word.clone());
        }
    }
    Ok(args)
}

fn usage(verb: &Verb, message: &str) -> Problem {
    let name = verb.name;
    Problem::plain(format!("{message}\nSee 'kubectl {name} --help' for usage."))
}

fn unknown(verb: &Verb, given: &str, message: &str) -> Problem {
    match verb.flag_not_simulated(given) {
        Some((flag, _)) => Problem::note(Note::FlagNotSimulated {
            command: format!("kubectl {}", verb.name),
            flag: format!("--{flag}"),
        }),
        None => usage(verb, message),
    }
}

impl Args {
    /// `-w`, `-wA`, `-o yaml`, `-oyaml`, `-o=yaml`.
    fn short_flags(
        &mut self,
        word: &str,
        rest: &mut std::slice::Iter<'_, String>,
    ) -> Result<(), Problem> {
        let verb = self.verb;
        let mut letters = word[1..].chars();
        while let Some(letter) = letters.next() {
            let Some(flag) = verb.short_flag(letter) else {
                let message = format!("unknown shorthand flag: '{letter}' in {word}");
                return Err(unknown(verb, &letter.to_string(), &message));
            };
            let after = letters.as_str();
            if let Some(value) = after.strip_prefix('=') {
                return self.take(flag, value);
            }
            match flag.value {
                FlagValue::Switch => self.take(flag, "true")?,
                FlagValue::Optional(values) => self.take(flag, values[0])?,
                _ if !after.is_empty() => return self.take(flag, after),
                _ => {
                    let Some(value) = rest.next() else {
                        let message = format!("flag needs an argument: '{letter}' in {word}");
                        return Err(usage(verb, &message));
                    };
                    return self.take(flag, value);
                }
            }
        }
        Ok(())
    }

    fn take(&mut self, flag: &'static Flag, value: &str) -> Result<(), Problem> {
        let long = flag.long;
        let name = match flag.short {
            Some(short) => format!("-{short}, --{long}"),
            None => format!("--{long}"),
        };
        let wrong = |parser: &str, why: &str| {
            usage(
                self.verb,
                &format!(
                    "invalid argument \"{value}\" for \"{name}\" flag: strconv.{parser}: parsing \"{value}\": {why}"
                ),
            )
        };
        match flag.value {
            FlagValue::Switch if boolean(value).is_none() => {
                return Err(wrong("ParseBool", "invalid syntax"));
            }
            FlagValue::Number if value.parse::<i32>().is_err() => {
                let digits = value.strip_prefix(['-', '+']).unwrap_or(value);
                let number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
                let why = if number {
                    "value out of range"
                } else {
                    "invalid syntax"
                };
                return Err(wrong("ParseInt", why));
            }
            _ => self.flags.push((flag.long, value.to_owned())),
        }
        Ok(())
    }

    /// Whether the flag was given.
    pub(crate) fn given(&self, name: &str) -> bool {
        self.value(name).is_some()
    }

    /// Its last value.
    pub(crate) fn value(&self, name: &str) -> Option<&str> {
        let mut flags = self.flags.iter().rev();
        flags
            .find(|(long, _)| *long == name)
            .map(|(_, value)| value.as_str())
    }

    /// All its values.
    pub(crate) fn values<'a>(&'a self, name: &'a str) -> impl DoubleEndedIterator<Item = &'a str> {
        let flags = self.flags.iter().filter(move |(long, _)| *long == name);
        flags.map(|(_, value)| value.as_str())
    }

    /// Whether the switch is on; `default` if it was not given.
    pub(crate) fn switch_or(&self, name: &str, default: bool) -> bool {
        self.value(name).and_then(boolean).unwrap_or(default)
    }

    /// Whether the switch is on.
    pub(crate) fn switch(&self, name: &str) -> bool {
        self.switch_or(name, false)
    }

    /// The number given.
    pub(crate) fn number(&self, name: &str) -> Option<i32> {
        self.value(name)?.parse().ok()
    }

    /// The namespace to work in.
    pub(crate) fn namespace(&self) -> &str {
        match self.value("namespace") {
            None | Some("") => "default",
            Some(namespace) => namespace,
        }
    }

    /// `UsageErrorf`: a message and where help is.
    pub(crate) fn usage_error(&self, message: &str) -> Problem {
        let name = self.verb.name;
        Problem::plain(format!(
            "{message}\nSee 'kubectl {name} -h' for help and examples"
        ))
    }
}

/// Go's `strconv.ParseBool`.
fn boolean(text: &str) -> Option<bool> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Some(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errors::tell;
    use crate::grammar::verb;

    fn parsed(name: &str, line: &str) -> Result<Args, String> {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        parse(verb(name).unwrap(), &words).map_err(|problem| {
            match tell(std::slice::from_ref(&problem)) {
                text if text.is_empty() => problem.notes[0].to_string(),
                text => text,
            }
        })
    }

    #[test]
    fn flags_stand_anywhere() {
        let args = parsed(
            "get",
            "pods -o yaml -wAl app=x a --no-headers=false -n=kube -- -b",
        )
        .unwrap();
        assert_eq!(args.words, ["pods", "a", "-b"]);
        assert_eq!(args.value("output"), Some("yaml"));
        assert!(args.switch("watch") && args.switch("all-namespaces"));
        assert!(!args.switch("no-headers") && args.given("no-headers"));
        assert_eq!(args.value("selector"), Some("app=x"));
        assert_eq!(args.namespace(), "kube");
        let args = parsed("delete", "pod x --cascade --grace-period -1 -f a -f b").unwrap();
        assert_eq!(args.value("cascade"), Some("background"));
        assert_eq!(args.number("grace-period"), Some(-1));
        assert_eq!(args.values("filename").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(args.words, ["pod", "x"]);
    }

    #[test]
    fn wrong_flags_are_told_in_the_real_words() {
        let check = |name: &str, line: &str, expected: &str| {
            assert_eq!(
                parsed(name, line).err().as_deref(),
                Some(expected),
                "{line}"
            );
        };
        check(
            "get",
            "--foo",
            "error: unknown flag: --foo\nSee 'kubectl get --help' for usage.\n",
        );
        check(
            "get",
            "-wz",
            "error: unknown shorthand flag: 'z' in -wz\nSee 'kubectl get --help' for usage.\n",
        );
        check(
            "scale",
            "--replicas",
            "error: flag needs an argument: --replicas\nSee 'kubectl scale --help' for usage.\n",
        );
        check(
            "get",
            "-o",
            "error: flag needs an argument: 'o' in -o\nSee 'kubectl get --help' for usage.\n",
        );
        check(
            "scale",
            "--replicas=three",
            "error: invalid argument \"three\" for \"--replicas\" flag: strconv.ParseInt: parsing \"three\": invalid syntax\nSee 'kubectl scale --help' for usage.\n",
        );
        check(
            "scale",
            "--replicas=99999999999",
            "error: invalid argument \"99999999999\" for \"--replicas\" flag: strconv.ParseInt: parsing \"99999999999\": value out of range\nSee 'kubectl scale --help' for usage.\n",
        );
        check(
            "get",
            "-w=maybe",
            "error: invalid argument \"maybe\" for \"-w, --watch\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax\nSee 'kubectl get --help' for usage.\n",
        );
        check(
            "get",
            "--kuberc=x",
            "`kubectl get` really has --kuberc, but it is not simulated here.",
        );
        check(
            "get",
            "--kubeconfig=x",
            "`kubectl get` really has --kubeconfig, but it is not simulated here.",
        );
        check(
            "apply",
            "-k x",
            "`kubectl apply` really has --kustomize, but it is not simulated here.",
        );
    }
}
