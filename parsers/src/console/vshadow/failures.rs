//! What vshadow prints when something fails: the call or its asynchronous work with a code, or a writer that has failed.

use super::super::pieces::{code, number, own_guid, returned_hresult, value};
use super::super::tracing::{function, is_wait, method};
use super::super::wrapped::Printed;
use super::{Failed, Failing, Reader};
use crate::collect::Collector;
use std::sync::Arc;
use vsscope_model::{CallArgs, Edge, Failure, Frame, HResult, Status, What, Writer, WriterState};

impl Reader {
    /// Blocks of a failure: which call, then its code.
    pub(super) fn failure(&mut self, line: &Printed, out: &mut Collector) -> bool {
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
    pub(super) fn other_failure(
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
    pub(super) fn status(&mut self, line: &Printed, out: &mut Collector) -> bool {
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

    pub(super) fn end_status(&mut self, out: &mut Collector) {
        let Some((line, status)) = self.status.take() else { return };
        let Some(state) = status.state else { return };
        let what = What::WriterStatus { state, failure: status.failure };
        let mut event = self.story.event(line, what, out);
        event.writer = Some(status.writer);
        event.status = status.failure.map(Status::Hresult);
        event.set = self.story.set;
        self.story.keep(event, out);
    }
}
