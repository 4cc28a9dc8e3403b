//! The rules that have results.

use super::log::{Configuration, Rule, RuleProperties, Text};
use crate::RuleDoc;
use std::collections::{BTreeMap, BTreeSet};
use vsscope_model::Finding;

/// The rules of these findings, by id. A rule that is not in the catalogue is the user's own: only its id is known here.
pub(super) fn of<'a>(findings: &'a [Finding], catalogue: &'a [RuleDoc]) -> Vec<Rule<'a>> {
    let known: BTreeMap<&str, &RuleDoc> = catalogue.iter().map(|rule| (rule.id.as_str(), rule)).collect();
    let met: BTreeSet<&str> = findings.iter().map(|finding| finding.rule.as_str()).collect();
    met.into_iter()
        .map(|id| match known.get(id) {
            Some(rule) => described(rule),
            None => Rule {
                id,
                name: pascal(id),
                short_description: None,
                full_description: None,
                help: None,
                default_configuration: None,
                properties: None,
            },
        })
        .collect()
}

fn described(rule: &RuleDoc) -> Rule<'_> {
    let RuleDoc { id, title, severity, scope, basis, sections } = rule;
    // The first section says what the rule flags.
    let flags = sections.first().map(|(_, text)| text.clone()).filter(|text| !text.is_empty());
    Rule {
        id,
        name: pascal(id),
        short_description: Some(Text::from(format!("{}.", title.trim_end_matches('.')))),
        full_description: Some(Text::from(flags.unwrap_or_else(|| title.clone()))),
        help: help(sections),
        default_configuration: Some(Configuration { level: (*severity).into() }),
        properties: Some(RuleProperties { scope, basis }),
    }
}

fn help(sections: &[(String, String)]) -> Option<Text> {
    let page = |mark: &str| {
        let parts = sections.iter().map(|(heading, text)| format!("{mark}{heading}\n\n{}", text.trim()));
        parts.collect::<Vec<_>>().join("\n\n")
    };
    (!sections.is_empty()).then(|| Text { text: page(""), markdown: Some(page("## ")) })
}

/// `freeze-window-exceeded` as `FreezeWindowExceeded`.
fn pascal(id: &str) -> String {
    id.split(|c: char| !c.is_alphanumeric())
        .flat_map(|word| {
            let mut letters = word.chars();
            letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect::<Vec<_>>()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::pascal;

    #[test]
    fn names_are_in_pascal_case() {
        assert_eq!(pascal("freeze-window-exceeded"), "FreezeWindowExceeded");
        assert_eq!(pascal("own.rule_7"), "OwnRule7");
    }
}
