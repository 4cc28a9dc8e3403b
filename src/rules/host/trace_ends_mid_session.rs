use crate::rules::pattern::edge_of_evidence::{self, Edge};
use crate::rules::{Case, Described, Findings, Rule};

rule! {
    /// # What it flags
    /// The evidence ends while a session is under way.
    /// # Why it matters
    /// How the session ended is not known. The rules about missing last steps leave it out.
    /// # Evidence needed
    /// Any trace or log that shows a session.
    /// # When it is silent
    /// The end of the session is in the evidence.
    /// # What to do
    /// Let the trace run until the job is over, or add the log file that comes after.
    /// # References
    /// Microsoft: Using Tracing Tools with VSS.
    pub struct TraceEndsMidSession {
        id: "trace-ends-mid-session",
        title: "Evidence ends inside a session",
        severity: Info,
        scope: Host,
        basis: "inferred",
    }
}

const EDGE: Edge = Edge {
    is_cut: |session| session.ends_mid,
    last: true,
    meaning: "How it ended is not known, so nothing is said about missing last steps.",
    remedy: "Let the trace run until the job is over, or add the log file that comes after.",
};

impl Rule for TraceEndsMidSession {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        edge_of_evidence::check(self.info(), case, findings, &EDGE);
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Lab, assert_silent, find};

    #[test]
    fn the_last_event_of_a_cut_session_is_the_evidence() {
        assert_silent(&Lab::backup(), "trace-ends-mid-session");
        let mut lab = Lab::backup();
        lab.session().ends_mid = true;
        let last = lab.timeline.events.last().and_then(|event| event.source.record);
        assert_eq!(find(&lab.run(), "trace-ends-mid-session").evidence[0].record, last);
    }
}
