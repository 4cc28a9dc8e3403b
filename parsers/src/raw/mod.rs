//! The raw record behind a place: what a reader took for an event, as it lies in its input.
//!
//! [`Opened`] is an input with its members; [`Opened::find`] reads one of them up to its end and gives what lies at the
//! place. Each format's own part is with its reader (`evtx/raw`, `etl/raw`); text and JSON are the same for all tools and
//! are here. Memory is bounded: few records, few lines, and of each what a reader would keep at most.

mod json;
mod lines;

use crate::input::CARVED;
use crate::input::archive::{self, Limits};
use crate::input::sniff::{self, Content};
use crate::input::tap::{Limit, Tap};
use crate::text::CodePage;
use crate::{Format, ReadOptions, Source, etl, evtx};
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;
use vsscope_model::{Raw, RawRecord, Spot};

/// Records that are given of one place. Copies of a log, or damage, can hold an id several times.
pub(crate) const MOST: usize = 16;
/// Bytes that are given of a place in a binary file that no reader can measure.
const DUMPED: u64 = 256;
/// Largest cell of a hive that is given whole.
const CELL: u64 = 16 << 10;

/// An input that is open.
#[derive(Debug)]
pub struct Opened {
    path: Arc<str>,
    file: File,
    is_archive: bool,
}

impl Opened {
    /// Opens an input; what comes through the standard input is copied to a temporary file.
    ///
    /// # Errors
    /// It cannot be opened or copied.
    pub fn open(source: &Source) -> io::Result<Self> {
        let file = match &source.file {
            Some(path) => File::open(path)?,
            None => archive::spool(&mut io::stdin().lock())?,
        };
        let is_archive = archive::is_zip(&file);
        Ok(Opened { path: source.path.clone(), file, is_archive })
    }

    /// The paths under which reports know what is in it: its own, or those of the members of an archive.
    pub fn names(&self) -> Vec<Arc<str>> {
        if !self.is_archive {
            return vec![self.path.clone()];
        }
        let mut names = Vec::new();
        if let Ok(file) = self.rewound() {
            archive::each_member(file, Limits::default().members, &mut |name, _, _| {
                names.push(self.member(name));
                true
            });
        }
        names
    }

    /// What lies at a place of one of [`Opened::names`]: several records where an id is not unique, none if there is none.
    ///
    /// # Errors
    /// The input cannot be read.
    pub fn find(
        &self,
        name: &str,
        spot: &Spot,
        context: usize,
        options: &ReadOptions,
    ) -> io::Result<Vec<RawRecord>> {
        let file = self.rewound()?;
        let place = Wanted { path: Arc::from(name), spot: *spot, context };
        if !self.is_archive {
            return Ok(place.in_file(file, options));
        }
        let mut found = None;
        archive::each_member(file, Limits::default().members, &mut |member, packed, stream| {
            if *self.member(member) == *name {
                let bytes = Limits::default().of_member(packed);
                let limit = Limit { bytes, message: String::new() };
                found = Some(place.in_stream(&mut Tap::limited(stream, &(), limit), options));
            }
            found.is_none()
        });
        Ok(found.unwrap_or_default())
    }

    fn member(&self, name: &str) -> Arc<str> {
        Arc::from(format!("{}!{name}", self.path))
    }

    fn rewound(&self) -> io::Result<File> {
        let mut file = self.file.try_clone()?;
        file.seek(SeekFrom::Start(0))?;
        Ok(file)
    }
}

/// A place that is looked for.
struct Wanted {
    path: Arc<str>,
    spot: Spot,
    context: usize,
}

impl Wanted {
    fn in_file(&self, mut file: File, options: &ReadOptions) -> Vec<RawRecord> {
        let head = {
            let mut tap = Tap::new(&mut file, &());
            sniff::head(&mut tap)
        };
        let format = format_of(&head, options);
        if format == Some(Format::Etl) && !self.spot.is_whole() {
            return self.records(Format::Etl.as_str(), etl::raw::find(&mut file, &self.spot));
        }
        let is_image = is_image(&head, format, options);
        let mut stream = head.as_slice().chain(&mut file);
        self.in_content(format, is_image, &mut stream, options)
    }

