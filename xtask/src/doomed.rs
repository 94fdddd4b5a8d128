//! Takes out of a program what is only done on the way to a panic.
//!
//! A program that panics in the browser has come to its end: it stops at an instruction `unreachable`, and no
//! part of it runs again. What it computes before that, once nothing else can happen any more, is its message,
//! and that is a tenth of some functions. This pass lets a function stop where its fate is sealed. Conditions
//! stay: where the program went on, it still does, and where it stopped it stops, only sooner. Calls of the
//! browser stay too, with all that comes before them.

use std::ops::Range;

use crate::module::{Function, Kind, Module, push_number};

/// For each function of the program the ranges of instructions to replace by one `unreachable`.
pub(crate) fn cuts(module: &Module<'_>) -> Vec<Vec<Range<usize>>> {
    let mut doomed = vec![false; module.functions.len()];
    let stops = |doomed: &[bool], called: u32| {
        let own = called.checked_sub(module.imported)?;
        Some(doomed[own as usize])
    };
    // Who calls one that never returns doesn't return either.
    loop {
        let before = doomed.clone();
        for (index, function) in module.functions.iter().enumerate() {
            if !doomed[index] {
                let points = sealed(function, |called| stops(&doomed, called));
                doomed[index] = points.first() == Some(&true);
            }
        }
        if doomed == before {
            break;
        }
    }
    let cut = |function| cuts_in(function, &sealed(function, |called| stops(&doomed, called)));
    module.functions.iter().map(cut).collect()
}

/// A block, seen from its end.
struct Open {
    is_loop: bool,
    /// Whether the point after it is sealed.
    after: bool,
    /// Whether the beginning of its `else` is.
    otherwise: Option<bool>,
}

/// Whether the point before each jump leads to an `unreachable` on every way, without a call of the browser.
/// `stops` tells it of a function; nothing is told of the browser's.
fn sealed(function: &Function, stops: impl Fn(u32) -> Option<bool>) -> Vec<bool> {
    let jumps = &function.jumps;
    if jumps.iter().any(|jump| jump.kind == Kind::Unknown) {
        return vec![false; jumps.len()];
    }
    let loops = ends_of_loops(function);
    let mut open: Vec<Open> = Vec::new();
    let mut points = vec![false; jumps.len()];
    let mut point = false;
    for (index, jump) in jumps.iter().enumerate().rev() {
        // A loop may have no end, but that is for others to decide.
        let target = |depth: u32| {
            let block = open.iter().rev().nth(depth as usize);
            block.is_some_and(|block| !block.is_loop && block.after)
        };
        point = match &jump.kind {
            Kind::End => {
                open.push(Open {
                    is_loop: loops[index],
                    after: point,
                    otherwise: None,
                });
                point
            }
            Kind::Else => match open.last_mut() {
                Some(block) => {
                    block.otherwise = Some(point);
                    block.after
                }
                None => false,
            },
            Kind::Block | Kind::Loop => {
                open.pop();
                point
            }
            Kind::If => {
                let block = open.pop();
                point && block.is_some_and(|block| block.otherwise.unwrap_or(block.after))
            }
            Kind::Call(called) => stops(*called).is_some_and(|stops| stops || point),
            Kind::Branch(depths) => depths.iter().all(|depth| target(*depth)),
            Kind::BranchIf(depth) => point && target(*depth),
            Kind::Unreachable => true,
            Kind::Return | Kind::Unknown => false,
        };
        points[index] = point;
    }
    points
}

/// Which jumps are the ends of loops.
fn ends_of_loops(function: &Function) -> Vec<bool> {
    let mut open = Vec::new();
    let ends = function.jumps.iter().map(|jump| match jump.kind {
        Kind::Block | Kind::Loop | Kind::If => {
            open.push(jump.kind == Kind::Loop);
            false
        }
        Kind::End => open.pop().unwrap_or(false),
        _ => false,
    });
    ends.collect()
}

/// From each sealed point to the end of its block.
fn cuts_in(function: &Function, points: &[bool]) -> Vec<Range<usize>> {
    let mut cuts = Vec::new();
    // Where a cut began, and how many blocks have begun in it.
    let mut cut = (points.first() == Some(&true)).then_some((function.code, 0));
    for (index, jump) in function.jumps.iter().enumerate() {
        if let Some((start, depth)) = &mut cut {
            match jump.kind {
                Kind::Block | Kind::Loop | Kind::If => *depth += 1,
                Kind::Else | Kind::End if *depth == 0 => {
                    cuts.push(*start..jump.range.start);
                    cut = None;
                }
                Kind::End => *depth -= 1,
                _ => {}
            }
        }
        let goes_on = !matches!(
            jump.kind,
            Kind::Branch(_) | Kind::Return | Kind::Unreachable
        );
        if cut.is_none() && goes_on && points.get(index + 1) == Some(&true) {
            cut = Some((jump.range.end, 0));
        }
    }
    cuts
}

