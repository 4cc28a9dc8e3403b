//! Drafts of findings on their way to [`Finding`]s: the promises that every rule keeps, order, numbers.

use super::causes;
use super::info::RuleInfo;
use super::policy::Severities;
use super::{Operation, words};
use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use vsscope_model::{
    Confidence, Event, Evidence, Finding, FindingStatus, RecordRef, SessionDetail, Severity, SnapshotSet,
    Timeline, Timestamp,
};
use vsscope_reports::text::one_line;

/// How many pieces of evidence a finding shows: the first ones and the last. A record that was written ten thousand times
/// proves nothing more than one that was written thirty times, and the text of the finding has the count.
const SHOWN_EVIDENCE: usize = 32;

/// What a draft has of its rule, be it a built-in one or one of the user's.
#[derive(Debug, Clone)]
pub struct Label {
    /// Rule id.
    pub id: Cow<'static, str>,
    /// Title.
    pub title: Cow<'static, str>,
    /// Severity, where nothing in the evidence lowers it.
    pub severity: Severity,
}

impl From<&'static RuleInfo> for Label {
    fn from(info: &'static RuleInfo) -> Self {
        Label { id: info.id.into(), title: info.title.into(), severity: info.severity }
    }
}

/// What a rule found, before it has a number.
#[derive(Debug, Clone)]
pub struct Draft {
    pub(super) info: Label,
    pub(super) severity: Severity,
    pub(super) confidence: Confidence,
    /// The highest confidence that the session allows: its calls may have been put together by inference.
    ceiling: Confidence,
    pub(super) title: String,
    pub(super) detail: String,
    pub(super) remedy: String,
    pub(super) host: String,
    pub(super) session: Option<String>,
    pub(super) set: Option<String>,
    pub(super) writer: Option<String>,
    pub(super) time: Option<Timestamp>,
    pub(super) noise_reason: Option<String>,
    /// It tells of something that was over already: no cause of anything.
    pub(super) aftermath: bool,
    pub(super) evidence: BTreeSet<usize>,
    /// Entries of lists (writers, storage), which are no events.
    pub(super) listed: Vec<(RecordRef, String)>,
}

impl Draft {
    /// A draft with the rule's title and severity, tied by an id.
    pub fn new(info: impl Into<Label>, host: &str) -> Self {
        let info = info.into();
        Draft {
            severity: info.severity,
            confidence: Confidence::Exact,
            ceiling: Confidence::Exact,
            title: info.title.to_string(),
            info,
            detail: String::new(),
            remedy: String::new(),
            host: host.to_owned(),
            session: None,
            set: None,
            writer: None,
            time: None,
            noise_reason: None,
            aftermath: false,
            evidence: BTreeSet::new(),
            listed: Vec::new(),
        }
    }

    /// A draft about an operation: its session, and its set if it has only one.
    pub fn of(info: impl Into<Label>, operation: &Operation<'_>) -> Self {
        let mut draft = Draft::new(info, operation.host());
        draft.session = operation.session.map(|session| session.id.clone());
        // Of other sessions the rules know themselves what they cannot show.
        let every_call = operation.session.filter(|session| session.detail == SessionDetail::Calls);
        draft.ceiling = every_call.map_or(Confidence::Exact, |session| session.confidence);
        draft.confidence = draft.ceiling;
        if let [only] = operation.sets.as_slice() {
            draft.set = Some(only.id.clone());
        }
        draft
    }

    /// Names the set.
    pub fn set(mut self, set: Option<&SnapshotSet>) -> Self {
        self.set = set.map(|set| set.id.clone()).or(self.set);
        self
    }

    /// Names the writer, also in the title.
    pub fn writer(self, name: Option<&str>) -> Self {
        let Some(name) = name else { return self };
        let mut draft = self.about(name);
        draft.writer = Some(name.to_owned());
        draft
    }

    /// Says in the title what the finding is about.
    pub fn about(mut self, subject: &str) -> Self {
        self.title = format!("{}: {subject}", self.info.title);
        self
    }

