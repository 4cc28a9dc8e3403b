//! Inputs whose reading took time or memory out of all proportion to their size.

use std::time::{Duration, Instant};
use vsscope_model::InputReport;
use vsscope_parsers::{Format, ReadOptions, read_bytes};

/// What a few MB may take in a test build on a busy machine. Each of these took minutes.
const SOON: Duration = Duration::from_secs(10);

fn read_soon(text: &str, format: Format) -> InputReport {
    let options = ReadOptions { format: Some(format), ..ReadOptions::default() };
    let start = Instant::now();
    let report = read_bytes("input", text.as_bytes(), &options).remove(0);
    assert!(start.elapsed() < SOON, "{:?} for {} bytes", start.elapsed(), text.len());
    report
}

/// Every word of every alias was compared with every volume.
#[test]
fn a_set_of_a_hundred_thousand_volumes_is_none() {
    let added: String = (0..100_000).map(|at| format!("-> add volume C: alias a{at:06}\n")).collect();
    let named = |at| format!("Alias b{at:06} for shadow ID {{99990000-1111-4222-8333-444455556666}} set\n");
    let named: String = (0..100_000).map(named).collect();
    let report = read_soon(&format!("{added}-> create\n{named}"), Format::Diskshadow);
    let text = report.text.unwrap();
    assert_eq!((text.lines, text.parsed), (200_001, 200_001));
}
