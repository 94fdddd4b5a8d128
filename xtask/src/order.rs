//! Puts functions that are alike beside each other, where a compressor says of the second what it has of the first.

use crate::module::{
    CODE, ELEMENTS, EXPORTS, FUNCTIONS, Kind, Module, START, number_at, push_number,
};

/// The program with its functions in the order of their bytes, and with new numbers for them.
pub(crate) fn by_likeness(module: &Module<'_>) -> Vec<u8> {
    let body = |index: &usize| &module.bytes[module.functions[*index].body.clone()];
    let mut order: Vec<usize> = (0..module.functions.len()).collect();
    order.sort_by_key(body);
    let imported = module.imported as usize;
    let mut numbers: Vec<usize> = (0..imported + order.len()).collect();
    for (new, old) in order.iter().enumerate() {
        numbers[imported + old] = imported + new;
    }
    // A part of the file, with the functions that are named at these places renamed.
    let renamed = |part: std::ops::Range<usize>, places: &mut dyn Iterator<Item = usize>| {
        let mut out = Vec::new();
        let mut kept = part.start;
        for place in places {
            out.extend(&module.bytes[kept..place]);
            let (old, end) = number_at(module.bytes, place);
            push_number(&mut out, numbers[old]);
            kept = end;
        }
        out.extend(&module.bytes[kept..part.end]);
        out
    };
    let code = || {
        let mut out = Vec::new();
        push_number(&mut out, order.len());
        for function in order.iter().map(|index| &module.functions[*index]) {
            let calls = function
                .jumps
                .iter()
                .filter(|jump| matches!(jump.kind, Kind::Call(_)));
            let body = renamed(
                function.body.clone(),
                &mut calls.map(|call| call.range.start + 1),
            );
            push_number(&mut out, body.len());
            out.extend(body);
        }
        out
    };
    let types = |section: std::ops::Range<usize>| {
        let (_, mut place) = number_at(module.bytes, section.start);
        let mut types = Vec::new();
        for _ in &order {
            let (number, next) = number_at(module.bytes, place);
            types.push(number);
            place = next;
        }
        let mut out = Vec::new();
        push_number(&mut out, order.len());
        order
            .iter()
            .for_each(|index| push_number(&mut out, types[*index]));
        out
    };
    let exported = || module.exported.iter().map(|(place, _)| *place);
    module.with(|section| match section.number {
        FUNCTIONS => Some(types(section.content.clone())),
        EXPORTS | START => {
            let within = exported().filter(|place| section.content.contains(place));
            Some(renamed(section.content.clone(), &mut { within }))
        }
        ELEMENTS => {
            let entries = module.table.iter().map(|(place, _)| *place);
            Some(renamed(section.content.clone(), &mut { entries }))
        }
        CODE => Some(code()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program in which each function is of the type of its number, drops this constant, and calls another; number
    /// 0 is the browser's. The first of its own is exported, the second called at the start, the third in the table.
    fn program(functions: [(u8, u8, u8); 3], first: u8, second: u8, third: u8) -> Vec<u8> {
        let section =
            |number: u8, content: &[u8]| [&[number, content.len() as u8], content].concat();
        let bodies =
            functions.map(|(_, constant, called)| [7, 0, 0x41, constant, 0x1a, 0x10, called, 0x0b]);
        let types = functions.map(|(number, _, _)| number);
        let without = [0x60, 0, 0].repeat(3);
        [
            b"\0asm\x01\0\0\0".to_vec(),
            section(1, &[&[3][..], &without].concat()),
            section(2, b"\x01\x01m\x01f\0\0"),
            section(3, &[&[3][..], &types].concat()),
            section(4, &[1, 0x70, 0, 1]),
            section(7, &[1, 1, b'f', 0, first]),
            section(8, &[second]),
            section(9, &[1, 0, 0x41, 0, 0x0b, 1, third]),
            section(10, &[&[3][..], &bodies.concat()].concat()),
        ]
        .concat()
    }

    #[test]
    fn functions_are_sorted_and_all_that_names_them_follows() {
        let before = program([(0, 9, 2), (1, 5, 3), (2, 7, 0)], 1, 2, 3);
        let module = Module::read(&before).expect("it is a program");
        let after = program([(1, 5, 2), (2, 7, 0), (0, 9, 1)], 3, 1, 2);
        assert_eq!(by_likeness(&module), after);
    }
}
