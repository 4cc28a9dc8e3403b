//! Reports and tickets in Markdown, read back by a parser of CommonMark and GFM.

use crate::sample;
use comrak::nodes::{AstNode, NodeValue};
use comrak::{Arena, Options, parse_document};
use std::collections::BTreeMap;
use vsscope_model::{Analysis, Severity};
use vsscope_reports::text::safe;
use vsscope_reports::{LeftOut, ReportOptions, markdown};

fn options(tz: chrono_tz::Tz) -> ReportOptions<'static> {
    ReportOptions { rules: &[], tz, left_out: None, fail_on: Severity::Error }
}

fn both(analysis: &Analysis) -> [String; 2] {
    let options = options(chrono_tz::UTC);
    [markdown::report(analysis, &options), markdown::ticket(analysis, &options)]
}

/// What a reader sees: the kinds of blocks and spans with their number, and the text.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Seen {
    pub kinds: BTreeMap<&'static str, usize>,
    text: String,
    /// Text that is not code: where GitHub and GitLab look for mentions, references and addresses.
    pub plain: String,
}

/// Reads with every extension that a tracker may have switched on.
pub fn seen(markdown: &str) -> Seen {
    let mut gfm = Options::default();
    gfm.extension.autolink = true;
    gfm.extension.table = true;
    gfm.extension.strikethrough = true;
    gfm.extension.tasklist = true;
    gfm.extension.footnotes = true;
    gfm.extension.math_dollars = true;
    gfm.extension.superscript = true;
    gfm.extension.underline = false;
    gfm.extension.header_id_prefix = None;
    gfm.parse.relaxed_autolinks = true;
    let arena = Arena::new();
    let root = parse_document(&arena, markdown, &gfm);
    let mut seen = Seen::default();
    root.descendants().for_each(|node| look(node, &mut seen));
    seen
}

fn look<'a>(node: &'a AstNode<'a>, seen: &mut Seen) {
    let value = &node.data.borrow().value;
    let kind = match value {
        NodeValue::Text(text) => {
            seen.text.push_str(text);
            seen.plain.push_str(text);
            return;
        }
        NodeValue::Code(code) => {
            seen.text.push_str(&code.literal);
            seen.plain.push('\u{1}');
            return;
        }
        NodeValue::SoftBreak | NodeValue::LineBreak => {
            seen.text.push(' ');
            seen.plain.push(' ');
            return;
        }
        NodeValue::Document => return,
        NodeValue::Heading(_) => "heading",
        NodeValue::Paragraph => "paragraph",
        NodeValue::List(_) => "list",
        NodeValue::Item(_) => "item",
        NodeValue::Table(_) => "table",
        NodeValue::TableRow(_) => "row",
        NodeValue::TableCell => "cell",
        NodeValue::Strong => "strong",
        other => panic!("{other:?} has no place in a report"),
    };
    seen.text.push('\n');
    seen.plain.push('\n');
    *seen.kinds.entry(kind).or_default() += 1;
}

/// Blanks between words do not count.
fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn hostile_texts_change_nothing_but_the_text() {
    // The same places filled with words that mean nothing to anybody.
    let harmless = both(&sample::hostile("quietly")).map(|text| seen(&text).kinds);
    for payload in sample::PAYLOADS.iter().chain(MORE) {
        for (text, harmless) in both(&sample::hostile(payload)).iter().zip(&harmless) {
            let found = seen(text);
            assert_eq!(&found.kinds, harmless, "{payload:?} in\n{text}");
            let title = words(&safe(payload));
            assert!(words(&found.text).contains(&title), "{title:?} is lost in\n{text}");
        }
    }
}

/// What trackers look for in text that is not code.
#[test]
fn nobody_is_called_and_nothing_is_referred_to() {
    for payload in sample::PAYLOADS.iter().chain(MORE) {
        for text in both(&sample::hostile(payload)) {
            let plain = seen(&text).plain;
            for mark in ["@", "#", "://", "www.", "<", ">", "![", "](", "`", "~", "$", "\\"] {
                assert!(!plain.contains(mark), "{mark} of {payload:?} in {plain}");
            }
        }
    }
}

