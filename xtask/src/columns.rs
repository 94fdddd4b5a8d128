//! Writes the functions of a program in columns, from which the start script (`static/boot.js`) puts them
//! together again.
//!
//! In WebAssembly's own format the code of an instruction is followed by its numbers: a local variable, a place
//! in memory, a constant. A compressor expects after some bytes what came after them before, and codes and numbers
//! stand in each other's way. In columns, all codes come first, then all numbers of one kind, then those of the
//! next. A host compresses the file as it would any program.
//!
//! The section of functions becomes one of the name `columns`:
//!
//! | bytes | what |
//! |--:|---|
//! | 256 | for each code how it goes on: the [`Way`] times 32, and the column |
//! | 256 | for each code the alignment that is expected |
//! | numbers | the length of the section as it was, how many functions it has, and the length of each column |
//! | | the columns |

use wasmparser::{BinaryReader, OperatorsReader};

use crate::module::{CODE, CUSTOM, Module, number_at, push_number};

/// What follows the code of an instruction.
#[derive(Clone, Copy)]
enum Way {
    Nothing,
    /// A number, as it is.
    Number,
    /// A local variable: by how many others it was used last.
    Local,
    /// An alignment, in a column of its own, combined with the expected one by exclusive or; then an offset.
    Memory,
    /// So many bytes, as they are.
    Bytes,
}

/// The columns of all codes, of the declarations of local variables (each as [`Way::Bytes`]) and of alignments.
const CODES: usize = 0;
const DECLARATIONS: usize = 1;
const ALIGNMENTS: usize = 2;
const COLUMNS: usize = 15;

/// More local variables than this no function may have.
const VARIABLES: usize = 4096;

/// How the instruction of a code goes on. Columns that are alike are neighbours.
fn shape(code: u8) -> (Way, usize) {
    match code {
        // Blocks, and branches.
        0x02..=0x04 => (Way::Number, 3),
        0x0c | 0x0d => (Way::Number, 4),
        // Calls.
        0x10 => (Way::Number, 5),
        // Variables: get, set and both, then global ones.
        0x20 => (Way::Local, 6),
        0x21 => (Way::Local, 7),
        0x22 => (Way::Local, 8),
        0x23 | 0x24 => (Way::Number, 9),
        // Memory: read and written.
        0x28..=0x35 => (Way::Memory, 10),
        0x36..=0x3e => (Way::Memory, 11),
        // Constants.
        0x41 => (Way::Number, 12),
        0x42 => (Way::Number, 13),
        // Control, parameters that are chosen or dropped, and all that computes.
        0x00 | 0x01 | 0x05 | 0x0b | 0x0f | 0x1a | 0x1b | 0x45..=0xc4 => (Way::Nothing, 0),
        _ => (Way::Bytes, 14),
    }
}

/// The alignment, as a power of two, that an instruction has if its place is a multiple of its size.
fn expected_alignment(code: u8) -> u8 {
    match code {
        0x28 | 0x2a | 0x34..=0x36 | 0x38 | 0x3e => 2,
        0x29 | 0x2b | 0x37 | 0x39 => 3,
        0x2e | 0x2f | 0x32 | 0x33 | 0x3b | 0x3d => 1,
        _ => 0,
    }
}

/// The program with its functions in columns.
///
/// # Errors
/// What in it the start script could not put together again.
pub(crate) fn encode(module: &Module<'_>) -> Result<Vec<u8>, String> {
    let mut columns = vec![Vec::new(); COLUMNS];
    // The lengths of functions take five bytes when they are put together again.
    let mut length = 5;
    for function in &module.functions {
        length += 5 + function.body.len();
        let declarations = &module.bytes[function.body.start..function.code];
        push_bytes(&mut columns[DECLARATIONS], declarations);
        let code = function.code..function.body.end;
        push_code(&mut columns, &module.bytes[code])?;
    }
    let codes = || 0..=u8::MAX;
    let ways = codes().map(|code| {
        let (way, column) = shape(code);
        (way as u8) << 5 | column as u8
    });
    let mut out = Vec::new();
    push_bytes(&mut out, b"columns");
    out.extend(ways.chain(codes().map(expected_alignment)));
    push_number(&mut out, length);
    push_number(&mut out, module.functions.len());
    columns
        .iter()
        .for_each(|column| push_number(&mut out, column.len()));
    out.extend(columns.concat());
    Ok(module.with_numbers(|section| match section.number {
        CODE => Some((CUSTOM, out.clone())),
        _ => None,
    }))
}

fn push_bytes(column: &mut Vec<u8>, bytes: &[u8]) {
    push_number(column, bytes.len());
    column.extend(bytes);
}

/// Puts the instructions of a function into their columns.
fn push_code(columns: &mut [Vec<u8>], code: &[u8]) -> Result<(), String> {
    let mut variables: Vec<usize> = (0..VARIABLES).collect();
    let mut reader = OperatorsReader::new(BinaryReader::new(code, 0));
    while !reader.eof() {
        let start = reader.original_position();
        reader.read().map_err(|error| error.to_string())?;
        let (code, rest) = (code[start], &code[start + 1..reader.original_position()]);
        columns[CODES].push(code);
        let (way, column) = shape(code);
        match way {
            Way::Nothing => {}
            Way::Number => columns[column].extend(rest),
            Way::Local => {
                let (variable, _) = number_at(rest, 0);
                let used = variables.iter().position(|it| *it == variable);
                let used = used.ok_or("a function has too many local variables")?;
                variables[..=used].rotate_right(1);
                push_number(&mut columns[column], used);
            }
            Way::Memory => {
                columns[ALIGNMENTS].push(rest[0] ^ expected_alignment(code));
                columns[column].extend(&rest[1..]);
            }
            // These begin blocks that the start script would take for the end of the function.
            Way::Bytes if matches!(code, 0x06..=0x0a | 0x18 | 0x19 | 0x1f) => {
                return Err("there are exceptions in the program".to_owned());
            }
            Way::Bytes => push_bytes(&mut columns[column], rest),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instructions_are_put_into_columns() {
        let code = [
            // Variables 2, 0, 2 and 2, of which the last is set; a branch, 4 read at 8 and 300 written, not aligned.
            [0x20, 2, 0x20, 0, 0x20, 2, 0x21, 2, 0x0c, 0].as_slice(),
            &[0x28, 2, 8, 0x36, 0, 0xac, 2, 0xfc, 10, 0, 0, 0x0b],
        ]
        .concat();
        let mut columns = vec![Vec::new(); COLUMNS];
        push_code(&mut columns, &code).expect("it can be put together again");
        let mut expected = vec![Vec::new(); COLUMNS];
        expected[CODES] = vec![0x20, 0x20, 0x20, 0x21, 0x0c, 0x28, 0x36, 0xfc, 0x0b];
        expected[ALIGNMENTS] = vec![0, 2];
        expected[4] = vec![0];
        expected[6] = vec![2, 1, 1];
        expected[7] = vec![0];
        expected[10] = vec![8];
        expected[11] = vec![0xac, 2];
        expected[14] = vec![3, 10, 0, 0];
        assert_eq!(columns, expected);
    }

    #[test]
    fn what_could_not_be_put_together_is_refused() {
        let check = |code: &[u8]| push_code(&mut vec![Vec::new(); COLUMNS], code).is_err();
        assert!(check(&[0x20, 0x80, 0x20, 0x0b]), "variable 4096");
        assert!(check(&[0x06, 0x40, 0x0b, 0x0b]), "an exception");
        assert!(!check(&[0x20, 0xff, 0x1f, 0x0b]), "variable 4095");
    }
}
