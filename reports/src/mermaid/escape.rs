//! Text of a log as text of a diagram.

use crate::text::safe;

/// Words that Mermaid takes for its own where a name begins with them.
const KEYWORDS: &[&str] = &[
    "acctitle",
    "accdescr",
    "activate",
    "actor",
    "alt",
    "and",
    "autonumber",
    "axisformat",
    "box",
    "break",
    "call",
    "click",
    "create",
    "critical",
    "dateformat",
    "deactivate",
    "destroy",
    "details",
    "else",
    "end",
    "excludes",
    "gantt",
    "href",
    "includes",
    "inclusiveenddates",
    "left",
    "link",
    "links",
    "loop",
    "note",
    "opt",
    "option",
    "over",
    "par",
    "participant",
    "properties",
    "rect",
    "right",
    "section",
    "sequencediagram",
    "tickinterval",
    "title",
    "todaymarker",
    "topaxis",
    "vert",
    "weekday",
    "weekend",
];

/// One line of text that Mermaid shows as it is. Everything that could be syntax, markup or an address becomes a character
/// code (`#58;`); a text that begins like a date or a word of Mermaid gets its first character written that way. Long texts
/// are cut: a label is no place for them.
pub(super) fn label(text: &str, most: usize) -> String {
    let text = safe(text);
    let whole = text.chars().count() <= most;
    let kept: String = text.chars().take(if whole { most } else { most.saturating_sub(1) }).collect();
    let first_word: String =
        kept.chars().take_while(|c| c.is_ascii_alphabetic()).collect::<String>().to_ascii_lowercase();
    let begins_badly =
        KEYWORDS.contains(&first_word.as_str()) || kept.starts_with(|c: char| c.is_ascii_digit());
    let mut label = String::with_capacity(kept.len());
    for (at, c) in kept.chars().enumerate() {
        match c {
            c if at == 0 && begins_badly => label.push_str(&code(c)),
            ' ' | '.' | ',' | '(' | ')' | '/' => label.push(c),
            // Not two in a row: dashes are arrows.
            '-' | '_' if !label.ends_with(c) => label.push(c),
            c if c.is_ascii_alphanumeric() || !c.is_ascii() => label.push(c),
            c => label.push_str(&code(c)),
        }
    }
    if !whole {
        label.push('…');
    }
    // A word that ends a block stays none within a label.
    label
        .split(' ')
        .map(|word| if word.eq_ignore_ascii_case("end") { within(word) } else { word.to_owned() })
        .collect::<Vec<_>>()
        .join(" ")
}

/// The word with its second letter as a code.
fn within(word: &str) -> String {
    word.chars().enumerate().map(|(at, c)| if at == 1 { code(c) } else { c.to_string() }).collect()
}

fn code(c: char) -> String {
    format!("#{};", u32::from(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syntax_becomes_character_codes() {
        assert_eq!(label("C: a;b #1 %%", 60), "C#58; a#59;b #35;1 #37;#37;");
        assert_eq!(label("<b>&amp;", 60), "#60;b#62;#38;amp#59;");
        assert_eq!(label("two\nlines", 60), "two lines");
        assert_eq!(label("a --> b", 60), "a -#45;#62; b");
    }

    #[test]
    fn words_of_mermaid_are_no_words_of_mermaid() {
        assert_eq!(label("title x", 60), "#116;itle x");
        assert_eq!(label("the end", 60), "the e#110;d");
        assert_eq!(label("2031-01-01", 60), "#50;031-01-01");
        assert_eq!(label("endless", 60), "endless");
    }

    #[test]
    fn long_texts_are_cut() {
        assert_eq!(label("abcdef", 4), "abc…");
        assert_eq!(label("abcd", 4), "abcd");
    }
}
