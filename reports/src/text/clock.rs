//! What a time on a page is worth: an instant, a local time of an unknown zone, a count, or only a place in an order.
//!
//! Events say which clock they have. Sets, findings and coverage keep their times only: for these, [`Clocks`] finds the
//! event or the input that the time came from.

use super::TextOptions;
use super::style::HARD_BLANK;
use chrono::Datelike;
use std::collections::{BTreeSet, HashMap};
use vsscope_model::{Analysis, Clock, Event, TimeBasis, Timestamp};

/// What a time is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Reading {
    /// An instant, comparable with every other.
    Instant,
    /// A local time as it is written; its zone is not known.
    Local,
    /// A count without a date; written as days and time of day.
    Count,
    /// The time of a neighbour ([`Clock::Order`]).
    Order,
    /// There is none ([`Event::NO_TIME`]).
    None,
}

impl Reading {
    /// What an event's time is. Shadow copies came with Windows XP: an unzoned time of 1970 is a count from zero.
    pub(crate) fn of(clock: Clock, time: Timestamp) -> Self {
        match clock {
            Clock::Unzoned if time.year() <= 1970 => Reading::Count,
            Clock::Unzoned => Reading::Local,
            _ if time == Event::NO_TIME => Reading::None,
            Clock::Order => Reading::Order,
            _ => Reading::Instant,
        }
    }

    /// Whether differences between times of this kind are durations.
    pub(crate) fn measures(self) -> bool {
        !matches!(self, Reading::Order | Reading::None)
    }

    /// What stands behind a time that is no instant.
    pub(crate) fn mark(self) -> &'static str {
        match self {
            Reading::Local | Reading::Count => "~",
            Reading::Order => "*",
            Reading::Instant | Reading::None => "",
        }
    }

    /// The same in words, for places with room.
    pub(crate) fn words(self) -> Option<&'static str> {
        match self {
            Reading::Local => Some("local time, zone unknown"),
            Reading::Count => Some("a count without a date"),
            Reading::Order => Some("only the order is known"),
            Reading::Instant | Reading::None => None,
        }
    }

    /// What the mark means, for the line below a table.
    fn legend(self) -> Option<&'static str> {
        match self {
            Reading::Local => {
                Some("~ local time as written, zone unknown: not comparable with other sources")
            }
            Reading::Count => {
                Some("~ with \"day\": a count without a date, not comparable with other sources")
            }
            Reading::Order => Some(
                "* only the order is known; the time is that of the nearest thing that has one (UTC or as written)",
            ),
            Reading::None => Some("no time: only the order is known"),
            Reading::Instant => None,
        }
    }
}

/// The lines that say what the marks in a table mean.
pub(crate) fn legend(readings: impl Iterator<Item = Reading>) -> Vec<&'static str> {
    let met: BTreeSet<Reading> = readings.collect();
    met.into_iter().filter_map(Reading::legend).collect()
}

/// What the times of an analysis are. Empty where all are instants.
#[derive(Debug, Default)]
pub(crate) struct Clocks {
    /// The times that are no instants. Where two sources have one time, the less certain one counts; but a place in an order
    /// takes nothing from the instant that it was placed by.
    others: HashMap<Timestamp, Reading>,
    /// The times of all events by milliseconds, the step in which rules write times. A trace without a zone can hold an
    /// event in every step: here an instant counts for more.
    by_ms: HashMap<i64, Reading>,
}

impl Clocks {
    /// From the events, and from the ends of the inputs without comparable times.
    pub(crate) fn of(analysis: &Analysis) -> Self {
        let mut clocks = Clocks::default();
        let ends = analysis.inputs.iter().filter(|input| !input.times.is_known()).flat_map(|input| {
            let clock = if input.times == TimeBasis::Order { Clock::Order } else { Clock::Unzoned };
            [input.first, input.last].into_iter().flatten().map(move |time| (clock, time))
        });
        let times = || analysis.events.iter().map(|event| (event.clock, event.time)).chain(ends.clone());
        if times().all(|(clock, time)| is_plain(Reading::of(clock, time))) {
            return clocks;
        }
        for (clock, time) in times() {
            clocks.note(time, Reading::of(clock, time));
        }
        // A place in an order is the time of a neighbour, whose own time it is.
        for (_, time) in times().filter(|(clock, time)| Reading::of(*clock, *time) == Reading::Instant) {
            if clocks.others.get(&time) == Some(&Reading::Order) {
                clocks.others.remove(&time);
            }
        }
        clocks
    }

