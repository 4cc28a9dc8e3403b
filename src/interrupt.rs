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
        for file in files.iter() {
            let _ = fs::remove_file(file);
        }
        std::process::exit(i32::from(exit::INTERRUPTED));
    });
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
