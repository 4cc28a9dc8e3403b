//! The JSON Schema of `vsscope.toml`, for editors: made from the tables that the reader itself uses.
//!
//! Draft 7, which the TOML language servers understand. The words of the file are matched without case by the reader; the
//! schema has the one spelling that is advised.

use super::rule::{ACTORS, EDGES};
use super::thresholds::{self, Kind};
use super::{reader, severity};
use crate::rules;
use crate::rules::custom::Same;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use vsscope_model::{Callback, Method, NAMED_HRESULTS};

/// The schema; tables refuse keys that they do not know, as the reader does.
pub fn schema() -> Value {
    let tables = json!({
        "severity": {"$ref": "#/definitions/severity"},
        "thresholds": {"$ref": "#/definitions/thresholds"},
        "ignore": {"type": "array", "items": {"$ref": "#/definitions/ignore"}},
        "rule": {"type": "array", "items": {"$ref": "#/definitions/rule"}},
    });
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "vsscope.toml",
        "description": "What was decided about the rules of vsscope; see docs/config.md.",
        "type": "object",
        "additionalProperties": false,
        "properties": tables,
        "definitions": {
            "severity": severities(),
            "wanted": {"enum": severity::WANTED},
            "thresholds": all_thresholds(),
            "ignore": ignore(),
            "rule": rule(),
            "example": example(),
            "sequence": sequence(),
            "absence": absence(),
            "count": count(),
            "phase": phase(),
            "pattern": pattern(),
            "text": {"type": "string", "pattern": "\\S"},
            "duration": duration(),
            "same": {"type": "array", "items": {"enum": Same::KNOWN}},
        },
    })
}

/// A table with these keys and no others.
fn table(description: &str, properties: Value, required: &[&str]) -> Value {
    json!({
        "description": description,
        "type": "object",
        "additionalProperties": false,
        "properties": properties,
        "required": required,
    })
}

/// A key whose value is defined elsewhere.
fn of(definition: &str, description: &str) -> Value {
    json!({"$ref": format!("#/definitions/{definition}"), "description": description})
}

fn severities() -> Value {
    let wanted = |rule: &&'static dyn rules::Rule| {
        let info = rule.info();
        (info.id.to_owned(), of("wanted", &format!("{} ({})", info.title, info.severity)))
    };
    let ids: BTreeMap<String, Value> = rules::catalogue().iter().map(wanted).collect();
    json!({
        "description": "Severities by rule id; own rules too.",
        "type": "object",
        "properties": ids,
        "propertyNames": {"pattern": "^[a-z][a-z0-9-]*$"},
        "additionalProperties": {"$ref": "#/definitions/wanted"},
    })
}

fn all_thresholds() -> Value {
    let field = |(name, kind): (&str, Kind)| {
        let value = match kind {
            Kind::Duration(default) => of("duration", &format!("Default: {default} seconds.")),
            Kind::Count(default) => json!({"type": "integer", "minimum": 1, "default": default}),
            Kind::Share(default) => {
                json!({"type": "number", "exclusiveMinimum": 0, "maximum": 1, "default": default})
            }
        };
        (name.to_owned(), value)
    };
    let fields: Map<String, Value> = thresholds::kinds().into_iter().map(field).collect();
    table("What counts as long, soon or many.", Value::Object(fields), &[])
}

fn ignore() -> Value {
    let keys = json!({
        "rule": of("text", "Id of the rule."),
        "reason": of("text", "Why nobody needs to hear of it."),
        "until": {"type": "string", "format": "date", "description": "The last day (UTC) on which it holds: a date without quotes."},
        "host": of("text", "Host, short or full name."),
        "writer": of("text", "Writer."),
        "requester": of("text", "File name of the requester's executable."),
        "set": of("text", "Id of the snapshot set, or its beginning."),
    });
    table("Findings that nobody needs to hear of.", keys, &["rule", "reason"])
}

fn rule() -> Value {
    let keys = json!({
        "id": {"type": "string", "pattern": "^[a-z][a-z0-9-]*$", "description": "Lower-case letters, digits and hyphens; no built-in rule has it."},
        "title": of("text", "One line."),
        "severity": {"enum": severity::LEVELS},
        "detail": of("text", "What it means that the rule fires."),
        "remedy": of("text", "What to do."),
        "example": {"type": "array", "items": {"$ref": "#/definitions/example"}},
        "event": of("pattern", "Fires when there is such an event."),
        "sequence": of("sequence", "Fires when there are such events in this order."),
        "absence": of("absence", "Fires when what should follow an event does not."),
        "threshold": {
            "anyOf": [{"$ref": "#/definitions/count"}, {"$ref": "#/definitions/phase"}],
            "description": "Fires when there are so many events, or when a phase takes too long.",
        },
    });
    let mut rule =
        table("A rule of your own, with exactly one condition.", keys, &["id", "title", "severity"]);
    let one: Vec<Value> = super::rule::CONDITIONS.iter().map(|key| json!({"required": [key]})).collect();
    rule["oneOf"] = Value::Array(one);
    rule
}

