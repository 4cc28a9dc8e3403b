//! What all events that are made here share: where and when they were read, and the raw form of what could not be decoded.

use super::cursor::wide;
use super::event::Head;
use crate::bytes::to_hex;
use crate::collect::Collector;
use vsscope_model::{Clock, Event, LogDetail, Param, Process, RecordRef, Timestamp, What};

/// The channel under which coverage knows an event trace.
pub(super) const CHANNEL: &str = "ETW trace";

/// Where and when an event was read.
#[derive(Debug, Clone, Copy)]
pub(super) struct EventPlace {
    /// Byte offset in the file; of an event in a compressed buffer, that of the buffer.
    pub offset: u64,
    /// Its time, if its stamp gives one.
    pub time: Option<Timestamp>,
    /// The nearest earlier time of the file; [`Event::NO_TIME`] if none has one.
    pub nearest: Timestamp,
}

impl EventPlace {
    /// Which clock the time is from.
    pub fn clock(&self) -> Clock {
        if self.time.is_some() { Clock::Trace } else { Clock::Order }
    }

    /// As events name it.
    pub fn source(&self, out: &mut Collector) -> RecordRef {
        RecordRef { offset: Some(self.offset), ..out.place(CHANNEL) }
    }

    /// An event of this meaning.
    pub fn event(&self, head: &Head, provider: &str, what: What, out: &mut Collector) -> Event {
        Event {
            clock: self.clock(),
            provider: out.name(provider),
            event_id: Some(u32::from(head.id)),
            process: Process { pid: head.pid, tid: head.tid, ..Process::default() },
            ..Event::new(self.time.unwrap_or(self.nearest), self.source(out), what)
        }
    }
}

/// Bytes of a payload that are kept of one event.
const KEPT_BYTES: usize = 4 << 10;
/// Events that are kept in the raw form; a file whose layout is another one could hold millions.
const KEPT_EVENTS: u64 = 10_000;
/// Shortest run of UTF-16 that counts as a string.
const SHORTEST: usize = 3;

/// Keeps events in the raw form.
#[derive(Default)]
pub(super) struct RawKeeper {
    kept: u64,
}

impl RawKeeper {
    /// Keeps an event with the strings and bytes of its payload; `false` if there are too many.
    pub fn keep(
        &mut self,
        head: &Head,
        payload: &[u8],
        provider: &str,
        place: &EventPlace,
        out: &mut Collector,
    ) -> bool {
        if self.kept >= KEPT_EVENTS {
            return false;
        }
        self.kept = self.kept.saturating_add(1);
        let bytes = payload.get(..KEPT_BYTES).unwrap_or(payload);
        let named = |name: &str, value: String| Param { name: Some(name.to_owned()), value };
        let mut params: Vec<Param> = strings(bytes).into_iter().map(|text| named("Text", text)).collect();
        params.push(named("Hex", to_hex(bytes)));
        let mut event = place.event(head, provider, What::Log, out);
        event.record = Some(Box::new(LogDetail { params: params.into(), ..LogDetail::default() }));
        out.keep(event);
        true
    }
}

/// The runs of printable UTF-16 in a payload, at even distances from its start.
pub(super) fn strings(bytes: &[u8]) -> Vec<String> {
    let text = wide(bytes);
    let runs = text.split(|c: char| c.is_control() || c == char::REPLACEMENT_CHARACTER);
    runs.filter(|run| run.chars().count() >= SHORTEST && run.chars().all(is_usual))
        .map(str::to_owned)
        .collect()
}

/// Whether a character occurs in file names and messages: numbers that lie beside strings look like rare scripts.
fn is_usual(c: char) -> bool {
    matches!(c, ' '..='\u{24F}')
}

#[cfg(test)]
mod tests {
    use super::super::testing::wide as bytes_of;
    use super::*;

    #[test]
    fn strings_are_found_between_numbers() {
        let bytes = [bytes_of("demo.cxx"), vec![1, 0, 2, 0], bytes_of("CDemo::Run"), bytes_of("ab")].concat();
        assert_eq!(strings(&bytes), ["demo.cxx", "CDemo::Run"]);
        assert_eq!(to_hex(&[0x0a, 0xff]), "0aff");
    }
}
