use crate::knowledge::volumes::same_volume;
use crate::rules::pattern::command::{self, DiffAreaChange, ONE_COMMAND};
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{Confidence, Event, Guid, Severity, SnapshotSet, What};

rule! {
    /// # What it flags
    /// A command changed a diff area (`vssadmin resize shadowstorage`, `delete shadowstorage`, `add shadowstorage`) while a
    /// backup was reading from shadow copies of the volume.
    /// # Why it matters
    /// A smaller maximum deletes shadow copies at once, also those that a backup is reading from.
    /// # Evidence needed
    /// Records of started processes with their command lines, beside a timeline of the session.
    /// # When it is silent
    /// No set is in use at that time; the command names a volume (`/for=`) that is not in the set. Whether the maximum grew
    /// or shrank is not known, so the finding is information only where an area was added or its limit was taken away
    /// (`/maxsize=UNBOUNDED`, or none given).
    /// # What to do
    /// Change the diff area between backups.
    /// # References
    /// Microsoft: IVssDifferentialSoftwareSnapshotMgmt::ChangeDiffAreaMaximumSize; vssadmin resize shadowstorage.
    pub struct DiffAreaChangedDuringBackup {
        id: "diff-area-changed-during-backup",
        title: "Diff area changed while a backup was running",
        severity: Warning,
        scope: Set,
        basis: "documented effect, inferred rule",
    }
}

impl Rule for DiffAreaChangedDuringBackup {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let changes: Vec<Change<'_>> =
            case.telling().filter_map(|(index, event)| change(index, event)).collect();
        for operation in &case.operations {
            for set in &operation.sets {
                let own = changes.iter().filter(|change| {
                    change.event.host.as_deref().unwrap_or_default().eq_ignore_ascii_case(operation.host())
                        && change.may_be_of(set)
                });
                let own: Vec<&Change<'_>> = own.collect();
                let one = |a: &&Change<'_>, b: &&Change<'_>| b.event.time - a.event.time <= ONE_COMMAND;
                for draft in
                    own.chunk_by(one).filter_map(|records| self.report(case, operation, set, records))
                {
                    findings.add(draft);
                }
            }
        }
    }
}

impl DiffAreaChangedDuringBackup {
    /// The finding about the records of one command, if the set was in use.
    fn report(
        &self,
        case: &Case<'_>,
        operation: &Operation<'_>,
        set: &SnapshotSet,
        records: &[&Change<'_>],
    ) -> Option<Draft> {
        let first = records.first()?;
        let liveness = case.liveness(operation, set, first.event.time)?;
        let grows = records.iter().all(|change| change.kind == Some(DiffAreaChange::Grows));
        let creation = operation.creation(set).into_iter().flat_map(|call| call.events.iter().copied());
        Some(
            Draft::of(self.info(), operation)
                .set(Some(set))
                .severity(if grows { Severity::Info } else { self.info().severity })
                .confidence(liveness.min(Confidence::Strong))
                .at(first.event.time)
                .detail(format!(
                    "While {} was backing up from the set, a command changed a diff area at {}: {}.",
                    operation.requester(),
                    words::iso(first.event.time),
                    words::excerpt(first.text)
                ))
                .remedy("Find who ran the command, and change the diff area between backups only.")
                .evidence(records.iter().map(|change| change.index))
                .evidence(creation),
        )
    }
}

/// A command that changes a diff area.
struct Change<'t> {
    index: usize,
    event: &'t Event,
    text: &'t str,
    kind: Option<DiffAreaChange>,
}

fn change(index: usize, event: &Event) -> Option<Change<'_>> {
    let What::DiffAreaCommand { text } = &event.what else { return None };
    Some(Change { index, event, text, kind: command::diff_area_change(text) })
}

impl Change<'_> {
    /// The volume of the diff area (`/for=`), where the command names one, in lower case.
    fn volume(&self) -> Option<String> {
        let lower = self.text.to_ascii_lowercase();
        let named =
            lower.split_whitespace().find_map(|word| word.trim_matches(['"', '\'']).strip_prefix("/for="));
        named.map(|volume| volume.trim_matches(['"', '\'']).to_owned())
    }

    /// Whether the command may be about a volume of the set: volumes that are named in different ways cannot be compared.
    fn may_be_of(&self, set: &SnapshotSet) -> bool {
        let Some(named) = self.volume() else { return true };
        let comparable = |known: &str| Guid::find_in(known).is_some() == Guid::find_in(&named).is_some();
        set.volumes.is_empty()
            || set.volumes.iter().any(|known| !comparable(known) || same_volume(known, &named))
    }
}
