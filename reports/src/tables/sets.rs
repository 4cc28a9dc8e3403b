//! `sets`: the snapshot sets.

use super::column::{list, table, word};
use super::lookup::{findings_by, has_failed, longest, sessions, writer_phases};
use vsscope_model::{Analysis, Participation, Phase, Session, SnapshotSet};

struct Row<'a> {
    set: &'a SnapshotSet,
    session: Option<&'a Session>,
    findings: usize,
}

impl Row<'_> {
    fn involved(&self) -> usize {
        let writers = self.set.writers.iter();
        writers.filter(|writer| writer.participation == Participation::Involved).count()
    }

    fn failed(&self) -> usize {
        self.set.writers.iter().filter(|writer| has_failed(writer)).count()
    }

    /// Shadow copies in this state.
    fn copies(&self, state: &str) -> usize {
        self.set.snapshots.iter().filter(|snapshot| snapshot.state == state).count()
    }
}

fn rows(analysis: &Analysis) -> Vec<Row<'_>> {
    let sessions = sessions(analysis);
    let findings = findings_by(analysis, |finding| finding.set.as_deref());
    let row = |set| {
        let set: &SnapshotSet = set;
        let session = set.session.as_deref().and_then(|id| sessions.get(id).copied());
        Row { set, session, findings: findings.get(set.id.as_str()).copied().unwrap_or_default() }
    };
    analysis.sets.iter().map(row).collect()
}

table!("sets", "One row per snapshot set (shadow copy set), by start.", rows, {
    set: Text = |row| Some(&row.set.id), "Id of the set: its GUID, or a local name where the evidence has no GUID";
    host: Text = |row| Some(&row.set.host), "Host";
    session: Text = |row| row.set.session.as_ref(), "Id of the session that made it";
    started: Time = |row| Some(row.set.started), "First sign of the creation";
    ended: Time = |row| row.set.ended, "Last sign of the set's own session";
    outcome: Text = |row| Some(row.set.outcome.as_str()),
        "`completed`, `created`, `failed`, `aborted`, `incomplete`, `unknown`";
    confidence: Text = |row| Some(row.set.confidence.as_str()),
        "How firmly the evidence is tied together: `exact`, `strong`, `weak`";
    guid: Text = |row| row.set.guid.map(|guid| guid.to_string()), "GUID, where the evidence has it";
    requester: Text = |row| row.session?.requester.image_name(), "File name of the requester's executable";
    requester_image: Text = |row| row.session?.requester.image.as_ref(), "The requester's executable as logged";
    requester_pid: Integer = |row| row.session?.requester.pid, "The requester's process id";
    kind: Text = |row| Some(row.session?.kind.as_str()),
        "What the session was for: `backup`, `restore`, `import`, `admin`, `discovery`, `unknown`";
    context: Text = |row| row.session?.context.map(|context| context.to_string()), "Context of the session as a code";
    context_name: Text = |row| row.session?.context?.name(), "Name of the context, without further attribute bits";
    backup_type: Text = |row| word(row.session?.backup_type.as_ref()?), "Backup type: `FULL`, `INCREMENTAL` …";
    provider: Text = |row| row.set.provider.as_ref()?.name.as_ref(), "Name of the provider";
    provider_id: Text = |row| row.set.provider.as_ref()?.id.map(|id| id.to_string()), "Id of the provider";
    volumes: Text = |row| list(&row.set.volumes), "Original volumes, a list";
    volume_count: Integer = |row| Some(row.set.volumes.len()), "How many original volumes are known";
    snapshot_count: Integer = |row| Some(row.set.snapshots.len()), "How many shadow copies of the set are known";
    snapshots_created: Integer = |row| Some(row.copies("created")),
        "Shadow copies that were created and are not known to be gone";
    snapshots_deleted: Integer = |row| Some(row.copies("deleted")), "Shadow copies that were deleted";
    snapshots_lost: Integer = |row| Some(row.copies("lost")), "Shadow copies that were lost";
    creation_ms: Number = |row| longest(&row.set.phases, "DoSnapshotSet"), "Duration of DoSnapshotSet in ms";
    freeze_ms: Number = |row| longest(writer_phases(row.set), Phase::FREEZE_WINDOW),
        "Longest freeze window of a writer (Freeze to Thaw or Abort) in ms; figures that are only bounds are left out";
    writer_count: Integer = |row| Some(row.set.writers.len()), "How many writers were seen";
    writers_involved: Integer = |row| Some(row.involved()), "How many of them took part";
    writers_failed: Integer = |row| Some(row.failed()), "How many of them have a failed state or a failure code";
    writerless: Boolean = |row| row.set.writerless,
        "Whether the evidence says that no writer took part; null: it cannot tell";
    finding_count: Integer = |row| Some(row.findings), "Findings about the set that count";
    evidence_count: Integer = |row| Some(row.set.evidence_count), "How many events the set rests on";
});
