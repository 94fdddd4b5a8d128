//! Makes the program smaller than compiler and linker do: without the words of panics, which `unused` and `doomed`
//! take out, optimised by `wasm-opt`, and with less of what binds it to the browser: it imports some hundred functions
//! from its script under long names that nobody else needs, and the script is written for people.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::module::{CODE, DATA, ELEMENTS, Module, push_number};
use crate::tools::Tools;
use crate::{Result, columns, doomed, order, process, unused, workspace};

/// Rewrites the program in `folder` and its script, if this is a release.
pub(crate) fn shrink(folder: &Path) -> Result {
    if std::env::var("TRUNK_PROFILE").as_deref() != Ok("release") {
        return Ok(());
    }
    let linked = workspace::target().join("wasm32-unknown-unknown/release/ordinal.wasm");
    let entries = fs::read_dir(folder).map_err(|error| error.to_string())?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let wasm = paths.filter(|path| path.extension().is_some_and(|it| it == "wasm"));
    for wasm in wasm {
        let name = wasm.to_string_lossy().replace("_bg.wasm", ".js");
        let script = fs::read_to_string(&name).map_err(|error| format!("{name}: {error}"))?;
        silence(&wasm, &linked)?;
        optimise(&wasm)?;
        let program = read(&wasm)?;
        let Some((program, names)) = rename_imports(&program) else {
            return Err(format!("{}: not a program as expected", wasm.display()));
        };
        write(&wasm, &arranged(&program)?)?;
        fs::write(&name, strip(&rename(&script, &names))).map_err(|error| error.to_string())?;
    }
    Ok(())
}

/// Takes the words of panics out of a program. `linked` is what the binding generator made it from.
pub(crate) fn silence(wasm: &Path, linked: &Path) -> Result {
    let (program, linked_program) = (read(wasm)?, read(linked)?);
    let module = |bytes, path: &Path| {
        Module::read(bytes).map_err(|error| format!("{}: {error}", path.display()))
    };
    let program = module(&program, wasm)?;
    let linked_program = module(&linked_program, linked)?;
    let unused = unused::find(&linked_program, &doomed::cuts(&linked_program));
    write(wasm, &without(&program, &linked_program, &unused))
}

/// A program without what it does on the way to a panic, and without what is unused in the one it was made from.
fn without(program: &Module<'_>, linked: &Module<'_>, unused: &unused::Unused) -> Vec<u8> {
    let cuts = doomed::cuts(program);
    // The binding generator changes functions, but leaves the memory and the table as they are.
    let same_table = program.table.len() == linked.table.len();
    let stop = doomed::stop(program, &cuts).filter(|_| same_table);
    program.with(|section| match (section.number, stop) {
        (CODE, _) => Some(doomed::code(program, &cuts)),
        (DATA, _) => Some(unused::data(program, &section.content, unused)),
        (ELEMENTS, Some(stop)) => Some(unused::table(program, &section.content, unused, stop)),
        _ => None,
    })
}

/// Lets `wasm-opt` rewrite a program. What is computed twice is left so: it makes a longer program, but one that
/// repeats itself and so compresses better.
pub(crate) fn optimise(wasm: &Path) -> Result {
    let options = ["-Oz", "--skip-pass=local-cse", "-o"];
    process::run(Tools::wasm_opt()?.args(options).arg(wasm).arg(wasm))
}

/// A program in the order and the format in which it compresses best.
fn arranged(program: &[u8]) -> Result<Vec<u8>> {
    let module = |bytes| Module::read(bytes).map_err(|error| error.to_string());
    let ordered = order::by_likeness(&module(program)?);
    columns::encode(&module(&ordered)?)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn write(path: &Path, content: &[u8]) -> Result {
    fs::write(path, content).map_err(|error| format!("{}: {error}", path.display()))
}

/// The program with short names for what it imports, and the new name of each.
fn rename_imports(wasm: &[u8]) -> Option<(Vec<u8>, BTreeMap<String, String>)> {
    const IMPORTS: u8 = 2;
    let mut names = BTreeMap::new();
    let mut out = wasm.get(..8)?.to_vec();
    let mut rest = wasm.get(8..)?;
    while let Some((&section, after)) = rest.split_first() {
        rest = after;
        let size = number(&mut rest)?;
        let content = take(&mut rest, size)?;
        out.push(section);
        match section {
            IMPORTS => {
                let content = imports(content, &mut names)?;
                push_number(&mut out, content.len());
                out.extend(content);
            }
            _ => {
                push_number(&mut out, size);
                out.extend(content);
            }
        }
    }
    Some((out, names))
}

/// The section of imports: a module, a name and a type each, of which only functions are here.
fn imports(mut section: &[u8], names: &mut BTreeMap<String, String>) -> Option<Vec<u8>> {
    const FUNCTION: u8 = 0;
    let mut out = Vec::new();
    let count = number(&mut section)?;
    push_number(&mut out, count);
    for _ in 0..count {
        let module = text(&mut section)?;
        let name = text(&mut section)?;
        let (&kind, after) = section.split_first()?;
        section = after;
        if kind != FUNCTION {
            return None;
        }
        let signature = number(&mut section)?;
        let next = short(names.len());
        // Only names that the binding generator made up stand for nothing else in the script.
        let new = match name.starts_with("__wb") {
            true => names.entry(name.to_owned()).or_insert(next),
            false => name,
        };
        for text in [module, new] {
            push_number(&mut out, text.len());
            out.extend(text.as_bytes());
        }
        out.push(kind);
        push_number(&mut out, signature);
    }
    Some(out)
}

/// `a`, `b`, … `aa`, `ba`, …
fn short(index: usize) -> String {
    let letter = |index: usize| char::from(b'a' + (index % 26) as u8);
    match index {
        0..26 => letter(index).to_string(),
        _ => [short(index / 26 - 1), letter(index).to_string()].concat(),
    }
}

fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(count)?;
    *rest = after;
    Some(taken)
}

