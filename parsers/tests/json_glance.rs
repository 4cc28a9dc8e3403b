//! What a glance at a line gives is what parsing the line gives: reports are the same with and without it.

mod common;

use common::{read_bytes, samples};
use proptest::prelude::*;
use std::path::Path;
use vsscope_model::InputReport;
use vsscope_parsers::{Format, ReadOptions, Source, read, read_bytes as read_held};

fn parsed() -> ReadOptions {
    ReadOptions { no_skip: true, ..ReadOptions::default() }
}

/// Reads a text in both ways.
fn both(text: &[u8], format: Format) -> [Vec<InputReport>; 2] {
    [false, true].map(|no_skip| {
        let options = ReadOptions { format: Some(format), no_skip, ..ReadOptions::default() };
        read_held("log.json", text, &options)
    })
}

#[test]
fn real_exports_and_the_samples_are_the_same() {
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/samples");
    let own = ["freeze-window-long.nxlog.json", "healthy-domain-controller.evtx-dump.jsonl"]
        .map(|name| own.join(name));
    for path in samples("json").into_iter().chain(own) {
        let source = Source::file(&path);
        let at_a_glance = read(&source, &ReadOptions::default(), &());
        assert!(at_a_glance[0].records > 0, "{}", path.display());
        assert_eq!(at_a_glance, read(&source, &parsed(), &()), "{}", path.display());
    }
}

/// Lines of records that do not matter and of one that does, in every form, with what a glance has to look out for.
const LINES: &[(Format, &str)] = &[
    (
        Format::NxlogJson,
        r#"{"SourceName":"Contoso-Agent","EventID":7,"Level":"4","Channel":"Application","Hostname":"SRV1.lab","TimeCreated":"2031-03-07T04:05:06.840Z","@timestamp":"2031-03-07T04:05:07Z","Message":"one\r\ntwo \"three\" \u00e9","tags":["a",{"b":null}],"port":5044}"#,
    ),
    (
        Format::NxlogJson,
        r#"{"TimeCreated":"2031-03-07 06:05:06.154","SourceName":"Microsoft-Windows-Sysmon","UtcTime":"2031-03-07 04:05:06.145","EventID":"11","Hostname":"SRV1","Channel":"Microsoft-Windows-Sysmon/Operational","ProcessId":"4"}"#,
    ),
    (
        Format::NxlogJson,
        r#"{"SourceName":"VSS","EventID":8224,"Channel":"Application","Hostname":"H1","EventTime":"2031-03-07T04:05:06Z","Message":"m"}"#,
    ),
    (
        Format::EvtxDumpJson,
        r##"{"Event":{"#attributes":{"xmlns":"x"},"System":{"Provider":{"#attributes":{"Name":"Contoso","Guid":"1"}},"EventID":{"#attributes":{"Qualifiers":0},"#text":17},"Version":0,"Level":4,"Task":0,"TimeCreated":{"#attributes":{"SystemTime":"2031-03-07T04:05:06.1234567Z"}},"EventRecordID":12,"Correlation":null,"Execution":{"#attributes":{"ProcessID":4,"ThreadID":8}},"Channel":"System","Computer":"SRV1","Security":null},"EventData":{"Data":{"#text":["a","b"]}}}}"##,
    ),
    (
        Format::EvtxDumpJson,
        r##"{"Event":{"System":{"Provider_attributes":{"Name":"VSS"},"EventID":8224,"EventID_attributes":{"Qualifiers":0},"TimeCreated_attributes":{"SystemTime":"2031-03-07T04:05:06Z"},"EventRecordID":13,"Channel":"Application","Computer":"SRV1"},"EventData":{"Data":["x",""]}}}"##,
    ),
    (
        Format::WinlogbeatJson,
        r#"{"@timestamp":"2031-03-07T04:05:06.123Z","event":{"code":"7036","kind":"event"},"log":{"level":"information"},"winlog":{"provider_name":"Service Control","event_id":"7036","channel":"System","computer_name":"SRV1","event_data":{"param1":"x","param2":"running"},"record_id":99},"message":"m"}"#,
    ),
    (
        Format::WinlogbeatJson,
        r#"{"@timestamp":"2031-03-07T04:05:06.123Z","winlog":{"provider_name":"VSS","event_id":8224,"channel":"Application","computer_name":"SRV1","record_id":100},"message":"m"}"#,
    ),
];

