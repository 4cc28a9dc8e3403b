use crate::rules::case::{same_writer, writer_name};
use crate::rules::pattern::{group, writer_failed};
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use chrono::TimeDelta;
use vsscope_model::{Confidence, HResult, Severity, Writer};

rule! {
    /// # What it flags
    /// VSS 8229: a writer rejected an event, and the evidence does not tell at which callback.
    /// # Why it matters
    /// The writer's data are not consistent in the copy, or its part of the backup was not completed. The code says whether
    /// a retry can help.
    /// # Evidence needed
    /// The Application log.
    /// # When it is silent
    /// The code is 0x00000000 (known noise); a timeline of the writer's callbacks tells where it failed (then the rule for
    /// that callback speaks), or another finding has the failure of that writer within ten seconds. Without one of the five
    /// writer error codes it is a warning.
    /// # What to do
    /// Follow the code: retry after ten minutes for a transient one, else read the application's own log at that time and
    /// restart the service that hosts the writer. A trace of the next run tells the callback.
    /// # References
    /// Microsoft: Writer Errors and Vetoes; IVssBackupComponents::GetWriterStatus; Event ID 8229.
    pub struct WriterRejectedEvent {
        id: "writer-rejected-event",
        title: "Writer rejected an event",
        severity: Error,
        scope: Writer,
        basis: "documented",
    }
}

/// The writer error codes, `VSS_E_WRITERERROR_*`.
const WRITER_ERRORS: [HResult; 5] = [
    HResult::VSS_WRITERERROR_INCONSISTENT,
    HResult::VSS_WRITERERROR_OUT_OF_RESOURCES,
    HResult::VSS_WRITERERROR_TIMEOUT,
    HResult::VSS_WRITERERROR_RETRYABLE,
    HResult::VSS_WRITERERROR_NONRETRYABLE,
];

/// A writer's failure and the record of it are this close together.
const SAME_FAILURE: TimeDelta = TimeDelta::seconds(10);

/// Records of one writer with one code, in one operation or outside any.
struct Rejections<'c, 't> {
    operation: Option<&'c Operation<'t>>,
    host: &'t str,
    writer: Writer,
    hresult: Option<HResult>,
    events: Vec<usize>,
}

impl Rule for WriterRejectedEvent {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for rejections in rejections(case) {
            let Rejections { operation, host, writer, hresult, events } = rejections;
            let (draft, name) = match operation {
                Some(operation) => (
                    Draft::of(self.info(), operation)
                        .set(events.first().and_then(|&index| operation.set_of(index))),
                    operation.writer_name(&writer),
                ),
                None => (Draft::new(self.info(), host), writer_name(&writer)),
            };
            // A trace shows the callback: then the record belongs to that finding.
            let time = events.first().and_then(|&index| case.event(index)).map(|event| event.time);
            let told = findings.drafts_mut().iter_mut().find(|known| {
                let near = known.time.zip(time).is_some_and(|(a, b)| (a - b).abs() <= SAME_FAILURE);
                known.info.id.starts_with("writer-failed-at-")
                    && known.host == host
                    && known.writer == name
                    && near
            });
            if let Some(known) = told.filter(|_| name.is_some()) {
                known.evidence.extend(events.iter().copied());
                for index in events {
                    findings.cite(index);
                }
                continue;
            }
            let is_error = hresult.is_some_and(|code| WRITER_ERRORS.contains(&code));
            let code = hresult.map(|code| format!(" with {}", words::code(code))).unwrap_or_default();
            findings.add(
                draft
                    .writer(name.as_deref())
                    .severity(if is_error { Severity::Error } else { Severity::Warning })
                    .confidence(Confidence::Strong)
                    .detail(format!(
                        "{} rejected an event of VSS{code}: {}. At which callback is not in the evidence.",
                        name.as_deref().map_or_else(|| "A writer".to_owned(), words::capital),
                        group::count(case, &events)
                    ))
                    .remedy(writer_failed::advice(hresult))
                    .evidence(events),
            );
        }
    }
}

fn rejections<'c, 't>(case: &'c Case<'t>) -> Vec<Rejections<'c, 't>> {
    let mut found: Vec<Rejections<'c, 't>> = Vec::new();
    for (index, event) in case.telling().filter(|(_, event)| event.is_record("VSS", 8229)) {
        let writer = event.writer.clone().unwrap_or_default();
        if case.noise(index).is_some() || case.callback_at(index, event, &writer).is_some() {
            continue;
        }
        let (operation, host) = (case.operation_of(index), event.host.as_deref().unwrap_or_default());
        let at = operation.map(std::ptr::from_ref);
        let known = found.iter_mut().find(|known| {
            known.host == host
                && known.hresult == event.hresult()
                && known.operation.map(std::ptr::from_ref) == at
                && (known.writer == writer || same_writer(&known.writer, &writer))
        });
        match known {
            Some(known) => known.events.push(index),
            None => found.push(Rejections {
                operation,
                host,
                writer,
                hresult: event.hresult(),
                events: vec![index],
            }),
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, assert_fires, assert_silent, find};
    use vsscope_model::{Callback, FindingStatus};

    const ID: &str = "writer-rejected-event";

    fn rejection(lab: &mut Lab, at: f64, code: Option<HResult>) {
        let index = lab.record(at, "VSS", 8229, 3, code);
        lab.timeline.events[index].writer = Some(Lab::writer("SqlServerWriter"));
    }

    #[test]
    fn records_alone_make_one_finding_per_writer_and_code() {
        let mut lab = Lab::new();
        rejection(&mut lab, 1.0, Some(HResult::VSS_WRITERERROR_RETRYABLE));
        rejection(&mut lab, 90_000.0, Some(HResult::VSS_WRITERERROR_RETRYABLE));
        let findings = lab.run();
        let finding = find(&findings, ID);
        assert_eq!((finding.severity, finding.evidence.len()), (Severity::Error, 2));
        assert!(finding.detail.contains("2 times"), "{}", finding.detail);
    }

    #[test]
    fn other_codes_are_a_warning() {
        let mut lab = Lab::new();
        rejection(&mut lab, 1.0, Some(HResult(0x8000_FFFF)));
        assert_eq!(find(&lab.run(), ID).severity, Severity::Warning);
    }

    #[test]
    fn the_code_for_success_is_noise() {
        let mut lab = Lab::new();
        rejection(&mut lab, 1.0, Some(HResult::OK));
        assert_silent(&lab, ID);
        assert_eq!(find(&lab.run(), "known-noise").status, FindingStatus::Noise);
    }

    // The callback that was open, or came last, tells the phase; the words of the record do not.
    #[test]
    fn a_timeline_of_the_writer_tells_the_callback() {
        let mut lab = Lab::creating();
        lab.callback(9.0, "SqlServerWriter", Callback::PostSnapshot, true);
        rejection(&mut lab, 9.5, Some(HResult::VSS_WRITERERROR_NONRETRYABLE));
        assert_silent(&lab, ID);
        assert_fires(&lab, "writer-failed-at-post-snapshot");
    }
}
