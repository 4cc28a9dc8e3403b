//! The sets: a table of all, and the phases of those that a reader will ask about.

use super::Document;
use super::escape::{code, prose};
use crate::text::analyze::{sets, short_id};
use crate::text::clock::Reading;
use crate::text::timeline::{depth, from_start, percent, result, share, took, went_wrong};
use crate::text::units::duration;
use vsscope_model::{Participation, Phase, SnapshotSet};

/// Sets whose phases are shown, and rows of the table of sets.
const WITH_PHASES: usize = 5;
const ROWS: usize = 200;

/// One row for each set; of very many the newest, and those that did not end well.
pub(super) fn table(doc: &mut Document<'_>) {
    let (analysis, options) = (doc.analysis, doc.page.options);
    if analysis.sets.is_empty() {
        let why = options.without_sets();
        doc.heading(2, "Snapshot sets");
        return doc.paragraph(why);
    }
    let shown = sets::sets_to_show(&analysis.sets, analysis.sets.len() <= ROWS);
    let several = analysis.hosts.len() > 1;
    let row = |set: &&SnapshotSet| {
        let set = &doc.page.measured(set);
        let session = analysis.sessions.iter().find(|session| Some(&session.id) == set.session.as_ref());
        vec![
            code(&short_id(set, options)),
            prose(&doc.page.second(set.started)),
            if several { code(&set.host) } else { String::new() },
            session
                .map(|session| prose(&sets::requester_cell(&session.requester, options)))
                .unwrap_or_default(),
            set.outcome.as_str().to_owned(),
            set.confidence.to_string(),
            sets::creation_ms(set).map(|ms| prose(&duration(ms))).unwrap_or_default(),
            sets::freeze(set).map(|phase| prose(&sets::frozen_cell(phase, options))).unwrap_or_default(),
            prose(&sets::writers_cell(set, options)),
            prose(&sets::volumes_cell(set, options)),
        ]
    };
    let rows: Vec<Vec<String>> = shown.iter().map(row).collect();
    let left_out = analysis.sets.len() - shown.len();
    doc.heading(2, "Snapshot sets");
    let head = [
        "Set",
        "Started",
        "Host",
        "Requester",
        "Outcome",
        "Confidence",
        "Creation",
        "Frozen",
        "Writers",
        "Volumes",
    ];
    doc.table(&head, &rows);
    if left_out > 0 {
        doc.paragraph(&format!("And {left_out} earlier ones, none of them failed, aborted or incomplete."));
    }
}

/// The phases of the newest sets that did not end well; where all ended well, of the newest one.
pub(super) fn phases(doc: &mut Document<'_>) {
    let bad = |set: &&SnapshotSet| set.outcome.is_bad();
    let mut chosen: Vec<&SnapshotSet> =
        doc.analysis.sets.iter().rev().filter(bad).take(WITH_PHASES).collect();
    if chosen.is_empty() {
        chosen.extend(doc.analysis.sets.last());
    }
    for set in chosen.into_iter().rev() {
        one(doc, set);
    }
}

fn one(doc: &mut Document<'_>, set: &SnapshotSet) {
    let set = doc.page.measured(set);
    let own = set.phases.iter().filter(|phase| depth(phase, &set.phases) == 0 || is_told(phase));
    let mut rows: Vec<Vec<String>> =
        own.map(|phase| row(doc, &set, phase, phase.actor.as_str().to_owned())).collect();
    for writer in set.writers.iter().filter(|writer| writer.participation == Participation::Involved) {
        let told = writer.phases.iter().filter(|phase| is_told(phase));
        rows.extend(told.map(|phase| row(doc, &set, phase, prose(&writer.name))));
    }
    if rows.is_empty() {
        return;
    }
    let id = short_id(&set, doc.page.options);
    doc.heading(3, &format!("Phases of set {}, {}", code(&id), set.outcome.as_str()));
    doc.table(&["Phase", "By", "From start", "At", "Took", "Limit", "Result"], &rows);
    let others = set.writers.iter().filter(|writer| writer.participation == Participation::Excluded).count();
    if others > 0 {
        doc.paragraph(&format!("Writers that the requester switched off: {others}."));
    }
}

/// Whether a phase below the topmost ones is told as well: it failed, or used half of the time that it had.
fn is_told(phase: &Phase) -> bool {
    went_wrong(phase) || percent(phase).is_some_and(|percent| percent >= 50)
}

fn row(doc: &Document<'_>, set: &SnapshotSet, phase: &Phase, by: String) -> Vec<String> {
    let page = &doc.page;
    let first = phase.started.or(phase.ended);
    let at = first.filter(|time| page.reading(*time) != Reading::None).map(|time| prose(&page.instant(time)));
    let note = phase.note.as_deref().map(|note| format!("({})", prose(note)));
    let result = Some(prose(&result(page, phase))).filter(|result| !result.is_empty());
    vec![
        code(&phase.name),
        by,
        first
            .and_then(|time| page.millis(set.started, time))
            .map(|ms| prose(&from_start(ms)))
            .unwrap_or_default(),
        at.unwrap_or_default(),
        prose(&took(phase)),
        prose(&share(page, phase)),
        result.into_iter().chain(note).collect::<Vec<_>>().join(" "),
    ]
}
