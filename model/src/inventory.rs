//! [`Inventory`]: what tools list - writers, providers, shadow copies, storage - and what a registry key says of itself.
//!
//! A list is a state at one moment, not an event. The tools print no time of their own; where an entry has one, it is
//! that of what is listed.

use crate::{Guid, HResult, RecordRef, Timestamp, Writer, WriterState};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Everything that the inputs list, in the order of the inputs and of their lines.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Inventory {
    /// Writers and their states.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub writers: Vec<ListedWriter>,
    /// Providers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub providers: Vec<ListedProvider>,
    /// Shadow copies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub snapshots: Vec<ListedSnapshot>,
    /// Associations of shadow copy storage.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub storage: Vec<ShadowStorage>,
    /// Volumes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub volumes: Vec<ListedVolume>,
    /// The registry key `Services\VSS\Diag`, as exports and hives show it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub registry: Vec<RegistryKey>,
}

impl Inventory {
    /// Whether nothing is listed.
    pub fn is_empty(&self) -> bool {
        *self == Inventory::default()
    }

    /// Takes over what another input lists.
    pub fn append(&mut self, mut other: Inventory) {
        self.writers.append(&mut other.writers);
        self.providers.append(&mut other.providers);
        self.snapshots.append(&mut other.snapshots);
        self.storage.append(&mut other.storage);
        self.volumes.append(&mut other.volumes);
        self.registry.append(&mut other.registry);
    }
}

/// A writer as a tool lists it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListedWriter {
    /// Where.
    pub source: RecordRef,
    /// The machine, where the output names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<Arc<str>>,
    /// Name and ids.
    pub writer: Writer,
    /// State by its number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<WriterState>,
    /// Failure code, where the tool prints one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<HResult>,
    /// The last error in the tool's words, which may be translated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_error: Option<String>,
}

/// A provider as a tool lists it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListedProvider {
    /// Where.
    pub source: RecordRef,
    /// The machine, where the output names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<Arc<str>>,
    /// Name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Provider id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Guid>,
    /// Class id of the implementation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class_id: Option<Guid>,
    /// Type (`VSS_PROVIDER_TYPE`) by its number, where the tool prints it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub type_number: Option<u32>,
    /// Type in the tool's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub type_text: Option<String>,
    /// Version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// A shadow copy as a tool lists it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListedSnapshot {
    /// Where.
    pub source: RecordRef,
    /// The machine, where the output names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<Arc<str>>,
    /// Snapshot id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<Guid>,
    /// Its set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set: Option<Guid>,
    /// How many copies the set had when it was made, where the tool prints it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub set_size: Option<u32>,
    /// Original volume, as printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<String>,
    /// Device, without prefix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Time of creation as printed: local, in the form of the machine's language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_text: Option<String>,
    /// The same as an instant, once its zone is known and day and month are certain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<crate::schema::Time>")]
    pub created: Option<Timestamp>,
    /// Provider id, where it is printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_id: Option<Guid>,
    /// Provider name, where it is printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Attributes as printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attributes: Option<String>,
    /// Where it is exposed, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exposed: Option<String>,
}

/// Storage for the shadow copies of one volume.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ShadowStorage {
    /// Where.
    pub source: RecordRef,
    /// The machine, where the output names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<Arc<str>>,
    /// The volume whose copies are stored.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volume: Option<String>,
    /// The volume that stores them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_volume: Option<String>,
    /// In use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used: Option<Amount>,
    /// Set aside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allocated: Option<Amount>,
    /// The limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<Amount>,
}

/// An amount of storage as printed: rounded by the tool.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Amount {
    /// As printed: `22.1 GB (4%)`, `UNBOUNDED (100%)`.
    pub text: String,
    /// In bytes, as far as the rounded text tells; absent without a limit or where the unit is unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes: Option<u64>,
    /// Percent of the storing volume, as printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percent: Option<u8>,
}

/// A volume as `vssadmin list volumes` prints it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ListedVolume {
    /// Where.
    pub source: RecordRef,
    /// Mount point: `C:\`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// Name: `\\?\Volume{…}\`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// The key `Services\VSS\Diag` of one control set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RegistryKey {
    /// Where.
    pub source: RecordRef,
    /// Path up to and including `Diag`.
    pub path: String,
    /// For a hive: whether `Select\Current` names this control set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<bool>,
    /// The key's default value; `Disabled` switches the recording off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_value: Option<String>,
    /// For a hive: when the key was last written. Dates the newest live subkey (inferred).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<crate::schema::Time>")]
    pub last_write: Option<Timestamp>,
    /// For a hive: how many subkeys lived in memory only when it was last flushed (a hint: the count has no meaning on disk).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub volatile_subkeys: Option<u32>,
    /// Values that were decoded.
    pub values: u64,
    /// Their subkeys, by name.
    pub subkeys: Vec<String>,
}
