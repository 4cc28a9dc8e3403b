//! What a finding is about, for forms that list findings: its set, its session, the inputs of its proof, and what stays the
//! same about it from one run to the next.

use crate::text::TextOptions;
use crate::text::clock::{Clocks, Reading};
use crate::text::style::HARD_BLANK;
use std::collections::BTreeMap;
use vsscope_model::{Analysis, Evidence, Finding, FindingStatus, Input, Session, SnapshotSet, Timestamp};

/// The parts of an analysis by their ids.
pub(crate) struct Subjects<'a> {
    sets: BTreeMap<&'a str, &'a SnapshotSet>,
    sessions: BTreeMap<&'a str, &'a Session>,
    inputs: BTreeMap<&'a str, &'a Input>,
}

impl<'a> Subjects<'a> {
    /// Of an analysis.
    pub(crate) fn of(analysis: &'a Analysis) -> Self {
        Subjects {
            sets: analysis.sets.iter().map(|set| (set.id.as_str(), set)).collect(),
            sessions: analysis.sessions.iter().map(|session| (session.id.as_str(), session)).collect(),
            inputs: analysis.inputs.iter().map(|input| (input.id.as_str(), input)).collect(),
        }
    }

    /// The set that a finding is about.
    pub(crate) fn set(&self, finding: &Finding) -> Option<&'a SnapshotSet> {
        self.sets.get(finding.set.as_deref()?).copied()
    }

    /// The input that a proof is from; one that is not listed has none.
    pub(crate) fn input(&self, evidence: &Evidence) -> Option<&'a Input> {
        self.inputs.get(evidence.input.as_str()).copied()
    }

    /// Where a proof is, as a person would look it up: path, record number, line, offset.
    pub(crate) fn place(&self, evidence: &Evidence) -> String {
        let path = self.input(evidence).map(|input| input.path.to_string());
        let record = evidence.record.map(|record| format!("record {record}"));
        let line = evidence.line.map(|line| format!("line {line}"));
        let offset = evidence.offset.map(|offset| format!("offset {offset:#x}"));
        [path, record, line, offset].into_iter().flatten().collect::<Vec<_>>().join(", ")
    }

    /// File name of the program that made a set.
    pub(crate) fn requester_of(&self, set: &SnapshotSet) -> Option<&'a str> {
        self.sessions.get(set.session.as_deref()?)?.requester.image_name()
    }

    /// File name of the program that a finding is about: that of its session, else of its set.
    fn requester(&self, finding: &Finding) -> Option<&'a str> {
        match finding.session.as_deref().and_then(|id| self.sessions.get(id)) {
            Some(session) => session.requester.image_name(),
            None => self.requester_of(self.set(finding)?),
        }
    }

    /// What a finding is about and not when it was or which ids it had, as 32 hexadecimal digits: rule, host, writer,
    /// requester and volumes, without case. Findings of one baseline entry (`docs/cli.md`) have one fingerprint.
    pub(crate) fn fingerprint(&self, finding: &Finding) -> String {
        let plain = |text: &str| text.to_lowercase();
        let mut volumes: Vec<String> = self
            .set(finding)
            .map(|set| set.volumes.iter().map(|volume| plain(volume.trim_end_matches('\\'))).collect())
            .unwrap_or_default();
        volumes.sort();
        volumes.dedup();
        let host = finding.host.as_deref().map(plain);
        let writer = finding.writer.as_deref().map(plain);
        let key = (&finding.rule, host, writer, self.requester(finding).map(plain), volumes);
        // JSON keeps the parts apart whatever they hold.
        let hash = blake3::hash(crate::json::to_text(&key, false).as_bytes()).to_hex();
        hash.as_str().get(..32).unwrap_or_default().to_owned()
    }
}

/// Why a finding does not count, for a person; nothing for one that does.
pub(crate) fn set_aside(finding: &Finding) -> Option<String> {
    let (word, reason) = match finding.status {
        FindingStatus::New => return None,
        FindingStatus::Baseline => ("known", &finding.ignore_reason),
        FindingStatus::Ignored => ("ignored", &finding.ignore_reason),
        FindingStatus::Noise => ("noise", &finding.noise_reason),
    };
    Some(match reason {
        Some(reason) => format!("{word}: {reason}"),
        None => word.to_owned(),
    })
}

/// The archive and the member in it, of a path as inputs have it (`archive.zip!member`); a path that is no member is whole.
pub(crate) fn member(path: &str) -> (&str, Option<&str>) {
    // A `!` may be part of any name; behind `.zip` it begins a member.
    let split = path.match_indices('!').find_map(|(at, _)| {
        let (archive, member) = (path.get(..at)?, path.get(at + 1..)?);
        let is_zip = archive.len() > 4 && archive.get(archive.len() - 4..)?.eq_ignore_ascii_case(".zip");
        (is_zip && !member.is_empty()).then_some((archive, member))
    });
    match split {
        Some((archive, member)) => (archive, Some(member)),
        None => (path, None),
    }
}

/// Text of rules and logs for forms without a layout: harmless, with times as pages have them.
pub(crate) struct Words {
    clocks: Clocks,
    page: TextOptions,
}

impl Words {
    /// For a report in this zone.
    pub(crate) fn of(analysis: &Analysis, tz: chrono_tz::Tz) -> Self {
        Words { clocks: Clocks::of(analysis), page: TextOptions { tz, ..TextOptions::default() } }
    }

    /// A text about something of this time, line by line.
    pub(crate) fn told(&self, text: &str, near: Timestamp) -> String {
        let near = self.clocks.reading(near);
        let line = |line| plain(&self.clocks.told(line, near, &self.page));
        text.lines().map(line).collect::<Vec<_>>().join("\n")
    }

    /// A name.
    pub(crate) fn name(&self, text: &str) -> String {
        plain(&crate::text::safe(text))
    }

    /// What a time is.
    pub(crate) fn reading(&self, time: Timestamp) -> Reading {
        self.clocks.reading(time)
    }

    /// A time with its offset or its mark.
    pub(crate) fn instant(&self, time: Timestamp) -> String {
        plain(&self.page.instant(time, self.reading(time)))
    }
}

/// Without marks of layout, and without the two characters that no XML may hold and no log has a use for.
fn plain(text: &str) -> String {
    text.replace(HARD_BLANK, " ").replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")
}
