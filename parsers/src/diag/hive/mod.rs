//! SYSTEM hives: the registry of a machine that is off.
//!
//! Of `Services\VSS\Diag` a hive holds the keys `SPP` and `SystemRestore` only; the others are volatile. A reader of
//! our own walks from the root to this key and looks at nothing else: `cells` knows the layout, `image` checks and
//! follows offsets, this file knows the path and says what state the hive is in. Transaction logs beside a hive are
//! not replayed.

mod cells;
#[cfg(test)]
mod fixture;
mod image;
#[cfg(test)]
mod tests;

use super::blob::{LOOKED_AT, filetime};
use super::values::{CHANNEL, Data, DiagValues, Key, Place};
use crate::bytes::to_hex;
use crate::collect::Collector;
use cells::{Base, Value};
use image::{Damaged, Image, KeyAt};
use std::io::Read;
use vsscope_model::IssueKind;

/// First bytes of a hive and of its transaction logs.
pub(crate) const MAGIC: &[u8] = b"regf";

/// Largest hive that is read, in bytes. Those of real machines have some ten MiB.
const MAX_BYTES: u64 = 512 << 20;
/// Length of the base block.
const BASE_BLOCK: u64 = 0x1000;
/// Types of values.
const REG_SZ: u32 = 1;
const REG_EXPAND_SZ: u32 = 2;
const REG_BINARY: u32 = 3;
const REG_DWORD: u32 = 4;
/// More subkeys than any key has: a number that is damaged.
const TOO_MANY: u32 = 10_000;

/// Why a hive never tells everything.
const STORED_ONLY: &str = "a hive stores only the keys SPP and SystemRestore of the registry key, and of each step the newest \
                           instance; the steps of writers, requesters, the service, providers, volsnap and flush-and-hold lived \
                           in memory and are not in the file";

/// Reads a SYSTEM hive.
pub(crate) fn read(stream: &mut dyn Read, out: &mut Collector) {
    let mut bytes = Vec::new();
    // A stream of the readers has no errors.
    let _ = stream.take(MAX_BYTES).read_to_end(&mut bytes);
    if stream.read(&mut [0]).is_ok_and(|read| read > 0) {
        let message = "the hive is larger than 512 MiB; what lies behind that was not read";
        out.issue(IssueKind::SkippedBytes, format!("offset {MAX_BYTES:#x}"), message);
    }
    let image = Image::new(bytes);
    let base = image.base().ok();
    if base.is_some_and(|base| base.file_type != 0) && !image.has_bins() {
        let message = "a transaction log of a hive; such logs are not replayed";
        out.issue(IssueKind::Note, "offset 0x1c", message);
        return;
    }
    judge(&image, base, out);
    let mut hive = Hive { image, values: DiagValues::default() };
    hive.walk(base, out);
    hive.values.settle(STORED_ONLY, out);
}

/// What the base block says of the state of the hive.
fn judge(image: &Image, base: Option<Base>, out: &mut Collector) {
    let Some(base) = base else {
        out.issue(IssueKind::Header, "offset 0x0", "the base block of the hive is damaged");
        return;
    };
    if !image.checksum_fits() {
        out.issue(IssueKind::Checksum, "offset 0x1fc", "the checksum of the base block does not fit");
    }
    if base.sequence.0 != base.sequence.1 {
        let message = "the hive is dirty (its sequence numbers differ): the newest changes are in its transaction logs, \
                       which are not replayed";
        out.issue(IssueKind::Note, "offset 0x4", message);
    }
    if image.len() < BASE_BLOCK.saturating_add(u64::from(base.bins)) {
        let message = "the input ends before the hive does";
        out.issue(IssueKind::Truncated, format!("offset {:#x}", image.len()), message);
    }
}

/// The numbers of control sets that `Select` names.
#[derive(Debug, Clone, Copy, Default)]
struct Select {
    current: Option<u32>,
    last_known_good: Option<u32>,
}

/// A control set: its number and its key.
struct ControlSet {
    number: u32,
    key: KeyAt,
}

