//! `--redact`: names become aliases, the same name the same alias, and nothing else changes.
//!
//! An analysis is made first and redacted then, so that what belongs together stays together. [`Redaction::of`] collects the
//! names, [`Redaction::apply`] replaces them in the analysis, [`Redaction::text`] in anything else that is shown, and
//! [`Redaction::check`] looks for them in what is about to be written. `docs/redaction.md` says what is replaced.
//!
//! `book` has names and aliases; `accounts`, `paths`, `commands` and `text` know the parts of a name that tell something;
//! `fields` knows which field holds what; `words` are the words that tell nothing.

mod accounts;
mod book;
mod check;
mod commands;
mod fields;
mod finder;
mod key;
mod paths;
#[cfg(test)]
mod tests;
mod text;
mod words;

pub use book::Kind;
pub use check::{Survivor, Template};
pub use key::{Key, LEAST_BYTES};

use anyhow::{Context as _, Result, bail};
use book::{Aliases, Collected};
use check::Check;
use fields::Walk;
use finder::Finder;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::BTreeMap;
use text::Voice;
use vsscope_model::{Analysis, Event, Phase, Session, SnapshotSet, What};

/// The aliases of the names of an analysis.
#[derive(Debug, Clone)]
pub struct Redaction {
    collected: Collected,
    aliases: Aliases,
    finder: Finder,
    check: Check,
}

impl Redaction {
    /// Collects the names of analyses and gives them aliases. `paths` are further paths that messages may name. Without a
    /// key the names themselves give one.
    pub fn of(analyses: &[&Analysis], key: Option<&Key>, paths: &[&str]) -> Result<Self> {
        let mut collected = Collected::default();
        for path in paths {
            paths::path(&mut collected, path);
        }
        let mut walk = Walk { names: &mut collected, finder: None, blank: false };
        for analysis in analyses {
            let mut parts = serde_json::to_value(analysis).context("an analysis is no JSON")?;
            for (root, part) in parts.as_object_mut().into_iter().flatten() {
                walk.value(root, part);
            }
            for event in &analysis.events {
                walk.value("events", &mut serde_json::to_value(event).context("an event is no JSON")?);
            }
        }
        collected.keep(analyses.iter().flat_map(|analysis| &analysis.events).flat_map(products));
        let key = key.cloned().unwrap_or_else(|| collected.key());
        let aliases = collected.aliases(&key);
        let finder = Finder::new(&collected, &aliases);
        let check = Check::new(&collected);
        Ok(Redaction { collected, aliases, finder, check })
    }

    /// Replaces the names in an analysis.
    pub fn apply(&self, analysis: &mut Analysis) -> Result<()> {
        replaced(analysis, &mut Walk { names: &mut &self.aliases, finder: Some(&self.finder), blank: false })
    }

    /// Replaces the names in one event.
    pub fn event(&self, event: &mut Event) -> Result<()> {
        let mut names = &self.aliases;
        let mut walk = Walk { names: &mut names, finder: Some(&self.finder), blank: false };
        *event = part("events", event, &mut walk)?;
        Ok(())
    }

    /// A text of vsscope, a message for instance, with its names replaced.
    pub fn text(&self, text: &str) -> String {
        text::text(&mut &self.aliases, Some(&self.finder), text, Voice::Own)
    }

    /// A text of a log with all words replaced that neither Windows nor vsscope has.
    pub fn log_text(&self, text: &str) -> String {
        text::text(&mut &self.aliases, Some(&self.finder), text, Voice::Log)
    }

    /// The analysis without any text of its own: what an output of it has is the output's.
    pub fn blank(analysis: &Analysis) -> Result<Analysis> {
        let mut blank = analysis.clone();
        let mut nobody = Collected::default();
        replaced(&mut blank, &mut Walk { names: &mut nobody, finder: None, blank: true })?;
        Ok(blank)
    }

    /// Looks for names in what is about to be written. The template is the same output of [`Redaction::blank`].
    pub fn check(&self, bytes: &[u8], template: &Template) -> Result<(), Survivor> {
        self.check.bytes(bytes, template)
    }

    /// Looks for names in every string of a redacted analysis: for forms of output that compress what they write. `blank` is
    /// what [`Redaction::blank`] makes of it.
    pub fn check_analysis(&self, analysis: &Analysis, blank: &Analysis) -> Result<()> {
        let mut template = Template::default();
        template.add(&serde_json::to_vec(blank)?);
        for event in &blank.events {
            template.add(&serde_json::to_vec(event)?);
        }
        let check = |bytes: &[u8]| match self.check(bytes, &template) {
            Ok(()) => Ok(()),
            Err(survivor) => bail!("{}", survived(survivor, "the analysis")),
        };
        check(&serde_json::to_vec(analysis)?)?;
        analysis.events.iter().try_for_each(|event| check(&serde_json::to_vec(event)?))
    }

