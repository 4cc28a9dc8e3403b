//! Figures over all sets of the evidence: how often, how long, what comes back.
//!
//! `docs/statistics.md` explains each figure. What is not known is counted apart and takes no part in a share; what was not
//! measured takes no part in a distribution.

use crate::knowledge::volumes::same_volume;
use crate::rules::Case;
use chrono::NaiveDate;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use vsscope_model::{
    Analysis, Clock, CopyStatistics, DayStatistics, DiffAreaStatistics, Event, Finding, FindingStatus,
    FreezeBucket, OffenderKind, Outcome, OutcomeCounts, Phase, RepeatOffender, RequesterStatistics, Session,
    SnapshotSet, Statistics, Timeline, Timestamp, Trend, What, WriterStatistics,
};

/// From how many sets on there are statistics.
pub const LEAST_SETS: usize = 3;
/// From how many measures on a trend is told.
const LEAST_FOR_TREND: usize = 6;
/// In how many sets a finding has to appear to be a repeat offender.
const LEAST_REPEATS: usize = 3;
/// Where the buckets of freeze times begin, in ms. 60 s is the limit of most writers.
const BUCKETS_MS: [u64; 6] = [0, 1_000, 5_000, 10_000, 30_000, 60_000];
/// How the ids of the rules about failed writers begin.
const WRITER_FAILED: &str = "writer-failed-at-";
/// Rules of which each finding is about one volume.
const ABOUT_A_VOLUME: &[&str] = &[
    "diff-area-changed-during-backup",
    "diff-area-low",
    "insufficient-storage",
    "oldest-shadow-deleted",
    "shadow-copies-aborted",
    "shadow-lost-during-backup",
];

/// The figures of a case and its findings; none below [`LEAST_SETS`] sets.
pub fn statistics(case: &Case<'_>, findings: &[Finding]) -> Option<Statistics> {
    let timeline = case.timeline;
    if timeline.sets.len() < LEAST_SETS {
        return None;
    }
    let windows = windows(case);
    let mut statistics = Statistics {
        sets: outcomes(&timeline.sets),
        requesters: requesters(&timeline.sets, &timeline.sessions),
        days: days(timeline),
        writers: writers(&windows),
        freeze_times: buckets(&windows),
        copies: copies(case),
        diff_area: diff_area(case),
        repeat_offenders: Vec::new(),
    };
    let told =
        Told { events: &timeline.events, sets: &timeline.sets, sessions: &timeline.sessions, findings };
    told.add_to(&mut statistics);
    Some(statistics)
}

/// Counts the findings anew, after some of them were marked as ignored.
pub fn recount(analysis: &mut Analysis) {
    let Some(mut statistics) = analysis.statistics.take() else { return };
    let Analysis { events, sets, sessions, findings, .. } = &*analysis;
    Told { events, sets, sessions, findings }.add_to(&mut statistics);
    analysis.statistics = Some(statistics);
}

/// Sets by outcome.
fn outcomes<'s>(sets: impl IntoIterator<Item = &'s SnapshotSet>) -> OutcomeCounts {
    let mut counts = OutcomeCounts::default();
    for set in sets {
        counts.sets += 1;
        *match set.outcome {
            Outcome::Completed => &mut counts.completed,
            Outcome::Failed => &mut counts.failed,
            Outcome::Aborted => &mut counts.aborted,
            Outcome::Created => &mut counts.created,
            Outcome::Incomplete | Outcome::Unknown => &mut counts.unknown,
        } += 1;
    }
    let known = counts.completed + counts.failed + counts.aborted;
    let is_enough = known > 0 && known * 2 >= counts.sets;
    counts.success_percent =
        is_enough.then(|| (counts.completed as f64 * 1000.0 / known as f64).round() / 10.0);
    counts
}

/// Sets by a key.
fn by<K: Ord>(sets: &[SnapshotSet], key: impl Fn(&SnapshotSet) -> K) -> BTreeMap<K, Vec<&SnapshotSet>> {
    let mut groups: BTreeMap<K, Vec<&SnapshotSet>> = BTreeMap::new();
    for set in sets {
        groups.entry(key(set)).or_default().push(set);
    }
    groups
}

