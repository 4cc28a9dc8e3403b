//! Evidence is never written over: no output may be one of the inputs, or a file that set up the run. Only the baseline may
//! be renewed in place.

use super::{reading, tables};
use crate::settings::Settings;
use anyhow::{Result, bail};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use vsscope_model::Analysis;

/// Refuses a run whose outputs would replace what it reads; gives the files that may not be written.
pub fn spare_the_evidence(settings: &Settings, analysis: &Analysis) -> Result<Vec<PathBuf>> {
    let mut taken: Vec<PathBuf> =
        analysis.inputs.iter().filter_map(|read| reading::input_file(&read.path)).collect();
    taken.extend(settings.setup.iter().filter_map(|path| real(path)));
    let written = settings.write_baseline.as_deref();
    written.map_or(Ok(()), |file| spare("--write-baseline", file, &taken))?;
    taken.extend(settings.baseline.as_ref().and_then(|known| real(known.path())));
    for file in settings.outputs.iter().flat_map(tables::files) {
        spare("--output", &file, &taken)?;
        if written.is_some_and(|written| same(written, &file)) {
            bail!("--output {}: the baseline is to be written there; nothing was written", file.display());
        }
    }
    distinct(settings.outputs.iter().flat_map(tables::files))?;
    let map = settings.redact.as_ref().and_then(|redact| redact.map.as_deref());
    map.map_or(Ok(()), |file| spare("--redact-map", file, &taken))?;
    Ok(taken)
}

/// No file that is taken may be written.
pub fn spare(option: &str, file: &Path, taken: &[PathBuf]) -> Result<()> {
    match place(file) {
        Some(at) if taken.contains(&at) => {
            bail!("{option} {}: this file is one of the inputs; nothing was written", file.display())
        }
        _ => Ok(()),
    }
}

/// No two outputs may go to one file: the later one would replace the other.
pub fn distinct(files: impl Iterator<Item = PathBuf>) -> Result<()> {
    let mut taken = BTreeSet::new();
    for file in files {
        // A device or a pipe takes several, one behind the other.
        let is_special = file.metadata().is_ok_and(|found| !found.is_file());
        if !is_special && !taken.insert(place(&file).unwrap_or_else(|| file.clone())) {
            bail!("--output {}: two outputs would go to this file; nothing was written", file.display());
        }
    }
    Ok(())
}

/// Whether two paths lead to one file.
pub fn same(one: &Path, other: &Path) -> bool {
    one == other || place(one).is_some_and(|at| place(other) == Some(at))
}

/// A file that is there, by the one name that it has.
pub fn real(path: &Path) -> Option<PathBuf> {
    path.canonicalize().ok()
}

/// The same for a file that need not be there.
fn place(path: &Path) -> Option<PathBuf> {
    let folder = || match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => real(folder),
        _ => real(Path::new(".")),
    };
    real(path).or_else(|| Some(folder()?.join(path.file_name()?)))
}
