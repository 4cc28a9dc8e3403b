//! The parts that look alike in every form: blocks of the text report as elements.

use super::markup::{Html, escape};
use crate::text::page::Block;
use crate::text::table::{Grid, Kind};

/// The elements of some blocks of a section; headings are of this level. The section's own heading is on the page already.
pub(super) fn elements(blocks: &[Block], section: &str, level: usize) -> Html {
    let mut html = String::new();
    let mut above = section;
    for block in blocks {
        match block {
            Block::Heading(title) if title == section => {}
            Block::Heading(title) => {
                above = title;
                html.push_str(&format!("<h{level}>{}</h{level}>", Html::of(title)));
            }
            Block::Text { label, text, .. } if label.is_empty() && text.is_empty() => {}
            Block::Text { label, indent, text } => html.push_str(&paragraph(label, *indent, text)),
            Block::Table(grid) => html.push_str(table(grid, above).as_str()),
        }
    }
    Html::ours(html)
}

fn paragraph(label: &str, indent: usize, text: &str) -> String {
    let inner = if indent > 0 { " in" } else { "" };
    let label = match label.trim() {
        "" => String::new(),
        label => format!("<b>{}</b> ", Html::of(label)),
    };
    format!("<p class=\"line{inner}\">{label}{}</p>", Html::of(text))
}

/// A table with its caption, which only screen readers are told; nothing for a table without rows.
pub(super) fn table(grid: &Grid, caption: &str) -> Html {
    if grid.is_empty() {
        return Html::default();
    }
    // A column without a head is drawn with letters; the page has pictures.
    let columns: Vec<(usize, &str, Kind)> = grid.columns().filter(|(_, head, _)| !head.is_empty()).collect();
    let mut html = format!(
        "<div class=wide role=group tabindex=0 aria-label=\"{0}\"><table><caption class=quiet>{0}</caption><thead><tr>",
        escape(caption)
    );
    for (_, head, kind) in &columns {
        html.push_str(&format!("<th scope=col{}>{}</th>", of_kind(*kind), Html::of(head)));
    }
    html.push_str("</tr></thead><tbody>");
    for row in grid.rows() {
        html.push_str("<tr>");
        for (at, _, kind) in &columns {
            let lines = row.get(*at).map(String::as_str).unwrap_or_default().split('\n');
            let cell: Vec<String> = lines.map(|line| Html::of(line).to_string()).collect();
            html.push_str(&format!("<td{}>{}</td>", of_kind(*kind), cell.join("<br>")));
        }
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table></div>");
    Html::ours(html)
}

fn of_kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Flexible => "",
        Kind::Rigid => " class=r",
        Kind::Number => " class=n",
    }
}
