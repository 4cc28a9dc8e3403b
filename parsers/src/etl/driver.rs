//! Events of the volsnap driver, provider Microsoft-Windows-VolumeSnapshot-Driver, in an event trace: the steps of a shadow
//! copy (ids 0 to 33, and 1000 to 1033 with result) and the operational events that event logs have too (100 to 123).

use super::event::Head;
use super::layout;
use super::place::{CHANNEL, EventPlace, RawKeeper};
use crate::collect::Collector;
use crate::record::LogRecord;
use std::sync::Arc;
use vsscope_model::{Edge, Guid, IssueKind, Param, Params, Process, What};

/// The provider's GUID.
pub(super) const PROVIDER: Guid = Guid::from_bits(0x67fe2216_727a_40cb_94b2_c02211edb34a);
/// The provider's name.
pub(super) const NAME: &str = "Microsoft-Windows-VolumeSnapshot-Driver";

/// The steps in the order of their ids, two ids each, by their names in the registry key `Services\VSS\Diag`. The tasks of the
/// manifest have shorter names; the messages of the events have these (Windows 10 1703).
const STEPS: [&str; 17] = [
    "PrepareForSnapshot",
    "PreExposure",
    "AdjustBitmap",
    "EndCommit",
    "Activate",
    "SetIgnorable",
    "ComputeIgnorableProduct",
    "Dismount",
    "Remount",
    "DeleteProcess",
    "Revert",
    "ComputeProtectedBitmap",
    "FlushHoldFs",
    "ActivateLoop",
    "ValidateDiffAreaFiles",
    "VolumesSafeForWrite",
    "DiscoverSnapshots",
];
/// The steps with their result begin with this id.
const WITH_RESULT: u16 = 1000;

/// The step that an id stands for: even ids enter it, odd ids leave it.
fn step(id: u16) -> Option<(&'static str, Edge)> {
    let id = id.checked_sub(WITH_RESULT).unwrap_or(id);
    let name = STEPS.get(usize::from(id >> 1))?;
    Some((name, if id & 1 == 0 { Edge::Entered } else { Edge::Returned }))
}

/// Reads the driver's events.
#[derive(Default)]
pub(super) struct Driver {
    raw: RawKeeper,
    seen: bool,
}

impl Driver {
    /// Takes an event; whether its content was read.
    pub fn event(&mut self, head: &Head, payload: &[u8], place: &EventPlace, out: &mut Collector) -> bool {
        let at = format!("offset {:#x}", place.offset);
        if !std::mem::replace(&mut self.seen, true) {
            out.issue(IssueKind::Note, at.clone(), UNCHECKED);
        }
        let Some(params) = layout::read(head.id, payload) else {
            let kept = self.raw.keep(head, payload, NAME, place, out);
            let message = if kept { "kept as it is" } else { "only counted: there are too many of them" };
            let message = format!(
                "an event of the volsnap driver has another layout than the registered one; {message}"
            );
            out.issue(IssueKind::Note, at, message);
            return false;
        };
        let record = record(head, params, place, out);
        match step(head.id) {
            Some((name, edge)) => keep_step(name, edge, record, out),
            None => out.decode(record),
        }
        true
    }
}

const UNCHECKED: &str = "events of the volsnap driver: layout taken from the provider's published manifest; not yet checked against a captured trace";

fn record(head: &Head, data: Vec<Param>, place: &EventPlace, out: &mut Collector) -> LogRecord {
    LogRecord {
        provider: out.name(NAME),
        event_source_name: None,
        event_id: u32::from(head.id),
        qualifiers: None,
        version: u8::try_from(head.version).ok(),
        level: Some(head.level),
        channel: Some(out.name(CHANNEL)),
        host: None,
        time: place.time.unwrap_or(place.nearest),
        clock: place.clock(),
        resolution_ns: None,
        record_id: None,
        pid: head.pid,
        tid: head.tid,
        user_sid: None,
        data: data.into(),
        user_data: Params::default(),
        binary: None,
        message: None,
        source: place.source(out),
    }
}

fn keep_step(name: &str, edge: Edge, record: LogRecord, out: &mut Collector) {
    let (pid, tid) = (record.pid, record.tid);
    let Some(mut event) = out.meaning(record) else { return };
    event.what = What::VolsnapStep { step: Arc::clone(&out.name(name)), edge };
    event.process = Process { pid, tid, ..Process::default() };
    event.snapshot = event.snapshot.filter(|id| !id.is_null());
    event.volume = event.volume.filter(|name| Guid::find_in(name).is_none_or(|id| !id.is_null()));
    out.keep(event);
}

#[cfg(test)]
mod tests {
    use super::super::event;
    use super::super::testing::EventBytes;
    use super::*;
    use vsscope_model::{Event, InputReport, NtStatus, Status};

    const BYTES: [u8; 16] =
        [0x16, 0x22, 0xFE, 0x67, 0x7A, 0x72, 0xCB, 0x40, 0x94, 0xB2, 0xC0, 0x22, 0x11, 0xED, 0xB3, 0x4A];
    const VOLUME: [u8; 16] = [0x11; 16];
    const SNAPSHOT: [u8; 16] = [0x22; 16];
    const VOLUME_NAME: &str = r"\\?\Volume{11111111-1111-1111-1111-111111111111}\";
    const POSITION: [u8; 10] = [2, 0, 0, 0, 0x11, 1, 0xA4, 0, 0, 0];

