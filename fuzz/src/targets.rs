//! One function per target: bytes in, a panic if something is wrong.

use crate::account::{self, as_format, read_one, timed};
use crate::archive;
use crate::binxml;
use crate::budget::Budget;
use crate::chunk;
use evtx::{EvtxChunkData, ParserSettings};
use std::sync::Arc;
use std::time::Duration;
use vsscope_parsers::trace::Profile;
use vsscope_parsers::{Format, ReadOptions};

/// Any bytes; what they are is found out.
pub fn detect(bytes: &[u8]) {
    // It may be an event log.
    let reports = account::read_within(&EVTX, bytes, &ReadOptions::default());
    let said = |report: &vsscope_model::InputReport| report.records > 0 || !report.issues.is_empty();
    assert!(!reports.is_empty(), "what was named gives a report");
    assert!(reports.iter().all(|report| said(report) || has_inventory(report)), "nothing said");
}

fn has_inventory(report: &vsscope_model::InputReport) -> bool {
    report.inventory != vsscope_model::Inventory::default() || report.text.is_some()
}

/// An event log as it comes, from the file header or from a chunk on.
pub fn evtx(bytes: &[u8]) {
    timed(&account::read_one_within(&EVTX, bytes, &as_format(Format::Evtx)));
}

/// An event log whose chunks and checksums are made around fuzzed records.
pub fn evtx_chunks(bytes: &[u8]) {
    let log = chunk::log(bytes);
    let report = account::read_within(&EVTX, &log, &as_format(Format::Evtx));
    timed(&report[0]);
}

/// An event log of Binary XML that is grown to be well formed.
pub fn evtx_binxml(bytes: &[u8]) {
    let log = binxml::chunk_of(bytes);
    let report = account::read_within(&EVTX, &log, &as_format(Format::Evtx));
    timed(&report[0]);
}

/// What chunks of 64 KiB may cost: templates can repeat what a record holds.
const EVTX: Budget = Budget {
    memory: 64 << 20,
    memory_per_byte: 64,
    time: Duration::from_millis(800),
    time_per_byte: Duration::from_micros(4),
};

/// The crate `evtx` alone, on a chunk with checksums that fit: JSON and XML of every record.
pub fn evtx_crate(bytes: &[u8]) {
    let (grown, bytes) = bytes.split_first().map_or((false, bytes), |(first, rest)| (first & 1 != 0, rest));
    let chunk = if grown { binxml::chunk_of(bytes) } else { chunk::chunk(&[], bytes, 1) };
    EVTX.spend(chunk.len(), || {
        let settings = Arc::new(ParserSettings::new().num_threads(1).indent(false).validate_checksums(true));
        let Ok(mut data) = EvtxChunkData::new(chunk.clone(), true) else { panic!("the checksums fit") };
        let Ok(mut parsed) = data.parse(settings) else { return };
        let mut records = 0;
        for record in parsed.iter() {
            records += 1;
            let Ok(record) = record else { continue };
            let _ = record.into_json_bytes();
        }
        let most = (chunk::CHUNK - chunk::HEADER) / 28;
        assert!(records <= 2 * most, "{records} records in a chunk");
    });
}

/// Trace text.
pub fn trace(bytes: &[u8]) {
    let (options, text) = with_zone(bytes, &[Format::VssTrace]);
    let report = read_one(text, &options);
    assert!(
        report.text.is_some() || text.is_empty() || !report.issues.is_empty(),
        "not told how it was read"
    );
}

/// Event traces.
pub fn etl(bytes: &[u8]) {
    read_one(bytes, &as_format(Format::Etl));
}

/// Hives.
pub fn hive(bytes: &[u8]) {
    read_one(bytes, &as_format(Format::RegistryHive));
}

/// Exports and queries of the registry.
pub fn registry(bytes: &[u8]) {
    let (options, text) = with_zone(bytes, &[Format::RegistryExport, Format::RegistryQuery]);
    read_one(text, &options);
}

/// Output of tools.
pub fn console(bytes: &[u8]) {
    let tools = [Format::Vssadmin, Format::Diskshadow, Format::Vshadow, Format::SqlWriterLog];
    let (options, text) = with_zone(bytes, &tools);
    read_one(text, &options);
}

/// JSON in its forms.
pub fn json(bytes: &[u8]) {
    let forms = [Format::NxlogJson, Format::EvtxDumpJson, Format::WinlogbeatJson, Format::VsscopeEvents];
    let (options, text) = with_zone(bytes, &forms);
    timed_unless_blank(text, &read_one(text, &options));
}

/// Blank text is no error in a list of objects.
fn timed_unless_blank(text: &[u8], report: &vsscope_model::InputReport) {
    if text.iter().any(|byte| !b" \t\r\n,[]\xEF\xBB\xBF".contains(byte)) && !starts_with_head(text) {
        timed(report);
    }
}

/// `Record 12` between objects is passed over.
fn starts_with_head(text: &[u8]) -> bool {
    text.windows(7).any(|window| window == b"Record ")
}

/// Archives: of members that are made around the bytes, or the bytes themselves.
pub fn zip(bytes: &[u8]) {
    let (made, bytes) = bytes.split_first().map_or((false, bytes), |(first, rest)| (first & 1 != 0, rest));
    let archive = if made { archive::zip(bytes) } else { [b"PK\x03\x04", bytes].concat() };
    let reports = account::read_within(&ZIP, &archive, &ReadOptions::default());
    assert!(!reports.is_empty(), "an archive that was named gives a report");
}

/// What an archive may cost: deflate reaches 1:1000, and heads of members are 4 MiB.
const ZIP: Budget = Budget { memory: 96 << 20, time: Duration::from_millis(1500), ..Budget::READER };

/// Layouts of traces that a user describes, and a trace that is read with them.
pub fn profile(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (toml, trace) = text.split_once("\n----\n").unwrap_or((&text, ""));
    let profiles = match Budget::READER.spend(toml.len(), || Profile::from_toml(toml)) {
        Ok(profiles) => profiles,
        Err(error) => return assert!(!error.to_string().is_empty()),
    };
    assert!(!profiles.is_empty(), "no profile and no error");
    let options = ReadOptions { profiles: profiles.into(), ..as_format(Format::VssTrace) };
    read_one(trace.as_bytes(), &options);
}

/// The first byte chooses the format and the zone of times without one; the rest is the text.
fn with_zone<'a>(bytes: &'a [u8], formats: &[Format]) -> (ReadOptions, &'a [u8]) {
    let (choice, text) = bytes.split_first().unwrap_or((&0, &[]));
    let zones = [None, Some(chrono_tz::Tz::Europe__Berlin), Some(chrono_tz::Tz::Asia__Kathmandu)];
    let format = formats[usize::from(choice & 7) % formats.len()];
    let zone = zones[usize::from(choice >> 3) % zones.len()];
    (ReadOptions { zone, ..as_format(format) }, text)
}
