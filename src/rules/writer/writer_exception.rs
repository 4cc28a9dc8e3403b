use crate::rules::case::writer_name;
use crate::rules::pattern::group;
use crate::rules::{Case, Described, Draft, Findings, Rule};
use vsscope_model::Event;

rule! {
    /// # What it flags
    /// VSS 12366: the code of a writer ended a callback with an exception that nobody handled.
    /// # Why it matters
    /// The process that hosts the writer goes on, but its connection to VSS is unstable: this writer, and others in the
    /// same process, may fail or be missing until it is restarted.
    /// # Evidence needed
    /// The Application log.
    /// # When it is silent
    /// Never: the record has one meaning.
    /// # What to do
    /// Restart the process that hosts the writer; hand the exception's code and place to its maker if it comes back.
    /// # References
    /// Microsoft: VSS Writer Operations (event 12366); CVssWriter::OnFreeze.
    pub struct WriterException {
        id: "writer-exception",
        title: "Exception in a writer",
        severity: Error,
        scope: Writer,
        basis: "documented",
    }
}

/// VSS: unhandled exception in a callback of a writer.
const EXCEPTION: u32 = 12_366;

impl Rule for WriterException {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let records = case.events().filter(|(_, event)| event.is_record("VSS", EXCEPTION));
        let keyed = records.map(|(index, event)| {
            let operation = case.operation_of(index).map(|operation| operation.started);
            ((event.host.as_deref().unwrap_or_default(), name(event), operation), index)
        });
        for ((host, name, _), events) in group::by(keyed) {
            let operation = events.first().and_then(|&index| case.operation_of(index));
            let draft = match operation {
                Some(operation) => Draft::of(self.info(), operation),
                None => Draft::new(self.info(), host),
            };
            let label = name.as_deref().unwrap_or("A writer");
            findings.add(
                draft
                    .writer(name.as_deref())
                    .detail(format!("{label} ended a callback with an exception {}.", group::count(case, &events)))
                    .remedy("Restart the process that hosts the writer; if it comes back, update it or ask its maker.")
                    .evidence(events),
            );
        }
    }
}

fn name(event: &Event) -> Option<String> {
    event.writer.as_ref().and_then(writer_name)
}
