//! Time stamps as the containers spell them.

use chrono::{DateTime, NaiveDateTime, TimeDelta, Utc};
use vsscope_model::Timestamp;

/// A time stamp as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    /// The instant, taken as UTC where no zone is written.
    pub time: Timestamp,
    /// Whether a zone is written.
    pub zoned: bool,
}

/// Reads `2031-03-07T04:05:06.1234567Z` and its kin: with `T` or a blank, any number of digits of the second, and a zone
/// or none.
pub(crate) fn parse(text: &str) -> Option<Stamp> {
    let text = text.trim();
    if let Ok(time) = DateTime::parse_from_rfc3339(text) {
        return Some(Stamp { time: time.with_timezone(&Utc), zoned: true });
    }
    let (text, zoned) = match text.strip_suffix(" UTC") {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"]
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .map(|time| Stamp { time: time.and_utc(), zoned })
}

/// The instant moved back by this much; unchanged where that would leave the calendar.
pub(crate) fn earlier(time: Timestamp, by: TimeDelta) -> Timestamp {
    time.checked_sub_signed(by).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn all_spellings_give_the_same_instant() {
        let expected = at("2031-03-07T04:05:06.123Z");
        for (text, zoned) in [
            ("2031-03-07T04:05:06.123Z", true),
            ("2031-03-07 04:05:06.123", false),
            ("2031-03-07T04:05:06.1230000", false),
            ("2031-03-07 04:05:06.123 UTC", true),
            ("2031-03-07T06:05:06.123+02:00", true),
        ] {
            assert_eq!(parse(text), Some(Stamp { time: expected, zoned }), "{text}");
        }
    }

    #[test]
    fn a_step_of_100_ns_is_kept() {
        assert_eq!(parse("2031-03-07T04:05:06.1234567Z").unwrap().time.timestamp_subsec_nanos(), 123_456_700);
    }

    #[test]
    fn what_is_no_time_is_absent() {
        for text in ["", "yesterday", "2031-13-07 04:05:06", "1234"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
