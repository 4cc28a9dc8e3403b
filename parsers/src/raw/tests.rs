//! Places, ids and damage: what is there is found, and nothing that is not.

use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::io::Write;
use vsscope_fixtures::{Scenario, etl as etl_files, trace, windows};
use vsscope_model::RawLine;

fn opened(bytes: &[u8]) -> (tempfile::TempDir, Opened) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("input");
    std::fs::write(&path, bytes).unwrap();
    let source = Source { path: Arc::from("input"), ..Source::file(path) };
    let opened = Opened::open(&source).unwrap();
    (folder, opened)
}

fn find(bytes: &[u8], spot: Spot, context: usize) -> Vec<RawRecord> {
    let (_folder, opened) = opened(bytes);
    let name = opened.names().remove(0);
    opened.find(&name, &spot, context, &ReadOptions::default()).unwrap()
}

fn record(record: u64) -> Spot {
    Spot { record: Some(record), ..Spot::default() }
}

fn line(line: u64) -> Spot {
    Spot { line: Some(line), ..Spot::default() }
}

fn offset(offset: u64) -> Spot {
    Spot { offset: Some(offset), ..Spot::default() }
}

fn scenario() -> Scenario {
    Scenario::by_id("writer-failed-at-freeze").unwrap()
}

fn logs() -> BTreeMap<String, Vec<u8>> {
    windows::write_evtx(&scenario()).unwrap()
}

fn lines_of(found: &[RawRecord]) -> Vec<(u64, String, bool)> {
    let [RawRecord { raw: Raw::Text { lines }, .. }] = found else { panic!("{found:?}") };
    lines.iter().map(|RawLine { number, text, meant }| (*number, text.clone(), *meant)).collect()
}

#[test]
fn a_record_of_a_log_is_found_by_id_and_by_offset() {
    let log = logs().remove("System.evtx").unwrap();
    let by_id = find(&log, record(1), 0);
    let [RawRecord { raw: Raw::Xml { xml }, spot, format, .. }] = &by_id[..] else { panic!("{by_id:?}") };
    assert!(xml.contains("<EventRecordID>1</EventRecordID>"), "{xml}");
    // The first record lies behind the file header and the chunk header ([MS-EVEN6]; libevtx).
    assert_eq!((spot.offset, format.as_str()), (Some(4096 + 512), "evtx"));
    assert_eq!(find(&log, offset(4096 + 512), 0), by_id);
    assert!(find(&log, offset(4096 + 513), 0).is_empty());
    assert!(find(&log, record(999_999), 0).is_empty());
}

#[test]
fn a_record_is_found_in_a_chunk_whose_names_and_header_are_damaged() {
    let mut log = logs().remove("System.evtx").unwrap();
    let sound = find(&log, record(1), 0);
    log[..128].fill(0xAA);
    log[4096 + 128..4096 + 384].fill(0xFF);
    assert_eq!(find(&log, record(1), 0), sound);
}

#[test]
fn lines_have_their_context_and_numbers() {
    let text = b"one\r\ntwo\r\nthree\r\nfour";
    let expected = |from: u64, texts: &[&str], meant: u64| -> Vec<(u64, String, bool)> {
        (from..).zip(texts).map(|(n, text)| (n, (*text).to_owned(), n == meant)).collect()
    };
    assert_eq!(lines_of(&find(text, line(2), 1)), expected(1, &["one", "two", "three"], 2));
    assert_eq!(lines_of(&find(text, line(1), 1)), expected(1, &["one", "two"], 1));
    assert_eq!(lines_of(&find(text, line(4), 2)), expected(2, &["two", "three", "four"], 4));
    assert_eq!(lines_of(&find(text, line(3), 0)), expected(3, &["three"], 3));
    assert!(find(text, line(5), 3).is_empty());
    assert!(find(text, line(0), 3).is_empty());
}

#[test]
fn a_line_of_a_trace_is_found_by_an_offset_inside_of_it() {
    let (_, text) =
        trace::registry(&scenario(), &trace::RegistryOptions::default()).unwrap().pop_first().unwrap();
    let numbered = lines_of(&find(&text, line(5), 0));
    let start = find(&text, line(5), 0)[0].spot.offset.unwrap();
    for at in [start, start + 1] {
        assert_eq!(lines_of(&find(&text, offset(at), 0)), numbered);
    }
    assert_ne!(lines_of(&find(&text, offset(start - 1), 0)), numbered);
    assert!(find(&text, offset(1 << 40), 0).is_empty());
}

#[test]
fn a_value_of_a_registry_export_is_given_to_its_end() {
    let text = "Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\VSS\\Diag\\SPP]\r\n\
                \"Enter\"=hex:01,02,\\\r\n  03,04,\\\r\n  05\r\n\"Leave\"=hex:01\r\n";
    let shown = lines_of(&find(text.as_bytes(), line(4), 0));
    let numbers: Vec<(u64, bool)> = shown.iter().map(|(n, _, meant)| (*n, *meant)).collect();
    assert_eq!(numbers, [(4, true), (5, true), (6, true)]);
}

