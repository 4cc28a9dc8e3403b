//! Time stamps at the start of a piece of text, read by hand: they stand on every line of a trace.
//!
//! No document says how VSS traces write the time, so that every common form is taken: `2031-03-07 04:05:06.123`,
//! `3/7/2031 4:05:06 AM`, `07.03.2031 04:05:06,123`, `03/07/2031-04:05:06.123`, `04:05:06.1234567`, `04:05:06:123`, and
//! seconds with a fraction. What a stamp means as an instant is [`super::clock`]'s business.

/// A time stamp as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    /// What it holds.
    pub value: Value,
    /// Digits of the fraction of a second.
    pub digits: u8,
}

/// What a time stamp holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    /// A time of day, with its date and zone where they are written.
    Day {
        /// The date.
        date: Option<Date>,
        /// Nanoseconds since midnight.
        nanos: u64,
        /// Seconds that its zone is ahead of UTC.
        zone: Option<i32>,
    },
    /// Nanoseconds since an unknown moment.
    Counter(u64),
}

/// A date as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Date {
    /// Year, month, day: nothing to doubt.
    Sure(i32, u32, u32),
    /// Day and month in an order that depends on the machine's language.
    Either {
        /// The first number.
        first: u32,
        /// The second number.
        second: u32,
        /// The year.
        year: i32,
        /// Points stand between the numbers; such dates have the day first wherever they are in use.
        points: bool,
    },
}

impl Stamp {
    /// The same later by nanoseconds that are less than a second; only its fraction differs.
    pub fn with_fraction(self, part: u64) -> Self {
        let value = match self.value {
            Value::Day { date, nanos, zone } => Value::Day { date, nanos: nanos.saturating_add(part), zone },
            Value::Counter(nanos) => Value::Counter(nanos.saturating_add(part)),
        };
        Stamp { value, ..self }
    }

    /// The same earlier by so many nanoseconds of its fraction; `None` for a counter.
    pub fn without_fraction(self, part: u64) -> Option<Self> {
        let Value::Day { date, nanos, zone } = self.value else { return None };
        Some(Stamp { value: Value::Day { date, nanos: nanos.checked_sub(part)?, zone }, ..self })
    }

    /// Whether its date is written.
    pub fn is_dated(&self) -> bool {
        matches!(self.value, Value::Day { date: Some(_), .. })
    }
}

/// Nanoseconds in a second.
pub(super) const SECOND: u64 = 1_000_000_000;

/// A place in text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    /// The start of a text.
    pub fn new(text: &'a str) -> Self {
        Cursor { bytes: text.as_bytes(), at: 0 }
    }

    /// Bytes passed so far.
    pub fn at(&self) -> usize {
        self.at
    }

    /// The next byte; zero at the end.
    pub fn peek(&self) -> u8 {
        self.ahead(0)
    }

    fn ahead(&self, by: usize) -> u8 {
        self.bytes.get(self.at.saturating_add(by)).copied().unwrap_or(0)
    }

    /// Passes this many bytes.
    pub fn pass(&mut self, bytes: usize) {
        self.at = self.at.saturating_add(bytes).min(self.bytes.len());
    }

    /// Passes a byte if it is next.
    pub fn eat(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == byte && self.at < self.bytes.len();
        self.pass(usize::from(is_next));
        is_next
    }

    /// Passes blanks and tabs and says how many.
    pub fn blanks(&mut self) -> usize {
        let from = self.at;
        while matches!(self.peek(), b' ' | b'\t') {
            self.pass(1);
        }
        self.at.saturating_sub(from)
    }

    /// A decimal number and how many digits it has, at most `most` (not more than 18).
    pub fn number(&mut self, most: usize) -> Option<(u64, usize)> {
        let (mut value, mut digits) = (0_u64, 0_usize);
        while self.peek().is_ascii_digit() && digits < most.min(18) {
            value = value.saturating_mul(10).saturating_add(u64::from(self.peek().saturating_sub(b'0')));
            digits = digits.saturating_add(1);
            self.pass(1);
        }
        (digits > 0).then_some((value, digits))
    }

    /// A number of one to `most` digits that fits.
    pub fn small(&mut self, least: usize, most: usize) -> Option<u32> {
        let (value, digits) = self.number(most)?;
        if digits < least { None } else { u32::try_from(value).ok() }
    }

    /// Digits of a fraction as nanoseconds, and how many there were; those beyond the ninth are passed over.
    pub fn fraction(&mut self) -> Option<(u64, u8)> {
        let (mut value, digits) = self.number(9)?;
        for _ in digits..9 {
            value = value.saturating_mul(10);
        }
        while self.peek().is_ascii_digit() {
            self.pass(1);
        }
        Some((value, u8::try_from(digits).unwrap_or(9)))
    }

    /// Whether a word or number ends here.
    pub fn is_boundary(&self) -> bool {
        let byte = self.peek();
        !(byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80)
    }

    /// What a reader finds here; stays here if it finds nothing.
    pub fn attempt<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let from = self.at;
        let found = read(self);
        if found.is_none() {
            self.at = from;
        }
        found
    }
}

