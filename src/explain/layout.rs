//! Texts of the tables in lines: they are written there as one paragraph.

/// The text with each step ("1. …  2. …") and each case ("0x800423f0: …  0x800423f1: …") as an item on a line of its own.
pub(super) fn in_lines(text: &str) -> String {
    if steps_of(text) { steps(text) } else { cases(text) }
}

/// Whether the text numbers its steps.
fn steps_of(text: &str) -> bool {
    sentences(text).any(|sentence| sentence.starts_with("1. "))
}

/// Where one step ends, the next one begins on a new line. A count that begins anew stands below the words that lead to it.
fn steps(text: &str) -> String {
    let mut lines = String::with_capacity(text.len());
    let mut next = 1;
    let sentences: Vec<&str> = sentences(text).collect();
    for (at, sentence) in sentences.iter().enumerate() {
        let is_next = sentence.starts_with(&format!("{next}. "));
        let anew = |sentence: &&str| next > 1 && sentence.starts_with("1. ");
        let leads = sentence.ends_with(':') && sentences.get(at + 1).is_some_and(anew);
        let gap = match (lines.is_empty(), is_next || anew(sentence), leads) {
            (true, ..) => "",
            (_, _, true) => "\n\n",
            (_, true, _) => "\n",
            _ => " ",
        };
        next = if is_next {
            next + 1
        } else if anew(sentence) {
            2
        } else {
            next
        };
        lines.push_str(gap);
        lines.push_str(sentence);
    }
    lines
}

/// Sentences that begin with a code or with a record begin an item, where the whole text is such a list.
fn cases(text: &str) -> String {
    let is_code = |word: &str| word.len() == 10 && word.starts_with("0x");
    let is_case = |sentence: &str| {
        let mut words = sentence.split(' ').map(|word| word.trim_end_matches([':', ',']));
        let first = words.next().unwrap_or_default();
        let is_id = |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit());
        is_code(first) || (first.starts_with(char::is_uppercase) && words.next().is_some_and(is_id))
    };
    let sentences: Vec<&str> = sentences(text).collect();
    let codes = sentences.iter().filter(|s| s.split([' ', ':', ',']).next().is_some_and(is_code)).count();
    if codes < 2 || !sentences.first().is_some_and(|first| is_case(first)) {
        return text.to_owned();
    }
    let mut lines = String::with_capacity(text.len());
    for sentence in sentences {
        match (is_case(sentence), lines.is_empty()) {
            (true, true) => lines.push_str("- "),
            (true, false) => lines.push_str("\n- "),
            (false, _) => lines.push(' '),
        }
        lines.push_str(sentence);
    }
    lines
}

/// The sentences of a text; a number with its full stop belongs to the sentence behind it, words that end in a colon are one.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text.trim();
    std::iter::from_fn(move || {
        let ends = rest.match_indices(['.', ':', ';']).filter(|(at, mark)| is_end(rest, *at, mark));
        let end = ends.map(|(at, _)| at + 1).next().unwrap_or(rest.len());
        let (sentence, behind) = rest.split_at(end);
        rest = behind.trim_start();
        (!sentence.is_empty()).then_some(sentence)
    })
}

/// Whether the mark ends a sentence: a full stop that ends no number of a step, or what a step follows.
fn is_end(text: &str, at: usize, mark: &str) -> bool {
    let (before, behind) = (&text[..at], &text[at + 1..]);
    let Some(behind) = behind.strip_prefix(' ') else { return false };
    let numbered = |text: &str| {
        text.split_once(". ")
            .is_some_and(|(n, _)| n.len() == 1 && n.starts_with(|c: char| c.is_ascii_digit()))
    };
    match mark {
        "." => !(before.len() == 1 && before.starts_with(|c: char| c.is_ascii_digit())),
        _ => numbered(behind),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_and_cases_get_lines_of_their_own() {
        assert_eq!(
            in_lines("1. Look at 8193. Then wait. 2. Go on."),
            "1. Look at 8193. Then wait.\n2. Go on."
        );
        assert_eq!(in_lines("With A: 1. Look. 2. Set it."), "With A:\n1. Look.\n2. Set it.");
        assert_eq!(
            in_lines("A: 1. Do. 2. Go. B: 1. Take. 2. Set."),
            "A:\n1. Do.\n2. Go.\n\nB:\n1. Take.\n2. Set."
        );
        assert_eq!(
            in_lines("0x800423f0: a volume. More. 0x800423f4 at Thaw: gone. VSS 12: it."),
            "- 0x800423f0: a volume. More.\n- 0x800423f4 at Thaw: gone.\n- VSS 12: it."
        );
    }

    #[test]
    fn other_text_stays_as_it_is() {
        for text in ["One. Two 2. Three.", "0x800423f0: only one. Done.", "", "v2.0.50727 1.5 s"] {
            assert_eq!(in_lines(text), text);
        }
    }
}
