//! From buffer to buffer through a file, by their headers alone. Where a header cannot be believed, the next place that can
//! be a buffer is searched byte by byte: compressed buffers lie at any offset, and bytes may be missing before one.

use super::buffer::{BufferHeader, HEAD, HEADER, first_event, is_possible_size};
use super::source::Source;
use crate::bytes::u32_at;
use std::io::{Read, Seek};
use std::ops::Range;

/// How much is searched at once, at first and at most.
const FIRST_WINDOW: usize = 4 << 10;
const WINDOW: usize = 1 << 20;

/// A buffer's place, and when it begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// Byte offset in the file.
    pub offset: u64,
    /// Bytes of it that are in the file.
    pub present: usize,
    /// Time stamp of its first event; absent if that has none or cannot be read.
    pub first: Option<i64>,
}

/// What lies at the next place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Found {
    /// A buffer.
    Buffer(Place),
    /// Bytes that are no buffer.
    Skipped {
        /// Where they begin.
        offset: u64,
        /// Whether all of them are zero, as in a file that was given its size before it was filled.
        unused: bool,
        /// Whether the file ends with them, and they are fewer than a header.
        cut: bool,
    },
}

/// What a search came to.
struct Searched {
    /// Where a buffer begins.
    place: Option<u64>,
    /// Whether all bytes before it are zero.
    zeros: bool,
}

/// Walks through a file.
pub(super) struct Walk {
    offset: u64,
    /// Size of the session's buffers, if the file says it.
    usual: Option<u32>,
    /// The head that was read last; the next step begins with it.
    ahead: Option<(u64, Vec<u8>)>,
}

impl Walk {
    /// At the start of a file whose session has buffers of this size.
    pub fn new(usual: Option<u32>) -> Self {
        Walk { offset: 0, usual, ahead: None }
    }

    /// What comes next; `None` at the end.
    pub fn next(&mut self, source: &mut Source<'_, impl Read + Seek>) -> Option<Found> {
        let offset = self.offset;
        if offset >= source.length() {
            return None;
        }
        let head = self.head(source, offset);
        let header = BufferHeader::of(&head).filter(BufferHeader::is_plausible);
        let Some((header, size)) =
            header.and_then(|header| Some((header, self.size(source, offset, &header)?)))
        else {
            return Some(self.skip(source, offset));
        };
        self.offset = offset.saturating_add(u64::from(size));
        let present = self.offset.min(source.length()).saturating_sub(offset);
        Some(Found::Buffer(Place {
            offset,
            present: usize::try_from(present).unwrap_or(usize::MAX),
            first: first_event(&head, &header).flatten(),
        }))
    }

    fn head(&mut self, source: &mut Source<'_, impl Read + Seek>, offset: u64) -> Vec<u8> {
        match self.ahead.take() {
            Some((at, head)) if at == offset => head,
            _ => source.at(offset, HEAD),
        }
    }

    /// How far it is to the next buffer. The header's own word counts if a buffer or the end follows there; else the usual size
    /// does, if one follows there; else a buffer that begins inside this one's space, because bytes are missing. If nothing
    /// leads anywhere, a header with an unusual size is damaged.
    fn size(
        &mut self,
        source: &mut Source<'_, impl Read + Seek>,
        offset: u64,
        header: &BufferHeader,
    ) -> Option<u32> {
        let usual = self.usual.unwrap_or(header.size);
        if self.leads_on(source, offset, header.size) {
            return Some(header.size);
        }
        if !header.is_compressed() && header.filled <= usual && self.leads_on(source, offset, usual) {
            return Some(usual);
        }
        if let Some(size) = self.next_inside(source, offset, header.size) {
            return Some(size);
        }
        let ends_here = offset.saturating_add(u64::from(header.size)) > source.length();
        (header.size == usual || ends_here && header.is_compressed()).then_some(header.size)
    }

    /// The distance to a buffer that begins inside the space of the one at this place.
    fn next_inside(&self, source: &mut Source<'_, impl Read + Seek>, offset: u64, size: u32) -> Option<u32> {
        let header = u64::try_from(HEADER).ok()?;
        let space = offset.saturating_add(header)..offset.saturating_add(u64::from(size));
        let found = self.search(source, space).place?;
        u32::try_from(found.saturating_sub(offset)).ok()
    }

    /// Whether a buffer or the end of the file follows after this many bytes.
    fn leads_on(&mut self, source: &mut Source<'_, impl Read + Seek>, offset: u64, size: u32) -> bool {
        let next = offset.saturating_add(u64::from(size));
        if next >= source.length() {
            return next == source.length();
        }
        let head = source.at(next, HEAD);
        let follows = BufferHeader::of(&head).is_some_and(|header| header.is_plausible());
        self.ahead = Some((next, head));
        follows
    }

    /// Goes to the next place where a buffer begins beyond doubt.
    fn skip(&mut self, source: &mut Source<'_, impl Read + Seek>, from: u64) -> Found {
        let end = source.length();
        let cut = usize::try_from(end.saturating_sub(from)).is_ok_and(|left| left < HEADER);
        // The first byte is known to begin none.
        let searched = self.search(source, from.saturating_add(1)..end);
        let unused = searched.zeros && source.at(from, 1) == [0];
        self.offset = searched.place.unwrap_or(end);
        Found::Skipped { offset: from, unused, cut }
    }

