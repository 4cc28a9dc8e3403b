use crate::rules::pattern::writer_failed;
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Callback;

rule! {
    /// # What it flags
    /// A writer refused PreRestore or PostRestore, or its status read afterwards says that it failed there.
    /// # Why it matters
    /// The application did not let its files be replaced, or could not bring the restored data into use.
    /// # Evidence needed
    /// The writer states that the requester read, the writers' callbacks with their answers, or VSS 8229 in the
    /// Application log beside a timeline of the writer's callbacks.
    /// # When it is silent
    /// A state that was read before PreRestore or PostRestore was called is left over from an earlier session. A
    /// writer of which the requester selected no component for the restore is shown as information.
    /// # What to do
    /// Read the writer's failure message and the application's log before the restored data are used.
    /// # References
    /// Microsoft: VSS_WRITER_STATE; Writer Errors and Vetoes; Determining Writer Status;
    /// IVssBackupComponents::GetWriterStatus.
    pub struct WriterFailedAtRestore {
        id: "writer-failed-at-restore",
        title: "Writer failed at PreRestore or PostRestore",
        severity: Error,
        scope: Writer,
        basis: "documented",
    }
}

impl Rule for WriterFailedAtRestore {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        writer_failed::check(self.info(), case, findings, &[Callback::PreRestore, Callback::PostRestore]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, assert_fires, assert_silent};
    use vsscope_model::WriterState;

    const ID: &str = "writer-failed-at-restore";

    #[test]
    fn a_refusal_of_the_callback_is_flagged() {
        let mut lab = Lab::creating();
        lab.callback(5.0, "SqlServerWriter", Callback::PreRestore, false);
        assert_fires(&lab, ID);
    }

    #[test]
    fn a_callback_that_succeeds_is_silent() {
        let mut lab = Lab::creating();
        lab.callback(5.0, "SqlServerWriter", Callback::PreRestore, true);
        assert_silent(&lab, ID);
    }

    #[test]
    fn a_state_that_was_read_before_is_a_leftover() {
        let mut lab = Lab::session_only();
        lab.status(0.5, "SqlServerWriter", WriterState(13), None);
        assert_silent(&lab, ID);
    }
}
