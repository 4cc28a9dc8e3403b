//! Harms samples at random and reads what is left: nothing may panic or take long, and of an event log at least as many
//! records must be used, on average, as `evtx_dump` gives of the same bytes. `scripts/damage.sh` runs it.

// Printing is what it is for.
#![allow(clippy::print_stdout, clippy::print_stderr)]

mod harm;

use evtx::{EvtxParser, ParserSettings};
use harm::{Harm, seed};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use std::{env, fs, io, panic, process, thread};
use vsscope_model::InputReport;
use vsscope_parsers::{ReadOptions, read_bytes};

const USAGE: &str = "usage: damage [--mutations N] [--seed N] [--carve] [--verbose] FILE|FOLDER...
       damage --write NUMBER [--seed N] FILE > damaged";
/// The longest that a read may take.
const LIMIT: Duration = Duration::from_secs(5);
/// After this long the read is given up, and the run with it.
const HANG: Duration = Duration::from_secs(120);

/// All panics, also those that a reader caught.
static PANICS: AtomicU64 = AtomicU64::new(0);
/// Reads that began, to tell that one of them does not end.
static BEGUN: AtomicU64 = AtomicU64::new(0);

fn main() -> io::Result<ExitCode> {
    let options = Options::of(env::args().skip(1))?;
    if let Some(number) = options.write {
        let path = options.paths.first().ok_or_else(|| io::Error::other(USAGE))?;
        let bytes = damaged(&fs::read(path)?, &name(path), options.seed, number);
        io::Write::write_all(&mut io::stdout().lock(), &bytes)?;
        return Ok(ExitCode::SUCCESS);
    }
    panic::set_hook(Box::new(|panic| {
        if PANICS.fetch_add(1, Ordering::Relaxed) < 10 {
            eprintln!("panic in read {}: {panic}", BEGUN.load(Ordering::Relaxed));
        }
    }));
    thread::spawn(watch);
    println!(
        "{:<50} {:>5} {:>6} {:>9} {:>10} {:>10} {:>6}",
        "sample", "reads", "panics", "slowest", "records", "evtx_dump", "fewer"
    );
    let (mut reads, mut panics, mut slowest, mut missed) = (0, 0, Duration::ZERO, Vec::new());
    for path in &options.files()? {
        let row = Row::of(path, &options)?;
        println!("{}", row.text());
        missed.extend(row.missed());
        (reads, panics) = (reads + row.reads, panics + row.panics);
        slowest = slowest.max(row.slowest);
    }
    println!(
        "{reads} reads, {panics} panics, slowest {:.3} s, peak memory {} MiB",
        slowest.as_secs_f64(),
        peak()
    );
    missed.iter().for_each(|what| println!("MISSED {what}"));
    let failed = !missed.is_empty() || reads == 0;
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// What was typed.
struct Options {
    mutations: u64,
    seed: u64,
    /// Whether carved records are read as well.
    carve: bool,
    verbose: bool,
    /// Number of a mutation that is to be written and not read.
    write: Option<u64>,
    paths: Vec<PathBuf>,
}

impl Options {
    fn of(mut arguments: impl Iterator<Item = String>) -> io::Result<Self> {
        let mut options = Options {
            mutations: 1000,
            seed: 1,
            carve: false,
            verbose: false,
            write: None,
            paths: Vec::new(),
        };
        while let Some(argument) = arguments.next() {
            let mut number = || {
                let number = arguments.next().and_then(|number| number.parse().ok());
                number.ok_or_else(|| io::Error::other(USAGE))
            };
            match argument.as_str() {
                "--mutations" => options.mutations = number()?,
                "--seed" => options.seed = number()?,
                "--write" => options.write = Some(number()?),
                "--carve" => options.carve = true,
                "--verbose" => options.verbose = true,
                _ if argument.starts_with("--") => return Err(io::Error::other(USAGE)),
                _ => options.paths.push(PathBuf::from(argument)),
            }
        }
        if options.paths.is_empty() { Err(io::Error::other(USAGE)) } else { Ok(options) }
    }

    /// All files by name.
    fn files(&self) -> io::Result<Vec<PathBuf>> {
        let (mut open, mut files) = (self.paths.clone(), Vec::new());
        while let Some(path) = open.pop() {
            if path.is_dir() {
                for entry in fs::read_dir(&path)? {
                    open.push(entry?.path());
                }
            } else {
                files.push(path);
            }
        }
        files.sort();
        Ok(files)
    }
}

/// Folder and name: what a row is called and what its seeds depend on.
fn name(path: &Path) -> String {
    let folder = path.parent().and_then(Path::file_name).unwrap_or_default();
    let name = path.file_name().unwrap_or_default();
    format!("{}/{}", folder.to_string_lossy(), name.to_string_lossy())
}

fn damaged(bytes: &[u8], name: &str, base: u64, number: u64) -> Vec<u8> {
    Harm::of(number).apply(bytes.to_vec(), seed(base, name, number))
}

/// What came of one sample.
struct Row {
    name: String,
    reads: u64,
    panics: u64,
    slowest: Duration,
    ours: u64,
    /// Of event logs: the records that `evtx_dump` gives.
    theirs: Option<u64>,
    /// Of how many damaged copies it gives more.
    fewer: u64,
}

impl Row {
    fn of(path: &Path, options: &Options) -> io::Result<Self> {
        let (bytes, name) = (fs::read(path)?, name(path));
        let is_evtx = bytes.starts_with(b"ElfFile\0");
        let mut row = Row {
            name,
            reads: 0,
            panics: 0,
            slowest: Duration::ZERO,
            ours: 0,
            theirs: is_evtx.then_some(0),
            fewer: 0,
        };
        for number in 0..options.mutations {
            let damaged = damaged(&bytes, &row.name, options.seed, number);
            let (reports, time, panics) = read(&row.name, &damaged, options.carve);
            let records: u64 = reports.iter().map(|report| report.records).sum();
            row.reads += 1;
            row.panics += panics;
            row.slowest = row.slowest.max(time);
            row.ours += records;
            let told = if let Some(theirs) = &mut row.theirs {
                let given = by_evtx_dump(damaged);
                *theirs += given;
                row.fewer += u64::from(records < given);
                (records < given).then_some(given)
            } else {
                None
            };
            if options.verbose && (told.is_some() || panics > 0 || time > LIMIT) {
                let given = told.map_or(String::new(), |given| format!(" of {given}"));
                let harm = Harm::of(number);
                println!(
                    "  {} {number} ({harm:?}): {records}{given} records, {time:?}, {panics} panics; {}",
                    row.name,
                    losses(&reports)
                );
            }
        }
        Ok(row)
    }

    fn average(&self, records: u64) -> f64 {
        records as f64 / self.reads.max(1) as f64
    }

    fn text(&self) -> String {
        let Row { name, reads, panics, slowest, ours, theirs, fewer } = self;
        let (ours, slowest) = (self.average(*ours), slowest.as_secs_f64());
        let theirs = theirs.map_or("-".to_owned(), |theirs| format!("{:.1}", self.average(theirs)));
        format!("{name:<50} {reads:>5} {panics:>6} {slowest:>7.3} s {ours:>10.1} {theirs:>10} {fewer:>6}")
    }

    fn missed(&self) -> Vec<String> {
        let fewer = self.theirs.is_some_and(|theirs| self.ours < theirs);
        let targets = [
            (self.panics > 0, "panics"),
            (self.slowest > LIMIT, "a read took more than 5 s"),
            (fewer, "fewer records than evtx_dump"),
        ];
        let missed = targets.into_iter().filter(|(is_missed, _)| *is_missed);
        missed.map(|(_, what)| format!("{}: {what}", self.name)).collect()
    }
}

/// What was lost, in words.
fn losses(reports: &[InputReport]) -> String {
    let lost = reports.iter().flat_map(|report| &report.issues).filter(|issue| issue.kind.is_loss());
    lost.map(|issue| format!("{} ({})", issue.message, issue.count)).collect::<Vec<_>>().join("; ")
}

/// What was read, time, panics.
fn read(name: &str, bytes: &[u8], carve: bool) -> (Vec<InputReport>, Duration, u64) {
    let options = ReadOptions { carve, ..ReadOptions::default() };
    BEGUN.fetch_add(1, Ordering::Relaxed);
    let (before, begun) = (PANICS.load(Ordering::Relaxed), Instant::now());
    let reports = catch_unwind(AssertUnwindSafe(|| read_bytes(name, bytes, &options)));
    let time = begun.elapsed();
    (reports.unwrap_or_default(), time, PANICS.load(Ordering::Relaxed) - before)
}

/// Records that the parser of `evtx_dump` gives with the settings that it has without options, on one thread.
fn by_evtx_dump(bytes: Vec<u8>) -> u64 {
    let settings = ParserSettings::new().num_threads(1);
    let Ok(parser) = EvtxParser::from_buffer(bytes) else { return 0 };
    let count = || parser.with_configuration(settings).records_json().filter(Result::is_ok).count();
    // A panic of the other program is none of ours.
    let before = PANICS.load(Ordering::Relaxed);
    let records = catch_unwind(AssertUnwindSafe(count)).unwrap_or(0);
    PANICS.store(before, Ordering::Relaxed);
    records as u64
}

/// Ends the run when a read does not end.
fn watch() {
    let mut last = 0;
    loop {
        thread::sleep(HANG);
        let begun = BEGUN.load(Ordering::Relaxed);
        if begun == last {
            println!("MISSED read {begun} does not end");
            process::exit(1);
        }
        last = begun;
    }
}

/// Most memory that this process has had, in MiB.
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|kib| kib.trim().trim_end_matches(" kB").parse::<u64>().ok()).unwrap_or(0) / 1024
}
