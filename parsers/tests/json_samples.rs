//! Real NXLog-style exports of the reference folder: their clocks are wrong in two ways and one runs backwards.

mod common;

use common::{issues, sample};
use vsscope_model::{Clock, Event, InputReport, IssueKind};
use vsscope_parsers::{ReadOptions, Source, read};

/// The only log in an archive.
fn archived(name: &str) -> Option<InputReport> {
    let path = sample(&format!("json/{name}"))?;
    let mut reports = read(&Source::file(path), &ReadOptions::default(), &());
    assert_eq!(reports.len(), 1, "the member of __MACOSX is no input");
    reports.pop()
}

fn at(event: &Event) -> String {
    event.time.format("%F %T%.3f").to_string()
}

fn only<'r>(report: &'r InputReport, provider: &str, id: u32) -> &'r Event {
    let mut found = report.events.iter().filter(|event| event.is_record(provider, id));
    let event = found.next().unwrap();
    assert!(found.next().is_none(), "{provider} {id} more than once");
    event
}

#[test]
fn a_set_seven_hours_behind_is_corrected() {
    let Some(report) = archived("cmd_copy_ntds_from_volume_shadow_copy.zip") else { return };
    assert_eq!((report.format.as_str(), report.records, report.lost), ("nxlog-json", 17_018, 0));
    assert!(report.path.ends_with(".zip!Copy_NTDS_from_Volume_Shadow_Copy.json"), "{}", report.path);
    assert_eq!(report.bytes, 36_337_046);
    let [clock] = issues(&report, IssueKind::Clock)[..] else { panic!("{:?}", report.issues) };
    assert!(clock.message.contains("7 h behind"), "{}", clock.message);
    assert_eq!(report.issues.len(), 1);

    // The service stops 180 s after the copy was made; both times were written 7 hours early.
    let (created, stopped) = (only(&report, "VSSAudit", 8222), only(&report, "VSS", 8224));
    assert_eq!((created.clock, stopped.clock), (Clock::Corrected, Clock::Corrected));
    assert_eq!((stopped.time - created.time).num_seconds(), 180);
    let step = |event: &&Event| event.provider.ends_with("Sysmon") && matches!(event.event_id, Some(12 | 13));
    let diag: Vec<&Event> = report.events.iter().filter(step).collect();
    assert_eq!(diag.iter().filter(|event| event.event_id == Some(13)).count(), 44);
    assert!(diag.iter().all(|event| event.clock == Clock::Field));
    // The steps of the copy lie around the record of its creation once both are in UTC.
    let minutes = |event: &&&Event| (event.time - created.time).num_seconds().abs() < 300;
    assert_eq!(diag.iter().filter(minutes).count(), diag.len());
}

#[test]
fn a_set_with_writers_gives_all_its_steps() {
    let Some(report) = archived("cmd_dumping_ntds_dit_file_ntdsutil.zip") else { return };
    assert_eq!((report.records, report.lost), (11_184, 0));
    let diag = |id| {
        report
            .events
            .iter()
            .filter(|event| event.provider.ends_with("Sysmon") && event.event_id == Some(id))
            .count()
    };
    assert_eq!(diag(13), 175);
    let (frozen, thawed) = (only(&report, "ESENT", 2001), only(&report, "ESENT", 2003));
    // `samples/SOURCES.md` 2: 5.36 s.
    assert!(((thawed.time - frozen.time).num_milliseconds() - 5360).abs() <= 5);
}

#[test]
fn a_set_eight_hours_ahead_without_a_zone_is_corrected_and_put_in_order() {
    let Some(report) = archived("cmd_sam_copy_esentutl.zip") else { return };
    assert_eq!((report.records, report.lost), (915, 0));
    let [clock] = issues(&report, IssueKind::Clock)[..] else { panic!("{:?}", report.issues) };
    assert!(
        clock.message.contains("8 h ahead of") && clock.message.contains("without a zone"),
        "{}",
        clock.message
    );
    assert!(clock.message.contains("204 records"), "711 of 915 have a UtcTime: {}", clock.message);

    let security: Vec<&Event> =
        report.events.iter().filter(|event| event.source.channel.as_deref() == Some("Security")).collect();
    assert!(security.len() > 2);
    assert!(security.windows(2).all(|pair| pair[0].time <= pair[1].time), "newest first in the input");
    assert!(
        security.windows(2).all(|pair| pair[0].source.line > pair[1].source.line),
        "lines stay those of the input"
    );
    let enter = |event: &&Event| event.provider.ends_with("Sysmon") && event.event_id == Some(13);
    let first = report.events.iter().find(enter).unwrap();
    assert!(at(first).starts_with("2020-10-19 04:28:"), "{}", at(first));
}
