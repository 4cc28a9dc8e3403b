//! The findings, explanation by explanation.

use super::Document;
use super::escape::{code, prose};
use crate::catalogue::RuleDoc;
use crate::explanations::explanations;
use crate::text::analyze::findings::{InputNames, set_words};
use crate::text::units::count;
use vsscope_model::{Confidence, Evidence, Finding, FindingStatus};

/// Pieces of proof, consequences and explanations that a ticket has room for.
const PROOFS: usize = 3;
const LED_TO: usize = 6;
const EXPLANATIONS: usize = 6;
/// Rows of a table of proofs.
const ROWS: usize = 100;

/// Every finding that counts with all its proof, then those that do not.
pub(super) fn in_full(doc: &mut Document<'_>, rules: &[RuleDoc]) {
    let explanations = explanations(doc.analysis);
    if !explanations.is_empty() {
        doc.heading(2, "Findings");
    }
    for (at, explanation) in explanations.iter().enumerate() {
        let cause = explanation.cause;
        doc.heading(3, &format!("{}. {}: {}", at + 1, severity(cause), prose(&cause.title)));
        finding(doc, cause, rules);
        for follows in &explanation.led_to {
            doc.heading(
                4,
                &format!("Led to {}: {}", severity(follows).to_lowercase(), prose(&follows.title)),
            );
            finding(doc, follows, rules);
        }
    }
    let others = [
        (FindingStatus::Baseline, "Known from the baseline"),
        (FindingStatus::Ignored, "Ignored, as the configuration wants it"),
        (FindingStatus::Noise, "Known noise: looks alarming and is not"),
    ];
    for (status, title) in others {
        let all: Vec<&Finding> =
            doc.analysis.findings.iter().filter(|finding| finding.status == status).collect();
        if all.is_empty() {
            continue;
        }
        doc.heading(2, title);
        for finding in all {
            let reason = finding.noise_reason.as_deref().or(finding.ignore_reason.as_deref());
            let reason =
                reason.map(|reason| format!(": {}", doc.told(reason, finding.time))).unwrap_or_default();
            doc.item(0, &format!("{}{reason}", prose(&finding.title)));
        }
        doc.end();
    }
}

fn severity(finding: &Finding) -> &'static str {
    use vsscope_model::Severity::{Error, Info, Warning};
    match finding.severity {
        Error => "Error",
        Warning => "Warning",
        Info => "Info",
    }
}

fn finding(doc: &mut Document<'_>, finding: &Finding, rules: &[RuleDoc]) {
    let place = place(doc, finding);
    doc.paragraph(&place);
    because(doc, finding);
    why_and_do(doc, finding);
    if let Some(rule) = rules.iter().find(|rule| rule.id == finding.rule) {
        doc.item(
            0,
            &format!("**Rule:** {}, {} ({})", code(&rule.id), prose(&rule.title), prose(&rule.basis)),
        );
    }
    doc.end();
    let names = InputNames::new(&doc.analysis.inputs);
    let row = |proof: &Evidence| {
        let place = places(proof).into_iter().map(|(name, at)| format!("{name} {at}")).collect::<Vec<_>>();
        vec![code(names.get(&proof.input)), place.join(", "), doc.told(&proof.text, finding.time)]
    };
    let rows: Vec<Vec<String>> = finding.evidence.iter().take(ROWS).map(row).collect();
    doc.table(&["Proof", "Place", "What it says"], &rows);
    if finding.evidence.len() > ROWS {
        let more = count(finding.evidence.len() - ROWS, "further piece of proof");
        doc.paragraph(&format!("And {}.", more.replace("pieces of proofs", "pieces of proof")));
    }
}

/// `record 4711`, `line 12`, `offset 0x11000`.
fn places(proof: &Evidence) -> Vec<(&'static str, String)> {
    let offset = proof.offset.filter(|_| proof.record.or(proof.line).is_none());
    let all = [
        ("record", proof.record.map(|at| at.to_string())),
        ("line", proof.line.map(|at| at.to_string())),
        ("offset", offset.map(|at| format!("0x{at:x}"))),
    ];
    all.into_iter().filter_map(|(name, at)| Some((name, at?))).collect()
}

