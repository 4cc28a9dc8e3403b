use crate::knowledge::writers;
use crate::rules::case::{first_sign, same_run};
use crate::rules::pattern::freeze_window::limit;
use crate::rules::pattern::group;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use chrono::TimeDelta;
use vsscope_model::{
    Callback, Confidence, Database, DatabaseMark, Event, Method, Phase, Severity, SnapshotSet, Timestamp,
    What, WriterRun,
};

rule! {
    /// # What it flags
    /// While a shadow copy set was made, a database engine noted that its freeze failed or that a backup of one of its
    /// databases failed: ESENT / ESE 2002, SQL Server 3041 and 18210.
    /// # Why it matters
    /// The engine is what stands behind the writer. Its own record says which database failed, which the writer's error
    /// code does not.
    /// # Evidence needed
    /// The Application log of the host (or the Directory Service log for NTDS), with a set whose creation is in the
    /// evidence.
    /// # When it is silent
    /// The record lies outside of the creation of every set, from the first PrepareSnapshot (from DoSnapshotSet where the
    /// writers are not in the evidence) to ten seconds after the last sign of the creation: backups of SQL Server that have
    /// nothing to do with VSS fail with the same ids. The clock was set in between. An engine whose time ran out is
    /// freeze-window-exceeded. Where the writer had got an Abort, or was past the limit of its freeze, before the engine
    /// noted its first failure, that failure is a consequence and shown as information.
    /// # What to do
    /// Read the engine's own log at that time, mend the database that it names, and repeat the backup.
    /// # References
    /// Microsoft: SQL Server Back up Applications - VSS and SQL Writer; Extensible Storage Engine event messages.
    pub struct DatabaseFailedInFreeze {
        id: "database-failed-in-freeze",
        title: "Database failed inside the creation",
        severity: Error,
        scope: Writer,
        basis: "documented events, inferred rule",
    }
}

/// How long after the last sign of the creation an engine may still note its failure.
const NOTED_LATER: TimeDelta = TimeDelta::seconds(10);

impl Rule for DatabaseFailedInFreeze {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            for set in &operation.sets {
                let Some(creation) = creation(case, operation, set) else { continue };
                let (from, to) = creation;
                let failures =
                    case.telling_between(&set.host, from, to).filter(|(_, event)| is_failure(event));
                let by_engine = failures.map(|(index, event)| (event.provider.to_lowercase(), index));
                for events in group::by(by_engine).into_values() {
                    if let Some(draft) = self.draft(case, operation, set, creation, events) {
                        findings.add(draft);
                    }
                }
            }
        }
    }
}

impl DatabaseFailedInFreeze {
    /// The finding about the failures of one engine, in order of time.
    fn draft(
        &self,
        case: &Case<'_>,
        operation: &Operation<'_>,
        set: &SnapshotSet,
        (from, to): (Timestamp, Timestamp),
        events: Vec<usize>,
    ) -> Option<Draft> {
        let index = *events.first()?;
        let first = case.event(index)?;
        let writer = events
            .iter()
            .find_map(|&index| operation.writer_name(&operation.writer_of(index, case.event(index)?)?));
        let late = consequence(operation, set, index, first);
        let (severity, remedy) = match late {
            Some(_) => (
                Severity::Info,
                "Follow what ended the freeze (the other findings about this set). The database itself need not have a \
                 fault.",
            ),
            None => (
                self.info().severity,
                "Read the log of the database engine at that time, mend the database that it names (or take it out of \
                 the backup), and repeat the backup.",
            ),
        };
        let note = late.as_ref().map(|text| format!(" {text}")).unwrap_or_default();
        Some(
            Draft::of(self.info(), operation)
                .set(Some(set))
                .writer(writer.as_deref())
                .severity(severity)
                .aftermath(late.is_some())
                .confidence(Confidence::Strong)
                .at(first.time)
                .detail(format!(
                    "Between {} and {}, while the set was made, {} noted a failure: {}. Noted {}.{note}",
                    words::iso(from),
                    words::iso(to),
                    first.provider,
                    vsscope_reports::describe(first).trim_end_matches('.'),
                    group::count(case, &events)
                ))
                .remedy(remedy)
                .evidence(events),
        )
    }
}

fn is_failure(event: &Event) -> bool {
    use DatabaseMark::{BackupFailed, FreezeFailed};
    matches!(&event.what, What::Database(Database { mark: FreezeFailed | BackupFailed, .. }))
}

