use crate::rules::pattern::writer_code::{self, WriterCode};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::HResult;

rule! {
    /// # What it flags
    /// A writer failed with VSS_E_WRITERERROR_NONRETRYABLE (0x800423f4).
    /// # Why it matters
    /// The writer says that the same would happen again: something in its application is broken.
    /// # Evidence needed
    /// The writer's status as the requester read it, its own answer or failure in a trace, or VSS 8229 in the Application
    /// log.
    /// # When it is silent
    /// A code that was read before the session had given the writer anything to do is left over from an earlier session
    /// (stale-writer-status). Where the requester added no component of the writer it is an information.
    /// # What to do
    /// Read the application's own log at that time and mend what it names before the next backup.
    /// # References
    /// Microsoft: IVssBackupComponents::GetWriterStatus; Writer Errors and Vetoes.
    pub struct WriterErrorNonretryable {
        id: "writer-error-nonretryable",
        title: "Writer error, retry will not help",
        severity: Error,
        scope: Writer,
        basis: "documented",
    }
}

const CODE: WriterCode = WriterCode {
    code: HResult::VSS_WRITERERROR_NONRETRYABLE,
    meaning: "By its own word the failure will come again until its cause is mended.",
    remedy: None,
    eased: writer_code::never,
};

impl Rule for WriterErrorNonretryable {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        writer_code::check(self.info(), case, findings, &CODE);
    }
}
