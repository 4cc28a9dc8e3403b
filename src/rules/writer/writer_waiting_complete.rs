use crate::rules::case::is_over;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{Event, Method, Timestamp, What, WriterState};

rule! {
    /// # What it flags
    /// A writer already waited for BackupComplete (state 5) when a session began and had not yet made it work, and no other
    /// session was open. Several such writers of one session are one finding.
    /// # Why it matters
    /// An earlier requester never told this writer that its backup was complete. By itself the state is no failure: the
    /// writer takes part in the next backup.
    /// # Evidence needed
    /// A trace with the requester's calls and the states that it read.
    /// # When it is silent
    /// Another session of the host was open, for which the writer may wait (one that was not released counts as open as long
    /// as its source goes on and the service runs); the session had already called PrepareForBackup or DoSnapshotSet; the
    /// evidence begins inside the session; the list of a tool.
    /// # What to do
    /// Look at the end of the session of this writer before this one.
    /// # References
    /// Microsoft: VSS_WRITER_STATE; VShadow Tool and Sample.
    pub struct WriterWaitingComplete {
        id: "writer-waiting-complete",
        title: "Writer still waits for an earlier BackupComplete",
        severity: Info,
        scope: Writer,
        basis: "inferred",
    }
}

impl Rule for WriterWaitingComplete {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in case.operations.iter().filter(|operation| operation.shows_every_call()) {
            if operation.is_transcript(case.timeline) {
                continue;
            }
            let works = |method: &Method| matches!(method, Method::PrepareForBackup | Method::DoSnapshotSet);
            let calls = operation.calls().iter().filter(|call| works(&call.method));
            let worked = calls.filter_map(|call| call.events.first()).min();
            let before =
                operation.iter(case.timeline).take_while(|(index, _)| worked.is_none_or(|at| index < at));
            let waiting =
                before.filter(|(_, event)| waits(event) && !others_are_open(case, operation, event));
            let mut names: Vec<String> = Vec::new();
            let mut events: Vec<usize> = Vec::new();
            for (index, event) in waiting {
                let name = event.writer.as_ref().and_then(|writer| operation.writer_name(writer));
                let Some(name) = name.filter(|name| !names.contains(name)) else { continue };
                names.push(name);
                events.push(index);
            }
            if let Some(first) = events.first().and_then(|&index| case.event(index)) {
                findings.add(self.draft(operation, &names, first).evidence(events));
            }
        }
    }
}

impl WriterWaitingComplete {
    /// One finding for all writers that waited when a session began.
    fn draft(&self, operation: &Operation<'_>, names: &[String], first: &Event) -> Draft {
        let (time, alone) = (words::iso(first.time), names.len() == 1);
        let (was, it, this) =
            if alone { ("was", "it", "this writer") } else { ("were", "them", "these writers") };
        Draft::of(self.info(), operation)
            .writer(names.first().filter(|_| alone).map(String::as_str))
            .at(first.time)
            .detail(format!(
                "{} {was} still waiting for BackupComplete at {time}, before this session had made {it} work.",
                words::list(names)
            ))
            .remedy(format!("Look at the end of the session of {this} before this one."))
    }
}

fn waits(event: &Event) -> bool {
    matches!(&event.what, What::WriterStatus { state, .. } if *state == WriterState::WAITING_FOR_BACKUP_COMPLETE)
}

/// Whether another session of the host was open at an event.
pub(super) fn others_are_open(case: &Case<'_>, operation: &Operation<'_>, event: &Event) -> bool {
    let mut others = case.operations.iter().take_while(|other| other.started <= event.time);
    others.any(|other| {
        !std::ptr::eq(other, operation)
            && other.host().eq_ignore_ascii_case(operation.host())
            && is_open(case, other, event.time)
    })
}

/// Whether an operation that began before an instant was open at it. One without an end in the evidence is open until its
/// source ends, the service stops or Windows starts.
fn is_open(case: &Case<'_>, other: &Operation<'_>, time: Timestamp) -> bool {
    if time <= other.ended {
        return true;
    }
    let released = other.session.is_none_or(|session| session.ended.is_some() || is_over(session.end_reason));
    let Some(&last) = other.events.last().filter(|_| !released) else { return false };
    let host = other.host();
    let hosts = case.timeline.hosts.iter().filter(|known| known.name.eq_ignore_ascii_case(host));
    let runs = hosts.flat_map(|known| &known.runs).filter(|run| run.service == "vss");
    let stopped = runs.filter_map(|run| run.ended).any(|end| other.ended < end && end <= time);
    let restarted =
        case.telling_between(host, other.ended, time).any(|(_, event)| matches!(event.what, What::Startup));
    !stopped && !restarted && case.goes_on(last, time)
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::Lab;
    use vsscope_model::{Method, WriterState};

    #[test]
    fn the_writers_of_a_session_are_one_finding() {
        let mut lab = Lab::session_only();
        lab.call(0.2, Method::GatherWriterStatus);
        for name in ["SqlServerWriter", "System Writer"] {
            lab.status(0.3, name, WriterState::WAITING_FOR_BACKUP_COMPLETE, None);
        }
        let findings = lab.run();
        let ours: Vec<_> =
            findings.iter().filter(|finding| finding.rule == "writer-waiting-complete").collect();
        assert_eq!(ours.len(), 1, "{findings:?}");
        assert!(ours[0].detail.starts_with("SqlServerWriter and System Writer were still waiting"));
    }
}
