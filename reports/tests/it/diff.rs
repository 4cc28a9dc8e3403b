//! Comparisons built by hand, in every form: width, hostile strings, what is said and what is not.

use crate::sample::{self, PAYLOADS, at};
use unicode_width::UnicodeWidthStr;
use vsscope_model::*;
use vsscope_reports::{TextOptions, diff as forms, text};

fn set(id: &str, outcome: Outcome) -> DiffSet {
    DiffSet {
        id: id.into(),
        host: "dc01.lab.example".into(),
        requester: Some("backup.exe".into()),
        started: Some(at("03T01:15:00.000")),
        outcome,
    }
}

fn change(topic: Topic, subject: &str, kind: ChangeKind, turn: Turn, good: &str, bad: &str) -> Change {
    let words = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Change {
        topic,
        subject: subject.into(),
        kind,
        turn,
        good: words(good),
        bad: words(bad),
        good_ms: None,
        bad_ms: None,
        limit_ms: None,
        good_severity: None,
        bad_severity: None,
    }
}

fn side(named: &str, sets: usize) -> DiffSide {
    DiffSide { named: named.into(), inputs: vec![format!("{named}/Application.evtx")], sets, records_lost: 0 }
}

/// A backup that failed in Freeze, compared with one that did not.
fn compared() -> Diff {
    let finding = Change {
        bad_severity: Some(Severity::Error),
        ..change(
            Topic::Finding,
            "writer-failed-at-freeze: System Writer",
            ChangeKind::New,
            Turn::Worse,
            "",
            "error",
        )
    };
    let slower = Change {
        good_ms: Some(1_250.0),
        bad_ms: Some(61_500.0),
        limit_ms: Some(60_000.0),
        ..change(
            Topic::WriterPhase,
            "System Writer: FreezeWindow",
            ChangeKind::OverLimit,
            Turn::Worse,
            "",
            "",
        )
    };
    let faster = Change {
        good_ms: Some(900.0),
        bad_ms: Some(400.0),
        ..change(Topic::Phase, "requester PrepareForBackup", ChangeKind::Faster, Turn::Better, "", "")
    };
    let changes = vec![
        change(Topic::Outcome, "outcome", ChangeKind::Changed, Turn::Worse, "completed", "failed"),
        finding,
        change(Topic::Writer, "SqlServerWriter", ChangeKind::Gone, Turn::Neutral, "involved", ""),
        faster,
        slower,
        change(Topic::Context, "context", ChangeKind::NotSeenInBad, Turn::Neutral, "0x0 VSS_CTX_BACKUP", ""),
    ];
    Diff {
        schema: Diff::SCHEMA.into(),
        tool: Tool { name: "vsscope".into(), version: "0.0.0".into() },
        generated: None,
        good: side("monday", 1),
        bad: DiffSide { records_lost: 3, ..side("tuesday", 2) },
        pairs: vec![SetPair {
            good: set("3f2a0000-0000-0000-0000-000000000001", Outcome::Completed),
            bad: set("3f2a0000-0000-0000-0000-000000000002", Outcome::Failed),
            paired_by: PairedBy::RequesterAndHost,
            changes,
        }],
        only_good: Vec::new(),
        only_bad: vec![LoneSet {
            set: set("3f2a0000-0000-0000-0000-000000000003", Outcome::Completed),
            reason: LoneReason::Earlier,
        }],
        changes: Vec::new(),
    }
}

/// The same with hostile text in every string that can come from a log.
fn hostile(payload: &str) -> Diff {
    let mut diff = compared();
    let words = || payload.to_owned();
    diff.good.named = words();
    for pair in &mut diff.pairs {
        (pair.good.id, pair.bad.id, pair.good.host, pair.bad.host) = (words(), words(), words(), words());
        pair.bad.requester = Some(words());
        for change in &mut pair.changes {
            change.subject = words();
            (change.good, change.bad) = (Some(words()), Some(words()));
        }
    }
    diff.only_bad[0].set.id = words();
    diff.changes = diff.pairs[0].changes.clone();
    diff
}

fn empty() -> Diff {
    let mut diff = compared();
    diff.pairs[0].changes.clear();
    diff.only_bad.clear();
    diff
}

#[test]
fn the_screen_of_a_comparison() {
    insta::assert_snapshot!(
        "diff_100",
        text::diff(&compared(), &TextOptions { width: 100, ..Default::default() })
    );
    insta::assert_snapshot!(
        "diff_40",
        text::diff(&compared(), &TextOptions { width: 40, ..Default::default() })
    );
    insta::assert_snapshot!("diff_markdown", forms::markdown(&compared(), chrono_tz::Europe::Berlin));
}