fn requesters(sets: &[SnapshotSet], sessions: &[Session]) -> Vec<RequesterStatistics> {
    let sessions = by_id(sessions);
    let image = |set: &SnapshotSet| sessions.get(set.session.as_deref()?).copied().and_then(image_name);
    let groups = by(sets, image).into_iter();
    let mut rows: Vec<RequesterStatistics> =
        groups.map(|(image, sets)| RequesterStatistics { image, counts: outcomes(sets) }).collect();
    rows.sort_by_key(|row| (Reverse(row.counts.sets), row.image.is_none()));
    rows
}

fn by_id(sessions: &[Session]) -> BTreeMap<&str, &Session> {
    sessions.iter().map(|session| (&*session.id, session)).collect()
}

/// The file name of a requester's image in lower case.
fn image_name(session: &Session) -> Option<String> {
    session.requester.image_name().filter(|name| !name.is_empty()).map(str::to_lowercase)
}

fn days(timeline: &Timeline) -> Vec<DayStatistics> {
    let day = |set: &SnapshotSet| -> Option<NaiveDate> {
        is_instant(&timeline.events, set).then(|| set.started.date_naive())
    };
    let groups = by(&timeline.sets, day).into_iter();
    let mut rows: Vec<DayStatistics> =
        groups.map(|(day, sets)| DayStatistics { day, counts: outcomes(sets) }).collect();
    rows.sort_by_key(|row| row.day.is_none());
    rows
}

/// Whether the start of a set is an instant in UTC: no local time of an unknown zone, no count, no place in an order.
fn is_instant(events: &[Event], set: &SnapshotSet) -> bool {
    let own = || set.events.iter().filter_map(|&index| events.get(index));
    let is_plain = |event: &Event| !matches!(event.clock, Clock::Unzoned | Clock::Order);
    let is_known = match own().find(|event| event.time == set.started) {
        Some(first) => is_plain(first),
        None => own().all(is_plain),
    };
    is_known && set.started != Event::NO_TIME
}

/// A measured freeze window.
struct Window<'t> {
    writer: &'t str,
    /// When it began; absent where that is no instant.
    at: Option<Timestamp>,
    ms: f64,
}

/// Every freeze window of a writer that was measured: both ends seen on a clock that was not set in between. A note says
/// that a figure is not that.
fn windows<'t>(case: &Case<'t>) -> Vec<Window<'t>> {
    let timeline = case.timeline;
    let is_timed = |phase: &Phase| {
        phase
            .events
            .iter()
            .filter_map(|&index| timeline.events.get(index))
            .all(|event| event.clock.measures())
    };
    let mut windows = Vec::new();
    for set in &timeline.sets {
        let is_instant = is_instant(&timeline.events, set);
        for writer in &set.writers {
            let own = writer.phases.iter().filter(|phase| {
                phase.name == Phase::FREEZE_WINDOW && phase.note.is_none() && is_timed(phase)
            });
            windows.extend(own.filter_map(|phase| {
                let (from, to, ms) = (phase.started?, phase.ended?, phase.duration_ms?);
                let measured =
                    ms >= 0.0 && from != Event::NO_TIME && !case.clock_stepped(&set.host, from, to);
                measured.then(|| Window { writer: &writer.name, at: Some(from).filter(|_| is_instant), ms })
            }));
        }
    }
    windows
}

