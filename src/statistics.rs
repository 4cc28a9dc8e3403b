//! Figures over all sets of the evidence: how often, how long, what comes back.
//!
//! `docs/statistics.md` explains each figure. What is not known is counted apart and takes no part in a share; what was not
//! measured takes no part in a distribution.

use crate::knowledge::volumes::same_volume;
use crate::rules::{Case, Thresholds};
use chrono::NaiveDate;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
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

/// The figures of a timeline and its findings; none below [`LEAST_SETS`] sets.
pub fn statistics(timeline: &Timeline, findings: &[Finding]) -> Option<Statistics> {
    if timeline.sets.len() < LEAST_SETS {
        return None;
    }
    let thresholds = Thresholds::default();
    let case = Case::new(timeline, &thresholds);
    let windows = windows(&case);
    let mut statistics = Statistics {
        sets: outcomes(&timeline.sets),
        requesters: requesters(&timeline.sets, &timeline.sessions),
        days: days(timeline),
        writers: writers(&windows),
        freeze_times: buckets(&windows),
        copies: copies(&case),
        diff_area: diff_area(&case),
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
fn by<'s, K: Ord>(
    sets: &'s [SnapshotSet],
    key: impl Fn(&SnapshotSet) -> K,
) -> BTreeMap<K, Vec<&'s SnapshotSet>> {
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
    let image = session.requester.image.as_deref()?;
    image.rsplit(['\\', '/']).next().filter(|name| !name.is_empty()).map(str::to_lowercase)
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
            .events()
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
    for (_, event) in case.events().filter(|(index, _)| case.noise(*index).is_none()) {
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
        let mut groups: BTreeMap<(&str, OffenderKind, String), (BTreeSet<&str>, usize)> = BTreeMap::new();
        for finding in self.counting() {
            let session = self.session_of(finding, &sessions);
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

    /// The session of a finding, or that of its set.
    fn session_of<'s>(
        &self,
        finding: &Finding,
        sessions: &BTreeMap<&str, &'s Session>,
    ) -> Option<&'s Session> {
        let of_set = || {
            let id = finding.set.as_deref()?;
            self.sets.iter().find(|set| set.id == id)?.session.as_deref()
        };
        sessions.get(finding.session.as_deref().or_else(of_set)?).copied()
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
