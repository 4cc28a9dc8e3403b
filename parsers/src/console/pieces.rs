//! Parts of a line that no language changes: GUIDs, quoted names, numbers in brackets, codes, devices, prompts.

use vsscope_model::{Guid, HResult};

/// Characters of a GUID between its braces.
const GUID_LENGTH: usize = 36;

/// The first `{GUID}` that stands on its own: not the one inside `\\?\Volume{…}` or `SHARE@{…}$`.
pub(super) fn own_guid(text: &str) -> Option<Guid> {
    guids(text).next()
}

/// All `{GUID}`s that stand on their own.
pub(super) fn guids(text: &str) -> impl Iterator<Item = Guid> + '_ {
    text.match_indices('{').filter_map(move |(at, _)| {
        let before = text.get(..at)?.chars().next_back();
        let is_free = before.is_none_or(|c| c.is_whitespace() || matches!(c, ':' | '：' | '=' | '('));
        let inner = text.get(at.saturating_add(1)..)?;
        let guid = inner
            .get(..GUID_LENGTH)
            .filter(|_| inner.get(GUID_LENGTH..).is_some_and(|r| r.starts_with('}')))?;
        is_free.then(|| guid.parse().ok()).flatten()
    })
}

/// The characters after the last brace that is open at the end of a text, if they may be the beginning of a GUID.
pub(super) fn open_guid(text: &str) -> Option<&str> {
    let (_, inner) = text.rsplit_once('{')?;
    is_part_of_guid(inner).then_some(inner)
}

/// Whether a GUID may begin like this, up to all of its characters.
pub(super) fn is_part_of_guid(text: &str) -> bool {
    let fits = |(at, byte): (usize, u8)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        _ => byte.is_ascii_hexdigit(),
    };
    text.len() <= GUID_LENGTH && text.bytes().enumerate().all(fits)
}

/// What follows the label: the text after the first colon, without blanks around it.
pub(super) fn value(text: &str) -> Option<&str> {
    let (_, value) = text.split_once([':', '：'])?;
    Some(value.trim()).filter(|value| !value.is_empty())
}

/// Blanks before the text.
pub(super) fn indent(text: &str) -> usize {
    text.chars().take_while(|c| c.is_whitespace()).count()
}

/// The name in single quotes that ends a line. An apostrophe inside a word of the label is none.
pub(super) fn quoted(text: &str) -> Option<&str> {
    let inner = text.trim_end().strip_suffix('\'')?;
    let opens = |(at, _): &(usize, &str)| {
        let before = inner.get(..*at).and_then(|before| before.chars().next_back());
        before.is_none_or(|c| c.is_whitespace() || matches!(c, ':' | '：'))
    };
    let (at, _) = inner.match_indices('\'').find(opens)?;
    inner.get(at.saturating_add(1)..)
}

/// The number of `[n] …`.
pub(super) fn bracketed(text: &str) -> Option<u32> {
    let (number, _) = text.trim().strip_prefix('[')?.split_once(']')?;
    number.trim().parse().ok()
}

/// The first whole number in a text.
pub(super) fn number(text: &str) -> Option<u32> {
    text.split(|c: char| !c.is_ascii_digit()).find(|digits| !digits.is_empty())?.parse().ok()
}

/// A code of eight hex digits after `0x`.
pub(super) fn code(text: &str) -> Option<HResult> {
    text.match_indices("0x").find_map(|(at, _)| hex(text.get(at.saturating_add(2)..)?))
}

/// A failure code (severity bit set) of eight hex digits after `0x`.
pub(super) fn failure_code(text: &str) -> Option<HResult> {
    let codes = text.match_indices("0x").filter_map(|(at, _)| hex(text.get(at.saturating_add(2)..)?));
    codes.into_iter().find(|code| code.is_failure())
}

