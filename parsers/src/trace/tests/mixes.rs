//! Any mix of the columns of `formats/trace-text.md` section 3, in any order, is read field by field.

use super::adaptive::{BODIES, Values, trace};
use super::*;
use proptest::prelude::*;

/// A column of a mix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Time(u8),
    Ids(u8),
    Module(bool),
    Level,
    Alias,
    File(bool),
}

impl Part {
    fn write(self, values: &Values) -> String {
        let Values { at, tid, pid, module, level, is_edge, .. } = *values;
        match self {
            Part::Time(0) => format!("04:05:{at:02}"),
            Part::Time(1) => format!("04:05:{at:02}.{:07}", at * 7),
            Part::Time(2) => format!("2031-03-07 04:05:{at:02}.123"),
            Part::Time(3) => format!("3/13/2031 4:05:{at:02} PM"),
            Part::Time(_) => format!("{}.{:03}", at * 3, at * 7),
            Part::Ids(0) => format!("0x{pid:04x} 0x{tid:04x}"),
            Part::Ids(1) => format!("{pid:04x}:{tid:04x}"),
            Part::Ids(2) => format!("{pid:5} {tid:5}"),
            Part::Ids(_) => format!("[{tid:x}.{pid:x}]"),
            Part::Module(false) => module.to_owned(),
            Part::Module(true) => format!("[{module}]"),
            Part::Level => format!("{level:03}"),
            Part::Alias => format!("DEMOCRD1{:08}", at + 100),
            Part::File(always) if always || !is_edge => format!("demo\\coord.cxx({})", at + 100),
            Part::File(_) => String::new(),
        }
    }
}

/// Every kind of column at most once, in any order; a source place is written in one form only.
fn parts() -> impl Strategy<Value = Vec<Part>> {
    let maybe = |part: BoxedStrategy<Part>| prop::option::of(part);
    let place = prop_oneof![Just(Part::Alias), any::<bool>().prop_map(Part::File)];
    (
        maybe((0..5_u8).prop_map(Part::Time).boxed()),
        maybe((0..4_u8).prop_map(Part::Ids).boxed()),
        maybe(any::<bool>().prop_map(Part::Module).boxed()),
        maybe(Just(Part::Level).boxed()),
        maybe(place.boxed()),
    )
        .prop_map(|(time, ids, module, level, place)| {
            [time, ids, module, level, place].into_iter().flatten().collect()
        })
        .prop_shuffle()
}

/// Without what cannot be told: a level beside nothing that shows what it is may be an id, and where a column is missing so
/// is what stands behind it, which only blanks are told from.
fn sure(mut parts: Vec<Part>, gap: &str) -> Vec<Part> {
    let has_ids = parts.iter().any(|part| matches!(part, Part::Ids(_)));
    parts.retain(|part| *part != Part::Level || has_ids);
    for part in &mut parts {
        if *part == Part::File(false) && !gap.trim().is_empty() {
            *part = Part::File(true);
        }
    }
    parts
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_mix_of_columns_is_read(parts in parts(), gap in prop::sample::select(vec![" ", "  ", "\t", ", ", " | "]), indent in prop::sample::select(vec![0_usize, 1, 3])) {
        let parts = sure(parts, gap);
        let text = trace(|values| {
            let written: Vec<String> = parts.iter().map(|part| part.write(&values)).filter(|part| !part.is_empty()).collect();
            let end = if written.is_empty() { "" } else { " " };
            format!("{}{end}{}", written.join(gap), " ".repeat(indent * values.depth))
        });
        let read = read(&text);
        prop_assert_eq!(read.account(), [60, 60, 0, 0], "{}\n{}", read.reading().columns, &text[..400]);
        prop_assert!(looks_like(&text));
        for (at, (record, (tid, pid, depth, module, level, body))) in read.records.iter().zip(BODIES.iter().cycle()).enumerate() {
            let has = |is: fn(&Part) -> bool| parts.iter().any(is);
            let placed = has(|part| matches!(part, Part::Alias | Part::File(true))) || has(|part| matches!(part, Part::File(false))) && !body.starts_with('E');
            let ids = has(|part| matches!(part, Part::Ids(_)));
            let expected = (
                has(|part| matches!(part, Part::Time(_))),
                ids.then_some(*pid),
                ids.then_some(*tid),
                has(|part| matches!(part, Part::Module(_))).then_some(*module),
                has(|part| *part == Part::Level).then_some(*level),
                placed.then_some(at as u32 + 100),
                (indent > 0).then_some(*depth as u32),
            );
            let found = (record.time.is_some(), record.pid, record.tid, record.module.as_deref(), record.level, record.source_line, record.indent);
            prop_assert_eq!(found, expected, "{}\n{}", read.reading().columns, text.lines().nth(at).unwrap());
            prop_assert!(body.contains(&record.function) && record.function.starts_with("CDemo"));
        }
    }
}
