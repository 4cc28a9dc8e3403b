//! Event logs carved out of what is no log. The fixtures' samples are the logs: what a plain reading of them gives is what
//! their chunks must give from anywhere.

mod common;

use common::images::{Noise, carve, chunks, fixture, generated, plain, same};
use common::{issues, sample};
use std::sync::Arc;
use vsscope_model::{InputReport, IssueKind};
use vsscope_parsers::{ReadOptions, Source, read};

const CHUNK: usize = 65_536;

/// Logs of several chunks: one that Windows wrote, those of a backup, and one of VSS records only.
fn logs() -> Vec<Vec<u8>> {
    let real = sample("evtx/plaso-win7-system.evtx").map(|path| std::fs::read(path).unwrap());
    let backup =
        ["System", "Application", "Sysmon"].map(|log| fixture(&format!("healthy-backup/{log}.evtx")));
    real.into_iter().chain(backup).chain([generated("HOST1", "Application", 1, 2000)]).collect()
}

fn note<'r>(report: &'r InputReport, words: &str) -> Option<&'r vsscope_model::Issue> {
    issues(report, IssueKind::Note).into_iter().find(|issue| issue.message.contains(words))
}

/// Where the live records of a chunk end.
fn free_space(chunk: &[u8]) -> usize {
    usize::try_from(u32::from_le_bytes(chunk[48..52].try_into().unwrap())).unwrap()
}

#[test]
fn chunks_at_odd_places_of_an_image_give_the_whole_log() {
    for (number, log) in logs().into_iter().enumerate() {
        let mut image = Noise::image(number as u64, 700_001);
        for (at, chunk) in chunks(&log).iter().enumerate() {
            image.put(chunk);
            image.noise(1 + at * 7919);
        }
        let (plain, carved) = (plain(&log), carve(&image.bytes));
        assert!(!plain.events.is_empty());
        assert_eq!(same(&carved), same(&plain));
        assert_eq!((&*carved.format, carved.records, carved.lost), ("evtx-carved", plain.records, 0));
        assert!(carved.events.iter().all(|event| event.source.carved));
        assert!(carved.spans.iter().all(|span| span.carved));
        assert!(carved.partial.is_some(), "what carved evidence cannot tell is said");
        let found = note(&carved, "loose chunks").unwrap();
        assert_eq!(found.count, chunks(&log).len() as u64);
        assert_eq!(found.place, format!("offset {:#x}", 700_001));
        assert!(!carved.issues.iter().any(|issue| issue.kind.is_loss()), "{:?}", carved.issues);
    }
}

#[test]
fn events_name_the_place_of_their_record_in_the_image() {
    let log = fixture("crashed-backup/Sysmon.evtx");
    let mut image = Noise::image(5, 12_345);
    chunks(&log).iter().for_each(|chunk| image.put(chunk));
    for event in carve(&image.bytes).events {
        let at = usize::try_from(event.source.offset.unwrap()).unwrap();
        assert_eq!(image.bytes[at..at + 4], *b"**\0\0");
        let id = u64::from_le_bytes(image.bytes[at + 8..at + 16].try_into().unwrap());
        assert_eq!(event.source.record, Some(id));
    }
}

#[test]
fn chunks_that_lie_there_several_times_and_in_older_states_count_once() {
    for log in logs() {
        let chunks = chunks(&log);
        let mut image = Noise::image(3, 99);
        for chunk in &chunks {
            // An older state of the chunk ends earlier; what came later is not written yet.
            image.put(&chunk[..CHUNK / 2]);
            image.noise(513);
            image.put(chunk);
            image.put(chunk);
            image.noise(4096);
        }
        let (plain, carved) = (plain(&log), carve(&image.bytes));
        assert_eq!(same(&carved), same(&plain));
        assert_eq!(carved.records, plain.records);
        let copies = note(&carved, "count once").unwrap().count;
        assert!((plain.records..=2 * plain.records).contains(&copies), "{copies} of {}", plain.records);
        let is_cut = |chunk: &Vec<u8>| free_space(chunk) > CHUNK / 2;
        let cut = chunks.iter().filter(|chunk| is_cut(chunk)).count() as u64;
        let told = note(&carved, "missing, damaged or overwritten").map_or(0, |note| note.count);
        assert_eq!(told, cut, "only where live records are missing");
    }
}

#[test]
fn a_chunk_that_is_cut_gives_what_it_holds() {
    let log = generated("HOST1", "Application", 1, 900);
    let chunks = chunks(&log);
    let whole = plain(&log);
    let in_first = |end: u64| whole.events.iter().filter(|e| e.source.offset.unwrap() < 4096 + end).count();
    for cut in [700, 4096, 30_000, 60_001] {
        // Behind the cut other bytes, or another chunk, or nothing.
        let mut noise = Noise::image(9, 1000);
        noise.put(&chunks[0][..cut]);
        let ended = carve(&noise.bytes);
        noise.noise(CHUNK);
        let overwritten = carve(&noise.bytes);
        let mut next = Noise::image(9, 1000);
        next.put(&chunks[0][..cut]);
        next.put(&chunks[1]);
        let (followed, second) = (carve(&next.bytes), carve(&chunks[1]));
        assert_eq!(same(&ended), same(&overwritten), "{cut}");
        assert_eq!(followed.records, ended.records + second.records, "{cut}");
        let bound = in_first(cut as u64);
        assert!(ended.events.len() <= bound && ended.events.len() + 1 >= bound, "{cut}: {bound}");
        let all = same(&whole);
        assert!(same(&ended).iter().all(|event| all.contains(event)), "{cut}: nothing is made up");
    }
}

