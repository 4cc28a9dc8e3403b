//! A baseline: the findings of an earlier run, which are known and do not count again.
//!
//! An entry says what a finding is about and not when it was or which id its set had: the same backup on the next night
//! gives the same entry. `vsscope.baseline/1` is a public form (`docs/cli.md`).

use crate::rules::custom::is_host;
use anyhow::{Context as _, Result, bail};
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use vsscope_model::{Analysis, Finding, FindingStatus, Session, Severity, SnapshotSet};

/// Name and version of the form.
pub const SCHEMA: &str = "vsscope.baseline/1";
/// What the name of every version of the form begins with.
const FAMILY: &str = "vsscope.baseline/";

/// Findings that are known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Baseline {
    path: PathBuf,
    entries: Vec<Entry>,
}

/// Findings of an earlier run, which are known.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "a baseline of vsscope")]
struct Document {
    /// Name and version of this form.
    #[schemars(extend("const" = SCHEMA))]
    #[serde(deserialize_with = "known_schema")]
    schema: String,
    /// Each once, by rule, host, writer, requester and volumes.
    findings: Vec<Entry>,
}

/// The part of a file that says what it is.
#[derive(Debug, Deserialize)]
#[serde(expecting = "a baseline of vsscope")]
struct Head {
    #[serde(rename = "schema", deserialize_with = "known_schema")]
    _schema: String,
}

/// The same, of whatever version.
#[derive(Debug, Deserialize)]
struct AnyHead {
    schema: String,
}

/// Findings that are alike. What is `null` is not known of the finding; it stands for nothing else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, expecting = "an entry of a baseline")]
struct Entry {
    /// Rule id.
    rule: String,
    /// Host.
    #[serde(deserialize_with = "Option::deserialize")]
    host: Option<String>,
    /// Writer.
    #[serde(deserialize_with = "Option::deserialize")]
    writer: Option<String>,
    /// File name of the requester's executable, in lower case.
    #[serde(deserialize_with = "Option::deserialize")]
    requester: Option<String>,
    /// Volumes of the set, sorted; none where the finding is about no set.
    volumes: Vec<String>,
    /// How many findings there were; for people.
    count: usize,
    /// The gravest of them.
    severity: Severity,
}

/// An entry without what does not tell findings apart: rule, host, writer, requester, volumes.
type Key = (String, Option<String>, Option<String>, Option<String>, Vec<String>);

fn known_schema<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let schema = String::deserialize(deserializer)?;
    if schema == SCHEMA {
        return Ok(schema);
    }
    let known = format!("this vsscope reads \"{SCHEMA}\"");
    Err(D::Error::custom(match schema.strip_prefix(FAMILY) {
        Some(version) => format!("version \"{version}\" of the baseline is not known; {known}"),
        None => format!("schema \"{}\" is that of no baseline; {known}", schema.escape_debug()),
    }))
}

impl Baseline {
    /// Reads a file.
    ///
    /// # Errors
    ///
    /// Names the file and, of what is wrong in it, line and column.
    pub fn load(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("failed to read the baseline {}", path.display()))?;
        Baseline::parse(path, &text)
    }

    fn parse(path: &Path, text: &str) -> Result<Self> {
        // Some editors begin a file with a mark of its encoding.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let read = || {
            // What the file is comes first: another version has other entries.
            serde_json::from_str::<Head>(text)?;
            serde_json::from_str::<Document>(text)
        };
        match read() {
            Ok(document) => Ok(Baseline { path: path.to_owned(), entries: document.findings }),
            Err(error) => {
                let (line, column, said) = (error.line(), error.column(), error.to_string());
                // The place is told in front.
                let what = said.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&said);
                bail!("{}:{}:{}: {what}", path.display(), line.max(1), column.max(1))
            }
        }
    }

    /// The findings of an analysis that count or are known already.
    pub fn of(analysis: &Analysis) -> Self {
        let mut found: BTreeMap<Key, (usize, Severity)> = BTreeMap::new();
        let Analysis { findings, sessions, sets, .. } = analysis;
        for finding in findings.iter().filter(|finding| is_known_or_new(finding)) {
            let (count, gravest) = found.entry(key(finding, sessions, sets)).or_insert((0, finding.severity));
            *count += 1;
            *gravest = finding.severity.max(*gravest);
        }
        let entry = |((rule, host, writer, requester, volumes), (count, severity))| Entry {
            rule,
            host,
            writer,
            requester,
            volumes,
            count,
            severity,
        };
        Baseline { path: PathBuf::new(), entries: found.into_iter().map(entry).collect() }
    }

    /// The file that it was read from; empty if it was not.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// `3 findings as 2 entries`.
    pub fn counted(&self) -> String {
        let findings: usize = self.entries.iter().map(|entry| entry.count).sum();
        let word =
            |count: usize, one: &str, more: &str| format!("{count} {}", if count == 1 { one } else { more });
        let entries = word(self.entries.len(), "entry", "entries");
        format!("{} as {entries}", word(findings, "finding", "findings"))
    }

    /// The JSON Schema of the file.
    pub fn schema() -> serde_json::Value {
        vsscope_reports::schema::of::<Document>(SCHEMA)
    }

    /// The file's content, with a line end.
    pub fn to_json(&self) -> String {
        let document = Document { schema: SCHEMA.to_owned(), findings: self.entries.clone() };
        // Plain data always has a JSON form.
        serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
    }

    /// Marks the findings that are known. One that is graver than the entry is new. Gives a message about entries that no
    /// finding matches.
    pub fn apply(&self, analysis: &mut Analysis) -> Option<String> {
        let Analysis { findings, sessions, sets, .. } = analysis;
        let mut unused = vec![true; self.entries.len()];
        for finding in findings.iter_mut().filter(|finding| is_known_or_new(finding)) {
            let key = key(finding, sessions, sets);
            for (entry, unused) in self.entries.iter().zip(&mut unused).filter(|(entry, _)| entry.is(&key)) {
                *unused = false;
                if finding.severity <= entry.severity {
                    finding.status = FindingStatus::Baseline;
                    finding.ignore_reason = Some(format!("in the baseline {}", self.path.display()));
                }
            }
        }
        let stale = unused.into_iter().filter(|unused| *unused).count();
        let told = || match self.entries.len() {
            1 => format!("baseline {}: its one entry matches no finding", self.path.display()),
            all => format!("baseline {}: {stale} of {all} entries match no finding", self.path.display()),
        };
        (stale > 0).then(told)
    }
}

