//! JSON Schemas of the machine-readable forms, made from the types that are written.
//!
//! They describe what is written: a key is required where it is always there. Objects are open, as keys may be added within a
//! version.

use crate::{catalogue, explain, json};
use schemars::generate::SchemaSettings;
use schemars::transform::RecursiveTransform;
use schemars::{JsonSchema, Schema};
use serde_json::{Map, Value};
use vsscope_model::Analysis;

/// The schema of `vsscope.analysis/1`.
pub fn analysis() -> Value {
    of::<Analysis>(Analysis::SCHEMA)
}

/// The schema of a line of `vsscope.events/1`.
pub fn events() -> Value {
    of::<json::Line<'_>>(Analysis::EVENTS_SCHEMA)
}

/// The schema of `vsscope.rules/1`.
pub fn rules() -> Value {
    of::<catalogue::Document<'_>>(catalogue::RULES_SCHEMA)
}

/// The schema of `vsscope.explain/1`.
pub fn explain() -> Value {
    of::<explain::Document<'_>>(explain::EXPLAIN_SCHEMA)
}

/// The schema of the documents that this type is written as, under the name and version of their form
/// (`vsscope.analysis/1`). Draft 2020-12.
pub fn of<T: JsonSchema>(form: &str) -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize().with_transform(RecursiveTransform(tidy));
    let made = settings.into_generator().into_root_schema_for::<T>().to_value();
    let mut schema = Map::new();
    let Value::Object(mut made) = made else { return made };
    schema.extend(made.remove_entry("$schema"));
    // A name and no address: nothing has to be fetched to use the schema.
    schema.insert("$id".to_owned(), format!("urn:{}", form.replace(['.', '/'], ":")).into());
    schema.insert("title".to_owned(), form.into());
    made.remove("title");
    schema.extend(made);
    Value::Object(schema)
}

/// Takes out what is about Rust: defaults of reading, widths of numbers, links of the documentation.
fn tidy(schema: &mut Schema) {
    schema.remove("default");
    let is_number = schema
        .get("type")
        .is_some_and(|of| !of.as_array().map_or(of == "string", |all| all.contains(&"string".into())));
    if is_number {
        schema.remove("format");
    }
    if let Some(Value::String(text)) = schema.get_mut("description") {
        *text = prose(text);
    }
}

/// A doc comment without line ends inside of paragraphs and without links: ``[`Event::set`]`` is `` `Event.set` ``.
fn prose(text: &str) -> String {
    let paragraphs: Vec<String> = text.split("\n\n").map(|part| part.replace('\n', " ")).collect();
    let mut text = paragraphs.join("\n\n");
    while let Some((before, link, after)) = link(&text) {
        text = format!("{before}`{}`{after}", link.trim_start_matches("crate::").replace("::", "."));
    }
    text
}

/// The first link in a text, and what is around it.
fn link(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("[`")?;
    let (link, after) = rest.split_once("`]")?;
    Some((before, link, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_line_ends_of_doc_comments_are_taken_out() {
        assert_eq!(
            prose("The set\nof [`crate::Event::set`] and [`Clock`].\n\nMore."),
            "The set of `Event.set` and `Clock`.\n\nMore."
        );
    }
}
