//! diskshadow.exe: echoed commands and what they print, as calls; property blocks, writers and providers as inventory.
//!
//! Commands are echoed behind `->` (script) or `DISKSHADOW>`; they, codes, GUIDs and the variable `VSS_SHADOW_SET` are not
//! translated, sentences may be. Commands stand for calls as their pages on learn.microsoft.com describe them (inferred):
//! `create` for the calls from `StartSnapshotSet` to `DoSnapshotSet`, of which the first ones are entered only when the set's
//! id shows that they were made; `end backup` for `BackupComplete`, `begin restore` and `end restore` for `PreRestore` and
//! `PostRestore`, `delete shadows`, `break`, `expose`, `revert`, `import` for the methods of that name.
//!
//! `end backup` prints nothing when it goes well (observed), so its end is the next command. What the other commands print on
//! success is not known, except for `create` and `expose`: their calls stay without an end. Freeze and thaw never show.

use super::Tool;
use super::blocks::Blocks;
use super::dates::date_in;
use super::pieces::{own_guid, returned_hresult, value};
use super::story::Story;
use super::tally::{Tally, each_line};
use super::tracing::method;
use super::wrapped::{Printed, Wrap};
use crate::collect::Collector;
use crate::time::LocalClock;
use std::collections::HashMap;
use std::io::Read;
use vsscope_model::{
    CallArgs, Component, Context, Edge, Event, Failure, Guid, HResult, Method, Status, What,
};

/// Variables that are remembered; scripts have a handful.
const MOST_VARIABLES: usize = 1000;
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
#[derive(Debug)]
struct Creation {
    line: u64,
    /// Alias and id of the copies, in order.
    copies: Vec<(String, Guid)>,
}

struct Reader {
    story: Story,
    blocks: Blocks,
    /// Lines below the banner that may still name host and time.
    head: u32,
    creation: Option<Creation>,
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
        self.end_backup(line, out);
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

    /// `end backup` went well if nothing was printed before the next command.
    fn end_backup(&mut self, line: &Printed, out: &mut Collector) {
        if self.is_silent && self.story.awaits(&Method::BackupComplete) {
            self.story.settle(line, None, out);
        }
    }

    /// The second echo of a command with a variable: `%x% = {guid}`.
    fn expand(&mut self, name: &str, rest: &str, out: &mut Collector) {
        let Some(id) = own_guid(rest) else { return };
        self.remember(name, id);
        let Some(event) = self.expands.and_then(|at| out.events_mut().get_mut(at)) else { return };
        match &event.what {
            What::Call { args, .. } if args.whole_set == Some(true) => event.set = event.set.or(Some(id)),
            _ => event.snapshot = event.snapshot.or(Some(id)),
        }
    }

    fn remember(&mut self, name: &str, id: Guid) {
        if self.variables.len() < MOST_VARIABLES {
            self.variables.insert(name.to_ascii_lowercase(), id);
        }
    }

    /// The id that a word of a command is or stands for.
    fn id(&self, word: &str) -> Option<Guid> {
        let name = word.trim_matches('%').to_ascii_lowercase();
        word.parse().ok().or_else(|| self.variables.get(&name).copied())
    }

