//! Finds what nothing in a program refers to any more: the linker left out what was unused when it ran, and
//! tells in its relocations who refers to what in the rest.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use wasmparser::{RelocationEntry, RelocationType, SymbolInfo};

use crate::module::{CODE, DATA, Module, Segment, number_at, push_number};

/// What a program has no use for.
#[derive(Default)]
pub(crate) struct Unused {
    /// Addresses of bytes in its memory.
    pub(crate) data: Vec<usize>,
    /// Entries of its table.
    pub(crate) entries: Vec<usize>,
}

/// A thing that can be referred to.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Thing {
    Function(u32),
    /// By the number of its symbol.
    Data(u32),
}

/// Finds what is unused in a program as it was linked, if these cuts are made; without relocations, nothing.
pub(crate) fn find(module: &Module<'_>, cuts: &[Vec<Range<usize>>]) -> Unused {
    if module.relocations.is_empty() {
        return Unused::default();
    }
    let placed = placed(module);
    let used = used(module, cuts, &placed);
    let is_used = |thing| used.contains(&thing);
    let entries = module.table.iter().enumerate();
    let unused = entries.filter(|(_, (_, function))| !is_used(Thing::Function(*function)));
    Unused {
        entries: unused.map(|(entry, _)| entry).collect(),
        data: unused_data(&placed, module, |symbol| is_used(Thing::Data(symbol))),
    }
}

/// Where the data of a symbol is in the file.
struct Placed {
    place: Range<usize>,
    symbol: u32,
}

/// All data that have a symbol, by their place.
fn placed(module: &Module<'_>) -> Vec<Placed> {
    let mut placed = Vec::new();
    for (symbol, info) in (0..).zip(&module.symbols) {
        if let SymbolInfo::Data {
            symbol: Some(data), ..
        } = info
            && let Some(segment) = module.data.get(data.index as usize)
        {
            let start = segment.content.start + data.offset as usize;
            let place = start..start + data.size as usize;
            placed.push(Placed { place, symbol });
        }
    }
    placed.sort_by_key(|placed| placed.place.start);
    placed
}

/// All that can be reached from what the browser can call.
fn used(module: &Module<'_>, cuts: &[Vec<Range<usize>>], placed: &[Placed]) -> HashSet<Thing> {
    let mut referred: HashMap<Thing, Vec<Thing>> = HashMap::new();
    let mut found: Vec<Thing> = module
        .exported
        .iter()
        .map(|(_, function)| Thing::Function(*function))
        .collect();
    for (section, entries) in &module.relocations {
        let section = &module.sections[*section];
        for entry in entries {
            let Some(to) = referred_by(module, entry) else {
                continue;
            };
            let place = section.content.start + entry.offset as usize;
            match section.number {
                CODE => {
                    let index = module.functions.partition_point(|it| it.body.end <= place);
                    let Some(cuts) = cuts.get(index) else {
                        continue;
                    };
                    if !cuts.iter().any(|cut| cut.contains(&place)) {
                        let from = Thing::Function(index as u32 + module.imported);
                        referred.entry(from).or_default().push(to);
                    }
                }
                DATA => {
                    let before = placed.partition_point(|it| it.place.start <= place);
                    let around = placed[..before]
                        .iter()
                        .filter(|it| it.place.contains(&place));
                    let mut around = around.map(|it| Thing::Data(it.symbol)).peekable();
                    if around.peek().is_none() {
                        found.push(to);
                    }
                    around.for_each(|from| referred.entry(from).or_default().push(to));
                }
                _ => {}
            }
        }
    }
    let mut used = HashSet::new();
    while let Some(thing) = found.pop() {
        if used.insert(thing) {
            found.extend(referred.get(&thing).into_iter().flatten());
        }
    }
    used
}

fn referred_by(module: &Module<'_>, entry: &RelocationEntry) -> Option<Thing> {
    // These have the number of a type where others have that of a symbol.
    if entry.ty == RelocationType::TypeIndexLeb {
        return None;
    }
    match module.symbols.get(entry.index as usize)? {
        SymbolInfo::Func { index, .. } => Some(Thing::Function(*index)),
        SymbolInfo::Data { .. } => Some(Thing::Data(entry.index)),
        _ => None,
    }
}

/// The addresses of bytes that have unused symbols only.
fn unused_data(
    placed: &[Placed],
    module: &Module<'_>,
    is_used: impl Fn(u32) -> bool,
) -> Vec<usize> {
    let mut unused = vec![false; module.bytes.len()];
    // One text may be the end of another: what is used comes last.
    for used in [false, true] {
        for Placed { place, symbol } in placed {
            if is_used(*symbol) == used {
                unused[place.clone()].fill(!used);
            }
        }
    }
    let segments = module.data.iter();
    let addresses = segments.flat_map(|segment| {
        let places = segment.content.clone().filter(|place| unused[*place]);
        places.map(|place| segment.address + place - segment.content.start)
    });
    addresses.collect()
}