    /// The mapping, as `vsscope.redaction/1`.
    pub fn map_json(&self) -> String {
        let mut entries: Vec<Mapped<'_>> = Vec::new();
        for (name, entry) in &self.collected.names {
            let alias = self.aliases.aliases.get(name).map_or("", String::as_str);
            entries.push(Mapped {
                alias,
                kind: entry.kind.as_str(),
                originals: entry.forms.iter().collect(),
            });
        }
        entries.sort_by(|a, b| (a.kind, a.alias).cmp(&(b.kind, b.alias)));
        let document = BTreeMap::from([
            ("aliases", serde_json::to_value(entries).unwrap_or_default()),
            ("schema", Value::from(MAP_SCHEMA)),
        ]);
        serde_json::to_string_pretty(&document).unwrap_or_default() + "\n"
    }
}

/// Names of products in an event: sources of records, writers, functions of a trace. They stay.
fn products(event: &Event) -> Vec<&str> {
    let writer = event.writer.as_ref();
    let names = [
        Some(&*event.provider),
        event.source.channel.as_deref(),
        writer.and_then(|writer| writer.name.as_deref()),
        writer.and_then(|writer| writer.class_name.as_deref()),
    ];
    let mut names: Vec<&str> = names.into_iter().flatten().collect();
    if let What::Failure(failure) = &event.what {
        for frame in &failure.frames {
            names.push(&frame.function);
            names.extend(frame.position.as_deref().filter(|position| !position.contains(':')));
        }
    }
    names
}

/// Name and version of the mapping's form.
pub const MAP_SCHEMA: &str = "vsscope.redaction/1";

#[derive(Debug, Serialize)]
struct Mapped<'a> {
    alias: &'a str,
    kind: &'static str,
    originals: Vec<&'a String>,
}

/// The message about a name that is still there.
pub fn survived(survivor: Survivor, place: &str) -> String {
    format!("--redact: {place} would still hold an original ({}); nothing was written", survivor.0.as_str())
}

/// Walks a whole analysis.
fn replaced(analysis: &mut Analysis, walk: &mut Walk<'_>) -> Result<()> {
    analysis.inputs = part("inputs", &analysis.inputs, walk)?;
    analysis.coverage = part("coverage", &analysis.coverage, walk)?;
    let hosts = part("hosts", &analysis.hosts, walk)?;
    for (host, new) in std::mem::replace(&mut analysis.hosts, hosts).into_iter().zip(&mut analysis.hosts) {
        for (run, new) in host.runs.into_iter().zip(&mut new.runs) {
            new.events = run.events;
        }
    }
    let sessions = part("sessions", &analysis.sessions, walk)?;
    for (session, new) in
        std::mem::replace(&mut analysis.sessions, sessions).into_iter().zip(&mut analysis.sessions)
    {
        unwritten_of_session(session, new);
    }
    let sets = part("sets", &analysis.sets, walk)?;
    for (set, new) in std::mem::replace(&mut analysis.sets, sets).into_iter().zip(&mut analysis.sets) {
        unwritten_of_set(set, new);
    }
    analysis.inventory = part("inventory", &analysis.inventory, walk)?;
    analysis.findings = part("findings", &analysis.findings, walk)?;
    analysis.statistics = part("statistics", &analysis.statistics, walk)?;
    for event in &mut analysis.events {
        *event = part("events", event, walk)?;
    }
    Ok(())
}

/// A part of an analysis with its strings replaced.
fn part<T: Serialize + DeserializeOwned>(root: &str, part: &T, walk: &mut Walk<'_>) -> Result<T> {
    let context = || format!("--redact: the {root} of the analysis");
    let mut value = serde_json::to_value(part).with_context(context)?;
    walk.value(root, &mut value);
    // What the error names may be a name of the log.
    serde_json::from_value(value).map_err(|_| anyhow::anyhow!("{}: they cannot be redacted", context()))
}

/// What JSON does not hold.
fn unwritten_of_session(old: Session, new: &mut Session) {
    new.events = old.events;
    new.ended = old.ended;
    for (call, new) in old.calls.into_iter().zip(&mut new.calls) {
        new.events = call.events;
        new.ended = call.ended;
    }
}

fn unwritten_of_set(old: SnapshotSet, new: &mut SnapshotSet) {
    new.events = old.events;
    new.ended = old.ended;
    unwritten_of_phases(old.phases, &mut new.phases);
    for (writer, new) in old.writers.into_iter().zip(&mut new.writers) {
        unwritten_of_phases(writer.phases, &mut new.phases);
    }
}

fn unwritten_of_phases(old: Vec<Phase>, new: &mut [Phase]) {
    for (phase, new) in old.into_iter().zip(new) {
        (new.started, new.ended, new.events) = (phase.started, phase.ended, phase.events);
    }
}
