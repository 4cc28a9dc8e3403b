//! The machine-readable forms: a public, versioned interface. Keys may be added within a version, none renamed or removed.

use schemars::JsonSchema;
use serde::Serialize;
use std::io::{self, Write};
use vsscope_model::{Analysis, Event};

/// The analysis as `vsscope.analysis/1`, with a line end.
pub fn analysis_json(analysis: &Analysis, pretty: bool) -> String {
    to_text(analysis, pretty)
}

/// The events as `vsscope.events/1`: one object per line, which can be read back as [`Event`].
pub fn events_ndjson(events: &[Event], mut writer: impl Write) -> io::Result<()> {
    for event in events {
        serde_json::to_writer(&mut writer, &Line { schema: Analysis::EVENTS_SCHEMA, event })?;
        writer.write_all(b"\n")?;
    }
    Ok(())
}

/// A line of an events file: one event.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Line<'a> {
    /// Name and version of this form.
    #[schemars(extend("const" = Analysis::EVENTS_SCHEMA))]
    schema: &'static str,
    #[serde(flatten)]
    event: &'a Event,
}

/// JSON of plain data, with a line end.
pub(crate) fn to_text(value: &impl Serialize, pretty: bool) -> String {
    let text = if pretty { serde_json::to_string_pretty(value) } else { serde_json::to_string(value) };
    // Fails only for maps with keys that are no strings, or for a `Serialize` that refuses; these types are neither.
    text.expect("plain data always has a JSON form") + "\n"
}
