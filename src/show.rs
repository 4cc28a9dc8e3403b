//! What names a piece of evidence, and which input is meant by it.
//!
//! The forms are those that the reports print: `Sysmon.evtx #27`, `trace.txt:1234`, `vss.etl @0xeb2`, `f1`, and an input by
//! its id in place of its name. An input is named by the end of its path.

use anyhow::{Result, bail};
use std::sync::Arc;
use vsscope_model::Spot;

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    /// All evidence of a finding, by its id.
    Finding(String),
    /// A place in an input, which is named by the end of its path or by its id.
    Place(String, Spot),
}

impl Reference {
    /// Reads a reference.
    ///
    /// # Errors
    /// It names no input.
    pub fn of(text: &str) -> Result<Self> {
        let text = text.trim();
        if is_numbered(text, 'f') {
            return Ok(Reference::Finding(text.to_owned()));
        }
        let (mut name, mut spot) = (text, Spot::default());
        while let Some((rest, part)) = last_part(name) {
            match part {
                Part::Record(record) if spot.record.is_none() => spot.record = Some(record),
                Part::Line(line) if spot.line.is_none() => spot.line = Some(line),
                Part::Offset(offset) if spot.offset.is_none() => spot.offset = Some(offset),
                _ => break,
            }
            name = rest;
        }
        if name.is_empty() {
            bail!(
                "{text:?} names no input: a reference is like \"Sysmon.evtx #27\", trace.txt:1234, vss.etl@0xeb2 or f1"
            );
        }
        Ok(Reference::Place(name.to_owned(), spot))
    }
}

/// Whether this is an id of an analysis: a letter and a number.
pub fn is_numbered(text: &str, letter: char) -> bool {
    text.strip_prefix(letter)
        .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
}

enum Part {
    Record(u64),
    Line(u64),
    Offset(u64),
}

/// The place with which a reference ends, and what is before it.
fn last_part(text: &str) -> Option<(&str, Part)> {
    let at = text.rfind(['#', ':', '@'])?;
    let (rest, part) = text.split_at(at);
    let digits = part.get(1..)?;
    let hex = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X"));
    let part = match (part.get(..1)?, hex) {
        ("#", None) => Part::Record(digits.parse().ok()?),
        (":", None) => Part::Line(digits.parse().ok()?),
        ("@", None) => Part::Offset(digits.parse().ok()?),
        ("@", Some(hex)) => Part::Offset(u64::from_str_radix(hex, 16).ok()?),
        _ => return None,
    };
    Some((rest.trim_end(), part))
}

/// The paths that end with this name, at the border of a part.
pub fn named<'a>(paths: impl IntoIterator<Item = &'a Arc<str>>, name: &str) -> Vec<&'a Arc<str>> {
    let plain = |text: &str| text.replace('\\', "/");
    let name = plain(name);
    let fits = |path: &&Arc<str>| {
        let path = plain(path);
        path.strip_suffix(&*name).is_some_and(|before| before.is_empty() || before.ends_with(['/', '!']))
    };
    paths.into_iter().filter(fits).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(text: &str) -> (String, Spot) {
        match Reference::of(text).expect("a reference") {
            Reference::Place(name, spot) => (name, spot),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn every_form_that_a_report_prints_is_read() {
        let spot = |record, line, offset| Spot { record, line, offset, near: None };
        for (text, name, expected) in [
            ("Sysmon.evtx #27", "Sysmon.evtx", spot(Some(27), None, None)),
            ("Sysmon.evtx#27", "Sysmon.evtx", spot(Some(27), None, None)),
            ("trace.txt:1234", "trace.txt", spot(None, Some(1234), None)),
            ("a.json:3 #17 @0x20", "a.json", spot(Some(17), Some(3), Some(32))),
            ("vss.etl@0xeb2", "vss.etl", spot(None, None, Some(0xeb2))),
            ("vss.etl @3762", "vss.etl", spot(None, None, Some(3762))),
            (r"C:\logs\a b.zip!in/vss.etl @0x1", r"C:\logs\a b.zip!in/vss.etl", spot(None, None, Some(1))),
            ("i1#27", "i1", spot(Some(27), None, None)),
            ("C#5.txt", "C#5.txt", Spot::default()),
        ] {
            assert_eq!(place(text), (name.to_owned(), expected), "{text}");
        }
        assert_eq!(Reference::of("f12").expect("a reference"), Reference::Finding("f12".to_owned()));
        assert!(Reference::of("#27").is_err());
        assert!(Reference::of("").is_err());
    }

    #[test]
    fn inputs_are_named_by_whole_parts_of_their_path() {
        let paths = ["a/Sysmon.evtx", "b/Sysmon.evtx", "b.zip!logs/System.evtx", "b/NotSystem.evtx"];
        let paths = paths.map(Arc::<str>::from);
        assert_eq!(named(&paths, "Sysmon.evtx").len(), 2);
        assert_eq!(named(&paths, "a/Sysmon.evtx"), [&paths[0]]);
        assert_eq!(named(&paths, "System.evtx"), [&paths[2]]);
        assert_eq!(named(&paths, r"logs\System.evtx"), [&paths[2]]);
        assert!(named(&paths, "stem.evtx").is_empty());
    }
}
