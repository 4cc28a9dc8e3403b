//! Where the fields of a record come from, by its template's definition, which `definition` reads.

use super::definition::Reader;
use crate::bytes::u32_at;
use crate::windows::Interest;
use vsscope_model::ParamNames;

/// Bytes of a definition before its content: offset of the next one, GUID, size.
const DEFINITION_HEADER: usize = 24;
/// Bytes of definitions that are read for one chunk. A chunk has 64 KiB, but a damaged one can point into one definition at
/// every place.
const MAX_DEFINITIONS: usize = 512 << 10;

/// Places in which a definition is looked for first; a power of two.
const HINTS: usize = 64;

/// Where a field comes from.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::evtx) enum Source {
    /// The definition has no such field.
    #[default]
    Absent,
    /// UTF-16 text in the definition: from, to.
    Literal(usize, usize),
    /// The value at this place of the instance's table.
    Slot(u16),
}

/// The fields of `System` that are read.
#[derive(Debug, Default)]
pub(in crate::evtx) struct SystemShape {
    pub provider: Source,
    pub provider_guid: Source,
    pub event_source: Source,
    pub event_id: Source,
    pub qualifiers: Source,
    pub version: Source,
    pub level: Source,
    pub time: Source,
    pub record_id: Source,
    pub pid: Source,
    pub tid: Source,
    pub channel: Source,
    pub computer: Source,
    pub user: Source,
}

/// What stands beside `System`.
#[derive(Debug, Default)]
pub(in crate::evtx) enum Payload {
    /// Nothing.
    #[default]
    None,
    /// The value at this place is binary XML of its own, or nothing.
    Nested(u16),
    /// `UserData`, in which the value at this place is binary XML of its own.
    NestedUser(u16),
    /// `EventData` or `UserData`, and the names of all its children but `Binary`, where they have some.
    Data(Vec<Datum>, Option<ParamNames>),
    /// Anything else.
    Other,
}

/// A child of `EventData`, or a leaf of `UserData`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::evtx) struct Datum {
    pub kind: DatumKind,
    /// The value.
    pub slot: u16,
    /// Left out where its value is null.
    pub dependent: bool,
}

/// Which child of `EventData`, or which leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::evtx) enum DatumKind {
    /// `Data` with a name, UTF-16 in the definition: from, to.
    Named(usize, usize),
    /// `Data` without a name.
    Positional,
    /// `Binary`.
    Binary,
    /// A leaf of `UserData`, an element with this name: from, to.
    Leaf(usize, usize),
}

/// The outermost element of a definition.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::evtx) enum Root {
    /// `Event`.
    #[default]
    Event,
    /// `EventData` or `UserData`.
    Container,
    /// What stands in `UserData`.
    Other,
}

/// What a definition makes of the values.
#[derive(Debug, Default)]
pub(in crate::evtx) struct Shape {
    pub root: Root,
    pub system: SystemShape,
    pub payload: Payload,
    /// Values on which elements depend that are taken for granted here: an element is left out where the value that it
    /// depends on is null ([MS-EVEN6] 2.2.12.3).
    pub conditions: Vec<u16>,
    /// Values that every record is looked at for: the place of each, in rising order, and which one it is.
    pub peeked: Vec<(u16, usize)>,
    /// Those that are text of the definition: from, to, and which one it is.
    pub fixed: Vec<(usize, usize, usize)>,
    /// Whether records with this id matter, by those before them; only where the definition names the provider.
    pub interest: Option<(u32, Interest)>,
}

impl Shape {
    /// Whether all its records are of one provider.
    pub fn names_provider(&self) -> bool {
        matches!(self.system.provider, Source::Literal(..))
    }
}

/// Which fields are looked at in every record.
pub(super) const PEEKED: usize = 6;

impl SystemShape {
    /// In the order in which they are numbered in [`Shape::peeked`].
    pub(super) fn peeked(&self) -> [Source; PEEKED] {
        [self.provider, self.event_source, self.event_id, self.time, self.computer, self.channel]
    }
}

/// The definitions of one chunk that were read so far.
#[derive(Debug)]
pub(in crate::evtx) struct Shapes {
    /// Where each begins.
    offsets: Vec<u32>,
    read: Vec<Option<Box<Shape>>>,
    /// By the lowest bits of an offset, the place of the definition that was last found by them.
    hints: [u16; HINTS],
    bytes: usize,
}

impl Default for Shapes {
    fn default() -> Self {
        Shapes { offsets: Vec::new(), read: Vec::new(), hints: [0; HINTS], bytes: 0 }
    }
}

impl Shapes {
    /// The place of the definition at this offset in what [`Self::get`] knows, where it can be used.
    pub fn find(&mut self, chunk: &[u8], offset: u32) -> Option<usize> {
        // Definitions begin at even places.
        let hint = usize::try_from(offset >> 1).ok()? & (HINTS - 1);
        let mut index = self.hints.get(hint).copied().map_or(0, usize::from);
        if self.offsets.get(index) != Some(&offset) {
            let known = self.offsets.iter().position(|known| *known == offset);
            index = known.unwrap_or_else(|| self.add(chunk, offset));
            *self.hints.get_mut(hint)? = u16::try_from(index).unwrap_or(0);
        }
        self.get(index).map(|_| index)
    }

    /// A definition that was found.
    pub fn get(&self, index: usize) -> Option<&Shape> {
        self.read.get(index)?.as_deref()
    }

    /// A definition that was found.
    pub fn get_mut(&mut self, index: usize) -> Option<&mut Shape> {
        self.read.get_mut(index)?.as_deref_mut()
    }

    fn add(&mut self, chunk: &[u8], offset: u32) -> usize {
        let shape = definition(chunk, offset).and_then(|(body, size)| {
            self.bytes = self.bytes.saturating_add(size);
            (self.bytes <= MAX_DEFINITIONS).then(|| Reader::read(chunk, body, size))?
        });
        self.offsets.push(offset);
        self.read.push(shape.map(Box::new));
        self.read.len().saturating_sub(1)
    }
}

/// Where the content of a definition begins, and its size.
fn definition(chunk: &[u8], offset: u32) -> Option<(usize, usize)> {
    let offset = usize::try_from(offset).ok()?;
    let size = usize::try_from(u32_at(chunk, offset.checked_add(20)?)?).ok()?;
    let body = offset.checked_add(DEFINITION_HEADER)?;
    (body.checked_add(size)? <= chunk.len()).then_some((body, size))
}
