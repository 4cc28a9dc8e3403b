//! vshadow.exe, the sample requester of the Windows SDK: its steps as calls, its property blocks as inventory.
//!
//! Source: microsoft/Windows-classic-samples, `Samples/VShadowVolumeShadowCopy` (MIT). vshadow ends a run at the first call
//! that fails, after it has printed that call's code. So the next announcement proves that the call before it was no
//! failure; its end then has no code. The last call of a run that prints nothing more has no end here.
//! What is not announced (creation and initialisation of the instance, `GatherWriterStatus`) shows in a trace, or, for
//! the latter, by a second wait. The result of a last step that prints nothing (`-ds`, `-dx`) is never known.

use super::Tool;
use super::blocks::Blocks;
use super::pieces::{code, guids, number, own_guid, returned_hresult, value};
use super::story::Story;
use super::tally::{Tally, each_line};
use super::tracing::{Traced, Tracing, function, is_wait, method};
use super::wrapped::{Printed, Wrap};
use crate::collect::Collector;
use crate::time::LocalClock;
use std::collections::HashSet;
use std::io::Read;
use std::sync::Arc;
use vsscope_model::{
    CallArgs, Component, Context, Edge, Event, Failure, Frame, Guid, HResult, Method, Status, What, Writer,
    WriterState,
};

/// Reads output of vshadow.
pub(super) fn read(stream: &mut dyn Read, local: LocalClock, out: &mut Collector) {
    let mut reader = Reader::new(out);
    let mut tally = Tally::default();
    let encoding = each_line(stream, Wrap::Guids, out, &mut tally, |line, out, tally| {
        reader.line(line, out, tally);
    });
    reader.end_block(out);
    reader.end_status(out);
    reader.story.finish(local, out);
    tally.finish("vshadow", "one step a line; property blocks", encoding, out);
}

/// Whether this is the first line of a run.
pub(super) fn is_banner(text: &str) -> bool {
    text.starts_with("VSHADOW.EXE ") && text.contains(" - Volume Shadow Copy sample client")
}

/// A failure whose code is still to come.
#[derive(Debug)]
enum Failing {
    /// The text of the call that failed.
    Call(String),
    /// The asynchronous work of the call that was announced last.
    Work,
}

struct Reader {
    story: Story,
    tracing: Tracing,
    blocks: Blocks,
    failing: Option<Failing>,
    /// The writer that was found failed, while its lines are read.
    status: Option<(u64, Failed)>,
    /// The writer whose components are selected; `None` for a second instance of that name.
    selecting: Option<String>,
    selected: HashSet<String>,
    /// The copy that is to be exposed.
    exposing: Option<Guid>,
    /// The reason for which the run ends was printed.
    is_failed: bool,
    /// A resynchronisation announces no call before it waits.
    is_resync: bool,
}

/// State, failure code and ids of a failed writer.
#[derive(Debug, Default)]
struct Failed {
    writer: Writer,
    state: Option<WriterState>,
    failure: Option<HResult>,
}

impl Reader {
    fn new(out: &mut Collector) -> Self {
        Reader {
            story: Story::new(Tool::Vshadow, out),
            tracing: Tracing::default(),
            blocks: Blocks::default(),
            failing: None,
            status: None,
            selecting: None,
            selected: HashSet::new(),
            exposing: None,
            is_failed: false,
            is_resync: false,
        }
    }

    fn line(&mut self, line: &Printed, out: &mut Collector, tally: &mut Tally) {
        if line.text.is_empty() {
            // Repetitions count blank lines too.
            self.tracing.line("");
            return tally.continues(line);
        }
        match self.tracing.line(&line.text) {
            Traced::Plain => self.plain(line, out, tally),
            Traced::Nothing => tally.continues(line),
            Traced::Call(call) => match method(call) {
                Some(method) => {
                    self.traced_call(line, method, out);
                    tally.parse(line);
                }
                None => tally.continues(line),
            },
            Traced::Caught(code) => {
                // Most often the code was printed before it, with the call that gave it.
                if !self.is_failed {
                    self.other_failure(line, None, code, out);
                }
                self.story.exit(line.number, out);
                tally.parse(line);
            }
        }
    }

