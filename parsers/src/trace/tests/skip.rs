//! The quick way changes nothing: with it and without it every trace gives the same report.

use super::account::PIECES;
use super::adaptive::{BODIES, Values, trace};
use super::*;
use crate::trace::story::Story;
use proptest::prelude::*;

/// Tells a story and counts what it let pass.
struct Counted<'a> {
    story: &'a mut Story,
    passed: &'a mut u64,
}

impl reader::Sink for Counted<'_> {
    fn record(&mut self, record: &TraceRecord<'_>, out: &mut Collector) {
        self.story.record(record, out);
    }

    fn pass(&mut self, passing: &Passing<'_>) -> bool {
        let passes = self.story.pass(passing);
        *self.passed += u64::from(passes);
        passes
    }
}

/// The report of a trace, and how many records were passed over.
fn report(bytes: &[u8], profiles: &[Profile], zone: Option<chrono_tz::Tz>, pace: Pace) -> (InputReport, u64) {
    let mut out = Collector::new(&Arc::from("trace.txt"), "vss-trace");
    let (mut story, mut passed, mut stream) = (Story::default(), 0, bytes);
    let sink = Counted { story: &mut story, passed: &mut passed };
    reader::read(&mut stream, profiles, LocalClock { zone }, pace, &mut out, sink);
    story.finish(&mut out);
    (out.finish(bytes.len() as u64), passed)
}

const SLOW: Pace = Pace { block: 1 << 20, quick: false };

/// Reads in both ways and says how many records were passed over.
fn same(bytes: &[u8], profiles: &[Profile], zone: Option<chrono_tz::Tz>, block: usize) -> u64 {
    let (expected, none) = report(bytes, profiles, zone, SLOW);
    let (quick, passed) = report(bytes, profiles, zone, Pace { block, quick: true });
    assert_eq!(quick, expected);
    assert_eq!(none, 0);
    passed
}

