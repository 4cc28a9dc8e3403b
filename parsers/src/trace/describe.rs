//! A layout in words: its columns in order, as reports show them.

use super::layout::{Column, Layout, Meaning, Piece, Radix};
use super::stamp::{Stamp, Value};

/// The columns of a layout, with the time named as the first stamp of the trace shows it.
pub(super) fn columns(layout: &Layout, stamp: Option<Stamp>) -> String {
    let mut words = Vec::new();
    collect(layout, &layout.pieces, stamp, false, &mut words);
    words.push("body".to_owned());
    words.join(", ")
}

fn collect(layout: &Layout, pieces: &[Piece], stamp: Option<Stamp>, optional: bool, words: &mut Vec<String>) {
    for piece in pieces {
        match piece {
            Piece::Optional(pieces) => collect(layout, pieces, stamp, true, words),
            Piece::Column(column, _) => {
                if let Some(word) = word(layout, *column, stamp) {
                    words.push(if optional { format!("{word} if any") } else { word });
                }
            }
            Piece::Literal(_) | Piece::Blanks => {}
        }
    }
}

fn word(layout: &Layout, column: Column, stamp: Option<Stamp>) -> Option<String> {
    let id = |name: &str, radix| match radix {
        Radix::Hex => format!("{name} (hex)"),
        Radix::Decimal => format!("{name} (decimal)"),
    };
    Some(match column {
        Column::Time => match stamp.map(|stamp| stamp.value) {
            Some(Value::Day { date: Some(_), zone: Some(_), .. }) => "date and time with zone",
            Some(Value::Day { date: Some(_), .. }) => "date and time",
            Some(Value::Day { date: None, .. }) => "time of day",
            Some(Value::Counter(_)) => "seconds",
            None => "time (empty)",
        }
        .to_owned(),
        Column::Seconds => "seconds".to_owned(),
        Column::Ticks(_) => "ticks".to_owned(),
        Column::Pid(radix) => id("pid", radix),
        Column::Tid(radix) => id("tid", radix),
        Column::Number(radix, meaning) => id(
            match meaning {
                Meaning::Context => "context",
                Meaning::Sequence => "sequence",
                Meaning::Counter => "counter of unknown unit",
                Meaning::Unknown => "number",
            },
            radix,
        ),
        Column::Module => "module".to_owned(),
        Column::Level => "level".to_owned(),
        Column::File => "source file".to_owned(),
        Column::Line => "source line".to_owned(),
        Column::Alias => "source alias".to_owned(),
        Column::Indent => match layout.indent {
            Some(_) => "indent".to_owned(),
            None => return None,
        },
        Column::Function => "function".to_owned(),
        Column::Label => "label".to_owned(),
        Column::Skip => "other".to_owned(),
    })
}
