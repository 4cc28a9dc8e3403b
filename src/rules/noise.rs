//! Records that look alarming and are not. They are shown, with the reason, and count for nothing.
//!
//! Known from Microsoft's pages on the ids and from records of healthy systems. Whether a record is noise rests on
//! (provider, id), codes and names of Windows functions in a parameter (which are never localised).

use chrono::TimeDelta;
use std::collections::BTreeMap;
use vsscope_model::{Event, HResult, Timeline, Timestamp, What};

/// One kind of noise.
#[derive(Debug)]
pub struct Noise {
    /// What it is, for a title.
    pub kind: &'static str,
    /// Why it is noise.
    pub reason: &'static str,
    /// Provider of the record.
    provider: &'static str,
    /// Its ids.
    ids: &'static [u32],
    /// What else has to hold.
    holds: fn(&Surroundings<'_>, &Event) -> bool,
}

const VSS: &str = "VSS";
/// `HRESULT_FROM_WIN32(ERROR_INVALID_FUNCTION)`.
const INVALID_FUNCTION: HResult = HResult(0x8007_0001);
/// `HRESULT_FROM_WIN32(ERROR_INVALID_HANDLE)` and `ERROR_GEN_FAILURE`.
const PROCESS_IS_GONE: [HResult; 2] = [HResult(0x8007_0006), HResult(0x8007_001F)];
/// The session state of an old set was collected; the record names the old set and not the current one (KB 978773).
const OLD_SESSION_COLLECTED: HResult = HResult(0x8004_2409);
/// How near a shutdown has to be.
const SHUTDOWN_NEAR: TimeDelta = TimeDelta::minutes(5);
/// How near a failed backup job has to be to make the ASR record count.
const JOB_NEAR: TimeDelta = TimeDelta::minutes(1);

const NOISE: &[Noise] = &[
    Noise {
        kind: "VSS 8194, access to a writer's callback refused",
        reason: "The requester's COM security does not let the account of a writer call back. On such systems the record comes \
                 with nearly every backup, also with those that succeed.",
        provider: VSS,
        ids: &[8194],
        holds: |_, event| event.hresult() == Some(HResult::ACCESS_DENIED),
    },
    Noise {
        kind: "VSS 13 / 8193 while Windows shuts down",
        reason: "COM refuses new servers once a shutdown is in progress. Nothing was being backed up because of it.",
        provider: VSS,
        ids: &[13, 8193],
        holds: |around, event| {
            event.hresult() == Some(HResult::SHUTDOWN_IN_PROGRESS)
                && around.near(&around.shutdowns, event, SHUTDOWN_NEAR)
        },
    },
    Noise {
        kind: "VSS 8219 / 8220 / 8226, the optimization writer ran out of time",
        reason: "The Shadow Copy Optimization Writer removes what need not be kept in the copy, as far as its time \
                 allows. The copy is larger than it could be, and complete.",
        provider: VSS,
        ids: &[8219, 8220, 8226],
        holds: |_, _| true,
    },
    Noise {
        kind: "VSS 8229 with the code for success",
        reason: "The code of the rejection is 0x00000000: the writer reported no failure. Cluster writers do this.",
        provider: VSS,
        ids: &[8229],
        holds: |_, event| event.hresult() == Some(HResult::OK),
    },
    Noise {
        kind: "VSS 12289, a device does not know a request",
        reason: "DeviceIoControl with \"invalid function\" means that a drive such as a floppy does not support what the \
                 service asked for. It is left out.",
        provider: VSS,
        ids: &[12289],
        holds: |_, event| event.hresult() == Some(INVALID_FUNCTION) && quotes(event, "DeviceIoControl"),
    },
    Noise {
        kind: "VSS 12289, state of an old backup was collected",
        reason: "A writer dropped the state of an earlier backup that never came to its end. The set that the record \
                 names is that old one.",
        provider: VSS,
        ids: &[12289],
        holds: |_, event| event.hresult() == Some(OLD_SESSION_COLLECTED),
    },
    Noise {
        kind: "VSS 8193, name of an ended process",
        reason: "The service looks up the requester's image for its audit record and finds the process gone. Only that \
                 name is missing.",
        provider: VSS,
        ids: &[8193],
        holds: |_, event| {
            event.hresult().is_some_and(|code| PROCESS_IS_GONE.contains(&code))
                && quotes(event, "QueryFullProcessImageNameW")
        },
    },
    Noise {
        kind: "VSS 12290, a note of the ASR writer",
        reason: "The ASR writer notes a disk request that a device does not know; the backup goes on. (Beside a failed \
                 Windows Server Backup job it would count.)",
        provider: VSS,
        ids: &[12290],
        holds: |around, event| {
            let says_so = event.hresult().is_some_and(|code| code == HResult::OK || code == INVALID_FUNCTION);
            says_so
                && quotes(event, "ASR")
                && quotes(event, "0x80070001")
                && !around.near(&around.failed_jobs, event, JOB_NEAR)
        },
    },
    Noise {
        kind: "CAPI2 513, a driver file could not be read",
        reason: "The System Writer may not read one legacy driver while it lists system files. The list is complete but \
                 for that entry.",
        provider: "Microsoft-Windows-CAPI2",
        ids: &[513],
        holds: |_, _| true,
    },
];

/// What near events a decision may rest on: (host, time).
struct Surroundings<'t> {
    shutdowns: Vec<(Option<&'t str>, Timestamp)>,
    failed_jobs: Vec<(Option<&'t str>, Timestamp)>,
}

impl<'t> Surroundings<'t> {
    fn of(timeline: &'t Timeline) -> Self {
        let places = |wanted: fn(&Event) -> bool| {
            let wanted = timeline.events.iter().filter(move |event| wanted(event));
            wanted.map(|event| (event.host.as_deref(), event.time)).collect()
        };
        Surroundings {
            shutdowns: places(|e| matches!(e.what, What::Shutdown | What::VssStopping { idle: false })),
            failed_jobs: places(is_failed_job),
        }
    }

    fn near(&self, places: &[(Option<&str>, Timestamp)], event: &Event, within: TimeDelta) -> bool {
        let from = places.partition_point(|(_, time)| *time < event.time - within);
        let mut near = places[from..].iter().take_while(|(_, time)| *time <= event.time + within);
        near.any(|(host, _)| *host == event.host.as_deref())
    }
}

/// A record of Windows Server Backup that says that a job failed: level error or critical. Its pages use 517, 521, 546, 561
/// and 564 in the Application log.
fn is_failed_job(event: &Event) -> bool {
    event.provider.eq_ignore_ascii_case("Microsoft-Windows-Backup")
        && (matches!(event.level, Some(1 | 2)) || matches!(event.event_id, Some(517 | 521 | 546 | 561 | 564)))
}

/// Whether a parameter of the record has this text.
fn quotes(event: &Event, text: &str) -> bool {
    let params = event.record.iter().flat_map(|record| &record.params);
    params.into_iter().any(|param| param.value.contains(text))
}

/// The events that are noise.
pub fn classify(timeline: &Timeline) -> BTreeMap<usize, &'static Noise> {
    let around = Surroundings::of(timeline);
    let kind = |event: &Event| {
        let id = event.event_id?;
        NOISE.iter().find(|noise| {
            noise.ids.contains(&id)
                && event.provider.eq_ignore_ascii_case(noise.provider)
                && (noise.holds)(&around, event)
        })
    };
    let events = timeline.events.iter().enumerate();
    events.filter_map(|(index, event)| Some((index, kind(event)?))).collect()
}
