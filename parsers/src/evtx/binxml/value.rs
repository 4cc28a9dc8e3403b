//! Values as text, spelled as Windows renders them; the `evtx` crate spells them so too.

use super::instance::Value;
use crate::bytes::{u16_at, u32_at, u64_at};
use std::fmt::Write;

/// A value as text; `None` for types that are rare and left to the `evtx` crate, and for what does not have the size of its type.
pub(super) fn text(value: Value<'_>) -> Option<String> {
    let bytes = value.bytes;
    let sized = |size: usize| (bytes.len() == size).then_some(());
    Some(match value.kind {
        0x00 => String::new(),
        0x01 => return utf16(until_nul(bytes)),
        0x04 => {
            sized(1)?;
            bytes.first()?.to_string()
        }
        0x06 => {
            sized(2)?;
            u16_at(bytes, 0)?.to_string()
        }
        0x07 => {
            sized(4)?;
            u32_at(bytes, 0)?.cast_signed().to_string()
        }
        0x08 => {
            sized(4)?;
            u32_at(bytes, 0)?.to_string()
        }
        0x09 => {
            sized(8)?;
            u64_at(bytes, 0)?.cast_signed().to_string()
        }
        0x0A => {
            sized(8)?;
            u64_at(bytes, 0)?.to_string()
        }
        0x0D => {
            sized(4)?;
            match u32_at(bytes, 0)?.cast_signed() {
                0 => "false".to_owned(),
                1 => "true".to_owned(),
                other => other.to_string(),
            }
        }
        0x0F => guid(bytes.try_into().ok()?),
        0x11 => time(filetime(value)?)?,
        0x13 => sid(bytes)?,
        0x14 => {
            sized(4)?;
            format!("0x{:x}", u32_at(bytes, 0)?)
        }
        0x15 => {
            sized(8)?;
            format!("0x{:x}", u64_at(bytes, 0)?)
        }
        0x10 if bytes.len() == 4 => format!("0x{:x}", u32_at(bytes, 0)?),
        0x10 => {
            sized(8)?;
            format!("0x{:x}", u64_at(bytes, 0)?)
        }
        _ => return None,
    })
}

/// Strings that stand one after the other, each with its NUL; `None` unless the last one ends with the value.
pub(super) fn strings(bytes: &[u8]) -> Option<Vec<String>> {
    let (units, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() || units.last() != Some(&[0, 0]) {
        return None;
    }
    let mut all = Vec::new();
    let mut from = 0_usize;
    for (at, _) in units.iter().enumerate().filter(|(_, unit)| **unit == [0, 0]) {
        all.push(utf16(bytes.get(from..at.checked_mul(2)?)?)?);
        from = at.checked_add(1)?.checked_mul(2)?;
    }
    Some(all)
}

/// UTF-16 text as a string; `None` for half characters.
pub(in crate::evtx) fn utf16(bytes: &[u8]) -> Option<String> {
    let (units, rest) = bytes.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    if units.iter().fold(0, |all, unit| all | u16::from_le_bytes(*unit)) < 0x80 {
        return String::from_utf8(units.iter().map(|unit| unit[0]).collect()).ok();
    }
    char::decode_utf16(units.iter().map(|unit| u16::from_le_bytes(*unit))).collect::<Result<_, _>>().ok()
}

/// The text before the first NUL.
pub(super) fn until_nul(bytes: &[u8]) -> &[u8] {
    let end = bytes.as_chunks::<2>().0.iter().position(|unit| *unit == [0, 0]);
    end.and_then(|end| bytes.get(..end.checked_mul(2)?)).unwrap_or(bytes)
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

fn time(steps: i64) -> Option<String> {
    let time = crate::time::from_filetime(steps).filter(|time| crate::time::is_plausible(*time))?;
    Some(
        time.format("%Y-%m-%dT%H:%M:%S.").to_string()
            + &format!("{:07}Z", time.timestamp_subsec_nanos() / 100),
    )
}

/// In braces and lower case.
fn guid(bytes: [u8; 16]) -> String {
    uuid::Uuid::from_bytes_le(bytes).braced().to_string()
}

fn sid(bytes: &[u8]) -> Option<String> {
    let (&[revision, count, a, b, c, d, e, f], parts) = bytes.split_first_chunk::<8>()?;
    let (parts, rest) = parts.as_chunks::<4>();
    (rest.is_empty() && parts.len() == usize::from(count)).then_some(())?;
    let authority = u64::from_be_bytes([0, 0, a, b, c, d, e, f]);
    let mut text = format!("S-{revision}-{authority}");
    for part in parts {
        write!(text, "-{}", u32::from_le_bytes(*part)).ok()?;
    }
    Some(text)
}