fn text<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let count = number(rest)?;
    std::str::from_utf8(take(rest, count)?).ok()
}

/// A number in LEB128.
fn number(rest: &mut &[u8]) -> Option<usize> {
    let mut number = 0;
    for shift in (0..35).step_by(7) {
        let byte = take(rest, 1)?[0];
        number |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// A script in which whole names are replaced.
fn rename(script: &str, names: &BTreeMap<String, String>) -> String {
    let is_name = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '$';
    let mut out = String::with_capacity(script.len());
    let mut rest = script;
    while let Some(start) = rest.find(is_name) {
        let (before, name) = rest.split_at(start);
        let end = name.find(|letter| !is_name(letter)).unwrap_or(name.len());
        let (name, after) = name.split_at(end);
        out.push_str(before);
        out.push_str(names.get(name).map_or(name, String::as_str));
        rest = after;
    }
    out + rest
}

/// A script without comments and indentation. Lines stay lines, so that no semicolon is missed; a text
/// of several lines would lose its indentation, and so such scripts stay as they are.
fn strip(script: &str) -> String {
    if script
        .lines()
        .any(|line| line.matches('`').count() % 2 == 1)
    {
        return script.to_owned();
    }
    let mut out = String::with_capacity(script.len());
    let mut in_comment = false;
    for line in script.lines().map(str::trim) {
        let begins = line.starts_with("/*");
        let ends = line.ends_with("*/");
        if !in_comment && !begins && !line.starts_with("//") && !line.is_empty() {
            out.push_str(line);
            out.push('\n');
        }
        in_comment = (in_comment || begins) && !ends;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn imports_get_short_names_and_nothing_else_changes() {
        let import = |name: &str| {
            let name = [&[name.len() as u8], name.as_bytes()].concat();
            [b"\x01m".as_slice(), &name, b"\x00\x07"].concat()
        };
        let wasm = |first: &str, second: &str| {
            let content = [vec![2], import(first), import(second)].concat();
            let magic = b"\0asm\x01\0\0\0\x01\x03abc".as_slice();
            [magic, &[2, content.len() as u8], &content, b"\x0a\x01x"].concat()
        };
        let (out, names) = rename_imports(&wasm("__wbg_get_0123", "__wbg_set_4567")).unwrap();
        assert_eq!(out, wasm("a", "b"));
        assert_eq!(names["__wbg_set_4567"], "b");
        let script = "/** Of\n * this */\nconst x = {\n  __wbg_get_0123: y => {\n\n    // that\n    y.__wbg_get_0123x /* */;\n  },\n};\n";
        let expected = "const x = {\na: y => {\ny.__wbg_get_0123x /* */;\n},\n};\n";
        assert_eq!(strip(&rename(script, &names)), expected);
    }

    #[test]
    fn what_is_no_program_is_refused() {
        for wasm in [
            b"".as_slice(),
            b"\0asm\x01\0\0\0\x02\x7f",
            b"\0asm\x01\0\0\0\x02\x01\x01",
        ] {
            assert!(rename_imports(wasm).is_none());
        }
    }

    #[test]
    fn short_names_are_all_different() {
        let names: std::collections::BTreeSet<String> = (0..2_000).map(short).collect();
        assert_eq!(names.len(), 2_000);
        assert_eq!([short(25), short(26), short(27)], ["z", "aa", "ab"]);
    }

    #[test]
    fn a_text_of_several_lines_keeps_its_script_as_it_is() {
        let script = "x = `a\n  b`;\n";
        assert_eq!(strip(script), script);
    }
}