impl Entry {
    fn is(&self, (rule, host, writer, requester, volumes): &Key) -> bool {
        let alike = |ours: &Option<String>, theirs: &Option<String>| match (ours, theirs) {
            (Some(ours), Some(theirs)) => ours.eq_ignore_ascii_case(theirs),
            (None, None) => true,
            _ => false,
        };
        let same_host = match (&self.host, host) {
            (Some(ours), Some(theirs)) => is_host(ours, theirs) || is_host(theirs, ours),
            (ours, theirs) => ours == theirs,
        };
        let plain = |volumes: &[String]| {
            let mut plain: Vec<String> =
                volumes.iter().map(|volume| volume.trim_end_matches('\\').to_lowercase()).collect();
            plain.sort();
            plain
        };
        self.rule == *rule
            && same_host
            && alike(&self.writer, writer)
            && alike(&self.requester, requester)
            && plain(&self.volumes) == plain(volumes)
    }
}

/// Whether a finding is one that a baseline is about: neither noise nor ignored.
fn is_known_or_new(finding: &Finding) -> bool {
    matches!(finding.status, FindingStatus::New | FindingStatus::Baseline)
}

fn key(finding: &Finding, sessions: &[Session], sets: &[SnapshotSet]) -> Key {
    let set = sets.iter().find(|set| Some(&set.id) == finding.set.as_ref());
    let session = finding.session.as_ref().or_else(|| set?.session.as_ref());
    let session = sessions.iter().find(|other| Some(&other.id) == session);
    let image = session.and_then(|session| session.requester.image_name()).map(str::to_lowercase);
    let mut volumes: Vec<String> = set.map(|set| set.volumes.clone()).unwrap_or_default();
    volumes.sort();
    volumes.dedup();
    (finding.rule.clone(), finding.host.clone(), finding.writer.clone(), image, volumes)
}

