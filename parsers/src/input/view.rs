//! [`View`]: a file or bytes, read from a place of one's own. Several views of one file do not disturb each other.

use super::Progress;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};

/// What is read at a time.
const BLOCK: usize = 1 << 16;

/// What can be read at any place.
#[derive(Clone, Copy)]
pub(crate) enum Stored<'c> {
    /// A file; its own position does not matter.
    File(&'c File),
    /// Bytes in memory.
    Held(&'c [u8]),
}

impl Stored<'_> {
    /// Size in bytes.
    pub fn length(self) -> u64 {
        match self {
            Stored::File(file) => file.metadata().map_or(0, |metadata| metadata.len()),
            Stored::Held(bytes) => u64::try_from(bytes.len()).unwrap_or(u64::MAX),
        }
    }
}

/// A reader of a content. A copy stands at the same place.
pub(crate) struct View<'c> {
    content: Stored<'c>,
    length: u64,
    at: u64,
    /// Bytes of a file from a place on.
    block: Vec<u8>,
    block_at: u64,
    progress: &'c dyn Progress,
}

impl<'c> View<'c> {
    /// A view of the start; it tells how much of the content was read.
    pub fn new(content: Stored<'c>, progress: &'c dyn Progress) -> Self {
        View { content, length: content.length(), at: 0, block: Vec::new(), block_at: 0, progress }
    }

    /// What the block has from this place on.
    fn ready(&self) -> &[u8] {
        let skipped = self.at.checked_sub(self.block_at).and_then(|skipped| usize::try_from(skipped).ok());
        skipped.and_then(|skipped| self.block.get(skipped..)).unwrap_or_default()
    }

    fn fill(&mut self, file: &File) -> io::Result<()> {
        self.block.resize(BLOCK, 0);
        let read = read_at(file, &mut self.block, self.at);
        self.block.truncate(*read.as_ref().unwrap_or(&0));
        self.block_at = self.at;
        read.map(|_| ())
    }
}

impl Clone for View<'_> {
    fn clone(&self) -> Self {
        View { block: Vec::new(), ..*self }
    }
}

impl Read for View<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = match self.content {
            Stored::File(file) => {
                if self.ready().is_empty() {
                    self.fill(file)?;
                }
                self.ready().read(buffer)?
            }
            Stored::Held(bytes) => {
                let at = usize::try_from(self.at).unwrap_or(usize::MAX);
                bytes.get(at..).unwrap_or_default().read(buffer)?
            }
        };
        let bytes = u64::try_from(read).unwrap_or(0);
        self.progress.advance(bytes);
        self.at = self.at.saturating_add(bytes);
        Ok(read)
    }
}

impl Seek for View<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = target.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.at)
    }
}

#[cfg(unix)]
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buffer, at)
}

#[cfg(windows)]
fn read_at(file: &File, buffer: &mut [u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buffer, at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn check(content: Stored<'_>, bytes: &[u8]) {
        let mut view = View::new(content, &());
        let mut whole = Vec::new();
        view.read_to_end(&mut whole).unwrap();
        assert_eq!(whole, bytes);
        assert_eq!(view.seek(SeekFrom::End(-3)).unwrap(), bytes.len() as u64 - 3);
        let mut other = view.clone();
        other.seek(SeekFrom::Start(BLOCK as u64 - 1)).unwrap();
        let (mut here, mut there) = ([0; 3], [0; 4]);
        other.read_exact(&mut there).unwrap();
        view.read_exact(&mut here).unwrap();
        assert_eq!((&here[..], &there[..]), (&bytes[bytes.len() - 3..], &bytes[BLOCK - 1..BLOCK + 3]));
        assert_eq!(view.read(&mut here).unwrap(), 0);
        assert!(view.seek(SeekFrom::Current(i64::MIN)).is_err());
    }

    #[test]
    fn views_of_one_content_stand_where_they_want() {
        let bytes: Vec<u8> = (0..3 * BLOCK + 5).map(|at| u8::try_from(at % 251).unwrap()).collect();
        check(Stored::Held(&bytes), &bytes);
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        check(Stored::File(&file), &bytes);
    }
}
