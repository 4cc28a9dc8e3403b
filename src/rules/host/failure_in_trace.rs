use crate::rules::pattern::group;
use crate::rules::{Case, Described, Draft, Findings, Rule, origins, words};
use vsscope_model::{Actor, Event, Failure, Severity, What};

rule! {
    /// # What it flags
    /// A function in a trace that failed, of which no other finding speaks. One failure is one finding with its chain,
    /// from the line where it arose; the same failure at the same place is counted. It is a warning if it left a function
    /// of the protocol (a requester's call, a writer's callback, a step of a provider), else an information: a program may
    /// try things that fail and go on.
    /// # Why it matters
    /// The first line of a failure says why. What came of it, if anything, is not in the evidence.
    /// # Evidence needed
    /// A trace of VSS, as text or as an event trace; or the log of the SQL Server writer, which has the code only: there the
    /// place is the callback that the thread entered last (inferred).
    /// # When it is silent
    /// Another finding has the failure among its evidence.
    /// # What to do
    /// Read the trace around the first line. Look up the code. Compare with what the program and the event logs say at that
    /// time.
    /// # References
    /// Microsoft: Using Tracing Tools with VSS; KB 887013; KB 4504103 (an excerpt of a failure in a trace).
    pub struct FailureInTrace {
        id: "failure-in-trace",
        title: "Failure in a trace",
        severity: Warning,
        scope: Host,
        basis: "observed form of one public excerpt",
    }
}

impl Rule for FailureInTrace {
    /// The findings of all other rules get the failures behind them first; what is left is reported here.
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let explained = origins::add(case, findings);
        let left = case
            .events()
            .filter(|(index, _)| !explained.contains(index) && !findings.cites(*index))
            .filter_map(|(index, event)| {
                let What::Failure(failure) = &event.what else { return None };
                let frame = failure.origin().cloned().unwrap_or_default();
                let host = event.host.clone().unwrap_or_default();
                Some((
                    (host, frame.function, frame.position, event.status.map(|s| s.to_string())),
                    (index, event, failure),
                ))
            });
        let groups = group::by(left.collect::<Vec<_>>());
        for (_, group) in groups {
            let Some((first, event, failure)) = group.first() else { continue };
            let severity = if is_of_protocol(event) { Severity::Warning } else { Severity::Info };
            let draft = match case.operation_of(*first) {
                Some(operation) => Draft::of(self.info(), operation),
                None => Draft::new(self.info(), event.host.as_deref().unwrap_or_default()),
            };
            let function = failure.origin().map(|frame| frame.function.to_string()).unwrap_or_default();
            findings.add(
                draft
                    .about(&function)
                    .severity(severity)
                    .detail(detail(event, failure, group.len()))
                    .remedy("Read the trace around that line and look up the code.")
                    .evidence(group.iter().map(|(index, ..)| *index)),
            );
        }
    }
}

fn is_of_protocol(event: &Event) -> bool {
    event.writer.is_some() || event.session.is_some() || event.actor == Actor::Provider
}

fn detail(event: &Event, failure: &Failure, count: usize) -> String {
    let code = event.hresult().map(words::code).unwrap_or_else(|| "a failure".to_owned());
    let chain: Vec<&str> = failure.frames.iter().skip(1).map(|frame| &*frame.function).collect();
    let through = match chain.as_slice() {
        [] => String::new(),
        chain => format!(" It went on through {}.", words::list(chain)),
    };
    let again = if count > 1 { format!(" The trace has it {count} times.") } else { String::new() };
    let when = origins::when(event.time, event.clock);
    format!("{code} arose in {}, at {when}.{through}{again}", origins::origin(event, failure))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::{self, Lab};
    use vsscope_model::{Callback, Frame, HResult, Status, Writer};

    const ID: &str = "failure-in-trace";

    fn failure(lab: &mut Lab, time: f64, code: HResult, writer: Option<&str>) {
        let frame = |function: &str, line| Frame {
            function: function.into(),
            position: Some("demo\\ship.cpp(0042)".to_owned()),
            hresult: Some(code),
            line: Some(line),
            offset: None,
        };
        let failure = Failure {
            reason: Some("the hold is full".to_owned()),
            frames: vec![frame("CShip::Load", 812), frame("CShip::OnFreeze", 815)],
        };
        lab.event(time, What::Failure(Box::new(failure)));
        if let Some(event) = lab.timeline.events.last_mut() {
            event.status = Some(Status::Hresult(code));
            event.writer = writer.map(|name| Writer { name: Some(name.into()), ..Writer::default() });
        }
    }

    #[test]
    fn a_failure_of_which_nothing_else_speaks_is_told_with_its_first_line() {
        let mut lab = Lab::new();
        failure(&mut lab, 1.0, HResult::ACCESS_DENIED, Some("Shipping"));
        failure(&mut lab, 2.0, HResult::ACCESS_DENIED, Some("Shipping"));
        let found = testing::find(&lab.run(), ID).clone();
        assert_eq!(found.severity, Severity::Warning);
        for part in [
            "CShip::Load in demo\\ship.cpp(0042) at line 812",
            "the hold is full",
            "CShip::OnFreeze",
            "2 times",
        ] {
            assert!(found.detail.contains(part), "{part}: {}", found.detail);
        }
    }

    #[test]
    fn a_failure_inside_a_program_is_an_information() {
        let mut lab = Lab::new();
        failure(&mut lab, 1.0, HResult::ACCESS_DENIED, None);
        assert_eq!(testing::find(&lab.run(), ID).severity, Severity::Info);
    }

    #[test]
    fn a_finding_that_a_failure_explains_has_it_and_there_is_no_second_one() {
        let mut lab = Lab::creating();
        lab.callback(2.0, "SqlServerWriter", Callback::Freeze, false);
        if let Some(event) = lab.timeline.events.last_mut() {
            event.status = Some(Status::Hresult(HResult::VSS_WRITERERROR_NONRETRYABLE));
        }
        failure(&mut lab, 2.1, HResult::VSS_WRITERERROR_NONRETRYABLE, Some("SqlServerWriter"));
        let findings = lab.run();
        assert!(!findings.iter().any(|finding| finding.rule == ID));
        let found = testing::find(&findings, "writer-failed-at-freeze");
        assert!(found.detail.contains("CShip::Load"), "{}", found.detail);
        assert!(found.evidence.len() >= 2);
    }

    #[test]
    fn another_code_or_another_writer_explains_nothing() {
        for (code, writer) in
            [(HResult::ACCESS_DENIED, "SqlServerWriter"), (HResult::VSS_WRITERERROR_NONRETRYABLE, "Shipping")]
        {
            let mut lab = Lab::creating();
            lab.callback(2.0, "SqlServerWriter", Callback::Freeze, false);
            if let Some(event) = lab.timeline.events.last_mut() {
                event.status = Some(Status::Hresult(HResult::VSS_WRITERERROR_NONRETRYABLE));
            }
            failure(&mut lab, 2.1, code, Some(writer));
            assert!(lab.run().iter().any(|finding| finding.rule == ID));
        }
    }
}
