//! The window of a run: `--since`, `--until` and `--around`, in the zone of `--tz`.

use crate::cli::RunArgs;
use anyhow::{Context as _, Result, bail};
use chrono::{DateTime, Duration, NaiveDate, NaiveDateTime, TimeZone, Utc};
use chrono_tz::Tz;
use vsscope_model::Timestamp;

/// A point in time as an option names it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Moment {
    /// An instant.
    At(Timestamp),
    /// So long before the end of the evidence.
    BeforeEnd(Duration),
}

impl Moment {
    /// The instant, for evidence that ends at `end`.
    pub fn resolve(self, end: Timestamp) -> Timestamp {
        match self {
            Moment::At(time) => time,
            Moment::BeforeEnd(duration) => end - duration,
        }
    }
}

/// Both ends of a window.
pub type Ends = (Option<Moment>, Option<Moment>);

/// `--since` and `--until`, or `--around`; either of the two may be an `around` itself, which gives both ends.
///
/// A local time that a change of the clock makes ambiguous opens the window at its earlier reading and closes it at the
/// later one; one that the clock was put forward over is an error.
pub fn window(args: &RunArgs, tz: Tz) -> Result<Ends> {
    if let Some(text) = &args.around {
        return around(text, tz).context("--around");
    }
    let mut ends = (None, None);
    for (option, text) in [("--since", &args.since), ("--until", &args.until)] {
        let Some(text) = text else { continue };
        if let Some(text) = text.trim().strip_prefix("around ") {
            if args.since.is_some() && args.until.is_some() {
                bail!("{option}: \"around\" gives both ends; leave out the other of --since and --until");
            }
            return around(text, tz).context(option);
        }
        let (earliest, latest) = match duration(text) {
            Some(duration) => (Moment::BeforeEnd(duration), Moment::BeforeEnd(duration)),
            None => {
                let (earliest, latest) = readings(text, tz).context(option)?;
                (Moment::At(earliest), Moment::At(latest))
            }
        };
        match option {
            "--since" => ends.0 = Some(earliest),
            _ => ends.1 = Some(latest),
        }
    }
    let backwards = match ends {
        (Some(Moment::At(since)), Some(Moment::At(until))) => since > until,
        (Some(Moment::BeforeEnd(since)), Some(Moment::BeforeEnd(until))) => since < until,
        _ => false,
    };
    if backwards {
        bail!("--since is later than --until: nothing lies between them");
    }
    Ok(ends)
}

/// `TIME +- DURATION`; ten minutes to either side where no duration is given.
fn around(text: &str, tz: Tz) -> Result<Ends> {
    const SPREAD: Duration = Duration::minutes(10);
    let (time, spread) = match text.split_once("+-").or_else(|| text.split_once('±')) {
        Some((time, spread)) => {
            let spread = duration(spread).with_context(|| {
                format!("{text:?}: expected \"TIME +- DURATION\", for example 2031-03-04 05:06 +- 10m")
            })?;
            (time, spread)
        }
        None => (text, SPREAD),
    };
    let (earliest, latest) = readings(time, tz)?;
    Ok((Some(Moment::At(earliest - spread)), Some(Moment::At(latest + spread))))
}

/// `90s`, `10m`, `2h`, `3d`; at most a hundred years.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let text = text.trim();
    let unit = text.chars().last()?;
    let count: i64 =
        text.strip_suffix(unit)?.trim().parse().ok().filter(|n| (0..=3_155_760_000).contains(n))?;
    let seconds = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        _ => return None,
    };
    Duration::try_seconds(count.checked_mul(seconds)?).filter(|d| *d <= Duration::days(36_525))
}

/// A time that names its offset: RFC 3339, and as the reports write it (`2031-03-05 06:06:06.205 +01:00`).
fn with_offset(text: &str) -> Option<Timestamp> {
    const FORMS: &[&str] = &["%Y-%m-%d %H:%M:%S%.f %:z", "%Y-%m-%d %H:%M %:z", "%Y-%m-%dT%H:%M%:z"];
    let spelled =
        text.strip_suffix(['Z', 'z']).map(|time| format!("{} +00:00", time.trim_end().replace('T', " ")));
    let text = spelled.as_deref().unwrap_or(text);
    let time = DateTime::parse_from_rfc3339(text).ok();
    let time = time.or_else(|| FORMS.iter().find_map(|form| DateTime::parse_from_str(text, form).ok()));
    Some(time?.with_timezone(&Utc))
}

