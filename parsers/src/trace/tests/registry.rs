//! The registry trace, by its profile, and profiles of users.

use super::*;
use vsscope_model::{Confidence, TimeBasis};

fn kinds(read: &Read) -> Vec<(Kind, &str)> {
    read.records.iter().map(|record| (record.kind, record.function.as_str())).collect()
}

#[test]
fn ten_lines_without_times_are_ten_records() {
    let read = read(REGISTRY);
    assert!(looks_like(REGISTRY) && read.is_sound() && read.report.issues.is_empty());
    assert_eq!(
        kinds(&read),
        [
            (Kind::Enter, "CDemoWriter::OnPrepareSnapshot"),
            (Kind::Enter, "CDemoStore::Check"),
            (exit(0), "CDemoStore::Check"),
            (Kind::Message, "CDemoStore::Seal"),
            (Kind::Message, "CDemoStore::Seal"),
            (Kind::Message, "CDemoWriter::OnPrepareSnapshot"),
            (exit(0x8004_23F4), "CDemoWriter::OnPrepareSnapshot"),
            (Kind::Enter, "CDemoWriter::OnAbort"),
            (Kind::Message, "CDemoWriter::OnAbort"),
            (exit(0), "CDemoWriter::OnAbort"),
        ]
    );
    assert_eq!(
        read.records[3],
        Owned {
            line: 4,
            time: None,
            clock: Clock::Order,
            resolution_ns: None,
            pid: Some(0x1a2c),
            tid: Some(0xb40),
            module: None,
            level: None,
            indent: None,
            file: Some(r"demo\writer\store.cpp".to_owned()),
            source_line: Some(412),
            kind: Kind::Message,
            function: "CDemoStore::Seal".to_owned(),
            text: "The store is busy.  hr = 0x80070020".to_owned(),
        }
    );
    assert!(read.records.iter().all(|record| record.kind == Kind::Message || record.text.is_empty()));
    let reading = read.reading();
    assert_eq!((reading.layout.as_str(), reading.confidence), ("registry-trace", Confidence::Strong));
    assert_eq!(reading.columns, "time (empty), pid (hex), tid (hex), context (hex), body");
    assert_eq!(
        (read.account(), read.report.records, read.report.times.clone()),
        ([10, 10, 0, 0], 10, TimeBasis::Order)
    );
}

#[test]
fn whatever_form_the_time_has_it_is_read_or_left_out_and_the_record_stays() {
    let with = |stamps: [&str; 2]| {
        let lines = REGISTRY.lines().zip(stamps.into_iter().cycle());
        lines.map(|(line, stamp)| line.replacen("[-", &format!("[{stamp}"), 1) + "\n").collect::<String>()
    };
    for (stamps, second, clock, basis, step) in [
        (
            ["2031-03-07 04:05:06.123", "2031-03-07 04:05:06.456"],
            Some("2031-03-07 04:05:06.456"),
            Clock::Unzoned,
            TimeBasis::Local,
            Some(1_000_000),
        ),
        (
            ["04:05:06", "04:05:07"],
            Some("1970-01-01 04:05:07"),
            Clock::Unzoned,
            TimeBasis::Ticks,
            Some(1_000_000_000),
        ),
        (
            ["04:05:06:123", "04:05:07:456"],
            Some("1970-01-01 04:05:07.456"),
            Clock::Unzoned,
            TimeBasis::Ticks,
            Some(1_000_000),
        ),
        (
            ["3/13/2031 4:05:06 PM", "3/14/2031 4:05:07 PM"],
            Some("2031-03-14 16:05:07"),
            Clock::Unzoned,
            TimeBasis::Local,
            Some(1_000_000_000),
        ),
        (
            ["12.345", "13.5"],
            Some("1970-01-01 00:00:13.500"),
            Clock::Unzoned,
            TimeBasis::Ticks,
            Some(100_000_000),
        ),
        (
            ["2031-03-07T04:05:06Z", "2031-03-07T04:05:07Z"],
            Some("2031-03-07 04:05:07"),
            Clock::Trace,
            TimeBasis::Utc,
            Some(1_000_000_000),
        ),
        (["1f8a33", "1f8a34"], None, Clock::Order, TimeBasis::Order, None),
    ] {
        let read = read(&with(stamps));
        let record = &read.records[1];
        assert_eq!(read.account(), [10, 10, 0, 0], "{stamps:?}");
        assert_eq!(
            (record.time.as_deref(), record.clock, record.resolution_ns),
            (second, clock, step),
            "{stamps:?}"
        );
        assert_eq!(
            (record.pid, record.tid, record.function.as_str()),
            (Some(0x1a2c), Some(0xb40), "CDemoStore::Check")
        );
        assert_eq!(read.report.times, basis, "{stamps:?}");
        assert!(read.is_sound());
        assert_eq!(second.is_none(), !read.issues(IssueKind::Note).is_empty());
    }
}