fn writers(windows: &[Window<'_>]) -> Vec<WriterStatistics> {
    let mut by_name: BTreeMap<&str, Vec<&Window<'_>>> = BTreeMap::new();
    for window in windows {
        by_name.entry(window.writer).or_default().push(window);
    }
    let row = |(name, own): (&str, Vec<&Window<'_>>)| {
        let sorted = sorted(own.iter().map(|window| window.ms));
        WriterStatistics {
            name: name.to_owned(),
            windows: sorted.len(),
            median_ms: median(&sorted),
            // Nearest rank: the smallest measure that 95 of 100 do not exceed.
            p95_ms: (sorted.len() * 95).div_ceil(100).checked_sub(1).and_then(|at| sorted.get(at).copied()),
            max_ms: sorted.last().copied(),
            trend: trend(&own),
            failures: 0,
        }
    };
    by_name.into_iter().map(row).collect()
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values
}

/// The middle one of sorted values; of an even number what lies between the two middle ones.
fn median(sorted: &[f64]) -> Option<f64> {
    let upper = *sorted.get(sorted.len() / 2)?;
    let lower = *sorted.get(sorted.len().checked_sub(1)? / 2)?;
    Some((lower + upper) / 2.0)
}

/// The medians of the earlier and the later half, where there are enough windows whose time is known.
fn trend(windows: &[&Window<'_>]) -> Option<Trend> {
    let mut timed: Vec<(Timestamp, f64)> =
        windows.iter().filter_map(|window| Some((window.at?, window.ms))).collect();
    if timed.len() < LEAST_FOR_TREND {
        return None;
    }
    timed.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    let half = timed.len() / 2;
    let of = |part: &[(Timestamp, f64)]| median(&sorted(part.iter().map(|(_, ms)| *ms)));
    Some(Trend {
        earlier_median_ms: of(timed.get(..half)?)?,
        later_median_ms: of(timed.get(timed.len() - half..)?)?,
    })
}

fn buckets(windows: &[Window<'_>]) -> Vec<FreezeBucket> {
    let bucket = |(at, &from_ms): (usize, &u64)| {
        let below_ms = BUCKETS_MS.get(at + 1).copied();
        let holds = |window: &&Window<'_>| {
            window.ms >= from_ms as f64 && below_ms.is_none_or(|below| window.ms < below as f64)
        };
        FreezeBucket { from_ms, below_ms, windows: windows.iter().filter(holds).count() }
    };
    BUCKETS_MS.iter().enumerate().map(bucket).collect()
}

fn copies(case: &Case<'_>) -> CopyStatistics {
    let mut counts = CopyStatistics {
        delete_commands: case
            .telling()
            .filter(|(index, event)| {
                matches!(event.what, What::DeleteCommand { .. }) && case.noise(*index).is_none()
            })
            .count(),
        ..CopyStatistics::default()
    };
    for set in &case.timeline.sets {
        let in_state = |state: &str| set.snapshots.iter().filter(|copy| copy.state == state).count();
        let (kept, deleted, lost) = (in_state("created"), in_state("deleted"), in_state("lost"));
        let made = kept + deleted + lost;
        let is_made = made > 0 || matches!(set.outcome, Outcome::Created | Outcome::Completed);
        counts.sets_made += usize::from(is_made);
        counts.sets_deleted += usize::from(deleted > 0 && deleted == set.snapshots.len());
        counts.sets_lost += usize::from(lost > 0);
        counts.copies_made += made;
        counts.copies_deleted += deleted;
        counts.copies_lost += lost;
    }
    counts
}

fn diff_area(case: &Case<'_>) -> Vec<DiffAreaStatistics> {
    let mut rows: Vec<DiffAreaStatistics> = Vec::new();
    for (_, event) in case.telling().filter(|(index, _)| case.noise(*index).is_none()) {
        let field: fn(&mut DiffAreaStatistics) -> &mut usize = match event.what {
            What::ShadowLoss => |row| &mut row.losses,
            What::ShadowFailure => |row| &mut row.failures,
            _ if event.is_record("volsnap", 24) => |row| &mut row.low,
            _ if event.is_record("volsnap", 33) => |row| &mut row.oldest_deleted,
            _ => continue,
        };
        let (host, volume) =
            (event.host.as_deref(), event.volume.as_deref().filter(|volume| !volume.is_empty()));
        let is_it = |row: &DiffAreaStatistics| {
            row.host.as_deref() == host
                && match (row.volume.as_deref(), volume) {
                    (Some(a), Some(b)) => same_volume(a, b),
                    (a, b) => a == b,
                }
        };
        let at = rows.iter().position(is_it).unwrap_or_else(|| {
            let (host, volume) = (host.map(str::to_owned), volume.map(str::to_owned));
            rows.push(DiffAreaStatistics { host, volume, ..DiffAreaStatistics::default() });
            rows.len() - 1
        });
        if let Some(row) = rows.get_mut(at) {
            *field(row) += 1;
        }
    }
    rows.sort_by(|a, b| {
        (&a.host, a.volume.is_none(), &a.volume).cmp(&(&b.host, b.volume.is_none(), &b.volume))
    });
    rows
}

/// What findings add to the figures, and where they look things up.
struct Told<'a> {
    events: &'a [Event],
    sets: &'a [SnapshotSet],
    sessions: &'a [Session],
    findings: &'a [Finding],
}

impl Told<'_> {
    /// The findings that are neither noise nor ignored.
    fn counting(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|finding| matches!(finding.status, FindingStatus::New | FindingStatus::Baseline))
    }

    fn add_to(&self, statistics: &mut Statistics) {
        self.add_failures(&mut statistics.writers);
        statistics.repeat_offenders = self.offenders();
    }

    /// Counts the failures of the writers and puts the slowest first.
    fn add_failures(&self, writers: &mut Vec<WriterStatistics>) {
        for writer in writers.iter_mut() {
            writer.failures = 0;
        }
        let failed = self.counting().filter(|finding| finding.rule.starts_with(WRITER_FAILED));
        for name in failed.filter_map(|finding| finding.writer.as_ref()) {
            match writers.iter_mut().find(|writer| writer.name == *name) {
                Some(writer) => writer.failures += 1,
                None => writers.push(WriterStatistics {
                    name: name.clone(),
                    failures: 1,
                    ..WriterStatistics::default()
                }),
            }
        }
        writers.retain(|writer| writer.windows > 0 || writer.failures > 0);
        let slow = |ms: Option<f64>| ms.unwrap_or(-1.0);
        writers.sort_by(|a, b| {
            let by_length = slow(b.median_ms)
                .total_cmp(&slow(a.median_ms))
                .then_with(|| slow(b.max_ms).total_cmp(&slow(a.max_ms)));
            by_length.then_with(|| (Reverse(a.failures), &a.name).cmp(&(Reverse(b.failures), &b.name)))
        });
    }

    /// Equal findings about one thing in several sets, the most frequent first.
    fn offenders(&self) -> Vec<RepeatOffender> {
        let sessions = by_id(self.sessions);
        let mut sets: HashMap<&str, &SnapshotSet> = HashMap::new();
        for set in self.sets {
            sets.entry(&set.id).or_insert(set);
        }
        let mut groups: BTreeMap<(&str, OffenderKind, String), (BTreeSet<&str>, usize)> = BTreeMap::new();
        for finding in self.counting() {
            let session = session_of(finding, &sessions, &sets);
            // What is said of a session is said of its first set.
            let set = finding.set.as_ref().or_else(|| session?.sets.first());
            let Some((set, (kind, name))) = set.zip(self.subject(finding, session)) else { continue };
            let (sets, findings) = groups.entry((&finding.rule, kind, name)).or_default();
            sets.insert(set);
            *findings += 1;
        }
        let frequent = groups.into_iter().filter(|(_, (sets, _))| sets.len() >= LEAST_REPEATS);
        let mut offenders: Vec<RepeatOffender> = frequent
            .map(|((rule, kind, name), (sets, findings))| RepeatOffender {
                rule: rule.to_owned(),
                kind,
                name,
                sets: sets.len(),
                findings,
            })
            .collect();
        offenders.sort_by_key(|offender| (Reverse(offender.sets), Reverse(offender.findings)));
        offenders
    }

    /// What a finding is about: its writer, its volume, else who made the backup, else where.
    fn subject(&self, finding: &Finding, session: Option<&Session>) -> Option<(OffenderKind, String)> {
        let writer = || finding.writer.clone().map(|name| (OffenderKind::Writer, name));
        let volume = || self.volume_of(finding).map(|name| (OffenderKind::Volume, name));
        let requester = || session.and_then(image_name).map(|name| (OffenderKind::Requester, name));
        let host = || finding.host.clone().map(|name| (OffenderKind::Host, name));
        writer().or_else(volume).or_else(requester).or_else(host)
    }

    /// The volume that a finding of such a rule is about: the only one that the events of its time and host name.
    fn volume_of(&self, finding: &Finding) -> Option<String> {
        if !ABOUT_A_VOLUME.contains(&&*finding.rule) {
            return None;
        }
        let first = self.events.partition_point(|event| event.time < finding.time);
        let then = self.events.get(first..)?.iter().take_while(|event| event.time == finding.time);
        let here =
            then.filter(|event| event.host.is_none() || event.host.as_deref() == finding.host.as_deref());
        let mut volumes =
            here.filter_map(|event| event.volume.as_deref()).filter(|volume| !volume.is_empty());
        let volume = volumes.next()?;
        volumes.all(|other| same_volume(volume, other)).then(|| volume.to_owned())
    }
}

