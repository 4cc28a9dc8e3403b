//! The samples against the golden table of the reference folder (`formats/etl.md`, section 4).

use super::super::{Kind, clock, looks_like};
use super::{listed, report, sample};
use std::collections::BTreeMap;
use vsscope_model::{TimeBasis, Timestamp};

/// A file of the golden table: bytes, buffers, compressed, events per kind, lost, clock, out of order.
struct Golden {
    name: &'static str,
    bytes: usize,
    buffers: (u64, u64),
    kinds: &'static [(Kind, u64)],
    lost: u32,
    clock: u32,
    out_of_order: usize,
    /// Build, processors, buffer size, `LogFileMode`.
    session: (u32, u32, u32, u32),
    started: &'static str,
    /// First and last event that is not of the SYSTEM group.
    span: Option<(&'static str, &'static str)>,
}

use Kind::{Classic32, Classic64, Event64, Message, PerfInfo64, System64};

const GOLDEN: [Golden; 14] = [
    Golden {
        name: "AMSITrace.etl",
        bytes: 393_216,
        buffers: (6, 0),
        kinds: &[(System64, 2), (Event64, 19)],
        lost: 3,
        clock: 1,
        out_of_order: 3,
        session: (18362, 8, 65536, 0x0800_0001),
        started: "2020-02-17T12:48:30.420313Z",
        span: Some(("2020-02-17T12:48:57.454272Z", "2020-02-17T12:49:50.402432Z")),
    },
    Golden {
        name: "ShutdownPerfDiagLogger.etl",
        bytes: 3_211_264,
        buffers: (49, 0),
        kinds: &[(System64, 8433), (PerfInfo64, 8645)],
        lost: 0,
        clock: 1,
        out_of_order: 15,
        session: (18362, 2, 65536, 0x0200_0080),
        started: "2020-02-28T09:03:47.744579Z",
        span: Some(("2020-02-28T17:15:47.412590Z", "2020-02-28T17:15:51.653812Z")),
    },
    Golden {
        name: "lxcore_kernel.etl",
        bytes: 24_576,
        buffers: (3, 0),
        kinds: &[(System64, 2), (Event64, 2)],
        lost: 0,
        clock: 1,
        out_of_order: 1,
        session: (19041, 6, 8192, 0),
        started: "2020-07-14T12:04:31.138736Z",
        span: Some(("2020-07-14T12:04:36.902651Z", "2020-07-14T12:04:36.903871Z")),
    },
    Golden {
        name: "powershell.etl",
        bytes: 212_992,
        buffers: (26, 0),
        kinds: &[(System64, 2), (Event64, 112)],
        lost: 0,
        clock: 1,
        out_of_order: 18,
        session: (22623, 32, 8192, 9),
        started: "2023-03-29T15:12:38.017544Z",
        span: Some(("2023-03-29T15:12:38.020459Z", "2023-03-29T15:14:55.438943Z")),
    },
    Golden {
        name: "SelfDescribingSingleEvent.etl",
        bytes: 7403,
        buffers: (3, 2),
        kinds: &[(System64, 4), (Classic64, 18), (Event64, 1)],
        lost: 0,
        clock: 1,
        out_of_order: 1,
        session: (22000, 12, 65536, 0x0401_0001),
        started: "2022-04-20T21:27:15.272243Z",
        span: Some(("2022-04-20T21:27:15.272243Z", "2022-04-20T21:27:18.637703Z")),
    },
    Golden {
        name: "gcrundownevents.etl",
        bytes: 131_072,
        buffers: (2, 0),
        kinds: &[(System64, 2), (Event64, 110)],
        lost: 0,
        clock: 1,
        out_of_order: 0,
        session: (19045, 8, 65536, 0x0800_0001),
        started: "2023-03-14T00:46:51.192690Z",
        span: Some(("2023-03-14T00:46:51.233074Z", "2023-03-14T00:46:51.747753Z")),
    },
    Golden {
        name: "primitive-types.etl",
        bytes: 16_384,
        buffers: (2, 0),
        kinds: &[(System64, 2), (Event64, 5)],
        lost: 0,
        clock: 1,
        out_of_order: 0,
        session: (19043, 8, 8192, 0),
        started: "2021-09-09T14:59:32.857851Z",
        span: Some(("2021-09-09T14:59:35.800156Z", "2021-09-09T14:59:37.484502Z")),
    },
    Golden {
        name: "CldFlt0-2025-12-21-121418.etl",
        bytes: 8192,
        buffers: (2, 0),
        kinds: &[(System64, 2), (PerfInfo64, 2), (Message, 13)],
        lost: 0,
        clock: 2,
        out_of_order: 0,
        session: (26100, 1, 4096, 0x9000_0002),
        started: "2025-12-19T01:28:04.035556Z",
        span: Some(("2025-12-19T01:28:04.035556Z", "2025-12-19T01:28:24.451110Z")),
    },
    Golden {
        name: "CldFlt1-2025-12-21-121418.etl",
        bytes: 8192,
        buffers: (2, 0),
        kinds: &[(System64, 2), (PerfInfo64, 2), (Message, 3)],
        lost: 0,
        clock: 2,
        out_of_order: 0,
        session: (26100, 1, 4096, 0x9000_0002),
        started: "2025-12-19T01:28:37.454217Z",
        span: Some(("2025-12-19T01:28:37.454217Z", "2025-12-19T01:28:37.455298Z")),
    },
    Golden {
        name: "CldFlt2-2025-12-21-121418.etl",
        bytes: 4096,
        buffers: (1, 0),
        kinds: &[(System64, 2)],
        lost: 0,
        clock: 2,
        out_of_order: 0,
        session: (26100, 1, 4096, 0x9000_0002),
        started: "2025-12-19T01:29:07.956255Z",
        span: None,
    },
    Golden {
        name: "SIH.20230422.034724.362.1.etl",
        bytes: 8192,
        buffers: (2, 0),
        kinds: &[(System64, 2), (Event64, 10)],
        lost: 0,
        clock: 1,
        out_of_order: 0,
        session: (22621, 1, 4096, 0x1100_2009),
        started: "2023-04-22T10:47:24.363294Z",
        span: Some(("2023-04-22T10:47:24.472278Z", "2023-04-22T10:47:45.725562Z")),
    },
    Golden {
        name: "WindowsUpdate.20251008.140245.443.8.etl",
        bytes: 28_672,
        buffers: (7, 0),
        kinds: &[(System64, 2), (Event64, 80)],
        lost: 41,
        clock: 1,
        out_of_order: 0,
        session: (22631, 1, 4096, 0x1100_2009),
        started: "2025-10-08T21:02:45.447991Z",
        span: Some(("2025-10-08T21:03:26.940371Z", "2025-10-08T21:13:28.993635Z")),
    },
    Golden {
        name: "waasmedic.20251005_113019_195.etl",
        bytes: 16_384,
        buffers: (2, 0),
        kinds: &[(System64, 2), (PerfInfo64, 2), (Event64, 17)],
        lost: 0,
        clock: 1,
        out_of_order: 0,
        session: (22631, 1, 8192, 0x1100_2002),
        started: "2025-10-05T11:30:19.201590Z",
        span: Some(("2025-10-05T11:30:19.201590Z", "2025-10-05T11:31:19.384883Z")),
    },
    Golden {
        name: "synthetic-vss.etl",
        bytes: 16_384,
        buffers: (2, 0),
        kinds: &[(System64, 1), (Classic64, 2), (Classic32, 1)],
        lost: 0,
        clock: 1,
        out_of_order: 0,
        session: (20348, 2, 8192, 1),
        started: "2024-12-30T02:40:00Z",
        span: Some(("2024-12-30T02:40:00.000100Z", "2024-12-30T02:40:00.000900Z")),
    },
];

