//! Layouts that nobody described: invented prefixes before the same bodies.

use super::*;
use vsscope_model::{Confidence, TimeBasis};

/// Bodies with thread, process, depth, module, level and source place. Two processes, three threads.
pub(super) const BODIES: [(u32, u32, usize, &str, u32, &str); 12] = [
    (2880, 6700, 0, "WRITER", 160, "ENTER {CDemoWriter::OnFreeze}:"),
    (2880, 6700, 1, "WRITER", 160, "ENTER {CDemoStore::Hold}:"),
    (3596, 908, 0, "COORD", 160, "ENTER {CDemoCoord::Commit}:"),
    (2880, 6700, 2, "WRITER", 120, "CDemoStore::Hold: one volume. hr = 0x80070020"),
    (2880, 6700, 1, "WRITER", 170, "EXIT  {CDemoStore::Hold}: hr: 0x80070020"),
    (2884, 6700, 0, "WRITER", 160, "ENTER {CDemoQueue::Run}:"),
    (2884, 6700, 1, "WRITER", 140, "CDemoQueue::Run: idle"),
    (3596, 908, 1, "IOCTL", 120, "CDemoCoord::Commit: code 0x53c008"),
    (2884, 6700, 0, "WRITER", 170, "EXIT  {CDemoQueue::Run}: hr: 0x00000000"),
    (2880, 6700, 0, "WRITER", 170, "EXIT  {CDemoWriter::OnFreeze}: hr: 0x800423f4"),
    (3596, 908, 0, "COORD", 170, "EXIT  {CDemoCoord::Commit}: hr: 0x00000000"),
    (3596, 908, 0, "COORD", 120, "CDemoCoord::Commit: over"),
];

/// What a prefix may show.
pub(super) struct Values {
    /// Number of the line from 0.
    pub at: usize,
    pub tid: u32,
    pub pid: u32,
    pub depth: usize,
    pub module: &'static str,
    pub level: u32,
    pub is_edge: bool,
}

