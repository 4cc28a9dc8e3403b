//! Time stamps as the containers spell them.

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, Offset as _, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use vsscope_model::{Clock, TimeBasis, Timestamp};

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
    usual(text).or_else(|| stamp(text)).filter(|stamp| is_plausible(stamp.time))
}

/// The spelling of nearly all stamps, `2031-03-07T04:05:06.123Z` with a blank for the `T` or without the `Z`: logs have
/// millions of them, and grammars take ten times as long.
fn usual(text: &str) -> Option<Stamp> {
    let bytes = text.as_bytes();
    let (bytes, zoned) = bytes.strip_suffix(b"Z").map_or((bytes, false), |bytes| (bytes, true));
    let (
        &[y0, y1, y2, y3, b'-', o0, o1, b'-', d0, d1, b'T' | b' ', h0, h1, b':', m0, m1, b':', s0, s1],
        rest,
    ) = bytes.split_first_chunk::<19>()?
    else {
        return None;
    };
    let year = i32::try_from(digits(&[y0, y1, y2, y3])?).ok()?;
    let date = NaiveDate::from_ymd_opt(year, digits(&[o0, o1])?, digits(&[d0, d1])?)?;
    let nanoseconds = match rest.split_first() {
        None => 0,
        Some((b'.', fraction)) => nanoseconds(fraction)?,
        Some(_) => return None,
    };
    let time = date.and_hms_nano_opt(
        digits(&[h0, h1])?,
        digits(&[m0, m1])?,
        // The grammars know leap seconds.
        digits(&[s0, s1]).filter(|seconds| *seconds < 60)?,
        nanoseconds,
    );
    Some(Stamp { time: time?.and_utc(), zoned })
}

/// One to nine digits behind the point of a second.
fn nanoseconds(fraction: &[u8]) -> Option<u32> {
    let scale = u32::try_from(fraction.len()).ok().filter(|length| *length > 0)?;
    digits(fraction)?.checked_mul(10_u32.checked_pow(9_u32.checked_sub(scale)?)?)
}

/// The number that these digits write.
fn digits(text: &[u8]) -> Option<u32> {
    text.iter().try_fold(0_u32, |number, digit| {
        let digit = char::from(*digit).to_digit(10)?;
        number.checked_mul(10)?.checked_add(digit)
    })
}

fn stamp(text: &str) -> Option<Stamp> {
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

/// The instant of a FILETIME: steps of 100 ns since 1601, UTC (MS-DTYP 2.3.3).
pub(crate) fn from_filetime(steps: i64) -> Option<Timestamp> {
    const PER_SECOND: i64 = 10_000_000;
    const FROM_1601_TO_1970: i64 = 11_644_473_600;
    let seconds = steps.div_euclid(PER_SECOND).checked_sub(FROM_1601_TO_1970)?;
    let nanoseconds = u32::try_from(steps.rem_euclid(PER_SECOND)).ok()?.checked_mul(100)?;
    DateTime::from_timestamp(seconds, nanoseconds)
}

/// Whether a time can come from Windows, whose clock starts in 1601. The calendar of the computations ends far later, but
/// it does end, and nobody behind the readers should have to think of that.
pub(crate) fn is_plausible(time: Timestamp) -> bool {
    (1601..=9999).contains(&time.year())
}

/// The step in which the zones of the world differ.
pub(crate) const QUARTER_HOUR: i64 = 15 * 60;
/// The farthest zones are 14 hours from UTC.
const FARTHEST_ZONE: i64 = 14 * 4;
/// How far a difference of zones may be from a step, in seconds: a record is written a moment after its event.
const ZONE_TOLERANCE: i64 = 2 * 60;

/// How far a time as written is ahead of UTC, in quarters of an hour; `None` if no zone explains the difference.
pub(crate) fn zone_between(written: Timestamp, utc: Timestamp) -> Option<i64> {
    let seconds = written.signed_duration_since(utc).num_seconds();
    let quarters = seconds.saturating_add(QUARTER_HOUR / 2).div_euclid(QUARTER_HOUR);
    let rest = seconds.saturating_sub(quarters.saturating_mul(QUARTER_HOUR));
    (quarters.abs() <= FARTHEST_ZONE && rest.abs() <= ZONE_TOLERANCE).then_some(quarters)
}

/// The instant moved back by this much; unchanged where that would leave the calendar.
pub(crate) fn earlier(time: Timestamp, by: TimeDelta) -> Timestamp {
    time.checked_sub_signed(by).unwrap_or(time)
}

/// How far the clocks of a zone are ahead of UTC at a local time. A time that occurs twice means its earlier reading; one
/// that does not occur (the clocks were put forward over it) is read with the offset before the change.
pub(crate) fn ahead_of_utc(zone: Tz, written: Timestamp) -> TimeDelta {
    let local = written.naive_utc();
    let offset = |local: &NaiveDateTime| zone.offset_from_local_datetime(local).earliest();
    let before = || offset(&local.checked_sub_signed(TimeDelta::hours(3))?);
    let seconds = offset(&local).or_else(before).map_or(0, |offset| offset.fix().local_minus_utc());
    TimeDelta::seconds(i64::from(seconds))
}

/// A clock that shows local times without their zone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct LocalClock {
    /// The zone that the user named.
    pub zone: Option<Tz>,
}

