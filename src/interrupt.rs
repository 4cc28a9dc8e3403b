//! Ctrl-C: what is half written goes, and the exit code says what happened.
//!
//! Only the program asks for this; a program that uses the library decides for itself.

use crate::exit;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Files that are being written and have no use unless they are finished.
static UNFINISHED: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn unfinished() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    UNFINISHED.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on an interrupt removes what is half written and ends the program with [`exit::INTERRUPTED`].
pub fn handle() {
    // Whoever started the program with the signal ignored (`nohup`, a shell's background) wants that to stay so, and an
    // interrupt that cannot be handled ends the program all the same.
    let _ = ctrlc::try_set_handler(|| {
        // Held to the end, so that no other file is begun.
        let files = unfinished();
        remove(&files);
        std::process::exit(i32::from(exit::INTERRUPTED));
    });
}

/// A file that is gone already is no harm, and of one that cannot be removed nobody can be told any more.
fn remove(files: &BTreeSet<PathBuf>) {
    for file in files {
        let _ = fs::remove_file(file);
    }
}

/// Creates a file that goes if the program is interrupted before it is [`finished`]. One that is there already is an error.
pub fn create(path: &Path) -> io::Result<File> {
    let mut files = unfinished();
    let file = File::create_new(path)?;
    files.insert(path.to_owned());
    Ok(file)
}

/// The file is whole, or gone.
pub fn finished(path: &Path) {
    unfinished().remove(path);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_half_written_goes_and_what_is_finished_or_was_there_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let [half, whole, old] = ["half", "whole", "old"].map(|name| folder.path().join(name));
        fs::write(&old, "old").expect("a file");
        create(&half).expect("created");
        create(&whole).expect("created");
        assert_eq!(create(&old).expect_err("it is there").kind(), io::ErrorKind::AlreadyExists);
        finished(&whole);
        // Other tests write files as well.
        let ours = unfinished().iter().filter(|file| file.starts_with(folder.path())).cloned().collect();
        remove(&ours);
        assert_eq!([half, whole, old].map(|file| file.exists()), [false, true, true]);
    }
}
