//! Dates as a console prints them: local, in the short form of a language, without saying which one.
//!
//! Seen: `3/7/2031 4:05:09 AM`, `07/03/2031 04:05:09`, `07-03-2031 04:05:09`, `2031/3/7 11:05:09`. Whether day or month
//! stands first is told from all dates of a file: a number above 12 is a day. Where no date tells, none is read, unless day
//! and month are the same number.

use crate::collect::Collector;
use crate::time::{self, LocalClock};
use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use vsscope_model::{IssueKind, TimeBasis, Timestamp};

/// Longest line in which a date is looked for, in bytes; the search begins anew at every number.
const LONGEST: usize = 1000;

/// A date and time as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Written {
    /// The three numbers of the date; the year is the one of four digits.
    year: i32,
    one: u32,
    two: u32,
    /// The year stands first, and the month therefore second.
    year_first: bool,
    time: NaiveTime,
}

/// Which of day and month stands first in the dates of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    DayFirst,
    MonthFirst,
    Unknown,
}

/// The dates of a file: what they are as instants.
#[derive(Debug, Clone, Copy)]
pub(super) struct Dates {
    order: Order,
    local: LocalClock,
}

impl Dates {
    /// Told from all dates of a file.
    pub fn of<'a>(texts: impl Iterator<Item = &'a str>, local: LocalClock) -> Self {
        let mut day_first = false;
        let mut month_first = false;
        for date in texts.filter_map(parse).filter(|date| !date.year_first) {
            day_first |= date.one > 12;
            month_first |= date.two > 12;
        }
        let order = match (day_first, month_first) {
            (true, false) => Order::DayFirst,
            (false, true) => Order::MonthFirst,
            // Dates of two forms in one file: each one stands for itself only.
            (true, true) | (false, false) => Order::Unknown,
        };
        Dates { order, local }
    }

    /// The instant of a date of the file; as if it were UTC where the zone is not known. `None` if it is no date that can
    /// be read, or day and month cannot be told apart.
    pub fn instant(&self, text: &str) -> Option<Timestamp> {
        let date = parse(text)?.resolve(self.order)?;
        Some(self.local.instant(date)).filter(|time| time::is_plausible(*time))
    }

    /// Whether a text is a date whose day and month cannot be told apart.
    pub fn is_ambiguous(&self, text: &str) -> bool {
        parse(text).is_some_and(|date| date.resolve(self.order).is_none())
    }

    /// Enters the instants of the listed shadow copies, and what the times of the input are. `others` tells whether
    /// anything else of the input has a time.
    pub fn enter(&self, others: bool, out: &mut Collector) {
        let (mut read, mut ambiguous) = (0_u64, 0_u64);
        for snapshot in &mut out.inventory().snapshots {
            let Some(text) = &snapshot.created_text else { continue };
            snapshot.created = self.instant(text);
            read = read.saturating_add(u64::from(snapshot.created.is_some()));
            ambiguous = ambiguous.saturating_add(u64::from(self.is_ambiguous(text)));
        }
        if ambiguous > 0 {
            let message = "day and month of a time of creation cannot be told apart; it is kept as text";
            out.issue_of(IssueKind::Note, "", message, ambiguous);
        }
        out.times(if others || read > 0 { self.local.basis() } else { TimeBasis::Order });
    }
}

impl Written {
    fn resolve(self, order: Order) -> Option<NaiveDateTime> {
        let (month, day) = match order {
            _ if self.year_first || self.one == self.two => (self.one, self.two),
            _ if self.one > 12 => (self.two, self.one),
            _ if self.two > 12 => (self.one, self.two),
            Order::MonthFirst => (self.one, self.two),
            Order::DayFirst => (self.two, self.one),
            Order::Unknown => return None,
        };
        Some(NaiveDate::from_ymd_opt(self.year, month, day)?.and_time(self.time))
    }
}

/// The date that ends a text, from its first digit on: `Contained 1 shadow copies at creation time: 3/7/2031 …`.
pub(super) fn date_in(text: &str) -> Option<&str> {
    if text.len() > LONGEST {
        return None;
    }
    let starts = text.char_indices().filter(|(at, c)| {
        let before = text.get(..*at).and_then(|before| before.chars().next_back());
        c.is_ascii_digit() && before.is_none_or(|c| !c.is_ascii_digit())
    });
    let mut tails = starts.filter_map(|(at, _)| text.get(at..));
    tails.find(|tail| parse(tail).is_some()).map(str::trim)
}

