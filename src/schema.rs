//! The JSON Schemas of everything that vsscope writes or reads as JSON, and of `vsscope.toml`.
//!
//! They are made from the types; `docs/schema/` holds them as files. Nothing is added by hand but their names.

use crate::baseline::{self, Baseline};
use crate::config;
use crate::rules::lookup;
use serde_json::Value;
use vsscope_model::{Analysis, Diff, Shown};
use vsscope_reports::catalogue::RULES_SCHEMA;
use vsscope_reports::explain::EXPLAIN_SCHEMA;
use vsscope_reports::schema;

/// A schema by its names.
#[derive(Debug, Clone, Copy)]
pub struct Named {
    /// Short name, for instance `analysis`; the file is `docs/schema/analysis.schema.json`.
    pub name: &'static str,
    /// Name and version of the form, for instance `vsscope.analysis/1`.
    pub form: &'static str,
    /// What has this form.
    pub about: &'static str,
    make: fn() -> Value,
}

/// All schemas.
pub const ALL: &[Named] = &[
    Named {
        name: "analysis",
        form: Analysis::SCHEMA,
        about: "analyze and timeline with --format json",
        make: schema::analysis,
    },
    Named {
        name: "events",
        form: Analysis::EVENTS_SCHEMA,
        about: "a line of events with --format ndjson",
        make: schema::events,
    },
    Named { name: "diff", form: Diff::SCHEMA, about: "diff with --format json", make: schema::diff },
    Named { name: "show", form: Shown::SCHEMA, about: "show with --format json", make: schema::show },
    Named { name: "rules", form: RULES_SCHEMA, about: "rules with --format json", make: schema::rules },
    Named {
        name: "explain",
        form: EXPLAIN_SCHEMA,
        about: "explain with --format json",
        make: schema::explain,
    },
    Named {
        name: "baseline",
        form: baseline::SCHEMA,
        about: "the file of --write-baseline and --baseline",
        make: Baseline::schema,
    },
    Named {
        name: "config",
        form: "vsscope.toml",
        about: "the file of --config",
        make: config::schema::schema,
    },
];

impl Named {
    /// The schema.
    pub fn value(&self) -> Value {
        (self.make)()
    }

    /// The schema as indented JSON, with a line end.
    pub fn text(&self) -> String {
        // Plain data always has a JSON form.
        serde_json::to_string_pretty(&self.value()).unwrap_or_default() + "\n"
    }
}

/// The schema of this name: the short one, or that of the form.
pub fn by_name(name: &str) -> Option<&'static Named> {
    ALL.iter().find(|schema| [schema.name, schema.form].iter().any(|known| known.eq_ignore_ascii_case(name)))
}

/// The message for a name that no schema has.
pub fn unknown(name: &str) -> String {
    let near =
        lookup::nearest(name, ALL.iter().flat_map(|schema| [schema.name, schema.form]).map(str::to_owned));
    match near.is_empty() {
        true => format!("no schema {name:?}; `vsscope schema` lists them"),
        false => format!("no schema {name:?}; did you mean {}?", near.join(", ")),
    }
}