#[test]
fn local_times_are_instants_once_the_user_names_their_zone() {
    let text = REGISTRY.replace("[-", "[2031-07-07 04:05:06");
    let read = read_with(text.as_bytes(), &[], Some(chrono_tz::Europe::Berlin));
    assert_eq!(read.records[0].time.as_deref(), Some("2031-07-07 02:05:06"));
    assert_eq!(read.report.times, TimeBasis::Given { zone: "Europe/Berlin".to_owned() });
    let span = &read.report.spans[0];
    assert_eq!((&*span.source, span.records), ("VSS trace", 10));
}

#[test]
fn an_order_of_day_and_month_that_nothing_shows_is_said_to_be_assumed() {
    let read = read(&REGISTRY.replace("[-", "[3/7/2031 4:05:06"));
    assert_eq!(read.records[0].time.as_deref(), Some("2031-03-07 04:05:06"));
    assert!(read.issues(IssueKind::Note)[0].message.contains("order of day and month"));
}

#[test]
fn every_encoding_and_line_break_gives_the_same_records() {
    let text = REGISTRY.replace("The store is busy", "Der Speicher läuft über");
    let expected = read(&text);
    assert_eq!(expected.records[3].text, "Der Speicher läuft über.  hr = 0x80070020");
    for text in [text.clone(), text.replace('\n', "\r\n")] {
        let wide = |big: bool| {
            let to = move |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
            text.encode_utf16().flat_map(to).collect::<Vec<u8>>()
        };
        let ansi: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        for (bytes, name) in [
            (text.clone().into_bytes(), "UTF-8"),
            ([b"\xEF\xBB\xBF".as_slice(), text.as_bytes()].concat(), "UTF-8"),
            (wide(false), "UTF-16LE"),
            (wide(true), "UTF-16BE"),
            ([b"\xFF\xFE".to_vec(), wide(false)].concat(), "UTF-16LE"),
            ([b"\xFE\xFF".to_vec(), wide(true)].concat(), "UTF-16BE"),
            (ansi, "Windows-1252 (assumed)"),
        ] {
            let read = read_with(&bytes, &[], None);
            assert_eq!(read.records, expected.records, "{name}");
            assert_eq!(read.reading().encoding, name);
        }
    }
}

#[test]
fn lines_without_the_prefix_continue_the_record_before_them() {
    let mut lines: Vec<&str> = REGISTRY.lines().collect();
    lines.insert(4, "");
    lines.insert(4, "  second part");
    lines.insert(4, "first part");
    let read = read(&(lines.join("\r\n") + "\r\n"));
    assert_eq!(read.account(), [13, 10, 3, 0]);
    assert_eq!(read.records[3].text, "The store is busy.  hr = 0x80070020\nfirst part\n  second part");
    assert_eq!((read.records[4].line, read.is_sound()), (8, true));
}

#[test]
fn a_broken_line_is_no_continuation_and_what_follows_it_is_not_either() {
    let mut lines: Vec<&str> = REGISTRY.lines().collect();
    lines.insert(4, "continues what is not known");
    lines.insert(4, "[-,0x001a2c:0x0b");
    lines.insert(4, ":0x0b40:0x0c1d2e3f] EXIT  {CDemoStore::Check}: hr: 0x00000000");
    let read = read(&(lines.join("\n") + "\n"));
    assert_eq!(read.account(), [13, 10, 0, 3]);
    assert_eq!(read.records[3].text, "The store is busy.  hr = 0x80070020");
    let note = read.issues(IssueKind::Note)[0];
    assert_eq!((note.count, note.place.as_str(), read.is_sound()), (3, "line 5", true));
}

#[test]
fn bytes_that_are_no_text_are_a_loss_of_one_line() {
    let mut bytes = REGISTRY.as_bytes().to_vec();
    bytes.extend(b"[-,0x00\x01\x02\x00\x03\x04\n");
    bytes.extend(REGISTRY.as_bytes());
    let read = read_with(&bytes, &[], None);
    assert_eq!((read.account(), read.report.lost), ([21, 20, 0, 1], 1));
    let [issue] = read.issues(IssueKind::Line)[..] else { panic!() };
    assert_eq!((issue.place.as_str(), issue.count), ("line 11", 1));
}

