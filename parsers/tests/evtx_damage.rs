//! Damage done to copies of a generated log and, where it is there, of a real one of 2,261 records: what must survive it.

mod common;

use common::{issues, read_bytes, sample};
use vsscope_fixtures::evtx::{Data, EvtxWriter, Provider, Record};
use vsscope_model::IssueKind;

const HEADER: usize = 4096;
const CHUNK: usize = 65_536;
/// Records of the real log (samples/SOURCES.md); the generated one has as many.
const RECORDS: u64 = 2261;

/// The logs to damage: one that Windows wrote, one that the fixtures write.
fn logs() -> Vec<Vec<u8>> {
    let real = sample("evtx/omerbenamram-security.evtx").map(|path| std::fs::read(path).unwrap());
    real.into_iter().chain([generated()]).collect()
}

/// A log of some 90 records a chunk.
fn generated() -> Vec<u8> {
    let provider = Provider { name: "Contoso-Backup".into(), guid: None, event_source_name: None };
    let mut writer = EvtxWriter::new("Application");
    for n in 0..RECORDS {
        let time = "2031-03-04T05:06:00Z".parse::<vsscope_model::Timestamp>().unwrap();
        let time = time + chrono::Duration::seconds(i64::try_from(n).unwrap());
        let mut record = Record::new(provider.clone(), 100, time, "HOST1");
        record.data = Data::Unnamed(vec![format!("job {n}"), "x".repeat(230)]);
        writer.push(&record).unwrap();
    }
    writer.finish()
}

fn chunks(log: &[u8]) -> usize {
    (log.len() - HEADER) / CHUNK
}

/// First and last record number of a chunk, from its header.
fn numbers(log: &[u8], chunk: usize) -> (u64, u64) {
    let at = HEADER + chunk * CHUNK;
    let number = |at: usize| u64::from_le_bytes(log[at..at + 8].try_into().unwrap());
    (number(at + 8), number(at + 16))
}

fn records_of(log: &[u8], chunk: usize) -> u64 {
    let (first, last) = numbers(log, chunk);
    last - first + 1
}

#[test]
fn a_wiped_file_header_costs_no_record() {
    for mut log in logs() {
        log[..HEADER].fill(0);
        let report = read_bytes(&log);
        assert_eq!((report.records, report.lost), (RECORDS, 0));
        assert_eq!(report.issues.len(), 1);
        assert_eq!(issues(&report, IssueKind::Header)[0].message, "the file header is missing or damaged");
    }
}

#[test]
fn a_log_without_its_file_header_is_read() {
    for log in logs() {
        let report = read_bytes(&log[HEADER..]);
        assert_eq!((report.records, report.lost), (RECORDS, 0));
        assert_eq!(issues(&report, IssueKind::Header).len(), 1);
    }
}

#[test]
fn a_flipped_byte_in_the_file_header_is_told() {
    for mut log in logs() {
        log[100] ^= 1;
        let report = read_bytes(&log);
        assert_eq!((report.records, report.lost), (RECORDS, 0));
        assert_eq!(
            issues(&report, IssueKind::Header)[0].message,
            "the checksum of the file header does not fit"
        );
    }
}

#[test]
fn a_damaged_chunk_magic_costs_no_record() {
    for mut log in logs() {
        let at = HEADER + 3 * CHUNK;
        log[at..at + 8].copy_from_slice(b"XXXXXXXX");
        let report = read_bytes(&log);
        assert_eq!((report.records, report.lost), (RECORDS, 0));
        assert_eq!(issues(&report, IssueKind::Header)[0].place, format!("offset {at:#x}"));
        assert!(!report.issues.iter().any(|issue| issue.kind.is_loss()));
    }
}

#[test]
fn a_log_whose_first_chunks_lost_header_and_magic_is_recognised() {
    for mut log in logs() {
        log[..HEADER].fill(0);
        for chunk in 0..chunks(&log) {
            let at = HEADER + chunk * CHUNK;
            log[at..at + 8].fill(0);
        }
        let report = read_bytes(&log);
        assert_eq!((&*report.format, report.records, report.lost), ("evtx", RECORDS, 0));
    }
}

#[test]
fn chunks_off_the_grid_are_found() {
    let places = [HEADER, HEADER + 5 * CHUNK];
    for (mut log, at) in logs().into_iter().flat_map(|log| places.map(|at| (log.clone(), at))) {
        log.splice(at..at, [0xAB; 100]);
        let report = read_bytes(&log);
        assert_eq!((report.records, report.lost), (RECORDS, 0));
        let skipped = issues(&report, IssueKind::SkippedBytes);
        assert_eq!(skipped.len(), 1);
        assert_eq!(skipped[0].place, format!("offset {at:#x}"));
        assert_eq!(skipped[0].message, "100 bytes hold no chunk that can be read");
    }
}

#[test]
fn bytes_missing_inside_a_chunk_cost_at_most_that_chunk() {
    for mut log in logs() {
        let inside = records_of(&log, 2);
        let at = HEADER + 2 * CHUNK;
        log.drain(at + 40_000..at + 40_100);
        let report = read_bytes(&log);
        assert!(report.records > RECORDS - inside, "{}", report.records);
        assert_eq!(report.records + report.lost, RECORDS);
        let cut = issues(&report, IssueKind::Truncated);
        assert_eq!(cut[0].place, format!("offset {at:#x}"));
        assert!(cut[0].message.contains("the next one begins before its end"));
    }
}

