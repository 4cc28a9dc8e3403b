use crate::rules::pattern::repeated::{self, Repeated};
use crate::rules::{Case, Described, Findings, Rule};
use vsscope_model::Method;

rule! {
    /// # What it flags
    /// SetContext was called on an instance on which an earlier SetContext had succeeded, whatever the second one
    /// returned.
    /// # Why it matters
    /// The context of an instance is set once. The requester and VSS may now differ on whether the set outlives the
    /// instance and whether writers take part.
    /// # Evidence needed
    /// A trace with the requester's calls.
    /// # When it is silent
    /// The earlier call failed: to fall back from an unsupported context to a narrower one is right. After
    /// BackupComplete or an abort the call is told as new work on a used instance.
    /// # What to do
    /// Decide on the context before the call, and make a new instance for another one.
    /// # References
    /// Microsoft: IVssBackupComponents::SetContext.
    pub struct SetContextTwice {
        id: "set-context-twice",
        title: "SetContext called again after it succeeded",
        severity: Warning,
        scope: Session,
        basis: "documented",
    }
}

const PATTERN: Repeated = Repeated {
    method: Method::SetContext,
    refused: true,
    remedy: "Change the requester so that it settles the context first and calls SetContext once per instance.",
};

impl Rule for SetContextTwice {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        repeated::check(self.info(), case, findings, &PATTERN);
    }
}
