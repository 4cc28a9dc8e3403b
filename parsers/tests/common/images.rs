//! Logs, their chunks, and images in which these lie between other bytes.

use std::path::Path;
use std::sync::Arc;
use vsscope_fixtures::evtx::{Data, EvtxWriter, Provider, Record};
use vsscope_model::{Event, InputReport, Timestamp};
use vsscope_parsers::{ReadOptions, read_bytes};

const HEADER: usize = 4096;
const CHUNK: usize = 65_536;

/// A committed sample.
pub fn fixture(path: &str) -> Vec<u8> {
    std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/samples").join(path)).unwrap()
}

/// One record of `VSS` (8224) of every second from the start of a day on, some 90 a chunk.
pub fn generated(host: &str, channel: &str, day: u32, records: u64) -> Vec<u8> {
    let mut writer = EvtxWriter::new(channel);
    for number in 0..records {
        writer.push(&vss(host, day, number)).unwrap();
    }
    writer.finish()
}

/// The record of a second of a day.
pub fn vss(host: &str, day: u32, second: u64) -> Record {
    let start: Timestamp = format!("2031-03-{day:02}T00:00:00.1234567Z").parse().unwrap();
    let time = start + chrono::Duration::seconds(i64::try_from(second).unwrap());
    let provider = Provider { name: "VSS".into(), guid: None, event_source_name: None };
    let mut record = Record::new(provider, 8224, time, host);
    record.data = Data::Unnamed(vec![format!("run {second}"), "x".repeat(230)]);
    record
}

/// The chunks of a log.
pub fn chunks(log: &[u8]) -> Vec<Vec<u8>> {
    let slots = log[HEADER..].chunks(CHUNK);
    slots.filter(|slot| slot.starts_with(b"ElfChnk\0")).map(<[u8]>::to_vec).collect()
}

/// Reads bytes without options.
pub fn plain(bytes: &[u8]) -> InputReport {
    one(bytes, &ReadOptions::default())
}

/// Reads bytes with `--carve`.
pub fn carve(bytes: &[u8]) -> InputReport {
    one(bytes, &ReadOptions { carve: true, ..ReadOptions::default() })
}

fn one(bytes: &[u8], options: &ReadOptions) -> InputReport {
    let mut reports = read_bytes("input", bytes, options);
    assert_eq!(reports.len(), 1);
    reports.remove(0)
}

/// The events by number, without what the place of their records says.
pub fn same(report: &InputReport) -> Vec<Event> {
    let mut events = report.events.clone();
    for event in &mut events {
        event.source.input = Arc::from("");
        event.source.offset = None;
        event.source.carved = false;
    }
    events.sort_by_key(|event| (event.source.channel.clone(), event.source.record, event.time));
    events
}

/// Bytes of no meaning, the same in every run, and what is put between them.
pub struct Noise {
    pub bytes: Vec<u8>,
    state: u64,
}

impl Noise {
    /// An image that begins with so many of them. It looks like nothing else.
    pub fn image(seed: u64, length: usize) -> Self {
        let mut noise = Noise { bytes: Vec::new(), state: seed };
        noise.noise(length);
        if let Some(first) = noise.bytes.first_mut() {
            *first = 0xEB;
        }
        noise
    }

    /// Adds so many.
    pub fn noise(&mut self, length: usize) {
        for _ in 0..length {
            let byte = self.next() as u8;
            self.bytes.push(byte);
        }
    }

    /// Adds these bytes.
    pub fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    /// Another order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for last in (1..list.len()).rev() {
            let at = usize::try_from(self.next() % (last as u64 + 1)).unwrap();
            list.swap(last, at);
        }
    }

    /// Knuth's MMIX generator; any fixed sequence would do.
    fn next(&mut self) -> u64 {
        self.state =
            self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        self.state >> 33
    }
}
