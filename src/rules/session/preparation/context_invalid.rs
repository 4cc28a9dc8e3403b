use crate::rules::pattern::job::{Job, jobs};
use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::{CallRecord, Context, HResult, Method, Severity};

rule! {
    /// # What it flags
    /// A set was made in VSS_CTX_ALL; or SetContext asked for differential and plex copies at once, or for
    /// transportable, differential or plex copies together with client-accessible ones; or it answered
    /// VSS_E_UNSUPPORTED_CONTEXT.
    /// # Why it matters
    /// VSS_CTX_ALL is for administration only, and the named attributes exclude each other. The set fails or is of
    /// another kind than it was meant.
    /// # Evidence needed
    /// A trace with the requester's calls; for the attributes with the parameter of SetContext.
    /// # When it is silent
    /// The bits for persistence, no release and no writers alone: the named contexts hold them. Where SetContext
    /// succeeded afterwards on the same instance it is information only.
    /// # What to do
    /// Choose a context that the system and the provider support.
    /// # References
    /// Microsoft: Shadow Copy Context Configurations; VSS_SNAPSHOT_CONTEXT; VSS_VOLUME_SNAPSHOT_ATTRIBUTES.
    pub struct ContextInvalid {
        id: "context-invalid",
        title: "Unusable context",
        severity: Error,
        scope: Session,
        basis: "documented",
    }
}

/// Bits of VSS_VOLUME_SNAPSHOT_ATTRIBUTES.
const CLIENT_ACCESSIBLE: u32 = 0x4;
const TRANSPORTABLE: u32 = 0x20;
const DIFFERENTIAL: u32 = 0x2_0000;
const PLEX: u32 = 0x4_0000;

impl Rule for ContextInvalid {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for job in jobs(case) {
            for at in 0..job.calls.len() {
                let Some((why, severity)) = why(&job, at) else { continue };
                let call = job.call(at);
                findings.add(
                    Draft::of(self.info(), job.operation)
                        .severity(severity)
                        .at(call.started)
                        .detail(format!(
                            "{} called {}: {why}.",
                            words::capital(&job.operation.requester()),
                            words::call(call)
                        ))
                        .remedy(
                            "Let the requester use a documented context with attributes that the system supports; \
                             VSS_CTX_ALL only to query, delete, expose and break.",
                        )
                        .evidence(call.events.iter().copied()),
                );
            }
        }
    }
}

/// What is wrong with the context of a call, and how grave it is.
fn why(job: &Job<'_, '_>, at: usize) -> Option<(String, Severity)> {
    let call = job.call(at);
    match call.method {
        Method::SetContext if call.hresult == Some(HResult::VSS_UNSUPPORTED_CONTEXT) => {
            let fell_back = |later: &CallRecord| later.method == Method::SetContext && later.ok();
            let severity =
                if job.calls[at..].iter().any(fell_back) { Severity::Info } else { Severity::Error };
            Some((format!("the system does not support {}", name(call.args.context)), severity))
        }
        Method::SetContext => Some((contradiction(call.args.context?)?.to_owned(), Severity::Error)),
        // One finding for the set: DoSnapshotSet only where the trace does not have its start.
        Method::StartSnapshotSet => in_all(job, at),
        Method::DoSnapshotSet if !job.before(at).iter().any(|c| c.method == Method::StartSnapshotSet) => {
            in_all(job, at)
        }
        _ => None,
    }
}

fn in_all(job: &Job<'_, '_>, at: usize) -> Option<(String, Severity)> {
    let is_all = job.context_at(at) == Some(Context::ALL);
    is_all.then(|| ("VSS_CTX_ALL is in force, in which no set can be made".to_owned(), Severity::Error))
}

fn contradiction(context: Context) -> Option<&'static str> {
    let has = |bits| context.0 & bits != 0;
    if context == Context::ALL {
        None
    } else if has(DIFFERENTIAL) && has(PLEX) {
        Some("the context asks for differential and for plex copies, which exclude each other")
    } else if has(CLIENT_ACCESSIBLE) && has(TRANSPORTABLE | DIFFERENTIAL | PLEX) {
        Some("the context asks for client-accessible copies that are transportable, differential or plex")
    } else {
        None
    }
}

fn name(context: Option<Context>) -> String {
    match context {
        Some(context) => match context.name() {
            Some(name) => format!("the context {context} ({name})"),
            None => format!("the context {context}"),
        },
        None => "this context".to_owned(),
    }
}
