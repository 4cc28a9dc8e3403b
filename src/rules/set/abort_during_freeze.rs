use crate::rules::case::first_sign;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use std::collections::BTreeMap;
use vsscope_model::{
    Callback, Confidence, Database, DatabaseMark, Method, SnapshotSet, Timestamp, What, WriterRun,
};

rule! {
    /// # What it flags
    /// Writers, or database engines, of a set were told to abort while they were frozen: after Freeze and before Thaw.
    /// # Why it matters
    /// The creation failed inside the critical window. What the copies of the set hold, if there are any, is not
    /// consistent for these writers.
    /// # Evidence needed
    /// A trace with the writers' callbacks, or the engines' own records (ESE 2001 and 2007).
    /// # When it is silent
    /// An abort before the freeze or after the thaw; also one after the successful end of DoSnapshotSet, which comes after
    /// the thaw, whether the evidence has it or lost it.
    /// # What to do
    /// Look at what went wrong first before the abort: a writer that refused, a window that ran out, a provider, or the
    /// requester's own AbortBackup. Then repeat the backup with a new instance.
    /// # References
    /// Microsoft: Aborting VSS Operations; CVssWriter::OnAbort; CVssWriter::OnFreeze.
    pub struct AbortDuringFreeze {
        id: "abort-during-freeze",
        title: "Writers aborted while frozen",
        severity: Error,
        scope: Set,
        basis: "documented",
    }
}

/// A writer or engine that was aborted while it was frozen.
struct Aborted {
    name: String,
    frozen: Timestamp,
    aborted: Timestamp,
    vetoed: bool,
    events: Vec<usize>,
}

impl Rule for AbortDuringFreeze {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            for set in &operation.sets {
                let mut aborted: Vec<Aborted> =
                    set.writers.iter().filter_map(|run| writer(case, run)).collect();
                aborted.extend(engines(case, set));
                if let Some(made) = operation.creation(set).and_then(|call| call.ended) {
                    aborted.retain(|a| a.aborted <= made);
                }
                let Some(first) = aborted.iter().map(|a| a.aborted).min() else { continue };
                let by_requester = abort_call(operation, &aborted);
                findings.add(
                    Draft::of(self.info(), operation)
                        .set(Some(set))
                        .confidence(set.confidence.max(Confidence::Strong))
                        .at(first)
                        .detail(detail(case, &set.host, &aborted, by_requester.map(words::call).as_deref()))
                        .remedy(
                            "Follow the first failure before the abort (see the cause, or the phases of the set), mend \
                             it, and repeat the backup with a new instance.",
                        )
                        .evidence(aborted.iter().flat_map(|a| a.events.iter().copied()))
                        .evidence(by_requester.iter().flat_map(|call| call.events.iter().copied())),
                );
            }
        }
    }
}

fn writer(case: &Case<'_>, run: &WriterRun) -> Option<Aborted> {
    let named = |callback: Callback| run.phases.iter().filter(move |phase| phase.name == callback.as_str());
    named(Callback::Freeze).find_map(|freeze| {
        let frozen = first_sign(freeze)?;
        let abort = named(Callback::Abort).find(|abort| first_sign(abort).is_some_and(|at| at >= frozen))?;
        let aborted = first_sign(abort)?;
        let thawed =
            named(Callback::Thaw).filter_map(first_sign).any(|thaw| frozen <= thaw && thaw <= aborted);
        let refused = |index: &usize| {
            let what = case.event(*index).map(|event| &event.what);
            matches!(what, Some(What::Callback { accepted: Some(false), .. }))
        };
        (!thawed).then(|| Aborted {
            name: run.name.clone(),
            frozen,
            aborted,
            vetoed: freeze.events.iter().any(refused),
            events: freeze.events.iter().chain(&abort.events).copied().collect(),
        })
    })
}

/// Database engines number their shadow copies; one engine's freeze and abort are paired by process, number and database.
fn engines(case: &Case<'_>, set: &SnapshotSet) -> Vec<Aborted> {
    let mut frozen = BTreeMap::new();
    let mut aborted = Vec::new();
    for &index in &set.events {
        let Some(event) = case.event(index) else { continue };
        let What::Database(Database { mark, database, number }) = &event.what else { continue };
        let key = (event.process.pid, *number, database.as_deref());
        match mark {
            DatabaseMark::FreezeStarted => {
                frozen.insert(key, (index, event.time));
            }
            DatabaseMark::FreezeEnded => {
                frozen.remove(&key);
            }
            DatabaseMark::Aborted => {
                if let Some((start, since)) = frozen.remove(&key) {
                    let engine = event.provider.to_string();
                    let name = database.as_ref().filter(|name| !name.is_empty());
                    aborted.push(Aborted {
                        name: name.map_or_else(|| engine.clone(), |name| format!("{engine} {name}")),
                        frozen: since,
                        aborted: event.time,
                        vetoed: false,
                        events: vec![start, index],
                    });
                }
            }
            _ => {}
        }
    }
    aborted
}

