#!/bin/sh
# Runs each fuzz target for FUZZ_SECONDS (60) on all cores, and says how far it came. Stable Rust and a C++ compiler are
# enough. Ends with an error, and with what to type, when an input breaks a promise.
#   tests/fuzz/run.sh [TARGET...]
set -eu
here=$(cd "$(dirname "$0")" && pwd)
cd "$here/../.."
. packaging/common.sh

seconds=${FUZZ_SECONDS:-60}
case $seconds in '' | *[!0-9]* | 0*) die "FUZZ_SECONDS=$seconds is not a number of seconds" ;; esac
cores=$(nproc)
kept=$cache/fuzz
host=$(rustc -vV | sed -n 's/^host: //p')

# libFuzzer's counters and comparisons, as LLVM's own pass makes them: no part of it needs a nightly compiler. With
# --target they do not reach build scripts, which have no fuzzer to report to.
RUSTFLAGS="-Cpasses=sancov-module"
for option in level=4 inline-8bit-counters pc-table trace-compares; do
    RUSTFLAGS="$RUSTFLAGS -Cllvm-args=-sanitizer-coverage-$option"
done
RUSTFLAGS="$RUSTFLAGS -Cdebug-assertions -Ccodegen-units=1"
export RUSTFLAGS
CARGO_TARGET_DIR=$kept/target packaging/cargo.sh build --release --locked --target "$host" \
    -p facelogin-fuzz --features libfuzzer --bin fuzz
fuzz=$kept/target/$host/release/fuzz

# A number of libFuzzer's final statistics, summed over the logs.
sum() { cat "$logs"/*.log | awk -v name="stat::$1:" '$1 == name { sum += $2 } END { print sum + 0 }'; }

# Fuzzes the target named, with one process a core over one corpus; false when an input broke a promise.
run() {
    target=$1 corpus=$kept/corpus/$1 found=$kept/found/$1
    mkdir -p "$corpus" "$found"
    logs=$(mktemp -d) && made=$logs/made && mkdir "$made"
    export FUZZ_TARGET="$target" FUZZ_MADE_SEEDS="$made"
    # The seeds that a program makes are written at the start of any run.
    "$fuzz" -runs=0 >"$logs/made.txt" 2>&1 || { cat "$logs/made.txt"; return 1; }
    unset FUZZ_MADE_SEEDS
    core=0 running=
    while [ "$core" -lt "$cores" ]; do
        nice "$fuzz" -max_total_time="$seconds" -max_len=8192 -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
            -artifact_prefix="$found/" "$corpus" "$here/seeds/$target" "$made" >"$logs/$core.log" 2>&1 &
        running="$running $!"
        core=$((core + 1))
    done
    failed=
    for process in $running; do
        wait "$process" || failed=yes
    done
    # What the others' inputs cover too is dropped, so that the corpus stays small.
    small=$corpus.small
    rm -rf "$small" && mkdir "$small"
    "$fuzz" -merge=1 -max_len=8192 "$small" "$corpus" "$here/seeds/$target" "$made" >"$logs/merge.txt" 2>&1 ||
        { [ -n "$failed" ] || tail -n 5 "$logs/merge.txt"; }
    reached=$(sed -n 's/.*MERGE-OUTER: \([0-9]*\) new files with \([0-9]*\) new features added; \([0-9]*\) new coverage.*/\3 \2 \1/p' "$logs/merge.txt")
    [ -z "$reached" ] || { rm -rf "$corpus" && mv "$small" "$corpus"; }
    # shellcheck disable=SC2086 # three numbers
    printf '%-14s %12s %10s %10s %8s\n' "$target" "$(sum number_of_executed_units)" ${reached:--}
    [ -z "$failed" ] && rm -rf "$logs" && return
    cat "$logs"/*.log | grep -v '^#\|^INFO' | tail -n 30
    say "$target: an input broke a promise. It is in $found; the newest there:"
    # shellcheck disable=SC2012 # libFuzzer names the files
    input=$found/$(ls -t "$found" | head -n 1)
    say "  reproduce:  FUZZ_TARGET=$target FUZZ_INPUT=$input cargo test --release -p facelogin-fuzz by_hand"
    say "  or quicker: FUZZ_TARGET=$target $fuzz $input"
    say "  once mended, keep it as a test: cp $input tests/fuzz/regressions/$target/"
    return 1
}

if [ $# = 0 ]; then
    for folder in "$here"/seeds/*/; do
        set -- "$@" "$(basename "$folder")"
    done
fi
printf '%-14s %12s %10s %10s %8s\n' target executions edges features corpus
broken=
for target; do
    run "$target" || broken="$broken $target"
done
[ -z "$builder" ] || chown -R "$builder" "$kept"
[ -z "$broken" ] || die "broken promises:$broken"
