//! What became of a set, and whether writers took part.

use super::super::sets::Family;
use super::super::settle;
use super::Parts;
use vsscope_model::{
    CallRecord, Callback, Database, DatabaseMark, Edge, Method, Outcome, Participation, ProviderStep,
    ServicePhase, SessionDetail, What, WriterRun,
};

/// VSS records that say that the creation of a set failed: a provider's call (12293), flush or hold of writes (12297,
/// 12298), the commit (12310). Source: the message table of provider VSS.
const CREATION_FAILED: &[u32] = &[12293, 12297, 12298, 12310];

impl<'a> Parts<'a> {
    /// Whether writers took part; absent where the evidence cannot tell.
    pub(super) fn writerless(&self, writers: &[WriterRun]) -> Option<bool> {
        if writers.iter().any(|w| w.participation == Participation::Involved) {
            return Some(false);
        }
        if let Some(context) = self.session.and_then(|s| s.context) {
            return context.is_writerless().then_some(true);
        }
        // The registry trace notes the service's phases for writers and the provider's steps in the same key: a provider
        // that ran to its end without them ran without writers.
        let steps = |wanted: ProviderStep| {
            self.events().any(|(_, e)| matches!(&e.what, What::ProviderStep { step, .. } if *step == wanted))
        };
        let prepares = self.events().any(|(_, e)| {
            matches!(&e.what, What::Phase { phase: ServicePhase::PrepareSnapshot, .. })
                || matches!(&e.what, What::Call { method: Method::PrepareForBackup, .. })
        });
        let audited = self.events().any(|(_, e)| matches!(e.what, What::SnapshotCreated));
        (self.draft.family == Family::RegistryTrace
            && steps(ProviderStep::BeginPrepareSnapshot)
            && (steps(ProviderStep::PostFinalCommitSnapshots)
                || (steps(ProviderStep::PostCommitSnapshots) && audited))
            && !prepares)
            .then_some(true)
    }

    /// Whether the evidence says that the shadow copies came into being.
    pub(super) fn is_created(&self) -> bool {
        if let Some(call) = self.call(&Method::DoSnapshotSet)
            && call.hresult.is_some()
        {
            return call.ok();
        }
        self.events().any(|(_, e)| match &e.what {
            What::SnapshotCreated | What::CreationMark { .. } => true,
            What::ProviderStep { step: ProviderStep::PostFinalCommitSnapshots, edge, .. } => {
                *edge != Edge::Entered && !e.status.is_some_and(|s| s.is_failure())
            }
            What::Database(Database { mark: DatabaseMark::Completed, .. }) => true,
            // Sent after the commit only. Providers that leave no record of their own are known by it.
            What::Phase { phase: ServicePhase::PostSnapshot, edge } => *edge != Edge::Entered,
            _ => false,
        })
    }

    pub(super) fn outcome(&self, writers: &[WriterRun], writerless: Option<bool>, lost: bool) -> Outcome {
        let created = self.is_created();
        let complete = self.call(&Method::BackupComplete);
        let snapshot = self.call(&Method::DoSnapshotSet);
        if lost || snapshot.is_some_and(CallRecord::failed) || complete.is_some_and(CallRecord::failed) {
            return Outcome::Failed;
        }
        if created && complete.is_some_and(CallRecord::ok) {
            return Outcome::Completed;
        }
        if self.call(&Method::AbortBackup).is_some_and(CallRecord::ok) {
            return Outcome::Aborted;
        }
        let all_calls = self.session.is_some_and(|s| s.detail == SessionDetail::Calls && !s.starts_mid);
        let ended = self.session.is_some_and(|s| s.ended.is_some());
        if created {
            // Released or dead without BackupComplete: with writers the backup did not succeed.
            let due = all_calls && ended && complete.is_none() && writerless == Some(false);
            return if due { Outcome::Failed } else { Outcome::Created };
        }
        let made = self.draft.created + settle();
        let aborted = self.events().any(|(_, e)| match &e.what {
            // Later it is the end of a backup that was not completed.
            What::Database(Database { mark: DatabaseMark::Aborted, .. }) => e.time <= made,
            What::Database(Database { mark, .. }) => {
                matches!(mark, DatabaseMark::FreezeTimedOut | DatabaseMark::FreezeFailed)
            }
            _ => false,
        });
        let provider_stopped = self.draft.family == Family::RegistryTrace
            && snapshot.is_some_and(|call| call.ended.is_some())
            && self.events().any(|(_, e)| matches!(e.what, What::ProviderStep { .. }));
        let broke_off = |w: &WriterRun| {
            w.hresult.is_some()
                || w.state.is_some_and(|state| state.failed_at().is_some())
                || w.phases
                    .iter()
                    .any(|p| p.result.as_deref() == Some("veto") || p.name == Callback::Abort.as_str())
        };
        let logged = self.events().any(|(_, e)| {
            matches!(e.what, What::ShadowFailure) || CREATION_FAILED.iter().any(|&id| e.is_record("VSS", id))
        });
        if aborted || provider_stopped || logged || writers.iter().any(broke_off) {
            return Outcome::Failed;
        }
        let open =
            snapshot.is_some_and(|call| call.ended.is_none()) || self.session.is_some_and(|s| s.ends_mid);
        match (open, all_calls && ended) {
            (true, _) => Outcome::Incomplete,
            (false, false) => Outcome::Unknown,
            (false, true) if snapshot.is_some() || self.is_committing() => Outcome::Failed,
            // A set was started and no copy was asked for: a backup of logs that needs none, or one that was given up.
            (false, true) if complete.is_some() => Outcome::Unknown,
            (false, true) => Outcome::Aborted,
        }
    }

    /// Whether something shows that the creation was under way, beside the call itself: a phase or a step that only
    /// DoSnapshotSet brings about.
    fn is_committing(&self) -> bool {
        self.events().any(|(_, e)| match &e.what {
            What::Phase { .. } => true,
            What::ProviderStep { step, .. } => matches!(
                step,
                ProviderStep::EndPrepareSnapshots
                    | ProviderStep::PreCommitSnapshots
                    | ProviderStep::CommitSnapshots
                    | ProviderStep::PostCommitSnapshots
            ),
            What::Callback { callback, .. } => matches!(
                callback,
                Callback::PrepareSnapshot | Callback::Freeze | Callback::Thaw | Callback::PostSnapshot
            ),
            _ => false,
        })
    }
}
