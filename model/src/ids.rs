//! Identifiers and codes: GUIDs, HRESULTs, NTSTATUS values.

use crate::schema;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
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

impl JsonSchema for Guid {
    fn schema_name() -> Cow<'static, str> {
        "Guid".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        const FORM: &str = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";
        schema::text("A GUID in lower case without braces.", FORM)
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
    ($name:ident, $wanted:literal, $about:literal) => {
        #[doc = $about]
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
                parse_u32(text)
                    .map($name)
                    .ok_or_else(|| ParseCodeError { wanted: $wanted, text: text.to_owned() })
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                schema::text($about, "^0x[0-9a-f]{8}$")
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

code_type!(HResult, "HRESULT", "A COM result code; shown as `0x800423f2`.");
code_type!(NtStatus, "NTSTATUS", "A kernel status code; shown as `0xc0000022`.");

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
    /// `VSS_E_UNEXPECTED`.
    pub const VSS_UNEXPECTED: HResult = HResult(0x8004_2302);
    /// `VSS_E_PROVIDER_NOT_REGISTERED`.
    pub const VSS_PROVIDER_NOT_REGISTERED: HResult = HResult(0x8004_2304);
    /// `VSS_S_ASYNC_PENDING`, a success code.
    pub const VSS_ASYNC_PENDING: HResult = HResult(0x0004_2309);
    /// `VSS_E_VOLUME_NOT_SUPPORTED`.
    pub const VSS_VOLUME_NOT_SUPPORTED: HResult = HResult(0x8004_230C);
    /// `VSS_E_VOLUME_NOT_SUPPORTED_BY_PROVIDER`.
    pub const VSS_VOLUME_NOT_SUPPORTED_BY_PROVIDER: HResult = HResult(0x8004_230E);
    /// `VSS_E_UNEXPECTED_PROVIDER_ERROR`.
    pub const VSS_UNEXPECTED_PROVIDER_ERROR: HResult = HResult(0x8004_230F);
    /// `VSS_E_MAXIMUM_NUMBER_OF_VOLUMES_REACHED`.
    pub const VSS_MAXIMUM_NUMBER_OF_VOLUMES: HResult = HResult(0x8004_2312);
    /// `VSS_E_UNEXPECTED_WRITER_ERROR`.
    pub const VSS_UNEXPECTED_WRITER_ERROR: HResult = HResult(0x8004_2315);
    /// `VSS_E_MAXIMUM_NUMBER_OF_SNAPSHOTS_REACHED`.
    pub const VSS_MAXIMUM_NUMBER_OF_SNAPSHOTS: HResult = HResult(0x8004_2317);
    /// `VSS_E_WRITER_INFRASTRUCTURE`.
    pub const VSS_WRITER_INFRASTRUCTURE: HResult = HResult(0x8004_2318);
    /// `VSS_E_WRITER_NOT_RESPONDING`.
    pub const VSS_WRITER_NOT_RESPONDING: HResult = HResult(0x8004_2319);
    /// `VSS_E_UNSUPPORTED_CONTEXT`.
    pub const VSS_UNSUPPORTED_CONTEXT: HResult = HResult(0x8004_231B);
    /// `VSS_E_VOLUME_IN_USE`.
    pub const VSS_VOLUME_IN_USE: HResult = HResult(0x8004_231D);
    /// `VSS_E_NO_SNAPSHOTS_IMPORTED`.
    pub const VSS_NO_SNAPSHOTS_IMPORTED: HResult = HResult(0x8004_2320);
    /// `VSS_S_SOME_SNAPSHOTS_NOT_IMPORTED`, a success code.
    pub const VSS_SOME_SNAPSHOTS_NOT_IMPORTED: HResult = HResult(0x0004_2321);
    /// `VSS_E_REVERT_IN_PROGRESS`.
    pub const VSS_REVERT_IN_PROGRESS: HResult = HResult(0x8004_2325);
    /// `VSS_E_REBOOT_REQUIRED`.
    pub const VSS_REBOOT_REQUIRED: HResult = HResult(0x8004_2327);
    /// `VSS_E_TRANSACTION_FREEZE_TIMEOUT`.
    pub const VSS_TRANSACTION_FREEZE_TIMEOUT: HResult = HResult(0x8004_2328);
    /// `VSS_E_TRANSACTION_THAW_TIMEOUT`.
    pub const VSS_TRANSACTION_THAW_TIMEOUT: HResult = HResult(0x8004_2329);
    /// `VSS_E_NESTED_VOLUME_LIMIT`.
    pub const VSS_NESTED_VOLUME_LIMIT: HResult = HResult(0x8004_232C);
    /// `VSS_E_VOLUME_NOT_LOCAL`.
    pub const VSS_VOLUME_NOT_LOCAL: HResult = HResult(0x8004_232D);
    /// `VSS_E_WRITERERROR_PARTIAL_FAILURE`.
    pub const VSS_WRITERERROR_PARTIAL: HResult = HResult(0x8004_2336);
    /// `VSS_E_WRITERERROR_RECOVERY_FAILED`.
    pub const VSS_WRITERERROR_RECOVERY_FAILED: HResult = HResult(0x8004_23F5);
    /// `VSS_E_WRITER_STATUS_NOT_AVAILABLE`.
    pub const VSS_WRITER_STATUS_NOT_AVAILABLE: HResult = HResult(0x8004_2409);

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

/// Code and symbolic name: those of VSS (`vsserror.h`), and those of COM, RPC and Win32 that VSS records carry.
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
    (HResult::VSS_UNEXPECTED, "VSS_E_UNEXPECTED"),
    (HResult(0x8004_2303), "VSS_E_PROVIDER_ALREADY_REGISTERED"),
    (HResult::VSS_PROVIDER_NOT_REGISTERED, "VSS_E_PROVIDER_NOT_REGISTERED"),
    (HResult(0x8004_2307), "VSS_E_PROVIDER_IN_USE"),
    (HResult::VSS_ASYNC_PENDING, "VSS_S_ASYNC_PENDING"),
    (HResult::VSS_VOLUME_NOT_SUPPORTED, "VSS_E_VOLUME_NOT_SUPPORTED"),
    (HResult::VSS_VOLUME_NOT_SUPPORTED_BY_PROVIDER, "VSS_E_VOLUME_NOT_SUPPORTED_BY_PROVIDER"),
    (HResult::VSS_UNEXPECTED_PROVIDER_ERROR, "VSS_E_UNEXPECTED_PROVIDER_ERROR"),
    (HResult(0x8004_2310), "VSS_E_CORRUPT_XML_DOCUMENT"),
    (HResult(0x8004_2311), "VSS_E_INVALID_XML_DOCUMENT"),
    (HResult::VSS_MAXIMUM_NUMBER_OF_VOLUMES, "VSS_E_MAXIMUM_NUMBER_OF_VOLUMES_REACHED"),
    (HResult::VSS_UNEXPECTED_WRITER_ERROR, "VSS_E_UNEXPECTED_WRITER_ERROR"),
    (HResult::VSS_MAXIMUM_NUMBER_OF_SNAPSHOTS, "VSS_E_MAXIMUM_NUMBER_OF_SNAPSHOTS_REACHED"),
    (HResult::VSS_WRITER_INFRASTRUCTURE, "VSS_E_WRITER_INFRASTRUCTURE"),
    (HResult::VSS_WRITER_NOT_RESPONDING, "VSS_E_WRITER_NOT_RESPONDING"),
    (HResult(0x8004_231A), "VSS_E_WRITER_ALREADY_SUBSCRIBED"),
    (HResult::VSS_UNSUPPORTED_CONTEXT, "VSS_E_UNSUPPORTED_CONTEXT"),
    (HResult::VSS_VOLUME_IN_USE, "VSS_E_VOLUME_IN_USE"),
    (HResult(0x8004_231E), "VSS_E_MAXIMUM_DIFFAREA_ASSOCIATIONS_REACHED"),
    (HResult::VSS_NO_SNAPSHOTS_IMPORTED, "VSS_E_NO_SNAPSHOTS_IMPORTED"),
    (HResult::VSS_SOME_SNAPSHOTS_NOT_IMPORTED, "VSS_S_SOME_SNAPSHOTS_NOT_IMPORTED"),
    (HResult(0x8004_2321), "VSS_E_SOME_SNAPSHOTS_NOT_IMPORTED"),
    (HResult(0x8004_2322), "VSS_E_MAXIMUM_NUMBER_OF_REMOTE_MACHINES_REACHED"),
    (HResult(0x8004_2323), "VSS_E_REMOTE_SERVER_UNAVAILABLE"),
    (HResult(0x8004_2324), "VSS_E_REMOTE_SERVER_UNSUPPORTED"),
    (HResult::VSS_REVERT_IN_PROGRESS, "VSS_E_REVERT_IN_PROGRESS"),
    (HResult(0x8004_2326), "VSS_E_REVERT_VOLUME_LOST"),
    (HResult::VSS_REBOOT_REQUIRED, "VSS_E_REBOOT_REQUIRED"),
    (HResult::VSS_TRANSACTION_FREEZE_TIMEOUT, "VSS_E_TRANSACTION_FREEZE_TIMEOUT"),
    (HResult::VSS_TRANSACTION_THAW_TIMEOUT, "VSS_E_TRANSACTION_THAW_TIMEOUT"),
    (HResult(0x8004_232A), "VSS_E_UNSELECTED_VOLUME"),
    (HResult(0x8004_232B), "VSS_E_SNAPSHOT_NOT_IN_SET"),
    (HResult::VSS_NESTED_VOLUME_LIMIT, "VSS_E_NESTED_VOLUME_LIMIT"),
    (HResult::VSS_VOLUME_NOT_LOCAL, "VSS_E_VOLUME_NOT_LOCAL"),
    (HResult(0x8004_232E), "VSS_E_CLUSTER_TIMEOUT"),
    (HResult(0x8004_232F), "VSS_E_NOT_SUPPORTED"),
    (HResult::VSS_WRITERERROR_PARTIAL, "VSS_E_WRITERERROR_PARTIAL_FAILURE"),
    (HResult::VSS_WRITERERROR_RECOVERY_FAILED, "VSS_E_WRITERERROR_RECOVERY_FAILED"),
    (HResult(0x8004_23F6), "VSS_E_BREAK_REVERT_ID_FAILED"),
    (HResult(0x8004_23F7), "VSS_E_LEGACY_PROVIDER"),
    (HResult(0x8004_23F8), "VSS_E_MISSING_DISK"),
    (HResult(0x8004_23F9), "VSS_E_MISSING_HIDDEN_VOLUME"),
    (HResult(0x8004_23FA), "VSS_E_MISSING_VOLUME"),
    (HResult(0x8004_23FB), "VSS_E_AUTORECOVERY_FAILED"),
    (HResult(0x8004_23FC), "VSS_E_DYNAMIC_DISK_ERROR"),
    (HResult(0x8004_23FD), "VSS_E_NONTRANSPORTABLE_BCD"),
    (HResult(0x8004_23FE), "VSS_E_CANNOT_REVERT_DISKID"),
    (HResult(0x8004_23FF), "VSS_E_RESYNC_IN_PROGRESS"),
    (HResult(0x8004_2400), "VSS_E_CLUSTER_ERROR"),
    (HResult(0x8004_2401), "VSS_E_ASRERROR_DISK_ASSIGNMENT_FAILED"),
    (HResult(0x8004_2402), "VSS_E_ASRERROR_DISK_RECREATION_FAILED"),
    (HResult(0x8004_2403), "VSS_E_ASRERROR_NO_ARCPATH"),
    (HResult(0x8004_2404), "VSS_E_ASRERROR_MISSING_DYNDISK"),
    (HResult(0x8004_2405), "VSS_E_ASRERROR_SHARED_CRIDISK"),
    (HResult(0x8004_2406), "VSS_E_ASRERROR_DATADISK_RDISK0"),
    (HResult(0x8004_2407), "VSS_E_ASRERROR_RDISK0_TOOSMALL"),
    (HResult(0x8004_2408), "VSS_E_ASRERROR_CRITICAL_DISKS_TOO_SMALL"),
    (HResult::VSS_WRITER_STATUS_NOT_AVAILABLE, "VSS_E_WRITER_STATUS_NOT_AVAILABLE"),
    (HResult(0x8004_240A), "VSS_E_ASRERROR_DYNAMIC_VHD_NOT_SUPPORTED"),
    (HResult(0x8004_2411), "VSS_E_CRITICAL_VOLUME_ON_INVALID_DISK"),
    (HResult(0x8004_2412), "VSS_E_ASRERROR_RDISK_FOR_SYSTEM_DISK_NOT_FOUND"),
    (HResult(0x8004_2413), "VSS_E_ASRERROR_NO_PHYSICAL_DISK_AVAILABLE"),
    (HResult(0x8004_2414), "VSS_E_ASRERROR_FIXED_PHYSICAL_DISK_AVAILABLE_AFTER_DISK_EXCLUSION"),
    (HResult(0x8004_2415), "VSS_E_ASRERROR_CRITICAL_DISK_CANNOT_BE_EXCLUDED"),
    (HResult(0x8004_2416), "VSS_E_ASRERROR_SYSTEM_PARTITION_HIDDEN"),
    (HResult(0x8004_2417), "VSS_E_FSS_TIMEOUT"),
    (HResult(0x8000_4002), "E_NOINTERFACE"),
    (HResult(0x8000_4005), "E_FAIL"),
    (HResult(0x8000_FFFF), "E_UNEXPECTED"),
    (HResult(0x8001_0108), "RPC_E_DISCONNECTED"),
    (HResult(0x8001_010D), "RPC_E_CANTCALLOUT_ININPUTSYNCCALL"),
    (HResult(0x8004_0154), "REGDB_E_CLASSNOTREG"),
    (HResult(0x8004_0206), "EVENT_E_INTERNALERROR"),
    (HResult(0x8004_0E14), "DB_E_ERRORSINCOMMAND"),
    (HResult(0x8007_0001), "ERROR_INVALID_FUNCTION"),
    (HResult(0x8007_0002), "ERROR_FILE_NOT_FOUND"),
    (HResult(0x8007_0003), "ERROR_PATH_NOT_FOUND"),
    (HResult(0x8007_0006), "ERROR_INVALID_HANDLE"),
    (HResult(0x8007_000E), "E_OUTOFMEMORY"),
    (HResult(0x8007_0015), "ERROR_NOT_READY"),
    (HResult(0x8007_0017), "ERROR_CRC"),
    (HResult(0x8007_0018), "ERROR_BAD_LENGTH"),
    (HResult(0x8007_001F), "ERROR_GEN_FAILURE"),
    (HResult(0x8007_0020), "ERROR_SHARING_VIOLATION"),
    (HResult(0x8007_003A), "ERROR_BAD_NET_RESP"),
    (HResult(0x8007_0057), "E_INVALIDARG"),
    (HResult(0x8007_0070), "ERROR_DISK_FULL"),
    (HResult(0x8007_0079), "ERROR_SEM_TIMEOUT"),
    (HResult(0x8007_007E), "ERROR_MOD_NOT_FOUND"),
    (HResult(0x8007_0241), "ERROR_INVALID_IMAGE_HASH"),
    (HResult(0x8007_041D), "ERROR_SERVICE_REQUEST_TIMEOUT"),
    (HResult(0x8007_0422), "ERROR_SERVICE_DISABLED"),
    (HResult(0x8007_0490), "ERROR_NOT_FOUND"),
    (HResult(0x8007_0539), "ERROR_INVALID_SID"),
    (HResult(0x8007_05AA), "ERROR_NO_SYSTEM_RESOURCES"),
    (HResult(0x8007_05B4), "ERROR_TIMEOUT"),
    (HResult(0x8007_06BA), "RPC_S_SERVER_UNAVAILABLE"),
    (HResult(0x8007_06BE), "RPC_S_CALL_FAILED"),
    (HResult(0x8007_06BF), "RPC_S_CALL_FAILED_DNE"),
    (HResult(0x8007_3BC3), "ERROR_SYSTEM_DEVICE_NOT_FOUND"),
    (HResult(0x8008_0005), "CO_E_SERVER_EXEC_FAILURE"),
];

/// The result that an event reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
