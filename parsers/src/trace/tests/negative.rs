//! Text that is no trace must not be taken for one.

use super::*;

#[test]
fn other_text_is_no_trace() {
    let source = "void CDemo::Run()\n{\n    // ENTER {CDemo::Run}\n    Trace(L\"ENTER {CDemo::Run}:\");\n    if (FAILED(CDemo::Check(1)))\n        return;\n    ENTER {\n}\n";
    let server = "2031-03-07 04:05:06,123 INFO  [main] com.demo.Server - ready\n2031-03-07 04:05:07,001 WARN  [main] com.demo.Pool - EXIT code 0\n";
    let rust = "2031-03-07T04:05:06.123Z  INFO demo_server::http: listening\n2031-03-07T04:05:06.125Z DEBUG demo_server::pool: idle\n";
    let mysql = "2031-03-07T04:05:06.123456Z 0 [Note] [MY-010116] [Server] ready (pid 2880)\n";
    let cpp_log =
        "04:05:06 1234 DemoServer::Accept: connection\n04:05:07 1234 DemoServer::Accept: connection\n";
    let vshadow = "[[     VssClient::AddToSnapshotSet @ create.cpp:  94]] ENTER VssClient::AddToSnapshotSet\n- Adding volume C:\\ to the shadow set...\n[[     VssClient::AddToSnapshotSet @ create.cpp:  94]] EXIT VssClient::AddToSnapshotSet\n";
    let sqlwriter = "[03/07/2031 04:05:06, TID 1f3c] Entering SQL Writer OnFreeze.\n[03/07/2031 04:05:07, TID 1f3c] HRESULT EXCEPTION CAUGHT: hr: 0x80780002\n";
    let reg = "Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\VSS\\Debug\\Tracing]\n\"TraceFile\"=\"c:\\\\trace.txt\"\n\"TraceEnterExit\"=dword:00000001\n";
    let vssadmin = "vssadmin 1.1 - Volume Shadow Copy Service administrative command-line tool\n\nWriter name: 'Demo'\n   Writer Id: {11111111-2222-3333-4444-555555555555}\n   State: [1] Stable\n";
    let diskshadow = "Microsoft DiskShadow version 1.0\n-> set verbose on\n-> create\nAlias VSS_SHADOW_SET for shadow set ID {11111111-2222-3333-4444-555555555555} set as environment variable.\n";
    let readme = format!(
        "# Reading traces\n\nA trace looks like this:\n\n    {}\n\nThe first column is the time.\nThe second is the process.\nThen comes the thread.\n",
        REGISTRY.lines().next().unwrap()
    );
    let json: String =
        REGISTRY.lines().map(|line| format!("{{\"line\":\"{}\"}}\n", line.replace('\\', "\\\\"))).collect();
    let csv: String = REGISTRY.lines().map(|line| format!("\"1\",\"{line}\"\n")).collect();
    for text in [
        "",
        "\n\n",
        "hello",
        "ENTER",
        "::",
        "{}\n",
        "a,b,c\n1,2,3\n",
        source,
        server,
        rust,
        mysql,
        cpp_log,
        vshadow,
        sqlwriter,
        reg,
        vssadmin,
        diskshadow,
        &readme,
        &json,
        &csv,
    ] {
        assert!(!looks_like(text), "{text}");
        assert!(!looks_like(&text.repeat(50)), "{text}");
    }
}

#[test]
fn a_profile_alone_makes_no_trace_of_a_server_log() {
    let profiles = Profile::from_toml("[[profile]]\nname = 'a'\nprefix = '{time} {pid:dec} '").unwrap();
    let log = "04:05:06 1234 connection from 10.0.0.1\n".repeat(100);
    assert!(!crate::trace::looks_like(&log, &profiles));
    assert_eq!(read_with(log.as_bytes(), &profiles, None).reading().layout, "a");
}

#[test]
fn what_is_not_recognised_is_kept_as_text_and_that_is_no_loss() {
    let read = read("one\ntwo\n\nthree");
    assert_eq!((read.account(), read.is_sound(), read.report.records), ([4, 0, 0, 4], true, 0));
    let [note] = &read.report.issues[..] else { panic!() };
    assert_eq!(
        (note.kind, note.message.as_str()),
        (IssueKind::Note, "layout not recognised; 4 of 4 lines kept as text")
    );
    assert_eq!(super::read("").account(), [0; 4]);
}
