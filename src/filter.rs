//! Shows a part of an analysis: by time, host, set, writer, rule, severity.

use crate::run::counts;
use crate::settings::Filter;
use crate::window::Moment;
use vsscope_model::{Analysis, Event, Finding, Guid, Host, Session, SnapshotSet, Timestamp, WriterRun};
use vsscope_reports::LeftOut;

/// Keeps what the filter lets through and tells what it left out; nothing where there is no filter. Inputs and coverage
/// stay whole: they say what the rest rests on.
pub fn apply(analysis: &mut Analysis, filter: &Filter) -> Option<LeftOut> {
    if *filter == Filter::default() {
        return None;
    }
    let (all_sets, all_findings) = (analysis.sets.len(), analysis.findings.clone());
    let end = analysis.inputs.iter().filter_map(|input| input.last).max();
    let resolve = |moment: Option<Moment>| moment.zip(end).map(|(moment, end)| moment.resolve(end));
    let kept = Kept { filter, since: resolve(filter.since), until: resolve(filter.until) };

    analysis.sets.retain(|set| kept.set(set));
    let sets: Vec<String> = analysis.sets.iter().map(|set| set.id.clone()).collect();
    let by_set = filter.set.is_some() || filter.writer.is_some();
    analysis.sessions.retain(|session| {
        kept.session(session) && (!by_set || session.sets.iter().any(|id| sets.contains(id)))
    });
    analysis.hosts.retain(|host| kept.host(&host.name) || host.aliases.iter().any(|alias| kept.host(alias)));
    analysis.findings.retain(|finding| kept.finding(finding, &sets));
    let left_out =
        |finding: &&Finding| finding.counts() && !analysis.findings.iter().any(|kept| kept.id == finding.id);
    let hidden: Vec<&Finding> = all_findings.iter().filter(left_out).collect();
    let left_out = LeftOut {
        sets: all_sets - analysis.sets.len(),
        findings: hidden.len(),
        worst: hidden.iter().map(|finding| finding.severity).max(),
    };
    let ids: Vec<String> = analysis.findings.iter().map(|finding| finding.id.clone()).collect();
    for finding in &mut analysis.findings {
        finding.cause = finding.cause.take().filter(|cause| ids.contains(cause));
        finding.cause_confidence = finding.cause_confidence.filter(|_| finding.cause.is_some());
        finding.competing.retain(|other| ids.contains(other));
    }
    let guids: Vec<Guid> = analysis.sets.iter().filter_map(|set| set.guid).collect();
    let in_sets: Vec<usize> = analysis.sets.iter().flat_map(|set| set.events.iter().copied()).collect();
    let in_set: std::collections::BTreeSet<usize> = in_sets.into_iter().collect();
    let mut places: Vec<Option<usize>> = Vec::with_capacity(analysis.events.len());
    let mut place = 0;
    analysis.events.retain(|event| {
        let of_set = in_set.contains(&places.len()) || event.set.is_some_and(|guid| guids.contains(&guid));
        let is_kept = kept.event(event) && (filter.set.is_none() || of_set);
        places.push(is_kept.then_some(place));
        place += usize::from(is_kept);
        is_kept
    });
    follow(analysis, &places);
    // They are about the whole.
    analysis.statistics = None;
    analysis.summary.sets = analysis.sets.len();
    analysis.summary.sessions = analysis.sessions.len();
    analysis.summary.findings = counts(&analysis.findings);
    analysis.summary.left_out = Some(left_out);
    Some(left_out)
}

/// Makes everything that rests on events point at their new places; what is gone is left out.
fn follow(analysis: &mut Analysis, places: &[Option<usize>]) {
    let sets = analysis.sets.iter_mut().flat_map(|set| {
        let of_writers = set.writers.iter_mut().flat_map(|writer| &mut writer.phases);
        let phases = set.phases.iter_mut().chain(of_writers).map(|phase| &mut phase.events);
        phases.chain([&mut set.events])
    });
    let sessions = analysis.sessions.iter_mut().flat_map(|session| {
        session.calls.iter_mut().map(|call| &mut call.events).chain([&mut session.events])
    });
    let runs = analysis.hosts.iter_mut().flat_map(|host| &mut host.runs).map(|run| &mut run.events);
    for events in sets.chain(sessions).chain(runs) {
        *events = events.iter().filter_map(|&at| places.get(at).copied().flatten()).collect();
    }
}

