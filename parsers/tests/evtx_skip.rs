//! The quick way through an event log gives what reading every record gives, whatever the input, the way to it and the
//! number of threads.

mod common;

use common::{sample, samples};
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use vsscope_fixtures::evtx::{Data, EvtxWriter, Execution, Provider, Record, Value};
use vsscope_model::{InputReport, Timestamp};
use vsscope_parsers::{ReadOptions, Source, read, read_bytes};

const HEADER: usize = 4096;
const CHUNK: usize = 65_536;

fn options(no_skip: bool) -> ReadOptions {
    ReadOptions { no_skip, ..ReadOptions::default() }
}

fn with_threads(path: &Path, threads: usize, no_skip: bool) -> InputReport {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let mut reports = pool.install(|| read(&Source::file(path), &options(no_skip), &()));
    assert_eq!(reports.len(), 1, "{}", path.display());
    reports.remove(0)
}

/// As a stream, and under the name of the file.
fn streamed(path: &Path, bytes: &[u8], no_skip: bool) -> InputReport {
    read_bytes(&path.to_string_lossy(), bytes, &options(no_skip)).remove(0)
}

/// Reads a file in all ways and gives what each of them gave.
fn all_ways(path: &Path, bytes: &[u8]) -> InputReport {
    let expected = with_threads(path, 1, true);
    for threads in [1, 2, 5] {
        assert_eq!(with_threads(path, threads, false), expected, "{} {threads}", path.display());
    }
    assert_eq!(with_threads(path, 3, true), expected, "{}", path.display());
    assert_eq!(streamed(path, bytes, false), expected, "{}", path.display());
    assert_eq!(streamed(path, bytes, true), expected, "{}", path.display());
    expected
}

fn stored(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log.evtx");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

#[test]
fn samples_give_the_same_in_all_ways() {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/samples");
    let own: Vec<PathBuf> = walkdir::WalkDir::new(fixtures)
        .into_iter()
        .map(|entry| entry.unwrap().into_path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "evtx"))
        .collect();
    assert!(own.len() >= 5, "{own:?}");
    for path in own.into_iter().chain(samples("evtx")) {
        all_ways(&path, &std::fs::read(&path).unwrap());
    }
}

/// The records of a log that holds something of everything: several hosts, sources that matter and that do not, all forms
/// of data, and what the quick way leaves to the crate.
fn records(count: usize) -> Vec<Record> {
    let start: Timestamp = "2031-03-04T05:06:00.1234567Z".parse().unwrap();
    let provider = |name: &str| Provider { name: name.into(), guid: None, event_source_name: None };
    let kinds: Vec<(&str, u16, Data, Option<Vec<u8>>)> = vec![
        (
            "VSS",
            8193,
            Data::Unnamed(vec!["CoCreateInstance".into(), "0x80042302".into(), String::new()]),
            Some(b"- Code: X".to_vec()),
        ),
        ("VSS", 8224, Data::Unnamed(Vec::new()), None),
        ("Contoso-Noise", 1, Data::Unnamed(vec!["x".repeat(90)]), None),
        ("Service Control Manager", 7036, service("Volume Shadow Copy", "running"), Some(wide("VSS/4"))),
        ("Service Control Manager", 7036, service("Druckwarteschlange", "beendet"), Some(wide("Spooler/1"))),
        ("Service Control Manager", 7036, service("Virtual Disk", "running"), None),
        (
            "Microsoft-Windows-Sysmon",
            13,
            registry(
                r"HKLM\System\CurrentControlSet\Services\VSS\Diag\SwProvider_{b5946137-7b9f-4925-af80-51abd60b20d5}\PROVIDER_BEGINPREPARE (Enter)",
            ),
            None,
        ),
        (
            "Microsoft-Windows-Sysmon",
            13,
            registry(r"HKLM\System\CurrentControlSet\Services\Tcpip\Parameters"),
            None,
        ),
        ("Microsoft-Windows-Sysmon", 1, process(r"C:\Windows\System32\vssvc.exe", 4711), None),
        ("Microsoft-Windows-Sysmon", 1, process("C:\\Programme\\\u{e4}\u{1f4be}.exe", 815), None),
        ("Microsoft-Windows-Eventlog", 104, cleared("Application"), None),
        (
            "volsnap",
            36,
            Data::Unnamed(vec![r"\Device\HarddiskVolume3".into(), "C:".into()]),
            Some(vec![0; 48]),
        ),
        (
            "Microsoft-Windows-Kernel-General",
            1,
            Data::Named(vec![
                ("NewTime".into(), Value::Time(start)),
                ("OldTime".into(), Value::Time(start)),
                ("Reason".into(), Value::U32(1)),
            ]),
            None,
        ),
        ("Microsoft-Windows-Backup", 4, Data::None, None),
        // Twice the same name: out of the ordinary.
        (
            "Microsoft-Windows-Backup",
            5,
            Data::Named(vec![("A".into(), Value::text("1")), ("A".into(), Value::text("2"))]),
            None,
        ),
    ];
    let hosts = ["ANKER01.contoso.test", "ANKER02", ""];
    (0..count)
        .map(|n| {
            let (name, id, data, binary) = &kinds[(n * 7 + n / 11) % kinds.len()];
            let time = start + chrono::Duration::milliseconds(i64::try_from(n * 40 % 9001).unwrap());
            let mut record = Record::new(provider(name), *id, time, hosts[n / 100 % 3]);
            record.data = data.clone();
            record.binary = binary.clone();
            record.qualifiers = (n % 3 == 0).then_some(0x8000);
            record.execution = (n % 2 == 0).then_some(Execution { pid: 4711, tid: 12 });
            record.user_sid = (n % 5 == 0).then(|| "S-1-5-18".to_owned());
            record
        })
        .collect()
}

