//! What an event keeps of its record: the values as logged. Names that come again and again are kept once.

use super::Decoder;
use crate::record::LogRecord;
use foldhash::fast::RandomState;
use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::sync::Arc;
use vsscope_model::{Event, ParamNames, ParamRef, Params};

/// Longest `Binary` that is kept as a parameter, in bytes; larger ones are rarely legible and would only fill memory.
const BINARY_KEPT: usize = 64;
/// Name of the parameter that holds a record's `Binary`.
const BINARY: &str = "Binary";

/// Names and lists of names that are shared at a time. Real logs have some hundred; those of a damaged one are endless.
const MOST: usize = 10_000;

/// Decoders that are remembered; the records of a part of a log ask for some of them again and again.
const DECODERS: usize = 32;

/// What the events of an input have in common.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    /// Which decoder the last records had, by provider and id.
    decoders: Vec<(Arc<str>, u32, Option<Decoder>)>,
    texts: HashSet<Arc<str>, RandomState>,
    /// The names of the values of the last record of each id.
    names: HashMap<u32, Named, RandomState>,
}

/// Names of values.
#[derive(Debug)]
struct Named {
    /// As they are shared.
    shared: ParamNames,
    /// As the last record had them: what is the same in memory need not be compared.
    last: ParamNames,
}

impl Shared {
    /// The decoder of records of this provider and id.
    pub(super) fn decoder(&mut self, provider: &Arc<str>, event_id: u32) -> Option<Decoder> {
        let known = self.decoders.iter().find(|(of, id, _)| *id == event_id && of == provider);
        if let Some((_, _, decoder)) = known {
            return *decoder;
        }
        let decoder = super::decoder(provider, event_id);
        if self.decoders.len() >= DECODERS {
            self.decoders.clear();
        }
        self.decoders.push((Arc::clone(provider), event_id, decoder));
        decoder
    }

    /// Gives an event the values of its record. A short `Binary` follows them as hex, as if it were a named parameter, unless
    /// it was read as a tail.
    pub(super) fn keep(&mut self, event: &mut Event, record: LogRecord) {
        let detail = event.record.get_or_insert_default();
        let is_tail = detail.tail.is_some();
        let binary =
            record.binary.filter(|bytes| !is_tail && !bytes.is_empty() && bytes.len() <= BINARY_KEPT);
        detail.params = if record.user_data.is_empty() && binary.is_none() {
            record.data
        } else {
            let binary = binary.as_deref().map(hex);
            let last = binary.as_deref().map(|value| ParamRef { name: Some(BINARY), value });
            let all = record.data.iter().chain(record.user_data.iter()).chain(last);
            Params::from(&*all.collect::<Vec<ParamRef<'_>>>())
        };
        detail.message = record.message;
        self.share(event);
    }

    /// Lets an event that is one already share what it has in common with others.
    pub fn share(&mut self, event: &mut Event) {
        self.share_names(event);
        let id = event.event_id.unwrap_or_default();
        if let Some(names) = event.record.as_mut().and_then(|detail| detail.params.shared_names()) {
            let is_full = self.names.len() >= MOST;
            match self.names.get_mut(&id) {
                Some(known) if Arc::ptr_eq(&known.last, names) || known.shared == *names => {
                    known.last = std::mem::replace(names, Arc::clone(&known.shared));
                }
                None if is_full => {}
                _ => {
                    let (shared, last) = (Arc::clone(names), Arc::clone(names));
                    self.names.insert(id, Named { shared, last });
                }
            }
        }
    }

    /// Shares the names of process, account and writer.
    fn share_names(&mut self, event: &mut Event) {
        let process = &mut event.process;
        let writer = event.writer.as_mut().and_then(|writer| writer.name.as_mut());
        for text in [process.image.as_mut(), process.user.as_mut(), writer].into_iter().flatten() {
            self.share_text(text);
        }
    }

    fn share_text(&mut self, text: &mut Arc<str>) {
        match self.texts.get(text) {
            Some(known) => *text = Arc::clone(known),
            None if self.texts.len() < MOST => _ = self.texts.insert(Arc::clone(text)),
            None => {}
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02X}");
        text
    })
}
