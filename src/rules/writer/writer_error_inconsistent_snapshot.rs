use crate::rules::pattern::writer_code::{self, WriterCode};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::HResult;

rule! {
    /// # What it flags
    /// A writer failed with VSS_E_WRITERERROR_INCONSISTENTSNAPSHOT (0x800423f0).
    /// # Why it matters
    /// A component of the writer lies on several volumes, and the set has only some of them. What the copies hold of it is
    /// of different moments.
    /// # Evidence needed
    /// The writer's status as the requester read it, its own answer or failure in a trace, or VSS 8229 in the Application
    /// log.
    /// # When it is silent
    /// A code that was read before the session had given the writer anything to do is left over from an earlier session
    /// (stale-writer-status). Where the requester added no component of the writer it is an information.
    /// # What to do
    /// Compare the paths of the writer's components with the volumes of the set and add what is missing.
    /// # References
    /// Microsoft: IVssBackupComponents::GetWriterStatus; Writer Errors and Vetoes.
    pub struct WriterErrorInconsistentSnapshot {
        id: "writer-error-inconsistent-snapshot",
        title: "Writer needs more volumes in the set",
        severity: Error,
        scope: Writer,
        basis: "documented",
    }
}

const CODE: WriterCode = WriterCode {
    code: HResult::VSS_WRITERERROR_INCONSISTENT,
    meaning: "The set lacks volumes on which its data lie.",
    remedy: Some(
        "Compare the files of the writer's components (its metadata document) with the volumes of the set, add the \
         missing volumes, and repeat the backup with a new instance.",
    ),
    eased: writer_code::never,
};

impl Rule for WriterErrorInconsistentSnapshot {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        writer_code::check(self.info(), case, findings, &CODE);
    }
}
