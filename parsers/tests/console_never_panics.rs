//! Whatever was printed, cut or changed, reading it gives a report whose lines add up.

mod common;

use common::read_bytes;
use proptest::prelude::*;
use vsscope_model::InputReport;
use vsscope_parsers::{Format, ReadOptions, Source, read};

const TOOLS: [Format; 4] = [Format::Vssadmin, Format::Diskshadow, Format::Vshadow, Format::SqlWriterLog];

/// Lines of all tools.
const LINES: [&str; 62] = [
    "",
    "vssadmin 1.1 - x",
    "C:\\>vssadmin list writers",
    "Writer name: 'W'",
    "   Writer Id: {e8132975-6f93-4464-a53e-1050253ae220}",
    "   Writer Instance Id: {0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d}",
    "   State: [11] Failed",
    "   Last error: x",
    "   State: [99999999999] x",
    "Contents of shadow copy set ID: {5d1f3a70-2b64-4c1e-8f0d-91a2b3c4d5e6}",
    "   Contained 99999999999 shadow copies at creation time: 13/13/2031 4:05:09",
    "   Contained 2 shadow copies at creation time: 12/25/2031 11:05:09 PM",
    "      Shadow Copy ID: {7c0e4b81-3a75-4d2f-9e1c-a2b3c4d5e6f7}",
    "         Original Volume: (C:)\\\\?\\Volume{1f0e2d3c-4b5a-4678-9abc-def012345678}\\",
    "         Original Volume: (C:)\\\\?\\Volume{1f0e2d3c-4b5a-4678-9abc",
    "-def012345678}\\",
    "         Shadow Copy Volume: \\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy12",
    "         Provider: 'P'",
    "   Used Shadow Copy Storage space: 99999999999999999999 PB (999%)",
    "   Used Shadow Copy Storage space: 0,1 GB (4%)",
    "   Provider Id: {b5946137-7b9f-4925-af80-51abd60b20d5}",
    "Volume path: C:\\",
    "    Volume name: \\\\?\\Volume{1f0e2d3c-4b5a-4678-9abc-def012345678}\\",
    "Error: 0x80042306",
    "VSHADOW.EXE 3.0 - Volume Shadow Copy sample client.",
    "- Setting the VSS context to: 0x00000009",
    "(Gathering writer metadata...)",
    "(Waiting for the asynchronous operation to finish...)",
    " * Writer 'W':",
    "   - Add component \\a\\b",
    "Creating shadow set {5d1f3a70-2b64-4c1e-8f0d-91a2b3c4d5e6} ...",
    "- Adding volume \\\\?\\Volume{1f0e2d3c-4b5a-4678-9abc-def012345678}\\ [C:\\] to the shadow set...",
    "Creating the shadow (DoSnapshotSet) ...",
    "Shadow copy set succesfully created.",
    "Error during the last asynchronous operation.",
    "ERROR: COM call \"m_pVssObject->X(&p)\" failed.",
    "ERROR: COM call (",
    "- Returned HRESULT = 0x80042306",
    "ERROR: Selected writer 'W' is in failed state!",
    "   - Status: 8 (VSS_WS_FAILED_AT_PREPARE_SNAPSHOT)",
    "   - Instance ID: {0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d}",
    "* SNAPSHOT ID = {7c0e4b81-3a75-4d2f-9e1c-a2b3c4d5e6f7} ...",
    "   - Shadow copy Set: {5d1f3a70-2b64-4c1e-8f0d-91a2b3c4d5e6}",
    "   - Original count of shadow copies = 1",
    "   - Creation Time: 3/7/2031 4:05:09 AM",
    "- Reverting to shadow copy {7c0e4b81-3a75-4d2f-9e1c-a2b3c4d5e6f7} on C:\\ from provider {b5946137-7b9f-4925-af80-51abd60b20d5} [0x1]...",
    "Revert is disabled on the volume C:\\ because of writers",
    "[[ F @ a.cpp:  12]] OUTPUT: (Gathering writer metadata...)",
    "[[ F @ a.cpp:  12]] Executing COM call '\"m_pVssObject->DoSnapshotSet(&pAsync)\"'",
    "[[ F @ a.cpp:  12]] HRESULT Error caught: 0x80042306",
    "Snapshot creation done.",
    "Microsoft DiskShadow version 1.0",
    "On computer:  SRV1,  12/25/2031 4:05:09 AM",
    "-> create",
    "-> end backup",
    "-> delete shadows set %x%",
    "-> %x% = {5d1f3a70-2b64-4c1e-8f0d-91a2b3c4d5e6}",
    "->",
    "Alias VSS_SHADOW_SET for shadow set ID {5d1f3a70-2b64-4c1e-8f0d-91a2b3c4d5e6} set as environment variable.",
    "        - Returned HRESULT: 80042306",
    "[03/07/2031 04:05:02, TID 3f8] Entering SQL Writer OnFreeze.",
    "[03/07/2031 04:05:02, TID 3f8] **  Recording events in Server Local Time. UTC OFFSET: -8:00",
];

fn text() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop::sample::select(LINES.to_vec()), 0..60)
        .prop_map(|lines| lines.iter().map(|line| format!("{line}\r\n")).collect::<String>().into_bytes())
}

fn as_tool(bytes: &[u8], format: Format) -> InputReport {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("input");
    std::fs::write(&path, bytes).unwrap();
    read(&Source::file(path), &ReadOptions { format: Some(format), ..ReadOptions::default() }, &()).remove(0)
}

fn adds_up(report: &InputReport) -> Result<(), TestCaseError> {
    let Some(text) = &report.text else { return Ok(()) };
    prop_assert_eq!(text.lines, text.parsed + text.continuation + text.unknown);
    prop_assert!(report.events.iter().all(|event| event.source.line.is_some_and(|line| line <= text.lines)));
    prop_assert!(report.records > 0 || !report.issues.is_empty());
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_lines_in_any_order_give_a_report(bytes in text(), tool in prop::sample::select(TOOLS.to_vec())) {
        let report = as_tool(&bytes, tool);
        adds_up(&report)?;
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
        prop_assert_eq!(report.text.unwrap().lines, lines);
    }

    #[test]
    fn changed_and_cut_output_gives_a_report(
        mut bytes in text(),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..20),
        cut in any::<prop::sample::Index>(),
        tool in prop::sample::select(TOOLS.to_vec()),
    ) {
        for (index, value) in flips {
            if !bytes.is_empty() {
                let at = index.index(bytes.len());
                bytes[at] = value;
            }
        }
        bytes.truncate(cut.index(bytes.len() + 1));
        adds_up(&as_tool(&bytes, tool))?;
        adds_up(&read_bytes(&bytes))?;
    }

    #[test]
    fn any_bytes_give_a_report(bytes in prop::collection::vec(any::<u8>(), 0..2000), tool in prop::sample::select(TOOLS.to_vec())) {
        adds_up(&as_tool(&bytes, tool))?;
    }
}
