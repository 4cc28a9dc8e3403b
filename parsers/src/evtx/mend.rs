//! What many records of a chunk hang on, put right where it is wrong.
//!
//! The header is made anew from the records, where its checksum says that it is wrong: a free space that begins too early, or
//! numbers that fit nothing, would hide records that are whole. A name that all records share gets its letters back, where its
//! hash says which ones these were.

use super::layout::{
    CHUNK_HEADER, CHUNK_MAGIC, ChunkHeader, FIRST_ID, FREE_SPACE, HEADER_SIZE, LAST_ID, LAST_RECORD,
    MAX_RECORDS, RecordHeader, STRING_TABLE, USUAL_HEADER_SIZE, has_no_checksums, header_checksum_fits,
    next_record,
};
use crate::bytes::{u16_at, u32_at};

/// How far the clock may go back from one record to the next, in steps of 100 ns: an hour. Stale records behind the live ones
/// are older than these.
const BACK: u64 = 60 * 60 * 10_000_000;

/// Sets the fields of a header that is wrong to what its records say.
pub(super) fn header(chunk: &mut [u8]) {
    let Some(header) = ChunkHeader::of(chunk) else { return };
    let can_be_right = header.is_plausible() && chunk.starts_with(CHUNK_MAGIC);
    // What lies in a chunk that was cleared is not live.
    if header_checksum_fits(chunk) || header.seems_empty() || (can_be_right && has_no_checksums(chunk)) {
        return;
    }
    let Some(live) = Live::of(chunk) else { return };
    if can_be_right && live.lies_in(&header) {
        return;
    }
    let mut set = |at: usize, bytes: &[u8]| {
        if let Some(field) = at.checked_add(bytes.len()).and_then(|end| chunk.get_mut(at..end)) {
            field.copy_from_slice(bytes);
        }
    };
    let offset = |at: usize| u32::try_from(at).unwrap_or(0).to_le_bytes();
    set(0, CHUNK_MAGIC);
    set(FIRST_ID, &live.first.to_le_bytes());
    set(LAST_ID, &live.last.id.to_le_bytes());
    set(HEADER_SIZE, &USUAL_HEADER_SIZE.to_le_bytes());
    set(LAST_RECORD, &offset(live.last_at));
    set(FREE_SPACE, &offset(live.end()));
}

/// The live records of a chunk, by their own headers.
struct Live {
    first: u64,
    last: RecordHeader,
    last_at: usize,
}

impl Live {
    /// The records from the first place on whose numbers rise, and whose times do too, more or less.
    fn of(chunk: &[u8]) -> Option<Live> {
        let mut live: Option<Live> = None;
        let mut at = CHUNK_HEADER;
        while let Some((last_at, last)) =
            next_record(chunk, at, |record| live.as_ref().is_none_or(|live| live.goes_on(record)))
        {
            let first = live.map_or(last.id, |live| live.first);
            at = last_at.saturating_add(last.size);
            live = Some(Live { first, last, last_at });
        }
        live
    }

    fn goes_on(&self, record: &RecordHeader) -> bool {
        let step = record.id.saturating_sub(self.last.id);
        (1..=MAX_RECORDS).contains(&step) && record.filetime.saturating_add(BACK) >= self.last.filetime
    }

    fn end(&self) -> usize {
        self.last_at.saturating_add(self.last.size)
    }

    /// Whether a header leaves room for all of them.
    fn lies_in(&self, header: &ChunkHeader) -> bool {
        let ids = header.ids().is_some_and(|(first, last)| first <= self.first && self.last.id <= last);
        ids && header.last_record().is_some_and(|last| self.last_at <= last)
            && header.free_space().is_some_and(|end| self.end() <= end)
    }
}

/// Children of `System` ([MS-EVEN6] 2.2.13 and the event schema of Windows).
pub(super) const SYSTEM: [&str; 14] = [
    "Provider",
    "EventID",
    "Version",
    "Level",
    "Task",
    "Opcode",
    "Keywords",
    "TimeCreated",
    "EventRecordID",
    "Correlation",
    "Execution",
    "Channel",
    "Computer",
    "Security",
];
/// The other names without which a record says nothing: those around `System` and in it.
const AROUND: [&str; 14] = [
    "Event",
    "System",
    "Name",
    "Guid",
    "EventSourceName",
    "Qualifiers",
    "SystemTime",
    "ActivityID",
    "ProcessID",
    "ThreadID",
    "UserID",
    "EventData",
    "UserData",
    "Data",
];
/// Names that a chunk can have at most: they have ten bytes at least.
const MAX_NAMES: usize = 6554;
/// Bytes of a name before its letters: offset of the next one, hash, length.
const LETTERS: usize = 8;

