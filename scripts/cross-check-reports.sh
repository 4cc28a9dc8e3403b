#!/usr/bin/env bash
# Writes every form of report of one run at once and reads each back with a program that is not ours: a JSON Schema validator,
# the SARIF and JUnit schemas, pyarrow and DuckDB, an HTML5 and a Markdown parser. They have to agree on the number of sets
# and findings. Also, the sequence of the inputs and the number of threads may not change a byte of any of them.
#
# usage: scripts/cross-check-reports.sh [PATH...]
#        default: the log of OTRF's ntdsutil test in ../shared/samples, where it is there, and fixtures/samples
# PENDING (environment): names of forms that are to be left out; the last line says which were
# exit:  0 all agree; 1 they differ, or nothing was compared; 2 a reader could not be set up
set -euo pipefail


root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/vsscope
venv=$cache/cross-check-reports
readers=(jsonschema==4.26.0 pyarrow==26.0.1 duckdb==2.0.1 lxml==6.1.3 html5lib==1.1 markdown-it-py==4.3.0)
# The schemas come with packages of other people: that of SARIF with a crate, that of JUnit with the sources of pytest.
sarif_crate=serde-sarif
sarif_version=0.8.0
pytest=pytest==8.4.2

fail() { echo "$*" >&2; exit 2; }

if ! "$venv/bin/python" -c 'import jsonschema, pyarrow, duckdb, lxml, html5lib, markdown_it' 2>/dev/null; then
    mkdir -p "$cache"
    { python3 -m venv "$venv" && "$venv/bin/pip" install --quiet "${readers[@]}"; } ||
        fail "${readers[*]} could not be installed into $venv"
fi

schemas=$venv/schemas
if [ ! -s "$schemas/junit-10.xsd" ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    "$venv/bin/pip" download --quiet --no-deps --no-binary :all: -d "$work" "$pytest" || fail "$pytest could not be had"
    mkdir -p "$schemas"
    tar -xzf "$work"/pytest-*.tar.gz -C "$work" --wildcards '*/testing/example_scripts/junit-10.xsd'
    mv "$work"/pytest-*/testing/example_scripts/junit-10.xsd "$schemas/"
fi
if [ ! -s "$schemas/sarif-2.1.0.json" ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    mkdir "$work/src" && touch "$work/src/lib.rs"
    printf '[package]\nname = "schema"\nversion = "0.0.0"\nedition = "2024"\n[dependencies]\n%s = "=%s"\n' \
        "$sarif_crate" "$sarif_version" >"$work/Cargo.toml"
    file=$(cargo metadata --quiet --format-version 1 --manifest-path "$work/Cargo.toml" | "$venv/bin/python" -c '
import json, pathlib, sys
packages = json.load(sys.stdin)["packages"]
print(*(pathlib.Path(p["manifest_path"]).parent / "src/schema.json" for p in packages if p["name"] == sys.argv[1]))
' "$sarif_crate") || fail "$sarif_crate $sarif_version could not be had"
    [ -s "$file" ] || fail "$sarif_crate $sarif_version has no src/schema.json"
    cp "$file" "$schemas/sarif-2.1.0.json"
fi

# As the tests build it: with other features every dependency would be built again.
cargo test --quiet --workspace --no-run --locked --manifest-path "$root/Cargo.toml" || exit 2
program=${CARGO_TARGET_DIR:-$root/target}/debug/vsscope

if [ $# -eq 0 ]; then
    otrf=$root/../shared/samples/json/cmd_dumping_ntds_dit_file_ntdsutil.zip
    if [ -f "$otrf" ]; then set -- "$otrf"; else echo "$otrf is not there: only fixtures/samples"; fi
    set -- "$@" "$root/fixtures/samples"
fi
exec "$venv/bin/python" "$root/scripts/cross-check-reports.py" \
    --program "$program" --schemas "$schemas" --own-schemas "$root/docs/schema" "$@"
