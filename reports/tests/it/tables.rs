//! The tables: their declared types, their values, and the way to CSV and Parquet and back.

use crate::sample;
use polars::prelude::{DataFrame, DataType, IntoLazy, PolarsResult, TimeUnit, TimeZone};
use polars_io::prelude::{ParquetReader, SerReader};
use std::collections::BTreeSet;
use std::io::Cursor;
use vsscope_model::{Analysis, Event, Guid, Host, RecordRef, Timestamp, Via, What};
use vsscope_reports::tables::{self, ColumnType, TABLES, Table};

const FAILED_SET: &str = "9b3e77c0-1d2f-4e5a-8b6c-0a1b2c3d4e5f";

fn table(name: &str) -> &'static Table {
    tables::table(name).expect("a table of this name")
}

fn empty() -> Analysis {
    Analysis {
        inputs: Vec::new(),
        coverage: Default::default(),
        hosts: Vec::new(),
        findings: Vec::new(),
        events: Vec::new(),
        ..sample::without_sets()
    }
}

fn analyses() -> Vec<Analysis> {
    let hostile = sample::PAYLOADS.iter().map(|payload| sample::hostile(payload));
    [empty(), sample::healthy(), sample::failed(), sample::traced(), sample::without_sets(), sample::many()]
        .into_iter()
        .chain(hostile)
        .collect()
}

fn text(frame: &DataFrame, column: &str) -> Vec<Option<String>> {
    let cells = frame.column(column).expect("a column").str().expect("text");
    cells.iter().map(|cell| cell.map(str::to_owned)).collect()
}

fn integer(frame: &DataFrame, column: &str) -> Vec<Option<i64>> {
    frame.column(column).expect("a column").i64().expect("integers").iter().collect()
}

fn number(frame: &DataFrame, column: &str) -> Vec<Option<f64>> {
    frame.column(column).expect("a column").f64().expect("numbers").iter().collect()
}

fn boolean(frame: &DataFrame, column: &str) -> Vec<Option<bool>> {
    frame.column(column).expect("a column").bool().expect("truth values").iter().collect()
}

fn time(frame: &DataFrame, column: &str) -> Vec<Option<Timestamp>> {
    let cells = frame.column(column).expect("a column").datetime().expect("times");
    cells.physical().iter().map(|ns| ns.map(Timestamp::from_timestamp_nanos)).collect()
}

fn some(cells: &[&str]) -> Vec<Option<String>> {
    cells.iter().map(|cell| (!cell.is_empty()).then(|| (*cell).to_owned())).collect()
}

#[test]
fn every_frame_has_the_declared_columns_and_types() {
    let utc = DataType::Datetime(TimeUnit::Nanoseconds, Some(TimeZone::UTC));
    for analysis in analyses() {
        for table in TABLES {
            let frame = table.frame(&analysis);
            let declared: Vec<(&str, DataType)> = table
                .columns
                .iter()
                .map(|column| {
                    let kind = match column.kind {
                        ColumnType::Text => DataType::String,
                        ColumnType::Integer => DataType::Int64,
                        ColumnType::Number => DataType::Float64,
                        ColumnType::Boolean => DataType::Boolean,
                        ColumnType::Time => utc.clone(),
                    };
                    (column.name, kind)
                })
                .collect();
            let found: Vec<(&str, DataType)> =
                frame.columns().iter().map(|c| (c.name().as_str(), c.dtype().clone())).collect();
            assert_eq!(found, declared, "{}", table.name);
        }
    }
}

#[test]
fn there_are_eight_tables_with_a_row_for_each_thing() {
    let analysis = Analysis { events: sample::events(), ..sample::failed() };
    let phases = |set: &vsscope_model::SnapshotSet| {
        set.phases.len() + set.writers.iter().map(|writer| writer.phases.len()).sum::<usize>()
    };
    let expected = [
        ("events", analysis.events.len()),
        ("sessions", 2),
        ("sets", 2),
        ("phases", analysis.sets.iter().map(phases).sum()),
        ("writers", 8),
        ("snapshots", 1),
        ("findings", 5),
        ("inputs", 2),
    ];
    let found: Vec<(&str, usize)> =
        TABLES.iter().map(|table| (table.name, table.frame(&analysis).height())).collect();
    assert_eq!(found, expected);
    assert!(TABLES.iter().all(|table| table.frame(&empty()).height() == 0), "nothing gives no rows");
}

