//! A program in WebAssembly's binary format, as far as it has to be understood to take things out of it.

use std::ops::Range;

use wasmparser::{
    BinaryReaderError, DataKind, ElementItems, ExternalKind, FunctionBody, KnownCustom, Linking,
    Operator, Parser, Payload, RelocationEntry, SymbolInfo, TypeRef,
};

/// The numbers of sections.
pub(crate) const CUSTOM: u8 = 0;
pub(crate) const FUNCTIONS: u8 = 3;
pub(crate) const EXPORTS: u8 = 7;
pub(crate) const START: u8 = 8;
pub(crate) const ELEMENTS: u8 = 9;
pub(crate) const CODE: u8 = 10;
pub(crate) const DATA: u8 = 11;

/// A program. All ranges and offsets are those of its file.
pub(crate) struct Module<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) sections: Vec<Section<'a>>,
    /// How many functions it imports: their numbers come before those of its own.
    pub(crate) imported: u32,
    pub(crate) functions: Vec<Function>,
    /// The functions that the browser can call, and the places where that is said.
    pub(crate) exported: Vec<(usize, u32)>,
    /// The table of functions that are called by their number in it: where an entry is, and its function.
    pub(crate) table: Vec<(usize, u32)>,
    pub(crate) data: Vec<Segment>,
    /// What relocations refer to, if the linker was asked to tell.
    pub(crate) symbols: Vec<SymbolInfo<'a>>,
    /// The places that refer to symbols, by the index of their section.
    pub(crate) relocations: Vec<(usize, Vec<RelocationEntry>)>,
}

pub(crate) struct Section<'a> {
    pub(crate) number: u8,
    /// Only those of the number [`CUSTOM`] have one.
    pub(crate) name: &'a str,
    pub(crate) content: Range<usize>,
}

pub(crate) struct Segment {
    /// Where it goes in memory.
    pub(crate) address: usize,
    pub(crate) content: Range<usize>,
}

pub(crate) struct Function {
    /// With its local variables.
    pub(crate) body: Range<usize>,
    /// Where its instructions begin.
    pub(crate) code: usize,
    pub(crate) jumps: Vec<Jump>,
}

/// An instruction that decides what is executed next. All others only compute.
pub(crate) struct Jump {
    pub(crate) range: Range<usize>,
    pub(crate) kind: Kind,
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Kind {
    Block,
    Loop,
    If,
    Else,
    End,
    Call(u32),
    /// To the ends (of loops: the beginnings) of blocks, counted from within.
    Branch(Vec<u32>),
    BranchIf(u32),
    Return,
    Unreachable,
    /// A way of going on that Rust makes no use of here.
    Unknown,
}

impl<'a> Module<'a> {
    /// Reads a program.
    ///
    /// # Errors
    /// That it is none, or not of the kind that Rust's linker makes.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, BinaryReaderError> {
        let mut module = Module {
            bytes,
            sections: Vec::new(),
            imported: 0,
            functions: Vec::new(),
            exported: Vec::new(),
            table: Vec::new(),
            data: Vec::new(),
            symbols: Vec::new(),
            relocations: Vec::new(),
        };
        for payload in Parser::new(0).parse_all(bytes) {
            module.take(payload?)?;
        }
        Ok(module)
    }

