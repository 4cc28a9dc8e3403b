//! CSV and Parquet: which table goes to which file.

use super::emit;
use super::inspect::View;
use crate::cli::OutputFormat;
use crate::settings::Output;
use anyhow::{Context as _, Result, bail};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use vsscope_model::Analysis;
use vsscope_reports::tables::{EVENTS, FINDINGS, PHASES, TABLES, Table, csv, parquet, table};

/// Refuses outputs that make no sense, before anything is read.
pub fn check(outputs: &[Output], is_terminal: bool) -> Result<()> {
    let no_text = |output: &Output| output.format == OutputFormat::Parquet && output.file.is_none();
    if is_terminal && outputs.iter().any(no_text) {
        bail!("Parquet is not for a terminal: name a file with --output, or send it to another program");
    }
    let asked = outputs.iter().find_map(|output| output.table);
    if let Some(table) = asked.filter(|_| !outputs.iter().any(|output| output.format.is_tables())) {
        bail!("--table {}: no output is csv or parquet", table.name);
    }
    Ok(())
}

/// Whether the output is a folder of tables: one that is there, or a path that ends like one.
pub fn is_folder(output: &Output) -> bool {
    let ends_like_one = |path: &Path| path.to_string_lossy().ends_with(std::path::is_separator);
    output.format.is_tables() && output.file.as_ref().is_some_and(|path| ends_like_one(path) || path.is_dir())
}

/// The table of an output that is not a folder: the one that was asked for, else the one that the file is named after, else
/// that of the view.
pub fn of(view: View, output: &Output) -> &'static Table {
    let stem = output.file.as_ref().and_then(|file| table(file.file_stem()?.to_str()?));
    output.table.or(stem).unwrap_or(match view {
        View::Analyze => &FINDINGS,
        View::Timeline => &PHASES,
        View::Events => &EVENTS,
    })
}

/// Every file that an output writes.
pub fn files(output: &Output) -> Vec<PathBuf> {
    match is_folder(output) {
        true => in_folder(output).into_iter().map(|(file, _)| file).collect(),
        false => output.file.iter().cloned().collect(),
    }
}

/// The files of a folder with their tables: all, or the one that was asked for.
fn in_folder(output: &Output) -> Vec<(PathBuf, &'static Table)> {
    let folder = output.file.as_deref().unwrap_or(Path::new("."));
    let file = |table: &Table| folder.join(format!("{}.{}", table.name, output.format.name()));
    let is_asked = |table: &&Table| output.table.is_none_or(|asked| asked.name == table.name);
    TABLES.iter().filter(is_asked).map(|table| (file(table), table)).collect()
}

/// Writes the tables of a folder, which is made if it is not there. One table is in memory at a time.
pub fn write_folder(output: &Output, analysis: &Analysis) -> Result<()> {
    if let Some(folder) = &output.file {
        std::fs::create_dir_all(folder).with_context(|| format!("failed to make {}", folder.display()))?;
    }
    for (file, table) in in_folder(output) {
        emit(Some(&file), |out| render(output, table, analysis, out))?;
    }
    Ok(())
}

/// The bytes of all files of a folder, one behind the other.
pub fn render_folder(output: &Output, analysis: &Analysis, out: &mut dyn Write) -> io::Result<()> {
    in_folder(output).into_iter().try_for_each(|(_, table)| render(output, table, analysis, out))
}

fn render(output: &Output, table: &Table, analysis: &Analysis, out: &mut dyn Write) -> io::Result<()> {
    let mut frame = table.frame(analysis);
    match output.format {
        OutputFormat::Parquet => parquet::write(table, &mut frame, out),
        _ => csv::write(&frame, out),
    }
}
