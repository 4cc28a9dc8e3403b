//! What the README and the pages of the guide show is what the program does.
//!
//! A `console` block holds commands (`$ vsscope ...`), each with what it prints; a line of three dots stands for any lines.
//! The commands run in a scratch folder with a copy of `fixtures/samples`. Commands in other blocks only have to be
//! well formed.

use crate::support::{root, vsscope};
use clap::Parser as _;
use std::fs;
use std::path::{Path, PathBuf};
use vsscope::cli::Cli;

/// A fenced block of a page: its language and its text.
struct Block<'a> {
    language: &'a str,
    text: &'a str,
}

fn blocks(page: &str) -> Vec<Block<'_>> {
    let mut parts = page.split("\n```");
    parts.next();
    let mut blocks = Vec::new();
    // Fences come in pairs: one opens a block, the next closes it.
    while let Some(opened) = parts.next() {
        let (language, text) = opened.split_once('\n').unwrap_or((opened, ""));
        assert!(parts.next().is_some(), "a block that begins with {:?} is not closed", text.lines().next());
        blocks.push(Block { language, text });
    }
    blocks
}

/// The README and every page below `docs`, by path.
fn pages() -> Vec<(PathBuf, String)> {
    let docs = walkdir::WalkDir::new(root().join("docs")).sort_by_file_name();
    let found = docs.into_iter().filter_map(Result::ok).map(walkdir::DirEntry::into_path);
    let is_page = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "md");
    std::iter::once(root().join("README.md"))
        .chain(found.filter(is_page))
        .map(|path| {
            let text = fs::read_to_string(&path).expect("a page");
            (path, text)
        })
        .collect()
}

/// A scratch folder with the samples, in which the examples run.
fn scratch() -> tempfile::TempDir {
    let scratch = tempfile::tempdir().expect("a scratch folder");
    let samples = root().join("fixtures/samples");
    for entry in walkdir::WalkDir::new(&samples).into_iter().map(|entry| entry.expect("a sample")) {
        let place = scratch.path().join("fixtures/samples");
        let place = place.join(entry.path().strip_prefix(&samples).expect("below the samples"));
        match entry.file_type().is_dir() {
            true => fs::create_dir_all(place).expect("a folder"),
            false => fs::copy(entry.path(), place).map(|_| ()).expect("a copy"),
        }
    }
    scratch
}

/// Runs a command line and compares what it prints with the lines below it.
fn check(page: &Path, folder: &Path, command: &str, expected: &str) {
    let args = shlex::split(command).unwrap_or_else(|| panic!("{}: {command}: quotes", page.display()));
    let output = vsscope().args(&args[1..]).current_dir(folder).output().expect("the binary runs");
    // What went wrong is told on standard error.
    let told = if output.stdout.is_empty() { &output.stderr } else { &output.stdout };
    let shown = String::from_utf8(told.clone()).expect("UTF-8");
    let mut rest = shown.as_str();
    for part in expected.split("...\n") {
        let at = rest.find(part).unwrap_or_else(|| {
            let said = String::from_utf8_lossy(&output.stderr);
            panic!("{}: `{command}` prints something else now:\n{shown}\n{said}", page.display())
        });
        rest = &rest[at + part.len()..];
    }
    let whole = expected.ends_with("...\n");
    assert!(whole || rest.is_empty(), "{}: `{command}` prints more:\n{rest}", page.display());
}

#[test]
fn every_example_of_the_pages_shows_real_output() {
    let mut checked = 0;
    for (path, page) in pages() {
        let scratch = scratch();
        let blocks = blocks(&page);
        // The page of the configuration shows a whole file first; its example uses it.
        if let Some(config) = blocks.iter().find(|block| block.language == "toml") {
            fs::write(scratch.path().join("vsscope.toml"), config.text).expect("a configuration");
        }
        for block in blocks.iter().filter(|block| block.language == "console") {
            for example in block.text.split("$ ").filter(|example| !example.is_empty()) {
                let (command, expected) = example.split_once('\n').unwrap_or((example, ""));
                assert!(command.starts_with("vsscope "), "{}: {command}", path.display());
                let expected =
                    if expected.is_empty() { String::new() } else { expected.trim_end().to_owned() + "\n" };
                check(&path, scratch.path(), command, &expected);
                checked += 1;
            }
        }
    }
    assert!(checked >= 5, "only {checked} examples");
}

#[test]
fn every_command_of_the_pages_is_well_formed() {
    let mut checked = 0;
    for (path, page) in pages() {
        for block in blocks(&page).iter().filter(|block| block.language != "text") {
            for line in block.text.lines().map(str::trim) {
                let line = line.trim_start_matches("- ").trim_start_matches("run: ").trim_start_matches("$ ");
                let Some(args) = line.starts_with("vsscope ").then(|| shlex::split(line)).flatten() else {
                    continue;
                };
                let args = args.iter().take_while(|arg| !["|", ">", "||", "&&"].contains(&arg.as_str()));
                if let Err(error) = Cli::try_parse_from(args) {
                    panic!("{}: `{line}`: {error}", path.display());
                }
                checked += 1;
            }
        }
    }
    assert!(checked >= 5, "only {checked} commands");
}
