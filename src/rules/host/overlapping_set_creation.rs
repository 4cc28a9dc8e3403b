use crate::rules::pattern::overlap::{self, Span};
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{CallRecord, Method, SessionDetail};

rule! {
    /// # What it flags
    /// Two sessions of one host had a set in creation at the same time: both were between a successful StartSnapshotSet
    /// and the end of DoSnapshotSet, an abort or their own end, for more than a second together.
    /// # Why it matters
    /// VSS allows one creation at a time per host, so this cannot have happened. Either records of two hosts or clocks were
    /// mixed up, or the end of the first creation is missing: then other findings about these sessions are wrong as well.
    /// # Evidence needed
    /// A trace with the calls of both requesters and their results.
    /// # When it is silent
    /// The end of a creation is not in the evidence; the clock was set or records are missing meanwhile; clocks that cannot
    /// be compared; sets of remote file shares, which the file server makes.
    /// # What to do
    /// Check which hosts and clocks the inputs come from. If they are right, look for a session that left its set open.
    /// # References
    /// Microsoft: Error Handling in Shadow Copy Providers; State Transitions in Shadow Copy Providers.
    pub struct OverlappingSetCreation {
        id: "overlapping-set-creation",
        title: "Two sets in creation at the same time",
        severity: Warning,
        scope: Host,
        basis: "documented invariant",
    }
}

impl Rule for OverlappingSetCreation {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let spans = case.operations.iter().flat_map(spans).collect();
        for pair in overlap::overlaps(case, spans, case.thresholds.creation_overlap) {
            let lasted = pair.lasted().num_milliseconds();
            // A creation takes hours at most: exact in a float.
            #[allow(clippy::cast_precision_loss)]
            let lasted = words::seconds(lasted as f64);
            findings.add(
                Draft::of(self.info(), pair.second.operation)
                    .confidence(pair.confidence())
                    .at(pair.second.from)
                    .detail(format!(
                        "{} had a set in creation from {} to {}, and {} from {} to {}: together for {lasted}.",
                        words::capital(&pair.first.operation.requester()),
                        words::iso(pair.first.from),
                        words::iso(pair.first.to),
                        pair.second.operation.requester(),
                        words::iso(pair.second.from),
                        words::iso(pair.second.to)
                    ))
                    .remedy(
                        "Check that the inputs are of one host and one clock. If they are, the end of the first \
                         creation is missing in the trace, or its session left the set open.",
                    )
                    .evidence(pair.events()),
            );
        }
    }
}

/// The creations of a session whose begin and end are both in the evidence.
fn spans<'c, 't>(operation: &'c Operation<'t>) -> Vec<Span<'c, 't>> {
    let calls_known = operation.session.is_some_and(|session| session.detail == SessionDetail::Calls);
    if !calls_known || operation.sets.iter().flat_map(|set| &set.volumes).any(|volume| is_share(volume)) {
        return Vec::new();
    }
    let starts = operation.calls_of(&Method::StartSnapshotSet).filter(|call| call.ok());
    starts.filter_map(|start| span(operation, start)).collect()
}

fn span<'c, 't>(operation: &'c Operation<'t>, start: &'t CallRecord) -> Option<Span<'c, 't>> {
    let from = start.ended?;
    let mut later = operation.calls().iter().filter(|call| call.events.first() > start.events.first());
    // A refused StartSnapshotSet leaves the set that is open as it is.
    let end = later.find(|call| match call.method {
        Method::DoSnapshotSet | Method::AbortBackup => true,
        Method::StartSnapshotSet => call.was_taken(),
        _ => false,
    });
    let (to, events) = match end {
        Some(call) if call.method == Method::DoSnapshotSet => (call.ended?, call.events.clone()),
        Some(call) => (call.started, call.events.clone()),
        None => (operation.session?.ended?, operation.events.last().copied().into_iter().collect()),
    };
    let events = start.events.iter().copied().chain(events).collect();
    Some(Span { operation, from, to, events })
}

/// Whether a volume is a file share of another host.
fn is_share(volume: &str) -> bool {
    volume.starts_with(r"\\") && !volume.starts_with(r"\\?\") && !volume.starts_with(r"\\.\")
}