#[test]
fn columns_are_described_once_and_durations_say_their_unit() {
    for table in TABLES {
        let names: BTreeSet<&str> = table.columns.iter().map(|column| column.name).collect();
        assert_eq!(names.len(), table.columns.len(), "{}", table.name);
        for column in table.columns {
            assert!(!column.about.is_empty() && !column.about.contains('|'), "{}", column.name);
            let is_duration = column.name.ends_with("_ms");
            assert!(!is_duration || column.kind == ColumnType::Number, "{}", column.name);
            assert!(
                column.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
                "{}: a name that SQL takes without quotes",
                column.name
            );
        }
    }
}

#[test]
fn every_column_can_be_named_in_sql_without_quotes() {
    let analysis = Analysis { events: sample::events(), ..sample::failed() };
    let mut sql = polars::sql::SQLContext::new();
    for table in TABLES {
        sql.register(table.name, table.frame(&analysis).lazy());
    }
    let mut run = |query: &str| -> PolarsResult<DataFrame> { sql.execute(query)?.collect() };
    for table in TABLES {
        for column in table.columns {
            let (name, table) = (column.name, table.name);
            let query = format!(
                "SELECT {name}, t.{name} AS again, COUNT(*) AS n FROM {table} AS t WHERE {name} IS NOT NULL OR \
                 {name} IS NULL GROUP BY {name} ORDER BY {name}"
            );
            run(&query).unwrap_or_else(|error| panic!("{query}: {error}"));
        }
    }
    let query = "SELECT sets.requester, phases.writer, phases.duration_ms FROM phases JOIN sets USING (set) \
                 WHERE phases.phase = 'FreezeWindow' AND phases.duration_ms > phases.limit_ms";
    let found = run(query).expect("keys join");
    assert_eq!(text(&found, "requester"), some(&["agent.exe"]));
    assert_eq!(text(&found, "writer"), some(&["SqlServerWriter"]));
    assert_eq!(number(&found, "duration_ms"), [Some(62_200.0)]);
    let query = "SELECT findings.finding, inputs.path FROM findings JOIN inputs ON findings.input = inputs.input \
                 WHERE findings.status = 'new' ORDER BY findings.finding";
    assert_eq!(text(&run(query).expect("findings join their inputs"), "finding"), some(&["f1", "f2", "f3"]));
}

