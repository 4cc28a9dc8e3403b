//! What codes and names mean: answers of `vsscope explain`, for people and for programs. What is known lies elsewhere and is
//! handed in.

use crate::catalogue::{self, RuleDoc};
use schemars::JsonSchema;
use serde::Serialize;
use vsscope_model::Severity;

pub use crate::text::answers_text;

/// Name and version of the JSON form.
pub const EXPLAIN_SCHEMA: &str = "vsscope.explain/1";

/// What was asked, and everything that it can mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// As it was asked.
    pub asked: String,
    /// The meanings.
    pub meanings: Vec<Meaning>,
}

/// What was asked without anything being known of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Unknown {
    /// As it was asked.
    pub asked: String,
    /// What may have been meant, the likest first.
    pub near: Vec<String>,
}

/// One meaning of a code or name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// A rule.
    Rule(RuleDoc),
    /// A row of the knowledge.
    Fact(Fact),
}

/// What is known of one thing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fact {
    /// What it is: `event`, `result code`, `writer` …
    pub kind: &'static str,
    /// Its number or id, as it can be asked for.
    pub code: String,
    /// Its name.
    pub name: Option<String>,
    /// Usual severity.
    pub severity: Option<Severity>,
    /// How sure it is.
    pub certainty: String,
    /// Short facts: label and value.
    pub details: Vec<(&'static str, String)>,
    /// Heading and text of each section, in order: plain text, of which lines that begin with `- ` or `1. ` are items.
    pub sections: Vec<(&'static str, String)>,
    /// What else to ask for: code and title.
    pub related: Vec<(String, String)>,
    /// Where it comes from.
    pub sources: Vec<String>,
}

impl Fact {
    /// Adds a short fact, if there is one.
    pub fn detail(&mut self, label: &'static str, value: Option<impl Into<String>>) {
        self.details.extend(value.map(|value| (label, value.into())));
    }

    /// Adds a section, if there is text for it.
    pub fn section(&mut self, heading: &'static str, text: Option<impl Into<String>>) {
        self.sections.extend(text.map(|text| (heading, text.into())));
    }
}

/// Answers: what codes and names mean.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Document<'a> {
    /// Name and version of this form.
    #[schemars(extend("const" = EXPLAIN_SCHEMA))]
    schema: &'static str,
    /// Every meaning of what was asked, in the order of the questions.
    entries: Vec<Entry<'a>>,
    /// What nothing is known of.
    unknown: &'a [Unknown],
}

/// One meaning of a code or name.
#[derive(Serialize, JsonSchema)]
struct Entry<'a> {
    /// As it was asked.
    asked: &'a str,
    /// What it is: `rule`, `event`, `result code`, `writer` and so on.
    kind: &'a str,
    /// Its number or id, as it can be asked for.
    code: &'a str,
    /// Its name.
    name: Option<&'a str>,
    /// Usual severity.
    severity: Option<Severity>,
    /// How sure it is; of a rule, what it rests on.
    certainty: &'a str,
    /// Short facts.
    details: Vec<Detail<'a>>,
    /// Longer texts, in order.
    sections: Vec<Section<'a>>,
    /// What else to ask for.
    related: Vec<Related<'a>>,
    /// Where it comes from.
    sources: &'a [String],
}

/// A short fact.
#[derive(Serialize, JsonSchema)]
struct Detail<'a> {
    /// What it is about.
    label: &'a str,
    /// What is so.
    value: &'a str,
}

/// A longer text.
#[derive(Serialize, JsonSchema)]
struct Section<'a> {
    /// Heading.
    heading: &'a str,
    /// The text; of a rule Markdown, else plain text of which lines that begin with `- ` or `1. ` are items.
    text: &'a str,
}

/// Something else to ask for.
#[derive(Serialize, JsonSchema)]
struct Related<'a> {
    /// As it can be asked for.
    code: &'a str,
    /// What it is.
    title: &'a str,
}

