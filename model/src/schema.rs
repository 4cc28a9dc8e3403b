//! The forms of single values for JSON Schemas: what the types' own serialisers write.
//!
//! For `#[schemars(with = …)]` and the types of [`crate::ids`] and [`crate::protocol`]. The schemas of whole documents come
//! from the derives; `vsscope schema` prints them.

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use std::borrow::Cow;

/// Declares a type that stands for a form of text.
macro_rules! text_form {
    ($(#[$meta:meta])* $name:ident, $schema:tt) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name;

        impl JsonSchema for $name {
            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

text_form!(
    /// A [`crate::Timestamp`] as it is written. Years of more than four digits have a sign (ISO 8601).
    Time,
    {
        "description": "An instant: RFC 3339 in UTC with up to nine decimals.",
        "type": "string",
        "format": "date-time",
        "pattern": "^([0-9]{4}|[+-][0-9]{4,6})-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]{1,9})?Z$",
    }
);

text_form!(
    /// A calendar day as it is written.
    Day,
    {
        "description": "A calendar day.",
        "type": "string",
        "format": "date",
        "pattern": "^([0-9]{4}|[+-][0-9]{4,6})-[0-9]{2}-[0-9]{2}$",
    }
);

/// A text of exactly this form.
pub(crate) fn text(description: &str, pattern: &str) -> Schema {
    json_schema!({"description": description, "type": "string", "pattern": pattern})
}

/// One of these words, or another that is kept as it was written.
pub(crate) fn words(description: &str, known: &[&str]) -> Schema {
    json_schema!({
        "description": description,
        "anyOf": [
            {"enum": known},
            {"description": "A word that vsscope does not know, as it was written.", "type": "string"},
        ],
    })
}
