//! Binary XML that is well formed, grown from fuzzed bytes: elements, attributes, substitutions, templates inside of
//! templates, arrays, with names and sizes that fit. Bytes alone rarely get there, because every name is an offset into
//! the chunk. The last bytes are spent on damage.

use crate::chunk;

/// Bytes that are taken one after the other; zeros behind their end.
pub struct Take<'a> {
    rest: &'a [u8],
}

impl<'a> Take<'a> {
    /// From the first byte on.
    pub fn new(bytes: &'a [u8]) -> Self {
        Take { rest: bytes }
    }

    /// Whether all are taken.
    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next bytes, as many as there are.
    pub fn bytes(&mut self, length: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(length.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    /// The next byte.
    pub fn u8(&mut self) -> u8 {
        self.bytes(1).first().copied().unwrap_or(0)
    }

    /// The next two bytes as a number.
    pub fn u16(&mut self) -> u16 {
        u16::from_le_bytes([self.u8(), self.u8()])
    }
}

const END: u8 = 0x00;
const OPEN: u8 = 0x01;
const CLOSE_START: u8 = 0x02;
const CLOSE_EMPTY: u8 = 0x03;
const CLOSE: u8 = 0x04;
const TEXT: u8 = 0x05;
const ATTRIBUTE: u8 = 0x06;
const TEMPLATE: u8 = 0x0C;
const SUBSTITUTION: u8 = 0x0D;
const FRAGMENT: u8 = 0x0F;
const MORE: u8 = 0x40;
const STRING: u8 = 0x01;
const BINXML: u8 = 0x21;
const ARRAY: u8 = 0x80;

/// How deep elements and values are grown in one another.
const DEPTH: u8 = 12;
/// Bytes of one record.
const ROOM: usize = 50_000;
const NAMES: [&str; 12] = [
    "Event",
    "System",
    "Provider",
    "Name",
    "EventID",
    "TimeCreated",
    "EventData",
    "Data",
    "UserData",
    "Binary",
    "Channel",
    "Computer",
];

/// A chunk with the records that the bytes describe.
pub fn chunk_of(bytes: &[u8]) -> Vec<u8> {
    let mut input = Take::new(bytes);
    let mut tree = Tree { out: Vec::new(), templates: Vec::new(), names: Vec::new() };
    let records = 1 + input.u8() % 6;
    for number in 0..u64::from(records) {
        let start = tree.out.len();
        // The frame of a record: it is filled in when the content is there.
        tree.out.extend([0; 24]);
        tree.fragment(&mut input, 0);
        tree.frame(start, number + 1);
        if tree.out.len() > ROOM {
            break;
        }
    }
    let room = chunk::CHUNK - chunk::HEADER;
    tree.out.truncate(room);
    let damages = input.u8() % 4;
    for _ in 0..damages {
        let (at, value) = (usize::from(input.u16()), input.u8());
        if let Some(byte) = tree.out.get_mut(at) {
            *byte = value;
        }
    }
    chunk::chunk(&[], &tree.out, 1)
}

struct Tree {
    out: Vec<u8>,
    /// Where the definitions begin in the chunk, and how many substitutions each has.
    templates: Vec<(u32, u16)>,
    /// Where names begin in the chunk.
    names: Vec<(u8, u32)>,
}

impl Tree {
    fn here(&self) -> u32 {
        u32::try_from(self.out.len() + chunk::HEADER).expect("a small chunk")
    }

    fn u16(&mut self, number: u16) {
        self.out.extend(number.to_le_bytes());
    }

    fn u32(&mut self, number: u32) {
        self.out.extend(number.to_le_bytes());
    }

    fn patch(&mut self, at: usize, number: u32) {
        self.out[at..at + 4].copy_from_slice(&number.to_le_bytes());
    }

    fn patch_size(&mut self, at: usize) {
        let size = u32::try_from(self.out.len() - at - 4).expect("a small chunk");
        self.patch(at, size);
    }

    fn is_full(&self) -> bool {
        self.out.len() > ROOM
    }

    fn frame(&mut self, start: usize, number: u64) {
        let framed = chunk::record(number, &self.out[start + 24..]);
        self.out.truncate(start);
        self.out.extend(framed);
    }

    /// A fragment: one element, or an instance of a template.
    fn fragment(&mut self, input: &mut Take<'_>, depth: u8) {
        self.out.extend([FRAGMENT, 1, 1, 0]);
        match input.u8() % 4 {
            0 => self.element(input, depth, 0),
            _ => self.instance(input, depth),
        }
        self.out.push(END);
    }

    /// An element; in a template it may hold substitutions.
    fn element(&mut self, input: &mut Take<'_>, depth: u8, substitutions: u16) {
        let shape = input.u8();
        let attributes = shape & 3;
        self.out.push(if attributes > 0 { OPEN | MORE } else { OPEN });
        // An element that depends on a value is left out where that is absent.
        let depends =
            if shape & 4 != 0 && substitutions > 0 { input.u16() % substitutions } else { u16::MAX };
        self.u16(depends);
        let size = self.out.len();
        self.u32(0);
        self.name(input);
        if attributes > 0 {
            let list = self.out.len();
            self.u32(0);
            for left in (0..attributes).rev() {
                self.out.push(if left > 0 { ATTRIBUTE | MORE } else { ATTRIBUTE });
                self.name(input);
                self.content(input, substitutions);
            }
            self.patch_size(list);
        }
        if shape & 8 != 0 {
            self.out.push(CLOSE_EMPTY);
            return self.patch_size(size);
        }
        self.out.push(CLOSE_START);
        // The upper bits repeat what is inside.
        for _ in 0..=(shape >> 4) {
            if depth >= DEPTH || self.is_full() || input.is_empty() {
                self.content(input, substitutions);
                break;
            }
            match input.u8() % 3 {
                0 => self.content(input, substitutions),
                1 => self.element(input, depth + 1, substitutions),
                _ if substitutions == 0 => self.instance(input, depth + 1),
                _ => self.content(input, substitutions),
            }
        }
        self.out.push(CLOSE);
        self.patch_size(size);
    }

    /// Text, a reference, or a place for a value, many times if the byte says so.
    fn content(&mut self, input: &mut Take<'_>, substitutions: u16) {
        let kind = input.u8();
        if substitutions > 0 && kind & 1 == 0 {
            let times = if kind & 0x80 != 0 { u16::from(input.u8()) } else { 1 };
            let (which, optional) = (input.u16() % substitutions, kind >> 1 & 1);
            let value = value_type(kind >> 2);
            for _ in 0..times {
                self.out.push(SUBSTITUTION + optional);
                self.u16(which);
                self.out.push(value);
            }
            return;
        }
        match kind % 5 {
            0 => {
                self.out.push(0x08);
                self.u16(u16::from(kind));
            }
            1 => {
                self.out.push(0x09);
                self.name(input);
            }
            2 => {
                self.out.push(0x07);
                self.counted(input);
            }
            _ => {
                self.out.extend([TEXT, STRING]);
                self.counted(input);
            }
        }
    }

    /// UTF-16 text behind the number of its units.
    fn counted(&mut self, input: &mut Take<'_>) {
        let units = usize::from(input.u8() % 40);
        let text = input.bytes(units * 2);
        self.u16(u16::try_from(text.len() / 2).expect("few units"));
        self.out.extend(&text[..text.len() / 2 * 2]);
    }

    /// A name: one that is there already, or a new one.
    fn name(&mut self, input: &mut Take<'_>) {
        let which = input.u8();
        let known = self.names.iter().find(|(name, _)| *name == which).map(|(_, at)| *at);
        if let Some(at) = known {
            return self.u32(at);
        }
        let at = self.here() + 4;
        self.names.push((which, at));
        self.u32(at);
        let text = match which {
            0xF0.. => "N".repeat(usize::from(which - 0xEF) * 200),
            _ => NAMES[usize::from(which) % NAMES.len()].to_owned(),
        };
        let units: Vec<u16> = text.encode_utf16().collect();
        self.u32(0);
        self.u16(0);
        self.u16(u16::try_from(units.len()).expect("a short name"));
        self.out.extend(units.into_iter().chain([0]).flat_map(u16::to_le_bytes));
    }

    /// An instance of a template: of a new one, or of one that was defined before.
    fn instance(&mut self, input: &mut Take<'_>, depth: u8) {
        let choice = input.u8();
        let known = self.templates.get(usize::from(choice >> 1)).copied().filter(|_| choice & 1 != 0);
        self.out.extend([TEMPLATE, 1]);
        self.u32(u32::from(choice));
        let substitutions = match known {
            Some((at, substitutions)) => {
                self.u32(at);
                substitutions
            }
            None => self.definition(input, depth, choice),
        };
        self.values(input, depth, substitutions);
    }

    fn definition(&mut self, input: &mut Take<'_>, depth: u8, id: u8) -> u16 {
        let at = self.here() + 4;
        let substitutions = 1 + u16::from(input.u8() % 12);
        self.u32(at);
        self.u32(0);
        self.out.extend([id; 16]);
        let size = self.out.len();
        self.u32(0);
        self.out.extend([FRAGMENT, 1, 1, 0]);
        self.element(input, depth + 1, substitutions);
        self.out.push(END);
        self.patch_size(size);
        self.templates.push((at, substitutions));
        substitutions
    }

    /// The values of an instance: their sizes and types, then what they hold.
    fn values(&mut self, input: &mut Take<'_>, depth: u8, count: u16) {
        self.u32(u32::from(count));
        let table = self.out.len();
        for _ in 0..count {
            self.u32(0);
        }
        for index in 0..usize::from(count) {
            let start = self.out.len();
            let kind = value_type(input.u8());
            if kind == BINXML && depth < DEPTH && !self.is_full() {
                self.fragment(input, depth + 1);
            } else {
                let length = usize::from(input.u8());
                let value = input.bytes(length);
                self.out.extend(value);
            }
            let size = u16::try_from(self.out.len() - start).unwrap_or(u16::MAX);
            let entry = table + index * 4;
            self.out[entry..entry + 2].copy_from_slice(&size.to_le_bytes());
            self.out[entry + 2] = kind;
        }
    }
}

/// A type of a value; more often than by chance one that holds others.
fn value_type(choice: u8) -> u8 {
    match choice {
        0..=0x15 => choice,
        0x16..=0x2F => BINXML,
        0x30..=0x3F => STRING,
        _ => ARRAY | (choice & 0x1F) % 0x16,
    }
}
