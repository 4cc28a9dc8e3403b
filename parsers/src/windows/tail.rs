//! Grammar of the `Binary` of a `VSS` record: text in groups of eight bytes, the only place that names the process.
//!
//! ```text
//! - Code: WRTWRTIC00000852- Call: WRTWRTIC00000801- PID:  00000676- TID:  00001140- CMD:  C:\…\vssvc.exe   - User: Name: …, SID:S-1-5-18
//! ```
//!
//! Every key fills one group, so keys are looked for at group borders only: a command line may end on a border, with
//! no blank before the next key. Values are padded with blanks. Account names are in the ANSI code page of the host.

use encoding_rs::WINDOWS_1252;
use nom::branch::alt;
use nom::bytes::complete::{tag, take, take_while_m_n};
use nom::combinator::{map, not, recognize};
use nom::multi::{many0, many1};
use nom::sequence::preceded;
use nom::{IResult, Parser};
use vsscope_model::{BinaryTail, SourcePosition};

const GROUP: usize = 8;

#[derive(Clone, Copy)]
enum Key {
    Code,
    Call,
    Pid,
    Tid,
    CommandLine,
    User,
    Sid,
}

/// Reads a tail; None if the bytes do not start with one of its keys.
pub(super) fn parse(bytes: &[u8]) -> Option<BinaryTail> {
    let (_, fields) = many1((key, value)).parse(bytes).ok()?;
    let mut tail = BinaryTail::default();
    for (key, value) in fields {
        let text = text(value);
        match key {
            Key::Code => tail.code = position(value),
            Key::Call => tail.call = position(value),
            Key::Pid => tail.pid = number(&text),
            Key::Tid => tail.tid = number(&text),
            Key::CommandLine => tail.command_line = some(&text),
            Key::User => (tail.user, tail.sid) = user(&text),
            Key::Sid => tail.sid = some(&text),
        }
    }
    Some(tail)
}

fn key(input: &[u8]) -> IResult<&[u8], Key> {
    alt((
        map(tag(&b"- Code: "[..]), |_| Key::Code),
        map(tag(&b"- Call: "[..]), |_| Key::Call),
        map(tag(&b"- PID:  "[..]), |_| Key::Pid),
        map(tag(&b"- TID:  "[..]), |_| Key::Tid),
        map(tag(&b"- CMD:  "[..]), |_| Key::CommandLine),
        map(tag(&b"- User: "[..]), |_| Key::User),
        map(tag(&b"- Sid:  "[..]), |_| Key::Sid),
    ))
    .parse(input)
}

/// Groups up to the next key; a torn last group counts.
fn value(input: &[u8]) -> IResult<&[u8], &[u8]> {
    let torn = take_while_m_n(1, GROUP, |_| true);
    recognize(many0(preceded(not(key), alt((take(GROUP), torn))))).parse(input)
}

/// Alias and line of a source position, one group each.
fn position(value: &[u8]) -> Option<SourcePosition> {
    let (alias, line) = value.split_at_checked(GROUP)?;
    let alias = some(&text(alias))?;
    Some(SourcePosition { alias, line: number(&text(line))? })
}

/// Eight decimal digits; fewer are a torn number, which says nothing.
fn number(text: &str) -> Option<u32> {
    Some(text).filter(|text| text.len() == GROUP)?.parse().ok()
}

/// Bytes as text: UTF-8 where they are that, else windows-1252; padding removed.
fn text(bytes: &[u8]) -> String {
    let text = match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
    };
    text.trim_matches(['\0', ' ']).to_owned()
}

fn some(text: &str) -> Option<String> {
    Some(text).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// Account and SID of `Name: account, SID:sid`. Server 2008 has the bare account here and the SID under its own key.
fn user(text: &str) -> (Option<String>, Option<String>) {
    let text = text.strip_prefix("Name: ").unwrap_or(text);
    match text.rsplit_once(", SID:") {
        Some((account, sid)) => (some(account.trim()), some(sid.trim())),
        None => (some(text), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pads to the group, as the service does.
    fn padded(parts: &[&[u8]]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for part in parts {
            bytes.extend_from_slice(part);
            while bytes.len() % GROUP != 0 {
                bytes.push(b' ');
            }
        }
        bytes
    }

    const FRONT: &[u8] = b"- Code:  CORSVCC00000774- Call:  CORSVCC00000756- PID:  00004300- TID:  00004356";

    #[test]
    fn the_newer_form() {
        let bytes = padded(&[
            FRONT,
            b"- CMD:  C:\\Windows\\system32\\vssvc.exe",
            b"- User: Name: NT AUTHORITY\\SYSTEM, SID:S-1-5-18",
        ]);
        let tail = parse(&bytes).unwrap();
        assert_eq!(tail.code, Some(SourcePosition { alias: "CORSVCC".to_owned(), line: 774 }));
        assert_eq!(tail.call, Some(SourcePosition { alias: "CORSVCC".to_owned(), line: 756 }));
        assert_eq!((tail.pid, tail.tid), (Some(4300), Some(4356)));
        assert_eq!(tail.command_line.as_deref(), Some(r"C:\Windows\system32\vssvc.exe"));
        assert_eq!(tail.user.as_deref(), Some(r"NT AUTHORITY\SYSTEM"));
        assert_eq!(tail.sid.as_deref(), Some("S-1-5-18"));
    }

    #[test]
    fn a_command_line_may_end_on_the_border() {
        let command = b"- CMD:  C:\\Windows\\System32\\svchost.exe -k NetworkService -p -s CryptSvc";
        assert_eq!(command.len() % GROUP, 0, "the point of this test");
        let tail = parse(&padded(&[FRONT, command, b"- User: Name: A, SID:S-1-5-20"])).unwrap();
        assert_eq!(
            tail.command_line.as_deref(),
            Some(r"C:\Windows\System32\svchost.exe -k NetworkService -p -s CryptSvc")
        );
        assert_eq!(tail.user.as_deref(), Some("A"));
    }

    #[test]
    fn keys_inside_a_command_line_are_not_keys_off_the_border() {
        let tail = parse(&padded(&[b"- CMD:  x - PID:  00000001 y", b"- User: B"])).unwrap();
        assert_eq!(tail.command_line.as_deref(), Some("x - PID:  00000001 y"));
        assert_eq!(tail.pid, None);
        assert_eq!(tail.user.as_deref(), Some("B"));
    }

    #[test]
    fn server_2008_has_the_sid_under_its_own_key() {
        let tail =
            parse(&padded(&[FRONT, b"- CMD:  a.exe", b"- User: DOM\\name", b"- Sid:  S-1-5-18"])).unwrap();
        assert_eq!(tail.user.as_deref(), Some(r"DOM\name"));
        assert_eq!(tail.sid.as_deref(), Some("S-1-5-18"));
    }

    #[test]
    fn account_names_of_a_german_host() {
        let bytes =
            padded(&[FRONT, b"- CMD:  a.exe", b"- User: Name: NT-AUTORIT\xC4T\\SYSTEM, SID:S-1-5-18"]);
        assert_eq!(parse(&bytes).unwrap().user.as_deref(), Some(r"NT-AUTORITÄT\SYSTEM"));
    }

    #[test]
    fn torn_and_foreign_bytes() {
        let tail = parse(b"- PID:  00000012- TID:  0000").unwrap();
        assert_eq!((tail.pid, tail.tid), (Some(12), None));
        assert_eq!(parse(b"\0\0\0\0- PID:  00000012"), None);
        assert_eq!(parse(b""), None);
    }
}
