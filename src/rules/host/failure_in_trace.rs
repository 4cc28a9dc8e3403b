use crate::rules::pattern::group;
use crate::rules::pattern::left::Ends;
use crate::rules::{Case, Described, Draft, Findings, Rule, origins, words};
use std::collections::BTreeMap;
use vsscope_model::{Actor, CallRecord, Event, Failure, HResult, Method, Severity, What};

rule! {
    /// # What it flags
    /// A function in a trace that failed, of which no other finding speaks. One failure is one finding with its chain,
    /// from the line where it arose; the same failure at the same place is counted. It is a warning if it left a function
    /// of the protocol (a requester's call, a writer's callback, a step of a provider), else an information: a program may
    /// try things that fail and go on. It did not leave it where what came to its end next on that side (the requester's
    /// call, the writer's callback, the provider's step) is known to have succeeded. Several such failures of one session
    /// are one finding.
    /// # Why it matters
    /// The first line of a failure says why. What came of it, if anything, is not in the evidence.
    /// # Evidence needed
    /// A trace of VSS, as text or as an event trace; or the log of the SQL Server writer, which has the code only: there the
    /// place is the callback that the thread entered last (inferred).
    /// # When it is silent
    /// Another finding has the failure among its evidence. IsVolumeSupported says that a volume cannot be copied: that is
    /// its answer.
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

/// A failure of which no other finding speaks.
struct Left<'t> {
    index: usize,
    event: &'t Event,
    failure: &'t Failure,
    severity: Severity,
}

/// How many failures inside of one session are named.
const NAMED: usize = 3;

impl Rule for FailureInTrace {
    /// The findings of all other rules get the failures behind them first; what is left is reported here.
    fn check(&self, case: &Case<'_>, findings: &mut Findings) {
        let explained = origins::add(case, findings);
        let ends = Ends::of(case);
        let left = case
            .telling()
            .filter(|(index, _)| !explained.contains(index) && !findings.cites(*index))
            .filter_map(|(index, event)| {
                let What::Failure(failure) = &event.what else { return None };
                let frame = failure.origin().cloned().unwrap_or_default();
                let host = event.host.clone().unwrap_or_default();
                let key = (host, frame.function, frame.position, event.status.map(|s| s.to_string()));
                let severity = severity(case, &ends, index, event, failure);
                (!is_answer(case, index, event, failure))
                    .then_some((key, Left { index, event, failure, severity }))
            });
        let mut inside: BTreeMap<&str, Vec<Vec<Left<'_>>>> = BTreeMap::new();
        for (_, group) in group::by(left.collect::<Vec<_>>()) {
            let session = group.first().and_then(|first| case.operation_of(first.index)?.session);
            match session.filter(|_| group.iter().all(|left| left.severity == Severity::Info)) {
                Some(session) => inside.entry(&*session.id).or_default().push(group),
                None => self.one(case, &group).into_iter().for_each(|draft| findings.add(draft)),
            }
        }
        for (_, mut groups) in inside {
            groups.sort_by_key(|group| group.first().map(|left| left.index));
            let draft = match groups.as_slice() {
                [only] => self.one(case, only),
                several => self.several(case, several),
            };
            draft.into_iter().for_each(|draft| findings.add(draft));
        }
    }
}

