//! `sessions`: the requesters' sessions.

use super::column::{list, table, word};
use super::lookup::findings_by;
use vsscope_model::{Analysis, CallRecord, Session};

struct Row<'a> {
    session: &'a Session,
    findings: usize,
}

fn rows(analysis: &Analysis) -> Vec<Row<'_>> {
    let findings = findings_by(analysis, |finding| finding.session.as_deref());
    let row = |session| {
        let session: &Session = session;
        Row { session, findings: findings.get(session.id.as_str()).copied().unwrap_or_default() }
    };
    analysis.sessions.iter().map(row).collect()
}

fn failed(calls: &[CallRecord]) -> usize {
    calls.iter().filter(|call| call.failed()).count()
}

table!("sessions", "One row per session of a requester (an instance of `IVssBackupComponents`), by start.", rows, {
    session: Text = |row| Some(&row.session.id), "Id of the session";
    host: Text = |row| Some(&row.session.host), "Host";
    started: Time = |row| Some(row.session.started), "First sign";
    ended: Time = |row| row.session.ended, "End; null while open or not known";
    end_reason: Text = |row| Some(row.session.end_reason.as_str()),
        "`released`, `process-exit`, `crashed`, `restart`, `shutdown`, `open`, `unknown`";
    kind: Text = |row| Some(row.session.kind.as_str()),
        "What it was for: `backup`, `restore`, `import`, `admin`, `discovery`, `unknown`";
    requester: Text = |row| row.session.requester.image_name(), "File name of the requester's executable";
    requester_image: Text = |row| row.session.requester.image.as_ref(), "The requester's executable as logged";
    requester_pid: Integer = |row| row.session.requester.pid, "The requester's process id";
    command_line: Text = |row| row.session.requester.command_line.as_ref(), "The requester's command line";
    account: Text = |row| row.session.requester.user.as_ref(), "The requester's account";
    context: Text = |row| row.session.context.map(|context| context.to_string()), "Context as a code";
    context_name: Text = |row| row.session.context?.name(),
        "Name of the context, without further attribute bits";
    backup_type: Text = |row| word(row.session.backup_type.as_ref()?), "Backup type: `FULL`, `INCREMENTAL` …";
    component_mode: Boolean = |row| row.session.component_mode, "Whether the requester works with components";
    set_count: Integer = |row| Some(row.session.sets.len()), "How many sets it made or imported";
    sets: Text = |row| list(&row.session.sets), "Ids of these sets, a list";
    call_count: Integer = |row| Some(row.session.calls.len()), "How many calls the evidence has";
    calls_failed: Integer = |row| Some(failed(&row.session.calls)), "How many of them failed or were cancelled";
    detail: Text = |row| word(row.session.detail),
        "How much of the requester's side the evidence shows: `calls`, `phases`, `newest`, `identity`";
    confidence: Text = |row| Some(row.session.confidence.as_str()),
        "How sure it is that the calls were made on one instance: `exact`, `strong`, `weak`";
    starts_mid: Boolean = |row| Some(row.session.starts_mid), "Whether the evidence begins inside the session";
    ends_mid: Boolean = |row| Some(row.session.ends_mid), "Whether the evidence ends inside the session";
    finding_count: Integer = |row| Some(row.findings), "Findings about the session that count";
});