    /// Searches a stretch of the file for a buffer. The windows grow, so that many finds close to each other cost little.
    fn search(&self, source: &mut Source<'_, impl Read + Seek>, stretch: Range<u64>) -> Searched {
        let mut at = stretch.start;
        let mut size = FIRST_WINDOW;
        let mut zeros = true;
        while at < stretch.end {
            let window = source.at(at, size);
            let left = usize::try_from(stretch.end.saturating_sub(at)).unwrap_or(usize::MAX);
            // A head that begins in this window and ends in the next is found there.
            let is_last = window.len() < size || left <= window.len();
            let searchable = if is_last { window.len().min(left) } else { window.len().saturating_sub(HEAD) };
            let found = (0..searchable)
                .find(|&start| window.get(start..).is_some_and(|bytes| self.begins_buffer(bytes)));
            zeros &= window.iter().take(found.unwrap_or(searchable)).all(|byte| *byte == 0);
            if let Some(start) = found {
                let place = at.saturating_add(u64::try_from(start).unwrap_or(0));
                return Searched { place: Some(place), zeros };
            }
            if is_last {
                break;
            }
            at = at.saturating_add(u64::try_from(searchable).unwrap_or(u64::MAX));
            size = size.saturating_mul(2).min(WINDOW);
        }
        Searched { place: None, zeros }
    }

    fn begins_buffer(&self, bytes: &[u8]) -> bool {
        // Most places fail by the first number alone.
        if !u32_at(bytes, 0).is_some_and(is_possible_size) {
            return false;
        }
        let Some(header) = BufferHeader::of(bytes).filter(BufferHeader::is_plausible) else { return false };
        let fits = header.is_compressed() || self.usual.is_none_or(|usual| usual == header.size);
        let head = bytes.get(..HEAD).unwrap_or(bytes);
        fits && first_event(head, &header).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{EventBytes, buffer, header_buffer};
    use super::*;
    use std::io::Cursor;

    const SIZE: u32 = 0x400;

    fn walk(bytes: &[u8]) -> Vec<Found> {
        let mut file = Cursor::new(bytes);
        let mut source = Source::new(&mut file);
        let mut walk = Walk::new(Some(SIZE));
        std::iter::from_fn(|| walk.next(&mut source)).collect()
    }

    fn place(offset: u64, present: usize, first: i64) -> Found {
        Found::Buffer(Place { offset, present, first: Some(first) })
    }

    fn data(time: i64) -> Vec<u8> {
        buffer(SIZE, 0, 0, &[EventBytes::classic(time)])
    }

    fn header() -> Vec<u8> {
        header_buffer(SIZE, 1, 0)
    }

    #[test]
    fn buffers_follow_each_other() {
        let found = walk(&[header(), data(1_100), data(1_050)].concat());
        assert_eq!(found, [place(0, 1024, 1_000), place(1024, 1024, 1_100), place(2048, 1024, 1_050)]);
    }

    #[test]
    fn a_size_of_zero_or_of_gigabytes_costs_its_own_buffer_alone() {
        for size in [0, 7, 0x47, 0x401, u32::MAX] {
            let mut broken = data(1_100);
            broken[..4].copy_from_slice(&size.to_le_bytes());
            let found = walk(&[header(), broken, data(1_200)].concat());
            let expected = match size {
                // A size that can be one: the usual one leads to the next buffer, so that nothing is lost.
                0x401 => place(1024, 1024, 1_100),
                _ => Found::Skipped { offset: 1024, unused: false, cut: false },
            };
            assert_eq!(found, [place(0, 1024, 1_000), expected, place(2048, 1024, 1_200)], "{size:#x}");
        }
    }

    #[test]
    fn missing_bytes_put_the_buffers_off_the_grid() {
        let mut bytes = [header(), data(1_100), data(1_200)].concat();
        bytes.drain(1024 + 300..1024 + 403);
        let found = walk(&bytes);
        assert_eq!(found[1..], [place(1024, 1024 - 103, 1_100), place(2048 - 103, 1024, 1_200)]);
        let shifted = [header(), vec![0xAA; 103], data(1_200)].concat();
        assert_eq!(walk(&shifted)[2], place(1024 + 103, 1024, 1_200));
    }

    #[test]
    fn space_that_was_never_filled_is_no_damage() {
        let found = walk(&[header(), vec![0; 4096], data(1_200), vec![0; 30]].concat());
        assert_eq!(found[1], Found::Skipped { offset: 1024, unused: true, cut: false });
        assert_eq!(found[2], place(5120, 1024, 1_200));
        assert_eq!(found[3], Found::Skipped { offset: 6144, unused: true, cut: true });
    }

    #[test]
    fn the_last_buffer_is_cut() {
        let bytes = [header(), data(1_100)].concat();
        assert_eq!(walk(&bytes[..1024 + 200])[1], place(1024, 200, 1_100));
    }

    #[test]
    fn a_search_goes_across_its_windows() {
        for gap in [FIRST_WINDOW - 200, FIRST_WINDOW, 3 * FIRST_WINDOW, WINDOW - 200, 2 * WINDOW + 13] {
            let found = walk(&[header(), vec![0xEE; gap], data(1_200)].concat());
            assert_eq!(found[2], place(1024 + gap as u64, 1024, 1_200), "{gap}");
        }
    }
}
