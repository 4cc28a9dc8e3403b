//! Deleting, breaking, exposing, reverting and resynchronising shadow copies.

use super::super::pieces::{code, guids, own_guid};
use super::super::wrapped::Printed;
use super::Reader;
use crate::collect::Collector;
use vsscope_model::{CallArgs, Edge, Guid, HResult, Method, Status};

impl Reader {
    /// Deleting, breaking, exposing and reverting.
    pub(super) fn administration(&mut self, line: &Printed, out: &mut Collector) -> bool {
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
