//! Output of vssadmin in the shapes of `formats/console.md` 3, with invented ids, in several languages and encodings.

mod common;

use common::{issues, read_bytes};
use vsscope_model::{HResult, InputReport, IssueKind, TimeBasis, What, WriterState};
use vsscope_parsers::{ReadOptions, Source, read};

const SET: &str = "5d1f3a70-2b64-4c1e-8f0d-91a2b3c4d5e6";
const COPY: &str = "7c0e4b81-3a75-4d2f-9e1c-a2b3c4d5e6f7";
const COPY_2: &str = "8d1f5c92-4b86-4e30-af2d-b3c4d5e6f708";
const VOLUME: &str = r"\\?\Volume{1f0e2d3c-4b5a-4678-9abc-def012345678}\";
const CLASS: &str = "e8132975-6f93-4464-a53e-1050253ae220";
const INSTANCE: &str = "0a1b2c3d-4e5f-4a6b-8c7d-9e0f1a2b3c4d";

const BANNER: &str = "vssadmin 1.1 - Volume Shadow Copy Service administrative command-line tool
(C) Copyright 2001-2013 Microsoft Corp.

";

fn writers() -> String {
    format!(
        "Waiting for responses.
These may be delayed if a shadow copy is being prepared.

Writer name: 'System Writer'
   Writer Id: {{{CLASS}}}
   Writer Instance Id: {{{INSTANCE}}}
   State: [1] Stable
   Last error: Retryable error

Writer name: 'SqlServerWriter'
   Writer Id: {{a65faa63-5ea8-4ebc-9dbd-a0c4db26912a}}
   Writer Instance Id: {{{COPY}}}
   State: [11] Failed
   Last error: Non-retryable error

"
    )
}

fn shadows(created: &str) -> String {
    format!(
        "Contents of shadow copy set ID: {{{SET}}}
   Contained 2 shadow copies at creation time: {created}
      Shadow Copy ID: {{{COPY}}}
         Original Volume: (C:){VOLUME}
         Shadow Copy Volume: \\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy12
         Originating Machine: srv1.contoso.example
         Service Machine: srv1.contoso.example
         Provider: 'Microsoft Software Shadow Copy provider 1.0'
         Type: ClientAccessibleWriters
         Attributes: Persistent, Client-accessible, No auto release, Differential, Auto recovered

      Shadow Copy ID: {{{COPY_2}}}
         Original Volume: (D:){VOLUME}
         Shadow Copy Volume: \\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy13
         Originating Machine: srv1.contoso.example
         Service Machine: srv1.contoso.example
         Provider: 'Microsoft Software Shadow Copy provider 1.0'
         Type: ClientAccessibleWriters
         Attributes: Persistent, Client-accessible, No auto release, Differential, Auto recovered

"
    )
}

const PROVIDERS: &str = "Provider name: 'Microsoft Software Shadow Copy provider 1.0'
   Provider type: System
   Provider Id: {b5946137-7b9f-4925-af80-51abd60b20d5}
   Version: 1.0.0.7

";

fn storage() -> String {
    format!(
        "Shadow Copy Storage association
   For volume: (C:){VOLUME}
   Shadow Copy Storage volume: (D:){VOLUME}
   Used Shadow Copy Storage space: 22.1 GB (4%)
   Allocated Shadow Copy Storage space: 22.5 GB (4%)
   Maximum Shadow Copy Storage space: UNBOUNDED (100%)

"
    )
}

fn volumes() -> String {
    format!(
        "Volume path: C:\\\n    Volume name: {VOLUME}\nVolume path: D:\\mount\\\n    Volume name: {VOLUME}\n"
    )
}

/// What every text must give: the format, all lines accounted for, nothing lost.
fn sound(bytes: &[u8]) -> InputReport {
    let report = read_bytes(bytes);
    assert_eq!(report.format, "vssadmin");
    accounts(&report);
    assert!(!report.issues.iter().any(|issue| issue.kind.is_loss()), "{:?}", report.issues);
    report
}

fn accounts(report: &InputReport) {
    let text = report.text.as_ref().unwrap();
    assert_eq!(text.lines, text.parsed + text.continuation + text.unknown, "{text:?}");
}

