//! `kubectl edit` (`pkg/cmd/util/editor/editoptions.go`): it goes on until the editor that it opened
//! gives a text back.

use cluster::Request;
use cluster::apiserver::{Patch, StatusReason};
use cluster::object::{Kind, Object};
use serde_json::{Value, json};

use crate::apply::difference;
use crate::args::Args;
use crate::emit;
use crate::errors::Problem;
use crate::get;
use crate::resource::{self, nothing_named};
use crate::script::{Runner, Shell};
use crate::session::{Done, Session, qualified, write_options};
use crate::yaml;
use crate::{Files, Follow, FollowKind, Progress, Server};

const HEADER: &str = "# Please edit the object below. Lines beginning with a '#' will be ignored,\n# and an empty file will abort the edit. If an error occurs while saving this file will be\n# reopened with the relevant failures.\n#\n";

/// An editor that is open.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Editing {
    /// The temporary file.
    pub(crate) file: String,
    /// What is in it.
    pub(crate) text: String,
    /// What was in it at first.
    first: String,
    /// The objects as they were.
    originals: Vec<Value>,
    /// Whether what was saved before was refused.
    refused: bool,
}

/// What became of one object.
enum Fate {
    Edited,
    Skipped,
    /// What the editor is opened with again: a heading, and the reasons.
    Refused(String, Vec<String>),
    /// It can be tried again.
    Failed,
    Gone,
}

pub(crate) fn edit(args: &Args, session: &mut Session<'_>) -> Done {
    let objects = objects(args, session)?;
    if !session.is_well() {
        return Ok(None);
    }
    if objects.is_empty() {
        return Err(Problem::plain("edit cancelled, no objects found"));
    }
    let originals: Vec<Value> = objects.iter().map(get::as_shown).collect();
    let whole = match originals.as_slice() {
        [only] => only.clone(),
        several => json!({"apiVersion": "v1", "items": several, "kind": "List", "metadata": {}}),
    };
    let text = [HEADER, &emit::to_yaml(&whole)].concat();
    // The real program draws the number by lot.
    let version = objects[0].metadata().resource_version;
    let number = version.wrapping_add(1).wrapping_mul(2_654_435_761) % 10_000_000_000;
    let editing = Editing {
        file: format!("/tmp/kubectl-edit-{number}.yaml"),
        first: text.clone(),
        text,
        originals,
        refused: false,
    };
    Ok(Some(Follow::new(FollowKind::Edit(Box::new(editing)))))
}

fn objects(args: &Args, session: &mut Session<'_>) -> Result<Vec<Object>, Problem> {
    if args.given("filename") {
        return resource::chosen(args, &args.words, session);
    }
    if args.words.is_empty() {
        return Err(nothing_named());
    }
    let mut objects = Vec::new();
    for target in resource::targets(&args.words)? {
        match &target.name {
            Some(name) => match resource::look_up(&target, name, args, session) {
                Ok(object) => objects.push(object),
                Err(problem) => session.complain(problem),
            },
            None if resource::visible(target.kind, args) => {
                objects.extend(session.list(target.kind));
            }
            None => {}
        }
    }
    Ok(objects)
}

/// Lines that are not comments.
fn without_comments(text: &str) -> String {
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    lines.flat_map(|line| [line, "\n"]).collect()
}

impl Follow {
    /// Name and text of the file that an editor is open for, if that is what goes on.
    pub fn editing(&self) -> Option<(&str, &str)> {
        match &self.kind {
            FollowKind::Edit(editing) => Some((&editing.file, &editing.text)),
            _ => None,
        }
    }

    /// The editor was closed and left this text.
    pub fn save(
        &mut self,
        text: &str,
        shell: &mut Shell,
        files: &Files,
        server: &mut dyn Server,
    ) -> Progress {
        let FollowKind::Edit(editing) = &mut self.kind else {
            return Progress::default();
        };
        let mut runner = Runner {
            shell,
            files,
            server,
            depth: 0,
        };
        let mut session = Session::new(&mut runner, None);
        let exit_code = editing.saved(text, &mut session);
        let outcome = session.finish(Ok(None));
        let rest = !self.rest.is_empty();
        if rest {
            self.ended = exit_code;
        }
        Progress {
            output: outcome.output,
            exit_code: exit_code.filter(|_| !rest),
        }
    }
}

