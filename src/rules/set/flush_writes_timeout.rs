use crate::rules::pattern::code::{self, CodeRule, CodeWatch};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::{HResult, Method};

rule! {
    /// # What it flags
    /// VSS_E_FLUSH_WRITES_TIMEOUT (0x80042313) from DoSnapshotSet, or in a record of VSS.
    /// # Why it matters
    /// A file system could not write its buffers out in the time that VSS gives it. There is no copy.
    /// # Evidence needed
    /// The requester's calls with results, or the Application log.
    /// # When it is silent
    /// The code belongs to another call, or DoSnapshotSet failed with another code.
    /// # What to do
    /// Try again after ten minutes, at most three times; move the job to a quieter time and look at the latency of the
    /// disks.
    /// # References
    /// Microsoft: IVssBackupComponents::DoSnapshotSet.
    pub struct FlushWritesTimeout {
        id: "flush-writes-timeout",
        title: "Flush of a volume timed out",
        severity: Error,
        scope: Set,
        basis: "documented",
    }
}

const CODES: CodeRule = CodeRule {
    watches: &[CodeWatch::of(HResult::VSS_FLUSH_WRITES_TIMEOUT, &[Method::DoSnapshotSet])],
    meaning: "The file system of a volume did not get its buffers to disk in time",
    remedy: "Repeat the backup after ten minutes, at most three times. If it comes back, move the job to a quieter \
             time, and measure the write latency of the set's disks while it runs.",
};

impl Rule for FlushWritesTimeout {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        code::check(self.info(), case, findings, &CODES);
    }
}
