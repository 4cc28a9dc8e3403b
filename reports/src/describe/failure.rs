//! A failure inside a traced process in words: code, origin, reason, and the way that it went.

use super::{named_status, shorten};
use vsscope_model::{Failure, Frame, Status};

/// How many functions that passed a failure on are named; of more, the last ones count: that is where it came out.
const PASSED_ON: usize = 3;
/// Longest name of a function, or of a source file with its line, in characters. Templates and paths can be endless.
const LONGEST_NAME: usize = 90;

/// `failure 0x800423f4 VSS_E_WRITERERROR_NONRETRYABLE in CDemoWriter::PrepareFiles at demo\writer.cpp(0123): reason; passed
/// on by CDemoWriter::OnFreeze`. Of bounded length. Without a status the code of the origin is left out.
pub(super) fn words(failure: &Failure, status: Option<Status>) -> String {
    let mut words = String::from("failure");
    if let Some(status) = status {
        words.push_str(&format!(" {}", named_status(status)));
    }
    if let Some(origin) = failure.origin() {
        words.push_str(&format!(" in {}", function(origin)));
        let position = origin.position.as_deref().map(|position| format!(" at {}", tail(position)));
        words.push_str(&position.unwrap_or_default());
    }
    if let Some(reason) = failure.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty()) {
        words.push_str(&format!(": {}", shorten(reason)));
    }
    words + &passed_on(failure)
}

/// `; passed on by 4 functions, then A::f, B::g as 0x800423f2 …, C::h`.
fn passed_on(failure: &Failure) -> String {
    let Some((origin, outer)) = failure.frames.split_first() else { return String::new() };
    let unnamed = outer.len().saturating_sub(PASSED_ON);
    let mut before = outer.iter().take(unnamed).fold(origin.hresult, |code, frame| frame.hresult.or(code));
    let mut parts: Vec<String> = Vec::new();
    match unnamed {
        0 => {}
        1 => parts.push("1 function".to_owned()),
        _ => parts.push(format!("{unnamed} functions")),
    }
    for (at, frame) in outer.iter().skip(unnamed).enumerate() {
        let then = if at == 0 && unnamed > 0 { "then " } else { "" };
        // A frame may turn one code into another.
        let turned = frame.hresult.filter(|code| before.is_some_and(|before| before != *code));
        let turned = turned.map(|code| format!(" as {}", named_status(Status::Hresult(code))));
        parts.push(format!("{then}{}{}", function(frame), turned.unwrap_or_default()));
        before = frame.hresult.or(before);
    }
    if parts.is_empty() { String::new() } else { format!("; passed on by {}", parts.join(", ")) }
}

fn function(frame: &Frame) -> String {
    match frame.function.trim() {
        "" => "an unnamed function".to_owned(),
        name => tail(name),
    }
}

/// The end of a long name: there are the method of a class and the file of a path.
fn tail(name: &str) -> String {
    match name.chars().count().checked_sub(LONGEST_NAME) {
        None | Some(0) => name.to_owned(),
        Some(over) => format!("...{}", name.chars().skip(over + 3).collect::<String>()),
    }
}

#[cfg(test)]
mod tests {
    use crate::describe::{describe, describe_without_result};
    use std::sync::Arc;
    use vsscope_model::{Event, Failure, Frame, HResult, RecordRef, Status, Timestamp, What};

    const CODE: HResult = HResult::VSS_WRITERERROR_NONRETRYABLE;

    fn frame(function: &str, hresult: Option<HResult>) -> Frame {
        Frame { function: Arc::from(function), hresult, ..Frame::default() }
    }

    fn event(reason: Option<&str>, frames: Vec<Frame>) -> Event {
        let failure = Failure { reason: reason.map(str::to_owned), frames };
        let what = What::Failure(Box::new(failure));
        let status = Some(Status::Hresult(CODE));
        Event { status, ..Event::new(Timestamp::UNIX_EPOCH, RecordRef::default(), what) }
    }

    #[test]
    fn a_failure_is_told_from_its_origin_to_where_it_came_out() {
        let position = Some(r"demo\writer.cpp(0123)".to_owned());
        let origin = Frame { position, ..frame("CDemoWriter::PrepareFiles", Some(CODE)) };
        let outer = frame("CDemoWriter::OnFreeze", Some(HResult::VSS_WRITERERROR_TIMEOUT));
        let failure = event(Some("disk\nis full"), vec![origin, outer]);
        assert_eq!(
            describe(&failure),
            r"failure 0x800423f4 VSS_E_WRITERERROR_NONRETRYABLE in CDemoWriter::PrepareFiles at demo\writer.cpp(0123): "
                .to_owned()
                + "disk is full; passed on by CDemoWriter::OnFreeze as 0x800423f2 VSS_E_WRITERERROR_TIMEOUT"
        );
        assert!(
            describe_without_result(&failure).starts_with("failure in CDemoWriter::PrepareFiles at "),
            "the result stands beside these words"
        );
    }

    #[test]
    fn what_a_trace_does_not_say_of_a_failure_is_not_said() {
        let code = "failure 0x800423f4 VSS_E_WRITERERROR_NONRETRYABLE";
        assert_eq!(describe(&event(None, Vec::new())), code);
        assert_eq!(describe(&event(Some("  "), vec![frame("A::f", None)])), format!("{code} in A::f"));
    }

    #[test]
    fn a_failure_of_any_depth_has_words_of_bounded_length() {
        let long = "L".repeat(5000);
        let frames = (0..1000).map(|_| frame(&long, Some(CODE))).collect();
        let said = describe(&event(Some(&long), frames));
        assert!(said.chars().count() < 700, "{}", said.len());
        assert!(said.contains("; passed on by 996 functions, then ..."), "{said}");
    }
}