impl Editing {
    /// What becomes of a text: an exit code, or the editor is opened once more.
    fn saved(&mut self, text: &str, session: &mut Session<'_>) -> Option<i32> {
        let plain = without_comments(text);
        if self.refused && without_comments(&self.text) == plain {
            return self.preserved(
                "Edit cancelled, no valid changes were saved.",
                text,
                session,
            );
        }
        if without_comments(&self.first) == plain {
            session.err("Edit cancelled, no changes made.\n");
            return Some(0);
        }
        if plain.trim().is_empty() {
            session.err("Edit cancelled, saved file was empty.\n");
            return Some(0);
        }
        let edited = match parsed(text) {
            Ok(edited) => edited,
            Err(why) => {
                let head = format!("The edited file had a syntax error: {why}");
                return self.reopen(&plain, &[(head, Vec::new())]);
            }
        };
        let mut reasons = Vec::new();
        let (mut failed, mut gone) = (false, false);
        for value in &edited {
            match self.write(value, session) {
                Ok(Fate::Edited | Fate::Skipped) => {}
                Ok(Fate::Refused(head, why)) => reasons.push((head, why)),
                Ok(Fate::Failed) => failed = true,
                Ok(Fate::Gone) => gone = true,
                Err(why) => return self.preserved(&why, text, session),
            }
        }
        let file = &self.file;
        if failed || gone {
            session.err(&match failed {
                true => {
                    format!("You can run `kubectl replace -f {file}` to try this update again.\n")
                }
                false => format!(
                    "The edits you made on deleted resources have been saved to \"{file}\"\n"
                ),
            });
            session.shell.write(file, text);
            return Some(1);
        }
        match reasons.is_empty() {
            true => Some(0),
            false => self.reopen(&plain, &reasons),
        }
    }

    /// Gives up, and keeps the text.
    fn preserved(&self, why: &str, text: &str, session: &mut Session<'_>) -> Option<i32> {
        let file = &self.file;
        session.shell.write(file, text);
        session.err(&format!(
            "A copy of your changes has been stored to \"{file}\"\nerror: {why}\n"
        ));
        Some(1)
    }

    /// Opens the editor with what was typed, the reasons above it.
    fn reopen(&mut self, plain: &str, reasons: &[(String, Vec<String>)]) -> Option<i32> {
        let mut text = HEADER.to_owned();
        for (head, why) in reasons {
            let colon = if why.is_empty() { "" } else { ":" };
            text.push_str(&["# ", &head.replace('\n', "\n# "), colon, "\n"].concat());
            for line in why {
                text.push_str(&["# * ", &line.replace('\n', "\n# "), "\n"].concat());
            }
            text.push_str("#\n");
        }
        self.text = text + plain;
        self.refused = true;
        None
    }

    /// Sends what was changed of one object.
    fn write(&self, edited: &Value, session: &mut Session<'_>) -> Result<Fate, String> {
        let uid = edited.pointer("/metadata/uid");
        let mut originals = self.originals.iter();
        let original = originals.find(|original| original.pointer("/metadata/uid") == uid);
        let Some(original) = original else {
            return Err(format!("no original object found for {edited}"));
        };
        for part in ["/apiVersion", "/kind", "/metadata/name"] {
            if original.pointer(part) != edited.pointer(part) {
                let why = "At least one of apiVersion, kind and name was changed";
                return Err(why.to_owned());
            }
        }
        let text = |part: &str| {
            edited
                .pointer(part)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let name = text("/metadata/name");
        let Some(kind) = Kind::from_api(text("/apiVersion"), text("/kind")) else {
            return Err("no such kind".to_owned());
        };
        if original == edited {
            session.out(&format!("{} skipped\n", qualified(kind, name)));
            return Ok(Fate::Skipped);
        }
        let request = Request::Patch {
            kind,
            name: name.to_owned(),
            patch: Patch::Merge(difference(original, edited)),
            options: write_options(false, cluster::FieldValidation::Strict),
        };
        let status = match session.request(&request) {
            Ok(_) => {
                session.out(&format!("{} edited\n", qualified(kind, name)));
                return Ok(Fate::Edited);
            }
            Err(status) => status,
        };
        let plural = kind.qualified_plural();
        let (what, fate) = match status.reason {
            StatusReason::Invalid => {
                let causes = status.causes.iter().map(ToString::to_string).collect();
                let head = format!("{plural} \"{name}\" was not valid");
                ("is invalid".to_owned(), Fate::Refused(head, causes))
            }
            StatusReason::NotFound => ("could not be found on the server".to_owned(), Fate::Gone),
            _ => {
                let why = format!("could not be patched: {}", status.message);
                (why, Fate::Failed)
            }
        };
        session.err(&format!("error: {plural} \"{name}\" {what}\n"));
        Ok(fate)
    }
}

/// The objects of an edited text.
fn parsed(text: &str) -> Result<Vec<Value>, String> {
    let stream = yaml::read(text);
    if let Some(fault) = stream.fault {
        let told = fault.told;
        return Err(format!(
            "error parsing edited-file: error converting YAML to JSON: yaml: {told}"
        ));
    }
    let mut objects = Vec::new();
    for document in stream.documents {
        let mut value = document.root.to_value();
        match value.get_mut("items") {
            Some(Value::Array(items)) => objects.append(items),
            _ => objects.push(value),
        }
    }
    let headless = objects.iter().find(|value| !value["kind"].is_string());
    match headless {
        Some(value) => Err(format!(
            "unable to decode \"edited-file\": Object 'Kind' is missing in '{value}'"
        )),
        None => Ok(objects),
    }
}
