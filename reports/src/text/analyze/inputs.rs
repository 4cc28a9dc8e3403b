//! What there is to say of one input: what its times are, how it was read, what it cannot tell, what was wrong with it.

use super::LABEL;
use crate::text::TextOptions;
use crate::text::page::Page;
use crate::text::style::Style;
use crate::text::table::{Grid, Kind};
use crate::text::units::{count, thousands};
use vsscope_model::{EtwProvider, Input, TextReading, TimeBasis, Timestamp};

/// How many providers of a trace are listed where brevity is wanted: a trace of a whole machine has hundreds.
const PROVIDERS: usize = 6;
/// How many of the inputs that gave the time are named where brevity is wanted.
const GAVE_TIME: usize = 2;

/// Path and format with one line per fact; nothing for an input of which there is nothing to say.
pub(super) fn facts(page: &mut Page, input: &Input) {
    let is_plain = input.times == TimeBasis::Utc
        && input.text.is_none()
        && input.partial.is_none()
        && input.providers.is_empty();
    if is_plain && input.issues.is_empty() {
        return;
    }
    let options = page.options;
    let lost = if input.lost > 0 { format!(", {} lost", thousands(input.lost)) } else { String::new() };
    let path = options.clean(&input.path);
    let facts = format!("({}, {} records{lost})", options.clean(&input.format), thousands(input.records));
    page.hanging("input", 0, LABEL, &format!("{path} {facts}"));
    let said = [
        times(&input.times, options).map(|words| ("times", words)),
        input.text.as_ref().map(|reading| ("read as", text(reading, options))),
        input.partial.as_deref().map(|why| ("partial", options.clean(why))),
    ];
    for (name, words) in said.into_iter().flatten() {
        let name = page.style(Style::Dim, &format!("{name}:"));
        page.hanging("", LABEL, LABEL + 2, &format!("{name} {words}"));
    }
    providers(page, &input.providers);
    issues(page, input);
}

/// What the times are; absent for plain UTC, which needs no words.
pub(crate) fn times(basis: &TimeBasis, options: &TextOptions) -> Option<String> {
    Some(match basis {
        TimeBasis::Utc => return None,
        TimeBasis::Given { zone } => {
            format!("local times, read in the zone {} as --input-tz says", options.clean(zone))
        }
        TimeBasis::Aligned { added_s, matches, with } => {
            let (matches, one) = (thousands(*matches), *matches == 1);
            let moved = match *added_s == 0.0 {
                true => "taken as written".to_owned(),
                false => moved(*added_s),
            };
            let found = format!("found from {matches} match{}", if one { "" } else { "es" });
            let names = named(with.iter().map(|path| &**path), options);
            let with = if names.is_empty() { names } else { format!(" with {names}") };
            format!("{moved}, {found}{with}")
        }
        TimeBasis::Local => {
            "local times of an unknown zone: not comparable with other inputs; give --input-tz".to_owned()
        }
        TimeBasis::Ticks => "a count without a date: not comparable with other inputs".to_owned(),
        TimeBasis::Order => "none, only an order: nothing here has a duration".to_owned(),
    })
}

/// The file names of some inputs; all of them where everything is wanted.
fn named<'a>(paths: impl ExactSizeIterator<Item = &'a str>, options: &TextOptions) -> String {
    let shown = if options.verbose { usize::MAX } else { GAVE_TIME };
    let more = paths.len().saturating_sub(shown);
    let name = |path: &str| options.clean(path.rsplit(['/', '\\', '!']).next().unwrap_or(path));
    let names = paths.take(shown).map(name).collect::<Vec<_>>().join(", ");
    if more > 0 { format!("{names} and {more} more") } else { names }
}

/// How times were moved. Times of day count from 1970: they got a date first.
fn moved(added_s: f64) -> String {
    const DAY: f64 = 86_400.0;
    // Zones are at most 14 hours from UTC.
    if added_s.abs() < DAY {
        return format!("moved by {}", shift(added_s));
    }
    let days = (added_s / DAY).round();
    let date = Timestamp::UNIX_EPOCH.checked_add_days(chrono::Days::new(days.max(0.0) as u64));
    let date = date.map(|date| date.format("day 0 is %Y-%m-%d").to_string()).unwrap_or_default();
    match added_s - days * DAY {
        0.0 => format!("given a date ({date})"),
        rest => format!("given a date ({date}) and moved by {}", shift(rest)),
    }
}

/// What was added to times: `+1 h`, `-5 h 30 min`, `+2 min 3.25 s`.
fn shift(added_s: f64) -> String {
    let (sign, ms) = (if added_s < 0.0 { '-' } else { '+' }, (added_s.abs() * 1000.0).round());
    let (hours, minutes) = ((ms / 3_600_000.0).floor(), (ms % 3_600_000.0 / 60_000.0).floor());
    let seconds = ms % 60_000.0 / 1000.0;
    let parts = [(hours, "h"), (minutes, "min"), (seconds, "s")];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(n, _)| *n > 0.0)
        .map(|(number, unit)| format!("{number} {unit}"))
        .collect();
    if parts.is_empty() { "less than 0.001 s".to_owned() } else { format!("{sign}{}", parts.join(" ")) }
}