/// Reads a text that is a date and a time, and nothing else.
fn parse(text: &str) -> Option<Written> {
    let text = text.trim();
    let (date, rest) = text.split_once(char::is_whitespace)?;
    let separator = date.chars().find(|c| !c.is_ascii_digit()).filter(|c| matches!(c, '/' | '-' | '.'))?;
    let mut numbers = date.split(separator);
    let parts = [numbers.next()?, numbers.next()?, numbers.next()?];
    if numbers.next().is_some() || !parts.iter().all(|part| is_number(part, 4)) {
        return None;
    }
    let time = clock(rest)?;
    let number = |text: &str| text.parse::<u32>().ok();
    let year = |text: &str| text.parse::<i32>().ok().filter(|_| text.len() == 4);
    let [first, second, third] = parts;
    let written = match (year(first), year(third)) {
        (Some(year), None) => {
            Written { year, one: number(second)?, two: number(third)?, year_first: true, time }
        }
        (None, Some(year)) => {
            Written { year, one: number(first)?, two: number(second)?, year_first: false, time }
        }
        _ => return None,
    };
    let fits = |number: u32| (1..=31).contains(&number);
    (fits(written.one) && fits(written.two)).then_some(written)
}

/// Reads `h:mm:ss` with or without a mark of the half of the day in Latin letters.
fn clock(text: &str) -> Option<NaiveTime> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit() && c != ':').unwrap_or(text.len());
    let (digits, mark) = (text.get(..end)?, text.get(end..)?.trim());
    let mut numbers = digits.split(':');
    let (hour, minute, second) = (numbers.next()?, numbers.next()?, numbers.next()?);
    if numbers.next().is_some() || ![hour, minute, second].iter().all(|part| is_number(part, 2)) {
        return None;
    }
    let hour: u32 = hour.parse().ok()?;
    let half = (1..=12).contains(&hour);
    let hour = match mark.replace('.', "").to_ascii_lowercase().as_str() {
        "" => hour,
        "am" if half => hour % 12,
        "pm" if half => (hour % 12).saturating_add(12),
        _ => return None,
    };
    NaiveTime::from_hms_opt(hour, minute.parse().ok()?, second.parse().ok()?)
}

fn is_number(text: &str, longest: usize) -> bool {
    (1..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dates(texts: &[&str]) -> Vec<Option<String>> {
        let dates = Dates::of(texts.iter().copied(), LocalClock::default());
        let instant = |text: &&str| dates.instant(text).map(|time| time.format("%F %T").to_string());
        texts.iter().map(instant).collect()
    }

    // The three forms of console.md 3, and the fourth of console.md 1.
    #[test]
    fn one_day_above_twelve_orders_all_dates_of_a_file() {
        let expect = |texts: &[&str], all: &[&str]| {
            assert_eq!(dates(texts), all.iter().map(|t| Some((*t).to_owned())).collect::<Vec<_>>());
        };
        expect(
            &["3/7/2031 4:05:09 AM", "12/25/2031 11:05:09 PM"],
            &["2031-03-07 04:05:09", "2031-12-25 23:05:09"],
        );
        expect(
            &["07/03/2031 04:05:09", "25/12/2031 23:05:09"],
            &["2031-03-07 04:05:09", "2031-12-25 23:05:09"],
        );
        expect(
            &["07-03-2031 04:05:09", "13-01-2031 00:00:00"],
            &["2031-03-07 04:05:09", "2031-01-13 00:00:00"],
        );
        expect(&["2031/3/7 11:05:09"], &["2031-03-07 11:05:09"]);
        expect(&["5/5/2031 12:00:01 AM"], &["2031-05-05 00:00:01"]);
    }

    #[test]
    fn a_date_that_could_be_two_days_is_none() {
        assert_eq!(dates(&["3/7/2031 4:05:09 AM"]), [None]);
        let two_forms = dates(&["13/1/2031 4:05:09", "1/13/2031 4:05:09", "3/7/2031 4:05:09"]);
        assert_eq!(two_forms.iter().map(Option::is_some).collect::<Vec<_>>(), [true, true, false]);
    }

    #[test]
    fn what_is_no_date_of_a_known_form_is_none() {
        for text in [
            "2031-03-07",
            "13/13/2031 1:00:00",
            "32/1/2031 1:00:00",
            "25/1/31 1:00:00",
            "2031/3/7 下午 1:00:00",
        ] {
            assert_eq!(dates(&[text]), [None], "{text}");
        }
    }

    #[test]
    fn the_date_is_found_behind_its_label() {
        let line = "   Contained 2 shadow copies at creation time: 12/25/2031 11:05:09 PM";
        assert_eq!(date_in(line), Some("12/25/2031 11:05:09 PM"));
        assert_eq!(date_in("Writer 2: none"), None);
    }
}
