use crate::knowledge::volumes::same_volume;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use chrono::TimeDelta;
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
    /// or shrank is not known, so the finding is information only where the limit was taken away (`/maxsize=UNBOUNDED`).
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

/// The object of the commands that change a diff area, and the verbs before it; words of the command line, the same in every
/// language of Windows.
const OBJECT: &str = "shadowstorage";
const VERBS: &[&str] = &["resize", "delete", "add"];

/// One command is noted by several logs within this time.
const ONE_COMMAND: TimeDelta = TimeDelta::seconds(2);

impl Rule for DiffAreaChangedDuringBackup {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let changes: Vec<Change<'_>> =
            case.events().filter_map(|(index, event)| change(index, event)).collect();
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
        let unbounded = records.iter().all(|change| change.value("/maxsize=") == Some("unbounded"));
        let creation = operation.creation(set).into_iter().flat_map(|call| call.events.iter().copied());
        Some(
            Draft::of(self.info(), operation)
                .set(Some(set))
                .severity(if unbounded { Severity::Info } else { self.info().severity })
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
    /// The command line from the verb on, in lower case.
    words: Vec<String>,
}

fn change(index: usize, event: &Event) -> Option<Change<'_>> {
    let text = match &event.what {
        What::DeleteCommand { text } | What::ProcessStarted { command_line: Some(text) } => text,
        _ => return None,
    };
    let lower = text.to_ascii_lowercase();
    let all: Vec<&str> = lower.split_whitespace().map(|word| word.trim_matches(['"', '\''])).collect();
    let at = all.windows(2).position(|pair| VERBS.contains(&pair[0]) && pair[1] == OBJECT)?;
    Some(Change { index, event, text, words: all[at..].iter().map(|&word| word.to_owned()).collect() })
}

impl Change<'_> {
    /// The value of an option, in lower case.
    fn value(&self, option: &str) -> Option<&str> {
        self.words.iter().find_map(|word| word.strip_prefix(option))
    }

    /// Whether the command may be about a volume of the set: volumes that are named in different ways cannot be compared.
    fn may_be_of(&self, set: &SnapshotSet) -> bool {
        let Some(named) = self.value("/for=").map(|value| value.trim_matches(['"', '\''])) else {
            return true;
        };
        let comparable = |known: &str| Guid::find_in(known).is_some() == Guid::find_in(named).is_some();
        set.volumes.is_empty()
            || set.volumes.iter().any(|known| !comparable(known) || same_volume(known, named))
    }
}
