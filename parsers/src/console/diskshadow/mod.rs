//! diskshadow.exe: echoed commands and what they print, as calls; property blocks, writers and providers as inventory.
//!
//! Commands are echoed behind `->` (script) or `DISKSHADOW>`; they, codes, GUIDs and the variable `VSS_SHADOW_SET` are not
//! translated, sentences may be. Commands stand for calls as their pages on learn.microsoft.com describe them (inferred):
//! `create` for the calls from `StartSnapshotSet` to `DoSnapshotSet`, of which the first ones are entered only when the set's
//! id shows that they were made; `end backup` for `BackupComplete`, `begin restore` and `end restore` for `PreRestore` and
//! `PostRestore`, `delete shadows`, `break`, `expose`, `revert`, `import` for the methods of that name. `reset` "releases
//! IVssBackupComponents interfaces" (its page): `Release`, and a new session. A `create` in a context with writers makes a
//! copy backup, behind `begin backup` a full one (their pages); the type is what `SetBackupState` takes (inferred), the
//! mode does not show.
//!
//! `end backup` and `set context` print nothing when they go well (observed), so their end is the next command. What
//! `delete` and `break` print on success is not public; a failure would be announced (observed for other commands), so they
//! end without a result at the next command (inferred). The calls of the other commands stay without an end, except for
//! `create` and `expose`. Freeze and thaw never show.

mod commands;
mod outcomes;

use super::Tool;
use super::blocks::Blocks;
use super::dates::date_in;
use super::pieces::value;
use super::story::Story;
use super::tally::{Tally, each_line};
use super::wrapped::{Printed, Wrap};
use crate::collect::Collector;
use crate::time::LocalClock;
use std::collections::HashMap;
use std::io::Read;
use vsscope_model::{Guid, Method};

/// Variables and copies that are remembered; scripts have a handful.
const MOST: usize = 1000;
/// Volumes of a set: VSS takes no more (`VSS_E_MAXIMUM_NUMBER_OF_VOLUMES_REACHED`).
const MOST_VOLUMES: usize = 64;
/// Lines below the banner among which that with host and time is looked for.
const HEAD: u32 = 4;

/// Reads output or a log of diskshadow.
pub(super) fn read(stream: &mut dyn Read, local: LocalClock, out: &mut Collector) {
    let mut reader = Reader::new(out);
    let mut tally = Tally::default();
    let encoding = each_line(stream, Wrap::Guids, out, &mut tally, |line, out, tally| {
        reader.line(line, out, tally);
    });
    reader.end_session(out);
    reader.story.finish(local, out);
    tally.finish("diskshadow", "echoed commands and what they print; property blocks", encoding, out);
}

/// Whether this is the first line of a session: the product's name is not translated.
pub(super) fn is_banner(text: &str) -> bool {
    text.starts_with("Microsoft DiskShadow ") && text.ends_with(|c: char| c.is_ascii_digit())
}

/// The command of an echo; empty where a script ends.
pub(super) fn echo(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("->").or_else(|| text.strip_prefix("DISKSHADOW>"))?;
    (rest.is_empty() || rest.starts_with(' ')).then(|| rest.trim())
}

/// A `create` whose outcome is not known yet.
#[derive(Debug, Default)]
struct Creation {
    line: u64,
    /// Alias and id of the copies, in order.
    copies: Vec<(String, Guid)>,
    /// Indexes of the events of its components.
    components: Vec<usize>,
}

/// What the commands of a session say of the backup that it makes.
#[derive(Debug, Default)]
struct Backup {
    /// A `begin backup` was read.
    is_full: bool,
    /// The context that was set has no writers.
    is_writerless: bool,
    /// The type was noted.
    is_noted: bool,
}

struct Reader {
    story: Story,
    blocks: Blocks,
    /// Lines below the banner that may still name host and time.
    head: u32,
    creation: Option<Creation>,
    backup: Backup,
    /// Volume and alias of `add volume`, for the next `create`.
    volumes: Vec<(String, Option<String>)>,
    /// GUIDs of variables, by name in lower case.
    variables: HashMap<String, Guid>,
    /// The event of the last command, for a variable of it that is expanded in the next echo.
    expands: Option<usize>,
    /// The last command has printed nothing that is not known.
    is_silent: bool,
    /// The writer whose components are included.
    including: Option<String>,
    /// The text of the COM call that is said to have failed, and the line: its code stands on the next one.
    failed_call: Option<(u64, String)>,
    /// Where the script ended; the tool may still say something.
    ended: Option<u64>,
}

