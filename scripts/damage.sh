#!/usr/bin/env bash
# Harms every sample at random, 1,000 times, and reads what is left (parsers/examples/damage): no panic, no read of more than
# 5 seconds, and of event logs on average at least as many records as evtx_dump gives of the same damaged bytes.
#
# usage: scripts/damage.sh [OPTIONS] [FILE|FOLDER ...]      default: fixtures/samples and, where they are, ../shared/samples
#        --mutations N   how many of each sample, default 1000
#        --seed N        another sequence of harm, default 1
#        --carve         with stale records, and out of what is no log any more
#        --verbose       a line for every damaged copy of which evtx_dump gives more records
# exit:  0 all targets are met; 1 one is missed; 2 the program could not be built
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
options=() paths=()
while [ $# -gt 0 ]; do
    case $1 in
        --mutations | --seed) options+=("$1" "${2:?a number is missing}"); shift ;;
        --verbose | --carve) options+=("$1") ;;
        *) paths+=("$1") ;;
    esac
    shift
done
if [ ${#paths[@]} -eq 0 ]; then
    paths=("$root/fixtures/samples")
    for folder in evtx json etl hives; do
        if [ -d "$root/../shared/samples/$folder" ]; then paths+=("$root/../shared/samples/$folder"); fi
    done
fi

# Only the readers: the rest of the workspace takes minutes to build.
cargo build --quiet --release --locked --manifest-path "$root/Cargo.toml" -p vsscope-parsers --example damage || exit 2
exec "${CARGO_TARGET_DIR:-$root/target}/release/examples/damage" "${options[@]}" "${paths[@]}"
