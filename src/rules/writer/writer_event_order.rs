use crate::rules::case::same_writer;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{Callback, Confidence, Edge, Event, Method, Timestamp, What, Writer};

rule! {
    /// # What it flags
    /// A writer got the events of one session in an order that the protocol does not have: Freeze without PrepareSnapshot,
    /// Thaw without Freeze, PostSnapshot without Thaw, BackupComplete without PostSnapshot although a set was made, or more
    /// work after Abort.
    /// # Why it matters
    /// Lines are missing, events were laid to the wrong session, or the writer was restarted in between: what other rules
    /// say of this writer stands on weak ground.
    /// # Evidence needed
    /// A trace of the writers' functions that shows the session from its beginning.
    /// # When it is silent
    /// Identify may come at any time from any program, several Abort events and BackupShutdown after Abort are usual. The
    /// trace begins inside the session or has a hole; a new set was started after the Abort; the clock was set back over the
    /// time of this writer's events, which bear no order then; the registry key, which keeps the newest instance of each
    /// step only. Events of two sets of a session are compared within each set, as far as they name it.
    /// # What to do
    /// Check first whether the trace is complete. If it is, look for a restart of the writer's process.
    /// # References
    /// Microsoft: Writers; Aborting VSS Operations; CVssWriter::OnAbort; CVssWriter::OnIdentify.
    pub struct WriterEventOrder {
        id: "writer-event-order",
        title: "Events of a writer out of order",
        severity: Warning,
        scope: Writer,
        basis: "documented",
    }
}

/// One callback of a writer.
#[derive(Clone, Copy)]
struct Got<'t> {
    index: usize,
    event: &'t Event,
    callback: &'t Callback,
}

impl Rule for WriterEventOrder {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in case.operations.iter().filter(|operation| is_whole(case, operation)) {
            for (writer, got) in callbacks(case, operation) {
                let Some((wrong, before, text)) = disorder(operation, &got) else { continue };
                if is_shuffled(case, operation, &got) {
                    continue;
                }
                let name = operation.writer_name(writer);
                let label = name.clone().unwrap_or_else(|| "A writer".to_owned());
                let tie = operation.tie(wrong.event).min(Confidence::Strong);
                findings.add(
                    Draft::of(self.info(), operation)
                        .set(operation.set_of(wrong.index))
                        .writer(name.as_deref())
                        .confidence(tie)
                        .at(wrong.event.time)
                        .detail(format!("{label} got {text} ({}).", words::iso(wrong.event.time)))
                        .remedy(
                            "Check whether the trace is complete; if it is, look for a restart of the process that hosts \
                             the writer.",
                        )
                        .evidence([wrong.index])
                        .evidence(before.map(|got| got.index)),
                );
            }
        }
    }
}

/// Whether the evidence shows the session from its beginning and without a hole.
fn is_whole(case: &Case<'_>, operation: &Operation<'_>) -> bool {
    operation.session.is_some_and(|session| !session.starts_mid)
        && !case.has_hole(operation, operation.started, operation.ended)
}

