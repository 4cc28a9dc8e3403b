//! Whole files: order of time, clocks, loss, damage; and the samples in `golden`.

mod golden;

use super::testing::{EventBytes, START, buffer, completed, header_buffer, header_buffer_of, wide};
use super::*;
use crate::collect::Collector;
use proptest::prelude::*;
use std::io::Cursor;
use std::path::PathBuf;
use std::sync::Arc;
use vsscope_model::{Clock, Event, InputReport, IssueKind, TimeBasis, Timestamp, What};

const VSS: [u8; 16] =
    [0x87, 0xF6, 0xD8, 0x77, 0x30, 0x81, 0x14, 0x4A, 0xB8, 0xA6, 0x3B, 0x92, 0x2E, 0x05, 0xB9, 0x9C];
const SIZE: u32 = 0x400;

#[allow(clippy::print_stderr)]
fn sample(name: &str) -> Option<Vec<u8>> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/samples/etl").join(name);
    if !path.exists() {
        eprintln!("skipped: {} is not there", path.display());
        return None;
    }
    Some(std::fs::read(path).unwrap())
}

fn report(bytes: &[u8]) -> InputReport {
    let mut out = Collector::new(&Arc::from("vss.etl"), "etl");
    read(&mut Cursor::new(bytes), &mut out);
    out.finish(bytes.len() as u64)
}

fn listed(bytes: &[u8]) -> (Summary, Vec<Listed>) {
    let mut events = Vec::new();
    let summary = list(&mut Cursor::new(bytes), |event| events.push(*event));
    (summary, events)
}

#[test]
fn a_session_that_was_never_stopped_says_so() {
    let Some(bytes) = sample("CldFlt2-2025-12-21-121418.etl") else { return };
    let report = report(&bytes);
    assert!(report.issues.iter().any(|issue| issue.message.contains("not stopped")), "{:?}", report.issues);
    // A ring does not cover the time since its start.
    assert!(report.spans.is_empty());
}

#[test]
fn the_vss_events_of_the_synthetic_file_are_decoded() {
    let Some(bytes) = sample("synthetic-vss.etl") else { return };
    let report = report(&bytes);
    let [kernel, vss] = &report.providers[..] else { panic!("{:?}", report.providers) };
    assert_eq!((kernel.events, kernel.decoded, kernel.id.is_null()), (1, 0, true));
    assert_eq!((vss.events, vss.decoded, vss.id), (3, 3, vss::CLASS));
    assert!(report.issues.iter().all(|issue| issue.kind == IssueKind::Note), "{:?}", report.issues);
    assert!(report.issues.iter().any(|issue| issue.message.contains("not yet checked")));
}

#[test]
fn other_files_are_no_event_traces() {
    for bytes in [
        vec![0; 4096],
        vec![0xFF; 4096],
        b"ElfFile\0".repeat(512),
        buffer(SIZE, 4, 0, &[EventBytes::classic(1)]),
        buffer(SIZE, 0, 0, &[EventBytes::classic(1)]),
        header_buffer(SIZE, 1, 0)[..0x100].to_vec(),
    ] {
        assert!(!looks_like(&bytes));
    }
    assert!(looks_like(&header_buffer(SIZE, 1, 0)));
}

/// A VSS event that fails the check, so that its place in the order shows in the report whatever the story makes of it.
fn marked(stamp: i64, text: &str) -> Vec<u8> {
    EventBytes::classic_of(stamp, VSS, 2, 0, &wide(text))
}

fn texts(report: &InputReport) -> Vec<String> {
    report
        .events
        .iter()
        .filter(|event| event.what == What::Log)
        .map(|event| param(event).to_owned())
        .collect()
}

fn param(event: &Event) -> &str {
    event.record.as_ref().unwrap().params.get(0).unwrap().value
}

fn data(events: &[Vec<u8>]) -> Vec<u8> {
    buffer(SIZE, 0, 0, events)
}

