//! The VSS protocol's own vocabulary: methods, callbacks, steps, phases, contexts, states.
//!
//! Numbers are those of `vss.h` / `vsbackup.h` / `vswriter.h` as documented on learn.microsoft.com.

use crate::schema;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// Defines an enum whose variants have one spelling in files, and that keeps unknown spellings as `Other`.
macro_rules! open_vocabulary {
    ($(#[doc = $about:literal])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[doc = $about])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name {
            $($(#[$vmeta])* $variant,)+
            /// A word that vsscope does not know; kept as it was written.
            Other(Box<str>),
        }

        impl $name {
            /// Every known word, in protocol order.
            pub const KNOWN: &'static [&'static str] = &[$($text),+];

            /// The word as it is written in files.
            pub fn as_str(&self) -> &str {
                match self {
                    $($name::$variant => $text,)+
                    $name::Other(text) => text,
                }
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                match text {
                    $($text => $name::$variant,)+
                    other => $name::Other(other.into()),
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                schema::words(concat!($($about),*).trim(), Self::KNOWN)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Ok($name::from(String::deserialize(deserializer)?.as_str()))
            }
        }
    };
}

open_vocabulary!(
    /// A method that a requester calls on `IVssBackupComponents`, plus the ends of the instance's life.
    Method {
        /// `CreateVssBackupComponents`.
        CreateVssBackupComponents = "CreateVssBackupComponents",
        /// `InitializeForBackup`.
        InitializeForBackup = "InitializeForBackup",
        /// `InitializeForRestore`.
        InitializeForRestore = "InitializeForRestore",
        /// `SetContext`.
        SetContext = "SetContext",
        /// `SetBackupState`.
        SetBackupState = "SetBackupState",
        /// `EnableWriterClasses`.
        EnableWriterClasses = "EnableWriterClasses",
        /// `DisableWriterClasses`.
        DisableWriterClasses = "DisableWriterClasses",
        /// `EnableWriterInstances`.
        EnableWriterInstances = "EnableWriterInstances",
        /// `DisableWriterInstances`.
        DisableWriterInstances = "DisableWriterInstances",
        /// `GatherWriterMetadata` (asynchronous).
        GatherWriterMetadata = "GatherWriterMetadata",
        /// `GetWriterMetadata`.
        GetWriterMetadata = "GetWriterMetadata",
        /// `FreeWriterMetadata`.
        FreeWriterMetadata = "FreeWriterMetadata",
        /// `AddComponent`.
        AddComponent = "AddComponent",
        /// `SetBackupOptions`.
        SetBackupOptions = "SetBackupOptions",
        /// `SetPreviousBackupStamp`.
        SetPreviousBackupStamp = "SetPreviousBackupStamp",
        /// `IsVolumeSupported`.
        IsVolumeSupported = "IsVolumeSupported",
        /// `StartSnapshotSet`.
        StartSnapshotSet = "StartSnapshotSet",
        /// `AddToSnapshotSet`.
        AddToSnapshotSet = "AddToSnapshotSet",
        /// `PrepareForBackup` (asynchronous).
        PrepareForBackup = "PrepareForBackup",
        /// `DoSnapshotSet` (asynchronous).
        DoSnapshotSet = "DoSnapshotSet",
        /// `GatherWriterStatus` (asynchronous).
        GatherWriterStatus = "GatherWriterStatus",
        /// `GetWriterStatus`.
        GetWriterStatus = "GetWriterStatus",
        /// `FreeWriterStatus`.
        FreeWriterStatus = "FreeWriterStatus",
        /// `GetSnapshotProperties`.
        GetSnapshotProperties = "GetSnapshotProperties",
        /// `Query`.
        Query = "Query",
        /// `SetBackupSucceeded`.
        SetBackupSucceeded = "SetBackupSucceeded",
        /// `BackupComplete` (asynchronous).
        BackupComplete = "BackupComplete",
        /// `SaveAsXML`.
        SaveAsXml = "SaveAsXML",
        /// `AbortBackup`.
        AbortBackup = "AbortBackup",
        /// `DeleteSnapshots`.
        DeleteSnapshots = "DeleteSnapshots",
        /// `BreakSnapshotSet` and its `Ex` form.
        BreakSnapshotSet = "BreakSnapshotSet",
        /// `ExposeSnapshot`.
        ExposeSnapshot = "ExposeSnapshot",
        /// `UnexposeSnapshot`.
        UnexposeSnapshot = "UnexposeSnapshot",
        /// `ImportSnapshots` (asynchronous).
        ImportSnapshots = "ImportSnapshots",
        /// `RevertToSnapshot`.
        RevertToSnapshot = "RevertToSnapshot",
        /// `SetSelectedForRestore`.
        SetSelectedForRestore = "SetSelectedForRestore",
        /// `SetRestoreState`.
        SetRestoreState = "SetRestoreState",
        /// `SetRestoreOptions`.
        SetRestoreOptions = "SetRestoreOptions",
        /// `AddRestoreSubcomponent`.
        AddRestoreSubcomponent = "AddRestoreSubcomponent",
        /// `SetAdditionalRestores`.
        SetAdditionalRestores = "SetAdditionalRestores",
        /// `PreRestore` (asynchronous).
        PreRestore = "PreRestore",
        /// `SetFileRestoreStatus`.
        SetFileRestoreStatus = "SetFileRestoreStatus",
        /// `PostRestore` (asynchronous).
        PostRestore = "PostRestore",
        /// `IVssAsync::QueryStatus` where it found the work unfinished (`VSS_S_ASYNC_PENDING`); any other answer is the end of
        /// the call itself.
        QueryStatus = "QueryStatus",
        /// `IVssAsync::Cancel`.
        Cancel = "Cancel",
        /// `Release` of the instance.
        Release = "Release",
    }
);

open_vocabulary!(
    /// An event that VSS sends to a writer (`CVssWriter::On…`).
    Callback {
        /// `OnIdentify`.
        Identify = "Identify",
        /// `OnPrepareBackup`.
        PrepareBackup = "PrepareBackup",
        /// `OnPrepareSnapshot`.
        PrepareSnapshot = "PrepareSnapshot",
        /// `OnFreeze`.
        Freeze = "Freeze",
        /// The worker thread that times the freeze out (KB 915331); seen in `Services\VSS\Diag` only.
        FreezeWatchdog = "FreezeWatchdog",
        /// `OnThaw`.
        Thaw = "Thaw",
        /// `OnPostSnapshot`.
        PostSnapshot = "PostSnapshot",
        /// `OnAbort`.
        Abort = "Abort",
        /// The writer answers `GatherWriterStatus`.
        GetState = "GetState",
        /// `OnBackupComplete`.
        BackupComplete = "BackupComplete",
        /// `OnBackupShutdown`.
        BackupShutdown = "BackupShutdown",
        /// `OnPreRestore`.
        PreRestore = "PreRestore",
        /// `OnPostRestore`.
        PostRestore = "PostRestore",
    }
);

open_vocabulary!(
    /// A phase that the VSS service brackets while it creates a set.
    ServicePhase {
        /// The writers of the set get PrepareForSnapshot.
        PrepareSnapshot = "PrepareSnapshot",
        /// The freeze from beginning to end, with its five parts below.
        Freeze = "Freeze",
        /// Front-end writers freeze (`VSS_APP_FRONT_END`).
        FreezeFrontEnd = "FreezeFrontEnd",
        /// Back-end writers freeze (`VSS_APP_BACK_END`).
        FreezeBackEnd = "FreezeBackEnd",
        /// System writers freeze (`VSS_APP_SYSTEM`).
        FreezeSystem = "FreezeSystem",
        /// The Kernel Transaction Manager is frozen.
        FreezeKtm = "FreezeKtm",
        /// System resource managers (the registry) freeze (`VSS_APP_SYSTEM_RM`).
        FreezeResourceManagers = "FreezeResourceManagers",
        /// The Kernel Transaction Manager is released.
        ThawKtm = "ThawKtm",
        /// The writers of the set get Thaw.
        Thaw = "Thaw",
        /// The writers of the set get PostSnapshot.
        PostSnapshot = "PostSnapshot",
    }
);

open_vocabulary!(
    /// A call of the VSS service into a provider (`IVssProviderCreateSnapshotSet` and relatives).
    ProviderStep {
        /// `BeginPrepareSnapshot`, once per volume.
        BeginPrepareSnapshot = "BeginPrepareSnapshot",
        /// `EndPrepareSnapshots`.
        EndPrepareSnapshots = "EndPrepareSnapshots",
        /// `PreCommitSnapshots`.
        PreCommitSnapshots = "PreCommitSnapshots",
        /// `CommitSnapshots`.
        CommitSnapshots = "CommitSnapshots",
        /// `PostCommitSnapshots`.
        PostCommitSnapshots = "PostCommitSnapshots",
        /// `PreFinalCommitSnapshots`.
        PreFinalCommitSnapshots = "PreFinalCommitSnapshots",
        /// `PostFinalCommitSnapshots`.
        PostFinalCommitSnapshots = "PostFinalCommitSnapshots",
        /// `AbortSnapshots`.
        AbortSnapshots = "AbortSnapshots",
        /// `DeleteSnapshots`.
        DeleteSnapshots = "DeleteSnapshots",
    }
);

open_vocabulary!(
    /// A step of flush-and-hold, through which the service stops writes on a volume.
    FlushStep {
        /// The volumes are opened.
        OpenVolumes = "OpenVolumes",
        /// `IOCTL_VOLSNAP_FLUSH_AND_HOLD_WRITES`.
        FlushAndHold = "FlushAndHold",
        /// `IOCTL_VOLSNAP_RELEASE_WRITES`.
        Release = "Release",
    }
);

open_vocabulary!(
    /// `VSS_BACKUP_TYPE`, the third argument of `SetBackupState`.
    BackupType {
        /// `VSS_BT_FULL`.
        Full = "FULL",
        /// `VSS_BT_INCREMENTAL`.
        Incremental = "INCREMENTAL",
        /// `VSS_BT_DIFFERENTIAL`.
        Differential = "DIFFERENTIAL",
        /// `VSS_BT_LOG`.
        Log = "LOG",
        /// `VSS_BT_COPY`.
        Copy = "COPY",
        /// `VSS_BT_OTHER`.
        OtherType = "OTHER",
        /// `VSS_BT_UNDEFINED`.
        Undefined = "UNDEFINED",
    }
);

impl Method {
    /// Whether its work goes on after it returns, until the end of its `IVssAsync` (the "pAsync" parameter on the pages of
    /// `IVssBackupComponents`).
    pub fn is_asynchronous(&self) -> bool {
        matches!(
            self,
            Method::GatherWriterMetadata
                | Method::GatherWriterStatus
                | Method::PrepareForBackup
                | Method::DoSnapshotSet
                | Method::BackupComplete
                | Method::PreRestore
                | Method::PostRestore
                | Method::ImportSnapshots
        )
    }
}

/// The argument of `SetContext`: a context and attribute bits (`_VSS_SNAPSHOT_CONTEXT`, `_VSS_VOLUME_SNAPSHOT_ATTRIBUTES`).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Context(pub u32);

impl Context {
    /// `VSS_CTX_BACKUP`, the context of an instance on which `SetContext` was never called.
    pub const BACKUP: Context = Context(0);
    /// `VSS_CTX_ALL`, for queries and administration.
    pub const ALL: Context = Context(0xFFFF_FFFF);

    /// `VSS_VOLSNAP_ATTR_NO_WRITERS`: no writer takes part, and BackupComplete would be an error.
    pub fn is_writerless(self) -> bool {
        self != Self::ALL && self.0 & 0x10 != 0
    }

    /// Whether the shadow copies go when the instance is released (`VSS_VOLSNAP_ATTR_NO_AUTO_RELEASE` not set).
    pub fn is_auto_release(self) -> bool {
        self != Self::ALL && self.0 & 0x8 == 0
    }

    /// `VSS_VOLSNAP_ATTR_PERSISTENT`: the shadow copies outlive the instance and a restart.
    pub fn is_persistent(self) -> bool {
        self != Self::ALL && self.0 & 0x1 != 0
    }

    /// `VSS_VOLSNAP_ATTR_TRANSPORTABLE`.
    pub fn is_transportable(self) -> bool {
        self != Self::ALL && self.0 & 0x20 != 0
    }

    /// `VSS_VOLSNAP_ATTR_CLIENT_ACCESSIBLE`: copies for Shadow Copies of Shared Folders.
    pub fn is_client_accessible(self) -> bool {
        self != Self::ALL && self.0 & 0x4 != 0
    }

    /// The documented name of the context, without regard to further attribute bits.
    pub fn name(self) -> Option<&'static str> {
        Some(match self.0 {
            0xFFFF_FFFF => "VSS_CTX_ALL",
            bits => match bits & 0x1F {
                0x00 => "VSS_CTX_BACKUP",
                0x10 => "VSS_CTX_FILE_SHARE_BACKUP",
                0x19 => "VSS_CTX_NAS_ROLLBACK",
                0x09 => "VSS_CTX_APP_ROLLBACK",
                0x1D => "VSS_CTX_CLIENT_ACCESSIBLE",
                0x0D => "VSS_CTX_CLIENT_ACCESSIBLE_WRITERS",
                _ => return None,
            },
        })
    }
}

impl fmt::Display for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:x}", self.0)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Context {
    type Err = crate::ParseCodeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || crate::ParseCodeError { wanted: "snapshot context", text: text.to_owned() };
        let code: crate::HResult = text.parse().map_err(|_| wrong())?;
        Ok(Context(code.0))
    }
}