impl Reader {
    fn new(out: &mut Collector) -> Self {
        Reader {
            story: Story::new(Tool::Diskshadow, out),
            blocks: Blocks::default(),
            head: 0,
            creation: None,
            backup: Backup::default(),
            volumes: Vec::new(),
            variables: HashMap::new(),
            expands: None,
            is_silent: true,
            including: None,
            failed_call: None,
            ended: None,
        }
    }

    fn line(&mut self, line: &Printed, out: &mut Collector, tally: &mut Tally) {
        if line.text.is_empty() {
            return tally.continues(line);
        }
        if is_banner(&line.text) {
            self.end_session(out);
            self.story.begin(out);
            self.head = HEAD;
            return tally.parse(line);
        }
        if let Some(command) = echo(&line.text) {
            self.end_block(out);
            self.echoed(line, command, out);
            return tally.parse(line);
        }
        if self.head > 0 && self.names_host(line, out) {
            return tally.continues(line);
        }
        if self.blocks.item(line, out) || self.blocks.is_metadata(line) {
            return tally.continues(line);
        }
        self.end_block(out);
        if self.blocks.begin(line, out) || self.outcome(line, out) {
            return tally.parse(line);
        }
        self.is_silent = false;
        tally.unknown(line);
    }

    fn end_block(&mut self, out: &mut Collector) {
        if let Some(copy) = self.blocks.end(out) {
            self.story.listed(&copy, out);
        }
    }

    /// `On computer:  NAME,  3/7/2031 4:05:09 AM`; the label may be translated.
    fn names_host(&mut self, line: &Printed, out: &mut Collector) -> bool {
        self.head = self.head.saturating_sub(1);
        let Some((host, date)) = value(&line.text).and_then(|value| value.split_once(',')) else {
            return line.text.starts_with("Copyright");
        };
        let Some(date) = date_in(date) else { return false };
        self.story.on_host(host.trim(), out);
        self.story.dated(date);
        self.head = 0;
        true
    }

    fn echoed(&mut self, line: &Printed, command: &str, out: &mut Collector) {
        let (first, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
        if let Some(name) = first.strip_prefix('%').filter(|_| rest.trim_start().starts_with('=')) {
            return self.expand(name.trim_end_matches('%'), rest, out);
        }
        self.expands = None;
        self.end_creation(None, line, out);
        self.end_silent(line, out);
        self.story.forget();
        self.failed_call = None;
        // A comment, also that of a script's head.
        if command.starts_with('#') {
            return;
        }
        if command.is_empty() {
            self.ended = Some(line.number);
            return;
        }
        // An empty echo between commands was no end; without a banner, commands begin a session.
        self.ended = None;
        if !self.story.is_open() {
            self.story.begin(out);
        }
        self.command(line, command, out);
    }

    /// `end backup` and `set context` went well if nothing was printed before the next command, deletion and break if nothing
    /// was printed that tells of a failure.
    fn end_silent(&mut self, line: &Printed, out: &mut Collector) {
        let awaits = |method| self.story.awaits(method);
        let silent = awaits(&Method::BackupComplete) || awaits(&Method::SetContext);
        let unknown_words = awaits(&Method::DeleteSnapshots) || awaits(&Method::BreakSnapshotSet);
        if unknown_words || (self.is_silent && silent) {
            self.story.settle(line, None, out);
        }
    }

    fn end_session(&mut self, out: &mut Collector) {
        self.end_block(out);
        let at = Printed { number: self.ended.unwrap_or_default(), ..Printed::default() };
        self.end_creation(None, &at, out);
        if let Some(line) = self.ended.take().filter(|_| self.story.is_open()) {
            self.end_silent(&at, out);
            self.story.exit(line, out);
        }
        self.story.close();
        self.volumes.clear();
        self.backup = Backup::default();
        self.variables.clear();
        self.expands = None;
    }
}
