//! `vsscope.toml`: what the user decided about the rules. Read only when `--config` or `--rules` names a file.
//!
//! `reader` knows TOML and how mistakes are told; each table has a room of its own.

pub mod example;
pub mod ignores;
mod reader;
mod rule;
pub mod schema;
mod severity;
#[cfg(test)]
mod tests;
mod thresholds;

use crate::rules::{self, Policy};
use anyhow::{Context as _, Result};
use example::Example;
use ignores::Ignore;
use reader::{Mistakes, Table};
use std::path::{Path, PathBuf};
use toml::de::DeTable;

/// What the files say.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Config {
    /// How the rules are to be run.
    pub policy: Policy,
    /// What is not to be heard of.
    pub ignores: Vec<Ignore>,
    /// What the own rules have to say about some evidence.
    pub examples: Vec<Example>,
}

/// The tables of `vsscope.toml`.
const TABLES: &[&str] = &["severity", "thresholds", "ignore", "rule"];

impl Config {
    /// Reads the files of `--rules`, then the one of `--config`.
    pub fn load(config: Option<&Path>, rules: &[PathBuf]) -> Result<Self> {
        let mut found = Config::default();
        for path in rules {
            found.read(path, &["rule"])?;
        }
        if let Some(path) = config {
            found.read(path, TABLES)?;
        }
        Ok(found)
    }

    /// Reads files, each of which may hold every table.
    pub fn of(files: &[PathBuf]) -> Result<Self> {
        let mut found = Config::default();
        for path in files {
            found.read(path, TABLES)?;
        }
        Ok(found)
    }

    fn read(&mut self, path: &Path, keys: &[&str]) -> Result<()> {
        let text =
            std::fs::read_to_string(path).with_context(|| format!("failed to read {}", path.display()))?;
        self.parse(&path.display().to_string(), &text, keys)
    }

    /// Adds what a file says.
    fn parse(&mut self, name: &str, text: &str, keys: &[&str]) -> Result<()> {
        let mut mistakes = Mistakes::new(name, text);
        match DeTable::parse(text) {
            Ok(tree) => self.take(&Table::new(tree.get_ref(), 0..0, keys, &mut mistakes), &mut mistakes),
            Err(error) => mistakes.add(error.span().unwrap_or_default(), error.message()),
        }
        mistakes.into_result()
    }

    fn take(&mut self, root: &Table<'_>, mistakes: &mut Mistakes<'_>) {
        let taken: Vec<String> = self.policy.rules.iter().map(|rule| rule.id.clone()).collect();
        let (rules, examples) = rule::read(root, &taken, mistakes);
        self.policy.rules.extend(rules);
        self.examples.extend(examples);
        let own = self.policy.rules.iter().map(|rule| rule.id.as_str());
        let ids: Vec<&str> = rules::catalogue().iter().map(|rule| rule.info().id).chain(own).collect();
        let severities = severity::read(root, &ids, mistakes);
        self.ignores.extend(ignores::read(root, &ids, mistakes));
        self.policy.severities.extend(severities);
        thresholds::read(root, &mut self.policy.thresholds, mistakes);
    }
}
