//! A record of an export in JSON as it stands there.

use super::MOST;
use crate::json::documents::{Cut, Documents};
use serde_json::Value;
use std::io::Read;
use vsscope_model::{Raw, RawLine, Spot};

/// Where the forms keep the id of a record: evtx_dump, NXLog, Winlogbeat, `vsscope.events/1`.
const IDS: [&[&str]; 5] = [
    &["Event", "System", "EventRecordID"],
    &["RecordNumber"],
    &["EventRecordID"],
    &["winlog", "record_id"],
    &["source", "record"],
];

/// The object that begins on the line, else the objects with the record id.
pub(super) fn find(stream: &mut dyn Read, spot: &Spot) -> Vec<(Spot, Raw)> {
    let mut found = Vec::new();
    let mut documents = Documents::new(stream);
    while let Some(cut) = documents.next() {
        let (line, record, raw) = match cut {
            Cut::Document { bytes, line } => {
                let Some(record) = fitting(bytes, line, spot) else { continue };
                (line, record, Raw::Json { json: String::from_utf8_lossy(bytes).into_owned() })
            }
            Cut::Broken { line, reason } if spot.line == Some(line) => {
                let lines = vec![RawLine { number: line, text: format!("({reason})"), meant: true }];
                (line, None, Raw::Text { lines })
            }
            Cut::Broken { .. } => continue,
        };
        found.push((Spot { record, line: Some(line), ..Spot::default() }, raw));
        if spot.line.is_some() || found.len() >= MOST {
            break;
        }
    }
    found
}

/// The record id of an object that is meant; `None` if it is another one.
fn fitting(bytes: &[u8], line: u64, spot: &Spot) -> Option<Option<u64>> {
    if spot.line.is_some_and(|wanted| wanted != line) {
        return None;
    }
    let record = || record_id(&serde_json::from_slice(bytes).ok()?);
    match (spot.line, spot.record) {
        (Some(_), _) => Some(record()),
        (None, Some(wanted)) => {
            // Parsing is the dear part: the number has to be there at all.
            let digits = wanted.to_string();
            memchr::memmem::find(bytes, digits.as_bytes())?;
            record().filter(|id| *id == wanted).map(Some)
        }
        (None, None) => None,
    }
}

fn record_id(object: &Value) -> Option<u64> {
    let at = |path: &&[&str]| path.iter().try_fold(object, |value, key| value.get(key));
    let number = |value: &Value| value.as_u64().or_else(|| value.as_str()?.trim().parse().ok());
    IDS.iter().filter_map(at).find_map(number)
}
