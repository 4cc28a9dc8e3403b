//! Properties under a star, as vshadow and diskshadow print them: shadow copies, writers, providers.
//!
//! | block | star line | items in order |
//! |---|---|---|
//! | shadow copy | id | set, count, volume, creation, device, originating machine, service machine, exposure, provider, attributes |
//! | writer | name in double quotes | state, failure (status listings only), class id, instance id |
//! | provider | id | `[n]` type, name, version, class id |
//!
//! Labels differ between the tools and may be translated, so items are told by their form and order. Version 2.2 of vshadow
//! does not indent items.

use super::dates::date_in;
use super::pieces::{
    bracketed, code, device, indent, is_shadow_device, is_volume_name, number, own_guid, value,
};
use super::wrapped::Printed;
use crate::collect::Collector;
use std::sync::Arc;
use vsscope_model::{ListedProvider, ListedSnapshot, ListedWriter, RecordRef, Writer, WriterState};

/// A block while it is read.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    open: Open,
}

#[derive(Debug, Default)]
enum Open {
    #[default]
    None,
    Copy(Box<Copy>),
    Writer(Box<ListedWriter>),
    Provider(Box<ListedProvider>),
}

#[derive(Debug, Default)]
struct Copy {
    entry: ListedSnapshot,
    machines: Vec<Arc<str>>,
    items: u32,
}

impl Blocks {
    /// Begins a block if this is its star line. What was open must have been taken.
    pub fn begin(&mut self, line: &Printed, out: &mut Collector) -> bool {
        let Some(title) = line.text.trim_start().strip_prefix("* ") else { return false };
        let source = RecordRef { line: Some(line.number), ..out.place("") };
        if let Some(id) = own_guid(title) {
            let entry = ListedSnapshot { source, id: Some(id), ..ListedSnapshot::default() };
            self.open = Open::Copy(Box::new(Copy { entry, ..Copy::default() }));
            return true;
        }
        let name =
            title.trim_end().strip_suffix('"').and_then(|rest| rest.split_once('"')).map(|(_, name)| name);
        let Some(name) = name else { return false };
        let writer = Writer { name: Some(out.name(name)), ..Writer::default() };
        self.open = Open::Writer(Box::new(ListedWriter { source, writer, ..ListedWriter::default() }));
        true
    }

    /// Whether a line is an item of the block.
    pub fn item(&mut self, line: &Printed, out: &mut Collector) -> bool {
        let text = line.text.trim();
        let (text, is_item) = match text.strip_prefix("- ") {
            Some(item) => (item, true),
            None => (text, false),
        };
        match &mut self.open {
            Open::None => false,
            // The type comes first and tells a provider from a copy.
            Open::Copy(copy) if copy.items == 0 && value(text).and_then(bracketed).is_some() => {
                let source = copy.entry.source.clone();
                let mut provider =
                    Box::new(ListedProvider { source, id: copy.entry.id, ..ListedProvider::default() });
                provider_item(&mut provider, text);
                self.open = Open::Provider(provider);
                true
            }
            Open::Copy(copy) => is_item && copy.item(text, out),
            Open::Writer(writer) => is_item && writer_item(writer, text),
            Open::Provider(provider) => provider_item(provider, text),
        }
    }

    /// Whether a line is one of a writer's metadata, which stand indented below its ids and are not read.
    pub fn is_metadata(&self, line: &Printed) -> bool {
        let is_star = line.text.trim_start().starts_with("* ");
        matches!(self.open, Open::Writer(_)) && !is_star && indent(&line.text) > 0
    }

    /// Ends the block and enters it into the inventory. Gives the shadow copy, if it is one.
    pub fn end(&mut self, out: &mut Collector) -> Option<ListedSnapshot> {
        let copy = match std::mem::take(&mut self.open) {
            Open::None => return None,
            Open::Copy(mut copy) => {
                copy.entry.host = copy.machines.pop();
                out.inventory().snapshots.push(copy.entry.clone());
                Some(copy.entry)
            }
            Open::Writer(writer) => {
                out.inventory().writers.push(*writer);
                None
            }
            Open::Provider(provider) => {
                out.inventory().providers.push(*provider);
                None
            }
        };
        out.count_timeless();
        copy
    }
}

