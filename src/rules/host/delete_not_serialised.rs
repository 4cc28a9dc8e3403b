use crate::rules::pattern::serialised::{self, Serialised};
use crate::rules::{Case, Described, Findings, Rule};
use chrono::TimeDelta;
use vsscope_model::Method;

rule! {
    /// # What it flags
    /// Two calls of DeleteSnapshots overlapped in time on one host.
    /// # Why it matters
    /// VSS does not put deletes in a row; that is the requester's task. What becomes of deletes that overlap is not
    /// documented.
    /// # Evidence needed
    /// A trace with the begin and the end of the requesters' calls.
    /// # When it is silent
    /// The end of a delete is not in the evidence; a delete that failed; deletes on two hosts; the clock was set or records
    /// are missing meanwhile; clocks that cannot be compared. Deletes of two processes, which cannot know of each other,
    /// are an information.
    /// # What to do
    /// Queue the deletes of a program.
    /// # References
    /// Microsoft: IVssBackupComponents::DeleteSnapshots.
    pub struct DeleteNotSerialised {
        id: "delete-not-serialised",
        title: "Two deletes at the same time",
        severity: Warning,
        scope: Host,
        basis: "documented",
    }
}

const PATTERN: Serialised = Serialised {
    method: Method::DeleteSnapshots,
    tolerance: TimeDelta::zero(),
    within_process: true,
    meaning: "Deletes of one host have to follow each other.",
    remedy: "Look whether all copies are gone that should be. Let the program wait for each DeleteSnapshots before the next \
             one, also across its threads.",
};

impl Rule for DeleteNotSerialised {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        serialised::check(self.info(), case, findings, &PATTERN);
    }
}
