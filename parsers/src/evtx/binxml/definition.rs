//! Reads the definition of a template: which elements it has, and which value stands in each.

use super::cursor::{Cursor, is};
use super::shape::{Datum, DatumKind, PEEKED, Payload, Root, Shape, Source, SystemShape};
use super::value::utf16;
use std::sync::Arc;
use vsscope_model::ParamNames;

/// Elements inside each other; real definitions have four.
const MAX_DEPTH: u8 = 12;
/// Room for as many values of a kind as a definition mostly has.
const USUAL: usize = 16;

/// A part of an attribute's value or of an element's text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Parts {
    #[default]
    None,
    One(Source),
    Mixed,
}

impl Parts {
    fn add(&mut self, source: Source) {
        *self = match self {
            Parts::None => Parts::One(source),
            _ => Parts::Mixed,
        };
    }

    /// What the whole comes from, unless it is put together of several parts.
    fn source(self) -> Option<Source> {
        match self {
            Parts::None => Some(Source::Absent),
            Parts::One(source) => Some(source),
            Parts::Mixed => None,
        }
    }
}

/// The start of an element.
struct Start<'a> {
    name: &'a [u8],
    /// Where the name stands: from, to.
    place: (usize, usize),
    /// The value without which the element is left out.
    dependency: Option<u16>,
    has_attributes: bool,
}

/// Reads a definition.
pub(super) struct Reader<'a> {
    cursor: Cursor<'a>,
    end: usize,
    shape: Shape,
}

impl<'a> Reader<'a> {
    /// Reads the definition whose content begins at `body` and has this size; `None` if it is out of the ordinary.
    pub fn read(chunk: &'a [u8], body: usize, size: usize) -> Option<Shape> {
        let mut reader = Reader {
            cursor: Cursor::new(chunk, body),
            end: body.checked_add(size)?,
            shape: Shape {
                conditions: Vec::with_capacity(USUAL),
                peeked: Vec::with_capacity(PEEKED),
                fixed: Vec::with_capacity(PEEKED),
                ..Shape::default()
            },
        };
        reader.fragment_header()?;
        let root = reader.start()?;
        match root.name {
            name if is(name, "Event") => {
                reader.depend(&root);
                if reader.attributes(&root, |_, _, _| Some(()))? {
                    reader.event()?;
                }
            }
            name if is(name, "EventData") => {
                reader.shape.root = Root::Container;
                reader.event_data(&root)?;
            }
            name if is(name, "UserData") => {
                reader.shape.root = Root::Container;
                reader.user_data(&root)?;
            }
            _ => {
                reader.shape.root = Root::Other;
                let mut data = Some(Vec::with_capacity(USUAL));
                reader.user_element(&root, &mut data)?;
                reader.settle(data.filter(|data| !data.is_empty()));
            }
        }
        for (field, source) in reader.shape.system.peeked().into_iter().enumerate() {
            match source {
                Source::Absent => {}
                Source::Literal(from, to) => reader.shape.fixed.push((from, to, field)),
                Source::Slot(slot) => reader.shape.peeked.push((slot, field)),
            }
        }
        reader.shape.peeked.sort_unstable();
        let is_whole = reader.cursor.at() <= reader.end;
        (is_whole && matches!(reader.cursor.peek(), Some(0) | None)).then_some(reader.shape)
    }

    fn fragment_header(&mut self) -> Option<()> {
        (self.cursor.take(4)? == [0x0F, 1, 1, 0]).then_some(())
    }

