//! From a path to reports: finding files, telling formats by content, opening archives, and keeping what goes wrong with
//! a stream for the report. What the formats look like inside belongs to `evtx/`, `json/` and `events_file`.

pub(crate) mod archive;
mod discover;
pub(crate) mod sniff;
pub(crate) mod tap;
mod view;

use crate::collect::Collector;
use crate::console::{self, Tool};
use crate::time::LocalClock;
use crate::trace::{self, Profile};
use crate::{diag, etl, evtx, json};
use archive::Limits;
use sniff::Content;
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use tap::Tap;
use view::{Stored, View};
use vsscope_model::{InputReport, IssueKind};

pub use discover::{Discovery, Problem, discover};

/// How inputs are to be read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadOptions {
    /// The format of all inputs; found out by content if absent. Archives are opened in any case.
    pub format: Option<Format>,
    /// The zone of inputs whose times have none and show none; UTC if absent.
    pub zone: Option<chrono_tz::Tz>,
    /// Layouts of traces that the user described; tried before the built-in ones.
    pub profiles: Arc<[Profile]>,
    /// Whether event logs are searched for where no live record lies: what is no log for loose chunks, unused space for stale
    /// records.
    pub carve: bool,
    /// Reads every record and line in full, also those that cannot matter: slower, and the same comes of it. For tests.
    pub no_skip: bool,
}

/// A format that can be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Format {
    /// Windows event log file.
    Evtx,
    /// NXLog-style JSON lines.
    NxlogJson,
    /// JSON output of evtx_dump.
    EvtxDumpJson,
    /// Documents of Winlogbeat / ECS.
    WinlogbeatJson,
    /// Lines of `vsscope.events/1`.
    VsscopeEvents,
    /// VSS trace as text: registry trace file, vsstrace.
    VssTrace,
    /// Event trace log of ETW.
    Etl,
    /// `.reg` export of the registry.
    RegistryExport,
    /// Output of `reg query /s`.
    RegistryQuery,
    /// SYSTEM hive.
    RegistryHive,
    /// Output of vssadmin.
    Vssadmin,
    /// Output or log of diskshadow.
    Diskshadow,
    /// Output of vshadow.
    Vshadow,
    /// Log of the SQL Server writer.
    SqlWriterLog,
}

/// What reports call an input that is no log and in which chunks of event logs were found. Not a format of which a file could
/// be said to be.
pub(crate) const CARVED: &str = "evtx-carved";

impl Format {
    /// All formats.
    pub const ALL: [Format; 14] = [
        Format::Evtx,
        Format::NxlogJson,
        Format::EvtxDumpJson,
        Format::WinlogbeatJson,
        Format::VsscopeEvents,
        Format::VssTrace,
        Format::Etl,
        Format::RegistryExport,
        Format::RegistryQuery,
        Format::RegistryHive,
        Format::Vssadmin,
        Format::Diskshadow,
        Format::Vshadow,
        Format::SqlWriterLog,
    ];

    /// The name used on the command line and in reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Format::Evtx => "evtx",
            Format::NxlogJson => "nxlog-json",
            Format::EvtxDumpJson => "evtx-dump-json",
            Format::WinlogbeatJson => "winlogbeat-json",
            Format::VsscopeEvents => "vsscope-events",
            Format::VssTrace => "vss-trace",
            Format::Etl => "etl",
            Format::RegistryExport => "registry-export",
            Format::RegistryQuery => "registry-query",
            Format::RegistryHive => "registry-hive",
            Format::Vssadmin => "vssadmin",
            Format::Diskshadow => "diskshadow",
            Format::Vshadow => "vshadow",
            Format::SqlWriterLog => "sqlwriter-log",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A name that is no format.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown format '{0}' (known: {known})", known = known_formats())]
pub struct UnknownFormatName(pub String);

fn known_formats() -> String {
    Format::ALL.map(Format::as_str).join(", ")
}

impl FromStr for Format {
    type Err = UnknownFormatName;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Format::ALL.into_iter().find(|format| format.as_str() == name);
        found.ok_or_else(|| UnknownFormatName(name.to_owned()))
    }
}