#[test]
fn no_line_is_wider_than_the_terminal_and_nothing_steers_it() {
    let payloads = PAYLOADS.iter().map(|payload| hostile(payload));
    for diff in payloads.chain([compared(), empty()]) {
        for width in [40, 57, 80, 100, 133, 250] {
            for ascii in [false, true] {
                let options = TextOptions { width, ascii, ..TextOptions::default() };
                let text = text::diff(&diff, &options);
                assert!(text.lines().all(|line| line.width() <= width), "{width}: {text}");
                assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
                assert!(!ascii || text.is_ascii(), "{text}");
            }
        }
    }
}

#[test]
fn hostile_text_stays_text_in_a_page() {
    let tags = |page: &str| page.matches('<').count();
    let plain = tags(&forms::html(&hostile("harmless"), chrono_tz::UTC));
    for payload in PAYLOADS {
        let page = forms::html(&hostile(payload), chrono_tz::UTC);
        assert_eq!(tags(&page), plain, "{payload:?} brings markup");
        assert!(!page.contains("<script") && !page.contains("http://") || payload.contains("http://"));
        let lines = |page: &str| page.lines().count();
        let markdown = forms::markdown(&hostile(payload), chrono_tz::UTC);
        assert_eq!(
            lines(&markdown),
            lines(&forms::markdown(&hostile("harmless"), chrono_tz::UTC)),
            "{payload:?}"
        );
        let bare = without_code(&markdown);
        assert!(!bare.contains(['<', '[', ']', '@', '*', '_', '~', '`', '$', '{']), "{payload:?}: {bare}");
    }
}

/// Markdown without its pieces of code, which begin and end with as many backquotes.
fn without_code(markdown: &str) -> String {
    let mut bare = String::new();
    let mut rest = markdown;
    while let Some(at) = rest.find('`') {
        bare.push_str(&rest[..at]);
        let fence = rest[at..].len() - rest[at..].trim_start_matches('`').len();
        let inside = &rest[at + fence..];
        let mut end = 0;
        loop {
            let next = inside[end..].find('`').expect("code that ends") + end;
            let run = inside[next..].len() - inside[next..].trim_start_matches('`').len();
            end = next + run;
            if run == fence {
                break;
            }
        }
        assert!(!inside[..end].contains('|'), "a bar ends a cell");
        rest = &inside[end..];
    }
    bare + rest
}

#[test]
fn the_page_needs_no_network_and_says_what_the_text_says() {
    let page = forms::html(&compared(), chrono_tz::UTC);
    for needless in ["src=", "href=", "@import", "url("] {
        assert!(!page.contains(needless), "{needless}");
    }
    for said in [
        "worse: over its limit of 60 s",
        "better: faster by 0.500 s",
        "writer-failed-at-freeze: System Writer",
        "2026-03-03 01:15:00Z",
        "not seen on the bad side",
        "3 records lost",
        "an earlier set of a requester whose last one was compared",
    ] {
        assert!(page.contains(said), "{said}: {page}");
        let wide = text::diff(&compared(), &TextOptions { width: 250, ..TextOptions::default() });
        assert!(wide.contains(said), "{said}: {wide}");
    }
    assert!(page.starts_with("<!DOCTYPE html>") && page.trim_end().ends_with("</html>"));
}

#[test]
fn times_are_in_the_zone_with_their_offset() {
    for text in [
        forms::html(&compared(), chrono_tz::Europe::Berlin),
        text::diff(
            &compared(),
            &TextOptions { tz: chrono_tz::Europe::Berlin, width: 200, ..Default::default() },
        ),
    ] {
        assert!(text.contains("2026-03-03 02:15:00 +01:00"), "{text}");
    }
}

#[test]
fn a_comparison_without_differences_says_so() {
    let text = text::diff(&empty(), &TextOptions::default());
    assert!(text.starts_with("Nothing differs.\n"), "{text}");
    assert!(empty().is_empty() && !compared().is_empty());
}

#[test]
fn json_can_be_read_back() {
    let json = forms::json(&compared());
    assert_eq!(serde_json::from_str::<Diff>(&json).expect("a comparison"), compared());
    let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(value["schema"], "vsscope.diff/1");
    assert_eq!(value["pairs"][0]["changes"][0]["turn"], "worse");
    assert_eq!(value["only_bad"][0]["reason"], "earlier");
    assert_eq!(sample::strings(&value["good"]), 2);
}

#[test]
fn worse_means_a_new_finding_of_the_severity_or_an_outcome() {
    let mut diff = compared();
    assert!(diff.is_worse(Severity::Error));
    diff.pairs[0].changes.retain(|change| change.topic != Topic::Outcome);
    assert!(diff.is_worse(Severity::Error));
    diff.pairs[0]
        .changes
        .iter_mut()
        .for_each(|change| change.bad_severity = change.bad_severity.map(|_| Severity::Warning));
    assert!(!diff.is_worse(Severity::Error) && diff.is_worse(Severity::Warning));
    diff.pairs[0].changes.retain(|change| change.topic != Topic::Finding);
    assert!(!diff.is_worse(Severity::Info), "slower phases do not count");
}
