use super::*;
use crate::diag::fixture::{self, DIAG, SET, check_run, export_of, exported, hex, issues, time};
use proptest::prelude::*;
use vsscope_model::{Event, HResult, InputReport};

fn read_text(text: &str) -> InputReport {
    export_of(text.as_bytes())
}

fn wide(text: &str, big: bool) -> Vec<u8> {
    let to = |unit: u16| if big { unit.to_be_bytes() } else { unit.to_le_bytes() };
    text.encode_utf16().flat_map(to).collect()
}

fn param<'a>(event: &'a Event, name: &str) -> Option<&'a str> {
    let params = &event.record.as_ref()?.params;
    params.iter().find(|param| param.name == Some(name)).map(|param| param.value)
}

#[test]
fn a_native_export_gives_all_steps_in_order() {
    let mut bytes = vec![0xFF, 0xFE];
    bytes.extend(wide(&exported(), false));
    let report = export_of(&bytes);
    check_run(&report);
    assert_eq!(
        issues(&report, IssueKind::Note).len(),
        1,
        "only the value with an unknown edge: {:?}",
        report.issues
    );
    assert!(report.partial.unwrap().contains("newest instance"));
    assert_eq!(report.spans.len(), 1);
    assert_eq!((&*report.spans[0].host, &*report.spans[0].source), ("", r"Services\VSS\Diag"));
}

#[test]
fn a_step_has_process_set_result_and_place() {
    let report = read_text(&exported());
    let vetoed = &report.events[3];
    assert_eq!((vetoed.process.pid, vetoed.set), (Some(900), Some(SET)));
    assert_eq!(vetoed.hresult(), Some(HResult(0x8004_23f4)));
    assert_eq!(vetoed.writer.as_ref().unwrap().name.as_deref(), Some("A [strange] = Writer"));
    let params = ["Key", "Value", "Code", "Flag", "WriterState", "State"].map(|name| param(vetoed, name));
    let expected =
        [Some("A [strange] = Writer"), Some("FREEZE (Leave)"), Some("3000"), Some("1"), Some("2"), None];
    assert_eq!(params, expected);
    assert_eq!(
        (&*vetoed.provider, vetoed.source.channel.as_deref()),
        ("VSS Diag key", Some(r"Services\VSS\Diag"))
    );
    let line = exported().lines().position(|line| line.starts_with("\"FREEZE (Leave)")).unwrap();
    assert_eq!(report.events[5].source.line, Some(line as u64 + 1));
    assert_eq!(report.events[0].set, None);
    assert_eq!(report.events[10].hresult(), Some(HResult(1)));
}

