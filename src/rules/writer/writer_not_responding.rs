use crate::rules::pattern::writer_code::{self, WriterCode};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::HResult;

rule! {
    /// # What it flags
    /// VSS_E_WRITER_NOT_RESPONDING (0x80042319) for a writer.
    /// # Why it matters
    /// The process of the writer hangs or is gone. It took no part, or nobody knows what became of its part.
    /// # Evidence needed
    /// The writer's status as the requester read it, the result of a call, or a record of VSS.
    /// # When it is silent
    /// A code that was read before the session had given the writer anything to do is left over from an earlier session
    /// (stale-writer-status). Where the requester added no component of the writer it is an information.
    /// # What to do
    /// Restart the service that hosts the writer. If it hangs again, take a dump of its process before that.
    /// # References
    /// Microsoft: IVssBackupComponents::GetWriterStatus; Writer Errors and Vetoes.
    pub struct WriterNotResponding {
        id: "writer-not-responding",
        title: "Writer does not respond",
        severity: Error,
        scope: Writer,
        basis: "documented",
    }
}

const CODE: WriterCode = WriterCode {
    code: HResult::VSS_WRITER_NOT_RESPONDING,
    meaning: "VSS got no answer from it.",
    remedy: Some(
        "Look whether the process of the writer still runs and answers. Restart the service that hosts it; if it \
         hangs again, take a dump of the process first and give it to the vendor.",
    ),
    eased: writer_code::never,
};

impl Rule for WriterNotResponding {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        writer_code::check(self.info(), case, findings, &CODE);
    }
}