fn example() -> Value {
    let keys = json!({
        "note": of("text", "What it shows."),
        "fires": {"type": "boolean", "description": "Whether the rule fires on it."},
        "events": of("text", "Lines of vsscope.events/1."),
        "file": of("text", "A log; its path begins at the folder of this file."),
    });
    let mut example = table("Evidence for vsscope rules test.", keys, &["note", "fires"]);
    example["oneOf"] = json!([{"required": ["events"]}, {"required": ["file"]}]);
    example
}

fn sequence() -> Value {
    let keys = json!({
        "events": {"type": "array", "minItems": 2, "items": {"$ref": "#/definitions/pattern"}},
        "within": of("duration", "From the first event to the last."),
        "same": of("same", "What the events have in common."),
    });
    table("Events in this order.", keys, &["events", "within"])
}

fn absence() -> Value {
    let keys = json!({
        "event": of("pattern", "What happened."),
        "followed-by": of("pattern", "What should have followed."),
        "within": of("duration", "Until when."),
        "same": of("same", "What the two have in common."),
    });
    table("What should follow and does not.", keys, &["event", "followed-by", "within"])
}

fn count() -> Value {
    let keys = json!({
        "event": of("pattern", "What is counted."),
        "at-least": {"type": "integer", "minimum": 2, "description": "From how many on."},
        "within": of("duration", "From the first of them to the last."),
        "same": of("same", "What they have in common."),
    });
    table("So many events within a time.", keys, &["event", "at-least", "within"])
}

fn phase() -> Value {
    let actors: Vec<&str> = ACTORS.iter().map(|actor| actor.as_str()).collect();
    let keys = json!({
        "phase": of("text", "Name of the phase, as the timeline shows it."),
        "actor": {"enum": actors},
        "writer": of("text", "Writer: name or class id."),
        "over": of("duration", "The longest that is well."),
    });
    table("A phase that takes too long.", keys, &["phase", "over"])
}

fn pattern() -> Value {
    let id = json!({"type": "integer", "minimum": 0, "maximum": u32::MAX});
    let edges: Vec<&str> = EDGES.iter().map(|(name, _)| *name).collect();
    let codes: Vec<&str> = NAMED_HRESULTS.iter().map(|(_, name)| *name).collect();
    let keys = json!({
        "provider": of("text", "Provider (source) of the record."),
        "event-id": {"anyOf": [id, {"type": "array", "minItems": 1, "items": id}]},
        "level": {"type": "integer", "minimum": 1, "maximum": 5, "description": "Highest level: 1 critical, 2 error, 3 warning, 4 information, 5 verbose."},
        "host": of("text", "Host, short or full name."),
        "writer": of("text", "Writer: name or class id."),
        "set-known": {"type": "boolean", "description": "Whether it is known to which snapshot set the event belongs."},
        "method": {"enum": Method::KNOWN, "description": "Method of the requester."},
        "callback": {"enum": Callback::KNOWN, "description": "Callback of a writer."},
        "edge": {"enum": edges, "description": "Part of the call or callback."},
        "code": {
            "anyOf": [{"enum": codes}, {"type": "string", "pattern": "^(0[xX][0-9a-fA-F]{1,8}|-?[0-9]+)$"}, id],
            "description": "Result: name or number.",
        },
        "text": of("text", "What a parameter contains."),
        "image": of("text", "File name of the executable."),
    });
    let mut pattern = table("What an event has to look like.", keys, &[]);
    pattern["minProperties"] = json!(1);
    pattern
}

fn duration() -> Value {
    json!({
        "description": "Seconds as a number, or a text like \"90s\", \"10m\", \"2h\", \"1d\".",
        "anyOf": [
            {"type": "number", "exclusiveMinimum": 0, "maximum": reader::LONGEST},
            {"type": "string", "pattern": "^\\s*0*[1-9][0-9]*\\s*[smhd]\\s*$"},
        ],
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{TABLES, example, ignores, rule};

    #[test]
    fn the_schema_has_the_keys_that_the_reader_knows_and_no_others() {
        let schema = schema();
        let rule_keys = [rule::OWN_KEYS, rule::CONDITIONS].concat();
        for (place, known) in [
            ("", TABLES),
            ("/definitions/ignore", ignores::KEYS),
            ("/definitions/rule", rule_keys.as_slice()),
            ("/definitions/example", example::KEYS),
            ("/definitions/sequence", rule::SEQUENCE),
            ("/definitions/absence", rule::ABSENCE),
            ("/definitions/count", rule::COUNT),
            ("/definitions/phase", rule::PHASE),
            ("/definitions/pattern", rule::PATTERN),
        ] {
            let found = schema.pointer(&format!("{place}/properties")).and_then(Value::as_object);
            let mut found: Vec<&str> = found.expect(place).keys().map(String::as_str).collect();
            let mut known = known.to_vec();
            found.sort_unstable();
            known.sort_unstable();
            assert_eq!(found, known, "{place}");
        }
    }
}
