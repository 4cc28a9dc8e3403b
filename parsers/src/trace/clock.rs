//! [`Clockwork`]: the stamps of one trace as instants.
//!
//! A stamp without a date is a time of some day: such traces begin on day 0 (1970-01-01), and a step back of more than
//! twelve hours is the next midnight.

use super::stamp::{Date, SECOND, Stamp, Value};
use crate::time::{self, LocalClock};
use chrono::{DateTime, NaiveDate, NaiveDateTime, TimeDelta, Timelike as _};
use vsscope_model::{Clock, TimeBasis, Timestamp};

/// Nanoseconds of a day.
const DAY: u64 = 24 * 3600 * SECOND;
/// A step back by more than this is a midnight.
const MIDNIGHT: u64 = 12 * 3600 * SECOND;
/// A step ahead by more than this is a line from before midnight that was written behind one from after it.
const BEFORE_MIDNIGHT: u64 = 23 * 3600 * SECOND;

/// A stamp as an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Instant {
    /// The instant, as far as the stamp tells.
    pub time: Timestamp,
    /// Its clock.
    pub clock: Clock,
    /// Smallest step in ns, where it is coarser than 100 ns.
    pub resolution_ns: Option<u64>,
}

/// A second of a day, as the stamps in it are read.
#[derive(Debug, Clone, Copy)]
struct Second {
    date: Date,
    zone: Option<i32>,
    /// Nanoseconds from midnight to its start.
    start: u64,
    /// The instant of its start.
    time: Timestamp,
    clock: Clock,
    told: Told,
    /// Its date contradicts the order of day and month.
    contradicts: bool,
}

/// What the stamps of a trace have in common, and where its clock stands.
#[derive(Debug, Clone)]
pub(super) struct Clockwork {
    local: LocalClock,
    order: Order,
    /// The day of times without a date, and the last of them.
    day: u64,
    last: u64,
    /// The least that any stamp told.
    told: Told,
    /// Dates that contradict the order of day and month.
    pub contradictions: u64,
    /// Whether the second of the last stamp is remembered: most stamps are of the same one, and no zone changes inside of it.
    quick: bool,
    last_second: Option<Second>,
}

/// The order of day and month in dates that leave it open.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Order {
    /// As is usual for the form of the date: month first, but day first between points.
    #[default]
    Usual,
    /// A date showed it.
    DayFirst,
    /// A date showed it.
    MonthFirst,
}

/// How much stamps tell, from least to most; none yet is the most.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Told {
    Ticks,
    Local,
    Utc,
    Nothing,
}

impl Clockwork {
    /// A clock that has seen nothing yet.
    pub fn new(local: LocalClock, quick: bool) -> Self {
        Clockwork {
            local,
            order: Order::Usual,
            day: 0,
            last: 0,
            told: Told::Nothing,
            contradictions: 0,
            quick,
            last_second: None,
        }
    }

    /// Learns the order of day and month from stamps: a number above 12 is no month. Says whether dates need that order
    /// and none showed it.
    pub fn learn_order(&mut self, stamps: impl Iterator<Item = Stamp>) -> bool {
        let mut open = false;
        for stamp in stamps {
            let Value::Day { date: Some(Date::Either { first, second, .. }), .. } = stamp.value else {
                continue;
            };
            open |= first != second;
            if first > 12 {
                self.order = Order::DayFirst;
            } else if second > 12 {
                self.order = Order::MonthFirst;
            }
        }
        open && self.order == Order::Usual
    }

    /// The instant of the next stamp; `None` where it is none that a calendar has.
    pub fn instant(&mut self, stamp: Stamp) -> Option<Instant> {
        if let Some(instant) = self.of_same_second(stamp) {
            return Some(instant);
        }
        let before = self.contradictions;
        let (time, clock, told) = match stamp.value {
            Value::Counter(nanos) => (counted(nanos)?, Clock::Unzoned, Told::Ticks),
            Value::Day { date: None, nanos, .. } => (self.of_day(nanos)?, Clock::Unzoned, Told::Ticks),
            Value::Day { date: Some(date), nanos, zone } => {
                let written = self.dated(date, nanos)?;
                match zone {
                    Some(ahead) => {
                        let ahead = TimeDelta::seconds(i64::from(ahead));
                        (time::earlier(written.and_utc(), ahead), Clock::Trace, Told::Utc)
                    }
                    None => (self.local.instant(written), self.local.clock(), Told::Local),
                }
            }
        };
        if !time::is_plausible(time) {
            return None;
        }
        self.told = self.told.min(told);
        if let Value::Day { date: Some(date), nanos, zone } = stamp.value
            && self.quick
        {
            let start = nanos.saturating_sub(nanos.checked_rem(SECOND)?);
            let contradicts = self.contradictions > before;
            let time = time.with_nanosecond(0)?;
            self.last_second = Some(Second { date, zone, start, time, clock, told, contradicts });
        }
        Some(Instant { time, clock, resolution_ns: resolution(stamp.digits) })
    }

