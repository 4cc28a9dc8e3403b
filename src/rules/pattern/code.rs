//! Result codes, wherever the evidence has them: in calls, in records of VSS, in a writer's status.

use crate::knowledge::volumes::same_volume;
use crate::rules::{Case, Draft, Findings, Operation, RuleInfo, words};
use chrono::TimeDelta;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use vsscope_model::{CallRecord, Confidence, HResult, Method, Severity, What};

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

impl CodeWatch {
    /// A code that means the same in the results of these calls (all if none is named) and in records of VSS.
    pub const fn of(code: HResult, methods: &'static [Method]) -> Self {
        CodeWatch { code, methods, records: true, statuses: false }
    }
}

/// A rule about codes of one meaning.
pub struct CodeRule {
    /// Where to look for the codes.
    pub watches: &'static [CodeWatch],
    /// What they mean, as a sentence without its full stop.
    pub meaning: &'static str,
    /// Next steps.
    pub remedy: &'static str,
}

/// One finding per operation, and one per host for records outside of operations.
pub fn check(info: &'static RuleInfo, case: &Case<'_>, findings: &mut Findings, rule: &CodeRule) {
    for hit in hits_of_any(case, rule.watches) {
        findings.add(report(info, case, &hit, rule.meaning).remedy(rule.remedy));
    }
}

/// The finding about a hit: what the code means, where it came from, and which volumes it is about.
pub fn report(info: &'static RuleInfo, case: &Case<'_>, hit: &Hit<'_, '_>, meaning: &str) -> Draft {
    let set =
        hit.operation.and_then(|operation| hit.events().min().and_then(|first| operation.set_of(first)));
    let draft = match hit.operation {
        Some(operation) => Draft::of(info, operation),
        None => Draft::new(info, hit.host).confidence(Confidence::Strong),
    };
    let mut volumes: BTreeSet<&str> = hit.calls.iter().filter_map(|call| call.volume.as_deref()).collect();
    if volumes.is_empty() {
        volumes.extend(set.iter().flat_map(|set| &set.volumes).map(String::as_str));
    }
    let volumes: Vec<&str> = volumes.into_iter().collect();
    let volumes = match volumes.as_slice() {
        [] => String::new(),
        [only] => format!(" Volume: {only}."),
        several => format!(" Volumes: {}.", words::list(several)),
    };
    draft
        .set(set)
        .detail(format!("{meaning}. {}.{volumes}", words::capital(&origin(case, hit))))
        .evidence(hit.events())
}

/// The same, where the code refuses a volume: a requester may get around it. An information where the volumes were added
/// afterwards, a warning where the set was made without them.
pub fn report_refusal(info: &'static RuleInfo, case: &Case<'_>, hit: &Hit<'_, '_>, meaning: &str) -> Draft {
    let draft = report(info, case, hit, meaning);
    match way_around(case, hit) {
        Some(WayAround::Added) => draft.severity(Severity::Info).more(" The volume was added afterwards."),
        Some(WayAround::LeftOut) => draft
            .severity(Severity::Warning)
            .more(" The set was made without the volume, which is not in this backup."),
        None => draft,
    }
}

/// What became of a volume that was refused, where it did not stop the requester.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum WayAround {
    /// It was added afterwards.
    Added,
    /// The set was made without it.
    LeftOut,
}

/// How the requester went on after every refusal of a hit: the worst way; none where it did not get around one of them.
fn way_around(case: &Case<'_>, hit: &Hit<'_, '_>) -> Option<WayAround> {
    let operation = hit.operation?;
    let is_beside = |index: &usize| {
        case.event(*index).is_some_and(|event| {
            hit.calls.iter().any(|call| (event.time - call.started).abs() <= RECORD_NEAR)
        })
    };
    if !hit.others.iter().all(is_beside) {
        return None;
    }
    let ways: Option<Vec<WayAround>> =
        hit.calls.iter().map(|call| way_around_call(operation, call)).collect();
    ways?.into_iter().max()
}

