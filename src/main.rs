//! Ordinal, the web app: the only code that knows a browser.
//!
//! | module | what |
//! |---|---|
//! | [`app`] | the root: takes messages, keeps the state, runs timers, fetches and stores |
//! | [`state`] | the reducer: state and messages in, state and effects out; knows no browser |
//! | [`settings`] | what a reader chose, whatever the lesson |
//! | [`run`] | a lesson being played: its timeline and its beats |
//! | [`stage`] | the picture: a pure function of a frame |
//! | [`compare`] | two branches side by side: the same picture twice |
//! | [`explain`] | what a step changed, and for whom |
//! | [`header`], [`lesson_panel`], [`caption`], [`timeline_bar`], [`terminal`], [`editor`], [`inspector`], [`help`] | the panels |
//! | [`store`] | what is kept in the browser |
//! | [`keys`], [`address`], [`page`] | shortcuts, the page's address, the page around the app |
//!
//! # Hooks
//! Browser tests, and style sheets, hold on to these: the ids of buttons and panels (`#play`,
//! `#step-forward`, `#scrubber`, `#terminal-input`, `#next-beat`, …), `data-frame`, `data-playing`
//! and `data-rest` on the root, `data-lesson`, `data-beat` and `data-beat-state` on `#lesson`, and on
//! the stage `data-pod`, `data-claim`, `data-volume`, `data-service`, `data-endpoint`,
//! `data-stateful-set`, `data-replica-set`, `data-absent` and `data-node` (with `data-ready` and `data-cut`), most with `data-state`;
//! `data-twins` is a name whose program runs twice, `data-record` one in the DNS (with `data-type`, `data-pod`, `data-given`).
//! `.changed` is on the one object that the step changed, `.asked` on those that answer a question.
//! `data-tool` is on the tools of the toolbox, `.target` on what the one in hand can be used on; `.talks` tells what was
//! asked and answered, and `.flight` (`data-from`, `data-to`: selectors) are answers on their way.
//! `#compare` has two branches side by side (`data-side`: the branch, `data-at`: its frame), `.unlike` on what differs, and
//! `#difference` says where they first do. `#question`, `#verdict` and `#challenge` are in the lesson, `#promises` (`data-property`) and `#lanes`
//! (`data-lane`) below the scrubber, `#why` in the inspector. The terminal has an `li` with `data-command` for each
//! command, with `data-stream` on what it printed, `#terminal-words`, `#terminal-choices` and `#terminal-found`
//! for words proposed, listed and searched, `#pasted` for lines to be agreed to; the editor is `#editor` (`data-file`)
//! with `#editor-text`, `#editor-errors` and `#editor-diff`.

mod address;
mod app;
mod caption;
mod compare;
mod editor;
mod explain;
mod header;
mod help;
mod inspector;
mod keys;
mod lanes;
mod lesson_panel;
mod page;
mod promises;
mod question;
mod run;
mod settings;
mod stage;
mod state;
mod store;
mod terminal;
#[cfg(test)]
mod tests;
mod timeline_bar;

fn main() {
    #[cfg(debug_assertions)]
    page::show_panics();
    match (page::place(), page::lang()) {
        (Some(place), Ok(lang)) => {
            let props = app::Props { lang };
            yew::Renderer::<app::App>::with_root_and_props(place, props).render();
        }
        (_, Err(problem)) => page::fail(&problem),
        (None, _) => {}
    }
}
