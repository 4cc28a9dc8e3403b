#![allow(missing_docs, clippy::print_stdout)]
//! Times reading.
use vsscope_parsers::*;
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let n: usize = a.get(2).map_or(1, |n| n.parse().unwrap());
    let mut best = f64::MAX;
    for _ in 0..n {
        let t = std::time::Instant::now();
        let r = read(&Source::file(&a[1]), &ReadOptions::default(), &());
        let s = t.elapsed().as_secs_f64();
        best = best.min(s);
        if a.len() > 3 { println!("{:#?}", r[0].text); for i in &r[0].issues { println!("{i:?}"); } println!("{} events {:?}", r[0].events.len(), r[0].spans); }
        let t = r[0].text.as_ref().unwrap();
        println!("{s:.3} s, {} lines {:.1} ns/line, {} {}", t.lines, s * 1e9 / t.lines as f64, t.layout, t.encoding);
    }
    println!("best {best:.3}");
}
