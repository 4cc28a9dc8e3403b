#!/usr/bin/env bash
# What the tables cost everybody who does not ask them: size of the program, start-up of commands that do not use polars beside
# that of a program of this workspace without it, and (with --cold) the CPU seconds of a release build from nothing.
#
# usage: scripts/cost-of-polars.sh [--cold]      after `cargo build --release --workspace`; --cold takes a quarter of an hour
# exit:  0 measured; 2 there is no release build
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}
with=$target/release/vsscope
without=$target/release/vsscope-fixtures
[ -x "$with" ] && [ -x "$without" ] || { echo "no release build: cargo build --release --workspace" >&2; exit 2; }

python3 - "$with" "$without" <<'PYTHON'
import os, statistics, subprocess, sys, time

def start_up(command):
    """Milliseconds of a whole process."""
    begun = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return (time.perf_counter() - begun) * 1000

with_polars, without = sys.argv[1:]
for program in (with_polars, without):
    print(f"{os.path.basename(program):18} {os.path.getsize(program) / 1e6:6.1f} MB")
commands = {
    "vsscope-fixtures --version (no polars)": [without, "--version"],
    "vsscope --version": [with_polars, "--version"],
    "vsscope explain 0x800423f2": [with_polars, "explain", "0x800423f2"],
    "vsscope query --list": [with_polars, "query", "--list"],
}
times = {name: [] for name in commands}
for _ in range(60):
    for name, command in commands.items():
        times[name].append(start_up(command))
base = statistics.median(times["vsscope-fixtures --version (no polars)"])
for name, taken in times.items():
    median = statistics.median(taken)
    print(f"{name:40} {median:6.2f} ms  {median / base:4.1f} x")
PYTHON

if [ "${1:-}" = --cold ]; then
    cold=$(mktemp -d)
    trap 'rm -rf "$cold"' EXIT
    TIMEFORMAT='cold release build: %R s, %U CPU s'
    time CARGO_INCREMENTAL=0 cargo build --quiet --release --locked --manifest-path "$root/Cargo.toml" -p vsscope --target-dir "$cold"
fi
