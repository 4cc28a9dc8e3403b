//! Which rules speak of a record or a code, and which records belong to a writer.

use crate::knowledge::events::{self, EventRow};
use crate::knowledge::hresults::CodeRow;
use crate::rules::{RuleInfo, catalogue};

/// Names that rules and people use for sources with long names.
const SHORT_NAMES: &[(&str, &str)] =
    &[("SCM", "Service Control Manager"), ("Security", "Microsoft-Windows-Security-Auditing")];
const VENDOR: &str = "Microsoft-Windows-";

type Related = Vec<(String, String)>;

/// The full name of a source that is known by a short one.
pub(super) fn long_name(short: &str) -> Option<&'static str> {
    let listed =
        SHORT_NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(short)).map(|(_, long)| *long);
    let names = || events::providers().flat_map(|provider| &provider.names).map(String::as_str);
    let bare = |name: &&str| name.strip_prefix(VENDOR).is_some_and(|bare| bare.eq_ignore_ascii_case(short));
    listed.or_else(|| names().find(bare))
}

/// The rules whose documentation names this record.
pub(super) fn rules_on_event(row: &EventRow) -> Related {
    let names = events::provider(&row.provider).map(|provider| provider.names.as_slice()).unwrap_or_default();
    let short = |name: &str| SHORT_NAMES.iter().find(|(_, long)| *long == name).map(|(short, _)| *short);
    let spellings: Vec<&str> = names
        .iter()
        .flat_map(|name| [Some(name.as_str()), name.strip_prefix(VENDOR), short(name)])
        .flatten()
        .collect();
    rules(|doc| spellings.iter().any(|name| speaks_of_record(doc, name, row.id)))
}

/// The rules whose documentation names this code.
pub(super) fn rules_on_code(row: &CodeRow) -> Related {
    rules(|doc| speaks_of_code(doc, &row.code, row.name.as_deref()))
}

/// Codes of records with what these say.
pub(super) fn events(codes: &[String]) -> Related {
    let said = |code: &String| {
        let (provider, id) = code.split_once('/')?;
        let row = *events::layouts(provider, id.parse().ok()?).first()?;
        Some((code.clone(), row.message.clone()?))
    };
    codes.iter().filter_map(said).collect()
}

fn rules(speaks: impl Fn(&str) -> bool) -> Related {
    let text = |info: &RuleInfo| info.doc.split_whitespace().collect::<Vec<_>>().join(" ");
    let infos = catalogue().iter().map(|rule| rule.info());
    infos.filter(|info| speaks(&text(info))).map(|info| (info.id.to_owned(), info.title.to_owned())).collect()
}

/// Whether the name is there with the number behind it: `VSS 8193`, `VSS 8193, 8194 and 12290`, `VSS 12342 to 12347`.
fn speaks_of_record(doc: &str, name: &str, id: u32) -> bool {
    doc.match_indices(name).any(|(at, _)| {
        let inside = doc[..at].ends_with(|c: char| c.is_alphanumeric() || c == '-' || c == '_');
        !inside && numbers(&doc[at + name.len()..]).any(|(from, to)| (from..=to).contains(&id))
    })
}

/// The list of numbers, or of ranges of numbers, that the text begins with.
fn numbers(text: &str) -> impl Iterator<Item = (u32, u32)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let from = number(&mut rest, &[" event ", " events ", " ", ", ", " and ", " or ", "/"])?;
        let to = number(&mut rest, &[" to ", "-"]).unwrap_or(from);
        Some((from, to))
    })
}

/// The number behind one of the separators at the beginning of the text, which moves on behind it.
fn number(text: &mut &str, separators: &[&str]) -> Option<u32> {
    let (number, rest) = separators.iter().find_map(|separator| {
        let behind = text.strip_prefix(separator)?;
        let end = behind.find(|c: char| !c.is_ascii_digit()).unwrap_or(behind.len());
        Some((behind[..end].parse().ok()?, &behind[end..]))
    })?;
    *text = rest;
    Some(number)
}

/// Whether the code or its name is there as a word of its own, or as one of a family: `VSS_E_WRITERERROR_*`.
fn speaks_of_code(doc: &str, code: &str, name: Option<&str>) -> bool {
    let words = || doc.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || c == '*'));
    let of_family = |word: &str| {
        let head = word.strip_suffix("_*").filter(|head| head.contains('_'));
        name.zip(head).is_some_and(|(name, head)| name.starts_with(head))
    };
    words().any(|word| word.eq_ignore_ascii_case(code) || name == Some(word) || of_family(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_found_in_lists_and_ranges() {
        let doc = "Records VSS 8193, 8194 and 12290 or VSS 12342 to 12347; SPP 16387";
        for id in [8193, 8194, 12290, 12344] {
            assert!(speaks_of_record(doc, "VSS", id), "{id}");
        }
        for id in [8195, 12348, 16387] {
            assert!(!speaks_of_record(doc, "VSS", id), "{id}");
        }
        assert!(speaks_of_record(doc, "SPP", 16387));
        assert!(!speaks_of_record("XVSS 13", "VSS", 13));
    }

    #[test]
    fn codes_are_found_as_words_and_by_family() {
        let doc = "gives VSS_E_BAD_STATE (0x80042301), or one of VSS_E_WRITERERROR_*";
        assert!(speaks_of_code(doc, "0x80042301", None));
        assert!(speaks_of_code(doc, "0x0", Some("VSS_E_BAD_STATE")));
        assert!(speaks_of_code(doc, "0x0", Some("VSS_E_WRITERERROR_TIMEOUT")));
        assert!(!speaks_of_code(doc, "0x0", Some("VSS_E_BAD")));
    }
}
