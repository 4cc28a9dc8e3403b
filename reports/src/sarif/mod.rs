//! Findings as SARIF 2.1.0 (OASIS, "Static Analysis Results Interchange Format"), for code scanning and its viewers.
//!
//! A finding is a result: its first proof is its location, the others are related locations. What does not count (noise, the
//! baseline, what is ignored) is there with an accepted suppression. Only rules that have results are described. Times are
//! UTC. The file depends on the evidence alone: it has no time of the run.

mod inputs;
mod log;
mod results;
mod rules;
mod uri;

use crate::ReportOptions;
use crate::subject::Subjects;
use inputs::Artifacts;
use log::{AutomationDetails, Driver, Invocation, LeftOutProperties, Log, Run, RunProperties, Text, Tool};
use vsscope_model::Analysis;

/// The analysis as a SARIF log with one run, with a line end.
pub fn report(analysis: &Analysis, options: &ReportOptions<'_>) -> String {
    let artifacts = Artifacts::of(&analysis.inputs);
    let subjects = Subjects::of(analysis);
    let rules = rules::of(&analysis.findings, options.rules);
    let results = results::of(&analysis.findings, &rules, &artifacts, &subjects);
    let invocation = Invocation {
        // A report is written only where some input could be read.
        execution_successful: true,
        tool_execution_notifications: inputs::notifications(analysis, &artifacts),
    };
    let left_out =
        options.left_out.map(|left| LeftOutProperties { sets: left.sets, findings: left.findings });
    let run = Run {
        tool: Tool { driver: Driver { name: &analysis.tool.name, version: &analysis.tool.version, rules } },
        automation_details: AutomationDetails { id: "vsscope/" },
        invocations: [invocation],
        artifacts: artifacts.list,
        results,
        column_kind: "unicodeCodePoints",
        properties: RunProperties { summary: &analysis.summary, left_out },
    };
    crate::json::to_text(&Log { schema: log::SCHEMA, version: "2.1.0", runs: [run] }, true)
}

/// Text that a log may have written, as a message. `[words](address)` is a link there, and digits in braces stand for an
/// argument (SARIF 2.1.0, 3.11.5 and 3.11.6): neither is meant, so a blank takes the form from them. Other braces, as in
/// names of volumes, stay.
fn message(text: &str) -> Text {
    let mut plain = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        plain.push(character);
        let behind = text.get(at + character.len_utf8()..).unwrap_or_default();
        let is_argument = || {
            let after = behind.trim_start_matches(|c: char| c.is_ascii_digit());
            after.len() < behind.len() && after.starts_with('}')
        };
        if (character == ']' && behind.starts_with('(')) || (character == '{' && is_argument()) {
            plain.push(' ');
        }
    }
    Text::from(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_message_is_a_link_or_an_argument() {
        for (text, wanted) in [
            ("[x](javascript:alert(1)) y", "[x] (javascript:alert(1)) y"),
            ("ü]](é)", "ü]] (é)"),
            ("{0} and {12}", "{ 0} and { 12}"),
            ("{{0}}", "{{ 0}}"),
            (r"\\?\Volume{0c6f1a2b-0000}\ [a] {} {x {7", r"\\?\Volume{0c6f1a2b-0000}\ [a] {} {x {7"),
        ] {
            assert_eq!(message(text).text, wanted, "{text}");
        }
    }
}