    /// A call that a trace shows; the line that announced it has made the event already.
    fn traced_call(&mut self, line: &Printed, method: Method, out: &mut Collector) {
        if let Some(pending) =
            self.story.pending().filter(|pending| pending.method == method && !pending.traced)
        {
            pending.traced = true;
            return;
        }
        let mut event = self.announced(line, method, CallArgs::default(), out);
        event.set = self.story.set.filter(|_| !event_begins_set(&event));
        self.enter_traced(event, out);
    }

    fn enter_traced(&mut self, event: Event, out: &mut Collector) {
        self.story.enter(event, out);
        if let Some(pending) = self.story.pending() {
            pending.traced = true;
        }
    }

    /// The call before is over; the event of the next one.
    fn announced(&mut self, line: &Printed, method: Method, args: CallArgs, out: &mut Collector) -> Event {
        self.story.settle(line, None, out);
        self.story.call(line.number, method, Edge::Entered, args, out)
    }

    fn plain(&mut self, line: &Printed, out: &mut Collector, tally: &mut Tally) {
        if is_banner(&line.text) {
            self.end_block(out);
            self.story.begin(out);
            self.selected.clear();
            self.is_failed = false;
            self.is_resync = false;
            return tally.parse(line);
        }
        let is_step = self.failure(line, out)
            || self.status(line, out)
            || self.creation(line, out)
            || self.completion(line, out)
            || self.administration(line, out)
            || self.ending(line, out);
        if is_step {
            self.end_block(out);
            return tally.parse(line);
        }
        if self.blocks.item(line, out) || self.blocks.is_metadata(line) {
            return tally.continues(line);
        }
        self.end_block(out);
        if self.blocks.begin(line, out) {
            return tally.parse(line);
        }
        if is_known(&line.text) { tally.continues(line) } else { tally.unknown(line) }
    }

    fn end_block(&mut self, out: &mut Collector) {
        if let Some(copy) = self.blocks.end(out) {
            self.story.listed(&copy, out);
        }
    }

    /// Blocks of a failure: which call, then its code.
    fn failure(&mut self, line: &Printed, out: &mut Collector) -> bool {
        let text = line.text.trim();
        if let Some(call) = text.strip_prefix("ERROR: COM call ") {
            self.failing = Some(Failing::Call(call.to_owned()));
            return true;
        }
        if text.starts_with("Error during the last asynchronous operation.") {
            self.failing = Some(Failing::Work);
            return true;
        }
        let Some(code) = returned_hresult(text).filter(|_| self.failing.is_some()) else { return false };
        self.is_failed = true;
        match self.failing.take() {
            Some(Failing::Call(call)) if !is_wait(&call) => self.failed_call(line, &call, code, out),
            _ => self.failed_work(line, code, out),
        }
        true
    }

    fn failed_call(&mut self, line: &Printed, call: &str, code: HResult, out: &mut Collector) {
        let Some(method) = method(call) else {
            let function = function(call).map(|name| out.name(name));
            return self.other_failure(line, function, code, out);
        };
        if self.story.awaits(&method) {
            return self.story.settle(line, Some(code), out);
        }
        // It was not announced, and the one that was has ended before it.
        self.story.settle(line, None, out);
        let mut event = self.story.call(line.number, method, Edge::Whole, CallArgs::default(), out);
        event.status = Some(Status::Hresult(code));
        event.set = self.story.set;
        event.snapshot = self.exposing.take();
        self.story.keep(event, out);
    }

    fn failed_work(&mut self, line: &Printed, code: HResult, out: &mut Collector) {
        if self.story.pending().is_some() {
            self.story.settle(line, Some(code), out);
        } else {
            self.other_failure(line, None, code, out);
        }
    }

    /// A failure outside of the calls of the protocol.
    fn other_failure(
        &mut self,
        line: &Printed,
        function: Option<Arc<str>>,
        code: HResult,
        out: &mut Collector,
    ) {
        self.story.forget();
        let frame =
            |function| Frame { function, hresult: Some(code), line: Some(line.number), ..Frame::default() };
        let failure = Failure { reason: None, frames: function.map(frame).into_iter().collect() };
        let mut event = self.story.event(line.number, What::Failure(Box::new(failure)), out);
        event.status = Some(Status::Hresult(code));
        self.story.keep(event, out);
    }

