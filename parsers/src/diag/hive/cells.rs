//! The cells of a hive that a walk along a path needs: keys, lists of subkeys, values.
//!
//! Layout: Maxim Suhanov, "Windows registry file format specification" (github.com/msuhanov/regf). All numbers are
//! little endian; offsets of cells count from the end of the base block.

use super::super::values::MAX_NAME;
use nom::bytes::complete::{tag, take};
use nom::combinator::verify;
use nom::multi::count;
use nom::number::complete::{le_u16, le_u32, le_u64};
use nom::sequence::terminated;
use nom::{IResult, Parser};

/// Where a cell is, from the end of the base block.
pub(super) type CellOffset = u32;

/// Key names are in Latin-1, one byte per character (`KEY_COMP_NAME`).
const KEY_NAME_IS_LATIN: u16 = 0x20;
/// The same for names of values (`VALUE_COMP_NAME`).
const VALUE_NAME_IS_LATIN: u16 = 0x01;
/// In the size of data: they stand in the place of their offset.
const INLINE: u32 = 0x8000_0000;
/// Bytes of the longest name of a key: 255 characters (learn.microsoft.com, "Registry element size limits").
const LONGEST_KEY_NAME: u16 = 2 * 255;
/// Bytes of a value's name that are kept: none of a step is nearly as long. Cells may overlap, so that a small hive could
/// hold many long names.
const VALUE_NAME_KEPT: usize = 4 * MAX_NAME;

/// The base block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Base {
    /// 0x04, 0x08: they differ while changes are in the logs only.
    pub sequence: (u32, u32),
    /// 0x1C: 0 for a hive, else a transaction log.
    pub file_type: u32,
    /// 0x24: the root key.
    pub root: CellOffset,
    /// 0x28: bytes behind the base block.
    pub bins: u32,
}

/// Reads the base block.
pub(super) fn base(input: &[u8]) -> IResult<&[u8], Base> {
    let versions = take(0x1C_usize - 0x0C);
    let fields = (tag("regf"), le_u32, le_u32, versions, le_u32, le_u32, le_u32, le_u32);
    fields
        .map(|(_, first, second, _, file_type, _, root, bins)| Base {
            sequence: (first, second),
            file_type,
            root,
            bins,
        })
        .parse(input)
}

/// A key (`nk`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Key {
    /// 0x04: when it was last written, as FILETIME.
    pub last_write: u64,
    /// 0x14: number of subkeys.
    pub subkeys: u32,
    /// 0x18: number of subkeys that live in memory only. It has no meaning on disk; the offset of their list leads
    /// nowhere and is not read.
    pub volatile_subkeys: u32,
    /// 0x1C: their list.
    pub subkey_list: CellOffset,
    /// 0x24: number of values.
    pub values: u32,
    /// 0x28: their list.
    pub value_list: CellOffset,
    /// 0x4C.
    pub name: String,
}

/// Reads a key.
pub(super) fn key(input: &[u8]) -> IResult<&[u8], Key> {
    let to_counts = take(0x14_usize - 0x0C);
    let to_name = take(0x48_usize - 0x2C);
    let (input, (_, flags, last_write, _)) = (tag("nk"), le_u16, le_u64, to_counts).parse(input)?;
    let (input, (subkeys, volatile_subkeys, subkey_list, _)) =
        (le_u32, le_u32, le_u32, le_u32).parse(input)?;
    let (input, (values, value_list, _)) = (le_u32, le_u32, to_name).parse(input)?;
    let length = verify(le_u16, |length| *length <= LONGEST_KEY_NAME);
    let (input, length) = terminated(length, le_u16).parse(input)?;
    let (input, name) = take(length).parse(input)?;
    let name = text(name, flags & KEY_NAME_IS_LATIN != 0);
    Ok((input, Key { last_write, subkeys, volatile_subkeys, subkey_list, values, value_list, name }))
}

/// What leads from a key to its subkeys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum SubkeyList {
    /// `lf`, `lh`, `li`: keys.
    Keys(Vec<CellOffset>),
    /// `ri`: lists of keys.
    Lists(Vec<CellOffset>),
}

/// Reads a list of subkeys; one that is cut gives nothing.
pub(super) fn subkey_list(input: &[u8]) -> IResult<&[u8], SubkeyList> {
    let (input, (kind, length)) = (take(2_usize), le_u16).parse(input)?;
    let length = usize::from(length);
    match kind {
        b"lf" | b"lh" => count(terminated(le_u32, le_u32), length).map(SubkeyList::Keys).parse(input),
        b"li" => count(le_u32, length).map(SubkeyList::Keys).parse(input),
        b"ri" => count(le_u32, length).map(SubkeyList::Lists).parse(input),
        _ => Err(nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Tag))),
    }
}

/// Where the data of a value are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum DataPlace {
    /// In the value itself: up to four bytes.
    Inline(Vec<u8>),
    /// In a cell of their own: its offset and how many bytes.
    Cell(CellOffset, u32),
}

/// A value (`vk`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    /// 0x14; empty for the default value.
    pub name: String,
    /// 0x0C: type (`REG_SZ` is 1, `REG_BINARY` 3, `REG_DWORD` 4).
    pub kind: u32,
    /// 0x04, 0x08.
    pub data: DataPlace,
}

/// Reads a value.
pub(super) fn value(input: &[u8]) -> IResult<&[u8], Value> {
    let (input, (_, length, size, place)) = (tag("vk"), le_u16, le_u32, take(4_usize)).parse(input)?;
    let (input, (kind, flags, _)) = (le_u32, le_u16, le_u16).parse(input)?;
    let (input, name) = take(length).parse(input)?;
    let name = name.get(..VALUE_NAME_KEPT).unwrap_or(name);
    let data = if size & INLINE == 0 {
        let (_, offset) = le_u32(place)?;
        DataPlace::Cell(offset, size)
    } else {
        let (_, bytes) = take(size & !INLINE)(place)?;
        DataPlace::Inline(bytes.to_vec())
    };
    Ok((input, Value { name: text(name, flags & VALUE_NAME_IS_LATIN != 0), kind, data }))
}

/// A record of big data (`db`): number of segments and the offset of their list.
pub(super) fn big_data(input: &[u8]) -> IResult<&[u8], (u16, CellOffset)> {
    (tag("db"), le_u16, le_u32).map(|(_, segments, list)| (segments, list)).parse(input)
}

/// A list of offsets.
pub(super) fn offsets(input: &[u8], length: usize) -> IResult<&[u8], Vec<CellOffset>> {
    let bytes = length.saturating_mul(4);
    // Looked at first, so that a length that cannot be true reserves nothing.
    let (rest, list) = verify(take(bytes), |list: &[u8]| list.len() == bytes).parse(input)?;
    count(le_u32, length).parse(list).map(|(_, list)| (rest, list))
}

fn text(bytes: &[u8], is_latin: bool) -> String {
    if is_latin { bytes.iter().copied().map(char::from).collect() } else { crate::diag::utf16(bytes) }
}
