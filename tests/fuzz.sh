#!/bin/sh
# make fuzz: runs each fuzz target for FUZZ_SECONDS, from the seeds in tests/fuzz/seeds/NAME and what earlier runs
# found. The last line is "N passed, N failed".
#
#   fuzz.sh NAME...
set -u
. "$(dirname "$0")/lib.sh"
BUILD=${BUILD:-build} MAKE=${MAKE:-make} JOBS=${JOBS:-2} FUZZ_SECONDS=${FUZZ_SECONDS:-20}
fuzz=$BUILD/fuzz

for name in "$@"; do
    if ! "$MAKE" --no-print-directory -s -j"$JOBS" BUILD="$fuzz" CC=clang LDFLAGS= \
        CFLAGS='-O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all' \
        "$fuzz/fuzz-$name"; then
        fail "$name does not build"
        continue
    fi
    mkdir -p "$fuzz/corpus-$name" "$fuzz/found"
    seeds=
    [ ! -d "tests/fuzz/seeds/$name" ] || seeds=tests/fuzz/seeds/$name
    if "$fuzz/fuzz-$name" -max_total_time="$FUZZ_SECONDS" -timeout=10 -rss_limit_mb=2048 -verbosity=0 \
        -print_final_stats=1 -artifact_prefix="$fuzz/found/$name-" "$fuzz/corpus-$name" $seeds >"$fuzz/$name.log" 2>&1; then
        pass "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$fuzz/$name.log") inputs"
    else
        fail "$name"
        tail -n 60 "$fuzz/$name.log"
    fi
done
finish
