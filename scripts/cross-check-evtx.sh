#!/usr/bin/env bash
# Reads generated EVTX files with three independent readers and compares what they say, value by value:
# the evtx crate (Rust), python-evtx (Python) and evtxexport of libevtx (C).
#
# usage: scripts/cross-check-evtx.sh [FOLDER]      default: fixtures/samples, and small logs of the kinds that are measured
# exit:  0 all agree; 1 they differ, or one of them read nothing; 2 a reader could not be set up
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/vsscope
venv=$cache/cross-check

if ! command -v evtxexport >/dev/null; then
    { apt-get update -qq && apt-get install -y -qq libevtx-utils; } >/dev/null 2>&1 ||
        { echo "evtxexport is missing: install the package libevtx-utils" >&2; exit 2; }
fi
if ! "$venv/bin/python" -c 'import Evtx' 2>/dev/null; then
    mkdir -p "$cache"
    { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet python-evtx; } ||
        { echo "python-evtx could not be installed into $venv" >&2; exit 2; }
fi
# As the tests build it: with other features every dependency would be built again.
cargo test --quiet --workspace --no-run --locked --manifest-path "$root/Cargo.toml" || exit 2
built=${CARGO_TARGET_DIR:-$root/target}/debug
folders=("$@")
if [ $# = 0 ]; then
    logs=$(mktemp -d)
    trap 'rm -rf "$logs"' EXIT
    for kind in dense sparse; do
        "$built/vsscope-fixtures" "$kind-log" --bytes 300000 --out "$logs/$kind.evtx" || exit 2
    done
    folders=("$root/fixtures/samples" "$logs")
fi

"$venv/bin/python" - "$built/examples/dump" "${folders[@]}" <<'PYTHON'
import base64
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from datetime import datetime, timezone
from pathlib import Path

import Evtx.Evtx as python_evtx

NS = "{http://schemas.microsoft.com/win/2004/08/events/event}"
# python-evtx computes times in floating point and may be off by a microsecond.
TIME_TOLERANCE = 2


def crate(path):
    return split(subprocess.run([dump, path], check=True, capture_output=True, text=True).stdout)


def libevtx(path):
    return split(subprocess.run(["evtxexport", "-f", "xml", path], check=True, capture_output=True, text=True).stdout)


def python(path):
    with python_evtx.Evtx(str(path)) as log:
        return [record.xml() for record in log.records()]


def split(text):
    return re.findall(r"<Event[ >].*?</Event>", text, re.DOTALL)


def plain(text):
    """One spelling for what the readers spell in different ways: line ends, times, hexadecimal numbers, GUIDs."""
    text = (text or "").replace("\r\n", "\n").replace("\r", "\n")
    time = re.fullmatch(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{6})\d*)?(?:Z|\+00:00)", text)
    if time:
        seconds = datetime.strptime(f"{time[1]} {time[2]}", "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc)
        return int(seconds.timestamp()) * 1_000_000 + int(time[3] or 0)
    if re.fullmatch(r"0[xX][0-9a-fA-F]{1,16}", text):
        return hex(int(text, 16))
    if re.fullmatch(r"\{?[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\}?", text):
        return text.strip("{}").lower()
    return text


def unnamed(text):
    """python-evtx writes an array of strings into one element, as tags in text."""
    parts = re.findall(r"<string>(.*?)</string>\n", text or "", re.DOTALL)
    rebuilt = "".join(f"<string>{part}</string>\n" for part in parts)
    return [plain(part) for part in parts] if parts and rebuilt == text else [plain(text)]


def hexadecimal(text, in_base64):
    text = "".join((text or "").split())
    return base64.b64decode(text).hex() if in_base64 else text.lower()


def values(event, in_base64):
    found = []
    data = event.find(f"{NS}EventData")
    for element in [] if data is None else data:
        if element.tag == f"{NS}Binary":
            found.append(("binary", hexadecimal(element.text, in_base64)))
        elif element.get("Name") is None:
            found += [("data", value) for value in unnamed(element.text)]
        else:
            found.append((element.get("Name"), plain(element.text)))
    user = event.find(f"{NS}UserData")
    for element in [] if user is None else user.iter():
        if len(element) == 0:
            found.append((element.tag.rpartition("}")[2], plain(element.text)))
    return found


def normal(xml, in_base64=False):
    event = ElementTree.fromstring(xml)
    system = event.find(f"{NS}System")
    text = lambda name: (system.find(NS + name).text or "").strip()
    attribute = lambda name, key: system.find(NS + name).get(key) or ""
    execution = system.find(f"{NS}Execution")
    head = [
        ("record", int(text("EventRecordID"))),
        ("time", plain(attribute("TimeCreated", "SystemTime"))),
        ("provider", attribute("Provider", "Name")),
        ("guid", plain(attribute("Provider", "Guid"))),
        ("source", attribute("Provider", "EventSourceName")),
        ("id", int(text("EventID"))),
        ("qualifiers", attribute("EventID", "Qualifiers")),
        ("level", int(text("Level"))),
        ("task", int(text("Task"))),
        ("keywords", plain(text("Keywords"))),
        ("execution", None if execution is None else (execution.get("ProcessID"), execution.get("ThreadID"))),
        ("channel", text("Channel")),
        ("computer", text("Computer")),
        ("user", attribute("Security", "UserID")),
    ]
    return head + values(event, in_base64)


def equal(a, b):
    if isinstance(a, int) and isinstance(b, int) and min(a, b) > 10**14:
        return abs(a - b) <= TIME_TOLERANCE
    return a == b


def first_difference(one, other):
    if [name for name, _ in one] != [name for name, _ in other]:
        return f"fields {[name for name, _ in one]} and {[name for name, _ in other]}"
    return next((f"{name}: {a!r} and {b!r}" for (name, a), (_, b) in zip(one, other) if not equal(a, b)), None)


dump, *folders = sys.argv[1:]
files = [(Path(folder), path) for folder in folders for path in sorted(Path(folder).rglob("*.evtx"))]
wrong, records, compared = 0, 0, 0
for folder, path in files:
    read = {
        "evtx": [normal(xml) for xml in crate(path)],
        "python-evtx": [normal(xml, in_base64=True) for xml in python(path)],
        "evtxexport": [normal(xml) for xml in libevtx(path)],
    }
    counts = {name: len(found) for name, found in read.items()}
    complaints = []
    if 0 in counts.values() or len(set(counts.values())) != 1:
        complaints.append(f"records {counts}")
    for other in ["python-evtx", "evtxexport"]:
        for a, b in zip(read["evtx"], read[other]):
            difference = first_difference(a, b)
            compared += len(a)
            if difference:
                complaints.append(f"record {a[0][1]}, evtx and {other}: {difference}")
    records += counts["evtx"]
    wrong += len(complaints)
    print(f"{path.relative_to(folder)}: {counts['evtx']} records, {'equal' if not complaints else 'DIFFERENT'}")
    for complaint in complaints[:5]:
        print(f"    {complaint}")
print(f"{len(files)} files, {records} records, {compared} values compared, {wrong} differences")
sys.exit(0 if files and wrong == 0 else 1)
PYTHON