/// A time with its offset, or a date with or without a time in the zone of `--tz`: the earliest and the latest instant that it can mean.
fn readings(text: &str, tz: Tz) -> Result<(Timestamp, Timestamp)> {
    // The reports mark local times of an unknown zone so.
    let text = text.trim().trim_end_matches('~');
    if let Some(time) = with_offset(text) {
        return Ok((time, time));
    }
    const FORMS: &[&str] =
        &["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"];
    let local = FORMS
        .iter()
        .find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())
        .or_else(|| NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.and_hms_opt(0, 0, 0))
        .with_context(|| {
            format!("{text:?} is not a time (for example 2031-03-04T05:06:00Z or 2031-03-04 05:06)")
        })?;
    let readings = tz.from_local_datetime(&local);
    let utc = |time: DateTime<Tz>| time.with_timezone(&Utc);
    readings
        .earliest()
        .zip(readings.latest())
        .map(|(earliest, latest)| (utc(earliest), utc(latest)))
        .with_context(|| format!("{text:?} does not exist in {tz}: the clock was put forward over it"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(since: &str) -> RunArgs {
        RunArgs { since: Some(since.to_owned()), ..RunArgs::default() }
    }

    fn at(text: &str) -> Option<Moment> {
        Some(Moment::At(text.parse().expect("a time")))
    }

    #[test]
    fn a_time_without_a_zone_is_read_in_the_zone_of_the_output() {
        let berlin: Tz = "Europe/Berlin".parse().expect("a zone");
        let (since, _) = window(&args("2031-07-04 05:06"), berlin).expect("a window");
        assert_eq!(since, at("2031-07-04T03:06:00Z"));
        assert!(window(&args("2031-03-30 02:30"), berlin).is_err(), "the hour that summer time leaves out");
    }

    #[test]
    fn times_as_the_reports_print_them_are_read() {
        for (text, utc) in [
            ("2031-03-05 06:06:06.205 +01:00", "2031-03-05T05:06:06.205Z"),
            ("2031-03-05 06:06 +01:00", "2031-03-05T05:06:00Z"),
            ("2031-03-05T06:06:06+01:00", "2031-03-05T05:06:06Z"),
            ("2031-03-05 05:06:06.205Z", "2031-03-05T05:06:06.205Z"),
            ("2031-03-05 05:06Z", "2031-03-05T05:06:00Z"),
            ("2031-03-05T05:06:06Z", "2031-03-05T05:06:06Z"),
            ("2031-03-05 05:06:02.935~", "2031-03-05T05:06:02.935Z"),
        ] {
            let (since, _) = window(&args(text), Tz::UTC).unwrap_or_else(|error| panic!("{text}: {error:#}"));
            assert_eq!(since, at(utc), "{text}");
        }
    }

    #[test]
    fn an_hour_that_comes_twice_is_in_the_window_both_times() {
        let berlin: Tz = "Europe/Berlin".parse().expect("a zone");
        // On 26 October 2031 the clock goes back from 03:00 +02:00 to 02:00 +01:00.
        let args = RunArgs { until: Some("2031-10-26 02:30".to_owned()), ..args("2031-10-26 02:10") };
        let ends = window(&args, berlin).expect("a window");
        assert_eq!(ends, (at("2031-10-26T00:10:00Z"), at("2031-10-26T01:30:00Z")));
        let around = RunArgs { around: Some("2031-10-26 02:30".to_owned()), ..RunArgs::default() };
        let ends = window(&around, berlin).expect("a window");
        assert_eq!(ends, (at("2031-10-26T00:20:00Z"), at("2031-10-26T01:40:00Z")));
    }

    #[test]
    fn around_gives_both_ends() {
        let window = window(&args("around 2031-03-04 05:06 +- 10m"), Tz::UTC).expect("a window");
        assert_eq!(window, (at("2031-03-04T04:56:00Z"), at("2031-03-04T05:16:00Z")));
        let of = |text: &str| {
            let args = RunArgs { around: Some(text.to_owned()), ..RunArgs::default() };
            super::window(&args, Tz::UTC)
        };
        assert_eq!(
            of("2031-03-04 05:06 ± 1h").ok(),
            Some((at("2031-03-04T04:06:00Z"), at("2031-03-04T06:06:00Z")))
        );
        assert_eq!(
            of("2031-03-04 05:06").ok(),
            Some((at("2031-03-04T04:56:00Z"), at("2031-03-04T05:16:00Z")))
        );
        assert!(of("2031-03-04 05:06 +- soon").is_err());
        assert!(of("2h").is_err(), "a duration is no time");
    }

    #[test]
    fn a_window_that_nothing_can_lie_in_is_an_error() {
        let window = |since: &str, until: &str| {
            window(&RunArgs { until: Some(until.to_owned()), ..args(since) }, Tz::UTC).map(|_| ())
        };
        assert!(window("2031-03-04", "2031-03-05").is_ok());
        assert!(window("2h", "1h").is_ok());
        assert!(window("2031-03-05", "2031-03-04").is_err());
        assert!(window("1h", "2h").is_err());
        assert!(window("around 2031-03-04 05:06 +- 10m", "2031-03-05").is_err(), "two ends too many");
    }

    #[test]
    fn durations_count_back_from_the_end_of_the_evidence() {
        let (since, _) = window(&args("2h"), Tz::UTC).expect("a window");
        let end = "2031-03-04T05:06:00Z".parse().expect("a time");
        assert_eq!(since.map(|m| m.resolve(end)), Some("2031-03-04T03:06:00Z".parse().expect("a time")));
        assert!(window(&args("yesterday"), Tz::UTC).is_err());
        assert!(window(&args("9223372036854775807d"), Tz::UTC).is_err());
    }
}
