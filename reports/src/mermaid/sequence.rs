//! Calls as arrows between those who take part.

use super::escape::label;
use crate::text::analyze::short_id;
use crate::text::gantt::measured;
use crate::text::page::Page;
use crate::text::timeline::{against_limit, from_start, percent, took, went_wrong};
use crate::text::units::millis;
use std::collections::BTreeMap;
use vsscope_model::{
    Analysis, Finding, Outcome, Participation, Phase, PhaseActor, SnapshotSet, Timestamp, WriterRun,
};

/// Characters of a name and of what stands at an arrow.
const NAME: usize = 48;
const WORDS: usize = 110;
/// Writers that get an arrow of their own, and steps of a set.
const WRITERS: usize = 8;
const STEPS: usize = 160;

/// Who takes part, in the order in which they are drawn, left to right.
#[derive(Debug, Default)]
pub(super) struct Cast {
    requesters: BTreeMap<String, String>,
    writers: BTreeMap<String, String>,
    provider: bool,
    volsnap: bool,
}

impl Cast {
    fn requester(&mut self, name: &str) -> String {
        let id = format!("R{}", self.requesters.len() + 1);
        self.requesters.entry(name.to_owned()).or_insert(id).clone()
    }

    fn writer(&mut self, name: &str) -> String {
        let id = format!("W{}", self.writers.len() + 1);
        self.writers.entry(name.to_owned()).or_insert(id).clone()
    }

    /// The lines that introduce them.
    pub(super) fn participants(&self) -> String {
        let line = |id: &str, name: &str| format!("    participant {id} as {}\n", label(name, NAME));
        let mut lines: String = self.requesters.iter().map(|(name, id)| line(id, name)).collect();
        lines.push_str(&line("V", "VSS service"));
        lines.extend(self.writers.iter().map(|(name, id)| line(id, name)));
        lines.extend(self.provider.then(|| line("P", "provider")));
        lines.extend(self.volsnap.then(|| line("S", "volsnap")));
        lines
    }
}

/// A diagram that says why it is empty.
pub(super) fn nothing(why: &str) -> String {
    format!("    Note over V: {}\n", label(why, WORDS))
}

/// A line of a scene, with what puts it in order: its time, whether it ends something, and how long that was (of steps that
/// begin together the outer one comes first, of those that end together the inner one).
struct Line {
    time: Timestamp,
    ends: bool,
    outer: i64,
    text: String,
}

/// One set as a coloured block.
pub(super) fn scene(set: &SnapshotSet, analysis: &Analysis, page: &Page<'_>, cast: &mut Cast) -> String {
    let (told, without_time) = measured(set, page);
    let session = analysis.sessions.iter().find(|session| Some(&session.id) == set.session.as_ref());
    let image = session.and_then(|session| session.requester.image_name()).unwrap_or("requester");
    let requester = cast.requester(image);
    let mut lines: Vec<Line> = Vec::new();
    for phase in &told.phases {
        lines.extend(steps(phase, &requester, &own_id(phase.actor, &requester, cast), told.started));
    }
    let writers = writers_to_draw(&told);
    for writer in &writers {
        let id = cast.writer(&writer.name);
        lines.extend(writer.phases.iter().flat_map(|phase| steps(phase, &requester, &id, told.started)));
    }
    let findings = analysis.findings.iter().filter(|finding| finding.set.as_ref() == Some(&set.id));
    for finding in findings.filter(|finding| finding.counts()) {
        if page.millis(told.started, finding.time).is_some() {
            lines.push(note(finding, cast));
        }
    }
    lines.sort_by_key(|line| (line.time, !line.ends, if line.ends { line.outer } else { -line.outer }));
    let left_out = lines.len().saturating_sub(STEPS) + without_time;
    let others = involved(&told).count() - writers.len();
    let more = not_drawn(&told, page, [(left_out, "steps"), (others, "writers")]);
    let body: String = lines.into_iter().take(STEPS).map(|line| line.text).collect();
    let head = format!(
        "Set {}, {}, {}",
        short_id(set, page.options),
        set.outcome.as_str(),
        page.second(told.started)
    );
    format!(
        "    rect {}\n    Note over {requester},V: {}\n{more}{body}    end\n",
        colour(set.outcome),
        label(&head, WORDS)
    )
}

/// Comments about what has no arrow.
fn not_drawn(set: &SnapshotSet, page: &Page<'_>, numbers: [(usize, &str); 2]) -> String {
    let name = label(&format!("set {}", short_id(set, page.options)), NAME);
    numbers
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("    %% {name}, {what} that are not drawn, {number}\n"))
        .collect()
}

fn involved(set: &SnapshotSet) -> impl Iterator<Item = &WriterRun> {
    set.writers.iter().filter(|writer| writer.participation == Participation::Involved)
}

