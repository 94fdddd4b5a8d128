//! The words after a command: flags, options with a value, and the rest.

use crate::Result;

/// Words not yet understood. A command takes out the flags it knows; whatever is left is either its operands or a mistake.
pub(crate) struct Args(Vec<String>);

impl Args {
    /// All words after the command's name.
    pub(crate) fn new(words: impl Iterator<Item = String>) -> Self {
        Self(words.collect())
    }

    /// Takes out `--name`; true if it was there.
    pub(crate) fn flag(&mut self, name: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|word| word != name);
        self.0.len() != before
    }

    /// Takes out `--name VALUE` or `--name=VALUE`.
    pub(crate) fn value(&mut self, name: &str) -> Result<Option<String>> {
        let is_it = |word: &String| word.split('=').next() == Some(name);
        let Some(at) = self.0.iter().position(is_it) else {
            return Ok(None);
        };
        let word = self.0.remove(at);
        match word.split_once('=') {
            Some((_, value)) => Ok(Some(value.to_owned())),
            None if at < self.0.len() => Ok(Some(self.0.remove(at))),
            None => Err(format!("{name} needs a value")),
        }
    }

    /// What is left, as operands. A flag among them is one that the command does not know.
    pub(crate) fn operands(self) -> Result<Vec<String>> {
        match self.0.iter().find(|word| word.starts_with('-')) {
            Some(unknown) => Err(format!(
                "unknown option {unknown}; `cargo xtask help` lists the options"
            )),
            None => Ok(self.0),
        }
    }

    /// Nothing may be left.
    pub(crate) fn finish(self) -> Result {
        match self.operands()?.first() {
            Some(word) => Err(format!("unexpected `{word}`")),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(line: &str) -> Args {
        Args::new(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn values_are_taken_in_both_spellings() {
        for line in ["--port 81 rest", "--port=81 rest", "rest --port 81"] {
            let mut args = args(line);
            assert_eq!(args.value("--port"), Ok(Some("81".into())), "{line}");
            assert_eq!(args.operands(), Ok(vec!["rest".into()]), "{line}");
        }
        assert!(args("--port").value("--port").is_err());
    }

    #[test]
    fn what_nobody_takes_is_an_error() {
        let mut line = args("--watch --wach");
        assert!(line.flag("--watch"));
        assert!(line.finish().is_err());
        assert!(args("surplus").finish().is_err());
        assert_eq!(args("").finish(), Ok(()));
    }
}
