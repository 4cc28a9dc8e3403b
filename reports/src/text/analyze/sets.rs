//! The table of sets; where there are none, what the logs do say about VSS.

use super::IN_FULL;
use crate::describe::{describe_without_result, short_guid, short_volume};
use crate::text::TextOptions;
use crate::text::clock::Reading;
use crate::text::page::Page;
use crate::text::style::{HARD_BLANK, Style};
use crate::text::table::{Grid, Kind};
use crate::text::timeline::against_limit;
use crate::text::units::{duration, thousands};
use std::collections::{BTreeMap, HashMap};
use vsscope_model::{Analysis, Outcome, Participation, Phase, Requester, Session, SnapshotSet, Timestamp};

/// How many sets that ended well are shown where brevity is wanted.
const SETS: usize = 12;

pub(crate) fn sets(page: &mut Page, analysis: &Analysis) {
    if analysis.sets.is_empty() {
        return without_sets(page, analysis);
    }
    page.heading("Snapshot sets");
    let options = page.options;
    let columns = [
        ("set", Kind::Rigid),
        ("started", Kind::Rigid),
        ("requester", Kind::Flexible),
        ("outcome", Kind::Rigid),
        ("confidence", Kind::Rigid),
        ("creation", Kind::Number),
        ("frozen", Kind::Number),
        ("writers", Kind::Flexible),
        ("volumes", Kind::Flexible),
        ("volumes", Kind::Flexible),
    ];
    let mut grid = Grid::new(&columns);
    let shown = sets_to_show(&analysis.sets, options.verbose);
    let sessions: HashMap<&str, &Session> =
        analysis.sessions.iter().map(|session| (&*session.id, session)).collect();
    for set in &shown {
        let set = &page.measured(set);
        let host = if analysis.hosts.len() > 1 { options.clean(&set.host) } else { String::new() };
        let session = set.session.as_deref().and_then(|id| sessions.get(id));
        let requester = session.map(|session| &session.requester);
        let outcome = page.style(outcome_style(set.outcome), set.outcome.as_str());
        let (writers, volumes) = (writers_cell(set, options), volumes_cell(set, options));
        // On a narrow page some columns are shared; the one that is left without content is not drawn.
        let sure = set.confidence.to_string();
        let [outcome, sure, writers, volumes, shared] = match options.is_wide() {
            true => [outcome, sure, writers, volumes, String::new()],
            false => [
                format!("{outcome}\n{sure}"),
                String::new(),
                String::new(),
                String::new(),
                stacked(options, &volumes, &writers),
            ],
        };
        grid.row(vec![
            stacked(options, &id_cell(set, options), &host_cell(&host, options)),
            started_cell(page, set),
            requester.map(|requester| requester_cell(requester, options)).unwrap_or_default(),
            outcome,
            sure,
            creation_ms(set).map(duration).unwrap_or_default(),
            freeze(set).map(|phase| frozen_cell(phase, options)).unwrap_or_default(),
            writers,
            volumes,
            shared,
        ]);
    }
    page.table(0, &grid);
    page.legend(shown.iter().map(|set| set.started));
    let hidden = analysis.sets.len() - shown.len();
    if hidden > 0 {
        page.paragraph(
            0,
            &format!(
                "and {hidden} earlier ones, none of them failed, aborted or incomplete (all with --verbose)"
            ),
        );
    }
}

/// Every set that did not end well, and the newest of the others as far as they fit on a screen.
pub(crate) fn sets_to_show(sets: &[SnapshotSet], verbose: bool) -> Vec<&SnapshotSet> {
    let mut good_left = if verbose { usize::MAX } else { SETS };
    let mut shown: Vec<&SnapshotSet> = Vec::new();
    for set in sets.iter().rev() {
        if !set.outcome.is_bad() && good_left == 0 {
            continue;
        }
        good_left -= usize::from(!set.outcome.is_bad());
        shown.push(set);
    }
    shown.reverse();
    shown
}

/// Two parts of a cell: one above the other on a narrow page, else side by side.
pub(crate) fn stacked(options: &TextOptions, upper: &str, lower: &str) -> String {
    match (lower.is_empty(), options.is_wide()) {
        (true, _) => upper.to_owned(),
        (_, true) => format!("{upper} {lower}"),
        (_, false) => format!("{upper}\n{lower}"),
    }
}

/// The short id. On a narrow page one that is a time is folded before its hour; without the fold it is the widest cell of
/// the table and tips it over.
pub(crate) fn id_cell(set: &SnapshotSet, options: &TextOptions) -> String {
    let id = short_id(set, options);
    if options.is_wide() || set.guid.is_some() { id } else { id.replacen('T', "\nT", 1) }
}

/// The host; on a narrow page without its domain.
fn host_cell(host: &str, options: &TextOptions) -> String {
    let short = host.split('.').next().unwrap_or(host);
    if options.is_wide() { host } else { short }.to_owned()
}

/// Day and second; one above the other on a narrow page.
fn started_cell(page: &Page, set: &SnapshotSet) -> String {
    let (options, reading) = (page.options, page.reading(set.started));
    let clock = options.clock(set.started, reading, "%H:%M:%S");
    match options.is_wide() || reading == Reading::None {
        true => page.second(set.started),
        false => format!("{}\n{}", options.day(set.started, reading), clock.replace(HARD_BLANK, "\n")),
    }
}

