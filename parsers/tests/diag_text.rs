//! Exports and queries of the registry key as files: they are told by their content, and read to the end.

mod common;

use common::read_bytes;
use vsscope_model::{Actor, Callback, Edge, Guid, Status, What};

/// A writer's value, made up in the layout of 64-bit Windows: 2031-03-07T04:05:06.25Z, pid 1468, tid 1684, code 1014, state 5,
/// result 0, a set.
const BLOB: &str = "4800000000000000a0ea411bc848e201bc05000094060000f60300000100000005000000000000\
                    00a308cf3e73f44f4181b3c1d2e3f4051600000000000000000000000000000000";

const KEY: &str = r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services\VSS\Diag";

fn export() -> String {
    let digits: Vec<&str> = (0..BLOB.len() / 2).map(|at| &BLOB[at * 2..at * 2 + 2]).collect();
    let bytes = digits.join(",");
    format!(
        "Windows Registry Editor Version 5.00\r\n\r\n[{KEY}]\r\n@=\"\"\r\n\r\n[{KEY}\\System Writer]\r\n\
         \"BACKUPCOMPLETE (Enter)\"=hex:{bytes}\r\n\r\n"
    )
}

fn query() -> String {
    format!("\r\n{KEY}\\System Writer\r\n    BACKUPCOMPLETE (Enter)    REG_BINARY    {BLOB}\r\n\r\n")
}

fn wide(text: &str) -> Vec<u8> {
    let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
    units.flat_map(u16::to_le_bytes).collect()
}

#[test]
fn both_forms_are_told_by_their_content_and_say_the_same() {
    for (bytes, format) in [
        (export().into_bytes(), "registry-export"),
        (wide(&export()), "registry-export"),
        (query().into_bytes(), "registry-query"),
        (wide(&query()), "registry-query"),
    ] {
        let report = read_bytes(&bytes);
        assert_eq!((report.format.as_str(), report.records), (format, 1), "{:?}", report.issues);
        let [event] = report.events.as_slice() else { panic!("{}", report.events.len()) };
        assert_eq!(event.time, "2031-03-07T04:05:06.25Z".parse::<vsscope_model::Timestamp>().unwrap());
        let What::Callback { callback: Callback::BackupComplete, edge: Edge::Entered, .. } = event.what
        else {
            panic!("{:?}", event.what)
        };
        assert_eq!(
            (event.actor, event.process.pid, event.process.tid),
            (Actor::Writer, Some(1468), Some(1684))
        );
        assert_eq!(event.set, "3ecf08a3-f473-414f-81b3-c1d2e3f40516".parse::<Guid>().ok());
        assert_eq!((event.status, event.newest_only), (None::<Status>, true));
        assert!(report.issues.is_empty(), "{:?}", report.issues);
        assert_eq!(report.inventory.registry[0].subkeys, ["System Writer"]);
    }
}
