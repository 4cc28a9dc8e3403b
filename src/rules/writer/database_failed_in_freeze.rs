use crate::rules::case::first_sign;
use crate::rules::pattern::group;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use chrono::TimeDelta;
use vsscope_model::{
    Callback, Confidence, Database, DatabaseMark, Event, Method, SnapshotSet, Timestamp, What,
};

rule! {
    /// # What it flags
    /// While a shadow copy set was made, a database engine noted that its freeze failed or that a backup of one of its
    /// databases failed: ESENT / ESE 2006, SQL Server 3041 and 18210 and their like.
    /// # Why it matters
    /// The engine is what stands behind the writer. Its own record says which database failed, which the writer's error
    /// code does not.
    /// # Evidence needed
    /// The Application log of the host (or the Directory Service log for NTDS), with a set whose creation is in the
    /// evidence.
    /// # When it is silent
    /// The record lies outside of the creation of every set, from PrepareForSnapshot to ten seconds after the last sign of
    /// the creation: backups of SQL Server that have nothing to do with VSS fail with the same ids. An engine whose time ran out is
    /// freeze-window-exceeded.
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
                let Some((from, to)) = creation(case, operation, set) else { continue };
                let failures = case.between(&set.host, from, to).filter(|(_, event)| is_failure(event));
                let by_engine = failures.map(|(index, event)| (event.provider.to_lowercase(), index));
                for events in group::by(by_engine).into_values() {
                    let Some(first) = events.first().and_then(|&index| case.event(index)) else { continue };
                    let writer = events.iter().find_map(|&index| {
                        operation.writer_name(&operation.writer_of(index, case.event(index)?)?)
                    });
                    findings.add(
                        Draft::of(self.info(), operation)
                            .set(Some(set))
                            .writer(writer.as_deref())
                            .confidence(Confidence::Strong)
                            .at(first.time)
                            .detail(format!(
                                "Between {} and {}, while the set was made, {} noted a failure: {}. Noted {}.",
                                words::iso(from),
                                words::iso(to),
                                first.provider,
                                vsscope_reports::describe(first).trim_end_matches('.'),
                                group::count(case, &events)
                            ))
                            .remedy(
                                "Read the log of the database engine at that time, mend the database that it names (or \
                                 take it out of the backup), and repeat the backup.",
                            )
                            .evidence(events),
                    );
                }
            }
        }
    }
}

fn is_failure(event: &Event) -> bool {
    use DatabaseMark::{BackupFailed, FreezeFailed};
    matches!(&event.what, What::Database(Database { mark: FreezeFailed | BackupFailed, .. }))
}

/// From the writers' PrepareForSnapshot to a little after the last sign of the creation; by DoSnapshotSet where the writers
/// are not in the evidence.
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
    let signs = phases().flat_map(|phase| [first_sign(phase), phase.ended]).flatten();
    let times: Vec<Timestamp> =
        signs.chain(call.map(|call| call.started)).chain(call.and_then(|call| call.ended)).collect();
    let (from, to) = (*times.iter().min()?, *times.iter().max()? + NOTED_LATER);
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
