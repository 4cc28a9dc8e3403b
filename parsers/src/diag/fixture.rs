//! A short run of a backup as values of the key, for the tests of all readers. Identifiers and times are made up; the
//! layout is that of 64-bit Windows.

use super::export;
use crate::collect::Collector;
use std::fmt::Write as _;
use std::sync::Arc;
use vsscope_model::{Actor, Edge, Event, Guid, InputReport, Issue, IssueKind, Timestamp, What};

/// Path of the key.
pub(super) const DIAG: &str = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\VSS\Diag";
/// The set in the writer's and the service's values.
pub(super) const SET: Guid = Guid::from_bits(0x5b2c_7d10_93e4_4f6a_8c21_0d9e_7a34_b5f6);
const PROVIDER: &str = "SwProvider_{b5946137-7b9f-4925-af80-51abd60b20d5}";
const VOLUME: &str = "Volume{3f6a1c52-0000-0000-0000-100000000000}";

/// A value of a step.
pub(super) struct Step {
    pub name: String,
    pub bytes: Vec<u8>,
}

/// Ticks of a FILETIME at this many milliseconds after 2031-03-07 04:05:06 UTC, from `date -d … +%s`.
fn ticks(ms: u64) -> u64 {
    (1_930_622_706 + 11_644_473_600) * 10_000_000 + ms * 10_000
}

/// The instant that [`ticks`] gives.
pub(super) fn time(ms: i64) -> Timestamp {
    "2031-03-07T04:05:06Z".parse::<Timestamp>().unwrap() + chrono::TimeDelta::milliseconds(ms)
}

/// A blob of 72 bytes.
pub(super) fn blob(ms: u64, pid: u32, state: u32, result: u32, guid: Guid) -> Vec<u8> {
    let mut bytes = [0x48_u32, 0].map(u32::to_le_bytes).concat();
    bytes.extend(ticks(ms).to_le_bytes());
    bytes.extend([pid, 40, 3000, 1, state, result].map(u32::to_le_bytes).concat());
    bytes.extend(guid.0.to_bytes_le());
    bytes.resize(0x48, 0);
    bytes
}

/// Twelve values of five keys, in no order of time.
pub(super) fn run() -> Vec<(String, Vec<Step>)> {
    let step = |name: &str, ms, pid, state, result, guid| Step {
        name: name.to_owned(),
        bytes: blob(ms, pid, state, result, guid),
    };
    vec![
        (
            "SPP".to_owned(),
            vec![
                step("SppCreate (Enter)", 0, 700, 0, 0, Guid::NULL),
                step("SppCreate (Leave)", 900, 700, 0, 1, Guid::NULL),
            ],
        ),
        (
            "VssvcPublisher".to_owned(),
            vec![step("FREEZE (Leave)", 300, 800, 0, 0, SET), step("FREEZE (Enter)", 200, 800, 0, 0, SET)],
        ),
        (
            "A [strange] = Writer".to_owned(),
            vec![
                step("FREEZE (Enter)", 200, 900, 2, 0, SET),
                step("FREEZE (Leave)", 300, 900, 2, 0x8004_23f4, SET),
                step("VSS_WS_WAITING_FOR_THAW (SetCurrentState)", 300, 900, 3, 0, SET),
            ],
        ),
        (
            PROVIDER.to_owned(),
            vec![
                step("PROVIDER_COMMIT (Enter)", 400, 800, 0, 0, Guid::NULL),
                step("PROVIDER_COMMIT (Leave)", 400, 800, 0, 0, Guid::NULL),
            ],
        ),
        (
            "VolSnap".to_owned(),
            vec![
                step(&format!("{VOLUME}EndCommit (Leave)"), 500, 4, 0, 0, SET),
                step(&format!("{VOLUME}EndCommit (Enter)"), 450, 4, 0, 0, SET),
                step("Lost (Between)", 600, 4, 0, 0, Guid::NULL),
            ],
        ),
    ]
}

