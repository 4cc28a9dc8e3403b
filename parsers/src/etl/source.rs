//! A file that is read at any place, and what went wrong while it was.

use std::io::{self, Read, Seek, SeekFrom};

/// A file with its length.
pub(super) struct Source<'f, F> {
    file: &'f mut F,
    length: u64,
    failure: Option<(u64, io::Error)>,
}

impl<'f, F: Read + Seek> Source<'f, F> {
    /// The file as it is now.
    pub fn new(file: &'f mut F) -> Self {
        let mut source = Source { file, length: 0, failure: None };
        match source.file.seek(SeekFrom::End(0)) {
            Ok(length) => source.length = length,
            Err(error) => source.failure = Some((0, error)),
        }
        source
    }

    /// Bytes in the file.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// The bytes at this place: this many, or fewer at the end of the file or where it cannot be read.
    pub fn at(&mut self, offset: u64, length: usize) -> Vec<u8> {
        let left = usize::try_from(self.length.saturating_sub(offset)).unwrap_or(usize::MAX);
        let mut bytes = vec![0; length.min(left)];
        let filled = self.fill(offset, &mut bytes).unwrap_or_else(|error| {
            self.failure.get_or_insert((offset, error));
            0
        });
        bytes.truncate(filled);
        bytes
    }

    fn fill(&mut self, offset: u64, bytes: &mut [u8]) -> io::Result<usize> {
        self.file.seek(SeekFrom::Start(offset))?;
        let mut filled = 0_usize;
        while let Some(free) = bytes.get_mut(filled..).filter(|free| !free.is_empty()) {
            match self.file.read(free) {
                Ok(0) => break,
                Ok(read) => filled = filled.saturating_add(read),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(filled)
    }

    /// The first place that could not be read, and why.
    pub fn failure(&self) -> Option<&(u64, io::Error)> {
        self.failure.as_ref()
    }
}