    /// Another severity than the rule's.
    pub fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// How firmly the evidence is tied together; never more than the session allows.
    pub fn confidence(mut self, confidence: Confidence) -> Self {
        self.confidence = confidence.min(self.ceiling);
        self
    }

    /// When; without it the time of the first piece of evidence counts.
    pub fn at(mut self, time: Timestamp) -> Self {
        self.time = Some(time);
        self
    }

    /// What happened here.
    pub fn detail(mut self, text: impl Into<String>) -> Self {
        self.detail = text.into();
        self
    }

    /// A sentence behind what was observed.
    pub fn more(mut self, text: &str) -> Self {
        self.detail.push_str(text);
        self
    }

    /// What to do.
    pub fn remedy(mut self, text: impl Into<String>) -> Self {
        self.remedy = text.into();
        self
    }

    /// Adds events to the evidence.
    pub fn evidence(mut self, events: impl IntoIterator<Item = usize>) -> Self {
        self.evidence.extend(events);
        self
    }

    /// Adds an entry of a list to the evidence: where it stands and what it says.
    pub fn listed(mut self, source: &RecordRef, text: impl Into<String>) -> Self {
        self.listed.push((source.clone(), text.into()));
        self
    }

    /// Marks it as something that came after the end of what it belongs to: it is no cause of anything.
    #[must_use]
    pub fn aftermath(mut self, aftermath: bool) -> Self {
        self.aftermath = aftermath;
        self
    }

    /// Marks the draft as noise, for this reason.
    pub fn noise(mut self, reason: &str) -> Self {
        self.noise_reason = Some(reason.to_owned());
        self
    }

    /// The set, else the session, to which the draft belongs.
    pub(super) fn place(&self) -> Option<&str> {
        self.set.as_deref().or(self.session.as_deref())
    }

    pub(super) fn is_noise(&self) -> bool {
        self.noise_reason.is_some()
    }
}

/// The drafts of a run.
#[derive(Debug, Default)]
pub struct Findings {
    drafts: Vec<Draft>,
    cited: HashSet<usize>,
    /// The drafts of each set, and of each session those that are about no set.
    places: HashMap<String, Vec<usize>>,
}

impl Findings {
    /// Takes a draft. Without evidence there is no finding; on a weak link there is only a possible one, never an error.
    pub fn add(&mut self, mut draft: Draft) {
        if draft.evidence.is_empty() && draft.listed.is_empty() {
            return;
        }
        if draft.confidence == Confidence::Weak {
            draft.severity = draft.severity.min(Severity::Warning);
            draft.title.push_str(" (possible)");
        }
        self.cited.extend(&draft.evidence);
        if let Some(place) = draft.place() {
            self.places.entry(place.to_owned()).or_default().push(self.drafts.len());
        }
        self.drafts.push(draft);
    }

    /// Whether a finding rests on this event.
    pub fn cites(&self, event: usize) -> bool {
        self.cited.contains(&event)
    }

    /// Whether a warning or an error, other than a merely possible one, of this set or of the session that made it can be
    /// behind a finding of `rule`.
    pub fn explain(&self, rule: &str, set: &SnapshotSet) -> bool {
        let places = [Some(&set.id), set.session.as_ref()].into_iter().flatten();
        let near = places.filter_map(|place| self.places.get(place)).flatten();
        near.filter_map(|&at| self.drafts.get(at)).any(|draft| {
            let of_set = draft.set.as_ref() == Some(&set.id);
            let of_session = draft.set.is_none() && draft.session.is_some() && draft.session == set.session;
            let is_firm = draft.severity >= Severity::Warning && draft.confidence > Confidence::Weak;
            !draft.is_noise()
                && is_firm
                && (of_set || of_session)
                && causes::can_explain(&draft.info.id, rule)
        })
    }

    /// The drafts so far, for what adds to the findings of other rules.
    pub(super) fn drafts_mut(&mut self) -> &mut [Draft] {
        &mut self.drafts
    }

    /// Notes that a finding rests on an event now.
    pub(super) fn cite(&mut self, event: usize) {
        self.cited.insert(event);
    }

