#!/usr/bin/env bash
# Asks Mermaid itself whether it takes the diagrams of vsscope, and whether it sees in them what was drawn and nothing else:
# those of the analyses that the tests build by hand, hostile texts among them, and those of the committed samples.
#
# usage: scripts/check-mermaid.sh [FILE.mmd...]    files instead of the diagrams above
# exit:  0 all are taken; 1 one is not; 2 there is no node, or Mermaid could not be installed
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/vsscope/mermaid
mermaid=11.12.0 jsdom=26.1.0

command -v node >/dev/null && command -v npm >/dev/null || { echo "check-mermaid: node and npm are needed" >&2; exit 2; }
if [ "$(cat "$cache/versions" 2>/dev/null)" != "$mermaid $jsdom" ]; then
    mkdir -p "$cache"
    npm install --prefix "$cache" --silent --no-audit --no-fund --ignore-scripts "mermaid@$mermaid" "jsdom@$jsdom" >&2 || exit 2
    echo "$mermaid $jsdom" >"$cache/versions"
fi

if [ $# -eq 0 ]; then
    out=$(mktemp -d)
    trap 'rm -rf "$out"' EXIT
    cd "$root"
    # As the tests build it: with other features every dependency would be built again.
    cargo test --quiet --workspace --no-run --locked --manifest-path "$root/Cargo.toml" >&2
    VSSCOPE_MERMAID_OUT=$out cargo test --quiet --locked --workspace --test it -- mermaid::diagrams >&2
    program=${CARGO_TARGET_DIR:-$root/target}/debug/vsscope
    for sample in fixtures/samples/*; do
        case $sample in *.md) continue ;; esac
        for form in mermaid mermaid-sequence; do
            "$program" "$sample" --fail-on never -f "$form" >"$out/$(basename "$sample").$form.mmd"
        done
    done
    set -- "$out"/*.mmd
fi
MERMAID_CACHE=$cache node "$root/scripts/check-mermaid.mjs" "$@"
