//! What commands of diskshadow print: codes, the ids that `create` gives, components, the end.

use super::super::pieces::{own_guid, returned_hresult, value};
use super::super::story::component;
use super::super::tracing::method;
use super::super::wrapped::Printed;
use super::{Creation, MOST, Reader};
use crate::collect::Collector;
use vsscope_model::{CallArgs, Edge, Event, Failure, Guid, HResult, Method, Status, What};

impl Reader {
    /// What a command printed.
    pub(super) fn outcome(&mut self, line: &Printed, out: &mut Collector) -> bool {
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
        if let Some(creation) = self.creation.as_mut().filter(|creation| creation.copies.len() < MOST) {
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
        if let (Some(creation), Some(at)) = (&mut self.creation, out.events_mut().len().checked_sub(1)) {
            creation.components.push(at);
        }
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
    pub(super) fn end_creation(
        &mut self,
        outcome: Option<(Guid, HResult)>,
        line: &Printed,
        out: &mut Collector,
    ) {
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

    /// A set with an id and copies with ids: the components were added, it was started, and the volumes were added.
    fn started(&mut self, creation: &Creation, set: Guid, out: &mut Collector) {
        self.story.set = Some(set);
        for at in &creation.components {
            if let Some(What::Call { edge, .. }) = out.events_mut().get_mut(*at).map(|event| &mut event.what)
            {
                *edge = Edge::Whole;
            }
        }
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
}