const MORE: &[&str] = &[
    "@everyone look at #1 and GH-2, org/repo#3, !4 and ~label",
    "http://evil.example https://evil.example/a_b ftp://x.example www.evil.example me@evil.example mailto:a@b.example",
    "1. one",
    "12) twelve",
    "- item",
    "+ item",
    "* item",
    "> quote",
    "/close /assign @me",
    "[ref]: http://evil.example",
    "[^1]: note",
    r"C:\Windows\System32\ C:\a\|b \` \\| a\",
    "`` ` ``",
    "| --- | --- |",
    "    indented",
    "=====",
    "---",
    "~~~ x",
    "&lt;b&gt; &#64;user &commat;user",
    "a  \nb",
    "**bold** __bold__ *i* _i_ ^up^ $x$ $$y$$",
    "||",
    "```",
];

#[test]
fn a_ticket_tells_what_why_proof_remedy_and_what_is_missing_on_one_page() {
    let ticket = markdown::ticket(&sample::failed(), &options(chrono_tz::UTC));
    assert!(ticket.lines().count() < 60, "{ticket}");
    let text = words(&seen(&ticket).text);
    for part in [
        "Shadow copies: FAILED",
        "2 snapshot sets (1 completed, 1 failed); 2 errors, 1 warning",
        "Error: SqlServerWriter was frozen for longer than 60 s",
        "Freeze to Abort took 62.2 s, the documented limit is 60 s.",
        "Look in the SQL Server error log for slow i/o around 01:15 UTC",
        "Security.evtx, record 4711: VSS 8229: a writer rejected an event, 0x800423f2",
        "Led to: A writer was aborted while it was frozen",
        "Missing evidence",
        "wevtutil epl Application Application.evtx",
        "vsscope timeline --set 9b3e77c0 PATH",
    ] {
        assert!(text.contains(part), "{part} is not in {text}");
    }
}

#[test]
fn a_ticket_of_many_failures_stays_short() {
    let mut analysis = sample::failed();
    let template = analysis.findings[0].clone();
    analysis.findings = (0..500)
        .map(|n| vsscope_model::Finding { id: format!("f{n}"), cause: None, ..template.clone() })
        .collect();
    let ticket = markdown::ticket(&analysis, &options(chrono_tz::UTC));
    assert!(ticket.contains("And 494 further explanations (494 of them with errors)"), "{ticket}");
    assert!(ticket.lines().count() < 100, "{}", ticket.lines().count());
}

#[test]
fn a_report_holds_every_finding_set_and_input() {
    for analysis in
        [sample::failed(), sample::traced(), sample::many(), sample::without_sets(), sample::healthy()]
    {
        let report = markdown::report(&analysis, &options(chrono_tz::UTC));
        let text = words(&seen(&report).text);
        for finding in &analysis.findings {
            assert!(text.contains(&words(&safe(&finding.title))), "{} is not in {text}", finding.title);
            for proof in
                finding.evidence.iter().filter(|_| finding.status == vsscope_model::FindingStatus::New)
            {
                assert!(
                    proof.text.ends_with('Z') || text.contains(&words(&proof.text)),
                    "{} is not in {text}",
                    proof.text
                );
            }
        }
        for set in analysis.sets.iter().filter_map(|set| set.guid) {
            assert!(text.contains(&set.to_string()[..8]), "{set} is not in {text}");
        }
        for input in &analysis.inputs {
            assert!(text.contains(&*input.path), "{} is not in {text}", input.path);
        }
    }
}

#[test]
fn times_are_in_the_zone_of_the_output_and_say_so() {
    // 01:16:00.250 UTC of the finding is half past six and a quarter in Kolkata.
    let text = markdown::ticket(&sample::failed(), &options(chrono_tz::Asia::Kolkata));
    assert!(text.contains("2026-03-03 06:46:00.250 +05:30"), "{text}");
    assert!(!text.contains("01:16:00"), "{text}");
    // A local time of an unknown zone is not moved, and marked.
    let text = markdown::report(&sample::traced(), &options(chrono_tz::Asia::Kolkata));
    assert!(text.contains("`2026-03-03 03:14:39.250~`") && !text.contains("08:44:39"), "{text}");
}

#[test]
fn what_a_filter_left_out_is_said() {
    let left_out = Some(LeftOut { sets: 3, findings: 2, worst: None });
    let options = ReportOptions { left_out, ..options(chrono_tz::UTC) };
    for text in
        [markdown::report(&sample::healthy(), &options), markdown::ticket(&sample::healthy(), &options)]
    {
        assert!(text.contains("leaves out 3 snapshot sets and 2 findings"), "{text}");
        assert!(text.contains("FILTERED"), "{text}");
    }
}

#[test]
fn the_page_of_a_failed_set() {
    let [report, ticket] = both(&sample::failed());
    insta::assert_snapshot!("markdown_report", report);
    insta::assert_snapshot!("markdown_ticket", ticket);
}
