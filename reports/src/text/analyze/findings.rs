//! The findings, gravest first, with place, reason, proof and remedy; what is known to be harmless is folded at the end.

use super::IN_FULL;
use super::sets::short_id;
use crate::explanations::{Explanation, explanations};
use crate::text::TextOptions;
use crate::text::page::{Page, together};
use crate::text::style::Style;
use crate::text::units::count;
use std::collections::{BTreeMap, HashMap};
use vsscope_model::{Analysis, Confidence, Evidence, Finding, FindingStatus, Input, SnapshotSet};

/// How many pieces of evidence a finding shows where brevity is wanted.
const PROOFS: usize = 3;

pub(super) fn findings(page: &mut Page, analysis: &Analysis) {
    let of = |status| analysis.findings.iter().filter(move |finding| finding.status == status);
    if of(FindingStatus::New).next().is_some() {
        page.heading("Findings");
    }
    let known = Known::of(analysis);
    let mut short = Vec::new();
    for (at, explanation) in explanations(analysis).iter().enumerate() {
        let Explanation { cause, led_to } = explanation;
        if page.options.verbose {
            for finding in std::iter::once(cause).chain(led_to) {
                page.gap();
                finding_in_full(page, &known, finding);
            }
        } else if at < IN_FULL || explanation.is_grave() {
            page.gap();
            finding_in_full(page, &known, cause);
            consequences(page, led_to);
        } else {
            short.push(*cause);
            short.extend(led_to);
        }
    }
    if !short.is_empty() {
        page.gap();
        page.paragraph(0, &format!("{} more, in short (in full with --verbose):", short.len()));
        for finding in short {
            finding_in_short(page, &known, finding);
        }
    }
    folded(page, of(FindingStatus::Baseline), "known from the baseline");
    folded(page, of(FindingStatus::Ignored), "ignored, as the configuration wants it");
    folded(page, of(FindingStatus::Noise), "known noise: looks alarming and is not");
}

fn finding_in_full(page: &mut Page, known: &Known<'_>, finding: &Finding) {
    let options = page.options;
    let word = page.style(finding.severity.into(), &finding.severity.as_str().to_uppercase());
    let title = page.style(Style::Strong, &options.clean(&finding.title));
    page.hanging(&format!("{word} "), 0, BODY, &title);
    page.paragraph(BODY, &place(page, known, finding));
    if let Some(cause) = &finding.cause {
        let sure = finding.cause_confidence.filter(|sure| *sure != Confidence::Exact);
        let sure = sure.map(|sure| format!(" (confidence {sure})")).unwrap_or_default();
        page.hanging("Because", BODY, TEXT, &format!("of {}{sure}", known.named(cause, options)));
    }
    for other in &finding.competing {
        page.hanging("Or", BODY, TEXT, &format!("because of {}", known.named(other, options)));
    }
    let why: Vec<String> = finding.detail.lines().map(|line| page.told(line, finding.time)).collect();
    for (at, paragraph) in why.iter().filter(|paragraph| !paragraph.is_empty()).enumerate() {
        page.hanging(if at == 0 { "Why" } else { "" }, BODY, TEXT, paragraph);
    }
    let shown = if options.verbose { usize::MAX } else { PROOFS };
    for (at, evidence) in finding.evidence.iter().take(shown).enumerate() {
        page.hanging(
            if at == 0 { "Proof" } else { "" },
            BODY,
            TEXT,
            &proof(page, finding, evidence, &known.inputs),
        );
    }
    if finding.evidence.len() > shown {
        page.paragraph(TEXT, &format!("and {} more", finding.evidence.len() - shown));
    }
    let remedy = options.clean(&finding.remedy);
    if !remedy.is_empty() {
        page.hanging("Do", BODY, TEXT, &remedy);
    }
}

/// What a finding names.
struct Known<'a> {
    inputs: InputNames<'a>,
    sets: HashMap<&'a str, &'a SnapshotSet>,
    findings: HashMap<&'a str, &'a Finding>,
}

impl<'a> Known<'a> {
    fn of(analysis: &'a Analysis) -> Self {
        Known {
            inputs: InputNames::new(&analysis.inputs),
            sets: analysis.sets.iter().map(|set| (&*set.id, set)).collect(),
            findings: analysis.findings.iter().map(|finding| (&*finding.id, finding)).collect(),
        }
    }

    /// `f3, Writer failed at Freeze`.
    fn named(&self, id: &str, options: &TextOptions) -> String {
        let other = self.findings.get(id);
        let title = other.map(|other| format!(", {}", options.clean(&other.title))).unwrap_or_default();
        format!("{}{title}", options.clean(id))
    }

    /// `set 70d92b40`.
    fn set_words(&self, finding: &Finding, options: &TextOptions) -> Option<String> {
        let id = finding.set.as_deref()?;
        Some(set_name(id, self.sets.get(id).copied(), options))
    }
}

/// What followed from a finding, a line each.
fn consequences(page: &mut Page, led_to: &[&Finding]) {
    let options = page.options;
    let mut of_rule: BTreeMap<&str, usize> = BTreeMap::new();
    let mut shown: Vec<&Finding> = Vec::new();
    for finding in led_to {
        let seen = of_rule.entry(&finding.rule).or_default();
        *seen += 1;
        if options.verbose || led_to.len() <= LED_TO || *seen <= OF_ONE_RULE {
            shown.push(finding);
        }
    }
    for (at, finding) in shown.iter().enumerate() {
        let time = page.second(finding.time);
        let sure = finding.cause_confidence.filter(|sure| *sure == Confidence::Weak);
        let sure = sure.map(|_| "possibly: ").unwrap_or_default();
        let or = match finding.competing.as_slice() {
            [] => String::new(),
            others => format!(", or because of {}", options.clean(&others.join(", "))),
        };
        let line = format!(
            "{sure}{} ({}, {time}, {} {}{or})",
            options.clean(&finding.title),
            finding.severity,
            options.clean(&finding.id),
            options.clean(&finding.rule)
        );
        page.hanging(if at == 0 { "Led to" } else { "" }, BODY, TEXT, &line);
    }
    let more = led_to.len() - shown.len();
    if more > 0 {
        page.hanging(
            "",
            BODY,
            TEXT,
            &format!("and {} (all with --verbose)", count(more, "further consequence")),
        );
    }
}