    /// The instant of a stamp in the second of the last one.
    fn of_same_second(&mut self, stamp: Stamp) -> Option<Instant> {
        let last = self.last_second.as_ref()?;
        let Value::Day { date: Some(date), nanos, zone } = stamp.value else { return None };
        let part = nanos.checked_sub(last.start).filter(|part| *part < SECOND)?;
        if date != last.date || zone != last.zone {
            return None;
        }
        let time = last.time.naive_utc().with_nanosecond(u32::try_from(part).ok()?)?.and_utc();
        self.told = self.told.min(last.told);
        self.contradictions = self.contradictions.saturating_add(u64::from(last.contradicts));
        Some(Instant { time, clock: last.clock, resolution_ns: resolution(stamp.digits) })
    }

    /// What the times of the trace are.
    pub fn basis(&self) -> TimeBasis {
        match self.told {
            Told::Ticks => TimeBasis::Ticks,
            Told::Local => self.local.basis(),
            Told::Utc => TimeBasis::Utc,
            Told::Nothing => TimeBasis::Order,
        }
    }

    fn of_day(&mut self, nanos: u64) -> Option<Timestamp> {
        if self.last.saturating_sub(nanos) > MIDNIGHT {
            self.day = self.day.saturating_add(1);
        } else if self.day > 0 && nanos.saturating_sub(self.last) > BEFORE_MIDNIGHT {
            return counted(self.day.saturating_sub(1).saturating_mul(DAY).saturating_add(nanos));
        }
        self.last = nanos;
        counted(self.day.saturating_mul(DAY).saturating_add(nanos))
    }

    fn dated(&mut self, date: Date, nanos: u64) -> Option<NaiveDateTime> {
        let (year, month, day) = match date {
            Date::Sure(year, month, day) => (year, month, day),
            Date::Either { first, second, year, points } => {
                let day_first = match self.order {
                    Order::Usual => points,
                    Order::DayFirst => true,
                    Order::MonthFirst => false,
                };
                let (month, day) = if day_first { (second, first) } else { (first, second) };
                if month > 12 {
                    self.contradictions = self.contradictions.saturating_add(1);
                    (year, day, month)
                } else {
                    (year, month, day)
                }
            }
        };
        let nanos = TimeDelta::nanoseconds(i64::try_from(nanos).ok()?);
        NaiveDate::from_ymd_opt(year, month, day)?.and_hms_opt(0, 0, 0)?.checked_add_signed(nanos)
    }
}

/// The instant this many nanoseconds after the start of the calendar's day 0.
fn counted(nanos: u64) -> Option<Timestamp> {
    let seconds = i64::try_from(nanos.checked_div(SECOND)?).ok()?;
    DateTime::from_timestamp(seconds, u32::try_from(nanos.checked_rem(SECOND)?).ok()?)
}

/// The step of a clock that writes this many digits of a second.
fn resolution(digits: u8) -> Option<u64> {
    (digits < 7).then(|| 10_u64.saturating_pow(9_u32.saturating_sub(u32::from(digits))))
}

#[cfg(test)]
mod tests {
    use super::super::stamp::scan;
    use super::*;

    type Read = (Vec<(String, Clock)>, TimeBasis, u64);

    /// Reads the same with and without remembering a second.
    fn all(zone: Option<chrono_tz::Tz>, texts: &[&str]) -> Read {
        let [slow, quick] = [false, true].map(|quick| -> Read {
            let mut clock = Clockwork::new(LocalClock { zone }, quick);
            let stamps: Vec<Stamp> = texts.iter().map(|text| scan(text).unwrap().0).collect();
            clock.learn_order(stamps.iter().copied());
            let times = stamps.into_iter().map(|stamp| clock.instant(stamp).unwrap());
            let times = times.map(|instant| (instant.time.to_rfc3339(), instant.clock)).collect();
            (times, clock.basis(), clock.contradictions)
        });
        assert_eq!(slow, quick);
        quick
    }