/// The session of a finding, or that of its set.
fn session_of<'s>(
    finding: &Finding,
    sessions: &BTreeMap<&str, &'s Session>,
    sets: &HashMap<&str, &'s SnapshotSet>,
) -> Option<&'s Session> {
    let of_set = || sets.get(finding.set.as_deref()?)?.session.as_deref();
    sessions.get(finding.session.as_deref().or_else(of_set)?).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::Thresholds;
    use chrono::TimeDelta;
    use vsscope_model::{
        Confidence, EndReason, Participation, PhaseActor, RecordRef, Requester, SessionDetail, SessionKind,
        Severity, Snapshot, WriterRun,
    };

    fn if_enough(timeline: &Timeline, findings: &[Finding]) -> Option<Statistics> {
        statistics(&Case::new(timeline, &Thresholds::default()), findings)
    }

    fn time(seconds: i64) -> Timestamp {
        let start: Timestamp = "2031-05-06T10:00:00Z".parse().expect("a time");
        start + TimeDelta::seconds(seconds)
    }

    /// A set that starts at the second `at`, with one event.
    fn add_set(timeline: &mut Timeline, at: i64, outcome: Outcome) -> &mut SnapshotSet {
        let index = add_event(timeline, at, What::Log);
        timeline.sets.push(SnapshotSet {
            id: format!("set{at}"),
            guid: None,
            host: "H1".into(),
            session: None,
            provider: None,
            volumes: Vec::new(),
            snapshots: Vec::new(),
            started: time(at),
            ended: None,
            outcome,
            phases: Vec::new(),
            writers: Vec::new(),
            confidence: Confidence::Exact,
            writerless: None,
            evidence_count: 1,
            events: vec![index],
        });
        timeline.sets.last_mut().expect("the set just added")
    }

    fn add_event(timeline: &mut Timeline, at: i64, what: What) -> usize {
        let mut event = Event::new(time(at), RecordRef::default(), what);
        event.host = Some("H1".into());
        timeline.events.push(event);
        timeline.events.len() - 1
    }

    fn freeze(set: &mut SnapshotSet, ms: i64) -> &mut Phase {
        let ended = set.started + TimeDelta::milliseconds(ms);
        set.writers.push(WriterRun {
            name: "W".into(),
            class_id: None,
            instance_id: None,
            process: None,
            participation: Participation::Involved,
            phases: vec![Phase {
                name: Phase::FREEZE_WINDOW.into(),
                actor: PhaseActor::Writer,
                parent: None,
                started: Some(set.started),
                ended: Some(ended),
                duration_ms: Some(ms as f64),
                limit_ms: None,
                result: None,
                note: None,
                events: set.events.clone(),
            }],
            state: None,
            hresult: None,
        });
        set.writers.last_mut().and_then(|writer| writer.phases.last_mut()).expect("the phase just added")
    }

    /// Sets an hour apart with one freeze of each of these lengths.
    fn frozen_for(lengths: &[i64]) -> Timeline {
        let mut timeline = Timeline::default();
        for (at, ms) in lengths.iter().enumerate() {
            freeze(add_set(&mut timeline, at as i64 * 3600, Outcome::Completed), *ms);
        }
        timeline
    }

    fn finding(rule: &str, set: &str, status: FindingStatus) -> Finding {
        Finding {
            id: "f1".into(),
            rule: rule.into(),
            severity: Severity::Error,
            status,
            confidence: Confidence::Exact,
            title: String::new(),
            detail: String::new(),
            remedy: String::new(),
            host: Some("H1".into()),
            session: None,
            set: Some(set.into()),
            writer: Some("W".into()),
            time: time(0),
            cause: None,
            cause_confidence: None,
            competing: Vec::new(),
            noise_reason: None,
            ignore_reason: None,
            evidence: Vec::new(),
        }
    }

    fn of(timeline: &Timeline, findings: &[Finding]) -> Statistics {
        if_enough(timeline, findings).expect("enough sets")
    }

    #[test]
    fn few_sets_have_no_statistics() {
        assert_eq!(if_enough(&frozen_for(&[1, 2]), &[]), None);
        assert!(if_enough(&frozen_for(&[1, 2, 3]), &[]).is_some());
    }

    #[test]
    fn unknown_outcomes_are_apart_and_a_rate_needs_half_of_the_sets() {
        let mut timeline = Timeline::default();
        for (at, outcome) in [Outcome::Completed, Outcome::Failed, Outcome::Created].into_iter().enumerate() {
            add_set(&mut timeline, at as i64, outcome);
        }
        let counts = of(&timeline, &[]).sets;
        assert_eq!((counts.completed, counts.failed, counts.created, counts.unknown), (1, 1, 1, 0));
        assert_eq!(counts.success_percent, Some(50.0));
        add_set(&mut timeline, 4, Outcome::Unknown);
        assert_eq!(of(&timeline, &[]).sets.success_percent, Some(50.0));
        add_set(&mut timeline, 5, Outcome::Incomplete);
        let counts = of(&timeline, &[]).sets;
        assert_eq!((counts.sets, counts.unknown, counts.success_percent), (5, 2, None));
    }

    #[test]
    fn a_local_time_of_an_unknown_zone_has_no_day() {
        let mut timeline = frozen_for(&[1, 2, 3]);
        timeline.events[0].clock = Clock::Unzoned;
        let days: Vec<_> = of(&timeline, &[])
            .days
            .iter()
            .map(|row| (row.day.map(|day| day.to_string()), row.counts.sets))
            .collect();
        assert_eq!(days, [(Some("2031-05-06".to_owned()), 2), (None, 1)]);
    }

    #[test]
    fn requesters_are_told_apart_by_file_name_without_case() {
        let mut timeline = frozen_for(&[1, 2, 3, 4]);
        for (at, image) in [r"C:\A\Agent.EXE", r"D:\agent.exe"].into_iter().enumerate() {
            let id = format!("s{at}");
            timeline.sessions.push(Session {
                id: id.clone(),
                host: "H1".into(),
                kind: SessionKind::Backup,
                requester: Requester { image: Some(image.into()), ..Requester::default() },
                context: None,
                backup_type: None,
                component_mode: None,
                started: time(0),
                ended: None,
                end_reason: EndReason::Unknown,
                calls: Vec::new(),
                sets: Vec::new(),
                detail: SessionDetail::Calls,
                confidence: Confidence::Exact,
                starts_mid: false,
                ends_mid: false,
                events: Vec::new(),
            });
            timeline.sets[at].session = Some(id);
        }
        let requesters = of(&timeline, &[]).requesters;
        let rows: Vec<_> = requesters.iter().map(|row| (row.image.as_deref(), row.counts.sets)).collect();
        assert_eq!(rows, [(Some("agent.exe"), 2), (None, 2)]);
    }

    #[test]
    fn median_and_nearest_rank_of_known_series() {
        let writer = |lengths: &[i64]| of(&frozen_for(lengths), &[]).writers.remove(0);
        let twenty: Vec<i64> = (1..=20).rev().map(|n| n * 100).collect();
        let row = writer(&twenty);
        assert_eq!(
            (row.windows, row.median_ms, row.p95_ms, row.max_ms),
            (20, Some(1050.0), Some(1900.0), Some(2000.0))
        );
        let row = writer(&[300, 100, 200]);
        assert_eq!((row.median_ms, row.p95_ms, row.max_ms), (Some(200.0), Some(300.0), Some(300.0)));
    }

    #[test]
    fn a_trend_takes_six_measures() {
        let trend = |lengths: &[i64]| of(&frozen_for(lengths), &[]).writers[0].trend;
        assert_eq!(trend(&[100, 100, 100, 900, 900]), None);
        let seven = trend(&[100, 300, 200, 9000, 500, 700, 600]).expect("seven measures");
        assert_eq!((seven.earlier_median_ms, seven.later_median_ms), (200.0, 600.0));
    }

    #[test]
    fn the_buckets_hold_their_lower_ends() {
        let lengths = [0, 999, 1000, 4999, 5000, 10_000, 29_999, 30_000, 60_000, 70_000];
        let buckets = of(&frozen_for(&lengths), &[]).freeze_times;
        let rows: Vec<_> = buckets.iter().map(|bucket| (bucket.from_ms, bucket.windows)).collect();
        assert_eq!(rows, [(0, 2), (1000, 2), (5000, 1), (10_000, 2), (30_000, 1), (60_000, 2)]);
    }

    #[test]
    fn what_was_not_measured_does_not_count() {
        let mut timeline = frozen_for(&[2000, 2000, 2000, 2000]);
        timeline.sets[1].writers[0].phases[0].note = Some("an upper bound".into());
        timeline.sets[2].writers[0].phases[0].duration_ms = None;
        timeline.events[3].clock = Clock::Order;
        assert_eq!(of(&timeline, &[]).writers[0].windows, 1);
        let mut timeline = frozen_for(&[2000, 2000, 2000]);
        timeline.events[0].what = What::ClockChanged { old: time(-300), new: time(1) };
        assert_eq!(of(&timeline, &[]).writers[0].windows, 2, "the clock was set in the first freeze");
    }

    #[test]
    fn copies_are_counted_by_their_state() {
        let mut timeline = frozen_for(&[1, 2, 3]);
        let states: [&[&str]; 3] = [&["created", "lost"], &["deleted", "deleted"], &["unknown"]];
        for (set, states) in timeline.sets.iter_mut().zip(states) {
            set.outcome = Outcome::Unknown;
            set.snapshots = states
                .iter()
                .map(|state| Snapshot { state: (*state).into(), ..Snapshot::default() })
                .collect();
        }
        let copies = of(&timeline, &[]).copies;
        assert_eq!((copies.sets_made, copies.sets_deleted, copies.sets_lost), (2, 1, 1));
        assert_eq!((copies.copies_made, copies.copies_deleted, copies.copies_lost), (4, 2, 1));
    }

    #[test]
    fn records_of_volsnap_are_counted_by_volume() {
        let mut timeline = frozen_for(&[1, 2, 3]);
        for (volume, id, what) in [
            ("D:", 25, What::ShadowLoss),
            (r"d:\", 33, What::Log),
            ("D:", 24, What::Log),
            ("C:", 8, What::ShadowFailure),
        ] {
            let index = add_event(&mut timeline, 9000, what);
            let event = &mut timeline.events[index];
            event.provider = "volsnap".into();
            event.event_id = Some(id);
            event.volume = Some(volume.into());
        }
        let rows = of(&timeline, &[]).diff_area;
        let rows: Vec<_> = rows
            .iter()
            .map(|row| (row.volume.as_deref(), row.losses, row.failures, row.low, row.oldest_deleted))
            .collect();
        assert_eq!(rows, [(Some("C:"), 0, 1, 0, 0), (Some("D:"), 1, 0, 1, 1)]);
    }

    #[test]
    fn noise_and_what_is_ignored_repeats_nothing() {
        let timeline = frozen_for(&[1, 2, 3]);
        let mut findings: Vec<Finding> = timeline
            .sets
            .iter()
            .map(|set| finding("writer-failed-at-freeze", &set.id, FindingStatus::New))
            .collect();
        // A second finding of one set is no fourth set.
        findings.push(finding("writer-failed-at-freeze", "set0", FindingStatus::New));
        let all = of(&timeline, &findings);
        let only = RepeatOffender {
            rule: "writer-failed-at-freeze".into(),
            kind: OffenderKind::Writer,
            name: "W".into(),
            sets: 3,
            findings: 4,
        };
        assert_eq!(all.repeat_offenders, [only]);
        assert_eq!(all.writers[0].failures, 4);
        findings[2].status = FindingStatus::Noise;
        let fewer = of(&timeline, &findings);
        assert_eq!((fewer.repeat_offenders.len(), fewer.writers[0].failures), (0, 3));
    }

    #[test]
    fn of_a_rule_about_volumes_the_volume_is_named() {
        let mut timeline = frozen_for(&[1, 2, 3]);
        timeline.events[0].volume = Some("E:".into());
        let mut findings: Vec<Finding> =
            timeline.sets.iter().map(|set| finding("diff-area-low", &set.id, FindingStatus::New)).collect();
        for finding in &mut findings {
            finding.writer = None;
        }
        let offender = of(&timeline, &findings).repeat_offenders.remove(0);
        assert_eq!((offender.kind, offender.name.as_str()), (OffenderKind::Volume, "E:"));
        for finding in &mut findings {
            finding.rule = "abort-during-freeze".into();
        }
        let offender = of(&timeline, &findings).repeat_offenders.remove(0);
        assert_eq!((offender.kind, offender.name.as_str()), (OffenderKind::Host, "H1"));
    }
}
