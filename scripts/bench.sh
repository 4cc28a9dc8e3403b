#!/usr/bin/env bash
# vsscope against other readers on the same files, in turns, in one run: seconds, ratios, peak memory; and whether the promises
# in docs/performance.md hold. Leave the machine alone while it runs.
#
# usage: scripts/bench.sh [OPTIONS]
#   --vsscope PATH    the program to measure; without it a release build is made
#   --rounds N        how often each command runs [default: 5]
#   --only NAMES      some of: sparse,dense,trace,json,start,memory (10 GiB of EVTX; only when named here or with --memory)
#   --memory          all, and the 10 GiB
#   --quick           small files and few rounds, to see whether everything works; nothing is promised of small files
#   --work FOLDER     where the files are made: 1.3 GiB at a time, 10.2 GiB with --memory [default: a temporary folder]
#   --out FOLDER      write bench.md and bench.jsonl there as well
#   --write-docs      put the tables into docs/performance.md
# exit:  0 every promise that was measured holds; 1 one does not, or vsscope read something else than the others;
#        2 a program could not be set up, or an option is wrong
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools=${XDG_CACHE_HOME:-$HOME/.cache}/vsscope/tools
target=${CARGO_TARGET_DIR:-$root/target}
evtx_version=0.15.1

case " $* " in *" --help "* | *" -h "*) sed -n '2,/^set /{/^set /d;s/^# \{0,1\}//;p}' "${BASH_SOURCE[0]}"; exit 0 ;; esac

package() { # PROGRAM PACKAGE
    command -v "$1" >/dev/null && return
    { apt-get update -qq && apt-get install -y -qq "$2"; } >/dev/null 2>&1 ||
        { echo "$1 is missing: install the package $2" >&2; exit 2; }
}
package evtxexport libevtx-utils
package rg ripgrep

if ! "$tools/bin/evtx_dump" --version 2>/dev/null | grep -qF "$evtx_version"; then
    CARGO_TARGET_DIR="$target/tools" cargo install evtx --version "=$evtx_version" --locked --bin evtx_dump --root "$tools" --quiet ||
        { echo "evtx_dump could not be built" >&2; exit 2; }
    rm -rf "$target/tools"
fi

cargo build --quiet --release --locked --manifest-path "$root/Cargo.toml" -p vsscope-fixtures --target-dir "$target" || exit 2
case " $* " in
*" --vsscope "*) ;;
*)
    cargo build --quiet --release --locked --manifest-path "$root/Cargo.toml" -p vsscope --target-dir "$target" || exit 2
    set -- --vsscope "$target/release/vsscope" "$@"
    ;;
esac

export PYTHONDONTWRITEBYTECODE=1
exec python3 "$root/scripts/bench.py" --root "$root" --fixtures "$target/release/vsscope-fixtures" \
    --evtx-dump "$tools/bin/evtx_dump" "$@"
