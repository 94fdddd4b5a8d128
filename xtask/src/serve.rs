//! `cargo xtask serve`: from a checkout to the page in the browser.

use crate::{
    Result,
    args::Args,
    dist, process,
    server::{self, Site},
    tools::Tools,
    workspace,
};
use std::{
    env,
    process::{Command, Stdio},
    thread,
};

const PORT: u16 = 8080;

/// Runs the command. It ends only with an error, or when it is interrupted.
pub(crate) fn run(mut args: Args) -> Result {
    let port = port(args.value("--port")?)?;
    let watch = args.flag("--watch");
    let open = !args.flag("--no-open");
    args.finish()?;

    // A taken port is better said now than after minutes of compiling.
    drop(server::bind(port)?);
    let tools = Tools::ensure()?;
    if watch {
        keep_building(&tools)?;
    } else {
        dist::build_to_look_at(&tools)?;
    }
    let listener = server::bind(port)?;
    let address = format!("http://127.0.0.1:{port}/");
    println!("\nOrdinal is at {address} (Ctrl-C stops it)");
    if open {
        open_browser(&address);
    }
    server::serve(
        &listener,
        &Site {
            folder: workspace::dist(),
            reload: watch,
        },
    )
}

fn port(given: Option<String>) -> Result<u16> {
    match given {
        None => Ok(PORT),
        Some(text) => match text.parse() {
            Ok(port) if port > 0 => Ok(port),
            _ => Err(format!(
                "`{text}` is not a port; give a number from 1 to 65535"
            )),
        },
    }
}

/// Lets Trunk rebuild on every change, beside the server. When it ends, so does everything.
fn keep_building(tools: &Tools) -> Result {
    let mut trunk = tools
        .trunk(&["watch"])?
        .spawn()
        .map_err(|error| format!("cannot run trunk: {error}"))?;
    thread::spawn(move || {
        let end = trunk
            .wait()
            .map_or_else(|error| error.to_string(), |status| status.to_string());
        eprintln!("error: trunk has stopped ({end})");
        std::process::exit(1);
    });
    Ok(())
}

/// Opens the page if there is a screen to show it on. A browser that does not start is no failure: the address was printed.
fn open_browser(address: &str) {
    let mut opener = if cfg!(target_os = "macos") {
        process::command("open", &[address])
    } else if cfg!(windows) {
        process::command("cmd", &["/C", "start", address])
    } else if env::var_os("DISPLAY").is_some() || env::var_os("WAYLAND_DISPLAY").is_some() {
        process::command("xdg-open", &[address])
    } else {
        return;
    };
    start_quietly(&mut opener);
}

fn start_quietly(command: &mut Command) {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Ok(mut child) = command.spawn() {
        thread::spawn(move || child.wait());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_a_number_that_can_be_listened_on() {
        assert_eq!(port(None), Ok(8080));
        assert_eq!(port(Some("9000".into())), Ok(9000));
        for wrong in ["0", "65536", "-1", "http", ""] {
            assert!(port(Some(wrong.into())).is_err(), "{wrong}");
        }
    }
}
