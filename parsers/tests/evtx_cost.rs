//! A chunk whose records become a thousand times its size.

use vsscope_model::{InputReport, IssueKind};
use vsscope_parsers::{Format, ReadOptions, read_bytes};

const CHUNK: usize = 65_536;
const RECORDS: usize = 512;

/// A chunk in the making. Offsets in it count from its beginning, so that its header is there from the start.
struct Bytes(Vec<u8>);

impl Bytes {
    fn u16(&mut self, number: usize) {
        self.0.extend(u16::try_from(number).unwrap().to_le_bytes());
    }

    fn u32(&mut self, number: usize) {
        self.0.extend(u32::try_from(number).unwrap().to_le_bytes());
    }

    fn wide(&mut self, text: &str) {
        self.0.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    }

    /// Fills in the number of bytes behind this place.
    fn measure(&mut self, at: usize) {
        let size = u32::try_from(self.0.len() - at - 4).unwrap();
        self.0[at..at + 4].copy_from_slice(&size.to_le_bytes());
    }

    /// A name where it is met first: each is given once.
    fn name(&mut self, name: &str) {
        self.u32(self.0.len() + 4);
        self.u32(0);
        self.u16(0);
        self.u16(name.len());
        self.wide(name);
        self.u16(0);
    }

    fn text(&mut self, text: &str) {
        self.0.extend([0x05, 0x01]);
        self.u16(text.len());
        self.wide(text);
    }

    fn slot(&mut self, index: usize, kind: u8) {
        self.0.push(0x0D);
        self.u16(index);
        self.0.push(kind);
    }

    /// An element with a name that is given here, or was given there.
    fn element(&mut self, name: Result<&str, usize>, inside: impl FnOnce(&mut Self)) -> usize {
        self.0.extend([0x01, 0xFF, 0xFF]);
        let size = self.0.len();
        self.u32(0);
        let named = self.0.len() + 4;
        match name {
            Ok(name) => self.name(name),
            Err(at) => self.u32(at),
        }
        self.0.push(0x02);
        inside(self);
        self.0.push(0x04);
        self.measure(size);
        named
    }

    fn with_attribute(&mut self, name: &str, attribute: &str, value: impl FnOnce(&mut Self)) {
        self.0.extend([0x41, 0xFF, 0xFF]);
        let size = self.0.len();
        self.u32(0);
        self.name(name);
        let list = self.0.len();
        self.u32(0);
        self.0.push(0x06);
        self.name(attribute);
        value(self);
        self.measure(list);
        self.0.push(0x03);
        self.measure(size);
    }

    /// A record of VSS whose one value stands in so many elements.
    fn template(&mut self, times: usize) {
        let size = self.0.len();
        self.u32(0);
        self.0.extend([0x0F, 1, 1, 0]);
        self.element(Ok("Event"), |bytes| {
            bytes.element(Ok("System"), |bytes| {
                bytes.with_attribute("Provider", "Name", |bytes| bytes.text("VSS"));
                bytes.element(Ok("EventID"), |bytes| bytes.text("8224"));
                bytes.with_attribute("TimeCreated", "SystemTime", |bytes| bytes.slot(0, 0x11));
                bytes.element(Ok("Channel"), |bytes| bytes.text("Application"));
                bytes.element(Ok("Computer"), |bytes| bytes.text("HOST1"));
            });
            bytes.element(Ok("EventData"), |bytes| {
                let data = bytes.element(Ok("Data"), |bytes| bytes.slot(1, 0x01));
                (1..times).for_each(|_| {
                    bytes.element(Err(data), |bytes| bytes.slot(1, 0x01));
                });
            });
        });
        self.0.push(0x00);
        self.measure(size);
    }

    fn record(&mut self, id: u64, template: Option<usize>, times: usize, value: &str) -> usize {
        let start = self.0.len();
        self.0.extend([0; 24]);
        self.0.extend([0x0F, 1, 1, 0, 0x0C, 1, 7, 0, 0, 0]);
        let definition = template.unwrap_or(self.0.len() + 4);
        self.u32(definition);
        if template.is_none() {
            self.u32(0);
            self.0.extend([7; 16]);
            self.template(times);
        }
        self.u32(2);
        self.0.extend([8, 0, 0x11, 0]);
        self.u16(value.len() * 2);
        self.u16(1);
        let time = (133_500_000_000_000_000_u64 + id).to_le_bytes();
        self.0.extend(time);
        self.wide(value);
        let size = u32::try_from(self.0.len() - start + 4).unwrap().to_le_bytes();
        self.0.extend(size);
        self.0[start..start + 24].copy_from_slice(&[b"**\0\0", &size[..], &id.to_le_bytes(), &time].concat());
        definition
    }

    /// The chunk of these records, with checksums that fit.
    fn finish(mut self, first: u64, records: u64, last: usize) -> Vec<u8> {
        let end = self.0.len();
        self.0.resize(CHUNK, 0);
        let newest = first + records - 1;
        let numbers = [first, newest, first, newest].map(u64::to_le_bytes).concat();
        let sizes = [128, last, end].map(|size| u32::try_from(size).unwrap().to_le_bytes()).concat();
        self.0[..52].copy_from_slice(&[b"ElfChnk\0", &numbers[..], &sizes].concat());
        let data = crc32fast::hash(&self.0[RECORDS..end]);
        self.0[52..56].copy_from_slice(&data.to_le_bytes());
        let header = crc32fast::hash(&[&self.0[..120], &self.0[128..RECORDS]].concat());
        self.0[124..128].copy_from_slice(&header.to_le_bytes());
        self.0
    }
}

/// Chunks of three records each, whose value is repeated so often.
fn log(chunks: u64, times: usize, value: &str) -> Vec<u8> {
    let chunk = |index: u64| {
        let mut bytes = Bytes(vec![0; RECORDS]);
        let first = index * 3 + 1;
        let template = bytes.record(first, None, times, value);
        bytes.record(first + 1, Some(template), times, value);
        let last = bytes.0.len();
        bytes.record(first + 2, Some(template), times, value);
        bytes.finish(first, 3, last)
    };
    (0..chunks).flat_map(chunk).collect()
}

fn text_of(report: &InputReport) -> usize {
    let params = report.events.iter().filter_map(|event| Some(&event.record.as_ref()?.params));
    params.map(|params| params.iter().map(|param| param.value.len()).sum::<usize>()).sum()
}

/// 4 MiB of log took 1.2 GB of memory.
#[test]
fn a_template_that_repeats_a_value_does_not_fill_the_memory() {
    let value = "v".repeat(7000);
    for no_skip in [false, true] {
        let options = ReadOptions { format: Some(Format::Evtx), no_skip, ..ReadOptions::default() };
        let few = read_bytes("log", &log(2, 3, &value), &options).remove(0);
        assert_eq!((few.records, few.events.len(), text_of(&few)), (6, 6, 6 * 3 * 7000), "{:?}", few.issues);
        let many = read_bytes("log", &log(4, 700, &value), &options).remove(0);
        assert_eq!((many.records, many.lost), (12, 0), "{:?}", many.issues);
        assert!(text_of(&many) <= 4 << 20, "{} bytes of text", text_of(&many));
        let left_out = many.issues.iter().find(|issue| issue.kind == IssueKind::Record).unwrap();
        assert_eq!((left_out.count, left_out.place.as_str()), (12, "record 1"));
    }
}