/// The code behind the word HRESULT, which is written with `0x` (vshadow) or without (diskshadow).
pub(super) fn returned_hresult(text: &str) -> Option<HResult> {
    let (_, rest) = text.split_once("HRESULT")?;
    let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '：' | '='));
    hex(rest.strip_prefix("0x").unwrap_or(rest))
}

fn hex(text: &str) -> Option<HResult> {
    let digits = text.get(..8)?;
    let more = text.get(8..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_hexdigit()));
    (digits.bytes().all(|byte| byte.is_ascii_hexdigit()) && !more)
        .then(|| u32::from_str_radix(digits, 16).ok().map(HResult))
        .flatten()
}

/// A device without its prefix: `\\?\GLOBALROOT\Device\HarddiskVolumeShadowCopy5` gives its last part.
pub(super) fn device(text: &str) -> &str {
    text.split_once(r"\Device\").map_or(text, |(_, device)| device).trim()
}

/// Whether a text names the device of a shadow copy.
pub(super) fn is_shadow_device(text: &str) -> bool {
    text.contains("GLOBALROOT") || text.contains("HarddiskVolumeShadowCopy")
}

/// Whether a text names a volume by its GUID.
pub(super) fn is_volume_name(text: &str) -> bool {
    text.contains(r"\\?\Volume{")
}

/// The command behind the prompt of cmd.exe or PowerShell; empty if there is none.
pub(super) fn prompt(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("PS ").unwrap_or(text);
    let mut start = rest.chars();
    let is_drive = start.next().is_some_and(|c| c.is_ascii_alphabetic()) && start.as_str().starts_with(":\\");
    let (_, command) = rest.split_once('>').filter(|_| is_drive)?;
    Some(command.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "1f0e2d3c-4b5a-4678-9abc-def012345678";

    #[test]
    fn the_guid_of_a_volume_was_taken_for_that_of_a_copy() {
        assert_eq!(own_guid(&format!(r"Original Volume: (C:)\\?\Volume{{{ID}}}\")), None);
        assert_eq!(own_guid(&format!(r"- Device: \\N\S@{{{ID}}}$")), None);
        for text in [format!("Shadow Copy ID: {{{ID}}}"), format!("ID={{{ID}}}  %A%"), format!("{{{ID}}}")] {
            assert_eq!(own_guid(&text).map(|guid| guid.to_string()).as_deref(), Some(ID), "{text}");
        }
    }

    #[test]
    fn an_apostrophe_of_a_label_opened_a_name() {
        for (text, name) in [
            ("Writer name: 'System Writer'", Some("System Writer")),
            ("Nom de l'enregistreur : 'System Writer'", Some("System Writer")),
            ("Name des Verfassers:'A'", Some("A")),
            ("Writer name: 'Bob's writer'", Some("Bob's writer")),
            ("l'état", None),
        ] {
            assert_eq!(quoted(text), name, "{text}");
        }
    }

    #[test]
    fn codes_are_read_with_and_without_prefix() {
        assert_eq!(returned_hresult("- Returned HRESULT: 80042306"), Some(HResult::VSS_PROVIDER_VETO));
        assert_eq!(returned_hresult("- Returned HRESULT = 0x80042306"), Some(HResult::VSS_PROVIDER_VETO));
        assert_eq!(returned_hresult("HRESULT 800423060"), None);
        assert_eq!(code("failed with 0x80042316."), Some(HResult::VSS_SNAPSHOT_SET_IN_PROGRESS));
        assert_eq!(failure_code("[0x00420009] then 0x80042306"), Some(HResult::VSS_PROVIDER_VETO));
    }

    #[test]
    fn prompts_are_told_from_text() {
        assert_eq!(prompt(r"C:\Users\a>vssadmin list writers"), Some("vssadmin list writers"));
        assert_eq!(prompt(r"PS C:\> vssadmin list shadows"), Some("vssadmin list shadows"));
        assert_eq!(prompt(r"C:\>"), Some(""));
        assert_eq!(prompt("-> create"), None);
    }
}
