use crate::rules::case::{same_writer, writer_name};
use crate::rules::pattern::freeze_window::{self, Window};
use crate::rules::pattern::writer_failed;
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{Callback, Confidence, Database, DatabaseMark, Event, HResult, Severity, What, Writer};

rule! {
    /// # What it flags
    /// A writer was frozen for as long as its limit or longer (60 s unless the trace says otherwise, 20 s for Exchange),
    /// or says so itself: VSS_E_WRITERERROR_TIMEOUT (0x800423f2), or a database engine's own freeze limit ran out.
    /// # Why it matters
    /// A writer thaws by itself when its time is up. The copy was then made of an application at work, so its data are not
    /// consistent.
    /// # Evidence needed
    /// The times of Freeze and Thaw or Abort of the writer; or the code in a writer status or in VSS 8229; or ESE 2004.
    /// # When it is silent
    /// The clock was set or events were lost inside the window: its length says nothing then, and only a code counts. A
    /// status that was read before DoSnapshotSet, or is of a writer that took no part, is left over from an earlier session.
    /// A writer of which the requester added no component is shown as information.
    /// # What to do
    /// See what took most of the window: another writer's Freeze, the provider's PreCommit, Commit or PostCommit, flush
    /// and hold. Mend that, spread the load, and repeat the backup after ten minutes.
    /// # References
    /// Microsoft: CVssWriter::Initialize; CVssWriter::OnFreeze; Shadow Copy Creation for Providers;
    /// IVssBackupComponents::GetWriterStatus. KB 915331.
    pub struct FreezeWindowExceeded {
        id: "freeze-window-exceeded",
        title: "Writer frozen for its limit or longer",
        severity: Error,
        scope: Writer,
        basis: "documented",
    }
}

/// What the evidence says about one writer in one operation.
struct Excess<'c, 't> {
    operation: Option<&'c Operation<'t>>,
    host: &'t str,
    writer: Writer,
    confidence: Confidence,
    parts: Vec<String>,
    events: Vec<usize>,
}

impl Rule for FreezeWindowExceeded {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let mut found: Vec<Excess<'_, '_>> = Vec::new();
        for window in freeze_window::windows(case).filter(|window| window.lasted >= window.limit) {
            merge(&mut found, measured(&window));
        }
        for (index, event) in case.telling() {
            if let Some(excess) = reported(case, index, event) {
                merge(&mut found, excess);
            }
        }
        for excess in found {
            let (draft, name) = match excess.operation {
                Some(operation) => (
                    Draft::of(self.info(), operation)
                        .set(excess.events.first().and_then(|&index| operation.set_of(index))),
                    operation.writer_name(&excess.writer),
                ),
                None => (Draft::new(self.info(), excess.host), writer_name(&excess.writer)),
            };
            let ignored = excess.operation.and_then(|operation| {
                writer_failed::ignored(operation, &excess.writer, Some(&Callback::Freeze))
            });
            let parts = excess.parts.iter().map(String::as_str).chain(ignored);
            findings.add(
                draft
                    .writer(name.as_deref())
                    .severity(if ignored.is_some() { Severity::Info } else { self.info().severity })
                    .confidence(excess.confidence)
                    .detail(parts.collect::<Vec<_>>().join(" "))
                    .remedy(writer_failed::advice(Some(HResult::VSS_WRITERERROR_TIMEOUT)))
                    .evidence(excess.events),
            );
        }
    }
}

fn merge<'c, 't>(found: &mut Vec<Excess<'c, 't>>, new: Excess<'c, 't>) {
    let same_operation = |a: Option<&Operation<'_>>, b: Option<&Operation<'_>>| match (a, b) {
        (Some(a), Some(b)) => std::ptr::eq(a, b),
        (None, None) => true,
        _ => false,
    };
    let known = found.iter_mut().find(|known| {
        known.host == new.host
            && same_operation(known.operation, new.operation)
            && (known.writer == new.writer || same_writer(&known.writer, &new.writer))
    });
    match known {
        Some(known) => {
            known.confidence = known.confidence.max(new.confidence);
            known.events.extend(new.events);
            for part in new.parts {
                if !known.parts.contains(&part) {
                    known.parts.push(part);
                }
            }
        }
        None => found.push(new),
    }
}

