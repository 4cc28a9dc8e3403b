//! What a code or name can mean: rules, event records, result codes, writers, providers, states, constants, phases, limits.
//!
//! A code that is several things at once gets all of its meanings. What the tables do not know is not guessed.

mod entries;
mod layout;
mod names;
mod numbers;
mod related;
mod suggest;

use crate::knowledge::{events, plain, providers, writers};
use crate::rules::custom::CustomRule;
use crate::rules::{RuleInfo, catalogue};
use vsscope_model::Guid;
use vsscope_reports::RuleDoc;
use vsscope_reports::explain::{Answer, Meaning, Unknown};

pub use suggest::not_known;

/// The answers to what was asked, and the codes that nothing is known of.
pub fn answers(codes: &[String]) -> (Vec<Answer>, Vec<Unknown>) {
    let mut answers = Vec::new();
    let mut unknown = Vec::new();
    for asked in phrases(codes) {
        match meanings(&asked) {
            meanings if meanings.is_empty() => unknown.push(suggest::unknown(asked)),
            meanings => answers.push(Answer { asked, meanings }),
        }
    }
    (answers, unknown)
}

/// What a rule says of itself.
pub fn rule_doc(info: &RuleInfo) -> RuleDoc {
    RuleDoc {
        id: info.id.to_owned(),
        title: info.title.to_owned(),
        severity: info.severity,
        scope: info.scope.as_str().to_owned(),
        basis: info.basis.to_owned(),
        sections: info.sections().into_iter().map(|(heading, text)| (heading.to_owned(), text)).collect(),
    }
}

/// What a rule of the user's says of itself.
pub fn own_rule_doc(rule: &CustomRule) -> RuleDoc {
    let sections = [("What it flags", &rule.detail), ("What to do", &rule.remedy)];
    let told = sections.into_iter().filter(|(_, text)| !text.is_empty());
    RuleDoc {
        id: rule.id.clone(),
        title: rule.title.clone(),
        severity: rule.severity,
        scope: "own".to_owned(),
        basis: "configuration".to_owned(),
        sections: told.map(|(heading, text)| (heading.to_owned(), text.clone())).collect(),
    }
}

/// So many words the longest name has.
const LONGEST_NAME: usize = 8;

/// Joins what was typed as several words: `ctx 0x9`, `VSS 8229`, `Registry Writer`.
fn phrases(codes: &[String]) -> Vec<String> {
    let mut phrases = Vec::new();
    let mut rest = codes;
    while !rest.is_empty() {
        let most = rest.len().min(LONGEST_NAME);
        let (phrase, behind) = rest.split_at((2..=most).rev().find(|&n| is_one(&rest[..n])).unwrap_or(1));
        phrases.push(phrase.join(" "));
        rest = behind;
    }
    phrases
}

/// Whether the words are one code or name.
fn is_one(words: &[String]) -> bool {
    if !words.first().is_some_and(|word| word.starts_with(char::is_alphabetic)) {
        return false;
    }
    let phrase = words.join(" ");
    // A number behind a source is its record, also where that is not known.
    record_key(&phrase).is_some() || !meanings(&phrase).is_empty()
}

fn meanings(asked: &str) -> Vec<Meaning> {
    let asked = bare(asked);
    if let Some(rule) = catalogue().iter().find(|rule| is_named(rule.info().id, asked)) {
        let rule = Meaning::Rule(rule_doc(rule.info()));
        return std::iter::once(rule).chain(names::meanings(asked)).collect();
    }
    if let Ok(guid) = asked.parse() {
        return of_guid(guid);
    }
    if let Some((provider, id)) = record_key(asked) {
        return events::layouts(provider, id).into_iter().map(entries::event).collect();
    }
    let numbers = numbers::meanings(asked);
    if numbers.is_empty() { names::meanings(asked) } else { numbers }
}

/// Without what stands around a code in a sentence.
fn bare(asked: &str) -> &str {
    asked.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, ',' | ';' | ':' | '.' | '(' | ')' | '"' | '\'' | '`')
    })
}