impl Copy {
    fn item(&mut self, text: &str, out: &mut Collector) -> bool {
        let entry = &mut self.entry;
        self.items = self.items.saturating_add(1);
        let value = value(text).unwrap_or_default();
        if let Some(id) = own_guid(text) {
            if entry.set.is_none() && entry.device.is_none() && entry.created_text.is_none() {
                entry.set = Some(id);
            } else if entry.provider_id.is_none() {
                entry.provider_id = Some(id);
            } else {
                return false;
            }
        } else if entry.provider_id.is_some() {
            if entry.attributes.is_some() || value.is_empty() {
                return false;
            }
            entry.attributes = Some(value.to_owned());
        } else if let Some((_, count)) = text.rsplit_once('=').filter(|_| value.is_empty()) {
            entry.set_size = number(count);
        } else if let Some(date) = date_in(value).filter(|_| entry.created_text.is_none()) {
            entry.created_text = Some(date.to_owned());
        } else if entry.device.is_none() && entry.volume.is_none() && is_original_volume(value) {
            entry.volume = Some(value.to_owned());
        } else if entry.device.is_none() && (is_shadow_device(value) || value.starts_with(r"\\")) {
            entry.device = Some(device(value).to_owned());
        } else if entry.device.is_some() && self.machines.len() < 2 && !value.is_empty() {
            self.machines.push(out.name(value));
        } else if entry.device.is_none() && entry.created_text.is_none() && !value.is_empty() {
            entry.created_text = Some(value.to_owned());
        } else if entry.exposed.is_none() {
            entry.exposed = exposed(text, value);
        }
        true
    }
}

/// `\\?\Volume{…}\ [C:\]`; the volume of another machine has its share instead.
fn is_original_volume(value: &str) -> bool {
    is_volume_name(value) || (value.starts_with(r"\\") && value.ends_with(']'))
}

/// Where a copy is exposed. Without a value it is not, except that vshadow puts no colon before a share.
fn exposed(text: &str, value: &str) -> Option<String> {
    let share = || text.find(r"\\").and_then(|at| text.get(at..));
    Some(value).filter(|value| !value.is_empty()).or_else(share).map(str::to_owned)
}

fn writer_item(writer: &mut ListedWriter, text: &str) -> bool {
    let ids = &mut writer.writer;
    if let Some(id) = own_guid(text) {
        // The order is enough where all lines are there; the English label helps where the first of the two is damaged.
        if ids.class_id.is_none() && !text.contains("nstance") {
            ids.class_id = Some(id);
        } else if ids.instance_id.is_none() {
            ids.instance_id = Some(id);
        }
    } else if ids.class_id.is_none() {
        let value = value(text).unwrap_or_default();
        let is_state = value.starts_with(|c: char| c.is_ascii_digit()) && value.ends_with(')');
        match code(value) {
            Some(failure) => writer.failure = Some(failure),
            None if is_state => writer.state = number(value).map(WriterState),
            None => return false,
        }
    } else {
        return false;
    }
    true
}

fn provider_item(provider: &mut ListedProvider, text: &str) -> bool {
    if let Some(id) = own_guid(text) {
        provider.class_id = provider.class_id.or(Some(id));
        return true;
    }
    let Some(value) = value(text) else { return false };
    if let Some(number) = bracketed(value) {
        provider.type_number = Some(number);
        provider.type_text = value.split_once(']').map(|(_, text)| text.trim().to_owned());
    } else if provider.name.is_none() {
        provider.name = Some(value.to_owned());
    } else if provider.version.is_none() {
        provider.version = Some(value.to_owned());
    } else {
        return false;
    }
    true
}