    fn note(&mut self, time: Timestamp, reading: Reading) {
        if !is_plain(reading) {
            let other = self.others.entry(time).or_insert(reading);
            *other = (*other).max(reading);
        }
        let step = self.by_ms.entry(time.timestamp_millis()).or_insert(reading);
        *step = (*step).min(reading);
    }

    /// What this time is.
    pub(crate) fn reading(&self, time: Timestamp) -> Reading {
        self.others.get(&time).copied().unwrap_or_else(|| Reading::of(Clock::Record, time))
    }

    /// What a time is that was written in a text about something of this `near` time. A time that is no event's (the end
    /// of a limit, for instance) was worked out from what the text is about.
    fn reading_in_text(&self, time: Timestamp, near: Reading) -> Reading {
        let noted = self.by_ms.get(&time.timestamp_millis()).copied();
        noted.unwrap_or_else(|| if is_plain(near) { Reading::of(Clock::Record, time) } else { near })
    }

    /// Cleaned text of a rule, with the times that it holds (as if UTC, milliseconds) in the zone and form of the page.
    pub(crate) fn told(&self, text: &str, near: Reading, options: &TextOptions) -> String {
        const FORM: &str = "0000-00-00T00:00:00.000Z";
        let text = options.clean(text);
        let mut told = String::with_capacity(text.len());
        let mut rest = text.as_str();
        while let Some(character) = rest.chars().next() {
            let begins_here = !told.ends_with(|c: char| c.is_ascii_alphanumeric());
            let time = rest.get(..FORM.len()).filter(|_| begins_here && character.is_ascii_digit());
            match time.and_then(|time| time.ends_with('Z').then(|| time.parse().ok())?) {
                Some(time) => {
                    told.push_str(&options.instant(time, self.reading_in_text(time, near)));
                    rest = &rest[FORM.len()..];
                }
                None => {
                    told.push(character);
                    rest = &rest[character.len_utf8()..];
                }
            }
        }
        told
    }
}

/// Whether a time is an instant or none at all: such a time tells by itself what it is.
fn is_plain(reading: Reading) -> bool {
    matches!(reading, Reading::Instant | Reading::None)
}

impl TextOptions {
    /// `2023-07-19 16:03:48.413Z`, or with the zone's offset; a time that is no instant as it is written, with a mark.
    pub(crate) fn instant(&self, time: Timestamp, reading: Reading) -> String {
        self.joined(time, reading, "%H:%M:%S%.3f")
    }

    /// Like [`Self::instant`], in whole seconds.
    pub(crate) fn second(&self, time: Timestamp, reading: Reading) -> String {
        self.joined(time, reading, "%H:%M:%S")
    }

    fn joined(&self, time: Timestamp, reading: Reading, form: &str) -> String {
        match reading {
            Reading::None => self.clock(time, reading, form),
            _ => format!("{}{HARD_BLANK}{}", self.day(time, reading), self.clock(time, reading, form)),
        }
    }

    /// `2023-07-19`; `day 0` of a count.
    pub(crate) fn day(&self, time: Timestamp, reading: Reading) -> String {
        match reading {
            Reading::Instant => time.with_timezone(&self.tz).format("%Y-%m-%d").to_string(),
            Reading::Local | Reading::Order => time.format("%Y-%m-%d").to_string(),
            Reading::Count => format!("day{HARD_BLANK}{}", (time - Timestamp::UNIX_EPOCH).num_days()),
            Reading::None => String::new(),
        }
    }

