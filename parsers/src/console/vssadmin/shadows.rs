//! `list shadows`: a set, what it says of itself, and its shadow copies.
//!
//! The head ends with the set's id (XP adds a count in brackets). Below it stand the count with the time of creation, then
//! per copy its id and, in this order: original volume, device, originating machine, service machine, provider in quotes,
//! type, attributes. Volume, device and provider are told by what they look like, the others by their place among them.

use super::super::dates::date_in;
use super::super::pieces::{device, is_shadow_device, number, own_guid, quoted, value};
use super::super::tally::Tally;
use super::super::wrapped::Printed;
use super::place;
use crate::collect::Collector;
use vsscope_model::{Guid, ListedSnapshot};

/// A set while it is read.
#[derive(Debug, Default)]
pub(super) struct Set {
    head: Option<Printed>,
    id: Option<Guid>,
    size: Option<u32>,
    created: Option<String>,
    copy: Option<Copy>,
    /// Copies that were listed.
    listed: u64,
}

/// A shadow copy while it is read.
#[derive(Debug, Default)]
struct Copy {
    entry: ListedSnapshot,
    /// Lines between device and provider: originating machine, service machine.
    machines: Vec<String>,
    /// Lines behind the provider: type, attributes.
    after: u32,
}

impl Set {
    /// A set, if this line at the margin is the head of one.
    pub fn begin(line: &Printed) -> Option<Set> {
        let id = own_guid(&line.text).filter(|_| !line.text.starts_with("Error:"))?;
        let behind = line.text.rsplit_once('}').map_or("", |(_, behind)| behind);
        Some(Set { head: Some(line.clone()), id: Some(id), size: number(behind), ..Set::default() })
    }

    /// An indented line.
    pub fn line(&mut self, line: &Printed, out: &mut Collector, tally: &mut Tally) {
        if let Some(id) = own_guid(&line.text) {
            self.flush(out);
            self.listed = self.listed.saturating_add(1);
            let source = place(line, out);
            let entry = ListedSnapshot { source, id: Some(id), ..ListedSnapshot::default() };
            self.copy = Some(Copy { entry, ..Copy::default() });
            return tally.parse(line);
        }
        let is_known = match &mut self.copy {
            Some(copy) => copy.line(&line.text),
            None => self.creation(&line.text),
        };
        if is_known { tally.continues(line) } else { tally.unknown(line) }
    }

    /// The count and the time of creation; a time of no known form is kept as text.
    fn creation(&mut self, text: &str) -> bool {
        let Some(value) = date_in(text).or_else(|| value(text)).filter(|_| self.created.is_none()) else {
            return false;
        };
        let label = text.split_once(value).map_or("", |(label, _)| label);
        self.size = self.size.or(number(label));
        self.created = Some(value.to_owned());
        true
    }

    fn flush(&mut self, out: &mut Collector) {
        let Some(Copy { mut entry, machines, .. }) = self.copy.take() else { return };
        entry.set = self.id;
        entry.set_size = self.size;
        entry.created_text = self.created.clone();
        // The service machine is the one that the listing is from.
        entry.host = machines.last().map(|machine| out.name(machine));
        out.inventory().snapshots.push(entry);
        out.count_timeless();
    }

    /// The end of the set. A head without copies comes back: only what stands below it shows that it is one.
    pub fn end(mut self, out: &mut Collector, tally: &mut Tally) -> Option<Printed> {
        self.flush(out);
        let head = self.head?;
        if self.listed == 0 && self.created.is_none() {
            return Some(head);
        }
        tally.parse(&head);
        None
    }
}

impl Copy {
    /// Whether a line says something of the copy.
    fn line(&mut self, text: &str) -> bool {
        let entry = &mut self.entry;
        let Some(value) = value(text) else { return false };
        let is_path = value.starts_with(r"\\") || value.starts_with('(');
        if entry.device.is_none() && entry.provider.is_none() && is_shadow_device(value) {
            entry.device = Some(device(value).to_owned());
        } else if entry.volume.is_none() && entry.device.is_none() && is_path {
            entry.volume = Some(value.to_owned());
        } else if entry.device.is_none() && is_path {
            // A device of another kind, for instance that of a file share.
            entry.device = Some(value.to_owned());
        } else if entry.provider.is_none() {
            match quoted(text) {
                Some(provider) => entry.provider = Some(provider.to_owned()),
                None if self.machines.len() < 2 => self.machines.push(value.to_owned()),
                None => return false,
            }
        } else {
            self.after = self.after.saturating_add(1);
            match self.after {
                1 => {}
                2 => entry.attributes = Some(value.to_owned()),
                _ => return false,
            }
        }
        true
    }
}
