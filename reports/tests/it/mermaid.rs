//! Diagrams. Whether Mermaid takes them is asked of Mermaid itself by `scripts/check-mermaid.sh`, for which these tests write
//! every diagram to the folder of `VSSCOPE_MERMAID_OUT`.

use crate::sample;
use vsscope_model::{Analysis, Outcome, Severity, SnapshotSet};
use vsscope_reports::{ReportOptions, mermaid};

const OPTIONS: ReportOptions<'static> =
    ReportOptions { rules: &[], tz: chrono_tz::UTC, left_out: None, fail_on: Severity::Error };

fn only(mut analysis: Analysis, id: &str) -> Analysis {
    analysis.sets.retain(|set| set.id.starts_with(id));
    analysis
}

/// Every analysis that is drawn, by name.
fn all() -> Vec<(String, Analysis)> {
    let mut all: Vec<(String, Analysis)> = [
        ("healthy", sample::healthy()),
        ("failed", sample::failed()),
        ("failed-set", only(sample::failed(), "9b3e")),
        ("without-sets", sample::without_sets()),
        ("traced", sample::traced()),
        ("many", sample::many()),
        ("thousand", thousand()),
    ]
    .map(|(name, analysis)| (name.to_owned(), analysis))
    .into();
    for (at, payload) in sample::PAYLOADS.iter().enumerate() {
        all.push((format!("hostile-{at}"), named(payload)));
        all.push((format!("hostile-set-{at}"), only(named(payload), "9b3e")));
    }
    all
}

/// [`sample::hostile`] with the names of phases too, which a log cannot choose today.
fn named(payload: &str) -> Analysis {
    let mut analysis = sample::hostile(payload);
    for phase in analysis.sets.iter_mut().flat_map(|set| &mut set.phases).take(3) {
        phase.name = payload.to_owned();
    }
    analysis
}

fn thousand() -> Analysis {
    let mut analysis = sample::healthy();
    let set = analysis.sets[0].clone();
    analysis.sets = (0..1000)
        .map(|n| SnapshotSet {
            id: format!("set-{n:04}"),
            guid: None,
            outcome: if n % 3 == 0 { Outcome::Failed } else { Outcome::Completed },
            ..set.clone()
        })
        .collect();
    analysis
}

#[test]
fn diagrams_of_every_sample() {
    let out = std::env::var_os("VSSCOPE_MERMAID_OUT").map(std::path::PathBuf::from);
    for (name, analysis) in all() {
        let diagrams = [
            ("gantt", mermaid::gantt(&analysis, &OPTIONS)),
            ("sequence", mermaid::sequence(&analysis, &OPTIONS)),
        ];
        for (kind, text) in diagrams {
            assert!(text.chars().count() < 50_000, "{name} has {} characters", text.chars().count());
            assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{name}: {text}");
            if let Some(folder) = &out {
                std::fs::write(folder.join(format!("{name}.{kind}.mmd")), text).expect("a file");
            }
        }
    }
}

/// A hostile text changes words, never the number of lines or what stands at their beginning.
#[test]
fn hostile_texts_add_no_line_and_no_syntax() {
    let shape = |text: &str| -> Vec<String> {
        text.lines()
            .map(|line| line.trim_start().split([' ', ':']).next().unwrap_or_default().to_owned())
            .collect()
    };
    let sequence = |payload: &str| mermaid::sequence(&sample::hostile(payload), &OPTIONS);
    let harmless = shape(&sequence("quietly"));
    for payload in sample::PAYLOADS {
        let text = sequence(payload);
        assert_eq!(shape(&text), harmless, "{payload:?} in\n{text}");
        for line in text.lines().filter(|line| !line.trim_start().starts_with("%%")) {
            let words = line.split_once(": ").map_or("", |(_, words)| words);
            assert!(!words.contains([':', '<', '>', '%', '"', '{', '`', '$']), "{line}");
            let codes = words.matches('#').count();
            assert!(words.matches(';').count() == codes, "only codes have these signs: {line}");
        }
        let lines = |payload: &str| mermaid::gantt(&sample::hostile(payload), &OPTIONS).lines().count();
        assert_eq!(lines(payload), lines("quietly"), "{payload:?}");
    }
}