impl<'a> Entry<'a> {
    fn all(answer: &'a Answer) -> impl Iterator<Item = Self> {
        answer.meanings.iter().map(|meaning| match meaning {
            Meaning::Rule(rule) => Entry::of_rule(&answer.asked, rule),
            Meaning::Fact(fact) => Entry::of_fact(&answer.asked, fact),
        })
    }

    fn of_rule(asked: &'a str, rule: &'a RuleDoc) -> Self {
        let RuleDoc { id, title, severity, scope, basis, sections } = rule;
        Entry {
            asked,
            kind: "rule",
            code: id,
            name: Some(title),
            severity: Some(*severity),
            certainty: basis,
            details: vec![Detail { label: "scope", value: scope }],
            sections: sections.iter().map(|(heading, text)| Section { heading, text }).collect(),
            related: Vec::new(),
            sources: &[],
        }
    }

    fn of_fact(asked: &'a str, fact: &'a Fact) -> Self {
        Entry {
            asked,
            kind: fact.kind,
            code: &fact.code,
            name: fact.name.as_deref(),
            severity: fact.severity,
            certainty: &fact.certainty,
            details: fact.details.iter().map(|(label, value)| Detail { label, value }).collect(),
            sections: fact.sections.iter().map(|(heading, text)| Section { heading, text }).collect(),
            related: fact.related.iter().map(|(code, title)| Related { code, title }).collect(),
            sources: &fact.sources,
        }
    }
}

/// The answers as JSON, indented: `vsscope.rules/1` if all that was asked for are rules, else `vsscope.explain/1`.
pub fn answers_json(answers: &[Answer], unknown: &[Unknown]) -> String {
    let meanings = || answers.iter().flat_map(|answer| &answer.meanings);
    let rules: Vec<RuleDoc> = meanings()
        .filter_map(|meaning| match meaning {
            Meaning::Rule(rule) => Some(rule.clone()),
            Meaning::Fact(_) => None,
        })
        .collect();
    if unknown.is_empty() && rules.len() == meanings().count() {
        return catalogue::rules_json(&rules);
    }
    let entries = answers.iter().flat_map(Entry::all).collect();
    crate::json::to_text(&Document { schema: EXPLAIN_SCHEMA, entries, unknown }, true)
}

/// The answers as one page of Markdown.
pub fn answers_markdown(answers: &[Answer]) -> String {
    let meanings = answers.iter().flat_map(|answer| &answer.meanings);
    let pages: Vec<String> = meanings
        .map(|meaning| match meaning {
            Meaning::Rule(rule) => catalogue::explain_markdown(rule),
            Meaning::Fact(fact) => fact_markdown(fact),
        })
        .collect();
    pages.join("\n")
}

fn fact_markdown(fact: &Fact) -> String {
    let mut page = format!("# {}\n", literal(&fact.code));
    if let Some(name) = &fact.name {
        page.push_str(&format!("\n**{}**\n", literal(name)));
    }
    let severity = fact.severity.map(|severity| format!(" Severity: {severity}.")).unwrap_or_default();
    page.push_str(&format!("\nKind: {}.{severity} Certainty: {}.\n", fact.kind, literal(&fact.certainty)));
    if !fact.details.is_empty() {
        page.push('\n');
    }
    for (label, value) in &fact.details {
        page.push_str(&format!("- {label}: {}\n", literal(value)));
    }
    for (heading, text) in &fact.sections {
        page.push_str(&format!("\n## {heading}\n\n{}\n", literal(text.trim())));
    }
    if !fact.related.is_empty() {
        page.push_str("\n## See also\n\n");
    }
    for (code, title) in &fact.related {
        page.push_str(&format!("- `{code}`: {}\n", literal(title)));
    }
    if !fact.sources.is_empty() {
        page.push_str("\n## Sources\n\n");
    }
    for source in &fact.sources {
        page.push_str(&format!("- {}\n", literal(source)));
    }
    page
}

/// Plain text as Markdown that reads the same: no HTML, no emphasis, no escapes of its own. Lists stay lists.
fn literal(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '<' | '*' | '`') {
            safe.push('\\');
        }
        safe.push(c);
    }
    safe
}
