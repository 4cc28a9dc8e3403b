use crate::rules::pattern::job::jobs;
use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::{CallRecord, Context, Method};

rule! {
    /// # What it flags
    /// AddComponent, PrepareForBackup or BackupComplete was called while a context without writers was in force
    /// (VSS_CTX_FILE_SHARE_BACKUP, VSS_CTX_NAS_ROLLBACK, VSS_CTX_CLIENT_ACCESSIBLE).
    /// # Why it matters
    /// These calls return an error there, and a program that expects writers makes a copy that is crash consistent
    /// only.
    /// # Evidence needed
    /// A trace with the requester's calls, with SetContext and its parameter.
    /// # When it is silent
    /// GatherWriterMetadata, which is allowed there; a context that the evidence does not have. For
    /// VSS_CTX_CLIENT_ACCESSIBLE the effect is inferred from its no-writers bit.
    /// # What to do
    /// Leave the calls out, or use a context with writers.
    /// # References
    /// Microsoft: Shadow Copy Creation Details; Shadow Copy Context Configurations.
    pub struct WriterCallInWriterlessContext {
        id: "writer-call-in-writerless-context",
        title: "Writer call in a context without writers",
        severity: Error,
        scope: Session,
        basis: "documented",
    }
}

/// Calls that speak to writers.
const WRITER_CALLS: &[Method] = &[Method::AddComponent, Method::PrepareForBackup, Method::BackupComplete];

impl Rule for WriterCallInWriterlessContext {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for job in jobs(case) {
            let context = |at: usize| job.context_at(at).filter(|context| context.is_writerless());
            let places = (0..job.calls.len()).filter(|&at| WRITER_CALLS.contains(&job.call(at).method));
            let wrong: Vec<(&CallRecord, Context)> =
                places.filter_map(|at| Some((job.call(at), context(at)?))).collect();
            let Some((first, context)) = wrong.first().copied() else { continue };
            let calls: Vec<&CallRecord> = wrong.iter().map(|(call, _)| *call).collect();
            let sets = job.calls.iter().filter(|call| {
                call.method == Method::SetContext && call.started <= first.started && !call.failed()
            });
            let name = context.name().map(|name| format!(" ({name})")).unwrap_or_default();
            findings.add(
                Draft::of(self.info(), job.operation)
                    .at(first.started)
                    .detail(format!(
                        "{} called {} in the context {context}{name}, which excludes writers.",
                        words::capital(&job.operation.requester()),
                        words::calls(&calls)
                    ))
                    .remedy(
                        "If application data is to be consistent, let the requester use a context with writers; else \
                         leave these calls out.",
                    )
                    .evidence(sets.chain(calls.iter().copied()).flat_map(|call| call.events.iter().copied())),
            );
        }
    }
}