impl JsonSchema for Context {
    fn schema_name() -> Cow<'static, str> {
        "Context".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        schema::text("The argument of `SetContext`: a context and attribute bits.", "^0x[0-9a-f]{1,8}$")
    }
}

impl Serialize for Context {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Context {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// `VSS_WRITER_STATE`, by number; the words that tools print beside it are localised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct WriterState(pub u32);

impl WriterState {
    /// `VSS_WS_STABLE`.
    pub const STABLE: WriterState = WriterState(1);
    /// `VSS_WS_WAITING_FOR_BACKUP_COMPLETE`.
    pub const WAITING_FOR_BACKUP_COMPLETE: WriterState = WriterState(5);

    /// The enumerator's name.
    pub fn name(self) -> Option<&'static str> {
        WRITER_STATES.get(usize::try_from(self.0).ok()?).map(|(name, _)| *name)
    }

    /// The state of an enumerator's name, for instance `VSS_WS_STABLE`.
    pub fn from_name(name: &str) -> Option<Self> {
        let at = WRITER_STATES.iter().position(|(n, _)| n.eq_ignore_ascii_case(name))?;
        u32::try_from(at).ok().map(WriterState)
    }

    /// The callback at which the writer failed, for the states `VSS_WS_FAILED_AT_…`.
    pub fn failed_at(self) -> Option<Callback> {
        WRITER_STATES.get(usize::try_from(self.0).ok()?).and_then(|(_, failed)| failed.clone())
    }
}

/// Name and, for failed states, the callback, at the index that is the state's number.
const WRITER_STATES: &[(&str, Option<Callback>)] = &[
    ("VSS_WS_UNKNOWN", None),
    ("VSS_WS_STABLE", None),
    ("VSS_WS_WAITING_FOR_FREEZE", None),
    ("VSS_WS_WAITING_FOR_THAW", None),
    ("VSS_WS_WAITING_FOR_POST_SNAPSHOT", None),
    ("VSS_WS_WAITING_FOR_BACKUP_COMPLETE", None),
    ("VSS_WS_FAILED_AT_IDENTIFY", Some(Callback::Identify)),
    ("VSS_WS_FAILED_AT_PREPARE_BACKUP", Some(Callback::PrepareBackup)),
    ("VSS_WS_FAILED_AT_PREPARE_SNAPSHOT", Some(Callback::PrepareSnapshot)),
    ("VSS_WS_FAILED_AT_FREEZE", Some(Callback::Freeze)),
    ("VSS_WS_FAILED_AT_THAW", Some(Callback::Thaw)),
    ("VSS_WS_FAILED_AT_POST_SNAPSHOT", Some(Callback::PostSnapshot)),
    ("VSS_WS_FAILED_AT_BACKUP_COMPLETE", Some(Callback::BackupComplete)),
    ("VSS_WS_FAILED_AT_PRE_RESTORE", Some(Callback::PreRestore)),
    ("VSS_WS_FAILED_AT_POST_RESTORE", Some(Callback::PostRestore)),
    ("VSS_WS_FAILED_AT_BACKUPSHUTDOWN", Some(Callback::BackupShutdown)),
];

/// The key of a component in a backup components document. Its type does not
/// distinguish two components (learn.microsoft.com, `IVssBackupComponents::AddComponent`).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Component {
    /// Writer: class id where the evidence gives it, else the writer's name.
    pub writer: String,
    /// Writer instance id; tells two instances of one writer class apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// Logical path; NULL and empty are the same.
    #[serde(default)]
    pub path: String,
    /// Component name.
    pub name: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_words_survive_a_round_trip() {
        let json = serde_json::to_string(&Method::from("SetRangesFilePath")).expect("json");
        assert_eq!(json, "\"SetRangesFilePath\"");
        assert_eq!(serde_json::from_str::<Method>(&json).expect("method").as_str(), "SetRangesFilePath");
        assert_eq!(Method::from("BackupComplete"), Method::BackupComplete);
    }

