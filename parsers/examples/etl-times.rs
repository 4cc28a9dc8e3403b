//! Prints every event of an event trace: offset of its buffer, its distance in there, form of its header, time stamp as it is
//! written, FILETIME. One side of `scripts/cross-check-etl.sh`.

// Printing is what it is for.
#![allow(clippy::print_stdout)]

use std::env;
use std::fs::File;
use std::io;
use vsscope_parsers::etl::{Listed, list};

fn main() -> io::Result<()> {
    let path = env::args().nth(1).ok_or_else(|| io::Error::other("usage: etl-times FILE"))?;
    list(&mut File::open(path)?, print);
    Ok(())
}

fn print(event: &Listed) {
    let number = |number: Option<i64>| number.map_or("-".to_owned(), |number| number.to_string());
    let Listed { buffer, at, kind, stamp, filetime } = *event;
    println!("{buffer} {at} {kind:?} {} {}", number(stamp), number(filetime));
}
