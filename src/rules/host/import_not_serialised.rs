use crate::rules::pattern::serialised::{self, Serialised};
use crate::rules::{Case, Described, Findings, Rule};
use chrono::TimeDelta;
use vsscope_model::Method;

rule! {
    /// # What it flags
    /// Two calls of ImportSnapshots were at work on one host for more than a second together.
    /// # Why it matters
    /// A host can import one set at a time, and VSS leaves it to the requesters to keep to that. What becomes of imports
    /// that overlap is not documented.
    /// # Evidence needed
    /// Traces with the calls of the importing requesters and the ends of their asynchronous work.
    /// # When it is silent
    /// The end of an import is not in the evidence; one was refused at once; imports on two hosts; the clock was set or
    /// records are missing meanwhile; clocks that cannot be compared. A requester sees the end of its work a moment late:
    /// up to a second counts as one after the other.
    /// # What to do
    /// Let imports wait in a queue of the host until the one before has ended.
    /// # References
    /// Microsoft: IVssBackupComponents::ImportSnapshots.
    pub struct ImportNotSerialised {
        id: "import-not-serialised",
        title: "Two imports at the same time",
        severity: Warning,
        scope: Host,
        basis: "documented",
    }
}

const PATTERN: Serialised = Serialised {
    method: Method::ImportSnapshots,
    tolerance: TimeDelta::seconds(1),
    within_process: false,
    meaning: "A host can import one set at a time.",
    remedy: "Check which copies each import brought. Run the imports of a host one after the other, across programs by \
             their schedules.",
};

impl Rule for ImportNotSerialised {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        serialised::check(self.info(), case, findings, &PATTERN);
    }
}
