//! The readers, one at a time, in bytes per second: `cargo bench -p vsscope-benches`, or with a part of a name behind `--`.

// The macros of Criterion make functions without a comment.
#![allow(missing_docs)]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::fs;
use std::hint::black_box;
use vsscope_benches::Input;
use vsscope_parsers::{ReadOptions, Source, read};

fn readers(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().expect("a folder");
    let mut group = criterion.benchmark_group("read");
    group.sample_size(20);
    for input in Input::ALL {
        let path = folder.path().join(input.name());
        let bytes = input.bytes(input.sizes()[1]).expect("an input");
        // Of a zip bundle the bytes of its member count: they are what the reader goes through.
        let size = match input {
            Input::Zip => input.sizes()[1],
            _ => bytes.len() as u64,
        };
        fs::write(&path, bytes).expect("written");
        let source = Source::file(&path);
        group.throughput(Throughput::Bytes(size));
        group.bench_function(input.name(), |bencher| {
            bencher.iter(|| black_box(read(&source, &ReadOptions::default(), &())));
        });
    }
    group.finish();
}

criterion_group!(benches, readers);
criterion_main!(benches);
