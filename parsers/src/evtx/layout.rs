//! Offsets of the EVTX file and chunk headers ([MS-EVEN6] 2.2 names the container; the offsets are those that libevtx
//! and the `evtx` crate document).

use crate::bytes::{u32_at, u64_at};
use crate::time;
use memchr::memmem;
use std::sync::LazyLock;
use vsscope_model::Timestamp;

/// First bytes of a file.
pub(crate) const FILE_MAGIC: &[u8; 8] = b"ElfFile\0";
/// First bytes of a chunk.
pub(crate) const CHUNK_MAGIC: &[u8; 8] = b"ElfChnk\0";
/// Size of the block that the file header sits in.
pub(super) const FILE_HEADER_BLOCK: usize = 4096;
/// Size of a chunk.
pub(super) const CHUNK: usize = 65_536;
/// Size of a chunk's header with its tables of strings and templates.
pub(super) const CHUNK_HEADER: usize = 512;
/// Places of its fields: first and last id, its own size, the last record, the end of the live records.
pub(super) const FIRST_ID: usize = 24;
pub(super) const LAST_ID: usize = 32;
pub(super) const HEADER_SIZE: usize = 40;
pub(super) const LAST_RECORD: usize = 44;
pub(super) const FREE_SPACE: usize = 48;
/// What the header says of its own size.
pub(super) const USUAL_HEADER_SIZE: u32 = 128;
/// The table of strings in it.
pub(super) const STRING_TABLE: std::ops::Range<usize> = 128..384;
/// First bytes of a record.
pub(super) const RECORD_MAGIC: &[u8; 4] = b"**\0\0";
/// Bytes of a record without content: header and trailer.
pub(super) const SMALLEST_RECORD: usize = 28;
/// Bytes of a record before its content: magic, size, id, time.
pub(super) const RECORD_HEADER: u64 = 24;
/// The copy of the size after the content of a record.
pub(super) const RECORD_TRAILER: u64 = 4;

/// Bit of a flags field: the checksums were not written.
const FLAG_NO_CHECKSUM: u32 = 0x4;
/// Bit of the file header's flags: the log was not closed.
const FLAG_DIRTY: u32 = 0x1;
/// A record has 28 bytes at least.
pub(super) const MAX_RECORDS: u64 = 65_024 / 28;

/// What the file header says.
#[derive(Debug, Clone, Copy)]
pub(super) struct FileHeader {
    /// Whether the checksum fits, or is said not to be there.
    pub checksum_fits: bool,
    /// Number of chunks in use.
    pub chunks: u16,
    /// Whether the log was not closed.
    pub dirty: bool,
}

impl FileHeader {
    /// Reads the header at the start of these bytes, if its magic is there.
    pub fn of(bytes: &[u8]) -> Option<FileHeader> {
        if !bytes.starts_with(FILE_MAGIC) {
            return None;
        }
        let flags = u32_at(bytes, 120)?;
        let checksum_fits =
            flags & FLAG_NO_CHECKSUM != 0 || Some(crc32fast::hash(bytes.get(..120)?)) == u32_at(bytes, 124);
        let chunks = u16::try_from(u32_at(bytes, 40)? >> 16).ok()?;
        Some(FileHeader { checksum_fits, chunks, dirty: flags & FLAG_DIRTY != 0 })
    }
}

/// What a chunk's header says.
#[derive(Debug, Clone, Copy)]
pub(super) struct ChunkHeader {
    first_number: u64,
    last_number: u64,
    first_id: u64,
    last_id: u64,
    header_size: u32,
    last_record: u32,
    free_space: u32,
    flags: u32,
}

impl ChunkHeader {
    /// Reads the header at the start of these bytes, whatever its magic.
    pub fn of(bytes: &[u8]) -> Option<ChunkHeader> {
        Some(ChunkHeader {
            first_number: u64_at(bytes, 8)?,
            last_number: u64_at(bytes, 16)?,
            first_id: u64_at(bytes, FIRST_ID)?,
            last_id: u64_at(bytes, LAST_ID)?,
            header_size: u32_at(bytes, HEADER_SIZE)?,
            last_record: u32_at(bytes, LAST_RECORD)?,
            free_space: u32_at(bytes, FREE_SPACE)?,
            flags: u32_at(bytes, 120)?,
        })
    }

    /// Whether the size of the header is the one that all chunks have.
    pub fn has_usual_size(&self) -> bool {
        self.header_size == USUAL_HEADER_SIZE
    }

    /// Whether the fields fit together so well that these bytes are a chunk even if the magic is not there.
    pub fn is_plausible(&self) -> bool {
        let records = 512..65_536;
        self.has_usual_size()
            && records.contains(&self.last_record)
            && self.last_record < self.free_space
            && self.free_space <= 65_536
            && self.promised().is_some()
    }