/// Head of the GUID; of a set whose GUID is not known its time, which is its id without the host (`--set` takes both).
pub(crate) fn short_id(set: &SnapshotSet, options: &TextOptions) -> String {
    let local = || options.clean(set.id.rsplit_once('@').map_or(&*set.id, |(_, time)| time));
    set.guid.map_or_else(local, short_guid)
}

pub(crate) fn outcome_style(outcome: Outcome) -> Style {
    match outcome {
        Outcome::Failed => Style::Error,
        Outcome::Aborted | Outcome::Incomplete => Style::Warning,
        Outcome::Created | Outcome::Completed => Style::Good,
        Outcome::Unknown => Style::Dim,
    }
}

pub(crate) fn requester_cell(requester: &Requester, options: &TextOptions) -> String {
    let image = requester.image_name();
    let pid = requester.pid.map(|pid| format!("pid {pid}")).unwrap_or_default();
    match image {
        Some(image) => stacked(options, &options.clean(image), &pid),
        None => pid,
    }
}

/// How long the creation took: `DoSnapshotSet`, which spans its asynchronous work.
pub(crate) fn creation_ms(set: &SnapshotSet) -> Option<f64> {
    set.phases.iter().find(|phase| phase.name == "DoSnapshotSet")?.duration_ms
}

/// The freeze window nearest to its limit; of the set itself where no writer has one.
pub(crate) fn freeze(set: &SnapshotSet) -> Option<&Phase> {
    let windows = |phases: &'_ [Phase]| {
        phases.iter().position(|p| p.name == Phase::FREEZE_WINDOW && p.duration_ms.is_some())
    };
    let of_writers =
        set.writers.iter().filter_map(|writer| windows(&writer.phases).map(|at| &writer.phases[at]));
    let share = |phase: &Phase| match (phase.duration_ms, phase.limit_ms) {
        (Some(took), Some(limit)) if limit > 0.0 => took / limit,
        (took, _) => took.unwrap_or(0.0) / 1e9,
    };
    of_writers
        .max_by(|a, b| share(a).total_cmp(&share(b)))
        .or_else(|| windows(&set.phases).map(|at| &set.phases[at]))
}

pub(crate) fn frozen_cell(phase: &Phase, options: &TextOptions) -> String {
    let took = phase.duration_ms.map(duration).unwrap_or_default();
    let spent = matches!((phase.duration_ms, phase.limit_ms), (Some(took), Some(limit)) if took >= limit);
    let of = against_limit(phase).unwrap_or_default();
    let red = |text: String| if spent { Style::Error.on(&text, options.color) } else { text };
    stacked(options, &red(took), &red(of))
}

pub(crate) fn volumes_cell(set: &SnapshotSet, options: &TextOptions) -> String {
    let short = |volume: &String| options.clean(short_volume(volume).trim_start_matches("Volume"));
    set.volumes.iter().map(short).collect::<Vec<_>>().join(", ")
}

/// How many of the known writers took part; their names where there is room.
pub(crate) fn writers_cell(set: &SnapshotSet, options: &TextOptions) -> String {
    let involved: Vec<_> =
        set.writers.iter().filter(|w| w.participation == Participation::Involved).collect();
    match (set.writerless, involved.len()) {
        (Some(true), 0) => "no writers".to_owned(),
        (_, 0) if set.writers.is_empty() => String::new(),
        (_, number) if options.is_wide() => {
            let names: Vec<_> = involved.iter().map(|writer| options.clean(&writer.name)).collect();
            let colon = if names.is_empty() { "" } else { ": " };
            format!("{number} of {}{colon}{}", set.writers.len(), names.join(", "))
        }
        (_, number) => format!("writers {number}/{}", set.writers.len()),
    }
}

/// What there is to say where no set was found: which records about VSS the logs hold.
pub(crate) fn without_sets(page: &mut Page, analysis: &Analysis) {
    page.heading("Snapshot sets");
    page.paragraph(0, page.options.without_sets());
    let mut kinds: BTreeMap<String, (usize, Timestamp)> = BTreeMap::new();
    for event in &analysis.events {
        kinds.entry(describe_without_result(event)).or_insert((0, event.time)).0 += 1;
    }
    let mut kinds: Vec<_> = kinds.into_iter().collect();
    kinds.sort_by_key(|(_, (times, first))| (std::cmp::Reverse(*times), *first));
    if kinds.is_empty() {
        return;
    }
    page.paragraph(0, "What the logs say about VSS:");
    let shown = if page.options.verbose { usize::MAX } else { IN_FULL };
    let columns = [("times", Kind::Number), ("first", Kind::Rigid), ("what", Kind::Flexible)];
    let mut grid = Grid::new(&columns);
    for (what, (times, first)) in kinds.iter().take(shown) {
        grid.row(vec![thousands(*times as u64), page.second(*first), page.options.clean(what)]);
    }
    page.table(0, &grid);
    page.legend(kinds.iter().take(shown).map(|(_, (_, first))| *first));
    if kinds.len() > shown {
        page.paragraph(0, &format!("and {} more kinds of events (see vsscope events)", kinds.len() - shown));
    }
}
