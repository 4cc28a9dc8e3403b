#!/usr/bin/env bash
# Fuzzes the readers with libFuzzer. Needs a stable toolchain and a C++ compiler; no cargo-fuzz, no nightly, no sanitizer:
# there is no unsafe code of ours to watch, and coverage is all that libFuzzer asks for. docs/fuzzing.md says what the
# targets ask for and what came of it.
#
# usage: scripts/fuzz.sh smoke                  every target for a few seconds, from fresh seeds; for CI
#        scripts/fuzz.sh run TARGET SECONDS [option of libFuzzer ...]
#        scripts/fuzz.sh all SECONDS            every target for so long, one after the other
#        scripts/fuzz.sh repeat TARGET FILE     runs one input, for instance a finding
#        scripts/fuzz.sh shrink TARGET          drops what of the corpus adds no coverage
#        scripts/fuzz.sh scale FORMAT FILE ...  repeats each line of texts and tells where time grows faster than the input
#        scripts/fuzz.sh table                  executions and coverage so far, as a table
#        scripts/fuzz.sh build | seeds | targets
#        FUZZ_QUERY=1 with any of them: the targets config and sql instead, which build polars
#        FUZZ_BUILT=FOLDER with any of them: runs the programs in this folder and builds none
# exit:  0 nothing found; 1 a finding, which is then in the folder findings/; 2 something could not be built
#
# Corpora, findings and statistics are kept in $FUZZ_DIR, by default ~/.cache/vsscope/fuzz.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
state=${FUZZ_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/vsscope/fuzz}
target_dir=${CARGO_TARGET_DIR:-$root/target}
programs=$target_dir/fuzz/release

# Targets and the largest input of each: as small as a whole file of the format can be.
declare -A largest=(
    [detect]=2048 [evtx]=8192 [evtx_chunks]=8192 [evtx_binxml]=2048 [evtx_crate]=8192 [trace]=2048 [etl]=6144
    [hive]=8192 [registry]=2048 [console]=2048 [json]=3072 [zip]=3072 [profile]=1536
)
order=(detect evtx evtx_chunks evtx_binxml evtx_crate trace etl hive registry console json zip profile)
if [ -n "${FUZZ_QUERY:-}" ]; then
    largest=([config]=4096 [sql]=512)
    order=(config sql)
fi
programs=${FUZZ_BUILT:-$programs}

build() {
    [ -z "${FUZZ_BUILT:-}" ] || return 0
    local options=(--release --bins)
    [ -z "${FUZZ_QUERY:-}" ] || options+=(--package vsscope-fuzz-query)
    RUSTC_WRAPPER="$root/fuzz/coverage.sh" CARGO_TARGET_DIR="$target_dir/fuzz" cargo build --quiet --locked \
        --manifest-path "$root/fuzz/Cargo.toml" "${options[@]}" "$@" || exit 2
}

# The program that writes scenarios; the tests build it too.
fixtures() {
    local program
    for program in "${FUZZ_FIXTURES:-}" "$target_dir/debug/vsscope-fixtures" "$target_dir/release/vsscope-fixtures"; do
        [ -x "$program" ] && echo "$program" && return
    done
    cargo build --quiet --locked --manifest-path "$root/Cargo.toml" --package vsscope-fixtures >&2 || exit 2
    echo "$target_dir/debug/vsscope-fixtures"
}

seeds() {
    local program
    program=$(fixtures)
    python3 "$root/scripts/fuzz-seeds.py" "$root" "$program" "$1"
}

# run TARGET CORPUS-FOLDER [option ...]: fuzzes, and notes executions and coverage.
run() {
    local target=$1 folder=$2 log status=0
    shift 2
    [ -n "${largest[$target]:-}" ] || { echo "no target '$target'; there are: ${order[*]}" >&2; exit 2; }
    mkdir -p "$state/corpus/$target" "$state/findings/$target" "$state/logs"
    log=$state/logs/$target.log
    local options=(-max_len="${largest[$target]}" -timeout=10 -rss_limit_mb=1500 -print_final_stats=1 -reload=0
        -artifact_prefix="$state/findings/$target/")
    [ ! -f "$folder/dictionaries/$target.dict" ] || options+=(-dict="$folder/dictionaries/$target.dict")
    mkdir -p "$folder/corpus/$target"
    # Archives and event traces are copied to a temporary file.
    TMPDIR=$(temporary) nice -n 19 "$programs/$target" "${options[@]}" "$@" "$folder/corpus/$target" >"$log" 2>&1 || status=$?
    note "$target" "$log" "$status"
    if [ "$status" -ne 0 ]; then
        echo "$target: a finding" >&2
        grep -E -A3 "panicked at|ERROR: libFuzzer|memory allocation|Test unit written" "$log" | head -n 20 >&2
        return 1
    fi
}

