//! What is kept in the browser: settings, and one run for each lesson. What can't be read is set
//! aside under another name, never deleted.

use lesson::json;
use serde::Serialize;
use web_sys::Storage;

use lesson::{Lesson, pack};

use crate::run::Saved;
use crate::settings::Settings;
use crate::state::Notice;

const SETTINGS: &str = "ordinal.settings";
/// Id of the lesson whose run was open when the page stopped, written by the start script.
const CRASHED: &str = "ordinal.crashed";
/// Id of the lesson that is open, for the start script.
const OPEN: &str = "ordinal.open";

/// The file of the lesson that was opened from disk last.
const FILE: &str = "ordinal.file";

/// Raised whenever older stored runs can't be read any more.
const VERSION: u64 = 1;

#[derive(Serialize)]
struct Versioned<T> {
    version: u64,
    run: T,
}

impl json::FromJson for Versioned<Saved> {
    fn from_json(value: serde_json::Value) -> Option<Versioned<Saved>> {
        let mut fields = json::Fields::of(value)?;
        Some(Versioned {
            version: fields.take("version")?,
            run: fields.take("run")?,
        })
    }
}

fn key(lesson: &str) -> String {
    format!("ordinal.run.{lesson}")
}

/// The browser's storage; nothing if it is switched off.
fn storage() -> Option<Storage> {
    web_sys::window()?.local_storage().ok()?
}

fn read(key: &str) -> Option<String> {
    storage()?.get_item(key).ok()?
}

/// False if the browser refuses.
fn write(key: &str, text: &str) -> bool {
    storage().is_some_and(|storage| storage.set_item(key, text).is_ok())
}

fn remove(key: &str) {
    if let Some(storage) = storage() {
        let _ = storage.remove_item(key);
    }
}

/// What the reader chose, if that was stored and can be read.
pub(crate) fn settings() -> Option<Settings> {
    json::parse(&read(SETTINGS)?)
}

/// Stores what the reader chose. A browser that refuses loses only that.
pub(crate) fn set_settings(settings: &Settings) {
    if let Ok(text) = serde_json::to_string(settings) {
        write(SETTINGS, &text);
    }
}

/// Stores the file of a lesson. False if the browser refuses.
pub(crate) fn set_file(text: &str) -> bool {
    write(FILE, text)
}

/// The lesson of the stored file, if that is the one and can be read.
pub(crate) fn file(id: &str, lang: &str) -> Option<Lesson> {
    let lessons = pack::read(&read(FILE)?).ok()?;
    let lesson = pack::choose(&lessons, lang)?;
    (lesson.id == id).then(|| lesson.clone())
}

/// The stored run of a lesson, and what to tell about it.
pub(crate) fn run(lesson: &str) -> (Option<Saved>, Option<Notice>) {
    let crashed = read(CRASHED).is_some_and(|crashed| crashed == lesson);
    write(OPEN, lesson);
    if crashed {
        remove(CRASHED);
        set_aside(lesson);
        return (None, Some(Notice::Crashed));
    }
    let Some(text) = read(&key(lesson)) else {
        return (None, None);
    };
    match json::parse::<Versioned<Saved>>(&text) {
        Some(stored) if stored.version == VERSION => (Some(stored.run), None),
        _ => {
            set_aside(lesson);
            (None, Some(Notice::StoreDamaged))
        }
    }
}

/// Stores the run of a lesson. False if the browser refuses.
pub(crate) fn set_run(lesson: &str, run: Saved) -> bool {
    let stored = Versioned {
        version: VERSION,
        run,
    };
    serde_json::to_string(&stored).is_ok_and(|text| write(&key(lesson), &text))
}

/// Keeps what is stored of a lesson under another name.
pub(crate) fn set_aside(lesson: &str) {
    if let Some(text) = read(&key(lesson))
        && write(&format!("ordinal.damaged.{lesson}"), &text)
    {
        remove(&key(lesson));
    }
}
