//! What the tutorial adds to the output of the real program.

use std::fmt;

use crate::yaml::Position;

/// A remark. It is data, so that it can be said in any language; its `Display` says it in English.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the fields are what the sentence speaks of")]
pub enum Note {
    /// kubectl has this command, the simulation does not.
    CommandNotSimulated { command: String },
    /// The command has this flag, the simulation does not.
    FlagNotSimulated { command: String, flag: String },
    /// Kubernetes has this kind of object, the simulation does not.
    KindNotSimulated { kind: String },
    /// The shell has this (a pipe, a redirection …), the simulation does not.
    ShellNotSimulated { what: String },
    /// A program that real images may hold is not simulated.
    ProgramNotSimulated { program: String },
    /// What an image holds itself is not simulated.
    ImageFiles,
    /// `kubectl proxy` was put into the background.
    ProxyInBackground,
    /// The program of a pod that was made with `kubectl run` is only run with `-it`.
    DetachedProgram,
    /// A quotation mark has no partner.
    UnclosedQuote { quote: char },
    /// Given fields that are kept and shown, and change nothing.
    FieldsNotSimulated { fields: Vec<String> },
    /// The exact place of a fault in a file.
    Place { file: String, position: Position },
    /// The fault is a field: where it stands.
    Field {
        file: String,
        field: String,
        position: Position,
    },
    /// A bracket that was still open at the fault.
    OpenBracket {
        file: String,
        bracket: char,
        position: Position,
    },
    /// A character of a Chinese keyboard where YAML wants an ASCII one.
    WideCharacter {
        file: String,
        position: Position,
        found: char,
        wanted: char,
    },
    /// A key stands twice; the first one was forgotten without a word.
    DuplicateKey {
        file: String,
        key: String,
        position: Position,
    },
    /// Only the namespace `default` is simulated.
    OneNamespace,
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Note::CommandNotSimulated { command } => {
                write!(
                    f,
                    "`{command}` is a real command, but it is not simulated here."
                )
            }
            Note::FlagNotSimulated { command, flag } => {
                write!(
                    f,
                    "`{command}` really has {flag}, but it is not simulated here."
                )
            }
            Note::KindNotSimulated { kind } => {
                write!(f, "Kubernetes has {kind}, but they are not simulated here.")
            }
            Note::ShellNotSimulated { what } => write!(f, "{what} is not simulated in this shell."),
            Note::ProgramNotSimulated { program } => {
                write!(f, "No image here holds `{program}`: it is not simulated.")
            }
            Note::ImageFiles => f.write_str(
                "Only files on volumes, /etc/hosts, /etc/hostname and /etc/resolv.conf are simulated, not what an image holds.",
            ),
            Note::ProxyInBackground => f.write_str(
                "It goes on in the background of this shell, so that you can type on.",
            ),
            Note::DetachedProgram => f.write_str(
                "The container runs on and does nothing: a command given to it is only run with -it.",
            ),
            Note::UnclosedQuote { quote } => write!(f, "A {quote} is opened and never closed."),
            Note::FieldsNotSimulated { fields } => {
                write!(f, "Kept, but without effect here: {}.", fields.join(", "))
            }
            Note::Place { file, position } => write!(f, "The place is {file}:{position}."),
            Note::Field {
                file,
                field,
                position,
            } => write!(f, "{field} stands at {file}:{position}."),
            Note::OpenBracket {
                file,
                bracket,
                position,
            } => write!(f, "The {bracket} of {file}:{position} is still open there."),
            Note::WideCharacter {
                file,
                position,
                found,
                wanted,
            } => write!(
                f,
                "{file}:{position} has the full-width {found}; YAML knows only {wanted}."
            ),
            Note::DuplicateKey {
                file,
                key,
                position,
            } => write!(
                f,
                "{file}:{position} gives {key} a second time; kubectl takes the last one without a word."
            ),
            Note::OneNamespace => f.write_str("Only the namespace default is simulated here."),
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.line, self.column)
    }
}