struct Hive {
    image: Image,
    values: DiagValues,
}

impl Hive {
    fn walk(&mut self, base: Option<Base>, out: &mut Collector) {
        let Ok(root) = self.image.root(base) else {
            out.issue(IssueKind::Record, "", "the root key of the hive cannot be read");
            out.lose(1);
            return;
        };
        let found = self.image.subkeys(&root.key);
        let select = found.keys.iter().find(|key| is_named(key, "Select")).cloned();
        let select = select.map_or_else(Select::default, |select| self.select(&select));
        let sets: Vec<ControlSet> = found.keys.into_iter().filter_map(control_set).collect();
        if found.damaged > 0 {
            out.issue_of(IssueKind::Record, at(&root), "a key below the root cannot be read", found.damaged);
            out.lose(found.damaged);
        }
        if let Some(name) = self.computer(&sets, select) {
            self.values.host(&name);
        }
        for set in &sets {
            self.control_set(set, select, out);
        }
        if self.values.has_diag() {
            out.issue(IssueKind::Note, at(&root), told(&sets, select));
        }
    }

    fn select(&mut self, key: &KeyAt) -> Select {
        let mut number = |name: &str| {
            let bytes = self.value(key, name, REG_DWORD)?;
            crate::bytes::u32_at(&bytes, 0)
        };
        Select { current: number("Current"), last_known_good: number("LastKnownGood") }
    }

    /// The name of the machine, as the current control set has it.
    fn computer(&mut self, sets: &[ControlSet], select: Select) -> Option<String> {
        let set = sets.iter().find(|set| Some(set.number) == select.current).or(sets.first())?;
        let key = self.follow(&set.key, &["Control", "ComputerName", "ComputerName"]).ok()??;
        let name = super::utf16(&self.value(&key, "ComputerName", REG_SZ)?);
        (!name.is_empty()).then_some(name)
    }

    /// The data of a value of this name and type.
    fn value(&mut self, key: &KeyAt, name: &str, kind: u32) -> Option<Vec<u8>> {
        let values = self.image.values(&key.key).ok()?;
        let is_wanted = |value: &Value| value.kind == kind && value.name.eq_ignore_ascii_case(name);
        let value = values.found.into_iter().filter_map(|(_, value)| value.ok()).find(is_wanted)?;
        self.image.data(&value.data, LOOKED_AT).ok()
    }

    /// The key at the end of a path; None if a key of it does not exist. Damaged keys beside the path cost nothing
    /// unless the wanted one may be among them.
    fn follow(&mut self, from: &KeyAt, path: &[&str]) -> Result<Option<KeyAt>, Damaged> {
        let mut key = from.clone();
        for name in path {
            let found = self.image.subkeys(&key.key);
            key = match found.keys.into_iter().find(|key| is_named(key, name)) {
                Some(key) => key,
                None if found.damaged > 0 => return Err(Damaged),
                None => return Ok(None),
            };
        }
        Ok(Some(key))
    }

    fn control_set(&mut self, set: &ControlSet, select: Select, out: &mut Collector) {
        let diag = match self.follow(&set.key, &["Services", "VSS", "Diag"]) {
            Ok(Some(diag)) => diag,
            Ok(None) => return,
            Err(Damaged) => {
                let message = format!("a key on the way to {CHANNEL} cannot be read");
                out.issue(IssueKind::Record, at(&set.key), message);
                out.lose(1);
                return;
            }
        };
        let path = format!(r"{}\{CHANNEL}", set.key.key.name);
        let Some(key) = self.values.key(&path, Place::Offset(diag.place), out) else { return };
        self.describe(&key, &diag, select.current.map(|current| current == set.number), out);
        self.values_of(&key, &diag, out);
        let subkeys = self.image.subkeys(&diag.key);
        if subkeys.damaged > 0 {
            let message = format!("a key below {CHANNEL} cannot be read");
            out.issue_of(IssueKind::Record, at(&diag), message, subkeys.damaged);
            out.lose(subkeys.damaged);
        }
        for subkey in subkeys.keys {
            let path = format!(r"{path}\{}", subkey.key.name);
            if let Some(key) = self.values.key(&path, Place::Offset(subkey.place), out) {
                self.values_of(&key, &subkey, out);
            }
        }
    }

