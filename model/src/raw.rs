//! [`RawRecord`]: a record as it lies in its input, for `vsscope show`; the root of `vsscope.show/1` is [`Shown`].

use crate::{Evidence, Timestamp};
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use std::sync::Arc;

/// A place in an input. What is absent is not asked for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Spot {
    /// Event record id.
    pub record: Option<u64>,
    /// Line, from 1.
    pub line: Option<u64>,
    /// Byte offset.
    pub offset: Option<u64>,
    /// When about; tells records of one place apart.
    #[serde(skip)]
    pub near: Option<Timestamp>,
}

impl Spot {
    /// Whether no place is named: what is meant is the input as a whole.
    pub fn is_whole(&self) -> bool {
        self.record.is_none() && self.line.is_none() && self.offset.is_none()
    }
}

/// What `vsscope show` found.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Shown {
    /// Always [`Shown::SCHEMA`].
    #[schemars(extend("const" = Shown::SCHEMA))]
    pub schema: &'static str,
    /// What was asked for.
    pub reference: String,
    /// The finding whose evidence it is; absent where a place was asked for.
    pub finding: Option<ShownFinding>,
    /// The records, in the order of the evidence.
    pub records: Vec<ShownRecord>,
}

impl Shown {
    /// Name and version of the JSON form.
    pub const SCHEMA: &'static str = "vsscope.show/1";
}

/// The finding whose evidence is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ShownFinding {
    /// Its id.
    pub id: String,
    /// Its rule.
    pub rule: String,
    /// Its title.
    pub title: String,
}

/// A record with the piece of evidence that it is.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct ShownRecord {
    /// The piece of evidence; absent where a place was asked for.
    pub evidence: Option<Evidence>,
    /// The record.
    #[serde(flatten)]
    pub record: RawRecord,
}

/// A record as it lies in its input.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct RawRecord {
    /// Path of the input; a member of an archive is `archive.zip!member`.
    pub input: Arc<str>,
    /// Its format, see [`crate::Input::format`]; `unknown` for what is no log.
    pub format: String,
    /// Where it lies.
    #[serde(flatten)]
    pub spot: Spot,
    /// What lies there.
    #[serde(flatten)]
    pub raw: Raw,
}

/// What lies at a place.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Raw {
    /// A record of an event log.
    Xml {
        /// The record, indented.
        xml: String,
    },
    /// A JSON object.
    Json {
        /// The object as it stands.
        json: String,
    },
    /// Lines of text.
    Text {
        /// The line and those around it.
        lines: Vec<RawLine>,
    },
    /// A record of a binary file.
    Bytes {
        /// What its header and its content say, as far as they are read: name and value, in their order.
        fields: Vec<RawField>,
        /// Offset of the first byte in what `within` names.
        first: u64,
        /// What `first` counts in: the file, or the payload of an event.
        within: &'static str,
        /// The bytes.
        #[serde(serialize_with = "hex")]
        #[schemars(with = "String")]
        bytes: Vec<u8>,
    },
    /// The input as a whole is meant.
    Whole,
}

/// A line of text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RawLine {
    /// Number, from 1.
    pub number: u64,
    /// The text.
    pub text: String,
    /// Whether it is the line that was asked for.
    pub meant: bool,
}

/// A field of a binary record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RawField {
    /// Name.
    pub name: String,
    /// Value.
    pub value: String,
}

fn hex<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&Hex(bytes))
}

struct Hex<'a>(&'a [u8]);

impl std::fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
