use super::writer_waiting_complete::others_are_open;
use crate::rules::pattern::writer_failed::status_freshness;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use std::collections::BTreeMap;
use vsscope_model::{Event, What};

rule! {
    /// # What it flags
    /// A requester read a failed state, or a failure code, of a writer before its own session had made that writer work:
    /// the trouble is left over from an earlier session. So it is where the session made other writers work and never this
    /// one.
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
            let mut leftovers: BTreeMap<String, Vec<(usize, String)>> = BTreeMap::new();
            for (index, event) in operation.iter(case.timeline) {
                let Some((name, text)) = leftover(case, operation, index, event) else { continue };
                leftovers.entry(name).or_default().push((index, text));
            }
            for (name, states) in leftovers {
                let Some((first, text)) = states.first() else { continue };
                let time = case.event(*first).map_or(operation.started, |event| event.time);
                findings.add(
                    Draft::of(self.info(), operation)
                        .writer(Some(&name))
                        .at(time)
                        .detail(format!(
                            "{name} was {text} at {}, before this session had made it work.",
                            words::iso(time)
                        ))
                        .remedy("Look at the session of this writer before this one; it is where the failure belongs.")
                        .evidence(states.iter().map(|(index, _)| *index)),
                );
            }
        }
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
