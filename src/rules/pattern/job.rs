//! The first work of an instance: its calls from the initialisation up to the call that begins other work.
//!
//! Rules about the order of calls look at one backup or restore at a time. What an instance does after its work is over is
//! the matter of the rules about instances that are used again.

use super::call_after::NEW_WORK;
use crate::rules::{Case, Operation};
use vsscope_model::{CallRecord, Confidence, Context, Method, SessionDetail, SessionKind};

/// The first work of one instance.
pub struct Job<'c, 't> {
    /// The operation.
    pub operation: &'c Operation<'t>,
    /// The calls, from the first initialisation that did not fail; from the first call where none is in the evidence.
    pub calls: &'t [CallRecord],
    /// Whether the evidence has every call from the initialisation on.
    begins: bool,
}

/// The first work of every instance of which the requester's calls were traced. What a tool prints is left out: it shows
/// neither every call nor the order in which they were made.
pub fn jobs<'c, 't>(case: &'c Case<'t>) -> impl Iterator<Item = Job<'c, 't>> {
    case.operations.iter().filter_map(|operation| job_of(case, operation))
}

/// The first work of one instance, if its calls were traced.
pub fn job_of<'c, 't>(case: &Case<'_>, operation: &'c Operation<'t>) -> Option<Job<'c, 't>> {
    is_traced(case, operation).then(|| Job::of(operation))
}

/// Whether a trace shows the calls of an operation.
pub fn is_traced(case: &Case<'_>, operation: &Operation<'_>) -> bool {
    operation.session.is_some_and(|session| session.detail == SessionDetail::Calls)
        && !operation.is_transcript(case.timeline)
}

/// Whether a call initialises the instance.
pub fn is_initialisation(call: &CallRecord) -> bool {
    matches!(call.method, Method::InitializeForBackup | Method::InitializeForRestore)
}

impl<'c, 't> Job<'c, 't> {
    fn of(operation: &'c Operation<'t>) -> Self {
        let all = operation.calls();
        let start = all.iter().position(|call| is_initialisation(call) && !call.failed());
        let calls = &all[start.unwrap_or(0)..];
        let begins = operation.shows_every_call() && start.is_some();
        let is_inferred = operation.session.is_some_and(|session| session.confidence < Confidence::Exact);
        Job { operation, calls: &calls[..end(calls, is_inferred)], begins }
    }

    /// The call at a place.
    pub fn call(&self, at: usize) -> &'t CallRecord {
        &self.calls[at]
    }

    /// The calls before a place.
    pub fn before(&self, at: usize) -> &'t [CallRecord] {
        &self.calls[..at]
    }

    /// Whether the evidence has every call up to this place, and none of these methods succeeded or may have.
    pub fn lacks(&self, case: &Case<'_>, at: usize, needs: &[Method]) -> bool {
        let may_have = |call: &CallRecord| needs.contains(&call.method) && !call.failed();
        self.is_seen_up_to(case, at) && !self.before(at).iter().any(may_have)
    }

    /// Whether the evidence has every call from the initialisation up to this place.
    pub fn is_seen_up_to(&self, case: &Case<'_>, at: usize) -> bool {
        self.begins && !case.has_hole(self.operation, self.operation.started, self.call(at).started)
    }

    /// The context in force at a place; absent where the evidence does not have it.
    pub fn context_at(&self, at: usize) -> Option<Context> {
        let set =
            self.before(at).iter().rev().find(|call| call.method == Method::SetContext && !call.failed());
        match set {
            Some(call) => call.args.context,
            None => self.begins.then_some(Context::BACKUP),
        }
    }

    /// Whether writers are known to take part at a place, by the context.
    pub fn has_writers(&self, at: usize) -> bool {
        self.context_at(at).is_some_and(|context| !context.is_writerless())
    }

    /// The call that initialised the instance.
    pub fn initialisation(&self) -> Option<&'t CallRecord> {
        self.calls.first().filter(|call| is_initialisation(call))
    }

    /// Whether the instance was initialised for a restore.
    pub fn is_restore(&self) -> bool {
        self.initialisation().is_some_and(|call| call.method == Method::InitializeForRestore)
    }

    /// Whether it works for a backup of its own: no restore, and no import of a stored document.
    pub fn is_backup(&self) -> bool {
        let is_import = self.operation.session.is_some_and(|session| session.kind == SessionKind::Import);
        !self.is_restore() && !is_import
    }
}

