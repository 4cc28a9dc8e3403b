//! Values as text, spelled as Windows renders them; the `evtx` crate spells them so too.

use super::instance::Value;
use crate::bytes::{u16_at, u32_at, u64_at};
use std::io::Write;
use uuid::Uuid;

/// A value as text.
pub(super) fn text(value: Value<'_>) -> Option<String> {
    let mut bytes = Vec::with_capacity(size_as_text(value));
    write(value, &mut bytes)?;
    String::from_utf8(bytes).ok()
}

/// Writes a value as UTF-8; `None` for types that are rare and left to the `evtx` crate, and for what does not have the size
/// of its type.
pub(super) fn write(value: Value<'_>, into: &mut Vec<u8>) -> Option<()> {
    let bytes = value.bytes;
    let of_8 = || bytes.first().filter(|_| bytes.len() == 1).copied();
    let of_16 = || u16_at(bytes, 0).filter(|_| bytes.len() == 2);
    let of_32 = || u32_at(bytes, 0).filter(|_| bytes.len() == 4);
    let of_64 = || u64_at(bytes, 0).filter(|_| bytes.len() == 8);
    let written = match value.kind {
        0x00 => Ok(()),
        0x01 => return write_wide(bytes, into),
        0x04 => return write_number(of_8()?, into),
        0x06 => return write_number(of_16()?, into),
        0x07 => return write_number(of_32()?.cast_signed(), into),
        0x08 => return write_number(of_32()?, into),
        0x09 => return write_number(of_64()?.cast_signed(), into),
        0x0A => return write_number(of_64()?, into),
        0x0D => match of_32()?.cast_signed() {
            0 => write!(into, "false"),
            1 => write!(into, "true"),
            other => write!(into, "{other}"),
        },
        0x0F => {
            let id = Uuid::from_bytes_le(bytes.try_into().ok()?).braced();
            into.extend_from_slice(id.encode_lower(&mut [0; 38]).as_bytes());
            Ok(())
        }
        0x11 => return write_time(filetime(value)?, into),
        0x13 => return write_sid(bytes, into),
        0x10 if bytes.len() == 4 => write!(into, "0x{:x}", of_32()?),
        0x14 => write!(into, "0x{:x}", of_32()?),
        0x10 | 0x15 => write!(into, "0x{:x}", of_64()?),
        _ => return None,
    };
    // Writing to memory does not fail.
    written.ok()
}

/// Strings that stand one after the other, each with its NUL; `None` unless the last one ends with the value.
pub(super) fn strings(bytes: &[u8]) -> Option<impl Iterator<Item = &[u8]>> {
    let (units, rest) = bytes.as_chunks::<2>();
    let units = units.strip_suffix(&[[0, 0]]).filter(|_| rest.is_empty())?;
    Some(units.split(|unit| *unit == [0, 0]).map(<[[u8; 2]]>::as_flattened))
}

/// What a value takes as text, if it is one of the usual ones; UTF-16 mostly is ASCII.
fn size_as_text(value: Value<'_>) -> usize {
    match value.kind {
        0x01 => value.bytes.len() / 2,
        0x0F => 38,
        0x13 => 48,
        0x00 => 0,
        _ => 20,
    }
}

fn write_number(number: impl itoa::Integer, into: &mut Vec<u8>) -> Option<()> {
    into.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
    Some(())
}

/// Units that are looked at together.
const BLOCK: usize = 16;

/// Whether all units are ASCII but for NUL: neither they nor their predecessors have a bit beyond the seven.
fn are_ascii(block: &[[u8; 2]; BLOCK]) -> bool {
    let is_beyond = |unit: u16| (unit | unit.wrapping_sub(1)) & 0xFF80;
    block.iter().fold(0, |all, unit| all | is_beyond(u16::from_le_bytes(*unit))) == 0
}