    fn in_stream(&self, stream: &mut impl Read, options: &ReadOptions) -> Vec<RawRecord> {
        let head = sniff::head(stream);
        let format = format_of(&head, options);
        let is_image = is_image(&head, format, options);
        self.in_content(format, is_image, &mut head.as_slice().chain(stream), options)
    }

    fn in_content(
        &self,
        format: Option<Format>,
        is_image: bool,
        stream: &mut dyn Read,
        options: &ReadOptions,
    ) -> Vec<RawRecord> {
        let name = if is_image { CARVED } else { format.map_or("unknown", Format::as_str) };
        if self.spot.is_whole() {
            return self.records(name, vec![(self.spot, Raw::Whole)]);
        }
        let found = match format {
            _ if is_image && self.spot.line.is_none() => evtx::raw::find_carved(stream, &self.spot),
            Some(Format::Evtx) => evtx::raw::find(stream, &self.spot, options.carve),
            Some(
                Format::NxlogJson | Format::EvtxDumpJson | Format::WinlogbeatJson | Format::VsscopeEvents,
            ) => json::find(stream, &self.spot),
            Some(Format::Etl) => match archive::spool(stream) {
                Ok(mut file) => etl::raw::find(&mut file, &self.spot),
                Err(_) => Vec::new(),
            },
            Some(Format::RegistryHive) => self.bytes(stream, true),
            Some(format) => lines::find(stream, code_page(format), &self.spot, self.context),
            None if self.spot.line.is_some() => lines::find(stream, CodePage::Ansi, &self.spot, self.context),
            None => self.bytes(stream, false),
        };
        self.records(name, found)
    }

    fn records(&self, format: &str, found: Vec<(Spot, Raw)>) -> Vec<RawRecord> {
        let record =
            |(spot, raw)| RawRecord { input: self.path.clone(), format: format.to_owned(), spot, raw };
        found.into_iter().take(MOST).map(record).collect()
    }

    /// The bytes at an offset; of a cell of a hive as many as it says it has.
    fn bytes(&self, stream: &mut dyn Read, is_cell: bool) -> Vec<(Spot, Raw)> {
        let Some(offset) = self.spot.offset else { return Vec::new() };
        let mut bytes = Vec::new();
        let skipped = io::copy(&mut (&mut *stream).take(offset), &mut io::sink());
        if skipped.is_ok_and(|skipped| skipped == offset) {
            // What cannot be read is not there.
            let _ = stream.take(if is_cell { CELL } else { DUMPED }).read_to_end(&mut bytes);
        }
        if bytes.is_empty() {
            return Vec::new();
        }
        if is_cell {
            bytes.truncate(cell(&bytes));
        }
        let spot = Spot { offset: Some(offset), ..Spot::default() };
        vec![(spot, Raw::Bytes { fields: Vec::new(), first: offset, within: "file", bytes })]
    }
}

/// Bytes of the cell that begins here: its size is a number that is negative while the cell is in use.
fn cell(bytes: &[u8]) -> usize {
    let dumped = usize::try_from(DUMPED).unwrap_or(0);
    let size = bytes.first_chunk().map(|size| i32::from_le_bytes(*size).unsigned_abs());
    let size = size.and_then(|size| usize::try_from(size).ok()).unwrap_or(0);
    if (8..=bytes.len()).contains(&size) { size } else { dumped }
}

fn format_of(head: &[u8], options: &ReadOptions) -> Option<Format> {
    match (options.format, sniff::content(head, &options.profiles)) {
        (Some(format), _) | (None, Content::Log(format)) => Some(format),
        (None, Content::Other(_)) => None,
    }
}

/// Whether the reader searches the input for loose chunks.
fn is_image(head: &[u8], format: Option<Format>, options: &ReadOptions) -> bool {
    let is_log = match format {
        Some(Format::Evtx) => evtx::is_file(head),
        other => other.is_some(),
    };
    options.carve && !is_log
}

/// As the reader of the format takes text that is neither UTF-8 nor UTF-16.
fn code_page(format: Format) -> CodePage {
    match format {
        Format::RegistryQuery | Format::Vssadmin | Format::Diskshadow | Format::Vshadow => CodePage::Oem,
        _ => CodePage::Ansi,
    }
}

#[cfg(test)]
mod tests;