/// Told how far reading has come.
pub trait Progress: Sync {
    /// The inputs have this many bytes in all, as far as their sizes are known. Told once, before anything is read.
    fn total(&self, _bytes: u64) {}

    /// This many bytes more of the inputs were read.
    fn advance(&self, bytes: u64);
}

impl Progress for () {
    fn advance(&self, _bytes: u64) {}
}

/// An input: a file, or the standard input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// The path as it is to be shown; `-` for the standard input.
    pub path: Arc<str>,
    /// Whether it was named on its own. What was only met in a folder is skipped silently if it is no log.
    pub named: bool,
    /// The file; `None` for the standard input.
    pub file: Option<PathBuf>,
    /// Size in bytes, where it is known beforehand.
    pub bytes: Option<u64>,
}

impl Source {
    /// A file that was named.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        let file = path.into();
        let bytes = file.metadata().ok().filter(std::fs::Metadata::is_file).map(|metadata| metadata.len());
        Source { path: Arc::from(file.to_string_lossy()), named: true, file: Some(file), bytes }
    }

    /// The standard input.
    pub fn stdin() -> Self {
        Source { path: Arc::from("-"), named: true, file: None, bytes: None }
    }
}

/// Reads an input. Never fails: what could not be read is an issue of the report. An archive gives one report per member
/// that is a log, named `archive.zip!member`; a file that was only met in a folder and is no log gives none.
pub fn read(source: &Source, options: &ReadOptions, progress: &dyn Progress) -> Vec<InputReport> {
    let Some(path) = &source.file else {
        return read_stream(source, &mut io::stdin().lock(), options, progress);
    };
    match File::open(path) {
        Ok(file) if source.bytes.is_some() && archive::is_zip(&file) => {
            archive::read(source, Stored::File(&file), options, &Limits::default(), progress)
        }
        Ok(file) if source.bytes.is_some() && options.format.is_none() && is_etl(&file) => {
            vec![read_etl(&source.path, file, progress)]
        }
        Ok(file)
            if source.bytes.is_some()
                && !options.carve
                && matches!(options.format, None | Some(Format::Evtx))
                && is_evtx(&file) =>
        {
            let mut out = Collector::new(&source.path, Format::Evtx.as_str());
            let bytes = evtx::read_file(&file, options.no_skip, progress, &mut out);
            vec![out.finish(bytes)]
        }
        Ok(mut file) => read_stream(source, &mut file, options, progress),
        Err(error) => vec![unreadable(&source.path, &error.to_string())],
    }
}

/// Reads what the caller holds, under a name; as [`read`].
pub fn read_bytes(name: &str, mut bytes: &[u8], options: &ReadOptions) -> Vec<InputReport> {
    let length = u64::try_from(bytes.len()).ok();
    let source = Source { path: Arc::from(name), named: true, file: None, bytes: length };
    if archive::has_magic(bytes) {
        return archive::read(&source, Stored::Held(bytes), options, &Limits::default(), &());
    }
    read_stream(&source, &mut bytes, options, &())
}

/// Whether an event trace lies at this path; the file stands at its start before and after.
fn is_etl(file: &File) -> bool {
    head_of(file).is_some_and(|head| etl::looks_like(&head))
}

/// Whether an event log with its file header lies at this path; the file stands at its start before and after.
fn is_evtx(file: &File) -> bool {
    head_of(file).is_some_and(|head| head.starts_with(evtx::FILE_MAGIC))
}

fn head_of(mut file: &File) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    let read = file.take(4096).read_to_end(&mut head);
    file.seek(SeekFrom::Start(0)).ok()?;
    read.is_ok().then_some(head)
}

/// Reads an event trace in place: its buffers do not lie in the order of time, and it is often too large to be copied.
fn read_etl(path: &Arc<str>, file: File, progress: &dyn Progress) -> InputReport {
    let bytes = file.metadata().map_or(0, |metadata| metadata.len());
    let mut out = Collector::new(path, Format::Etl.as_str());
    etl::read(&mut View::new(Stored::File(&file), progress), &mut out);
    out.finish(bytes)
}

