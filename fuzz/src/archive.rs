//! Zip archives around fuzzed members, with a directory that fits them or is wrong in a chosen way.

use crate::binxml::Take;

/// A line that makes a member a log.
const LINE: &[u8] = br#"{"SourceName":"VSS","EventID":8224,"Channel":"Application","Hostname":"H1","TimeCreated":"2031-03-07T04:05:06Z","Message":"m"}
"#;
const NAMES: [&str; 4] = ["a.json", "folder/b.evtx", "folder/", "__MACOSX/c"];
const MOST: usize = 12;

const IS_DEFLATED: u8 = 0x01;
const BAD_CHECKSUM: u8 = 0x02;
const BAD_SIZE: u8 = 0x04;
const HAS_LINES: u8 = 0x08;
const OVERLAPS: u8 = 0x10;
const HAS_DESCRIPTOR: u8 = 0x20;
const IS_ENCRYPTED: u8 = 0x40;
const HAS_EXTRA: u8 = 0x80;

struct Member {
    flags: u8,
    name: Vec<u8>,
    packed: Vec<u8>,
    checksum: u32,
    size: u32,
    extra: Vec<u8>,
    offset: u32,
}

/// An archive of the members that the bytes describe; the last byte says what is wrong with its end.
pub fn zip(bytes: &[u8]) -> Vec<u8> {
    let (end, bytes) = bytes.split_last().unwrap_or((&0, &[]));
    let mut input = Take::new(bytes);
    let mut out = Vec::new();
    let mut members: Vec<Member> = Vec::new();
    for _ in 0..MOST {
        if input.is_empty() {
            break;
        }
        let mut member = member(&mut input);
        member.offset = u32::try_from(out.len()).expect("a small archive");
        if member.flags & OVERLAPS != 0 && !members.is_empty() {
            member.offset = members[0].offset;
        } else {
            out.extend(local(&member));
        }
        members.push(member);
    }
    let directory = out.len();
    for member in &members {
        out.extend(central(member));
    }
    out.extend(end_of(members.len(), directory, out.len() - directory, *end));
    if end & 0x80 != 0 {
        out.truncate(out.len() - usize::from(end & 0x7F).min(out.len()));
    }
    out
}

fn member(input: &mut Take<'_>) -> Member {
    let flags = input.u8();
    let choice = input.u8();
    let name = match NAMES.get(usize::from(choice)) {
        Some(name) => name.as_bytes().to_vec(),
        None => input.bytes(usize::from(choice)).to_vec(),
    };
    let extra = if flags & HAS_EXTRA != 0 { input.bytes(24).to_vec() } else { Vec::new() };
    let length = usize::from(input.u16() % 4096);
    let mut content = if flags & HAS_LINES != 0 { LINE.repeat(1 + length % 8) } else { Vec::new() };
    content.extend(input.bytes(length));
    let size = u32::try_from(content.len()).expect("a small member");
    let checksum = crc32fast::hash(&content) ^ u32::from(flags & BAD_CHECKSUM != 0);
    let size = size.wrapping_add(if flags & BAD_SIZE != 0 { 0x7FFF_0000 } else { 0 });
    let packed = if flags & IS_DEFLATED != 0 { deflated(&content) } else { content };
    Member { flags, name, packed, checksum, size, extra, offset: 0 }
}

/// The content as one stored block of deflate.
fn deflated(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("a small member");
    [&[1][..], &length.to_le_bytes(), &(!length).to_le_bytes(), content].concat()
}

fn fields(member: &Member) -> Vec<u8> {
    let method = u16::from(member.flags & IS_DEFLATED) * 8;
    let bits =
        u16::from(member.flags & IS_ENCRYPTED != 0) | u16::from(member.flags & HAS_DESCRIPTOR != 0) << 3;
    let packed = u32::try_from(member.packed.len()).expect("a small member");
    let mut out = Vec::new();
    out.extend([20, bits, method, 0, 0x21].map(u16::to_le_bytes).concat());
    out.extend([member.checksum, packed, member.size].map(u32::to_le_bytes).concat());
    let lengths = [member.name.len(), member.extra.len()];
    out.extend(lengths.map(|length| u16::try_from(length).expect("short").to_le_bytes()).concat());
    out
}

fn local(member: &Member) -> Vec<u8> {
    [b"PK\x03\x04", &fields(member)[..], &member.name, &member.extra, &member.packed].concat()
}

fn central(member: &Member) -> Vec<u8> {
    let rest = [0; 10];
    let offset = member.offset.to_le_bytes();
    [b"PK\x01\x02\x14\0", &fields(member)[..], &rest, &offset, &member.name, &member.extra].concat()
}

fn end_of(members: usize, directory: usize, length: usize, wrong: u8) -> Vec<u8> {
    let count = u16::try_from(members).expect("few members").wrapping_add(u16::from(wrong & 1) * 9);
    let count = if wrong & 2 != 0 { u16::MAX } else { count };
    let numbers = [length, directory + usize::from(wrong >> 2 & 1) * 7];
    let numbers = numbers.map(|number| u32::try_from(number).expect("a small archive").to_le_bytes());
    [b"PK\x05\x06\0\0\0\0", &count.to_le_bytes()[..], &count.to_le_bytes(), &numbers.concat(), &[0, 0]]
        .concat()
}