/// A dump of memory holds the pages of a chunk in any order, and those of other chunks between them.
#[test]
fn pages_of_other_chunks_give_no_wrong_record() {
    for log in logs() {
        let all = same(&plain(&log));
        for seed in 1..=20 {
            // A page of something else first: with a chunk there, it would be a log without its header.
            let mut image = Noise::image(seed, 4096);
            let mut pages: Vec<&[u8]> = log[4096..].chunks(4096).collect();
            image.shuffle(&mut pages);
            pages.iter().for_each(|page| image.put(page));
            let carved = carve(&image.bytes);
            let made_up = same(&carved).into_iter().find(|event| !all.contains(event));
            assert_eq!(made_up, None, "seed {seed}");
            assert!(carved.records >= chunks(&log).len() as u64, "seed {seed}: {}", carved.records);
        }
    }
}

#[test]
fn a_wrong_field_of_a_chunk_header_costs_no_record() {
    let log = generated("HOST1", "Application", 1, 900);
    let whole = plain(&log);
    // Numbers, ids, size of the header, last record, free space, both checksums, flags.
    for (at, size) in
        [(8, 8), (16, 8), (24, 8), (32, 8), (40, 4), (44, 4), (48, 4), (52, 4), (120, 4), (124, 4)]
    {
        for value in [0x00, 0x5A, 0xFF] {
            let mut image = Noise::image(11, 4321);
            for chunk in chunks(&log) {
                let start = image.bytes.len();
                image.put(&chunk);
                image.bytes[start + at..start + at + size].fill(value);
                image.noise(100);
            }
            let carved = carve(&image.bytes);
            assert_eq!(carved.records, whole.records, "{value:#x} at {at}");
            assert_eq!(same(&carved), same(&whole), "{value:#x} at {at}");
        }
    }
}

#[test]
fn hosts_and_logs_are_told_apart() {
    let logs = [
        generated("HOST1", "Application", 1, 300),
        generated("HOST2", "Application", 1, 400),
        generated("HOST2", "System", 1, 500),
    ];
    let mut image = Noise::image(2, 4097);
    for at in 0..10 {
        for chunk in logs.iter().filter_map(|log| chunks(log).get(at).cloned()) {
            image.put(&chunk);
            image.noise(777);
        }
    }
    let carved = carve(&image.bytes);
    let spans: Vec<(&str, &str, u64)> =
        carved.spans.iter().map(|span| (&*span.host, &*span.source, span.records)).collect();
    assert_eq!(
        spans,
        [("HOST1", "Application", 300), ("HOST2", "Application", 400), ("HOST2", "System", 500)]
    );
    assert_eq!(carved.events.len(), 1200);
}

#[test]
fn a_chunk_across_the_border_of_the_window_is_found() {
    let log = generated("HOST1", "Application", 1, 200);
    let records = plain(&log).records;
    for window in [1_usize << 20, 4 << 20] {
        for before in [0, 1, 4, 7, 8, 511, 512, 40_000, 65_535, 65_536] {
            let mut image = Noise::image(before as u64, window - before);
            chunks(&log).iter().for_each(|chunk| image.put(chunk));
            assert_eq!(carve(&image.bytes).records, records, "{before} before {window:#x}");
        }
    }
}

#[test]
fn a_magic_alone_is_no_chunk() {
    let mut image = Noise::image(8, 100_000);
    for at in (1000..90_000).step_by(1000) {
        image.bytes[at..at + 8].copy_from_slice(b"ElfChnk\0");
    }
    let report = carve(&image.bytes);
    assert_eq!((report.records, report.issues.len()), (0, 1));
    assert_eq!(report.issues[0].kind, IssueKind::UnknownFormat);
    assert!(
        report.issues[0].message.ends_with("no chunk of an event log is in it"),
        "{}",
        report.issues[0].message
    );
}

#[test]
fn without_the_option_an_image_is_no_log_and_says_how_to_search_it() {
    let mut image = Noise::image(6, 5 << 20);
    chunks(&generated("HOST1", "Application", 1, 50)).iter().for_each(|chunk| image.put(chunk));
    let report = plain(&image.bytes);
    assert_eq!((report.records, report.issues[0].kind), (0, IssueKind::UnknownFormat));
    assert!(report.issues[0].message.contains("--carve"), "{}", report.issues[0].message);
    assert_eq!(carve(&image.bytes).records, 50);
    // Too small to be an image.
    let report = plain(&image.bytes[..1 << 20]);
    assert!(!report.issues[0].message.contains("--carve"), "{}", report.issues[0].message);
}

#[test]
fn images_in_folders_and_bundles_are_searched_and_other_files_stay_silent() {
    use std::io::Write;
    use zip::write::SimpleFileOptions;
    let folder = tempfile::tempdir().unwrap();
    let mut image = Noise::image(4, 300_000);
    chunks(&generated("HOST1", "System", 1, 70)).iter().for_each(|chunk| image.put(chunk));
    let mut zip = zip::ZipWriter::new(std::fs::File::create(folder.path().join("bundle.zip")).unwrap());
    for (name, bytes) in [("disk.raw", &image.bytes), ("noise.bin", &Noise::image(7, 5000).bytes)] {
        std::fs::write(folder.path().join(name), bytes).unwrap();
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
    let options = ReadOptions { carve: true, ..ReadOptions::default() };
    let met = |name: &str| {
        let source = Source { named: false, path: Arc::from(name), ..Source::file(folder.path().join(name)) };
        let reports = read(&source, &options, &());
        reports.iter().map(|report| (report.path.to_string(), report.records)).collect::<Vec<_>>()
    };
    assert_eq!(met("disk.raw"), [("disk.raw".to_owned(), 70)]);
    assert_eq!(met("bundle.zip"), [("bundle.zip!disk.raw".to_owned(), 70)]);
    assert_eq!(met("noise.bin"), []);
}
