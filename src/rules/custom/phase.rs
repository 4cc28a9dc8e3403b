//! A phase that took too long.

use super::{CustomRule, Thing};
use crate::rules::{Case, Draft, words};
use chrono::TimeDelta;
use vsscope_model::{Confidence, Guid, Phase, PhaseActor, SnapshotSet, WriterRun};

/// A phase of a set, or of a writer in it, that took longer than this.
#[derive(Debug, Clone, PartialEq)]
pub struct LongPhase {
    /// Name of the phase, as the timeline shows it.
    pub name: String,
    /// Whose phase.
    pub actor: Option<PhaseActor>,
    /// Writer: name or class id.
    pub writer: Option<String>,
    /// The longest that is well.
    pub over: TimeDelta,
}

impl LongPhase {
    pub(super) fn find(&self, rule: &CustomRule, case: &Case<'_>) -> Vec<Draft> {
        let mut drafts = Vec::new();
        for set in &case.timeline.sets {
            let own = set.phases.iter().filter(|_| self.writer.is_none()).map(|phase| (None, phase));
            let writers = set.writers.iter().filter(|writer| self.is_writer(writer));
            let theirs =
                writers.flat_map(|writer| writer.phases.iter().map(move |phase| (Some(writer), phase)));
            for (writer, phase) in own.chain(theirs) {
                let limit_ms = words::millis(set.started, set.started + self.over);
                let took = phase.duration_ms.filter(|took| self.is_phase(phase) && *took > limit_ms);
                if let Some(took) = took {
                    drafts.push(draft(rule, case, set, writer, phase, (took, limit_ms)));
                }
            }
        }
        drafts
    }

    fn is_phase(&self, phase: &Phase) -> bool {
        phase.name.eq_ignore_ascii_case(&self.name) && self.actor.is_none_or(|actor| actor == phase.actor)
    }

    fn is_writer(&self, writer: &WriterRun) -> bool {
        self.writer.as_deref().is_none_or(|wanted| {
            writer.name.eq_ignore_ascii_case(wanted)
                || wanted.parse::<Guid>().is_ok_and(|class| writer.class_id == Some(class))
        })
    }
}

fn draft(
    rule: &CustomRule,
    case: &Case<'_>,
    set: &SnapshotSet,
    writer: Option<&WriterRun>,
    phase: &Phase,
    (took, limit): (f64, f64),
) -> Draft {
    let note = phase.note.as_deref().map(|note| format!(" ({note})")).unwrap_or_default();
    let found = format!(
        "{} took {}{note}; the rule allows {}.",
        phase.name,
        words::seconds(took),
        words::seconds(limit)
    );
    // The set whose phase it is, and not whatever else its events may belong to.
    let events: Vec<usize> =
        phase.events.iter().chain(&set.events).copied().take(phase.events.len().max(1)).collect();
    let thing = Thing {
        host: set.host.to_string(),
        session: set.session.clone(),
        set: Some(set.id.clone()),
        writer: writer.map(|writer| writer.name.clone()),
    };
    // A note says from which records the duration was put together.
    let tie = if phase.note.is_some() { Confidence::Strong } else { Confidence::Exact };
    let confidence = tie.min(set.confidence);
    rule.draft(case, &thing, &events, &found).confidence(confidence)
}
