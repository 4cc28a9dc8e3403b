//! Identifiers and codes: GUIDs, HRESULTs, NTSTATUS values.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// A text that is not a code or an identifier of the wanted form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a {wanted}: {text:?}")]
pub struct ParseCodeError {
    /// What was wanted: `GUID`, `HRESULT` …
    pub wanted: &'static str,
    /// The offending text.
    pub text: String,
}

/// A GUID. Shown in lower case without braces; read with or without braces, in any case.
///
/// Versions are not checked: the GUID of an MBR volume is `signature-0000-0000-offset`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Guid(pub uuid::Uuid);

impl Guid {
    /// The null GUID; VSS uses it for "no snapshot set".
    pub const NULL: Guid = Guid(uuid::Uuid::nil());

    /// From the 128 bits in the order in which a GUID is written.
    pub const fn from_bits(bits: u128) -> Self {
        Guid(uuid::Uuid::from_u128(bits))
    }

    /// From the 16 bytes as Windows keeps them in memory (first three fields little endian).
    pub fn from_memory(bytes: [u8; 16]) -> Self {
        Guid(uuid::Uuid::from_bytes_le(bytes))
    }

    /// Whether this is the null GUID.
    pub fn is_null(self) -> bool {
        self.0.is_nil()
    }

    /// The first GUID inside a longer text, for instance in `\\?\Volume{…}\`.
    pub fn find_in(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        (0..bytes.len().saturating_sub(35)).find_map(|at| {
            let candidate = bytes.get(at..at + 36)?;
            if candidate.get(8) != Some(&b'-') || candidate.get(13) != Some(&b'-') {
                return None;
            }
            uuid::Uuid::try_parse_ascii(candidate).ok().map(Guid)
        })
    }
}

impl fmt::Display for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0.hyphenated(), f)
    }
}

impl fmt::Debug for Guid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Guid {
    type Err = ParseCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bare = text.trim().trim_start_matches('{').trim_end_matches('}');
        match bare.len() {
            36 => uuid::Uuid::try_parse(bare).ok().map(Guid),
            _ => None,
        }
        .ok_or_else(|| ParseCodeError { wanted: "GUID", text: text.to_owned() })
    }
}

/// Reads `0x` + hex digits, or bare decimal (negative for HRESULTs with the top bit set).
fn parse_u32(text: &str) -> Option<u32> {
    let text = text.trim();
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => match text.parse::<i64>().ok()? {
            n @ 0..=0xFFFF_FFFF => u32::try_from(n).ok(),
            n => i32::try_from(n).ok().map(i32::cast_unsigned),
        },
    }
}

macro_rules! code_type {
    ($(#[$meta:meta])* $name:ident, $wanted:literal) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "0x{:08x}", self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(self, f)
            }
        }

        impl FromStr for $name {
            type Err = ParseCodeError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                parse_u32(text).map($name).ok_or_else(|| ParseCodeError { wanted: $wanted, text: text.to_owned() })
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
            }
        }
    };
}

code_type!(
    /// A COM result code; shown as `0x800423f2`.
    HResult,
    "HRESULT"
);
code_type!(
    /// A kernel status code; shown as `0xc0000022`.
    NtStatus,
    "NTSTATUS"
);

