//! Times, durations and counts as people read them. Blanks within a time or a duration are hard: lines do not break there.

use super::TextOptions;
use super::style::HARD_BLANK;
use chrono::{DateTime, Offset, SecondsFormat};
use vsscope_model::Timestamp;

impl TextOptions {
    /// `Z`, or the offset of the page's zone at this time.
    pub(super) fn offset(&self, time: Timestamp) -> String {
        match self.tz {
            chrono_tz::UTC | chrono_tz::Etc::UTC => "Z".to_owned(),
            tz => {
                let offset = time.with_timezone(&tz).offset().fix();
                let whole =
                    DateTime::UNIX_EPOCH.with_timezone(&offset).to_rfc3339_opts(SecondsFormat::Secs, false);
                format!("{HARD_BLANK}{}", &whole[whole.len() - 6..])
            }
        }
    }
}

/// A duration: `0.265 s`, `15 min 20 s`, `4 h 17 min`, `3 d 4 h`.
pub(crate) fn duration(ms: f64) -> String {
    written_duration(ms).replace(' ', &HARD_BLANK.to_string())
}

fn written_duration(ms: f64) -> String {
    let (sign, ms) = if ms < 0.0 { ("-", -ms) } else { ("", ms) };
    let seconds = (ms / 1000.0).floor();
    let two = |unit: f64, large: &str, small_unit: f64, small: &str| {
        format!(
            "{sign}{} {large} {} {small}",
            (seconds / unit).floor(),
            (seconds % unit / small_unit).floor()
        )
    };
    match seconds {
        _ if ms == 0.0 => "0 s".to_owned(),
        _ if ms < 0.5 => format!("{sign}<0.001 s"),
        s if s < 100.0 => format!("{sign}{:.3} s", ms / 1000.0),
        s if s < 3600.0 => two(60.0, "min", 1.0, "s"),
        s if s < 86_400.0 => two(3600.0, "h", 60.0, "min"),
        _ => two(86_400.0, "d", 3600.0, "h"),
    }
}

/// A documented limit: whole seconds without decimals.
pub(crate) fn limit(ms: f64) -> String {
    if ms % 1000.0 == 0.0 { format!("{}{HARD_BLANK}s", ms / 1000.0) } else { duration(ms) }
}

/// Milliseconds from one instant to another.
pub(super) fn millis(from: Timestamp, to: Timestamp) -> f64 {
    (to - from)
        .num_microseconds()
        .map_or_else(|| (to - from).num_milliseconds() as f64, |us| us as f64 / 1000.0)
}

/// `48,211`.
pub(super) fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 error`, `2 errors`.
pub(super) fn count(number: usize, one: &str) -> String {
    format!("{} {one}{}", thousands(number as u64), if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(text: String) -> String {
        text.replace(HARD_BLANK, " ")
    }

    #[test]
    fn durations_pick_their_units() {
        let all = [0.0, 0.2, 15.6, 61_200.0, 920_500.0, 15_420_000.0, 273_600_000.0, -1500.0]
            .map(|ms| plain(duration(ms)));
        let want =
            ["0 s", "<0.001 s", "0.016 s", "61.200 s", "15 min 20 s", "4 h 17 min", "3 d 4 h", "-1.500 s"];
        assert_eq!(all, want);
    }

    #[test]
    fn counts_are_grouped_and_numbered() {
        assert_eq!([0, 999, 1000, 1_234_567].map(thousands), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!((count(1, "error"), count(0, "error")), ("1 error".into(), "0 errors".into()));
    }
}