/// Why the first failure of an engine is a consequence, as a sentence: its writer's time was over before.
fn consequence(operation: &Operation<'_>, set: &SnapshotSet, index: usize, first: &Event) -> Option<String> {
    let writer = operation.writer_of(index, first);
    let class = writers::by_engine(&first.provider, first.process.image_name()).map(|known| known.class_id);
    let is_of = |run: &&WriterRun| match &writer {
        Some(writer) => same_run(run, writer),
        None => class.is_some() && run.class_id == class,
    };
    // Of several instances nobody knows whose engine it is: all have to be over.
    let ends: Option<Vec<_>> =
        set.writers.iter().filter(is_of).map(|run| Some((over(run)?, run.name.as_str()))).collect();
    let ((at, why), name) = ends?.into_iter().max()?;
    let text = || format!("This is a consequence: {name} {why} at {}.", words::iso(at));
    (at <= first.time).then(text)
}

/// When the time of a writer was over without a thaw: at its Abort, or when the limit of its freeze ran out.
fn over(run: &WriterRun) -> Option<(Timestamp, &'static str)> {
    let aborts = run.phases.iter().filter(|phase| phase.name == Callback::Abort.as_str());
    let window = run.phases.iter().find(|phase| phase.name == Phase::FREEZE_WINDOW);
    let broken =
        window.filter(|phase| phase.result.as_deref() == Some("abort")).and_then(|phase| phase.ended);
    let aborted = aborts.filter_map(first_sign).chain(broken).min().map(|at| (at, "had been aborted"));
    // Limits are minutes; the cast cannot overflow and a fraction of a ms does not matter.
    let allowed = TimeDelta::try_milliseconds(limit(run, window).round() as i64);
    let deadline = window.and_then(|phase| phase.started?.checked_add_signed(allowed?));
    let thawed = window.and_then(|phase| phase.ended);
    let ran_out = deadline
        .filter(|deadline| thawed.is_none_or(|thawed| thawed >= *deadline))
        .map(|at| (at, "had reached the limit of its freeze"));
    aborted.into_iter().chain(ran_out).min()
}

/// From the writers' PrepareSnapshot to a little after the last sign of the creation; from DoSnapshotSet where the writers
/// are not in the evidence. An Abort after the successful end of the call is no part of the creation.
fn creation(case: &Case<'_>, operation: &Operation<'_>, set: &SnapshotSet) -> Option<(Timestamp, Timestamp)> {
    let names = [
        Callback::PrepareSnapshot,
        Callback::Freeze,
        Callback::Thaw,
        Callback::PostSnapshot,
        Callback::Abort,
    ];
    let is_of_creation = |name: &str| names.iter().any(|known| known.as_str() == name);
    let phases =
        || set.writers.iter().flat_map(|run| &run.phases).filter(|phase| is_of_creation(&phase.name));
    let call = operation.calls_of(&Method::DoSnapshotSet).find(|call| match (call.set, set.guid) {
        (Some(named), Some(guid)) => named == guid,
        _ => operation.sets.len() == 1,
    });
    let made = operation.creation(set).and_then(|call| call.ended);
    let signs: Vec<Timestamp> = phases()
        .flat_map(|phase| [first_sign(phase), phase.ended])
        .flatten()
        .filter(|at| made.is_none_or(|made| *at <= made))
        .collect();
    let from = signs.iter().min().copied().or(call.map(|call| call.started))?;
    let last = signs.into_iter().chain(call.and_then(|call| call.ended)).chain([from]).max()?;
    let to = last.checked_add_signed(NOTED_LATER)?;
    (!case.clock_stepped(&set.host, from, to)).then_some((from, to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, assert_silent, find};

    const ID: &str = "database-failed-in-freeze";

    fn failure(lab: &mut Lab, at: f64) {
        let mark = What::Database(Database {
            mark: DatabaseMark::BackupFailed,
            database: Some("Lager".into()),
            number: None,
        });
        let index = lab.record(at, "MSSQLSERVER", 3041, 2, None);
        lab.timeline.events[index].what = mark;
    }

    #[test]
    fn a_failed_database_inside_the_creation_is_an_error() {
        let mut lab = Lab::creating();
        lab.callback(4.0, "SqlServerWriter", Callback::PrepareSnapshot, true);
        failure(&mut lab, 5.0);
        lab.callback(6.0, "SqlServerWriter", Callback::Freeze, false);
        let findings = lab.run();
        assert_eq!(find(&findings, ID).set.as_deref(), Some(Lab::SET));
    }

    #[test]
    fn a_database_that_fails_at_another_time_is_silent() {
        let mut lab = Lab::creating();
        lab.callback(4.0, "SqlServerWriter", Callback::PrepareSnapshot, true);
        lab.finish_creation(6.0);
        failure(&mut lab, 17.0);
        assert_silent(&lab, ID);
    }
}