/// The code section with the cuts made.
pub(crate) fn code(module: &Module<'_>, cuts: &[Vec<Range<usize>>]) -> Vec<u8> {
    const UNREACHABLE: u8 = 0;
    let mut out = Vec::new();
    push_number(&mut out, module.functions.len());
    for (function, cuts) in module.functions.iter().zip(cuts) {
        let mut body = Vec::new();
        let mut kept = function.body.start;
        for cut in cuts {
            body.extend(&module.bytes[kept..cut.start]);
            body.push(UNREACHABLE);
            kept = cut.end;
        }
        body.extend(&module.bytes[kept..function.body.end]);
        push_number(&mut out, body.len());
        out.extend(body);
    }
    out
}

/// The number of a function that only stops, with these cuts made.
pub(crate) fn stop(module: &Module<'_>, cuts: &[Vec<Range<usize>>]) -> Option<u32> {
    let mut functions = module.functions.iter().zip(cuts);
    let only_stops = |(function, cuts): (&Function, &Vec<Range<usize>>)| {
        cuts.first().is_some_and(|cut| cut.start == function.code)
    };
    let index = functions.position(only_stops)?;
    Some(index as u32 + module.imported)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::module::CODE;

    /// A program of these functions, all without arguments and results; the browser's function is number 0.
    fn program(functions: &[&[u8]]) -> Vec<u8> {
        let section =
            |number: u8, content: Vec<u8>| [vec![number, content.len() as u8], content].concat();
        let count = functions.len() as u8;
        let bodies = functions
            .iter()
            .map(|code| [&[code.len() as u8 + 2, 0], *code, &[0x0b]].concat());
        [
            b"\0asm\x01\0\0\0".to_vec(),
            section(1, vec![1, 0x60, 0, 0]),
            section(2, b"\x01\x01m\x01f\0\0".to_vec()),
            section(3, [vec![count], vec![0; functions.len()]].concat()),
            section(10, [vec![count], bodies.flatten().collect()].concat()),
        ]
        .concat()
    }

    #[test]
    fn what_leads_to_a_stop_is_cut_and_nothing_else() {
        const STOP: u8 = 0x00;
        const LEAVE: [u8; 2] = [0x0c, 0];
        const WHETHER: [u8; 2] = [0x41, 1];
        const DROP: [u8; 3] = [0x41, 9, 0x1a];
        let call = |index: u8| vec![0x10, index];
        let block = |code: &[u8]| [&[0x02, 0x40], code, &[0x0b]].concat();
        let repeat = |code: &[u8]| [&[0x03, 0x40], code, &[0x0b]].concat();
        let either = |then: &[u8], otherwise: &[u8]| {
            [
                &WHETHER,
                &[0x04, 0x40][..],
                then,
                &[0x05],
                otherwise,
                &[0x0b],
            ]
            .concat()
        };
        let skip_if = [&WHETHER, &[0x0d, 0][..]].concat();
        let check = |before: &[u8], expected: &[u8]| {
            // Two others: number 1 stops, number 2 returns.
            let made = |tested: &[u8]| program(&[&[STOP], &[0x01], tested]);
            let bytes = made(before);
            let module = Module::read(&bytes).expect("it is a program");
            let cuts = cuts(&module);
            let after =
                module.with(|section| (section.number == CODE).then(|| code(&module, &cuts)));
            assert_eq!(after, made(expected), "{before:x?}");
        };
        check(&DROP, &DROP);
        check(&[&DROP[..], &call(1)].concat(), &[STOP]);
        check(&[call(2), call(1), call(2)].concat(), &[STOP]);
        // The browser is still called, and so is what comes before.
        check(
            &[call(2), call(0), call(2), call(1)].concat(),
            &[call(2), call(0), vec![STOP]].concat(),
        );
        // Whether it stops stays a question.
        let guarded = block(&[&skip_if[..], &DROP, &call(1)].concat());
        check(&guarded, &block(&[&skip_if[..], &[STOP]].concat()));
        check(&[guarded.clone(), vec![STOP]].concat(), &[STOP]);
        check(&either(&call(1), &call(2)), &either(&[STOP], &call(2)));
        check(&either(&call(1), &[&DROP[..], &[STOP]].concat()), &[STOP]);
        check(
            &block(&either(&call(1), &LEAVE)),
            &block(&either(&[STOP], &LEAVE)),
        );
        check(
            &[repeat(&LEAVE), call(1)].concat(),
            &[repeat(&LEAVE), vec![STOP]].concat(),
        );
        check(
            &[vec![0x0f], call(1)].concat(),
            &[vec![0x0f], call(1)].concat(),
        );
    }
}
