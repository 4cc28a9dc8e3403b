//! Reads repetitions of the lines of text files and tells where time grows faster than the input.
//!
//! usage: scale FORMAT FILE …

// What counts coverage in the instrumented readers.
use libfuzzer_sys as _;
use std::process::ExitCode;
use vsscope_fuzz::scale;
use vsscope_parsers::Format;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let format: Option<Format> = arguments.next().and_then(|name| name.parse().ok());
    let Some(format) = format else {
        eprintln!("usage: scale FORMAT FILE …");
        return ExitCode::from(2);
    };
    let mut found = 0;
    for path in arguments {
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) => {
                eprintln!("{path}: {error}");
                return ExitCode::from(2);
            }
        };
        for slow in scale::check(&text, format) {
            println!("{path}: {slow}");
            found += 1;
        }
    }
    if found == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