    /// An element's start, up to its attributes.
    fn start(&mut self) -> Option<Start<'a>> {
        let token = self.cursor.u8()?;
        if token & !0x40 != 0x01 {
            return None;
        }
        let dependency = self.cursor.u16()?;
        self.cursor.u32()?;
        let place = self.cursor.name_place()?;
        let name = self.cursor.whole().get(place.0..place.1)?;
        let has_attributes = token & 0x40 != 0;
        if has_attributes {
            self.cursor.u32()?;
        }
        Some(Start {
            name,
            place,
            dependency: (dependency != u16::MAX).then_some(dependency),
            has_attributes,
        })
    }

    /// The attributes of an element; gives whether content follows.
    fn attributes(
        &mut self,
        start: &Start<'a>,
        mut each: impl FnMut(&mut Shape, &'a [u8], Parts) -> Option<()>,
    ) -> Option<bool> {
        while start.has_attributes && self.cursor.peek()? & !0x40 == 0x06 {
            self.cursor.u8()?;
            let name = self.cursor.name()?;
            let mut parts = Parts::default();
            while let Some(source) = self.part()? {
                parts.add(source);
            }
            each(&mut self.shape, name, parts)?;
        }
        match self.cursor.u8()? {
            0x02 => Some(true),
            0x03 => Some(false),
            _ => None,
        }
    }

    /// A part of text, if one comes next; `None` outside for what cannot be a single source.
    fn part(&mut self) -> Option<Option<Source>> {
        match self.cursor.peek()? {
            0x05 | 0x45 => {
                self.cursor.u8()?;
                // Only text stands in definitions.
                (self.cursor.u8()? == 0x01).then_some(())?;
                let length = usize::from(self.cursor.u16()?).checked_mul(2)?;
                let from = self.cursor.at();
                self.cursor.take(length)?;
                Some(Some(Source::Literal(from, self.cursor.at())))
            }
            0x0D | 0x0E => Some(Some(Source::Slot(self.substitution()?))),
            // Entities and characters by number: text of several parts.
            0x07 | 0x08 | 0x09 | 0x47 | 0x48 | 0x49 => None,
            _ => Some(None),
        }
    }

    fn substitution(&mut self) -> Option<u16> {
        self.cursor.u8()?;
        let slot = self.cursor.u16()?;
        self.cursor.u8()?;
        Some(slot)
    }

    /// The children of `Event`.
    fn event(&mut self) -> Option<()> {
        loop {
            let payload = match self.cursor.peek()? {
                0x04 => {
                    self.cursor.u8()?;
                    return Some(());
                }
                0x0D | 0x0E => Payload::Nested(self.substitution()?),
                _ => {
                    let child = self.start()?;
                    if is(child.name, "System") {
                        self.depend(&child);
                        if self.attributes(&child, |_, _, _| Some(()))? {
                            self.system()?;
                        }
                        continue;
                    }
                    if is(child.name, "EventData") {
                        if !matches!(self.shape.payload, Payload::None) {
                            return None;
                        }
                        self.event_data(&child)?;
                        continue;
                    }
                    if is(child.name, "UserData") && matches!(self.shape.payload, Payload::None) {
                        self.user_data(&child)?;
                        continue;
                    }
                    self.pass(&child, 0)?;
                    Payload::Other
                }
            };
            self.shape.payload = match self.shape.payload {
                Payload::None => payload,
                _ => Payload::Other,
            };
        }
    }

    /// The children of `System`.
    fn system(&mut self) -> Option<()> {
        while self.cursor.peek()? != 0x04 {
            let child = self.start()?;
            match child.name {
                name if is(name, "Provider") => self.leaf(&child, |system, place| match place {
                    Place::Attribute(name) if is(name, "Name") => Some(&mut system.provider),
                    Place::Attribute(name) if is(name, "Guid") => Some(&mut system.provider_guid),
                    Place::Attribute(name) if is(name, "EventSourceName") => Some(&mut system.event_source),
                    _ => None,
                })?,
                name if is(name, "EventID") => self.leaf(&child, |system, place| match place {
                    Place::Text => Some(&mut system.event_id),
                    Place::Attribute(name) if is(name, "Qualifiers") => Some(&mut system.qualifiers),
                    Place::Attribute(_) => None,
                })?,
                name if is(name, "Version") => self.text(&child, |system| &mut system.version)?,
                name if is(name, "Level") => self.text(&child, |system| &mut system.level)?,
                name if is(name, "TimeCreated") => {
                    self.attribute(&child, "SystemTime", |system| &mut system.time)?;
                }
                name if is(name, "EventRecordID") => self.text(&child, |system| &mut system.record_id)?,
                name if is(name, "Execution") => self.leaf(&child, |system, place| match place {
                    Place::Attribute(name) if is(name, "ProcessID") => Some(&mut system.pid),
                    Place::Attribute(name) if is(name, "ThreadID") => Some(&mut system.tid),
                    _ => None,
                })?,
                name if is(name, "Channel") => self.text(&child, |system| &mut system.channel)?,
                name if is(name, "Computer") => self.text(&child, |system| &mut system.computer)?,
                name if is(name, "Security") => {
                    self.attribute(&child, "UserID", |system| &mut system.user)?;
                }
                _ => self.pass(&child, 0)?,
            }
        }
        self.cursor.u8().map(|_| ())
    }

    fn text(&mut self, start: &Start<'a>, field: fn(&mut SystemShape) -> &mut Source) -> Option<()> {
        self.leaf(start, |system, place| matches!(place, Place::Text).then(|| field(system)))
    }

    fn attribute(
        &mut self,
        start: &Start<'a>,
        wanted: &str,
        field: fn(&mut SystemShape) -> &mut Source,
    ) -> Option<()> {
        self.leaf(start, |system, place| {
            matches!(place, Place::Attribute(name) if is(name, wanted)).then(|| field(system))
        })
    }

    /// An element of `System`: what is wanted of its attributes and text.
    fn leaf(
        &mut self,
        start: &Start<'a>,
        wanted: impl for<'s> Fn(&'s mut SystemShape, Place<'_>) -> Option<&'s mut Source>,
    ) -> Option<()> {
        self.depend(start);
        let set = |system: &mut SystemShape, place: Place<'_>, parts: Parts| {
            let Some(field) = wanted(system, place) else { return Some(()) };
            let source = parts.source()?;
            // Not twice the same.
            (*field == Source::Absent).then(|| *field = source)
        };
        let has_content = self
            .attributes(start, |shape, name, parts| set(&mut shape.system, Place::Attribute(name), parts))?;
        if !has_content {
            return Some(());
        }
        let mut parts = Parts::default();
        while let Some(source) = self.part()? {
            parts.add(source);
        }
        (self.cursor.u8()? == 0x04).then_some(())?;
        if parts == Parts::None { Some(()) } else { set(&mut self.shape.system, Place::Text, parts) }
    }

    /// Takes for granted that an element is there.
    fn depend(&mut self, start: &Start<'a>) {
        if let Some(slot) = start.dependency.filter(|slot| !self.shape.conditions.contains(slot)) {
            self.shape.conditions.push(slot);
        }
    }

    /// `EventData` and its children.
    fn event_data(&mut self, start: &Start<'a>) -> Option<()> {
        self.depend(start);
        let mut data = Some(Vec::with_capacity(USUAL));
        if self.attributes(start, |_, _, _| Some(()))? {
            while self.cursor.peek()? != 0x04 {
                match self.cursor.peek()? {
                    // Text or a value without an element of its own.
                    0x05 | 0x45 | 0x0D | 0x0E => {
                        self.part()?;
                        data = None;
                    }
                    _ => {
                        let datum = self.datum()?;
                        data = data.zip(datum).map(|(mut data, datum)| {
                            data.push(datum);
                            data
                        });
                    }
                }
            }
            self.cursor.u8()?;
        }
        self.settle(data.filter(|data| is_plain(self.cursor.whole(), data)));
        Some(())
    }

    /// A child of `EventData`; the inner `None` for one that is out of the ordinary.
    fn datum(&mut self) -> Option<Option<Datum>> {
        let start = self.start()?;
        let kind = match start.name {
            name if is(name, "Data") => DatumKind::Positional,
            name if is(name, "Binary") => DatumKind::Binary,
            _ => {
                self.pass(&start, 0)?;
                return Some(None);
            }
        };
        let (mut name, mut others) = (None, false);
        let has_content = self.attributes(&start, |_, attribute, parts| {
            match (is(attribute, "Name"), parts) {
                (true, Parts::One(Source::Literal(from, to))) if name.is_none() => name = Some((from, to)),
                _ => others = true,
            }
            Some(())
        })?;
        if !has_content {
            return Some(None);
        }
        let Some(slot) = self.only_slot()? else { return Some(None) };
        let kind = match (kind, name) {
            (kind, None) => kind,
            (DatumKind::Positional, Some((from, to))) => DatumKind::Named(from, to),
            _ => return Some(None),
        };
        let dependent = start.dependency == Some(slot);
        if !dependent {
            self.depend(&start);
        }
        Some((!others).then_some(Datum { kind, slot, dependent }))
    }

    /// `UserData`: an element of its own, with leaves inside, or a value that is one.
    fn user_data(&mut self, start: &Start<'a>) -> Option<()> {
        self.depend(start);
        let (mut data, mut children, mut slot) = (Some(Vec::with_capacity(USUAL)), 0_usize, None);
        if self.attributes(start, |_, _, _| Some(()))? {
            while self.cursor.peek()? != 0x04 {
                children = children.saturating_add(1);
                if self.cursor.peek()? & !0x40 == 0x01 {
                    let root = self.start()?;
                    self.user_element(&root, &mut data)?;
                } else if let Source::Slot(value) = self.part()?? {
                    slot = Some(value);
                } else {
                    data = None;
                }
            }
            self.cursor.u8()?;
        }
        match (children, slot) {
            (1, Some(slot)) => self.shape.payload = Payload::NestedUser(slot),
            (1, None) => self.settle(data.filter(|data| !data.is_empty())),
            _ => self.shape.payload = Payload::Other,
        }
        Some(())
    }

    /// The element in `UserData`.
    fn user_element(&mut self, start: &Start<'a>, data: &mut Option<Vec<Datum>>) -> Option<()> {
        self.depend(start);
        if self.attributes(start, |_, _, _| Some(()))? { self.leaves(data) } else { Some(()) }
    }

    fn settle(&mut self, data: Option<Vec<Datum>>) {
        let chunk = self.cursor.whole();
        let data = data.filter(|data| is_plain(chunk, data));
        self.shape.payload = data.map_or(Payload::Other, |data| {
            let names = names(chunk, &data);
            Payload::Data(data, names)
        });
    }

    fn leaves(&mut self, data: &mut Option<Vec<Datum>>) -> Option<()> {
        while self.cursor.peek()? != 0x04 {
            if self.cursor.peek()? & !0x40 != 0x01 {
                self.part()??;
                *data = None;
                continue;
            }
            let leaf = self.start()?;
            let dependency = leaf.dependency;
            let slot = if self.attributes(&leaf, |_, _, _| Some(()))? { self.only_slot()? } else { None };
            let (Some(slot), Some(data)) = (slot, data.as_mut()) else {
                *data = None;
                continue;
            };
            let dependent = dependency == Some(slot);
            if !dependent {
                self.depend(&leaf);
            }
            let (from, to) = leaf.place;
            data.push(Datum { kind: DatumKind::Leaf(from, to), slot, dependent });
        }
        self.cursor.u8().map(|_| ())
    }

    /// The content of an element, up to its end, if it is a value and no more.
    fn only_slot(&mut self) -> Option<Option<u16>> {
        let mut parts = Parts::default();
        while let Some(source) = self.part()? {
            parts.add(source);
        }
        if self.cursor.peek()? != 0x04 {
            self.children(0)?;
            return Some(None);
        }
        self.cursor.u8()?;
        Some(match parts {
            Parts::One(Source::Slot(slot)) => Some(slot),
            _ => None,
        })
    }

    /// An element that is not looked at.
    fn pass(&mut self, start: &Start<'a>, depth: u8) -> Option<()> {
        if self.attributes(start, |_, _, _| Some(()))? { self.children(depth) } else { Some(()) }
    }

    fn children(&mut self, depth: u8) -> Option<()> {
        if depth >= MAX_DEPTH {
            return None;
        }
        loop {
            match self.cursor.peek()? {
                0x04 => {
                    self.cursor.u8()?;
                    return Some(());
                }
                0x01 | 0x41 => {
                    let child = self.start()?;
                    self.pass(&child, depth.saturating_add(1))?;
                }
                _ => {
                    self.part()??;
                }
            }
        }
    }
}

