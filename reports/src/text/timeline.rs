//! One set after the other: who made it, phase by phase, writer by writer, and a Gantt chart.

use super::TextOptions;
use super::analyze::{outcome_style, short_id, stacked};
use super::clock::Reading;
use super::gantt;
use super::page::{Page, indented, together};
use super::style::Style;
use super::table::{Grid, Kind};
use super::units::{count, duration, limit};
use crate::describe::{named_status, short_guid, state_words};
use vsscope_model::{
    Analysis, CallRecord, Confidence, HResult, Participation, Phase, PhaseActor, Session, SessionDetail,
    Snapshot, SnapshotSet, Status, Timestamp, WriterRun,
};

/// The timelines of all sets, or of those whose id or GUID begins with `set`.
pub fn timeline(analysis: &Analysis, set: Option<&str>, options: &TextOptions) -> String {
    let mut page = Page::about(analysis, options);
    let wanted = set.map(|id| id.trim_matches(['{', '}']).to_lowercase());
    let chosen = |set: &&SnapshotSet| wanted.as_deref().is_none_or(|id| has_id(set, id));
    let sets: Vec<&SnapshotSet> = analysis.sets.iter().filter(chosen).collect();
    if sets.is_empty() {
        nothing(&mut page, analysis, set);
    }
    for set in &sets {
        let set = page.measured(set);
        one_set(&mut page, analysis, &set);
    }
    if set.is_none() {
        sessions_without_set(&mut page, analysis);
    }
    page.finish()
}

fn has_id(set: &SnapshotSet, wanted: &str) -> bool {
    set.id.to_lowercase().starts_with(wanted)
        || set.guid.is_some_and(|guid| guid.to_string().starts_with(wanted))
}

fn nothing(page: &mut Page, analysis: &Analysis, wanted: Option<&str>) {
    match wanted {
        Some(id) if !analysis.sets.is_empty() => {
            let known: Vec<_> = analysis.sets.iter().map(|set| page.options.clean(&set.id)).collect();
            page.paragraph(0, &format!("No snapshot set has the id {}.", page.options.clean(id)));
            page.hanging("Sets:", 0, LABEL, &known.join(", "));
        }
        _ => page.paragraph(0, page.options.without_sets()),
    }
}

const LABEL: usize = 11;

fn label(page: &mut Page, name: &str, text: &str) {
    if !text.is_empty() {
        let name = page.style(Style::Dim, name);
        page.hanging(&name, 0, LABEL, text);
    }
}

fn one_set(page: &mut Page, analysis: &Analysis, set: &SnapshotSet) {
    let options = page.options;
    page.heading(&format!("Set {}", short_id(set, options)));
    facts(page, set);
    if let Some(session) = analysis.sessions.iter().find(|session| Some(&session.id) == set.session.as_ref())
    {
        requester(page, session);
    } else {
        label(page, "Requester", "not in the evidence");
    }
    snapshots(page, set);
    phases(page, set);
    writers(page, set);
    let chart = gantt::chart(set, page);
    if !chart.is_empty() {
        page.gap();
        for line in chart {
            page.raw(&line);
        }
    }
}

fn facts(page: &mut Page, set: &SnapshotSet) {
    let options = page.options;
    let dot = options.dot();
    let guid =
        set.guid.map_or_else(|| "not in the evidence; the name is local".to_owned(), |guid| guid.to_string());
    let outcome = page.style(outcome_style(set.outcome), set.outcome.as_str());
    let rests = format!("confidence {}{dot}{}", set.confidence, count(set.evidence_count, "event"));
    let is_timeless = |time| page.reading(time) == Reading::None;
    let span = match set.ended {
        Some(end) if is_timeless(set.started) && is_timeless(end) => ", only an order".to_owned(),
        Some(end) => {
            let took = page.millis(set.started, end).map(|ms| format!(" ({})", duration(ms)));
            format!(" to {}{}", page.instant(end), took.unwrap_or_default())
        }
        None => ", end not in the evidence".to_owned(),
    };
    let clock = page.reading(set.started).words().map(|words| format!("; {words}")).unwrap_or_default();
    label(page, "GUID", &guid);
    label(page, "Outcome", &format!("{outcome}{dot}{rests}"));
    label(page, "Host", &options.clean(&set.host));
    label(page, "Time", &format!("{}{span}{clock}", page.instant(set.started)));
}

fn requester(page: &mut Page, session: &Session) {
    let options = page.options;
    let dot = options.dot();
    let who = &session.requester;
    let parts = [
        who.image.as_deref().map(|image| options.clean(image)),
        who.pid.map(|pid| format!("pid {pid}")),
        who.user.as_deref().map(|user| options.clean(user)),
    ];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    label(
        page,
        "Requester",
        &if parts.is_empty() { "not in the evidence".to_owned() } else { parts.join(dot) },
    );
    if let Some(command) = &who.command_line {
        label(page, "Command", &options.clean(command));
    }
    label(page, "Session", &session_words(session, options));
    label(page, "Calls", &calls(page, session));
}