fn measured<'c, 't>(window: &Window<'c, 't>) -> Excess<'c, 't> {
    let name = &window.run.name;
    let from = window.phase.started.map(|time| format!(" from {}", words::iso(time))).unwrap_or_default();
    let note = window.phase.note.as_deref().map(|note| format!(" ({note})")).unwrap_or_default();
    let (lasted, limit) = (words::seconds(window.lasted), words::seconds(window.limit));
    Excess {
        operation: Some(window.operation),
        host: window.operation.host(),
        writer: of_window(window),
        confidence: window.confidence(),
        parts: vec![format!("{name} was frozen for {lasted}{from}{note}; its limit is {limit}.")],
        events: window.phase.events.clone(),
    }
}

fn of_window(window: &Window<'_, '_>) -> Writer {
    Writer {
        name: Some(window.run.name.as_str().into()),
        class_id: window.run.class_id,
        instance_id: window.run.instance_id,
        class_name: None,
    }
}

/// Events that say by themselves that the window was too long.
fn reported<'c, 't>(case: &'c Case<'t>, index: usize, event: &'t Event) -> Option<Excess<'c, 't>> {
    let operation = case.operation_of(index);
    let tie = operation.map_or(Confidence::Strong, |operation| operation.tie(event));
    let timeout = HResult::VSS_WRITERERROR_TIMEOUT;
    let (operation, confidence, part) = match &event.what {
        What::WriterStatus { failure: Some(code), .. } if *code == timeout => {
            let writer = event.writer.as_ref()?;
            let fresh = writer_failed::freshness(case, operation?, index, &Callback::Freeze, writer)?;
            (operation, fresh.min(tie), format!("Its status has {}.", words::code(timeout)))
        }
        What::Database(Database { mark: DatabaseMark::FreezeTimedOut, .. }) => {
            (operation, tie, format!("{} gave up its freeze at {}.", event.provider, words::iso(event.time)))
        }
        _ if event.is_record("VSS", 8229) && event.hresult() == Some(timeout) => {
            let near = event.writer.as_ref().and_then(|writer| case.callback_at(index, event, writer));
            let operation = operation.or(near.map(|(operation, ..)| operation));
            (operation, tie, format!("VSS 8229 has {}.", words::code(timeout)))
        }
        What::Callback { .. } if event.hresult() == Some(timeout) => {
            (operation, tie, format!("Its callback ended with {}.", words::code(timeout)))
        }
        _ => return None,
    };
    let writer = match operation {
        Some(operation) => operation.writer_of(index, event),
        None => event.writer.clone(),
    };
    // The record of an engine names no writer.
    let frozen = if writer.is_none() { frozen_at(case, event) } else { None };
    let (operation, writer) = match frozen {
        Some((operation, frozen)) => (Some(operation), Some(frozen)),
        None => (operation, writer),
    };
    Some(Excess {
        operation,
        host: event.host.as_deref().unwrap_or_default(),
        writer: writer.unwrap_or_default(),
        confidence,
        parts: vec![part],
        events: vec![index],
    })
}

