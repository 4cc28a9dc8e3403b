use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{CallRecord, Confidence, Method, Outcome, Severity, SnapshotSet, What};

rule! {
    /// # What it flags
    /// A shadow copy set was created and no writer took part: by its context, by what the trace shows, or because component
    /// mode was asked for and no component was added (then it is a warning).
    /// # Why it matters
    /// The copy is crash consistent: applications were not told, did not flush and will not truncate logs. For file shares
    /// and restore points that is meant; for a database it is not a backup.
    /// # Evidence needed
    /// The context of the session, a trace that shows the service with and without writers, or every call of the requester.
    /// # When it is silent
    /// Nothing in the evidence tells whether writers took part; the creation did not succeed. That a requester disabled every
    /// writer (DisableWriterClasses) cannot be said: no trace has the classes that the call names, and that a trace shows no
    /// writer at work does not say that none was.
    /// # What to do
    /// Nothing, where it is meant. Else let the requester use a context with writers and add the components to back up.
    /// # References
    /// Microsoft: Backups without Writer Participation; Shadow Copy Context Configurations.
    pub struct SnapshotWithoutWriters {
        id: "snapshot-without-writers",
        title: "Shadow copy made without writers",
        severity: Info,
        scope: Set,
        basis: "documented",
    }
}

impl Rule for SnapshotWithoutWriters {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            for set in &operation.sets {
                let created = operation.creation(set).is_some()
                    || matches!(set.outcome, Outcome::Created | Outcome::Completed);
                let Some(why) = why(operation, set).filter(|_| created) else { continue };
                let volumes = words::list(&set.volumes);
                let of = if volumes.is_empty() { String::new() } else { format!(" of {volumes}") };
                findings.add(
                    Draft::of(self.info(), operation)
                        .set(Some(set))
                        .severity(why.severity())
                        .confidence(why.confidence(set))
                        .at(set.started)
                        .detail(format!("The copy{of} is crash consistent: {}.", why.words()))
                        .remedy(
                            "Nothing, if no application data is to be protected. Else use a context with writers, and in \
                             component mode add the components.",
                        )
                        .evidence(evidence(case, operation, set)),
                );
            }
        }
    }
}

/// Why no writer took part.
enum Why {
    Context,
    Trace,
    NoComponent,
}

impl Why {
    fn severity(&self) -> Severity {
        match self {
            Why::NoComponent => Severity::Warning,
            Why::Context | Why::Trace => Severity::Info,
        }
    }

    fn confidence(&self, set: &SnapshotSet) -> Confidence {
        match self {
            Why::Trace => set.confidence,
            Why::Context | Why::NoComponent => Confidence::Exact,
        }
    }

    fn words(&self) -> &'static str {
        match self {
            Why::Context => "the context of the session excludes writers",
            Why::Trace => "the evidence of the set shows its creation and no part of any writer in it",
            Why::NoComponent => {
                "the session is in component mode and added no component, so no writer was called"
            }
        }
    }
}

fn why(operation: &Operation<'_>, set: &SnapshotSet) -> Option<Why> {
    if operation.session.and_then(|session| session.context).is_some_and(|context| context.is_writerless()) {
        return Some(Why::Context);
    }
    if set.writerless == Some(true) {
        return Some(Why::Trace);
    }
    let component_mode = operation.is_by_components();
    let added = operation.calls_of(&Method::AddComponent).any(CallRecord::ok);
    // Writers that the evidence shows at work were called, whatever the calls say.
    let called = set.writerless == Some(false);
    (component_mode && operation.shows_every_call() && !added && !called).then_some(Why::NoComponent)
}

/// What set the mode, and what made the copy; for sets without calls the events of the set.
fn evidence(case: &Case<'_>, operation: &Operation<'_>, set: &SnapshotSet) -> Vec<usize> {
    let telling = [Method::SetContext, Method::SetBackupState];
    let calls = operation.calls().iter().filter(|call| telling.contains(&call.method));
    let events: Vec<usize> =
        calls.chain(operation.creation(set)).flat_map(|call| call.events.iter().copied()).collect();
    if !events.is_empty() {
        return events;
    }
    let creation = |index: &usize| {
        case.event(*index).is_some_and(|event| {
            matches!(
                event.what,
                What::SnapshotCreated | What::ProviderStep { .. } | What::CreationMark { .. }
            )
        })
    };
    let made: Vec<usize> = set.events.iter().copied().filter(creation).collect();
    if made.is_empty() { set.events.clone() } else { made }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, assert_silent, find};
    use vsscope_model::{Context, HResult};

    const ID: &str = "snapshot-without-writers";

    #[test]
    fn a_writerless_context_is_information() {
        let mut lab = Lab::backup();
        lab.session().context = Some(Context(0x10));
        assert_eq!(find(&lab.run(), ID).severity, Severity::Info);
    }

    #[test]
    fn component_mode_without_components_is_a_warning() {
        let mut lab = Lab::backup();
        lab.session().component_mode = Some(true);
        assert_eq!(find(&lab.run(), ID).severity, Severity::Warning);
    }

    #[test]
    fn what_the_timeline_says_of_the_set_counts() {
        let mut lab = Lab::backup();
        lab.timeline.sets[0].writerless = Some(true);
        assert_eq!(find(&lab.run(), ID).rule, ID);
        assert_silent(&Lab::backup(), ID);
    }

    #[test]
    fn a_failed_creation_is_silent() {
        let mut lab = Lab::creating();
        lab.session().context = Some(Context(0x10));
        lab.call(5.0, Method::DoSnapshotSet).hresult = Some(HResult::VSS_PROVIDER_VETO);
        assert_silent(&lab, ID);
    }

    // A trace can lack AddComponent; writers that were frozen were called.
    #[test]
    fn writers_at_work_outweigh_missing_components() {
        let mut lab = Lab::backup();
        lab.session().component_mode = Some(true);
        lab.timeline.sets[0].writerless = Some(false);
        assert_silent(&lab, ID);
    }
}
