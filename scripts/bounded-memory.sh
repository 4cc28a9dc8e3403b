#!/usr/bin/env bash
# Analyses a small and a large generated trace and compares the memory that it took: the large one holds as many backups,
# so it may take no more than a little above the small one.
#
# usage: scripts/bounded-memory.sh [BYTES]      size of the large trace, default 1 GiB
#        PROFILE=release scripts/bounded-memory.sh      with a release build
# exit:  0 memory is bounded; 1 it grew, or the analysis is wrong; 2 the programs could not be built
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
large=${1:-$((1 << 30))}
small=$((16 << 20))
profile=${PROFILE:-dev}

# As the tests build it: with other features every dependency would be built again.
if [ "$profile" = dev ]; then
    cargo test --quiet --workspace --no-run --locked --manifest-path "$root/Cargo.toml" || exit 2
else
    cargo build --quiet --manifest-path "$root/Cargo.toml" --workspace --profile "$profile" || exit 2
fi
folder=${CARGO_TARGET_DIR:-$root/target}/$([ "$profile" = dev ] && echo debug || echo "$profile")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 - "$folder" "$work" "$small" "$large" <<'PYTHON'
import json, os, subprocess, sys, time

folder, work, sizes = sys.argv[1], sys.argv[2], [int(size) for size in sys.argv[3:]]
MARGIN_KIB = 16 << 10

def measured(command):
    """Output, seconds and peak memory in KiB of one child process."""
    start = time.monotonic()
    child = subprocess.Popen(command, stdout=subprocess.PIPE)
    output = child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{command[0]} ended with {child.returncode}")
    return output, time.monotonic() - start, usage.ru_maxrss

peaks = []
for size in sizes:
    trace = os.path.join(work, "trace.txt")
    subprocess.run([f"{folder}/vsscope-fixtures", "big-trace", "--bytes", str(size), "--out", trace],
                   check=True, stdout=subprocess.DEVNULL)
    output, seconds, peak = measured([f"{folder}/vsscope", "analyze", "-f", "json", "--no-progress", trace])
    analysis = json.loads(output)
    (read,) = analysis["inputs"]
    text = read["text"]
    if text["parsed"] + text["continuation"] + text["unknown"] != text["lines"] or text["unknown"] or read["lost"]:
        sys.exit(f"lines do not add up: {text}")
    if analysis["summary"]["findings"]["error"] or len(analysis["sets"]) < 10:
        sys.exit(f"{len(analysis['sets'])} sets, findings {analysis['summary']['findings']}")
    print(f"{size / 2**20:6.0f} MiB, {text['lines']:>10} lines: {seconds:6.1f} s, "
          f"{size / 2**20 / seconds:5.0f} MiB/s, peak {peak / 1024:.0f} MiB, {len(analysis['sets'])} sets")
    peaks.append(peak)
    os.remove(trace)
if peaks[1] > peaks[0] + MARGIN_KIB:
    sys.exit(f"memory grew with the input: {peaks[0]} KiB, then {peaks[1]} KiB")
PYTHON
