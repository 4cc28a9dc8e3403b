//! Stale records: what the unused space of a log's chunks still holds. Logs are made, then overwritten as Windows does it: the
//! new records stand at the start of the chunk, and behind them lies what was there before.

mod common;

use common::images::{Noise, carve, chunks, generated, plain, same, vss};
use common::{issues, sample};
use vsscope_fixtures::evtx::{Data, EvtxWriter, Provider};
use vsscope_model::{Event, InputReport, IssueKind};

const HEADER: usize = 4096;
const CHUNK: usize = 65_536;

/// Where the live records of a chunk end.
fn free_space(log: &[u8], chunk: usize) -> usize {
    let at = HEADER + chunk * CHUNK + 48;
    usize::try_from(u32::from_le_bytes(log[at..at + 4].try_into().unwrap())).unwrap()
}

/// Puts what an older chunk holds behind the live records of a chunk.
fn over(log: &mut [u8], chunk: usize, old: &[u8]) {
    let free = free_space(log, chunk);
    let at = HEADER + chunk * CHUNK;
    log[at + free..at + CHUNK].copy_from_slice(&old[free..]);
}

/// The events of a log whose records begin at this place of its first chunk or behind it.
fn behind(report: &InputReport, free: usize) -> Vec<Event> {
    let all = same(report).into_iter().zip(&report.events);
    all.filter(|(_, event)| event.source.offset >= Some((HEADER + free) as u64))
        .map(|(same, _)| same)
        .collect()
}

fn stale(report: &InputReport) -> Vec<Event> {
    let mut report = report.clone();
    report.events.retain(|event| event.source.carved);
    same(&report)
}

fn live(report: &InputReport) -> Vec<Event> {
    let mut report = report.clone();
    report.events.retain(|event| !event.source.carved);
    same(&report)
}

fn note<'r>(report: &'r InputReport, words: &str) -> Option<&'r vsscope_model::Issue> {
    issues(report, IssueKind::Note).into_iter().find(|issue| issue.message.contains(words))
}

#[test]
fn records_from_before_a_clearing_come_back_marked() {
    let old = generated("HOST1", "Application", 1, 60);
    let new = generated("HOST1", "Application", 2, 10);
    let mut log = new.clone();
    over(&mut log, 0, &chunks(&old)[0]);
    let expected = behind(&plain(&old), free_space(&new, 0));
    assert!((45..=50).contains(&expected.len()), "{}", expected.len());
    let report = carve(&log);
    assert_eq!(stale(&report), expected);
    assert_eq!(live(&report), same(&plain(&new)));
    assert_eq!((&*report.format, report.records, report.lost), ("evtx", 10 + expected.len() as u64, 0));
    assert_eq!(note(&report, "marked as carved").unwrap().count, expected.len() as u64);
    // They cover no time.
    let spans: Vec<(u64, bool)> = report.spans.iter().map(|span| (span.records, span.carved)).collect();
    assert_eq!(spans, [(10, false), (expected.len() as u64, true)]);
    assert_eq!(report.spans[0].first, plain(&new).spans[0].first);
}

#[test]
fn a_plain_reading_only_says_that_stale_records_are_there() {
    let old = generated("HOST1", "Application", 1, 60);
    let new = generated("HOST1", "Application", 2, 10);
    let mut log = new.clone();
    over(&mut log, 0, &chunks(&old)[0]);
    let report = plain(&log);
    assert_eq!(same(&report), same(&plain(&new)));
    let stale = behind(&plain(&old), free_space(&new, 0)).len() as u64;
    let told = note(&report, "--carve reads them").unwrap();
    assert_eq!((told.count, told.place.as_str()), (stale, "offset 0x1000"));
    assert_eq!((report.records, report.issues.len()), (10, 1));
}

/// The usual case: Windows writes a chunk from a buffer in which the chunk before it still stands.
#[test]
fn stale_records_that_are_live_in_another_chunk_are_none() {
    let mut log = generated("HOST1", "Application", 1, 130);
    let before = chunks(&log);
    assert_eq!(before.len(), 2);
    over(&mut log, 1, &before[0]);
    let (plain, carved) = (plain(&log), carve(&log));
    assert_eq!((carved.records, &carved.spans, &carved.issues), (130, &plain.spans, &plain.issues));
    assert_eq!(carved.events, plain.events);
    assert_eq!(plain.issues, []);
    // The live twin may come later in the file: the first chunk of a log that went round.
    let mut round = generated("HOST1", "Application", 1, 130);
    let later = chunks(&round)[1].clone();
    let free = free_space(&round, 1);
    let at = HEADER + CHUNK;
    round.copy_within(HEADER..at, at);
    round[HEADER..at].copy_from_slice(&later);
    let slack: Vec<u8> = round[at + free..at + CHUNK].to_vec();
    round[HEADER + free..at].copy_from_slice(&slack);
    assert_eq!(carve(&round).records, 130);
}

