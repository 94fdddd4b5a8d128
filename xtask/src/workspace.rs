//! Where things are in the checkout.

use crate::Result;
use std::{
    env, fs,
    path::{Path, PathBuf},
};

/// The top folder of the checkout.
pub(crate) fn root() -> PathBuf {
    // Cargo sets the variable at run time too; a checkout that was moved since the last build is still found.
    let xtask = env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    xtask.parent().map_or(xtask.clone(), Path::to_path_buf)
}

/// The finished site.
pub(crate) fn dist() -> PathBuf {
    root().join("dist")
}

/// The browser tests.
pub(crate) fn e2e() -> PathBuf {
    root().join("e2e")
}

/// Cargo's output.
pub(crate) fn target() -> PathBuf {
    let target = env::var_os("CARGO_TARGET_DIR").map_or_else(|| "target".into(), PathBuf::from);
    root().join(target)
}

/// Where `serve` and `test` keep the programs they installed; gone with `cargo clean`.
pub(crate) fn tools() -> PathBuf {
    target().join("tools")
}

/// The version of `package` that Cargo.lock has settled on.
pub(crate) fn locked_version(package: &str) -> Result<String> {
    let lock = read("Cargo.lock")?;
    version_in_lock(&lock, package).ok_or_else(|| format!("Cargo.lock has no package `{package}`"))
}

/// The version of Binaryen, whose program is `wasm-opt`, that Trunk.toml asks for.
pub(crate) fn binaryen_version() -> Result<String> {
    binaryen_in(&read("Trunk.toml")?)
        .ok_or_else(|| "Trunk.toml has no line `wasm_opt = \"version_…\"`".into())
}

fn read(file: &str) -> Result<String> {
    fs::read_to_string(root().join(file)).map_err(|error| format!("cannot read {file}: {error}"))
}

fn binaryen_in(trunk_toml: &str) -> Option<String> {
    let mut lines = trunk_toml.lines();
    let version = lines.find_map(|line| line.strip_prefix("wasm_opt = \"version_"))?;
    Some(version.strip_suffix('"')?.to_owned())
}

fn version_in_lock(lock: &str, package: &str) -> Option<String> {
    let mut lines = lock.lines();
    lines.find(|line| *line == format!("name = \"{package}\""))?;
    let version = lines.next()?.strip_prefix("version = \"")?;
    Some(version.strip_suffix('"')?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_locked_version_is_found_by_its_whole_name() {
        let lock = "[[package]]\nname = \"wasm-bindgen-macro\"\nversion = \"9.9.9\"\n\n\
                    [[package]]\nname = \"wasm-bindgen\"\nversion = \"0.2.130\"\n";
        assert_eq!(
            version_in_lock(lock, "wasm-bindgen"),
            Some("0.2.130".into())
        );
        assert_eq!(version_in_lock(lock, "wasm"), None);
    }

    #[test]
    fn binaryen_is_found_in_trunks_spelling() {
        assert_eq!(
            binaryen_in("[tools]\nwasm_opt = \"version_132\"\n"),
            Some("132".into())
        );
        assert_eq!(binaryen_in("[tools]\n"), None);
    }
}
