//! Event traces as inputs: told by their content, read in place and through archives. What the files hold is checked beside the
//! reader itself, against the golden table.

mod common;

use common::{read_bytes, read_one, samples};
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use vsscope_model::IssueKind;
use vsscope_parsers::{Progress, ReadOptions, Source, read};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

#[test]
fn every_event_trace_is_known_by_its_content() {
    for path in samples("etl") {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let report = read_one(&path);
        assert_eq!(report.format, "etl", "{name}");
        assert_eq!(report.bytes, path.metadata().unwrap().len(), "{name}");
        assert!(report.records >= 2, "{name}");
        let unreadable = report.issues.iter().any(|issue| {
            matches!(issue.kind, IssueKind::Unreadable | IssueKind::UnknownFormat | IssueKind::SkippedBytes)
        });
        assert!(!unreadable, "{name}: {:?}", report.issues);
    }
}

#[test]
fn no_other_sample_is_taken_for_an_event_trace() {
    for folder in ["evtx", "hives", "json"] {
        for path in samples(folder).into_iter().filter(|path| path.is_file()) {
            let reports = read(&Source::file(&path), &ReadOptions::default(), &());
            assert!(reports.iter().all(|report| report.format != "etl"), "{}", path.display());
        }
    }
}

#[test]
fn a_member_of_an_archive_gives_what_the_file_gives() {
    for path in samples("etl") {
        let bytes = std::fs::read(&path).unwrap();
        let mut writer = ZipWriter::new(std::io::Cursor::new(Vec::new()));
        writer.start_file("vss.etl", SimpleFileOptions::default()).unwrap();
        writer.write_all(&bytes).unwrap();
        let member = read_bytes(&writer.finish().unwrap().into_inner());
        let file = read_one(&path);
        let events = |report: &vsscope_model::InputReport| {
            report.events.iter().map(|event| (event.time, event.what.clone())).collect::<Vec<_>>()
        };
        assert!(member.path.ends_with("!vss.etl"));
        assert_eq!((member.records, member.lost, events(&member)), (file.records, file.lost, events(&file)));
        assert_eq!((member.providers, member.issues), (file.providers, file.issues));
    }
}

#[test]
fn progress_comes_to_little_more_than_the_size() {
    struct Sum(AtomicU64);
    impl Progress for Sum {
        fn advance(&self, bytes: u64) {
            self.0.fetch_add(bytes, Ordering::Relaxed);
        }
    }
    for path in samples("etl").into_iter().filter(|path| path.metadata().unwrap().len() > 1_000_000) {
        let sum = Sum(AtomicU64::new(0));
        read(&Source::file(&path), &ReadOptions::default(), &sum);
        let (size, counted) = (path.metadata().unwrap().len(), sum.0.into_inner());
        assert!(counted >= size * 9 / 10 && counted <= size * 11 / 10, "{counted} of {size}");
    }
}
