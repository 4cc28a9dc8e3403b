//! The blob of a step: the binary value that VSS writes below `Services\VSS\Diag`, in the form of 32-bit and of 64-bit
//! Windows.
//!
//! No layout is published. The offsets here are those that real values of Windows 7 to 10 have in common (hives of the
//! regipy project, two values quoted by a security product); the time at 0x08 is also read by RegRipper and regipy. The
//! writer's state, the result and the GUID are inferred from few values. What a value means stands in its name, never in
//! the blob, so that names do not belong here.

use crate::bytes::{u32_at, u64_at};
use chrono::Datelike;
use vsscope_model::{Guid, HResult, Timestamp};

/// Sizes that were seen: 32-bit and 64-bit writers. They differ in the tail alone.
const SIZES: [u32; 2] = [0x40, 0x48];
/// Where the tail begins that was always zero.
const TAIL: usize = 0x38;
/// Bytes of a value that are looked at; the rest of a longer one tells nothing.
pub(super) const LOOKED_AT: usize = 1024;

/// Years in which a step can lie. The clock of a PC that lost its time begins in 1980.
const YEARS: std::ops::RangeInclusive<i32> = 1980..=2199;

/// What a blob says. A field that is not wholly there is absent.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Blob {
    /// 0x08: when the step was noted.
    pub time: Timestamp,
    /// 0x10: process id.
    pub pid: u32,
    /// 0x14: thread id.
    pub tid: u32,
    /// 0x18: number of the message; only few are known.
    pub code: Option<u32>,
    /// 0x1C: 0 or 1. Not the edge: writers have 1 on both sides.
    pub flag: Option<u32>,
    /// 0x20: `VSS_WRITER_STATE` (inferred), 0 for what is no writer.
    pub state: Option<u32>,
    /// 0x24: HRESULT (inferred).
    pub result: Option<HResult>,
    /// 0x28: GUID, for writers the snapshot set (inferred); the null GUID is absent.
    pub guid: Option<Guid>,
    /// All of the blob is there, as its own size says.
    pub complete: bool,
    /// What does not fit the layout.
    pub oddities: Vec<Oddity>,
}

/// Why a blob gives no step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    /// It ends before the thread id.
    #[error("a value is too short to hold a time, a process and a thread")]
    Short,
    /// No step was noted at such a time.
    #[error("a value holds no time that a clock shows")]
    Time,
}

/// Something about a blob that does not fit the layout and does not keep it from being read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Oddity {
    /// Shorter than its own size: fields at its end are missing.
    Cut,
    /// Longer than its own size.
    Longer,
    /// A size that was never seen.
    Size,
    /// Something stands where all known blobs have zeros.
    NotZero,
}

impl Oddity {
    /// In words.
    pub fn message(self) -> &'static str {
        match self {
            Oddity::Cut => "a value is shorter than it says; what is missing at its end is absent",
            Oddity::Longer => "a value is longer than it says",
            Oddity::Size => "a value gives a size of its record that is not known",
            Oddity::NotZero => "a value has content where known values have zeros",
        }
    }
}

/// Reads a blob. Whether it is that of a 32-bit process stands in its own size field: both kinds may be on one machine.
pub(super) fn decode(bytes: &[u8]) -> Result<Blob, Unreadable> {
    let field = |at| u32_at(bytes, at).ok_or(Unreadable::Short);
    let (size, pid, tid) = (field(0)?, field(0x10)?, field(0x14)?);
    let time = u64_at(bytes, 0x08).and_then(filetime).ok_or(Unreadable::Time)?;
    let guid = bytes.get(0x28..).and_then(|rest| rest.first_chunk::<16>());
    Ok(Blob {
        time,
        pid,
        tid,
        code: u32_at(bytes, 0x18),
        flag: u32_at(bytes, 0x1C),
        state: u32_at(bytes, 0x20),
        result: u32_at(bytes, 0x24).map(HResult),
        guid: guid.map(|bytes| Guid::from_memory(*bytes)).filter(|guid| !guid.is_null()),
        complete: usize::try_from(size) == Ok(bytes.len()) && bytes.len() > TAIL,
        oddities: oddities(bytes, size),
    })
}

fn oddities(bytes: &[u8], size: u32) -> Vec<Oddity> {
    let is_zero = |range: Option<&[u8]>| range.unwrap_or_default().iter().all(|byte| *byte == 0);
    let mut found = Vec::new();
    if !SIZES.contains(&size) {
        found.push(Oddity::Size);
    } else {
        match usize::try_from(size).map(|size| bytes.len().cmp(&size)) {
            Ok(std::cmp::Ordering::Less) => found.push(Oddity::Cut),
            Ok(std::cmp::Ordering::Greater) => found.push(Oddity::Longer),
            _ => {}
        }
    }
    if !is_zero(bytes.get(0x04..0x08)) || !is_zero(bytes.get(TAIL..)) {
        found.push(Oddity::NotZero);
    }
    found
}