/// A time stamp and where it stands in a text that begins with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Scanned {
    /// The stamp.
    pub stamp: Stamp,
    /// Its length.
    pub length: usize,
    /// Where the digits of its fraction begin and end; both are the end of the seconds where there are none.
    pub fraction: (usize, usize),
}

/// The time stamp at the start of a text and its length.
pub(super) fn scan(text: &str) -> Option<(Stamp, usize)> {
    scan_parts(text).map(|scanned| (scanned.stamp, scanned.length))
}

/// The time stamp at the start of a text.
pub(super) fn scan_parts(text: &str) -> Option<Scanned> {
    let mut cursor = Cursor::new(text);
    if !cursor.peek().is_ascii_digit() {
        return None;
    }
    let date = cursor.attempt(dated);
    let (nanos, digits, fraction) = time(&mut cursor)?;
    let zone = cursor.attempt(zone).filter(|_| date.is_some());
    let stamp = Stamp { value: Value::Day { date, nanos, zone }, digits };
    cursor.is_boundary().then(|| Scanned { stamp, length: cursor.at(), fraction })
}

/// Seconds with a fraction at the start of a text, and their length.
pub(super) fn seconds(text: &str) -> Option<(Stamp, usize)> {
    let mut cursor = Cursor::new(text);
    let (whole, _) = cursor.number(10)?;
    if !cursor.eat(b'.') {
        return None;
    }
    let (part, digits) = cursor.fraction()?;
    let value = Value::Counter(whole.saturating_mul(SECOND).saturating_add(part));
    (cursor.is_boundary() && cursor.peek() != b'.').then_some((Stamp { value, digits }, cursor.at()))
}

/// A date and what stands between it and its time.
fn dated(cursor: &mut Cursor<'_>) -> Option<Date> {
    let date = date(cursor)?;
    let comma = cursor.eat(b',');
    let blanks = cursor.blanks();
    let is_joined = (1..=3).contains(&blanks)
        || (!comma && blanks == 0 && (cursor.eat(b'T') || cursor.eat(b'-') || cursor.eat(b'_')));
    is_joined.then_some(date)
}

fn date(cursor: &mut Cursor<'_>) -> Option<Date> {
    let (first, digits) = cursor.number(4)?;
    let between = cursor.peek();
    if !matches!(between, b'-' | b'/' | b'.') {
        return None;
    }
    cursor.pass(1);
    let second = cursor.small(1, 2)?;
    if !cursor.eat(between) {
        return None;
    }
    let first = u32::try_from(first).ok()?;
    if digits == 4 {
        let day = cursor.small(1, 2)?;
        return ((1..=12).contains(&second) && (1..=31).contains(&day)).then_some(Date::Sure(
            i32::try_from(first).ok()?,
            second,
            day,
        ));
    }
    let year = i32::try_from(cursor.small(4, 4)?).ok()?;
    let (low, high) = (first.min(second), first.max(second));
    let is_date = digits <= 2 && (1..=12).contains(&low) && high <= 31;
    is_date.then_some(Date::Either { first, second, year, points: between == b'.' })
}

/// A time of day in nanoseconds, how many digits its fraction has, and where they stand.
fn time(cursor: &mut Cursor<'_>) -> Option<(u64, u8, (usize, usize))> {
    let hour = cursor.small(1, 2)?;
    let minute = cursor.eat(b':').then(|| cursor.small(2, 2)).flatten()?;
    let second = cursor.eat(b':').then(|| cursor.small(2, 2)).flatten()?;
    let seconds = cursor.at();
    let (part, digits) = cursor.attempt(fraction).unwrap_or((0, 0));
    let end = cursor.at();
    let place = (if digits > 0 { seconds.saturating_add(1) } else { end }, end);
    let hour = match cursor.attempt(half) {
        Some(afternoon) => hour_of(hour, afternoon)?,
        None => hour,
    };
    Some((nanos_of(hour, minute, second, part)?, digits, place))
}

/// Nanoseconds since midnight.
pub(super) fn nanos_of(hour: u32, minute: u32, second: u32, part: u64) -> Option<u64> {
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = u64::from(hour).saturating_mul(3600).saturating_add(u64::from(minute).saturating_mul(60));
    Some(seconds.saturating_add(u64::from(second)).saturating_mul(SECOND).saturating_add(part))
}

/// An hour of a clock with twelve hours.
pub(super) fn hour_of(hour: u32, afternoon: bool) -> Option<u32> {
    let hour = if hour == 12 { 0 } else { hour };
    (hour < 12).then(|| if afternoon { hour.saturating_add(12) } else { hour })
}