/// Whether a set has this id, or one that begins so.
pub(crate) fn is_set_id(id: &str, wanted: &str) -> bool {
    let bare = wanted.trim_matches(['{', '}']).to_ascii_lowercase();
    let id = id.to_ascii_lowercase();
    // An id that was made up for a set without GUID is host and time; the reports show its time.
    let time = id.rsplit_once('@').map(|(_, time)| time);
    id.starts_with(&bare) || time.is_some_and(|time| time.starts_with(&bare))
}

/// Says of names that the filter wants and the evidence has not: a slip of the pen would look like a clean run.
pub fn unmatched(analysis: &Analysis, filter: &Filter) -> Vec<String> {
    let kept = Kept { filter, since: None, until: None };
    let mut messages = Vec::new();
    let is_host = |host: &Host| kept.host(&host.name) || host.aliases.iter().any(|alias| kept.host(alias));
    if let Some(wanted) = filter.host.as_ref().filter(|_| !analysis.hosts.iter().any(is_host)) {
        let names: Vec<&str> = analysis.hosts.iter().map(|host| &*host.name).collect();
        let has = if names.is_empty() { "no host".to_owned() } else { names.join(", ") };
        messages.push(format!("--host {wanted}: not in the evidence, which has {has}"));
    }
    if let Some(wanted) = &filter.set
        && !analysis.sets.iter().any(|set| is_set_id(&set.id, wanted))
    {
        messages.push(format!("--set {wanted}: no set of the evidence has an id that begins so"));
    }
    messages
}

struct Kept<'a> {
    filter: &'a Filter,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Kept<'_> {
    /// Whether any part of the interval lies in the window.
    fn time(&self, from: Timestamp, to: Timestamp) -> bool {
        let in_window =
            self.since.is_none_or(|since| to >= since) && self.until.is_none_or(|until| from <= until);
        // What has no time may have been then.
        in_window || from == Event::NO_TIME
    }

    fn host(&self, name: &str) -> bool {
        let short = |name: &'_ str| name.split('.').next().unwrap_or(name).to_ascii_lowercase();
        self.filter.host.as_deref().is_none_or(|wanted| {
            wanted.eq_ignore_ascii_case(name) || (!wanted.contains('.') && short(wanted) == short(name))
        })
    }

    fn set_id(&self, id: &str) -> bool {
        self.filter.set.as_deref().is_none_or(|wanted| is_set_id(id, wanted))
    }

    fn writer(&self, name: Option<&str>, class_id: Option<Guid>) -> bool {
        let Some(wanted) = self.filter.writer.as_deref() else { return true };
        name.is_some_and(|name| name.eq_ignore_ascii_case(wanted))
            || wanted.parse::<Guid>().ok().is_some_and(|id| class_id == Some(id))
    }

    fn set(&self, set: &SnapshotSet) -> bool {
        let has_writer = |w: &WriterRun| self.writer(Some(&w.name), w.class_id);
        self.host(&set.host)
            && self.set_id(&set.id)
            && self.time(set.started, set.ended.unwrap_or(set.started))
            && (self.filter.writer.is_none() || set.writers.iter().any(has_writer))
    }

    fn session(&self, session: &Session) -> bool {
        self.host(&session.host) && self.time(session.started, session.ended.unwrap_or(session.started))
    }

    fn finding(&self, finding: &Finding, sets: &[String]) -> bool {
        let of_set = |id: &String| sets.contains(id);
        finding.host.as_deref().is_none_or(|host| self.host(host))
            && self.time(finding.time, finding.time)
            && (self.filter.set.is_none() || finding.set.as_ref().is_some_and(of_set))
            && (self.filter.writer.is_none() || self.writer(finding.writer.as_deref(), None))
            && (self.filter.rules.is_empty()
                || self.filter.rules.iter().any(|id| id.eq_ignore_ascii_case(&finding.rule)))
            && self.filter.severity.is_none_or(|least| finding.severity >= least)
    }

    fn event(&self, event: &Event) -> bool {
        let writer = event.writer.as_ref();
        event.host.as_deref().is_none_or(|host| self.host(host))
            && self.time(event.time, event.time)
            && (self.filter.writer.is_none()
                || self.writer(writer.and_then(|w| w.name.as_deref()), writer.and_then(|w| w.class_id)))
    }
}