pub(crate) fn session_words(session: &Session, options: &TextOptions) -> String {
    let context =
        session.context.map(|context| context.name().map_or_else(|| context.to_string(), str::to_owned));
    let parts = [
        Some(options.clean(&session.id)),
        Some(session.kind.as_str().to_owned()),
        context,
        session.backup_type.as_ref().map(|kind| options.clean(kind.as_str())),
        session.component_mode.map(|on| if on { "component mode" } else { "volume mode" }.to_owned()),
        Some(format!("ended: {}", session.end_reason.as_str())),
        session.starts_mid.then(|| "the evidence begins inside it".to_owned()),
        session.ends_mid.then(|| "the evidence ends inside it".to_owned()),
        (session.detail == SessionDetail::Calls && session.confidence != Confidence::Exact)
            .then(|| format!("calls put together by inference, confidence {}", session.confidence)),
    ];
    parts.into_iter().flatten().map(|part| together(&part)).collect::<Vec<_>>().join(options.dot())
}

/// The calls in order, and how much of them the evidence can show.
pub(crate) fn calls(page: &Page, session: &Session) -> String {
    let known: Vec<_> = session.calls.iter().map(|call| call_words(page, call)).collect();
    let note = match session.detail {
        SessionDetail::Calls => None,
        SessionDetail::Phases => {
            Some("(long-running calls only: the trace does not show the others)".to_owned())
        }
        SessionDetail::Newest => {
            Some("(the newest instance of each long-running call: a registry key keeps no more)".to_owned())
        }
        SessionDetail::Identity => Some("not in the evidence, only that there was a requester".to_owned()),
    };
    let arrow = page.options.either(" → ", " > ");
    [Some(known.join(arrow)).filter(|calls| !calls.is_empty()), note]
        .into_iter()
        .flatten()
        .collect::<Vec<_>>()
        .join(" ")
}

fn call_words(page: &Page, call: &CallRecord) -> String {
    let name = page.options.clean(call.method.as_str());
    let took = match call.ended {
        Some(end) => page
            .millis(call.started, end)
            .filter(|ms| *ms > 0.0)
            .map(|ms| format!(" {}", duration(ms)))
            .unwrap_or_default(),
        None => " (no end seen)".to_owned(),
    };
    match call.hresult {
        Some(code) if call.failed() => {
            page.style(Style::Error, &together(&format!("{name}{took}")))
                + " "
                + &page.style(Style::Error, &named_status(Status::Hresult(code)))
        }
        _ => together(&format!("{name}{took}")),
    }
}

fn snapshots(page: &mut Page, set: &SnapshotSet) {
    let options = page.options;
    if let Some(provider) = &set.provider {
        let id = provider.id.map(|id| id.to_string());
        let text = match (&provider.name, id) {
            (Some(name), Some(id)) => format!("{} ({id})", options.clean(name)),
            (Some(name), None) => options.clean(name),
            (None, id) => id.unwrap_or_default(),
        };
        label(page, "Provider", &text);
    }
    label(page, "Volumes", &set.volumes.iter().map(|v| options.clean(v)).collect::<Vec<_>>().join(", "));
    for (at, snapshot) in set.snapshots.iter().enumerate() {
        let name = if at == 0 { "Snapshots" } else { "" };
        let text = snapshot_words(snapshot, options);
        let name = page.style(Style::Dim, name);
        page.hanging(&name, 0, LABEL, &text);
    }
}

pub(crate) fn snapshot_words(snapshot: &Snapshot, options: &TextOptions) -> String {
    let guid = snapshot.guid.map_or_else(|| "GUID not in the evidence".to_owned(), |guid| guid.to_string());
    let of =
        snapshot.volume.as_deref().map(|volume| format!(" of {}", options.clean(volume))).unwrap_or_default();
    let device =
        snapshot.device.as_deref().map(|device| format!(", {}", options.clean(device))).unwrap_or_default();
    format!("{guid}{of}{device}, {}", options.clean(&snapshot.state))
}

