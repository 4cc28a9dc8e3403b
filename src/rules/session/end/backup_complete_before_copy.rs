use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{BackupType, CallRecord, Method, Severity, Timestamp};

rule! {
    /// # What it flags
    /// BackupComplete within five seconds of the end of DoSnapshotSet, in a backup whose set then stayed in use for more
    /// than five minutes.
    /// # Why it matters
    /// The writers took it that their data had reached the backup media, while the copy had hardly begun. A writer that cuts
    /// its logs on that word leaves nothing to fall back on if the copy fails afterwards.
    /// # Evidence needed
    /// A trace with the requester's calls: the type of the backup, the times of both calls, and the release or the delete
    /// of the set.
    /// # When it is silent
    /// Types other than full, incremental and log, and an unknown type; transportable sets, which have a rule of their own;
    /// a clock that was set in between; the output of tools. It is info where the shadow copy itself is the product: a
    /// persistent context, and agents inside a virtual machine whose host copies the disk.
    /// # What to do
    /// Send BackupComplete only when the data is safe on its target, with SetBackupSucceeded(false) for what failed.
    /// # References
    /// Microsoft: CVssWriter::OnBackupComplete; Overview of Actual Backup of Files; VShadow Tool Examples; Importing
    /// Transportable Shadow Copied Volumes.
    pub struct BackupCompleteBeforeCopy {
        id: "backup-complete-before-copy",
        title: "BackupComplete before the data was copied",
        severity: Warning,
        scope: Session,
        basis: "documented principle, inferred threshold",
    }
}

/// Types after which writers cut their logs or their history.
const TYPES: &[BackupType] = &[BackupType::Full, BackupType::Incremental, BackupType::Log];
/// Agents in virtual machines: the host copies the disk after they have made the file systems consistent.
const GUEST_AGENTS: &[&str] = &["qemu-ga.exe", "vmtoolsd.exe"];

impl Rule for BackupCompleteBeforeCopy {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in case.operations.iter().filter(|operation| is_meant(case, operation)) {
            let Some((ready, complete)) = quick_completion(case, operation) else { continue };
            let in_use = last_use(case, operation);
            let Some((until, events)) = in_use.filter(|(until, _)| {
                *until - complete.started > case.thresholds.use_after_complete
                    && !case.clock_stepped(operation.host(), ready, *until)
            }) else {
                continue;
            };
            let product = is_product(operation);
            let why = if product { " The shadow copy itself may be what this requester is for." } else { "" };
            findings.add(
                Draft::of(self.info(), operation)
                    .severity(if product { Severity::Info } else { self.info().severity })
                    .at(complete.started)
                    .detail(format!(
                        "{} called {}, {} after its shadow copies were ready, and kept them until {}.{why}",
                        words::capital(&operation.requester()),
                        words::call(complete),
                        words::seconds(words::millis(ready, complete.started)),
                        words::iso(until)
                    ))
                    .remedy(
                        "Check whether the copy of this job succeeded; if not, make a full backup of the applications \
                         that cut their logs. Move BackupComplete in the requester behind the end of the copy.",
                    )
                    .evidence(complete.events.iter().copied())
                    .evidence(events),
            );
        }
    }
}

/// A backup of a type that matters, of which times are known and whose set is read on this host.
fn is_meant(case: &Case<'_>, operation: &Operation<'_>) -> bool {
    let kind = operation.session.and_then(|session| session.backup_type.as_ref());
    kind.is_some_and(|kind| TYPES.contains(kind))
        && operation.context().is_some_and(|context| !context.is_transportable())
        && !operation.is_transcript(case.timeline)
}

/// When the set was ready, and the BackupComplete that came too soon after it.
fn quick_completion<'t>(case: &Case<'_>, operation: &Operation<'t>) -> Option<(Timestamp, &'t CallRecord)> {
    let calls = operation.calls();
    let at = calls.iter().position(|call| call.method == Method::BackupComplete && !call.failed())?;
    let created = calls[..at].iter().rfind(|call| call.method == Method::DoSnapshotSet && call.ok())?;
    let (ready, complete) = (created.ended?, &calls[at]);
    (complete.started - ready < case.thresholds.complete_after_snapshot).then_some((ready, complete))
}

/// When the set was released or deleted, and the events that show it.
fn last_use(case: &Case<'_>, operation: &Operation<'_>) -> Option<(Timestamp, Vec<usize>)> {
    let is_own = |call: &CallRecord| {
        let ids = (call.set, call.snapshot);
        operation.sets.iter().any(|set| {
            (ids.0.is_some() && ids.0 == set.guid)
                || (ids.1.is_some() && set.snapshots.iter().any(|copy| copy.guid == ids.1))
        })
    };
    let deletes = case
        .operations
        .iter()
        .filter(|other| other.host() == operation.host())
        .flat_map(|other| other.calls_of(&Method::DeleteSnapshots))
        .filter(|call| call.ok() && is_own(call));
    let last = operation.calls_of(&Method::Release).chain(deletes).max_by_key(|call| call.started)?;
    Some((last.started, last.events.clone()))
}

/// Whether the shadow copy is what the requester is for.
fn is_product(operation: &Operation<'_>) -> bool {
    let name = operation.session.and_then(|session| session.requester.image_name());
    operation.context().is_some_and(|context| context.is_persistent())
        || name.is_some_and(|name| GUEST_AGENTS.iter().any(|agent| agent.eq_ignore_ascii_case(name)))
}