/// The instant of a FILETIME, unless it lies outside of the years that a clock shows.
pub(super) fn filetime(steps: u64) -> Option<Timestamp> {
    let time = crate::time::from_filetime(i64::try_from(steps).ok()?)?;
    YEARS.contains(&time.year()).then_some(time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bytes::from_hex;

    fn vector(hex: &str) -> Blob {
        decode(&from_hex(hex).unwrap()).unwrap()
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    /// `formats/diag.md` 6: `SPP\SppEnumGroups (Leave)` of a 64-bit hive.
    const WIDE: &str = "480000000000000088983ab3decbd301bc2600007c070000d1070000010000000000000001000000\
                        0000000000000000000000000000000000000000000000000000000000000000";

    fn wide() -> Vec<u8> {
        from_hex(WIDE).unwrap()
    }

    #[test]
    fn a_value_of_64_bit_windows() {
        let expected = Blob {
            time: at("2018-04-04T06:32:27.4016392Z"),
            pid: 9916,
            tid: 1916,
            code: Some(2001),
            flag: Some(1),
            state: Some(0),
            result: Some(HResult(1)),
            guid: None,
            complete: true,
            oddities: Vec::new(),
        };
        assert_eq!(vector(WIDE), expected);
    }

    #[test]
    fn a_value_of_32_bit_windows() {
        let found = vector(
            "4000000000000000058ce7e77214cd01dc140000301a0000d2070000000000000000000000000000\
             000000000000000000000000000000000000000000000000",
        );
        let expected = Blob {
            time: at("2012-04-07T04:00:01.3151237Z"),
            pid: 5340,
            tid: 6704,
            code: Some(2002),
            flag: Some(0),
            state: Some(0),
            result: Some(HResult(0)),
            guid: None,
            complete: true,
            oddities: Vec::new(),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn half_a_guid_of_a_value_that_a_product_cut_at_50_bytes_is_absent() {
        for (hex, time, tid) in [
            (
                "48000000000000003966A5C94228D801BC05000094060000F6030000010000000500000000000000A308CF3E73F44F4181B3",
                "2022-02-22T23:20:32.3442233Z",
                1684,
            ),
            (
                "48000000000000006FE753566428D801BC05000008060000F60300000100000005000000000000004461718D485CFB459B58",
                "2022-02-23T03:20:41.7609583Z",
                1544,
            ),
        ] {
            let found = vector(hex);
            assert_eq!((found.time, found.pid, found.tid), (at(time), 1468, tid));
            assert_eq!((found.code, found.flag, found.state), (Some(1014), Some(1), Some(5)));
            assert_eq!((found.result, found.guid), (Some(HResult(0)), None));
            assert_eq!((found.complete, found.oddities), (false, vec![Oddity::Cut]));
        }
    }

    #[test]
    fn the_guid_is_read_in_memory_order() {
        let mut bytes = wide();
        let guid = from_hex("A308CF3E73F44F4181B3010203040506").unwrap();
        bytes[0x28..0x38].copy_from_slice(&guid);
        assert_eq!(decode(&bytes).unwrap().guid, "3ecf08a3-f473-414f-81b3-010203040506".parse().ok());
    }

    #[test]
    fn a_time_alone_is_no_step() {
        let bytes = wide();
        for length in 0..0x18 {
            assert_eq!(decode(&bytes[..length]), Err(Unreadable::Short), "{length}");
        }
        let shortest = decode(&bytes[..0x18]).unwrap();
        assert_eq!((shortest.tid, shortest.code, shortest.complete), (1916, None, false));
        for length in 0x18..bytes.len() {
            assert_eq!(decode(&bytes[..length]).unwrap().oddities, [Oddity::Cut], "{length}");
        }
    }

    #[test]
    fn what_no_clock_shows_is_no_time() {
        for ticks in [0, 1, u64::MAX, u64::MAX / 2, 0x0100_0000_0000_0000] {
            let mut bytes = wide();
            bytes[8..16].copy_from_slice(&ticks.to_le_bytes());
            assert_eq!(decode(&bytes), Err(Unreadable::Time), "{ticks:#x}");
        }
    }

    #[test]
    fn what_does_not_fit_is_said_and_read() {
        let odd = |at: usize, value: u8| {
            let mut bytes = wide();
            bytes[at] = value;
            let found = decode(&bytes).unwrap();
            assert_eq!(found.pid, 9916);
            found.oddities
        };
        assert_eq!(odd(0x00, 0x40), [Oddity::Longer]);
        assert_eq!(odd(0x00, 0x50), [Oddity::Size]);
        assert_eq!(odd(0x04, 1), [Oddity::NotZero]);
        assert_eq!(odd(0x47, 1), [Oddity::NotZero]);
    }
}