impl FailureInTrace {
    /// The finding of one failure at one place.
    fn one(&self, case: &Case<'_>, group: &[Left<'_>]) -> Option<Draft> {
        let first = group.first()?;
        let function = first.failure.origin().map(|frame| frame.function.to_string()).unwrap_or_default();
        let draft = self.draft(case, first).about(&function);
        Some(
            draft
                .severity(group.iter().map(|left| left.severity).max().unwrap_or(Severity::Info))
                .detail(detail(first.event, first.failure, group.len()))
                .remedy("Read the trace around that line and look up the code.")
                .evidence(group.iter().map(|left| left.index)),
        )
    }

    /// The finding of several failures that stayed inside the functions of one session.
    fn several(&self, case: &Case<'_>, groups: &[Vec<Left<'_>>]) -> Option<Draft> {
        let first = groups.first()?.first()?;
        let mut named: Vec<String> =
            groups.iter().filter_map(|group| group.first()).take(NAMED).map(brief).collect();
        let more = groups.len().saturating_sub(named.len());
        if more > 0 {
            named.push(format!("{more} more"));
        }
        let count: usize = groups.iter().map(Vec::len).sum();
        Some(
            self.draft(case, first)
                .severity(Severity::Info)
                .detail(format!(
                    "{count} failures at {} places, none of which is known to have left a function of the protocol: {}.",
                    groups.len(),
                    words::list(&named)
                ))
                .remedy("Read the trace around these lines if the program misbehaved at that time.")
                .evidence(groups.iter().flatten().map(|left| left.index)),
        )
    }

    fn draft(&self, case: &Case<'_>, first: &Left<'_>) -> Draft {
        match case.operation_of(first.index) {
            Some(operation) => Draft::of(self.info(), operation),
            None => Draft::new(self.info(), first.event.host.as_deref().unwrap_or_default()),
        }
    }
}

fn severity(case: &Case<'_>, ends: &Ends<'_>, index: usize, event: &Event, failure: &Failure) -> Severity {
    let is_of_protocol = event.writer.is_some() || event.session.is_some() || event.actor == Actor::Provider;
    if is_of_protocol && !ends.stayed_inside(case, index, event, failure) {
        Severity::Warning
    } else {
        Severity::Info
    }
}

/// What IsVolumeSupported says of a volume that cannot be copied.
const ANSWERS: &[HResult] = &[
    HResult::VSS_VOLUME_NOT_SUPPORTED,
    HResult::VSS_VOLUME_NOT_SUPPORTED_BY_PROVIDER,
    HResult::VSS_NESTED_VOLUME_LIMIT,
    HResult::VSS_VOLUME_NOT_LOCAL,
];

/// Whether the code is what IsVolumeSupported was asked for: an answer and no failure.
fn is_answer(case: &Case<'_>, index: usize, event: &Event, failure: &Failure) -> bool {
    let Some(code) = event.hresult().filter(|code| ANSWERS.contains(code)) else { return false };
    let is_asking = |function: &str| function.ends_with(Method::IsVolumeSupported.as_str());
    let answered = |call: &CallRecord| {
        call.hresult == Some(code)
            && call.started <= event.time
            && call.ended.is_some_and(|ended| event.time <= ended)
    };
    failure.frames.iter().any(|frame| is_asking(&frame.function))
        || case
            .operation_of(index)
            .is_some_and(|operation| operation.calls_of(&Method::IsVolumeSupported).any(answered))
}

/// A failure in a few words.
fn brief(left: &Left<'_>) -> String {
    let code = left.event.hresult().map(words::code).unwrap_or_else(|| "a failure".to_owned());
    format!("{code} in {}", origins::origin(left.event, left.failure))
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
    fn failures_that_stayed_inside_are_one_information_for_a_session() {
        let mut lab = Lab::creating();
        let inside = |lab: &mut Lab, time, name: &str| {
            failure(lab, time, HResult::ACCESS_DENIED, Some("Shipping"));
            lab.in_set(lab.timeline.events.len() - 1);
            let event = lab.timeline.events.last_mut();
            if let Some(What::Failure(failure)) = event.map(|event| &mut event.what) {
                failure.frames = vec![Frame { function: name.into(), ..Frame::default() }];
            }
        };
        for (at, name) in [(2.0, "CBox::A"), (2.1, "CBox::B"), (2.2, "CBox::C"), (2.3, "CBox::D")] {
            inside(&mut lab, at, name);
        }
        lab.callback(2.5, "Shipping", Callback::Freeze, true);
        let findings = lab.run();
        let told: Vec<_> = findings.iter().filter(|finding| finding.rule == ID).collect();
        assert_eq!(told.len(), 1, "{told:?}");
        assert_eq!(told[0].severity, Severity::Info);
        assert!(told[0].detail.contains("4 failures at 4 places"), "{}", told[0].detail);
        assert!(
            told[0].detail.contains("CBox::A") && told[0].detail.contains("1 more"),
            "{}",
            told[0].detail
        );
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
