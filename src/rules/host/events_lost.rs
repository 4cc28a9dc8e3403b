use crate::rules::pattern::group;
use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use chrono::TimeDelta;
use vsscope_model::What;

rule! {
    /// # What it flags
    /// A trace says how many events it lost, or has a gap in its sequence while a session was under way.
    /// # Why it matters
    /// What is missing from the timeline may have happened all the same. Rules about missing steps do not look there.
    /// # Evidence needed
    /// An event trace (ETL), or a trace that marks its gaps.
    /// # When it is silent
    /// The count is zero; a gap without a count lies outside of every session.
    /// # What to do
    /// Record again with larger and more buffers, and write the trace to a volume that is in no set.
    /// # References
    /// Microsoft: Using Tracing Tools with VSS; EVENT_TRACE_LOGFILE header (EventsLost).
    pub struct EventsLost {
        id: "events-lost",
        title: "Events of a trace were lost",
        severity: Warning,
        scope: Host,
        basis: "inferred",
    }
}

impl Rule for EventsLost {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let losses = case.telling().filter_map(|(index, event)| {
            let What::EventsLost { count } = event.what else { return None };
            let counts = match count {
                Some(count) => count > 0,
                None => case.under_way(event.time, TimeDelta::zero()).next().is_some(),
            };
            let host = event.host.as_deref().unwrap_or_default();
            counts.then_some(((host, &*event.source.input), (index, count)))
        });
        for ((host, input), losses) in group::by(losses) {
            let events: Vec<usize> = losses.iter().map(|(index, _)| *index).collect();
            let lost: u64 = losses.iter().filter_map(|(_, count)| *count).fold(0, u64::saturating_add);
            let lost = match lost {
                0 => "events (how many is not known)".to_owned(),
                1 => "1 event".to_owned(),
                lost => format!("{lost} events"),
            };
            let places = if events.len() == 1 { "at one place" } else { "at several places" };
            let first = case.event(events[0]).map(|event| words::iso(event.time)).unwrap_or_default();
            findings.add(
                Draft::new(self.info(), host)
                    .detail(format!("The trace {input} lost {lost}, {places}, first at {first}."))
                    .remedy(
                        "Record again with larger and more buffers, and let the trace be written to a volume that is in \
                         no snapshot set.",
                    )
                    .evidence(events),
            );
        }
    }
}
