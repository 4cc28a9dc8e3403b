//! Records that look alarming and are not. They are shown, with the reason, and count for nothing.
//!
//! Known from Microsoft's pages on the ids and from records of healthy systems. Whether a record is noise rests on
//! (provider, id), codes and names of Windows functions in a parameter (which are never localised).

use crate::knowledge::writers;
use chrono::TimeDelta;
use std::collections::BTreeMap;
use vsscope_model::{Event, Guid, HResult, Timeline, Timestamp, What};

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

impl Noise {
    /// Whether the event is one of its records.
    fn is_about(&self, event: &Event) -> bool {
        event.event_id.is_some_and(|id| self.ids.contains(&id))
            && event.provider.eq_ignore_ascii_case(self.provider)
    }
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
/// How near a failure of the System Writer has to be to make a driver that it could not list count.
const WRITER_NEAR: TimeDelta = TimeDelta::minutes(2);
/// Class of the System Writer.
const SYSTEM_WRITER: Guid = Guid::from_bits(0xe8132975_6f93_4464_a53e_1050253ae220);

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
        reason: "The code says that a shutdown was in progress, when COM starts no new servers, and the logs have a \
                 shutdown of Windows or of the service within five minutes.",
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
        reason: "The record names AddLegacyDriverFiles, where the System Writer adds the files of legacy drivers to its \
                 list. The logs have no rejection by that writer (VSS 8229) within two minutes.",
        provider: "Microsoft-Windows-CAPI2",
        ids: &[513],
        holds: |around, event| {
            quotes(event, "AddLegacyDriverFiles")
                && !around.near(&around.system_writer_failures, event, WRITER_NEAR)
        },
    },
];

