use crate::rules::pattern::maker::{self, Made};
use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::{CallRecord, Confidence, HResult, Method};

rule! {
    /// # What it flags
    /// ExposeSnapshot named a copy that cannot be exposed in this way: a copy that is not persistent as a drive or folder
    /// of the host, or a client-accessible copy in whatever way.
    /// # Why it matters
    /// Only persistent copies can get a drive letter or a mount point, and copies for Shadow Copies of Shared Folders can
    /// be neither mounted nor shared. The requester gets no path to copy from.
    /// # Evidence needed
    /// A trace with the calls that made the copy and the one that exposes it, with the ids and the context; to tell a drive
    /// from a share also the attributes.
    /// # When it is silent
    /// The creation of the copy or its context is not in the evidence; a copy that is not persistent as a share; a refusal
    /// for lack of rights. If the trace does not show whether a drive or a share was meant, a refused call is possible,
    /// and one that succeeded is nothing. A call that succeeded against the rule is possible, too.
    /// # What to do
    /// Read from the device path of the copy, or make it in a persistent context (VSS_CTX_APP_ROLLBACK or
    /// VSS_CTX_NAS_ROLLBACK).
    /// # References
    /// Microsoft: Exposing and Surfacing Shadow Copied Volumes; VShadow Tool and Sample;
    /// _VSS_VOLUME_SNAPSHOT_ATTRIBUTES.
    pub struct ExposeNotAllowed {
        id: "expose-not-allowed",
        title: "Copy that cannot be exposed",
        severity: Error,
        scope: Set,
        basis: "documented",
    }
}

impl Rule for ExposeNotAllowed {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            let wrong = |call| {
                let made = maker::of(case, call)?;
                let (why, confidence) = why(call, &made)?;
                Some((call, made, why, confidence))
            };
            let hit = operation.calls_of(&Method::ExposeSnapshot).find_map(wrong);
            let Some((call, made, why, confidence)) = hit else { continue };
            findings.add(
                Draft::of(self.info(), operation)
                    .set(Some(made.set))
                    .confidence(confidence)
                    .at(call.started)
                    .detail(format!(
                        "{} called {}. The context of the copy was {}: {why}.",
                        words::capital(&operation.requester()),
                        words::call(call),
                        made.context.name().map_or_else(|| made.context.to_string(), str::to_owned)
                    ))
                    .remedy(
                        "Let the requester read from the device path of the copy (GetSnapshotProperties), or make the copy \
                         in a persistent context.",
                    )
                    .evidence(made.operation.calls_of(&Method::SetContext).flat_map(|c| c.events.clone()))
                    .evidence(call.events.iter().copied()),
            );
        }
    }
}

/// Why a copy cannot be exposed as the call wants, and how sure that is.
fn why(call: &CallRecord, made: &Made<'_, '_>) -> Option<(&'static str, Confidence)> {
    let refused = call.failed();
    if call.hresult == Some(HResult::ACCESS_DENIED) {
        return None;
    }
    let firm = if refused { Confidence::Exact } else { Confidence::Weak };
    if made.context.is_client_accessible() {
        return Some(("client-accessible copies cannot be exposed", firm));
    }
    let why = "a copy that is not persistent cannot be exposed on the host";
    match call.args.locally {
        _ if made.context.is_persistent() => None,
        Some(true) => Some((why, firm)),
        Some(false) => None,
        None => refused.then_some((why, Confidence::Weak)),
    }
}
