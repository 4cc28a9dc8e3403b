use crate::rules::pattern::writer_code::{self, WriterCode};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::HResult;

rule! {
    /// # What it flags
    /// A writer failed with VSS_E_WRITERERROR_OUTOFRESOURCES (0x800423f1).
    /// # Why it matters
    /// The process of the writer had no memory or handles left for its part. The backup has nothing consistent of it.
    /// # Evidence needed
    /// The writer's status as the requester read it, its own answer or failure in a trace, or VSS 8229 in the Application
    /// log.
    /// # When it is silent
    /// A code that was read before the session had given the writer anything to do is left over from an earlier session
    /// (stale-writer-status). Where the requester added no component of the writer it is an information.
    /// # What to do
    /// Lower the load of the host or move the job, then try again after ten minutes, at most three times.
    /// # References
    /// Microsoft: IVssBackupComponents::GetWriterStatus; Writer Errors and Vetoes.
    pub struct WriterErrorOutOfResources {
        id: "writer-error-out-of-resources",
        title: "Writer out of resources",
        severity: Error,
        scope: Writer,
        basis: "documented",
    }
}

const CODE: WriterCode = WriterCode {
    code: HResult::VSS_WRITERERROR_OUT_OF_RESOURCES,
    meaning: "Its process was short of memory, handles or the like.",
    remedy: None,
    eased: writer_code::never,
};

impl Rule for WriterErrorOutOfResources {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        writer_code::check(self.info(), case, findings, &CODE);
    }
}
