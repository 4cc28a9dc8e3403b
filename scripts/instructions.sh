#!/usr/bin/env bash
# Counts the instructions that each reader takes per byte of a generated input (callgrind), and compares them with
# benches/instructions.toml: a guard against slow-downs that does not depend on how busy the machine is.
#
# Each input is read in two sizes, and what counts is the difference: start-up and what any input costs fall out.
#
# usage: scripts/instructions.sh               compare
#        scripts/instructions.sh --update      write the counts of today and limits 10 % above them
#        scripts/instructions.sh [--update] NAME...      only these readers
# exit:  0 none is above its limit, or the limits are of another compiler or valgrind, which is said; 1 one is, or has no limit;
#        2 a program could not be set up
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target}/instructions

if ! command -v valgrind >/dev/null; then
    { apt-get update -qq && apt-get install -y -qq valgrind; } >/dev/null 2>&1 ||
        { echo "valgrind is missing: install the package valgrind" >&2; exit 2; }
fi
# A folder of its own: the crates are few without polars, and others would be built with other features.
cargo build --quiet --release --locked --manifest-path "$root/Cargo.toml" -p vsscope-benches --bin read-once \
    --target-dir "$target" || exit 2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 - "$root/benches/instructions.toml" "$target/release/read-once" "$work" "$@" <<'PYTHON'
import os, pathlib, re, subprocess, sys, tomllib
from concurrent.futures import ThreadPoolExecutor

limits_file, program, work, *arguments = sys.argv[1:]
limits_file = pathlib.Path(limits_file)
update = "--update" in arguments
chosen = [argument for argument in arguments if argument != "--update"]
SLACK = 1.10

def first_line(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[0]

def instructions(path):
    """How many instructions it takes to read a file, with one thread."""
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", program, "read", path]
    run = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"RAYON_NUM_THREADS": "1"})
    found = re.search(r"Collected : (\d+)", run.stderr)
    if run.returncode != 0 or not found:
        sys.exit(f"{' '.join(command)} ended with {run.returncode}:\n{run.stderr[-1000:]}")
    return int(found[1])

made = subprocess.run([program, "make", work], check=True, capture_output=True, text=True).stdout
files = {}
for line in made.splitlines():
    name, size, path = line.split(" ", 2)
    # What a zip bundle holds was stored in fewer bytes; those that come out of it count.
    files.setdefault(name, []).append((int(size) if name == "zip" else os.path.getsize(path), path))
if unknown := set(chosen) - set(files):
    sys.exit(f"no such reader: {', '.join(sorted(unknown))}; there are {', '.join(files)}")
names = [name for name in files if not chosen or name in chosen]

paths = [path for name in names for _, path in files[name]]
with ThreadPoolExecutor(os.cpu_count()) as pool:
    counts = dict(zip(paths, pool.map(instructions, paths)))

limits = tomllib.loads(limits_file.read_text()) if limits_file.is_file() else {}
known = limits.get("readers", {})
machine = {"rustc": first_line("rustc", "--version"), "valgrind": first_line("valgrind", "--version")}
measured = {}
for name in names:
    (small, small_path), (large, large_path) = files[name]
    measured[name] = (counts[large_path] - counts[small_path]) / (large - small)

above = []
print(f"{'reader':16} {'instructions / byte':>19} {'limit':>9}")
for name, value in measured.items():
    limit = known.get(name, {}).get("limit")
    verdict = "no limit" if limit is None else "above" if value > limit else "less than half" if value < limit / 2 else ""
    print(f"{name:16} {value:19.3f} {'' if limit is None else format(limit, '9.3f'):>9} {verdict}")
    if limit is None or value > limit:
        above.append(name)

if update:
    known |= {name: {"measured": value, "limit": value * SLACK} for name, value in measured.items()}
    text = ["# Instructions per byte that each reader may take, written by scripts/instructions.sh --update. A limit is 10 % above what",
            "# was counted. Counts depend on the compiler, on the processor's vector instructions and a little on hash seeds.",
            "", "[machine]", *(f'{name} = "{version}"' for name, version in machine.items())]
    for name in files:
        if name in known:
            text += ["", f"[readers.{name}]", f"measured = {known[name]['measured']:.3f}", f"limit = {known[name]['limit']:.3f}"]
    limits_file.write_text("\n".join(text) + "\n")
    print(f"written: {limits_file}")
elif limits and limits.get("machine") != machine:
    print(f"not judged: the limits are of {limits.get('machine')}, this is {machine}")
elif above:
    print(f"above the limit, or without one: {', '.join(above)}. If that is meant to be: scripts/instructions.sh --update", file=sys.stderr)
    sys.exit(1)
PYTHON
