//! What the decoders share: the frame of an event, and the shapes of codes, devices, volumes and programs.

use crate::record::LogRecord;
use nom::bytes::complete::{tag, tag_no_case, take_until, take_while_m_n};
use nom::character::complete::{anychar, char, digit1};
use nom::combinator::{not, opt, recognize, verify};
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Parser};
use std::sync::Arc;
use vsscope_model::{Actor, Event, Guid, HResult, Process, Status, What};

/// The event of a record: what does not depend on its meaning is filled in, but for its values.
pub(super) fn event(record: &LogRecord, actor: Actor, what: What) -> Event {
    Event {
        clock: record.clock,
        resolution_ns: record.resolution_ns,
        provider: Arc::clone(&record.provider),
        event_id: Some(record.event_id),
        level: record.level,
        host: record.host.clone(),
        actor,
        ..Event::new(record.time, record.source.clone(), what)
    }
}

/// Every value of the record, data before user data.
pub(super) fn values(record: &LogRecord) -> impl Iterator<Item = &str> {
    record.data.iter().chain(record.user_data.iter()).map(|param| param.value)
}

/// The parameter `%n` of the message, counted from 1 as message tables do.
pub(super) fn insert(record: &LogRecord, n: usize) -> Option<&str> {
    let params = if record.data.is_empty() { &record.user_data } else { &record.data };
    let value = params.get(n.checked_sub(1)?)?.value;
    Some(value).filter(|value| !value.is_empty())
}

/// A process id: decimal, or hex behind `0x` as the Security log writes it (up to 16 digits).
pub(super) fn pid(text: &str) -> Option<u32> {
    let text = trimmed(text);
    let number = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok()?,
        None => text.parse().ok()?,
    };
    u32::try_from(number).ok()
}

/// A process of which the pid is given as text.
pub(super) fn process(pid_text: Option<&str>, image: Option<&str>, user: Option<&str>) -> Process {
    Process {
        pid: pid_text.and_then(pid),
        tid: None,
        image: named(image).map(Arc::from),
        user: named(user).map(Arc::from),
    }
}

/// Windows writes `-` where it has no name.
fn named(text: Option<&str>) -> Option<&str> {
    text.map(trimmed).filter(|text| !text.is_empty() && *text != "-")
}

/// The text without blanks around it, which it mostly has none of.
fn trimmed(text: &str) -> &str {
    match text.as_bytes() {
        [b'!'..=b'~', .., b'!'..=b'~'] => text,
        _ => text.trim(),
    }
}

/// `DOMAIN\name` from the two fields that audit records keep apart.
pub(super) fn account(record: &LogRecord, domain: &str, name: &str) -> Option<String> {
    let name = named(record.field(name))?;
    Some(match named(record.field(domain)) {
        Some(domain) => format!(r"{domain}\{name}"),
        None => name.to_owned(),
    })
}

/// `0x` and exactly eight hex digits.
fn code(input: &str) -> IResult<&str, u32> {
    let digits = take_while_m_n(8, 8, |c: char| c.is_ascii_hexdigit());
    let ended = not(verify(anychar, char::is_ascii_hexdigit));
    let (rest, digits) = terminated(preceded(tag_no_case("0x"), digits), ended).parse(input)?;
    match u32::from_str_radix(digits, 16) {
        Ok(number) => Ok((rest, number)),
        Err(_) => Err(nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::HexDigit))),
    }
}

/// The code at the start of an HRESULT parameter: `0x8007045b, <system text>`, or the bare code of older builds.
pub(crate) fn leading_hresult(text: &str) -> Option<HResult> {
    code(text.trim_start()).ok().map(|(_, number)| HResult(number))
}

/// A parameter that is an HRESULT as a whole: hex, or decimal with the severity bit set (2155348129).
pub(crate) fn hresult(text: &str) -> Option<HResult> {
    leading_hresult(text).or_else(|| text.parse().ok().filter(|code: &HResult| code.is_failure()))
}

/// The first code in a rendered message. Codes in round brackets are arguments of the routine that failed
/// (`DeviceIoControl(…,0x00530018,…)`) and are passed over.
pub(crate) fn hresult_in(message: &str) -> Option<HResult> {
    let mut depth = 0_u32;
    let mut after_word = false;
    for (at, c) in message.char_indices() {
        match c {
            '(' => depth = depth.saturating_add(1),
            ')' => depth = depth.saturating_sub(1),
            '0' if depth == 0 && !after_word => {
                if let Some(found) = message.get(at..).and_then(leading_hresult) {
                    return Some(found);
                }
            }
            _ => {}
        }
        after_word = c.is_alphanumeric();
    }
    None
}

/// `HRESULT_FROM_WIN32`: a code that is an HRESULT already stays as it is.
pub(super) fn hresult_from_win32(code: u32) -> HResult {
    match code {
        0 | 0x8000_0000.. => HResult(code),
        _ => HResult(0x8007_0000 | (code & 0xFFFF)),
    }
}

/// The first of these fields that holds a code, hex or decimal. `ErrorCode` of Windows Server Backup is decimal.
pub(super) fn status_field(record: &LogRecord, names: &[&str]) -> Option<Status> {
    let code = names.iter().find_map(|name| record.field(name)?.parse::<HResult>().ok());
    code.map(Status::Hresult)
}

/// Stems of the names of a shadow copy's device; the second is its name in the device tree (`STORAGE\VolumeSnapshot\…`).
pub(super) const DEVICE_STEMS: [&str; 2] = ["HarddiskVolumeShadowCopy", "HarddiskVolumeSnapshot"];

