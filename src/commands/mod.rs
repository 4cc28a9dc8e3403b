//! The commands. Each turns settings into output and an exit code (see [`crate::exit`]).

pub mod batch;
pub mod diff;
pub mod examples;
pub mod explain;
pub mod inspect;
pub mod output;
pub mod pager;
pub mod places;
pub mod query;
pub mod reading;
pub mod schema;
pub mod show;
pub mod tables;

pub use crate::exit::{FINDINGS, INCOMPLETE, OK, UNUSABLE, code as exit_code};

use crate::interrupt;
use anyhow::Context as _;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use vsscope_reports::text::one_line;

/// A message for a person, harmless for the terminal: it may quote a log. That nobody can read it is no failure.
pub fn complain(message: &str) {
    let lines: Vec<_> = message.split('\n').map(one_line).collect();
    let _ = writeln!(io::stderr(), "vsscope: {}", lines.join("\n"));
}

/// Writes to a file, or to standard output. A reader that goes away (`| head`) is no error. A file has its new content or is
/// as it was: it is written under another name (`.vsscope-….part`) in the same folder and then renamed.
pub fn emit(file: Option<&Path>, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> anyhow::Result<()> {
    match file {
        Some(path) => replace(path, write).with_context(|| format!("failed to write {}", path.display())),
        None => {
            let mut out = BufWriter::new(io::stdout().lock());
            match write(&mut out).and_then(|()| out.flush()) {
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
                result => result.context("failed to write to standard output"),
            }
        }
    }
}

fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    // A link stays one: what it leads to is replaced.
    let target = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let before = fs::metadata(&target).ok();
    if before.as_ref().is_some_and(|before| !before.is_file()) {
        // A pipe or a device can only be written to.
        return fill(&File::create(&target)?, write);
    }
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
    let part = tempfile::Builder::new()
        .prefix(".vsscope-")
        .suffix(".part")
        .make_in(folder.unwrap_or(Path::new(".")), interrupt::create)?;
    let name = part.path().to_owned();
    let written = fill(part.as_file(), write).and_then(|()| {
        before.map_or(Ok(()), |before| fs::set_permissions(&name, before.permissions()))?;
        part.persist(&target).map_err(io::Error::from)
    });
    interrupt::finished(&name);
    written.map(|_| ())
}

fn fill(file: &File, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let mut out = BufWriter::new(file);
    write(&mut out)?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder");
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_file_that_cannot_be_written_to_its_end_is_as_it_was() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.json");
        fs::write(&path, "before").expect("a file");
        let failed = emit(Some(&path), |out| {
            out.write_all(b"half")?;
            out.flush()?;
            Err(io::Error::other("the disk is full"))
        });
        assert!(format!("{:#}", failed.expect_err("an error")).contains("a.json: the disk is full"));
        assert_eq!(fs::read_to_string(&path).expect("a file"), "before");
        emit(Some(&path), |out| out.write_all(b"after")).expect("written");
        assert_eq!(fs::read_to_string(&path).expect("a file"), "after");
        assert_eq!(names(folder.path()), ["a.json"], "nothing else is left");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link_and_a_file_keeps_its_mode() {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().expect("a folder");
        let (real, link) = (folder.path().join("real"), folder.path().join("link"));
        fs::write(&real, "before").expect("a file");
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).expect("a mode");
        symlink(&real, &link).expect("a link");
        emit(Some(&link), |out| out.write_all(b"after")).expect("written");
        assert!(fs::symlink_metadata(&link).expect("a link").is_symlink());
        assert_eq!(fs::read_to_string(&real).expect("a file"), "after");
        assert_eq!(fs::metadata(&real).expect("a file").mode() & 0o777, 0o640);
    }
}
