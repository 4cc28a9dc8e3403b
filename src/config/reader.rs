//! The tree of a TOML file against what may stand in it; every mistake gets its line, its column and a suggestion.

use chrono::{NaiveDate, TimeDelta};
use std::ops::Range;
use std::path::Path;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// How alike two words have to be to be suggested (Jaro-Winkler, 1 is equal).
const ALIKE: f64 = 0.75;
/// The longest duration that makes sense, in seconds: a hundred years.
pub const LONGEST: f64 = 3_155_760_000.0;

/// The mistakes of one file.
#[derive(Debug)]
pub struct Mistakes<'f> {
    name: &'f str,
    text: &'f str,
    found: Vec<(usize, String)>,
}

impl<'f> Mistakes<'f> {
    /// None so far.
    pub fn new(name: &'f str, text: &'f str) -> Self {
        Mistakes { name, text, found: Vec::new() }
    }

    /// Notes a mistake.
    pub fn add(&mut self, span: Range<usize>, message: impl Into<String>) {
        self.found.push((span.start, message.into()));
    }

    /// File, line and column (from 1, in characters) of a byte of the file.
    pub fn place(&self, at: usize) -> String {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        format!("{}:{line}:{column}", self.name)
    }

    /// The folder of the file; paths in it start there.
    pub fn folder(&self) -> &'f Path {
        Path::new(self.name).parent().unwrap_or(Path::new(""))
    }

    /// An error with all mistakes in order, each with file, line and column; nothing if there are none.
    pub fn into_result(mut self) -> anyhow::Result<()> {
        if self.found.is_empty() {
            return Ok(());
        }
        self.found.sort();
        let lines: Vec<String> =
            self.found.iter().map(|(at, message)| format!("{}: {message}", self.place(*at))).collect();
        anyhow::bail!("{}", lines.join("\nvsscope: "))
    }
}

/// `; did you mean "x"?`, or the words that there are.
pub fn suggestion(word: &str, known: &[&str]) -> String {
    let mut near: Vec<(f64, &str)> = known
        .iter()
        .map(|known| (strsim::jaro_winkler(&word.to_lowercase(), &known.to_lowercase()), *known))
        .filter(|(alike, _)| *alike > ALIKE)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    match near.first() {
        Some((_, known)) => format!("; did you mean {known:?}?"),
        None if known.len() <= 24 => format!("; known are {}", known.join(", ")),
        None => String::new(),
    }
}

/// A table of the file, whose keys are read one by one.
pub struct Table<'t> {
    entries: &'t DeTable<'t>,
    /// Where it stands.
    pub span: Range<usize>,
}

impl<'t> Table<'t> {
    /// A table with only these keys; others are mistakes.
    pub fn new(
        entries: &'t DeTable<'t>,
        span: Range<usize>,
        known: &[&str],
        mistakes: &mut Mistakes<'_>,
    ) -> Self {
        for key in entries.keys().filter(|key| !known.contains(&&**key.get_ref())) {
            let name = key.get_ref();
            mistakes.add(key.span(), format!("unknown key \"{name}\"{}", suggestion(name, known)));
        }
        Table { entries, span }
    }

    /// A value as it stands there.
    pub fn get(&self, key: &str) -> Option<&'t Spanned<DeValue<'t>>> {
        self.entries.get(key)
    }

    /// Notes that a key is missing.
    pub fn require(&self, key: &str, mistakes: &mut Mistakes<'_>) {
        if self.get(key).is_none() {
            mistakes.add(self.span.clone(), format!("\"{key}\" is missing"));
        }
    }

    /// A value that `read` understands; else a mistake that says what is wanted.
    pub fn read<T>(
        &self,
        key: &str,
        wanted: &str,
        mistakes: &mut Mistakes<'_>,
        read: impl Fn(&'t DeValue<'t>) -> Option<T>,
    ) -> Option<T> {
        let value = self.get(key)?;
        let found = read(value.get_ref());
        if found.is_none() {
            mistakes.add(value.span(), format!("\"{key}\" has to be {wanted}"));
        }
        found
    }

