//! An analysis with figures over many sets: more days than fit, long names, a host and a volume that are not named.

use super::*;

fn counts(
    [completed, failed, aborted, created, unknown]: [usize; 5],
    success_percent: Option<f64>,
) -> OutcomeCounts {
    let sets = completed + failed + aborted + created + unknown;
    OutcomeCounts { sets, completed, failed, aborted, created, unknown, success_percent }
}

fn requester(image: Option<&str>, counts: OutcomeCounts) -> RequesterStatistics {
    RequesterStatistics { image: image.map(str::to_owned), counts }
}

fn day(text: &str, counts: OutcomeCounts) -> DayStatistics {
    DayStatistics { day: text.parse().ok(), counts }
}

fn lengths(name: &str, windows: usize, [median, p95, max]: [f64; 3], failures: usize) -> WriterStatistics {
    WriterStatistics {
        name: name.into(),
        windows,
        median_ms: Some(median),
        p95_ms: Some(p95),
        max_ms: Some(max),
        trend: None,
        failures,
    }
}

fn offender(rule: &str, kind: OffenderKind, name: &str, sets: usize) -> RepeatOffender {
    RepeatOffender { rule: rule.into(), kind, name: name.into(), sets, findings: sets + 1 }
}

/// Twelve days of two programs.
pub fn many() -> Analysis {
    let mut whole = failed();
    let quiet = || counts([2, 0, 0, 0, 0], Some(100.0));
    let mut days = vec![day("2026-02-19", quiet())];
    days.extend((20..=28).map(|n| day(&format!("2026-02-{n}"), quiet())));
    days.push(day("2026-03-01", counts([998, 300, 1, 12, 3], Some(76.8))));
    days.push(day("", counts([0, 0, 0, 1, 1], None)));
    let trend = Trend { earlier_median_ms: 2_812.0, later_median_ms: 41_250.5 };
    whole.statistics = Some(Statistics {
        sets: counts([1_018, 300, 1, 13, 4], Some(77.2)),
        requesters: vec![
            requester(
                Some("a-program-with-quite-a-long-name-for-an-image.exe"),
                counts([1_018, 300, 1, 12, 3], Some(77.2)),
            ),
            requester(None, counts([0, 0, 0, 1, 1], None)),
        ],
        days,
        writers: vec![
            WriterStatistics {
                trend: Some(trend),
                ..lengths("SqlServerWriter", 1_310, [31_000.0, 58_000.0, 71_500.25], 300)
            },
            lengths("Shadow Copy Optimization Writer", 4, [250.0, 900.0, 900.0], 0),
            WriterStatistics { name: "日本語 Writer".into(), failures: 2, ..WriterStatistics::default() },
        ],
        freeze_times: [
            (0, Some(1_000), 4),
            (1_000, Some(5_000), 600),
            (5_000, Some(10_000), 0),
            (10_000, Some(30_000), 41),
            (30_000, Some(60_000), 660),
            (60_000, None, 9),
        ]
        .map(|(from_ms, below_ms, windows)| FreezeBucket { from_ms, below_ms, windows })
        .to_vec(),
        copies: CopyStatistics {
            sets_made: 1_031,
            sets_deleted: 7,
            sets_lost: 1,
            copies_made: 2_062,
            copies_deleted: 14,
            copies_lost: 2,
            delete_commands: 1,
        },
        diff_area: vec![
            DiffAreaStatistics {
                losses: 1,
                low: 3,
                volume: Some("D:".into()),
                host: Some("dc01.lab.example".into()),
                ..DiffAreaStatistics::default()
            },
            DiffAreaStatistics { oldest_deleted: 240, ..DiffAreaStatistics::default() },
        ],
        repeat_offenders: vec![
            offender("writer-failed-at-freeze", OffenderKind::Writer, "SqlServerWriter", 300),
            offender(
                "diff-area-low",
                OffenderKind::Volume,
                r"\\?\Volume{0d2f9a11-52c3-4a0e-9d55-7f1b2c3d4e5f}\",
                3,
            ),
            offender(
                "abort-during-freeze",
                OffenderKind::Requester,
                "a-program-with-quite-a-long-name-for-an-image.exe",
                3,
            ),
        ],
    });
    whole
}