    fn report(id: u16, payload: &[u8]) -> InputReport {
        let bytes = EventBytes::manifest(5, BYTES, id, 0, payload);
        let event = event::read(&bytes).unwrap();
        assert_eq!(event.head.provider, event::Provider::Guid(PROVIDER));
        let place = EventPlace {
            offset: 0x2048,
            time: Some("2024-12-30T02:40:00Z".parse().unwrap()),
            nearest: Event::NO_TIME,
        };
        let mut out = Collector::new(&Arc::from("vss.etl"), "etl");
        Driver::default().event(&event.head, event.payload, &place, &mut out);
        out.finish(0)
    }

    fn one(id: u16, payload: &[u8]) -> Event {
        let mut report = report(id, payload);
        assert_eq!((report.events.len(), report.issues.len()), (1, 1), "{:?}", report.issues);
        report.events.remove(0)
    }

    fn with_result(units_are_bytes: bool, status: Option<u32>) -> Vec<u8> {
        let text: Vec<u8> = "C:".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let length = if units_are_bytes { 4_u16 } else { 2 };
        let mut bytes = [&length.to_le_bytes()[..], &text, &length.to_le_bytes(), &text].concat();
        bytes.extend(VOLUME);
        bytes.extend(SNAPSHOT);
        bytes.extend(status.map(u32::to_le_bytes).into_iter().flatten());
        bytes.extend(POSITION);
        bytes
    }

    #[test]
    fn a_step_of_the_analytic_channel() {
        let event = one(6, &[&[9, 0, 0, 0][..], &VOLUME].concat());
        assert_eq!(event.what, What::VolsnapStep { step: "EndCommit".into(), edge: Edge::Entered });
        assert_eq!((event.volume.as_deref(), event.snapshot), (Some(VOLUME_NAME), None));
        assert_eq!((event.process.pid, event.process.tid), (Some(4), Some(0x0E24)));
        let event = one(25, &[9, 0, 0, 0]);
        assert_eq!(event.what, What::VolsnapStep { step: "FlushHoldFs".into(), edge: Edge::Returned });
        let event = one(1, &[&[9, 0, 0, 0][..], &SNAPSHOT].concat());
        assert_eq!(event.what, What::VolsnapStep { step: "PrepareForSnapshot".into(), edge: Edge::Returned });
        assert_eq!((event.volume, event.snapshot), (None, Some(Guid::from_memory(SNAPSHOT))));
    }

    #[test]
    fn a_step_with_its_result_whichever_way_lengths_count() {
        for bytes in [false, true] {
            let event = one(1007, &with_result(bytes, Some(0xC000_009A)));
            assert_eq!(event.what, What::VolsnapStep { step: "EndCommit".into(), edge: Edge::Returned });
            assert_eq!(event.status, Some(Status::Ntstatus(NtStatus(0xC000_009A))));
            assert_eq!(event.snapshot, Some(Guid::from_memory(SNAPSHOT)));
            let params = &event.record.as_ref().unwrap().params;
            let value = |at| params.get(at).unwrap().value;
            assert_eq!((value(1), value(6)), ("C:", "273"));
            assert_eq!(one(1007, &with_result(bytes, Some(0))).status, None);
            let event = one(1024, &with_result(bytes, None));
            assert_eq!(event.what, What::VolsnapStep { step: "FlushHoldFs".into(), edge: Edge::Entered });
        }
    }

    #[test]
    fn null_ids_name_nothing() {
        let event = one(2, &[0; 20]);
        assert_eq!((event.volume, event.snapshot), (None, None));
    }

    #[test]
    fn operational_events_are_read_as_those_of_an_event_log() {
        let event = one(105, &[&VOLUME[..], &0xC000_0001_u32.to_le_bytes(), &POSITION].concat());
        assert_eq!((event.what, event.event_id), (What::Log, Some(105)));
        assert_eq!(event.status, Some(Status::Ntstatus(NtStatus(0xC000_0001))));
        assert_eq!(event.volume.as_deref(), Some(VOLUME_NAME));
        // Build 10240 writes no tag.
        assert_eq!(one(100, &[&VOLUME[..], &POSITION[..6]].concat()).volume.as_deref(), Some(VOLUME_NAME));
        let time: Vec<u8> = [2031_u16, 3, 5, 7, 4, 5, 6, 78].into_iter().flat_map(u16::to_le_bytes).collect();
        for truth in [&[0, 0, 0, 0, 1, 0, 0, 0][..], &[0, 1]] {
            let event = one(106, &[&VOLUME[..], &SNAPSHOT, truth, &time, &POSITION].concat());
            let params = &event.record.as_ref().unwrap().params;
            let values: Vec<&str> = params.iter().skip(2).take(3).map(|param| param.value).collect();
            assert_eq!(values, ["false", "true", "2031-03-07T04:05:06.078"]);
        }
        let event = one(109, &[&VOLUME[..], &SNAPSHOT, &5_u32.to_le_bytes(), &[7; 12], &POSITION].concat());
        assert_eq!((event.snapshot, event.status.is_some()), (Some(Guid::from_memory(SNAPSHOT)), true));
    }

    #[test]
    fn another_layout_is_kept_raw() {
        for (id, payload) in [(6, &[0; 19][..]), (6, &[0; 21]), (34, &[0; 20]), (1034, &[0; 60]), (1007, &[])]
        {
            let report = report(id, payload);
            assert_eq!((report.events.len(), &report.events[0].what), (1, &What::Log), "{id}");
            assert_eq!(report.issues.len(), 2, "{id}");
        }
    }

    #[test]
    fn ids_end_where_the_steps_end() {
        assert_eq!(step(33), Some(("DiscoverSnapshots", Edge::Returned)));
        assert_eq!(step(1033), step(33));
        assert_eq!((step(34), step(100), step(1034)), (None, None, None));
    }
}