/// The bodies behind prefixes.
pub(super) fn trace(prefix: impl Fn(Values) -> String) -> String {
    let line = |(at, (tid, pid, depth, module, level, body)): (
        usize,
        (u32, u32, usize, &'static str, u32, &str),
    )| {
        let values = Values { at, tid, pid, depth, module, level, is_edge: body.starts_with('E') };
        format!("{}{body}\n", prefix(values))
    };
    BODIES.into_iter().cycle().take(60).enumerate().map(line).collect()
}

/// Which columns the records of a variant must have.
#[derive(Default, Clone, Copy)]
struct Has {
    time: bool,
    pid: bool,
    tid: bool,
    module: bool,
    level: bool,
    indent: bool,
    /// The source place of messages.
    place: bool,
}

fn check(text: &str, columns: &str, confidence: Confidence, has: Has) -> Read {
    let read = read(text);
    let reading = read.reading();
    assert_eq!(reading.columns, columns, "{text:.200}");
    assert_eq!((reading.layout.as_str(), reading.confidence), ("adaptive", confidence), "{columns}");
    assert!(looks_like(text) && read.is_sound(), "{columns}");
    assert_eq!((read.account(), read.records.len()), ([60, 60, 0, 0], 60), "{columns}");
    for (record, (tid, pid, depth, module, level, body)) in read.records.iter().zip(BODIES.iter().cycle()) {
        assert_eq!(record.pid, has.pid.then_some(*pid), "{columns}: {record:?}");
        assert_eq!(record.tid, has.tid.then_some(*tid), "{columns}: {record:?}");
        assert_eq!(record.module.as_deref(), has.module.then_some(*module), "{columns}: {record:?}");
        assert_eq!(record.level, has.level.then_some(*level), "{columns}: {record:?}");
        assert_eq!(record.indent, has.indent.then_some(*depth as u32), "{columns}: {record:?}");
        assert_eq!(record.time.is_some(), has.time, "{columns}: {record:?}");
        let placed = has.place && record.kind == Kind::Message;
        assert_eq!(
            (record.file.is_some(), record.source_line.is_some()),
            (placed, placed),
            "{columns}: {record:?}"
        );
        assert!(
            body.contains(&record.function) && record.function.starts_with("CDemo"),
            "{columns}: {record:?}"
        );
        let text = if record.kind == Kind::Message { body.split_once(": ").unwrap().1 } else { "" };
        assert_eq!(record.text, text, "{columns}: {record:?}");
    }
    read
}

const IDS: Has =
    Has { time: false, pid: true, tid: true, module: false, level: false, indent: false, place: false };

#[test]
fn nothing_before_the_body() {
    let read = check(&trace(|_| String::new()), "body", Confidence::Weak, Has::default());
    assert_eq!((read.records[4].kind, read.report.times.clone()), (exit(0x8007_0020), TimeBasis::Order));
}

#[test]
fn indentation_alone() {
    check(
        &trace(|Values { depth, .. }| "  ".repeat(depth)),
        "indent, body",
        Confidence::Weak,
        Has { indent: true, ..Has::default() },
    );
}

#[test]
fn time_of_day_and_two_ids_with_0x() {
    let text = trace(|Values { at, tid, pid, .. }| format!("04:05:{at:02}.250 0x{pid:04x} 0x{tid:04x} "));
    let has = Has { time: true, ..IDS };
    let read = check(&text, "time of day, pid (hex), tid (hex), body", Confidence::Strong, has);
    assert_eq!(read.records[7].time.as_deref(), Some("1970-01-01 04:05:07.250"));
    assert_eq!(
        (read.records[7].resolution_ns, read.report.times.clone()),
        (Some(1_000_000), TimeBasis::Ticks)
    );
    assert!(read.report.issues.is_empty());
}

#[test]
fn thread_before_process_bare_hexadecimal_with_indentation() {
    let text = trace(|Values { at, tid, pid, depth, .. }| {
        format!("2031-03-07 04:05:{at:02}.123456 {tid:04x}.{pid:04x} | {}", "   ".repeat(depth))
    });
    let has = Has { time: true, indent: true, ..IDS };
    let read = check(&text, "date and time, tid (hex), pid (hex), indent, body", Confidence::Strong, has);
    assert_eq!((read.records[1].clock, read.report.times.clone()), (Clock::Unzoned, TimeBasis::Local));
    assert_eq!(read.records[1].resolution_ns, Some(1000));
}

#[test]
fn decimal_ids_with_words_module_in_brackets_and_level() {
    let text = trace(|Values { at, tid, pid, module, level, .. }| {
        format!("[3/13/2031 4:05:{at:02} AM] [PID={pid:5} TID={tid:5}] [{module}] {level:03}: ")
    });
    let has = Has { time: true, module: true, level: true, ..IDS };
    let columns = "date and time, pid (decimal), tid (decimal), module if any, level, body";
    let read = check(&text, columns, Confidence::Strong, has);
    assert_eq!(read.records[7].time.as_deref(), Some("2031-03-13 04:05:07"));
}

#[test]
fn seconds_module_alone_and_source_places_of_messages() {
    let text = trace(|Values { at, tid, pid, module, is_edge, .. }| {
        let place = if is_edge { String::new() } else { format!("base\\demo\\coord.cxx({at}): ") };
        format!("{at:6}.125 {pid}:{tid} {module} {place}")
    });
    let has = Has { time: true, module: true, place: true, ..IDS };
    let columns =
        "seconds, pid (decimal), tid (decimal), module if any, source file if any, source line if any, body";
    let read = check(&text, columns, Confidence::Strong, has);
    assert_eq!(read.records[7].time.as_deref(), Some("1970-01-01 00:00:07.125"));
    assert_eq!(
        (read.records[7].file.as_deref(), read.records[7].source_line),
        (Some(r"base\demo\coord.cxx"), Some(7))
    );
}

#[test]
fn sequence_alias_and_process_first() {
    let text = trace(|Values { at, tid, pid, module, level, .. }| {
        format!("{:06} 0x{pid:x}/0x{tid:x} DEMOCRD1{:08} {module}:{level} ", at + 900, at + 100)
    });
    let read = read(&text);
    let columns = "sequence (decimal), pid (hex), tid (hex), source alias if any, source line if any, module if any, level, body";
    assert_eq!((read.reading().columns.as_str(), read.account()), (columns, [60, 60, 0, 0]));
    let record = &read.records[9];
    assert_eq!(
        (record.pid, record.tid, record.level, record.module.as_deref()),
        (Some(6700), Some(2880), Some(170), Some("WRITER"))
    );
    assert_eq!((record.file.as_deref(), record.source_line), (Some("DEMOCRD1"), Some(109)));
    assert_eq!((record.kind, record.function.as_str()), (exit(0x8004_23F4), "CDemoWriter::OnFreeze"));
    assert_eq!((read.report.times.clone(), read.reading().confidence), (TimeBasis::Order, Confidence::Weak));
}

#[test]
fn one_id_column_that_nests_is_the_thread_and_that_is_said() {
    let text = trace(|Values { at, tid, .. }| format!("{tid:04x} {:02}:05:06 ", at % 24));
    let has = Has { time: true, tid: true, ..Has::default() };
    let read = check(&text, "tid (hex), time of day, body", Confidence::Weak, has);
    assert!(read.issues(IssueKind::Note)[0].message.contains("only id column"));
}

#[test]
fn one_id_column_in_which_calls_cross_is_the_process() {
    // Two threads of one process whose calls overlap.
    let text = "0x10 ENTER {A::B}:\n0x10 ENTER {C::D}:\n0x10 EXIT  {A::B}: hr: 0x00000000\n0x10 EXIT  {C::D}: hr: 0x00000000\n";
    let read = read(&text.repeat(5));
    assert_eq!((read.records[0].pid, read.records[0].tid), (Some(16), None));
}

#[test]
fn iso_time_with_zone_and_ids_behind_the_module() {
    let text = trace(|Values { at, tid, pid, module, .. }| {
        format!("2031-03-07T04:05:{at:02}.1234567Z {module} ({pid},{tid}) ")
    });
    let has = Has { time: true, module: true, ..IDS };
    let read = check(
        &text,
        "date and time with zone, module if any, pid (decimal), tid (decimal), body",
        Confidence::Strong,
        has,
    );
    assert_eq!((read.records[0].clock, read.records[0].resolution_ns), (Clock::Trace, None));
    assert_eq!(read.report.times, TimeBasis::Utc);
}

#[test]
fn a_counter_of_unknown_unit_gives_an_order_and_no_durations() {
    let text =
        trace(|Values { at, tid, pid, .. }| format!("{} {pid:04x} {tid:04x} ", 81_000_000 + at * at * 37));
    let read =
        check(&text, "counter of unknown unit (decimal), pid (hex), tid (hex), body", Confidence::Weak, IDS);
    assert_eq!((read.records[0].clock, read.report.times.clone()), (Clock::Order, TimeBasis::Order));
    assert!(read.issues(IssueKind::Note).iter().any(|issue| issue.message.contains("unknown unit")));
}

#[test]
fn two_ids_that_always_go_together_are_said_to_be_a_guess() {
    let lines =
        "[1a2c:0b40] ENTER {A::B}:\n[1a2c:0b40] EXIT  {A::B}: hr: 0x00000000\n[0e10:1f0c] ENTER {C::D}:\n";
    let read = read(&lines.repeat(4));
    assert_eq!((read.records[0].pid, read.records[0].tid), (Some(0x1a2c), Some(0xb40)));
    assert!(read.issues(IssueKind::Note)[0].message.contains("which of two id columns"));
}

#[test]
fn lines_of_a_dump_continue_the_record_and_are_no_records_themselves() {
    let dump = "00000010  4d 5a 90 00 03 00 00 00  MZ......\n0010 4d5a text of the dump\n";
    for prefix in ["04:05:06 0x1a2c 0x0b40 ", "1a2c 0b40 ", "[1a2c,0b40] "] {
        let text = BODIES.map(|body| format!("{prefix}{}\n{dump}", body.5)).concat();
        let read = read(&text);
        assert_eq!((read.account(), read.records.len()), ([36, 12, 24, 0], 12), "{prefix}");
        assert!(read.records[0].text.ends_with("text of the dump"), "{prefix}");
    }
}

#[test]
fn bodies_without_braces_are_found_as_well() {
    let text = trace(|Values { at, tid, pid, .. }| format!("04:05:{at:02} {pid:x} {tid:x} "))
        .replace(['{', '}'], "");
    let read = read(&text);
    assert!(looks_like(&text) && read.account() == [60, 60, 0, 0]);
    assert_eq!(
        (read.records[9].kind, read.records[9].function.as_str()),
        (exit(0x8004_23F4), "CDemoWriter::OnFreeze")
    );
}

#[test]
fn a_cut_inside_the_columns_is_told_from_a_last_line_that_continues() {
    let whole = trace(|Values { at, tid, pid, .. }| format!("04:05:{at:02} 0x{pid:x} 0x{tid:x} "));
    for cut in ["0", "04:05:0", "04:05:06 0x1a", "04:05:06 0x1a2c 0x0b40 EXIT {CDe"] {
        let read = read(&format!("{whole}{cut}"));
        assert_eq!((read.account(), read.report.lost), ([61, 60, 0, 1], 1), "{cut}");
        assert_eq!(read.issues(IssueKind::Truncated).len(), 1, "{cut}");
    }
    for end in ["and so on", "  ", "a: b"] {
        let read = read(&format!("{whole}{end}"));
        assert_eq!((read.account(), read.is_sound()), ([61, 60, 1, 0], true), "{end}");
    }
    let bare = trace(|_| String::new());
    assert_eq!(read(&format!("{bare}EXIT  {{CDemo")).issues(IssueKind::Truncated).len(), 1);
    assert!(read(&format!("{bare}some words")).is_sound());
}