/// HRESULTs that the protocol or a rule names. Values: `windows` crate metadata, Microsoft `vss.h` / `vswriter.h` pages.
impl HResult {
    /// `S_OK`.
    pub const OK: HResult = HResult(0);
    /// `E_ACCESSDENIED`.
    pub const ACCESS_DENIED: HResult = HResult(0x8007_0005);
    /// `HRESULT_FROM_WIN32(ERROR_SHUTDOWN_IN_PROGRESS)`.
    pub const SHUTDOWN_IN_PROGRESS: HResult = HResult(0x8007_045B);
    /// `VSS_E_BAD_STATE`.
    pub const VSS_BAD_STATE: HResult = HResult(0x8004_2301);
    /// `VSS_E_PROVIDER_VETO`.
    pub const VSS_PROVIDER_VETO: HResult = HResult(0x8004_2306);
    /// `VSS_E_OBJECT_NOT_FOUND`.
    pub const VSS_OBJECT_NOT_FOUND: HResult = HResult(0x8004_2308);
    /// `VSS_S_ASYNC_FINISHED`, a success code.
    pub const VSS_ASYNC_FINISHED: HResult = HResult(0x0004_230A);
    /// `VSS_S_ASYNC_CANCELLED`, a success code that means that the operation was cancelled.
    pub const VSS_ASYNC_CANCELLED: HResult = HResult(0x0004_230B);
    /// `VSS_E_OBJECT_ALREADY_EXISTS`.
    pub const VSS_OBJECT_ALREADY_EXISTS: HResult = HResult(0x8004_230D);
    /// `VSS_E_FLUSH_WRITES_TIMEOUT`.
    pub const VSS_FLUSH_WRITES_TIMEOUT: HResult = HResult(0x8004_2313);
    /// `VSS_E_HOLD_WRITES_TIMEOUT`.
    pub const VSS_HOLD_WRITES_TIMEOUT: HResult = HResult(0x8004_2314);
    /// `VSS_E_SNAPSHOT_SET_IN_PROGRESS`.
    pub const VSS_SNAPSHOT_SET_IN_PROGRESS: HResult = HResult(0x8004_2316);
    /// `VSS_E_INSUFFICIENT_STORAGE`.
    pub const VSS_INSUFFICIENT_STORAGE: HResult = HResult(0x8004_231F);
    /// `VSS_E_WRITERERROR_INCONSISTENTSNAPSHOT`.
    pub const VSS_WRITERERROR_INCONSISTENT: HResult = HResult(0x8004_23F0);
    /// `VSS_E_WRITERERROR_OUTOFRESOURCES`.
    pub const VSS_WRITERERROR_OUT_OF_RESOURCES: HResult = HResult(0x8004_23F1);
    /// `VSS_E_WRITERERROR_TIMEOUT`.
    pub const VSS_WRITERERROR_TIMEOUT: HResult = HResult(0x8004_23F2);
    /// `VSS_E_WRITERERROR_RETRYABLE`.
    pub const VSS_WRITERERROR_RETRYABLE: HResult = HResult(0x8004_23F3);
    /// `VSS_E_WRITERERROR_NONRETRYABLE`.
    pub const VSS_WRITERERROR_NONRETRYABLE: HResult = HResult(0x8004_23F4);

    /// Whether the severity bit says failure.
    pub fn is_failure(self) -> bool {
        self.0 & 0x8000_0000 != 0
    }

    /// The symbolic name, for codes that vsscope knows by name.
    pub fn name(self) -> Option<&'static str> {
        NAMED_HRESULTS.iter().find(|(code, _)| *code == self).map(|(_, name)| *name)
    }

    /// The code of a symbolic name such as `VSS_E_BAD_STATE`.
    pub fn from_name(name: &str) -> Option<Self> {
        NAMED_HRESULTS.iter().find(|(_, n)| n.eq_ignore_ascii_case(name)).map(|(code, _)| *code)
    }
}