/// Those that failed or were slow first; the others as far as there is room.
fn writers_to_draw(set: &SnapshotSet) -> Vec<&WriterRun> {
    let mut writers: Vec<&WriterRun> = involved(set).filter(|writer| !writer.phases.is_empty()).collect();
    let bad = |writer: &WriterRun| {
        writer.hresult.is_some() || writer.phases.iter().any(|phase| went_wrong(phase) || is_over(phase))
    };
    writers.sort_by(|a, b| bad(b).cmp(&bad(a)).then_with(|| a.name.cmp(&b.name)));
    writers.truncate(WRITERS);
    writers
}

fn is_over(phase: &Phase) -> bool {
    percent(phase).is_some_and(|percent| percent >= 100)
}

/// Light enough for black text on light pages and dark ones alike.
fn colour(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Failed => "rgba(220, 60, 60, 0.15)",
        Outcome::Aborted | Outcome::Incomplete => "rgba(220, 170, 40, 0.15)",
        Outcome::Completed | Outcome::Created => "rgba(60, 160, 80, 0.15)",
        Outcome::Unknown => "rgba(128, 128, 128, 0.15)",
    }
}

fn own_id(actor: PhaseActor, requester: &str, cast: &mut Cast) -> String {
    match actor {
        PhaseActor::Requester => requester.to_owned(),
        PhaseActor::Service | PhaseActor::Writer => "V".to_owned(),
        PhaseActor::Provider => {
            cast.provider = true;
            "P".to_owned()
        }
        PhaseActor::Volsnap => {
            cast.volsnap = true;
            "S".to_owned()
        }
    }
}

/// The arrows of one phase: there, and back with duration and result. A phase with one edge or without length is one arrow.
fn steps(phase: &Phase, requester: &str, own: &str, zero: Timestamp) -> Vec<Line> {
    let (from, to) = match phase.actor {
        PhaseActor::Requester => (requester, "V"),
        _ => ("V", own),
    };
    let Some(start) = phase.started.or(phase.ended) else { return Vec::new() };
    let at = from_start(millis(zero, start));
    let long = phase
        .started
        .zip(phase.ended)
        .map(|(start, end)| (end - start).num_microseconds().unwrap_or(i64::MAX));
    let line = |time, ends, text: String| Line { time, ends, outer: long.unwrap_or(0), text };
    if phase.name == Phase::FREEZE_WINDOW {
        let words = format!("frozen {}", outcome_words(phase));
        let end = phase.ended.unwrap_or(start);
        return vec![line(end, true, format!("    Note over {to}: {}\n", label(&words, WORDS)))];
    }
    let alone = phase.ended.filter(|end| *end > start && phase.started.is_some()).is_none();
    let begun = format!("{} {at}", phase.name);
    let whole = match outcome_words(phase) {
        words if words.is_empty() => begun.clone(),
        words => format!("{begun}, {words}"),
    };
    let words = if alone { &whole } else { &begun };
    let arrow = if alone && went_wrong(phase) { "-x" } else { "->>" };
    let mut lines = vec![line(start, false, format!("    {from}{arrow}{to}: {}\n", label(words, WORDS)))];
    if let Some(end) = phase.ended.filter(|_| !alone && from != to) {
        let arrow = if went_wrong(phase) || is_over(phase) { "--x" } else { "-->>" };
        let words = format!("{} {}", phase.name, outcome_words(phase));
        lines.push(line(end, true, format!("    {to}{arrow}{from}: {}\n", label(&words, WORDS))));
    } else if let Some(first) = lines.first_mut().filter(|_| !alone) {
        first.text = format!("    {from}{arrow}{to}: {}\n", label(&whole, WORDS));
    }
    lines
}

/// `59.550 s of 60 s, veto`.
fn outcome_words(phase: &Phase) -> String {
    let of = against_limit(phase).map(|of| format!(" {of}"));
    let result = phase.result.as_deref().map(|result| format!(", {result}"));
    let took = if phase.duration_ms == Some(0.0) { String::new() } else { took(phase) };
    let words = format!("{took}{}{}", of.unwrap_or_default(), result.unwrap_or_default());
    words.trim_start_matches([',', ' ']).to_owned()
}

/// A finding where it belongs: at its writer, where that is drawn, else at the service.
fn note(finding: &Finding, cast: &Cast) -> Line {
    let over = finding.writer.as_ref().and_then(|name| cast.writers.get(name)).map_or("V", String::as_str);
    let words = format!("{}, {}", finding.severity, finding.title);
    Line {
        time: finding.time,
        ends: false,
        outer: -1,
        text: format!("    Note over {over}: {}\n", label(&words, WORDS)),
    }
}
