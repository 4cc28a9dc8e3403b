use crate::rules::components::{is_of, label};
use crate::rules::{Case, Described, Draft, Findings, Operation, Rule, words};
use vsscope_model::{CallRecord, Callback, Confidence, Method, What, Writer};

rule! {
    /// # What it flags
    /// The last status of a writer that the requester read after PrepareForBackup says that the writer failed, and the
    /// requester still marked a component of it as saved.
    /// # Why it matters
    /// The application refused or could not bring its data to rest, so what the copy has of it is not consistent. The mark
    /// tells it that it was backed up, and it may cut its logs.
    /// # Evidence needed
    /// A trace with the requester's calls, the status of the writers and the marks.
    /// # When it is silent
    /// A status from before PrepareForBackup, which is a leftover of an earlier session; a later one without a failure; a
    /// mark that is false. Where evidence is missing between status and mark it is only possible.
    /// # What to do
    /// Mark the components of a failed writer with false, or abort and try again.
    /// # References
    /// Microsoft: Writer Errors and Vetoes; Determining Writer Status; IVssBackupComponents::GetWriterStatus.
    pub struct SucceededTrueForFailedWriter {
        id: "succeeded-true-for-failed-writer",
        title: "Component marked as saved although its writer failed",
        severity: Error,
        scope: Session,
        basis: "inferred",
    }
}

/// A mark that the status of the writer speaks against.
struct Hit<'t> {
    mark: &'t CallRecord,
    status: usize,
    text: String,
}

impl Rule for SucceededTrueForFailedWriter {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        for operation in &case.operations {
            let prepared = operation.calls_of(&Method::PrepareForBackup).find(|call| call.ok());
            let Some(&prepared) = prepared.and_then(|call| call.events.first()) else { continue };
            let marks = operation.calls_of(&Method::SetBackupSucceeded);
            let hits: Vec<Hit<'_>> =
                marks.filter_map(|mark| contradiction(case, operation, prepared, mark)).collect();
            let Some(first) = hits.first() else { continue };
            let read = case.event(first.status).map_or(operation.started, |event| event.time);
            let torn = case.has_hole(operation, read, first.mark.started);
            findings.add(
                Draft::of(self.info(), operation)
                    .confidence(if torn { Confidence::Weak } else { Confidence::Exact })
                    .at(first.mark.started)
                    .detail(format!(
                        "{} marked as saved: {}.",
                        words::capital(&operation.requester()),
                        words::list(&hits.iter().map(|hit| &hit.text).collect::<Vec<_>>())
                    ))
                    .remedy(
                        "Do not rely on the backup of these components. Mend the writer, repeat the backup, and make the \
                         requester mark the components of a failed writer with false.",
                    )
                    .evidence(hits.iter().map(|hit| hit.status))
                    .evidence(hits.iter().flat_map(|hit| hit.mark.events.iter().copied())),
            );
        }
    }
}

/// The failed status behind a mark that says "saved".
fn contradiction<'t>(
    case: &Case<'_>,
    operation: &Operation<'_>,
    prepared: usize,
    mark: &'t CallRecord,
) -> Option<Hit<'t>> {
    let component = mark.args.component.as_ref().filter(|_| mark.args.succeeded == Some(true))?;
    let at = *mark.events.first()?;
    let statuses = operation.iter(case.timeline).filter(|(index, _)| prepared < *index && *index < at);
    let (status, writer, what) = statuses
        .filter_map(|(index, event)| Some((index, event.writer.as_ref()?, &event.what)))
        .rfind(|(_, writer, what)| matches!(what, What::WriterStatus { .. }) && is_of(component, writer))?;
    let failure = failure(what)?;
    let name = name(operation, writer, &component.writer);
    let text = format!("{}, although {name} {failure}", label(component));
    Some(Hit { mark, status, text })
}

/// What a status says of a failure in the course of a backup.
fn failure(what: &What) -> Option<String> {
    let What::WriterStatus { state, failure } = what else { return None };
    let at = state
        .failed_at()
        .filter(|at| !matches!(at, Callback::PreRestore | Callback::PostRestore | Callback::BackupShutdown));
    let code = failure.filter(|code| code.is_failure()).map(words::code);
    match (at, code) {
        (Some(at), Some(code)) => Some(format!("had failed at {at} ({code})")),
        (Some(at), None) => Some(format!("had failed at {at}")),
        (None, Some(code)) => Some(format!("had reported {code}")),
        (None, None) => None,
    }
}

fn name(operation: &Operation<'_>, writer: &Writer, fallback: &str) -> String {
    operation.writer_name(writer).unwrap_or_else(|| fallback.to_owned())
}