/// How near the record of VSS about a refused volume is to the call.
const RECORD_NEAR: TimeDelta = TimeDelta::seconds(10);

fn way_around_call(operation: &Operation<'_>, refused: &CallRecord) -> Option<WayAround> {
    if !matches!(refused.method, Method::IsVolumeSupported | Method::AddToSnapshotSet) {
        return None;
    }
    let volume = refused.volume.as_deref()?;
    let later = |method| {
        operation.calls_of(method).filter(|call| call.events.first() > refused.events.first() && call.ok())
    };
    let is_volume = |call: &CallRecord| call.volume.as_deref().is_some_and(|own| same_volume(own, volume));
    if later(&Method::AddToSnapshotSet).any(is_volume) {
        return Some(WayAround::Added);
    }
    later(&Method::DoSnapshotSet).next().map(|_| WayAround::LeftOut)
}

/// Where the code came from.
fn origin(case: &Case<'_>, hit: &Hit<'_, '_>) -> String {
    let named: Vec<String> = hit.calls.iter().map(|call| words::call(call)).collect();
    if !named.is_empty() {
        return format!("the code came from {}", words::list(&named));
    }
    let read = |index: &usize| {
        let event = case.event(*index)?;
        match &event.what {
            What::WriterStatus { failure, .. } => failure.or_else(|| event.hresult()),
            _ => event.hresult(),
        }
    };
    let codes: BTreeSet<String> = hit.others.iter().filter_map(read).map(words::code).collect();
    let codes: Vec<String> = codes.into_iter().collect();
    format!("VSS reported {} {}", words::list(&codes), words::times(hit.others.len()))
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

    /// The provider: the one that a record names, else that of the set.
    pub fn provider(&self, case: &Case<'_>) -> Option<String> {
        if let Some(id) = self.others.iter().find_map(|&index| case.event(index)?.provider_id) {
            return Some(id.to_string());
        }
        let set = self.operation?.set_of(self.events().min()?)?;
        let provider = set.provider.as_ref()?;
        provider.name.clone().or(provider.id.map(|id| id.to_string()))
    }
}

/// Finds a code.
pub fn hits<'c, 't>(case: &'c Case<'t>, watch: &CodeWatch) -> Vec<Hit<'c, 't>> {
    hits_of_any(case, std::slice::from_ref(watch))
}

/// Finds codes of one meaning. One hit per operation, then one per host for records outside of operations.
pub fn hits_of_any<'c, 't>(case: &'c Case<'t>, watches: &[CodeWatch]) -> Vec<Hit<'c, 't>> {
    let mut owned: HashMap<usize, Vec<usize>> = HashMap::new();
    let mut strays: BTreeMap<&'t str, Vec<usize>> = BTreeMap::new();
    let with_code: BTreeSet<usize> =
        watches.iter().flat_map(|watch| case.with_code(watch.code)).copied().collect();
    for index in with_code {
        if !watches.iter().any(|watch| reports(case, index, watch)) {
            continue;
        }
        let is_logged = |watch: &CodeWatch| watch.records && case.is_vss_record(index, watch.code);
        match (case.operation_of(index), case.event(index)) {
            (Some(owner), _) => owned.entry(owner.number).or_default().push(index),
            (None, Some(event)) if watches.iter().any(is_logged) => {
                strays.entry(event.host.as_deref().unwrap_or_default()).or_default().push(index);
            }
            _ => {}
        }
    }
    let mut found: Vec<Hit<'c, 't>> = Vec::new();
    for operation in &case.operations {
        let calls: Vec<&CallRecord> =
            operation.calls().iter().filter(|call| watches.iter().any(|watch| is_hit(call, watch))).collect();
        let others = owned.remove(&operation.number).unwrap_or_default();
        if !calls.is_empty() || !others.is_empty() {
            found.push(Hit { operation: Some(operation), host: operation.host(), calls, others });
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
