//! What a reader chose, whatever the lesson.

use lesson::Heading;
use lesson::json::{Fields, FromJson};
use serde::Serialize;
use serde_json::Value;

/// How light the page is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names say it")]
pub(crate) enum Theme {
    #[default]
    System,
    Light,
    Dark,
}

impl Theme {
    /// All of them.
    pub(crate) const ALL: [Theme; 3] = [Theme::System, Theme::Light, Theme::Dark];

    /// As in the page's `data-theme`.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }
}

/// What a reader chose, whatever the lesson.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Settings {
    /// Code of the language of everything.
    pub(crate) lang: String,
    /// How light the page is.
    pub(crate) theme: Theme,
    /// Whether single keys are shortcuts (WCAG 2.1.4).
    pub(crate) single_keys: bool,
    /// Whether tables in the terminal are shown as such.
    pub(crate) tables: bool,
    /// Index into [`SPEEDS`].
    pub(crate) speed: usize,
    /// The lesson that was open last.
    pub(crate) lesson: Option<String>,
    /// The lesson that was opened from a file last.
    pub(crate) from_file: Option<Heading>,
    /// Whether the goals of sandboxes are put away.
    pub(crate) just_play: bool,
}

impl FromJson for Settings {
    /// What is missing, or can't be read, is as at first.
    fn from_json(value: Value) -> Option<Settings> {
        let mut fields = Fields::of(value)?;
        let first = Settings::default();
        let single_keys: Option<bool> = fields.take("single_keys").unwrap_or_default();
        let theme: String = fields.take("theme").unwrap_or_default();
        let theme = Theme::ALL.into_iter().find(|known| known.code() == theme);
        Some(Settings {
            lang: fields.take("lang").unwrap_or(first.lang),
            theme: theme.unwrap_or_default(),
            single_keys: single_keys.unwrap_or(first.single_keys),
            speed: fields.take("speed").unwrap_or(first.speed),
            tables: fields.take("tables").unwrap_or(first.tables),
            lesson: fields.take("lesson").unwrap_or(first.lesson),
            from_file: fields.take("from_file").unwrap_or(first.from_file),
            just_play: fields.take("just_play").unwrap_or(first.just_play),
        })
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            lang: String::new(),
            theme: Theme::default(),
            single_keys: true,
            tables: false,
            speed: 2,
            lesson: None,
            from_file: None,
            just_play: false,
        }
    }
}

/// Speeds of playing: a name, and the percentage.
pub(crate) const SPEEDS: [(&str, u64); 6] = [
    ("0.25", 25),
    ("0.5", 50),
    ("1", 100),
    ("2", 200),
    ("4", 400),
    ("8", 800),
];
