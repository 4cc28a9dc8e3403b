//! [`TimeFormat`]: how a profile says that times are written, in the notation of `strftime`.

use super::stamp::{self, Cursor, Date, Stamp, Value};

/// A form of time stamps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct TimeFormat {
    items: Vec<Item>,
}

/// A part of a time stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Item {
    /// `%Y`
    Year,
    /// `%y`, of this century
    ShortYear,
    /// `%m`
    Month,
    /// `%d`
    Day,
    /// `%H` or `%I`
    Hour,
    /// `%M`
    Minute,
    /// `%S`
    Second,
    /// `%p`
    Half,
    /// `%f`, digits of a fraction
    Fraction,
    /// `%.f`, a point and digits, or nothing
    PointFraction,
    /// `%z`
    Zone,
    /// A character that stands for itself
    Literal(u8),
}

/// What a format may hold, for messages.
pub(super) const KNOWN: &str = "%Y %y %m %d %H %I %M %S %p %f %.f %z %%";

impl TimeFormat {
    /// Reads a format; the error is the part that is not known and where it stands (from 1).
    pub fn parse(text: &str) -> Result<Self, (String, usize)> {
        let mut items = Vec::new();
        let mut chars = text.char_indices();
        while let Some((at, char)) = chars.next() {
            let place = at.saturating_add(1);
            if char != '%' {
                let byte = u8::try_from(char).ok().filter(u8::is_ascii);
                items.push(Item::Literal(byte.ok_or_else(|| (char.to_string(), place))?));
                continue;
            }
            let name: String = match chars.next() {
                Some((_, '.')) => format!(".{}", chars.next().map_or(' ', |(_, char)| char)),
                next => next.map_or_else(String::new, |(_, char)| char.to_string()),
            };
            items.push(item(&name).ok_or_else(|| (format!("%{name}"), place))?);
        }
        Ok(TimeFormat { items })
    }

    /// Whether it has hours and minutes, without which there is no time of day.
    pub fn is_clock(&self) -> bool {
        [Item::Hour, Item::Minute].iter().all(|item| self.items.contains(item))
    }

    /// Whether it has a part of a date and not all of it.
    pub fn has_half_a_date(&self) -> bool {
        let has = |item| usize::from(self.items.contains(&item));
        let year = has(Item::Year).max(has(Item::ShortYear));
        let parts = year.saturating_add(has(Item::Month)).saturating_add(has(Item::Day));
        parts == 1 || parts == 2
    }

    /// The stamp at the start of a text and its length.
    pub fn scan(&self, text: &str) -> Option<(Stamp, usize)> {
        let mut cursor = Cursor::new(text);
        let mut parts = Parts::default();
        for item in &self.items {
            parts.take(*item, &mut cursor)?;
        }
        Some((parts.stamp()?, cursor.at()))
    }
}

fn item(name: &str) -> Option<Item> {
    Some(match name {
        "Y" => Item::Year,
        "y" => Item::ShortYear,
        "m" => Item::Month,
        "d" => Item::Day,
        "H" | "I" => Item::Hour,
        "M" => Item::Minute,
        "S" => Item::Second,
        "p" => Item::Half,
        "f" => Item::Fraction,
        ".f" => Item::PointFraction,
        "z" => Item::Zone,
        "%" => Item::Literal(b'%'),
        _ => return None,
    })
}

/// Parts of a stamp, as far as they are read.
#[derive(Default)]
struct Parts {
    year: Option<u32>,
    month: Option<u32>,
    day: Option<u32>,
    hour: u32,
    minute: u32,
    second: u32,
    afternoon: Option<bool>,
    part: u64,
    digits: u8,
    zone: Option<i32>,
}

impl Parts {
    fn take(&mut self, item: Item, cursor: &mut Cursor<'_>) -> Option<()> {
        match item {
            Item::Year => self.year = Some(cursor.small(4, 4)?),
            Item::ShortYear => self.year = Some(cursor.small(2, 2)?.saturating_add(2000)),
            Item::Month => self.month = Some(cursor.small(1, 2)?),
            Item::Day => self.day = Some(cursor.small(1, 2)?),
            Item::Hour => self.hour = cursor.small(1, 2)?,
            Item::Minute => self.minute = cursor.small(1, 2)?,
            Item::Second => self.second = cursor.small(1, 2)?,
            Item::Half => self.afternoon = Some(stamp::half(cursor)?),
            Item::Fraction => (self.part, self.digits) = cursor.fraction()?,
            Item::PointFraction => {
                let fraction = cursor.attempt(|cursor| cursor.eat(b'.').then(|| cursor.fraction()).flatten());
                (self.part, self.digits) = fraction.unwrap_or((0, 0));
            }
            Item::Zone => self.zone = Some(stamp::zone(cursor)?),
            Item::Literal(b' ') => {
                (cursor.blanks() > 0).then_some(())?;
            }
            Item::Literal(byte) => {
                cursor.eat(byte).then_some(())?;
            }
        }
        Some(())
    }

    fn stamp(&self) -> Option<Stamp> {
        let hour = match self.afternoon {
            Some(afternoon) => stamp::hour_of(self.hour, afternoon)?,
            None => self.hour,
        };
        let nanos = stamp::nanos_of(hour, self.minute, self.second, self.part)?;
        let date = match (self.year, self.month, self.day) {
            (Some(year), Some(month), Some(day)) => {
                let is_date = (1..=12).contains(&month) && (1..=31).contains(&day);
                Some(is_date.then_some(Date::Sure(i32::try_from(year).ok()?, month, day))?)
            }
            _ => None,
        };
        Some(Stamp {
            value: Value::Day { date, nanos, zone: self.zone.filter(|_| date.is_some()) },
            digits: self.digits,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_reads_what_it_describes() {
        let nanos = ((16 * 3600 + 5 * 60 + 6) * 1000 + 789) * 1_000_000;
        for (format, text, date, zone, length) in [
            ("%Y-%m-%d %H:%M:%S%.f", "2031-03-07 16:05:06.789 x", Some(Date::Sure(2031, 3, 7)), None, 23),
            ("%d.%m.%y %I.%M.%S,%f %p", "7.3.31 4.05.06,789 PM", Some(Date::Sure(2031, 3, 7)), None, 21),
            ("%H%%%M:%S:%f", "16%05:06:789", None, None, 12),
            (
                "%Y%m%dT%H:%M:%S.%f%z",
                "20310307T16:05:06.789-08:00",
                Some(Date::Sure(2031, 3, 7)),
                Some(-28_800),
                27,
            ),
        ] {
            let (stamp, at) = TimeFormat::parse(format).unwrap().scan(text).unwrap();
            assert_eq!((stamp.value, at), (Value::Day { date, nanos, zone }, length), "{format}");
        }
    }

    #[test]
    fn what_a_format_cannot_hold_is_named_with_its_place() {
        assert_eq!(TimeFormat::parse("%H:%Q"), Err(("%Q".to_owned(), 4)));
        assert_eq!(TimeFormat::parse("%H:%"), Err(("%".to_owned(), 4)));
        assert!(
            !TimeFormat::parse("%H").unwrap().is_clock()
                && TimeFormat::parse("%m %H:%M").unwrap().has_half_a_date()
        );
    }
}