/// The GUID of volsnap's steps may be that of a volume or a snapshot.
#[test]
fn a_guid_of_volsnap_is_no_set() {
    let report = read_text(&exported());
    let step = &report.events[8];
    assert_eq!(step.set, None);
    assert_eq!(param(step, "Guid"), Some(SET.to_string().as_str()));
    assert_eq!(step.volume.as_deref(), Some(r"\\?\Volume{3f6a1c52-0000-0000-0000-100000000000}\"));
}

#[test]
fn what_editors_and_scripts_make_of_an_export_is_read() {
    let native = exported();
    let path = |to: &str| native.replace(r"HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet", to);
    for text in [
        native.replace("\r\n", "\n"),
        native.replace("\r\n", "\n\n"),
        format!("\u{feff}{native}"),
        native.replace("Windows Registry Editor Version 5.00", "REGEDIT4"),
        native.replace("Windows Registry Editor Version 5.00\r\n\r\n", ""),
        native.replace("hex:", "hex(3):"),
        native.replace("=hex:", " = HEX:"),
        native.replace("Enter)\"=hex:48,00,00,00", "Enter)\"=hex:48,0,0,00"),
        native.replace("\\\r\n  ", "\\\r\n"),
        native.replace("\\\r\n  ", "\\ \t\r\n\t"),
        native.replace("\\\r\n  ", "\\\r\n; a comment\r\n  "),
        native.replace(",\\\r\n  ", ","),
        native.replace(r"\Services\VSS\Diag", r"\services\vss\diag"),
        path(r"HKLM\SYSTEM\ControlSet001"),
        path(r"HKEY_LOCAL_MACHINE\OFFLINE\ControlSet001"),
        native.replace("[HKEY", "; a comment\r\n  [HKEY"),
        format!(
            "{native}[HKEY_LOCAL_MACHINE\\SYSTEM\\Select]\r\n\"Current\"=dword:00000001\r\n\"x\"=hex(7):00,\\\r\n"
        ),
        native.trim_end().to_owned(),
    ] {
        assert!(looks_like(text.trim_start_matches('\u{feff}')), "{text}");
        check_run(&read_text(&text));
    }
    check_run(&export_of(&wide(&native, false)));
    check_run(&export_of(&wide(&native, true)));
    let upper: String = native
        .split_inclusive("hex:")
        .map(|piece| match piece.split_once("\r\n\"") {
            Some((digits, rest)) => format!("{}\r\n\"{rest}", digits.to_uppercase()),
            None => piece.to_owned(),
        })
        .collect();
    check_run(&read_text(&upper));
}

#[test]
fn names_in_a_code_page_are_read() {
    let text = exported().replace("A [strange] = Writer", "Wächter").into_bytes();
    let ansi: Vec<u8> = String::from_utf8(text).unwrap().chars().map(|c| c as u8).collect();
    let writer = export_of(&ansi).events[2].writer.clone().unwrap();
    assert_eq!(writer.name.as_deref(), Some("Wächter"));
}

#[test]
fn the_twin_of_the_current_control_set_gave_every_event_twice() {
    let twin = exported().replace("CurrentControlSet", "ControlSet001");
    let twin = twin.split_once("\r\n\r\n").unwrap().1;
    let report = read_text(&(exported() + twin));
    assert_eq!((report.events.len(), report.records), (11, 24));
    let keys: Vec<_> = report.inventory.registry.iter().map(|key| (key.path.as_str(), key.values)).collect();
    let other = DIAG.replace("CurrentControlSet", "ControlSet001");
    assert_eq!(keys, [(DIAG, 12), (other.as_str(), 12)]);
    assert!(report.issues.iter().any(|issue| issue.count == 12 && issue.message.contains("more than once")));
}

#[test]
fn a_step_that_another_control_set_has_older_is_kept() {
    let line = |set: &str, ms| {
        let key = DIAG.replace("CurrentControlSet", set);
        let blob = fixture::blob(ms, 700, 0, 0, vsscope_model::Guid::NULL);
        format!("[{key}\\SPP]\n\"SppCreate (Enter)\"=hex:{}\n", hex(&blob, ","))
    };
    let report = read_text(&(line("ControlSet001", 5000) + &line("ControlSet002", 10)));
    let times: Vec<_> = report.events.iter().map(|event| event.time).collect();
    assert_eq!(times, [time(10), time(5000)]);
}

#[test]
fn the_default_value_of_diag_is_told() {
    for (line, expected) in [
        ("@=\"Disabled\"", Some("Disabled")),
        ("@=hex(1):44,00,69,00,73,00,\\\n  61,00,62,00,6c,00,65,00,64,00,00,00", Some("Disabled")),
        ("@=\"with \\\"quotes\\\" and \\\\\"", Some("with \"quotes\" and \\")),
        ("@=dword:00000001", Some("dword:00000001")),
        ("@=hex:01,ff", Some("01ff")),
        ("@=-", None),
        ("; @=\"Disabled\"", None),
    ] {
        let report = read_text(&format!("[{DIAG}]\n{line}\n"));
        assert_eq!(report.inventory.registry[0].default_value.as_deref(), expected, "{line}");
    }
    let report = read_text(&format!("REGEDIT4\n[{DIAG}]\n@=hex(1):44,69,73,61,62,6c,65,64,00\n"));
    assert_eq!(report.inventory.registry[0].default_value.as_deref(), Some("Disabled"));
    let report = read_text(&format!("[{DIAG}\\SPP]\n@=\"Disabled\"\n"));
    assert_eq!(report.inventory.registry[0].default_value, None);
}

#[test]
fn deletions_are_noted_and_do_not_happen() {
    let report = read_text(&(exported() + &format!("[-{DIAG}]\n[{DIAG}\\SPP]\n\"SppCreate (Enter)\"=-\n")));
    check_run(&report);
    let notes = issues(&report, IssueKind::Note);
    assert!(notes.iter().any(|note| note.message.contains("deletes a key")));
    assert!(notes.iter().any(|note| note.message.contains("deletes a value")));
}

#[test]
fn a_value_that_is_no_step_is_lost_with_its_place_and_the_next_is_read() {
    let good = hex(&fixture::blob(0, 700, 0, 0, vsscope_model::Guid::NULL), ",");
    for (line, kind) in [
        ("\"SppCreate (Leave)\"=hex:48,00,00,00", IssueKind::Record),
        ("\"SppCreate (Leave)\"=hex:", IssueKind::Record),
        ("\"SppCreate (Leave)\"=dword:00000001", IssueKind::Record),
        ("\"SppCreate (Leave)\"=hex(1):48,00", IssueKind::Record),
        ("\"SppCreate (Leave)\"=hex:zz", IssueKind::Line),
        ("\"SppCreate (Leave", IssueKind::Line),
        ("SppCreate (Leave)=hex:00", IssueKind::Line),
    ] {
        let text = format!("[{DIAG}\\SPP]\n{line}\n\"SppCreate (Enter)\"=hex:{good}\n");
        let report = read_text(&text);
        assert_eq!((report.events.len(), report.lost), (1, 1), "{line}");
        assert_eq!(issues(&report, kind)[0].place, "line 2", "{line}");
    }
}

#[test]
fn a_damaged_continuation_costs_the_fields_behind_it() {
    let good = hex(&fixture::blob(0, 700, 0, 0, SET), ",");
    let (first, rest) = good.split_at(0x24 * 3);
    for middle in ["\\\n  ??,00,\\\n  ", "\n  "] {
        let text = format!(
            "[{DIAG}\\NTDS]\n\"THAW (Enter)\"=hex:{first}{middle}{rest}\n\"THAW (Leave)\"=hex:{good}\n"
        );
        let report = read_text(&text);
        assert_eq!(report.events.iter().map(|event| event.set).collect::<Vec<_>>(), [None, Some(SET)]);
        assert_eq!(issues(&report, IssueKind::Line).len(), 1, "{:?}", report.issues);
    }
}

#[test]
fn values_under_a_key_without_an_end_were_given_to_the_key_before() {
    let good = hex(&fixture::blob(0, 700, 0, 0, SET), ",");
    let text = format!("[{DIAG}\\NTDS]\n[{DIAG}\\System Wri\n\"THAW (Enter)\"=hex:{good}\n");
    let report = read_text(&text);
    assert_eq!((report.events.len(), report.lost), (0, 1));
    assert!(fixture::says_loss(&report));
}

#[test]
fn an_export_without_the_key_is_noted() {
    let report = read_text("REGEDIT4\n\n[HKEY_LOCAL_MACHINE\\SYSTEM\\Select]\n\"Current\"=dword:00000001\n");
    assert_eq!(report.issues.len(), 1);
    assert!(report.issues[0].message.contains(r"holds no key Services\VSS\Diag"));
    assert!(!report.issues[0].kind.is_loss());
    assert_eq!(report.partial, None);
}

#[test]
fn lines_and_names_without_end_are_left_out() {
    let long = "x".repeat(3 << 20);
    let text = exported()
        + &format!(
            "[{DIAG}\\NTDS]\n\"{long} (Enter)\"=hex:00\n\"THAW (Enter)\"=hex:00,{}\n",
            "00,".repeat(2 << 20)
        );
    let report = read_text(&text);
    assert_eq!(report.events.len(), 11);
    assert!(fixture::says_loss(&report));
    let skipped = format!("[HKEY_LOCAL_MACHINE\\SYSTEM]\n\"{long}\"=hex:00\n");
    check_run(&read_text(&(skipped + &exported())));
}

#[test]
fn more_values_than_the_limit_are_counted_as_lost() {
    let mut text = format!("[{DIAG}\\SPP]\n");
    for n in 0..20_010 {
        let blob = fixture::blob(n, 700, 0, 0, SET);
        text.push_str(&format!("\"SppCreate (Enter)\"=hex:{}\n", hex(&blob, ",")));
    }
    let report = read_text(&text);
    assert_eq!((report.events.len(), report.lost), (20_000, 10));
    assert_eq!(issues(&report, IssueKind::Record)[0].count, 10);
}

/// Keys with one long beginning were compared each with each: 10 MB took half a minute.
#[test]
fn thousands_of_keys_with_one_beginning_are_read_in_no_time() {
    let root = "x".repeat(900);
    let keys: String =
        (0..10_000).map(|key| format!("[HKLM\\{root}\\{key:04}\\Services\\VSS\\Diag]\r\n")).collect();
    let start = std::time::Instant::now();
    let report = read_text(&format!("Windows Registry Editor Version 5.00\r\n\r\n{keys}"));
    assert_eq!(report.inventory.registry.len(), 10_000);
    assert!(start.elapsed().as_secs() < 8, "{:?}", start.elapsed());
}

#[test]
fn other_text_is_no_export() {
    for text in [
        "",
        "[{\"winlog\":{\"event_id\":1}}]",
        "[\"HKEY_LOCAL_MACHINE\"]",
        "[HKEY_LOCAL_MACHINE\\x] was opened\nand closed\n",
        "[section]\n\"x\"=\"y\"\n",
        "HKEY_LOCAL_MACHINE\\SYSTEM\\Select\n    Current    REG_DWORD    0x1\n",
        "about Windows Registry Editor Version 5.00\n",
    ] {
        assert!(!looks_like(text), "{text}");
    }
}

#[test]
fn an_export_that_is_cut_anywhere_says_so() {
    fixture::cut_everywhere(&exported().replace("A [strange] = Writer", "NTDS"), read_text);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_damage_to_an_export_gives_a_report(flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40)) {
        let mut bytes = exported().into_bytes();
        for (index, value) in flips {
            let at = index.index(bytes.len());
            bytes[at] = value;
        }
        let report = export_of(&bytes);
        prop_assert!(report.events.len() <= 12);
        crate::diag::read_query(&mut bytes.as_slice(), &mut Collector::new(&std::sync::Arc::from("input"), "test"));
    }
}
