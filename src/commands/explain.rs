//! `explain` and `rules`: what the rules say of themselves.

use super::{OK, emit};
use crate::cli::{DocFormat, ExplainArgs, RulesArgs, When};
use crate::rules::{self, RuleInfo, lookup};
use crate::settings::{is_coloured, width};
use anyhow::{Result, bail};
use std::io::IsTerminal;
use vsscope_reports::{RuleDoc, TextOptions, catalogue};

/// Explains rules.
pub fn explain(args: &ExplainArgs) -> Result<u8> {
    let mut docs = Vec::new();
    for code in &args.codes {
        match lookup::by_id(code) {
            Some(info) => docs.push(doc(info)),
            None => bail!("{}", lookup::unknown(code)),
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
    Ok(OK)
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
