//! One result code, wherever the evidence has it: in calls, in records of VSS, in a writer's status.

use crate::rules::{Case, Operation};
use std::collections::BTreeMap;
use vsscope_model::{CallRecord, HResult, Method, What};

/// Where to look for a code.
pub struct CodeWatch {
    /// The code.
    pub code: HResult,
    /// Calls that count; every one if empty.
    pub methods: &'static [Method],
    /// Whether records of the provider VSS count.
    pub records: bool,
    /// Whether a code read with a writer's status counts.
    pub statuses: bool,
}

/// The places of a code in one operation, or on one host outside any.
pub struct Hit<'c, 't> {
    /// The operation.
    pub operation: Option<&'c Operation<'t>>,
    /// The host.
    pub host: &'t str,
    /// Calls that ended with the code.
    pub calls: Vec<&'t CallRecord>,
    /// Other events that report it.
    pub others: Vec<usize>,
}

impl Hit<'_, '_> {
    /// Every event behind the hit.
    pub fn events(&self) -> impl Iterator<Item = usize> {
        self.calls.iter().flat_map(|call| call.events.iter().copied()).chain(self.others.iter().copied())
    }
}

/// Finds the code. One hit per operation, then one per host for records outside of operations.
pub fn hits<'c, 't>(case: &'c Case<'t>, watch: &CodeWatch) -> Vec<Hit<'c, 't>> {
    let mut found: Vec<Hit<'c, 't>> = Vec::new();
    for operation in &case.operations {
        let calls: Vec<&CallRecord> = operation.calls().iter().filter(|call| is_hit(call, watch)).collect();
        let others = operation.events.iter().copied().filter(|&index| {
            reports(case, index, watch)
                && case.operation_of(index).is_some_and(|owner| std::ptr::eq(owner, operation))
        });
        let others: Vec<usize> = others.collect();
        if !calls.is_empty() || !others.is_empty() {
            found.push(Hit { operation: Some(operation), host: operation.host(), calls, others });
        }
    }
    let mut strays: BTreeMap<&'t str, Vec<usize>> = BTreeMap::new();
    for (index, event) in case.events() {
        if case.operation_of(index).is_none() && watch.records && case.is_vss_record(index, watch.code) {
            strays.entry(event.host.as_deref().unwrap_or_default()).or_default().push(index);
        }
    }
    found.extend(strays.into_iter().map(|(host, others)| Hit {
        operation: None,
        host,
        calls: Vec::new(),
        others,
    }));
    found
}

fn is_hit(call: &CallRecord, watch: &CodeWatch) -> bool {
    (watch.methods.is_empty() || watch.methods.contains(&call.method))
        && (call.hresult == Some(watch.code) || call.accepted == Some(watch.code))
}

fn reports(case: &Case<'_>, index: usize, watch: &CodeWatch) -> bool {
    let read =
        |what: &What| matches!(what, What::WriterStatus { failure: Some(code), .. } if *code == watch.code);
    (watch.records && case.is_vss_record(index, watch.code))
        || (watch.statuses && case.event(index).is_some_and(|event| read(&event.what)))
}