    // Table of contexts: MicrosoftDocs/win32 desktop-src/VSS/shadow-copy-context-configurations.md
    #[test]
    fn contexts_say_what_microsoft_documents() {
        let row = |bits| {
            let c = Context(bits);
            (c.is_writerless(), c.is_auto_release(), c.is_persistent())
        };
        assert_eq!(row(0x00), (false, true, false), "BACKUP");
        assert_eq!(row(0x10), (true, true, false), "FILE_SHARE_BACKUP");
        assert_eq!(row(0x19), (true, false, true), "NAS_ROLLBACK");
        assert_eq!(row(0x09), (false, false, true), "APP_ROLLBACK");
        assert_eq!(row(0x1D), (true, false, true), "CLIENT_ACCESSIBLE");
        assert_eq!(row(0x0D), (false, false, true), "CLIENT_ACCESSIBLE_WRITERS");
        assert_eq!(row(0xFFFF_FFFF), (false, false, false), "ALL");
    }

    #[test]
    fn writer_states_have_their_documented_numbers() {
        assert_eq!(WriterState::from_name("VSS_WS_FAILED_AT_FREEZE"), Some(WriterState(9)));
        assert_eq!(WriterState(15).failed_at(), Some(Callback::BackupShutdown));
        assert_eq!(WriterState(5).failed_at(), None);
        assert_eq!(WriterState(99).name(), None);
    }
}
