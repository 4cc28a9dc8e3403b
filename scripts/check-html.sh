#!/usr/bin/env bash
# Opens HTML reports in headless Chromium and uses them as a person would: looks for errors, network requests and dialogs,
# compares counts with the JSON, opens, sorts, filters, zooms, prints, measures the load of 5,000 sets, looks for violations
# of accessibility rules, and takes pictures (target/html-check/*.png).
#
# usage: scripts/check-html.sh
# exit:  0 all is well; 1 something is wrong; 2 the browser or its driver could not be set up
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/vsscope/browser
target=${CARGO_TARGET_DIR:-$root/target}
out=$root/target/html-check

if ! command -v chromium >/dev/null; then
    { apt-get update -qq && apt-get install -y -qq chromium; } >/dev/null 2>&1 ||
        { echo "chromium is missing: install the package chromium" >&2; exit 2; }
fi
if ! command -v npm >/dev/null; then
    { apt-get update -qq && apt-get install -y -qq nodejs npm; } >/dev/null 2>&1 ||
        { echo "npm is missing: install the packages nodejs and npm" >&2; exit 2; }
fi
wanted="playwright-core@1.65.1 axe-core@4.14.1"
if [ "$(cat "$cache/wanted" 2>/dev/null)" != "$wanted" ]; then
    mkdir -p "$cache"
    # shellcheck disable=SC2086
    { npm install --prefix "$cache" --silent --no-fund --no-audit $wanted && echo "$wanted" >"$cache/wanted"; } ||
        { echo "playwright-core could not be installed into $cache" >&2; exit 2; }
fi
# As the tests build it: with other features every dependency would be built again.
cargo test --quiet --workspace --no-run --locked --manifest-path "$root/Cargo.toml" || exit 2
rm -rf "$out"
mkdir -p "$out"
"$target/debug/vsscope-fixtures" many-sets --sets 5000 --out "$out/many.ndjson"

exec env NODE_PATH="$cache/node_modules" node "$root/scripts/browser/check.cjs" "$root" "$target/debug/vsscope" "$out"
