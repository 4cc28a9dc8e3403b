//! `[[ignore]]`: findings that the user does not want to hear of, each for a reason and perhaps for a time.

use super::reader::{self, Mistakes, Table, suggestion};
use crate::rules::custom::is_host;
use chrono::NaiveDate;
use vsscope_model::{Analysis, Finding, FindingStatus, Session};

pub(super) const KEYS: &[&str] = &["rule", "reason", "until", "host", "writer", "requester", "set"];

/// One `[[ignore]]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Ignore {
    rule: String,
    reason: String,
    /// The last day (UTC) on which it holds.
    until: Option<NaiveDate>,
    host: Option<String>,
    writer: Option<String>,
    requester: Option<String>,
    set: Option<String>,
}

/// The ignores of a file; `ids` are the rules that there are.
pub fn read(root: &Table<'_>, ids: &[&str], mistakes: &mut Mistakes<'_>) -> Vec<Ignore> {
    let mut ignores = Vec::new();
    for (entries, span) in root.tables("ignore", mistakes) {
        let table = Table::new(entries, span, KEYS, mistakes);
        table.require("rule", mistakes);
        table.require("reason", mistakes);
        let rule = table.text("rule", mistakes);
        if let (Some(rule), Some(value)) = (&rule, table.get("rule"))
            && !ids.contains(&rule.as_str())
        {
            mistakes.add(value.span(), format!("no rule {rule:?}{}", suggestion(rule, ids)));
        }
        let until = table.read("until", "a date like 2031-05-01, without quotes", mistakes, reader::date);
        let mut text = |key| table.text(key, mistakes);
        let (reason, host, writer) = (text("reason"), text("host"), text("writer"));
        let (requester, set) = (text("requester"), text("set"));
        if let (Some(rule), Some(reason)) = (rule, reason) {
            ignores.push(Ignore { rule, reason, until, host, writer, requester, set });
        }
    }
    ignores
}

/// Marks what is to be ignored on this day. Gives a message for each ignore that has expired or that nothing needs.
pub fn apply(ignores: &[Ignore], analysis: &mut Analysis, today: NaiveDate) -> Vec<String> {
    let Analysis { findings, sessions, .. } = analysis;
    let mut messages = Vec::new();
    for ignore in ignores {
        if let Some(until) = ignore.until.filter(|until| *until < today) {
            messages.push(format!("ignore of {} expired on {until} and no longer applies", ignore.rule));
            continue;
        }
        let mut is_used = false;
        for finding in findings.iter_mut().filter(|finding| ignore.covers(finding, sessions)) {
            is_used = true;
            if finding.counts() {
                finding.status = FindingStatus::Ignored;
                finding.ignore_reason = Some(ignore.reason.clone());
            }
        }
        if !is_used {
            messages.push(format!("ignore of {} ({}) applies to no finding", ignore.rule, ignore.reason));
        }
    }
    messages
}

impl Ignore {
    fn covers(&self, finding: &Finding, sessions: &[Session]) -> bool {
        let is = |wanted: &Option<String>, said: Option<&str>, alike: fn(&str, &str) -> bool| {
            wanted.as_deref().is_none_or(|wanted| said.is_some_and(|said| alike(wanted, said)))
        };
        let session = sessions.iter().find(|session| Some(&session.id) == finding.session.as_ref());
        let image = session.and_then(|session| session.requester.image_name());
        let begins = |wanted: &str, id: &str| id.starts_with(&wanted.trim_matches(['{', '}']).to_lowercase());
        self.rule == finding.rule
            && finding.status != FindingStatus::Noise
            && is(&self.host, finding.host.as_deref(), is_host)
            && is(&self.writer, finding.writer.as_deref(), |a, b| a.eq_ignore_ascii_case(b))
            && is(&self.requester, image, |a, b| a.eq_ignore_ascii_case(b))
            && is(&self.set, finding.set.as_deref(), begins)
    }
}