#[test]
fn stale_records_that_lie_in_several_chunks_count_once() {
    let old = chunks(&generated("HOST1", "Application", 1, 60));
    let mut log = generated("HOST1", "Application", 2, 130);
    // A short second chunk; a third one like it.
    let free = free_space(&log, 1);
    over(&mut log, 1, &old[0]);
    let third = log[HEADER + CHUNK..].to_vec();
    log.extend(third);
    let expected = behind(&plain(&generated("HOST1", "Application", 1, 60)), free);
    assert!(!expected.is_empty());
    assert_eq!(stale(&carve(&log)), expected);
}

#[test]
fn a_number_that_began_again_is_another_record() {
    let old = generated("HOST1", "Application", 1, 60);
    let mut writer = EvtxWriter::new("Application");
    for second in 0..10 {
        let mut record = vss("HOST1", 2, second);
        record.record_id = Some(45 + second);
        writer.push(&record).unwrap();
    }
    let new = writer.finish();
    let mut log = new.clone();
    over(&mut log, 0, &chunks(&old)[0]);
    let report = carve(&log);
    let expected = behind(&plain(&old), free_space(&new, 0));
    assert_eq!(stale(&report), expected);
    let twice = |id| report.events.iter().filter(|event| event.source.record == Some(id)).count();
    assert_eq!((twice(44), twice(45), twice(54), twice(55)), (1, 2, 2, 1));
}

/// New records of another kind overwrite the names and templates that stale ones need: these cannot be believed.
#[test]
fn stale_records_without_their_names_are_left_out() {
    let old = generated("HOST1", "Application", 1, 60);
    let names = ["Contoso-A", "Contoso-Archive", "Contoso-Archive-Service", "C"];
    for name in names {
        for count in 1..12 {
            let mut writer = EvtxWriter::new("Application");
            for second in 0..count {
                let mut record = vss("HOST1", 2, second);
                record.provider = Provider { name: name.to_owned(), ..Provider::default() };
                record.event_id = 7;
                record.data = Data::Named(vec![("Job".to_owned(), vsscope_fixtures::evtx::Value::text("x"))]);
                writer.push(&record).unwrap();
            }
            let new = writer.finish();
            let mut log = new.clone();
            over(&mut log, 0, &chunks(&old)[0]);
            let report = carve(&log);
            let whole = same(&plain(&old));
            assert!(
                stale(&report).iter().all(|event| whole.contains(event)),
                "{name} {count}: nothing is made up"
            );
            let told = |words| note(&report, words).map_or(0, |note| note.count);
            let (read, left_out) = (told("marked as carved"), told("left out"));
            // Of numbers that live records have nothing is told: most of those are copies.
            let there = behind(&plain(&old), free_space(&new, 0));
            let there = there.iter().filter(|event| event.source.record > Some(count)).count() as u64;
            assert_eq!(read + left_out, there, "{name} {count}");
            assert_eq!(read, 0, "{name} {count}: the template was overwritten");
        }
    }
}

#[test]
fn a_cleared_log_gives_up_what_it_had() {
    // `samples/SOURCES.md` 1.2: no live record, so many in slack.
    for (name, count) in [("T1003.001", 165), ("T1218.001", 164), ("T1562.001", 164)] {
        let Some(path) = sample(&format!("evtx/splunk-capattack-{name}-system.evtx")) else { return };
        let bytes = std::fs::read(path).unwrap();
        assert_eq!(note(&plain(&bytes), "--carve reads them").unwrap().count, count, "{name}");
        let report = carve(&bytes);
        let left_out = note(&report, "left out").map_or(0, |note| note.count);
        assert_eq!(report.records + left_out, count, "{name}");
        assert!(report.records > count / 2, "{name}: {}", report.records);
        assert!(report.spans.iter().all(|span| span.carved && !span.host.is_empty()));
        assert!(report.events.iter().all(|event| event.source.carved));
    }
}

#[test]
fn random_bytes_behind_the_records_are_no_records() {
    let mut log = generated("HOST1", "Application", 1, 10);
    let free = HEADER + free_space(&log, 0);
    let noise = Noise::image(1, log.len() - free);
    log[free..].copy_from_slice(&noise.bytes);
    for at in (free..log.len() - 64).step_by(96) {
        log[at..at + 8].copy_from_slice(b"**\0\0\x40\0\0\0");
        log[at + 60..at + 64].copy_from_slice(&64_u32.to_le_bytes());
    }
    let report = carve(&log);
    assert_eq!((report.records, live(&report).len()), (10, 10));
}
