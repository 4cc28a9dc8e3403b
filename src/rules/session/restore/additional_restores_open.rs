use crate::rules::components::{self, may_be_same};
use crate::rules::pattern::selection::maybe_selected;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{CallRecord, Component, Confidence, Method, SessionKind};

rule! {
    /// # What it flags
    /// The last restore of a component announced that more would follow (SetAdditionalRestores with true), and a day later
    /// none had come.
    /// # Why it matters
    /// As long as more restores are to come, the writer leaves the recovery out. The database stays in the restoring state
    /// and cannot be used.
    /// # Evidence needed
    /// A trace with the requester's calls and their parameters that goes on for a day after the restore.
    /// # When it is silent
    /// Another restore of the component follows, whenever, or one of which the evidence does not show the components; the
    /// trace ends within a day (threshold `restore_chain_open`) or lost records; the clock was set meanwhile; PreRestore was
    /// refused; the component was not selected; parameters are missing. Other means of bringing the database online
    /// (RESTORE WITH RECOVERY in SQL Server) are not seen.
    /// # What to do
    /// Look at the state of the database. Run the last restore of the chain with SetAdditionalRestores set to false.
    /// # References
    /// Microsoft: IVssBackupComponents::SetAdditionalRestores; Restoring Incremental and Differential Backups. That a day
    /// is too long is inferred.
    pub struct AdditionalRestoresOpen {
        id: "additional-restores-open",
        title: "Chain of restores never closed",
        severity: Warning,
        scope: Session,
        basis: "documented principle, inferred rule",
    }
}

impl Rule for AdditionalRestoresOpen {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in case.operations.iter().filter(|operation| is_watched(case, operation)) {
            let is_last = |(component, _): &(&Component, &CallRecord)| {
                !later(case, operation).any(|other| may_restore(case, other, component))
            };
            let open: Vec<_> = announced(operation).into_iter().filter(is_last).collect();
            let Some((_, first)) = open.first() else { continue };
            findings.add(
                Draft::of(self.info(), operation)
                    .confidence(Confidence::Strong)
                    .at(first.started)
                    .detail(format!(
                        "{} announced more restores of {} with {}, and none followed within {} h of the end of this one.",
                        words::capital(&operation.requester()),
                        components::list(open.iter().map(|(component, _)| *component)),
                        words::call(first),
                        case.thresholds.restore_chain_open.num_hours()
                    ))
                    .remedy(
                        "See whether the database is still in the restoring state. If so, restore what is missing with \
                         SetAdditionalRestores set to false, or recover it with the means of the application.",
                    )
                    .evidence(open.iter().flat_map(|(_, call)| call.events.iter().copied()))
                    .evidence(operation.events.last().copied()),
            );
        }
    }
}

/// Whether the evidence has a restore with every call, and goes on long enough after it.
fn is_watched(case: &Case<'_>, operation: &Operation<'_>) -> bool {
    let (from, until) = (operation.ended, operation.ended + case.thresholds.restore_chain_open);
    is_restore(operation)
        && case.sees_every_call(operation)
        && operation.events.last().is_some_and(|&last| case.goes_on(last, until))
        && !case.has_hole(operation, from, until)
        && !case.clock_stepped(operation.host(), from, until)
}

fn is_restore(operation: &Operation<'_>) -> bool {
    operation.session.is_some_and(|session| session.kind == SessionKind::Restore)
}

/// The calls before the PreRestore that VSS took.
fn preparation<'t>(operation: &Operation<'t>) -> Option<&'t [CallRecord]> {
    let calls = operation.calls();
    let is_begin = |call: &CallRecord| call.method == Method::PreRestore && call.was_taken();
    Some(&calls[..calls.iter().position(is_begin)?])
}

/// The selected components of which more restores were announced, with the calls that said so.
fn announced<'t>(operation: &Operation<'t>) -> Vec<(&'t Component, &'t CallRecord)> {
    let Some(calls) = preparation(operation) else { return Vec::new() };
    let marks: Vec<&CallRecord> =
        calls.iter().filter(|call| call.method == Method::SetAdditionalRestores && !call.failed()).collect();
    let selected = maybe_selected(calls);
    let is_of = |call: &CallRecord, component: &Component| {
        components::of(call).is_none_or(|other| may_be_same(other, component))
    };
    let announced = |(at, call): (usize, &&'t CallRecord)| {
        let component = components::of(call).filter(|_| call.ok() && call.args.selected == Some(true))?;
        let is_last = !marks[at + 1..].iter().any(|later| is_of(later, component));
        let is_selected = selected.iter().any(|selection| is_of(selection, component));
        (is_last && is_selected).then_some((component, *call))
    };
    marks.iter().enumerate().filter_map(announced).collect()
}

/// What came on the host after a restore and is, or may be, a restore too.
fn later<'c, 't>(
    case: &'c Case<'t>,
    operation: &'c Operation<'t>,
) -> impl Iterator<Item = &'c Operation<'t>> {
    let may_be = |other: &Operation<'_>| {
        other.session.is_some_and(|s| matches!(s.kind, SessionKind::Restore | SessionKind::Unknown))
    };
    case.operations.iter().filter(move |other| {
        other.host() == operation.host() && other.started > operation.started && may_be(other)
    })
}

/// Whether an operation restored the component, as far as the evidence does not say otherwise.
fn may_restore(case: &Case<'_>, operation: &Operation<'_>, component: &Component) -> bool {
    if !case.sees_every_call(operation) {
        return true;
    }
    let Some(calls) = preparation(operation) else { return false };
    let is_mark = |call: &&CallRecord| call.method == Method::SetAdditionalRestores && !call.failed();
    let named = maybe_selected(calls).into_iter().chain(calls.iter().filter(is_mark));
    let mut named = named.map(components::of);
    named.any(|other| other.is_none_or(|other| may_be_same(other, component)))
}