/// The shadow copy device that a text names, without its path.
pub(crate) fn shadow_device(text: &str) -> Option<String> {
    text.match_indices(['H', 'h']).find_map(|(at, _)| {
        let start = text.get(at..)?;
        DEVICE_STEMS.iter().find_map(|stem| device(stem, start).ok().map(|(_, name)| name.to_owned()))
    })
}

fn device<'a>(stem: &str, input: &'a str) -> IResult<&'a str, &'a str> {
    recognize((tag_no_case(stem), digit1)).parse(input)
}

/// A text that is a volume: `C:` or `c:\` gives `C:`, a volume name gives `\\?\Volume{…}\` with the GUID in lower case, so
/// that equal volumes are equal texts.
pub(crate) fn volume(text: &str) -> Option<String> {
    let text = text.trim();
    let mut drive =
        terminated(recognize((verify(anychar, char::is_ascii_alphabetic), char(':'))), opt(char('\\')));
    if let Ok(("", letter)) = drive.parse(text) as IResult<&str, &str> {
        return Some(letter.to_ascii_uppercase());
    }
    let name = delimited(tag_no_case(r"\\?\Volume{"), take_until("}"), tag("}"));
    let mut name = terminated(name, opt(char('\\')));
    let parsed: IResult<&str, &str> = name.parse(text);
    let (_, guid) = parsed.ok()?;
    guid.parse().ok().map(volume_name)
}

/// A volume as logged; drive letters and volume names in the one form that all decoders use.
pub(crate) fn volume_as_logged(text: &str) -> Option<String> {
    volume(text).or_else(|| named(Some(text)).map(str::to_owned))
}

/// The name of the volume with this GUID.
pub(crate) fn volume_name(guid: Guid) -> String {
    format!(r"\\?\Volume{{{guid}}}\")
}

/// A GUID that says something: the null GUID stands for "none".
pub(crate) fn guid(text: &str) -> Option<Guid> {
    text.parse().ok().filter(|guid: &Guid| !guid.is_null())
}

/// The program of a command line: the quoted part, or up to `.exe`, or the first word.
pub(crate) fn program(command_line: &str) -> Option<&str> {
    let text = command_line.trim();
    let quoted: IResult<&str, &str> = delimited(char('"'), take_until("\""), char('"')).parse(text);
    if let Ok((_, program)) = quoted {
        return named(Some(program));
    }
    let lower = text.to_ascii_lowercase();
    let exe = lower.match_indices(".exe").find_map(|(at, found)| {
        let end = at.checked_add(found.len())?;
        let rest = text.get(end..)?;
        if rest.is_empty() || rest.starts_with(char::is_whitespace) { text.get(..end) } else { None }
    });
    exe.or_else(|| text.split_whitespace().next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_routine_arguments_are_not_results() {
        let message =
            r"error DeviceIoControl(\\?\fdc#a#b - 00000000000001C4,0x00530018,0,0).  hr = 0x80070001, text";
        assert_eq!(hresult_in(message), Some(HResult(0x8007_0001)));
        assert_eq!(hresult_in("pid 0x0000000000001104 in x0x80070005"), None);
        assert_eq!(hresult_in("returned [0x80040154, Class not registered]"), Some(HResult(0x8004_0154)));
    }

    #[test]
    fn parameters_that_are_codes() {
        assert_eq!(leading_hresult("0x8007045b, text\r\n"), Some(HResult::SHUTDOWN_IN_PROGRESS));
        assert_eq!(leading_hresult("0x00000000000000045b"), None);
        assert_eq!(hresult("2155348129"), Some(HResult(0x8078_00A1)));
        assert_eq!(hresult("7"), None);
        assert_eq!(hresult_from_win32(1058), HResult(0x8007_0422));
        assert_eq!(hresult_from_win32(0x8024_402C), HResult(0x8024_402C));
    }

    #[test]
    fn devices_and_volumes_are_found_by_shape() {
        let path = r"\??\GLOBALROOT\Device\HarddiskVolumeShadowCopy12\Windows\System32\config\SYSTEM";
        assert_eq!(shadow_device(path).as_deref(), Some("HarddiskVolumeShadowCopy12"));
        assert_eq!(
            shadow_device(r"STORAGE\VolumeSnapshot\HarddiskVolumeSnapshot3").as_deref(),
            Some("HarddiskVolumeSnapshot3")
        );
        assert_eq!(shadow_device(r"\Device\HarddiskVolumeShadowCopy and HarddiskVolume3"), None);
        assert_eq!(volume(r"d:\").as_deref(), Some("D:"));
        assert_eq!(volume(r"D:\data"), None);
        let name = r"\\?\Volume{0a1b2c3d-0000-0000-0000-100000000000}";
        assert_eq!(volume(&name.to_uppercase()), Some(format!(r"{name}\")));
        assert_eq!(volume(name), Some(format!(r"{name}\")));
        assert_eq!(volume(r"\\?\Volume{x}\"), None);
    }

    #[test]
    fn programs_of_command_lines() {
        assert_eq!(program(r"C:\Windows\system32\vssvc.exe"), Some(r"C:\Windows\system32\vssvc.exe"));
        assert_eq!(program(r#""C:\A B\x.exe" -k"#), Some(r"C:\A B\x.exe"));
        assert_eq!(program(r"C:\A B\x.exe -k y.exe"), Some(r"C:\A B\x.exe"));
        assert_eq!(program("lsass -x"), Some("lsass"));
        assert_eq!(program(" "), None);
    }

    #[test]
    fn process_ids_in_both_spellings() {
        assert_eq!(pid("0x0000000000001104"), Some(4356));
        assert_eq!(pid("4356"), Some(4356));
        assert_eq!(pid("0x11223344556677"), None);
    }
}
