//! What is wrong with a text, in go-yaml's words.

use super::Position;

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// The exact place in the file.
    pub position: Position,
    /// What kubectl prints after `error converting YAML to JSON: yaml: `. Its line counts from the
    /// beginning of the document, and for some problems is one too low, as go-yaml's is.
    pub told: String,
    /// The problem alone.
    pub problem: String,
    /// The innermost bracket that was still open, and where.
    pub unclosed: Option<(char, Position)>,
}

impl Fault {
    /// A problem of which go-yaml does not give the line.
    pub(super) fn new(position: Position, problem: String) -> Fault {
        Fault {
            position,
            told: problem.clone(),
            problem,
            unclosed: None,
        }
    }
}

/// Which part of go-yaml finds the problem: its parser gives lines counted from 0.
#[derive(Clone, Copy, PartialEq)]
enum Finder {
    Scanner,
    /// The scanner, at the end of the text.
    ScannerAtEnd,
    Parser,
    /// After parsing: no line is given.
    Composer,
}

/// What the parser in use here found.
pub(super) struct Scanned<'a> {
    pub(super) info: &'a str,
    /// Line in the document, counted from 1.
    pub(super) line: usize,
    /// How many lines the document has.
    pub(super) lines: usize,
    /// The alias at the place, if it is one.
    pub(super) alias: &'a str,
}

impl Scanned<'_> {
    pub(super) fn fault(&self, position: Position, unclosed: Option<(char, Position)>) -> Fault {
        let (finder, problem) = self.in_the_words_of_go();
        let line = match finder {
            Finder::Scanner => self.line - usize::from(self.line == 1),
            Finder::ScannerAtEnd => self.lines - usize::from(self.lines == 1),
            Finder::Parser => self.line - 1,
            Finder::Composer => 0,
        };
        let told = match line {
            0 => problem.clone(),
            line => format!("line {line}: {problem}"),
        };
        Fault {
            position,
            told,
            problem,
            unclosed,
        }
    }

    fn in_the_words_of_go(&self) -> (Finder, String) {
        use Finder::{Composer, Parser, Scanner, ScannerAtEnd};
        let known = |part: &str| self.info.contains(part);
        let (finder, words) = if known("unknown anchor") {
            return (
                Composer,
                format!("unknown anchor '{}' referenced", self.alias),
            );
        } else if known("unexpected end of stream") || known("indentation in quoted scalar") {
            (ScannerAtEnd, "found unexpected end of stream")
        } else if known("simple key expect") {
            (Scanner, "could not find expected ':'")
        } else if known("did not find expected key")
            || known("invalid indentation")
            || known("invalid trailing content")
        {
            (Parser, "did not find expected key")
        } else if known("did not find expected '-' indicator") {
            (Parser, "did not find expected '-' indicator")
        } else if known("',' or '}'") {
            (Parser, "did not find expected ',' or '}'")
        } else if known("',' or ']'") {
            (Parser, "did not find expected ',' or ']'")
        } else if known("expected node content") || known("misplaced bracket") {
            (Parser, "did not find expected node content")
        } else if known("<document start>") || known("after document end marker") {
            (Parser, "did not find expected <document start>")
        } else if known("block scalar content cannot start with a tab")
            || known("tab cannot be used as indentation")
        {
            (
                Scanner,
                "found a tab character where an indentation space is expected",
            )
        } else if known("found a tab") {
            (Scanner, "found a tab character that violates indentation")
        } else if known("tabs disallowed") || known("unexpected character") {
            (Scanner, "found character that cannot start any token")
        } else if known("valid YAML whitespace") || known("only valid inside a block") {
            (
                Scanner,
                "block sequence entries are not allowed in this context",
            )
        } else if known("recursion limit") {
            (Scanner, "exceeded max depth of 10000")
        } else if known("unprintable character") {
            (Composer, "control characters are not allowed")
        } else {
            let words = self.info.rsplit(", ").next().unwrap_or(self.info);
            (Scanner, words)
        };
        (finder, words.to_owned())
    }
}