    fn texts(texts: &[&str]) -> Vec<String> {
        all(None, texts).0.into_iter().map(|(text, _)| text).collect()
    }

    #[test]
    fn a_clock_without_a_date_rolls_over_at_midnight_and_takes_a_late_line_back() {
        assert_eq!(
            texts(&["23:59:59.5", "00:00:00.1", "23:59:59.9", "00:00:00.2", "13:00:00", "00:30:00"]),
            [
                "1970-01-01T23:59:59.500+00:00",
                "1970-01-02T00:00:00.100+00:00",
                "1970-01-01T23:59:59.900+00:00",
                "1970-01-02T00:00:00.200+00:00",
                "1970-01-02T13:00:00+00:00",
                "1970-01-03T00:30:00+00:00",
            ]
        );
        assert_eq!(all(Some(chrono_tz::Europe::Berlin), &["23:59:59"]).1, TimeBasis::Ticks);
    }

    #[test]
    fn one_day_above_twelve_tells_the_order_for_all() {
        let first = |dates: &[&str]| texts(dates)[0][..10].to_owned();
        assert_eq!(first(&["3/7/2031 4:05:06", "13/7/2031 4:05:06"]), "2031-07-03");
        assert_eq!(first(&["3/7/2031 4:05:06", "3/13/2031 4:05:06"]), "2031-03-07");
        assert_eq!(first(&["3/7/2031 4:05:06"]), "2031-03-07");
        assert_eq!(first(&["3.7.2031 4:05:06"]), "2031-07-03");
        let (_, _, contradictions) =
            all(None, &["3/13/2031 4:05:06", "14/3/2031 4:05:06", "3/14/2031 4:05:06"]);
        assert_eq!(contradictions, 1);
    }

    #[test]
    fn the_zone_that_the_user_named_holds_only_where_none_is_written() {
        let berlin = Some(chrono_tz::Europe::Berlin);
        assert_eq!(
            all(berlin, &["2031-07-07 04:05:06", "2031-07-07T04:05:06Z"]).0,
            [
                ("2031-07-07T02:05:06+00:00".to_owned(), Clock::Zone),
                ("2031-07-07T04:05:06+00:00".to_owned(), Clock::Trace),
            ]
        );
        assert_eq!(all(None, &["2031-07-07T06:05:06+02:00"]).0[0].0, "2031-07-07T04:05:06+00:00");
        assert_eq!(all(None, &["2031-07-07T04:05:06Z"]).1, TimeBasis::Utc);
        assert_eq!(all(None, &["2031-07-07 04:05:06"]).1, TimeBasis::Local);
    }

    #[test]
    fn stamps_of_one_second_are_as_those_that_stand_alone() {
        let seconds = [
            "14/3/2031 4:05:06",
            "3/14/2031 4:05:06",
            "3/14/2031 23:59:59",
            "2031-10-26 02:59:59",
            "2031-10-26 03:00:00",
        ];
        let stamps: Vec<String> = seconds
            .iter()
            .flat_map(|second| ["", ".5", ".25", ".000000001"].map(|part| format!("{second}{part}")))
            .collect();
        let stamps: Vec<&str> = stamps.iter().map(String::as_str).collect();
        let (times, _, contradictions) = all(Some(chrono_tz::Europe::Berlin), &stamps);
        assert_eq!(
            (times[1].0.as_str(), times[2].0.as_str()),
            ("2031-03-14T03:05:06.500+00:00", "2031-03-14T03:05:06.250+00:00")
        );
        assert_eq!(
            (times[13].0.as_str(), times[17].0.as_str()),
            ("2031-10-26T00:59:59.500+00:00", "2031-10-26T02:00:00.500+00:00")
        );
        assert_eq!(contradictions, 4, "the first date has the day first, three others the month");
    }

    #[test]
    fn the_step_of_a_clock_is_known_by_its_digits() {
        assert_eq!([0, 3, 6, 7, 9].map(resolution), [Some(SECOND), Some(1_000_000), Some(1000), None, None]);
    }
}
