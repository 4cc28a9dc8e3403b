//! Times that are not there ([`Event::NO_TIME`]), as JSON has them: `null`.
//!
//! For `#[serde(with = …)]`: this module for times, [`optional`] for times that may also be absent.

use crate::{Event, Timestamp};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

fn known(time: Timestamp) -> Option<Timestamp> {
    (time != Event::NO_TIME).then_some(time)
}

/// Writes a time, or `null`.
pub fn serialize<S: Serializer>(time: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    known(*time).serialize(serializer)
}

/// Reads a time; `null` is no time.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    Ok(Option::deserialize(deserializer)?.unwrap_or(Event::NO_TIME))
}

/// The same for times that may be absent.
pub mod optional {
    use super::{Deserialize, Deserializer, Serialize, Serializer, Timestamp, known};

    /// Writes a time, or `null`.
    pub fn serialize<S: Serializer>(time: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
        time.and_then(known).serialize(serializer)
    }

    /// Reads a time; `null` is absent.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
        Option::deserialize(deserializer)
    }
}
