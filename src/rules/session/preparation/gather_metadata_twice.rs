use crate::rules::pattern::repeated::{self, Repeated};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Method;

rule! {
    /// # What it flags
    /// VSS took GatherWriterMetadata a second time on an instance on which it had succeeded.
    /// # Why it matters
    /// An instance gathers metadata once. The second call brings nothing new, and mostly it shows that the instance
    /// serves a second job.
    /// # Evidence needed
    /// A trace with the requester's calls.
    /// # When it is silent
    /// The first call failed, so that the second one is a retry. What another program gathers at the same time is on
    /// another instance. After BackupComplete or an abort the call is told as new work on a used instance.
    /// # What to do
    /// Make a second instance where fresh metadata is needed.
    /// # References
    /// Microsoft: IVssBackupComponents::GatherWriterMetadata; IVssBackupComponents::FreeWriterMetadata.
    pub struct GatherMetadataTwice {
        id: "gather-metadata-twice",
        title: "GatherWriterMetadata called twice on one instance",
        severity: Warning,
        scope: Session,
        basis: "documented",
    }
}

const PATTERN: Repeated = Repeated {
    method: Method::GatherWriterMetadata,
    refused: false,
    remedy: "Change the requester so that it makes a new instance when it wants the writers' metadata again.",
};

impl Rule for GatherMetadataTwice {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        repeated::check(self.info(), case, findings, &PATTERN);
    }
}