#[test]
fn a_gantt_chart_of_one_set_has_a_section_for_each_actor() {
    let text = mermaid::gantt(&only(sample::healthy(), "5f1d"), &OPTIONS);
    let sections: Vec<&str> = text.lines().filter_map(|line| line.trim().strip_prefix("section ")).collect();
    assert_eq!(sections, ["Requester", "VSS service", "Provider", "volsnap", "NTDS", "Registry Writer"]);
    assert!(
        text.contains("DoSnapshotSet 9.515 s :2026-03-03T01:14:38.898, 2026-03-03T01:14:48.413"),
        "{text}"
    );
    // An instant has no length.
    assert!(text.contains("BeginPrepareSnapshot 0 s :milestone, 2026-03-03T01:14:38.804, 0ms"), "{text}");
}

#[test]
fn a_gantt_chart_is_in_the_zone_of_the_output() {
    let options = ReportOptions { tz: chrono_tz::Europe::Berlin, ..OPTIONS };
    let text = mermaid::gantt(&only(sample::healthy(), "5f1d"), &options);
    assert!(text.contains("2026-03-03 UTC+01#58;00"), "{text}");
    assert!(text.contains("2026-03-03T02:14:38.898"), "{text}");
}

#[test]
fn what_failed_is_critical_and_a_long_copy_does_not_squeeze_the_creation() {
    let text = mermaid::gantt(&only(sample::failed(), "9b3e"), &OPTIONS);
    let line =
        |name: &str| text.lines().find(|line| line.trim().starts_with(name)).unwrap_or_default().to_owned();
    assert!(line("FreezeWindow").contains(":crit, "), "over its limit: {text}");
    assert!(line("DoSnapshotSet").contains(":crit, "), "its result is a failure: {text}");
    assert!(!line("PrepareForBackup").contains("crit"), "{text}");
    // BackupComplete came a quarter of an hour after a creation of a minute.
    assert!(!line("BackupComplete").contains(':'), "{text}");
    assert!(text.contains("%% set 9b3e77c0, no bar, 1 step lies outside of the creation"), "{text}");
}

#[test]
fn several_sets_are_laid_over_one_another() {
    let text = mermaid::gantt(&sample::failed(), &OPTIONS);
    let sections: Vec<&str> = text.lines().filter_map(|line| line.trim().strip_prefix("section ")).collect();
    assert_eq!(sections, ["Set 5f1d0a2e completed", "Set 9b3e77c0 failed"]);
    // 0.703 s after the start of its set.
    assert!(text.contains("requester DoSnapshotSet 9.515 s :1970-01-01T00:00:00.703, "), "{text}");
}

#[test]
fn many_sets_are_cut_and_a_comment_says_so() {
    for text in [mermaid::gantt(&thousand(), &OPTIONS), mermaid::sequence(&thousand(), &OPTIONS)] {
        let shown = text.matches(" failed").count();
        assert!(shown > 5, "{text}");
        let comment = text.lines().find(|line| line.starts_with("%% 9")).expect("a comment");
        assert!(
            comment.contains("sets are not drawn here. vsscope timeline --set ID -f mermaid"),
            "{comment}"
        );
    }
}

#[test]
fn the_calls_of_a_set_are_arrows_in_the_order_of_time() {
    let text = mermaid::sequence(&only(sample::healthy(), "5f1d"), &OPTIONS);
    let at = |what: &str| text.find(what).unwrap_or_else(|| panic!("{what} is not in {text}"));
    assert!(text.contains("participant R1 as ntdsutil.exe"), "{text}");
    let order = [
        "R1->>V: DoSnapshotSet",
        "V->>W1: Freeze +2.594 s",
        "W1-->>V: Freeze 0.327 s",
        "Note over W1: frozen 5.469 s of 60 s",
        "V-->>R1: DoSnapshotSet 9.515 s",
        "V-->>R1: BackupComplete",
    ];
    assert!(order.map(at).is_sorted(), "{text}");
}

#[test]
fn a_veto_is_an_arrow_that_ends_in_a_cross_and_findings_are_notes() {
    let text = mermaid::sequence(&only(sample::failed(), "9b3e"), &OPTIONS);
    assert!(text.contains("W1--xV: Freeze 59.550 s, veto"), "{text}");
    assert!(text.contains("Note over W1: error, SqlServerWriter was frozen for longer than 60 s"), "{text}");
    assert!(text.contains("V--xR1: DoSnapshotSet 64.700 s, 0x800423f2"), "{text}");
}