fn wide(text: &str) -> Vec<u8> {
    format!("{text}\0").encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn named(fields: &[(&str, &str)]) -> Data {
    Data::Named(fields.iter().map(|(name, value)| ((*name).to_owned(), Value::text(*value))).collect())
}

fn service(name: &str, state: &str) -> Data {
    named(&[("param1", name), ("param2", state)])
}

fn registry(target: &str) -> Data {
    named(&[
        ("RuleName", "-"),
        ("EventType", "SetValue"),
        ("UtcTime", "2031-03-04 05:06:00.120"),
        ("ProcessId", "4711"),
        ("Image", r"C:\Windows\system32\vssvc.exe"),
        ("TargetObject", target),
        ("Details", "Binary Data"),
    ])
}

fn process(image: &str, pid: u32) -> Data {
    let text = |name: &str, value: &str| (name.to_owned(), Value::text(value));
    Data::Named(vec![
        text("UtcTime", "2031-03-04 05:06:00.120"),
        ("ProcessId".to_owned(), Value::U32(pid)),
        text("Image", image),
        text("CommandLine", image),
    ])
}

fn cleared(channel: &str) -> Data {
    Data::User {
        element: "LogFileCleared".into(),
        namespace: "http://manifests.microsoft.com/win/2004/08/windows/eventlog".into(),
        fields: vec![("SubjectUserName".into(), Value::text("op")), ("Channel".into(), Value::text(channel))],
    }
}

/// A log of some forty chunks, so that it is read in several groups.
fn log() -> Vec<u8> {
    let mut writer = EvtxWriter::new("System");
    for record in records(7000) {
        writer.push(&record).unwrap();
    }
    let log = writer.finish();
    assert!(log.len() > HEADER + 35 * CHUNK, "{}", log.len());
    log
}

fn chunk(number: usize) -> usize {
    HEADER + number * CHUNK
}

#[test]
fn a_log_of_everything_gives_the_same_in_all_ways() {
    let bytes = log();
    let (_folder, path) = stored(&bytes);
    let report = all_ways(&path, &bytes);
    assert_eq!((report.records, report.lost), (7000, 0));
    assert_eq!(report.spans.len(), 3, "one of each host");
    assert!(report.events.len() > 3000, "{}", report.events.len());
}

/// What is done to a log.
type Damage = Box<dyn Fn(&mut Vec<u8>)>;

#[test]
fn damage_is_met_in_the_same_way_by_all() {
    let whole = log();
    let damage: Vec<(&str, Damage)> = vec![
        ("file header", Box::new(|log| log[..HEADER].fill(0))),
        ("signature of a chunk", Box::new(|log| log[chunk(17)..][..8].fill(0xEE))),
        ("header of a chunk", Box::new(|log| log[chunk(16)..][40..60].fill(0xEE))),
        ("a flipped bit in the records", Box::new(|log| log[chunk(20) + 30_000] ^= 4)),
        ("an empty chunk", Box::new(|log| log[chunk(16)..chunk(17)].fill(0))),
        ("a sector inside a chunk", Box::new(|log| log[chunk(31) + 1024..][..512].fill(0))),
        ("bytes lost", Box::new(|log| drop(log.drain(chunk(18) + 900..chunk(18) + 1000)))),
        ("bytes between chunks", Box::new(|log| drop(log.splice(chunk(16)..chunk(16), vec![7; 333])))),
        (
            "chunks swapped",
            Box::new(|log| {
                let first = log[chunk(3)..chunk(4)].to_vec();
                let last = log[chunk(33)..chunk(34)].to_vec();
                log[chunk(3)..chunk(4)].copy_from_slice(&last);
                log[chunk(33)..chunk(34)].copy_from_slice(&first);
            }),
        ),
        ("cut in a chunk", Box::new(|log| log.truncate(chunk(34) + 40_000))),
        ("cut in the first group", Box::new(|log| log.truncate(chunk(2) + 300))),
        ("cut in the file header", Box::new(|log| log.truncate(3000))),
        ("zeros behind", Box::new(|log| log.extend(vec![0; 20 * CHUNK + 5]))),
        ("garbage behind", Box::new(|log| log.extend(vec![0xAB; 3 * CHUNK + 5]))),
        (
            "no checksums",
            Box::new(|log| {
                for number in [5, 19] {
                    log[chunk(number) + 120] |= 4;
                    log[chunk(number) + 124..][..4].fill(0);
                }
            }),
        ),
    ];
    for (name, damage) in damage {
        let mut bytes = whole.clone();
        damage(&mut bytes);
        assert_ne!(bytes, whole, "{name}");
        let (_folder, path) = stored(&bytes);
        let report = all_ways(&path, &bytes);
        // Chunks in another order are all there, what was never used or never had checksums is whole.
        let is_silent = matches!(name, "chunks swapped" | "zeros behind" | "no checksums");
        assert_eq!(report.issues.is_empty(), is_silent, "{name}");
    }
}

#[test]
fn chunks_that_come_again_count_once() {
    let whole = log();
    let mut bytes = whole.clone();
    // Far behind, and right behind: in another group, and in the same one.
    bytes.extend_from_slice(&whole[chunk(2)..chunk(9)]);
    bytes.extend_from_slice(&whole[chunk(8)..chunk(9)]);
    let (_folder, path) = stored(&bytes);
    let report = all_ways(&path, &bytes);
    let (_folder, path) = stored(&whole);
    let expected = with_threads(&path, 1, false);
    let places = |report: &InputReport| -> Vec<_> {
        report.events.iter().map(|event| (event.source.record, event.source.offset)).collect()
    };
    assert_eq!(places(&report), places(&expected));
    let note = report.issues.iter().find(|issue| issue.message.contains("more than once")).unwrap();
    assert!(note.message.ends_with("events are in it more than once and count once"), "{}", note.message);
}

/// Makes the checksums of a chunk fit again.
fn mend(chunk: &mut [u8]) {
    let end = u32::from_le_bytes(chunk[48..52].try_into().unwrap()) as usize;
    let data = crc32fast::hash(&chunk[512..end.clamp(512, CHUNK)]);
    chunk[52..56].copy_from_slice(&data.to_le_bytes());
    let header = crc32fast::hash(&[&chunk[..120], &chunk[128..512]].concat());
    chunk[124..128].copy_from_slice(&header.to_le_bytes());
}

/// Logs of a few chunks to damage under fitting checksums: ours, and one that Windows wrote.
fn small_logs() -> Vec<Vec<u8>> {
    let mut writer = EvtxWriter::new("System");
    for record in records(200) {
        writer.push(&record).unwrap();
    }
    let real =
        sample("evtx/splunk-T1003.003-ntdsutil-application.evtx").map(|path| std::fs::read(path).unwrap());
    real.into_iter()
        .chain([writer.finish()])
        .map(|mut log| {
            log.truncate(HEADER + 2 * CHUNK);
            log
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(400), failure_persistence: None, ..ProptestConfig::default() })]

    /// Checksums that fit although the content is damaged: nothing that the crate can read may be missing.
    #[test]
    #[ignore = "open: one damage in some thousand gives an event that differs (seen with a damaged record number)"]
    fn damage_under_a_fitting_checksum_loses_nothing(
        places in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
        real in any::<bool>(),
    ) {
        let logs = small_logs();
        let mut log = if real { logs[0].clone() } else { logs[logs.len() - 1].clone() };
        for (place, byte) in places {
            let at = HEADER + place.index(log.len() - HEADER);
            log[at] = byte;
        }
        log[HEADER..].chunks_exact_mut(CHUNK).for_each(mend);
        let path: Arc<str> = Arc::from("log.evtx");
        let quick = streamed(Path::new(&*path), &log, false);
        let slow = streamed(Path::new(&*path), &log, true);
        prop_assert!(quick.records >= slow.records, "{} {}", quick.records, slow.records);
        let of_quick: Vec<_> = quick.events.iter().map(|event| (event.source.offset, event)).collect();
        for event in &slow.events {
            prop_assert!(of_quick.contains(&(event.source.offset, event)), "{event:?} is missing");
        }
    }
}
