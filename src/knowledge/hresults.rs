//! Result codes: HRESULTs, NTSTATUS values, errors of the Jet database engine; names of Win32 errors and of facilities.

use super::table::{Certainty, Sources, cite, parse};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use std::sync::LazyLock;
use vsscope_model::HResult;

/// A known code.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeRow {
    /// As it is written: `0x800423f2`, or a signed decimal for Jet errors.
    pub code: String,
    /// What kind of number it is.
    pub kind: CodeKind,
    /// Symbolic name.
    pub name: Option<String>,
    /// What it means.
    pub meaning: String,
    /// Whether a repeat helps.
    pub retry: Option<Retry>,
    /// How sure that advice is.
    pub retry_certainty: Option<Certainty>,
    /// Usual causes.
    pub causes: Option<String>,
    /// Next steps.
    pub remedy: Option<String>,
    /// How sure the row is; where the file says nothing, after its sources.
    pub certainty: Option<Certainty>,
    /// Where it comes from.
    pub source: Vec<String>,
}

/// Kinds of codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CodeKind {
    /// A COM result code.
    Hresult,
    /// An error of the Extensible Storage Engine.
    Jet,
    /// A kernel status.
    Ntstatus,
}

/// Whether a repeat of the failed step helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Retry {
    /// Yes.
    Yes,
    /// Later, or under less load.
    Wait,
    /// No.
    No,
    /// Nobody knows.
    Unknown,
    /// The code is no failure.
    Success,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    sources: Sources,
    #[serde(rename = "hresult")]
    rows: Vec<CodeRow>,
}

struct Table {
    rows: Vec<CodeRow>,
    by_code: HashMap<u32, Vec<usize>>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let File { sources, mut rows } = parse(include_str!("data/hresults.toml"));
    let mut by_code: HashMap<u32, Vec<usize>> = HashMap::new();
    for (at, row) in rows.iter_mut().enumerate() {
        row.certainty = row.certainty.or(Some(Certainty::by_sources(&row.source)));
        cite(&mut row.source, &sources);
        if let Some(value) = row.value() {
            by_code.entry(value).or_default().push(at);
        }
    }
    Table { rows, by_code }
});

impl CodeRow {
    /// The code as a number; Jet errors as the bits of a negative number.
    pub fn value(&self) -> Option<u32> {
        self.code.parse::<HResult>().ok().map(|code| code.0)
    }
}

/// All codes.
pub fn all() -> &'static [CodeRow] {
    &TABLE.rows
}

/// The rows of a code.
pub fn by_code(code: u32) -> impl Iterator<Item = &'static CodeRow> {
    TABLE.by_code.get(&code).into_iter().flatten().filter_map(|&at| TABLE.rows.get(at))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Names {
    source: String,
    facility: BTreeMap<String, String>,
    error: BTreeMap<String, String>,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| parse(include_str!("data/win32.toml")));

/// The name of a Win32 error: 5 is `ERROR_ACCESS_DENIED`.
pub fn win32_name(error: u32) -> Option<&'static str> {
    NAMES.error.get(&error.to_string()).map(String::as_str)
}

/// The Win32 error of this name.
pub fn win32_by_name(name: &str) -> Option<u32> {
    let (number, _) = NAMES.error.iter().find(|(_, known)| known.eq_ignore_ascii_case(name))?;
    number.parse().ok()
}

/// The name of a facility: 7 is `FACILITY_WIN32`.
pub fn facility_name(facility: u32) -> Option<&'static str> {
    NAMES.facility.get(&facility.to_string()).map(String::as_str)
}

/// Where the names of Win32 errors and facilities come from.
pub fn names_source() -> &'static str {
    &NAMES.source
}

/// The facility of codes that each interface defines for itself.
pub const FACILITY_ITF: u32 = 4;
/// The facility of codes that carry a Win32 error.
pub const FACILITY_WIN32: u32 = 7;

/// An HRESULT by its bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bits {
    /// Whether the code is a failure.
    pub failure: bool,
    /// Facility.
    pub facility: u32,
    /// The code within the facility.
    pub code: u32,
}

/// Takes an HRESULT apart.
pub fn bits(code: u32) -> Bits {
    Bits { failure: code >> 31 == 1, facility: (code >> 16) & 0x7FF, code: code & 0xFFFF }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vsscope_model::NAMED_HRESULTS;

    #[test]
    fn codes_are_found_in_every_notation() {
        for text in ["0x800423f2", "-2147212302", "2147754994"] {
            let code: HResult = text.parse().expect("a code");
            let names: Vec<_> = by_code(code.0).filter_map(|row| row.name.as_deref()).collect();
            assert_eq!(names, ["VSS_E_WRITERERROR_TIMEOUT"]);
        }
        let jet: HResult = "-2402".parse().expect("a code");
        assert_eq!(by_code(jet.0).next().map(|row| row.kind), Some(CodeKind::Jet));
    }

    #[test]
    fn every_code_is_a_number_and_every_name_is_that_of_the_model() {
        for row in all() {
            let value = row.value().unwrap_or_else(|| panic!("{} is no number", row.code));
            let (Some(name), CodeKind::Hresult) = (row.name.as_deref(), row.kind) else { continue };
            if let Some(known) = HResult(value).name() {
                assert_eq!(known, name, "{}", row.code);
            }
            if let Some(code) = HResult::from_name(name) {
                assert_eq!(code.0, value, "{name}");
            }
        }
        for (code, name) in NAMED_HRESULTS.iter().filter(|(_, name)| name.starts_with("VSS_")) {
            assert!(by_code(code.0).any(|row| row.name.as_deref() == Some(name)), "{code} {name}");
        }
    }

    #[test]
    fn win32_errors_and_facilities_have_names() {
        assert_eq!(win32_name(5), Some("ERROR_ACCESS_DENIED"));
        assert_eq!(win32_by_name("error_timeout"), Some(1460));
        assert_eq!(facility_name(FACILITY_WIN32), Some("FACILITY_WIN32"));
        assert_eq!(bits(0x8007_0005), Bits { failure: true, facility: 7, code: 5 });
        for (code, name) in NAMED_HRESULTS.iter().filter(|(code, _)| code.0 >> 16 == 0x8007) {
            let known =
                win32_name(code.0 & 0xFFFF).unwrap_or_else(|| panic!("{code} {name} is not in win32.toml"));
            assert!(known == *name || name.starts_with("E_"), "{code}: {known}, {name}");
        }
    }
}
