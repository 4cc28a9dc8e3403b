use crate::rules::pattern::group;
use crate::rules::pattern::writer_code::{self, WriterCode};
use crate::rules::{Case, Described, Draft, Findings, Rule};
use vsscope_model::{Confidence, HResult, Severity};

rule! {
    /// # What it flags
    /// VSS_E_WRITER_STATUS_NOT_AVAILABLE (0x80042409) for a writer or from a call; or two or more records (VSS 12289 with
    /// that code) of one host that a writer cleaned up the state of an old session.
    /// # Why it matters
    /// A writer keeps the state of a backup until it is completed or aborted. Requesters that end without either fill its
    /// table, and a full one takes no further backup.
    /// # Evidence needed
    /// The writer's status as the requester read it, the result of a call, or the Application log.
    /// # When it is silent
    /// A single record of a clean-up is about one old session and not the running one: it stays noise. Several are a
    /// warning: they show abandoned sessions and not yet a full table.
    /// # What to do
    /// Find the requester that abandons its sessions (no BackupComplete with a look at the status, no AbortBackup). A
    /// restart of the writer's service clears the table.
    /// # References
    /// Microsoft: IVssBackupComponents::GetWriterStatus; Overview of Actual Backup of Files; KB 978773.
    pub struct WriterSessionsExhausted {
        id: "writer-sessions-exhausted",
        title: "Sessions of a writer used up",
        severity: Error,
        scope: Writer,
        basis: "documented; that several cleaned-up sessions point at a requester is inferred",
    }
}

const CODE: WriterCode = WriterCode {
    code: HResult::VSS_WRITER_STATUS_NOT_AVAILABLE,
    meaning: "Its table of sessions is full: earlier backups were neither completed nor aborted.",
    remedy: Some(REMEDY),
    eased: writer_code::never,
};
const REMEDY: &str = "Find the requester whose sessions end without BackupComplete and a look at the writers' status, and \
                      without AbortBackup. Restart the service that hosts the writer to clear its table.";

/// VSS 12289 with the code of the rule: the state of an old session was cleaned up.
const CLEANED_UP: u32 = 12289;

impl Rule for WriterSessionsExhausted {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        writer_code::check(self.info(), case, findings, &CODE);
        let records = case.telling().filter(|(_, event)| {
            event.is_record("VSS", CLEANED_UP)
                && event.hresult() == Some(HResult::VSS_WRITER_STATUS_NOT_AVAILABLE)
        });
        let by_host = records.map(|(index, event)| (event.host.as_deref().unwrap_or_default(), index));
        for (host, records) in group::by(by_host).into_iter().filter(|(_, records)| records.len() > 1) {
            findings.add(
                Draft::new(self.info(), host)
                    .severity(Severity::Warning)
                    .confidence(Confidence::Strong)
                    .detail(format!(
                        "Writers cleaned up the state of old sessions that never came to an end: {}.",
                        group::count(case, &records)
                    ))
                    .remedy(REMEDY)
                    .evidence(records),
            );
        }
    }
}
