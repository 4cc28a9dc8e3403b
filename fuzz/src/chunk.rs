//! Event logs around fuzzed records. Their checksums fit and their headers count what the records promise, so that what
//! is fuzzed is the content and not the checksum; what is wrong with them is chosen.

use crate::binxml::Take;

/// Size of a chunk, and of its header with the tables of strings and templates.
pub const CHUNK: usize = 65_536;
pub const HEADER: usize = 512;
const TABLES: std::ops::Range<usize> = 128..HEADER;
const RECORD: &[u8] = b"\x2a\x2a\0\0";
/// Least bytes of a record.
const LEAST: usize = 28;

/// A chunk that holds these records, numbered from `first` on.
pub fn chunk(tables: &[u8], records: &[u8], first: u64) -> Vec<u8> {
    let mut bytes = vec![0; CHUNK];
    put(&mut bytes, TABLES.start, &tables[..tables.len().min(TABLES.len())]);
    put(&mut bytes, HEADER, records);
    let (count, last, end) = walk(&bytes);
    let newest = first + count.saturating_sub(1);
    put(&mut bytes, 0, b"ElfChnk\0");
    for (at, number) in [(8, first), (16, newest), (24, first), (32, newest)] {
        put(&mut bytes, at, &number.to_le_bytes());
    }
    for (at, number) in [(40, 128), (44, last), (48, end)] {
        put(&mut bytes, at, &u32::try_from(number).expect("inside the chunk").to_le_bytes());
    }
    mend(&mut bytes);
    bytes
}

/// Makes both checksums fit.
pub fn mend(chunk: &mut [u8]) {
    let end = u32::from_le_bytes(chunk[48..52].try_into().expect("four bytes"));
    let end = usize::try_from(end).expect("64 bits").clamp(HEADER, chunk.len());
    let records = crc32fast::hash(&chunk[HEADER..end]);
    put(chunk, 52, &records.to_le_bytes());
    let mut header = crc32fast::Hasher::new();
    header.update(&chunk[..120]);
    header.update(&chunk[TABLES]);
    let header = header.finalize();
    put(chunk, 124, &header.to_le_bytes());
}

/// How many records follow each other from the header on, where the last begins, and where it ends.
fn walk(chunk: &[u8]) -> (u64, usize, usize) {
    let (mut count, mut last, mut at) = (0, HEADER, HEADER);
    while chunk[at..].starts_with(RECORD) {
        let Some(size) = chunk.get(at + 4..at + 8) else { break };
        let size = u32::from_le_bytes(size.try_into().expect("four bytes")) as usize;
        if size < LEAST || size > chunk.len() - at {
            break;
        }
        (count, last, at) = (count + 1, at, at + size);
    }
    (count, last, at)
}

fn put(bytes: &mut [u8], at: usize, what: &[u8]) {
    let end = bytes.len().min(at + what.len());
    bytes[at..end].copy_from_slice(&what[..end - at]);
}

/// Frames content as a record of this number.
pub fn record(number: u64, content: &[u8]) -> Vec<u8> {
    let size = u32::try_from(content.len() + LEAST).expect("a small record").to_le_bytes();
    let time = 133_500_000_000_000_000_u64;
    [RECORD, &size, &number.to_le_bytes(), &time.to_le_bytes(), content, &size].concat()
}

/// The header of a log with this many chunks.
fn file_header(chunks: u16) -> Vec<u8> {
    let mut bytes = vec![0; 4096];
    put(&mut bytes, 0, b"ElfFile\0");
    put(&mut bytes, 32, &128_u32.to_le_bytes());
    put(&mut bytes, 36, &[1, 0, 3, 0, 0, 0x10]);
    put(&mut bytes, 42, &chunks.to_le_bytes());
    let checksum = crc32fast::hash(&bytes[..120]);
    put(&mut bytes, 124, &checksum.to_le_bytes());
    bytes
}

/// What a piece of a log is; the other bits of its first byte say what is wrong with it.
const IS_GAP: u8 = 0x01;
const HAS_TABLES: u8 = 0x02;
const NO_MAGIC: u8 = 0x04;
const BAD_HEADER: u8 = 0x08;
const BAD_RECORDS: u8 = 0x10;
const IS_CUT: u8 = 0x20;
const COUNTS_MORE: u8 = 0x40;
const REPEATS: u8 = 0x80;
/// Chunks in one log: each costs its 64 KiB in every execution.
const MOST: usize = 4;

/// A log of the pieces that the bytes describe: for each one byte of flags, two bytes of length, and what it holds.
pub fn log(bytes: &[u8]) -> Vec<u8> {
    let mut input = Take::new(bytes);
    let has_header = input.u8() & 1 == 0;
    let mut body: Vec<u8> = Vec::new();
    let (mut chunks, mut first) = (0_u16, 1_u64);
    for _ in 0..MOST {
        if input.is_empty() {
            break;
        }
        let flags = input.u8();
        let length = usize::from(input.u16());
        let cut_at = usize::from(if flags & IS_CUT != 0 { input.u16() } else { 0 });
        let tables = if flags & HAS_TABLES != 0 { input.bytes(TABLES.len()) } else { &[] };
        let content = input.bytes(length);
        if flags & IS_GAP != 0 {
            body.extend_from_slice(content);
            continue;
        }
        let mut made = chunk(tables, content, first);
        let count = u64::from_le_bytes(made[16..24].try_into().expect("eight bytes")) - first + 1;
        first += if flags & REPEATS != 0 { 0 } else { count };
        damage(&mut made, flags, cut_at);
        body.extend(made);
        chunks += 1;
    }
    if has_header { [file_header(chunks), body].concat() } else { body }
}

fn damage(chunk: &mut Vec<u8>, flags: u8, cut_at: usize) {
    if flags & COUNTS_MORE != 0 {
        chunk[16] = chunk[16].wrapping_add(3);
        mend(chunk);
    }
    if flags & NO_MAGIC != 0 {
        chunk[..8].fill(0xEE);
    }
    if flags & BAD_HEADER != 0 {
        chunk[124] ^= 1;
    }
    if flags & BAD_RECORDS != 0 {
        chunk[52] ^= 1;
    }
    if flags & IS_CUT != 0 {
        chunk.truncate(cut_at);
    }
}
