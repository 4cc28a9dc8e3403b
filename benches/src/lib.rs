//! Inputs for measurements: one for every reader, of any size, the same on every call.
//!
//! `readers.rs` times the readers with Criterion; `src/bin/read_once.rs` reads one input once, for counts of instructions
//! (`scripts/instructions.sh`). Whole runs of the program are measured by `scripts/bench.sh`. Nothing here knows reports or
//! polars, so that it builds in a minute.

use anyhow::{Context as _, Result, ensure};
use std::io::{Cursor, Write};
use vsscope_fixtures::console::{self, ConsoleOptions};
use vsscope_fixtures::etl::{self, EtlOptions};
use vsscope_fixtures::text::Encoding;
use vsscope_fixtures::windows::{self, Lines};
use vsscope_fixtures::{Scenario, registry, trace};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// The course that all inputs show.
const COURSE: &str = "healthy-backup";
/// Seconds from one backup to the next.
const PERIOD: f64 = 3600.0;
/// Arguments of a step that name what belongs to one backup.
const OWN: &[&str] = &["inst", "sess", "set", "snap"];

/// An input, named after the reader that it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// EVTX, few records of VSS.
    EvtxSparse,
    /// EVTX, all records of VSS.
    EvtxDense,
    /// Registry trace in UTF-8.
    TraceUtf8,
    /// The same in UTF-16.
    TraceUtf16,
    /// JSON lines of NXLog.
    JsonNxlog,
    /// JSON lines of evtx_dump.
    JsonEvtxDump,
    /// Event trace file.
    Etl,
    /// Event trace file with compressed buffers.
    EtlCompressed,
    /// Registry export.
    Registry,
    /// Output of `vssadmin list writers`, again and again.
    Console,
    /// A zip bundle with [`Input::EvtxSparse`].
    Zip,
}

impl Input {
    /// All inputs.
    pub const ALL: [Input; 11] = [
        Input::EvtxSparse,
        Input::EvtxDense,
        Input::TraceUtf8,
        Input::TraceUtf16,
        Input::JsonNxlog,
        Input::JsonEvtxDump,
        Input::Etl,
        Input::EtlCompressed,
        Input::Registry,
        Input::Console,
        Input::Zip,
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Input::EvtxSparse => "evtx-sparse",
            Input::EvtxDense => "evtx-dense",
            Input::TraceUtf8 => "trace-utf8",
            Input::TraceUtf16 => "trace-utf16",
            Input::JsonNxlog => "json-nxlog",
            Input::JsonEvtxDump => "json-evtx-dump",
            Input::Etl => "etl",
            Input::EtlCompressed => "etl-compressed",
            Input::Registry => "registry",
            Input::Console => "console",
            Input::Zip => "zip",
        }
    }

    /// The name that the reader gives to its format; a zip bundle has that of its member.
    pub fn format(self) -> &'static str {
        match self {
            Input::EvtxSparse | Input::EvtxDense | Input::Zip => "evtx",
            Input::TraceUtf8 | Input::TraceUtf16 => "vss-trace",
            Input::JsonNxlog => "nxlog-json",
            Input::JsonEvtxDump => "evtx-dump-json",
            Input::Etl | Input::EtlCompressed => "etl",
            Input::Registry => "registry-export",
            Input::Console => "vssadmin",
        }
    }

    /// Two sizes, of which the difference is measured: what every run costs, whatever its input, is in both. A trace of
    /// UTF-16 cannot be as small as the others, and compressed buffers hold many times their size.
    pub fn sizes(self) -> [u64; 2] {
        match self {
            Input::TraceUtf16 => [4 << 20, 8 << 20],
            Input::EtlCompressed => [1 << 18, 1 << 19],
            _ => [2 << 20, 5 << 20],
        }
    }

    /// About so many bytes of it; of a zip bundle its member has them.
    pub fn bytes(self, size: u64) -> Result<Vec<u8>> {
        let course = Scenario::by_id(COURSE)?;
        let mut out = Vec::new();
        match self {
            Input::EvtxSparse => out = windows::write_sparse(size, Cursor::new(out))?.into_inner(),
            Input::EvtxDense => out = windows::write_dense(size, Cursor::new(out))?.into_inner(),
            Input::TraceUtf8 => trace::write_big(&course, size, Encoding::Utf8, &mut out)?,
            Input::TraceUtf16 => trace::write_big(&course, size, Encoding::Utf16Le, &mut out)?,
            Input::JsonNxlog => windows::write_lines(size, Lines::Nxlog, &mut out)?,
            Input::JsonEvtxDump => windows::write_lines(size, Lines::EvtxDump, &mut out)?,
            Input::Etl => out = grown(size, |count| event_trace(&course, count, false))?,
            Input::EtlCompressed => out = grown(size, |count| event_trace(&course, count, true))?,
            Input::Registry => out = grown(size, |count| export(&course, count))?,
            Input::Console => out = grown(size, |count| listings(&course, count))?,
            Input::Zip => out = bundle(&Input::EvtxSparse.bytes(size)?)?,
        }
        Ok(out)
    }
}

