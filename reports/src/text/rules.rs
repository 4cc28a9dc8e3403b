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
        let (bullet, hang) = match &block.mark {
            Mark::None => (String::new(), 2),
            Mark::Bullet => (page.options.either("•", "-").to_owned(), 4),
            Mark::Number(n) => (format!("{n}."), 5),
        };
        let text = page.options.clean(&block.text);
        page.hanging(&bullet, 2, hang, &text);
    }
}

/// What stands in front of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mark {
    None,
    Bullet,
    Number(u32),
}

/// A paragraph or a list item of a rule's markdown.
#[derive(Debug, PartialEq, Eq)]
struct Block {
    mark: Mark,
    text: String,
}

/// Splits the small markdown of rule texts: paragraphs parted by empty lines, items that begin with `-` or `*`, and items
/// that are numbered from 1.
fn blocks(markdown: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut fresh = true;
    for line in markdown.lines().map(str::trim) {
        let number = blocks.iter().rev().find_map(|block| match block.mark {
            Mark::Number(n) => Some(n),
            _ => None,
        });
        let item = item(line, number.unwrap_or(0));
        match (line, item, blocks.last_mut()) {
            ("", ..) => fresh = true,
            (_, None, Some(block)) if !fresh => {
                block.text.push(' ');
                block.text.push_str(line);
            }
            (_, item, _) => {
                let (mark, text) = item.unwrap_or((Mark::None, line));
                blocks.push(Block { mark, text: text.to_owned() });
                fresh = false;
            }
        }
    }
    blocks
}

/// The mark and the text of a line that begins an item. A number counts only as the first or as the one after `number`: any
/// other one is a number that a line happens to begin with.
fn item(line: &str, number: u32) -> Option<(Mark, &str)> {
    if let Some(text) = line.strip_prefix("- ").or_else(|| line.strip_prefix("* ")) {
        return Some((Mark::Bullet, text));
    }
    let (digits, text) = line.split_once(". ")?;
    let n: u32 = digits.parse().ok()?;
    (n == 1 || n == number + 1).then_some((Mark::Number(n), text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_items_and_steps_are_told_apart() {
        let marks = |text: &str| -> Vec<(Mark, String)> {
            blocks(text).into_iter().map(|block| (block.mark, block.text)).collect()
        };
        let of = |mark, text: &str| (mark, text.to_owned());
        assert_eq!(
            marks("A\nb\n\n- c\nd\n* e"),
            [of(Mark::None, "A b"), of(Mark::Bullet, "c d"), of(Mark::Bullet, "e")]
        );
        assert_eq!(
            marks("First:\n1. a\n2. b\n60. c"),
            [of(Mark::None, "First:"), of(Mark::Number(1), "a"), of(Mark::Number(2), "b 60. c")]
        );
    }
}
