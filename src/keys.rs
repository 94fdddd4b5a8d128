//! Shortcuts of the player. They act only when nothing that needs keys itself has the focus, and
//! those that are single characters can be switched off (WCAG 2.1.4).

use wasm_bindgen::JsCast;
use web_sys::{Element, KeyboardEvent};

use crate::state::Msg;

/// What has the focus, as far as keys are concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Focus {
    /// Something that takes text or moves with keys: no key is ours.
    Typing,
    /// A line of text, in which a clicker's keys mean nothing.
    Line,
    /// Something that Space and Enter press.
    Pressing,
    /// Nothing that needs keys.
    Free,
}

/// What a key means.
///
/// `characters`: whether single characters are shortcuts. `speed` is the index of the current speed.
pub(crate) fn meaning(key: &str, focus: Focus, characters: bool, speed: usize) -> Option<Msg> {
    if key == "Escape" {
        return Some(Msg::Select(None));
    }
    match key {
        "PageDown" if focus != Focus::Typing => return Some(Msg::NextBeat),
        "PageUp" if focus != Focus::Typing => return Some(Msg::PreviousBeat),
        _ if matches!(focus, Focus::Typing | Focus::Line) => return None,
        "ArrowLeft" => return Some(Msg::Back),
        "ArrowRight" => return Some(Msg::Forward),
        "Home" => return Some(Msg::Start),
        "End" => return Some(Msg::End),
        _ => {}
    }
    if !characters {
        return None;
    }
    match key {
        " " if focus == Focus::Pressing => None,
        " " | "k" | "K" => Some(Msg::TogglePlay),
        "n" | "N" => Some(Msg::NextBeat),
        "p" | "P" => Some(Msg::PreviousBeat),
        "<" => Some(Msg::Speed(speed.saturating_sub(1))),
        ">" => Some(Msg::Speed(speed + 1)),
        "t" | "T" => Some(Msg::NextTool),
        "?" => Some(Msg::Help(true)),
        _ => None,
    }
}

/// Whether a key that is held down means nothing more: it would lead through lesson after lesson.
pub(crate) fn once(msg: &Msg) -> bool {
    !matches!(msg, Msg::Back | Msg::Forward | Msg::Speed(_))
}

/// What has the focus when this key is pressed.
pub(crate) fn focus(event: &KeyboardEvent) -> Focus {
    let Some(element) = event
        .target()
        .and_then(|target| target.dyn_into::<Element>().ok())
    else {
        return Focus::Free;
    };
    let within = |selector: &str| matches!(element.closest(selector), Ok(Some(_)));
    if within("#terminal-input, #answer") {
        Focus::Line
    } else if within(
        "input:not([type=checkbox]), textarea, select, dialog, [contenteditable], [data-own-keys]",
    ) {
        Focus::Typing
    } else if within("button, a, summary, input") {
        Focus::Pressing
    } else {
        Focus::Free
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_act_where_they_may() {
        let check = |key: &str, focus: Focus, characters: bool, expected: Option<&str>| {
            let meant = meaning(key, focus, characters, 2).map(|msg| format!("{msg:?}"));
            assert_eq!(meant.as_deref(), expected, "{key:?} {focus:?} {characters}");
        };
        check(" ", Focus::Free, true, Some("TogglePlay"));
        check(" ", Focus::Pressing, true, None);
        check(" ", Focus::Free, false, None);
        check("n", Focus::Pressing, true, Some("NextBeat"));
        check("n", Focus::Pressing, false, None);
        check("n", Focus::Typing, true, None);
        check("ArrowRight", Focus::Free, false, Some("Forward"));
        check("ArrowRight", Focus::Typing, false, None);
        check("PageUp", Focus::Free, false, Some("PreviousBeat"));
        check("PageDown", Focus::Line, false, Some("NextBeat"));
        check("PageDown", Focus::Typing, false, None);
        check("n", Focus::Line, true, None);
        check("Home", Focus::Line, true, None);
        check("<", Focus::Free, true, Some("Speed(1)"));
        check(">", Focus::Free, true, Some("Speed(3)"));
        check("t", Focus::Free, true, Some("NextTool"));
        check("x", Focus::Free, true, None);
    }
}
