//! A writer of small hives for tests: one bin, cells one after another, lists of subkeys of any kind. Layout as in
//! `cells`.

use super::cells::CellOffset;

/// The kinds of lists of subkeys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lists {
    /// `lf` or `lh`: offset and hint.
    Hinted(&'static [u8; 2]),
    /// `li`: offsets.
    Plain,
    /// `ri`: lists of two keys each.
    Branched,
}

/// A key to be written.
#[derive(Debug, Clone, Default)]
pub(super) struct Node {
    pub name: String,
    pub values: Vec<(String, u32, Vec<u8>)>,
    pub keys: Vec<Node>,
    pub last_write: u64,
    pub volatile: u32,
}

impl Node {
    pub fn new(name: &str) -> Self {
        Node { name: name.to_owned(), ..Node::default() }
    }

    pub fn with(mut self, keys: Vec<Node>) -> Self {
        self.keys = keys;
        self
    }

    pub fn value(mut self, name: &str, kind: u32, bytes: &[u8]) -> Self {
        self.values.push((name.to_owned(), kind, bytes.to_vec()));
        self
    }
}

/// A hive in the making.
pub(super) struct Writer {
    bins: Vec<u8>,
    lists: Lists,
}

impl Writer {
    /// The hive of these keys.
    pub fn hive(root: &Node, lists: Lists) -> Vec<u8> {
        let mut bins = b"hbin".to_vec();
        bins.resize(0x20, 0);
        let mut writer = Writer { bins, lists };
        let root = writer.key(root);
        let length = writer.bins.len().next_multiple_of(0x1000);
        let rest = u32::try_from(length - writer.bins.len()).unwrap();
        if rest > 0 {
            writer.bins.extend(rest.to_le_bytes());
        }
        writer.bins.resize(length, 0);
        let mut hive = b"regf".to_vec();
        hive.extend([7_u32, 7, 0, 0, 1, 5, 0, 1, root, length as u32].map(u32::to_le_bytes).concat());
        hive.resize(0x1FC, 0);
        let sum = hive.chunks(4).fold(0, |sum, word| sum ^ u32::from_le_bytes(word.try_into().unwrap()));
        hive.extend(sum.to_le_bytes());
        hive.resize(0x1000, 0);
        hive.extend(writer.bins);
        hive
    }

    fn cell(&mut self, content: &[u8]) -> CellOffset {
        let offset = self.bins.len() as u32;
        let size = (content.len() + 4).next_multiple_of(8);
        self.bins.extend((size as u32).cast_signed().wrapping_neg().to_le_bytes());
        self.bins.extend(content);
        self.bins.resize(offset as usize + size, 0);
        offset
    }

    fn key(&mut self, node: &Node) -> CellOffset {
        let keys: Vec<u32> = node.keys.iter().map(|key| self.key(key)).collect();
        let list = if keys.is_empty() { u32::MAX } else { self.list(&keys) };
        let values: Vec<u32> = node.values.iter().map(|value| self.value(value)).collect();
        let value_list = match values.len() {
            0 => u32::MAX,
            _ => self.cell(&values.iter().flat_map(|at| at.to_le_bytes()).collect::<Vec<_>>()),
        };
        let (name, flag) = text(&node.name, 0x20);
        let mut cell = b"nk".to_vec();
        cell.extend(flag.to_le_bytes());
        cell.extend(node.last_write.to_le_bytes());
        // The list of volatile keys leads to where a stable offset would lead to the same keys.
        let volatile = if node.volatile > 0 { list | 0x8000_0000 } else { u32::MAX };
        let numbers =
            [0, 0, keys.len() as u32, node.volatile, list, volatile, values.len() as u32, value_list];
        cell.extend(numbers.map(u32::to_le_bytes).concat());
        cell.resize(0x48, 0);
        cell.extend([name.len() as u16, 0].map(u16::to_le_bytes).concat());
        cell.extend(name);
        self.cell(&cell)
    }

    fn list(&mut self, keys: &[CellOffset]) -> CellOffset {
        match self.lists {
            Lists::Hinted(kind) => self.cell(&list(kind, keys, true)),
            Lists::Plain => self.cell(&list(b"li", keys, false)),
            Lists::Branched => {
                let lists: Vec<u32> =
                    keys.chunks(2).map(|keys| self.cell(&list(b"lh", keys, true))).collect();
                self.cell(&list(b"ri", &lists, false))
            }
        }
    }

    fn value(&mut self, (name, kind, bytes): &(String, u32, Vec<u8>)) -> CellOffset {
        let size = bytes.len() as u32;
        let (size, place) = match bytes.len() {
            0..=4 => {
                let mut inline = bytes.clone();
                inline.resize(4, 0);
                (size | 0x8000_0000, inline)
            }
            5..=16_344 => (size, self.cell(bytes).to_le_bytes().to_vec()),
            _ => (size, self.big(bytes).to_le_bytes().to_vec()),
        };
        let (name, flag) = text(name, 1);
        let mut cell = b"vk".to_vec();
        cell.extend((name.len() as u16).to_le_bytes());
        cell.extend(size.to_le_bytes());
        cell.extend(place);
        cell.extend(kind.to_le_bytes());
        cell.extend([flag, 0].map(u16::to_le_bytes).concat());
        cell.extend(name);
        self.cell(&cell)
    }

    fn big(&mut self, bytes: &[u8]) -> CellOffset {
        let segments: Vec<u32> = bytes.chunks(16_344).map(|segment| self.cell(segment)).collect();
        let list = self.cell(&segments.iter().flat_map(|at| at.to_le_bytes()).collect::<Vec<_>>());
        let mut cell = b"db".to_vec();
        cell.extend((segments.len() as u16).to_le_bytes());
        cell.extend(list.to_le_bytes());
        self.cell(&cell)
    }
}

fn list(kind: &[u8; 2], offsets: &[CellOffset], has_hints: bool) -> Vec<u8> {
    let mut cell = kind.to_vec();
    cell.extend((offsets.len() as u16).to_le_bytes());
    for offset in offsets {
        cell.extend(offset.to_le_bytes());
        cell.extend(if has_hints { &[0; 4][..] } else { &[] });
    }
    cell
}

/// Latin-1 with its flag where it is enough, else UTF-16.
fn text(name: &str, latin: u16) -> (Vec<u8>, u16) {
    if name.chars().all(|c| (c as u32) < 0x100) {
        (name.chars().map(|c| c as u8).collect(), latin)
    } else {
        (name.encode_utf16().flat_map(u16::to_le_bytes).collect(), 0)
    }
}