/// Reads what can only be read once and from the start; an archive is copied to a temporary file.
fn read_stream(
    source: &Source,
    stream: &mut dyn Read,
    options: &ReadOptions,
    progress: &dyn Progress,
) -> Vec<InputReport> {
    let mut tap = Tap::new(stream, progress);
    let head = sniff::head(&mut tap);
    if archive::has_magic(&head) {
        let mut whole = head.as_slice().chain(&mut tap);
        return archive::read_spooled(source, &mut whole, options);
    }
    read_content(&source.path, source.named, head, tap, options).into_iter().collect()
}

/// Reads one file or member, of which the first bytes were read already.
fn read_content(
    path: &Arc<str>,
    named: bool,
    head: Vec<u8>,
    mut tap: Tap<'_>,
    options: &ReadOptions,
) -> Option<InputReport> {
    let told = options.format.map_or_else(|| sniff::content(&head, &options.profiles), Content::Log);
    let format = match told {
        Content::Log(format) => format,
        Content::Other(what) => return read_other(path, named, &head, tap, options, what),
    };
    // Chunks without the beginning of a file before them are those of an image.
    if options.carve && format == Format::Evtx && !evtx::is_file(&head) {
        return read_other(path, named, &head, tap, options, "not an event log".to_owned());
    }
    let mut out = Collector::new(path, format.as_str());
    if options.carve {
        out.take_carved();
    }
    let local = LocalClock { zone: options.zone };
    let mut stream = head.as_slice().chain(&mut tap);
    match format {
        Format::Evtx if options.carve => evtx::slack::read(&mut stream, &mut out),
        Format::Evtx => evtx::read(&mut stream, options.no_skip, &mut out),
        Format::NxlogJson | Format::EvtxDumpJson | Format::WinlogbeatJson | Format::VsscopeEvents => {
            json::read(
                &mut stream,
                format,
                json::Options { zone: options.zone, no_skip: options.no_skip },
                &mut out,
            );
        }
        Format::VssTrace => trace::read(&mut stream, &options.profiles, local, !options.no_skip, &mut out),
        Format::Etl => match archive::spool(&mut stream) {
            Ok(mut file) => etl::read(&mut file, &mut out),
            Err(error) => {
                let message = format!("cannot be copied to a temporary file: {error}");
                out.issue(IssueKind::Unreadable, "", message);
            }
        },
        Format::RegistryExport => diag::read_export(&mut stream, &mut out),
        Format::RegistryQuery => diag::read_query(&mut stream, &mut out),
        Format::RegistryHive => diag::read_hive(&mut stream, &mut out),
        Format::Vssadmin => console::read(&mut stream, Tool::Vssadmin, local, &mut out),
        Format::Diskshadow => console::read(&mut stream, Tool::Diskshadow, local, &mut out),
        Format::Vshadow => console::read(&mut stream, Tool::Vshadow, local, &mut out),
        Format::SqlWriterLog => console::read(&mut stream, Tool::SqlWriter, local, &mut out),
    }
    Some(finish(out, &tap))
}

/// What is no log: an issue if it was named, unless it is to be searched and chunks of logs are in it.
fn read_other(
    path: &Arc<str>,
    named: bool,
    head: &[u8],
    mut tap: Tap<'_>,
    options: &ReadOptions,
    mut what: String,
) -> Option<InputReport> {
    let mut out = Collector::new(path, CARVED);
    if options.carve {
        out.take_carved();
        let chunks = evtx::carve::read(&mut head.chain(&mut tap), &mut out);
        if chunks > 0 {
            return Some(finish(out, &tap));
        }
        what.push_str("; no chunk of an event log is in it");
    }
    match (named, tap.failure()) {
        (_, Some(error)) => Some(unreadable(path, &error)),
        (true, None) => Some(unknown(path, &what, tap.position())),
        (false, None) => None,
    }
}