/// Gives damaged names their letters back.
pub(super) fn names(chunk: &mut [u8]) {
    for (at, name) in damaged_names(chunk) {
        let letters = name.encode_utf16().flat_map(u16::to_le_bytes);
        for (at, letter) in (at..).zip(letters) {
            if let Some(byte) = chunk.get_mut(at) {
                *byte = letter;
            }
        }
    }
}

/// Where letters fit the hash before them no longer, and the name that does.
fn damaged_names(chunk: &[u8]) -> Vec<(usize, &'static str)> {
    let mut found = Vec::new();
    let mut left = MAX_NAMES;
    let table = chunk.get(STRING_TABLE).unwrap_or_default().as_chunks::<4>().0;
    for bucket in table {
        let mut next = u32::from_le_bytes(*bucket);
        while let Some(at) = usize::try_from(next).ok().filter(|at| *at >= CHUNK_HEADER && left > 0) {
            left = left.saturating_sub(1);
            let Some(name) = chunk.get(at..).and_then(Name::of) else { break };
            found.extend(name.mended().map(|right| (at.saturating_add(LETTERS), right)));
            next = name.next;
        }
    }
    found
}

/// A name as it stands in a chunk.
struct Name<'c> {
    next: u32,
    hash: u16,
    letters: &'c [[u8; 2]],
}

impl<'c> Name<'c> {
    fn of(bytes: &'c [u8]) -> Option<Self> {
        let (letters, _) = bytes.get(LETTERS..)?.as_chunks::<2>();
        let letters = letters.get(..usize::from(u16_at(bytes, 6)?))?;
        Some(Name { next: u32_at(bytes, 0)?, hash: u16_at(bytes, 4)?, letters })
    }

    /// The name that has its length and hash, if it is another one.
    fn mended(&self) -> Option<&'static str> {
        let letters = || self.letters.iter().map(|letter| u16::from_le_bytes(*letter));
        // Where the name is a known one, it is the hash that is wrong.
        let mut known = SYSTEM.iter().chain(&AROUND).copied();
        if hash(letters()) == self.hash || known.clone().any(|name| name.encode_utf16().eq(letters())) {
            return None;
        }
        known.find(|name| name.len() == self.letters.len() && hash(name.encode_utf16()) == self.hash)
    }
}

/// The hash of a name; fits all 5,165 names in the tables of the 25 sample logs.
fn hash(letters: impl Iterator<Item = u16>) -> u16 {
    let all = letters.fold(0_u32, |hash, letter| hash.wrapping_mul(65_599).wrapping_add(letter.into()));
    let [low, high, ..] = all.to_le_bytes();
    u16::from_le_bytes([low, high])
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A chunk with one name.
    fn chunk(hash: u16, letters: &str) -> Vec<u8> {
        let mut bytes = vec![0; 2048];
        bytes[STRING_TABLE.start..][..4].copy_from_slice(&600_u32.to_le_bytes());
        let length = u16::try_from(letters.len()).unwrap();
        let name = [hash, length].into_iter().chain(letters.encode_utf16()).flat_map(u16::to_le_bytes);
        bytes.splice(604..604 + LETTERS - 4 + 2 * letters.len(), name);
        bytes
    }

    fn read(bytes: &[u8], length: usize) -> String {
        let letters = bytes[608..608 + 2 * length].as_chunks::<2>().0;
        String::from_utf16_lossy(
            &letters.iter().map(|letter| u16::from_le_bytes(*letter)).collect::<Vec<_>>(),
        )
    }

    #[test]
    fn a_name_gets_its_letters_back() {
        // Hashes as they stand in logs of Windows.
        for (right, hash, damaged) in
            [("EventID", 0x61F5, "EventIE"), ("Data", 0x6F8A, "Dat\0"), ("System", 0x546F, "SYSTEM")]
        {
            let mut bytes = chunk(hash, damaged);
            names(&mut bytes);
            assert_eq!(read(&bytes, right.len()), right);
        }
    }

    #[test]
    fn other_names_stay_as_they_are() {
        for (hash, name) in [(0x61F5, "Level"), (0x1234, "EventIE"), (0x61F5, "Other")] {
            let mut bytes = chunk(hash, name);
            let before = bytes.clone();
            names(&mut bytes);
            assert_eq!(bytes, before);
        }
    }

    #[test]
    fn names_that_lead_in_a_circle_come_to_an_end() {
        let mut bytes = chunk(0x61F5, "EventIE");
        bytes[600..604].copy_from_slice(&600_u32.to_le_bytes());
        assert_eq!(damaged_names(&bytes).len(), MAX_NAMES);
    }
}