/// So many consequences are shown in any case; of more than that, so many of each rule.
const LED_TO: usize = 8;
const OF_ONE_RULE: usize = 2;

const BODY: usize = 8;
const TEXT: usize = 16;

/// Set, host, writer, time, rule: where a finding belongs.
fn place(page: &Page, known: &Known<'_>, finding: &Finding) -> String {
    let options = page.options;
    let set = known.set_words(finding, options);
    let sure = match finding.confidence {
        Confidence::Exact => None,
        other => Some(format!("confidence {other}")),
    };
    let parts = [
        set,
        finding.host.as_deref().map(|host| options.clean(host)),
        finding.writer.as_deref().map(|writer| options.clean(writer)),
        Some(page.instant(finding.time)),
        page.reading(finding.time).words().map(str::to_owned),
        sure,
        Some(format!("{} {}", finding.id, finding.rule)).map(|id| options.clean(&id)),
    ];
    parts.into_iter().flatten().map(|part| together(&part)).collect::<Vec<_>>().join(options.dot())
}

/// `set 70d92b40`.
pub(crate) fn set_words(analysis: &Analysis, finding: &Finding, options: &TextOptions) -> Option<String> {
    let id = finding.set.as_deref()?;
    let known = analysis.sets.iter().find(|set| set.id == id);
    Some(set_name(id, known, options))
}

fn set_name(id: &str, set: Option<&SnapshotSet>, options: &TextOptions) -> String {
    format!("set {}", set.map_or_else(|| options.clean(id), |set| short_id(set, options)))
}

fn finding_in_short(page: &mut Page, known: &Known<'_>, finding: &Finding) {
    let options = page.options;
    let word = page.style(finding.severity.into(), finding.severity.as_str());
    let set = known.set_words(finding, options).map(|set| format!("{set}, ")).unwrap_or_default();
    let host = finding.host.as_deref().map(|host| format!("{}, ", options.clean(host))).unwrap_or_default();
    let title = options.clean(&finding.title);
    let time = page.second(finding.time);
    page.hanging(&word, 2, 2 + BODY, &format!("{title} ({set}{host}{time}, {})", options.clean(&finding.id)));
}

fn folded<'a>(page: &mut Page, findings: impl Iterator<Item = &'a Finding>, words: &str) {
    let findings: Vec<_> = findings.collect();
    if findings.is_empty() {
        return;
    }
    page.gap();
    let head = page.style(Style::Dim, &format!("{} {words}", findings.len()));
    page.paragraph(0, &head);
    for finding in findings {
        let options = page.options;
        let reason = finding.noise_reason.as_deref().or(finding.ignore_reason.as_deref());
        let reason = reason.map(|reason| format!(": {}", page.told(reason, finding.time)));
        let line = format!("{}{}", options.clean(&finding.title), reason.unwrap_or_default());
        page.hanging(options.either("•", "-"), 2, 4, &line);
    }
}

/// `Security.evtx #4711  what it says`.
fn proof(page: &Page, finding: &Finding, evidence: &Evidence, names: &InputNames) -> String {
    let options = page.options;
    let name = options.clean(names.get(&evidence.input));
    let line = evidence.line.map(|line| format!(":{line}")).unwrap_or_default();
    let record = evidence.record.map(|record| format!(" #{record}")).unwrap_or_default();
    let offset = match (evidence.offset, evidence.line.or(evidence.record)) {
        (Some(offset), None) => format!(" @0x{offset:x}"),
        (Some(offset), Some(_)) if options.verbose => format!(" @0x{offset:x}"),
        _ => String::new(),
    };
    let place = together(&format!("{name}{line}{record}{offset}"));
    format!("{place} {} {}", options.either("—", "-"), page.told(&evidence.text, finding.time))
}

/// Short names of the inputs: as much of the end of each path as tells it from the others.
pub(crate) struct InputNames<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> InputNames<'a> {
    pub(crate) fn new(inputs: &'a [Input]) -> Self {
        // From their ends, so that paths with one end lie side by side.
        let backwards = |path: &str| path.bytes().rev().collect::<Vec<u8>>();
        let mut paths: Vec<Vec<u8>> = inputs.iter().map(|input| backwards(&input.path)).collect();
        paths.sort_unstable();
        let short = |path: &'a str| {
            let starts = path.match_indices(['/', '\\', '!']).map(|(at, _)| &path[at + 1..]);
            let mut tails: Vec<&str> =
                std::iter::once(path).chain(starts).filter(|tail| !tail.is_empty()).collect();
            tails.reverse();
            let alone = |tail: &&&str| {
                let tail = backwards(tail);
                let first = paths.partition_point(|other| *other < tail);
                paths[first..].iter().take(2).filter(|other| other.starts_with(&tail)).count() == 1
            };
            tails.iter().find(alone).copied().unwrap_or(path)
        };
        InputNames(inputs.iter().map(|input| (&*input.id, short(&input.path))).collect())
    }

    /// The name, or the id itself where no input has it.
    pub(crate) fn get(&self, id: &'a str) -> &'a str {
        self.0.get(id).copied().unwrap_or(id)
    }
}