#[test]
fn a_set_says_what_its_parts_say() {
    let sets = table("sets").frame(&sample::failed());
    assert_eq!(text(&sets, "set"), some(&["5f1d0a2e-8c44-4b6f-9a10-2b7c3d9e0f11", FAILED_SET]));
    assert_eq!(text(&sets, "guid"), text(&sets, "set"));
    assert_eq!(text(&sets, "requester"), some(&["ntdsutil.exe", "agent.exe"]));
    assert_eq!(integer(&sets, "requester_pid"), [Some(2772), Some(5120)]);
    assert_eq!(text(&sets, "outcome"), some(&["completed", "failed"]));
    assert_eq!(time(&sets, "started")[1], Some(sample::at("03T01:14:58")));
    assert_eq!(
        text(&sets, "volumes"),
        some(&["C:", r"C:; \\?\Volume{0c6f1a2b-0000-0000-0000-100000000000}\"])
    );
    // DoSnapshotSet 01:14:38.898 to 01:14:48.413, and 01:14:58.300 to 01:16:03.000.
    assert_eq!(number(&sets, "creation_ms"), [Some(9_515.0), Some(64_700.0)]);
    // NTDS was frozen from 01:14:40.789 to 01:14:46.258, longer than Registry Writer.
    assert_eq!(number(&sets, "freeze_ms"), [Some(5_469.0), Some(62_200.0)]);
    assert_eq!(integer(&sets, "writer_count"), [Some(4), Some(4)]);
    assert_eq!(integer(&sets, "writers_involved"), [Some(2), Some(2)]);
    assert_eq!(integer(&sets, "writers_failed"), [Some(0), Some(1)]);
    assert_eq!(integer(&sets, "snapshots_created"), [Some(1), Some(0)]);
    assert_eq!(integer(&sets, "finding_count"), [Some(0), Some(2)]);
    assert_eq!(text(&sets, "context_name"), some(&["VSS_CTX_BACKUP", "VSS_CTX_BACKUP"]));
    assert_eq!(text(&sets, "backup_type"), some(&["FULL", "FULL"]));
    assert_eq!(boolean(&sets, "writerless"), [None, None]);
}

#[test]
fn copies_are_counted_by_what_became_of_them() {
    let mut analysis = sample::healthy();
    let first = analysis.sets[0].snapshots[0].clone();
    analysis.sets[0].snapshots = ["lost", "created", "lost", "deleted", "unknown"]
        .map(|state| vsscope_model::Snapshot { state: state.into(), ..first.clone() })
        .to_vec();
    let sets = table("sets").frame(&analysis);
    let counts = ["snapshot_count", "snapshots_created", "snapshots_deleted", "snapshots_lost"];
    assert_eq!(counts.map(|column| integer(&sets, column)[0]), [Some(5), Some(1), Some(1), Some(2)]);
    let states = text(&table("snapshots").frame(&analysis), "state");
    assert_eq!(states, some(&["lost", "created", "lost", "deleted", "unknown"]));
}

/// The note of a freeze window says who measured it; the notes of other phases say that their length is a bound.
#[test]
fn a_bound_is_no_measured_time_and_a_freeze_window_is_none() {
    let mut analysis = sample::failed();
    for phase in &mut analysis.sets[1].writers[0].phases {
        phase.note = Some("as the writer's database engine logs it".into());
    }
    for phase in analysis.sets[0].phases.iter_mut().filter(|phase| phase.name == "DoSnapshotSet") {
        phase.note = Some("upper bound".into());
    }
    let sets = table("sets").frame(&analysis);
    assert_eq!(number(&sets, "freeze_ms"), [Some(5_469.0), Some(62_200.0)]);
    assert_eq!(number(&sets, "creation_ms")[0], None);
}

#[test]
fn phases_name_their_set_and_writer() {
    let analysis = sample::failed();
    let phases = table("phases").frame(&analysis);
    let row = |wanted: [&str; 3]| {
        let (sets, writers, names) = (text(&phases, "set"), text(&phases, "writer"), text(&phases, "phase"));
        let key = |at: usize| [&sets[at], &writers[at], &names[at]].map(|cell| cell.as_deref().unwrap_or(""));
        (0..phases.height()).find(|at| key(*at) == wanted).expect("such a phase")
    };
    let creation = row([FAILED_SET, "", "DoSnapshotSet"]);
    assert_eq!(text(&phases, "actor")[creation].as_deref(), Some("requester"));
    assert_eq!(text(&phases, "result")[creation].as_deref(), Some("0x800423f2"));
    assert_eq!(text(&phases, "result_name")[creation].as_deref(), Some("VSS_E_WRITERERROR_TIMEOUT"));
    assert_eq!(integer(&phases, "step")[creation], Some(2));
    let freeze = row([FAILED_SET, "SqlServerWriter", "Freeze"]);
    assert_eq!(text(&phases, "parent")[freeze].as_deref(), Some("FreezeWindow"));
    assert_eq!(text(&phases, "result")[freeze].as_deref(), Some("veto"));
    assert_eq!(text(&phases, "result_name")[freeze], None);
    let window = row([FAILED_SET, "SqlServerWriter", "FreezeWindow"]);
    assert_eq!(number(&phases, "limit_ms")[window], Some(60_000.0));
    let abort = row([FAILED_SET, "SqlServerWriter", "Abort"]);
    assert_eq!(time(&phases, "started")[abort], Some(sample::at("03T01:16:02.900")));
    assert_eq!((time(&phases, "ended")[abort], number(&phases, "duration_ms")[abort]), (None, None));
    let flush = row(["5f1d0a2e-8c44-4b6f-9a10-2b7c3d9e0f11", "", "FlushAndHold"]);
    assert_eq!(text(&phases, "note")[flush].as_deref(), Some("upper bound: the release is written late"));
}

#[test]
fn writers_have_their_state_code_and_window() {
    let writers = table("writers").frame(&sample::failed());
    assert_eq!(text(&writers, "writer")[4].as_deref(), Some("SqlServerWriter"));
    assert_eq!(integer(&writers, "state")[4], Some(9));
    assert_eq!(text(&writers, "state_name")[4].as_deref(), Some("VSS_WS_FAILED_AT_FREEZE"));
    assert_eq!(text(&writers, "failure")[4].as_deref(), Some("0x800423f2"));
    assert_eq!(text(&writers, "failure_name")[4].as_deref(), Some("VSS_E_WRITERERROR_TIMEOUT"));
    assert_eq!(number(&writers, "freeze_limit_ms")[4], Some(60_000.0));
    assert_eq!(time(&writers, "freeze_started")[4], Some(sample::at("03T01:15:00.700")));
    let failed = boolean(&writers, "failed");
    assert_eq!(failed, [false, false, false, false, true, false, false, false].map(Some));
    let parts = text(&writers, "participation");
    assert_eq!(parts[4..], some(&["involved", "involved", "identified", "excluded"]));
}

#[test]
fn a_finding_carries_its_explanation_and_its_first_proof() {
    let findings = table("findings").frame(&sample::failed());
    assert_eq!(text(&findings, "finding"), some(&["f1", "f2", "f3", "f4", "f5"]));
    assert_eq!(text(&findings, "status"), some(&["new", "new", "new", "noise", "noise"]));
    assert_eq!(text(&findings, "cause"), some(&["", "f1", "", "", ""]));
    assert_eq!(text(&findings, "cause_confidence"), some(&["", "strong", "", "", ""]));
    assert_eq!(text(&findings, "input"), some(&["i1", "i2", "i1", "i1", "i1"]));
    assert_eq!(text(&findings, "path")[0].as_deref(), Some("/case/dc01/Security.evtx"));
    assert_eq!(integer(&findings, "record")[0], Some(4711));
    assert_eq!(integer(&findings, "line")[..2], [None, Some(131)]);
    assert_eq!(integer(&findings, "evidence_count"), [4, 1, 1, 1, 1].map(Some));
    assert_eq!(text(&findings, "noise_reason")[4].as_deref(), Some("Windows was shutting down"));
    assert_eq!(text(&findings, "detail")[2].as_deref(), Some("First paragraph.\nSecond paragraph."));
}

#[test]
fn times_that_are_not_known_are_null() {
    let analysis = sample::traced();
    let sets = table("sets").frame(&analysis);
    assert_eq!(time(&sets, "started"), [None, Some(sample::at("03T03:14:38.5"))]);
    let events = table("events").frame(&analysis);
    assert_eq!(time(&events, "time")[0], None);
    assert_eq!(text(&events, "clock")[..2], some(&["order", "unzoned"]));
    assert_eq!(integer(&events, "event"), [1, 2, 3, 4, 5, 6].map(Some));
}

#[test]
fn events_have_their_meaning_in_words_and_their_place() {
    let mut analysis = Analysis { events: sample::events(), ..sample::healthy() };
    // The same log, as an input of its own, and a machine that has two names.
    analysis.inputs[0].path = "/case/dc01/System.evtx".into();
    analysis.events[0].host = Some("DC01".into());
    analysis.events[1].host = Some("other".into());
    let events = table("events").frame(&analysis);
    assert_eq!(
        text(&events, "what"),
        some(&["service", "service", "shadow-loss", "log", "call", "vss-stopping"])
    );
    assert_eq!(text(&events, "step")[4].as_deref(), Some("DoSnapshotSet"));
    assert_eq!(text(&events, "edge")[3..5], some(&["", "entered"]));
    assert_eq!(text(&events, "host")[..2], some(&["dc01.lab.example", "other"]));
    assert_eq!(text(&events, "computer")[..2], some(&["DC01", "other"]));
    assert_eq!(text(&events, "actor")[2..5], some(&["volsnap", "writer", "requester"]));
    assert_eq!(text(&events, "set")[3].as_deref(), Some(FAILED_SET));
    assert_eq!(text(&events, "status")[3].as_deref(), Some("0x800423f2"));
    assert_eq!(text(&events, "status_name")[3].as_deref(), Some("VSS_E_WRITERERROR_TIMEOUT"));
    assert_eq!(boolean(&events, "failed")[2..4], [None, Some(true)]);
    assert_eq!(text(&events, "writer")[3].as_deref(), Some("タスク スケジューラ ライター"));
    assert_eq!(integer(&events, "pid")[3..5], [Some(1812), Some(5120)]);
    assert_eq!(text(&events, "source")[3..5], some(&["VSS", ""]));
    assert_eq!(integer(&events, "event_id")[2..5], [Some(36), Some(8229), None]);
    assert_eq!(text(&events, "input")[0].as_deref(), Some("i1"));
    assert_eq!(integer(&events, "line")[4], Some(77));
    assert_eq!(integer(&events, "record")[3], Some(12_900 + 8_229));
    assert_eq!(text(&events, "description")[4].as_deref(), Some("DoSnapshotSet entered"));
}

#[test]
fn an_event_of_an_events_file_was_read_there_and_written_elsewhere() {
    let via = Some(Via { input: "/case/dc01/Security.evtx".into(), line: 4 });
    let source = RecordRef { input: "/old/Security.evtx".into(), record: Some(3), via, ..Default::default() };
    let event = Event::new(sample::at("03T01:00:00"), source, What::SnapshotCreated);
    let analysis = Analysis {
        events: vec![Event { set: Some(Guid::NULL), ..event.clone() }, event],
        ..sample::healthy()
    };
    let events = table("events").frame(&analysis);
    assert_eq!(text(&events, "input"), some(&["i1", "i1"]));
    assert_eq!(text(&events, "path"), some(&["/old/Security.evtx", "/old/Security.evtx"]));
    assert_eq!(text(&events, "set"), [None, None], "the null GUID says that there is no set");
}

#[test]
fn an_event_belongs_to_the_one_set_that_it_names_or_that_rests_on_it() {
    let mut analysis = Analysis { events: sample::events(), ..sample::failed() };
    // The fourth event names the second set. An index that is too large must do no harm.
    analysis.sets[0].events = vec![0, 1, 3, 99];
    analysis.sets[1].events = vec![1, 2];
    analysis.sessions[0].events = vec![0, 5];
    analysis.sessions[1].events = vec![4, 5];
    let events = table("events").frame(&analysis);
    let (first, second) = ("5f1d0a2e-8c44-4b6f-9a10-2b7c3d9e0f11", FAILED_SET);
    assert_eq!(text(&events, "set"), some(&[first, "", second, second, "", ""]));
    assert_eq!(text(&events, "session"), some(&["s1", "", "", "", "s2", ""]));
}

#[test]
fn a_name_that_two_hosts_have_tells_neither() {
    let host = |name: &str| Host { name: name.into(), aliases: vec!["SRV1".into()], runs: Vec::new() };
    let mut analysis = Analysis { events: sample::events(), ..sample::healthy() };
    analysis.hosts = vec![host("srv1.a.example"), host("srv1.b.example")];
    analysis.events[0].host = Some("srv1".into());
    analysis.events[1].host = Some("SRV1.B.example".into());
    let events = table("events").frame(&analysis);
    assert_eq!(text(&events, "host")[..2], some(&["srv1", "srv1.b.example"]));
}

#[test]
fn inputs_say_what_their_times_are_and_what_was_lost() {
    let inputs = table("inputs").frame(&sample::traced());
    assert_eq!(
        text(&inputs, "time_basis"),
        some(&["utc", "aligned", "local", "ticks", "order", "given", "utc", "utc"])
    );
    assert_eq!(number(&inputs, "added_s")[1], Some(-3600.0));
    assert_eq!(text(&inputs, "zone")[5].as_deref(), Some("Europe/Berlin"));
    assert_eq!(text(&inputs, "layout_confidence")[1..3], some(&["strong", "weak"]));
    let inputs = table("inputs").frame(&sample::failed());
    assert_eq!(integer(&inputs, "lost"), [Some(2), Some(0)]);
    assert_eq!(integer(&inputs, "issue_count"), [Some(2), Some(0)]);
    assert_eq!(integer(&inputs, "loss_count"), [Some(1), Some(0)], "a checksum alone loses nothing");
    assert_eq!(
        text(&inputs, "issues")[0].as_deref(),
        Some("offset 0x11000: chunk cannot be read; offset 0x21000: checksum of a chunk does not fit")
    );
}

fn csv_of(frame: &DataFrame) -> String {
    let mut written = Vec::new();
    tables::csv::write(frame, &mut written).expect("memory takes everything");
    String::from_utf8(written).expect("CSV is UTF-8")
}

fn rows_of(text: &str) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text.as_bytes());
    reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect()
}

