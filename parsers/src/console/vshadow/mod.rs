//! vshadow.exe, the sample requester of the Windows SDK: its steps as calls, its property blocks as inventory.
//!
//! Source: microsoft/Windows-classic-samples, `Samples/VShadowVolumeShadowCopy` (MIT). vshadow ends a run at the first call
//! that fails, after it has printed that call's code. So the next announcement proves that the call before it was no
//! failure; its end then has no code. The last call of a run that prints nothing more has no end here.
//! What is not announced (creation and initialisation of the instance, `GatherWriterStatus`) shows in a trace, or, for
//! the latter, by a second wait. `SetBackupState` is not announced either: it comes before `GatherWriterMetadata` and has
//! always the same arguments. The result of a last step that prints nothing (`-ds`, `-dx`) is never known.

mod administration;
mod failures;
mod steps;

use super::Tool;
use super::blocks::Blocks;
use super::story::Story;
use super::tally::{Tally, each_line};
use super::tracing::{Traced, Tracing, method};
use super::wrapped::{Printed, Wrap};
use crate::collect::Collector;
use crate::time::LocalClock;
use std::collections::HashSet;
use std::io::Read;
use vsscope_model::{CallArgs, Edge, Event, Guid, HResult, Method, What, Writer, WriterState};

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
    /// The event of a `SetBackupState` that a trace shows.
    state: Option<usize>,
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
            state: None,
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
        let is_state = method == Method::SetBackupState;
        let mut event = self.announced(line, method, CallArgs::default(), out);
        event.set = self.story.set.filter(|_| !event_begins_set(&event));
        self.enter_traced(event, out);
        if is_state {
            self.state = out.events_mut().len().checked_sub(1);
        }
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
            self.state = None;
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