/// What a field of `System` is in its element.
#[derive(Clone, Copy)]
enum Place<'a> {
    Text,
    Attribute(&'a [u8]),
}

/// The names of all children but `Binary`, if they have some.
fn names(chunk: &[u8], data: &[Datum]) -> Option<ParamNames> {
    let texts = data.iter().filter_map(|datum| match datum.kind {
        DatumKind::Named(from, to) | DatumKind::Leaf(from, to) => Some(chunk.get(from..to).and_then(utf16)),
        DatumKind::Positional => Some(None),
        DatumKind::Binary => None,
    });
    let names: ParamNames = texts.map(|name| name.map(Arc::from)).collect();
    names.iter().any(Option::is_some).then_some(names)
}

/// Whether JSON of these children would have a member for each, by its own name.
fn is_plain(chunk: &[u8], data: &[Datum]) -> bool {
    let names = || {
        data.iter().filter_map(|datum| match datum.kind {
            DatumKind::Named(from, to) | DatumKind::Leaf(from, to) => chunk.get(from..to),
            _ => None,
        })
    };
    let count = |kind| data.iter().filter(|datum| datum.kind == kind).count();
    let distinct = names().enumerate().all(|(index, name)| names().take(index).all(|other| other != name));
    let has_names = names().next().is_some();
    distinct
        && count(DatumKind::Binary) <= 1
        && !(has_names && count(DatumKind::Positional) > 0)
        && names().all(is_usual_name)
}

/// Whether a name is one of letters and digits that stands for nothing else in JSON.
fn is_usual_name(name: &[u8]) -> bool {
    let (units, rest) = name.as_chunks::<2>();
    let is_usual =
        |unit: &[u8; 2]| unit[1] == 0 && (unit[0].is_ascii_alphanumeric() || b"_-. ()/:".contains(&unit[0]));
    let is_text = rest.is_empty() && !units.is_empty() && units.len() <= 256 && units.iter().all(is_usual);
    is_text && !is(name, "Data") && !is(name, "Binary") && !name.ends_with(ATTRIBUTES)
}

/// The end of `_attributes`, which marks members of another kind.
const ATTRIBUTES: &[u8] = b"_\0a\0t\0t\0r\0i\0b\0u\0t\0e\0s\0";
