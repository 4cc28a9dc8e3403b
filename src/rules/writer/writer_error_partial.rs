use crate::rules::pattern::writer_code::{self, WriterCode};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::HResult;

rule! {
    /// # What it flags
    /// A writer reported VSS_E_WRITERERROR_PARTIAL_FAILURE (0x80042336).
    /// # Why it matters
    /// Some of the writer's components failed and the others did not. The backup is good for a part of the application
    /// only.
    /// # Evidence needed
    /// The writer's status as the requester read it, or a record of VSS.
    /// # When it is silent
    /// A code that was read before the session had given the writer anything to do is left over from an earlier session
    /// (stale-writer-status). Where the requester added no component of the writer it is an information.
    /// # What to do
    /// Ask the requester's log which components failed (IVssComponentEx2::GetFailure has a code for each).
    /// # References
    /// Microsoft: IVssBackupComponentsEx3::GetWriterStatusEx; IVssComponentEx2::GetFailure.
    pub struct WriterErrorPartial {
        id: "writer-error-partial",
        title: "Writer reports failures of some components",
        severity: Warning,
        scope: Writer,
        basis: "documented",
    }
}

const CODE: WriterCode = WriterCode {
    code: HResult::VSS_WRITERERROR_PARTIAL,
    meaning: "Only some of its components failed; each has a code of its own, which this evidence does not show.",
    remedy: Some(
        "Read the failures of the single components in the requester's log or in the writer's application log, mend \
         those, and back up these components again.",
    ),
    eased: writer_code::never,
};

impl Rule for WriterErrorPartial {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        writer_code::check(self.info(), case, findings, &CODE);
    }
}
