//! What people see: snapshots, width, ASCII, colour, hostile strings.

use crate::sample::{self, replace_string, strings};
use unicode_width::UnicodeWidthStr;
use vsscope_model::{Analysis, Event, Gap, Phase, Severity};
use vsscope_reports::catalogue::{self, RuleDoc};
use vsscope_reports::{TextOptions, analyze, events, timeline};

fn wide() -> TextOptions {
    TextOptions { width: 200, ..TextOptions::default() }
}

fn ascii() -> TextOptions {
    TextOptions { ascii: true, tz: chrono_tz::Europe::Berlin, ..TextOptions::default() }
}

fn samples() -> [Analysis; 5] {
    [sample::healthy(), sample::failed(), sample::without_sets(), sample::traced(), sample::many()]
}

/// Every text of an analysis.
fn texts(analysis: &Analysis, options: &TextOptions) -> [String; 3] {
    [analyze(analysis, options), timeline(analysis, None, options), events(&analysis.events, options)]
}

#[test]
fn the_screen_of_a_healthy_set() {
    insta::assert_snapshot!("analyze_healthy_80", analyze(&sample::healthy(), &TextOptions::default()));
}

#[test]
fn the_screen_of_a_failed_set() {
    let failed = sample::failed();
    insta::assert_snapshot!("analyze_failed_80", analyze(&failed, &TextOptions::default()));
    insta::assert_snapshot!("analyze_failed_200", analyze(&failed, &wide()));
    insta::assert_snapshot!("analyze_failed_ascii", analyze(&failed, &ascii()));
    let verbose = TextOptions { verbose: true, ..TextOptions::default() };
    insta::assert_snapshot!("analyze_failed_verbose", analyze(&failed, &verbose));
}

#[test]
fn the_screen_where_no_set_is_known() {
    insta::assert_snapshot!(
        "analyze_without_sets_80",
        analyze(&sample::without_sets(), &TextOptions::default())
    );
}

#[test]
fn the_screen_of_traces_lists_and_a_hive() {
    let traced = sample::traced();
    insta::assert_snapshot!("analyze_traced_80", analyze(&traced, &TextOptions::default()));
    insta::assert_snapshot!("analyze_traced_200", analyze(&traced, &wide()));
    insta::assert_snapshot!("analyze_traced_ascii", analyze(&traced, &ascii()));
    let verbose = TextOptions { verbose: true, ..TextOptions::default() };
    insta::assert_snapshot!("analyze_traced_verbose", analyze(&traced, &verbose));
}

/// The part of a page about the figures over many sets.
fn figures(options: &TextOptions) -> String {
    let text = analyze(&sample::many(), options);
    let from = text.find(" Statistics ").expect("the heading");
    let until = text[from..].find("What was seen").expect("the next heading");
    text[from..from + until].to_owned()
}

#[test]
fn the_figures_over_many_sets() {
    insta::assert_snapshot!("statistics_80", figures(&TextOptions::default()));
    insta::assert_snapshot!("statistics_200", figures(&wide()));
    insta::assert_snapshot!("statistics_ascii_40", figures(&TextOptions { width: 40, ..ascii() }));
    let verbose = figures(&TextOptions { verbose: true, ..TextOptions::default() });
    assert!(verbose.contains("2026-02-19") && !verbose.contains("earlier days"), "{verbose}");
}

