//! Whether reading takes time in proportion to the input: every line of a text, and every piece of it, is repeated until it
//! fills one size and then four times that size. What takes more than eight times as long is told.

use cpu_time::ThreadTime;
use std::time::Duration;
use vsscope_parsers::{Format, ReadOptions, read_bytes};

/// Sizes that are compared.
const SMALL: usize = 256 << 10;
const TIMES: usize = 4;
/// Less is noise.
const LEAST: Duration = Duration::from_millis(60);
/// Growth that is no longer one with the size.
const MOST: u32 = 8;

/// Tells the repetitions of this text that take too long.
pub fn check(text: &[u8], format: Format) -> Vec<String> {
    let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let mut units: Vec<(String, Vec<u8>, Vec<u8>)> =
        vec![("the whole".to_owned(), Vec::new(), text.to_vec())];
    for (number, line) in lines.iter().enumerate() {
        let before = lines[..number].concat();
        units.push((format!("line {}", number + 1), before.clone(), line.to_vec()));
        units.push((format!("line {} without its end", number + 1), before, line.trim_ascii_end().to_vec()));
    }
    units.into_iter().filter_map(|(name, before, unit)| grows(&name, &before, &unit, format)).collect()
}

fn grows(name: &str, before: &[u8], unit: &[u8], format: Format) -> Option<String> {
    if unit.is_empty() {
        return None;
    }
    let options = ReadOptions { format: Some(format), ..ReadOptions::default() };
    let took = |size: usize| {
        let input = [before, &unit.repeat(size / unit.len() + 1)].concat();
        let start = ThreadTime::now();
        let report = read_bytes("input", &input, &options);
        drop(report);
        start.elapsed()
    };
    let small = took(SMALL);
    let large = took(SMALL * TIMES);
    let too_long = large > LEAST && large > small * MOST;
    // Once more: a machine that others use stutters.
    (too_long && took(SMALL * TIMES) > took(SMALL) * MOST).then(|| {
        format!("{format}, {name}: {small:?} for {SMALL} bytes, {large:?} for {TIMES} times as many")
    })
}