temporary() {
    if [ -w /dev/shm ]; then echo /dev/shm; else echo "${TMPDIR:-/tmp}"; fi
}

# One line of statistics: date, commit, target, seconds, executions, edges, features, inputs in the corpus, exit code.
note() {
    local target=$1 log=$2 status=$3 executions last seconds
    executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
    executions=${executions:-$({ grep -oE '^#[0-9]+' "$log" || true; } | tail -n 1 | tr -d '#')}
    last=$({ grep -E '^#[0-9]+.* cov: ' "$log" || true; } | tail -n 1)
    seconds=$(sed -n 's/^Done [0-9]* runs in \([0-9]*\) second.*/\1/p' "$log")
    local field="sed -n s/.*\b%s:\s*\([0-9]*\).*/\1/p"
    printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$(date -u +%FT%TZ)" "$(git -C "$root" rev-parse --short HEAD 2>/dev/null || echo -)" \
        "$target" "${seconds:--}" "${executions:-0}" "$(${field/\%s/cov} <<<"$last")" "$(${field/\%s/ft} <<<"$last")" \
        "$(${field/\%s/corp} <<<"$last")" "$status" >>"$state/statistics.tsv"
    echo "$target: ${executions:-0} executions in ${seconds:-?} s, ${last#*cov: } (edges, features, inputs)"
}

smoke() {
    local failed=0
    fresh=$(mktemp -d)
    trap 'rm -rf "$fresh"' EXIT
    seeds "$fresh" >/dev/null
    for target in "${order[@]}"; do
        run "$target" "$fresh" -max_total_time="${FUZZ_SECONDS:-3}" -seed=1 || failed=1
    done
    return "$failed"
}

# The corpus grows from run to run; seeds that it has already are the same files.
long() {
    seeds "$state" >/dev/null
    run "$1" "$state" -max_total_time="$2" "${@:3}"
}

shrink() {
    local corpus=$state/corpus/$1 smaller=$state/corpus/$1.smaller
    rm -rf "$smaller" && mkdir -p "$smaller"
    TMPDIR=$(temporary) nice -n 19 "$programs/$1" -merge=1 -max_len="${largest[$1]}" "$smaller" "$corpus" >/dev/null 2>&1
    rm -rf "$corpus" && mv "$smaller" "$corpus"
    echo "$1: $(find "$corpus" -type f | wc -l) inputs"
}

table() {
    python3 - "$state/statistics.tsv" <<'PYTHON'
import sys
runs, total = {}, 0
for line in open(sys.argv[1]):
    date, commit, target, seconds, executions, edges, features, inputs, status = line.rstrip("\n").split("\t")
    run = runs.setdefault(target, [0, 0, 0, 0, 0, ""])
    run[0] += int(executions or 0)
    run[1] += int(seconds) if seconds.isdigit() else 0
    for index, number in ((2, edges), (3, features), (4, inputs)):
        run[index] = int(number) if number.isdigit() else run[index]
    run[5] = date[:10]
    total += int(executions or 0)
print("| target | executions | seconds | edges | features | inputs | last run |\n|---|---:|---:|---:|---:|---:|---|")
for target, (executions, seconds, edges, features, inputs, date) in runs.items():
    print(f"| `{target}` | {executions:,} | {seconds:,} | {edges:,} | {features:,} | {inputs:,} | {date} |")
print(f"| all | {total:,} | | | | | |")
PYTHON
}

case "${1:-}" in
    build) build ;;
    seeds) seeds "$state" ;;
    targets) printf '%s\n' "${order[@]}" ;;
    smoke) build && smoke ;;
    run) build && long "${@:2}" ;;
    all)
        build
        failed=0
        for target in "${order[@]}"; do long "$target" "$2" "${@:3}" || failed=1; done
        exit "$failed"
        ;;
    repeat) build && TMPDIR=$(temporary) "$programs/$2" "$3" ;;
    scale) build --examples && "$programs/examples/scale" "${@:2}" ;;
    shrink) build && shrink "$2" ;;
    table) table ;;
    *) sed -n '2,/^set/{/^#/!d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}" >&2; exit 2 ;;
esac
