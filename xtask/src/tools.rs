//! The programs a build needs beside cargo: the wasm target, Trunk, wasm-bindgen and wasm-opt.
//!
//! They are looked for on the path first, in exactly the version wanted, and otherwise installed below `target/tools`,
//! from crates.io and npm only. Trunk would fetch some of them itself, but from GitHub releases, which many networks block.

use crate::system::Need;
use crate::{Result, process, workspace};
use std::{fs, path::PathBuf, process::Command, time::Instant};

/// The version of Trunk that builds the site.
pub(crate) const TRUNK: &str = "0.21.14";

const TARGET: &str = "wasm32-unknown-unknown";
const NO_RUSTUP: &str = "Rust's wasm32-unknown-unknown target is missing and there is no rustup to add it; \
    install Rust from https://rustup.rs, or the target from your distribution";
pub(crate) const NO_WASM_OPT: &str = "wasm-opt is missing and could not be installed";

/// The programs of a build, ready to run.
pub(crate) struct Tools {
    /// False if there is no `wasm-opt` and none could be installed.
    pub(crate) wasm_opt: bool,
    folders: Vec<PathBuf>,
}

impl Tools {
    /// Finds or installs everything. Only `wasm-opt` may be missing afterwards.
    pub(crate) fn ensure() -> Result<Self> {
        ensure_wasm_target()?;
        let mut ready = Self::unchecked();
        fetch_crates()?;
        ready.ensure_trunk()?;
        ready.ensure_wasm_bindgen()?;
        ready.wasm_opt = ready.ensure_wasm_opt()?;
        Ok(ready)
    }

    fn unchecked() -> Self {
        let tools = workspace::tools();
        let binaries = tools.join("bin");
        let node_binaries = tools.join("node").join("node_modules").join(".bin");
        Self {
            wasm_opt: true,
            folders: vec![binaries, node_binaries],
        }
    }

    /// Trunk, with all the programs on its path and its own downloads switched off.
    pub(crate) fn trunk(&self, arguments: &[&str]) -> Result<Command> {
        let mut trunk = process::command("trunk", arguments);
        trunk
            .args(["--offline", "--skip-version-check"])
            .env("PATH", process::path_with(&self.folders)?);
        // Trunk takes only `true` and `false` for NO_COLOR and stops at the customary `1`.
        if std::env::var_os("NO_COLOR").is_some() {
            trunk.env_remove("NO_COLOR").env("TRUNK_COLOR", "never");
        }
        Ok(trunk)
    }

    fn ensure_trunk(&self) -> Result {
        if self.version("trunk", 1)? == Some(TRUNK.into()) {
            return Ok(());
        }
        announce(
            &format!("Trunk {TRUNK}"),
            "3 to 6 minutes on a small machine",
        );
        cargo_install(&["--locked", "trunk", "--version", &format!("={TRUNK}")])
    }

    fn ensure_wasm_bindgen(&self) -> Result {
        // Its command line and its library must be of the very same version.
        let wanted = workspace::locked_version("wasm-bindgen")?;
        if self.version("wasm-bindgen", 1)?.as_ref() == Some(&wanted) {
            return Ok(());
        }
        announce(&format!("wasm-bindgen {wanted}"), "1 to 2 minutes");
        cargo_install(&["wasm-bindgen-cli", "--version", &format!("={wanted}")])
    }

    fn ensure_wasm_opt(&self) -> Result<bool> {
        let wanted = workspace::binaryen_version()?;
        if self.version("wasm-opt", 2)?.as_ref() == Some(&wanted) {
            return Ok(true);
        }
        if process::output(&mut process::npm(&["--version"])).is_none() {
            return Ok(false);
        }
        announce(&format!("wasm-opt (Binaryen {wanted})"), "a few seconds");
        let folder = workspace::tools().join("node");
        fs::create_dir_all(&folder)
            .map_err(|error| format!("cannot create {}: {error}", folder.display()))?;
        let package = format!("binaryen@{wanted}.0.0");
        let flags = ["--no-audit", "--no-fund", "--no-save", "--prefix", "."];
        let mut install = process::npm(&["install"]);
        let installed = process::run(install.args(flags).arg(package).current_dir(folder));
        if let Err(message) = installed {
            eprintln!("{message}");
        }
        Ok(self.version("wasm-opt", 2)? == Some(wanted))
    }

    /// `wasm-opt`, which is installed if it has to be.
    pub(crate) fn wasm_opt() -> Result<Command> {
        let tools = Self::unchecked();
        if !tools.ensure_wasm_opt()? {
            return Err(format!("{NO_WASM_OPT}. {}", Need::Node.advice()));
        }
        let mut command = process::command("wasm-opt", &[]);
        command.env("PATH", process::path_with(&tools.folders)?);
        Ok(command)
    }

    /// The word at `position` of what `program --version` prints.
    fn version(&self, program: &str, position: usize) -> Result<Option<String>> {
        let path = process::path_with(&self.folders)?;
        let text = process::output(process::command(program, &["--version"]).env("PATH", path));
        Ok(text.and_then(|text| text.split_whitespace().nth(position).map(str::to_owned)))
    }
}

/// Adds the target of the browser to the installed Rust.
pub(crate) fn ensure_wasm_target() -> Result {
    let arguments = ["--print", "target-libdir", "--target", TARGET];
    let folder = process::output(&mut process::command("rustc", &arguments));
    if folder.is_some_and(|folder| PathBuf::from(folder).is_dir()) {
        return Ok(());
    }
    if process::find("rustup").is_none() {
        return Err(NO_RUSTUP.into());
    }
    process::run(&mut process::command("rustup", &["target", "add", TARGET]))
}

/// Downloads the crates of the page, because Trunk's `--offline` is also for the cargo that it runs.
fn fetch_crates() -> Result {
    let mut fetch = process::cargo(&["fetch", "--quiet", "--locked", "--target", TARGET]);
    match fetch.status() {
        Ok(status) if status.success() => Ok(()),
        _ => Err("the crates of the page could not be downloaded".into()),
    }
}

fn announce(what: &str, how_long: &str) {
    println!("Installing {what} into target/tools (once; {how_long})");
}

/// `cargo install` in a profile that compiles quickly: these programs wait for disks and other programs, not for themselves.
fn cargo_install(arguments: &[&str]) -> Result {
    let start = Instant::now();
    let root = workspace::tools();
    let mut install = process::cargo(&["install", "--force", "--root"]);
    install
        .arg(&root)
        .args(arguments)
        // On its path, so that cargo does not advise to put it there.
        .env("PATH", process::path_with(&[root.join("bin")])?)
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "0")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_RELEASE_DEBUG", "0");
    process::run(&mut install)?;
    println!("Installed in {} s", start.elapsed().as_secs());
    Ok(())
}
