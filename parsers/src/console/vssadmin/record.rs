//! Records of vssadmin other than sets: writers, providers, storage, volumes, a copy just made.
//!
//! | record | line at the margin | indented lines |
//! |---|---|---|
//! | writer | name in quotes | class id, instance id, `[n]` state, last error |
//! | provider | name in quotes | type, id, version |
//! | new copy | volume in quotes | id, device |
//! | storage | any title | volume, storing volume, used, allocated, maximum |
//! | volume | path | name |

use super::super::pieces::{bracketed, device, is_shadow_device, is_volume_name, own_guid, quoted, value};
use super::super::tally::Tally;
use super::super::wrapped::Printed;
use super::{amount, place};
use crate::collect::Collector;
use vsscope_model::{
    Guid, ListedProvider, ListedSnapshot, ListedVolume, ListedWriter, RecordRef, ShadowStorage, Writer,
    WriterState,
};

/// Indented lines that are kept; no record has as many.
const MOST: usize = 16;

/// A line at the margin and the indented lines below it.
#[derive(Debug, Default)]
pub(super) struct Record {
    head: Option<Printed>,
    body: Vec<Printed>,
}

impl Record {
    pub fn begin(line: &Printed) -> Self {
        Record { head: Some(line.clone()), body: Vec::new() }
    }

    /// A record whose head was cut away.
    pub fn headless(line: &Printed) -> Self {
        Record { head: None, body: vec![line.clone()] }
    }

    pub fn is_headless(&self) -> bool {
        self.head.is_none()
    }

    pub fn push(&mut self, line: &Printed, tally: &mut Tally) {
        if self.body.len() < MOST {
            self.body.push(line.clone());
        } else {
            tally.unknown(line);
        }
    }

    /// Enters the record into the inventory. The lines come back if it is none that is known.
    pub fn end(self, out: &mut Collector, tally: &mut Tally) -> Vec<Printed> {
        let Some(first) = self.head.as_ref().or(self.body.first()) else { return Vec::new() };
        let source = place(first, out);
        if !self.enter(source, out) {
            return self.head.into_iter().chain(self.body).collect();
        }
        out.count_timeless();
        let mut lines = self.head.iter().chain(&self.body);
        if let Some(first) = lines.next() {
            tally.parse(first);
        }
        lines.for_each(|line| tally.continues(line));
        Vec::new()
    }

    fn enter(&self, source: RecordRef, out: &mut Collector) -> bool {
        let name = self.head.as_ref().and_then(|head| quoted(&head.text));
        let ids: Vec<Guid> = self.body.iter().filter_map(|line| own_guid(&line.text)).collect();
        let inventory = out.inventory();
        if let Some(writer) = self.writer(name, &ids, &source) {
            inventory.writers.push(writer);
        } else if let Some(copy) = self.new_copy(name, &ids, &source) {
            inventory.snapshots.push(copy);
        } else if let Some(provider) = self.provider(name, &ids, &source) {
            inventory.providers.push(provider);
        } else if let Some(volume) = self.volume(&source) {
            inventory.volumes.push(volume);
        } else if let Some(storage) = self.storage(&source) {
            inventory.storage.push(storage);
        } else {
            return false;
        }
        true
    }

    /// A writer has two ids and a state; a listing that was cut may lack either. Of one id alone it is not known which of
    /// the two it is.
    fn writer(&self, name: Option<&str>, ids: &[Guid], source: &RecordRef) -> Option<ListedWriter> {
        let state_at = |line: &Printed| value(&line.text).and_then(bracketed);
        let at = self.body.iter().position(|line| state_at(line).is_some());
        let state = self.body.iter().find_map(state_at).map(WriterState);
        if ids.is_empty() || (state.is_none() && ids.len() < 2) || (name.is_none() && self.head.is_some()) {
            return None;
        }
        let after = at.and_then(|at| self.body.get(at.saturating_add(1)));
        let (class_id, instance_id) = match ids {
            [class_id, instance_id, ..] => (Some(*class_id), Some(*instance_id)),
            _ => (None, None),
        };
        let writer = Writer { name: name.map(Into::into), class_id, instance_id, class_name: None };
        Some(ListedWriter {
            source: source.clone(),
            writer,
            state,
            last_error: after.and_then(|line| value(&line.text)).map(str::to_owned),
            ..ListedWriter::default()
        })
    }

    fn new_copy(&self, name: Option<&str>, ids: &[Guid], source: &RecordRef) -> Option<ListedSnapshot> {
        let made = self.body.iter().find(|line| is_shadow_device(&line.text))?;
        Some(ListedSnapshot {
            source: source.clone(),
            id: Some(*ids.first()?),
            volume: Some(name?.to_owned()),
            device: value(&made.text).map(|text| device(text).to_owned()),
            ..ListedSnapshot::default()
        })
    }

    fn provider(&self, name: Option<&str>, ids: &[Guid], source: &RecordRef) -> Option<ListedProvider> {
        let at = self.body.iter().position(|line| own_guid(&line.text).is_some())?;
        let text = |at: usize| self.body.get(at).and_then(|line| value(&line.text)).map(str::to_owned);
        // With an id alone it may as well be a writer that was cut off.
        text(at.saturating_add(1)).or(at.checked_sub(1).and_then(text))?;
        Some(ListedProvider {
            source: source.clone(),
            name: Some(name?.to_owned()),
            id: ids.first().copied(),
            type_text: at.checked_sub(1).and_then(text),
            version: text(at.saturating_add(1)),
            ..ListedProvider::default()
        })
    }

    fn volume(&self, source: &RecordRef) -> Option<ListedVolume> {
        let path = value(&self.head.as_ref()?.text).filter(|path| path.ends_with('\\'))?;
        let name =
            self.body.first().and_then(|line| value(&line.text)).filter(|name| is_volume_name(name))?;
        Some(ListedVolume {
            source: source.clone(),
            path: Some(path.to_owned()),
            name: Some(name.to_owned()),
        })
    }

    fn storage(&self, source: &RecordRef) -> Option<ShadowStorage> {
        let values: Vec<&str> = self.body.iter().filter_map(|line| value(&line.text)).collect();
        let mut volumes = values.iter().copied().filter(|text| is_volume_name(text));
        let mut amounts =
            values.iter().copied().filter(|text| !is_volume_name(text)).filter_map(amount::parse);
        let (volume, on_volume) = (volumes.next()?.to_owned(), volumes.next()?.to_owned());
        Some(ShadowStorage {
            source: source.clone(),
            host: None,
            volume: Some(volume),
            on_volume: Some(on_volume),
            used: amounts.next(),
            allocated: amounts.next(),
            maximum: amounts.next(),
        })
    }
}