    fn take(&mut self, payload: Payload<'a>) -> Result<(), BinaryReaderError> {
        if let Some((number, content)) = payload.as_section() {
            let name = match &payload {
                Payload::CustomSection(section) => section.name(),
                _ => "",
            };
            self.sections.push(Section {
                number,
                name,
                content,
            });
        }
        match payload {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    self.imported += u32::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports.into_iter_with_offsets() {
                    let (place, export) = export?;
                    // Those that describe others are for the binding generator, which takes them away.
                    let describes = export.name.starts_with("__wbindgen_describe");
                    if export.kind == ExternalKind::Func && !describes {
                        let (length, name) = number_at(self.bytes, place);
                        self.exported.push((name + length + 1, export.index));
                    }
                }
            }
            Payload::StartSection { func, range } => self.exported.push((range.start, func)),
            Payload::ElementSection(elements) => {
                for element in elements {
                    if let ElementItems::Functions(functions) = element?.items {
                        for entry in functions.into_iter_with_offsets() {
                            self.table.push(entry?);
                        }
                    }
                }
            }
            Payload::CodeSectionEntry(body) => self.functions.push(function(&body)?),
            Payload::DataSection(segments) => {
                for segment in segments {
                    let segment = segment?;
                    let content = segment.range.end - segment.data.len()..segment.range.end;
                    if let DataKind::Active { offset_expr, .. } = segment.kind
                        && let Operator::I32Const { value } =
                            offset_expr.get_operators_reader().read()?
                    {
                        self.data.push(Segment {
                            address: value as u32 as usize,
                            content,
                        });
                    }
                }
            }
            Payload::CustomSection(section) => match section.as_known() {
                KnownCustom::Linking(linking) => {
                    for part in linking.subsections() {
                        if let Linking::SymbolTable(symbols) = part? {
                            self.symbols = symbols.into_iter().collect::<Result<_, _>>()?;
                        }
                    }
                }
                KnownCustom::Reloc(places) => {
                    let entries = places.entries().into_iter().collect::<Result<_, _>>()?;
                    let section = places.section_index() as usize;
                    self.relocations.push((section, entries));
                }
                _ => {}
            },
            _ => {}
        }
        Ok(())
    }

    /// The program with the content of some sections replaced, and without what only a linker reads.
    pub(crate) fn with(&self, content: impl Fn(&Section<'_>) -> Option<Vec<u8>>) -> Vec<u8> {
        self.with_numbers(|section| Some((section.number, content(section)?)))
    }

    /// The same, where sections may get another number.
    pub(crate) fn with_numbers(
        &self,
        content: impl Fn(&Section<'_>) -> Option<(u8, Vec<u8>)>,
    ) -> Vec<u8> {
        let mut out = self.bytes[..8].to_vec();
        for section in &self.sections {
            let linkers = section.name == "linking" || section.name.starts_with("reloc.");
            if section.number == CUSTOM && linkers {
                continue;
            }
            let old = || (section.number, self.bytes[section.content.clone()].to_vec());
            let (number, content) = content(section).unwrap_or_else(old);
            out.push(number);
            push_number(&mut out, content.len());
            out.extend(content);
        }
        out
    }
}

fn function(body: &FunctionBody<'_>) -> Result<Function, BinaryReaderError> {
    let mut reader = body.get_operators_reader()?;
    let code = reader.original_position();
    let mut jumps = Vec::new();
    while !reader.eof() {
        let (operator, start) = reader.read_with_offset()?;
        let kind = match operator {
            Operator::Block { .. } => Kind::Block,
            Operator::Loop { .. } => Kind::Loop,
            Operator::If { .. } => Kind::If,
            Operator::Else => Kind::Else,
            Operator::End => Kind::End,
            Operator::Call { function_index } => Kind::Call(function_index),
            Operator::Br { relative_depth } => Kind::Branch(vec![relative_depth]),
            Operator::BrIf { relative_depth } => Kind::BranchIf(relative_depth),
            Operator::BrTable { targets } => {
                let mut all = targets.targets().collect::<Result<Vec<_>, _>>()?;
                all.push(targets.default());
                Kind::Branch(all)
            }
            Operator::Return => Kind::Return,
            Operator::Unreachable => Kind::Unreachable,
            Operator::Try { .. }
            | Operator::TryTable { .. }
            | Operator::ReturnCall { .. }
            | Operator::ReturnCallIndirect { .. }
            | Operator::RefFunc { .. }
            | Operator::BrOnNull { .. }
            | Operator::BrOnNonNull { .. }
            | Operator::BrOnCast { .. }
            | Operator::BrOnCastFail { .. } => Kind::Unknown,
            _ => continue,
        };
        let range = start..reader.original_position();
        jumps.push(Jump { range, kind });
    }
    Ok(Function {
        body: body.range(),
        code,
        jumps,
    })
}

/// Appends a number in LEB128.
pub(crate) fn push_number(out: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// The number in LEB128 at a place, and where it ends.
pub(crate) fn number_at(bytes: &[u8], place: usize) -> (usize, usize) {
    let mut number = 0;
    let mut end = place;
    for shift in (0..35).step_by(7) {
        let byte = bytes.get(end).copied().unwrap_or_default();
        number |= usize::from(byte & 0x7f) << shift;
        end += 1;
        if byte < 0x80 {
            break;
        }
    }
    (number, end)
}