    /// A selected writer that has failed: five lines.
    fn status(&mut self, line: &Printed, out: &mut Collector) -> bool {
        let text = line.text.trim();
        if let Some(rest) = text.strip_prefix("ERROR: Selected writer '") {
            let name = rest.rsplit_once('\'').map_or(rest, |(name, _)| name);
            self.story.settle(line, None, out);
            self.end_status(out);
            self.is_failed = true;
            let writer = Writer { name: Some(out.name(name)), ..Writer::default() };
            self.status = Some((line.number, Failed { writer, ..Failed::default() }));
            return true;
        }
        let Some((_, status)) = &mut self.status else { return false };
        let field = value(text).unwrap_or_default();
        match text.strip_prefix("- ").and_then(|item| item.split_once(':')).map(|(label, _)| label) {
            Some("Status") => status.state = number(field).map(WriterState),
            Some("Writer Failure code") => status.failure = code(field),
            Some("Writer ID") => status.writer.class_id = own_guid(text),
            Some("Instance ID") => {
                status.writer.instance_id = own_guid(text);
                self.end_status(out);
            }
            _ => {
                self.end_status(out);
                return false;
            }
        }
        true
    }

    fn end_status(&mut self, out: &mut Collector) {
        let Some((line, status)) = self.status.take() else { return };
        let Some(state) = status.state else { return };
        let what = What::WriterStatus { state, failure: status.failure };
        let mut event = self.story.event(line, what, out);
        event.writer = Some(status.writer);
        event.status = status.failure.map(Status::Hresult);
        event.set = self.story.set;
        self.story.keep(event, out);
    }

    /// Steps up to the shadow copy.
    fn creation(&mut self, line: &Printed, out: &mut Collector) -> bool {
        let text = line.text.trim();
        if let Some(context) = text.strip_prefix("- Setting the VSS context to: ") {
            let context = code(context).map(|bits| Context(bits.0));
            self.step(line, Method::SetContext, CallArgs { context, ..CallArgs::default() }, out);
        } else if text == "(Gathering writer metadata...)" {
            self.step(line, Method::GatherWriterMetadata, CallArgs::default(), out);
        } else if let Some(rest) = text.strip_prefix("* Writer '") {
            let name = rest.trim_end_matches(':').trim_end_matches('\'').to_owned();
            // A second writer of the name is another instance, whose components are not those of the first.
            self.selecting = Some(name.clone()).filter(|_| self.selected.insert(name));
        } else if let Some(path) = text.strip_prefix("- Add component ") {
            let component = self.selecting.as_deref().map(|writer| component(writer, path));
            self.step(line, Method::AddComponent, CallArgs { component, ..CallArgs::default() }, out);
        } else if let Some(set) = text.strip_prefix("Creating shadow set ").and_then(own_guid) {
            self.begin_set(line, set, out);
        } else if let Some(rest) = text.strip_prefix("- Adding volume ") {
            let volume = rest.rsplit_once(" [").map_or(rest, |(volume, _)| volume);
            let mut event = self.announced(line, Method::AddToSnapshotSet, CallArgs::default(), out);
            event.set = self.story.set;
            event.volume = Some(volume.to_owned());
            self.story.enter(event, out);
        } else if text.starts_with("Preparing for backup ...") {
            self.step(line, Method::PrepareForBackup, CallArgs::default(), out);
        } else if text.starts_with("Creating the shadow (DoSnapshotSet) ...") {
            self.step(line, Method::DoSnapshotSet, CallArgs::default(), out);
        } else if text == "(Waiting for the asynchronous operation to finish...)" {
            self.wait(line, out);
        } else {
            return false;
        }
        true
    }

    /// A call that belongs to the set that was begun, if one was.
    fn step(&mut self, line: &Printed, method: Method, args: CallArgs, out: &mut Collector) {
        let mut event = self.announced(line, method, args, out);
        event.set = self.story.set;
        self.story.enter(event, out);
    }

    /// The line is printed once `StartSnapshotSet` has given the id.
    fn begin_set(&mut self, line: &Printed, set: Guid, out: &mut Collector) {
        if self.story.awaits(&Method::StartSnapshotSet) {
            self.story.forget();
        } else {
            self.story.settle(line, None, out);
        }
        let args = CallArgs::default();
        let mut event = self.story.call(line.number, Method::StartSnapshotSet, Edge::Returned, args, out);
        event.set = Some(set);
        event.status = Some(Status::Hresult(HResult::OK));
        self.story.keep(event, out);
        self.story.set = Some(set);
    }