    /// The time of day in this form of `chrono`, with its offset or its mark.
    pub(crate) fn clock(&self, time: Timestamp, reading: Reading, form: &str) -> String {
        match reading {
            Reading::Instant => {
                format!("{}{}", time.with_timezone(&self.tz).format(form), self.offset(time))
            }
            Reading::None => format!("no{HARD_BLANK}time"),
            other => format!("{}{}", time.format(form), other.mark()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: &str) -> String {
        text.replace(HARD_BLANK, " ")
    }

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn an_instant_always_says_its_offset() {
        let time = at("2026-03-03T01:14:55.1239Z");
        let zone = |tz| TextOptions { tz, ..TextOptions::default() };
        let instant = |tz| plain(&zone(tz).instant(time, Reading::Instant));
        let second = |tz| plain(&zone(tz).second(time, Reading::Instant));
        assert_eq!(instant(chrono_tz::UTC), "2026-03-03 01:14:55.123Z");
        assert_eq!(instant(chrono_tz::Europe::Berlin), "2026-03-03 02:14:55.123 +01:00");
        assert_eq!(second(chrono_tz::Europe::London), "2026-03-03 01:14:55 +00:00");
        assert_eq!(second(chrono_tz::America::St_Johns), "2026-03-02 21:44:55 -03:30");
    }

    #[test]
    fn a_time_of_an_unknown_zone_is_not_moved_into_the_zone_of_the_page() {
        let options = TextOptions { tz: chrono_tz::Asia::Kolkata, ..TextOptions::default() };
        let shown = |clock, time| {
            let time = at(time);
            plain(&options.instant(time, Reading::of(clock, time)))
        };
        assert_eq!(shown(Clock::Unzoned, "2026-03-03T01:14:55.123Z"), "2026-03-03 01:14:55.123~");
        assert_eq!(shown(Clock::Order, "2026-03-03T01:14:55Z"), "2026-03-03 01:14:55.000*");
        assert_eq!(shown(Clock::Zone, "2026-03-03T01:14:55Z"), "2026-03-03 06:44:55.000 +05:30");
        assert_eq!(shown(Clock::Unzoned, "1970-01-02T04:05:06.5Z"), "day 1 04:05:06.500~");
        assert_eq!(shown(Clock::Unzoned, "1970-01-01T00:00:00Z"), "day 0 00:00:00.000~");
        assert_eq!(shown(Clock::Order, "1970-01-01T00:00:00Z"), "no time");
        assert_eq!(shown(Clock::Record, "1970-01-01T00:00:00Z"), "no time");
    }

    #[test]
    fn times_in_the_words_of_a_rule_are_shown_in_the_zone_of_the_page() {
        let told = |tz, text: &str| {
            let options = TextOptions { tz, ..TextOptions::default() };
            plain(&Clocks::default().told(text, Reading::Instant, &options))
        };
        let text = "ended at 2031-03-07T23:06:04.296Z.";
        assert_eq!(told(chrono_tz::UTC, text), "ended at 2031-03-07 23:06:04.296Z.");
        assert_eq!(told(chrono_tz::Europe::Berlin, text), "ended at 2031-03-08 00:06:04.296 +01:00.");
        for other in
            ["agent@20310307T230604.296Z", "2031-13-07T23:06:04.296Z", "2031-03-07T23:06:04.2967Z", "2031 é"]
        {
            assert_eq!(told(chrono_tz::Europe::Berlin, other), other);
        }
        assert_eq!(told(chrono_tz::UTC, "1970-01-01T00:00:00.000Z Freeze"), "no time Freeze");
    }

    #[test]
    fn a_time_in_the_words_of_a_rule_is_marked_like_the_event_that_it_came_from() {
        let mut clocks = Clocks::default();
        clocks.note(at("2031-03-07T23:06:04.2961234Z"), Reading::Local);
        clocks.note(at("2031-03-07T23:07:04.2961234Z"), Reading::Instant);
        let options = TextOptions { tz: chrono_tz::Europe::Berlin, ..TextOptions::default() };
        let told = |near, time: &str| plain(&clocks.told(time, near, &options));
        let limit = "2031-03-07T23:07:14.296Z";
        assert_eq!(told(Reading::Instant, "at 2031-03-07T23:06:04.296Z"), "at 2031-03-07 23:06:04.296~");
        assert_eq!(told(Reading::Local, limit), "2031-03-07 23:07:14.296~", "a limit of a local time");
        assert_eq!(told(Reading::Instant, limit), "2031-03-08 00:07:14.296 +01:00");
        assert_eq!(told(Reading::Local, "2031-03-07T23:07:04.296Z"), "2031-03-08 00:07:04.296 +01:00");
    }

    #[test]
    fn an_instant_within_a_millisecond_of_a_local_time_stays_an_instant() {
        let (local, instant) = (at("2031-03-07T23:06:04.2960001Z"), at("2031-03-07T23:06:04.2969999Z"));
        let mut clocks = Clocks::default();
        clocks.note(local, Reading::Local);
        clocks.note(instant, Reading::Instant);
        assert_eq!([local, instant].map(|time| clocks.reading(time)), [Reading::Local, Reading::Instant]);
        assert_eq!(clocks.reading_in_text(local, Reading::Local), Reading::Instant);
    }
}
