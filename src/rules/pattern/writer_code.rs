//! A writer's failure code: in its status, its answer or the state that it set, in a failure that a trace shows inside of
//! it, in records of VSS, in the results of calls.
//!
//! At which callback the writer failed is told by [`super::writer_failed`]; this is about what the code itself says.

use super::code::{self, CodeWatch};
use super::writer_failed::{advice, ignored, same_operation, status_freshness};
use crate::rules::case::{same_writer, writer_name};
use crate::rules::pattern::group;
use crate::rules::{Case, Draft, Findings, Operation, RuleInfo, words};
use chrono::TimeDelta;
use vsscope_model::{Actor, Callback, Confidence, Event, HResult, Severity, Timestamp, What, Writer};

/// A rule about one code.
pub struct WriterCode {
    /// The code.
    pub code: HResult,
    /// What it means, as a sentence.
    pub meaning: &'static str,
    /// Next steps, where they are not those of [`advice`].
    pub remedy: Option<&'static str>,
    /// Says what makes a report no more than an information, if anything does.
    pub eased: fn(&Case<'_>, &Report<'_, '_>) -> Option<String>,
}

/// One writer with the code in one operation, or on one host outside of any.
pub struct Report<'c, 't> {
    /// The operation.
    pub operation: Option<&'c Operation<'t>>,
    /// The writer; absent where no event with the code names it.
    pub writer: Option<Writer>,
    /// First instant.
    pub time: Timestamp,
    /// Where it failed, if an event says so.
    at: Option<Callback>,
    host: &'t str,
    confidence: Confidence,
    events: Vec<usize>,
}

/// A writer's failure and the record of it are this close together.
const SAME_FAILURE: TimeDelta = TimeDelta::seconds(10);

/// For [`WriterCode::eased`]: nothing does.
pub fn never(_: &Case<'_>, _: &Report<'_, '_>) -> Option<String> {
    None
}

/// One finding per operation and writer.
pub fn check(info: &'static RuleInfo, case: &Case<'_>, findings: &mut Findings, rule: &WriterCode) {
    for report in reports(case, rule.code) {
        let Report { operation, writer, .. } = &report;
        let name = writer.as_ref().and_then(|writer| match operation {
            Some(operation) => operation.writer_name(writer),
            None => writer_name(writer),
        });
        let draft = match operation {
            Some(operation) => Draft::of(info, operation)
                .set(report.events.first().and_then(|&index| operation.set_of(index))),
            None => Draft::new(info, report.host),
        };
        let ignored = operation
            .zip(writer.as_ref())
            .and_then(|(operation, writer)| ignored(operation, writer, report.at.as_ref()));
        let eased = ignored.map(str::to_owned).or_else(|| (rule.eased)(case, &report));
        let severity = if eased.is_some() { Severity::Info } else { info.severity };
        let aside = eased.map(|text| format!(" {text}")).unwrap_or_default();
        findings.add(
            draft
                .writer(name.as_deref())
                .severity(severity)
                .confidence(report.confidence)
                .at(report.time)
                .detail(format!(
                    "{} reported {} {}. {}{aside}",
                    name.as_deref().map_or_else(|| "A writer".to_owned(), words::capital),
                    words::code(rule.code),
                    group::count(case, &report.events),
                    rule.meaning
                ))
                .remedy(rule.remedy.unwrap_or_else(|| advice(Some(rule.code))))
                .evidence(report.events),
        );
    }
}

/// Every report of the code.
fn reports<'c, 't>(case: &'c Case<'t>, code: HResult) -> Vec<Report<'c, 't>> {
    let mut found: Vec<Report<'c, 't>> = Vec::new();
    let signs = case.telling().filter_map(|(index, event)| sign(case, index, event, code));
    for new in signs.chain(calls(case, code)) {
        match found.iter_mut().rev().find(|known| is_same(known, &new)) {
            Some(known) => {
                known.writer = known.writer.take().or(new.writer);
                known.operation = known.operation.or(new.operation);
                known.at = known.at.take().or(new.at);
                known.confidence = known.confidence.max(new.confidence);
                known.events.extend(new.events);
            }
            None => found.push(new),
        }
    }
    found
}

/// Whether two signs speak of one writer in one operation. A record outside of any operation belongs to what is near it.
fn is_same(known: &Report<'_, '_>, new: &Report<'_, '_>) -> bool {
    let loose = known.operation.is_none() != new.operation.is_none();
    let near = loose && (known.time - new.time).abs() <= SAME_FAILURE;
    let writers = known.writer.as_ref().zip(new.writer.as_ref());
    known.host == new.host
        && (near || same_operation(known.operation, new.operation))
        && writers.is_none_or(|(a, b)| same_writer(a, b))
}

fn sign<'c, 't>(case: &'c Case<'t>, index: usize, event: &'t Event, code: HResult) -> Option<Report<'c, 't>> {
    let is_record = case.is_vss_record(index, code);
    let own = || case.operation_of(index);
    let tied = |operation: Option<&Operation<'_>>| operation.map_or(Confidence::Strong, |o| o.tie(event));
    let (operation, confidence) = match (&event.what, &event.writer) {
        (What::WriterStatus { state, failure }, Some(writer)) => {
            let operation = own()?;
            if failure.or_else(|| event.hresult()) != Some(code) {
                return None;
            }
            let fresh = status_freshness(case, operation, index, *state, writer)?;
            (Some(operation), fresh.min(operation.tie(event)))
        }
        (What::WriterState { .. } | What::Callback { .. }, Some(_)) if event.hresult() == Some(code) => {
            (own(), tied(own()))
        }
        // One public excerpt is all that is known of the form of such failures.
        (What::Failure(_), Some(_)) if event.actor == Actor::Writer && event.hresult() == Some(code) => {
            (own(), tied(own()).min(Confidence::Strong))
        }
        (_, Some(writer)) if is_record => {
            let at_work = case.callback_at(index, event, writer).map(|(operation, ..)| operation);
            (at_work.or_else(own), Confidence::Strong)
        }
        _ if is_record => (own(), Confidence::Strong),
        _ => return None,
    };
    Some(Report {
        operation,
        writer: event.writer.clone(),
        time: event.time,
        at: failed_at(event),
        host: event.host.as_deref().unwrap_or_default(),
        confidence,
        events: vec![index],
    })
}

/// The callback at which an event says that the writer failed.
fn failed_at(event: &Event) -> Option<Callback> {
    match &event.what {
        What::WriterStatus { state, .. } | What::WriterState { state } => state.failed_at(),
        What::Callback { callback, .. } => Some(callback.clone()),
        _ => None,
    }
}

/// Calls that ended with the code: they do not say which writer it was.
fn calls<'c, 't>(case: &'c Case<'t>, code: HResult) -> impl Iterator<Item = Report<'c, 't>> {
    let watch = CodeWatch { code, methods: &[], records: false, statuses: false };
    code::hits(case, &watch).into_iter().filter_map(|hit| {
        let first = hit.calls.first()?;
        Some(Report {
            operation: hit.operation,
            writer: None,
            time: first.ended.unwrap_or(first.started),
            at: None,
            host: hit.host,
            confidence: Confidence::Exact,
            events: hit.events().collect(),
        })
    })
}