#[test]
fn events_of_several_processors_come_in_the_order_of_time() {
    let one = data(&[marked(2_000, "two"), marked(4_000, "four")]);
    let other = data(&[marked(1_500, "one"), marked(3_000, "three"), marked(5_000, "five")]);
    let expected = ["one", "two", "three", "four", "five"];
    for buffers in [[one.clone(), other.clone()], [other, one]] {
        let bytes = [header_buffer(SIZE, 1, 1), buffers.concat()].concat();
        let report = report(&bytes);
        assert_eq!(texts(&report), expected);
        let times: Vec<Timestamp> = report.events.iter().map(|event| event.time).collect();
        assert_eq!(times[0], "2024-12-30T02:40:00.0000500Z".parse::<Timestamp>().unwrap());
        assert!(times.is_sorted());
        assert!(report.events.iter().all(|event| event.clock == Clock::Trace));
    }
}

#[test]
fn a_ring_that_has_come_round_is_read_from_its_oldest_buffer() {
    let second = 10_000_000;
    let buffers = [7, 8, 3, 4, 5, 6].map(|n: i64| data(&[marked(n * second, &format!("event {n}"))]));
    let report = report(&[header_buffer(SIZE, 1, 2), buffers.concat()].concat());
    assert_eq!(texts(&report), [3, 4, 5, 6, 7, 8].map(|n| format!("event {n}")));
    // The session began before what the ring still holds.
    assert_eq!((report.spans[0].records, report.records), (6, 7));
    assert_eq!(report.spans[0].first, "2024-12-30T02:40:02.9999Z".parse::<Timestamp>().unwrap());
}

#[test]
fn events_inside_a_buffer_are_put_into_order_too() {
    let bytes =
        [header_buffer(SIZE, 1, 1), data(&[marked(1_200, "second"), marked(1_100, "first")])].concat();
    assert_eq!(texts(&report(&bytes)), ["first", "second"]);
    let one = data(&[marked(90_000, "second"), marked(95_000, "fourth")]);
    let late = data(&[marked(92_000, "third"), marked(80_000, "first")]);
    assert_eq!(
        texts(&report(&[header_buffer(SIZE, 1, 1), one, late].concat())),
        ["first", "second", "third", "fourth"]
    );
}

#[test]
fn cycles_and_system_times_are_clocks_too() {
    // 2,400 MHz: 24,000 cycles are 10 microseconds.
    for (clock, stamp) in [(1, 1_100), (2, START + 100), (3, 25_000)] {
        let bytes = [header_buffer(SIZE, clock, 1), data(&[marked(stamp, "text")])].concat();
        let report = report(&bytes);
        assert_eq!(
            report.events[0].time,
            "2024-12-30T02:40:00.0000100Z".parse::<Timestamp>().unwrap(),
            "{clock}"
        );
    }
}

#[test]
fn without_a_clock_only_the_order_is_known() {
    let events = data(&[marked(1_200, "second"), marked(1_100, "first")]);
    let mut broken = header_buffer(SIZE, 1, 1);
    broken[0x48..0x50].fill(0);
    for bytes in [[header_buffer(SIZE, 0, 1), events.clone()].concat(), [broken, events].concat()] {
        let report = report(&bytes);
        assert_eq!(
            (texts(&report), &report.times),
            (vec!["first".to_owned(), "second".to_owned()], &TimeBasis::Order)
        );
        assert!(report.events.iter().all(|e| e.clock == Clock::Order && e.time == Event::NO_TIME));
        assert!(report.spans.is_empty());
    }
}

/// Events that coverage counts: those of VSS and those of the other providers.
fn covered(report: &InputReport) -> u64 {
    report.spans.iter().map(|span| span.records).sum()
}