fn wide(text: &str) -> Vec<u8> {
    let units = text.replace('\n', "\r\n");
    [0xFF, 0xFE].into_iter().chain(units.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}

/// The text as a console of 80 columns shows it.
fn wrapped(text: &str) -> String {
    let pieces = text.lines().map(|line| {
        let chars: Vec<char> = line.chars().collect();
        let pieces: Vec<String> = chars.chunks(80).map(|piece| piece.iter().collect()).collect();
        pieces.join("\n")
    });
    pieces.collect::<Vec<_>>().join("\n")
}

#[test]
fn writers_are_listed_with_the_number_of_their_state() {
    let report = sound(format!("{BANNER}{}", writers()).as_bytes());
    let [system, sql] = &report.inventory.writers[..] else { panic!() };
    assert_eq!(system.writer.name.as_deref(), Some("System Writer"));
    assert_eq!(system.writer.class_id.unwrap().to_string(), CLASS);
    assert_eq!(system.writer.instance_id.unwrap().to_string(), INSTANCE);
    assert_eq!((system.state, system.last_error.as_deref()), (Some(WriterState(1)), Some("Retryable error")));
    assert_eq!((sql.state, sql.failure), (Some(WriterState(11)), None));
    assert_eq!(sql.source.line, Some(13));
    assert_eq!((report.records, report.times), (2, TimeBasis::Order));
    assert_eq!(report.text.unwrap().unknown, 2);
}

#[test]
fn copies_carry_their_set_and_machine() {
    let report = sound(format!("{BANNER}{}", shadows("12/25/2031 11:05:09 PM")).as_bytes());
    let [one, two] = &report.inventory.snapshots[..] else { panic!() };
    assert_eq!(one.id.unwrap().to_string(), COPY);
    assert_eq!(two.id.unwrap().to_string(), COPY_2);
    for copy in [one, two] {
        assert_eq!(copy.set.unwrap().to_string(), SET);
        assert_eq!((copy.set_size, copy.host.as_deref()), (Some(2), Some("srv1.contoso.example")));
        assert_eq!(copy.provider.as_deref(), Some("Microsoft Software Shadow Copy provider 1.0"));
        assert_eq!(
            copy.attributes.as_deref(),
            Some("Persistent, Client-accessible, No auto release, Differential, Auto recovered")
        );
        assert_eq!(copy.created_text.as_deref(), Some("12/25/2031 11:05:09 PM"));
        assert_eq!(copy.created.unwrap().to_rfc3339(), "2031-12-25T23:05:09+00:00");
    }
    assert_eq!(one.volume, Some(format!("(C:){VOLUME}")));
    assert_eq!(one.device.as_deref(), Some("HarddiskVolumeShadowCopy12"));
    assert_eq!(report.times, TimeBasis::Local);
}

#[test]
fn a_time_of_creation_is_read_in_the_zone_that_was_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("input");
    std::fs::write(&path, shadows("25/12/2031 23:05:09")).unwrap();
    let zone = Some("Europe/Paris".parse().unwrap());
    let report = read(&Source::file(path), &ReadOptions { zone, ..ReadOptions::default() }, &()).remove(0);
    assert_eq!(report.inventory.snapshots[0].created.unwrap().to_rfc3339(), "2031-12-25T22:05:09+00:00");
    assert_eq!(report.times, TimeBasis::Given { zone: "Europe/Paris".to_owned() });
}

#[test]
fn a_date_that_could_be_two_days_stays_text() {
    let report = sound(shadows("07/03/2031 04:05:09").as_bytes());
    assert!(
        report.inventory.snapshots.iter().all(|copy| copy.created.is_none() && copy.created_text.is_some())
    );
    assert_eq!(issues(&report, IssueKind::Note)[0].count, 2);
    assert_eq!(report.times, TimeBasis::Order);
}