/// The fraction of a second behind a point, a comma or a colon. The latter two also stand between columns: behind them
/// only three or more digits that end there are one.
fn fraction(cursor: &mut Cursor<'_>) -> Option<(u64, u8)> {
    let mark = cursor.peek();
    if !matches!(mark, b'.' | b',' | b':') {
        return None;
    }
    cursor.pass(1);
    let (part, digits) = cursor.fraction()?;
    let is_sure = match mark {
        b'.' => true,
        b',' => digits >= 3 && cursor.peek() != b':' && cursor.is_boundary(),
        _ => digits == 3 && cursor.peek() != b':' && cursor.is_boundary(),
    };
    is_sure.then_some((part, digits))
}

/// `AM` (false) or `PM` (true), with or without a blank before it.
pub(super) fn half(cursor: &mut Cursor<'_>) -> Option<bool> {
    cursor.blanks();
    let afternoon = match cursor.peek() {
        b'A' | b'a' => false,
        b'P' | b'p' => true,
        _ => return None,
    };
    cursor.pass(1);
    let is_half = cursor.eat(b'M') || cursor.eat(b'm');
    (is_half && cursor.is_boundary()).then_some(afternoon)
}

/// A zone as seconds ahead of UTC: `Z`, ` UTC`, `+02:00`, `-0800`.
pub(super) fn zone(cursor: &mut Cursor<'_>) -> Option<i32> {
    if cursor.eat(b'Z') {
        return cursor.is_boundary().then_some(0);
    }
    if cursor.peek() == b' ' {
        cursor.pass(1);
        return (cursor.eat(b'U') && cursor.eat(b'T') && cursor.eat(b'C') && cursor.is_boundary())
            .then_some(0);
    }
    let west = match cursor.peek() {
        b'+' => false,
        b'-' => true,
        _ => return None,
    };
    cursor.pass(1);
    let hours = cursor.small(2, 2)?;
    cursor.eat(b':');
    let minutes = cursor.small(2, 2)?;
    if hours > 14 || !matches!(minutes, 0 | 15 | 30 | 45) || !cursor.is_boundary() {
        return None;
    }
    let ahead = i32::try_from(hours.saturating_mul(3600).saturating_add(minutes.saturating_mul(60))).ok()?;
    Some(if west { ahead.saturating_neg() } else { ahead })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIME: u64 = (4 * 3600 + 5 * 60 + 6) * SECOND;

    /// Date, nanoseconds, zone, digits of the fraction, length.
    type Day = (Option<Date>, u64, Option<i32>, u8, usize);

    fn day(text: &str) -> Option<Day> {
        let (stamp, length) = scan(text)?;
        let Value::Day { date, nanos, zone } = stamp.value else { panic!() };
        Some((date, nanos, zone, stamp.digits, length))
    }

    #[test]
    fn forms_that_people_and_tools_write_are_read() {
        let sure = Some(Date::Sure(2031, 3, 7));
        let either = Some(Date::Either { first: 3, second: 7, year: 2031, points: false });
        let points = Some(Date::Either { first: 7, second: 3, year: 2031, points: true });
        for (text, expected) in [
            ("2031-03-07 04:05:06.123", (sure, TIME + 123_000_000, None, 3, 23)),
            ("2031/03/07 4:05:06", (sure, TIME, None, 0, 18)),
            ("2031-03-07T04:05:06.1234567Z x", (sure, TIME + 123_456_700, Some(0), 7, 28)),
            ("2031-03-07T04:05:06+02:00", (sure, TIME, Some(7200), 0, 25)),
            ("2031-03-07 04:05:06 UTC,", (sure, TIME, Some(0), 0, 23)),
            ("3/7/2031 4:05:06 AM,0x1", (either, TIME, None, 0, 19)),
            ("03/07/2031-04:05:06.123 [", (either, TIME + 123_000_000, None, 3, 23)),
            ("07.03.2031 04:05:06,123]", (points, TIME + 123_000_000, None, 3, 23)),
            ("3/7/2031, 4:05:06 PM", (either, TIME + 12 * 3600 * SECOND, None, 0, 20)),
            ("04:05:06:123 0x1", (None, TIME + 123_000_000, None, 3, 12)),
            ("04:05:06,0x001a2c:0x0b40", (None, TIME, None, 0, 8)),
            ("04:05:06:0x1a", (None, TIME, None, 0, 8)),
        ] {
            assert_eq!(day(text), Some(expected), "{text}");
        }
    }

    #[test]
    fn numbers_that_are_no_time_are_none() {
        for text in [
            "",
            "12",
            "25:00:00",
            "04:60:00",
            "4:5:6",
            "2031-13-07 04:05:06",
            "04:05:06x",
            "40/40/2031 04:05:06",
        ] {
            assert_eq!(scan(text), None, "{text}");
        }
        assert_eq!(seconds("12").or(seconds("1.2.3")).or(seconds(".5")).or(seconds("1.2a")), None);
        assert_eq!(
            seconds("12.345 x"),
            Some((Stamp { value: Value::Counter(12_345_000_000), digits: 3 }, 6))
        );
    }
}
