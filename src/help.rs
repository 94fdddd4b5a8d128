//! The help: what the keys do, and whether single keys do anything.

use web_sys::{HtmlDialogElement, HtmlInputElement};
use words::Lang;
use yew::prelude::*;

use crate::state::Msg;

/// What [`Help`] needs.
#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    /// Language of the page.
    pub(crate) lang: Lang,
    /// Whether it is shown.
    pub(crate) open: bool,
    /// Whether single characters are shortcuts.
    pub(crate) single_keys: bool,
    /// Takes messages.
    pub(crate) send: Callback<Msg>,
}

/// The help, a modal dialog.
#[component]
pub(crate) fn Help(props: &Props) -> Html {
    let words = props.lang.words();
    let dialog = use_node_ref();
    use_effect_with((props.open, dialog.clone()), |(open, dialog)| {
        let Some(dialog) = dialog.cast::<HtmlDialogElement>() else {
            return;
        };
        match (open, dialog.open()) {
            (true, false) => drop(dialog.show_modal()),
            (false, true) => dialog.close(),
            _ => {}
        }
    });
    let switch = props.send.reform(|event: Event| {
        Msg::SingleKeys(event.target_unchecked_into::<HtmlInputElement>().checked())
    });
    let rows: [(&[&str], &str); 18] = [
        (&["Space", "K"], words.key_play),
        (&["←", "→"], words.key_steps),
        (&["N", "P", "PageDown", "PageUp"], words.key_beats),
        (&["Home", "End"], words.key_ends),
        (&["<", ">"], words.key_speed),
        (&["T"], words.key_tools),
        (&["?"], words.key_help),
        (&["Tab"], words.key_complete),
        (&["Esc Tab"], words.key_leave),
        (&["↑", "↓"], words.key_history),
        (&["Ctrl-R"], words.key_search),
        (&["Ctrl-A", "Ctrl-E", "Alt-←", "Alt-→"], words.key_caret),
        (&["Ctrl-U", "Ctrl-K", "Ctrl-W", "Ctrl-Y"], words.key_cut),
        (&["Ctrl-C"], words.key_interrupt),
        (&["Ctrl-L"], words.key_clear),
        (&["Alt-click"], words.key_insert),
        (&["Ctrl-S"], words.key_apply),
        (&["Ctrl-Enter"], words.key_compare),
    ];
    let row = |(keys, meaning): &(&[&str], &str)| {
        let keys = keys.iter().map(|key| html! { <kbd lang="en">{*key}</kbd> });
        html! { <div><dt>{for keys}</dt><dd>{*meaning}</dd></div> }
    };
    html! {
        <dialog id="help" ref={dialog} class="help" aria-labelledby="help-title" onclose={props.send.reform(|_| Msg::Help(false))}>
            <h2 id="help-title">{words.help}</h2>
            <p>{words.about}</p>
            <h3>{words.keys}</h3>
            <dl class="keys">{for rows.iter().map(row)}</dl>
            <label class="check">
                <input type="checkbox" id="single-keys" checked={props.single_keys} onchange={switch} />
                {words.single_keys}
            </label>
            <p><button type="button" id="help-close" class="primary" onclick={props.send.reform(|_| Msg::Help(false))}>{words.close}</button></p>
        </dialog>
    }
}