#[test]
fn an_object_is_given_as_it_stands() {
    let first = r#"{"SourceName":"VSS","EventID":8224,"RecordNumber":7,  "Channel":"Application","Hostname":"H1","TimeCreated":"2031-03-07T04:05:06Z"}"#;
    let second = first.replace(r#""RecordNumber":7"#, r#""RecordNumber":70"#);
    let text = format!("{first}\n{second}\n");
    for (spot, expected, number) in [(line(1), first, 7), (record(7), first, 7), (record(70), &second, 70)] {
        let found = find(text.as_bytes(), spot, 0);
        let [RawRecord { raw: Raw::Json { json }, spot, .. }] = &found[..] else { panic!("{found:?}") };
        assert_eq!((json.as_str(), spot.record), (expected, Some(number)));
    }
    assert!(find(text.as_bytes(), record(8), 0).is_empty());
}

#[test]
fn an_event_of_a_trace_has_its_header_and_its_fields() {
    let (_, file) = etl_files::write(&scenario(), false).unwrap().pop_first().unwrap();
    let mut offsets = Vec::new();
    for report in crate::read_bytes("vss.etl", &file, &ReadOptions::default()) {
        offsets.extend(report.events.iter().filter_map(|event| event.source.offset));
    }
    let first = *offsets.first().unwrap();
    let found = find(&file, offset(first), 0);
    let [RawRecord { raw: Raw::Bytes { fields, bytes, within, .. }, .. }] = &found[..] else {
        panic!("{found:?}")
    };
    let value = |name: &str| fields.iter().find(|field| field.name == name).map(|field| field.value.as_str());
    // The class of the registered schema.
    assert_eq!(value("provider"), Some("77d8f687-8130-4a14-b8a6-3b922e05b99c"));
    assert!(value("function").is_some() && value("file").is_some(), "{fields:?}");
    assert!(!bytes.is_empty() && *within == "payload");
    assert!(find(&file, offset(first + 1), 0).is_empty());
}

#[test]
fn bytes_of_a_cell_are_as_many_as_it_says() {
    let mut hive = vec![0_u8; 0x2000];
    hive[..4].copy_from_slice(b"regf");
    hive[0x1020..0x1024].copy_from_slice(&(-24_i32).to_le_bytes());
    hive[0x1024] = 7;
    let (_folder, opened) = opened(&hive);
    let options = ReadOptions { format: Some(Format::RegistryHive), ..ReadOptions::default() };
    let found = opened.find(&opened.names()[0], &offset(0x1020), 0, &options).unwrap();
    let [RawRecord { raw: Raw::Bytes { bytes, first, .. }, .. }] = &found[..] else { panic!("{found:?}") };
    assert_eq!((bytes.len(), bytes[4], *first), (24, 7, 0x1020));
}

#[test]
fn members_of_an_archive_are_inputs_of_their_own_also_without_its_directory() {
    let log = logs().remove("System.evtx").unwrap();
    let mut writer = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
    let plain = zip::write::SimpleFileOptions::default();
    for (name, bytes) in [("a/one.txt", &b"one\ntwo\n"[..]), ("a/System.evtx", &log)] {
        writer.start_file(name, plain).unwrap();
        writer.write_all(bytes).unwrap();
    }
    let whole = writer.finish().unwrap().into_inner();
    for bytes in [&whole[..], &whole[..whole.len() - 10]] {
        let (_folder, opened) = opened(bytes);
        let names = opened.names();
        let tails: Vec<&str> = names.iter().map(|name| name.rsplit('!').next().unwrap()).collect();
        assert_eq!(tails, ["a/one.txt", "a/System.evtx"]);
        let found = opened.find(&names[1], &record(1), 0, &ReadOptions::default()).unwrap();
        assert_eq!(found[0].raw, find(&log, record(1), 0)[0].raw);
        let found = opened.find(&names[0], &line(2), 0, &ReadOptions::default()).unwrap();
        assert_eq!(lines_of(&found), [(2, "two".to_owned(), true)]);
    }
}

/// Files of every kind of reader, small.
fn files() -> Vec<Vec<u8>> {
    let mut files: Vec<Vec<u8>> = logs().into_values().collect();
    files.extend(trace::registry(&scenario(), &trace::RegistryOptions::default()).unwrap().into_values());
    for compressed in [false, true] {
        files.extend(etl_files::write(&scenario(), compressed).unwrap().into_values());
    }
    files
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damage_never_stops_the_search(
        file in 0_usize..8, cut in any::<prop::sample::Index>(), flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        number in 0_u64..200, at in any::<prop::sample::Index>(),
    ) {
        let files = files();
        let mut bytes = files[file % files.len()].clone();
        for (place, value) in flips {
            let place = place.index(bytes.len());
            bytes[place] ^= value;
        }
        bytes.truncate(cut.index(bytes.len() + 1));
        let at = at.index(bytes.len().max(1)) as u64;
        for spot in [record(number), line(number), offset(at), offset(at & !7), Spot::default()] {
            let found = find(&bytes, spot, 2);
            prop_assert!(found.len() <= MOST);
        }
    }
}