/// Where the first work ends: before the first new work after BackupComplete or an abort, before a second set, and, where
/// it was inferred that the calls are of one instance, before the next initialisation, which rather begins another one.
fn end(calls: &[CallRecord], is_inferred: bool) -> usize {
    let (mut is_over, mut has_set, mut has_work) = (false, false, false);
    let ends = |(at, call): (usize, &CallRecord)| {
        let is_new_set = call.method == Method::StartSnapshotSet && call.ok();
        let other = at > 0 && is_inferred && is_initialisation(call) && !call.failed();
        if (is_over && NEW_WORK.contains(&call.method)) || (has_set && is_new_set) || other {
            return Some(at);
        }
        has_set |= is_new_set;
        has_work |= is_new_set || (call.method == Method::PrepareForBackup && call.ok());
        is_over |= match call.method {
            Method::BackupComplete => call.was_taken(),
            Method::AbortBackup => has_work && call.was_taken(),
            _ => false,
        };
        None
    };
    calls.iter().enumerate().find_map(ends).unwrap_or(calls.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Thresholds;
    use crate::rules::testing::Lab;
    use vsscope_model::HResult;

    fn methods(lab: &Lab) -> Vec<Method> {
        let thresholds = Thresholds::default();
        let case = Case::new(&lab.timeline, &thresholds);
        jobs(&case).flat_map(|job| job.calls).map(|call| call.method.clone()).collect()
    }

    #[test]
    fn the_first_work_ends_where_other_work_begins() {
        use Method::{BackupComplete, InitializeForBackup, SaveAsXml, SetContext, StartSnapshotSet};
        let mut lab = Lab::session_only();
        lab.call(1.0, Method::CreateVssBackupComponents);
        lab.call(2.0, InitializeForBackup);
        lab.call(3.0, StartSnapshotSet);
        lab.call(4.0, BackupComplete);
        lab.call(5.0, SaveAsXml);
        lab.call(6.0, SetContext);
        assert_eq!(methods(&lab), [InitializeForBackup, StartSnapshotSet, BackupComplete, SaveAsXml]);
    }

    #[test]
    fn a_second_set_is_other_work_and_a_second_try_is_not() {
        use Method::{InitializeForBackup, StartSnapshotSet};
        let mut lab = Lab::session_only();
        lab.call(1.0, InitializeForBackup);
        lab.call(2.0, StartSnapshotSet).hresult = Some(HResult::VSS_SNAPSHOT_SET_IN_PROGRESS);
        lab.call(3.0, StartSnapshotSet);
        lab.call(4.0, StartSnapshotSet);
        assert_eq!(methods(&lab), [InitializeForBackup, StartSnapshotSet, StartSnapshotSet]);
    }

    #[test]
    fn an_inferred_instance_that_is_initialised_again_is_rather_two() {
        use Method::{InitializeForBackup, SetContext};
        let mut lab = Lab::session_only();
        lab.session().confidence = Confidence::Strong;
        for at in [1.0, 2.0] {
            lab.call(at, InitializeForBackup);
            lab.call(at, SetContext);
        }
        assert_eq!(methods(&lab), [InitializeForBackup, SetContext]);
    }

    #[test]
    fn a_call_whose_result_is_unknown_is_not_missing() {
        let mut lab = Lab::session_only();
        lab.call(1.0, Method::InitializeForBackup);
        let call = lab.call(2.0, Method::SetBackupState);
        (call.ended, call.hresult) = (None, None);
        lab.call(3.0, Method::PrepareForBackup);
        let thresholds = Thresholds::default();
        let case = Case::new(&lab.timeline, &thresholds);
        let job = jobs(&case).next().expect("a job");
        assert!(!job.lacks(&case, 2, &[Method::SetBackupState]));
        assert!(job.lacks(&case, 2, &[Method::StartSnapshotSet]));
    }
}
