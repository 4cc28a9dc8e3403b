#!/usr/bin/env bash
# Reads real event traces with this project and with two independent readers, dissect.etl and etl-parser (both Python), and
# compares every event: where it lies, the form of its header, its time stamp. What the others are known to read otherwise
# stands in cross-check-etl.py as what exactly they must give.
#
# usage: scripts/cross-check-etl.sh [FOLDER]      default: ../shared/samples/etl
# exit:  0 all agree, or the folder is not there; 1 they differ, or nothing was read; 2 a reader could not be set up
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
folder=${1:-$root/../shared/samples/etl}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/vsscope
venv=$cache/cross-check-etl
readers=(dissect.etl==3.14 etl-parser==1.0.1)

if [ ! -d "$folder" ]; then
    echo "skipped: $folder is not there"
    exit 0
fi
if ! "$venv/bin/python" -c 'import dissect.etl, etl.etl' 2>/dev/null; then
    mkdir -p "$cache"
    { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet "${readers[@]}"; } ||
        { echo "${readers[*]} could not be installed into $venv" >&2; exit 2; }
fi
# As the tests build it: with other features every dependency would be built again.
cargo test --quiet --workspace --no-run --locked --manifest-path "$root/Cargo.toml" || exit 2
list=${CARGO_TARGET_DIR:-$root/target}/debug/examples/etl-times

exec "$venv/bin/python" "$root/scripts/cross-check-etl.py" "$folder" "$list"