/// What near events a decision may rest on: (host, time).
#[derive(Default)]
struct Surroundings<'t> {
    shutdowns: Vec<(Option<&'t str>, Timestamp)>,
    failed_jobs: Vec<(Option<&'t str>, Timestamp)>,
    system_writer_failures: Vec<(Option<&'t str>, Timestamp)>,
}

impl<'t> Surroundings<'t> {
    /// Notes an event on which decisions about those around it may rest.
    fn note(&mut self, event: &'t Event) {
        let place = (event.host.as_deref(), event.time);
        if matches!(event.what, What::Shutdown | What::VssStopping { idle: false }) {
            self.shutdowns.push(place);
        }
        if is_failed_job(event) {
            self.failed_jobs.push(place);
        }
        if may_be_system_writer_failure(event) {
            self.system_writer_failures.push(place);
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

/// VSS 8229 of the System Writer with a code that is no success. A record that does not say which writer it was, because
/// its names are localised, may be one.
fn may_be_system_writer_failure(event: &Event) -> bool {
    let class = || {
        let writer = event.writer.as_ref()?;
        let by_name = || writers::by_name(writer.name.as_deref()?).map(|known| known.class_id);
        writer.class_id.or_else(by_name)
    };
    event.is_record(VSS, 8229)
        && event.hresult().is_some_and(HResult::is_failure)
        && class().is_none_or(|class| class == SYSTEM_WRITER)
}

/// Whether a parameter of the record has this text; where an export has the rendered message only, whether that has it.
fn quotes(event: &Event, text: &str) -> bool {
    event.record.as_ref().is_some_and(|record| {
        let mut texts = record.params.iter().map(|param| param.value).chain(record.message.as_deref());
        texts.any(|said| said.contains(text))
    })
}

/// The events that are noise.
pub fn classify(timeline: &Timeline) -> BTreeMap<usize, &'static Noise> {
    let mut around = Surroundings::default();
    let mut candidates: Vec<(usize, &Event)> = Vec::new();
    for (index, event) in timeline.events.iter().enumerate() {
        around.note(event);
        if NOISE.iter().any(|noise| noise.is_about(event)) {
            candidates.push((index, event));
        }
    }
    let kind = |event| NOISE.iter().find(|noise| noise.is_about(event) && (noise.holds)(&around, event));
    candidates.into_iter().filter_map(|(index, event)| Some((index, kind(event)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rules::testing::Lab;
    use vsscope_model::LogDetail;

    const CAPI2: &str = "Microsoft-Windows-CAPI2";
    const DETAILS: &str = "AddLegacyDriverFiles: Unable to back up image of binary mslldp.";
    const RETRYABLE: HResult = HResult(0x8004_23F3);

    fn is_noise(lab: &Lab, index: usize) -> bool {
        classify(&lab.timeline).contains_key(&index)
    }

    fn driver_not_listed(lab: &mut Lab, at: f64) -> usize {
        let index = lab.record(at, CAPI2, 513, 2, None);
        lab.param(index, DETAILS);
        index
    }

    fn rejection(lab: &mut Lab, at: f64, name: &str, code: HResult) {
        let index = lab.record(at, VSS, 8229, 3, Some(code));
        lab.timeline.events[index].writer = Some(Lab::writer(name));
    }

    #[test]
    fn a_legacy_driver_is_noise_by_parameter_and_by_message() {
        let mut lab = Lab::new();
        let by_parameter = driver_not_listed(&mut lab, 1.0);
        let by_message = lab.record(2.0, CAPI2, 513, 2, None);
        let record = LogDetail { message: Some(DETAILS.into()), ..LogDetail::default() };
        lab.timeline.events[by_message].record = Some(Box::new(record));
        assert!(is_noise(&lab, by_parameter) && is_noise(&lab, by_message));
    }

    #[test]
    fn another_function_of_the_system_writer_is_no_noise() {
        let mut lab = Lab::new();
        let silent = lab.record(1.0, CAPI2, 513, 2, None);
        let other = lab.record(2.0, CAPI2, 513, 2, None);
        lab.param(other, "AddCoreCsiFiles : BeginFileEnumeration() failed.");
        assert!(!is_noise(&lab, silent) && !is_noise(&lab, other));
    }

    #[test]
    fn a_driver_counts_beside_a_failure_of_the_system_writer() {
        for (distance, noise) in [(119.0, false), (121.0, true)] {
            let mut lab = Lab::new();
            let index = driver_not_listed(&mut lab, 1.0);
            rejection(&mut lab, 1.0 + distance, "System Writer", RETRYABLE);
            assert_eq!(is_noise(&lab, index), noise, "{distance} s");
        }
    }

    #[test]
    fn the_class_of_the_writer_decides_before_its_name() {
        for (class, noise) in [(SYSTEM_WRITER, false), (Guid::from_bits(1), true)] {
            let mut lab = Lab::new();
            let index = driver_not_listed(&mut lab, 1.0);
            rejection(&mut lab, 2.0, "System Writer", RETRYABLE);
            let writer = lab.timeline.events[1].writer.as_mut().expect("the writer just set");
            writer.class_id = Some(class);
            assert_eq!(is_noise(&lab, index), noise, "{class}");
        }
    }

    #[test]
    fn a_rejection_of_an_unnamed_writer_may_be_of_the_system_writer() {
        let mut lab = Lab::new();
        let index = driver_not_listed(&mut lab, 1.0);
        lab.record(2.0, VSS, 8229, 3, Some(RETRYABLE));
        assert!(!is_noise(&lab, index));
    }

    #[test]
    fn other_writers_and_successes_leave_a_driver_noise() {
        let mut lab = Lab::new();
        let index = driver_not_listed(&mut lab, 1.0);
        rejection(&mut lab, 2.0, "System Writer", HResult::OK);
        rejection(&mut lab, 3.0, "SqlServerWriter", RETRYABLE);
        assert!(is_noise(&lab, index));
    }

    #[test]
    fn a_shutdown_code_without_a_shutdown_is_no_noise() {
        for (at, noise) in [(299.0, true), (301.0, false)] {
            let mut lab = Lab::new();
            let index = lab.record(0.0, VSS, 8193, 2, Some(HResult::SHUTDOWN_IN_PROGRESS));
            lab.event(at, What::Shutdown);
            assert_eq!(is_noise(&lab, index), noise, "{at} s");
        }
    }
}
