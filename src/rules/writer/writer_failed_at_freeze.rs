use crate::rules::pattern::writer_failed;
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Callback;

rule! {
    /// # What it flags
    /// A writer refused Freeze, or could not stay frozen for long enough, or its status says that it failed
    /// there.
    /// # Why it matters
    /// The application was not quiet while the copy was made. VSS sends this writer an Abort, and its data in
    /// the copy are not consistent.
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
    pub struct WriterFailedAtFreeze {
        id: "writer-failed-at-freeze",
        title: "Writer failed at Freeze",
        severity: Error,
        scope: Writer,
        basis: "documented",
    }
}

impl Rule for WriterFailedAtFreeze {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        writer_failed::check(self.info(), case, findings, &[Callback::Freeze]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, assert_fires, assert_silent};
    use vsscope_model::WriterState;

    const ID: &str = "writer-failed-at-freeze";

    #[test]
    fn a_refusal_of_the_callback_is_flagged() {
        let mut lab = Lab::creating();
        lab.callback(5.0, "SqlServerWriter", Callback::Freeze, false);
        assert_fires(&lab, ID);
    }

    #[test]
    fn a_callback_that_succeeds_is_silent() {
        let mut lab = Lab::creating();
        lab.callback(5.0, "SqlServerWriter", Callback::Freeze, true);
        assert_silent(&lab, ID);
    }

    #[test]
    fn a_state_that_was_read_before_is_a_leftover() {
        let mut lab = Lab::session_only();
        lab.status(0.5, "SqlServerWriter", WriterState(9), None);
        assert_silent(&lab, ID);
    }

    // Of two instances of SQL Server one was added and the other one failed.
    #[test]
    fn the_failure_of_an_instance_that_was_not_added_is_information() {
        use vsscope_model::{Component, Guid, Method, Severity, Writer};
        let id = |n| Guid::from_bits(n);
        for (failed, severity) in [(0xA, Severity::Error), (0xB, Severity::Info)] {
            let mut lab = Lab::session_only();
            lab.session().component_mode = Some(true);
            lab.call(1.0, Method::AddComponent).args.component = Some(Component {
                writer: id(1).to_string(),
                instance: Some(id(0xA).to_string()),
                path: "SRV".into(),
                name: "orders".into(),
            });
            lab.call(2.0, Method::DoSnapshotSet);
            lab.status(3.0, "SqlServerWriter", WriterState(9), None);
            if let Some(event) = lab.timeline.events.last_mut() {
                event.writer = Some(Writer {
                    name: Some("SqlServerWriter".into()),
                    class_id: Some(id(1)),
                    instance_id: Some(id(failed)),
                    class_name: None,
                });
            }
            assert_eq!(crate::rules::testing::find(&lab.run(), ID).severity, severity);
        }
    }
}
