//! `explain` and `rules`: what the rules say of themselves.

use super::{OK, UNUSABLE, emit};
use crate::cli::{DocFormat, ExplainArgs, RulesArgs, When};
use crate::rules::{self, RuleInfo};
use crate::settings::{is_coloured, width};
use anyhow::{Result, bail};
use std::io::IsTerminal;
use vsscope_reports::{RuleDoc, TextOptions, catalogue};

/// Explains rules.
pub fn explain(args: &ExplainArgs) -> Result<u8> {
    let mut docs = Vec::new();
    for code in &args.codes {
        match rules::catalogue()
            .iter()
            .map(|rule| rule.info())
            .find(|info| info.id.eq_ignore_ascii_case(code))
        {
            Some(info) => docs.push(doc(info)),
            None => bail!("{}", unknown_rule(code)),
        }
    }
    let text = match args.format {
        DocFormat::Text => {
            let options = text_options(args.color);
            docs.iter().map(|doc| catalogue::explain_text(doc, &options)).collect::<Vec<_>>().join("\n")
        }
        DocFormat::Markdown => docs.iter().map(catalogue::explain_markdown).collect::<Vec<_>>().join("\n"),
        DocFormat::Json => catalogue::rules_json(&docs),
    };
    emit(None, |out| writeln!(out, "{}", text.trim_end()))?;
    Ok(if docs.is_empty() { UNUSABLE } else { OK })
}

/// Lists the rules.
pub fn list(args: &RulesArgs) -> Result<u8> {
    let docs: Vec<RuleDoc> = rules::catalogue().iter().map(|rule| doc(rule.info())).collect();
    let text = match args.format {
        DocFormat::Text => catalogue::rules_text(&docs, &text_options(args.color)),
        DocFormat::Markdown => catalogue::rules_markdown(&docs),
        DocFormat::Json => catalogue::rules_json(&docs),
    };
    emit(None, |out| writeln!(out, "{}", text.trim_end()))?;
    Ok(OK)
}

/// The message for a rule id that does not exist, with the nearest ones that do.
pub fn unknown_rule(code: &str) -> String {
    let mut near: Vec<(f64, &str)> = rules::catalogue()
        .iter()
        .map(|rule| rule.info().id)
        .map(|id| (strsim::jaro_winkler(&code.to_ascii_lowercase(), id), id))
        .filter(|(score, _)| *score > 0.75)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(b.1)));
    let near: Vec<&str> = near.into_iter().take(3).map(|(_, id)| id).collect();
    match near.is_empty() {
        true => format!("no rule {code:?}; `vsscope rules` lists them"),
        false => format!("no rule {code:?}; did you mean {}?", near.join(", ")),
    }
}

fn doc(info: &RuleInfo) -> RuleDoc {
    RuleDoc {
        id: info.id.to_owned(),
        title: info.title.to_owned(),
        severity: info.severity,
        scope: info.scope.as_str().to_owned(),
        basis: info.basis.to_owned(),
        sections: info.sections().into_iter().map(|(heading, text)| (heading.to_owned(), text)).collect(),
    }
}

fn text_options(color: When) -> TextOptions {
    TextOptions {
        width: width(None).min(100),
        color: is_coloured(color, std::io::stdout().is_terminal()),
        ..TextOptions::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typing_error_gets_a_suggestion() {
        assert!(unknown_rule("unnecesary-delete-snapshots").contains("unnecessary-delete-snapshots"));
        assert!(unknown_rule("zzz").contains("vsscope rules"));
    }
}