/// The one writer of an event's host that was frozen at it.
fn frozen_at<'c, 't>(case: &'c Case<'t>, event: &Event) -> Option<(&'c Operation<'t>, Writer)> {
    let host = event.host.as_deref()?;
    let mut windows = freeze_window::windows(case).filter(|window| {
        let (from, to) = (window.phase.started, window.phase.ended);
        window.operation.host().eq_ignore_ascii_case(host)
            && from.is_some_and(|from| from <= event.time)
            && to.is_some_and(|to| event.time <= to)
    });
    let window = windows.next()?;
    windows.next().is_none().then(|| (window.operation, of_window(&window)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, assert_silent, find};
    use vsscope_model::WriterState;

    const ID: &str = "freeze-window-exceeded";

    fn window(name: &str, seconds: f64) -> Lab {
        let mut lab = Lab::creating();
        lab.call(1.0, vsscope_model::Method::GatherWriterStatus);
        lab.freeze(name, 9.0, 9.0 + seconds, Callback::Abort);
        lab
    }

    #[test]
    fn the_limit_itself_is_too_long() {
        let findings = window("SqlServerWriter", 60.0).run();
        let finding = find(&findings, ID);
        assert_eq!((finding.severity, finding.writer.as_deref()), (Severity::Error, Some("SqlServerWriter")));
        assert!(finding.detail.contains("frozen for 60.0 s"), "{}", finding.detail);
        assert_silent(&window("SqlServerWriter", 59.9), ID);
    }

    #[test]
    fn exchange_has_twenty_seconds() {
        assert_eq!(find(&window("Microsoft Exchange Writer", 20.5).run(), ID).rule, ID);
    }

    #[test]
    fn window_and_code_are_one_finding_and_the_cause_of_the_abort() {
        let mut lab = window("SqlServerWriter", 60.07);
        lab.call(82.0, vsscope_model::Method::GatherWriterStatus);
        let timeout = Some(HResult::VSS_WRITERERROR_TIMEOUT);
        lab.status(83.0, "SqlServerWriter", WriterState(9), timeout);
        let findings = lab.run();
        let cause = find(&findings, ID);
        for consequence in ["abort-during-freeze", "writer-failed-at-freeze"] {
            let finding = find(&findings, consequence);
            assert_eq!(finding.cause.as_deref(), Some(&*cause.id), "{consequence}");
        }
        assert_eq!(findings[0].rule, ID, "the cause comes first");
        assert_eq!(findings.len(), 3, "{findings:?}");
    }

    #[test]
    fn a_clock_step_inside_switches_the_rule_off() {
        let mut lab = Lab::creating();
        lab.callback(9.0, "SqlServerWriter", Callback::Freeze, true);
        lab.clock_step(10.0, 80.0);
        lab.callback(81.0, "SqlServerWriter", Callback::Thaw, true);
        lab.window("SqlServerWriter", 9.0, 81.0);
        assert_silent(&lab, ID);
    }

    // ESE 2004 carries no writer: the freeze window that rests on it says whose engine it is.
    #[test]
    fn an_engine_that_gives_up_is_told_with_its_writer() {
        let mut lab = Lab::creating();
        let index = lab.record(40.0, "ESENT", 2004, 2, None);
        lab.timeline.events[index].what =
            What::Database(Database { mark: DatabaseMark::FreezeTimedOut, database: None, number: Some(1) });
        lab.in_set(index);
        lab.window("NTDS", 9.0, 40.0);
        if let Some(phase) = lab.timeline.sets[0].writers[0].phases.last_mut() {
            phase.events = vec![index];
        }
        let findings = lab.run();
        let finding = find(&findings, ID);
        assert_eq!(finding.writer.as_deref(), Some("NTDS"));
        assert!(finding.detail.contains("ESENT gave up its freeze"), "{}", finding.detail);
    }

    // No phase rests on the record: the one writer that was frozen then is meant, if there is only one.
    #[test]
    fn an_engine_gives_up_in_the_window_of_the_one_frozen_writer() {
        let with = |others: &[&str]| {
            let mut lab = Lab::creating();
            lab.callback(9.0, "NTDS", Callback::Freeze, true);
            let index = lab.record(69.0, "ESENT", 2004, 2, None);
            lab.timeline.events[index].what = What::Database(Database {
                mark: DatabaseMark::FreezeTimedOut,
                database: None,
                number: Some(1),
            });
            lab.callback(69.02, "NTDS", Callback::Abort, true);
            lab.window("NTDS", 9.0, 69.02);
            for other in others {
                lab.window(other, 20.0, 69.5);
            }
            lab.run().into_iter().filter(|finding| finding.rule == ID).collect::<Vec<_>>()
        };
        let alone = with(&[]);
        assert_eq!(alone.len(), 1, "{alone:?}");
        assert_eq!(alone[0].writer.as_deref(), Some("NTDS"));
        assert!(alone[0].detail.contains("ESENT gave up its freeze"), "{}", alone[0].detail);
        assert_eq!(with(&["Registry Writer"]).len(), 2);
    }

    #[test]
    fn an_old_status_is_a_leftover() {
        let mut lab = Lab::session_only();
        lab.status(0.5, "SqlServerWriter", WriterState(9), Some(HResult::VSS_WRITERERROR_TIMEOUT));
        assert_silent(&lab, ID);
    }
}
