//! The XML of an event, which Winlogbeat keeps as `event.original` when it is told to: the only form of its documents
//! that has everything (order of the data, binary tail, qualifiers).

use super::raw::number;
use crate::bytes::from_hex;
use crate::time;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use vsscope_model::{Param, Timestamp};

/// Elements inside elements; the events of Windows have fewer than ten.
const MAX_DEPTH: usize = 64;

/// What the XML of an event has. What it does not have is absent.
#[derive(Debug, Default, PartialEq)]
pub(super) struct XmlEvent {
    pub provider: Option<String>,
    pub event_source_name: Option<String>,
    pub event_id: Option<u32>,
    pub qualifiers: Option<u32>,
    pub version: Option<u8>,
    pub level: Option<u8>,
    pub time: Option<Timestamp>,
    pub record_id: Option<u64>,
    pub pid: Option<u32>,
    pub tid: Option<u32>,
    pub channel: Option<String>,
    pub computer: Option<String>,
    pub user_sid: Option<String>,
    pub data: Vec<Param>,
    pub user_data: Vec<Param>,
    pub binary: Option<Vec<u8>>,
    pub message: Option<String>,
}

/// An element that is open.
struct Open {
    name: String,
    /// `Name` of a `Data` element.
    data_name: Option<String>,
    text: String,
    has_children: bool,
}

/// Reads the XML of one event; `None` if it is not well-formed or has no `System`.
pub(super) fn read(xml: &str) -> Option<XmlEvent> {
    let mut reader = Reader::from_str(xml);
    let mut event = XmlEvent::default();
    let mut open: Vec<Open> = Vec::new();
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                if open.len() >= MAX_DEPTH {
                    return None;
                }
                let element = begin(&start, &mut open, &mut event);
                open.push(element);
            }
            Event::Empty(start) => {
                let element = begin(&start, &mut open, &mut event);
                end(element, &open, &mut event);
            }
            Event::End(_) => {
                let element = open.pop()?;
                end(element, &open, &mut event);
            }
            Event::Text(text) => add(&mut open, &text.xml_content(XmlVersion::Implicit1_0)),
            Event::CData(text) => add(&mut open, &text.xml_content(XmlVersion::Implicit1_0)),
            Event::GeneralRef(reference) => match reference.resolve_char_ref().ok()? {
                Some(character) => add(&mut open, character.encode_utf8(&mut [0; 4])),
                None => add(
                    &mut open,
                    quick_xml::escape::resolve_predefined_entity(
                        &reference.xml_content(XmlVersion::Implicit1_0),
                    )?,
                ),
            },
            Event::Eof => break,
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
    (open.is_empty() && event.provider.is_some()).then_some(event)
}

fn add(open: &mut [Open], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

fn begin(start: &BytesStart<'_>, open: &mut [Open], event: &mut XmlEvent) -> Open {
    let name = start.local_name().as_ref().to_owned();
    let attribute = |wanted: &str| {
        let mut attributes = start.attributes().flatten();
        let found = attributes.find(|attribute| attribute.key.as_ref() == wanted)?;
        Some(found.normalized_value(XmlVersion::Implicit1_0).ok()?.into_owned())
    };
    if let Some(parent) = open.last_mut() {
        parent.has_children = true;
    }
    if is_child_of(open, "System") {
        match name.as_str() {
            "Provider" => {
                event.provider = attribute("Name");
                event.event_source_name = attribute("EventSourceName");
            }
            "EventID" => event.qualifiers = attribute("Qualifiers").and_then(|text| number(&text)),
            "TimeCreated" => {
                event.time = attribute("SystemTime").and_then(|text| Some(time::parse(&text)?.time))
            }
            "Execution" => {
                event.pid = attribute("ProcessID").and_then(|text| number(&text)).filter(|pid| *pid != 0);
                event.tid = attribute("ThreadID").and_then(|text| number(&text)).filter(|tid| *tid != 0);
            }
            "Security" => event.user_sid = attribute("UserID"),
            _ => {}
        }
    }
    Open { data_name: attribute("Name"), name, text: String::new(), has_children: false }
}

fn end(element: Open, open: &[Open], event: &mut XmlEvent) {
    let text = element.text;
    let section = open.get(1).map(|element| element.name.as_str()).unwrap_or_default();
    match (section, open.len(), element.name.as_str()) {
        ("System", 2, "EventID") => event.event_id = number(&text),
        ("System", 2, "Version") => event.version = number(&text),
        ("System", 2, "Level") => event.level = number(&text),
        ("System", 2, "EventRecordID") => event.record_id = number(&text),
        ("System", 2, "Channel") => event.channel = Some(text),
        ("System", 2, "Computer") => event.computer = Some(text),
        ("EventData", 2, "Binary") => event.binary = from_hex(&text).filter(|bytes| !bytes.is_empty()),
        ("EventData", 2, "Data") => event.data.push(Param { name: element.data_name, value: text }),
        ("EventData", _, name) if !element.has_children => {
            event.data.push(Param { name: Some(name.to_owned()), value: text });
        }
        ("UserData", _, name) if !element.has_children => {
            event.user_data.push(Param { name: Some(name.to_owned()), value: text });
        }
        ("RenderingInfo", 2, "Message") => event.message = Some(text).filter(|text| !text.is_empty()),
        _ => {}
    }
}

/// Whether the innermost open element is this child of the root.
fn is_child_of(open: &[Open], name: &str) -> bool {
    open.len() == 2 && open.last().is_some_and(|element| element.name == name)
}
