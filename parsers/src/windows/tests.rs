//! Records for the decoders' tests, the table of families, and arbitrary input.

use super::*;
use proptest::prelude::*;
use std::sync::Arc;
use vsscope_model::{Clock, Param, Params, RecordRef, What};

/// The event of a record that has nothing to share.
pub(crate) fn decode(record: LogRecord) -> Option<Event> {
    super::decode(record, &mut Shared::default())
}

/// A record with nothing but its key.
pub(crate) fn bare(provider: &str, event_id: u32) -> LogRecord {
    LogRecord {
        provider: Arc::from(provider),
        event_source_name: None,
        event_id,
        qualifiers: None,
        version: None,
        level: Some(4),
        channel: None,
        host: Some(Arc::from("host7.lab")),
        time: "2031-03-07T04:05:06.1234567Z".parse().unwrap(),
        clock: Clock::Corrected,
        resolution_ns: Some(1_000_000),
        record_id: Some(4711),
        pid: None,
        tid: None,
        user_sid: None,
        data: Params::default(),
        user_data: Params::default(),
        binary: None,
        message: None,
        source: RecordRef { input: Arc::from("a.evtx"), record: Some(4711), ..RecordRef::default() },
    }
}

/// A value without a name.
fn unnamed(value: &str) -> Param {
    Param { name: None, value: value.to_owned() }
}

/// A record with unnamed data.
pub(crate) fn positional(provider: &str, event_id: u32, data: &[&str]) -> LogRecord {
    let data = data.iter().map(|value| Param { name: None, value: (*value).to_owned() }).collect();
    LogRecord { data, ..bare(provider, event_id) }
}

/// A record with named data.
pub(crate) fn named(provider: &str, event_id: u32, data: &[(&str, &str)]) -> LogRecord {
    let data =
        data.iter().map(|(name, value)| Param { name: Some((*name).to_owned()), value: (*value).to_owned() });
    LogRecord { data: data.collect(), ..bare(provider, event_id) }
}

/// A record that has only its rendered message.
pub(crate) fn with_message(provider: &str, event_id: u32, message: &str) -> LogRecord {
    LogRecord { message: Some(message.to_owned()), ..bare(provider, event_id) }
}

#[test]
fn an_event_keeps_the_frame_of_its_record() {
    let mut record = positional("volsnap", 25, &["device", "C:"]);
    record.binary = Some(vec![0xAB, 0x01]);
    record.message = Some("text".to_owned());
    let event = decode(record.clone()).unwrap();
    assert_eq!(
        (event.time, event.clock, event.resolution_ns),
        (record.time, record.clock, record.resolution_ns)
    );
    assert_eq!(
        (event.source, event.host, event.level),
        (record.source.clone(), record.host.clone(), record.level)
    );
    assert_eq!((&*event.provider, event.event_id), ("volsnap", Some(25)));
    let detail = event.record.unwrap();
    assert_eq!(detail.message.as_deref(), Some("text"));
    let binary = Param { name: Some("Binary".to_owned()), value: "AB01".to_owned() };
    assert_eq!(
        detail.params,
        Params::from(["device", "C:"].map(unnamed).into_iter().chain([binary]).collect::<Vec<_>>())
    );
    record.binary = Some(vec![0; 65]);
    assert_eq!(decode(record.clone()).unwrap().record.unwrap().params, record.data);
}

#[test]
fn provider_and_id_are_the_key() {
    assert!(is_of_interest("VSS", 8224) && is_of_interest("vss", 65_535));
    assert!(!is_of_interest("Microsoft-Windows-Security-SPP", 8224));
    assert!(is_of_interest("System Restore", 8194));
    let event = decode(positional("System Restore", 8224, &[])).unwrap();
    assert_eq!(event.what, What::Log, "the number of VSS, not its meaning");
    assert!(is_of_interest("MSSQL$SALES", 3197) && is_of_interest("mssql$x", 3198));
    assert!(!is_of_interest("MSSQL", 3197) && !is_of_interest("MSSQLSERVER", 17_000));
    assert!(!is_of_interest("Microsoft-Windows-Sysmon", 10));
    assert!(!is_of_interest("", 8224));
}

#[test]
fn every_family_is_reached() {
    for (at, family) in FAMILIES.iter().enumerate() {
        let provider = match family.provider {
            Provider::Is(name) | Provider::StartsWith(name) => name.to_ascii_uppercase(),
        };
        let ids = match family.ids {
            Ids::All => &[1][..],
            Ids::Of(ids) => ids,
        };
        for id in ids {
            let first = FAMILIES.iter().position(|f| f.ids.contain(*id) && f.provider.matches(&provider));
            assert_eq!(first, Some(at), "{provider} {id} is shadowed by an earlier row");
        }
    }
}

/// Texts that reach deep into the grammars.
fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        any::<String>(),
        Just("\n\nA:\n   k: v\n".to_owned()),
        Just("\n   ".to_owned()),
        Just("0x80070005".to_owned()),
        Just("{b5946137-7b9f-4925-af80-51abd60b20d5}".to_owned()),
        Just(r"\Services\VSS\Diag\Lovelace(C:_)\Volume{".to_owned()),
        Just(" (Enter)".to_owned()),
        Just("HarddiskVolumeShadowCopy9".to_owned()),
        Just("\t".to_owned()),
        Just("%%1058".to_owned()),
        Just(" (1,2) ".to_owned()),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|pieces| pieces.concat())
}

fn binary() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        any::<Vec<u8>>(),
        prop::sample::select(vec![&b"- Code: "[..], b"- CMD:  ", b"- User: ", b"- PID:  ", b"00000012"])
            .prop_map(<[u8]>::to_vec),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

const FIELDS: &[&str] = &[
    "TargetObject",
    "EventType",
    "VolumeName",
    "DeviceName",
    "NTSTATUS",
    "AuditSourceName",
    "ProcessId",
    "param1",
    "param2",
    "NewProcessName",
    "CommandLine",
    "OldTime",
    "NewTime",
    "HRESULT",
    "Channel",
    "SnapshotGuid",
];

fn params() -> impl Strategy<Value = Vec<Param>> {
    let param = (prop::option::of(prop::sample::select(FIELDS)), text());
    let param = param.prop_map(|(name, value)| Param { name: name.map(str::to_owned), value });
    prop::collection::vec(param, 0..12)
}

proptest! {
    #[test]
    fn no_record_makes_a_decoder_panic(
        at in 0..FAMILIES.len(),
        any_id in any::<u32>(),
        pick in any::<prop::sample::Index>(),
        data in params(),
        user_data in params(),
        binary in prop::option::of(binary()),
        message in prop::option::of(text()),
    ) {
        let family = &FAMILIES[at];
        let (Provider::Is(provider) | Provider::StartsWith(provider)) = family.provider;
        let event_id = match family.ids {
            Ids::All => any_id,
            Ids::Of(ids) => *pick.get(ids),
        };
        let record = LogRecord { data: data.into(), user_data: user_data.into(), binary, message, ..bare(provider, event_id) };
        if let Some(event) = decode(record) {
            prop_assert_eq!(event.event_id, Some(event_id));
            prop_assert!(event.record.is_some());
        }
    }
}
