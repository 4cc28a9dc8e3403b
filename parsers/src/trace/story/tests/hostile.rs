//! Traces that nobody wrote: no panic, and memory that does not grow with them.

use super::*;
use crate::trace::story::stack::{MAX_DEPTH, MAX_FRAMES, MAX_THREADS};
use proptest::prelude::*;

const FUNCTIONS: [&str; 14] = [
    "CVssBackupComponents::StartSnapshotSet",
    "CVssBackupComponents::DoSnapshotSet",
    "CVssBackupComponents::GetWriterStatus",
    "CVssBackupComponents::AddComponent",
    "CVssBackupComponents::Release",
    "~CVssBackupComponents",
    "CreateVssBackupComponents",
    "CVssWriter::OnFreeze",
    "CDemoWriter::OnFreeze",
    "CDemoProvider::CommitSnapshots",
    "CDemoCoordinator::StartSnapshotSet",
    "CDemoAsync::QueryStatus",
    "CDemo::Run",
    "",
];

const TEXTS: [&str; 9] = [
    "hr = 0x80070005",
    "gone. hr = 0x800423f4",
    "Throwing HRESULT code 0x80070005. Previous HRESULT code = 0x800423f4",
    "HRESULT EXCEPTION CAUGHT: hr: 0x80070005",
    "pHrResult = 0x0004230a",
    "pSnapshotSetId = {0a1b2c3d-0000-4000-8000-00000000000a}",
    "instanceId = {0a1b2c3d-0000-4000-8000-00000000000a}, pnStatus = 9",
    "0a1b2c3d-0000-4000-8000-00000000000a",
    "",
];

/// What a record is made of.
#[derive(Debug)]
struct Part {
    kind: Kind,
    function: String,
    text: String,
    ids: (u32, u32),
    indent: Option<u32>,
    module: Option<&'static str>,
}

fn kind() -> impl Strategy<Value = Kind> {
    let codes = [0_u32, 1, 0x0004_230A, 0x8007_0005, 0x8004_23F4];
    let exit = proptest::option::of(proptest::sample::select(codes.to_vec()));
    prop_oneof![Just(Kind::Enter), exit.prop_map(|code| Kind::Exit(code.map(HResult))), Just(Kind::Message)]
}

fn one_of(known: &'static [&'static str], other: &'static str) -> impl Strategy<Value = String> {
    prop_oneof![4 => proptest::sample::select(known).prop_map(str::to_owned), 1 => other]
}

prop_compose! {
    fn part()(
        kind in kind(),
        function in one_of(&FUNCTIONS, ".{0,20}"),
        text in one_of(&TEXTS, ".{0,60}"),
        ids in (0_u32..3, 0_u32..3),
        indent in proptest::option::of(0_u32..4),
        module in proptest::option::of(proptest::sample::select(&["BUCOMP", "COORD", "SWPRV", "WRITER"][..])),
    ) -> Part {
        Part { kind, function, text, ids, indent, module }
    }
}

proptest! {
    #[test]
    fn no_sequence_of_records_makes_it_panic(parts in proptest::collection::vec(part(), 0..200)) {
        let records: Vec<_> = parts
            .iter()
            .zip(1..)
            .map(|(part, number)| TraceRecord {
                pid: Some(part.ids.0),
                tid: Some(part.ids.1),
                module: part.module,
                indent: part.indent,
                kind: part.kind,
                function: &part.function,
                text: &part.text,
                ..record("> CDemo::Run", number)
            })
            .collect();
        let report = report(&records);
        for (_, failure) in failures(&report.events) {
            prop_assert!(!failure.frames.is_empty());
            prop_assert!(failure.frames.iter().all(|frame| frame.hresult.is_some_and(|code| code.is_failure())));
        }
        for event in &report.events {
            let is_requesters = matches!(event.what, What::Call { .. } | What::WriterStatus { .. });
            prop_assert!(is_requesters == event.session.is_some() || matches!(event.what, What::Failure(_)));
        }
    }
}

#[test]
fn endless_depth_and_endless_threads_filled_the_memory() {
    let mut out = Collector::new(&Arc::from("trace.txt"), "vss-trace");
    let mut story = Story::default();
    for number in 0..3000 {
        story.record(&record("> CDemo::Run", number), &mut out);
    }
    assert_eq!(story.threads.size(), (1, MAX_DEPTH));
    for number in 0..20_000 {
        let pid = u32::try_from(number).unwrap();
        for line in ["> CVssBackupComponents::SetContext", "> CDemo::Run"] {
            story.record(&TraceRecord { pid: Some(pid), ..record(line, number) }, &mut out);
        }
    }
    let (threads, _) = story.threads.size();
    assert!(threads <= MAX_THREADS + 1, "{threads}");
    let (processes, instances) = story.instances.size();
    assert!(processes <= 4097 && instances <= 4097, "{processes} {instances}");
    for number in 0..1_000_000 {
        let pid = u32::try_from(number / 2000).unwrap();
        story.record(&TraceRecord { pid: Some(pid), ..record("> CDemo::Deep", number) }, &mut out);
    }
    let (_, frames) = story.threads.size();
    assert!(frames <= MAX_FRAMES + MAX_DEPTH, "{frames}");
    for number in 0..1000 {
        story.record(&record("< CreateVssBackupComponents 0x00000000", number), &mut out);
    }
    assert!(story.instances.size().1 <= 4097 + 64);
}

#[test]
fn a_name_without_end_is_cut() {
    let name = "ä".repeat(100_000);
    let lines = [
        format!("> {name}::DoSnapshotSet"),
        format!("{name}: gone. hr = 0x80070005"),
        format!("< {name} 0x80070005"),
    ];
    let records: Vec<_> = lines.iter().zip(1..).map(|(line, number)| record(line, number)).collect();
    let report = report(&records);
    let [(_, failure)] = failures(&report.events)[..] else { panic!("{report:?}") };
    assert!(failure.frames.iter().all(|frame| frame.function.len() <= 500));
}
