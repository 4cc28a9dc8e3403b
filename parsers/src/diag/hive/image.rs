//! [`Image`]: the bytes of a hive, and the way from a key to its subkeys and values.
//!
//! Nothing is trusted: every offset and length is checked, a list is followed once, the number of cells is limited. The
//! headers of the bins are not needed and not read, so that damage in bins off the path costs nothing.

use super::cells::{self, Base, CellOffset, DataPlace, Key, SubkeyList, Value};
use crate::bytes::u32_at;
use nom::IResult;
use std::collections::HashSet;

/// Length of the base block; offsets of cells count from its end.
const BASE: usize = 0x1000;
/// Where the root key lies in every hive that was written by Windows: first in the first bin.
const USUAL_ROOT: CellOffset = 0x20;
/// Cells that a walk may look at. The largest real key on the path, `Services`, has some thousand subkeys.
const MAX_CELLS: u32 = 500_000;
/// Values that a key may have; a key of steps has some twenty.
const MAX_VALUES: usize = 10_000;
/// Data of one segment of big data, in bytes.
const SEGMENT: usize = 16_344;

/// A part of a hive that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Damaged;

/// A key and where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct KeyAt {
    /// Offset of its cell in the file.
    pub place: u64,
    /// The key.
    pub key: Key,
}

/// The subkeys of a key, as far as they can be read.
#[derive(Debug, Default)]
pub(super) struct Subkeys {
    /// Those that can.
    pub keys: Vec<KeyAt>,
    /// How many keys and lists cannot.
    pub damaged: u64,
}

/// The values of a key.
#[derive(Debug, Default)]
pub(super) struct Values {
    /// Those of its list with their places in the file.
    pub found: Vec<(u64, Result<Value, Damaged>)>,
    /// How many more there are said to be.
    pub missing: u64,
}

/// The bytes of a hive.
pub(super) struct Image {
    bytes: Vec<u8>,
    cells: u32,
}

impl Image {
    /// The image of these bytes.
    pub fn new(bytes: Vec<u8>) -> Self {
        Image { bytes, cells: 0 }
    }

    /// The base block.
    pub fn base(&self) -> Result<Base, Damaged> {
        cells::base(&self.bytes).map(|(_, base)| base).map_err(|_| Damaged)
    }

    /// Whether the sum over the base block is the one that is noted in it: all words before it combined by XOR.
    pub fn checksum_fits(&self) -> bool {
        let Some(block) = self.bytes.get(..0x1FC) else { return false };
        let (words, _) = block.as_chunks::<4>();
        let sum = match words.iter().fold(0, |sum, word| sum ^ u32::from_le_bytes(*word)) {
            0 => 1,
            u32::MAX => u32::MAX - 1,
            sum => sum,
        };
        u32_at(&self.bytes, 0x1FC) == Some(sum)
    }

    /// Whether a bin begins behind the base block.
    pub fn has_bins(&self) -> bool {
        self.bytes.get(BASE..).is_some_and(|bins| bins.starts_with(b"hbin"))
    }

    /// Length in bytes.
    pub fn len(&self) -> u64 {
        u64::try_from(self.bytes.len()).unwrap_or(u64::MAX)
    }

    /// The root key: where the base block says, else where it lies by custom.
    pub fn root(&mut self, base: Option<Base>) -> Result<KeyAt, Damaged> {
        let said = base.and_then(|base| self.key(base.root).ok());
        said.map_or_else(|| self.key(USUAL_ROOT), Ok)
    }

    /// The content of a cell that is in use.
    fn cell(&mut self, offset: CellOffset) -> Result<&[u8], Damaged> {
        self.cells = self.cells.checked_add(1).filter(|cells| *cells <= MAX_CELLS).ok_or(Damaged)?;
        let at = file_offset(offset).ok_or(Damaged)?;
        let size = u32_at(&self.bytes, at).ok_or(Damaged)?.cast_signed();
        let length = usize::try_from(size.checked_neg().ok_or(Damaged)?).map_err(|_| Damaged)?;
        let from = at.checked_add(4).ok_or(Damaged)?;
        let to = at.checked_add(length).ok_or(Damaged)?;
        self.bytes.get(from..to).ok_or(Damaged)
    }