#[test]
fn an_impossible_time_is_no_time() {
    let bytes =
        [header_buffer(SIZE, 1, 1), data(&[marked(1_100, "sound"), marked(i64::MAX, "broken")])].concat();
    let report = report(&bytes);
    let issue = report.issues.iter().find(|issue| issue.kind == IssueKind::Clock).unwrap();
    assert_eq!((issue.count, issue.place.as_str()), (1, "offset 0x488"));
    let clocks: Vec<_> = report.events.iter().map(|event| (event.clock, event.time)).collect();
    assert_eq!(clocks[1], (Clock::Order, clocks[0].1));
    assert_eq!((report.records, covered(&report)), (3, 2));
}

#[test]
fn a_buffer_that_begins_with_an_impossible_time_came_too_late() {
    for broken in [i64::MAX, i64::MIN] {
        let late = data(&[marked(broken, "broken"), marked(1_000_000_000, "last")]);
        let early = data(&[marked(broken, "broken"), marked(1_100, "first")]);
        let middle = data(&[marked(500_000_000, "middle")]);
        let report = report(&[header_buffer(SIZE, 1, 1), late, middle, early].concat());
        let sound: Vec<String> = texts(&report).into_iter().filter(|text| text != "broken").collect();
        assert_eq!(sound, ["first", "middle", "last"], "{broken}");
    }
}

#[test]
fn lost_events_are_counted_and_have_a_time() {
    let lossy = completed(buffer(SIZE, 0, 0x02, &[EventBytes::classic(1_500)]), 1_600);
    let bytes =
        [header_buffer_of(SIZE, 1, 1, 7), data(&[EventBytes::classic(1_100)]), lossy.clone()].concat();
    let found = report(&bytes);
    assert_eq!(found.lost, 7);
    let losses: Vec<_> = found.issues.iter().filter(|issue| issue.kind.is_loss()).map(|i| i.count).collect();
    assert_eq!(losses, [7, 1]);
    let [event] = &found.events[..] else { panic!("{:?}", found.events) };
    assert_eq!(event.what, What::EventsLost { count: Some(7) });
    assert_eq!(event.time, "2024-12-30T02:40:00.0000500Z".parse::<Timestamp>().unwrap());
    assert_eq!(event.source.offset, Some(0x800));
    // Of several marks none has the count; a buffer without events has the time of its completion.
    let empty = completed(buffer(SIZE, 0, 0x04, &[]), 1_700);
    let found = report(&[header_buffer_of(SIZE, 1, 1, 7), lossy, empty].concat());
    assert!(found.events.iter().all(|event| event.what == What::EventsLost { count: None }));
    assert_eq!(found.events[1].time, "2024-12-30T02:40:00.0000700Z".parse::<Timestamp>().unwrap());
}

#[test]
fn messages_are_counted_by_guid_or_component() {
    let message = |options: u16, parts: &[u8]| {
        let size = (8 + parts.len()) as u16;
        [&size.to_le_bytes()[..], &[0, 0x90, 5, 0], &options.to_le_bytes(), parts].concat()
    };
    let stamp = 1_100_i64.to_le_bytes();
    let events = [
        message(0x2B, &[&[1; 4][..], &[9; 16], &stamp, &[1, 0, 0, 0, 2, 0, 0, 0], b"text"].concat()),
        message(0x0C, &[&[3, 0, 0, 0][..], &stamp].concat()),
        message(0x00, &[]),
    ];
    let report = report(&[header_buffer(SIZE, 1, 1), data(&events)].concat());
    let names: Vec<_> =
        report.providers.iter().map(|p| (p.id.is_null(), p.name.as_deref(), p.note.is_some())).collect();
    assert_eq!(
        names,
        [
            (true, Some("WPP component 0x3"), true),
            (true, Some("WPP messages without a GUID"), true),
            (true, Some("Windows kernel (SYSTEM/PERFINFO events)"), true),
            (false, None, true),
        ]
    );
    assert_eq!((report.records, covered(&report)), (4, 3));
}

