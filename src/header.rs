//! The top of the page: name, language, theme, help.

use web_sys::HtmlSelectElement;
use words::Lang;
use yew::prelude::*;

use crate::settings::Theme;
use crate::state::Msg;

/// What [`Header`] needs.
#[derive(PartialEq, Properties)]
pub(crate) struct Props {
    /// Language of the page.
    pub(crate) lang: Lang,
    /// How light it is.
    pub(crate) theme: Theme,
    /// Takes messages.
    pub(crate) send: Callback<Msg>,
}

/// The top of the page.
#[component]
pub(crate) fn Header(props: &Props) -> Html {
    let words = props.lang.words();
    let send = &props.send;
    let language = |name: &words::Name| {
        let (code, pressed) = (name.code, name.code == props.lang.code());
        html! {
            <button type="button" id={["lang-", code].concat()} lang={name.tag} aria-pressed={pressed.to_string()}
                onclick={send.reform(move |_: MouseEvent| Msg::Lang(code))}>
                {name.name}
            </button>
        }
    };
    let theme = |theme: Theme| {
        let name = match theme {
            Theme::System => words.theme_system,
            Theme::Light => words.theme_light,
            Theme::Dark => words.theme_dark,
        };
        html! { <option value={theme.code()} selected={theme == props.theme}>{name}</option> }
    };
    let choose = send.reform(|event: Event| {
        let value = event.target_unchecked_into::<HtmlSelectElement>().value();
        let found = Theme::ALL.into_iter().find(|theme| theme.code() == value);
        Msg::Theme(found.unwrap_or_default())
    });
    html! {
        <header class="top">
            <h1 class="name"><span translate="no" lang="en">{words.title}</span><span class="tagline">{words.tagline}</span></h1>
            <div class="switches">
                <div class="joined" role="group" aria-label={words.language}>{for props.lang.names().iter().map(language)}</div>
                <label class="choice">
                    <span>{words.theme}</span>
                    <select id="theme" onchange={choose}>{for Theme::ALL.map(theme)}</select>
                </label>
                <button type="button" id="help-open" aria-label={words.help} title={[words.help, " (?)"].concat()} onclick={send.reform(|_| Msg::Help(true))}>
                    <span class="wide">{words.help}</span><span class="narrow" aria-hidden="true">{"?"}</span>
                </button>
            </div>
        </header>
    }
}
