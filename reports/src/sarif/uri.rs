//! Paths as URI references (RFC 3986; `file` URIs by RFC 8089).
//!
//! A path is what somebody typed or what a file system holds: everything that is no plain path character is encoded.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What a segment of a path may not hold as it is: all but the unreserved characters and what is often in file names.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'(')
    .remove(b')')
    .remove(b'+')
    .remove(b',')
    .remove(b'=')
    .remove(b'@');

/// The URI reference of a path: a `file` URI of an absolute one, a relative reference of a relative one.
pub(super) fn of_path(path: &str) -> String {
    // The long forms of Windows: `\\?\C:\…` and `\\?\UNC\server\…`.
    if let Some(rest) = path.strip_prefix(r"\\?\UNC\") {
        return format!("file://{}", encoded(&rest.replace('\\', "/")));
    }
    let path = path.strip_prefix(r"\\?\").filter(|rest| has_drive(rest)).unwrap_or(path);
    if has_drive(path) {
        let (drive, rest) = path.split_at(2);
        return format!("file:///{drive}{}", encoded(&rest.replace('\\', "/")));
    }
    if let Some(share) = path.strip_prefix(r"\\") {
        return format!("file://{}", encoded(&share.replace('\\', "/")));
    }
    // Elsewhere a backslash is a character of a name.
    let path = if cfg!(windows) { path.replace('\\', "/") } else { path.to_owned() };
    match path.strip_prefix('/') {
        Some(rest) => format!("file:///{}", encoded(rest)),
        None => encoded(&path),
    }
}

/// The relative reference of a member of an archive.
pub(super) fn of_member(name: &str) -> String {
    encoded(name.trim_start_matches('/'))
}

fn encoded(path: &str) -> String {
    let segments: Vec<String> =
        path.split('/').map(|segment| utf8_percent_encode(segment, SEGMENT).to_string()).collect();
    segments.join("/")
}

/// `C:\…` or `C:/…`.
fn has_drive(path: &str) -> bool {
    matches!(path.as_bytes(), [letter, b':', b'\\' | b'/', ..] if letter.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_references() {
        for (path, uri) in [
            ("/case/System.evtx", "file:///case/System.evtx"),
            ("logs/System.evtx", "logs/System.evtx"),
            ("System.evtx", "System.evtx"),
            ("/case/100 % done?#1.txt", "file:///case/100%20%25%20done%3F%231.txt"),
            ("Microsoft-Windows-Sysmon%4Operational.evtx", "Microsoft-Windows-Sysmon%254Operational.evtx"),
            (r"C:\case\a b.evtx", "file:///C:/case/a%20b.evtx"),
            ("d:/case/a.evtx", "file:///d:/case/a.evtx"),
            (r"\\?\C:\case\a.evtx", "file:///C:/case/a.evtx"),
            (r"\\server\share\a.evtx", "file://server/share/a.evtx"),
            (r"\\?\UNC\server\share\a.evtx", "file://server/share/a.evtx"),
            ("a:b.txt", "a%3Ab.txt"),
            ("ü/日.txt", "%C3%BC/%E6%97%A5.txt"),
            ("-", "-"),
        ] {
            assert_eq!(of_path(path), uri, "{path}");
        }
    }

    #[test]
    fn members_are_relative_to_their_archive() {
        assert_eq!(of_member("logs/a b.evtx"), "logs/a%20b.evtx");
        assert_eq!(of_member("/a.evtx"), "a.evtx");
        assert_eq!(of_member("../javascript:x"), "../javascript%3Ax");
    }
}
