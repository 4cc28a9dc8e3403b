//! Reads one input once and ends: what `scripts/instructions.sh` counts the instructions of.

// It tells the script what it made and what it read.
#![allow(clippy::print_stdout)]

use anyhow::{Context as _, Result, ensure};
use std::env;
use std::fs;
use std::path::Path;
use vsscope_benches::Input;
use vsscope_parsers::{ReadOptions, Source, read};

fn main() -> Result<()> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["make", folder] => make(Path::new(folder)),
        ["read", file] => read_once(file),
        _ => anyhow::bail!("usage: read-once make FOLDER | read-once read FILE"),
    }
}

/// Writes every input in both sizes and names the files.
fn make(folder: &Path) -> Result<()> {
    for input in Input::ALL {
        for size in input.sizes() {
            let path = folder.join(format!("{}-{size}", input.name()));
            let bytes = input.bytes(size).with_context(|| format!("failed to make {}", input.name()))?;
            fs::write(&path, bytes).with_context(|| format!("failed to write {}", path.display()))?;
            println!("{} {size} {}", input.name(), path.display());
        }
    }
    Ok(())
}

fn read_once(file: &str) -> Result<()> {
    let reports = read(&Source::file(file), &ReadOptions::default(), &());
    let bytes: u64 = reports.iter().map(|report| report.bytes).sum();
    let lost: u64 = reports.iter().map(|report| report.lost).sum();
    ensure!(bytes > 0 && lost == 0, "{file}: {bytes} bytes read, {lost} records lost");
    println!("{} bytes, {} events", bytes, reports.iter().map(|report| report.events.len()).sum::<usize>());
    Ok(())
}