    fn command(&mut self, line: &Printed, command: &str, out: &mut Collector) {
        let words: Vec<&str> = command.split_whitespace().collect();
        let lower: Vec<String> = words.iter().map(|word| word.to_ascii_lowercase()).collect();
        let keys: Vec<&str> = lower.iter().map(String::as_str).collect();
        let word = |at: usize| words.get(at).copied().unwrap_or_default();
        let args = CallArgs::default();
        match keys.as_slice() {
            ["set", "context", options @ ..] => {
                let args = CallArgs { context: context(options), ..args };
                self.calls(line, Method::SetContext, args, None, out);
            }
            ["add", "volume", _, options @ ..] => {
                let alias =
                    options.iter().position(|option| *option == "alias").map(|at| at.saturating_add(4));
                self.volumes.push((word(2).to_owned(), alias.map(|at| word(at).to_ascii_lowercase())));
            }
            ["create"] => self.creation = Some(Creation { line: line.number, copies: Vec::new() }),
            ["end", "backup"] => self.calls(line, Method::BackupComplete, args, None, out),
            ["begin", "restore"] => self.calls(line, Method::PreRestore, args, None, out),
            ["end", "restore"] => self.calls(line, Method::PostRestore, args, None, out),
            ["import"] => self.calls(line, Method::ImportSnapshots, args, None, out),
            ["delete", "shadows", what @ ..] => self.delete(line, what.first().copied(), word(3), out),
            ["break", options @ ..] => {
                let args = CallArgs { whole_set: Some(true), ..args };
                self.calls(line, Method::BreakSnapshotSet, args, words.get(options.len()).copied(), out);
            }
            ["expose", _, ..] => self.calls(line, Method::ExposeSnapshot, args, Some(word(1)), out),
            ["revert", _] => self.calls(line, Method::RevertToSnapshot, args, Some(word(1)), out),
            ["exit" | "quit"] => self.ended = Some(line.number),
            _ => {}
        }
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

    /// What a command printed.
    fn outcome(&mut self, line: &Printed, out: &mut Collector) -> bool {
        let text = line.text.trim();
        if let Some(code) = returned_hresult(text).filter(|code| code.is_failure()) {
            self.failed(line, code, out);
            return true;
        }
        if let Some(call) = text.strip_prefix("COM call ") {
            self.failed_call = Some((line.number, call.to_owned()));
            return true;
        }
        if text == "DiskShadow is exiting." {
            self.ended = Some(line.number);
            self.end_session(out);
            return true;
        }
        if self.story.awaits(&Method::ExposeSnapshot)
            && text.starts_with("The shadow copy was successfully exposed")
        {
            self.story.settle(line, Some(HResult::OK), out);
            return true;
        }
        self.creation.is_some() && (self.alias(line, out) || self.includes(line, out))
    }

    /// `Alias NAME for shadow ID {ID} …`, and with the variable `VSS_SHADOW_SET` the line that says that the set exists.
    fn alias(&mut self, line: &Printed, out: &mut Collector) -> bool {
        let Some(id) = own_guid(&line.text) else { return false };
        let words = || line.text.split_whitespace();
        if words().any(|word| word == "VSS_SHADOW_SET") {
            self.remember("VSS_SHADOW_SET", id);
            self.end_creation(Some((id, HResult::OK)), line, out);
            return true;
        }
        let is_added = |word: &str| {
            let word = word.to_ascii_lowercase();
            self.volumes.iter().any(|(_, alias)| alias.as_deref() == Some(word.as_str()))
        };
        // The name stands second in English.
        let name =
            words().find(|word| is_added(word)).or_else(|| words().nth(1)).unwrap_or_default().to_owned();
        self.remember(&name, id);
        if let Some(creation) =
            self.creation.as_mut().filter(|creation| creation.copies.len() < MOST_VARIABLES)
        {
            creation.copies.push((name.to_ascii_lowercase(), id));
        }
        true
    }

    /// `* Including writer "W":` and below it `+ Adding component: \p`.
    fn includes(&mut self, line: &Printed, out: &mut Collector) -> bool {
        let text = line.text.trim();
        if let Some(title) = text.strip_prefix("* ").and_then(|title| title.strip_suffix("\":")) {
            self.including = title.split_once('"').map(|(_, name)| name.to_owned());
            return true;
        }
        let Some(path) = text.strip_prefix("+ ").and_then(value) else { return false };
        let component = self.including.as_deref().map(|writer| component(writer, path));
        let args = CallArgs { component, ..CallArgs::default() };
        let event = self.story.call(line.number, Method::AddComponent, Edge::Entered, args, out);
        self.story.keep(event, out);
        true
    }

    /// A code: of the COM call that was named before it, else of the command that ran.
    fn failed(&mut self, line: &Printed, code: HResult, out: &mut Collector) {
        let call = self.failed_call.take().filter(|(at, _)| line.number.saturating_sub(*at) == 1);
        let call = call.map(|(_, call)| call);
        // Harmless (KB 3025158): `create` goes on.
        if call.as_deref().is_some_and(|call| call.contains("GetRootAndLogicalPrefixPaths")) {
            return;
        }
        let status = Some(Status::Hresult(code));
        if let Some(method) = call.as_deref().and_then(method).filter(|method| !self.story.awaits(method)) {
            let mut event = self.story.call(line.number, method, Edge::Whole, CallArgs::default(), out);
            event.status = status;
            return self.story.keep(event, out);
        }
        if self.creation.is_some() {
            self.end_creation(Some((Guid::NULL, code)), line, out);
        } else if self.story.pending().is_some() {
            self.story.settle(line, Some(code), out);
        } else {
            let what = What::Failure(Box::new(Failure { reason: None, frames: Vec::new() }));
            let mut event: Event = self.story.event(line.number, what, out);
            event.status = status;
            self.story.keep(event, out);
        }
    }

    /// The end of `create`: with the set, with a code, or without a sign of either.
    fn end_creation(&mut self, outcome: Option<(Guid, HResult)>, line: &Printed, out: &mut Collector) {
        let Some(creation) = self.creation.take() else { return };
        let set = outcome.filter(|(_, code)| !code.is_failure()).map(|(set, _)| set);
        if let Some(set) = set {
            self.started(&creation, set, out);
        }
        let mut event =
            self.story.call(creation.line, Method::DoSnapshotSet, Edge::Entered, CallArgs::default(), out);
        event.set = set;
        self.story.enter(event, out);
        match outcome {
            Some((_, code)) => self.story.settle(line, Some(code), out),
            None => self.story.forget(),
        }
        self.volumes.clear();
        self.including = None;
    }

    /// A set with an id and copies with ids: it was started and the volumes were added.
    fn started(&mut self, creation: &Creation, set: Guid, out: &mut Collector) {
        self.story.set = Some(set);
        let args = CallArgs::default();
        let mut event = self.story.call(creation.line, Method::StartSnapshotSet, Edge::Returned, args, out);
        event.set = Some(set);
        event.status = Some(Status::Hresult(HResult::OK));
        self.story.keep(event, out);
        for (alias, id) in &creation.copies {
            let args = CallArgs::default();
            let mut event = self.story.call(creation.line, Method::AddToSnapshotSet, Edge::Whole, args, out);
            event.set = Some(set);
            event.snapshot = Some(*id);
            let added = self.volumes.iter().find(|(_, name)| name.as_deref() == Some(alias.as_str()));
            event.volume = added.map(|(volume, _)| volume.clone());
            self.story.keep(event, out);
        }
    }

    fn end_session(&mut self, out: &mut Collector) {
        self.end_block(out);
        let at = Printed { number: self.ended.unwrap_or_default(), ..Printed::default() };
        self.end_creation(None, &at, out);
        if let Some(line) = self.ended.take().filter(|_| self.story.is_open()) {
            self.end_backup(&at, out);
            self.story.exit(line, out);
        }
        self.story.close();
        self.volumes.clear();
        self.variables.clear();
        self.expands = None;
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

/// The component of a printed path: logical path, backslash, name.
fn component(writer: &str, path: &str) -> Component {
    let (path, name) = path.rsplit_once('\\').unwrap_or(("", path));
    Component {
        writer: writer.to_owned(),
        instance: None,
        path: path.strip_prefix('\\').unwrap_or(path).to_owned(),
        name: name.to_owned(),
    }
}
