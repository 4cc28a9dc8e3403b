//! The catalogue of rules and the text of one rule.

use super::TextOptions;
use super::page::Page;
use super::style::Style;
use super::table::{Grid, Kind};
use crate::catalogue::RuleDoc;

/// The catalogue: one row per rule.
pub fn rules_text(rules: &[RuleDoc], options: &TextOptions) -> String {
    let mut page = Page::new(options);
    let columns =
        [("rule", Kind::Rigid), ("severity", Kind::Rigid), ("scope", Kind::Rigid), ("title", Kind::Flexible)];
    let mut grid = Grid::new(&columns);
    for rule in rules {
        let severity = page.style(rule.severity.into(), rule.severity.as_str());
        grid.row(vec![
            options.clean(&rule.id),
            severity,
            options.clean(&rule.scope),
            options.clean(&rule.title),
        ]);
    }
    page.table(0, &grid);
    page.finish()
}

/// One rule in full.
pub fn explain_text(rule: &RuleDoc, options: &TextOptions) -> String {
    let mut page = Page::new(options);
    page.heading(&options.clean(&rule.id));
    let title = page.style(Style::Strong, &options.clean(&rule.title));
    page.paragraph(0, &title);
    let severity = page.style(rule.severity.into(), rule.severity.as_str());
    let dot = options.dot();
    let (scope, basis) = (options.clean(&rule.scope), options.clean(&rule.basis));
    page.paragraph(0, &format!("severity {severity}{dot}scope {scope}{dot}basis {basis}"));
    for (heading, text) in &rule.sections {
        page.gap();
        let heading = page.style(Style::Strong, &options.clean(heading));
        page.paragraph(0, &heading);
        prose(&mut page, text);
    }
    page.finish()
}

/// The paragraphs and items of a section.
pub(super) fn prose(page: &mut Page, markdown: &str) {
    for block in blocks(markdown) {
        let (bullet, hang) = if block.item { (page.options.either("•", "-"), 4) } else { ("", 2) };
        let text = page.options.clean(&block.text);
        page.hanging(bullet, 2, hang, &text);
    }
}

/// A paragraph or a list item of a rule's markdown.
struct Block {
    item: bool,
    text: String,
}

/// Splits the small markdown of rule texts: paragraphs parted by empty lines, items that begin with `-` or `*`.
fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut fresh = true;
    for line in markdown.lines().map(str::trim) {
        let item = line.strip_prefix("- ").or_else(|| line.strip_prefix("* "));
        match (line, item, blocks.last_mut()) {
            ("", ..) => fresh = true,
            (_, None, Some(block)) if !fresh => {
                block.text.push(' ');
                block.text.push_str(line);
            }
            (_, item, _) => {
                blocks.push(Block { item: item.is_some(), text: item.unwrap_or(line).to_owned() });
                fresh = false;
            }
        }
    }
    blocks
}