#[test]
fn logs_that_were_cleared_in_one_go_are_one_line() {
    let mut analysis = sample::healthy();
    let cleared = |source: &str, time: &str| Gap {
        host: "FS02".into(),
        source: source.into(),
        first: time.parse().expect("a time"),
        last: time.parse().expect("a time"),
        reason: "the log was cleared".to_owned(),
    };
    analysis.coverage.gaps = vec![
        cleared("Application", "2031-03-04T05:00:00Z"),
        cleared("Security", "2031-03-04T05:00:01Z"),
        cleared("System", "2031-03-04T05:00:02Z"),
        cleared("System", "2031-03-05T05:00:00Z"),
    ];
    let lines = |options: &TextOptions| {
        let text = analyze(&analysis, options);
        text.lines().filter(|line| line.starts_with("gap ")).map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(
        lines(&wide()),
        [
            "gap       Application, Security and 1 more of FS02, 2031-03-04 05:00:00Z to 2031-03-04 05:00:02Z: \
             the log was cleared",
            "gap       System of FS02, 2031-03-05 05:00:00Z: the log was cleared",
        ]
    );
    assert_eq!(lines(&TextOptions { verbose: true, ..wide() }).len(), 4, "verbose folds nothing");
}

#[test]
fn timelines() {
    insta::assert_snapshot!(
        "timeline_healthy_80",
        timeline(&sample::healthy(), None, &TextOptions::default())
    );
    insta::assert_snapshot!("timeline_healthy_200", timeline(&sample::healthy(), None, &wide()));
    insta::assert_snapshot!(
        "timeline_failed_80",
        timeline(&sample::failed(), Some("{9B3E77C0"), &TextOptions::default())
    );
    insta::assert_snapshot!("timeline_failed_ascii", timeline(&sample::failed(), Some("9b3e"), &ascii()));
}

#[test]
fn timelines_without_zone_or_times() {
    insta::assert_snapshot!("timeline_traced_80", timeline(&sample::traced(), None, &TextOptions::default()));
}

#[test]
fn a_set_that_is_not_there_is_answered_with_those_that_are() {
    let text = timeline(&sample::failed(), Some("ffff"), &TextOptions::default());
    assert!(text.contains("No snapshot set has the id ffff."), "{text}");
    assert!(text.contains("9b3e77c0-1d2f-4e5a-8b6c-0a1b2c3d4e5f"), "{text}");
}

#[test]
fn lists_of_events() {
    let list = sample::events();
    insta::assert_snapshot!("events_80", events(&list, &TextOptions::default()));
    insta::assert_snapshot!("events_200", events(&list, &wide()));
    let list = sample::traced().events;
    insta::assert_snapshot!("events_traced_80", events(&list, &TextOptions::default()));
    insta::assert_snapshot!("events_traced_200", events(&list, &wide()));
}

#[test]
fn no_line_exceeds_the_width() {
    for width in (40..=100).chain([120, 132, 200, 317]) {
        for ascii in [false, true] {
            let options =
                TextOptions { width, ascii, tz: chrono_tz::Asia::Kolkata, ..TextOptions::default() };
            for text in samples().iter().flat_map(|analysis| texts(analysis, &options)) {
                let long = text.lines().find(|line| line.width() > width);
                assert_eq!(long, None, "wider than {width}");
            }
        }
    }
}

/// A word may be broken, but nothing of what a finding says is lost.
#[test]
fn no_word_of_a_finding_is_lost() {
    let bare = |text: &str| text.split_whitespace().collect::<String>();
    for width in [40, 41, 60, 79, 80, 100, 119, 120, 160, 250] {
        let options = TextOptions { width, verbose: true, ..TextOptions::default() };
        for analysis in samples() {
            let text = analyze(&analysis, &options);
            assert!(text.lines().all(|line| line.width() <= width), "wider than {width}: {text}");
            let text = bare(&text);
            for finding in &analysis.findings {
                for said in [&finding.title, &finding.detail, &finding.remedy] {
                    // Times are written in the form of the page.
                    let as_written =
                        !said.contains(":39.250Z") && !said.contains("00:00:00") && !said.contains("50.000Z");
                    let shown = finding.status == vsscope_model::FindingStatus::New || *said == finding.title;
                    assert!(
                        !as_written || !shown || text.contains(&bare(said)),
                        "{said} is lost at {width}: {text}"
                    );
                }
            }
        }
    }
}

#[test]
fn the_head_says_what_failed_why_what_is_missing_and_what_is_next() {
    let text = analyze(&sample::failed(), &wide());
    let head: Vec<&str> = text.lines().take_while(|line| !line.contains(" Findings ")).collect();
    let of = |label: &str| {
        let line = head.iter().find_map(|line| line.strip_prefix(label));
        line.map(str::trim).unwrap_or_else(|| panic!("no {label} in {head:?}"))
    };
    assert_eq!(of("Sets "), "9b3e77c0 of agent.exe, 2026-03-03 01:14:58Z, failed");
    assert_eq!(
        of("Cause"),
        "SqlServerWriter was frozen for longer than 60 s (f1); Older shadow copies of C: were lost (f3)"
    );
    assert_eq!(of("Missing"), "Application log");
    let next = of("Next");
    let steps: Vec<&str> = next.split("; ").collect();
    let want = [
        "do what f1 says",
        "vsscope timeline --set 9b3e77c0 PATH",
        "vsscope explain freeze-window-exceeded",
        "collect: wevtutil epl Application Application.evtx",
    ];
    assert_eq!(steps, want);
    let healthy = analyze(&sample::healthy(), &wide());
    for label in ["Sets", "Cause", "Missing", "Next"] {
        assert!(!healthy.lines().any(|line| line.starts_with(label)), "{label} in {healthy}");
    }
}

#[test]
fn ascii_mode_writes_nothing_but_ascii() {
    for text in samples().iter().flat_map(|analysis| texts(analysis, &ascii())) {
        assert!(text.is_ascii(), "{text}");
    }
}

#[test]
fn colour_adds_to_the_words_and_replaces_none() {
    for width in [60, 80, 200] {
        let plain = TextOptions { width, ..TextOptions::default() };
        let colour = TextOptions { color: true, ..plain.clone() };
        for analysis in samples() {
            let coloured = texts(&analysis, &colour);
            assert!(coloured[0].contains("\u{1b}["), "no colour at all");
            assert_eq!(coloured.map(|text| without_ansi(&text)), texts(&analysis, &plain));
        }
    }
}

/// Drops `ESC [ … m`.
fn without_ansi(text: &str) -> String {
    let mut parts = text.split("\u{1b}[");
    let head = parts.next().unwrap_or_default().to_owned();
    parts.fold(head, |plain, part| plain + part.split_once('m').expect("a finished sequence").1)
}

#[test]
fn a_writer_with_a_wide_name_does_not_shift_the_columns_behind_it() {
    let text = timeline(&sample::failed(), Some("9b3e"), &wide());
    let column = |name: &str, cell: &str| {
        let line = text.lines().find(|line| line.starts_with(name) && line.contains(cell)).expect("a row");
        line[..line.find(cell).expect("the cell")].width()
    };
    assert_eq!(column("タスク", "svchost.exe"), column("SqlServerWriter", "sqlwriter.exe"));
}

/// Puts a hostile text into each string of an analysis in turn, where the type takes it, and looks at every output.
#[test]
fn no_string_of_a_log_reaches_the_terminal_raw() {
    const HOSTILE: &str = "x\u{1b}[2J\u{1b}]0;owned\u{7}\r\u{9b}31m\u{202e}\u{206a}y";
    let colour = TextOptions { color: true, ..TextOptions::default() };
    let mut tried = 0;
    for analysis in samples() {
        let original = serde_json::to_value(&analysis).expect("json");
        let events_json = serde_json::to_value(&analysis.events).expect("json");
        for at in 0..strings(&original) {
            let mut value = original.clone();
            replace_string(&mut value, &mut { at }, HOSTILE);
            let Ok(changed) = serde_json::from_value::<Analysis>(value) else { continue };
            tried += 1;
            check(&texts(&changed, &TextOptions::default()), false);
            check(&texts(&changed, &colour), true);
        }
        for at in 0..strings(&events_json) {
            let mut value = events_json.clone();
            replace_string(&mut value, &mut { at }, HOSTILE);
            let Ok(changed) = serde_json::from_value::<Vec<Event>>(value) else { continue };
            tried += 1;
            check(&[events(&changed, &TextOptions::default()), events(&changed, &wide())], false);
        }
    }
    assert!(tried > 200, "only {tried} strings were tried");

    fn check(texts: &[String], colour: bool) {
        for text in texts {
            let text = if colour { without_known_ansi(text) } else { text.clone() };
            let bad = text
                .chars()
                .find(|&c| (c.is_control() && c != '\n') || ('\u{202a}'..='\u{206f}').contains(&c));
            assert_eq!(bad, None, "{text:?}");
        }
    }

    /// Drops the sequences that the reports write themselves.
    fn without_known_ansi(text: &str) -> String {
        ["1;31", "33", "36", "32", "2", "1", "0"]
            .iter()
            .fold(text.to_owned(), |t, c| t.replace(&format!("\u{1b}[{c}m"), ""))
    }
}

fn rules() -> Vec<RuleDoc> {
    let section = |heading: &str, text: &str| (heading.to_owned(), text.to_owned());
    let rule = |id: &str, severity, title: &str| RuleDoc {
        id: id.into(),
        title: title.into(),
        severity,
        scope: "writer".into(),
        basis: "documented".into(),
        sections: vec![
            section(
                "What it flags",
                "A writer that stays frozen for longer\nthan it may.\n\nSecond paragraph.",
            ),
            section("What to do", "- Look at the disks.\n- Make the set\n  smaller."),
        ],
    };
    vec![
        rule("freeze-window-exceeded", Severity::Error, "A writer was frozen for too long"),
        rule("freeze-window-long", Severity::Warning, "A writer used more than half of the time | allowed"),
    ]
}

#[test]
fn the_catalogue() {
    let rules = rules();
    insta::assert_snapshot!("rules_text", catalogue::rules_text(&rules, &TextOptions::default()));
    insta::assert_snapshot!("rules_markdown", catalogue::rules_markdown(&rules));
    insta::assert_snapshot!("rules_json", catalogue::rules_json(&rules));
    insta::assert_snapshot!("explain_text", catalogue::explain_text(&rules[0], &TextOptions::default()));
    insta::assert_snapshot!("explain_markdown", catalogue::explain_markdown(&rules[0]));
    assert_eq!(catalogue::explain_json(&rules[0]), catalogue::rules_json(&rules[..1]));
}

#[test]
fn failed_writers_and_a_recording_that_is_switched_off_stand_out() {
    let colour = TextOptions { color: true, ..TextOptions::default() };
    let text = analyze(&sample::traced(), &colour);
    let red = |word: &str| format!("\u{1b}[1;31m{word}\u{1b}[0m");
    let failed = text.find(&red("9 failed at freeze")).expect("a failed state in red");
    assert!(failed < text.find("Demo Writer 0").expect("a stable writer"), "{text}");
    assert!(text.contains(&red("0x800423f2")), "{text}");
    assert!(text.contains("\u{1b}[33mDisabled\u{1b}[0m: recording is switched off"), "{text}");
}

#[test]
fn stable_writers_are_cut_and_failed_ones_never() {
    let mut analysis = sample::traced();
    for writer in &mut analysis.inventory.writers {
        writer.state = Some(vsscope_model::WriterState(10));
    }
    let text = analyze(&analysis, &TextOptions::default());
    assert!(text.contains("Demo Writer 12") && !text.contains("none of them failed"), "{text}");
}

#[test]
fn a_time_of_an_unknown_zone_never_carries_an_offset() {
    let zone = TextOptions { tz: chrono_tz::Asia::Kolkata, ..wide() };
    let text = texts(&sample::traced(), &zone).join("\n");
    assert!(text.contains("2026-03-03 03:14:39.250~"), "{text}");
    for moved in ["08:44:38", "08:44:39", "1970-01-01", "1970-01-02"] {
        assert!(!text.contains(moved), "{moved} in {text}");
    }
}

#[test]
fn a_step_without_a_clock_has_no_duration_even_if_one_is_given() {
    let mut analysis = sample::traced();
    let phase = &mut analysis.sets[0].phases[1];
    (phase.started, phase.ended, phase.duration_ms) = (Some(Event::NO_TIME), Some(Event::NO_TIME), Some(0.0));
    let text = timeline(&analysis, Some("66bb"), &TextOptions::default());
    assert!(text.contains("DoSnapshotSet     req  no time\n"), "{text}");
    let table = analyze(&analysis, &wide());
    let row = table.lines().find(|line| line.starts_with("66bb0000")).expect("the set");
    assert!(!row.contains("0 s"), "{row}");
}

/// The word that the head answers with.
fn verdict(analysis: &Analysis) -> String {
    let text = analyze(analysis, &TextOptions::default());
    let line = text.lines().nth(1).expect("a second line");
    line.split("  ").next().unwrap_or_default().trim().to_owned()
}

#[test]
fn what_is_not_known_is_not_called_well() {
    use vsscope_model::Outcome;
    let with = |outcome| {
        let mut analysis = sample::healthy();
        analysis.sets[0].outcome = outcome;
        verdict(&analysis)
    };
    let all = [
        (Outcome::Completed, "OK"),
        (Outcome::Created, "OK"),
        (Outcome::Unknown, "UNKNOWN"),
        (Outcome::Incomplete, "OPEN END"),
        (Outcome::Aborted, "ABORTED"),
        (Outcome::Failed, "FAILED"),
    ];
    assert_eq!(all.map(|(outcome, _)| with(outcome)), all.map(|(_, word)| word.to_owned()));
    let mut lossy = sample::healthy();
    lossy.summary.records_lost = 1;
    assert_eq!(verdict(&lossy), "PARTIAL");
}

#[test]
fn many_sets_are_cut_to_the_newest_and_those_that_went_wrong() {
    let mut analysis = sample::healthy();
    let good = analysis.sets[0].clone();
    analysis.sets = (0..40)
        .map(|n| vsscope_model::SnapshotSet { id: format!("set-{n:02}"), guid: None, ..good.clone() })
        .collect();
    analysis.sets[3].outcome = vsscope_model::Outcome::Aborted;
    let text = analyze(&analysis, &TextOptions::default());
    assert!(text.contains("set-03") && text.contains("set-28") && text.contains("set-39"), "{text}");
    assert!(!text.contains("set-27") && text.contains("and 27 earlier ones"), "{text}");
}

/// Each payload in all texts at once: nothing of it reaches a terminal raw, and every payload is there to be read.
#[test]
fn hostile_texts_are_shown_as_text() {
    for payload in sample::PAYLOADS {
        for text in texts(&sample::hostile(payload), &wide()) {
            let bad = text.chars().find(|c| c.is_control() && *c != '\n');
            assert_eq!(bad, None, "{payload:?} in {text:?}");
        }
    }
}

#[test]
fn a_window_of_just_its_limit_is_not_over_it() {
    let cell = |ms: f64| {
        let mut analysis = sample::failed();
        let phases =
            analysis.sets.iter_mut().flat_map(|set| &mut set.writers).flat_map(|run| &mut run.phases);
        for phase in phases.filter(|phase| phase.name == Phase::FREEZE_WINDOW && phase.result.is_none()) {
            (phase.duration_ms, phase.limit_ms) = (Some(ms), Some(60_000.0));
        }
        let text = analyze(&analysis, &TextOptions { width: 200, color: false, ..TextOptions::default() });
        text.replace('\u{a0}', " ")
    };
    assert!(cell(60_000.0).contains("60.000 s of 60 s"), "{}", cell(60_000.0));
    assert!(cell(60_000.2).contains("60.000 s of 60 s"), "shown as equal");
    assert!(cell(60_001.0).contains("60.001 s over 60 s"), "{}", cell(60_001.0));
}
