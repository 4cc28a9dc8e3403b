use crate::rules::case::is_on;
use crate::rules::pattern::job::is_traced;
use crate::rules::pattern::maker::{self, Made};
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{CallRecord, Confidence, Guid, HResult, Method, What};

rule! {
    /// # What it flags
    /// BreakSnapshotSet named a set that was made transportable and that no session had imported on this host.
    /// # Why it matters
    /// The volumes of a transportable set come to a host with its import. Before that there is nothing on the host that
    /// could be broken off.
    /// # Evidence needed
    /// Traces with the calls that made the set, with their parameters, and with all calls of the session that breaks it.
    /// # When it is silent
    /// Sets that were not made transportable: VSS imports them by itself on the host that made them. The set was imported
    /// on this host, or may have been by an import that names no set. The context is not in the evidence; records are
    /// missing; the break was refused for lack of rights. If the break succeeded, or the evidence of the host begins after
    /// the set was made, an import may be missing in the evidence: then the finding is only possible.
    /// # What to do
    /// Import the set from its stored document, then break it.
    /// # References
    /// Microsoft: Breaking Shadow Copies; Importing Transportable Shadow Copied Volumes.
    pub struct BreakBeforeImport {
        id: "break-before-import",
        title: "Transportable set broken before its import",
        severity: Error,
        scope: Set,
        basis: "documented",
    }
}

impl Rule for BreakBeforeImport {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let whole =
            |operation: &&Operation<'_>| is_traced(case, operation) && case.sees_every_call(operation);
        for operation in case.operations.iter().filter(whole) {
            let early = |call: &CallRecord| {
                let made = maker::of(case, call)?;
                is_early(case, operation, call, &made).then_some((call.clone(), made))
            };
            let Some((call, made)) = operation.calls_of(&Method::BreakSnapshotSet).find_map(early) else {
                continue;
            };
            let is_firm = call.failed() && is_covered(case, operation, &call, &made);
            findings.add(
                Draft::of(self.info(), operation)
                    .set(Some(made.set))
                    .confidence(if is_firm { Confidence::Strong } else { Confidence::Weak })
                    .at(call.started)
                    .detail(format!(
                        "{} called {}. {} had made the set {} transportable on {}, and on {} nobody imported it.",
                        words::capital(&operation.requester()),
                        words::call(&call),
                        words::capital(&made.operation.requester()),
                        made.set.id,
                        made.operation.host(),
                        operation.host()
                    ))
                    .remedy("Call ImportSnapshots with the stored document of the set, wait for its end, then break the set.")
                    .evidence(made.operation.calls_of(&Method::SetContext).flat_map(|c| c.events.clone()))
                    .evidence(call.events.iter().copied()),
            );
        }
    }
}

fn is_early(case: &Case<'_>, operation: &Operation<'_>, call: &CallRecord, made: &Made<'_, '_>) -> bool {
    made.context.is_transportable()
        && call.hresult != Some(HResult::ACCESS_DENIED)
        && !may_be_imported(case, operation.host(), made.set.guid, call)
}

/// Whether somebody imported the set on this host before the call, or imported something of which the id is not known.
fn may_be_imported(case: &Case<'_>, host: &str, set: Option<Guid>, call: &CallRecord) -> bool {
    let is_set = |named: Option<Guid>| named.is_none() || named == set;
    let is_import = |c: &CallRecord| {
        c.method == Method::ImportSnapshots && !c.failed() && is_set(c.set) && c.started <= call.started
    };
    let on_host = case.operations.iter().filter(|operation| operation.host() == host);
    let audited = case.telling().any(|(_, event)| {
        matches!(event.what, What::SnapshotImported)
            && is_on(event, host)
            && is_set(event.set)
            && event.time <= call.started
    });
    audited || on_host.flat_map(|operation| operation.calls()).any(is_import)
}

/// Whether the evidence of the call's source goes back, without a hole, to the time at which the set was made.
fn is_covered(case: &Case<'_>, operation: &Operation<'_>, call: &CallRecord, made: &Made<'_, '_>) -> bool {
    let Some(own) = call.events.first().and_then(|&index| case.event(index)) else { return false };
    let reaches_back = case
        .events()
        .take_while(|(_, event)| event.time <= made.created)
        .any(|(_, event)| event.source.input == own.source.input && is_on(event, operation.host()));
    reaches_back && !case.has_hole(operation, made.created, call.started)
}
