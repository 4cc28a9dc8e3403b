//! The catalogue of rules, for people and for programs. The rules themselves live elsewhere and hand in their texts.

use schemars::JsonSchema;
use serde::Serialize;
use vsscope_model::Severity;

pub use crate::text::{explain_text, rules_text};

/// What there is to say about one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleDoc {
    /// Rule id, kebab-case.
    pub id: String,
    /// One line.
    pub title: String,
    /// Usual severity of its findings.
    pub severity: Severity,
    /// What it looks at: `session`, `set`, `writer`, `provider`, `host`.
    pub scope: String,
    /// What it rests on, for instance `documented`.
    pub basis: String,
    /// Heading and markdown text of each section, in order.
    pub sections: Vec<(String, String)>,
}

/// Name and version of the JSON form of the catalogue.
pub const RULES_SCHEMA: &str = "vsscope.rules/1";

/// Rules and what they say of themselves.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Document<'a> {
    /// Name and version of this form.
    #[schemars(extend("const" = RULES_SCHEMA))]
    schema: &'static str,
    /// The rules, in the order of the catalogue.
    rules: Vec<Entry<'a>>,
}

/// One rule.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Rule")]
struct Entry<'a> {
    /// Rule id.
    #[schemars(regex(pattern = "^[a-z][a-z0-9-]*$"))]
    id: &'a str,
    /// One line.
    title: &'a str,
    /// Usual severity of its findings.
    severity: Severity,
    /// What it looks at: `session`, `set`, `writer`, `provider`, `host`.
    scope: &'a str,
    /// What it rests on, for instance `documented`.
    basis: &'a str,
    /// What there is to say about it, in order.
    sections: Vec<Section<'a>>,
}

/// A part of the text of a rule.
#[derive(Serialize, JsonSchema)]
struct Section<'a> {
    /// Heading.
    heading: &'a str,
    /// Markdown.
    text: &'a str,
}

impl<'a> From<&'a RuleDoc> for Entry<'a> {
    fn from(rule: &'a RuleDoc) -> Self {
        let RuleDoc { id, title, severity, scope, basis, sections } = rule;
        let sections = sections.iter().map(|(heading, text)| Section { heading, text }).collect();
        Entry { id, title, severity: *severity, scope, basis, sections }
    }
}

/// The catalogue as `vsscope.rules/1`, indented.
pub fn rules_json(rules: &[RuleDoc]) -> String {
    let document = Document { schema: RULES_SCHEMA, rules: rules.iter().map(Entry::from).collect() };
    crate::json::to_text(&document, true)
}

/// One rule as `vsscope.rules/1`: a catalogue of one.
pub fn explain_json(rule: &RuleDoc) -> String {
    rules_json(std::slice::from_ref(rule))
}

/// The catalogue as one markdown page: a table, then every rule.
pub fn rules_markdown(rules: &[RuleDoc]) -> String {
    let mut page = format!("# Rules\n\n{}", table(rules, |id| format!("#{id}")));
    for rule in rules {
        page.push('\n');
        page.push_str(&markdown(rule, 2));
    }
    page
}

/// The table of contents of a folder with a page per rule: a table for each scope.
pub fn rules_index_markdown(rules: &[RuleDoc]) -> String {
    let mut scopes: Vec<&str> = Vec::new();
    for rule in rules {
        if !scopes.contains(&rule.scope.as_str()) {
            scopes.push(&rule.scope);
        }
    }
    let part = |scope: &str| {
        let own: Vec<RuleDoc> = rules.iter().filter(|rule| rule.scope == scope).cloned().collect();
        format!("\n## Scope: {scope}\n\n{}", table(&own, |id| format!("{id}.md")))
    };
    scopes.into_iter().map(part).collect()
}

fn table(rules: &[RuleDoc], address: impl Fn(&str) -> String) -> String {
    let mut table = String::from("| rule | severity | scope | title |\n|---|---|---|---|\n");
    for RuleDoc { id, severity, scope, title, .. } in rules {
        table.push_str(&format!(
            "| [`{id}`]({}) | {severity} | {} | {} |\n",
            address(id),
            cell(scope),
            cell(title)
        ));
    }
    table
}

/// One rule as a markdown page.
pub fn explain_markdown(rule: &RuleDoc) -> String {
    markdown(rule, 1)
}

fn markdown(rule: &RuleDoc, level: usize) -> String {
    let mark = "#".repeat(level);
    let RuleDoc { id, title, severity, scope, basis, sections } = rule;
    let mut text =
        format!("{mark} {id}\n\n**{title}**\n\nSeverity: {severity}. Scope: {scope}. Basis: {basis}.\n");
    for (heading, body) in sections {
        text.push_str(&format!("\n{mark}# {heading}\n\n{}\n", body.trim()));
    }
    text
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}