    /// Gives the findings the severities that the user wants, and drops those of rules that are switched off. They have
    /// explained their events all the same: what is generic does not step in for them.
    pub(super) fn weigh(&mut self, severities: &Severities) {
        self.places.clear();
        self.drafts.retain(|draft| severities.get(&*draft.info.id) != Some(&None));
        for draft in &mut self.drafts {
            let Some(&Some(wanted)) = severities.get(&*draft.info.id) else { continue };
            let is_weak = draft.confidence == Confidence::Weak;
            draft.severity = if is_weak { wanted.min(Severity::Warning) } else { wanted };
        }
    }

    /// Orders the drafts, links consequences to causes, numbers everything.
    pub fn finish(self, timeline: &Timeline) -> Vec<Finding> {
        let mut drafts = self.drafts;
        for draft in &mut drafts {
            draft.time = draft.time.or_else(|| {
                let first = draft.evidence.first().and_then(|first| timeline.events.get(*first));
                // A list says what is, not when it came to be.
                Some(first.map_or(Event::NO_TIME, |event| event.time))
            });
        }
        drafts.sort_by(|a, b| order(a).cmp(&order(b)));
        let because = causes::link(&drafts, timeline);
        let sequence = causes::sequence(&drafts, &because);
        let mut number = vec![0; drafts.len()];
        for (position, &index) in sequence.iter().enumerate() {
            number[index] = position + 1;
        }
        let id = |index: usize| format!("f{}", number[index]);
        sequence
            .iter()
            .filter_map(|&index| {
                let reason = &because[index];
                let cause = reason.cause.map(|(cause, confidence)| (id(cause), confidence));
                let competing = sequence.iter().filter(|other| reason.competing.contains(other));
                finding(
                    &drafts[index],
                    id(index),
                    cause,
                    competing.map(|&other| id(other)).collect(),
                    timeline,
                )
            })
            .collect()
    }
}

/// Noise last; else gravest first, then by time and by what the finding is about.
fn order(draft: &Draft) -> impl Ord + use<'_> {
    (
        draft.is_noise(),
        std::cmp::Reverse(draft.severity),
        draft.time,
        &*draft.info.id,
        (&draft.set, &draft.writer, &draft.session, &draft.host),
        (&draft.title, &draft.detail),
    )
}

fn finding(
    draft: &Draft,
    id: String,
    cause: Option<(String, Confidence)>,
    competing: Vec<String>,
    timeline: &Timeline,
) -> Option<Finding> {
    let (cause, cause_confidence) = cause.unzip();
    Some(Finding {
        id,
        rule: draft.info.id.to_string(),
        severity: draft.severity,
        status: if draft.is_noise() { FindingStatus::Noise } else { FindingStatus::New },
        confidence: draft.confidence,
        // Names of a log may hold anything.
        title: one_line(&draft.title).into_owned(),
        detail: one_line(&draft.detail).into_owned(),
        remedy: one_line(&draft.remedy).into_owned(),
        host: Some(draft.host.clone()).filter(|host| !host.is_empty()),
        session: draft.session.clone(),
        set: draft.set.clone(),
        writer: draft.writer.clone(),
        time: draft.time?,
        cause,
        cause_confidence,
        competing,
        noise_reason: draft.noise_reason.as_deref().map(|reason| one_line(reason).into_owned()),
        ignore_reason: None,
        evidence: shown(&draft.evidence)
            .filter_map(|index| timeline.events.get(index))
            .map(evidence)
            .chain(draft.listed.iter().map(|(source, text)| place(source, text.clone())))
            .collect(),
    })
}

/// The first pieces of evidence and the last one.
fn shown(events: &BTreeSet<usize>) -> impl Iterator<Item = usize> {
    let skipped = events.len().saturating_sub(SHOWN_EVIDENCE);
    let head = SHOWN_EVIDENCE - 1;
    events
        .iter()
        .enumerate()
        .filter(move |(at, _)| *at < head || *at >= head + skipped)
        .map(|(_, &index)| index)
}