/// Set, host, writer, time, rule: where a finding belongs.
fn place(doc: &Document<'_>, finding: &Finding) -> String {
    let page = &doc.page;
    let sure =
        (finding.confidence != Confidence::Exact).then(|| format!("confidence {}", finding.confidence));
    let parts = [
        set_words(doc.analysis, finding, page.options).map(|set| prose(&set)),
        finding.host.as_deref().map(|host| format!("host {}", code(host))),
        finding.writer.as_deref().map(|writer| format!("writer {}", code(writer))),
        Some(prose(&page.instant(finding.time))),
        page.reading(finding.time).words().map(prose),
        sure,
        Some(format!("{} {}", prose(&finding.id), code(&finding.rule))),
    ];
    parts.into_iter().flatten().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

fn because(doc: &mut Document<'_>, finding: &Finding) {
    let named = |id: &str| {
        let other = doc.analysis.findings.iter().find(|other| other.id == id);
        let title = other.map(|other| format!(", {}", prose(&other.title))).unwrap_or_default();
        format!("{}{title}", prose(id))
    };
    let mut lines = Vec::new();
    if let Some(cause) = &finding.cause {
        let sure = finding.cause_confidence.filter(|sure| *sure != Confidence::Exact);
        let sure = sure.map(|sure| format!(" (confidence {sure})")).unwrap_or_default();
        lines.push(format!("**Because of:** {}{sure}", named(cause)));
    }
    lines.extend(finding.competing.iter().map(|other| format!("**Or because of:** {}", named(other))));
    lines.iter().for_each(|line| doc.item(0, line));
}

fn why_and_do(doc: &mut Document<'_>, finding: &Finding) {
    let said =
        [("Why", doc.told(&finding.detail, finding.time)), ("Do", doc.told(&finding.remedy, finding.time))];
    for (name, words) in said.into_iter().filter(|(_, words)| !words.is_empty()) {
        doc.item(0, &format!("**{name}:** {words}"));
    }
}

/// The explanations as far as a ticket has room for them.
pub(super) fn in_short(doc: &mut Document<'_>) {
    let all = explanations(doc.analysis);
    let names = InputNames::new(&doc.analysis.inputs);
    for explanation in all.iter().take(EXPLANATIONS) {
        let cause = explanation.cause;
        doc.paragraph(&format!("**{}: {}**", severity(cause), prose(&cause.title)));
        let place = place(doc, cause);
        doc.item(0, &place);
        because(doc, cause);
        why_and_do(doc, cause);
        let proofs = cause.evidence.iter().take(PROOFS).map(|proof| {
            let place: String =
                places(proof).into_iter().map(|(name, at)| format!(", {name} {at}")).collect();
            format!(
                "**Proof:** {}{place}: {}",
                code(names.get(&proof.input)),
                doc.told(&proof.text, cause.time)
            )
        });
        let proofs: Vec<String> = proofs.collect();
        proofs.iter().for_each(|proof| doc.item(0, proof));
        led_to(doc, &explanation.led_to);
        doc.end();
    }
    let more = all.get(EXPLANATIONS.min(all.len())..).unwrap_or_default();
    if !more.is_empty() {
        let grave = more.iter().filter(|explanation| explanation.is_grave()).count();
        let grave = if grave > 0 { format!(" ({grave} of them with errors)") } else { String::new() };
        doc.paragraph(&format!(
            "And {}{grave}; the full report has them.",
            count(more.len(), "further explanation")
        ));
    }
}

fn led_to(doc: &mut Document<'_>, led_to: &[&Finding]) {
    for follows in led_to.iter().take(LED_TO) {
        let possibly = if follows.cause_confidence == Some(Confidence::Weak) { "possibly " } else { "" };
        let time = prose(&doc.page.second(follows.time));
        doc.item(
            0,
            &format!("**Led to:** {possibly}{} ({time}, {})", prose(&follows.title), code(&follows.rule)),
        );
    }
    if led_to.len() > LED_TO {
        doc.item(0, &format!("and {}", count(led_to.len() - LED_TO, "further consequence")));
    }
}
