//! Trace text through the door that all inputs come in by: told by its content, read in any zone and by profiles of users.

mod common;

use common::{issues, read_bytes};
use vsscope_model::{InputReport, IssueKind, TimeBasis};
use vsscope_parsers::trace::Profile;
use vsscope_parsers::{Format, ReadOptions, Source, read};

/// Lines of the registry form with times; which form times have there is not known.
fn registry(stamp: &str) -> String {
    let bodies = [
        "ENTER {CDemoWriter::OnFreeze}: ",
        r"demo\writer.cpp(0099): CDemoWriter::OnFreeze: The store is busy.  hr = 0x80070020",
        "EXIT  {CDemoWriter::OnFreeze}: hr: 0x800423f4",
    ];
    bodies.map(|body| format!("[{stamp},0x001a2c:0x0b40:0x0c1d2e3f] {body}\r\n")).concat()
}

fn read_as(text: &str, options: &ReadOptions) -> InputReport {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("trace.txt");
    std::fs::write(&path, text).unwrap();
    read(&Source::file(path), options, &()).remove(0)
}

/// Lines, parsed, continued, unknown.
fn account(report: &InputReport) -> [u64; 4] {
    let text = report.text.as_ref().unwrap();
    [text.lines, text.parsed, text.continuation, text.unknown]
}

#[test]
fn a_trace_is_told_by_its_content() {
    for (stamp, basis) in
        [("-", TimeBasis::Order), ("04:05:06.1", TimeBasis::Ticks), ("2031-03-07 04:05:06", TimeBasis::Local)]
    {
        let report = read_bytes(registry(stamp).as_bytes());
        assert_eq!((report.format.as_str(), report.records, report.lost), ("vss-trace", 3, 0), "{stamp}");
        assert_eq!((account(&report), report.times), ([3, 3, 0, 0], basis), "{stamp}");
    }
    let wide: Vec<u8> = registry("-").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let report = read_bytes(&[b"\xFF\xFE".to_vec(), wide].concat());
    assert_eq!((report.format.as_str(), report.text.unwrap().encoding.as_str()), ("vss-trace", "UTF-16LE"));
}

#[test]
fn a_json_log_or_a_page_of_text_that_quotes_a_trace_is_none() {
    let quoted = registry("-").replace('\\', "/");
    let json: String = quoted.lines().map(|line| format!("{{\"text\":\"{line}\"}}\n")).collect();
    let page = format!(
        "A page about traces.\n\n{}\nIt goes on\nfor some\nmore lines.\n",
        quoted.lines().next().unwrap()
    );
    for text in [json, page] {
        assert_eq!(issues(&read_bytes(text.as_bytes()), IssueKind::UnknownFormat).len(), 1, "{text}");
    }
}

#[test]
fn text_of_an_unknown_layout_is_kept_when_the_user_says_that_it_is_a_trace() {
    let options = ReadOptions { format: Some(Format::VssTrace), ..ReadOptions::default() };
    let report = read_as("one\ntwo\nthree\n", &options);
    assert_eq!((account(&report), report.records, report.lost), ([3, 0, 0, 3], 0, 0));
    assert!(report.issues.iter().all(|issue| issue.kind == IssueKind::Note) && report.issues.len() == 1);
}

#[test]
fn a_profile_makes_a_trace_readable_that_shows_nothing_by_itself() {
    let text = "7 | 2031.03.07 | 04h05 | CDemoWriter::OnFreeze | begin\n8 | 2031.03.07 | 04h06 | CDemoWriter::OnFreeze | end 0x800423f4\n";
    assert_eq!(read_bytes(text.as_bytes()).format, "unknown");
    let profiles = Profile::from_toml(
        r#"
        [[profile]]
        name = "demo"
        prefix = "{sequence:dec} | {time} | {function} | {label} "
        time_format = "%Y.%m.%d | %Hh%M"
        enter = "begin"
        exit = "end"
        "#,
    );
    let options = ReadOptions { profiles: profiles.unwrap().into(), ..ReadOptions::default() };
    let report = read_as(text, &options);
    assert_eq!((report.format.as_str(), account(&report)), ("vss-trace", [2, 2, 0, 0]));
    assert_eq!(report.text.unwrap().columns, "sequence (decimal), date and time, function, label, body");
    assert_eq!(report.spans[0].first.to_rfc3339(), "2031-03-07T04:05:00+00:00");
}

#[test]
fn a_zone_that_the_user_names_makes_local_times_instants() {
    let options = ReadOptions { zone: Some(chrono_tz::Europe::Berlin), ..ReadOptions::default() };
    let report = read_as(&registry("2031-07-07 04:05:06"), &options);
    assert_eq!(report.spans[0].first.to_rfc3339(), "2031-07-07T02:05:06+00:00");
    assert_eq!(report.times, TimeBasis::Given { zone: "Europe/Berlin".to_owned() });
}
