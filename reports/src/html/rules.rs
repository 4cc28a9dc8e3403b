//! What the rules behind the findings say of themselves: their Markdown as elements, as far as rules use it (paragraphs,
//! lists, code).

use super::markup::{Html, escape};
use crate::RuleDoc;
use crate::text::safe;

/// One rule of the page.
#[derive(Debug)]
pub(super) struct Rule {
    pub(super) anchor: String,
    pub(super) id: Html,
    pub(super) title: Html,
    pub(super) about: String,
    pub(super) sections: Vec<(Html, Html)>,
}

impl Rule {
    pub(super) fn of(doc: &RuleDoc, anchor: String) -> Self {
        let RuleDoc { id, title, severity, scope, basis, sections } = doc;
        let section = |(heading, text): &(String, String)| (Html::clean(heading), elements(text));
        Rule {
            anchor,
            id: Html::clean(id),
            title: Html::clean(title),
            about: format!("Severity: {severity}. Scope: {}. Basis: {}.", safe(scope), safe(basis)),
            sections: sections.iter().map(section).collect(),
        }
    }
}

/// Paragraphs and lists.
fn elements(markdown: &str) -> Html {
    let mut html = String::new();
    let mut list = "";
    let mut open = "";
    for line in markdown.lines() {
        let text = line.trim();
        let (kind, item) = match (text.strip_prefix("- "), numbered(text)) {
            (Some(item), _) => ("ul", item),
            (None, Some(item)) => ("ol", item),
            (None, None) => ("", text),
        };
        // A line that goes on belongs to what is above it.
        if kind.is_empty() && !text.is_empty() && !open.is_empty() {
            html.push(' ');
            html.push_str(&inline(text));
            continue;
        }
        if !open.is_empty() {
            html.push_str(&format!("</{open}>"));
            open = "";
        }
        if list != kind && (!text.is_empty() || list.is_empty()) {
            html.push_str(&tag(list, true));
            html.push_str(&tag(kind, false));
            list = kind;
        }
        if !text.is_empty() {
            open = if kind.is_empty() { "p" } else { "li" };
            html.push_str(&format!("<{open}>{}", inline(item)));
        }
    }
    html.push_str(&tag(open, true));
    html.push_str(&tag(list, true));
    Html::ours(html)
}

fn tag(name: &str, end: bool) -> String {
    match (name.is_empty(), end) {
        (true, _) => String::new(),
        (_, true) => format!("</{name}>"),
        (_, false) => format!("<{name}>"),
    }
}

/// The text behind `12. `.
fn numbered(text: &str) -> Option<&str> {
    let (number, item) = text.split_once(". ")?;
    (!number.is_empty() && number.chars().all(|c| c.is_ascii_digit())).then_some(item)
}

/// Code between back quotes; everything else is text.
fn inline(text: &str) -> String {
    let parts: Vec<String> = text.split('`').map(|part| escape(&keep_blanks(part))).collect();
    let balanced = parts.len() % 2 == 1;
    let join = |(at, part): (usize, String)| match at % 2 == 1 && balanced {
        true => format!("<code>{part}</code>"),
        false if at > 0 && !balanced => format!("`{part}"),
        false => part,
    };
    parts.into_iter().enumerate().map(join).collect()
}

/// Cleaned text with the blanks at its ends, which separate it from its neighbours.
fn keep_blanks(text: &str) -> String {
    let blank = |is: bool| if is { " " } else { "" };
    let inner = safe(text);
    match inner.is_empty() {
        true => blank(!text.is_empty()).to_owned(),
        false => format!("{}{inner}{}", blank(text.starts_with(' ')), blank(text.ends_with(' '))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_markdown_of_rules_becomes_elements() {
        let text = "Two lines\nof `code <b>`.\n\n- one\n- two\n  goes on\n\n1. first\n2. second\n\nEnd `open";
        assert_eq!(
            elements(text).as_str(),
            "<p>Two lines of <code>code &lt;b&gt;</code>.</p><ul><li>one</li><li>two goes on</li></ul>\
             <ol><li>first</li><li>second</li></ol><p>End `open</p>"
        );
    }
}
