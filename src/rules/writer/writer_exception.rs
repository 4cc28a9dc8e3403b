use crate::rules::case::writer_name;
use crate::rules::pattern::group;
use crate::rules::{Case, Described, Draft, Findings, Rule, words};
use vsscope_model::Event;

rule! {
    /// # What it flags
    /// VSS 12366: the code of a writer ended a callback with an exception that nobody handled. The finding names the callback,
    /// the exception's code and its place as the record has them.
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

/// Places of its parameters, from zero (`src/knowledge/data/events/vss.toml`).
const OPERATION: usize = 5;
const CODE: usize = 7;
const LOCATION: usize = 8;

/// How many exceptions of one writer a finding names.
const NAMED: usize = 3;

impl Rule for WriterException {
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let records = case.telling().filter(|(_, event)| event.is_record("VSS", EXCEPTION));
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
                    .detail(format!("{label} ended {} {}.", exceptions(case, &events), group::count(case, &events)))
                    .remedy("Restart the process that hosts the writer; if it comes back, update it or ask its maker.")
                    .evidence(events),
            );
        }
    }
}

/// Which callbacks ended with which exceptions: `Freeze with exception 0xc0000005 at sqlwriter.exe+0x1f3a2`.
fn exceptions(case: &Case<'_>, events: &[usize]) -> String {
    let mut all: Vec<String> = Vec::new();
    for text in events.iter().filter_map(|&index| case.event(index)).map(exception) {
        if !all.contains(&text) {
            all.push(text);
        }
    }
    if all.len() > NAMED {
        let more = all.split_off(NAMED).len();
        all.push(format!("{more} more"));
    }
    words::list(&all)
}

fn exception(event: &Event) -> String {
    let callback = param(event, OPERATION).unwrap_or_else(|| "a callback".to_owned());
    let code =
        param(event, CODE).map_or_else(|| "an exception".to_owned(), |code| format!("exception {code}"));
    let place = param(event, LOCATION).map(|place| format!(" at {place}")).unwrap_or_default();
    format!("{callback} with {code}{place}")
}

/// A parameter of a record as it was logged; nothing if it is empty.
fn param(event: &Event, at: usize) -> Option<String> {
    let value = event.record.as_ref()?.params.get(at)?.value;
    Some(words::excerpt(value)).filter(|text| !text.is_empty())
}

fn name(event: &Event) -> Option<String> {
    event.writer.as_ref().and_then(writer_name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{Lab, find};
    use vsscope_model::{LogDetail, Param};

    #[test]
    fn callback_code_and_place_are_named() {
        let mut lab = Lab::new();
        let index = lab.record(1.0, "VSS", EXCEPTION, 2, None);
        let values = ["W", "{c}", "{i}", "w.exe", "2536", "OnFreeze", "9", "0xc0000005", "w.exe+0x1f3a2"];
        let params = values.map(|value| Param { name: None, value: value.to_owned() }).to_vec();
        lab.timeline.events[index].record =
            Some(Box::new(LogDetail { params: params.into(), ..LogDetail::default() }));
        let findings = lab.run();
        let detail = &find(&findings, "writer-exception").detail;
        assert!(
            detail.contains("ended OnFreeze with exception 0xc0000005 at w.exe+0x1f3a2 once"),
            "{detail}"
        );
    }
}
