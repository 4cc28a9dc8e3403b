//! How many members the end of an archive counts, before anything is made of it (PKWARE APPNOTE 4.3.14 to 4.3.16).

use crate::bytes::{u16_at, u64_at};
use memchr::memmem;
use std::io::{self, Read, Seek, SeekFrom};

/// The end record, its length without the comment, and where in it the members are counted.
const END: &[u8] = b"PK\x05\x06";
const END_LENGTH: u64 = 22;
const COUNT: usize = 10;
/// Longest comment.
const COMMENT: u64 = 0xFFFF;
/// What the locator of the end record of ZIP64 begins with; it stands before the end record.
const LOCATOR: &[u8] = b"PK\x06\x07";
const LOCATOR_LENGTH: usize = 20;
/// The end record of ZIP64, and where in it the members are counted.
const WIDE_END: &[u8] = b"PK\x06\x06";
const WIDE_COUNT: usize = 32;

/// The largest count of members that the end of the file names, if there is one. The file is left at its start.
pub(super) fn members<R: Read + Seek>(file: &mut R) -> io::Result<Option<u64>> {
    let length = file.seek(SeekFrom::End(0))?;
    let wide = u64::try_from(LOCATOR_LENGTH).unwrap_or(0);
    let from = length.saturating_sub(END_LENGTH.saturating_add(COMMENT).saturating_add(wide));
    let tail = at(file, from, length.saturating_sub(from))?;
    let mut most: Option<u64> = None;
    for end in memmem::find_iter(&tail, END) {
        let count = tail.get(end..).and_then(|record| u16_at(record, COUNT)).map(u64::from);
        let locator = end.checked_sub(LOCATOR_LENGTH).and_then(|start| tail.get(start..end));
        most = most.max(count).max(wide_count(file, locator)?);
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(most)
}

/// The count of the end record of ZIP64 that a locator leads to.
fn wide_count<R: Read + Seek>(file: &mut R, locator: Option<&[u8]>) -> io::Result<Option<u64>> {
    let place = locator.filter(|bytes| bytes.starts_with(LOCATOR)).and_then(|bytes| u64_at(bytes, 8));
    let Some(place) = place else { return Ok(None) };
    let record = at(file, place, 56)?;
    Ok(u64_at(&record, WIDE_COUNT).filter(|_| record.starts_with(WIDE_END)))
}

fn at<R: Read + Seek>(file: &mut R, place: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    // No file reaches that far; the system does not take the number at all.
    if i64::try_from(place).is_err() {
        return Ok(bytes);
    }
    file.seek(SeekFrom::Start(place))?;
    file.by_ref().take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn counted(bytes: &[u8]) -> Option<u64> {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        let found = members(&mut file).unwrap();
        assert_eq!(file.stream_position().unwrap(), 0);
        found
    }

    fn end(members: u16, comment: &[u8]) -> Vec<u8> {
        let mut record = END.to_vec();
        record.extend([0; 4]);
        record.extend(members.to_le_bytes());
        record.extend(members.to_le_bytes());
        record.extend([0; 8]);
        record.extend((comment.len() as u16).to_le_bytes());
        [record.as_slice(), comment].concat()
    }

    #[test]
    fn the_end_says_how_many_members_there_are() {
        assert_eq!(counted(b""), None);
        assert_eq!(counted(&[0; 100_000]), None);
        assert_eq!(counted(&[vec![7; 500], end(12, b"")].concat()), Some(12));
        assert_eq!(counted(&[vec![7; 70_000], end(12, &[b'c'; 0xFFFF])].concat()), Some(12));
    }

    #[test]
    fn zip64_counts_in_a_record_of_its_own() {
        let mut wide = WIDE_END.to_vec();
        wide.extend([0; 20]);
        wide.extend(5_000_000_u64.to_le_bytes().repeat(2));
        wide.extend([0; 16]);
        let locator = |place: u64| [LOCATOR, &[0; 4], &place.to_le_bytes(), &[1, 0, 0, 0]].concat();
        let with = |place| [vec![7; 300], wide.clone(), locator(place), end(0xFFFF, b"")].concat();
        assert_eq!(counted(&with(300)), Some(5_000_000));
        // A locator that leads elsewhere counts nothing.
        assert_eq!(counted(&with(299)), Some(0xFFFF));
        assert_eq!(counted(&with(u64::MAX)), Some(0xFFFF));
    }
}
