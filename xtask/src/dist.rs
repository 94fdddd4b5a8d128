//! `cargo xtask dist`: the finished site in `dist/`.

use crate::system::{self, Need};
use crate::{
    Result,
    args::Args,
    process,
    tools::{NO_WASM_OPT, Tools},
};

/// Runs the command.
pub(crate) fn run(args: Args) -> Result {
    args.finish()?;
    system::ensure(&[Need::Node])?;
    build(&Tools::ensure()?)
}

/// The release build: what `trunk build --release` gives.
pub(crate) fn build(tools: &Tools) -> Result {
    if !tools.wasm_opt {
        return Err(format!("{NO_WASM_OPT}. {}", Need::Node.advice()));
    }
    process::run(&mut tools.trunk(&["build", "--release"])?)
}

/// The release build, or where there is no `wasm-opt` the same site with a larger wasm file: good enough to look at.
pub(crate) fn build_to_look_at(tools: &Tools) -> Result {
    if tools.wasm_opt {
        return build(tools);
    }
    println!("Building without wasm-opt: the download is larger, everything else is the same.");
    println!("{}", Need::Node.advice());
    // Trunk insists on wasm-opt only with its own --release.
    process::run(&mut tools.trunk(&["build", "--cargo-profile", "release"])?)
}
