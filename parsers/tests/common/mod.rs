//! What the tests of the readers share: the sample logs beside the project, and reading in one call.

#![allow(dead_code, reason = "each test binary uses its own part")]

pub mod images;

use std::path::{Path, PathBuf};
use vsscope_model::{InputReport, Issue, IssueKind};
use vsscope_parsers::{ReadOptions, Source, read};

/// A sample of the reference folder beside the project; `None` with a message if it is not there.
#[allow(clippy::print_stderr)]
pub fn sample(path: &str) -> Option<PathBuf> {
    let full = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/samples").join(path);
    if full.exists() {
        return Some(full);
    }
    eprintln!("skipped: {} is not there", full.display());
    None
}

/// All files of a folder of samples by name.
pub fn samples(folder: &str) -> Vec<PathBuf> {
    let Some(folder) = sample(folder) else { return Vec::new() };
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

/// Reads a file that gives one report.
pub fn read_one(path: &Path) -> InputReport {
    let mut reports = read(&Source::file(path), &ReadOptions::default(), &());
    assert_eq!(reports.len(), 1, "{}", path.display());
    reports.remove(0)
}

/// Reads bytes as a file.
pub fn read_bytes(bytes: &[u8]) -> InputReport {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("input");
    std::fs::write(&path, bytes).unwrap();
    read_one(&path)
}

/// The issues of a kind.
pub fn issues(report: &InputReport, kind: IssueKind) -> Vec<&Issue> {
    report.issues.iter().filter(|issue| issue.kind == kind).collect()
}