/// `registry-trace (confidence strong): 8 records + 2 continuations + 1 unknown = 11 lines; time, pid, tid, body`.
pub(crate) fn text(reading: &TextReading, options: &TextOptions) -> String {
    let TextReading { layout, confidence, columns, encoding, lines, parsed, continuation, unknown } = reading;
    let counts = [(*parsed, "read"), (*continuation, "continuing others"), (*unknown, "unknown")];
    let counts: Vec<(u64, &str)> = counts.into_iter().filter(|(number, _)| *number > 0).collect();
    let sum = match &counts[..] {
        [] => String::new(),
        [(_, word)] => format!(", all {word}"),
        several => {
            let words = several.iter().map(|(number, word)| format!("{} {word}", thousands(*number)));
            format!(" = {}", words.collect::<Vec<_>>().join(" + "))
        }
    };
    let of = usize::try_from(*lines).map_or_else(|_| format!("{lines} lines"), |lines| count(lines, "line"));
    let columns = options.clean(columns);
    let columns = if columns.is_empty() { columns } else { format!("; columns: {columns}") };
    let encoding = if options.verbose { format!("; {}", options.clean(encoding)) } else { String::new() };
    format!("{} (confidence {confidence}): {of}{sum}{columns}{encoding}", options.clean(layout))
}

/// The providers of a trace: those that were read first, then the busiest.
fn providers(page: &mut Page, providers: &[EtwProvider]) {
    if providers.is_empty() {
        return;
    }
    let options = page.options;
    let columns = [
        ("provider", Kind::Flexible),
        ("events", Kind::Number),
        ("read", Kind::Number),
        ("note", Kind::Flexible),
    ];
    let mut grid = Grid::new(&columns);
    let mut sorted: Vec<&EtwProvider> = providers.iter().collect();
    sorted.sort_by_key(|provider| (provider.decoded == 0, std::cmp::Reverse(provider.events), provider.id));
    let shown = if options.verbose { usize::MAX } else { PROVIDERS };
    for provider in sorted.iter().take(shown) {
        let name = match provider.name.as_deref().map(|name| options.clean(name)) {
            Some(name) if options.verbose => format!("{name}\n{}", provider.id),
            Some(name) => name,
            None => provider.id.to_string(),
        };
        grid.row(vec![
            name,
            thousands(provider.events),
            thousands(provider.decoded),
            provider.note.as_deref().map(|note| options.clean(note)).unwrap_or_default(),
        ]);
    }
    page.table(LABEL, &grid);
    let hidden = sorted.get(shown.min(sorted.len())..).unwrap_or_default();
    if !hidden.is_empty() {
        let events = hidden.iter().map(|provider| provider.events).fold(0, u64::saturating_add);
        let more = format!(
            "and {} with {} events (all with --verbose)",
            count(hidden.len(), "more provider"),
            thousands(events)
        );
        page.paragraph(LABEL, &more);
    }
}

fn issues(page: &mut Page, input: &Input) {
    let options = page.options;
    for issue in &input.issues {
        let times =
            if issue.count > 1 { format!(" ({} times)", thousands(issue.count)) } else { String::new() };
        let place = options.clean(&issue.place);
        let style = if issue.kind.is_loss() { Style::Warning } else { Style::Dim };
        let place = match place.is_empty() {
            true => place,
            false => format!("{}: ", page.style(style, &place)),
        };
        page.hanging("", LABEL, LABEL + 2, &format!("{place}{}{times}", options.clean(&issue.message)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vsscope_model::Confidence;

    #[test]
    fn a_shift_of_times_is_told_in_hours_minutes_and_seconds() {
        let told = [3600.0, -19_800.0, 123.25, -0.5, 0.0001, 93_600.0].map(shift);
        assert_eq!(told, ["+1 h", "-5 h 30 min", "+2 min 3.25 s", "-0.5 s", "less than 0.001 s", "+26 h"]);
    }

    #[test]
    fn the_lines_of_a_text_add_up() {
        let reading = TextReading {
            layout: "adaptive".into(),
            confidence: Confidence::Weak,
            columns: "time of day, pid (hex), body".into(),
            encoding: "UTF-16LE".into(),
            lines: 1_811,
            parsed: 1_800,
            continuation: 10,
            unknown: 1,
        };
        let brief = TextOptions::default();
        assert_eq!(
            text(&reading, &brief),
            "adaptive (confidence weak): 1,811 lines = 1,800 read + 10 continuing others + 1 unknown; \
             columns: time of day, pid (hex), body"
        );
        let told = text(&reading, &TextOptions { verbose: true, ..brief.clone() });
        assert!(told.ends_with("; UTF-16LE"), "{told}");
        let unknown = TextReading { parsed: 0, continuation: 0, unknown: 3, lines: 3, ..reading };
        assert!(text(&unknown, &brief).starts_with("adaptive (confidence weak): 3 lines, all unknown;"));
    }
}