/// The report of a stream that was read to its end, or to where it failed.
fn finish(mut out: Collector, tap: &Tap<'_>) -> InputReport {
    if let Some(error) = tap.failure() {
        out.issue(IssueKind::Unreadable, format!("offset {:#x}", tap.position()), error);
    }
    out.finish(tap.position())
}

/// The report of an input that gave nothing.
fn nothing(path: &Arc<str>, kind: IssueKind, message: &str, bytes: u64) -> InputReport {
    let mut report = blank(path, bytes);
    report.issue(kind, "", message);
    report
}

/// A report without content, for issues.
fn blank(path: &Arc<str>, bytes: u64) -> InputReport {
    InputReport { path: path.clone(), format: "unknown".to_owned(), bytes, ..InputReport::default() }
}

fn unreadable(path: &Arc<str>, message: &str) -> InputReport {
    nothing(path, IssueKind::Unreadable, message, 0)
}

fn unknown(path: &Arc<str>, what: &str, bytes: u64) -> InputReport {
    nothing(path, IssueKind::UnknownFormat, what, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_formats_lead_back_to_them() {
        for format in Format::ALL {
            assert_eq!(format.to_string().parse(), Ok(format));
        }
        assert!("EVTX".parse::<Format>().unwrap_err().to_string().contains("winlogbeat-json"));
    }

    const LINE: &str = r#"{"SourceName":"VSS","EventID":8224,"Channel":"Application","Hostname":"H1","TimeCreated":"2031-03-07T04:05:06Z","Message":"m"}"#;

    fn stream(bytes: &[u8], named: bool, format: Option<Format>) -> Vec<InputReport> {
        let source = Source { named, ..Source::stdin() };
        read_stream(&source, &mut &*bytes, &ReadOptions { format, ..ReadOptions::default() }, &())
    }

    #[test]
    fn what_is_no_log_is_an_issue_only_if_it_was_named() {
        for (bytes, message) in [
            (&b""[..], "empty file"),
            (b"\xFF\xD8\xFF\xE0", "not a log that vsscope knows (starts like a JPEG image)"),
        ] {
            let [report] = &stream(bytes, true, None)[..] else { panic!() };
            assert_eq!(
                (report.issues[0].kind, report.issues[0].message.as_str()),
                (IssueKind::UnknownFormat, message)
            );
            assert_eq!((report.format.as_str(), report.bytes), ("unknown", bytes.len() as u64));
            assert!(stream(bytes, false, None).is_empty());
        }
    }

    #[test]
    fn the_standard_input_is_read_as_a_stream() {
        let [report] = &stream(LINE.as_bytes(), true, None)[..] else { panic!() };
        assert_eq!((&*report.path, report.format.as_str(), report.events.len()), ("-", "nxlog-json", 1));
    }

    #[test]
    fn a_format_that_was_asked_for_is_not_questioned() {
        let [report] = &stream(LINE.as_bytes(), true, Some(Format::WinlogbeatJson))[..] else { panic!() };
        assert_eq!((report.format.as_str(), report.lost), ("winlogbeat-json", 1));
        let [report] = &stream(b"hello", true, Some(Format::Evtx))[..] else { panic!() };
        assert!(report.issues.iter().any(|issue| issue.kind == IssueKind::SkippedBytes));
    }

    #[test]
    fn a_file_that_cannot_be_opened_is_an_issue() {
        let reports = read(&Source::file("/nowhere/at/all.evtx"), &ReadOptions::default(), &());
        assert_eq!((reports.len(), reports[0].issues[0].kind), (1, IssueKind::Unreadable));
    }

    #[test]
    fn progress_comes_to_the_size_of_the_input() {
        struct Sum(std::sync::atomic::AtomicU64);
        impl Progress for Sum {
            fn advance(&self, bytes: u64) {
                self.0.fetch_add(bytes, std::sync::atomic::Ordering::Relaxed);
            }
        }
        let sum = Sum(0.into());
        let text = format!("{LINE}\n").repeat(3000);
        read_stream(&Source::stdin(), &mut text.as_bytes(), &ReadOptions::default(), &sum);
        assert_eq!(sum.0.into_inner(), text.len() as u64);
    }
}