/// The section of data without what is unused: zeros weigh next to nothing.
pub(crate) fn data(module: &Module<'_>, section: &Range<usize>, unused: &Unused) -> Vec<u8> {
    let mut out = module.bytes[section.clone()].to_vec();
    for address in &unused.data {
        let has = |segment: &&Segment| {
            (segment.address..segment.address + segment.content.len()).contains(address)
        };
        if let Some(segment) = module.data.iter().find(has) {
            out[segment.content.start - section.start + address - segment.address] = 0;
        }
    }
    out
}

/// The section of the table, where functions that are called no more give their places to `other`.
pub(crate) fn table(
    module: &Module<'_>,
    section: &Range<usize>,
    unused: &Unused,
    other: u32,
) -> Vec<u8> {
    let mut out = Vec::new();
    let mut kept = section.start;
    for entry in &unused.entries {
        let (place, _) = module.table[*entry];
        out.extend(&module.bytes[kept..place]);
        push_number(&mut out, other as usize);
        (_, kept) = number_at(module.bytes, place);
    }
    out.extend(&module.bytes[kept..section.end]);
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doomed;

    /// A program whose only function of use reads the data `a` and, before it stops, if it does, `b`. Both functions are in its table.
    fn program(data: &[u8], table: &[u8], relocations: bool) -> Vec<u8> {
        let section =
            |number: u8, content: &[u8]| [&[number, content.len() as u8], content].concat();
        let named = |name: &str, content: &[u8]| {
            section(0, &[&[name.len() as u8], name.as_bytes(), content].concat())
        };
        let address = |place: u8| [0x41, 0x80 | place, 0x80, 0x80, 0x80, 0];
        // It drops the address of `a`; if 1, it drops that of `b` and stops.
        let reads = [
            &[0][..],
            &address(8),
            &[0x1a, 0x41, 1, 0x04, 0x40],
            &address(12),
            &[0x1a, 0, 0x0b, 0x0b],
        ]
        .concat();
        let code = [&[2, reads.len() as u8][..], &reads, &[3, 0, 0, 0x0b]].concat();
        let symbol = |name: u8, place: u8, size: u8| [1, 0, 1, name, 0, place, size];
        let symbols = [
            &[4][..],
            &symbol(b'a', 0, 4),
            &symbol(b'b', 4, 4),
            &symbol(b'c', 2, 3),
            &[0, 0, 0, 1, b'f'],
        ]
        .concat();
        let linking = [&[2, 8, symbols.len() as u8][..], &symbols].concat();
        let mut out = b"\0asm\x01\0\0\0".to_vec();
        out.extend(section(1, &[1, 0x60, 0, 0]));
        out.extend(section(3, &[2, 0, 0]));
        out.extend(section(4, &[1, 0x70, 0, 2]));
        out.extend(section(5, &[1, 0, 1]));
        out.extend(section(7, b"\x01\x01f\0\0"));
        out.extend(section(9, &[&[1, 0, 0x41, 0, 0x0b, 2][..], table].concat()));
        out.extend(section(10, &code));
        out.extend(section(
            11,
            &[&[1, 0, 0x41, 8, 0x0b, data.len() as u8][..], data].concat(),
        ));
        if relocations {
            // The code is the seventh section; the addresses are behind the count, a length, the locals and an instruction.
            out.extend(named("linking", &linking));
            out.extend(named("reloc.CODE", &[6, 2, 4, 4, 0, 0, 4, 15, 1, 0]));
        }
        out
    }

    #[test]
    fn what_is_read_stays_and_what_only_a_panic_reads_goes() {
        let check = |relocations: bool, data: &[u8], table: &[u8]| {
            let bytes = program(b"aaaabbbb", &[0, 1], relocations);
            let module = Module::read(&bytes).expect("it is a program");
            let unused = find(&module, &doomed::cuts(&module));
            let after = module.with(|section| match section.number {
                DATA => Some(super::data(&module, &section.content, &unused)),
                crate::module::ELEMENTS => {
                    Some(super::table(&module, &section.content, &unused, 0))
                }
                _ => None,
            });
            assert_eq!(after, program(data, table, false));
        };
        // The text `c`, which is unused, has its beginning in `a`.
        check(true, b"aaaa\0\0\0\0", &[0, 0]);
        check(false, b"aaaabbbb", &[0, 1]);
    }
}
