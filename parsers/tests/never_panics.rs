//! Whatever the input, reading gives a report.

mod common;

use common::{read_bytes, sample};
use proptest::prelude::*;
use vsscope_parsers::{Format, ReadOptions, Source, read};

/// Bytes that get past the detection of formats: true beginnings with anything behind them.
fn beginnings() -> impl Strategy<Value = Vec<u8>> {
    let heads: Vec<&'static [u8]> = vec![
        b"",
        b"ElfFile\0",
        b"ElfChnk\0",
        b"PK\x03\x04",
        b"{\"SourceName\":\"VSS\",\"EventID\":8224,",
        b"{\"Event\":{\"System\":{\"Provider\":{\"#attributes\":{\"Name\":\"VSS\"}},",
        b"[{\"winlog\":{\"event_id\":\"1\"}},",
        b"{\"schema\":\"vsscope.events/1\",",
        b"\xEF\xBB\xBF{",
        b"Record 1\n",
    ];
    (prop::sample::select(heads), prop::collection::vec(any::<u8>(), 0..3000))
        .prop_map(|(head, rest)| [head, &rest].concat())
}

/// Text made of the pieces that the cutter and the forms look for.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        "\"",
        "\\",
        "\n",
        "\r\n",
        ",",
        ":",
        " ",
        "null",
        "1",
        "Record 3",
        "\"Event\":",
        "\"System\":",
        "\"SourceName\":\"VSS\"",
        "\"EventID\":8224",
        "\"winlog\":",
        "\"event_id\":1",
        "\"TimeCreated\":\"2031-03-07T04:05:06Z\"",
        "\"UtcTime\":\"2031-03-07 04:05:06\"",
        "\u{e4}",
        "\"schema\":\"vsscope.events/1\"",
    ]);
    prop::collection::vec(piece, 0..200).prop_map(|pieces| pieces.concat().into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes_give_one_report_and_account_for_all_of_them(bytes in prop_oneof![beginnings(), pieces()]) {
        let report = read_bytes(&bytes);
        prop_assert!(report.bytes <= bytes.len() as u64);
        prop_assert!(report.records > 0 || !report.issues.is_empty(), "nothing read and nothing said: {}", report.format);
        prop_assert_eq!(report.spans.iter().map(|span| span.records).sum::<u64>(), report.records);
    }

    #[test]
    fn any_bytes_as_any_format_give_a_report(bytes in prop_oneof![beginnings(), pieces()], format in prop::sample::select(Format::ALL.to_vec())) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("input");
        std::fs::write(&path, &bytes).unwrap();
        read(&Source::file(path), &ReadOptions { format: Some(format), ..ReadOptions::default() }, &());
    }

    #[test]
    fn any_damage_to_a_log_gives_a_report(flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..60)) {
        let Some(path) = sample("evtx/mandumpal-application.evtx") else { return Ok(()) };
        let mut log = std::fs::read(path).unwrap();
        for (index, value) in flips {
            // The records of this log lie in the first 45 KB.
            let at = index.index(45_000.min(log.len()));
            log[at] = value;
        }
        let report = read_bytes(&log);
        prop_assert!(report.records + report.lost <= 120, "{} read, {} lost of 49", report.records, report.lost);
    }
}

#[test]
fn the_longer_the_rest_of_a_log_the_more_records_it_gives() {
    let Some(path) = sample("evtx/mandumpal-application.evtx") else { return };
    let log = std::fs::read(path).unwrap();
    let mut most = 0;
    for length in (0..=log.len()).step_by(611).chain([log.len()]) {
        let report = read_bytes(&log[..length]);
        assert!(report.records >= most, "{} records at {length} bytes, {most} before", report.records);
        assert!(
            length < 4608 || report.records + report.lost == 49,
            "{length}: {} {}",
            report.records,
            report.lost
        );
        most = report.records;
    }
    assert_eq!(most, 49);
}