fn phases(page: &mut Page, set: &SnapshotSet) {
    if set.phases.is_empty() {
        return;
    }
    let options = page.options;
    let columns = [
        ("phase", Kind::Flexible),
        ("by", Kind::Rigid),
        ("from start", Kind::Number),
        ("at", Kind::Rigid),
        ("took", Kind::Number),
        ("limit", Kind::Rigid),
        ("result", Kind::Flexible),
    ];
    let mut grid = Grid::new(&columns);
    for phase in &set.phases {
        let first = phase.started.or(phase.ended);
        grid.row(vec![
            indented(depth(phase, &set.phases), &options.clean(&phase.name)),
            actor_word(phase.actor, options).to_owned(),
            first.and_then(|time| page.millis(set.started, time)).map(from_start).unwrap_or_default(),
            first.map(|time| at(page, set.started, time)).unwrap_or_default(),
            took(phase),
            share(page, phase),
            result(page, phase),
        ]);
    }
    page.gap();
    page.table(0, &grid);
    page.legend(set.phases.iter().filter_map(|phase| phase.started.or(phase.ended)));
    for (phase, note) in set.phases.iter().filter_map(|phase| Some((phase, phase.note.as_deref()?))) {
        page.hanging("", 0, 2, &format!("{}: {}", options.clean(&phase.name), options.clean(note)));
    }
}

/// How deep a phase is nested. Parents are given by name: a circle of names ends at this depth.
pub(crate) fn depth(phase: &Phase, all: &[Phase]) -> usize {
    const DEEPEST: usize = 5;
    let above = |phase: &Phase| {
        let parent = phase.parent.as_deref().filter(|parent| *parent != phase.name)?;
        all.iter().find(|other| other.name == parent)
    };
    std::iter::successors(above(phase), |parent| above(parent)).take(DEEPEST).count()
}

fn actor_word(actor: PhaseActor, options: &TextOptions) -> &'static str {
    match (options.is_wide(), actor) {
        (true, actor) => actor.as_str(),
        (false, PhaseActor::Requester) => "req",
        (false, PhaseActor::Service) => "svc",
        (false, PhaseActor::Writer) => "wrt",
        (false, PhaseActor::Provider) => "prov",
        (false, PhaseActor::Volsnap) => "vols",
    }
}

pub(crate) fn from_start(ms: f64) -> String {
    if ms < 0.0 { duration(ms) } else { format!("+{}", duration(ms)) }
}

/// The time of day; with the day where it is another one than that of the start.
pub(crate) fn at(page: &Page, start: Timestamp, time: Timestamp) -> String {
    let (options, reading) = (page.options, page.reading(time));
    match options.day(start, page.reading(start)) == options.day(time, reading) {
        true => options.clock(time, reading, "%H:%M:%S%.3f"),
        false => page.instant(time),
    }
}

/// The duration, or which edge of the phase is missing.
pub(crate) fn took(phase: &Phase) -> String {
    match (phase.duration_ms, phase.started, phase.ended) {
        (Some(ms), ..) => duration(ms),
        (None, Some(_), None) => "open".to_owned(),
        (None, None, Some(_)) => "start not seen".to_owned(),
        (None, ..) => String::new(),
    }
}

/// `60 s (9%)`.
pub(crate) fn share(page: &Page, phase: &Phase) -> String {
    let Some(most) = phase.limit_ms else { return String::new() };
    match percent(phase) {
        Some(percent) if percent >= 100 => {
            page.style(Style::Error, &format!("{} ({percent}%!)", limit(most)))
        }
        Some(percent) if percent >= 50 => {
            page.style(Style::Warning, &format!("{} ({percent}%)", limit(most)))
        }
        Some(percent) => format!("{} ({percent}%)", limit(most)),
        None => limit(most),
    }
}

/// What stands behind a duration: `of 60 s`, `over 60 s`. As far as durations are shown: 60.000 s is not over 60 s.
pub(crate) fn against_limit(phase: &Phase) -> Option<String> {
    let most = phase.limit_ms?;
    let over = phase.duration_ms.is_some_and(|took| took - most >= 0.5);
    Some(format!("{} {}", if over { "over" } else { "of" }, limit(most)))
}

/// Duration in percent of the limit, rounded down so that 100 means reached.
pub(crate) fn percent(phase: &Phase) -> Option<u64> {
    let (took, most) = (phase.duration_ms?, phase.limit_ms.filter(|&ms| ms > 0.0)?);
    Some((took / most * 100.0).floor().clamp(0.0, 1e9) as u64)
}

/// Whether a phase's result says that it went wrong.
pub(crate) fn went_wrong(phase: &Phase) -> bool {
    match phase.result.as_deref() {
        Some("veto" | "abort") => true,
        Some(code) => code
            .parse::<HResult>()
            .is_ok_and(|code| code.is_failure() || code == HResult::VSS_ASYNC_CANCELLED),
        None => false,
    }
}

pub(crate) fn result(page: &Page, phase: &Phase) -> String {
    let Some(result) = phase.result.as_deref() else { return String::new() };
    let text = result
        .parse::<HResult>()
        .map_or_else(|_| page.options.clean(result), |code| code_words(page.options, code));
    if went_wrong(phase) { page.style(Style::Error, &text) } else { text }
}