/// Whether a baseline may be written there: a file that lies there and is none is not replaced, for a name that was
/// forgotten makes the first log the file to write to.
///
/// # Errors
///
/// Names the file.
pub fn check_place(path: &Path) -> Result<()> {
    let there = std::fs::metadata(path).is_ok_and(|there| there.is_file() && there.len() > 0);
    let is_baseline = || {
        let file = std::fs::File::open(path).ok()?;
        let head: AnyHead = serde_json::from_reader(std::io::BufReader::new(file)).ok()?;
        Some(head.schema.starts_with(FAMILY))
    };
    if there && is_baseline() != Some(true) {
        bail!(
            "--write-baseline {}: this file is there and is no baseline; nothing was written",
            path.display()
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use vsscope_model::Confidence;

    fn finding(severity: Severity) -> Finding {
        Finding {
            id: "f1".into(),
            rule: "thaw-missing".into(),
            severity,
            status: FindingStatus::New,
            confidence: Confidence::Exact,
            title: String::new(),
            detail: String::new(),
            remedy: String::new(),
            host: Some("SRV1.example.org".into()),
            session: None,
            set: None,
            writer: Some("System Writer".into()),
            time: "2031-05-06T10:00:00Z".parse().expect("a time"),
            cause: None,
            cause_confidence: None,
            competing: Vec::new(),
            noise_reason: None,
            ignore_reason: None,
            evidence: Vec::new(),
        }
    }

    fn analysis(findings: Vec<Finding>) -> Analysis {
        Analysis { findings, ..crate::run::analyse(&mut []) }
    }

    /// A baseline read back from what was written of these findings.
    fn written(findings: Vec<Finding>) -> Baseline {
        Baseline::parse(Path::new("b.json"), &Baseline::of(&analysis(findings)).to_json())
            .expect("a baseline")
    }

    fn statuses(known: &Baseline, findings: Vec<Finding>) -> Vec<FindingStatus> {
        let mut analysis = analysis(findings);
        known.apply(&mut analysis);
        analysis.findings.iter().map(|finding| finding.status).collect()
    }

    #[test]
    fn alike_findings_are_one_entry_of_the_gravest() {
        let other = Finding { rule: "bad-state".into(), ..finding(Severity::Info) };
        let known = written(vec![finding(Severity::Info), finding(Severity::Warning), other]);
        let entries: Vec<_> = known.entries.iter().map(|e| (&*e.rule, e.count, e.severity)).collect();
        assert_eq!(entries, [("bad-state", 1, Severity::Info), ("thaw-missing", 2, Severity::Warning)]);
        assert_eq!(known.counted(), "3 findings as 2 entries");
    }

    #[test]
    fn a_graver_finding_is_new() {
        use FindingStatus::{Baseline, New};
        let known = written(vec![finding(Severity::Warning)]);
        let all = [Severity::Info, Severity::Warning, Severity::Error].map(finding);
        assert_eq!(statuses(&known, all.into()), [Baseline, Baseline, New]);
    }

    #[test]
    fn every_key_tells_findings_apart_and_times_and_ids_do_not() {
        let known = written(vec![finding(Severity::Error)]);
        let like = || finding(Severity::Error);
        let later = "2032-01-01T00:00:00Z".parse().expect("a time");
        let same = [
            Finding { time: later, id: "f9".into(), set: Some("no such set".into()), ..like() },
            Finding { host: Some("srv1".into()), ..like() },
        ];
        assert_eq!(statuses(&known, same.into()), [FindingStatus::Baseline; 2]);
        let other = [
            Finding { rule: "bad-state".into(), ..like() },
            Finding { host: Some("srv2".into()), ..like() },
            Finding { host: None, ..like() },
            Finding { writer: None, ..like() },
        ];
        assert_eq!(statuses(&known, other.into()), [FindingStatus::New; 4]);
    }

    #[test]
    fn noise_and_ignored_findings_are_neither_written_nor_marked() {
        let set_aside = |status| Finding { status, ..finding(Severity::Error) };
        let aside = vec![set_aside(FindingStatus::Noise), set_aside(FindingStatus::Ignored)];
        assert_eq!(written(aside.clone()).entries, []);
        let known = written(vec![finding(Severity::Error)]);
        assert_eq!(statuses(&known, aside), [FindingStatus::Noise, FindingStatus::Ignored]);
    }

    #[test]
    fn entries_that_nothing_matches_are_counted() {
        let known =
            written(vec![finding(Severity::Error), Finding { writer: None, ..finding(Severity::Error) }]);
        let told = known.apply(&mut analysis(vec![finding(Severity::Error)]));
        assert_eq!(told.as_deref(), Some("baseline b.json: 1 of 2 entries match no finding"));
        let both = vec![finding(Severity::Error), Finding { writer: None, ..finding(Severity::Error) }];
        assert_eq!(known.apply(&mut analysis(both)), None);
    }

    #[test]
    fn what_is_wrong_with_a_file_has_a_place() {
        let entry = r#"{"rule":"x","host":null,"writer":null,"requester":null,"volumes":[],"count":1,"severity":"info"}"#;
        let file =
            |schema: &str, entries: &str| format!("{{\"schema\":\"{schema}\",\n\"findings\":[{entries}]}}");
        for (text, wanted) in [
            (String::new(), "b.json:1:1: EOF"),
            ("{\n  nonsense".into(), "b.json:2:3: "),
            ("[]".into(), "a baseline of vsscope"),
            ("{}".into(), "missing field `schema`"),
            (
                file("vsscope.baseline/2", "{}"),
                "b.json:1:30: version \"2\" of the baseline is not known; this vsscope reads \"vsscope.baseline/1\"",
            ),
            (file("vsscope.analysis/1", ""), "schema \"vsscope.analysis/1\" is that of no baseline"),
            (file(SCHEMA, "{}"), "b.json:2:14: missing field `rule`"),
            (file(SCHEMA, &entry.replace("\"host\":null,", "")), "missing field `host`"),
            (file(SCHEMA, &entry.replace("host", "hots")), "unknown field `hots`"),
            (file(SCHEMA, &entry.replace("info", "grave")), "unknown variant `grave`"),
            (file(SCHEMA, entry) + "x", "b.json:2:"),
        ] {
            let error = Baseline::parse(Path::new("b.json"), &text).expect_err(&text).to_string();
            assert!(error.contains(wanted) && error.starts_with("b.json:"), "{text}: {error}");
        }
        assert!(Baseline::parse(Path::new("b.json"), &format!("\u{feff}{}", file(SCHEMA, entry))).is_ok());
    }
}
