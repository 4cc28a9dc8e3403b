//! Proof is asked of records that may be wrong; those that are right have it.

use super::*;
use crate::evtx::scan::{Found, Scanner};
use std::path::Path;

/// The samples of the reference folder beside the project, if it is there.
#[allow(clippy::print_stderr)]
fn samples() -> Vec<std::path::PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/samples/evtx");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        eprintln!("skipped: {} is not there", folder.display());
        return Vec::new();
    };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Live records of a log, and those that can prove themselves.
fn proven(log: &[u8]) -> (usize, usize) {
    let live = Arc::new(ParserSettings::new().num_threads(1).indent(false));
    let (mut all, mut proven) = (0, 0);
    let mut stream = log;
    let mut scanner = Scanner::new(&mut stream);
    while let Some(found) = scanner.next() {
        let Found::Chunk(chunk) = found else { continue };
        chunk::visit(&chunk, &live, |record| {
            let end = record.binxml_offset + u64::from(record.binxml_size) + RECORD_TRAILER;
            if usize::try_from(end).unwrap() > chunk.present {
                return;
            }
            all += 1;
            proven += usize::from(carved(&chunk, record, Proof::OfNames).is_some());
        });
    }
    (all, proven)
}

#[test]
fn every_live_record_of_a_real_log_can_prove_itself() {
    for path in samples() {
        let (all, proven) = proven(&std::fs::read(&path).unwrap());
        // The one record of size 0 of a sample is none that anybody can read.
        assert_eq!(all, proven, "{}", path.display());
    }
}

#[test]
fn a_record_under_other_names_cannot() {
    let Some(path) = samples().into_iter().find(|path| path.ends_with("mandumpal-application.evtx")) else {
        return;
    };
    let log = std::fs::read(path).unwrap();
    let whole = proven(&log);
    assert_eq!(whole, (49, 49));
    // One letter of a name that all records have; the crate gives them all the same.
    let name: Vec<u8> = "TimeCreated".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let at = memchr::memmem::find(&log, &name).unwrap();
    // With its hash: it can be put right by nothing.
    let mut renamed = log.clone();
    renamed[at] = b'X';
    renamed[at - 4] ^= 1;
    assert_eq!(proven(&renamed), (49, 0));
    // The id of the first template, which all records of that kind repeat.
    let template = memchr::memmem::find(&log, &[0x0F, 1, 1, 0, 0x0C, 1]).unwrap() + 6;
    let mut other = log.clone();
    other[template + 8 + 4] ^= 1;
    let (all, left) = proven(&other);
    assert!(all == 49 && left < 49, "{all} {left}");
}
