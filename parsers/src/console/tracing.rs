//! Lines of `vshadow -tracing`: `[[function @ file:line]] text`, between the plain lines.
//!
//! Every plain line is repeated behind `OUTPUT:`, with its line breaks; what a trace adds is the exact call
//! (`Executing COM call`) and the code that ended the run. Source: microsoft/Windows-classic-samples, VShadow, `tracing.cpp` and `macros.h`.

use super::pieces::code;
use std::collections::VecDeque;
use vsscope_model::{HResult, Method};

/// Plain lines that are remembered to know their repetition; longer ones than any that vshadow prints at once.
const MOST: usize = 64;

/// Characters by which a line is known again.
const LONGEST: usize = 200;

/// What a line is, where tracing is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Traced<'a> {
    /// No line of the trace.
    Plain,
    /// Says nothing of its own: the repetition of a plain line, entry or exit of a function, free text.
    Nothing,
    /// A COM call is about to be made.
    Call(&'a str),
    /// The run ends with this code.
    Caught(HResult),
}

/// Tells trace lines and repetitions from plain lines.
#[derive(Debug, Default)]
pub(super) struct Tracing {
    /// Plain lines since the last trace line.
    plain: VecDeque<String>,
    /// Plain lines that are still to be repeated.
    repeated: VecDeque<String>,
    is_on: bool,
}

impl Tracing {
    pub fn line<'a>(&mut self, text: &'a str) -> Traced<'a> {
        if let Some(traced) = traced(text) {
            self.is_on = true;
            let plain = std::mem::take(&mut self.plain);
            self.repeated.clear();
            if let Some(first) = traced.strip_prefix("OUTPUT:") {
                let rest = plain.into_iter().skip_while(|line| !is_same(line, first)).skip(1);
                self.repeated.extend(rest);
                return Traced::Nothing;
            }
            return meaning(traced);
        }
        let short: String = text.chars().take(LONGEST).collect();
        if self.repeated.pop_front().is_some_and(|repeated| repeated == short) {
            return Traced::Nothing;
        }
        self.repeated.clear();
        if self.plain.len() >= MOST {
            self.plain.pop_front();
        }
        self.plain.push_back(short);
        Traced::Plain
    }
}

/// Whether a remembered line is the one that is repeated.
fn is_same(remembered: &str, repeated: &str) -> bool {
    let short: String = repeated.trim().chars().take(LONGEST).collect();
    remembered.trim() == short
}

/// The text behind `[[function @ file:line]]`.
pub(super) fn traced(text: &str) -> Option<&str> {
    let (place, rest) = text.strip_prefix("[[")?.split_once("]]")?;
    let (_, line) = place.split_once(" @ ")?.1.rsplit_once(':')?;
    line.trim().bytes().all(|byte| byte.is_ascii_digit()).then(|| rest.trim())
}

fn meaning(text: &str) -> Traced<'_> {
    if let Some(call) = text.strip_prefix("Executing COM call ") {
        Traced::Call(call)
    } else if let Some(code) = text.strip_prefix("HRESULT Error caught:").and_then(code) {
        Traced::Caught(code)
    } else {
        Traced::Nothing
    }
}

/// The method of the backup components that the text of a call names: `m_pVssObject->DoSnapshotSet(&pAsync)`. Methods
/// that the protocol has no word for, and calls on other objects, give `None`.
pub(super) fn method(call: &str) -> Option<Method> {
    let name = |rest: &str| rest.split('(').next().map(str::trim).map(str::to_owned);
    if call.contains("CreateVssBackupComponents(") {
        return Some(Method::CreateVssBackupComponents);
    }
    let (_, rest) = call.split_once("VssObject->").or_else(|| call.split_once("VssObjectEx->"))?;
    let method = match Method::from(name(rest)?.as_str()) {
        Method::Other(other) if &*other == "BreakSnapshotSetEx" => Method::BreakSnapshotSet,
        method => method,
    };
    (!matches!(method, Method::Other(_))).then_some(method)
}

/// The function that the text of a call names, on whatever object.
pub(super) fn function(call: &str) -> Option<&str> {
    let (callee, _) = call.split_once('(')?;
    let name = callee.rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next()?;
    Some(name).filter(|name| !name.is_empty())
}

/// Whether a call only waits for the asynchronous work of another one.
pub(super) fn is_wait(call: &str) -> bool {
    call.contains("pAsync->")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_of_several_lines_were_read_twice() {
        let mut tracing = Tracing::default();
        let all: Vec<Traced<'_>> = [
            "",
            "ERROR: COM call \"x\" failed.",
            "[[ F @ a.cpp:  12]] OUTPUT: ",
            "ERROR: COM call \"x\" failed.",
            "- Returned HRESULT = 0x80042306",
            "[[ F @ a.cpp:  12]] OUTPUT: - Returned HRESULT = 0x80042306",
            "[[ F @ a.cpp:  12]] HRESULT Error caught: 0x80042306",
        ]
        .map(|text| tracing.line(text))
        .to_vec();
        assert_eq!(
            all,
            [
                Traced::Plain,
                Traced::Plain,
                Traced::Nothing,
                Traced::Nothing,
                Traced::Plain,
                Traced::Nothing,
                Traced::Caught(HResult::VSS_PROVIDER_VETO),
            ]
        );
    }

    #[test]
    fn calls_name_their_method() {
        for (call, expected) in [
            (r#"'"m_pVssObject->DoSnapshotSet(&pAsync)"'"#, Some(Method::DoSnapshotSet)),
            (r#"'"CreateVssBackupComponents(&m_pVssObject)"'"#, Some(Method::CreateVssBackupComponents)),
            (r#"'"pVssObjectEx->BreakSnapshotSetEx(id, flags, &pAsync)"'"#, Some(Method::BreakSnapshotSet)),
            (r#"'"m_pVssObject->GetWriterMetadataCount (&cWriters)"'"#, None),
            (r#"'"pAsync->Wait()"'"#, None),
        ] {
            assert_eq!(method(call), expected, "{call}");
        }
        assert_eq!(function(r#""CoInitialize(NULL)""#), Some("CoInitialize"));
    }

    #[test]
    fn other_brackets_are_no_trace() {
        assert_eq!(traced("[[wiki @ link]] text"), None);
        assert_eq!(traced("[[   VssClient::F @ create.cpp:  94]] ENTER f"), Some("ENTER f"));
    }
}
