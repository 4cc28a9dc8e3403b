//! Real event logs of the reference folder: what the crate's own file parser finds, we find too.

mod common;

use common::{issues, read_one, sample, samples};
use evtx::err::EvtxError;
use std::path::Path;
use vsscope_model::IssueKind;

/// What the crate's own parser makes of a file: records, records that fail, chunks that fail.
fn by_the_crate(path: &Path) -> (u64, u64, u64) {
    let mut parser = evtx::EvtxParser::from_path(path).unwrap();
    parser.records().fold((0, 0, 0), |(records, failed, chunks), record| match record {
        Ok(_) => (records + 1, failed, chunks),
        Err(EvtxError::FailedToParseChunk { .. }) => (records, failed, chunks + 1),
        Err(_) => (records, failed + 1, chunks),
    })
}

#[test]
fn every_record_that_the_crate_yields_is_counted() {
    for path in samples("evtx") {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let report = read_one(&path);
        let (records, failed, bad_chunks) = by_the_crate(&path);
        let skipped = !issues(&report, IssueKind::SkippedBytes).is_empty();
        assert_eq!(skipped, bad_chunks > 0, "{name}");
        if name == "plaso-2015-system2.evtx" {
            // The crate ends with the last whole chunk; we read what is there of the one that was cut.
            assert!(
                report.records > records && report.lost > 0,
                "{name}: {} {}",
                report.records,
                report.lost
            );
        } else {
            assert_eq!((report.records, report.lost), (records, failed), "{name}");
        }
        assert_eq!(report.spans.iter().map(|span| span.records).sum::<u64>(), report.records, "{name}");
        assert_eq!(report.bytes, path.metadata().unwrap().len(), "{name}");
    }
}

#[test]
fn counts_are_those_of_the_description_of_the_samples() {
    // `samples/SOURCES.md` 1.2, column "live".
    for (name, live) in [
        ("mandumpal-application.evtx", 49),
        ("omerbenamram-2-vss_7-system.evtx", 1160),
        ("omerbenamram-security-bad-string-cache.evtx", 2261),
        ("omerbenamram-security.evtx", 2261),
        ("omerbenamram-shell-core-operational.evtx", 1146),
        ("omerbenamram-sysmon.evtx", 358),
        ("omerbenamram-zero-data-size-event.evtx", 449),
        ("plaso-2015-system.evtx", 5009),
        ("plaso-win7-system.evtx", 1601),
        ("splunk-T1003.003-ntdsutil-application.evtx", 171),
        ("splunk-capattack-T1003.001-system.evtx", 0),
        ("velocidex-security.evtx", 739),
    ] {
        let Some(path) = sample(&format!("evtx/{name}")) else { return };
        assert_eq!(read_one(&path).records, live, "{name}");
    }
}

#[test]
fn a_log_that_was_not_closed_is_read_beyond_its_header() {
    let Some(path) = sample("evtx/omerbenamram-2-vss_7-system.evtx") else { return };
    let report = read_one(&path);
    let notes: Vec<&str> =
        issues(&report, IssueKind::Note).iter().map(|issue| issue.message.as_str()).collect();
    assert!(notes.iter().any(|note| note.contains("4 in the file header, 11 found")), "{notes:?}");
    // The chunk headers name ids 1..=1155 and 1418..=1422.
    let hole = issues(&report, IssueKind::Note).into_iter().find(|issue| issue.count == 262).unwrap();
    assert_eq!(hole.message, "record ids 1156–1417 are not in the file");
    assert!(!report.issues.iter().any(|issue| issue.kind.is_loss()));
}

#[test]
fn a_damaged_table_of_strings_costs_nothing() {
    let (Some(bad), Some(sound)) = (
        sample("evtx/omerbenamram-security-bad-string-cache.evtx"),
        sample("evtx/omerbenamram-security.evtx"),
    ) else {
        return;
    };
    let (bad, sound) = (read_one(&bad), read_one(&sound));
    let content = |report: &vsscope_model::InputReport| {
        let strip = |event: &vsscope_model::Event| {
            let mut event = event.clone();
            event.source.input = std::sync::Arc::from("");
            event
        };
        report.events.iter().map(strip).collect::<Vec<_>>()
    };
    assert_eq!(content(&bad), content(&sound));
    assert_eq!(bad.spans, sound.spans);
    assert_eq!(issues(&bad, IssueKind::Checksum)[0].place, "offset 0x1000");
    assert_eq!(sound.issues, []);
}

#[test]
fn events_say_where_they_were_read() {
    let Some(path) = sample("evtx/mandumpal-application.evtx") else { return };
    let bytes = std::fs::read(&path).unwrap();
    let report = read_one(&path);
    let vss: Vec<_> = report.events.iter().filter(|event| &*event.provider == "VSS").collect();
    // VSS 8212 ×4 and 8225 ×2.
    let count = |id| vss.iter().filter(|event| event.event_id == Some(id)).count();
    assert_eq!((count(8212), count(8225), vss.len()), (4, 2, 6));
    for event in vss {
        let at = usize::try_from(event.source.offset.unwrap()).unwrap();
        assert_eq!(bytes[at..at + 4], [0x2a, 0x2a, 0, 0]);
        let id = u64::from_le_bytes(bytes[at + 8..at + 16].try_into().unwrap());
        assert_eq!(event.source.record, Some(id));
        assert_eq!(event.source.channel.as_deref(), Some("Application"));
    }
    assert!(report.events.iter().all(|event| !(event.event_id == Some(8224) && &*event.provider != "VSS")));
}

#[test]
fn a_cut_file_gives_what_is_there_and_counts_what_is_not() {
    let Some(path) = sample("evtx/plaso-2015-system2.evtx") else { return };
    let report = read_one(&path);
    // Chunk headers: records 1–104, 105–194, 195–284; the file ends in the third chunk.
    assert_eq!(report.records + report.lost, 284);
    assert!(report.records > 194, "{}", report.records);
    assert_eq!(issues(&report, IssueKind::Truncated)[0].place, "offset 0x21000");
    assert!(issues(&report, IssueKind::Header)[0].message.contains("96 in the file header, 3 found"));
}