#[test]
fn providers_storage_and_volumes_are_listed() {
    let report = sound(format!("{BANNER}{PROVIDERS}{}{}", storage(), volumes()).as_bytes());
    let [provider] = &report.inventory.providers[..] else { panic!() };
    assert_eq!(provider.id.unwrap().to_string(), "b5946137-7b9f-4925-af80-51abd60b20d5");
    assert_eq!(provider.type_text.as_deref(), Some("System"));
    assert_eq!(provider.version.as_deref(), Some("1.0.0.7"));
    let [storage] = &report.inventory.storage[..] else { panic!() };
    assert_eq!(storage.volume, Some(format!("(C:){VOLUME}")));
    assert_eq!(storage.on_volume, Some(format!("(D:){VOLUME}")));
    let used = storage.used.as_ref().unwrap();
    assert_eq!((used.bytes, used.percent), (Some(23_729_694_310), Some(4)));
    let maximum = storage.maximum.as_ref().unwrap();
    assert_eq!(
        (maximum.text.as_str(), maximum.bytes, maximum.percent),
        ("UNBOUNDED (100%)", None, Some(100))
    );
    let paths: Vec<_> = report.inventory.volumes.iter().map(|v| v.path.as_deref().unwrap()).collect();
    assert_eq!(paths, ["C:\\", "D:\\mount\\"]);
    assert_eq!(report.inventory.volumes[0].name.as_deref(), Some(VOLUME));
    assert_eq!(report.records, 4);
}

#[test]
fn a_copy_just_made_has_no_set() {
    let text = format!(
        "{BANNER}Successfully created shadow copy for 'C:\\'
    Shadow Copy ID: {{{COPY}}}
    Shadow Copy Volume Name: \\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy5
"
    );
    let report = sound(text.as_bytes());
    let [copy] = &report.inventory.snapshots[..] else { panic!() };
    assert_eq!((copy.id.unwrap().to_string().as_str(), copy.set), (COPY, None));
    assert_eq!(copy.device.as_deref(), Some("HarddiskVolumeShadowCopy5"));
    assert_eq!(copy.volume.as_deref(), Some("C:\\"));
}

#[test]
fn windows_xp_counts_in_brackets_behind_the_set() {
    let text = format!(
        "vssadmin 1.0 - Volume Shadow Copy Service administrative command-line tool
(C) Copyright 2001 Microsoft Corp.

Contents of shadow copy set {{{SET}}} [3 at creation, 1 now]
      Shadow Copy ID: {{{COPY}}}
         Original Volume: (C:){VOLUME}
         Shadow Copy Volume: \\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy1
"
    );
    let report = sound(text.as_bytes());
    assert_eq!(report.inventory.snapshots[0].set_size, Some(3));
}

