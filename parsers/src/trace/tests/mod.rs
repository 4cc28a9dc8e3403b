//! Whole traces through the reader. No public file of vsstrace exists, so that all prefixes but that of the registry trace
//! are invented; the registry form is that of `formats/trace-text.md` section 2.

mod account;
mod adaptive;
mod mixes;
mod negative;
mod registry;
mod skip;

use super::record::{Kind, TraceRecord};
use super::story::Passing;
use super::{Profile, reader};
use crate::collect::Collector;
use crate::text::Pace;
use crate::time::LocalClock;
use std::sync::Arc;
use vsscope_model::{Clock, HResult, InputReport, Issue, IssueKind, TextReading};

/// A record that owns its text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Owned {
    line: u64,
    time: Option<String>,
    clock: Clock,
    resolution_ns: Option<u64>,
    pid: Option<u32>,
    tid: Option<u32>,
    module: Option<String>,
    level: Option<u32>,
    indent: Option<u32>,
    file: Option<String>,
    source_line: Option<u32>,
    kind: Kind,
    function: String,
    text: String,
}

impl Owned {
    fn of(record: &TraceRecord<'_>) -> Self {
        Owned {
            line: record.line.unwrap(),
            time: record.time.map(|time| time.format("%Y-%m-%d %H:%M:%S%.f").to_string()),
            clock: record.clock,
            resolution_ns: record.resolution_ns,
            pid: record.pid,
            tid: record.tid,
            module: record.module.map(str::to_owned),
            level: record.level,
            indent: record.indent,
            file: record.file.map(str::to_owned),
            source_line: record.source_line,
            kind: record.kind,
            function: record.function.to_owned(),
            text: record.text.to_owned(),
        }
    }
}

/// What reading gave.
struct Read {
    records: Vec<Owned>,
    report: InputReport,
}

impl Read {
    fn reading(&self) -> &TextReading {
        self.report.text.as_ref().unwrap()
    }

    /// Lines, parsed, continued, unknown.
    fn account(&self) -> [u64; 4] {
        let reading = self.reading();
        [reading.lines, reading.parsed, reading.continuation, reading.unknown]
    }

    fn issues(&self, kind: IssueKind) -> Vec<&Issue> {
        self.report.issues.iter().filter(|issue| issue.kind == kind).collect()
    }

    fn is_sound(&self) -> bool {
        self.report.lost == 0 && !self.report.issues.iter().any(|issue| issue.kind.is_loss())
    }
}

/// Keeps every record.
struct Keep<'a>(&'a mut Vec<Owned>);

impl reader::Sink for Keep<'_> {
    fn record(&mut self, record: &TraceRecord<'_>, _: &mut Collector) {
        self.0.push(Owned::of(record));
    }

    fn pass(&mut self, _: &Passing<'_>) -> bool {
        false
    }
}

fn read_with(bytes: &[u8], profiles: &[Profile], zone: Option<chrono_tz::Tz>) -> Read {
    let mut out = Collector::new(&Arc::from("trace.txt"), "vss-trace");
    let mut records = Vec::new();
    let mut stream = bytes;
    let local = LocalClock { zone };
    reader::read(&mut stream, profiles, local, Pace::default(), &mut out, Keep(&mut records));
    Read { records, report: out.finish(bytes.len() as u64) }
}

fn read(text: &str) -> Read {
    read_with(text.as_bytes(), &[], None)
}

fn looks_like(text: &str) -> bool {
    super::looks_like(text, &[])
}

/// A trace of ten records in the form of the registry trace without times, as the one public excerpt is written; names,
/// ids and codes are other ones.
const REGISTRY: &str = r"[-,0x001a2c:0x0b40:0x0c1d2e3f] ENTER {CDemoWriter::OnPrepareSnapshot}: 
[-,0x001a2c:0x0b40:0x0c1d2e3f] ENTER {STDMETHODCALLTYPE CDemoStore::Check}: 
[-,0x001a2c:0x0b40:0x0c1d2e3f] EXIT  {STDMETHODCALLTYPE CDemoStore::Check}: hr: 0x00000000
[-,0x001a2c:0x0b40:0x0c1d2e3f] demo\writer\store.cpp(0412): CDemoStore::Seal: The store is busy.  hr = 0x80070020
[-,0x001a2c:0x0b40:0x0c1d2e3f] demo\writer\store.cpp(0415): CDemoStore::Seal: Throwing HRESULT code 0x80070020. Previous HRESULT code = 0x00000000
[-,0x001a2c:0x0b40:0x0c1d2e3f] demo\writer\writer.cpp(99): CDemoWriter::OnPrepareSnapshot: HRESULT EXCEPTION CAUGHT: hr: 0x80070020
[-,0x001a2c:0x0b40:0x0c1d2e3f] EXIT  {CDemoWriter::OnPrepareSnapshot}: hr: 0x800423f4
[-,0x001a2c:0x0b44:0x0c1d2e3f] ENTER {CDemoWriter::OnAbort}: 
[-,0x001a2c:0x0b44:0x0c1d2e3f] demo\writer\writer.cpp(120): CDemoWriter::OnAbort: done
[-,0x001a2c:0x0b44:0x0c1d2e3f] EXIT  {CDemoWriter::OnAbort}: hr: 0x00000000
";

fn exit(code: u32) -> Kind {
    Kind::Exit(Some(HResult(code)))
}