    fn read<T>(
        &mut self,
        offset: CellOffset,
        parser: impl Fn(&[u8]) -> IResult<&[u8], T>,
    ) -> Result<T, Damaged> {
        let cell = self.cell(offset)?;
        parser(cell).map(|(_, content)| content).map_err(|_| Damaged)
    }

    fn key(&mut self, offset: CellOffset) -> Result<KeyAt, Damaged> {
        let key = self.read(offset, cells::key)?;
        Ok(KeyAt { place: place(offset), key })
    }

    /// All subkeys of a key that are stored.
    pub fn subkeys(&mut self, key: &Key) -> Subkeys {
        let mut found = Subkeys::default();
        if key.subkeys == 0 {
            return found;
        }
        let mut lists = vec![(key.subkey_list, true)];
        let mut seen = HashSet::new();
        while let Some((offset, may_branch)) = lists.pop() {
            if !seen.insert(offset) {
                found.damaged = found.damaged.saturating_add(1);
                continue;
            }
            match self.read(offset, cells::subkey_list) {
                Ok(SubkeyList::Keys(keys)) => self.enter(keys, &mut seen, &mut found),
                Ok(SubkeyList::Lists(more)) if may_branch => {
                    lists.extend(more.into_iter().rev().map(|list| (list, false)));
                }
                Ok(SubkeyList::Lists(_)) | Err(Damaged) => found.damaged = found.damaged.saturating_add(1),
            }
        }
        let accounted = u64::try_from(found.keys.len()).unwrap_or(u64::MAX).saturating_add(found.damaged);
        found.damaged = found.damaged.saturating_add(u64::from(key.subkeys).saturating_sub(accounted));
        found
    }

    fn enter(&mut self, keys: Vec<CellOffset>, seen: &mut HashSet<CellOffset>, found: &mut Subkeys) {
        for offset in keys {
            match self.key(offset).ok().filter(|_| seen.insert(offset)) {
                Some(key) => found.keys.push(key),
                None => found.damaged = found.damaged.saturating_add(1),
            }
        }
    }

    /// The values of a key.
    pub fn values(&mut self, key: &Key) -> Result<Values, Damaged> {
        if key.values == 0 {
            return Ok(Values::default());
        }
        let said = usize::try_from(key.values).map_err(|_| Damaged)?;
        let held = self.cell(key.value_list)?.len() / 4;
        let list = self.read(key.value_list, |cell| cells::offsets(cell, said.min(held).min(MAX_VALUES)))?;
        let missing = u64::try_from(said.saturating_sub(list.len())).unwrap_or(u64::MAX);
        let found = list.into_iter().map(|offset| (place(offset), self.read(offset, cells::value))).collect();
        Ok(Values { found, missing })
    }

    /// The first bytes of a value's data, up to a limit.
    pub fn data(&mut self, data: &DataPlace, limit: usize) -> Result<Vec<u8>, Damaged> {
        let (offset, size) = match data {
            DataPlace::Inline(bytes) => return Ok(bytes.clone()),
            DataPlace::Cell(_, 0) => return Ok(Vec::new()),
            DataPlace::Cell(offset, size) => (*offset, usize::try_from(*size).map_err(|_| Damaged)?),
        };
        let wanted = size.min(limit);
        if size > SEGMENT
            && let Ok(parts) = self.read(offset, cells::big_data)
        {
            return self.gather(parts, wanted);
        }
        let cell = self.cell(offset)?;
        cell.get(..wanted).map(<[u8]>::to_vec).ok_or(Damaged)
    }

    /// Data of more than one segment.
    fn gather(&mut self, (segments, list): (u16, CellOffset), wanted: usize) -> Result<Vec<u8>, Damaged> {
        let list = self.read(list, |cell| cells::offsets(cell, usize::from(segments)))?;
        let mut data = Vec::new();
        for offset in list {
            let missing = wanted.saturating_sub(data.len()).min(SEGMENT);
            if missing == 0 {
                break;
            }
            data.extend_from_slice(self.cell(offset)?.get(..missing).ok_or(Damaged)?);
        }
        if data.len() == wanted { Ok(data) } else { Err(Damaged) }
    }
}

/// The offset of a cell in the file.
fn file_offset(offset: CellOffset) -> Option<usize> {
    usize::try_from(offset).ok()?.checked_add(BASE)
}

fn place(offset: CellOffset) -> u64 {
    u64::from(offset).saturating_add(0x1000)
}