/// UTF-16 up to its first NUL.
fn write_wide(bytes: &[u8], into: &mut Vec<u8>) -> Option<()> {
    let (units, odd) = bytes.as_chunks::<2>();
    // Sysmon ends its texts with one.
    let units = units.strip_suffix(&[[0, 0]]).filter(|_| odd.is_empty()).unwrap_or(units);
    let (blocks, tail) = units.as_chunks::<BLOCK>();
    let mut rest = units;
    for block in blocks {
        if !are_ascii(block) {
            break;
        }
        into.extend_from_slice(&block.map(|[letter, _]| letter));
        rest = rest.get(BLOCK..)?;
    }
    if rest.len() == tail.len() && odd.is_empty() {
        let mut block = [[b' ', 0]; BLOCK];
        block.get_mut(..tail.len())?.copy_from_slice(tail);
        if are_ascii(&block) {
            into.extend_from_slice(block.map(|[letter, _]| letter).get(..tail.len())?);
            return Some(());
        }
    }
    let end = rest.iter().position(|unit| *unit == [0, 0]);
    if end.is_none() && !odd.is_empty() {
        return None;
    }
    write_utf16(rest.get(..end.unwrap_or(rest.len()))?.as_flattened(), into)
}

fn write_utf16(bytes: &[u8], into: &mut Vec<u8>) -> Option<()> {
    let (units, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    if units.iter().fold(0, |all, unit| all | u16::from_le_bytes(*unit)) < 0x80 {
        into.extend(units.iter().map(|unit| unit[0]));
        return Some(());
    }
    for character in char::decode_utf16(units.iter().map(|unit| u16::from_le_bytes(*unit))) {
        into.extend_from_slice(character.ok()?.encode_utf8(&mut [0; 4]).as_bytes());
    }
    Some(())
}

/// UTF-16 text as a string; `None` for half characters.
pub(in crate::evtx) fn utf16(bytes: &[u8]) -> Option<String> {
    let mut text = Vec::with_capacity(bytes.len() / 2);
    write_utf16(bytes, &mut text)?;
    String::from_utf8(text).ok()
}

/// A time in steps of 100 ns since 1601.
pub(super) fn filetime(value: Value<'_>) -> Option<i64> {
    (value.kind == 0x11 && value.bytes.len() == 8).then_some(())?;
    i64::try_from(u64_at(value.bytes, 0)?).ok()
}

/// An unsigned number of at most 64 bits.
pub(super) fn unsigned(value: Value<'_>) -> Option<u64> {
    match (value.kind, value.bytes.len()) {
        (0x04, 1) => value.bytes.first().map(|byte| u64::from(*byte)),
        (0x06, 2) => u16_at(value.bytes, 0).map(u64::from),
        (0x08 | 0x14, 4) => u32_at(value.bytes, 0).map(u64::from),
        (0x0A | 0x15, 8) => u64_at(value.bytes, 0),
        _ => None,
    }
}

/// With the seven digits of a FILETIME.
fn write_time(steps: i64, into: &mut Vec<u8>) -> Option<()> {
    let time = crate::time::from_filetime(steps).filter(|time| crate::time::is_plausible(*time))?;
    let hundreds = time.timestamp_subsec_nanos() / 100;
    write!(into, "{}.{hundreds:07}Z", time.format("%Y-%m-%dT%H:%M:%S")).ok()
}

fn write_sid(bytes: &[u8], into: &mut Vec<u8>) -> Option<()> {
    let (&[revision, count, a, b, c, d, e, f], parts) = bytes.split_first_chunk::<8>()?;
    let (parts, rest) = parts.as_chunks::<4>();
    (rest.is_empty() && parts.len() == usize::from(count)).then_some(())?;
    let authority = u64::from_be_bytes([0, 0, a, b, c, d, e, f]);
    into.extend_from_slice(b"S-");
    write_number(revision, into)?;
    into.push(b'-');
    write_number(authority, into)?;
    parts.iter().try_for_each(|part| {
        into.push(b'-');
        write_number(u32::from_le_bytes(*part), into)
    })
}