    /// Notes what the key `Diag` says of itself.
    fn describe(&mut self, key: &Key, diag: &KeyAt, current: Option<bool>, out: &mut Collector) {
        let last_write = filetime(diag.key.last_write);
        let volatile = Some(diag.key.volatile_subkeys).filter(|count| *count < TOO_MANY);
        if let Some(entry) = self.values.diag_mut(key) {
            (entry.current, entry.last_write, entry.volatile_subkeys) = (current, last_write, volatile);
        }
        if let Some(time) = last_write {
            let time = time.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
            let message = format!(
                "the key Diag was last written at {time}: then the newest of its subkeys was created (inferred)"
            );
            out.issue(IssueKind::Note, at(diag), message);
        }
        if let Some(count @ 1..) = volatile {
            let message = format!(
                "{count} subkeys of Diag lived in memory when the hive was last flushed; they are not in the file (a hint)"
            );
            out.issue(IssueKind::Note, at(diag), message);
        }
    }

    fn values_of(&mut self, key: &Key, at_key: &KeyAt, out: &mut Collector) {
        let Ok(values) = self.image.values(&at_key.key) else {
            out.issue(IssueKind::Record, at(at_key), "the list of the values of a key cannot be read");
            out.lose(1);
            return;
        };
        if values.missing > 0 {
            let message = "a key says that it has more values than its list holds";
            out.issue_of(IssueKind::Record, at(at_key), message, values.missing);
            out.lose(values.missing);
        }
        for (place, value) in values.found {
            let place = Place::Offset(place);
            let read = value.and_then(|value| {
                let bytes = self.image.data(&value.data, LOOKED_AT)?;
                Ok((value, bytes))
            });
            match read {
                Ok((value, bytes)) if value.name.is_empty() => {
                    self.values.default_value(key, &as_text(value.kind, &bytes));
                }
                Ok((value, bytes)) if value.kind == REG_BINARY => {
                    self.values.value(key, &value.name, Data::Binary(bytes), place, out);
                }
                Ok((value, bytes)) => {
                    let data = Data::Text(as_text(value.kind, &bytes));
                    self.values.value(key, &value.name, data, place, out);
                }
                Err(Damaged) => {
                    out.issue(IssueKind::Record, place.to_string(), "a value cannot be read");
                    out.lose(1);
                }
            }
        }
    }
}

/// `ControlSetNNN`.
fn control_set(key: KeyAt) -> Option<ControlSet> {
    let (word, number) = key.key.name.split_at_checked("ControlSet".len())?;
    let is_number = number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit());
    let number = number.parse().ok().filter(|_| is_number && word.eq_ignore_ascii_case("ControlSet"))?;
    Some(ControlSet { number, key })
}

/// Which control sets there are and which of them Windows used.
fn told(sets: &[ControlSet], select: Select) -> String {
    let each = sets.iter().map(|set| {
        let name = &set.key.key.name;
        match set.number {
            number if Some(number) == select.current => format!("{name} (current)"),
            number if Some(number) == select.last_known_good => format!("{name} (last known good)"),
            _ => name.clone(),
        }
    });
    format!("control sets: {}", each.collect::<Vec<_>>().join(", "))
}

fn is_named(key: &KeyAt, name: &str) -> bool {
    key.key.name.eq_ignore_ascii_case(name)
}

fn at(key: &KeyAt) -> String {
    Place::Offset(key.place).to_string()
}

/// The data of a value as text: text as it is, anything else as its bytes.
fn as_text(kind: u32, bytes: &[u8]) -> String {
    match kind {
        REG_SZ | REG_EXPAND_SZ => super::utf16(bytes),
        _ => to_hex(bytes),
    }
}