/// A piece of evidence from an event. `input` is the path; the caller of the rules turns paths into ids.
fn evidence(event: &Event) -> Evidence {
    let mark = if event.source.carved { " (carved)" } else { "" };
    let description = vsscope_reports::describe(event) + mark;
    let time = Some(event.time).filter(|time| *time != Event::NO_TIME);
    let text = time.map_or_else(|| description.clone(), |time| format!("{} {description}", words::iso(time)));
    place(&event.source, text)
}

/// A piece of evidence at a place.
fn place(source: &RecordRef, text: String) -> Evidence {
    let (input, line) = match &source.via {
        Some(via) => (&via.input, Some(via.line)),
        None => (&source.input, source.line),
    };
    let text = one_line(&text).into_owned();
    Evidence { input: input.to_string(), record: source.record, line, offset: source.offset, text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Described;
    use crate::rules::testing::Lab;
    use vsscope_model::{Via, What};

    fn draft() -> Draft {
        Draft::new(crate::rules::host::VssErrorLogged.info(), "H1").severity(Severity::Error)
    }

    #[test]
    fn a_weak_link_makes_no_error() {
        let mut lab = Lab::new();
        let event = lab.event(1.0, What::Log);
        let mut findings = Findings::default();
        findings.add(draft().confidence(Confidence::Weak).evidence([event]));
        let done = findings.finish(&lab.timeline);
        assert_eq!(done[0].severity, Severity::Warning);
        assert!(done[0].title.ends_with("(possible)"), "{}", done[0].title);
    }

    #[test]
    fn without_evidence_there_is_no_finding() {
        let mut findings = Findings::default();
        findings.add(draft());
        assert!(findings.finish(&Timeline::default()).is_empty());
    }

    #[test]
    fn what_names_bring_along_stays_on_one_line() {
        let mut lab = Lab::new();
        let event = lab.event(1.0, What::Log);
        lab.timeline.events[event].provider = "VSS\r\nx".into();
        let hostile = "a\u{1b}[2J\nb\u{2028}c\u{202e}";
        let listed = lab.timeline.events[event].source.clone();
        let draft = draft().about(hostile).detail(hostile).remedy(hostile).noise(hostile).evidence([event]);
        let mut findings = Findings::default();
        findings.add(draft.listed(&listed, hostile));
        let done = findings.finish(&lab.timeline).remove(0);
        let flat = r"a\x1b[2J b c\u{202e}";
        assert_eq!((done.detail.as_str(), done.remedy.as_str()), (flat, flat));
        assert_eq!(done.noise_reason.as_deref(), Some(flat));
        assert!(done.title.ends_with(flat), "{}", done.title);
        assert_eq!(done.evidence[1].text, flat);
        assert!(!done.evidence[0].text.contains(['\r', '\n']), "{}", done.evidence[0].text);
    }

    #[test]
    fn evidence_of_an_events_file_leads_to_that_file() {
        let mut lab = Lab::new();
        let event = lab.event(1.0, What::Log);
        lab.timeline.events[event].source.via = Some(Via { input: "events.ndjson".into(), line: 12 });
        let mut findings = Findings::default();
        findings.add(draft().evidence([event]));
        let done = findings.finish(&lab.timeline);
        assert_eq!(
            (done[0].evidence[0].input.as_str(), done[0].evidence[0].line),
            ("events.ndjson", Some(12))
        );
    }

    #[test]
    fn long_evidence_shows_its_beginning_and_its_end() {
        let mut lab = Lab::new();
        let events: Vec<usize> = (0..100).map(|at| lab.event(f64::from(at), What::Log)).collect();
        let mut findings = Findings::default();
        findings.add(draft().evidence(events));
        assert!(findings.cites(50));
        let done = findings.finish(&lab.timeline);
        assert_eq!(done[0].evidence.len(), SHOWN_EVIDENCE);
        let last = done[0].evidence.last().and_then(|e| e.record);
        assert_eq!(last, lab.timeline.events[99].source.record);
    }
}