// Labels in French and German, as far as they are only labels: the shape is the same.
#[test]
fn the_language_of_the_labels_does_not_matter() {
    let french = format!(
        "vssadmin 1.1 - Outil ligne de commande d'administration du service de cliché instantané de volume
(C) Copyright 2001-2013 Microsoft Corp.

Nom de l'enregistreur : 'System Writer'
   ID de l'enregistreur : {{{CLASS}}}
   ID d'instance : {{{INSTANCE}}}
   État : [5] En attente de la fin
   Dernière erreur : Aucune erreur

Contenu du jeu de clichés instantanés {{{SET}}}
   Contient 2 clichés instantanés lors de la création : 25/12/2031 23:05:09
      ID du cliché instantané : {{{COPY}}}
         Volume d'origine : (C:){VOLUME}
         Volume du cliché instantané : \\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy12
         Ordinateur d'origine : SRV1
         Ordinateur de service : SRV1
         Fournisseur : 'Microsoft Software Shadow Copy provider 1.0'
         Type : ClientAccessibleWriters
         Attributs : Persistant, Accessible aux clients
"
    );
    let german = format!(
        "Name des Verfassers: 'System Writer'
   Verfasserkennung: {{{CLASS}}}
   Instanzkennung des Verfassers: {{{INSTANCE}}}
   Status: [5] Warten auf Abschluss
   Letzter Fehler: Kein Fehler

Inhalt der Schattenkopiesatzkennung: {{{SET}}}
   Enthielt 2 Schattenkopien zur Erstellungszeit: 25.12.2031 23:05:09
      Schattenkopiekennung: {{{COPY}}}
         Ursprüngliches Volume: (C:){VOLUME}
         Schattenkopievolume: \\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy12
         Quellcomputer: SRV1
         Dienstcomputer: SRV1
         Anbieter: 'Microsoft Software Shadow Copy provider 1.0'
         Typ: ClientAccessibleWriters
         Attribute: Permanent, Für Clients zugänglich
"
    );
    let oem = |text: &str| -> Vec<u8> {
        let byte = |c: char| match c {
            'é' => 0x82,
            'è' => 0x8A,
            'É' => 0x90,
            'ü' => 0x81,
            'ä' => 0x84,
            c => u8::try_from(u32::from(c)).unwrap(),
        };
        text.chars().map(byte).collect()
    };
    for text in [&french, &german] {
        for bytes in [text.clone().into_bytes(), wide(text), oem(text)] {
            let report = sound(&bytes);
            let [writer] = &report.inventory.writers[..] else { panic!("{text}") };
            assert_eq!(writer.writer.name.as_deref(), Some("System Writer"));
            assert_eq!(writer.state, Some(WriterState(5)));
            assert!(writer.last_error.as_deref().is_some_and(|error| error.ends_with(['r', 'e'])));
            let [copy] = &report.inventory.snapshots[..] else { panic!("{text}") };
            assert_eq!(copy.set.unwrap().to_string(), SET);
            assert_eq!((copy.set_size, copy.host.as_deref()), (Some(2), Some("SRV1")));
            assert!(copy.created.is_some());
            assert!(copy.attributes.as_deref().is_some_and(|text| text.starts_with("Per")));
        }
        let oem_report = read_bytes(&oem(text));
        assert_eq!(oem_report.text.unwrap().encoding, "OEM code page 850 (assumed)");
    }
}

#[test]
fn a_console_broke_the_lines_inside_words_and_ids() {
    let text = format!("{BANNER}{}{}{PROVIDERS}{}", writers(), shadows("12/25/2031 11:05:09 PM"), storage());
    let whole = sound(text.as_bytes());
    let broken = sound(wrapped(&text).as_bytes());
    let without_lines = |report: &InputReport| {
        let mut inventory = report.inventory.clone();
        inventory.writers.iter_mut().for_each(|entry| entry.source = Default::default());
        inventory.providers.iter_mut().for_each(|entry| entry.source = Default::default());
        inventory.snapshots.iter_mut().for_each(|entry| entry.source = Default::default());
        inventory.storage.iter_mut().for_each(|entry| entry.source = Default::default());
        inventory
    };
    assert_ne!(text, wrapped(&text));
    assert_eq!(without_lines(&whole), without_lines(&broken));
    assert_eq!(broken.text.unwrap().lines as usize, wrapped(&text).lines().count());
}

#[test]
fn several_commands_stand_in_one_file_with_prompts_between() {
    let text = format!(
        "C:\\Users\\admin>vssadmin list writers\n{BANNER}{}C:\\Users\\admin>vssadmin list providers\n{BANNER}{PROVIDERS}PS C:\\> vssadmin list shadows\n{BANNER}{}C:\\>",
        writers(),
        shadows("2031/3/7 11:05:09")
    );
    let report = sound(text.as_bytes());
    let inventory = &report.inventory;
    assert_eq!((inventory.writers.len(), inventory.providers.len(), inventory.snapshots.len()), (2, 1, 2));
}

#[test]
fn output_without_its_banner_is_told_by_its_shape() {
    for (text, entries) in
        [(writers(), 2), (shadows("x"), 2), (PROVIDERS.to_owned(), 1), (storage(), 1), (volumes(), 2)]
    {
        assert_eq!(sound(text.as_bytes()).records, entries, "{text}");
    }
    // The first lines were cut away too.
    let rest: String = shadows("x").lines().skip(3).map(|line| format!("{line}\n")).collect();
    let report = sound(rest.as_bytes());
    let ids: Vec<_> =
        report.inventory.snapshots.iter().map(|copy| (copy.id.unwrap().to_string(), copy.set)).collect();
    assert_eq!(ids, [(COPY_2.to_owned(), None)]);
}

