//! Reads a file whose chunks stand where they belong, all threads at once; where they do not, a [`Scanner`] goes on until
//! they do again. Either way gives the same.

use super::layout::{CHUNK, CHUNK_HEADER, FILE_HEADER_BLOCK};
use super::scan::{Regular, Scanner, regular};
use super::sift::Sieve;
use super::{Account, GROUP, Part, drain};
use crate::collect::Collector;
use crate::input::Progress;
use crate::input::tap::Tap;
use rayon::prelude::*;
use std::cell::Cell;
use std::fs::File;
use std::io::{self, Read};
use vsscope_model::IssueKind;

/// Bytes of a group of chunks.
const GROUP_BYTES: u64 = (GROUP * CHUNK) as u64;
/// Bytes that are read at once: they are still in the nearest cache when they are looked at.
const BLOCK: u64 = (4 * CHUNK) as u64;
/// Where the first chunk of a file begins.
const FIRST: u64 = FILE_HEADER_BLOCK as u64;
/// Most groups that each of several threads has before it until their results are joined, for which they wait for each other.
/// One thread waits for nobody, and joins a group while it is still in its cache.
const MOST_AHEAD: usize = 16;

thread_local! {
    /// Room for a block, used again and again: fresh memory has to be cleared by the system first.
    static BUFFER: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// Reads a file and gives how many bytes it had.
pub(super) fn read(
    file: &File,
    no_skip: bool,
    progress: &dyn Progress,
    account: &mut Account,
    out: &mut Collector,
) -> u64 {
    let length = file.metadata().map_or(0, |metadata| metadata.len());
    let mut ground = Ground { file, no_skip, progress, account, out, ahead: 1 };
    let mut at = 0;
    while at < length {
        at = if at.checked_sub(FIRST).is_some_and(|behind| behind.is_multiple_of(GROUP_BYTES)) {
            ground.groups(at, length)
        } else {
            ground.scan(at, length)
        };
    }
    length
}

/// A file, and what is known of it.
struct Ground<'g> {
    file: &'g File,
    no_skip: bool,
    progress: &'g dyn Progress,
    account: &'g mut Account,
    out: &'g mut Collector,
    /// Groups that each thread has before it the next time. At first few, since what comes again is known by what was joined.
    ahead: usize,
}

impl Ground<'_> {
    /// Reads groups of chunks from here on and gives where they end.
    fn groups(&mut self, from: u64, length: u64) -> u64 {
        let threads = rayon::current_num_threads();
        let count = threads.saturating_mul(self.ahead);
        if threads > 1 {
            self.ahead = self.ahead.saturating_mul(2).min(MOST_AHEAD);
        }
        let step = usize::try_from(GROUP_BYTES).unwrap_or(usize::MAX);
        let starts: Vec<u64> = (from..length).step_by(step).take(count).collect();
        let (file, no_skip, out) = (self.file, self.no_skip, &*self.out);
        let read = |start: &u64| group(file, *start, length, no_skip, out);
        let parts: Vec<Option<Part>> = starts.par_iter().map(read).collect();
        let mut at = from;
        for part in parts {
            let Some(part) = part else { return self.scan(at, length) };
            part.join(self.account, self.out);
            at = self.advance(at, at.saturating_add(GROUP_BYTES).min(length));
        }
        at
    }

    /// Looks for chunks from here on and gives where they stand on the grid again.
    fn scan(&mut self, from: u64, length: u64) -> u64 {
        let mut stream = FileAt { file: self.file, at: from };
        let mut tap = Tap::new(&mut stream, &());
        let mut scanner = if from == 0 { Scanner::new(&mut tap) } else { Scanner::resume(&mut tap, from) };
        let is_goal = |at: u64| {
            at > from && at.checked_sub(FIRST).is_some_and(|behind| behind.is_multiple_of(GROUP_BYTES))
        };
        drain(&mut scanner, self.no_skip, self.account, self.out, is_goal);
        let goal = scanner.settled().filter(|at| is_goal(*at));
        if let Some(error) = tap.failure() {
            self.out.issue(
                IssueKind::Unreadable,
                format!("offset {:#x}", from.saturating_add(tap.position())),
                error,
            );
            return self.advance(from, length);
        }
        self.advance(from, goal.unwrap_or(length))
    }

    fn advance(&self, from: u64, to: u64) -> u64 {
        self.progress.advance(to.saturating_sub(from));
        to
    }
}

/// Reads a group of chunks; `None` if one of them is not as it should be.
fn group(file: &File, start: u64, length: u64, no_skip: bool, out: &Collector) -> Option<Part> {
    let end = start.saturating_add(GROUP_BYTES).min(length);
    let mut is_regular = true;
    let part = Part::of(no_skip, out, |part, mut sieve| {
        let mut at = start;
        while at < end && is_regular {
            let next = at.saturating_add(BLOCK).min(end);
            is_regular = block(file, at, next, length, part, sieve.as_deref_mut()).is_some();
            at = next;
        }
    });
    is_regular.then_some(part)
}

/// Reads the chunks between two places of a file.
fn block(
    file: &File,
    start: u64,
    end: u64,
    length: u64,
    part: &mut Part,
    mut sieve: Option<&mut Sieve<'_>>,
) -> Option<()> {
    // With the beginning of the next chunk, which tells whether this one is whole.
    let want = end.saturating_add(CHUNK_HEADER as u64).min(length).checked_sub(start)?;
    let here = usize::try_from(end.checked_sub(start)?).ok()?;
    let mut bytes = BUFFER.take();
    bytes.resize(usize::try_from(want).ok()?, 0);
    FileAt { file, at: start }.read_exact(&mut bytes).ok()?;
    for slot in (0..here).step_by(CHUNK) {
        let behind = slot.saturating_add(CHUNK).saturating_add(CHUNK_HEADER).min(bytes.len());
        match regular(bytes.get(slot..behind)?, start.saturating_add(u64::try_from(slot).ok()?))? {
            Regular::Zeros => {}
            Regular::Chunk(chunk) => part.account.chunk(&chunk, sieve.as_deref_mut(), &mut part.out),
        }
    }
    BUFFER.set(bytes);
    Some(())
}

/// A file read from a place on, whatever else reads it.
struct FileAt<'f> {
    file: &'f File,
    at: u64,
}

impl Read for FileAt<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = read_at(self.file, buffer, self.at)?;
        self.at = self.at.saturating_add(u64::try_from(read).unwrap_or(0));
        Ok(read)
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
