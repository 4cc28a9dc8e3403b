use crate::rules::pattern::edge_of_evidence::{self, Edge};
use crate::rules::{Case, Described, Findings, Rule};

rule! {
    /// # What it flags
    /// The first that the evidence has of a session is not its beginning.
    /// # Why it matters
    /// Calls may have come before. The rules about missing steps leave this session out.
    /// # Evidence needed
    /// Any trace or log that shows a session.
    /// # When it is silent
    /// The evidence has the creation of the instance, or its initialisation.
    /// # What to do
    /// Let the trace run before the job begins, or add the log file that came before.
    /// # References
    /// Microsoft: Using Tracing Tools with VSS.
    pub struct TraceStartsMidSession {
        id: "trace-starts-mid-session",
        title: "Evidence begins inside a session",
        severity: Info,
        scope: Host,
        basis: "inferred",
    }
}

const EDGE: Edge = Edge {
    is_cut: |session| session.starts_mid,
    last: false,
    meaning: "What was called before is not known, so nothing is said about missing steps.",
    remedy: "Let the trace run before the job begins, or add the log file that came before.",
};

impl Rule for TraceStartsMidSession {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        edge_of_evidence::check(self.info(), case, findings, &EDGE);
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Lab, assert_fires, assert_silent};

    #[test]
    fn only_a_session_that_is_cut_is_named() {
        assert_silent(&Lab::backup(), "trace-starts-mid-session");
        let mut lab = Lab::backup();
        lab.session().starts_mid = true;
        assert_fires(&lab, "trace-starts-mid-session");
        assert_silent(&lab, "trace-ends-mid-session");
    }
}
