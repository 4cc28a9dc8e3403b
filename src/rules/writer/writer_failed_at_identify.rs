use crate::rules::pattern::writer_failed;
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Callback;

rule! {
    /// # What it flags
    /// A writer did not answer the request for its metadata: it refused Identify, or its status says that it
    /// failed there.
    /// # Why it matters
    /// The requester never sees the writer's components, so the application behind it is silently missing from
    /// the backup.
    /// # Evidence needed
    /// The writers' callbacks, or the writer states that the requester read.
    /// # When it is silent
    /// A state that was read before the metadata were gathered is left over from an earlier session. A writer
    /// that is merely absent from the evidence is no finding. That no component of the writer was added excuses
    /// nothing: one that refuses Identify has none to offer.
    /// # What to do
    /// Check the service that hosts the writer and its rights; restart it, then list the writers again.
    /// # References
    /// Microsoft: VSS_WRITER_STATE; Writer Errors and Vetoes; Determining Writer Status;
    /// IVssBackupComponents::GetWriterStatus.
    pub struct WriterFailedAtIdentify {
        id: "writer-failed-at-identify",
        title: "Writer failed at Identify",
        severity: Warning,
        scope: Writer,
        basis: "documented",
    }
}

impl Rule for WriterFailedAtIdentify {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        writer_failed::check(self.info(), case, findings, &[Callback::Identify]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, assert_fires, assert_silent};
    use vsscope_model::WriterState;

    const ID: &str = "writer-failed-at-identify";

    #[test]
    fn a_refusal_of_the_callback_is_flagged() {
        let mut lab = Lab::creating();
        lab.callback(5.0, "SqlServerWriter", Callback::Identify, false);
        assert_fires(&lab, ID);
    }

    #[test]
    fn a_callback_that_succeeds_is_silent() {
        let mut lab = Lab::creating();
        lab.callback(5.0, "SqlServerWriter", Callback::Identify, true);
        assert_silent(&lab, ID);
    }

    #[test]
    fn a_state_that_was_read_before_is_a_leftover() {
        let mut lab = Lab::session_only();
        lab.status(0.5, "SqlServerWriter", WriterState(6), None);
        assert_silent(&lab, ID);
    }
}
