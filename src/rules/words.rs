//! Times, durations and names as findings write them.

use chrono::{SecondsFormat, TimeDelta};
use vsscope_model::{CallRecord, Event, HResult, Session, Timestamp};

/// An instant, ISO 8601 in UTC with milliseconds; "an unknown time" for what has none.
pub fn iso(time: Timestamp) -> String {
    if time == Event::NO_TIME {
        return "an unknown time".to_owned();
    }
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A duration in seconds with one to three decimals: `61.0 s`, `0.125 s`.
pub fn seconds(ms: f64) -> String {
    let text = format!("{:.3}", ms / 1000.0);
    let text = text.trim_end_matches('0');
    let zero = if text.ends_with('.') { "0" } else { "" };
    format!("{text}{zero} s")
}

/// The time between two instants in ms.
pub fn millis(from: Timestamp, to: Timestamp) -> f64 {
    length(to - from)
}

/// A length of time in ms.
pub fn length(delta: TimeDelta) -> f64 {
    // Microseconds of any span of log time are far below 2^53.
    delta.num_microseconds().map_or(f64::INFINITY, |us| us as f64 / 1000.0)
}

/// A code with its symbolic name, where there is one.
pub fn code(hresult: HResult) -> String {
    match hresult.name() {
        Some(name) => format!("{hresult} {name}"),
        None => hresult.to_string(),
    }
}

/// A call with its time and, if it failed, its result.
pub fn call(call: &CallRecord) -> String {
    let failure = call.hresult.or(call.accepted).filter(|_| call.failed());
    match failure {
        Some(hresult) => format!("{} at {} ({})", call.method, iso(call.started), code(hresult)),
        None => format!("{} at {}", call.method, iso(call.started)),
    }
}

/// Calls in one line: the first three, and how many more.
pub fn calls(calls: &[&CallRecord]) -> String {
    const NAMED: usize = 3;
    let mut named: Vec<String> = calls.iter().take(NAMED).map(|record| call(record)).collect();
    match calls.len().saturating_sub(NAMED) {
        0 => {}
        more => named.push(format!("{more} more")),
    }
    list(&named)
}

/// Who is behind a session: `vshadow.exe (pid 4120)`.
pub fn requester(session: &Session) -> String {
    match (session.requester.image_name(), session.requester.pid) {
        (Some(image), Some(pid)) => format!("{image} (pid {pid})"),
        (Some(image), None) => image.to_owned(),
        (None, Some(pid)) => format!("the requester with pid {pid}"),
        (None, None) => "the requester".to_owned(),
    }
}

/// Names in one line: `a, b and c`.
pub fn list<T: AsRef<str>>(names: &[T]) -> String {
    match names {
        [] => String::new(),
        [only] => only.as_ref().to_owned(),
        [head @ .., last] => {
            let head: Vec<&str> = head.iter().map(AsRef::as_ref).collect();
            format!("{} and {}", head.join(", "), last.as_ref())
        }
    }
}

/// The first characters of a text that a log quotes.
pub fn excerpt(text: &str) -> String {
    const LONGEST: usize = 240;
    // Control characters of a quoted text would reach a terminal.
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let flat = words.collect::<Vec<_>>().join(" ");
    match flat.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}…", &flat[..at]),
        None => flat,
    }
}

/// A text with a capital first letter.
pub fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// `once`, `3 times`.
pub fn times(count: usize) -> String {
    match count {
        1 => "once".to_owned(),
        n => format!("{n} times"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_have_one_to_three_decimals() {
        assert_eq!(seconds(61_000.0), "61.0 s");
        assert_eq!(seconds(60_070.4), "60.07 s");
        assert_eq!(seconds(125.0), "0.125 s");
    }

    #[test]
    fn lists_read_as_sentences() {
        assert_eq!(list(&["a"]), "a");
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
        assert_eq!(capital("the requester"), "The requester");
        assert_eq!(excerpt("a\r\n  b\u{1b}[2J"), "a b [2J");
    }
}
