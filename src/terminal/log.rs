//! What is in the terminal's log: a labelled group for each command and what it printed.

use kubectl::Stream;
use lesson::{Action, Entry};
use yew::prelude::*;

use words::Lang;

/// A command and what it has printed so far; `tables`: tables are shown as such.
pub(super) fn block(lang: Lang, entry: &Entry, cursor: usize, tables: bool) -> Option<Html> {
    let Action::Command(line) = &entry.action else {
        return None;
    };
    let words = lang.words();
    let chunk = |chunk: &kubectl::Chunk| {
        let text = chunk.text.trim_end_matches('\n').to_owned();
        match chunk.stream {
            Stream::Stdout if tables => {
                let parts = parts(&text).into_iter().map(drawn);
                html! { <div data-stream="stdout" lang="en" translate="no">{for parts}</div> }
            }
            Stream::Stdout => {
                html! { <pre data-stream="stdout" lang="en" translate="no">{text}</pre> }
            }
            Stream::Stderr => html! {
                <pre data-stream="stderr" lang="en" translate="no"><span class="unseen">{words.errors}{": "}</span>{text}</pre>
            },
            Stream::Note => {
                html! { <p class="note" data-stream="note"><strong>{words.note}</strong>{" "}{text}</p> }
            }
        }
    };
    Some(html! {
        <li data-command={line.clone()} data-exit={entry.exit_code_at(cursor).map(|code| code.to_string())}>
            <div role="group" aria-label={line.clone()}>
                <p class="line" lang="en" translate="no"><span aria-hidden="true">{&entry.prompt}{" "}</span>{line}</p>
                {for merged(entry, cursor).iter().map(chunk)}
            </div>
        </li>
    })
}

/// What was printed, neighbours of one stream put together, so that a table is one text.
fn merged(entry: &Entry, cursor: usize) -> Vec<kubectl::Chunk> {
    let mut merged: Vec<kubectl::Chunk> = Vec::new();
    for chunk in entry.output_at(cursor) {
        match merged.last_mut().filter(|last| last.stream == chunk.stream) {
            Some(last) => last.text.push_str(&chunk.text),
            None => merged.push(chunk.clone()),
        }
    }
    merged
}

/// A piece of output: rows of cells, the first of them names; or lines as they are.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Part<'a> {
    Table(Vec<Vec<&'a str>>),
    Text(&'a str),
}

/// The pieces of an output, which empty lines divide.
pub(crate) fn parts(text: &str) -> Vec<Part<'_>> {
    let blocks = text.split("\n\n").filter(|block| !block.is_empty());
    blocks
        .map(|block| table(block).map_or(Part::Text(block), Part::Table))
        .collect()
}

/// Lines under a line of names in capitals, as columns: where a name begins, a cell begins in every
/// line, after a blank.
fn table(block: &str) -> Option<Vec<Vec<&str>>> {
    let (header, rows) = block.split_once('\n')?;
    let capital = |letter: char| letter.is_ascii_uppercase() || " -()".contains(letter);
    if !header.starts_with(|letter: char| letter.is_ascii_uppercase())
        || !header.chars().all(capital)
    {
        return None;
    }
    let bytes = header.as_bytes();
    let begins =
        |at: &usize| bytes[*at] != b' ' && (*at == 0 || *at > 1 && bytes[at - 2..*at] == *b"  ");
    let starts: Vec<usize> = (0..bytes.len()).filter(begins).collect();
    let row = |line| cells(line, &starts);
    [header].into_iter().chain(rows.lines()).map(row).collect()
}

/// The cells of a line whose columns begin at these places, counted in letters.
fn cells<'a>(line: &'a str, starts: &[usize]) -> Option<Vec<&'a str>> {
    let place = |letters: usize| {
        line.char_indices()
            .nth(letters)
            .map_or(line.len(), |(at, _)| at)
    };
    let ends = starts
        .iter()
        .skip(1)
        .map(|start| place(*start))
        .chain([line.len()]);
    let cut = starts.iter().zip(ends).map(|(start, end)| {
        let start = place(*start);
        let free = end == line.len() || line[..end].ends_with(' ');
        free.then(|| line[start..end].trim_end())
    });
    cut.collect()
}

fn drawn(part: Part<'_>) -> Html {
    let rows = match part {
        Part::Text(text) => return html! { <pre>{text.to_owned()}</pre> },
        Part::Table(rows) => rows,
    };
    let head = rows[0]
        .iter()
        .map(|name| html! { <th scope="col">{(*name).to_owned()}</th> });
    let row = |cells: &Vec<&str>| {
        let cells = cells
            .iter()
            .map(|cell| html! { <td>{(*cell).to_owned()}</td> });
        html! { <tr>{for cells}</tr> }
    };
    html! {
        <table><thead><tr>{for head}</tr></thead><tbody>{for rows[1..].iter().map(row)}</tbody></table>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_their_names() {
        let check = |text: &str, expected: &[&[&[&str]]]| {
            let found = parts(text);
            let tables: Vec<_> = found
                .iter()
                .filter_map(|part| match part {
                    Part::Table(rows) => Some(rows),
                    Part::Text(_) => None,
                })
                .collect();
            assert_eq!(tables, expected, "{text}");
        };
        check(
            "NAME    ACCESS MODES   AGE\npv-a    RWO            5s\npv-bb                  2m",
            &[&[
                &["NAME", "ACCESS MODES", "AGE"],
                &["pv-a", "RWO", "5s"],
                &["pv-bb", "", "2m"],
            ]],
        );
        check(
            "NAME   A\nx      1\n\nNAME   B\ny      2\n",
            &[
                &[&["NAME", "A"], &["x", "1"]],
                &[&["NAME", "B"], &["y", "2"]],
            ],
        );
        // A row that grew out of its column while watching, and what is no table.
        check("NAME   A\nlong-name   1", &[]);
        check("NAME", &[]);
        check("apiVersion: v1\nkind: Pod", &[]);
        check("NAME   名\nx      1", &[]);
    }
}
