//! Layouts of the events of Microsoft-Windows-VolumeSnapshot-Driver, after its manifest as published in
//! jdu2600/Windows10EtwEvents, airbus-cert/etl-parser and nasbench/EVTX-ETW-Resources. No captured event was available to
//! check them against, so a payload must be used exactly.
//!
//! Open in these sources and therefore tried both ways: whether the length of a string counts characters (as manifests
//! define it) or bytes, and whether a truth value has four bytes (as manifests define it) or one.

use super::cursor::{Cursor, u16_at, wide};
use crate::bytes::to_hex;
use vsscope_model::Param;

/// Form of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    Guid,
    /// 32 bit, shown in hexadecimal.
    Hex,
    U32,
    U16,
    Truth,
    /// SYSTEMTIME.
    Time,
    /// A string behind its length, which is the field before it.
    Counted,
    /// The rest but for the place in the source: numbers of unknown width.
    Unknown,
}

type Field = (&'static str, Form);

const VOLUME: Field = ("TargetVolumeGuid", Form::Guid);
const SNAPSHOT: Field = ("SnapshotGuid", Form::Guid);
const ERROR: Field = ("Error", Form::Hex);
const THREAD: Field = ("RealThreadID", Form::U32);
const FILE: Field = ("SourceFile", Form::Hex);
const LINE: Field = ("SourceLine", Form::U16);
const TAG: Field = ("SourceTag", Form::U32);

/// The fields of an event before its place in the source; `None` for ids that are not known.
fn fields(id: u16) -> Option<&'static [Field]> {
    Some(match id {
        24..=31 => &[THREAD],
        1 | 4 | 5 | 10..=13 => &[THREAD, SNAPSHOT],
        0..=33 => &[THREAD, ("VolumeGuid", Form::Guid)],
        100 | 101 | 103 | 110 | 113..=117 => &[VOLUME],
        102 | 105 | 112 | 118 | 122 => &[VOLUME, ERROR],
        104 => {
            &[VOLUME, ("SnapshotCount", Form::U32), ("CountDeleted", Form::U32), ("CountVisible", Form::U32)]
        }
        106 => &[
            VOLUME,
            SNAPSHOT,
            ("Deleted", Form::Truth),
            ("Visible", Form::Truth),
            ("CommitTime", Form::Time),
        ],
        107 => &[VOLUME, SNAPSHOT],
        108 => &[VOLUME, SNAPSHOT, ("Counts", Form::Unknown)],
        109 => &[VOLUME, SNAPSHOT, ERROR, ("Counts", Form::Unknown)],
        111 => &[VOLUME, ("DiffAreaCount", Form::U32)],
        119 => &[VOLUME, ("PersistentDeleteReason", Form::U16), ("PersistentDeleteStatus", Form::Hex)],
        120 => &[VOLUME, ("TimeoutInSeconds", Form::U32)],
        121 => &[
            ("VolumeName", Form::Counted),
            ("DiffVolumeName", Form::Counted),
            ("OriginalErrorLogCode", Form::U32),
            ("OriginalErrorStatus", Form::Hex),
            ("OriginalSourceFile", Form::Hex),
            ("OriginalSourceLine", Form::U16),
            ("OriginalSourceTag", Form::U32),
            ("ErrorStatus", Form::Hex),
        ],
        123 => &[],
        1000..=1033 if id & 1 == 0 => {
            &[("DiagPrefix", Form::Counted), ("VolumeName", Form::Counted), VOLUME, SNAPSHOT]
        }
        1000..=1033 => &[
            ("DiagPrefix", Form::Counted),
            ("VolumeName", Form::Counted),
            VOLUME,
            SNAPSHOT,
            ("ExitStatus", Form::Hex),
        ],
        _ => return None,
    })
}

/// Build 10240 has no tag; the fields of 123 are not known, so that it may have nothing at all.
fn positions(id: u16) -> &'static [&'static [Field]] {
    match id {
        0..=33 => &[&[]],
        123 => &[&[FILE, LINE, TAG], &[]],
        _ => &[&[FILE, LINE, TAG], &[FILE, LINE]],
    }
}

/// The named values of an event, spelled as event logs do; `None` if its payload is not of the documented layout.
pub(super) fn read(id: u16, payload: &[u8]) -> Option<Vec<Param>> {
    let fields = fields(id)?;
    let positions = positions(id);
    let ways = [(false, false), (true, false), (false, true), (true, true)];
    positions.iter().find_map(|position| {
        ways.iter().find_map(|&(bytes, short)| {
            let mut reader = Reader { cursor: Cursor::new(payload), bytes, short, behind: size(position) };
            let mut params = Vec::new();
            for field in fields.iter().chain(*position) {
                params.push(Param { name: Some(field.0.to_owned()), value: reader.value(field.1)? });
            }
            reader.cursor.rest().is_empty().then_some(params)
        })
    })
}

fn size(position: &[Field]) -> usize {
    match position.len() {
        3 => 10,
        2 => 6,
        _ => 0,
    }
}

struct Reader<'a> {
    cursor: Cursor<'a>,
    /// Lengths count bytes.
    bytes: bool,
    /// Truth values have one byte.
    short: bool,
    /// Bytes of the place in the source.
    behind: usize,
}

impl Reader<'_> {
    fn value(&mut self, form: Form) -> Option<String> {
        Some(match form {
            Form::Guid => format!("{{{}}}", self.cursor.guid()?),
            Form::Hex => format!("{:#x}", self.cursor.u32()?),
            Form::U32 => self.cursor.u32()?.to_string(),
            Form::U16 => self.cursor.u16()?.to_string(),
            Form::Truth if self.short => (self.cursor.u8()? != 0).to_string(),
            Form::Truth => (self.cursor.u32()? != 0).to_string(),
            Form::Time => system_time(self.cursor.take(16)?)?,
            Form::Counted => {
                let length = usize::from(self.cursor.u16()?);
                let text = if self.bytes {
                    wide(self.cursor.take(length).filter(|_| length.is_multiple_of(2))?)
                } else {
                    self.cursor.wide(length)?
                };
                text.trim_end_matches('\0').to_owned()
            }
            Form::Unknown => {
                let length = self.cursor.rest().len().checked_sub(self.behind)?;
                to_hex(self.cursor.take(length)?)
            }
        })
    }
}

/// SYSTEMTIME as event logs write it, but without the zone: `CommitTime` is a local time.
fn system_time(bytes: &[u8]) -> Option<String> {
    let part = |index: usize| u16_at(bytes, index.checked_mul(2)?);
    let (year, month, day) = (part(0)?, part(1)?, part(3)?);
    let (hour, minute, second, milli) = (part(4)?, part(5)?, part(6)?, part(7)?);
    let possible = (1601..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day);
    (possible && hour < 24 && minute < 60 && second < 60 && milli < 1000)
        .then(|| format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{milli:03}"))
}
