//! The clocks of event traces, in integers: a stamp becomes a FILETIME exactly, to its 100 ns.

use super::logfile::Logfile;
use vsscope_model::Timestamp;

/// 100 ns steps per second.
const PER_SECOND: i64 = 10_000_000;
/// A stamp that lies further than this before the start of its session is damage: one day, in 100 ns.
const BEFORE_START: i64 = 86_400 * PER_SECOND;
/// A stamp that lies further than this behind it is damage: no machine runs twenty years without a new start.
const AFTER_START: i64 = 20 * 366 * BEFORE_START;

/// How the stamps of a file become times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TraceClock {
    /// A counter: `ticks` of it are `steps` of 100 ns; at `stamp` it was `start`.
    Counter {
        /// FILETIME.
        start: i64,
        /// Stamp of the counter.
        stamp: i64,
        /// Ticks …
        ticks: i64,
        /// … that are this many steps.
        steps: i64,
    },
    /// The stamps are FILETIMEs.
    System {
        /// FILETIME of the session's start.
        start: i64,
    },
    /// Nothing says what the stamps are; only their order counts.
    Unknown,
}

impl TraceClock {
    /// The clock of a file with this header.
    pub fn of(header: &Logfile) -> Self {
        let counter = |ticks, steps| match (ticks, header.started) {
            (1.., 1..) => TraceClock::Counter { start: header.started, stamp: header.stamp, ticks, steps },
            _ => TraceClock::Unknown,
        };
        match header.clock {
            1 => counter(header.frequency, PER_SECOND),
            // The stamp of the header event is the start then, and it stays right where `StartTime` was wiped.
            2 => TraceClock::System { start: header.stamp },
            3 => counter(i64::from(header.mhz), PER_SECOND / 1_000_000),
            _ => TraceClock::Unknown,
        }
    }

    /// The FILETIME of a stamp; `None` if the clock is unknown or the time cannot be one of this session.
    pub fn filetime(self, raw: i64) -> Option<i64> {
        let (start, time) = match self {
            TraceClock::Unknown => return None,
            TraceClock::System { start } => (start, raw),
            TraceClock::Counter { start, stamp, ticks, steps } => {
                let since = i128::from(raw).checked_sub(i128::from(stamp))?;
                let since = since.checked_mul(i128::from(steps))?.checked_div_euclid(i128::from(ticks))?;
                (start, i64::try_from(since.checked_add(i128::from(start))?).ok()?)
            }
        };
        let since = time.checked_sub(start)?;
        let possible = since >= BEFORE_START.saturating_neg() && since <= AFTER_START;
        (possible && time > 0).then_some(time)
    }

    /// Whether a stamp can be of this session. Without a clock nothing speaks against it.
    pub fn allows(self, raw: i64) -> bool {
        self == TraceClock::Unknown || self.time(raw).is_some()
    }

    /// The time of a stamp.
    pub fn time(self, raw: i64) -> Option<Timestamp> {
        self.filetime(raw).and_then(timestamp)
    }

    /// How many units of the stamp are a tenth of a second; zero if that is unknown.
    pub fn tenth_of_second(self) -> i64 {
        match self {
            TraceClock::Counter { ticks, steps, .. } => {
                let second = i128::from(PER_SECOND).saturating_mul(i128::from(ticks));
                let tenth = second.checked_div(i128::from(steps).saturating_mul(10)).unwrap_or(0);
                i64::try_from(tenth).unwrap_or(0)
            }
            TraceClock::System { .. } => PER_SECOND / 10,
            TraceClock::Unknown => 0,
        }
    }
}

/// The instant of a FILETIME, if it is one that Windows can have.
pub(super) fn timestamp(filetime: i64) -> Option<Timestamp> {
    crate::time::from_filetime(filetime).filter(|time| crate::time::is_plausible(*time))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2024-12-30T02:40:00Z.
    const START: i64 = 133_800_000_000_000_000;

    fn counter(ticks: i64, steps: i64) -> TraceClock {
        TraceClock::Counter { start: START, stamp: 1_000, ticks, steps }
    }

    #[test]
    fn stamps_of_all_clocks_are_exact() {
        let expected: Timestamp = "2024-12-30T02:40:00.0000100Z".parse().unwrap();
        // 10 microseconds: 100 ticks at 10 MHz, 24,000 cycles at 2,400 MHz.
        assert_eq!(counter(10_000_000, PER_SECOND).time(1_100), Some(expected));
        assert_eq!(counter(2_400, 10).time(25_000), Some(expected));
        assert_eq!(TraceClock::System { start: START }.time(START + 100), Some(expected));
    }

    #[test]
    fn a_slow_counter_after_a_year_has_no_rounding_of_floats() {
        // 3,579,545 Hz for 365 days: exactly that many seconds.
        let raw = 1_000 + 3_579_545 * 365 * 86_400;
        let expected = START + 365 * 86_400 * PER_SECOND;
        assert_eq!(counter(3_579_545, PER_SECOND).filetime(raw), Some(expected));
    }

    #[test]
    fn a_time_that_no_session_can_have_is_absent() {
        let clock = counter(10_000_000, PER_SECOND);
        for raw in [i64::MAX, i64::MIN, -2 * BEFORE_START, AFTER_START + 2_000] {
            assert_eq!(clock.time(raw), None, "{raw}");
        }
        assert_eq!(TraceClock::System { start: 0 }.time(0), None);
        assert_eq!(TraceClock::Unknown.time(1), None);
    }

    #[test]
    fn a_tenth_of_a_second_in_every_unit() {
        assert_eq!(counter(10_000_000, PER_SECOND).tenth_of_second(), 1_000_000);
        assert_eq!(counter(2_400, 10).tenth_of_second(), 240_000_000);
        assert_eq!(counter(i64::MAX, 10).tenth_of_second(), 0);
    }
}