impl LocalClock {
    /// The instant of a local time; as it is written (as if it were UTC) where no zone was named.
    pub fn instant(self, local: NaiveDateTime) -> Timestamp {
        let written = local.and_utc();
        self.zone.map_or(written, |zone| earlier(written, ahead_of_utc(zone, written)))
    }

    /// Which clock an event has that was read so.
    pub fn clock(self) -> Clock {
        if self.zone.is_some() { Clock::Zone } else { Clock::Unzoned }
    }

    /// What the times of an input are that was read so.
    pub fn basis(self) -> TimeBasis {
        match self.zone {
            Some(zone) => TimeBasis::Given { zone: zone.name().to_owned() },
            None => TimeBasis::Local,
        }
    }
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

    proptest::proptest! {
        /// Anything near the usual spelling, also with parts that are out of range.
        #[test]
        fn the_short_way_gives_what_the_grammars_give(
            text in "[12][0-9]{3}-[01][0-9]-[0-3][0-9][T t]?[0-2][0-9]:[0-6][0-9]:[0-6][0-9](\\.[0-9]{0,11})?(Z|z| UTC|\\+02:00)?",
        ) {
            if let Some(usual) = usual(&text) {
                proptest::prop_assert_eq!(Some(usual), stamp(&text));
            }
        }
    }

    #[test]
    fn usual_spellings_need_no_grammar() {
        for text in ["2031-03-07T04:05:06.1234567Z", "2031-03-07 04:05:06.123", "2031-03-07 04:05:06"] {
            assert!(usual(text).is_some(), "{text}");
        }
    }

    #[test]
    fn a_step_of_100_ns_is_kept() {
        assert_eq!(parse("2031-03-07T04:05:06.1234567Z").unwrap().time.timestamp_subsec_nanos(), 123_456_700);
    }

    #[test]
    fn only_steps_of_a_quarter_hour_are_zones() {
        let utc = at("2031-03-07T04:05:06Z");
        for (written, zone) in [
            ("2031-03-07T04:05:07Z", Some(0)),
            ("2031-03-06T21:05:06Z", Some(-28)),
            ("2031-03-07T09:51:00Z", Some(23)),
            ("2031-03-07T04:13:06Z", None),
            ("2031-03-08T04:05:06Z", None),
        ] {
            assert_eq!(zone_between(at(written), utc), zone, "{written}");
        }
    }

    #[test]
    fn what_is_no_time_is_absent() {
        for text in
            ["", "yesterday", "2031-13-07 04:05:06", "1234", "+262142-01-01 00:00:00", "0001-01-01 00:00:00"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