    /// Whether most of the fields say that the chunk has no record.
    pub fn seems_empty(&self) -> bool {
        let signs = [
            self.free_space() == Some(CHUNK_HEADER),
            self.first_number == u64::MAX,
            self.last_number == u64::MAX,
            self.first_id == u64::MAX,
            self.last_id == u64::MAX,
        ];
        signs.into_iter().filter(|sign| *sign).count() >= 3
    }

    /// Where the live records end; `None` if they cannot end there.
    pub fn free_space(&self) -> Option<usize> {
        let end = usize::try_from(self.free_space).ok()?;
        (CHUNK_HEADER..=CHUNK).contains(&end).then_some(end)
    }

    /// Where the last record begins.
    pub fn last_record(&self) -> Option<usize> {
        usize::try_from(self.last_record).ok()
    }

    /// How many records the header promises; `None` if it is empty or cannot be right.
    pub fn promised(&self) -> Option<u64> {
        let records = self.last_number.checked_sub(self.first_number)?.checked_add(1)?;
        (self.last_number > 0 && records <= MAX_RECORDS).then_some(records)
    }

    /// First and last record id that the header names, if they can be right.
    pub fn ids(&self) -> Option<(u64, u64)> {
        let span = self.last_id.checked_sub(self.first_id)?;
        (self.last_id < u64::MAX && span < MAX_RECORDS).then_some((self.first_id, self.last_id))
    }
}

/// The size, number and FILETIME of a record.
#[derive(Debug, Clone, Copy)]
pub(super) struct RecordHeader {
    /// Size in bytes, with header and trailer.
    pub size: usize,
    /// Its number in the container.
    pub id: u64,
    /// When it was written.
    pub filetime: u64,
}

impl RecordHeader {
    /// When it was written; `None` if that cannot be right.
    pub fn written(&self) -> Option<Timestamp> {
        let time = time::from_filetime(i64::try_from(self.filetime).ok()?)?;
        Some(time).filter(|time| self.filetime > 0 && time::is_plausible(*time))
    }
}

/// The record at this place of a chunk, if its size stands at both of its ends.
pub(super) fn record_at(chunk: &[u8], at: usize) -> Option<RecordHeader> {
    let bytes = chunk.get(at..)?;
    let size = usize::try_from(u32_at(bytes, 4)?).ok()?;
    let is_record = bytes.starts_with(RECORD_MAGIC)
        && size >= SMALLEST_RECORD
        && u32_at(bytes, size.checked_sub(4)?) == u32_at(bytes, 4);
    is_record.then_some(())?;
    Some(RecordHeader { size, id: u64_at(bytes, 8)?, filetime: u64_at(bytes, 16)? })
}

/// Finds what looks like a record; making it anew for every chunk takes as long as a search.
static RECORDS: LazyLock<memmem::Finder<'static>> = LazyLock::new(|| memmem::Finder::new(RECORD_MAGIC));

/// The first record at this place of a chunk or behind it that is wanted, and where it begins.
pub(super) fn next_record(
    chunk: &[u8],
    mut at: usize,
    is_wanted: impl Fn(&RecordHeader) -> bool,
) -> Option<(usize, RecordHeader)> {
    loop {
        at = at.checked_add(RECORDS.find(chunk.get(at..)?)?)?;
        match record_at(chunk, at).filter(&is_wanted) {
            Some(record) => return Some((at, record)),
            None => at = at.checked_add(RECORD_MAGIC.len())?,
        }
    }
}

/// Whether the header's checksum fits its bytes. A header that says it has none does not fit.
pub(super) fn header_checksum_fits(chunk: &[u8]) -> bool {
    let (Some(before), Some(tables)) = (chunk.get(..120), chunk.get(128..CHUNK_HEADER)) else {
        return false;
    };
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(before);
    hasher.update(tables);
    u32_at(chunk, 124) == Some(hasher.finalize())
}

/// Whether the checksum of the records fits their bytes.
pub(super) fn data_checksum_fits(chunk: &[u8]) -> bool {
    let records = chunk.get(CHUNK_HEADER..free_space(chunk));
    records.is_some_and(|records| u32_at(chunk, 52) == Some(crc32fast::hash(records)))
}

/// Which checksums of a chunk fit.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Checks {
    /// That of the header.
    pub header: bool,
    /// That of the records.
    pub data: bool,
}

impl Checks {
    /// Checks a chunk.
    pub fn of(chunk: &[u8]) -> Self {
        Checks { header: header_checksum_fits(chunk), data: data_checksum_fits(chunk) }
    }

    /// Whether both fit.
    pub fn fit(self) -> bool {
        self.header && self.data
    }
}

/// Where the header says that the records end.
pub(super) fn free_space(chunk: &[u8]) -> usize {
    u32_at(chunk, FREE_SPACE).and_then(|end| usize::try_from(end).ok()).unwrap_or(0)
}

/// Whether the chunk says that its checksums were not written.
pub(super) fn has_no_checksums(chunk: &[u8]) -> bool {
    ChunkHeader::of(chunk).is_some_and(|header| header.flags & FLAG_NO_CHECKSUM != 0)
}