fn wide(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// Bodies of functions that mean nothing, nested as those of a thread are.
const QUIET: [&str; 8] = [
    "ENTER {CDemoQueue::Pop}: ",
    "ENTER {CDemoCache::Find}: ",
    "CDemoCache::Find: entry 7 of 1900 is in use",
    r"demo\gen\queue.cpp(54): CDemoCache::Find: at 0x000001f2 of 0x00000010",
    "EXIT  {CDemoCache::Find}: hr: 0x00000001",
    "demo.cpp(7): ready for the next one",
    "EXIT  {CDemoQueue::Pop}: hr: 0x00000000",
    "EXIT  {CDemoTimer::Run}:",
];

#[test]
fn most_of_a_trace_that_says_nothing_is_passed_over() {
    for stamp in ["2031-03-07 04:05:06.1", "3/13/2031 4:05:06 PM", "04:05:06:123", "-", "12.5", "odd"] {
        let line = |(at, body): (usize, &&str)| {
            format!("[{stamp},0x1a2c:0x0b4{}:0x0c1d2e3f] {body}\r\n", at % 2 * 4)
        };
        let text: String = QUIET.iter().cycle().take(4000).enumerate().map(line).collect();
        for bytes in [text.as_bytes().to_vec(), wide(&text)] {
            assert!(same(&bytes, &[], None, 64 << 10) > 2900, "{stamp}");
        }
    }
}

#[test]
fn layouts_that_are_learned_are_passed_over_as_well() {
    type Prefix = fn(Values) -> String;
    let prefixes: [(u64, Prefix); 6] = [
        (500, |Values { at, tid, pid, .. }| format!("04:05:{:02}.250 0x{pid:04x} 0x{tid:04x} ", at % 60)),
        (500, |Values { at, tid, pid, depth, .. }| {
            format!("2031-03-07 04:05:{:02}.1 {tid:04x}.{pid:04x} | {}", at % 60, "   ".repeat(depth))
        }),
        (500, |Values { at, tid, pid, module, level, .. }| {
            format!("[3/13/2031 4:05:{:02} AM] [PID={pid:5} TID={tid:5}] [{module}] {level:03}: ", at % 60)
        }),
        (500, |Values { at, tid, pid, module, .. }| {
            format!("{at:6}.125 {pid}:{tid} {module} demo.cxx({at}): ")
        }),
        (500, |Values { at, tid, pid, module, level, .. }| {
            format!("{:06} 0x{pid:x}/0x{tid:x} DEMOCRD1{:08} {module}:{level} ", at + 900, at + 100)
        }),
        (100, |Values { depth, .. }| "  ".repeat(depth)),
    ];
    for (least, prefix) in prefixes {
        let text = trace(prefix).repeat(60);
        let passed = same(text.as_bytes(), &[], None, 1000);
        assert!(passed > least, "{passed} of {text:.200}");
    }
}

#[test]
fn a_zone_that_changes_in_the_middle_of_a_trace_is_the_same_in_both_ways() {
    let mut text = REGISTRY.replace("[-", "[2031-10-26 01:59:59.9").repeat(150);
    for stamp in [
        "2031-10-26 02:59:59.999",
        "2031-10-26 03:00:00.000",
        "2031-10-26 03:00:00.001",
        "2031-03-30 02:30:00.5",
    ] {
        text +=
            &QUIET.map(|body| format!("[{stamp},0x001a2c:0x0b40:0x0c1d2e3f] {body}\n")).concat().repeat(3);
    }
    assert!(same(text.as_bytes(), &[], Some(chrono_tz::Europe::Berlin), 500) > 50);
}

#[test]
fn more_threads_frames_and_names_than_are_kept_are_the_same_in_both_ways() {
    let mut text = REGISTRY.repeat(200);
    for number in 0..30_000_u32 {
        let body = format!("ENTER {{CDemo{}::Run}}:", number % 12_000);
        let thread = if number < 8000 { number % 5000 } else { number % 50 };
        text += &format!("[-,0x{:06x}:0x{:04x}:0x0c1d2e3f] {body}\n", thread / 3 * 4, thread * 4);
    }
    for number in 0..1500 {
        text += &format!("[-,0x001a2c:0x0b40:0x0c1d2e3f] ENTER {{CDemo::Dive{}}}:\n", number % 7);
    }
    text += &REGISTRY.repeat(3);
    assert!(same(text.as_bytes(), &[], None, 64 << 10) > 10_000);
}

#[test]
fn a_stamp_that_is_no_time_but_as_long_as_the_last_one_was_taken_for_it() {
    let line = |stamp: &str, body: &str| format!("[{stamp},0x001a2c:0x0b40:0x0c1d2e3f] {body}\n");
    for (time, other) in
        [("2031-03-07 04:05:06.123", "2031-03-07 04 05:06.123"), ("04:05:06.1", "1234567.89")]
    {
        let timed = QUIET.map(|body| line(time, body)).concat();
        for count in [1, 2, 20] {
            let others: String = QUIET.iter().cycle().take(count).map(|body| line(other, body)).collect();
            let text = timed.repeat(200)
                + &others
                + &timed
                + &others
                + "CDemo::Run: what no line of it can be\n"
                + &timed;
            for block in [1, 100, 5000] {
                same(text.as_bytes(), &[], None, block);
            }
        }
    }
}

#[test]
fn an_id_that_damage_shortened_was_taken_for_a_short_one() {
    let line =
        |tid: &str, body: &&str| format!("[2031-03-07 04:05:06.123,0x001a2c:0x{tid}:0x0c1d2e3f] {body}\n");
    let both = |body: &&str| line("0b", body) + &line("0b40", body);
    let text: String = QUIET.iter().cycle().take(1600).map(both).collect();
    for damaged in ["0b\0\0", "\0\0\0\0", "0b4\0"] {
        let text = text.clone() + &line(damaged, &QUIET[0]) + &text;
        for bytes in [text.as_bytes().to_vec(), wide(&text)] {
            assert!(same(&bytes, &[], None, 64 << 10) > 3000, "{damaged:?}");
        }
    }
}

/// Bodies of every kind, some of them of a session, with what may stand between them.
fn bodies() -> Vec<String> {
    let session = [
        "ENTER {CVssBackupComponents::StartSnapshotSet}: ",
        "CVssBackupComponents::StartSnapshotSet: pSnapshotSetId = {0a1b2c3d-0000-4000-8000-00000000000a}",
        "EXIT  {CVssBackupComponents::StartSnapshotSet}: hr: 0x00000000",
        "ENTER {STDMETHODCALLTYPE CVssAsync::Wait}: ",
        "CVssAsync::Wait: status = 0x0004230a",
        "EXIT  {STDMETHODCALLTYPE CVssAsync::Wait}: hr: 0x0004230a",
        "ENTER {CDemoStore::Seal}: ",
        r"demo\writer\store.cpp(0412): CDemoStore::Seal: The store is busy.  hr = 0x80070020",
        r"demo\writer\store.cpp(0415): CDemoStore::Seal: Throwing HRESULT code 0x80070020. Previous HRESULT code = 0x00000000",
        "EXIT  {CDemoStore::Seal}: hr: 0x80070020",
        "EXIT {CDemoStore::Seal} HR = 0X1",
        "ENTER: CDemo::Run(int, bool):",
        "exit {CDemo::Run}",
        "ENTER {\"quoted\"}:",
        "ENTER {",
        "ENTERPRISE {CDemo::Run}: text",
        "demo.cpp(xxx): ENTER {CDemo::Run}:",
        "Error: something",
        "CDemo::Run: hr =",
        "CDemo::Run: next 0x9, 0xffffffff and X",
    ];
    let bodies = QUIET.into_iter().chain(session).chain(BODIES.map(|body| body.5));
    bodies.map(str::to_owned).collect()
}

/// A line: which prefix, ids, time and body it has, or what else it is.
fn line() -> impl Strategy<Value = String> {
    let stamp = prop::sample::select(vec![
        "-",
        "2031-03-07 04:05:06.123",
        "2031-03-07 04:05:06.124",
        "2031-03-07 04:05:07",
        "2031-03-07 04:05:06.5 PM",
        "13/7/2031 04:05:06,500",
        "7/13/2031 04:05:06,500",
        "04:05:06.1",
        "23:59:59",
        "00:00:01",
        "12.345",
        "1f8a33",
        "2031-02-30 04:05:06.123",
        "2031-03-07 04:05:06.12Z",
        "2031-03-07 04:05:06.12+02:00",
        "2031-03-07 04 05:06.123",
        "1234567.89",
    ]);
    let ids = prop::sample::select(vec![
        "0x001a2c:0x0b40:0x0c1d2e3f",
        "0x001a2c:0x0b44:0x0c1d2e3f",
        "0x10:20:0",
        "0x1:0xfffffffff:0",
        "12:x:0",
    ]);
    let body = prop::sample::select(bodies());
    let indent = prop::sample::select(vec!["", "  ", "\t"]);
    let other = prop::sample::select(PIECES.to_vec());
    prop_oneof![
        8 => (stamp, ids, indent, body).prop_map(|(stamp, ids, indent, body)| format!("[{stamp},{ids}] {indent}{body}")),
        1 => other.prop_map(str::to_owned),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases.max(300), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_trace_in_any_encoding_with_any_damage_is_the_same_in_both_ways(
        lines in prop::collection::vec((line(), prop::sample::select(vec!["\n", "\n", "\r\n", "\r\n", "\r", "\n\n"])), 0..80),
        repeat in 1..4_usize,
        encoding in 0..5_u8,
        flips in prop::collection::vec((any::<prop::sample::Index>(), prop_oneof![any::<u8>(), Just(0), Just(b'\n')]), 0..6),
        lost in prop::option::of(any::<prop::sample::Index>()),
        cut in prop::option::of(any::<prop::sample::Index>()),
        block in prop_oneof![1..300_usize, Just(1 << 20)],
        berlin in any::<bool>(),
    ) {
        // The sample is read line by line, so that what comes behind it is what is to be tried.
        let begin = REGISTRY.repeat(if repeat > 1 { 100 } else { 0 });
        let text: String = lines.iter().map(|(line, end)| format!("{line}{end}")).collect();
        let text = begin + &text.repeat(repeat) + if encoding == 4 { "Ende gut, alles für heute\n" } else { "" };
        let mut bytes: Vec<u8> = match encoding {
            0 => text.into_bytes(),
            1 => wide(&text),
            2 => text.encode_utf16().flat_map(u16::to_be_bytes).collect(),
            3 => [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
            _ => text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect(),
        };
        for (index, value) in flips.into_iter().filter(|_| !bytes.is_empty()).collect::<Vec<_>>() {
            let at = index.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(index) = lost.filter(|_| !bytes.is_empty()) {
            bytes.remove(index.index(bytes.len()));
        }
        if let Some(index) = cut {
            bytes.truncate(index.index(bytes.len() + 1));
        }
        same(&bytes, &[], berlin.then_some(chrono_tz::Europe::Berlin), block);
    }

    #[test]
    fn any_columns_before_any_bodies_are_the_same_in_both_ways(
        prefix in prop::sample::select(vec![
            "04:05:06.1 0x{p} 0x{t} ", "2031-03-07 04:05:06.{n} {t}.{p} | ", "[{p},{t}] ", "{n} {p} {t} COORD ", "",
            "04:05:06.{n} PID={p} TID={t} [GEN] 160 demo.cpp({n}): ", "{p}:{t} DEMOCRD100000{n} ", "{n} ",
        ]),
        lines in prop::collection::vec((0..3_u32, 100..999_u32, prop::sample::select(bodies()), prop::option::weighted(0.1, prop::sample::select(PIECES.to_vec()))), 1..60),
        block in prop_oneof![1..300_usize, Just(1 << 20)],
    ) {
        let sample = trace(|Values { at, tid, pid, .. }| prefix.replace("{p}", &format!("{pid:04x}")).replace("{t}", &format!("{tid:04x}")).replace("{n}", &format!("{:03}", at + 100)));
        let mut text = sample.repeat(20);
        for (thread, number, body, other) in lines {
            if let Some(other) = other {
                text += &format!("{other}\n");
            }
            let ids = prefix.replace("{p}", &format!("{:04x}", 0x1a2c + thread / 2 * 4)).replace("{t}", &format!("{:04x}", 0xb40 + thread * 4));
            text += &format!("{}{body}\n", ids.replace("{n}", &number.to_string()));
        }
        same(text.as_bytes(), &[], None, block);
    }
}
