//! The steps of a backup and a restore, from `SetContext` to `BackupComplete` and `PostRestore`.

use super::super::pieces::{code, own_guid};
use super::super::story::component;
use super::super::wrapped::Printed;
use super::Reader;
use crate::collect::Collector;
use vsscope_model::{BackupType, CallArgs, Context, Edge, Guid, HResult, Method, Status, What};

impl Reader {
    /// Steps up to the shadow copy.
    pub(super) fn creation(&mut self, line: &Printed, out: &mut Collector) -> bool {
        let text = line.text.trim();
        if let Some(context) = text.strip_prefix("- Setting the VSS context to: ") {
            let context = code(context).map(|bits| Context(bits.0));
            self.step(line, Method::SetContext, CallArgs { context, ..CallArgs::default() }, out);
        } else if text == "(Gathering writer metadata...)" {
            self.backup_state(line, out);
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

    /// Runs with writers call `SetBackupState(true, true, VSS_BT_FULL, false)` before they gather metadata, and say nothing
    /// of it (`VssClient::Initialize`). A trace shows the call and no arguments.
    fn backup_state(&mut self, line: &Printed, out: &mut Collector) {
        let state = CallArgs {
            component_mode: Some(true),
            backup_type: Some(BackupType::Full),
            ..CallArgs::default()
        };
        match self.state.take().and_then(|at| out.events_mut().get_mut(at)) {
            Some(event) => {
                if let What::Call { method: Method::SetBackupState, args, .. } = &mut event.what {
                    **args = state;
                }
            }
            None => {
                self.story.settle(line, None, out);
                let event = self.story.call(line.number, Method::SetBackupState, Edge::Whole, state, out);
                self.story.keep(event, out);
            }
        }
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
    pub(super) fn completion(&mut self, line: &Printed, out: &mut Collector) -> bool {
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
}
