use crate::rules::pattern::writer_failed;
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Callback;

rule! {
    /// # What it flags
    /// A writer reported a failure of BackupShutdown, the notice that the requester is gone.
    /// # Why it matters
    /// The writer could not clean up. For the backup that just ended it is mostly harmless; the next one may
    /// meet the leftovers.
    /// # Evidence needed
    /// The writers' callbacks, or the states that the writers set.
    /// # When it is silent
    /// A state that a requester reads belongs to an earlier session's end; only the writer's own word in this
    /// session counts.
    /// # What to do
    /// Read the application's log; restart the service that hosts the writer if later backups fail.
    /// # References
    /// Microsoft: VSS_WRITER_STATE; Writer Errors and Vetoes; Determining Writer Status;
    /// IVssBackupComponents::GetWriterStatus.
    pub struct WriterFailedAtBackupShutdown {
        id: "writer-failed-at-backup-shutdown",
        title: "Writer failed at BackupShutdown",
        severity: Warning,
        scope: Writer,
        basis: "documented",
    }
}

impl Rule for WriterFailedAtBackupShutdown {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        writer_failed::check(self.info(), case, findings, &[Callback::BackupShutdown]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, assert_fires, assert_silent};
    use vsscope_model::WriterState;

    const ID: &str = "writer-failed-at-backup-shutdown";

    #[test]
    fn a_refusal_of_the_callback_is_flagged() {
        let mut lab = Lab::creating();
        lab.callback(5.0, "SqlServerWriter", Callback::BackupShutdown, false);
        assert_fires(&lab, ID);
    }

    #[test]
    fn a_callback_that_succeeds_is_silent() {
        let mut lab = Lab::creating();
        lab.callback(5.0, "SqlServerWriter", Callback::BackupShutdown, true);
        assert_silent(&lab, ID);
    }

    #[test]
    fn a_state_that_was_read_before_is_a_leftover() {
        let mut lab = Lab::session_only();
        lab.status(0.5, "SqlServerWriter", WriterState(15), None);
        assert_silent(&lab, ID);
    }
}