#[test]
fn a_zeroed_chunk_shows_as_a_hole_in_the_record_ids() {
    for mut log in logs() {
        let (first, last) = numbers(&log, 4);
        let at = HEADER + 4 * CHUNK;
        log[at..at + CHUNK].fill(0);
        let report = read_bytes(&log);
        assert_eq!(report.records, RECORDS - (last - first + 1));
        let hole = issues(&report, IssueKind::Note).into_iter().find(|issue| issue.count > 1).unwrap();
        assert_eq!(hole.message, format!("record ids {first}–{last} are not in the file"));
        assert_eq!(hole.count, last - first + 1);
    }
}

#[test]
fn a_chunk_of_garbage_is_skipped_and_told() {
    for mut log in logs() {
        let inside = records_of(&log, 4);
        let at = HEADER + 4 * CHUNK;
        log[at..at + CHUNK].fill(0x5A);
        let report = read_bytes(&log);
        assert_eq!(report.records, RECORDS - inside);
        assert_eq!(
            issues(&report, IssueKind::SkippedBytes)[0].message,
            "65536 bytes hold no chunk that can be read"
        );
    }
}

#[test]
fn a_log_that_ends_inside_a_chunk_is_read_to_the_last_whole_record() {
    for mut log in logs() {
        let (_, promised) = numbers(&log, 10);
        let (_, before) = numbers(&log, 9);
        log.truncate(HEADER + 10 * CHUNK + 30_000);
        let report = read_bytes(&log);
        // About half of the chunk of some 90 records is there.
        assert!((before + 30..promised).contains(&report.records), "{} of {promised}", report.records);
        assert_eq!(report.records + report.lost, promised);
        assert_eq!(issues(&report, IssueKind::Truncated).len(), 1);
    }
}

/// A log that was made and never written to, and what is left of it when only its first bytes were copied.
#[test]
fn a_log_without_records_says_so() {
    for mut log in logs() {
        // No chunk, says the header.
        log[42..44].fill(0);
        let checksum = crc32fast::hash(&log[..120]);
        log[124..128].copy_from_slice(&checksum.to_le_bytes());
        let empty = |rest: &[u8]| read_bytes(&[&log[..HEADER], rest].concat());
        for report in [empty(&[]), empty(&[0]), empty(&[0; CHUNK])] {
            assert_eq!((report.records, report.issues.len()), (0, 1));
            assert_eq!(issues(&report, IssueKind::Note)[0].message, "the log holds no live record");
        }
        let cut = read_bytes(&log[..166]);
        assert_eq!((cut.records, cut.issues.len()), (0, 1));
        assert_eq!(issues(&cut, IssueKind::Truncated)[0].message, "the input ends inside the file header");
    }
}

#[test]
fn a_damaged_record_costs_only_itself() {
    for mut log in logs() {
        // The second record of the chunk: the size of the first leads to it.
        let first = HEADER + 6 * CHUNK + 512;
        let size = u32::from_le_bytes(log[first + 4..first + 8].try_into().unwrap());
        let second = first + usize::try_from(size).unwrap();
        log[second] ^= 0xFF;
        let report = read_bytes(&log);
        assert_eq!((report.records, report.lost), (RECORDS - 1, 1));
        assert_eq!(issues(&report, IssueKind::Record)[0].place, format!("offset {second:#x}"));
        assert_eq!(issues(&report, IssueKind::Checksum).len(), 1);
    }
}

#[test]
fn a_wild_table_of_strings_costs_no_record() {
    for mut log in logs() {
        let at = HEADER + 7 * CHUNK;
        log[at + 128..at + 384].fill(0xFE);
        let report = read_bytes(&log);
        assert_eq!((report.records, report.lost), (RECORDS, 0));
        assert!(issues(&report, IssueKind::Header)[0].message.contains("table of strings"));
    }
}

#[test]
fn a_wrong_field_of_a_chunk_header_costs_no_record() {
    // Numbers, ids, size of the header, last record, free space, both checksums, flags.
    let fields = [(8, 8), (16, 8), (24, 8), (32, 8), (40, 4), (44, 4), (48, 4), (52, 4), (120, 4), (124, 4)];
    for log in logs() {
        for (at, size) in fields {
            for value in [0x00, 0x5A, 0xFF] {
                let mut log = log.clone();
                let field = HEADER + 3 * CHUNK + at;
                log[field..field + size].fill(value);
                let report = read_bytes(&log);
                assert_eq!((report.records, report.lost), (RECORDS, 0), "{value:#x} at {at}");
                assert!(!report.issues.iter().any(|issue| issue.kind.is_loss()), "{:?}", report.issues);
            }
        }
    }
}

#[test]
fn a_chunk_whose_header_is_gone_gives_its_records() {
    for mut log in logs() {
        let at = HEADER + 3 * CHUNK;
        log[at..at + 512].fill(0);
        let report = read_bytes(&log);
        assert_eq!((report.records, report.lost), (RECORDS, 0));
        assert_eq!(issues(&report, IssueKind::Header)[0].place, format!("offset {at:#x}"));
    }
}

/// 200 flipped bytes in a log of 2 MB: the crate with its own checksum test reads nothing of the chunks that are hit.
#[test]
fn scattered_damage_costs_what_it_hits() {
    let seeds = |log: Vec<u8>| (1_u64..=8).map(move |seed| (log.clone(), seed));
    for (mut log, seed) in logs().into_iter().flat_map(seeds) {
        let least = if log == generated() { RECORDS / 2 } else { 2000 };
        let mut state = seed;
        for _ in 0..200 {
            // Knuth's MMIX generator; any fixed sequence would do.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let at = usize::try_from(state >> 33).unwrap() % log.len();
            log[at] ^= 0x55;
        }
        let report = read_bytes(&log);
        assert!(report.records >= least, "seed {seed}: {} read, {} lost", report.records, report.lost);
        assert_eq!(report.records + report.lost, RECORDS, "seed {seed}");
        assert!(report.issues.iter().any(|issue| issue.kind == IssueKind::Checksum));
    }
}
