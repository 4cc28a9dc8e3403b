use super::writer_waiting_complete::others_are_open;
use crate::rules::pattern::writer_failed::status_freshness;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use std::collections::{BTreeMap, BTreeSet};
use vsscope_model::{Event, What};

rule! {
    /// # What it flags
    /// A requester read a failed state, or a failure code, of a writer before its own session had made that writer work:
    /// the trouble is left over from an earlier session. So it is where the session made other writers work and never this
    /// one. Several such writers of one session are one finding.
    /// # Why it matters
    /// Taken for a failure of this backup it sends the search to the wrong place. It also says that an earlier backup of
    /// this writer went wrong.
    /// # Evidence needed
    /// A trace with the requester's calls and the states that it read.
    /// # When it is silent
    /// The session had already caused the callback at which the writer failed; the evidence begins inside the session;
    /// another session was open on the host, to which the state may belong (one that was not released counts as open as long
    /// as its source goes on and the service runs); the list of a tool, which is no session.
    /// # What to do
    /// Look at the session of this writer before this one. Restart the service that hosts the writer if the state stays
    /// after a good backup.
    /// # References
    /// Microsoft: Determining Writer Status.
    pub struct StaleWriterStatus {
        id: "stale-writer-status",
        title: "Failed state left over from an earlier session",
        severity: Info,
        scope: Writer,
        basis: "documented",
    }
}

impl Rule for StaleWriterStatus {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in case.operations.iter().filter(|operation| operation.shows_every_call()) {
            if operation.is_transcript(case.timeline) {
                continue;
            }
            // Read twice, it is still one leftover.
            let mut leftovers = Leftovers::new();
            for (index, event) in operation.iter(case.timeline) {
                let Some((name, text)) = leftover(case, operation, index, event) else { continue };
                leftovers.entry(name).or_default().push((index, text));
            }
            if !leftovers.is_empty() {
                findings.add(self.draft(case, operation, &leftovers));
            }
        }
    }
}

/// The states of each writer that are older than the session.
type Leftovers = BTreeMap<String, Vec<(usize, String)>>;

impl StaleWriterStatus {
    /// One finding for all writers of a session.
    fn draft(&self, case: &Case<'_>, operation: &Operation<'_>, leftovers: &Leftovers) -> Draft {
        let events: BTreeSet<usize> = leftovers.values().flatten().map(|(index, _)| *index).collect();
        let first = events.first().and_then(|&index| case.event(index));
        let time = first.map_or(operation.started, |event| event.time);
        let states =
            leftovers.iter().filter_map(|(name, states)| Some(format!("{name} was {}", states.first()?.1)));
        let alone = leftovers.keys().next().filter(|_| leftovers.len() == 1);
        let (it, this) = if alone.is_some() { ("it", "this writer") } else { ("them", "these writers") };
        Draft::of(self.info(), operation)
            .writer(alone.map(String::as_str))
            .at(time)
            .detail(format!(
                "{} at {}, and this session had not made {it} work.",
                states.collect::<Vec<_>>().join("; "),
                words::iso(time)
            ))
            .remedy(format!(
                "Look at the session of {this} before this one; it is where the failure belongs."
            ))
            .evidence(events)
    }
}

/// Name and state of a writer whose failure is older than the session.
fn leftover(
    case: &Case<'_>,
    operation: &Operation<'_>,
    index: usize,
    event: &Event,
) -> Option<(String, String)> {
    let What::WriterStatus { state, failure } = &event.what else { return None };
    let writer = event.writer.as_ref()?;
    let code = failure.filter(|code| code.is_failure());
    if state.failed_at().is_none() && code.is_none() {
        return None;
    }
    let fresh = status_freshness(case, operation, index, *state, writer).is_some();
    if fresh || others_are_open(case, operation, event) {
        return None;
    }
    let code = code.map(|code| format!(" with {}", words::code(code))).unwrap_or_default();
    let state = state
        .name()
        .map_or_else(|| format!("in state {}", state.0), |name| format!("in state {name} [{}]", state.0));
    Some((operation.writer_name(writer)?, format!("{state}{code}")))
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Lab, assert_fires, assert_silent};
    use vsscope_model::{HResult, Method, WriterState};

    const ID: &str = "stale-writer-status";

    #[test]
    fn a_failure_from_before_the_session_did_anything_is_a_leftover() {
        let mut lab = Lab::session_only();
        lab.call(0.2, Method::GatherWriterStatus);
        lab.status(0.3, "SqlServerWriter", WriterState(9), Some(HResult::VSS_WRITERERROR_TIMEOUT));
        assert_fires(&lab, ID);
    }

    #[test]
    fn two_writers_of_a_session_are_one_finding() {
        let mut lab = Lab::session_only();
        lab.call(0.2, Method::GatherWriterStatus);
        for name in ["SqlServerWriter", "System Writer"] {
            lab.status(0.3, name, WriterState(9), Some(HResult::VSS_WRITERERROR_TIMEOUT));
        }
        let findings = lab.run();
        let ours: Vec<_> = findings.iter().filter(|finding| finding.rule == ID).collect();
        assert_eq!(ours.len(), 1, "{findings:?}");
        assert_eq!(ours[0].writer, None);
        assert!(
            ours[0].detail.contains("SqlServerWriter was") && ours[0].detail.contains("System Writer was")
        );
    }

    #[test]
    fn a_failure_that_the_session_caused_is_none() {
        let mut lab = Lab::backup();
        lab.status(7.0, "SqlServerWriter", WriterState(9), Some(HResult::VSS_WRITERERROR_TIMEOUT));
        assert_silent(&lab, ID);
    }

    #[test]
    fn a_state_that_is_no_failure_is_none() {
        let mut lab = Lab::session_only();
        lab.status(0.3, "SqlServerWriter", WriterState::STABLE, None);
        assert_silent(&lab, ID);
    }

    #[test]
    fn the_state_may_belong_to_another_open_session() {
        let mut lab = Lab::backup();
        lab.add_session("B", 7.0);
        lab.current = 1;
        lab.status(8.0, "SqlServerWriter", WriterState(9), Some(HResult::VSS_WRITERERROR_TIMEOUT));
        lab.current = 0;
        lab.call(9.0, Method::BackupComplete);
        assert_silent(&lab, ID);
    }

    #[test]
    fn evidence_that_begins_inside_the_session_says_nothing() {
        let mut lab = Lab::session_only();
        lab.session().starts_mid = true;
        lab.status(0.3, "SqlServerWriter", WriterState(9), None);
        assert_silent(&lab, ID);
    }
}
