//! The command line with its cluster and nothing else, to weigh it: `cargo xtask bench` builds it for
//! `wasm32-unknown-unknown` as the site is built, and prints what it comes to after brotli.
//!
//! It is a program that works: it takes a line letter by letter, and gives what was printed likewise.
#![expect(
    unsafe_code,
    reason = "a name that is the same outside needs `no_mangle`, which can clash with another and so is called unsafe"
)]

use std::cell::RefCell;

use cluster::{Cluster, Config};
use kubectl::{Files, Follow, Shell};

/// A terminal: what is typed, what was printed, and what goes on.
struct Terminal {
    cluster: Cluster,
    shell: Shell,
    follow: Option<Follow>,
    typed: String,
    printed: String,
}

thread_local! {
    static TERMINAL: RefCell<Option<Terminal>> = const { RefCell::new(None) };
}

fn at<R>(work: impl FnOnce(&mut Terminal) -> R) -> R {
    TERMINAL.with_borrow_mut(|terminal| {
        work(terminal.get_or_insert_with(|| Terminal {
            cluster: Cluster::new(Config::default()),
            shell: Shell::default(),
            follow: None,
            typed: String::new(),
            printed: String::new(),
        }))
    })
}

/// Types a letter; the end of a line runs it, a tabulator asks what the word may become.
#[unsafe(no_mangle)]
pub extern "C" fn key(letter: u32) {
    at(|terminal| {
        let files = Files::new();
        match char::from_u32(letter) {
            Some('\n') => {
                let line = std::mem::take(&mut terminal.typed);
                let (shell, cluster) = (&mut terminal.shell, &mut terminal.cluster);
                let outcome = kubectl::run_in(shell, &line, &files, cluster);
                let text = outcome.output.iter().map(|chunk| chunk.text.as_str());
                terminal.printed.extend(text);
                terminal.follow = outcome.follow;
            }
            Some('\t') => {
                let completion =
                    kubectl::complete(&terminal.typed, &terminal.shell, &files, &terminal.cluster);
                terminal.printed.extend(completion.words);
            }
            letter => terminal.typed.extend(letter),
        }
    });
}

/// Lets the next thing happen; 0 if nothing is left to happen.
#[unsafe(no_mangle)]
pub extern "C" fn step() -> u32 {
    at(|terminal| {
        let Some(step) = terminal.cluster.step() else {
            return 0;
        };
        if let Some(follow) = &mut terminal.follow {
            let progress = follow.step(&step, &terminal.cluster);
            let text = progress.output.iter().map(|chunk| chunk.text.as_str());
            terminal.printed.extend(text);
            let (shell, cluster) = (&mut terminal.shell, &mut terminal.cluster);
            follow.resume(shell, &Files::new(), cluster);
        }
        1
    })
}

/// The next letter that was printed; 0 if there is none.
#[unsafe(no_mangle)]
pub extern "C" fn letter() -> u32 {
    at(|terminal| match terminal.printed.is_empty() {
        true => 0,
        false => terminal.printed.remove(0).into(),
    })
}

fn main() {}
