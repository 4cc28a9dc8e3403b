//! What a code or name can mean: rules, event records, result codes, writers, providers, states, constants, phases, limits.
//!
//! A code that is several things at once gets all of its meanings. What the tables do not know is not guessed.

mod entries;
mod names;
mod numbers;
mod related;
mod suggest;

use crate::knowledge::{events, plain, providers, writers};
use crate::rules::{RuleInfo, lookup};
use vsscope_model::Guid;
use vsscope_reports::RuleDoc;
use vsscope_reports::explain::{Answer, Meaning};

/// The answers to what was asked, or what to say of the codes that nothing is known of.
pub fn answers(codes: &[String]) -> Result<Vec<Answer>, String> {
    let mut answers = Vec::new();
    let mut unknown = Vec::new();
    for asked in phrases(codes) {
        let meanings = meanings(&asked);
        if meanings.is_empty() {
            unknown.push(suggest::unknown(&asked));
        }
        answers.push(Answer { asked, meanings });
    }
    if unknown.is_empty() { Ok(answers) } else { Err(unknown.join("\n")) }
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

/// Joins `ctx 0x9` and `VSS 8229` that were typed as two words.
fn phrases(codes: &[String]) -> Vec<String> {
    let mut phrases = Vec::new();
    let mut rest = codes.iter().peekable();
    while let Some(code) = rest.next() {
        let is_number = |next: &&String| next.starts_with(|c: char| c.is_ascii_digit());
        let takes_a_number = || numbers::group_word(code).is_some() || events::provider(code).is_some();
        match rest.next_if(|next| is_number(next) && takes_a_number()) {
            Some(number) => phrases.push(format!("{code} {number}")),
            None => phrases.push(code.clone()),
        }
    }
    phrases
}

fn meanings(asked: &str) -> Vec<Meaning> {
    let asked = asked.trim();
    if let Some(info) = lookup::by_id(asked) {
        let rule = Meaning::Rule(rule_doc(info));
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
        let answers = answers(&asked).unwrap_or_else(|error| panic!("{error}"));
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
        let error = |code: &str| answers(&[code.to_owned()]).expect_err("an unknown code");
        assert!(error("VSS_E_WRITERERROR_TIMEOT").contains("VSS_E_WRITERERROR_TIMEOUT"));
        assert!(error("SqlServerWritr").contains("SqlServerWriter"));
        assert!(error("VSS/8239").contains("VSS/82"), "{}", error("VSS/8239"));
        assert!(error("qqqq").contains("vsscope rules"));
    }

    #[test]
    fn every_name_of_the_tables_resolves() {
        for name in suggest::names() {
            assert!(!meanings(&name).is_empty(), "{name}");
        }
    }
}