#[test]
fn headers_of_32_bit_systems_are_read() {
    // The fields behind the pointers lie 8 bytes lower.
    let mut wide_header = header_buffer(SIZE, 1, 1);
    let payload = 0x48 + 0x20;
    wide_header[payload + 0x2C] = 4;
    wide_header.copy_within(payload + 0x100..payload + 0x118, payload + 0xF8);
    wide_header[0x4A] = 0x01;
    let report = report(&[wide_header, data(&[marked(1_100, "text")])].concat());
    assert_eq!(report.events[0].time, "2024-12-30T02:40:00.0000100Z".parse::<Timestamp>().unwrap());
}

/// Two buffers of VSS and other events, one of them compressed (in the form of literals).
fn two_buffers() -> Vec<u8> {
    let plain = data(&[marked(1_100, "first"), EventBytes::classic(1_150), marked(1_200, "second")]);
    let filled = u32::from_le_bytes(plain[0x30..0x34].try_into().unwrap()) as usize;
    let mut packed = plain[..0x48].to_vec();
    for literals in plain[0x48..filled].chunks(32) {
        packed.extend([0; 4]);
        packed.extend(literals);
    }
    let size = packed.len() as u32;
    packed[..4].copy_from_slice(&size.to_le_bytes());
    packed[0x34] |= 0x40;
    let mut header = header_buffer(SIZE, 1, 1);
    // BuffersWritten.
    header[0x48 + 0x20 + 0x24] = 3;
    [header, plain, packed].concat()
}

#[test]
fn a_compressed_buffer_gives_what_the_plain_one_gives() {
    let report = report(&two_buffers());
    assert_eq!(texts(&report), ["first", "first", "second", "second"]);
    let places: Vec<_> = report.events.iter().map(|event| event.source.offset.unwrap()).collect();
    assert_eq!(places, [0x448_u64, 0x800, 0x4B8, 0x800]);
}

#[test]
fn a_file_that_is_cut_anywhere_gives_what_is_before_and_says_what_is_missing() {
    let own = two_buffers();
    for bytes in sample("synthetic-vss.etl").into_iter().chain([own]) {
        let whole = report(&bytes);
        let mut most = 0;
        for length in 0..bytes.len() {
            let cut = report(&bytes[..length]);
            assert!(cut.records >= most, "{length}: {} records, {most} before", cut.records);
            most = cut.records;
            let told = cut.issues.iter().any(|issue| issue.kind.is_loss() || issue.kind == IssueKind::Header);
            assert!(cut.records == whole.records || told || length == 0, "{length}: {:?}", cut.issues);
        }
    }
}

fn small_files() -> impl Strategy<Value = Vec<u8>> {
    let shuffled = [two_buffers()[..].to_vec(), [header_buffer(SIZE, 3, 2), two_buffers()].concat()];
    prop::sample::select(shuffled.to_vec())
}

proptest! {
    #[test]
    fn any_damage_gives_a_report(
        mut bytes in small_files(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        for (index, value) in flips {
            let at = index.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let report = report(&bytes);
        prop_assert!(report.records <= 40);
        prop_assert_eq!(report.providers.iter().map(|p| p.events).sum::<u64>(), report.records);
        listed(&bytes);
    }

    #[test]
    fn any_bytes_behind_a_header_give_a_report(garbage in prop::collection::vec(any::<u8>(), 0..5000), packed in any::<bool>()) {
        let mut bytes = header_buffer(SIZE, 1, 1);
        let mut broken = data(&[]);
        broken[0x30..0x34].copy_from_slice(&SIZE.to_le_bytes());
        broken[0x34] = if packed { 0x40 } else { 0 };
        broken.truncate(0x48);
        bytes.extend(broken);
        bytes.extend(&garbage);
        let report = report(&bytes);
        prop_assert!(report.records >= 1);
        prop_assert!(garbage.is_empty() || report.issues.iter().any(|issue| issue.kind.is_loss()) || report.records > 1);
    }
}
