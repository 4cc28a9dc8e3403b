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

/// Takes out what is about Rust: defaults of reading, widths of numbers, links of the documentation. What is left out when
/// it is not known is never `null`.
fn tidy(schema: &mut Schema) {
    schema.remove("default");
    if schema.get("type").is_some_and(is_number) {
        schema.remove("format");
    }
    if let Some(Value::String(text)) = schema.get_mut("description") {
        *text = prose(text);
    }
    let required = schema.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    if let Some(Value::Object(properties)) = schema.get_mut("properties") {
        for (name, property) in properties {
            if !required.iter().any(|key| key == name) {
                without_null(property);
            }
        }
    }
}

fn is_number(of: &Value) -> bool {
    let one = |of: &Value| of == "integer" || of == "number";
    one(of) || of.as_array().is_some_and(|types| types.iter().any(one))
}

/// `null` taken out of the alternatives; the only one that is left takes their place.
fn without_null(property: &mut Value) {
    let Some(property) = property.as_object_mut() else { return };
    if let Some(Value::Array(types)) = property.get_mut("type") {
        types.retain(|of| of != "null");
        if let [only] = &types[..] {
            let only = only.clone();
            property.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(any)) = property.get_mut("anyOf") {
        any.retain(|of| of["type"] != "null");
        if let [Value::Object(only)] = &any[..] {
            let only = only.clone();
            property.remove("anyOf");
            for (key, value) in only {
                property.entry(key).or_insert(value);
            }
        }
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
    use schemars::transform::Transform as _;

    #[test]
    fn what_is_left_out_when_unknown_is_not_null() {
        let mut schema: Schema = serde_json::json!({
            "properties": {
                "code": {"type": ["integer", "null"], "format": "uint32", "description": "Code."},
                "set": {"anyOf": [{"$ref": "#/$defs/Guid"}, {"type": "null"}], "description": "Set."},
                "time": {"type": ["string", "null"], "format": "date-time"},
            },
            "required": ["time"],
        })
        .try_into()
        .expect("a schema");
        RecursiveTransform(tidy).transform(&mut schema);
        let wanted = serde_json::json!({
            "code": {"type": "integer", "description": "Code."},
            "set": {"$ref": "#/$defs/Guid", "description": "Set."},
            "time": {"type": ["string", "null"], "format": "date-time"},
        });
        assert_eq!(schema.get("properties"), Some(&wanted));
    }

    #[test]
    fn links_and_line_ends_of_doc_comments_are_taken_out() {
        assert_eq!(
            prose("The set\nof [`crate::Event::set`] and [`Clock`].\n\nMore."),
            "The set of `Event.set` and `Clock`.\n\nMore."
        );
    }
}