#[test]
fn csv_has_a_header_crlf_and_times_of_rfc_3339() {
    let frame = table("phases").frame(&sample::healthy());
    let text = csv_of(&frame);
    let head = "set,host,session,writer,class_id,instance_id,step,phase,actor,parent,started,ended,duration_ms,limit_ms,\
                result,result_name,note\r\n";
    let first = "5f1d0a2e-8c44-4b6f-9a10-2b7c3d9e0f11,dc01.lab.example,s1,,,,1,GatherWriterMetadata,requester,,\
                 2026-03-03T01:14:38.195000000Z,2026-03-03T01:14:38.460000000Z,265.0,,,,\r\n";
    assert!(text.starts_with(&format!("{head}{first}")), "{}", &text[..600]);
    assert_eq!(csv_of(&table("sets").frame(&empty())).lines().count(), 1, "no rows: a header all the same");
}

#[test]
fn numbers_in_csv_stay_numbers() {
    let rows = rows_of(&csv_of(&table("inputs").frame(&sample::traced())));
    let at = rows[0].iter().position(|name| name == "added_s").expect("the column");
    assert_eq!(rows[2][at], "-3600.0", "a negative number is no formula");
}

/// What OWASP's page on CSV injection names, and the ways around it: characters that some programs skip.
fn is_formula(cell: &str) -> bool {
    const BEGINNINGS: &[char] = &['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    cell.starts_with(BEGINNINGS) || cell.trim().trim_start_matches('\u{feff}').trim().starts_with(BEGINNINGS)
}

#[test]
fn no_cell_of_text_is_a_formula_and_every_text_can_be_had_back() {
    let more =
        ["  =1+1", "\u{a0}@x", "\u{feff}=1", "＝1+1", "'quoted", "''=1", "\n=1", "\r\n+1", "a\"b,c;d", ""];
    let payloads = sample::PAYLOADS.iter().chain(&more);
    let mut met = 0;
    for payload in payloads {
        let analysis = sample::hostile(payload);
        for table in TABLES {
            let frame = table.frame(&analysis);
            let rows = rows_of(&csv_of(&frame));
            assert_eq!(rows.len(), frame.height() + 1, "{}: {payload:?}", table.name);
            for (at, column) in table.columns.iter().enumerate().filter(|(_, c)| c.kind == ColumnType::Text) {
                for (row, cell) in rows[1..].iter().zip(text(&frame, column.name)) {
                    assert!(!is_formula(&row[at]), "{}.{}: {:?}", table.name, column.name, row[at]);
                    assert!(
                        !row[at].contains(|c: char| c.is_control() && !"\t\r\n".contains(c)),
                        "{:?}",
                        row[at]
                    );
                    let back = row[at].strip_prefix('\'').unwrap_or(&row[at]);
                    let shown: String = cell
                        .unwrap_or_default()
                        .chars()
                        .map(|c| match c {
                            '\t' | '\r' | '\n' => c.to_string(),
                            c if c.is_control() => format!("\\u{{{:x}}}", u32::from(c)),
                            c => c.to_string(),
                        })
                        .collect();
                    assert_eq!(back, shown, "{}.{}", table.name, column.name);
                    met += usize::from(back == *payload);
                }
            }
        }
    }
    assert!(met > 1_000, "the payloads reach the cells: {met}");
}

#[test]
fn long_tables_are_written_whole_and_in_order() {
    let place = |line| RecordRef { line: Some(line), ..RecordRef::default() };
    let event = |line| Event::new(sample::at("03T01:00:00"), place(line), What::Log);
    let analysis = Analysis { events: (1..=40_000).map(event).collect(), ..sample::healthy() };
    let rows = rows_of(&csv_of(&table("events").frame(&analysis)));
    let at = rows[0].iter().position(|name| name == "line").expect("the column");
    let lines: Vec<u64> = rows[1..].iter().map(|row| row[at].parse().expect("a line")).collect();
    assert_eq!(lines, (1..=40_000).collect::<Vec<u64>>());
}

fn parquet_of(table: &Table, analysis: &Analysis) -> Vec<u8> {
    let mut written = Vec::new();
    tables::parquet::write(table, &mut table.frame(analysis), &mut written).expect("memory takes everything");
    written
}

#[test]
fn parquet_gives_every_table_back() {
    for analysis in analyses() {
        for table in TABLES {
            let written = parquet_of(table, &analysis);
            assert_eq!(written, parquet_of(table, &analysis), "{}: the same bytes", table.name);
            let read = ParquetReader::new(Cursor::new(written)).finish().expect("a Parquet file");
            assert!(read.equals_missing(&table.frame(&analysis)), "{}", table.name);
        }
    }
}

#[test]
fn parquet_says_what_its_columns_are() {
    let written = parquet_of(table("sets"), &sample::healthy());
    let mut reader = ParquetReader::new(Cursor::new(written));
    let metadata = reader.get_metadata().expect("metadata").key_value_metadata.clone().expect("pairs");
    let value = |key: &str| {
        let pair = metadata.iter().find(|pair| pair.key == key).expect("a pair");
        pair.value.clone().expect("a value")
    };
    assert_eq!(value("vsscope.schema"), "vsscope.tables/1");
    assert_eq!(value("vsscope.table"), "sets");
    let columns: serde_json::Value = serde_json::from_str(&value("vsscope.columns")).expect("JSON");
    assert_eq!(columns["creation_ms"], "Duration of DoSnapshotSet in ms");
}