/// A time of the table in µs; it gives whole ones.
fn micros(text: &str) -> i64 {
    text.parse::<Timestamp>().unwrap().timestamp_micros()
}

fn micros_of(filetime: i64) -> i64 {
    clock::timestamp(filetime).unwrap().timestamp_micros()
}

#[test]
fn the_golden_table_holds() {
    for golden in &GOLDEN {
        let Some(bytes) = sample(golden.name) else { return };
        let name = golden.name;
        let (summary, events) = listed(&bytes);
        let mut kinds: BTreeMap<Kind, u64> = BTreeMap::new();
        for event in &events {
            *kinds.entry(event.kind).or_default() += 1;
        }
        assert_eq!(bytes.len(), golden.bytes, "{name}");
        assert_eq!(
            (summary.buffers, summary.compressed, summary.holes),
            (golden.buffers.0, golden.buffers.1, 0),
            "{name}"
        );
        assert_eq!(kinds, golden.kinds.iter().copied().collect(), "{name}");
        assert_eq!(
            (summary.lost, summary.buffers_lost, summary.clock),
            (golden.lost, 0, golden.clock),
            "{name}"
        );
        let session = (summary.build, summary.processors, summary.buffer_size, summary.mode);
        assert_eq!(session, golden.session, "{name}");
        assert_eq!(micros_of(summary.started), micros(golden.started), "{name}");
        let logged: Vec<i64> = events
            .iter()
            .filter(|event| !event.kind.is_system())
            .map(|event| event.filetime.unwrap())
            .collect();
        let out_of_order = logged.windows(2).filter(|pair| pair[1] < pair[0]).count();
        assert_eq!(out_of_order, golden.out_of_order, "{name}");
        let span = logged.iter().min().zip(logged.iter().max()).map(|(a, b)| (micros_of(*a), micros_of(*b)));
        assert_eq!(span, golden.span.map(|(a, b)| (micros(a), micros(b))), "{name}");
    }
}

#[test]
fn every_sample_is_an_event_trace_and_every_event_a_record() {
    for golden in &GOLDEN {
        let Some(bytes) = sample(golden.name) else { return };
        let events: u64 = golden.kinds.iter().map(|(_, count)| count).sum();
        assert!(looks_like(&bytes[..bytes.len().min(4096)]), "{}", golden.name);
        let report = report(&bytes);
        assert_eq!((report.records, report.lost), (events, u64::from(golden.lost)), "{}", golden.name);
        assert_eq!(report.providers.iter().map(|p| p.events).sum::<u64>(), events, "{}", golden.name);
        let losses: Vec<_> = report.issues.iter().filter(|issue| issue.kind.is_loss()).collect();
        assert_eq!(losses.len(), usize::from(golden.lost > 0), "{}: {losses:?}", golden.name);
        assert_eq!(report.times, TimeBasis::Utc, "{}", golden.name);
    }
}