    /// A text that is not empty.
    pub fn text(&self, key: &str, mistakes: &mut Mistakes<'_>) -> Option<String> {
        let text = |value: &'t DeValue<'t>| value.as_str().filter(|text| !text.trim().is_empty());
        self.read(key, "a text that is not empty", mistakes, text).map(str::to_owned)
    }

    /// One of these words, compared without case; as it is known.
    pub fn word(
        &self,
        key: &str,
        known: &[&'static str],
        mistakes: &mut Mistakes<'_>,
    ) -> Option<&'static str> {
        let value = self.get(key)?;
        word(value, known, mistakes)
    }

    /// A duration.
    pub fn duration(&self, key: &str, mistakes: &mut Mistakes<'_>) -> Option<TimeDelta> {
        self.read(
            key,
            "a duration above zero: seconds as a number, or a text like \"90s\", \"10m\", \"2h\", \"1d\"",
            mistakes,
            duration,
        )
    }

    /// Tables under a key: `[[key]]`, or an array of inline tables.
    pub fn tables(&self, key: &str, mistakes: &mut Mistakes<'_>) -> Vec<(&'t DeTable<'t>, Range<usize>)> {
        let Some(value) = self.get(key) else { return Vec::new() };
        let items = value
            .get_ref()
            .as_array()
            .map(|items| items.iter().map(|i| Some((i.get_ref().as_table()?, i.span()))));
        let tables: Option<Vec<_>> = items.and_then(Iterator::collect);
        if tables.is_none() {
            mistakes.add(value.span(), format!("\"{key}\" has to be a list of tables"));
        }
        tables.unwrap_or_default()
    }

    /// The table under a key.
    pub fn table(&self, key: &str, mistakes: &mut Mistakes<'_>) -> Option<(&'t DeTable<'t>, Range<usize>)> {
        let table = self.read(key, "a table", mistakes, DeValue::as_table)?;
        Some((table, self.get(key)?.span()))
    }
}

/// One of these words.
pub fn word(
    value: &Spanned<DeValue<'_>>,
    known: &[&'static str],
    mistakes: &mut Mistakes<'_>,
) -> Option<&'static str> {
    let Some(text) = value.get_ref().as_str() else {
        mistakes.add(
            value.span(),
            format!("a text was expected, not a value of type {}", value.get_ref().type_str()),
        );
        return None;
    };
    let found = known.iter().copied().find(|known| known.eq_ignore_ascii_case(text));
    if found.is_none() {
        mistakes.add(value.span(), format!("unknown word {text:?}{}", suggestion(text, known)));
    }
    found
}

/// A whole number, not negative.
pub fn count(value: &DeValue<'_>) -> Option<u64> {
    let integer = value.as_integer()?;
    u64::from_str_radix(integer.as_str(), integer.radix()).ok()
}

/// A number.
pub fn number(value: &DeValue<'_>) -> Option<f64> {
    let float = || value.as_float()?.as_str().parse().ok();
    count(value).map(|n| n as f64).or_else(float)
}

/// Seconds as a number, or a text like `10m`; above zero.
pub fn duration(value: &DeValue<'_>) -> Option<TimeDelta> {
    let found = match value.as_str() {
        Some(text) => crate::window::duration(text),
        None => number(value)
            .filter(|seconds| *seconds > 0.0 && *seconds <= LONGEST)
            .map(|seconds| TimeDelta::microseconds((seconds * 1e6).round() as i64)),
    };
    found.filter(|duration| *duration > TimeDelta::zero())
}

/// A date without a time.
pub fn date(value: &DeValue<'_>) -> Option<NaiveDate> {
    let whole = value.as_datetime().filter(|at| at.time.is_none() && at.offset.is_none())?;
    let date = whole.date?;
    NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into())
}
