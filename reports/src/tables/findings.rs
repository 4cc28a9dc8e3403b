//! `findings`: what the rules say.

use super::column::{list, table, word};
use super::lookup::paths;
use vsscope_model::{Analysis, Evidence, Finding};

struct Row<'a> {
    finding: &'a Finding,
    proof: Option<&'a Evidence>,
    path: Option<&'a str>,
}

fn rows(analysis: &Analysis) -> Vec<Row<'_>> {
    let paths = paths(analysis);
    let row = |finding| {
        let finding: &Finding = finding;
        let proof = finding.evidence.first();
        Row { finding, proof, path: proof.and_then(|proof| paths.get(proof.input.as_str()).copied()) }
    };
    analysis.findings.iter().map(row).collect()
}

table!("findings", "One row per finding, cause by cause: a cause, then what followed from it; noise last.", rows, {
    finding: Text = |row| Some(&row.finding.id), "Id of the finding within this analysis";
    time: Time = |row| Some(row.finding.time), "When";
    severity: Text = |row| Some(row.finding.severity.as_str()), "`error`, `warning`, `info`";
    rule: Text = |row| Some(&row.finding.rule), "Id of the rule";
    status: Text = |row| word(row.finding.status), "`new` counts; `baseline`, `noise` and `ignored` do not";
    confidence: Text = |row| Some(row.finding.confidence.as_str()), "How sure the rule is: `exact`, `strong`, `weak`";
    title: Text = |row| Some(&row.finding.title), "The finding in one line";
    host: Text = |row| row.finding.host.as_ref(), "Host";
    session: Text = |row| row.finding.session.as_ref(), "Id of the session concerned";
    set: Text = |row| row.finding.set.as_ref(), "Id of the set concerned";
    writer: Text = |row| row.finding.writer.as_ref(), "Name of the writer concerned";
    cause: Text = |row| row.finding.cause.as_ref(), "Id of the finding behind this one";
    cause_confidence: Text = |row| Some(row.finding.cause_confidence?.as_str()),
        "How sure the link to the cause is: `exact`, `strong`, `weak`";
    competing: Text = |row| list(&row.finding.competing), "Ids of other findings that would explain it as well, a list";
    detail: Text = |row| Some(&row.finding.detail), "What happened, with names and numbers";
    remedy: Text = |row| Some(&row.finding.remedy), "What to do";
    noise_reason: Text = |row| row.finding.noise_reason.as_ref(), "Why noise is noise";
    ignore_reason: Text = |row| row.finding.ignore_reason.as_ref(),
        "Why an ignored finding is ignored, or which baseline knows it";
    input: Text = |row| row.proof.map(|proof| &proof.input), "First proof: id of the input";
    path: Text = |row| row.path, "First proof: path of the input";
    record: Integer = |row| row.proof?.record, "First proof: event record id";
    line: Integer = |row| row.proof?.line, "First proof: line, from 1";
    byte_offset: Integer = |row| row.proof?.offset, "First proof: byte offset";
    evidence: Text = |row| row.proof.map(|proof| &proof.text), "First proof: what it says";
    evidence_count: Integer = |row| Some(row.finding.evidence.len()), "How many proofs there are";
});
