//! What a record shows at a glance: the few fields by which it is counted and told to matter or not.
//!
//! Most records of a log do not speak of VSS, and parsing them would be most of the work. A glance takes only what is as
//! usual; of everything else it gives nothing, and the parser of the form decides. So what is read does not depend on it.

mod walk;

use walk::{Rest, object, pass, scalar};

/// Fields of an NXLog-style line; null is absent.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Nxlog<'t> {
    pub provider: Option<&'t str>,
    pub event_id: Option<&'t str>,
    pub channel: Option<&'t str>,
    pub host: Option<&'t str>,
    pub time_created: Option<&'t str>,
    pub timestamp: Option<&'t str>,
    pub event_time: Option<&'t str>,
    pub utc_time: Option<&'t str>,
}

/// Fields of a record in the form of evtx_dump or of Winlogbeat; null is absent.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Fields<'t> {
    pub provider: Option<&'t str>,
    pub event_id: Option<&'t str>,
    pub time: Option<&'t str>,
    pub channel: Option<&'t str>,
    pub host: Option<&'t str>,
}

/// Members that may come once. A parser refuses a second one, or takes one of the two.
#[derive(Default)]
struct Once(u32);

impl Once {
    /// Notes the member of this number, below 32.
    fn note(&mut self, number: u32) -> Option<()> {
        let bit = 1_u32.checked_shl(number)?;
        let is_new = self.0 & bit == 0;
        self.0 |= bit;
        is_new.then_some(())
    }
}

/// The number of a name in a list.
fn number_of(names: &[&str], key: &[u8]) -> Option<u32> {
    u32::try_from(names.iter().position(|name| name.as_bytes() == key)?).ok()
}

/// The object on a line, and what `glance` gives of it. Behind it there may be what parts the objects of a list.
fn whole<'t, F: Default>(
    line: &'t str,
    glance: impl FnOnce(&'t [u8], &mut F) -> Rest<'t>,
) -> Option<(F, &'t str)> {
    let mut fields = F::default();
    let rest = glance(line.as_bytes(), &mut fields)?;
    let parts = rest.iter().all(|byte| matches!(byte, b' ' | b'\t' | b'\r' | b','));
    let object = line.get(..line.len().checked_sub(rest.len())?)?;
    parts.then_some((fields, object))
}

/// A glance at an NXLog-style line, and the object on it.
pub(super) fn nxlog(line: &str) -> Option<(Nxlog<'_>, &str)> {
    whole(line, |text, fields: &mut Nxlog<'_>| {
        let mut once = Once::default();
        object(text, |key, value| {
            let (number, field) = match key {
                b"SourceName" => (0, &mut fields.provider),
                b"EventID" => (1, &mut fields.event_id),
                b"Channel" => (2, &mut fields.channel),
                b"Hostname" => (3, &mut fields.host),
                b"TimeCreated" => (4, &mut fields.time_created),
                b"@timestamp" => (5, &mut fields.timestamp),
                b"EventTime" => (6, &mut fields.event_time),
                b"UtcTime" => (7, &mut fields.utc_time),
                _ => return pass(value),
            };
            once.note(number)?;
            set(field, value)
        })
    })
}

/// Reads a scalar into a field.
fn set<'t>(field: &mut Option<&'t str>, value: &'t [u8]) -> Rest<'t> {
    let (text, rest) = scalar(value)?;
    *field = text;
    Some(rest)
}

/// Members of `Event` that its parser knows.
const EVENT: &[&str] = &["System", "EventData", "UserData", "RenderingInfo"];
/// Members of `System` that its parser knows.
const SYSTEM: &[&str] = &[
    "Provider",
    "Provider_attributes",
    "EventID",
    "EventID_attributes",
    "Version",
    "Level",
    "TimeCreated",
    "TimeCreated_attributes",
    "EventRecordID",
    "Execution",
    "Execution_attributes",
    "Channel",
    "Computer",
    "Security",
    "Security_attributes",
];
/// Parts of an element that its parser knows.
const ELEMENT: &[&str] = &["#attributes", "#text"];
/// Attributes that the parser knows.
const ATTRIBUTES: &[&str] =
    &["Name", "Guid", "EventSourceName", "Qualifiers", "SystemTime", "ProcessID", "ThreadID", "UserID"];

