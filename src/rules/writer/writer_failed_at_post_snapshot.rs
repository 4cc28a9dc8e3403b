use crate::rules::pattern::writer_failed;
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Callback;

rule! {
    /// # What it flags
    /// A writer refused PostSnapshot, or its status says that it failed there.
    /// # Why it matters
    /// Mostly the recovery of its data inside the new copy, or the removal of files from it, went wrong. No
    /// Abort follows, so only the status tells.
    /// # Evidence needed
    /// The writer states that the requester read, the writers' callbacks with their answers, or VSS 8229 in the
    /// Application log beside a timeline of the writer's callbacks.
    /// # When it is silent
    /// A state that was read before the session had caused the callback, or is of a writer that took no part, is left
    /// over from an earlier session. Without callbacks, the same state as before makes the finding only possible. A
    /// writer of which the requester added no component is shown as information: its refusal may be ignored.
    /// # What to do
    /// Let the failure code lead: retry after ten minutes for a transient one, else read the application's own
    /// log and restart the service that hosts the writer. Repeat the backup with a new instance.
    /// # References
    /// Microsoft: VSS_WRITER_STATE; Writer Errors and Vetoes; Determining Writer Status;
    /// IVssBackupComponents::GetWriterStatus.
    pub struct WriterFailedAtPostSnapshot {
        id: "writer-failed-at-post-snapshot",
        title: "Writer failed at PostSnapshot",
        severity: Error,
        scope: Writer,
        basis: "documented",
    }
}

impl Rule for WriterFailedAtPostSnapshot {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        writer_failed::check(self.info(), case, findings, &[Callback::PostSnapshot]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, assert_fires, assert_silent};
    use vsscope_model::WriterState;

    const ID: &str = "writer-failed-at-post-snapshot";

    #[test]
    fn a_refusal_of_the_callback_is_flagged() {
        let mut lab = Lab::creating();
        lab.callback(5.0, "SqlServerWriter", Callback::PostSnapshot, false);
        assert_fires(&lab, ID);
    }

    #[test]
    fn a_callback_that_succeeds_is_silent() {
        let mut lab = Lab::creating();
        lab.callback(5.0, "SqlServerWriter", Callback::PostSnapshot, true);
        assert_silent(&lab, ID);
    }

    #[test]
    fn a_state_that_was_read_before_is_a_leftover() {
        let mut lab = Lab::session_only();
        lab.status(0.5, "SqlServerWriter", WriterState(11), None);
        assert_silent(&lab, ID);
    }
}
