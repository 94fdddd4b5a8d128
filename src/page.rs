//! The page around the app: its address, language and theme, what is fetched, where the focus is.

use gloo::events::{EventListener, EventListenerOptions};
use lesson::json::{self, FromJson};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    DataTransfer, Document, DragEvent, Element, FileList, HtmlDocument, HtmlElement,
    HtmlInputElement, Response,
};
use words::Lang;
use yew::Callback;

use crate::address;
use crate::settings::{Settings, Theme};
use crate::state::Msg;
use crate::store;

fn document() -> Option<Document> {
    web_sys::window()?.document()
}

fn element(id: &str) -> Option<Element> {
    document()?.get_element_by_id(id)
}

/// Where the app goes.
pub(crate) fn place() -> Option<Element> {
    element("app")
}

/// Shows the words of a panic on the page. The program that is shipped has none: there, the start script
/// says that it stopped.
#[cfg(debug_assertions)]
pub(crate) fn show_panics() {
    std::panic::set_hook(Box::new(|info| fail(&info.to_string())));
}

/// Says that the page can't go on, and why.
pub(crate) fn fail(problem: &str) {
    if let Some(app) = place() {
        let _ = app.set_attribute("hidden", "");
    }
    if let Some(detail) = element("failure-detail") {
        detail.set_text_content(Some(problem));
    }
    if let Some(failure) = element("failure") {
        let _ = failure.remove_attribute("hidden");
    }
}

/// The language that the start script chose and fetched.
///
/// # Errors
/// That its words don't fit this program.
pub(crate) fn lang() -> Result<Lang, String> {
    let place = element("words");
    let code = place.as_ref().and_then(|place| place.get_attribute("lang"));
    let text = place.and_then(|place| place.text_content());
    Lang::read(&code.unwrap_or_default(), text.unwrap_or_default())
}

/// The query of the page's address.
pub(crate) fn query() -> String {
    let search = web_sys::window().and_then(|window| window.location().search().ok());
    search.unwrap_or_default()
}

/// What the address asks for goes before what was chosen earlier. The language has been chosen by the
/// start script.
pub(crate) fn settings() -> Settings {
    let mut settings = store::settings().unwrap_or_default();
    let plain = |id: &String| {
        id.bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    if let Some(lesson) = address::get(&query(), "lesson").filter(plain) {
        settings.lesson = Some(lesson);
    }
    settings
}

/// Tells the page its language and theme, and its address the language and the lesson.
pub(crate) fn apply(settings: &Settings, lang: Lang) {
    let words = lang.words();
    let Some(document) = document() else { return };
    document.set_title(&format!("{} — {}", words.title, words.tagline));
    if let Some(root) = document.document_element() {
        let _ = root.set_attribute("lang", lang.tag());
        let _ = match settings.theme {
            Theme::System => root.remove_attribute("data-theme"),
            theme => root.set_attribute("data-theme", theme.code()),
        };
    }
    let mut values = vec![("lang", settings.lang.as_str())];
    if let Some(lesson) = &settings.lesson {
        values.insert(0, ("lesson", lesson));
    }
    let query = query();
    let wanted = address::set(&query, &values);
    if wanted != query
        && let Some(history) = web_sys::window().and_then(|window| window.history().ok())
    {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&wanted));
    }
}

/// Where panels stand below each other, as in the style sheet, brings the one with this id into view.
pub(crate) fn show(id: &str) {
    let query = "(max-width: 63.99rem), (max-height: 37.99rem)";
    let list = web_sys::window().and_then(|window| window.match_media(query).ok().flatten());
    if list.is_some_and(|list| list.matches())
        && let Some(element) = element(id)
    {
        element.scroll_into_view();
    }
}

/// Whether there is room for more than the necessary.
pub(crate) fn tall() -> bool {
    let window = web_sys::window();
    let list = window.and_then(|window| window.match_media("(min-height: 56rem)").ok().flatten());
    list.is_some_and(|list| list.matches())
}

