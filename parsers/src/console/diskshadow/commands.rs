//! Commands of diskshadow as the calls that they stand for.

use super::super::pieces::own_guid;
use super::super::wrapped::Printed;
use super::{Backup, Creation, MOST, MOST_VOLUMES, Reader};
use crate::collect::Collector;
use vsscope_model::{BackupType, CallArgs, Context, Edge, Guid, Method, What};

impl Reader {
    /// The second echo of a command with a variable: `%x% = {guid}`.
    pub(super) fn expand(&mut self, name: &str, rest: &str, out: &mut Collector) {
        let Some(id) = own_guid(rest) else { return };
        self.remember(name, id);
        let Some(event) = self.expands.and_then(|at| out.events_mut().get_mut(at)) else { return };
        match &event.what {
            What::Call { args, .. } if args.whole_set == Some(true) => event.set = event.set.or(Some(id)),
            _ => event.snapshot = event.snapshot.or(Some(id)),
        }
    }

    pub(super) fn remember(&mut self, name: &str, id: Guid) {
        if self.variables.len() < MOST {
            self.variables.insert(name.to_ascii_lowercase(), id);
        }
    }

    /// The id that a word of a command is or stands for.
    fn id(&self, word: &str) -> Option<Guid> {
        let name = word.trim_matches('%').to_ascii_lowercase();
        word.parse().ok().or_else(|| self.variables.get(&name).copied())
    }

    pub(super) fn command(&mut self, line: &Printed, command: &str, out: &mut Collector) {
        let words: Vec<&str> = command.split_whitespace().collect();
        let lower: Vec<String> = words.iter().map(|word| word.to_ascii_lowercase()).collect();
        let keys: Vec<&str> = lower.iter().map(String::as_str).collect();
        let word = |at: usize| words.get(at).copied().unwrap_or_default();
        let args = CallArgs::default();
        match keys.as_slice() {
            ["set", "context", options @ ..] => {
                let args = CallArgs { context: context(options), ..args };
                self.backup.is_writerless = args.context.is_some_and(Context::is_writerless);
                self.calls(line, Method::SetContext, args, None, out);
            }
            ["add", "volume", _, options @ ..] => {
                let alias =
                    options.iter().position(|option| *option == "alias").map(|at| at.saturating_add(4));
                if self.volumes.len() < MOST_VOLUMES {
                    self.volumes.push((word(2).to_owned(), alias.map(|at| word(at).to_ascii_lowercase())));
                }
            }
            ["begin", "backup"] => self.backup.is_full = true,
            ["create"] => {
                self.note_type(line, out);
                self.creation = Some(Creation { line: line.number, ..Creation::default() });
            }
            ["end", "backup"] => self.calls(line, Method::BackupComplete, args, None, out),
            ["begin", "restore"] => self.calls(line, Method::PreRestore, args, None, out),
            ["end", "restore"] => self.calls(line, Method::PostRestore, args, None, out),
            ["import"] => self.calls(line, Method::ImportSnapshots, args, None, out),
            ["delete", "shadows", what @ ..] => self.delete(line, what.first().copied(), word(3), out),
            ["break", options @ ..] => {
                let args = CallArgs { whole_set: Some(true), ..args };
                self.calls(line, Method::BreakSnapshotSet, args, words.get(options.len()).copied(), out);
            }
            // A drive or a folder of this host has a colon, the name of a share has none.
            ["expose", _, place, ..] => {
                let args = CallArgs { locally: Some(place.contains(':')), ..args };
                self.calls(line, Method::ExposeSnapshot, args, Some(word(1)), out);
            }
            ["expose", _] => self.calls(line, Method::ExposeSnapshot, args, Some(word(1)), out),
            ["revert", _] => self.calls(line, Method::RevertToSnapshot, args, Some(word(1)), out),
            ["reset"] => {
                self.volumes.clear();
                self.backup = Backup::default();
                self.story.release(line.number, out);
            }
            ["exit" | "quit"] => self.ended = Some(line.number),
            _ => {}
        }
    }

    /// The type of the backup that the first `create` of a session makes.
    fn note_type(&mut self, line: &Printed, out: &mut Collector) {
        if self.backup.is_writerless || std::mem::replace(&mut self.backup.is_noted, true) {
            return;
        }
        let backup_type = if self.backup.is_full { BackupType::Full } else { BackupType::Copy };
        let args = CallArgs { backup_type: Some(backup_type), ..CallArgs::default() };
        let event = self.story.call(line.number, Method::SetBackupState, Edge::Whole, args, out);
        self.story.keep(event, out);
    }

    /// `delete shadows all | volume v | oldest v | set id | id id | exposed path`.
    fn delete(&mut self, line: &Printed, what: Option<&str>, object: &str, out: &mut Collector) {
        let whole_set = matches!(what, Some("set" | "id")).then_some(what == Some("set"));
        let args = CallArgs { whole_set, ..CallArgs::default() };
        let id = whole_set.map(|_| object);
        let volume = matches!(what, Some("volume" | "oldest")).then(|| object.to_owned());
        self.calls(line, Method::DeleteSnapshots, args, id, out);
        if let Some(event) = self.expands.and_then(|at| out.events_mut().get_mut(at)) {
            event.volume = volume.filter(|volume| !volume.is_empty());
        }
    }

    /// The call that a command stands for, on the set or the copy that it names.
    fn calls(
        &mut self,
        line: &Printed,
        method: Method,
        args: CallArgs,
        object: Option<&str>,
        out: &mut Collector,
    ) {
        let is_set = args.whole_set == Some(true);
        let is_backup = method == Method::BackupComplete;
        let mut event = self.story.call(line.number, method, Edge::Entered, args, out);
        let id = object.and_then(|object| self.id(object));
        event.set = id.filter(|_| is_set).or(self.story.set.filter(|_| is_backup));
        event.snapshot = id.filter(|_| !is_set);
        self.story.enter(event, out);
        self.expands = out.events_mut().len().checked_sub(1);
        self.is_silent = true;
    }
}

/// The context that `set context` asks for (learn.microsoft.com, "set context"; the numbers are those of
/// `_VSS_SNAPSHOT_CONTEXT` with the same meaning: inferred).
fn context(options: &[&str]) -> Option<Context> {
    let has = |option: &str| options.contains(&option);
    let bits = match (has("nowriters"), has("persistent"), has("volatile"), has("clientaccessible")) {
        (false, true, false, false) => 0x09,
        (true, true, false, false) => 0x19,
        (false, false, true, false) => 0x00,
        (true, false, true, false) => 0x10,
        (_, false, false, true) => 0x1D,
        _ => return None,
    };
    Some(Context(bits))
}