    /// Each asynchronous call is waited for once. A second wait is that for `GatherWriterStatus`, which is not announced
    /// and is called only after the call before it went well.
    fn wait(&mut self, line: &Printed, out: &mut Collector) {
        if let Some(pending) = self.story.pending().filter(|pending| pending.waits == 0) {
            pending.waits = 1;
            return;
        }
        let method = if self.is_resync { Method::from("RecoverSet") } else { Method::GatherWriterStatus };
        self.step(line, method, CallArgs::default(), out);
        if let Some(pending) = self.story.pending() {
            pending.waits = 1;
        }
    }

    /// Steps from the shadow copy to the end of the backup, and of a restore.
    fn completion(&mut self, line: &Printed, out: &mut Collector) -> bool {
        let text = line.text.trim();
        let mark = |succeeded| CallArgs { succeeded: Some(succeeded), ..CallArgs::default() };
        match text {
            "Initialize writer metadata ..." => self.done(line, &Method::GatherWriterMetadata, out),
            "Shadow copy set succesfully created." => self.done(line, &Method::DoSnapshotSet, out),
            "Fast DoSnapshotSet finished." => self.done(line, &Method::DoSnapshotSet, out),
            "Shadow copy set succesfully imported." => self.done(line, &Method::ImportSnapshots, out),
            "Break done." | "BreakEx done." => self.done(line, &Method::BreakSnapshotSet, out),
            "The shadow copy has been successfully reverted" => {
                self.done(line, &Method::RevertToSnapshot, out)
            }
            "Resync done." => self.done(line, &Method::from("RecoverSet"), out),
            "- Mark all writers as succesfully backed up..." => {
                self.step(line, Method::SetBackupSucceeded, mark(true), out);
            }
            "- Backup failed. Mark all writers as not succesfully backed up..." => {
                self.step(line, Method::SetBackupSucceeded, mark(false), out);
            }
            "- There were no writer components in this backup" => self.story.settle(line, None, out),
            "Completing the backup (BackupComplete) ..." => {
                self.step(line, Method::BackupComplete, CallArgs::default(), out);
            }
            "Importing the transportable snapshot set ..." => {
                self.step(line, Method::ImportSnapshots, CallArgs::default(), out);
            }
            "Sending the PreRestore event ..." => {
                self.step(line, Method::PreRestore, CallArgs::default(), out)
            }
            "Sending the PostRestore event ..." => {
                self.step(line, Method::PostRestore, CallArgs::default(), out)
            }
            _ => return false,
        }
        true
    }

    /// The tool says that the call went well; where another one has followed it since, that one is over now.
    fn done(&mut self, line: &Printed, method: &Method, out: &mut Collector) {
        let result = self.story.awaits(method).then_some(HResult::OK);
        self.story.settle(line, result, out);
    }

    /// Deleting, breaking, exposing and reverting.
    fn administration(&mut self, line: &Printed, out: &mut Collector) -> bool {
        let text = line.text.trim();
        let whole_set = |whole| CallArgs { whole_set: Some(whole), ..CallArgs::default() };
        if let Some(set) = text.strip_prefix("- Deleting shadow copy set ").and_then(own_guid) {
            self.on_set(line, Method::DeleteSnapshots, whole_set(true), set, out);
        } else if let Some(rest) = text.strip_prefix("- Deleting shadow copy ") {
            self.on_copy(line, Method::DeleteSnapshots, whole_set(false), rest, out);
        } else if let Some(set) = text.strip_prefix("- Calling BreakSnapshotSet").and_then(own_guid) {
            self.on_set(line, Method::BreakSnapshotSet, whole_set(true), set, out);
        } else if text.starts_with("- Making shadow copy devices from ") {
            self.story.settle(line, None, out);
        } else if let Some(rest) = text.strip_prefix("- Reverting to shadow copy ") {
            self.on_copy(line, Method::RevertToSnapshot, CallArgs::default(), rest, out);
        } else if text.starts_with("Revert is disabled on the volume ") {
            self.story.retract(out);
        } else if let Some(code) =
            revert_failure(text).filter(|_| self.story.awaits(&Method::RevertToSnapshot))
        {
            self.story.settle(line, Some(code), out);
        } else if let Some(rest) = text.strip_prefix("- Exposing shadow copy ") {
            self.exposing = own_guid(rest);
        } else if text.starts_with("- Shadow copy exposed as ") {
            let mut event =
                self.story.call(line.number, Method::ExposeSnapshot, Edge::Whole, CallArgs::default(), out);
            event.snapshot = self.exposing.take();
            event.status = Some(Status::Hresult(HResult::OK));
            self.story.keep(event, out);
        } else if text.starts_with("Resyncing using ") {
            self.is_resync = true;
        } else {
            return false;
        }
        true
    }