/// A glance at a line of evtx_dump, and the object on it.
pub(super) fn dump(line: &str) -> Option<(Fields<'_>, &str)> {
    whole(line, |text, fields: &mut Fields<'_>| {
        let mut once = Once::default();
        object(text, |key, value| match key {
            b"Event" => {
                once.note(0)?;
                event(value, fields)
            }
            // Carved records are not counted like others.
            b"recovered" => None,
            _ => pass(value),
        })
    })
}

fn event<'t>(text: &'t [u8], fields: &mut Fields<'t>) -> Rest<'t> {
    let mut once = Once::default();
    object(text, |key, value| {
        let Some(number) = number_of(EVENT, key) else { return pass(value) };
        once.note(number)?;
        if key == b"System" { system(value, fields) } else { pass(value) }
    })
}

fn system<'t>(text: &'t [u8], fields: &mut Fields<'t>) -> Rest<'t> {
    let mut once = Once::default();
    object(text, |key, value| {
        let Some(number) = number_of(SYSTEM, key) else { return pass(value) };
        once.note(number)?;
        match key {
            b"Provider" => {
                element(value, b"#attributes", |value| attribute(value, b"Name", &mut fields.provider))
            }
            b"Provider_attributes" => attribute(value, b"Name", &mut fields.provider),
            b"TimeCreated" => {
                element(value, b"#attributes", |value| attribute(value, b"SystemTime", &mut fields.time))
            }
            b"TimeCreated_attributes" => attribute(value, b"SystemTime", &mut fields.time),
            b"EventID" if value.starts_with(b"{") => {
                element(value, b"#text", |value| set(&mut fields.event_id, value))
            }
            b"EventID" => set(&mut fields.event_id, value),
            b"Channel" => set(&mut fields.channel, value),
            b"Computer" => set(&mut fields.host, value),
            _ => pass(value),
        }
    })
}

/// An element of which one part is read.
fn element<'t>(text: &'t [u8], wanted: &[u8], mut read: impl FnMut(&'t [u8]) -> Rest<'t>) -> Rest<'t> {
    let mut once = Once::default();
    object(text, |key, value| {
        if let Some(number) = number_of(ELEMENT, key) {
            once.note(number)?;
        }
        if key == wanted { read(value) } else { pass(value) }
    })
}

/// Attributes of which one is read; given up if there is another one already, inside of the element or beside it.
fn attribute<'t>(text: &'t [u8], wanted: &[u8], field: &mut Option<&'t str>) -> Rest<'t> {
    if field.is_some() {
        return None;
    }
    let mut once = Once::default();
    object(text, |key, value| {
        if let Some(number) = number_of(ATTRIBUTES, key) {
            once.note(number)?;
        }
        if key == wanted { set(field, value) } else { pass(value) }
    })
}

/// A glance at a line of Winlogbeat, and the object on it; only at documents of version 7 and later that are nested, not
/// wrapped, and without the original XML.
pub(super) fn winlogbeat(line: &str) -> Option<(Fields<'_>, &str)> {
    let (fields, object) = whole(line, |text, fields: &mut Fields<'_>| {
        let mut once = Once::default();
        object(text, |key, value| match key {
            b"@timestamp" => {
                once.note(0)?;
                set(&mut fields.time, value)
            }
            b"winlog" => {
                once.note(1)?;
                winlog(value, fields)
            }
            b"event" => {
                once.note(2)?;
                object(value, |key, value| if key == b"original" { None } else { pass(value) })
            }
            b"xml" => None,
            _ if key.starts_with(b"winlog.") || key.starts_with(b"event.") => None,
            _ => pass(value),
        })
    })?;
    let is_said = |field: Option<&str>| field.is_some_and(|text| !text.is_empty());
    let all = [fields.provider, fields.event_id, fields.time, fields.channel, fields.host];
    all.into_iter().all(is_said).then_some((fields, object))
}

fn winlog<'t>(text: &'t [u8], fields: &mut Fields<'t>) -> Rest<'t> {
    let mut once = Once::default();
    object(text, |key, value| {
        let (number, field) = match key {
            b"provider_name" => (0, &mut fields.provider),
            b"event_id" => (1, &mut fields.event_id),
            b"channel" => (2, &mut fields.channel),
            b"computer_name" => (3, &mut fields.host),
            _ => return pass(value),
        };
        once.note(number)?;
        set(field, value)
    })
}

#[cfg(test)]
mod tests;
