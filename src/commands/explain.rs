//! `explain` and `rules`: what codes and names mean, and what the rules say of themselves.

use super::{INCOMPLETE, OK, UNUSABLE, complain, emit};
use crate::cli::{DocFormat, ExplainArgs, RulesArgs, When};
use crate::explain::{self, rule_doc};
use crate::rules;
use crate::settings::{is_coloured, width};
use anyhow::Result;
use std::io::IsTerminal;
use vsscope_reports::explain::{answers_json, answers_markdown, answers_text};
use vsscope_reports::{RuleDoc, TextOptions, catalogue};

/// Explains codes and names. What nothing is known of is named on standard error; the rest is answered all the same.
pub fn explain(args: &ExplainArgs) -> Result<u8> {
    let (answers, unknown) = explain::answers(&args.codes);
    for code in &unknown {
        complain(&explain::not_known(code));
    }
    if answers.is_empty() {
        return Ok(UNUSABLE);
    }
    let text = match args.format {
        DocFormat::Text => answers_text(&answers, &text_options(args.color)),
        DocFormat::Markdown => answers_markdown(&answers),
        DocFormat::Json => answers_json(&answers, &unknown),
    };
    emit(None, |out| writeln!(out, "{}", text.trim_end()))?;
    Ok(if unknown.is_empty() { OK } else { INCOMPLETE })
}

/// Lists the rules.
pub fn list(args: &RulesArgs) -> Result<u8> {
    let docs: Vec<RuleDoc> = rules::catalogue().iter().map(|rule| rule_doc(rule.info())).collect();
    let text = match args.format {
        DocFormat::Text => catalogue::rules_text(&docs, &text_options(args.color)),
        DocFormat::Markdown => catalogue::rules_markdown(&docs),
        DocFormat::Json => catalogue::rules_json(&docs),
    };
    emit(None, |out| writeln!(out, "{}", text.trim_end()))?;
    Ok(OK)
}

fn text_options(color: When) -> TextOptions {
    TextOptions {
        width: width(None).min(100),
        color: is_coloured(color, std::io::stdout().is_terminal()),
        ..TextOptions::default()
    }
}