/// The requester's own AbortBackup inside the window.
fn abort_call<'t>(operation: &Operation<'t>, aborted: &[Aborted]) -> Option<&'t vsscope_model::CallRecord> {
    let from = aborted.iter().map(|a| a.frozen).min()?;
    let to = aborted.iter().map(|a| a.aborted).max()?;
    operation.calls_of(&Method::AbortBackup).find(|call| from <= call.started && call.started <= to)
}

fn detail(case: &Case<'_>, host: &str, aborted: &[Aborted], by_requester: Option<&str>) -> String {
    let named: Vec<String> = aborted
        .iter()
        .map(|a| {
            let after = match a.aborted == a.frozen {
                _ if case.clock_stepped(host, a.frozen, a.aborted) => {
                    "later; how long is not known, as the clock was set in between".to_owned()
                }
                true => "at once or later".to_owned(),
                false => format!("{} later", words::seconds(words::millis(a.frozen, a.aborted))),
            };
            let veto = if a.vetoed { ", which refused the freeze" } else { "" };
            format!("{} (frozen at {}, aborted {after}{veto})", a.name, words::iso(a.frozen))
        })
        .collect();
    let cause = match by_requester {
        Some(call) => format!(" The requester itself called {call}."),
        None => String::new(),
    };
    format!("Aborted between Freeze and Thaw: {}.{cause}", words::list(&named))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, assert_silent, find};

    const ID: &str = "abort-during-freeze";

    #[test]
    fn an_abort_after_freeze_names_every_writer() {
        let mut lab = Lab::creating();
        lab.callback(9.0, "SqlServerWriter", Callback::Freeze, true);
        lab.callback(9.1, "System Writer", Callback::Freeze, true);
        lab.callback(19.0, "SqlServerWriter", Callback::Abort, true);
        lab.callback(19.1, "System Writer", Callback::Abort, true);
        let findings = lab.run();
        let finding = find(&findings, ID);
        assert!(finding.detail.contains("SqlServerWriter") && finding.detail.contains("System Writer"));
        assert!(finding.detail.contains("10.0 s later"), "{}", finding.detail);
        assert_eq!(finding.evidence.len(), 4);
    }

    #[test]
    fn an_abort_outside_the_window_is_silent() {
        let mut lab = Lab::creating();
        lab.callback(8.0, "A", Callback::Abort, true);
        lab.callback(9.0, "B", Callback::Freeze, true);
        lab.callback(10.0, "B", Callback::Thaw, true);
        lab.callback(11.0, "B", Callback::Abort, true);
        assert_silent(&lab, ID);
    }

    #[test]
    fn the_requesters_own_abort_is_named() {
        let mut lab = Lab::creating();
        lab.callback(9.0, "A", Callback::Freeze, true);
        lab.call(12.0, Method::AbortBackup);
        lab.callback(12.5, "A", Callback::Abort, true);
        assert!(find(&lab.run(), ID).detail.contains("AbortBackup"));
    }

    #[test]
    fn a_duration_across_a_clock_step_is_not_told() {
        let mut lab = Lab::creating();
        lab.callback(9.0, "A", Callback::Freeze, true);
        lab.clock_step(10.0, 80.0);
        lab.callback(81.0, "A", Callback::Abort, true);
        let findings = lab.run();
        let detail = &find(&findings, ID).detail;
        assert!(detail.contains("the clock was set in between"), "{detail}");
        assert!(!detail.contains(" s later"), "{detail}");
    }

    fn engine(lab: &mut Lab, at: f64, mark: DatabaseMark) {
        let database = Database { mark, database: Some("NTDSA".into()), number: Some(4) };
        let index = lab.record(at, "ESENT", 2001, 4, None);
        lab.timeline.events[index].what = What::Database(database);
        lab.in_set(index);
    }

    #[test]
    fn an_engine_that_aborts_after_its_thaw_is_silent() {
        let mut lab = Lab::creating();
        engine(&mut lab, 9.0, DatabaseMark::FreezeStarted);
        engine(&mut lab, 10.0, DatabaseMark::FreezeEnded);
        engine(&mut lab, 11.0, DatabaseMark::Aborted);
        assert_silent(&lab, ID);
        let mut lab = Lab::creating();
        engine(&mut lab, 9.0, DatabaseMark::FreezeStarted);
        engine(&mut lab, 11.0, DatabaseMark::Aborted);
        assert!(find(&lab.run(), ID).detail.contains("ESENT NTDSA"));
    }
}
