//! What codes and names mean.

use super::TextOptions;
use super::page::Page;
use super::rules::{explain_text, prose};
use super::style::Style;
use crate::explain::{Answer, Fact, Meaning};

/// The answers, one below the other.
pub fn answers_text(answers: &[Answer], options: &TextOptions) -> String {
    let texts: Vec<String> = answers.iter().map(|answer| answer_text(answer, options)).collect();
    texts.join("\n")
}

fn answer_text(answer: &Answer, options: &TextOptions) -> String {
    let mut texts = Vec::new();
    if answer.meanings.len() > 1 {
        let mut page = Page::new(options);
        page.paragraph(0, &format!("{}: {} entries", options.clean(&answer.asked), answer.meanings.len()));
        texts.push(page.finish());
    }
    texts.extend(answer.meanings.iter().map(|meaning| match meaning {
        Meaning::Rule(rule) => explain_text(rule, options),
        Meaning::Fact(fact) => fact_text(fact, options),
    }));
    texts.join("\n")
}

fn fact_text(fact: &Fact, options: &TextOptions) -> String {
    let mut page = Page::new(options);
    page.heading(&options.clean(&fact.code));
    if let Some(name) = &fact.name {
        let name = page.style(Style::Strong, &options.clean(name));
        page.paragraph(0, &name);
    }
    let severity = fact.severity.map(|severity| {
        format!("{}severity {}", options.dot(), page.style(severity.into(), severity.as_str()))
    });
    let certainty = options.clean(&fact.certainty);
    let head = format!("{}{}{}certainty {certainty}", fact.kind, severity.unwrap_or_default(), options.dot());
    page.paragraph(0, &head);
    details(&mut page, fact);
    for (heading, text) in &fact.sections {
        section(&mut page, heading);
        prose(&mut page, text);
    }
    if !fact.related.is_empty() {
        section(&mut page, "See also");
    }
    for (code, title) in &fact.related {
        let code = page.style(Style::Strong, &options.clean(code));
        item(&mut page, &format!("{code}: {}", options.clean(title)));
    }
    if !fact.sources.is_empty() {
        section(&mut page, "Sources");
    }
    for source in &fact.sources {
        item(&mut page, &options.clean(source));
    }
    page.finish()
}

fn details(page: &mut Page, fact: &Fact) {
    if !fact.details.is_empty() {
        page.gap();
    }
    let widest = fact.details.iter().map(|(label, _)| label.len()).max().unwrap_or(0);
    for (label, value) in &fact.details {
        let value = page.options.clean(value);
        page.hanging(label, 0, widest + 2, &value);
    }
}

fn section(page: &mut Page, heading: &str) {
    page.gap();
    let heading = page.style(Style::Strong, heading);
    page.paragraph(0, &heading);
}

fn item(page: &mut Page, text: &str) {
    let bullet = page.options.either("•", "-");
    page.hanging(bullet, 2, 4, text);
}