    fn on_set(&mut self, line: &Printed, method: Method, args: CallArgs, set: Guid, out: &mut Collector) {
        let mut event = self.announced(line, method, args, out);
        event.set = Some(set);
        self.story.enter(event, out);
    }

    /// `{ID} on %s from provider {P} [0x…]...`, or the id alone.
    fn on_copy(&mut self, line: &Printed, method: Method, args: CallArgs, rest: &str, out: &mut Collector) {
        let mut event = self.announced(line, method, args, out);
        let mut ids = guids(rest);
        event.snapshot = ids.next();
        event.provider_id = ids.next();
        let volume = rest.split_once("} on ").and_then(|(_, rest)| rest.split_once(" from provider "));
        event.volume = volume.map(|(volume, _)| volume.to_owned());
        self.story.enter(event, out);
    }

    /// The end of a run that went through.
    fn ending(&mut self, line: &Printed, out: &mut Collector) -> bool {
        let text = line.text.trim();
        if !matches!(text, "Snapshot creation done." | "Restore done." | "Restore simulation done.") {
            return false;
        }
        self.story.settle(line, None, out);
        self.story.exit(line.number, out);
        true
    }
}

fn event_begins_set(event: &Event) -> bool {
    matches!(&event.what, What::Call { method: Method::StartSnapshotSet, .. })
}

/// The component of a printed path: logical path, backslash, name. vshadow puts a backslash before it if it has none.
fn component(writer: &str, path: &str) -> Component {
    let (path, name) = path.trim_end().rsplit_once('\\').unwrap_or(("", path));
    Component {
        writer: writer.to_owned(),
        instance: None,
        path: path.strip_prefix('\\').unwrap_or(path).to_owned(),
        name: name.to_owned(),
    }
}

/// The code behind the sentences that `RevertToSnapshot` fails with: four of them stand for one code each (`revert.cpp`).
fn revert_failure(text: &str) -> Option<HResult> {
    if text.starts_with("RevertToSnapshot on Shadow Copy ") {
        return code(text);
    }
    match text {
        _ if text.starts_with("Shadow Copy with id ") => Some(HResult::VSS_OBJECT_NOT_FOUND),
        // VSS_E_VOLUME_IN_USE, VSS_E_REVERT_IN_PROGRESS, VSS_E_VOLUME_NOT_SUPPORTED.
        _ if text.starts_with("The voulume ") => Some(HResult(0x8004_231D)),
        _ if text.starts_with("A revert is current in progress ") => Some(HResult(0x8004_2325)),
        _ if text.starts_with("Revert is not supported ") => Some(HResult(0x8004_230C)),
        _ => None,
    }
}

/// Lines that vshadow prints around its steps and that say nothing of the protocol.
fn is_known(text: &str) -> bool {
    const BEGINNINGS: [&str; 25] = [
        "(Option: ",
        "Copyright (C)",
        "Discover ",
        "Verifying explicitly specified",
        "Select ",
        "List of created shadow copies",
        "Querying all shadow copies",
        "There are no shadow copies",
        "Listing writer ",
        "Saving the backup components document",
        "Generating the SETVAR script",
        "Executing command ",
        "Exclude writers ",
        "Initializing writer components",
        "Set restore status",
        "Error while deleting shadow copies",
        "Fast snapshot created",
        "- Error text: ",
        "- Please re-run VSHADOW.EXE",
        "- Last shadow copy that could not be deleted",
        "- Number of writers that responded",
        "- Excluding writer '",
        "- Select component ",
        "- Component '",
        "- The writer '",
    ];
    BEGINNINGS.iter().any(|beginning| text.trim_start().starts_with(beginning))
}