#[test]
fn a_trace_that_ends_inside_a_record_says_so_and_one_that_lacks_the_last_line_break_does_not() {
    let whole = REGISTRY.trim_end();
    for end in ["", "\n[-,0x001a2c:0x0b44:0x0c1d2e3f] CDemo::Run: text"] {
        let read = read(&format!("{whole}{end}"));
        assert!(read.is_sound() && read.reading().unknown == 0, "{end:?}");
    }
    for cut in [
        "[",
        "[-,0x001a2c:0x",
        "[-,0x001a2c:0x0b44:0x0c1d2e3f] ",
        "[-,0x001a2c:0x0b44:0x0c1d2e3f] EXIT  {CDemo",
        "[-,0x001a2c:0x0b44:0x0c1d2e3f] EXIT  {CDemoWriter::OnAbort}: hr: 0x8004",
    ] {
        let read = read(&format!("{REGISTRY}{cut}"));
        assert_eq!((read.account(), read.report.lost), ([11, 10, 0, 1], 1), "{cut}");
        assert_eq!(read.issues(IssueKind::Truncated)[0].place, "line 11", "{cut}");
    }
}

#[test]
fn the_second_process_of_a_shared_file_keeps_its_own_ids() {
    let text = REGISTRY.replace("0x0b44:", "0x1f0c:").replace("[-,0x001a2c:0x1f0c", "[-,0x000e10:0x1f0c");
    let read = read(&text);
    assert_eq!((read.records[0].pid, read.records[9].pid), (Some(0x1a2c), Some(0xe10)));
}

const PROFILE: &str = r#"
[[profile]]
name = "other"
prefix = "<{time}> "

[[profile]]
name = "demo"
source = "invented"
prefix = "{sequence:dec} {time}|{pid:dec}.{tid:dec}|{module}/{level}|{?{file}:{line}|}{function}|{label}| {indent}"
time_format = "%d.%m.%y %H-%M-%S,%f"
enter = ["->", "in"]
exit = "out"
"#;

#[test]
fn a_profile_of_the_user_is_read_as_it_says() {
    let profiles = Profile::from_toml(PROFILE).unwrap();
    let text = "\
1 07.03.31 04-05-06,5|6700.2880|WRITER/160|CDemoWriter::OnFreeze|in| volume = C:
2 07.03.31 04-05-06,6|6700.2880|WRITER/120|a.cpp:17|CDemoWriter::OnFreeze|note| frozen
3 07.03.31 04-05-06,7|6700.2880|WRITER/160|CDemoWriter::OnFreeze|out| hr: 0x800423f4
4 07.03.31 04-05-06,8|6700.2880|WRITER/120|CDemoWriter::OnFreeze|note|   deeper
";
    let read = read_with(text.as_bytes(), &profiles, None);
    assert!(crate::trace::looks_like(text, &profiles) && read.is_sound());
    assert_eq!((read.reading().layout.as_str(), read.account()), ("demo", [4, 4, 0, 0]));
    assert_eq!(
        kinds(&read),
        [Kind::Enter, Kind::Message, exit(0x8004_23F4), Kind::Message]
            .map(|kind| (kind, "CDemoWriter::OnFreeze"))
    );
    let second = &read.records[1];
    assert_eq!(
        (second.pid, second.tid, second.module.as_deref(), second.level),
        (Some(6700), Some(2880), Some("WRITER"), Some(120))
    );
    assert_eq!(
        (second.file.as_deref(), second.source_line, second.text.as_str()),
        (Some("a.cpp"), Some(17), "frozen")
    );
    assert_eq!(second.time.as_deref(), Some("2031-03-07 04:05:06.600"));
    assert_eq!((second.indent, read.records[3].indent), (Some(0), Some(1)));
    assert_eq!(read.records[0].text, "volume = C:");
}

#[test]
fn a_profile_that_does_not_fit_is_not_used() {
    let profiles = Profile::from_toml(PROFILE).unwrap();
    assert_eq!(read_with(REGISTRY.as_bytes(), &profiles, None).reading().layout, "registry-trace");
    let text = REGISTRY.replace("[-,", "04:05:06 ").replace("] ", " ");
    let read = read_with(text.as_bytes(), &profiles, None);
    assert_eq!((read.reading().layout.as_str(), read.records.len()), ("adaptive", 10));
    assert!(
        read.issues(IssueKind::Note)
            .iter()
            .any(|issue| issue.message.contains("no profile that was given fits"))
    );
}