fn of_guid(guid: Guid) -> Vec<Meaning> {
    let writer = writers::row(guid).map(entries::writer);
    let provider = providers::by_id(guid).map(entries::provider);
    let logging = events::providers().find(|row| row.guid == Some(guid)).map(entries::log_provider);
    writer.into_iter().chain(provider).chain(logging).collect()
}

/// `VSS/8229`, `VSS 8229`: provider and event id.
fn record_key(asked: &str) -> Option<(&str, u32)> {
    let (provider, id) = asked.rsplit_once(['/', ' '])?;
    let provider = provider.trim();
    let id = id.trim().parse().ok()?;
    let known = events::provider(provider).map(|_| provider);
    known.or_else(|| related::long_name(provider)).map(|provider| (provider, id))
}

/// Whether a name is what was asked for.
fn is_named(name: &str, asked: &str) -> bool {
    name.eq_ignore_ascii_case(asked) || plain(name) == plain(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(asked: &[&str]) -> Vec<String> {
        let asked: Vec<String> = asked.iter().map(|code| (*code).to_owned()).collect();
        let (answers, unknown) = answers(&asked);
        assert_eq!(unknown, [], "{asked:?}");
        let meanings = answers.into_iter().flat_map(|answer| answer.meanings);
        let code = |meaning| match meaning {
            Meaning::Rule(rule) => format!("rule {}", rule.id),
            Meaning::Fact(fact) => format!("{} {}", fact.kind, fact.code),
        };
        meanings.map(code).collect()
    }

    #[test]
    fn every_kind_of_code_is_found() {
        assert_eq!(codes(&["thaw-missing"]), ["rule thaw-missing"]);
        assert_eq!(codes(&["vss/8229"]), ["event VSS/8229"]);
        assert_eq!(codes(&["VSS", "8229"]), ["event VSS/8229"]);
        assert_eq!(codes(&["0x800423F2"]), ["result code 0x800423f2"]);
        assert_eq!(codes(&["-2147212302"]), ["result code 0x800423f2"]);
        assert_eq!(codes(&["2147754994"]), ["result code 0x800423f2"]);
        assert_eq!(codes(&["vss_e_writererror_timeout"]), ["result code 0x800423f2"]);
        assert_eq!(codes(&["-2402"]), ["database engine error -2402"]);
        assert_eq!(codes(&["STATUS_INSUFFICIENT_RESOURCES"]), ["kernel status 0xc000009a"]);
        assert_eq!(codes(&["SqlServerWriter"]), ["writer a65faa63-5ea8-4ebc-9dbd-a0c4db26912a"]);
        assert_eq!(codes(&["{A65FAA63-5EA8-4EBC-9DBD-A0C4DB26912A}"]), codes(&["sqlserverwriter"]));
        assert_eq!(
            codes(&["b5946137-7b9f-4925-af80-51abd60b20d5"]),
            ["provider b5946137-7b9f-4925-af80-51abd60b20d5"]
        );
        assert_eq!(codes(&["[8]"]), ["writer state [8]"]);
        assert_eq!(codes(&["VSS_WS_STABLE"]), ["writer state [1]"]);
        assert_eq!(codes(&["ctx", "0x9"]), ["context 0x00000009"]);
        assert_eq!(codes(&["VSS_CTX_APP_ROLLBACK"]), ["context 0x00000009"]);
        assert_eq!(codes(&["VSS_BT_FULL"]), ["backup type 0x00000001"]);
        assert_eq!(codes(&["freeze"]), ["phase Freeze"]);
        assert_eq!(codes(&["freeze-window"]), ["limit freeze window"]);
    }

    #[test]
    fn words_are_joined_where_they_are_one_name() {
        assert_eq!(codes(&["Registry", "Writer"]), codes(&["registry writer"]));
        assert_eq!(codes(&["System", "Restore", "8193"]), ["event System Restore/8193"]);
        assert_eq!(
            codes(&["writer", "state", "8", "0x80042301"]),
            ["writer state [8]", "result code 0x80042301"]
        );
        assert_eq!(codes(&["thaw", "missing"]), ["rule thaw-missing"]);
        assert_eq!(codes(&["freeze", "thaw"]), ["phase Freeze", "phase Thaw"]);
        assert_eq!(codes(&["VSS", "0x800423f2"]), ["event source VSS", "result code 0x800423f2"]);
        let (answers, unknown) = answers(&["VSS".to_owned(), "8239".to_owned()]);
        assert_eq!((answers.len(), unknown.len()), (0, 1));
    }

    #[test]
    fn codes_are_taken_as_they_are_copied() {
        for text in ["(0x800423F2)", "0x800423f2L", "800423F2", "0x800423f2,", "`0x800423f2`"] {
            assert_eq!(codes(&[text]), ["result code 0x800423f2"], "{text}");
        }
        assert_eq!(codes(&["80042308"]), ["result code 0x80042308"]);
        assert_eq!(codes(&["[8] Failed"]), ["writer state [8]"]);
    }

    #[test]
    fn an_unlisted_code_is_decoded() {
        let fact = |code: &str| match answers(&[code.to_owned()]).0.pop().and_then(|mut a| a.meanings.pop()) {
            Some(Meaning::Fact(fact)) => fact,
            other => panic!("{code}: {other:?}"),
        };
        let facility = |code: &str| {
            let details = fact(code).details;
            details.into_iter().find(|(label, _)| *label == "facility").map(|(_, value)| value)
        };
        assert_eq!(facility("0x8007ABCD").as_deref(), Some("7 FACILITY_WIN32"));
        assert_eq!(facility("0x80049999").as_deref(), Some("4 FACILITY_ITF"));
        assert_eq!(facility("4294967295").as_deref(), Some("2047"));
        assert_eq!(fact("0x80070423").name.as_deref(), Some("HRESULT_FROM_WIN32(ERROR_CIRCULAR_DEPENDENCY)"));
        assert_eq!(fact("0xd0000022").code, "0xd0000022");
        assert!(fact("0xd0000022").details.iter().any(|(_, value)| value == "0xc0000022"));
        assert!(fact("0x8007ABCD").certainty.contains("bits"));
    }

    #[test]
    fn an_ambiguous_code_gets_all_its_meanings() {
        let kinds = codes(&["0x9"]);
        assert!(kinds.contains(&"context 0x00000009".to_owned()), "{kinds:?}");
        assert!(kinds.contains(&"snapshot state 0x00000009".to_owned()), "{kinds:?}");
        let commit = codes(&["commit"]);
        assert!(commit.contains(&"phase Commit".to_owned()), "{commit:?}");
        assert!(commit.contains(&"limit commit".to_owned()), "{commit:?}");
        let bare = codes(&["8193"]);
        assert!(bare.iter().any(|code| code == "event VSS/8193"), "{bare:?}");
        assert!(bare.iter().any(|code| code == "event System Restore/8193"), "{bare:?}");
    }

    #[test]
    fn an_unknown_code_gets_suggestions() {
        let error = |code: &str| {
            let (answers, unknown) = answers(&[code.to_owned()]);
            assert_eq!(answers, [], "{code}");
            unknown.iter().map(not_known).collect::<String>()
        };
        assert!(error("VSS_E_WRITERERROR_TIMEOT").contains("VSS_E_WRITERERROR_TIMEOUT"));
        assert!(error("SqlServerWritr").contains("SqlServerWriter"));
        assert!(error("VSS/8239").contains("VSS/82"), "{}", error("VSS/8239"));
        assert!(error("qqqq").contains("--help"));
        assert!(error("01234567-89ab-cdef-0123-456789abcdef").contains("this id"));
    }

    #[test]
    fn every_name_of_the_tables_resolves() {
        for name in suggest::names() {
            assert!(!meanings(&name).is_empty(), "{name}");
        }
    }
}