/// Whether the clock was set back over an event of a writer: what bears a time that came twice has no order.
fn is_shuffled(case: &Case<'_>, operation: &Operation<'_>, got: &[Got<'_>]) -> bool {
    let mut steps = case.clock_steps(operation.host(), Timestamp::MIN_UTC, Timestamp::MAX_UTC);
    steps.any(|step| got.iter().any(|one| step.new <= one.event.time && one.event.time <= step.old))
}

/// Whether two callbacks may be of one set: they do not name two.
fn may_share_set(a: &Got<'_>, b: &Got<'_>) -> bool {
    a.event.set.is_none() || b.event.set.is_none() || a.event.set == b.event.set
}

/// The callbacks of each writer in order; of one of which some come from a source that does not show every function, none.
fn callbacks<'t>(case: &Case<'t>, operation: &Operation<'t>) -> Vec<(&'t Writer, Vec<Got<'t>>)> {
    let mut found: Vec<(&Writer, Vec<Got<'t>>)> = Vec::new();
    for (index, event) in operation.iter(case.timeline) {
        let What::Callback { callback, edge, .. } = &event.what else { continue };
        let Some(writer) = event.writer.as_ref().filter(|_| *edge != Edge::Returned) else { continue };
        let got = Got { index, event, callback };
        match found.iter_mut().find(|(known, _)| same_writer(known, writer)) {
            Some((_, all)) => all.push(got),
            None => found.push((writer, vec![got])),
        }
    }
    found.retain(|(_, got)| got.iter().all(|one| one.event.is_of_function_trace()));
    found
}

/// The first callback that cannot come where it does, what stands in its way, and a text for both.
fn disorder<'t>(operation: &Operation<'_>, got: &[Got<'t>]) -> Option<(Got<'t>, Option<Got<'t>>, String)> {
    let made = operation.calls_of(&Method::DoSnapshotSet).any(|call| call.ok());
    for (at, one) in got.iter().enumerate() {
        let needed = match one.callback {
            Callback::Freeze => Some(Callback::PrepareSnapshot),
            Callback::Thaw => Some(Callback::Freeze),
            Callback::PostSnapshot => Some(Callback::Thaw),
            Callback::BackupComplete if made => Some(Callback::PostSnapshot),
            _ => None,
        };
        let mut earlier = got[..at].iter().filter(|other| may_share_set(other, one));
        if let Some(needed) = needed.filter(|needed| !earlier.clone().any(|other| other.callback == needed)) {
            return Some((*one, None, format!("{} without {needed}", one.callback)));
        }
        let is_work = !matches!(
            one.callback,
            Callback::Identify
                | Callback::Abort
                | Callback::BackupShutdown
                | Callback::GetState
                | Callback::FreezeWatchdog
                | Callback::Other(_)
        );
        let abort = earlier.rfind(|other| *other.callback == Callback::Abort);
        if let Some(abort) = abort.filter(|abort| is_work && !began_anew(operation, abort, one)) {
            return Some((*one, Some(*abort), format!("{} after Abort", one.callback)));
        }
    }
    None
}

/// Whether the requester began new work between two callbacks.
fn began_anew(operation: &Operation<'_>, from: &Got<'_>, to: &Got<'_>) -> bool {
    let begins = |method: &Method| {
        matches!(method, Method::StartSnapshotSet | Method::PrepareForBackup | Method::InitializeForBackup)
    };
    let first = |index: Option<&usize>| index.is_some_and(|&index| from.index < index && index < to.index);
    operation.calls().iter().any(|call| begins(&call.method) && first(call.events.first()))
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::{Lab, assert_fires, assert_silent, find};
    use vsscope_model::Callback;

    const ID: &str = "writer-event-order";
    const SQL: &str = "SqlServerWriter";

    fn traced(callbacks: &[(f64, Callback)]) -> Lab {
        let mut lab = Lab::creating();
        for (at, callback) in callbacks {
            lab.callback(*at, SQL, callback.clone(), true);
        }
        for event in &mut lab.timeline.events {
            event.session = Some("A".into());
        }
        lab
    }

    #[test]
    fn the_order_of_the_protocol_is_silent() {
        let lab = traced(&[
            (0.9, Callback::PrepareBackup),
            (1.0, Callback::PrepareSnapshot),
            (2.0, Callback::Freeze),
            (3.0, Callback::Thaw),
            (4.0, Callback::PostSnapshot),
        ]);
        assert_silent(&lab, ID);
    }

    #[test]
    fn freeze_without_prepare_is_flagged() {
        let lab = traced(&[(2.0, Callback::Freeze), (3.0, Callback::Thaw)]);
        assert!(find(&lab.run(), ID).detail.contains("Freeze without PrepareSnapshot"));
    }

    #[test]
    fn work_after_abort_is_flagged_and_shutdown_is_not() {
        let before = [(1.0, Callback::PrepareSnapshot), (2.0, Callback::Freeze), (3.0, Callback::Abort)];
        let with = |last: Callback| traced(&[&before[..], &[(4.0, last)]].concat());
        assert_fires(&with(Callback::Thaw), ID);
        assert_silent(&with(Callback::BackupShutdown), ID);
        assert_silent(&with(Callback::Identify), ID);
        assert_silent(&with(Callback::Abort), ID);
    }

    #[test]
    fn a_trace_that_begins_inside_says_nothing() {
        let mut lab = traced(&[(2.0, Callback::Freeze), (3.0, Callback::Thaw)]);
        lab.session().starts_mid = true;
        assert_silent(&lab, ID);
    }
}
