//! What is not looked at closely changes nothing: every generated trace gives the same report with and without.

use std::sync::Arc;
use vsscope_fixtures::Scenario;
use vsscope_fixtures::cases::Failure;
use vsscope_fixtures::forms::Form;
use vsscope_fixtures::text::Encoding;
use vsscope_fixtures::trace::{RegistryOptions, write_big};
use vsscope_model::InputReport;
use vsscope_parsers::trace::Profile;
use vsscope_parsers::{Format, ReadOptions, read_bytes};

const ENCODINGS: [Encoding; 6] = [
    Encoding::Utf8,
    Encoding::Utf8Bom,
    Encoding::Utf16Le,
    Encoding::Utf16Be,
    Encoding::Cp1252,
    Encoding::Cp850,
];

/// The report that both ways give.
fn same(name: &str, bytes: &[u8], options: &ReadOptions) -> InputReport {
    let options = ReadOptions { format: Some(Format::VssTrace), ..options.clone() };
    let quick = read_bytes(name, bytes, &options).remove(0);
    let slow = read_bytes(name, bytes, &ReadOptions { no_skip: true, ..options }).remove(0);
    assert!(
        quick == slow,
        "{name}: {:?} and {:?}, {} and {} events",
        quick.text,
        slow.text,
        quick.events.len(),
        slow.events.len()
    );
    quick
}

/// Every scenario and mishap that there is.
fn scenarios() -> Vec<Scenario> {
    let mut all = Scenario::own().unwrap();
    all.extend(Failure::all().unwrap().into_iter().map(|failure| failure.scenario));
    all
}

#[test]
fn every_scenario_in_every_form_of_trace_is_the_same_in_both_ways() {
    let mut events = 0;
    for (number, scenario) in scenarios().iter().enumerate() {
        let encoding = ENCODINGS[number % ENCODINGS.len()];
        let options = RegistryOptions { encoding, ..RegistryOptions::default() };
        let forms = [
            Form::Registry(options),
            Form::Registry(RegistryOptions { timestamps: false, file_line: false, ..options }),
            Form::Registry(RegistryOptions { max_level: 170, zone_offset_minutes: 120, ..options }),
            Form::Vsstrace(60),
        ];
        for form in forms {
            for (name, bytes) in form.files(scenario).unwrap() {
                // The first thousand lines tell the layout; behind them lines are passed over.
                let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
                for bytes in [bytes.clone(), bytes.repeat(2000 / lines + 1)] {
                    events += same(&name, &bytes, &ReadOptions::default()).events.len();
                }
            }
        }
    }
    assert!(events > 10_000, "{events}");
}

fn big(bytes: u64) -> Vec<u8> {
    let mut trace = Vec::new();
    write_big(&Scenario::by_id("healthy-backup").unwrap(), bytes, Encoding::Utf8, &mut trace).unwrap();
    trace
}

#[test]
fn a_big_trace_is_the_same_in_both_ways_in_every_encoding() {
    let text = String::from_utf8(big(3 << 20)).unwrap();
    let zones = [None, Some(chrono_tz::Europe::Berlin), Some(chrono_tz::America::New_York)];
    for (at, encoding) in ENCODINGS.into_iter().enumerate() {
        let options = ReadOptions { zone: zones[at % zones.len()], ..ReadOptions::default() };
        let report = same("big", &encoding.file(&text), &options);
        let read = report.text.unwrap();
        assert_eq!(
            (read.lines, read.unknown, report.lost),
            (text.lines().count() as u64, 0, 0),
            "{encoding:?}"
        );
        assert_eq!(report.records, read.lines);
    }
}

/// Damages a trace in a way that a number chooses: another one each time, the same on every run.
fn damage(bytes: &mut Vec<u8>, seed: u64) {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut below = |end: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % end.max(1) as u64).unwrap()
    };
    for _ in 0..1 + below(40) {
        let at = below(bytes.len());
        match below(8) {
            0 => bytes[at] ^= 1 << below(8),
            1 => bytes[at] = 0,
            2 => bytes[at] = b'\n',
            3 => bytes[at] = 0xE4,
            4 => drop(bytes.remove(at)),
            5 => drop(bytes.drain(at..(at + below(5000)).min(bytes.len()))),
            6 => bytes
                .splice(at..at, "Speicher voll\r\n\r\n  noch ein Satz für heute\n".bytes())
                .for_each(drop),
            _ => bytes.splice(at..at, vec![0; below(600)]).for_each(drop),
        }
    }
    if below(3) == 0 {
        bytes.truncate(below(bytes.len()));
    }
}

#[test]
fn a_damaged_trace_is_the_same_in_both_ways() {
    let text = String::from_utf8(big(2 << 20)).unwrap();
    let text: String = text.lines().take(4000).flat_map(|line| [line, "\r\n"]).collect();
    let (mut lost, mut unknown) = (0, 0);
    for seed in 0..120 {
        let encoding = ENCODINGS[seed as usize % ENCODINGS.len()];
        let mut bytes = encoding.file(&text);
        damage(&mut bytes, seed);
        let report = same(&format!("damaged {seed}"), &bytes, &ReadOptions::default());
        lost += report.lost;
        unknown += report.text.unwrap().unknown;
    }
    assert!(lost > 100 && unknown > 1000, "{lost} lost, {unknown} unknown");
}

#[test]
fn profiles_of_users_are_the_same_in_both_ways() {
    let written = r#"
        [[profile]]
        name = "dotted"
        prefix = "{sequence:dec} {time}|{pid:dec}.{tid:dec}|{module}/{level}| {indent}"
        time_format = "%d.%m.%y %H-%M-%S,%f"
        enter = ["->", "in"]
        exit = "out"

        [[profile]]
        name = "columns"
        prefix = "{ticks:us} {pid}:{tid} <{function}> {label} "
        enter = "begin"
        exit = "end"
        "#;
    let profiles: Arc<[Profile]> = Profile::from_toml(written).unwrap().into();
    let bodies = [
        "in {CDemoQueue::Pop}",
        "out {CDemoQueue::Pop} 0x0",
        "-> {CDemoQueue::Push}",
        "CDemoQueue::Push: idle",
        "failed, hr = 0x80070005",
    ];
    let dotted: String = (0..6000_usize)
        .map(|n| {
            format!(
                "{n} 07.03.31 04-{:02}-06,{:03}|{}.{}|WRITER/160| {}\n",
                n / 100,
                n % 1000,
                8,
                4 + n % 3 * 4,
                bodies[n % bodies.len()]
            )
        })
        .collect();
    let labels = ["begin", "end", "note"];
    let columns: String = (0..6000_usize)
        .map(|n| {
            format!("{} 8:{} <CDemoQueue::Pop> {} text {n}\n", n * 7, 4 + n % 3 * 4, labels[n % labels.len()])
        })
        .collect();
    for (name, text) in [("dotted", dotted), ("columns", columns)] {
        let report = same(
            name,
            text.as_bytes(),
            &ReadOptions { profiles: profiles.clone(), ..ReadOptions::default() },
        );
        let read = report.text.unwrap();
        assert_eq!((read.layout.as_str(), read.parsed), (name, 6000));
    }
}
