//! The log of the SQL Server writer in the shape of `formats/console.md` 4.

mod common;

use common::{issues, read_bytes};
use vsscope_model::{Callback, Clock, Edge, HResult, InputReport, IssueKind, TimeBasis, What};
use vsscope_parsers::{ReadOptions, Source, read};

const BANNER: &str = "[03/07/2031 04:00:00, TID 1a2c] ****************************************
[03/07/2031 04:00:00, TID 1a2c] **  SQLWRITER TRACING STARTED - ProcessId: 0x2b1c
[03/07/2031 04:00:00, TID 1a2c] **  Recording events in Server Local Time. UTC OFFSET: -8:00
[03/07/2031 04:00:00, TID 1a2c] ****************************************
";

const BACKUP: &str = "[03/07/2031 04:05:00, TID 3f8] Entering SQL Writer OnPrepareBackup.
[03/07/2031 04:05:00, TID 3f8] Component based backup selected.
[03/07/2031 04:05:00, TID 3f8] Backup type is VSS_BT_FULL
[03/07/2031 04:05:01, TID 3f8] Entering SQL Writer OnPrepareSnapshot.
[03/07/2031 04:05:01, TID 3f8] **  VSS SQL BACKUP BEGIN - ID: 3f8
[03/07/2031 04:05:02, TID 3f8] Entering SQL Writer OnFreeze.
[03/07/2031 04:05:04, TID 3f8] Entering SQL Writer OnThaw.
[03/07/2031 04:05:05, TID 3f8] Entering SQL Writer OnPostSnapshot.
[03/07/2031 04:06:00, TID 3f8] Entering SQL Writer OnBackupComplete.
";

fn callbacks(report: &InputReport) -> Vec<(Callback, String)> {
    let of = |what: &What| match what {
        What::Callback { callback, edge: Edge::Entered, accepted: None } => Some(callback.clone()),
        _ => None,
    };
    report.events.iter().filter_map(|e| Some((of(&e.what)?, e.time.format("%T").to_string()))).collect()
}

#[test]
fn entries_are_callbacks_in_utc_by_the_offset_of_the_banner() {
    let report = read_bytes(format!("{BANNER}{BACKUP}").as_bytes());
    assert_eq!((report.format.as_str(), report.times.clone()), ("sqlwriter-log", TimeBasis::Utc));
    let expected = [
        (Callback::PrepareBackup, "12:05:00"),
        (Callback::PrepareSnapshot, "12:05:01"),
        (Callback::Freeze, "12:05:02"),
        (Callback::Thaw, "12:05:04"),
        (Callback::PostSnapshot, "12:05:05"),
        (Callback::BackupComplete, "12:06:00"),
    ];
    assert_eq!(callbacks(&report), expected.map(|(callback, time)| (callback, time.to_owned())));
    for event in &report.events {
        assert_eq!((event.process.pid, event.process.tid), (Some(0x2b1c), Some(0x3f8)));
        assert_eq!((event.clock, event.resolution_ns), (Clock::Trace, Some(1_000_000_000)));
        let writer = event.writer.as_ref().unwrap();
        assert_eq!(writer.class_id.unwrap().to_string(), "a65faa63-5ea8-4ebc-9dbd-a0c4db26912a");
    }
    assert_eq!((report.records, report.lost), (13, 0));
    let [span] = &report.spans[..] else { panic!() };
    assert_eq!((span.records, span.first.to_rfc3339().as_str()), (13, "2031-03-07T12:00:00+00:00"));
    let text = report.text.unwrap();
    assert_eq!((text.lines, text.parsed, text.unknown), (13, 13, 0));
}

#[test]
fn a_log_without_its_banner_has_local_times() {
    let report = read_bytes(BACKUP.as_bytes());
    assert_eq!((report.times.clone(), report.events[0].clock), (TimeBasis::Local, Clock::Unzoned));
    assert_eq!((callbacks(&report)[0].1.as_str(), report.events[0].process.pid), ("04:05:00", None));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("input");
    std::fs::write(&path, BACKUP).unwrap();
    let zone = Some("America/Los_Angeles".parse().unwrap());
    let report = read(&Source::file(path), &ReadOptions { zone, ..ReadOptions::default() }, &()).remove(0);
    assert_eq!((callbacks(&report)[0].1.as_str(), report.events[0].clock), ("12:05:00", Clock::Zone));
}

// Torn database: OnPrepareSnapshot, the code, OnAbort.
#[test]
fn a_failure_stands_in_the_callback_that_was_entered_last() {
    let text = format!(
        "{BANNER}[03/07/2031 04:05:01, TID 3f8] Entering SQL Writer OnPrepareSnapshot.
[03/07/2031 04:05:01, TID 3f8] HRESULT EXCEPTION CAUGHT: hr: 0x80780002
[03/07/2031 04:05:01, TID 77] HRESULT EXCEPTION CAUGHT: hr: 0x80780003
[03/07/2031 04:05:01, TID 3f8] Entering SQL Writer OnAbort.
"
    );
    let report = read_bytes(text.as_bytes());
    let What::Failure(failure) = &report.events[1].what else { panic!() };
    assert_eq!((&*failure.frames[0].function, failure.reason.as_deref()), ("OnPrepareSnapshot", None));
    assert_eq!(report.events[1].hresult(), Some(HResult(0x8078_0002)));
    let What::Failure(other) = &report.events[2].what else { panic!() };
    assert!(other.frames.is_empty());
    assert_eq!(callbacks(&report)[1].0, Callback::Abort);
}

#[test]
fn names_before_the_text_and_two_bytes_per_character_are_read() {
    let text = format!(
        "{BANNER}[03/07/2031 04:05:02, TID 3f8] CSqlWriter::OnFreeze: Entering SQL Writer OnFreeze.\r\n"
    );
    let wide: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    for bytes in [text.into_bytes(), wide] {
        assert_eq!(callbacks(&read_bytes(&bytes)), [(Callback::Freeze, "12:05:02".to_owned())]);
    }
}

#[test]
fn a_second_service_start_has_its_own_offset_and_process() {
    let later = BANNER.replace("-8:00", "-7:00").replace("0x2b1c", "0x99").replace("03/07", "04/07");
    let backup = BACKUP.replace("03/07", "04/07");
    let report = read_bytes(format!("{BANNER}{BACKUP}{later}{later}{backup}").as_bytes());
    let last = report.events.last().unwrap();
    assert_eq!(
        (last.time.to_rfc3339().as_str(), last.process.pid),
        ("2031-04-07T11:06:00+00:00", Some(0x99))
    );
    assert_eq!(report.times, TimeBasis::Utc);
}

#[test]
fn a_log_that_ends_inside_a_record_is_truncated() {
    let report = read_bytes(format!("{BANNER}{BACKUP}[03/07/2031 04:0").as_bytes());
    assert_eq!((issues(&report, IssueKind::Truncated).len(), report.lost), (1, 1));
    assert_eq!(report.events.len(), 6);
}