/// Pieces that make another line of a line.
const PIECES: &[&str] = &[
    "\"",
    "\\",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\n",
    " ",
    "\t",
    "null",
    "1e9",
    "-1",
    "007",
    "true",
    "\\u0041",
    "\\ud800",
    "é",
    "\u{0}",
    "\u{c}",
    "\"EventID\":1,",
    "\"SourceName\":\"A\",",
    "\"Hostname\":null,",
    "\"UtcTime\":\"x\",",
    "\"System\":{},",
    "\"Provider\":{\"#attributes\":{\"Name\":\"B\"}},",
    "\"Name\":\"B\",",
    "\"#text\":3,",
    "\"Level\":1,",
    "\"winlog\":{},",
    "\"winlog.channel\":\"C\",",
    "\"event_id\":2,",
    "\"original\":\"<Event/>\",",
    "\"xml\":\"x\",",
    "\"recovered\":true,",
    "\"TimeCreated\":\"2031\",",
    "{\"a\":1}",
    "Record 3\n",
];

/// What is done to a text: a piece is put in, bytes are taken out, or one is changed.
#[derive(Debug, Clone)]
enum Edit {
    Insert(prop::sample::Index, &'static str),
    Cut(prop::sample::Index, usize),
    Change(prop::sample::Index, u8),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        3 => (any::<prop::sample::Index>(), prop::sample::select(PIECES)).prop_map(|(at, piece)| Edit::Insert(at, piece)),
        1 => (any::<prop::sample::Index>(), 1_usize..30).prop_map(|(at, count)| Edit::Cut(at, count)),
        1 => (any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, byte)| Edit::Change(at, byte)),
    ]
}

impl Edit {
    fn apply(&self, text: &mut Vec<u8>) {
        if text.is_empty() {
            return;
        }
        match self {
            Edit::Insert(at, piece) => {
                // Behind a comma or a brace a piece is most likely to be taken for what it is.
                let at = at.index(text.len());
                let seams = |byte: &u8| matches!(byte, b'{' | b',');
                let at = text[at..].iter().position(seams).map_or(at, |next| at + next + 1);
                text.splice(at..at, piece.bytes());
            }
            Edit::Cut(at, count) => {
                let at = at.index(text.len());
                text.drain(at..(at + count).min(text.len()));
            }
            Edit::Change(at, byte) => {
                let at = at.index(text.len());
                text[at] = *byte;
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_lines_are_the_same(
        picks in prop::collection::vec(prop::sample::select(LINES), 1..5),
        edits in prop::collection::vec(edit(), 0..4),
        ends in prop::sample::select(&["\n", "\r\n", ",\n", "", " \n\n"]),
    ) {
        let format = picks[0].0;
        let of_form = picks.iter().filter(|(other, _)| *other == format);
        let mut text: Vec<u8> = of_form.flat_map(|(_, line)| [*line, ends].concat().into_bytes()).collect();
        edits.iter().for_each(|edit| edit.apply(&mut text));
        let [at_a_glance, parsed] = both(&text, format);
        prop_assert_eq!(at_a_glance, parsed, "{}", String::from_utf8_lossy(&text));
    }
}

#[test]
fn lines_that_the_buffer_cuts_are_the_same() {
    for (format, line) in LINES {
        let text = format!("{line}\n").repeat(1500);
        let [at_a_glance, parsed] = both(text.as_bytes(), *format);
        assert_eq!(at_a_glance[0].records, 1500);
        assert_eq!(at_a_glance, parsed);
    }
}

#[test]
fn the_form_is_told_as_before() {
    for (format, line) in LINES {
        assert_eq!(read_bytes(line.as_bytes()).format, format.as_str());
    }
}
