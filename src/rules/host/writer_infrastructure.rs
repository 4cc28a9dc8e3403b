use crate::rules::pattern::code::{self, CodeRule, CodeWatch};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::HResult;

rule! {
    /// # What it flags
    /// VSS_E_WRITER_INFRASTRUCTURE (0x80042318) from a call (usually GatherWriterMetadata or GatherWriterStatus) or in a
    /// record of VSS.
    /// # Why it matters
    /// VSS reaches writers through the COM+ event system. While that does not work no writer takes part in anything.
    /// # Evidence needed
    /// The requester's calls with results, or the Application log.
    /// # When it is silent
    /// Never: the code has one meaning.
    /// # What to do
    /// Check that the services EventSystem and VSS run, and look for errors of COM+.
    /// # References
    /// Microsoft: IVssBackupComponents::GatherWriterMetadata; IVssBackupComponents::GatherWriterStatus.
    pub struct WriterInfrastructure {
        id: "writer-infrastructure",
        title: "Writers cannot be reached",
        severity: Error,
        scope: Host,
        basis: "documented",
    }
}

const CODES: CodeRule = CodeRule {
    watches: &[CodeWatch::of(HResult::VSS_WRITER_INFRASTRUCTURE, &[])],
    meaning: "The way from VSS to the writers does not work",
    remedy: "Check the services EventSystem, COMSysApp and VSS and their errors in the logs at that time; VSS 12292, \
             8193 or 13 beside it often name the class that could not be started.",
};

impl Rule for WriterInfrastructure {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        code::check(self.info(), case, findings, &CODES);
    }
}