/// What a table of writers says of one that took part; `joined` puts two words into one cell.
pub(crate) fn writer_row(
    page: &Page,
    writer: &WriterRun,
    joined: &dyn Fn(&str, &str) -> String,
) -> Vec<String> {
    let options = page.options;
    let failed = writer.state.is_some_and(|state| state.failed_at().is_some());
    let state = writer.state.map(state_words).unwrap_or_default();
    let frozen = writer.phases.iter().find(|phase| phase.name == Phase::FREEZE_WINDOW);
    vec![
        options.clean(&writer.name),
        writer.process.as_deref().map(|process| options.clean(process)).unwrap_or_default(),
        if failed { page.style(Style::Error, &state) } else { state },
        frozen.map(|phase| joined(&took(phase), &of_limit(phase))).unwrap_or_default(),
        slowest(writer).map(|p| joined(&options.clean(&p.name), &took(p))).unwrap_or_default(),
        writer.hresult.map(|code| writer_result(page, code)).unwrap_or_default(),
    ]
}

fn writers(page: &mut Page, set: &SnapshotSet) {
    let options = page.options;
    let part = |wanted| set.writers.iter().filter(move |writer| writer.participation == wanted);
    let columns = [
        ("writer", Kind::Flexible),
        ("process", Kind::Flexible),
        ("last state", Kind::Flexible),
        ("frozen", Kind::Rigid),
        ("slowest step", Kind::Flexible),
        ("result", Kind::Flexible),
    ];
    let mut grid = Grid::new(&columns);
    for writer in part(Participation::Involved) {
        grid.row(writer_row(page, writer, &|one, other| stacked(options, one, other)));
    }
    page.gap();
    if !grid.is_empty() {
        page.table(0, &grid);
    } else if set.writerless == Some(true) {
        page.paragraph(0, "No writer took part.");
    } else {
        page.paragraph(0, "No writer is known to have taken part.");
    }
    for (wanted, words) in
        [(Participation::Identified, "Only identified:"), (Participation::Excluded, "Switched off:")]
    {
        let names: Vec<_> = part(wanted).map(|writer| options.clean(&writer.name)).collect();
        if !names.is_empty() {
            page.hanging(words, 0, words.len() + 1, &names.join(", "));
        }
    }
}

pub(crate) fn of_limit(phase: &Phase) -> String {
    phase.limit_ms.map(|ms| format!("of {}", limit(ms))).unwrap_or_default()
}

/// The code, with its name where there is room.
fn code_words(options: &TextOptions, code: HResult) -> String {
    if options.is_wide() { named_status(Status::Hresult(code)) } else { code.to_string() }
}

pub(crate) fn writer_result(page: &Page, code: HResult) -> String {
    let text = code_words(page.options, code);
    if code.is_failure() { page.style(Style::Error, &text) } else { text }
}

/// The longest of a writer's own steps; the freeze window is time spent waiting, not a step.
pub(crate) fn slowest(writer: &WriterRun) -> Option<&Phase> {
    let waits = [Phase::FREEZE_WINDOW, "FreezeWatchdog"];
    let steps =
        writer.phases.iter().filter(|phase| !waits.contains(&&*phase.name) && phase.duration_ms.is_some());
    steps.max_by(|a, b| a.duration_ms.unwrap_or(0.0).total_cmp(&b.duration_ms.unwrap_or(0.0)))
}

pub(crate) fn sessions_without_set(page: &mut Page, analysis: &Analysis) {
    let used =
        |session: &&Session| !analysis.sets.iter().any(|set| set.session.as_ref() == Some(&session.id));
    let loose: Vec<&Session> = analysis.sessions.iter().filter(used).collect();
    if loose.is_empty() {
        return;
    }
    page.heading("Sessions without a set");
    for session in loose {
        let options = page.options;
        let image = session.requester.image.as_deref().map(|image| format!(" {}", options.clean(image)));
        let pid = session.requester.pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default();
        let sets = session
            .sets
            .iter()
            .filter_map(|set| set.parse().ok())
            .map(short_guid)
            .collect::<Vec<_>>()
            .join(", ");
        let sets = if sets.is_empty() { String::new() } else { format!("{}names set {sets}", options.dot()) };
        let clock =
            page.reading(session.started).words().map(|words| format!(" ({words})")).unwrap_or_default();
        let head = format!("{}{clock}{}{pid}", page.instant(session.started), image.unwrap_or_default());
        page.hanging("", 0, 2, &format!("{head}: {}{sets}", session_words(session, options)));
        // Of a registry key that is all there is: restore points and queries.
        if session.detail == SessionDetail::Newest && !session.calls.is_empty() {
            let calls = calls(page, session);
            page.hanging("", 4, 6, &calls);
        }
    }
}