/// As many backups as it takes to have about so many bytes. The first one comes with the head of the file.
fn grown(size: u64, make: impl Fn(u64) -> Result<Vec<u8>>) -> Result<Vec<u8>> {
    /// So many are enough to tell how many bytes one takes.
    const MORE: u64 = 16;
    let first = make(1)?.len() as u64;
    let each = (make(1 + MORE)?.len() as u64).saturating_sub(first) / MORE;
    ensure!(each > 0, "a backup leaves nothing");
    make(1 + size.saturating_sub(first) / each)
}

/// The backup so many times, one after the other.
fn backups(course: &Scenario, count: u64) -> Scenario {
    let mut all = Scenario { events: Vec::new(), ..course.clone() };
    for number in 0..count {
        all.events.extend(course.events.iter().cloned().map(|mut step| {
            step.t += number as f64 * PERIOD;
            for (name, value) in &mut step.args {
                if OWN.contains(&name.as_str()) {
                    value.push_str(&format!("-{number}"));
                }
            }
            step
        }));
    }
    all
}

/// The only file of a form.
fn only(files: std::collections::BTreeMap<String, Vec<u8>>) -> Result<Vec<u8>> {
    files.into_values().next().context("the form has no file")
}

fn event_trace(course: &Scenario, count: u64, compressed: bool) -> Result<Vec<u8>> {
    // The size that Windows takes by default.
    let options = EtlOptions { buffer_size: 0x1_0000, compressed, ..EtlOptions::default() };
    only(etl::write_with(&backups(course, count), &options)?)
}

/// The keys of the export again and again, as an export of many control sets has them.
fn export(course: &Scenario, count: u64) -> Result<Vec<u8>> {
    let one = only(registry::write_reg(course)?)?;
    let head = head_of(&one).context("the export has no key")?;
    let mut all = one[..head].to_vec();
    (0..count).for_each(|_| all.extend_from_slice(&one[head..]));
    Ok(all)
}

/// Where the first key of an export in UTF-16 begins.
fn head_of(export: &[u8]) -> Option<usize> {
    export.chunks_exact(2).position(|unit| unit == [b'[', 0]).map(|at| at * 2)
}

/// A console in which the writers were listed so many times.
fn listings(course: &Scenario, count: u64) -> Result<Vec<u8>> {
    let one = console::list_writers(course, &ConsoleOptions::default())?;
    Ok(one.repeat(usize::try_from(count)?))
}

/// A zip bundle with one log.
fn bundle(log: &[u8]) -> Result<Vec<u8>> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("Sysmon.evtx", SimpleFileOptions::default())?;
    zip.write_all(log)?;
    Ok(zip.finish()?.into_inner())
}

#[cfg(test)]
mod tests {
    use super::*;
    use vsscope_parsers::{ReadOptions, read_bytes};

    // A bench of a reader that takes its input for something else, or gives it up, measures nothing.
    #[test]
    fn every_input_has_its_size_and_is_read_as_what_it_is() {
        for input in Input::ALL {
            let (name, [size, _]) = (input.name(), input.sizes());
            let bytes = input.bytes(size).expect("an input");
            let reports = read_bytes(name, &bytes, &ReadOptions::default());
            let [report] = &reports[..] else { panic!("{} reports of {name}", reports.len()) };
            assert_eq!(report.format, input.format(), "{name}");
            assert_eq!(report.lost, 0, "{name}: {:?}", report.issues);
            let writers = report.inventory.writers.len();
            assert!(report.events.len() >= 20 || writers >= 2, "{name} gave nothing: {:?}", report.issues);
            // Of a zip bundle that is the size of its member.
            assert!(
                report.bytes > size * 8 / 10 && report.bytes < size * 12 / 10,
                "{name}: {}",
                report.bytes
            );
        }
    }
}
