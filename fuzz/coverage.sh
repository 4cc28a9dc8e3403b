#!/bin/sh
# RUSTC_WRAPPER of scripts/fuzz.sh: coverage is taken of the readers and of the crates that walk hostile bytes for them, with
# the flags that cargo-fuzz passes, but without its tracing of comparisons, which takes half of the time: dictionaries know the
# words. The rest runs at full speed.
rustc=$1
shift
case " $* " in
    *" --crate-name vsscope"* | *" --crate-name evtx "* | *" --crate-name zip "* | *" --crate-name quick_xml "* | \
    *" --crate-name toml"* | *" --crate-name sqlparser "*)
        exec "$rustc" "$@" -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
            -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table
        ;;
esac
exec "$rustc" "$@"
