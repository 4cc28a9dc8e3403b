"""Compares the events of event traces as three readers see them; called by cross-check-etl.sh."""

import subprocess
import sys
from pathlib import Path

from dissect.etl.etl import ETL
from etl.etl import IEtlFileObserver, build_from_stream

HEADER = 0x48

# dissect.etl trusts BuffersWritten, which is zero in a session that was never stopped: it reads nothing of these.
NEVER_STOPPED = {"CldFlt2-2025-12-21-121418.etl": 2}

# dissect.etl computes in floating point, which cannot hold a whole FILETIME: files with system times may differ, but by less
# than 16 units of 100 ns, the distance of two such numbers.
FLOAT_ERROR = 15

# etl-parser reads compressed files as if they held nothing.
COMPRESSED = {"SelfDescribingSingleEvent.etl": 23}

KINDS = {
    0x01: "System32", 0x02: "System64", 0x03: "Compact32", 0x04: "Compact64", 0x0A: "Classic32", 0x0B: "Instance32",
    0x10: "PerfInfo32", 0x11: "PerfInfo64", 0x12: "Event32", 0x13: "Event64", 0x14: "Classic64", 0x15: "Instance64",
}


def ours(path, program):
    """(buffer, distance, kind, stamp, FILETIME) of every event."""
    output = subprocess.run([program, path], check=True, capture_output=True, text=True).stdout
    lines = [line.split() for line in output.splitlines()]
    number = lambda text: None if text == "-" else int(text)
    return [(int(b), int(a), kind, number(stamp), number(time)) for b, a, kind, stamp, time in lines]


def by_dissect(path):
    """(buffer, distance, kind, FILETIME), and whether the times are system times."""
    with path.open("rb") as file:
        log = ETL(file)
        events = []
        for buffer in log.buffers():
            at = HEADER
            for record in buffer:
                header = record.header
                kind = "Message" if header.marker >> 24 == 0x90 else KINDS[header.marker >> 16 & 0xFF]
                events.append((buffer.offset, at, kind, log.get_filetime_for_event(header.time_delta)))
                at += record.aligned_size
        return events, int(log.logfile_header.header.ReservedFlags) == 2


class Gather(IEtlFileObserver):
    """(kind, stamp) of every event behind the header buffer, which etl-parser leaves out. It does not tell where they lie."""

    def __init__(self):
        self.events = []

    def add(self, name, marker, stamp):
        self.events.append((name + ("64" if str(marker.type.enum).endswith("64") else "32"), stamp))

    def on_event_record(self, event):
        header = event.source.event_header
        self.add("Event", header.marker, header.timestamp)

    def on_trace_record(self, event):
        header = event.source.event_header
        self.add("Classic", header.marker, header.timestamp)

    def on_perfinfo_trace(self, event):
        self.add("PerfInfo", event.source.marker, event.source.timestamp)

    def on_system_trace(self, event):
        header = event.source.system_header
        self.add("System", header.marker, header.system_time)

    def on_win_trace(self, event):
        # It takes the stamp behind the GUID for thread and process.
        header = event.source.event_header
        self.events.append(("Message", header.thread_id | header.process_id << 32))


def by_etl_parser(path):
    gather = Gather()
    build_from_stream(path.read_bytes()).parse(gather)
    return gather.events


def check_dissect(name, mine, theirs, is_system_time):
    """Complaints, and the largest difference of time."""
    if name in NEVER_STOPPED:
        as_expected = len(mine) == NEVER_STOPPED[name] and not theirs
        return ([] if as_expected else [f"{len(mine)} events, dissect.etl {len(theirs)}; 2 and 0 expected"]), 0
    complaints = []
    if [event[:3] for event in mine] != [event[:3] for event in theirs]:
        complaints.append(f"{len(mine)} events, dissect.etl {len(theirs)}, or places and forms differ")
    differences = [abs(a[4] - b[3]) for a, b in zip(mine, theirs)]
    largest = max(differences, default=0)
    if largest > (FLOAT_ERROR if is_system_time else 0):
        complaints.append(f"times differ from dissect.etl by up to {largest} x 100 ns")
    return complaints, largest


def check_etl_parser(name, mine, theirs):
    if name in COMPRESSED:
        as_expected = len(mine) == COMPRESSED[name] and not theirs
        return [] if as_expected else [f"{len(mine)} events, etl-parser {len(theirs)}; {COMPRESSED[name]} and 0 expected"]
    expected = [(kind, stamp) for buffer, _, kind, stamp, _ in mine if buffer > 0]
    if expected == theirs:
        return []
    at = next((n for n, (a, b) in enumerate(zip(expected, theirs)) if a != b), min(len(expected), len(theirs)))
    return [f"{len(expected)} events behind the header buffer, etl-parser {len(theirs)}; the first {at} are equal"]


def main():
    folder, program = Path(sys.argv[1]), sys.argv[2]
    wrong = compared = 0
    files = sorted(folder.glob("*.etl"))
    for path in files:
        mine = ours(path, program)
        theirs, is_system_time = by_dissect(path)
        other = by_etl_parser(path)
        complaints, largest = check_dissect(path.name, mine, theirs, is_system_time)
        complaints += check_etl_parser(path.name, mine, other)
        compared += len(theirs) + len(other)
        wrong += len(complaints)
        verdict = "DIFFERENT" if complaints else f"equal (times within {largest} x 100 ns)"
        print(f"{path.name}: {len(mine)} events, dissect.etl {len(theirs)}, etl-parser {len(other)}: {verdict}")
        for complaint in complaints:
            print(f"    {complaint}")
    print(f"{len(files)} files, {compared} events compared, {wrong} differences")
    sys.exit(0 if compared and wrong == 0 else 1)


main()