/// Checks what comes of [`run`].
pub(super) fn check_run(report: &InputReport) {
    let steps: Vec<(Timestamp, Actor, Option<Edge>)> =
        report.events.iter().map(|event| (event.time, event.actor, edge(event))).collect();
    let (enter, leave) = (Some(Edge::Entered), Some(Edge::Returned));
    let expected = [
        (time(0), Actor::Requester, enter),
        (time(200), Actor::Service, enter),
        (time(200), Actor::Writer, enter),
        (time(300), Actor::Writer, leave),
        (time(300), Actor::Writer, None),
        (time(300), Actor::Service, leave),
        (time(400), Actor::Provider, enter),
        (time(400), Actor::Provider, leave),
        (time(450), Actor::Volsnap, enter),
        (time(500), Actor::Volsnap, leave),
        (time(900), Actor::Requester, Some(Edge::Finished)),
    ];
    assert_eq!(steps, expected, "{:#?}", report.issues);
    assert!(report.events.iter().all(|event| event.newest_only && event.process.tid == Some(40)));
    assert_eq!((report.records, report.lost), (12, 0), "{:#?}", report.issues);
    let keys = &report.inventory.registry;
    assert_eq!((keys.len(), keys[0].values, keys[0].subkeys.len()), (1, 12, 5));
    assert!(report.issues.iter().all(|issue| !issue.kind.is_loss()), "{:#?}", report.issues);
}

fn edge(event: &Event) -> Option<Edge> {
    match event.what {
        What::Call { edge, .. }
        | What::Phase { edge, .. }
        | What::Callback { edge, .. }
        | What::ProviderStep { edge, .. }
        | What::VolsnapStep { edge, .. } => Some(edge),
        _ => None,
    }
}

/// Bytes as digits.
pub(super) fn hex(bytes: &[u8], between: &str) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().join(between)
}

/// The run as `reg export` writes it: a first line of up to 79 characters, 25 bytes in each of those that follow.
pub(super) fn exported() -> String {
    let mut text = format!("Windows Registry Editor Version 5.00\r\n\r\n[{DIAG}]\r\n");
    for (key, steps) in run() {
        let _ = write!(text, "\r\n[{DIAG}\\{key}]\r\n");
        for Step { name, bytes } in steps {
            let start = format!("\"{name}\"=hex:");
            let (first, rest) = bytes.split_at(78_usize.saturating_sub(start.len()) / 3);
            let lines = rest.chunks(25).map(|line| hex(line, ","));
            let lines: Vec<String> = [hex(first, ",")].into_iter().chain(lines).collect();
            let _ = write!(text, "{start}{}\r\n", lines.join(",\\\r\n  "));
        }
    }
    text + "\r\n"
}

/// What a reader makes of an input.
pub(super) fn report(read: impl FnOnce(&mut Collector)) -> InputReport {
    let mut out = Collector::new(&Arc::from("input"), "test");
    read(&mut out);
    out.finish(0)
}

/// Reads text as an export.
pub(super) fn export_of(bytes: &[u8]) -> InputReport {
    report(|out| export::read(&mut &*bytes, out))
}

/// The issues of a kind.
pub(super) fn issues(report: &InputReport, kind: IssueKind) -> Vec<&Issue> {
    report.issues.iter().filter(|issue| issue.kind == kind).collect()
}

/// Whether something was lost, and said to be.
pub(super) fn says_loss(report: &InputReport) -> bool {
    report.issues.iter().any(|issue| issue.kind.is_loss())
}

/// Cuts a text at every byte: what stands in whole lines before the cut is read, and a cut inside a line is said.
pub(super) fn cut_everywhere(text: &str, read: impl Fn(&str) -> InputReport) {
    let whole = read(text).events.len();
    let first = text.find(r"\SPP").unwrap();
    let mut most = 0;
    for at in 0..=text.len() {
        let Some((piece, rest)) = text.split_at_checked(at) else { continue };
        let report = read(piece);
        let events = report.events.len();
        assert!(events + 1 >= most && events <= whole, "{events} events after {most} at byte {at}");
        most = most.max(events);
        let last = piece.rsplit('\n').next().unwrap_or_default();
        let is_inside = !last.trim().is_empty() && !last.ends_with('\r') && !rest.starts_with('\r');
        if at > first && is_inside && !is_summary(last) {
            assert!(says_loss(&report), "nothing said of a cut behind {:?}", &piece[at.saturating_sub(60)..]);
        }
    }
    assert_eq!(most, whole);
}

/// Whether the last line is one that counts matches; its loss costs nothing.
fn is_summary(last: &str) -> bool {
    "End of search: 12 match(es) found.".starts_with(last)
}