/// Gives the focus to the element with this id.
pub(crate) fn focus(id: &str) {
    if let Some(element) = element(id).and_then(|found| found.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Types a text where the caret is, so that the browser can undo it.
pub(crate) fn type_text(text: &str) {
    if let Some(document) = document().and_then(|found| found.dyn_into::<HtmlDocument>().ok()) {
        let _ = document.exec_command_with_show_ui_and_value("insertText", false, text);
    }
}

/// Types a name into the terminal's line.
pub(crate) fn type_in_terminal(name: &str) {
    let id = "terminal-input";
    focus(id);
    let input = element(id).and_then(|found| found.dyn_into::<HtmlInputElement>().ok());
    let before = input.and_then(|input| {
        let units = input.selection_start().ok()??;
        let before = input.value().encode_utf16().take(units as usize).last();
        before.and_then(|unit| char::from_u32(unit.into()))
    });
    let open = before.is_none_or(|letter| " /=,".contains(letter));
    type_text(&[if open { "" } else { " " }, name].concat());
}

/// Shows the end of a box that scrolls.
pub(crate) fn scroll_to_end(element: &Element) {
    element.set_scroll_top(element.scroll_height());
}

/// Fetches JSON from an address relative to the page.
///
/// # Errors
/// What went wrong, in the browser's words.
pub(crate) async fn fetch<T: FromJson>(path: &str) -> Result<T, String> {
    let text = fetch_text(path).await?;
    json::parse(&text).ok_or_else(|| [path, ": not as expected"].concat())
}

/// Fetches a text from an address relative to the page.
///
/// # Errors
/// What went wrong, in the browser's words.
pub(crate) async fn fetch_text(path: &str) -> Result<String, String> {
    download(path).await.map_err(|error| {
        let words = error.as_string().or_else(|| {
            let error = error.dyn_ref::<js_sys::Error>()?;
            Some(String::from(error.message()))
        });
        format!("{path}: {}", words.unwrap_or_default())
    })
}

async fn download(path: &str) -> Result<String, JsValue> {
    let window = web_sys::window().ok_or(JsValue::NULL)?;
    let response: Response = JsFuture::from(window.fetch_with_str(path))
        .await?
        .dyn_into()?;
    if !response.ok() {
        return Err(JsValue::from_str(&response.status().to_string()));
    }
    let text = JsFuture::from(response.text()?).await?;
    text.as_string().ok_or(JsValue::NULL)
}

/// Bytes that the file of a lesson may have.
const FILE_MAX: f64 = 1_000_000.0;

/// Reads the first of these files, and sends what is in it.
pub(crate) fn read_file(files: Option<FileList>, send: Callback<Msg>) {
    let Some(file) = files.and_then(|files| files.get(0)) else {
        return;
    };
    spawn_local(async move {
        let text = match file.size() {
            // Whole, as all numbers that are written: the code for others weighs 6 kB.
            size if size > FILE_MAX => {
                Err(["it has ", &(size as u64).to_string(), " bytes"].concat())
            }
            _ => {
                let text = JsFuture::from(file.text()).await;
                let text = text.ok().and_then(|text| text.as_string());
                text.ok_or_else(|| "it can't be read".to_owned())
            }
        };
        send.emit(Msg::File(file.name(), text));
    });
}

/// Tells when the page goes away: closed, loaded again, or left for another.
pub(crate) fn listen_to_leaving(leave: Callback<()>) -> Option<EventListener> {
    let window = web_sys::window()?;
    Some(EventListener::new(&window, "pagehide", move |_| {
        leave.emit(())
    }))
}

/// Files that are dropped anywhere on the page are read.
pub(crate) fn listen_to_drops(send: Callback<Msg>) -> Option<[EventListener; 2]> {
    let document = document()?;
    let listen = |kind: &'static str| {
        let send = send.clone();
        let options = EventListenerOptions::enable_prevent_default();
        EventListener::new_with_options(&document, kind, options, move |event| {
            if let Some(data) = files_of(event) {
                event.prevent_default();
                if event.type_() == "drop" {
                    read_file(data.files(), send.clone());
                }
            }
        })
    };
    Some(["dragover", "drop"].map(listen))
}

/// What is dragged, if there are files among it.
fn files_of(event: &web_sys::Event) -> Option<DataTransfer> {
    let data = event.dyn_ref::<DragEvent>()?.data_transfer()?;
    let files = data.types().includes(&JsValue::from_str("Files"), 0);
    files.then_some(data)
}
