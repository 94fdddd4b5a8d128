//! `kubectl create -f` and `kubectl replace -f`.

use cluster::{FieldValidation, Request, WriteOptions};
use serde_json::Value;

use crate::apply::with_last_applied;
use crate::args::Args;
use crate::errors::Problem;
use crate::get;
use crate::manifest::{self, Manifest};
use crate::session::{Done, Session, qualified, write_options};

/// What `-o` may be of a command that changes something.
const FORMATS: &str = "go-template,go-template-file,json,jsonpath,jsonpath-as-json,jsonpath-file,kyaml,name,template,templatefile,yaml";

/// `--dry-run`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DryRun {
    None,
    /// Nobody is asked.
    Client,
    /// The server is asked, and writes nothing.
    Server,
}

impl DryRun {
    /// What the flag says.
    ///
    /// # Errors
    /// Another word than `none`, `client` and `server`.
    pub(crate) fn of(args: &Args) -> Result<DryRun, Problem> {
        match args.value("dry-run") {
            None | Some("none") => Ok(DryRun::None),
            Some("client") => Ok(DryRun::Client),
            Some("server") => Ok(DryRun::Server),
            Some("unchanged") => Err(Problem::plain(
                "--dry-run flag without a value was specified. A value must be set: \"none\", \"server\", or \"client\".",
            )),
            Some(other) => Err(Problem::plain(format!(
                "Invalid dry-run value ({other}). Must be \"none\", \"server\", or \"client\"."
            ))),
        }
    }

    /// What goes after the printed line.
    pub(crate) fn suffix(self) -> &'static str {
        match self {
            DryRun::None => "",
            DryRun::Client => " (dry run)",
            DryRun::Server => " (server dry run)",
        }
    }
}

/// How objects of files are written.
///
/// # Errors
/// A `--validate` or `--dry-run` that is no such word.
pub(crate) fn options(args: &Args) -> Result<(DryRun, WriteOptions), Problem> {
    let dry_run = DryRun::of(args)?;
    let validation = match args.value("validate") {
        None | Some("strict" | "true") => FieldValidation::Strict,
        Some("warn") => FieldValidation::Warn,
        Some("ignore" | "false") => FieldValidation::Ignore,
        Some(other) => {
            return Err(Problem::plain(format!(
                "invalid - validate option \"{other}\"; must be one of: strict (or true), warn, ignore (or false)"
            )));
        }
    };
    Ok((
        dry_run,
        write_options(dry_run == DryRun::Server, validation),
    ))
}

/// `-f` is a must.
///
/// # Errors
/// It wasn't given, or words were.
pub(crate) fn need_files(args: &Args) -> Result<(), Problem> {
    if !args.words.is_empty() {
        let words = args.words.join(" ");
        return Err(args.usage_error(&format!("Unexpected args: [{words}]")));
    }
    match args.given("filename") {
        true => Ok(()),
        false => Err(Problem::plain("must specify one of -f and -k")),
    }
}

/// How an object that was written is printed: a line, or as `-o` says.
///
/// # Errors
/// A format that is not simulated here.
pub(crate) fn written(
    args: &Args,
    name: &str,
    operation: &str,
    value: &Value,
) -> Result<String, Problem> {
    match args.value("output") {
        None | Some("") => Ok(format!("{name} {operation}\n")),
        Some("name") => Ok(format!("{name}\n")),
        Some(other) => {
            let name = other.split('=').next().unwrap_or_default();
            if !FORMATS.split(',').any(|known| known == name) {
                return Err(get::no_printer(other, FORMATS));
            }
            Ok(get::print(&get::format(other)?, value.clone()))
        }
    }
}

pub(crate) fn create(args: &Args, session: &mut Session<'_>) -> Done {
    each(args, session, "create", |manifest, options, session| {
        let mut object = manifest.value.clone();
        if args.switch("save-config") {
            object = with_last_applied(&object);
        }
        let doing = format!("error when creating {}: ", manifest.quoted_source());
        let request = Request::Create { object, options };
        manifest.request(&request, &doing, session)
    })
}

pub(crate) fn replace(args: &Args, session: &mut Session<'_>) -> Done {
    each(args, session, "replace", |manifest, options, session| {
        let object = match args.switch("save-config") {
            true => with_last_applied(&manifest.value),
            false => manifest.value.clone(),
        };
        let doing = format!("error when replacing {}: ", manifest.quoted_source());
        let request = Request::Replace { object, options };
        manifest.request(&request, &doing, session)
    })
}

/// Writes every object of the files; one that is refused does not keep the others.
fn each(
    args: &Args,
    session: &mut Session<'_>,
    verb: &str,
    write: impl Fn(&Manifest, WriteOptions, &mut Session<'_>) -> Result<cluster::Response, Problem>,
) -> Done {
    need_files(args)?;
    let (dry_run, options) = options(args)?;
    let manifests = manifest::load(args, session);
    if manifests.is_empty() && session.is_well() {
        return Err(Problem::plain(format!("no objects passed to {verb}")));
    }
    let operation = format!("{verb}d{}", dry_run.suffix());
    for manifest in manifests {
        let (name, value) = if dry_run == DryRun::Client {
            (manifest.name.clone(), manifest.value.clone())
        } else {
            match write(&manifest, options, session) {
                Ok(response) => (
                    response.object.name().to_owned(),
                    response.object.to_value(),
                ),
                Err(problem) => {
                    session.complain(problem);
                    continue;
                }
            }
        };
        let text = written(args, &qualified(manifest.kind, &name), &operation, &value)?;
        session.out(&text);
    }
    Ok(None)
}