#[test]
fn errors_are_events_only_if_they_have_a_code() {
    let text = format!(
        "{BANNER}Error: The shadow copy provider had an unexpected error while trying to process the specified operation.
Error: Unexpected failure: 0x80042306
No items found that satisfy the query.
"
    );
    let report = sound(text.as_bytes());
    let [event] = &report.events[..] else { panic!("{:?}", report.events) };
    assert_eq!((event.hresult(), &event.what), (Some(HResult::VSS_PROVIDER_VETO), &What::Log));
    assert_eq!(event.source.line, Some(5));
    assert_eq!(issues(&report, IssueKind::Note)[0].message, "the tool reports an error without a code");
}

#[test]
fn damage_costs_the_line_and_not_its_neighbours() {
    let text = format!("{BANNER}{}", writers()).replace("Writer Id: {e8132975", "Writer Id: \u{1}{e8132975");
    let report = read_bytes(text.as_bytes());
    assert_eq!((report.lost, issues(&report, IssueKind::Line).len()), (1, 1));
    assert_eq!(issues(&report, IssueKind::Line)[0].place, "line 8");
    let [system, sql] = &report.inventory.writers[..] else { panic!() };
    // Of two ids one is left, and which one is not certain.
    assert_eq!(
        (system.writer.class_id, system.writer.instance_id, system.state),
        (None, None, Some(WriterState(1)))
    );
    assert!(sql.writer.class_id.is_some());
    accounts(&report);
}

#[test]
fn a_file_that_ends_inside_an_id_is_truncated() {
    let text = shadows("2031/3/7 11:05:09");
    let at = text.find("Volume{").unwrap() + 15;
    let report = read_bytes(format!("{BANNER}{}", &text[..at]).as_bytes());
    assert_eq!(issues(&report, IssueKind::Truncated).len(), 1);
    let [copy] = &report.inventory.snapshots[..] else { panic!() };
    assert_eq!(copy.volume, None);
}

#[test]
fn other_texts_are_not_taken_for_output() {
    let prose = format!(
        "To see the writers, run vssadmin list writers. The state should be [1] Stable.\nvssadmin 1.1 prints 'System Writer' and the id {{{CLASS}}}.\n"
    );
    let json = format!(
        "{{\n  \"name\": \"x\",\n  \"id\": \"{{{CLASS}}}\",\n  \"device\": \"HarddiskVolumeShadowCopy1\"\n}}\n"
    );
    let export = format!(
        "Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\SYSTEM\\X\\{{{CLASS}}}]\n@=\"a\"\n\"b\"=hex:01,02,\\\n  03,04\n"
    );
    let query = format!(
        "HKEY_LOCAL_MACHINE\\SYSTEM\\X\n    (Default)    REG_SZ    {{{CLASS}}}\n    b    REG_SZ    'c'\n"
    );
    let yaml = format!("name: 'backup'\n   id: {{{CLASS}}}\n   other: {{{INSTANCE}}}\n");
    let trace =
        "[00001-00F3,0x002018:0x1a2c:0xe2f8] cor\\writer.cxx(0123): CVssWriter::OnFreeze: ENTER\n".repeat(5);
    let wmic = format!(
        "ID           : {{{COPY}}}\nDeviceObject : \\\\?\\GLOBALROOT\\Device\\HarddiskVolumeShadowCopy1\n"
    );
    let event = format!(
        "Event[0]:\n  Log Name: Application\n  Source: VSS\n  Event ID: 8193\nContext:\n   Writer Class Id: {{{CLASS}}}\n   Writer Name: System Writer\n   Writer Instance ID: {{{INSTANCE}}}\n   State: [1]\n"
    );
    let code = "fn f(x: &str) -> create {\n    match x {\n        _ => 0x80042306,\n    }\n}\n".to_owned();
    for text in [prose, json, export, query, yaml, trace, wmic, event, code] {
        let format = read_bytes(text.as_bytes()).format;
        let tools = ["vssadmin", "diskshadow", "vshadow", "sqlwriter-log"];
        assert!(!tools.contains(&format.as_str()), "{format}: {text}");
    }
}
