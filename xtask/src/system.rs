//! What has to come from the system's own packages: Node with npm, a browser, a Chinese font, a compiler of C++.

use crate::{Result, process};
use std::{
    env,
    path::{Path, PathBuf},
};

/// Something a chore needs from the system.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Need {
    /// Node 20 or newer, with npm: for `wasm-opt` and for the browser tests.
    Node,
    /// A browser of the Chromium family, for the browser tests.
    Chromium,
    /// A font with Chinese characters, so that the screenshots show what a reader sees.
    ChineseFont,
    /// A compiler of C++, for libFuzzer.
    CppCompiler,
}

impl Need {
    /// The packages of Debian that meet the need.
    fn debian_packages(self) -> &'static [&'static str] {
        match self {
            Self::Node => &["nodejs", "npm"],
            Self::Chromium => &["chromium"],
            Self::ChineseFont => &["fonts-noto-cjk"],
            Self::CppCompiler => &["g++"],
        }
    }

    fn is_met(self) -> bool {
        match self {
            Self::Node => has_node(),
            Self::Chromium => chromium().is_some(),
            Self::ChineseFont => has_chinese_font(),
            Self::CppCompiler => process::find("c++").is_some(),
        }
    }

    /// What to do about a need that is not met.
    pub(crate) fn advice(self) -> String {
        let packages = self.debian_packages().join(" ");
        let elsewhere = match self {
            Self::Node => "elsewhere, install Node 20 or newer, with npm: https://nodejs.org",
            Self::Chromium => {
                "elsewhere, install Chromium or Chrome and set CHROME to its program if it is not found"
            }
            Self::ChineseFont => "elsewhere, install the Noto Sans CJK fonts",
            Self::CppCompiler => "elsewhere, install a compiler of C++ that is called `c++`",
        };
        format!("On Debian: `sudo apt-get install {packages}`; {elsewhere}.")
    }
}

/// Meets the needs: by apt-get where this is Debian and we are root, otherwise it says what to install.
pub(crate) fn ensure(needs: &[Need]) -> Result {
    let missing = || {
        needs
            .iter()
            .copied()
            .filter(|need| !need.is_met())
            .collect::<Vec<_>>()
    };
    let wanted = missing();
    if wanted.is_empty() {
        return Ok(());
    }
    if can_install() {
        let packages: Vec<_> = wanted
            .iter()
            .flat_map(|need| need.debian_packages())
            .collect();
        println!("Installing system packages that are missing");
        process::run(&mut process::command("apt-get", &["update", "--quiet"]))?;
        let mut install = process::command("apt-get", &["install", "--yes", "--quiet"]);
        install
            .arg("--no-install-recommends")
            .args(packages)
            .env("DEBIAN_FRONTEND", "noninteractive");
        process::run(&mut install)?;
    }
    match missing().as_slice() {
        [] => Ok(()),
        still => Err(still
            .iter()
            .map(|need| format!("{need:?} is missing. {}", need.advice()))
            .collect::<Vec<_>>()
            .join("\n       ")),
    }
}

/// The browser for the tests: `CHROME` if set, or the first that is found in the usual places.
pub(crate) fn chromium() -> Option<PathBuf> {
    const NAMES: [&str; 4] = [
        "chromium",
        "chromium-browser",
        "google-chrome",
        "google-chrome-stable",
    ];
    const MAC: &str = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome";
    match env::var_os("CHROME") {
        Some(path) => Some(PathBuf::from(path)),
        None => NAMES
            .iter()
            .find_map(|name| process::find(name))
            .or_else(|| Some(PathBuf::from(MAC)).filter(|path| path.is_file())),
    }
}

fn can_install() -> bool {
    Path::new("/etc/debian_version").exists()
        && process::find("apt-get").is_some()
        && process::output(&mut process::command("id", &["-u"])).as_deref() == Some("0")
}

fn has_node() -> bool {
    let version = process::output(&mut process::command("node", &["--version"]));
    let major = version.as_deref().and_then(major_version);
    major.is_some_and(|major| major >= 20)
        && process::output(&mut process::npm(&["--version"])).is_some()
}

/// 20 of `v20.11.1`.
fn major_version(text: &str) -> Option<u32> {
    text.strip_prefix('v')?.split('.').next()?.parse().ok()
}

fn has_chinese_font() -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    match process::output(&mut process::command("fc-list", &[":lang=zh", "family"])) {
        Some(families) => !families.is_empty(),
        None => Path::new("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc").exists(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_versions_are_read() {
        assert_eq!(major_version("v20.11.1"), Some(20));
        assert_eq!(major_version("v8.0.0"), Some(8));
        assert_eq!(major_version("node"), None);
    }
}
