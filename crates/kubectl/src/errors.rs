//! How kubectl tells a refusal (`pkg/cmd/util/helpers.go`; reference/kubectl-formats.md §8).

use cluster::Status;
use cluster::apiserver::StatusReason;

use crate::note::Note;

/// Something that went wrong, and what the tutorial adds to it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Problem {
    kind: ProblemKind,
    /// Remarks that follow it.
    pub(crate) notes: Vec<Note>,
}

#[derive(Clone, Debug, PartialEq)]
enum ProblemKind {
    /// The API server refused. `doing` goes before its message, for example
    /// `error when creating "web.yaml": `.
    Refused { status: Box<Status>, doing: String },
    /// kubectl itself refuses.
    Plain(String),
    /// The API server failed, without a reason that has a name.
    Server(String),
    /// Only the tutorial has something to say.
    Silent,
}

impl Problem {
    fn new(kind: ProblemKind) -> Problem {
        Problem {
            kind,
            notes: Vec::new(),
        }
    }

    /// `error: …`
    pub(crate) fn plain(message: impl Into<String>) -> Problem {
        Problem::new(ProblemKind::Plain(message.into()))
    }

    /// `Error from server` and what is said of it.
    pub(crate) fn from_server(message: String) -> Problem {
        Problem::new(ProblemKind::Server(message))
    }

    /// What the API server says.
    pub(crate) fn refused(status: Status) -> Problem {
        Problem::refused_while(status, String::new())
    }

    /// What the API server says, and what was being done.
    pub(crate) fn refused_while(status: Status, doing: String) -> Problem {
        Problem::new(ProblemKind::Refused {
            status: Box::new(status),
            doing,
        })
    }

    /// Nothing is printed by the real program, because it would have done it.
    pub(crate) fn note(note: Note) -> Problem {
        Problem::new(ProblemKind::Silent).with(note)
    }

    /// Adds a remark.
    pub(crate) fn with(mut self, note: Note) -> Problem {
        self.notes.push(note);
        self
    }

    /// What is printed if it is the only problem (`checkErr`).
    fn told_alone(&self) -> String {
        match &self.kind {
            ProblemKind::Refused { status, .. } if status.reason == StatusReason::Invalid => {
                invalid(status)
            }
            ProblemKind::Plain(_) => ["error: ", &self.told_among_others()].concat(),
            _ => self.told_among_others(),
        }
    }

    /// What is printed if it is one of several (`MultipleErrors`).
    fn told_among_others(&self) -> String {
        match &self.kind {
            ProblemKind::Refused { status, doing } => {
                let reason = reason(status.reason);
                format!("Error from server ({reason}): {doing}{}\n", status.message)
            }
            // A message that ends its line itself gets no second end (`fatal`).
            ProblemKind::Plain(message) => {
                [message.strip_suffix('\n').unwrap_or(message), "\n"].concat()
            }
            ProblemKind::Server(message) => format!("Error from server{message}\n"),
            ProblemKind::Silent => String::new(),
        }
    }
}

/// What is printed for all problems of a command.
pub(crate) fn tell(problems: &[Problem]) -> String {
    match problems {
        [only] => only.told_alone(),
        several => several.iter().map(Problem::told_among_others).collect(),
    }
}

/// `The StatefulSet "web" is invalid: …`: kind, name and causes, each cause once.
fn invalid(status: &Status) -> String {
    let mut causes: Vec<String> = Vec::new();
    for cause in &status.causes {
        let cause = cause.to_string();
        if !causes.contains(&cause) {
            causes.push(cause);
        }
    }
    let subject = match status.kind {
        Some(kind) => format!("The {} \"{}\"", kind.name(), status.name),
        None => "The request".to_owned(),
    };
    match causes.as_slice() {
        [] => format!("{subject} is invalid\n"),
        [only] => format!("{subject} is invalid: {only}\n"),
        several => {
            let list: String = several.iter().map(|cause| format!("* {cause}\n")).collect();
            format!("{subject} is invalid: \n{list}")
        }
    }
}

fn reason(reason: StatusReason) -> &'static str {
    match reason {
        StatusReason::AlreadyExists => "AlreadyExists",
        StatusReason::BadRequest => "BadRequest",
        StatusReason::Conflict => "Conflict",
        StatusReason::Forbidden => "Forbidden",
        StatusReason::Invalid => "Invalid",
        StatusReason::MethodNotAllowed => "MethodNotAllowed",
        StatusReason::NotFound => "NotFound",
        StatusReason::ServerTimeout => "ServerTimeout",
        StatusReason::ServiceUnavailable => "ServiceUnavailable",
    }
}

#[cfg(test)]
mod tests {
    use cluster::apiserver::FieldError;
    use cluster::object::Kind;

    use super::*;

    #[test]
    fn refusals_are_told_as_kubectl_tells_them() {
        let check = |problems: &[Problem], expected: &str| assert_eq!(tell(problems), expected);
        let missing = || Status::not_found(Kind::StatefulSet, "nope");
        let found = Problem::refused_while(
            Status::already_exists(Kind::Pod, "a"),
            "error when creating \"a.yaml\": ".to_owned(),
        );
        let wrong = |causes| Problem::refused(Status::invalid(Kind::StatefulSet, "web", causes));
        check(&[], "");
        check(
            &[Problem::refused(missing())],
            "Error from server (NotFound): statefulsets.apps \"nope\" not found\n",
        );
        check(
            &[found.clone(), Problem::plain("it hurts")],
            "Error from server (AlreadyExists): error when creating \"a.yaml\": pods \"a\" already exists\nit hurts\n",
        );
        check(&[Problem::plain("it hurts")], "error: it hurts\n");
        let replicas = FieldError::invalid("spec.replicas", -1, "must be positive");
        check(
            &[wrong(vec![replicas.clone(), replicas.clone()])],
            "The StatefulSet \"web\" is invalid: spec.replicas: Invalid value: -1: must be positive\n",
        );
        check(
            &[wrong(vec![
                replicas.clone(),
                FieldError::required("spec.selector", ""),
            ])],
            "The StatefulSet \"web\" is invalid: \n* spec.replicas: Invalid value: -1: must be positive\n* spec.selector: Required value\n",
        );
        check(
            &[wrong(vec![replicas]), found],
            "Error from server (Invalid): StatefulSet.apps \"web\" is invalid: spec.replicas: Invalid value: -1: must be positive\nError from server (AlreadyExists): error when creating \"a.yaml\": pods \"a\" already exists\n",
        );
    }
}