/// Code and symbolic name of the HRESULTs above.
pub const NAMED_HRESULTS: &[(HResult, &str)] = &[
    (HResult::OK, "S_OK"),
    (HResult::ACCESS_DENIED, "E_ACCESSDENIED"),
    (HResult::SHUTDOWN_IN_PROGRESS, "ERROR_SHUTDOWN_IN_PROGRESS"),
    (HResult::VSS_BAD_STATE, "VSS_E_BAD_STATE"),
    (HResult::VSS_PROVIDER_VETO, "VSS_E_PROVIDER_VETO"),
    (HResult::VSS_OBJECT_NOT_FOUND, "VSS_E_OBJECT_NOT_FOUND"),
    (HResult::VSS_ASYNC_FINISHED, "VSS_S_ASYNC_FINISHED"),
    (HResult::VSS_ASYNC_CANCELLED, "VSS_S_ASYNC_CANCELLED"),
    (HResult::VSS_OBJECT_ALREADY_EXISTS, "VSS_E_OBJECT_ALREADY_EXISTS"),
    (HResult::VSS_FLUSH_WRITES_TIMEOUT, "VSS_E_FLUSH_WRITES_TIMEOUT"),
    (HResult::VSS_HOLD_WRITES_TIMEOUT, "VSS_E_HOLD_WRITES_TIMEOUT"),
    (HResult::VSS_SNAPSHOT_SET_IN_PROGRESS, "VSS_E_SNAPSHOT_SET_IN_PROGRESS"),
    (HResult::VSS_INSUFFICIENT_STORAGE, "VSS_E_INSUFFICIENT_STORAGE"),
    (HResult::VSS_WRITERERROR_INCONSISTENT, "VSS_E_WRITERERROR_INCONSISTENTSNAPSHOT"),
    (HResult::VSS_WRITERERROR_OUT_OF_RESOURCES, "VSS_E_WRITERERROR_OUTOFRESOURCES"),
    (HResult::VSS_WRITERERROR_TIMEOUT, "VSS_E_WRITERERROR_TIMEOUT"),
    (HResult::VSS_WRITERERROR_RETRYABLE, "VSS_E_WRITERERROR_RETRYABLE"),
    (HResult::VSS_WRITERERROR_NONRETRYABLE, "VSS_E_WRITERERROR_NONRETRYABLE"),
];

/// The result that an event reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// A COM result code.
    Hresult(HResult),
    /// A kernel status code.
    Ntstatus(NtStatus),
}

impl Status {
    /// The HRESULT, where the result is one.
    pub fn hresult(self) -> Option<HResult> {
        match self {
            Status::Hresult(code) => Some(code),
            Status::Ntstatus(_) => None,
        }
    }

    /// Whether the code says failure (HRESULT: severity bit; NTSTATUS: severity "error").
    pub fn is_failure(self) -> bool {
        match self {
            Status::Hresult(code) => code.is_failure(),
            Status::Ntstatus(code) => code.0 >> 30 == 3,
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Status::Hresult(code) => fmt::Display::fmt(code, f),
            Status::Ntstatus(code) => fmt::Display::fmt(code, f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guid_is_read_with_and_without_braces_and_shown_bare() {
        let guid: Guid = "{B5946137-7B9F-4925-AF80-51ABD60B20D5}".parse().expect("a GUID");
        assert_eq!(guid.to_string(), "b5946137-7b9f-4925-af80-51abd60b20d5");
        assert!("b5946137".parse::<Guid>().is_err());
    }

    #[test]
    fn guid_of_an_mbr_volume_is_found_in_its_path() {
        let found =
            Guid::find_in(r"\\?\Volume{ec127b5f-0000-0000-0000-500600000000}\").map(|g| g.to_string());
        assert_eq!(found.as_deref(), Some("ec127b5f-0000-0000-0000-500600000000"));
        assert_eq!(Guid::find_in("C:"), None);
    }

    #[test]
    fn memory_order_swaps_the_first_three_fields() {
        let bytes = [0xa3, 0x08, 0xcf, 0x3e, 0x73, 0xf4, 0x4f, 0x41, 0x81, 0xb3, 0, 0, 0, 0, 0, 1];
        assert_eq!(Guid::from_memory(bytes).to_string(), "3ecf08a3-f473-414f-81b3-000000000001");
    }

    #[test]
    fn codes_are_read_as_hex_and_as_signed_decimal() {
        assert_eq!("0x800423F2".parse(), Ok(HResult::VSS_WRITERERROR_TIMEOUT));
        assert_eq!("-2147212302".parse(), Ok(HResult::VSS_WRITERERROR_TIMEOUT));
        assert_eq!("2147754994".parse(), Ok(HResult::VSS_WRITERERROR_TIMEOUT));
        assert!("timeout".parse::<HResult>().is_err());
    }

    #[test]
    fn named_codes_are_unique() {
        let mut codes: Vec<_> = NAMED_HRESULTS.iter().map(|(code, _)| code.0).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!(codes.len(), NAMED_HRESULTS.len());
    }
}
